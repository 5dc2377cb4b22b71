//! Reading entries: by id, by local number, by document.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::model::sign::Signature;
use crate::model::{Chain, CommunityId, DocumentId, Entry, EntryId, Kind, Payload, SpaceId, Verdict};

use super::block::Growing;
use super::error::{StoreError, corrupt};
use super::packed::{Open, Packed};
use super::record::{PayloadState, Record, decode_payload};
use super::tables::{
    ABOUT, BLOCKS, CHAINS, COUNTS, DOCUMENTS, IDS, INCARNATIONS, LINES, LINKS, Lazy, MISSING, RECORDS, Source, TIPS,
    TWINS,
};
use super::{Common, Number};

/// Most ids that a transaction remembers: about 5 MB, and the working set of a batch.
const REMEMBERED_MAX: usize = 32_768;

/// A view of the store in which nothing changes: a snapshot, or what a [`Writer`](super::Writer) sees.
pub struct Reader {
    pub(super) source: Source,
    pub(super) common: Arc<Common>,
    pub(super) memory: RefCell<Memory>,
    pub(super) packs: Packs,
}

/// The blocks of packed tables that were written to last.
#[derive(Default)]
pub(super) struct Packs {
    pub(super) records: RefCell<Option<Open>>,
    pub(super) rows: RefCell<Option<Open>>,
    /// Rows of documents that are not in their block yet, by number: they come in the order of ids, and fill blocks in
    /// that of numbers.
    pub(super) waiting_rows: RefCell<BTreeMap<u64, Vec<u8>>>,
    pub(super) changes: RefCell<Option<Open>>,
}

/// What a transaction has read already, and what it will write at its end.
#[derive(Default)]
pub(super) struct Memory {
    names: HashMap<u64, EntryId>,
    numbers: HashMap<EntryId, u64>,
    lines: HashMap<u32, Line>,
    /// The block that grows, where it was written to.
    pub(super) growing: Option<Growing>,
    /// Changes of `counts` that are not written yet.
    pub(super) counts: BTreeMap<(u8, u8), i64>,
}

/// A chain without its forks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) chain: Chain,
    /// The line it left; none for the first of a chain, and for one that starts at 1 like it.
    pub(super) parent: Option<u32>,
    /// `seq` of its first entry.
    pub(super) start: u64,
}

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its local number.
    pub number: Number,
    /// The entry itself.
    pub entry: Entry,
    /// Its signature, where it was the last of a run that was verified.
    pub signature: Option<Signature>,
    /// The verdict last set; none before the first.
    pub verdict: Option<Verdict>,
    /// What is here of its payload.
    pub payload: PayloadState,
}

/// A verdict without its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VerdictClass {
    /// None was set yet.
    Unjudged,
    /// [`Verdict::Counted`].
    Counted,
    /// [`Verdict::Masked`].
    Masked,
    /// [`Verdict::Waiting`].
    Waiting,
    /// [`Verdict::Void`].
    Void,
}

/// How much there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Entries by kind and verdict, none with zero.
    pub entries: BTreeMap<(Kind, VerdictClass), u64>,
    /// Documents that have a row.
    pub documents: u64,
    /// Entries that wait for something, counted once for each thing.
    pub waiting: u64,
}

impl Reader {
    pub(super) fn new(source: Source, common: Arc<Common>) -> Reader {
        Reader { source, common, memory: RefCell::default(), packs: Packs::default() }
    }

    /// Returns the community whose store it is.
    pub fn community(&self) -> CommunityId {
        self.common.community
    }

    /// Returns the local number of an entry.
    pub fn number(&self, id: EntryId) -> Result<Option<Number>, StoreError> {
        self.log()?.find(id)
    }

    /// Returns the id of the entry with a local number.
    pub fn id(&self, number: Number) -> Result<Option<EntryId>, StoreError> {
        self.log()?.name_of(number)
    }

    /// Returns the space of the entry with a local number.
    pub fn space_of(&self, number: Number) -> Result<Option<SpaceId>, StoreError> {
        let log = self.log()?;
        let line = log.records.get(number.0, Record::line)?;
        line.map(|line| Ok(log.line(line)?.chain.space)).transpose()
    }

    /// Tells whether an entry is here.
    pub fn has(&self, id: EntryId) -> Result<bool, StoreError> {
        Ok(self.number(id)?.is_some())
    }

    /// Returns the last local number given; zero when there are no entries.
    pub fn last_number(&self) -> Result<Number, StoreError> {
        self.log()?.last_number()
    }

    /// Returns an entry.
    pub fn entry(&self, id: EntryId) -> Result<Option<Stored>, StoreError> {
        let log = self.log()?;
        log.find(id)?.map_or(Ok(None), |number| log.stored(number))
    }

