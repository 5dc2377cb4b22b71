//! Packing operations into parts that each fit an entry.
//!
//! A long insertion goes on in the next part behind its last character there. No other anchor leads to an earlier part,
//! so that none needs an id that is not known before signing.

use crate::model::EntryId;
use crate::model::document::{EDIT_SCALARS_MAX, OPERATIONS_MAX};
use crate::wire::Message;
use crate::wire::entry::operation::Act;
use crate::wire::entry::{Anchor, Delete, EditContent, EditShape, Insert, Operation, Value, value};

/// Bytes of a part's plain content, at most.
const CONTENT_BYTES_MAX: usize = 48 * 1024;
/// Bytes of a part's plain shape and content together, at most: it leaves room in an entry's 64 KiB for sealing.
const PART_BYTES_MAX: usize = 62 * 1024;
/// An insertion is divided only if this many bytes of it go into the part.
const DIVIDED_BYTES_MIN: usize = 1024;
/// Bytes around a value or an operation in their messages, at most.
const FRAME_BYTES: usize = 24;

/// An operation to be packed.
#[derive(Debug)]
pub(super) struct Planned {
    /// Field, key, item, inner; and the act, unless it has an anchor.
    pub(super) operation: Operation,
    pub(super) words: Words,
}

/// What an operation needs beside its path.
#[derive(Debug)]
pub(super) enum Words {
    None,
    /// Nothing is said; what follows goes into another part, in whose past everything before stands.
    Apart,
    Value(value::Of),
    /// Text put after a character of an earlier edit.
    Insert {
        after: Option<Place>,
        text: String,
    },
    /// Characters of an earlier edit.
    Delete {
        from: Place,
        length: u32,
    },
}

/// A character of an earlier edit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) edit: EntryId,
    pub(super) operation: u32,
    pub(super) offset: u32,
}

/// Packs the operations, in their order; at least one part comes out.
pub(super) fn pack(heads: &[EntryId], planned: Vec<Planned>) -> Vec<(EditShape, EditContent)> {
    let mut packer = Packer { heads, parts: Vec::new(), part: Part::default() };
    for Planned { mut operation, words } in planned {
        match words {
            Words::None => packer.push(operation, None),
            Words::Apart => packer.apart(),
            Words::Value(of) => packer.push(operation, Some(of)),
            Words::Insert { after, text } => packer.insert(&operation, after, &text),
            Words::Delete { from, length } => {
                packer.room(&operation, 0, u64::from(length), Some(from.edit));
                let from = Some(packer.anchor(from));
                operation.act = Some(Act::Delete(Delete { from, length }));
                packer.part.add(operation, None, u64::from(length));
            }
        }
    }
    packer.finish()
}

struct Packer<'h> {
    heads: &'h [EntryId],
    parts: Vec<Part>,
    part: Part,
}

#[derive(Default)]
struct Part {
    shape: EditShape,
    content: EditContent,
    shape_bytes: usize,
    content_bytes: usize,
    scalars: u64,
}

impl Part {
    fn add(&mut self, operation: Operation, of: Option<value::Of>, scalars: u64) {
        let index = self.shape.operations.len() as u32;
        self.shape_bytes += operation.encoded_len() + FRAME_BYTES / 4;
        self.scalars += scalars;
        if let Some(of) = of {
            let value = Value { operation: index, of: Some(of) };
            self.content_bytes += value.encoded_len() + FRAME_BYTES / 4;
            self.content.values.push(value);
        }
        self.shape.operations.push(operation);
    }

    /// Returns how many bytes of content still fit.
    fn free(&self) -> usize {
        let content = CONTENT_BYTES_MAX.saturating_sub(self.content_bytes);
        let both = PART_BYTES_MAX.saturating_sub(self.content_bytes + self.shape_bytes + 4 * FRAME_BYTES);
        content.min(both).saturating_sub(FRAME_BYTES)
    }

    fn is_empty(&self) -> bool {
        self.shape.operations.is_empty()
    }
}

