//! What a fold gives: the document as it stands.

use std::collections::BTreeMap;

use super::{FieldPath, Value};
use crate::model::{DocumentId, ElementId, EntryId, ItemId};

/// A document as it stands after the edits that were folded.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub(super) id: DocumentId,
    pub(super) kind: String,
    pub(super) salt: [u8; 16],
    pub(super) heads: Vec<EntryId>,
    pub(super) edits: usize,
    pub(super) contributors: Vec<EntryId>,
    pub(super) fields: BTreeMap<String, Field>,
    pub(super) unknown: Vec<Unknown>,
    pub(super) notes: Vec<Note>,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// A text.
    Text(Text),
    /// A single value, with all its concurrent writings.
    Register(Register),
    /// A set, its elements sorted by id.
    Set(Vec<Element>),
    /// Keys of a map, or fields inside a key.
    Map(BTreeMap<String, Field>),
    /// Items in their order.
    List(Vec<Item>),
}

/// A text and where each of its characters comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The characters that show.
    pub text: String,
    /// The spans of them, in order; their lengths sum up to the number of scalar values of `text`.
    pub spans: Vec<Span>,
}

/// A piece of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The edit that inserted the run.
    pub edit: EntryId,
    /// The operation in it.
    pub operation: u32,
    /// Scalar values from the start of the run.
    pub offset: u32,
    /// Scalar values in the piece.
    pub length: u32,
}

/// A single value. It has at least one writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// All concurrent writings that stand, the highest (counter, edit id) first.
    pub values: Vec<Writing>,
    /// Which of them is shown: the first whose content is not erased.
    pub shown: usize,
}

impl Register {
    /// Returns the value that is shown; `None` when it was erased.
    pub fn value(&self) -> Option<&Value> {
        self.values.get(self.shown).and_then(|writing| writing.value.as_ref())
    }

    /// Tells whether there are different values to choose from.
    pub fn is_conflict(&self) -> bool {
        self.values.iter().any(|writing| writing.value.as_ref() != self.value())
    }
}

/// One writing of a single value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writing {
    /// The value; `None` when it was erased, or is of a type from a newer version.
    pub value: Option<Value>,
    /// The edit that wrote it.
    pub edit: EntryId,
    /// The counter of the operation.
    pub counter: u64,
}

/// An element of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its id: a keyed hash of its value.
    pub id: ElementId,
    /// The value; `None` when every edit that added it was erased.
    pub value: Option<Value>,
}

/// An item of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Where it stands; `None` when every placing of it is masked.
    pub position: Option<Vec<u8>>,
    /// Whether two people moved it concurrently.
    pub moved_apart: bool,
    /// The fields inside; the name of the item's own value is empty.
    pub fields: BTreeMap<String, Field>,
}

/// Something that comes from a newer version, or breaks no rule that this one knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unknown {
    /// The kind of the document.
    Kind(String),
    /// A field of it.
    Field(FieldPath),
    /// An operation of an edit.
    Operation(EntryId, u32),
}

/// A paragraph that two edits touched without knowing of each other: to be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text.
    pub path: FieldPath,
    /// The paragraph: number of line breaks before it.
    pub line: usize,
    /// The two edits.
    pub edits: [EntryId; 2],
}

/// A single value with different concurrent writings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Where.
    pub path: FieldPath,
    /// The values and the edits that wrote them, in the order of [`Register::values`].
    pub values: Vec<(Option<Value>, EntryId)>,
    /// Which of them is shown.
    pub shown: usize,
}

impl Document {
    /// Returns the id: that of the creating edit.
    pub fn id(&self) -> DocumentId {
        self.id
    }

    /// Returns the kind.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the key material of element ids.
    pub fn salt(&self) -> &[u8; 16] {
        &self.salt
    }

    /// Returns the entries folded that no other one follows, ascending: the `deps` of the next edit.
    pub fn heads(&self) -> &[EntryId] {
        &self.heads
    }

    /// Returns how many entries were folded.
    pub fn edits(&self) -> usize {
        self.edits
    }

    /// Returns the live edits that did something, in the order in which they were folded.
    pub fn contributors(&self) -> &[EntryId] {
        &self.contributors
    }

    /// Returns all fields that hold something.
    pub fn fields(&self) -> &BTreeMap<String, Field> {
        &self.fields
    }

    /// Returns one field.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    /// Returns what stands at a path.
    pub fn at(&self, path: &FieldPath) -> Option<&Field> {
        let field = self.fields.get(&path.field)?;
        let inside = match (field, path.item) {
            (Field::List(items), Some(id)) => &items.iter().find(|item| item.id == id)?.fields,
            (Field::Map(keys), None) if !path.key.is_empty() => {
                let key = keys.get(&path.key)?;
                match key {
                    Field::Map(inner) if !path.inner.is_empty() => inner,
                    _ => return Some(key),
                }
            }
            _ => return Some(field),
        };
        inside.get(&path.inner)
    }

    /// Returns the words of a text field; empty when there are none.
    pub fn text(&self, name: &str) -> &str {
        match self.field(name) {
            Some(Field::Text(text)) => &text.text,
            _ => "",
        }
    }

    /// Returns the shown value of a single-value field.
    pub fn value(&self, name: &str) -> Option<&Value> {
        match self.field(name) {
            Some(Field::Register(register)) => register.value(),
            _ => None,
        }
    }

    /// Returns the shown words of a single-value field; empty when there are none.
    pub fn word(&self, name: &str) -> &str {
        self.value(name).and_then(Value::as_text).unwrap_or_default()
    }

    /// Returns the values of a set, sorted.
    pub fn set(&self, name: &str) -> Vec<&Value> {
        let mut values: Vec<&Value> = match self.field(name) {
            Some(Field::Set(elements)) => elements.iter().filter_map(|element| element.value.as_ref()).collect(),
            _ => Vec::new(),
        };
        values.sort();
        values
    }

    /// Returns what comes from a newer version.
    pub fn unknown(&self) -> &[Unknown] {
        &self.unknown
    }

    /// Returns the paragraphs to be read again.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Returns all single values with different concurrent writings, sorted by path. Where losing is harmless
    /// ([`Merge::Lww`](super::schema::Merge::Lww)) the fold has kept one.
    pub fn conflicts(&self) -> Vec<Conflict> {
        let mut found = Vec::new();
        for (name, field) in &self.fields {
            collect(FieldPath::of(name), field, &mut found);
        }
        found
    }
}

fn collect(path: FieldPath, field: &Field, found: &mut Vec<Conflict>) {
    match field {
        Field::Register(register) if register.is_conflict() => {
            let values = register.values.iter().map(|writing| (writing.value.clone(), writing.edit)).collect();
            found.push(Conflict { path, values, shown: register.shown });
        }
        Field::Map(inside) => {
            for (name, field) in inside {
                let path = if path.key.is_empty() {
                    FieldPath { key: name.clone(), ..path.clone() }
                } else {
                    path.clone().inner(name)
                };
                collect(path, field, found);
            }
        }
        Field::List(items) => {
            for item in items {
                for (name, field) in &item.fields {
                    collect(FieldPath::inside(&path.field, item.id, name), field, found);
                }
            }
        }
        _ => {}
    }
}
