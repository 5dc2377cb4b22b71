//! A second evaluator of who governs, written from the text of the rule alone: slow, recursive, without a line of the
//! first.
//!
//! It knows nothing of entries: a [`Case`] is a bag of small acts, [`evaluate`] says what they amount to. Every
//! question is asked of a set of acts (bits of a number), every answer comes from smaller sets. Sections named below
//! are those of the rule: 1 malformed, 2 right in its own past, 3 who voids whom, 4 removal with a cut, 5 cycles, 6
//! quorum, 7 floor, 8 checkpoint, 9 recovery.
//!
//! # Where the text leaves a choice: what is taken here
//!
//! It was written from the text alone, and then given the choices that were settled between both evaluators, which the
//! documentation of `governance` states. The numbers are named below.
//!
//! Who voids whom
//!  1. *Authority edges and cycles.* A removal also attacks whatever rests on what it hits; nothing is decided valid while
//!     an undecided removal attacks it or what it rests on; components are those of this relation. (The text makes
//!     components of R-edges only: a junior's removal whose grant is under attack would be free, and win before its grant
//!     falls.)
//!  2. *Inside a cycle.* Highest rank valid, its targets void; what attacks the winner, or what the winner rests on, is
//!     void too. (Literally, the third of a circle of three would be free, valid, and aimed at the winner.)
//!  3. *Quorum.* Two signatures at least. In a cycle only those signatures count whose ground the cycle doesn't attack.
//!     (Literally, an animator who names puppets beats, with their quorum, the founder who removes him in the meantime;
//!     and whoever was once one of two who govern could back-date a removal that outranks the other.)
//!  4. *The author signs.*
//!  5. *Demotion* hits only acts that need more than the role left.
//!  6. *What a right rests on:* the author's admission, the act that brought the device, and for more than mere
//!     membership one of the grants that suffice and are not overruled by a lower one after them; alternatives, of which
//!     one is enough.
//!  7. *A void removal's cut* has no effect, neither in governance nor on content.
//!  8. *A later valid removal in the own past.* A removal that was void in E's past but is valid in the whole does not
//!     hit E (it is not concurrent). The state has the person removed, yet E stands.
//!  9. *A right that appears later.* An act without the right in its own past stays void even if the removal that took
//!     the right is void in the whole.
//! 10. *Seniority:* founder = wrote the founding entry or was admitted as founder; granted founders are not. Position
//!     = longest path from the founding entry to the admission. Equal: the older device of a person, then the smaller id.
//! 11. *Strength is no right to be safe.* Any animator may revoke or demote anybody, founders included, if not
//!     concurrent. Only a founder makes founders.
//!
//! People and roles
//! 12. *Removal beats what did not see it:* an admission or grant counts iff every valid removal of that person is in its
//!     past. A dropped device never comes back.
//! 13. *Concurrent grants* of several roles: the weakest counts.
//! 14. *Leave and resign* void nothing, and give up what was held, also against a concurrent grant. Nobody revokes
//!     themselves; leaving is possible.
//! 15. *A person without devices* stays a member with role but is no animator for floor and quorums.
//! 16. *Device rule:* the same person's younger device never drops an older one, animator or not, unless the recovery
//!     key signs; a device may drop itself; another person needs to be an animator.
//! 17. *Admission* is one act here, by who invited and seated.
//! 18. *Close* is the end of the community: a founder, or who governs alone; nothing after it is valid, what is
//!     concurrent stands.
//!
//! Floor
//! 19. *Whose view:* in an entry's own past it is tested; and in the whole: of acts that together leave none, the lowest
//!     rank is void whose absence brings an animator back. Voiding it can revive what it had voided: all is recomputed.
//! 20. *Not revived later:* it is decided block by block; what was void so without what comes after the block stays so.
//!
//! Checkpoints
//! 21. *Decided first.* A checkpoint is not voided by a concurrent removal of its signer; only by another checkpoint:
//!     more signers, then smaller id, strictly, each valid one voiding those concurrent with it.
//! 22. *Closed epoch:* verdicts in its past are those of its past alone, for good.
//! 23. *"Still holds the right after it":* in the state of the checkpoint together with E's own past. The right of the
//!     author only, not the fitness of the target. Edges out of the epoch stay.
//!
//! Recovery
//! 24. *When:* any time; the veto is the guard. Old animators keep their role. Counted: all who may write, animators too,
//!     `max(2, ceil(2n/3))`, the author included. The printed key below 3 of them, and only there.
//! 25. *Veto:* whoever had the right to it in its own past vetoes, whatever becomes of the veto. Who is animator only by
//!     that recovery can't. A veto from outside a closed epoch comes too late.
//! 26. *Confirm* needs a recovery that is vetoed in its own past; the recovery and what rested on it stay void, and the
//!     roles come from the confirm. No veto reaches a confirm.
//!
//! Content
//! 27. *Cut of a device:* the union over those valid removals of it or its person that no later valid one has in its
//!     past (demotions to a role that may not write are removals here).
//! 28. *In governance* the cut of a removal is its past: what it has not in its past is beyond it, whatever tips it names.
//!
//! P3 holds in this form: an act that has all others in its past changes no verdict below it, a vetoed recovery and what
//! rests on it excepted. In the strong form (concurrent with the void act alone is excluded) the rule contradicts it: E is
//! void by R; N, which saw E and not R, removes R's author; E is valid again.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

