//! The transaction that writes: entries, signatures, payloads and verdicts.

use std::ops::Deref;

use crate::model::payload::Content;
use crate::model::sign::Signature;
use crate::model::{Chain, Entry, EntryId, Kind, Payload, Verdict};

use super::chain::chain_key;
use super::error::{StoreError, corrupt, failed};
use super::read::{Line, Log, Reader, VerdictClass, about_key, id_key};
use super::record::{Kept, Place, Record, encode_payload};
use super::tables::{COUNTS, Source, guarded};
use super::{INCARNATIONS_MAX, Number, TIPS_MAX};

/// Bytes by which most records grow when the payload comes: where it is, and a verdict.
const RECORD_GROWTH_BYTES: usize = 6;

/// An entry to be stored.
#[derive(Debug, Clone, Copy)]
pub struct Put<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Its signature, where it was the last of a run that was verified.
    pub signature: Option<&'a Signature>,
    /// Its payload, if it is here.
    pub payload: Option<&'a Payload>,
    /// The verdict on it, if there is one already.
    pub verdict: Option<Verdict>,
}

/// A payload to be added to an entry that is here.
#[derive(Debug, Clone, Copy)]
pub struct PutPayload<'a> {
    /// The entry.
    pub id: EntryId,
    /// Its payload.
    pub payload: &'a Payload,
    /// The verdict on it, if there is one already; set only with the payload.
    pub verdict: Option<Verdict>,
}

/// The one transaction that writes. It reads its own writes, and what it wrote is gone unless it is committed.
pub struct Writer {
    reader: Reader,
    /// A write failed half way.
    broken: bool,
    /// The entry stored last: mostly the next one follows it.
    last: Option<Link>,
    next: Option<Number>,
    pub(super) first_change: Option<u64>,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy)]
struct Link {
    id: EntryId,
    number: Number,
    line: u32,
    seq: u64,
}

impl Deref for Writer {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Writer {
    pub(super) fn new(reader: Reader) -> Writer {
        Writer { reader, broken: false, last: None, next: None, first_change: None }
    }

    /// Makes everything written durable.
    ///
    /// # Errors
    ///
    /// [`StoreError::Broken`] when a write failed before: then nothing is written. When the commit itself fails, the
    /// store is poisoned, for what the file holds is known only after opening it again.
    pub fn commit(mut self) -> Result<(), StoreError> {
        self.reader.common.check()?;
        if self.broken {
            return Err(StoreError::Broken);
        }
        self.write(|log| {
            log.write_growing()?;
            log.records.flush()
        })?;
        self.write_other(Reader::flush_views)?;
        let counted = self.write_counts();
        self.reader.common.note(&counted);
        counted?;
        let Source::Write(transaction) = &mut self.reader.source else { return Err(StoreError::Broken) };
        let transaction = transaction.take().ok_or(StoreError::Broken)?;
        let done = guarded(|| transaction.commit().map_err(failed));
        if done.is_err() {
            self.reader.common.poison();
        }
        done
    }

    /// Stores an entry; returns its local number. What is here already gains what it lacks.
    ///
    /// # Errors
    ///
    /// Refusals: [`StoreError::Gap`] when the entry before it in its chain is not here (a frontier could not name it),
    /// [`StoreError::Unlinked`], [`StoreError::Unfit`], and [`StoreError::TipsBusy`] and
    /// [`StoreError::IncarnationsBusy`] at the limits.
    pub fn put_entry(
        &mut self,
        entry: &Entry,
        signature: Option<Signature>,
        payload: Option<&Payload>,
    ) -> Result<Number, StoreError> {
        let put = Put { entry, signature: signature.as_ref(), payload, verdict: None };
        Ok(self.put_entries([put])?[0])
    }

