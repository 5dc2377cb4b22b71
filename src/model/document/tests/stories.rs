//! Small stories, told step by step.

use std::collections::BTreeSet;

use super::*;
use crate::model::verdict::Breach;
use crate::wire::Message;
use crate::wire::entry::operation::Act;
use crate::wire::entry::{Add, Anchor, Delete, Insert, Place, Set};

/// A document and who writes it.
struct Desk {
    edits: Vec<Edit>,
    random: Seeded,
}

impl Desk {
    fn new(kind: &str, changes: &[Change]) -> Desk {
        let mut random = Seeded(11);
        let parts = compose(None, kind, changes, &mut random).expect("a new document");
        let edits = sign(&[], parts, &mut random);
        Desk { edits, random }
    }

    fn practice() -> Desk {
        Desk::new("practice", &[set("title", "Filter"), write("procedure", "Take sand.\n\nPour water.\n\nWait.")])
    }

    fn document(&self) -> Document {
        fold(&self.edits, &BTreeSet::new())
    }

    /// Writes on what the entries up to an index gave.
    fn write_at(&mut self, seen: &[EntryId], changes: &[Change]) -> EntryId {
        let document = fold(past_of(&self.edits, seen), &BTreeSet::new());
        let parts = compose(Some(&document), "", changes, &mut self.random).expect("it composes");
        self.edits.extend(sign(document.heads(), parts, &mut self.random));
        self.edits[self.edits.len() - 1].id
    }

    fn write(&mut self, changes: &[Change]) -> EntryId {
        let heads = self.document().heads().to_vec();
        self.write_at(&heads, changes)
    }
}

fn set(field: &str, value: &str) -> Change {
    Change::Set { path: FieldPath::of(field), value: value.into() }
}

fn write(field: &str, text: &str) -> Change {
    Change::Write { path: FieldPath::of(field), text: text.into() }
}

#[test]
fn concurrent_values_are_kept_until_someone_settles() {
    let mut desk = Desk::practice();
    let root = [desk.edits[0].id];
    let awa = desk.write_at(&root, &[set("dose", "daily"), set("aim", "risk")]);
    let boris = desk.write_at(&root, &[set("dose", "weekly"), set("aim", "Risque")]);
    let document = desk.document();
    let conflicts = document.conflicts();
    assert_eq!(conflicts.len(), 1, "the same value written twice is none: {conflicts:?}");
    assert_eq!(conflicts[0].path, FieldPath::of("dose"));
    let writers: BTreeSet<EntryId> = conflicts[0].values.iter().map(|value| value.1).collect();
    assert_eq!(writers, BTreeSet::from([awa, boris]));
    let shown = &conflicts[0].values[conflicts[0].shown];
    assert_eq!(shown.1, awa.max(boris));
    assert_eq!(document.value("dose"), shown.0.as_ref());
    assert_eq!(document.contributors().len(), 3);
    // Settled by any new writing, even of the value that was shown.
    desk.write(&[set("dose", document.word("dose"))]);
    assert_eq!(desk.document().conflicts(), vec![]);
}

#[test]
fn a_paragraph_written_together_is_noted_until_someone_writes_again() {
    let mut desk = Desk::practice();
    let root = [desk.edits[0].id];
    desk.write_at(&root, &[write("procedure", "Take clean sand.\n\nPour water.\n\nWait.")]);
    let awa = desk.write_at(&root, &[write("procedure", "Take sand.\n\nPour the water.\n\nWait.")]);
    assert_eq!(desk.document().notes(), [], "different paragraphs");
    let boris = desk.write_at(&root, &[write("procedure", "Take sand.\n\nPour water slowly.\n\nWait.")]);
    let document = desk.document();
    assert_eq!(document.text("procedure"), "Take clean sand.\n\nPour the water slowly.\n\nWait.");
    let [note] = document.notes() else { panic!("one note: {:?}", document.notes()) };
    assert_eq!((note.line, BTreeSet::from(note.edits)), (2, BTreeSet::from([awa, boris])));
    desk.write(&[write("procedure", "Take clean sand.\n\nPour the water slowly in.\n\nWait.")]);
    assert_eq!(desk.document().notes(), []);
}

