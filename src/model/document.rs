//! Documents: what edits say, judged, folded and composed.
//!
//! ```text
//!  edits (shape + content) ──► judge ──► fold ──► Document ──► fields, conflicts, notes, JSON
//!                                                   │
//!  new edits (shape + content) ◄──── compose ◄── changes
//! ```
//!
//! A document is a pure function of a set of edits and of the masked ones among them; nothing is undone or rewritten.
//! An edit names characters by anchors (edit, operation, offset), so it means the same whatever a replica holds, shows
//! or masks.
//!
//! - [`schema`] is data: kinds, fields, merge types, limits, lists of values.
//! - [`judge()`] decides from shapes alone whether an edit breaks a rule; content that doesn't fit its shape ([`fits`])
//!   is read as erased.
//! - [`fold()`] evaluates. While a history is linear, a text is a table of spans into which each edit writes; once it
//!   branched, automerge gives the order of the runs, and deletions stay beside it. Registers, sets and lists follow
//!   from ancestry alone: a value shows unless another writing of its field has it in its past.
//! - [`compose()`] turns [`Change`]s into the parts of an edit, each small enough for an entry.
//!
//! # Rules that another implementation must share
//!
//! - An operation's *counter* is 1 + the highest in its edit's own past, and operations of an edit count on: an insert
//!   and a delete count as many as their length, every other one counts 1, unknown ones too. Masked edits count.
//! - Runs put after the same character stand in descending order of (counter, edit id).
//! - A character shows iff its edit is live (not masked, content not erased) and no live edit deleted it.
//! - A register holds the live writes that no other live write or clear of it has in its past; the one with the highest
//!   (counter, edit id) is shown. Ancestry goes through masked and void edits.
//! - A set element shows iff a live add of it exists that no live removal has in its past. An item of a list the same,
//!   where a placing, a move and any writing inside the item count as adds.
//! - Items stand in the order of (position, item id); an item whose placings are all masked stands last.
//! - An erased edit keeps its effects other than words: its deletions and removals count, its values are null, its
//!   characters are not shown.

mod ancestry;
mod change;
mod compose;
mod diff;
mod fit;
mod fold;
mod history;
mod json;
mod linear;
mod log;
mod merge;
mod order;
mod parts;
mod position;
pub mod schema;
mod view;

#[cfg(test)]
mod tests;

use std::fmt;

use super::{EntryId, ItemId};
use crate::wire::entry::{EditContent, EditShape, Operation, value};

pub use change::{Change, ComposeError, FieldOp};
pub use compose::compose;
pub use diff::distance;
pub use fit::{element_id, fits};
pub use fold::{Ties, fold, fold_with, past_of};
pub use history::{History, judge};
pub use merge::{Merged, merge};
pub use parts::{Parts, parts};
pub use view::{Conflict, Document, Element, Field, Item, Note, Register, Span, Text, Unknown, Writing};

/// Operations of an edit, at most.
pub const OPERATIONS_MAX: usize = 5_000;
/// Scalar values that one edit inserts and deletes, at most: an edit can't name more work than one field holds.
pub const EDIT_SCALARS_MAX: u64 = 256 * 1024;
/// Scalar values of a text field, at most, measured in the past of the edit that adds to it.
pub const TEXT_SCALARS_MAX: u64 = 256 * 1024;
/// UTF-8 bytes of a text field as composed here, at most.
pub const TEXT_BYTES_MAX: usize = 256 * 1024;
/// Elements of a set, at most.
pub const SET_ELEMENTS_MAX: usize = 64;
/// Items of a list, and keys of a map, at most.
pub const LIST_ITEMS_MAX: usize = 500;
/// UTF-8 bytes of a value in a register, a set or an item, at most.
pub const VALUE_BYTES_MAX: usize = 8 * 1024;
/// UTF-8 bytes of a name or key in a path, at most.
pub const KEY_BYTES_MAX: usize = 200;
/// Bytes of a position, at most.
pub const POSITION_BYTES_MAX: usize = 64;
/// Parts of a writing, at most: 12 MiB of plain words.
pub const PARTS_MAX: u32 = 256;

