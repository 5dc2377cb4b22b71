use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::model::Timestamp;

fn id(n: u8) -> DocumentId {
    let mut bytes = [n; 32];
    bytes[31] = 7;
    DocumentId(bytes)
}

fn item(n: u8, title: &str, body: &str) -> Item {
    Item {
        id: id(n),
        kind: "practice".into(),
        title: title.into(),
        language: None,
        body: body.into(),
        labels: Vec::new(),
        facets: BTreeMap::new(),
        modified: Timestamp(i64::from(n) * 1_000),
    }
}

fn faceted(n: u8, title: &str, facets: &[(&str, &str)]) -> Item {
    let mut item = item(n, title, "");
    for (name, value) in facets {
        item.facets.entry((*name).into()).or_default().push((*value).into());
    }
    item
}

fn put(items: &[Item]) -> Vec<Change> {
    items.iter().cloned().map(Change::Put).collect()
}

fn open(dir: &Path) -> Index {
    Index::open(dir).expect("an index")
}

thread_local! {
    /// What the caller of a search has: the items as they were put last.
    static TEXTS: RefCell<BTreeMap<DocumentId, Item>> = const { RefCell::new(BTreeMap::new()) };
}

/// Reads an item as a caller would.
fn text(id: DocumentId) -> Option<Item> {
    TEXTS.with_borrow(|texts| texts.get(&id).cloned())
}

fn fill(index: &mut Index, changes: Vec<Change>, watermark: u64) {
    for change in &changes {
        TEXTS.with_borrow_mut(|texts| match change {
            Change::Put(item) => drop(texts.insert(item.id, item.clone())),
            Change::Delete(id) => drop(texts.remove(id)),
        });
    }
    index.update(changes, watermark, &mut |_| {}).expect("indexed");
}

fn find(index: &Index, words: &str, tail: &[Change]) -> Found {
    index.search(&Query::parse(words), tail, 50, &mut text).expect("an answer")
}

/// Returns the numbers of the documents found.
fn numbers(found: &Found) -> Vec<u8> {
    found.hits.iter().map(|hit| hit.id.0[0]).collect()
}

fn sorted(found: &Found) -> BTreeSet<u8> {
    numbers(found).into_iter().collect()
}

/// Asks an index, and an empty one with all in its tail: both must find the same documents.
fn check(items: &[Item], cases: &[(&str, &[u8])]) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut index = open(&dir.path().join("full"));
    fill(&mut index, put(items), 1);
    let empty = open(&dir.path().join("empty"));
    for (words, expected) in cases {
        let expected: BTreeSet<u8> = expected.iter().copied().collect();
        assert_eq!(sorted(&find(&index, words, &[])), expected, "{words:?} in the index");
        assert_eq!(sorted(&find(&empty, words, &put(items))), expected, "{words:?} in the tail");
    }
}

#[test]
fn inflected_and_accented_words() {
    let items = [
        item(1, "Partager les données", "Les réunions d’équipe à l'accueil."),
        item(2, "Une donnée ouverte", "Point d'eau ; vérifié chaque mois. Réunion."),
        item(3, "Running meetings", "The cities verified their practices."),
        item(4, "Verify a practice", "In one city, she runs the meeting."),
    ];
    check(
        &items,
        &[
            ("données", &[1, 2]),
            ("donnees", &[1, 2]),
            ("DONNÉE", &[1, 2]),
            ("réunion", &[1, 2]),
            ("reunions", &[1, 2]),
            ("accueil", &[1]),
            ("l'accueil", &[1]),
            ("d’eau", &[2]),
            ("vérifier", &[2, 3, 4]),
            ("verifie", &[2, 3, 4]),
            ("meeting", &[3, 4]),
            ("city", &[3, 4]),
            ("practices run", &[3, 4]),
            ("équipe", &[1]),
            ("e\u{301}quipe", &[1]),
        ],
    );
}

#[test]
fn phrases_exclusions_and_prefixes() {
    let items = [
        item(1, "Prise de décision", "la prise de parole"),
        item(2, "Décision", "prise rapide de décision"),
        item(3, "Prise", "décision au jardin"),
    ];
    check(
        &items,
        &[
            ("\"prise de décision\"", &[1]),
            ("« Prise de Decision »", &[1]),
            ("\"décision de prise\"", &[]),
            // The title and the body are not one text.
            ("\"prise décision\"", &[]),
            ("\"prise de décision\" parole", &[1]),
            ("prise décision", &[1, 2, 3]),
            ("décision -parole", &[2, 3]),
            ("-parole", &[2, 3]),
            ("décision -\"prise rapide\"", &[1, 3]),
            ("jard*", &[3]),
            ("d*", &[1, 2, 3]),
            ("décision -jar*", &[1, 2]),
            ("\"décision\"", &[1, 2, 3]),
        ],
    );
}

