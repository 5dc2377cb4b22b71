//! The session: handshake, dispatch, end.
//!
//! `blame` counts what a peer could have known to be wrong, `rounds` leads from one end mark to the next, `frontiers` tells and reads frontiers, `compare` finds what is owed and
//! what forked, `sending` turns what is owed into frames, `receiving` takes what comes.

mod blame;
mod compare;
mod frontiers;
mod receiving;
mod rounds;
mod sending;

use std::collections::{BTreeMap, HashSet, VecDeque};

use self::receiving::{Stash, Strange};
use self::rounds::{Round, blame};
use self::sending::Job;
use super::delta::{Malformed, Table};
use super::frame::{self, NotAFrame};
use super::proof::{Ends, Role, fits};
use super::{
    CloseReason, Config, Digest, Fallen, Frontier, Input, Outcome, Output, Pending, Progress, Replica, Report,
    Unavailable,
};
use crate::model::Chain;
use crate::model::id::{CommunityId, DeviceId, EntryId, SpaceId, Timestamp};
use crate::model::sign::{Signature, verify_session};
use crate::wire::sync as wire;
use crate::wire::sync::frame::Body;

/// Protocol versions that this program speaks.
const VERSIONS: std::ops::RangeInclusive<u32> = 1..=1;
/// From the opening until the other's device is known, in milliseconds: honest peers need three flights, 1 s on bad links.
const HANDSHAKE_MS_MAX: i64 = 10_000;
/// For a device that is not in the roster to show that it should be, in milliseconds.
const ADMISSION_MS_MAX: i64 = 5_000;
/// Bytes of governance entries that such a device may show.
const ADMISSION_BYTES_MAX: usize = 256 * 1024;
/// Frames of frontiers kept from a device that is not in the roster yet.
const EARLY_MAX: usize = 4;
/// Without a frame coming or going, in milliseconds: a piece of 256 KiB takes 52 s at 5 KB/s.
const SILENCE_MS_MAX: i64 = 120_000;
/// What one input may add to a waiting time, in milliseconds: a clock that is set right meanwhile ends no session.
const STEP_MS_MAX: i64 = 5_000;

/// One session with one peer. See the module `sync`.
#[derive(Debug)]
pub struct Session {
    ends: Ends,
    config: Config,
    stage: Stage,
    community: CommunityId,
    /// The peer's device, once proved.
    peer: Option<DeviceId>,
    /// The peer has proved to hold the secret: it may hear words.
    proven: bool,
    /// The peer's device is in our roster: it may hear all that it may read.
    admitted: bool,
    /// The peer said that we are no member, or wait.
    was_told: bool,
    /// Why we wait, as the peer says.
    pending: Option<Pending>,
    /// We were asked to show that we are a member.
    asked_to_present: bool,
    admission_bytes: usize,
    /// Frontiers that came before the peer was admitted.
    early: Vec<wire::Frontiers>,
    last_input: Option<Timestamp>,
    /// Milliseconds since the stage began, and since anything moved.
    stage_ms: i64,
    still_ms: i64,
    /// What the peer may read of what is held here, now.
    allowed: Vec<SpaceId>,
    queue: VecDeque<Job>,
    unsent: usize,
    peer_requests: usize,
    sent_ids: Table,
    received_ids: Table,
    stash: Option<Stash>,
    strange: Strange,
    round: Round,
    /// What this side, and the other, announced last.
    last_mine: BTreeMap<SpaceId, Frontier>,
    last_theirs: BTreeMap<SpaceId, Frontier>,
    /// Digests at the end of the round before, here and there, and rounds since something moved.
    last_pair: Option<(BTreeMap<SpaceId, Digest>, BTreeMap<SpaceId, Digest>)>,
    idle_rounds: u32,
    moved: bool,
    last_complete: bool,
    agreed: Vec<(SpaceId, Digest)>,
    /// Digests of all that the peer may read, at the end of the last round.
    told: BTreeMap<SpaceId, Digest>,
    dirty: bool,
    next_request: u32,
    /// Places up to which chains were sent in this session.
    pushed: BTreeMap<Chain, Vec<(u64, EntryId)>>,
    /// Payloads asked for, or asked for in vain.
    asked: HashSet<EntryId>,
    in_vain: usize,
    /// What the peer announces less of than both held when a session with it was last complete.
    fallen: BTreeMap<SpaceId, Fallen>,
    /// Agreements of this node before the peer could announce anything.
    agreements: u64,
    counts: Counts,
    trips: Trips,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing happened.
    New,
    /// The listener waits for `Hello`, the dialler for `Welcome`.
    Proof,
    /// The listener waits for `Introduce`.
    Device,
    /// The peer's device is not in the roster; it may show why it should be.
    Admission,
    /// A round is on.
    Rounds,
    /// The last round is over, and the stream stays.
    Resting,
    /// Closed.
    Over,
}

