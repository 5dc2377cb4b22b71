//! Chains: tips, forks, branches, missing payloads; what a frontier is made of.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Chain, EntryId, SpaceId};

use super::error::{StoreError, corrupt};
use super::read::{Line, Log, Reader, Stored};
use super::{Number, TIPS_MAX};

/// The last entry of a branch of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tip {
    /// The chain.
    pub chain: Chain,
    /// The entry's place in it.
    pub seq: u64,
    /// The entry.
    pub id: EntryId,
    /// Its local number.
    pub number: Number,
}

/// Two or more entries at one place of a chain: the proof that a device was copied or restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The chain.
    pub chain: Chain,
    /// The place.
    pub seq: u64,
    /// The entries there, ascending.
    pub ids: Vec<EntryId>,
}

/// By chain, ascending, the ranges of `seq` (both ends included) at which a payload is not here.
pub type Missing = Vec<(Chain, Vec<(u64, u64)>)>;

/// What is here of a space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    /// Every tip, ascending by chain, `seq` and id.
    pub tips: Vec<Tip>,
    /// The payloads that are not here.
    pub missing: Missing,
}

/// A piece of a branch: `from` to `to`, both included, of one line.
struct Segment {
    line: u32,
    from: u64,
    to: u64,
}

impl Reader {
    /// Returns the spaces that have entries, ascending.
    pub fn spaces(&self) -> Result<Vec<SpaceId>, StoreError> {
        let mut spaces = BTreeSet::new();
        self.log()?.chains.table()?.scan(.., |key, ()| {
            spaces.extend(key.first_chunk().map(|space| SpaceId(*space)));
            Ok(true)
        })?;
        Ok(spaces.into_iter().collect())
    }

    /// Returns the chains of a space, ascending.
    pub fn chains(&self, space: SpaceId) -> Result<Vec<Chain>, StoreError> {
        let log = self.log()?;
        let lines = log.lines_of(&space.0)?;
        let chains = lines.into_iter().map(|line| Ok(log.line(line)?.chain));
        Ok(chains.collect::<Result<BTreeSet<_>, StoreError>>()?.into_iter().collect())
    }

    /// Returns the tips of a space, ascending by chain, `seq` and id.
    pub fn tips(&self, space: SpaceId) -> Result<Vec<Tip>, StoreError> {
        self.log()?.tips_of(&space.0)
    }

    /// Returns the tips of a chain, ascending by `seq` and id.
    pub fn tips_of(&self, chain: Chain) -> Result<Vec<Tip>, StoreError> {
        self.log()?.tips_of(&chain_key(chain))
    }

    /// Returns the places of a space where chains fork, ascending.
    pub fn forks(&self, space: SpaceId) -> Result<Vec<Fork>, StoreError> {
        let log = self.log()?;
        let mut lines: BTreeMap<Chain, Vec<(u32, Line)>> = BTreeMap::new();
        for line in log.lines_of(&space.0)? {
            let known = log.line(line)?;
            lines.entry(known.chain).or_default().push((line, known));
        }
        let mut forks = Vec::new();
        for (chain, lines) in lines {
            // Each line but the chain's first starts at a fork.
            let mut starts: Vec<u64> = lines.iter().map(|(_, line)| line.start).collect();
            starts.sort_unstable();
            starts.remove(0);
            starts.dedup();
            for seq in starts {
                let ids = log.numbers_at(&lines, seq)?.into_iter().map(|number| log.name(number));
                let mut ids = ids.collect::<Result<Vec<_>, _>>()?;
                ids.sort_unstable();
                forks.push(Fork { chain, seq, ids });
            }
        }
        Ok(forks)
    }

    /// Returns the entries at one place of a chain, ascending by local number: several where it forks.
    pub fn entries_at(&self, chain: Chain, seq: u64) -> Result<Vec<Number>, StoreError> {
        let log = self.log()?;
        let lines = log.lines_of(&chain_key(chain))?.into_iter().map(|line| Ok((line, log.line(line)?)));
        log.numbers_at(&lines.collect::<Result<Vec<_>, StoreError>>()?, seq)
    }

    /// Returns up to `limit` entries of the branch that ends in `tip` (any entry will do), ascending, from `from` on.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`] when `tip` is not here.
    pub fn branch(&self, tip: EntryId, from: u64, limit: usize) -> Result<Vec<Number>, StoreError> {
        let log = self.log()?;
        let mut numbers = Vec::new();
        for segment in log.segments(tip, from)? {
            log.numbers(&segment, limit, &mut numbers)?;
        }
        Ok(numbers)
    }

