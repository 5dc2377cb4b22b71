//! Random histories: every way to fold them gives the same, and a broken rule would show.

use std::collections::BTreeSet;

use super::generate::{Story, reordered, story};
use super::reference::{Fault, flat, flat_document};
use super::*;
use crate::model::document::fold::{Engine, Fold};

fn case(seed: u64, steps: usize) -> Story {
    story(seed, 3 + (seed % 3) as usize, steps, !seed.is_multiple_of(4))
}

#[test]
fn all_folds_agree_in_any_causal_order() {
    let mut branched = 0;
    for seed in 0..250 {
        let Story { edits, masked } = case(seed, 24);
        let document = fold(&edits, &masked);
        assert_eq!(flat_document(&document), flat(&edits, &masked, Fault::None), "seed {seed}");
        let mut random = Seeded(seed + 1_000_000);
        for round in 0..3 {
            let other = reordered(&edits, &mut random);
            assert_eq!(fold(&other, &masked), document, "seed {seed}, order {round}");
            assert_eq!(flat(&other, &masked, Fault::None), flat_document(&document), "seed {seed}, order {round}");
        }
        branched += usize::from(edits.windows(2).any(|pair| !pair[1].deps.contains(&pair[0].id)));
    }
    assert!(branched > 200, "only {branched} histories branched");
}

#[test]
fn the_linear_path_is_the_same() {
    for seed in 0..150 {
        let Story { edits, masked } = story(seed, 1, 30, !seed.is_multiple_of(3));
        let fast = fold(&edits, &masked);
        let slow = Fold::new(&edits, &masked).document(Engine::Automerge);
        assert_eq!(fast, slow, "seed {seed}");
        assert_eq!(flat_document(&fast), flat(&edits, &masked, Fault::None), "seed {seed}");
    }
}

#[test]
fn every_composed_edit_is_judged_right() {
    for seed in 0..120 {
        let Story { edits, .. } = case(seed, 24);
        let mut random = Seeded(seed);
        for edits in [edits.clone(), reordered(&edits, &mut random)] {
            let mut history = History::new();
            for edit in &edits {
                if !edit.shape.operations.is_empty() {
                    assert_eq!(judge(edit, &history), Ok(()), "seed {seed}: {edit:?}");
                }
                history.push(edit);
            }
            assert_eq!(history.heads(), fold(&edits, &BTreeSet::new()).heads(), "seed {seed}");
        }
    }
}

#[test]
fn a_past_folds_as_what_its_author_saw() {
    for seed in 0..60 {
        let Story { edits, .. } = case(seed, 20);
        for (index, edit) in edits.iter().enumerate() {
            let seen = past_of(&edits, &edit.deps);
            assert!(seen.len() <= index);
            let document = fold(seen.iter().copied(), &BTreeSet::new());
            let mut deps = edit.deps.clone();
            deps.sort_unstable();
            assert_eq!(document.heads(), deps, "seed {seed}");
        }
    }
}

#[test]
fn planted_faults_are_caught() {
    let faults = [
        Fault::NoStepOver,
        Fault::TieReversed,
        Fault::LengthsNotCounted,
        Fault::AnyDeletionHides,
        Fault::ErasedDeletionsLost,
        Fault::MaskedWritesKept,
        Fault::DirectAncestryOnly,
        Fault::MaskedRemovalsKept,
        Fault::RemoveWins,
        Fault::InnerWritesDontCount,
        Fault::LinksForgotten,
        Fault::ErasedShown,
    ];
    let mut missing: Vec<Fault> = faults.to_vec();
    for seed in 0..400 {
        let Story { edits, masked } = case(seed, 24);
        let document = flat_document(&fold(&edits, &masked));
        missing.retain(|&fault| {
            let other = std::panic::catch_unwind(|| flat(&edits, &masked, fault));
            // A fault that panics has shown nothing.
            other.map_or(true, |other| other == document)
        });
        if missing.is_empty() {
            return;
        }
    }
    panic!("not caught: {missing:?}");
}
