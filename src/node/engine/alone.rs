//! Documents of which nothing but the creating edit is here: most of what an import or a first replication brings.
//!
//! Such an edit is judged and folded as it comes in, by the function that settles every document, but from memory and on
//! two threads; its verdict is written together with it, and its row at the end of the transaction. Nothing is read
//! back. Whatever else there may be to know (an entry that names the document, one that erases, something that waits for
//! its past, governance that changes in the same transaction, an author who was removed, a verdict other than counted)
//! sends the document the long
//! way: it is touched, and settled from the log.

use std::collections::BTreeSet;

use super::super::error::Error;
use super::super::faults::EngineFaults;
use super::super::keys::Keys;
use super::super::row::Row;
use super::super::settle::{self, Rules};
use super::fold_row::row_of;
use super::{Changes, Engine, rows};
use crate::model::governance::{Governance, Place};
use crate::model::sign::Signature;
use crate::model::verdict::Need;
use crate::model::{DocumentId, Entry, EntryId, Kind, Payload, Verdict};
use crate::store::{Number, PayloadState, Put, PutPayload, Reader, Stored, View};
use crate::sync::AcceptedPayload;

/// From how many documents on a second thread pays: a thread costs about as much as two of them.
const THREAD_MIN: usize = 16;
/// What settling says of a creating edit without its payload, whatever else is known.
const UNREAD: Verdict = Verdict::Waiting(Need::Payload);

/// A document settled from its creating edit.
#[derive(Debug)]
pub(super) struct Alone {
    number: Number,
    row: Row,
}

/// A creating edit and its payload.
type Creation<'a> = (&'a Entry, &'a Payload);

/// Settles each document from its creating edit; none where that doesn't count, or has to wait.
fn settle_each(
    creations: &[Creation<'_>],
    governance: &Governance,
    keys: &Keys,
    faults: EngineFaults,
) -> Vec<Option<Row>> {
    let here = |_| true;
    // Whether a cut keeps an entry is asked of somebody's who was removed alone, and those go the long way.
    let (on, after) = (|_, _: &Place| true, |_: &Place, _, _| true);
    let rules = Rules { governance, keys, here: &here, on: &on, after: &after, faults };
    let settle = |(entry, payload): &Creation<'_>| {
        let opened = settle::open((*entry).clone(), Some(payload), &rules);
        row_of(&settle::settle(entry.document(), vec![opened], &rules))
    };
    creations.iter().map(settle).collect()
}

/// Tells whether all that these entries name is here, or stands before them among themselves.
fn is_grounded(reader: &Reader, entries: &[Entry]) -> Result<bool, Error> {
    let mut before = BTreeSet::new();
    let mut gov: &[EntryId] = &[];
    for entry in entries {
        let header = entry.header();
        let deps = header.deps.iter().filter(|dep| !before.contains(*dep));
        let acts = header.gov.iter().filter(|_| header.gov != gov);
        if reader.present(deps.chain(acts).copied())?.contains(&false) {
            return Ok(false);
        }
        gov = &header.gov;
        before.insert(entry.id());
    }
    Ok(true)
}

