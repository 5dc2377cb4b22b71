//! Receiving: runs are rebuilt and verified, payloads compared with their headers, and both given to the replica.

use std::collections::VecDeque;

use super::rounds::Looked;
use super::sending::WANT_MAX;
use super::{Call, MALFORMED, Session, Stop};
use crate::model::entry::{RUN_MAX, Signed};
use crate::model::id::{CommunityId, DeviceId, EntryId, Incarnation, SpaceId};
use crate::model::sign::Signature;
use crate::model::{Chain, Payload};
use crate::sync::delta::{self, Place};
use crate::sync::stored::restore;
use crate::sync::{Accepted, AcceptedPayload, Frontier, Missing, Portion, Replica, Room, Unavailable, Wanted};
use crate::wire::sync as wire;
use crate::wire::sync::frame::Body;

/// Wants that may be open: 8 MiB on their way, so that the other goes on sending while here a part is made durable.
const WANTS_OPEN_MAX: usize = 8;
/// Stored bytes asked for in one want.
const WANT_BYTES: u64 = 1024 * 1024;
/// Payloads asked for in vain in one round, before no more are asked for.
const IN_VAIN_MAX: usize = 10_000;

/// Bytes of refused acts that a session keeps, to offer them again: as much as a newcomer may show.
const STRANGE_BYTES_MAX: usize = 256 * 1024;

/// The beginning of a run that was cut.
#[derive(Debug)]
pub(super) struct Stash {
    chain: Chain,
    headers: Vec<Vec<u8>>,
    last: (u64, EntryId),
}

/// Tells whether the other holds a payload that we lack, as far as it has said.
fn holds(
    theirs: &Frontier,
    missing: &Missing,
    community: CommunityId,
    replica: &dyn Replica,
) -> Result<bool, Unavailable> {
    for tip in theirs.tips(&missing.chain).iter().filter(|tip| tip.seq >= missing.seq) {
        if tip.id == missing.tip || replica.id_at(community, &missing.chain, tip.id, missing.seq)? == Some(missing.id) {
            return Ok(!tip.lacks(missing.seq));
        }
    }
    Ok(false)
}

/// Acts that were refused because their author is nobody here.
#[derive(Debug, Default)]
pub(super) struct Strange {
    portions: Vec<Portion>,
    bytes: usize,
}

fn size(portion: &Portion) -> usize {
    let headers = portion.entries.iter().map(|entry| entry.bytes().len());
    headers.chain(portion.payloads.iter().flatten().map(Payload::stored_bytes)).sum()
}

fn ranges(wanted: &[Missing]) -> Vec<wire::WantRange> {
    let mut ranges: Vec<wire::WantRange> = Vec::new();
    let mut before: Option<&Missing> = None;
    for missing in wanted {
        let joins = before.is_some_and(|before| {
            before.chain == missing.chain && before.tip == missing.tip && before.seq + 1 == missing.seq
        });
        match ranges.last_mut() {
            Some(range) if joins => range.last = missing.seq,
            _ => ranges.push(wire::WantRange {
                chain: Some(super::compare::name(&missing.chain, missing.tip)),
                first: missing.seq,
                last: missing.seq,
            }),
        }
        before = Some(missing);
    }
    ranges
}

impl Session {
    pub(super) fn on_entries(&mut self, message: &wire::Entries, call: &mut Call<'_>) -> Result<(), Stop> {
        let space = SpaceId::from_slice(&message.space).ok_or(MALFORMED)?;
        self.counts.entries_expected = self.counts.entries_expected.max(message.total);
        let before = self.counts.entries_received;
        for run in &message.runs {
            self.take_run(space, run, call)?;
        }
        if space == SpaceId::GOVERNANCE && self.counts.entries_received > before {
            self.take_strange(call)?;
        }
        if space == SpaceId::GOVERNANCE && self.admitted {
            self.check_rights(call)?;
        }
        self.progress(call);
        Ok(())
    }

