//! An independent fold, written from the rules alone: character by character, past by past, straight from the shapes.
//!
//! A [`Fault`] breaks one rule, to show that the property test would notice.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::wire::entry::operation::Act;
use crate::wire::entry::{Anchor, Operation};

/// A rule to be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// A run goes right behind its anchor, whatever was put there concurrently.
    NoStepOver,
    /// The smaller edit id wins among equal counters.
    TieReversed,
    /// A run counts one, however long it is.
    LengthsNotCounted,
    /// Deletions of masked edits hide too.
    AnyDeletionHides,
    /// Deletions of erased edits don't count.
    ErasedDeletionsLost,
    /// Masked writings of a register stay.
    MaskedWritesKept,
    /// A writing is overwritten only by one that directly follows it.
    DirectAncestryOnly,
    /// Masked removals from a set remove.
    MaskedRemovalsKept,
    /// A removal also takes what it never saw.
    RemoveWins,
    /// A writing inside an item doesn't keep it from being dropped.
    InnerWritesDontCount,
    /// Entries without effect don't even order.
    LinksForgotten,
    /// Characters of erased edits show.
    ErasedShown,
}

type At = (usize, usize);
type Path = (String, String, Vec<u8>, String);

struct Reference<'a> {
    edits: &'a [Edit],
    fault: Fault,
    past: Vec<BTreeSet<usize>>,
    counters: Vec<Vec<u64>>,
    live: Vec<bool>,
    worded: Vec<bool>,
}

/// Returns what every path shows, as text.
pub(super) fn flat(edits: &[Edit], masked: &BTreeSet<EntryId>, fault: Fault) -> BTreeMap<String, String> {
    let place = |id: &EntryId| edits.iter().position(|edit| edit.id == *id);
    let mut past: Vec<BTreeSet<usize>> = Vec::new();
    let mut counters: Vec<Vec<u64>> = Vec::new();
    for edit in edits {
        let mut own = BTreeSet::new();
        for dep in edit.deps.iter().filter_map(place) {
            if fault != Fault::LinksForgotten || !edits[dep].shape.operations.is_empty() {
                own.extend(past[dep].iter().copied());
            }
            own.insert(dep);
        }
        let mut next = own.iter().filter_map(|&dep| counters[dep].last()).max().map_or(1, |&last| last);
        let mut numbered = Vec::new();
        for operation in &edit.shape.operations {
            numbered.push(next);
            next += match &operation.act {
                _ if fault == Fault::LengthsNotCounted => 1,
                Some(Act::Insert(insert)) => u64::from(insert.length),
                Some(Act::Delete(delete)) => u64::from(delete.length),
                _ => 1,
            };
        }
        numbered.push(next);
        past.push(own);
        counters.push(numbered);
    }
    let live = edits.iter().map(|edit| !masked.contains(&edit.id)).collect();
    let salt: [u8; 16] = edits[0].shape.salt.as_slice().try_into().expect("a salt");
    let kind = &edits[0].shape.document_kind;
    let fit = |edit: &Edit| edit.content.as_ref().is_some_and(|content| fits(kind, &salt, &edit.shape, content));
    let worded = edits.iter().map(fit).collect();
    Reference { edits, fault, past, counters, live, worded }.show()
}

