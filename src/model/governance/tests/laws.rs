//! What the rule promises (P1 to P8), on random cases; [`super::exhaustive`] holds small ones to the same.

use super::bridge::{Bridge, case};
use super::naive_rule as naive;
use super::*;
use crate::model::governance::act::Deed;
use crate::model::governance::view::View;

/// P4 to P7, of one set of acts: all that is in the log.
pub(super) fn hold(log: &Log, view: &View<'_>) {
    assert!(view.is_over() || view.has_governor(), "P6: somebody governs, or it has ended");
    let live = || (0..log.len()).filter(|&at| view.live(at));
    let checkpoint = |&at: &usize| matches!(log.node(at).act.deed, Deed::Checkpoint);
    let crowns: Vec<usize> = live().filter(checkpoint).collect();
    for &crown in &crowns {
        let past = &log.node(crown).past;
        let epoch = View::new(log, past);
        assert!(past.iter().all(|at| epoch.live(at) == view.live(at)), "P7: a closed epoch never changes");
    }
    for at in live() {
        let node = log.node(at);
        let stands = |group: &Vec<usize>| group.iter().any(|&on| view.live(on));
        assert!(node.judged.rests.iter().all(stands), "P4: every right comes from the founding");
        let rooted = matches!(node.act.deed, Deed::Found(_)) || !node.judged.rests.is_empty();
        assert!(rooted && node.judged.rests.iter().flatten().all(|&on| node.past.has(on)), "P4: by acts before it");
        let closed = crowns.iter().any(|&crown| crown == at || log.node(crown).past.has(at));
        assert!(closed || node.voided_by.iter().all(|&by| !view.live(by)), "P5: nothing stands beyond a cut");
    }
}

