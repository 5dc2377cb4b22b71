//! Links: sync sessions over whatever carries their frames. The door and the simulator drive them alike.

use std::collections::BTreeMap;

use super::Node;
use super::engine::Changes;
use super::error::Error;
use super::fallen::Meeting;
use super::faults::EngineFaults;
use super::peers::patience;
use crate::model::governance::{self, Duty, Status};
use crate::model::{CommunityId, MemberId, Timestamp};
use crate::sync::{CloseReason, Config, Faults, Input, Outcome, Output, PartialReason, Report, Session};
use crate::wire::entry::{GovernanceContent, GovernanceShape};

/// Names a link; given by whoever carries it.
pub type Link = u64;

/// What a link connects.
#[derive(Debug, Clone)]
pub struct Ends {
    /// Bytes of our own transport id.
    pub local: Vec<u8>,
    /// Bytes of the peer's transport id, proved by the transport.
    pub remote: Vec<u8>,
    /// The peer's transport id as text.
    pub peer: String,
    /// Where it was met, if this side dialled.
    pub address: Option<String>,
    /// The community to talk about; the dialling side alone knows.
    pub dialled: Option<CommunityId>,
    /// Stay open and push what is written later.
    pub keep_open: bool,
}

/// What is to be done for a link.
#[derive(Debug)]
pub enum Action {
    /// Send this frame.
    Send(Link, Vec<u8>),
    /// A session reached its end mark, or ended otherwise.
    Finished(Link, Box<Finished>),
    /// Close it.
    Close(Link, String),
    /// Documents changed in a community.
    Changed(CommunityId, Vec<String>),
}

/// How a session stands at an end mark.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Which community, once proved.
    pub community: Option<CommunityId>,
    /// The peer's transport id.
    pub peer: String,
    /// Handle of the peer's member, empty when not known.
    pub member: String,
    /// Both hold the same.
    pub complete: bool,
    /// Why not: a stable name.
    pub reason: Option<String>,
    /// Why this side waits, where the peer said so.
    pub pending: Option<super::reply::PendingRow>,
    /// Figures.
    pub report: Report,
    /// New documents by kind, since the mark before.
    pub new: BTreeMap<String, u64>,
    /// Fields with two values since, since the mark before.
    pub conflicts: u64,
}

/// Why a meeting came to nothing.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The peer's transport id, or the address as it was typed.
    pub label: String,
    /// The label is an address that somebody typed.
    pub typed: bool,
    /// Why: a stable name.
    pub reason: String,
    /// What each address answered.
    pub answers: Vec<(String, String)>,
}

pub(super) struct Open {
    session: Session,
    ends: Ends,
    community: Option<CommunityId>,
    member: Option<MemberId>,
    changes: Changes,
}

impl Node {
    /// Takes a new link up.
    pub fn link_opened(&mut self, link: Link, ends: Ends) -> Vec<Action> {
        let config = Config {
            local_peer: ends.local.clone(),
            remote_peer: ends.remote.clone(),
            keep_open: ends.keep_open,
            faults: self.faults,
        };
        let session = match ends.dialled {
            Some(community) => Session::dial(community, config),
            None => Session::listen(config),
        };
        let open = Open { session, ends, community: None, member: None, changes: Changes::default() };
        self.links.insert(link, open);
        self.link_input(link, Input::Opened)
    }

