//! Looking: what `show`, `list`, `history`, `diff`, `conflicts` and `glossary` answer.

mod matching;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::engine::fold_row::value_json;
use super::engine::{Engine, rows};
use super::error::Error;
use super::names::{Names, instant};
use super::reply::{
    Blocks, Conflict, DocumentView, FieldDiff, GlossaryRow, HistoryRow, Hit, Hits, MemberRow, PostView, Writing,
};
use super::request::Filter;
use super::row::{Row, fold_label};
use super::settle::{Body, Opened, Settled};
use crate::model::document::{Document, Value};
use crate::model::governance::Status;
use crate::model::{DocumentId, EntryId, MemberId, Timestamp, Verdict};
use crate::store::Reader;
use crate::wire::entry::operation::Act;
use crate::wire::entry::{Operation, value};
pub(crate) use matching::Test;

/// Fields whose values are ids of documents and members, shown by label or handle.
const REFERENCES: &[&str] =
    &["topics", "sites", "home_site", "site", "about", "thread", "parent", "asked_of", "verifiers", "adapts"];

/// The name under which marks that say different things stand among the conflicts.
pub(crate) const STANDING: &str = "standing";

impl Engine {
    /// Shows one document, whole.
    pub(crate) fn show(&self, reader: &Reader, id: DocumentId, now: Timestamp) -> Result<DocumentView, Error> {
        let names = Names::at(self, reader, now);
        let row = names.row(id)?;
        let settled = self.settled(reader, id)?;
        let document = settled.document.as_ref().ok_or_else(|| Error::no_document(id))?;
        let mut contributors = Vec::new();
        for member in row.contributors.iter().filter(|_| !names.claims_source(&row)) {
            contributors.push(names.member(*member)?.0);
        }
        contributors.sort();
        let mut conflicts = BTreeMap::new();
        for (field, values, _) in conflicts_of(&names, &settled)? {
            conflicts.insert(field, values);
        }
        Ok(DocumentView {
            id: id.to_string(),
            handle: names.handle_of(id, &row)?,
            kind: row.kind.clone(),
            space: names.space(row.space),
            creator: names.author(&row)?.0,
            created: instant(row.created),
            modified: instant(row.modified),
            contributors,
            fields: readable(&names, document)?,
            conflicts,
            standing: names.standing(id, &row, &settled, document)?,
            links: links(document),
            source: self.source_view(reader, &settled)?,
            distilled_from: super::distil::distilled_from(document).map(|thread| names.handle(thread)).transpose()?,
            blocks: blocks(&names, id, &row, document)?,
            posts: posts(&names, id, &settled)?,
            reread: reread(&names, &settled, document)?,
            taken: super::adapt::to_reread(&settled),
            newer: document.unknown().iter().map(|unknown| format!("{unknown:?}")).collect(),
            held: held(&settled),
            entry: None,
        })
    }

    /// Lists documents, those changed last first.
    pub(crate) fn list(
        &self,
        reader: &Reader,
        filter: &Filter,
        limit: Option<usize>,
        now: Timestamp,
    ) -> Result<Hits, Error> {
        let names = Names::at(self, reader, now);
        let test = Test::new(&names, filter, now)?;
        let limit = limit.unwrap_or(usize::MAX);
        let mut hits: Vec<Hit> = Vec::new();
        rows::latest(
            reader,
            |kind| limit > 0 && test.holds_kind(kind),
            |id, row| {
                if test.is_before(&row) {
                    return Ok(false);
                }
                if test.holds(&names, id, &row)? {
                    hits.push(names.hit(id, &row)?);
                }
                Ok(hits.len() < limit)
            },
        )?;
        Ok(Hits { hits, ..Hits::default() })
    }

    /// Says who wrote what in a document, causes first.
    pub(crate) fn history(&self, reader: &Reader, id: DocumentId) -> Result<Vec<HistoryRow>, Error> {
        let names = Names::new(self, reader);
        let settled = self.settled(reader, id)?;
        let elements = elements(&settled);
        settled.entries.iter().map(|opened| history_row(&names, opened, &elements)).collect()
    }

