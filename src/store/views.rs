//! Views, changes, and small tables: bytes that only the node understands.

use redb::{TableDefinition, TableError, WriteTransaction};

use crate::model::{DocumentId, EntryId, EpochId};

use super::Number;
use super::error::{StoreError, corrupt, failed};
use super::packed::Packed;
use super::read::Reader;
use super::record::{Bytes, put_varint};
use super::tables::{CHANGES, COUNTS, DOCUMENTS, LOCAL, META, ROWS, WAITING, guarded};
use super::write::Writer;

/// Most rows of documents that wait for their block: about 1 MB.
const WAITING_ROWS_MAX: usize = 4_096;

/// Rows of a view: keys and values, ascending by key.
pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// A view with keys and values of the node's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// Handles of documents and members.
    Handle,
    /// Documents by what they were imported from.
    Origin,
    /// Terms of the glossary.
    Term,
    /// Members and their devices.
    Member,
    /// Documents by kind.
    Kind,
    /// Documents by the document they are about: posts of a thread, threads of a practice.
    Parent,
    /// Documents with entries that do not count.
    Held,
    /// Conflicts to be settled.
    Conflict,
    /// What erase entries name.
    Erased,
    /// Figures.
    Figure,
}

impl View {
    /// Every view.
    pub const ALL: [View; 10] = [
        View::Handle,
        View::Origin,
        View::Term,
        View::Member,
        View::Kind,
        View::Parent,
        View::Held,
        View::Conflict,
        View::Erased,
        View::Figure,
    ];

    pub(super) fn table(self) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
        TableDefinition::new(match self {
            View::Handle => "view handle",
            View::Origin => "view origin",
            View::Term => "view term",
            View::Member => "view member",
            View::Kind => "view kind",
            View::Parent => "view parent",
            View::Held => "view held",
            View::Conflict => "view conflict",
            View::Erased => "view erased",
            View::Figure => "view figure",
        })
    }

    pub(super) fn create_all(transaction: &WriteTransaction) -> Result<(), TableError> {
        View::ALL.into_iter().try_for_each(|view| transaction.open_table(view.table()).map(drop))
    }
}

/// What an entry waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Want {
    /// An entry.
    Entry(EntryId),
    /// The payload of an entry.
    Payload(EntryId),
    /// The key of an epoch.
    Key(EpochId),
    /// The remaining parts of a writing, named by an entry of it.
    Parts(EntryId),
}

impl Want {
    fn key(self, number: Number) -> [u8; 41] {
        let mut key = [0; 41];
        let (tag, name): (u8, &[u8]) = match &self {
            Want::Entry(id) => (1, &id.0),
            Want::Payload(id) => (2, &id.0),
            Want::Key(epoch) => (3, &epoch.0),
            Want::Parts(id) => (4, &id.0),
        };
        key[0] = tag;
        key[1..=name.len()].copy_from_slice(name);
        key[33..].copy_from_slice(&number.0.to_be_bytes());
        key
    }

    fn read(key: &[u8; 41]) -> Result<(Want, Number), StoreError> {
        let damaged = || corrupt("what an entry waits for");
        let id = EntryId::from_slice(&key[1..33]).ok_or_else(damaged)?;
        let want = match key[0] {
            1 => Want::Entry(id),
            2 => Want::Payload(id),
            3 => Want::Key(EpochId::of(id)),
            4 => Want::Parts(id),
            _ => return Err(damaged()),
        };
        let number = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        Ok((want, Number(number.ok_or_else(damaged)?)))
    }
}

/// A row of `rows`.
struct Changed<'a> {
    /// The latest change of the document.
    change: u64,
    row: Option<&'a [u8]>,
}

impl<'a> Changed<'a> {
    fn read(bytes: &'a [u8]) -> Result<Changed<'a>, StoreError> {
        let mut rest = Bytes(bytes);
        let head = rest.varint()?;
        Ok(Changed { change: head >> 1, row: (head & 1 == 1).then_some(rest.0) })
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(10 + self.row.map_or(0, <[u8]>::len));
        put_varint(&mut out, self.change << 1 | u64::from(self.row.is_some()));
        out.extend(self.row.unwrap_or_default());
        out
    }
}

impl Reader {
    fn rows(&self) -> Packed<'_> {
        Packed::new(&self.source, ROWS, &self.packs.rows)
    }

