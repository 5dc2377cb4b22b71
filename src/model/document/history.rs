//! Judging an edit by its shape and its past, and by nothing else.

use std::collections::{BTreeSet, HashMap};

use super::ancestry::{self, Event};
use super::log::{Act as Compiled, At, Char, Index, Log, PathIndex, named};
use super::schema::{self, KindSpec, Resolved};
use super::{
    EDIT_SCALARS_MAX, Edit, FieldPath, KEY_BYTES_MAX, LIST_ITEMS_MAX, OPERATIONS_MAX, PARTS_MAX, POSITION_BYTES_MAX,
    SET_ELEMENTS_MAX, TEXT_SCALARS_MAX,
};
use crate::model::EntryId;
use crate::model::verdict::Breach;
use crate::wire::entry::operation::Act;
use crate::wire::entry::{Anchor, Operation};

/// The entries of a document that are known, each after its past: what a further edit is judged against.
///
/// It may hold more than the past of the edit to be judged; what is not in that past plays no part.
#[derive(Debug, Default)]
pub struct History {
    log: Log,
    /// For each path, how much was ever inserted or added: an upper bound of what stands.
    grown: Vec<u64>,
    /// The same for the items and the keys of each field.
    fields: HashMap<String, u64>,
}

impl History {
    /// Returns an empty history: the next edit is the creating one.
    pub fn new() -> History {
        History::default()
    }

    /// Returns the history of these edits, given in any causal order.
    pub fn of<'a>(edits: impl IntoIterator<Item = &'a Edit>) -> History {
        let mut history = History::new();
        for edit in edits {
            history.push(edit);
        }
        history
    }

    /// Appends an edit that was judged and found right, masked or not.
    pub fn push(&mut self, edit: &Edit) {
        let Some(own) = self.log.push(edit) else { return };
        self.grown.resize(self.log.paths.list.len(), 0);
        for op in &self.log.node(own).ops {
            let path = self.log.paths.get(op.path);
            match &op.act {
                Compiled::Insert { length, .. } => self.grown[op.path as usize] += u64::from(*length),
                Compiled::Add(_) => self.grown[op.path as usize] += 1,
                Compiled::Place(_) => grow(&mut self.fields, &path.field),
                Compiled::Set if !path.key.is_empty() => grow(&mut self.fields, &path.field),
                _ => {}
            }
        }
    }

    /// Appends an entry without effect: a void edit, or a mark that edits name among their deps.
    pub fn push_link(&mut self, id: EntryId, deps: &[EntryId]) {
        self.push(&Edit::link(id, deps.to_vec()));
    }

    /// Tells whether an entry is known.
    pub fn contains(&self, id: &EntryId) -> bool {
        self.log.get(id).is_some()
    }

    /// Returns how many entries are known.
    pub fn len(&self) -> usize {
        self.log.nodes.len()
    }

    /// Tells whether none is known.
    pub fn is_empty(&self) -> bool {
        self.log.nodes.is_empty()
    }

    /// Returns the known entries that no other one follows, ascending.
    pub fn heads(&self) -> Vec<EntryId> {
        let mut heads: Vec<EntryId> = self.log.nodes.iter().filter(|node| node.head).map(|node| node.id).collect();
        heads.sort_unstable();
        heads
    }

    /// Returns the kind of the document, once its creating edit is known.
    pub fn kind(&self) -> Option<&str> {
        self.log.origin.as_ref().map(|(kind, _)| kind.as_str())
    }

    /// Returns the key material of element ids, once the creating edit is known.
    pub fn salt(&self) -> Option<&[u8; 16]> {
        self.log.origin.as_ref().map(|(_, salt)| salt)
    }
}

fn grow(fields: &mut HashMap<String, u64>, field: &str) {
    match fields.get_mut(field) {
        Some(count) => *count += 1,
        None => drop(fields.insert(field.to_owned(), 1)),
    }
}

