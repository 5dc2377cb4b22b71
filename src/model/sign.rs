//! Signatures: `ed25519_dalek` is named here alone.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::id::{CommunityId, DeviceId, EntryId, MemberId};

const ENTRY_DOMAIN: &[u8] = b"repertoire 1 entry signature";
const ADMISSION_DOMAIN: &[u8] = b"repertoire 1 admission proof";
const DEVICE_DOMAIN: &[u8] = b"repertoire 1 device proof";
const COSIGN_DOMAIN: &[u8] = b"repertoire 1 co-signature";
const SESSION_DOMAIN: &[u8] = b"repertoire 1 session device";
const BUNDLE_DOMAIN: &[u8] = b"repertoire 1 bundle";

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signature({:02x}{:02x}..)", self.0[0], self.0[1])
    }
}

impl Signature {
    /// Returns the signature that these bytes are, if they are 64.
    pub fn from_slice(bytes: &[u8]) -> Option<Signature> {
        bytes.try_into().ok().map(Signature)
    }
}

/// The secret key of a device, or the one-time key of an invitation. Wiped from memory when dropped.
pub struct Signing(SigningKey);

impl Signing {
    /// Makes the key pair of a 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Signing {
        Signing(SigningKey::from_bytes(seed))
    }

    /// Returns the seed, to be stored.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Returns the public key.
    pub fn public(&self) -> DeviceId {
        DeviceId(self.0.verifying_key().to_bytes())
    }

    /// Signs an entry.
    pub fn entry(&self, id: EntryId) -> Signature {
        self.sign(&[ENTRY_DOMAIN, &id.0])
    }

    /// Signs an admission, with the invitation's one-time key.
    pub fn admission(&self, admission: &AdmissionProof) -> Signature {
        self.sign(&[ADMISSION_DOMAIN, &admission.bytes()])
    }

    /// Signs that a device becomes a person's.
    pub fn device(&self, proof: &DeviceProof) -> Signature {
        self.sign(&[DEVICE_DOMAIN, &proof.bytes()])
    }

    /// Signs an act that somebody else will write.
    pub fn cosign(&self, signed: &CoSigned<'_>) -> Signature {
        self.sign(&[COSIGN_DOMAIN, &signed.bytes()])
    }

    /// Signs the proof of one's device in a session; `bound` names role and both transport peers.
    pub fn session(&self, bound: &[u8]) -> Signature {
        self.sign(&[SESSION_DOMAIN, bound])
    }

    /// Signs a bundle, by the hash of its records.
    pub fn bundle(&self, hash: &[u8; 32]) -> Signature {
        self.sign(&[BUNDLE_DOMAIN, hash])
    }

    fn sign(&self, parts: &[&[u8]]) -> Signature {
        Signature(self.0.sign(&parts.concat()).to_bytes())
    }
}

/// What the one-time key of an invitation signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdmissionProof {
    /// The community entered.
    pub community: CommunityId,
    /// The `Invite` entry.
    pub invitation: EntryId,
    /// The newcomer's device.
    pub device: DeviceId,
    /// The newcomer's X25519 public key.
    pub agreement: [u8; 32],
}

impl AdmissionProof {
    fn bytes(&self) -> Vec<u8> {
        [&self.community.0[..], &self.invitation.0, &self.device.0, &self.agreement].concat()
    }

    /// Tells whether the invitation's one-time public key signed this.
    pub fn verify(&self, one_time: DeviceId, signature: &Signature) -> bool {
        verify(one_time, &[ADMISSION_DOMAIN, &self.bytes()], signature)
    }
}

/// What is signed when a person gets one more device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceProof {
    /// The community.
    pub community: CommunityId,
    /// The person.
    pub member: MemberId,
    /// The new device.
    pub device: DeviceId,
    /// Its X25519 public key.
    pub agreement: [u8; 32],
}

impl DeviceProof {
    fn bytes(&self) -> Vec<u8> {
        [&self.community.0[..], &self.member.0, &self.device.0, &self.agreement].concat()
    }

    /// Tells whether this key signed it.
    pub fn verify(&self, key: DeviceId, signature: &Signature) -> bool {
        verify(key, &[DEVICE_DOMAIN, &self.bytes()], signature)
    }
}

/// What those sign who sign an act together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoSigned<'a> {
    /// The community.
    pub community: CommunityId,
    /// By which signatures serve once.
    pub nonce: [u8; 16],
    /// The encoded act.
    pub body: &'a [u8],
}

impl CoSigned<'_> {
    fn bytes(&self) -> Vec<u8> {
        [&self.community.0[..], &self.nonce, self.body].concat()
    }

    /// Tells whether this key signed it.
    pub fn verify(&self, key: DeviceId, signature: &Signature) -> bool {
        verify(key, &[COSIGN_DOMAIN, &self.bytes()], signature)
    }
}

/// Tells whether the device signed the entry of this id.
pub fn verify_entry(device: DeviceId, id: EntryId, signature: &Signature) -> bool {
    verify(device, &[ENTRY_DOMAIN, &id.0], signature)
}

/// Tells whether the device signed this session proof.
pub fn verify_session(device: DeviceId, bound: &[u8], signature: &Signature) -> bool {
    verify(device, &[SESSION_DOMAIN, bound], signature)
}

/// Tells whether the device signed a bundle whose records have this hash.
pub fn verify_bundle(device: DeviceId, hash: &[u8; 32], signature: &Signature) -> bool {
    verify(device, &[BUNDLE_DOMAIN, hash], signature)
}

fn verify(key: DeviceId, parts: &[&[u8]], signature: &Signature) -> bool {
    VerifyingKey::from_bytes(&key.0).is_ok_and(|key| {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(&parts.concat(), &signature).is_ok()
    })
}

#[cfg(test)]
mod tests;
