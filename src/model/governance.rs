//! Governance: who is in, by which role, with which keys: a pure function of a set of acts.
//!
//! ```text
//! Entry + GovernanceShape -> Act --insert--> Log         each act after its past; the others wait
//!                                             | judge     step 1: right in its own past? Never changes again
//!                                             v
//!                     a set of acts -> View   | contest   step 2: who voids whom, for this set (nobody, today)
//!                                             v
//!                                   Evaluation            step 3: standings, the state, the verdicts
//! ```
//!
//! The set is all that is known ([`Governance::state`]) or what some heads have in their past
//! ([`Governance::state_at`]): data entries are judged by the latter. Nothing here knows a clock; expiry compares claimed
//! times. How somebody stands who has no seat yet is said at `Seat` in `proto/entry.proto`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::model::id::{CommunityId, EntryId};
use crate::model::verdict::{Need, Verdict};

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
pub use removal::{Quarantine, Removal};
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
