//! Writing: what `add`, `edit`, `reply`, `me` and `resolve` do.

use super::adapt::HEADS_MAX;
use super::engine::{Changes, Engine, rows};
use super::env::Env;
use super::error::Error;
use super::look::STANDING;
use super::names::Names;
use super::pen::{Pen, compose_error};
use super::reply::{DocumentView, Written};
use super::request::{FieldChange, FieldOp};
use super::settle::{Settled, says_publication};
use crate::model::document::schema::{self, Type};
use crate::model::document::{self, Change, Document, Field, FieldPath, Value};
use crate::model::governance::{SpaceKind, Status};
use crate::model::{DocumentId, EntryId, SpaceId};

/// Which scheme of terms a field names.
const SCHEMES: &[(&str, &str)] = &[
    ("topics", "topic"),
    ("sites", "site"),
    ("home_site", "site"),
    ("site", "site"),
    ("competences", "competence"),
    ("wants_to_learn", "competence"),
];

/// Returns the scheme of the terms that a field names; none where it has no list of its own.
pub(crate) fn scheme(field: &str) -> Option<&'static str> {
    SCHEMES.iter().find(|(name, _)| *name == field).map(|(_, scheme)| *scheme)
}

/// Kinds that other verbs write.
const NOT_ADDED: &[&str] = &["community", "member", "note"];

fn op(op: FieldOp) -> document::FieldOp {
    match op {
        FieldOp::Set => document::FieldOp::Set,
        FieldOp::Append => document::FieldOp::Append,
        FieldOp::Add => document::FieldOp::Add,
        FieldOp::Remove => document::FieldOp::Remove,
        FieldOp::Clear => document::FieldOp::Clear,
    }
}

/// Turns changes as typed into changes of a kind; references must be ids.
pub(crate) fn parse_changes(kind: &str, changes: &[FieldChange]) -> Result<Vec<Change>, Error> {
    let parse = |change: &FieldChange| Change::parse(kind, op(change.op), &change.field, &change.value);
    changes.iter().map(|change| parse(change).map_err(compose_error)).collect()
}

/// A document written or changed, and what that changed besides.
pub(crate) type Done = (Written, Changes);

impl Engine {
    /// Writes a new document.
    pub(crate) fn add(
        &mut self,
        env: &mut Env,
        kind: &str,
        title: &str,
        changes: &[FieldChange],
        space: Option<&str>,
    ) -> Result<Done, Error> {
        let spec = schema::kind(kind).ok_or_else(|| Error::bad_kind(kind, writable_kinds()))?;
        let kind = spec.name;
        if NOT_ADDED.contains(&kind) {
            return Err(Error::bad_kind(kind, writable_kinds()));
        }
        let title = title.trim();
        if title.is_empty() && kind != "post" {
            return Err(Error::missing("the title"));
        }
        let about = changes.iter().find(|change| change.field == "about").map(|change| change.value.as_str());
        let space = self.space_for(space, about)?;
        self.writing(env, |pen| {
            let handle = pen.fresh_handle(title, kind)?;
            let mut all = vec![set("title", title), set("handle", &handle)];
            all.extend(changes.iter().cloned());
            if kind == "term" && !changes.iter().any(|change| change.field == "scheme") {
                all.push(set("scheme", "glossary"));
            }
            if kind == "term" && !changes.iter().any(|change| change.field.starts_with("pref")) {
                let language = changes.iter().find(|change| change.field == "language");
                let language = language.map_or(super::pen::ANY_LANGUAGE, |change| change.value.as_str());
                all.push(set(&format!("pref_label.{language}"), title));
            }
            all.extend(version_reported(pen, kind, &all)?);
            let resolved = resolve(pen, space, kind, &all)?;
            let (id, entry) = pen.create(space, kind, &parse_changes(kind, &resolved)?)?;
            Ok(written(id, &handle, kind, entry))
        })
    }

