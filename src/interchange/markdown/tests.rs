use proptest::prelude::*;

use super::super::jsonl::tests::corpus;
use super::super::record::tests::{record, text};
use super::super::{Change, changes, samples};
use super::*;
use crate::model::{EntryId, Timestamp};

fn practice() -> Record {
    Record {
        id: Some(DocumentId([0x3f; 32])),
        version: vec![EntryId([0x9a; 32])],
        handle: Some("purger".into()),
        kind: "practice".into(),
        title: "Purger une pompe à main".into(),
        language: Some("fr".into()),
        fields: [
            ("procedure".to_owned(), "1. Pomper.\n2. Jeter.".into()),
            ("problem".to_owned(), "L'eau est trouble.".into()),
            ("difficulty".to_owned(), "beginner".into()),
            ("later".to_owned(), "a\nb".into()),
            ("lessons".to_owned(), " à noter".into()),
            ("audience".to_owned(), FieldValue::Many(vec!["novice".into(), "expert".into()])),
        ]
        .into(),
        topics: ["eau".to_owned()].into(),
        author: Some("Awa".into()),
        space: Some("commons".into()),
        created: Some(Timestamp(1_772_352_000_000)),
        ..Record::default()
    }
}

#[test]
fn an_export_reads_well() {
    let expected = format!(
        r#"---
title: Purger une pompe à main
kind: practice
language: fr
handle: purger
id: "{}"
version: ["{}"]
space: commons
author: Awa
created: "2026-03-01T08:00:00Z"
topics:
- eau
fields:
  audience:
  - novice
  - expert
  difficulty: beginner
  lessons: " à noter"
---

## Problème {{#problem}}

L'eau est trouble.

## Démarche {{#procedure}}

1. Pomper.
2. Jeter.

## later {{#later}}

a
b
"#,
        "3f".repeat(32),
        "9a".repeat(32)
    );
    assert_eq!(write(&practice()), expected);
}

fn edited(edit: impl Fn(String) -> String) -> Vec<String> {
    let file = edit(write(&practice()));
    let imported = read(file.as_bytes(), "x.md").expect("an edited export").record;
    changes(&practice(), &imported).into_iter().map(|change| change.field).collect()
}

#[test]
fn an_edited_export_says_what_changed() {
    assert_eq!(edited(|file| file), Vec::<String>::new());
    assert_eq!(edited(|file| file.replace('\n', "\r\n")), Vec::<String>::new());
    assert_eq!(edited(|file| format!("\u{feff}{file}\n\n\n")), Vec::<String>::new());
    assert_eq!(edited(|file| file.replace("\n\n", "\n\n\n")), Vec::<String>::new());
    assert_eq!(edited(|file| file.replace("## Démarche {", "## Anleitung {")), Vec::<String>::new());
    assert_eq!(edited(|file| file.replace("Jeter", "Filtrer")), ["procedure"]);
    assert_eq!(edited(|file| file.replace("beginner", "advanced")), ["difficulty"]);
    assert_eq!(edited(|file| file.replace("- eau", "- eau\n- pompes")), ["topics"]);
    assert_eq!(edited(|file| file.replace("title: Purger", "title: Vider")), ["title"]);
    assert_eq!(edited(|file| format!("{file}\n## Contexte {{#context}}\n\nPartout.")), ["context"]);
    assert_eq!(edited(|file| file.replace("---\n\n##", "---\nD'abord, lire.\n\n##")), ["procedure"]);
}

fn foreign(file: &str) -> Imported {
    read(file.as_bytes(), "dir/x.md").expect("a practice")
}

