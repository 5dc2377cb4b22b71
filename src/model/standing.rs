//! Standing: what the marks on a practice or term make of it.
//!
//! A mark follows the ones that it saw. Among concurrent ones the cautious state wins: withdrawn, then deprecated, then
//! returned to draft, then proposed, then validated. Withdrawing and restoring is a question of its own, so that what was
//! withdrawn and restored is again what it was.
//!
//! - [`verb`] is data: which marks there are, on what, by whom.
//! - [`standing()`] answers what state a practice or a term is in.
//! - [`said()`] answers the rest: verified until when, useful to whom, which answers were accepted.
//! - [`evidence`] says what reports prove.

mod complete;
pub mod evidence;
mod said;
pub mod verb;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use super::{EntryId, MemberId};

pub use complete::{COMPLETE, missing};
pub use said::{Edited, Said, Say, Thread, Verified, said};

#[cfg(test)]
mod tests;

/// The state of a practice or a term, the most cautious last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum State {
    /// Validated by as many people as the quorum says.
    Validated,
    /// Proposed, and not yet validated.
    Proposed,
    /// Nothing was said, or it was returned.
    #[default]
    Draft,
    /// No longer to be used.
    Deprecated,
    /// Hidden from lists.
    Withdrawn,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Validated => "validated",
            State::Proposed => "proposed",
            State::Draft => "draft",
            State::Deprecated => "deprecated",
            State::Withdrawn => "withdrawn",
        })
    }
}

/// What a mark says, as far as the state rests on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Draft becomes proposed.
    Propose,
    /// One voice for what is proposed.
    Validate,
    /// Back to draft.
    Return,
    /// No longer to be used.
    Deprecate,
    /// Hidden from lists.
    Withdraw,
    /// No longer withdrawn.
    Restore,
}

/// The mark says something that the state doesn't rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the state doesn't rest on this verb")]
pub struct OtherVerb;

impl FromStr for Verb {
    type Err = OtherVerb;

    fn from_str(verb: &str) -> Result<Verb, OtherVerb> {
        Ok(match verb {
            "propose" => Verb::Propose,
            "validate" => Verb::Validate,
            "return" => Verb::Return,
            "deprecate" => Verb::Deprecate,
            "withdraw" => Verb::Withdraw,
            "restore" => Verb::Restore,
            _ => return Err(OtherVerb),
        })
    }
}

/// A counted mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Its entry.
    pub entry: EntryId,
    /// Who made it.
    pub who: MemberId,
    /// What it says.
    pub verb: Verb,
    /// Whether it takes earlier marks of the same person and verb back.
    pub taken_back: bool,
    /// How many people validate, as its author knew the rule.
    pub quorum: usize,
}

/// Where a document stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Its state.
    pub state: State,
    /// Who validated what is proposed now.
    pub voices: BTreeSet<MemberId>,
    /// The marks that decide, none of which saw another; sorted.
    pub marks: Vec<EntryId>,
    /// Whether these marks, made apart, say different things.
    pub apart: bool,
}

/// Works out where a document stands.
///
/// `entries` are all entries of the document, edits and marks, with their deps, each after its past; `marks` the
/// counted marks among them that [`Verb`] knows. The voice of `author` doesn't count towards the quorum of validation,
/// which is the one that the last validation knew, and of several made apart the highest.
pub fn standing<'a>(
    entries: impl IntoIterator<Item = (EntryId, &'a [EntryId])>,
    marks: &[Mark],
    author: MemberId,
) -> Standing {
    let named: BTreeMap<EntryId, &Mark> = marks.iter().map(|mark| (mark.entry, mark)).collect();
    if named.is_empty() {
        return Standing::default();
    }
    let (marks, past) = ancestry(entries, &named);
    let taken = taken_back(&marks, &past);
    let mut base = Question { past: &past, acts: Vec::new() };
    let mut hidden = Question { past: &past, acts: Vec::new() };
    for (index, mark) in marks.iter().enumerate().filter(|(index, mark)| !mark.taken_back && !taken[*index]) {
        let before = base.join(&past[index]);
        let new = match mark.verb {
            Verb::Propose if before.state == State::Draft => Base::proposed(index),
            Verb::Validate if before.state == State::Proposed && mark.who != author => {
                before.with_voice(mark.who, mark.quorum)
            }
            Verb::Return if before.state != State::Draft => Base::of(State::Draft),
            Verb::Deprecate if before.state != State::Deprecated => Base::of(State::Deprecated),
            Verb::Withdraw | Verb::Restore => {
                let state = if mark.verb == Verb::Withdraw { State::Withdrawn } else { State::Draft };
                hidden.acts.push((index, Base::of(state)));
                continue;
            }
            _ => continue,
        };
        base.acts.push((index, new));
    }
    let all = Bits::all(marks.len());
    let (shown, withdrawn) = (base.join(&all), hidden.join(&all));
    let (question, state) = match withdrawn.state {
        State::Withdrawn => (&hidden, State::Withdrawn),
        _ => (&base, shown.state),
    };
    let last = question.frontier(&all);
    let mut deciding: Vec<EntryId> = last.iter().map(|&act| marks[question.acts[act].0].entry).collect();
    deciding.sort_unstable();
    let mut said: Vec<Verb> = last.iter().map(|&act| marks[question.acts[act].0].verb).collect();
    said.sort_unstable();
    said.dedup();
    let voices = shown.proposals.into_values().flatten().collect();
    Standing { state, voices, marks: deciding, apart: said.len() > 1 }
}

