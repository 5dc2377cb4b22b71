//! How one entry lies in the file: its header without what other tables know, and its payload.
//!
//! A header has 280 bytes and more, most of them ids. A record names entries that are here by the distance of their
//! local numbers, leaves out what the line knows (space, device, incarnation) and the community, and keeps the rest. The
//! exact signed bytes are made again from it: before writing, the record is expanded and compared with the entry; an
//! entry for which that fails is kept verbatim.
//!
//! ```text
//! record   flags u16 · verdict: length u8, postcard · id 32 · line · seq · [prev: distance] · [block · index] ·
//!          body · [signature 64]
//! body     verbatim header bytes, or:
//!          kind u8 · gov ids · time (zigzag, from 2024) · [document id ref] · deps ids · [epoch 8] · shape length ·
//!          content length · root 32
//! ids      count · id ref each
//! id ref   0 and 32 bytes, or the distance (1 or more) from this entry's number down to that of the one named
//! payload  (a row of a block) 0 · shape length · shape · content,  or  1 · shape length · shape · hash 32
//! ```
//!
//! Numbers without a width are LEB128.

use crate::model::header::{DEPS_MAX, FORMAT, GOV_MAX, Header};
use crate::model::id::EpochId;
use crate::model::payload::{Content, Payload};
use crate::model::sign::Signature;
use crate::model::{Chain, CommunityId, DocumentId, EntryId, Kind, Timestamp, Verdict};

use super::Number;
use super::block::Spot;
use super::error::{StoreError, corrupt};

const PAYLOAD_STORED: u16 = 1;
const PAYLOAD_ERASED: u16 = 2;
const SIGNED: u16 = 1 << 2;
const VERBATIM: u16 = 1 << 3;
const COMMUNITY: u16 = 1 << 4;
const DOCUMENT: u16 = 1 << 5;
const EPOCH: u16 = 1 << 6;
const DICTIONARY: u16 = 1 << 7;
const KNOWN: u16 = (1 << 8) - 1;

/// Times are stored from here: 2024-01-01T00:00:00Z, in milliseconds since 1970.
const TIME_ORIGIN: i64 = 1_704_067_200_000;

/// What is here of an entry's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PayloadState {
    /// Nothing.
    Missing,
    /// Shape and content.
    Stored,
    /// The shape, and the hash of the content.
    Erased,
}

/// One row of `records`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Where the payload is, if it is here.
    pub(super) kept: Option<Kept>,
    pub(super) verdict: Option<Verdict>,
    pub(super) id: EntryId,
    pub(super) line: u32,
    pub(super) seq: u64,
    /// The entry before it in the chain; none when `seq` is 1.
    pub(super) prev: Option<Number>,
    pub(super) signature: Option<Signature>,
    flags: u16,
    body: Vec<u8>,
}

/// What a record knows of a payload that is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) erased: bool,
    pub(super) spot: Spot,
}

/// Where a new record belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) number: Number,
    pub(super) line: u32,
    pub(super) prev: Option<Number>,
}

impl Record {
    /// Makes the record of a new entry; `find` tells the numbers of entries that are here.
    pub(super) fn new(
        id: EntryId,
        header: &Header,
        place: Place,
        mut find: impl FnMut(EntryId) -> Result<Option<Number>, StoreError>,
    ) -> Result<Record, StoreError> {
        let mut out = Vec::with_capacity(96);
        let mut flags = if header.community.is_some() { COMMUNITY } else { 0 };
        let mut put_id = |out: &mut Vec<u8>, id: EntryId| -> Result<(), StoreError> {
            match find(id)? {
                Some(number) if number < place.number => put_varint(out, place.number.0 - number.0),
                _ => {
                    out.push(0);
                    out.extend(id.0);
                }
            }
            Ok(())
        };
        out.push(header.kind.code());
        put_varint(&mut out, header.gov.len() as u64);
        header.gov.iter().try_for_each(|id| put_id(&mut out, *id))?;
        put_varint(&mut out, zigzag(header.time.0.wrapping_sub(TIME_ORIGIN)));
        if let Some(document) = header.document {
            flags |= DOCUMENT;
            put_id(&mut out, document.into())?;
        }
        put_varint(&mut out, header.deps.len() as u64);
        header.deps.iter().try_for_each(|id| put_id(&mut out, *id))?;
        if !header.epoch.is_zero() {
            flags |= EPOCH;
            out.extend(header.epoch.0);
        }
        if header.dictionary == 1 {
            flags |= DICTIONARY;
        }
        put_varint(&mut out, u64::from(header.shape_bytes));
        put_varint(&mut out, u64::from(header.content_bytes));
        out.extend(header.root);
        Ok(Record {
            kept: None,
            verdict: None,
            id,
            line: place.line,
            seq: header.seq,
            prev: place.prev,
            signature: None,
            flags,
            body: out,
        })
    }

