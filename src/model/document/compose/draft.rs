//! A draft: what the changes touch, as it should become.

use std::collections::{BTreeMap, BTreeSet};

use super::pack::{Place, Planned, Words};
use crate::model::document::change::check_value;
use crate::model::document::diff;
use crate::model::document::position;
use crate::model::document::schema::{self, FieldSpec, KindSpec, Merge, Resolved};
use crate::model::document::view::{Document, Field, Item, Text};
use crate::model::document::{
    Change, ComposeError, FieldPath, LIST_ITEMS_MAX, SET_ELEMENTS_MAX, TEXT_BYTES_MAX, TEXT_SCALARS_MAX,
    VALUE_BYTES_MAX, Value, element_id,
};
use crate::model::{ItemId, Random};
use crate::wire::entry::operation::Act;
use crate::wire::entry::{self, Operation};

pub(super) struct Draft<'a> {
    document: Option<&'a Document>,
    kind: &'static KindSpec,
    pub(super) random: &'a mut dyn Random,
    registers: BTreeMap<FieldPath, Option<Value>>,
    texts: BTreeMap<FieldPath, String>,
    sets: BTreeMap<FieldPath, BTreeSet<Value>>,
    lists: BTreeMap<String, Vec<Row>>,
}

/// An item of a list in the draft.
struct Row {
    id: ItemId,
    position: Option<Vec<u8>>,
    /// Put or moved here.
    placed: bool,
    dropped: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        document: Option<&'a Document>,
        kind: &'static KindSpec,
        random: &'a mut dyn Random,
    ) -> Draft<'a> {
        let (registers, texts) = (BTreeMap::new(), BTreeMap::new());
        Draft { document, kind, random, registers, texts, sets: BTreeMap::new(), lists: BTreeMap::new() }
    }

    pub(super) fn apply(&mut self, change: &Change) -> Result<(), ComposeError> {
        match change {
            Change::Set { path, value } => self.set(path, value),
            Change::Clear { path } => self.clear(path),
            Change::Write { path, text } => {
                self.expect(path, Merge::Txt, "it is no text")?;
                self.texts.insert(path.clone(), text.clone());
                Ok(())
            }
            Change::Append { path, text } => {
                self.expect(path, Merge::Txt, "only a text takes a further line")?;
                let whole = self.text(path);
                if !whole.is_empty() && !whole.ends_with('\n') {
                    whole.push('\n');
                }
                whole.push_str(text);
                Ok(())
            }
            Change::Add { path, value } => {
                let value = check_value(self.expect(path, Merge::Set, "only a set takes a further element")?, value)?;
                self.elements(path).insert(value);
                Ok(())
            }
            Change::Remove { path, value } => self.remove(path, value),
            Change::Replace { path, values } => {
                let spec = self.expect(path, Merge::Set, "it is no set")?;
                let values: Result<BTreeSet<Value>, _> = values.iter().map(|value| check_value(spec, value)).collect();
                self.sets.insert(path.clone(), values?);
                Ok(())
            }
            Change::Put { field, item, inner, before } => self.put(field, *item, inner, *before),
            Change::Move { field, item, before } => {
                self.row(field, *item)?;
                self.place(field, *item, *before)
            }
            Change::Drop { field, item } => {
                self.row(field, *item)?.dropped = true;
                Ok(())
            }
        }
    }

    fn leaf(&self, path: &FieldPath) -> Result<(&'static FieldSpec, Merge), ComposeError> {
        let field = || path.to_string();
        match schema::resolve(Some(self.kind), path) {
            Resolved::Leaf(_, Merge::Derived) => {
                Err(ComposeError::Misfit { field: field(), reason: "it follows from other things" })
            }
            Resolved::Leaf(spec, merge) => Ok((spec, merge)),
            Resolved::Item(spec) if spec.inner.is_empty() => Ok((spec, Merge::Reg)),
            Resolved::Item(_) => Err(ComposeError::Misfit { field: field(), reason: "name the field inside the item" }),
            Resolved::Misfit => {
                Err(ComposeError::Misfit { field: field(), reason: "name the key or item as FIELD.KEY" })
            }
            Resolved::Unknown => Err(ComposeError::NoField { kind: self.kind.name.to_owned(), field: field() }),
        }
    }

    fn expect(&self, path: &FieldPath, merge: Merge, reason: &'static str) -> Result<&'static FieldSpec, ComposeError> {
        let (spec, found) = self.leaf(path)?;
        if found == merge { Ok(spec) } else { Err(ComposeError::Misfit { field: path.to_string(), reason }) }
    }

    fn set(&mut self, path: &FieldPath, value: &Value) -> Result<(), ComposeError> {
        let (spec, merge) = self.leaf(path)?;
        match (merge, value) {
            (Merge::Once, _) if self.document.is_some() => Err(ComposeError::Once { field: path.to_string() }),
            (Merge::Once | Merge::Reg | Merge::Lww, _) => {
                let value = check_value(spec, value)?;
                self.registers.insert(path.clone(), Some(value));
                Ok(())
            }
            (Merge::Txt, Value::Text(text)) => {
                self.texts.insert(path.clone(), text.clone());
                Ok(())
            }
            _ => Err(ComposeError::Misfit { field: path.to_string(), reason: "it holds several values" }),
        }
    }

    fn clear(&mut self, path: &FieldPath) -> Result<(), ComposeError> {
        let many = schema::resolve(Some(self.kind), path) == Resolved::Misfit && *path == FieldPath::of(&path.field);
        let list = self.kind.field(&path.field).filter(|spec| many && spec.merge == Merge::List);
        if list.is_some() {
            self.rows(&path.field)?.iter_mut().for_each(|row| row.dropped = true);
            return Ok(());
        }
        match self.leaf(path)?.1 {
            Merge::Once => return Err(ComposeError::Once { field: path.to_string() }),
            Merge::Txt => drop(self.texts.insert(path.clone(), String::new())),
            Merge::Set => drop(self.sets.insert(path.clone(), BTreeSet::new())),
            _ => drop(self.registers.insert(path.clone(), None)),
        }
        Ok(())
    }

    fn remove(&mut self, path: &FieldPath, value: &Value) -> Result<(), ComposeError> {
        let list = self.kind.field(&path.field).filter(|spec| spec.merge == Merge::List && path.item.is_none());
        if let Some(spec) = list {
            let main = spec.inner.first().map_or("", |inner| inner.name);
            let mut found = BTreeSet::new();
            for item in self.items(&path.field) {
                if let Some(Field::Register(register)) = item.fields.get(main)
                    && register.value() == Some(value)
                {
                    found.insert(item.id);
                }
            }
            let named = value.as_text().and_then(|text| text.parse().ok());
            for row in self.rows(&path.field)? {
                row.dropped |= found.contains(&row.id) || named == Some(row.id);
            }
            return Ok(());
        }
        let spec = self.expect(path, Merge::Set, "only an element of a set is removed")?;
        let elements = self.elements(path);
        // What a newer version or another spelling added is removed as it is.
        if !elements.remove(value)
            && let Ok(value) = check_value(spec, value)
        {
            elements.remove(&value);
        }
        Ok(())
    }

    fn put(
        &mut self,
        field: &str,
        item: Option<ItemId>,
        inner: &[(String, Value)],
        before: Option<ItemId>,
    ) -> Result<(), ComposeError> {
        let id = item.unwrap_or_else(|| {
            let mut id = ItemId::ZERO;
            self.random.fill(&mut id.0);
            id
        });
        let rows = self.rows(field)?;
        if rows.iter().all(|row| row.id != id) {
            rows.push(Row { id, position: None, placed: true, dropped: false });
        }
        self.place(field, id, before)?;
        inner.iter().try_for_each(|(name, value)| self.set(&FieldPath::inside(field, id, name), value))
    }

    /// Gives an item a position before another one, or at the end.
    fn place(&mut self, field: &str, item: ItemId, before: Option<ItemId>) -> Result<(), ComposeError> {
        let mut tail = [0; 2];
        self.random.fill(&mut tail);
        let rows = self.rows(field)?;
        let Some(from) = rows.iter().position(|row| row.id == item) else { return Ok(()) };
        let mut row = rows.remove(from);
        let to = match before {
            None => rows.iter().rposition(|row| row.position.is_some()).map_or(0, |last| last + 1),
            Some(before) => rows
                .iter()
                .position(|row| row.id == before)
                .ok_or_else(|| ComposeError::NoItem { field: field.to_owned(), item: before })?,
        };
        let standing = |row: &&Row| !row.dropped && row.position.is_some();
        let left = rows[..to].iter().rfind(standing).and_then(|row| row.position.as_deref());
        let right = rows[to..].iter().find(standing).and_then(|row| row.position.as_deref());
        let mut new = position::between(left, right);
        // Two people who put something at the same place take different positions.
        let apart = [new.as_slice(), &tail[..1], &[tail[1] | 1]].concat();
        if apart.len() <= 16
            && left.is_none_or(|left| new.as_slice() > left)
            && right.is_none_or(|right| *apart < *right)
        {
            new = apart;
        }
        row.position = Some(new);
        row.placed = true;
        row.dropped = false;
        rows.insert(to, row);
        Ok(())
    }

    fn items(&self, field: &str) -> &'a [Item] {
        match self.document.and_then(|document| document.field(field)) {
            Some(Field::List(items)) => items,
            _ => &[],
        }
    }

    fn rows(&mut self, field: &str) -> Result<&mut Vec<Row>, ComposeError> {
        let Some(spec) = self.kind.field(field) else {
            return Err(ComposeError::NoField { kind: self.kind.name.to_owned(), field: field.to_owned() });
        };
        if spec.merge != Merge::List {
            return Err(ComposeError::Misfit { field: field.to_owned(), reason: "it is no list" });
        }
        let row = |item: &Item| Row { id: item.id, position: item.position.clone(), placed: false, dropped: false };
        let items = self.items(field);
        Ok(self.lists.entry(field.to_owned()).or_insert_with(|| items.iter().map(row).collect()))
    }

    fn row(&mut self, field: &str, item: ItemId) -> Result<&mut Row, ComposeError> {
        let missing = ComposeError::NoItem { field: field.to_owned(), item };
        self.rows(field)?.iter_mut().find(|row| row.id == item).ok_or(missing)
    }

    fn old_text(&self, path: &FieldPath) -> Option<&'a Text> {
        match self.document.and_then(|document| document.at(path)) {
            Some(Field::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn text(&mut self, path: &FieldPath) -> &mut String {
        let old = self.old_text(path);
        self.texts.entry(path.clone()).or_insert_with(|| old.map_or_else(String::new, |text| text.text.clone()))
    }

    fn old_elements(&self, path: &FieldPath) -> BTreeSet<Value> {
        match self.document.and_then(|document| document.at(path)) {
            Some(Field::Set(elements)) => elements.iter().filter_map(|element| element.value.clone()).collect(),
            _ => BTreeSet::new(),
        }
    }

    fn elements(&mut self, path: &FieldPath) -> &mut BTreeSet<Value> {
        if !self.sets.contains_key(path) {
            let old = self.old_elements(path);
            self.sets.insert(path.clone(), old);
        }
        self.sets.entry(path.clone()).or_default()
    }

    /// Returns the operations that lead from the document to the draft: what is set once first, texts last.
    pub(super) fn plan(mut self, salt: &[u8; 16]) -> Result<Vec<Planned>, ComposeError> {
        let mut planned = Vec::new();
        self.plan_lists(&mut planned)?;
        let mut first = Vec::new();
        for (path, value) in std::mem::take(&mut self.registers) {
            let (spec, merge) = self.leaf(&path)?;
            let old = self.document.and_then(|document| document.at(&path));
            let settled = match old {
                Some(Field::Register(register)) => !register.is_conflict() && register.value() == value.as_ref(),
                _ => value.is_none(),
            };
            if settled {
                continue;
            }
            let (act, words) = match value {
                Some(value) => {
                    limit_value(spec, &path, &value)?;
                    (Act::Set(entry::Set {}), Words::Value(value.to_wire()))
                }
                None => (Act::Clear(entry::Clear {}), Words::None),
            };
            let target = if merge == Merge::Once { &mut first } else { &mut planned };
            target.push(Planned { operation: operation(&path, Some(act)), words });
        }
        first.append(&mut planned);
        self.plan_sets(salt, &mut first)?;
        for (path, new) in &self.texts {
            self.plan_text(path, new, &mut first)?;
        }
        Ok(first)
    }

    fn plan_lists(&mut self, planned: &mut Vec<Planned>) -> Result<(), ComposeError> {
        for (field, rows) in std::mem::take(&mut self.lists) {
            let size = rows.iter().filter(|row| !row.dropped).count();
            if size > LIST_ITEMS_MAX && rows.iter().any(|row| row.placed && !row.dropped) {
                return Err(ComposeError::TooLarge { field, size, limit: LIST_ITEMS_MAX, unit: "items" });
            }
            let old: BTreeSet<ItemId> = self.items(&field).iter().map(|item| item.id).collect();
            let placed = rows.iter().filter(|row| row.placed && !row.dropped && !old.contains(&row.id)).count();
            let tight = old.len() + placed > LIST_ITEMS_MAX && placed > 0;
            // Stable: what goes stands before what comes, each in its order.
            let (goes, comes): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| tight && row.dropped);
            let apart = goes.len();
            for (index, row) in goes.into_iter().chain(comes).enumerate() {
                if tight && index == apart {
                    let path = FieldPath::of(&field);
                    planned.push(Planned { operation: operation(&path, None), words: Words::Apart });
                }
                let path = FieldPath::inside(&field, row.id, "");
                if row.dropped {
                    // What was written into it before would bring it back.
                    self.registers.retain(|path, _| path.item != Some(row.id));
                    self.texts.retain(|path, _| path.item != Some(row.id));
                }
                let act = match row.position {
                    _ if row.dropped && old.contains(&row.id) => Act::Drop(entry::Drop {}),
                    _ if row.dropped => continue,
                    Some(position) if row.placed => Act::Place(entry::Place { position }),
                    _ => continue,
                };
                planned.push(Planned { operation: operation(&path, Some(act)), words: Words::None });
            }
        }
        Ok(())
    }

    fn plan_sets(&self, salt: &[u8; 16], planned: &mut Vec<Planned>) -> Result<(), ComposeError> {
        for (path, new) in &self.sets {
            let (spec, _) = self.leaf(path)?;
            let old = self.old_elements(path);
            let added: Vec<&Value> = new.difference(&old).collect();
            if new.len() > SET_ELEMENTS_MAX && !added.is_empty() {
                let (field, size) = (path.to_string(), new.len());
                return Err(ComposeError::TooLarge { field, size, limit: SET_ELEMENTS_MAX, unit: "values" });
            }
            for value in old.difference(new) {
                let element = element_id(salt, value).0.to_vec();
                let act = Act::Remove(entry::Remove { element });
                planned.push(Planned { operation: operation(path, Some(act)), words: Words::None });
            }
            if old.len() + added.len() > SET_ELEMENTS_MAX && !added.is_empty() {
                planned.push(Planned { operation: operation(path, None), words: Words::Apart });
            }
            for value in added {
                limit_value(spec, path, value)?;
                let element = element_id(salt, value).0.to_vec();
                let act = Act::Add(entry::Add { element });
                planned.push(Planned { operation: operation(path, Some(act)), words: Words::Value(value.to_wire()) });
            }
        }
        Ok(())
    }

    fn plan_text(&self, path: &FieldPath, new: &str, planned: &mut Vec<Planned>) -> Result<(), ComposeError> {
        let (spec, _) = self.leaf(path)?;
        let field = || path.to_string();
        let empty = Text::default();
        let old = self.old_text(path).unwrap_or(&empty);
        let hunks = diff::hunks(&old.text, new);
        if hunks.iter().any(|hunk| !hunk.new.is_empty()) {
            let scalars = new.chars().count();
            if scalars > spec.scalars_max {
                let limit = spec.scalars_max;
                return Err(ComposeError::TooLarge { field: field(), size: scalars, limit, unit: "characters" });
            }
            if new.len() > TEXT_BYTES_MAX {
                let limit = TEXT_BYTES_MAX;
                return Err(ComposeError::TooLarge { field: field(), size: new.len(), limit, unit: "bytes" });
            }
        }
        let standing = old.spans.iter().map(|span| span.length as usize).sum::<usize>();
        let comes = hunks.iter().map(|hunk| hunk.new.chars().count()).sum::<usize>();
        let mut inserts = Vec::new();
        let mut deletes = Vec::new();
        let mut spans = Spans { rest: &old.spans, at: 0 };
        for hunk in hunks {
            let after = hunk.at.checked_sub(1).and_then(|left| spans.place(left));
            let mut gone = hunk.gone;
            let mut at = hunk.at;
            if !hunk.new.is_empty() {
                let words = Words::Insert { after, text: hunk.new };
                inserts.push(Planned { operation: operation(path, None), words });
            }
            while gone > 0 {
                let Some((from, length)) = spans.piece(at) else { break };
                let length = length.min(gone);
                let words = Words::Delete { from, length: length as u32 };
                deletes.push(Planned { operation: operation(path, None), words });
                at += length;
                gone -= length;
            }
        }
        // A limit is measured in the past of what comes: where old and new don't fit together, the old goes first.
        let (first, then) =
            if standing + comes > TEXT_SCALARS_MAX as usize && !deletes.is_empty() && !inserts.is_empty() {
                deletes.push(Planned { operation: operation(path, None), words: Words::Apart });
                (deletes, inserts)
            } else {
                (inserts, deletes)
            };
        planned.extend(first.into_iter().chain(then));
        Ok(())
    }
}