#[derive(Debug, Default)]
struct Counts {
    entries_received: u64,
    entries_sent: u64,
    entries_expected: u64,
    entries_owed: u64,
    payloads_received: u64,
    payloads_sent: u64,
    payload_bytes_open: u64,
    refused: u64,
    busy: bool,
    bytes_in: u64,
    bytes_out: u64,
    bytes_handshake: Option<u64>,
    strikes: u32,
}

/// Counts round trips: a frame of ours that the peer had heard when it sent its own makes one.
#[derive(Debug, Default)]
struct Trips {
    sent: u32,
    heard: u32,
    /// Number of the first frame that was sent after so many round trips; none before the first frontiers.
    first_after: Vec<u32>,
}

impl Trips {
    fn start(&mut self) {
        if self.first_after.is_empty() {
            self.first_after.push(self.sent + 1);
        }
    }

    fn received(&mut self, peer_heard: u32) {
        self.heard = self.heard.saturating_add(1);
        if self.first_after.last().is_some_and(|first| *first <= peer_heard && peer_heard <= self.sent) {
            self.first_after.push(self.sent + 1);
        }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.first_after.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

/// Why a session stops at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stop(CloseReason);

impl From<NotAFrame> for Stop {
    fn from(_: NotAFrame) -> Stop {
        Stop(CloseReason::Malformed)
    }
}

impl From<Malformed> for Stop {
    fn from(_: Malformed) -> Stop {
        Stop(CloseReason::Malformed)
    }
}

impl From<Unavailable> for Stop {
    fn from(_: Unavailable) -> Stop {
        Stop(CloseReason::Unavailable)
    }
}

const MALFORMED: Stop = Stop(CloseReason::Malformed);

/// What one input may use: the replica, and the outputs so far.
struct Call<'a> {
    replica: &'a mut dyn Replica,
    out: Vec<Output>,
}

impl Session {
    /// Prepares the dialling end, for one community.
    pub fn dial(community: CommunityId, config: Config) -> Session {
        Session::new(Role::Dialler, community, config)
    }

    /// Prepares the listening end: the peer's proof tells the community.
    pub fn listen(config: Config) -> Session {
        Session::new(Role::Listener, CommunityId::ZERO, config)
    }

    fn new(role: Role, community: CommunityId, config: Config) -> Session {
        Session {
            ends: Ends::new(role, &config),
            config,
            stage: Stage::New,
            community,
            peer: None,
            proven: false,
            admitted: false,
            was_told: false,
            pending: None,
            asked_to_present: false,
            admission_bytes: 0,
            early: Vec::new(),
            last_input: None,
            stage_ms: 0,
            still_ms: 0,
            allowed: Vec::new(),
            queue: VecDeque::new(),
            unsent: 0,
            peer_requests: 0,
            sent_ids: Table::sending(),
            received_ids: Table::receiving(),
            stash: None,
            strange: Strange::default(),
            round: Round::default(),
            last_mine: BTreeMap::new(),
            last_theirs: BTreeMap::new(),
            last_pair: None,
            idle_rounds: 0,
            moved: false,
            last_complete: false,
            agreed: Vec::new(),
            told: BTreeMap::new(),
            dirty: false,
            next_request: 1,
            pushed: BTreeMap::new(),
            asked: HashSet::new(),
            in_vain: 0,
            fallen: BTreeMap::new(),
            agreements: 0,
            counts: Counts::default(),
            trips: Trips::default(),
        }
    }

