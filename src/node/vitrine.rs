//! The vitrine: copies of what a community shows to those who only look. A copy names its author with consent alone, and
//! says where it comes from; the words that it names (topics, sites) are copied too.

use serde_json::{Map, Value as Json};

use super::engine::{Engine, rows};
use super::env::Env;
use super::error::Error;
use super::look::readable;
use super::names::Names;
use super::pen::Pen;
use super::reply::Written;
use super::request::{FieldChange, FieldOp};
use super::row::Row;
use super::settle::{Body, Settled};
use super::write::{Done, parse_changes, resolve, written};
use crate::model::governance::Right;
use crate::model::{DocumentId, MemberId, SpaceId, Verdict};
use crate::store::Reader;
use crate::wire::entry::{MarkContent, MarkShape};

/// Kinds that can be published.
const PUBLISHED: &[&str] = &["practice", "report", "resource"];
/// Fields that name people, or documents that are not in the vitrine.
const LEFT_OUT: &[&str] = &[
    "links",
    "attachments",
    "verifiers",
    "adapts",
    "adapts.version",
    "adapts.title",
    "adapts.pulled",
    "credits",
    "about",
    "about.version",
    "quotes",
    "creators",
    "site",
    "origin.system",
    "origin.id",
    "origin.url",
    "origin.imported",
    "origin.author",
    "published.from",
    "published.site",
    "published.author",
    "adaptation.decided_by",
];
/// The mark by which somebody says whether their name may be shown.
const CONSENT: &str = "consent";
const NAMED: &str = "named";

impl Engine {
    /// Copies a document, as it is shown now, into the vitrine, or brings its copy there up to date.
    pub(crate) fn publish(&mut self, env: &mut Env, id: &str) -> Result<Done, Error> {
        let (document, settled, _) = self.find(id)?;
        let vitrine = self.state().vitrine().ok_or_else(|| Error::no_space("vitrine"))?;
        let row = self.reading(|reader| Names::new(self, reader).row(document))?;
        if row.space == vitrine || row.withdrawn {
            return Err(Error::nothing_to_do());
        }
        if !PUBLISHED.contains(&row.kind.as_str()) {
            return Err(Error::bad_operation(&row.kind, "publish", format!("published are {}", PUBLISHED.join(", "))));
        }
        self.may_publish(&row)?;
        let (changes, copy) = self.reading(|reader| {
            let names = Names::new(self, reader);
            let copy = self.copy_of(reader, vitrine, &row.kind, document)?;
            let source = settled.document.as_ref().ok_or_else(|| Error::no_document(document))?;
            let old = copy.as_ref().and_then(|(_, copy)| copy.document.as_ref());
            let old = old.map(|old| readable(&names, old)).transpose()?.unwrap_or_default();
            let mut changes = differences(&old, &readable(&names, source)?);
            let (name, site) = names.member(row.creator)?;
            let author = if consents(&settled, row.creator) { name } else { String::new() };
            for (field, value) in [("published.site", &site), ("published.author", &author)] {
                let before = old.get(field).and_then(Json::as_str).unwrap_or_default();
                match (value.is_empty(), before == value.as_str()) {
                    (_, true) => {}
                    (true, false) => changes.push(one(FieldOp::Clear, field, "")),
                    (false, false) => changes.push(one(FieldOp::Set, field, value)),
                }
            }
            if copy.is_none() {
                changes.push(one(FieldOp::Set, "handle", &row.handle));
                changes.push(one(FieldOp::Set, "published.from", &document.to_string()));
                changes.push(one(FieldOp::Add, "links", &format!("published-from:{document}")));
            }
            Ok((changes, copy))
        })?;
        self.writing(env, |pen| write_copy(pen, vitrine, &row, copy, &changes))
    }

    /// Says whether one's own name may stand beside a document in the vitrine.
    pub(crate) fn consent(&mut self, env: &mut Env, id: &str, named: bool) -> Result<Done, Error> {
        let (document, settled, handle) = self.find(id)?;
        let row = self.reading(|reader| Names::new(self, reader).row(document))?;
        let me = self.keys.member;
        let role = self.state().members.get(&me).map_or("stranger", |member| member.role.name());
        if row.creator != me {
            return Err(Error::not_allowed("consent for somebody else", role));
        }
        let vitrine = self.state().vitrine().ok_or_else(|| Error::no_space("vitrine"))?;
        let copy = self.reading(|reader| self.copy_of(reader, vitrine, &row.kind, document))?;
        let name = self.handle_of(me);
        self.writing(env, |pen| {
            let shape = MarkShape { verb: CONSENT.to_owned(), taken_back: false };
            let value = if named { NAMED } else { "unnamed" };
            let content = MarkContent { value: value.to_owned(), ..MarkContent::default() };
            let entry = pen.mark(&settled, &shape, &content)?;
            if let Some((_, copy)) = copy.filter(|(_, copy)| pen.engine.may_consent(copy, named)) {
                let change = match named {
                    true => one(FieldOp::Set, "published.author", &name),
                    false => one(FieldOp::Clear, "published.author", ""),
                };
                pen.change(&copy, &parse_changes(&row.kind, &[change])?)?;
            }
            Ok(written(document, &handle, &row.kind, entry))
        })
    }

