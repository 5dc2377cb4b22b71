//! Merging a record into the document that it was exported from, or that an earlier import made of it.
//!
//! What a file changes is written as an edit of the version that the file was made on: what others did meanwhile stands
//! beside it, as with any two edits that didn't know of each other. The file itself doesn't say that it was imported
//! before, so that the version it stands nearest to is looked for among those that follow the one it names.

use std::collections::BTreeSet;

use super::super::engine::Engine;
use super::super::error::Error;
use super::super::names::Names;
use super::super::pen::Pen;
use super::super::reply::Written;
use super::super::settle::Settled;
use super::super::write::written;
use super::bare_record;
use super::round::Outcome;
use super::wish::{Wishes, items_of};
use crate::interchange::{self, FieldValue, Record};
use crate::model::document::{self, Document};
use crate::model::{DocumentId, EntryId, Verdict};

/// Most versions that a record is compared with: each is a fold.
const VERSIONS_MAX: usize = 32;

/// Takes over what the import changed since the version that it was exported at.
pub(super) fn merge(pen: &mut Pen<'_>, id: DocumentId, record: &Record) -> Result<Outcome, Error> {
    // An earlier record of the same file may have changed it.
    pen.flush_about(id)?;
    let engine: &Engine = pen.engine;
    let (settled, current, base, handle) = engine.reading(|reader| {
        let names = Names::new(engine, reader);
        let settled = engine.settled(reader, id)?;
        let current = settled.document.as_ref().ok_or_else(|| Error::no_document(id))?;
        let current = bare_record(&names, current)?;
        let base = if distance(&current, record) == 0 { None } else { Some(nearest(&names, &settled, record)?) };
        Ok((settled, current, base, names.handle(id)?))
    })?;
    let Some((base, exported)) = base else { return Ok(Outcome::Known) };
    let changed = interchange::three_way(&exported, &current, record);
    let kind = current.kind.clone();
    let mut wishes = Wishes::default();
    let mut fields = Vec::new();
    for change in changed.iter().filter(|change| counts(record, change)) {
        let items = pen.engine.reading(|reader| items_of(&Names::new(pen.engine, reader), &base, &change.field))?;
        let values = (change.before.as_ref(), change.after.as_ref());
        wishes.difference(&kind, &change.field, values, &items, pen.env)?;
        fields.push(change.field.clone());
    }
    if wishes.is_empty() {
        return Ok(Outcome::Known);
    }
    pen.engine.may_edit(&settled)?;
    let space = settled.entries.first().map(|opened| opened.entry.header().space);
    let space = space.map_or_else(|| pen.commons(), Ok)?;
    let changes = wishes.changes(pen, space, &kind)?;
    match pen.change_at(&settled, &base, &changes)? {
        Some(entry) => Ok(Outcome::Changed(Written { fields, ..written(id, &handle, &kind, entry) })),
        None => Ok(Outcome::Known),
    }
}

/// Records of other systems say only what they know: what they lack is not taken away.
fn counts(record: &Record, change: &interchange::Change) -> bool {
    record.id.is_some() || change.after.is_some()
}

/// Returns the version that a record stands nearest to: the one it names, or one that follows it alone.
fn nearest(names: &Names<'_>, settled: &Settled, record: &Record) -> Result<(Document, Record), Error> {
    let creation = [EntryId::from(settled.id)];
    let named = if record.version.is_empty() { &creation[..] } else { &record.version };
    let named_set: BTreeSet<EntryId> = named.iter().copied().collect();
    let mut followers: BTreeSet<EntryId> = BTreeSet::new();
    let mut versions: Vec<EntryId> = Vec::new();
    let counted = settled.entries.iter().filter(|opened| opened.verdict == Verdict::Counted);
    for (opened, edit) in counted.filter_map(|opened| Some((opened, opened.edit()?))) {
        let deps = &opened.entry.header().deps;
        let alone = matches!(deps[..], [dep] if followers.contains(&dep));
        if alone || deps.iter().copied().collect::<BTreeSet<_>>() == named_set {
            followers.insert(opened.id());
            if edit.shape.part == 0 || edit.shape.closes > 0 {
                versions.push(opened.id());
            }
        }
    }
    let first = settled.at(named).ok_or_else(|| {
        Error::bad_value("the version", "it was exported at", "a version that is here: sync with where it was exported")
    })?;
    let first_record = bare_record(names, &first)?;
    let mut best = (distance(&first_record, record), first, first_record);
    for id in versions.iter().rev().take(VERSIONS_MAX) {
        if let Some(version) = settled.at(&[*id]) {
            let as_record = bare_record(names, &version)?;
            let far = distance(&as_record, record);
            if far < best.0 {
                best = (far, version, as_record);
            }
        }
    }
    Ok((best.1, best.2))
}

/// Tells how much an import changes of a version: characters of texts, and of values.
fn distance(version: &Record, imported: &Record) -> usize {
    let changes = interchange::changes(version, imported);
    let counted = changes.iter().filter(|change| counts(imported, change));
    let characters = |value: Option<&FieldValue>| value.map_or(0, |value| format!("{value:?}").chars().count());
    let costs = counted.map(|change| match (&change.before, &change.after) {
        (Some(FieldValue::Text(before)), Some(FieldValue::Text(after))) => document::distance(before, after),
        (before, after) => 1 + characters(before.as_ref()) + characters(after.as_ref()),
    });
    costs.sum()
}
