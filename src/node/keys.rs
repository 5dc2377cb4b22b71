//! The secrets of one community on this device: a file that its owner alone can read.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::env::Env;
use super::error::Error;
use super::home::{Unlock, path_error, write_private};
use super::secret::Secret;
use super::vault::{self, Stretched};
use crate::model::seal::{Agreement, SpaceKey};
use crate::model::sign::Signing;
use crate::model::{CommunityId, DeviceId, EpochId, Incarnation, MemberId, SpaceId};

/// How a sealed file begins; then head and chunks, see `node/vault`.
pub(super) const SEALED: &[u8] = b"repertoire keys 1\n";

/// Secrets and names of this device in one community.
pub struct Keys {
    /// The community.
    pub community: CommunityId,
    /// Whose device this is.
    pub member: MemberId,
    /// Signs entries.
    pub signing: Signing,
    /// Opens key copies.
    pub agreement: Agreement,
    /// Proves membership before any word is said; the same for all members, for good.
    pub secret: [u8; 32],
    /// This life of the device.
    pub incarnation: Incarnation,
    /// Keys of spaces, by epoch.
    pub spaces: Vec<(SpaceId, EpochId, SpaceKey)>,
    /// The one-time secret of the invitation that brought this device: keys made between invitation and joining are sealed
    /// to it.
    pub invitation: Option<Zeroizing<[u8; 32]>>,
    /// Seals backups where no passphrase is given: follows from the person's printed key, which opens them.
    pub backup: Option<Zeroizing<[u8; 32]>>,
    /// The printed key itself, for as long as nobody has written it down.
    pub printed: Option<Zeroizing<[u8; 32]>>,
    /// What the file is sealed under, where a passphrase was set.
    pub(super) lock: Option<Stretched>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Stored {
    #[zeroize(skip)]
    community: CommunityId,
    #[zeroize(skip)]
    member: MemberId,
    #[zeroize(skip)]
    incarnation: Incarnation,
    signing: String,
    agreement: String,
    secret: String,
    spaces: Vec<StoredKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invitation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    backup: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    printed: Option<String>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct StoredKey {
    #[zeroize(skip)]
    space: SpaceId,
    #[zeroize(skip)]
    epoch: EpochId,
    key: String,
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn unhex(path: &Path, text: &str) -> Result<[u8; 32], Error> {
    let bytes = Zeroizing::new(data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap_or_default());
    bytes.as_slice().try_into().map_err(|_| Error::damaged(path.display()))
}

impl Keys {
    /// Returns the device's public key.
    pub fn device(&self) -> DeviceId {
        self.signing.public()
    }

    /// Returns the key of a space in an epoch, if it is here.
    pub fn space(&self, space: SpaceId, epoch: EpochId) -> Option<&SpaceKey> {
        self.spaces.iter().find(|(s, e, _)| *s == space && *e == epoch).map(|(_, _, key)| key)
    }

    /// Reads the keys of a community's folder; `unlock` is asked where they are sealed under a passphrase.
    ///
    /// # Errors
    ///
    /// When the file can't be read or is damaged, or the passphrase is absent or another.
    pub fn load(path: &Path, unlock: Option<&dyn Unlock>) -> Result<Keys, Error> {
        let damaged = || Error::damaged(path.display());
        let mut bytes = Zeroizing::new(fs::read(path).map_err(|error| path_error(path, &error))?);
        let mut lock = None;
        if let Some(sealed) = bytes.strip_prefix(SEALED) {
            let secret = unlock.and_then(Unlock::passphrase).ok_or_else(Error::no_secret)?;
            let opened = vault::open_bytes(sealed, &secret)?.ok_or_else(damaged)?;
            lock = Some(opened.stretched);
            bytes = opened.plain;
        }
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        let mut spaces = Vec::with_capacity(stored.spaces.len());
        for key in &stored.spaces {
            spaces.push((key.space, key.epoch, SpaceKey::from_bytes(unhex(path, &key.key)?)));
        }
        Ok(Keys {
            community: stored.community,
            member: stored.member,
            incarnation: stored.incarnation,
            signing: Signing::from_seed(&unhex(path, &stored.signing)?),
            agreement: Agreement::from_seed(&unhex(path, &stored.agreement)?),
            secret: unhex(path, &stored.secret)?,
            spaces,
            invitation: stored.invitation.as_deref().map(|text| unhex(path, text).map(Zeroizing::new)).transpose()?,
            backup: stored.backup.as_deref().map(|text| unhex(path, text).map(Zeroizing::new)).transpose()?,
            printed: stored.printed.as_deref().map(|text| unhex(path, text).map(Zeroizing::new)).transpose()?,
            lock,
        })
    }

    /// Writes the keys, whole or not at all.
    ///
    /// # Errors
    ///
    /// When the file can't be written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let plain = self.to_json()?;
        match &self.lock {
            None => write_private(path, &plain),
            Some(lock) => {
                let sealed = lock.seal_bytes(&plain).map_err(Error::internal)?;
                write_private(path, &[SEALED, &sealed].concat())
            }
        }
    }

    /// Returns the content of the file.
    pub(super) fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let spaces = self
            .spaces
            .iter()
            .map(|(space, epoch, key)| StoredKey { space: *space, epoch: *epoch, key: hex(&*key.bytes()) })
            .collect();
        let stored = Stored {
            community: self.community,
            member: self.member,
            incarnation: self.incarnation,
            signing: hex(&*self.signing.seed()),
            agreement: hex(&*self.agreement.seed()),
            secret: hex(&self.secret),
            spaces,
            invitation: self.invitation.as_ref().map(|key| hex(&**key)),
            backup: self.backup.as_ref().map(|key| hex(&**key)),
            printed: self.printed.as_ref().map(|key| hex(&**key)),
        };
        let mut bytes = Zeroizing::new(serde_json::to_vec_pretty(&stored).map_err(Error::internal)?);
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Seals the file under this passphrase from its next writing on; none = it is in clear.
    pub(crate) fn set_passphrase(&mut self, passphrase: Option<&Secret>, env: &mut Env) -> Result<(), Error> {
        self.lock = passphrase.map(|passphrase| Stretched::passphrase(passphrase, env)).transpose()?;
        Ok(())
    }

    /// Starts a new life of the device: after a restore, and after a copy or a fork was seen.
    pub fn renew(&mut self, env: &mut Env) {
        self.incarnation = Incarnation(env.bytes());
    }
}