#[test]
fn the_best_rows_are_found_without_reading_everything() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut index = open(dir.path());
    // All hold both words; every 50th has them in a row, every 100th twice.
    let items: Vec<Item> = (0..1_000_u16)
        .map(|n| {
            let mut item = item(0, "Une fiche", &format!("eau {} source {n}", "de la ".repeat(usize::from(n % 7 + 1))));
            item.id.0[..2].copy_from_slice(&n.to_be_bytes());
            let rows = usize::from(n % 50 == 0) + usize::from(n % 100 == 0);
            item.body.push_str(&" source eau".repeat(rows));
            item
        })
        .collect();
    fill(&mut index, put(&items), 1);
    let mut read = 0;
    let mut ask = |words: &str, limit| {
        read = 0;
        let mut counted = |id| {
            read += 1;
            text(id)
        };
        let found = index.search(&Query::parse(words), &[], limit, &mut counted).expect("an answer");
        (found.hits, read)
    };
    let (hits, _) = ask("\"source eau\"", 50);
    let expected: BTreeSet<DocumentId> = items.iter().step_by(50).map(|item| item.id).collect();
    assert_eq!(hits.iter().map(|hit| hit.id).collect::<BTreeSet<_>>(), expected);
    let (best, _) = ask("\"source eau\"", 5);
    assert_eq!(best, hits[..5]);
    let (of_many, read_of_many) = ask("\"de la\"", 5);
    assert_eq!(of_many.len(), 5);
    assert!(read_of_many < 1_000, "{read_of_many} items were read for five that are everywhere");
    let (none, read_in_vain) = ask("\"source de\"", 5);
    assert!(none.is_empty());
    assert_eq!(read_in_vain, 1_000);
    let (without, _) = ask("fiche -\"source eau\"", 1_000);
    assert_eq!(without.len(), 980);
}

#[test]
fn slips_are_corrected_only_where_nothing_is_exact() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut index = open(dir.path());
    let items = [
        item(1, "Réunion publique", "zorvelinte"),
        item(2, "Compostage", "zorvalinte et réunions"),
        item(3, "Vélo", "atelier"),
    ];
    fill(&mut index, put(&items), 1);
    let case = |words: &str, expected: &[u8], how: How, corrected: Option<&str>| {
        let found = find(&index, words, &[]);
        assert_eq!(sorted(&found), expected.iter().copied().collect(), "{words}");
        assert_eq!((found.how, found.corrected.as_deref()), (how, corrected), "{words}");
    };
    case("zorvelinte", &[1], How::All, None);
    case("reunoin", &[1, 2], How::Corrected, Some("reunion"));
    case("réunoin publique", &[1], How::Corrected, Some("reunion publique"));
    case("compstoage", &[2], How::Corrected, Some("compostage"));
    case("vélo compostage", &[2, 3], How::Any, None);
    case("vélo compstoage", &[2, 3], How::Any, Some("velo compostage"));
    case("vel", &[], How::All, None);
    case("introuvable", &[], How::All, None);
    case("introuvable vélo", &[3], How::Any, None);
    case("\"introuvable\" vélo", &[], How::Any, None);
    case("2024", &[], How::All, None);
    case("\u{1b}]", &[2, 1, 3], How::All, None);
}

#[test]
fn filters_narrow() {
    let mut items = vec![
        faceted(1, "un", &[("topic", "Énergie"), ("topic", "eau"), ("state", "tested"), ("level", "2"), ("by", "Ana")]),
        faceted(2, "deux", &[("topic", "eau"), ("state", "idea"), ("site", "Lyon Nord")]),
        faceted(3, "trois", &[("topics", "énergie"), ("state", "tested"), ("level", "4")]),
    ];
    items[2].kind = "post".into();
    items[2].language = Some("fr".into());
    check(
        &items,
        &[
            ("topic:energie", &[1, 3]),
            ("topic:eau topic:énergie", &[1]),
            ("state:idea,tested", &[1, 2, 3]),
            ("-state:tested", &[2]),
            ("site:\"lyon nord\"", &[2]),
            ("site:lyon-nord", &[2]),
            ("level>=2", &[1, 3]),
            ("level>=3", &[3]),
            ("by:ana", &[1]),
            ("kind:practice", &[1, 2]),
            ("lang:fr", &[3]),
            ("topic:eau deux", &[2]),
            ("un topic:nothing", &[]),
            ("since:1970", &[1, 2, 3]),
            ("since:2000", &[]),
            ("", &[1, 2, 3]),
        ],
    );
    let dir = tempfile::tempdir().expect("a directory");
    let mut index = open(dir.path());
    fill(&mut index, put(&items), 1);
    let mut query = Query::parse("");
    query.filter = Filter { kind: Some("practice,post".into()), since: Some(Timestamp(2_000)), ..Filter::default() };
    let found = index.search(&query, &[], 50, &mut text).expect("an answer");
    assert_eq!(numbers(&found), [3, 2], "the newest first");
    assert_eq!(items.iter().filter(|item| query.filter.matches(item)).count(), 2);
}

