//! Two nodes, and many, end with the same, whatever they held before.

use super::door::{Door, LISTENER, assert_equal, sync};
use super::memory::{COMMONS, Dice, Memory};
use crate::model::Kind;
use crate::model::id::{EntryId, SpaceId};
use crate::sync::frame::decode;
use crate::sync::{Outcome, PartialReason};
use crate::wire::sync::frame::Body;

/// A founder and members who know each other.
pub(super) fn circle(count: u8) -> Vec<Memory> {
    let mut founder = Memory::found(1);
    let mut nodes: Vec<Memory> = (2..=count).map(|name| founder.join(name)).collect();
    for node in &mut nodes {
        sync(node, &mut founder);
    }
    nodes.insert(0, founder);
    let (first, rest) = nodes.split_at_mut(1);
    rest.iter_mut().for_each(|node| drop(sync(node, &mut first[0])));
    nodes
}

fn two(nodes: &mut [Memory], one: usize, other: usize) -> (&mut Memory, &mut Memory) {
    assert_ne!(one, other);
    let (low, high) = (one.min(other), one.max(other));
    let (left, right) = nodes.split_at_mut(high);
    if one < other { (&mut left[low], &mut right[0]) } else { (&mut right[0], &mut left[low]) }
}

#[test]
fn an_empty_difference_is_complete() {
    let mut nodes = circle(2);
    let (one, other) = two(&mut nodes, 0, 1);
    assert_equal(one, other);
    let reports = sync(one, other);
    assert_eq!(reports[0].entries_received + reports[1].entries_received, 0);
    assert_eq!(reports[0].agreed, reports[1].agreed);
    assert_eq!(reports[0].agreed.len(), 2);
}

#[test]
fn both_get_what_the_other_wrote() {
    let mut nodes = circle(2);
    let (one, other) = two(&mut nodes, 0, 1);
    one.write(b"from one");
    other.write(b"from the other");
    other.write_as(COMMONS, Kind::Unknown(200), b"of tomorrow", b"kept and passed on");
    let reports = sync(one, other);
    assert_equal(one, other);
    assert_eq!([reports[0].entries_received, reports[0].entries_sent], [2, 1]);
    assert_eq!([reports[1].entries_received, reports[1].entries_sent], [1, 2]);
}

#[test]
fn many_nodes_gossip_until_all_hold_the_same() {
    for seed in 0..5 {
        let mut dice = Dice::new(seed);
        let mut nodes = circle(6);
        for _ in 0..60 {
            for _ in 0..dice.below(4) {
                let author = dice.below(6);
                let length = dice.below(300);
                let text = dice.bytes(length);
                match dice.below(40) {
                    0 => _ = nodes[author].write_as(SpaceId::GOVERNANCE, Kind::Governance, b"join", b""),
                    1 => _ = nodes[author].write_as(COMMONS, Kind::Mark, b"mark", &text),
                    2 => {
                        (0..300).for_each(|_| {
                            nodes[author].write(b"one of many");
                        });
                    }
                    _ => _ = nodes[author].write(&text),
                }
            }
            let one = dice.below(6);
            let other = (one + 1 + dice.below(5)) % 6;
            let (one, other) = two(&mut nodes, one, other);
            let mut door = Door::new([one, other]);
            door.run_shuffled(one, other, &mut dice);
            assert_eq!(door.outcomes(), [Some(Outcome::Complete); 2], "seed {seed}");
            assert_equal(one, other);
        }
        for _ in 0..2 {
            (1..6).for_each(|other| {
                let (one, other) = two(&mut nodes, 0, other);
                sync(one, other);
            });
        }
        (1..6).for_each(|other| assert_equal(&nodes[0], &nodes[other]));
    }
}

/// Two copies of one device, each of which went on writing.
fn forked(before: usize, one: usize, other: usize) -> (Memory, Memory) {
    let mut nodes = circle(2);
    (0..before).for_each(|n| _ = nodes[0].write(format!("before {n}").as_bytes()));
    let mut copy = nodes[0].clone();
    (0..one).for_each(|n| _ = nodes[0].write(format!("here {n}").as_bytes()));
    (0..other).for_each(|n| _ = copy.write(format!("there {n}").as_bytes()));
    (nodes.swap_remove(0), copy)
}

