//! A document outside the program, and the limits that it keeps.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{DocumentId, EntryId, MemberId, Timestamp};

/// Most scalar values of a title.
pub const TITLE_CHARS_MAX: usize = 200;
/// Most bytes of one text.
pub const TEXT_BYTES_MAX: usize = 256 << 10;
/// Most items of a list.
pub const ITEMS_MAX: usize = 500;
/// Most values of a set: topics, sites.
pub const SET_MAX: usize = 64;
/// Most fields of a record, and most keys of a map.
pub const FIELDS_MAX: usize = 500;
/// Most bytes of the name of a kind or field, or of a key.
pub const NAME_BYTES_MAX: usize = 200;
/// Most scalar values of what stands in one line: a topic, a handle, a part of the origin.
pub const LINE_CHARS_MAX: usize = 2_000;
/// Most heads of a version.
pub const VERSION_MAX: usize = 256;
/// Deepest nesting of a value.
pub const DEPTH_MAX: usize = 8;

/// A document as `export` writes it and `import` reads it.
///
/// `id`, `version`, `creator`, `author`, `created`, `modified` and `space` say where it comes from; an import takes the
/// rest as what the document should hold. A record without an id is no document yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// The document, if it is one.
    pub id: Option<DocumentId>,
    /// The heads of the document when it was exported: what an imported change was made on.
    pub version: Vec<EntryId>,
    /// Its short name.
    pub handle: Option<String>,
    /// Its kind.
    pub kind: String,
    /// Its title; empty where it has none.
    pub title: String,
    /// Its language, BCP 47.
    pub language: Option<String>,
    /// All other fields.
    pub fields: BTreeMap<String, FieldValue>,
    /// Its topics, by label.
    pub topics: BTreeSet<String>,
    /// Its sites, by label.
    pub sites: BTreeSet<String>,
    /// Where it came from, if not from here; by it a second import knows it again.
    pub origin: Option<Origin>,
    /// The space it is in: `commons`, `circle/NAME`, `vitrine`.
    pub space: Option<String>,
    /// The member who wrote it.
    pub creator: Option<MemberId>,
    /// The name of that member when it was exported.
    pub author: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
}

/// Where a record was before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Origin {
    /// The system: `jsonl`, `markdown`, `samples`.
    pub system: String,
    /// Its name there. System and id together tell whether two records are the same one.
    pub id: String,
    /// Its address.
    pub url: Option<String>,
    /// The name of who wrote it there.
    pub author: Option<String>,
    /// When it was brought in, RFC 3339.
    pub imported: Option<String>,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldValue {
    /// A text, or a value written as one.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
    /// The elements of a set or the items of a list.
    Many(Vec<FieldValue>),
    /// Keys, or the fields of an item.
    Map(BTreeMap<String, FieldValue>),
}

