//! Faults planted in the rule, and what notices them.
//!
//! Each is planted, and cases that both evaluators agree about without it are compared until one differs. The seed of a
//! case that does is kept here, so that a run is short; `REPERTOIRE_MUTANTS=1 cargo test --lib mutants -- --nocapture`
//! looks for the first one anew and prints it. [`super::exhaustive`] notices most of them too.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::bridge::{Bridge, case, difference};
use crate::model::governance::mutant::{Mutant, plant};

/// Most cases that are looked at for one fault.
const CASES: u64 = 20_000;

/// The faults, and a case that shows each.
const MUTANTS: [(Mutant, u64); 24] = [
    (Mutant::PrioritySort, 3),
    (Mutant::JuniorFirst, 1),
    (Mutant::QuorumIgnored, 17),
    (Mutant::QuorumOfOne, 19),
    (Mutant::Puppets, 1),
    (Mutant::ThirdHits, 9),
    (Mutant::AuthorityIgnored, 1),
    (Mutant::NoCascade, 1),
    (Mutant::VoidRemovalsVoid, 8),
    (Mutant::NoFloor, 19),
    (Mutant::SeniorStays, 19),
    (Mutant::CutIgnored, 4),
    (Mutant::NoCheckpoint, 24),
    (Mutant::CheckpointRemoved, 16),
    (Mutant::FewerSigners, 394),
    (Mutant::NeverOutdated, 395),
    (Mutant::VetoIgnored, 1443),
    (Mutant::OwnVeto, 3076),
    (Mutant::HighestRole, 72),
    (Mutant::DemotionVoidsAll, 16),
    (Mutant::DropVoidsPerson, 517),
    (Mutant::OneBlock, 5024),
    (Mutant::VoidInPastCounts, 30),
    (Mutant::YoungerDrops, 457),
];

/// Tells whether a case differs; a fault may also break what the rule relies on.
fn differs(seed: u64) -> bool {
    let case = case(seed, 8 + (seed % 9) as usize);
    let compared = catch_unwind(AssertUnwindSafe(|| difference(&case, &Bridge::new(&case)).is_some()));
    compared.unwrap_or(true)
}

#[test]
fn every_fault_is_noticed() {
    let search = std::env::var_os("REPERTOIRE_MUTANTS").is_some();
    for (mutant, known) in MUTANTS {
        plant(None);
        assert!(!differs(known), "case {known} differs without any fault");
        plant(Some(mutant));
        let seeds = if search { 0..CASES } else { known..known + 1 };
        let killed = seeds.into_iter().find(|&seed| differs(seed));
        plant(None);
        if search {
            println!("{mutant:?}: {}", killed.map_or("SURVIVES".to_owned(), |seed| format!("noticed in case {seed}")));
        } else {
            assert!(killed.is_some(), "nothing notices {mutant:?}");
        }
    }
}
