//! One call of an import: records in any order, brought in as far as what they name is here.
//!
//! ```text
//!  records ──▶ read ──▶ localise ──┬─ names nothing that is missing ──▶ merge or create
//!                 ▲                ├─ names what another record may become ──▶ waits, and is tried again
//!                 └────────────────┘
//!                                  └─ nothing moves any more ──▶ given back, or taken in without, and said
//! ```

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::super::engine::fold_row::origin_key;
use super::super::engine::{Changes, Engine, rows};
use super::super::env::Env;
use super::super::error::{Error, ErrorKind};
use super::super::names::Names;
use super::super::pen::Pen;
use super::super::reply::{Imported, Skipped, Written};
use super::super::request::{FieldOp, Stage};
use super::super::row::fold_label;
use super::refer::{Aliases, Lost, Refer, SYSTEM};
use super::wish::{Wishes, change};
use super::{merge, origin_changes};
use crate::interchange::{FieldValue, Origin, Record, jsonl};
use crate::model::document::schema;
use crate::model::governance::Right;
use crate::model::{DocumentId, SpaceId};

/// Most ids that an import remembers from call to call: 64 MB in memory, more documents than a community is made for.
const ALIASES_MAX: usize = 1_000_000;

/// What became of a record.
pub(super) enum Outcome {
    New,
    Changed(Written),
    Known,
}

/// How a record was received.
enum Step {
    /// It was brought in, without what is lost.
    Done(Outcome, Vec<Lost>),
    /// What it names may still come.
    Waits,
    /// It is about a document that this same transaction makes.
    Again,
}

/// What a record does about things that it names and that are not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// Waits for all of them.
    Waits,
    /// Waits for those alone that have to be there at the creation.
    Relaxed,
    /// Does without what no record of the call may become.
    GivesUp,
    /// Does without anything: records that can only wait for each other.
    Anyway,
}

/// A call of an import.
struct Bringing<'a> {
    records: &'a [(String, Json)],
    /// Each record as it was read.
    read: Vec<Option<Record>>,
    space: SpaceId,
    stage: Stage,
    dry_run: bool,
    aliases: Aliases,
    /// Records that were counted, and that a second transaction completes.
    counted: BTreeSet<usize>,
    done: Imported,
}

impl Engine {
    /// Brings records in.
    pub(crate) fn import(
        &mut self,
        env: &mut Env,
        records: &[(String, Json)],
        (dry_run, stage): (bool, Stage),
        space: Option<&str>,
    ) -> Result<(Imported, Changes), Error> {
        let space = self.reading(|reader| Names::new(self, reader).space_named(space))?;
        let done = Imported { read: records.len() as u64, ..Imported::default() };
        let aliases = std::mem::take(&mut self.aliases);
        let (read, counted) = (Vec::new(), BTreeSet::new());
        let mut bringing = Bringing { records, read, space, stage, dry_run, aliases, counted, done };
        let mut queue = bringing.parse()?;
        let mut changes = Changes::default();
        while !queue.is_empty() {
            let mut pen = Pen::start(self, env)?;
            // Who may not write at all hears it once, not line by line.
            let allowed = pen.require(Right::Write(space), "write here");
            let again = match allowed.and_then(|()| bringing.round(&mut pen, queue)) {
                Ok(again) => again,
                Err(error) => {
                    pen.engine.abandon();
                    return Err(error);
                }
            };
            if dry_run {
                pen.engine.abandon();
                let known = again.iter().filter(|index| !bringing.counted.contains(index)).count();
                bringing.done.known += known as u64;
                break;
            }
            changes.add(pen.finish()?);
            queue = again;
        }
        // Several calls may be the last ones: an empty one ends it.
        let over = stage == Stage::Last && records.is_empty();
        if !over && bringing.aliases.len() <= ALIASES_MAX {
            self.aliases = bringing.aliases;
        }
        Ok((bringing.done, changes))
    }
}

