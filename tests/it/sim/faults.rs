//! Faults planted on purpose: a simulator that does not notice them proves nothing.

use repertoire::node::{EngineFaults, Node};
use repertoire::sync::Faults;

use super::run;

/// Who has the fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Every node.
    All,
    /// Every second one: what all do alike is not wrong.
    Half,
}

/// A fault, and how it is planted.
#[derive(Clone, Copy)]
pub(super) struct Fault {
    pub(super) name: &'static str,
    who: Who,
    sync: Faults,
    engine: EngineFaults,
    /// The disk says that it has synced, and has not.
    pub(super) lying_disk: bool,
}

impl Fault {
    pub(super) fn plant(self, node: &mut Node, at: usize) {
        if self.who == Who::All || at.is_multiple_of(2) {
            node.plant(self.sync);
            node.plant_in_engines(self.engine);
        }
    }
}

/// All faults that are planted, each with the first seed that showed it: the short form starts there.
///
/// What shows only when payloads come apart from headers, or from a hostile peer, is caught in the tests of `sync`.
fn all() -> Vec<(u64, Fault)> {
    let none = Faults::default();
    let sync = [
        (332, "an end mark ignored", Faults { ignore_end_mark: true, ..none }),
        (0, "a frontier without one tip", Faults { frontier_without_one_tip: true, ..none }),
        (19, "no look for a common entry", Faults { no_probe: true, ..none }),
    ];
    let whole = EngineFaults::default();
    let engine = [
        (0, "a touched document not settled", EngineFaults { unsettled: true, ..whole }),
        (6, "nothing settled again after governance", EngineFaults { unheld: true, ..whole }),
        (3, "a waiting admission counts", EngineFaults { pending_counts: true, ..whole }),
        (0, "seats overlooked", EngineFaults { no_seats: true, ..whole }),
        (19, "a branch of a fork dropped", EngineFaults { one_branch: true, ..whole }),
    ];
    let plain = Fault { name: "a disk that lies", who: Who::All, sync: none, engine: whole, lying_disk: true };
    let of_sync = sync.map(|(seed, name, sync)| (seed, Fault { name, sync, lying_disk: false, ..plain }));
    let of_engines =
        engine.map(|(seed, name, engine)| (seed, Fault { name, engine, who: Who::Half, lying_disk: false, ..plain }));
    of_sync.into_iter().chain(of_engines).chain([(0, plain)]).collect()
}

/// Finds the first seed that shows a fault.
fn caught(fault: Fault, seeds: std::ops::Range<u64>) -> Option<(u64, String)> {
    seeds.into_iter().find_map(|seed| run::run(seed, Some(fault)).err().map(|failure| (seed, failure)))
}

#[test]
fn planted_faults_are_caught() {
    let long = super::number("REPERTOIRE_SEEDS").map(|seeds| 0..seeds.min(500));
    let mut missed = Vec::new();
    for (first, fault) in all() {
        let seeds = long.clone().unwrap_or(first..first + 60);
        match caught(fault, seeds.clone()) {
            Some((seed, failure)) => {
                let line: String = failure.lines().next().unwrap_or_default().chars().take(120).collect();
                println!("{}: seed {seed}: {line}", fault.name);
            }
            None => missed.push((fault.name, seeds)),
        }
    }
    assert!(missed.is_empty(), "not caught: {missed:?}");
}

#[test]
fn a_reversed_tie_break_is_caught() {
    let engine = EngineFaults { reversed_ties: true, ..EngineFaults::default() };
    let (who, sync) = (Who::Half, Faults::default());
    let fault = Fault { name: "a tie-break reversed", who, sync, engine, lying_disk: false };
    assert_eq!(run::meet(0, None), Ok(()));
    let met = run::meet(0, Some(fault)).expect_err("two nodes show different values");
    assert!(met.contains("different things"), "{met}");
}
