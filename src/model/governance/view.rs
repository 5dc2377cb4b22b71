//! Who stands how in one set of acts that holds the past of each.

use std::collections::{BTreeMap, BTreeSet};

use super::act::{Deed, Invite};
use super::bits::Bits;
use super::contest;
use super::log::{At, Log};
use crate::model::id::DeviceId;
use crate::model::verdict::Verdict;

/// How firmly somebody is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// The founder, or given a seat: for ever.
    Seated,
    /// Counts until others come first.
    Provisional,
    /// Waits for somebody who governs.
    Pending,
}

/// A set of acts that holds the past of each, judged.
pub(super) struct View<'a> {
    log: &'a Log,
    set: &'a Bits,
    lost: Bits,
}

impl<'a> View<'a> {
    pub(super) fn new(log: &'a Log, set: &'a Bits) -> View<'a> {
        View { log, set, lost: contest::lost(log, set) }
    }

    /// Tells whether the act is a candidate and nothing voids it. Its author may wait all the same.
    pub(super) fn live(&self, at: At) -> bool {
        self.set.has(at) && self.log.node(at).judged.verdict == Verdict::Counted && !self.lost.has(at)
    }

    /// Tells whether a candidate of the set was voided by another.
    pub(super) fn lost(&self, at: At) -> bool {
        self.lost.has(at)
    }

    /// Returns the invitation at this place, if it is one and live.
    pub(super) fn invitation(&self, at: At) -> Option<&'a Invite> {
        match &self.log.node(at).act.deed {
            Deed::Invite(invite) if self.live(at) => Some(invite),
            _ => None,
        }
    }

    /// Returns the live entrance by which a device is in, and how: the firmest, then the smallest id.
    pub(super) fn person(&self, device: DeviceId) -> Option<(At, Standing)> {
        self.log
            .entrances(device)
            .iter()
            .filter(|&&at| self.live(at))
            .map(|&at| (at, self.standing(at)))
            .min_by_key(|&(at, standing)| (standing, self.log.id(at)))
    }

    /// Returns how the person of this live entrance stands. What rests on an invitation rests on who made it.
    pub(super) fn standing(&self, entrance: At) -> Standing {
        let mut at = entrance;
        while let Deed::Admission(admission) = &self.log.node(at).act.deed {
            if self.is_seated(at) {
                break;
            }
            let invitation = self.log.place(admission.invitation).expect("an admission has its invitation in its past");
            if !self.provisional(invitation).contains(&at) {
                return Standing::Pending;
            }
            at = self.author(invitation);
        }
        if at == entrance { Standing::Seated } else { Standing::Provisional }
    }

    /// Returns the entrance of an act's author.
    pub(super) fn author(&self, at: At) -> At {
        self.log.node(at).judged.person.expect("a candidate has an author")
    }

    pub(super) fn is_seated(&self, admission: At) -> bool {
        self.log.seats(admission).iter().any(|&seat| self.live(seat))
    }

    pub(super) fn is_closed(&self, invitation: At) -> bool {
        self.log.closes(invitation).iter().any(|&close| self.live(close))
    }

    /// Returns the live admissions of an invitation that have a seat.
    pub(super) fn seated(&self, invitation: At) -> impl Iterator<Item = At> + '_ {
        self.log.admissions(invitation).iter().copied().filter(|&at| self.live(at) && self.is_seated(at))
    }

    /// Returns the live admissions without a seat that could still count: in time, and in the past of each close.
    pub(super) fn eligible(&self, invitation: At) -> Vec<At> {
        let Some(invite) = self.invitation(invitation).filter(|invite| !invite.confirm) else { return Vec::new() };
        let closes: Vec<At> = self.log.closes(invitation).iter().copied().filter(|&at| self.live(at)).collect();
        let admissions = self.log.admissions(invitation).iter().copied();
        admissions
            .filter(|&at| self.live(at) && !self.is_seated(at))
            .filter(|&at| self.log.node(at).act.time <= invite.expires)
            .filter(|&at| closes.iter().all(|&close| self.log.node(close).past.has(at)))
            .collect()
    }

    /// Returns the admissions that count without a seat, as far as the invitation itself does.
    pub(super) fn provisional(&self, invitation: At) -> BTreeSet<At> {
        let mut eligible = self.eligible(invitation);
        if eligible.is_empty() {
            return BTreeSet::new();
        }
        let uses = self.invitation(invitation).map_or(0, |invite| invite.uses as usize);
        let free = uses.saturating_sub(self.seated(invitation).count());
        if eligible.len() > free {
            eligible.sort_by_cached_key(|&at| (!self.is_witnessed(at), self.log.id(at)));
            eligible.truncate(free);
        }
        eligible.into_iter().collect()
    }

    /// Returns the admissions of an invitation that count, with a seat or without.
    pub(super) fn counting(&self, invitation: At) -> BTreeSet<At> {
        let mut counting = self.provisional(invitation);
        if !counting.is_empty() && self.standing(self.author(invitation)) == Standing::Pending {
            counting.clear();
        }
        counting.extend(self.seated(invitation));
        counting
    }

    /// Tells whether a live act of another person, who was seated in its own past, has the admission in its past.
    pub(super) fn is_witnessed(&self, admission: At) -> bool {
        let after = self.log.witnesses().iter().rev().take_while(|&&at| at > admission);
        after.into_iter().any(|&at| {
            let node = self.log.node(at);
            node.past.has(admission) && node.judged.person != Some(admission) && self.live(at)
        })
    }

    /// Returns the standing of every live entrance. The same as [`View::standing`] of each, at the cost of one pass.
    pub(super) fn standings(&self) -> BTreeMap<At, Standing> {
        let mut standings = BTreeMap::new();
        let mut provisional: BTreeMap<At, BTreeSet<At>> = BTreeMap::new();
        for at in self.set.iter().filter(|&at| self.live(at)) {
            let standing = match &self.log.node(at).act.deed {
                Deed::Found(_) => Standing::Seated,
                Deed::Admission(_) if self.is_seated(at) => Standing::Seated,
                Deed::Admission(admission) => {
                    let invitation = self.log.place(admission.invitation).expect("in the past of its admission");
                    let chosen = provisional.entry(invitation).or_insert_with(|| self.provisional(invitation));
                    // The inviter's entrance is in the past of the invitation, so its standing is already known.
                    let inviter = standings.get(&self.author(invitation)).copied();
                    let counts = chosen.contains(&at) && inviter.is_some_and(|inviter| inviter != Standing::Pending);
                    if counts { Standing::Provisional } else { Standing::Pending }
                }
                _ => continue,
            };
            standings.insert(at, standing);
        }
        standings
    }
}
