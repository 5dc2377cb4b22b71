//! What can be asked of a node, and what it answers.
//!
//! The same [`Request`] runs on the same engine whether the command line owns the store or talks to a running node.

mod parts;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::filter::{facet_named, kind_named};
pub use super::reply::*;
use super::secret::Secret;
pub use parts::{FieldChange, FieldOp, Filter, Mark, Stage};

/// A request for one community of the home.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    /// Name, or start of the id, of the community; none when the home holds one alone.
    pub community: Option<String>,
    /// The claimed time of what is written, milliseconds since 1970; none = the clock of whoever owns the store.
    pub now: Option<i64>,
    /// What is asked.
    pub request: Request,
}

/// What can be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Founds a community: answers [`Reply::Written`] with the charter.
    Init(Init),
    /// Makes an invitation: [`Reply::Invitation`].
    Invite(Invite),
    /// Lists the open invitations, or all: [`Reply::Invitations`].
    Invitations {
        /// Those that are over, too.
        all: bool,
    },
    /// Closes an invitation before its time: [`Reply::Invitations`] with it alone.
    Recall {
        /// Start of its id.
        id: String,
    },
    /// Enters a community by the text of an invitation: [`Reply::Joined`].
    Join(Join),
    /// Seals the keys of this home under a passphrase, or opens them again: [`Reply::Done`].
    Passphrase {
        /// The new one; none = in clear.
        passphrase: Option<Secret>,
    },
    /// Admits somebody who waits: [`Reply::Members`] with them alone.
    Admit {
        /// Who.
        who: String,
        /// The six words as the newcomer said them, where the invitation asks for it.
        words: Option<String>,
    },
    /// Adds a device to the person: [`Reply::DeviceFile`].
    DeviceAdd,
    /// Makes this machine a device of the person, by the text of a device file: [`Reply::Joined`].
    DeviceJoin {
        /// The file; with `printed`, an invitation of any member.
        text: String,
        /// The words of the person's printed key.
        printed: Option<Secret>,
    },
    /// Lists the own devices: [`Reply::Devices`].
    Devices,
    /// Drops one of the own devices: [`Reply::Devices`] with it alone.
    DeviceDrop {
        /// Its number, or the start of its id.
        device: String,
        /// The words of the person's printed key, where it is older than this one.
        printed: Option<Secret>,
    },
    /// The words of the printed key, to be written down; they are forgotten here: [`Reply::PrintedKey`].
    PrintedKey,
    /// Lists the members: [`Reply::Members`].
    Members,
    /// Shows one member (handle, name or id): [`Reply::Document`] of the profile.
    Member {
        /// Who.
        who: String,
    },
    /// Changes one's own profile, or shows it when nothing is to be changed: [`Reply::Document`].
    Me {
        /// What to change.
        changes: Vec<FieldChange>,
    },
    /// Writes a new document (practice, thread, term, …): [`Reply::Written`].
    Add {
        /// Kind of document.
        kind: String,
        /// Its title; for a term, its label.
        title: String,
        /// Its other fields.
        changes: Vec<FieldChange>,
        /// Space, `commons` when none.
        space: Option<String>,
    },
    /// Changes a document: [`Reply::Written`].
    Edit {
        /// Which.
        id: String,
        /// How.
        changes: Vec<FieldChange>,
    },
    /// Writes a post under a thread or a comment under any document: [`Reply::Written`].
    Reply {
        /// Thread, document or `thread#post`.
        to: String,
        /// The words.
        body: String,
        /// `stance`, `role`, …
        changes: Vec<FieldChange>,
    },
    /// Makes a mark: [`Reply::Marked`].
    Mark(Mark),
    /// Adapts a practice: [`Reply::Written`].
    Adapt {
        /// Which.
        id: String,
        /// Title of the adaptation; that of the source and the site when none.
        title: Option<String>,
        /// What is other than in the source.
        changes: Vec<FieldChange>,
        /// Space; that of the source when none.
        space: Option<String>,
    },
    /// Takes up what the source of an adaptation changed since: [`Reply::Pulled`].
    Pull {
        /// The adaptation.
        id: String,
    },
    /// Opens a thread on the source with what an adaptation changed: [`Reply::Written`].
    Offer {
        /// The adaptation.
        id: String,
    },
    /// Makes a practice of a thread: [`Reply::Written`].
    Distil {
        /// The thread.
        id: String,
        /// Title; that of the thread when none.
        title: Option<String>,
        /// Other fields.
        changes: Vec<FieldChange>,
    },
    /// Writes the synthesis of a thread: [`Reply::Written`].
    Synthesise {
        /// The thread.
        id: String,
        /// The words.
        text: String,
    },
    /// Links and lineage: [`Reply::Lineage`].
    Links {
        /// Of which document.
        id: String,
    },
    /// Shows a document: [`Reply::Document`].
    Show {
        /// Which.
        id: String,
    },
    /// Lists documents: [`Reply::Hits`].
    List {
        /// Which.
        filter: Filter,
        /// How many at most.
        limit: Option<usize>,
    },
    /// Searches: [`Reply::Hits`], best first.
    Search {
        /// Words, "phrases", `-word`, `word*`, `topic:x`.
        words: String,
        /// Which.
        filter: Filter,
        /// How many at most.
        limit: usize,
    },
    /// Who wrote what, oldest first: [`Reply::History`].
    History {
        /// Which document.
        id: String,
    },
    /// What changed between two entries of its history (start of their ids, or numbers from 1), or by the last one:
    /// [`Reply::Diff`].
    Diff {
        /// Which document.
        id: String,
        /// Older side.
        a: Option<String>,
        /// Newer side.
        b: Option<String>,
    },
    /// What an adaptation changed of its source: [`Reply::Diff`].
    DiffSource {
        /// The adaptation.
        id: String,
    },
    /// Fields with two values: [`Reply::Conflicts`].
    Conflicts {
        /// In one document alone.
        id: Option<String>,
    },
    /// Settles one: [`Reply::Written`].
    Resolve {
        /// Which document.
        id: String,
        /// Which field.
        field: String,
        /// The value of this number, as `conflicts` lists them, from 1.
        take: Option<usize>,
        /// Or this value.
        value: Option<String>,
    },
    /// The words of the community: [`Reply::Glossary`].
    Glossary {
        /// One word alone.
        word: Option<String>,
    },
    /// Brings records in, as `export jsonl` writes them or as objects of `title, language, body, tags, source`; several
    /// calls make one import: [`Reply::Imported`].
    Import {
        /// Where in the source each record stands (`line 12`, a file name), and the record.
        records: Vec<(String, Value)>,
        /// Write nothing.
        dry_run: bool,
        /// Name of a space.
        space: Option<String>,
        /// Whether more records come.
        stage: Stage,
    },
    /// Records of documents ordered by id, after a cursor: [`Reply::Records`].
    Export {
        /// Which.
        filter: Filter,
        /// Where the page before ended.
        after: Option<String>,
        /// How many at most.
        limit: usize,
    },
    /// Canonical lines of the views of a space, ordered by id: [`Reply::Lines`].
    ExportCanonical {
        /// `governance`, `commons` (none), `vitrine`.
        space: Option<String>,
        /// Where the page before ended.
        after: Option<String>,
        /// How many at most.
        limit: usize,
    },
    /// Counts and fingerprints: [`Reply::Checks`].
    Check {
        /// Also verify every stored entry, and fold every view anew and compare.
        full: bool,
    },
    /// What is written here, who has it, what waits: [`Reply::Status`].
    Status,
    /// The reason of a silence: [`Reply::Reasons`].
    Why {
        /// A peer, a member, a document; none = everything that is silent.
        what: Option<String>,
    },
    /// Known peers: [`Reply::Peers`].
    Peers,
    /// Syncs with an address, a member, or everybody known: [`Reply::Synced`].
    Sync {
        /// Address or member; none = all known peers and the local network.
        target: Option<String>,
    },
    /// Throws the views away and folds them again: [`Reply::Rebuilt`].
    Rebuild,
    /// Writes everything of this home's community, keys included, to a file: [`Reply::Done`].
    Backup {
        /// Absolute path.
        path: String,
        /// What to seal it under; none = the person's printed key.
        passphrase: Option<Secret>,
    },
    /// Writes a bundle: [`Reply::BundleWritten`].
    BundleCreate {
        /// For this member, of what they are not known to hold; none = everything that every member reads.
        to: Option<String>,
        /// Absolute path.
        path: String,
    },
    /// Takes what a bundle holds: [`Reply::BundleApplied`].
    BundleApply {
        /// Absolute path.
        path: String,
    },
    /// Says what a bundle says of itself, and takes nothing: [`Reply::BundleHead`].
    BundleInspect {
        /// Absolute path.
        path: String,
    },
    /// Removes a member: [`Reply::Removed`].
    Revoke {
        /// Who.
        member: String,
        /// Why; sealed for those who read the commons.
        reason: String,
        /// Only say what it would do.
        dry_run: bool,
    },
    /// Leaves the community: [`Reply::Left`].
    Leave {
        /// Don't be named any more.
        forget_name: bool,
        /// Erase the copy on this machine, once somebody is known to have heard.
        erase_local: bool,
        /// Leave and erase it although nobody has heard, or has all that was written here.
        unheard: bool,
    },
    /// Makes something else of a member: [`Reply::Role`].
    Grant {
        /// Who.
        member: String,
        /// What.
        role: String,
        /// An expert's topics.
        topics: Vec<String>,
    },
    /// Gives one's own role up for a lower one: [`Reply::Role`].
    Resign {
        /// Oneself.
        member: String,
        /// What one is then.
        role: String,
    },
    /// What waits for somebody who governs: [`Reply::Quarantine`].
    Quarantine,
    /// Lets things out of quarantine, or leaves them out for good: [`Reply::Decided`].
    Decide {
        /// Their numbers, or starts of the entries' ids.
        which: Vec<String>,
        /// Let in.
        admit: bool,
    },
    /// All acts of governance: [`Reply::Acts`].
    Acts,
    /// Chains with several branches, settled ones too: [`Reply::Forks`].
    Forks,
    /// Says how forks go on: [`Reply::ForkSettled`].
    SettleForks {
        /// Their numbers; none = all that are open.
        which: Vec<String>,
        /// The one branch that counts, by its number; none = all of them.
        take: Option<usize>,
    },
    /// Writes an act of governance: [`Reply::Act`].
    Govern(GovernAct),
    /// The spaces: [`Reply::Spaces`].
    Spaces,
    /// Creates a circle: [`Reply::Spaces`] with it alone.
    SpaceCreate {
        /// Its name.
        name: String,
        /// Who is in it beside oneself.
        members: Vec<String>,
        /// Those who are not in it don't see it listed.
        hidden: bool,
    },
    /// Takes a member into a circle, or out of it: [`Reply::Spaces`] with it alone.
    SpaceMember {
        /// The circle.
        space: String,
        /// Who.
        member: String,
        /// Out of it.
        remove: bool,
    },
    /// Copies a document as it is shown now into the vitrine: [`Reply::Written`].
    Publish {
        /// Which.
        id: String,
    },
    /// Says whether one's name may stand beside what is published: [`Reply::Written`].
    Consent {
        /// Which document.
        id: String,
        /// It may.
        named: bool,
    },
    /// Erases the content of what one wrote in a document, or all of it for who governs: [`Reply::Erased`].
    Erase {
        /// Which.
        id: String,
        /// Only say what it would do.
        dry_run: bool,
    },
    /// Indexes what is not indexed yet: [`Reply::Done`].
    Index,
    /// Ends the running node: [`Reply::Done`].
    Stop,
    /// Version and process of whoever owns the store: [`Reply::Owner`].
    Owner,
}

