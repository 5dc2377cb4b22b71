//! Governance: who is in, by which role, with which keys: a pure function of a set of acts.
//!
//! ```text
//! Entry + GovernanceShape -> Act --insert--> Log         each act after its past; the others wait
//!                                             | judge     step 1: right in its own past? Never changes again
//!                                             v
//!                     a set of acts -> View   | contest   step 2: who voids whom, for this set
//!                                             |   duel      edges, circles, ranks
//!                                             v
//!                                   Evaluation            step 3: standings, the state, the verdicts
//! ```
//!
//! The set is all that is known ([`Governance::state`]) or what some heads have in their past
//! ([`Governance::state_at`]): data entries are judged by the latter. Nothing here knows a clock; expiry compares claimed
//! times. How somebody stands who has no seat yet is said at `Seat` in `proto/entry.proto`.
//!
//! # The rule
//!
//! **Sets.** Every question is asked of a set of acts that holds the past of each (`prev` and `deps`, and what these have
//! in theirs). Two acts are *at the same time* if neither has the other in its past. An act whose past is incomplete
//! waits; one that can't be read, or stands in a chain of another device, is void and orders only.
//!
//! **1. Right in its own past.** An act is a *candidate* if, by the rule applied to its past alone, its author is in, its
//! device is theirs and was not dropped, the role suffices ([`Role`]; a governing role needs a seat), and what it is about
//! is there. What is no candidate is void for good, whatever arrives. In particular:
//! - A nonce serves once; nobody revokes or grants themselves; founders are named by founders; a grant has a cut exactly
//!   where it lowers. Whoever governs may remove whoever else governs: seniority decides between acts at the same time
//!   and protects from nothing else.
//! - A carrier leaves, and sees to its devices; nothing else that it signs is right.
//! - A device never drops an older one of the same person (older: brought in on a shorter way from the founding), unless
//!   their recovery key co-signs, which is older than all. A device that was dropped never comes back.
//! - A removed or departed member can come again by an invitation, as another member; a grant doesn't bring them back.
//! - An act after which nobody would govern is void. To *govern* is to be in, with a seat, the role of founder or
//!   animator, and a device.
//!
//! **2. What a right rests on.** On the entrance of the author; on one of the acts that added the device, if it did not
//! come with the person; where the entrance doesn't give the role that the act needs, on one of the grants that do and are
//! not before a lower one; where the act governs, on one of the seats; an entrance on its invitation; an act about an
//! invitation on that; an act in a circle on what put the author there. Of each of these groups one act has to stand.
//!
//! **3. Who voids whom.** A *removal* is `revoke`, `device drop`, `circle remove`, or a grant that lowers. If it stands, it
//! voids what its target does at the same time: everything; what that device does, and what it vouches for; acts in that
//! circle; what needs more than the role that is left. What a removal has in its past stands: there, the past is the cut,
//! and tips of the governance log in a cut mean nothing. `leave` and `resign` void nothing.
//!
//! **4. Decision.** An act falls if a removal that stands voids it, or all of a group that its right rests on fall. It
//! stands if one of each group stands and every removal that would void it falls. What neither settles goes in circles,
//! along both kinds of edges. All circles that nothing undecided leads to are broken together: in each the removal of the
//! highest rank stands, and the undecided removals aimed at it, or at what it rests on, fall. And so on until all is
//! decided.
//!
//! **5. Rank.** First a removal signed by a *quorum*: more than half of those who govern beside its target, in its own
//! past, and at least two; the author signs. In a circle a signature doesn't count if what the signer's right to govern
//! rests on falls with the circle's removals. Then *seniority*: founders by their entrance, then the shorter of the
//! longest ways from the founding to the entrance, then the smaller member id. Then the older device, then the smaller id.
//!
//! **6. Blocks.** A set falls into blocks: all acts of one are after all acts of those before it, and no block can be
//! divided so. Blocks are decided one after another, and what comes after a block changes nothing in it (but for vetoes).
//!
//! **7. Floor.** If at the end of a block nobody governs and the community has not ended: of the acts in the block that
//! take something away and stand (removals, grants, `leave`, `resign`) the one of the lowest rank falls without which
//! somebody governs, and the block is decided anew.
//!
//! **8. Checkpoints.** Signed by more than half of those who govern in its past. Of two at the same time the one that more
//! signed stands, then the smaller id; nothing else takes one away. What a checkpoint that stands has in its past counts
//! for ever for what it counts there. What is at the same time voids nothing of it, and falls if its author has no right
//! to it in the state after both, the checkpoint and the act's own past.
//!
//! **9. Recovery.** `recover` names animators: signed by two thirds, and at least two, of those who write and have a seat;
//! where these are fewer than three, by the printed key of the community and the author. It takes nothing from anybody.
//! It falls as soon as a `veto` is known that was right in its own past, by who governs without that recovery. `confirm`,
//! by the same quorum and with the veto in its past, names the same people again, and can't be vetoed.
//!
//! **10. End.** By a founder, or signed by more than half of those who govern. Nothing that has it in its past is right.
//!
//! **11. Folding.** Of what stands: a person's role is that of the latest grants, recoveries and resignations, the lowest
//! of several at the same time; who has a removal or a departure is out, whatever was granted at the same time; of rules at
//! the same time the most careful value of each setting; a circle's members are those added after every removal of them.
//!
//! **12. Content.** An entry of a document is judged by the state at its `gov` heads. Beyond that, of the removals of its
//! author or device that stand, are not in the past of `gov`, and that no later one of them has in its past: if one speaks
//! of its space, and none that does has it within its cut, it is in quarantine until an animator admits it
//! ([`Governance::quarantine`]). So is what stands on a branch of a settled fork that is neither the chosen one nor within
//! the cut: of acts at the same time about one chain each keeps what it names, and a later one decides anew.
//!
//! # What was settled
//!
//! The text that this was made from left open, or had wrong:
//! - Circles made of removals alone. A junior's removal, by a right that somebody's undecided removal takes away, had no
//!   edge to it: it stood, and voided that removal. Now edges of authority belong to circles (4).
//! - In a circle of three the third removal, freed by the first's victory, hit the victor. It falls (4).
//! - A quorum of one, and of puppets: between two who govern each is "more than half of the others"; an old act written
//!   now, after a past in which that was so, outranked everybody, and so did three removals signed by people whom a
//!   removed animator had just named. Hence two signatures, of those who are safe (5).
//! - A cut of governance that names what its author had not seen. The past says all, and can't be forked (3).
//! - A checkpoint could be voided by one back-dated removal of its author, and its epoch reopened (8).
//! - "What is void never becomes valid by an act in no way concurrent with it" fails for acts concurrent with that act's
//!   opponents. It holds block by block: what has a whole block in its past changes nothing in it (6). For the same reason
//!   a confirmed recovery stays void, and the roles come from the confirmation (9).
//! - Two of the last who leave at the same time, and who is named later by the one who had to stay (7).
//!
//! What is not promised: that somebody senior who governs can't back-date before the next checkpoint; and that a veto by
//! somebody who was removed at the same time has no effect: it costs a confirmation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::model::id::{CommunityId, DeviceId, EntryId};
use crate::model::verdict::{Breach, Need, Verdict};

