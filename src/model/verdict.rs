//! The four verdicts on an entry, the same on every node that holds the same entries.

use serde::{Deserialize, Serialize};

/// What an entry counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// It counts.
    Counted,
    /// It is kept as structure; its effect is hidden.
    Masked(Mask),
    /// Something that it needs is not here yet.
    Waiting(Need),
    /// The header is valid and a rule is broken: no effect at all.
    Void(Breach),
}

/// Why an entry is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Mask {
    /// Its author had not, or no longer, the right.
    Unauthorised,
    /// Its author is a member whose admission waits for an animator.
    Pending,
    /// It is beyond the cut of a removal.
    Cut,
    /// It was erased.
    Erased,
    /// Another part of the same writing is masked or void.
    Part,
}

/// What a waiting entry needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Need {
    /// An entry of its past.
    Past,
    /// Its payload.
    Payload,
    /// The key of its epoch.
    Key,
    /// The remaining parts of the writing.
    Parts,
}

/// Which rule a void entry breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Breach {
    /// Its shape can't be opened or read.
    Shape,
    /// It belongs to another community, space or document than its past.
    Place,
    /// An anchor, or what it names, is not in its past.
    Anchor,
    /// The document kind has no such field, or the operation doesn't fit it.
    Schema,
    /// A limit is passed.
    Limit,
    /// Its author had no right to do this in its own past.
    Right,
    /// Acts at the same time, or what its right rests on, take it away.
    Lost,
}
