//! The header of an entry: its canonical bytes, and nothing about their meaning.
//!
//! The layout is specified in `proto/entry.proto`. There is one encoding of each header: decoding refuses whatever
//! encoding again would not give back byte for byte.

use super::id::{CommunityId, DeviceId, DocumentId, EntryId, EpochId, Incarnation, SpaceId, Timestamp};

/// The format version that this program writes.
pub const FORMAT: u8 = 1;
/// Most heads of the governance log in one header: who sees more joins them first.
pub const GOV_MAX: usize = 8;
/// Most heads of the document in one header: 32 bytes each travel with every later edit.
pub const DEPS_MAX: usize = 256;
/// Most stored payload bytes (shape and content) of one entry.
pub const PAYLOAD_BYTES_MAX: u64 = 64 * 1024;
/// Most bytes that a header can have; a longer one is malformed.
pub const HEADER_BYTES_MAX: usize =
    3 + 32 + 16 + 32 + 16 + 8 + 32 + 1 + 32 * GOV_MAX + 8 + 32 + 2 + 32 * DEPS_MAX + 8 + 1 + 8 + 32;

/// What an entry is. The document kind and the verb of a mark stand in the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An act of governance.
    Governance,
    /// An edit of a document.
    Edit,
    /// A statement about a document.
    Mark,
    /// Drops the content of the entries in `deps`.
    Erase,
    /// Says what its author holds.
    Receipt,
    /// From a newer version: kept and forwarded.
    Unknown(u8),
}

impl Kind {
    /// Returns the byte that stands for it.
    pub fn code(self) -> u8 {
        match self {
            Kind::Governance => 1,
            Kind::Edit => 2,
            Kind::Mark => 3,
            Kind::Erase => 4,
            Kind::Receipt => 5,
            Kind::Unknown(code) => code,
        }
    }

    /// Returns the kind that a byte stands for.
    pub fn from_code(code: u8) -> Kind {
        match code {
            1 => Kind::Governance,
            2 => Kind::Edit,
            3 => Kind::Mark,
            4 => Kind::Erase,
            5 => Kind::Receipt,
            other => Kind::Unknown(other),
        }
    }
}

/// Names a chain: the entries of one device incarnation in one space, linked by `prev`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Chain {
    /// The space the entries belong to.
    pub space: SpaceId,
    /// The author's device.
    pub device: DeviceId,
    /// The life of that device.
    pub incarnation: Incarnation,
}

/// The signed part of an entry. Fields as in `proto/entry.proto`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Absent in the founding entry, where it means the entry's own id.
    pub community: Option<CommunityId>,
    /// The space.
    pub space: SpaceId,
    /// The author's device.
    pub device: DeviceId,
    /// The life of that device.
    pub incarnation: Incarnation,
    /// Place in the chain, from 1.
    pub seq: u64,
    /// The entry before it in the chain; zero when `seq` is 1.
    pub prev: EntryId,
    /// Heads of the governance log that the author had seen, ascending; empty in governance entries.
    pub gov: Vec<EntryId>,
    /// Claimed time.
    pub time: Timestamp,
    /// What the entry is.
    pub kind: Kind,
    /// Absent in a creating edit, where it means the entry's own id, and where there is no document.
    pub document: Option<DocumentId>,
    /// Heads that the author had seen, ascending; in an erase entry, what is erased.
    pub deps: Vec<EntryId>,
    /// Which key sealed the payload; zero for clear.
    pub epoch: EpochId,
    /// How the parts are compressed: 0 not, 1 with the dictionary of format version 1.
    pub dictionary: u8,
    /// Stored bytes of the shape.
    pub shape_bytes: u32,
    /// Stored bytes of the content.
    pub content_bytes: u32,
    /// Hash over the hashes of both stored parts.
    pub root: [u8; 32],
}

