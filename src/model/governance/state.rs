//! What a set of acts amounts to: members, invitations, spaces, keys.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::act::{Deed, Found, Invite};
use super::bits::Bits;
use super::judge::role;
use super::log::{At, Log};
use super::role::{Right, Role};
use super::view::{Standing, View};
use crate::model::id::{CommunityId, DeviceId, EntryId, EpochId, MemberId, SpaceId, Timestamp};
use crate::model::seal::{Agreement, SealError, SpaceKey};
use crate::model::verdict::{Breach, Mask, Verdict};
use crate::wire::entry::KeyCopy;

/// The state of a community after a set of acts. The same for the same set, whatever the order of arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The community.
    pub community: CommunityId,
    /// Everybody who ever came in, or asked to.
    pub members: BTreeMap<MemberId, Member>,
    /// All invitations.
    pub invitations: BTreeMap<EntryId, Invitation>,
    /// The spaces, without the governance log.
    pub spaces: BTreeMap<SpaceId, Space>,
    /// Acts from a newer version, which this program keeps and doesn't understand.
    pub newer: BTreeSet<EntryId>,
    devices: BTreeMap<DeviceId, MemberId>,
    founding: Option<Arc<Found>>,
}

/// Somebody in the community.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// What they are.
    pub role: Role,
    /// Whether that counts.
    pub status: Status,
    /// They have a seat, or are the founder: no invitation used too often can put them out.
    pub seated: bool,
    /// Their devices, each with the X25519 public key that space keys are sealed to.
    pub devices: Vec<(DeviceId, [u8; 32])>,
    /// The invitation they came by; none for the founder.
    pub invitation: Option<EntryId>,
    /// Who made it; the founder themselves for the founder.
    pub invited_by: MemberId,
    /// Claimed time of the entry that brought them in.
    pub joined: Timestamp,
}

/// Whether a membership counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It counts.
    Active,
    /// It waits for somebody who governs.
    Pending,
    /// They left.
    Left,
    /// They were removed.
    Revoked,
    /// It rests on somebody who has not the right any more.
    Suspended,
}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// What it makes of people.
    pub role: Role,
    /// How many it admits.
    pub uses: u32,
    /// Until when, in claimed times.
    pub expires: Timestamp,
    /// It admits nobody until somebody who governs says so.
    pub confirm: bool,
    /// Who have a seat by it.
    pub seats: BTreeSet<MemberId>,
    /// No more seats are given.
    pub closed: bool,
    /// Who made it waits themselves.
    pub suspended: bool,
    /// Who made it.
    pub by: MemberId,
    /// X25519 public key of its one-time secret.
    pub agreement: [u8; 32],
    wire: Arc<Invite>,
}

/// What a space is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpaceKind {
    /// Everything, for all who write.
    Commons,
    /// What was published.
    Vitrine,
}

/// A space and its keys' names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// What it is for.
    pub kind: SpaceKind,
    /// Its epochs, by name. A name that several acts answer to is not here: nothing can be sealed under it.
    pub epochs: BTreeMap<EpochId, Epoch>,
}

/// One key of a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    /// The act that made it.
    pub by: EntryId,
    /// The public commitment to the key.
    pub commitment: [u8; 32],
}

/// A key sealed to somebody, with what is needed to open it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCopy {
    /// The space.
    pub space: SpaceId,
    /// The key's name.
    pub epoch: EpochId,
    /// The epoch that the copy is bound to: zero where the act that holds it made the key.
    pub bound: EpochId,
    /// The copy.
    pub copy: KeyCopy,
}

impl State {
    /// Returns the state before anything happened: nobody may anything.
    pub(super) fn empty(community: CommunityId) -> State {
        State {
            community,
            members: BTreeMap::new(),
            invitations: BTreeMap::new(),
            spaces: BTreeMap::new(),
            newer: BTreeSet::new(),
            devices: BTreeMap::new(),
            founding: None,
        }
    }

    /// Returns the member that a device is of.
    pub fn device(&self, device: DeviceId) -> Option<MemberId> {
        self.devices.get(&device).copied()
    }