    /// Plants faults in the sessions to come: for tests of the tests.
    pub fn plant(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// Plants faults in the engines of the communities that are here: for tests of the tests.
    pub fn plant_in_engines(&mut self, faults: EngineFaults) {
        for engine in self.engines.0.values_mut() {
            engine.faults = faults;
        }
    }

    /// A frame came over a link.
    pub fn link_frame(&mut self, link: Link, frame: Vec<u8>) -> Vec<Action> {
        self.link_input(link, Input::Frame(frame))
    }

    /// Several frames came over a link, in this order: what they bring is made durable together.
    pub fn link_frames(&mut self, link: Link, frames: Vec<Vec<u8>>) -> Vec<Action> {
        self.link_inputs(link, frames.into_iter().map(Input::Frame))
    }

    /// Everything handed out for a link has left.
    pub fn link_writable(&mut self, link: Link) -> Vec<Action> {
        self.link_input(link, Input::Writable)
    }

    /// A link is gone.
    pub fn link_closed(&mut self, link: Link) -> Vec<Action> {
        let actions = self.link_input(link, Input::Closed);
        self.links.remove(&link);
        actions
    }

    /// Time passed: about once a second.
    pub fn tick(&mut self) -> Vec<Action> {
        let links: Vec<Link> = self.links.keys().copied().collect();
        let mut actions = Vec::new();
        for link in links {
            actions.extend(self.link_input(link, Input::Tick));
        }
        let communities: Vec<CommunityId> = self.engines.0.keys().copied().collect();
        for community in communities {
            if self.perform_duties(community, true) {
                actions.extend(self.announce(community, None));
            }
            self.scrub(community);
        }
        actions
    }

    /// Tells the sessions of a community that there is something new.
    pub(super) fn announce(&mut self, community: CommunityId, but: Option<Link>) -> Vec<Action> {
        let links: Vec<Link> = self
            .links
            .iter()
            .filter(|(link, open)| open.community == Some(community) && Some(**link) != but)
            .map(|(link, _)| *link)
            .collect();
        links.into_iter().flat_map(|link| self.link_input(link, Input::LocalChange)).collect()
    }

    fn link_input(&mut self, link: Link, input: Input) -> Vec<Action> {
        self.link_inputs(link, [input])
    }

    fn link_inputs(&mut self, link: Link, inputs: impl IntoIterator<Item = Input>) -> Vec<Action> {
        let Some(mut open) = self.links.remove(&link) else { return Vec::new() };
        let now = self.env.now();
        let mut outputs = Vec::new();
        for input in inputs {
            outputs.extend(open.session.handle(input, &mut self.engines, now));
        }
        let mut actions = Vec::new();
        let changes = match self.commit_open() {
            Ok(changes) => changes,
            Err(error) => {
                // Nothing may leave that claims what is not durable.
                actions.push(Action::Close(link, error.message));
                return actions;
            }
        };
        let community = open.session.community();
        open.community = community;
        let fresh = !changes.entries.is_empty() || !changes.documents.is_empty();
        let changed: Vec<String> = changes.documents.iter().map(ToString::to_string).collect();
        open.changes.add(changes);
        let mut over = false;
        for output in outputs {
            over |= matches!(output, Output::Close(_));
            if let Some(action) = self.act(link, &mut open, output, now) {
                actions.push(action);
            }
        }
        if over {
            community.into_iter().for_each(|community| self.scrub(community));
        } else {
            self.links.insert(link, open);
        }
        if let (true, Some(community)) = (fresh, community) {
            actions.push(Action::Changed(community, changed));
            let dutiful = self.perform_duties(community, false);
            self.notice_fork(community);
            actions.extend(self.announce(community, if dutiful { None } else { Some(link) }));
        }
        actions
    }

    fn act(&mut self, link: Link, open: &mut Open, output: Output, now: Timestamp) -> Option<Action> {
        match output {
            Output::Send(frame) => Some(Action::Send(link, frame)),
            Output::Progress(_) => None,
            Output::Learned { community, device, member } => {
                open.community = Some(community);
                open.member = member;
                self.learned(open, community, device, member);
                None
            }
            Output::Finished(report) => {
                let finished = self.finished(open, report, now);
                Some(Action::Finished(link, Box::new(finished)))
            }
            Output::Close(reason) => {
                // Who waits may be let in at any moment, and is not kept away until then.
                let name =
                    if reason == CloseReason::NotMember && self.waits(open) { "pending" } else { close_name(reason) };
                Some(Action::Close(link, name.to_owned()))
            }
        }
    }

    /// Tells whether the peer's admission waits here.
    fn waits(&self, open: &Open) -> bool {
        let engine = open.community.and_then(|community| self.engines.0.get(&community));
        let member = open.member.and_then(|id| engine?.state().members.get(&id));
        member.is_some_and(|member| member.status == Status::Pending)
    }

    fn learned(
        &mut self,
        open: &Open,
        community: CommunityId,
        device: crate::model::DeviceId,
        member: Option<MemberId>,
    ) {
        let Some(engine) = self.engines.0.get_mut(&community) else { return };
        if engine.keys.device() == device && open.ends.dialled.is_some() {
            // A copy of this node is at the other end: from here on the two differ.
            let _ = engine.renew(&mut self.env);
        }
        let address = open.ends.address.clone();
        let _ = engine.remember_peer(&open.ends.peer, |peer| {
            peer.member = member.or(peer.member);
            if let Some(address) = address {
                peer.addresses.retain(|known| *known != address);
                peer.addresses.insert(0, address);
            }
        });
    }

    fn finished(&mut self, open: &mut Open, report: Report, now: Timestamp) -> Finished {
        let reason = match report.outcome {
            Outcome::Complete => None,
            Outcome::Partial(reason) => Some(partial_name(reason)),
            Outcome::Failed(reason) => Some(close_name(reason)),
        };
        let mut handle = String::new();
        if let Some(engine) = open.community.and_then(|community| self.engines.0.get_mut(&community)) {
            let member = report.device.and_then(|device| engine.state().device(device)).or(open.member);
            open.member = member;
            let complete = reason.is_none();
            if let (Some(device), Some(member)) = (report.device, member) {
                let before = engine.last_complete(member);
                let _ = engine.note_fallen(device, &report.fallen, Meeting { before, now, complete });
            }
            let _ = engine.note_pending(complete, report.pending.as_ref());
            let _ = engine.remember_peer(&open.ends.peer, |peer| {
                peer.member = member.or(peer.member);
                peer.tried = Some(now);
                peer.outcome = reason.unwrap_or("complete").to_owned();
                peer.answers.clear();
                if complete {
                    peer.complete = Some(now);
                }
            });
            if let Some(member) = member {
                if complete {
                    let _ = engine.note_has_all(member, now);
                }
                handle = engine.handle_of(member);
            }
        }
        Finished {
            community: open.community,
            peer: open.ends.peer.clone(),
            member: handle,
            complete: reason.is_none(),
            reason: reason.map(str::to_owned),
            pending: report.pending.as_ref().map(super::peers::pending_row),
            report,
            new: std::mem::take(&mut open.changes.new),
            conflicts: std::mem::take(&mut open.changes.conflicts),
        }
    }

    /// Commits what sessions brought in, in every community.
    fn commit_open(&mut self) -> Result<Changes, Error> {
        let mut all = Changes::default();
        for engine in self.engines.0.values_mut().filter(|engine| engine.is_open()) {
            all.add(engine.finish()?);
        }
        Ok(all)
    }

    /// Writes what is due: seats, closes, and in time a join. Tells whether something was written.
    pub(super) fn perform_duties(&mut self, community: CommunityId, timed: bool) -> bool {
        let Some(engine) = self.engines.0.get_mut(&community) else { return false };
        let introduced = engine.write_kept_profile(&mut self.env).unwrap_or(false);
        let now = self.env.now();
        let duties = engine.governance.duties(engine.keys.device(), now);
        let (joins, acts): (Vec<_>, Vec<_>) = duties.into_iter().partition(|duty| *duty == Duty::Join);
        if joins.is_empty() {
            engine.join_due = None;
        }
        let mut shapes: Vec<_> = acts.iter().map(duty_shape).collect();
        if !joins.is_empty() && timed {
            // Witness is due to all at once: who waits a while mostly finds that another was first.
            let due = *engine.join_due.get_or_insert_with(|| Timestamp(now.0 + patience(&mut self.env)));
            if now >= due {
                engine.join_due = None;
                shapes.extend(joins.iter().map(duty_shape));
            }
        }
        let written = !shapes.is_empty()
            && engine
                .writing(&mut self.env, |pen| {
                    for shape in &shapes {
                        pen.govern(shape, &GovernanceContent::default())?;
                    }
                    Ok(())
                })
                .is_ok();
        let signed = engine.write_signed(&mut self.env);
        engine.keep_spaces(&mut self.env, timed) || written || introduced || signed
    }

    /// Makes the bytes go that peers erased. What fails is tried again: the store remembers it.
    pub(super) fn scrub(&mut self, community: CommunityId) {
        if let Some(engine) = self.engines.0.get_mut(&community) {
            let _ = engine.scrub();
        }
    }

    /// Starts a new incarnation when another copy of this device wrote, too.
    pub(super) fn notice_fork(&mut self, community: CommunityId) {
        let Some(engine) = self.engines.0.get_mut(&community) else { return };
        if engine.is_copied().unwrap_or(false) {
            let _ = engine.renew(&mut self.env);
        }
    }
}

fn duty_shape(duty: &Duty) -> GovernanceShape {
    match duty {
        Duty::Seat { invitation, admissions } => governance::seat(*invitation, admissions),
        Duty::Close { invitation } => governance::close(*invitation),
        Duty::Join => governance::join(),
    }
}

fn partial_name(reason: PartialReason) -> &'static str {
    match reason {
        PartialReason::Busy => "busy",
        PartialReason::Refused => "entries-refused",
        PartialReason::Different => "different",
    }
}

/// Returns the stable name of how a session was closed.
fn close_name(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Ended => "ended",
        CloseReason::Cut => "cut",
        CloseReason::Stranger => "stranger",
        CloseReason::NotMember => "not-a-member",
        CloseReason::Pending => "pending",
        CloseReason::Version => "version",
        CloseReason::Malformed => "malformed",
        CloseReason::Blamed => "blamed",
        CloseReason::Silence => "silence",
        CloseReason::Unavailable => "store",
        CloseReason::Stopped => "stopped",
    }
}
