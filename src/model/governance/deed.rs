//! What acts do, read strictly: one form each, within limits.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::act::{
    Admit, CircleAdd, CircleCreate, Cosigned, Deed, DeviceAdd, GivenKey, NewKey, Resolve, Rotate, Settings, USES_MAX,
    bytes, invite_key,
};
use super::cut::Cut;
use super::role::Role;
use crate::model::id::{CommunityId, DeviceId, DocumentId, EntryId, Incarnation, MemberId, SpaceId};
use crate::model::sign::{CoSigned, DeviceProof, Signature};
use crate::wire::Message;
use crate::wire::entry::{self as wire, GovernanceShape, governance_shape::Act as Wire};

/// Most signatures beside the author's: more than half of any community that can meet.
pub const COSIGNERS_MAX: usize = 256;
/// Most topics of one expert.
pub const TOPICS_MAX: usize = 64;
/// Most people that a recovery names.
pub const RECOVERED_MAX: usize = 64;
/// Most people who must validate a practice.
pub const VALIDATIONS_MAX: u32 = 100;
/// Most ids in one list.
const LIST_MAX: usize = USES_MAX as usize;

/// Reads an act that several signed, and verifies their signatures.
pub(super) fn cosigned(community: CommunityId, cosigned: &wire::Cosigned) -> (Deed, Option<Cosigned>) {
    let read = || {
        let nonce = bytes(&cosigned.nonce)?;
        let signed = CoSigned { community, nonce, body: &cosigned.body };
        let mut keys = BTreeSet::new();
        if cosigned.signatures.len() > COSIGNERS_MAX {
            return None;
        }
        for one in &cosigned.signatures {
            let key = DeviceId::from_slice(&one.key)?;
            let ascending = keys.last().is_none_or(|&last| last < key);
            if !ascending || !signed.verify(key, &Signature::from_slice(&one.signature)?) {
                return None;
            }
            keys.insert(key);
        }
        let shape = GovernanceShape::decode(&*cosigned.body).ok()?;
        if matches!(shape.act, Some(Wire::Cosigned(_))) {
            return None;
        }
        Some((Deed::read(community, &shape), Some(Cosigned { nonce, keys })))
    };
    read().unwrap_or((Deed::Malformed, None))
}

/// Reads an act of those that are not about entering.
pub(super) fn read(community: CommunityId, act: &Wire) -> Option<Deed> {
    Some(match act {
        Wire::Grant(grant) if Role::is_newer(grant.role) => Deed::Unknown,
        Wire::Resign(resign) if Role::is_newer(resign.role) => Deed::Unknown,
        Wire::Rule(rule) if Role::is_newer(rule.inviters) => Deed::Unknown,
        Wire::Grant(grant) => self::grant(grant)?,
        Wire::Resign(resign) => Deed::Resign { role: Role::from_wire(resign.role)? },
        Wire::Leave(wire::Leave {}) => Deed::Leave,
        Wire::Revoke(revoke) => Deed::Revoke { member: member(&revoke.member)?, cut: cut(revoke.cut.as_ref())? },
        Wire::DeviceAdd(add) => device_add(community, add)?,
        Wire::DeviceDrop(drop) => Deed::DeviceDrop {
            member: member(&drop.member)?,
            device: DeviceId::from_slice(&drop.device)?,
            cut: cut(drop.cut.as_ref())?,
        },
        Wire::Rotate(rotate) => {
            let key = rotate.key.as_ref()?;
            let space = space(&key.space)?;
            Deed::Rotate(Arc::new(Rotate { space, key: NewKey::read(key, space)? }))
        }
        Wire::Checkpoint(wire::Checkpoint {}) => Deed::Checkpoint,
        Wire::Recover(recover) => Deed::Recover { animators: members(&recover.animators, RECOVERED_MAX)? },
        Wire::Veto(veto) => Deed::Veto { recover: EntryId::from_slice(&veto.recover)? },
        Wire::Confirm(confirm) => Deed::Confirm { recover: EntryId::from_slice(&confirm.recover)? },
        Wire::Rule(rule) => Deed::Rule(settings(rule)?),
        Wire::CircleCreate(_) | Wire::CircleAdd(_) | Wire::CircleRemove(_) => circle(act)?,
        Wire::Admit(admit) => self::admit(admit)?,
        Wire::Dismiss(dismiss) => {
            let (admissions, entries) = (entries(&dismiss.admissions)?, entries(&dismiss.entries)?);
            Deed::Dismiss { admissions, entries }
        }
        Wire::Resolve(resolve) => self::resolve(resolve)?,
        Wire::OwedCut(owed) => {
            let cut = cut(owed.cut.as_ref())?;
            let one = cut.spaces.len() == 1 && cut.tips.keys().all(|(space, ..)| cut.spaces.contains(space));
            if !one {
                return None;
            }
            Deed::OwedCut { removal: EntryId::from_slice(&owed.removal)?, cut }
        }
        Wire::End(wire::End {}) => Deed::End,
        Wire::Found(_)
        | Wire::Invite(_)
        | Wire::Admission(_)
        | Wire::Seat(_)
        | Wire::Close(_)
        | Wire::Join(_)
        | Wire::Cosigned(_) => return None,
    })
}

