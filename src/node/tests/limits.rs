//! What one device can make an engine keep, and what comes before the past it rests on.

use super::super::engine::waiting::DEVICE_ENTRIES_MAX;
use super::super::request::{FieldOp, Mark};
use super::super::{Node, Reply, Request};
use super::community::{Bag, Community, ask};
use super::forger::Forger;
use crate::model::header::DEPS_MAX;
use crate::model::verdict::{Breach, Need, Verdict};
use crate::model::{CommunityId, Content, EntryId, Incarnation, Timestamp};
use crate::store::{INCARNATIONS_MAX, TIPS_MAX};
use crate::sync::{Accepted, Portion, Replica};

/// Gives an engine one entry with its payload, and commits.
pub(super) fn give(node: &mut Node, community: CommunityId, bag: &Bag, id: EntryId) -> Accepted {
    let (entry, signature, payload) = bag[&id].clone();
    let portion = Portion { entries: vec![entry], signature, payloads: vec![Some(payload)] };
    let taken = node.engines.accept_run(community, portion).expect("the store works");
    commit(node, community);
    taken
}

fn commit(node: &mut Node, community: CommunityId) {
    node.engines.0.get_mut(&community).expect("it is here").finish().expect("it settles");
}

pub(super) fn verdict(node: &Node, community: CommunityId, id: EntryId) -> Option<Verdict> {
    node.engines.0[&community].reading(|reader| Ok(reader.verdict(id)?)).expect("it reads")
}

pub(super) fn root(community: &Community) -> EntryId {
    community.documents[0].parse().expect("an id")
}

#[test]
fn who_hangs_too_much_in_the_air_is_told_to_wait() {
    let mut community = Community::found(11);
    let id = community.id;
    let mut bag = Bag::new();
    let root = root(&community);
    let base = Forger::new(&community, 1, 1).honest(&mut bag, &[root]);
    let mut forger = Forger::new(&community, 1, 2);
    let hanging: Vec<EntryId> = (0..=DEVICE_ENTRIES_MAX).map(|_| forger.honest(&mut bag, &[base])).collect();
    let node = &mut community.places[0].node;
    for run in hanging[..DEVICE_ENTRIES_MAX].chunks(250) {
        let entries = run.iter().map(|id| bag[id].0.clone()).collect();
        let payloads = run.iter().map(|id| Some(bag[id].2.clone())).collect();
        let portion = Portion { entries, signature: bag[&run[run.len() - 1]].1, payloads };
        assert_eq!(node.engines.accept_run(id, portion).expect("it works"), Accepted::Held { new: run.len() });
    }
    commit(node, id);
    assert_eq!(verdict(node, id, hanging[0]), Some(Verdict::Waiting(Need::Past)));
    let over = hanging[DEVICE_ENTRIES_MAX];
    assert_eq!(give(node, id, &bag, over), Accepted::Busy);
    assert_eq!(verdict(node, id, over), None);
    // Another device has room of its own, and what is counted is counted anew after a restart.
    let mut other = Forger::new(&community, 2, 3);
    let alone = other.honest(&mut bag, &[EntryId([5; 32])]);
    assert_eq!(give(&mut community.places[0].node, id, &bag, alone), Accepted::Held { new: 1 });
    let node = &mut community.places[0].node;
    node.engines.0.get_mut(&id).expect("it is here").abandon();
    assert_eq!(give(node, id, &bag, over), Accepted::Busy);
    // The past comes: nothing hangs any more, and there is room.
    assert_eq!(give(node, id, &bag, base), Accepted::Held { new: 1 });
    assert_eq!(verdict(node, id, hanging[0]), Some(Verdict::Counted));
    assert_eq!(give(node, id, &bag, over), Accepted::Held { new: 1 });
    assert_eq!(verdict(node, id, over), Some(Verdict::Counted));
}

