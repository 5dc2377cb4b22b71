//! The tables of the file: key, value and unit of each; and how they are opened, read and written.
//!
//! Every access to the database goes through [`Table`], which turns a panic of the database over damaged pages into
//! [`StoreError::Corrupt`].
//!
//! ```text
//!  id ──ids──▶ number ──records──▶ header (compact), signature, verdict, state of the payload
//!                                  └─(block, index)──blocks─▶ shape, content
//!  chain ──chains──▶ lines ──tips──▶ last entry;  (line, seq) ──links──▶ number;  (line, from) ──missing──▶ to
//! ```
//!
//! A **line** is a chain without its forks: the entries from a start up to one tip, of which each follows the one
//! before. A fork starts a new line that remembers where it left the old one. So lines and tips are one to one, and a
//! chain has at most [`TIPS_MAX`](super::TIPS_MAX) of them.

use std::borrow::Borrow;
use std::cell::{Cell, OnceCell};
use std::ops::RangeBounds;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redb::{Key, ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata, TableDefinition, TableError};
use redb::{Value, WriteTransaction};

use super::error::{StoreError, corrupt, failed};

/// `format` and nothing else yet → number. Read before anything else.
pub(super) const FORMAT: TableDefinition<&str, u32> = TableDefinition::new("format");
/// First 8 bytes of an entry id, big-endian → local number. Two entries that share them cost 2^32 hashes.
pub(super) const IDS: TableDefinition<u64, u64> = TableDefinition::new("ids");
/// Whole entry id → local number, for an entry whose first 8 bytes are taken in `ids`.
pub(super) const TWINS: TableDefinition<&[u8; 32], u64> = TableDefinition::new("twins");
/// Local number → [`Record`](super::record::Record), [packed](super::packed).
pub(super) const RECORDS: TableDefinition<u64, &[u8]> = TableDefinition::new("records");
/// Block, from 1 → [payloads](super::block).
pub(super) const BLOCKS: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");
/// (Space, device, incarnation: 64 bytes; line, big-endian: 4 bytes) → nothing.
pub(super) const CHAINS: TableDefinition<&[u8; 68], ()> = TableDefinition::new("chains");
/// (Device: 32 bytes; incarnation: 16 bytes) → nothing.
pub(super) const INCARNATIONS: TableDefinition<&[u8; 48], ()> = TableDefinition::new("incarnations");
/// Line → (chain: 64 bytes; the line it left or itself; `seq` of its first entry).
pub(super) const LINES: TableDefinition<u32, (&[u8; 64], u32, u64)> = TableDefinition::new("lines");
/// Line → (`seq`, number, id) of its last entry.
pub(super) const TIPS: TableDefinition<u32, (u64, u64, &[u8; 32])> = TableDefinition::new("tips");
/// (Line, `seq`) → number. Only where a number doesn't follow that of the entry before in the line: an entry without a
/// row has the number of the last row before it, plus the places between.
pub(super) const LINKS: TableDefinition<(u32, u64), u64> = TableDefinition::new("links");
/// (Line, first `seq`) → last `seq` of a range of entries whose payload is not here.
pub(super) const MISSING: TableDefinition<(u32, u64), u64> = TableDefinition::new("missing");
/// (First 16 bytes of the document id; number, big-endian: 8 bytes) → kind of an entry about the document. The
/// creating edit has no row.
pub(super) const ABOUT: TableDefinition<&[u8; 24], u8> = TableDefinition::new("about");
/// (What is waited for: tag and id; number of the waiting entry, big-endian: 8 bytes) → nothing.
pub(super) const WAITING: TableDefinition<&[u8; 41], ()> = TableDefinition::new("waiting");
/// Number of the creating edit → its latest change (LEB128, twice, plus 1 if there is a row) · row of the document, as
/// the node encodes it; [packed](super::packed).
pub(super) const ROWS: TableDefinition<u64, &[u8]> = TableDefinition::new("rows");
/// Change → number of the creating edit (LEB128). One row a document: its latest change. [Packed](super::packed).
pub(super) const CHANGES: TableDefinition<u64, &[u8]> = TableDefinition::new("changes");
/// Name → bytes: what is true of the community's log here.
pub(super) const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
/// Key → bytes: what is this machine's own and never leaves it.
pub(super) const LOCAL: TableDefinition<&[u8], &[u8]> = TableDefinition::new("local");
/// (Kind, class of the verdict) → how many entries; [`DOCUMENTS`] → how many documents have a row.
pub(super) const COUNTS: TableDefinition<(u8, u8), u64> = TableDefinition::new("counts");
/// The row of `counts` that counts documents: no class of verdicts has this number.
pub(super) const DOCUMENTS: (u8, u8) = (u8::MAX, u8::MAX);

/// Runs what touches the database: a panic there means damaged pages.
pub(super) fn guarded<T>(run: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let before = CATCHING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(run));
    CATCHING.set(before);
    result.unwrap_or_else(|_| Err(corrupt("a page")))
}

thread_local! {
    /// Whether a panic of this thread is caught by [`guarded`].
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Tells whether a panic of this thread would be caught and answered as damage, so that nobody need print it.
pub fn catches_panics() -> bool {
    CATCHING.get()
}

/// Where tables are read from.
pub(super) enum Source {
    /// A snapshot.
    Read(ReadTransaction),
    /// The one transaction that writes; taken away when it ends.
    Write(Option<Box<WriteTransaction>>),
}

/// A table, opened at its first use.
pub(super) struct Lazy<'t, K: Key + 'static, V: Value + 'static> {
    source: &'t Source,
    definition: TableDefinition<'static, K, V>,
    open: OnceCell<Table<'t, K, V>>,
}

