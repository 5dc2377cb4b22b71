//! Who was removed: what they wrote, whenever it comes; what they can read; and the devices and circles that go on.
//!
//! `REPERTOIRE_SEED=N` runs that seed alone, `REPERTOIRE_SEEDS=N` so many.

use std::collections::BTreeSet;

use super::super::faults::EngineFaults;
use super::super::request::{FieldOp, GovernAct};
use super::super::{Node, Request};
use super::community::{Bag, Community, ask, change};
use super::duel::{COUNTED, CUT, Duel};
use super::order::{Grown, arrive, seeds_or, shown};
use crate::model::governance::{Role, SpaceKind, Status};
use crate::model::verdict::Need;
use crate::model::{SpaceId, Verdict};

const PEOPLE: &[(&str, Option<&str>)] =
    &[("Boris", Some("animator")), ("Chloé", Some("animator")), ("Dia", None), ("Ève", None), ("Fatou", None)];
/// Seeds of the short form of the random one.
const SEEDS: u64 = 2;
/// Orders of arrival for each community.
const ORDERS: u64 = 4;
/// What people do in a random community.
const DEEDS: usize = 60;

fn circle(duel: &mut Duel, by: usize, with: &[usize]) -> SpaceId {
    let members = with.iter().map(|at| duel.member(*at).to_string()).collect();
    duel.does(by, Request::SpaceCreate { name: "pilotes".into(), members, hidden: false });
    let state = duel.community.places[by].node.engines.0[&duel.community.id].state();
    let found = state.spaces.iter().find(|(_, space)| space.kind == SpaceKind::Circle);
    *found.expect("it was just created").0
}

/// Somebody who is in no circle removes a member of one; who is in it says later what counts there.
#[test]
fn a_cut_that_is_owed_to_a_circle_is_written_by_who_holds_it() {
    for late_first in [true, false] {
        let mut duel = Duel::among(7, PEOPLE);
        circle(&mut duel, 3, &[4, 5]);
        duel.community.gather(&[0, 1, 2, 3, 4, 5]);
        let add = Request::Add {
            kind: "practice".into(),
            title: "Entre nous".into(),
            changes: Vec::new(),
            space: Some("circle/pilotes".into()),
        };
        let id = duel.does(3, add).to_string();
        duel.community.meet(3, 4);
        let write = |duel: &mut Duel, at, word: &str| {
            let changes = vec![change(FieldOp::Append, "procedure", word)];
            duel.does(at, Request::Edit { id: id.clone(), changes })
        };
        let inside = write(&mut duel, 4, "dedans");
        duel.community.meet(3, 4);
        duel.community.meet(3, 5);
        let removed = duel.removes(0, 4);
        let late = write(&mut duel, 4, "dehors");
        if late_first {
            duel.community.meet(4, 5);
        }
        duel.community.meet(0, 3);
        duel.community.pass();
        if !late_first {
            duel.community.meet(3, 5);
            duel.sends(4, 5);
        }
        let over = write(&mut duel, 5, "dessus");
        duel.community.gather(&[0, 1, 2, 3, 5]);
        (0..2).for_each(|_| duel.community.meet(3, 5));
        for (what, id, must) in [
            ("the removal", removed, COUNTED),
            ("words before it", inside, COUNTED),
            ("words over late ones", over, COUNTED),
        ] {
            duel.expect(what, id, must);
        }
        let node = &duel.community.places[3].node;
        let state = node.engines.0[&duel.community.id].state();
        let removal = state.removals.iter().find(|one| one.by == removed).expect("it stands");
        assert_eq!(removal.owed.len(), 1, "the circle's cut is written once");
        let bag = duel.community.bag();
        let came = duel.community.places[5].node.holds(duel.community.id, late).expect("it reads");
        assert_eq!(came, late_first, "a bundle of commons carries no circle");
        duel.expect("words after it", late, CUT);
        let Duel { community, expected, .. } = duel;
        let grown = Grown { community, bag, expected, readers: vec![3, 5], blank: [3, 5].into() };
        let first = arrive(&grown, 0, EngineFaults::default()).unwrap_or_else(|wrong| panic!("{wrong}"));
        for order in 1..6 {
            let lines = arrive(&grown, order, EngineFaults::default()).unwrap_or_else(|wrong| panic!("{wrong}"));
            assert_eq!(first, lines, "order {order}");
        }
    }
}

/// Handed everything, also what was never sent, a removed member reads nothing that was written since.
#[test]
fn who_was_removed_opens_nothing_new() {
    let mut duel = Duel::among(8, PEOPLE);
    let before = duel.says(0, "avant");
    duel.community.gather(&[0, 1, 2, 3, 4, 5]);
    duel.removes(0, 4);
    let after = duel.says(0, "secretissime");
    duel.community.meet(0, 3);
    let over = duel.says(3, "chuchotement");
    duel.community.gather(&[0, 1, 2, 3, 5]);
    let bag = duel.community.bag();
    let keys = duel.community.keys(4);
    for id in [after, over] {
        let (entry, _, payload) = &bag[&id];
        for (_, _, key) in &keys.spaces {
            assert!(payload.open_shape(entry.header(), Some(key)).is_err());
            assert!(payload.open_content(entry.header(), Some(key)).is_err());
        }
    }
    let key = Verdict::Waiting(Need::Key);
    let expected = vec![("before", before, COUNTED), ("after", after, key), ("a member's", over, key)];
    let grown = Grown { community: duel.community, bag, expected, readers: vec![4], blank: BTreeSet::new() };
    for order in 0..3 {
        let lines = arrive(&grown, order, EngineFaults::default()).unwrap_or_else(|wrong| panic!("{wrong}"));
        let line = |word: &str| lines.iter().any(|line| line.contains(word));
        assert!(line("avant") && !line("secretissime") && !line("chuchotement"));
    }
}

