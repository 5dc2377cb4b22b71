//! A member whose program lies, against a real node over TCP: each lie is refused in order, nothing panics or grows, and
//! an honest member syncs meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use repertoire::door::net::{self, Config, Event, Events, LinkId, Net, PeerId, Target};
use repertoire::model::sign::{Signature, Signing};
use repertoire::model::{
    Chain, CommunityId, Content, DeviceId, DocumentId, Entry, EntryId, Header, Incarnation, Kind, MemberId, Payload,
    Plain, SpaceId, Timestamp,
};
use repertoire::node::env::Env;
use repertoire::node::keys::Keys;
use repertoire::sync::{
    Accepted, AcceptedPayload, CloseReason, Config as SessionConfig, Frontier, Held, Input, Missing, Outcome, Output,
    PartialReason, Pending, Portion, Replica, Room, Session, Tip, Unavailable, Wanted,
};
use repertoire::wire::Message;
use repertoire::wire::entry::operation::Act;
use repertoire::wire::entry::{Anchor, EditContent, EditShape, Insert, Operation, Value, value};
use repertoire::wire::sync::Frame;
use repertoire::wire::sync::frame::Body;

use super::strangers::{Home, memory_kb};

/// Nothing here takes this long; whatever does has failed.
const LONG: Duration = Duration::from_secs(30);
/// How much more memory the node may hold after all of it, in KB.
const GROWTH_KB: u64 = 64 << 10;