    /// The space that is named; else, for what is about something in a circle, that circle: what is said of it names it.
    fn space_for(&self, named: Option<&str>, about: Option<&str>) -> Result<SpaceId, Error> {
        self.reading(|reader| {
            let names = Names::new(self, reader);
            let about = about.filter(|_| named.is_none()).map(|about| names.row(names.document(about)?)).transpose()?;
            let circle = about
                .map(|row| row.space)
                .filter(|space| self.state().spaces.get(space).is_some_and(|space| space.kind == SpaceKind::Circle));
            circle.map_or_else(|| names.space_named(named), Ok)
        })
    }

    /// Changes a document.
    pub(crate) fn edit(&mut self, env: &mut Env, id: &str, changes: &[FieldChange]) -> Result<Done, Error> {
        let (document, settled, handle) = self.find(id)?;
        self.edit_settled(env, document, &settled, &handle, changes)
    }

    fn edit_settled(
        &mut self,
        env: &mut Env,
        id: DocumentId,
        settled: &Settled,
        handle: &str,
        changes: &[FieldChange],
    ) -> Result<Done, Error> {
        if changes.is_empty() {
            return Err(Error::nothing_to_do());
        }
        let kind = settled.document.as_ref().map(Document::kind).unwrap_or_default().to_owned();
        let space = settled.entries.first().map(|opened| opened.entry.header().space);
        let space = space.ok_or_else(|| Error::no_document(id))?;
        self.may_edit(settled)?;
        if changes.iter().any(|change| change.op != FieldOp::Clear && says_publication(&change.field)) {
            self.may_name_publication(settled)?;
        }
        let changes =
            settled.document.as_ref().map_or(Ok(changes.to_vec()), |document| spelled_out(document, changes))?;
        self.writing(env, |pen| {
            let resolved = resolve(pen, space, &kind, &changes)?;
            let parsed = parse_changes(&kind, &resolved)?;
            let entry = pen.change(settled, &parsed)?.ok_or_else(Error::nothing_to_do)?;
            let mut fields: Vec<String> = Vec::new();
            for change in &parsed {
                let field = field_of(change);
                if !fields.contains(&field) {
                    fields.push(field);
                }
            }
            Ok(Written { fields, ..written(id, handle, &kind, entry) })
        })
    }

    /// Refuses an edit that every node would call void, before it is written.
    pub(super) fn may_edit(&self, settled: &Settled) -> Result<(), Error> {
        let document = settled.document.as_ref().ok_or_else(|| Error::no_document(settled.id))?;
        let me = self.keys.member;
        let creator = settled.entries.iter().find(|opened| opened.id() == settled.id.into());
        let own = creator.and_then(|opened| opened.author) == Some(me);
        let animates = self.state().may(me, crate::model::governance::Right::Govern);
        let allowed = match document.kind() {
            "community" => animates,
            "member" | "report" | "thread" | "note" => own,
            "post" => own || matches!(document.word("role"), "synthesis" | "minutes"),
            "practice" => own || animates || document.word("editing") != "curated",
            _ => true,
        };
        let role = self.state().members.get(&me).map_or("stranger", |member| member.role.name());
        if allowed { Ok(()) } else { Err(Error::not_allowed(format!("edit this {}", document.kind()), role)) }
    }

    /// Refuses who may not say where a copy in the vitrine comes from, nor whose it is.
    pub(super) fn may_name_publication(&self, settled: &Settled) -> Result<(), Error> {
        let me = self.keys.member;
        let creator = settled.entries.iter().find(|opened| opened.id() == settled.id.into());
        if creator.and_then(|opened| opened.author) == Some(me)
            || self.state().may(me, crate::model::governance::Right::Govern)
        {
            return Ok(());
        }
        let role = self.state().members.get(&me).map_or("stranger", |member| member.role.name());
        Err(Error::not_allowed("say whose this copy is", role))
    }