    /// Takes an input and returns what is to be done, in order. After [`Output::Close`] it returns nothing more.
    ///
    /// Waiting times are counted in what `now` says passed between two inputs, at most 5 s each.
    pub fn handle(&mut self, input: Input, replica: &mut dyn Replica, now: Timestamp) -> Vec<Output> {
        let mut call = Call { replica, out: Vec::new() };
        if self.stage == Stage::Over {
            return call.out;
        }
        self.pass_time(now);
        // What came in, here or elsewhere, may have taken the peer's rights: they are looked at before anything leaves.
        let before = self.counts.strikes;
        let step = self.step(input, &mut call);
        self.blame(before, step, &mut call);
        let checked = step.and_then(|()| if self.admitted { self.check_rights(&mut call) } else { Ok(()) });
        let result = checked.and_then(|()| self.work(&mut call));
        if let Err(stop) = result {
            self.stop(stop, &mut call);
        }
        call.out
    }

    /// Returns the community of the session, once both ends know it.
    pub fn community(&self) -> Option<CommunityId> {
        self.proven.then_some(self.community)
    }

    /// Tells whether the session is over: it was told to close.
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    fn pass_time(&mut self, now: Timestamp) {
        let passed = self.last_input.map_or(0, |last| now.0.saturating_sub(last.0).clamp(0, STEP_MS_MAX));
        self.last_input = Some(now);
        self.stage_ms += passed;
        self.still_ms += passed;
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.stage_ms = 0;
    }

    fn step(&mut self, input: Input, call: &mut Call<'_>) -> Result<(), Stop> {
        match input {
            Input::Opened => self.open(call),
            Input::Frame(bytes) => {
                self.still_ms = 0;
                self.take_frame(&bytes, call)
            }
            Input::Writable => {
                self.still_ms = 0;
                self.unsent = 0;
                Ok(())
            }
            Input::Tick => self.check_time(),
            Input::LocalChange => {
                self.dirty = true;
                Ok(())
            }
            Input::Closed => Err(Stop(self.cut())),
        }
    }

    /// Says what a stream that ended under us means.
    fn cut(&self) -> CloseReason {
        match self.stage {
            Stage::Resting => CloseReason::Ended,
            Stage::Proof if self.ends.role() == Role::Dialler => CloseReason::Stranger,
            _ => CloseReason::Cut,
        }
    }

    fn check_time(&self) -> Result<(), Stop> {
        let over = match self.stage {
            Stage::New | Stage::Resting | Stage::Over => false,
            Stage::Proof | Stage::Device => self.stage_ms > HANDSHAKE_MS_MAX,
            Stage::Admission => self.stage_ms > ADMISSION_MS_MAX,
            Stage::Rounds => self.still_ms > SILENCE_MS_MAX,
        };
        match (over, self.stage) {
            (false, _) => Ok(()),
            (true, Stage::Admission) => Err(Stop(CloseReason::NotMember)),
            (true, _) => Err(Stop(CloseReason::Silence)),
        }
    }

    fn open(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        if self.stage != Stage::New {
            return Ok(());
        }
        self.enter(Stage::Proof);
        if self.ends.role() == Role::Dialler {
            let secret = call.replica.secret(self.community).ok_or(Stop(CloseReason::NotMember))?;
            let proof = self.ends.proof(Role::Dialler, &secret).as_bytes().to_vec();
            self.say(Body::Hello(wire::Hello { lowest: *VERSIONS.start(), highest: *VERSIONS.end(), proof }));
        }
        Ok(())
    }

    fn take_frame(&mut self, bytes: &[u8], call: &mut Call<'_>) -> Result<(), Stop> {
        let (heard, body) = frame::decode(bytes)?;
        if matches!(body, Body::Frontiers(_)) {
            self.begin_counting();
        }
        self.counts.bytes_in += bytes.len() as u64;
        self.trips.received(heard);
        match (self.stage, body) {
            (Stage::Proof, Body::Hello(hello)) if self.ends.role() == Role::Listener => self.on_hello(&hello, call),
            (Stage::Proof, Body::Welcome(welcome)) if self.ends.role() == Role::Dialler => {
                self.on_welcome(&welcome, call)
            }
            (Stage::Proof, Body::End(end)) if self.ends.role() == Role::Dialler => Err(Stop(blame(&end))),
            (Stage::Device, Body::Introduce(introduce)) => self.on_introduce(&introduce, call),
            (Stage::Admission, Body::Frontiers(frontiers)) if self.early.len() < EARLY_MAX => {
                self.early.push(frontiers);
                Ok(())
            }
            (Stage::Admission | Stage::Rounds, Body::Present(_)) if !self.asked_to_present && !self.round.heard => {
                self.present(call)
            }
            (Stage::Admission, Body::Entries(entries)) => self.on_admission(&entries, call),
            (Stage::Admission, Body::Presented(_)) => self.on_presented(call),
            (Stage::Admission, Body::End(end)) => Err(self.refused(&end)),
            (Stage::Rounds | Stage::Resting, body) => {
                self.check_rights(call)?;
                self.on_round(body, call)
            }
            _ => Err(MALFORMED),
        }
    }

