//! From a settled document to its row and its canonical line.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::super::row::{Row, fold_label};
use super::super::settle::Settled;
use crate::interchange::canonical_line;
use crate::model::document::{Document, Field, Value};
use crate::model::standing::{Said, State, Thread};
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
    ("outcome", "outcome"),
    ("method", "method"),
    ("published.from", "published-from"),
    ("published.site", "published-site"),
    ("published.author", "published-author"),
];
/// The facet that says until when something is verified, in milliseconds since 1970.
pub(crate) const VERIFIED: &str = "verified";
/// The facet that says that what was verified is done otherwise since.
pub(crate) const CHANGED: &str = "changed";
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
    let state = state(settled, document);
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
        facets: facets(settled, document),
        conflicts: conflicts(settled, document),
        line: [0; 32],
        newer: !document.unknown().is_empty(),
        edits: u32::try_from(edits().count()).unwrap_or(u32::MAX),
    };
    row.line = *blake3::hash(canonical(settled.id, document, &row, &settled.said).as_bytes()).as_bytes();
    Some(row)
}

/// Writes the canonical line of a document: what it holds, whatever was seen when, by whom, in which order.
pub(crate) fn canonical(id: DocumentId, document: &Document, row: &Row, said: &Said) -> String {
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
    let mut line = json!({
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
    });
    if *said != Said::default() {
        line["said"] = said_json(said);
    }
    canonical_line(&line)
}

/// Writes what marks say beside the state: nothing in it rests on a clock.
fn said_json(said: &Said) -> Json {
    let people = |people: &BTreeSet<MemberId>| people.iter().map(ToString::to_string).collect::<Vec<_>>();
    let verified = said.verified.as_ref().map(|verified| {
        let mut since: Vec<String> = verified.since.iter().map(|edit| edit.entry.to_string()).collect();
        since.sort_unstable();
        json!({ "until": verified.until.0, "by": people(&verified.by), "since": since })
    });
    let accepted = said.accepted.iter().map(|(post, by)| (post.to_string(), Json::from(people(by))));
    json!({
        "useful": people(&said.useful),
        "thanks": people(&said.thanks),
        "used": said.used.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "taken": people(&said.taken),
        "verified": verified,
        "accepted": accepted.collect::<serde_json::Map<String, Json>>(),
        "thread": said.thread.name(),
        "successors": said.successors.values().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// Modes of threads that wait for something: the others have a state only once they are closed.
const WAITING_MODES: [&str; 3] = ["question", "idea", "poll"];

fn state(settled: &Settled, document: &Document) -> String {
    match document.kind() {
        kind if super::super::settle::has_state(kind) => settled.standing.state.to_string(),
        "resource" if settled.standing.state == State::Deprecated => settled.standing.state.to_string(),
        "thread" if settled.said.thread != Thread::Open || WAITING_MODES.contains(&document.word("mode")) => {
            settled.said.thread.name().to_owned()
        }
        _ => String::new(),
    }
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

fn conflicts(settled: &Settled, document: &Document) -> Vec<String> {
    let fields = document.conflicts().into_iter().map(|conflict| conflict.path.to_string());
    fields.chain(settled.standing.apart.then(|| super::super::look::STANDING.to_owned())).collect()
}

fn id_of(value: &Value) -> Option<DocumentId> {
    value.as_text()?.parse().ok()
}

fn references(document: &Document) -> Vec<DocumentId> {
    let sets = ["topics", "sites"].into_iter().flat_map(|field| document.set(field));
    let single = ["home_site", "site"].into_iter().filter_map(|field| document.value(field));
    let found: BTreeSet<DocumentId> = sets.chain(single).filter_map(id_of).collect();
    found.into_iter().collect()
}

fn about(document: &Document) -> Option<DocumentId> {
    let field = match document.kind() {
        "post" => "thread",
        "practice" => "adapts",
        _ => "about",
    };
    // What was made from talk stands below that talk.
    let distilled = || super::super::distil::distilled_from(document).filter(|_| document.kind() == "practice");
    document.value(field).and_then(id_of).or_else(distilled)
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

fn facets(settled: &Settled, document: &Document) -> Vec<(String, String)> {
    let of_field = |(field, facet): &(&str, &str)| {
        let value = document.value(field)?.as_text()?;
        Some(((*facet).to_owned(), value.to_owned()))
    };
    let mut facets: Vec<(String, String)> = FACETS.iter().filter_map(of_field).collect();
    if let Some(verified) = &settled.said.verified {
        facets.push((VERIFIED.to_owned(), verified.until.0.to_string()));
        if verified.since.iter().any(|edit| edit.vital) {
            facets.push((CHANGED.to_owned(), "yes".to_owned()));
        }
    }
    facets
}
