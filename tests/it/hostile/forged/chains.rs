//! Chains that break, fork, or hang in the air; the same again and again; and very many.

use repertoire::model::sign::Signing;
use repertoire::model::verdict::{Breach, Need};
use repertoire::model::{CommunityId, Entry, EntryId, Header, Incarnation, Verdict};

use super::super::hand::Hand;
use super::super::program::{Line, UNSIGNED};
use super::super::tamper::{beside, entries, run};
use super::{BUSY, End, REFUSED, Row, Sent, Stage};

const COUNTED: Verdict = Verdict::Counted;
const PAST: Verdict = Verdict::Waiting(Need::Past);
/// How often the same entry comes.
const REPEATS: usize = 10_000;
/// Entries that hang in the air.
const HANGING: usize = 100_000;
/// Concurrent heads of one document.
const HEADS: usize = 1_000;
/// Small entries in a row.
const SMALL: usize = 2_000;

/// Entries that all lack the same one: signed once in 256, each with the payload of the first.
fn hanging(stage: &Stage, hand: &mut Hand, count: usize) -> Line {
    hand.after(&[EntryId([5; 32])]);
    let (first, _, payload) = hand.line.pop().expect("just written");
    let mut line: Line = vec![(first, UNSIGNED, payload.clone())];
    let signing = Signing::from_seed(&stage.liar.signing.seed());
    while line.len() < count {
        let before = &line[line.len() - 1].0;
        let header = Header { seq: before.header().seq + 1, prev: before.id(), ..before.header().clone() };
        let entry = Entry::write(header, &signing);
        let signed = entry.header().seq.is_multiple_of(256) || line.len() + 1 == count;
        let signature = if signed { signing.entry(entry.id()) } else { UNSIGNED };
        line.push((entry, signature, payload.clone()));
    }
    line
}

/// Branches from the place after a first entry.
fn branches(hand: &mut Hand, count: usize) -> Vec<Line> {
    hand.honest();
    let (place, first) = (hand.place, hand.line.clone());
    let branch = |_| {
        hand.line.clone_from(&first);
        hand.place = place;
        hand.honest();
        std::mem::take(&mut hand.line)
    };
    (0..count).map(branch).collect()
}

fn tip(line: &Line) -> EntryId {
    line[line.len() - 1].0.id()
}

fn claimed(hand: &mut Hand, time: i64) -> Sent {
    hand.time = time;
    hand.honest();
    Sent::all(hand, COUNTED)
}