#[test]
fn a_long_writing_comes_in_parts() {
    let text: String = (0..30_000).map(|line| format!("été {line} ")).collect::<String>()[..200_001].to_owned();
    let mut desk = Desk::new("practice", &[set("title", "Long"), write("procedure", &text)]);
    assert!(desk.edits.len() > 4);
    let mut history = History::new();
    for (index, edit) in desk.edits.iter().enumerate() {
        assert_eq!(judge(edit, &history), Ok(()), "part {index}");
        history.push(edit);
        let (shape, content) = (edit.shape.encoded_len(), edit.content.as_ref().map_or(0, Message::encoded_len));
        assert!(content <= 48 * 1024 && shape + content <= 62 * 1024, "part {index}: {shape} and {content} bytes");
        let closes = if index + 1 == desk.edits.len() { index as u32 + 1 } else { 0 };
        assert_eq!((edit.shape.part, edit.shape.closes), (index as u32 + 1, closes));
    }
    assert_eq!(desk.document().text("procedure"), text);
    assert_eq!(parts(&desk.edits).whole.len(), 1);
    // A small change of it is a small edit.
    let changed = text.replacen("été 7 ", "hiver 7 ", 1);
    desk.write(&[write("procedure", &changed)]);
    let last = &desk.edits[desk.edits.len() - 1];
    assert_eq!(desk.document().text("procedure"), changed);
    assert!(last.shape.part == 0 && last.shape.encoded_len() < 200, "{:?}", last.shape);
    // A rewriting as long again.
    desk.write(&[write("procedure", &"ab ".repeat(70_000))]);
    assert_eq!(desk.document().text("procedure"), "ab ".repeat(70_000));
}

fn all_are_right(desk: &Desk) {
    let mut history = History::new();
    for (index, edit) in desk.edits.iter().enumerate() {
        assert_eq!(judge(edit, &history), Ok(()), "edit {index}");
        history.push(edit);
    }
}

#[test]
fn what_is_full_can_be_written_anew() {
    let add = |field: &str, value: String| Change::Add { path: FieldPath::of(field), value: Value::Text(value) };
    let remove = |field: &str, value: String| Change::Remove { path: FieldPath::of(field), value: Value::Text(value) };
    let full = "a".repeat(TEXT_SCALARS_MAX as usize);
    let mut desk = Desk::new("practice", &[set("title", "Full"), write("procedure", &full)]);
    desk.write(&[write("procedure", "short")]);
    assert_eq!(desk.document().text("procedure"), "short");
    desk.write(&[write("procedure", &"b c ".repeat(60_000))]);
    desk.write(&[write("procedure", &"d e ".repeat(60_000))]);
    assert_eq!(desk.document().text("procedure"), "d e ".repeat(60_000));
    all_are_right(&desk);
    let mut member = vec![set("name", "Awa")];
    member.extend((0..SET_ELEMENTS_MAX).map(|n| add("interests", n.to_string())));
    let mut desk = Desk::new("member", &member);
    desk.write(&[remove("interests", "0".into()), add("interests", "new".into())]);
    assert_eq!(desk.document().set("interests").len(), SET_ELEMENTS_MAX);
    all_are_right(&desk);
}

#[test]
fn many_small_hunks_come_in_parts_that_fit() {
    let text: String = (0..9_000).map(|line| format!("line {line}\n")).collect();
    let mut desk = Desk::new("practice", &[set("title", "Long"), write("procedure", &text)]);
    let changed = text.replace('\n', " end\n");
    desk.write(&[write("procedure", &changed)]);
    assert_eq!(desk.document().text("procedure"), changed);
    let mut history = History::new();
    for edit in &desk.edits {
        assert_eq!(judge(edit, &history), Ok(()));
        history.push(edit);
        let (shape, content) = (edit.shape.encoded_len(), edit.content.as_ref().map_or(0, Message::encoded_len));
        assert!(shape + content <= 62 * 1024 && content <= 48 * 1024, "{shape} and {content} bytes");
    }
}

