//! Comparing: what the other lacks is queued, and the common entries of forked chains are looked for.

use std::collections::{BTreeMap, BTreeSet};

use super::sending::{Job, Push};
use super::{Call, MALFORMED, Session, Stop};
use crate::model::Chain;
use crate::model::id::{EntryId, SpaceId};
use crate::sync::{Frontier, Tip};
use crate::wire::sync as wire;
use crate::wire::sync::frame::Body;

/// Requests that a side may have open.
pub(super) const REQUESTS_MAX: usize = 16;
/// Places asked for in one probe.
pub(super) const PROBE_SEQS_MAX: usize = 64;
/// Probes for one tip; after that everything of its way down is asked for.
const PROBES_MAX: u32 = 20;
/// Entries that may go twice rather than be looked for by one more probe.
const GAP: u64 = 16;
/// Entries that may go with their payloads at once; more go headers first.
const INLINE_MAX: u64 = 512;

/// A chain of which the other has tips that are not held here, at places that are.
#[derive(Debug, Default)]
pub(super) struct Fork {
    open: usize,
    common: Vec<(u64, EntryId)>,
}

/// A question about a forked chain that waits until few enough are open.
#[derive(Debug)]
pub(super) enum Request {
    Probe(Search),
    Ask { chain: Chain, tip: EntryId, after: u64 },
}

/// The search for a common entry on the way down from a tip of the other.
#[derive(Debug)]
pub(super) struct Search {
    chain: Chain,
    tip: (u64, EntryId),
    /// The highest place known to be common, and its entry.
    low: (u64, EntryId),
    /// The lowest place known not to be common.
    high: u64,
    seqs: Vec<u64>,
    probes: u32,
}

impl Search {
    fn aim(&mut self) {
        self.probes += 1;
        self.seqs = if self.high == self.tip.0 {
            let steps = (0..64).map(|shift| 1_u64 << shift);
            steps.map_while(|step| self.high.checked_sub(step)).filter(|seq| *seq > 0).collect()
        } else {
            let (gap, most) = (self.high - self.low.0, PROBE_SEQS_MAX as u64);
            let step = gap.div_ceil(most + 1);
            (1..=most).map(|n| self.low.0 + n * step).filter(|seq| *seq < self.high).rev().collect()
        };
    }
}

pub(super) fn name(chain: &Chain, tip: EntryId) -> wire::ChainName {
    wire::ChainName {
        space: chain.space.0.to_vec(),
        device: chain.device.0.to_vec(),
        incarnation: chain.incarnation.0.to_vec(),
        tip: tip.0.to_vec(),
    }
}

impl Session {
    /// Queues what the other lacks, the governance log first.
    pub(super) fn push_all(
        &mut self,
        theirs: &BTreeMap<SpaceId, Frontier>,
        probe: bool,
        call: &mut Call<'_>,
    ) -> Result<(), Stop> {
        let before = self.counts.entries_owed;
        for space in self.allowed.clone() {
            let Some(theirs) = theirs.get(&space) else { continue };
            let mine = self.frontier(space, call)?;
            let mut chains: BTreeSet<Chain> = mine.iter().map(|(chain, _)| *chain).collect();
            chains.extend(theirs.iter().map(|(chain, _)| *chain));
            for chain in chains {
                self.compare(&chain, mine.tips(&chain), theirs.tips(&chain), probe, call)?;
            }
        }
        self.round.inline = self.counts.entries_owed - before <= INLINE_MAX;
        self.set_inline();
        Ok(())
    }

    /// Says of what was queued whether its payloads go along.
    fn set_inline(&mut self) {
        for job in &mut self.queue {
            if let Job::Push(push) = job {
                push.inline.get_or_insert(self.round.inline);
            }
        }
    }

    fn compare(
        &mut self,
        chain: &Chain,
        mine: &[Tip],
        theirs: &[Tip],
        probe: bool,
        call: &mut Call<'_>,
    ) -> Result<(), Stop> {
        let same = mine.len() == theirs.len() && mine.iter().zip(theirs).all(|(here, there)| here.id == there.id);
        if same {
            return Ok(());
        }
        let top = mine.last().map_or(0, |tip| tip.seq);
        let mut known = Vec::new();
        let mut forked = Vec::new();
        let mut ahead = false;
        for tip in theirs {
            let ours = mine.iter().any(|own| own.id == tip.id);
            if ours || call.replica.holds(self.community, chain, tip.seq, tip.id)? {
                known.push((tip.seq, tip.id));
            } else if tip.seq <= top {
                forked.push((tip.seq, tip.id));
            } else {
                ahead = true;
            }
        }
        if forked.is_empty() || !probe {
            return if ahead || !forked.is_empty() { Ok(()) } else { self.push(chain, mine, known, call) };
        }
        for tip in &forked {
            let mut search =
                Search { chain: *chain, tip: *tip, low: (0, EntryId::ZERO), high: tip.0, seqs: Vec::new(), probes: 0 };
            search.aim();
            self.round.backlog.push_back(Request::Probe(search));
        }
        self.round.forks.insert(*chain, Fork { open: forked.len(), common: known });
        Ok(())
    }

