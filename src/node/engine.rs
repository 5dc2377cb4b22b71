//! The engine of one community: its log, its keys, what is folded from it. One writer, one thread.
//!
//! Everything that changes the log happens between [`Engine::begin`] and [`Engine::finish`]: entries are put, the
//! documents they touch are settled, rows, names and change numbers are written, and one commit makes all of it durable.

mod alone;
pub(crate) mod fold_row;
pub(crate) mod governed;
pub(crate) mod rows;
pub(crate) mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::blame::Blamed;
use super::env::Env;
use super::error::Error;
use super::faults::EngineFaults;
use super::home::{Home, close_file, close_folder};
use super::keys::Keys;
use super::settle::{self, Rules, Settled};
use crate::index::Index;
use crate::model::governance::{Act, Branches, Governance, Member, Place, Quarantine, Right, State};
use crate::model::{
    Chain, CommunityId, DeviceId, DocumentId, Entry, EntryId, EpochId, Kind, MemberId, Payload, SpaceId, Timestamp,
    Verdict, sign::Signature,
};
use crate::store::{PayloadState, Reader, Store, StoreError, View, Writer};
use crate::wire::Message;
use crate::wire::entry::GovernanceShape;

/// How many entries are taken up into one transaction at most, when views are folded anew.
const REBUILD_BATCH: usize = 2_000;

/// What is folded from one community's log, and who may add to it.
pub(crate) struct Engine {
    pub(crate) folder: PathBuf,
    pub(crate) keys: Keys,
    pub(crate) store: Store,
    pub(crate) governance: Governance,
    pub(crate) index: Option<Index>,
    /// The open transaction.
    writer: Option<Writer>,
    /// Documents to settle before it ends.
    touched: BTreeSet<DocumentId>,
    /// Documents settled as they came in: one creating edit each, as far as is known.
    alone: BTreeMap<DocumentId, alone::Alone>,
    /// Whether governance entries came in during it.
    pub(crate) governed: bool,
    /// Whether a second branch came in of somebody who was removed: what a cut keeps may be on the other one.
    branched: bool,
    /// Whether keys were made during it, which are saved with it.
    pub(crate) keys_changed: bool,
    /// Entries that were put during it.
    pub(crate) put: Vec<EntryId>,
    /// Terms and origins that were written during it and are in no view yet.
    pub(crate) fresh_terms: BTreeMap<(SpaceId, String, String), DocumentId>,
    pub(crate) fresh_origins: BTreeSet<[u8; 16]>,
    /// What the import that runs made of the ids in its files.
    pub(crate) aliases: super::bring::Aliases,
    pub(crate) fresh_handles: BTreeSet<String>,
    /// Keys that were made during it: they seal nothing if it comes to nothing.
    pub(crate) fresh_keys: BTreeSet<EpochId>,
    /// When a join that is due is written here, unless somebody else's comes first.
    pub(crate) join_due: Option<Timestamp>,
    /// Entries whose past is not here; counted when the first entry comes.
    hanging: Option<waiting::Hanging>,
    /// The heads of governance that the last entry named, all of them here.
    gov_here: Vec<EntryId>,
    /// Entries written here during the transaction, which must be right.
    pub(crate) own: Vec<EntryId>,
    /// Devices that sent what they could have known to be wrong.
    pub(crate) blamed: Blamed,
    /// When what a space owes is written here, unless somebody else does it first.
    pub(crate) keep_due: Option<Timestamp>,
    /// Entries of this incarnation came that were not written here.
    pub(crate) copied: bool,
    /// Something may have been erased and be in the files still: so at first, until it was looked.
    pub(crate) unscrubbed: bool,
    /// Proposals that enough people signed and that were void all the same: with how many signatures, after which acts.
    pub(crate) tried: BTreeMap<EntryId, (usize, Vec<EntryId>)>,
    /// Frontiers agreed on with others since this was opened.
    pub(crate) agreements: u64,
    /// None, but in tests of the tests.
    pub(crate) faults: EngineFaults,
}

