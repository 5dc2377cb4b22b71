//! Any order of arrival, with pieces twice and between each other, headers before payloads or with them, and restarts
//! in between, comes to the same views; and every hand-made entry to its verdict.
//!
//! `REPERTOIRE_SEED=N` runs that seed alone, `REPERTOIRE_SEEDS=N` so many.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::faults::EngineFaults;
use super::super::home::Home;
use super::super::keys::Keys;
use super::super::{Node, Reply, Request};
use super::community::{Bag, Community, ask, folder, open};
use super::forger::{Expected, Forger};
use crate::model::testing::Seeded;
use crate::model::verdict::{Breach, Mask, Verdict};
use crate::model::{Chain, EntryId, Kind, Payload};
use crate::store::PayloadState;
use crate::sync::{Accepted, AcceptedPayload, Portion, Replica};

/// Seeds of the short form.
const SEEDS: u64 = 2;
/// Orders of arrival for each community.
const ORDERS: u64 = 4;
/// Writings after the community is there.
const WRITINGS: usize = 40;

/// A community's entries, and what some of them must come to.
pub(super) struct Grown {
    pub(super) community: Community,
    pub(super) bag: Bag,
    pub(super) expected: Vec<Expected>,
    /// With whose keys nodes read it.
    pub(super) readers: Vec<usize>,
    /// Those who have to open all keys of spaces anew.
    pub(super) blank: BTreeSet<usize>,
}

/// Something that arrives.
#[derive(Clone)]
enum Piece {
    Run(Portion),
    Payload(EntryId, Payload),
}

fn grow(seed: u64) -> Grown {
    let mut community = Community::found(seed);
    let mut active = vec![0, 1, 2];
    for step in 0..WRITINGS {
        if step == WRITINGS / 3 {
            let copy = community.copy(1);
            active.push(copy);
            [1, copy].into_iter().for_each(|at| community.create(at, "practice"));
        }
        let at = active[community.random.below(active.len())];
        community.write(at);
        if community.random.below(6) == 0 {
            let other = active[community.random.below(active.len())];
            if other != at {
                community.meet(at, other);
            }
        }
    }
    let late = settle_forks(&mut community, active[3], seed);
    let mut bag = community.bag();
    let mut expected = Vec::new();
    expected.extend(late.map(|id| ("an edit on a branch that does not go on", id, Verdict::Masked(Mask::Cut))));
    let elsewhere: EntryId = community.documents[1].parse().expect("an id");
    let mut forger = Forger::new(&community, 1, seed);
    forger.anchors(&mut bag, &mut expected);
    forger.misfits(&mut bag, &mut expected);
    forger.places(&mut bag, &mut expected, elsewhere);
    forger.parts(&mut bag, &mut expected);
    let root: EntryId = community.documents[0].parse().expect("an id");
    let mine = forger.honest(&mut bag, &[root]);
    forger.erase(&mut bag, mine);
    expected.push(("an edit whose words were erased", mine, Verdict::Counted));
    forger.erase(&mut bag, root);
    let mut surplus = Forger::new(&community, 3, seed + 1);
    surplus.gov = vec![surplus.keys.member.into()];
    let pending = surplus.honest(&mut bag, &[root]);
    expected.push(("an edit by who has no seat", pending, Verdict::Masked(Mask::Pending)));
    let mut asking = Forger::new(&community, 4, seed + 2);
    asking.gov = vec![asking.keys.member.into()];
    let asked = asking.honest(&mut bag, &[root]);
    expected.push(("an edit by who was never let in", asked, Verdict::Void(Breach::Right)));
    // Boris, Chloé and the founder, who can open all keys anew.
    Grown { community, bag, expected, readers: vec![0, 1, 2], blank: [0].into() }
}