    /// Returns the entry with a local number.
    pub fn entry_at(&self, number: Number) -> Result<Option<Stored>, StoreError> {
        self.log()?.stored(number)
    }

    /// Returns entries, in the order asked for. Cheaper than one by one.
    pub fn entries(&self, ids: &[EntryId]) -> Result<Vec<Option<Stored>>, StoreError> {
        let log = self.log()?;
        let found = ids.iter().map(|id| log.find(*id)?.map_or(Ok(None), |number| log.stored(number)));
        found.collect()
    }

    /// Tells of each entry whether it is here, in the order asked for. Cheaper than one by one.
    pub fn present(&self, ids: impl IntoIterator<Item = EntryId>) -> Result<Vec<bool>, StoreError> {
        let log = self.log()?;
        ids.into_iter().map(|id| Ok(log.find(id)?.is_some())).collect()
    }

    /// Tells of each document whether an entry here names it, beside the one that created it.
    pub fn named(&self, documents: impl IntoIterator<Item = DocumentId>) -> Result<Vec<bool>, StoreError> {
        let log = self.log()?;
        let about = log.about.table()?;
        let none = about.count()? == 0;
        let named = documents.into_iter().map(|document| {
            let [low, high] = [0, u64::MAX].map(|number| about_key(document, Number(number)));
            Ok(!none && about.last(&low..=&high, |_, _| ())?.is_some())
        });
        named.collect()
    }

    /// Returns up to `limit` entries in the order of arrival, from a local number on.
    pub fn entries_from(&self, from: Number, limit: usize) -> Result<Vec<Stored>, StoreError> {
        let log = self.log()?;
        let mut records = Vec::new();
        log.records.scan(from.0, |number, row| {
            if records.len() < limit {
                records.push((Number(number), Record::decode(Number(number), row)?));
            }
            Ok(records.len() < limit)
        })?;
        records.into_iter().map(|(number, record)| log.expand(number, record)).collect()
    }

    /// Returns up to `limit` ids of entries that start with these bytes, ascending.
    pub fn ids_by_prefix(&self, prefix: &[u8], limit: usize) -> Result<Vec<(EntryId, Number)>, StoreError> {
        let log = self.log()?;
        let mut low = [0; 8];
        let mut high = [0xff; 8];
        let shared = prefix.len().min(8);
        low[..shared].copy_from_slice(&prefix[..shared]);
        high[..shared].copy_from_slice(&prefix[..shared]);
        let mut numbers = Vec::new();
        // What shares the first 8 bytes may differ in what follows.
        let most = if prefix.len() > 8 { usize::MAX } else { limit };
        log.ids.table()?.scan(u64::from_be_bytes(low)..=u64::from_be_bytes(high), |_, number| {
            numbers.push(number);
            Ok(numbers.len() < most)
        })?;
        if log.twins.table()?.count()? > 0 {
            log.twins.table()?.scan(.., |_, number| {
                numbers.push(number);
                Ok(true)
            })?;
        }
        let mut found = Vec::new();
        for number in numbers {
            let id = log.name(Number(number))?;
            if id.0.starts_with(prefix) {
                found.push((id, Number(number)));
            }
        }
        found.sort_unstable();
        found.truncate(limit);
        Ok(found)
    }

    /// Returns the payload of an entry, if it is here. It is the one that the header names.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] when it isn't any more; [`Writer::forget_payload`](super::Writer::forget_payload) then
    /// makes it missing, so that it is fetched again.
    pub fn payload(&self, id: EntryId) -> Result<Option<Payload>, StoreError> {
        let log = self.log()?;
        log.find(id)?.map_or(Ok(None), |number| log.payload(number))
    }

    /// Returns the payload of the entry with a local number, as [`Reader::payload`] does.
    pub fn payload_at(&self, number: Number) -> Result<Option<Payload>, StoreError> {
        self.log()?.payload(number)
    }

    /// Hands out the payloads of entries with local numbers, in the order asked for, as long as `each` wants more. Cheaper
    /// than one by one.
    pub fn payloads_at(
        &self,
        numbers: &[Number],
        mut each: impl FnMut(Option<Payload>) -> bool,
    ) -> Result<(), StoreError> {
        let log = self.log()?;
        for number in numbers {
            if !each(log.payload(*number)?) {
                break;
            }
        }
        Ok(())
    }

    /// Returns the verdict last set on an entry; none before the first, and for an entry that isn't here.
    pub fn verdict(&self, id: EntryId) -> Result<Option<Verdict>, StoreError> {
        let log = self.log()?;
        let Some(number) = log.find(id)? else { return Ok(None) };
        Ok(log.record(number)?.and_then(|record| record.verdict))
    }

