//! Search: a plan becomes a question to the engine, and its hits join those of the tail.

use std::collections::BTreeMap;
use std::ops::Bound;

use tantivy::collector::TopDocs;
use tantivy::columnar::Column;
use tantivy::query::{
    AllQuery, Bm25StatisticsProvider, BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query as Question, RangeQuery,
    TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, Order, Searcher, Term};

use crate::index::Index;
use crate::index::error::{IndexError, guarded};
use crate::index::filter::Filter;
use crate::index::item::{Change, Item};
use crate::index::lexicon::{Form, Lexicon};
use crate::index::plan::{Clause, Plan};
use crate::index::query::Query;
use crate::index::schema::{Fields, ID_COLUMNS, MODIFIED_COLUMN, id_of};
use crate::index::snippet::Marks;
use crate::index::tail::{Lengths, Tail};
use crate::model::{DocumentId, Timestamp};

/// What a word in the title counts, beside the same in the text (where the title stands once more).
pub(crate) const TITLE_WEIGHT: f32 = 2.0;

/// From how many forms on a prefix is looked up as a set, all alike, instead of word by word.
const FORMS_MAX: usize = 200;

/// Hits of one search, whatever was asked: each costs some memory.
pub const HITS_MAX: usize = 10_000;

/// Items whose texts are read first where words must stand in a row; twice as many each time after.
const READ_FIRST: usize = 64;

/// How much more than its share a promised score may be, for sums of floating point numbers depend on their order.
const ROUNDING: f32 = 1.0001;

/// Reads an item that the index holds; none where it can't be read any more.
pub type Texts<'a> = dyn FnMut(DocumentId) -> Option<Item> + 'a;

/// One document found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The document.
    pub id: DocumentId,
    /// How well it fits; comparable within one search. 0 where no word was asked for.
    pub score: f32,
}

/// How hits answer the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Each holds every word, in one of its forms.
    All,
    /// Some word occurs nowhere, and what it is like was searched instead.
    Corrected,
    /// None holds all; each holds one of the words at least.
    Any,
}

/// The answer to a search.
#[derive(Debug, Clone)]
pub struct Found {
    /// The best first.
    pub hits: Vec<Hit>,
    /// How they answer the words.
    pub how: How,
    /// The words that were searched instead, folded, where some word occurs nowhere.
    pub corrected: Option<String>,
    marks: Marks,
}

impl Found {
    /// Returns about 160 characters of a text around the best match, in one line: matches stand between `‹` and `›`.
    ///
    /// Control characters are left out. Without a match it is the beginning of the text.
    pub fn snippet(&self, text: &str) -> String {
        self.marks.snippet(text)
    }
}

impl Index {
    /// Searches the index and the changes past its watermark, which count instead of what the index has of the same
    /// documents.
    ///
    /// Every word must be there, in one of its forms; else words that occur nowhere are taken for slips; else one of
    /// the words is enough. Without any word: what passes the filter, the newest first.
    ///
    /// Words in a row are looked for in the texts of the items that hold these words: those are read by `texts`.
    pub fn search(
        &self,
        query: &Query,
        tail: &[Change],
        limit: usize,
        texts: &mut Texts<'_>,
    ) -> Result<Found, IndexError> {
        guarded(self.dir(), || {
            let searcher = self.searcher()?;
            let tail = Tail::new(tail);
            let search =
                Search { searcher: &searcher, fields: self.fields(), tail: &tail, filter: &query.filter, limit };
            if query.is_wordless() && query.must_not.is_empty() {
                return search.newest();
            }
            search.by_words(query, texts)
        })
    }
}

struct Search<'a> {
    searcher: &'a Searcher,
    fields: Fields,
    tail: &'a Tail<'a>,
    filter: &'a Filter,
    limit: usize,
}

