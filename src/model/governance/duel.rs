//! Deciding among acts at the same time: by edges and ranks.
//!
//! An edge goes from a removal to each act that it voids if it stands, and from each act to those whose right rests on
//! it. An act is decided as soon as all that leads to it is. Where that goes in circles, each circle that nothing
//! undecided leads to is broken at its removal of the highest rank: that one stands, with what it rests on, and the
//! removals aimed at these fall.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::bits::Bits;
use super::log::{At, Log};
use super::mutant::{Mutant, is_planted};
use super::role::Role;
use crate::model::id::EntryId;

/// The order in which acts win, the first before the others: what many signed; the seniority of the author: founders,
/// then who came in first, then the smaller id; the older device; the smaller id.
pub(super) type Rank = (Reverse<bool>, (Reverse<bool>, u64, EntryId), u64, EntryId);

/// Returns the rank of a candidate.
pub(super) fn rank(log: &Log, at: At) -> Rank {
    let signed = log.node(at).judged.signers.len();
    rank_with(log, at, signed)
}

/// Returns the rank of a candidate if only so many signatures count.
fn rank_with(log: &Log, at: At, signed: usize) -> Rank {
    let node = log.node(at);
    let person = node.judged.person.expect("a candidate has an author");
    let founder = log.entrance_role(person) == Role::Founder;
    let mut seniority = (Reverse(founder), log.node(person).depth, log.id(person));
    if is_planted(Mutant::JuniorFirst) {
        seniority = (Reverse(!founder), u64::MAX - seniority.1, EntryId(log.id(person).0.map(|byte| !byte)));
    }
    let quorum = node.judged.is_quorum(signed) && !is_planted(Mutant::QuorumIgnored);
    (Reverse(quorum), seniority, node.judged.device_rank, node.act.id)
}

/// What is known of an act of the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Stands,
    Falls,
}

/// The acts of a block that no checkpoint closed.
pub(super) struct Duel<'a> {
    pub(super) log: &'a Log,
    pub(super) open: &'a [At],
    /// Those that it closed, which are decided.
    pub(super) closed: &'a BTreeSet<At>,
    /// Those that fall whatever the others do.
    pub(super) forced: &'a BTreeSet<At>,
}

/// The acts by number, the edges between them, and what was decided.
struct Field<'a> {
    log: &'a Log,
    acts: &'a [At],
    numbers: BTreeMap<At, usize>,
    /// Numbers of those that each voids, and that void each.
    voids: Vec<Vec<usize>>,
    voided_by: Vec<Vec<usize>>,
    /// Numbers of those whose right rests on each.
    carries: Vec<Vec<usize>>,
    /// Per act, what its right rests on as far as it is in the block: one of each group has to stand.
    rests: Vec<Vec<Vec<usize>>>,
    fates: Vec<Fate>,
    /// Acts to look at again.
    touched: BTreeSet<usize>,
}

impl Duel<'_> {
    /// Adds those that fall.
    pub(super) fn fight(&self, lost: &mut Bits) {
        let mut field = Field::new(self, lost);
        if is_planted(Mutant::PrioritySort) {
            field.replay();
        }
        loop {
            field.settle();
            // All circles are judged by what is known before any of them is broken: none depends on another.
            let winners: Vec<usize> = field.circles().iter().filter_map(|circle| field.winner(circle, lost)).collect();
            if winners.is_empty() {
                break;
            }
            let fallen: Vec<usize> = winners.iter().flat_map(|&winner| field.outranked(winner)).collect();
            winners.into_iter().for_each(|winner| field.stand(winner));
            fallen.into_iter().for_each(|number| field.fall(number));
        }
        for (number, &at) in self.open.iter().enumerate() {
            if field.fates[number] != Fate::Stands {
                lost.insert(at);
            }
        }
    }
}

