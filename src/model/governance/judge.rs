//! The first step of evaluation: is the act right in its own past?
//!
//! Only the acts in its past are looked at, so that the answer never changes, whatever else arrives.

use std::collections::{BTreeMap, BTreeSet};

use super::act::{Act, Admission, Deed, DeviceAdd};
use super::bits::Bits;
use super::log::{At, Index, Log, Node};
use super::mutant::{Mutant, is_planted};
use super::role::Role;
use super::view::{Standing, View};
use crate::model::id::{DeviceId, EntryId, MemberId, SpaceId};
use crate::model::sign::AdmissionProof;
use crate::model::verdict::{Breach, Mask, Verdict};

/// What an act is in its own past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    /// `Counted` makes it a candidate.
    pub(super) verdict: Verdict,
    /// Entrance of the author; an entrance is its own.
    pub(super) person: Option<At>,
    /// The author had a seat.
    pub(super) seated: bool,
    /// What the author's right rests on: of each group one act has to stand.
    pub(super) rests: Vec<Vec<At>>,
    /// Of each of those who govern and signed (in a removal: but for its target), what that right rests on.
    pub(super) signers: Vec<Vec<Vec<At>>>,
    /// How many govern; in a removal, beside its target. None where signatures give no rank.
    pub(super) others: Option<usize>,
    /// The weakest role that may do it.
    pub(super) needed: Role,
    /// Age of the author's device.
    pub(super) device_rank: u64,
}

const RIGHT: Verdict = Verdict::Void(Breach::Right);

impl Judged {
    fn nobody(verdict: Verdict) -> Judged {
        Judged {
            verdict,
            person: None,
            seated: false,
            rests: Vec::new(),
            signers: Vec::new(),
            others: None,
            needed: Role::Relay,
            device_rank: 0,
        }
    }

    /// Tells whether so many signatures make a removal that of a quorum: more than half of the others who govern, and two
    /// at least.
    pub(super) fn is_quorum(&self, signed: usize) -> bool {
        let least = if is_planted(Mutant::QuorumOfOne) { 1 } else { 2 };
        self.others.is_some_and(|others| signed >= least && 2 * signed > others)
    }

    fn entrance(at: At, seated: bool, rests: Vec<Vec<At>>) -> Judged {
        Judged { person: Some(at), seated, rests, ..Judged::nobody(Verdict::Counted) }
    }
}

/// Judges an act that is about to be appended to the log. `lost` are the candidates of its past that are void there.
pub(super) fn judge(log: &Log, act: &Act, past: &Bits, lost: &Bits) -> Judged {
    let place = log.len() == 0 && act.past.is_empty() || log.len() > 0 && !act.past.is_empty();
    let chained = act.prev.and_then(|prev| log.place(prev)).is_none_or(|at| log.node(at).act.device == act.device);
    if !place || !chained {
        return Judged::nobody(Verdict::Void(Breach::Place));
    }
    match &act.deed {
        Deed::Malformed => return Judged::nobody(Verdict::Void(Breach::Shape)),
        Deed::Found(_) if log.len() == 0 => return Judged::entrance(0, true, Vec::new()),
        Deed::Found(_) => return Judged::nobody(Verdict::Void(Breach::Place)),
        _ => {}
    }
    let lost = if is_planted(Mutant::VoidInPastCounts) { Bits::default() } else { lost.clone() };
    let view = View::with(log, past, lost);
    let used =
        |signed: &super::act::Cosigned| Index::of(&log.index.nonces, &signed.nonce).iter().any(|&at| past.has(at));
    if view.is_over() || act.cosigned.as_ref().is_some_and(used) {
        return Judged::nobody(RIGHT);
    }
    match &act.deed {
        Deed::Admission(admission) => match admits(&view, log, act, admission) {
            Some(invitation) => Judged::entrance(log.len(), false, vec![vec![invitation]]),
            None => Judged::nobody(RIGHT),
        },
        Deed::DeviceAdd(add) if add.device == act.device => comes(&view, log, act, add),
        _ => does(&view, log, act),
    }
}

