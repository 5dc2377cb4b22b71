//! What can go wrong in the store.

use std::path::PathBuf;

use crate::model::entry::RunError;
use crate::model::{Chain, DeviceId, EntryId};

/// A failure of the store. Refusals ([`StoreError::is_refusal`]) leave the transaction as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A newer version of the program wrote the store. Nothing was written.
    #[error("the store has format {found}, and this program knows formats up to {known}: install a newer version")]
    Newer {
        /// The store's format number.
        found: u32,
        /// The newest format that this program knows.
        known: u32,
    },
    /// A version of the program from before the first release wrote the store.
    #[error(
        "the store has format {found}, which no released version wrote and none reads: export it with that version"
    )]
    Older {
        /// The store's format number.
        found: u32,
    },
    /// The file is no store, or one that was never finished.
    #[error("there is no store of this program in the file")]
    Foreign,
    /// There is a file already where a store is to be created.
    #[error("`{0}` exists already")]
    Exists(PathBuf),
    /// Another process has the store open.
    #[error("another process has the store open")]
    Locked,
    /// There is a [`Writer`](super::Writer) already: one at a time.
    #[error("a transaction that writes is open already")]
    Writing,
    /// A write failed earlier: what the file holds is known again after it was opened again.
    #[error("an earlier write failed: the store must be opened again")]
    Poisoned,
    /// A write of this transaction failed half way: it can't be committed.
    #[error("an earlier write of this transaction failed")]
    Broken,
    /// The chain has as many tips as it may have.
    #[error("the chain of device {} has too many branches", .0.device)]
    TipsBusy(Chain),
    /// The device has as many incarnations as it may have.
    #[error("device {0} has too many incarnations")]
    IncarnationsBusy(DeviceId),
    /// The entry before it in its chain is not here, so that the frontier could not name it.
    #[error("entry {id} comes after {prev}, which is not here")]
    Gap {
        /// The entry that was to be stored.
        id: EntryId,
        /// The entry that must come first.
        prev: EntryId,
    },
    /// The entry names as `prev` one that is not the entry before it in its chain.
    #[error("entry {0} doesn't follow its `prev`")]
    Unlinked(EntryId),
    /// The payload is not the one that the header names.
    #[error("the payload is not that of entry {0}")]
    Unfit(EntryId),
    /// The entry is not here.
    #[error("entry {0} is not here")]
    Absent(EntryId),
    /// The stored bytes are damaged.
    #[error("the store is damaged: {what}")]
    Corrupt {
        /// What was read.
        what: &'static str,
        /// What was found wrong with it.
        #[source]
        source: Option<RunError>,
    },
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] Box<redb::Error>),
    /// The file system failed.
    #[error("failed to {op} `{path}`")]
    Io {
        /// What was to be done.
        op: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it could not.
        #[source]
        source: std::io::Error,
    },
}

impl StoreError {
    /// Tells whether the call was refused for what was asked, and the transaction can go on.
    pub fn is_refusal(&self) -> bool {
        use StoreError::{Absent, Gap, IncarnationsBusy, TipsBusy, Unfit, Unlinked, Writing};
        matches!(self, TipsBusy(_) | IncarnationsBusy(_) | Gap { .. } | Unlinked(_) | Unfit(_) | Absent(_) | Writing)
    }

    /// Tells whether the stored bytes are damaged.
    pub fn is_corrupt(&self) -> bool {
        matches!(self, StoreError::Corrupt { .. })
            || matches!(self, StoreError::Database(error) if matches!(**error, redb::Error::Corrupted(_)))
    }
}

impl StoreError {
    /// Tells whether opening or reading failed because of what the file holds, not because of the disk it is on.
    pub fn is_damage(&self) -> bool {
        use std::io::ErrorKind::{InvalidData, UnexpectedEof};
        let by_contents = |error: &redb::Error| match error {
            redb::Error::Io(error) => matches!(error.kind(), InvalidData | UnexpectedEof),
            redb::Error::Corrupted(_) => true,
            _ => false,
        };
        self.is_corrupt()
            || matches!(self, StoreError::Foreign)
            || matches!(self, StoreError::Database(error) if by_contents(error))
    }
}

/// Makes the error for damaged bytes.
pub(super) fn corrupt(what: &'static str) -> StoreError {
    StoreError::Corrupt { what, source: None }
}

/// Makes the error for a failure of the database.
pub(super) fn failed(error: impl Into<redb::Error>) -> StoreError {
    use redb::Error::{Corrupted, DatabaseAlreadyOpen, LockProtocolMismatch, PreviousIo, WouldBlock};
    use redb::Error::{TableDoesNotExist, TableIsMultimap, TableTypeMismatch, TypeDefinitionChanged};
    match error.into() {
        DatabaseAlreadyOpen | LockProtocolMismatch => StoreError::Locked,
        WouldBlock => StoreError::Writing,
        PreviousIo => StoreError::Poisoned,
        TableDoesNotExist(_) | TableIsMultimap(_) | TableTypeMismatch { .. } | TypeDefinitionChanged { .. } => {
            corrupt("a table")
        }
        error @ Corrupted(_) => StoreError::Database(Box::new(error)),
        error => StoreError::Database(Box::new(error)),
    }
}