/// One device of two is lost: the other writes and reads on, also what is sealed under the new key.
#[test]
fn the_other_device_goes_on() {
    let mut duel = Duel::among(9, PEOPLE);
    let phone = duel.community.second_device(3);
    let all = [0, 1, 2, 3, 4, 5, phone];
    duel.community.gather(&all);
    let early = duel.says(phone, "telephone");
    duel.community.gather(&all);
    let device = duel.community.keys(phone).device().to_string();
    ask(&mut duel.community.places[3].node, Request::DeviceDrop { device, printed: None }).expect("dropped");
    let late = duel.says(phone, "voleur");
    duel.community.meet(phone, 5);
    let own = duel.says(3, "ordinateur");
    duel.community.meet(0, 3);
    let sealed = duel.says(0, "nouveau");
    assert!(duel.community.keys(phone).spaces.len() < duel.community.keys(3).spaces.len(), "a key that one has");
    for (what, id, must) in [
        ("what it wrote before", early, COUNTED),
        ("what it wrote after", late, CUT),
        ("what the other writes", own, COUNTED),
        ("what others write", sealed, COUNTED),
    ] {
        duel.expect(what, id, must);
    }
    let rest: &[usize] = &[phone];
    let line = duel.comes_to(9, rest, &[(3, Role::Member, Status::Active)]);
    let words = ["telephone", "ordinateur", "nouveau"];
    assert!(words.iter().all(|word| line.contains(word)) && !line.contains("voleur"), "{line}");
}

/// Somebody else is removed: both devices of an innocent person go on.
#[test]
fn a_second_device_of_an_innocent_person_goes_on() {
    let mut duel = Duel::among(10, PEOPLE);
    let phone = duel.community.second_device(3);
    duel.community.gather(&[0, 1, 2, 3, 4, 5, phone]);
    duel.removes(0, 4);
    let sealed = duel.says(0, "nouveau");
    duel.community.meet(0, phone);
    assert!(duel.reads(phone, "nouveau"));
    let own = duel.says(phone, "telephone");
    duel.expect("what others write", sealed, COUNTED);
    duel.expect("what the device writes", own, COUNTED);
    let line = duel.comes_to(10, &[4], &[(3, Role::Member, Status::Active), (4, Role::Member, Status::Revoked)]);
    assert!(line.contains("nouveau") && line.contains("telephone"), "{line}");
}

/// A device that the remover had not heard of falls with its owner: who had its entries and who had the removal first come
/// to hold the same.
#[test]
fn what_a_device_wrote_that_fell_is_held_by_all() {
    let mut duel = Duel::among(11, PEOPLE);
    let phone = duel.community.second_device(3);
    let word = duel.says(phone, "telephone");
    duel.community.meet(phone, 5);
    let removed = duel.removes(0, 3);
    duel.expect("the removal", removed, COUNTED);
    duel.expect("what the device wrote", word, CUT);
    let line = duel.comes_to(11, &[3, phone], &[(3, Role::Member, Status::Revoked)]);
    assert!(!line.contains("telephone"), "{line}");
}

/// Whoever is removed after a device of theirs was dropped: what that wrote since stays out.
#[test]
fn a_later_removal_lets_nothing_of_a_dropped_device_in() {
    let mut duel = Duel::among(12, PEOPLE);
    let phone = duel.community.second_device(3);
    duel.community.gather(&[0, 1, 2, 3, 4, 5, phone]);
    let device = duel.community.keys(phone).device().to_string();
    ask(&mut duel.community.places[3].node, Request::DeviceDrop { device, printed: None }).expect("dropped");
    let late = duel.says(phone, "voleur");
    duel.community.meet(phone, 5);
    duel.community.gather(&[0, 1, 2, 3, 4, 5]);
    let own = duel.says(3, "ordinateur");
    duel.community.meet(0, 3);
    duel.removes(0, 3);
    duel.expect("what the thief wrote", late, CUT);
    duel.expect("what the owner wrote", own, COUNTED);
    let line = duel.comes_to(12, &[3, phone], &[(3, Role::Member, Status::Revoked)]);
    assert!(line.contains("ordinateur") && !line.contains("voleur"), "{line}");
}

