//! Entries: what was received, and what verification makes of it.
//!
//! [`Signed`] is a run as it came: header bytes of one chain in order, and one signature over the last. It shows
//! nothing. [`Signed::verify`] alone yields [`Entry`] values, which hold the received bytes; nothing is encoded again in
//! order to check it.

use super::header::{HEADER_BYTES_MAX, Header, HeaderError};
use super::id::{CommunityId, DocumentId, EntryId};
use super::sign::{Signature, Signing, verify_entry};

const ID_CONTEXT: &str = "repertoire 1 entry id";

/// Most headers in one run: bounds what a failed signature throws away.
pub const RUN_MAX: usize = 256;

/// Returns the id that header bytes have.
pub fn id_of(header_bytes: &[u8]) -> EntryId {
    EntryId(*blake3::Hasher::new_derive_key(ID_CONTEXT).update(header_bytes).finalize().as_bytes())
}

/// A verified entry: somebody who holds its device's key signed it, itself or by a later entry of its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    id: EntryId,
    header: Header,
    bytes: Box<[u8]>,
}

impl Entry {
    /// Returns its id.
    pub fn id(&self) -> EntryId {
        self.id
    }

    /// Returns its header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Returns the header bytes, as they were signed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the community it belongs to.
    pub fn community(&self) -> CommunityId {
        self.header.community.unwrap_or(self.id.into())
    }

    /// Returns the document it is about: its own id where the header names none.
    pub fn document(&self) -> DocumentId {
        self.header.document.unwrap_or(self.id.into())
    }

    /// Tells whether this is the entry right after `before` in one chain of one community.
    pub fn follows(&self, before: &Entry) -> bool {
        self.header.prev == before.id
            && self.header.chain() == before.header.chain()
            && self.community() == before.community()
            && before.header.seq.checked_add(1) == Some(self.header.seq)
    }

    /// Signs a header, and so makes an entry of one's own.
    ///
    /// # Panics
    ///
    /// If the header is not of the key's device, or breaks the rules of the layout.
    pub fn sign(header: Header, key: &Signing) -> (Entry, Signature) {
        let entry = Entry::write(header, key);
        let signature = key.entry(entry.id);
        (entry, signature)
    }

    /// Makes an entry of one's own that a later one of its run will vouch for: [`Signing::entry`] signs the last.
    ///
    /// # Panics
    ///
    /// As [`Entry::sign`].
    pub fn write(header: Header, key: &Signing) -> Entry {
        assert_eq!(header.device, key.public(), "a header is signed by its own device");
        let bytes = header.encode();
        assert_eq!(Header::decode(&bytes).as_ref(), Ok(&header), "what is signed can be read");
        Entry { id: id_of(&bytes), header, bytes: bytes.into() }
    }

    /// Takes an entry back from one's own store, where only verified entries are.
    ///
    /// # Errors
    ///
    /// When the stored bytes are damaged: no header, or not of this id.
    pub fn from_store(id: EntryId, bytes: Box<[u8]>) -> Result<Entry, RunError> {
        let header = Header::decode(&bytes)?;
        if id_of(&bytes) != id {
            return Err(RunError::Id);
        }
        Ok(Entry { id, header, bytes })
    }
}

/// Why a run is refused. Only its author is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// There are no headers, or more than [`RUN_MAX`].
    #[error("a run has 1 to {RUN_MAX} entries")]
    Length,
    /// One of the headers is malformed.
    #[error("malformed header")]
    Header(#[from] HeaderError),
    /// The headers are not consecutive entries of one chain.
    #[error("the entries of the run are not one chain")]
    Chain,
    /// The signature over the last one is not the device's.
    #[error("the signature is wrong")]
    Signature,
    /// Stored bytes that don't have the id they are stored under.
    #[error("the stored header has another id")]
    Id,
}

/// A run as received: nothing of it can be looked at before it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    headers: Vec<Vec<u8>>,
    signature: Signature,
}

impl Signed {
    /// Takes header bytes of one chain, in order, and the signature over the last.
    pub fn new(headers: Vec<Vec<u8>>, signature: Signature) -> Signed {
        Signed { headers, signature }
    }

    /// Verifies the run: one signature and one hash an entry.
    ///
    /// # Errors
    ///
    /// See [`RunError`]. Nothing of a refused run is trusted.
    pub fn verify(self) -> Result<(Vec<Entry>, Signature), RunError> {
        if self.headers.is_empty() || self.headers.len() > RUN_MAX {
            return Err(RunError::Length);
        }
        let mut entries: Vec<Entry> = Vec::with_capacity(self.headers.len());
        for bytes in self.headers {
            if bytes.len() > HEADER_BYTES_MAX {
                return Err(HeaderError::Trailing(bytes.len() - HEADER_BYTES_MAX).into());
            }
            let header = Header::decode(&bytes)?;
            let entry = Entry { id: id_of(&bytes), header, bytes: bytes.into() };
            if entries.last().is_some_and(|before| !entry.follows(before)) {
                return Err(RunError::Chain);
            }
            entries.push(entry);
        }
        let last = entries.last().expect("a run is not empty");
        if !verify_entry(last.header.device, last.id, &self.signature) {
            return Err(RunError::Signature);
        }
        Ok((entries, self.signature))
    }
}

#[cfg(test)]
mod tests;