impl Bringing<'_> {
    /// Reads the records; returns which could be read.
    fn parse(&mut self) -> Result<Vec<usize>, Error> {
        for (place, json) in self.records {
            let bytes = serde_json::to_vec(json).map_err(Error::internal)?;
            match jsonl::read(&bytes, place) {
                Ok(imported) => self.read.push(Some(imported.record)),
                Err(skipped) => {
                    self.read.push(None);
                    self.done.skipped.push(Skipped { place: skipped.place, why: skipped.why });
                }
            }
        }
        Ok((0..self.read.len()).filter(|index| self.read[*index].is_some()).collect())
    }

    /// Brings in what can be in one transaction; returns what a further one is needed for.
    fn round(&mut self, pen: &mut Pen<'_>, mut pending: Vec<usize>) -> Result<Vec<usize>, Error> {
        let mut again = Vec::new();
        let mut patience = Patience::Waits;
        while !pending.is_empty() {
            let before = pending.len();
            let coming: BTreeSet<DocumentId> = pending.iter().filter_map(|index| self.record(*index).id).collect();
            let mut waiting = Vec::new();
            for index in pending {
                match self.one(pen, index, patience, &coming) {
                    Ok(Step::Waits) => waiting.push(index),
                    Ok(Step::Again) => again.push(index),
                    Ok(Step::Done(outcome, lost)) => self.count(index, outcome, lost, &mut again),
                    Err(error) if matches!(error.kind, ErrorKind::Internal | ErrorKind::Corrupt) => return Err(error),
                    Err(error) => self.skip(index, error.message),
                }
            }
            pending = waiting;
            patience = match (patience, pending.len() < before, self.stage) {
                (_, true, _) => Patience::Waits,
                (Patience::Waits, false, Stage::Rest | Stage::Last) => Patience::Relaxed,
                (Patience::Relaxed, false, Stage::Last) => Patience::GivesUp,
                (Patience::GivesUp, false, Stage::Last) => Patience::Anyway,
                _ => break,
            };
        }
        self.done.deferred.extend(pending);
        Ok(again)
    }

    fn record(&self, index: usize) -> &Record {
        self.read[index].as_ref().expect("a record in the queue was read")
    }

    fn skip(&mut self, index: usize, why: String) {
        self.done.skipped.push(Skipped { place: self.records[index].0.clone(), why });
    }

    fn count(&mut self, index: usize, outcome: Outcome, lost: Vec<Lost>, again: &mut Vec<usize>) {
        let created = matches!(outcome, Outcome::New);
        let first = self.counted.insert(index);
        match outcome {
            _ if !first => {}
            Outcome::New => self.done.new += 1,
            Outcome::Changed(written) => {
                self.done.changed += 1;
                self.done.changes.push(written);
            }
            Outcome::Known => self.done.known += 1,
        }
        if lost.is_empty() {
            return;
        }
        if created && !self.dry_run && lost.iter().any(|lost| !lost.once) {
            again.push(index);
        } else if self.stage == Stage::Last {
            lost.iter().for_each(|lost| self.skip(index, lost.words()));
        } else {
            self.done.incomplete.push(index);
        }
    }

    fn one(
        &mut self,
        pen: &mut Pen<'_>,
        index: usize,
        patience: Patience,
        coming: &BTreeSet<DocumentId>,
    ) -> Result<Step, Error> {
        let mut record = self.record(index).clone();
        if let Some(id) = record.id
            && pen.engine.reading(|reader| Ok(rows::row(reader, id)?.is_some()))?
        {
            return Ok(Step::Done(merge::merge(pen, id, &record)?, Vec::new()));
        }
        // A document of another community's export comes from there; its versions mean nothing here.
        record.version.clear();
        let there = record.id.take();
        let exported = there.map(|id| Origin {
            system: SYSTEM.to_owned(),
            id: id.to_string(),
            author: record.author.clone(),
            ..Origin::default()
        });
        record.origin = record.origin.take().or(exported);
        let engine = &*pen.engine;
        let (lost, found) = engine.reading(|reader| {
            let names = Names::new(engine, reader);
            let refer = Refer { names: &names, aliases: &self.aliases };
            Ok((refer.localise(&mut record)?, known(&refer, &record, there, self.space)?))
        })?;
        let held = match patience {
            Patience::Waits => !lost.is_empty(),
            Patience::Relaxed => found.is_none() && lost.iter().any(|lost| lost.once),
            Patience::GivesUp => {
                lost.iter().any(|lost| lost.once && lost.document().is_some_and(|id| coming.contains(&id)))
            }
            Patience::Anyway => false,
        };
        if held {
            return Ok(Step::Waits);
        }
        if let Some(here) = found {
            self.aliases.extend(there.map(|there| (there, here)));
            if pen.engine.reading(|reader| Ok(rows::row(reader, here)?.is_none()))? {
                return Ok(Step::Again);
            }
            return Ok(Step::Done(merge::merge(pen, here, &record)?, lost));
        }
        if let Some(lost) = lost.iter().find(|lost| lost.required) {
            return Err(Error::bad_value(&lost.field, &lost.target, lost.words()));
        }
        let origin = record.origin.as_ref().map(|origin| origin_key(&origin.system, &origin.id));
        if origin.is_some_and(|key| pen.engine.fresh_origins.contains(&key)) {
            return Ok(Step::Again);
        }
        let here = create(pen, self.space, &record)?;
        pen.engine.fresh_origins.extend(origin);
        self.aliases.extend(there.map(|there| (there, here)));
        Ok(Step::Done(Outcome::New, lost))
    }
}

