//! Filters: what an item must be, beside the words it holds.

use std::collections::BTreeSet;

use crate::index::item::Item;
use crate::index::words::{Words, cut};
use crate::model::Timestamp;

/// What an item must be in order to be found. Each condition narrows the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Its kind; several, separated by commas, mean any of them.
    pub kind: Option<String>,
    /// Facets it must have: name and value; several values, separated by commas, mean any of them.
    pub facets: Vec<(String, String)>,
    /// Facets it must not have.
    pub without: Vec<(String, String)>,
    /// It must have changed then or later, by claimed time.
    pub since: Option<Timestamp>,
}

/// Names that may be written before a colon, English and French, and the facet each means.
const NAMES: [(&str, &str); 36] = [
    ("topic", "topic"),
    ("topics", "topic"),
    ("theme", "topic"),
    ("themes", "topic"),
    ("site", "site"),
    ("sites", "site"),
    ("lieu", "site"),
    ("lieux", "site"),
    ("state", "state"),
    ("etat", "state"),
    ("difficulty", "difficulty"),
    ("difficulte", "difficulty"),
    ("type", "type"),
    ("types", "type"),
    ("aim", "aim"),
    ("aims", "aim"),
    ("motivation", "aim"),
    ("motivations", "aim"),
    ("by", "by"),
    ("author", "by"),
    ("authors", "by"),
    ("par", "by"),
    ("auteur", "by"),
    ("auteurs", "by"),
    ("space", "space"),
    ("espace", "space"),
    ("kind", "kind"),
    ("genre", "kind"),
    ("lang", "language"),
    ("language", "language"),
    ("langue", "language"),
    ("mode", "mode"),
    ("due", "due"),
    ("echue", "due"),
    ("level", "level"),
    ("niveau", "level"),
];

/// Names before a colon that ask for a time.
const SINCE: [&str; 2] = ["since", "depuis"];

/// Highest level that `level>=` counts to: those of evidence and difficulty are far below.
const LEVEL_MAX: u8 = 9;

impl Filter {
    /// Returns the filter that a word like `topic:water`, `level>=2` or `since:2026-01-31` means, if it is one.
    ///
    /// `None` if it is an ordinary word.
    pub fn parse(word: &str) -> Option<Filter> {
        let mut filter = Filter::default();
        filter.add(word).then_some(filter)
    }

    /// Returns the facet that a name before a colon means, in English or French, with or without accents.
    pub fn facet(name: &str) -> Option<&'static str> {
        let name = cut(name).join(" ");
        NAMES.iter().find(|(written, _)| *written == name).map(|(_, facet)| *facet)
    }

    /// Returns what stands after `since:`, if the word is that.
    pub(crate) fn since_of(word: &str) -> Option<&str> {
        word.split_once(':').filter(|(name, value)| SINCE.contains(name) && !value.is_empty()).map(|(_, value)| value)
    }

    /// Adds the condition that a word means; false if it is an ordinary word.
    pub(crate) fn add(&mut self, word: &str) -> bool {
        let level = word.strip_prefix("level>=").or_else(|| word.strip_prefix("niveau>="));
        if let Some(level) = level.and_then(|text| text.parse::<u8>().ok()) {
            let levels: Vec<String> = (level..=LEVEL_MAX).map(|n| n.to_string()).collect();
            self.facets.push(("level".into(), levels.join(",")));
            return true;
        }
        let Some((name, value)) = word.split_once(':').filter(|(_, value)| !value.is_empty()) else {
            return false;
        };
        if SINCE.contains(&name) {
            let Some(since) = day(value) else { return false };
            self.since = self.since.max(Some(since));
            return true;
        }
        let known = Filter::facet(name);
        if let Some(facet) = known {
            self.facets.push((facet.into(), value.into()));
        }
        known.is_some()
    }

    /// Tells whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    /// Asks for what another filter asks for, too.
    pub fn narrow(&mut self, other: &Filter) {
        if let Some(kind) = &other.kind {
            self.facets.push(("kind".into(), kind.clone()));
        }
        self.facets.extend(other.facets.iter().cloned());
        self.without.extend(other.without.iter().cloned());
        self.since = self.since.max(other.since);
    }

    /// Tells whether an item passes.
    pub fn matches(&self, item: &Item) -> bool {
        let held: BTreeSet<String> = item.all_facets().map(|(name, value)| term(name, value)).collect();
        self.required().iter().all(|any| any.iter().any(|term| held.contains(term)))
            && !self.excluded().iter().any(|term| held.contains(term))
            && self.since.is_none_or(|since| item.modified >= since)
    }

    /// Returns the terms an item must hold: one of each list.
    pub(crate) fn required(&self) -> Vec<Vec<String>> {
        let kind = self.kind.as_deref().map(|kind| ("kind", kind));
        let facets = self.facets.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        kind.into_iter().chain(facets).map(|(name, value)| alternatives(name, value)).collect()
    }

    /// Returns the terms an item must not hold.
    pub(crate) fn excluded(&self) -> Vec<String> {
        self.without.iter().flat_map(|(name, value)| alternatives(name, value)).collect()
    }
}

