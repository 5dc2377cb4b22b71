//! What a set of acts amounts to: members, invitations, spaces, keys.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::act::{Deed, Found, Invite, Settings};
use super::bits::Bits;
use super::cut::{Cut, CutChain};
use super::judge::{device_age, device_of};
use super::keys::Source;
use super::log::{At, Log};
use super::removal::{self, Removal};
use super::role::Role;
use super::space::{self as spaces, Space};
use super::view::{Standing, View};
use crate::model::id::{CommunityId, DeviceId, DocumentId, EntryId, MemberId, SpaceId, Timestamp};
use crate::model::verdict::{Breach, Mask, Verdict};

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
    /// The settings that change rights.
    pub settings: Settings,
    /// The act that ended the community.
    pub ended: Option<EntryId>,
    /// Members and devices that were removed, demoted or dropped, and what still counts of them.
    pub removals: Vec<Removal>,
    /// Entries in quarantine that were let in.
    pub adopted: BTreeSet<EntryId>,
    /// Admissions and entries that were left out.
    pub dismissed: BTreeSet<EntryId>,
    /// Forks that were settled, by chain: the last acts that did, several where they are at the same time, ascending.
    pub resolved: BTreeMap<CutChain, Vec<Resolution>>,
    /// The acts that hold keys, ascending.
    pub(super) sources: BTreeMap<EntryId, Source>,
    devices: BTreeMap<DeviceId, MemberId>,
    pub(super) founding: Option<Arc<Found>>,
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
    /// Topics of an expert: ids of terms.
    pub topics: BTreeSet<DocumentId>,
    /// Their devices, those that were dropped too.
    pub devices: Vec<OwnDevice>,
    /// The public key of their printed recovery key.
    pub recovery: Option<DeviceId>,
    /// The act by which they left or were removed.
    pub ended: Option<EntryId>,
    /// The invitation they came by; none for the founder.
    pub invitation: Option<EntryId>,
    /// Who made it; the founder themselves for the founder.
    pub invited_by: MemberId,
    /// Claimed time of the entry that brought them in.
    pub joined: Timestamp,
}

/// A device of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnDevice {
    /// Its Ed25519 public key.
    pub id: DeviceId,
    /// Its X25519 public key, that space keys are sealed to.
    pub agreement: [u8; 32],
    /// Its age in governance: a device drops none of a smaller rank. 0 where the recovery key brought it in.
    pub rank: u64,
    /// The act that brought it in.
    pub by: EntryId,
    /// The act that dropped it.
    pub dropped: Option<EntryId>,
}

/// How a fork was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The act.
    pub by: EntryId,
    /// The tip of the branch that goes on.
    pub choice: (u64, EntryId),
    /// What counts of the others.
    pub cut: Cut,
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
    pub(super) wire: Arc<Invite>,
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
            settings: Settings::default(),
            ended: None,
            removals: Vec::new(),
            adopted: BTreeSet::new(),
            dismissed: BTreeSet::new(),
            resolved: BTreeMap::new(),
            sources: BTreeMap::new(),
            devices: BTreeMap::new(),
            founding: None,
        }
    }

    /// Returns the member that a device is of, also one who left; none for a device that was dropped.
    pub fn device(&self, device: DeviceId) -> Option<MemberId> {
        self.devices.get(&device).copied()
    }

    /// Tells whether a device was ever somebody's, though it may be dropped: what it wrote before stays.
    pub fn was_device(&self, device: DeviceId) -> bool {
        let owned = |member: &Member| member.devices.iter().any(|own| own.id == device);
        self.devices.contains_key(&device) || self.members.values().any(owned)
    }

    /// Returns the X25519 public key of a device.
    pub fn agreement(&self, device: DeviceId) -> Option<[u8; 32]> {
        let member = self.members.get(&self.device(device)?)?;
        member.devices.iter().find(|own| own.id == device).map(|own| own.agreement)
    }

    /// Returns all devices that came in and were not dropped, with whose they are.
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
}

/// A set of acts, evaluated.
#[derive(Debug)]
pub(super) struct Evaluation {
    pub(super) state: Arc<State>,
    standings: BTreeMap<At, Standing>,
    pub(super) lost: Bits,
}

impl Evaluation {
    /// Returns the verdict on an act of the evaluated set.
    pub(super) fn verdict(&self, log: &Log, at: At) -> Verdict {
        let judged = &log.node(at).judged;
        if judged.verdict != Verdict::Counted {
            return judged.verdict;
        }
        let standing = judged.person.and_then(|person| self.standings.get(&person));
        match standing {
            _ if self.lost.has(at) => Verdict::Void(Breach::Lost),
            None => Verdict::Void(Breach::Lost),
            Some(Standing::Pending) => Verdict::Masked(Mask::Pending),
            Some(_) => Verdict::Counted,
        }
    }
}

