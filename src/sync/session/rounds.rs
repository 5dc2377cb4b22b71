//! Rounds: from the announcement of frontiers to the end mark.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::compare::{Fork, Request, Search};
use super::frontiers::Part;
use super::{Call, MALFORMED, Session, Stage, Stop};
use crate::model::Chain;
use crate::model::id::SpaceId;
use crate::sync::{CloseReason, Digest, Frontier, Missing, Outcome, PartialReason, Pending};
use crate::wire::sync as wire;
use crate::wire::sync::frame::Body;

/// Rounds that move nothing, before the session ends as partial.
const IDLE_ROUNDS_MAX: u32 = 20;

/// How far the missing payloads of a space were looked through.
#[derive(Debug)]
pub(super) enum Looked {
    DownTo(Missing),
    All,
}

/// What is known in one round.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) number: u32,
    /// What this side announced.
    pub(super) mine: BTreeMap<SpaceId, Frontier>,
    pub(super) announced: bool,
    /// What the other announced.
    pub(super) theirs: BTreeMap<SpaceId, Frontier>,
    pub(super) parts: BTreeMap<SpaceId, Part>,
    /// Spaces of which a base was not known here, and which were asked for whole.
    pub(super) needs: BTreeSet<SpaceId>,
    /// The other has announced all.
    pub(super) heard: bool,
    pub(super) planned: bool,
    /// Probes and asks not sent yet.
    pub(super) backlog: VecDeque<Request>,
    pub(super) probes: BTreeMap<u32, Search>,
    pub(super) asks: BTreeSet<u32>,
    pub(super) wants: BTreeMap<u32, VecDeque<Missing>>,
    pub(super) looked: BTreeMap<SpaceId, Looked>,
    /// All that the other offers was asked for, as far as is known.
    pub(super) wanted_all: bool,
    /// Forked chains: tips still looked for, and common entries found.
    pub(super) forks: BTreeMap<Chain, Fork>,
    pub(super) inline: bool,
    pub(super) done: bool,
    pub(super) peer_done: bool,
    pub(super) settled: Option<BTreeMap<SpaceId, Frontier>>,
    pub(super) peer_settled: Option<BTreeMap<SpaceId, Digest>>,
    pub(super) outcome: Option<Outcome>,
    pub(super) peer_end: Option<(Outcome, bool)>,
}

fn digests(frontiers: &BTreeMap<SpaceId, Frontier>) -> BTreeMap<SpaceId, Digest> {
    frontiers.iter().map(|(space, frontier)| (*space, frontier.digest())).collect()
}

/// Tells whether all spaces in both are equal, and the governance log is one of them.
fn equal(mine: &BTreeMap<SpaceId, Digest>, theirs: &BTreeMap<SpaceId, Digest>) -> bool {
    let shared = mine.iter().filter_map(|(space, digest)| Some((digest, theirs.get(space)?)));
    shared.into_iter().all(|(here, there)| here == there)
        && mine.contains_key(&SpaceId::GOVERNANCE)
        && theirs.contains_key(&SpaceId::GOVERNANCE)
}

impl Session {
    pub(super) fn on_round(&mut self, body: Body, call: &mut Call<'_>) -> Result<(), Stop> {
        match body {
            Body::Frontiers(frontiers) => self.on_frontiers(frontiers, call),
            Body::Need(need) => self.on_need(&need),
            Body::Entries(entries) => self.on_entries(&entries, call),
            Body::Probe(probe) => self.on_probe(&probe),
            Body::Hashes(hashes) => self.on_hashes(&hashes, call),
            Body::Ask(ask) => self.on_ask(&ask, call),
            Body::Answered(answered) => {
                if self.round.asks.remove(&answered.number) {
                    Ok(())
                } else {
                    Err(MALFORMED)
                }
            }
            Body::Want(want) => self.on_want(&want),
            Body::Batch(batch) => self.on_batch(batch, call),
            Body::Done(done) if done.round == self.round.number => {
                self.round.peer_done = true;
                Ok(())
            }
            Body::Settled(settled) if settled.round == self.round.number => self.on_settled(&settled),
            Body::End(end) => self.on_end(&end, call),
            _ => Err(MALFORMED),
        }
    }

    /// Begins the next round.
    pub(super) fn begin(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        let number = self.round.number.checked_add(1).ok_or(MALFORMED)?;
        self.last_mine.append(&mut self.round.mine);
        self.last_theirs.append(&mut self.round.theirs);
        self.round = Round { number, ..Round::default() };
        self.moved = false;
        self.in_vain = 0;
        self.asked.clear();
        self.enter(Stage::Rounds);
        self.announce(call)
    }

