//! Frontiers on the wire: told against one that the other knows, and read back.
//!
//! Beyond about 300 chains a sketch of the frontier would be shorter than the list: it would be another way of telling,
//! beside the base in `SpaceFrontier`, and end in the same two frontiers that are compared.

use std::collections::BTreeMap;

use super::{Call, MALFORMED, Session, Stage, Stop};
use crate::model::id::SpaceId;
use crate::sync::{CloseReason, Digest, Fallen, Frontier, TIPS_MAX};
use crate::wire::Message;
use crate::wire::sync as wire;
use crate::wire::sync::frame::Body;

/// Bytes of frontiers in one frame.
const FRONTIERS_BYTES: usize = 256 * 1024;
/// A chain whose tips and missing ranges don't fit a frame can't be told.
const CHAIN_BYTES_MAX: usize = 900 * 1024;

/// A frontier of the other of which more may come.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) digest: Digest,
    pub(super) base: Vec<u8>,
    pub(super) frontier: Option<Frontier>,
}

impl Session {
    /// Reads all frontiers that the peer may hear of, as they are now.
    pub(super) fn frontiers(&self, call: &Call<'_>) -> Result<BTreeMap<SpaceId, Frontier>, Stop> {
        let mut frontiers = BTreeMap::new();
        for space in &self.allowed {
            frontiers.insert(*space, self.frontier(*space, call)?);
        }
        Ok(frontiers)
    }

    pub(super) fn frontier(&self, space: SpaceId, call: &Call<'_>) -> Result<Frontier, Stop> {
        let mut frontier = call.replica.frontier(self.community, space)?;
        if self.config.faults.frontier_without_one_tip {
            frontier = frontier.without_last_tip();
        }
        if self.config.faults.skip_payload_check {
            frontier = frontier.without_missing();
        }
        Ok(frontier)
    }

    /// Sends our frontiers.
    pub(super) fn announce(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        self.dirty = false;
        let mine = self.frontiers(call)?;
        let mut spaces = Vec::new();
        for space in &self.allowed {
            let frontier = &mine[space];
            let bases =
                [self.round.theirs.get(space).cloned(), self.last_mine.get(space).cloned(), self.recall(*space, call)?];
            spaces.push(tell(*space, frontier, bases.iter().flatten()));
        }
        self.round.mine = mine;
        self.round.announced = true;
        self.say_frontiers(spaces)
    }

    pub(super) fn recall(&self, space: SpaceId, call: &Call<'_>) -> Result<Option<Frontier>, Stop> {
        let device = self.peer.expect("rounds begin after the peer's device was checked");
        Ok(call.replica.recall(self.community, device, space)?)
    }

    fn say_frontiers(&mut self, spaces: Vec<wire::SpaceFrontier>) -> Result<(), Stop> {
        let mut pieces: Vec<Vec<wire::SpaceFrontier>> = vec![Vec::new()];
        let mut bytes = 0;
        for mut space in spaces {
            let chains = std::mem::take(&mut space.chains);
            let mut fresh = true;
            if chains.is_empty() {
                pieces.last_mut().expect("there is a piece").push(space.clone());
            }
            for chain in chains {
                let length = chain.encoded_len();
                if length > CHAIN_BYTES_MAX {
                    return Err(Stop(CloseReason::Unavailable));
                }
                if bytes > 0 && bytes + length > FRONTIERS_BYTES {
                    pieces.push(Vec::new());
                    bytes = 0;
                    fresh = true;
                }
                bytes += length;
                let piece = pieces.last_mut().expect("there is a piece");
                if std::mem::take(&mut fresh) {
                    piece.push(space.clone());
                }
                piece.last_mut().expect("there is a space").chains.push(chain);
            }
        }
        let count = pieces.len();
        for (index, spaces) in pieces.into_iter().enumerate() {
            let more = index + 1 < count;
            self.say(Body::Frontiers(wire::Frontiers { round: self.round.number, spaces, more }));
        }
        Ok(())
    }

    pub(super) fn on_frontiers(&mut self, message: wire::Frontiers, call: &mut Call<'_>) -> Result<(), Stop> {
        if self.stage == Stage::Resting && message.round == self.round.number + 1 {
            self.begin(call)?;
        }
        if message.round != self.round.number || (self.round.heard && self.round.needs.is_empty()) {
            return Err(MALFORMED);
        }
        for part in message.spaces {
            self.take_part(part, call)?;
        }
        if message.more {
            return Ok(());
        }
        for (space, part) in std::mem::take(&mut self.round.parts) {
            match part.frontier {
                Some(frontier) if frontier.digest() == part.digest => {
                    self.round.needs.remove(&space);
                    self.round.theirs.insert(space, frontier);
                }
                Some(_) => return Err(MALFORMED),
                None if self.round.needs.insert(space) => {}
                None => return Err(MALFORMED),
            }
        }
        if !self.round.heard && !self.round.needs.is_empty() {
            let spaces = self.round.needs.iter().map(|space| space.0.to_vec()).collect();
            self.say(Body::Need(wire::Need { round: self.round.number, spaces }));
        }
        self.round.heard = true;
        Ok(())
    }