/// What a transaction changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Entries that are new here.
    pub(crate) entries: Vec<EntryId>,
    /// Documents whose row is new or changed.
    pub(crate) documents: Vec<DocumentId>,
    /// Documents that were not here before, by kind.
    pub(crate) new: BTreeMap<String, u64>,
    /// Fields that have two values since.
    pub(crate) conflicts: u64,
}

impl Changes {
    pub(crate) fn add(&mut self, other: Changes) {
        self.entries.extend(other.entries);
        self.documents.extend(other.documents);
        self.conflicts += other.conflicts;
        for (kind, count) in other.new {
            *self.new.entry(kind).or_default() += count;
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        match &error {
            StoreError::Newer { found, known } => Error::newer_store(found, known),
            error if error.is_damage() => Error::damaged(error),
            StoreError::TipsBusy(_) | StoreError::IncarnationsBusy(_) => Error::limit(&error, "allowed"),
            StoreError::Unlinked(_) | StoreError::Unfit(_) | StoreError::Gap { .. } => Error::refused_entry(&error),
            _ => Error::storage(&error),
        }
    }
}

impl Engine {
    /// Opens the engine of a folder.
    pub(crate) fn open(home: &Home, folder: &Path) -> Result<Engine, Error> {
        close_folder(folder)?;
        let path = folder.join("keys.json");
        close_file(&path)?;
        let keys = Keys::load(&path, home.unlock())?;
        let store = home.disk().open(&folder.join("store.redb"))?;
        Engine::with_store(folder, keys, store)
    }

    /// Makes an engine over a store that is open.
    pub(crate) fn with_store(folder: &Path, keys: Keys, store: Store) -> Result<Engine, Error> {
        let governance = read_governance(&store.read()?, keys.community)?;
        Ok(Engine {
            folder: folder.to_owned(),
            keys,
            store,
            governance,
            index: None,
            writer: None,
            touched: BTreeSet::new(),
            alone: BTreeMap::new(),
            governed: false,
            branched: false,
            keys_changed: false,
            put: Vec::new(),
            fresh_terms: BTreeMap::new(),
            fresh_origins: BTreeSet::new(),
            aliases: BTreeMap::new(),
            fresh_handles: BTreeSet::new(),
            fresh_keys: BTreeSet::new(),
            join_due: None,
            hanging: None,
            gov_here: Vec::new(),
            own: Vec::new(),
            blamed: Blamed::default(),
            keep_due: None,
            copied: false,
            unscrubbed: true,
            tried: BTreeMap::new(),
            agreements: 0,
            faults: EngineFaults::default(),
        })
    }

    pub(crate) fn community(&self) -> CommunityId {
        self.keys.community
    }

    /// Returns the state of governance as known now.
    pub(crate) fn state(&self) -> &State {
        self.governance.state()
    }

    /// Returns the name of the community: the title of its charter.
    pub(crate) fn name(&self) -> Result<String, Error> {
        self.reading(|reader| {
            let charter = super::names::Names::new(self, reader).charter()?;
            Ok(charter.map_or_else(|| self.community().to_string()[..12].to_owned(), |(_, row)| row.title))
        })
    }

    /// Returns the handle of a member; the start of the id when the profile is not here.
    pub(crate) fn handle_of(&self, member: MemberId) -> String {
        let named = self.reading(|reader| super::names::Names::new(self, reader).member(member));
        named.map_or_else(|_| member.to_string()[..12].to_owned(), |(handle, _)| handle)
    }

    /// Tells whether a transaction is open.
    pub(crate) fn is_open(&self) -> bool {
        self.writer.is_some()
    }

    /// Starts a new incarnation of this device.
    pub(crate) fn renew(&mut self, env: &mut Env) -> Result<(), Error> {
        self.copied = false;
        self.keys.renew(env);
        self.keys.save(&self.folder.join("keys.json"))
    }

