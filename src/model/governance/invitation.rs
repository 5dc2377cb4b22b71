//! The invitation file: what a newcomer needs, as text that survives an e-mail.
//!
//! [`decode`] verifies whatever can be verified without evaluating it: signatures, payloads, one community. Whoever holds
//! the file can read what its role reads.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use zeroize::Zeroizing;

use crate::model::entry::{Entry, RunError, Signed};
use crate::model::header::{Chain, Header, Kind};
use crate::model::id::{CommunityId, EntryId};
use crate::model::payload::{Content, Payload};
use crate::model::sign::Signature;
use crate::wire::Message;
use crate::wire::entry::{CarriedEntry, InvitationFile};

mod device;
mod parts;

pub use device::{CarriedDevice, decode_device, encode_device, holds_device};
pub use parts::{PART_CHARS_MAX, PARTS_MAX, encode_parts};

/// Most bytes of an invitation's text: governance and a starter pack fit many times, an attachment doesn't.
pub const INVITATION_BYTES_MAX: usize = 1 << 20;

/// The lines around an invitation, and what its check is bound to.
const INVITATION: Armour = Armour {
    begin: "-----BEGIN REPERTOIRE INVITATION-----",
    end: "-----END REPERTOIRE INVITATION-----",
    context: "repertoire 1 invitation file",
};
const VERSION: u32 = 1;
const LINE: usize = 64;
const CHECK_BYTES: usize = 8;

/// What an invitation file carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The one-time secret.
    pub secret: Zeroizing<[u8; 32]>,
    /// The secret by which members of the community find each other.
    pub community_secret: Zeroizing<[u8; 32]>,
    /// The `Invite` entry.
    pub invitation: EntryId,
    /// Where the inviter may be met, newest first.
    pub addresses: Vec<String>,
    /// The `Invite` entry and all before it, each after its past.
    pub governance: Vec<CarriedOne>,
    /// What the newcomer gets to read at once, each after its past.
    pub starter: Vec<CarriedOne>,
}

/// One carried entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedOne {
    /// The entry, verified.
    pub entry: Entry,
    /// Its signature, where a later entry of its chain doesn't vouch for it.
    pub signature: Option<Signature>,
    /// Its payload.
    pub payload: Payload,
}

