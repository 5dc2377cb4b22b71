//! Crashes at every write: what was acknowledged survives.
//!
//! A backend records what the database writes. An **image** is what a crash can leave: everything up to some sync, and of
//! what was written after it, any part in any order, down to single sectors. Each image is opened and must hold every
//! acknowledged commit, whole.
//!
//! `REPERTOIRE_CRASH_IMAGES=100000 cargo test --lib crash` looks at that many.

use std::io;
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

use super::fixture::{Author, COMMUNITY, Made, SPACE};
use crate::store::{Number, Store, StoreError, View};

const SECTOR: usize = 512;
const IMAGES: usize = 300;

/// What happened to the storage.
#[derive(Debug, Clone)]
enum Event {
    Write(u64, Vec<u8>),
    Length(u64),
    Sync,
    /// This many commits were acknowledged.
    Acknowledged(usize),
}

#[derive(Debug, Default)]
struct Disk {
    bytes: Vec<u8>,
    events: Vec<Event>,
    /// Fails from this many writes and syncs on.
    fails_after: Option<usize>,
}

impl Disk {
    fn step(&mut self) -> io::Result<()> {
        match &mut self.fails_after {
            Some(0) => Err(io::Error::other("the disk failed")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// A disk in memory that remembers what was done to it.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<Disk>>);

impl Recorder {
    fn of(bytes: Vec<u8>) -> Recorder {
        Recorder(Arc::new(Mutex::new(Disk { bytes, ..Disk::default() })))
    }

    fn disk(&self) -> std::sync::MutexGuard<'_, Disk> {
        self.0.lock().expect("no panic holds it")
    }
}

impl StorageBackend for Recorder {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let disk = self.disk();
        let end = (offset as usize).checked_add(out.len()).ok_or(io::ErrorKind::InvalidInput)?;
        out.copy_from_slice(disk.bytes.get(offset as usize..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut disk = self.disk();
        disk.step()?;
        disk.bytes.resize(len as usize, 0);
        disk.events.push(Event::Length(len));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut disk = self.disk();
        disk.step()?;
        disk.events.push(Event::Sync);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut disk = self.disk();
        disk.step()?;
        let start = offset as usize;
        disk.bytes[start..start + data.len()].copy_from_slice(data);
        disk.events.push(Event::Write(offset, data.to_vec()));
        Ok(())
    }
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

fn apply(bytes: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Write(offset, data) => {
            let end = *offset as usize + data.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[*offset as usize..end].copy_from_slice(data);
        }
        Event::Length(len) => bytes.resize(*len as usize, 0),
        Event::Sync | Event::Acknowledged(_) => {}
    }
}

/// Applies of events since the last sync what a crash may leave: all, none, or any sectors of any.
fn tear(bytes: &mut Vec<u8>, pending: &[Event], dice: &mut Dice) {
    let manner = dice.below(4);
    for event in pending {
        match (manner, event) {
            (0, event) => apply(bytes, event),
            (1, _) => {}
            // A file system may keep the length that a crash found.
            (_, event @ Event::Length(_)) if dice.below(2) == 0 => apply(bytes, event),
            (2, event @ Event::Write(..)) if dice.below(2) == 0 => apply(bytes, event),
            (3, Event::Write(offset, data)) => {
                for (index, sector) in data.chunks(SECTOR).enumerate() {
                    if dice.below(2) == 0 {
                        apply(bytes, &Event::Write(offset + (index * SECTOR) as u64, sector.to_vec()));
                    }
                }
            }
            _ => {}
        }
    }
}

/// The commits of the script: each some entries, and after it a view that counts them.
fn script() -> Vec<Vec<Made>> {
    let (mut ann, mut bob) = (Author::new(1), Author::new(2));
    (0..14_usize)
        .map(|commit| {
            let author = if commit % 3 == 0 { &mut bob } else { &mut ann };
            let count = [1, 1, 7, 1, 40][commit % 5];
            (0..count).map(|index| author.write(&format!("{commit} {index} ").repeat(60))).collect()
        })
        .collect()
}

fn run_commit(store: &Store, commit: usize, made: &[Made]) -> Result<(), StoreError> {
    let mut writer = store.write()?;
    for made in made {
        // Some payloads come a commit later.
        let payload = (made.seq() % 5 != 0).then_some(&made.payload);
        writer.put_entry(&made.entry, Some(made.signature), payload)?;
        writer.put_document_row(made.id().into(), &made.id().0)?;
    }
    writer.put_view(View::Figure, b"commits", &[commit as u8 + 1])?;
    writer.commit()
}

/// Checks that exactly the first commits are here, at least as many as were acknowledged; returns how many.
fn check_holds(store: &Store, script: &[Vec<Made>], acknowledged: usize) -> usize {
    let reader = store.read().expect("reader");
    let commits = reader.view(View::Figure, b"commits").expect("view").map_or(0, |count| usize::from(count[0]));
    assert!(commits >= acknowledged, "{acknowledged} acknowledged, {commits} here");
    assert!(commits <= acknowledged + 1, "a commit came true early");
    let expected: Vec<_> = script[..commits].iter().flatten().collect();
    assert_eq!(reader.last_number().expect("read"), Number(expected.len() as u64));
    let all = reader.entries_from(Number(0), usize::MAX).expect("read");
    assert_eq!(all.len(), expected.len());
    let mut missing = 0;
    for (stored, made) in all.iter().zip(&expected) {
        assert_eq!(stored.entry, made.entry);
        assert_eq!(reader.number(made.id()).expect("read"), Some(stored.number));
        match reader.payload(made.id()).expect("read") {
            Some(payload) => assert_eq!(payload, made.payload),
            None => missing += 1,
        }
    }
    let ranges = reader.missing(SPACE).expect("missing").into_iter().flat_map(|(_, ranges)| ranges);
    assert_eq!(ranges.map(|(from, to)| to - from + 1).sum::<u64>(), missing);
    assert_eq!(reader.change_count().expect("count"), expected.len() as u64);
    assert_eq!(reader.stats().expect("stats").entries.values().sum::<u64>(), expected.len() as u64);
    commits
}

/// Opens an image, checks it, goes on writing, and crashes once more while doing so.
fn check_image(image: Vec<u8>, script: &[Vec<Made>], acknowledged: usize, dice: &mut Dice) {
    let again = dice.below(4) == 0;
    let disk = Recorder::of(image.clone());
    let store = Store::open_with_backend(disk.clone()).expect("it opens");
    let here = check_holds(&store, script, acknowledged);
    if here < script.len() {
        run_commit(&store, here, &script[here]).expect("it can be written to");
        check_holds(&store, script, here + 1);
    }
    if again {
        let events = std::mem::take(&mut disk.disk().events);
        let crash = dice.below(events.len());
        let synced = events[..crash].iter().rposition(|event| matches!(event, Event::Sync)).map_or(0, |at| at + 1);
        let mut image = image;
        events[..synced].iter().for_each(|event| apply(&mut image, event));
        tear(&mut image, &events[synced..crash], dice);
        let store = Store::open_with_backend(Recorder::of(image)).expect("it opens after a second crash");
        check_holds(&store, script, here);
    }
}

#[test]
fn every_acknowledged_commit_survives_a_crash_anywhere() {
    let images = std::env::var("REPERTOIRE_CRASH_IMAGES").ok().map(|count| count.parse().expect("a number"));
    let images: usize = images.unwrap_or(IMAGES);
    let script = script();
    let disk = Recorder::default();
    let store = Store::create_with_backend(disk.clone(), COMMUNITY).expect("create");
    let created = disk.disk().events.len();
    for (commit, made) in script.iter().enumerate() {
        run_commit(&store, commit, made).expect("commit");
        disk.disk().events.push(Event::Acknowledged(commit + 1));
    }
    drop(store);
    let events = disk.disk().events.clone();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut base, mut synced, mut acknowledged) = (Vec::new(), 0, 0);
    let mut looked_at = 0;
    for (at, event) in events.iter().enumerate() {
        if matches!(event, Event::Sync) {
            events[synced..at].iter().for_each(|event| apply(&mut base, event));
            synced = at;
        }
        if let Event::Acknowledged(commits) = event {
            acknowledged = *commits;
        }
        // As many images at each point as make up the number in the end.
        let due = if at < created { 0 } else { images * (at + 1 - created) / (events.len() - created) };
        while looked_at < due {
            looked_at += 1;
            let mut image = base.clone();
            tear(&mut image, &events[synced..=at], &mut dice);
            check_image(image, &script, acknowledged, &mut dice);
        }
    }
    assert_eq!(looked_at, images);
}

#[test]
fn after_a_failed_write_nothing_goes_on() {
    let script = script();
    let mut failed = 0;
    for fails_after in 0..60 {
        let disk = Recorder::default();
        let store = Store::create_with_backend(disk.clone(), COMMUNITY).expect("create");
        run_commit(&store, 0, &script[0]).expect("commit");
        let before = store.read().expect("reader");
        disk.disk().fails_after = Some(fails_after);
        let mut acknowledged = 1;
        for (commit, made) in script.iter().enumerate().skip(1).take(3) {
            match run_commit(&store, commit, made) {
                Ok(()) => acknowledged = commit + 1,
                Err(error) => {
                    assert!(!error.is_refusal(), "{error}");
                    failed += 1;
                    break;
                }
            }
        }
        if acknowledged < 4 {
            disk.disk().fails_after = None;
            assert!(matches!(store.write().map(drop), Err(StoreError::Poisoned)), "never again without a reopening");
            assert!(matches!(store.read().map(drop), Err(StoreError::Poisoned)));
            assert!(matches!(before.last_number(), Err(StoreError::Poisoned)), "a snapshot ends too");
        }
        drop((before, store));
        let bytes = disk.disk().bytes.clone();
        let store = Store::open_with_backend(Recorder::of(bytes)).expect("open again");
        check_holds(&store, &script, acknowledged);
    }
    assert!(failed > 20, "the disk did fail: {failed}");
}