    /// Stores entries, each after the one before it in its chain. Cheaper than one by one.
    ///
    /// # Errors
    ///
    /// As [`Writer::put_entry`]. After a refusal the entries before the refused one are stored.
    pub fn put_entries<'e>(&mut self, entries: impl IntoIterator<Item = Put<'e>>) -> Result<Vec<Number>, StoreError> {
        let (mut last, mut next) = (self.last, self.next);
        let done = self.write(|log| {
            let mut next_number = match next {
                Some(next) => next,
                None => Number(log.last_number()?.0 + 1),
            };
            let mut numbers = Vec::new();
            let mut missing = Missing::default();
            let mut result = Ok(());
            for put in entries {
                match log.put(put, next_number, &mut last, &mut missing) {
                    Ok(number) => {
                        if number == next_number {
                            next_number.0 += 1;
                        }
                        numbers.push(number);
                    }
                    Err(error) => {
                        result = Err(error);
                        break;
                    }
                }
            }
            next = Some(next_number);
            log.note_missing(missing)?;
            result.map(|()| numbers)
        });
        (self.last, self.next) = (last, next);
        done
    }

    /// Adds a verified signature to an entry; the first one stays.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`].
    pub fn put_signature(&mut self, id: EntryId, signature: &Signature) -> Result<(), StoreError> {
        self.write(|log| {
            let number = log.present(id)?;
            log.add_signature(number, signature)
        })
    }

    /// Adds the payload of an entry, erased or not; tells whether it was missing. What was erased stays erased.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`], [`StoreError::Unfit`].
    pub fn put_payload(&mut self, id: EntryId, payload: &Payload) -> Result<bool, StoreError> {
        Ok(self.put_payloads([PutPayload { id, payload, verdict: None }])?[0])
    }