impl FieldValue {
    /// Returns the text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            FieldValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Tells whether it holds nothing: an empty text, set, list or map.
    pub fn is_empty(&self) -> bool {
        match self {
            FieldValue::Text(text) => text.is_empty(),
            FieldValue::Many(values) => values.is_empty(),
            FieldValue::Map(values) => values.is_empty(),
            FieldValue::Integer(_) | FieldValue::Flag(_) => false,
        }
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> FieldValue {
        FieldValue::Text(text.to_owned())
    }
}

impl From<String> for FieldValue {
    fn from(text: String) -> FieldValue {
        FieldValue::Text(text)
    }
}

/// A record is over a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It has no kind.
    #[error("it says no kind")]
    NoKind,
    /// Too many scalar values in one line.
    #[error("{what} has {chars} characters, {max} are the most")]
    Long {
        /// What is too long.
        what: String,
        /// How many scalar values it has.
        chars: usize,
        /// How many it may have.
        max: usize,
    },
    /// A text is too large.
    #[error("the field `{field}` has a text of {bytes} bytes, {TEXT_BYTES_MAX} are the most")]
    Large {
        /// The field.
        field: String,
        /// The bytes of the text.
        bytes: usize,
    },
    /// Too many of something.
    #[error("{what}: {count}, {max} are the most")]
    Many {
        /// Of what.
        what: String,
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// The name of a kind, a field or a key is empty or too long.
    #[error("`{0}` can't be the name of a kind, field or key")]
    Name(String),
    /// A value is nested too deeply.
    #[error("the field `{0}` is nested deeper than {DEPTH_MAX}")]
    Deep(String),
}

impl Record {
    /// Says whether the record keeps all limits.
    ///
    /// # Errors
    ///
    /// The first limit that it is over.
    pub fn check(&self) -> Result<(), Unfit> {
        if self.kind.is_empty() {
            return Err(Unfit::NoKind);
        }
        name(&self.kind)?;
        line("the title", &self.title, TITLE_CHARS_MAX)?;
        line("the language", self.language.as_deref().unwrap_or(""), LINE_CHARS_MAX)?;
        line("the handle", self.handle.as_deref().unwrap_or(""), TITLE_CHARS_MAX)?;
        line("the space", self.space.as_deref().unwrap_or(""), LINE_CHARS_MAX)?;
        line("the author", self.author.as_deref().unwrap_or(""), LINE_CHARS_MAX)?;
        count("heads of the version", self.version.len(), VERSION_MAX)?;
        for (what, labels) in [("topics", &self.topics), ("sites", &self.sites)] {
            count(what, labels.len(), SET_MAX)?;
            labels.iter().try_for_each(|label| line(&format!("one of the {what}"), label, LINE_CHARS_MAX))?;
        }
        if let Some(origin) = &self.origin {
            line("the origin's system", &origin.system, LINE_CHARS_MAX)?;
            line("the origin's id", &origin.id, LINE_CHARS_MAX)?;
            for part in [&origin.url, &origin.author, &origin.imported] {
                line("a part of the origin", part.as_deref().unwrap_or(""), LINE_CHARS_MAX)?;
            }
        }
        count("fields", self.fields.len(), FIELDS_MAX)?;
        self.fields.iter().try_for_each(|(field, of)| name(field).and_then(|()| value(field, of, DEPTH_MAX)))
    }

    /// Returns the text of a field; empty when it has none.
    pub fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(FieldValue::text).unwrap_or("")
    }
}

fn name(name: &str) -> Result<(), Unfit> {
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len());
    if fits { Ok(()) } else { Err(Unfit::Name(name.chars().take(40).collect())) }
}

fn line(what: &str, text: &str, max: usize) -> Result<(), Unfit> {
    let chars = text.chars().count();
    if chars <= max { Ok(()) } else { Err(Unfit::Long { what: what.to_owned(), chars, max }) }
}

fn count(what: &str, count: usize, max: usize) -> Result<(), Unfit> {
    if count <= max { Ok(()) } else { Err(Unfit::Many { what: what.to_owned(), count, max }) }
}

fn value(field: &str, of: &FieldValue, depth: usize) -> Result<(), Unfit> {
    if depth == 0 {
        return Err(Unfit::Deep(field.to_owned()));
    }
    match of {
        FieldValue::Text(text) if text.len() > TEXT_BYTES_MAX => {
            Err(Unfit::Large { field: field.to_owned(), bytes: text.len() })
        }
        FieldValue::Text(_) | FieldValue::Integer(_) | FieldValue::Flag(_) => Ok(()),
        FieldValue::Many(values) => {
            count(&format!("values of `{field}`"), values.len(), ITEMS_MAX)?;
            values.iter().try_for_each(|inner| value(field, inner, depth - 1))
        }
        FieldValue::Map(values) => {
            count(&format!("keys of `{field}`"), values.len(), FIELDS_MAX)?;
            values.iter().try_for_each(|(key, inner)| name(key).and_then(|()| value(field, inner, depth - 1)))
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