    /// Says what changed in a document between two points of its history.
    pub(crate) fn diff(
        &self,
        reader: &Reader,
        id: DocumentId,
        a: Option<&str>,
        b: Option<&str>,
    ) -> Result<Vec<FieldDiff>, Error> {
        let settled = self.settled(reader, id)?;
        let all: Vec<EntryId> =
            settled.entries.iter().filter(|opened| opened.edit().is_some()).map(Opened::id).collect();
        let newer = match b {
            Some(text) => vec![point(&all, text)?],
            None => settled.document.as_ref().map(|document| document.heads().to_vec()).unwrap_or_default(),
        };
        let older = match a {
            Some(text) => vec![point(&all, text)?],
            None => {
                let last = newer.iter().max_by_key(|id| all.iter().position(|other| other == *id)).copied();
                let last = last.ok_or_else(|| Error::no_document(id))?;
                let opened = settled.entries.iter().find(|opened| opened.id() == last);
                let before = opened.map(|opened| opened.entry.header().deps.clone()).unwrap_or_default();
                newer.iter().copied().filter(|id| *id != last).chain(before).collect()
            }
        };
        let names = Names::new(self, reader);
        let fields = |heads: &[EntryId]| settled.at(heads).map_or(Ok(Map::new()), |at| readable(&names, &at));
        Ok(differences(&fields(&older)?, &fields(&newer)?))
    }

    /// Lists the fields with two values, in all documents or in one.
    pub(crate) fn conflicts(&self, reader: &Reader, id: Option<DocumentId>) -> Result<Vec<Conflict>, Error> {
        let names = Names::new(self, reader);
        let documents = match id {
            Some(id) => vec![id],
            None => rows::in_conflict(reader)?,
        };
        let mut found = Vec::new();
        for id in documents {
            let settled = self.settled(reader, id)?;
            for (field, values, shown) in conflicts_of(&names, &settled)? {
                found.push(Conflict { id: id.to_string(), handle: names.handle(id)?, field, values, shown });
            }
        }
        found.sort_by(|a, b| (&a.handle, &a.field).cmp(&(&b.handle, &b.field)));
        Ok(found)
    }

    /// Lists the words of the community.
    pub(crate) fn glossary(&self, reader: &Reader, word: Option<&str>) -> Result<Vec<GlossaryRow>, Error> {
        let names = Names::new(self, reader);
        let wanted = word.map(fold_label);
        let mut uses: BTreeMap<DocumentId, usize> = BTreeMap::new();
        rows::each(reader, |_, row| {
            for term in &row.terms {
                *uses.entry(*term).or_default() += 1;
            }
            Ok(())
        })?;
        let mut found = Vec::new();
        for id in rows::of_kind(reader, "term")? {
            let row = names.row(id)?;
            if row.withdrawn || wanted.as_ref().is_some_and(|word| !row.labels.iter().any(|label| label.contains(word)))
            {
                continue;
            }
            let settled = self.settled(reader, id)?;
            let definition = settled.document.as_ref().map(definition).unwrap_or_default();
            found.push(GlossaryRow {
                id: id.to_string(),
                handle: names.handle_of(id, &row)?,
                scheme: row.facet("scheme").unwrap_or("topic").to_owned(),
                label: row.title.clone(),
                definition,
                uses: uses.get(&id).copied().unwrap_or_default(),
            });
        }
        found.sort_by_cached_key(|row| (fold_label(&row.label), row.scheme.clone(), row.id.clone()));
        Ok(found)
    }

    /// Lists the members.
    pub(crate) fn members(&self, reader: &Reader) -> Result<Vec<MemberRow>, Error> {
        let names = Names::new(self, reader);
        let mut found = Vec::new();
        for (id, member) in &self.state().members {
            let (handle, site) = names.member(*id)?;
            let profile = rows::profile(reader, *id)?;
            let name = profile.map(|(_, row)| row.title).or_else(|| self.sealed_name(reader, *id));
            found.push(MemberRow {
                member: id.to_string(),
                handle,
                name: name.unwrap_or_default(),
                role: member.role.name().to_owned(),
                status: status_name(member.status).to_owned(),
                site,
                joined: instant(member.joined),
                devices: member.devices.iter().filter(|device| device.dropped.is_none()).count(),
                me: *id == self.keys.member,
                ended: match member.ended {
                    Some(act) => reader.entry(act)?.map(|stored| instant(stored.entry.header().time)),
                    None => None,
                },
                waits: self.pending_of(*id),
            });
        }
        found.sort_by(|a, b| (&a.handle, &a.member).cmp(&(&b.handle, &b.member)));
        Ok(found)
    }
}

/// Returns the stable name of a membership's status.
pub(crate) fn status_name(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Pending => "pending",
        Status::Left => "left",
        Status::Revoked => "revoked",
        Status::Suspended => "suspended",
    }
}

