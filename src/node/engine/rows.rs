//! Rows and names in the views: written by settling alone, read by everything that lists or looks up.
//!
//! ```text
//!  View::Handle    hash of the handle(8) number(5)           nothing
//!  View::Term      scheme 0 folded label 0 number(5)         nothing
//!  View::Member    member(32) number(5)                      nothing
//!  View::Parent    about(16) created(8) number(5)            nothing
//!  View::Kind      kind 0 modified(8) number(5)              nothing
//!  View::Origin    hash of the origin(16) number(5)          nothing
//!  View::Conflict  document(32)                              nothing
//!  View::Held      document(32)                              Held, postcard
//! ```
//!
//! `number` is the local number of the creating edit, big-endian. Since it depends on the order of arrival, whatever it
//! orders is sorted by id here. `created` goes up, `modified` down: lists begin with what changed last.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::error::Error;
use super::super::row::{Held, Row};
use super::super::settle::Settled;
use crate::model::verdict::Need;
use crate::model::{DocumentId, Entry, Kind, MemberId, Payload, SpaceId, Timestamp, Verdict};
use crate::store::{Number, Reader, View, Writer};

/// Rows read at a time.
const PAGE: usize = 1_000;
/// Bytes of a local number in a key: more entries than any disk holds.
const NUMBER_BYTES: usize = 5;

/// Returns the row of a document.
pub(crate) fn row(reader: &Reader, document: DocumentId) -> Result<Option<Row>, Error> {
    let Some(number) = reader.number(document.into())? else { return Ok(None) };
    row_at(reader, number)
}

/// Returns the row of the document created by the entry with a local number.
fn row_at(reader: &Reader, number: Number) -> Result<Option<Row>, Error> {
    match reader.document_row_at(number)? {
        Some(bytes) => Ok(Row::decode(reader, number, &bytes)?),
        None => Ok(None),
    }
}

/// Calls for each document that has a row, in the order in which they came here.
pub(crate) fn each(reader: &Reader, mut call: impl FnMut(DocumentId, Row) -> Result<(), Error>) -> Result<(), Error> {
    let mut from = Number(0);
    loop {
        let page = reader.document_rows(from, PAGE)?;
        let Some((last, _, _)) = page.last() else { return Ok(()) };
        from = Number(last.0 + 1);
        for (number, document, bytes) in page {
            let row = Row::decode(reader, number, &bytes)?
                .ok_or_else(|| Error::damaged("a row of the views: run `repertoire rebuild`"))?;
            call(document, row)?;
        }
    }
}

/// Lists every document that the log knows, whether it has a row or not.
pub(crate) fn documents_in_log(reader: &Reader) -> Result<BTreeSet<DocumentId>, Error> {
    let mut documents = BTreeSet::new();
    let mut from = Number(0);
    loop {
        let page = reader.entries_from(from, PAGE)?;
        let Some(last) = page.last() else { return Ok(documents) };
        from = Number(last.number.0 + 1);
        let about = page.iter().filter(|stored| matches!(stored.entry.header().kind, Kind::Edit | Kind::Mark));
        documents.extend(about.map(|stored| stored.entry.document()));
    }
}

/// Lists the erase entries of the log.
pub(crate) fn erasers_in_log(reader: &Reader) -> Result<Vec<Entry>, Error> {
    let count: u64 = reader.stats()?.entries.iter().filter(|((kind, _), _)| *kind == Kind::Erase).map(|(_, n)| n).sum();
    let mut erasers = Vec::new();
    let mut from = Number(0);
    while (erasers.len() as u64) < count {
        let page = reader.entries_from(from, PAGE)?;
        let Some(last) = page.last() else { break };
        from = Number(last.number.0 + 1);
        erasers.extend(page.into_iter().map(|stored| stored.entry).filter(|entry| entry.header().kind == Kind::Erase));
    }
    Ok(erasers)
}

/// An entry with its payload.
pub(crate) type Whole = (Entry, Payload);

/// Reads the governance log, in the order in which it came, by local number.
pub(crate) fn governance(reader: &Reader) -> Result<BTreeMap<Number, Whole>, Error> {
    let mut all = BTreeMap::new();
    for tip in reader.tips(SpaceId::GOVERNANCE)? {
        for stored in reader.run(tip.id, 1, usize::MAX)? {
            if let Some(payload) = reader.payload_at(stored.number)? {
                all.insert(stored.number, (stored.entry, payload));
            }
        }
    }
    Ok(all)
}

