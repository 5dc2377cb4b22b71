//! What is answered about bundles.

use serde::{Deserialize, Serialize};

/// A bundle that was written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BundleWritten {
    /// The file.
    pub file: String,
    /// Handle of the member whom it is for; empty where it is for whoever finds it.
    pub to: String,
    /// Counts the bundles for that member, from 1; 0 without one.
    pub number: u64,
    /// Entries in it.
    pub entries: u64,
    /// Payloads in it.
    pub payloads: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// What a bundle says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BundleHead {
    /// The file.
    pub file: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Name of the community.
    pub community: String,
    /// Handle of the sender, as far as it is known here.
    pub from: String,
    /// Handle of the member whom it is for; empty where it is for whoever finds it.
    pub to: String,
    /// Counts the bundles from one to the other, from 1; 0 without a member.
    pub number: u64,
    /// The bundle without which it can't be read; 0 = none.
    pub after: u64,
    /// Claimed time.
    pub at: String,
    /// Entries in it.
    pub entries: u64,
}

/// What came of a bundle.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BundleApplied {
    /// What it says of itself.
    #[serde(flatten)]
    pub head: BundleHead,
    /// Entries that were not here before.
    pub fresh: u64,
    /// Entries left because what comes before them is missing.
    pub waiting: u64,
    /// Entries refused: of spaces that are not this node's, or against a limit.
    pub refused: u64,
    /// New documents by kind.
    pub new: Vec<(String, u64)>,
    /// Fields that have two values since.
    pub conflicts: u64,
}
