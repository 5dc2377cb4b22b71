//! Nodes, the wires between them, and what may happen to both.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use repertoire::model::{CommunityId, EntryId, SpaceId, Timestamp};
use repertoire::node::request::Init;
use repertoire::node::{Action, Call, Ends, Error, ErrorKind, Finished, Link, Node, Reply, Request};
use repertoire::node::{env::Env, home::Home};
use repertoire::sync::{Digest, Frontier};

use super::dice::Dice;
use super::disk::Memory;
use super::faults::Fault;

/// 2026-03-01 in milliseconds since 1970: where clocks would stand if they were right.
const START: i64 = 1_772_323_200_000;
const YEAR_MS: i64 = 31_557_600_000;

/// One node and what it runs on.
pub(super) struct Place {
    pub(super) node: Option<Node>,
    pub(super) folder: PathBuf,
    pub(super) disk: Arc<Memory>,
    pub(super) now: i64,
    /// Member id, once in the community.
    pub(super) member: String,
    /// How often it was opened.
    lives: u64,
    pub(super) digests: Vec<(SpaceId, Digest)>,
}

enum Item {
    Frame(Vec<u8>),
    End,
}

/// A stream between two nodes: frames in order, each direction for itself.
struct Wire {
    ends: [usize; 2],
    /// What each end sent and the other has not received.
    queues: [VecDeque<Item>; 2],
    /// Each end was told that it is over.
    closed: [bool; 2],
    /// What each end held when it opened.
    held: [Vec<(SpaceId, Frontier)>; 2],
    /// Something else than this wire changed what an end holds.
    disturbed: bool,
}

/// What a run did, for the report.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Figures {
    pub(super) steps: u64,
    pub(super) frames: u64,
    pub(super) complete: u64,
    pub(super) crashes: u64,
    pub(super) written: u64,
    pub(super) copies: u64,
}

pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) places: Vec<Place>,
    pub(super) community: CommunityId,
    /// Ids that a call answered, with the place that was asked.
    pub(super) printed: BTreeMap<EntryId, usize>,
    pub(super) documents: Vec<String>,
    pub(super) invitations: Vec<String>,
    pub(super) figures: Figures,
    /// What was found wrong first.
    pub(super) failure: Option<Failure>,
    fault: Option<Fault>,
    folder: tempfile::TempDir,
    wires: BTreeMap<Link, Wire>,
    next_link: Link,
    /// Directions in which nothing arrives.
    blocked: BTreeSet<(usize, usize)>,
    scratch: u64,
}

/// Why a run failed.
pub(super) type Failure = String;

