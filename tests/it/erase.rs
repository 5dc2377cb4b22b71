//! Erasing, byte for byte: what was erased is in no file of any home that heard of it.

use std::path::{Path, PathBuf};

use repertoire::model::Content;
use repertoire::store::{Number, Store};

use super::strangers::Home;

/// Words that stand nowhere else: in a title (and so in a handle), a text, a single value, a set, a mark.
const WORDS: [&str; 5] = ["quetzalix", "zyxomate", "wobbegongue", "xerophile", "ypsilonge"];

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            let bytes = std::fs::read(&path).expect("a file");
            found.push((path, bytes));
        }
    }
    found
}

/// The files of a home that hold some bytes, whatever the case of letters.
fn holding(home: &Home, wanted: &[u8]) -> Vec<String> {
    let has = |bytes: &[u8]| bytes.windows(wanted.len()).any(|window| window.eq_ignore_ascii_case(wanted));
    let found = files(&home.path()).into_iter().filter(|(_, bytes)| has(bytes));
    found.map(|(path, _)| path.strip_prefix(home.path()).expect("inside").display().to_string()).collect()
}

/// The stored contents of every entry in the store of a home whose node is stopped.
fn contents(home: &Home) -> Vec<Vec<u8>> {
    let store = files(&home.path()).into_iter().find(|(path, _)| path.ends_with("store.redb")).expect("a store").0;
    let store = Store::open(&store).expect("opened");
    let reader = store.read().expect("read");
    let entries = reader.entries_from(Number(0), usize::MAX).expect("read");
    let payloads = entries.iter().filter_map(|stored| reader.payload_at(stored.number).expect("read"));
    payloads
        .filter_map(|payload| match payload.content {
            Content::Stored(bytes) if bytes.len() > 40 => Some(bytes.to_vec()),
            _ => None,
        })
        .collect()
}

/// The dictionaries of the search index, which holds words in shared pieces: no word stands there letter by letter.
fn dictionaries(home: &Home) -> Vec<String> {
    let names = files(&home.path()).into_iter().map(|(path, _)| path.display().to_string());
    names.filter(|name| name.ends_with(".term")).collect()
}

fn ok(home: &Home, arguments: &[&str]) {
    let done = home.run(arguments);
    assert!(matches!(done.status.code(), Some(0 | 1)), "{arguments:?}: {done:?}");
}

#[test]
fn erased_words_are_in_no_file_of_author_member_or_carrier() {
    let awa = Home::found("Eau", "Awa");
    let (boris, carrier) = (awa.admit("Boris"), awa.admit_as("Karim", "relay"));
    ok(&awa, &["add", "practice", "Autre chose", "--procedure", "Elle reste.", "-q"]);
    let before = contents(&awa);
    let [title, text, value, topic, note] = WORDS;
    let said = format!("Il faut {text} longtemps, et recommencer {text} le lendemain.");
    let named = format!("Pompe {title}");
    ok(&awa, &["add", "practice", &named, "--procedure", &said, "--cost", value, "--topic", topic, "-q"]);
    let handle = format!("pompe-{title}");
    ok(&awa, &["edit", &handle, "--append", "procedure", &format!("Puis {text} encore."), "-q"]);
    ok(&awa, &["propose", &handle, "--note", note]);
    let sealed: Vec<Vec<u8>> = contents(&awa).into_iter().filter(|content| !before.contains(content)).collect();
    assert!(sealed.len() >= 3, "{}", sealed.len());
    let port = awa.serve();
    let there = format!("127.0.0.1:{port}");
    for home in [&boris, &carrier] {
        ok(home, &["sync", &there, "-q"]);
    }
    for home in [&awa, &boris] {
        ok(home, &["rebuild"]);
        ok(home, &["search", text]);
    }
    // There it is: in clear in views and index of those who read, sealed at the carrier.
    for home in [&awa, &boris] {
        for word in [title, topic] {
            assert!(!holding(home, word.as_bytes()).is_empty(), "{word} is nowhere");
        }
    }
    let known: Vec<Vec<String>> = [&awa, &boris].map(dictionaries).into();
    assert!(known.iter().all(|files| !files.is_empty()), "{known:?}");
    assert!(WORDS.iter().all(|word| holding(&carrier, word.as_bytes()).is_empty()), "a carrier reads nothing");
    for (at, content) in sealed.iter().enumerate() {
        for home in [&awa, &boris, &carrier] {
            assert!(!holding(home, content).is_empty(), "content {at} is not there");
        }
    }
    // The topic's own document is the glossary's, and stays if it is not erased itself.
    ok(&awa, &["erase", &handle, "--yes"]);
    let term = awa.run(&["glossary", topic, "--json"]);
    let term: serde_json::Value = serde_json::from_slice(&term.stdout).expect("a term");
    ok(&awa, &["erase", term["id"].as_str().expect("an id"), "--yes"]);
    let gone = |home: &Home, who: &str| {
        for word in WORDS {
            assert_eq!(holding(home, word.as_bytes()), Vec::<String>::new(), "{word} at {who}");
        }
        for content in &sealed {
            assert_eq!(holding(home, content), Vec::<String>::new(), "a sealed content at {who}");
        }
    };
    gone(&awa, "the author, whose node runs");
    for (home, who) in [(&boris, "a member"), (&carrier, "a carrier")] {
        ok(home, &["sync", &there, "-q"]);
        gone(home, who);
    }
    // A headstone stays, and all hold the same.
    for home in [&awa, &boris, &carrier] {
        let checked = home.run(&["check", "--full", "--json"]);
        assert!(checked.status.success(), "{checked:?}");
    }
    assert_eq!(awa.run(&["check", "--json"]).stdout, boris.run(&["check", "--json"]).stdout);
    for (home, before) in [&awa, &boris].into_iter().zip(&known) {
        let left: Vec<String> = dictionaries(home).into_iter().filter(|file| before.contains(file)).collect();
        assert_eq!(left, Vec::<String>::new(), "a dictionary is as it was");
    }
    // What a backup holds is what the store holds; and a search finds nothing.
    for home in [&awa, &boris] {
        let found = home.run(&["search", text, "-q"]);
        assert!(found.status.success() && found.stdout.is_empty(), "{found:?}");
    }
}