impl Packer<'_> {
    fn push(&mut self, operation: Operation, of: Option<value::Of>) {
        let bytes = match &of {
            Some(value::Of::Text(text)) => text.len(),
            Some(value::Of::Bytes(bytes) | value::Of::Id(bytes)) => bytes.len(),
            _ => 0,
        };
        self.room(&operation, bytes, 0, None);
        self.part.add(operation, of, 0);
    }

    /// Starts a new part if the present one says anything.
    fn apart(&mut self) {
        if !self.part.is_empty() {
            self.parts.push(std::mem::take(&mut self.part));
        }
    }

    /// Starts a new part if this operation doesn't fit the present one.
    fn room(&mut self, operation: &Operation, content_bytes: usize, scalars: u64, named: Option<EntryId>) {
        let part = &self.part;
        let reference = if named.is_some() { 34 } else { 0 };
        let fits = part.shape.operations.len() < OPERATIONS_MAX
            && operation.encoded_len() + reference + content_bytes <= part.free() + 2 * FRAME_BYTES
            && content_bytes <= part.free()
            && part.scalars + scalars <= EDIT_SCALARS_MAX;
        if !fits && !part.is_empty() {
            self.parts.push(std::mem::take(&mut self.part));
        }
    }

    /// Names a character of an earlier edit in the present part.
    fn anchor(&mut self, place: Place) -> Anchor {
        let heads: &[EntryId] = if self.parts.is_empty() { self.heads } else { &[] };
        let deps = if self.parts.is_empty() { self.heads.len() } else { 1 };
        let edit = match heads.binary_search(&place.edit) {
            Ok(head) => head,
            Err(_) => {
                let referenced = &mut self.part.shape.referenced;
                let found = referenced.iter().position(|id| *id == place.edit.0);
                deps + found.unwrap_or_else(|| {
                    referenced.push(place.edit.0.to_vec());
                    self.part.shape_bytes += 34;
                    referenced.len() - 1
                })
            }
        };
        Anchor { edit: edit as u32 + 1, operation: place.operation, offset: place.offset }
    }

    fn insert(&mut self, path: &Operation, after: Option<Place>, text: &str) {
        let named = after.map(|place| place.edit);
        let mut rest = text;
        // The operation that holds the text before, in the part before.
        let mut before: Option<Anchor> = None;
        while !rest.is_empty() {
            let free = self.part.free();
            let bytes = rest.len().min(free.max(DIVIDED_BYTES_MIN));
            self.room(path, bytes, bytes as u64, named.filter(|_| before.is_none()));
            let free = self.part.free();
            let (now, later) = rest.split_at(boundary(rest, free));
            rest = later;
            let length = now.chars().count() as u32;
            let anchor = match before {
                Some(anchor) => Some(anchor),
                None => after.map(|place| self.anchor(place)),
            };
            let operation = Operation { act: Some(Act::Insert(Insert { after: anchor, length })), ..path.clone() };
            let index = self.part.shape.operations.len() as u32;
            self.part.add(operation, Some(value::Of::Text(now.to_owned())), u64::from(length));
            before = Some(Anchor { edit: 1, operation: index, offset: length - 1 });
            if !rest.is_empty() {
                self.parts.push(std::mem::take(&mut self.part));
            }
        }
    }

    fn finish(mut self) -> Vec<(EditShape, EditContent)> {
        if !self.part.is_empty() || self.parts.is_empty() {
            self.parts.push(self.part);
        }
        let count = self.parts.len() as u32;
        let numbered = self.parts.into_iter().zip(1..);
        let number = |(mut part, number): (Part, u32)| {
            if count > 1 {
                part.shape.part = number;
                part.shape.closes = if number == count { count } else { 0 };
            }
            (part.shape, part.content)
        };
        numbered.map(number).collect()
    }
}

/// Returns the last place not beyond this many bytes at which a text may be divided.
fn boundary(text: &str, bytes: usize) -> usize {
    (0..=bytes.min(text.len())).rev().find(|&byte| text.is_char_boundary(byte)).unwrap_or(0)
}
