//! Searching: the index and the tail past its watermark; and feeding the index.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::{Engine, rows};
use super::error::Error;
use super::home::close_folder;
use super::look::Test;
use super::names::Names;
use super::reply::Hits;
use super::request::Filter;
use super::row::Row;
use crate::index::{Change, Found, HITS_MAX, How, Index, IndexError, Item, Query};
use crate::model::document::schema::{self, Type};
use crate::model::document::{Document, Field, Value};
use crate::model::{DocumentId, Timestamp};
use crate::store::Reader;

/// Most changes past the watermark that a search reads itself; with more it feeds the index first.
const TAIL_MAX: u64 = 1_000;
/// Kinds that a search finds only when asked for by kind: they have verbs of their own.
const NOT_SEARCHED: [&str; 4] = ["term", "member", "community", "note"];
/// Changes read from the store at a time.
const PAGE: usize = 1_000;

impl From<IndexError> for Error {
    fn from(error: IndexError) -> Error {
        Error::storage(format!("the search index: {error}"))
    }
}

impl Engine {
    fn index(&mut self) -> Result<&mut Index, Error> {
        if self.index.is_none() {
            let folder = self.folder.join("index");
            // It holds the words of sealed spaces in clear; the library that makes its files leaves them open.
            close_folder(&folder)?;
            let index = match Index::open(&folder) {
                Ok(index) => index,
                Err(IndexError::Stale { .. }) => {
                    Index::wipe(&folder)?;
                    close_folder(&folder)?;
                    Index::open(&folder)?
                }
                Err(error) => return Err(error.into()),
            };
            self.index = Some(index);
        }
        Ok(self.index.as_mut().expect("it was opened"))
    }

    /// Tells how many changes are not indexed yet.
    pub(crate) fn unindexed(&mut self) -> Result<u64, Error> {
        let watermark = self.index()?.watermark();
        self.reading(|reader| Ok(reader.change_count()?.saturating_sub(watermark)))
    }

