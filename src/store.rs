//! The store: one file per community that holds its log of entries and the views folded from it.
//!
//! It keeps what it is given and finds it again: entries by id and by local number, chains with their tips and forks,
//! which payloads are missing, what waits for what, and views as bytes that only the node understands. It judges
//! nothing: what comes in was verified above, and the verdict is told to it.
//!
//! - [`Store`] is the open file. [`Store::read`] gives a [`Reader`], a snapshot; [`Store::write`] gives the one
//!   [`Writer`], which reads its own writes (it derefs to [`Reader`]) and ends with [`Writer::commit`] or is dropped.
//! - One transaction carries entries, frontier and views. When [`Writer::commit`] has returned, all of it survives a
//!   crash: every commit has two phases and saves the allocator's state, so that opening after a kill takes
//!   milliseconds instead of a walk over the file.
//! - After a failed commit nobody knows what the file holds. The store then refuses every call
//!   ([`StoreError::Poisoned`]) until it is opened again.
//! - A store in a file is opened for reading, which writes nothing, and for writing when the first transaction that
//!   writes begins: what only looks waits for no disk.
//! - Damaged bytes give [`StoreError::Corrupt`]: headers are checked against their ids and payloads against their
//!   roots when they are read, and a panic of the database over a damaged page is caught.
//!
//! Layout of the file: `store/tables.rs` (the tables), `store/record.rs` (one entry), `store/packed.rs` (many
//! small rows), `store/block.rs` (payloads).

mod backend;
mod block;
mod chain;
mod error;
mod packed;
mod read;
mod record;
mod scrub;
mod tables;
mod views;
mod write;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use redb::backends::FileBackend;
use redb::{Database, ReadOnlyDatabase, ReadableDatabase, StorageBackend};

use crate::model::CommunityId;

pub use chain::{Fork, Frontier, Missing, Tip};
pub use error::StoreError;
pub use read::{Reader, Stats, Stored, VerdictClass};
pub use record::PayloadState;
pub use tables::catches_panics;
pub use views::{Rows, View, Want};
pub use write::{Put, PutPayload, Writer};

use backend::{Overlay, Shared};
use error::{corrupt, failed};
use tables::{FORMAT, META, Source, guarded};

/// The format number of the files that this program writes.
pub const FORMAT_NUMBER: u32 = 2;
/// Bytes of pages that an open store keeps in memory: the database's own default of 1 GiB is over our memory targets.
pub const CACHE_BYTES: usize = 16 << 20;
/// Most tips of a chain: each fork costs a tip in every frontier, and an honest device forks a handful of times.
pub const TIPS_MAX: usize = 16;
/// Most incarnations of a device: one each restore or copy; more is somebody who floods the frontier.
pub const INCARNATIONS_MAX: usize = 64;

const COMMUNITY_KEY: &str = "community";

/// The number of an entry in this file, from 1 in the order of arrival. It means nothing elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub u64);

/// An open store.
pub struct Store {
    /// Set from the first transaction that writes on.
    database: OnceLock<Database>,
    /// What is read until then.
    quiet: Mutex<Option<ReadOnlyDatabase>>,
    shared: Arc<Common>,
    path: Option<PathBuf>,
}

/// What the store and its transactions have in common.
#[derive(Debug)]
struct Common {
    community: CommunityId,
    poisoned: AtomicBool,
}

