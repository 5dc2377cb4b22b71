//! Spaces: who reads and writes them, and which key is sealed under.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::act::{Deed, NewKey};
use super::judge::device_of;
use super::keys::Source;
use super::log::{At, Index, Log};
use super::role::{Right, Role};
use super::state::{Member, State, Status};
use super::view::View;
use crate::model::id::{DeviceId, EntryId, EpochId, MemberId, SpaceId};

/// What a space is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpaceKind {
    /// Everything, for all who write.
    Commons,
    /// What was published.
    Vitrine,
    /// For some members.
    Circle,
}

/// A space and its keys' names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// What it is for.
    pub kind: SpaceKind,
    /// Its epochs, by name. A name that several acts answer to is not here: nothing can be sealed under it.
    pub epochs: BTreeMap<EpochId, Epoch>,
    /// Of a circle, who is in it.
    pub members: BTreeSet<MemberId>,
    /// Of a circle, who created it.
    pub creator: Option<MemberId>,
    /// Those who are not in the circle don't see it listed.
    pub hidden: bool,
}

/// One key of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// The act that made it.
    pub by: EntryId,
    /// The public commitment to the key.
    pub commitment: [u8; 32],
    /// The earlier epochs whose keys are wrapped under this one.
    pub wraps: BTreeSet<EpochId>,
    /// Another key of the space was made by somebody who saw this one, or it is fallen.
    pub replaced: bool,
    /// Nobody has it who lost the right to it since, as far as is known.
    pub clean: bool,
    /// The act that made it was right in its own past, and others voided it: nothing is sealed under it from now on, but
    /// people who had heard of that act alone did, and their words stay readable.
    pub fallen: bool,
}

impl Space {
    pub(super) fn new(kind: SpaceKind) -> Space {
        Space { kind, epochs: BTreeMap::new(), members: BTreeSet::new(), creator: None, hidden: false }
    }

    /// Tells whether such a member has its key.
    fn is_read_by(&self, id: MemberId, role: Role) -> bool {
        match (self.kind, role) {
            (_, Role::Relay) | (SpaceKind::Commons | SpaceKind::Circle, Role::Observer) => false,
            (SpaceKind::Commons | SpaceKind::Vitrine, _) => true,
            (SpaceKind::Circle, _) => self.members.contains(&id),
        }
    }
}

impl State {
    /// Tells whether somebody may do this. Who doesn't count may nothing, and after its end nobody may in a community.
    pub fn may(&self, id: MemberId, right: Right) -> bool {
        let Some(member) = self.members.get(&id).filter(|member| member.status == Status::Active) else {
            return false;
        };
        let role = member.role;
        let open = self.ended.is_none();
        match right {
            Right::Carry(SpaceId::GOVERNANCE) | Right::Read(SpaceId::GOVERNANCE) => true,
            Right::Carry(space) => {
                self.spaces.contains_key(&space) && role == Role::Relay || self.reads(id, role, space)
            }
            Right::Read(space) => self.reads(id, role, space),
            Right::Write(space) => open && role.writes() && self.reads(id, role, space),
            Right::Invite(to) => open && self.invites(role, to),
            Right::Govern => open && role.governs(),
        }
    }

    fn invites(&self, role: Role, to: Role) -> bool {
        role.invites(to) || to > Role::Animator && role <= self.settings.inviters
    }

    fn reads(&self, id: MemberId, role: Role, space: SpaceId) -> bool {
        self.spaces.get(&space).is_some_and(|space| space.is_read_by(id, role))
    }

    /// Returns the spaces whose keys an invitation to a role gives: no circle.
    pub fn spaces_of_role(&self, role: Role) -> Vec<SpaceId> {
        let read = |space: &Space| space.kind != SpaceKind::Circle && space.is_read_by(MemberId::ZERO, role);
        self.spaces.iter().filter(|(_, space)| read(space)).map(|(&id, _)| id).collect()
    }

    /// Returns the spaces that are exchanged with a device: the governance log, then what it may carry. None for a
    /// stranger, a device that was dropped, or somebody who waits.
    pub fn spaces_of(&self, device: DeviceId) -> Vec<SpaceId> {
        let Some(member) = self.device(device) else { return Vec::new() };
        let spaces = self.spaces.keys().copied();
        std::iter::once(SpaceId::GOVERNANCE)
            .chain(spaces)
            .filter(|&space| self.may(member, Right::Carry(space)))
            .collect()
    }