    /// Returns all devices that ever came in, with whose they are.
    pub fn devices(&self) -> impl Iterator<Item = (DeviceId, MemberId)> + '_ {
        self.devices.iter().map(|(&device, &member)| (device, member))
    }

    /// Returns the commons; none before the founding.
    pub fn commons(&self) -> Option<SpaceId> {
        self.founding.as_ref().map(|found| found.commons)
    }

    /// Returns the vitrine; none before the founding.
    pub fn vitrine(&self) -> Option<SpaceId> {
        self.founding.as_ref().map(|found| found.vitrine)
    }

    /// Returns the public commitment to the community secret; none before the founding.
    pub fn secret_commitment(&self) -> Option<[u8; 32]> {
        self.founding.as_ref().map(|found| found.secret_commitment)
    }

    /// Tells whether somebody may do this. Who doesn't count may nothing.
    pub fn may(&self, member: MemberId, right: Right) -> bool {
        let Some(member) = self.members.get(&member).filter(|member| member.status == Status::Active) else {
            return false;
        };
        let role = member.role;
        match right {
            Right::Carry(SpaceId::GOVERNANCE) | Right::Read(SpaceId::GOVERNANCE) => true,
            Right::Carry(space) => self.spaces.contains_key(&space) && role == Role::Relay || self.reads(role, space),
            Right::Read(space) => self.reads(role, space),
            Right::Write(space) => role.writes() && self.reads(role, space),
            Right::Invite(to) => role.invites(to),
            Right::Govern => role.governs(),
        }
    }

    fn reads(&self, role: Role, space: SpaceId) -> bool {
        self.spaces.get(&space).is_some_and(|space| match (space.kind, role) {
            (_, Role::Relay) => false,
            (SpaceKind::Commons, Role::Observer) => false,
            (SpaceKind::Commons | SpaceKind::Vitrine, _) => true,
        })
    }

    /// Returns the spaces whose keys a role has.
    pub fn spaces_of_role(&self, role: Role) -> Vec<SpaceId> {
        self.spaces.keys().copied().filter(|&space| self.reads(role, space)).collect()
    }

    /// Returns the spaces that are exchanged with a device: the governance log, then what it may carry. None for a
    /// stranger or somebody who waits.
    pub fn spaces_of(&self, device: DeviceId) -> Vec<SpaceId> {
        let Some(member) = self.device(device) else { return Vec::new() };
        let spaces = self.spaces.keys().copied();
        std::iter::once(SpaceId::GOVERNANCE)
            .chain(spaces)
            .filter(|&space| self.may(member, Right::Carry(space)))
            .collect()
    }

    /// Returns the name of the key that new entries of a space are sealed under: the smallest.
    pub fn current_epoch(&self, space: SpaceId) -> Option<EpochId> {
        self.spaces.get(&space)?.epochs.keys().next().copied()
    }

    /// Returns the public commitment to a key.
    pub fn commitment(&self, space: SpaceId, epoch: EpochId) -> Option<[u8; 32]> {
        Some(self.spaces.get(&space)?.epochs.get(&epoch)?.commitment)
    }

    /// Returns the key copies that were sealed to an X25519 public key: at the founding, and in invitations.
    pub fn copies_for(&self, to: &[u8; 32]) -> Vec<HeldCopy> {
        let mut copies = Vec::new();
        if let Some(found) = &self.founding {
            let epoch = EpochId::of(self.community.into());
            for (key, space) in found.keys.iter().zip([found.commons, found.vitrine]) {
                let own = key.copies.iter().filter(|copy| copy.to == to);
                copies.extend(own.map(|copy| HeldCopy { space, epoch, bound: EpochId::ZERO, copy: copy.clone() }));
            }
        }
        for invitation in self.invitations.values() {
            let own = invitation.wire.keys.iter().filter(|(_, _, copy)| copy.to == to);
            copies.extend(own.map(|(space, epoch, copy)| HeldCopy {
                space: *space,
                epoch: *epoch,
                bound: *epoch,
                copy: copy.clone(),
            }));
        }
        copies
    }

    /// Opens the keys that were sealed to a secret, and keeps those that are what the community agreed on.
    pub fn keys_for(&self, secret: &Agreement) -> Vec<(SpaceId, EpochId, SpaceKey)> {
        let copies = self.copies_for(&secret.public());
        copies.iter().filter_map(|held| Some((held.space, held.epoch, self.open(held, secret).ok()?))).collect()
    }

    /// Opens one copy.
    ///
    /// # Errors
    ///
    /// When it was sealed to another secret, is damaged, or holds another key than the epoch's.
    pub fn open(&self, held: &HeldCopy, secret: &Agreement) -> Result<SpaceKey, SealError> {
        let key = secret.open_copy(held.space, held.bound, &held.copy)?;
        let agreed = self.commitment(held.space, held.epoch) == Some(key.commitment(held.space));
        if agreed { Ok(key) } else { Err(SealError) }
    }
}

