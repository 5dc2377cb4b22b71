//! Blocks: many payloads in one value of the database, so that pages are full.
//!
//! A page holds three or four payloads of 900 bytes and wastes an eighth of itself; a block of four pages wastes a
//! thirtieth [1.16 × the payload on disk one by one, 1.03 × in blocks]. A payload joins the last block when it comes,
//! in whatever order it comes, and stays where it is.
//!
//! ```text
//! block    rows, each: length (LEB128) · bytes
//! ```

use std::ops::Range;

use super::error::{StoreError, corrupt};
use super::read::Log;
use super::record::{Bytes, put_varint};

/// A block takes rows up to this many bytes: four pages of 4 KiB less what the database adds. A larger row is a block
/// of its own.
const BLOCK_BYTES_MAX: usize = 4 * 4096 - 24;

/// Where a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) block: u64,
    pub(super) index: u32,
}

/// The block that grows, as the transaction that writes has it in memory.
#[derive(Debug)]
pub(super) struct Growing {
    block: u64,
    rows: u32,
    bytes: Vec<u8>,
    changed: bool,
}

impl Log<'_> {
    /// Reads a row.
    pub(super) fn row<T>(
        &self,
        spot: Spot,
        read: impl FnOnce(&[u8]) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(growing) = &self.reader.memory.borrow().growing
            && growing.block == spot.block
        {
            return read(&growing.bytes[find(&growing.bytes, spot.index)?.data]);
        }
        let found = self.blocks.table()?.get(spot.block, |bytes| read(&bytes[find(bytes, spot.index)?.data]))?;
        found.ok_or(corrupt("a block"))
    }

    /// Adds a row after all others.
    pub(super) fn append(&mut self, row: &[u8]) -> Result<Spot, StoreError> {
        let mut growing = match self.reader.memory.borrow_mut().growing.take() {
            Some(growing) => growing,
            None => self.last_block()?,
        };
        if growing.rows > 0 && growing.bytes.len() + 3 + row.len() > BLOCK_BYTES_MAX {
            self.write_block(&growing)?;
            growing = Growing { block: growing.block + 1, rows: 0, bytes: Vec::new(), changed: false };
        }
        let spot = Spot { block: growing.block, index: growing.rows };
        put_varint(&mut growing.bytes, row.len() as u64);
        growing.bytes.extend(row);
        growing.rows += 1;
        growing.changed = true;
        self.reader.memory.borrow_mut().growing = Some(growing);
        Ok(spot)
    }

    /// Writes another row in the place of one.
    pub(super) fn replace(&mut self, spot: Spot, row: &[u8]) -> Result<(), StoreError> {
        let mut new = Vec::with_capacity(row.len() + 3);
        put_varint(&mut new, row.len() as u64);
        new.extend(row);
        if let Some(growing) = &mut self.reader.memory.borrow_mut().growing
            && growing.block == spot.block
        {
            let old = find(&growing.bytes, spot.index)?.whole;
            growing.bytes.splice(old, new);
            growing.changed = true;
            return Ok(());
        }
        let bytes = self.blocks.table()?.get(spot.block, |bytes| {
            let old = find(bytes, spot.index)?.whole;
            Ok([&bytes[..old.start], &new, &bytes[old.end..]].concat())
        })?;
        let bytes = bytes.ok_or(corrupt("a block"))?;
        self.blocks.table_mut()?.put(spot.block, bytes.as_slice())
    }

    /// Writes what is only in memory yet.
    pub(super) fn write_growing(&mut self) -> Result<(), StoreError> {
        let growing = self.reader.memory.borrow_mut().growing.take();
        growing.map_or(Ok(()), |growing| self.write_block(&growing))
    }

    fn write_block(&mut self, growing: &Growing) -> Result<(), StoreError> {
        if !growing.changed {
            return Ok(());
        }
        self.blocks.table_mut()?.put(growing.block, growing.bytes.as_slice())
    }

    fn last_block(&self) -> Result<Growing, StoreError> {
        let last = self.blocks.table()?.last(.., |block, bytes| (block, bytes.to_vec()))?;
        let Some((block, bytes)) = last else {
            return Ok(Growing { block: 1, rows: 0, bytes: Vec::new(), changed: false });
        };
        let mut rest = Bytes(&bytes);
        let mut rows = 0;
        while !rest.0.is_empty() {
            let len = rest.length()?;
            rest.take(len as usize)?;
            rows += 1;
        }
        Ok(Growing { block, rows, bytes, changed: false })
    }
}

/// Where a row is in a block, with its length and without.
struct Found {
    whole: Range<usize>,
    data: Range<usize>,
}

fn find(bytes: &[u8], index: u32) -> Result<Found, StoreError> {
    let mut rest = Bytes(bytes);
    for before in 0..=index {
        let start = bytes.len() - rest.0.len();
        let len = rest.length()? as usize;
        let data = bytes.len() - rest.0.len();
        rest.take(len)?;
        if before == index {
            return Ok(Found { whole: start..data + len, data: data..data + len });
        }
    }
    Err(corrupt("a block"))
}