impl Store {
    /// Creates the store of a community.
    ///
    /// The file appears under its name when it is complete: a crash leaves none, or a stray `.new` beside it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Exists`] when there is a file already.
    pub fn create(path: &Path, community: CommunityId) -> Result<Store, StoreError> {
        if path.exists() {
            return Err(StoreError::Exists(path.to_owned()));
        }
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".new");
        let unfinished = PathBuf::from(unfinished);
        let io = |op, path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Io { op, path, source }
        };
        let file = backend::create_private(&unfinished).map_err(io("create", &unfinished))?;
        let mut store = Store::create_with_backend(FileBackend::new(file).map_err(failed)?, community)?;
        std::fs::rename(&unfinished, path).map_err(io("rename", &unfinished))?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        backend::sync_folder(parent).map_err(io("sync", parent))?;
        store.path = Some(path.to_owned());
        Ok(store)
    }

    /// Creates the store of a community on a backend that holds nothing yet.
    ///
    /// # Errors
    ///
    /// When the backend fails.
    pub fn create_with_backend(backend: impl StorageBackend, community: CommunityId) -> Result<Store, StoreError> {
        let database = guarded(|| builder().create_with_backend(backend).map_err(failed))?;
        guarded(|| {
            let transaction = begin(&database)?;
            tables::create_all(&transaction).map_err(failed)?;
            View::create_all(&transaction).map_err(failed)?;
            let mut meta = transaction.open_table(META).map_err(failed)?;
            meta.insert(COMMUNITY_KEY, &community.0[..]).map_err(failed)?;
            drop(meta);
            let mut format = transaction.open_table(FORMAT).map_err(failed)?;
            format.insert("format", FORMAT_NUMBER).map_err(failed)?;
            drop(format);
            transaction.commit().map_err(failed)
        })?;
        Ok(Store::new(database, community, None))
    }

    /// Opens the store in a file.
    ///
    /// # Errors
    ///
    /// [`StoreError::Newer`], having written nothing, when a newer program wrote it; [`StoreError::Foreign`] when it is
    /// no store; [`StoreError::Locked`] when another process has it.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let io = |source| StoreError::Io { op: "open", path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        let again = File::open(path).map_err(io)?;
        let (community, quiet) = check_format(
            FileBackend::new(file).map_err(failed)?,
            // Opened only when the first is closed: both lock the file.
            move || FileBackend::new(again).map_err(failed),
        )?;
        let store = Store {
            database: OnceLock::new(),
            quiet: Mutex::new(quiet),
            shared: Common::new(community),
            path: Some(path.to_owned()),
        };
        if store.quiet().is_none() {
            // What needs a repair gets it now.
            store.database()?;
        }
        Ok(store)
    }

    /// Opens the store on a backend, as [`Store::open`] does in a file.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub fn open_with_backend(backend: impl StorageBackend) -> Result<Store, StoreError> {
        let backend = Arc::new(backend);
        let again = Shared::new(backend.clone());
        let (community, quiet) = check_format(Shared::new(backend.clone()), move || Ok(again))?;
        drop(quiet);
        let database = guarded(|| builder().create_with_backend(Shared::closing(backend)).map_err(failed))?;
        Ok(Store::new(database, community, None))
    }

    fn new(database: Database, community: CommunityId, path: Option<PathBuf>) -> Store {
        let quiet = Mutex::new(None);
        Store { database: OnceLock::from(database), quiet, shared: Common::new(community), path }
    }

    /// Returns the community whose store it is.
    pub fn community(&self) -> CommunityId {
        self.shared.community
    }

    /// Takes a snapshot.
    ///
    /// # Errors
    ///
    /// When the store is poisoned or the database fails.
    pub fn read(&self) -> Result<Reader, StoreError> {
        self.shared.check()?;
        let quiet = self.quiet();
        let transaction = match &*quiet {
            Some(database) => guarded(|| database.begin_read().map_err(failed))?,
            None => {
                drop(quiet);
                let database = self.database()?;
                guarded(|| database.begin_read().map_err(failed))?
            }
        };
        Ok(Reader::new(Source::Read(transaction), self.shared.clone()))
    }

    /// Begins the transaction that writes. The first one ends the snapshots that were taken before it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Writing`] while there is another one.
    pub fn write(&self) -> Result<Writer, StoreError> {
        self.shared.check()?;
        let database = self.database()?;
        let transaction = guarded(|| begin(database));
        self.shared.note(&transaction);
        let transaction = transaction?;
        Ok(Writer::new(Reader::new(Source::Write(Some(Box::new(transaction))), self.shared.clone())))
    }

    /// Returns the bytes that the file takes on the disk; none without a file.
    ///
    /// The length says less: the file grows in steps and has holes.
    pub fn disk_bytes(&self) -> Option<u64> {
        self.path.as_deref().and_then(|path| path.metadata().ok()).map(|metadata| backend::allocated(&metadata))
    }

    /// Reads every page and compares it with its checksum; tells whether all were sound.
    ///
    /// # Errors
    ///
    /// When what is damaged can't be passed over, or a transaction is open.
    pub fn check(&mut self) -> Result<bool, StoreError> {
        self.shared.check()?;
        self.database()?;
        let database = self.database.get_mut().expect("it was opened");
        guarded(|| database.check_integrity().map_err(failed))
    }

    fn quiet(&self) -> MutexGuard<'_, Option<ReadOnlyDatabase>> {
        self.quiet.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the database as it can be written, which ends reading it as it can't.
    fn database(&self) -> Result<&Database, StoreError> {
        if let Some(database) = self.database.get() {
            return Ok(database);
        }
        let mut quiet = self.quiet();
        if let Some(database) = quiet.take() {
            // The file's lock goes with it, whatever snapshots there still are.
            guarded(|| database.close().map_err(failed))?;
        }
        if self.database.get().is_none() {
            let path = self.path.as_deref().ok_or(StoreError::Foreign)?;
            let file = File::options().read(true).write(true).open(path);
            let file = file.map_err(|source| StoreError::Io { op: "open", path: path.to_owned(), source })?;
            let backend = FileBackend::new(file).map_err(failed)?;
            let database = guarded(|| builder().create_with_backend(backend).map_err(failed))?;
            let _ = self.database.set(database);
        }
        Ok(self.database.get().expect("it was opened"))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("community", &self.shared.community).field("path", &self.path).finish()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Closing reads and writes pages, and a damaged one may panic.
        let (database, quiet) = (self.database.take(), self.quiet().take());
        let _ = guarded(|| {
            drop((database, quiet));
            Ok(())
        });
    }
}