impl Request {
    /// Tells whether it changes nothing, so that it may be asked again when no answer came.
    pub fn reads(&self) -> bool {
        match self {
            Request::Me { changes } => changes.is_empty(),
            Request::Import { dry_run, .. } => *dry_run,
            Request::Members
            | Request::Member { .. }
            | Request::Show { .. }
            | Request::List { .. }
            | Request::Search { .. }
            | Request::History { .. }
            | Request::Diff { .. }
            | Request::DiffSource { .. }
            | Request::Links { .. }
            | Request::Conflicts { .. }
            | Request::Glossary { .. }
            | Request::Export { .. }
            | Request::ExportCanonical { .. }
            | Request::Check { .. }
            | Request::Status
            | Request::Why { .. }
            | Request::Peers
            | Request::Index
            | Request::BundleInspect { .. }
            | Request::Invitations { .. }
            | Request::Devices
            | Request::Quarantine
            | Request::Acts
            | Request::Forks
            | Request::Spaces
            | Request::Owner => true,
            Request::Init(_)
            | Request::Invite(_)
            | Request::Join(_)
            | Request::Add { .. }
            | Request::Edit { .. }
            | Request::Reply { .. }
            | Request::Mark(_)
            | Request::Adapt { .. }
            | Request::Pull { .. }
            | Request::Offer { .. }
            | Request::Distil { .. }
            | Request::Synthesise { .. }
            | Request::Resolve { .. }
            | Request::Sync { .. }
            | Request::Rebuild
            | Request::Backup { .. }
            | Request::Recall { .. }
            | Request::Passphrase { .. }
            | Request::Admit { .. }
            | Request::DeviceAdd
            | Request::DeviceJoin { .. }
            | Request::DeviceDrop { .. }
            | Request::PrintedKey
            | Request::BundleCreate { .. }
            | Request::BundleApply { .. }
            | Request::Revoke { .. }
            | Request::Leave { .. }
            | Request::Grant { .. }
            | Request::Resign { .. }
            | Request::Decide { .. }
            | Request::Govern(_)
            | Request::SettleForks { .. }
            | Request::SpaceCreate { .. }
            | Request::SpaceMember { .. }
            | Request::Publish { .. }
            | Request::Consent { .. }
            | Request::Erase { .. }
            | Request::Stop => false,
        }
    }
}

