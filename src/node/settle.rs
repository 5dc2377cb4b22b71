//! Settling a document: from the entries about it to verdicts and a fold.
//!
//! Everything is computed again from the log: verdicts are a function of the entries and of governance, never of the
//! order in which they came. Nothing is written here.

use std::collections::{BTreeMap, BTreeSet};

use super::faults::EngineFaults;
use super::keys::Keys;
use crate::model::document::{self, Document, Edit, Field, History, Ties, Value};
use crate::model::governance::{Branches, Governance, Place, Quarantine, Right, Role, State, Status};
use crate::model::header::DEPS_MAX;
use crate::model::payload::PartError;
use crate::model::standing::verb::{Who, verb};
use crate::model::standing::{self, Edited, Mark, Said, Say, Standing};
use crate::model::verdict::{Breach, Mask, Need};
use crate::model::{DocumentId, ElementId, Entry, EntryId, Kind, MemberId, Payload, Timestamp, Verdict};
use crate::wire::Message;
use crate::wire::entry::operation::Act;
use crate::wire::entry::{EditContent, EditShape, MarkContent, MarkShape};

/// An entry about a document, opened as far as it can be.
pub(crate) struct Opened {
    pub(crate) entry: Entry,
    /// Who wrote it, as the governance entries it names say.
    pub(crate) author: Option<MemberId>,
    pub(crate) verdict: Verdict,
    pub(crate) body: Body,
}

/// What an entry says, if that could be read.
pub(crate) enum Body {
    Edit(Edit),
    Mark(MarkShape, Option<MarkContent>),
    Unread,
}

impl Opened {
    pub(crate) fn id(&self) -> EntryId {
        self.entry.id()
    }

    fn header(&self) -> &crate::model::Header {
        self.entry.header()
    }

    pub(crate) fn edit(&self) -> Option<&Edit> {
        match &self.body {
            Body::Edit(edit) => Some(edit),
            _ => None,
        }
    }
}

/// A document with everything that its entries say.
pub(crate) struct Settled {
    pub(crate) id: DocumentId,
    /// None as long as the creating edit doesn't count, nor is masked.
    pub(crate) document: Option<Document>,
    /// Every entry about it, causes first.
    pub(crate) entries: Vec<Opened>,
    /// Its state, from the marks.
    pub(crate) standing: Standing,
    /// What else the marks say.
    pub(crate) said: Said,
}

impl Settled {
    /// Returns the document as it stood when these edits were its last ones; none if one of them is not here.
    pub(crate) fn at(&self, heads: &[EntryId]) -> Option<Document> {
        let settled = self.entries.iter().filter(|opened| !matches!(opened.verdict, Verdict::Waiting(_)));
        let edits: Vec<Edit> = settled
            .map(|opened| match opened.edit() {
                Some(edit) if is_structure(opened.verdict) => edit.clone(),
                _ => Edit::link(opened.id(), opened.header().deps.clone()),
            })
            .collect();
        let masked = self.entries.iter().filter(|opened| matches!(opened.verdict, Verdict::Masked(_)));
        let masked: BTreeSet<EntryId> = masked.map(Opened::id).collect();
        let past = document::past_of(&edits, heads);
        let whole = !heads.is_empty() && heads.iter().all(|head| past.iter().any(|edit| edit.id == *head));
        whole.then(|| document::fold(past, &masked))
    }
}

/// What settling looks things up in.
pub(crate) struct Rules<'a> {
    pub(crate) governance: &'a Governance,
    pub(crate) keys: &'a Keys,
    /// Tells whether an entry is here, whatever it is about.
    pub(crate) here: &'a dyn Fn(EntryId) -> bool,
    /// Tells whether a tip has an entry in its chain; true where the tip is not here.
    pub(crate) on: &'a dyn Fn(EntryId, &Place) -> bool,
    /// Tells whether an entry has another, at that place, in its chain.
    pub(crate) after: &'a dyn Fn(&Place, u64, EntryId) -> bool,
    pub(crate) faults: EngineFaults,
}