impl Search<'_> {
    fn by_words(&self, query: &Query, texts: &mut Texts<'_>) -> Result<Found, IndexError> {
        let lexicon = Lexicon::new(self.searcher, self.fields.text, self.tail);
        let all = Plan::all(query, &lexicon)?;
        let hits = self.run(&all, texts)?;
        if !hits.is_empty() {
            return Ok(found(hits, How::All, None, &all));
        }
        let mut last = all;
        let mut reading = None;
        if let Some((plan, shown)) = last.corrected(&lexicon)? {
            let hits = self.run(&plan, texts)?;
            if !hits.is_empty() {
                return Ok(found(hits, How::Corrected, Some(shown), &plan));
            }
            (last, reading) = (plan, Some(shown));
        }
        let Some(plan) = last.any() else {
            return Ok(found(Vec::new(), How::All, None, &last));
        };
        let hits = self.run(&plan, texts)?;
        Ok(found(hits, How::Any, reading, &plan))
    }

    /// Returns what passes the filter, the newest first.
    fn newest(&self) -> Result<Found, IndexError> {
        let mut dated: Vec<(Timestamp, DocumentId)> =
            self.tail.passing(self.filter).map(|item| (item.modified, item.id)).collect();
        if let Some(top) = self.top() {
            let mut clauses = self.filter_clauses();
            clauses.push((Occur::Must, Box::new(AllQuery)));
            let question = BooleanQuery::new(clauses);
            let order = top.order_by_fast_field::<i64>(MODIFIED_COLUMN, Order::Desc);
            let hits = self.searcher.search(&question, &order)?;
            let mut ids = Ids::new(self.searcher);
            for (modified, address) in hits {
                let id = ids.of(address)?;
                if !self.tail.changed().contains(&id) {
                    dated.push((Timestamp(modified.unwrap_or_default()), id));
                }
            }
        }
        dated.sort_by(|(a_time, a), (b_time, b)| b_time.cmp(a_time).then(a.cmp(b)));
        dated.truncate(self.limit);
        let hits = dated.into_iter().map(|(_, id)| Hit { id, score: 0.0 }).collect();
        Ok(Found { hits, how: How::All, corrected: None, marks: Marks::default() })
    }

    fn run(&self, plan: &Plan, texts: &mut Texts<'_>) -> Result<Vec<Hit>, IndexError> {
        if plan.is_hopeless() {
            return Ok(Vec::new());
        }
        let statistics = Statistics::new(self.searcher, self.fields, self.tail, plan)?;
        let mut hits = self.tail.search(plan, self.filter, statistics.lengths);
        if plan.has_rows() {
            hits.extend(self.in_rows(plan, &statistics, texts)?);
        } else if let Some(top) = self.top() {
            let question = self.question(plan);
            let scored =
                self.searcher.search_with_statistics_provider(&*question, &top.order_by_score(), &statistics)?;
            let mut ids = Ids::new(self.searcher);
            let mut taken = 0;
            for (score, address) in scored {
                let id = ids.of(address)?;
                if !self.tail.changed().contains(&id) {
                    hits.push(Hit { id, score });
                    taken += 1;
                }
                if taken == self.limit {
                    break;
                }
            }
        }
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
        hits.truncate(self.limit);
        Ok(hits)
    }

    /// Returns the best hits of a plan that asks for words in a row: what holds the words is read, the most promising
    /// first, and searched as the tail is.
    ///
    /// No item scores more than it promises, for the rarest word of a row counts as often as it occurs. So reading ends
    /// when the next one can't come among the best.
    fn in_rows(&self, plan: &Plan, statistics: &Statistics, texts: &mut Texts<'_>) -> Result<Vec<Hit>, IndexError> {
        let limit = self.limit.min(HITS_MAX);
        let mut hits: Vec<Hit> = Vec::new();
        let (mut read, mut page) = (0, READ_FIRST);
        if limit == 0 || self.searcher.num_docs() == 0 {
            return Ok(hits);
        }
        let question = self.question(plan);
        let mut ids = Ids::new(self.searcher);
        loop {
            let top = TopDocs::with_limit(page).and_offset(read).order_by_score();
            let promising = self.searcher.search_with_statistics_provider(&*question, &top, statistics)?;
            let mut items = Vec::with_capacity(promising.len());
            for (_, address) in &promising {
                let id = ids.of(*address)?;
                if !self.tail.changed().contains(&id) {
                    items.extend(texts(id).map(Change::Put));
                }
            }
            hits.extend(Tail::new(&items).search(plan, self.filter, statistics.lengths));
            hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
            hits.truncate(limit);
            let least = promising.last().map_or(0.0, |(score, _)| *score);
            let enough = hits.len() == limit && (plan.must.is_empty() || hits[limit - 1].score >= least * ROUNDING);
            if promising.len() < page || enough {
                return Ok(hits);
            }
            read += page;
            page *= 2;
        }
    }

    /// Returns a collector of enough hits to have the limit left when those of the tail's documents are dropped.
    fn top(&self) -> Option<TopDocs> {
        let wanted = self.limit.min(HITS_MAX) + self.tail.changed().len();
        (self.limit > 0 && self.searcher.num_docs() > 0).then(|| TopDocs::with_limit(wanted))
    }

    /// Puts a plan as the engine takes it.
    fn question(&self, plan: &Plan) -> Box<dyn Question> {
        let filters = self.filter_clauses();
        let titles = plan.must.iter().flat_map(|clause| self.title_clauses(clause));
        if let ([Clause::Words(words)], [], []) = (plan.must.as_slice(), plan.must_not.as_slice(), filters.as_slice()) {
            // Left flat, so that the engine may skip what can't come among the best.
            let mut clauses = self.form_clauses(&words.forms);
            clauses.extend(titles);
            return Box::new(BooleanQuery::new(clauses));
        }
        let mut clauses = filters;
        let (phrases, words): (Vec<_>, Vec<_>) = plan.must.iter().partition(|clause| clause.is_phrase());
        clauses.extend(phrases.into_iter().map(|clause| (Occur::Must, self.clause(clause))));
        if plan.any {
            let any = words.into_iter().map(|clause| (Occur::Should, self.clause(clause))).collect();
            let any: Box<dyn Question> = Box::new(BooleanQuery::new(any));
            // Where a phrase is required, that is enough.
            let occur = if plan.must.iter().any(Clause::is_phrase) { Occur::Should } else { Occur::Must };
            clauses.push((occur, any));
        } else {
            clauses.extend(words.into_iter().map(|clause| (Occur::Must, self.clause(clause))));
        }
        if plan.must.is_empty() {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        // Who holds the words may hold them apart.
        let excluded = plan.must_not.iter().filter(|clause| !clause.is_row());
        clauses.extend(excluded.map(|clause| (Occur::MustNot, self.clause(clause))));
        clauses.extend(titles);
        Box::new(BooleanQuery::new(clauses))
    }

    fn clause(&self, clause: &Clause) -> Box<dyn Question> {
        match clause {
            Clause::Words(words) => Box::new(BooleanQuery::new(self.form_clauses(&words.forms))),
            Clause::Phrase(phrase) => {
                let words: BTreeMap<&String, bool> =
                    phrase.words.iter().map(|word| (word, *word == phrase.words[phrase.rarest])).collect();
                let each = words.into_iter().map(|(word, scores)| -> (Occur, Box<dyn Question>) {
                    let term = Term::from_field_text(self.fields.text, word);
                    let question = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
                    (Occur::Must, if scores { question } else { Box::new(ConstScoreQuery::new(question, 0.0)) })
                });
                Box::new(BooleanQuery::new(each.collect()))
            }
        }
    }

    fn form_clauses(&self, forms: &[Form]) -> Vec<(Occur, Box<dyn Question>)> {
        let text = self.fields.text;
        if forms.len() > FORMS_MAX {
            let terms = forms.iter().map(|form| Term::from_field_text(text, &form.word));
            return vec![(Occur::Should, Box::new(TermSetQuery::new(terms)))];
        }
        forms.iter().map(|form| (Occur::Should, term_question(text, form, 1.0))).collect()
    }

    fn title_clauses(&self, clause: &Clause) -> Vec<(Occur, Box<dyn Question>)> {
        match clause {
            Clause::Words(words) if words.forms.len() <= FORMS_MAX => {
                let title = self.fields.title;
                words.forms.iter().map(|form| (Occur::Should, term_question(title, form, TITLE_WEIGHT))).collect()
            }
            _ => Vec::new(),
        }
    }

    fn filter_clauses(&self) -> Vec<(Occur, Box<dyn Question>)> {
        let set = |terms: Vec<String>| -> Box<dyn Question> {
            let term = |text: &String| Term::from_field_text(self.fields.facet, text);
            match terms.as_slice() {
                [one] => Box::new(TermQuery::new(term(one), IndexRecordOption::Basic)),
                _ => Box::new(TermSetQuery::new(terms.iter().map(term))),
            }
        };
        let silent = |question| -> Box<dyn Question> { Box::new(ConstScoreQuery::new(question, 0.0)) };
        let mut clauses: Vec<(Occur, Box<dyn Question>)> =
            self.filter.required().into_iter().map(|terms| (Occur::Must, silent(set(terms)))).collect();
        // Each by itself: a set costs half a millisecond to prepare, however few it holds.
        clauses.extend(self.filter.excluded().into_iter().map(|text| (Occur::MustNot, set(vec![text]))));
        if let Some(since) = self.filter.since {
            let from = Bound::Included(Term::from_field_i64(self.fields.modified, since.0));
            clauses.push((Occur::Must, silent(Box::new(RangeQuery::new(from, Bound::Unbounded)))));
        }
        clauses
    }
}