/// Bytes after which a facet value is cut, in the index and in filters alike.
const VALUE_BYTES_MAX: usize = 256;

/// Returns the term that stands in the index for a facet: case, accents and punctuation make no difference.
pub(crate) fn term(name: &str, value: &str) -> String {
    let name = NAMES.iter().find(|(written, _)| *written == name).map_or(name, |(_, facet)| facet);
    let mut text = format!("{name}:");
    let mut words = Words::new(value);
    let mut word = String::new();
    while text.len() < VALUE_BYTES_MAX && words.next_into(&mut word).is_some() {
        if !text.ends_with(':') {
            text.push('-');
        }
        text.push_str(&word);
    }
    text
}

fn alternatives(name: &str, value: &str) -> Vec<String> {
    value.split(',').filter(|part| !cut(part).is_empty()).map(|part| term(name, part)).collect()
}

/// Returns the start of a day written `2026-01-31`, or of a month or year written short.
fn day(text: &str) -> Option<Timestamp> {
    let full = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    let date: jiff::civil::Date = full.parse().ok()?;
    let start = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp(start.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_filters() {
        let check = |word: &str, facets: &[(&str, &str)]| {
            let filter = Filter::parse(word).unwrap_or_default();
            let expected: Vec<_> = facets.iter().map(|(n, v)| (String::from(*n), String::from(*v))).collect();
            assert_eq!(filter.facets, expected, "{word}");
        };
        check("topic:Énergie", &[("topic", "Énergie")]);
        check("author:ana", &[("by", "ana")]);
        check("Thème:eau", &[("topic", "eau")]);
        check("état:brouillon", &[("state", "brouillon")]);
        check("level>=8", &[("level", "8,9")]);
        check("niveau>=9", &[("level", "9")]);
        check("http://a.example", &[]);
        check("topic:", &[]);
        check("since:soon", &[]);
        let since = |text: &str| Filter::parse(text).and_then(|filter| filter.since);
        assert_eq!(since("since:1970-01-02"), Some(Timestamp(86_400_000)));
        assert_eq!(since("since:1971"), Some(Timestamp(365 * 86_400_000)));
        assert_eq!(since("since:1970-02"), Some(Timestamp(31 * 86_400_000)));
    }

    #[test]
    fn terms_fold() {
        assert_eq!(term("topics", "Mise en Œuvre!"), "topic:mise-en-oeuvre");
        assert_eq!(term("topic", "mise-en-oeuvre"), "topic:mise-en-oeuvre");
        assert!(term("topic", &"mot ".repeat(10_000)).len() < 2 * VALUE_BYTES_MAX);
    }
}