    /// Reads a row of `rows`, in its block or not.
    fn changed<T>(
        &self,
        number: Number,
        read: impl FnOnce(Changed<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if let Some(row) = self.packs.waiting_rows.borrow().get(&number.0) {
            return read(Changed::read(row)?).map(Some);
        }
        self.rows().get(number.0, |row| read(Changed::read(row)?))
    }

    /// Brings the rows that wait into their blocks, in order.
    fn place_rows(&self) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut *self.packs.waiting_rows.borrow_mut());
        let mut rows = self.rows();
        waiting.iter().try_for_each(|(number, row)| rows.put(*number, row))
    }

    fn changes(&self) -> Packed<'_> {
        Packed::new(&self.source, CHANGES, &self.packs.changes)
    }

    /// Writes the blocks of rows and changes that are only in memory yet.
    pub(super) fn flush_views(&self) -> Result<(), StoreError> {
        self.place_rows()?;
        self.rows().flush()?;
        self.changes().flush()
    }

    /// Returns one value of a view.
    pub fn view(&self, view: View, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.common.check()?;
        self.source.open(view.table())?.get(key, |value| Ok(value.to_vec()))
    }

    /// Returns up to `limit` rows of a view whose keys start with `prefix` and are above `after`, ascending.
    pub fn view_rows(&self, view: View, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Rows, StoreError> {
        self.common.check()?;
        rows(self, view.table(), prefix, after, limit)
    }

    /// Counts the rows of a view.
    pub fn view_count(&self, view: View) -> Result<u64, StoreError> {
        self.common.check()?;
        self.source.open(view.table())?.count()
    }

    /// Returns the row of a document.
    pub fn document_row(&self, document: DocumentId) -> Result<Option<Vec<u8>>, StoreError> {
        match self.number(document.into())? {
            Some(number) => self.document_row_at(number),
            None => Ok(None),
        }
    }

    /// Returns the row of the document created by the entry with a local number.
    pub fn document_row_at(&self, number: Number) -> Result<Option<Vec<u8>>, StoreError> {
        self.common.check()?;
        Ok(self.changed(number, |found| Ok(found.row.map(<[u8]>::to_vec)))?.flatten())
    }

    /// Returns up to `limit` rows of documents from a local number on, in the order in which their creating edits came.
    pub fn document_rows(&self, from: Number, limit: usize) -> Result<Vec<(Number, DocumentId, Vec<u8>)>, StoreError> {
        let log = self.log()?;
        let mut found = Vec::new();
        self.place_rows()?;
        self.rows().scan(from.0, |number, row| {
            if found.len() < limit
                && let Some(row) = Changed::read(row)?.row
            {
                found.push((Number(number), row.to_vec()));
            }
            Ok(found.len() < limit)
        })?;
        let named = found.into_iter().map(|(number, row)| Ok((number, log.name(number)?.into(), row)));
        named.collect()
    }

    /// Returns up to `limit` documents that have a row and whose ids start with these bytes, ascending.
    pub fn documents_by_prefix(&self, prefix: &[u8], limit: usize) -> Result<Vec<(DocumentId, Number)>, StoreError> {
        // Ids that start alike are few unless the prefix is very short.
        let ids = self.ids_by_prefix(prefix, usize::MAX)?;
        let mut found = Vec::new();
        for (id, number) in ids {
            if found.len() == limit {
                break;
            }
            if self.changed(number, |found| Ok(found.row.is_some()))? == Some(true) {
                found.push((id.into(), number));
            }
        }
        Ok(found)
    }

    /// Counts the documents that have a row.
    pub fn document_count(&self) -> Result<u64, StoreError> {
        self.common.check()?;
        let stored = self.source.open(COUNTS)?.get(DOCUMENTS, Ok)?.unwrap_or(0);
        let change = self.memory.borrow().counts.get(&DOCUMENTS).copied().unwrap_or(0);
        stored.checked_add_signed(change).ok_or(corrupt("a count"))
    }

    /// Returns the number of the latest change; zero when there was none.
    pub fn change_count(&self) -> Result<u64, StoreError> {
        self.common.check()?;
        self.changes().last_key().map(|last| last.unwrap_or(0))
    }

    /// Returns up to `limit` documents that changed after change `after`, each with its latest change, ascending.
    pub fn changes_since(&self, after: u64, limit: usize) -> Result<Vec<(u64, DocumentId)>, StoreError> {
        let log = self.log()?;
        let mut found = Vec::new();
        let Some(from) = after.checked_add(1) else { return Ok(Vec::new()) };
        self.changes().scan(from, |change, row| {
            if found.len() < limit {
                found.push((change, Bytes(row).varint()?));
            }
            Ok(found.len() < limit)
        })?;
        // The last one is kept for its number alone when views were cleared.
        let named = found.into_iter().filter(|(_, number)| *number != 0);
        named.map(|(change, number)| Ok((change, log.name(Number(number))?.into()))).collect()
    }

    /// Returns the latest change of a document.
    pub fn change_of(&self, document: DocumentId) -> Result<Option<u64>, StoreError> {
        let Some(number) = self.number(document.into())? else { return Ok(None) };
        self.changed(number, |found| Ok(found.change))
    }

    /// Returns the entries that wait for something, in the order of arrival.
    pub fn waiting_for(&self, want: Want) -> Result<Vec<Number>, StoreError> {
        self.common.check()?;
        let [low, high] = [0, u64::MAX].map(|number| want.key(Number(number)));
        let mut found = Vec::new();
        self.source.open(WAITING)?.scan(&low..=&high, |key, ()| {
            found.push(Want::read(key)?.1);
            Ok(true)
        })?;
        Ok(found)
    }

    /// Returns up to `limit` pairs of what is waited for and what waits.
    pub fn waiting(&self, limit: usize) -> Result<Vec<(Want, Number)>, StoreError> {
        self.common.check()?;
        let mut found = Vec::new();
        self.source.open(WAITING)?.scan(.., |key, ()| {
            if found.len() < limit {
                found.push(Want::read(key)?);
            }
            Ok(found.len() < limit)
        })?;
        Ok(found)
    }

    /// Counts the pairs of what is waited for and what waits.
    pub fn waiting_count(&self) -> Result<u64, StoreError> {
        self.common.check()?;
        self.source.open(WAITING)?.count()
    }

    /// Returns bytes kept under a name.
    pub fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.common.check()?;
        self.source.open(META)?.get(name, |value| Ok(value.to_vec()))
    }

    /// Returns bytes of this machine's own.
    pub fn local(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.common.check()?;
        self.source.open(LOCAL)?.get(key, |value| Ok(value.to_vec()))
    }

    /// Returns up to `limit` rows of this machine's own whose keys start with `prefix` and are above `after`.
    pub fn local_rows(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Rows, StoreError> {
        self.common.check()?;
        rows(self, LOCAL, prefix, after, limit)
    }
}

