//! Edits compiled for evaluation: ids as indices, anchors resolved, paths interned, counters given.
//!
//! It trusts nothing: an anchor that leads nowhere makes its operation one without effect.

use std::collections::HashMap;

use super::{Edit, FieldPath};
use crate::model::{ElementId, EntryId, ItemId};
use crate::wire::entry::operation;
use crate::wire::entry::{Anchor, EditShape};

/// Index of an edit in the order of arrival, which is causal.
pub(super) type Index = u32;
/// Index of a path.
pub(super) type PathIndex = u32;

/// An operation in a log: its edit, and its index there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct At {
    pub(super) edit: Index,
    pub(super) operation: u32,
}

/// One character of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Char {
    pub(super) run: At,
    pub(super) offset: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    Insert {
        after: Option<Char>,
        length: u32,
    },
    Delete {
        from: Char,
        length: u32,
    },
    Set,
    Clear,
    Add(ElementId),
    Remove(ElementId),
    Place(Box<[u8]>),
    Drop,
    /// From a newer version, or led nowhere.
    Nothing,
}

#[derive(Debug)]
pub(super) struct Op {
    pub(super) path: PathIndex,
    pub(super) counter: u64,
    pub(super) act: Act,
}

/// Where an operation stands that is being compiled.
#[derive(Clone, Copy)]
struct Place {
    own: Index,
    path: PathIndex,
    counter: u64,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: EntryId,
    /// Known edits among the deps, ascending, without doubles.
    pub(super) deps: Vec<Index>,
    /// The highest counter in its past, itself included.
    pub(super) top: u64,
    /// Whether every edit before it in this log is in its past.
    pub(super) full: bool,
    pub(super) head: bool,
    pub(super) part: u32,
    pub(super) closes: u32,
    pub(super) ops: Vec<Op>,
}

#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) nodes: Vec<Node>,
    index: HashMap<EntryId, Index>,
    pub(super) paths: Paths,
    /// Kind of the document and key material of its element ids, from the creating edit.
    pub(super) origin: Option<(String, [u8; 16])>,
    heads: usize,
    branched: bool,
}

impl Log {
    pub(super) fn get(&self, id: &EntryId) -> Option<Index> {
        self.index.get(id).copied()
    }

    pub(super) fn node(&self, index: Index) -> &Node {
        &self.nodes[index as usize]
    }

    pub(super) fn op(&self, at: At) -> Option<&Op> {
        self.nodes.get(at.edit as usize)?.ops.get(at.operation as usize)
    }

    /// Tells whether each edit has all the ones before it in its past.
    pub(super) fn is_linear(&self) -> bool {
        !self.branched
    }

    /// Returns the known edits among these, ascending, without doubles.
    pub(super) fn known(&self, deps: &[EntryId]) -> Vec<Index> {
        let mut known: Vec<Index> = deps.iter().filter_map(|id| self.get(id)).collect();
        known.sort_unstable();
        known.dedup();
        known
    }

    /// Appends an edit; one that is already there is left out.
    pub(super) fn push(&mut self, edit: &Edit) -> Option<Index> {
        let own = u32::try_from(self.nodes.len()).ok()?;
        if self.index.contains_key(&edit.id) {
            return None;
        }
        let deps = self.known(&edit.deps);
        let seen = deps.iter().filter(|&&dep| self.node(dep).head).count();
        let full = seen == self.heads;
        self.branched |= !full;
        for &dep in &deps {
            self.nodes[dep as usize].head = false;
        }
        self.heads = self.heads - seen + 1;
        let mut top = deps.iter().map(|&dep| self.node(dep).top).max().unwrap_or(0);
        let mut ops = Vec::with_capacity(edit.shape.operations.len());
        for operation in &edit.shape.operations {
            let path = self.paths.intern(operation);
            let place = Place { own, path, counter: top + 1 };
            let act = self.compile(edit, place, &ops, operation.act.as_ref());
            ops.push(Op { path, counter: top + 1, act });
            top += weight(operation.act.as_ref());
        }
        if self.origin.is_none() && !edit.shape.document_kind.is_empty() {
            let salt = edit.shape.salt.as_slice().try_into().unwrap_or_default();
            self.origin = Some((edit.shape.document_kind.clone(), salt));
        }
        self.index.insert(edit.id, own);
        let EditShape { part, closes, .. } = edit.shape;
        self.nodes.push(Node { id: edit.id, deps, top, full, head: true, part, closes, ops });
        Some(own)
    }

    fn compile(&self, edit: &Edit, place: Place, ops: &[Op], act: Option<&operation::Act>) -> Act {
        let resolve = |anchor: &Anchor, length: u32| self.resolve(edit, place, ops, anchor, length);
        let element = |bytes: &[u8]| ElementId::from_slice(bytes);
        let compiled = match act {
            Some(operation::Act::Insert(insert)) => match &insert.after {
                None => Some(Act::Insert { after: None, length: insert.length }),
                Some(anchor) => {
                    resolve(anchor, 1).map(|after| Act::Insert { after: Some(after), length: insert.length })
                }
            },
            Some(operation::Act::Delete(delete)) => delete
                .from
                .as_ref()
                .and_then(|anchor| resolve(anchor, delete.length))
                .map(|from| Act::Delete { from, length: delete.length }),
            Some(operation::Act::Set(_)) => Some(Act::Set),
            Some(operation::Act::Clear(_)) => Some(Act::Clear),
            Some(operation::Act::Add(add)) => element(&add.element).map(Act::Add),
            Some(operation::Act::Remove(remove)) => element(&remove.element).map(Act::Remove),
            Some(operation::Act::Place(place)) => Some(Act::Place(place.position.as_slice().into())),
            Some(operation::Act::Drop(_)) => Some(Act::Drop),
            None => None,
        };
        match compiled {
            Some(Act::Insert { length: 0, .. } | Act::Delete { length: 0, .. }) | None => Act::Nothing,
            Some(act) => act,
        }
    }

