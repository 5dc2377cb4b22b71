//! What a node answers: the objects that `--json` prints, one a line.
//!
//! Fields may be added, never renamed. Ids are lower-case hex, instants RFC 3339 in UTC.

mod bundle;
mod living;
mod people;
mod trust;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::secret::Secret;

pub use bundle::{BundleApplied, BundleHead, BundleWritten};
pub use living::*;
pub use people::*;
pub use trust::*;

/// What is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// Something was written and is durable.
    Written(Written),
    /// A mark was made.
    Marked(Marked),
    /// An invitation was made.
    Invitation(Invitation),
    /// A device was added: the file that makes another machine that device.
    DeviceFile(DeviceFile),
    /// Devices of the person.
    Devices(Vec<DeviceRow>),
    /// Words to be written down.
    PrintedKey(Option<Secret>),
    /// Invitations, as they stand.
    Invitations(Vec<InvitationRow>),
    /// A community was entered.
    Joined(Joined),
    /// Members.
    Members(Vec<MemberRow>),
    /// One document.
    Document(Box<DocumentView>),
    /// Documents found or listed.
    Hits(Hits),
    /// Entries of a document.
    History(Vec<HistoryRow>),
    /// Differences.
    Diff(Vec<FieldDiff>),
    /// Fields with two values.
    Conflicts(Vec<Conflict>),
    /// Terms.
    Glossary(Vec<GlossaryRow>),
    /// What an import call did.
    Imported(Imported),
    /// A page of records.
    Records(Page<Value>),
    /// A page of canonical lines.
    Lines(Page<String>),
    /// One line a space.
    Checks(Vec<Check>),
    /// How things stand, one a community.
    Status(Vec<Status>),
    /// Why something is silent.
    Reasons(Vec<Reason>),
    /// Peers.
    Peers(Vec<PeerRow>),
    /// What syncing did, one a peer.
    Synced(Synced),
    /// A bundle that was written.
    BundleWritten(BundleWritten),
    /// What came of a bundle.
    BundleApplied(BundleApplied),
    /// What a bundle says of itself.
    BundleHead(BundleHead),
    /// What a rebuild did.
    Rebuilt(Rebuilt),
    /// Who owns the store.
    Owner(Owner),
    /// A member was removed.
    Removed(Removed),
    /// Oneself left.
    Left(Left),
    /// Somebody has another role.
    Role(RoleRow),
    /// What is in quarantine.
    Quarantine(Vec<QuarantineRow>),
    /// What was decided about it.
    Decided(Decided),
    /// Acts of governance.
    Acts(Vec<ActRow>),
    /// An act was written.
    Act(ActDone),
    /// Chains with several branches.
    Forks(Vec<ForkRow>),
    /// Forks were settled.
    ForkSettled(ForkSettled),
    /// Spaces.
    Spaces(Vec<SpaceRow>),
    /// Content was erased.
    Erased(Erased),
    /// What the source changed was taken up.
    Pulled(Pulled),
    /// Links and lineage of a document.
    Lineage(Box<Lineage>),
    /// Done.
    Done,
}

/// A durable writing. Printed means fsynced.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Written {
    /// The document.
    pub id: String,
    /// Its handle.
    pub handle: String,
    /// Its kind.
    pub kind: String,
    /// The durable entry, the last one where there are several.
    pub entry: String,
    /// Names of the fields that changed, in the order given.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Where one field was set to one value: the value shown now.
    #[serde(default)]
    pub value: Option<String>,
}

/// A document found or listed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hit {
    /// Document id.
    pub id: String,
    /// Handle, with `~xxxx` where two were made apart.
    pub handle: String,
    /// Kind.
    pub kind: String,
    /// Title, or the first words.
    pub title: String,
    /// State of its standing; empty where the kind has none.
    pub state: String,
    /// Handle of the author.
    pub author: String,
    /// The author's site.
    pub site: String,
    /// Claimed instant of the last change.
    pub modified: String,
    /// In the vitrine: when it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// In a block of `show`: where it is done, or was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// In a block of `show`: outcomes of the reports about it, or of the report itself, with their number.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub outcomes: std::collections::BTreeMap<String, usize>,
    /// In a search: greater is better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// In a search: plain text, matches between U+2039 and U+203A.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
}