/// The founder, who has heard of both, settles the forks of Boris: each branch counts as far as it is here, or one alone.
/// Returns what the other machine wrote since on a branch that lost.
fn settle_forks(community: &mut Community, copy: usize, seed: u64) -> Option<EntryId> {
    community.meet(0, 1);
    community.meet(0, copy);
    let take = (seed % 2 == 1).then_some(1);
    let settled = ask(&mut community.places[0].node, Request::SettleForks { which: Vec::new(), take });
    assert!(matches!(settled, Ok(Reply::ForkSettled(ref settled)) if settled.forks > 0), "seed {seed}: {settled:?}");
    let Ok(Reply::Forks(rows)) = ask(&mut community.places[0].node, Request::Forks) else { panic!("no forks") };
    assert!(rows.iter().all(|row| row.settled.is_some()), "seed {seed}: {rows:?}");
    let lost = rows.iter().filter(|row| row.space == "commons").flat_map(|row| &row.branches);
    let lost = lost.filter(|branch| branch.counts == 0).map(|branch| branch.tip.parse().expect("an id")).next();
    assert_eq!(lost.is_some(), take.is_some(), "seed {seed}: {rows:?}");
    lost
}

/// Every way up a chain: from its first entry to one that no other follows.
fn branches(bag: &Bag) -> Vec<Vec<EntryId>> {
    let followed: BTreeSet<EntryId> = bag.values().map(|(entry, _, _)| entry.header().prev).collect();
    let tips = bag.keys().filter(|id| !followed.contains(id));
    let mut branches = Vec::new();
    for tip in tips {
        let mut branch = vec![*tip];
        while let Some((before, _, _)) = bag.get(&bag[&branch[branch.len() - 1]].0.header().prev) {
            branch.push(before.id());
        }
        branch.reverse();
        branches.push(branch);
    }
    branches
}

/// Cuts everything into pieces, some of them twice, in an order that follows from the seed.
fn pieces(bag: &Bag, random: &mut Seeded) -> VecDeque<Piece> {
    let mut pieces = Vec::new();
    for branch in branches(bag) {
        let mut rest = branch.as_slice();
        while !rest.is_empty() {
            let (run, after) = rest.split_at((1 + random.below(6)).min(rest.len()));
            rest = after;
            let mut portion = Portion {
                entries: run.iter().map(|id| bag[id].0.clone()).collect(),
                signature: bag[&run[run.len() - 1]].1,
                payloads: Vec::new(),
            };
            let headers_first = random.below(3) == 0;
            for id in run {
                let (entry, _, payload) = &bag[id];
                // Who is in no roster is known by its admission, which comes with it.
                let enters = entry.header().kind == Kind::Governance && entry.header().seq == 1;
                let apart = !enters && (headers_first || random.below(4) == 0);
                if apart || random.below(5) == 0 {
                    pieces.push(Piece::Payload(*id, payload.clone()));
                }
                if random.below(20) == 0 {
                    pieces.push(Piece::Payload(*id, payload.clone().erased()));
                }
                portion.payloads.push((!apart).then(|| payload.clone()));
            }
            if random.below(4) == 0 {
                pieces.push(Piece::Run(portion.clone()));
            }
            pieces.push(Piece::Run(portion));
        }
    }
    random.shuffle(&mut pieces);
    pieces.into()
}

/// A node that holds nothing yet but the founding entry, with the keys of one of the people.
fn fresh(grown: &Grown, keys: &Keys) -> tempfile::TempDir {
    let folder = folder();
    let home = Home::new(folder.path(), folder.path());
    let at = home.community(keys.community);
    super::super::home::private_folder(&at).expect("a folder");
    keys.save(&at.join("keys.json")).expect("kept");
    let store = home.disk().create(&at.join("store.redb"), keys.community).expect("a store");
    let (entry, signature, payload) = &grown.bag[&keys.community.into()];
    let mut writer = store.write().expect("free");
    writer.put_entry(entry, Some(*signature), Some(payload)).expect("taken");
    writer.commit().expect("written");
    folder
}

