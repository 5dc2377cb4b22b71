//! The audit: every act of governance that is here, valid and void, with the reason.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::{Changes, Engine, owner, rows};
use super::env::Env;
use super::error::Error;
use super::look::verdict_name;
use super::names::{Names, instant};
use super::reply::{ActDone, ActRow};
use super::request::GovernAct;
use crate::model::governance::{self, Reason, Right, Role, Settings};
use crate::model::verdict::{Breach, Mask, Need};
use crate::model::{DeviceId, Entry, EntryId, MemberId, SpaceId, Timestamp, Verdict};
use crate::store::Reader;
use crate::wire::Message;
use crate::wire::entry::{GovernanceShape, Role as WireRole, governance_shape::Act};

impl Engine {
    /// Lists all acts, each after its past, on every node in the same order.
    pub(crate) fn acts(&self, reader: &Reader) -> Result<Vec<ActRow>, Error> {
        let names = Names::new(self, reader);
        let reasons = remarks(reader)?;
        let mut out = Vec::new();
        let mut entries: BTreeMap<EntryId, _> =
            rows::governance(reader)?.into_values().map(|(entry, payload)| (entry.id(), (entry, payload))).collect();
        let order = in_order(entries.values().map(|(entry, _)| entry));
        for (entry, payload) in order.iter().filter_map(|id| entries.remove(id)) {
            let header = entry.header();
            let shape = payload.open_shape(header, None).ok();
            let shape = shape.and_then(|bytes| GovernanceShape::decode(&*bytes).ok()).unwrap_or_default();
            let (act, on) = describe(&names, &shape)?;
            let author = owner(self.state(), header.device);
            let verdict = self.governance.verdict(entry.id()).unwrap_or(Verdict::Waiting(Need::Past));
            let (why, cause) = self.why_void(entry.id(), verdict);
            let row = ActRow {
                entry: entry.id().to_string(),
                at: instant(header.time),
                by: match author {
                    Some(member) => names.member(member)?.0,
                    None => header.device.to_string()[..12].to_owned(),
                },
                act: act.to_owned(),
                on,
                reason: reasons.get(&entry.id().to_string()).cloned().unwrap_or_default(),
                verdict: verdict_name(verdict).to_owned(),
                why: why.to_owned(),
                cause: cause.map(|act| act.to_string()).unwrap_or_default(),
                signers: signers(self, &names, signed_by(&shape).filter(|key| *key != header.device))?,
                ..ActRow::default()
            };
            out.push(row);
        }
        out.extend(self.proposal_rows(reader, &names)?);
        Ok(out)
    }

    /// Names why an act has no effect, and the act that takes it away.
    fn why_void(&self, id: EntryId, verdict: Verdict) -> (&'static str, Option<EntryId>) {
        match self.governance.reason(id) {
            Some(Reason::Removed(by)) => ("removed", Some(by)),
            Some(Reason::Rests(on)) => ("rests", Some(on)),
            Some(Reason::Vetoed(by)) => ("vetoed", Some(by)),
            Some(Reason::Checkpoint(by)) => ("checkpoint", Some(by)),
            Some(Reason::Outranked(by)) => ("outranked", Some(by)),
            Some(Reason::Floor) => ("floor", None),
            Some(Reason::Own(_)) | None => (why(verdict), None),
        }
    }

