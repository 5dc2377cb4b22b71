//! What is answered about the life of a document: marks, standing, evidence, adaptations.

use serde::{Deserialize, Serialize};

use super::Hit;

/// A durable mark.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Marked {
    /// The document.
    pub id: String,
    /// Its handle.
    pub handle: String,
    /// Its kind.
    pub kind: String,
    /// The durable entry.
    pub entry: String,
    /// State before.
    pub before: String,
    /// State now.
    pub after: String,
    /// Of a verification: until when it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_until: Option<String>,
    /// Who wrote the accepted answer; the successor; the thread that was there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// How many answers are accepted.
    #[serde(default)]
    pub solutions: usize,
    /// How many find it useful.
    #[serde(default)]
    pub useful: usize,
    /// How many say thanks.
    #[serde(default)]
    pub thanks: usize,
    /// How often it was used.
    #[serde(default)]
    pub used: usize,
    /// How many have validated it.
    #[serde(default)]
    pub voices: usize,
    /// How many have to.
    #[serde(default)]
    pub quorum: usize,
}

/// What `show` prints of the standing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StandingView {
    /// State.
    pub state: String,
    /// 1 to 5; of practices.
    pub evidence_level: u8,
    /// 0 to 3.
    pub stars: u8,
    /// Until when it is verified.
    pub verified_until: Option<String>,
    /// How many found it useful.
    pub useful: usize,
    /// How often it was used.
    pub used: usize,
    /// How many say thanks.
    #[serde(default)]
    pub thanks: usize,
    /// Who validated what is proposed now.
    #[serde(default)]
    pub voices: Vec<String>,
    /// Marks made apart say different things: the more cautious one is shown.
    #[serde(default)]
    pub apart: bool,
    /// Who verified it.
    #[serde(default)]
    pub verified_by: Vec<String>,
    /// Changes that no verification saw.
    #[serde(default)]
    pub changes_since: usize,
    /// Who made them.
    #[serde(default)]
    pub changed_by: Vec<String>,
    /// What replaces it.
    #[serde(default)]
    pub successors: Vec<String>,
    /// Accepted answers of a thread.
    #[serde(default)]
    pub solutions: Vec<String>,
    /// Where a thread was asked before.
    #[serde(default)]
    pub duplicate_of: Vec<String>,
    /// Who is on it.
    #[serde(default)]
    pub taken_by: Vec<String>,
    /// Of a practice: what the reports prove.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceView>,
    /// Of a practice: how much of what makes it usable elsewhere is there, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completeness: Option<usize>,
    /// Fields that are missing for that.
    #[serde(default)]
    pub missing: Vec<String>,
}

/// What the reports about a practice prove.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EvidenceView {
    /// 1 to 5.
    pub level: u8,
    /// The level without the fall for the latest failures.
    pub reached: u8,
    /// Sites with a positive report.
    pub sites: usize,
    /// People with a positive report.
    pub people: usize,
    /// A positive report compares with before, or with others.
    pub compared: bool,
    /// How many it worked for.
    pub worked: usize,
    /// In part.
    pub partly: usize,
    /// How many it failed for.
    pub failed: usize,
    /// How many stopped.
    pub stopped: usize,
    /// Share of successes, a part counting half.
    pub success: Option<f64>,
    /// Its 95 % interval after Wilson.
    pub interval: Option<(f64, f64)>,
}

/// The live side of a document.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Blocks {
    /// Adaptations elsewhere.
    pub adaptations: Vec<Hit>,
    /// Reports.
    pub reports: Vec<Hit>,
    /// Questions about it without an accepted answer.
    pub open_questions: Vec<Hit>,
    /// Who wrote it.
    pub people: Vec<Hit>,
}

/// A post of a thread, or a comment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PostView {
    /// Document id.
    pub id: String,
    /// `thread#n`.
    pub handle: String,
    /// Handle of the author.
    pub author: String,
    /// Claimed instant.
    pub created: String,
    /// The words.
    pub body: String,
    /// `comment`, `answer`, …
    pub role: String,
    /// `for`, `against`, `nuance`, where it says.
    #[serde(default)]
    pub stance: String,
    /// It was accepted as an answer.
    #[serde(default)]
    pub accepted: bool,
}

/// What a practice adapts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SourceView {
    /// Document id.
    pub id: String,
    /// Handle; empty where the source is not here.
    pub handle: String,
    /// Its title, or the one that it had.
    pub title: String,
    /// It is here.
    pub here: bool,
    /// It has changed since what was taken over.
    pub upstream_changed: bool,
}

/// What an adaptation took up from its source.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pulled {
    /// The adaptation.
    pub id: String,
    /// Its handle.
    pub handle: String,
    /// The source.
    pub source: String,
    /// Fields that changed: to be read again.
    pub fields: Vec<PulledField>,
    /// The durable entry; empty when the source had nothing new.
    pub entry: String,
}

/// What a field took up.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PulledField {
    /// Its name.
    pub field: String,
    /// Lines taken.
    pub taken: usize,
    /// Lines that went.
    pub dropped: usize,
    /// Both had changed the same place: the lines of both stand there.
    pub both: bool,
}

/// Links of a document, and the lineage of a practice.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Lineage {
    /// Practices from the first ancestor on: generation, whether it is the one asked for, and what it is.
    pub tree: Vec<(usize, bool, Hit)>,
    /// What the first of them adapts, where that is not here.
    pub absent: Option<SourceView>,
    /// Other links.
    pub links: Vec<Link>,
}

/// One link.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Link {
    /// Its relation.
    pub relation: String,
    /// It stands on the other document.
    pub reverse: bool,
    /// Document id or address.
    pub target: String,
    /// Handle, where it is here.
    pub handle: String,
    /// Title.
    pub title: String,
}