    fn take_part(&mut self, message: wire::SpaceFrontier, call: &Call<'_>) -> Result<(), Stop> {
        let space = SpaceId::from_slice(&message.space).ok_or(MALFORMED)?;
        let digest = Digest(message.digest.try_into().map_err(|_| MALFORMED)?);
        if !self.allowed.contains(&space) || (self.round.heard && !self.round.needs.contains(&space)) {
            return Ok(());
        }
        if !self.round.parts.contains_key(&space) {
            let exact = message.base.is_empty() && message.chains.is_empty();
            let wanted = if exact { &digest.0[..] } else { &message.base };
            let whole = message.base.is_empty() && (!exact || digest == Frontier::new().digest());
            let frontier = if whole { Some(Frontier::new()) } else { self.known(space, wanted, call)? };
            self.round.parts.insert(space, Part { digest, base: message.base.clone(), frontier });
        }
        let used: usize = self.round.theirs.values().map(Frontier::tip_count).sum();
        let part = self.round.parts.get_mut(&space).expect("it was just put in");
        if part.digest != digest || part.base != message.base {
            return Err(MALFORMED);
        }
        if let Some(frontier) = &mut part.frontier {
            frontier.apply(space, &message.chains).ok_or(MALFORMED)?;
        }
        let parts = self.round.parts.values().filter_map(|part| part.frontier.as_ref());
        if used + parts.map(Frontier::tip_count).sum::<usize>() > TIPS_MAX {
            return Err(MALFORMED);
        }
        Ok(())
    }

    /// Returns the frontier of that digest, if it is one that both ends may know.
    fn known(&self, space: SpaceId, digest: &[u8], call: &Call<'_>) -> Result<Option<Frontier>, Stop> {
        let is = |frontier: &Frontier| frontier.digest().0 == digest;
        let here = [self.round.mine.get(&space), self.last_theirs.get(&space)];
        if let Some(found) = here.into_iter().flatten().find(|frontier| is(frontier)) {
            return Ok(Some(found.clone()));
        }
        Ok(self.recall(space, call)?.filter(is))
    }

    /// Notes at the beginning what the peer announces less of than both held when a session was last complete. Where both
    /// hold the same governance log they agree on who reads what: then a space that isn't announced at all is less, too.
    /// Where another session agreed on something meanwhile, what was announced may be older than that: nothing is said.
    pub(super) fn note_fallen(&mut self, call: &Call<'_>) -> Result<(), Stop> {
        if self.round.number > 0 || call.replica.agreements(self.community) != self.agreements {
            return Ok(());
        }
        let (mine, theirs) = (&self.round.mine, &self.round.theirs);
        let law = |of: &BTreeMap<SpaceId, Frontier>| of.get(&SpaceId::GOVERNANCE).map(Frontier::digest);
        let nothing = Frontier::new();
        let left_out = (law(mine) == law(theirs)).then_some(&nothing);
        let mut found = BTreeMap::new();
        for space in &self.allowed {
            let Some(now) = theirs.get(space).or(left_out) else { continue };
            let Some(before) = self.recall(*space, call)? else { continue };
            let fallen = now.fallen_since(&before);
            if fallen != Fallen::default() {
                found.insert(*space, fallen);
            }
        }
        self.fallen = found;
        Ok(())
    }

    pub(super) fn on_need(&mut self, need: &wire::Need) -> Result<(), Stop> {
        if need.round != self.round.number || !self.round.announced || need.spaces.len() > self.round.mine.len() {
            return Err(MALFORMED);
        }
        let nothing = Frontier::new();
        let mut spaces = Vec::new();
        for space in &need.spaces {
            let space = SpaceId::from_slice(space).ok_or(MALFORMED)?;
            let frontier = self.round.mine.get(&space).ok_or(MALFORMED)?;
            spaces.push(wire::SpaceFrontier {
                space: space.0.to_vec(),
                digest: frontier.digest().0.to_vec(),
                base: Vec::new(),
                chains: frontier.changes(&nothing),
            });
        }
        self.say_frontiers(spaces)
    }
}

/// Tells a frontier against whichever base makes it shortest.
fn tell<'a>(space: SpaceId, frontier: &Frontier, bases: impl Iterator<Item = &'a Frontier>) -> wire::SpaceFrontier {
    let digest = frontier.digest();
    let mut shortest = (Vec::new(), frontier.changes(&Frontier::new()));
    for base in bases {
        let changes = frontier.changes(base);
        if changes.len() < shortest.1.len() {
            let base = if changes.is_empty() { Vec::new() } else { base.digest().0.to_vec() };
            shortest = (base, changes);
        }
    }
    wire::SpaceFrontier { space: space.0.to_vec(), digest: digest.0.to_vec(), base: shortest.0, chains: shortest.1 }
}
