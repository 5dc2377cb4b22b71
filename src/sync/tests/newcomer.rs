//! Members whom the other has not met yet, and strangers.

use super::converge::circle;
use super::door::{DIALLER, Door, LISTENER, assert_equal, sync};
use super::memory::Memory;
use crate::model::Kind;
use crate::model::governance::PendingWhy;
use crate::model::id::SpaceId;
use crate::sync::{CloseReason, Input, Outcome, Pending};

#[test]
fn a_newcomer_is_admitted_by_what_it_presents() {
    for turn in 0..2 {
        let mut founder = Memory::found(1);
        let mut newcomer = founder.join(2);
        (0..700).for_each(|n| _ = founder.write(format!("text {n}").as_bytes()));
        newcomer.write(b"hello");
        let reports = if turn == 0 { sync(&mut newcomer, &mut founder) } else { sync(&mut founder, &mut newcomer) };
        assert_equal(&founder, &newcomer);
        assert!(founder.members.contains_key(&newcomer.own()));
        assert!(reports[0].round_trips <= 4, "{} round trips", reports[0].round_trips);
    }
}

#[test]
fn two_newcomers_who_never_heard_of_each_other_meet() {
    let founder = Memory::found(1);
    let (mut one, mut other) = (founder.join(2), founder.join(3));
    one.write(b"one");
    other.write(b"other");
    sync(&mut one, &mut other);
    assert_equal(&one, &other);
}

#[test]
fn an_act_written_during_the_session_is_passed_on() {
    let mut founder = Memory::found(1);
    let mut newcomer = founder.join(2);
    let mut door = Door::new([&mut newcomer, &mut founder]);
    let mut seated = false;
    while door.deliver(LISTENER, [&mut newcomer, &mut founder]) || door.deliver(DIALLER, [&mut newcomer, &mut founder])
    {
        if !seated && founder.members.contains_key(&newcomer.own()) {
            seated = true;
            founder.write_as(SpaceId::GOVERNANCE, Kind::Governance, b"seat", b"");
            door.give(LISTENER, Input::LocalChange, &mut founder);
        }
    }
    assert!(seated);
    assert_eq!(door.outcomes(), [Some(Outcome::Complete); 2]);
    assert_equal(&founder, &newcomer);
}

#[test]
fn who_has_no_secret_hears_nothing() {
    let mut nodes = circle(2);
    let mut stranger = Memory::found(9);
    stranger.community = nodes[0].community;
    stranger.secret = [0; 32];
    let mut door = Door::new([&mut stranger, &mut nodes[0]]);
    door.run(&mut stranger, &mut nodes[0]);
    assert!(door.ends[LISTENER].sent.is_empty());
    assert_eq!(door.ends[LISTENER].closed, Some(CloseReason::Stranger));
    assert_eq!(door.ends[DIALLER].closed, Some(CloseReason::Stranger));
    // The other way round: a listener that does not know the secret learns a proof it can't use, and nothing else.
    let mut door = Door::new([&mut nodes[0], &mut stranger]);
    door.run(&mut nodes[0], &mut stranger);
    assert_eq!(door.ends[DIALLER].sent.len(), 1);
    let hello = &door.ends[DIALLER].sent[0];
    for hidden in [&nodes[0].community.0[..], &nodes[0].secret, &nodes[0].own().0] {
        assert!(!hello.windows(hidden.len()).any(|window| window == hidden));
    }
}

#[test]
fn who_has_the_secret_and_no_admission_hears_no_more_than_the_question() {
    let mut nodes = circle(2);
    let mut stranger = nodes[0].join(9);
    stranger.forget_own_acts();
    let mut door = Door::new([&mut stranger, &mut nodes[0]]);
    door.run(&mut stranger, &mut nodes[0]);
    assert_eq!(door.ends[LISTENER].closed, Some(CloseReason::NotMember));
    assert_eq!(door.ends[DIALLER].closed, Some(CloseReason::NotMember));
    // Welcome, Present and End.
    assert_eq!(door.ends[LISTENER].sent.len(), 3);
    assert!(door.ends[LISTENER].sent[1].len() <= 8);
    assert!(door.ends[LISTENER].sent[2].len() <= 16);
}

/// The second of two who used one invitation hears why it waits, and nothing of what members hear.
#[test]
fn who_waits_hears_why() {
    for turn in 0..2 {
        let mut founder = Memory::found(1);
        let mut second = founder.join(2);
        founder.write(b"for members");
        let names = ["f\u{1b}ay".to_owned(), "\u{e9}".repeat(150), "c".to_owned(), "d".to_owned()];
        let pending = Pending { why: PendingWhy::Used, used_by: names.to_vec() };
        founder.waits.insert(second.own(), pending);
        let [dialler, listener] = if turn == 0 { [&mut second, &mut founder] } else { [&mut founder, &mut second] };
        let mut door = Door::new([dialler, listener]);
        door.run(dialler, listener);
        let (waits, decides) = (turn, 1 - turn);
        assert_eq!(door.ends[waits].closed, Some(CloseReason::Pending));
        assert_eq!(door.ends[decides].closed, Some(CloseReason::Pending));
        assert_eq!(door.report(decides).outcome, Outcome::Failed(CloseReason::NotMember));
        let told = door.report(waits).pending.clone().expect("it was told");
        assert_eq!((told.why, told.used_by.len()), (PendingWhy::Used, 3));
        assert_eq!(told.used_by[1], "\u{e9}".repeat(100));
        assert_eq!(door.report(waits).entries_received, 0);
    }
}

/// A stream that breaks says nothing about membership: whoever was killed may come again.
#[test]
fn a_cut_in_a_first_exchange_is_a_cut() {
    let mut steps = 0;
    for at in 0.. {
        let mut founder = Memory::found(1);
        let mut newcomer = founder.join(2);
        let mut door = Door::new([&mut newcomer, &mut founder]);
        let mut moved = true;
        for step in 0..at {
            moved = door.deliver(step % 2, [&mut newcomer, &mut founder])
                || door.deliver((step + 1) % 2, [&mut newcomer, &mut founder]);
        }
        if !moved {
            break;
        }
        door.cut(&mut newcomer, &mut founder);
        for end in &door.ends {
            assert_ne!(end.closed, Some(CloseReason::NotMember), "cut after {at} frames");
        }
        steps += 1;
        sync(&mut newcomer, &mut founder);
        assert_equal(&founder, &newcomer);
    }
    assert!(steps > 6, "{steps} frames");
}

#[test]
fn who_is_removed_during_the_session_gets_nothing_more() {
    let mut nodes = circle(2);
    let [one, other] = &mut nodes[..] else { unreachable!() };
    (0..3_000).for_each(|n| _ = one.write(format!("text {n}").as_bytes()));
    let mut door = Door::new([other, one]);
    for _ in 0..8 {
        door.deliver(LISTENER, [other, one]);
        door.deliver(DIALLER, [other, one]);
    }
    one.members.remove(&other.own());
    let before = door.ends[LISTENER].sent.len();
    door.run(other, one);
    assert_eq!(door.ends[LISTENER].closed, Some(CloseReason::NotMember));
    assert!(door.ends[LISTENER].sent.len() <= before + 1, "it went on for {}", door.ends[LISTENER].sent.len() - before);
}