/// Judges an edit, whose deps all are known or of no concern, by its shape and past.
///
/// # Errors
///
/// The rule that it breaks. An operation, field or kind of a newer version breaks none.
pub fn judge(edit: &Edit, past: &History) -> Result<(), Breach> {
    let shape = &edit.shape;
    if shape.operations.len() > OPERATIONS_MAX || shape.referenced.len() > 2 * OPERATIONS_MAX {
        return Err(Breach::Limit);
    }
    let deps = past.log.known(&edit.deps);
    let creating = check_creation(edit, past, &deps)?;
    check_part(edit, past, &deps)?;
    let kind_name = if creating { Some(shape.document_kind.as_str()) } else { past.kind() };
    let judge = Judge { edit, past, deps, kind: kind_name.and_then(schema::kind), creating };
    judge.check_references()?;
    let mut scalars = 0u64;
    for (index, operation) in shape.operations.iter().enumerate() {
        judge.check_operation(index, operation)?;
        scalars += match &operation.act {
            Some(Act::Insert(insert)) => u64::from(insert.length),
            Some(Act::Delete(delete)) => u64::from(delete.length),
            _ => 0,
        };
    }
    if scalars > EDIT_SCALARS_MAX {
        return Err(Breach::Limit);
    }
    judge.check_sizes()
}

fn check_creation(edit: &Edit, past: &History, deps: &[Index]) -> Result<bool, Breach> {
    let shape = &edit.shape;
    let named = !shape.document_kind.is_empty();
    let creating = edit.deps.is_empty();
    if named != creating || (if creating { shape.salt.len() != 16 } else { !shape.salt.is_empty() }) {
        return Err(Breach::Shape);
    }
    if shape.document_kind.len() > KEY_BYTES_MAX {
        return Err(Breach::Limit);
    }
    // A document has one creating edit, and everything else stands on it.
    let placed = if creating { past.kind().is_none() } else { !deps.is_empty() && past.kind().is_some() };
    if placed { Ok(creating) } else { Err(Breach::Place) }
}

fn check_part(edit: &Edit, past: &History, deps: &[Index]) -> Result<(), Breach> {
    let (part, closes) = (edit.shape.part, edit.shape.closes);
    if part > PARTS_MAX || (closes != 0 && closes != part) {
        return Err(Breach::Shape);
    }
    if part > 1 {
        let follows = match (deps, edit.deps.len()) {
            ([before], 1) => {
                let before = past.log.node(*before);
                before.part + 1 == part && before.closes == 0
            }
            _ => false,
        };
        if !follows {
            return Err(Breach::Shape);
        }
    }
    Ok(())
}

struct Judge<'a> {
    edit: &'a Edit,
    past: &'a History,
    deps: Vec<Index>,
    kind: Option<&'static KindSpec>,
    creating: bool,
}

