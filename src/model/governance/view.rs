//! Who stands how in one set of acts that holds the past of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::act::{Deed, Invite, Rotate, Settings};
use super::bits::Bits;
use super::contest;
use super::judge::device_of;
use super::log::{At, Index, Log};
use super::mutant::{Mutant, is_planted};
use super::role::Role;
use crate::model::id::{DeviceId, DocumentId, EntryId, MemberId, SpaceId};
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

    /// Takes what is void as given.
    pub(super) fn with(log: &'a Log, set: &'a Bits, lost: Bits) -> View<'a> {
        View { log, set, lost }
    }

    /// Returns the candidates that are void.
    pub(super) fn into_lost(self) -> Bits {
        self.lost
    }

    /// Tells whether an act is of the set.
    pub(super) fn has(&self, at: At) -> bool {
        self.set.has(at)
    }

    /// Tells whether the act is a candidate and nothing voids it. Its author may wait all the same.
    pub(super) fn live(&self, at: At) -> bool {
        self.set.has(at) && self.log.node(at).judged.verdict == Verdict::Counted && !self.lost.has(at)
    }

    /// Lists the rotations of the set that were right in their own past and fell.
    pub(super) fn fallen_rotations(&self) -> impl Iterator<Item = (At, &'a Arc<Rotate>)> + '_ {
        let fell = |at: &At| self.log.node(*at).judged.verdict == Verdict::Counted && self.lost.has(*at);
        self.set.iter().filter(fell).filter_map(|at| match &self.log.node(at).act.deed {
            Deed::Rotate(rotate) => Some((at, rotate)),
            _ => None,
        })
    }

    /// Returns the invitation at this place, if it is one and live.
    pub(super) fn invitation(&self, at: At) -> Option<&'a Invite> {
        match &self.log.node(at).act.deed {
            Deed::Invite(invite) if self.live(at) => Some(invite),
            _ => None,
        }
    }

    /// Returns those of these candidates that are live.
    fn alive<'b>(&'b self, acts: &'b [At]) -> impl Iterator<Item = At> + 'b {
        acts.iter().copied().filter(|&at| self.live(at))
    }

    /// Returns the live entrance by which a device is in, and how: the firmest, then the smallest id. None for who left
    /// or was removed, and for devices that were dropped.
    pub(super) fn person(&self, device: DeviceId) -> Option<(At, Standing)> {
        if self.is_dropped(device) {
            return None;
        }
        let index = &self.log.index;
        let added =
            self.alive(Index::of(&index.additions, &device)).filter_map(|at| match &self.log.node(at).act.deed {
                Deed::DeviceAdd(add) => self.log.entrance(add.member),
                _ => None,
            });
        self.alive(Index::of(&index.entrances, &device))
            .chain(added)
            .filter(|&at| self.live(at) && !self.has_ended(at))
            .map(|at| (at, self.standing(at)))
            .min_by_key(|&(at, standing)| (standing, self.log.id(at)))
    }

    /// Tells whether a device was dropped: it never comes back.
    pub(super) fn is_dropped(&self, device: DeviceId) -> bool {
        self.alive(Index::of(&self.log.index.drops, &device)).next().is_some()
    }

    /// Returns the act that dropped a device: of several the smallest.
    pub(super) fn dropped_by(&self, device: DeviceId) -> Option<EntryId> {
        self.alive(Index::of(&self.log.index.drops, &device)).map(|at| self.log.id(at)).min()
    }

    /// Returns the live acts that brought a person's devices in: the entrance first.
    pub(super) fn devices(&self, person: At) -> Vec<At> {
        let mut added: Vec<At> = self.alive(Index::of(&self.log.index.devices, &person)).collect();
        added.sort_by_key(|&at| (self.log.node(at).depth, self.log.id(at)));
        std::iter::once(person).chain(added).collect()
    }

    /// Tells whether a person left or was removed.
    pub(super) fn has_ended(&self, person: At) -> bool {
        self.alive(Index::of(&self.log.index.ends, &person)).next().is_some()
    }

    /// Returns the live acts by which a person left or was removed, by id.
    pub(super) fn ends(&self, person: At) -> Vec<At> {
        let mut ends: Vec<At> = self.alive(Index::of(&self.log.index.ends, &person)).collect();
        ends.sort_by_key(|&at| self.log.id(at));
        ends
    }

    /// Returns the topics of an expert: of several that were given at the same time all.
    pub(super) fn topics(&self, person: At) -> BTreeSet<DocumentId> {
        let role = self.role(person);
        let latest = self.latest_changes(person);
        let topics = latest.into_iter().filter_map(|at| match &self.log.node(at).act.deed {
            Deed::Grant { role: given, topics, .. } if *given == role => Some(topics),
            _ => None,
        });
        topics.flatten().copied().collect()
    }

    /// Returns the live acts that gave a person a role since they came in.
    pub(super) fn changes(&self, person: At) -> Vec<(At, Role)> {
        let live = self.alive(Index::of(&self.log.index.changes, &person));
        live.filter_map(|at| Some((at, given_role(self.log, at)?))).collect()
    }

    /// Tells whether a recovery was vetoed.
    pub(super) fn is_vetoed(&self, recover: At) -> bool {
        contest::vetoed(self.log, self.set).contains(&recover)
    }

    /// Returns the live acts that a person's role rests on: those that no later one replaced. None where it is still that
    /// of the entrance.
    pub(super) fn latest_changes(&self, person: At) -> Vec<At> {
        let live: Vec<At> = self.alive(Index::of(&self.log.index.changes, &person)).collect();
        let replaced = |at: At| live.iter().any(|&other| self.log.node(other).past.has(at));
        live.iter().copied().filter(|&at| !replaced(at)).collect()
    }

    /// Returns the role of a person: of several that were given at the same time the lowest.
    pub(super) fn role(&self, person: At) -> Role {
        let given = self.latest_changes(person).into_iter().filter_map(|at| given_role(self.log, at));
        if is_planted(Mutant::HighestRole) {
            return given.min().unwrap_or_else(|| self.log.entrance_role(person));
        }
        given.max().unwrap_or_else(|| self.log.entrance_role(person))
    }

    /// Tells whether a person governs: is in, with a seat, the role and a device.
    pub(super) fn governs(&self, person: At) -> bool {
        let inside = self.live(person) && !self.has_ended(person);
        let device = || self.devices(person).into_iter().any(|by| !self.is_dropped(device_of(self.log, by)));
        inside && self.role(person).governs() && self.standing(person) == Standing::Seated && device()
    }

    /// Returns those who govern.
    pub(super) fn governors(&self) -> Vec<At> {
        self.log.index.governors.iter().copied().filter(|&at| self.governs(at)).collect()
    }

    pub(super) fn has_governor(&self) -> bool {
        self.log.index.governors.iter().any(|&at| self.governs(at))
    }

    /// Returns those who write and have a seat.
    pub(super) fn writers(&self) -> Vec<At> {
        let entrances = self.log.index.entrances.values().flatten();
        let writes = |at: &At| {
            self.live(*at) && !self.has_ended(*at) && self.role(*at).writes() && self.standing(*at) == Standing::Seated
        };
        entrances.copied().filter(writes).collect()
    }

    /// Tells whether the community has ended.
    pub(super) fn is_over(&self) -> bool {
        self.alive(&self.log.index.finals).next().is_some()
    }

    /// Returns the settings: of the latest rules the most careful value of each.
    pub(super) fn settings(&self) -> Settings {
        let live: Vec<At> = self.alive(&self.log.index.rules).collect();
        let replaced = |at: At| live.iter().any(|&other| self.log.node(other).past.has(at));
        let rules = live.iter().filter(|&&at| !replaced(at)).filter_map(|&at| match self.log.node(at).act.deed {
            Deed::Rule(settings) => Some(settings),
            _ => None,
        });
        let careful = |one: Settings, other: Settings| Settings {
            inviters: one.inviters.min(other.inviters),
            validations: one.validations.max(other.validations),
        };
        rules.reduce(careful).unwrap_or_default()
    }

    /// Tells whether a role may invite to another.
    pub(super) fn invites(&self, role: Role, to: Role) -> bool {
        role.invites(to) || to > Role::Animator && role <= self.settings().inviters
    }

    /// Tells whether who made an invitation is still in, and may invite to its role.
    pub(super) fn vouches(&self, invitation: At) -> bool {
        let author = self.author(invitation);
        let Deed::Invite(invite) = &self.log.node(invitation).act.deed else { return false };
        !self.has_ended(author) && self.invites(self.role(author), invite.role)
    }

    /// Returns the act that created a circle: of several that chose the same id the smallest.
    pub(super) fn circle(&self, space: SpaceId) -> Option<At> {
        let creates = |&at: &At| matches!(self.log.node(at).act.deed, Deed::CircleCreate(_));
        let live = self.alive(Index::of(&self.log.index.circles, &space)).filter(creates);
        live.min_by_key(|&at| self.log.id(at))
    }

    /// Returns the acts by which a member is in a circle: those that every removal from it has in its past.
    pub(super) fn circle_seats(&self, space: SpaceId, member: MemberId) -> Vec<At> {
        let Some(create) = self.circle(space) else { return Vec::new() };
        let mut adds = Vec::new();
        let mut removes = Vec::new();
        for at in self.alive(Index::of(&self.log.index.circles, &space)) {
            match &self.log.node(at).act.deed {
                Deed::CircleCreate(create_deed) if at == create && create_deed.members.contains(&member) => {
                    adds.push(at)
                }
                Deed::CircleAdd(add) if add.member == member => adds.push(at),
                Deed::CircleRemove { member: removed, .. } if *removed == member => removes.push(at),
                _ => {}
            }
        }
        adds.retain(|&add| removes.iter().all(|&remove| self.log.node(add).past.has(remove)));
        adds
    }

    /// Returns how the person of this live entrance stands. What rests on an invitation rests on who made it.
    pub(super) fn standing(&self, entrance: At) -> Standing {
        let mut at = entrance;
        while let Deed::Admission(admission) = &self.log.node(at).act.deed {
            if self.is_seated(at) {
                break;
            }
            let invitation = self.log.place(admission.invitation).expect("an admission has its invitation in its past");
            if !self.vouches(invitation) || !self.provisional(invitation).contains(&at) {
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
        self.alive(Index::of(&self.log.index.seats, &admission)).next().is_some()
    }

    pub(super) fn is_closed(&self, invitation: At) -> bool {
        self.alive(Index::of(&self.log.index.closes, &invitation)).next().is_some()
    }

    fn admissions(&self, invitation: At) -> impl Iterator<Item = At> + '_ {
        let all = self.log.index.admissions.get(&invitation).into_iter().flatten();
        all.copied().filter(|&at| self.live(at))
    }

    /// Returns the live acts that give an admission its seat.
    pub(super) fn seats_of(&self, admission: At) -> Vec<At> {
        self.alive(Index::of(&self.log.index.seats, &admission)).collect()
    }

    /// Returns the live admissions of an invitation that have a seat.
    pub(super) fn seated(&self, invitation: At) -> impl Iterator<Item = At> + '_ {
        self.admissions(invitation).filter(|&at| self.is_seated(at))
    }

    /// Returns the live admissions without a seat that could still count: in time, and in the past of each close.
    pub(super) fn eligible(&self, invitation: At) -> Vec<At> {
        let Some(invite) = self.invitation(invitation).filter(|invite| !invite.confirm) else { return Vec::new() };
        let closes: Vec<At> = self.alive(Index::of(&self.log.index.closes, &invitation)).collect();
        self.admissions(invitation)
            .filter(|&at| !self.is_seated(at))
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
        let vouched = || self.vouches(invitation) && self.standing(self.author(invitation)) != Standing::Pending;
        if !counting.is_empty() && !vouched() {
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
                    let vouched =
                        inviter.is_some_and(|inviter| inviter != Standing::Pending) && self.vouches(invitation);
                    let counts = vouched && chosen.contains(&at);
                    if counts { Standing::Provisional } else { Standing::Pending }
                }
                _ => continue,
            };
            standings.insert(at, standing);
        }
        standings
    }
}

/// Returns the role that an act gives to whom it is about.
pub(super) fn given_role(log: &Log, at: At) -> Option<Role> {
    match &log.node(at).act.deed {
        Deed::Grant { role, .. } | Deed::Resign { role } => Some(*role),
        Deed::Recover { .. } | Deed::Confirm { .. } => Some(Role::Animator),
        _ => None,
    }
}
