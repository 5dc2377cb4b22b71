//! The table of what a hostile member, or who stole a key, may send: what it is, and what it must come to on the node
//! that gets it and on those who hear of it from there.

mod chains;
mod encodings;
mod rights;
mod signatures;
mod weights;

use repertoire::model::{EntryId, SpaceId, Verdict};
use repertoire::node::keys::Keys;
use repertoire::sync::{CloseReason, Outcome, PartialReason};

use super::hand::Hand;
use super::program::Line;
use super::tamper::{Tamper, nothing};

/// Neither side can say why they differ: the program goes on holding what it says it holds, and nothing else.
pub(super) const DIFFERENT: Outcome = Outcome::Partial(PartialReason::Different);
/// The author is nobody, or the entry doesn't belong where it says; the one who brought it is not to blame.
pub(super) const REFUSED: Outcome = Outcome::Partial(PartialReason::Refused);
/// There is no room for so much.
pub(super) const BUSY: Outcome = Outcome::Partial(PartialReason::Busy);
/// The node says that a rule was broken, and ends the session.
pub(super) const BLAMED: Outcome = Outcome::Failed(CloseReason::Blamed);

/// What an entry comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It is kept, with this verdict.
    Is(Verdict),
    /// It is kept nowhere.
    Never,
}

/// A row: what it is, and how it is made.
pub(super) type Row = (&'static str, fn(&Stage, &mut Hand) -> Sent);

/// What stands around a row.
pub(super) struct Stage {
    pub(super) liar: Keys,
    /// Whose key was stolen, too.
    pub(super) founder: Keys,
    /// The heads of the governance log.
    pub(super) heads: Vec<EntryId>,
    /// A practice that anybody may edit, and another.
    pub(super) document: EntryId,
    pub(super) other: EntryId,
    /// Differs from row to row.
    pub(super) seed: u64,
}

impl Stage {
    /// A new life of the liar's device.
    pub(super) fn hand(&self, number: u64) -> Hand {
        Hand::new(&self.liar, &self.heads, self.document, self.seed + number)
    }

    /// A life of the founder's device that the founder knows nothing of.
    pub(super) fn thief(&self, number: u64) -> Hand {
        Hand::new(&self.founder, &self.heads, self.document, self.seed + number)
    }

    pub(super) fn space(&self) -> SpaceId {
        self.liar.spaces[0].0
    }
}

/// What is sent, session by session, and what it must come to.
pub(super) struct Sent {
    pub(super) sessions: Vec<(Vec<Line>, Tamper)>,
    /// How the last of the sessions ends for the liar.
    pub(super) outcome: Outcome,
    /// How often the liar is to blame.
    pub(super) strikes: u32,
    pub(super) ends: Vec<(EntryId, End)>,
    /// How many more chains are forked.
    pub(super) forks: usize,
}

impl Sent {
    /// Lines of entries, told as any program would.
    pub(super) fn lines(lines: Vec<Line>) -> Sent {
        Sent { sessions: vec![(lines, nothing())], outcome: DIFFERENT, strikes: 0, ends: Vec::new(), forks: 0 }
    }

    /// All that the hand wrote.
    pub(super) fn of(hand: &mut Hand) -> Sent {
        Sent::lines(vec![std::mem::take(&mut hand.line)])
    }

    /// As [`Sent::of`], where all of it comes to this.
    pub(super) fn all(hand: &mut Hand, verdict: Verdict) -> Sent {
        let ids: Vec<EntryId> = hand.line.iter().map(|(entry, _, _)| entry.id()).collect();
        Sent::of(hand).each(ids, End::Is(verdict))
    }

    pub(super) fn is(self, id: EntryId, verdict: Verdict) -> Sent {
        self.each([id], End::Is(verdict))
    }

    pub(super) fn never(self, id: EntryId) -> Sent {
        self.each([id], End::Never)
    }

    pub(super) fn each(mut self, ids: impl IntoIterator<Item = EntryId>, end: End) -> Sent {
        self.ends.extend(ids.into_iter().map(|id| (id, end)));
        self
    }

    /// Says it so.
    pub(super) fn by(mut self, tamper: Tamper) -> Sent {
        self.sessions.last_mut().expect("there is one").1 = tamper;
        self
    }

    /// Says this in a session of its own, after the others.
    pub(super) fn then(mut self, lines: Vec<Line>) -> Sent {
        self.sessions.push((lines, nothing()));
        self
    }

    pub(super) fn ends(mut self, outcome: Outcome) -> Sent {
        self.outcome = outcome;
        self
    }

    pub(super) fn strikes(mut self, strikes: u32) -> Sent {
        self.strikes = strikes;
        self
    }

    /// A rule of the protocol is broken: the session ends, which is to blame on the liar.
    pub(super) fn blamed(self) -> Sent {
        self.ends(BLAMED).strikes(1)
    }
}

/// Rows about entries, which members send who don't govern: a device for each table, and another where one is banned.
pub(super) fn by_members() -> [&'static [Row]; 5] {
    [signatures::TABLE, encodings::TABLE, weights::TABLE, rights::ALONE, chains::TABLE]
}

/// Rows about rights, which an animator sends.
pub(super) fn by_an_animator() -> &'static [Row] {
    rights::TABLE
}