fn found(hits: Vec<Hit>, how: How, corrected: Option<String>, plan: &Plan) -> Found {
    Found { hits, how, corrected, marks: Marks::of(plan) }
}

fn term_question(field: Field, form: &Form, weight: f32) -> Box<dyn Question> {
    let term = Term::from_field_text(field, &form.word);
    let question: Box<dyn Question> = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
    let weight = weight * form.weight;
    if weight == 1.0 { question } else { Box::new(BoostQuery::new(question, weight)) }
}

/// Reads the ids of hits, opening the columns of a segment once.
struct Ids<'a> {
    searcher: &'a Searcher,
    columns: BTreeMap<u32, Vec<Column<u64>>>,
}

impl<'a> Ids<'a> {
    fn new(searcher: &'a Searcher) -> Ids<'a> {
        Ids { searcher, columns: BTreeMap::new() }
    }

    fn of(&mut self, address: DocAddress) -> Result<DocumentId, IndexError> {
        if !self.columns.contains_key(&address.segment_ord) {
            let fast = self.searcher.segment_reader(address.segment_ord).fast_fields();
            let columns: Result<Vec<_>, _> = ID_COLUMNS.iter().map(|name| fast.u64(name)).collect();
            self.columns.insert(address.segment_ord, columns?);
        }
        let mut parts = [0; 4];
        for (part, column) in parts.iter_mut().zip(&self.columns[&address.segment_ord]) {
            *part = column.first(address.doc_id).unwrap_or_default();
        }
        Ok(id_of(parts))
    }
}

/// What the scores rest on: index and tail together, and the forms of a word counted as one word, so that a rare form
/// doesn't outweigh the word itself.
struct Statistics {
    lengths: Lengths,
    fields: Fields,
    items: BTreeMap<Term, u64>,
}

impl Statistics {
    fn new(searcher: &Searcher, fields: Fields, tail: &Tail<'_>, plan: &Plan) -> Result<Statistics, IndexError> {
        let mut lengths = tail.lengths();
        lengths.items += searcher.total_num_docs()?;
        lengths.text_words += searcher.total_num_tokens(fields.text)?;
        lengths.title_words += searcher.total_num_tokens(fields.title)?;
        let mut items = BTreeMap::new();
        for clause in plan.must.iter().chain(&plan.must_not) {
            let words: Vec<&String> = match clause {
                Clause::Words(words) => words.forms.iter().map(|form| &form.word).collect(),
                Clause::Phrase(phrase) => phrase.words.iter().collect(),
            };
            for word in words {
                items.insert(Term::from_field_text(fields.text, word), clause.items());
                items.insert(Term::from_field_text(fields.title, word), clause.items());
            }
        }
        Ok(Statistics { lengths, fields, items })
    }
}

impl Bm25StatisticsProvider for Statistics {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        let title = field == self.fields.title;
        Ok(if title { self.lengths.title_words } else { self.lengths.text_words })
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.lengths.items)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        Ok(self.items.get(term).copied().unwrap_or_default().min(self.lengths.items))
    }
}
