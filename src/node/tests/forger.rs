//! Entries that no program of ours writes: each breaks a rule, or comes close to it, and is signed all the same.

use super::super::env::Env;
use super::super::keys::Keys;
use super::community::{Bag, Community};
use crate::model::governance::join;
use crate::model::header::Header;
use crate::model::seal::SpaceKey;
use crate::model::verdict::{Breach, Mask, Need, Verdict};
use crate::model::{DocumentId, Entry, EntryId, EpochId, Incarnation, Kind, Plain, SpaceId, Timestamp};
use crate::wire::Message;
use crate::wire::entry::operation::Act;
use crate::wire::entry::{
    Add, Anchor, EditContent, EditShape, GovernanceShape, Insert, MarkShape, Operation, Set, Value, value,
};

/// What a hand-made entry must come to, everywhere.
pub(super) type Expected = (&'static str, EntryId, Verdict);

/// Writes with a device's keys, in a life of the device that no program knows of.
pub(super) struct Forger {
    pub(super) keys: Keys,
    env: Env,
    pub(super) incarnation: Incarnation,
    /// Its last entry: `seq` and id.
    pub(super) place: (u64, EntryId),
    pub(super) gov: Vec<EntryId>,
    space: SpaceId,
    epoch: EpochId,
    pub(super) document: DocumentId,
    pub(super) time: Timestamp,
}

fn insert(after: Option<Anchor>, length: u32) -> Operation {
    Operation { field: "procedure".into(), act: Some(Act::Insert(Insert { after, length })), ..Operation::default() }
}

fn at(edit: u32, offset: u32) -> Option<Anchor> {
    Some(Anchor { edit, operation: 0, offset })
}

fn text(words: &str) -> EditContent {
    EditContent { values: vec![Value { operation: 0, of: Some(value::Of::Text(words.into())) }] }
}

fn shape(operations: Vec<Operation>) -> EditShape {
    EditShape { operations, ..EditShape::default() }
}

impl Forger {
    pub(super) fn new(community: &Community, at: usize, seed: u64) -> Forger {
        // Who has no key was told it by somebody.
        let mut keys = community.keys(at);
        keys.spaces = community.keys(0).spaces;
        let engine = &community.places[0].node.engines.0[&community.id];
        let (space, epoch, _) = keys.spaces[0];
        let mut env = Env::seeded(seed, Timestamp(0));
        let incarnation = Incarnation(env.bytes());
        let document = community.documents[0].parse::<EntryId>().expect("an id").into();
        let gov = engine.governance.heads();
        let (place, time) = ((0, EntryId::ZERO), Timestamp(i64::MAX));
        Forger { keys, env, incarnation, place, gov, space, epoch, document, time }
    }

    fn header(&self, kind: Kind, document: Option<DocumentId>, mut deps: Vec<EntryId>) -> Header {
        deps.sort_unstable();
        Header {
            community: Some(self.keys.community),
            space: self.space,
            device: self.keys.device(),
            incarnation: self.incarnation,
            seq: self.place.0 + 1,
            prev: self.place.1,
            gov: self.gov.clone(),
            time: self.time,
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

    /// Signs an entry and puts it into the bag.
    pub(super) fn put(&mut self, bag: &mut Bag, mut header: Header, plain: &Plain, key: Option<&SpaceKey>) -> EntryId {
        let payload = plain.store(&mut header, key, &mut self.env).expect("it fits one entry");
        let (entry, signature) = Entry::sign(header, &self.keys.signing);
        let id = entry.id();
        self.place = (entry.header().seq, id);
        bag.insert(id, (entry, signature, payload));
        id
    }

    fn raw(&mut self, bag: &mut Bag, header: Header, shape: Vec<u8>, content: Vec<u8>) -> EntryId {
        let key = self.keys.space(self.space, self.epoch).cloned();
        self.put(bag, header, &Plain { shape, content }, key.as_ref())
    }

    fn edit(&mut self, bag: &mut Bag, deps: &[EntryId], shape: &EditShape, content: &EditContent) -> EntryId {
        let header = self.header(Kind::Edit, Some(self.document), deps.to_vec());
        self.raw(bag, header, shape.encode_to_vec(), content.encode_to_vec())
    }

    /// An edit that any program could have written: words at the start of the procedure.
    pub(super) fn honest(&mut self, bag: &mut Bag, deps: &[EntryId]) -> EntryId {
        self.edit(bag, deps, &shape(vec![insert(None, 3)]), &text("oui"))
    }

    /// An edit that sets a single value.
    pub(super) fn set(&mut self, bag: &mut Bag, deps: &[EntryId], field: &str, value: &str) -> EntryId {
        let set = Operation { field: field.into(), act: Some(Act::Set(Set {})), ..Operation::default() };
        self.edit(bag, deps, &shape(vec![set]), &text(value))
    }

    /// An act like any other: it joins what was seen.
    pub(super) fn join(&mut self, bag: &mut Bag) -> EntryId {
        let mut header = self.header(Kind::Governance, None, self.gov.clone());
        (header.space, header.epoch, header.gov) = (SpaceId::GOVERNANCE, EpochId::CLEAR, Vec::new());
        self.put(bag, header, &Plain { shape: join().encode_to_vec(), content: Vec::new() }, None)
    }

    pub(super) fn mark(&mut self, bag: &mut Bag, dep: EntryId, verb: &str) -> EntryId {
        let header = self.header(Kind::Mark, Some(self.document), vec![dep]);
        let shape = MarkShape { verb: verb.into(), taken_back: false };
        self.raw(bag, header, shape.encode_to_vec(), Vec::new())
    }

    /// Anchors that point where they may not.
    pub(super) fn anchors(&mut self, bag: &mut Bag, out: &mut Vec<Expected>) {
        let root: EntryId = self.document.into();
        let first = self.honest(bag, &[root]);
        let second = self.honest(bag, &[root]);
        out.push(("an edit like any other", first, Verdict::Counted));
        let referring = EditShape { referenced: vec![second.0.to_vec()], ..shape(vec![insert(at(2, 0), 3)]) };
        let outside = self.edit(bag, &[first], &referring, &text("non"));
        out.push(("an anchor in an edit outside the past", outside, Verdict::Void(Breach::Anchor)));
        let past_end = self.edit(bag, &[first], &shape(vec![insert(at(1, 3), 3)]), &text("non"));
        out.push(("an anchor behind the end of its run", past_end, Verdict::Void(Breach::Anchor)));
        let nowhere = self.edit(bag, &[first], &shape(vec![insert(at(7, 0), 3)]), &text("non"));
        out.push(("an anchor in no edit", nowhere, Verdict::Void(Breach::Anchor)));
        let above = self.honest(bag, &[outside]);
        out.push(("an honest edit after a void one", above, Verdict::Counted));
        let into = self.edit(bag, &[outside], &shape(vec![insert(at(1, 0), 3)]), &text("non"));
        out.push(("an anchor in a void edit", into, Verdict::Void(Breach::Anchor)));
        let both = self.honest(bag, &[first, second]);
        out.push(("an edit that joins two", both, Verdict::Counted));
    }

    /// Shapes and contents that don't fit.
    pub(super) fn misfits(&mut self, bag: &mut Bag, out: &mut Vec<Expected>) {
        let root: EntryId = self.document.into();
        let add = Operation { act: Some(Act::Add(Add { element: vec![1; 16] })), ..insert(None, 1) };
        let schema = self.edit(bag, &[root], &shape(vec![add]), &text("non"));
        out.push(("an element of a text", schema, Verdict::Void(Breach::Schema)));
        let huge = self.edit(bag, &[root], &shape(vec![insert(None, (1 << 18) + 1)]), &EditContent::default());
        out.push(("a text over its limit", huge, Verdict::Void(Breach::Limit)));
        let header = self.header(Kind::Edit, Some(self.document), vec![root]);
        let garbage = self.raw(bag, header, vec![0xff; 40], Vec::new());
        out.push(("a shape that is none", garbage, Verdict::Void(Breach::Shape)));
        let header = self.header(Kind::Edit, Some(self.document), vec![root]);
        let words = self.raw(bag, header, shape(vec![insert(None, 3)]).encode_to_vec(), vec![0xff; 40]);
        out.push(("a content that is none", words, Verdict::Counted));
        let longer = self.edit(bag, &[words], &shape(vec![insert(at(1, 2), 3)]), &text("beaucoup plus"));
        out.push(("a content longer than its shape says", longer, Verdict::Counted));
        let none = self.edit(bag, &[root], &shape(vec![insert(None, 9)]), &EditContent::default());
        out.push(("a shape without content", none, Verdict::Counted));
        let header = Header { epoch: EpochId::CLEAR, ..self.header(Kind::Edit, Some(self.document), vec![root]) };
        let plain = Plain { shape: shape(vec![insert(None, 3)]).encode_to_vec(), content: text("nu!").encode_to_vec() };
        let clear = self.put(bag, header, &plain, None);
        out.push(("words in clear", clear, Verdict::Void(Breach::Shape)));
        let header = self.header(Kind::Edit, Some(self.document), vec![root]);
        let other = SpaceKey::from_bytes([9; 32]);
        let wrong = self.put(bag, header, &plain, Some(&other));
        out.push(("words under another key", wrong, Verdict::Void(Breach::Shape)));
        let header = Header { epoch: EpochId([7; 8]), ..self.header(Kind::Edit, Some(self.document), vec![root]) };
        let unknown = self.put(bag, header, &plain, Some(&other));
        out.push(("words under a key that nobody has", unknown, Verdict::Waiting(Need::Key)));
        let unread = self.honest(bag, &[unknown]);
        out.push(("an edit after one that waits", unread, Verdict::Waiting(Need::Past)));
    }

    /// Edits in places where they don't belong.
    pub(super) fn places(&mut self, bag: &mut Bag, out: &mut Vec<Expected>, elsewhere: EntryId) {
        let root: EntryId = self.document.into();
        let other = self.honest(bag, &[elsewhere]);
        out.push(("an edit after one of another document", other, Verdict::Void(Breach::Place)));
        let both = self.honest(bag, &[root, elsewhere]);
        out.push(("an edit after two documents", both, Verdict::Void(Breach::Place)));
        let none = self.honest(bag, &[]);
        out.push(("an edit after nothing", none, Verdict::Void(Breach::Place)));
        let never = self.honest(bag, &[EntryId([3; 32])]);
        out.push(("an edit after what never comes", never, Verdict::Waiting(Need::Past)));
        let after = self.honest(bag, &[never, root]);
        out.push(("an edit after an edit after what never comes", after, Verdict::Waiting(Need::Past)));
        let gov = std::mem::replace(&mut self.gov, vec![EntryId([4; 32])]);
        let unseen = self.honest(bag, &[root]);
        self.gov = gov;
        out.push(("a right from acts that never come", unseen, Verdict::Waiting(Need::Past)));
        let gov = std::mem::take(&mut self.gov);
        let rightless = self.honest(bag, &[root]);
        self.gov = gov;
        out.push(("an edit that has seen no act", rightless, Verdict::Void(Breach::Right)));
        let own = self.document;
        self.document = own_charter(bag).into();
        let set = Operation { field: "title".into(), act: Some(Act::Set(Set {})), ..Operation::default() };
        let charter = self.edit(bag, &[self.document.into()], &shape(vec![set]), &text("Mien"));
        self.document = own;
        out.push(("a charter by who does not govern", charter, Verdict::Void(Breach::Right)));
        let validate = self.mark(bag, root, "validate");
        out.push(("a mark by who does not govern", validate, Verdict::Void(Breach::Right)));
        let newer = self.mark(bag, root, "sing");
        out.push(("a mark of a newer version", newer, Verdict::Counted));
        let foreign = self.mark(bag, elsewhere, "propose");
        out.push(("a mark after another document", foreign, Verdict::Void(Breach::Place)));
    }

    /// Writings of several parts that are not whole.
    pub(super) fn parts(&mut self, bag: &mut Bag, out: &mut Vec<Expected>) {
        let root: EntryId = self.document.into();
        let part = |part, closes, operation| EditShape { part, closes, ..shape(vec![operation]) };
        let open = self.edit(bag, &[root], &part(1, 0, insert(None, 3)), &text("oui"));
        out.push(("a part whose last never comes", open, Verdict::Waiting(Need::Parts)));
        let first = self.edit(bag, &[root], &part(1, 0, insert(None, 3)), &text("oui"));
        let last = self.edit(bag, &[first], &part(2, 2, insert(at(1, 9), 3)), &text("non"));
        out.push(("a part whose last is void", first, Verdict::Masked(Mask::Part)));
        out.push(("a last part that is void", last, Verdict::Void(Breach::Anchor)));
        let first = self.edit(bag, &[root], &part(1, 0, insert(None, 3)), &text("oui"));
        let last = self.edit(bag, &[first], &part(2, 2, insert(at(1, 2), 3)), &text("oui"));
        out.push(("two parts", first, Verdict::Counted));
        out.push(("their last", last, Verdict::Counted));
    }

    /// Writes an act of governance after these.
    pub(super) fn act(&mut self, bag: &mut Bag, shape: &GovernanceShape, past: &[EntryId]) -> EntryId {
        let header = self.header(Kind::Governance, None, past.to_vec());
        let header = Header { space: SpaceId::GOVERNANCE, gov: Vec::new(), epoch: EpochId::CLEAR, ..header };
        self.put(bag, header, &Plain { shape: shape.encode_to_vec(), content: Vec::new() }, None)
    }

    /// Erases an entry.
    pub(super) fn erase(&mut self, bag: &mut Bag, entry: EntryId) -> EntryId {
        let header = self.header(Kind::Erase, None, vec![entry]);
        self.raw(bag, header, Vec::new(), Vec::new())
    }
}

/// The charter: what the founder wrote first in the commons.
fn own_charter(bag: &Bag) -> EntryId {
    let creating = |entry: &Entry| entry.header().kind == Kind::Edit && entry.header().document.is_none();
    let founder = bag.values().find(|(entry, _, _)| entry.header().community.is_none()).expect("the founding");
    let device = founder.0.header().device;
    let first = bag.values().filter(|(entry, _, _)| entry.header().device == device && creating(entry));
    first.min_by_key(|(entry, _, _)| entry.header().seq).expect("a charter").0.id()
}