    /// Takes into the index what is not there yet.
    pub(crate) fn feed(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<u64, Error> {
        let watermark = self.index()?.watermark();
        let reader = self.store.read()?;
        let last = reader.change_count()?;
        if last <= watermark {
            // An index that is ahead was fed by views that are gone.
            if last == watermark {
                return Ok(0);
            }
            self.forget_index()?;
            return self.feed(progress);
        }
        let mut index = self.index.take().expect("it was opened");
        let total = last - watermark;
        let result = {
            let names = Names::new(self, &reader);
            let mut stream = Stream { names, after: watermark, left: total, page: Vec::new(), error: None };
            let result = index.update(&mut stream, last, &mut |done| progress(done, total));
            match stream.error.take() {
                Some(error) => Err(error),
                None => result.map_err(Error::from),
            }
        };
        self.index = Some(index);
        result?;
        Ok(total)
    }

    /// Rewrites what of the index holds words of documents as they were.
    pub(crate) fn scrub_index(&mut self) -> Result<(), Error> {
        Ok(self.index()?.delete_and_scrub(&[])?)
    }

    /// Throws the index away; the next search makes it again.
    pub(crate) fn forget_index(&mut self) -> Result<(), Error> {
        self.index = None;
        Ok(Index::wipe(&self.folder.join("index"))?)
    }

    /// Searches.
    pub(crate) fn search(
        &mut self,
        words: &str,
        filter: &Filter,
        limit: usize,
        now: Timestamp,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Hits, Error> {
        if limit > HITS_MAX {
            return Err(Error::bad_value(
                "limit",
                limit.to_string(),
                format!("{HITS_MAX} at most; `list` has no limit"),
            ));
        }
        let mut indexed = 0;
        let behind = self.unindexed()?;
        let ahead = {
            let watermark = self.index()?.watermark();
            self.reading(|reader| Ok(reader.change_count()? < watermark))?
        };
        if behind > TAIL_MAX || ahead {
            indexed = self.feed(progress)?;
        }
        let mut query = asked(words, filter, now)?;
        let rest = super::filter::take_derived(&mut query.filter.facets);
        let reader = self.store.read()?;
        let watermark = self.index()?.watermark();
        let tail = self.tail(&reader, watermark)?;
        self.index()?;
        let index = self.index.take().expect("it was opened");
        let found = self.found(&index, &reader, (&query, &tail), (filter, &rest), (limit, now));
        self.index = Some(index);
        let (found, passed) = found?;
        let names = Names::at(self, &reader, now);
        let mut hits = Vec::with_capacity(passed.len());
        for (at, row) in passed {
            let hit = &found.hits[at];
            let mut line = names.hit(hit.id, &row)?;
            let settled = self.settled(&reader, hit.id)?;
            let text = settled.document.as_ref().map(prose_of).unwrap_or_default();
            line.score = Some(hit.score);
            line.snippet = Some(found.snippet(&text));
            hits.push(line);
        }
        Ok(Hits { hits, near: !matches!(found.how, How::All), indexed, unknown: query.unknown })
    }

    /// Asks the index, and leaves out what doesn't pass what no index knows.
    fn found(
        &self,
        index: &Index,
        reader: &Reader,
        (query, tail): (&Query, &[Change]),
        (filter, rest): (&Filter, &[(String, String)]),
        (limit, now): (usize, Timestamp),
    ) -> Result<(Found, Vec<(usize, Row)>), Error> {
        let mut most = limit;
        loop {
            let names = Names::at(self, reader, now);
            let mut failed = None;
            let found = index.search(query, tail, most, &mut |id| match index_change(&names, id) {
                Ok(Change::Put(item)) => Some(item),
                Ok(Change::Delete(_)) => None,
                Err(error) => {
                    failed = Some(error);
                    None
                }
            });
            if let Some(error) = failed {
                return Err(error);
            }
            let found = found?;
            let passed = passing(&names, &found.hits, filter, rest, limit)?;
            // What no index knows takes hits away: then more are asked for, until there are enough or no more.
            if rest.is_empty() || passed.len() >= limit || found.hits.len() < most {
                return Ok((found, passed));
            }
            most = most.saturating_mul(8);
        }
    }

    fn tail(&self, reader: &Reader, watermark: u64) -> Result<Vec<Change>, Error> {
        let mut tail = Vec::new();
        let names = Names::new(self, reader);
        for (_, document) in reader.changes_since(watermark, PAGE)? {
            tail.push(index_change(&names, document)?);
        }
        Ok(tail)
    }
}

/// Says which hits pass what the index doesn't know, with their rows.
fn passing(
    names: &Names<'_>,
    hits: &[crate::index::Hit],
    filter: &Filter,
    rest: &[(String, String)],
    limit: usize,
) -> Result<Vec<(usize, Row)>, Error> {
    let asks = Filter { facets: rest.to_vec(), ..Filter::default() };
    let test = if rest.is_empty() { None } else { Some(Test::new(names, &asks, names.now())?) };
    let anywhere = filter.facets.iter().any(|(facet, _)| facet == "space");
    let mut passed = Vec::new();
    for (at, hit) in hits.iter().enumerate() {
        let Some(row) = rows::row(names.reader, hit.id)?.filter(|row| anywhere || !names.is_copy(row)) else {
            continue;
        };
        let passes = test.as_ref().map_or(Ok(true), |test| test.facets_hold(names, hit.id, &row))?;
        if passes && passed.len() < limit {
            passed.push((at, row));
        }
    }
    Ok(passed)
}

/// What is asked for: by words, filters among them, and filters beside them.
fn asked(words: &str, filter: &Filter, now: Timestamp) -> Result<Query, Error> {
    let mut query = Query::parse(words);
    super::filter::facets(&mut query.filter.facets)?;
    super::filter::facets(&mut query.filter.without)?;
    let filter = super::filter::canonical(filter)?;
    let times: Result<Vec<Timestamp>, Error> =
        query.since.iter().chain(&filter.since).map(|text| super::filter::since(text, now)).collect();
    query.filter.since = times?.into_iter().chain(query.filter.since).max();
    query.filter.kind = filter.kind.or(query.filter.kind.take());
    query.filter.facets.extend(filter.facets);
    // A topic that bears the word says nothing beside what stands under it: `glossary` finds terms, and a kind.
    if query.filter.kind.is_none() && query.filter.facets.iter().all(|(facet, _)| facet != "kind") {
        let other = NOT_SEARCHED.map(|kind| ("kind".to_owned(), kind.to_owned()));
        query.filter.without.extend(other);
    }
    Ok(query)
}

/// Says what the index is to hold of a document.
fn index_change(names: &Names<'_>, id: DocumentId) -> Result<Change, Error> {
    let row = rows::row(names.reader, id)?.filter(|row| !row.withdrawn);
    let Some(row) = row else { return Ok(Change::Delete(id)) };
    let settled = names.engine.settled(names.reader, id)?;
    let Some(document) = &settled.document else { return Ok(Change::Delete(id)) };
    Ok(Change::Put(item(names, id, &row, document)?))
}

/// Changes past the watermark, read page by page.
struct Stream<'a> {
    names: Names<'a>,
    after: u64,
    /// How many changes are to come, at most: each document has its latest one alone.
    left: u64,
    page: Vec<DocumentId>,
    error: Option<Error>,
}

impl Iterator for Stream<'_> {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        if self.page.is_empty() {
            match self.names.reader.changes_since(self.after, PAGE) {
                Ok(page) => {
                    self.after = page.last().map_or(self.after, |(change, _)| *change);
                    self.page = page.into_iter().rev().map(|(_, document)| document).collect();
                }
                Err(error) => self.error = Some(error.into()),
            }
        }
        let document = self.page.pop()?;
        self.left = self.left.saturating_sub(1);
        match index_change(&self.names, document) {
            Ok(change) => Some(change),
            Err(error) => {
                self.error = Some(error);
                None
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        (if self.error.is_some() { 0 } else { self.page.len() }, Some(left))
    }
}

