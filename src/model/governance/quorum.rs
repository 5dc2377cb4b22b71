//! How many have to sign an act, and how many of those who did count: what people are told while signatures are collected.
//! The rule itself is in `judge`, which counts in the act's own past.

use std::collections::BTreeSet;

use super::state::{Member, State, Status};
use crate::model::id::{DeviceId, MemberId};
use crate::wire::entry::{GovernanceShape, governance_shape::Act};

/// How far the signatures of an act go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quorum {
    /// People who signed and whose signature counts.
    pub signed: usize,
    /// How many of them it takes.
    pub needed: usize,
    /// So few write that it takes the printed key of the community, too, which has not signed.
    pub printed: bool,
}

impl State {
    /// Counts the signatures of an act that several people sign; none for any other act.
    pub fn quorum(&self, act: &GovernanceShape, signers: &[DeviceId]) -> Option<Quorum> {
        let governs = |member: &Member| member.role.governs();
        let writes = |member: &Member| member.role.writes();
        match act.act.as_ref()? {
            Act::Checkpoint(_) | Act::End(_) => {
                let (signed, all) = self.count(&governs, signers);
                Some(Quorum { signed, needed: all / 2 + 1, printed: false })
            }
            Act::Recover(_) | Act::Confirm(_) => {
                let (signed, all) = self.count(&writes, signers);
                let key = self.founding.as_ref().and_then(|found| found.community_recovery);
                let printed = all < 3 && !key.is_some_and(|key| signers.contains(&key));
                let needed = if all < 3 { 1 } else { (2 * all).div_ceil(3).max(2) };
                Some(Quorum { signed, needed, printed })
            }
            _ => None,
        }
    }

    /// Counts those who have a seat and may sign: who did, and all.
    fn count(&self, may: &dyn Fn(&Member) -> bool, signers: &[DeviceId]) -> (usize, usize) {
        let people = self.members.iter();
        let all: BTreeSet<MemberId> = people
            .filter(|(_, member)| member.status == Status::Active && member.seated && may(member))
            .map(|(id, _)| *id)
            .collect();
        let signed: BTreeSet<MemberId> =
            signers.iter().filter_map(|key| self.device(*key)).filter(|member| all.contains(member)).collect();
        (signed.len(), all.len())
    }
}
