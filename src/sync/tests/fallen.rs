//! A peer that announces less than it held is named; one that is slow, or lost a right, is not.

use super::converge::circle;
use super::door::{LISTENER, sync};
use super::memory::{COMMONS, Memory};
use crate::model::Kind;
use crate::model::id::SpaceId;
use crate::sync::{Fallen, Report};

fn fallen(reports: &[Report; 2]) -> [Vec<(SpaceId, Fallen)>; 2] {
    reports.clone().map(|report| report.fallen)
}

/// A member and a carrier who hold the same, after the carrier wrote nothing and the member a few things.
fn met() -> (Memory, Memory) {
    let mut nodes = circle(2);
    let (mut member, mut carrier) = (nodes.remove(0), nodes.remove(0));
    for text in [&b"one"[..], b"two", b"three"] {
        member.write(text);
    }
    assert_eq!(fallen(&sync(&mut carrier, &mut member)), [vec![], vec![]]);
    (member, carrier)
}

#[test]
fn who_is_slow_or_behind_is_not_accused() {
    let (mut member, mut carrier) = met();
    let mut third = member.join(9);
    for round in 0..4_u8 {
        member.write(&[round, 1]);
        third.write(&[round, 2]);
        sync(&mut third, &mut member);
        if round % 2 == 0 {
            member.write_as(SpaceId::GOVERNANCE, Kind::Governance, b"act", b"");
        }
        assert_eq!(fallen(&sync(&mut carrier, &mut member)), [vec![], vec![]]);
        carrier.write(&[round, 3]);
        assert_eq!(fallen(&sync(&mut third, &mut carrier)), [vec![], vec![]]);
    }
}

#[test]
fn who_went_back_is_named_once() {
    let (mut member, carrier) = met();
    let mut later = carrier.clone();
    member.write(b"four");
    later.write(b"its own");
    sync(&mut later, &mut member);
    // An older copy of the carrier takes its place: of the member's chain one entry is gone, of its own all.
    let mut older = carrier;
    let reports = sync(&mut older, &mut member);
    assert_eq!(reports[LISTENER].fallen, [(COMMONS, Fallen { entries: 2, payloads: 0 })]);
    assert!(reports[0].fallen.is_empty());
    assert_eq!(fallen(&sync(&mut older, &mut member)), [vec![], vec![]], "it was given all of it again");
}

#[test]
fn a_space_left_out_is_less_unless_rights_may_have_changed() {
    let (mut member, mut carrier) = met();
    carrier.spaces.remove(&COMMONS);
    let mut ahead = carrier.clone();
    let reports = sync(&mut carrier, &mut member);
    assert_eq!(reports[LISTENER].fallen, [(COMMONS, Fallen { entries: 3, payloads: 0 })]);
    ahead.write_as(SpaceId::GOVERNANCE, Kind::Governance, b"act", b"");
    assert_eq!(fallen(&sync(&mut ahead, &mut member)), [vec![], vec![]]);
}
