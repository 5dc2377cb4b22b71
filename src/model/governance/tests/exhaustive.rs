//! All small communities in trouble: every graph of so many acts by three animators, forks included, in every order in
//! which causes come first.
//!
//! An act's id is a hash of who does what after what, so that a graph is a set of ids however it was built. Every order of
//! every graph is built by adding acts one by one, and each time the whole is evaluated: the same graph has to give the
//! same verdicts and the same state as the first time it was met, and the properties of the rule have to hold.
//!
//! Long forms (release, one core; prints how much it saw):
//! `REPERTOIRE_EXHAUSTIVE="5 duel" cargo test --release --lib exhaustive -- --nocapture`: five acts out of removals and
//! departures; `"4 all"`: four acts out of all kinds below; `"5 most"`: five, of five kinds an author.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::*;
use crate::model::governance::act::{Cosigned, Deed};
use crate::model::governance::view::View;
use crate::model::id::Incarnation;

/// Kinds of acts: of an author (0 to 2), given the other two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Revoke(usize),
    /// Signed by the third as well.
    RevokeTogether(usize),
    Demote(usize),
    Promote(usize),
    Leave,
    Join,
    Checkpoint,
    Resign,
}

const DUEL: &[Kind] = &[Kind::Revoke(0), Kind::Revoke(1), Kind::Leave];
const MOST: &[Kind] = &[Kind::Revoke(0), Kind::Revoke(1), Kind::Demote(0), Kind::Leave, Kind::Checkpoint];
const ALL: &[Kind] = &[
    Kind::Revoke(0),
    Kind::Revoke(1),
    Kind::RevokeTogether(0),
    Kind::RevokeTogether(1),
    Kind::Demote(0),
    Kind::Demote(1),
    Kind::Promote(0),
    Kind::Leave,
    Kind::Join,
    Kind::Checkpoint,
    Kind::Resign,
];

/// A founder and two animators, settled.
struct Base {
    log: Log,
    heads: EntryId,
    people: [(DeviceId, MemberId); 3],
    start: usize,
}

impl Base {
    fn new() -> Base {
        let mut world = World::new(3);
        let first = world.settle(1, &[world.root()], Role::Animator);
        let heads = world.settle(2, &[first], Role::Animator);
        let governance = world.governance();
        let people = [0, 1, 2].map(|person| {
            let device = world.device(person);
            (device, governance.state().device(device).expect("a member"))
        });
        let start = governance.log().len();
        Base { log: governance.log().clone(), heads, people, start }
    }

    /// Writes an act after some of those before it, by their places from `start`.
    fn act(&self, log: &Log, author: usize, kind: Kind, after: &[usize]) -> Act {
        let others = [[1, 2], [0, 2], [0, 1]][author];
        let target = |other: usize| self.people[others[other]].1;
        let cut = || Arc::new(Cut::default());
        let grant = |other, role, cut| Deed::Grant { member: target(other), role, topics: BTreeSet::new(), cut };
        let (deed, signer) = match kind {
            Kind::Revoke(other) => (Deed::Revoke { member: target(other), cut: cut() }, None),
            Kind::RevokeTogether(other) => (Deed::Revoke { member: target(other), cut: cut() }, Some(1 - other)),
            Kind::Demote(other) => (grant(other, Role::Member, Some(cut())), None),
            Kind::Promote(other) => (grant(other, Role::Animator, None), None),
            Kind::Leave => (Deed::Leave, None),
            Kind::Join => (Deed::Join, None),
            Kind::Checkpoint => (Deed::Checkpoint, Some(0)),
            Kind::Resign => (Deed::Resign { role: Role::Member }, None),
        };
        let mut past: Vec<EntryId> = after.iter().map(|&at| log.id(self.start + at)).collect();
        past.push(self.heads);
        past.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        hasher.update(format!("{author} {kind:?}").as_bytes());
        past.iter().for_each(|id| _ = hasher.update(&id.0));
        let id = EntryId(*hasher.finalize().as_bytes());
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&id.0[..16]);
        let keys = |signer: usize| BTreeSet::from([self.people[others[signer]].0]);
        Act {
            id,
            community: log.community,
            device: self.people[author].0,
            incarnation: Incarnation([0; 16]),
            seq: 1,
            prev: None,
            past,
            time: Timestamp(0),
            deed,
            cosigned: signer.map(|signer| Cosigned { nonce, keys: keys(signer) }),
        }
    }
}