/// Tells whether an admission shows that its device holds the secret of an invitation in its past.
fn admits(view: &View<'_>, log: &Log, act: &Act, admission: &Admission) -> Option<At> {
    let at = log.place(admission.invitation)?;
    let invite = view.invitation(at)?;
    let newcomer = view.person(act.device).is_none_or(|(_, standing)| standing == Standing::Pending);
    let proof = AdmissionProof {
        community: log.community,
        invitation: admission.invitation,
        device: act.device,
        agreement: admission.agreement,
    };
    let right = newcomer && !view.is_dropped(act.device) && proof.verify(invite.signing, &admission.signature);
    right.then_some(at)
}

/// Judges a device that adds itself, by the signature of another key of the person.
fn comes(view: &View<'_>, log: &Log, act: &Act, add: &DeviceAdd) -> Judged {
    let Some(person) = log.entrance(add.member).filter(|&at| view.live(at) && !view.has_ended(at)) else {
        return Judged::nobody(RIGHT);
    };
    let new = view.person(act.device).is_none() && !view.is_dropped(act.device);
    let recovered = recovery(log, person) == Some(add.signer);
    let vouched = view.person(add.signer).is_some_and(|(other, _)| other == person);
    if !new || !recovered && !vouched {
        return Judged::nobody(RIGHT);
    }
    let mut rests = vec![vec![person]];
    if !recovered {
        rests.extend(device_group(view, log, person, add.signer));
    }
    let device_rank = if recovered { 0 } else { u64::MAX };
    Judged { device_rank, ..Judged::entrance(person, view.standing(person) == Standing::Seated, rests) }
}

/// Judges what somebody does who is in.
fn does(view: &View<'_>, log: &Log, act: &Act) -> Judged {
    let Some((person, standing)) = view.person(act.device) else { return Judged::nobody(RIGHT) };
    let mut judged = Judged { person: Some(person), ..Judged::nobody(RIGHT) };
    if standing == Standing::Pending {
        return Judged { verdict: Verdict::Masked(Mask::Pending), ..judged };
    }
    judged.seated = standing == Standing::Seated;
    let author = Author { view, log, act, person, seated: judged.seated, role: view.role(person) };
    let signers = author.signers();
    if !author.may() || !author.fits(&signers) || author.empties() {
        return judged;
    }
    judged.verdict = Verdict::Counted;
    judged.needed = author.needed();
    let target = author.removed();
    if target.is_some() {
        judged.others = Some(view.governors().into_iter().filter(|&at| Some(at) != target).count());
    }
    let signed = signers.into_iter().filter(|&at| Some(at) != target);
    let came_with = |at: At| log.node(at).act.device;
    judged.signers = signed.map(|at| ground(view, log, at, came_with(at), Role::Animator)).collect();
    judged.device_rank = rank_of(view, log, person, act.device).unwrap_or(u64::MAX);
    judged.rests = author.rests(judged.needed);
    judged
}

/// Tells whether the author of an act still has the right to it here.
pub(super) fn still_right(view: &View<'_>, log: &Log, at: At) -> bool {
    let Node { act, judged, .. } = log.node(at);
    if matches!(act.deed, Deed::Admission(_)) {
        return true;
    }
    let comes = matches!(&act.deed, Deed::DeviceAdd(add) if add.device == act.device);
    let device = match &act.deed {
        Deed::DeviceAdd(add) if comes => add.signer,
        _ => act.device,
    };
    let recovered = comes && judged.device_rank == 0;
    let person = match view.person(device) {
        Some((person, _)) => person,
        None if recovered => judged.person.expect("a candidate has an author"),
        None => return false,
    };
    if Some(person) != judged.person || view.has_ended(person) || view.is_over() {
        return false;
    }
    let seated = view.standing(person) == Standing::Seated;
    let author = Author { view, log, act, person, seated, role: view.role(person) };
    comes || author.may()
}

/// Somebody who is in, and an act of theirs.
struct Author<'a> {
    view: &'a View<'a>,
    log: &'a Log,
    act: &'a Act,
    person: At,
    seated: bool,
    role: Role,
}