    /// Returns every entry that names a document, and the one that created it, in the order of arrival.
    pub fn about(&self, document: DocumentId) -> Result<Vec<(Number, Kind)>, StoreError> {
        let log = self.log()?;
        let mut found = Vec::new();
        if let Some(number) = log.find(document.into())? {
            let created = log.stored(number)?.ok_or(corrupt("an id"))?;
            let header = created.entry.header();
            if header.kind == Kind::Edit && header.document.is_none() {
                found.push((number, Kind::Edit));
            }
        }
        let [low, high] = [0, u64::MAX].map(|number| about_key(document, Number(number)));
        log.about.table()?.scan(&low..=&high, |key, kind| {
            let number = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes));
            found.push((Number(number.ok_or(corrupt("a document's entries"))?), Kind::from_code(kind)));
            Ok(true)
        })?;
        found.sort_unstable();
        Ok(found)
    }

    /// Returns the edits of a document, in the order of arrival.
    pub fn edits_of(&self, document: DocumentId) -> Result<Vec<Number>, StoreError> {
        self.about_of_kind(document, Kind::Edit)
    }

    /// Returns the marks on a document, in the order of arrival.
    pub fn marks_of(&self, document: DocumentId) -> Result<Vec<Number>, StoreError> {
        self.about_of_kind(document, Kind::Mark)
    }

    fn about_of_kind(&self, document: DocumentId, wanted: Kind) -> Result<Vec<Number>, StoreError> {
        let about = self.about(document)?;
        Ok(about.into_iter().filter(|(_, kind)| *kind == wanted).map(|(number, _)| number).collect())
    }

    /// Counts what there is, without reading the entries.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        self.common.check()?;
        let mut counts: BTreeMap<(u8, u8), i64> = self.memory.borrow().counts.clone();
        self.source.open(COUNTS)?.scan(.., |key, count| {
            *counts.entry(key).or_default() += i64::try_from(count).map_err(|_| corrupt("a count"))?;
            Ok(true)
        })?;
        counts.remove(&DOCUMENTS);
        let entries = counts.into_iter().filter_map(|((kind, class), count)| {
            let count = u64::try_from(count).ok().filter(|count| *count > 0)?;
            Some(((Kind::from_code(kind), VerdictClass::from_code(class)), count))
        });
        Ok(Stats { entries: entries.collect(), documents: self.document_count()?, waiting: self.waiting_count()? })
    }

    pub(super) fn log(&self) -> Result<Log<'_>, StoreError> {
        self.common.check()?;
        let source = &self.source;
        Ok(Log {
            reader: self,
            ids: Lazy::new(source, IDS),
            twins: Lazy::new(source, TWINS),
            records: Packed::new(source, RECORDS, &self.packs.records),
            blocks: Lazy::new(source, BLOCKS),
            chains: Lazy::new(source, CHAINS),
            incarnations: Lazy::new(source, INCARNATIONS),
            lines: Lazy::new(source, LINES),
            tips: Lazy::new(source, TIPS),
            links: Lazy::new(source, LINKS),
            missing: Lazy::new(source, MISSING),
            about: Lazy::new(source, ABOUT),
        })
    }
}

impl VerdictClass {
    pub(super) fn of(verdict: Option<Verdict>) -> VerdictClass {
        match verdict {
            None => VerdictClass::Unjudged,
            Some(Verdict::Counted) => VerdictClass::Counted,
            Some(Verdict::Masked(_)) => VerdictClass::Masked,
            Some(Verdict::Waiting(_)) => VerdictClass::Waiting,
            Some(Verdict::Void(_)) => VerdictClass::Void,
        }
    }

    fn from_code(code: u8) -> VerdictClass {
        match code {
            1 => VerdictClass::Counted,
            2 => VerdictClass::Masked,
            3 => VerdictClass::Waiting,
            4 => VerdictClass::Void,
            _ => VerdictClass::Unjudged,
        }
    }
}

/// The tables of the log, each opened when it is needed and until this is dropped.
pub(super) struct Log<'t> {
    pub(super) reader: &'t Reader,
    pub(super) ids: Lazy<'t, u64, u64>,
    pub(super) twins: Lazy<'t, &'static [u8; 32], u64>,
    pub(super) records: Packed<'t>,
    pub(super) blocks: Lazy<'t, u64, &'static [u8]>,
    pub(super) chains: Lazy<'t, &'static [u8; 68], ()>,
    pub(super) incarnations: Lazy<'t, &'static [u8; 48], ()>,
    pub(super) lines: Lazy<'t, u32, (&'static [u8; 64], u32, u64)>,
    pub(super) tips: Lazy<'t, u32, (u64, u64, &'static [u8; 32])>,
    pub(super) links: Lazy<'t, (u32, u64), u64>,
    pub(super) missing: Lazy<'t, (u32, u64), u64>,
    pub(super) about: Lazy<'t, &'static [u8; 24], u8>,
}