/// Documents found or listed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Hits {
    /// Best or newest first.
    pub hits: Vec<Hit>,
    /// Nothing held the words exactly: these hold words near them.
    pub near: bool,
    /// View changes that were indexed for this search.
    pub indexed: u64,
    /// Words that look like filters and are none: they were searched as words.
    #[serde(default)]
    pub unknown: Vec<String>,
}

/// A value with its author, one of several written concurrently.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Writing {
    /// The value.
    pub value: Value,
    /// Handle of the author.
    pub by: String,
    /// The entry.
    pub entry: String,
}

/// One document, whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DocumentView {
    /// Document id.
    pub id: String,
    /// Handle.
    pub handle: String,
    /// Kind.
    pub kind: String,
    /// Name of its space.
    pub space: String,
    /// Handle of the creator.
    pub creator: String,
    /// Claimed instant.
    pub created: String,
    /// Claimed instant.
    pub modified: String,
    /// Handles of all who wrote.
    pub contributors: Vec<String>,
    /// txt and reg as string, set and list as array, map as object. Terms and members by label and handle.
    pub fields: Map<String, Value>,
    /// Field and its concurrent writings, ordered by author handle.
    pub conflicts: std::collections::BTreeMap<String, Vec<Writing>>,
    /// Standing.
    pub standing: StandingView,
    /// Relations to other documents.
    pub links: Vec<Value>,
    /// The live side.
    pub blocks: Blocks,
    /// What it adapts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceView>,
    /// The thread it was distilled from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distilled_from: Option<String>,
    /// Posts of a thread, comments on anything else, oldest first.
    pub posts: Vec<PostView>,
    /// Text fields that two people touched concurrently in the same paragraph, with their handles: please reread.
    pub reread: Vec<(String, Vec<String>)>,
    /// Text fields with lines that were taken from the source and that nobody has gone over since.
    #[serde(default)]
    pub taken: Vec<String>,
    /// Names of things a newer version wrote, kept and not understood here.
    pub newer: Vec<String>,
    /// Entries of this document that wait, are masked or void, with the reason.
    pub held: Vec<(String, String)>,
    /// Where it was just changed: the durable entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
}

/// One entry of a document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HistoryRow {
    /// The entry.
    pub entry: String,
    /// Handle of the author.
    pub by: String,
    /// Device.
    pub device: String,
    /// Claimed instant.
    pub at: String,
    /// What it did: `{"field","op","value"}`.
    pub ops: Vec<Value>,
    /// `counted`, `masked`, `waiting`, `void`.
    pub verdict: String,
}

/// What changed in a field.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FieldDiff {
    /// The field.
    pub field: String,
    /// Lines: `+`, `-` or space, then the text.
    pub lines: Vec<String>,
}

/// A field with two values.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Conflict {
    /// Document id.
    pub id: String,
    /// Handle.
    pub handle: String,
    /// Field.
    pub field: String,
    /// In order of author handle, then value.
    pub values: Vec<Writing>,
    /// The value shown.
    pub shown: Value,
}

/// A word of the community.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GlossaryRow {
    /// Document id.
    pub id: String,
    /// Handle.
    pub handle: String,
    /// `topic`, `glossary`, `competence`, `site`.
    pub scheme: String,
    /// Label.
    pub label: String,
    /// Definition, may be empty.
    pub definition: String,
    /// How many documents use it.
    pub uses: usize,
}

/// What an import call did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Imported {
    /// Records read.
    pub read: u64,
    /// New documents.
    pub new: u64,
    /// Documents changed.
    pub changed: u64,
    /// Records that were here already.
    pub known: u64,
    /// What was left out.
    pub skipped: Vec<Skipped>,
    /// Which documents changed, with their fields.
    #[serde(default)]
    pub changes: Vec<Written>,
    /// Which records of the call name what is not here yet, counted from 0: they are to be sent again.
    #[serde(default)]
    pub deferred: Vec<usize>,
    /// Which records were brought in without something that may still come: to be sent again in the end, not counted.
    #[serde(default)]
    pub incomplete: Vec<usize>,
}

/// Something left out of an import.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Skipped {
    /// Line or file.
    #[serde(rename = "where")]
    pub place: String,
    /// Why.
    pub why: String,
}

/// A page, and where it ended if there is more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Cursor for the next page.
    pub next: Option<String>,
}

