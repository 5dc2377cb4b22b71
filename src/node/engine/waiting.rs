//! Entries whose past is not here: how many may hang, and what lets go of them.
//!
//! An entry hangs as long as an act or an entry that its header names is not in the log. It stands in the store's table
//! of waiting entries under the first one that it lacks; when that comes, it is looked at again.
//!
//! Who is over a limit is answered busy, and nothing is thrown away to make room: what a chain had claimed in its
//! frontier would be sent again for ever. An honest entry is held up by that only until its past is here, for it hangs
//! no more then; and one device can't take the room of all.

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::Error;
use super::Engine;
use crate::model::{DeviceId, Entry, EntryId, Kind};
use crate::store::{Number, Reader, Want};

/// Entries of one device that may hang: an honest one is rarely ahead of its past by more than a session.
pub(crate) const DEVICE_ENTRIES_MAX: usize = 1_000;
/// Bytes of the hanging entries of one device, headers and payloads: a sixteenth of what as many may have.
pub(crate) const DEVICE_BYTES_MAX: u64 = 4 << 20;
/// Entries of a community that may hang: ten devices' worth.
pub(crate) const ENTRIES_MAX: usize = 10_000;
/// Bytes of the hanging entries of a community, headers and payloads: eight devices' worth, a quarter of a small disk's
/// cache.
pub(crate) const BYTES_MAX: u64 = 32 << 20;

/// What hangs, by device.
#[derive(Debug, Default)]
pub(crate) struct Hanging {
    total: Load,
    devices: BTreeMap<DeviceId, Load>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Load {
    entries: usize,
    bytes: u64,
}

impl Load {
    fn with(self, bytes: u64) -> Load {
        self.and(Load { entries: 1, bytes })
    }

    fn and(self, more: Load) -> Load {
        Load { entries: self.entries + more.entries, bytes: self.bytes + more.bytes }
    }

    fn without(self, bytes: u64) -> Load {
        Load { entries: self.entries.saturating_sub(1), bytes: self.bytes.saturating_sub(bytes) }
    }
}

impl Hanging {
    /// Takes one more up, or says which limit it would pass.
    fn add(&mut self, device: DeviceId, bytes: u64) -> Result<(), Error> {
        let (own, total) = self.room(device, Load { entries: 1, bytes })?;
        self.devices.insert(device, own);
        self.total = total;
        Ok(())
    }

    /// Returns what would hang, of the device and of all, with so much more; or which limit that would pass.
    fn room(&self, device: DeviceId, more: Load) -> Result<(Load, Load), Error> {
        let own = self.devices.get(&device).copied().unwrap_or_default().and(more);
        let total = self.total.and(more);
        let full = |what: &str, limit: String| Err(Error::limit(format!("whose past is missing, {what}"), limit));
        if own.entries > DEVICE_ENTRIES_MAX {
            return full("from one device", format!("{DEVICE_ENTRIES_MAX} entries"));
        }
        if own.bytes > DEVICE_BYTES_MAX {
            return full("from one device", format!("{DEVICE_BYTES_MAX} bytes of entries"));
        }
        if total.entries > ENTRIES_MAX {
            return full("in one community", format!("{ENTRIES_MAX} entries"));
        }
        if total.bytes > BYTES_MAX {
            return full("in one community", format!("{BYTES_MAX} bytes of entries"));
        }
        Ok((own, total))
    }

    fn remove(&mut self, device: DeviceId, bytes: u64) {
        self.total = self.total.without(bytes);
        if let Some(own) = self.devices.get_mut(&device) {
            *own = own.without(bytes);
            if own.entries == 0 {
                self.devices.remove(&device);
            }
        }
    }

    /// Counts what hangs in a store.
    fn count(reader: &Reader) -> Result<Hanging, Error> {
        let mut hanging = Hanging::default();
        if reader.waiting_count()? == 0 {
            return Ok(hanging);
        }
        for (_, number) in reader.waiting(usize::MAX)? {
            let Some(stored) = reader.entry_at(number)? else { continue };
            let bytes = bytes_of(&stored.entry);
            let own = hanging.devices.entry(stored.entry.header().device).or_default();
            *own = own.with(bytes);
            hanging.total = hanging.total.with(bytes);
        }
        Ok(hanging)
    }
}

fn bytes_of(entry: &Entry) -> u64 {
    let header = entry.header();
    entry.bytes().len() as u64 + u64::from(header.shape_bytes) + u64::from(header.content_bytes)
}

/// Finds the first entry named by a header that is not here, among those behind `after`.
fn lacking(reader: &Reader, entry: &Entry, after: Option<EntryId>) -> Result<Option<EntryId>, Error> {
    let header = entry.header();
    let named = header.gov.iter().chain(&header.deps);
    let mut seen = after.is_none();
    for id in named {
        if seen && !reader.has(*id)? {
            return Ok(Some(*id));
        }
        seen |= Some(*id) == after;
    }
    Ok(None)
}

impl Engine {
    /// Looks what a new entry lacks, and whether one more may lack something.
    pub(super) fn hang(&mut self, entry: &Entry) -> Result<Option<EntryId>, Error> {
        let header = entry.header();
        // What one writes in a row has mostly seen the same acts.
        let after = header.gov.last().copied().filter(|_| header.gov == self.gov_here);
        let reader = self.writer.as_ref().expect("a transaction was begun");
        let lacks = lacking(reader, entry, after)?;
        if lacks.is_none_or(|id| !header.gov.contains(&id)) {
            self.gov_here.clone_from(&header.gov);
        }
        if self.hanging.is_none() {
            self.hanging = Some(Hanging::count(reader)?);
        }
        if let (Some(_), Some(hanging)) = (lacks, &mut self.hanging) {
            hanging.add(header.device, bytes_of(entry))?;
        }
        Ok(lacks)
    }

