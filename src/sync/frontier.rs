//! Frontiers: all that a node holds of a space, in a few bytes a chain.

use std::collections::BTreeMap;

use crate::model::Chain;
use crate::model::id::{DeviceId, EntryId, Incarnation, SpaceId};
use crate::wire::Message;
use crate::wire::sync as wire;

const CONTEXT: &str = "repertoire 1 frontier";

/// Most tips in the frontier of one space: 5 MB of them, far beyond what 16 tips and 64 incarnations give any
/// community that people can look after.
pub const TIPS_MAX: usize = 65_536;
/// Most tips of one chain: a forked device gets two; more is an attack.
pub const CHAIN_TIPS_MAX: usize = 16;

/// Digest of a frontier: equal digests mean equal holdings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digest({:02x}{:02x}{:02x}..)", self.0[0], self.0[1], self.0[2])
    }
}

/// An entry held that no held entry of its chain follows, and of which the whole way down is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tip {
    /// Its place in the chain.
    pub seq: u64,
    /// The entry.
    pub id: EntryId,
    /// Ranges of seq (first, last), ascending, of payloads missing on the way down. What lies on the way down from
    /// several tips of a chain stands with the first of them.
    pub missing: Vec<(u64, u64)>,
}

/// What one frontier lacks of an earlier one: nobody who forgets nothing ever does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fallen {
    /// Entries, as far as the tips show it.
    pub entries: u64,
    /// Payloads that were there.
    pub payloads: u64,
}

impl Tip {
    /// Tells whether the payload at this place of the tip's way down is named as missing.
    pub fn lacks(&self, seq: u64) -> bool {
        let after = self.missing.partition_point(|range| range.0 <= seq);
        after.checked_sub(1).is_some_and(|index| self.missing[index].1 >= seq)
    }
}

/// What a node holds of one space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    chains: BTreeMap<Chain, Vec<Tip>>,
}

impl Frontier {
    /// Returns the frontier of nothing.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// Puts the tips of a chain in place of those it had; without tips, the chain goes. Ranges that touch are joined.
    pub fn set(&mut self, chain: Chain, mut tips: Vec<Tip>) {
        tips.iter_mut().for_each(|tip| join_ranges(&mut tip.missing));
        tips.sort();
        if tips.is_empty() {
            self.chains.remove(&chain);
        } else {
            self.chains.insert(chain, tips);
        }
    }

    /// Returns the tips of a chain, ascending.
    pub fn tips(&self, chain: &Chain) -> &[Tip] {
        self.chains.get(chain).map_or(&[], Vec::as_slice)
    }

    /// Goes through the chains, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (&Chain, &[Tip])> {
        self.chains.iter().map(|(chain, tips)| (chain, tips.as_slice()))
    }

    /// Tells whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.chains.is_empty()
    }

    /// Returns how many tips there are.
    pub fn tip_count(&self) -> usize {
        self.chains.values().map(Vec::len).sum()
    }

    /// Returns the digest.
    pub fn digest(&self) -> Digest {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        for (chain, tips) in &self.chains {
            hasher.update(&chain.device.0).update(&chain.incarnation.0);
            hasher.update(&count(tips.len()));
            for tip in tips {
                hasher.update(&tip.seq.to_le_bytes()).update(&tip.id.0);
                hasher.update(&count(tip.missing.len()));
                for (first, last) in &tip.missing {
                    hasher.update(&first.to_le_bytes()).update(&last.to_le_bytes());
                }
            }
        }
        Digest(*hasher.finalize().as_bytes())
    }

    /// Tells what is gone since an earlier frontier of the same holder. Branches of a fork are told apart by their tips
    /// alone, so that less may be seen than is gone, never more.
    pub fn fallen_since(&self, before: &Frontier) -> Fallen {
        let mut fallen = Fallen::default();
        for (chain, tips) in before.iter() {
            let Some(held) = tips.last() else { continue };
            let now = self.tips(chain);
            let top = now.last().map_or(0, |tip| tip.seq);
            if top <= held.seq && !now.iter().any(|tip| tip.id == held.id) {
                fallen.entries += (held.seq - top).max(1);
            }
            if let ([held], [now]) = (tips, now) {
                let last = held.seq.min(now.seq);
                fallen.payloads += named(&now.missing, last) - common(&now.missing, &held.missing, last);
            }
        }
        fallen
    }

    /// Returns the bytes by which a store may keep it.
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::SpaceFrontier { chains: self.changes(&Frontier::new()), ..Default::default() }.encode_to_vec()
    }

    /// Reads what [`Frontier::to_bytes`] gave for that space; none when damaged.
    pub fn from_bytes(space: SpaceId, bytes: &[u8]) -> Option<Frontier> {
        let message = wire::SpaceFrontier::decode(bytes).ok()?;
        let mut frontier = Frontier::new();
        frontier.apply(space, &message.chains)?;
        Some(frontier)
    }

    /// Returns the chains in which this frontier differs from `base`.
    pub(crate) fn changes(&self, base: &Frontier) -> Vec<wire::ChainFrontier> {
        let gone = base.chains.keys().filter(|chain| !self.chains.contains_key(chain));
        let mut chains: Vec<&Chain> = self.chains.keys().filter(|chain| self.tips(chain) != base.tips(chain)).collect();
        chains.extend(gone);
        chains.sort();
        chains
            .into_iter()
            .map(|chain| wire::ChainFrontier {
                device: chain.device.0.to_vec(),
                incarnation: chain.incarnation.0.to_vec(),
                tips: self.tips(chain).iter().map(encode_tip).collect(),
            })
            .collect()
    }

    /// Writes changes received over this frontier; none when they are malformed or too many.
    pub(crate) fn apply(&mut self, space: SpaceId, changes: &[wire::ChainFrontier]) -> Option<()> {
        for change in changes {
            let chain = Chain {
                space,
                device: DeviceId::from_slice(&change.device)?,
                incarnation: Incarnation::from_slice(&change.incarnation)?,
            };
            let tips = change.tips.iter().map(decode_tip).collect::<Option<Vec<_>>>()?;
            let ascending = tips.windows(2).all(|pair| (pair[0].seq, pair[0].id) < (pair[1].seq, pair[1].id));
            if tips.len() > CHAIN_TIPS_MAX || !ascending {
                return None;
            }
            self.set(chain, tips);
        }
        (self.tip_count() <= TIPS_MAX).then_some(())
    }

    /// Drops the last tip of the last chain: a fault to be planted.
    pub(crate) fn without_last_tip(mut self) -> Frontier {
        if let Some(mut last) = self.chains.last_entry() {
            last.get_mut().pop();
            if last.get().is_empty() {
                last.remove();
            }
        }
        self
    }

    /// Forgets what is missing: a fault to be planted.
    pub(crate) fn without_missing(mut self) -> Frontier {
        self.chains.values_mut().flatten().for_each(|tip| tip.missing.clear());
        self
    }
}