#[test]
fn a_run_that_would_hang_beyond_the_limit_is_not_taken_in_part() {
    let mut community = Community::found(16);
    let id = community.id;
    let mut bag = Bag::new();
    let mut forger = Forger::new(&community, 1, 2);
    let hanging: Vec<EntryId> = (0..1_024).map(|_| forger.honest(&mut bag, &[EntryId([5; 32])])).collect();
    let node = &mut community.places[0].node;
    for run in hanging.chunks(256) {
        let entries = run.iter().map(|id| bag[id].0.clone()).collect();
        let payloads = run.iter().map(|id| Some(bag[id].2.clone())).collect();
        let portion = Portion { entries, signature: bag[&run[255]].1, payloads };
        let must = if run[255] == hanging[1_023] { Accepted::Busy } else { Accepted::Held { new: 256 } };
        assert_eq!(node.engines.accept_run(id, portion).expect("it works"), must);
    }
    commit(node, id);
    assert_eq!(verdict(node, id, hanging[768]), None);
    // What was taken can be handed on.
    community.meet(2, 0);
    assert_eq!(verdict(&community.places[2].node, id, hanging[767]), Some(Verdict::Waiting(Need::Past)));
}

#[test]
fn a_device_that_forks_and_is_reborn_without_end_is_told_to_wait() {
    let mut community = Community::found(12);
    let id = community.id;
    let mut bag = Bag::new();
    let root = root(&community);
    let mut forger = Forger::new(&community, 1, 1);
    let first = forger.honest(&mut bag, &[root]);
    let place = forger.place;
    let mut branch = || {
        forger.place = place;
        forger.honest(&mut bag, &[root])
    };
    let branches: Vec<EntryId> = (0..=TIPS_MAX).map(|_| branch()).collect();
    let node = &mut community.places[0].node;
    assert_eq!(give(node, id, &bag, first), Accepted::Held { new: 1 });
    for branch in &branches[..TIPS_MAX] {
        assert_eq!(give(node, id, &bag, *branch), Accepted::Held { new: 1 });
    }
    assert_eq!(give(node, id, &bag, branches[TIPS_MAX]), Accepted::Busy);
    // The device has two lives by now: the one that its program leads, and this one.
    for life in 2..=INCARNATIONS_MAX {
        (forger.incarnation, forger.place) = (Incarnation([life as u8; 16]), (0, EntryId::ZERO));
        let one = forger.honest(&mut bag, &[root]);
        let must = if life < INCARNATIONS_MAX { Accepted::Held { new: 1 } } else { Accepted::Busy };
        assert_eq!(give(node, id, &bag, one), must, "life {life}");
    }
    // What is held stays, and others go on.
    assert!(matches!(ask(node, Request::Check { full: true }), Ok(Reply::Checks(_))));
    let honest = Forger::new(&community, 2, 9).honest(&mut bag, &[root]);
    assert_eq!(give(&mut community.places[0].node, id, &bag, honest), Accepted::Held { new: 1 });
}

#[test]
fn an_entry_before_one_of_another_document_is_judged_again() {
    let mut community = Community::found(13);
    let id = community.id;
    let mut bag = Bag::new();
    let root = root(&community);
    let mut author = Forger::new(&community, 1, 1);
    author.document = community.documents[1].parse::<EntryId>().expect("an id").into();
    let elsewhere = author.honest(&mut bag, &[author.document.into()]);
    let mut forger = Forger::new(&community, 1, 2);
    let misplaced = forger.honest(&mut bag, &[root, elsewhere]);
    let node = &mut community.places[0].node;
    give(node, id, &bag, misplaced);
    assert_eq!(verdict(node, id, misplaced), Some(Verdict::Waiting(Need::Past)));
    give(node, id, &bag, elsewhere);
    assert_eq!(verdict(node, id, misplaced), Some(Verdict::Void(Breach::Place)));
}

