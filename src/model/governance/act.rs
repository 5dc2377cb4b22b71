//! One governance entry, read: who did what, after what.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::role::Role;
use crate::model::entry::Entry;
use crate::model::id::{CommunityId, DeviceId, EntryId, EpochId, SpaceId, Timestamp};
use crate::model::sign::Signature;
use crate::wire::entry::{self as wire, GovernanceShape, KeyCopy, governance_shape};

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
    /// The entry before it in its chain.
    pub prev: Option<EntryId>,
    /// Its direct past: `deps` and `prev`.
    pub past: Vec<EntryId>,
    /// Its claimed time.
    pub time: Timestamp,
    pub(super) deed: Deed,
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
}

/// The first key of a space.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NewKey {
    pub(super) commitment: [u8; 32],
    pub(super) copies: Vec<KeyCopy>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Invite {
    pub(super) signing: DeviceId,
    pub(super) agreement: [u8; 32],
    pub(super) role: Role,
    pub(super) uses: u32,
    pub(super) expires: Timestamp,
    pub(super) confirm: bool,
    pub(super) keys: Vec<(SpaceId, EpochId, KeyCopy)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Admission {
    pub(super) invitation: EntryId,
    pub(super) agreement: [u8; 32],
    pub(super) signature: Signature,
}

impl Act {
    /// Reads a governance entry and its shape.
    pub fn new(entry: &Entry, shape: &GovernanceShape) -> Act {
        Act { deed: Deed::read(shape), ..Act::unreadable(entry) }
    }

    /// Takes a governance entry whose shape can't be opened or decoded: it is void, and others may have it in their past.
    pub fn unreadable(entry: &Entry) -> Act {
        let header = entry.header();
        Act {
            id: entry.id(),
            community: entry.community(),
            device: header.device,
            prev: (!header.prev.is_zero()).then_some(header.prev),
            past: header.past().collect(),
            time: header.time,
            deed: Deed::Malformed,
        }
    }
}

impl Deed {
    fn read(shape: &GovernanceShape) -> Deed {
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
        })
    }
}

impl NewKey {
    fn read(key: &wire::EpochKey, space: SpaceId) -> Option<NewKey> {
        let fits = SpaceId::from_slice(&key.space) == Some(space) && key.copies.iter().all(is_copy);
        if !fits {
            return None;
        }
        Some(NewKey { commitment: bytes(&key.commitment)?, copies: key.copies.clone() })
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
        })
    }
}

fn invite_key(key: &wire::InviteKey) -> Option<(SpaceId, EpochId, KeyCopy)> {
    let copy = key.copy.clone().filter(is_copy)?;
    Some((SpaceId::from_slice(&key.space)?, EpochId::from_slice(&key.epoch)?, copy))
}

fn is_copy(copy: &KeyCopy) -> bool {
    copy.to.len() == 32 && copy.ephemeral.len() == 32 && copy.sealed.len() == 48
}

fn bytes<const N: usize>(slice: &[u8]) -> Option<[u8; N]> {
    slice.try_into().ok()
}
