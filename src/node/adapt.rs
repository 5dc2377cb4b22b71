//! Adapting: a practice that begins as a copy of another, knows which version it was, and can take up what the source
//! changed since, or offer its own changes to it. It can be read alone, where nobody ever received the source.

use super::engine::{Changes, Engine};
use super::env::Env;
use super::error::Error;
use super::look::{differences, readable};
use super::names::Names;
use super::reply::{FieldDiff, Lineage, Link, Pulled, PulledField, SourceView};
use super::request::FieldChange;
use super::row::Row;
use super::settle::{Body, Opened, Settled};
use super::write::{Done, parse_changes, resolve, set, written};
use crate::model::document::schema::{self, Merge};
use crate::model::document::{Change, Document, Field, FieldPath, Value, merge};
use crate::model::{DocumentId, EntryId, MemberId, SpaceId, Verdict};
use crate::store::Reader;
use std::collections::BTreeSet;

/// Single values that an adaptation takes over besides the texts.
const VALUES: [&str; 8] = ["language", "license", "mode", "dose", "cost", "effort", "difficulty", "resource_type"];
/// Sets that it takes over.
const SETS: [&str; 2] = ["topics", "audience"];
/// Heads of a version that are written down, at most; a source with more has no version to come back to.
pub(crate) const HEADS_MAX: usize = 30;
/// People who are thanked, at most.
const CREDITS_MAX: usize = 120;
/// Generations that a lineage is followed over, and practices in it, at most.
const GENERATIONS_MAX: usize = 64;
const LINEAGE_MAX: usize = 1_000;

/// Texts of a practice, without what an adaptation says of itself.
fn texts() -> impl Iterator<Item = &'static str> {
    let fields = schema::kind("practice").into_iter().flat_map(|kind| kind.fields);
    let of_text = fields.filter(|field| field.merge == Merge::Txt && !field.name.starts_with("adaptation."));
    of_text.map(|field| field.name)
}

/// A source, as far as it is here.
struct Source {
    id: DocumentId,
    settled: Option<Settled>,
    /// The version that was taken over last.
    base: Document,
}

impl Engine {
    /// Adapts a practice.
    pub(crate) fn adapt(
        &mut self,
        env: &mut Env,
        id: &str,
        title: Option<&str>,
        changes: &[FieldChange],
        space: Option<&str>,
    ) -> Result<Done, Error> {
        let (source, settled, _) = self.find(id)?;
        let document = settled.document.as_ref().ok_or_else(|| Error::no_document(source))?;
        if document.kind() != "practice" {
            return Err(Error::bad_operation(document.kind(), "adapt", "practices are adapted"));
        }
        let (space, credits, site) = self.reading(|reader| {
            let names = Names::new(self, reader);
            let row = names.row(source)?;
            let space = space.map_or(Ok(row.space), |name| names.space_named(Some(name)))?;
            let site = names.member(self.keys.member)?.1;
            Ok((space, credits(document, &row), site))
        })?;
        let mut all = copied(document);
        let given = |name: &str| {
            let spec = schema::kind("practice").and_then(|kind| kind.find(name)).map(|(spec, _)| spec.name);
            changes.iter().any(|change| {
                let field = schema::kind("practice").and_then(|kind| kind.find(&change.field));
                field.map(|(spec, _)| spec.name) == spec
            })
        };
        all.retain(|change| !given(&field_of(change)));
        let own_title = document.word("title").to_owned();
        let place = changes.iter().find(|change| matches!(change.field.as_str(), "site" | "sites"));
        let place = place.map_or(site.clone(), |change| change.value.clone());
        let parts: Vec<&str> = [own_title.as_str(), &place].into_iter().filter(|part| !part.is_empty()).collect();
        let title = title.map(str::trim).filter(|title| !title.is_empty()).map_or(parts.join(", "), str::to_owned);
        self.writing(env, |pen| {
            let handle = pen.fresh_handle(&title, "practice")?;
            let mut wanted = vec![set("title", &title), set("handle", &handle), set("adapts", &source.to_string())];
            wanted.push(set("adapts.title", &own_title));
            wanted.extend(version(document).map(|version| set("adapts.version", &version)));
            wanted.push(set("credits", &credits));
            if !given("sites") && !site.is_empty() {
                wanted.push(FieldChange { op: super::request::FieldOp::Add, ..set("sites", &site) });
            }
            wanted.extend(changes.iter().cloned());
            let resolved = resolve(pen, space, "practice", &wanted)?;
            all.extend(parse_changes("practice", &resolved)?);
            let (id, entry) = pen.create(space, "practice", &all)?;
            Ok(written(id, &handle, "practice", entry))
        })
    }

