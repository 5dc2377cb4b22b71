//! A community of several people, grown by a seed: what they write apart, and what their nodes hold of it.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use super::super::env::Env;
use super::super::home::Home;
use super::super::keys::Keys;
use super::super::request::{FieldChange, FieldOp, Init, Invite, Join, Mark};
use super::super::{Action, Call, Ends, Error, Node, Reply, Request};
use crate::model::governance::SpaceKind;
use crate::model::sign::{Signature, Signing};
use crate::model::testing::Seeded;
use crate::model::{CommunityId, Content, DeviceId, Entry, EntryId, Payload, SpaceId, Timestamp};
use crate::sync::Digest;

/// 2026-03-01 in milliseconds since 1970.
const START: i64 = 1_772_323_200_000;
/// Long enough for whoever waits before a duty.
const PATIENCE_MS: i64 = 200_000;
/// Rounds of meeting after which all must hold the same.
const GATHERINGS_MAX: usize = 8;
const WORDS: &[&str] = &["pompe", "joint", "clapet", "corde", "puits", "été", "🪣", "a\u{301}"];

/// One person's node, in a folder of its own.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) node: Node,
}

/// Entries with what it takes to send them on.
pub(super) type Bag = BTreeMap<EntryId, (Entry, Signature, Payload)>;

/// People who met, wrote apart, and met again or not.
pub(super) struct Community {
    pub(super) id: CommunityId,
    pub(super) places: Vec<Place>,
    pub(super) random: Seeded,
    pub(super) documents: Vec<String>,
    folder: tempfile::TempDir,
    now: i64,
}

/// A folder in memory where the system has one: nothing here is about disks.
pub(super) fn folder() -> tempfile::TempDir {
    let fast = Path::new("/dev/shm");
    if fast.is_dir() { tempfile::tempdir_in(fast) } else { tempfile::tempdir() }.expect("a folder")
}

/// Opens the node of a home.
pub(super) fn open(folder: &Path, seed: u64) -> Node {
    let home = Home::new(folder, folder);
    let lock = home.lock().expect("nobody else knows it");
    let mut node = Node::open(home, lock, Env::seeded(seed, Timestamp(START))).expect("it opens");
    node.set_clock(Some(Timestamp(START)));
    node
}

/// Asks a node.
pub(super) fn ask(node: &mut Node, request: Request) -> Result<Reply, Error> {
    node.call(Call { community: None, now: None, request }, &mut |_, _| {})
}

pub(super) fn change(op: FieldOp, field: &str, value: &str) -> FieldChange {
    FieldChange { op, field: field.to_owned(), value: value.to_owned() }
}

impl Community {
    /// Founds a community, into which enter: two members, one for whom no seat is left, and one who waits for a word.
    pub(super) fn found(seed: u64) -> Community {
        let mut community = Community::alone(seed);
        let open = community.invite(None, 2, false);
        let asking = community.invite(None, 1, true);
        for (name, invitation) in [("Boris", &open), ("Chloé", &open), ("Dia", &open), ("Ève", &asking)] {
            community.join(name, invitation);
        }
        // Dia writes while she believes that she is in, and Chloé builds on it.
        community.write(3);
        community.meet(3, 2);
        (0..2).for_each(|_| community.write(2));
        for at in 1..5 {
            community.meet(0, at);
            community.pass();
        }
        community
    }

    /// Founds a community that people enter one after another, by these roles: who is earlier is senior.
    pub(super) fn village(seed: u64, people: &[(&str, Option<&str>)]) -> Community {
        let mut community = Community::alone(seed);
        for (name, role) in people {
            let invitation = community.invite(*role, 1, false);
            let at = community.join(name, &invitation);
            community.meet(0, at);
            community.pass();
        }
        let all: Vec<usize> = (0..community.places.len()).collect();
        community.gather(&all);
        community
    }

    /// Founds a community of one person.
    fn alone(seed: u64) -> Community {
        let (random, folder) = (Seeded::new(seed), folder());
        let mut community =
            Community { id: CommunityId::ZERO, places: Vec::new(), random, documents: Vec::new(), folder, now: START };
        community.add();
        let init = Init {
            name: "Eau et puits".into(),
            types: vec!["trade".into()],
            person: "Awa".into(),
            site: "Bakel".into(),
            changes: Vec::new(),
        };
        ask(&mut community.places[0].node, Request::Init(init)).expect("a founding");
        community.id = community.places[0].node.communities()[0];
        for kind in ["practice", "practice", "thread"] {
            community.create(0, kind);
        }
        community
    }

    /// Somebody enters by an invitation.
    pub(super) fn join(&mut self, name: &str, invitation: &str) -> usize {
        let at = self.add();
        let (site, learn) = ("Matam".to_owned(), vec!["corde".to_owned()]);
        let join = Join { invitation: invitation.to_owned(), person: name.into(), site, learn, offers: Vec::new() };
        ask(&mut self.places[at].node, Request::Join(join)).expect("they enter");
        at
    }