    fn take_run(&mut self, space: SpaceId, run: &wire::Run, call: &mut Call<'_>) -> Result<(), Stop> {
        let chain = Chain {
            space,
            device: DeviceId::from_slice(&run.device).ok_or(MALFORMED)?,
            incarnation: Incarnation::from_slice(&run.incarnation).ok_or(MALFORMED)?,
        };
        let stash = self.stash.take();
        let continued = match &stash {
            Some(stash) if stash.chain != chain || stash.last.0.checked_add(1) != Some(run.first) => {
                return Err(MALFORMED);
            }
            stash => stash.as_ref().map(|stash| stash.last.1),
        };
        let place = Place { community: self.community, chain, first: run.first, continued };
        let rebuilt = delta::decode(&run.rows, &place, &mut self.received_ids)?;
        let last = (run.first + rebuilt.len() as u64 - 1, rebuilt[rebuilt.len() - 1].0);
        let mut headers = stash.map_or_else(Vec::new, |stash| stash.headers);
        let payloads_fit = run.payloads.is_empty() || (headers.is_empty() && run.payloads.len() == rebuilt.len());
        headers.extend(rebuilt.into_iter().map(|(_, bytes)| bytes));
        if headers.len() > RUN_MAX || !payloads_fit {
            return Err(MALFORMED);
        }
        if run.signature.is_empty() {
            if !run.payloads.is_empty() {
                return Err(MALFORMED);
            }
            self.stash = Some(Stash { chain, headers, last });
            return Ok(());
        }
        let signature = Signature::from_slice(&run.signature).ok_or(MALFORMED)?;
        if !self.allowed.contains(&space) {
            return Ok(());
        }
        self.accept(Signed::new(headers, signature), &run.payloads, call)
    }

    fn accept(&mut self, signed: Signed, payloads: &[wire::Stored], call: &mut Call<'_>) -> Result<(), Stop> {
        let Ok((entries, signature)) = signed.verify() else { return self.strike() };
        if entries.iter().any(|entry| entry.community() != self.community) {
            return self.strike();
        }
        let mut taken = vec![None; entries.len()];
        for ((entry, stored), slot) in entries.iter().zip(payloads).zip(&mut taken) {
            let Some(payload) = restore(stored.clone())? else { continue };
            if payload.fits(entry.header()) || self.config.faults.unchecked_payloads {
                *slot = Some(payload);
            } else {
                self.strike()?;
            }
        }
        let portion = Portion { entries, signature, payloads: taken };
        let act = portion.entries[0].header().space == SpaceId::GOVERNANCE;
        let kept = act.then(|| portion.clone());
        if !self.offer(portion, call)? {
            self.counts.refused += 1;
            let bytes: usize = kept.iter().map(size).sum();
            if self.strange.bytes + bytes <= STRANGE_BYTES_MAX {
                self.strange.bytes += bytes;
                self.strange.portions.extend(kept);
            }
        }
        Ok(())
    }

    /// Gives a run to the replica; tells whether it was not refused.
    fn offer(&mut self, portion: Portion, call: &mut Call<'_>) -> Result<bool, Stop> {
        let brought = portion.payloads.iter().flatten().count() as u64;
        match call.replica.accept_run(self.community, portion)? {
            Accepted::Held { new } => {
                self.counts.entries_received += new as u64;
                self.counts.payloads_received += brought.min(new as u64);
                if new > 0 {
                    self.moved = true;
                    self.round.wanted_all = false;
                    self.round.looked.clear();
                }
            }
            Accepted::NeedsEarlier => {}
            Accepted::Refused => return Ok(false),
            Accepted::Busy => self.counts.busy = true,
        }
        Ok(true)
    }

    /// Offers the acts again whose author was nobody here, as long as others come that may say who that is: the life in
    /// which a device came in may stand behind its other lives.
    fn take_strange(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        let mut before = usize::MAX;
        while self.strange.portions.len() < before {
            let portions = std::mem::take(&mut self.strange.portions);
            before = portions.len();
            for portion in portions {
                if self.offer(portion.clone(), call)? {
                    self.strange.bytes -= size(&portion);
                    self.counts.refused -= 1;
                } else {
                    self.strange.portions.push(portion);
                }
            }
        }
        Ok(())
    }

