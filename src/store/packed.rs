//! Packed tables: many small rows in one value of the database, so that pages are full.
//!
//! A table of the database pays up to sixteen bytes a row beside key and value, and where rows come out of order or grow
//! it leaves a third of its pages empty [at 20,000 practices 7.4 MB of document rows took 11.4, two tables of 16 bytes a
//! change 0.9 where these take 0.1]. So the rows of tables that are keyed by numbers lie in blocks of one page each. The
//! last block grows until it is full; a row that no longer fits into an earlier one divides it.
//!
//! ```text
//! block    key of its first row, or less  →  rows, ascending, each: key less the block's key (LEB128) ·
//!          length (LEB128) · bytes
//! ```
//!
//! The transaction that writes keeps the block that it wrote to last in memory, until it writes to another one or ends.

use std::cell::{Ref, RefCell};
use std::ops::{ControlFlow, Range};

use redb::TableDefinition;

use super::error::{StoreError, corrupt};
use super::record::{Bytes, put_varint};
use super::tables::{Lazy, Source};

/// A block takes rows up to this many bytes: a page of 4 KiB less what the database adds. A larger row is a block of
/// its own.
pub(super) const PACK_BYTES_MAX: usize = 4096 - 24;

/// A packed table, opened when it is needed.
pub(super) struct Packed<'t> {
    table: Lazy<'t, u64, &'static [u8]>,
    open: &'t RefCell<Option<Open>>,
}

/// The block that was written to last.
#[derive(Debug)]
pub(super) struct Open {
    /// Key of the block.
    key: u64,
    /// Key of the block that follows; none after the last.
    end: Option<u64>,
    bytes: Vec<u8>,
    /// The table doesn't have it yet. Such a block is the last one.
    fresh: bool,
    changed: bool,
}

impl Open {
    fn covers(&self, key: u64) -> bool {
        self.key <= key && self.end.is_none_or(|end| key < end)
    }
}

/// A row of a block.
struct Row {
    key: u64,
    whole: Range<usize>,
    data: Range<usize>,
}