/// Opens one stored entry and judges what rests on itself and on governance alone.
pub(crate) fn open(entry: Entry, payload: Option<&Payload>, rules: &Rules<'_>) -> Opened {
    let (author, mut right) = judge_author(&entry, rules);
    if rules.faults.pending_counts && right == Verdict::Masked(Mask::Pending) {
        right = Verdict::Counted;
    }
    let mut opened = Opened { entry, author, verdict: Verdict::Counted, body: Body::Unread };
    let header = opened.entry.header();
    let Some(payload) = payload else {
        opened.verdict = Verdict::Waiting(Need::Payload);
        return opened;
    };
    if header.epoch.is_zero() {
        // Every space of documents is sealed: words in clear would lie open on every carrier.
        opened.verdict = Verdict::Void(Breach::Shape);
        return opened;
    }
    let key = rules.keys.space(header.space, header.epoch);
    let shape = match payload.open_shape(header, key) {
        Ok(shape) => shape,
        Err(PartError::NoKey) => {
            opened.verdict = Verdict::Waiting(Need::Key);
            return opened;
        }
        Err(_) => {
            opened.verdict = Verdict::Void(Breach::Shape);
            return opened;
        }
    };
    let content = payload.open_content(header, key).ok();
    let body = match header.kind {
        Kind::Edit => EditShape::decode(&*shape).map(|shape| {
            let content = content.and_then(|bytes| EditContent::decode(&*bytes).ok());
            Body::Edit(Edit { id: opened.entry.id(), deps: header.deps.clone(), shape, content })
        }),
        Kind::Mark => MarkShape::decode(&*shape)
            .map(|shape| Body::Mark(shape, content.and_then(|bytes| MarkContent::decode(&*bytes).ok()))),
        _ => Ok(Body::Unread),
    };
    match body {
        Ok(body) => {
            opened.body = body;
            opened.verdict = right;
        }
        Err(_) => opened.verdict = Verdict::Void(Breach::Shape),
    }
    opened
}

/// Who wrote an entry, and whether it counts: the author may write in its space in the entry's own past, and no removal
/// known now, which the author had not seen, cuts it off.
fn judge_author(entry: &Entry, rules: &Rules<'_>) -> (Option<MemberId>, Verdict) {
    let header = entry.header();
    let governance = rules.governance;
    let Some(past) = governance.state_at(&header.gov) else {
        return (None, Verdict::Waiting(Need::Past));
    };
    let Some(member) = past.device(header.device) else {
        return (None, Verdict::Void(Breach::Right));
    };
    let devices = past.members.get(&member).map(|member| member.devices.as_slice()).unwrap_or_default();
    let dropped = devices.iter().any(|device| device.id == header.device && device.dropped.is_some());
    if dropped || !past.may(member, Right::Write(header.space)) {
        return (Some(member), Verdict::Void(Breach::Right));
    }
    let place = Place::of(entry);
    let on = |tip| (rules.on)(tip, &place);
    let after = |seq, id| (rules.after)(&place, seq, id);
    let status = governance.state().members.get(&member).map(|member| member.status);
    let verdict = match governance.quarantine(&place, &header.gov, &Branches { on: &on, after: &after }) {
        None => Verdict::Waiting(Need::Past),
        Some(Quarantine::Beyond(_) | Quarantine::Dismissed(_)) => Verdict::Masked(Mask::Cut),
        Some(Quarantine::Free | Quarantine::Adopted) => match status {
            Some(Status::Pending) => Verdict::Masked(Mask::Pending),
            Some(_) => Verdict::Counted,
            None => Verdict::Masked(Mask::Unauthorised),
        },
    };
    (Some(member), verdict)
}

