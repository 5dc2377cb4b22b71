//! Edits that claim too much, reach where they may not, or are as heavy as an entry may be.

use repertoire::model::verdict::{Breach, Need};
use repertoire::model::{Content, EntryId, Kind, Payload, Verdict};
use repertoire::wire::Message;
use repertoire::wire::entry::operation::Act;
use repertoire::wire::entry::{Add, Anchor, Delete, EditContent, EditShape, Operation, Set};

use super::super::hand::{Hand, anchor, insert, shape, text};
use super::{Row, Sent};

const COUNTED: Verdict = Verdict::Counted;
const ANCHOR: Verdict = Verdict::Void(Breach::Anchor);
const LIMIT: Verdict = Verdict::Void(Breach::Limit);
const SHAPE: Verdict = Verdict::Void(Breach::Shape);

/// Characters that a field takes beside those that the first edit wrote.
const ROOM: u32 = (1 << 18) - 7;

fn operation(field: &str, act: Act) -> Operation {
    Operation { field: field.into(), act: Some(act), ..Operation::default() }
}

/// One edit of these operations, without words, right after the document's first.
fn one(hand: &mut Hand, operations: Vec<Operation>, verdict: Verdict) -> Sent {
    let root = hand.document.into();
    hand.edit(&[root], &shape(operations), &EditContent::default());
    Sent::all(hand, verdict)
}

/// An insertion at this anchor, after an edit of three characters.
fn at(hand: &mut Hand, after: Option<Anchor>, verdict: Verdict) -> Sent {
    let first = hand.honest();
    let reaching = hand.edit(&[first], &shape(vec![insert(after, 3)]), &text("non"));
    Sent::of(hand).is(first, COUNTED).is(reaching, verdict)
}

fn deletion(from: Option<Anchor>, length: u32) -> Operation {
    operation("procedure", Act::Delete(Delete { from, length }))
}

pub(super) const TABLE: &[Row] = &[
    ("an anchor after the last character", |_, hand| at(hand, anchor(1, 0, 2), COUNTED)),
    ("an anchor behind the end of its run", |_, hand| at(hand, anchor(1, 0, 3), ANCHOR)),
    ("an anchor at offset 2^32 - 1", |_, hand| at(hand, anchor(1, 0, u32::MAX), ANCHOR)),
    ("an anchor in operation 2^32 - 1", |_, hand| at(hand, anchor(1, u32::MAX, 0), ANCHOR)),
    ("an anchor in edit 2^32 - 1", |_, hand| at(hand, anchor(u32::MAX, 0, 0), ANCHOR)),
    ("an anchor in the operation itself", |_, hand| at(hand, anchor(0, 0, 0), ANCHOR)),
    ("an anchor in an edit outside the past", |_, hand| {
        let unseen = hand.honest();
        let root = hand.document.into();
        let shape = EditShape { referenced: vec![unseen.0.to_vec()], ..shape(vec![insert(anchor(2, 0, 0), 3)]) };
        let reaching = hand.edit(&[root], &shape, &text("non"));
        Sent::of(hand).is(unseen, COUNTED).is(reaching, ANCHOR)
    }),
    ("an anchor in a void edit, and an honest edit after both", |_, hand| {
        let root: EntryId = hand.document.into();
        let void = hand.edit(&[root], &shape(vec![insert(anchor(9, 0, 0), 3)]), &text("non"));
        let into = hand.edit(&[void], &shape(vec![insert(anchor(1, 0, 0), 3)]), &text("non"));
        let after = hand.after(&[into]);
        Sent::of(hand).is(void, ANCHOR).is(into, ANCHOR).is(after, COUNTED)
    }),
    ("an insertion of 2^32 - 1 characters", |_, hand| one(hand, vec![insert(None, u32::MAX)], LIMIT)),
    ("an insertion of nothing", |_, hand| one(hand, vec![insert(None, 0)], SHAPE)),
    ("an insertion that fills a field", |_, hand| {
        // It is taken away again: the row would fill the document for all that come after.
        let root = hand.document.into();
        hand.edit(&[root], &shape(vec![insert(None, ROOM)]), &EditContent::default());
        let full = hand.place.1;
        hand.edit(&[full], &shape(vec![deletion(anchor(1, 0, 0), ROOM)]), &EditContent::default());
        Sent::all(hand, COUNTED)
    }),
    ("an insertion one longer", |_, hand| one(hand, vec![insert(None, ROOM + 1)], LIMIT)),
    ("a deletion of 2^32 - 1 characters", |_, hand| {
        let first = hand.honest();
        let gone = hand.edit(&[first], &shape(vec![deletion(anchor(1, 0, 0), u32::MAX)]), &EditContent::default());
        Sent::of(hand).is(first, COUNTED).is(gone, ANCHOR)
    }),
    ("a deletion from nowhere", |_, hand| one(hand, vec![deletion(None, 1)], SHAPE)),
    ("5,000 operations", |_, hand| one(hand, vec![operation("cost", Act::Set(Set {})); 5_000], COUNTED)),
    ("5,001 operations", |_, hand| one(hand, vec![operation("cost", Act::Set(Set {})); 5_001], LIMIT)),
    ("an element of a text", |_, hand| {
        let add = operation("procedure", Act::Add(Add { element: vec![1; 16] }));
        one(hand, vec![add], Verdict::Void(Breach::Schema))
    }),
    ("an element of 17 bytes", |_, hand| {
        one(hand, vec![operation("topics", Act::Add(Add { element: vec![1; 17] }))], LIMIT)
    }),
    ("65 elements of a set", |_, hand| {
        let add = |n: u8| operation("topics", Act::Add(Add { element: vec![n; 16] }));
        one(hand, (0..65).map(add).collect(), LIMIT)
    }),
    ("a name of 201 bytes", |_, hand| one(hand, vec![operation(&"x".repeat(201), Act::Set(Set {}))], LIMIT)),
    ("a name of 200 bytes that nobody knows", |_, hand| {
        one(hand, vec![operation(&"x".repeat(200), Act::Set(Set {}))], COUNTED)
    }),
    ("part 257 of a writing", |_, hand| {
        let root = hand.document.into();
        let part = EditShape { part: 257, closes: 257, ..shape(vec![insert(None, 3)]) };
        hand.edit(&[root], &part, &text("non"));
        Sent::all(hand, SHAPE)
    }),
    ("a part whose last never comes", |_, hand| {
        let root = hand.document.into();
        hand.edit(&[root], &EditShape { part: 1, ..shape(vec![insert(None, 3)]) }, &text("non"));
        Sent::all(hand, Verdict::Waiting(Need::Parts))
    }),
    ("a content of other length than its shape says", |_, hand| {
        let root = hand.document.into();
        hand.edit(&[root], &shape(vec![insert(None, 3)]), &text("beaucoup plus"));
        Sent::all(hand, COUNTED)
    }),
    ("a creation of a kind that nobody knows", |_, hand| {
        let made = EditShape { document_kind: "song".into(), salt: hand.bytes::<16>().into(), ..EditShape::default() };
        let header = hand.header(Kind::Edit, None, &[]);
        hand.put(header, &repertoire::model::Plain { shape: made.encode_to_vec(), content: Vec::new() });
        Sent::all(hand, COUNTED)
    }),
    ("a payload of exactly 64 KiB", |stage, hand| {
        let bytes = |byte| vec![byte; 32 << 10];
        let header = hand.header(Kind::Edit, Some(hand.document), &[stage.document]);
        hand.stored(header, Payload { shape: bytes(1), content: Content::Stored(bytes(2)) });
        Sent::all(hand, SHAPE)
    }),
];
