//! Bringing in and handing out: records of other systems and of our own exports.

mod merge;
mod refer;
mod round;
mod wish;

pub(crate) use refer::Aliases;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::engine::fold_row::canonical;
use super::engine::{Engine, rows};
use super::error::Error;
use super::look::Test;
use super::names::Names;
use super::reply::Page;
use super::request::{FieldChange, FieldOp, Filter};
use super::write::scheme;
use crate::interchange::{self, FieldValue, Origin, Record, jsonl};
use crate::model::document::{Document, schema};
use crate::model::{DocumentId, EntryId, SpaceId, Timestamp};
use crate::store::Reader;

impl Engine {
    /// Returns a page of records: those that others name come first, as far as kinds tell, then by id.
    pub(crate) fn export(
        &self,
        reader: &Reader,
        filter: &Filter,
        after: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<Json>, Error> {
        let names = Names::at(self, reader, now);
        let test = Test::new(&names, filter, now)?;
        let all = filter.kind.is_none();
        let mut items = Vec::new();
        let mut at = Place::parse(after)?;
        while let Some(kind) = at.kind(reader)? {
            if filter.kind.as_ref().is_some_and(|wanted| *wanted != kind) {
                at = at.next_kind();
                continue;
            }
            let page = rows::of_kind_after(reader, &kind, at.id, limit)?;
            for id in &page {
                at.id = *id;
                let row = names.row(*id)?;
                if !test.holds_for_export(&names, *id, &row, all)? {
                    continue;
                }
                let settled = self.settled(reader, *id)?;
                if let Some(document) = &settled.document {
                    let record = record(&names, *id, document, &row)?;
                    let line = jsonl::write(&record);
                    items.push(serde_json::from_str(&line).map_err(Error::internal)?);
                }
                if items.len() == limit {
                    return Ok(Page { items, next: Some(at.to_string()) });
                }
            }
            if page.len() < limit {
                at = at.next_kind();
            }
        }
        Ok(Page { items, next: None })
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
                items.push(canonical(*id, document, &row, &settled.said));
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

/// Kinds in the order of an export: what is named before what names it.
const ORDER: &[&str] =
    &["community", "member", "term", "resource", "practice", "collection", "event", "thread", "report", "post"];

/// Where a page of an export ended: a kind, by its place in [`ORDER`] and then among the kinds of newer versions, and an
/// id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    kind: usize,
    id: DocumentId,
}

impl Place {
    fn parse(after: Option<&str>) -> Result<Place, Error> {
        let Some(text) = after else { return Ok(Place { kind: 0, id: DocumentId::ZERO }) };
        let wrong = || Error::bad_value("the cursor", text, "where a page before ended");
        let (kind, id) = text.split_once('/').ok_or_else(wrong)?;
        Ok(Place { kind: kind.parse().map_err(|_| wrong())?, id: id.parse().map_err(|_| wrong())? })
    }

    fn next_kind(self) -> Place {
        Place { kind: self.kind + 1, id: DocumentId::ZERO }
    }

    /// Returns the kind; none past the last one.
    fn kind(self, reader: &Reader) -> Result<Option<String>, Error> {
        if let Some(kind) = ORDER.get(self.kind) {
            return Ok(Some((*kind).to_owned()));
        }
        let mut newer = rows::kinds(reader)?.into_iter().filter(|kind| !ORDER.contains(&kind.as_str()));
        Ok(newer.nth(self.kind - ORDER.len()))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
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
    for (field, value) in &mut fields {
        name_field(names, document.kind(), field, value)?;
    }
    let mut labels = |field: &str| -> Result<BTreeSet<String>, Error> {
        let Some(value) = fields.remove(field) else { return Ok(BTreeSet::new()) };
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
    for (name, value) in fields {
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

/// Puts labels and handles in the place of the ids in a field: of terms that have a list of their own, and of people.
fn name_field(names: &Names<'_>, kind: &str, field: &str, value: &mut Json) -> Result<(), Error> {
    let Some(spec) = schema::kind(kind).and_then(|kind| kind.field(field)) else { return Ok(()) };
    match value {
        Json::Array(values) => {
            for value in values.iter_mut() {
                match value {
                    Json::Object(inner) => {
                        for (name, value) in inner {
                            if let Some(spec) = spec.inside(name) {
                                name_value(names, spec, value)?;
                            }
                        }
                    }
                    single => name_value(names, spec, single)?,
                }
            }
            if spec.merge == schema::Merge::Set {
                values.sort_by_key(ToString::to_string);
            }
            Ok(())
        }
        single => name_value(names, spec, single),
    }
}

fn name_value(names: &Names<'_>, spec: &schema::FieldSpec, value: &mut Json) -> Result<(), Error> {
    if spec.name == "credits" {
        *value = super::adapt::thanks(names, value.as_str().unwrap_or_default())?.join(", ").into();
        return Ok(());
    }
    let named = match spec.value {
        schema::Type::Member => true,
        schema::Type::Term => scheme(spec.name).is_some(),
        _ => matches!(spec.name, "asked_of" | "verifiers"),
    };
    let Some(id) = value.as_str().filter(|_| named).and_then(|text| text.parse::<DocumentId>().ok()) else {
        return Ok(());
    };
    let member = EntryId::from(id).into();
    if names.engine.state().members.contains_key(&member) {
        *value = names.member(member)?.0.into();
    } else if rows::row(names.reader, id)?.is_some() {
        *value = names.label(id)?.into();
    }
    Ok(())
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
    out.extend(given.map(|(part, value)| wish::change(FieldOp::Set, &format!("origin.{part}"), value)));
}

fn start(after: Option<&str>) -> Result<DocumentId, Error> {
    match after {
        None => Ok(DocumentId::ZERO),
        Some(text) => text.parse().map_err(|_| Error::bad_value("the cursor", text, "an id")),
    }
}