/// Reads the rows of a block, until `each` breaks.
fn walk<B>(
    block: u64,
    bytes: &[u8],
    mut each: impl FnMut(Row) -> Result<ControlFlow<B>, StoreError>,
) -> Result<Option<B>, StoreError> {
    let mut rest = Bytes(bytes);
    while !rest.0.is_empty() {
        let start = bytes.len() - rest.0.len();
        let key = block.checked_add(rest.varint()?).ok_or(corrupt("a block"))?;
        let length = rest.length()? as usize;
        let data = bytes.len() - rest.0.len();
        rest.take(length)?;
        let end = data + length;
        if let ControlFlow::Break(found) = each(Row { key, whole: start..end, data: data..end })? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Finds the row of a key, or the place where it belongs.
fn find(block: u64, bytes: &[u8], key: u64) -> Result<Result<Row, usize>, StoreError> {
    let found = walk(block, bytes, |row| {
        Ok(match row.key {
            before if before < key => ControlFlow::Continue(()),
            here if here == key => ControlFlow::Break(Ok(row)),
            _ => ControlFlow::Break(Err(row.whole.start)),
        })
    })?;
    Ok(found.unwrap_or(Err(bytes.len())))
}

fn count(open: &Open) -> Result<usize, StoreError> {
    let mut rows = 0;
    walk::<()>(open.key, &open.bytes, |_| {
        rows += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

fn find_first(open: &Open) -> Result<Row, StoreError> {
    walk(open.key, &open.bytes, |row| Ok(ControlFlow::Break(row)))?.ok_or(corrupt("a block"))
}

fn encode(block: u64, key: u64, row: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(row.len() + 8);
    put_varint(&mut out, key - block);
    put_varint(&mut out, row.len() as u64);
    out.extend(row);
    out
}

impl<'t> Packed<'t> {
    pub(super) fn new(
        source: &'t Source,
        definition: TableDefinition<'static, u64, &'static [u8]>,
        open: &'t RefCell<Option<Open>>,
    ) -> Packed<'t> {
        Packed { table: Lazy::new(source, definition), open }
    }

    fn open_at(&self, key: u64) -> Option<Ref<'_, Open>> {
        let open = Ref::filter_map(self.open.borrow(), Option::as_ref).ok()?;
        open.covers(key).then_some(open)
    }

    /// Reads one row.
    pub(super) fn get<T>(
        &self,
        key: u64,
        read: impl FnOnce(&[u8]) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let within =
            |block: u64, bytes: &[u8]| find(block, bytes, key)?.ok().map(|row| read(&bytes[row.data])).transpose();
        if let Some(open) = self.open_at(key) {
            return within(open.key, &open.bytes);
        }
        Ok(self.table.table()?.last(..=key, within)?.transpose()?.flatten())
    }

    /// Reads the rows from a key on in ascending order, until `each` returns false.
    pub(super) fn scan(
        &self,
        from: u64,
        mut each: impl FnMut(u64, &[u8]) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let open = self.open.borrow();
        let mut visit = |block: u64, bytes: &[u8]| {
            let ended = walk(block, bytes, |row| {
                let go_on = row.key < from || each(row.key, &bytes[row.data])?;
                Ok(if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
            Ok::<bool, StoreError>(ended.is_none())
        };
        let first = self.table.table()?.last(..=from, |block, _| block)?.unwrap_or(from);
        let mut going = true;
        self.table.table()?.scan(first.., |block, bytes| {
            let bytes = open.as_ref().filter(|open| open.key == block).map_or(bytes, |open| &open.bytes);
            going = visit(block, bytes)?;
            Ok(going)
        })?;
        match open.as_ref().filter(|open| open.fresh && going) {
            Some(open) => visit(open.key, &open.bytes).map(drop),
            None => Ok(()),
        }
    }

    /// Returns the last key.
    pub(super) fn last_key(&self) -> Result<Option<u64>, StoreError> {
        let last_of = |block: u64, bytes: &[u8]| {
            let mut last = None;
            walk::<()>(block, bytes, |row| {
                last = Some(row.key);
                Ok(ControlFlow::Continue(()))
            })?;
            Ok::<_, StoreError>(last)
        };
        let mut below = None;
        if let Some(open) = self.open.borrow().as_ref().filter(|open| open.end.is_none()) {
            let last = last_of(open.key, &open.bytes)?;
            if last.is_some() {
                return Ok(last);
            }
            below = Some(open.key);
        }
        let table = self.table.table()?;
        let found = match below {
            Some(key) => table.last(..key, last_of)?,
            None => table.last(.., last_of)?,
        };
        found.transpose().map(Option::flatten)
    }

    /// Writes one row, over the one with the same key.
    pub(super) fn put(&mut self, key: u64, row: &[u8]) -> Result<(), StoreError> {
        self.put_leaving(key, row, 0)
    }

    /// Writes one row that will grow: a block is full earlier, so that each of its rows has `room` bytes to do so.
    pub(super) fn put_leaving(&mut self, key: u64, row: &[u8], room: usize) -> Result<(), StoreError> {
        loop {
            let mut open = self.take(key)?;
            let new = encode(open.key, key, row);
            let found = find(open.key, &open.bytes, key)?;
            let (old, last) = match found {
                Ok(row) => (row.whole, false),
                Err(at) => (at..at, at == open.bytes.len()),
            };
            let sole = old.len() == open.bytes.len();
            let left = if last && room > 0 { room * (count(&open)? + 1) } else { 0 };
            if sole || open.bytes.len() - old.len() + new.len() + left <= PACK_BYTES_MAX {
                open.bytes.splice(old, new);
                open.changed = true;
                return self.keep(open);
            }
            if last {
                let next = Open { key, end: open.end, bytes: Vec::new(), fresh: true, changed: true };
                self.write(open)?;
                self.keep(next)?;
            } else {
                self.divide(&open)?;
            }
        }
    }

    /// Takes one row away; tells whether it was there.
    pub(super) fn remove(&mut self, key: u64) -> Result<bool, StoreError> {
        let mut open = self.take(key)?;
        let found = find(open.key, &open.bytes, key)?;
        if let Ok(row) = &found {
            open.bytes.drain(row.whole.clone());
            open.changed = true;
        }
        self.keep(open)?;
        Ok(found.is_ok())
    }

    /// Writes what is only in memory yet.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        let open = self.open.borrow_mut().take();
        open.map_or(Ok(()), |open| self.write(open))
    }

    /// Takes the block in which a key belongs; another one that was open is written.
    fn take(&mut self, key: u64) -> Result<Open, StoreError> {
        if self.open_at(key).is_some() {
            return self.open.borrow_mut().take().ok_or(corrupt("a block"));
        }
        self.flush()?;
        let table = self.table.table()?;
        let found = table.last(..=key, |block, bytes| (block, bytes.to_vec()))?;
        let mut end = None;
        table.scan(key.saturating_add(1).., |block, _| {
            end = Some(block);
            Ok(false)
        })?;
        let end = end.filter(|end| *end > key);
        Ok(match found {
            Some((key, bytes)) => Open { key, end, bytes, fresh: false, changed: false },
            None => Open { key, end, bytes: Vec::new(), fresh: true, changed: false },
        })
    }

    /// Keeps a block in memory, or writes it if it is new and not the last: a scan looks for new ones at the end alone.
    fn keep(&mut self, open: Open) -> Result<(), StoreError> {
        if open.fresh && open.end.is_some() && !open.bytes.is_empty() {
            return self.write(open);
        }
        *self.open.borrow_mut() = Some(open);
        Ok(())
    }

    fn write(&mut self, open: Open) -> Result<(), StoreError> {
        if !open.changed {
            return Ok(());
        }
        let table = self.table.table_mut()?;
        match (open.bytes.is_empty(), open.fresh) {
            (false, _) => table.put(open.key, open.bytes.as_slice()),
            (true, false) => table.remove(open.key).map(drop),
            (true, true) => Ok(()),
        }
    }

    /// Writes a block as two.
    fn divide(&mut self, open: &Open) -> Result<(), StoreError> {
        let half = open.bytes.len() / 2;
        let mut first = Vec::with_capacity(half);
        let mut second: Option<(u64, Vec<u8>)> = None;
        walk::<()>(open.key, &open.bytes, |row| {
            let whole = &open.bytes[row.whole.clone()];
            // At least one row stays, and at least one goes.
            let goes = !first.is_empty() && (row.whole.end > half || row.whole.end == open.bytes.len());
            match &mut second {
                None if !goes => first.extend(whole),
                _ => {
                    let (block, bytes) = second.get_or_insert_with(|| (row.key, Vec::with_capacity(half)));
                    bytes.extend(encode(*block, row.key, &open.bytes[row.data]));
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let table = self.table.table_mut()?;
        match second {
            Some((block, bytes)) => {
                table.put(open.key, first.as_slice())?;
                table.put(block, bytes.as_slice())
            }
            // One row, whose key is above the block's: it becomes a block under its own.
            None => {
                let sole = find_first(open)?;
                table.remove(open.key)?;
                table.put(sole.key, encode(sole.key, sole.key, &open.bytes[sole.data]).as_slice())
            }
        }
    }
}