impl Author<'_> {
    fn governs(&self) -> bool {
        self.seated && self.role.governs()
    }

    /// Returns those who govern and signed.
    fn signers(&self) -> BTreeSet<At> {
        let keys = self.act.cosigned.iter().flat_map(|signed| &signed.keys);
        let others = keys.filter_map(|&key| self.view.person(key)).map(|(person, _)| person);
        std::iter::once(self.person).chain(others).filter(|&person| self.view.governs(person)).collect()
    }

    /// Tells whether the author has the right to do such a thing, whomever it concerns.
    fn may(&self) -> bool {
        let view = self.view;
        match &self.act.deed {
            Deed::Join | Deed::Unknown => self.role != Role::Relay,
            Deed::Leave | Deed::DeviceAdd(_) => true,
            Deed::Invite(invite) => view.invites(self.role, invite.role),
            Deed::Close { invitation } => self.governs() || self.made(*invitation),
            Deed::Seat { .. } | Deed::Admit(_) | Deed::Dismiss { .. } | Deed::Rule(_) | Deed::Veto { .. } => {
                self.governs()
            }
            Deed::Grant { role: Role::Founder, .. } => self.governs() && self.role == Role::Founder,
            Deed::Grant { .. } | Deed::Revoke { .. } => self.governs(),
            Deed::Resign { role } => *role > self.role,
            Deed::DeviceDrop { member, device, .. } if self.is_own(*member) => self.drops(*device),
            Deed::DeviceDrop { .. } => self.governs(),
            Deed::Rotate(rotate) => self.holds(rotate.space),
            Deed::CircleCreate(_) => self.role.writes(),
            Deed::CircleAdd(add) => self.holds(add.space),
            Deed::CircleRemove { space, member, .. } => self.shuts(*space, *member),
            Deed::OwedCut { cut, .. } => cut.spaces.iter().all(|&space| self.holds(space) || self.publishes(space)),
            Deed::Checkpoint | Deed::End => self.governs(),
            Deed::Recover { .. } | Deed::Confirm { .. } => self.seated && self.role.writes(),
            Deed::Resolve(resolve) => {
                let own = view.person(resolve.device).is_some_and(|(person, _)| person == self.person);
                self.governs() || own && self.role.writes()
            }
            Deed::Found(_) | Deed::Admission(_) | Deed::Malformed => false,
        }
    }

    fn made(&self, invitation: EntryId) -> bool {
        let at = self.log.place(invitation).filter(|&at| self.view.invitation(at).is_some());
        at.is_some_and(|at| self.view.author(at) == self.person)
    }

    fn is_own(&self, member: MemberId) -> bool {
        self.log.entrance(member) == Some(self.person)
    }

    /// Tells whether this device of the author's own is no older than the one that writes, or the recovery key signed.
    fn drops(&self, device: DeviceId) -> bool {
        let key = recovery(self.log, self.person);
        let signed = |key| self.act.cosigned.as_ref().is_some_and(|signed| signed.keys.contains(&key));
        let age = |device| rank_of(self.view, self.log, self.person, device).map(|rank| (rank, device));
        is_planted(Mutant::YoungerDrops)
            || key.is_some_and(signed)
            || age(self.act.device).zip(age(device)).is_some_and(|(mine, other)| mine <= other)
    }

    fn member(&self) -> MemberId {
        self.log.id(self.person).into()
    }

    /// Tells whether the author has the key of a space and may change it.
    fn holds(&self, space: SpaceId) -> bool {
        let commons = matches!(&self.log.node(0).act.deed, Deed::Found(found) if found.commons == space);
        self.role.writes() && (commons || !self.view.circle_seats(space, self.member()).is_empty())
    }

    /// Tells whether this is the vitrine, whose key never changes, and the author writes there.
    fn publishes(&self, space: SpaceId) -> bool {
        let vitrine = matches!(&self.log.node(0).act.deed, Deed::Found(found) if found.vitrine == space);
        vitrine && self.role.writes()
    }

    /// Tells whether the author may remove a member from a circle.
    fn shuts(&self, space: SpaceId, member: MemberId) -> bool {
        let created = self.view.circle(space).is_some_and(|at| self.view.author(at) == self.person);
        created || self.member() == member || self.governs() && self.holds(space)
    }

    /// Tells whether these are more than half of those who govern.
    fn is_most(&self, signers: &BTreeSet<At>) -> bool {
        2 * signers.len() > self.view.governors().len()
    }

    /// Tells whether so many of those who write signed that they may say who governs.
    fn recovers(&self) -> bool {
        let writers: BTreeSet<At> = self.view.writers().into_iter().collect();
        let keys = || self.act.cosigned.iter().flat_map(|signed| &signed.keys);
        let others = keys().filter_map(|&key| self.view.person(key)).map(|(person, _)| person);
        let signers: BTreeSet<At> =
            std::iter::once(self.person).chain(others).filter(|at| writers.contains(at)).collect();
        let printed = match &self.log.node(0).act.deed {
            Deed::Found(found) => found.community_recovery,
            _ => None,
        };
        let few = writers.len() < 3 && printed.is_some_and(|key| keys().any(|&other| other == key));
        let many = writers.len() >= 3 && signers.len() >= (2 * writers.len()).div_ceil(3).max(2);
        writers.contains(&self.person) && (few || many)
    }

    /// Tells whether what the act is about is there.
    fn fits(&self, signers: &BTreeSet<At>) -> bool {
        let (view, log) = (self.view, self.log);
        let invitation = |id: &EntryId| log.place(*id).filter(|&at| view.invitation(at).is_some());
        let inside = |member: MemberId| log.entrance(member).filter(|&at| view.live(at) && !view.has_ended(at));
        match &self.act.deed {
            Deed::Close { invitation: id } => invitation(id).is_some(),
            Deed::Seat { invitation: id, admissions } => {
                let Some(at) = invitation(id) else { return false };
                let counting = view.counting(at);
                admissions.iter().all(|&admission| log.place(admission).is_some_and(|at| counting.contains(&at)))
            }
            Deed::Admit(admit) => admit.admissions.iter().all(|&id| self.enters(id)),
            Deed::Grant { member, role, cut, .. } => {
                inside(*member).is_some_and(|at| at != self.person && (*role > view.role(at)) == cut.is_some())
            }
            Deed::Revoke { member, .. } => inside(*member).is_some_and(|at| at != self.person),
            Deed::DeviceAdd(add) => {
                let own = log.entrance(add.member) == Some(self.person) && add.signer == add.device;
                own && view.person(add.device).is_none() && !view.is_dropped(add.device)
            }
            Deed::DeviceDrop { member, device, .. } => inside(*member).is_some_and(|at| {
                !view.is_dropped(*device) && view.devices(at).into_iter().any(|by| device_of(log, by) == *device)
            }),
            Deed::CircleCreate(create) => {
                let taken =
                    view.circle(create.space).is_some() || self.holds(create.space) || self.publishes(create.space);
                create.members.contains(&self.member()) && !taken
            }
            Deed::CircleAdd(add) => inside(add.member).is_some(),
            Deed::CircleRemove { space, member, .. } => !view.circle_seats(*space, *member).is_empty(),
            Deed::Checkpoint => self.is_most(signers),
            Deed::End => self.role == Role::Founder || self.is_most(signers),
            Deed::Recover { animators } => {
                let rises = |at| view.role(at).writes() && !view.role(at).governs();
                self.recovers() && animators.iter().all(|&member| inside(member).is_some_and(rises))
            }
            Deed::Veto { recover } => {
                self.is_recover(*recover).is_some_and(|at| !self.leans_on(at) || is_planted(Mutant::OwnVeto))
            }
            Deed::Confirm { recover } => {
                self.recovers() && self.is_recover(*recover).is_some_and(|at| view.is_vetoed(at))
            }
            Deed::OwedCut { removal, cut } => self.owes(*removal, cut.spaces.iter().next().copied()),
            _ => true,
        }
    }

    /// Tells whether an admission waits here, or counts.
    fn enters(&self, admission: EntryId) -> bool {
        let at = self.log.place(admission).filter(|&at| self.view.live(at));
        at.is_some_and(|at| matches!(self.log.node(at).act.deed, Deed::Admission(_)) && !self.view.has_ended(at))
    }

    fn is_recover(&self, id: EntryId) -> Option<At> {
        let at = self.log.place(id)?;
        (self.log.index.recovers.contains(&at) && self.view.has(at)).then_some(at)
    }

    /// Tells whether a removal says nothing yet of a space.
    fn owes(&self, removal: EntryId, space: Option<SpaceId>) -> bool {
        let Some((at, space)) = self.log.place(removal).filter(|&at| self.view.live(at)).zip(space) else {
            return false;
        };
        let cut = match &self.log.node(at).act.deed {
            Deed::Grant { cut: Some(cut), .. } | Deed::Revoke { cut, .. } | Deed::DeviceDrop { cut, .. } => cut,
            _ => return false,
        };
        let said = Index::of(&self.log.index.owed, &at).iter().any(|&other| {
            let names = matches!(&self.log.node(other).act.deed, Deed::OwedCut { cut, .. } if cut.names(space));
            names && self.view.live(other)
        });
        !cut.names(space) && !said
    }

    /// Tells whether the author's right to this rests on an act.
    fn leans_on(&self, act: At) -> bool {
        let mut leaning = BTreeSet::from([act]);
        let leans = |groups: &[Vec<At>], leaning: &BTreeSet<At>| {
            groups.iter().any(|group| group.iter().all(|on| leaning.contains(on)))
        };
        for at in act + 1..self.log.len() {
            if self.view.has(at) && leans(&self.log.node(at).judged.rests, &leaning) {
                leaning.insert(at);
            }
        }
        leans(&self.rests(self.needed()), &leaning)
    }

    /// Returns whom a removal or demotion is about.
    fn removed(&self) -> Option<At> {
        match &self.act.deed {
            Deed::Revoke { member, .. } | Deed::Grant { member, cut: Some(_), .. } => self.log.entrance(*member),
            _ => None,
        }
    }

    /// Tells whether nobody would govern any more.
    fn empties(&self) -> bool {
        let others = |target| self.view.governors().into_iter().all(|other| Some(other) == target);
        match &self.act.deed {
            Deed::Revoke { member, .. } => others(self.log.entrance(*member)),
            Deed::Grant { member, role, .. } if !role.governs() => others(self.log.entrance(*member)),
            Deed::Resign { role } if !role.governs() => others(Some(self.person)),
            Deed::Leave => others(Some(self.person)),
            Deed::DeviceDrop { member, device, .. } => {
                let Some(person) = self.log.entrance(*member) else { return false };
                let devices = self.view.devices(person).into_iter().map(|by| device_of(self.log, by));
                let last = devices.filter(|&other| !self.view.is_dropped(other)).all(|other| other == *device);
                last && others(Some(person))
            }
            _ => false,
        }
    }

    /// Returns the weakest role that may do this.
    fn needed(&self) -> Role {
        match &self.act.deed {
            Deed::Invite(invite) if invite.role == Role::Founder => Role::Founder,
            Deed::Invite(invite) if invite.role == Role::Animator => Role::Animator,
            Deed::Invite(_) => self.view.settings().inviters,
            Deed::Grant { role: Role::Founder, .. } => Role::Founder,
            Deed::Close { invitation } if self.made(*invitation) => Role::Relay,
            Deed::DeviceDrop { member, .. } if self.is_own(*member) => Role::Relay,
            Deed::Resign { role } => Role::ALL.into_iter().rev().find(|other| other < role).unwrap_or(Role::Founder),
            Deed::Rotate(_) | Deed::CircleCreate(_) | Deed::CircleAdd(_) | Deed::OwedCut { .. } => Role::Member,
            Deed::Recover { .. } | Deed::Confirm { .. } => Role::Member,
            Deed::Join | Deed::Unknown => Role::Observer,
            Deed::Leave | Deed::DeviceAdd(_) => Role::Relay,
            Deed::CircleRemove { .. } | Deed::Resolve(_) => Role::Relay,
            _ => Role::Animator,
        }
    }

    /// Returns what the right rests on.
    fn rests(&self, needed: Role) -> Vec<Vec<At>> {
        let mut rests = ground(self.view, self.log, self.person, self.act.device, needed);
        let named = match &self.act.deed {
            Deed::Seat { invitation, .. } | Deed::Close { invitation } => Some(*invitation),
            Deed::OwedCut { removal, .. } => Some(*removal),
            _ => None,
        };
        rests.extend(named.and_then(|id| self.log.place(id)).map(|at| vec![at]));
        let circle = match &self.act.deed {
            Deed::CircleAdd(add) => Some(add.space),
            Deed::CircleRemove { space, .. } => Some(*space),
            Deed::Rotate(rotate) => Some(rotate.space),
            _ => None,
        };
        if let Some(seats) = circle.map(|space| self.view.circle_seats(space, self.member())) {
            rests.extend(Some(seats).filter(|seats| !seats.is_empty()));
        }
        rests
    }
}