    /// Asks for payloads that we lack and the other holds.
    pub(super) fn want(&mut self, call: &mut Call<'_>) -> Result<(), Stop> {
        if self.config.faults.skip_payload_check {
            return Ok(());
        }
        while !self.round.wanted_all && self.round.wants.len() < WANTS_OPEN_MAX && self.in_vain < IN_VAIN_MAX {
            let Some(wanted) = self.next_wanted(call)? else {
                self.round.wanted_all = true;
                return Ok(());
            };
            let number = self.next_request();
            self.asked.extend(wanted.iter().map(|missing| missing.id));
            self.counts.payload_bytes_open += wanted.iter().map(|missing| missing.bytes).sum::<u64>();
            self.say(Body::Want(wire::Want { number, ranges: ranges(&wanted) }));
            self.round.wants.insert(number, VecDeque::from(wanted));
        }
        Ok(())
    }

    /// Goes on looking through what is missing, from where it stopped in this round.
    fn next_wanted(&mut self, call: &Call<'_>) -> Result<Option<Vec<Missing>>, Stop> {
        let (community, replica, asked) = (self.community, &*call.replica, &self.asked);
        let room = Room { payloads: WANT_MAX as usize, bytes: WANT_BYTES };
        for space in &self.allowed {
            let Some(theirs) = self.round.theirs.get(space) else { continue };
            let mut offered =
                |missing: &Missing| Ok(!asked.contains(&missing.id) && holds(theirs, missing, community, replica)?);
            let before = match self.round.looked.get(space) {
                Some(Looked::All) => continue,
                Some(Looked::DownTo(last)) => Some(last),
                None => None,
            };
            let Wanted { found: mut wanted, last } = replica.wanted(community, *space, before, room, &mut offered)?;
            self.round.looked.insert(*space, last.map_or(Looked::All, Looked::DownTo));
            if !wanted.is_empty() {
                wanted.sort_by_key(|missing| (missing.chain, missing.tip, missing.seq));
                return Ok(Some(wanted));
            }
        }
        Ok(None)
    }

    pub(super) fn on_batch(&mut self, batch: wire::Batch, call: &mut Call<'_>) -> Result<(), Stop> {
        let mut wanted = self.round.wants.remove(&batch.number).ok_or(MALFORMED)?;
        let mut came = Vec::with_capacity(batch.payloads.len());
        for stored in batch.payloads {
            let missing = wanted.pop_front().ok_or(MALFORMED)?;
            self.counts.payload_bytes_open = self.counts.payload_bytes_open.saturating_sub(missing.bytes);
            match restore(stored)? {
                Some(payload) => came.push((missing.id, payload)),
                None => self.in_vain += 1,
            }
        }
        let ids: Vec<EntryId> = came.iter().map(|(id, _)| *id).collect();
        for (id, accepted) in ids.iter().zip(call.replica.accept_payloads(self.community, came)?) {
            match accepted {
                AcceptedPayload::Held { new } => {
                    self.asked.remove(id);
                    self.counts.payloads_received += u64::from(new);
                    self.moved |= new;
                }
                AcceptedPayload::Misfit => {
                    self.in_vain += 1;
                    self.strike()?;
                }
                AcceptedPayload::Unwanted => {
                    self.in_vain += 1;
                    self.counts.refused += 1;
                }
                AcceptedPayload::Busy => {
                    self.in_vain += 1;
                    self.counts.busy = true;
                }
            }
        }
        match (batch.more, wanted.is_empty()) {
            (true, false) => {
                self.round.wants.insert(batch.number, wanted);
            }
            (false, true) => {}
            _ => return Err(MALFORMED),
        }
        self.progress(call);
        Ok(())
    }
}
