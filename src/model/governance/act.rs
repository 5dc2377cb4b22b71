//! One governance entry, read: who did what, after what.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cut::Cut;
use super::deed;
use super::role::Role;
use crate::model::entry::Entry;
use crate::model::id::{
    CommunityId, DeviceId, DocumentId, EntryId, EpochId, Incarnation, MemberId, SpaceId, Timestamp,
};
use crate::model::sign::Signature;
use crate::wire::entry::{self as wire, GovernanceShape, KeyCopy, WrappedKey, governance_shape};

/// Most people that one invitation admits: also bounds the length of a seat.
pub const USES_MAX: u32 = 1_000;

/// A governance entry, as far as governance is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Id of the entry.
    pub id: EntryId,
    /// The community that it says it belongs to.
    pub community: CommunityId,
    /// Its author.
    pub device: DeviceId,
    /// The life of the device that wrote it, and its place there.
    pub incarnation: Incarnation,
    /// Its place in its chain, from 1.
    pub seq: u64,
    /// The entry before it in its chain.
    pub prev: Option<EntryId>,
    /// Its direct past: `deps` and `prev`.
    pub past: Vec<EntryId>,
    /// Its claimed time.
    pub time: Timestamp,
    pub(super) deed: Deed,
    pub(super) cosigned: Option<Cosigned>,
}

/// Who signed an act beside its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cosigned {
    pub(super) nonce: [u8; 16],
    /// Devices, or the community's recovery key. Their signatures were verified.
    pub(super) keys: BTreeSet<DeviceId>,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    Found(Arc<Found>),
    Invite(Arc<Invite>),
    Admission(Admission),
    Seat {
        invitation: EntryId,
        admissions: BTreeSet<EntryId>,
    },
    Close {
        invitation: EntryId,
    },
    Join,
    Grant {
        member: MemberId,
        role: Role,
        topics: BTreeSet<DocumentId>,
        cut: Option<Arc<Cut>>,
    },
    Resign {
        role: Role,
    },
    Leave,
    Revoke {
        member: MemberId,
        cut: Arc<Cut>,
    },
    DeviceAdd(Arc<DeviceAdd>),
    DeviceDrop {
        member: MemberId,
        device: DeviceId,
        cut: Arc<Cut>,
    },
    Rotate(Arc<Rotate>),
    Checkpoint,
    Recover {
        animators: BTreeSet<MemberId>,
    },
    Veto {
        recover: EntryId,
    },
    Confirm {
        recover: EntryId,
    },
    Rule(Settings),
    CircleCreate(Arc<CircleCreate>),
    CircleAdd(Arc<CircleAdd>),
    CircleRemove {
        space: SpaceId,
        member: MemberId,
        cut: Arc<Cut>,
    },
    Admit(Arc<Admit>),
    Dismiss {
        admissions: BTreeSet<EntryId>,
        entries: BTreeSet<EntryId>,
    },
    Resolve(Arc<Resolve>),
    OwedCut {
        removal: EntryId,
        cut: Arc<Cut>,
    },
    End,
    /// From a newer version.
    Unknown,
    /// Its shape can't be read.
    Malformed,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) agreement: [u8; 32],
    pub(super) commons: SpaceId,
    pub(super) vitrine: SpaceId,
    pub(super) keys: [NewKey; 2],
    pub(super) secret_commitment: [u8; 32],
    pub(super) community_recovery: Option<DeviceId>,
    pub(super) recovery: Option<DeviceId>,
}

/// A key that an act makes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NewKey {
    pub(super) commitment: [u8; 32],
    pub(super) copies: Vec<KeyCopy>,
    pub(super) wrapped: Vec<WrappedKey>,
}

