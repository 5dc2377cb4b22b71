//! Frozen bytes: entries and an invitation of format version 1, as hexadecimal text in `tests/vectors`.
//!
//! [`frozen_entries_are_read`] must hold for ever. [`vectors_writer_gives_the_frozen_bytes`] may have to change when the
//! compressor does; the files of a released version are kept then, and new ones are added beside them. To write the files
//! anew: `REGENERATE=1 cargo test vectors::writer`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use repertoire::model::entry::{Entry, Signed};
use repertoire::model::governance::invitation::{self, Carried, CarriedOne};
use repertoire::model::governance::{
    self, Act, Cut, Governance, InviteTerms, Place, Proposal, Recoveries, Role, Settings, Status,
};
use repertoire::model::header::{Header, Kind};
use repertoire::model::id::{
    CommunityId, DeviceId, DocumentId, EntryId, EpochId, Incarnation, MemberId, SpaceId, Timestamp,
};
use repertoire::model::payload::{Content, Payload, Plain};
use repertoire::model::seal::{
    Agreement, SpaceKey, copy_key_to, invitation_agreement_seed, invitation_signing_seed, secret_commitment,
};
use repertoire::model::sign::{AdmissionProof, DeviceProof, Signature, Signing};
use repertoire::model::{Random, Verdict};
use repertoire::wire::Message;
use repertoire::wire::entry as wire;

const SECRET: [u8; 32] = [0x51; 32];
const ONE_TIME: [u8; 32] = [0x52; 32];
const RECOVERIES: Recoveries = Recoveries { community: None, person: None };
const START: i64 = 1_767_225_600_000;

/// The bytes of BLAKE3 of the one-byte input `seed`, as many as asked for.
struct Fixed(blake3::OutputReader);

impl Fixed {
    fn new(seed: u8) -> Fixed {
        Fixed(blake3::Hasher::new().update(&[seed]).finalize_xof())
    }
}

impl Random for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }
}

/// An entry with all that belongs to it.
#[derive(Clone)]
struct Written {
    entry: Entry,
    signature: Signature,
    payload: Payload,
    plain: Plain,
    key: Option<SpaceKey>,
}

/// A device that writes, with fixed keys and randomness.
struct Writer {
    signing: Signing,
    agreement: Agreement,
    random: Fixed,
    chains: BTreeMap<SpaceId, (u64, EntryId)>,
    time: i64,
}

/// What an entry says, beside its place in the chain.
struct What {
    community: Option<CommunityId>,
    space: SpaceId,
    kind: Kind,
    document: Option<DocumentId>,
    gov: Vec<EntryId>,
    deps: Vec<EntryId>,
    epoch: EpochId,
}

impl Writer {
    fn new(seed: u8) -> Writer {
        Writer {
            signing: Signing::from_seed(&[seed; 32]),
            agreement: Agreement::from_seed(&[seed + 1; 32]),
            random: Fixed::new(seed),
            chains: BTreeMap::new(),
            time: START,
        }
    }

    fn write(&mut self, what: What, plain: Plain, key: Option<&SpaceKey>) -> Written {
        let (seq, prev) = self.chains.get(&what.space).copied().unwrap_or((0, EntryId::ZERO));
        self.time += 1_000;
        let mut header = Header {
            community: what.community,
            space: what.space,
            device: self.signing.public(),
            incarnation: Incarnation([0x1c; 16]),
            seq: seq + 1,
            prev,
            gov: what.gov,
            time: Timestamp(self.time),
            kind: what.kind,
            document: what.document,
            deps: what.deps,
            epoch: what.epoch,
            dictionary: 0,
            shape_bytes: 0,
            content_bytes: 0,
            root: [0; 32],
        };
        let payload = plain.store(&mut header, key, &mut self.random).expect("it fits");
        let (entry, signature) = Entry::sign(header, &self.signing);
        self.chains.insert(what.space, (seq + 1, entry.id()));
        Written { entry, signature, payload, plain, key: key.cloned() }
    }

