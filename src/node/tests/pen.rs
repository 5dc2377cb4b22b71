//! What a pen must not sign.

use super::super::ErrorKind;
use super::super::env::Env;
use super::super::pen::Pen;
use super::community::Community;
use crate::model::governance;
use crate::model::{DocumentId, EntryId, Timestamp};
use crate::wire::entry::{GovernanceContent, MarkContent, MarkShape};

#[test]
fn what_would_count_nowhere_is_not_written() {
    let mut community = Community::found(21);
    let id = community.id;
    let document: DocumentId = community.documents[0].parse::<EntryId>().expect("an id").into();
    let mut env = Env::seeded(1, Timestamp(0));
    let engine = community.places[1].node.engines.0.get_mut(&id).expect("it is here");
    let before = engine.reading(|reader| Ok(reader.last_number()?)).expect("it reads");
    // A state that only who governs may give.
    let settled = engine.reading(|reader| engine.settled(reader, document)).expect("it settles");
    let mut pen = Pen::start(engine, &mut env).expect("it opens");
    let shape = MarkShape { verb: "validate".into(), taken_back: false };
    pen.mark(&settled, &shape, &MarkContent::default()).expect("it is put");
    let refused = pen.finish().expect_err("it must not be written");
    assert_eq!(refused.kind, ErrorKind::Internal, "{refused}");
    // An act without a right.
    let mut pen = Pen::start(engine, &mut env).expect("it opens");
    let seat = governance::seat(EntryId([1; 32]), &[]);
    pen.govern(&seat, &GovernanceContent::default()).expect("it is put");
    let refused = pen.finish().expect_err("it must not be written");
    assert_eq!(refused.kind, ErrorKind::Internal, "{refused}");
    assert_eq!(engine.reading(|reader| Ok(reader.last_number()?)), Ok(before));
    // What is right goes on being written.
    let mut pen = Pen::start(engine, &mut env).expect("it opens");
    pen.mark(&settled, &MarkShape { verb: "propose".into(), taken_back: false }, &MarkContent::default())
        .expect("it is put");
    pen.finish().expect("it is written");
}