/// The spans of a text, read from left to right.
struct Spans<'s> {
    rest: &'s [crate::model::document::Span],
    at: usize,
}

impl Spans<'_> {
    /// Returns the character at an index, and how many of its span follow it, itself included.
    fn piece(&mut self, index: usize) -> Option<(Place, usize)> {
        while let Some(span) = self.rest.first() {
            let end = self.at + span.length as usize;
            if index < end {
                let offset = span.offset + (index - self.at) as u32;
                return Some((Place { edit: span.edit, operation: span.operation, offset }, end - index));
            }
            self.at = end;
            self.rest = &self.rest[1..];
        }
        None
    }

    fn place(&mut self, index: usize) -> Option<Place> {
        self.piece(index).map(|(place, _)| place)
    }
}

fn operation(path: &FieldPath, act: Option<Act>) -> Operation {
    Operation {
        field: path.field.clone(),
        key: path.key.clone(),
        item: path.item.map_or_else(Vec::new, |item| item.0.to_vec()),
        inner: path.inner.clone(),
        act,
    }
}

fn limit_value(spec: &FieldSpec, path: &FieldPath, value: &Value) -> Result<(), ComposeError> {
    let (size, limit, unit) = match value {
        Value::Text(text) if text.len() > VALUE_BYTES_MAX => (text.len(), VALUE_BYTES_MAX, "bytes"),
        Value::Text(text) => (text.chars().count(), spec.scalars_max, "characters"),
        Value::Bytes(bytes) => (bytes.len(), VALUE_BYTES_MAX, "bytes"),
        _ => return Ok(()),
    };
    if size <= limit { Ok(()) } else { Err(ComposeError::TooLarge { field: path.to_string(), size, limit, unit }) }
}
