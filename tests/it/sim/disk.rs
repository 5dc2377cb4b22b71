//! Disks in memory that fail and crash: what was not synced may be lost, whole or in sectors.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use redb::StorageBackend;
use repertoire::model::CommunityId;
use repertoire::node::home::Disk;
use repertoire::store::{Store, StoreError};

use super::dice::Dice;

/// A disk tears writes at these borders.
const SECTOR: usize = 512;

#[derive(Debug, Clone)]
enum Event {
    Write(u64, Vec<u8>),
    Length(u64),
}

#[derive(Debug, Default)]
struct Bytes {
    /// As the program sees it.
    now: Vec<u8>,
    /// As of the last sync.
    synced: Vec<u8>,
    /// What came since.
    pending: Vec<Event>,
    /// How many more writes and syncs go well.
    left: Option<u32>,
    /// It says that it has synced, and has not.
    lies: bool,
}

impl Bytes {
    fn step(&mut self) -> io::Result<()> {
        match &mut self.left {
            Some(0) => Err(io::Error::other("the disk failed")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Returns what a crash leaves: all that was synced, and of the rest all, nothing, some writes, or some sectors.
    fn torn(&self, dice: &mut Dice) -> Vec<u8> {
        let mut image = self.synced.clone();
        let manner = dice.below(4);
        for event in &self.pending {
            match (manner, event) {
                (0, event) => apply(&mut image, event),
                (1, _) => {}
                (2, event) if dice.below(2) == 0 => apply(&mut image, event),
                (3, event @ Event::Length(_)) => apply(&mut image, event),
                (3, Event::Write(offset, data)) => {
                    for (index, sector) in data.chunks(SECTOR).enumerate() {
                        if dice.below(2) == 0 {
                            apply(&mut image, &Event::Write(offset + (index * SECTOR) as u64, sector.to_vec()));
                        }
                    }
                }
                _ => {}
            }
        }
        image
    }
}

fn apply(bytes: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Write(offset, data) => {
            let start = *offset as usize;
            if bytes.len() < start + data.len() {
                bytes.resize(start + data.len(), 0);
            }
            bytes[start..start + data.len()].copy_from_slice(data);
        }
        Event::Length(length) => bytes.resize(*length as usize, 0),
    }
}

#[derive(Debug, Clone, Default)]
struct Platter(Arc<Mutex<Bytes>>);

impl Platter {
    fn holding(image: Vec<u8>) -> Platter {
        let bytes = Bytes { now: image.clone(), synced: image, ..Bytes::default() };
        Platter(Arc::new(Mutex::new(bytes)))
    }

    fn bytes(&self) -> MutexGuard<'_, Bytes> {
        self.0.lock().expect("no panic holds it")
    }
}

impl StorageBackend for Platter {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes().now.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.bytes();
        let start = offset as usize;
        out.copy_from_slice(bytes.now.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut bytes = self.bytes();
        bytes.step()?;
        bytes.now.resize(length as usize, 0);
        bytes.pending.push(Event::Length(length));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut bytes = self.bytes();
        bytes.step()?;
        if bytes.lies {
            return Ok(());
        }
        for event in std::mem::take(&mut bytes.pending) {
            apply(&mut bytes.synced, &event);
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut bytes = self.bytes();
        bytes.step()?;
        let event = Event::Write(offset, data.to_vec());
        apply(&mut bytes.now, &event);
        bytes.pending.push(event);
        Ok(())
    }
}

/// The disk of one node: a store for each path.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<BTreeMap<PathBuf, Platter>>);

impl Memory {
    fn platters(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Platter>> {
        self.0.lock().expect("no panic holds it")
    }

    /// Lets every write after so many more fail.
    pub(super) fn fail_after(&self, left: u32) {
        for platter in self.platters().values() {
            platter.bytes().left = Some(left);
        }
    }

    /// Syncs nothing any more.
    pub(super) fn lie(&self) {
        for platter in self.platters().values() {
            platter.bytes().lies = true;
        }
    }

    /// Crashes: who has a store open goes on with what nobody will see again.
    pub(super) fn crash(&self, dice: &mut Dice) {
        for platter in self.platters().values_mut() {
            let image = platter.bytes().torn(dice);
            *platter = Platter::holding(image);
        }
    }

    /// Returns a copy, with the paths below `from` moved to `to`.
    pub(super) fn copy(&self, from: &Path, to: &Path) -> Memory {
        let moved = |path: &Path| to.join(path.strip_prefix(from).expect("a path below the home"));
        let platters = self.platters();
        let copies = platters.iter().map(|(path, platter)| {
            let image = platter.bytes().now.clone();
            (moved(path), Platter::holding(image))
        });
        Memory(Mutex::new(copies.collect()))
    }
}

impl Disk for Memory {
    fn create(&self, path: &Path, community: CommunityId) -> Result<Store, StoreError> {
        let platter = Platter::default();
        self.platters().insert(path.to_owned(), platter.clone());
        Store::create_with_backend(platter, community)
    }

    fn open(&self, path: &Path) -> Result<Store, StoreError> {
        let platter = self.platters().get(path).cloned();
        Store::open_with_backend(platter.ok_or(StoreError::Foreign)?)
    }
}