impl Common {
    fn new(community: CommunityId) -> Arc<Common> {
        Arc::new(Common { community, poisoned: AtomicBool::new(false) })
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.poisoned.load(Ordering::Acquire) { Err(StoreError::Poisoned) } else { Ok(()) }
    }

    fn poison(&self) {
        self.poisoned.store(true, Ordering::Release);
    }

    /// Poisons the store when a write failed because of the disk.
    fn note<T>(&self, done: &Result<T, StoreError>) {
        match done {
            Err(error @ StoreError::Database(_)) if !error.is_corrupt() => self.poison(),
            Err(StoreError::Poisoned) => self.poison(),
            _ => {}
        }
    }
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

fn begin(database: &Database) -> Result<redb::WriteTransaction, StoreError> {
    let mut transaction = database.try_begin_write().map_err(failed)?;
    transaction.set_two_phase_commit(true);
    transaction.set_quick_repair(true);
    Ok(transaction)
}

/// Reads format number and community without writing. Comes back with the database so opened; without, if it must repair
/// itself after a crash before it can be read: then it was read on a copy in memory of the pages it touches.
fn check_format<B: StorageBackend>(
    backend: impl StorageBackend,
    again: impl FnOnce() -> Result<B, StoreError>,
) -> Result<(CommunityId, Option<ReadOnlyDatabase>), StoreError> {
    if guarded(|| backend.len().map_err(|error| failed(redb::StorageError::from(error))))? == 0 {
        return Err(StoreError::Foreign);
    }
    match guarded(|| Ok(builder().open_read_only_with_backend(backend)))? {
        Ok(database) => Ok((read_format(&database)?, Some(database))),
        Err(redb::DatabaseError::RepairAborted) => {
            let backend = Overlay::new(again()?);
            let database = guarded(|| builder().create_with_backend(backend).map_err(failed))?;
            Ok((read_format(&database)?, None))
        }
        Err(redb::DatabaseError::Storage(redb::StorageError::Io(error)))
            if error.kind() == std::io::ErrorKind::InvalidData =>
        {
            Err(StoreError::Foreign)
        }
        Err(error) => Err(failed(error)),
    }
}

fn read_format(database: &impl ReadableDatabase) -> Result<CommunityId, StoreError> {
    guarded(|| {
        let transaction = database.begin_read().map_err(failed)?;
        let format = match transaction.open_table(FORMAT) {
            Ok(table) => table.get("format").map_err(failed)?.map(|found| found.value()),
            Err(redb::TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(failed(error)),
        };
        match format {
            None => Err(StoreError::Foreign),
            Some(found) if found > FORMAT_NUMBER => Err(StoreError::Newer { found, known: FORMAT_NUMBER }),
            Some(found) if found < FORMAT_NUMBER => Err(StoreError::Older { found }),
            Some(_) => {
                let meta = transaction.open_table(META).map_err(failed)?;
                let community = meta.get(COMMUNITY_KEY).map_err(failed)?;
                community.and_then(|found| CommunityId::from_slice(found.value())).ok_or(corrupt("the community id"))
            }
        }
    })
}