    /// Adds payloads as [`Writer::put_payload`] does; tells of each whether it was missing. Cheaper than one by one.
    ///
    /// # Errors
    ///
    /// As [`Writer::put_payload`]. After a refusal the payloads before the refused one are stored.
    pub fn put_payloads<'p>(
        &mut self,
        payloads: impl IntoIterator<Item = PutPayload<'p>>,
    ) -> Result<Vec<bool>, StoreError> {
        self.write(|log| {
            let mut added = Vec::new();
            let mut places = Vec::new();
            let mut result = Ok(());
            for put in payloads {
                match log.present(put.id).and_then(|number| log.add_payload(number, put.payload, put.verdict)) {
                    Ok(place) => {
                        added.push(place.is_some());
                        places.extend(place);
                    }
                    Err(error) => {
                        result = Err(error);
                        break;
                    }
                }
            }
            for (line, from, to) in ranges(places) {
                log.remove_missing(line, from, to)?;
            }
            result.map(|()| added)
        })
    }

    /// Drops the content of an entry and keeps its hash; tells whether there was one. A payload that is missing stays
    /// so: it is for the caller to erase it when it comes. The bytes are in the file until [`Store::scrub`].
    ///
    /// [`Store::scrub`]: super::Store::scrub
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`].
    pub fn erase_content(&mut self, id: EntryId) -> Result<bool, StoreError> {
        let erased = self.erase_stored(id)?;
        if erased {
            self.owe_scrub()?;
        }
        Ok(erased)
    }

    fn erase_stored(&mut self, id: EntryId) -> Result<bool, StoreError> {
        self.write(|log| {
            let number = log.present(id)?;
            let Some(payload) = log.payload(number)? else { return Ok(false) };
            let erased = payload.clone().erased();
            if erased == payload {
                return Ok(false);
            }
            let mut record = log.record(number)?.ok_or(corrupt("an id"))?;
            let kept = record.kept.as_mut().ok_or(corrupt("an id"))?;
            kept.erased = true;
            log.replace(kept.spot, &encode_payload(&erased))?;
            log.records.put(number.0, &record.encode(number))?;
            Ok(true)
        })
    }

    /// Drops the payload of an entry, so that it is missing and will be fetched again: for one that is damaged.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`].
    pub fn forget_payload(&mut self, id: EntryId) -> Result<(), StoreError> {
        self.write(|log| {
            let number = log.present(id)?;
            let mut record = log.record(number)?.ok_or(corrupt("an id"))?;
            let Some(kept) = record.kept.take() else { return Ok(()) };
            log.replace(kept.spot, &[])?;
            log.add_missing(record.line, record.seq, record.seq)?;
            log.records.put(number.0, &record.encode(number))
        })
    }

    /// Sets the verdict on an entry; tells whether it is another than before.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`].
    pub fn set_verdict(&mut self, id: EntryId, verdict: Verdict) -> Result<bool, StoreError> {
        self.write(|log| {
            let number = log.present(id)?;
            log.judge(number, verdict)
        })
    }

    /// Sets verdicts, as [`Writer::set_verdict`] does. Cheaper than one by one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Absent`].
    pub fn set_verdicts(&mut self, verdicts: impl IntoIterator<Item = (EntryId, Verdict)>) -> Result<(), StoreError> {
        self.write(|log| {
            for (id, verdict) in verdicts {
                let number = log.present(id)?;
                log.judge(number, verdict)?;
            }
            Ok(())
        })
    }

    /// Runs a change. One that fails for anything but a refusal leaves the transaction unfit to be committed.
    pub(super) fn write<T>(
        &mut self,
        change: impl FnOnce(&mut Log<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.broken {
            return Err(StoreError::Broken);
        }
        let done = self.reader.log().and_then(|mut log| change(&mut log));
        self.ended(done)
    }

    /// Returns where tables outside the log are written, for a change as [`Writer::write`] runs it.
    pub(super) fn write_other<T>(
        &mut self,
        change: impl FnOnce(&Reader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.broken {
            return Err(StoreError::Broken);
        }
        let done = self.reader.common.check().and_then(|()| change(&self.reader));
        self.ended(done)
    }

    fn ended<T>(&mut self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        self.broken = done.as_ref().is_err_and(|error| !error.is_refusal());
        self.reader.common.note(&done);
        done
    }

    fn write_counts(&mut self) -> Result<(), StoreError> {
        let counts = std::mem::take(&mut self.reader.memory.get_mut().counts);
        let mut table = self.reader.source.open(COUNTS)?;
        for (key, change) in counts.into_iter().filter(|(_, change)| *change != 0) {
            let before = table.get(key, Ok)?.unwrap_or(0);
            table.put(key, before.checked_add_signed(change).ok_or(corrupt("a count"))?)?;
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Undoing touches pages, and a damaged one may panic.
        if let Source::Write(transaction) = &mut self.reader.source {
            let transaction = transaction.take();
            let _ = guarded(|| {
                drop(transaction);
                Ok(())
            });
        }
    }
}

/// Places of one line in a row whose payload is not here, not written yet: line, first and last `seq`.
#[derive(Debug, Default)]
struct Missing(Option<(u32, u64, u64)>);

/// Joins places, each a line and a `seq`, into ranges of lines.
fn ranges(mut places: Vec<(u32, u64)>) -> Vec<(u32, u64, u64)> {
    places.sort_unstable();
    let mut ranges: Vec<(u32, u64, u64)> = Vec::new();
    for (line, seq) in places {
        match ranges.last_mut() {
            Some(last) if last.0 == line && last.2.checked_add(1) == Some(seq) => last.2 = seq,
            _ => ranges.push((line, seq, seq)),
        }
    }
    ranges
}

impl Log<'_> {
    fn present(&self, id: EntryId) -> Result<Number, StoreError> {
        self.find(id)?.ok_or(StoreError::Absent(id))
    }

    /// Stores an entry under `number`, unless it is here.
    fn put(
        &mut self,
        put: Put<'_>,
        number: Number,
        last: &mut Option<Link>,
        missing: &mut Missing,
    ) -> Result<Number, StoreError> {
        let (id, header) = (put.entry.id(), put.entry.header());
        if let Some(number) = self.find(id)? {
            self.note_missing(std::mem::take(missing))?;
            self.complete(number, put)?;
            return Ok(number);
        }
        if put.payload.is_some_and(|payload| !payload.fits(header)) {
            return Err(StoreError::Unfit(id));
        }
        let (line, prev) = self.place(put.entry, last.as_ref())?;
        let place = Place { number, line, prev };
        let mut record = Record::new(id, header, place, |id| self.find(id))?;
        let chain = header.chain();
        let expanded = record.expand(number, chain, self.reader.community(), |number| self.name(number))?;
        if *expanded != *put.entry.bytes() {
            record.keep_verbatim(put.entry.bytes());
        }
        record.signature = put.signature.copied();
        record.verdict = put.verdict;
        match put.payload {
            Some(payload) => record.kept = Some(self.keep(payload)?),
            None => match &mut missing.0 {
                Some((known, _, to)) if *known == line && to.checked_add(1) == Some(header.seq) => *to = header.seq,
                _ => self.note_missing(Missing(missing.0.replace((line, header.seq, header.seq))))?,
            },
        }
        let room = if put.payload.is_none() { RECORD_GROWTH_BYTES } else { 0 };
        self.records.put_leaving(number.0, &record.encode(number), room)?;
        if self.ids.table()?.get(id_key(&id), Ok)?.is_none() {
            self.ids.table_mut()?.put(id_key(&id), number.0)?;
        } else {
            self.twins.table_mut()?.put(&id.0, number.0)?;
        }
        let follows = self.line(line)?.start < header.seq && prev.is_some_and(|prev| prev.0 + 1 == number.0);
        if !follows {
            self.links.table_mut()?.put((line, header.seq), number.0)?;
        }
        self.tips.table_mut()?.put(line, (header.seq, number.0, &id.0))?;
        if let Some(document) = header.document {
            self.about.table_mut()?.put(&about_key(document, number), header.kind.code())?;
        }
        self.count(header.kind, put.verdict, 1);
        self.remember(id, number);
        *last = Some(Link { id, number, line, seq: header.seq });
        Ok(number)
    }

    /// Gives an entry that is here what it lacks.
    fn complete(&mut self, number: Number, put: Put<'_>) -> Result<(), StoreError> {
        if let Some(signature) = put.signature {
            self.add_signature(number, signature)?;
        }
        if let Some(payload) = put.payload
            && let Some((line, seq)) = self.add_payload(number, payload, None)?
        {
            self.remove_missing(line, seq, seq)?;
        }
        if let Some(verdict) = put.verdict {
            self.judge(number, verdict)?;
        }
        Ok(())
    }

    /// Finds the line that an entry belongs to, or starts one; and the entry before it.
    fn place(&mut self, entry: &Entry, last: Option<&Link>) -> Result<(u32, Option<Number>), StoreError> {
        let header = entry.header();
        let chain = header.chain();
        if header.seq == 1 {
            return Ok((self.start_line(chain, None, 1)?, None));
        }
        let before = match last {
            Some(last) if last.id == header.prev => *last,
            _ => {
                let gap = StoreError::Gap { id: entry.id(), prev: header.prev };
                let number = self.find(header.prev)?.ok_or(gap)?;
                let record = self.record(number)?.ok_or(corrupt("an id"))?;
                Link { id: record.id, number, line: record.line, seq: record.seq }
            }
        };
        if before.seq.checked_add(1) != Some(header.seq) || self.line(before.line)?.chain != chain {
            return Err(StoreError::Unlinked(entry.id()));
        }
        let tip = self.tips.table()?.get(before.line, |(_, number, _)| Ok(number))?;
        let line = if tip.ok_or(corrupt("a tip"))? == before.number.0 {
            before.line
        } else {
            self.start_line(chain, Some(before.line), header.seq)?
        };
        Ok((line, Some(before.number)))
    }

    fn start_line(&mut self, chain: Chain, parent: Option<u32>, start: u64) -> Result<u32, StoreError> {
        let key = chain_key(chain);
        let siblings = self.lines_of(&key)?;
        if siblings.len() >= TIPS_MAX {
            return Err(StoreError::TipsBusy(chain));
        }
        if siblings.is_empty() {
            self.note_incarnation(chain)?;
        }
        let line = self.lines.table()?.last(.., |line, _| line)?.map_or(1, |line| line + 1);
        self.lines.table_mut()?.put(line, (&key, parent.unwrap_or(line), start))?;
        let mut row = [0; 68];
        row[..64].copy_from_slice(&key);
        row[64..].copy_from_slice(&line.to_be_bytes());
        self.chains.table_mut()?.put(&row, ())?;
        self.know_line(line, Line { chain, parent, start });
        Ok(line)
    }

    fn note_incarnation(&mut self, chain: Chain) -> Result<(), StoreError> {
        let key = |incarnation: [u8; 16]| {
            let mut key = [0; 48];
            key[..32].copy_from_slice(&chain.device.0);
            key[32..].copy_from_slice(&incarnation);
            key
        };
        let own = key(chain.incarnation.0);
        let table = self.incarnations.table_mut()?;
        if table.get(&own, Ok)?.is_some() {
            return Ok(());
        }
        let mut count = 0;
        table.scan(&key([0; 16])..=&key([0xff; 16]), |_, ()| {
            count += 1;
            Ok(true)
        })?;
        if count >= INCARNATIONS_MAX {
            return Err(StoreError::IncarnationsBusy(chain.device));
        }
        table.put(&own, ())
    }

    fn add_signature(&mut self, number: Number, signature: &Signature) -> Result<(), StoreError> {
        let mut record = self.record(number)?.ok_or(corrupt("an id"))?;
        if record.signature.is_some() {
            return Ok(());
        }
        record.signature = Some(*signature);
        self.records.put(number.0, &record.encode(number))
    }

    fn note_missing(&mut self, missing: Missing) -> Result<(), StoreError> {
        missing.0.map_or(Ok(()), |(line, from, to)| self.add_missing(line, from, to))
    }

    /// Adds a payload where it was missing, and the verdict with it; returns the place that is then missing no more.
    fn add_payload(
        &mut self,
        number: Number,
        payload: &Payload,
        verdict: Option<Verdict>,
    ) -> Result<Option<(u32, u64)>, StoreError> {
        let mut record = self.record(number)?.ok_or(corrupt("an id"))?;
        if record.root() != Some(payload.root()) {
            return Err(StoreError::Unfit(record.id));
        }
        if record.kept.is_some() {
            return Ok(None);
        }
        record.kept = Some(self.keep(payload)?);
        if verdict.is_some() && verdict != record.verdict {
            self.recount(&record, verdict)?;
            record.verdict = verdict;
        }
        self.records.put(number.0, &record.encode(number))?;
        Ok(Some((record.line, record.seq)))
    }

    fn keep(&mut self, payload: &Payload) -> Result<Kept, StoreError> {
        let spot = self.append(&encode_payload(payload))?;
        Ok(Kept { erased: matches!(payload.content, Content::Erased(_)), spot })
    }

    fn judge(&mut self, number: Number, verdict: Verdict) -> Result<bool, StoreError> {
        let mut record = self.record(number)?.ok_or(corrupt("an id"))?;
        if record.verdict == Some(verdict) {
            return Ok(false);
        }
        self.recount(&record, Some(verdict))?;
        record.verdict = Some(verdict);
        self.records.put(number.0, &record.encode(number))?;
        Ok(true)
    }

    fn recount(&self, record: &Record, verdict: Option<Verdict>) -> Result<(), StoreError> {
        let kind = record.kind().ok_or(corrupt("a record"))?;
        self.count(kind, record.verdict, -1);
        self.count(kind, verdict, 1);
        Ok(())
    }

    fn count(&self, kind: Kind, verdict: Option<Verdict>, change: i64) {
        let key = (kind.code(), VerdictClass::of(verdict) as u8);
        *self.reader.memory.borrow_mut().counts.entry(key).or_default() += change;
    }
}