/// What changes a frame before it leaves, into none or several.
type Tamper = Box<dyn FnMut(Vec<u8>) -> Vec<Vec<u8>>>;
/// A lie: its name, the program that tells it, what it does to frames, and what the session must come to.
type Lie = (&'static str, Program, Tamper, Outcome);

/// A program with a member's keys that holds one chain, of which it says what it likes.
struct Program {
    community: CommunityId,
    secret: [u8; 32],
    signing: Signing,
    commons: SpaceId,
    chain: Vec<(Entry, Signature, Payload)>,
}

impl Program {
    fn frontier_of_chain(&self) -> Frontier {
        let mut frontier = Frontier::new();
        if let Some((last, _, _)) = self.chain.last() {
            let tip = Tip { seq: last.header().seq, id: last.id(), missing: Vec::new() };
            frontier.set(last.header().chain(), vec![tip]);
        }
        frontier
    }

    fn at(&self, seq: u64) -> Option<&(Entry, Signature, Payload)> {
        self.chain.get(usize::try_from(seq.checked_sub(1)?).ok()?)
    }
}

impl Replica for Program {
    fn secret(&self, _: CommunityId) -> Option<[u8; 32]> {
        Some(self.secret)
    }

    fn find(&self, _: &mut dyn FnMut(&[u8; 32]) -> bool) -> Option<CommunityId> {
        Some(self.community)
    }

    fn device(&self, _: CommunityId) -> DeviceId {
        self.signing.public()
    }

    fn sign_session(&self, _: CommunityId, bound: &[u8]) -> Signature {
        self.signing.session(bound)
    }

    fn member_of(&self, _: CommunityId, device: DeviceId) -> Option<MemberId> {
        Some(MemberId(device.0))
    }

    fn pending(&self, _: CommunityId, _: DeviceId) -> Option<Pending> {
        None
    }

    fn spaces_for(&self, _: CommunityId, _: DeviceId) -> Vec<SpaceId> {
        vec![SpaceId::GOVERNANCE, self.commons]
    }

    fn introduction(&self, _: CommunityId) -> Result<Vec<Portion>, Unavailable> {
        Ok(Vec::new())
    }

    fn frontier(&self, _: CommunityId, space: SpaceId) -> Result<Frontier, Unavailable> {
        Ok(if space == self.commons { self.frontier_of_chain() } else { Frontier::new() })
    }

    fn recall(&self, _: CommunityId, _: DeviceId, _: SpaceId) -> Result<Option<Frontier>, Unavailable> {
        Ok(None)
    }

    fn remember(&mut self, _: CommunityId, _: DeviceId, _: SpaceId, _: &Frontier) -> Result<(), Unavailable> {
        Ok(())
    }

    fn holds(&self, _: CommunityId, _: &Chain, seq: u64, id: EntryId) -> Result<bool, Unavailable> {
        Ok(self.at(seq).is_some_and(|(entry, _, _)| entry.id() == id))
    }

    fn id_at(&self, _: CommunityId, _: &Chain, _: EntryId, seq: u64) -> Result<Option<EntryId>, Unavailable> {
        Ok(self.at(seq).map(|(entry, _, _)| entry.id()))
    }

    fn branch(&self, _: CommunityId, _: &Chain, _: EntryId, after: u64, most: usize) -> Result<Vec<Held>, Unavailable> {
        let skip = usize::try_from(after).unwrap_or(usize::MAX);
        let held = |(entry, signature, _): &(Entry, Signature, Payload)| Held {
            entry: entry.clone(),
            signature: Some(*signature),
        };
        Ok(self.chain.iter().skip(skip).take(most).map(held).collect())
    }

    fn payload(&self, _: CommunityId, id: EntryId) -> Result<Option<Payload>, Unavailable> {
        Ok(self.chain.iter().find(|(entry, _, _)| entry.id() == id).map(|(_, _, payload)| payload.clone()))
    }

    fn accept_run(&mut self, _: CommunityId, _: Portion) -> Result<Accepted, Unavailable> {
        Ok(Accepted::Held { new: 0 })
    }

    fn accept_payloads(
        &mut self,
        _: CommunityId,
        payloads: Vec<(EntryId, Payload)>,
    ) -> Result<Vec<AcceptedPayload>, Unavailable> {
        Ok(vec![AcceptedPayload::Held { new: false }; payloads.len()])
    }

    fn wanted(
        &self,
        _: CommunityId,
        _: SpaceId,
        _: Option<&Missing>,
        _: Room,
        _: &mut dyn FnMut(&Missing) -> Result<bool, Unavailable>,
    ) -> Result<Wanted, Unavailable> {
        Ok(Wanted::default())
    }
}

/// The member, as far as lies need one.
struct Member {
    keys: Keys,
    document: DocumentId,
    env: Env,
}

impl Member {
    /// Edits of one document: each puts a word after the named character of an edit, or at the start.
    fn program(&mut self, signing: Option<Signing>, after: &[Option<Anchor>]) -> Program {
        let (space, epoch, key) = self.keys.spaces[0].clone();
        let signing = signing.unwrap_or_else(|| Signing::from_seed(&self.keys.signing.seed()));
        let incarnation = Incarnation(self.env.bytes());
        let mut chain: Vec<(Entry, Signature, Payload)> = Vec::new();
        for after in after {
            let insert = Act::Insert(Insert { after: *after, length: 3 });
            let operation = Operation { field: "procedure".into(), act: Some(insert), ..Operation::default() };
            let shape = EditShape { operations: vec![operation], ..EditShape::default() };
            let words = Value { operation: 0, of: Some(value::Of::Text("non".into())) };
            let mut header = Header {
                community: Some(self.keys.community),
                space,
                device: signing.public(),
                incarnation,
                seq: chain.len() as u64 + 1,
                prev: chain.last().map_or(EntryId::ZERO, |(entry, _, _)| entry.id()),
                gov: vec![self.keys.member.into()],
                time: Timestamp(1 << 60),
                kind: Kind::Edit,
                document: Some(self.document),
                deps: vec![self.document.into()],
                epoch,
                dictionary: 0,
                shape_bytes: 0,
                content_bytes: 0,
                root: [0; 32],
            };
            let content = EditContent { values: vec![words] };
            let plain = Plain { shape: shape.encode_to_vec(), content: content.encode_to_vec() };
            let payload = plain.store(&mut header, Some(&key), &mut self.env).expect("it fits");
            let (entry, signature) = Entry::sign(header, &signing);
            chain.push((entry, signature, payload));
        }
        let (community, secret) = (self.keys.community, self.keys.secret);
        let signing = Signing::from_seed(&self.keys.signing.seed());
        Program { community, secret, signing, commons: space, chain }
    }
}

/// Reads a frame as the protocol packs it.
fn unpack(frame: &[u8]) -> Frame {
    let plain = match frame[0] {
        0 => frame[1..].to_vec(),
        _ => zstd::bulk::decompress(&frame[1..], 1 << 20).expect("our own frame"),
    };
    Frame::decode(plain.as_slice()).expect("our own frame")
}

fn pack(frame: &Frame) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend(frame.encode_to_vec());
    bytes
}

