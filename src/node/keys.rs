//! The secrets of one community on this device: a file that its owner alone can read.

use std::path::Path;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::env::Env;
use super::error::Error;
use super::home::{read_json, write_json};
use crate::model::seal::{Agreement, SpaceKey};
use crate::model::sign::Signing;
use crate::model::{CommunityId, DeviceId, EpochId, Incarnation, MemberId, SpaceId};

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
    let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap_or_default();
    bytes.try_into().map_err(|_| Error::damaged(path.display()))
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

    /// Reads the keys of a community's folder.
    ///
    /// # Errors
    ///
    /// When the file can't be read or is damaged.
    pub fn load(path: &Path) -> Result<Keys, Error> {
        let stored: Stored = read_json(path)?.ok_or_else(|| Error::damaged(path.display()))?;
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
        })
    }

    /// Writes the keys, whole or not at all.
    ///
    /// # Errors
    ///
    /// When the file can't be written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
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
        };
        write_json(path, &stored)
    }

    /// Starts a new life of the device: after a restore, and after a copy or a fork was seen.
    pub fn renew(&mut self, env: &mut Env) {
        self.incarnation = Incarnation(env.bytes());
    }
}