pub(crate) fn readable(names: &Names<'_>, document: &Document) -> Result<Map<String, Json>, Error> {
    let mut fields = document.fields_json();
    for name in REFERENCES {
        if let Some(value) = fields.get_mut(*name) {
            name_references(names, value)?;
        }
    }
    fields.shift_remove("handle");
    // How an adaptation remembers its versions is nothing to read.
    for hidden in ["adapts.version", "adapts.pulled", "adapts.title"] {
        fields.shift_remove(hidden);
    }
    if let Some(credits) = fields.get_mut("credits") {
        *credits = Json::from(super::adapt::thanks(names, credits.as_str().unwrap_or_default())?);
    }
    Ok(fields)
}

/// Puts labels and handles in the place of ids.
pub(crate) fn name_references(names: &Names<'_>, value: &mut Json) -> Result<(), Error> {
    match value {
        Json::String(text) => {
            if let Ok(id) = text.parse::<DocumentId>() {
                *text = if names.engine.state().members.contains_key(&EntryId::from(id).into()) {
                    names.member(EntryId::from(id).into())?.0
                } else {
                    names.label(id)?
                };
            }
        }
        Json::Array(values) => {
            for value in values.iter_mut() {
                name_references(names, value)?;
            }
            values.sort_by_key(ToString::to_string);
        }
        _ => {}
    }
    Ok(())
}

fn links(document: &Document) -> Vec<Json> {
    document.set("links").into_iter().map(value_json).collect()
}

fn blocks(names: &Names<'_>, id: DocumentId, row: &Row, document: &Document) -> Result<Blocks, Error> {
    let mut blocks = Blocks::default();
    for child in rows::children(names.reader, id)? {
        let Some(child_row) = rows::row(names.reader, child)?.filter(|row| !row.withdrawn) else { continue };
        let mut hit = names.hit(child, &child_row)?;
        let site = || names.site_of(&child_row)?.map(|site| names.label(site)).transpose();
        match child_row.kind.as_str() {
            "practice" if row.kind == "practice" => {
                (hit.place, hit.outcomes) = (site()?, names.outcomes(child)?);
                blocks.adaptations.push(hit);
            }
            "report" => {
                let outcome = child_row.facet("outcome").unwrap_or_default().to_owned();
                (hit.place, hit.outcomes) = (site()?, BTreeMap::from([(outcome, 1)]));
                blocks.reports.push(hit);
            }
            "thread" if is_open_question(&child_row) => blocks.open_questions.push(hit),
            _ => {}
        }
    }
    blocks.people = people(names, row, document)?;
    Ok(blocks)
}

/// Whom to ask: those who wrote it or are thanked in it, without the one who looks where there are others.
fn people(names: &Names<'_>, row: &Row, document: &Document) -> Result<Vec<Hit>, Error> {
    if names.claims_source(row) {
        return Ok(Vec::new());
    }
    let me = names.engine.keys.member;
    let mut known: BTreeSet<MemberId> = row.contributors.iter().copied().collect();
    known.extend(credited(document));
    if known.len() > 1 {
        known.remove(&me);
    }
    let mut found = BTreeMap::new();
    for member in known {
        if let Some((document, profile)) = rows::profile(names.reader, member)? {
            let hit = names.hit(document, &profile)?;
            found.insert(hit.handle.clone(), hit);
        }
    }
    Ok(found.into_values().collect())
}

fn is_open_question(row: &Row) -> bool {
    row.facet("mode") == Some("question") && row.state == "open"
}

/// Lists the members who are thanked in a document for what it was made from.
pub(crate) fn credited(document: &Document) -> Vec<MemberId> {
    let ids = document.word("credits").split(',').filter_map(|id| id.trim().parse::<EntryId>().ok());
    ids.map(MemberId::from).collect()
}

fn posts(names: &Names<'_>, id: DocumentId, thread: &Settled) -> Result<Vec<PostView>, Error> {
    let parent = names.handle(id)?;
    let mut posts = Vec::new();
    for (number, (post, row)) in names.posts(id)?.into_iter().enumerate() {
        let settled = names.engine.settled(names.reader, post)?;
        let Some(document) = &settled.document else { continue };
        posts.push(PostView {
            id: post.to_string(),
            handle: format!("{parent}#{}", number + 1),
            author: names.member(row.creator)?.0,
            created: instant(row.created),
            body: document.text("body").to_owned(),
            role: row.facet("role").unwrap_or("comment").to_owned(),
            stance: row.facet("stance").unwrap_or_default().to_owned(),
            accepted: thread.said.accepted.contains_key(&post),
        });
    }
    Ok(posts)
}