    /// Finds the first of `length` characters of one run of the same field.
    fn resolve(&self, edit: &Edit, place: Place, ops: &[Op], anchor: &Anchor, length: u32) -> Option<Char> {
        let (index, op) = if anchor.edit == 0 {
            (place.own, ops.get(anchor.operation as usize)?)
        } else {
            let index = self.get(&named(edit, anchor)?)?;
            (index, self.node(index).ops.get(anchor.operation as usize)?)
        };
        let Act::Insert { length: run, .. } = op.act else { return None };
        // Counters grow from a past to what stands on it; the order of runs relies on it.
        let fits = op.path == place.path
            && length >= 1
            && anchor.offset.checked_add(length)? <= run
            && op.counter + u64::from(anchor.offset) < place.counter;
        fits.then_some(Char { run: At { edit: index, operation: anchor.operation }, offset: anchor.offset })
    }

    /// Tells whether all `targets` are in the past that these `deps` close, themselves included.
    pub(super) fn past_has(&self, deps: &[Index], targets: &[Index]) -> bool {
        let Some(&lowest) = targets.iter().min() else { return true };
        let mut wanted: Vec<Index> = targets.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let mut missing = wanted.len();
        let mut seen = vec![false; self.nodes.len()];
        let mut open: Vec<Index> = deps.to_vec();
        while let Some(index) = open.pop() {
            if index < lowest || std::mem::replace(&mut seen[index as usize], true) {
                continue;
            }
            if wanted.binary_search(&index).is_ok() {
                missing -= 1;
            }
            if self.node(index).full {
                // What comes before it is all in its past.
                let rest = wanted.iter().filter(|&&want| want > index && !seen[want as usize]).count();
                if rest == 0 {
                    return true;
                }
                wanted.retain(|&want| want > index);
                missing = rest;
                continue;
            }
            open.extend_from_slice(&self.node(index).deps);
        }
        missing == 0
    }

    /// Returns which edits are in the past that these `deps` close, themselves included.
    pub(super) fn closure(&self, deps: &[Index]) -> Vec<bool> {
        let mut seen = vec![false; self.nodes.len()];
        let mut open: Vec<Index> = deps.to_vec();
        while let Some(index) = open.pop() {
            if !std::mem::replace(&mut seen[index as usize], true) {
                open.extend_from_slice(&self.node(index).deps);
            }
        }
        seen
    }
}

/// Returns the id of the edit that an anchor to another edit names.
pub(super) fn named(edit: &Edit, anchor: &Anchor) -> Option<EntryId> {
    let place = anchor.edit.checked_sub(1)? as usize;
    match edit.deps.get(place) {
        Some(id) => Some(*id),
        None => EntryId::from_slice(edit.shape.referenced.get(place - edit.deps.len())?),
    }
}

/// How far an operation moves the counter on.
fn weight(act: Option<&operation::Act>) -> u64 {
    let length = match act {
        Some(operation::Act::Insert(insert)) => insert.length,
        Some(operation::Act::Delete(delete)) => delete.length,
        _ => 1,
    };
    u64::from(length.max(1))
}

/// Paths, each once.
#[derive(Debug, Default)]
pub(super) struct Paths {
    pub(super) list: Vec<FieldPath>,
    index: HashMap<FieldPath, PathIndex>,
}

/// Paths that are looked for one by one; beyond, by their hash.
const SCANNED_MAX: usize = 24;

impl Paths {
    pub(super) fn get(&self, index: PathIndex) -> &FieldPath {
        &self.list[index as usize]
    }

    pub(super) fn find(&self, operation: &crate::wire::entry::Operation) -> Option<PathIndex> {
        if self.list.len() > SCANNED_MAX {
            return self.index.get(&FieldPath::of_operation(operation)).copied();
        }
        let item = ItemId::from_slice(&operation.item);
        let same = |path: &FieldPath| {
            path.field == operation.field
                && path.key == operation.key
                && path.item == item
                && path.inner == operation.inner
        };
        self.list.iter().position(same).map(|index| index as PathIndex)
    }

    pub(super) fn find_path(&self, path: &FieldPath) -> Option<PathIndex> {
        if self.list.len() > SCANNED_MAX {
            return self.index.get(path).copied();
        }
        self.list.iter().position(|other| other == path).map(|index| index as PathIndex)
    }

    fn intern(&mut self, operation: &crate::wire::entry::Operation) -> PathIndex {
        if let Some(index) = self.find(operation) {
            return index;
        }
        let index = self.list.len() as PathIndex;
        self.list.push(FieldPath::of_operation(operation));
        if self.list.len() == SCANNED_MAX + 1 {
            let all = self.list.iter().cloned().enumerate();
            self.index = all.map(|(index, path)| (path, index as PathIndex)).collect();
        } else if self.list.len() > SCANNED_MAX {
            self.index.insert(self.list[index as usize].clone(), index);
        }
        index
    }
}