/// Evaluates the acts of `set`, which holds the past of each of them: who is a candidate was judged when each came, who
/// voids whom is decided for the set, and what is left is folded.
pub(super) fn evaluate(log: &Log, set: &Bits) -> Evaluation {
    let view = View::new(log, set);
    let standings = view.standings();
    let mut state = State::empty(log.community);
    state.settings = view.settings();
    for at in set.iter().filter(|&at| view.live(at)) {
        let node = log.node(at);
        let id = node.act.id;
        match &node.act.deed {
            Deed::Found(found) => state.founding = Some(Arc::clone(found)),
            Deed::Invite(invite) => {
                let invitation = invitation(&view, log, &standings, at, invite);
                state.invitations.insert(id, invitation);
            }
            Deed::Unknown => {
                state.newer.insert(id);
            }
            Deed::End => state.ended = state.ended.into_iter().chain([id]).min(),
            Deed::Admit(admit) => state.adopted.extend(&admit.entries),
            Deed::Dismiss { admissions, entries } => state.dismissed.extend(admissions.union(entries)),
            _ => {}
        }
        if let Some(&standing) = standings.get(&at) {
            state.members.insert(id.into(), member(&view, log, at, standing));
        }
    }
    state.dismissed = state.dismissed.difference(&state.adopted).copied().collect();
    state.assign_devices();
    let waits = |at: At| standings.get(&view.author(at)) == Some(&Standing::Pending);
    let counting: Vec<At> = set.iter().filter(|&at| view.live(at) && !waits(at)).collect();
    spaces::fold(&mut state, &view, log, &counting);
    removal::fold(&mut state, &view, log, &counting);
    Evaluation { state: Arc::new(state), standings, lost: view.into_lost() }
}

impl State {
    /// A device that came in twice is the member that is still in, then the one that counts more firmly, then the one
    /// with the smaller id. One that was dropped is nobody's.
    fn assign_devices(&mut self) {
        let firmness = |member: &Member| (member.ended.is_some(), !member.seated, member.status);
        for (&id, member) in &self.members {
            for &OwnDevice { id: device, .. } in member.devices.iter().filter(|device| device.dropped.is_none()) {
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
    let waits = standings.get(&by).is_none_or(|&standing| standing == Standing::Pending);
    Invitation {
        role: invite.role,
        uses: invite.uses,
        expires: invite.expires,
        confirm: invite.confirm,
        seats: view.seated(at).map(|seated| log.id(seated).into()).collect(),
        closed: view.is_closed(at),
        suspended: waits || !view.vouches(at),
        by: log.id(by).into(),
        agreement: invite.agreement,
        wire: Arc::clone(invite),
    }
}

fn member(view: &View<'_>, log: &Log, at: At, standing: Standing) -> Member {
    let act = &log.node(at).act;
    let (recovery, invitation) = match &act.deed {
        Deed::Found(found) => (found.recovery, None),
        Deed::Admission(admission) => (admission.recovery, Some(admission.invitation)),
        _ => unreachable!("only entrances have a standing"),
    };
    let by = invitation.and_then(|id| log.place(id)).map_or(at, |at| view.author(at));
    let ends = view.ends(at);
    let revoked = |&&end: &&At| matches!(log.node(end).act.deed, Deed::Revoke { .. });
    let ended = ends.iter().filter(revoked).chain(&ends).map(|&end| log.id(end)).next();
    Member {
        role: view.role(at),
        status: match (ends.iter().any(|end| revoked(&end)), ended, standing) {
            (true, ..) => Status::Revoked,
            (false, Some(_), _) => Status::Left,
            (false, None, Standing::Pending) => Status::Pending,
            (false, None, _) => Status::Active,
        },
        seated: standing == Standing::Seated,
        topics: view.topics(at),
        devices: view.devices(at).into_iter().map(|by| device(view, log, at, by)).collect(),
        recovery,
        ended,
        invitation,
        invited_by: log.id(by).into(),
        joined: act.time,
    }
}

/// Returns the device that an entrance or addition brought in.
fn device(view: &View<'_>, log: &Log, person: At, by: At) -> OwnDevice {
    let act = &log.node(by).act;
    let agreement = match &act.deed {
        Deed::Found(found) => found.agreement,
        Deed::Admission(admission) => admission.agreement,
        Deed::DeviceAdd(add) => add.agreement,
        _ => unreachable!("nothing else brings a device in"),
    };
    let id = device_of(log, by);
    OwnDevice { id, agreement, rank: device_age(log, person, by), by: act.id, dropped: view.dropped_by(id) }
}