/// Settles a document from all entries about it, in any order.
pub(crate) fn settle(id: DocumentId, opened: Vec<Opened>, rules: &Rules<'_>) -> Settled {
    let mut entries = causal_order(opened);
    drop_misfits(&mut entries);
    let mut history = History::new();
    let mut seen: BTreeMap<EntryId, Verdict> = BTreeMap::new();
    let creator = entries.iter().find(|opened| opened.id() == id.into()).and_then(|opened| opened.author);
    // Void edits and marks that an edit names order what it follows, and do nothing else.
    let edits = entries.iter().filter(|opened| opened.edit().is_some());
    let named: BTreeSet<EntryId> = edits.flat_map(|opened| opened.header().deps.iter().copied()).collect();
    for index in 0..entries.len() {
        let verdict = judge(&entries[index], &entries, &history, &seen, creator, rules);
        let opened = &mut entries[index];
        opened.verdict = verdict;
        seen.insert(opened.id(), verdict);
        match &opened.body {
            Body::Edit(edit) if is_structure(verdict) => history.push(edit),
            _ if named.contains(&opened.id()) => history.push_link(opened.id(), &opened.entry.header().deps),
            _ => {}
        }
    }
    close_parts(&mut entries);
    let masked: BTreeSet<EntryId> =
        entries.iter().filter(|opened| matches!(opened.verdict, Verdict::Masked(_))).map(Opened::id).collect();
    let links: Vec<Edit> = entries
        .iter()
        .filter(|opened| named.contains(&opened.id()) && !(opened.edit().is_some() && is_structure(opened.verdict)))
        .filter(|opened| !matches!(opened.verdict, Verdict::Waiting(_)))
        .map(|opened| Edit::link(opened.id(), opened.header().deps.clone()))
        .collect();
    let link = |id: EntryId| links.iter().find(|link| link.id == id);
    let edits: Vec<&Edit> = entries
        .iter()
        .filter_map(|opened| opened.edit().filter(|_| is_structure(opened.verdict)).or_else(|| link(opened.id())))
        .collect();
    let whole = edits.iter().any(|edit| edit.id == id.into());
    let ties = if rules.faults.reversed_ties { Ties::Reversed } else { Ties::Greater };
    let document = whole.then(|| document::fold_with(edits, &masked, ties));
    let standing = stand(&entries, creator, rules);
    let said = gather(&entries);
    Settled { id, document, entries, standing, said }
}

fn is_structure(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Counted | Verdict::Masked(_))
}

/// Content that doesn't fit its shape is read as erased.
fn drop_misfits(entries: &mut [Opened]) {
    let creating = entries.iter().find(|opened| opened.header().document.is_none()).and_then(Opened::edit);
    let Some((kind, salt)) = creating.and_then(|edit| {
        Some((edit.shape.document_kind.clone(), <[u8; 16]>::try_from(edit.shape.salt.as_slice()).ok()?))
    }) else {
        return;
    };
    for opened in entries {
        if let Body::Edit(edit) = &mut opened.body
            && edit.content.as_ref().is_some_and(|content| !document::fits(&kind, &salt, &edit.shape, content))
        {
            edit.content = None;
        }
    }
}

/// Sorts causes first; among what is concurrent, by id.
fn causal_order(opened: Vec<Opened>) -> Vec<Opened> {
    let here: BTreeSet<EntryId> = opened.iter().map(Opened::id).collect();
    let mut slots: BTreeMap<EntryId, (usize, Opened)> = BTreeMap::new();
    let mut followers: BTreeMap<EntryId, Vec<EntryId>> = BTreeMap::new();
    let mut ready = BTreeSet::new();
    for one in opened {
        let id = one.id();
        let deps: Vec<EntryId> = one.header().deps.iter().copied().filter(|dep| here.contains(dep)).collect();
        for dep in &deps {
            followers.entry(*dep).or_default().push(id);
        }
        if deps.is_empty() {
            ready.insert(id);
        }
        slots.insert(id, (deps.len(), one));
    }
    let mut out = Vec::with_capacity(slots.len());
    while let Some(id) = ready.pop_first() {
        let Some((_, one)) = slots.remove(&id) else { continue };
        out.push(one);
        for follower in followers.remove(&id).unwrap_or_default() {
            if let Some((left, _)) = slots.get_mut(&follower) {
                *left -= 1;
                if *left == 0 {
                    ready.insert(follower);
                }
            }
        }
    }
    // Ids are hashes over deps, so that no circle can be left.
    out
}