    /// Does all that follows from what is known now.
    pub(super) fn advance(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        if self.stage == Stage::Resting && self.dirty {
            self.begin_if_changed(call)?;
        }
        if self.stage != Stage::Rounds {
            return Ok(());
        }
        if self.round.heard && self.round.needs.is_empty() && !self.round.planned {
            if !self.round.announced {
                self.announce(call)?;
            }
            self.plan(call)?;
        }
        if !self.round.planned || self.round.outcome.is_some() {
            return Ok(());
        }
        self.send_backlog();
        let sent = self.round.forks.is_empty() && self.round.backlog.is_empty();
        if self.round.peer_done {
            self.want(call)?;
        }
        let idle = sent && self.round.peer_done && self.round.asks.is_empty() && self.round.wants.is_empty();
        if idle && self.round.settled.is_none() {
            self.settle(call)?;
        } else if sent && !self.round.done && self.round.settled.is_none() {
            self.round.done = true;
            self.say(Body::Done(wire::Done { round: self.round.number }));
        }
        if self.round.settled.is_some() && self.round.peer_settled.is_some() {
            self.conclude(call)?;
        }
        Ok(())
    }

    /// The stream rests: begins a round if something is new, and sends that without waiting.
    fn begin_if_changed(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        self.dirty = false;
        self.check_rights(call)?;
        if digests(&self.frontiers(call)?) == self.told {
            return Ok(());
        }
        self.begin(call)?;
        if self.last_complete {
            let assumed = self.last_theirs.clone();
            self.push_all(&assumed, false, call)?;
        }
        Ok(())
    }

    /// Compares what both announced.
    fn plan(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        self.round.planned = true;
        if !self.round.theirs.contains_key(&SpaceId::GOVERNANCE) {
            return Err(MALFORMED);
        }
        self.note_fallen(call)?;
        let mine = digests(&self.round.mine);
        if equal(&mine, &digests(&self.round.theirs)) {
            self.told = mine;
            let mut agreed = std::mem::take(&mut self.round.mine);
            agreed.retain(|space, _| self.round.theirs.contains_key(space));
            return self.agree(agreed, call);
        }
        let theirs = self.round.theirs.clone();
        self.push_all(&theirs, !self.config.faults.no_probe, call)
    }

    pub(super) fn requests_open(&self) -> usize {
        self.round.probes.len() + self.round.asks.len() + self.round.wants.len()
    }

    pub(super) fn next_request(&mut self) -> u32 {
        let number = self.next_request;
        self.next_request = number.wrapping_add(1);
        number
    }

    fn settle(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        self.check_rights(call)?;
        let settled = self.frontiers(call)?;
        let spaces = digests(&settled)
            .into_iter()
            .map(|(space, digest)| wire::SpaceDigest { space: space.0.to_vec(), digest: digest.0.to_vec() })
            .collect();
        self.round.settled = Some(settled);
        self.say(Body::Settled(wire::Settled { round: self.round.number, spaces }));
        Ok(())
    }

    fn on_settled(&mut self, message: &wire::Settled) -> Result<(), Stop> {
        if self.round.peer_settled.is_some() {
            return Err(MALFORMED);
        }
        let mut spaces = BTreeMap::new();
        for space in &message.spaces {
            let digest = space.digest.as_slice().try_into().map_err(|_| MALFORMED)?;
            let space = SpaceId::from_slice(&space.space).ok_or(MALFORMED)?;
            spaces.insert(space, Digest(digest));
        }
        self.round.peer_done = true;
        self.round.peer_settled = Some(spaces);
        Ok(())
    }

    /// Both have settled: are they equal?
    fn conclude(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        let settled = self.round.settled.take().expect("this side has settled");
        let theirs = self.round.peer_settled.take().expect("the other has settled");
        let mut mine = digests(&settled);
        self.told = mine.clone();
        if equal(&mine, &theirs) {
            let shared = settled.into_iter().filter(|(space, _)| theirs.contains_key(space)).collect();
            return self.agree(shared, call);
        }
        self.idle_rounds = if self.moved { 0 } else { self.idle_rounds + 1 };
        // Over the spaces that both list, so that both ends decide alike.
        mine.retain(|space, _| theirs.contains_key(space));
        let theirs = theirs.into_iter().filter(|(space, _)| mine.contains_key(space)).collect();
        let pair = Some((mine, theirs));
        if pair == self.last_pair || self.idle_rounds >= IDLE_ROUNDS_MAX || self.config.faults.one_round {
            self.last_pair = None;
            let reason = match () {
                () if self.counts.busy => wire::Reason::Busy,
                () if self.counts.refused > 0 => wire::Reason::Refused,
                () => wire::Reason::Different,
            };
            return self.end(Outcome::Partial(partial(reason)), reason, call);
        }
        self.last_pair = pair;
        self.begin(call)
    }