#[test]
fn files_of_others_become_practices() {
    let imported = foreign(
        "---\ntitle: 'Réunion : une heure'\nlang: fr\ntags: équipe, décision\nid: not-ours\nauthor:\n- Awa\n- Boris\n\
         difficulty: beginner\ndescription: En bref.\n---\n# Réunion\n\nIntro.\n\n## Matériel\n\n- montre\n",
    );
    let record = imported.record;
    assert_eq!(record.title, "Réunion : une heure");
    assert_eq!(record.language.as_deref(), Some("fr"));
    assert_eq!(record.topics.iter().collect::<Vec<_>>(), ["décision", "équipe"]);
    assert_eq!(record.text("procedure"), "# Réunion\n\nIntro.");
    assert_eq!(record.text("materials"), "- montre");
    assert_eq!(record.text("summary"), "En bref.");
    assert_eq!(record.text("difficulty"), "beginner");
    let origin = record.origin.expect("an origin");
    assert_eq!((origin.system.as_str(), origin.id.as_str()), ("markdown", "not-ours"));
    assert_eq!(origin.author.as_deref(), Some("Awa, Boris"));
    assert!(imported.ignored.is_empty(), "its id is the origin now");
}

#[test]
fn the_first_heading_is_the_title() {
    assert_eq!(foreign("text\n\n# The *title* {#a}\n").record.title, "The *title*");
    assert_eq!(foreign("Title\n=====\nx").record.title, "Title");
    assert_eq!(foreign("---\n\n# Rule above\nx").record.title, "Rule above");
    assert_eq!(foreign("---\nnot: closed\n\n# T\n").record.title, "T");
    let record = foreign("---\njust words\n---\n# T\nx").record;
    assert_eq!(record.text("procedure"), "---\njust words\n---\n# T\nx", "that was no front matter");
}

#[test]
fn other_kinds_keep_their_text_whole() {
    let record = foreign("---\ntitle: Q\nkind: thread\n---\n## Problem\n\na\n").record;
    assert_eq!(record.text("body"), "## Problem\n\na");
    let record = foreign("---\ntitle: Q\n---\nfirst\n\n## Étapes {#procedure}\n\na\n").record;
    assert_eq!(record.text("procedure"), "first\n\na");
}

#[test]
fn anchors_that_name_no_text_stay_in_the_heading() {
    let record = foreign("# T\n\n## Usage {#sec-usage}\n\na\n\n## Niveau {#difficulty}\n\nb\n").record;
    assert_eq!(record.text("procedure"), "## Usage {#sec-usage}\n\na\n\n## Niveau {#difficulty}\n\nb");
    assert_eq!(record.fields.len(), 1);
}

fn why(file: &[u8]) -> String {
    let skipped = read(file, "x.md").expect_err("no record");
    assert_eq!(skipped.place, "x.md");
    skipped.why
}

#[test]
fn what_is_no_record_says_why() {
    assert_eq!(why(b"just text"), "it has no title: neither in its front matter nor as a heading");
    assert_eq!(why(b""), "it has no title: neither in its front matter nor as a heading");
    assert_eq!(why(b"# \xe9t\xe9"), "it is not UTF-8");
    assert_eq!(why(&vec![b'a'; INPUT_BYTES_MAX + 1]), "the file is larger than 8 MiB");
    assert_eq!(
        why(format!("# T\n\n{}", "x".repeat(300_000)).as_bytes()),
        "the field `procedure` has a text of 300000 bytes, 262144 are the most"
    );
    assert!(why(b"---\ntitle: [\n---\n# T").starts_with("its front matter can't be read: "));
    assert!(why(b"---\ntitle: a\ntitle: b\n---\n").starts_with("its front matter can't be read: "));
    assert_eq!(why(b"---\ntitle: {a: b}\n---\n"), "front matter: `title` is not a text");
}

#[test]
fn hostile_front_matter_is_refused_fast() {
    let nested = format!("title: {}{}", "[".repeat(50_000), "]".repeat(50_000));
    let blocks: String = (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    let wide: String = (0..200_000).map(|number| format!("k{number}: v\n")).collect();
    let aliases = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 5_000].join(","));
    for yaml in [nested, blocks, bomb, wide, aliases] {
        let why = why(format!("---\n{yaml}\n---\n# T\n").as_bytes());
        assert!(why.starts_with("its front matter can't be read: "), "{why}");
    }
}