    /// Writes an act that one person may write.
    pub(crate) fn govern(&mut self, env: &mut Env, act: &GovernAct) -> Result<(ActDone, Changes), Error> {
        let ((entry, name, on), changes) = match act {
            GovernAct::Rule { inviters, validations } => {
                let old = self.state().settings;
                let inviters = match inviters {
                    Some(name) => name.parse::<Role>().map_err(|error| Error::bad_value("role", name, error))?,
                    None => old.inviters,
                };
                let settings = Settings { inviters, validations: validations.unwrap_or(old.validations) };
                if settings == old {
                    return Err(Error::nothing_to_do());
                }
                self.writing(env, |pen| {
                    pen.require(Right::Govern, "change the rules")?;
                    Ok((pen.act(&governance::rule(settings), "rule")?, "rule", inviters.name().to_owned()))
                })?
            }
            GovernAct::Rotate { space } => {
                let space = match space {
                    Some(name) => self.reading(|reader| Names::new(self, reader).space_named(Some(name)))?,
                    None => self.state().commons().ok_or_else(|| Error::no_space("commons"))?,
                };
                let name = self.reading(|reader| Ok(Names::new(self, reader).space(space)))?;
                if Some(space) == self.state().vitrine() || space == SpaceId::GOVERNANCE {
                    return Err(Error::bad_value("the space", name, "its key stays"));
                }
                self.writing(env, |pen| {
                    pen.require(Right::Write(space), "change the key of this space")?;
                    Ok((pen.rotate(space)?, "rotate", name))
                })?
            }
            GovernAct::Veto { act } => {
                let recover = self.act_named(act)?;
                self.writing(env, |pen| Ok((pen.act(&governance::veto(recover), "veto")?, "veto", String::new())))?
            }
            GovernAct::Close => return self.propose(env, &governance::end(), "close", None),
            GovernAct::Checkpoint => return self.propose(env, &governance::checkpoint(), "checkpoint", None),
            GovernAct::Sign { act } => return self.sign_proposal(env, act),
            GovernAct::Recover { animators, printed } => {
                let mut members = std::collections::BTreeSet::new();
                for name in animators {
                    members.insert(self.member_named(name)?.0);
                }
                return self.propose(env, &governance::recover(&members), "recover", printed.as_ref());
            }
            GovernAct::Confirm { act, printed } => {
                let recover = self.act_named(act)?;
                self.confirm_waits(env, recover)?;
                return self.propose(env, &governance::confirm(recover), "confirm", printed.as_ref());
            }
        };
        let done = ActDone { entry: entry.to_string(), act: name.to_owned(), on, signed: None, needed: None };
        Ok((done, changes))
    }

    fn act_named(&self, text: &str) -> Result<EntryId, Error> {
        let verdicts = self.governance.verdicts();
        let mut found = verdicts.iter().map(|(id, _)| *id).filter(|id| id.to_string().starts_with(text.trim()));
        match (found.next(), found.next()) {
            (Some(one), None) if text.trim().len() >= 6 => Ok(one),
            _ => Err(Error::no_act(text)),
        }
    }
}

/// Returns acts each after its past, and else by claimed time: the same on every node, in whatever order they came.
fn in_order<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<EntryId> {
    let mut past: BTreeMap<EntryId, (Timestamp, BTreeSet<EntryId>)> = BTreeMap::new();
    for entry in entries {
        let header = entry.header();
        let before = header.deps.iter().copied().chain([header.prev].into_iter().filter(|prev| !prev.is_zero()));
        past.insert(entry.id(), (header.time, before.collect()));
    }
    let here: BTreeSet<EntryId> = past.keys().copied().collect();
    let mut after: BTreeMap<EntryId, Vec<EntryId>> = BTreeMap::new();
    let mut ready = BTreeSet::new();
    for (id, (time, before)) in &mut past {
        before.retain(|act| here.contains(act));
        before.iter().for_each(|act| after.entry(*act).or_default().push(*id));
        if before.is_empty() {
            ready.insert((*time, *id));
        }
    }
    let mut order = Vec::with_capacity(past.len());
    while let Some((_, id)) = ready.pop_first() {
        order.push(id);
        for next in after.remove(&id).unwrap_or_default() {
            let Some((time, before)) = past.get_mut(&next) else { continue };
            before.remove(&id);
            if before.is_empty() {
                ready.insert((*time, next));
            }
        }
    }
    order
}

/// Returns the sealed words of acts that can be read here, by act.
fn remarks(reader: &Reader) -> Result<BTreeMap<String, String>, Error> {
    let mut found = BTreeMap::new();
    for id in rows::of_kind(reader, "note")? {
        if let Some(row) = rows::row(reader, id)?
            && let Some(act) = row.facet("act")
        {
            found.entry(act.to_owned()).or_insert(row.title);
        }
    }
    Ok(found)
}