mod hand;
mod judge;
mod properties;
pub(super) mod random;

pub(super) type Id = [u8; 32];
/// Tips; what stands before one on its chain is within.
pub(super) type Cut = BTreeSet<Id>;
/// Acts by their place in ascending order of ids.
type Set = u64;

/// Devices of person `p` are `p * DEVICES` and on. Persons are numbered in the order of their ids.
pub(super) const DEVICES: u8 = 4;

/// Strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Role {
    Founder,
    Animator,
    Expert,
    Member,
    Observer,
    Relay,
}

/// Signers are persons; the author is one of them without being listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Deed {
    Found,
    Admit { device: u8, role: Role },
    Grant { person: u8, role: Role, cut: Cut },
    Resign,
    Leave,
    Revoke { person: u8, cut: Cut, signers: BTreeSet<u8> },
    DeviceAdd { device: u8 },
    DeviceDrop { device: u8, cut: Cut, recovery_key: bool },
    Checkpoint { signers: BTreeSet<u8> },
    Recover { animators: BTreeSet<u8>, signers: BTreeSet<u8>, printed_key: bool },
    Veto { of: Id },
    Confirm { of: Id, signers: BTreeSet<u8>, printed_key: bool },
    Close,
    Join,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Act {
    pub(super) id: Id,
    pub(super) device: u8,
    pub(super) incarnation: u8,
    /// The act before on the chain of this device and incarnation; the past is this and `deps`.
    pub(super) prev: Option<Id>,
    pub(super) deps: BTreeSet<Id>,
    pub(super) deed: Deed,
}

#[derive(Clone, Default, Debug)]
pub(super) struct Case {
    pub(super) acts: Vec<Act>,
}