/// Somebody does something; some of it is refused.
fn deed(community: &mut Community, people: usize) {
    let at = community.random.below(community.places.len());
    let other = community.random.below(people);
    let member = community.keys(other).member.to_string();
    let animator = community.random.below(3);
    let words = community.random.below(4);
    let request = match community.random.below(24) {
        0 if other > 2 => Request::Revoke { member, reason: "ainsi".into(), dry_run: false },
        1 if other > 2 => {
            Request::Grant { member, role: ["animator", "member", "observer"][words.min(2)].into(), topics: Vec::new() }
        }
        2 if words == 0 && other == 2 => Request::Revoke { member, reason: "ainsi".into(), dry_run: false },
        3 => Request::Decide { which: vec!["1".into()], admit: words < 2 },
        4 => Request::Govern(GovernAct::Rotate { space: None }),
        5 if words == 0 => Request::DeviceDrop { device: "2".into(), printed: None },
        6 => Request::SpaceCreate { name: format!("cercle{words}"), members: vec![member], hidden: false },
        7 => Request::SpaceMember { space: format!("circle/cercle{words}"), member, remove: true },
        8 if words == 0 => {
            let id = community.documents[community.random.below(community.documents.len())].clone();
            Request::Erase { id, dry_run: false }
        }
        9..13 => {
            let with = community.random.below(community.places.len());
            if with != at {
                community.meet(at, with);
            }
            return;
        }
        13 => return community.pass(),
        _ => return community.write(at),
    };
    let at = if matches!(request, Request::Revoke { .. } | Request::Grant { .. } | Request::Decide { .. }) {
        animator
    } else {
        at
    };
    let _ = ask(&mut community.places[at].node, request);
}

/// Who is in, as the founder knows it, after everybody has met whom they may, and files came from the others.
fn gathered(community: &mut Community) -> Vec<usize> {
    let mut inside = Vec::new();
    for _ in 0..4 {
        for from in 1..community.places.len() {
            let path = community.places[from].folder.join("all.rep").display().to_string();
            let bundle = Request::BundleCreate { to: None, path: path.clone() };
            if ask(&mut community.places[from].node, bundle).is_ok() {
                ask(&mut community.places[0].node, Request::BundleApply { path }).expect("it is applied");
            }
        }
        let state = community.places[0].node.engines.0[&community.id].state();
        let is_in = |at: &usize| {
            let device = community.keys(*at).device();
            let member = state.device(device).and_then(|id| state.members.get(&id));
            member.is_some_and(|member| member.status == Status::Active && member.role.writes())
        };
        inside = (0..community.places.len()).filter(is_in).collect();
        community.gather(&inside);
    }
    inside
}

/// Lines that depend on who reads: of circles.
fn common(lines: &[String]) -> Vec<String> {
    lines.iter().filter(|line| !line.contains("circle/")).cloned().collect()
}

#[test]
fn revocation_in_any_order_comes_to_the_same() {
    let mut masked = 0;
    for seed in seeds_or(SEEDS) {
        let mut community = Community::village(seed, PEOPLE);
        community.second_device(3);
        let people = PEOPLE.len() + 1;
        for step in 0..DEEDS {
            if step == DEEDS / 2 {
                community.copy(4);
            }
            deed(&mut community, people);
        }
        let readers = gathered(&mut community);
        let spaces = community.places[0].node.engines.0[&community.id].state().spaces.clone();
        let mut bag: Bag = community.bag();
        bag.retain(|id, (entry, _, _)| {
            let space = entry.header().space;
            let common = spaces.get(&space).is_some_and(|space| space.kind != SpaceKind::Circle);
            // What somebody wrote after they knew that they were out lies on their disk alone.
            let came = community.places[0].node.holds(community.id, *id).expect("it reads");
            came && (common || space == SpaceId::GOVERNANCE)
        });
        let blank = readers.iter().copied().collect();
        let mut grown = Grown { community, bag, expected: Vec::new(), readers: readers.clone(), blank };
        let first = live(&mut grown, 0);
        for at in &readers {
            assert_same(&first, &live(&mut grown, *at), &format!("REPERTOIRE_SEED={seed} live {at}"));
        }
        masked += first.iter().filter(|line| line.contains("Masked(Cut)")).count();
        for order in 0..ORDERS {
            let lines = arrive(&grown, seed * ORDERS + order, EngineFaults::default());
            let lines = lines.unwrap_or_else(|wrong| panic!("REPERTOIRE_SEED={seed} order {order}: {wrong}"));
            assert_same(&first, &common(&lines), &format!("REPERTOIRE_SEED={seed} order {order}"));
        }
    }
    assert!(masked > 0 || seeds_or(SEEDS).count() == 1, "nothing was ever beyond a cut");
}

/// What a node shows that was there from the start.
fn live(grown: &mut Grown, at: usize) -> Vec<String> {
    let away = tempfile::tempdir().expect("a folder");
    let other = super::community::open(away.path(), 0);
    let mut node: Node = std::mem::replace(&mut grown.community.places[at].node, other);
    let lines = common(&shown(&mut node, grown));
    grown.community.places[at].node = node;
    lines
}

fn assert_same(one: &[String], other: &[String], what: &str) {
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one, other, "{what}");
    }
    assert_eq!(one.len(), other.len(), "{what}");
}
