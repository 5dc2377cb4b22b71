//! Who voids whom: the second step of evaluation. The rule is in the documentation of [`super`].
//!
//! A set of acts falls into **blocks**: everything in one is after everything in those before it, and none can be cut in
//! two that way. Acts at the same time stand in one block, so blocks are decided one after the other, and what an act
//! counts for never depends on later blocks (but for a veto of a recovery). Most blocks are single acts, about which
//! nothing is to be decided; what is void in the past of each act is remembered with it.

use std::collections::BTreeSet;

use super::act::Deed;
use super::bits::Bits;
use super::duel::{self, Duel};
use super::judge::still_right;
use super::log::{At, Index, Log};
use super::mutant::{Mutant, is_planted};
use super::view::View;
use crate::model::verdict::Verdict;

/// Returns the candidates of `set` that are void there. The set holds the past of each of its acts.
pub(super) fn lost(log: &Log, set: &Bits) -> Bits {
    decide(log, set, true).0
}

/// Decides a set, and lists the acts that fall because nobody would govern. `remember`: takes what is known already.
fn decide(log: &Log, set: &Bits, remember: bool) -> (Bits, Vec<At>) {
    let vetoed = vetoed(log, set);
    let mut blocks = Vec::new();
    let mut rest = set.clone();
    let mut lost = loop {
        let Some(last) = rest.last() else { break Bits::default() };
        if is_planted(Mutant::OneBlock) {
            blocks.push((Bits::default(), rest.iter().collect()));
            break Bits::default();
        }
        let unchanged = |part: &Bits| {
            vetoed.is_empty() && log.index.recovers.is_empty() || {
                let inside: BTreeSet<At> = vetoed.iter().copied().filter(|&at| part.has(at)).collect();
                self::vetoed(log, part) == inside
            }
        };
        if let Some(known) = log.known_lost(&rest).filter(|_| remember && unchanged(&rest)) {
            break known.clone();
        }
        let len = rest.len();
        if remember && log.has_one_head(&rest, len) {
            let node = log.node(last);
            if unchanged(&node.past) && !vetoed.contains(&last) {
                break (*node.lost).clone();
            }
        }
        let (before, block) = last_block(log, &rest, last);
        blocks.push((before.clone(), block));
        rest = before;
    };
    let mut straws = Vec::new();
    for (before, block) in blocks.into_iter().rev() {
        straws.extend(Block { log, before: &before, acts: &block, vetoed: &vetoed }.decide(&mut lost));
    }
    (lost, straws)
}

/// Splits the last block off.
fn last_block(log: &Log, set: &Bits, last: At) -> (Bits, Vec<At>) {
    let mut before = log.node(last).past.clone();
    let mut block = BTreeSet::from([last]);
    loop {
        let rest = set.without(&before);
        if rest.len() == block.len() {
            return (before, rest);
        }
        for at in rest {
            if block.insert(at) {
                before.intersect(&log.node(at).past);
            }
        }
    }
}

/// Returns the recoveries of a set that somebody vetoed who might. What a checkpoint closed stays.
pub(super) fn vetoed(log: &Log, set: &Bits) -> BTreeSet<At> {
    let mut vetoed = BTreeSet::new();
    let recovers: Vec<At> = log.index.recovers.iter().copied().filter(|&at| set.has(at)).collect();
    if recovers.is_empty() || is_planted(Mutant::VetoIgnored) {
        return vetoed;
    }
    let acts: Vec<At> = log.index.checkpoints.iter().copied().filter(|&at| set.has(at)).collect();
    let crowns = crowns(log, &acts);
    for recover in recovers {
        let closed =
            crowns.iter().copied().filter(|&at| log.node(at).past.has(recover)).min_by_key(|&at| log.node(at).depth);
        let within = |at: &&At| set.has(**at) && closed.is_none_or(|crown| log.node(crown).past.has(**at));
        if Index::of(&log.index.vetoes, &recover).iter().any(|at| within(&at)) {
            vetoed.insert(recover);
        }
    }
    vetoed
}