    /// Changes one's own profile.
    pub(crate) fn edit_me(&mut self, env: &mut Env, changes: &[FieldChange]) -> Result<(DocumentView, Changes), Error> {
        let (me, now) = (self.keys.member, env.now());
        let profile = self.reading(|reader| rows::profile(reader, me))?;
        let (id, _) = profile.ok_or_else(|| self.no_profile())?;
        let mut done = Changes::default();
        let mut entry = None;
        if !changes.is_empty() {
            let (document, settled, handle) = self.find(&id.to_string())?;
            let (written, changed) = self.edit_settled(env, document, &settled, &handle, changes)?;
            (entry, done) = (Some(written.entry), changed);
        }
        let view = self.reading(|reader| self.show(reader, id, now))?;
        Ok((DocumentView { entry, ..view }, done))
    }

    /// Says why there is no profile: who doesn't write has none, others wait for theirs.
    fn no_profile(&self) -> Error {
        let me = self.state().members.get(&self.keys.member).filter(|member| member.status == Status::Active);
        match me.filter(|member| !member.role.writes()) {
            Some(member) => Error::not_allowed("have a profile", member.role.name()),
            None => Error::not_yet_member(),
        }
    }

    /// Writes a post under a thread, or a comment under any document.
    pub(crate) fn reply(
        &mut self,
        env: &mut Env,
        to: &str,
        body: &str,
        changes: &[FieldChange],
    ) -> Result<Done, Error> {
        if body.trim().is_empty() {
            return Err(Error::missing("the text of the reply"));
        }
        let (target, row) = self.reading(|reader| {
            let names = Names::new(self, reader);
            let id = names.document(to)?;
            Ok((id, names.row(id)?))
        })?;
        // A reply to a post stands under the thread of that post, and names it.
        let (thread, parent) = match row.about.filter(|_| row.kind == "post") {
            Some(thread) => (thread, Some(target)),
            None => (target, None),
        };
        let thread_row = self.reading(|reader| Names::new(self, reader).row(thread))?;
        let number = self.reading(|reader| Ok(Names::new(self, reader).posts(thread)?.len()))? + 1;
        let handle = self.reading(|reader| Names::new(self, reader).handle_of(thread, &thread_row))?;
        let question = thread_row.facet("mode") == Some("question");
        self.writing(env, |pen| {
            let mut all = vec![set("thread", &thread.to_string()), set("body", body)];
            if let Some(parent) = parent {
                all.push(set("parent", &parent.to_string()));
            }
            if !changes.iter().any(|change| change.field == "role") {
                all.push(set("role", if question { "answer" } else { "comment" }));
            }
            all.extend(changes.iter().cloned());
            let resolved = resolve(pen, thread_row.space, "post", &all)?;
            let (id, entry) = pen.create(thread_row.space, "post", &parse_changes("post", &resolved)?)?;
            Ok(written(id, &format!("{handle}#{number}"), "post", entry))
        })
    }

    /// Settles a field with two values: by the number that `conflicts` gives one, or by a new value.
    pub(crate) fn resolve(
        &mut self,
        env: &mut Env,
        id: &str,
        field: &str,
        take: Option<usize>,
        value: Option<&str>,
    ) -> Result<Done, Error> {
        let (document, settled, handle) = self.find(id)?;
        let conflicts = self.reading(|reader| self.conflicts(reader, Some(document)))?;
        let wanted = field.replace('-', "_");
        let conflict = conflicts.iter().find(|conflict| conflict.field == field || conflict.field == wanted);
        let conflict = conflict.ok_or_else(|| Error::no_conflict(&handle, field))?;
        let json = match (take, value) {
            (Some(number), None) => {
                let writing = number.checked_sub(1).and_then(|index| conflict.values.get(index));
                let writing = writing.ok_or_else(|| Error::no_such_value(number, conflict.values.len()))?;
                writing.value.clone()
            }
            (None, Some(value)) => serde_json::Value::from(value),
            _ => return Err(Error::missing("either --take N or --value V")),
        };
        let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        self.may_edit(&settled)?;
        if conflict.field == STANDING {
            let why = "say it anew: validate, return, deprecate, withdraw or restore";
            return Err(Error::bad_operation(STANDING, "resolve", why));
        }
        let kind = settled.document.as_ref().map(Document::kind).unwrap_or_default().to_owned();
        let path = settled
            .document
            .as_ref()
            .and_then(|document| {
                document.conflicts().into_iter().find(|found| found.path.to_string() == conflict.field)
            })
            .map(|found| found.path)
            .ok_or_else(|| Error::no_conflict(&handle, field))?;
        let name = conflict.field.clone();
        self.writing(env, |pen| {
            let parsed = if path == FieldPath::of(&path.field) {
                parse_changes(&kind, &[set(&path.field, &text)])?
            } else {
                vec![Change::Set { path: path.clone(), value: Value::Text(text.clone()) }]
            };
            let entry = pen.settle(&settled, &parsed)?.ok_or_else(Error::nothing_to_do)?;
            Ok(Written { fields: vec![name], value: Some(text), ..written(document, &handle, &kind, entry) })
        })
    }

