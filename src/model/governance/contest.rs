//! Who voids whom: the second step of evaluation.
//!
//! The first step found the candidates: acts that their author had the right to in their own past. Removals and demotions
//! by people who have not seen each other's acts contradict each other, and this step decides between them, for one set
//! of acts: edges from a removal to the concurrent acts beyond its cut, seniority and quorum as ranks, the floor,
//! checkpoints, recovery. It gives back the candidates that lose; what rests on a lost one is lost too.
//!
//! No act known to this version removes anybody, so that nobody loses.

use super::bits::Bits;
use super::log::Log;

/// Returns the candidates of `set` that other candidates of it void.
pub(super) fn lost(_log: &Log, _set: &Bits) -> Bits {
    Bits::default()
}