    /// Finds what a practice adapts, and the version that it took over last.
    fn source(&self, reader: &Reader, settled: &Settled) -> Result<Source, Error> {
        let document = settled.document.as_ref().ok_or_else(|| Error::no_document(settled.id))?;
        let id = document.value("adapts").and_then(Value::as_text).and_then(|id| id.parse().ok());
        let id: DocumentId = id.ok_or_else(|| Error::bad_operation(document.kind(), "this", "it adapts no other"))?;
        let here = super::engine::rows::row(reader, id)?.is_some();
        let source = if here { Some(self.settled(reader, id)?) } else { None };
        let versions = ["adapts.pulled", "adapts.version"].map(|field| heads(document.word(field)));
        let known = versions.iter().find_map(|heads| source.as_ref()?.at(heads));
        // A copy of the source as it was stands at the beginning of the adaptation itself.
        let base = match known {
            Some(base) => base,
            None => settled.at(&[settled.created_by()]).ok_or_else(|| Error::no_document(settled.id))?,
        };
        Ok(Source { id, settled: source, base })
    }

    /// Says what an adaptation changed.
    pub(crate) fn diff_with_source(&self, reader: &Reader, id: DocumentId) -> Result<Vec<FieldDiff>, Error> {
        let settled = self.settled(reader, id)?;
        let source = self.source(reader, &settled)?;
        let document = settled.document.as_ref().ok_or_else(|| Error::no_document(id))?;
        let names = Names::new(self, reader);
        let fields = |document: &Document| -> Result<serde_json::Map<String, serde_json::Value>, Error> {
            let mut fields = readable(&names, document)?;
            fields.retain(|name, _| {
                let name = name.as_str();
                texts().any(|text| text == name) || VALUES.contains(&name) || SETS.contains(&name)
            });
            Ok(fields)
        };
        Ok(differences(&fields(&source.base)?, &fields(document)?))
    }

    /// Says what a practice adapts and whether that has changed since; none where it adapts nothing.
    pub(crate) fn source_view(&self, reader: &Reader, settled: &Settled) -> Result<Option<SourceView>, Error> {
        let Some(document) = settled.document.as_ref().filter(|document| document.value("adapts").is_some()) else {
            return Ok(None);
        };
        let source = self.source(reader, settled)?;
        let names = Names::new(self, reader);
        let now = source.settled.as_ref().and_then(|settled| settled.document.as_ref());
        let changed = now.is_some_and(|now| texts().any(|field| now.text(field) != source.base.text(field)));
        let title = now.map_or(document.word("adapts.title"), |now| now.word("title")).to_owned();
        Ok(Some(SourceView {
            id: source.id.to_string(),
            handle: if now.is_some() { names.handle(source.id)? } else { String::new() },
            title,
            here: now.is_some(),
            upstream_changed: changed,
        }))
    }

    /// Takes what the source changed since into an adaptation.
    pub(crate) fn pull(&mut self, env: &mut Env, id: &str) -> Result<(Pulled, Changes), Error> {
        let (adaptation, settled, handle) = self.find(id)?;
        self.may_edit(&settled)?;
        let source = self.reading(|reader| self.source(reader, &settled))?;
        let mine = settled.document.as_ref().ok_or_else(|| Error::no_document(adaptation))?;
        let theirs = source.settled.as_ref().and_then(|source| source.document.as_ref());
        let theirs =
            theirs.ok_or_else(|| Error::no_document(format!("{} ({})", mine.word("adapts.title"), source.id)))?;
        let mut changes = Vec::new();
        let mut fields = Vec::new();
        for field in texts() {
            let merged = merge(source.base.text(field), mine.text(field), theirs.text(field));
            if merged.text != mine.text(field) {
                changes.push(Change::Write { path: FieldPath::of(field), text: merged.text });
                fields.push(PulledField {
                    field: field.to_owned(),
                    taken: merged.taken,
                    dropped: merged.dropped,
                    both: merged.both,
                });
            }
        }
        for field in VALUES {
            let [was, own, new] = [&source.base, mine, theirs].map(|document| document.value(field));
            if let Some(value) = new.filter(|_| was != new && was == own) {
                changes.push(Change::Set { path: FieldPath::of(field), value: value.clone() });
                fields.push(PulledField { field: field.to_owned(), taken: 1, dropped: 0, both: false });
            }
        }
        let mut pulled =
            Pulled { id: adaptation.to_string(), handle, source: source.id.to_string(), fields, entry: String::new() };
        if changes.is_empty() {
            return Ok((pulled, Changes::default()));
        }
        if let Some(version) = version(theirs) {
            changes.push(Change::Set { path: FieldPath::of("adapts.pulled"), value: Value::Text(version) });
        }
        let (entry, done) =
            self.writing(env, |pen| pen.change(&settled, &changes)?.ok_or_else(Error::nothing_to_do))?;
        pulled.entry = entry.to_string();
        Ok((pulled, done))
    }

