//! The fold: edits and masks in, document out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::ancestry::{self, Event};
use super::log::{Act, At, Char, Index, Log, PathIndex};
use super::order::{self, Piece};
use super::schema::{self, Merge, Resolved};
use super::view::{Document, Element, Field, Item, Note, Register, Span, Text, Unknown, Writing};
use super::{Edit, FieldPath, Value, fits, linear};
use crate::model::{DocumentId, ElementId, EntryId, ItemId};
use crate::wire::entry::value;

/// Folds edits, given in any causal order, into the document; the effect of masked ones is hidden. Void edits and other
/// entries that stand among the deps are given as [`Edit::link`]s.
pub fn fold<'a>(edits: impl IntoIterator<Item = &'a Edit>, masked: &BTreeSet<EntryId>) -> Document {
    Fold::new(edits, masked).document(Engine::Chosen)
}

/// Which of two concurrent writings with equal counters ranks higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// The one of the greater edit id: what every node does.
    Greater,
    /// The other one: a fault for tests of the tests.
    Reversed,
}

/// Folds as [`fold`] does, and lets a test turn the ties round.
pub fn fold_with<'a>(edits: impl IntoIterator<Item = &'a Edit>, masked: &BTreeSet<EntryId>, ties: Ties) -> Document {
    let mut fold = Fold::new(edits, masked);
    fold.ties = ties;
    fold.document(Engine::Chosen)
}

/// Returns those of the edits that the heads have in their past, the heads themselves included, in the given order.
pub fn past_of<'a>(edits: &'a [Edit], heads: &[EntryId]) -> Vec<&'a Edit> {
    let mut wanted: BTreeSet<EntryId> = heads.iter().copied().collect();
    let mut past = Vec::new();
    for edit in edits.iter().rev() {
        if wanted.contains(&edit.id) {
            wanted.extend(edit.deps.iter().copied());
            past.push(edit);
        }
    }
    past.reverse();
    past
}

/// Who decides the order of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    /// The table of spans while the history is linear, automerge afterwards.
    Chosen,
    /// Automerge, whatever the history.
    #[cfg(test)]
    Automerge,
}

pub(super) struct Fold<'a> {
    log: Log,
    edits: Vec<&'a Edit>,
    live: Vec<bool>,
    /// Whether the words are there and fit.
    worded: Vec<bool>,
    ties: Ties,
}

/// What events are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Thing {
    Register(PathIndex),
    Element(PathIndex, ElementId),
    /// An item, by the first path that names it.
    Item(PathIndex),
    Position(PathIndex),
}

impl<'a> Fold<'a> {
    pub(super) fn new(edits: impl IntoIterator<Item = &'a Edit>, masked: &BTreeSet<EntryId>) -> Fold<'a> {
        let mut log = Log::default();
        let edits: Vec<&Edit> = edits.into_iter().filter(|edit| log.push(edit).is_some()).collect();
        let (kind, salt) = log.origin.as_ref().map_or(("", &[0; 16]), |(kind, salt)| (kind.as_str(), salt));
        let live = edits.iter().map(|edit| masked.is_empty() || !masked.contains(&edit.id)).collect();
        let fit = |edit: &&Edit| edit.content.as_ref().is_some_and(|content| fits(kind, salt, &edit.shape, content));
        let worded = edits.iter().map(fit).collect();
        Fold { log, edits, live, worded, ties: Ties::Greater }
    }

    pub(super) fn document(self, engine: Engine) -> Document {
        let (kind, salt) = self.log.origin.clone().unwrap_or_default();
        let creating = self.edits.iter().find(|edit| !edit.shape.document_kind.is_empty());
        let id = creating.map_or(DocumentId::ZERO, |edit| edit.id.into());
        let mut heads: Vec<EntryId> = self.log.nodes.iter().filter(|node| node.head).map(|node| node.id).collect();
        heads.sort_unstable();
        let mut acting: Vec<(u64, EntryId)> = Vec::new();
        for (node, live) in self.log.nodes.iter().zip(&self.live) {
            if *live && !node.ops.is_empty() {
                acting.push((node.top, node.id));
            }
        }
        acting.sort_unstable();
        let contributors = acting.into_iter().map(|(_, id)| id).collect();
        let mut shelf = Shelf::new(&kind);
        self.things(&mut shelf);
        let notes = self.texts(engine, &mut shelf);
        let unknown = self.unknown(&kind);
        let fields = shelf.into_fields();
        Document { id, kind, salt, heads, edits: self.edits.len(), contributors, fields, unknown, notes }
    }

    fn words(&self, at: At) -> Option<&'a value::Of> {
        let edit = at.edit as usize;
        if !self.worded[edit] {
            return None;
        }
        let values = &self.edits[edit].content.as_ref()?.values;
        let found = values.binary_search_by_key(&at.operation, |value| value.operation).ok()?;
        values[found].of.as_ref()
    }

