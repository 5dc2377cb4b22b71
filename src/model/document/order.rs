//! The order of runs in texts with a branched history, by automerge.
//!
//! Each run is cut wherever an anchor or a deletion touches it; a piece is one element of an automerge list. Nothing is
//! deleted there: deletions are kept beside, so that a masked one leaves no trace. An automerge change is built for each
//! run, its operation ids in the order of the counters: among runs put after the same character the greater
//! (counter, edit id) comes first. The counters themselves are replaced by dense ones of the same order, the edit ids
//! by their ranks, so a shape that claims millions of characters costs as much as one that claims a few.

use std::collections::HashMap;
use std::num::NonZeroU64;

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Automerge, Change, ChangeHash, ExpandedChange, ObjType, ROOT, ReadDoc, ScalarValue};

use super::log::{Act, At, Char, Index, Log, PathIndex};

/// A piece of a run that no anchor divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) start: Char,
    pub(super) length: u32,
}

struct Run {
    path: PathIndex,
    after: Option<Char>,
    counter: u64,
    /// Ends of its pieces, ascending; the last is its length.
    ends: Vec<u32>,
    /// Number of its first piece among all.
    first: usize,
    /// Counter of its first piece in automerge.
    start: u64,
}

impl Run {
    fn piece_ending(&self, end: u32) -> u64 {
        self.ends.partition_point(|&other| other < end) as u64
    }
}

/// Returns, for each text, all pieces of all runs in their order, those of masked edits and deleted ones too.
pub(super) fn order(log: &Log) -> Vec<(PathIndex, Vec<Piece>)> {
    let (places, mut runs) = cut(log);
    if runs.is_empty() {
        return Vec::new();
    }
    let pieces = number(&places, &mut runs);
    let mut texts: Vec<PathIndex> = runs.iter().map(|run| run.path).collect();
    texts.sort_unstable();
    texts.dedup();
    shift(&mut runs, texts.len() as u64);
    let document = build(log, &places, &runs, &texts);
    let mut ordered = Vec::with_capacity(texts.len());
    for &path in &texts {
        let (_, list) =
            document.get(ROOT, path.to_string()).ok().flatten().expect("the first change makes a list for each text");
        let values = document.values(&list);
        let read = values.filter_map(|(value, _)| pieces.get(usize::try_from(value.as_u64()?).ok()?).copied());
        ordered.push((path, read.collect()));
    }
    ordered
}

/// Collects the runs and cuts them.
fn cut(log: &Log) -> (HashMap<At, usize>, Vec<Run>) {
    let mut places = HashMap::new();
    let mut runs: Vec<Run> = Vec::new();
    let divide = |runs: &mut Vec<Run>, places: &HashMap<At, usize>, run: &At, ends: [u32; 2]| {
        if let Some(&place) = places.get(run) {
            runs[place].ends.extend(ends.into_iter().filter(|&end| end > 0));
        }
    };
    for (edit, node) in log.nodes.iter().enumerate() {
        for (operation, op) in node.ops.iter().enumerate() {
            let at = At { edit: edit as Index, operation: operation as u32 };
            match &op.act {
                Act::Insert { after, length } => {
                    if let Some(after) = after {
                        divide(&mut runs, &places, &after.run, [after.offset + 1, 0]);
                    }
                    places.insert(at, runs.len());
                    let (path, counter, after) = (op.path, op.counter, *after);
                    runs.push(Run { path, after, counter, ends: vec![*length], first: 0, start: 0 });
                }
                Act::Delete { from, length } => {
                    divide(&mut runs, &places, &from.run, [from.offset, from.offset + length]);
                }
                _ => {}
            }
        }
    }
    for run in &mut runs {
        run.ends.sort_unstable();
        run.ends.dedup();
    }
    (places, runs)
}

