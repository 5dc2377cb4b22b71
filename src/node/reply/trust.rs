//! Answers about rights: removals, roles, quarantine, spaces, and the acts of governance.

use serde::{Deserialize, Serialize};

/// A removal, done or tried out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Removed {
    /// Member id.
    pub member: String,
    /// Handle.
    pub handle: String,
    /// The act; empty when nothing was written.
    pub entry: String,
    /// Entries about documents that go on counting.
    pub kept: u64,
    /// Spaces whose keys changed.
    pub rotated: usize,
}

/// Somebody left.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Left {
    /// Name of the community.
    pub community: String,
    /// Under which name the contributions stay.
    pub handle: String,
    /// The act.
    pub entry: String,
    /// The copy on this machine is erased.
    #[serde(default)]
    pub erased: bool,
}

/// A role that somebody has since.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RoleRow {
    /// Member id.
    pub member: String,
    /// Handle.
    pub handle: String,
    /// The role.
    pub role: String,
    /// The act.
    pub entry: String,
}

/// Something in quarantine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QuarantineRow {
    /// Its number in this list.
    pub n: usize,
    /// The entry; of an admission, also the member's id.
    pub entry: String,
    /// Handle of the author.
    pub by: String,
    /// `admission`, `edit`, `mark`.
    pub kind: String,
    /// Handle of the document that it is about; empty for an admission, or where the document is not shown.
    pub on: String,
    /// Why it is there: `used`, `expired`, `closed`, `confirm`, `inviter`, or `revoked`, `left`, `demoted`, `dropped`.
    pub reason: String,
    /// The reason in English.
    pub text: String,
    /// With `used`: who used the invitation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Claimed instant.
    pub at: String,
}

/// What was decided about things in quarantine.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Decided {
    /// Handles of those whose admissions were decided.
    pub members: Vec<String>,
    /// Entries that were decided.
    pub entries: usize,
    /// The act.
    pub entry: String,
    /// Let in; else left out.
    pub admitted: bool,
}

/// An act of governance, or one that is proposed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ActRow {
    /// The act.
    pub entry: String,
    /// Claimed instant.
    pub at: String,
    /// Handle of the author.
    pub by: String,
    /// What it is: `found`, `invite`, `admission`, `revoke`, …
    pub act: String,
    /// Whom or what it is about: a handle, a role, the name of a space; may be empty.
    pub on: String,
    /// The reason that its author gave, where it can be read here.
    pub reason: String,
    /// `counted`, `masked`, `waiting`, `void`, `proposed`.
    pub verdict: String,
    /// Why it has no effect: a stable name; empty where it has one.
    pub why: String,
    /// The act that takes its effect away, where one does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// Of a proposal: how many of those who count have signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<usize>,
    /// Of a proposal: how many have to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<usize>,
    /// Handles of those who signed with its author, of an act that several people sign.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<String>,
}

/// An act of governance that was written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ActDone {
    /// The act.
    pub entry: String,
    /// What it is, as in [`ActRow`].
    pub act: String,
    /// What it is about.
    pub on: String,
    /// Where it is only proposed: how many of those who count have signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<usize>,
    /// And how many have to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<usize>,
}

/// A space.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SpaceRow {
    /// Space id.
    pub id: String,
    /// Name: `commons`, `vitrine`, `circle/NAME`.
    pub name: String,
    /// `commons`, `vitrine`, `circle`.
    pub kind: String,
    /// Handles of the members of a circle.
    pub members: Vec<String>,
    /// It can be read here.
    pub mine: bool,
    /// Documents in it that are shown here.
    pub documents: u64,
    /// The act that was written, where there was one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub entry: String,
}

/// A device that offered less, at the beginning of a session, than it held when one was last complete.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FallenRow {
    /// Handle of its member.
    pub member: String,
    /// The member's role.
    pub role: String,
    /// The device.
    pub device: String,
    /// When it held more.
    pub since: String,
    /// When it offered less.
    pub at: String,
    /// How often this was seen.
    pub times: u64,
    /// Entries that it offered no more, the last time.
    pub entries: u64,
    /// Payloads that it offered no more, the last time.
    pub payloads: u64,
    /// Spaces concerned.
    pub spaces: Vec<String>,
    /// A session was complete since: what is here was given to it again.
    pub again: bool,
}

/// What was erased.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Erased {
    /// Document id.
    pub id: String,
    /// Handle that it had.
    pub handle: String,
    /// Its entries whose content is gone.
    pub entries: usize,
    /// The last erase entry.
    pub entry: String,
}

/// A fork: a chain of a device with several branches.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ForkRow {
    /// Its number in the list of all.
    pub n: usize,
    /// Handle of the member whose device it is.
    pub member: String,
    /// Device.
    pub device: String,
    /// The life of the device that has the fork.
    pub incarnation: String,
    /// Space name.
    pub space: String,
    /// Place where the branches part.
    pub seq: u64,
    /// The branches, the longest first.
    pub branches: Vec<BranchRow>,
    /// The act that settled it; none while it is open.
    pub settled: Option<String>,
}

/// A branch of a fork.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BranchRow {
    /// Its number.
    pub n: usize,
    /// Its last entry.
    pub tip: String,
    /// Entries that no other branch has.
    pub entries: usize,
    /// How many of them count.
    pub counts: usize,
    /// Claimed instant of the first of them.
    pub first: String,
    /// Claimed instant of the last of them.
    pub last: String,
}

/// Forks that were settled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ForkSettled {
    /// How many.
    pub forks: usize,
    /// The acts, one a fork.
    pub entries: Vec<String>,
}