    /// Lets these meet, and time pass, until nothing moves any more.
    pub(super) fn gather(&mut self, all: &[usize]) {
        for _ in 0..GATHERINGS_MAX {
            for _ in 0..2 {
                all[1..].iter().for_each(|at| self.meet(all[0], *at));
            }
            let before = self.held(all);
            self.pass();
            let after = self.held(all);
            if before == after && after.iter().all(|one| one == &after[0]) {
                return;
            }
        }
        let sums: Vec<Vec<u64>> = all
            .iter()
            .map(|at| {
                let frontiers = self.places[*at].node.frontiers(self.id).expect("it is in");
                frontiers
                    .iter()
                    .map(|(_, one)| one.iter().flat_map(|(_, tips)| tips).map(|tip| tip.seq).sum())
                    .collect()
            })
            .collect();
        panic!("{all:?} never come to rest: {sums:?}");
    }

    fn held(&self, all: &[usize]) -> Vec<Vec<(SpaceId, Digest)>> {
        let commons = |at: usize| {
            let frontiers = self.places[at].node.frontiers(self.id).expect("it is in");
            let common = frontiers.iter().filter(|(space, _)| self.is_common(*space));
            common.map(|(space, frontier)| (*space, frontier.digest())).collect()
        };
        all.iter().map(|at| commons(*at)).collect()
    }

    fn is_common(&self, space: SpaceId) -> bool {
        let spaces = &self.places[0].node.engines.0[&self.id].state().spaces;
        spaces.get(&space).is_none_or(|space| space.kind != SpaceKind::Circle)
    }

    fn add(&mut self) -> usize {
        let at = self.places.len();
        let folder = self.folder.path().join(format!("n{at}"));
        let node = open(&folder, self.random.below(1 << 40) as u64);
        self.places.push(Place { folder, node });
        at
    }

    /// Lets somebody in, whom only they and the founder know.
    pub(super) fn admit(&mut self, name: &str) -> usize {
        let invitation = self.invite(None, 1, false);
        let at = self.join(name, &invitation);
        self.meet(at, 0);
        at
    }

    pub(super) fn invite(&mut self, role: Option<&str>, uses: u32, confirm: bool) -> String {
        let role = role.map(str::to_owned);
        let invite = Invite { role, uses, days: 300, confirm, with: self.documents.clone(), parts: false };
        match ask(&mut self.places[0].node, Request::Invite(invite)) {
            Ok(Reply::Invitation(invitation)) => invitation.text,
            other => panic!("no invitation: {other:?}"),
        }
    }

    /// Somebody makes another machine a device of theirs.
    pub(super) fn second_device(&mut self, of: usize) -> usize {
        let text = match ask(&mut self.places[of].node, Request::DeviceAdd) {
            Ok(Reply::DeviceFile(file)) => file.text,
            other => panic!("no device file: {other:?}"),
        };
        let at = self.add();
        ask(&mut self.places[at].node, Request::DeviceJoin { text, printed: None }).expect("it is a device");
        self.meet(of, at);
        at
    }

    /// Copies a closed home: from here on two nodes go on from the same place of the same chains.
    pub(super) fn copy(&mut self, at: usize) -> usize {
        let target = self.folder.path().join(format!("n{}", self.places.len()));
        let source = self.places[at].folder.clone();
        // A node that was never asked for anything stands in while the copied one is closed.
        let away = self.folder.path().join(format!("away{}", self.places.len()));
        self.places[at].node = open(&away, 0);
        copy_folder(&source, &target);
        self.places[at].node = open(&source, self.random.below(1 << 40) as u64);
        self.add()
    }

    /// Lets time pass for all.
    pub(super) fn pass(&mut self) {
        self.now += PATIENCE_MS;
        for place in &mut self.places {
            place.node.set_clock(Some(Timestamp(self.now)));
            place.node.tick();
        }
    }

    /// Runs one session between two nodes to its end.
    pub(super) fn meet(&mut self, one: usize, other: usize) {
        let mut queues = [VecDeque::new(), VecDeque::new()];
        let sides = [one, other];
        let mut work: Vec<(usize, Vec<Action>)> = Vec::new();
        for (side, at) in sides.into_iter().enumerate() {
            let name = |at: usize| format!("transport-{at}");
            let ends = Ends {
                local: name(at).into_bytes(),
                remote: name(sides[1 - side]).into_bytes(),
                peer: name(sides[1 - side]),
                address: None,
                dialled: (side == 0).then_some(self.id),
                keep_open: false,
            };
            work.push((side, self.places[at].node.link_opened(1, ends)));
        }
        // A frame, or the end of the stream.
        let mut finished = 0;
        loop {
            for (side, actions) in work.drain(..) {
                for action in actions {
                    match action {
                        Action::Send(_, frame) => queues[1 - side].push_back(Some(frame)),
                        Action::Close(..) => queues[1 - side].push_back(None),
                        Action::Finished(_, end) => {
                            assert_eq!(
                                end.report.strikes, 0,
                                "{one} and {other} say nothing that they could have checked"
                            );
                            finished += 1;
                        }
                        Action::Changed(..) => {}
                    }
                }
            }
            for (side, at) in sides.into_iter().enumerate() {
                let node = &mut self.places[at].node;
                let actions = match queues[side].pop_front() {
                    Some(Some(frame)) => node.link_frame(1, frame),
                    Some(None) => node.link_closed(1),
                    None => node.link_writable(1),
                };
                work.push((side, actions));
            }
            if work.iter().all(|(_, actions)| actions.is_empty()) && queues.iter().all(VecDeque::is_empty) {
                break;
            }
        }
        assert!(finished > 0, "{one} and {other} come to an end");
        for at in sides {
            self.places[at].node.link_closed(1);
        }
    }