fn grant(grant: &wire::Grant) -> Option<Deed> {
    let role = Role::from_wire(grant.role)?;
    let topics = ascending(&grant.topics, TOPICS_MAX, DocumentId::from_slice)?;
    if role != Role::Expert && !topics.is_empty() {
        return None;
    }
    let cut = match &grant.cut {
        Some(cut) => Some(Arc::new(Cut::read(cut)?)),
        None => None,
    };
    Some(Deed::Grant { member: member(&grant.member)?, role, topics, cut })
}

fn device_add(community: CommunityId, add: &wire::DeviceAdd) -> Option<Deed> {
    let read = DeviceAdd {
        member: member(&add.member)?,
        device: DeviceId::from_slice(&add.device)?,
        agreement: bytes(&add.agreement)?,
        signer: DeviceId::from_slice(&add.signer)?,
        keys: given(&add.keys)?,
    };
    let proof = DeviceProof { community, member: read.member, device: read.device, agreement: read.agreement };
    let signed = proof.verify(read.signer, &Signature::from_slice(&add.signature)?);
    signed.then(|| Deed::DeviceAdd(Arc::new(read)))
}

fn settings(rule: &wire::Rule) -> Option<Settings> {
    let inviters = Role::from_wire(rule.inviters)?;
    let known = matches!(inviters, Role::Animator | Role::Expert | Role::Member);
    let fits = known && (1..=VALIDATIONS_MAX).contains(&rule.validations);
    fits.then_some(Settings { inviters, validations: rule.validations })
}

fn circle(act: &Wire) -> Option<Deed> {
    Some(match act {
        Wire::CircleCreate(create) => {
            let space = space(&create.space)?;
            let key = NewKey::read(create.key.as_ref()?, space)?;
            let members = members(&create.members, LIST_MAX)?;
            Deed::CircleCreate(Arc::new(CircleCreate { space, members, key, hidden: create.hidden }))
        }
        Wire::CircleAdd(add) => {
            let (space, keys) = (space(&add.space)?, given(&add.keys)?);
            if keys.iter().any(|(of, _, _)| *of != space) {
                return None;
            }
            Deed::CircleAdd(Arc::new(CircleAdd { space, member: member(&add.member)?, keys }))
        }
        Wire::CircleRemove(remove) => {
            let (space, member) = (space(&remove.space)?, member(&remove.member)?);
            Deed::CircleRemove { space, member, cut: cut(remove.cut.as_ref())? }
        }
        _ => return None,
    })
}

fn admit(admit: &wire::Admit) -> Option<Deed> {
    let read =
        Admit { admissions: entries(&admit.admissions)?, entries: entries(&admit.entries)?, keys: given(&admit.keys)? };
    Some(Deed::Admit(Arc::new(read)))
}

fn resolve(resolve: &wire::Resolve) -> Option<Deed> {
    let read = Resolve {
        space: SpaceId::from_slice(&resolve.space)?,
        device: DeviceId::from_slice(&resolve.device)?,
        incarnation: Incarnation::from_slice(&resolve.incarnation)?,
        seq: resolve.seq,
        hash: EntryId::from_slice(&resolve.hash)?,
        cut: Cut::read(resolve.cut.as_ref()?)?,
    };
    let chain = (read.space, read.device, read.incarnation);
    let fits = read.seq > 0 && read.cut.tips.keys().all(|other| *other == chain);
    fits.then(|| Deed::Resolve(Arc::new(read)))
}

fn cut(cut: Option<&wire::Cut>) -> Option<Arc<Cut>> {
    Cut::read(cut?).map(Arc::new)
}

fn member(id: &[u8]) -> Option<MemberId> {
    MemberId::from_slice(id)
}

fn space(id: &[u8]) -> Option<SpaceId> {
    SpaceId::from_slice(id).filter(|id| !id.is_zero())
}

/// Reads one person or more.
fn members(ids: &[Vec<u8>], most: usize) -> Option<BTreeSet<MemberId>> {
    ascending(ids, most, MemberId::from_slice).filter(|members| !members.is_empty())
}

fn entries(ids: &[Vec<u8>]) -> Option<BTreeSet<EntryId>> {
    ascending(ids, LIST_MAX, EntryId::from_slice)
}

fn ascending<T: Ord>(ids: &[Vec<u8>], most: usize, read: fn(&[u8]) -> Option<T>) -> Option<BTreeSet<T>> {
    if ids.len() > most || !ids.is_sorted_by(|one, next| one < next) {
        return None;
    }
    ids.iter().map(|id| read(id)).collect()
}

fn given(keys: &[wire::InviteKey]) -> Option<Vec<GivenKey>> {
    let keys: Vec<GivenKey> = keys.iter().map(invite_key).collect::<Option<_>>()?;
    let order = |(space, epoch, copy): &GivenKey| (*space, *epoch, copy.to.clone());
    keys.is_sorted_by(|one, next| order(one) < order(next)).then_some(keys)
}