    /// Anybody takes their name away at once; it is put beside a copy by who may publish, the next time they do.
    fn may_consent(&self, copy: &Settled, named: bool) -> bool {
        self.may_edit(copy).is_ok() && (!named || self.may_name_publication(copy).is_ok())
    }

    /// The author shows what is theirs, an animator anything.
    fn may_publish(&self, row: &Row) -> Result<(), Error> {
        let me = self.keys.member;
        if row.creator == me || self.state().may(me, Right::Govern) {
            return Ok(());
        }
        let role = self.state().members.get(&me).map_or("stranger", |member| member.role.name());
        Err(Error::not_allowed("publish what others wrote", role))
    }

    /// Finds the copy of a document in the vitrine; the first by claimed time where there are several.
    fn copy_of(
        &self,
        reader: &Reader,
        vitrine: SpaceId,
        kind: &str,
        source: DocumentId,
    ) -> Result<Option<(DocumentId, Settled)>, Error> {
        let source = source.to_string();
        let mut found = Vec::new();
        for id in rows::of_kind(reader, kind)? {
            let row = rows::row(reader, id)?;
            let copy = row.filter(|row| row.space == vitrine && row.facet("published-from") == Some(&source));
            found.extend(copy.map(|row| (row.created, id)));
        }
        let first = found.into_iter().min().map(|(_, id)| id);
        first.map(|id| Ok((id, self.settled(reader, id)?))).transpose()
    }
}

fn write_copy(
    pen: &mut Pen<'_>,
    vitrine: SpaceId,
    row: &Row,
    copy: Option<(DocumentId, Settled)>,
    changes: &[FieldChange],
) -> Result<Written, Error> {
    let parsed = parse_changes(&row.kind, &resolve(pen, vitrine, &row.kind, changes)?)?;
    let (id, entry) = match copy {
        None => pen.create(vitrine, &row.kind, &parsed)?,
        Some((id, copy)) => (id, pen.change(&copy, &parsed)?.ok_or_else(Error::nothing_to_do)?),
    };
    Ok(written(id, &row.handle, &row.kind, entry))
}

/// Tells whether the author of a document lets their name be shown: the last word counts.
fn consents(settled: &Settled, author: MemberId) -> bool {
    let said =
        settled.entries.iter().filter(|opened| opened.author == Some(author) && opened.verdict == Verdict::Counted);
    let mut words = said.filter_map(|opened| match &opened.body {
        Body::Mark(shape, content) if shape.verb == CONSENT => {
            Some(!shape.taken_back && content.as_ref().is_some_and(|content| content.value == NAMED))
        }
        _ => None,
    });
    words.next_back().unwrap_or(false)
}

/// Returns what makes the fields of a copy those of its source.
fn differences(old: &Map<String, Json>, new: &Map<String, Json>) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let copied = |field: &&String| !LEFT_OUT.contains(&field.as_str());
    for field in old.keys().chain(new.keys().filter(|field| !old.contains_key(*field))).filter(copied) {
        match (old.get(field), new.get(field)) {
            (before, Some(Json::Array(values))) => {
                let before: Vec<&str> =
                    before.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
                let values: Vec<&str> = values.iter().filter_map(Json::as_str).collect();
                let gone = before.iter().filter(|value| !values.contains(value));
                changes.extend(gone.map(|value| one(FieldOp::Remove, field, value)));
                let fresh = values.iter().filter(|value| !before.contains(value));
                changes.extend(fresh.map(|value| one(FieldOp::Add, field, value)));
            }
            (before, Some(Json::Object(keys))) => {
                let known = |key: &str| before.and_then(Json::as_object).and_then(|before| before.get(key));
                let other = keys.iter().filter(|(key, value)| known(key) != Some(value));
                let text = other.filter_map(|(key, value)| Some((key, value.as_str()?)));
                changes.extend(text.map(|(key, value)| one(FieldOp::Set, &format!("{field}.{key}"), value)));
            }
            (_, None | Some(Json::Null)) => changes.push(one(FieldOp::Clear, field, "")),
            (before, Some(value)) if before != Some(value) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                changes.push(one(FieldOp::Set, field, &text));
            }
            _ => {}
        }
    }
    changes
}

fn one(op: FieldOp, field: &str, value: &str) -> FieldChange {
    FieldChange { op, field: field.to_owned(), value: value.to_owned() }
}