/// Returns the checkpoints that stand among these: of two at the same time the one that more signed, then the smaller id.
pub(super) fn crowns(log: &Log, checkpoints: &[At]) -> Vec<At> {
    let mut sorted = checkpoints.to_vec();
    sorted.sort_by_key(|&at| (std::cmp::Reverse(log.node(at).judged.signers.len()), log.id(at)));
    if is_planted(Mutant::FewerSigners) {
        sorted.sort_by_key(|&at| (log.node(at).judged.signers.len(), log.id(at)));
    }
    if is_planted(Mutant::NoCheckpoint) {
        sorted.clear();
    }
    let mut crowns: Vec<At> = Vec::new();
    for at in sorted {
        let ordered = |&other: &At| log.node(other).past.has(at) || log.node(at).past.has(other);
        if crowns.iter().all(ordered) {
            crowns.push(at);
        }
    }
    crowns
}

/// Acts of which none can be set apart as before or after all others.
struct Block<'a> {
    log: &'a Log,
    before: &'a Bits,
    acts: &'a [At],
    vetoed: &'a BTreeSet<At>,
}

impl Block<'_> {
    /// Adds what is void in the block, and returns what falls because nobody would govern.
    fn decide(&self, lost: &mut Bits) -> Vec<At> {
        let candidate = |&at: &At| self.log.node(at).judged.verdict == Verdict::Counted;
        let acts: Vec<At> = self.acts.iter().copied().filter(candidate).collect();
        let checkpoint = |&at: &At| matches!(self.log.node(at).act.deed, Deed::Checkpoint);
        let checkpoints: Vec<At> = acts.iter().copied().filter(checkpoint).collect();
        let mut crowns = crowns(self.log, &checkpoints);
        if is_planted(Mutant::CheckpointRemoved) {
            crowns.retain(|&at| !self.log.node(at).voided_by.iter().any(|by| acts.contains(by)));
        }
        let top = crowns.iter().copied().max_by_key(|&at| self.log.node(at).depth);
        let is_closed = |at: At| top.is_some_and(|top| top == at || self.log.node(top).past.has(at));
        if let Some(top) = top {
            let frozen = &self.log.node(top).lost;
            acts.iter().filter(|&&at| is_closed(at) && frozen.has(at)).for_each(|&at| lost.insert(at));
        }
        let closed: BTreeSet<At> = acts.iter().copied().filter(|&at| is_closed(at)).collect();
        let open: Vec<At> = acts.iter().copied().filter(|&at| !is_closed(at)).collect();
        let mut forced: BTreeSet<At> = open.iter().copied().filter(|at| self.vetoed.contains(at)).collect();
        if !is_planted(Mutant::NoCheckpoint) {
            forced.extend(checkpoints.iter().filter(|&at| !crowns.contains(at) && !closed.contains(at)));
        }
        let outdated = |at: &At| self.log.node(*at).outdated_by.iter().any(|crown| crowns.contains(crown));
        if !is_planted(Mutant::NeverOutdated) {
            forced.extend(open.iter().copied().filter(outdated));
        }
        let fight = |forced: &BTreeSet<At>| {
            let mut result = lost.clone();
            Duel { log: self.log, open: &open, closed: &closed, forced }.fight(&mut result);
            result
        };
        let mut result = fight(&forced);
        let mut straws = Vec::new();
        while let Some(straw) = self.last_straw(&open, &forced, &result, &fight) {
            forced.insert(straw);
            straws.push(straw);
            result = fight(&forced);
        }
        *lost = result;
        straws
    }

    /// Where nobody is left who governs: returns the lowest of the acts that take something away and without which there
    /// is somebody; if none is such, the lowest.
    fn last_straw(
        &self,
        open: &[At],
        forced: &BTreeSet<At>,
        lost: &Bits,
        fight: &dyn Fn(&BTreeSet<At>) -> Bits,
    ) -> Option<At> {
        let takes = |&at: &At| !lost.has(at) && self.log.node(at).act.deed.takes_away();
        let mut taking: Vec<At> = open.iter().copied().filter(takes).collect();
        if is_planted(Mutant::NoFloor) || taking.is_empty() || !self.is_empty(lost.clone()) {
            return None;
        }
        taking.sort_by_key(|&at| std::cmp::Reverse(duel::rank(self.log, at)));
        if is_planted(Mutant::SeniorStays) {
            taking.reverse();
        }
        let helps = |&at: &At| !self.is_empty(fight(&forced.iter().copied().chain([at]).collect()));
        taking.iter().copied().find(helps).or(taking.first().copied())
    }

    /// Tells whether nobody governs a community that has not ended.
    fn is_empty(&self, lost: Bits) -> bool {
        let mut set = self.before.clone();
        self.acts.iter().for_each(|&at| set.insert(at));
        let view = View::with(self.log, &set, lost);
        !view.is_over() && !view.has_governor()
    }
}