impl Engine {
    /// Takes entries of one chain, each after the one before, with the payloads that are here; tells how many are new.
    /// The signature is the last one's.
    pub(crate) fn take_run(
        &mut self,
        entries: &[Entry],
        payloads: &[Option<&Payload>],
        signature: Signature,
    ) -> Result<usize, Error> {
        let last = entries.len().saturating_sub(1);
        let writer = self.writer.as_ref().expect("a transaction was begun");
        let plain = entries.iter().all(|entry| matches!(entry.header().kind, Kind::Edit | Kind::Mark));
        let fresh = plain && !writer.present(entries.iter().map(Entry::id))?.contains(&true);
        let grounded = is_grounded(writer, entries)?;
        if !fresh || !grounded || writer.waiting_count()? > 0 {
            if !grounded {
                self.check_room(entries)?;
            }
            let mut new = 0;
            for (index, (entry, payload)) in entries.iter().zip(payloads).enumerate() {
                let signature = (index == last).then_some(signature);
                new += usize::from(self.take(entry, signature, *payload)?);
            }
            return Ok(new);
        }
        let alone = self.alone_among(entries)?;
        let creations: Vec<Creation<'_>> = (alone.iter().zip(entries).zip(payloads))
            .filter_map(|((alone, entry), payload)| Some((entry, payload.filter(|_| *alone)?)))
            .collect();
        let mut rows = self.settle_alone(&creations).into_iter();
        let mut settled = Vec::with_capacity(entries.len());
        let mut puts = Vec::with_capacity(entries.len());
        for (index, (entry, payload)) in entries.iter().zip(payloads).enumerate() {
            let row = if alone[index] && payload.is_some() { rows.next().flatten() } else { None };
            let verdict = match (&row, payload) {
                (Some(_), _) => Some(Verdict::Counted),
                (None, None) if alone[index] => Some(UNREAD),
                _ => None,
            };
            let signature = (index == last).then_some(&signature);
            puts.push(Put { entry, signature, payload: *payload, verdict });
            settled.push((row, verdict.is_some()));
        }
        let numbers = match self.writer().put_entries(puts) {
            Ok(numbers) => numbers,
            Err(error) => {
                self.note_stored(entries)?;
                return Err(error.into());
            }
        };
        for ((entry, payload), ((row, judged), number)) in
            entries.iter().zip(payloads).zip(settled.into_iter().zip(numbers))
        {
            self.put.push(entry.id());
            match row {
                Some(row) => drop(self.alone.insert(entry.document(), Alone { number, row })),
                None if judged => {}
                None => self.touch(entry, *payload)?,
            }
        }
        Ok(entries.len())
    }

    /// After a refusal in the middle of a run that was new: what came before it is stored.
    fn note_stored(&mut self, entries: &[Entry]) -> Result<(), Error> {
        let writer = self.writer.as_ref().expect("a transaction was begun");
        let stored = writer.entries(&entries.iter().map(Entry::id).collect::<Vec<_>>())?;
        for stored in stored.into_iter().flatten() {
            self.put.push(stored.entry.id());
            self.touched.insert(stored.entry.document());
        }
        Ok(())
    }

