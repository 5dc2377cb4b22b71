//! Who had whom in their past: which of the writings of one thing still stand.
//!
//! A group is everything done to one thing: a register, an element of a set, an item of a list, the position of one.
//! Its events are candidates (writings that may stand), killers (what takes away every candidate in its past), or both.
//! Reachability is worked out for 64 candidates at a time over the whole graph, so memory stays linear in it, and a
//! killer answers for 64 candidates at once.

use super::log::{At, Index, Log};

/// Something done to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    /// The group it belongs to.
    pub(super) group: u32,
    pub(super) at: At,
    pub(super) candidate: bool,
    pub(super) killer: bool,
}

/// Returns the candidates that no killer of their group has in its past, by group, in the order of the log.
pub(super) fn survivors(log: &Log, events: &[Event], groups: usize) -> Vec<Vec<At>> {
    let mut standing: Vec<Vec<At>> = vec![Vec::new(); groups];
    let mut killers: Vec<Vec<Index>> = vec![Vec::new(); groups];
    let mut ordered = events.to_vec();
    ordered.sort_by_key(|event| event.at);
    for event in &ordered {
        let group = event.group as usize;
        if event.killer {
            // Within one edit the later operation follows the earlier one.
            while standing[group].last().is_some_and(|at| at.edit == event.at.edit) {
                standing[group].pop();
            }
            if killers[group].last() != Some(&event.at.edit) {
                killers[group].push(event.at.edit);
            }
        }
        if event.candidate {
            standing[group].push(event.at);
        }
    }
    if log.is_linear() {
        for (standing, killers) in standing.iter_mut().zip(&killers) {
            if let Some(&last) = killers.last() {
                standing.retain(|at| at.edit >= last);
            }
        }
        return standing;
    }
    remove_seen(log, &mut standing, &killers);
    standing
}

/// Removes every candidate that is in the past of a killer of its group.
fn remove_seen(log: &Log, standing: &mut [Vec<At>], killers: &[Vec<Index>]) {
    // (edit of a candidate, its group), where a later killer could have seen it.
    let mut open: Vec<(Index, u32)> = Vec::new();
    for (group, (standing, killers)) in standing.iter().zip(killers).enumerate() {
        let Some(&last) = killers.last() else { continue };
        let mut edits: Vec<Index> = standing.iter().map(|at| at.edit).filter(|&edit| edit < last).collect();
        edits.dedup();
        open.extend(edits.into_iter().map(|edit| (edit, group as u32)));
    }
    open.sort_unstable();
    let mut past = vec![0u64; log.nodes.len()];
    let mut rest = open.as_slice();
    while let Some(&(first, _)) = rest.first() {
        let mut block: Vec<Index> = Vec::with_capacity(64);
        let mut taken = 0;
        for &(edit, _) in rest {
            if block.last() != Some(&edit) {
                if block.len() == 64 {
                    break;
                }
                block.push(edit);
            }
            taken += 1;
        }
        let (now, later) = rest.split_at(taken);
        rest = later;
        reach(log, &block, &mut past);
        let mut groups: Vec<u32> = now.iter().map(|&(_, group)| group).collect();
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            let killers = &killers[group as usize];
            let from = killers.partition_point(|&killer| killer <= first);
            let seen = killers[from..].iter().fold(0, |seen, &killer| seen | past[killer as usize]);
            standing[group as usize].retain(|at| match block.binary_search(&at.edit) {
                Ok(bit) => seen & (1 << bit) == 0,
                Err(_) => true,
            });
        }
    }
}

/// Fills in, for each edit, which of at most 64 edits are in its strict past.
fn reach(log: &Log, block: &[Index], past: &mut [u64]) {
    let first = block[0] as usize;
    past[..=first].fill(0);
    for index in first + 1..past.len() {
        let mut bits = 0;
        for &dep in &log.nodes[index].deps {
            bits |= past[dep as usize];
            if let Ok(bit) = block.binary_search(&dep) {
                bits |= 1 << bit;
            }
        }
        past[index] = bits;
    }
}