#[test]
fn forks_keep_both_branches() {
    for (before, one, other) in
        [(1, 1, 1), (0, 2, 3), (5, 1, 40), (40, 3, 1), (600, 7, 5), (3, 400, 390), (700, 1, 900)]
    {
        let (mut one, mut other) = forked(before, one, other);
        let reports = sync(&mut one, &mut other);
        assert_equal(&one, &other);
        let tips: Vec<usize> = one.frontier_of(COMMONS).iter().map(|(_, tips)| tips.len()).collect();
        assert_eq!(tips, [2], "before {before}");
        assert!(reports[0].round_trips <= 6, "{} round trips", reports[0].round_trips);
        let again = sync(&mut one, &mut other);
        assert_eq!(again[0].entries_sent + again[1].entries_sent, 0);
    }
}

#[test]
fn a_third_node_brings_a_fork_home() {
    let (mut one, mut other) = forked(20, 4, 6);
    let mut third = one.join(9);
    // The newcomer's admission is known to both before the branches meet.
    sync(&mut third, &mut one);
    sync(&mut third, &mut other);
    sync(&mut third, &mut one);
    assert_equal(&one, &third);
    sync(&mut other, &mut third);
    assert_equal(&other, &third);
}

#[test]
fn missing_payloads_are_fetched_from_who_has_them() {
    let mut nodes = circle(3);
    let ids: Vec<_> = (0..1_500).map(|n| nodes[0].write(format!("text {n}").as_bytes())).collect();
    let (one, other) = two(&mut nodes, 0, 1);
    sync(one, other);
    let (one, other) = two(&mut nodes, 0, 2);
    sync(one, other);
    for (index, id) in ids.iter().enumerate() {
        match index % 7 {
            0 => nodes[0].lose(*id),
            1 | 2 => nodes[1].lose(*id),
            3 => (0..3).for_each(|node| nodes[node].lose(*id)),
            _ => {}
        }
    }
    nodes[0].write(b"after the loss");
    let (one, other) = two(&mut nodes, 0, 1);
    let reports = sync(one, other);
    assert!(reports[0].payloads_received > 200 && reports[1].payloads_received > 400);
    assert_equal(one, other);
    // What all lack stays missing, and is no reason to go on for ever.
    assert_eq!(one.payloads.len(), one.entries.len() - 1_500_usize.div_ceil(7).min(214));
}

#[test]
fn erased_content_is_not_missing_and_travels_as_its_hash() {
    let mut nodes = circle(2);
    let ids: Vec<_> = (0..3).map(|n| nodes[0].write(format!("secret {n}").as_bytes())).collect();
    nodes[0].erase_content(ids[1]);
    let (one, other) = two(&mut nodes, 0, 1);
    sync(one, other);
    assert_equal(one, other);
    assert_eq!(other.payloads[&ids[1]], one.payloads[&ids[1]]);
    assert!(matches!(other.payloads[&ids[1]].content, crate::model::Content::Erased(_)));
}

#[test]
fn long_runs_need_few_signatures() {
    let mut nodes = circle(2);
    (0..2_000).for_each(|n| _ = nodes[0].write(format!("text {n}").as_bytes()));
    nodes[0].forget_signatures(256);
    let (one, other) = two(&mut nodes, 0, 1);
    let reports = sync(one, other);
    assert_equal(one, other);
    assert_eq!(reports[1].entries_received, 2_000);
    let signatures = other.entries.values().filter(|(_, signature)| signature.is_some()).count();
    assert!(signatures < 20, "{signatures} signatures came");
    // Headers: about 45 bytes each where all can be derived, with root (32) among them.
    assert!(one.entries.len() > 2_000);
}

#[test]
fn runs_too_large_for_a_frame_are_cut_and_joined() {
    let mut founder = Memory::found(1);
    let mut reader = founder.join(251);
    // Many devices, so that marks have many heads to name.
    for name in 10..=250 {
        let mut other = founder.join(name);
        other.write(b"a head");
        founder.absorb(&other);
    }
    founder.absorb(&reader);
    (0..255).for_each(|_| _ = founder.write_wide(b"mark", b"text"));
    founder.forget_signatures(100_000);
    let mut door = Door::new([&mut reader, &mut founder]);
    door.run(&mut reader, &mut founder);
    assert_eq!(door.outcomes(), [Some(Outcome::Complete); 2]);
    assert_equal(&founder, &reader);
    let cut = door.ends[LISTENER].sent.iter().filter(|frame| match decode(frame) {
        Ok((_, Body::Entries(entries))) => entries.runs.iter().any(|run| run.signature.is_empty()),
        _ => false,
    });
    assert!(cut.count() > 3);
}