    /// Takes payloads of entries that may be here; tells of each what became of it.
    pub(crate) fn take_payloads(&mut self, payloads: &[(EntryId, Payload)]) -> Result<Vec<AcceptedPayload>, Error> {
        let writer = self.writer.as_ref().expect("a transaction was begun");
        let stored = writer.entries(&payloads.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
        let entries: Vec<Entry> = stored.iter().flatten().map(|stored| stored.entry.clone()).collect();
        let mut alone = self.alone_among(&entries)?.into_iter();
        let mut once = BTreeSet::new();
        let mut accepted = vec![AcceptedPayload::Unwanted; payloads.len()];
        let mut quick: Vec<(usize, &Stored)> = Vec::new();
        let mut long: Vec<(usize, &Stored)> = Vec::new();
        for (index, (stored, (id, payload))) in stored.iter().zip(payloads).enumerate() {
            let Some(stored) = stored else { continue };
            let alone = alone.next().unwrap_or_default();
            if !payload.fits(stored.entry.header()) {
                accepted[index] = AcceptedPayload::Misfit;
            } else if self.may_take(&stored.entry, payload) {
                let unread = stored.payload == PayloadState::Missing && stored.verdict.is_none_or(|was| was == UNREAD);
                let list = if alone && unread && once.insert(*id) { &mut quick } else { &mut long };
                list.push((index, stored));
            }
        }
        let creations: Vec<Creation<'_>> =
            quick.iter().map(|(index, stored)| (&stored.entry, &payloads[*index].1)).collect();
        let rows = self.settle_alone(&creations);
        let puts = quick.iter().zip(&rows).map(|((index, stored), row)| PutPayload {
            id: stored.entry.id(),
            payload: &payloads[*index].1,
            verdict: row.is_some().then_some(Verdict::Counted),
        });
        let added = self.writer.as_mut().expect("a transaction was begun").put_payloads(puts)?;
        for (((index, stored), row), new) in quick.iter().zip(rows).zip(added) {
            accepted[*index] = AcceptedPayload::Held { new };
            match row {
                Some(row) => {
                    drop(self.alone.insert(stored.entry.document(), Alone { number: stored.number, row }));
                }
                None => self.touch(&stored.entry, Some(&payloads[*index].1))?,
            }
        }
        for (index, stored) in long {
            let new = self.take_payload(&stored.entry, &payloads[index].1)?;
            accepted[index] = AcceptedPayload::Held { new };
        }
        Ok(accepted)
    }

    /// What was erased elsewhere is taken without its content only where an erase entry says so here.
    pub(crate) fn may_take(&self, entry: &Entry, payload: &Payload) -> bool {
        match payload.content {
            crate::model::Content::Stored(_) => true,
            crate::model::Content::Erased(_) => {
                self.reading(|reader| Ok(!self.erasers(reader, entry)?.is_empty())).unwrap_or(false)
            }
        }
    }

    /// Tells of each entry whether it creates a document of which nothing else is here.
    fn alone_among(&self, entries: &[Entry]) -> Result<Vec<bool>, Error> {
        let writer = self.writer.as_ref().expect("a transaction was begun");
        let named = writer.named(entries.iter().map(Entry::document))?;
        let erasing = writer.view_count(View::Erased)? > 0;
        let mut alone = Vec::with_capacity(entries.len());
        for (entry, named) in entries.iter().zip(named) {
            let header = entry.header();
            let creates = header.kind == Kind::Edit && header.document.is_none() && header.deps.is_empty();
            let one = creates && !named && !self.faults.unsettled && !self.touched.contains(&entry.document());
            let one = one && !self.is_doubtful(&header.chain());
            alone.push(one && (!erasing || self.erasers(writer, entry)?.is_empty()));
        }
        Ok(alone)
    }

    /// Settles documents from their creating edits, half of many on a second thread.
    fn settle_alone(&self, creations: &[Creation<'_>]) -> Vec<Option<Row>> {
        let (governance, keys, faults) = (&self.governance, &self.keys, self.faults);
        if creations.len() < THREAD_MIN {
            return settle_each(creations, governance, keys, faults);
        }
        let (first, second) = creations.split_at(creations.len() / 2);
        std::thread::scope(|scope| {
            let second = scope.spawn(|| settle_each(second, governance, keys, faults));
            let mut rows = settle_each(first, governance, keys, faults);
            rows.extend(second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            rows
        })
    }

    /// Writes the rows of the documents that were settled as they came in, unless something else was heard of them.
    pub(super) fn write_alone(&mut self, changes: &mut Changes) -> Result<(), Error> {
        let alone = std::mem::take(&mut self.alone);
        if self.governed {
            self.touched.extend(alone.into_keys());
            return Ok(());
        }
        let mut alone: Vec<(DocumentId, Alone)> =
            alone.into_iter().filter(|(document, _)| !self.touched.contains(document)).collect();
        alone.sort_unstable_by_key(|(_, alone)| alone.number);
        let writer = self.writer.as_mut().expect("a transaction was begun");
        rows::put_new(writer, alone.iter().map(|(document, alone)| (*document, alone.number, &alone.row)))?;
        for (document, Alone { number, row }) in alone {
            let bytes = row.encode(writer, document)?;
            writer.put_document_row_at(number, &bytes)?;
            changes.documents.push(document);
            *changes.new.entry(row.kind).or_default() += 1;
        }
        Ok(())
    }
}