    /// Opens a thread on the source of an adaptation with what that changed.
    pub(crate) fn offer(&mut self, env: &mut Env, id: &str) -> Result<Done, Error> {
        let (adaptation, settled, _) = self.find(id)?;
        let (source, space, body, title) = self.reading(|reader| {
            let source = self.source(reader, &settled)?;
            let document = settled.document.as_ref().ok_or_else(|| Error::no_document(adaptation))?;
            let space = Names::new(self, reader).row(source.id)?.space;
            let differences = self.diff_with_source(reader, adaptation)?;
            if differences.is_empty() {
                return Err(Error::nothing_to_do());
            }
            let reasons = document.text("adaptation.reasons").trim().to_owned();
            let of = |diff: &FieldDiff| format!("**{}**\n\n{}", diff.field, diff.lines.join("\n"));
            let parts = (!reasons.is_empty()).then_some(reasons).into_iter().chain(differences.iter().map(of));
            let body = parts.collect::<Vec<_>>().join("\n\n");
            Ok((source.id, space, body, document.word("title").to_owned()))
        })?;
        let mode = set("mode", "idea");
        let changes = [mode, set("about", &source.to_string()), set("body", &body), link("see-also", adaptation)];
        let space = self.space_name(space)?;
        self.add(env, "thread", &title, &changes, Some(&space))
    }

    fn space_name(&self, space: SpaceId) -> Result<String, Error> {
        self.reading(|reader| Ok(Names::new(self, reader).space(space)))
    }

    /// Lists what a document is linked with, and draws the lineage of a practice: from the first of its ancestors that is
    /// here, down to all that was made from it.
    pub(crate) fn links(&self, reader: &Reader, id: DocumentId) -> Result<Lineage, Error> {
        let names = Names::new(self, reader);
        let mut lineage = Lineage::default();
        let mut first = id;
        let mut seen = BTreeSet::from([id]);
        for _ in 0..GENERATIONS_MAX {
            let row = names.row(first)?;
            let Some(above) = parent(&row) else { break };
            let known = super::engine::rows::row(reader, above)?.is_some_and(|row| row.kind == "practice");
            if !known || !seen.insert(above) {
                break;
            }
            first = above;
        }
        let top = self.settled(reader, first)?;
        lineage.absent = self.source_view(reader, &top)?.filter(|source| !source.here);
        if names.row(id)?.kind == "practice" {
            let mut drawn = BTreeSet::new();
            draw(&names, first, 0, id, &mut drawn, &mut lineage)?;
        }
        let settled = self.settled(reader, id)?;
        for value in settled.document.iter().flat_map(|document| document.set("links")) {
            let Some((relation, target)) = value.as_text().and_then(|text| text.split_once(':')) else { continue };
            lineage.links.push(link_row(&names, relation, target, false)?);
        }
        for child in super::engine::rows::children(reader, id)? {
            let row = names.row(child)?;
            let distilled = row.kind == "practice" && names.row(id)?.kind != "practice";
            let relation = match row.kind.as_str() {
                _ if row.withdrawn => continue,
                "practice" if distilled => "distilled-from",
                "report" | "thread" => "about",
                _ => continue,
            };
            lineage.links.push(link_row(&names, relation, &child.to_string(), true)?);
        }
        Ok(lineage)
    }
}

fn link_row(names: &Names<'_>, relation: &str, target: &str, reverse: bool) -> Result<Link, Error> {
    let id = target.parse::<DocumentId>().ok();
    let row = id.map(|id| super::engine::rows::row(names.reader, id)).transpose()?.flatten();
    Ok(Link {
        relation: relation.to_owned(),
        reverse,
        target: target.to_owned(),
        handle: id.filter(|_| row.is_some()).map(|id| names.handle(id)).transpose()?.unwrap_or_default(),
        title: row.map(|row| row.title).unwrap_or_default(),
    })
}

/// Returns what a practice adapts.
fn parent(row: &Row) -> Option<DocumentId> {
    row.about.filter(|_| row.kind == "practice")
}

fn draw(
    names: &Names<'_>,
    id: DocumentId,
    depth: usize,
    here: DocumentId,
    drawn: &mut BTreeSet<DocumentId>,
    out: &mut Lineage,
) -> Result<(), Error> {
    if depth > GENERATIONS_MAX || out.tree.len() >= LINEAGE_MAX || !drawn.insert(id) {
        return Ok(());
    }
    let row = names.row(id)?;
    let mut hit = names.hit(id, &row)?;
    hit.place = names.site_of(&row)?.map(|site| names.label(site)).transpose()?;
    hit.outcomes = names.outcomes(id)?;
    out.tree.push((depth, id == here, hit));
    for child in super::engine::rows::children(names.reader, id)? {
        let row = names.row(child)?;
        if parent(&row) == Some(id) && !row.withdrawn {
            draw(names, child, depth + 1, here, drawn, out)?;
        }
    }
    Ok(())
}