#[test]
fn names_of_files() {
    for (name, expected) in [("a.md", true), ("a.MARKDOWN", true), ("b/c.qmd", true), ("a.txt", false), ("md", false)] {
        assert_eq!(is_markdown(Path::new(name)), expected, "{name}");
    }
}

#[test]
fn the_samples_come_back() {
    for sample in samples() {
        let record = Record { id: Some(DocumentId([1; 32])), ..sample };
        assert_eq!(read(write(&record).as_bytes(), "").expect("our own file").record, record);
    }
}

#[test]
fn the_whole_corpus_is_read() {
    let Some(folder) = corpus() else { return };
    let mut folders = vec![folder.join("practices")];
    let (mut files, mut skipped) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if is_markdown(&path) {
                files += 1;
                let name = path.to_string_lossy();
                skipped.extend(read(&std::fs::read(&path).expect("a file"), &name).err());
            }
        }
    }
    assert_eq!(files, 873);
    assert_eq!(skipped, [], "{} skipped", skipped.len());
}

proptest! {
    #[test]
    fn what_is_written_is_read(record in record()) {
        prop_assume!(record.check().is_ok());
        let file = write(&record);
        let imported = read(file.as_bytes(), "").expect("our own file");
        prop_assert_eq!(&imported.record, &record, "{}", file);
        prop_assert_eq!(imported.ignored, Vec::<String>::new());
        prop_assert_eq!(changes(&record, &imported.record), Vec::<Change>::new());
        prop_assert_eq!(write(&imported.record), file);
    }

    #[test]
    fn a_text_that_looks_like_the_format_stays(a in text(), b in text()) {
        let fields = [("procedure".to_owned(), a.into()), ("context".to_owned(), b.into())].into();
        let record = Record { fields, ..practice() };
        prop_assert_eq!(read(write(&record).as_bytes(), "").expect("our own file").record, record);
    }

    #[test]
    fn no_file_panics(bytes in any::<Vec<u8>>(), text in text()) {
        let _ = read(&bytes, "");
        let _ = read(text.as_bytes(), "");
        let _ = read(format!("---\n{text}\n---\n{text}").as_bytes(), "");
        let id = "ab".repeat(32);
        let _ = read(format!("---\nid: \"{id}\"\nkind: x\n{text}\n---\n{text}").as_bytes(), "");
    }
}

#[test]
fn a_file_is_known_again_from_any_folder() {
    let id = |text: &str, path: &str| read(text.as_bytes(), path).expect("a practice").record.origin.expect("one").id;
    let text = "# Purger\n\nPomper.\n";
    assert_eq!(id(text, "fr/x.md"), id(text, "x.md"));
    assert_eq!(id(text, "x.md"), id("# Purger\n\nPomper encore.\n", "x.md"), "an edit leaves it the same file");
    assert_ne!(id(text, "x.md"), id(text, "y.md"));
    assert_ne!(id(text, "x.md"), id("---\nlang: en\n---\n# Purger\n\nPomper.\n", "x.md"));
    assert_eq!(id("---\nid: p-7\n---\n# Purger\n", "x.md"), "p-7");
    assert_eq!(id("---\nid: p-7\nsource: s/x\n---\n# Purger\n", "x.md"), "s/x");
}

#[test]
fn files_of_one_name_that_differ_are_told_apart() {
    let mut files = Files::default();
    let mut id = |text: &str, path: &str| {
        files.read(text.as_bytes(), path).expect("a practice").record.origin.expect("an origin").id
    };
    let first = id("# Introduction\n\nA.\n", "a/index.md");
    let second = id("# Introduction\n\nB.\n", "b/index.md");
    assert_ne!(first, second);
    assert_eq!(id("# Introduction\n\nA.\n", "copy/index.md"), first);
    assert_eq!(id("# Introduction\n\nB.\n", "c/index.md"), second);
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let check = |text: &str| read(text.as_bytes(), "x.md").expect_err("twice").why;
    let why = check("---\ntitle: a\ntitle: b\n---\n# c\n");
    assert!(why.contains("title"), "{why}");
}