fn reread(names: &Names<'_>, settled: &Settled, document: &Document) -> Result<Vec<(String, Vec<String>)>, Error> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for note in document.notes() {
        let people = found.entry(note.path.to_string()).or_default();
        for edit in &note.edits {
            people.insert(author_of(names, settled, *edit)?);
        }
    }
    Ok(found.into_iter().map(|(field, people)| (field, people.into_iter().collect())).collect())
}

fn author_of(names: &Names<'_>, settled: &Settled, edit: EntryId) -> Result<String, Error> {
    let opened = settled.entries.iter().find(|opened| opened.id() == edit);
    match opened.and_then(|opened| opened.author) {
        Some(author) => Ok(names.member(author)?.0),
        None => Ok(edit.to_string()[..12].to_owned()),
    }
}

fn held(settled: &Settled) -> Vec<(String, String)> {
    let open = settled.entries.iter().filter(|opened| opened.verdict != Verdict::Counted);
    open.map(|opened| (opened.id().to_string(), verdict_name(opened.verdict).to_owned())).collect()
}

/// A field, its writings in order of author handle, and the value shown.
type FieldConflict = (String, Vec<Writing>, Json);

fn conflicts_of(names: &Names<'_>, settled: &Settled) -> Result<Vec<FieldConflict>, Error> {
    let Some(document) = &settled.document else { return Ok(Vec::new()) };
    let json = |value: &Option<Value>| value.as_ref().map_or(Json::Null, value_json);
    let mut found = Vec::new();
    for conflict in document.conflicts() {
        let mut values = Vec::new();
        for (value, edit) in &conflict.values {
            let by = author_of(names, settled, *edit)?;
            values.push(Writing { value: json(value), by, entry: edit.to_string() });
        }
        values.sort_by_cached_key(|writing| (writing.by.clone(), writing.value.to_string(), writing.entry.clone()));
        let shown = json(&conflict.values[conflict.shown].0);
        found.push((conflict.path.to_string(), values, shown));
    }
    if settled.standing.apart {
        let said = settled.entries.iter().filter(|opened| settled.standing.marks.contains(&opened.id()));
        let mut values = Vec::new();
        for opened in said {
            let Body::Mark(shape, _) = &opened.body else { continue };
            let by = author_of(names, settled, opened.id())?;
            values.push(Writing { value: Json::from(shape.verb.as_str()), by, entry: opened.id().to_string() });
        }
        values.sort_by_cached_key(|writing| (writing.by.clone(), writing.entry.clone()));
        found.push((STANDING.to_owned(), values, Json::from(settled.standing.state.to_string())));
    }
    Ok(found)
}

/// Returns the stable name of a verdict.
pub(crate) fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Counted => "counted",
        Verdict::Masked(_) => "masked",
        Verdict::Waiting(_) => "waiting",
        Verdict::Void(_) => "void",
    }
}

/// Values of set elements, by field and element: a removal names the element alone.
type Elements = BTreeMap<(String, Vec<u8>), Json>;

fn elements(settled: &Settled) -> Elements {
    let mut found = Elements::new();
    for opened in &settled.entries {
        let Some(edit) = opened.edit() else { continue };
        for value in edit.content.iter().flat_map(|content| &content.values) {
            let operation = edit.shape.operations.get(value.operation as usize);
            if let Some((operation, Some(Act::Add(add)))) = operation.map(|operation| (operation, &operation.act)) {
                found.insert((place(operation), add.element.clone()), wire_json(value));
            }
        }
    }
    found
}

/// Where an operation writes: `field`, `field.key`, `field.key.inner`.
fn place(operation: &Operation) -> String {
    let mut place = operation.field.clone();
    for part in [&operation.key, &operation.inner].into_iter().filter(|part| !part.is_empty()) {
        place = format!("{place}.{part}");
    }
    place
}

fn history_row(names: &Names<'_>, opened: &Opened, elements: &Elements) -> Result<HistoryRow, Error> {
    let by = opened.author.map_or(Ok(String::new()), |author| names.member(author).map(|(handle, _)| handle))?;
    Ok(HistoryRow {
        entry: opened.id().to_string(),
        by,
        device: opened.entry.header().device.to_string(),
        at: instant(opened.entry.header().time),
        ops: operations(names, opened, elements)?,
        verdict: verdict_name(opened.verdict).to_owned(),
    })
}