#[test]
fn titles_weigh_more_and_exact_words_too() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut index = open(dir.path());
    let items = [
        item(1, "Autre chose ici", "un vélo parmi tant de mots"),
        item(2, "Vélo", "autre chose ici parmi tant de mots"),
        item(3, "Autre chose ici", "des vélos parmi tant de mots"),
    ];
    fill(&mut index, put(&items), 1);
    assert_eq!(numbers(&find(&index, "vélo", &[])), [2, 1, 3]);
    assert_eq!(numbers(&find(&index, "vélos", &[])), [2, 3, 1]);
    let empty = open(&dir.path().join("empty"));
    assert_eq!(numbers(&find(&empty, "vélo", &put(&items))), [2, 1, 3]);
    assert_eq!(index.search(&Query::parse("vélo"), &[], 1, &mut text).expect("an answer").hits.len(), 1);
    assert!(index.search(&Query::parse("vélo"), &[], 0, &mut text).expect("an answer").hits.is_empty());
}

#[test]
fn snippets_show_why() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut index = open(dir.path());
    let items = [item(1, "Réunion", "Préparer les réunions\nensemble")];
    fill(&mut index, put(&items), 1);
    assert_eq!(find(&index, "reunion", &[]).snippet(&items[0].body), "Préparer les ‹réunions› ensemble");
    assert_eq!(find(&index, "reunoin", &[]).snippet(&items[0].body), "Préparer les ‹réunions› ensemble");
    assert_eq!(find(&index, "\"les réunions\"", &[]).snippet(&items[0].body), "Préparer ‹les réunions› ensemble");
    assert_eq!(find(&index, "", &[]).snippet(&items[0].body), "Préparer les réunions ensemble");
}

#[test]
fn the_tail_stands_in_for_what_the_index_has() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut index = open(dir.path());
    fill(&mut index, put(&[item(1, "vélo", ""), item(2, "vélo", ""), item(3, "vélo", "")]), 5);
    let tail = [
        Change::Put(item(1, "jardin", "")),
        Change::Delete(id(2)),
        Change::Put(item(4, "jardin", "")),
        Change::Put(item(4, "vélo", "")),
    ];
    assert_eq!(sorted(&find(&index, "vélo", &tail)), BTreeSet::from([3, 4]));
    assert_eq!(sorted(&find(&index, "jardin", &tail)), BTreeSet::from([1]));
    assert_eq!(numbers(&find(&index, "", &tail)), [4, 3, 1]);
    let one = index.search(&Query::parse("vélo"), &tail[..2], 1, &mut text).expect("an answer");
    assert_eq!(numbers(&one), [3]);
}

#[test]
fn the_index_outlives_the_process() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut index = open(dir.path());
    assert_eq!((index.watermark(), index.items().expect("a count")), (0, 0));
    assert!(find(&index, "vélo", &[]).hits.is_empty());
    let mut heard = Vec::new();
    let changes = put(&[item(1, "vélo", ""), item(2, "vélo", ""), item(2, "jardin", "")]);
    index.update(changes, 41, &mut |count| heard.push(count)).expect("indexed");
    assert_eq!(heard, [1, 2, 3]);
    fill(&mut index, vec![Change::Put(item(1, "atelier", "")), Change::Delete(id(3))], 42);
    drop(index);
    let mut index = open(dir.path());
    assert_eq!((index.watermark(), index.items().expect("a count")), (42, 2));
    assert!(find(&index, "vélo", &[]).hits.is_empty());
    assert_eq!(sorted(&find(&index, "atelier", &[])), BTreeSet::from([1]));
    assert!(index.contains(id(1)).expect("an answer") && !index.contains(id(3)).expect("an answer"));
    fill(&mut index, vec![Change::Delete(id(1))], 43);
    assert!(!index.contains(id(1)).expect("an answer"));
    for n in 0..30 {
        fill(&mut index, put(&[item(10 + n, "compost", "")]), 50 + u64::from(n));
    }
    assert_eq!(find(&index, "compost", &[]).hits.len(), 30);
    let segments = index.inner.searchable_segments().expect("segments").len();
    assert!(segments <= 6, "{segments}");
    let written = files(dir.path()).iter().filter(|name| name.ends_with(".term")).count();
    assert_eq!(written, segments, "merged segments leave no files");
    index.verify().expect("sound files");
}