    fn begin_counting(&mut self) {
        let bytes = self.counts.bytes_in + self.counts.bytes_out;
        self.counts.bytes_handshake.get_or_insert(bytes);
        self.trips.start();
    }

    fn on_hello(&mut self, hello: &wire::Hello, call: &mut Call<'_>) -> Result<(), Stop> {
        let stranger = Stop(CloseReason::Stranger);
        let ends = &self.ends;
        let community =
            call.replica.find(&mut |secret| fits(ends.proof(Role::Dialler, secret), &hello.proof)).ok_or(stranger)?;
        let secret = call.replica.secret(community).ok_or(stranger)?;
        self.community = community;
        self.agreements = call.replica.agreements(community);
        self.proven = true;
        let version = (*VERSIONS.end()).min(hello.highest);
        if version < (*VERSIONS.start()).max(hello.lowest) {
            return Err(Stop(CloseReason::Version));
        }
        self.say(Body::Welcome(wire::Welcome {
            version,
            proof: self.ends.proof(Role::Listener, &secret).as_bytes().to_vec(),
            device: call.replica.device(community).0.to_vec(),
            signature: call.replica.sign_session(community, &self.ends.bound(Role::Listener)).0.to_vec(),
        }));
        self.enter(Stage::Device);
        Ok(())
    }

    fn on_welcome(&mut self, welcome: &wire::Welcome, call: &mut Call<'_>) -> Result<(), Stop> {
        let stranger = Stop(CloseReason::Stranger);
        let secret = call.replica.secret(self.community).ok_or(Stop(CloseReason::NotMember))?;
        if !fits(self.ends.proof(Role::Listener, &secret), &welcome.proof) {
            return Err(stranger);
        }
        self.check_device(&welcome.device, &welcome.signature)?;
        self.agreements = call.replica.agreements(self.community);
        self.proven = true;
        if !VERSIONS.contains(&welcome.version) {
            return Err(Stop(CloseReason::Version));
        }
        self.say(Body::Introduce(wire::Introduce {
            device: call.replica.device(self.community).0.to_vec(),
            signature: call.replica.sign_session(self.community, &self.ends.bound(Role::Dialler)).0.to_vec(),
        }));
        self.meet(call)
    }

    fn on_introduce(&mut self, introduce: &wire::Introduce, call: &mut Call<'_>) -> Result<(), Stop> {
        self.check_device(&introduce.device, &introduce.signature)?;
        self.meet(call)
    }

    fn check_device(&mut self, device: &[u8], signature: &[u8]) -> Result<(), Stop> {
        let stranger = Stop(CloseReason::Stranger);
        let device = DeviceId::from_slice(device).ok_or(stranger)?;
        let signature = Signature::from_slice(signature).ok_or(stranger)?;
        let bound = self.ends.bound(self.ends.role().other());
        if !verify_session(device, &bound, &signature) {
            return Err(stranger);
        }
        self.peer = Some(device);
        Ok(())
    }

    /// The peer's device is known: is it a member's?
    fn meet(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        let device = self.peer.expect("the peer's device was checked");
        self.check_barred(device, call)?;
        let member = call.replica.member_of(self.community, device);
        call.out.push(Output::Learned { community: self.community, device, member });
        if member.is_some() {
            return self.admit(call);
        }
        self.enter(Stage::Admission);
        self.say(Body::Present(wire::Present {}));
        Ok(())
    }

    fn admit(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        self.admitted = true;
        self.enter(Stage::Rounds);
        self.check_rights(call)?;
        if self.ends.role() == Role::Dialler {
            self.announce(call)?;
        }
        std::mem::take(&mut self.early)
            .into_iter()
            .try_for_each(|frontiers| self.on_round(Body::Frontiers(frontiers), call))
    }

    fn on_admission(&mut self, entries: &wire::Entries, call: &mut Call<'_>) -> Result<(), Stop> {
        use crate::wire::Message;
        self.admission_bytes += entries.encoded_len();
        if self.admission_bytes > ADMISSION_BYTES_MAX
            || SpaceId::from_slice(&entries.space) != Some(SpaceId::GOVERNANCE)
        {
            return Err(Stop(CloseReason::NotMember));
        }
        self.allowed = vec![SpaceId::GOVERNANCE];
        self.on_entries(entries, call)
    }

