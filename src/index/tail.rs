//! The tail: changes that the index has not taken in yet, searched directly, with the same meaning.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::index::filter::Filter;
use crate::index::item::{Change, Item};
use crate::index::plan::{Clause, Plan};
use crate::index::search::{Hit, TITLE_WEIGHT};
use crate::index::words::Words;
use crate::model::DocumentId;

/// Stands between two texts of an item, so that no phrase spans them.
const GAP: u32 = u32::MAX;

/// Parameters of BM25, as the engine has them.
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// The last change of each document past the watermark.
pub(crate) struct Tail<'a> {
    items: Vec<Entry<'a>>,
    changed: BTreeSet<DocumentId>,
    numbers: HashMap<String, u32>,
    words: Vec<Occurring>,
}

struct Entry<'a> {
    item: &'a Item,
    /// Numbers of its words, [`GAP`] after each text.
    text: Vec<u32>,
    /// How many words it has, and how many of them are its title.
    length: usize,
    title: usize,
}

struct Occurring {
    word: String,
    items: u64,
    last: usize,
}

/// What BM25 needs to know about all items.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lengths {
    pub(crate) items: u64,
    pub(crate) text_words: u64,
    pub(crate) title_words: u64,
}

impl<'a> Tail<'a> {
    pub(crate) fn new(changes: &'a [Change]) -> Tail<'a> {
        let mut last: BTreeMap<DocumentId, &'a Change> = BTreeMap::new();
        for change in changes {
            last.insert(change.id(), change);
        }
        let mut tail = Tail {
            items: Vec::new(),
            changed: last.keys().copied().collect(),
            numbers: HashMap::new(),
            words: Vec::new(),
        };
        for change in last.into_values() {
            if let Change::Put(item) = change {
                tail.add(item);
            }
        }
        tail
    }

    fn add(&mut self, item: &'a Item) {
        let at = self.items.len();
        let mut entry = Entry { item, text: Vec::new(), length: 0, title: 0 };
        let mut word = String::new();
        for (n, text) in item.texts().enumerate() {
            let mut words = Words::new(text);
            while words.next_into(&mut word).is_some() {
                entry.text.push(self.number(&word, at));
                entry.length += 1;
            }
            if n == 0 {
                entry.title = entry.length;
            }
            entry.text.push(GAP);
        }
        self.items.push(entry);
    }

    fn number(&mut self, word: &str, item: usize) -> u32 {
        let number = match self.numbers.get(word) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.words.len()).unwrap_or(GAP);
                self.numbers.insert(word.to_owned(), number);
                self.words.push(Occurring { word: word.to_owned(), items: 0, last: usize::MAX });
                number
            }
        };
        let occurring = &mut self.words[number as usize];
        if occurring.last != item {
            occurring.last = item;
            occurring.items += 1;
        }
        number
    }

    /// Returns the documents whose place in the index no longer counts.
    pub(crate) fn changed(&self) -> &BTreeSet<DocumentId> {
        &self.changed
    }

    /// Returns each word that occurs, with the number of items that hold it.
    pub(crate) fn words(&self) -> impl Iterator<Item = (&str, u64)> {
        self.words.iter().map(|occurring| (occurring.word.as_str(), occurring.items))
    }

    /// Returns how many items hold a word.
    pub(crate) fn items_with(&self, word: &str) -> u64 {
        self.numbers.get(word).map_or(0, |number| self.words[*number as usize].items)
    }

    pub(crate) fn lengths(&self) -> Lengths {
        Lengths {
            items: self.items.len() as u64,
            text_words: self.items.iter().map(|entry| entry.length as u64).sum(),
            title_words: self.items.iter().map(|entry| entry.title as u64).sum(),
        }
    }

    /// Returns the items that pass a filter.
    pub(crate) fn passing(&self, filter: &Filter) -> impl Iterator<Item = &'a Item> {
        self.items.iter().map(|entry| entry.item).filter(|item| filter.matches(item))
    }

    /// Returns the items that a plan finds.
    pub(crate) fn search(&self, plan: &Plan, filter: &Filter, all: Lengths) -> Vec<Hit> {
        let sought =
            |clauses: &[Clause]| -> Vec<Sought> { clauses.iter().map(|clause| self.sought(clause, all)).collect() };
        let (must, must_not) = (sought(&plan.must), sought(&plan.must_not));
        let found = self.items.iter().filter_map(|entry| {
            if must_not.iter().any(|sought| sought.score(entry, all).is_some()) {
                return None;
            }
            let scores: Vec<Option<f32>> = must.iter().map(|sought| sought.score(entry, all)).collect();
            let phrases = plan.must.iter().zip(&scores).all(|(clause, score)| !clause.is_phrase() || score.is_some());
            let enough = if plan.any { scores.iter().any(Option::is_some) } else { scores.iter().all(Option::is_some) };
            (phrases && enough && filter.matches(entry.item))
                .then(|| Hit { id: entry.item.id, score: scores.into_iter().flatten().sum() })
        });
        found.collect()
    }

    fn sought(&self, clause: &Clause, all: Lengths) -> Sought {
        let idf = idf(clause.items(), all.items);
        match clause {
            Clause::Words(words) => {
                let mut weights = vec![0.0; self.words.len()];
                for form in &words.forms {
                    if let Some(number) = self.numbers.get(&form.word) {
                        weights[*number as usize] = form.weight;
                    }
                }
                Sought::Words { weights, idf }
            }
            Clause::Phrase(phrase) => {
                let numbers = phrase.words.iter().map(|word| self.numbers.get(word).copied()).collect();
                Sought::Phrase { numbers, idf }
            }
        }
    }
}