/// Names whom a copy of a document thanks: all who are thanked in it already, then those who wrote it, the author first.
/// People stand there by their ids, authors elsewhere by their names.
pub(crate) fn credits(document: &Document, row: &Row) -> String {
    let origin = document.word("origin.author").replace(',', " ");
    let wrote = std::iter::once(row.creator).chain(row.contributors.iter().copied().filter(|who| *who != row.creator));
    let earlier = document.word("credits").split(',').map(|part| part.trim().to_owned());
    thanked(earlier.chain([origin.trim().to_owned()]).chain(wrote.map(|who| who.to_string())))
}

/// Joins names and ids, each once.
pub(crate) fn thanked(people: impl IntoIterator<Item = String>) -> String {
    let mut once = Vec::new();
    for one in people {
        if !one.is_empty() && !once.contains(&one) && once.len() < CREDITS_MAX {
            once.push(one);
        }
    }
    once.join(",")
}

/// Returns the names of those whom a document thanks, members by their handles.
pub(crate) fn thanks(names: &Names<'_>, credits: &str) -> Result<Vec<String>, Error> {
    let mut out = Vec::new();
    for part in credits.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let member = part.parse::<EntryId>().ok().map(MemberId::from);
        out.push(match member {
            Some(member) => names.member(member)?.0,
            None => part.to_owned(),
        });
    }
    Ok(out)
}

/// A link as a change.
pub(crate) fn link(relation: &str, target: DocumentId) -> FieldChange {
    FieldChange { op: super::request::FieldOp::Add, ..set("links", &format!("{relation}:{target}")) }
}

/// What an adaptation takes over, as changes of a new document.
fn copied(document: &Document) -> Vec<Change> {
    let path = FieldPath::of;
    let mut changes: Vec<Change> = texts()
        .map(|field| (field, document.text(field)))
        .filter(|(_, text)| !text.is_empty())
        .map(|(field, text)| Change::Write { path: path(field), text: text.to_owned() })
        .collect();
    for field in VALUES {
        changes.extend(document.value(field).map(|value| Change::Set { path: path(field), value: value.clone() }));
    }
    for field in SETS {
        if let Some(Field::Set(elements)) = document.field(field) {
            let values = elements.iter().filter_map(|element| element.value.clone());
            changes.extend(values.map(|value| Change::Add { path: path(field), value }));
        }
    }
    changes
}

fn field_of(change: &Change) -> String {
    super::write::field_of(change)
}

fn version(document: &Document) -> Option<String> {
    let heads: Vec<String> = document.heads().iter().map(ToString::to_string).collect();
    (heads.len() <= HEADS_MAX).then(|| heads.join(","))
}

fn heads(version: &str) -> Vec<EntryId> {
    version.split(',').filter_map(|id| id.parse().ok()).collect()
}

/// Lists the texts with lines that the last pull brought, unless somebody changed that text or verified the whole since.
pub(crate) fn to_reread(settled: &Settled) -> Vec<String> {
    let counted = || settled.entries.iter().filter(|opened| opened.verdict == Verdict::Counted);
    let fields = |opened: &Opened| -> BTreeSet<String> {
        let operations = opened.edit().into_iter().flat_map(|edit| &edit.shape.operations);
        operations.map(|operation| operation.field.clone()).collect()
    };
    let pulls = |opened: &&Opened| fields(opened).contains("adapts.pulled");
    let Some(pull) = counted().rfind(pulls) else { return Vec::new() };
    let mut left = fields(pull);
    let mut after = BTreeSet::from([pull.id()]);
    for opened in counted() {
        if opened.entry.header().deps.iter().any(|dep| after.contains(dep)) {
            after.insert(opened.id());
            match &opened.body {
                Body::Mark(shape, _) if shape.verb == "verify" && !shape.taken_back => return Vec::new(),
                _ => left.retain(|field| !fields(opened).contains(field)),
            }
        }
    }
    texts().filter(|field| left.contains(*field)).map(str::to_owned).collect()
}

impl Settled {
    /// Returns the edit by which the whole document was there first: its creating edit, or the last part of that.
    fn created_by(&self) -> EntryId {
        let mut last: EntryId = self.id.into();
        let part = |opened: &Opened| opened.edit().map_or(0, |edit| edit.shape.part);
        let creating = self.entries.iter().find(|opened| opened.id() == last).map_or(0, part);
        if creating == 0 {
            return last;
        }
        for opened in self.entries.iter().filter(|opened| opened.verdict == Verdict::Counted && part(opened) > 0) {
            if opened.entry.header().deps == [last] {
                last = opened.id();
                if opened.edit().is_some_and(|edit| edit.shape.closes > 0) {
                    break;
                }
            }
        }
        last
    }
}