    /// Returns up to `limit` entries of a branch with headers and signatures, as [`Reader::branch`] chooses them.
    ///
    /// # Errors
    ///
    /// As [`Reader::branch`].
    pub fn run(&self, tip: EntryId, from: u64, limit: usize) -> Result<Vec<Stored>, StoreError> {
        let numbers = self.branch(tip, from, limit)?;
        let log = self.log()?;
        numbers.into_iter().map(|number| log.stored(number)?.ok_or(corrupt("a chain"))).collect()
    }

    /// Returns the entry at place `seq` of the branch that ends in `tip` (any entry will do); none beyond it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`] when `tip` is not here.
    pub fn id_at(&self, tip: EntryId, seq: u64) -> Result<Option<EntryId>, StoreError> {
        let log = self.log()?;
        let Some(segment) = log.segments(tip, seq)?.into_iter().next().filter(|_| seq > 0) else { return Ok(None) };
        log.name(log.number_at(segment.line, seq)?).map(Some)
    }

    /// Returns by chain, ascending, the ranges of `seq` (both ends included) at which a payload is not here.
    pub fn missing(&self, space: SpaceId) -> Result<Missing, StoreError> {
        let log = self.log()?;
        let mut missing: BTreeMap<Chain, Vec<(u64, u64)>> = BTreeMap::new();
        for line in log.lines_of(&space.0)? {
            let chain = log.line(line)?.chain;
            log.missing.table()?.scan((line, 0)..=(line, u64::MAX), |(_, from), to| {
                missing.entry(chain).or_default().push((from, to));
                Ok(true)
            })?;
        }
        for ranges in missing.values_mut() {
            join(ranges);
        }
        Ok(missing.into_iter().collect())
    }

    /// Returns up to `limit` entries of a space whose payload is not here, newest first by local number within a line.
    pub fn missing_entries(&self, space: SpaceId, limit: usize) -> Result<Vec<Number>, StoreError> {
        let log = self.log()?;
        let mut found = Vec::new();
        for line in log.lines_of(&space.0)? {
            let mut ranges = Vec::new();
            log.missing.table()?.scan((line, 0)..=(line, u64::MAX), |(_, from), to| {
                ranges.push((from, to));
                Ok(true)
            })?;
            for (from, to) in ranges.into_iter().rev() {
                for seq in (from..=to).rev() {
                    if found.len() == limit {
                        return Ok(found);
                    }
                    found.push(log.number_at(line, seq)?);
                }
            }
        }
        Ok(found)
    }

    /// Returns what is here of a space: one look at each chain.
    pub fn frontier(&self, space: SpaceId) -> Result<Frontier, StoreError> {
        Ok(Frontier { tips: self.tips(space)?, missing: self.missing(space)? })
    }
}

