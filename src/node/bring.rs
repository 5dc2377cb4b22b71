//! Bringing in and handing out: records of other systems and of our own exports.

mod merge;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::engine::fold_row::{canonical, origin_key};
use super::engine::{Changes, Engine, rows};
use super::env::Env;
use super::error::Error;
use super::look::{Test, name_references};
use super::names::Names;
use super::pen::Pen;
use super::reply::{Imported, Page, Skipped, Written};
use super::request::{FieldChange, FieldOp, Filter};
use super::write::{parse_changes, resolve};
use crate::interchange::{self, FieldValue, Origin, Record, jsonl};
use crate::model::document::{Document, schema};
use crate::model::{DocumentId, SpaceId, Timestamp};
use crate::store::Reader;

/// What became of a record.
enum Outcome {
    New,
    Changed(Written),
    Known,
}

impl Engine {
    /// Brings records in, in one transaction.
    pub(crate) fn import(
        &mut self,
        env: &mut Env,
        records: &[(String, Json)],
        dry_run: bool,
        space: Option<&str>,
    ) -> Result<(Imported, Changes), Error> {
        let space = self.reading(|reader| Names::new(self, reader).space_named(space))?;
        let mut done = Imported { read: records.len() as u64, ..Imported::default() };
        let mut pen = Pen::start(self, env)?;
        for (place, json) in records {
            let bytes = serde_json::to_vec(json).map_err(Error::internal)?;
            let outcome = match jsonl::read(&bytes, place) {
                Ok(imported) => bring(&mut pen, space, imported.record),
                Err(skipped) => Err(Error::bad_value("the record", place, skipped.why)),
            };
            match outcome {
                Ok(Outcome::New) => done.new += 1,
                Ok(Outcome::Changed(written)) => {
                    done.changed += 1;
                    done.changes.push(written);
                }
                Ok(Outcome::Known) => done.known += 1,
                Err(error) if matches!(error.kind, super::ErrorKind::Internal | super::ErrorKind::Corrupt) => {
                    pen.engine.abandon();
                    return Err(error);
                }
                Err(error) => done.skipped.push(Skipped { place: place.clone(), why: error.message }),
            }
        }
        if dry_run {
            pen.engine.abandon();
            return Ok((done, Changes::default()));
        }
        let changes = pen.finish()?;
        Ok((done, changes))
    }

