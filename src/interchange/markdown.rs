//! Markdown files with front matter: one document a file.
//!
//! # What `export markdown` writes
//!
//! ```text
//! ---
//! title: Purger une pompe à main
//! kind: practice
//! language: fr
//! handle: purger-une-pompe-a-main
//! id: "3f…"                          document id, hex in full
//! version: ["9a…"]                   heads at export: what a change of this file is made on
//! space: commons
//! author: Awa
//! creator: "77…"
//! created: "2026-03-01T08:00:00Z"
//! modified: "2026-03-02T08:00:00Z"
//! topics:
//! - eau
//! sites:
//! - Kayes
//! origin: {"id":"…","system":"…"}
//! fields:                            single values, sets, lists, maps; texts that no section can hold exactly
//!   difficulty: beginner
//! ---
//!
//! ## Problème {#problem}
//!
//! …
//!
//! ## Démarche {#procedure}
//!
//! …
//! ```
//!
//! A section holds one text field. Its heading is for readers, the name in braces decides. A line of a text that looks
//! like such a heading gets a backslash before it, and one more if it has some. Texts that are empty, begin or end with
//! white space or hold control characters stand in `fields`, so that reading a file gives every field exactly.
//!
//! # What `import markdown` reads besides
//!
//! Any Markdown file in UTF-8, read as a practice: title from the front matter or the first heading, the text split by
//! the headings that name fields, the rest in `procedure`. Front matter: `title`, `kind`, `language` or `lang`, `topics`,
//! `tags`, `categories` or `keywords` (a list, or words between commas), `sites`, `summary` or `description`, `source`,
//! `author`, `fields`, and the names of a practice's single values. The origin's id is `source`, else `id`, else a hash of
//! file name, title and language: the folder doesn't count, so that `import DIR/en` and `import DIR` know the same files.

mod front;
mod sections;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::json::{self, Keys, Mistyped};
use super::record::{FieldValue, Origin, Record};
use super::{INPUT_BYTES_MAX, Imported, Skipped, canonical_line, headings};
use crate::model::DocumentId;
use crate::model::document::schema;

/// Endings of file names that are read.
pub const ENDINGS: [&str; 3] = ["md", "markdown", "qmd"];

/// Longest summary, in characters.
const SUMMARY_CHARS_MAX: usize = 500;
/// Single values and sets of a practice that other people's front matter may give by name.
const VALUES: [&str; 12] = [
    "mode",
    "dose",
    "cost",
    "effort",
    "aim",
    "resource_type",
    "quality",
    "difficulty",
    "editing",
    "review_months",
    "license",
    "audience",
];

