//! Peers that lie, break rules, or don't read; and faults planted in sessions, which the tests must notice.

use super::converge::circle;
use super::door::{DIALLER, Door, LISTENER, assert_equal, config, sync};
use super::memory::{COMMONS, Dice, Memory};
use crate::model::Chain;
use crate::model::id::{DeviceId, EntryId, Incarnation, SpaceId, Timestamp};
use crate::sync::frame::{decode, encode};
use crate::sync::frontier::CHAIN_TIPS_MAX;
use crate::sync::proof::{Ends, Role};
use crate::sync::{CloseReason, Faults, Frontier, Input, Outcome, Output, PartialReason, Session, TIPS_MAX, Tip};
use crate::wire::sync as wire;
use crate::wire::sync::frame::Body;

/// Two members with something to tell each other.
fn pair() -> (Memory, Memory) {
    let mut nodes = circle(2);
    (0..40).for_each(|n| _ = nodes[0].write(format!("one {n}").as_bytes()));
    (0..30).for_each(|n| _ = nodes[1].write(format!("other {n}").as_bytes()));
    let other = nodes.pop().expect("a member");
    (nodes.swap_remove(0), other)
}

/// A session at the listener's end with a member, in its first round, to which any frame may be given.
fn listening(one: &mut Memory, other: &mut Memory) -> Door {
    let mut door = Door::new([one, other]);
    for side in [LISTENER, DIALLER, LISTENER] {
        assert!(door.deliver(side, [one, other]));
    }
    assert!(door.ends[LISTENER].closed.is_none());
    door
}

fn give(door: &mut Door, memory: &mut Memory, body: Body) {
    door.give(LISTENER, Input::Frame(encode(0, body)), memory);
}

#[test]
fn damaged_frames_corrupt_nothing() {
    let pair = pair();
    for seed in 0..150 {
        let mut dice = Dice::new(seed);
        let (mut one, mut other) = pair.clone();
        let mut door = Door::new([&mut one, &mut other]);
        let victim = dice.below(2);
        let after = dice.below(7);
        for step in 0..60 {
            for side in [LISTENER, DIALLER] {
                let from = 1 - side;
                if side == victim
                    && step == after
                    && let Some(frame) = door.ends[from].sent.last().cloned()
                {
                    let mut frame = frame;
                    match dice.below(4) {
                        0 => frame.truncate(dice.below(frame.len())),
                        1 => frame = dice.bytes(60),
                        2 => {}
                        _ => {
                            let at = dice.below(frame.len());
                            frame[at] ^= 1 << dice.below(8);
                        }
                    }
                    let memory = if side == DIALLER { &mut one } else { &mut other };
                    if door.ends[side].closed.is_none() {
                        door.give(side, Input::Frame(frame), memory);
                    }
                }
                door.deliver(side, [&mut one, &mut other]);
            }
        }
        door.cut(&mut one, &mut other);
        one.check();
        other.check();
        sync(&mut one, &mut other);
        assert_equal(&one, &other);
    }
}

#[test]
fn altered_messages_corrupt_nothing() {
    // One bit inside the message, packed again: what a hostile member can send.
    let pair = pair();
    for seed in 0..250 {
        let mut dice = Dice::new(seed);
        let (mut one, mut other) = pair.clone();
        let mut door = Door::new([&mut one, &mut other]);
        let (victim, after) = (dice.below(2), dice.below(8));
        let mut count = 0;
        for _ in 0..60 {
            for side in [LISTENER, DIALLER] {
                let Some(frame) = door.ends[side].take() else { continue };
                let memory = if side == DIALLER { &mut one } else { &mut other };
                let mut frame = frame;
                if side == victim && door.ends[side].closed.is_none() {
                    if count == after {
                        let (heard, body) = decode(&frame).expect("the sender is honest");
                        let mut plain = vec![0];
                        let message = wire::Frame { heard, body: Some(body) };
                        plain.extend(crate::wire::Message::encode_to_vec(&message));
                        let at = 1 + dice.below(plain.len() - 1);
                        plain[at] ^= 1 << dice.below(8);
                        frame = plain;
                    }
                    count += 1;
                }
                door.give_if_open(side, Input::Frame(frame), memory);
            }
        }
        door.cut(&mut one, &mut other);
        one.check();
        other.check();
        sync(&mut one, &mut other);
        assert_equal(&one, &other);
    }
}

