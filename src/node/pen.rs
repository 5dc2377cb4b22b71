//! The pen: what is written here becomes entries of this device's chains, by the door that all entries take.

use std::collections::BTreeMap;

use super::engine::{Changes, Engine, rows};
use super::env::Env;
use super::error::Error;
use super::settle::Settled;
use crate::model::document::{self, Change, ComposeError, Document, FieldPath, Value, schema};
use crate::model::entry::RUN_MAX;
use crate::model::governance::{Right, SpaceKind, Status};
use crate::model::header::{DEPS_MAX, GOV_MAX, Header};
use crate::model::{Chain, DocumentId, Entry, EntryId, EpochId, Kind, MemberId, Payload, Plain, SpaceId, Verdict};
use crate::wire::Message;
use crate::wire::entry::{EditContent, EditShape, GovernanceContent, GovernanceShape, MarkContent, MarkShape};

/// BCP 47 for a label whose language nobody said.
pub(crate) const ANY_LANGUAGE: &str = "und";

/// Writes entries of one transaction.
pub(crate) struct Pen<'a> {
    pub(crate) engine: &'a mut Engine,
    pub(crate) env: &'a mut Env,
    /// Last entry of each of this device's chains.
    tips: BTreeMap<SpaceId, Tip>,
    /// The entries of each chain that are not put yet: a run, of which only the end carries a signature.
    kept: BTreeMap<SpaceId, Vec<(Entry, Payload)>>,
}

struct Tip {
    seq: u64,
    id: EntryId,
}

/// What one entry is to say.
struct Words {
    space: SpaceId,
    kind: Kind,
    document: Option<DocumentId>,
    deps: Vec<EntryId>,
    plain: Plain,
}

