//! Acts about roles, devices, keys and circles, to be written.

use std::collections::BTreeSet;

use super::shape;
use crate::model::Random;
use crate::model::governance::act::Settings;
use crate::model::governance::cut::{Cut, Place};
use crate::model::governance::role::Role;
use crate::model::id::{CommunityId, DeviceId, DocumentId, EntryId, EpochId, MemberId, SpaceId};
use crate::model::seal::{SpaceKey, copy_key_to};
use crate::model::sign::{CoSigned, DeviceProof, Signature, Signing};
use crate::wire::Message;
use crate::wire::entry::{self as wire, GovernanceShape, InviteKey, KeyCopy, governance_shape::Act as Wire};

/// A key of a space, by its epoch's name.
type OpenKey = (SpaceId, EpochId, SpaceKey);

/// Makes something else of a member. `topics` are an expert's; `cut` is there exactly in a demotion.
pub fn grant(member: MemberId, role: Role, topics: &BTreeSet<DocumentId>, cut: Option<&Cut>) -> GovernanceShape {
    shape(Wire::Grant(wire::Grant {
        member: member.0.to_vec(),
        role: role.to_wire(),
        topics: topics.iter().map(|id| id.0.to_vec()).collect(),
        cut: cut.map(Cut::to_wire),
    }))
}

/// Gives one's own role up for a lower one.
pub fn resign(role: Role) -> GovernanceShape {
    shape(Wire::Resign(wire::Resign { role: role.to_wire() }))
}

/// Leaves.
pub fn leave() -> GovernanceShape {
    shape(Wire::Leave(wire::Leave {}))
}

/// Removes a member.
pub fn revoke(member: MemberId, cut: &Cut) -> GovernanceShape {
    shape(Wire::Revoke(wire::Revoke { member: member.0.to_vec(), cut: Some(cut.to_wire()) }))
}

/// Adds a device to a person; `signer` is the key that made the signature: the new device's where a device of the person
/// writes this, else one of the person's or their recovery key.
pub fn device_add(
    proof: &DeviceProof,
    signer: DeviceId,
    signature: &Signature,
    keys: &[OpenKey],
    random: &mut dyn Random,
) -> GovernanceShape {
    shape(Wire::DeviceAdd(wire::DeviceAdd {
        member: proof.member.0.to_vec(),
        device: proof.device.0.to_vec(),
        agreement: proof.agreement.to_vec(),
        signer: signer.0.to_vec(),
        signature: signature.0.to_vec(),
        keys: given(keys, &[proof.agreement], random),
    }))
}

/// Drops a device of a person.
pub fn device_drop(member: MemberId, device: DeviceId, cut: &Cut) -> GovernanceShape {
    shape(Wire::DeviceDrop(wire::DeviceDrop {
        member: member.0.to_vec(),
        device: device.0.to_vec(),
        cut: Some(cut.to_wire()),
    }))
}

/// Makes a new key of a space: sealed to these X25519 public keys, with the earlier epochs' keys under it.
pub fn rotate(
    space: SpaceId,
    key: &SpaceKey,
    to: &[[u8; 32]],
    earlier: &[(EpochId, SpaceKey)],
    random: &mut dyn Random,
) -> GovernanceShape {
    shape(Wire::Rotate(wire::Rotate { key: Some(epoch_key(space, key, to, earlier, random)) }))
}

/// Closes an epoch of governance. To be co-signed.
pub fn checkpoint() -> GovernanceShape {
    shape(Wire::Checkpoint(wire::Checkpoint {}))
}

/// Names those who govern from now on. To be co-signed.
pub fn recover(animators: &BTreeSet<MemberId>) -> GovernanceShape {
    shape(Wire::Recover(wire::Recover { animators: members(animators) }))
}

/// Says that somebody who governs is not lost.
pub fn veto(recover: EntryId) -> GovernanceShape {
    shape(Wire::Veto(wire::Veto { recover: recover.0.to_vec() }))
}

/// Says a recovery again. To be co-signed.
pub fn confirm(recover: EntryId) -> GovernanceShape {
    shape(Wire::Confirm(wire::Confirm { recover: recover.0.to_vec() }))
}