#[test]
fn what_was_erased_stays_erased_after_a_rebuild_too() {
    let mut community = Community::found(14);
    let id = community.id;
    let mut bag = Bag::new();
    let root = root(&community);
    let mut forger = Forger::new(&community, 1, 1);
    let words = forger.honest(&mut bag, &[root]);
    let eraser = Forger::new(&community, 1, 2).erase(&mut bag, words);
    let node = &mut community.places[0].node;
    give(node, id, &bag, eraser);
    assert!(matches!(ask(node, Request::Rebuild), Ok(Reply::Rebuilt(_))));
    give(node, id, &bag, words);
    let held = node.engines.0[&id].reading(|reader| Ok(reader.payload(words)?)).expect("it reads");
    assert!(matches!(held.expect("it is here").content, Content::Erased(_)));
}

#[test]
fn an_erasure_that_came_before_its_right_is_done_when_that_is_here() {
    let mut community = Community::found(15);
    let id = community.id;
    let mut bag = Bag::new();
    let root = root(&community);
    // The founder's node makes one more act, which Boris has seen and Chloé has not.
    let invite =
        super::super::request::Invite { role: None, uses: 1, days: 9, confirm: false, with: Vec::new(), parts: false };
    assert!(ask(&mut community.places[0].node, Request::Invite(invite)).is_ok());
    let words = Forger::new(&community, 1, 1).honest(&mut bag, &[root]);
    let eraser = Forger::new(&community, 1, 2).erase(&mut bag, words);
    let node = &mut community.places[2].node;
    for entry in [words, eraser] {
        assert_eq!(give(node, id, &bag, entry), Accepted::Held { new: 1 });
    }
    let content = |node: &Node| {
        let held = node.engines.0[&id].reading(|reader| Ok(reader.payload(words)?)).expect("it reads");
        held.expect("it is here").content
    };
    assert!(matches!(content(node), Content::Stored(_)));
    community.meet(0, 2);
    assert!(matches!(content(&community.places[2].node), Content::Erased(_)));
}

/// More heads than a header names: what is written next first joins them.
#[test]
fn who_writes_after_a_thousand_heads_joins_them() {
    let mut community = Community::found(17);
    let id = community.id;
    let mut bag = Bag::new();
    let root = root(&community);
    let mut forger = Forger::new(&community, 1, 2);
    let edits: Vec<EntryId> = (0..DEPS_MAX * 2 + 88).map(|_| forger.honest(&mut bag, &[root])).collect();
    let mut joins = Vec::new();
    for n in 0..DEPS_MAX + 44 {
        if n % TIPS_MAX == 0 {
            forger = Forger::new(&community, 1, 100 + n as u64);
        }
        (forger.place, forger.time) = ((0, EntryId::ZERO), Timestamp(n as i64));
        joins.push(forger.join(&mut bag));
    }
    let node = &mut community.places[0].node;
    for run in edits.chunks(200) {
        let entries = run.iter().map(|id| bag[id].0.clone()).collect();
        let payloads = run.iter().map(|id| Some(bag[id].2.clone())).collect();
        let portion = Portion { entries, signature: bag[&run[run.len() - 1]].1, payloads };
        assert_eq!(node.engines.accept_run(id, portion).expect("it works"), Accepted::Held { new: run.len() });
    }
    for join in joins {
        assert_eq!(give(node, id, &bag, join), Accepted::Held { new: 1 });
    }
    assert!(node.engines.0[&id].governance.heads().len() > DEPS_MAX);
    let invite =
        super::super::request::Invite { role: None, uses: 1, days: 9, confirm: false, with: Vec::new(), parts: false };
    assert!(ask(node, Request::Invite(invite)).is_ok());
    let document = root.to_string();
    let mark = Request::Mark(Mark { verb: "propose".into(), id: document.clone(), ..Mark::default() });
    assert!(ask(node, mark).is_ok());
    let set = super::community::change(FieldOp::Set, "title", "Purger la pompe");
    let append = super::community::change(FieldOp::Append, "procedure", "et fermer");
    assert!(ask(node, Request::Edit { id: document, changes: vec![set, append] }).is_ok());
    let engine = &node.engines.0[&id];
    let settled = engine.reading(|reader| engine.settled(reader, root.into())).expect("it reads");
    assert_eq!(settled.document.expect("it counts").heads().len(), 1);
    assert!(settled.entries.iter().all(|opened| opened.verdict == Verdict::Counted));
}