/// What becomes of the row of a document that changed.
enum Touch<'a> {
    Put(&'a [u8]),
    Keep,
    Remove,
}

impl Writer {
    /// Writes one row of a view.
    pub fn put_view(&mut self, view: View, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.write_other(|reader| reader.source.open(view.table())?.put(key, value))
    }

    /// Writes rows of a view that have a key and no value. Cheaper than one by one, above all in the order of the keys.
    pub fn put_view_keys<'k>(
        &mut self,
        view: View,
        keys: impl IntoIterator<Item = &'k [u8]>,
    ) -> Result<(), StoreError> {
        self.write_other(|reader| {
            let mut table = reader.source.open(view.table())?;
            keys.into_iter().try_for_each(|key| table.put(key, &[][..]))
        })
    }

    /// Takes one row of a view away; tells whether it was there.
    pub fn remove_view(&mut self, view: View, key: &[u8]) -> Result<bool, StoreError> {
        self.write_other(|reader| reader.source.open(view.table())?.remove(key))
    }

    /// Writes the row of a document, and notes that it changed; returns the change.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`] when the edit that created it is not here.
    pub fn put_document_row(&mut self, document: DocumentId, row: &[u8]) -> Result<u64, StoreError> {
        let number = self.number(document.into())?.ok_or(StoreError::Absent(document.into()))?;
        self.touch(number, Touch::Put(row))
    }

    /// Writes the row of the document created by the entry with a local number, as [`Writer::put_document_row`] does.
    pub fn put_document_row_at(&mut self, number: Number, row: &[u8]) -> Result<u64, StoreError> {
        self.touch(number, Touch::Put(row))
    }

    /// Takes the row of a document away, and notes that it changed; returns the change, if there was a row.
    pub fn remove_document_row(&mut self, document: DocumentId) -> Result<Option<u64>, StoreError> {
        let Some(number) = self.number(document.into())? else { return Ok(None) };
        if self.document_row_at(number)?.is_none() {
            return Ok(None);
        }
        self.touch(number, Touch::Remove).map(Some)
    }

    /// Notes that what is shown of a document changed; returns the change. One a document and transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`] when the edit that created it is not here.
    pub fn touch_document(&mut self, document: DocumentId) -> Result<u64, StoreError> {
        let number = self.number(document.into())?.ok_or(StoreError::Absent(document.into()))?;
        self.touch(number, Touch::Keep)
    }

    fn touch(&mut self, number: Number, touch: Touch<'_>) -> Result<u64, StoreError> {
        let last = self.change_count()?;
        let first = *self.first_change.get_or_insert(last + 1);
        self.write_other(|reader| {
            let old = reader.changed(number, |found| Ok((found.change, found.row.map(<[u8]>::to_vec))))?;
            let (before, old) = old.map_or((None, None), |(change, row)| (Some(change), row));
            let change = before.filter(|before| *before >= first).unwrap_or(last + 1);
            if before != Some(change) {
                let mut changes = reader.changes();
                // The new one first: so a table of one row never runs empty, which would start the count anew.
                let mut named = Vec::new();
                put_varint(&mut named, number.0);
                changes.put(change, &named)?;
                if let Some(before) = before {
                    changes.remove(before)?;
                }
            }
            let row = match touch {
                Touch::Put(row) => Some(row),
                Touch::Keep => old.as_deref(),
                Touch::Remove => None,
            };
            let more = i64::from(row.is_some()) - i64::from(old.is_some());
            if more != 0 {
                *reader.memory.borrow_mut().counts.entry(DOCUMENTS).or_default() += more;
            }
            let waiting = {
                let mut waiting = reader.packs.waiting_rows.borrow_mut();
                waiting.insert(number.0, Changed { change, row }.encode());
                waiting.len()
            };
            if waiting >= WAITING_ROWS_MAX {
                reader.place_rows()?;
            }
            Ok(change)
        })
    }

    /// Throws away every view and document row, to be folded again. Changes count on from where they were.
    pub fn clear_views(&mut self) -> Result<(), StoreError> {
        let last = self.change_count()?;
        let documents = i64::try_from(self.document_count()?).map_err(|_| corrupt("a count"))?;
        self.write_other(|reader| {
            reader.packs.rows.take();
            reader.packs.waiting_rows.take();
            reader.packs.changes.take();
            *reader.memory.borrow_mut().counts.entry(DOCUMENTS).or_default() -= documents;
            let transaction = reader.source.writing()?;
            guarded(|| {
                for view in View::ALL {
                    transaction.delete_table(view.table()).map_err(failed)?;
                }
                transaction.delete_table(ROWS).map_err(failed)?;
                transaction.delete_table(CHANGES).map_err(failed)?;
                transaction.open_table(ROWS).map_err(failed)?;
                transaction.open_table(CHANGES).map_err(failed)?;
                View::create_all(transaction).map_err(failed)
            })?;
            // No entry has number 0: this row only keeps the count.
            if last > 0 { reader.changes().put(last, &[0]) } else { Ok(()) }
        })?;
        self.first_change = None;
        Ok(())
    }

    /// Notes that an entry waits for something.
    pub fn wait_for(&mut self, want: Want, waiter: Number) -> Result<(), StoreError> {
        self.write_other(|reader| reader.source.open(WAITING)?.put(&want.key(waiter), ()))
    }

    /// Returns the entries that waited for something, and forgets that they did.
    pub fn take_waiting(&mut self, want: Want) -> Result<Vec<Number>, StoreError> {
        let waiters = self.waiting_for(want)?;
        self.write_other(|reader| {
            let mut table = reader.source.open(WAITING)?;
            waiters.iter().try_for_each(|waiter| table.remove(&want.key(*waiter)).map(drop))
        })?;
        Ok(waiters)
    }

    /// Forgets that an entry waits for something.
    pub fn stop_waiting(&mut self, want: Want, waiter: Number) -> Result<bool, StoreError> {
        self.write_other(|reader| reader.source.open(WAITING)?.remove(&want.key(waiter)))
    }

    /// Keeps bytes under a name.
    pub fn put_meta(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.write_other(|reader| reader.source.open(META)?.put(name, value))
    }

    /// Keeps bytes of this machine's own.
    pub fn put_local(&mut self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.write_other(|reader| reader.source.open(LOCAL)?.put(key, value))
    }

    /// Forgets bytes of this machine's own; tells whether they were there.
    pub fn remove_local(&mut self, key: &[u8]) -> Result<bool, StoreError> {
        self.write_other(|reader| reader.source.open(LOCAL)?.remove(key))
    }
}

fn rows(
    reader: &Reader,
    table: TableDefinition<'static, &'static [u8], &'static [u8]>,
    prefix: &[u8],
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Rows, StoreError> {
    use std::ops::Bound::{Excluded, Included, Unbounded};
    let from = match after {
        Some(after) if after >= prefix => Excluded(after),
        _ => Included(prefix),
    };
    let mut found = Vec::new();
    reader.source.open(table)?.scan((from, Unbounded), |key, value| {
        if !key.starts_with(prefix) || found.len() >= limit {
            return Ok(false);
        }
        found.push((key.to_vec(), value.to_vec()));
        Ok(true)
    })?;
    Ok(found)
}