/// Changes the settings.
pub fn rule(settings: Settings) -> GovernanceShape {
    shape(Wire::Rule(wire::Rule { inviters: settings.inviters.to_wire(), validations: settings.validations }))
}

/// Creates a circle: its members, its first key, sealed to these X25519 public keys.
pub fn circle_create(
    space: SpaceId,
    members: &BTreeSet<MemberId>,
    hidden: bool,
    (key, to): (&SpaceKey, &[[u8; 32]]),
    random: &mut dyn Random,
) -> GovernanceShape {
    shape(Wire::CircleCreate(wire::CircleCreate {
        space: space.0.to_vec(),
        members: self::members(members),
        key: Some(epoch_key(space, key, to, &[], random)),
        hidden,
    }))
}

/// Takes a member into a circle: its keys, sealed to the member's X25519 public keys.
pub fn circle_add(
    space: SpaceId,
    member: MemberId,
    (keys, to): (&[(EpochId, SpaceKey)], &[[u8; 32]]),
    random: &mut dyn Random,
) -> GovernanceShape {
    let keys: Vec<_> = keys.iter().map(|(epoch, key)| (space, *epoch, key.clone())).collect();
    shape(Wire::CircleAdd(wire::CircleAdd {
        space: space.0.to_vec(),
        member: member.0.to_vec(),
        keys: given(&keys, to, random),
    }))
}

/// Removes a member from a circle.
pub fn circle_remove(space: SpaceId, member: MemberId, cut: &Cut) -> GovernanceShape {
    shape(Wire::CircleRemove(wire::CircleRemove {
        space: space.0.to_vec(),
        member: member.0.to_vec(),
        cut: Some(cut.to_wire()),
    }))
}

/// Lets in admissions that wait, with keys sealed to their devices, and entries in quarantine.
pub fn admit(
    admissions: &BTreeSet<EntryId>,
    entries: &BTreeSet<EntryId>,
    (keys, to): (&[OpenKey], &[[u8; 32]]),
    random: &mut dyn Random,
) -> GovernanceShape {
    shape(Wire::Admit(wire::Admit {
        admissions: ids(admissions),
        entries: ids(entries),
        keys: given(keys, to, random),
    }))
}

/// Leaves admissions and entries out that wait.
pub fn dismiss(admissions: &BTreeSet<EntryId>, entries: &BTreeSet<EntryId>) -> GovernanceShape {
    shape(Wire::Dismiss(wire::Dismiss { admissions: ids(admissions), entries: ids(entries) }))
}

/// Chooses a branch of a fork, named by its tip; of the others counts what `cut` names.
pub fn resolve(choice: &Place, cut: &Cut) -> GovernanceShape {
    shape(Wire::Resolve(wire::Resolve {
        space: choice.space.0.to_vec(),
        device: choice.device.0.to_vec(),
        incarnation: choice.incarnation.0.to_vec(),
        seq: choice.seq,
        hash: choice.id.0.to_vec(),
        cut: Some(cut.to_wire()),
    }))
}

/// Says what counts in the one space that `cut` names, which the removal did not.
pub fn owed_cut(removal: EntryId, cut: &Cut) -> GovernanceShape {
    shape(Wire::OwedCut(wire::OwedCut { removal: removal.0.to_vec(), cut: Some(cut.to_wire()) }))
}

/// Ends the community.
pub fn end() -> GovernanceShape {
    shape(Wire::End(wire::End {}))
}

/// An act that several people sign before one of them writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    community: CommunityId,
    nonce: [u8; 16],
    body: Vec<u8>,
    signatures: Vec<(DeviceId, Signature)>,
}

impl Proposal {
    /// Proposes an act.
    pub fn new(community: CommunityId, act: &GovernanceShape, random: &mut dyn Random) -> Proposal {
        let mut nonce = [0; 16];
        random.fill(&mut nonce);
        Proposal { community, nonce, body: act.encode_to_vec(), signatures: Vec::new() }
    }

