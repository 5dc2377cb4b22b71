//! Who may what, changed: removing a member, leaving, granting and giving up roles.
//!
//! A removal carries its cut: what is here of the removed goes on counting, whatever of them comes later doesn't, by
//! whichever road. The keys of the spaces read here change in the same transaction.

use std::collections::BTreeSet;

use super::engine::{Changes, Engine, owner, rows};
use super::env::Env;
use super::error::Error;
use super::names::Names;
use super::pen::Pen;
use super::reply::{Left, Removed, RoleRow};
use super::row::slug;
use crate::model::document::{Change, FieldPath, Value};
use crate::model::governance::{self, Cut, Right, Role, Status};
use crate::model::{DocumentId, EntryId, MemberId, SpaceId};

/// The name of who leaves and wants to be named no longer.
pub(crate) const FORMER: &str = "former member";

impl Engine {
    /// Removes a member. `dry_run` only says what it would do.
    pub(crate) fn revoke(
        &mut self,
        env: &mut Env,
        who: &str,
        reason: &str,
        dry_run: bool,
    ) -> Result<(Removed, Changes), Error> {
        let (member, handle) = self.member_named(who)?;
        if reason.trim().is_empty() {
            return Err(Error::missing("the reason"));
        }
        if member == self.keys.member {
            return Err(Error::bad_operation("oneself", "revoke", "`repertoire leave` is for that"));
        }
        let status = self.state().members.get(&member).map(|member| member.status);
        if matches!(status, Some(Status::Left | Status::Revoked)) {
            return Err(Error::nothing_to_do());
        }
        let (cut, kept) = self.kept_of_member(member)?;
        let mut removed = Removed { member: member.to_string(), handle, entry: String::new(), kept, rotated: 0 };
        let mut pen = Pen::start(self, env)?;
        let result = pen.require(Right::Govern, "remove a member").and_then(|()| {
            let act = pen.act(&governance::revoke(member, &cut), "revoke")?;
            let rotated = pen.rotate_owed()?;
            let commons = pen.commons()?;
            pen.remark(commons, act, reason)?;
            Ok((act, rotated))
        });
        let (act, rotated) = match result {
            Ok(done) if !dry_run => done,
            Ok((_, rotated)) => {
                pen.engine.abandon();
                return Ok((Removed { rotated, ..removed }, Changes::default()));
            }
            Err(error) => {
                pen.engine.abandon();
                return Err(error);
            }
        };
        let changes = pen.finish()?;
        (removed.entry, removed.rotated) = (act.to_string(), rotated);
        Ok((removed, changes))
    }

    /// Leaves the community. What one wrote stays, under one's name unless `forget_name`.
    pub(crate) fn leave(&mut self, env: &mut Env, forget_name: bool) -> Result<(Left, Changes), Error> {
        let me = self.keys.member;
        let community = self.name()?;
        let profile = self.reading(|reader| rows::profile(reader, me))?;
        let settled = match profile.filter(|_| forget_name) {
            Some((id, _)) => Some(self.reading(|reader| self.settled(reader, id))?),
            None => None,
        };
        let (entry, changes) = self.writing(env, |pen| {
            pen.require(Right::Carry(SpaceId::GOVERNANCE), "leave")?;
            if let Some(settled) = &settled {
                let text = |field: &str, value: &str| Change::Set {
                    path: FieldPath::of(field),
                    value: Value::Text(value.to_owned()),
                };
                pen.change(settled, &[text("name", FORMER)])?;
            }
            pen.act(&governance::leave(), "leave")
        })?;
        let slug = slug(&community);
        let community = if slug.is_empty() { community } else { slug };
        Ok((Left { community, handle: self.handle_of(me), entry: entry.to_string() }, changes))
    }

    /// Makes something else of a member: more, or with a cut less.
    pub(crate) fn grant(
        &mut self,
        env: &mut Env,
        who: &str,
        role: &str,
        topics: &[String],
    ) -> Result<(RoleRow, Changes), Error> {
        let (member, handle) = self.member_named(who)?;
        let role = role_named(role)?;
        if !topics.is_empty() && role != Role::Expert {
            return Err(Error::bad_value("topic", topics.join(", "), "an expert has topics, other roles have none"));
        }
        let before = self.state().members.get(&member).ok_or_else(|| Error::no_member(who))?;
        let demoted = role > before.role;
        let same = role == before.role && topics.is_empty();
        if same {
            return Err(Error::nothing_to_do());
        }
        let cut = demoted.then(|| self.kept_of_member(member)).transpose()?.map(|(cut, _)| cut);
        let (entry, changes) = self.writing(env, |pen| {
            pen.require(Right::Govern, "grant roles")?;
            let commons = pen.commons()?;
            let topics: Result<BTreeSet<DocumentId>, Error> =
                topics.iter().map(|topic| pen.term(commons, "topic", topic)).collect();
            pen.flush()?;
            let act = pen.act(&governance::grant(member, role, &topics?, cut.as_ref()), "grant")?;
            pen.rotate_owed()?;
            Ok(act)
        })?;
        Ok((role_row(member, handle, role, entry), changes))
    }

    /// Gives one's own role up for a lower one.
    pub(crate) fn resign(&mut self, env: &mut Env, who: &str, role: &str) -> Result<(RoleRow, Changes), Error> {
        let (member, handle) = self.member_named(who)?;
        let role = role_named(role)?;
        if member != self.keys.member {
            return Err(Error::not_allowed("give up the role of somebody else", self.role_of(self.keys.member)));
        }
        let (entry, changes) = self.writing(env, |pen| pen.act(&governance::resign(role), "resign"))?;
        Ok((role_row(member, handle, role, entry), changes))
    }

    pub(crate) fn member_named(&self, who: &str) -> Result<(MemberId, String), Error> {
        self.reading(|reader| {
            let names = Names::new(self, reader);
            let member = names.member_named(who)?;
            Ok((member, names.member(member)?.0))
        })
    }

    fn role_of(&self, member: MemberId) -> &'static str {
        self.state().members.get(&member).map_or("stranger", |member| member.role.name())
    }

    /// Returns what a removal of a member keeps, in the spaces read here.
    fn kept_of_member(&self, member: MemberId) -> Result<(Cut, u64), Error> {
        let spaces = self.readable();
        self.reading(|reader| self.kept_of(reader, &spaces, |device| owner(self.state(), device) == Some(member)))
    }
}

impl Pen<'_> {
    /// Writes what an act is called or why it was done, sealed, where those can read it whom it concerns.
    pub(crate) fn remark(&mut self, space: SpaceId, act: EntryId, text: &str) -> Result<(), Error> {
        let set =
            |field: &str, value: &str| Change::Set { path: FieldPath::of(field), value: Value::Text(value.to_owned()) };
        self.create(space, "note", &[set("title", text.trim()), set("act", &act.to_string())]).map(drop)
    }
}

fn role_named(name: &str) -> Result<Role, Error> {
    name.parse().map_err(|error| Error::bad_value("role", name, error))
}

fn role_row(member: MemberId, handle: String, role: Role, entry: EntryId) -> RoleRow {
    RoleRow { member: member.to_string(), handle, role: role.name().to_owned(), entry: entry.to_string() }
}