impl<'a> Pen<'a> {
    /// Opens a transaction for writing.
    pub(crate) fn start(engine: &'a mut Engine, env: &'a mut Env) -> Result<Pen<'a>, Error> {
        engine.begin()?;
        if engine.is_copied()? {
            engine.renew(env)?;
        }
        Ok(Pen { engine, env, tips: BTreeMap::new(), kept: BTreeMap::new() })
    }

    /// Returns who writes.
    pub(crate) fn me(&self) -> MemberId {
        self.engine.keys.member
    }

    /// Refuses who has no right to this.
    pub(crate) fn require(&self, right: Right, act: &str) -> Result<(), Error> {
        let state = self.engine.state();
        let member = state.members.get(&self.me()).ok_or_else(Error::not_yet_member)?;
        if state.may(self.me(), right) {
            return Ok(());
        }
        match member.status {
            Status::Pending => return Err(Error::not_yet_member()),
            Status::Left => return Err(Error::gone("you have left")),
            Status::Revoked => return Err(Error::gone("you were removed")),
            Status::Active | Status::Suspended => {}
        }
        Err(Error::not_allowed(act, member.role.name()))
    }

    /// Creates a document.
    pub(crate) fn create(
        &mut self,
        space: SpaceId,
        kind: &str,
        changes: &[Change],
    ) -> Result<(DocumentId, EntryId), Error> {
        self.require(Right::Write(space), "write here")?;
        let parts = document::compose(None, kind, changes, self.env).map_err(compose_error)?;
        let mut id: Option<DocumentId> = None;
        let mut deps = Vec::new();
        for (shape, content) in parts {
            let entry = self.edit(space, id, deps, &shape, &content)?;
            id = id.or(Some(entry.into()));
            deps = vec![entry];
        }
        let id = id.ok_or_else(Error::nothing_to_do)?;
        Ok((id, deps.first().copied().unwrap_or(id.into())))
    }

    /// Changes a document as it stands; none when nothing would change.
    pub(crate) fn change(&mut self, settled: &Settled, changes: &[Change]) -> Result<Option<EntryId>, Error> {
        let document = settled.document.as_ref().ok_or_else(|| Error::no_document(settled.id))?;
        self.change_at(settled, document, changes)
    }

    /// Changes a document as it stood at a version; none when nothing would change.
    pub(crate) fn change_at(
        &mut self,
        settled: &Settled,
        document: &Document,
        changes: &[Change],
    ) -> Result<Option<EntryId>, Error> {
        let first = settled.entries.first().ok_or_else(|| Error::no_document(settled.id))?;
        let space = first.entry.header().space;
        self.require(Right::Write(space), "write here")?;
        if document.heads().len() > DEPS_MAX {
            let joined = self.join_heads(space, settled.id, document.heads())?;
            let settled = self.engine.reading(|reader| self.engine.settled(reader, settled.id))?;
            let document = settled.at(&joined).ok_or_else(|| Error::no_document(settled.id))?;
            return self.change_at(&settled, &document, changes);
        }
        let parts = match document::compose(Some(document), document.kind(), changes, self.env) {
            Ok(parts) => parts,
            Err(ComposeError::Nothing) => return Ok(None),
            Err(error) => return Err(compose_error(error)),
        };
        let mut deps = document.heads().to_vec();
        let mut last = None;
        for (shape, content) in parts {
            let entry = self.edit(space, Some(settled.id), deps, &shape, &content)?;
            deps = vec![entry];
            last = Some(entry);
        }
        Ok(last)
    }

    /// Joins the heads of a document that are more than a header names, by edits that change nothing.
    fn join_heads(&mut self, space: SpaceId, document: DocumentId, heads: &[EntryId]) -> Result<Vec<EntryId>, Error> {
        let mut heads = heads.to_vec();
        while heads.len() > DEPS_MAX {
            let some = heads.drain(..DEPS_MAX).collect();
            heads.push(self.edit(space, Some(document), some, &EditShape::default(), &EditContent::default())?);
        }
        self.flush()?;
        Ok(heads)
    }

    fn edit(
        &mut self,
        space: SpaceId,
        document: Option<DocumentId>,
        deps: Vec<EntryId>,
        shape: &EditShape,
        content: &EditContent,
    ) -> Result<EntryId, Error> {
        let plain = Plain { shape: shape.encode_to_vec(), content: content.encode_to_vec() };
        self.write(Words { space, kind: Kind::Edit, document, deps, plain })
    }

    /// Makes a mark on a document.
    pub(crate) fn mark(
        &mut self,
        settled: &Settled,
        shape: &MarkShape,
        content: &MarkContent,
    ) -> Result<EntryId, Error> {
        let first = settled.entries.first().ok_or_else(|| Error::no_document(settled.id))?;
        let space = first.entry.header().space;
        self.require(Right::Write(space), "mark this")?;
        let deps = settled.seen_by_mark(&shape.verb, self.me());
        let plain = Plain { shape: shape.encode_to_vec(), content: content.encode_to_vec() };
        self.write(Words { space, kind: Kind::Mark, document: Some(settled.id), deps, plain })
    }

    /// Erases the content of entries.
    pub(crate) fn erase(&mut self, space: SpaceId, entries: Vec<EntryId>) -> Result<EntryId, Error> {
        self.require(Right::Write(space), "erase here")?;
        let plain = Plain { shape: Vec::new(), content: Vec::new() };
        self.write(Words { space, kind: Kind::Erase, document: None, deps: entries, plain })
    }

    /// Writes an act of governance.
    pub(crate) fn govern(&mut self, shape: &GovernanceShape, content: &GovernanceContent) -> Result<EntryId, Error> {
        let mut deps = self.engine.governance.heads();
        while deps.len() > DEPS_MAX {
            let some = deps.drain(..DEPS_MAX).collect();
            deps.push(self.govern_after(some, &crate::model::governance::join(), &GovernanceContent::default())?);
        }
        self.govern_after(deps, shape, content)
    }

    fn govern_after(
        &mut self,
        deps: Vec<EntryId>,
        shape: &GovernanceShape,
        content: &GovernanceContent,
    ) -> Result<EntryId, Error> {
        let plain = Plain { shape: shape.encode_to_vec(), content: content.encode_to_vec() };
        self.write(Words { space: SpaceId::GOVERNANCE, kind: Kind::Governance, document: None, deps, plain })
    }

    /// Writes an act of governance that has an effect as far as is known here; refuses one that has none.
    pub(crate) fn act(&mut self, shape: &GovernanceShape, what: &str) -> Result<EntryId, Error> {
        self.engine.recovery_waits(self.env, shape)?;
        let id = self.govern(shape, &GovernanceContent::default())?;
        match self.engine.governance.verdict(id) {
            Some(Verdict::Counted) => Ok(id),
            _ => Err(Error::void_act(what)),
        }
    }

    fn write(&mut self, words: Words) -> Result<EntryId, Error> {
        let governance = words.kind == Kind::Governance;
        // A key that is made anew is an act, which the heads below then name.
        let (epoch, key) = match governance {
            true => (EpochId::CLEAR, None),
            false => self.key(words.space).map(|(epoch, key)| (epoch, Some(key)))?,
        };
        let gov = if governance { Vec::new() } else { self.gov_heads()? };
        let (seq, prev) = self.next(words.space)?;
        let mut deps = words.deps;
        deps.sort_unstable();
        deps.dedup();
        let mut header = Header {
            community: Some(self.engine.community()),
            space: words.space,
            device: self.engine.keys.device(),
            incarnation: self.engine.keys.incarnation,
            seq,
            prev,
            gov,
            time: self.env.now(),
            kind: words.kind,
            document: words.document,
            deps,
            epoch,
            dictionary: 0,
            shape_bytes: 0,
            content_bytes: 0,
            root: [0; 32],
        };
        let payload = words
            .plain
            .store(&mut header, key.as_ref(), self.env)
            .map_err(|_| Error::too_large("what is written", "64 KiB an entry"))?;
        let entry = Entry::write(header, &self.engine.keys.signing);
        let id = entry.id();
        self.append(entry, payload)?;
        Ok(id)
    }

    /// Keeps an entry back until its run is full, or nothing follows. Governance is put at once: what comes next rests on
    /// it.
    fn append(&mut self, entry: Entry, payload: Payload) -> Result<(), Error> {
        let space = entry.header().space;
        self.engine.own.push(entry.id());
        let tip = self.tips.get_mut(&space).expect("the chain was looked up");
        *tip = Tip { seq: entry.header().seq, id: entry.id() };
        let kept = self.kept.entry(space).or_default();
        kept.push((entry, payload));
        if space == SpaceId::GOVERNANCE || kept.len() >= RUN_MAX { self.put(space) } else { Ok(()) }
    }

    /// Puts what was kept back of a chain: the signature of the last entry vouches for those before.
    fn put(&mut self, space: SpaceId) -> Result<(), Error> {
        let (entries, payloads): (Vec<Entry>, Vec<Payload>) =
            self.kept.remove(&space).unwrap_or_default().into_iter().unzip();
        let Some(last) = entries.last() else { return Ok(()) };
        let signature = self.engine.keys.signing.entry(last.id());
        let payloads: Vec<Option<&Payload>> = payloads.iter().map(Some).collect();
        self.engine.take_run(&entries, &payloads, signature).map(drop)
    }

    /// Puts what was kept back, so that it can be read in this transaction.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        let spaces: Vec<SpaceId> = self.kept.keys().copied().collect();
        spaces.into_iter().try_for_each(|space| self.put(space))
    }

    /// Puts what was kept back, if some of it changes this document.
    pub(crate) fn flush_about(&mut self, document: DocumentId) -> Result<(), Error> {
        let about = self.kept.values().flatten().any(|(entry, _)| entry.document() == document);
        if about { self.flush() } else { Ok(()) }
    }

    /// Makes all of it durable.
    pub(crate) fn finish(mut self) -> Result<Changes, Error> {
        match self.flush().and_then(|()| self.engine.finish()) {
            Ok(changes) => Ok(changes),
            Err(error) => {
                self.engine.abandon();
                Err(error)
            }
        }
    }

    /// Returns the next place in this device's chain of a space.
    fn next(&mut self, space: SpaceId) -> Result<(u64, EntryId), Error> {
        if !self.tips.contains_key(&space) {
            let keys = &self.engine.keys;
            let chain = Chain { space, device: keys.device(), incarnation: keys.incarnation };
            let tips = self.engine.reading(|reader| Ok(reader.tips_of(chain)?))?;
            let tip = match tips.as_slice() {
                [tip] => Tip { seq: tip.seq, id: tip.id },
                _ => Tip { seq: 0, id: EntryId::ZERO },
            };
            self.tips.insert(space, tip);
        }
        let tip = &self.tips[&space];
        Ok((tip.seq + 1, tip.id))
    }

    /// Returns the heads of governance for a header; joins them first when they are too many.
    fn gov_heads(&mut self) -> Result<Vec<EntryId>, Error> {
        let heads = self.engine.governance.heads();
        if heads.len() <= GOV_MAX {
            return Ok(heads);
        }
        let join = crate::model::governance::join();
        Ok(vec![self.govern(&join, &GovernanceContent::default())?])
    }

    /// Returns the space of everything.
    pub(crate) fn commons(&self) -> Result<SpaceId, Error> {
        self.engine.state().commons().ok_or_else(|| Error::no_space("commons"))
    }

    /// Makes a handle that no document here has, nor one of this transaction.
    pub(crate) fn fresh_handle(&mut self, title: &str, kind: &str) -> Result<String, Error> {
        let engine = &self.engine;
        let handle = engine.reading(|reader| {
            super::names::Names::new(engine, reader).fresh_handle(title, kind, &engine.fresh_handles)
        })?;
        self.engine.fresh_handles.insert(handle.clone());
        Ok(handle)
    }

    /// Settles a field with two values: the new writing replaces them even where the shown one is the same.
    pub(crate) fn settle(&mut self, settled: &Settled, changes: &[Change]) -> Result<Option<EntryId>, Error> {
        self.change(settled, changes)
    }

    /// Finds or makes the term of a scheme with a label.
    pub(crate) fn term(&mut self, space: SpaceId, scheme: &str, label: &str) -> Result<DocumentId, Error> {
        let folded = super::row::fold_label(label);
        if folded.is_empty() {
            return Err(Error::bad_value(scheme, label, "a label needs at least one letter"));
        }
        // Who reads what is written reads its words too: none of a space that is closed to some of them.
        let commons = self.engine.state().commons();
        let circle = self.engine.state().spaces.get(&space).is_some_and(|space| space.kind == SpaceKind::Circle);
        for from in [Some(space), commons.filter(|_| circle)].into_iter().flatten() {
            if let Some(found) = self.engine.reading(|reader| rows::term(reader, from, scheme, &folded))? {
                return Ok(found);
            }
            if let Some(fresh) = self.engine.fresh_terms.get(&(from, scheme.to_owned(), folded.clone())) {
                return Ok(*fresh);
            }
        }
        let handle = self.fresh_handle(label, scheme)?;
        let text = |path, value: &str| Change::Set { path, value: Value::Text(value.to_owned()) };
        let changes = [
            text(FieldPath::of("scheme"), scheme),
            text(FieldPath::of("title"), label.trim()),
            text(FieldPath::keyed("pref_label", ANY_LANGUAGE), label.trim()),
            text(FieldPath::of("handle"), &handle),
        ];
        let (id, _) = self.create(space, "term", &changes)?;
        self.engine.fresh_terms.insert((space, scheme.to_owned(), folded), id);
        Ok(id)
    }
}