/// Why a text is not an invitation that can be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It holds no invitation at all.
    #[error("this is not an invitation")]
    None,
    /// It is larger than any invitation.
    #[error("the invitation has {0} bytes, more than {INVITATION_BYTES_MAX}")]
    Large(usize),
    /// Parts of it are missing or altered.
    #[error("the invitation is damaged: {0}")]
    Damaged(&'static str),
    /// An entry in it is refused.
    #[error("the invitation is damaged: an entry in it is refused")]
    Entry(#[from] RunError),
    /// A newer program wrote it.
    #[error("the invitation has format {0}, and this program reads {VERSION}")]
    Version(u32),
}

/// Writes an invitation as text: its lines alone, before and after which anything may stand.
///
/// # Errors
///
/// When it gets too large: there is too much in the starter pack.
pub fn encode(carried: &Carried) -> Result<String, FileError> {
    INVITATION.wrap(&checked(carried))
}

/// Returns the message and what shows damage to it.
fn checked(carried: &Carried) -> Zeroizing<Vec<u8>> {
    let file = InvitationFile {
        version: VERSION,
        secret: carried.secret.to_vec(),
        community_secret: carried.community_secret.to_vec(),
        invitation: carried.invitation.0.to_vec(),
        addresses: carried.addresses.clone(),
        governance: carried.governance.iter().map(CarriedOne::to_wire).collect(),
        starter: carried.starter.iter().map(CarriedOne::to_wire).collect(),
    };
    INVITATION.checked(file.encode_to_vec())
}

/// Reads an invitation out of a text: of its lines, or of its parts in any order.
///
/// # Errors
///
/// See [`FileError`].
pub fn decode(text: &str) -> Result<Carried, FileError> {
    let bytes = if parts::holds(text) { parts::join(text)? } else { INVITATION.unwrap(text)? };
    let message = INVITATION.message(&bytes)?;
    let file = InvitationFile::decode(message).map_err(|_| FileError::Damaged("it can't be read"))?;
    if file.version != VERSION {
        return Err(FileError::Version(file.version));
    }
    let secret = |bytes: &[u8]| bytes.try_into().map(Zeroizing::new).map_err(|_| FileError::Damaged("no secret"));
    let carried = Carried {
        secret: secret(&file.secret)?,
        community_secret: secret(&file.community_secret)?,
        invitation: EntryId::from_slice(&file.invitation).ok_or(FileError::Damaged("no invitation entry"))?,
        governance: verify(&file.governance)?,
        starter: verify(&file.starter)?,
        addresses: file.addresses,
    };
    carried.check()?;
    Ok(carried)
}

/// Verifies carried entries: whoever signed the last of a chain vouches for those before.
fn verify(carried: &[CarriedEntry]) -> Result<Vec<CarriedOne>, FileError> {
    let mut runs: BTreeMap<Chain, Vec<usize>> = BTreeMap::new();
    let mut verified: Vec<Option<(Entry, Option<Signature>)>> = vec![None; carried.len()];
    for (at, one) in carried.iter().enumerate() {
        let header = Header::decode(&one.header).map_err(RunError::from)?;
        let run = runs.entry(header.chain()).or_default();
        run.push(at);
        if one.signature.is_empty() {
            continue;
        }
        let signature = Signature::from_slice(&one.signature).ok_or(FileError::Damaged("a signature is cut short"))?;
        let headers = run.iter().map(|&at| carried[at].header.clone()).collect();
        let (entries, signature) = Signed::new(headers, signature).verify()?;
        for (entry, at) in entries.into_iter().zip(run.drain(..)) {
            verified[at] = Some((entry, None));
        }
        verified[at] = verified[at].take().map(|(entry, _)| (entry, Some(signature)));
    }
    let unsigned = FileError::Damaged("an entry has no signature");
    let verified: Vec<_> = verified.into_iter().collect::<Option<_>>().ok_or(unsigned)?;
    carried.iter().zip(verified).map(|(one, (entry, signature))| CarriedOne::new(one, entry, signature)).collect()
}

impl Carried {
    /// Returns the community that invites.
    pub fn community(&self) -> Option<CommunityId> {
        self.governance.first().map(|one| one.entry.community())
    }

    fn check(&self) -> Result<(), FileError> {
        check_entries(&self.governance, &self.starter)?;
        if !self.governance.iter().any(|one| one.entry.id() == self.invitation) {
            return Err(FileError::Damaged("no invitation entry"));
        }
        Ok(())
    }
}

/// Refuses entries of several communities, and others than those of governance among them.
fn check_entries(governance: &[CarriedOne], starter: &[CarriedOne]) -> Result<(), FileError> {
    let community = governance.first().map(|one| one.entry.community());
    let community = community.ok_or(FileError::Damaged("it holds no community"))?;
    let mut all = governance.iter().chain(starter);
    if all.any(|one| one.entry.community() != community) {
        return Err(FileError::Damaged("its entries are of several communities"));
    }
    if governance.iter().any(|one| one.entry.header().kind != Kind::Governance) {
        return Err(FileError::Damaged("other entries stand among those of governance"));
    }
    Ok(())
}

impl CarriedOne {
    fn new(one: &CarriedEntry, entry: Entry, signature: Option<Signature>) -> Result<CarriedOne, FileError> {
        let content = match one.content_hash.as_slice() {
            [] => Content::Stored(one.content.clone()),
            hash => Content::Erased(hash.try_into().map_err(|_| FileError::Damaged("a hash is cut short"))?),
        };
        let payload = Payload { shape: one.shape.clone(), content };
        if !payload.fits(entry.header()) {
            return Err(FileError::Damaged("a payload is not its entry's"));
        }
        Ok(CarriedOne { entry, signature, payload })
    }

    fn to_wire(&self) -> CarriedEntry {
        let (content, content_hash) = match &self.payload.content {
            Content::Stored(stored) => (stored.clone(), Vec::new()),
            Content::Erased(hash) => (Vec::new(), hash.to_vec()),
        };
        CarriedEntry {
            header: self.entry.bytes().to_vec(),
            signature: self.signature.map_or_else(Vec::new, |signature| signature.0.to_vec()),
            shape: self.payload.shape.clone(),
            content,
            content_hash,
        }
    }
}

/// How bytes become a text that survives an e-mail.
struct Armour {
    begin: &'static str,
    end: &'static str,
    context: &'static str,
}

impl Armour {
    /// Adds what shows damage to a message.
    fn checked(&self, message: Vec<u8>) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(message);
        let check = self.check(&bytes);
        bytes.extend(check);
        bytes
    }

    /// Returns the message of checked bytes.
    fn message<'a>(&self, bytes: &'a [u8]) -> Result<&'a [u8], FileError> {
        let (message, sum) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or(FileError::Damaged("it is cut short"))?;
        if self.check(message) != *sum {
            return Err(FileError::Damaged("some of it is missing or altered"));
        }
        Ok(message)
    }

    fn check(&self, message: &[u8]) -> [u8; CHECK_BYTES] {
        let mut sum = [0; CHECK_BYTES];
        blake3::Hasher::new_derive_key(self.context).update(message).finalize_xof().fill(&mut sum);
        sum
    }

    /// Writes bytes between the two lines.
    fn wrap(&self, bytes: &[u8]) -> Result<String, FileError> {
        let base64 = Zeroizing::new(BASE64.encode(bytes));
        let mut text = format!("{}\n", self.begin);
        for start in (0..base64.len()).step_by(LINE) {
            text.push_str(&base64[start..base64.len().min(start + LINE)]);
            text.push('\n');
        }
        text.push_str(self.end);
        text.push('\n');
        if text.len() > INVITATION_BYTES_MAX {
            return Err(FileError::Large(text.len()));
        }
        Ok(text)
    }

    /// Returns the bytes between the two lines.
    fn unwrap(&self, text: &str) -> Result<Zeroizing<Vec<u8>>, FileError> {
        if text.len() > INVITATION_BYTES_MAX {
            return Err(FileError::Large(text.len()));
        }
        let mut lines = text.lines().map(str::trim);
        if !lines.any(|line| line.trim_start_matches('\u{feff}') == self.begin) {
            return Err(FileError::None);
        }
        let mut base64 = Zeroizing::new(String::with_capacity(text.len()));
        loop {
            match lines.next() {
                None => return Err(FileError::Damaged("its last line is missing")),
                Some(line) if line == self.end => break,
                Some(line) => base64.push_str(line),
            }
        }
        if lines.any(|line| line == self.begin) {
            return Err(FileError::Damaged("there are several"));
        }
        let altered = FileError::Damaged("some of it is missing or altered");
        BASE64.decode(base64.as_bytes()).map(Zeroizing::new).map_err(|_| altered)
    }
}