/// Tells which checkpoints at the same time as an act leave its author without the right to it. Asked once for each pair,
/// when the later of both is known.
pub(super) fn is_outdated(log: &Log, at: At, checkpoint: At) -> bool {
    let mut both = log.node(checkpoint).past.clone();
    both.insert(checkpoint);
    both.unite(&log.node(at).past);
    !still_right(&View::new(log, &both), log, at)
}

/// Why a candidate is void in a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// A removal that stands takes it out.
    Removed(At),
    /// What its right rests on is void.
    Rests(At),
    /// A recovery that was vetoed.
    Vetoed(At),
    /// A checkpoint stands against it.
    Checkpoint(At),
    /// What it aims at stands, and outranks it.
    Outranked(At),
    /// It would leave nobody who governs.
    Floor,
}

/// Tells why a candidate of the set is void there.
pub(super) fn loss(log: &Log, set: &Bits, lost: &Bits, at: At) -> Loss {
    let node = log.node(at);
    let here = |other: &&At| set.has(**other);
    let stands = |other: &&At| set.has(**other) && !lost.has(**other);
    if let Some(&by) = node.voided_by.iter().filter(stands).min_by_key(|&&by| duel::rank(log, by)) {
        return Loss::Removed(by);
    }
    if decide(log, set, false).1.contains(&at) {
        return Loss::Floor;
    }
    if let Some(group) = node.judged.rests.iter().find(|group| group.iter().all(|&on| lost.has(on))) {
        return Loss::Rests(*group.iter().min_by_key(|&&on| log.id(on)).expect("a group is not empty"));
    }
    let checkpoints: Vec<At> = log.index.checkpoints.iter().copied().filter(|&at| set.has(at)).collect();
    let crowns = crowns(log, &checkpoints);
    let apart = |&&crown: &&At| crown != at && !node.past.has(crown) && !log.node(crown).past.has(at);
    let crown = crowns.iter().filter(apart).min_by_key(|&&crown| log.id(crown));
    match (&node.act.deed, crown) {
        (Deed::Recover { .. }, _) => {
            let vetoes = Index::of(&log.index.vetoes, &at).iter().filter(here);
            if let Some(&by) = vetoes.min_by_key(|&&by| log.id(by)) {
                return Loss::Vetoed(by);
            }
        }
        (Deed::Checkpoint, Some(&crown)) => return Loss::Checkpoint(crown),
        _ => {}
    }
    if let Some(&by) = node.voids.iter().filter(stands).min_by_key(|&&by| duel::rank(log, by)) {
        return Loss::Outranked(by);
    }
    match crown {
        Some(&crown) if node.outdated_by.contains(&crown) => Loss::Checkpoint(crown),
        _ => Loss::Floor,
    }
}