/// Names fields that look like what was typed; all of them when none does.
fn near(kind: &str, field: &str) -> String {
    let Some(spec) = schema::kind(kind) else { return String::new() };
    let wanted = field.to_lowercase().replace('-', "_");
    let names: Vec<&str> = spec.all_fields().map(|spec| spec.name).collect();
    let alike = |name: &&str| {
        let shared = name.chars().zip(wanted.chars()).take_while(|(a, b)| a == b).count();
        shared >= 3 || (wanted.len() >= 3 && name.contains(&wanted))
    };
    let found: Vec<&str> = names.iter().copied().filter(alike).collect();
    if found.is_empty() { names.join(", ") } else { found.join(", ") }
}

/// Says what can't be composed in the words of the one who asks.
pub(crate) fn compose_error(error: ComposeError) -> Error {
    match error {
        ComposeError::NoKind { kind } => {
            Error::bad_kind(kind, schema::KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", "))
        }
        ComposeError::NoField { kind, field } => {
            let near = near(&kind, &field);
            Error::no_field(kind, field, near)
        }
        ComposeError::Misfit { field, reason } => Error::bad_operation(&field, "this", reason),
        ComposeError::NotAllowed { field, value, allowed } => {
            Error::bad_value(field, value, format!("one of {}", allowed.join(", ")))
        }
        ComposeError::Malformed { field, value, expected } => Error::bad_value(field, value, expected),
        ComposeError::TooLarge { field, size: _, limit, unit } => match limit / 1024 {
            kib if kib > 0 && limit % 1024 == 0 && matches!(unit, "bytes" | "characters") => {
                Error::too_large(field, format!("{kib} KiB"))
            }
            _ => Error::too_large(field, format!("{limit} {unit}")),
        },
        ComposeError::Required { kind: _, field } => Error::missing(field),
        ComposeError::Once { field } => Error::bad_operation(field, "a change", "it is set at creation and stays"),
        ComposeError::NoItem { field, item } => Error::bad_value(field, item, "there is no such item"),
        ComposeError::Nothing => Error::nothing_to_do(),
    }
}