    /// Reads one that came as a co-signed act: see [`Proposal::shape`]. None if it is none, or a signature is wrong.
    pub fn read(community: CommunityId, shape: &GovernanceShape) -> Option<Proposal> {
        let Some(Wire::Cosigned(cosigned)) = &shape.act else { return None };
        let mut proposal = Proposal {
            community,
            nonce: cosigned.nonce.as_slice().try_into().ok()?,
            body: cosigned.body.clone(),
            signatures: Vec::new(),
        };
        for one in &cosigned.signatures {
            let (key, signature) = (DeviceId::from_slice(&one.key)?, Signature::from_slice(&one.signature)?);
            if !proposal.add(key, signature) {
                return None;
            }
        }
        Some(proposal)
    }

    /// Returns what makes its signatures serve once.
    pub fn nonce(&self) -> &[u8; 16] {
        &self.nonce
    }

    /// Returns it without signatures: what is handed on to be signed.
    pub fn bare(&self) -> GovernanceShape {
        Proposal { signatures: Vec::new(), ..self.clone() }.shape()
    }

    /// Returns the act.
    pub fn act(&self) -> Option<GovernanceShape> {
        GovernanceShape::decode(&*self.body).ok()
    }

    /// Signs it.
    pub fn sign(&mut self, key: &Signing) {
        let signature = key.cosign(&self.signed());
        self.add(key.public(), signature);
    }

    /// Adds somebody's signature; tells whether it is right.
    pub fn add(&mut self, key: DeviceId, signature: Signature) -> bool {
        let right = self.signed().verify(key, &signature);
        if right {
            self.signatures.retain(|(other, _)| *other != key);
            self.signatures.push((key, signature));
            self.signatures.sort_by_key(|(key, _)| *key);
        }
        right
    }

    /// Returns who signed.
    pub fn signers(&self) -> impl Iterator<Item = DeviceId> + '_ {
        self.signatures.iter().map(|(key, _)| *key)
    }

    /// Returns it as the act to be written, or to be handed on for more signatures.
    pub fn shape(&self) -> GovernanceShape {
        let signatures = self
            .signatures
            .iter()
            .map(|(key, signature)| wire::CoSignature { key: key.0.to_vec(), signature: signature.0.to_vec() });
        shape(Wire::Cosigned(wire::Cosigned {
            body: self.body.clone(),
            nonce: self.nonce.to_vec(),
            signatures: signatures.collect(),
        }))
    }

    fn signed(&self) -> CoSigned<'_> {
        CoSigned { community: self.community, nonce: self.nonce, body: &self.body }
    }
}

fn epoch_key(
    space: SpaceId,
    key: &SpaceKey,
    to: &[[u8; 32]],
    earlier: &[(EpochId, SpaceKey)],
    random: &mut dyn Random,
) -> wire::EpochKey {
    let copies = to.iter().map(|to| copy_key_to(to, space, EpochId::ZERO, key, random)).collect();
    let wrapped = earlier.iter().map(|(epoch, earlier)| key.wrap(space, *epoch, earlier, random)).collect();
    wire::EpochKey { space: space.0.to_vec(), commitment: key.commitment(space).to_vec(), copies, wrapped }
}

/// Seals each key to each of these X25519 public keys.
fn given(keys: &[OpenKey], to: &[[u8; 32]], random: &mut dyn Random) -> Vec<InviteKey> {
    let mut pairs: Vec<_> = keys.iter().flat_map(|key| to.iter().map(move |to| (key, to))).collect();
    pairs.sort_by_key(|((space, epoch, _), to)| (*space, *epoch, **to));
    pairs.dedup_by_key(|((space, epoch, _), to)| (*space, *epoch, **to));
    let copy = |((space, epoch, key), to): (&(SpaceId, EpochId, SpaceKey), &[u8; 32])| {
        let copy: KeyCopy = copy_key_to(to, *space, *epoch, key, random);
        InviteKey { space: space.0.to_vec(), epoch: epoch.0.to_vec(), copy: Some(copy) }
    };
    pairs.into_iter().map(copy).collect()
}

fn members(members: &BTreeSet<MemberId>) -> Vec<Vec<u8>> {
    members.iter().map(|id| id.0.to_vec()).collect()
}

fn ids(ids: &BTreeSet<EntryId>) -> Vec<Vec<u8>> {
    ids.iter().map(|id| id.0.to_vec()).collect()
}