/// Judges one entry whose past in the document was judged before it.
fn judge(
    opened: &Opened,
    entries: &[Opened],
    history: &History,
    seen: &BTreeMap<EntryId, Verdict>,
    creator: Option<MemberId>,
    rules: &Rules<'_>,
) -> Verdict {
    let header = opened.header();
    if opened.verdict == Verdict::Waiting(Need::Key) {
        return opened.verdict;
    }
    for dep in &header.deps {
        match seen.get(dep) {
            _ if rules.faults.unlooked => {}
            Some(Verdict::Waiting(_)) => return Verdict::Waiting(Need::Past),
            Some(_) => {}
            None if (rules.here)(*dep) => return Verdict::Void(Breach::Place),
            None => return Verdict::Waiting(Need::Past),
        }
    }
    if !matches!(opened.verdict, Verdict::Counted | Verdict::Masked(_)) {
        return opened.verdict;
    }
    let creating = header.document.is_none();
    if creating != header.deps.is_empty() {
        return Verdict::Void(Breach::Place);
    }
    let first = entries.iter().find(|other| other.header().document.is_none());
    if !creating && first.is_none_or(|first| first.header().space != header.space) {
        return Verdict::Void(Breach::Place);
    }
    match &opened.body {
        Body::Edit(edit) => match document::judge(edit, history) {
            Err(breach) => Verdict::Void(breach),
            Ok(()) if !may_edit(opened, edit, entries, history, creator, rules) => Verdict::Void(Breach::Right),
            Ok(()) => opened.verdict,
        },
        Body::Mark(shape, _) => judge_mark(opened, shape, entries, history, creator, rules),
        Body::Unread => opened.verdict,
    }
}

/// Rights that rest on the document, as it stood in the edit's past.
fn may_edit(
    opened: &Opened,
    edit: &Edit,
    entries: &[Opened],
    history: &History,
    creator: Option<MemberId>,
    rules: &Rules<'_>,
) -> bool {
    let Some(author) = opened.author else { return false };
    let Some(state) = rules.governance.state_at(&opened.header().gov) else { return false };
    let own = creator == Some(author);
    let created = edit.shape.document_kind.as_str();
    let kind = if created.is_empty() { history.kind().unwrap_or_default() } else { created };
    let mut names = edit.shape.operations.iter().filter(|operation| !matches!(operation.act, Some(Act::Clear(_))));
    if !own && names.any(|operation| says_publication(&operation.field)) && !animates(&state, author) {
        return false;
    }
    match kind {
        "community" => animates(&state, author),
        "member" | "report" | "thread" | "note" => own,
        "post" => own || matches!(word_at(entries, &edit.deps, "role").as_str(), "synthesis" | "minutes"),
        "practice" => own || animates(&state, author) || word_at(entries, &edit.deps, "editing") != "curated",
        _ => true,
    }
}

/// Tells whether a field says from where, by whom and with whose consent a copy in the vitrine was made: who may publish
/// writes that, and anybody who edits takes a name away.
pub(crate) fn says_publication(field: &str) -> bool {
    field.starts_with("published.")
}

/// Returns a single value as it stood in an edit's past.
fn word_at(entries: &[Opened], deps: &[EntryId], field: &str) -> String {
    let document = before(entries, deps, &[field]);
    document.map_or_else(String::new, |document| document.word(field).to_owned())
}

/// Returns the document as it stood in an entry's past, for rights that rest on some of its fields; none where no edit
/// names one of them. What is void gave no rights.
fn before(entries: &[Opened], deps: &[EntryId], fields: &[&str]) -> Option<Document> {
    let counts = |opened: &&Opened| is_structure(opened.verdict);
    let named = |edit: &Edit| edit.shape.operations.iter().any(|op| fields.contains(&op.field.as_str()));
    if !entries.iter().filter(counts).filter_map(Opened::edit).any(named) {
        return None;
    }
    let edit = |opened: &Opened| match opened.edit() {
        Some(edit) if is_structure(opened.verdict) => edit.clone(),
        _ => Edit::link(opened.id(), opened.header().deps.clone()),
    };
    let edits: Vec<Edit> = entries.iter().map(edit).collect();
    let past = document::past_of(&edits, deps);
    (!past.is_empty()).then(|| document::fold(past, &BTreeSet::new()))
}

fn animates(state: &State, member: MemberId) -> bool {
    state.may(member, Right::Govern)
}