    /// Tells whether another copy of this device wrote in this incarnation, too: a chain has two branches, or one grew that
    /// nobody wrote here.
    pub(crate) fn is_copied(&self) -> Result<bool, Error> {
        if self.copied {
            return Ok(true);
        }
        self.reading(|reader| {
            for space in self.state().spaces.keys().copied().chain([SpaceId::GOVERNANCE]) {
                let chain = Chain { space, device: self.keys.device(), incarnation: self.keys.incarnation };
                if reader.tips_of(chain)?.len() > 1 {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// Opens a transaction, if none is open.
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        if self.writer.is_none() {
            self.writer = Some(self.store.write()?);
        }
        Ok(())
    }

    /// Runs what reads: in the open transaction, else in a snapshot.
    pub(crate) fn reading<T>(&self, read: impl FnOnce(&Reader) -> Result<T, Error>) -> Result<T, Error> {
        match &self.writer {
            Some(writer) => read(writer),
            None => read(&self.store.read()?),
        }
    }

    /// Returns the open transaction.
    pub(crate) fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().expect("a transaction was begun")
    }

    /// Drops the open transaction and what it brought into memory.
    pub(crate) fn abandon(&mut self) {
        let had = self.writer.take().is_some();
        self.touched.clear();
        self.alone.clear();
        self.put.clear();
        self.own.clear();
        self.hanging = None;
        self.gov_here.clear();
        self.keys_changed = false;
        let made = std::mem::take(&mut self.fresh_keys);
        self.keys.spaces.retain(|(_, epoch, _)| !made.contains(epoch));
        self.forget_fresh();
        self.branched = false;
        let governed = std::mem::take(&mut self.governed);
        if had
            && governed
            && let Ok(reader) = self.store.read()
            && let Ok(governance) = read_governance(&reader, self.keys.community)
        {
            self.governance = governance;
        }
    }

    /// Takes a verified entry, with its payload if that is here. The one door: own entries and others' come this way.
    pub(crate) fn take(
        &mut self,
        entry: &Entry,
        signature: Option<Signature>,
        payload: Option<&Payload>,
    ) -> Result<bool, Error> {
        let before = self.writer().entry(entry.id())?;
        let had_payload = before.as_ref().is_some_and(|stored| stored.payload != PayloadState::Missing);
        let lacks = if before.is_none() { self.hang(entry)? } else { None };
        let number = self.writer().put_entry(entry, signature, payload).inspect_err(|_| self.hanging = None)?;
        if before.is_none() {
            self.put.push(entry.id());
            self.unhang(entry.id(), number, lacks)?;
        }
        if before.is_none() || (payload.is_some() && !had_payload) {
            self.touch(entry, payload)?;
        }
        Ok(before.is_none())
    }

    /// Takes the payload of an entry that is here.
    pub(crate) fn take_payload(&mut self, entry: &Entry, payload: &Payload) -> Result<bool, Error> {
        let writer = self.writer.as_mut().expect("a transaction was begun");
        let new = writer.put_payload(entry.id(), payload)?;
        if new {
            self.touch(entry, Some(payload))?;
        }
        Ok(new)
    }

    fn touch(&mut self, entry: &Entry, payload: Option<&Payload>) -> Result<(), Error> {
        match (entry.header().kind, payload) {
            (Kind::Governance, Some(payload)) => {
                self.governed = true;
                if !(self.faults.no_seats && gives_seats(entry, payload)) {
                    admit_act(&mut self.governance, entry, payload);
                }
            }
            (Kind::Governance, None) => {}
            (Kind::Erase, _) => self.erase(entry)?,
            _ => {
                self.touched.insert(entry.document());
                let reader = self.writer.as_ref().expect("a transaction was begun");
                let chain = entry.header().chain();
                self.branched |= self.is_doubtful(&chain) && reader.tips_of(chain)?.len() > 1;
                if payload.is_some() && !self.erasers(reader, entry)?.is_empty() {
                    self.unscrubbed |= self.writer().erase_content(entry.id())?;
                }
            }
        }
        Ok(())
    }

    /// Notes what an erase entry names, and drops the content of what is here.
    fn erase(&mut self, eraser: &Entry) -> Result<(), Error> {
        for id in &eraser.header().deps {
            let key = [id.0, eraser.id().0].concat();
            let writer = self.writer.as_mut().expect("a transaction was begun");
            writer.put_view(View::Erased, &key, &[])?;
            if let Some(stored) = writer.entry(*id)? {
                self.erase_one(eraser, &stored.entry)?;
            }
        }
        Ok(())
    }

    /// Drops the content of an entry where the author of the erase entry may: one's own, or anything for who governs.
    fn erase_one(&mut self, eraser: &Entry, entry: &Entry) -> Result<(), Error> {
        if !self.may_erase(eraser, entry) {
            return Ok(());
        }
        self.unscrubbed |= self.writer().erase_content(entry.id())?;
        self.touched.insert(entry.document());
        Ok(())
    }

    /// After governance changed: an erase entry may have come before the acts that its right rests on; and one that was
    /// obeyed may be beyond the cut of a removal that came later. What it took is missing then, and comes again from
    /// whoever heard of the removal first: the same is shown everywhere, whichever came first.
    fn erase_again(&mut self) -> Result<(), Error> {
        let reader = self.writer.as_ref().expect("a transaction was begun");
        let rows = reader.view_rows(View::Erased, &[], None, usize::MAX)?;
        let named: BTreeSet<EntryId> =
            rows.iter().filter_map(|(key, _)| Some(EntryId(*key.first_chunk::<32>()?))).collect();
        let mut due = Vec::new();
        for id in named {
            let Some(target) = reader.entry(id)?.filter(|stored| stored.payload != PayloadState::Missing) else {
                continue;
            };
            let erased = !self.erasers(reader, &target.entry)?.is_empty();
            if erased != (target.payload == PayloadState::Erased) {
                due.push((target.entry, erased));
            }
        }
        for (target, erased) in due {
            match erased {
                true => drop(self.writer().erase_content(target.id())?),
                false => self.writer().forget_payload(target.id())?,
            }
            self.touched.insert(target.document());
        }
        Ok(())
    }

    fn may_erase(&self, eraser: &Entry, entry: &Entry) -> bool {
        let Some(state) = self.governance.state_at(&eraser.header().gov) else { return false };
        let Some(author) = state.device(eraser.header().device) else { return false };
        let header = entry.header();
        let own = owner(&state, header.device) == Some(author);
        let place = header.space == eraser.header().space && header.kind != Kind::Governance;
        let free = self.reading(|reader| Ok(self.is_free(reader, eraser))).unwrap_or(false);
        place && free && (own || state.may(author, Right::Govern)) && state.may(author, Right::Write(header.space))
    }

    /// Tells whether no removal cuts an entry off.
    pub(crate) fn is_free(&self, reader: &Reader, entry: &Entry) -> bool {
        matches!(self.quarantine_of(reader, entry), Some(Quarantine::Free | Quarantine::Adopted))
    }

    /// Tells whether an entry that is here is kept out; none if what it has seen of governance is not here.
    pub(crate) fn quarantine_of(&self, reader: &Reader, entry: &Entry) -> Option<Quarantine> {
        let place = Place::of(entry);
        let on = |tip| is_on(reader, tip, &place);
        let after = |seq, id| is_after(reader, &place, seq, id);
        self.governance.quarantine(&place, &entry.header().gov, &Branches { on: &on, after: &after })
    }

    /// Lists the erase entries that name an entry and may.
    pub(crate) fn erasers(&self, reader: &Reader, entry: &Entry) -> Result<Vec<Entry>, Error> {
        let mut found = Vec::new();
        for (key, _) in reader.view_rows(View::Erased, &entry.id().0, None, usize::MAX)? {
            let eraser = key.last_chunk::<32>().map(|id| EntryId(*id));
            let stored = eraser.map(|id| reader.entry(id)).transpose()?.flatten();
            if let Some(stored) = stored.filter(|stored| self.may_erase(&stored.entry, entry)) {
                found.push(stored.entry);
            }
        }
        Ok(found)
    }

    /// Settles what was touched and commits.
    pub(crate) fn finish(&mut self) -> Result<Changes, Error> {
        let result = self.settle_touched().and_then(|changes| {
            self.check_own()?;
            let writer = self.writer.take().expect("a transaction was begun");
            if std::mem::take(&mut self.keys_changed) {
                // Before the commit: what is sealed under a key must never outlive it.
                self.keys.save(&self.folder.join("keys.json"))?;
            }
            writer.commit()?;
            self.governed = false;
            self.branched = false;
            self.forget_fresh();
            Ok(changes)
        });
        if result.is_err() {
            self.abandon();
        }
        result
    }

    /// Refuses to commit what was written here and would count nowhere: it must not be signed and sent.
    fn check_own(&mut self) -> Result<(), Error> {
        let writer = self.writer.as_ref().expect("a transaction was begun");
        for id in self.own.drain(..) {
            if let Some(verdict @ (Verdict::Waiting(_) | Verdict::Void(_))) = writer.verdict(id)? {
                return Err(Error::internal(format!("the entry {id}, just written, is {verdict:?}")));
            }
        }
        Ok(())
    }

    fn forget_fresh(&mut self) {
        self.fresh_terms.clear();
        self.fresh_origins.clear();
        self.fresh_handles.clear();
        self.fresh_keys.clear();
    }

    fn settle_touched(&mut self) -> Result<Changes, Error> {
        if self.governed || self.branched {
            let fresh = self.open_new_keys();
            self.erase_again()?;
            if !self.faults.unheld {
                self.touch_governed(fresh)?;
            }
        }
        let mut changes = Changes { entries: std::mem::take(&mut self.put), ..Changes::default() };
        self.write_alone(&mut changes)?;
        let most = if self.faults.unsettled { 1 } else { usize::MAX };
        for document in std::mem::take(&mut self.touched).into_iter().take(most) {
            self.settle_one(document, &mut changes)?;
        }
        if self.governed {
            self.set_act_verdicts()?;
        }
        Ok(changes)
    }

    /// Loads and settles one document, in the open transaction or a snapshot.
    pub(crate) fn settled(&self, reader: &Reader, document: DocumentId) -> Result<Settled, Error> {
        let here = |id| reader.has(id).unwrap_or(true);
        let on = |tip, place: &Place| is_on(reader, tip, place);
        let after = |place: &Place, seq, id| is_after(reader, place, seq, id);
        let (governance, keys, faults) = (&self.governance, &self.keys, self.faults);
        let rules = Rules { governance, keys, here: &here, on: &on, after: &after, faults };
        let mut opened = Vec::new();
        for (number, kind) in reader.about(document)? {
            if !matches!(kind, Kind::Edit | Kind::Mark) {
                continue;
            }
            let Some(stored) = reader.entry_at(number)? else { continue };
            let payload = if stored.payload == PayloadState::Missing { None } else { reader.payload_at(number)? };
            opened.push(settle::open(stored.entry, payload.as_ref(), &rules));
        }
        Ok(settle::settle(document, opened, &rules))
    }

    fn settle_one(&mut self, document: DocumentId, changes: &mut Changes) -> Result<(), Error> {
        let reader = self.writer.as_ref().expect("a transaction was begun");
        let settled = self.settled(reader, document)?;
        let before = rows::row(reader, document)?;
        let row = fold_row::row_of(&settled);
        let writer = self.writer.as_mut().expect("a transaction was begun");
        writer.set_verdicts(settled.entries.iter().map(|opened| (opened.id(), opened.verdict)))?;
        if row == before {
            rows::set_held(writer, document, &settled)?;
            return Ok(());
        }
        rows::replace(writer, document, before.as_ref(), row.as_ref())?;
        rows::set_held(writer, document, &settled)?;
        changes.documents.push(document);
        if let Some(row) = row {
            let had = before.as_ref().map_or(0, |row| row.conflicts.len());
            changes.conflicts += row.conflicts.len().saturating_sub(had) as u64;
            if before.is_none() {
                *changes.new.entry(row.kind).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Folds every document again, with views thrown away first.
    pub(crate) fn rebuild(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<(u64, u64), Error> {
        let mut before = BTreeMap::new();
        self.reading(|reader| {
            rows::each(reader, |document, row| {
                before.insert(document, row);
                Ok(())
            })
        })?;
        let documents = self.reading(rows::documents_in_log)?;
        self.begin()?;
        let erasers = self.reading(rows::erasers_in_log)?;
        self.writer().clear_views()?;
        erasers.iter().try_for_each(|eraser| self.erase(eraser))?;
        self.touched.clear();
        let total = documents.len() as u64;
        let mut changes = Changes::default();
        for (index, document) in documents.iter().enumerate() {
            self.settle_one(*document, &mut changes)?;
            if index % REBUILD_BATCH == 0 {
                progress(index as u64, total);
            }
        }
        let mut after = 0;
        let mut same = 0;
        let reader = self.writer.as_ref().expect("a transaction was begun");
        rows::each(reader, |document, row| {
            after += 1;
            same += u64::from(before.get(&document) == Some(&row));
            Ok(())
        })?;
        let differed = before.len().max(after as usize) as u64 - same;
        self.finish()?;
        progress(total, total);
        Ok((after, differed))
    }
}

/// Returns whose device this is, or was before it was dropped.
pub(crate) fn owner(state: &State, device: DeviceId) -> Option<MemberId> {
    let had = |member: &Member| member.devices.iter().any(|own| own.id == device);
    let dropped = || state.members.iter().find(|(_, member)| had(member)).map(|(id, _)| *id);
    state.device(device).or_else(dropped)
}

/// Tells whether a tip has an entry in its chain. One that is not here may have anything in it.
pub(crate) fn is_on(reader: &Reader, tip: EntryId, place: &Place) -> bool {
    reader.id_at(tip, place.seq).map_or(true, |found| found == Some(place.id))
}

/// Tells whether an entry has another in its chain.
pub(crate) fn is_after(reader: &Reader, place: &Place, seq: u64, id: EntryId) -> bool {
    place.seq > seq && reader.id_at(place.id, seq).is_ok_and(|found| found == Some(id))
}

/// Reads the governance log of a store.
fn read_governance(reader: &Reader, community: CommunityId) -> Result<Governance, Error> {
    let lost = || Error::damaged("the founding entry is not in the log");
    let founding = reader.entry(community.into())?.ok_or_else(lost)?;
    let payload = reader.payload(community.into())?.ok_or_else(lost)?;
    let found = act(&founding.entry, &payload).ok_or_else(lost)?;
    let mut governance = Governance::new(found).map_err(Error::damaged)?;
    for (entry, payload) in rows::governance(reader)?.values() {
        admit_act(&mut governance, entry, payload);
    }
    Ok(governance)
}

fn admit_act(governance: &mut Governance, entry: &Entry, payload: &Payload) {
    if let Some(act) = act(entry, payload) {
        governance.insert(act);
    }
}

fn gives_seats(entry: &Entry, payload: &Payload) -> bool {
    let shape = payload.open_shape(entry.header(), None).ok().and_then(|bytes| GovernanceShape::decode(&*bytes).ok());
    shape.is_some_and(|shape| matches!(shape.act, Some(crate::wire::entry::governance_shape::Act::Seat(_))))
}

/// Reads an act; one whose shape can't be read is an act without effect.
fn act(entry: &Entry, payload: &Payload) -> Option<Act> {
    let shape = payload.open_shape(entry.header(), None).and_then(|bytes| Ok(GovernanceShape::decode(&*bytes)?));
    match shape {
        Ok(shape) => Some(Act::new(entry, &shape)),
        Err(_) => Some(Act::unreadable(entry)),
    }
}