/// Why bytes are not a header. Such an entry is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// It ends too early.
    #[error("the header is cut short")]
    Short,
    /// There is more after its end.
    #[error("the header has {0} bytes too many")]
    Trailing(usize),
    /// A format version that this program doesn't read.
    #[error("format version {0} is not known here")]
    Version(u8),
    /// A flag bit that has no meaning.
    #[error("unknown flags {0:#04x}")]
    Flags(u8),
    /// A list too long, or not strictly ascending.
    #[error("the list of {0} is too long or not ascending")]
    List(&'static str),
    /// `seq` and `prev` don't fit each other.
    #[error("seq and prev don't fit")]
    Link,
    /// Payload lengths over the limit.
    #[error("the payload is larger than {PAYLOAD_BYTES_MAX} bytes")]
    Size,
    /// A field that this kind of entry must not have, or lacks.
    #[error("the field {0} doesn't fit the kind of entry")]
    Field(&'static str),
}

const FLAG_COMMUNITY: u8 = 1;
const FLAG_DOCUMENT: u8 = 2;

impl Header {
    /// Returns the chain that the entry belongs to.
    pub fn chain(&self) -> Chain {
        Chain { space: self.space, device: self.device, incarnation: self.incarnation }
    }

    /// Returns the entry's direct past: `deps`, and for governance `prev` too.
    pub fn past(&self) -> impl Iterator<Item = EntryId> + '_ {
        let prev = (self.kind == Kind::Governance && !self.prev.is_zero()).then_some(self.prev);
        self.deps.iter().copied().chain(prev)
    }

    /// Returns the bytes that are hashed and signed.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.encode_associated();
        out.extend(self.shape_bytes.to_le_bytes());
        out.extend(self.content_bytes.to_le_bytes());
        out.extend(self.root);
        out
    }

    /// Returns the bytes from the first up to and including `dictionary`: what a sealed part is bound to.
    pub fn encode_associated(&self) -> Vec<u8> {
        let lists = 32 * (self.gov.len() + self.deps.len());
        let mut out = Vec::with_capacity(264 + lists);
        let flags = if self.community.is_some() { FLAG_COMMUNITY } else { 0 }
            | if self.document.is_some() { FLAG_DOCUMENT } else { 0 };
        out.extend([FORMAT, self.kind.code(), flags]);
        out.extend(self.community.iter().flat_map(|id| id.0));
        out.extend(self.space.0);
        out.extend(self.device.0);
        out.extend(self.incarnation.0);
        out.extend(self.seq.to_le_bytes());
        out.extend(self.prev.0);
        out.push(u8::try_from(self.gov.len()).expect("gov heads are bound by GOV_MAX"));
        out.extend(self.gov.iter().flat_map(|id| id.0));
        out.extend(self.time.0.to_le_bytes());
        out.extend(self.document.iter().flat_map(|id| id.0));
        out.extend(u16::try_from(self.deps.len()).expect("deps are bound by DEPS_MAX").to_le_bytes());
        out.extend(self.deps.iter().flat_map(|id| id.0));
        out.extend(self.epoch.0);
        out.push(self.dictionary);
        out
    }

    /// Reads a header from exactly these bytes.
    ///
    /// # Errors
    ///
    /// Anything that is not the one canonical encoding of a header is malformed.
    pub fn decode(bytes: &[u8]) -> Result<Header, HeaderError> {
        let mut from = Reader { rest: bytes };
        let [version, kind, flags] = from.take()?;
        if version != FORMAT {
            return Err(HeaderError::Version(version));
        }
        if flags & !(FLAG_COMMUNITY | FLAG_DOCUMENT) != 0 {
            return Err(HeaderError::Flags(flags));
        }
        let header = Header {
            kind: Kind::from_code(kind),
            community: from.optional(flags & FLAG_COMMUNITY != 0)?.map(CommunityId),
            space: SpaceId(from.take()?),
            device: DeviceId(from.take()?),
            incarnation: Incarnation(from.take()?),
            seq: u64::from_le_bytes(from.take()?),
            prev: EntryId(from.take()?),
            gov: {
                let [count] = from.take()?;
                from.ids("gov heads", usize::from(count), GOV_MAX)?
            },
            time: Timestamp(i64::from_le_bytes(from.take()?)),
            document: from.optional(flags & FLAG_DOCUMENT != 0)?.map(DocumentId),
            deps: {
                let count = u16::from_le_bytes(from.take()?);
                from.ids("deps", usize::from(count), DEPS_MAX)?
            },
            epoch: EpochId(from.take()?),
            dictionary: from.take::<1>()?[0],
            shape_bytes: u32::from_le_bytes(from.take()?),
            content_bytes: u32::from_le_bytes(from.take()?),
            root: from.take()?,
        };
        if !from.rest.is_empty() {
            return Err(HeaderError::Trailing(from.rest.len()));
        }
        header.check()?;
        Ok(header)
    }

    /// Checks what must hold between fields, whatever the entry's past.
    fn check(&self) -> Result<(), HeaderError> {
        if self.seq == 0 || (self.seq == 1) != self.prev.is_zero() {
            return Err(HeaderError::Link);
        }
        if u64::from(self.shape_bytes) + u64::from(self.content_bytes) > PAYLOAD_BYTES_MAX {
            return Err(HeaderError::Size);
        }
        let governance = self.kind == Kind::Governance;
        if governance != (self.space == SpaceId::GOVERNANCE) {
            return Err(HeaderError::Field("space"));
        }
        if governance && !self.gov.is_empty() {
            return Err(HeaderError::Field("gov"));
        }
        if governance && !self.epoch.is_zero() {
            return Err(HeaderError::Field("epoch"));
        }
        if self.kind == Kind::Mark && self.document.is_none()
            || matches!(self.kind, Kind::Governance | Kind::Erase | Kind::Receipt) && self.document.is_some()
        {
            return Err(HeaderError::Field("document"));
        }
        if self.kind == Kind::Edit && self.document.is_none() && !self.deps.is_empty() {
            return Err(HeaderError::Field("deps"));
        }
        let founding = governance && self.seq == 1 && self.deps.is_empty();
        if self.community.is_none() != founding {
            return Err(HeaderError::Field("community"));
        }
        Ok(())
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], HeaderError> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(HeaderError::Short)?;
        self.rest = rest;
        Ok(*head)
    }

    fn optional(&mut self, present: bool) -> Result<Option<[u8; 32]>, HeaderError> {
        if present { self.take().map(Some) } else { Ok(None) }
    }

    fn ids(&mut self, name: &'static str, count: usize, max: usize) -> Result<Vec<EntryId>, HeaderError> {
        if count > max {
            return Err(HeaderError::List(name));
        }
        let ids = (0..count).map(|_| self.take().map(EntryId)).collect::<Result<Vec<_>, _>>()?;
        if ids.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(HeaderError::List(name));
        }
        Ok(ids)
    }
}

#[cfg(test)]
mod tests;