fn join_ranges(ranges: &mut Vec<(u64, u64)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, before| {
        let touches = next.0 <= before.1.saturating_add(1);
        if touches {
            before.1 = before.1.max(next.1);
        }
        touches
    });
}

/// Counts the places that ranges name, up to a last one.
fn named(ranges: &[(u64, u64)], last: u64) -> u64 {
    ranges.iter().map(|range| overlap(*range, (1, last))).sum()
}

/// Counts the places that both name, up to a last one.
fn common(one: &[(u64, u64)], other: &[(u64, u64)], last: u64) -> u64 {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    let mut sum = 0;
    while let (Some(left), Some(right)) = (one.peek(), other.peek()) {
        sum += overlap((left.0.max(right.0), left.1.min(right.1)), (1, last));
        if left.1 <= right.1 {
            one.next()
        } else {
            other.next()
        };
    }
    sum
}

fn overlap(one: (u64, u64), other: (u64, u64)) -> u64 {
    one.1.min(other.1).saturating_add(1).saturating_sub(one.0.max(other.0))
}

fn count(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("tips and ranges are bound").to_le_bytes()
}

fn encode_tip(tip: &Tip) -> wire::Tip {
    let mut end = 0;
    let mut missing = Vec::with_capacity(2 * tip.missing.len());
    for (first, last) in &tip.missing {
        missing.extend([first - end, last - first + 1]);
        end = last + 1;
    }
    wire::Tip { seq: tip.seq, id: tip.id.0.to_vec(), missing }
}