impl Reference<'_> {
    fn op(&self, at: At) -> &Operation {
        &self.edits[at.0].shape.operations[at.1]
    }

    fn rank(&self, at: At) -> (u64, [u8; 32]) {
        let mut id = self.edits[at.0].id.0;
        if self.fault == Fault::TieReversed {
            id.iter_mut().for_each(|byte| *byte = !*byte);
        }
        (self.counters[at.0][at.1], id)
    }

    fn value(&self, at: At) -> Option<Value> {
        let content = self.edits[at.0].content.as_ref().filter(|_| self.worded[at.0])?;
        let value = content.values.iter().find(|value| value.operation as usize == at.1)?;
        value.of.as_ref().map(Value::from_wire)
    }

    fn follows(&self, later: At, earlier: At) -> bool {
        (later.0 == earlier.0 && later.1 > earlier.1) || self.past[later.0].contains(&earlier.0)
    }

    /// Those that no killer follows.
    fn standing(&self, candidates: &[At], killers: &[At], directly: bool) -> Vec<At> {
        let killed = |candidate: &At| {
            killers.iter().any(|&killer| {
                let between = |middle: &&At| self.follows(**middle, *candidate) && self.follows(killer, **middle);
                match self.fault {
                    Fault::RemoveWins if !directly => killer != *candidate,
                    Fault::DirectAncestryOnly if directly => {
                        let all =
                            self.all(|op| op.field == self.op(*candidate).field && matches!(op.act, Some(Act::Set(_))));
                        self.follows(killer, *candidate) && !all.iter().any(|middle| between(&middle))
                    }
                    _ => self.follows(killer, *candidate),
                }
            })
        };
        candidates.iter().copied().filter(|candidate| !killed(candidate)).collect()
    }

    fn all(&self, wanted: impl Fn(&Operation) -> bool) -> Vec<At> {
        let edits = self.edits.iter().enumerate();
        let ops = edits.flat_map(|(edit, e)| (0..e.shape.operations.len()).map(move |op| (edit, op)));
        ops.filter(|&at| wanted(self.op(at))).collect()
    }

    fn living(&self, wanted: impl Fn(&Operation) -> bool) -> Vec<At> {
        self.all(wanted).into_iter().filter(|at| self.live[at.0]).collect()
    }

    fn show(&self) -> BTreeMap<String, String> {
        let path = |op: &Operation| (op.field.clone(), op.key.clone(), op.item.clone(), op.inner.clone());
        let paths: BTreeSet<Path> = self.all(|_| true).into_iter().map(|at| path(self.op(at))).collect();
        let mut shown = BTreeMap::new();
        let mut lists: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
        for name in &paths {
            if !name.2.is_empty() {
                lists.entry(name.0.clone()).or_default().insert(name.2.clone());
            }
        }
        let mut gone: BTreeSet<(String, Vec<u8>)> = BTreeSet::new();
        for (field, items) in lists {
            let mut order: Vec<(bool, Vec<u8>, Vec<u8>)> = Vec::new();
            for item in items {
                let of = |op: &Operation| op.field == field && op.item == item;
                let drops = self.living(|op| of(op) && matches!(op.act, Some(Act::Drop(_))));
                let inner_counts = self.fault != Fault::InnerWritesDontCount;
                let puts = self.living(|op| match &op.act {
                    Some(Act::Place(_)) => of(op),
                    Some(Act::Drop(_)) | None => false,
                    _ => of(op) && inner_counts,
                });
                if self.standing(&puts, &drops, false).is_empty() {
                    gone.insert((field.clone(), item));
                    continue;
                }
                let places = self.living(|op| of(op) && matches!(op.act, Some(Act::Place(_))));
                let best = self.standing(&places, &places, true).into_iter().max_by_key(|&at| self.rank(at));
                let position = best.map(|at| match &self.op(at).act {
                    Some(Act::Place(place)) => place.position.clone(),
                    _ => Vec::new(),
                });
                order.push((position.is_none(), position.unwrap_or_default(), item));
            }
            order.sort();
            if !order.is_empty() {
                shown.insert(field, format!("{:?}", order.into_iter().map(|row| row.2).collect::<Vec<_>>()));
            }
        }
        for name in paths.into_iter().filter(|name| !gone.contains(&(name.0.clone(), name.2.clone()))) {
            let of = |op: &Operation| path(op) == name;
            let label = format!("{}/{}/{:?}/{}", name.0, name.1, name.2, name.3);
            let text = self.text(&of);
            if !text.is_empty() {
                shown.insert(label.clone() + " text", text);
            }
            if let Some(register) = self.register(&of) {
                shown.insert(label.clone() + " register", register);
            }
            let set = self.set(&of);
            if !set.is_empty() {
                shown.insert(label + " set", format!("{set:?}"));
            }
        }
        shown
    }

    fn register(&self, of: &dyn Fn(&Operation) -> bool) -> Option<String> {
        let kept = |wanted: &dyn Fn(&Operation) -> bool| match self.fault {
            Fault::MaskedWritesKept => self.all(wanted),
            _ => self.living(wanted),
        };
        let writes = kept(&|op| of(op) && matches!(op.act, Some(Act::Set(_))));
        let killers = kept(&|op| of(op) && matches!(op.act, Some(Act::Set(_) | Act::Clear(_))));
        let mut standing = self.standing(&writes, &killers, true);
        standing.sort_by_key(|&at| std::cmp::Reverse(self.rank(at)));
        let values: Vec<_> = standing.iter().map(|&at| (self.value(at), self.edits[at.0].id)).collect();
        let shown = values.iter().find(|value| value.0.is_some()).or(values.first())?;
        Some(format!("{values:?} shown {:?}", shown.1))
    }

    fn set(&self, of: &dyn Fn(&Operation) -> bool) -> BTreeSet<(Vec<u8>, Option<Value>)> {
        let mut elements = BTreeSet::new();
        for add in self.living(|op| of(op) && matches!(op.act, Some(Act::Add(_)))) {
            let Some(Act::Add(added)) = &self.op(add).act else { continue };
            let same = |op: &Operation| match &op.act {
                Some(Act::Remove(removed)) => of(op) && removed.element == added.element,
                _ => false,
            };
            let removals = if self.fault == Fault::MaskedRemovalsKept { self.all(same) } else { self.living(same) };
            if !self.standing(&[add], &removals, false).is_empty() {
                elements.insert((added.element.clone(), self.value(add)));
            }
        }
        let known: BTreeSet<Vec<u8>> = elements.iter().filter(|e| e.1.is_some()).map(|e| e.0.clone()).collect();
        elements.retain(|element| element.1.is_some() || !known.contains(&element.0));
        elements
    }

    fn named(&self, at: At, anchor: &Anchor) -> (usize, usize, u32) {
        let edit = &self.edits[at.0];
        let id = match anchor.edit as usize {
            0 => edit.id,
            dep if dep <= edit.deps.len() => edit.deps[dep - 1],
            beyond => {
                let id = &edit.shape.referenced[beyond - edit.deps.len() - 1];
                EntryId(id.as_slice().try_into().expect("32 bytes"))
            }
        };
        let index = self.edits.iter().position(|edit| edit.id == id).expect("it is in the past");
        (index, anchor.operation as usize, anchor.offset)
    }

    fn text(&self, of: &dyn Fn(&Operation) -> bool) -> String {
        let mut row: Vec<(usize, usize, u32)> = Vec::new();
        let mut hidden: BTreeSet<(usize, usize, u32)> = BTreeSet::new();
        for at in self.all(of) {
            match &self.op(at).act {
                Some(Act::Insert(insert)) => {
                    let after = insert.after.map(|anchor| self.named(at, &anchor));
                    let mut to =
                        after.map_or(0, |after| row.iter().position(|c| *c == after).expect("it is there") + 1);
                    let greater = |c: &(usize, usize, u32)| {
                        let (counter, id) = self.rank((c.0, c.1));
                        let offset = if self.fault == Fault::LengthsNotCounted { 0 } else { u64::from(c.2) };
                        (counter + offset, id) > self.rank(at)
                    };
                    while self.fault != Fault::NoStepOver && row.get(to).is_some_and(greater) {
                        to += 1;
                    }
                    row.splice(to..to, (0..insert.length).map(|offset| (at.0, at.1, offset)));
                }
                Some(Act::Delete(delete)) => {
                    let counts = self.live[at.0] || self.fault == Fault::AnyDeletionHides;
                    let lost = self.fault == Fault::ErasedDeletionsLost && !self.worded[at.0];
                    if let Some(from) = delete.from.filter(|_| counts && !lost) {
                        let (edit, op, offset) = self.named(at, &from);
                        hidden.extend((offset..offset + delete.length).map(|offset| (edit, op, offset)));
                    }
                }
                _ => {}
            }
        }
        let mut text = String::new();
        for character in row.iter().filter(|c| self.live[c.0] && !hidden.contains(c)) {
            match self.value((character.0, character.1)) {
                Some(Value::Text(run)) => text.extend(run.chars().nth(character.2 as usize)),
                _ if self.fault == Fault::ErasedShown => text.push('\u{fffd}'),
                _ => {}
            }
        }
        text
    }
}

