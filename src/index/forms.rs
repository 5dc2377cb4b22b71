//! Forms: which words a reader takes for one another (`réunions` and `réunion`, `vérifier` and `vérifié`).
//!
//! Words come folded, without accents, while the French stemmer needs the accent of an ending (`données` loses `ées`,
//! `donnees` only `s`). So a word that may have lost one is stemmed with it put back, too. Two words are forms of one
//! another if they share a stem in one language. That is a pure function of the two words: it needs no dictionary, and
//! what it says in the index it says in the tail.

use tantivy::tokenizer::{Language, RawTokenizer, Stemmer, TextAnalyzer, TokenStream};

/// Words up to this many letters have no French forms but their plural: `note` is not a form of `not`.
const SHORT_LETTERS: usize = 3;

/// A stem below this many letters says nothing.
const STEM_LETTERS_MIN: usize = 3;

/// How many letters two forms may differ in length, when their stem is short: don and données are apart, run and
/// running are not.
const SHORT_STEM_DIFFERENCE_FRENCH: usize = 2;
const SHORT_STEM_DIFFERENCE_ENGLISH: usize = 4;

/// Endings as they stand folded, and another writing that the stemmer knows better: with the accent that was lost, or
/// of the other gender. The first that fits is tried.
const ENDINGS: [(&str, &str); 8] = [
    ("ieres", "ières"),
    ("iere", "ière"),
    ("ees", "ées"),
    ("ee", "ée"),
    ("es", "és"),
    ("e", "é"),
    ("ifs", "ives"),
    ("if", "ive"),
];

/// The stems of one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stems {
    word: String,
    french: Vec<String>,
    english: Vec<String>,
}

/// Finds stems; holds the stemmers and their buffers.
pub(crate) struct Stemmers {
    french: TextAnalyzer,
    english: TextAnalyzer,
}

impl Stemmers {
    pub(crate) fn new() -> Stemmers {
        let analyzer = |language| TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(language)).build();
        Stemmers { french: analyzer(Language::French), english: analyzer(Language::English) }
    }

    /// Returns the stems of a folded word.
    pub(crate) fn stems(&mut self, word: &str) -> Stems {
        let mut stems = Stems { word: word.to_owned(), french: Vec::new(), english: Vec::new() };
        if letters(word) <= SHORT_LETTERS {
            stems.english.push(word.to_owned());
            return stems;
        }
        if !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            // Digits and other scripts: each word for itself.
            return stems;
        }
        push_stem(&mut stems.french, stem(&mut self.french, word));
        if let Some((folded, accented)) = ENDINGS.iter().find(|(folded, _)| word.ends_with(folded)) {
            let restored = format!("{}{accented}", &word[..word.len() - folded.len()]);
            push_stem(&mut stems.french, stem(&mut self.french, &restored));
        }
        push_stem(&mut stems.english, stem(&mut self.english, word));
        stems
    }
}

impl Stems {
    /// Tells whether another word is the same or a form of this one.
    pub(crate) fn related(&self, other: &Stems) -> bool {
        if self.word == other.word || is_plural(&self.word, &other.word) || is_plural(&other.word, &self.word) {
            return true;
        }
        let difference = self.word.len().abs_diff(other.word.len());
        let shared = |ours: &[String], theirs: &[String], apart: usize| {
            ours.iter().any(|stem| theirs.contains(stem) && (stem.len() > SHORT_LETTERS || difference <= apart))
        };
        (shared(&self.french, &other.french, SHORT_STEM_DIFFERENCE_FRENCH)
            || shared(&self.english, &other.english, SHORT_STEM_DIFFERENCE_ENGLISH))
            && other.word.starts_with(self.prefix())
            && self.word.starts_with(other.prefix())
    }

    /// Returns what every form of this word begins with, so that only that part of the dictionary is looked at.
    pub(crate) fn prefix(&self) -> &str {
        let prefix = self.stem_prefix();
        // The singular of a short word.
        let singular = self.word.len().saturating_sub(1);
        if singular <= SHORT_LETTERS && prefix.len() > singular && self.word.ends_with(['s', 'x']) {
            return &self.word[..singular];
        }
        prefix
    }

    fn stem_prefix(&self) -> &str {
        let common = |stem: &String| stem.bytes().zip(self.word.bytes()).take_while(|(a, b)| a == b).count();
        let shared = self.french.iter().chain(&self.english).map(common).min();
        match shared.filter(|_| self.word.is_ascii()) {
            None => &self.word,
            // The last letter of a stem may stand for another: city, cities; social, sociaux; use, using.
            Some(length) if length > STEM_LETTERS_MIN => &self.word[..length - 1],
            Some(STEM_LETTERS_MIN) if self.word.as_bytes()[STEM_LETTERS_MIN - 1] == b'e' => &self.word[..2],
            Some(length) => &self.word[..length.clamp(1, self.word.len())],
        }
    }
}

/// Tells whether a word is the plural of a short one.
fn is_plural(plural: &str, singular: &str) -> bool {
    letters(singular) <= SHORT_LETTERS && plural.strip_suffix(['s', 'x']) == Some(singular)
}

fn letters(word: &str) -> usize {
    word.chars().count()
}

fn push_stem(stems: &mut Vec<String>, stem: String) {
    if stem.len() >= STEM_LETTERS_MIN && !stems.contains(&stem) {
        stems.push(stem);
    }
}

/// Returns the stem, folded again: an accent that was put back may stay.
fn stem(analyzer: &mut TextAnalyzer, word: &str) -> String {
    let mut stream = analyzer.token_stream(word);
    if !stream.advance() {
        return word.to_owned();
    }
    stream.token().text.chars().map(|c| if matches!(c, 'é' | 'è') { 'e' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn related(one: &str, other: &str) -> bool {
        let mut stemmers = Stemmers::new();
        let (one, other) = (stemmers.stems(one), stemmers.stems(other));
        assert_eq!(one.related(&other), other.related(&one), "{one:?} {other:?}");
        one.related(&other)
    }

    #[test]
    fn forms_of_one_word() {
        let pairs = "donnees donnee, donnees donner, donnee donner, reunions reunion, verifier verifie, verifier verifiees, \
            verifie verifiees, accueillir accueilli, qualites qualite, social sociaux, premier premiere, eau eaux, \
            meetings meeting, meet meetings, cities city, running runs, run running, use using, uses using, actif active, actifs active, hope hoping, verify verified, \
            practices practice, organization organizations, decisions decision, jardin jardins, cle cles, mots mot, \
            communautes communaute, partager partagee, animee animer, velo velos, complete complet, \
            generale generales, collectif collectifs, repairs repairing, budget budgets, energies energie";
        for pair in pairs.split(',') {
            let (one, other) = pair.trim().split_once(' ').expect("two words");
            assert!(related(one, other), "{pair}");
        }
    }

    #[test]
    fn words_of_their_own() {
        let pairs = "donnees don, donnees done, note not, reunion union, eau eaux1, present pres, 2024 2025, code cuisine, zorvelinte zorvelin, \
            port porc, table tableau, et ete, de den, velo velours";
        for pair in pairs.split(',') {
            let (one, other) = pair.trim().split_once(' ').expect("two words");
            assert!(!related(one, other), "{pair}");
        }
    }
}