#[test]
fn an_interrupted_update_leaves_what_was() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut index = open(dir.path());
    fill(&mut index, put(&[item(1, "vélo", "")]), 4);
    let changes = (0..100).map(|n| if n < 50 { Change::Put(item(n, "jardin", "")) } else { panic!("cut off") });
    assert!(index.update(changes, 5, &mut |_| {}).is_err());
    drop(index);
    let mut index = open(dir.path());
    assert_eq!((index.watermark(), numbers(&find(&index, "vélo", &[]))), (4, vec![1]));
    assert!(find(&index, "jardin", &[]).hits.is_empty());
    fill(&mut index, put(&[item(2, "jardin", "")]), 5);
    assert_eq!(numbers(&find(&index, "jardin", &[])), [2]);
}

#[test]
fn one_handle_searches_while_another_writes() {
    fn shared<T: Send + Sync>(_: &T) {}
    let dir = tempfile::tempdir().expect("a directory");
    let (mut reader, mut writer) = (open(dir.path()), open(dir.path()));
    shared(&reader);
    fill(&mut writer, put(&[item(1, "vélo", "")]), 1);
    assert_eq!(reader.watermark(), 0);
    reader.refresh().expect("refreshed");
    assert_eq!((reader.watermark(), numbers(&find(&reader, "vélo", &[]))), (1, vec![1]));
    let mut busy = false;
    let changes = (0..10).map(|n| {
        assert_eq!(numbers(&find(&reader, "vélo", &[])), [1]);
        busy |= matches!(reader.update([], 9, &mut |_| {}), Err(IndexError::Busy { .. }));
        Change::Put(item(n, "jardin", ""))
    });
    writer.update(changes, 2, &mut |_| {}).expect("indexed");
    assert!(busy);
    assert_eq!(numbers(&find(&reader, "vélo", &[])), [1], "as it was");
    reader.refresh().expect("refreshed");
    assert!(find(&reader, "vélo", &[]).hits.is_empty());
    assert_eq!(find(&reader, "jardin", &[]).hits.len(), 10);
}

#[test]
fn erased_words_are_in_no_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut index = open(dir.path());
    fill(&mut index, put(&[item(1, "vélo", "qzsecretx"), item(2, "vélo", "ordinaire")]), 7);
    fill(&mut index, put(&[item(3, "jardin", "qzsecretx qzsecretx")]), 8);
    fill(&mut index, put(&[item(4, "jardin", "ordinaire")]), 9);
    assert_eq!(sorted(&find(&index, "qzsecretx", &[])), BTreeSet::from([1, 3]));
    let before = files(dir.path());
    index.delete_and_scrub(&[id(1), id(3), id(200)]).expect("scrubbed");
    assert_eq!(index.watermark(), 9);
    let searcher = index.searcher().expect("a reader");
    for segment in searcher.segment_readers() {
        assert!(!segment.has_deletes());
        let words = segment.inverted_index(index.fields.text).expect("words");
        assert_eq!(words.terms().get("qzsecretx").expect("a look-up"), None);
    }
    let kept = files(dir.path()).intersection(&before).filter(|name| name.ends_with(".term")).count();
    assert_eq!(kept, 1, "the segment that held nothing erased");
    assert_eq!(sorted(&find(&index, "ordinaire", &[])), BTreeSet::from([2, 4]));
    index.delete_and_scrub(&[id(2), id(4)]).expect("scrubbed");
    assert_eq!(index.items().expect("a count"), 0);
    drop(index);
    assert_eq!(open(dir.path()).watermark(), 9);
}