    fn value(&self, at: At) -> Option<Value> {
        self.words(at).map(Value::from_wire)
    }

    fn rank(&self, at: At) -> (u64, EntryId) {
        let counter = self.log.op(at).map_or(0, |op| op.counter);
        (counter, self.log.node(at.edit).id)
    }

    /// The order of concurrent writings.
    fn order(&self, at: At) -> (u64, EntryId) {
        let (counter, id) = self.rank(at);
        match self.ties {
            Ties::Greater => (counter, id),
            Ties::Reversed => (counter, EntryId(id.0.map(|byte| !byte))),
        }
    }

    /// Everything but texts.
    fn things(&self, shelf: &mut Shelf) {
        let (things, events) = self.events();
        let standing = ancestry::survivors(&self.log, &events, things.len());
        let mut named: Vec<(Thing, Vec<At>)> = things.into_iter().zip(standing).collect();
        named.sort_by_key(|(thing, _)| *thing);
        let mut places: HashMap<PathIndex, Vec<At>> = HashMap::new();
        let mut sets: BTreeMap<PathIndex, Vec<Element>> = BTreeMap::new();
        for (thing, standing) in &named {
            match thing {
                Thing::Position(item) => {
                    places.insert(*item, standing.clone());
                }
                Thing::Element(path, id) if !standing.is_empty() => {
                    let value = standing.iter().find_map(|&at| self.value(at));
                    sets.entry(*path).or_default().push(Element { id: *id, value });
                }
                _ => {}
            }
        }
        for (thing, standing) in &named {
            if let Thing::Item(item) = thing
                && !standing.is_empty()
            {
                let (position, moved_apart) = self.position(places.remove(item).unwrap_or_default());
                shelf.item(self.log.paths.get(*item), position, moved_apart);
            }
        }
        let mut fields = Vec::new();
        for (thing, standing) in named {
            if let Thing::Register(path) = thing
                && !standing.is_empty()
            {
                fields.push((path, Field::Register(self.register(standing))));
            }
        }
        self.put(shelf, fields);
        self.put(shelf, sets.into_iter().map(|(path, elements)| (path, Field::Set(elements))).collect());
    }

    /// Puts fields on the shelf in an order that nothing but their paths decides.
    fn put(&self, shelf: &mut Shelf, mut fields: Vec<(PathIndex, Field)>) {
        fields.sort_by_key(|(path, _)| self.log.paths.get(*path));
        for (path, field) in fields {
            shelf.put(self.log.paths.get(path), field);
        }
    }

    /// Sorts what live edits did by what it was done to.
    fn events(&self) -> (Vec<Thing>, Vec<Event>) {
        let mut things: Vec<Thing> = Vec::new();
        let mut groups: HashMap<Thing, u32> = HashMap::new();
        let mut items: HashMap<(&str, ItemId), PathIndex> = HashMap::new();
        let mut events = Vec::new();
        for (edit, node) in self.log.nodes.iter().enumerate() {
            if !self.live[edit] {
                continue;
            }
            for (operation, op) in node.ops.iter().enumerate() {
                let at = At { edit: edit as Index, operation: operation as u32 };
                let mut add = |thing: Thing, candidate: bool, killer: bool| {
                    let group = *groups.entry(thing).or_insert_with(|| {
                        things.push(thing);
                        things.len() as u32 - 1
                    });
                    events.push(Event { group, at, candidate, killer });
                };
                let path = self.log.paths.get(op.path);
                let item = path.item.map(|item| *items.entry((path.field.as_str(), item)).or_insert(op.path));
                match (&op.act, item) {
                    (Act::Nothing, _) | (Act::Place(_) | Act::Drop, None) => continue,
                    (Act::Drop, Some(item)) => add(Thing::Item(item), false, true),
                    (_, Some(item)) => add(Thing::Item(item), true, false),
                    _ => {}
                }
                match (&op.act, item) {
                    (Act::Set, _) => add(Thing::Register(op.path), true, true),
                    (Act::Clear, _) => add(Thing::Register(op.path), false, true),
                    (Act::Add(element), _) => add(Thing::Element(op.path, *element), true, false),
                    (Act::Remove(element), _) => add(Thing::Element(op.path, *element), false, true),
                    (Act::Place(_), Some(item)) => add(Thing::Position(item), true, true),
                    _ => {}
                }
            }
        }
        (things, events)
    }