fn judge_mark(
    opened: &Opened,
    shape: &MarkShape,
    entries: &[Opened],
    history: &History,
    creator: Option<MemberId>,
    rules: &Rules<'_>,
) -> Verdict {
    let (Some(author), Some(state)) = (opened.author, rules.governance.state_at(&opened.header().gov)) else {
        return Verdict::Void(Breach::Right);
    };
    // What a newer version's verb asks for is not known here: it is kept, and changes nothing.
    let Some(spec) = verb(&shape.verb) else { return opened.verdict };
    if !spec.fits(history.kind().unwrap_or_default()) {
        return Verdict::Void(Breach::Schema);
    }
    // Whoever said something may take it back.
    let asks = Asks { author, own: creator == Some(author), state: &state, deps: &opened.header().deps };
    if shape.taken_back || may_mark(spec.who, &asks, entries) { opened.verdict } else { Verdict::Void(Breach::Right) }
}

/// Who asks for a right that rests on a document, and what was seen of it.
pub(crate) struct Asks<'a> {
    pub(crate) author: MemberId,
    pub(crate) own: bool,
    pub(crate) state: &'a State,
    pub(crate) deps: &'a [EntryId],
}

/// Tells whether somebody may make a mark, as the document stood in its past. Shapes alone decide: what a set holds is
/// known from the ids of its elements.
pub(crate) fn may_mark(who: Who, asks: &Asks<'_>, entries: &[Opened]) -> bool {
    let governs = || animates(asks.state, asks.author);
    match who {
        Who::Members => true,
        Who::Others => !asks.own,
        Who::Governors => governs(),
        Who::Owners => asks.own || governs(),
        Who::Editors => asks.own || governs() || word_at(entries, asks.deps, "editing") != "curated",
        Who::Experts => governs() || knows(asks, entries, &["topics"], false),
        Who::Keepers => asks.own || governs() || knows(asks, entries, &["topics"], false),
        Who::Verifiers => governs() || knows(asks, entries, &["topics", "verifiers"], true),
    }
}

/// Tells whether a field names one of an expert's topics or, where `by_name`, the person.
fn knows(asks: &Asks<'_>, entries: &[Opened], fields: &[&str], by_name: bool) -> bool {
    let member = asks.state.members.get(&asks.author);
    let topics = member.filter(|member| member.role == Role::Expert).map(|member| &member.topics);
    let topics = topics.into_iter().flatten().map(ToString::to_string);
    let wanted: Vec<String> = topics.chain(by_name.then(|| asks.author.to_string())).collect();
    if wanted.is_empty() {
        return false;
    }
    let Some(document) = before(entries, asks.deps, fields) else { return false };
    let ids: Vec<ElementId> =
        wanted.into_iter().map(|id| document::element_id(document.salt(), &Value::Text(id))).collect();
    let holds = |field: &&str| match document.field(field) {
        Some(Field::Set(elements)) => elements.iter().any(|element| ids.contains(&element.id)),
        _ => false,
    };
    fields.iter().any(holds)
}

/// Tells whether documents of this kind have a state that marks change.
pub(crate) fn has_state(kind: &str) -> bool {
    matches!(kind, "practice" | "term")
}

/// A writing of several parts waits for its last one, and a masked or void part takes the whole with it.
fn close_parts(entries: &mut [Opened]) {
    let place: BTreeMap<EntryId, usize> =
        entries.iter().enumerate().map(|(index, opened)| (opened.id(), index)).collect();
    let mut closed = BTreeSet::new();
    for last in 0..entries.len() {
        let Some(closes) = entries[last].edit().map(|edit| edit.shape.closes).filter(|closes| *closes > 0) else {
            continue;
        };
        let mut members = vec![last];
        for part in (1..closes).rev() {
            let [before] = entries[members[members.len() - 1]].header().deps[..] else { break };
            let Some(index) = place.get(&before).copied() else { break };
            if entries[index].edit().is_none_or(|edit| edit.shape.part != part) {
                break;
            }
            members.push(index);
        }
        if members.len() != closes as usize {
            continue;
        }
        closed.extend(members.iter().copied());
        let fallen = members.iter().any(|index| !matches!(entries[*index].verdict, Verdict::Counted));
        if fallen {
            for index in members {
                if entries[index].verdict == Verdict::Counted {
                    entries[index].verdict = Verdict::Masked(Mask::Part);
                }
            }
        }
    }
    let mut open: BTreeSet<EntryId> = BTreeSet::new();
    for (index, opened) in entries.iter_mut().enumerate() {
        let part = opened.edit().is_some_and(|edit| edit.shape.part > 0) && !closed.contains(&index);
        let after = opened.entry.header().deps.iter().any(|dep| open.contains(dep));
        if (part || after) && matches!(opened.verdict, Verdict::Counted | Verdict::Masked(_)) {
            opened.verdict = Verdict::Waiting(if part { Need::Parts } else { Need::Past });
        }
        if matches!(opened.verdict, Verdict::Waiting(_)) {
            open.insert(opened.entry.id());
        }
    }
}

