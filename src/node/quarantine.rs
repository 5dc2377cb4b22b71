//! Quarantine: what is kept and has no effect until somebody who governs decides: admissions that wait, and entries
//! beyond the cut of a removal.

use std::collections::BTreeSet;

use super::engine::{Changes, Engine, rows};
use super::env::Env;
use super::error::Error;
use super::names::{Names, instant};
use super::reply::{Decided, QuarantineRow};
use crate::model::governance::{self, Quarantine, Right, Role, Status};
use crate::model::verdict::Mask;
use crate::model::{EntryId, Kind, MemberId, Verdict};
use crate::store::Reader;

/// Fewest characters of an id that name an entry.
const ID_CHARS_MIN: usize = 6;

/// What waits for a decision.
struct Kept {
    entry: EntryId,
    admission: bool,
    row: QuarantineRow,
}

impl Engine {
    /// Lists what is in quarantine: admissions first, then entries, the oldest first by claimed time.
    pub(crate) fn quarantined(&self, reader: &Reader) -> Result<Vec<QuarantineRow>, Error> {
        self.may_decide()?;
        Ok(self.kept(reader)?.into_iter().map(|kept| kept.row).collect())
    }

    /// Lets things in, or leaves them out.
    pub(crate) fn decide(
        &mut self,
        env: &mut Env,
        which: &[String],
        admitted: bool,
    ) -> Result<(Decided, Changes), Error> {
        self.may_decide()?;
        let kept = self.reading(|reader| self.kept(reader))?;
        let mut admissions = BTreeSet::new();
        let mut entries = BTreeSet::new();
        for word in which {
            let found = chosen(&kept, word)?;
            if found.admission {
                admissions.insert(found.entry)
            } else {
                entries.insert(found.entry)
            };
        }
        if admissions.is_empty() && entries.is_empty() {
            return Err(Error::missing("the numbers of what is meant"));
        }
        let members: Vec<MemberId> = admissions.iter().map(|id| MemberId::from(*id)).collect();
        let handles = self.reading(|reader| {
            let names = Names::new(self, reader);
            members.iter().map(|member| Ok(names.member(*member)?.0)).collect::<Result<Vec<String>, Error>>()
        })?;
        let (act, changes) = self.writing(env, |pen| {
            let shape = if admitted {
                let state = pen.engine.state();
                let roles: BTreeSet<Role> =
                    members.iter().filter_map(|id| state.members.get(id)).map(|member| member.role).collect();
                let spaces: BTreeSet<_> = roles.into_iter().flat_map(|role| state.spaces_of_role(role)).collect();
                let to = super::circles::agreements(state, members.iter());
                let held = pen.engine.keys.spaces.iter().filter(|(space, _, _)| spaces.contains(space));
                let keys: Vec<_> = held.cloned().collect();
                governance::admit(&admissions, &entries, (&keys, &to), pen.env)
            } else {
                governance::dismiss(&admissions, &entries)
            };
            pen.act(&shape, if admitted { "admit" } else { "drop" })
        })?;
        let decided = Decided { members: handles, entries: entries.len(), entry: act.to_string(), admitted };
        Ok((decided, changes))
    }

    fn may_decide(&self) -> Result<(), Error> {
        let me = self.keys.member;
        if self.state().may(me, Right::Govern) {
            return Ok(());
        }
        let role = self.state().members.get(&me).map_or("stranger", |member| member.role.name());
        Err(Error::not_allowed("decide about quarantine", role))
    }

    fn kept(&self, reader: &Reader) -> Result<Vec<Kept>, Error> {
        let names = Names::new(self, reader);
        let state = self.state();
        let mut kept = Vec::new();
        for (id, member) in &state.members {
            let entry = EntryId::from(*id);
            if member.status == Status::Pending && !state.dismissed.contains(&entry) {
                kept.push(self.kept_admission(&names, *id, instant(member.joined))?);
            }
        }
        for (document, held) in rows::held(reader)? {
            if held.masked == 0 {
                continue;
            }
            let on = rows::row(reader, document)?.map(|row| names.handle_of(document, &row)).transpose()?;
            for opened in self.settled(reader, document)?.entries {
                if opened.verdict == Verdict::Masked(Mask::Cut)
                    && let Some(by) = self.removal_of(reader, &opened)
                {
                    kept.push(self.kept_entry(&names, &opened, by, on.clone().unwrap_or_default())?);
                }
            }
        }
        kept.sort_by(|a, b| (!a.admission, &a.row.at, a.entry).cmp(&(!b.admission, &b.row.at, b.entry)));
        for (at, one) in kept.iter_mut().enumerate() {
            one.row.n = at + 1;
        }
        Ok(kept)
    }

    /// Returns the removal beyond whose cut an entry is; none once it was decided.
    fn removal_of(&self, reader: &Reader, opened: &super::settle::Opened) -> Option<EntryId> {
        match self.quarantine_of(reader, &opened.entry) {
            Some(Quarantine::Beyond(by)) => Some(by),
            _ => None,
        }
    }

    fn kept_admission(&self, names: &Names<'_>, member: MemberId, at: String) -> Result<Kept, Error> {
        let waits = self.pending_of(member);
        let text = waits.as_ref().map(ToString::to_string).unwrap_or_default();
        let (reason, names_of) = waits.map(|row| (row.why, row.used_by)).unwrap_or_default();
        let entry = EntryId::from(member);
        let row = QuarantineRow {
            n: 0,
            entry: entry.to_string(),
            by: names.member(member)?.0,
            kind: "admission".to_owned(),
            on: String::new(),
            reason,
            text,
            names: names_of,
            at,
        };
        Ok(Kept { entry, admission: true, row })
    }

    fn kept_entry(
        &self,
        names: &Names<'_>,
        opened: &super::settle::Opened,
        by: EntryId,
        on: String,
    ) -> Result<Kept, Error> {
        let header = opened.entry.header();
        let removal = self.state().removals.iter().find(|removal| removal.by == by);
        let status = opened.author.and_then(|member| self.state().members.get(&member)).map(|member| member.status);
        let (reason, text) = match (removal, status) {
            (Some(removal), _) if removal.device.is_some() => ("dropped", "written after the device was dropped"),
            (Some(removal), _) if removal.space.is_some() => ("circle", "written after its author left the circle"),
            (None, _) if self.settles_fork(by) => ("fork", "written on a branch of a fork that does not go on"),
            (_, Some(Status::Revoked)) => ("revoked", "written after its author was removed"),
            _ => ("demoted", "written after its author lost the right"),
        };
        let row = QuarantineRow {
            n: 0,
            entry: opened.id().to_string(),
            by: opened.author.map_or(Ok(String::new()), |author| names.member(author).map(|(handle, _)| handle))?,
            kind: if header.kind == Kind::Mark { "mark" } else { "edit" }.to_owned(),
            on,
            reason: reason.to_owned(),
            text: text.to_owned(),
            names: Vec::new(),
            at: instant(header.time),
        };
        Ok(Kept { entry: opened.id(), admission: false, row })
    }
}

fn chosen<'a>(kept: &'a [Kept], word: &str) -> Result<&'a Kept, Error> {
    let word = word.trim();
    if word.len() < ID_CHARS_MIN
        && let Ok(number) = word.parse::<usize>()
    {
        let found = number.checked_sub(1).and_then(|at| kept.get(at));
        return found.ok_or_else(|| Error::no_quarantine(word));
    }
    let mut found = kept.iter().filter(|kept| word.len() >= ID_CHARS_MIN && kept.row.entry.starts_with(word));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(Error::no_quarantine(word)),
    }
}