impl Log<'_> {
    pub(super) fn find(&self, id: EntryId) -> Result<Option<Number>, StoreError> {
        if let Some(number) = self.reader.memory.borrow().numbers.get(&id) {
            return Ok(Some(Number(*number)));
        }
        let Some(number) = self.ids.table()?.get(id_key(&id), Ok)? else { return Ok(None) };
        if self.name(Number(number))? == id {
            return Ok(Some(Number(number)));
        }
        Ok(self.twins.table()?.get(&id.0, Ok)?.map(Number))
    }

    /// Returns the id of an entry that must be here.
    pub(super) fn name(&self, number: Number) -> Result<EntryId, StoreError> {
        self.name_of(number)?.ok_or(corrupt("a local number"))
    }

    fn name_of(&self, number: Number) -> Result<Option<EntryId>, StoreError> {
        if let Some(id) = self.reader.memory.borrow().names.get(&number.0) {
            return Ok(Some(*id));
        }
        let id = self.records.get(number.0, Record::id)?;
        if let Some(id) = id {
            self.remember(id, number);
        }
        Ok(id)
    }

    pub(super) fn remember(&self, id: EntryId, number: Number) {
        let mut memory = self.reader.memory.borrow_mut();
        if memory.names.len() >= REMEMBERED_MAX {
            memory.names.clear();
            memory.numbers.clear();
        }
        memory.names.insert(number.0, id);
        memory.numbers.insert(id, number.0);
    }

    pub(super) fn last_number(&self) -> Result<Number, StoreError> {
        Ok(Number(self.records.last_key()?.unwrap_or(0)))
    }

    pub(super) fn record(&self, number: Number) -> Result<Option<Record>, StoreError> {
        self.records.get(number.0, |row| Record::decode(number, row))
    }

    pub(super) fn stored(&self, number: Number) -> Result<Option<Stored>, StoreError> {
        self.record(number)?.map(|record| self.expand(number, record)).transpose()
    }

    pub(super) fn expand(&self, number: Number, record: Record) -> Result<Stored, StoreError> {
        let chain = self.line(record.line)?.chain;
        let bytes = record.expand(number, chain, self.reader.community(), |number| self.name(number))?;
        let entry = Entry::from_store(record.id, bytes)
            .map_err(|source| StoreError::Corrupt { what: "a header", source: Some(source) })?;
        let payload = record.payload();
        let Record { signature, verdict, .. } = record;
        Ok(Stored { number, entry, signature, verdict, payload })
    }

    pub(super) fn payload(&self, number: Number) -> Result<Option<Payload>, StoreError> {
        let Some(record) = self.record(number)? else { return Ok(None) };
        let Some(kept) = record.kept else { return Ok(None) };
        let payload = self.row(kept.spot, decode_payload)?;
        if Some(payload.root()) == record.root() { Ok(Some(payload)) } else { Err(corrupt("a payload")) }
    }

    pub(super) fn know_line(&self, line: u32, known: Line) {
        self.reader.memory.borrow_mut().lines.insert(line, known);
    }

    pub(super) fn line(&self, line: u32) -> Result<Line, StoreError> {
        if let Some(known) = self.reader.memory.borrow().lines.get(&line) {
            return Ok(*known);
        }
        let found = self.lines.table()?.get(line, |(chain, parent, start)| {
            Ok(Line { chain: chain_of(chain), parent: (parent != line).then_some(parent), start })
        })?;
        let found = found.ok_or(corrupt("a line"))?;
        self.know_line(line, found);
        Ok(found)
    }
}

/// The key of an id in `ids`.
pub(super) fn id_key(id: &EntryId) -> u64 {
    u64::from_be_bytes(*id.0.first_chunk().expect("an id has 32 bytes"))
}

/// The key of an entry in `about`.
pub(super) fn about_key(document: DocumentId, number: Number) -> [u8; 24] {
    let mut key = [0; 24];
    key[..16].copy_from_slice(&document.0[..16]);
    key[16..].copy_from_slice(&number.0.to_be_bytes());
    key
}

fn chain_of(key: &[u8; 64]) -> Chain {
    let (space, rest) = key.split_first_chunk().expect("a chain has 64 bytes");
    let (device, rest) = rest.split_first_chunk().expect("a chain has 64 bytes");
    let incarnation = rest.first_chunk().expect("a chain has 64 bytes");
    Chain {
        space: crate::model::SpaceId(*space),
        device: crate::model::DeviceId(*device),
        incarnation: crate::model::Incarnation(*incarnation),
    }
}