impl Judge<'_> {
    /// Each edit that anchors name beyond the deps is in the past.
    fn check_references(&self) -> Result<(), Breach> {
        let mut targets = Vec::with_capacity(self.edit.shape.referenced.len());
        for id in &self.edit.shape.referenced {
            let id = EntryId::from_slice(id).ok_or(Breach::Shape)?;
            targets.push(self.past.log.get(&id).ok_or(Breach::Anchor)?);
        }
        if self.past.log.past_has(&self.deps, &targets) { Ok(()) } else { Err(Breach::Anchor) }
    }

    fn check_operation(&self, index: usize, operation: &Operation) -> Result<(), Breach> {
        // What a newer version means by its operation is not for this one to judge.
        let Some(act) = &operation.act else { return Ok(()) };
        let names = [&operation.field, &operation.key, &operation.inner];
        if names.into_iter().any(|name| name.len() > KEY_BYTES_MAX) || !matches!(operation.item.len(), 0 | 16) {
            return Err(Breach::Limit);
        }
        if operation.field.is_empty() {
            return Err(Breach::Schema);
        }
        let resolved = match self.kind {
            Some(_) => schema::resolve(self.kind, &FieldPath::of_operation(operation)),
            None => Resolved::Unknown,
        };
        if !schema::allows(&resolved, act, self.creating) {
            return Err(Breach::Schema);
        }
        match act {
            Act::Insert(insert) => {
                let anchored = match &insert.after {
                    Some(anchor) => self.check_anchor(index, operation, anchor, 1),
                    None => Ok(()),
                };
                anchored.and(if insert.length == 0 { Err(Breach::Shape) } else { Ok(()) })
            }
            Act::Delete(delete) => {
                let from = delete.from.as_ref().ok_or(Breach::Shape)?;
                self.check_anchor(index, operation, from, delete.length)
            }
            Act::Add(add) if add.element.len() != 16 => Err(Breach::Limit),
            Act::Remove(remove) if remove.element.len() != 16 => Err(Breach::Limit),
            Act::Place(_) | Act::Drop(_) if operation.item.is_empty() || !operation.inner.is_empty() => {
                Err(Breach::Schema)
            }
            Act::Place(place) => check_position(&place.position),
            _ => Ok(()),
        }
    }

    /// The characters are of one run, of this same field, in the past or written before by this same edit.
    fn check_anchor(&self, index: usize, operation: &Operation, anchor: &Anchor, length: u32) -> Result<(), Breach> {
        if length == 0 {
            return Err(Breach::Shape);
        }
        let run = if anchor.edit == 0 {
            let place = anchor.operation as usize;
            let earlier = self.edit.shape.operations.get(place).filter(|_| place < index).ok_or(Breach::Anchor)?;
            let same = earlier.field == operation.field
                && earlier.key == operation.key
                && earlier.item == operation.item
                && earlier.inner == operation.inner;
            match &earlier.act {
                Some(Act::Insert(insert)) if same => insert.length,
                _ => return Err(Breach::Anchor),
            }
        } else {
            let id = named(self.edit, anchor).ok_or(Breach::Anchor)?;
            let edit = self.past.log.get(&id).ok_or(Breach::Anchor)?;
            let op = self.past.log.op(At { edit, operation: anchor.operation }).ok_or(Breach::Anchor)?;
            match op.act {
                Compiled::Insert { length, .. } if self.past.log.paths.find(operation) == Some(op.path) => length,
                _ => return Err(Breach::Anchor),
            }
        };
        match anchor.offset.checked_add(length) {
            Some(end) if end <= run => Ok(()),
            _ => Err(Breach::Anchor),
        }
    }

    /// What this edit adds to a text, set, list or map leaves it within its limit.
    fn check_sizes(&self) -> Result<(), Breach> {
        let mut grown: Vec<(FieldPath, Size, u64)> = Vec::new();
        let mut last: Option<(&Operation, usize)> = None;
        let mut places = HashMap::new();
        for operation in &self.edit.shape.operations {
            let (size, by) = match &operation.act {
                Some(Act::Insert(insert)) => (Size::Scalars, u64::from(insert.length)),
                Some(Act::Add(_)) => (Size::Elements, 1),
                Some(Act::Place(_)) => (Size::Items, 1),
                Some(Act::Set(_)) if !operation.key.is_empty() => (Size::Keys, 1),
                _ => continue,
            };
            if let Some((before, place)) = last
                && size == Size::Scalars
                && before.field == operation.field
                && grown[place].1 == size
                && before.key == operation.key
                && before.item == operation.item
                && before.inner == operation.inner
            {
                grown[place].2 += by;
                continue;
            }
            let path = match size {
                Size::Scalars | Size::Elements => FieldPath::of_operation(operation),
                Size::Items | Size::Keys => FieldPath::of(&operation.field),
            };
            let place = *places.entry((path.clone(), size)).or_insert_with(|| {
                grown.push((path, size, 0));
                grown.len() - 1
            });
            grown[place].2 += by;
            last = Some((operation, place));
        }
        grown.iter().try_for_each(|(path, size, by)| self.check_size(path, *size, *by))
    }

    fn check_size(&self, path: &FieldPath, size: Size, by: u64) -> Result<(), Breach> {
        let limit = size.limit();
        let known = &self.past.log.paths;
        let exact = known.find_path(path);
        let ever = match size {
            Size::Scalars | Size::Elements => exact.map_or(0, |path| self.past.grown[path as usize]),
            Size::Items | Size::Keys => self.past.fields.get(&path.field).copied().unwrap_or(0),
        };
        if by + ever <= limit {
            return Ok(());
        }
        let paths: Vec<PathIndex> = match size {
            Size::Scalars | Size::Elements => exact.into_iter().collect(),
            Size::Items | Size::Keys => {
                let of_field = |other: &PathIndex| known.get(*other).field == path.field;
                (0..known.list.len() as PathIndex).filter(of_field).collect()
            }
        };
        let stands = self.measure(&paths, size);
        let new = match size {
            // What is added again, or moved, is not more.
            Size::Elements | Size::Items | Size::Keys => self.new_ones(path, size, &stands.things),
            Size::Scalars => by,
        };
        if stands.count + new <= limit { Ok(()) } else { Err(Breach::Limit) }
    }

    /// How many of the things that this edit adds don't stand in its past.
    fn new_ones(&self, path: &FieldPath, size: Size, standing: &BTreeSet<Vec<u8>>) -> u64 {
        let mut new = BTreeSet::new();
        for operation in &self.edit.shape.operations {
            if operation.field != path.field {
                continue;
            }
            let thing = match (&operation.act, size) {
                (Some(Act::Add(add)), Size::Elements) if FieldPath::of_operation(operation) == *path => &add.element,
                (Some(Act::Place(_)), Size::Items) => &operation.item,
                (Some(Act::Set(_)), Size::Keys) => {
                    new.insert(operation.key.as_bytes().to_vec());
                    continue;
                }
                _ => continue,
            };
            new.insert(thing.clone());
        }
        new.difference(standing).count() as u64
    }

    /// Measures what stands at these paths in the past of the edit, as if nothing were masked.
    fn measure(&self, paths: &[PathIndex], size: Size) -> Standing {
        let log = &self.past.log;
        let past = log.closure(&self.deps);
        let mut standing = Standing::default();
        let mut deleted: Vec<(Char, u32)> = Vec::new();
        let mut names: HashMap<Vec<u8>, u32> = HashMap::new();
        let mut events = Vec::new();
        for (edit, node) in log.nodes.iter().enumerate().filter(|(edit, _)| past[*edit]) {
            for (operation, op) in node.ops.iter().enumerate() {
                if paths.binary_search(&op.path).is_err() {
                    continue;
                }
                let at = At { edit: edit as Index, operation: operation as u32 };
                let path = log.paths.get(op.path);
                let item = || path.item.map(|item| item.0.to_vec());
                let (name, candidate, killer) = match (&op.act, size) {
                    (Compiled::Insert { length, .. }, Size::Scalars) => {
                        standing.count += u64::from(*length);
                        continue;
                    }
                    (Compiled::Delete { from, length }, Size::Scalars) => {
                        deleted.push((*from, *length));
                        continue;
                    }
                    (Compiled::Add(id), Size::Elements) => (Some(id.0.to_vec()), true, false),
                    (Compiled::Remove(id), Size::Elements) => (Some(id.0.to_vec()), false, true),
                    (Compiled::Drop, Size::Items) => (item(), false, true),
                    (_, Size::Items) => (item(), true, false),
                    (Compiled::Set, Size::Keys) => (Some(path.key.clone().into_bytes()), true, true),
                    (Compiled::Clear, Size::Keys) => (Some(path.key.clone().into_bytes()), false, true),
                    _ => continue,
                };
                let Some(name) = name else { continue };
                let next = names.len() as u32;
                let group = *names.entry(name).or_insert(next);
                events.push(Event { group, at, candidate, killer });
            }
        }
        standing.count -= covered(deleted).min(standing.count);
        let alive = ancestry::survivors(log, &events, names.len());
        standing.things =
            names.into_iter().filter(|(_, group)| !alive[*group as usize].is_empty()).map(|(n, _)| n).collect();
        standing.count += standing.things.len() as u64;
        standing
    }
}