/// Takes the lock of a home. Another test of this process may be starting a program just now, which holds a copy of
/// every open file until it has begun.
fn lock(home: &Home) -> Result<repertoire::node::home::Lock, Error> {
    for _ in 0..500 {
        if let Ok(lock) = home.lock() {
            return Ok(lock);
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    home.lock().map_err(|_| Error::busy("another node"))
}

impl World {
    /// Founds a community on the first node.
    pub(super) fn new(seed: u64, fault: Option<Fault>) -> World {
        let fast = Path::new("/dev/shm");
        let folder = if fast.is_dir() { tempfile::tempdir_in(fast) } else { tempfile::tempdir() };
        let mut world = World {
            dice: Dice::new(seed),
            places: Vec::new(),
            community: CommunityId::ZERO,
            printed: BTreeMap::new(),
            documents: Vec::new(),
            invitations: Vec::new(),
            figures: Figures::default(),
            failure: None,
            fault,
            folder: folder.expect("a folder for homes"),
            wires: BTreeMap::new(),
            next_link: 1,
            blocked: BTreeSet::new(),
            scratch: 0,
        };
        world.add_place();
        let init = Init {
            name: "Eau et puits".into(),
            types: vec!["trade".into()],
            person: "Awa".into(),
            site: "Bakel".into(),
            changes: Vec::new(),
        };
        world.ask(0, Request::Init(init)).expect("a founding");
        world.community = world.node(0).communities()[0];
        world.places[0].member = world.community.to_string();
        world.note(0, None);
        world
    }

    /// Makes a node without a community.
    pub(super) fn add_place(&mut self) -> usize {
        let folder = self.folder.path().join(format!("n{}", self.places.len()));
        // Nobody is further ahead than the founder, whose invitations would be over for them.
        let skew = if self.places.is_empty() { 10 } else { self.dice.below(21) as i64 - 10 };
        self.put_place(folder, Arc::default(), START + skew * YEAR_MS, String::new())
    }

    fn put_place(&mut self, folder: PathBuf, disk: Arc<Memory>, now: i64, member: String) -> usize {
        let (lives, digests) = (0, Vec::new());
        self.places.push(Place { node: None, folder, disk, now, member, lives, digests });
        let at = self.places.len() - 1;
        self.open(at).expect("a home opens");
        at
    }

    /// Copies a closed home and starts both.
    pub(super) fn copy_place(&mut self, at: usize) -> usize {
        self.stop(at);
        let folder = self.folder.path().join(format!("n{}", self.places.len()));
        copy_folder(&self.places[at].folder, &folder);
        let disk = Arc::new(self.places[at].disk.copy(&self.places[at].folder, &folder));
        let (now, member) = (self.places[at].now, self.places[at].member.clone());
        self.reopen(at);
        let copy = self.put_place(folder, disk, now, member);
        self.note(copy, None);
        self.figures.copies += 1;
        copy
    }

    /// Opens a copy of a node, without faults, that has thrown all views away and made them again from what it holds.
    pub(super) fn reference(&mut self, at: usize) -> Node {
        self.scratch += 1;
        let folder = self.folder.path().join(format!("scratch{}", self.scratch));
        copy_folder(&self.places[at].folder, &folder);
        let disk = Arc::new(self.places[at].disk.copy(&self.places[at].folder, &folder));
        let home = Home::new(&folder, &folder).on_disk(disk);
        let lock = home.lock().expect("nobody else knows it");
        let mut node = Node::open(home, lock, Env::seeded(self.scratch, Timestamp(0))).expect("a copy opens");
        let rebuilt = node.call(Call { community: None, now: None, request: Request::Rebuild }, &mut |_, _| {});
        assert!(rebuilt.is_ok(), "a copy of {at} can't rebuild: {rebuilt:?}");
        node
    }

    fn open(&mut self, at: usize) -> Result<(), Error> {
        let place = &mut self.places[at];
        place.lives += 1;
        let home = Home::new(&place.folder, &place.folder).on_disk(place.disk.clone());
        let lock = lock(&home)?;
        let env = Env::seeded(self.dice.next() ^ place.lives, Timestamp(place.now));
        let mut node = Node::open(home, lock, env)?;
        node.set_clock(Some(Timestamp(place.now)));
        place.node = Some(node);
        self.plant(at);
        Ok(())
    }

    fn plant(&mut self, at: usize) {
        if let Some(fault) = self.fault {
            fault.plant(self.node_mut(at), at);
            if fault.lying_disk {
                self.places[at].disk.lie();
            }
        }
    }

    pub(super) fn node(&self, at: usize) -> &Node {
        self.places[at].node.as_ref().expect("every place has a node between steps")
    }

    pub(super) fn node_mut(&mut self, at: usize) -> &mut Node {
        self.places[at].node.as_mut().expect("every place has a node between steps")
    }

    /// Tells which places are in the community.
    pub(super) fn settled(&self) -> Vec<usize> {
        (0..self.places.len()).filter(|at| !self.places[*at].member.is_empty()).collect()
    }

    /// Tells which places are those of active members, as the founder knows it.
    pub(super) fn active(&mut self) -> Vec<usize> {
        let Some(Reply::Members(members)) = self.try_ask(0, Request::Members) else { return Vec::new() };
        let active: BTreeSet<String> =
            members.into_iter().filter(|row| row.status == "active").map(|row| row.member).collect();
        self.settled().into_iter().filter(|at| active.contains(&self.places[*at].member)).collect()
    }

    /// Asks a node; keeps the ids that it answered.
    pub(super) fn ask(&mut self, at: usize, request: Request) -> Result<Reply, Error> {
        let reply = self.node_mut(at).call(Call { community: None, now: None, request }, &mut |_, _| {});
        self.plant(at);
        let pending = self.node_mut(at).take_pending();
        if let Ok(reply) = &reply {
            for entry in entries_of(reply) {
                self.printed.insert(entry.parse().expect("an id"), at);
                self.figures.written += 1;
            }
        }
        self.note(at, None);
        self.perform(at, pending);
        reply
    }

    /// Asks for something that may be refused, but not because a node is out of order.
    pub(super) fn try_ask(&mut self, at: usize, request: Request) -> Option<Reply> {
        let words = format!("{request:?}");
        match self.ask(at, request) {
            Ok(reply) => Some(reply),
            Err(error) => {
                if matches!(error.kind, ErrorKind::Internal | ErrorKind::Corrupt) {
                    self.fail(format!("node {at} to {words}: {error}"));
                }
                None
            }
        }
    }

    /// Sees whether what a node holds has changed, by a wire or by itself.
    fn note(&mut self, at: usize, by: Option<Link>) {
        let Ok(frontiers) = self.node(at).frontiers(self.community) else { return };
        let digests: Vec<_> = frontiers.iter().map(|(space, frontier)| (*space, frontier.digest())).collect();
        let governance = |digests: &[(SpaceId, Digest)]| digests.first().copied();
        let place = &mut self.places[at];
        if digests == place.digests {
            return;
        }
        let governed = governance(&digests) != governance(&place.digests);
        place.digests = digests;
        for (link, wire) in &mut self.wires {
            if wire.ends.contains(&at) && (Some(*link) != by || governed) {
                wire.disturbed = true;
            }
        }
    }

    /// Connects two nodes.
    pub(super) fn connect(&mut self, from: usize, to: usize, keep_open: bool) -> Link {
        let link = self.next_link;
        self.next_link += 1;
        let held = [from, to].map(|at| self.node(at).frontiers(self.community).unwrap_or_default());
        let ends = [from, to];
        let wire = Wire { ends, queues: Default::default(), closed: [false; 2], held, disturbed: false };
        self.wires.insert(link, wire);
        let community = self.community;
        for (side, at) in ends.into_iter().enumerate() {
            let other = ends[1 - side];
            let ends = Ends {
                local: transport(at).into_bytes(),
                remote: transport(other).into_bytes(),
                peer: transport(other),
                address: None,
                dialled: (side == 0).then_some(community),
                keep_open,
            };
            let actions = self.node_mut(at).link_opened(link, ends);
            self.note(at, Some(link));
            self.perform(at, actions);
        }
        link
    }

    /// Does what a node wants done for its links.
    fn perform(&mut self, at: usize, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Send(link, frame) => self.enqueue(at, link, Item::Frame(frame)),
                Action::Close(link, _) => self.enqueue(at, link, Item::End),
                Action::Finished(link, finished) => {
                    if let Err(failure) = self.finished(at, link, &finished) {
                        self.fail(failure);
                    }
                }
                Action::Changed(..) => {}
            }
        }
    }

    /// Notes what must not be; the first is told.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    fn enqueue(&mut self, at: usize, link: Link, item: Item) {
        let Some(wire) = self.wires.get_mut(&link) else { return };
        let side = usize::from(wire.ends[0] != at);
        if let Item::End = item {
            wire.closed[side] = true;
        }
        wire.queues[side].push_back(item);
    }

    /// What a session that says that it is complete must have come to.
    fn finished(&mut self, at: usize, link: Link, finished: &Finished) -> Result<(), Failure> {
        let Some(wire) = self.wires.get(&link).filter(|_| finished.complete) else { return Ok(()) };
        self.figures.complete += 1;
        let side = usize::from(wire.ends[0] != at);
        let other = wire.ends[1 - side];
        let shared: Vec<SpaceId> = finished.report.agreed.iter().map(|(space, _)| *space).collect();
        if shared.is_empty() {
            return Err(format!("{at} says complete with {other} and agreed on nothing"));
        }
        for (space, frontier) in wire.held[1 - side].iter().filter(|(space, _)| shared.contains(space)) {
            for tip in frontier.iter().flat_map(|(_, tips)| tips) {
                let here = self.node(at).holds(self.community, tip.id);
                // A store whose disk has just failed answers nothing, and lacks nothing either.
                if !tip.lacks(tip.seq) && here == Ok(false) {
                    return Err(format!("{at} says complete and lacks {} of {other} in {space}", tip.id));
                }
            }
        }
        let of = |at: usize| self.places[at].digests.iter().filter(|(space, _)| shared.contains(space));
        if !wire.disturbed && !of(at).eq(of(other)) {
            return Err(format!("{at} says complete while it and {other} hold different things"));
        }
        Ok(())
    }

    /// Lets the next thing on a wire arrive; tells whether there was one.
    fn deliver(&mut self, link: Link, side: usize) -> bool {
        let Some(wire) = self.wires.get_mut(&link) else { return false };
        let (from, to) = (wire.ends[side], wire.ends[1 - side]);
        let Some(item) = wire.queues[side].pop_front() else { return false };
        let emptied = wire.queues[side].is_empty();
        self.figures.frames += 1;
        let actions = match item {
            Item::Frame(frame) => self.node_mut(to).link_frame(link, frame),
            Item::End => {
                wire.closed[1 - side] = true;
                self.node_mut(to).link_closed(link)
            }
        };
        self.note(to, Some(link));
        self.perform(to, actions);
        if emptied {
            let actions = self.node_mut(from).link_writable(link);
            self.note(from, Some(link));
            self.perform(from, actions);
        }
        self.sweep(link);
        true
    }

    /// Forgets a wire on which nothing can happen any more.
    fn sweep(&mut self, link: Link) {
        let over = |wire: &Wire| wire.closed == [true; 2] && wire.queues.iter().all(VecDeque::is_empty);
        if self.wires.get(&link).is_some_and(over) {
            let wire = self.wires.remove(&link).expect("it was there");
            for at in wire.ends {
                let _ = self.node_mut(at).link_closed(link);
            }
        }
    }

    /// Breaks a wire: what is under way is lost, or arrives in part.
    fn cut(&mut self, link: Link) {
        for _ in 0..self.dice.below(4) {
            let side = self.dice.below(2);
            self.deliver(link, side);
        }
        let Some(wire) = self.wires.remove(&link) else { return };
        for at in wire.ends {
            let actions = self.node_mut(at).link_closed(link);
            self.note(at, Some(link));
            self.perform(at, actions);
        }
    }

    fn wires_of(&self, at: usize) -> Vec<Link> {
        self.wires.iter().filter(|(_, wire)| wire.ends.contains(&at)).map(|(link, _)| *link).collect()
    }

    /// Ends the process of a node, without a word to anybody.
    fn stop(&mut self, at: usize) {
        self.places[at].node = None;
        for link in self.wires_of(at) {
            let wire = self.wires.remove(&link).expect("it was listed");
            for other in wire.ends.into_iter().filter(|other| *other != at) {
                let actions = self.node_mut(other).link_closed(link);
                self.note(other, Some(link));
                // What the other end says now reaches nobody, but it must not be wrong.
                self.perform(other, actions);
            }
        }
    }

    /// Stops a node and starts it again.
    pub(super) fn restart(&mut self, at: usize) {
        self.stop(at);
        self.reopen(at)
    }

    /// Crashes a node: at once, or when its disk fails in the middle of what it does next.
    pub(super) fn crash(&mut self, at: usize) {
        self.figures.crashes += 1;
        if self.dice.below(3) > 0 {
            let left = self.dice.below(30) as u32;
            self.places[at].disk.fail_after(left);
            for _ in 0..6 {
                if self.dice.once_in(2) {
                    let request = self.random_request(at);
                    if self.ask(at, request).is_err() {
                        break;
                    }
                } else if let Some(link) = self.dice.pick(&self.wires_of(at)).copied() {
                    let side = self.dice.below(2);
                    self.deliver(link, side);
                }
            }
        }
        self.places[at].disk.crash(&mut self.dice);
        self.stop(at);
        self.reopen(at)
    }

    fn reopen(&mut self, at: usize) {
        match self.open(at) {
            Ok(()) => self.note(at, None),
            Err(error) => panic!("node {at} can't be opened again: {error}"),
        }
    }

    /// Lets time pass for a node.
    pub(super) fn tick(&mut self, at: usize, passed_ms: i64) {
        self.places[at].now += passed_ms;
        let now = self.places[at].now;
        self.node_mut(at).set_clock(Some(Timestamp(now)));
        let actions = self.node_mut(at).tick();
        self.note(at, None);
        self.perform(at, actions)
    }

    /// Does one random thing to the network.
    pub(super) fn disturb(&mut self) {
        let settled = self.settled();
        let links: Vec<Link> = self.wires.keys().copied().collect();
        let (one, other) = (self.dice.below(settled.len()), self.dice.below(settled.len()));
        let (one, other) = (settled[one], settled[other]);
        match self.dice.below(10) {
            0 | 1 if one != other && links.len() < 2 * settled.len() => {
                let keep_open = self.dice.once_in(2);
                self.connect(one, other, keep_open);
                if self.dice.once_in(4) {
                    self.connect(other, one, !keep_open);
                }
            }
            2 if self.dice.once_in(2) => {
                if let Some(link) = self.dice.pick(&links).copied() {
                    self.cut(link);
                }
            }
            3 => {
                let passed = [1_000, 4_000, 60_000][self.dice.below(3)];
                self.tick(one, passed);
            }
            4 if one != other && self.dice.once_in(2) => {
                // One direction, or both: a partition is several of these.
                self.blocked.insert((one, other));
                if self.dice.once_in(2) {
                    self.blocked.insert((other, one));
                }
            }
            5 => {
                if let Some(pair) = self.blocked.iter().next().copied() {
                    self.blocked.remove(&pair);
                }
            }
            _ => {
                for _ in 0..self.dice.below(12) {
                    self.deliver_somewhere();
                }
            }
        }
    }

    fn deliver_somewhere(&mut self) {
        let mut ready = Vec::new();
        for (link, wire) in &self.wires {
            for side in 0..2 {
                let way = (wire.ends[side], wire.ends[1 - side]);
                if !wire.queues[side].is_empty() && !self.blocked.contains(&way) {
                    ready.push((*link, side));
                }
            }
        }
        if let Some((link, side)) = self.dice.pick(&ready).copied() {
            self.deliver(link, side);
        }
    }

    /// Breaks every wire and lifts every block.
    pub(super) fn calm(&mut self) {
        for link in self.wires.keys().copied().collect::<Vec<_>>() {
            self.cut(link);
        }
        self.blocked.clear();
    }

    /// Runs one session to its end, with nothing else going on.
    pub(super) fn session(&mut self, from: usize, to: usize) {
        let link = self.connect(from, to, false);
        let mut idle = 0;
        while self.wires.contains_key(&link) {
            let moved = self.deliver(link, 0) | self.deliver(link, 1);
            idle = if moved { 0 } else { idle + 1 };
            if idle > 0 {
                self.tick(from, 1_000);
                self.tick(to, 1_000);
            }
            if idle > 400 {
                self.fail(format!("the session of {from} with {to} never ends"));
                return;
            }
        }
    }
}

/// Returns the ids that an answer printed.
fn entries_of(reply: &Reply) -> Vec<String> {
    match reply {
        Reply::Written(written) => vec![written.id.clone(), written.entry.clone()],
        Reply::Marked(marked) => vec![marked.entry.clone()],
        Reply::Invitation(invitation) => vec![invitation.entry.clone()],
        Reply::Joined(joined) => vec![joined.entry.clone()],
        _ => Vec::new(),
    }
}

fn transport(at: usize) -> String {
    format!("transport-{at}")
}

fn copy_folder(from: &Path, to: &Path) {
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
