//! What marks say beside the state: verified until when, useful to whom, used how often, which answers were accepted.
//!
//! A mark is live unless one of the same person that saw it took it back or, where one person has one voice, replaced
//! it. What two people say apart, both said.

use std::collections::{BTreeMap, BTreeSet};

use super::Bits;
use crate::model::{DocumentId, EntryId, MemberId, Timestamp};

/// Fields whose change makes a verified practice due at once.
const VITAL: [&str; 2] = ["procedure", "materials"];

/// A counted mark with its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Say<'a> {
    /// Its entry.
    pub entry: EntryId,
    /// Who made it.
    pub who: MemberId,
    /// Its verb.
    pub verb: &'a str,
    /// Whether it takes earlier marks of the same person, verb and value back.
    pub taken_back: bool,
    /// What it names; empty when it names nothing, or its words were erased.
    pub value: &'a str,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// A counted edit, as far as a verification is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// Its entry.
    pub entry: EntryId,
    /// Who wrote it.
    pub who: MemberId,
    /// Whether it changed how the thing is done, and with what.
    pub vital: bool,
}

impl Edited {
    /// Notes an edit and the fields that it names.
    pub fn new<'f>(entry: EntryId, who: MemberId, fields: impl IntoIterator<Item = &'f str>) -> Edited {
        Edited { entry, who, vital: fields.into_iter().any(|field| VITAL.contains(&field)) }
    }
}

/// How a thread stands, by what was said of it; the most closed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Thread {
    /// Nothing was said.
    #[default]
    Open,
    /// An answer was accepted.
    Solved,
    /// No more is to be said.
    Closed,
    /// It is not for here.
    Declined,
    /// It was asked elsewhere.
    Duplicate,
}

impl Thread {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Thread::Open => "open",
            Thread::Solved => "solved",
            Thread::Closed => "closed",
            Thread::Declined => "declined",
            Thread::Duplicate => "duplicate",
        }
    }

    fn of_verb(verb: &str) -> Option<Thread> {
        Some(match verb {
            "close" => Thread::Closed,
            "decline" => Thread::Declined,
            "duplicate" => Thread::Duplicate,
            _ => return None,
        })
    }
}

/// A verification that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Until when it holds.
    pub until: Timestamp,
    /// Who verified.
    pub by: BTreeSet<MemberId>,
    /// Edits that no verification saw.
    pub since: Vec<Edited>,
}

impl Verified {
    /// Tells whether somebody should look again: the time has passed, or how the thing is done has changed.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.until < now || self.since.iter().any(|edit| edit.vital)
    }
}

/// What the marks on a document say beside its state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// Who finds it useful.
    pub useful: BTreeSet<MemberId>,
    /// Who says thanks.
    pub thanks: BTreeSet<MemberId>,
    /// How often it was used, by whom.
    pub used: Vec<MemberId>,
    /// Its verification.
    pub verified: Option<Verified>,
    /// Accepted answers, and who accepted each.
    pub accepted: BTreeMap<DocumentId, BTreeSet<MemberId>>,
    /// How a thread stands.
    pub thread: Thread,
    /// Who is on it.
    pub taken: BTreeSet<MemberId>,
    /// By which mark each successor is named.
    pub successors: BTreeMap<EntryId, DocumentId>,
    /// What a thread that was asked elsewhere names.
    pub elsewhere: BTreeSet<DocumentId>,
    /// Terms, and who recommends the member for each.
    pub endorsed: BTreeMap<String, BTreeSet<MemberId>>,
}