/// What becomes of an act, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    Valid,
    /// Part of its past is missing.
    Pending,
    /// Its own past does not give the right.
    NoRight,
    /// Concurrent with a checkpoint after which its author has no right.
    LostAtCheckpoint,
    /// A concurrent checkpoint has more signers.
    OtherCheckpoint,
    /// A recovery that somebody vetoed.
    Vetoed,
    /// At the same time as a valid removal.
    Hit,
    /// What it rested on is void.
    Unsupported,
    /// Aimed at the winner of a cycle.
    Outranked,
    /// It would leave no animator.
    Floor,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Standing {
    pub(super) role: Role,
    /// Device and its rank.
    pub(super) devices: BTreeMap<u8, usize>,
    /// Not a founder, position of the admission, person: smaller is more senior.
    pub(super) seniority: (bool, usize, u8),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Verdicts {
    pub(super) fates: BTreeMap<Id, Fate>,
    pub(super) people: BTreeMap<u8, Standing>,
    /// Device to tips: of what is removed, content up to them still counts.
    pub(super) cuts: BTreeMap<u8, Cut>,
    pub(super) closed: bool,
}

/// What the acts amount to, in whatever order and however often they are listed.
pub(super) fn evaluate(case: &Case) -> Verdicts {
    let rule = Rule::new(case);
    let all = (0..rule.acts.len()).fold(0, |set, act| set | bit(act));
    let outcome = rule.outcome(all);
    let mut fates: BTreeMap<Id, Fate> = case.acts.iter().map(|act| (act.id, Fate::Pending)).collect();
    fates.extend(outcome.fates.iter().map(|(&act, &fate)| (rule.acts[act].id, fate)));
    let State { people, closed } = outcome.state.clone();
    Verdicts { fates, people, cuts: rule.cuts(outcome.valid()), closed }
}

fn bit(act: usize) -> Set {
    1 << act
}

fn members(set: Set) -> impl Iterator<Item = usize> {
    (0..64 - set.leading_zeros() as usize).filter(move |&act| set & bit(act) != 0)
}

/// An admission stands for three entries: invitation, admission, seat.
fn weight(deed: &Deed) -> usize {
    if matches!(deed, Deed::Admit { .. }) { 3 } else { 1 }
}

fn owner(device: u8) -> u8 {
    device / DEVICES
}

#[derive(Clone, Default)]
struct State {
    people: BTreeMap<u8, Standing>,
    closed: bool,
}

impl State {
    fn who(&self, strong_enough: impl Fn(&Standing) -> bool) -> BTreeSet<u8> {
        self.people.iter().filter(|(_, standing)| strong_enough(standing)).map(|(&person, _)| person).collect()
    }

    /// Choice 15: who has no device left can't govern.
    fn animators(&self) -> BTreeSet<u8> {
        self.who(|standing| standing.role <= Role::Animator && !standing.devices.is_empty())
    }

    fn has_role(&self, person: u8, weakest: Role) -> bool {
        self.people.get(&person).is_some_and(|standing| standing.role <= weakest)
    }
}

#[derive(Clone, Default)]
struct Outcome {
    fates: BTreeMap<usize, Fate>,
    state: State,
}

impl Outcome {
    fn valid(&self) -> Set {
        self.fates.iter().filter(|(_, fate)| **fate == Fate::Valid).fold(0, |set, (&act, _)| set | bit(act))
    }

    fn is(&self, act: usize, fate: Fate) -> bool {
        self.fates.get(&act) == Some(&fate)
    }
}

struct Rule {
    acts: Vec<Act>,
    past: Vec<Set>,
    depth: Vec<usize>,
    known: RefCell<BTreeMap<Set, Rc<Outcome>>>,
}

/// What holds whatever the verdicts: pasts, chains, who is named.
impl Rule {
    /// Section 1: drops what is malformed (a chain that changes hands) and what lacks part of its past.
    fn new(case: &Case) -> Rule {
        let by_id: BTreeMap<Id, &Act> = case.acts.iter().map(|act| (act.id, act)).collect();
        let mut sound: BTreeSet<Id> = by_id.keys().copied().collect();
        loop {
            let fits = |act: &Act| {
                let chained = act
                    .prev
                    .and_then(|prev| by_id.get(&prev))
                    .is_none_or(|prev| prev.device == act.device && prev.incarnation == act.incarnation);
                chained && act.prev.iter().chain(&act.deps).all(|parent| sound.contains(parent))
            };
            let next = sound.iter().copied().filter(|id| fits(by_id[id])).collect();
            if next == sound {
                break;
            }
            sound = next;
        }
        let acts: Vec<Act> = sound.iter().map(|id| by_id[id].clone()).collect();
        assert!(acts.len() <= 64, "a set is 64 bits");
        assert!(acts.iter().filter(|act| act.deed == Deed::Found).count() <= 1, "a case is of one community");
        let place: BTreeMap<Id, usize> = acts.iter().enumerate().map(|(at, act)| (act.id, at)).collect();
        let (mut past, mut depth) = (vec![0; acts.len()], vec![0; acts.len()]);
        for _ in 0..acts.len() {
            for (at, act) in acts.iter().enumerate() {
                for parent in act.prev.iter().chain(&act.deps).map(|id| place[id]) {
                    past[at] |= bit(parent) | past[parent];
                    depth[at] = depth[at].max(depth[parent] + weight(&act.deed));
                }
            }
        }
        Rule { acts, past, depth, known: RefCell::default() }
    }

    fn person(&self, act: usize) -> u8 {
        owner(self.acts[act].device)
    }

    fn before(&self, first: usize, then: usize) -> bool {
        self.past[then] & bit(first) != 0
    }

    fn concurrent(&self, one: usize, other: usize) -> bool {
        one != other && !self.before(one, other) && !self.before(other, one)
    }

    fn future(&self, act: usize, set: Set) -> Set {
        members(set).filter(|&later| self.before(act, later)).fold(0, |future, later| future | bit(later))
    }

    fn place(&self, id: &Id) -> Option<usize> {
        self.acts.iter().position(|act| act.id == *id)
    }

    /// The role that an act gives a person; resigning gives oneself the role of a member.
    fn gives(&self, act: usize, person: u8) -> Option<Role> {
        match &self.acts[act].deed {
            Deed::Found if self.person(act) == person => Some(Role::Founder),
            Deed::Admit { device, role } if owner(*device) == person => Some(*role),
            Deed::Grant { person: to, role, .. } if *to == person => Some(*role),
            Deed::Resign if self.person(act) == person => Some(Role::Member),
            Deed::Recover { animators, .. } if animators.contains(&person) => Some(Role::Animator),
            Deed::Confirm { of, .. } => self.gives(self.place(of)?, person),
            _ => None,
        }
    }

    fn admits(&self, act: usize) -> Option<u8> {
        match self.acts[act].deed {
            Deed::Found => Some(self.person(act)),
            Deed::Admit { device, .. } => Some(owner(device)),
            _ => None,
        }
    }

    fn brings(&self, act: usize) -> Option<u8> {
        match self.acts[act].deed {
            Deed::Found => Some(self.acts[act].device),
            Deed::Admit { device, .. } | Deed::DeviceAdd { device } => Some(device),
            _ => None,
        }
    }

    fn removes(&self, act: usize, person: u8) -> bool {
        match &self.acts[act].deed {
            Deed::Revoke { person: gone, .. } => *gone == person,
            Deed::Leave => self.person(act) == person,
            _ => false,
        }
    }

    fn drops(&self, act: usize, gone: u8) -> bool {
        matches!(self.acts[act].deed, Deed::DeviceDrop { device, .. } if device == gone)
    }

    /// The weakest role that may do this (the table of roles); `Relay` means whoever is in.
    fn needed(&self, act: usize) -> Role {
        match self.acts[act].deed {
            Deed::Admit { role: Role::Founder, .. } | Deed::Grant { role: Role::Founder, .. } => Role::Founder,
            Deed::DeviceDrop { device, .. } if owner(device) == self.person(act) => Role::Relay,
            Deed::Admit { .. } | Deed::Grant { .. } | Deed::Revoke { .. } | Deed::DeviceDrop { .. } => Role::Animator,
            Deed::Checkpoint { .. } | Deed::Veto { .. } | Deed::Close => Role::Animator,
            Deed::Resign => Role::Expert,
            Deed::Recover { .. } | Deed::Confirm { .. } => Role::Member,
            Deed::Join => Role::Observer,
            Deed::Found | Deed::Leave | Deed::DeviceAdd { .. } => Role::Relay,
        }
    }

    /// A grant is a demotion if it gives less than the person had in its own past.
    fn demotes(&self, act: usize) -> bool {
        let Deed::Grant { person, role, .. } = self.acts[act].deed else { return false };
        let past = self.outcome(self.past[act]);
        past.state.people.get(&person).is_some_and(|standing| standing.role < role)
    }

    /// Acts that can leave a community without animators.
    fn takes_away(&self, act: usize) -> bool {
        use Deed::{DeviceDrop, Grant, Leave, Resign, Revoke};
        matches!(self.acts[act].deed, Grant { .. } | Resign | Leave | Revoke { .. } | DeviceDrop { .. })
    }
}

/// States of sets, and the rights they give.
impl Rule {
    fn outcome(&self, set: Set) -> Rc<Outcome> {
        if let Some(outcome) = self.known.borrow().get(&set) {
            return outcome.clone();
        }
        let outcome = Rc::new(self.judge(set));
        self.known.borrow_mut().insert(set, outcome.clone());
        outcome
    }

    /// Choice 12: what gives a person something counts if it saw all valid removals of that person.
    fn in_force(&self, valid: Set, giving: usize, person: u8) -> bool {
        members(valid).filter(|&act| self.removes(act, person)).all(|removal| self.before(removal, giving))
    }

    fn admissions(&self, valid: Set, person: u8) -> Vec<usize> {
        let admits = |&act: &usize| self.admits(act) == Some(person) && self.in_force(valid, act, person);
        members(valid).filter(admits).collect()
    }

    fn device_givers(&self, valid: Set, device: u8) -> Vec<usize> {
        if members(valid).any(|act| self.drops(act, device)) {
            return Vec::new();
        }
        let brings = |&act: &usize| self.brings(act) == Some(device) && self.in_force(valid, act, owner(device));
        members(valid).filter(brings).collect()
    }

    fn role_givers(&self, valid: Set, person: u8) -> Vec<(usize, Role)> {
        let gives = |act| Some((act, self.gives(act, person)?)).filter(|_| self.in_force(valid, act, person));
        members(valid).filter_map(gives).collect()
    }

    /// Adds up valid acts: who is in, with what role (choice 13: the weakest of the last ones) and devices.
    fn fold(&self, valid: Set) -> State {
        let closed = members(valid).any(|act| self.acts[act].deed == Deed::Close);
        let mut state = State { people: BTreeMap::new(), closed };
        for person in members(valid).filter_map(|act| self.admits(act)) {
            let givers = self.role_givers(valid, person);
            let last = |act| !givers.iter().any(|&(later, _)| self.before(act, later));
            let role = givers.iter().filter(|&&(act, _)| last(act)).map(|&(_, role)| role).max();
            let founder = |act| self.gives(act, person) == Some(Role::Founder);
            let seniority = |act| (!founder(act), self.depth[act], person);
            let seniority = self.admissions(valid, person).into_iter().map(seniority).min();
            let rank = |device| self.device_givers(valid, device).into_iter().map(|act| self.depth[act]).min();
            let devices = person * DEVICES..(person + 1) * DEVICES;
            let devices = devices.filter_map(|device| Some((device, rank(device)?))).collect();
            if let (Some(role), Some(seniority)) = (role, seniority) {
                state.people.insert(person, Standing { role, devices, seniority });
            }
        }
        state
    }

    /// Whether the author of an act, on this device, has the role for it.
    fn may(&self, state: &State, act: usize) -> bool {
        let author = state.people.get(&self.person(act));
        let role = |author: &Standing| author.role <= self.needed(act);
        !state.closed && author.is_some_and(|it| role(it) && it.devices.contains_key(&self.acts[act].device))
    }

    /// Whether the target of an act, its signers and so on are as they must be.
    fn fits(&self, past: &Outcome, act: usize) -> bool {
        let (state, author, device) = (&past.state, self.person(act), self.acts[act].device);
        let is_in = |person: &u8| state.people.contains_key(person);
        match &self.acts[act].deed {
            Deed::Found => false,
            Deed::Admit { device, .. } => !is_in(&owner(*device)),
            Deed::Grant { person, .. } | Deed::Revoke { person, .. } => *person != author && is_in(person),
            Deed::DeviceAdd { device: new } => {
                let dropped = members(past.valid()).any(|act| self.drops(act, *new));
                owner(*new) == author && !state.people[&author].devices.contains_key(new) && !dropped
            }
            // Choice 16, and the special case of the stolen device.
            Deed::DeviceDrop { device: gone, recovery_key, .. } => {
                let devices = state.people.get(&owner(*gone)).map(|standing| &standing.devices);
                let Some((devices, rank)) = devices.and_then(|devices| Some((devices, devices.get(gone)?))) else {
                    return false;
                };
                let older = || (devices[&device], device) <= (*rank, *gone);
                owner(*gone) != author || *recovery_key || older()
            }
            Deed::Checkpoint { .. } => 2 * self.signers(act).len() > state.animators().len(),
            Deed::Recover { animators, printed_key, .. } => {
                let can_rise = |person| state.has_role(person, Role::Member) && !state.has_role(person, Role::Animator);
                !animators.is_empty() && animators.iter().all(|&it| can_rise(it)) && self.two_thirds(act, *printed_key)
            }
            Deed::Veto { of } => self.place(of).is_some_and(|of| {
                let recovery = matches!(self.acts[of].deed, Deed::Recover { .. });
                recovery && self.before(of, act) && !past.is(of, Fate::NoRight) && !self.rests_on(act, of)
            }),
            Deed::Confirm { of, printed_key, .. } => self.place(of).is_some_and(|of| {
                let vetoed = self.vetoed(past, of);
                vetoed && self.two_thirds(act, *printed_key)
            }),
            Deed::Close => state.has_role(author, Role::Founder) || state.animators().len() < 2,
            Deed::Resign | Deed::Leave | Deed::Join => true,
        }
    }

    /// Choice 25: whoever could veto a recovery did.
    fn vetoed(&self, outcome: &Outcome, of: usize) -> bool {
        outcome.is(of, Fate::Vetoed)
    }

    /// Those who signed an act, the author too, and whose signature counts in its own past.
    fn signers(&self, act: usize) -> BTreeSet<u8> {
        let state = &self.outcome(self.past[act]).state;
        let (listed, counted) = match &self.acts[act].deed {
            Deed::Revoke { signers, person, .. } => (signers, &state.animators() - &BTreeSet::from([*person])),
            Deed::Checkpoint { signers } => (signers, state.animators()),
            Deed::Recover { signers, .. } | Deed::Confirm { signers, .. } => {
                (signers, state.who(|standing| standing.role <= Role::Member && !standing.devices.is_empty()))
            }
            _ => return BTreeSet::new(),
        };
        &(listed | &BTreeSet::from([self.person(act)])) & &counted
    }

    /// Section 9: two thirds, and at least two, of those who may write; below three of them the printed key.
    fn two_thirds(&self, act: usize, printed_key: bool) -> bool {
        let writers = self.outcome(self.past[act]).state.who(|standing| standing.role <= Role::Member).len();
        match writers {
            0..3 => printed_key,
            _ => self.signers(act).len() >= (2 * writers).div_ceil(3).max(2),
        }
    }

    /// Section 6: signed by more than half of the animators other than the one removed, and by two at least. Of the
    /// signers those count that `counts` lets.
    fn quorum(&self, act: usize, counts: impl Fn(u8) -> bool) -> bool {
        let Deed::Revoke { person, .. } = self.acts[act].deed else { return false };
        let others = &self.outcome(self.past[act]).state.animators() - &BTreeSet::from([person]);
        let signers = self.signers(act).into_iter().filter(|&signer| counts(signer)).count();
        signers >= 2 && 2 * signers > others.len()
    }

    /// Quorum, then seniority of the author in the act's own past, then the older device, then id: smaller is stronger.
    fn rank(&self, act: usize, counts: impl Fn(u8) -> bool) -> (bool, (bool, usize, u8), usize, Id) {
        let past = self.outcome(self.past[act]);
        let author = past.state.people.get(&self.person(act));
        let seniority = author.map_or((true, usize::MAX, u8::MAX), |standing| standing.seniority);
        let device = author.and_then(|standing| standing.devices.get(&self.acts[act].device).copied());
        (!self.quorum(act, counts), seniority, device.unwrap_or(usize::MAX), self.acts[act].id)
    }

    /// What the right of an act rests on: one of each group must be valid (choice 6).
    fn supports(&self, act: usize) -> Vec<Vec<usize>> {
        if self.acts[act].deed == Deed::Found {
            return Vec::new();
        }
        let valid = self.outcome(self.past[act]).valid();
        let mut groups = self.grounds(valid, self.person(act), self.needed(act));
        groups.push(self.device_givers(valid, self.acts[act].device));
        groups
    }

    /// What it rests on that a person is in, and may do what needs such a role.
    fn grounds(&self, valid: Set, person: u8, needed: Role) -> Vec<Vec<usize>> {
        let givers = self.role_givers(valid, person);
        let overruled = |act| givers.iter().any(|&(later, role)| role > needed && self.before(act, later));
        let enough = givers.iter().filter(|&&(act, role)| role <= needed && !overruled(act));
        vec![self.admissions(valid, person), enough.map(|&(act, _)| act).collect()]
    }

    fn rests_on(&self, act: usize, ground: usize) -> bool {
        let leans = |&support: &usize| support == ground || self.rests_on(support, ground);
        self.before(ground, act) && self.supports(act).iter().any(|group| group.iter().all(leans))
    }
}