fn decode_tip(tip: &wire::Tip) -> Option<Tip> {
    let mut missing = Vec::with_capacity(tip.missing.len() / 2);
    let mut end = 0_u64;
    let mut pairs = tip.missing.chunks_exact(2);
    for pair in &mut pairs {
        let first = end.checked_add(pair[0])?;
        end = first.checked_add(pair[1])?;
        // Two ranges that touch would be one: each holding has one digest.
        let apart = pair[0] > 0 || missing.is_empty();
        if pair[1] == 0 || first == 0 || !apart || end - 1 > tip.seq {
            return None;
        }
        missing.push((first, end - 1));
    }
    (pairs.remainder().is_empty() && tip.seq > 0).then_some(())?;
    Some(Tip { seq: tip.seq, id: EntryId::from_slice(&tip.id)?, missing })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(device: u8) -> Chain {
        Chain { space: SpaceId([7; 16]), device: DeviceId([device; 32]), incarnation: Incarnation([device; 16]) }
    }

    fn tip(seq: u64, id: u8, missing: &[(u64, u64)]) -> Tip {
        Tip { seq, id: EntryId([id; 32]), missing: missing.to_vec() }
    }

    #[test]
    fn bytes_round_trip() {
        let mut frontier = Frontier::new();
        frontier.set(chain(1), vec![tip(9, 2, &[(3, 3), (5, 9)]), tip(4, 3, &[])]);
        frontier.set(chain(2), vec![tip(1, 4, &[(1, 1)])]);
        assert_eq!(Frontier::from_bytes(SpaceId([7; 16]), &frontier.to_bytes()), Some(frontier.clone()));
        assert_ne!(frontier.digest(), frontier.clone().without_missing().digest());
        assert_ne!(frontier.digest(), frontier.without_last_tip().digest());
    }

    #[test]
    fn changes_lead_from_base_to_frontier() {
        let mut base = Frontier::new();
        base.set(chain(1), vec![tip(9, 2, &[])]);
        base.set(chain(2), vec![tip(1, 4, &[])]);
        base.set(chain(3), vec![tip(5, 5, &[])]);
        let mut frontier = base.clone();
        frontier.set(chain(2), Vec::new());
        frontier.set(chain(3), vec![tip(6, 6, &[(6, 6)])]);
        frontier.set(chain(4), vec![tip(1, 7, &[])]);
        let changes = frontier.changes(&base);
        assert_eq!(changes.len(), 3);
        assert_eq!(base.apply(SpaceId([7; 16]), &changes), Some(()));
        assert_eq!(base, frontier);
        assert_eq!(base.digest(), frontier.digest());
    }

    #[test]
    fn what_is_gone_is_counted_and_growth_is_not() {
        let frontier = |tips: &[(u8, Vec<Tip>)]| {
            let mut frontier = Frontier::new();
            tips.iter().for_each(|(device, tips)| frontier.set(chain(*device), tips.clone()));
            frontier
        };
        let before = frontier(&[(1, vec![tip(9, 2, &[(3, 4)])]), (2, vec![tip(4, 3, &[])])]);
        let check = |now: &[(u8, Vec<Tip>)], entries, payloads| {
            assert_eq!(frontier(now).fallen_since(&before), Fallen { entries, payloads }, "{now:?}");
        };
        let two = || (2, vec![tip(4, 3, &[])]);
        check(&[(1, vec![tip(9, 2, &[(3, 4)])]), two()], 0, 0);
        check(&[(1, vec![tip(12, 5, &[(4, 4), (10, 12)])]), two(), (3, vec![tip(1, 6, &[])])], 0, 0);
        check(&[(1, vec![tip(9, 2, &[]), tip(9, 7, &[(9, 9)])]), two()], 0, 0);
        check(&[(1, vec![tip(6, 5, &[])]), two()], 3, 0);
        check(&[two()], 9, 0);
        check(&[], 13, 0);
        check(&[(1, vec![tip(9, 5, &[])]), two()], 1, 0);
        check(&[(1, vec![tip(9, 2, &[(2, 3), (5, 9)])]), two()], 0, 6);
        check(&[(1, vec![tip(20, 5, &[(1, 20)])]), two()], 0, 7);
        check(&[(1, vec![tip(u64::MAX, 5, &[(10, u64::MAX - 1)])]), two()], 0, 0);
    }

    #[test]
    fn malformed_tips_are_refused() {
        let check = |seq, missing: &[u64]| {
            decode_tip(&wire::Tip { seq, id: vec![1; 32], missing: missing.to_vec() }).map(|tip| tip.missing)
        };
        assert_eq!(check(9, &[3, 2, 1, 4]), Some(vec![(3, 4), (6, 9)]));
        assert_eq!(check(8, &[3, 2, 1, 4]), None, "beyond the tip");
        assert_eq!(check(9, &[0, 2]), None, "seq is from 1");
        assert_eq!(check(9, &[3, 2, 0, 1]), None, "touching ranges");
        assert_eq!(check(9, &[3, 0]), None, "an empty range");
        assert_eq!(check(9, &[3]), None, "half a pair");
        assert_eq!(check(9, &[3, u64::MAX]), None, "overflow");
        assert_eq!(check(0, &[]), None, "no seq");
    }

    #[test]
    fn each_holding_has_one_digest() {
        let mut one = Frontier::new();
        one.set(chain(1), vec![tip(20, 1, &[(3, 9), (12, 12)])]);
        let mut other = Frontier::new();
        other.set(chain(1), vec![tip(20, 1, &[(12, 12), (6, 9), (3, 4), (5, 7)])]);
        assert_eq!(one.digest(), other.digest());
    }

    #[test]
    fn lacks_finds_ranges() {
        let tip = tip(20, 1, &[(3, 3), (5, 9)]);
        let lacking: Vec<u64> = (1..=20).filter(|seq| tip.lacks(*seq)).collect();
        assert_eq!(lacking, [3, 5, 6, 7, 8, 9]);
    }
}
