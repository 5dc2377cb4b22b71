//! Files and other places where the database keeps its bytes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use redb::StorageBackend;

/// Creates a file that only its owner can read, over one that an unfinished creation left.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the names in a folder survive a crash.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Returns the bytes that a file takes on the disk.
pub(super) fn allocated(metadata: &Metadata) -> u64 {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::blocks(metadata) * 512;
    #[cfg(not(unix))]
    return metadata.len();
}

/// A backend that several databases use one after the other. It locks nothing.
#[derive(Debug)]
pub(super) struct Shared<B> {
    inner: Arc<B>,
    closing: bool,
}

impl<B: StorageBackend> Shared<B> {
    /// Shares a backend and leaves it open at the end.
    pub(super) fn new(inner: Arc<B>) -> Shared<B> {
        Shared { inner, closing: false }
    }

    /// Shares a backend and closes it at the end.
    pub(super) fn closing(inner: Arc<B>) -> Shared<B> {
        Shared { inner, closing: true }
    }
}

impl<B: StorageBackend> StorageBackend for Shared<B> {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.inner.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.inner.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.inner.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.inner.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        if self.closing { self.inner.close() } else { Ok(()) }
    }
}

/// Bytes of one block of an [`Overlay`].
const BLOCK: u64 = 4096;

/// Reads through to a backend and keeps what is written in memory: a repair that leaves the file as it is.
#[derive(Debug)]
pub(super) struct Overlay<B> {
    below: B,
    above: Mutex<Above>,
}

#[derive(Debug)]
struct Above {
    len: u64,
    blocks: BTreeMap<u64, Box<[u8]>>,
}

impl<B: StorageBackend> Overlay<B> {
    pub(super) fn new(below: B) -> Overlay<B> {
        let len = below.len().unwrap_or(0);
        Overlay { below, above: Mutex::new(Above { len, blocks: BTreeMap::new() }) }
    }

    fn block(&self, number: u64) -> io::Result<Box<[u8]>> {
        let mut block = vec![0; BLOCK as usize].into_boxed_slice();
        let start = number * BLOCK;
        let here = self.below.len()?.saturating_sub(start).min(BLOCK) as usize;
        if here > 0 {
            self.below.read(start, &mut block[..here])?;
        }
        Ok(block)
    }

    /// Calls `with` for each piece of a range: its block, where in the block, where in the range.
    fn pieces(
        &self,
        offset: u64,
        len: usize,
        mut with: impl FnMut(&mut Above, u64, usize, std::ops::Range<usize>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut above = self.above.lock().unwrap_or_else(PoisonError::into_inner);
        if offset.checked_add(len as u64).is_none_or(|end| end > above.len) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut done = 0;
        while done < len {
            let at = offset + done as u64;
            let inside = (at % BLOCK) as usize;
            let count = (BLOCK as usize - inside).min(len - done);
            with(&mut above, at / BLOCK, inside, done..done + count)?;
            done += count;
        }
        Ok(())
    }
}

impl<B: StorageBackend> StorageBackend for Overlay<B> {
    fn len(&self) -> io::Result<u64> {
        Ok(self.above.lock().unwrap_or_else(PoisonError::into_inner).len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.pieces(offset, out.len(), |above, number, inside, range| {
            let count = range.len();
            match above.blocks.get(&number) {
                Some(block) => out[range].copy_from_slice(&block[inside..inside + count]),
                None => out[range].copy_from_slice(&self.block(number)?[inside..inside + count]),
            }
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.above.lock().unwrap_or_else(PoisonError::into_inner).len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.pieces(offset, data.len(), |above, number, inside, range| {
            let block = match above.blocks.entry(number) {
                Entry::Occupied(block) => block.into_mut(),
                Entry::Vacant(free) => free.insert(self.block(number)?),
            };
            block[inside..inside + range.len()].copy_from_slice(&data[range]);
            Ok(())
        })
    }

    fn close(&self) -> io::Result<()> {
        self.below.close()
    }
}