impl<'a> Field<'a> {
    fn new(duel: &Duel<'a>, lost: &Bits) -> Field<'a> {
        let (log, acts) = (duel.log, duel.open);
        let numbers: BTreeMap<At, usize> = acts.iter().enumerate().map(|(number, &at)| (at, number)).collect();
        let inside = |list: &[At]| list.iter().filter_map(|at| numbers.get(at).copied()).collect::<Vec<_>>();
        let mut field = Field {
            log,
            acts,
            voids: acts.iter().map(|&at| inside(&log.node(at).voids)).collect(),
            voided_by: acts.iter().map(|&at| inside(&log.node(at).voided_by)).collect(),
            carries: vec![Vec::new(); acts.len()],
            rests: Vec::with_capacity(acts.len()),
            fates: vec![Fate::Open; acts.len()],
            touched: (0..acts.len()).collect(),
            numbers,
        };
        let mut falls = Vec::new();
        for (number, &at) in acts.iter().enumerate() {
            let groups = field.undecided(&log.node(at).judged.rests, lost);
            let removed = log.node(at).voided_by.iter().any(|by| duel.closed.contains(by) && !lost.has(*by));
            if removed || duel.forced.contains(&at) {
                falls.push(number);
            }
            for &on in groups.iter().flatten() {
                field.carries[on].push(number);
            }
            field.rests.push(groups);
        }
        falls.into_iter().for_each(|number| field.fall(number));
        field
    }

    /// Returns the groups none of which stands outside the block, as far as they are in it.
    fn undecided(&self, groups: &[Vec<At>], lost: &Bits) -> Vec<Vec<usize>> {
        let outside = |group: &&Vec<At>| group.iter().any(|on| !self.numbers.contains_key(on) && !lost.has(*on));
        let open = groups.iter().filter(|group| !outside(group));
        open.map(|group| group.iter().filter_map(|on| self.numbers.get(on).copied()).collect()).collect()
    }

    fn is_open(&self, number: usize) -> bool {
        self.fates[number] == Fate::Open
    }

    fn stand(&mut self, number: usize) {
        if self.is_open(number) {
            self.fates[number] = Fate::Stands;
            self.touched.extend(self.carries[number].iter().copied());
            for target in self.voids[number].clone() {
                self.fall(target);
            }
        }
    }

    fn fall(&mut self, number: usize) {
        if self.is_open(number) {
            self.fates[number] = Fate::Falls;
            self.touched.extend(self.carries[number].iter().copied());
            self.touched.extend(self.voids[number].iter().copied());
            if is_planted(Mutant::VoidRemovalsVoid) {
                for target in self.voids[number].clone() {
                    self.fall(target);
                }
            }
        }
    }

    /// What the rule is not: the highest of those whose past is done comes next, whatever is aimed at it later.
    fn replay(&mut self) {
        let mut left: BTreeSet<usize> = (0..self.acts.len()).filter(|&number| self.is_open(number)).collect();
        let ready = |number: usize, left: &BTreeSet<usize>| {
            left.iter().all(|&other| !self.log.node(self.acts[number]).past.has(self.acts[other]))
        };
        let mut order = Vec::new();
        while let Some(next) = left
            .iter()
            .copied()
            .filter(|&number| ready(number, &left))
            .min_by_key(|&number| rank(self.log, self.acts[number]))
        {
            left.remove(&next);
            order.push(next);
        }
        for number in order {
            let falls = |group: &Vec<usize>| group.iter().all(|&on| self.fates[on] == Fate::Falls);
            if self.rests[number].iter().any(falls) {
                self.fall(number);
            }
            self.stand(number);
        }
    }

    /// Decides whatever can be decided without looking at ranks.
    fn settle(&mut self) {
        while let Some(number) = self.touched.pop_first() {
            if !self.is_open(number) {
                continue;
            }
            let is = |other: &usize, fate| self.fates[*other] == fate;
            let mut groups = self.rests[number].iter();
            let cascades = !is_planted(Mutant::NoCascade);
            if cascades && groups.any(|group| group.iter().all(|on| is(on, Fate::Falls))) {
                self.fall(number);
                continue;
            }
            let carried = self.rests[number].iter().all(|group| group.iter().any(|on| is(on, Fate::Stands)));
            let carried = carried || !cascades || is_planted(Mutant::AuthorityIgnored);
            if carried && self.voided_by[number].iter().all(|by| is(by, Fate::Falls)) {
                self.stand(number);
            }
        }
    }

    /// Returns the undecided acts that lead to one.
    fn causes(&self, number: usize) -> Vec<usize> {
        let stands = |group: &&Vec<usize>| group.iter().any(|&on| self.fates[on] == Fate::Stands);
        let rests = self.rests[number].iter().filter(|group| !stands(group)).flatten();
        self.voided_by[number].iter().chain(rests).copied().filter(|&cause| self.is_open(cause)).collect()
    }

    /// Returns the circles of undecided acts that nothing undecided outside leads to.
    fn circles(&self) -> Vec<BTreeSet<usize>> {
        let open: Vec<usize> = (0..self.acts.len()).filter(|&number| self.is_open(number)).collect();
        let causes: BTreeMap<usize, Vec<usize>> = open.iter().map(|&number| (number, self.causes(number))).collect();
        let mut effects: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (&number, causes) in &causes {
            causes.iter().for_each(|&cause| effects.entry(cause).or_default().push(number));
        }
        // Walking along the edges, the last to be left is in a component that nothing leads to; walking back from it
        // finds that component; and so on among those not found yet.
        let mut circles = Vec::new();
        let mut found: BTreeSet<usize> = BTreeSet::new();
        for number in last_left_first(&open, &effects) {
            if found.contains(&number) {
                continue;
            }
            let mut component = BTreeSet::from([number]);
            let mut source = true;
            let mut stack = vec![number];
            while let Some(next) = stack.pop() {
                for &cause in &causes[&next] {
                    if found.contains(&cause) {
                        source = false;
                    } else if component.insert(cause) {
                        stack.push(cause);
                    }
                }
            }
            found.extend(&component);
            if source {
                circles.push(component);
            }
        }
        circles
    }

    /// Returns the removal of the highest rank among those that make a circle. Signatures count of those alone whose
    /// right the circle doesn't threaten.
    fn winner(&self, circle: &BTreeSet<usize>, lost: &Bits) -> Option<usize> {
        let removal = |number: &&usize| self.voids[**number].iter().any(|target| circle.contains(target));
        let removals: Vec<usize> = circle.iter().filter(removal).copied().collect();
        let threatened = self.threatened(&removals);
        let rank = |&number: &usize| {
            let signers = &self.log.node(self.acts[number]).judged.signers;
            let safe = signers.iter().filter(|groups| self.is_safe(groups, &threatened, lost)).count();
            rank_with(self.log, self.acts[number], safe)
        };
        removals.iter().copied().min_by_key(rank)
    }

    /// Returns what these void if they stand, and what rests on that.
    fn threatened(&self, removals: &[usize]) -> BTreeSet<usize> {
        let mut threatened = BTreeSet::new();
        let mut stack: Vec<usize> = removals.iter().flat_map(|&number| self.voids[number].iter().copied()).collect();
        while let Some(number) = stack.pop() {
            if self.is_open(number) && threatened.insert(number) {
                stack.extend(self.carries[number].iter().copied());
            }
        }
        threatened
    }

    /// Tells whether of each group one act stands, or is undecided and not threatened.
    fn is_safe(&self, groups: &[Vec<At>], threatened: &BTreeSet<usize>, lost: &Bits) -> bool {
        if is_planted(Mutant::Puppets) {
            return true;
        }
        let safe = |number: &usize| self.fates[*number] != Fate::Falls && !threatened.contains(number);
        self.undecided(groups, lost).iter().all(|group| group.iter().any(safe))
    }

    /// Returns the undecided removals that are aimed at an act or at what it rests on.
    fn outranked(&self, winner: usize) -> Vec<usize> {
        let mut ground = BTreeSet::from([winner]);
        let mut stack = vec![winner];
        let mut outranked = BTreeSet::new();
        if is_planted(Mutant::ThirdHits) {
            return Vec::new();
        }
        while let Some(number) = stack.pop() {
            let by = self.voided_by[number].iter().copied().filter(|&by| self.is_open(by) && by != winner);
            outranked.extend(by);
            for group in &self.rests[number] {
                if group.iter().any(|&on| self.fates[on] == Fate::Stands) {
                    continue;
                }
                stack.extend(group.iter().copied().filter(|&on| self.is_open(on) && ground.insert(on)));
            }
        }
        outranked.into_iter().collect()
    }
}

/// Walks along all edges without recursion, and lists what was left last first.
fn last_left_first(all: &[usize], edges: &BTreeMap<usize, Vec<usize>>) -> Vec<usize> {
    let mut left = Vec::with_capacity(all.len());
    let mut seen = BTreeSet::new();
    for &start in all {
        if !seen.insert(start) {
            continue;
        }
        let mut stack = vec![(start, 0)];
        while let Some((number, next)) = stack.pop() {
            match edges.get(&number).and_then(|targets| targets.get(next)) {
                Some(&target) => {
                    stack.push((number, next + 1));
                    if seen.insert(target) {
                        stack.push((target, 0));
                    }
                }
                None => left.push(number),
            }
        }
    }
    left.reverse();
    left
}