    /// Keeps the header bytes as they are, where the short form doesn't give them back.
    pub(super) fn keep_verbatim(&mut self, header_bytes: &[u8]) {
        self.flags = VERBATIM;
        self.body = header_bytes.to_vec();
    }

    /// Makes the signed bytes again; `name` tells the ids of numbers.
    pub(super) fn expand(
        &self,
        number: Number,
        chain: Chain,
        community: CommunityId,
        mut name: impl FnMut(Number) -> Result<EntryId, StoreError>,
    ) -> Result<Box<[u8]>, StoreError> {
        if self.flags & VERBATIM != 0 {
            return Ok(self.body.as_slice().into());
        }
        let mut from = Bytes(&self.body);
        let mut take_id = |from: &mut Bytes<'_>| match from.varint()? {
            0 => from.array().map(EntryId),
            distance => {
                let before = number.0.checked_sub(distance).ok_or(corrupt("a record"))?;
                name(Number(before))
            }
        };
        let kind = Kind::from_code(from.array::<1>()?[0]);
        let mut gov = Vec::new();
        for _ in 0..from.count(GOV_MAX)? {
            gov.push(take_id(&mut from)?);
        }
        let time = Timestamp(unzigzag(from.varint()?).wrapping_add(TIME_ORIGIN));
        let document = if self.flags & DOCUMENT != 0 { Some(DocumentId::from(take_id(&mut from)?)) } else { None };
        let mut deps = Vec::new();
        for _ in 0..from.count(DEPS_MAX)? {
            deps.push(take_id(&mut from)?);
        }
        let epoch = if self.flags & EPOCH != 0 { EpochId(from.array()?) } else { EpochId::CLEAR };
        let shape_bytes = from.length()?;
        let content_bytes = from.length()?;
        let root = from.array()?;
        let prev = self.prev.map(&mut name).transpose()?.unwrap_or(EntryId::ZERO);
        let header = Header {
            community: (self.flags & COMMUNITY != 0).then_some(community),
            space: chain.space,
            device: chain.device,
            incarnation: chain.incarnation,
            seq: self.seq,
            prev,
            gov,
            time,
            kind,
            document,
            deps,
            epoch,
            dictionary: u8::from(self.flags & DICTIONARY != 0),
            shape_bytes,
            content_bytes,
            root,
        };
        debug_assert_eq!(FORMAT, 1, "records of another format are kept verbatim or get a flag");
        Ok(header.encode().into())
    }

    /// Returns the bytes of the row.
    pub(super) fn encode(&self, number: Number) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.body.len() + 64);
        let state = match self.payload() {
            PayloadState::Missing => 0,
            PayloadState::Stored => PAYLOAD_STORED,
            PayloadState::Erased => PAYLOAD_ERASED,
        };
        let signed = if self.signature.is_some() { SIGNED } else { 0 };
        out.extend((self.flags | state | signed).to_le_bytes());
        let verdict = self.verdict.map(|verdict| postcard::to_stdvec(&verdict).expect("a verdict is plain data"));
        let verdict = verdict.unwrap_or_default();
        out.push(u8::try_from(verdict.len()).expect("a verdict is a few bytes"));
        out.extend(verdict);
        out.extend(self.id.0);
        put_varint(&mut out, u64::from(self.line));
        put_varint(&mut out, self.seq);
        if let Some(prev) = self.prev {
            put_varint(&mut out, number.0 - prev.0);
        }
        if let Some(kept) = &self.kept {
            put_varint(&mut out, kept.spot.block);
            put_varint(&mut out, u64::from(kept.spot.index));
        }
        out.extend(&self.body);
        if let Some(signature) = &self.signature {
            out.extend(signature.0);
        }
        out
    }

    /// Reads a row.
    pub(super) fn decode(number: Number, row: &[u8]) -> Result<Record, StoreError> {
        let mut from = Bytes(row);
        let flags = u16::from_le_bytes(from.array()?);
        if flags & !KNOWN != 0 {
            return Err(corrupt("a record"));
        }
        let erased = match flags & (PAYLOAD_STORED | PAYLOAD_ERASED) {
            0 => None,
            PAYLOAD_STORED => Some(false),
            PAYLOAD_ERASED => Some(true),
            _ => return Err(corrupt("a record")),
        };
        let verdict_bytes = usize::from(from.array::<1>()?[0]);
        let verdict = match from.take(verdict_bytes)? {
            [] => None,
            bytes => Some(postcard::from_bytes(bytes).map_err(|_| corrupt("a verdict"))?),
        };
        let id = EntryId(from.array()?);
        let line = from.length()?;
        let seq = from.varint()?;
        let prev = match seq {
            0 => return Err(corrupt("a record")),
            1 => None,
            _ => {
                let distance = from.varint()?;
                Some(Number(number.0.checked_sub(distance).ok_or(corrupt("a record"))?))
            }
        };
        let kept = match erased {
            Some(erased) => Some(Kept { erased, spot: Spot { block: from.varint()?, index: from.length()? } }),
            None => None,
        };
        let signature = if flags & SIGNED != 0 {
            let (rest, signature) = from.0.split_last_chunk::<64>().ok_or(corrupt("a record"))?;
            from.0 = rest;
            Some(Signature(*signature))
        } else {
            None
        };
        let flags = flags & !(PAYLOAD_STORED | PAYLOAD_ERASED | SIGNED);
        Ok(Record { kept, verdict, id, line, seq, prev, signature, flags, body: from.0.to_vec() })
    }

    /// Returns what is here of the payload.
    pub(super) fn payload(&self) -> PayloadState {
        match self.kept {
            None => PayloadState::Missing,
            Some(Kept { erased: false, .. }) => PayloadState::Stored,
            Some(Kept { erased: true, .. }) => PayloadState::Erased,
        }
    }

    /// Returns the root of the payload, with which both forms of the body end.
    pub(super) fn root(&self) -> Option<[u8; 32]> {
        self.body.last_chunk().copied()
    }

    /// Returns the kind of the entry.
    pub(super) fn kind(&self) -> Option<Kind> {
        // In a header the format version comes first.
        let at = if self.flags & VERBATIM != 0 { 1 } else { 0 };
        self.body.get(at).map(|code| Kind::from_code(*code))
    }

    /// Reads only the line of a row.
    pub(super) fn line(row: &[u8]) -> Result<u32, StoreError> {
        let mut from = Bytes(row);
        let [_, _, verdict_bytes] = from.array()?;
        from.take(usize::from(verdict_bytes) + 32)?;
        from.length()
    }

    /// Reads only the id of a row.
    pub(super) fn id(row: &[u8]) -> Result<EntryId, StoreError> {
        let mut from = Bytes(row);
        let [_, _, verdict_bytes] = from.array()?;
        from.take(usize::from(verdict_bytes))?;
        from.array().map(EntryId)
    }
}