    /// Both hold the same.
    fn agree(&mut self, agreed: BTreeMap<SpaceId, Frontier>, call: &mut Call<'_>) -> Result<(), Stop> {
        let device = self.peer.expect("rounds begin after the peer's device was checked");
        let shared: Vec<_> = agreed.into_iter().filter(|(space, _)| self.allowed.contains(space)).collect();
        for (space, frontier) in &shared {
            if self.recall(*space, call)?.as_ref() != Some(frontier) {
                call.replica.remember(self.community, device, *space, frontier)?;
            }
        }
        self.agreed = shared.iter().map(|(space, frontier)| (*space, frontier.digest())).collect();
        self.round.mine = shared.iter().cloned().collect();
        self.round.theirs = shared.into_iter().collect();
        self.last_pair = None;
        self.idle_rounds = 0;
        self.end(Outcome::Complete, wire::Reason::Unspecified, call)
    }

    fn end(&mut self, outcome: Outcome, reason: wire::Reason, _call: &mut Call<'_>) -> Result<(), Stop> {
        self.round.outcome = Some(outcome);
        self.last_complete = outcome == Outcome::Complete;
        let told = if self.last_complete { wire::Outcome::Complete } else { wire::Outcome::Partial };
        self.say(Body::End(wire::End {
            round: self.round.number,
            outcome: told.into(),
            reason: reason.into(),
            stay: self.config.keep_open,
            pending: None,
        }));
        Ok(())
    }

    fn on_end(&mut self, end: &wire::End, call: &mut Call<'_>) -> Result<(), Stop> {
        if end.outcome() == wire::Outcome::Failed {
            return Err(self.refused(end));
        }
        if end.round != self.round.number || self.round.peer_end.is_some() {
            return Err(MALFORMED);
        }
        let told = match end.outcome() {
            wire::Outcome::Complete => Outcome::Complete,
            _ => Outcome::Partial(partial(end.reason())),
        };
        if self.round.outcome.is_none() {
            // The other gave up, or believes in an agreement that we have not seen.
            let believed = told == Outcome::Complete && self.config.faults.trust_end_mark;
            if told == Outcome::Complete && !believed {
                return Err(MALFORMED);
            }
            self.end(told, end.reason(), call)?;
        }
        self.round.peer_end = Some((told, end.stay));
        Ok(())
    }

    /// Notes why the peer lets us wait, and says what its end mark means.
    pub(super) fn refused(&mut self, end: &wire::End) -> Stop {
        self.was_told = matches!(end.reason(), wire::Reason::NotMember | wire::Reason::Pending);
        self.pending = end.pending.as_ref().filter(|_| end.reason() == wire::Reason::Pending).map(Pending::read);
        Stop(blame(end))
    }

    /// Ends the session, or lets it rest, when both end marks are there and ours has left.
    pub(super) fn close_round(&mut self, call: &mut Call<'_>) {
        if self.stage != Stage::Rounds || !self.queue.is_empty() {
            return;
        }
        let (Some(mine), Some((theirs, stay))) = (self.round.outcome, self.round.peer_end) else { return };
        let outcome = match (mine, theirs) {
            (Outcome::Partial(PartialReason::Different), theirs) if theirs != Outcome::Complete => theirs,
            (mine, _) => mine,
        };
        self.finish(outcome, stay && self.config.keep_open, call);
    }
}

fn partial(reason: wire::Reason) -> PartialReason {
    match reason {
        wire::Reason::Busy => PartialReason::Busy,
        wire::Reason::Refused => PartialReason::Refused,
        _ => PartialReason::Different,
    }
}

/// Says what an end mark by which the peer gives up means.
pub(super) fn blame(end: &wire::End) -> CloseReason {
    match end.reason() {
        wire::Reason::Version => CloseReason::Version,
        wire::Reason::Malformed => CloseReason::Blamed,
        wire::Reason::Silence => CloseReason::Silence,
        wire::Reason::NotMember => CloseReason::NotMember,
        wire::Reason::Pending => CloseReason::Pending,
        _ => CloseReason::Stopped,
    }
}