/// Lets everything arrive, and returns what was never taken.
fn deliver(node: Node, folder: &std::path::Path, grown: &Grown, faults: EngineFaults, seed: u64) -> (Node, usize) {
    let mut random = Seeded::new(seed);
    let mut node = node;
    node.plant_in_engines(faults);
    let id = grown.community.id;
    let mut queue = pieces(&grown.bag, &mut random);
    let mut in_vain = 0;
    // What a crash takes away comes again.
    let mut unwritten = Vec::new();
    while let Some(piece) = queue.pop_front() {
        let taken = match &piece {
            Piece::Run(portion) => {
                let taken = node.engines.accept_run(id, portion.clone()).expect("the store works");
                matches!(taken, Accepted::Held { .. })
            }
            Piece::Payload(entry, payload) => {
                let taken = node.engines.accept_payload(id, *entry, payload.clone()).expect("the store works");
                assert_ne!(taken, AcceptedPayload::Misfit);
                matches!(taken, AcceptedPayload::Held { .. })
            }
        };
        in_vain = if taken { 0 } else { in_vain + 1 };
        if taken {
            unwritten.push(piece)
        } else {
            queue.push_back(piece)
        }
        let over = in_vain > queue.len();
        if over || random.below(8) == 0 {
            let engine = node.engines.0.get_mut(&id).expect("it is here");
            engine.begin().expect("it begins");
            engine.finish().expect("it settles");
            unwritten.clear();
        }
        if over {
            break;
        }
        if random.below(60) == 0 {
            drop(node);
            node = open(folder, random.below(1 << 40) as u64);
            node.plant_in_engines(faults);
            queue.extend(unwritten.drain(..));
            in_vain = 0;
        }
    }
    fetch_again(&mut node, grown);
    let engine = node.engines.0.get_mut(&id).expect("it is here");
    if engine.is_open() {
        engine.finish().expect("it settles");
    }
    // Content is left out only where it is known to be erased.
    let unwanted =
        |piece: &&Piece| !matches!(piece, Piece::Payload(_, payload) if payload.clone().erased() == *payload);
    let left = queue.iter().filter(unwanted).count();
    (node, left)
}

/// Hands over once more what a node has let go of since it came, as a session would.
fn fetch_again(node: &mut Node, grown: &Grown) {
    let id = grown.community.id;
    if node.engines.0[&id].is_open() {
        node.engines.0.get_mut(&id).expect("it is here").finish().expect("it settles");
    }
    for (entry, (_, _, payload)) in &grown.bag {
        let stored = node.engines.0[&id].reading(|reader| Ok(reader.entry(*entry)?)).expect("it reads");
        if stored.is_some_and(|stored| stored.payload == PayloadState::Missing) {
            node.engines.accept_payload(id, *entry, payload.clone()).expect("the store works");
        }
    }
}

/// Everything that a node shows, line by line: canonical views, conflicts, fingerprints and verdicts.
pub(super) fn shown(node: &mut Node, grown: &Grown) -> Vec<String> {
    let mut lines = Vec::new();
    match ask(node, Request::Members) {
        Ok(Reply::Members(members)) => {
            let mut rows: Vec<String> =
                members.iter().map(|row| format!("{} {} {}", row.member, row.role, row.status)).collect();
            rows.sort();
            lines.extend(rows);
        }
        other => panic!("members are listed as {other:?}"),
    }
    match ask(node, Request::Acts) {
        Ok(Reply::Acts(acts)) => {
            lines.extend(acts.iter().map(|act| format!("{} {} {}", act.entry, act.verdict, act.why)))
        }
        other => panic!("acts are listed as {other:?}"),
    }
    for space in ["governance", "commons", "vitrine"] {
        let request = Request::ExportCanonical { space: Some(space.to_owned()), after: None, limit: usize::MAX };
        match ask(node, request) {
            Ok(Reply::Lines(page)) => lines.extend(page.items),
            other => panic!("{space} is exported as {other:?}"),
        }
    }
    match ask(node, Request::Conflicts { id: None }) {
        Ok(Reply::Conflicts(conflicts)) => lines.extend(conflicts.iter().map(|conflict| format!("{conflict:?}"))),
        other => panic!("conflicts are listed as {other:?}"),
    }
    match ask(node, Request::Check { full: true }) {
        Ok(Reply::Checks(checks)) => lines.extend(checks.iter().map(|check| format!("{check:?}"))),
        other => panic!("a check came to {other:?}"),
    }
    for id in grown.bag.keys() {
        lines.push(format!("{id} {:?}", verdict(node, grown, *id)));
    }
    lines
}