mod act;
mod bits;
mod contest;
mod cut;
mod deed;
mod duel;
mod duties;
pub mod invitation;
mod judge;
mod keys;
mod log;
mod mutant;
mod pending;
mod quorum;
mod removal;
mod role;
mod space;
mod state;
mod view;
mod write;

pub use act::{Act, Settings, USES_MAX};
pub use cut::{Cut, CutChain, Place, TIPS_MAX};
pub use deed::{COSIGNERS_MAX, RECOVERED_MAX, TOPICS_MAX, VALIDATIONS_MAX};
pub use duties::Duty;
pub use keys::HeldCopy;
pub use pending::PendingWhy;
pub use quorum::Quorum;
pub use removal::{Branches, Quarantine, Removal};
pub use role::{Right, Role, RoleError};
pub use space::{Epoch, Space, SpaceKind};
pub use state::{Invitation, Member, OwnDevice, Resolution, State, Status};
pub use write::{
    Founding, InviteTerms, Proposal, Recoveries, admission, admit, checkpoint, circle_add, circle_create,
    circle_remove, close, confirm, device_add, device_drop, dismiss, end, found, grant, invite, join, leave,
    open_invitation, owed_cut, recover, resign, resolve, revoke, rotate, rule, seat, veto,
};

use act::Deed;
use bits::Bits;
use contest::Loss;
use log::Log;
use state::{Evaluation, evaluate};

/// Most states of the past that are remembered: as many as communities have members who write at different heads.
const STATES_MAX: usize = 128;

/// The acts of one community.
#[derive(Debug)]
pub struct Governance {
    log: Log,
    waiting: Waiting,
    /// All that is known, evaluated on demand.
    current: OnceLock<Evaluation>,
    /// States at heads asked for before. A state of a closed past never changes.
    states: Mutex<States>,
}

