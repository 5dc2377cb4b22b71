//! The file that makes another machine a device of the same person.

use zeroize::Zeroizing;

use super::{Armour, CarriedOne, FileError, VERSION, check_entries, verify};
use crate::model::id::CommunityId;
use crate::wire::Message;
use crate::wire::entry::DeviceFile;

const DEVICE: Armour = Armour {
    begin: "-----BEGIN REPERTOIRE DEVICE-----",
    end: "-----END REPERTOIRE DEVICE-----",
    context: "repertoire 1 device file",
};

/// What a device file carries. Whoever holds it is that device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedDevice {
    /// The secret by which members of the community find each other.
    pub community_secret: Zeroizing<[u8; 32]>,
    /// Ed25519 seed of the new device.
    pub signing: Zeroizing<[u8; 32]>,
    /// X25519 secret of the new device.
    pub agreement: Zeroizing<[u8; 32]>,
    /// Where the person's other device may be met, newest first.
    pub addresses: Vec<String>,
    /// The entry that adds the device and all before it, each after its past.
    pub governance: Vec<CarriedOne>,
    /// What there is to read at once, each after its past.
    pub starter: Vec<CarriedOne>,
}

impl CarriedDevice {
    /// Returns the community.
    pub fn community(&self) -> Option<CommunityId> {
        self.governance.first().map(|one| one.entry.community())
    }
}

/// Tells whether a text holds a device file, rather than an invitation.
pub fn holds_device(text: &str) -> bool {
    text.lines().any(|line| line.trim().trim_start_matches('\u{feff}') == DEVICE.begin)
}

/// Writes a device file as text.
///
/// # Errors
///
/// When it gets too large.
pub fn encode_device(carried: &CarriedDevice) -> Result<String, FileError> {
    let file = DeviceFile {
        version: VERSION,
        community_secret: carried.community_secret.to_vec(),
        signing: carried.signing.to_vec(),
        agreement: carried.agreement.to_vec(),
        addresses: carried.addresses.clone(),
        governance: carried.governance.iter().map(CarriedOne::to_wire).collect(),
        starter: carried.starter.iter().map(CarriedOne::to_wire).collect(),
    };
    DEVICE.wrap(&DEVICE.checked(file.encode_to_vec()))
}

/// Reads a device file out of a text. Whether the device is a member's, governance tells.
///
/// # Errors
///
/// See [`FileError`].
pub fn decode_device(text: &str) -> Result<CarriedDevice, FileError> {
    let bytes = DEVICE.unwrap(text)?;
    let file = DeviceFile::decode(DEVICE.message(&bytes)?).map_err(|_| FileError::Damaged("it can't be read"))?;
    if file.version != VERSION {
        return Err(FileError::Version(file.version));
    }
    let secret = |bytes: &[u8]| bytes.try_into().map(Zeroizing::new).map_err(|_| FileError::Damaged("no secret"));
    let carried = CarriedDevice {
        community_secret: secret(&file.community_secret)?,
        signing: secret(&file.signing)?,
        agreement: secret(&file.agreement)?,
        addresses: file.addresses,
        governance: verify(&file.governance)?,
        starter: verify(&file.starter)?,
    };
    check_entries(&carried.governance, &carried.starter)?;
    Ok(carried)
}