/// A key sealed for somebody: space, epoch, copy.
pub(super) type GivenKey = (SpaceId, EpochId, KeyCopy);

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Invite {
    pub(super) signing: DeviceId,
    pub(super) agreement: [u8; 32],
    pub(super) role: Role,
    pub(super) uses: u32,
    pub(super) expires: Timestamp,
    pub(super) confirm: bool,
    pub(super) keys: Vec<GivenKey>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Admission {
    pub(super) invitation: EntryId,
    pub(super) agreement: [u8; 32],
    pub(super) signature: Signature,
    pub(super) recovery: Option<DeviceId>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct DeviceAdd {
    pub(super) member: MemberId,
    pub(super) device: DeviceId,
    pub(super) agreement: [u8; 32],
    /// Whose signature was verified.
    pub(super) signer: DeviceId,
    pub(super) keys: Vec<GivenKey>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rotate {
    pub(super) space: SpaceId,
    pub(super) key: NewKey,
}

/// Settings of a community that change rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The lowest role that may invite members.
    pub inviters: Role,
    /// How many people have to validate a practice.
    pub validations: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { inviters: Role::Animator, validations: 1 }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct CircleCreate {
    pub(super) space: SpaceId,
    pub(super) members: BTreeSet<MemberId>,
    pub(super) key: NewKey,
    pub(super) hidden: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct CircleAdd {
    pub(super) space: SpaceId,
    pub(super) member: MemberId,
    pub(super) keys: Vec<GivenKey>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Admit {
    pub(super) admissions: BTreeSet<EntryId>,
    pub(super) entries: BTreeSet<EntryId>,
    pub(super) keys: Vec<GivenKey>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Resolve {
    pub(super) space: SpaceId,
    pub(super) device: DeviceId,
    pub(super) incarnation: Incarnation,
    pub(super) seq: u64,
    pub(super) hash: EntryId,
    pub(super) cut: Cut,
}

impl Act {
    /// Reads a governance entry and its shape.
    pub fn new(entry: &Entry, shape: &GovernanceShape) -> Act {
        let mut act = Act::unreadable(entry);
        let (deed, cosigned) = match &shape.act {
            Some(governance_shape::Act::Cosigned(cosigned)) => deed::cosigned(act.community, cosigned),
            _ => (Deed::read(act.community, shape), None),
        };
        (act.deed, act.cosigned) = (deed, cosigned);
        act
    }

    /// Takes a governance entry whose shape can't be opened or decoded: it is void, and others may have it in their past.
    pub fn unreadable(entry: &Entry) -> Act {
        let header = entry.header();
        Act {
            id: entry.id(),
            community: entry.community(),
            device: header.device,
            incarnation: header.incarnation,
            seq: header.seq,
            prev: (!header.prev.is_zero()).then_some(header.prev),
            past: header.past().collect(),
            time: header.time,
            deed: Deed::Malformed,
            cosigned: None,
        }
    }
}

impl Deed {
    /// Tells whether it may leave a community without anybody who governs.
    pub(super) fn takes_away(&self) -> bool {
        use Deed::{DeviceDrop, Grant, Leave, Resign, Revoke};
        matches!(self, Grant { .. } | Resign { .. } | Leave | Revoke { .. } | DeviceDrop { .. })
    }

    pub(super) fn read(community: CommunityId, shape: &GovernanceShape) -> Deed {
        use governance_shape::Act as Wire;
        let Some(act) = &shape.act else { return Deed::Unknown };
        let deed = match act {
            Wire::Found(found) => Found::read(found).map(|found| Deed::Found(Arc::new(found))),
            Wire::Invite(invite) if Role::is_newer(invite.role) => Some(Deed::Unknown),
            Wire::Invite(invite) => Invite::read(invite).map(|invite| Deed::Invite(Arc::new(invite))),
            Wire::Admission(admission) => Admission::read(admission).map(Deed::Admission),
            Wire::Seat(seat) => Deed::seat(seat),
            Wire::Close(close) => EntryId::from_slice(&close.invitation).map(|invitation| Deed::Close { invitation }),
            Wire::Join(wire::Join {}) => Some(Deed::Join),
            other => deed::read(community, other),
        };
        deed.unwrap_or(Deed::Malformed)
    }

    fn seat(seat: &wire::Seat) -> Option<Deed> {
        if seat.admissions.is_empty() || seat.admissions.len() > USES_MAX as usize {
            return None;
        }
        let admissions = seat.admissions.iter().map(|id| EntryId::from_slice(id)).collect::<Option<BTreeSet<_>>>()?;
        Some(Deed::Seat { invitation: EntryId::from_slice(&seat.invitation)?, admissions })
    }
}

impl Found {
    fn read(found: &wire::Found) -> Option<Found> {
        let commons = SpaceId::from_slice(&found.commons)?;
        let vitrine = SpaceId::from_slice(&found.vitrine)?;
        if commons.is_zero() || vitrine.is_zero() || commons == vitrine {
            return None;
        }
        let [first, second] = found.keys.as_slice() else { return None };
        Some(Found {
            agreement: bytes(&found.agreement)?,
            commons,
            vitrine,
            keys: [NewKey::read(first, commons)?, NewKey::read(second, vitrine)?],
            secret_commitment: bytes(&found.secret_commitment)?,
            community_recovery: optional_key(&found.community_recovery)?,
            recovery: optional_key(&found.recovery)?,
        })
    }
}

impl NewKey {
    pub(super) fn read(key: &wire::EpochKey, space: SpaceId) -> Option<NewKey> {
        let fits = SpaceId::from_slice(&key.space) == Some(space)
            && key.copies.iter().all(is_copy)
            && key.wrapped.iter().all(|wrapped| wrapped.epoch.len() == 8);
        if !fits {
            return None;
        }
        Some(NewKey { commitment: bytes(&key.commitment)?, copies: key.copies.clone(), wrapped: key.wrapped.clone() })
    }
}

impl Invite {
    fn read(invite: &wire::Invite) -> Option<Invite> {
        if !(1..=USES_MAX).contains(&invite.uses) {
            return None;
        }
        Some(Invite {
            signing: DeviceId(bytes(&invite.signing)?),
            agreement: bytes(&invite.agreement)?,
            role: Role::from_wire(invite.role)?,
            uses: invite.uses,
            expires: Timestamp(invite.expires),
            confirm: invite.confirm,
            keys: invite.keys.iter().map(invite_key).collect::<Option<_>>()?,
        })
    }
}

impl Admission {
    fn read(admission: &wire::Admission) -> Option<Admission> {
        Some(Admission {
            invitation: EntryId::from_slice(&admission.invitation)?,
            agreement: bytes(&admission.agreement)?,
            signature: Signature::from_slice(&admission.signature)?,
            recovery: optional_key(&admission.recovery)?,
        })
    }
}

pub(super) fn invite_key(key: &wire::InviteKey) -> Option<GivenKey> {
    let copy = key.copy.clone().filter(is_copy)?;
    Some((SpaceId::from_slice(&key.space)?, EpochId::from_slice(&key.epoch)?, copy))
}

fn is_copy(copy: &KeyCopy) -> bool {
    copy.to.len() == 32 && copy.ephemeral.len() == 32 && copy.sealed.len() == 48
}

pub(super) fn bytes<const N: usize>(slice: &[u8]) -> Option<[u8; N]> {
    slice.try_into().ok()
}

/// Reads a key that may be left out.
fn optional_key(slice: &[u8]) -> Option<Option<DeviceId>> {
    if slice.is_empty() { Some(None) } else { DeviceId::from_slice(slice).map(Some) }
}