/// Why an act is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It breaks a rule in its own past.
    Own(Breach),
    /// This removal, which its author had not seen, takes it out.
    Removed(EntryId),
    /// Its author's right rests on this act, which is void.
    Rests(EntryId),
    /// It is a recovery, and this act vetoed it.
    Vetoed(EntryId),
    /// After this checkpoint its author had no right to it, or it is a checkpoint that fewer signed.
    Checkpoint(EntryId),
    /// This act, at which it was aimed, stands and outranks it.
    Outranked(EntryId),
    /// It would have left nobody who governs.
    Floor,
}

/// The act is not the founding of a community.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the entry founds no community")]
pub struct FoundError;

impl Governance {
    /// Starts from the founding act.
    ///
    /// # Errors
    ///
    /// When the act is none.
    pub fn new(found: Act) -> Result<Governance, FoundError> {
        let founds = matches!(found.deed, Deed::Found(_)) && found.past.is_empty();
        if !founds || found.community != CommunityId::from(found.id) {
            return Err(FoundError);
        }
        let mut log = Log::new(found.community);
        log.push(found);
        Ok(Governance {
            log,
            waiting: Waiting::default(),
            current: OnceLock::new(),
            states: Mutex::new(States::default()),
        })
    }

    /// Returns the community.
    pub fn community(&self) -> CommunityId {
        self.log.community
    }

    /// Takes an act in, and returns the acts that are known since: itself and those that waited for it, each after its
    /// past. None if it is known already, waits for its past, or belongs to another community.
    pub fn insert(&mut self, act: Act) -> Vec<EntryId> {
        if act.community != self.log.community || self.log.place(act.id).is_some() {
            return Vec::new();
        }
        let mut ready = vec![act];
        let mut known = Vec::new();
        while let Some(act) = ready.pop() {
            let id = act.id;
            if let Some(missing) = act.past.iter().copied().find(|&past| self.log.place(past).is_none()) {
                self.waiting.add(missing, act);
                continue;
            }
            self.waiting.forget(id);
            self.log.push(act);
            known.push(id);
            ready.extend(self.waiting.take(id));
        }
        if !known.is_empty() {
            self.current = OnceLock::new();
        }
        known
    }

    /// Returns how many acts wait for their past.
    pub fn waiting(&self) -> usize {
        self.waiting.acts.len()
    }

    /// Returns the unknown acts that those that wait need next, ascending.
    pub fn missing(&self) -> Vec<EntryId> {
        self.waiting.by_missing.keys().copied().filter(|id| !self.waiting.acts.contains_key(id)).collect()
    }

    /// Forgets an act that waits, to make room. It can be inserted again.
    pub fn forget(&mut self, id: EntryId) {
        self.waiting.forget(id);
    }

    /// Returns the acts that no known act has in its past, ascending.
    pub fn heads(&self) -> Vec<EntryId> {
        self.log.heads().iter().copied().collect()
    }

    /// Returns the verdict on an act among all known; none if it is unknown.
    pub fn verdict(&self, id: EntryId) -> Option<Verdict> {
        match self.log.place(id) {
            Some(at) => Some(self.evaluation().verdict(&self.log, at)),
            None => self.waiting.acts.contains_key(&id).then_some(Verdict::Waiting(Need::Past)),
        }
    }

    /// Tells why an act is void among all known; none if it is not.
    pub fn reason(&self, id: EntryId) -> Option<Reason> {
        let at = self.log.place(id)?;
        let evaluation = self.evaluation();
        let Verdict::Void(breach) = evaluation.verdict(&self.log, at) else { return None };
        if breach != Breach::Lost {
            return Some(Reason::Own(breach));
        }
        let all = Bits::all(self.log.len());
        Some(match contest::loss(&self.log, &all, &evaluation.lost, at) {
            Loss::Removed(by) => Reason::Removed(self.log.id(by)),
            Loss::Rests(on) => Reason::Rests(self.log.id(on)),
            Loss::Vetoed(by) => Reason::Vetoed(self.log.id(by)),
            Loss::Checkpoint(by) => Reason::Checkpoint(self.log.id(by)),
            Loss::Outranked(by) => Reason::Outranked(self.log.id(by)),
            Loss::Floor => Reason::Floor,
        })
    }

    /// Returns the verdicts on all known acts.
    pub fn verdicts(&self) -> Vec<(EntryId, Verdict)> {
        let evaluation = self.evaluation();
        let placed = (0..self.log.len()).map(|at| (self.log.id(at), evaluation.verdict(&self.log, at)));
        placed.chain(self.waiting.acts.keys().map(|&id| (id, Verdict::Waiting(Need::Past)))).collect()
    }