fn key(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// Returns the end of a key: a document by the number of its creating edit.
fn number_key(number: Number) -> [u8; NUMBER_BYTES] {
    *number.0.to_be_bytes().last_chunk().expect("a number has 8 bytes")
}

fn number_of(key: &[u8]) -> Option<Number> {
    let last: &[u8; NUMBER_BYTES] = key.last_chunk()?;
    Some(Number(last.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))))
}

/// Returns the key of a handle: whoever finds a document under it compares the handle.
fn handle_key(handle: &str) -> [u8; 8] {
    *blake3::hash(handle.as_bytes()).as_bytes().first_chunk().expect("a hash has 32 bytes")
}

fn time_key(time: Timestamp) -> [u8; 8] {
    // Signed order as unsigned bytes.
    (time.0.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// Every key that a row stands under.
fn keys(document: DocumentId, number: Number, row: &Row) -> Vec<(View, Vec<u8>)> {
    let id = &number_key(number)[..];
    let latest_first = time_key(row.modified).map(|byte| !byte);
    let mut keys = vec![(View::Kind, key(&[row.kind.as_bytes(), &[0], &latest_first, id]))];
    if !row.handle.is_empty() {
        keys.push((View::Handle, key(&[&handle_key(&row.handle), id])));
    }
    if row.kind == "term" {
        let scheme = row.facet("scheme").unwrap_or("topic");
        for label in &row.labels {
            keys.push((View::Term, key(&[scheme.as_bytes(), &[0], label.as_bytes(), &[0], id])));
        }
    }
    if row.kind == "member" {
        keys.push((View::Member, key(&[&row.creator.0, id])));
    }
    if let Some(about) = row.about {
        keys.push((View::Parent, key(&[&about.0[..16], &time_key(row.created), id])));
    }
    if let Some(origin) = row.origin {
        keys.push((View::Origin, key(&[&origin, id])));
    }
    if !row.conflicts.is_empty() {
        keys.push((View::Conflict, document.0.to_vec()));
    }
    keys
}

/// Writes a row, the names it stands under and its change number, over what was there.
pub(crate) fn replace(
    writer: &mut Writer,
    document: DocumentId,
    before: Option<&Row>,
    after: Option<&Row>,
) -> Result<(), Error> {
    let number = writer.number(document.into())?.ok_or_else(|| Error::no_document(document))?;
    let keys = |row: &Row| -> BTreeSet<_> { keys(document, number, row).into_iter().collect() };
    let (old, new) = (before.map(keys).unwrap_or_default(), after.map(keys).unwrap_or_default());
    for (view, key) in old.difference(&new) {
        writer.remove_view(*view, key)?;
    }
    for (view, key) in new.difference(&old) {
        writer.put_view(*view, key, &[])?;
    }
    match after {
        Some(row) => {
            let bytes = row.encode(writer, document)?;
            writer.put_document_row(document, &bytes)?;
        }
        None => drop(writer.remove_document_row(document)?),
    }
    Ok(())
}

/// Writes the names under which new documents stand.
pub(crate) fn put_new<'r>(
    writer: &mut Writer,
    new: impl IntoIterator<Item = (DocumentId, Number, &'r Row)>,
) -> Result<(), Error> {
    let names: Vec<(View, Vec<u8>)> =
        new.into_iter().flat_map(|(document, number, row)| keys(document, number, row)).collect();
    for view in View::ALL {
        let mut keys: Vec<&[u8]> = names.iter().filter(|(of, _)| *of == view).map(|(_, key)| key.as_slice()).collect();
        keys.sort_unstable();
        writer.put_view_keys(view, keys)?;
    }
    Ok(())
}

/// Notes how many entries of a document don't count. A creating edit that nothing follows and whose payload is missing
/// is not noted: there is no document yet, and what it waits for stands with what is missing.
pub(crate) fn set_held(writer: &mut Writer, document: DocumentId, settled: &Settled) -> Result<(), Error> {
    let mut held = Held::default();
    let unread = matches!(&settled.entries[..], [one] if one.id() == document.into()
        && one.verdict == Verdict::Waiting(Need::Payload));
    for opened in settled.entries.iter().filter(|_| !unread) {
        match opened.verdict {
            Verdict::Counted => {}
            Verdict::Masked(_) => held.masked += 1,
            Verdict::Waiting(need) => {
                held.waiting += 1;
                held.keyless += u32::from(need == Need::Key);
            }
            Verdict::Void(_) => held.void += 1,
        }
    }
    if held == Held::default() {
        writer.remove_view(View::Held, &document.0)?;
    } else {
        let bytes = postcard::to_stdvec(&held).expect("plain data");
        writer.put_view(View::Held, &document.0, &bytes)?;
    }
    Ok(())
}

/// Lists the documents that hold entries which don't count, and how many.
pub(crate) fn held(reader: &Reader) -> Result<BTreeMap<DocumentId, Held>, Error> {
    let rows = reader.view_rows(View::Held, &[], None, usize::MAX)?;
    let held = |(key, bytes): (Vec<u8>, Vec<u8>)| {
        Some((DocumentId(*key.last_chunk()?), postcard::from_bytes(&bytes).unwrap_or_default()))
    };
    Ok(rows.into_iter().filter_map(held).collect())
}

/// How many entries about a document don't count.
pub(crate) fn held_of(reader: &Reader, document: DocumentId) -> Result<Held, Error> {
    let bytes = reader.view(View::Held, &document.0)?;
    Ok(bytes.and_then(|bytes| postcard::from_bytes(&bytes).ok()).unwrap_or_default())
}

/// Lists the documents with fields that have two values, ascending by id.
pub(crate) fn in_conflict(reader: &Reader) -> Result<Vec<DocumentId>, Error> {
    whole_ids(reader, View::Conflict)
}

/// Lists the documents that are the keys of a view.
fn whole_ids(reader: &Reader, view: View) -> Result<Vec<DocumentId>, Error> {
    let rows = reader.view_rows(view, &[], None, usize::MAX)?;
    Ok(rows.into_iter().filter_map(|(key, _)| key.last_chunk().map(|id| DocumentId(*id))).collect())
}

/// Lists the documents under a prefix of a view whose keys end in a number, ascending by id.
fn numbered(reader: &Reader, view: View, prefix: &[u8]) -> Result<Vec<DocumentId>, Error> {
    let mut found = Vec::new();
    for (key, _) in reader.view_rows(view, prefix, None, usize::MAX)? {
        found.push(document_of(reader, &key)?);
    }
    found.sort_unstable();
    Ok(found)
}

fn document_of(reader: &Reader, key: &[u8]) -> Result<DocumentId, Error> {
    let id = number_of(key).map(|number| reader.id(number)).transpose()?.flatten();
    Ok(id.ok_or_else(|| Error::damaged("a view: run `repertoire rebuild`"))?.into())
}

/// Lists the documents that were imported from an origin, ascending by id.
pub(crate) fn by_origin(reader: &Reader, origin: &[u8; 16]) -> Result<Vec<DocumentId>, Error> {
    numbered(reader, View::Origin, origin)
}

/// Lists the documents that carry a handle.
pub(crate) fn by_handle(reader: &Reader, handle: &str) -> Result<Vec<DocumentId>, Error> {
    let mut found = numbered(reader, View::Handle, &handle_key(handle))?;
    // Other handles may have the same hash.
    let mut result = Ok(());
    found.retain(|id| match row(reader, *id) {
        Ok(row) => row.is_some_and(|row| row.handle == handle),
        Err(error) => {
            result = Err(error);
            false
        }
    });
    result.map(|()| found)
}

/// Tells whether a document carries a handle.
pub(crate) fn has_handle(reader: &Reader, handle: &str) -> Result<bool, Error> {
    Ok(!by_handle(reader, handle)?.is_empty())
}

/// Finds the term of a scheme in a space that has a label; the smallest id where several have it.
pub(crate) fn term(reader: &Reader, space: SpaceId, scheme: &str, folded: &str) -> Result<Option<DocumentId>, Error> {
    for id in numbered(reader, View::Term, &key(&[scheme.as_bytes(), &[0], folded.as_bytes(), &[0]]))? {
        if row(reader, id)?.is_some_and(|row| row.space == space) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Finds a person's profile: the first by claimed time, then by id, where there are several.
pub(crate) fn profile(reader: &Reader, member: MemberId) -> Result<Option<(DocumentId, Row)>, Error> {
    let mut best: Option<(DocumentId, Row)> = None;
    for document in numbered(reader, View::Member, &member.0)? {
        if let Some(row) = row(reader, document)?
            && best.as_ref().is_none_or(|(id, first)| (row.created, document) < (first.created, *id))
        {
            best = Some((document, row));
        }
    }
    Ok(best)
}

/// Lists what is about a document, oldest first by claimed time, then by id.
pub(crate) fn children(reader: &Reader, document: DocumentId) -> Result<Vec<DocumentId>, Error> {
    let mut found = Vec::new();
    for (key, _) in reader.view_rows(View::Parent, &document.0[..16], None, usize::MAX)? {
        let child = document_of(reader, &key)?;
        found.push((key[..key.len() - NUMBER_BYTES].to_vec(), child));
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|(_, child)| child).collect())
}

/// Lists the documents of a kind, ascending by id.
pub(crate) fn of_kind(reader: &Reader, kind: &str) -> Result<Vec<DocumentId>, Error> {
    numbered(reader, View::Kind, &key(&[kind.as_bytes(), &[0]]))
}

/// Calls for documents of some kinds, those changed last first, then by id, until the call returns false.
pub(crate) fn latest(
    reader: &Reader,
    kinds: impl Fn(&str) -> bool,
    mut call: impl FnMut(DocumentId, Row) -> Result<bool, Error>,
) -> Result<(), Error> {
    let mut walks = Vec::new();
    let mut after: Option<Vec<u8>> = None;
    // From kind to kind: behind every key of one comes the first of the next.
    while let Some((found, _)) = reader.view_rows(View::Kind, &[], after.as_deref(), 1)?.pop() {
        let name = found.split(|byte| *byte == 0).next().unwrap_or_default();
        if std::str::from_utf8(name).is_ok_and(&kinds) {
            walks.push(Walk::new(key(&[name, &[0]])));
        }
        after = Some(key(&[name, &[1]]));
    }
    loop {
        let mut next: Option<Vec<u8>> = None;
        for walk in &mut walks {
            let time = walk.time(reader)?;
            next = [next, time].into_iter().flatten().min();
        }
        let Some(next) = next else { return Ok(()) };
        let mut together = Vec::new();
        for walk in &mut walks {
            while walk.time(reader)?.as_ref() == Some(&next) {
                if let Some(key) = walk.page.pop_front() {
                    together.push((document_of(reader, &key)?, number_of(&key)));
                }
            }
        }
        together.sort_unstable();
        for (document, number) in together {
            let row = number.map(|number| row_at(reader, number)).transpose()?.flatten();
            let row = row.ok_or_else(|| Error::damaged("a row of the views: run `repertoire rebuild`"))?;
            if !call(document, row)? {
                return Ok(());
            }
        }
    }
}

/// A walk through the documents of one kind, page by page.
struct Walk {
    prefix: Vec<u8>,
    after: Option<Vec<u8>>,
    page: VecDeque<Vec<u8>>,
    ended: bool,
}

impl Walk {
    fn new(prefix: Vec<u8>) -> Walk {
        Walk { prefix, after: None, page: VecDeque::new(), ended: false }
    }

    /// Returns when the next document changed, as it stands in the key; none at the end.
    fn time(&mut self, reader: &Reader) -> Result<Option<Vec<u8>>, Error> {
        if self.page.is_empty() && !self.ended {
            let rows = reader.view_rows(View::Kind, &self.prefix, self.after.as_deref(), PAGE)?;
            self.page = rows.into_iter().map(|(key, _)| key).collect();
            self.ended = self.page.len() < PAGE;
            self.after = self.page.back().cloned().or(self.after.take());
        }
        let next = self.page.front();
        Ok(next.and_then(|key| key.get(self.prefix.len()..key.len() - NUMBER_BYTES)).map(<[u8]>::to_vec))
    }
}

/// Lists some documents of a kind, those above an id, in the order of the ids.
pub(crate) fn of_kind_after(
    reader: &Reader,
    kind: &str,
    after: DocumentId,
    limit: usize,
) -> Result<Vec<DocumentId>, Error> {
    let mut ids = of_kind(reader, kind)?;
    ids.drain(..ids.partition_point(|id| *id <= after));
    ids.truncate(limit);
    Ok(ids)
}

/// Lists the kinds of which there are documents.
pub(crate) fn kinds(reader: &Reader) -> Result<Vec<String>, Error> {
    let mut kinds = Vec::new();
    let mut after: Option<Vec<u8>> = None;
    while let Some((row, _)) = reader.view_rows(View::Kind, &[], after.as_deref(), 1)?.pop() {
        let kind = row.split(|byte| *byte == 0).next().unwrap_or_default();
        kinds.push(String::from_utf8_lossy(kind).into_owned());
        after = Some(key(&[kind, &[1]]));
    }
    Ok(kinds)
}

#[cfg(test)]
mod tests;