/// An open table of a snapshot, or of the transaction that writes.
pub(super) enum Table<'t, K: Key + 'static, V: Value + 'static> {
    Read(ReadOnlyTable<K, V>),
    Write(redb::Table<'t, K, V>),
}

impl Source {
    /// Returns the transaction that writes.
    pub(super) fn writing(&self) -> Result<&WriteTransaction, StoreError> {
        match self {
            Source::Write(Some(transaction)) => Ok(transaction),
            _ => Err(StoreError::Broken),
        }
    }

    /// Opens a table. A table of the transaction that writes can be open once at a time.
    pub(super) fn open<K: Key, V: Value>(
        &self,
        definition: TableDefinition<'_, K, V>,
    ) -> Result<Table<'_, K, V>, StoreError> {
        guarded(|| match self {
            Source::Read(transaction) => Ok(Table::Read(transaction.open_table(definition).map_err(failed)?)),
            Source::Write(_) => Ok(Table::Write(self.writing()?.open_table(definition).map_err(failed)?)),
        })
    }
}

impl<'t, K: Key, V: Value> Lazy<'t, K, V> {
    pub(super) fn new(source: &'t Source, definition: TableDefinition<'static, K, V>) -> Lazy<'t, K, V> {
        Lazy { source, definition, open: OnceCell::new() }
    }

    pub(super) fn table(&self) -> Result<&Table<'t, K, V>, StoreError> {
        if self.open.get().is_none() {
            let table = self.source.open(self.definition)?;
            return Ok(self.open.get_or_init(|| table));
        }
        Ok(self.open.get().expect("it is open"))
    }

    pub(super) fn table_mut(&mut self) -> Result<&mut Table<'t, K, V>, StoreError> {
        self.table()?;
        Ok(self.open.get_mut().expect("it is open"))
    }
}

impl<K: Key, V: Value> Table<'_, K, V> {
    /// Reads one value.
    pub(super) fn get<'k, T>(
        &self,
        key: impl Borrow<K::SelfType<'k>>,
        read: impl FnOnce(V::SelfType<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        guarded(|| {
            let found = match self {
                Table::Read(table) => table.get(key).map_err(failed)?,
                Table::Write(table) => table.get(key).map_err(failed)?,
            };
            found.map(|found| read(found.value())).transpose()
        })
    }

    /// Reads a range in ascending order, until `each` returns false.
    pub(super) fn scan<'k>(
        &self,
        range: impl RangeBounds<K::SelfType<'k>> + 'k,
        mut each: impl FnMut(K::SelfType<'_>, V::SelfType<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        guarded(|| {
            for row in self.range(range)? {
                let (key, value) = row.map_err(failed)?;
                if !each(key.value(), value.value())? {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Reads the last row of a range.
    pub(super) fn last<'k, T>(
        &self,
        range: impl RangeBounds<K::SelfType<'k>> + 'k,
        read: impl FnOnce(K::SelfType<'_>, V::SelfType<'_>) -> T,
    ) -> Result<Option<T>, StoreError> {
        guarded(|| {
            let row = self.range(range)?.next_back().transpose().map_err(failed)?;
            Ok(row.map(|(key, value)| read(key.value(), value.value())))
        })
    }

    fn range<'k>(&self, range: impl RangeBounds<K::SelfType<'k>> + 'k) -> Result<redb::Range<'_, K, V>, StoreError> {
        match self {
            Table::Read(table) => table.range(range).map_err(failed),
            Table::Write(table) => table.range(range).map_err(failed),
        }
    }

    /// Counts the rows.
    pub(super) fn count(&self) -> Result<u64, StoreError> {
        guarded(|| match self {
            Table::Read(table) => table.len().map_err(failed),
            Table::Write(table) => table.len().map_err(failed),
        })
    }

    /// Writes one row, over the one with the same key.
    pub(super) fn put<'k, 'v>(
        &mut self,
        key: impl Borrow<K::SelfType<'k>>,
        value: impl Borrow<V::SelfType<'v>>,
    ) -> Result<(), StoreError> {
        guarded(|| match self {
            Table::Read(_) => Err(StoreError::Broken),
            Table::Write(table) => table.insert(key, value).map(drop).map_err(failed),
        })
    }

    /// Takes one row away; tells whether it was there.
    pub(super) fn remove<'k>(&mut self, key: impl Borrow<K::SelfType<'k>>) -> Result<bool, StoreError> {
        guarded(|| match self {
            Table::Read(_) => Err(StoreError::Broken),
            Table::Write(table) => table.remove(key).map(|old| old.is_some()).map_err(failed),
        })
    }
}

/// Creates every table, so that a snapshot always finds them.
pub(super) fn create_all(transaction: &WriteTransaction) -> Result<(), TableError> {
    transaction.open_table(IDS)?;
    transaction.open_table(TWINS)?;
    transaction.open_table(RECORDS)?;
    transaction.open_table(BLOCKS)?;
    transaction.open_table(CHAINS)?;
    transaction.open_table(INCARNATIONS)?;
    transaction.open_table(LINES)?;
    transaction.open_table(TIPS)?;
    transaction.open_table(LINKS)?;
    transaction.open_table(MISSING)?;
    transaction.open_table(ABOUT)?;
    transaction.open_table(WAITING)?;
    transaction.open_table(ROWS)?;
    transaction.open_table(CHANGES)?;
    transaction.open_table(META)?;
    transaction.open_table(LOCAL)?;
    transaction.open_table(COUNTS)?;
    Ok(())
}
