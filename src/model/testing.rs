//! What tests of the model share: randomness from a seed, and people who write governance.

use super::Random;
use super::entry::{Entry, Signed};
use super::governance::Act;
use super::header::{Header, Kind};
use super::id::{CommunityId, DeviceId, EntryId, EpochId, Incarnation, SpaceId, Timestamp};
use super::payload::{Payload, Plain};
use super::seal::Agreement;
use super::sign::{Signature, Signing};
use crate::wire::Message;
use crate::wire::entry::GovernanceShape;

/// Random bytes that are the same for the same seed.
pub(crate) struct Seeded(blake3::OutputReader);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Seeded {
        Seeded(blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof())
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % end as u64).expect("below a usize")
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        (1..items.len()).rev().for_each(|last| items.swap(last, self.below(last + 1)));
    }
}

impl Random for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }
}

/// A device that writes governance entries.
pub(crate) struct Person {
    pub(crate) signing: Signing,
    pub(crate) agreement: Agreement,
    pub(crate) incarnation: Incarnation,
    chain: (u64, EntryId),
}

impl Person {
    pub(crate) fn new(seed: u64) -> Person {
        let mut random = Seeded::new(seed);
        Person {
            signing: Signing::from_seed(&random.array()),
            agreement: Agreement::from_seed(&random.array()),
            incarnation: Incarnation(random.array()),
            chain: (0, EntryId::ZERO),
        }
    }

    pub(crate) fn device(&self) -> DeviceId {
        self.signing.public()
    }

    /// Starts a new life of the device: what it writes next has nothing before it in its chain.
    pub(crate) fn reborn(&mut self, seed: u64) {
        self.incarnation = Incarnation(Seeded::new(seed).array());
        self.chain = (0, EntryId::ZERO);
    }

    /// Writes a governance entry after these heads.
    pub(crate) fn entry(
        &mut self,
        community: Option<CommunityId>,
        heads: &[EntryId],
        time: Timestamp,
        shape: &GovernanceShape,
    ) -> (Entry, Signature, Payload) {
        let (seq, prev) = self.chain;
        let mut deps: Vec<EntryId> = heads.iter().copied().filter(|&head| head != prev).collect();
        deps.sort_unstable();
        deps.dedup();
        let mut header = governance_header(self, community, deps, time);
        (header.seq, header.prev) = (seq + 1, prev);
        let plain = Plain { shape: shape.encode_to_vec(), content: Vec::new() };
        let payload = plain.store(&mut header, None, &mut Seeded::new(seq)).expect("it fits");
        let (entry, signature) = Entry::sign(header, &self.signing);
        let run = Signed::new(vec![entry.bytes().to_vec()], signature);
        assert_eq!(run.verify(), Ok((vec![entry.clone()], signature)));
        self.chain = (seq + 1, entry.id());
        (entry, signature, payload)
    }

    /// As [`Person::entry`], read as an act.
    pub(crate) fn act(
        &mut self,
        community: Option<CommunityId>,
        heads: &[EntryId],
        time: Timestamp,
        shape: &GovernanceShape,
    ) -> Act {
        let (entry, _, payload) = self.entry(community, heads, time, shape);
        let opened = payload.open_shape(entry.header(), None).expect("it opens");
        let decoded = GovernanceShape::decode(opened.as_slice()).expect("it decodes");
        assert_eq!(&decoded, shape);
        Act::new(&entry, &decoded)
    }
}

fn governance_header(person: &Person, community: Option<CommunityId>, deps: Vec<EntryId>, time: Timestamp) -> Header {
    Header {
        community,
        space: SpaceId::GOVERNANCE,
        device: person.device(),
        incarnation: person.incarnation,
        seq: 1,
        prev: EntryId::ZERO,
        gov: Vec::new(),
        time,
        kind: Kind::Governance,
        document: None,
        deps,
        epoch: EpochId::CLEAR,
        dictionary: 0,
        shape_bytes: 0,
        content_bytes: 0,
        root: [0; 32],
    }
}
