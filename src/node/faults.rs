//! Faults that can be planted in an engine, so that a simulator can show that it would notice them.

/// All off by default; nothing but tests of the tests sets one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EngineFaults {
    /// Ranks concurrent writings the other way round.
    pub reversed_ties: bool,
    /// Leaves documents unsettled, except the first that a transaction touches.
    pub unsettled: bool,
    /// Settles nothing again when governance changes.
    pub unheld: bool,
    /// Counts what members write whose admission waits.
    pub pending_counts: bool,
    /// Overlooks the seats that were given.
    pub no_seats: bool,
    /// Throws away all branches of a fork but the one that came first.
    pub one_branch: bool,
    /// Judges an entry without looking whether its past is here, and of its document.
    pub unlooked: bool,
}
