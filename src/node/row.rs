//! The row of a document: what lists, names and figures need without folding it. Kept in the views as postcard bytes of a
//! [compact form](compact), about 120 for a practice, of which 64 are its title and the hash of its canonical line.

mod compact;

use serde::{Deserialize, Serialize};

use crate::model::{DocumentId, EntryId, MemberId, SpaceId, Timestamp};

/// One document, as its log folds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Kind of document.
    pub(crate) kind: String,
    /// The space it lives in, for good.
    pub(crate) space: SpaceId,
    /// Slug of its first title; empty for posts.
    pub(crate) handle: String,
    /// Title shown; of a term its label, of a member the name, of a post its first words.
    pub(crate) title: String,
    /// BCP 47, if it says.
    pub(crate) language: Option<String>,
    /// Who made it.
    pub(crate) creator: MemberId,
    /// Claimed time of the creating edit.
    pub(crate) created: Timestamp,
    /// Latest claimed time of an edit that counts.
    pub(crate) modified: Timestamp,
    /// Everybody whose edits count, ascending.
    pub(crate) contributors: Vec<MemberId>,
    /// State of its standing; empty where the kind has none.
    pub(crate) state: String,
    /// Withdrawn or hidden: not listed.
    pub(crate) withdrawn: bool,
    /// Edits that no other edit here has in its past: the deps of the next one.
    pub(crate) heads: Vec<EntryId>,
    /// Topics, sites and other terms it names.
    pub(crate) terms: Vec<DocumentId>,
    /// The thread or document it is about.
    pub(crate) about: Option<DocumentId>,
    /// Folded labels of a term, in any language.
    pub(crate) labels: Vec<String>,
    /// Hash of its origin, by which an import knows it again.
    pub(crate) origin: Option<[u8; 16]>,
    /// Small values to filter by: (`difficulty`, `beginner`).
    pub(crate) facets: Vec<(String, String)>,
    /// Fields with two values.
    pub(crate) conflicts: Vec<String>,
    /// Hash of its canonical line.
    pub(crate) line: [u8; 32],
    /// Holds things of a newer version.
    pub(crate) newer: bool,
    /// How many edits count.
    pub(crate) edits: u32,
}

/// How many entries about a document don't count, by why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) waiting: u32,
    pub(crate) masked: u32,
    pub(crate) void: u32,
    /// Of those that wait, how many wait for a key.
    pub(crate) keyless: u32,
}

impl Held {
    /// Tells whether nothing but keys that come can change it.
    pub(crate) fn waits_for_keys_alone(&self) -> bool {
        self.keyless > 0 && self.waiting == self.keyless && self.masked == 0 && self.void == 0
    }
}

impl Row {
    /// Returns the first value of a facet.
    pub(crate) fn facet(&self, name: &str) -> Option<&str> {
        self.facets.iter().find(|(facet, _)| facet == name).map(|(_, value)| value.as_str())
    }
}

/// Most characters of a handle.
const HANDLE_CHARS_MAX: usize = 60;

/// Makes a handle: lower-case ASCII letters, digits and single hyphens.
pub(crate) fn slug(title: &str) -> String {
    let ascii = deunicode::deunicode(title).to_lowercase();
    let mut out = String::new();
    for word in ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if !out.is_empty() && out.len() + 1 + word.len() > HANDLE_CHARS_MAX {
            break;
        }
        if !out.is_empty() {
            out.push('-');
        }
        out.push_str(word);
    }
    out.truncate(HANDLE_CHARS_MAX);
    out
}

/// Folds a label for comparison: case, accents and spacing don't count.
pub(crate) fn fold_label(label: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;
    let folded: String = label.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        let check = |title: &str, handle: &str| assert_eq!(slug(title), handle);
        check("Purger une pompe à main", "purger-une-pompe-a-main");
        check("  L'eau, c'est la vie !  ", "l-eau-c-est-la-vie");
        check("Œuvre / ../x\u{1b}]", "oeuvre-x");
        check("", "");
        check("水", "shui");
        assert!(slug(&"long word ".repeat(40)).len() <= HANDLE_CHARS_MAX);
        assert_eq!(slug(&"x".repeat(200)).len(), HANDLE_CHARS_MAX);
    }

    #[test]
    fn labels_fold() {
        assert_eq!(fold_label("  Énergie  solaire "), "energie solaire");
        assert_eq!(fold_label("ENERGIE SOLAIRE"), "energie solaire");
    }
}