    /// Queues the branches of a chain that the other lacks, given entries of it that the other holds and we hold.
    fn push(
        &mut self,
        chain: &Chain,
        mine: &[Tip],
        mut common: Vec<(u64, EntryId)>,
        call: &mut Call<'_>,
    ) -> Result<(), Stop> {
        common.extend(self.pushed.get(chain).into_iter().flatten());
        for tip in mine {
            let tip = (tip.seq, tip.id);
            let mut after = 0;
            for other in &common {
                after = after.max(self.meeting(chain, tip, *other, call)?);
            }
            if after < tip.0 {
                self.counts.entries_owed += tip.0 - after;
                self.queue.push_back(Job::Push(Push::new(*chain, tip.1, after)));
                let pushed = self.pushed.entry(*chain).or_default();
                pushed.push(tip);
                common.push(tip);
            }
        }
        Ok(())
    }

    /// Returns the highest place that the ways down from two entries of a chain share.
    fn meeting(&self, chain: &Chain, one: (u64, EntryId), other: (u64, EntryId), call: &Call<'_>) -> Result<u64, Stop> {
        let at = |tip: EntryId, seq| call.replica.id_at(self.community, chain, tip, seq);
        let (mut low, mut high) = (0, one.0.min(other.0) + 1);
        if at(one.1, high - 1)? == at(other.1, high - 1)? {
            return Ok(high - 1);
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if at(one.1, middle)? == at(other.1, middle)? { low = middle } else { high = middle }
        }
        Ok(low)
    }

    pub(super) fn send_backlog(&mut self) {
        while self.requests_open() < REQUESTS_MAX
            && let Some(request) = self.round.backlog.pop_front()
        {
            let number = self.next_request();
            match request {
                Request::Probe(search) => {
                    let chain = Some(name(&search.chain, search.tip.1));
                    self.say(Body::Probe(wire::Probe { number, chain, seqs: search.seqs.clone() }));
                    self.round.probes.insert(number, search);
                }
                Request::Ask { chain, tip, after } => {
                    self.say(Body::Ask(wire::Ask { number, chain: Some(name(&chain, tip)), after }));
                    self.round.asks.insert(number);
                }
            }
        }
    }

    pub(super) fn on_hashes(&mut self, hashes: &wire::Hashes, call: &mut Call<'_>) -> Result<(), Stop> {
        let mut search = self.round.probes.remove(&hashes.number).ok_or(MALFORMED)?;
        if hashes.ids.len() != search.seqs.len() {
            return Err(MALFORMED);
        }
        for (seq, id) in std::mem::take(&mut search.seqs).into_iter().zip(&hashes.ids) {
            let id = EntryId::from_slice(id);
            let common = match id {
                Some(id) if call.replica.holds(self.community, &search.chain, seq, id)? => Some((seq, id)),
                _ => None,
            };
            match common {
                Some(common) if common.0 > search.low.0 && common.0 < search.high => search.low = common,
                Some(_) => {}
                None => search.high = search.high.min(seq).max(search.low.0 + 1),
            }
        }
        if search.high - search.low.0 > GAP && search.probes < PROBES_MAX {
            search.aim();
            self.round.backlog.push_back(Request::Probe(search));
            return Ok(());
        }
        if search.high - search.low.0 > GAP {
            search.low = (0, EntryId::ZERO);
        }
        let Search { chain, tip, low, .. } = search;
        self.round.backlog.push_back(Request::Ask { chain, tip: tip.1, after: low.0 });
        let fork = self.round.forks.get_mut(&chain).ok_or(MALFORMED)?;
        fork.common.extend((low.0 > 0).then_some(low));
        fork.open -= 1;
        if fork.open == 0 {
            let fork = self.round.forks.remove(&chain).expect("it is there");
            let mine = self.frontier(chain.space, call)?;
            self.push(&chain, mine.tips(&chain), fork.common, call)?;
            self.set_inline();
        }
        Ok(())
    }
}