    /// Returns the name of the key that new entries of a space are sealed under: among the newest that are clean the
    /// smallest, or if none is, among the newest.
    pub fn current_epoch(&self, space: SpaceId) -> Option<EpochId> {
        let epochs = &self.spaces.get(&space)?.epochs;
        let newest = || epochs.iter().filter(|(_, epoch)| !epoch.replaced);
        let clean = newest().find(|(_, epoch)| epoch.clean);
        clean.or_else(|| newest().next()).map(|(&id, _)| id)
    }

    /// Returns the names of the newest keys, which a rotation wraps.
    pub fn epoch_tips(&self, space: SpaceId) -> Vec<EpochId> {
        let epochs = self.spaces.get(&space).map(|space| &space.epochs);
        epochs.into_iter().flatten().filter(|(_, epoch)| !epoch.replaced).map(|(&id, _)| id).collect()
    }

    /// Tells whether somebody who lost the right to a space has every one of its newest keys: who writes next makes a
    /// new one first.
    pub fn rotation_owed(&self, space: SpaceId) -> bool {
        let Some(space) = self.spaces.get(&space) else { return false };
        space.kind != SpaceKind::Vitrine && !space.epochs.values().any(|epoch| epoch.clean && !epoch.replaced)
    }

    /// Returns the X25519 public keys that a new key of a space is sealed to: the devices of those who read it, and the
    /// open invitations to a role that will.
    pub fn recipients(&self, space: SpaceId) -> Vec<[u8; 32]> {
        let Some(details) = self.spaces.get(&space) else { return Vec::new() };
        let reads =
            |id: &MemberId, member: &Member| member.status == Status::Active && details.is_read_by(*id, member.role);
        let members = self.members.iter().filter(|(id, member)| reads(id, member));
        let devices = members.flat_map(|(_, member)| &member.devices).filter(|device| device.dropped.is_none());
        let invited = self.invitations.values().filter(|invitation| {
            let gives = !invitation.closed && !invitation.confirm && !invitation.suspended;
            gives && details.kind != SpaceKind::Circle && details.is_read_by(MemberId::ZERO, invitation.role)
        });
        let all: BTreeSet<[u8; 32]> =
            devices.map(|device| device.agreement).chain(invited.map(|invitation| invitation.agreement)).collect();
        all.into_iter().collect()
    }
}

/// An act that makes a key.
struct Maker {
    at: At,
    fallen: bool,
    commitment: [u8; 32],
    wraps: BTreeSet<EpochId>,
}

impl Maker {
    fn new(at: At, key: &NewKey) -> Maker {
        let wraps = key.wrapped.iter().filter_map(|wrapped| EpochId::from_slice(&wrapped.epoch)).collect();
        Maker { at, fallen: false, commitment: key.commitment, wraps }
    }
}

/// Folds spaces, circles and keys.
pub(super) fn fold(state: &mut State, view: &View<'_>, log: &Log, counting: &[At]) {
    let mut makers: BTreeMap<SpaceId, Vec<Maker>> = BTreeMap::new();
    for &at in counting {
        let node = log.node(at);
        if let Some(source) = Source::of(&node.act.deed) {
            state.sources.insert(node.act.id, source);
        }
        match &node.act.deed {
            Deed::Found(found) => {
                let spaces = [(found.commons, SpaceKind::Commons), (found.vitrine, SpaceKind::Vitrine)];
                for ((id, kind), key) in spaces.into_iter().zip(&found.keys) {
                    state.spaces.insert(id, Space::new(kind));
                    makers.entry(id).or_default().push(Maker::new(at, key));
                }
            }
            Deed::CircleCreate(create) if view.circle(create.space) == Some(at) => {
                let circle = Space {
                    members: circle_members(view, log, at, create.space),
                    creator: Some(log.id(view.author(at)).into()),
                    hidden: create.hidden,
                    ..Space::new(SpaceKind::Circle)
                };
                state.spaces.insert(create.space, circle);
                makers.entry(create.space).or_default().push(Maker::new(at, &create.key));
            }
            Deed::Rotate(rotate) => {
                makers.entry(rotate.space).or_default().push(Maker::new(at, &rotate.key));
            }
            _ => {}
        }
    }
    for (at, rotate) in view.fallen_rotations() {
        state.sources.insert(log.id(at), Source::Rotate(Arc::clone(rotate)));
        let maker = Maker { fallen: true, ..Maker::new(at, &rotate.key) };
        makers.entry(rotate.space).or_default().push(maker);
    }
    let losses = Losses::new(view, log, counting);
    for (id, makers) in makers {
        let Some(space) = state.spaces.get(&id) else { continue };
        let losses = losses.of(space, id);
        let mut names: BTreeMap<EpochId, usize> = BTreeMap::new();
        makers.iter().for_each(|maker| *names.entry(EpochId::of(log.id(maker.at))).or_default() += 1);
        let mut epochs = BTreeMap::new();
        for maker in &makers {
            let name = EpochId::of(log.id(maker.at));
            if names[&name] > 1 {
                continue;
            }
            let fallen = maker.fallen;
            let after = |other: &Maker| !other.fallen && log.node(other.at).past.has(maker.at);
            let replaced = fallen || makers.iter().any(after);
            let clean = !fallen && losses.iter().all(|&loss| log.node(maker.at).past.has(loss));
            let (by, commitment, wraps) = (log.id(maker.at), maker.commitment, maker.wraps.clone());
            epochs.insert(name, Epoch { by, commitment, wraps, replaced, clean, fallen });
        }
        state.spaces.get_mut(&id).expect("just found").epochs = epochs;
    }
}

