//! Sealing: keys of spaces, and their copies for devices and invitations.
//!
//! `chacha20poly1305` and `x25519_dalek` are named here alone. Formats are in `proto/entry.proto`.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Random;
use super::id::{EntryId, EpochId, SpaceId};
use crate::wire::entry::{KeyCopy, WrappedKey};

mod chunks;

pub use chunks::{CHUNK_BYTES, CHUNK_OVERHEAD, Chunks};

/// Bytes of a nonce.
pub(super) const NONCE_BYTES: usize = 24;
const COPY_CONTEXT: &str = "repertoire 1 key copy";
const NAME_CONTEXT: &str = "repertoire 1 sealed name";
const COMMITMENT_CONTEXT: &str = "repertoire 1 epoch commitment";
const SECRET_CONTEXT: &str = "repertoire 1 community secret";
const BUNDLE_KEY: &[u8] = b"repertoire 1 bundle key";
const BUNDLE_HINT: &[u8] = b"repertoire 1 bundle hint";
const INVITATION_SIGNING: &str = "repertoire 1 invitation signing";
const INVITATION_AGREEMENT: &str = "repertoire 1 invitation agreement";

/// What is sealed can't be opened with this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key doesn't open it, or it was altered")]
pub struct SealError;

/// The symmetric key of a space in one epoch. Wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SpaceKey([u8; 32]);

impl std::fmt::Debug for SpaceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SpaceKey")
    }
}

impl SpaceKey {
    /// Makes a new key.
    pub fn generate(random: &mut dyn Random) -> SpaceKey {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        SpaceKey(bytes)
    }

    /// Takes a key from its 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> SpaceKey {
        SpaceKey(bytes)
    }

    /// Returns the key's bytes, to be stored.
    pub fn bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0)
    }

    /// Returns the public commitment to this key of a space.
    pub fn commitment(&self, space: SpaceId) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key(COMMITMENT_CONTEXT);
        *hasher.update(&space.0).update(&self.0).finalize().as_bytes()
    }

    /// Seals: 24-byte random nonce, then the ciphertext.
    pub fn seal(&self, associated: &[u8], plain: &[u8], random: &mut dyn Random) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce);
        let mut out = nonce.to_vec();
        out.extend(encrypt(&self.0, &nonce, associated, plain));
        out
    }

    /// Opens what [`SpaceKey::seal`] gave.
    ///
    /// # Errors
    ///
    /// When the key, the associated data or the bytes are not those that were sealed.
    pub fn open(&self, associated: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(SealError)?;
        decrypt(&self.0, nonce, associated, sealed)
    }

    /// Seals with a nonce that was never used with this key and never will be again.
    pub(super) fn seal_with(&self, nonce: &[u8; NONCE_BYTES], associated: &[u8], plain: &[u8]) -> Vec<u8> {
        encrypt(&self.0, nonce, associated, plain)
    }

    /// Opens what [`SpaceKey::seal_with`] gave.
    pub(super) fn open_with(
        &self,
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        decrypt(&self.0, nonce, associated, sealed)
    }

    /// Seals an earlier epoch's key of the space under this one.
    pub fn wrap(&self, space: SpaceId, epoch: EpochId, earlier: &SpaceKey, random: &mut dyn Random) -> WrappedKey {
        let associated = [&space.0[..], &epoch.0].concat();
        WrappedKey { epoch: epoch.0.to_vec(), sealed: self.seal(&associated, &earlier.0, random) }
    }

    /// Opens an earlier epoch's key.
    ///
    /// # Errors
    ///
    /// When it is not an earlier key of this space under this key.
    pub fn unwrap_key(&self, space: SpaceId, wrapped: &WrappedKey) -> Result<SpaceKey, SealError> {
        let associated = [&space.0[..], &wrapped.epoch].concat();
        let plain = Zeroizing::new(self.open(&associated, &wrapped.sealed)?);
        plain.as_slice().try_into().map(SpaceKey).map_err(|_| SealError)
    }
}

/// The X25519 secret of a device or an invitation. Wiped from memory when dropped.
pub struct Agreement(StaticSecret);

impl Agreement {
    /// Takes the secret from 32 bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Agreement {
        Agreement(StaticSecret::from(*seed))
    }

    /// Returns the secret's bytes, to be stored.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Returns the public key.
    pub fn public(&self) -> [u8; 32] {
        PublicKey::from(&self.0).to_bytes()
    }

    /// Opens the copy of a space key that was sealed to this secret.
    ///
    /// # Errors
    ///
    /// When it was sealed to another key, for another space or epoch, or is damaged.
    pub fn open_copy(&self, space: SpaceId, epoch: EpochId, copy: &KeyCopy) -> Result<SpaceKey, SealError> {
        let ephemeral: [u8; 32] = copy.ephemeral.as_slice().try_into().map_err(|_| SealError)?;
        let shared = self.0.diffie_hellman(&PublicKey::from(ephemeral));
        if !shared.was_contributory() {
            return Err(SealError);
        }
        let key = copy_key(COPY_CONTEXT, shared.as_bytes(), &ephemeral, &self.public());
        let associated = [&space.0[..], &epoch.0].concat();
        let plain = Zeroizing::new(decrypt(&key, &[0; NONCE_BYTES], &associated, &copy.sealed)?);
        plain.as_slice().try_into().map(SpaceKey).map_err(|_| SealError)
    }

    /// Opens a newcomer's name that was sealed to this secret.
    ///
    /// # Errors
    ///
    /// When it was sealed to another key, for another invitation, or is damaged.
    pub fn open_name(&self, invitation: EntryId, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (ephemeral, sealed) = sealed.split_first_chunk::<32>().ok_or(SealError)?;
        let shared = self.0.diffie_hellman(&PublicKey::from(*ephemeral));
        if !shared.was_contributory() {
            return Err(SealError);
        }
        let key = copy_key(NAME_CONTEXT, shared.as_bytes(), ephemeral, &self.public());
        decrypt(&key, &[0; NONCE_BYTES], &invitation.0, sealed)
    }
}