#[test]
fn a_part_follows_the_one_before_and_no_other() {
    let text = "x".repeat(120_000);
    let desk = Desk::new("practice", &[set("title", "Long"), write("procedure", &text)]);
    let [first, second, third] = desk.edits.as_slice() else { panic!("three parts") };
    let judged = |edit: &Edit, past: &[&Edit]| judge(edit, &History::of(past.iter().copied()));
    assert_eq!(judged(third, &[first, second]), Ok(()));
    let mut wrong = third.clone();
    wrong.shape.part = 2;
    wrong.shape.closes = 2;
    assert_eq!(judged(&wrong, &[first, second]), Err(Breach::Shape));
    wrong.shape.closes = 3;
    assert_eq!(judged(&wrong, &[first, second]), Err(Breach::Shape));
    assert_eq!(parts([first, second]).waiting.len(), 2);
}

#[test]
fn what_is_erased_leaves_no_words_and_all_structure() {
    let mut desk = Desk::practice();
    desk.write(&[set("dose", "daily"), write("procedure", "Take SECRET sand.\n\nPour water."), {
        Change::Add { path: FieldPath::of("topics"), value: "secret".into() }
    }]);
    desk.write(&[write("procedure", "Take SECRET sand and gravel.\n\nPour water.")]);
    desk.edits[1].content = None;
    let document = desk.document();
    assert_eq!(document.text("procedure"), "Take sand and gravel.\n\nPour water.");
    assert_eq!(document.fields_json()["dose"], serde_json::Value::Null);
    assert_eq!(document.fields_json()["topics"], serde_json::json!([]));
    assert_eq!(document.value("dose"), None);
    let wrong = desk.edits[0].content.clone();
    desk.edits[1].content = wrong;
    assert_eq!(desk.document(), document, "content that doesn't fit is the same as none");
}

#[test]
fn what_a_newer_version_says_is_kept_and_shown() {
    let mut desk = Desk::practice();
    let operation = |field: &str, act| Operation { field: field.into(), act, ..Operation::default() };
    let operations = vec![
        operation("mood", Some(Act::Set(Set {}))),
        operation("story", Some(Act::Insert(Insert { after: None, length: 2 }))),
        operation("title", None),
    ];
    let value = |operation, text: &str| crate::wire::entry::Value {
        operation,
        of: Some(crate::wire::entry::value::Of::Text(text.into())),
    };
    let shape = EditShape { operations, ..EditShape::default() };
    let content = EditContent { values: vec![value(0, "calm"), value(1, "ok")] };
    let newer = Edit { id: EntryId([9; 32]), deps: vec![desk.edits[0].id], shape, content: Some(content) };
    assert_eq!(judge(&newer, &History::of(&desk.edits)), Ok(()));
    desk.edits.push(newer);
    let document = desk.document();
    let json = document.fields_json();
    assert_eq!((&json["mood"], &json["story"], &json["title"]), (&"calm".into(), &"ok".into(), &"Filter".into()));
    let unknown = [
        Unknown::Field(FieldPath::of("mood")),
        Unknown::Field(FieldPath::of("story")),
        Unknown::Operation(EntryId([9; 32]), 2),
    ];
    assert_eq!(document.unknown(), unknown);
    let mut kind = desk.edits[0].clone();
    kind.shape.document_kind = "newer".into();
    assert_eq!(judge(&kind, &History::new()), Ok(()));
    assert_eq!(fold([&kind], &BTreeSet::new()).unknown(), [Unknown::Kind("newer".into())]);
}