/// Tells whether a file of this name is read.
pub fn is_markdown(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Reads the bytes of a file. `path` is its path inside the folder that is imported, with `/` between the parts; it is
/// said when the file can't be read; its last part is one of the things by which a file that is no export is known again.
///
/// # Errors
///
/// Why it is no record.
pub fn read(bytes: &[u8], path: &str) -> Result<Imported, Skipped> {
    let skipped = |why: String| Skipped::new(path, why);
    if bytes.len() > INPUT_BYTES_MAX {
        return Err(skipped(format!("the file is larger than {} MiB", INPUT_BYTES_MAX >> 20)));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| skipped("it is not UTF-8".to_owned()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let (keys, body) = front::split(&text).map_err(|error| skipped(error.to_string()))?;
    let id = keys.0.get("id").and_then(Value::as_str);
    let ours = id.is_some_and(|id| id.parse::<DocumentId>().is_ok());
    let imported = if ours { ours_read(keys, body) } else { foreign_read(keys, body, path) };
    let imported = imported.map_err(|error| skipped(format!("front matter: {error}")))?;
    if imported.record.title.is_empty() && !ours {
        return Err(skipped("it has no title: neither in its front matter nor as a heading".to_owned()));
    }
    imported.record.check().map_err(|error| skipped(error.to_string()))?;
    Ok(imported)
}

/// The files of one import, told apart: two files of one name, title and language that say different things are two
/// documents.
#[derive(Debug, Default)]
pub struct Files {
    /// Hash of the content of the first file of each origin.
    seen: BTreeMap<Origin, blake3::Hash>,
}

impl Files {
    /// Reads the bytes of a file, as [`read`] does.
    ///
    /// # Errors
    ///
    /// Why it is no record.
    pub fn read(&mut self, bytes: &[u8], path: &str) -> Result<Imported, Skipped> {
        let mut imported = read(bytes, path)?;
        if imported.record.id.is_none()
            && let Some(origin) = &mut imported.record.origin
        {
            let hash = blake3::hash(bytes);
            let first = *self.seen.entry(origin.clone()).or_insert(hash);
            if first != hash {
                origin.id = format!("{}#{}", origin.id, &hash.to_hex()[..16]);
            }
        }
        Ok(imported)
    }
}

/// Returns the file of a record. Reading it gives the same record; a record without an id is read as somebody else's
/// file would be.
pub fn write(record: &Record) -> String {
    let (texts, values): (Vec<_>, Vec<_>) =
        record.fields.iter().partition(|(field, value)| value.text().is_some_and(|text| sections::holds(field, text)));
    let mut file = front::Writer::default();
    let quoted = |id: String| Some(Value::from(id));
    file.line("title", &record.title);
    file.line("kind", &record.kind);
    file.maybe("language", record.language.as_deref());
    file.maybe("handle", record.handle.as_deref());
    file.value("id", record.id.and_then(|id| quoted(id.to_string())));
    let version: Value = record.version.iter().map(ToString::to_string).collect();
    file.value("version", Some(version).filter(|_| !record.version.is_empty()));
    file.maybe("space", record.space.as_deref());
    file.maybe("author", record.author.as_deref());
    file.value("creator", record.creator.and_then(|id| quoted(id.to_string())));
    file.value("created", record.created.map(json::of_time));
    file.value("modified", record.modified.map(json::of_time));
    file.labels("topics", &record.topics);
    file.labels("sites", &record.sites);
    file.value("origin", record.origin.as_ref().map(json::of_origin));
    file.fields("fields", values.into_iter());
    let mut file = file.end();
    sections::write(texts.into_iter(), record.language.as_deref(), &mut file);
    file
}

/// Returns the title that a text without front matter has: its first heading.
pub(super) fn title_of(body: &str) -> Option<String> {
    let lines: Vec<&str> = body.split('\n').collect();
    let first = headings::scan(&lines).into_iter().next()?;
    let title = first.text.split(" {").next().unwrap_or("").trim();
    (!title.is_empty()).then(|| title.to_owned())
}

fn ours_read(keys: Keys, body: &str) -> Result<Imported, Mistyped> {
    let mut imported = keys.record()?;
    let record = &mut imported.record;
    let mut texts = sections::read(body, |_| true);
    let loose = texts.remove("");
    for (field, text) in texts {
        record.fields.insert(field, text.into());
    }
    if let Some(loose) = loose {
        let main = headings::main_field(&record.kind);
        let text = record.text(main);
        let text = if text.is_empty() { loose } else { format!("{loose}\n\n{text}") };
        record.fields.insert(main.to_owned(), text.into());
    }
    Ok(imported)
}

fn foreign_read(mut keys: Keys, body: &str, path: &str) -> Result<Imported, Mistyped> {
    let title = keys.line("title")?.map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
    let title = title.or_else(|| title_of(body)).unwrap_or_default();
    let kind = keys.line("kind")?.filter(|kind| !kind.is_empty()).unwrap_or_else(|| "practice".to_owned());
    let given = keys.fields("fields")?;
    let mut fields = foreign_fields(&kind, &title, body);
    for key in VALUES.iter().filter(|_| kind == "practice") {
        if let Some(value) = keys.take(key) {
            fields.insert((*key).to_owned(), json::field(key, value)?);
        }
    }
    // A value that the front matter gives comes first; what the text says of the same field follows it.
    for (field, value) in given {
        let value = match (value, fields.remove(&field)) {
            (FieldValue::Text(given), Some(FieldValue::Text(text))) => FieldValue::Text(joined(given, &text)),
            (value, _) => value,
        };
        fields.insert(field, value);
    }
    for key in ["summary", "description"] {
        if let Some(text) = keys.line(key)? {
            summarise(&mut fields, &kind, text.trim());
        }
    }
    let mut topics = std::collections::BTreeSet::new();
    for key in ["topics", "tags", "categories", "keywords"] {
        topics.extend(keys.labels_or_words(key)?);
    }
    let author = keys.labels_or_words("author")?;
    let language = keys.line("language")?.or(keys.line("lang")?);
    let source = keys.line("source")?.filter(|source| !source.is_empty());
    let id = keys.line("id")?.filter(|id| !id.is_empty());
    let origin = Origin {
        system: "markdown".to_owned(),
        id: source.or(id).unwrap_or_else(|| native_id(path, &title, language.as_deref())),
        author: Some(author.join(", ")).filter(|author| !author.is_empty()),
        ..Origin::default()
    };
    let origin = keys.origin("origin")?.unwrap_or(origin);
    let sites = keys.labels_or_words("sites")?.into_iter().collect();
    let record = Record { kind, title, language, fields, topics, sites, origin: Some(origin), ..Record::default() };
    Ok(keys.leave(record))
}

/// Names a file that says no name of its own: by the last part of its path, its title and its language, so that it is
/// known again from whatever folder it is imported, and after its text was edited.
fn native_id(path: &str, title: &str, language: Option<&str>) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let line = canonical_line(&serde_json::json!([file, title, language]));
    format!("file:{}", blake3::hash(line.as_bytes()).to_hex())
}

fn foreign_fields(kind: &str, title: &str, body: &str) -> BTreeMap<String, FieldValue> {
    // Other people's anchors are for links: those that name no text of this kind are part of the heading.
    let mut texts = sections::read(body, |name| is_text(kind, name));
    if texts.keys().any(|field| !field.is_empty()) {
        // Somebody wrote it after the pattern of an export.
        let loose = texts.remove("").unwrap_or_default();
        let mut fields: BTreeMap<_, _> = texts.into_iter().map(|(field, text)| (field, text.into())).collect();
        for (field, text) in foreign_fields(kind, title, &loose) {
            let text = text.text().unwrap_or("").to_owned();
            let before = fields.get(&field).and_then(FieldValue::text).unwrap_or("");
            fields.insert(field, joined(text, before).into());
        }
        return fields;
    }
    if kind == "practice" {
        return headings::split(body, title);
    }
    let text = headings::trimmed(&body.split('\n').collect::<Vec<_>>());
    if text.is_empty() {
        return BTreeMap::new();
    }
    [(headings::main_field(kind).to_owned(), text.into())].into()
}

fn is_text(kind: &str, name: &str) -> bool {
    schema::kind(kind).and_then(|kind| kind.field(name)).is_some_and(|field| field.merge == schema::Merge::Txt)
}

fn joined(first: String, second: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (_, true) => first,
        (true, false) => second.to_owned(),
        (false, false) => format!("{first}\n\n{second}"),
    }
}

/// Puts a short text that stands in the front matter where a reader looks for it.
fn summarise(fields: &mut BTreeMap<String, FieldValue>, kind: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    let short = text.chars().count() <= SUMMARY_CHARS_MAX;
    let field = if kind == "practice" && short && !fields.contains_key("summary") {
        "summary"
    } else {
        headings::main_field(kind)
    };
    let before = fields.get(field).and_then(FieldValue::text).unwrap_or("");
    let text = joined(text.to_owned(), before);
    fields.insert(field.to_owned(), text.into());
}

#[cfg(test)]
mod tests;