/// What a graph amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcome {
    stands: Vec<EntryId>,
    governors: Vec<EntryId>,
}

struct Search<'a> {
    base: &'a Base,
    kinds: &'a [Kind],
    most: usize,
    /// Outcomes, as hashes, by hashes of graphs.
    seen: HashMap<[u8; 16], [u8; 16]>,
    orders: u64,
    void: u64,
}

impl Search<'_> {
    /// Adds every possible act to the graph, and goes on from there.
    fn extend(&mut self, log: &Log, before: &Outcome) {
        let count = log.len() - self.base.start;
        for past in self.pasts(log, count) {
            for author in 0..3 {
                for &kind in self.kinds {
                    let act = self.base.act(log, author, kind, &past);
                    if log.place(act.id).is_some() {
                        continue;
                    }
                    let mut log = log.clone();
                    log.push(act);
                    let outcome = self.check(&log, before, past.len() == count);
                    if count + 1 < self.most {
                        self.extend(&log, &outcome);
                    }
                }
            }
        }
    }

    /// Lists the sets of acts, by place, that hold the past of each.
    fn pasts(&self, log: &Log, count: usize) -> Vec<Vec<usize>> {
        let start = self.base.start;
        let closed = |set: &Vec<usize>| {
            set.iter()
                .all(|&at| (0..at).all(|other| !log.node(start + at).past.has(start + other) || set.contains(&other)))
        };
        let sets = (0_usize..1 << count).map(|bits| (0..count).filter(|at| bits >> at & 1 == 1).collect::<Vec<_>>());
        sets.filter(closed).collect()
    }

    fn check(&mut self, log: &Log, before: &Outcome, upon_all: bool) -> Outcome {
        self.orders += 1;
        let all = Bits::all(log.len());
        let view = View::new(log, &all);
        let ids = |places: &mut dyn Iterator<Item = usize>| {
            let mut ids: Vec<EntryId> = places.map(|at| log.id(at)).collect();
            ids.sort_unstable();
            ids
        };
        let outcome = Outcome {
            stands: ids(&mut (self.base.start..log.len()).filter(|&at| view.live(at))),
            governors: ids(&mut view.governors().into_iter()),
        };
        self.properties(log, &view, before, &outcome, upon_all);
        let graph = digest(&ids(&mut (self.base.start..log.len())));
        let found = digest(&[&outcome.stands[..], &[EntryId::ZERO], &outcome.governors].concat());
        self.void += u64::from(outcome.stands.len() < log.len() - self.base.start);
        let first = *self.seen.entry(graph).or_insert(found);
        assert_eq!(first, found, "P1: the same acts in another order amount to something else");
        outcome
    }

    fn properties(&self, log: &Log, view: &View<'_>, before: &Outcome, outcome: &Outcome, upon_all: bool) {
        let last = log.len() - 1;
        if upon_all {
            let stands: Vec<EntryId> = outcome.stands.iter().copied().filter(|&id| id != log.id(last)).collect();
            assert_eq!(stands, before.stands, "P3: an act after all others changes nothing about them");
        }
        laws::hold(log, view);
    }
}

fn digest(ids: &[EntryId]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    ids.iter().for_each(|id| _ = hasher.update(&id.0));
    let mut digest = [0; 16];
    hasher.finalize_xof().fill(&mut digest);
    digest
}

fn search(most: usize, kinds: &[Kind]) -> (u64, usize, u64) {
    let base = Base::new();
    let empty = Outcome { stands: Vec::new(), governors: Vec::new() };
    let mut search = Search { base: &base, kinds, most, seen: HashMap::new(), orders: 0, void: 0 };
    let first = base.log.clone();
    search.extend(&first, &empty);
    (search.orders, search.seen.len(), search.void)
}

#[test]
fn every_small_graph_in_every_order() {
    let form = std::env::var("REPERTOIRE_EXHAUSTIVE").unwrap_or_else(|_| "3 most".into());
    let (most, kinds) = form.split_once(' ').expect("a number of acts, and which");
    let kinds = match kinds {
        "duel" => DUEL,
        "most" => MOST,
        _ => ALL,
    };
    let (orders, graphs, void) = search(most.parse().expect("a number of acts"), kinds);
    println!("{form}: {graphs} graphs, {orders} orders, something is void in {void}");
    assert!(orders > graphs as u64 && void > 0);
}
