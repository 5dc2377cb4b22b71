//! Circles: spaces for some members. The acts about one lie in clear; its name is a sealed note in the circle itself.

use std::collections::BTreeSet;

use super::engine::{Changes, Engine, owner, rows};
use super::env::Env;
use super::error::Error;
use super::names::Names;
use super::reply::SpaceRow;
use super::row::slug;
use crate::model::governance::{self, Cut, Member, Right, SpaceKind, State, Status};
use crate::model::seal::SpaceKey;
use crate::model::{EpochId, MemberId, Random, SpaceId};
use crate::store::Reader;

impl Engine {
    /// Creates a circle of some members and oneself.
    pub(crate) fn create_circle(
        &mut self,
        env: &mut Env,
        name: &str,
        members: &[String],
        hidden: bool,
    ) -> Result<(SpaceRow, Changes), Error> {
        let name = name.trim();
        let name = name.strip_prefix("circle/").or_else(|| name.strip_prefix("cercle/")).unwrap_or(name);
        if slug(name).is_empty() {
            return Err(Error::missing("the name of the circle"));
        }
        let mut all = BTreeSet::from([self.keys.member]);
        for member in members {
            all.insert(self.member_named(member)?.0);
        }
        let taken = self.reading(|reader| Ok(Names::new(self, reader).space_named(Some(name)).is_ok()))?;
        if taken {
            return Err(Error::bad_value("the name", name, "a space here has it already"));
        }
        let commons = self.state().commons().ok_or_else(|| Error::no_space("commons"))?;
        if !self.state().may(self.keys.member, Right::Write(commons)) {
            return Err(Error::not_allowed("create a circle", self.role_of(self.keys.member)));
        }
        if let Some(out) = all.iter().find(|id| !self.state().may(**id, Right::Write(commons))) {
            return Err(Error::bad_value("members", self.handle_of(*out), "members who write can be in a circle"));
        }
        let (space, changes) = self.writing(env, |pen| {
            let mut space = SpaceId::ZERO;
            pen.env.fill(&mut space.0);
            let key = SpaceKey::generate(pen.env);
            let to = agreements(pen.engine.state(), all.iter());
            let shape = governance::circle_create(space, &all, hidden, (&key, &to), pen.env);
            let act = pen.act(&shape, "create a circle")?;
            pen.keep_key(space, act, key);
            pen.remark(space, act, &slug(name))?;
            Ok((space, act))
        })?;
        let row = self.reading(|reader| self.space_row(reader, space.0))?;
        Ok((SpaceRow { entry: space.1.to_string(), ..row }, changes))
    }

    /// Takes a member into a circle, who then reads its past too.
    pub(crate) fn circle_add(&mut self, env: &mut Env, space: &str, who: &str) -> Result<(SpaceRow, Changes), Error> {
        let (space, member) = self.circle_and_member(space, who)?;
        if self.state().spaces.get(&space).is_some_and(|details| details.members.contains(&member)) {
            return Err(Error::nothing_to_do());
        }
        let held = self.keys.spaces.iter().filter(|(of, _, _)| *of == space);
        let mut keys: Vec<(EpochId, SpaceKey)> = held.map(|(_, epoch, key)| (*epoch, key.clone())).collect();
        keys.sort_by_key(|(epoch, _)| *epoch);
        let (act, changes) = self.writing(env, |pen| {
            let to = agreements(pen.engine.state(), [&member]);
            let shape = governance::circle_add(space, member, (&keys, &to), pen.env);
            pen.act(&shape, "add to a circle")
        })?;
        let row = self.reading(|reader| self.space_row(reader, space))?;
        Ok((SpaceRow { entry: act.to_string(), ..row }, changes))
    }

    /// Removes a member from a circle: what is here of them there goes on counting.
    pub(crate) fn circle_remove(
        &mut self,
        env: &mut Env,
        space: &str,
        who: &str,
    ) -> Result<(SpaceRow, Changes), Error> {
        let (space, member) = self.circle_and_member(space, who)?;
        if self.state().spaces.get(&space).is_some_and(|details| !details.members.contains(&member)) {
            return Err(Error::nothing_to_do());
        }
        let (cut, _) = self
            .reading(|reader| self.kept_of(reader, &[space], |device| owner(self.state(), device) == Some(member)))?;
        let cut = Cut { tips: cut.tips.into_iter().filter(|((of, _, _), _)| *of == space).collect(), ..cut };
        let (act, changes) = self.writing(env, |pen| {
            let act = pen.act(&governance::circle_remove(space, member, &cut), "remove from a circle")?;
            pen.rotate_owed()?;
            Ok(act)
        })?;
        let row = self.reading(|reader| self.space_row(reader, space))?;
        Ok((SpaceRow { entry: act.to_string(), ..row }, changes))
    }

    /// Lists the spaces, but those that are hidden from who is not in them.
    pub(crate) fn spaces(&self, reader: &Reader) -> Result<Vec<SpaceRow>, Error> {
        let state = self.state();
        let seen = |(id, details): &(&SpaceId, &governance::Space)| {
            !details.hidden || details.members.contains(&self.keys.member) && state.spaces.contains_key(*id)
        };
        let rows = state.spaces.iter().filter(seen).map(|(id, _)| self.space_row(reader, *id));
        let mut rows = rows.collect::<Result<Vec<_>, Error>>()?;
        let order = |kind: &str| ["commons", "vitrine", "circle"].iter().position(|known| *known == kind);
        rows.sort_by_cached_key(|row| (order(&row.kind), row.name.clone()));
        Ok(rows)
    }

    fn space_row(&self, reader: &Reader, space: SpaceId) -> Result<SpaceRow, Error> {
        let names = Names::new(self, reader);
        let details = self.state().spaces.get(&space).ok_or_else(|| Error::no_space(space))?;
        let handles = details.members.iter().map(|member| Ok(names.member(*member)?.0));
        let mut members = handles.collect::<Result<Vec<String>, Error>>()?;
        members.sort();
        let mut documents = 0;
        rows::each(reader, |_, row| {
            documents += u64::from(row.space == space && row.kind != "note");
            Ok(())
        })?;
        Ok(SpaceRow {
            id: space.to_string(),
            name: names.space(space),
            kind: match details.kind {
                SpaceKind::Commons => "commons",
                SpaceKind::Vitrine => "vitrine",
                SpaceKind::Circle => "circle",
            }
            .to_owned(),
            members,
            mine: self.state().may(self.keys.member, Right::Read(space)),
            documents,
            entry: String::new(),
        })
    }

    fn circle_and_member(&self, space: &str, who: &str) -> Result<(SpaceId, MemberId), Error> {
        let id = self.reading(|reader| Names::new(self, reader).space_named(Some(space)))?;
        let circle = self.state().spaces.get(&id).is_some_and(|details| details.kind == SpaceKind::Circle);
        if !circle {
            return Err(Error::bad_value("the space", space, "circles have members of their own, other spaces don't"));
        }
        Ok((id, self.member_named(who)?.0))
    }
}

/// Returns the X25519 public keys of people's devices.
pub(crate) fn agreements<'a>(state: &State, members: impl IntoIterator<Item = &'a MemberId>) -> Vec<[u8; 32]> {
    let members = members.into_iter().filter_map(|id| state.members.get(id));
    let devices = members.filter(|member| member.status != Status::Revoked).flat_map(|member: &Member| &member.devices);
    let all: BTreeSet<[u8; 32]> =
        devices.filter(|device| device.dropped.is_none()).map(|device| device.agreement).collect();
    all.into_iter().collect()
}