    /// Returns a page of records, ordered by id.
    pub(crate) fn export(
        &self,
        reader: &Reader,
        filter: &Filter,
        after: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<Json>, Error> {
        let names = Names::new(self, reader);
        let test = Test::new(&names, filter, now)?;
        let all = filter.kind.is_none();
        let mut items = Vec::new();
        let mut next = None;
        for id in ordered(reader)?.range(start(after)?..) {
            if items.len() == limit {
                next = Some(id.to_string());
                break;
            }
            let row = names.row(*id)?;
            if !test.holds_for_export(&names, &row, all)? {
                continue;
            }
            let settled = self.settled(reader, *id)?;
            if let Some(document) = &settled.document {
                let record = record(&names, *id, document, &row)?;
                let line = jsonl::write(&record);
                items.push(serde_json::from_str(&line).map_err(Error::internal)?);
            }
        }
        Ok(Page { items, next })
    }

    /// Returns a page of canonical lines of a space, ordered by id.
    pub(crate) fn export_canonical(
        &self,
        reader: &Reader,
        space: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<String>, Error> {
        let names = Names::new(self, reader);
        let space = names.space_named(space)?;
        if space == SpaceId::GOVERNANCE {
            return Ok(Page { items: self.governance_lines(reader)?, next: None });
        }
        let mut items = Vec::new();
        let mut next = None;
        for id in ordered(reader)?.range(start(after)?..) {
            let row = names.row(*id)?;
            if row.space != space {
                continue;
            }
            if items.len() == limit {
                next = Some(id.to_string());
                break;
            }
            let settled = self.settled(reader, *id)?;
            if let Some(document) = &settled.document {
                items.push(canonical(*id, document, &row));
            }
        }
        Ok(Page { items, next })
    }

    /// Writes what governance says, one line an entry, ordered by id.
    pub(crate) fn governance_lines(&self, reader: &Reader) -> Result<Vec<String>, Error> {
        let mut lines = BTreeMap::new();
        for (entry, _) in rows::governance(reader)?.into_values() {
            let verdict = self.governance.verdict(entry.id());
            let verdict = verdict.map_or("waiting", super::look::verdict_name);
            let line = serde_json::json!({ "id": entry.id().to_string(), "verdict": verdict });
            lines.insert(entry.id(), interchange::canonical_line(&line));
        }
        let members = self.state().members.iter().map(|(id, member)| {
            interchange::canonical_line(&serde_json::json!({
                "member": id.to_string(),
                "role": member.role.name(),
                "status": super::look::status_name(member.status),
            }))
        });
        Ok(lines.into_values().chain(members).collect())
    }
}

fn start(after: Option<&str>) -> Result<DocumentId, Error> {
    match after {
        None => Ok(DocumentId::ZERO),
        Some(text) => text.parse().map_err(|_| Error::bad_value("the cursor", text, "an id")),
    }
}

fn ordered(reader: &Reader) -> Result<BTreeSet<DocumentId>, Error> {
    let mut all = BTreeSet::new();
    rows::each(reader, |id, _| {
        all.insert(id);
        Ok(())
    })?;
    Ok(all)
}

/// Makes the record of a document: ids of terms and members stand as labels and handles.
fn record(names: &Names<'_>, id: DocumentId, document: &Document, row: &super::row::Row) -> Result<Record, Error> {
    let mut record = bare_record(names, document)?;
    record.id = Some(id);
    record.version = document.heads().to_vec();
    record.space = Some(names.space(row.space));
    record.creator = Some(row.creator);
    record.author = Some(names.member(row.creator)?.0);
    record.created = Some(row.created);
    record.modified = Some(row.modified);
    Ok(record)
}

/// Makes what people wrote of a record.
fn bare_record(names: &Names<'_>, document: &Document) -> Result<Record, Error> {
    let mut fields = document.fields_json();
    let mut labels = |field: &str| -> Result<BTreeSet<String>, Error> {
        let Some(mut value) = fields.remove(field) else { return Ok(BTreeSet::new()) };
        name_references(names, &mut value)?;
        let texts = value.as_array().into_iter().flatten().filter_map(Json::as_str);
        Ok(texts.map(str::to_owned).collect())
    };
    let topics = labels("topics")?;
    let sites = labels("sites")?;
    let mut text = |field: &str| fields.remove(field).and_then(|value| value.as_str().map(str::to_owned));
    let title = text("title").unwrap_or_default();
    let language = text("language");
    let handle = text("handle");
    let origin = take_origin(&mut fields);
    let mut values = BTreeMap::new();
    for (name, mut value) in fields {
        if matches!(name.as_str(), "home_site" | "site" | "asked_of" | "wants_to_learn") {
            name_references(names, &mut value)?;
        }
        if let Some(value) = field_value(value) {
            values.insert(name, value);
        }
    }
    Ok(Record {
        kind: document.kind().to_owned(),
        title,
        language,
        handle,
        origin,
        topics,
        sites,
        fields: values,
        ..Record::default()
    })
}

fn field_value(value: Json) -> Option<FieldValue> {
    Some(match value {
        Json::Null => return None,
        Json::String(text) => FieldValue::Text(text),
        Json::Bool(flag) => FieldValue::Flag(flag),
        Json::Number(number) => number.as_i64().map_or_else(|| number.to_string().into(), FieldValue::Integer),
        Json::Array(values) => FieldValue::Many(values.into_iter().filter_map(field_value).collect()),
        Json::Object(map) => FieldValue::Map(
            map.into_iter().filter_map(|(key, value)| field_value(value).map(|value| (key, value))).collect(),
        ),
    })
}

/// Takes the origin out of the fields.
fn take_origin(fields: &mut serde_json::Map<String, Json>) -> Option<Origin> {
    let mut text =
        |part: &str| fields.remove(&format!("origin.{part}")).and_then(|value| value.as_str().map(str::to_owned));
    let (system, id) = (text("system"), text("id"));
    let (url, author, imported) = (text("url"), text("author"), text("imported"));
    id.map(|id| Origin { system: system.unwrap_or_default(), id, url, author, imported })
}

/// Writes an origin as fields.
fn origin_changes(origin: &Origin, out: &mut Vec<FieldChange>) {
    let parts = [
        ("system", Some(&origin.system)),
        ("id", Some(&origin.id)),
        ("url", origin.url.as_ref()),
        ("author", origin.author.as_ref()),
        ("imported", origin.imported.as_ref()),
    ];
    let given = parts.into_iter().filter_map(|(part, value)| Some((part, value.filter(|value| !value.is_empty())?)));
    out.extend(given.map(|(part, value)| set(&format!("origin.{part}"), value)));
}

fn bring(pen: &mut Pen<'_>, space: SpaceId, mut record: Record) -> Result<Outcome, Error> {
    if let Some(id) = record.id
        && pen.engine.reading(|reader| Ok(rows::row(reader, id)?.is_some()))?
    {
        return merge::merge(pen, id, &record);
    }
    // A document of another community's export comes from there; its versions mean nothing here.
    record.version.clear();
    let exported = record.id.take().map(|id| Origin {
        system: "repertoire".to_owned(),
        id: id.to_string(),
        author: record.author.clone(),
        ..Origin::default()
    });
    record.origin = record.origin.take().or(exported);
    if let Some(origin) = &record.origin {
        let key = origin_key(&origin.system, &origin.id);
        let known = pen.engine.reading(|reader| Ok(rows::by_origin(reader, &key)?.first().copied()))?;
        if let Some(id) = known {
            return merge::merge(pen, id, &record);
        }
        if !pen.engine.fresh_origins.insert(key) {
            return Ok(Outcome::Known);
        }
    }
    create(pen, space, record)
}

fn create(pen: &mut Pen<'_>, space: SpaceId, record: Record) -> Result<Outcome, Error> {
    let spec = schema::kind(&record.kind).ok_or_else(|| Error::bad_kind(&record.kind, "see `repertoire help add`"))?;
    if matches!(spec.name, "community" | "member") {
        return Err(Error::not_allowed(format!("import a {}", spec.name), "record"));
    }
    let handle = pen.fresh_handle(record.handle.as_deref().unwrap_or(&record.title), spec.name)?;
    let mut changes = vec![set("title", &record.title), set("handle", &handle)];
    if record.title.is_empty() {
        changes.remove(0);
    }
    if let Some(language) = &record.language {
        changes.push(set("language", language));
    }
    if let Some(origin) = &record.origin {
        origin_changes(origin, &mut changes);
    }
    for (field, labels) in [("topics", &record.topics), ("sites", &record.sites)] {
        changes.extend(labels.iter().map(|label| add(field, label)));
    }
    for (field, value) in &record.fields {
        if !value.is_empty() {
            changes_of(field, value, &mut changes);
        }
    }
    // Everything is checked before a term is made for it.
    let resolved = resolve(pen, space, spec.name, &changes)?;
    pen.create(space, spec.name, &parse_changes(spec.name, &resolved)?)?;
    Ok(Outcome::New)
}

fn set(field: &str, value: &str) -> FieldChange {
    FieldChange { op: FieldOp::Set, field: field.to_owned(), value: value.to_owned() }
}

fn add(field: &str, value: &str) -> FieldChange {
    FieldChange { op: FieldOp::Add, ..set(field, value) }
}

fn text(value: &FieldValue) -> Option<String> {
    match value {
        FieldValue::Text(text) => Some(text.clone()),
        FieldValue::Integer(number) => Some(number.to_string()),
        FieldValue::Flag(flag) => Some(flag.to_string()),
        FieldValue::Many(_) | FieldValue::Map(_) => None,
    }
}

/// Changes that give a field a value it doesn't have yet.
fn changes_of(field: &str, value: &FieldValue, out: &mut Vec<FieldChange>) {
    match value {
        FieldValue::Many(values) => out.extend(values.iter().filter_map(text).map(|value| add(field, &value))),
        FieldValue::Map(map) => {
            map.iter().for_each(|(key, value)| changes_of(&format!("{field}.{key}"), value, out));
        }
        single => out.extend(text(single).map(|value| set(field, &value))),
    }
}