    fn register(&self, mut standing: Vec<At>) -> Register {
        standing.sort_by_key(|&at| std::cmp::Reverse(self.order(at)));
        let writing = |at: At| {
            let (counter, edit) = self.rank(at);
            Writing { value: self.value(at), edit, counter }
        };
        let values: Vec<Writing> = standing.into_iter().map(writing).collect();
        let shown = values.iter().position(|writing| writing.value.is_some()).unwrap_or(0);
        Register { values, shown }
    }

    fn position(&self, standing: Vec<At>) -> (Option<Vec<u8>>, bool) {
        let best = standing.iter().max_by_key(|&&at| self.order(at));
        let place = |at: At| match self.log.op(at).map(|op| &op.act) {
            Some(Act::Place(position)) => Some(position.to_vec()),
            _ => None,
        };
        let position = best.and_then(|&at| place(at));
        let apart = standing.iter().any(|&at| place(at) != position);
        (position, apart)
    }

    fn texts(&self, engine: Engine, shelf: &mut Shelf) -> Vec<Note> {
        if engine == Engine::Chosen && self.log.is_linear() {
            let mut runs = Runs::default();
            let mut texts = Vec::new();
            for (path, pieces) in linear::order(&self.log, &self.live) {
                let shown = pieces.into_iter().filter(|piece| self.shows(piece));
                texts.push((path, Field::Text(self.text(&mut runs, shown))));
            }
            self.put(shelf, texts);
            return Vec::new();
        }
        let mut runs = Runs::default();
        let mut notes = Vec::new();
        let deleted = self.deleted();
        let mut ordered = order::order(&self.log);
        ordered.sort_by_key(|(path, _)| self.log.paths.get(*path));
        for (path, pieces) in ordered {
            let shown = |piece: &Piece| self.shows(piece) && !deleted.covers(&piece.start);
            let text = self.text(&mut runs, pieces.iter().copied().filter(shown));
            let path = self.log.paths.get(path);
            if shelf.put(path, Field::Text(text)) {
                notes.extend(self.notes(path, &pieces, shown));
            }
        }
        notes.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
        notes
    }

    fn shows(&self, piece: &Piece) -> bool {
        let edit = piece.start.run.edit as usize;
        self.live[edit] && self.worded[edit]
    }

    fn text(&self, runs: &mut Runs, pieces: impl Iterator<Item = Piece>) -> Text {
        let mut text = Text::default();
        for Piece { start: Char { run, offset }, length } in pieces {
            let Some(value::Of::Text(words)) = self.words(run) else { continue };
            text.text.push_str(runs.slice(run, words, offset, length));
            let edit = self.log.node(run.edit).id;
            match text.spans.last_mut() {
                Some(last)
                    if last.edit == edit && last.operation == run.operation && last.offset + last.length == offset =>
                {
                    last.length += length;
                }
                _ => text.spans.push(Span { edit, operation: run.operation, offset, length }),
            }
        }
        text
    }

    fn live_deletes(&self) -> impl Iterator<Item = (Index, Char, u32)> {
        let nodes = self.log.nodes.iter().enumerate().filter(|(edit, _)| self.live[*edit]);
        nodes.flat_map(|(edit, node)| {
            node.ops.iter().filter_map(move |op| match op.act {
                Act::Delete { from, length } => Some((edit as Index, from, length)),
                _ => None,
            })
        })
    }