fn verdict(node: &Node, grown: &Grown, id: EntryId) -> Option<Verdict> {
    let engine = &node.engines.0[&grown.community.id];
    engine.reading(|reader| Ok(reader.verdict(id)?)).expect("it reads")
}

/// Delivers in one order and returns what is shown; says what is wrong with it.
pub(super) fn arrive(grown: &Grown, order: u64, faults: EngineFaults) -> Result<Vec<String>, String> {
    let at = grown.readers[order as usize % grown.readers.len()];
    let mut keys = grown.community.keys(at);
    if grown.blank.contains(&at) {
        keys.spaces.clear();
    }
    let folder = fresh(grown, &keys);
    let (mut node, left) = deliver(open(folder.path(), order), folder.path(), grown, faults, order);
    if left > 0 {
        return Err(format!("{left} pieces were never taken"));
    }
    for (what, id, must) in &grown.expected {
        let is = verdict(&node, grown, *id);
        if is != Some(*must) {
            return Err(format!("{what}: {is:?} instead of {must:?}"));
        }
    }
    let lines = shown(&mut node, grown);
    if let Some(damage) = lines.iter().find(|line| line.starts_with("Check") && !line.contains("damage: []")) {
        return Err(damage.clone());
    }
    match ask(&mut node, Request::Rebuild) {
        Ok(Reply::Rebuilt(rebuilt)) if rebuilt.differed == 0 => {}
        other => return Err(format!("a rebuild came to {other:?}")),
    }
    let rebuilt = shown(&mut node, grown);
    match lines.iter().zip(&rebuilt).find(|(before, after)| before != after) {
        Some((before, after)) => Err(format!("rebuilt: {before}\n  {after}")),
        None => Ok(lines),
    }
}

pub(super) fn seeds_or(few: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    match number("REPERTOIRE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("REPERTOIRE_SEEDS").unwrap_or(few),
    }
}

#[test]
fn any_order_of_arrival_comes_to_the_same() {
    for seed in seeds_or(SEEDS) {
        let grown = grow(seed);
        let forked = branches(&grown.bag);
        let starts: BTreeMap<Chain, usize> = forked.iter().fold(BTreeMap::new(), |mut starts, branch| {
            *starts.entry(grown.bag[&branch[0]].0.header().chain()).or_default() += 1;
            starts
        });
        assert!(starts.values().any(|count| *count > 1), "seed {seed}: no chain is forked");
        let mut first: Option<Vec<String>> = None;
        for order in 0..ORDERS {
            let lines = arrive(&grown, seed * ORDERS + order, EngineFaults::default());
            let lines = lines.unwrap_or_else(|wrong| panic!("REPERTOIRE_SEED={seed} order {order}: {wrong}"));
            let first = first.get_or_insert_with(|| lines.clone());
            for (one, other) in first.iter().zip(&lines) {
                assert_eq!(one, other, "REPERTOIRE_SEED={seed} order {order}");
            }
            assert_eq!(first.len(), lines.len(), "REPERTOIRE_SEED={seed} order {order}");
        }
    }
}

#[test]
fn a_dropped_look_at_the_past_is_caught() {
    let grown = grow(0);
    let faults = EngineFaults { unlooked: true, ..EngineFaults::default() };
    let wrong = arrive(&grown, 0, faults).expect_err("an entry counts before its past is here");
    assert!(wrong.contains("instead of"), "{wrong}");
}

/// A device of several lives, to whom it is new: the life that shows how it came in may stand behind others.
#[test]
fn acts_before_the_entrance_of_their_author_are_taken_in_the_same_session() {
    let mut community = Community::found(41);
    let at = community.admit("Fatou");
    let mut bag = Bag::new();
    let id = community.id;
    let joins: Vec<EntryId> = (0..20).map(|seed| Forger::new(&community, at, seed).join(&mut bag)).collect();
    for join in &joins {
        let taken = super::limits::give(&mut community.places[0].node, id, &bag, *join);
        assert_eq!(taken, Accepted::Held { new: 1 });
    }
    community.meet(2, 0);
    let node = &community.places[2].node;
    assert!(joins.iter().all(|join| super::limits::verdict(node, id, *join) == Some(Verdict::Counted)));
}