    /// Returns the state after all known acts.
    pub fn state(&self) -> &State {
        &self.evaluation().state
    }

    /// Returns the state after these acts and all before them; none if one of them is unknown. After no acts nobody may
    /// anything.
    pub fn state_at(&self, heads: &[EntryId]) -> Option<Arc<State>> {
        let mut key = heads.to_vec();
        key.sort_unstable();
        key.dedup();
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = states.find(&key) {
            return Some(state);
        }
        let set = self.log.closure(&key)?;
        let state = if set.len() == self.log.len() {
            Arc::clone(&self.evaluation().state)
        } else {
            evaluate(&self.log, &set).state
        };
        states.keep(key, Arc::clone(&state));
        Some(state)
    }

    /// Tells whether an act was right in its own past whose signatures were over this nonce.
    pub fn has_nonce(&self, nonce: &[u8; 16]) -> bool {
        self.log.has_nonce(nonce)
    }

    /// Tells whether an act that was right in its own past brought a device in, though others may have voided it since: what
    /// the device wrote is kept and sent on like all that has no effect, by who heard of either first.
    pub fn brought_in(&self, device: DeviceId) -> bool {
        (0..self.log.len()).any(|at| {
            let node = self.log.node(at);
            let brings = matches!(node.act.deed, Deed::Found(_) | Deed::Admission(_) | Deed::DeviceAdd(_));
            brings && node.judged.verdict == Verdict::Counted && judge::device_of(&self.log, at) == device
        })
    }

    /// Tells whether an act is in the past of another. False if one is unknown, or both are the same.
    pub fn in_past(&self, ancestor: EntryId, of: EntryId) -> bool {
        match (self.log.place(ancestor), self.log.place(of)) {
            (Some(ancestor), Some(of)) => self.log.node(of).past.has(ancestor),
            _ => false,
        }
    }

    /// Returns these acts and all before them, each after its past; none if one of them is unknown.
    pub fn closure(&self, heads: &[EntryId]) -> Option<Vec<EntryId>> {
        Some(self.log.closure(heads)?.iter().map(|at| self.log.id(at)).collect())
    }

    fn log(&self) -> &Log {
        &self.log
    }

    fn evaluation(&self) -> &Evaluation {
        self.current.get_or_init(|| evaluate(&self.log, &Bits::all(self.log.len())))
    }
}

/// Acts whose past is missing, each under one missing act.
#[derive(Debug, Default)]
struct Waiting {
    acts: BTreeMap<EntryId, (EntryId, Act)>,
    by_missing: BTreeMap<EntryId, BTreeSet<EntryId>>,
}

impl Waiting {
    fn add(&mut self, missing: EntryId, act: Act) {
        self.forget(act.id);
        self.by_missing.entry(missing).or_default().insert(act.id);
        self.acts.insert(act.id, (missing, act));
    }

    fn forget(&mut self, id: EntryId) {
        let Some((missing, _)) = self.acts.remove(&id) else { return };
        if let Some(others) = self.by_missing.get_mut(&missing) {
            others.remove(&id);
            if others.is_empty() {
                self.by_missing.remove(&missing);
            }
        }
    }

    /// Takes out the acts that waited for this one, though they may wait for more.
    fn take(&mut self, arrived: EntryId) -> Vec<Act> {
        let ids = self.by_missing.remove(&arrived).unwrap_or_default();
        ids.iter().filter_map(|id| self.acts.remove(id)).map(|(_, act)| act).collect()
    }
}

/// States by heads; the one not asked for longest goes first.
#[derive(Debug, Default)]
struct States {
    kept: BTreeMap<Vec<EntryId>, (u64, Arc<State>)>,
    asked: u64,
}

impl States {
    fn find(&mut self, heads: &[EntryId]) -> Option<Arc<State>> {
        self.asked += 1;
        let (asked, state) = self.kept.get_mut(heads)?;
        *asked = self.asked;
        Some(Arc::clone(state))
    }

    fn keep(&mut self, heads: Vec<EntryId>, state: Arc<State>) {
        if self.kept.len() >= STATES_MAX {
            let oldest = self.kept.iter().min_by_key(|(_, (asked, _))| *asked).map(|(heads, _)| heads.clone());
            oldest.and_then(|heads| self.kept.remove(&heads));
        }
        self.kept.insert(heads, (self.asked, state));
    }
}

#[cfg(test)]
mod tests;