    /// Says whether a run may hang as far as it would: a part of it would end in an entry without a signature, which
    /// nobody could be given.
    pub(super) fn check_room(&mut self, entries: &[Entry]) -> Result<(), Error> {
        let reader = self.writer.as_ref().expect("a transaction was begun");
        let mut earlier = BTreeSet::new();
        let mut more = Load::default();
        for entry in entries {
            let header = entry.header();
            let mut named = header.gov.iter().chain(&header.deps).filter(|id| !earlier.contains(*id));
            if !reader.has(entry.id())?
                && named.try_fold(false, |lacks, id| Ok::<_, Error>(lacks || !reader.has(*id)?))?
            {
                more = more.with(bytes_of(entry));
            }
            earlier.insert(entry.id());
        }
        if more.entries == 0 {
            return Ok(());
        }
        let hanging = match self.hanging.take() {
            Some(hanging) => hanging,
            None => Hanging::count(reader)?,
        };
        self.hanging.insert(hanging).room(entries[0].header().device, more).map(|_| ())
    }

    /// Notes what a new entry waits for, and lets go of those that waited for it.
    pub(super) fn unhang(&mut self, entry: EntryId, number: Number, lacks: Option<EntryId>) -> Result<(), Error> {
        let writer = self.writer.as_mut().expect("a transaction was begun");
        if let Some(lacks) = lacks {
            writer.wait_for(Want::Entry(lacks), number)?;
        }
        if self.hanging.as_ref().is_none_or(|hanging| hanging.total.entries == 0) {
            return Ok(());
        }
        for waiter in writer.take_waiting(Want::Entry(entry))? {
            let Some(stored) = writer.entry_at(waiter)? else { continue };
            if let Some(next) = lacking(writer, &stored.entry, Some(entry))? {
                writer.wait_for(Want::Entry(next), waiter)?;
                continue;
            }
            if let Some(hanging) = &mut self.hanging {
                hanging.remove(stored.entry.header().device, bytes_of(&stored.entry));
            }
            if matches!(stored.entry.header().kind, Kind::Edit | Kind::Mark) {
                self.touched.insert(stored.entry.document());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(number: u32) -> DeviceId {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&number.to_le_bytes());
        DeviceId(id)
    }

    /// Adds entries of one size, device by device, and counts those that are taken.
    fn taken(devices: u32, each: usize, bytes: u64) -> usize {
        let mut hanging = Hanging::default();
        (0..devices).map(|d| (0..each).filter(|_| hanging.add(device(d), bytes).is_ok()).count()).sum()
    }

    #[test]
    fn limits_hold_to_the_entry_and_to_the_byte() {
        assert_eq!(taken(1, DEVICE_ENTRIES_MAX, 1), DEVICE_ENTRIES_MAX);
        assert_eq!(taken(1, DEVICE_ENTRIES_MAX + 1, 1), DEVICE_ENTRIES_MAX);
        assert_eq!(taken(10, DEVICE_ENTRIES_MAX, 1), ENTRIES_MAX);
        assert_eq!(taken(11, DEVICE_ENTRIES_MAX, 1), ENTRIES_MAX);
        let piece = 1 << 16;
        let each = usize::try_from(DEVICE_BYTES_MAX / piece).expect("few");
        assert_eq!(taken(1, each + 1, piece), each);
        assert_eq!(taken(1, each, piece + 1), each - 1);
        assert_eq!(taken(9, each, piece), 8 * each);
    }

    #[test]
    fn what_is_let_go_makes_room() {
        let mut hanging = Hanging::default();
        (0..DEVICE_ENTRIES_MAX).for_each(|_| hanging.add(device(0), 10).expect("there is room"));
        assert!(hanging.add(device(0), 10).is_err() && hanging.add(device(1), 10).is_ok());
        hanging.remove(device(0), 10);
        hanging.remove(device(1), 10);
        assert!(hanging.add(device(0), 10).is_ok() && hanging.add(device(0), 10).is_err());
        (0..DEVICE_ENTRIES_MAX).for_each(|_| hanging.remove(device(0), 10));
        assert!(hanging.devices.is_empty() && hanging.total == Load::default());
    }
}