    fn deleted(&self) -> Deleted {
        let mut ranges: HashMap<At, Vec<(u32, u32)>> = HashMap::new();
        for (_, from, length) in self.live_deletes() {
            ranges.entry(from.run).or_default().push((from.offset, from.offset + length));
        }
        for ranges in ranges.values_mut() {
            ranges.sort_unstable();
            let mut joined: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
            for &(from, to) in ranges.iter() {
                match joined.last_mut() {
                    Some(last) if from <= last.1 => last.1 = last.1.max(to),
                    _ => joined.push((from, to)),
                }
            }
            *ranges = joined;
        }
        Deleted(ranges)
    }

    /// Finds the paragraphs that two edits touched without knowing of each other, and nobody since.
    fn notes(&self, path: &FieldPath, pieces: &[Piece], shown: impl Fn(&Piece) -> bool) -> Vec<Note> {
        let mut runs = Runs::default();
        let mut lines = Lines::default();
        let mut standing: HashMap<At, Vec<(u32, u32)>> = HashMap::new();
        for piece in pieces {
            standing.entry(piece.start.run).or_default().push((piece.start.offset, lines.line));
            if !shown(piece) {
                continue;
            }
            let Char { run, offset } = piece.start;
            let Some(value::Of::Text(words)) = self.words(run) else { continue };
            for (index, line) in runs.slice(run, words, offset, piece.length).split('\n').enumerate() {
                lines.line += u32::from(index > 0);
                if !line.is_empty() {
                    lines.touch(lines.line, run.edit);
                }
            }
        }
        for (edit, from, length) in self.live_deletes() {
            let Some(places) = standing.get_mut(&from.run) else { continue };
            places.sort_unstable();
            let first = places.partition_point(|&(offset, _)| offset < from.offset);
            for &(offset, line) in &places[first..] {
                if offset >= from.offset + length || lines.events.len() > NOTE_EVENTS_MAX {
                    break;
                }
                lines.touch(line, edit);
            }
        }
        if lines.events.len() > NOTE_EVENTS_MAX {
            return Vec::new();
        }
        let last = ancestry::survivors(&self.log, &lines.events, lines.line as usize + 1);
        let mut notes = Vec::new();
        for (line, mut edits) in last.into_iter().enumerate() {
            edits.sort_by_key(|&at| std::cmp::Reverse(self.rank(at)));
            if let [first, second, ..] = edits.as_slice() {
                let edits = [self.log.node(second.edit).id, self.log.node(first.edit).id];
                notes.push(Note { path: path.clone(), line, edits });
            }
        }
        notes
    }

    fn unknown(&self, kind: &str) -> Vec<Unknown> {
        let spec = schema::kind(kind);
        let mut found = BTreeSet::new();
        if spec.is_none() && !kind.is_empty() {
            found.insert(Unknown::Kind(kind.to_owned()));
        }
        let mut paths: Vec<bool> = match spec {
            Some(_) => {
                let unknown = |path: &FieldPath| schema::resolve(spec, path) == Resolved::Unknown;
                self.log.paths.list.iter().map(unknown).collect()
            }
            None => vec![false; self.log.paths.list.len()],
        };
        for (edit, node) in self.log.nodes.iter().enumerate().filter(|(edit, _)| self.live[*edit]) {
            for (operation, op) in node.ops.iter().enumerate() {
                if std::mem::take(&mut paths[op.path as usize]) {
                    found.insert(Unknown::Field(self.log.paths.get(op.path).clone()));
                }
                if op.act == Act::Nothing && self.edits[edit].shape.operations[operation].act.is_none() {
                    found.insert(Unknown::Operation(node.id, operation as u32));
                }
            }
        }
        found.into_iter().collect()
    }
}

/// Touches of paragraphs that are looked through for notes, at most; a text with more has no notes.
const NOTE_EVENTS_MAX: usize = 200_000;

#[derive(Default)]
struct Lines {
    line: u32,
    events: Vec<Event>,
}

impl Lines {
    fn touch(&mut self, line: u32, edit: Index) {
        let at = At { edit, operation: 0 };
        let event = Event { group: line, at, candidate: true, killer: true };
        if self.events.last() != Some(&event) {
            self.events.push(event);
        }
    }
}

/// Deleted ranges of each run, joined.
struct Deleted(HashMap<At, Vec<(u32, u32)>>);

impl Deleted {
    fn covers(&self, character: &Char) -> bool {
        let Some(ranges) = self.0.get(&character.run) else { return false };
        let after = ranges.partition_point(|&(from, _)| from <= character.offset);
        after > 0 && character.offset < ranges[after - 1].1
    }
}