fn operations(names: &Names<'_>, opened: &Opened, elements: &Elements) -> Result<Vec<Json>, Error> {
    match &opened.body {
        Body::Edit(edit) => {
            let mut values = BTreeMap::new();
            for value in edit.content.iter().flat_map(|content| &content.values) {
                values.insert(value.operation as usize, wire_json(value));
            }
            let mut out = Vec::new();
            for (index, operation) in edit.shape.operations.iter().enumerate() {
                let mut value = values.remove(&index).unwrap_or(Json::Null);
                let field = place(operation);
                if let Some(Act::Remove(removed)) = &operation.act {
                    value = elements.get(&(field.clone(), removed.element.clone())).cloned().unwrap_or_default();
                }
                if REFERENCES.contains(&operation.field.as_str()) {
                    name_references(names, &mut value)?;
                }
                out.push(json!({ "field": field, "op": act_name(operation.act.as_ref()), "value": value }));
            }
            Ok(out)
        }
        Body::Mark(shape, content) => {
            let note = content.as_ref().map(|content| content.note.clone()).unwrap_or_default();
            Ok(vec![json!({ "field": "mark", "op": shape.verb, "value": note })])
        }
        Body::Unread => Ok(Vec::new()),
    }
}

fn act_name(act: Option<&Act>) -> &'static str {
    match act {
        Some(Act::Insert(_)) => "insert",
        Some(Act::Delete(_)) => "delete",
        Some(Act::Set(_)) => "set",
        Some(Act::Clear(_)) => "clear",
        Some(Act::Add(_)) => "add",
        Some(Act::Remove(_)) => "remove",
        Some(Act::Place(_)) => "place",
        Some(Act::Drop(_)) => "drop",
        None => "newer",
    }
}

fn wire_json(value: &crate::wire::entry::Value) -> Json {
    match &value.of {
        Some(value::Of::Text(text)) => Json::from(text.as_str()),
        Some(value::Of::Integer(number)) => Json::from(*number),
        Some(value::Of::Flag(flag)) => Json::from(*flag),
        Some(value::Of::Bytes(bytes) | value::Of::Id(bytes)) => Json::from(data_encoding::HEXLOWER.encode(bytes)),
        None => Json::Null,
    }
}

/// Finds a point of the history: a number from 1, or the start of an id.
fn point(all: &[EntryId], text: &str) -> Result<EntryId, Error> {
    if text.len() < 6
        && let Ok(number) = text.parse::<usize>()
    {
        let found = number.checked_sub(1).and_then(|index| all.get(index));
        return found.copied().ok_or_else(|| Error::bad_value("the point", text, format!("1 to {}", all.len())));
    }
    let found: Vec<_> = all.iter().filter(|id| !text.is_empty() && id.to_string().starts_with(text)).collect();
    match found.as_slice() {
        [one] => Ok(**one),
        _ => Err(Error::bad_value("the point", text, "a number or the start of an entry's id, as `history` shows")),
    }
}

pub(crate) fn differences(older: &Map<String, Json>, newer: &Map<String, Json>) -> Vec<FieldDiff> {
    let names: BTreeSet<&String> = older.keys().chain(newer.keys()).collect();
    let text = |value: Option<&Json>| match value {
        None => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(Json::Array(values)) => values.iter().map(plain).collect::<Vec<_>>().join("\n"),
        Some(other) => other.to_string(),
    };
    let mut found = Vec::new();
    for name in names {
        let (before, after) = (text(older.get(name)), text(newer.get(name)));
        if before == after {
            continue;
        }
        // Each line ends, so that one more line changes none.
        let ended = |text: &str| if text.is_empty() { String::new() } else { format!("{text}\n") };
        let (before, after) = (ended(&before), ended(&after));
        let diff = similar::TextDiff::from_lines(&before, &after);
        let lines = diff.iter_all_changes().filter_map(|change| {
            let sign = match change.tag() {
                similar::ChangeTag::Equal => return None,
                similar::ChangeTag::Delete => '-',
                similar::ChangeTag::Insert => '+',
            };
            Some(format!("{sign} {}", change.value().trim_end_matches('\n')))
        });
        found.push(FieldDiff { field: name.clone(), lines: lines.collect() });
    }
    found
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn definition(document: &Document) -> String {
    let fields = document.fields_json();
    match fields.get("definition") {
        Some(Json::Object(languages)) => {
            languages.values().find_map(Json::as_str).unwrap_or_default().lines().next().unwrap_or_default().to_owned()
        }
        _ => String::new(),
    }
}