/// Counts and fingerprint of a space.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Check {
    /// Community id.
    pub community: String,
    /// `governance`, `commons`, `vitrine`.
    pub space: String,
    /// Entries held.
    pub entries: u64,
    /// Documents.
    pub documents: u64,
    /// Entries that wait.
    pub waiting: u64,
    /// Entries in quarantine.
    pub quarantined: u64,
    /// Hash of the canonical lines of the space.
    pub fingerprint: String,
    /// What `--full` found wrong; empty = nothing, or not asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<String>,
}

/// Who has what is written here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spread {
    /// Handle.
    pub member: String,
    /// As far as this node knows.
    pub knows_all_of_mine: bool,
    /// Entries of mine not known to be there.
    pub missing: u64,
    /// Claimed instant of the last complete sync, if any.
    pub since: Option<String>,
}

/// How a community stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    /// Community id.
    pub community: String,
    /// Its name.
    pub name: String,
    /// Own handle.
    pub me: String,
    /// Own role.
    pub role: String,
    /// Why the own admission waits, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingRow>,
    /// Entries held.
    pub entries: u64,
    /// Documents.
    pub documents: u64,
    /// Entries that wait, and why: `past`, `payload`, `key`, `parts`.
    pub waiting: u64,
    /// Reasons with counts.
    pub waits: Vec<(String, u64)>,
    /// Entries in quarantine.
    pub quarantined: u64,
    /// Fields with two values.
    pub conflicts: u64,
    /// Who has what is written here.
    pub spread: Vec<Spread>,
    /// Forks that nobody settled.
    pub forks: Vec<ForkRow>,
    /// Devices that offered less than they held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallen: Vec<FallenRow>,
    /// `running` or `stopped`.
    pub node: String,
    /// Addresses listened on.
    pub addresses: Vec<String>,
    /// Documents changed and not indexed yet.
    pub unindexed: u64,
}

/// Why something is silent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reason {
    /// Peer, member or document.
    pub what: String,
    /// Stable name of the reason: `not-tried`, `unreachable`, `not-a-member`, `refused`, `nothing-new`, `waiting-past`, …
    pub reason: String,
    /// One sentence in English.
    pub text: String,
    /// Addresses tried, with what each answered.
    pub tried: Vec<(String, String)>,
    /// With `pending-used`: who used the invitation before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<String>,
}

/// A known peer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PeerRow {
    /// Transport id.
    pub peer: String,
    /// Handle, empty when not known.
    pub member: String,
    /// Addresses known.
    pub addresses: Vec<String>,
    /// Connected now.
    pub connected: bool,
    /// Over a relay.
    pub relayed: bool,
    /// Claimed instant of the last complete sync.
    pub last_complete: Option<String>,
}

/// What syncing did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Synced {
    /// One a peer.
    pub peers: Vec<SyncRow>,
    /// New documents by kind.
    pub new: Vec<(String, u64)>,
    /// Fields that have two values since.
    pub conflicts: u64,
    /// Entries that wait or are in quarantine since.
    pub held: u64,
}

/// What syncing with one peer did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SyncRow {
    /// Transport id, or the address when it was not reached.
    pub peer: String,
    /// Handle; empty when not known.
    pub member: String,
    /// Both hold the same.
    pub complete: bool,
    /// Why not.
    pub reason: Option<String>,
    /// With `pending`: why the own admission waits there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingRow>,
    /// Entries received.
    pub received: u64,
    /// Entries sent.
    pub sent: u64,
    /// Bytes of frames received.
    pub bytes_in: u64,
    /// Bytes of frames sent.
    pub bytes_out: u64,
    /// Round trips from the first frontier.
    pub round_trips: u64,
    /// Milliseconds from connection to end.
    pub ms: u64,
}

/// What a rebuild did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rebuilt {
    /// Documents folded.
    pub documents: u64,
    /// Views that came out otherwise than they were.
    pub differed: u64,
}

/// Who owns the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Owner {
    /// Version of the program.
    pub version: String,
    /// Process id.
    pub pid: u32,
    /// `running` when it is a node that serves.
    pub node: String,
    /// Port listened on, 0 = none.
    pub port: u16,
    /// Names of the communities.
    pub communities: Vec<String>,
}
