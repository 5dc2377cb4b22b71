//! Faults that tests plant in the rule, to see that they are noticed. None of this is in the program.

/// A fault of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mutant {
    /// Sorts acts causes first and by rank among those that are ready, and replays them: no edges, no circles.
    PrioritySort,
    /// The junior wins.
    JuniorFirst,
    /// Signatures give no rank.
    QuorumIgnored,
    /// One signature can be a quorum.
    QuorumOfOne,
    /// Signatures count of those too whose right the circle threatens.
    Puppets,
    /// A removal that a victory frees hits the victor.
    ThirdHits,
    /// What a right rests on is no edge: acts stand before it is known whether it falls.
    AuthorityIgnored,
    /// What rests on a void act stands.
    NoCascade,
    /// Removals that fall void their targets all the same.
    VoidRemovalsVoid,
    /// Blocks may end with nobody who governs.
    NoFloor,
    /// The senior has to stay, and the junior may go.
    SeniorStays,
    /// Removals void what they have in their past.
    CutIgnored,
    /// Checkpoints close nothing.
    NoCheckpoint,
    /// A removal takes its author's checkpoint away.
    CheckpointRemoved,
    /// Of two checkpoints the one that fewer signed stands.
    FewerSigners,
    /// Who has lost the right by a checkpoint goes on beside it.
    NeverOutdated,
    /// Vetoes do nothing.
    VetoIgnored,
    /// Whom a recovery named can veto it.
    OwnVeto,
    /// Of roles given at the same time the highest counts.
    HighestRole,
    /// A demotion voids all that its target does.
    DemotionVoidsAll,
    /// A dropped device takes the acts of the person's others with it.
    DropVoidsPerson,
    /// The whole set is one block.
    OneBlock,
    /// In its own past an act sees void acts as if they counted.
    VoidInPastCounts,
    /// A younger device drops an older one.
    YoungerDrops,
}

#[cfg(test)]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Mutant>> = const { std::cell::Cell::new(None) };
}

/// Plants a fault for this thread.
#[cfg(test)]
pub(super) fn plant(mutant: Option<Mutant>) {
    PLANTED.set(mutant);
}

/// Tells whether a fault is planted.
#[cfg(test)]
pub(super) fn is_planted(mutant: Mutant) -> bool {
    PLANTED.get() == Some(mutant)
}

/// Tells whether a fault is planted: never, in the program.
#[cfg(not(test))]
pub(super) const fn is_planted(_: Mutant) -> bool {
    false
}