#[test]
fn a_frame_twice_is_no_harm() {
    for after in 0..12 {
        let (mut one, mut other) = pair();
        let mut door = Door::new([&mut one, &mut other]);
        for step in 0..30 {
            for side in [LISTENER, DIALLER] {
                if step == after
                    && let Some(frame) = door.ends[1 - side].sent.first().cloned()
                {
                    let memory = if side == DIALLER { &mut one } else { &mut other };
                    door.give_if_open(side, Input::Frame(frame), memory);
                }
                door.deliver(side, [&mut one, &mut other]);
            }
        }
        door.cut(&mut one, &mut other);
        sync(&mut one, &mut other);
        assert_equal(&one, &other);
    }
}

#[test]
fn a_peer_that_never_reads_costs_one_piece() {
    let (mut one, mut other) = pair();
    let mut dice = Dice::new(3);
    let mut tip = None;
    (0..1_024).for_each(|_| tip = Some(other.write(&dice.bytes(2_000))));
    let mut door = listening(&mut one, &mut other);
    let chain = wire::ChainName {
        space: COMMONS.0.to_vec(),
        device: other.own().0.to_vec(),
        incarnation: other.incarnation.0.to_vec(),
        tip: tip.expect("a tip").0.to_vec(),
    };
    // The listener is never told that anything left its buffer.
    for number in 1..=17 {
        assert!(door.ends[LISTENER].closed.is_none());
        let range = wire::WantRange { chain: Some(chain.clone()), first: 1, last: 1_024 };
        give(&mut door, &mut other, Body::Want(wire::Want { number, ranges: vec![range] }));
        let handed_out: usize = door.ends[LISTENER].sent.iter().map(Vec::len).sum();
        assert!(handed_out < 600_000, "{handed_out} bytes");
    }
    assert_eq!(door.ends[LISTENER].closed, Some(CloseReason::Malformed));
}

