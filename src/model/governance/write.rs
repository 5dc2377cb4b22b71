//! Acts to be written: their shapes, from values and randomness.

mod acts;

use super::role::Role;
use super::state::State;
use crate::model::Random;
use crate::model::id::{DeviceId, EntryId, EpochId, SpaceId, Timestamp};
use crate::model::seal::{
    Agreement, SealError, SpaceKey, copy_key_to, invitation_agreement_seed, invitation_signing_seed, secret_commitment,
};
use crate::model::sign::{AdmissionProof, Signing};
use crate::wire::entry::{self as wire, EpochKey, GovernanceShape, InviteKey, governance_shape};

pub use acts::{
    Proposal, admit, checkpoint, circle_add, circle_create, circle_remove, confirm, device_add, device_drop, dismiss,
    end, grant, leave, owed_cut, recover, resign, resolve, revoke, rotate, rule, veto,
};

/// A founding to be written, and the keys that it makes. Their epoch is named by the entry's id.
#[derive(Debug)]
pub struct Founding {
    /// The shape of the founding entry.
    pub shape: GovernanceShape,
    /// The commons and its key.
    pub commons: (SpaceId, SpaceKey),
    /// The vitrine and its key.
    pub vitrine: (SpaceId, SpaceKey),
}

/// What an invitation offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InviteTerms {
    /// What it makes of people.
    pub role: Role,
    /// How many it admits, 1 to 1,000.
    pub uses: u32,
    /// Until when, in claimed times.
    pub expires: Timestamp,
    /// It admits nobody until somebody who governs says so.
    pub confirm: bool,
}

/// Public keys of the printed recovery keys, where there are any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recoveries {
    /// Of the community.
    pub community: Option<DeviceId>,
    /// Of the founder as a person.
    pub person: Option<DeviceId>,
}

/// Founds a community: for the founder's X25519 public key, with the community secret.
pub fn found(agreement: &[u8; 32], secret: &[u8; 32], recoveries: Recoveries, random: &mut dyn Random) -> Founding {
    let mut space = || {
        let mut id = SpaceId::ZERO;
        random.fill(&mut id.0);
        let key = SpaceKey::generate(random);
        let copy = copy_key_to(agreement, id, EpochId::ZERO, &key, random);
        let wire = EpochKey {
            space: id.0.to_vec(),
            commitment: key.commitment(id).to_vec(),
            copies: vec![copy],
            wrapped: Vec::new(),
        };
        ((id, key), wire)
    };
    let (commons, commons_key) = space();
    let (vitrine, vitrine_key) = space();
    let shape = shape(governance_shape::Act::Found(wire::Found {
        agreement: agreement.to_vec(),
        commons: commons.0.0.to_vec(),
        vitrine: vitrine.0.0.to_vec(),
        keys: vec![commons_key, vitrine_key],
        secret_commitment: secret_commitment(secret).to_vec(),
        community_recovery: optional_key(recoveries.community),
        recovery: optional_key(recoveries.person),
    }));
    Founding { shape, commons, vitrine }
}

/// Invites: `secret` is the one-time secret, `keys` those of the role's spaces. An invitation to be confirmed gives no
/// key.
pub fn invite(
    terms: &InviteTerms,
    secret: &[u8; 32],
    keys: &[(SpaceId, EpochId, SpaceKey)],
    random: &mut dyn Random,
) -> GovernanceShape {
    let to = Agreement::from_seed(&invitation_agreement_seed(secret)).public();
    let keys = if terms.confirm { &[] } else { keys };
    let keys = keys.iter().map(|(space, epoch, key)| InviteKey {
        space: space.0.to_vec(),
        epoch: epoch.0.to_vec(),
        copy: Some(copy_key_to(&to, *space, *epoch, key, random)),
    });
    shape(governance_shape::Act::Invite(wire::Invite {
        keys: keys.collect(),
        signing: Signing::from_seed(&invitation_signing_seed(secret)).public().0.to_vec(),
        agreement: to.to_vec(),
        role: terms.role.to_wire(),
        uses: terms.uses,
        expires: terms.expires.0,
        confirm: terms.confirm,
    }))
}

/// Enters by an invitation, with its one-time secret. `recovery` is the public key of the newcomer's printed recovery key.
pub fn admission(proof: &AdmissionProof, recovery: Option<DeviceId>, secret: &[u8; 32]) -> GovernanceShape {
    let signature = Signing::from_seed(&invitation_signing_seed(secret)).admission(proof);
    shape(governance_shape::Act::Admission(wire::Admission {
        invitation: proof.invitation.0.to_vec(),
        agreement: proof.agreement.to_vec(),
        signature: signature.0.to_vec(),
        recovery: optional_key(recovery),
    }))
}

/// Gives seats.
pub fn seat(invitation: EntryId, admissions: &[EntryId]) -> GovernanceShape {
    let admissions = admissions.iter().map(|id| id.0.to_vec()).collect();
    shape(governance_shape::Act::Seat(wire::Seat { invitation: invitation.0.to_vec(), admissions }))
}

/// Closes an invitation.
pub fn close(invitation: EntryId) -> GovernanceShape {
    shape(governance_shape::Act::Close(wire::Close { invitation: invitation.0.to_vec() }))
}

/// Joins heads and bears witness.
pub fn join() -> GovernanceShape {
    shape(governance_shape::Act::Join(wire::Join {}))
}

/// Opens the keys that an invitation gives to the holder of its one-time secret.
///
/// # Errors
///
/// When the invitation is not in this state, or the secret is not its own, or a key is not what the community agreed on.
pub fn open_invitation(
    state: &State,
    invitation: EntryId,
    secret: &[u8; 32],
) -> Result<Vec<(SpaceId, EpochId, SpaceKey)>, SealError> {
    let agreement = Agreement::from_seed(&invitation_agreement_seed(secret));
    let public = agreement.public();
    if state.invitations.get(&invitation).is_none_or(|invitation| invitation.agreement != public) {
        return Err(SealError);
    }
    let copies = state.invitation_copies(invitation);
    let keys = copies.iter().map(|held| Ok((held.space, held.epoch, state.open(held, &agreement)?)));
    let mut keys = keys.collect::<Result<Vec<_>, SealError>>()?;
    // What rotations since sealed to it: a copy that doesn't open is only missing.
    let later = state.keys_for(&agreement);
    keys.extend(
        later
            .into_iter()
            .filter(|(space, epoch, _)| !copies.iter().any(|held| (held.space, held.epoch) == (*space, *epoch))),
    );
    Ok(keys)
}

fn optional_key(key: Option<DeviceId>) -> Vec<u8> {
    key.map_or_else(Vec::new, |key| key.0.to_vec())
}

fn shape(act: governance_shape::Act) -> GovernanceShape {
    GovernanceShape { act: Some(act) }
}
