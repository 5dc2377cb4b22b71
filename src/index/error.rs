//! What can go wrong with the index, and the wall that keeps a damaged file from taking the process down.

use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use tantivy::TantivyError;
use tantivy::directory::error::LockError;

/// A failure of the search index. No data is at stake: the index is a view.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The index is damaged or of another format: wipe it and fill it again.
    #[error("the search index in `{}` is damaged or of another version", dir.display())]
    Stale {
        /// The directory of the index.
        dir: PathBuf,
        /// What was met, if it was an error.
        #[source]
        source: Option<TantivyError>,
    },
    /// A file operation failed.
    #[error("failed to {op} `{}`", path.display())]
    File {
        /// What was tried.
        op: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// Another handle or process is writing to the index.
    #[error("the search index in `{}` is being written to", dir.display())]
    Busy {
        /// The directory of the index.
        dir: PathBuf,
    },
    /// The search engine failed: no space, no memory, or a fault of ours.
    #[error("the search engine failed")]
    Engine(#[from] TantivyError),
}

impl IndexError {
    pub(crate) fn stale(dir: &Path) -> IndexError {
        IndexError::Stale { dir: dir.to_path_buf(), source: None }
    }

    pub(crate) fn file(op: &'static str, path: &Path, source: io::Error) -> IndexError {
        IndexError::File { op, path: path.to_path_buf(), source }
    }
}

impl From<io::Error> for IndexError {
    fn from(error: io::Error) -> IndexError {
        IndexError::Engine(error.into())
    }
}

/// Runs something on the index of `dir`; what shows that its files are damaged becomes [`IndexError::Stale`].
///
/// The engine trusts its own files, so that it may panic over bytes that it did not write.
pub(crate) fn guarded<T>(dir: &Path, run: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    let before = CATCHING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(run));
    CATCHING.set(before);
    match result {
        Err(_) => Err(IndexError::stale(dir)),
        Ok(Err(IndexError::Engine(error))) if shows_damage(&error) => {
            Err(IndexError::Stale { dir: dir.to_path_buf(), source: Some(error) })
        }
        Ok(Err(IndexError::Engine(TantivyError::LockFailure(LockError::LockBusy, _)))) => {
            Err(IndexError::Busy { dir: dir.to_path_buf() })
        }
        Ok(result) => result,
    }
}

thread_local! {
    /// Whether a panic of this thread is caught by [`guarded`].
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Tells whether a panic of this thread would be caught and answered as damage, so that nobody need print it.
pub fn catches_panics() -> bool {
    CATCHING.get()
}

fn shows_damage(error: &TantivyError) -> bool {
    match error {
        TantivyError::DataCorruption(_)
        | TantivyError::OpenReadError(_)
        | TantivyError::IncompatibleIndex(_)
        | TantivyError::SchemaError(_)
        | TantivyError::FieldNotFound(_)
        | TantivyError::InternalError(_) => true,
        TantivyError::IoError(error) => {
            matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::Other)
        }
        _ => false,
    }
}