#[test]
fn what_breaks_a_rule_ends_the_session() {
    let name = |memory: &Memory| wire::ChainName {
        space: COMMONS.0.to_vec(),
        device: memory.own().0.to_vec(),
        incarnation: memory.incarnation.0.to_vec(),
        tip: vec![1; 32],
    };
    let frontiers = |round, space: &[u8]| {
        let space = wire::SpaceFrontier { space: space.to_vec(), digest: vec![0; 32], ..Default::default() };
        Body::Frontiers(wire::Frontiers { round, spaces: vec![space], more: false })
    };
    type Case = (&'static str, Box<dyn Fn(&Memory) -> Body>);
    let cases: Vec<Case> = vec![
        ("a second hello", Box::new(|_| Body::Hello(wire::Hello::default()))),
        ("a round that is not on", Box::new(move |_| frontiers(7, &COMMONS.0))),
        ("frontiers twice", Box::new(move |_| frontiers(0, &COMMONS.0))),
        ("a space of 15 bytes", Box::new(move |_| frontiers(0, &[1; 15]))),
        ("an answer to nothing", Box::new(|_| Body::Answered(wire::Answered { number: 9 }))),
        ("hashes for nothing", Box::new(|_| Body::Hashes(wire::Hashes { number: 1, ids: Vec::new() }))),
        ("payloads for nothing", Box::new(|_| Body::Batch(wire::Batch::default()))),
        ("a need for nothing", Box::new(|_| Body::Need(wire::Need { round: 3, spaces: Vec::new() }))),
        ("an end mark too early", {
            let outcome = wire::Outcome::Complete.into();
            Box::new(move |_| Body::End(wire::End { outcome, ..Default::default() }))
        }),
        ("a probe of too many places", {
            Box::new(move |m| Body::Probe(wire::Probe { number: 1, chain: Some(name(m)), seqs: vec![1; 65] }))
        }),
        ("a want of too much", {
            Box::new(move |m| {
                let range = wire::WantRange { chain: Some(name(m)), first: 1, last: 1_025 };
                Body::Want(wire::Want { number: 1, ranges: vec![range] })
            })
        }),
        ("a want that ends before it begins", {
            Box::new(move |m| {
                let range = wire::WantRange { chain: Some(name(m)), first: 2, last: 1 };
                Body::Want(wire::Want { number: 1, ranges: vec![range] })
            })
        }),
        ("a run of nothing", {
            Box::new(|m| {
                let run = wire::Run {
                    device: m.own().0.to_vec(),
                    incarnation: m.incarnation.0.to_vec(),
                    first: 1,
                    ..Default::default()
                };
                Body::Entries(wire::Entries { space: COMMONS.0.to_vec(), runs: vec![run], total: u64::MAX })
            })
        }),
    ];
    for (what, body) in cases {
        let (mut one, mut other) = pair();
        let mut door = listening(&mut one, &mut other);
        let body = body(&one);
        // The dialler's own frontiers come first.
        while door.deliver(LISTENER, [&mut one, &mut other]) {}
        give(&mut door, &mut other, body);
        assert_eq!(door.ends[LISTENER].closed, Some(CloseReason::Malformed), "{what}");
        door.run(&mut one, &mut other);
        assert_eq!(door.ends[DIALLER].closed, Some(CloseReason::Blamed), "{what}");
    }
}

#[test]
fn a_tip_of_a_hidden_space_opens_nothing() {
    let (mut one, mut other) = pair();
    other.hidden.insert((one.own(), COMMONS));
    other.careless = true;
    let mut door = listening(&mut one, &mut other);
    let hidden = other.frontier_of(COMMONS).iter().map(|(chain, tips)| (*chain, tips[0].id)).collect::<Vec<_>>();
    let before = door.ends[LISTENER].sent.len();
    let mut number = 0;
    for (chain, tip) in hidden {
        for space in [SpaceId::GOVERNANCE, COMMONS, SpaceId([9; 16])] {
            let name = Some(wire::ChainName {
                space: space.0.to_vec(),
                device: chain.device.0.to_vec(),
                incarnation: chain.incarnation.0.to_vec(),
                tip: tip.0.to_vec(),
            });
            number += 1;
            let probe = wire::Probe { number, chain: name.clone(), seqs: vec![2, 1] };
            give(&mut door, &mut other, Body::Probe(probe));
            give(&mut door, &mut other, Body::Ask(wire::Ask { number, chain: name.clone(), after: 0 }));
            let ranges = vec![wire::WantRange { chain: name, first: 1, last: 2 }];
            give(&mut door, &mut other, Body::Want(wire::Want { number, ranges }));
        }
    }
    let mut answers = 0;
    for frame in &door.ends[LISTENER].sent[before..] {
        answers += 1;
        match decode(frame).expect("a frame").1 {
            Body::Hashes(hashes) => assert!(hashes.ids.iter().all(Vec::is_empty)),
            Body::Batch(batch) => assert!(batch.payloads.iter().all(|stored| stored.absent)),
            Body::Answered(_) => {}
            body => panic!("{body:?}"),
        }
    }
    assert_eq!(answers, 3 * number);
}

#[test]
fn ten_bad_signatures_end_the_session() {
    let (mut one, mut other) = pair();
    let mut door = listening(&mut one, &mut other);
    let run = wire::Run {
        device: one.own().0.to_vec(),
        incarnation: one.incarnation.0.to_vec(),
        first: 1,
        rows: [&[8 + 16 + 4, 0, 0, 0, 0][..], &[0; 32]].concat(),
        signature: vec![7; 64],
        payloads: Vec::new(),
    };
    for count in 1..=10 {
        assert!(door.ends[LISTENER].closed.is_none(), "closed after {count}");
        let entries = wire::Entries { space: COMMONS.0.to_vec(), runs: vec![run.clone()], total: 0 };
        give(&mut door, &mut other, Body::Entries(entries));
    }
    assert_eq!(door.ends[LISTENER].closed, Some(CloseReason::Malformed));
    assert_eq!(door.report(LISTENER).strikes, 10);
}

#[test]
fn lies_about_frontiers_end_after_bounded_rounds() {
    // A tip far beyond, one at a place that is held otherwise, and a new one at each question.
    for (seq, fresh) in [(1_000, false), (3, false), (1_000, true), (3, true)] {
        let (mut one, mut other) = pair();
        one.lie = Some((seq, fresh));
        let mut door = Door::new([&mut one, &mut other]);
        door.run(&mut one, &mut other);
        let outcome = door.outcomes()[LISTENER];
        assert!(
            matches!(outcome, Some(Outcome::Partial(PartialReason::Different) | Outcome::Failed(_))),
            "{seq} {fresh}: {outcome:?}"
        );
        assert!(door.delivered < 400, "{} frames", door.delivered);
        one.lie = None;
        sync(&mut one, &mut other);
        assert_equal(&one, &other);
    }
}

#[test]
fn payloads_that_fit_nothing_are_not_taken() {
    let (mut one, mut other) = pair();
    one.alters_payloads = true;
    let mut door = Door::new([&mut one, &mut other]);
    door.run(&mut one, &mut other);
    assert_eq!(door.ends[LISTENER].closed, Some(CloseReason::Malformed));
    other.check();
    one.alters_payloads = false;
    sync(&mut one, &mut other);
    assert_equal(&one, &other);
}

#[test]
fn versions_are_chosen_or_refused_after_the_proof() {
    for (lowest, highest, fits) in [(1, 1, true), (0, 9, true), (2, 9, false), (0, 0, false)] {
        let mut memory = Memory::found(1);
        let ends = Ends::new(Role::Dialler, &config(1, 2));
        let proof = ends.proof(Role::Dialler, &memory.secret).as_bytes().to_vec();
        for good in [true, false] {
            let mut session = Session::listen(config(2, 1));
            session.handle(Input::Opened, &mut memory, Timestamp(0));
            let proof = if good { proof.clone() } else { vec![1; 32] };
            let hello = encode(0, Body::Hello(wire::Hello { lowest, highest, proof }));
            let outputs = session.handle(Input::Frame(hello), &mut memory, Timestamp(0));
            let said = outputs.iter().find_map(|output| match output {
                Output::Send(frame) => Some(decode(frame).expect("a frame").1),
                _ => None,
            });
            match said {
                Some(Body::Welcome(welcome)) => assert!(good && fits && welcome.version == 1),
                Some(Body::End(end)) => assert!(good && !fits && end.reason() == wire::Reason::Version),
                None => assert!(!good),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn waiting_ends_and_clocks_that_jump_end_nothing() {
    let (mut one, mut other) = pair();
    let mut tick = |door: &mut Door, step: i64, count: usize| {
        for _ in 0..count {
            door.now += step;
            if door.ends[LISTENER].closed.is_none() {
                door.give(LISTENER, Input::Tick, &mut other);
            }
        }
        door.ends[LISTENER].closed
    };
    let mut idle = Memory::found(3);
    let mut door = Door::new([&mut one, &mut idle]);
    assert_eq!(tick(&mut door, 1_000, 10), None);
    assert_eq!(tick(&mut door, 1_000, 1), Some(CloseReason::Silence));
    let mut door = Door::new([&mut one, &mut idle]);
    assert_eq!(tick(&mut door, 3_600_000, 1), None, "the clock was set");
    assert_eq!(tick(&mut door, -7_200_000, 5), None, "and set back");
    let (mut one, mut other) = pair();
    let mut door = listening(&mut one, &mut other);
    for count in 0..130 {
        assert!(door.ends[LISTENER].closed.is_none() == (count < 121), "second {count}");
        door.now += 1_000;
        door.give_if_open(LISTENER, Input::Tick, &mut other);
    }
    assert_eq!(door.ends[LISTENER].closed, Some(CloseReason::Silence));
}

#[test]
fn an_admission_is_bound_in_time_and_size() {
    let mut nodes = circle(2);
    let mut stranger = nodes[0].join(9);
    stranger.forget_own_acts();
    let reach = |stranger: &mut Memory, node: &mut Memory| {
        let mut door = Door::new([stranger, node]);
        for side in [LISTENER, DIALLER, LISTENER] {
            assert!(door.deliver(side, [stranger, node]));
        }
        assert_eq!(
            decode(door.ends[LISTENER].sent.last().expect("a frame")).expect("sound").1,
            Body::Present(wire::Present {})
        );
        door
    };
    let mut door = reach(&mut stranger, &mut nodes[0]);
    for _ in 0..6 {
        assert!(door.ends[LISTENER].closed.is_none());
        door.now += 1_000;
        door.give(LISTENER, Input::Tick, &mut nodes[0]);
    }
    assert_eq!(door.ends[LISTENER].closed, Some(CloseReason::NotMember));
    let mut door = reach(&mut stranger, &mut nodes[0]);
    let mut founder_acts = stranger.clone();
    let portion = crate::sync::Replica::introduction(&founder_acts, founder_acts.community).expect("acts").remove(0);
    founder_acts.members.clear();
    let run = wire::Run {
        device: portion.entries[0].header().device.0.to_vec(),
        incarnation: portion.entries[0].header().incarnation.0.to_vec(),
        first: 1,
        rows: crate::sync::delta::encode(&portion.entries, false, &mut crate::sync::delta::Table::sending()),
        signature: portion.signature.0.to_vec(),
        payloads: Vec::new(),
    };
    let mut sent = 0;
    while door.ends[LISTENER].closed.is_none() {
        let entries = wire::Entries { space: SpaceId::GOVERNANCE.0.to_vec(), runs: vec![run.clone(); 100], total: 0 };
        sent += 1;
        give(&mut door, &mut nodes[0], Body::Entries(entries));
    }
    assert_eq!(door.ends[LISTENER].closed, Some(CloseReason::NotMember));
    assert!((5..30).contains(&sent), "{sent} frames");
    // Welcome, Present and End.
    assert_eq!(door.ends[LISTENER].sent.len(), 3);
}

#[test]
fn a_store_that_fails_ends_the_session_as_failed() {
    let (mut one, mut other) = pair();
    let mut door = listening(&mut one, &mut other);
    other.broken = true;
    door.run(&mut one, &mut other);
    assert_eq!(
        door.outcomes(),
        [Some(Outcome::Failed(CloseReason::Stopped)), Some(Outcome::Failed(CloseReason::Unavailable))]
    );
}

/// Runs a session with faults planted on both sides; tells whether a test would notice.
fn noticed(faults: Faults, one: &mut Memory, other: &mut Memory) -> bool {
    let mut door = Door::faulty([one, other], faults);
    door.run(one, other);
    let complete = door.outcomes() == [Some(Outcome::Complete); 2];
    let sound = one.payloads.iter().chain(&other.payloads).all(|(id, payload)| {
        [&*one, &*other].iter().filter_map(|m| m.entries.get(id)).all(|(entry, _)| payload.fits(entry.header()))
    });
    !complete || !sound || one.holdings() != other.holdings()
}

/// As many tips of a chain, and in all, as there may be, and one more.
#[test]
fn frontiers_have_their_limits() {
    let chain = |n: usize| Chain {
        space: COMMONS,
        device: DeviceId([1; 32]),
        incarnation: Incarnation(std::array::from_fn(|at| n.to_be_bytes().get(at).copied().unwrap_or(0))),
    };
    let tip = |n: usize| Tip { seq: 1 + n as u64, id: EntryId([2; 32]), missing: Vec::new() };
    let read = |chains: usize, tips: usize| {
        let mut frontier = Frontier::new();
        (0..chains).for_each(|n| frontier.set(chain(n), (0..tips).map(tip).collect()));
        Frontier::from_bytes(COMMONS, &frontier.to_bytes()).is_some_and(|read| read == frontier)
    };
    assert_eq!([read(1, CHAIN_TIPS_MAX), read(1, CHAIN_TIPS_MAX + 1)], [true, false]);
    assert_eq!([read(TIPS_MAX, 1), read(TIPS_MAX + 1, 1)], [true, false]);
}

#[test]
fn planted_faults_are_noticed() {
    let none = Faults::default();
    let (one, other) = pair();
    assert!(!noticed(none, &mut one.clone(), &mut other.clone()));
    assert!(noticed(Faults { frontier_without_one_tip: true, ..none }, &mut one.clone(), &mut other.clone()));
    let (mut lossy, mut whole) = (one.clone(), other.clone());
    sync(&mut lossy, &mut whole);
    let lost = *lossy.payloads.keys().next_back().expect("a payload");
    lossy.lose(lost);
    assert!(!noticed(none, &mut lossy.clone(), &mut whole.clone()));
    assert!(noticed(Faults { skip_payload_check: true, ..none }, &mut lossy.clone(), &mut whole));
    let (mut branch, mut copy) = (one.clone(), one.clone());
    branch.write(b"here");
    copy.write(b"there");
    copy.write(b"and there");
    assert!(!noticed(none, &mut branch.clone(), &mut copy.clone()));
    assert!(noticed(Faults { no_probe: true, ..none }, &mut branch, &mut copy));
    let (mut altering, mut taking) = (one.clone(), other.clone());
    altering.alters_payloads = true;
    assert!(noticed(Faults { unchecked_payloads: true, ..none }, &mut altering, &mut taking));
    for one_round in [false, true] {
        let (mut here, mut there) = (one.clone(), other.clone());
        let mut door = Door::faulty([&mut here, &mut there], Faults { one_round, ..none });
        (0..5).for_each(|turn| _ = door.deliver(1 - turn % 2, [&mut here, &mut there]));
        there.write(b"meanwhile");
        door.run(&mut here, &mut there);
        assert_eq!(door.outcomes() == [Some(Outcome::Complete); 2], !one_round);
    }
    // A stream that is cut in the middle, and an end mark that comes too early.
    let (mut here, mut there) = (one.clone(), other.clone());
    let mut door = Door::faulty([&mut here, &mut there], Faults { ignore_end_mark: true, ..none });
    (0..5).for_each(|turn| _ = door.deliver(1 - turn % 2, [&mut here, &mut there]));
    door.cut(&mut here, &mut there);
    assert!(door.outcomes().contains(&Some(Outcome::Complete)) && here.holdings() != there.holdings());
    let mut door = Door::faulty([&mut here, &mut there], Faults { trust_end_mark: true, ..none });
    (0..3).for_each(|turn| _ = door.deliver(1 - turn % 2, [&mut here, &mut there]));
    let outcome = wire::Outcome::Complete.into();
    give(&mut door, &mut there, Body::End(wire::End { outcome, ..Default::default() }));
    while door.deliver(DIALLER, [&mut here, &mut there]) {}
    assert_eq!(door.outcomes()[LISTENER], Some(Outcome::Complete));
    assert!(here.holdings() != there.holdings());
}