#[test]
fn each_broken_rule_is_named() {
    let desk = Desk::practice();
    let root = desk.edits[0].clone();
    let history = History::of([&root]);
    let operation = |field: &str, act: Act| Operation { field: field.into(), act: Some(act), ..Operation::default() };
    let of = |operations: Vec<Operation>| Edit {
        id: EntryId([9; 32]),
        deps: vec![root.id],
        shape: EditShape { operations, ..EditShape::default() },
        content: None,
    };
    let check = |operations: Vec<Operation>, expected: Result<(), Breach>| {
        assert_eq!(judge(&of(operations.clone()), &history), expected, "{operations:?}");
    };
    let (title, text) = (0, 1);
    let after = |edit, operation, offset| Some(Anchor { edit, operation, offset });
    let insert = |after, length| Act::Insert(Insert { after, length });
    check(vec![operation("procedure", insert(after(1, text, 29), 3))], Ok(()));
    check(vec![operation("procedure", insert(after(1, text, 30), 3))], Err(Breach::Anchor));
    check(vec![operation("procedure", insert(after(1, title, 0), 3))], Err(Breach::Anchor));
    check(vec![operation("procedure", insert(after(2, text, 0), 3))], Err(Breach::Anchor));
    check(vec![operation("problem", insert(after(1, text, 0), 3))], Err(Breach::Anchor));
    check(vec![operation("procedure", insert(after(0, 0, 0), 3))], Err(Breach::Anchor));
    check(vec![operation("procedure", insert(None, 3)), operation("procedure", insert(after(0, 0, 2), 3))], Ok(()));
    check(vec![operation("procedure", insert(None, 0))], Err(Breach::Shape));
    check(vec![operation("procedure", insert(None, 262_145))], Err(Breach::Limit));
    check(vec![operation("procedure", insert(None, 262_144))], Err(Breach::Limit));
    check(vec![operation("problem", insert(None, 262_144))], Ok(()));
    let delete = |from, length| Act::Delete(Delete { from, length });
    check(vec![operation("procedure", delete(after(1, text, 0), 30))], Ok(()));
    check(vec![operation("procedure", delete(after(1, text, 1), 30))], Err(Breach::Anchor));
    check(vec![operation("procedure", delete(after(1, text, u32::MAX), u32::MAX))], Err(Breach::Anchor));
    check(vec![operation("procedure", Act::Set(Set {}))], Err(Breach::Schema));
    check(vec![operation("title", insert(None, 1))], Err(Breach::Schema));
    check(vec![operation("handle", Act::Set(Set {}))], Err(Breach::Schema));
    check(vec![operation("state", Act::Set(Set {}))], Err(Breach::Schema));
    check(vec![operation("topics", Act::Add(Add { element: vec![1; 15] }))], Err(Breach::Limit));
    let adds = |count: u8| (0..count).map(|n| operation("topics", Act::Add(Add { element: vec![n; 16] }))).collect();
    check(adds(64), Ok(()));
    check(adds(65), Err(Breach::Limit));
    let place = |position: &[u8]| Operation {
        item: vec![1; 16],
        ..operation("attachments", Act::Place(Place { position: position.to_vec() }))
    };
    check(vec![place(&[1, 0, 1])], Ok(()));
    check(vec![place(&[1, 0])], Err(Breach::Limit));
    check(vec![place(&[])], Err(Breach::Limit));
    check(vec![place(&[1; 65])], Err(Breach::Limit));
    check(vec![operation("title", Act::Set(Set {})); 5_001], Err(Breach::Limit));
    // About the edit as a whole.
    let mut edit = of(vec![]);
    edit.shape.salt = vec![1; 16];
    assert_eq!(judge(&edit, &history), Err(Breach::Shape));
    let mut second = root.clone();
    second.id = EntryId([8; 32]);
    assert_eq!(judge(&second, &history), Err(Breach::Place));
    assert_eq!(judge(&of(vec![]), &History::new()), Err(Breach::Place));
    let mut foreign = of(vec![]);
    foreign.shape.referenced = vec![vec![7; 32]];
    assert_eq!(judge(&foreign, &history), Err(Breach::Anchor));
}