/// Returns the row of a payload.
pub(super) fn encode_payload(payload: &Payload) -> Vec<u8> {
    let (tag, rest): (u8, &[u8]) = match &payload.content {
        Content::Stored(content) => (0, content),
        Content::Erased(hash) => (1, hash),
    };
    let mut out = Vec::with_capacity(4 + payload.shape.len() + rest.len());
    out.push(tag);
    put_varint(&mut out, payload.shape.len() as u64);
    out.extend(&payload.shape);
    out.extend(rest);
    out
}

/// Reads the row of a payload.
pub(super) fn decode_payload(row: &[u8]) -> Result<Payload, StoreError> {
    let mut from = Bytes(row);
    let [tag] = from.array()?;
    let shape_bytes = from.length()? as usize;
    let shape = from.take(shape_bytes)?.to_vec();
    let content = match tag {
        0 => Content::Stored(from.0.to_vec()),
        1 => Content::Erased(from.0.try_into().map_err(|_| corrupt("a payload"))?),
        _ => return Err(corrupt("a payload")),
    };
    Ok(Payload { shape, content })
}

pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], StoreError> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(corrupt("a record"))?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(corrupt("a record"))?;
        self.0 = rest;
        Ok(*head)
    }

    pub(super) fn varint(&mut self) -> Result<u64, StoreError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(corrupt("a record"))
    }

    pub(super) fn length(&mut self) -> Result<u32, StoreError> {
        u32::try_from(self.varint()?).map_err(|_| corrupt("a record"))
    }

    fn count(&mut self, max: usize) -> Result<usize, StoreError> {
        usize::try_from(self.varint()?).ok().filter(|count| *count <= max).ok_or(corrupt("a record"))
    }
}

pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests;
