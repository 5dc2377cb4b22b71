//! Tests of documents: random histories held against an independent fold, and hostile shapes.

mod generate;
mod hostile;
mod property;
mod reference;

mod stories;

use super::*;
use crate::model::Random;

/// A small seeded generator (SplitMix64).
pub(super) struct Seeded(pub(super) u64);

impl Seeded {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub(super) fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn id(&mut self) -> EntryId {
        let mut id = EntryId::ZERO;
        self.fill(&mut id.0);
        id
    }
}

impl Random for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// Signs the parts that were composed: gives them ids and deps.
pub(super) fn sign(heads: &[EntryId], parts: Vec<(EditShape, EditContent)>, random: &mut Seeded) -> Vec<Edit> {
    let mut deps = heads.to_vec();
    let mut edits = Vec::new();
    for (shape, content) in parts {
        let id = random.id();
        let deps = std::mem::replace(&mut deps, vec![id]);
        edits.push(Edit { id, deps, shape, content: Some(content) });
    }
    edits
}