fn files(dir: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(dir).expect("a directory");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_damaged_index_is_stale_and_can_be_made_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let home = dir.path().join("index");
    fill(&mut open(&home), put(&[item(1, "vélo", "un texte assez long pour avoir des places")]), 3);
    let names = files(&home);
    let ask = || -> Result<(), IndexError> {
        let index = Index::open(&home)?;
        index.search(&Query::parse("vélo \"un texte\""), &[], 10, &mut text)?;
        index.verify()
    };
    ask().expect("sound");
    for name in names.iter().filter(|name| !name.starts_with('.')) {
        let path = home.join(name);
        let sound = std::fs::read(&path).expect("a file");
        let mut flipped = sound.clone();
        if let Some(byte) = flipped.get_mut(sound.len() / 3) {
            *byte ^= 0x55;
        }
        for (what, bytes) in [("empty", &[][..]), ("cut", &sound[..sound.len() / 2]), ("flipped", &flipped)] {
            std::fs::write(&path, bytes).expect("written");
            match ask() {
                Err(IndexError::Stale { .. }) => {}
                // What only lists files to remove says nothing about the words.
                other => assert!(name == ".managed.json", "{name} {what}: {other:?}"),
            }
        }
        std::fs::remove_file(&path).expect("removed");
        assert!(matches!(ask(), Err(IndexError::Stale { .. })), "{name} removed");
        std::fs::write(&path, sound).expect("written");
    }
    ask().expect("sound again");
    std::fs::write(home.join(FORMAT_FILE), "999\n").expect("written");
    assert!(matches!(ask(), Err(IndexError::Stale { .. })));
    Index::wipe(&home).expect("wiped");
    Index::wipe(&home).expect("wiped twice");
    assert_eq!(open(&home).watermark(), 0);
}

const VOCABULARY: [&str; 16] = [
    "réunion",
    "réunions",
    "reunoin",
    "donnée",
    "données",
    "donner",
    "vérifier",
    "vérifié",
    "meeting",
    "meetings",
    "eau",
    "d'eau",
    "zorvelinte",
    "zorvelintes",
    "de",
    "compostage",
];

fn any_text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&VOCABULARY[..]), 0..6).prop_map(|words| words.join(" "))
}

fn any_query() -> impl Strategy<Value = String> {
    let word = prop::sample::select(&VOCABULARY[..]);
    let clause = (word.clone(), word, 0..7).prop_map(|(one, other, form)| match form {
        0 => format!("\"{one} {other}\""),
        1 => format!("-{one}"),
        2 => format!("{}*", one.chars().take(3).collect::<String>()),
        3 => format!("topic:{one}"),
        4 => one.chars().rev().collect(),
        5 => one.replacen(['o', 'e'], "a", 1),
        _ => one.to_owned(),
    });
    prop::collection::vec(clause, 1..4).prop_map(|clauses| clauses.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_tail_finds_what_the_index_finds(
        texts in prop::collection::vec((any_text(), any_text(), any_text()), 1..8),
        queries in prop::collection::vec(any_query(), 1..12),
        split in 0..8_usize,
    ) {
        let items: Vec<Item> = texts
            .iter()
            .zip(1..)
            .map(|((title, body, topic), n)| {
                let mut item = faceted(n, title, &[("topic", topic)]);
                item.body = body.clone();
                item
            })
            .collect();
        let changes = put(&items);
        let split = split.min(changes.len());
        let dir = tempfile::tempdir().expect("a directory");
        let mut full = open(&dir.path().join("full"));
        fill(&mut full, changes.clone(), 1);
        let mut part = open(&dir.path().join("part"));
        fill(&mut part, changes[..split].to_vec(), 1);
        for words in &queries {
            let query = Query::parse(words);
            let one = full.search(&query, &[], 50, &mut text).expect("an answer");
            let other = part.search(&query, &changes[split..], 50, &mut text).expect("an answer");
            prop_assert_eq!(sorted(&one), sorted(&other), "{}", words);
            prop_assert_eq!((one.how, &one.corrected), (other.how, &other.corrected), "{}", words);
            for hit in &one.hits {
                let same = other.hits.iter().find(|found| found.id == hit.id).expect("the same hit");
                prop_assert!((hit.score - same.score).abs() <= 0.02 * hit.score.abs() || words.contains('*')
                    || query.must.is_empty(), "{words}: {hit:?} {same:?}");
            }
        }
    }

    #[test]
    fn any_words_are_answered(words in "\\PC{0,40}") {
        let dir = tempfile::tempdir().expect("a directory");
        let index = open(dir.path());
        let tail = put(&[item(1, &words, "réunion")]);
        let found = find(&index, &words, &tail);
        prop_assert!(found.hits.len() <= 1);
        found.snippet(&words);
    }
}
