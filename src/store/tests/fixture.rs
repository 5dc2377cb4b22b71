//! Entries and stores to test with.

use redb::backends::InMemoryBackend;

use crate::model::header::Header;
use crate::model::payload::Content;
use crate::model::sign::{Signature, Signing};
use crate::model::{CommunityId, DocumentId, Entry, EntryId, EpochId, Incarnation, Kind, Payload, SpaceId, Timestamp};
use crate::store::Store;

pub(super) const COMMUNITY: CommunityId = CommunityId([7; 32]);
pub(super) const SPACE: SpaceId = SpaceId([3; 16]);

pub(super) fn store() -> Store {
    Store::create_with_backend(InMemoryBackend::new(), COMMUNITY).expect("a store in memory")
}

/// One chain as its author sees it.
pub(super) struct Author {
    key: Signing,
    pub(super) header: Header,
}

pub(super) struct Made {
    pub(super) entry: Entry,
    pub(super) signature: Signature,
    pub(super) payload: Payload,
}

impl Made {
    pub(super) fn id(&self) -> EntryId {
        self.entry.id()
    }

    pub(super) fn seq(&self) -> u64 {
        self.entry.header().seq
    }
}

impl Author {
    pub(super) fn new(seed: u8) -> Author {
        Author::with_incarnation(seed, 1)
    }

    pub(super) fn with_incarnation(seed: u8, incarnation: u8) -> Author {
        let key = Signing::from_seed(&[seed; 32]);
        let header = Header {
            community: Some(COMMUNITY),
            space: SPACE,
            device: key.public(),
            incarnation: Incarnation([incarnation; 16]),
            seq: 0,
            prev: EntryId::ZERO,
            gov: vec![],
            time: Timestamp(1_790_000_000_000),
            kind: Kind::Edit,
            document: None,
            deps: vec![],
            epoch: EpochId([5; 8]),
            dictionary: 1,
            shape_bytes: 0,
            content_bytes: 0,
            root: [0; 32],
        };
        Author { key, header }
    }

    /// The same device from the same past: what a copy of it would write.
    pub(super) fn copy(&self) -> Author {
        Author { key: Signing::from_seed(&self.key.seed()), header: self.header.clone() }
    }

    /// Writes the next entry; `change` sees the header with `seq` and `prev` set.
    pub(super) fn write_with(&mut self, text: &str, change: impl FnOnce(&mut Header)) -> Made {
        let payload = payload(text);
        let mut header = self.header.clone();
        header.seq += 1;
        header.time.0 += 1_000;
        header.shape_bytes = payload.shape.len() as u32;
        header.content_bytes = text.len() as u32;
        header.root = payload.root();
        change(&mut header);
        let (entry, signature) = Entry::sign(header, &self.key);
        self.header.seq += 1;
        self.header.prev = entry.id();
        Made { entry, signature, payload }
    }

    /// Writes a practice, or whatever creates a document.
    pub(super) fn write(&mut self, text: &str) -> Made {
        self.write_with(text, |_| ())
    }

    /// Writes about a document.
    pub(super) fn write_about(&mut self, kind: Kind, document: DocumentId, deps: &[EntryId], text: &str) -> Made {
        let mut deps = deps.to_vec();
        deps.sort_unstable();
        self.write_with(text, |header| {
            header.kind = kind;
            header.document = Some(document);
            header.deps = deps;
        })
    }
}

pub(super) fn payload(text: &str) -> Payload {
    Payload { shape: b"shape".to_vec(), content: Content::Stored(text.as_bytes().to_vec()) }
}
