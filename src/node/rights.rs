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

    /// Leaves the community. What one wrote stays, under one's name unless `forget_name`. Whoever hears of it first takes
    /// nothing more: so it waits until somebody has all that was written here, or is `unheard`.
    pub(crate) fn leave(&mut self, env: &mut Env, forget_name: bool, unheard: bool) -> Result<(Left, Changes), Error> {
        let me = self.keys.member;
        let community = self.name()?;
        let mut all = Changes::default();
        if forget_name && let Some((id, _)) = self.reading(|reader| rows::profile(reader, me))? {
            let settled = self.reading(|reader| self.settled(reader, id))?;
            let named = settled.document.as_ref().is_some_and(|document| document.word("name") != FORMER);
            let change = Change::Set { path: FieldPath::of("name"), value: Value::Text(FORMER.to_owned()) };
            if named {
                all.add(self.writing(env, |pen| pen.change(&settled, &[change]))?.1);
            }
        }
        if !unheard {
            self.all_is_sent()?;
        }
        let (entry, changes) = self.writing(env, |pen| {
            pen.require(Right::Carry(SpaceId::GOVERNANCE), "leave")?;
            pen.act(&governance::leave(), "leave")
        })?;
        all.add(changes);
        let slug = slug(&community);
        let community = if slug.is_empty() { community } else { slug };
        let left = Left { community, handle: self.handle_of(me), entry: entry.to_string(), erased: false };
        Ok((left, all))
    }

    /// Refuses while nobody is known to have all that was written here.
    fn all_is_sent(&self) -> Result<(), Error> {
        let spread = self.reading(|reader| self.spread(reader, &Names::new(self, reader)))?;
        let missing = spread.iter().map(|one| one.missing).min();
        missing.filter(|missing| *missing > 0).map_or(Ok(()), |missing| Err(Error::unsent(missing)))
    }

    /// Returns what `leave` said, where this person has left already.
    pub(crate) fn left(&self) -> Result<Option<Left>, Error> {
        let me = self.keys.member;
        let ended = self.state().members.get(&me).filter(|member| member.status == Status::Left);
        let Some(entry) = ended.and_then(|member| member.ended) else { return Ok(None) };
        let name = self.name()?;
        let slug = slug(&name);
        let community = if slug.is_empty() { name } else { slug };
        Ok(Some(Left { community, handle: self.handle_of(me), entry: entry.to_string(), erased: false }))
    }

    /// Tells whether somebody is known to have heard that this person left.
    pub(crate) fn left_is_heard(&self) -> Result<bool, Error> {
        self.reading(|reader| {
            let me = self.state().members.get(&self.keys.member).and_then(|member| member.ended);
            let ended = me.map(|act| reader.entry(act)).transpose()?.flatten();
            let Some(ended) = ended.map(|stored| stored.entry.header().time) else { return Ok(false) };
            // Who refuses this person since has taken the act.
            let refused = |peer: &super::peers::Peer| {
                peer.outcome == "not-a-member" && peer.tried.is_some_and(|tried| tried >= ended)
            };
            Ok(self.peers(reader)?.iter().any(refused))
        })
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

    /// Returns the name of somebody's role.
    pub(crate) fn role_of(&self, member: MemberId) -> &'static str {
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
