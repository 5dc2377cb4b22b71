//! JSON lines: one record a line.
//!
//! # What `export jsonl` writes
//!
//! One object a line, keys sorted, UTF-8, `\n` after each. Fields may be added, never renamed; a reader ignores keys that
//! it doesn't know. A key without a value is left out, but for `fields`, `kind`, `sites`, `title` and `topics`.
//!
//! | key | value |
//! |---|---|
//! | `author` | name of who wrote it, when it was exported |
//! | `created`, `modified` | claimed times, RFC 3339 in UTC (milliseconds since 1970 as a number, if out of its range) |
//! | `creator` | member id, hex in full |
//! | `fields` | all other fields by name: texts and single values as string, number or flag; sets and lists as array; maps and items as object |
//! | `handle` | short name |
//! | `id` | document id, hex in full |
//! | `kind` | one of the kinds |
//! | `language` | BCP 47 |
//! | `origin` | `{"author","id","imported","system","url"}`: where it was before |
//! | `sites`, `topics` | labels, sorted |
//! | `space` | `commons`, `circle/NAME`, `vitrine` |
//! | `title` | title; empty where the kind has none |
//! | `version` | ids of the heads at export, hex in full: what a change of the line was made on |
//!
//! # What `import jsonl` reads besides
//!
//! Objects `{"title","language","body","tags","source"}`, all but `body` optional if the body has a heading: the body goes
//! to the fields that its headings name ([`crate::interchange::markdown`]), tags to topics, `source` to the origin's id.
//! An object without `source` is known again by the hash of its title, language and body.

use std::io::{self, BufRead};

use serde_json::Value;

use super::json::{self, Keys, Mistyped};
use super::record::{Origin, Record};
use super::{INPUT_BYTES_MAX, Imported, Skipped, canonical_line, headings, markdown};

/// Reads records from JSON lines, one line in memory at a time.
///
/// An item is an error only when reading itself failed, and then the last one. A line that is no record, or is longer
/// than [`INPUT_BYTES_MAX`], is [`Skipped`]; blank lines don't count.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    line: u64,
    bytes: u64,
    done: bool,
}

impl<R: BufRead> Lines<R> {
    /// Starts at line 1.
    pub fn new(reader: R) -> Lines<R> {
        Lines { reader, line: 0, bytes: 0, done: false }
    }

    /// Returns how many bytes were read, for a progress bar.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads the next line that is not blank; `Err` inside when it is too long.
    fn next_line(&mut self) -> io::Result<Option<Result<Vec<u8>, Skipped>>> {
        loop {
            let mut line = Vec::new();
            let most = INPUT_BYTES_MAX as u64 + 1;
            let read = io::Read::take(&mut self.reader, most).read_until(b'\n', &mut line)?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            self.bytes += read as u64;
            if line.len() > INPUT_BYTES_MAX && line.last() != Some(&b'\n') {
                self.skip_line()?;
                let why = format!("the line is longer than {} MiB", INPUT_BYTES_MAX >> 20);
                return Ok(Some(Err(Skipped::new(self.place(), why))));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(Ok(line)));
            }
        }
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let bytes = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(bytes);
            self.bytes += bytes as u64;
            if end.is_some() || bytes == 0 {
                return Ok(());
            }
        }
    }

    /// Returns the place of the line that came last, as it is said of what can't be read.
    pub fn place(&self) -> String {
        format!("line {}", self.line)
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Result<Imported, Skipped>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let line = self.next_line();
        self.done = matches!(line, Err(_) | Ok(None));
        let place = self.place();
        line.transpose().map(|line| line.map(|line| line.and_then(|line| read(&line, &place))))
    }
}

/// Reads one line; `place` is said when it can't be read.
///
/// # Errors
///
/// Why it is no record.
pub fn read(line: &[u8], place: &str) -> Result<Imported, Skipped> {
    let skipped = |why: String| Skipped::new(place, why);
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| skipped("it is not UTF-8".to_owned()))?;
    let value = json::parse(text).map_err(|error| skipped(format!("it is not JSON: {error}")))?;
    let Value::Object(object) = value else { return Err(skipped("it is not a JSON object".to_owned())) };
    let keys = Keys(object);
    let ours = keys.0.get("kind").is_some_and(Value::is_string) && keys.0.get("fields").is_some_and(Value::is_object);
    let imported = if ours { keys.record() } else { foreign_read(keys) };
    let imported = imported.map_err(|error| skipped(error.to_string()))?;
    if imported.record.title.is_empty() && !ours {
        return Err(skipped("it has no title".to_owned()));
    }
    imported.record.check().map_err(|error| skipped(error.to_string()))?;
    Ok(imported)
}

/// Returns the line of a record, without the line break at its end.
pub fn write(record: &Record) -> String {
    canonical_line(&json::of_record(record))
}

fn foreign_read(mut keys: Keys) -> Result<Imported, Mistyped> {
    let Some(Value::String(body)) = keys.take("body") else {
        return Err(Mistyped {
            key: "body".to_owned(),
            expected: "there as a text, and neither are `kind` and `fields`",
        });
    };
    let title = keys.line("title")?.map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
    let language = keys.line("language")?;
    let source = keys.line("source")?.filter(|source| !source.is_empty());
    let id = source.unwrap_or_else(|| content_id(title.as_deref(), language.as_deref(), &body));
    let body = body.replace("\r\n", "\n");
    let title = title.or_else(|| markdown::title_of(&body)).unwrap_or_default();
    let mut fields = headings::split(&body, &title);
    // A key that is called like a text field of a practice is that field, unless a heading named it already.
    let named: Vec<String> = keys.0.keys().filter(|key| headings::is_practice_text(key)).cloned().collect();
    for key in named.into_iter().filter(|key| !fields.contains_key(key)).collect::<Vec<_>>() {
        if let Some(value) = keys.line(&key)? {
            fields.insert(key, value.into());
        }
    }
    let topics = keys.labels("tags")?.into_iter().chain(keys.labels("topics")?);
    let record = Record {
        kind: "practice".to_owned(),
        title,
        language,
        fields,
        topics: topics.filter(|topic| !topic.is_empty()).collect(),
        sites: keys.labels("sites")?,
        origin: Some(Origin { system: "jsonl".to_owned(), id, ..Origin::default() }),
        ..Record::default()
    };
    Ok(keys.leave(record))
}

/// Names a text without a source by what it says.
fn content_id(title: Option<&str>, language: Option<&str>, body: &str) -> String {
    let line = canonical_line(&serde_json::json!([title, language, body]));
    format!("blake3:{}", blake3::hash(line.as_bytes()).to_hex())
}

#[cfg(test)]
pub(super) mod tests;
