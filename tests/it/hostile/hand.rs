//! Entries made by hand: each breaks a rule, or comes close to it, and is signed all the same.

use repertoire::model::governance::{self, Cut, InviteTerms, Role};
use repertoire::model::seal::{Agreement, SpaceKey};
use repertoire::model::sign::{AdmissionProof, Signing};
use repertoire::model::{
    CommunityId, Content, DeviceId, DocumentId, Entry, EntryId, EpochId, Header, Incarnation, Kind, Payload, Plain,
    SpaceId, Timestamp,
};
use repertoire::node::env::Env;
use repertoire::node::keys::Keys;
use repertoire::wire::Message;
use repertoire::wire::entry::operation::Act;
use repertoire::wire::entry::{Anchor, EditContent, EditShape, GovernanceShape, Insert, Operation, Value, value};

use super::program::{Line, Written};

/// One life of a device in one space.
pub(super) struct Hand {
    pub(super) community: CommunityId,
    pub(super) signing: Signing,
    pub(super) agreement: Agreement,
    pub(super) incarnation: Incarnation,
    pub(super) space: SpaceId,
    pub(super) epoch: EpochId,
    pub(super) key: Option<SpaceKey>,
    pub(super) gov: Vec<EntryId>,
    pub(super) document: DocumentId,
    pub(super) time: i64,
    /// Its last entry: `seq` and id.
    pub(super) place: (u64, EntryId),
    pub(super) line: Line,
    env: Env,
}

pub(super) fn insert(after: Option<Anchor>, length: u32) -> Operation {
    Operation { field: "procedure".into(), act: Some(Act::Insert(Insert { after, length })), ..Operation::default() }
}

pub(super) fn anchor(edit: u32, operation: u32, offset: u32) -> Option<Anchor> {
    Some(Anchor { edit, operation, offset })
}

pub(super) fn shape(operations: Vec<Operation>) -> EditShape {
    EditShape { operations, ..EditShape::default() }
}

pub(super) fn text(words: &str) -> EditContent {
    EditContent { values: vec![Value { operation: 0, of: Some(value::Of::Text(words.into())) }] }
}

impl Hand {
    /// A new life of a member's device in the commons.
    pub(super) fn new(keys: &Keys, gov: &[EntryId], document: EntryId, seed: u64) -> Hand {
        let mut env = Env::seeded(seed, Timestamp(0));
        let (space, epoch, key) = keys.spaces[0].clone();
        Hand {
            community: keys.community,
            signing: Signing::from_seed(&keys.signing.seed()),
            agreement: Agreement::from_seed(&keys.agreement.seed()),
            incarnation: Incarnation(env.bytes()),
            space,
            epoch,
            key: Some(key),
            gov: gov.to_vec(),
            document: document.into(),
            time: 0,
            place: (0, EntryId::ZERO),
            line: Line::new(),
            env,
        }
    }

    /// The same life of the device in the governance log.
    pub(super) fn governing(mut self) -> Hand {
        (self.space, self.epoch, self.key) = (SpaceId::GOVERNANCE, EpochId::CLEAR, None);
        self.gov.clear();
        self
    }

    /// A device that nobody knows.
    pub(super) fn stranger(mut self, seed: u8) -> Hand {
        self.signing = Signing::from_seed(&[seed; 32]);
        self.agreement = Agreement::from_seed(&[seed; 32]);
        self
    }

    pub(super) fn device(&self) -> DeviceId {
        self.signing.public()
    }

    pub(super) fn header(&self, kind: Kind, document: Option<DocumentId>, deps: &[EntryId]) -> Header {
        let mut deps = deps.to_vec();
        deps.sort_unstable();
        Header {
            community: Some(self.community),
            space: self.space,
            device: self.device(),
            incarnation: self.incarnation,
            seq: self.place.0 + 1,
            prev: self.place.1,
            gov: self.gov.clone(),
            time: Timestamp(self.time),
            kind,
            document,
            deps,
            epoch: self.epoch,
            dictionary: 0,
            shape_bytes: 0,
            content_bytes: 0,
            root: [0; 32],
        }
    }

