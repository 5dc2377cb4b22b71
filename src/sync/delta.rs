//! Runs on the wire: what can be derived is left out, and ids that were mentioned lately are short.
//!
//! The layout is in `proto/sync.proto`. Nothing here is trusted: rebuilt bytes are verified as any run is.

use std::collections::{HashMap, VecDeque};

use crate::model::entry::{RUN_MAX, id_of};
use crate::model::header::{DEPS_MAX, GOV_MAX};
use crate::model::id::{CommunityId, DocumentId, EntryId, EpochId, Timestamp};
use crate::model::{Chain, Entry, Header, Kind};

/// Ids that a direction remembers: 2 MB, the entries of about two days of a lively community of thousands.
const TABLE_MAX: usize = 65_536;

const NO_COMMUNITY: u8 = 1;
const DOCUMENT: u8 = 2;
const SAME_GOV: u8 = 4;
const SAME_EPOCH: u8 = 8;
const SAME_KIND: u8 = 16;
const FLAGS: u8 = NO_COMMUNITY | DOCUMENT | SAME_GOV | SAME_EPOCH | SAME_KIND;

/// Rows that can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed rows")]
pub(crate) struct Malformed;

/// The ids mentioned in one direction, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Table {
    ids: VecDeque<EntryId>,
    /// Number of the first id in `ids`, counted from the beginning of the session.
    first: u64,
    /// Newest number of each id. Kept by the sender alone.
    numbers: Option<HashMap<EntryId, u64>>,
}

impl Table {
    /// Makes the sender's end.
    pub(crate) fn sending() -> Table {
        Table { numbers: Some(HashMap::new()), ..Table::default() }
    }

    /// Makes the receiver's end.
    pub(crate) fn receiving() -> Table {
        Table::default()
    }

    fn push(&mut self, id: EntryId) {
        if self.ids.len() == TABLE_MAX {
            let oldest = self.ids.pop_front().expect("the table is full");
            if let Some(numbers) = &mut self.numbers
                && numbers.get(&oldest) == Some(&self.first)
            {
                numbers.remove(&oldest);
            }
            self.first += 1;
        }
        self.ids.push_back(id);
        let number = self.first + self.ids.len() as u64 - 1;
        if let Some(numbers) = &mut self.numbers {
            numbers.insert(id, number);
        }
    }

    fn write(&mut self, id: EntryId, out: &mut Vec<u8>) {
        let end = self.first + self.ids.len() as u64;
        match self.numbers.as_ref().and_then(|numbers| numbers.get(&id)) {
            Some(number) => varint(end - number, out),
            None => {
                varint(0, out);
                out.extend(id.0);
                self.push(id);
            }
        }
    }

    fn read(&mut self, from: &mut Reader<'_>) -> Result<EntryId, Malformed> {
        let back = from.varint()?;
        if back == 0 {
            let id = EntryId(from.take()?);
            self.push(id);
            return Ok(id);
        }
        let back = usize::try_from(back).map_err(|_| Malformed)?;
        let index = self.ids.len().checked_sub(back).ok_or(Malformed)?;
        Ok(self.ids[index])
    }
}

/// What a row is told against: the row before.
#[derive(Debug, Clone)]
struct Context {
    gov: Vec<EntryId>,
    epoch: EpochId,
    dictionary: u8,
    kind: Kind,
    time: i64,
}

impl Default for Context {
    fn default() -> Context {
        Context { gov: Vec::new(), epoch: EpochId::CLEAR, dictionary: 0, kind: Kind::Edit, time: 0 }
    }
}

impl Context {
    fn after(header: &Header) -> Context {
        Context {
            gov: header.gov.clone(),
            epoch: header.epoch,
            dictionary: header.dictionary,
            kind: header.kind,
            time: header.time.0,
        }
    }
}

/// Writes entries of one chain as rows. `continued` when the rows before it went out with the same run.
pub(crate) fn encode<'a>(entries: impl IntoIterator<Item = &'a Entry>, continued: bool, table: &mut Table) -> Vec<u8> {
    let mut out = Vec::new();
    let mut context = Context::default();
    for (index, entry) in entries.into_iter().enumerate() {
        let header = entry.header();
        if index == 0 && header.seq > 1 && !continued {
            table.write(header.prev, &mut out);
        }
        encode_row(header, &context, table, &mut out);
        table.push(entry.id());
        context = Context::after(header);
    }
    out
}

