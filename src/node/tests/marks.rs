//! Marks and the rights that rest on a document: forged ones, and those that people who know of each other's topics make.

use super::community::{Bag, Community, ask, change};
use super::forger::Forger;
use super::limits::{give, root, verdict};
use crate::model::verdict::{Breach, Verdict};
use crate::model::{DocumentId, EntryId};
use crate::node::Request;
use crate::node::request::{FieldChange, FieldOp, Mark};

fn edit(community: &mut Community, at: usize, changes: Vec<FieldChange>) {
    let id = community.documents[0].clone();
    ask(&mut community.places[at].node, Request::Edit { id, changes }).expect("an edit");
}

fn heads(community: &Community) -> Vec<EntryId> {
    let engine = &community.places[0].node.engines.0[&community.id];
    let id = DocumentId::from(root(community));
    let settled = engine.reading(|reader| engine.settled(reader, id)).expect("settled");
    settled.document.expect("a document").heads().to_vec()
}

fn given(community: &mut Community, bag: &Bag, entry: EntryId) -> Option<Verdict> {
    let id = community.id;
    give(&mut community.places[0].node, id, bag, entry);
    verdict(&community.places[0].node, id, entry)
}

#[test]
fn a_void_edit_opens_nothing() {
    let mut community = Community::found(41);
    edit(&mut community, 0, vec![change(FieldOp::Set, "editing", "curated")]);
    let heads = heads(&community);
    let mut bag = Bag::new();
    let mut forger = Forger::new(&community, 1, 1);
    let opening = forger.set(&mut bag, &heads, "editing", "open");
    let after = forger.honest(&mut bag, &[opening]);
    for (what, entry) in [("the opening", opening), ("an edit that rests on it", after)] {
        assert_eq!(given(&mut community, &bag, entry), Some(Verdict::Void(Breach::Right)), "{what}");
    }
}

#[test]
fn experts_and_verifiers_are_known_from_shapes() {
    let mut community = Community::found(42);
    let boris = community.keys(1).member;
    edit(&mut community, 0, vec![change(FieldOp::Add, "topics", "pompe")]);
    let before = heads(&community);
    // Whoever is named verifies; nobody validates by it.
    edit(&mut community, 0, vec![change(FieldOp::Add, "verifiers", &boris.to_string())]);
    let named = heads(&community);
    let mut bag = Bag::new();
    let mut forger = Forger::new(&community, 1, 1);
    let early = forger.mark(&mut bag, before[0], "verify");
    let verify = forger.mark(&mut bag, named[0], "verify");
    let validate = forger.mark(&mut bag, named[0], "validate");
    let void = Some(Verdict::Void(Breach::Right));
    assert_eq!(given(&mut community, &bag, early), void, "before it was named");
    assert_eq!(given(&mut community, &bag, verify), Some(Verdict::Counted));
    assert_eq!(given(&mut community, &bag, validate), void);
    // An expert of the topic, by an act that the mark has seen.
    let seen_before = forger.gov.clone();
    let grant = Request::Grant { member: "Boris".into(), role: "expert".into(), topics: vec!["pompe".into()] };
    ask(&mut community.places[0].node, grant).expect("a grant");
    forger.gov = community.places[0].node.engines.0[&community.id].governance.heads();
    let validate = forger.mark(&mut bag, named[0], "validate");
    assert_eq!(given(&mut community, &bag, validate), Some(Verdict::Counted));
    forger.gov = seen_before;
    let unaware = forger.mark(&mut bag, named[0], "validate");
    assert_eq!(given(&mut community, &bag, unaware), void, "rights are those of its own past");
    // A topic that the document no longer has gives no right.
    forger.gov = community.places[0].node.engines.0[&community.id].governance.heads();
    edit(&mut community, 0, vec![change(FieldOp::Remove, "topics", "pompe")]);
    let later = heads(&community);
    let off = forger.mark(&mut bag, later[0], "return");
    assert_eq!(given(&mut community, &bag, off), void);
    let elsewhere = forger.mark(&mut bag, later[0], "accept");
    assert_eq!(given(&mut community, &bag, elsewhere), Some(Verdict::Void(Breach::Schema)), "no thread");
}

#[test]
fn marks_that_would_be_void_or_empty_are_refused_here() {
    let mut community = Community::found(43);
    let id = community.documents[0].clone();
    let mut mark = |at: usize, verb: &str| {
        let mark = Mark { verb: verb.into(), id: id.clone(), ..Mark::default() };
        ask(&mut community.places[at].node, Request::Mark(mark)).map(drop).map_err(|error| error.code)
    };
    let refused = |code: &str| Err(code.to_owned());
    assert_eq!(mark(1, "validate"), refused("not_allowed"));
    assert_eq!(mark(1, "withdraw"), refused("not_allowed"));
    assert_eq!(mark(0, "return"), refused("missing"));
    assert_eq!(mark(0, "accept"), refused("bad_operation"));
    assert_eq!(mark(0, "sing"), refused("bad_value"));
    assert_eq!(mark(0, "restore"), refused("nothing_to_do"));
    assert_eq!(mark(0, "propose"), Ok(()));
    assert_eq!(mark(0, "propose"), refused("nothing_to_do"));
    assert_eq!(mark(0, "validate"), refused("bad_operation"), "one's own");
}