/// Gathers what marks say.
///
/// `entries` are all entries of the document, edits and marks, with their deps, each after its past; `says` the counted
/// marks among them, `edits` the counted edits.
pub fn said<'a>(
    entries: impl IntoIterator<Item = (EntryId, &'a [EntryId])>,
    says: &[Say<'_>],
    edits: &[Edited],
) -> Said {
    if says.is_empty() {
        return Said::default();
    }
    let pasts = Pasts::new(entries, says, edits);
    let live: Vec<usize> = pasts.live(says);
    let mut out = Said::default();
    for say in live.iter().map(|&at| &says[at]) {
        let named = || say.value.parse::<DocumentId>().ok();
        match say.verb {
            "useful" => drop(out.useful.insert(say.who)),
            "thanks" => drop(out.thanks.insert(say.who)),
            "used" => out.used.push(say.who),
            "take" => drop(out.taken.insert(say.who)),
            "endorse" => drop(out.endorsed.entry(say.value.to_owned()).or_default().insert(say.who)),
            "deprecate" => out.successors.extend(named().map(|document| (say.entry, document))),
            "accept" => {
                if let Some(post) = named() {
                    out.accepted.entry(post).or_default().insert(say.who);
                }
            }
            _ => {}
        }
    }
    out.used.sort_unstable();
    let of = |keep: &dyn Fn(&Say<'_>) -> bool| live.iter().copied().filter(|&at| keep(&says[at])).collect::<Vec<_>>();
    let ends = pasts.frontier(&of(&|say| Thread::of_verb(say.verb).is_some()), says);
    let solved = if out.accepted.is_empty() { Thread::Open } else { Thread::Solved };
    out.thread = ends.iter().filter_map(|&at| Thread::of_verb(says[at].verb)).max().unwrap_or(solved);
    let duplicates = ends.iter().filter(|&&at| says[at].verb == "duplicate");
    out.elsewhere = duplicates.filter_map(|&at| says[at].value.parse().ok()).collect();
    let last = pasts.frontier(&of(&|say| say.verb == "verify" && say.until.is_some()), says);
    out.verified = pasts.verified(&last, says, edits);
    out
}

/// Which marks and edits each entry has in its past: marks by their number, edits after them.
struct Pasts {
    past: BTreeMap<EntryId, Bits>,
    nothing: Bits,
}

impl Pasts {
    fn new<'a>(
        entries: impl IntoIterator<Item = (EntryId, &'a [EntryId])>,
        says: &[Say<'_>],
        edits: &[Edited],
    ) -> Pasts {
        let known = says.iter().map(|say| say.entry).chain(edits.iter().map(|edit| edit.entry));
        let marks: BTreeMap<EntryId, usize> = known.enumerate().map(|(at, id)| (id, at)).collect();
        let mut past: BTreeMap<EntryId, Bits> = BTreeMap::new();
        for (id, deps) in entries {
            let mut bits = Bits::default();
            for dep in deps {
                if let Some(before) = past.get(dep) {
                    bits.join(before);
                }
                if let Some(&at) = marks.get(dep) {
                    bits.set(at);
                }
            }
            past.insert(id, bits);
        }
        Pasts { past, nothing: Bits::default() }
    }

    fn bits(&self, entry: EntryId) -> &Bits {
        self.past.get(&entry).unwrap_or(&self.nothing)
    }

    /// Returns all that some marks have in their past.
    fn union<'a>(&self, entries: impl Iterator<Item = &'a EntryId>) -> Bits {
        let mut all = Bits::default();
        entries.for_each(|entry| all.join(self.bits(*entry)));
        all
    }

    /// Returns the marks that stand.
    fn live(&self, says: &[Say<'_>]) -> Vec<usize> {
        let mut ended: BTreeMap<(MemberId, &str, Option<&str>), Bits> = BTreeMap::new();
        for say in says {
            let key = match (say.taken_back, one_voice_a_value(say.verb)) {
                (true, _) if say.value.is_empty() => (say.who, say.verb, None),
                (_, true) => (say.who, say.verb, Some(say.value)),
                // Each use is one more.
                (false, _) if say.verb == "used" => continue,
                _ => (say.who, say.verb, None),
            };
            ended.entry(key).or_default().join(self.bits(say.entry));
        }
        let stands = |at: &usize| {
            let say = &says[*at];
            let keys = [None, Some(say.value)].map(|value| (say.who, say.verb, value));
            !say.taken_back && !keys.iter().any(|key| ended.get(key).is_some_and(|bits| bits.has(*at)))
        };
        (0..says.len()).filter(stands).collect()
    }

    /// Returns those of some marks that no other of them follows.
    fn frontier(&self, some: &[usize], says: &[Say<'_>]) -> Vec<usize> {
        let followed = self.union(some.iter().map(|&at| &says[at].entry));
        some.iter().copied().filter(|&at| !followed.has(at)).collect()
    }

    fn verified(&self, last: &[usize], says: &[Say<'_>], edits: &[Edited]) -> Option<Verified> {
        let until = last.iter().filter_map(|&at| says[at].until).max()?;
        let seen = self.union(last.iter().map(|&at| &says[at].entry));
        let fresh = |(at, _): &(usize, &Edited)| !seen.has(says.len() + at);
        Some(Verified {
            until,
            by: last.iter().map(|&at| says[at].who).collect(),
            since: edits.iter().enumerate().filter(fresh).map(|(_, edit)| edit.clone()).collect(),
        })
    }
}

/// Tells whether a person has one voice for each thing that a mark names, and not one in all.
fn one_voice_a_value(verb: &str) -> bool {
    matches!(verb, "accept" | "endorse" | "rate" | "assess")
}
