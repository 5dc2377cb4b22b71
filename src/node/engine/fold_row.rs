//! From a settled document to its row and its canonical line.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::super::row::{Row, fold_label};
use super::super::settle::Settled;
use crate::interchange::canonical_line;
use crate::model::document::{Document, Field, Value};
use crate::model::standing::State;
use crate::model::{DocumentId, Kind, MemberId, Verdict};

/// Fields whose shown value one can filter by, with the name of the facet.
const FACETS: &[(&str, &str)] = &[
    ("difficulty", "difficulty"),
    ("resource_type", "type"),
    ("aim", "aim"),
    ("quality", "quality"),
    ("mode", "mode"),
    ("urgency", "urgency"),
    ("scheme", "scheme"),
    ("role", "role"),
    ("stance", "stance"),
    ("act", "act"),
    ("published.from", "published-from"),
    ("published.site", "published-site"),
    ("published.author", "published-author"),
];
/// Most characters of the first words that stand for a title where there is none.
const WORDS_MAX: usize = 60;

/// Makes the row of a settled document; none as long as its creating edit has no effect.
pub(crate) fn row_of(settled: &Settled) -> Option<Row> {
    let first = settled.entries.iter().find(|opened| opened.id() == settled.id.into());
    let (Some(document), Some(first)) = (&settled.document, first) else { return None };
    let (Some(creator), Verdict::Counted) = (first.author, first.verdict) else { return None };
    let counted = || settled.entries.iter().filter(|opened| opened.verdict == Verdict::Counted);
    let edits = || counted().filter(|opened| opened.entry.header().kind == Kind::Edit);
    let modified = edits().map(|opened| opened.entry.header().time).max().unwrap_or_default();
    let contributors: BTreeSet<MemberId> = edits().filter_map(|opened| opened.author).collect();
    let header = first.entry.header();
    let has_state = super::super::settle::has_state(document.kind());
    let state = if has_state { settled.standing.state.to_string() } else { String::new() };
    let mut row = Row {
        kind: document.kind().to_owned(),
        space: header.space,
        handle: document.word("handle").to_owned(),
        title: title(document),
        language: Some(document.word("language").to_owned()).filter(|language| !language.is_empty()),
        creator,
        created: header.time,
        modified,
        contributors: contributors.into_iter().collect(),
        withdrawn: settled.standing.state == State::Withdrawn,
        state,
        heads: document.heads().to_vec(),
        terms: references(document),
        about: about(document),
        labels: labels(document),
        origin: origin(document),
        facets: facets(document),
        conflicts: document.conflicts().iter().map(|conflict| conflict.path.to_string()).collect(),
        line: [0; 32],
        newer: !document.unknown().is_empty(),
        edits: u32::try_from(edits().count()).unwrap_or(u32::MAX),
    };
    row.line = *blake3::hash(canonical(settled.id, document, &row).as_bytes()).as_bytes();
    Some(row)
}

/// Writes the canonical line of a document: what it holds, whatever was seen when, by whom, in which order.
pub(crate) fn canonical(id: DocumentId, document: &Document, row: &Row) -> String {
    let conflicts: serde_json::Map<String, Json> = document
        .conflicts()
        .into_iter()
        .map(|conflict| {
            let values: Vec<Json> = conflict
                .values
                .iter()
                .map(|(value, edit)| json!({ "value": value.as_ref().map(value_json), "entry": edit.to_string() }))
                .collect();
            (conflict.path.to_string(), Json::from(values))
        })
        .collect();
    canonical_line(&json!({
        "id": id.to_string(),
        "kind": row.kind,
        "space": row.space.to_string(),
        "creator": row.creator.to_string(),
        "created": row.created.0,
        "modified": row.modified.0,
        "contributors": row.contributors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "fields": document.fields_json(),
        "conflicts": conflicts,
        "state": row.state,
        "edits": row.edits,
    }))
}

/// Writes a value as JSON.
pub(crate) fn value_json(value: &Value) -> Json {
    match value {
        Value::Text(text) => Json::from(text.as_str()),
        Value::Integer(number) => Json::from(*number),
        Value::Flag(flag) => Json::from(*flag),
        Value::Bytes(bytes) => Json::from(data_encoding::HEXLOWER.encode(bytes)),
    }
}

fn title(document: &Document) -> String {
    for field in ["title", "name"] {
        let word = document.word(field);
        if !word.is_empty() {
            return word.to_owned();
        }
    }
    let body = document.text("body");
    let line = body.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    line.chars().take(WORDS_MAX).collect()
}

fn id_of(value: &Value) -> Option<DocumentId> {
    value.as_text()?.parse().ok()
}

fn references(document: &Document) -> Vec<DocumentId> {
    let sets = ["topics", "sites"].into_iter().flat_map(|field| document.set(field));
    let single = document.value("home_site");
    let found: BTreeSet<DocumentId> = sets.chain(single).filter_map(id_of).collect();
    found.into_iter().collect()
}

fn about(document: &Document) -> Option<DocumentId> {
    let field = if document.kind() == "post" { "thread" } else { "about" };
    document.value(field).and_then(id_of)
}

fn labels(document: &Document) -> Vec<String> {
    if document.kind() != "term" {
        return Vec::new();
    }
    let mut labels: BTreeSet<String> = BTreeSet::from([fold_label(document.word("title"))]);
    for field in ["pref_label", "alt_label", "hidden_label"] {
        if let Some(Field::Map(languages)) = document.field(field) {
            for label in languages.values() {
                match label {
                    Field::Register(register) => {
                        labels.extend(register.value().and_then(Value::as_text).map(fold_label))
                    }
                    Field::Set(elements) => labels.extend(
                        elements.iter().filter_map(|element| element.value.as_ref()?.as_text()).map(fold_label),
                    ),
                    _ => {}
                }
            }
        }
    }
    labels.remove("");
    labels.into_iter().collect()
}

fn origin(document: &Document) -> Option<[u8; 16]> {
    let id = document.word("origin.id");
    (!id.is_empty()).then(|| origin_key(document.word("origin.system"), id))
}

/// Returns the key of an origin: the system and its native id, by which a second import knows the document again.
pub(crate) fn origin_key(system: &str, id: &str) -> [u8; 16] {
    let hash = blake3::hash(format!("{system}\0{id}").as_bytes());
    *hash.as_bytes().first_chunk().expect("a hash has 32 bytes")
}

fn facets(document: &Document) -> Vec<(String, String)> {
    FACETS
        .iter()
        .filter_map(|(field, facet)| {
            let value = document.value(field)?.as_text()?;
            Some(((*facet).to_owned(), value.to_owned()))
        })
        .collect()
}