    /// Signs an entry with this payload, as it is stored.
    pub(super) fn stored(&mut self, mut header: Header, payload: Payload) -> EntryId {
        let Content::Stored(content) = &payload.content else { panic!("nothing is erased here") };
        header.shape_bytes = u32::try_from(payload.shape.len()).expect("small");
        header.content_bytes = u32::try_from(content.len()).expect("small");
        header.root = payload.root();
        let (entry, signature) = Entry::sign(header, &self.signing);
        self.push((entry, signature, payload))
    }

    pub(super) fn push(&mut self, written: Written) -> EntryId {
        self.place = (written.0.header().seq, written.0.id());
        self.line.push(written);
        self.place.1
    }

    pub(super) fn put(&mut self, mut header: Header, plain: &Plain) -> EntryId {
        let payload = plain.store(&mut header, self.key.as_ref(), &mut self.env).expect("it fits one entry");
        let (entry, signature) = Entry::sign(header, &self.signing);
        self.push((entry, signature, payload))
    }

    /// An edit of these bytes.
    pub(super) fn raw(&mut self, deps: &[EntryId], shape: Vec<u8>, content: Vec<u8>) -> EntryId {
        let header = self.header(Kind::Edit, Some(self.document), deps);
        self.put(header, &Plain { shape, content })
    }

    pub(super) fn edit(&mut self, deps: &[EntryId], shape: &EditShape, content: &EditContent) -> EntryId {
        self.raw(deps, shape.encode_to_vec(), content.encode_to_vec())
    }

    /// An edit of the document that any program could have written.
    pub(super) fn honest(&mut self) -> EntryId {
        self.after(&[self.document.into()])
    }

    /// The same after these.
    pub(super) fn after(&mut self, deps: &[EntryId]) -> EntryId {
        self.edit(deps, &shape(vec![insert(None, 3)]), &text("non"))
    }

    /// An act after these heads, which are its own last one too.
    pub(super) fn act(&mut self, heads: &[EntryId], shape: &GovernanceShape) -> EntryId {
        self.act_of(heads, shape.encode_to_vec())
    }

    pub(super) fn act_of(&mut self, heads: &[EntryId], shape: Vec<u8>) -> EntryId {
        let heads: Vec<EntryId> = heads.iter().copied().filter(|head| *head != self.place.1).collect();
        let header = self.header(Kind::Governance, None, &heads);
        self.put(header, &Plain { shape, content: Vec::new() })
    }

    pub(super) fn invite(&mut self, heads: &[EntryId], role: Role, uses: u32, expires: i64) -> (EntryId, [u8; 32]) {
        let secret = self.env.bytes();
        let terms = InviteTerms { role, uses, expires: Timestamp(expires), confirm: false };
        let shape = governance::invite(&terms, &secret, &[], &mut self.env);
        (self.act(heads, &shape), secret)
    }

    pub(super) fn proof(&self, invitation: EntryId) -> AdmissionProof {
        let (device, agreement) = (self.device(), self.agreement.public());
        AdmissionProof { community: self.community, invitation, device, agreement }
    }

    pub(super) fn enter(&mut self, heads: &[EntryId], (invitation, secret): (EntryId, [u8; 32])) -> EntryId {
        let shape = governance::admission(&self.proof(invitation), None, &secret);
        self.act(heads, &shape)
    }

    /// Removes who came in by this admission.
    pub(super) fn remove(&mut self, heads: &[EntryId], admission: EntryId) -> EntryId {
        self.act(heads, &governance::revoke(admission.into(), &Cut::default()))
    }

    /// A second branch from the place where it stood.
    pub(super) fn branch(&mut self, place: (u64, EntryId)) -> Line {
        self.place = place;
        std::mem::take(&mut self.line)
    }

    /// Randomness for whatever else is made.
    pub(super) fn random(self) -> Env {
        self.env
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        self.env.bytes()
    }
}