/// Finds the document that an earlier import made of a record, or that it was exported from, or that says the same word.
fn known(
    refer: &Refer<'_>,
    record: &Record,
    there: Option<DocumentId>,
    space: SpaceId,
) -> Result<Option<DocumentId>, Error> {
    let reader = refer.names.reader;
    if let Some(there) = there
        && let Some(here) = refer.document(there)?
    {
        return Ok(Some(here));
    }
    if let Some(origin) = &record.origin {
        let key = origin_key(&origin.system, &origin.id);
        if let Some(here) = rows::by_origin(reader, &key)?.first().copied() {
            return Ok(Some(here));
        }
        // What went to another community and comes back.
        let own = origin.id.parse::<DocumentId>().ok().filter(|_| origin.system == SYSTEM);
        if let Some(here) = own.filter(|id| rows::row(reader, *id).is_ok_and(|row| row.is_some())) {
            return Ok(Some(here));
        }
    }
    if record.kind != "term" {
        return Ok(None);
    }
    let (scheme, label) = (scheme_of(record), fold_label(&record.title));
    if label.is_empty() {
        return Ok(None);
    }
    let fresh = refer.names.engine.fresh_terms.get(&(space, scheme.to_owned(), label.clone())).copied();
    Ok(rows::term(reader, space, scheme, &label)?.or(fresh))
}

fn scheme_of(record: &Record) -> &str {
    record.fields.get("scheme").and_then(FieldValue::text).unwrap_or("topic")
}

fn create(pen: &mut Pen<'_>, space: SpaceId, record: &Record) -> Result<DocumentId, Error> {
    let spec = schema::kind(&record.kind).ok_or_else(|| Error::bad_kind(&record.kind, "see `repertoire help add`"))?;
    if matches!(spec.name, "community" | "member" | "note") {
        return Err(Error::own_kind(spec.name));
    }
    let mut wishes = Wishes::default();
    let mut set = |field: &str, value: &str| wishes.fields.push(change(FieldOp::Set, field, value));
    if !record.title.is_empty() {
        set("title", &record.title);
    }
    // A post has no name of its own.
    if record.handle.is_some() || spec.name != "post" {
        set("handle", &pen.fresh_handle(record.handle.as_deref().unwrap_or(&record.title), spec.name)?);
    }
    if let Some(language) = &record.language {
        set("language", language);
    }
    if let Some(origin) = &record.origin {
        origin_changes(origin, &mut wishes.fields);
    }
    for (field, labels) in [("topics", &record.topics), ("sites", &record.sites)] {
        wishes.fields.extend(labels.iter().map(|label| change(FieldOp::Add, field, label)));
    }
    for (field, value) in record.fields.iter().filter(|(_, value)| !value.is_empty()) {
        wishes.value(spec.name, field, value, pen.env)?;
    }
    let changes = wishes.changes(pen, space, spec.name)?;
    let (id, _) = pen.create(space, spec.name, &changes)?;
    if spec.name == "term" {
        let term = (space, scheme_of(record).to_owned(), fold_label(&record.title));
        pen.engine.fresh_terms.entry(term).or_insert(id);
    }
    Ok(id)
}
