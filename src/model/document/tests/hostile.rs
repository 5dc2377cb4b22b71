//! Shapes that nobody composes: never a panic, and what is judged right folds alike everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::generate::reordered;
use super::reference::{Fault, flat, flat_document};
use super::*;
use crate::wire::Message;
use crate::wire::entry::operation::Act;
use crate::wire::entry::{
    Add, Anchor, Clear, Delete, Drop, Insert, Operation, Place, Remove, Set, Value as WireValue, value,
};

fn some_bytes(random: &mut Seeded) -> Vec<u8> {
    let length = random.pick(&[0, 1, 15, 16, 16, 16, 16, 64, 65]);
    (0..length).map(|_| random.pick(&[0, 1, 1, 128])).collect()
}

fn some_anchor(random: &mut Seeded, wild: bool) -> Anchor {
    let operation = random.below(4) as u32;
    match wild {
        true if random.chance(20) => Anchor { edit: u32::MAX, operation: u32::MAX, offset: u32::MAX },
        _ => Anchor { edit: random.below(5) as u32, operation, offset: random.below(4) as u32 },
    }
}

fn some_act(random: &mut Seeded, wild: bool) -> Option<Act> {
    let length =
        if wild && random.chance(30) { random.pick(&[0, u32::MAX, 1 << 18]) } else { 1 + random.below(4) as u32 };
    Some(match random.below(11) {
        0 => return None,
        1 | 2 => Act::Insert(Insert { after: None, length }),
        3 | 4 => Act::Insert(Insert { after: Some(some_anchor(random, wild)), length }),
        5 => Act::Delete(Delete { from: random.chance(95).then(|| some_anchor(random, wild)), length }),
        6 if random.chance(50) => Act::Set(Set {}),
        6 => Act::Clear(Clear {}),
        7 => Act::Add(Add { element: vec![random.below(3) as u8; 16] }),
        8 => Act::Remove(Remove { element: if wild { some_bytes(random) } else { vec![random.below(3) as u8; 16] } }),
        9 => Act::Place(Place { position: if wild { some_bytes(random) } else { vec![1 + random.below(9) as u8] } }),
        _ => Act::Drop(Drop {}),
    })
}

fn some_operation(random: &mut Seeded, wild: bool) -> Operation {
    let act = some_act(random, wild);
    let named = random.pick(&["description", "description", "title", "topics", "items", "newer", "", "standing"]);
    let fitting = match &act {
        Some(Act::Insert(_) | Act::Delete(_)) => "description",
        Some(Act::Set(_) | Act::Clear(_)) => "title",
        Some(Act::Add(_) | Act::Remove(_)) => "topics",
        Some(Act::Place(_) | Act::Drop(_)) => "items",
        None => "newer",
    };
    let field = if random.chance(20) { named } else { fitting };
    let mut operation = Operation { field: field.into(), act, ..Operation::default() };
    if field == "items" || random.chance(5) {
        operation.item = if wild { some_bytes(random) } else { vec![random.below(3) as u8; 16] };
        if !matches!(operation.act, Some(Act::Place(_) | Act::Drop(_))) {
            operation.inner = random.pick(&["note", "target", "newer"]).into();
        }
    }
    if random.chance(4) {
        operation.key = random.pick(&["fr", "en"]).into();
    }
    operation
}

fn some_content(shape: &EditShape, random: &mut Seeded) -> Option<EditContent> {
    let mut values = Vec::new();
    for (index, operation) in shape.operations.iter().enumerate() {
        let of = match &operation.act {
            Some(Act::Insert(insert)) => Some(value::Of::Text("é".repeat(insert.length.min(9) as usize))),
            Some(Act::Set(_)) => Some(value::Of::Text(format!("v{}", random.below(3)))),
            Some(Act::Add(_)) if random.chance(10) => Some(value::Of::Integer(1)),
            _ => None,
        };
        if of.is_some() {
            values.push(WireValue { operation: index as u32, of });
        }
    }
    if random.chance(10) {
        let at = random.below(values.len() + 1);
        values.truncate(at);
    }
    random.chance(90).then_some(EditContent { values })
}

/// Throws edits at a history; returns those that were judged right.
fn throw(seed: u64, wild: bool) -> (Vec<Edit>, usize) {
    let mut random = Seeded(seed);
    let shape = EditShape { document_kind: "collection".into(), salt: vec![1; 16], ..EditShape::default() };
    let mut edits = vec![Edit { id: random.id(), deps: vec![], shape, content: Some(EditContent::default()) }];
    let mut history = History::of(&edits);
    let mut refused = 0;
    for _ in 0..40 {
        let pick = |random: &mut Seeded| edits[random.below(edits.len())].id;
        let deps: BTreeSet<EntryId> = (0..=random.below(2)).map(|_| pick(&mut random)).collect();
        let referenced = (0..random.below(3)).map(|_| pick(&mut random).0.to_vec()).collect();
        let operations = (0..=random.below(3)).map(|_| some_operation(&mut random, wild)).collect();
        let mut shape = EditShape { referenced, operations, ..EditShape::default() };
        if wild && random.chance(10) {
            (shape.part, shape.closes) = (random.below(4) as u32, random.below(4) as u32);
            shape.document_kind = random.pick(&["", "term"]).into();
            shape.salt = some_bytes(&mut random);
        }
        let content = some_content(&shape, &mut random);
        let edit = Edit { id: random.id(), deps: deps.into_iter().collect(), shape, content };
        match judge(&edit, &history) {
            Ok(()) => {
                history.push(&edit);
                edits.push(edit);
            }
            Err(_) => {
                refused += 1;
                if wild {
                    // As if a void edit were taken by mistake: nonsense, but no panic.
                    fold(edits.iter().chain([&edit]), &BTreeSet::new());
                    edits.push(Edit::link(edit.id, edit.deps.clone()));
                    history.push_link(edit.id, &edit.deps);
                }
            }
        }
    }
    (edits, refused)
}

