//! Sessions that stay open, and push what is written.

use super::converge::circle;
use super::door::{DIALLER, Door, LISTENER, assert_equal, sync};
use super::memory::{COMMONS, Dice};
use crate::sync::{CloseReason, Input, Outcome};

#[test]
fn what_is_written_is_there_after_one_flight() {
    let mut nodes = circle(2);
    let [one, other] = &mut nodes[..] else { unreachable!() };
    let mut door = Door::open([one, other]);
    door.run(one, other);
    assert!(door.ends.iter().all(|end| end.reports.len() == 1 && end.reports[0].stays && end.closed.is_none()));
    let id = one.write(b"just now");
    let before = door.ends[DIALLER].sent.len();
    door.give(DIALLER, Input::LocalChange, one);
    let pushed = door.ends[DIALLER].sent.len() - before;
    for _ in 0..pushed {
        door.deliver(LISTENER, [one, other]);
    }
    assert!(other.payloads.contains_key(&id), "it came without a question");
    let bytes: usize = door.ends[DIALLER].sent[before..].iter().map(Vec::len).sum();
    assert!(bytes < 700, "{bytes} bytes for a push");
    door.run(one, other);
    assert_equal(one, other);
    assert!(door.ends.iter().all(|end| end.reports.len() == 2));
    assert_eq!(door.outcomes(), [Some(Outcome::Complete); 2]);
    // Nothing new, nothing said.
    door.give(LISTENER, Input::LocalChange, other);
    door.give(DIALLER, Input::LocalChange, one);
    assert!(!door.deliver(LISTENER, [one, other]) && !door.deliver(DIALLER, [one, other]));
    door.give(DIALLER, Input::Closed, one);
    assert_eq!(door.ends[DIALLER].closed, Some(CloseReason::Ended));
    assert_eq!(door.ends[DIALLER].reports.len(), 2);
}

#[test]
fn both_may_write_at_any_moment() {
    for seed in 0..20 {
        let mut dice = Dice::new(seed);
        let mut nodes = circle(2);
        let [one, other] = &mut nodes[..] else { unreachable!() };
        let mut door = Door::open([one, other]);
        let mut left = 40;
        for _ in 0..20_000 {
            if left > 0 && dice.below(3) == 0 {
                left -= 1;
                let side = dice.below(2);
                let many = if dice.below(40) == 0 { 700 } else { 1 + dice.below(2) };
                let memory = if side == DIALLER { &mut *one } else { &mut *other };
                (0..many).for_each(|n| _ = memory.write(format!("{left} {n}").as_bytes()));
                door.give(side, Input::LocalChange, memory);
            }
            let side = dice.below(2);
            if !door.deliver(side, [one, other]) && !door.deliver(1 - side, [one, other]) && left == 0 {
                break;
            }
        }
        assert!(door.ends.iter().all(|end| end.closed.is_none()), "seed {seed}: {:?}", door.outcomes());
        assert_eq!(door.outcomes(), [Some(Outcome::Complete); 2], "seed {seed}");
        assert_equal(one, other);
    }
}

#[test]
fn who_loses_the_right_hears_nothing_more() {
    use crate::model::SpaceId;
    let mut nodes = circle(2);
    let [one, other] = &mut nodes[..] else { unreachable!() };
    let mut door = Door::open([one, other]);
    door.run(one, other);
    let before = door.ends[DIALLER].sent.len();
    one.write(b"not for the other");
    one.hidden.insert((other.own(), SpaceId::GOVERNANCE));
    one.hidden.insert((other.own(), COMMONS));
    door.give(DIALLER, Input::LocalChange, one);
    assert_eq!(door.ends[DIALLER].closed, Some(CloseReason::NotMember));
    let after: Vec<usize> = door.ends[DIALLER].sent[before..].iter().map(Vec::len).collect();
    assert!(after.len() == 1 && after[0] < 20, "the end mark alone: {after:?}");
}

#[test]
fn a_space_that_is_lost_is_not_spoken_of_though_it_was_promised() {
    let mut nodes = circle(2);
    let [one, other] = &mut nodes[..] else { unreachable!() };
    let mut door = Door::open([one, other]);
    door.run(one, other);
    // More than a frame takes is on its way when the right ends.
    let written: Vec<_> = (0..40).map(|_| one.write(&[7; 60_000])).collect();
    door.give(DIALLER, Input::LocalChange, one);
    one.hidden.insert((other.own(), COMMONS));
    door.run(one, other);
    let arrived = written.iter().filter(|id| other.payloads.contains_key(id)).count();
    assert!(arrived < written.len(), "what had not left stays");
}

#[test]
fn it_closes_when_one_end_does_not_want_to_stay() {
    let mut nodes = circle(2);
    let [one, other] = &mut nodes[..] else { unreachable!() };
    let mut door = Door::with([one, other], |config| config.keep_open = config.local_peer[0] == 1);
    door.run(one, other);
    assert_eq!(door.outcomes(), [Some(Outcome::Complete); 2]);
    assert!(door.ends.iter().all(|end| end.closed == Some(CloseReason::Ended) && !end.reports[0].stays));
}

#[test]
fn what_is_written_during_a_session_comes_in_it_or_in_the_next() {
    for seed in 0..20 {
        let mut dice = Dice::new(seed);
        let mut nodes = circle(2);
        let [one, other] = &mut nodes[..] else { unreachable!() };
        (0..5).for_each(|n| _ = one.write(format!("before {n}").as_bytes()));
        let mut door = Door::new([one, other]);
        for step in 0..500 {
            if dice.below(4) == 0 && step < 30 {
                other.write(format!("meanwhile {step}").as_bytes());
                door.give(LISTENER, Input::LocalChange, other);
            }
            let side = dice.below(2);
            if !door.deliver(side, [one, other]) && !door.deliver(1 - side, [one, other]) && step > 30 {
                break;
            }
        }
        assert_eq!(door.outcomes(), [Some(Outcome::Complete); 2], "seed {seed}");
        assert_eq!(door.report(0).agreed, door.report(1).agreed, "seed {seed}");
        sync(one, other);
        assert_equal(one, other);
    }
}
