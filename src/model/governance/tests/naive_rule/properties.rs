//! What the rule promises, on random cases.

use super::*;
use crate::model::testing::Seeded;

const CASES: u64 = 150;

fn cases() -> impl Iterator<Item = (u64, Case)> {
    (0..CASES).map(|seed| (seed, random::case(seed, 12)))
}

fn whole(rule: &Rule) -> Set {
    (0..rule.acts.len()).fold(0, |set, act| set | bit(act))
}

#[test]
fn p1_p2_any_order_and_repetition_give_the_same() {
    for (seed, case) in cases() {
        let verdicts = evaluate(&case);
        let mut random = Seeded::new(seed);
        let mut again = case.clone();
        again.acts.extend(case.acts.iter().take(3).cloned());
        random.shuffle(&mut again.acts);
        assert_eq!(evaluate(&again), verdicts, "seed {seed}");
    }
}

#[test]
fn p3_an_act_upon_all_others_changes_no_verdict_below() {
    for (seed, mut case) in cases() {
        let before = evaluate(&case);
        let mut random = Seeded::new(seed);
        let devices: Vec<u8> = before.people.values().flat_map(|standing| standing.devices.keys().copied()).collect();
        // All may have left, of a community that was closed in the meantime.
        if devices.is_empty() {
            continue;
        }
        let device = devices[random.below(devices.len())];
        let person = random.below(5) as u8;
        let signers: BTreeSet<u8> = (0..6).collect();
        let deed = match random.below(6) {
            0 => Deed::Join,
            1 => Deed::Close,
            2 => Deed::Revoke { person, cut: Cut::new(), signers },
            3 => Deed::Grant { person, role: Role::Animator, cut: Cut::new() },
            4 => Deed::Admit { device: person * DEVICES, role: Role::Animator },
            _ => Deed::Checkpoint { signers },
        };
        let deps = case.acts.iter().map(|act| act.id).collect();
        let upon = Act { id: random.array(), device, incarnation: 99, prev: None, deps, deed };
        case.acts.push(upon.clone());
        let mut after = evaluate(&case);
        after.fates.remove(&upon.id);
        assert_eq!(after.fates, before.fates, "seed {seed}, {upon:?}");
    }
}

#[test]
fn p4_every_right_comes_from_the_founding() {
    for (seed, case) in cases() {
        let rule = Rule::new(&case);
        let valid = rule.outcome(whole(&rule)).valid();
        for act in members(valid).filter(|&act| rule.acts[act].deed != Deed::Found) {
            let groups = rule.supports(act);
            let stands = groups.iter().all(|group| group.iter().any(|&support| valid & bit(support) != 0));
            assert!(groups.len() == 3 && stands, "seed {seed}, {:?}", rule.acts[act]);
        }
    }
}

#[test]
fn p5_nothing_stands_beyond_a_valid_cut_but_in_a_closed_epoch() {
    for (seed, case) in cases() {
        let rule = Rule::new(&case);
        let valid = rule.outcome(whole(&rule)).valid();
        let checkpoint = |&act: &usize| matches!(rule.acts[act].deed, Deed::Checkpoint { .. });
        let closed = members(valid).filter(checkpoint).fold(0, |closed, act| closed | bit(act) | rule.past[act]);
        for removal in members(valid) {
            for act in members(valid & !closed) {
                assert!(!rule.hits(removal, act), "seed {seed}, {:?} {:?}", rule.acts[removal], rule.acts[act]);
            }
        }
    }
}

#[test]
fn p6_there_is_an_animator_or_it_is_closed() {
    for (seed, case) in cases() {
        let rule = Rule::new(&case);
        let state = &rule.outcome(whole(&rule)).state;
        assert!(state.closed || !state.animators().is_empty(), "seed {seed}");
    }
}

#[test]
fn p7_closed_epochs_never_change() {
    for (seed, case) in cases() {
        let rule = Rule::new(&case);
        let outcome = rule.outcome(whole(&rule));
        for act in members(outcome.valid()).filter(|&act| matches!(rule.acts[act].deed, Deed::Checkpoint { .. })) {
            let epoch = rule.outcome(rule.past[act]);
            assert!(epoch.fates.iter().all(|(&act, &fate)| outcome.is(act, fate)), "seed {seed}");
        }
    }
}

/// The generator is worth its name if every fate occurs.
#[test]
fn random_cases_reach_every_fate() {
    let mut missing = vec![
        Fate::Valid,
        Fate::NoRight,
        Fate::LostAtCheckpoint,
        Fate::OtherCheckpoint,
        Fate::Hit,
        Fate::Unsupported,
        Fate::Outranked,
        Fate::Floor,
    ];
    for seed in 0..2_000 {
        let seen = evaluate(&random::case(seed, 12)).fates;
        missing.retain(|fate| !seen.values().any(|it| it == fate));
        if missing.is_empty() {
            return;
        }
    }
    panic!("no random case has {missing:?}");
}
