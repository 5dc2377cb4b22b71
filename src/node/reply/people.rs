//! People: invitations, those who came by them, those who wait.

use serde::{Deserialize, Serialize};

/// A new invitation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Invitation {
    /// Id of the invitation.
    pub id: String,
    /// Its entry, the same.
    pub entry: String,
    /// What to hand over: whoever holds it can read what its role reads.
    pub text: String,
    /// Role it gives.
    pub role: String,
    /// How many may use it.
    pub uses: u32,
    /// Until when.
    pub until: String,
    /// Addresses it carries.
    pub addresses: Vec<String>,
    /// The same as parts for codes, where they were asked for and are few enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// The parts leave the starter pack out: it would have been too long with it.
    #[serde(default)]
    pub small: bool,
}

/// An invitation, as it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InvitationRow {
    /// Its id.
    pub id: String,
    /// Role it gives.
    pub role: String,
    /// How many may use it.
    pub uses: u32,
    /// How many did.
    pub used: usize,
    /// How many came and wait.
    pub waits: usize,
    /// Until when.
    pub until: String,
    /// An animator confirms each one.
    pub confirm: bool,
    /// Member id of who made it.
    pub by: String,
    /// Handle of the same.
    pub by_handle: String,
    /// `open`, `used`, `expired`, `closed`.
    pub state: String,
}

/// A community entered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Joined {
    /// The community's id.
    pub community: String,
    /// Its name.
    pub name: String,
    /// The newcomer's member id.
    pub id: String,
    /// The newcomer's handle.
    pub handle: String,
    /// `member`.
    pub kind: String,
    /// Role given.
    pub role: String,
    /// Site.
    pub site: String,
    /// The durable entry.
    pub entry: String,
    /// What the invitation brought, by kind: without the charter, profiles and terms.
    #[serde(default)]
    pub brought: Vec<(String, u64)>,
    /// Waits for an animator's word.
    pub pending: bool,
    /// Why, where it is known here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<PendingRow>,
}

/// A member.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MemberRow {
    /// Member id.
    pub member: String,
    /// Handle: the lower-cased name.
    pub handle: String,
    /// Name; empty when the profile is not here yet.
    pub name: String,
    /// Role.
    pub role: String,
    /// `active`, `pending`, `left`, `revoked`, `suspended`.
    pub status: String,
    /// Site, may be empty.
    pub site: String,
    /// Claimed instant of the admission.
    pub joined: String,
    /// How many devices.
    pub devices: usize,
    /// This is oneself.
    pub me: bool,
    /// With `left` and `revoked`: claimed instant of the act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// With `pending`: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<PendingRow>,
}

/// Why an admission waits for somebody who governs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRow {
    /// `used`, `expired`, `closed`, `confirm`, `inviter`.
    pub why: String,
    /// Who used the invitation before.
    pub used_by: Vec<String>,
    /// With `confirm`: the six words that the newcomer and an animator compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

impl PendingRow {
    /// Returns the name under which a catalogue has its sentence: `why`, or `used-unnamed` where nobody is named.
    pub fn key(&self) -> &str {
        if self.why == "used" && self.used_by.is_empty() { "used-unnamed" } else { &self.why }
    }
}

impl std::fmt::Display for PendingRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.why.as_str() {
            "used" if self.used_by.is_empty() => f.write_str("the invitation was already used"),
            "used" => write!(f, "the invitation was already used by {}", self.used_by.join(", ")),
            "expired" => f.write_str("the invitation had expired"),
            "closed" => f.write_str("the invitation was closed before"),
            "inviter" => f.write_str("who invited may not, or waits too"),
            _ => f.write_str("an animator has to confirm"),
        }
    }
}

/// A device that was added.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeviceFile {
    /// Its id.
    pub device: String,
    /// The durable entry.
    pub entry: String,
    /// What to hand over: whoever holds it is that device.
    pub text: String,
}

/// A device of a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeviceRow {
    /// Its number among the person's, from 1, the oldest first.
    pub n: usize,
    /// Its id.
    pub device: String,
    /// Handle of the person.
    pub member: String,
    /// Claimed instant of the entry that brought it in.
    pub added: String,
    /// Claimed instant of the entry that dropped it.
    pub dropped: Option<String>,
    /// Entries of it that are here.
    pub entries: u64,
    /// This is the device that answers.
    pub me: bool,
}