/// Seals a newcomer's name to the X25519 public key of the device that invited: ephemeral public key, then ciphertext.
pub fn seal_name_to(to: &[u8; 32], invitation: EntryId, name: &str, random: &mut dyn Random) -> Vec<u8> {
    let mut seed = Zeroizing::new([0; 32]);
    random.fill(&mut *seed);
    let secret = StaticSecret::from(*seed);
    let ephemeral = PublicKey::from(&secret).to_bytes();
    let shared = secret.diffie_hellman(&PublicKey::from(*to));
    let key = copy_key(NAME_CONTEXT, shared.as_bytes(), &ephemeral, to);
    let mut out = ephemeral.to_vec();
    out.extend(encrypt(&key, &[0; NONCE_BYTES], &invitation.0, name.as_bytes()));
    out
}

/// Seals a space key to an X25519 public key. `epoch` is zero where the holding entry itself makes the epoch.
pub fn copy_key_to(to: &[u8; 32], space: SpaceId, epoch: EpochId, key: &SpaceKey, random: &mut dyn Random) -> KeyCopy {
    let mut seed = Zeroizing::new([0; 32]);
    random.fill(&mut *seed);
    let secret = StaticSecret::from(*seed);
    let ephemeral = PublicKey::from(&secret).to_bytes();
    let shared = secret.diffie_hellman(&PublicKey::from(*to));
    let sealing = copy_key(COPY_CONTEXT, shared.as_bytes(), &ephemeral, to);
    let associated = [&space.0[..], &epoch.0].concat();
    let sealed = encrypt(&sealing, &[0; NONCE_BYTES], &associated, &key.0);
    KeyCopy { to: to.to_vec(), ephemeral: ephemeral.to_vec(), sealed }
}

/// Returns the public commitment to a community secret.
pub fn secret_commitment(secret: &[u8; 32]) -> [u8; 32] {
    *blake3::Hasher::new_derive_key(SECRET_CONTEXT).update(secret).finalize().as_bytes()
}

/// Returns the seed of an invitation's one-time signing key.
pub fn invitation_signing_seed(secret: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(blake3::derive_key(INVITATION_SIGNING, secret))
}

/// Returns the seed of an invitation's one-time X25519 secret.
pub fn invitation_agreement_seed(secret: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(blake3::derive_key(INVITATION_AGREEMENT, secret))
}

/// The key of one bundle: it seals that file alone. Wiped from memory when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct BundleKey([u8; 32]);

/// Where a chunk stands in its bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkPlace {
    /// Its number, from 0.
    pub number: u64,
    /// Whether none follows it.
    pub last: bool,
}

impl ChunkPlace {
    fn nonce(self) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        nonce[..8].copy_from_slice(&self.number.to_le_bytes());
        nonce[8] = u8::from(self.last);
        nonce
    }
}

impl BundleKey {
    /// Returns the key of the bundle with this salt.
    pub fn derive(secret: &[u8; 32], salt: &[u8; 32]) -> BundleKey {
        BundleKey(*blake3::Hasher::new_keyed(secret).update(BUNDLE_KEY).update(salt).finalize().as_bytes())
    }

    /// Seals a chunk.
    pub fn seal(&self, place: ChunkPlace, associated: &[u8], plain: &[u8]) -> Vec<u8> {
        encrypt(&self.0, &place.nonce(), associated, plain)
    }

    /// Opens a chunk.
    ///
    /// # Errors
    ///
    /// When it is not the one that was sealed at this place of this bundle.
    pub fn open(&self, place: ChunkPlace, associated: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        decrypt(&self.0, &place.nonce(), associated, sealed)
    }
}

/// Returns what a bundle shows of its community, to those alone who hold the secret.
pub fn bundle_hint(secret: &[u8; 32], salt: &[u8; 32]) -> [u8; 16] {
    let hash = blake3::Hasher::new_keyed(secret).update(BUNDLE_HINT).update(salt).finalize();
    *hash.as_bytes().first_chunk().expect("a hash has 32 bytes")
}

fn copy_key(context: &str, shared: &[u8; 32], ephemeral: &[u8; 32], to: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    Zeroizing::new(*hasher.update(shared).update(ephemeral).update(to).finalize().as_bytes())
}

fn encrypt(key: &[u8; 32], nonce: &[u8; NONCE_BYTES], associated: &[u8], plain: &[u8]) -> Vec<u8> {
    XChaCha20Poly1305::new(&Key::from(*key))
        .encrypt(&XNonce::from(*nonce), Payload { msg: plain, aad: associated })
        .expect("the message is far below the cipher's limit")
}

fn decrypt(key: &[u8; 32], nonce: &[u8; NONCE_BYTES], associated: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    XChaCha20Poly1305::new(&Key::from(*key))
        .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: associated })
        .map_err(|_| SealError)
}

#[cfg(test)]
mod tests;