/// A clause in numbers of words.
enum Sought {
    /// The weight of each word of the tail, 0 for those not asked for.
    Words { weights: Vec<f32>, idf: f32 },
    /// The words in a row, unless one of them is not in the tail.
    Phrase { numbers: Option<Vec<u32>>, idf: f32 },
}

impl Sought {
    /// Returns what the clause scores in an item, if it is there.
    fn score(&self, entry: &Entry<'_>, all: Lengths) -> Option<f32> {
        match self {
            Sought::Words { weights, idf } => {
                let mut counts: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
                for (at, number) in entry.text.iter().enumerate() {
                    if *number != GAP && weights[*number as usize] > 0.0 {
                        let (in_text, in_title) = counts.entry(*number).or_default();
                        *in_text += 1;
                        *in_title += u32::from(at < entry.title);
                    }
                }
                let text = Rate::new(*idf, entry.length, all.text_words, all.items);
                let title = Rate::new(*idf, entry.title, all.title_words, all.items);
                let gains = counts.iter().map(|(number, (in_text, in_title))| {
                    weights[*number as usize] * (text.of(*in_text) + TITLE_WEIGHT * title.of(*in_title))
                });
                (!counts.is_empty()).then(|| gains.sum())
            }
            Sought::Phrase { numbers, idf } => {
                let numbers = numbers.as_ref()?;
                let count = entry.text.windows(numbers.len().max(1)).filter(|window| window == numbers).count();
                let text = Rate::new(*idf, entry.length, all.text_words, all.items);
                (count > 0).then(|| text.of(count as u32))
            }
        }
    }
}

/// How much an occurrence is worth in one item: the share of BM25 that depends on the item.
struct Rate {
    idf: f32,
    norm: f32,
}

impl Rate {
    fn new(idf: f32, length: usize, words: u64, items: u64) -> Rate {
        // As the engine has it: below one word an item where most have none.
        let average = if words == 0 { 1.0 } else { words as f32 / items.max(1) as f32 };
        Rate { idf, norm: K1 * (1.0 - B + B * length as f32 / average) }
    }

    fn of(&self, count: u32) -> f32 {
        self.idf * (1.0 + K1) * count as f32 / (count as f32 + self.norm)
    }
}

fn idf(items: u64, all: u64) -> f32 {
    let held = items.min(all) as f32;
    (1.0 + (all as f32 - held + 0.5) / (held + 0.5)).ln()
}