/// Says what an act is, and whom or what it is about.
pub(super) fn describe(names: &Names<'_>, shape: &GovernanceShape) -> Result<(&'static str, String), Error> {
    let member =
        |id: &[u8]| MemberId::from_slice(id).map_or(Ok(String::new()), |id| Ok::<_, Error>(names.member(id)?.0));
    let members = |ids: &[Vec<u8>]| -> Result<String, Error> {
        Ok(ids.iter().map(|id| member(id)).collect::<Result<Vec<_>, _>>()?.join(", "))
    };
    let space = |id: &[u8]| SpaceId::from_slice(id).map(|id| names.space(id)).unwrap_or_default();
    let role = |number: i32| WireRole::try_from(number).map(role_name).unwrap_or_default().to_owned();
    let key_of =
        |key: &Option<crate::wire::entry::EpochKey>| key.as_ref().map(|key| space(&key.space)).unwrap_or_default();
    Ok(match &shape.act {
        None => ("newer", String::new()),
        Some(Act::Found(_)) => ("found", String::new()),
        Some(Act::Invite(act)) => ("invite", role(act.role)),
        Some(Act::Admission(_)) => ("admission", String::new()),
        Some(Act::Seat(act)) => ("seat", members(&act.admissions)?),
        Some(Act::Close(_)) => ("close", String::new()),
        Some(Act::Join(_)) => ("join", String::new()),
        Some(Act::Grant(act)) => ("grant", format!("{} {}", member(&act.member)?, role(act.role))),
        Some(Act::Resign(act)) => ("resign", role(act.role)),
        Some(Act::Leave(_)) => ("leave", String::new()),
        Some(Act::Revoke(act)) => ("revoke", member(&act.member)?),
        Some(Act::DeviceAdd(act)) => ("device-add", member(&act.member)?),
        Some(Act::DeviceDrop(act)) => ("device-drop", member(&act.member)?),
        Some(Act::Rotate(act)) => ("rotate", key_of(&act.key)),
        Some(Act::Checkpoint(_)) => ("checkpoint", String::new()),
        Some(Act::Recover(act)) => ("recover", members(&act.animators)?),
        Some(Act::Veto(_)) => ("veto", String::new()),
        Some(Act::Confirm(_)) => ("confirm", String::new()),
        Some(Act::Rule(act)) => ("rule", role(act.inviters)),
        Some(Act::CircleCreate(act)) => ("circle-create", space(&act.space)),
        Some(Act::CircleAdd(act)) => ("circle-add", format!("{} {}", space(&act.space), member(&act.member)?)),
        Some(Act::CircleRemove(act)) => ("circle-remove", format!("{} {}", space(&act.space), member(&act.member)?)),
        Some(Act::Admit(act)) => ("admit", members(&act.admissions)?),
        Some(Act::Dismiss(act)) => ("dismiss", members(&act.admissions)?),
        Some(Act::Resolve(act)) => ("resolve", space(&act.space)),
        Some(Act::OwedCut(act)) => {
            let spaces = act.cut.as_ref().map(|cut| cut.spaces.iter().map(|id| space(id)).collect::<Vec<_>>());
            ("owed-cut", spaces.unwrap_or_default().join(", "))
        }
        Some(Act::End(_)) => ("end", String::new()),
        Some(Act::Cosigned(act)) => match GovernanceShape::decode(&*act.body) {
            Ok(inner) if !matches!(inner.act, Some(Act::Cosigned(_))) => describe(names, &inner)?,
            _ => ("newer", String::new()),
        },
    })
}

/// Names an act, as [`ActRow::act`].
pub(super) fn name_of(shape: &GovernanceShape) -> &'static str {
    match &shape.act {
        Some(Act::Checkpoint(_)) => "checkpoint",
        Some(Act::Recover(_)) => "recover",
        Some(Act::Confirm(_)) => "confirm",
        Some(Act::End(_)) => "close",
        _ => "act",
    }
}

/// Lists the keys that signed an act of several people.
fn signed_by(shape: &GovernanceShape) -> impl Iterator<Item = DeviceId> + '_ {
    let signatures = match &shape.act {
        Some(Act::Cosigned(cosigned)) => cosigned.signatures.as_slice(),
        _ => &[],
    };
    signatures.iter().filter_map(|one| DeviceId::from_slice(&one.key))
}

/// Names people by their devices; the printed key of the community is nobody's.
pub(super) fn signers(
    engine: &Engine,
    names: &Names<'_>,
    keys: impl Iterator<Item = DeviceId>,
) -> Result<Vec<String>, Error> {
    let people = keys.filter_map(|key| owner(engine.state(), key));
    let mut handles = people.map(|member| Ok(names.member(member)?.0)).collect::<Result<Vec<String>, Error>>()?;
    handles.sort();
    handles.dedup();
    Ok(handles)
}

fn role_name(role: WireRole) -> &'static str {
    match role {
        WireRole::Unspecified => "",
        WireRole::Founder => "founder",
        WireRole::Animator => "animator",
        WireRole::Expert => "expert",
        WireRole::Member => "member",
        WireRole::Observer => "observer",
        WireRole::Relay => "relay",
    }
}

/// Returns the stable name of why an act has no effect.
fn why(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Counted => "",
        Verdict::Waiting(_) => "past",
        Verdict::Masked(Mask::Pending) => "pending",
        Verdict::Masked(Mask::Cut) => "cut",
        Verdict::Masked(_) => "unauthorised",
        Verdict::Void(Breach::Right) => "right",
        Verdict::Void(Breach::Lost) => "lost",
        Verdict::Void(Breach::Place) => "place",
        Verdict::Void(_) => "shape",
    }
}