/// A set of acts, evaluated.
#[derive(Debug)]
pub(super) struct Evaluation {
    pub(super) state: Arc<State>,
    standings: BTreeMap<At, Standing>,
    lost: BTreeSet<At>,
}

impl Evaluation {
    /// Returns the verdict on an act of the evaluated set.
    pub(super) fn verdict(&self, log: &Log, at: At) -> Verdict {
        let judged = log.node(at).judged;
        if judged.verdict != Verdict::Counted {
            return judged.verdict;
        }
        let standing = judged.person.and_then(|person| self.standings.get(&person));
        if self.lost.contains(&at) || standing.is_none() {
            return Verdict::Void(Breach::Right);
        }
        match standing {
            Some(Standing::Pending) => Verdict::Masked(Mask::Pending),
            _ => Verdict::Counted,
        }
    }
}

/// Evaluates the acts of `set`, which holds the past of each of them: who is a candidate was judged when each came, who
/// voids whom is decided for the set, and what is left is folded.
pub(super) fn evaluate(log: &Log, set: &Bits) -> Evaluation {
    let view = View::new(log, set);
    let standings = view.standings();
    let mut state = State::empty(log.community);
    for at in set.iter().filter(|&at| view.live(at)) {
        let node = log.node(at);
        match &node.act.deed {
            Deed::Found(found) => state.found(node.act.id, found),
            Deed::Invite(invite) => {
                let invitation = invitation(&view, log, &standings, at, invite);
                state.invitations.insert(node.act.id, invitation);
            }
            Deed::Unknown => {
                state.newer.insert(node.act.id);
            }
            _ => {}
        }
        if let Some(&standing) = standings.get(&at) {
            state.members.insert(node.act.id.into(), member(&view, log, at, standing));
        }
    }
    state.assign_devices();
    let lost = set.iter().filter(|&at| view.lost(at)).collect();
    Evaluation { state: Arc::new(state), standings, lost }
}

impl State {
    fn found(&mut self, id: EntryId, found: &Arc<Found>) {
        let spaces = [(found.commons, SpaceKind::Commons), (found.vitrine, SpaceKind::Vitrine)];
        for ((space, kind), key) in spaces.into_iter().zip(&found.keys) {
            let epoch = Epoch { by: id, commitment: key.commitment };
            self.spaces.insert(space, Space { kind, epochs: BTreeMap::from([(EpochId::of(id), epoch)]) });
        }
        self.founding = Some(Arc::clone(found));
    }

    /// A device that came in twice is the member that counts more firmly, then the one with the smaller id.
    fn assign_devices(&mut self) {
        let firmness = |member: &Member| (!member.seated, member.status);
        for (&id, member) in &self.members {
            for &(device, _) in &member.devices {
                let better = |other: &MemberId| firmness(&self.members[other]) <= firmness(member);
                if !self.devices.get(&device).is_some_and(better) {
                    self.devices.insert(device, id);
                }
            }
        }
    }
}

fn invitation(
    view: &View<'_>,
    log: &Log,
    standings: &BTreeMap<At, Standing>,
    at: At,
    invite: &Arc<Invite>,
) -> Invitation {
    let by = view.author(at);
    Invitation {
        role: invite.role,
        uses: invite.uses,
        expires: invite.expires,
        confirm: invite.confirm,
        seats: view.seated(at).map(|seated| log.id(seated).into()).collect(),
        closed: view.is_closed(at),
        suspended: standings.get(&by).is_none_or(|&standing| standing == Standing::Pending),
        by: log.id(by).into(),
        agreement: invite.agreement,
        wire: Arc::clone(invite),
    }
}

fn member(view: &View<'_>, log: &Log, at: At, standing: Standing) -> Member {
    let act = &log.node(at).act;
    let (agreement, invitation) = match &act.deed {
        Deed::Found(found) => (found.agreement, None),
        Deed::Admission(admission) => (admission.agreement, Some(admission.invitation)),
        _ => unreachable!("only entrances have a standing"),
    };
    let by = invitation.and_then(|id| log.place(id)).map_or(at, |at| view.author(at));
    Member {
        role: role(log, at),
        status: if standing == Standing::Pending { Status::Pending } else { Status::Active },
        seated: standing == Standing::Seated,
        devices: vec![(act.device, agreement)],
        invitation,
        invited_by: log.id(by).into(),
        joined: act.time,
    }
}