    fn govern(&mut self, community: Option<CommunityId>, deps: &[EntryId], shape: &wire::GovernanceShape) -> Written {
        let what = What {
            community,
            space: SpaceId::GOVERNANCE,
            kind: Kind::Governance,
            document: None,
            gov: vec![],
            deps: deps.to_vec(),
            epoch: EpochId::CLEAR,
        };
        self.write(what, Plain { shape: shape.encode_to_vec(), content: vec![] }, None)
    }
}

/// A history: every act of governance, then entries of each kind.
struct History {
    governance: Vec<(&'static str, Written)>,
    data: Vec<(&'static str, Written)>,
    run: Vec<Written>,
    invitation: EntryId,
}

fn history() -> History {
    let (mut founder, mut newcomer) = (Writer::new(0x0a), Writer::new(0x0c));
    let founding = governance::found(&founder.agreement.public(), &SECRET, RECOVERIES, &mut founder.random);
    let found = founder.govern(None, &[], &founding.shape);
    let root = found.entry.id();
    let community = CommunityId::from(root);
    let epoch = EpochId::of(root);
    let keys = [founding.commons.clone(), founding.vitrine].map(|(space, key)| (space, epoch, key));
    let terms = InviteTerms { role: Role::Member, uses: 2, expires: Timestamp(START + 604_800_000), confirm: false };
    let shape = governance::invite(&terms, &ONE_TIME, &keys, &mut founder.random);
    let invite = founder.govern(Some(community), &[], &shape);
    let invitation = invite.entry.id();
    let proof = AdmissionProof {
        community,
        invitation,
        device: newcomer.signing.public(),
        agreement: newcomer.agreement.public(),
    };
    let admission = newcomer.govern(Some(community), &[invitation], &governance::admission(&proof, None, &ONE_TIME));
    let entered = admission.entry.id();
    let seat = founder.govern(Some(community), &[entered], &governance::seat(invitation, &[entered]));
    let close = founder.govern(Some(community), &[], &governance::close(invitation));
    let join = newcomer.govern(Some(community), &[close.entry.id()], &governance::join());
    let gov = vec![join.entry.id()];
    let mut governance = vec![
        ("found", found),
        ("invite", invite),
        ("admission", admission),
        ("seat", seat),
        ("close", close),
        ("join", join),
    ];
    let (commons, key) = founding.commons.clone();
    let about = |kind, document, deps, epoch| What {
        community: Some(community),
        space: commons,
        kind,
        document,
        gov: gov.clone(),
        deps,
        epoch,
    };
    let data = data(&mut newcomer, &about, epoch, &key);
    let mut run = Vec::new();
    let document = DocumentId::from(data[0].1.entry.id());
    let mut deps = vec![data[0].1.entry.id()];
    for word in ["One. ", "Two. ", "Three. "] {
        let written = newcomer.write(about(Kind::Edit, Some(document), deps, epoch), insert(word), Some(&key));
        deps = vec![written.entry.id()];
        run.push(written);
    }
    let mut acts =
        Acts { founder: &mut founder, newcomer: &mut newcomer, community, head: gov[0], written: Vec::new() };
    acts.write(&founding.commons, entered.into());
    governance.extend(acts.written);
    History { governance, data, run, invitation }
}

/// Every act that is not about entering, each after the one before.
struct Acts<'a> {
    founder: &'a mut Writer,
    newcomer: &'a mut Writer,
    community: CommunityId,
    head: EntryId,
    written: Vec<(&'static str, Written)>,
}

impl Acts<'_> {
    fn act(&mut self, name: &'static str, by_founder: bool, shape: &wire::GovernanceShape) -> EntryId {
        let writer = if by_founder { &mut *self.founder } else { &mut *self.newcomer };
        let own = writer.chains[&SpaceId::GOVERNANCE].1 == self.head;
        let deps = if own { vec![] } else { vec![self.head] };
        let written = writer.govern(Some(self.community), &deps, shape);
        self.head = written.entry.id();
        self.written.push((name, written));
        self.head
    }

    fn write(&mut self, (commons, key): &(SpaceId, SpaceKey), member: MemberId) {
        let random = &mut Fixed::new(0x33);
        let founder = MemberId::from(EntryId::from(self.community));
        let second = Signing::from_seed(&[0x2d; 32]);
        let agreement = Agreement::from_seed(&[0x2e; 32]).public();
        let proof = DeviceProof { community: self.community, member: founder, device: second.public(), agreement };
        let (circle, circle_key) = (SpaceId([0xc1; 16]), SpaceKey::from_bytes([0x43; 32]));
        let to = [self.founder.agreement.public(), self.newcomer.agreement.public()];
        let none = BTreeSet::new();
        let tip = Place {
            space: *commons,
            device: self.newcomer.signing.public(),
            incarnation: Incarnation([0x1c; 16]),
            seq: 1,
            id: EntryId([0x71; 32]),
        };
        let mut cut = Cut::default();
        cut.add(tip);
        let root = EpochId::of(self.community.into());
        self.act("grant", true, &governance::grant(member, Role::Animator, &BTreeSet::new(), None));
        self.act("rule", false, &governance::rule(Settings { inviters: Role::Member, validations: 2 }));
        let added = governance::device_add(&proof, second.public(), &second.device(&proof), &[], random);
        self.act("device-add", true, &added);
        let new = SpaceKey::from_bytes([0x44; 32]);
        self.act("rotate", true, &governance::rotate(*commons, &new, &to, &[(root, key.clone())], random));
        let created = governance::circle_create(circle, &[founder].into(), true, (&circle_key, &to[..1]), random);
        let created = EpochId::of(self.act("circle-create", true, &created));
        let keys = [(created, circle_key)];
        self.act("circle-add", true, &governance::circle_add(circle, member, (&keys, &to[1..]), random));
        self.act("circle-remove", true, &governance::circle_remove(circle, member, &Cut::default()));
        let mut proposal = Proposal::new(self.community, &governance::checkpoint(), random);
        proposal.sign(&self.newcomer.signing);
        self.act("cosigned-checkpoint", true, &proposal.shape());
        self.act("admit", false, &governance::admit(&none, &[tip.id].into(), (&[], &[]), random));
        self.act("dismiss", false, &governance::dismiss(&none, &[EntryId([0x72; 32])].into()));
        self.act("resolve", false, &governance::resolve(&tip, &Cut::default()));
        self.act("resign", false, &governance::resign(Role::Member));
        let recover = self.act("recover", false, &governance::recover(&[member].into()));
        self.act("veto", true, &governance::veto(recover));
        self.act("confirm", false, &governance::confirm(recover));
        self.act("device-drop", true, &governance::device_drop(founder, second.public(), &Cut::default()));
        let removed = self.act("revoke", true, &governance::revoke(member, &cut));
        self.act("leave", false, &governance::leave());
        let owed = Cut { spaces: [circle].into(), ..Cut::default() };
        self.act("owed-cut", true, &governance::owed_cut(removed, &owed));
        self.act("end", true, &governance::end());
    }
}

/// Acts of the history that are void: signed by too few, about nothing that stands, or by somebody removed.
const VOID: [&str; 4] = ["recover", "veto", "confirm", "leave"];

/// All acts but the first six, in their order.
const LATER: [&str; 20] = [
    "grant",
    "rule",
    "device-add",
    "rotate",
    "circle-create",
    "circle-add",
    "circle-remove",
    "cosigned-checkpoint",
    "admit",
    "dismiss",
    "resolve",
    "resign",
    "recover",
    "veto",
    "confirm",
    "device-drop",
    "revoke",
    "leave",
    "owed-cut",
    "end",
];

fn data(
    writer: &mut Writer,
    about: &dyn Fn(Kind, Option<DocumentId>, Vec<EntryId>, EpochId) -> What,
    epoch: EpochId,
    key: &SpaceKey,
) -> Vec<(&'static str, Written)> {
    let clear = EpochId::CLEAR;
    let sealed = writer.write(about(Kind::Edit, None, vec![], epoch), create(), Some(key));
    let created = sealed.entry.id();
    let document = Some(DocumentId::from(created));
    let in_clear =
        writer.write(about(Kind::Edit, document, vec![created], clear), insert("Nettoyer les données."), None);
    let shape = wire::MarkShape { verb: "propose".into(), taken_back: false };
    let content = wire::MarkContent { note: "prêt".into(), ..Default::default() };
    let plain = Plain { shape: shape.encode_to_vec(), content: content.encode_to_vec() };
    let mark = writer.write(about(Kind::Mark, document, vec![in_clear.entry.id()], epoch), plain, Some(key));
    let erase = writer.write(about(Kind::Erase, None, vec![in_clear.entry.id()], clear), Plain::default(), None);
    let plain = Plain { shape: vec![1, 2, 3], content: vec![4; 100] };
    let receipt = writer.write(about(Kind::Receipt, None, vec![], clear), plain.clone(), None);
    let newer = writer.write(about(Kind::from_code(77), document, vec![], clear), plain, None);
    let mut erased = in_clear.clone();
    erased.payload = erased.payload.erased();
    erased.plain.content.clear();
    vec![
        ("edit-sealed", sealed),
        ("edit-clear", in_clear),
        ("edit-erased", erased),
        ("mark", mark),
        ("erase", erase),
        ("receipt", receipt),
        ("newer", newer),
    ]
}

fn create() -> Plain {
    let operation = |field: &str, act| wire::Operation { field: field.into(), act: Some(act), ..Default::default() };
    let shape = wire::EditShape {
        document_kind: "practice".into(),
        salt: vec![0x5a; 16],
        operations: vec![
            operation("title", wire::operation::Act::Set(wire::Set {})),
            operation("procedure", wire::operation::Act::Insert(wire::Insert { after: None, length: 21 })),
        ],
        ..Default::default()
    };
    let text = |operation, text: &str| wire::Value { operation, of: Some(wire::value::Of::Text(text.into())) };
    let content = wire::EditContent { values: vec![text(0, "Purger un compteur"), text(1, "Fermer. Ouvrir. Noter")] };
    Plain { shape: shape.encode_to_vec(), content: content.encode_to_vec() }
}

fn insert(text: &str) -> Plain {
    let length = u32::try_from(text.chars().count()).expect("short");
    let after = wire::Anchor { edit: 1, operation: 1, offset: 6 };
    let act = wire::operation::Act::Insert(wire::Insert { after: Some(after), length });
    let operation = wire::Operation { field: "procedure".into(), act: Some(act), ..Default::default() };
    let shape = wire::EditShape { operations: vec![operation], ..Default::default() };
    let value = wire::Value { operation: 0, of: Some(wire::value::Of::Text(text.into())) };
    let content = wire::EditContent { values: vec![value] };
    Plain { shape: shape.encode_to_vec(), content: content.encode_to_vec() }
}

/// Lines of `name: hexadecimal`.
fn lines(fields: &[(&str, &[u8])]) -> String {
    let mut text = String::new();
    for (name, bytes) in fields {
        writeln!(text, "{name}: {}", HEXLOWER.encode(bytes)).expect("a string grows");
    }
    text
}

fn entry_lines(written: &Written) -> String {
    let (content, hash) = match &written.payload.content {
        Content::Stored(stored) => (stored.as_slice(), Vec::new()),
        Content::Erased(hash) => (&[][..], hash.to_vec()),
    };
    let key = written.key.as_ref().map_or(Vec::new(), |key| key.bytes().to_vec());
    lines(&[
        ("id", &written.entry.id().0),
        ("header", written.entry.bytes()),
        ("signature", &written.signature.0),
        ("shape stored", &written.payload.shape),
        ("content stored", content),
        ("content hash", &hash),
        ("key", &key),
        ("shape", &written.plain.shape),
        ("content", &written.plain.content),
    ])
}

fn run_lines(run: &[Written]) -> String {
    let mut text = String::new();
    for written in run {
        text += &lines(&[("header", written.entry.bytes()), ("id", &written.entry.id().0)]);
    }
    text + &lines(&[("signature", &run.last().expect("three").signature.0)])
}

fn key_lines() -> String {
    let space = SpaceId([0x05; 16]);
    let epoch = EpochId([0xe0; 8]);
    let key = SpaceKey::from_bytes([0x4b; 32]);
    let earlier = SpaceKey::from_bytes([0x4c; 32]);
    let agreement = Agreement::from_seed(&[0xa9; 32]);
    let copy = copy_key_to(&agreement.public(), space, epoch, &key, &mut Fixed::new(7));
    let wrapped = key.wrap(space, epoch, &earlier, &mut Fixed::new(8));
    let proof = AdmissionProof {
        community: CommunityId([1; 32]),
        invitation: EntryId([2; 32]),
        device: DeviceId([3; 32]),
        agreement: [4; 32],
    };
    let one_time = Signing::from_seed(&invitation_signing_seed(&ONE_TIME));
    assert!(agreement.open_copy(space, epoch, &copy).is_ok_and(|opened| opened == key));
    assert!(key.unwrap_key(space, &wrapped).is_ok_and(|opened| opened == earlier));
    lines(&[
        ("space", &space.0),
        ("epoch", &epoch.0),
        ("key", &*key.bytes()),
        ("commitment", &key.commitment(space)),
        ("agreement secret", &*agreement.seed()),
        ("agreement", &agreement.public()),
        ("copy ephemeral", &copy.ephemeral),
        ("copy", &copy.sealed),
        ("earlier key", &*earlier.bytes()),
        ("wrapped", &wrapped.sealed),
        ("community secret", &SECRET),
        ("community secret commitment", &secret_commitment(&SECRET)),
        ("one-time secret", &ONE_TIME),
        ("one-time signing seed", &*invitation_signing_seed(&ONE_TIME)),
        ("one-time signing", &one_time.public().0),
        ("one-time agreement seed", &*invitation_agreement_seed(&ONE_TIME)),
        ("admission proof", &one_time.admission(&proof).0),
        ("session proof of \"bound\"", &one_time.session(b"bound").0),
    ])
}

fn invitation_text(history: &History) -> String {
    let carry = |written: &Written, signed: bool| CarriedOne {
        entry: written.entry.clone(),
        signature: signed.then_some(written.signature),
        payload: written.payload.clone(),
    };
    let governance = &history.governance[..2];
    let carried = Carried {
        secret: ONE_TIME.into(),
        community_secret: SECRET.into(),
        invitation: history.invitation,
        addresses: vec!["/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWExample".into()],
        governance: governance.iter().zip([false, true]).map(|((_, written), signed)| carry(written, signed)).collect(),
        starter: vec![carry(&history.data[0].1, true)],
    };
    invitation::encode(&carried).expect("it fits")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn frozen(name: &str) -> String {
    let path = folder().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads lines of `name: hexadecimal`.
fn read(text: &str) -> Vec<(&str, Vec<u8>)> {
    let line = |line| {
        let (name, hex) = str::split_once(line, ':').expect("name: hexadecimal");
        (name, HEXLOWER.decode(hex.trim().as_bytes()).expect("hexadecimal"))
    };
    text.lines().map(line).collect()
}

#[test]
fn writer_gives_the_frozen_bytes() {
    let history = history();
    let entries = history.governance.iter().chain(&history.data);
    let mut files: BTreeMap<String, String> =
        entries.map(|(name, written)| (format!("{name}.txt"), entry_lines(written))).collect();
    files.insert("run.txt".into(), run_lines(&history.run));
    files.insert("keys.txt".into(), key_lines());
    files.insert("invitation.txt".into(), invitation_text(&history));
    for (name, text) in &files {
        if std::env::var_os("REGENERATE").is_some() {
            std::fs::create_dir_all(folder()).expect("the folder");
            std::fs::write(folder().join(name), text).expect("the file is written");
        }
        assert_eq!(&frozen(name), text, "{name}");
    }
    let kept = std::fs::read_dir(folder()).expect("the folder").count();
    assert_eq!(kept, files.len(), "each file is checked");
}

#[test]
fn frozen_entries_are_read() {
    let mut acts = Vec::new();
    let first = ["found", "invite", "admission", "seat", "close", "join"];
    for name in first.into_iter().chain(LATER) {
        let (entry, shape) = read_entry(name);
        let shape = wire::GovernanceShape::decode(shape.as_slice()).expect("an act");
        assert!(shape.act.is_some(), "{name}");
        acts.push((entry.id(), Act::new(&entry, &shape)));
    }
    let mut governance = Governance::new(acts[0].1.clone()).expect("a founding");
    for (id, act) in &acts[1..] {
        assert_eq!(governance.insert(act.clone()), [*id]);
    }
    for (at, name) in first.into_iter().chain(LATER).enumerate() {
        let counts = governance.verdict(acts[at].0) == Some(Verdict::Counted);
        assert_eq!(counts, !VOID.contains(&name), "{name}");
    }
    let entered = governance.state_at(&[acts[5].0]).expect("known");
    let member = &entered.members[&MemberId::from(acts[2].0)];
    assert_eq!((member.role, member.status, member.seated), (Role::Member, Status::Active, true));
    let kinds = ["edit-sealed", "edit-clear", "edit-erased", "mark", "erase", "receipt", "newer"];
    let kinds = kinds.map(|name| read_entry(name).0.header().kind.code());
    assert_eq!(kinds, [2, 2, 2, 3, 4, 5, 77]);
}

/// Verifies and opens a frozen entry; returns it with its shape.
fn read_entry(name: &str) -> (Entry, Vec<u8>) {
    let text = frozen(&format!("{name}.txt"));
    let fields: BTreeMap<&str, Vec<u8>> = read(&text).into_iter().collect();
    let signature = Signature::from_slice(&fields["signature"]).expect("64 bytes");
    let run = Signed::new(vec![fields["header"].clone()], signature).verify();
    let entry = run.unwrap_or_else(|error| panic!("{name}: {error}")).0.remove(0);
    assert_eq!(entry.id().0, fields["id"].as_slice(), "{name}");
    assert_eq!(entry.header().encode(), entry.bytes(), "{name}");
    let content = match fields["content hash"].as_slice() {
        [] => Content::Stored(fields["content stored"].clone()),
        hash => Content::Erased(hash.try_into().expect("32 bytes")),
    };
    let payload = Payload { shape: fields["shape stored"].clone(), content };
    assert!(payload.fits(entry.header()), "{name}");
    let key = fields["key"].as_slice().try_into().ok().map(SpaceKey::from_bytes);
    let shape = payload.open_shape(entry.header(), key.as_ref()).expect("the shape opens");
    assert_eq!(shape, fields["shape"], "{name}");
    if let Content::Stored(_) = payload.content {
        let content = payload.open_content(entry.header(), key.as_ref()).expect("the content opens");
        assert_eq!(content, fields["content"], "{name}");
    }
    (entry, shape)
}

#[test]
fn frozen_run_is_one() {
    let text = frozen("run.txt");
    let fields = read(&text);
    let all = |wanted: &str| -> Vec<Vec<u8>> {
        fields.iter().filter(|(name, _)| *name == wanted).map(|(_, bytes)| bytes.clone()).collect()
    };
    let signature = Signature::from_slice(&all("signature")[0]).expect("64 bytes");
    let (entries, _) = Signed::new(all("header"), signature).verify().expect("a run");
    assert_eq!(entries.iter().map(|entry| entry.id().0.to_vec()).collect::<Vec<_>>(), all("id"));
    assert_eq!(entries.len(), 3);
}

#[test]
fn frozen_invitation_is_read() {
    let text = frozen("invitation.txt");
    let carried = invitation::decode(&text).expect("an invitation");
    assert_eq!(invitation::encode(&carried).expect("it fits"), text);
    assert_eq!((*carried.secret, *carried.community_secret), (ONE_TIME, SECRET));
    assert_eq!((carried.governance.len(), carried.starter.len()), (2, 1));
    let acts = carried.governance.iter().map(|one| {
        let shape = one.payload.open_shape(one.entry.header(), None).expect("in clear");
        Act::new(&one.entry, &wire::GovernanceShape::decode(shape.as_slice()).expect("an act"))
    });
    let acts: Vec<Act> = acts.collect();
    let mut governance = Governance::new(acts[0].clone()).expect("a founding");
    governance.insert(acts[1].clone());
    let keys = governance::open_invitation(governance.state(), carried.invitation, &carried.secret).expect("keys");
    let starter = &carried.starter[0];
    let (space, epoch) = (starter.entry.header().space, starter.entry.header().epoch);
    let (_, _, key) = keys.iter().find(|(of, named, _)| (*of, *named) == (space, epoch)).expect("the commons' key");
    assert!(starter.payload.open_content(starter.entry.header(), Some(key)).is_ok());
}
