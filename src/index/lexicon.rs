//! The words that occur, in the index and in the tail together, and the forms of a word among them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

use crate::index::error::IndexError;
use crate::index::forms::Stemmers;
use crate::index::tail::Tail;

/// How much another form of the word counts, beside the word itself.
const FORM_WEIGHT: f32 = 0.6;

/// From how many letters on one slip, and two slips, are taken for a mistake.
const SLIPS_FROM: [(usize, u8); 2] = [(8, 2), (4, 1)];

/// How many corrections of a word are searched: the most common.
const CORRECTIONS_MAX: usize = 8;

/// A word that occurs, and what it stands for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Form {
    pub(crate) word: String,
    /// In how many items, those deleted lately included.
    pub(crate) items: u64,
    /// What a match of it counts, 1 for the word asked for.
    pub(crate) weight: f32,
}

/// Looks words up.
pub(crate) struct Lexicon<'a> {
    searcher: &'a Searcher,
    text: Field,
    tail: &'a Tail<'a>,
    stemmers: RefCell<Stemmers>,
}

impl<'a> Lexicon<'a> {
    pub(crate) fn new(searcher: &'a Searcher, text: Field, tail: &'a Tail<'a>) -> Lexicon<'a> {
        Lexicon { searcher, text, tail, stemmers: RefCell::new(Stemmers::new()) }
    }

    /// Returns the forms of a word that occur, the word itself first if it does.
    pub(crate) fn forms(&self, word: &str) -> Result<Vec<Form>, IndexError> {
        let mut stemmers = self.stemmers.borrow_mut();
        let asked = stemmers.stems(word);
        let longest = word.len() + 8;
        let found = self.beginning(asked.prefix(), |other| {
            other == word || other.len() <= longest && asked.related(&stemmers.stems(other))
        });
        let mut forms = Vec::new();
        for (other, items) in found? {
            if other == word {
                forms.insert(0, Form { word: other, items, weight: 1.0 });
            } else {
                forms.push(Form { word: other, items, weight: FORM_WEIGHT });
            }
        }
        Ok(forms)
    }

    /// Returns the words that begin so.
    pub(crate) fn prefixed(&self, prefix: &str) -> Result<Vec<Form>, IndexError> {
        let words = self.beginning(prefix, |_| true)?;
        Ok(words.into_iter().map(|(word, items)| Form { word, items, weight: 1.0 }).collect())
    }

    /// Returns the word, if it occurs.
    pub(crate) fn exact(&self, word: &str) -> Result<Option<Form>, IndexError> {
        let mut items = self.tail.items_with(word);
        for segment in self.searcher.segment_readers() {
            let term = Term::from_field_text(self.text, word);
            items += u64::from(segment.inverted_index(self.text)?.doc_freq(&term)?);
        }
        Ok((items > 0).then(|| Form { word: word.to_owned(), items, weight: 1.0 }))
    }

    /// Returns the words that were probably meant by one that does not occur, the most common first.
    ///
    /// Only those with the fewest slips; swapped letters are one slip.
    pub(crate) fn corrections(&self, word: &str) -> Result<Vec<String>, IndexError> {
        let letters = word.chars().count();
        let Some((_, most)) = SLIPS_FROM.iter().find(|(from, _)| letters >= *from) else {
            return Ok(Vec::new());
        };
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Vec::new());
        }
        for slips in 1..=*most {
            let mut found: Vec<(String, u64)> = self.within(word, slips)?.into_iter().collect();
            found.retain(|(other, _)| !other.bytes().any(|byte| byte.is_ascii_digit()));
            if !found.is_empty() {
                found.sort_by(|(a, a_items), (b, b_items)| b_items.cmp(a_items).then_with(|| a.cmp(b)));
                return Ok(found.into_iter().take(CORRECTIONS_MAX).map(|(word, _)| word).collect());
            }
        }
        Ok(Vec::new())
    }

    /// Gathers the words that begin so and that are wanted, with the number of items.
    fn beginning(
        &self,
        prefix: &str,
        mut wanted: impl FnMut(&str) -> bool,
    ) -> Result<BTreeMap<String, u64>, IndexError> {
        let mut seen: BTreeMap<String, Option<u64>> = BTreeMap::new();
        let mut note = |word: &str, items: &dyn Fn() -> u64| {
            if !seen.contains_key(word) {
                seen.insert(word.to_owned(), wanted(word).then_some(0));
            }
            if let Some(Some(total)) = seen.get_mut(word) {
                *total += items();
            }
        };
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(self.text)?;
            let mut range = index.terms().range().ge(prefix);
            if let Some(end) = after(prefix) {
                range = range.lt(end);
            }
            let mut stream = range.into_stream()?;
            while stream.advance() {
                let word = std::str::from_utf8(stream.key()).unwrap_or_default();
                note(word, &|| u64::from(stream.value().doc_freq));
            }
        }
        for (word, items) in self.tail.words().filter(|(word, _)| word.starts_with(prefix)) {
            note(word, &|| items);
        }
        Ok(seen.into_iter().filter_map(|(word, items)| Some((word, items?))).collect())
    }

    fn within(&self, word: &str, slips: u8) -> Result<BTreeMap<String, u64>, IndexError> {
        let query = FuzzyTermQuery::new(Term::from_field_text(self.text, word), slips, true);
        let mut words: BTreeMap<String, u64> = BTreeMap::new();
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(self.text)?;
            let mut stream = index.terms().search(query.automaton()?).into_stream()?;
            while stream.advance() {
                let other = String::from_utf8_lossy(stream.key()).into_owned();
                *words.entry(other).or_default() += u64::from(stream.value().doc_freq);
            }
        }
        for (other, items) in self.tail.words().filter(|(other, _)| slips_between(word, other) <= usize::from(slips)) {
            *words.entry(other.to_owned()).or_default() += items;
        }
        Ok(words)
    }
}

/// Returns the first string of bytes after all that begin with the prefix.
fn after(prefix: &str) -> Option<Vec<u8>> {
    let mut bytes = prefix.as_bytes().to_vec();
    while let Some(last) = bytes.pop() {
        if last < u8::MAX {
            bytes.push(last + 1);
            return Some(bytes);
        }
    }
    None
}

/// Counts the slips between two words: a letter added, left out, taken for another, or swapped with its neighbour.
fn slips_between(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows = vec![(0..=other.len()).collect::<Vec<usize>>()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut least = (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}