#[derive(Default)]
struct Standing {
    count: u64,
    things: BTreeSet<Vec<u8>>,
}

/// What of a field is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Size {
    Scalars,
    Elements,
    Items,
    Keys,
}

impl Size {
    fn limit(self) -> u64 {
        match self {
            Size::Scalars => TEXT_SCALARS_MAX,
            Size::Elements => SET_ELEMENTS_MAX as u64,
            Size::Items | Size::Keys => LIST_ITEMS_MAX as u64,
        }
    }
}

/// Returns how many characters these ranges cover together.
fn covered(mut ranges: Vec<(Char, u32)>) -> u64 {
    ranges.sort_unstable();
    let mut count = 0;
    let mut end: Option<Char> = None;
    for (from, length) in ranges {
        let to = from.offset + length;
        let start = match end {
            Some(end) if end.run == from.run => from.offset.max(end.offset),
            _ => from.offset,
        };
        if to > start {
            count += u64::from(to - start);
            end = Some(Char { run: from.run, offset: to });
        }
    }
    count
}

/// A position is written in one way alone: without a trailing zero byte.
fn check_position(position: &[u8]) -> Result<(), Breach> {
    match position.last() {
        Some(&last) if last != 0 && position.len() <= POSITION_BYTES_MAX => Ok(()),
        _ => Err(Breach::Limit),
    }
}