fn item(names: &Names<'_>, id: DocumentId, row: &Row, document: &Document) -> Result<Item, Error> {
    let mut facets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut labels = vec![row.handle.replace('-', " ")];
    let topics: BTreeSet<&Value> = document.set("topics").into_iter().collect();
    for term in &row.terms {
        let label = names.label(*term)?;
        let is_topic = topics.iter().any(|topic| topic.as_text() == Some(term.to_string().as_str()));
        facets.entry(if is_topic { "topic" } else { "site" }.to_owned()).or_default().push(label.clone());
        labels.push(label);
    }
    let (author, site) = names.member(row.creator)?;
    facets.entry("site".to_owned()).or_default().push(site);
    let mut by = vec![author];
    for member in &row.contributors {
        by.push(names.member(*member)?.0);
    }
    by.dedup();
    facets.insert("by".to_owned(), by);
    facets.insert("state".to_owned(), vec![row.state.clone()]);
    facets.insert("space".to_owned(), vec![names.space(row.space)]);
    for (facet, value) in &row.facets {
        facets.entry(facet.clone()).or_default().push(value.clone());
    }
    facets.values_mut().for_each(|values| values.retain(|value| !value.is_empty()));
    Ok(Item {
        id,
        kind: row.kind.clone(),
        title: row.title.clone(),
        language: row.language.clone(),
        body: words_of(document),
        labels,
        facets,
        modified: row.modified,
    })
}

/// Joins the texts of a document: what a snippet is cut from.
fn prose_of(document: &Document) -> String {
    let texts = document.fields().values().filter_map(|field| match field {
        Field::Text(text) => Some(text.text.as_str()),
        _ => None,
    });
    let prose: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
    if prose.is_empty() { words_of(document) } else { prose.join("\n") }
}

/// Joins all words of a document but its title: the longest texts come as they stand. What comes from a list, or says
/// where the document came from, is no text: filters ask for it.
pub(crate) fn words_of(document: &Document) -> String {
    let mut out = String::new();
    let spec = schema::kind(document.kind());
    for (name, field) in document.fields() {
        let of_a_list = spec
            .and_then(|spec| spec.field(name))
            .is_some_and(|field| matches!(field.value, Type::Choice(_) | Type::Language));
        let named = matches!(name.as_str(), "handle" | "title" | "thread" | "about" | "parent" | "scheme");
        if named || of_a_list || name.starts_with("origin") {
            continue;
        }
        collect(field, &mut out);
    }
    out
}

fn collect(field: &Field, out: &mut String) {
    let mut add = |text: &str| {
        // Ids are no words.
        if !text.is_empty() && text.parse::<DocumentId>().is_err() {
            out.push_str(text);
            out.push('\n');
        }
    };
    match field {
        Field::Text(text) => add(&text.text),
        Field::Register(register) => {
            for writing in &register.values {
                add(writing.value.as_ref().and_then(Value::as_text).unwrap_or_default());
            }
        }
        Field::Set(elements) => {
            for element in elements {
                add(element.value.as_ref().and_then(Value::as_text).unwrap_or_default());
            }
        }
        Field::Map(fields) => fields.values().for_each(|field| collect(field, out)),
        Field::List(items) => {
            items.iter().flat_map(|item| item.fields.values()).for_each(|field| collect(field, out));
        }
    }
}