/// An act of governance that `govern` writes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GovernAct {
    /// Changes the rules.
    Rule {
        /// The lowest role that invites members.
        inviters: Option<String>,
        /// How many people validate a practice.
        validations: Option<u32>,
    },
    /// Makes a new key of a space, the commons when none is named.
    Rotate {
        /// Which.
        space: Option<String>,
    },
    /// Closes an epoch of governance.
    Checkpoint,
    /// Names those who govern from now on.
    Recover {
        /// Who.
        animators: Vec<String>,
        /// The words of the community's printed key, where so few are left that it has to sign.
        printed: Option<Secret>,
    },
    /// Signs what somebody proposed.
    Sign {
        /// The proposal: start of its id.
        act: String,
    },
    /// Says that somebody who governs is not lost.
    Veto {
        /// The recovery: start of its id.
        act: String,
    },
    /// Says a recovery again.
    Confirm {
        /// The recovery: start of its id.
        act: String,
        /// As in [`GovernAct::Recover`].
        printed: Option<Secret>,
    },
    /// Ends the community.
    Close,
}

/// What `init` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Init {
    /// Name of the community.
    pub name: String,
    /// Types of DOMAIN 3.6, English or French.
    pub types: Vec<String>,
    /// The founder's name.
    pub person: String,
    /// The founder's site.
    pub site: String,
    /// Further charter fields.
    pub changes: Vec<FieldChange>,
}

/// What `invite` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Invite {
    /// Role, `member` when none.
    pub role: Option<String>,
    /// How many people may use it.
    pub uses: u32,
    /// Days that it is open.
    pub days: u32,
    /// Wait for an animator's word.
    pub confirm: bool,
    /// Documents to carry beside the charter.
    pub with: Vec<String>,
    /// Also as parts for codes.
    #[serde(default)]
    pub parts: bool,
}

/// What `join` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Join {
    /// The text of the invitation.
    pub invitation: String,
    /// The newcomer's name.
    pub person: String,
    /// The newcomer's site.
    pub site: String,
    /// Terms the newcomer wants to learn.
    pub learn: Vec<String>,
    /// What the newcomer offers.
    pub offers: Vec<String>,
}
