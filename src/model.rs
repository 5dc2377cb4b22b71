//! Entries, documents, governance and keys as pure values: no files, sockets, clocks, randomness or threads.
//!
//! Time and randomness come in as arguments ([`Timestamp`], [`Random`]); what is to be done goes out as values.

pub mod document;
pub mod entry;
pub mod governance;
pub mod header;
pub mod id;
pub mod payload;
pub mod seal;
pub mod sign;
pub mod standing;
#[cfg(test)]
pub(crate) mod testing;
pub mod verdict;

pub use entry::{Entry, Signed};
pub use header::{Chain, Header, Kind};
pub use id::{
    CommunityId, DeviceId, DocumentId, ElementId, EntryId, EpochId, Incarnation, ItemId, MemberId, SpaceId, Timestamp,
};
pub use payload::{Content, Payload, Plain};
pub use verdict::Verdict;

/// A source of random bytes, handed in by whoever owns one.
pub trait Random {
    /// Fills the buffer.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// Returns the beginning of a text, at most so many bytes of it, cut between characters.
pub(crate) fn shortened(text: &str, bytes_max: usize) -> &str {
    let mut end = bytes_max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