/// Byte offsets in runs, so that a piece of a long run is found without walking all of it.
#[derive(Default)]
struct Runs(HashMap<At, Vec<u32>>);

/// Scalar values between two known byte offsets.
const STRIDE: u32 = 128;

impl Runs {
    fn slice<'t>(&mut self, run: At, words: &'t str, offset: u32, length: u32) -> &'t str {
        if offset == 0 && length as usize >= words.len() {
            return words;
        }
        if words.len() <= 4 * STRIDE as usize {
            return cut(words, offset, length);
        }
        let marks = self.0.entry(run).or_insert_with(|| {
            let starts = words.char_indices().step_by(STRIDE as usize);
            starts.map(|(byte, _)| byte as u32).collect()
        });
        let at = |scalar: u32| {
            let mark = marks.get((scalar / STRIDE) as usize).map_or(words.len(), |&byte| byte as usize);
            let rest = words.get(mark..).unwrap_or_default();
            mark + cut(rest, 0, scalar % STRIDE).len()
        };
        words.get(at(offset)..at(offset.saturating_add(length))).unwrap_or_default()
    }
}

fn cut(words: &str, offset: u32, length: u32) -> &str {
    let mut starts = words.char_indices().map(|(byte, _)| byte).chain([words.len()]);
    let from = starts.nth(offset as usize).unwrap_or(words.len());
    let to = match length {
        0 => from,
        _ => starts.nth(length as usize - 1).unwrap_or(words.len()),
    };
    &words[from..to]
}

/// Fields being put together.
struct Shelf<'k> {
    kind: &'k str,
    fields: BTreeMap<String, Field>,
    items: BTreeMap<String, BTreeMap<ItemId, Item>>,
}

impl<'k> Shelf<'k> {
    fn new(kind: &'k str) -> Shelf<'k> {
        Shelf { kind, fields: BTreeMap::new(), items: BTreeMap::new() }
    }

    fn item(&mut self, path: &FieldPath, position: Option<Vec<u8>>, moved_apart: bool) {
        if let Some(id) = path.item {
            let item = Item { id, position, moved_apart, fields: BTreeMap::new() };
            self.items.entry(path.field.clone()).or_default().insert(id, item);
        }
    }

    /// Puts a field where its path says; nothing, and a second thing at one path, finds no place.
    fn put(&mut self, path: &FieldPath, mut field: Field) -> bool {
        match &mut field {
            Field::Text(text) if text.text.is_empty() => return false,
            Field::Register(register) if schema::merge_at(self.kind, path) == Some(Merge::Lww) => {
                register.values.swap(0, register.shown);
                register.values.truncate(1);
                register.shown = 0;
            }
            _ => {}
        }
        let (fields, name) = match path.item {
            Some(id) => match self.items.get_mut(&path.field).and_then(|items| items.get_mut(&id)) {
                Some(item) => (&mut item.fields, &path.inner),
                None => return false,
            },
            None if path.key.is_empty() && path.inner.is_empty() => (&mut self.fields, &path.field),
            None => {
                let Some(keys) = inside(&mut self.fields, &path.field) else { return false };
                if path.inner.is_empty() {
                    (keys, &path.key)
                } else {
                    let Some(inner) = inside(keys, &path.key) else { return false };
                    (inner, &path.inner)
                }
            }
        };
        if fields.contains_key(name) {
            return false;
        }
        fields.insert(name.clone(), field);
        true
    }

    fn into_fields(mut self) -> BTreeMap<String, Field> {
        for (name, items) in self.items {
            let mut items: Vec<Item> = items.into_values().collect();
            items.sort_by(|a, b| {
                let place = |item: &Item| (item.position.is_none(), item.position.clone(), item.id);
                place(a).cmp(&place(b))
            });
            self.fields.entry(name).or_insert(Field::List(items));
        }
        self.fields
    }
}

fn inside<'f>(fields: &'f mut BTreeMap<String, Field>, name: &str) -> Option<&'f mut BTreeMap<String, Field>> {
    let field = fields.entry(name.to_owned()).or_insert_with(|| Field::Map(BTreeMap::new()));
    match field {
        Field::Map(keys) => Some(keys),
        _ => None,
    }
}