    fn on_presented(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        let device = self.peer.expect("the peer's device was checked");
        let member = call.replica.member_of(self.community, device);
        if member.is_none() {
            return Err(Stop(CloseReason::NotMember));
        }
        call.out.push(Output::Learned { community: self.community, device, member });
        self.admit(call)
    }

    /// Looks again at what the peer may read.
    fn check_rights(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        let device = self.peer.expect("the peer's device was checked");
        self.check_barred(device, call)?;
        self.allowed = call.replica.spaces_for(self.community, device);
        if self.allowed.contains(&SpaceId::GOVERNANCE) { Ok(()) } else { Err(Stop(CloseReason::NotMember)) }
    }

    fn progress(&self, call: &mut Call<'_>) {
        call.out.push(Output::Progress(Progress {
            received: self.counts.entries_received,
            expected: self.counts.entries_expected,
            sent: self.counts.entries_sent,
            owed: self.counts.entries_owed,
            payloads: self.counts.payloads_received,
            payload_bytes_open: self.counts.payload_bytes_open,
        }));
    }

    fn report(&self, outcome: Outcome, stays: bool) -> Report {
        Report {
            outcome,
            device: self.peer,
            agreed: if outcome == Outcome::Complete { self.agreed.clone() } else { Vec::new() },
            entries_received: self.counts.entries_received,
            entries_sent: self.counts.entries_sent,
            payloads_received: self.counts.payloads_received,
            payloads_sent: self.counts.payloads_sent,
            refused: self.counts.refused,
            pending: self.pending.clone(),
            bytes_in: self.counts.bytes_in,
            bytes_out: self.counts.bytes_out,
            bytes_handshake: self.counts.bytes_handshake.unwrap_or(self.counts.bytes_in + self.counts.bytes_out),
            round_trips: self.trips.count(),
            strikes: self.counts.strikes,
            fallen: self.fallen.iter().map(|(space, fallen)| (*space, *fallen)).collect(),
            stays,
        }
    }

    /// Both end marks are there.
    fn finish(&mut self, outcome: Outcome, stays: bool, call: &mut Call<'_>) {
        call.out.push(Output::Finished(self.report(outcome, stays)));
        self.fallen.clear();
        if stays {
            self.enter(Stage::Resting);
        } else {
            self.enter(Stage::Over);
            call.out.push(Output::Close(CloseReason::Ended));
        }
    }

    /// Something ended the session before its time.
    fn stop(&mut self, Stop(reason): Stop, call: &mut Call<'_>) {
        let resting = self.stage == Stage::Resting;
        let told = match reason {
            CloseReason::Version if self.ends.role() == Role::Listener => Some(wire::Reason::Version),
            CloseReason::Malformed if self.peer.is_some() => Some(wire::Reason::Malformed),
            CloseReason::Silence if self.admitted => Some(wire::Reason::Silence),
            CloseReason::Unavailable if self.admitted => Some(wire::Reason::Unavailable),
            CloseReason::NotMember if self.peer.is_some() && !self.was_told => Some(wire::Reason::NotMember),
            _ => None,
        };
        let waits = told.filter(|told| *told == wire::Reason::NotMember).and(self.peer);
        let pending = waits.and_then(|device| call.replica.pending(self.community, device));
        let told = if pending.is_some() { Some(wire::Reason::Pending) } else { told };
        if let Some(told) = told {
            self.send(
                Body::End(wire::End {
                    round: self.round.number,
                    outcome: wire::Outcome::Failed.into(),
                    reason: told.into(),
                    stay: false,
                    pending: pending.as_ref().map(Pending::to_wire),
                }),
                call,
            );
        }
        self.enter(Stage::Over);
        if !(resting && reason == CloseReason::Ended) {
            let forgiven = self.config.faults.ignore_end_mark && reason == CloseReason::Cut && self.round.heard;
            let outcome = if forgiven { Outcome::Complete } else { Outcome::Failed(reason) };
            call.out.push(Output::Finished(self.report(outcome, false)));
        }
        // Strangers are left alone for a while; who waits may be admitted at any moment.
        call.out.push(Output::Close(if pending.is_some() { CloseReason::Pending } else { reason }));
    }
}