    fn word(&mut self) -> String {
        WORDS[self.random.below(WORDS.len())].to_owned()
    }

    fn sentence(&mut self) -> String {
        let count = 1 + self.random.below(5);
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn create(&mut self, at: usize, kind: &str) {
        let title = self.sentence();
        let changes = match kind {
            "thread" => vec![change(FieldOp::Set, "body", &title)],
            _ => vec![change(FieldOp::Set, "procedure", &self.sentence())],
        };
        let add = Request::Add { kind: kind.into(), title, changes, space: None };
        if let Ok(Reply::Written(written)) = ask(&mut self.places[at].node, add) {
            self.documents.push(written.id);
        }
    }

    /// Somebody writes something: any merge type, a mark, a post, now and then a writing of several parts.
    pub(super) fn write(&mut self, at: usize) {
        let id = self.documents[self.random.below(self.documents.len())].clone();
        let (word, sentence) = (self.word(), self.sentence());
        let number = self.random.below(5);
        let edit = |op, field, value: &str| Request::Edit { id: id.clone(), changes: vec![change(op, field, value)] };
        let request = match self.random.below(16) {
            0 if number == 0 => return self.create(at, "thread"),
            0 => return self.create(at, "practice"),
            1..4 => edit(FieldOp::Set, "procedure", &sentence),
            4 => edit(FieldOp::Append, "procedure", &sentence),
            5 => edit(FieldOp::Set, "title", &sentence),
            6 => edit(FieldOp::Set, "cost", &word),
            7 => edit(FieldOp::Clear, "cost", ""),
            8 => edit(FieldOp::Add, "topics", &word),
            9 => edit(FieldOp::Remove, "topics", &word),
            10 => edit(FieldOp::Add, "links", &format!("about:https://example.org/{number}")),
            11 => Request::Reply { to: id, body: sentence, changes: Vec::new() },
            12 => Request::Mark(Mark { verb: "propose".into(), id, note: word, ..Mark::default() }),
            13 => Request::Resolve { id, field: "cost".into(), take: Some(1), value: None },
            14 => Request::Me { changes: vec![change(FieldOp::Set, "bio", &sentence)] },
            _ => edit(FieldOp::Set, "lessons", &self.long()),
        };
        // Some are refused: nothing would change, or the document is not here yet.
        let _ = ask(&mut self.places[at].node, request);
    }

    /// A text that no compression gets into one entry.
    fn long(&mut self) -> String {
        let letters = (0..24_000).map(|_| char::from_u32(0x4E00 + self.random.below(20_000) as u32));
        letters.map(|letter| letter.expect("a letter")).collect()
    }

    /// Returns the secrets of a node.
    pub(super) fn keys(&self, at: usize) -> Keys {
        let folder = Home::new(&self.places[at].folder, &self.places[at].folder).community(self.id);
        Keys::load(&folder.join("keys.json"), None).expect("they are kept")
    }

    /// Returns everything that any node holds, each entry signed for itself.
    pub(super) fn bag(&self) -> Bag {
        let keys = (0..self.places.len()).map(|at| self.keys(at).signing);
        let signers: BTreeMap<DeviceId, Signing> = keys.map(|key| (key.public(), key)).collect();
        let mut bag = Bag::new();
        for place in &self.places {
            let engine = &place.node.engines.0[&self.id];
            let read = engine.reading(|reader| {
                for stored in reader.entries_from(crate::store::Number(0), usize::MAX)? {
                    let id = stored.entry.id();
                    let Some(payload) = reader.payload_at(stored.number)? else { continue };
                    let erased = matches!(payload.content, Content::Erased(_));
                    if erased && bag.contains_key(&id) {
                        continue;
                    }
                    let signature = signers[&stored.entry.header().device].entry(id);
                    bag.insert(id, (stored.entry, signature, payload));
                }
                Ok(())
            });
            read.expect("the store reads");
        }
        bag
    }
}

pub(super) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a copy");
        }
    }
}