fn encode_row(header: &Header, before: &Context, table: &mut Table, out: &mut Vec<u8>) {
    let same_epoch = header.epoch == before.epoch && header.dictionary == before.dictionary;
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    out.push(
        flag(header.community.is_none(), NO_COMMUNITY)
            | flag(header.document.is_some(), DOCUMENT)
            | flag(header.gov == before.gov, SAME_GOV)
            | flag(same_epoch, SAME_EPOCH)
            | flag(header.kind == before.kind, SAME_KIND),
    );
    if header.kind != before.kind {
        out.push(header.kind.code());
    }
    let step = header.time.0.wrapping_sub(before.time);
    varint(((step << 1) ^ (step >> 63)) as u64, out);
    if header.gov != before.gov {
        out.push(u8::try_from(header.gov.len()).expect("gov heads are bound"));
        header.gov.iter().for_each(|id| table.write(*id, out));
    }
    if let Some(document) = header.document {
        table.write(document.into(), out);
    }
    varint(header.deps.len() as u64, out);
    header.deps.iter().for_each(|id| table.write(*id, out));
    if !same_epoch {
        out.extend(header.epoch.0);
        out.push(header.dictionary);
    }
    varint(header.shape_bytes.into(), out);
    varint(header.content_bytes.into(), out);
    out.extend(header.root);
}

/// Where rows stand: what the message says about all of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The community of the session.
    pub(crate) community: CommunityId,
    /// The chain.
    pub(crate) chain: Chain,
    /// `seq` of the first row.
    pub(crate) first: u64,
    /// The entry before it, where the rows go on with a run that was cut.
    pub(crate) continued: Option<EntryId>,
}

/// Rebuilds header bytes from rows, with the ids that they have.
pub(crate) fn decode(rows: &[u8], place: &Place, table: &mut Table) -> Result<Vec<(EntryId, Vec<u8>)>, Malformed> {
    let mut from = Reader { rest: rows };
    let mut prev = match place.continued {
        Some(prev) => prev,
        None if place.first == 1 => EntryId::ZERO,
        None => table.read(&mut from)?,
    };
    let mut context = Context::default();
    let mut seq = place.first;
    let mut headers = Vec::new();
    while !from.rest.is_empty() {
        if headers.len() == RUN_MAX {
            return Err(Malformed);
        }
        let header = decode_row(&mut from, place, seq, prev, &context, table)?;
        let bytes = header.encode();
        prev = id_of(&bytes);
        table.push(prev);
        headers.push((prev, bytes));
        context = Context::after(&header);
        seq = seq.checked_add(1).ok_or(Malformed)?;
    }
    if headers.is_empty() { Err(Malformed) } else { Ok(headers) }
}

fn decode_row(
    from: &mut Reader<'_>,
    place: &Place,
    seq: u64,
    prev: EntryId,
    before: &Context,
    table: &mut Table,
) -> Result<Header, Malformed> {
    let [flags] = from.take()?;
    if flags & !FLAGS != 0 {
        return Err(Malformed);
    }
    let kind = if flags & SAME_KIND != 0 { before.kind } else { Kind::from_code(from.take::<1>()?[0]) };
    let zigzag = from.varint()?;
    let step = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
    let gov = if flags & SAME_GOV != 0 {
        before.gov.clone()
    } else {
        let [count] = from.take()?;
        from.refs(count.into(), GOV_MAX, table)?
    };
    let document = if flags & DOCUMENT != 0 { Some(DocumentId::from(table.read(from)?)) } else { None };
    let deps = {
        let count = from.varint()?;
        from.refs(count, DEPS_MAX, table)?
    };
    let (epoch, dictionary) = if flags & SAME_EPOCH != 0 {
        (before.epoch, before.dictionary)
    } else {
        (EpochId(from.take()?), from.take::<1>()?[0])
    };
    Ok(Header {
        community: (flags & NO_COMMUNITY == 0).then_some(place.community),
        space: place.chain.space,
        device: place.chain.device,
        incarnation: place.chain.incarnation,
        seq,
        prev,
        gov,
        time: Timestamp(before.time.wrapping_add(step)),
        kind,
        document,
        deps,
        epoch,
        dictionary,
        shape_bytes: from.length()?,
        content_bytes: from.length()?,
        root: from.take()?,
    })
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*head)
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(Malformed);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    fn length(&mut self) -> Result<u32, Malformed> {
        self.varint()?.try_into().map_err(|_| Malformed)
    }

    fn refs(&mut self, count: u64, most: usize, table: &mut Table) -> Result<Vec<EntryId>, Malformed> {
        let count = usize::try_from(count).ok().filter(|count| *count <= most).ok_or(Malformed)?;
        (0..count).map(|_| table.read(self)).collect()
    }
}

#[cfg(test)]
mod tests;