fn circle_members(view: &View<'_>, log: &Log, create: At, space: SpaceId) -> BTreeSet<MemberId> {
    let mut members = BTreeSet::new();
    if let Deed::CircleCreate(create) = &log.node(create).act.deed {
        members.extend(&create.members);
    }
    for &at in Index::of(&log.index.circles, &space) {
        if let (Deed::CircleAdd(add), true) = (&log.node(at).act.deed, view.live(at)) {
            members.insert(add.member);
        }
    }
    members.retain(|&member| !view.circle_seats(space, member).is_empty());
    members
}

/// The acts by which somebody loses the right to keys that they have.
struct Losses {
    /// Who it is, by which act, and as what.
    people: Vec<(MemberId, At, Role)>,
    /// Invitations that are closed before they are used up, and admissions that are left out: whoever has the file.
    files: Vec<(At, Role)>,
    circles: Vec<(SpaceId, At)>,
}

impl Losses {
    fn new(view: &View<'_>, log: &Log, counting: &[At]) -> Losses {
        let mut losses = Losses { people: Vec::new(), files: Vec::new(), circles: Vec::new() };
        let index = &log.index;
        for &person in index.entrances.values().flatten().filter(|&&at| view.live(at)) {
            let member = MemberId::from(log.id(person));
            // As what they had keys: the most that they were, so far as is known.
            let changes = Index::of(&index.changes, &person).iter().filter(|&&at| view.live(at));
            let given: Vec<(At, Role)> =
                changes.filter_map(|&at| Some((at, super::view::given_role(log, at)?))).collect();
            let most = given.iter().map(|&(_, role)| role).min().unwrap_or(Role::Relay).min(log.entrance_role(person));
            let drops = view.devices(person).into_iter().map(|by| device_of(log, by));
            let drops = drops.flat_map(|device| Index::of(&index.drops, &device)).copied().filter(|&at| view.live(at));
            let fallen = given.iter().filter(|(_, role)| !role.writes()).map(|&(at, _)| at);
            let all = view.ends(person).into_iter().chain(drops).chain(fallen);
            losses.people.extend(all.map(|at| (member, at, most)));
        }
        for &at in counting {
            match &log.node(at).act.deed {
                Deed::Close { invitation } => {
                    let invited = log.place(*invitation).and_then(|of| Some((of, view.invitation(of)?)));
                    if let Some((of, invite)) = invited
                        && !invite.keys.is_empty()
                        && view.seated(of).count() < invite.uses as usize
                    {
                        losses.files.push((at, invite.role));
                    }
                }
                Deed::Dismiss { admissions, .. } => {
                    let people = admissions.iter().filter_map(|&id| log.entrance(id.into()));
                    losses.files.extend(people.map(|person| (at, log.entrance_role(person))));
                }
                Deed::CircleRemove { space, .. } => losses.circles.push((*space, at)),
                _ => {}
            }
        }
        losses
    }

    /// Returns those that concern a space.
    fn of(&self, space: &Space, id: SpaceId) -> Vec<At> {
        let circle = space.kind == SpaceKind::Circle;
        let reads = |member: MemberId, role: Role| match space.kind {
            SpaceKind::Circle => space.members.contains(&member),
            _ => space.is_read_by(member, role),
        };
        let people = self.people.iter().filter(|&&(member, _, role)| reads(member, role)).map(|&(_, at, _)| at);
        let files = self.files.iter().filter(|&&(_, role)| !circle && space.is_read_by(MemberId::ZERO, role));
        let circles = self.circles.iter().filter(|&&(of, _)| of == id).map(|&(_, at)| at);
        people.chain(files.map(|&(at, _)| at)).chain(circles).collect()
    }
}