/// Returns the marks in causal order, and which of them each has in its past.
fn ancestry<'a, 'm>(
    entries: impl IntoIterator<Item = (EntryId, &'a [EntryId])>,
    named: &BTreeMap<EntryId, &'m Mark>,
) -> (Vec<&'m Mark>, Vec<Bits>) {
    let mut seen: BTreeMap<EntryId, Bits> = BTreeMap::new();
    let (mut marks, mut past) = (Vec::new(), Vec::new());
    for (id, deps) in entries {
        let mut bits = Bits::default();
        for dep in deps {
            if let Some(dep) = seen.get(dep) {
                bits.join(dep);
            }
        }
        if let Some(mark) = named.get(&id) {
            past.push(bits.clone());
            bits.set(marks.len());
            marks.push(*mark);
        }
        seen.insert(id, bits);
    }
    (marks, past)
}

/// Tells which marks were taken back by one of the same person and verb that saw them.
fn taken_back(marks: &[&Mark], past: &[Bits]) -> Vec<bool> {
    let mut taken = vec![false; marks.len()];
    for (later, back) in marks.iter().enumerate().filter(|(_, mark)| mark.taken_back) {
        for (earlier, mark) in marks[..later].iter().enumerate() {
            taken[earlier] |= mark.who == back.who && mark.verb == back.verb && past[later].has(earlier);
        }
    }
    taken
}

/// A state reached by one mark, and what is proposed there: the proposing mark and the voices for it.
#[derive(Debug, Clone, Default)]
struct Base {
    state: State,
    proposals: BTreeMap<usize, BTreeSet<MemberId>>,
    quorum: usize,
}

impl Base {
    fn of(state: State) -> Base {
        Base { state, ..Base::default() }
    }

    fn proposed(mark: usize) -> Base {
        Base { proposals: BTreeMap::from([(mark, BTreeSet::new())]), ..Base::of(State::Proposed) }
    }

    fn with_voice(mut self, who: MemberId, quorum: usize) -> Base {
        for voices in self.proposals.values_mut() {
            voices.insert(who);
        }
        self.quorum = quorum;
        self.settle();
        self
    }

    /// What is proposed counts as validated once each proposal has its voices.
    fn settle(&mut self) {
        let enough = self.proposals.values().all(|voices| voices.len() >= self.quorum.max(1));
        self.state = if enough { State::Validated } else { State::Proposed };
    }
}

/// Marks that answer one question: those that had an effect, with the state that each left.
struct Question<'q> {
    past: &'q [Bits],
    acts: Vec<(usize, Base)>,
}

impl Question<'_> {
    /// Returns the acts of a past that no other one there follows.
    fn frontier(&self, past: &Bits) -> Vec<usize> {
        let mut covered = Bits::default();
        let mut last = Vec::new();
        for (act, (mark, _)) in self.acts.iter().enumerate().rev() {
            if past.has(*mark) && !covered.has(*mark) {
                covered.join(&self.past[*mark]);
                last.push(act);
            }
        }
        last
    }

    /// Brings the states that the marks of a past left together.
    fn join(&self, past: &Bits) -> Base {
        let last = self.frontier(past);
        let states = last.iter().map(|&act| self.acts[act].1.state);
        let Some(worst) = states.max() else { return Base::of(State::Draft) };
        if worst > State::Proposed {
            return Base::of(worst);
        }
        let mut proposals: BTreeMap<usize, BTreeSet<MemberId>> = BTreeMap::new();
        for &act in &last {
            for (proposal, voices) in &self.acts[act].1.proposals {
                proposals.entry(*proposal).or_default().extend(voices);
            }
        }
        // What one of them saw and no longer holds was returned.
        proposals.retain(|&proposal, _| {
            last.iter().all(|&act| {
                let (mark, base) = &self.acts[act];
                base.proposals.contains_key(&proposal) || !self.past[*mark].has(proposal)
            })
        });
        let quorum = last.iter().map(|&act| self.acts[act].1.quorum).max().unwrap_or_default();
        let mut joined = Base { state: worst, proposals, quorum };
        if last.len() > 1 {
            joined.settle();
        }
        joined
    }
}

/// A set of marks.
#[derive(Debug, Clone, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn all(count: usize) -> Bits {
        Bits(vec![u64::MAX; count.div_ceil(64)])
    }

    fn has(&self, bit: usize) -> bool {
        self.0.get(bit / 64).is_some_and(|word| word & (1 << (bit % 64)) != 0)
    }

    fn set(&mut self, bit: usize) {
        if self.0.len() <= bit / 64 {
            self.0.resize(bit / 64 + 1, 0);
        }
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    fn join(&mut self, other: &Bits) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }
}