/// Returns what a document shows, in the same form.
pub(super) fn flat_document(document: &Document) -> BTreeMap<String, String> {
    let mut shown = BTreeMap::new();
    for (name, field) in document.fields() {
        match field {
            Field::List(items) => {
                let order: Vec<Vec<u8>> = items.iter().map(|item| item.id.0.to_vec()).collect();
                shown.insert(name.clone(), format!("{order:?}"));
                for item in items {
                    for (inner, field) in &item.fields {
                        flatten(&format!("{name}//{:?}/{inner}", item.id.0), field, &mut shown);
                    }
                }
            }
            Field::Map(keys) => {
                for (key, field) in keys {
                    match field {
                        Field::Map(inside) => {
                            for (inner, field) in inside {
                                flatten(&format!("{name}/{key}/[]/{inner}"), field, &mut shown);
                            }
                        }
                        field => flatten(&format!("{name}/{key}/[]/"), field, &mut shown),
                    }
                }
            }
            field => flatten(&format!("{name}//[]/"), field, &mut shown),
        }
    }
    shown
}

fn flatten(label: &str, field: &Field, shown: &mut BTreeMap<String, String>) {
    match field {
        Field::Text(text) => drop(shown.insert(format!("{label} text"), text.text.clone())),
        Field::Register(register) => {
            let values: Vec<_> = register.values.iter().map(|writing| (&writing.value, writing.edit)).collect();
            let best = register.values[register.shown].edit;
            shown.insert(format!("{label} register"), format!("{values:?} shown {best:?}"));
        }
        Field::Set(elements) => {
            let set: BTreeSet<_> = elements.iter().map(|e| (e.id.0.to_vec(), e.value.clone())).collect();
            shown.insert(format!("{label} set"), format!("{set:?}"));
        }
        Field::Map(_) | Field::List(_) => panic!("nothing is nested deeper: {label}"),
    }
}