fn stand(entries: &[Opened], creator: Option<MemberId>, rules: &Rules<'_>) -> Standing {
    let quorum = |opened: &Opened| {
        let state = rules.governance.state_at(&opened.header().gov)?;
        usize::try_from(state.settings.validations).ok()
    };
    let mark = |opened: &Opened| match (&opened.body, opened.verdict) {
        (Body::Mark(shape, _), Verdict::Counted) => {
            let (who, verb) = (opened.author?, shape.verb.parse().ok()?);
            let quorum = if verb == standing::Verb::Validate { quorum(opened)? } else { 0 };
            Some(Mark { entry: opened.id(), who, verb, taken_back: shape.taken_back, quorum })
        }
        _ => None,
    };
    let marks: Vec<Mark> = entries.iter().filter_map(mark).collect();
    let (Some(author), false) = (creator, marks.is_empty()) else { return Standing::default() };
    let links = entries.iter().map(|opened| (opened.id(), opened.header().deps.as_slice()));
    standing::standing(links, &marks, author)
}

/// Gathers what marks say beside the state.
fn gather(entries: &[Opened]) -> Said {
    let counted = || entries.iter().filter(|opened| opened.verdict == Verdict::Counted);
    let say = |opened: &'_ Opened| match &opened.body {
        Body::Mark(shape, content) => Some((opened.id(), opened.author?, shape.clone(), content.clone())),
        _ => None,
    };
    let marks: Vec<(EntryId, MemberId, MarkShape, Option<MarkContent>)> = counted().filter_map(say).collect();
    if marks.is_empty() {
        return Said::default();
    }
    let says: Vec<Say<'_>> = marks
        .iter()
        .map(|(entry, who, shape, content)| Say {
            entry: *entry,
            who: *who,
            verb: &shape.verb,
            taken_back: shape.taken_back,
            value: content.as_ref().map_or("", |content| content.value.as_str()),
            until: content.as_ref().map(|content| content.until).filter(|until| *until != 0).map(Timestamp),
        })
        .collect();
    let edited = |opened: &Opened| {
        let fields = opened.edit()?.shape.operations.iter().map(|operation| operation.field.as_str());
        Some(Edited::new(opened.id(), opened.author?, fields))
    };
    let edits: Vec<Edited> = counted().filter_map(edited).collect();
    standing::said(entries.iter().map(|opened| (opened.id(), opened.header().deps.as_slice())), &says, &edits)
}

impl Settled {
    /// Returns what a mark by this person names as seen: the last edits, and the marks that it follows.
    pub(crate) fn seen_by_mark(&self, name: &str, who: MemberId) -> Vec<EntryId> {
        let Some(spec) = verb(name) else { return self.heads() };
        let heads = self.heads();
        let follows = |opened: &Opened| match &opened.body {
            Body::Mark(shape, _) if opened.verdict == Verdict::Counted => {
                spec.follows(&shape.verb, opened.author == Some(who))
            }
            _ => false,
        };
        let (mut covered, mut found) = (BTreeSet::new(), Vec::new());
        for opened in self.entries.iter().rev() {
            let (id, seen) = (opened.id(), covered.contains(&opened.id()));
            let wanted = heads.contains(&id) || follows(opened);
            if wanted && !seen {
                found.push(id);
            }
            if wanted || seen {
                covered.extend(opened.header().deps.iter().copied());
            }
        }
        // So many people marked it without hearing of each other: the first of them are named.
        found.truncate(DEPS_MAX);
        found
    }

    /// Returns the edits that no other one follows.
    fn heads(&self) -> Vec<EntryId> {
        match &self.document {
            Some(document) => document.heads().to_vec(),
            None => self.entries.iter().filter(|opened| opened.verdict == Verdict::Counted).map(Opened::id).collect(),
        }
    }
}