pub(super) const TABLE: &[Row] = &[
    ("an older state", |_, hand| {
        (0..3).for_each(|_| _ = hand.honest());
        let older = hand.line[..1].to_vec();
        Sent::all(hand, COUNTED).then(vec![older])
    }),
    ("one entry 10,000 times", |stage, hand| {
        hand.honest();
        let (entry, signature, _) = hand.line[0].clone();
        let frame = entries(stage.space(), vec![run(entry.header(), &signature.0); 100]);
        let line = hand.line.clone();
        Sent::all(hand, COUNTED).then(vec![line]).by(beside(vec![frame; REPEATS / 100]))
    }),
    ("a gap at the start of a chain", |_, hand| {
        (0..3).for_each(|_| _ = hand.honest());
        let last = hand.line.split_off(2);
        let id = tip(&last);
        Sent::lines(vec![last]).never(id)
    }),
    ("a chain that jumps", |_, hand| {
        let first = hand.honest();
        let line = std::mem::take(&mut hand.line);
        hand.place.0 += 5;
        let second = hand.honest();
        Sent::lines(vec![line])
            .then(vec![std::mem::take(&mut hand.line)])
            .ends(REFUSED)
            .is(first, COUNTED)
            .never(second)
    }),
    ("a chain that goes on from another life", |stage, hand| {
        let first = hand.honest();
        let mut other = stage.hand(1);
        other.place = hand.place;
        let second = other.honest();
        Sent::of(hand).then(vec![other.line]).ends(REFUSED).is(first, COUNTED).never(second)
    }),
    ("a chain that goes on from the founding", |stage, hand| {
        hand.place = (1, stage.founder.community.into());
        let id = hand.honest();
        Sent::of(hand).ends(REFUSED).never(id)
    }),
    ("a life of the founder's name", |stage, hand| {
        hand.incarnation = stage.founder.incarnation;
        hand.honest();
        Sent::all(hand, COUNTED)
    }),
    ("the entry of a stranger", |stage, _| {
        let mut hand = stage.hand(1).stranger(7);
        let id = hand.honest();
        Sent::of(&mut hand).ends(REFUSED).never(id)
    }),
    ("two entries at one place", |_, hand| {
        let lines = branches(hand, 2);
        let ids: Vec<EntryId> = lines.iter().map(tip).collect();
        let mut sent = Sent::lines(lines).each(ids, End::Is(COUNTED));
        sent.forks = 1;
        sent
    }),
    ("two entries at the first place", |_, hand| {
        let one = hand.honest();
        let line = std::mem::take(&mut hand.line);
        hand.place = (0, EntryId::ZERO);
        hand.time = 5;
        let two = hand.after(&[one]);
        let second = std::mem::take(&mut hand.line);
        let mut sent = Sent::lines(vec![line, second]).is(one, COUNTED).is(two, COUNTED);
        sent.forks = 1;
        sent
    }),
    ("17 entries at one place", |_, hand| {
        let mut lines = branches(hand, 17);
        let last = lines.pop().expect("17");
        let (kept, never): (Vec<EntryId>, EntryId) = (lines.iter().map(tip).collect(), tip(&last));
        let mut sent = Sent::lines(lines).then(vec![last]).ends(BUSY).each(kept, End::Is(COUNTED)).never(never);
        sent.forks = 1;
        sent
    }),
    ("an edit after what never comes, and one after that", |_, hand| {
        let never = hand.after(&[EntryId([3; 32])]);
        hand.after(&[never]);
        Sent::all(hand, PAST)
    }),
    ("two edits that claim to follow each other", |stage, hand| {
        // The first names an id that it can only guess.
        let guess = EntryId([0xcc; 32]);
        let first = hand.after(&[guess, stage.document]);
        hand.after(&[first, guess]);
        Sent::all(hand, PAST)
    }),
    ("an edit in a document that it names after itself", |_, hand| {
        hand.document = EntryId([0xdd; 32]).into();
        hand.honest();
        Sent::all(hand, PAST)
    }),
    ("a right from acts that never come", |_, hand| {
        hand.gov = vec![EntryId([4; 32])];
        hand.honest();
        Sent::all(hand, PAST)
    }),
    ("an edit after one of another document", |stage, hand| {
        hand.after(&[stage.other]);
        Sent::all(hand, Verdict::Void(Breach::Place))
    }),
    ("an edit after nothing", |_, hand| {
        hand.after(&[]);
        Sent::all(hand, Verdict::Void(Breach::Place))
    }),
    ("an admission to another community", |stage, _| {
        let mut hand = stage.hand(1).governing().stranger(9);
        hand.community = CommunityId([8; 32]);
        let proof = hand.proof(stage.document);
        hand.community = stage.liar.community;
        let shape = repertoire::model::governance::admission(&proof, None, &[1; 32]);
        hand.act(&stage.heads, &shape);
        Sent::all(&mut hand, Verdict::Void(Breach::Right))
    }),
    ("a time of 10^12 s", |_, hand| claimed(hand, 1_000_000_000_000_000)),
    ("a time of -10^12 s", |_, hand| claimed(hand, -1_000_000_000_000_000)),
    ("the last time there is", |_, hand| claimed(hand, i64::MAX)),
    ("the first time there is", |_, hand| claimed(hand, i64::MIN)),
    ("1,000 edits that have not seen each other", |_, hand| {
        (0..HEADS).for_each(|_| _ = hand.honest());
        Sent::all(hand, COUNTED)
    }),
    ("2,000 small edits in a row", |stage, hand| {
        hand.document = stage.other.into();
        (0..SMALL).for_each(|_| {
            let before = if hand.place.0 == 0 { hand.document.into() } else { hand.place.1 };
            hand.after(&[before]);
        });
        Sent::all(hand, COUNTED)
    }),
    ("100,000 edits after what never comes", |stage, hand| {
        let line = hanging(stage, hand, HANGING);
        let never = tip(&line);
        Sent::lines(vec![line]).ends(BUSY).never(never)
    }),
    ("65 lives of one device", |stage, hand| {
        // Those of the rows before count, too: the last is one too many whatever they were.
        let life = |n: u8| {
            let mut one = stage.hand(1);
            (one.incarnation, one.time) = (Incarnation([n; 16]), i64::from(n));
            one.honest();
            one.line
        };
        let lines: Vec<Line> = (1..=65).map(life).collect();
        hand.line.clear();
        Sent::lines(lines).ends(BUSY)
    }),
];