    /// Finds a document and settles it.
    pub(crate) fn find(&self, name: &str) -> Result<(DocumentId, Settled, String), Error> {
        self.reading(|reader| {
            let names = Names::new(self, reader);
            let id = names.document(name)?;
            Ok((id, self.settled(reader, id)?, names.handle(id)?))
        })
    }

    /// Runs what writes, in one transaction; nothing of it stays when it fails.
    pub(crate) fn writing<T>(
        &mut self,
        env: &mut Env,
        write: impl FnOnce(&mut Pen<'_>) -> Result<T, Error>,
    ) -> Result<(T, Changes), Error> {
        let mut pen = Pen::start(self, env)?;
        match write(&mut pen) {
            Ok(value) => {
                let changes = pen.finish()?;
                Ok((value, changes))
            }
            Err(error) => {
                pen.engine.abandon();
                Err(error)
            }
        }
    }
}

/// Spells out what people say of a document that is here: an item of a list by its number, and a key of a map, whole.
fn spelled_out(document: &Document, changes: &[FieldChange]) -> Result<Vec<FieldChange>, Error> {
    let mut out = Vec::with_capacity(changes.len());
    for change in changes {
        let (name, rest) = change.field.split_once('.').unwrap_or((&change.field, ""));
        let spec = schema::kind(document.kind()).and_then(|spec| spec.find(name)).map(|(spec, _)| spec);
        match spec.map(|spec| (spec, document.field(spec.name))) {
            Some((spec, Some(Field::List(items)))) => {
                let (number, inner) = rest.split_once('.').unwrap_or((rest, ""));
                let Ok(at) = number.parse::<usize>() else {
                    out.push(change.clone());
                    continue;
                };
                let item = at.checked_sub(1).and_then(|at| items.get(at));
                let why = || format!("1 to {}", items.len());
                let item = item.ok_or_else(|| Error::bad_value(spec.name, number, why()))?;
                let path = [spec.name, &item.id.to_string(), inner].join(".");
                out.push(FieldChange { field: path.trim_end_matches('.').to_owned(), ..change.clone() });
            }
            Some((spec, Some(Field::Map(keys)))) => {
                let key = match change.op {
                    FieldOp::Clear => rest,
                    FieldOp::Remove if rest.is_empty() => change.value.as_str(),
                    _ => "",
                };
                let clear = |path: String| FieldChange { op: FieldOp::Clear, field: path, value: String::new() };
                match keys.get(key) {
                    Some(Field::Map(inner)) => {
                        out.extend(inner.keys().map(|inner| clear(format!("{}.{key}.{inner}", spec.name))));
                    }
                    Some(Field::Register(_) | Field::Text(_)) => out.push(clear(format!("{}.{key}", spec.name))),
                    _ => out.push(change.clone()),
                }
            }
            _ => out.push(change.clone()),
        }
    }
    Ok(out)
}

pub(crate) fn set(field: &str, value: &str) -> FieldChange {
    FieldChange { op: FieldOp::Set, field: field.to_owned(), value: value.to_owned() }
}

pub(crate) fn written(id: DocumentId, handle: &str, kind: &str, entry: EntryId) -> Written {
    Written {
        id: id.to_string(),
        handle: handle.to_owned(),
        kind: kind.to_owned(),
        entry: entry.to_string(),
        fields: Vec::new(),
        value: None,
    }
}

/// Returns the name of the field that a change is about.
pub(crate) fn field_of(change: &Change) -> String {
    match change {
        Change::Set { path, .. }
        | Change::Clear { path }
        | Change::Write { path, .. }
        | Change::Append { path, .. }
        | Change::Add { path, .. }
        | Change::Remove { path, .. }
        | Change::Replace { path, .. } => path.field.clone(),
        Change::Put { field, .. } | Change::Move { field, .. } | Change::Drop { field, .. } => field.clone(),
    }
}

fn writable_kinds() -> String {
    let kinds = schema::KINDS.iter().map(|kind| kind.name).filter(|name| !NOT_ADDED.contains(name));
    kinds.collect::<Vec<_>>().join(", ")
}

/// Notes which version a report or a thread is about.
fn version_reported(pen: &Pen<'_>, kind: &str, changes: &[FieldChange]) -> Result<Option<FieldChange>, Error> {
    let about = changes.iter().find(|change| change.field == "about").filter(|_| matches!(kind, "report" | "thread"));
    let known = changes.iter().any(|change| change.field == "about.version");
    let Some(about) = about.filter(|_| !known) else { return Ok(None) };
    let heads = pen.engine.reading(|reader| {
        let names = Names::new(pen.engine, reader);
        Ok(names.row(names.document(&about.value)?)?.heads)
    })?;
    let version: Vec<String> = heads.iter().take(HEADS_MAX).map(ToString::to_string).collect();
    Ok(Some(set("about.version", &version.join(","))))
}

/// Puts ids in the place of labels, handles and names: terms that are not there yet are made.
pub(crate) fn resolve(
    pen: &mut Pen<'_>,
    space: SpaceId,
    kind: &str,
    changes: &[FieldChange],
) -> Result<Vec<FieldChange>, Error> {
    let mut out = Vec::with_capacity(changes.len());
    for change in changes {
        let mut change = change.clone();
        let spec = schema::kind(kind).and_then(|spec| spec.find(&change.field)).map(|(spec, _)| spec);
        if let Some(spec) = spec.filter(|_| !matches!(change.op, FieldOp::Clear) && !change.value.is_empty()) {
            change.value = reference(pen, space, spec, change.value)?;
        }
        out.push(change);
    }
    Ok(out)
}

/// Returns the id of what a value names, where the field holds ids.
pub(crate) fn reference(
    pen: &mut Pen<'_>,
    space: SpaceId,
    spec: &schema::FieldSpec,
    value: String,
) -> Result<String, Error> {
    if value.parse::<DocumentId>().is_ok() {
        return Ok(value);
    }
    match (spec.value, scheme(spec.name)) {
        (Type::Term, Some(scheme)) if !matches!(spec.merge, schema::Merge::Records | schema::Merge::Map(_)) => {
            Ok(pen.term(space, scheme, &value)?.to_string())
        }
        (Type::Member, _) => {
            pen.engine.reading(|reader| Ok(Names::new(pen.engine, reader).member_named(&value)?.to_string()))
        }
        // People or topics: who is meant by a name is asked first.
        _ if matches!(spec.name, "asked_of" | "verifiers") => {
            let member = pen.engine.reading(|reader| Names::new(pen.engine, reader).member_named(&value));
            match member {
                Ok(member) => Ok(member.to_string()),
                Err(_) => Ok(pen.term(space, "topic", &value)?.to_string()),
            }
        }
        (Type::Document, _) => {
            pen.engine.reading(|reader| Ok(Names::new(pen.engine, reader).document(&value)?.to_string()))
        }
        _ => Ok(value),
    }
}