/// One edit of a document, as judged and folded. The fold needs no more of its entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// Id of its entry.
    pub id: EntryId,
    /// The header's `deps`, all of them, in their order: anchors count in it.
    pub deps: Vec<EntryId>,
    /// What it does.
    pub shape: EditShape,
    /// The words; `None` when erased.
    pub content: Option<EditContent>,
}

impl Edit {
    /// Returns an edit without effect: a void edit, or a mark that stands among the `deps` of edits. It only orders.
    pub fn link(id: EntryId, deps: Vec<EntryId>) -> Edit {
        Edit { id, deps, shape: EditShape::default(), content: Some(EditContent::default()) }
    }
}

/// A value in a register, a set or an item. References are ids in hexadecimal text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Words, a reference, a date, one of a list of values.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Value {
    /// Returns the words, if it is words.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn to_wire(&self) -> value::Of {
        match self {
            Value::Text(text) => match id_bytes(text) {
                Some(bytes) => value::Of::Id(bytes),
                None => value::Of::Text(text.clone()),
            },
            Value::Integer(number) => value::Of::Integer(*number),
            Value::Flag(flag) => value::Of::Flag(*flag),
            Value::Bytes(bytes) => value::Of::Bytes(bytes.clone()),
        }
    }

    pub(crate) fn from_wire(of: &value::Of) -> Value {
        match of {
            value::Of::Text(text) => Value::Text(text.clone()),
            value::Of::Id(bytes) => Value::Text(data_encoding::HEXLOWER.encode(bytes)),
            value::Of::Integer(number) => Value::Integer(*number),
            value::Of::Flag(flag) => Value::Flag(*flag),
            value::Of::Bytes(bytes) => Value::Bytes(bytes.clone()),
        }
    }
}

/// Returns the bytes that a text stands for, if it is written as ids are.
pub(crate) fn id_bytes(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 {
        return None;
    }
    data_encoding::HEXLOWER.decode(text.as_bytes()).ok()
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Integer(number) => number.fmt(f),
            Value::Flag(flag) => flag.fmt(f),
            Value::Bytes(bytes) => f.write_str(&data_encoding::HEXLOWER.encode(bytes)),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

/// Where a value stands in a document: a field, a key of a map or an item of a list in it, a field inside that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FieldPath {
    /// Name of the field.
    pub field: String,
    /// Key in a map, else empty.
    pub key: String,
    /// Item of a list.
    pub item: Option<ItemId>,
    /// Name of the field inside the key or item, else empty.
    pub inner: String,
}

impl FieldPath {
    /// Returns the path of a whole field.
    pub fn of(field: &str) -> FieldPath {
        FieldPath { field: field.to_owned(), ..FieldPath::default() }
    }

    /// Returns the path of a key of a map.
    pub fn keyed(field: &str, key: &str) -> FieldPath {
        FieldPath { key: key.to_owned(), ..FieldPath::of(field) }
    }

    /// Returns the path of a field inside an item of a list; an empty `inner` is the item's own value.
    pub fn inside(field: &str, item: ItemId, inner: &str) -> FieldPath {
        FieldPath { item: Some(item), inner: inner.to_owned(), ..FieldPath::of(field) }
    }

    /// Returns the path of a field inside this key or item.
    #[must_use]
    pub fn inner(mut self, inner: &str) -> FieldPath {
        inner.clone_into(&mut self.inner);
        self
    }

    pub(crate) fn of_operation(operation: &Operation) -> FieldPath {
        FieldPath {
            field: operation.field.clone(),
            key: operation.key.clone(),
            item: ItemId::from_slice(&operation.item),
            inner: operation.inner.clone(),
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.field)?;
        if !self.key.is_empty() {
            write!(f, ".{}", self.key)?;
        }
        if let Some(item) = self.item {
            write!(f, ".{item}")?;
        }
        if !self.inner.is_empty() {
            write!(f, ".{}", self.inner)?;
        }
        Ok(())
    }
}