#[test]
fn what_is_judged_right_folds_alike_everywhere() {
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..300 {
        let (edits, not) = throw(seed, false);
        let mut random = Seeded(seed);
        let masked: BTreeSet<EntryId> =
            edits.iter().skip(1).filter(|_| random.chance(15)).map(|edit| edit.id).collect();
        let document = fold(&edits, &masked);
        // Of a field that nobody knows, used in two ways at once, one way is shown.
        let known = |mut shown: BTreeMap<String, String>| {
            shown.retain(|label, _| !label.contains("newer"));
            shown
        };
        assert_eq!(known(flat_document(&document)), known(flat(&edits, &masked, Fault::None)), "seed {seed}");
        let other = reordered(&edits, &mut random);
        assert_eq!(fold(&other, &masked), document, "seed {seed}");
        document.fields_json();
        document.conflicts();
        taken += edits.len();
        refused += not;
    }
    assert!(taken > 2_000 && refused > 2_000, "{taken} taken, {refused} refused");
}

#[test]
fn a_verdict_rests_on_the_past_alone() {
    for seed in 0..100 {
        let (edits, _) = throw(seed, false);
        let mut random = Seeded(seed);
        for edit in &edits[1..] {
            // The same edit without what it never saw, and in a longer history.
            let past: Vec<Edit> = past_of(&edits, &edit.deps).into_iter().cloned().collect();
            assert_eq!(judge(edit, &History::of(&past)), Ok(()), "seed {seed}");
            let mut broken = edit.clone();
            if let Some(operation) = broken.shape.operations.first_mut() {
                *operation = some_operation(&mut random, true);
            }
            let others: Vec<Edit> = edits.iter().filter(|other| other.id != edit.id).cloned().collect();
            assert_eq!(judge(&broken, &History::of(&past)), judge(&broken, &History::of(&others)), "seed {seed}");
        }
    }
}

#[test]
fn wild_shapes_never_panic() {
    for seed in 0..150 {
        let (edits, _) = throw(seed + 5_000, true);
        fold(&edits, &BTreeSet::new());
    }
    let mut random = Seeded(1);
    let history = History::of(&throw(1, false).0);
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..random.below(60)).map(|_| random.next() as u8).collect();
        let deps = vec![history.heads()[0]];
        if let Ok(shape) = EditShape::decode(bytes.as_slice()) {
            let content = EditContent::decode(bytes.as_slice()).ok();
            let edit = Edit { id: random.id(), deps, shape, content };
            let _ = judge(&edit, &history);
            fold([&edit], &BTreeSet::new());
        }
    }
}

#[test]
fn large_claims_cost_little() {
    let operation = |act| Operation { field: "body".into(), act: Some(act), ..Operation::default() };
    let mut random = Seeded(3);
    let create = EditShape { document_kind: "post".into(), salt: vec![1; 16], ..EditShape::default() };
    let root = Edit { id: random.id(), deps: vec![], shape: create, content: None };
    let mut history = History::of([&root]);
    let mut edits = vec![root.clone()];
    let insert = |after| operation(Act::Insert(Insert { after, length: 1 << 18 }));
    // Without content each claims a whole field, of which it takes as much away in the next entry.
    for _ in 0..40 {
        let shape = EditShape { operations: vec![insert(None)], ..EditShape::default() };
        let claim = Edit { id: random.id(), deps: vec![root.id], shape, content: None };
        let from = Some(Anchor { edit: 1, operation: 0, offset: 0 });
        let delete = operation(Act::Delete(Delete { from, length: 1 << 18 }));
        let shape = EditShape { operations: vec![delete], ..EditShape::default() };
        let gone = Edit { id: random.id(), deps: vec![claim.id], shape, content: None };
        for edit in [claim, gone] {
            assert_eq!(judge(&edit, &history), Ok(()));
            history.push(&edit);
            edits.push(edit);
        }
    }
    assert_eq!(fold(&edits, &BTreeSet::new()).text("body"), "");
    // In its own past the field is full.
    let more = |dep: EntryId| {
        let shape = EditShape { operations: vec![insert(None)], ..EditShape::default() };
        Edit { id: EntryId([9; 32]), deps: vec![dep], shape, content: None }
    };
    assert_eq!(judge(&more(edits[1].id), &history), Err(crate::model::verdict::Breach::Limit));
    assert_eq!(judge(&more(edits[2].id), &history), Ok(()));
}