fn cases() -> impl Iterator<Item = (u64, naive::Case)> {
    let count = std::env::var("REPERTOIRE_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(150);
    (0..count).map(|seed| (seed, case(seed, 8 + (seed % 9) as usize)))
}

#[test]
fn p1_p2_any_order_and_repetition_give_the_same() {
    for (seed, case) in cases() {
        let bridge = Bridge::new(&case);
        let mut random = Seeded::new(seed);
        for _ in 0..3 {
            let mut again = bridge.acts.clone();
            again.extend(bridge.acts.iter().take(4).cloned());
            random.shuffle(&mut again[1..]);
            let other = gather(&again);
            assert_eq!(other.waiting(), 0);
            assert_eq!(other.state(), bridge.governance.state(), "seed {seed}");
            let verdicts = |governance: &Governance| governance.verdicts().into_iter().collect::<BTreeMap<_, _>>();
            assert_eq!(verdicts(&other), verdicts(&bridge.governance), "seed {seed}");
        }
    }
}

#[test]
fn p3_an_act_after_all_others_changes_nothing_about_them() {
    for (seed, case) in cases() {
        let mut bridge = Bridge::new(&case);
        let before = bridge.governance.verdicts();
        let mut random = Seeded::new(seed);
        let person = u8::try_from(random.below(5)).expect("small");
        let signers: BTreeSet<u8> = (0..6).collect();
        let deed = match random.below(7) {
            0 => naive::Deed::Join,
            1 => naive::Deed::Close,
            2 => naive::Deed::Revoke { person, cut: BTreeSet::new(), signers },
            3 => naive::Deed::Grant { person, role: naive::Role::Animator, cut: BTreeSet::new() },
            4 => naive::Deed::Leave,
            5 => naive::Deed::DeviceDrop { device: person * naive::DEVICES, cut: BTreeSet::new(), recovery_key: true },
            _ => naive::Deed::Checkpoint { signers },
        };
        let deps = case.acts.iter().map(|act| act.id).collect();
        let device = u8::try_from(random.below(5)).expect("small") * naive::DEVICES;
        bridge.push(&naive::Act { id: random.array(), device, incarnation: 99, prev: None, deps, deed });
        let after: BTreeMap<EntryId, Verdict> = bridge.governance.verdicts().into_iter().collect();
        assert!(before.iter().all(|(id, verdict)| after[id] == *verdict), "seed {seed}");
    }
}

#[test]
fn p4_to_p7_hold() {
    let mut crowns = 0;
    for (_, case) in cases() {
        let bridge = Bridge::new(&case);
        let log = bridge.governance.log();
        let all = Bits::all(log.len());
        let view = View::new(log, &all);
        hold(log, &view);
        let checkpoint = |&at: &usize| matches!(log.node(at).act.deed, Deed::Checkpoint);
        crowns += (0..log.len()).filter(checkpoint).filter(|&at| view.live(at)).count();
    }
    assert!(crowns > 10, "checkpoints are among the cases");
}

/// P8: prints how long two thousand acts take, evaluated one by one and as a whole, and read back in another order:
/// `cargo test --release --lib p8 -- --nocapture`. Without recursion, a thread with a small stack is enough.
#[test]
fn p8_two_thousand_acts() {
    let run = || {
        for (name, acts) in [("calm", calm()), ("contested", contested()), ("wild", wild())] {
            let start = std::time::Instant::now();
            let governance = gather(&acts);
            let members = governance.state().members.len();
            let whole = start.elapsed();
            let start = std::time::Instant::now();
            let mut backwards = Governance::new(acts[0].clone()).expect("a founding");
            acts.iter().rev().for_each(|act| drop(backwards.insert(act.clone())));
            assert_eq!(backwards.state(), governance.state());
            let void = governance.verdicts().iter().filter(|(_, verdict)| *verdict != Verdict::Counted).count();
            println!(
                "{name}: {} acts, {members} members, {void} void: {whole:?}, backwards {:?}",
                acts.len(),
                start.elapsed()
            );
        }
    };
    let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(run).expect("a thread");
    thread.join().expect("no overflow");
}

/// Invitations, admissions, seats, grants, devices and joins by ten people, mostly one after another.
fn calm() -> Vec<Act> {
    busy(false, |at, people| match at % 6 {
        0 if at < 60 => naive::Deed::Admit { device: people * naive::DEVICES, role: naive::Role::Animator },
        1 => naive::Deed::Grant { person: small(1 + at % 9), role: naive::Role::Animator, cut: BTreeSet::new() },
        _ => naive::Deed::Join,
    })
}

/// The same with demotions, promotions and a removal now and then, half of them unseen by the next.
fn contested() -> Vec<Act> {
    let weak = |at: usize| if at.is_multiple_of(3) { naive::Role::Member } else { naive::Role::Animator };
    busy(false, |at, people| match at % 8 {
        _ if at < 28 => naive::Deed::Admit { device: people * naive::DEVICES, role: naive::Role::Animator },
        3 | 4 => naive::Deed::Grant { person: small(1 + at % 27), role: weak(at), cut: BTreeSet::new() },
        5 if at % 160 == 5 => removal(small(1 + at / 16 % 27)),
        _ => naive::Deed::Join,
    })
}

/// Twenty-seven animators who have seen nothing but their admissions remove each other, seventy times each.
fn wild() -> Vec<Act> {
    busy(true, |at, people| match at {
        0..28 => naive::Deed::Admit { device: people * naive::DEVICES, role: naive::Role::Animator },
        _ => removal(small(1 + at % 27)),
    })
}

fn removal(person: u8) -> naive::Deed {
    naive::Deed::Revoke { person, cut: BTreeSet::new(), signers: BTreeSet::new() }
}

fn small(number: usize) -> u8 {
    u8::try_from(number).expect("small")
}

/// Two thousand acts: what is done, given how many were done and how many people there are. `blind`: nobody sees what was
/// done since the twenty-eighth.
fn busy(blind: bool, deed: impl Fn(usize, u8) -> naive::Deed) -> Vec<Act> {
    let mut random = Seeded::new(7);
    let root = naive::Act {
        id: random.array(),
        device: 0,
        incarnation: 0,
        prev: None,
        deps: BTreeSet::new(),
        deed: naive::Deed::Found,
    };
    let mut bridge = Bridge::new(&naive::Case { acts: vec![root.clone()] });
    let mut last: Vec<naive::Id> = vec![root.id];
    let mut people = 1;
    for at in 0.. {
        if bridge.acts.len() >= 2_000 {
            break;
        }
        let deed = deed(at, people);
        let author = if matches!(deed, naive::Deed::Admit { .. }) { 0 } else { random.below(people.into()) };
        people += u8::from(matches!(deed, naive::Deed::Admit { .. }));
        // Mostly after the last, at times without having seen the last few.
        let removes = matches!(deed, naive::Deed::Revoke { .. });
        let behind = match (at > 60, random.below(4)) {
            (true, 0) => 1 + random.below(4),
            _ => 0,
        };
        let behind = if blind && removes { last.len() - 29 } else { behind };
        let deps = [behind, behind * 2].map(|behind| last[last.len().saturating_sub(1 + behind)]);
        let (device, deps) = (small(author) * naive::DEVICES, BTreeSet::from(deps));
        let act = naive::Act { id: random.array(), device, incarnation: 0, prev: None, deps, deed };
        bridge.push(&act);
        last.push(act.id);
    }
    bridge.acts
}