#[test]
fn a_reference_must_be_in_the_past() {
    let mut desk = Desk::practice();
    let root = [desk.edits[0].id];
    let awa = desk.write_at(&root, &[write("problem", "dirt")]);
    let boris = desk.write_at(&root, &[set("dose", "daily")]);
    let operation = Operation {
        field: "problem".into(),
        act: Some(Act::Insert(Insert { after: Some(Anchor { edit: 2, operation: 0, offset: 3 }), length: 1 })),
        ..Operation::default()
    };
    let shape = EditShape { operations: vec![operation], referenced: vec![awa.0.to_vec()], ..EditShape::default() };
    let edit = |dep: EntryId| Edit { id: EntryId([9; 32]), deps: vec![dep], shape: shape.clone(), content: None };
    let history = History::of(&desk.edits);
    assert_eq!(judge(&edit(boris), &history), Err(Breach::Anchor));
    assert_eq!(judge(&edit(awa), &history), Ok(()));
}

#[test]
fn changes_are_read_as_people_write_them() {
    let check = |kind: &str, op: FieldOp, field: &str, value: &str, expected: &str| {
        let read = match Change::parse(kind, op, field, value) {
            Ok(Change::Set { path, value }) => format!("set {path} {value:?}"),
            Ok(Change::Clear { path }) => format!("clear {path}"),
            Ok(Change::Write { path, text }) => format!("write {path} {text}"),
            Ok(Change::Append { path, text }) => format!("append {path} {text}"),
            Ok(Change::Add { path, value }) => format!("add {path} {value}"),
            Ok(Change::Remove { path, value }) => format!("remove {path} {value}"),
            Ok(Change::Replace { path, values }) => format!("replace {path} {values:?}"),
            Ok(Change::Put { field, inner, .. }) => format!("put {field} {inner:?}"),
            Ok(Change::Move { .. }) => "move".into(),
            Ok(Change::Drop { field, .. }) => format!("drop {field}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(read, expected, "{kind} {op:?} {field}={value}");
    };
    use FieldOp::{Add, Append, Clear, Remove, Set};
    check("practice", Set, "title", "Filter", "set title Text(\"Filter\")");
    check("practice", Set, "success-factors", "sand", "write success_factors sand");
    check("practice", Append, "problem", "dirt", "append problem dirt");
    check("practice", Set, "difficulty", "Débutant", "set difficulty Text(\"beginner\")");
    check("practice", Set, "review-months", "12", "set review_months Integer(12)");
    check("practice", Set, "topic", "water", "add topics water");
    check("practice", Set, "topics", "water, health", "replace topics [Text(\"water\"), Text(\"health\")]");
    check("practice", Remove, "topic", "water", "remove topics water");
    check("practice", Clear, "dose", "", "clear dose");
    check("practice", Set, "goal", "less work", "write adaptation.goal less work");
    check("member", Set, "competence.water.level", "3", "set competences.water.level Text(\"3\")");
    check("term", Set, "definition.fr", "de l'eau", "write definition.fr de l'eau");
    check("term", Add, "alt-label.fr", "flotte", "add alt_label.fr flotte");
    check("community", Add, "need", "a pump", "put needs [(\"text\", Text(\"a pump\"))]");
    check("practice", Set, "colour", "red", "a practice has no field `colour`");
    check("practise", Set, "title", "x", "there is no kind `practise`");
    check("practice", Set, "state", "x", "the field `state` can't be changed this way: it follows from other things");
    check(
        "practice",
        Append,
        "dose",
        "x",
        "the field `dose` can't be changed this way: it holds a single value: set or clear",
    );
    check(
        "practice",
        Set,
        "aim",
        "gold",
        "`gold` is not a value of `aim`; allowed: strategic-goal, operational-process, risk",
    );
    check("practice", Set, "review-months", "x", "`x` doesn't fit `review_months`: expected a whole number");
    check("practice", Set, "title", "a\nb", "`a\nb` doesn't fit `title`: expected one line");
}

#[test]
fn what_cannot_be_written_is_said() {
    let mut random = Seeded(1);
    let document = Desk::practice().document();
    let mut check = |document: Option<&Document>, changes: &[Change], expected: &str| {
        let error = compose(document, "practice", changes, &mut random).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    };
    check(None, &[], "a practice needs `title`");
    check(None, &[set("title", &"é".repeat(201))], "`title` would have 201 characters; the limit is 200");
    check(Some(&document), &[], "nothing changes");
    check(Some(&document), &[set("title", "Filter")], "nothing changes");
    check(Some(&document), &[set("handle", "x")], "`handle` is set at creation and stays");
    check(
        Some(&document),
        &[write("summary", &"x".repeat(501))],
        "`summary` would have 501 characters; the limit is 500",
    );
    let big = write("problem", &"é".repeat(131_073));
    check(Some(&document), &[big], "`problem` would have 262146 bytes; the limit is 262144");
    let add = |n: usize| Change::Add { path: FieldPath::of("topics"), value: Value::Text(format!("t{n}")) };
    let many: Vec<Change> = (0..65).map(add).collect();
    check(Some(&document), &many, "`topics` would have 65 values; the limit is 64");
}

#[test]
fn lists_are_put_moved_and_dropped() {
    let mut desk = Desk::new("collection", &[set("title", "Kit")]);
    let put = |target: &str| Change::Put {
        field: "items".into(),
        item: None,
        inner: vec![("target".into(), target.into())],
        before: None,
    };
    desk.write(&[put("a"), put("b"), put("c")]);
    let targets = |document: &Document| match &document.fields_json()["items"] {
        serde_json::Value::Array(items) => {
            items.iter().map(|item| item["target"].as_str().unwrap_or("?").to_owned()).collect::<String>()
        }
        other => panic!("{other}"),
    };
    let ids = |document: &Document| match document.field("items") {
        Some(Field::List(items)) => items.iter().map(|item| item.id).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let document = desk.document();
    let [a, b, c] = ids(&document)[..] else { panic!("three items") };
    assert_eq!(targets(&document), "abc");
    let heads = document.heads().to_vec();
    let field = || "items".to_owned();
    desk.write_at(
        &heads,
        &[Change::Move { field: field(), item: c, before: Some(a) }, Change::Drop { field: field(), item: b }],
    );
    let path = FieldPath::inside("items", b, "note");
    desk.write_at(
        &heads,
        &[
            Change::Append { path, text: "still needed".into() },
            Change::Move { field: field(), item: c, before: Some(b) },
        ],
    );
    let document = desk.document();
    // What was written into without knowing of the drop stays, and the item moved twice stands once.
    assert!(["cab", "acb"].contains(&targets(&document).as_str()), "{}", targets(&document));
    let Some(Field::List(items)) = document.field("items") else { panic!("a list") };
    assert_eq!(items.iter().filter(|item| item.moved_apart).map(|item| item.id).collect::<Vec<_>>(), [c]);
}

#[test]
fn a_measure_is_written_with_colons_between_its_parts() {
    let inner = |value: &str| match Change::parse("report", FieldOp::Add, "measure", value) {
        Ok(Change::Put { field, item: None, inner, before: None }) if field == "measures" => {
            inner.into_iter().map(|(name, value)| format!("{name}={}", value.as_text().unwrap_or("?"))).collect()
        }
        Ok(other) => vec![format!("{other:?}")],
        Err(error) => vec![error.to_string()],
    };
    let whole = ["indicator=amorçage", "before=20", "after=3", "unit=coups"];
    assert_eq!(inner("amorçage:20:3:coups"), whole);
    assert_eq!(
        inner(" amorçage : 20:3 :coups:à la montre: deux fois"),
        [&whole[..], &["how=à la montre: deux fois"]].concat()
    );
    assert_eq!(inner("débit"), ["indicator=débit"]);
    assert_eq!(inner("débit::3"), ["indicator=débit", "after=3"]);
    assert!(inner(":20:3")[0].contains("first part"), "{:?}", inner(":20:3"));
}
