//! Writings that are split over several entries: which are whole.

use std::collections::BTreeMap;

use super::Edit;
use crate::model::EntryId;

/// What the parts of writings wait for or suffer together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// Parts whose last part is not known: they wait.
    pub waiting: Vec<EntryId>,
    /// Writings whose last part is known: all their parts, in order.
    pub whole: Vec<Vec<EntryId>>,
}

/// Sorts the parts of writings among these edits, given in causal order. Edits that are no parts play no part; void
/// ones are given as they are, since a masked or void part takes the whole writing with it.
pub fn parts<'a>(edits: impl IntoIterator<Item = &'a Edit>) -> Parts {
    let mut open: BTreeMap<EntryId, Vec<EntryId>> = BTreeMap::new();
    let mut sorted = Parts::default();
    let mut waiting: BTreeMap<EntryId, bool> = BTreeMap::new();
    for edit in edits.into_iter().filter(|edit| edit.shape.part > 0) {
        let mut writing = match edit.deps.as_slice() {
            [before] if edit.shape.part > 1 => open.get(before).cloned().unwrap_or_default(),
            _ => Vec::new(),
        };
        writing.push(edit.id);
        waiting.entry(edit.id).or_insert(true);
        if edit.shape.closes == 0 {
            open.insert(edit.id, writing);
        } else if writing.len() == edit.shape.closes as usize {
            for id in &writing {
                waiting.insert(*id, false);
            }
            sorted.whole.push(writing);
        }
    }
    sorted.waiting = waiting.into_iter().filter_map(|(id, waits)| waits.then_some(id)).collect();
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(id: u8, before: Option<u8>, part: u32, closes: u32) -> Edit {
        let name = |id: u8| EntryId([id; 32]);
        let mut edit = Edit::link(name(id), before.map(name).into_iter().collect());
        edit.shape.part = part;
        edit.shape.closes = closes;
        edit
    }

    #[test]
    fn parts_wait_for_the_last_one() {
        let all = [part(9, None, 0, 0), part(1, Some(9), 1, 0), part(2, Some(1), 2, 0), part(3, Some(2), 3, 3)];
        let ids = |ids: &[u8]| ids.iter().map(|&id| EntryId([id; 32])).collect::<Vec<_>>();
        assert_eq!(parts(&all[..3]), Parts { waiting: ids(&[1, 2]), whole: vec![] });
        assert_eq!(parts(&all), Parts { waiting: vec![], whole: vec![ids(&[1, 2, 3])] });
    }
}