/// Changes the message of each frame.
fn each(mut change: impl FnMut(&mut Body) + 'static) -> Tamper {
    Box::new(move |frame| {
        let mut message = unpack(&frame);
        if let Some(body) = &mut message.body {
            change(body);
        }
        vec![pack(&message)]
    })
}

/// Says something else instead of the frame of this number.
fn instead(number: usize, words: Vec<u8>) -> Tamper {
    let mut count = 0;
    Box::new(move |frame| {
        count += 1;
        vec![if count == number { words.clone() } else { frame }]
    })
}

fn lies(member: &mut Member) -> Vec<Lie> {
    let nothing = || -> Tamper { Box::new(|frame| vec![frame]) };
    let start: &[Option<Anchor>] = &[None, None];
    let beyond = Some(Anchor { edit: 1, operation: 0, offset: 1 << 20 });
    let mut altered = member.program(None, &start[1..]);
    if let Content::Stored(content) = &mut altered.chain[0].2.content {
        content[30] ^= 1;
    }
    let bomb = [vec![1], zstd::bulk::compress(&vec![0; 64 << 20], 3).expect("compresses")].concat();
    let huge = Frame { heard: 0, body: Some(Body::Done(repertoire::wire::sync::Done { round: 1 })) };
    let ten = [pack(&huge), vec![0; 10_000_000]].concat();
    let mut length = vec![0, 0x12];
    length.extend([0x80; 8]);
    length.extend([0x80, 0x01]);
    let stranger = Some(Signing::from_seed(&[7; 32]));
    let (different, refused) = (Outcome::Partial(PartialReason::Different), Outcome::Partial(PartialReason::Refused));
    let (blamed, cut) = (Outcome::Failed(CloseReason::Blamed), Outcome::Failed(CloseReason::Cut));
    let signature = each(|body| {
        if let Body::Entries(entries) = body {
            entries.runs.iter_mut().filter(|run| !run.signature.is_empty()).for_each(|run| run.signature[9] ^= 1);
        }
    });
    let entry = each(|body| {
        if let Body::Entries(entries) = body {
            for run in &mut entries.runs {
                let last = run.rows.len() - 1;
                run.rows[last] ^= 1;
            }
        }
    });
    let version = each(|body| {
        if let Body::Hello(hello) = body {
            (hello.lowest, hello.highest) = (9, 9);
        }
    });
    vec![
        ("a flipped bit in a signature", member.program(None, start), signature, different),
        ("a flipped bit in an entry", member.program(None, start), entry, different),
        ("a payload that is another", altered, nothing(), different),
        ("an anchor outside the past", member.program(None, &[beyond]), nothing(), different),
        ("the entry of a stranger", member.program(stranger, start), nothing(), refused),
        ("a length of 2^63", member.program(None, start), instead(3, length), blamed),
        ("a bomb", member.program(None, start), instead(3, bomb), blamed),
        (
            "random bytes",
            member.program(None, start),
            instead(3, (0..200_u8).map(|n| n.wrapping_mul(7) | 3).collect()),
            blamed,
        ),
        ("a field of 10 MB", member.program(None, start), instead(3, ten), cut),
        ("a version to come", member.program(None, start), version, Outcome::Failed(CloseReason::Version)),
    ]
}

async fn next(events: &mut Events) -> Event {
    tokio::time::timeout(LONG, events.recv()).await.expect("in time").expect("the net runs")
}

