//! Plans: the clauses of a query with the forms that really occur.

use crate::index::error::IndexError;
use crate::index::lexicon::{Form, Lexicon};
use crate::index::query::{self, Query};

/// What is searched for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    pub(crate) must: Vec<Clause>,
    pub(crate) must_not: Vec<Clause>,
    /// One of the words is enough; phrases stay required.
    pub(crate) any: bool,
}

/// One thing that an item must hold, or must not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Clause {
    /// One of these forms.
    Words(Words),
    /// These words in a row.
    Phrase(Phrase),
}

/// A word and the forms in which it occurs; none if it doesn't occur.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Words {
    /// As typed, folded.
    pub(crate) asked: query::Clause,
    pub(crate) forms: Vec<Form>,
}

/// Words in a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Phrase {
    pub(crate) words: Vec<String>,
    /// Which of them is in the fewest items.
    pub(crate) rarest: usize,
    /// In how many that one is; 0 if one doesn't occur.
    pub(crate) items: u64,
}

impl Phrase {
    /// Tells whether it is more than one word, so that knowing which items hold its words is not enough.
    pub(crate) fn is_row(&self) -> bool {
        self.words.len() > 1
    }
}

impl Plan {
    /// Returns the plan that asks for every word in one of its forms.
    pub(crate) fn all(query: &Query, lexicon: &Lexicon<'_>) -> Result<Plan, IndexError> {
        let resolve = |clauses: &[query::Clause]| -> Result<Vec<Clause>, IndexError> {
            clauses.iter().map(|clause| Clause::resolve(clause, lexicon)).collect()
        };
        Ok(Plan { must: resolve(&query.must)?, must_not: resolve(&query.must_not)?, any: false })
    }

    /// Returns the plan that takes words that don't occur for slips, and how the query reads then.
    ///
    /// `None` if no word can be corrected.
    pub(crate) fn corrected(&self, lexicon: &Lexicon<'_>) -> Result<Option<(Plan, String)>, IndexError> {
        let mut plan = self.clone();
        let mut changed = false;
        let mut shown = Vec::new();
        for clause in &mut plan.must {
            let Clause::Words(words) = clause else {
                shown.push(clause.shown());
                continue;
            };
            if let (query::Clause::Word(word), true) = (&words.asked, words.forms.is_empty()) {
                let meant = lexicon.corrections(word)?;
                if let Some(best) = meant.first() {
                    changed = true;
                    shown.push(best.clone());
                    words.forms = Vec::new();
                    for other in &meant {
                        let forms = lexicon.forms(other)?;
                        words.forms.extend(forms.into_iter().filter(|form| form.weight == 1.0 || other == best));
                    }
                    words.forms.sort_by(|a, b| a.word.cmp(&b.word).then(b.weight.total_cmp(&a.weight)));
                    words.forms.dedup_by(|later, first| later.word == first.word);
                    continue;
                }
            }
            shown.push(clause.shown());
        }
        Ok(changed.then(|| (plan, shown.join(" "))))
    }

    /// Returns the plan that is content with one of the words, if that asks for less.
    pub(crate) fn any(&self) -> Option<Plan> {
        let words = self.must.iter().filter(|clause| !clause.is_phrase()).count();
        (words > 1 || words == 1 && self.must.len() > 1).then(|| Plan { any: true, ..self.clone() })
    }

    /// Tells whether some words must stand in a row, or must not.
    pub(crate) fn has_rows(&self) -> bool {
        self.must.iter().chain(&self.must_not).any(Clause::is_row)
    }

    /// Tells whether nothing can be found: something required occurs nowhere.
    pub(crate) fn is_hopeless(&self) -> bool {
        let absent = |clause: &Clause| clause.items() == 0;
        if self.any {
            self.must.iter().all(absent) || self.must.iter().any(|clause| clause.is_phrase() && absent(clause))
        } else {
            self.must.iter().any(absent)
        }
    }
}

impl Clause {
    fn resolve(clause: &query::Clause, lexicon: &Lexicon<'_>) -> Result<Clause, IndexError> {
        let forms = match clause {
            query::Clause::Word(word) => lexicon.forms(word)?,
            query::Clause::Prefix(word) => lexicon.prefixed(word)?,
            query::Clause::Phrase(words) => {
                let (mut items, mut rarest) = (u64::MAX, 0);
                for (at, word) in words.iter().enumerate() {
                    let holding = lexicon.exact(word)?.map_or(0, |form| form.items);
                    if holding < items {
                        (items, rarest) = (holding, at);
                    }
                }
                return Ok(Clause::Phrase(Phrase { words: words.clone(), rarest, items }));
            }
        };
        Ok(Clause::Words(Words { asked: clause.clone(), forms }))
    }

    /// Returns how many items hold it, at most.
    pub(crate) fn items(&self) -> u64 {
        match self {
            Clause::Words(words) => words.forms.iter().map(|form| form.items).sum(),
            Clause::Phrase(phrase) => phrase.items,
        }
    }

    pub(crate) fn is_phrase(&self) -> bool {
        matches!(self, Clause::Phrase(_))
    }

    /// Tells whether its words must stand in a row.
    pub(crate) fn is_row(&self) -> bool {
        matches!(self, Clause::Phrase(phrase) if phrase.is_row())
    }

    fn shown(&self) -> String {
        match self {
            Clause::Phrase(phrase) => format!("\"{}\"", phrase.words.join(" ")),
            Clause::Words(words) => match &words.asked {
                query::Clause::Word(word) => word.clone(),
                query::Clause::Prefix(word) => format!("{word}*"),
                query::Clause::Phrase(parts) => parts.join(" "),
            },
        }
    }
}