/// Returns what it rests on that a person, with a device, is at least of a role: the entrance, what added the device, what
/// gave the role and was not overruled, and the seat where the role governs.
fn ground(view: &View<'_>, log: &Log, person: At, device: DeviceId, needed: Role) -> Vec<Vec<At>> {
    let mut groups = vec![vec![person]];
    groups.extend(device_group(view, log, person, device));
    let changes: Vec<(At, Role)> = view.changes(person);
    let weaker: Vec<At> = changes.iter().filter(|&&(_, role)| role > needed).map(|&(at, _)| at).collect();
    let overruled = |at: At| weaker.iter().any(|&later| log.node(later).past.has(at));
    if log.entrance_role(person) > needed || overruled(person) {
        let enough = changes.iter().filter(|&&(at, role)| role <= needed && !overruled(at));
        groups.push(enough.map(|&(at, _)| at).collect());
    }
    let founder = matches!(log.node(person).act.deed, Deed::Found(_));
    if needed.governs() && !founder {
        groups.push(view.seats_of(person));
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// Returns the additions by which a device is a person's; none for the one that came in with them.
fn device_group(view: &View<'_>, log: &Log, person: At, device: DeviceId) -> Option<Vec<At>> {
    if log.node(person).act.device == device {
        return None;
    }
    let additions: Vec<At> = view.devices(person).into_iter().filter(|&by| device_of(log, by) == device).collect();
    (!additions.is_empty()).then_some(additions)
}

/// Returns the device that an entrance or addition brings in.
pub(super) fn device_of(log: &Log, by: At) -> DeviceId {
    match &log.node(by).act.deed {
        Deed::DeviceAdd(add) => add.device,
        _ => log.node(by).act.device,
    }
}

/// Returns the age of a device of a person: the depth of what brought it in, 0 where that was the recovery key.
pub(super) fn rank_of(view: &View<'_>, log: &Log, person: At, device: DeviceId) -> Option<u64> {
    let by = view.devices(person).into_iter().filter(|&by| device_of(log, by) == device);
    by.map(|by| device_age(log, person, by)).min()
}

/// Returns the age of the device that an act brought in.
pub(super) fn device_age(log: &Log, person: At, by: At) -> u64 {
    match &log.node(by).act.deed {
        Deed::DeviceAdd(add) if recovery(log, person) == Some(add.signer) => 0,
        _ => log.node(by).depth + 1,
    }
}

/// Returns a person's recovery key.
fn recovery(log: &Log, person: At) -> Option<DeviceId> {
    match &log.node(person).act.deed {
        Deed::Found(found) => found.recovery,
        Deed::Admission(admission) => admission.recovery,
        _ => None,
    }
}

/// Returns the role that an entrance gives.
pub(super) fn entrance_role(nodes: &[Node], places: &BTreeMap<EntryId, At>, entrance: At) -> Role {
    match &nodes[entrance].act.deed {
        Deed::Admission(admission) => match &nodes[places[&admission.invitation]].act.deed {
            Deed::Invite(invite) => invite.role,
            _ => unreachable!("a candidate admission has an invitation"),
        },
        _ => Role::Founder,
    }
}