/// Runs a program against a node until its session or its link ends.
async fn attack(port: u16, seed: u8, mut program: Program, mut tamper: Tamper) -> Outcome {
    let mut config = Config::single([seed; 32]);
    config.limits.frame_bytes = 16 << 20;
    config.limits.sending_bytes = 32 << 20;
    let (net, mut events) = net::start(config).await.expect("it starts");
    let target: Target = format!("127.0.0.1:{port}").parse().expect("an address");
    net.dial(target);
    let (link, peer) = loop {
        match next(&mut events).await {
            Event::Opened { link, peer, .. } => break (link, peer),
            Event::DialFailed { tried, .. } => panic!("no link: {tried:?}"),
            _ => {}
        }
    };
    let mut session = open(&net, &program, peer);
    let mut input = Input::Opened;
    let mut outcome = None;
    loop {
        let outputs = session.handle(input, &mut program, Timestamp(0));
        let mut sent = false;
        for output in outputs {
            match output {
                Output::Send(frame) => {
                    sent = true;
                    send(&net, link, tamper(frame)).await;
                }
                Output::Finished(report) => outcome = Some(report.outcome),
                Output::Close(_) => {
                    net.shutdown().await;
                    return outcome.expect("an end mark comes before the end");
                }
                _ => {}
            }
        }
        if sent {
            input = Input::Writable;
            continue;
        }
        input = loop {
            match next(&mut events).await {
                // What comes on the session's channel; a channel without words is at its end.
                Event::Frame { bytes, .. } if bytes.len() == 1 => break Input::Closed,
                Event::Frame { bytes, .. } => break Input::Frame(bytes[1..].to_vec()),
                Event::Closed { .. } => break Input::Closed,
                _ => {}
            }
        };
    }
}

fn open(net: &Net, program: &Program, peer: PeerId) -> Session {
    let config = SessionConfig {
        local_peer: net.peer_id().to_bytes(),
        remote_peer: peer.to_bytes(),
        ..SessionConfig::default()
    };
    Session::dial(program.community, config)
}

async fn send(net: &Net, link: LinkId, frames: Vec<Vec<u8>>) {
    for frame in frames {
        let bytes = [vec![0], frame].concat();
        // The node may have hung up already.
        let _ = tokio::time::timeout(LONG, net.send(link, bytes)).await.expect("in time");
    }
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

fn checked(home: &Home) -> BTreeMap<String, (u64, String)> {
    let checked = home.run(&["check", "--full", "--json"]);
    // What waits for its true payload is told by status 1, damage by another.
    assert!(matches!(checked.status.code(), Some(0 | 1)) && !contains(&checked.stdout, "damage"), "{checked:?}");
    let lines = String::from_utf8(checked.stdout).expect("text");
    let lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let rows =
        lines.map(|line| (text(&line["space"]), (line["entries"].as_u64().unwrap_or(0), text(&line["fingerprint"]))));
    rows.collect()
}

#[test]
fn a_member_that_lies_is_refused_and_an_honest_one_is_served() {
    let home = Home::found("Eau", "Awa");
    let document = home.json(&["add", "practice", "Purger une pompe", "--procedure", "Fermer.", "--json"]);
    let document: EntryId = document["id"].as_str().expect("an id").parse().expect("an id");
    let (liar, honest) = (home.admit("Mallory"), home.admit("Boris"));
    let port = home.serve();
    let address = format!("127.0.0.1:{port}");
    for member in [&liar, &honest] {
        assert!(member.run(&["sync", &address]).status.success());
    }
    let folder = std::fs::read_dir(liar.path().join("communities")).expect("a folder").next().expect("one");
    let keys = Keys::load(&folder.expect("one").path().join("keys.json"), None).expect("its keys");
    let mut member = Member { keys, document: document.into(), env: Env::seeded(1, Timestamp(0)) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (before, shown) = (memory_kb(&home.pid()), home.run(&["show", &document.to_string()]).stdout);
    for (number, (name, program, tamper, must)) in lies(&mut member).into_iter().enumerate() {
        let synced = std::thread::scope(|scope| {
            let meanwhile = scope.spawn(|| honest.run(&["sync", &address]));
            let outcome = runtime.block_on(attack(port, 100 + u8::try_from(number).expect("few"), program, tamper));
            // Its own frontier of governance is empty: never complete, and never blamed for what is void.
            assert_eq!(outcome, must, "{name}");
            meanwhile.join().expect("it runs")
        });
        assert!(synced.status.success(), "{name}: {synced:?}");
        checked(&home);
        assert_eq!(home.run(&["show", &document.to_string()]).stdout, shown, "{name}");
    }
    assert!(honest.run(&["sync", &address]).status.success());
    assert_eq!(checked(&honest), checked(&home));
    if let (Some(before), Some(after)) = (before, memory_kb(&home.pid())) {
        assert!(after < before + GROWTH_KB, "from {before} KB to {after} KB");
    }
}
