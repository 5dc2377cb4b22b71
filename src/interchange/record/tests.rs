use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;

/// Texts that are hard on formats.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => "[a-zé ]{0,12}",
        1 => "\\\\{0,3}## [A-Za-zé]{0,6} \\{#[a-z_.]{0,9}\\} {0,2}",
        1 => prop_oneof![
            Just("---".to_owned()), Just("...".to_owned()), Just("```".to_owned()), Just("# H".to_owned()),
            Just("- a: b # c".to_owned()), Just("\\## x".to_owned()), Just("  indented".to_owned()),
            Just("trailing  ".to_owned()), Just("a\r".to_owned()), Just("\u{85}\u{2028}".to_owned()),
            Just("\u{feff}".to_owned()), Just("\u{0}\u{7f}\u{9b}\u{ffff}".to_owned()), Just("'\"\\".to_owned()),
        ],
        1 => "\\PC{0,12}",
        1 => any::<String>(),
    ];
    vec(line, 0..6).prop_map(|lines| lines.join("\n"))
}

/// Words that YAML might take for something else.
pub(crate) fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zé' -]{0,20}",
        "true|false|yes|No|ON|null|~|Null|nan|\\.inf|-?[0-9]{1,3}(\\.[0-9]+)?|0x1f|1_000|007|[0-9]e[0-9]|abe1|NaN|Infinity|<<|=",
        "2026-11-22(T17:00:00Z)?",
        "[-?:,\\[\\]{}#&*!|>'\"%@`\\\\ .a]{1,6}",
        any::<String>(),
    ]
}

fn value() -> impl Strategy<Value = FieldValue> {
    let leaf = prop_oneof![
        4 => text().prop_map(FieldValue::Text),
        2 => line().prop_map(FieldValue::Text),
        1 => any::<i64>().prop_map(FieldValue::Integer),
        1 => any::<bool>().prop_map(FieldValue::Flag),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(FieldValue::Many),
            btree_map(key(), inner, 0..4).prop_map(FieldValue::Map),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "procedure|problem|summary|body|difficulty|adaptation\\.goal|title|id|fields|topics|<<|true|1|a: b",
        "[a-z_.]{1,10}",
        "\\PC{1,12}",
        any::<String>(),
    ]
    .prop_filter("a name is not empty", |key| (1..=NAME_BYTES_MAX).contains(&key.len()))
}

fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![any::<i64>(), 0..4_000_000_000_000_i64, -9_000..9_000_i64].prop_map(Timestamp)
}

fn origin() -> impl Strategy<Value = Origin> {
    (line(), line(), option::of(line()), option::of(line()), option::of(line()))
        .prop_map(|(system, id, url, author, imported)| Origin { system, id, url, author, imported })
}

prop_compose! {
    /// Any document.
    pub(crate) fn record()(
        (id, version, creator) in (any::<[u8; 32]>(), vec(any::<[u8; 32]>(), 0..3), option::of(any::<[u8; 32]>())),
        (handle, kind, title, language) in (option::of(line()), key(), line(), option::of(line())),
        fields in btree_map(key(), value(), 0..6),
        (topics, sites) in (btree_set(line(), 0..4), btree_set(line(), 0..3)),
        (origin, space, author) in (option::of(origin()), option::of(line()), option::of(line())),
        (created, modified) in (option::of(time()), option::of(time())),
    ) -> Record {
        Record {
            id: Some(DocumentId(id)),
            version: version.into_iter().map(EntryId).collect(),
            handle, kind, title, language, fields, topics, sites, origin, space,
            creator: creator.map(MemberId),
            author, created, modified,
        }
    }
}

#[test]
fn every_limit_is_kept() {
    let record = Record { kind: "practice".into(), ..Record::default() };
    let check = |change: &dyn Fn(&mut Record)| {
        let mut record = record.clone();
        change(&mut record);
        record.check().expect_err("over a limit").to_string()
    };
    assert_eq!(record.check(), Ok(()));
    assert_eq!(check(&|record| record.kind.clear()), "it says no kind");
    assert_eq!(
        check(&|record| record.topics = (0..65).map(|number| number.to_string()).collect()),
        "topics: 65, 64 are the most"
    );
    let put = |record: &mut Record, value: FieldValue| record.fields.insert("x".into(), value);
    assert_eq!(
        check(&|record| drop(put(record, FieldValue::Many(vec![FieldValue::Flag(true); 501])))),
        "values of `x`: 501, 500 are the most"
    );
    assert_eq!(
        check(&|record| drop(record.fields.insert(String::new(), "a".into()))),
        "`` can't be the name of a kind, field or key"
    );
    let nested = (0..8).fold(FieldValue::from("a"), |value, _| FieldValue::Many(vec![value]));
    assert_eq!(check(&|record| drop(put(record, nested.clone()))), "the field `x` is nested deeper than 8");
    let origin = Origin { id: "x".repeat(2_001), ..Origin::default() };
    assert_eq!(
        check(&|record| record.origin = Some(origin.clone())),
        "the origin's id has 2001 characters, 2000 are the most"
    );
}
