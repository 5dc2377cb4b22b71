//! Rows and names in the views: written by settling alone, read by everything that lists or looks up.
//!
//! ```text
//!  View::Handle    handle 0 document(32)                     nothing
//!  View::Term      scheme 0 folded label 0 document(32)      nothing
//!  View::Member    member(32) document(32)                   nothing
//!  View::Parent    about(32) created(8, big-endian) document(32)  nothing
//!  View::Kind      kind 0 document(32)                       nothing
//!  View::Origin    hash of the origin(16) document(32)       nothing
//!  View::Conflict  document(32)                              nothing
//!  View::Held      document(32)                              Held, postcard
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::Error;
use super::super::row::{Held, Row};
use super::super::settle::Settled;
use crate::model::{DocumentId, Entry, Kind, MemberId, Payload, SpaceId, Timestamp, Verdict};
use crate::store::{Number, Reader, View, Writer};

/// Rows read at a time.
const PAGE: usize = 1_000;

/// Returns the row of a document.
pub(crate) fn row(reader: &Reader, document: DocumentId) -> Result<Option<Row>, Error> {
    Ok(reader.document_row(document)?.and_then(|bytes| Row::decode(&bytes)))
}

/// Calls for each document that has a row, in the order in which they came here.
pub(crate) fn each(reader: &Reader, mut call: impl FnMut(DocumentId, Row) -> Result<(), Error>) -> Result<(), Error> {
    let mut from = Number(0);
    loop {
        let page = reader.document_rows(from, PAGE)?;
        let Some((last, _, _)) = page.last() else { return Ok(()) };
        from = Number(last.0 + 1);
        for (_, document, bytes) in page {
            let row =
                Row::decode(&bytes).ok_or_else(|| Error::damaged("a row of the views: run `repertoire rebuild`"))?;
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

fn time_key(time: Timestamp) -> [u8; 8] {
    // Signed order as unsigned bytes.
    (time.0.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// Every key that a row stands under.
fn keys(document: DocumentId, row: &Row) -> Vec<(View, Vec<u8>)> {
    let id = &document.0;
    let mut keys = vec![(View::Kind, key(&[row.kind.as_bytes(), &[0], id]))];
    if !row.handle.is_empty() {
        keys.push((View::Handle, key(&[row.handle.as_bytes(), &[0], id])));
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
        keys.push((View::Parent, key(&[&about.0, &time_key(row.created), id])));
    }
    if let Some(origin) = row.origin {
        keys.push((View::Origin, key(&[&origin, id])));
    }
    if !row.conflicts.is_empty() {
        keys.push((View::Conflict, id.to_vec()));
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
    let old: BTreeSet<_> = before.map(|row| keys(document, row)).unwrap_or_default().into_iter().collect();
    let new: BTreeSet<_> = after.map(|row| keys(document, row)).unwrap_or_default().into_iter().collect();
    for (view, key) in old.difference(&new) {
        writer.remove_view(*view, key)?;
    }
    for (view, key) in new.difference(&old) {
        writer.put_view(*view, key, &[])?;
    }
    match after {
        Some(row) => drop(writer.put_document_row(document, &row.encode())?),
        None => drop(writer.remove_document_row(document)?),
    }
    Ok(())
}

/// Notes how many entries of a document don't count.
pub(crate) fn set_held(writer: &mut Writer, document: DocumentId, settled: &Settled) -> Result<(), Error> {
    let mut held = Held::default();
    for opened in &settled.entries {
        match opened.verdict {
            Verdict::Counted => {}
            Verdict::Masked(_) => held.masked += 1,
            Verdict::Waiting(_) => held.waiting += 1,
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

/// Lists the documents that hold entries which don't count.
pub(crate) fn held(reader: &Reader) -> Result<BTreeSet<DocumentId>, Error> {
    Ok(ids(reader, View::Held, &[])?.into_iter().collect())
}

/// How many entries about a document don't count.
pub(crate) fn held_of(reader: &Reader, document: DocumentId) -> Result<Held, Error> {
    let bytes = reader.view(View::Held, &document.0)?;
    Ok(bytes.and_then(|bytes| postcard::from_bytes(&bytes).ok()).unwrap_or_default())
}

/// Lists the documents under a prefix of a view, in the order of the keys.
pub(crate) fn ids(reader: &Reader, view: View, prefix: &[u8]) -> Result<Vec<DocumentId>, Error> {
    let rows = reader.view_rows(view, prefix, None, usize::MAX)?;
    let id = |(key, _): (Vec<u8>, Vec<u8>)| key.last_chunk::<32>().map(|id| DocumentId(*id));
    Ok(rows.into_iter().filter_map(id).collect())
}

/// Lists the documents that carry a handle.
pub(crate) fn by_handle(reader: &Reader, handle: &str) -> Result<Vec<DocumentId>, Error> {
    ids(reader, View::Handle, &key(&[handle.as_bytes(), &[0]]))
}

/// Finds the term of a scheme that has a label; the smallest id where several have it.
pub(crate) fn term(reader: &Reader, scheme: &str, folded: &str) -> Result<Option<DocumentId>, Error> {
    let found = ids(reader, View::Term, &key(&[scheme.as_bytes(), &[0], folded.as_bytes(), &[0]]))?;
    Ok(found.into_iter().min())
}

/// Finds a person's profile: the first by claimed time, then by id, where there are several.
pub(crate) fn profile(reader: &Reader, member: MemberId) -> Result<Option<(DocumentId, Row)>, Error> {
    let mut best: Option<(DocumentId, Row)> = None;
    for document in ids(reader, View::Member, &member.0)? {
        if let Some(row) = row(reader, document)?
            && best.as_ref().is_none_or(|(id, first)| (row.created, document) < (first.created, *id))
        {
            best = Some((document, row));
        }
    }
    Ok(best)
}

/// Lists what is about a document, oldest first by claimed time.
pub(crate) fn children(reader: &Reader, document: DocumentId) -> Result<Vec<DocumentId>, Error> {
    ids(reader, View::Parent, &document.0)
}

/// Lists the documents of a kind.
pub(crate) fn of_kind(reader: &Reader, kind: &str) -> Result<Vec<DocumentId>, Error> {
    ids(reader, View::Kind, &key(&[kind.as_bytes(), &[0]]))
}