#[test]
fn a_session_cut_anywhere_goes_on_where_it_stopped() {
    for seed in 0..3 {
        let mut dice = Dice::new(seed);
        let (mut one, mut other) = forked(30, 20, 25);
        let of_commons = |id: &EntryId| one.entries[id].0.header().space == COMMONS;
        let lost: Vec<_> = one.payloads.keys().copied().filter(|id| of_commons(id) && dice.below(9) == 0).collect();
        lost.into_iter().for_each(|id| one.lose(id));
        let mut cut_after = 1;
        loop {
            let mut door = Door::new([&mut one, &mut other]);
            let mut moved = true;
            while moved && door.delivered < cut_after {
                let side = dice.below(2);
                moved = door.deliver(side, [&mut one, &mut other]) || door.deliver(1 - side, [&mut one, &mut other]);
            }
            let whole = door.ends.iter().all(|end| end.closed.is_some());
            door.cut(&mut one, &mut other);
            one.check();
            other.check();
            for (side, outcome) in door.outcomes().into_iter().enumerate() {
                let complete = outcome == Some(Outcome::Complete);
                assert!(!complete || one.frontier_of(COMMONS).digest() == other.frontier_of(COMMONS).digest());
                assert!(complete || !whole, "side {side} of a whole session: {outcome:?}");
            }
            if whole {
                break;
            }
            cut_after += 1;
        }
        assert_equal(&one, &other);
        assert!(cut_after > 5);
    }
}

#[test]
fn two_sessions_at_once_bring_the_same() {
    let mut nodes = circle(2);
    (0..900).for_each(|n| _ = nodes[0].write(format!("text {n}").as_bytes()));
    (0..20).for_each(|n| _ = nodes[1].write(format!("back {n}").as_bytes()));
    let (one, other) = two(&mut nodes, 0, 1);
    let mut first = Door::new([one, other]);
    let mut second = Door::new([one, other]);
    let mut dice = Dice::new(5);
    loop {
        let door = if dice.below(2) == 0 { &mut first } else { &mut second };
        let side = dice.below(2);
        let moved = door.deliver(side, [one, other]) || door.deliver(1 - side, [one, other]);
        if !moved && first.ends.iter().chain(&second.ends).all(|end| end.closed.is_some()) {
            break;
        }
    }
    assert_eq!(first.outcomes(), [Some(Outcome::Complete); 2]);
    assert_eq!(second.outcomes(), [Some(Outcome::Complete); 2]);
    assert_equal(one, other);
}

#[test]
fn what_is_refused_or_refused_for_now_makes_a_session_partial() {
    let mut nodes = circle(3);
    nodes[1].write(b"unwanted there");
    let (one, other) = two(&mut nodes, 0, 1);
    one.refused.insert(other.own());
    let mut door = Door::new([one, other]);
    door.run(one, other);
    assert_eq!(door.outcomes(), [Some(Outcome::Partial(PartialReason::Refused)); 2]);
    one.refused.clear();
    one.busy = true;
    let mut door = Door::new([one, other]);
    door.run(one, other);
    assert_eq!(door.outcomes(), [Some(Outcome::Partial(PartialReason::Busy)); 2]);
    one.busy = false;
    sync(one, other);
    assert_equal(one, other);
}

#[test]
fn spaces_that_the_peer_may_not_read_stay_unsaid() {
    let mut nodes = circle(2);
    nodes[0].write(b"for members alone");
    let (one, other) = two(&mut nodes, 0, 1);
    one.hidden.insert((other.own(), COMMONS));
    let before = other.holdings();
    for turn in 0..2 {
        let mut door = if turn == 0 { Door::new([one, other]) } else { Door::new([other, one]) };
        if turn == 0 {
            door.run(one, other)
        } else {
            door.run(other, one)
        }
        assert_eq!(door.outcomes(), [Some(Outcome::Complete); 2]);
        let sent = door.ends[turn].sent.concat();
        assert!(!sent.windows(16).any(|window| window == COMMONS.0), "the space was named");
    }
    assert!(other.holdings() == before);
}
