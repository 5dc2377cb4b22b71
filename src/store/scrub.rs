//! Rewriting the file, so that what was erased is in it no longer.
//!
//! The database never writes over a page that a snapshot may still read: it writes the new one elsewhere and frees the old
//! one, whose bytes stay until something else needs the page, mostly never. Inside pages, too, bytes outlive the rows that
//! they were of. So all rows that there are go to a new file, which takes the place of the old one when it is complete: in
//! it, nothing is that no row holds. What the system keeps of a file that is gone is beyond us: disks are to be encrypted.

use std::path::Path;

use redb::backends::FileBackend;
use redb::{Database, Key, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, TableHandle, Value};
use redb::{ReadableTableMetadata, WriteTransaction};

use super::error::{StoreError, failed};
use super::tables::*;
use super::{Reader, Store, View, Writer, backend, begin, builder};

/// The name in `meta` by which the file remembers that it is to be rewritten.
const OWED: &str = "scrub";

impl Reader {
    /// Tells whether something was erased since the file was written anew.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn owes_scrub(&self) -> Result<bool, StoreError> {
        Ok(self.meta(OWED)?.is_some())
    }
}

impl Writer {
    /// Notes that the file is to be rewritten: with the erasure itself, so that a crash in between forgets neither.
    pub(super) fn owe_scrub(&mut self) -> Result<(), StoreError> {
        self.put_meta(OWED, &[1])
    }
}

impl Store {
    /// Writes the file anew with what is in it now. Snapshots that were taken before go on; a crash leaves the old file, or
    /// the new one. A store without a file has nothing to rewrite.
    ///
    /// # Errors
    ///
    /// [`StoreError::Writing`] while a transaction writes; or when the disk fails: then the old file stays.
    pub fn scrub(&mut self) -> Result<(), StoreError> {
        self.shared.check()?;
        let Some(path) = self.path.clone() else { return Ok(()) };
        self.database()?;
        let database = self.database.get().expect("it was opened");
        // Nobody writes meanwhile: this one keeps the place, and comes to nothing.
        let transaction = guarded(|| begin(database))?;
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".new");
        let unfinished = std::path::PathBuf::from(unfinished);
        let written = copy_all(database, &unfinished);
        guarded(|| transaction.abort().map_err(failed))?;
        if let Err(error) = written {
            let _ = std::fs::remove_file(&unfinished);
            return Err(error);
        }
        drop(self.database.take());
        let io = |op, path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Io { op, path, source }
        };
        std::fs::rename(&unfinished, &path).map_err(io("rename", &unfinished))?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        backend::sync_folder(parent).map_err(io("sync", parent))
    }
}

fn copy_all(database: &Database, to: &Path) -> Result<(), StoreError> {
    let io = |source| StoreError::Io { op: "create", path: to.to_owned(), source };
    let file = backend::create_private(to).map_err(io)?;
    guarded(|| {
        let fresh = builder().create_with_backend(FileBackend::new(file).map_err(failed)?).map_err(failed)?;
        let (from, into) = (database.begin_read().map_err(failed)?, begin(&fresh)?);
        copy(&from, &into, FORMAT)?;
        copy(&from, &into, IDS)?;
        copy(&from, &into, TWINS)?;
        copy(&from, &into, RECORDS)?;
        copy(&from, &into, BLOCKS)?;
        copy(&from, &into, CHAINS)?;
        copy(&from, &into, INCARNATIONS)?;
        copy(&from, &into, LINES)?;
        copy(&from, &into, TIPS)?;
        copy(&from, &into, LINKS)?;
        copy(&from, &into, MISSING)?;
        copy(&from, &into, ABOUT)?;
        copy(&from, &into, WAITING)?;
        copy(&from, &into, ROWS)?;
        copy(&from, &into, CHANGES)?;
        copy(&from, &into, META)?;
        copy(&from, &into, LOCAL)?;
        copy(&from, &into, COUNTS)?;
        View::ALL.into_iter().try_for_each(|view| copy(&from, &into, view.table()))?;
        into.open_table(META).map_err(failed)?.remove(OWED).map_err(failed)?;
        // A table that nobody named above would be lost.
        for table in from.list_tables().map_err(failed)? {
            let named = into.list_tables().map_err(failed)?.any(|other| other.name() == table.name());
            if !named {
                return Err(StoreError::Broken);
            }
        }
        into.commit().map_err(failed)
    })
}

fn copy<K: Key + 'static, V: Value + 'static>(
    from: &ReadTransaction,
    into: &WriteTransaction,
    table: TableDefinition<'static, K, V>,
) -> Result<(), StoreError> {
    let from = from.open_table(table).map_err(failed)?;
    let mut to = into.open_table(table).map_err(failed)?;
    for row in from.iter().map_err(failed)? {
        let (key, value) = row.map_err(failed)?;
        to.insert(key.value(), value.value()).map_err(failed)?;
    }
    if from.len().map_err(failed)? == to.len().map_err(failed)? { Ok(()) } else { Err(StoreError::Broken) }
}
