use std::io::{BufReader, Read};
use std::path::PathBuf;

use proptest::prelude::*;

use super::super::record::tests::record;
use super::super::{Change, FieldValue, changes};
use super::*;

fn all(text: &str) -> Vec<Result<Imported, Skipped>> {
    Lines::new(text.as_bytes()).map(|line| line.expect("reading memory")).collect()
}

fn why(text: &str) -> String {
    all(text).remove(0).expect_err("not a record").to_string()
}

#[test]
fn objects_of_others_become_practices() {
    let line = r##"{"title":" Purger ","language":"fr","body":"# Purger\r\n\r\n## Étapes\r\n1. a","tags":["eau",""],"source":"x/y.md","n":1}"##;
    let imported = all(line).remove(0).expect("a record");
    let record = &imported.record;
    assert_eq!((record.kind.as_str(), record.title.as_str()), ("practice", "Purger"));
    assert_eq!(record.text("procedure"), "1. a");
    assert_eq!(record.topics.iter().collect::<Vec<_>>(), ["eau"]);
    let origin = record.origin.as_ref().expect("an origin");
    assert_eq!((origin.system.as_str(), origin.id.as_str()), ("jsonl", "x/y.md"));
    assert_eq!(imported.ignored, ["n"]);
}

#[test]
fn without_a_source_the_text_is_the_name() {
    let id = |line: &str| all(line).remove(0).expect("a record").record.origin.expect("an origin").id;
    assert_eq!(id(r#"{"title":"a","body":"b"}"#), id(r#"{"body": "b", "title": "a"}"#));
    assert_ne!(id(r#"{"title":"a","body":"b"}"#), id(r#"{"title":"a","body":"c"}"#));
}

#[test]
fn what_is_no_record_says_why() {
    assert_eq!(why("\n\nnot json"), "line 3: it is not JSON: expected ident at line 1 column 2");
    assert_eq!(why("[1]"), "line 1: it is not a JSON object");
    assert_eq!(why(r#"{"title":"a"}"#), "line 1: `body` is not there as a text, and neither are `kind` and `fields`");
    assert_eq!(why(r#"{"body":"no heading"}"#), "line 1: it has no title");
    assert_eq!(why(r#"{"title":{},"body":"b"}"#), "line 1: `title` is not a text");
    assert_eq!(why(r#"{"kind":"practice","fields":{},"id":"ab"}"#), "line 1: `id` is not an id");
    let twice = why(r#"{"title":"a","body":"b","x":{"y":1,"y":2}}"#);
    assert!(twice.starts_with("line 1: it is not JSON: the key `y` stands twice"), "{twice}");
    let title = "é".repeat(201);
    assert_eq!(
        why(&format!(r#"{{"title":"{title}","body":"b"}}"#)),
        "line 1: the title has 201 characters, 200 are the most"
    );
    let body = "x".repeat((256 << 10) + 1);
    assert_eq!(
        why(&format!(r#"{{"title":"a","body":"{body}"}}"#)),
        "line 1: the field `procedure` has a text of 262145 bytes, 262144 are the most"
    );
    let deep = format!("{}{}", "[".repeat(9), "]".repeat(9));
    assert_eq!(
        why(&format!(r#"{{"kind":"practice","fields":{{"x":{deep}}}}}"#)),
        "line 1: `x` is not a value nested 8 deep at most"
    );
    assert!(why(&format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))).contains("recursion limit"));
    let skipped = read(b"\xff\xfe{}", "line 7").expect_err("not UTF-8");
    assert_eq!(skipped.to_string(), "line 7: it is not UTF-8");
}

#[test]
fn a_line_too_long_is_skipped_and_the_next_one_read() {
    let long = std::io::repeat(b'x').take(INPUT_BYTES_MAX as u64 + 10);
    let next = b"\n{\"title\":\"a\",\"body\":\"b\"}\n \n{".as_slice();
    let mut lines = Lines::new(BufReader::with_capacity(1000, long.chain(next)));
    let first = lines.next().expect("one").expect("read").expect_err("too long");
    assert_eq!(first.to_string(), "line 1: the line is longer than 8 MiB");
    assert_eq!(lines.next().expect("two").expect("read").expect("a record").record.title, "a");
    assert_eq!(lines.next().expect("three").expect("read").expect_err("cut").place, "line 4");
    assert!(lines.next().is_none());
    assert_eq!(lines.bytes(), (INPUT_BYTES_MAX + 10 + next.len()) as u64);
}

#[test]
fn a_failing_reader_ends_it() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("unplugged"))
        }
    }
    let mut lines = Lines::new(BufReader::new(b"{}\n".chain(Failing)));
    assert!(lines.next().expect("a line").expect("read").is_err());
    assert_eq!(lines.next().expect("an end").expect_err("unplugged").to_string(), "unplugged");
    assert!(lines.next().is_none());
}

#[test]
fn the_export_is_stable() {
    let record = Record {
        id: Some(crate::model::DocumentId([0xab; 32])),
        kind: "practice".into(),
        title: "T".into(),
        fields: [("procedure".to_owned(), "p".into()), ("review_months".to_owned(), FieldValue::Integer(12))].into(),
        created: Some(crate::model::Timestamp(1)),
        ..Record::default()
    };
    let id = "ab".repeat(32);
    let expected = format!(
        r#"{{"created":"1970-01-01T00:00:00.001Z","fields":{{"procedure":"p","review_months":12}},"id":"{id}","kind":"practice","sites":[],"title":"T","topics":[]}}"#
    );
    assert_eq!(write(&record), expected);
}

proptest! {
    #[test]
    fn what_is_written_is_read(record in record()) {
        let line = write(&record);
        prop_assert!(!line.contains('\n'));
        let imported = read(line.as_bytes(), "").expect("our own line");
        prop_assert_eq!(&imported.record, &record);
        prop_assert_eq!(imported.ignored, Vec::<String>::new());
        prop_assert_eq!(changes(&record, &imported.record), Vec::<Change>::new());
        prop_assert_eq!(write(&imported.record), line);
    }

    #[test]
    fn no_line_panics(line in any::<Vec<u8>>()) {
        let _ = read(&line, "");
    }

    #[test]
    fn no_object_panics(
        key in "kind|fields|id|title|body|tags|origin|created|version|topics",
        value in r#"[\[\]{}",:0-9a-z.\\-]{0,40}"#,
    ) {
        let _ = read(format!(r#"{{"body":"b","{key}":{value}}}"#).as_bytes(), "");
        let _ = read(format!(r#"{{"kind":"a","fields":{{}},"{key}":{value}}}"#).as_bytes(), "");
    }
}

/// Returns the folder of the test corpus, if this machine has it.
pub(in super::super) fn corpus() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("REPERTOIRE_CORPUS").map_or_else(beside, PathBuf::from);
    let there = folder.join("practices.jsonl").is_file();
    if !there {
        eprintln!("NOT TESTED: the corpus is not at {} (REPERTOIRE_CORPUS names its folder)", folder.display());
    }
    there.then_some(folder)
}

#[test]
fn the_whole_corpus_is_read() {
    let Some(folder) = corpus() else { return };
    let file = std::fs::File::open(folder.join("practices.jsonl")).expect("the corpus");
    let mut origins = std::collections::BTreeSet::new();
    for line in Lines::new(BufReader::new(file)) {
        let record = line.expect("read").expect("every line is a practice").record;
        assert!(!record.fields.is_empty(), "{}", record.title);
        assert!(origins.insert(record.origin.expect("an origin")));
    }
    assert_eq!(origins.len(), 873);
}
