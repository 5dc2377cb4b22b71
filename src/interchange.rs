//! Text in, records out, and back: JSON lines and Markdown files.
//!
//! A [`Record`] is one document outside the program: what `export` writes and `import` reads. This floor turns text into
//! records and records into text. It opens no file, knows no log and no other document, and decides nothing: whether a
//! record is new, known or changed is for the node, which asks [`changes()`] and [`three_way`].
//!
//! ```text
//!  JSON lines ── jsonl::Lines ──┐                      ┌── jsonl::write ──── JSON lines
//!  Markdown ──── markdown::read ┼─▶ Imported{Record} ──┤
//!  this program ─ samples() ────┘                      └── markdown::write ─ KIND/HANDLE.md
//! ```
//!
//! What can't be read is [`Skipped`] with the place and the reason; nothing is ever cut short to fit. Input is bounded:
//! a line or file by [`INPUT_BYTES_MAX`], a record by the limits of [`record`].

pub mod changes;
pub mod jsonl;
pub mod markdown;
pub mod names;
pub mod record;
pub mod samples;

mod headings;
mod json;

pub use changes::{Change, changes, three_way};
pub use json::canonical_line;
pub use names::FileNames;
pub use record::{FieldValue, Origin, Record};
pub use samples::samples;

/// Most bytes of one line of JSON lines or of one Markdown file: a record at its limits fits with room for escapes.
pub const INPUT_BYTES_MAX: usize = 8 << 20;

/// A record that was read, and what stood beside it that no record has a place for.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The record.
    pub record: Record,
    /// Keys of the front matter or JSON object that were left aside.
    pub ignored: Vec<String>,
}

/// Something that was not read, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{place}: {why}")]
pub struct Skipped {
    /// Where: `line 12`, or the path of a file.
    pub place: String,
    /// Why, in words.
    pub why: String,
}

impl Skipped {
    pub(crate) fn new(place: impl Into<String>, why: impl Into<String>) -> Skipped {
        Skipped { place: place.into(), why: why.into() }
    }
}