impl Log<'_> {
    /// Returns the lines of the chains whose keys start with `prefix`.
    pub(super) fn lines_of(&self, prefix: &[u8]) -> Result<Vec<u32>, StoreError> {
        let mut low = [0; 68];
        let mut high = [0xff; 68];
        low[..prefix.len()].copy_from_slice(prefix);
        high[..prefix.len()].copy_from_slice(prefix);
        let mut lines = Vec::new();
        self.chains.table()?.scan(&low..=&high, |key, ()| {
            lines.extend(key.last_chunk().map(|line| u32::from_be_bytes(*line)));
            Ok(true)
        })?;
        Ok(lines)
    }

    fn tips_of(&self, prefix: &[u8]) -> Result<Vec<Tip>, StoreError> {
        let tips = self.lines_of(prefix)?.into_iter().map(|line| {
            let chain = self.line(line)?.chain;
            let tip = self
                .tips
                .table()?
                .get(line, |(seq, number, id)| Ok(Tip { chain, seq, id: EntryId(*id), number: Number(number) }))?;
            tip.ok_or(corrupt("a tip"))
        });
        let mut tips = tips.collect::<Result<Vec<_>, StoreError>>()?;
        tips.sort_unstable();
        Ok(tips)
    }

    fn numbers_at(&self, lines: &[(u32, Line)], seq: u64) -> Result<Vec<Number>, StoreError> {
        let mut numbers = Vec::new();
        for (line, _) in lines.iter().filter(|(_, known)| known.start <= seq) {
            let last = self.tips.table()?.get(*line, |(last, ..)| Ok(last))?.ok_or(corrupt("a tip"))?;
            if seq <= last {
                numbers.push(self.number_at(*line, seq)?);
            }
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Returns the number of an entry that must be here.
    fn number_at(&self, line: u32, seq: u64) -> Result<Number, StoreError> {
        let row = self.links.table()?.last((line, 0)..=(line, seq), |(_, from), number| (from, number))?;
        let number = row.and_then(|(from, number)| number.checked_add(seq - from)).map(Number);
        let last = self.last_number()?;
        number.filter(|number| *number <= last).ok_or(corrupt("a chain"))
    }

    /// Adds the numbers of a piece of a branch, until there are `limit`.
    fn numbers(&self, segment: &Segment, limit: usize, numbers: &mut Vec<Number>) -> Result<(), StoreError> {
        let Segment { line, from, to } = *segment;
        let wanted = limit.saturating_sub(numbers.len());
        // Where numbers start anew: each row holds up to the next one.
        let mut rows = vec![(from, self.number_at(line, from)?.0)];
        self.links.table()?.scan((line, from.saturating_add(1))..=(line, to), |(_, seq), number| {
            rows.push((seq, number));
            Ok(seq - from < wanted as u64)
        })?;
        let last = self.last_number()?.0;
        let ends = rows.iter().skip(1).map(|(seq, _)| *seq).chain([to.saturating_add(1)]);
        let mut found = Vec::new();
        for ((seq, number), end) in rows.iter().zip(ends) {
            let count = end.saturating_sub(*seq).min((wanted - found.len()) as u64);
            // A damaged end can't make us allocate.
            if count > (last + 1).saturating_sub(*number) {
                return Err(corrupt("a chain"));
            }
            found.extend((*number..number + count).map(Number));
        }
        numbers.append(&mut found);
        Ok(())
    }

    /// Returns the pieces of a branch from `from` up to an entry, ascending.
    fn segments(&self, tip: EntryId, from: u64) -> Result<Vec<Segment>, StoreError> {
        let number = self.find(tip)?.ok_or(StoreError::Absent(tip))?;
        let record = self.record(number)?.ok_or(corrupt("an id"))?;
        let (mut line, mut to) = (record.line, record.seq);
        let mut segments = Vec::new();
        for _ in 0..=TIPS_MAX {
            let known = self.line(line)?;
            if known.start <= to && to >= from {
                segments.push(Segment { line, from: known.start.max(from), to });
            }
            match known.parent {
                Some(parent) if known.start > from && known.start > 1 => {
                    line = parent;
                    to = to.min(known.start - 1);
                }
                _ => {
                    segments.reverse();
                    return Ok(segments);
                }
            }
        }
        Err(corrupt("a line"))
    }

    /// Remembers that the payloads at places of a line, `first` to `last`, are not here; none of them was known as
    /// missing, or only the first.
    pub(super) fn add_missing(&mut self, line: u32, first: u64, last: u64) -> Result<(), StoreError> {
        let table = self.missing.table_mut()?;
        let before = table.last((line, 0)..=(line, first), |(_, from), to| (from, to))?;
        let from = match before {
            Some((_, to)) if to >= last => return Ok(()),
            Some((from, to)) if to.saturating_add(1) >= first => from,
            _ => first,
        };
        let after = table.get((line, last.saturating_add(1)), Ok)?;
        if after.is_some() {
            table.remove((line, last + 1))?;
        }
        table.put((line, from), after.unwrap_or(last))
    }

    /// Forgets that the payloads at places of a line, `first` to `last`, were not here.
    pub(super) fn remove_missing(&mut self, line: u32, first: u64, last: u64) -> Result<(), StoreError> {
        let mut found = Vec::new();
        let table = self.missing.table_mut()?;
        found.extend(table.last((line, 0)..=(line, first), |(_, from), to| (from, to))?);
        table.scan((line, first.saturating_add(1))..=(line, last), |(_, from), to| {
            found.push((from, to));
            Ok(true)
        })?;
        for (from, to) in found {
            if to < first {
                continue;
            }
            table.remove((line, from))?;
            if from < first {
                table.put((line, from), first - 1)?;
            }
            if to > last {
                table.put((line, last + 1), to)?;
            }
        }
        Ok(())
    }
}

/// The key of a chain, without its line.
pub(super) fn chain_key(chain: Chain) -> [u8; 64] {
    let mut key = [0; 64];
    key[..16].copy_from_slice(&chain.space.0);
    key[16..48].copy_from_slice(&chain.device.0);
    key[48..].copy_from_slice(&chain.incarnation.0);
    key
}

/// Sorts ranges and joins those that touch.
fn join(ranges: &mut Vec<(u64, u64)>) {
    ranges.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::with_capacity(ranges.len());
    for (from, to) in ranges.drain(..) {
        match joined.last_mut() {
            Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    *ranges = joined;
}