/// Numbers all pieces, and gives the runs dense counters in the order of their own.
fn number(places: &HashMap<At, usize>, runs: &mut [Run]) -> Vec<Piece> {
    let mut names = vec![At { edit: 0, operation: 0 }; runs.len()];
    for (&at, &place) in places {
        names[place] = at;
    }
    let mut pieces = Vec::new();
    for (run, at) in runs.iter_mut().zip(names) {
        run.first = pieces.len();
        let mut from = 0;
        for &end in &run.ends {
            pieces.push(Piece { start: Char { run: at, offset: from }, length: end - from });
            from = end;
        }
    }
    let mut ranked: Vec<&mut Run> = runs.iter_mut().collect();
    ranked.sort_by_key(|run| run.counter);
    let mut next = 1;
    for group in ranked.chunk_by_mut(|a, b| a.counter == b.counter) {
        let longest = group.iter().map(|run| run.ends.len()).max().unwrap_or(0);
        for run in group {
            run.start = next;
        }
        next += longest as u64;
    }
    pieces
}

/// Leaves room for the operations that make the lists.
fn shift(runs: &mut [Run], lists: u64) {
    for run in runs {
        run.start += lists;
    }
}

fn build(log: &Log, places: &HashMap<At, usize>, runs: &[Run], texts: &[PathIndex]) -> Automerge {
    let actors = actors(log);
    let maker = ActorId::from(&[0u8; 8][..]);
    let list = |path: PathIndex| {
        let index = texts.binary_search(&path).expect("each run has a text");
        ObjectId::Id(OpId::new(index as u64 + 1, &maker))
    };
    let made = texts.iter().map(|path| Op {
        action: OpType::Make(ObjType::List),
        obj: ObjectId::Root,
        key: Key::Map(path.to_string().into()),
        pred: Vec::new().into(),
        insert: false,
    });
    let mut changes = vec![change(maker.clone(), 1, 1, made.collect(), Vec::new())];
    let first = changes[0].hash();
    let name = |run: &At, piece: u64| OpId::new(runs[places[run]].start + piece, &actors[run.edit as usize]);
    let mut tips: Vec<Vec<ChangeHash>> = Vec::with_capacity(log.nodes.len());
    for (edit, node) in log.nodes.iter().enumerate() {
        let mut deps: Vec<ChangeHash> = node.deps.iter().flat_map(|&dep| tips[dep as usize].iter().copied()).collect();
        deps.sort_unstable();
        deps.dedup();
        if deps.is_empty() {
            deps.push(first);
        }
        let mut seq = 0;
        for operation in 0..node.ops.len() {
            let at = At { edit: edit as Index, operation: operation as u32 };
            let Some(run) = places.get(&at).map(|&place| &runs[place]) else { continue };
            let after = run.after.map(|after| {
                let left = &runs[places[&after.run]];
                name(&after.run, left.piece_ending(after.offset + 1))
            });
            let mut key = after.map_or(ElementId::Head, ElementId::Id);
            let mut ops = Vec::with_capacity(run.ends.len());
            for piece in 0..run.ends.len() {
                ops.push(Op {
                    action: OpType::Put(ScalarValue::Uint((run.first + piece) as u64)),
                    obj: list(run.path),
                    key: Key::Seq(key),
                    pred: Vec::new().into(),
                    insert: true,
                });
                key = ElementId::Id(name(&at, piece as u64));
            }
            seq += 1;
            let made = change(actors[edit].clone(), seq, run.start, ops, std::mem::take(&mut deps));
            deps.push(made.hash());
            changes.push(made);
        }
        tips.push(deps);
    }
    let mut document = Automerge::new();
    document.apply_changes(changes).expect("changes built here are in order and of distinct actors");
    document
}

/// Returns an automerge actor for each edit: its rank by id, so that actors sort as ids do.
fn actors(log: &Log) -> Vec<ActorId> {
    let mut ranked: Vec<usize> = (0..log.nodes.len()).collect();
    ranked.sort_by_key(|&edit| log.nodes[edit].id);
    let mut actors = vec![ActorId::from(&[0u8; 8][..]); ranked.len()];
    for (rank, edit) in ranked.into_iter().enumerate() {
        actors[edit] = ActorId::from(&(rank as u64 + 1).to_be_bytes()[..]);
    }
    actors
}

fn change(actor_id: ActorId, seq: u64, start: u64, operations: Vec<Op>, deps: Vec<ChangeHash>) -> Change {
    let start_op = NonZeroU64::new(start).unwrap_or(NonZeroU64::MIN);
    ExpandedChange {
        operations,
        actor_id,
        hash: None,
        seq,
        start_op,
        time: 0,
        message: None,
        deps,
        extra_bytes: Vec::new(),
        author: None,
    }
    .into()
}
