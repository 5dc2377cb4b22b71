//! The keys of spaces: made anew when somebody loses the right to one, and what a removal owes to the spaces that its
//! author didn't hold.
//!
//! A rotation seals the new key to everybody who may read, and the keys before it under the new one: who comes later
//! reads the past, who was removed doesn't read what comes. Whoever writes next in a space whose newest keys are all
//! known to somebody removed makes a new one first; nodes do the same by themselves, after a while.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::{Engine, owner};
use super::env::Env;
use super::error::Error;
use super::peers::patience;
use super::pen::Pen;
use crate::model::governance::{self, Cut, Place, Right, TIPS_MAX};
use crate::model::seal::SpaceKey;
use crate::model::{DeviceId, EntryId, EpochId, MemberId, SpaceId, Timestamp};
use crate::store::{Reader, Tip};
use crate::wire::entry::GovernanceContent;

impl Pen<'_> {
    /// Makes a new key of a space, sealed to all who read it now, with the keys before it under it.
    pub(crate) fn rotate(&mut self, space: SpaceId) -> Result<EntryId, Error> {
        let state = self.engine.state();
        let to = state.recipients(space);
        let mut earlier = self.engine.uppermost_keys(space);
        earlier.sort_by_key(|(epoch, _)| *epoch);
        let key = SpaceKey::generate(self.env);
        let shape = governance::rotate(space, &key, &to, &earlier, self.env);
        let id = self.act(&shape, "change the key of this space")?;
        self.keep_key(space, id, key);
        Ok(id)
    }

    /// Keeps the key that an act made.
    pub(crate) fn keep_key(&mut self, space: SpaceId, by: EntryId, key: SpaceKey) {
        self.engine.fresh_keys.insert(EpochId::of(by));
        self.engine.keys.spaces.push((space, EpochId::of(by), key));
        self.engine.keys_changed = true;
    }

    /// Makes a new key of a space where one is owed and this person may.
    pub(crate) fn rotate_if_owed(&mut self, space: SpaceId) -> Result<(), Error> {
        let state = self.engine.state();
        let owed = state.rotation_owed(space) && state.may(self.me(), Right::Write(space));
        if owed { self.rotate(space).map(drop) } else { Ok(()) }
    }

    /// Makes new keys of the spaces that are read here and owe one; returns how many.
    pub(crate) fn rotate_owed(&mut self) -> Result<usize, Error> {
        let spaces: Vec<SpaceId> = self.engine.state().spaces.keys().copied().collect();
        let before = self.engine.fresh_keys.len();
        spaces.into_iter().try_for_each(|space| self.rotate_if_owed(space))?;
        Ok(self.engine.fresh_keys.len() - before)
    }

    /// Returns the key to seal with, of the space's current epoch. Where somebody who was removed has every newest key,
    /// a new one is made first.
    pub(super) fn key(&mut self, space: SpaceId) -> Result<(EpochId, SpaceKey), Error> {
        self.rotate_if_owed(space)?;
        let state = self.engine.state();
        let current = state.current_epoch(space).ok_or_else(|| Error::no_space(space))?;
        let epochs = state.spaces.get(&space).map(|space| &space.epochs);
        let clean = epochs.into_iter().flatten().filter(|(_, epoch)| epoch.clean && !epoch.replaced).map(|(id, _)| *id);
        // Of several that are clean another will do, where the copy of the first is not here yet.
        let mut usable = std::iter::once(current).chain(clean);
        let found = usable.find_map(|epoch| Some((epoch, self.engine.keys.space(space, epoch)?.clone())));
        found.ok_or_else(|| Error::no_key(space))
    }
}

impl Engine {
    /// Returns the keys of a space that are held here, without those that others of them open: the newest, and those
    /// that nobody put under a newer one.
    fn uppermost_keys(&self, space: SpaceId) -> Vec<(EpochId, SpaceKey)> {
        let state = self.state();
        let tips = state.epoch_tips(space);
        let known = state.spaces.get(&space).map(|details| &details.epochs);
        let mut held: Vec<_> = self.keys.spaces.iter().filter(|(of, _, _)| *of == space).cloned().collect();
        held.retain(|(_, epoch, _)| known.is_some_and(|epochs| epochs.contains_key(epoch)));
        held.sort_by_key(|(_, epoch, _)| (!tips.contains(epoch), *epoch));
        let mut upper: Vec<(EpochId, SpaceKey)> = Vec::new();
        let mut under = BTreeSet::new();
        for (space, epoch, key) in held {
            if under.contains(&epoch) {
                continue;
            }
            let opened = state.with_earlier(vec![(space, epoch, key.clone())]);
            under.extend(opened.into_iter().map(|(_, opened, _)| opened));
            upper.push((epoch, key));
        }
        // One may open another that was looked at before it.
        let opens = |(one, key): &(EpochId, SpaceKey), other: EpochId| {
            *one != other
                && state.with_earlier(vec![(space, *one, key.clone())]).iter().any(|(_, opened, _)| *opened == other)
        };
        let all = upper.clone();
        upper.retain(|(epoch, _)| !all.iter().any(|one| opens(one, *epoch)));
        upper
    }

    /// Tells whether the current key of a space has to be replaced though nobody lost a right: it doesn't open others that
    /// are held here, which were made at the same time or by an act that fell; or people read the space to whom it was
    /// not sealed. Once all keys are under one that all were given, everybody reads everything.
    fn lacks_somebody(&self, space: SpaceId) -> bool {
        let state = self.state();
        let Some(current) = state.current_epoch(space) else { return false };
        if self.keys.space(space, current).is_none() || Some(space) == state.vitrine() {
            return false;
        }
        let upper = self.uppermost_keys(space);
        upper.iter().any(|(epoch, _)| *epoch != current) || !state.unserved(space, current).is_empty()
    }

    /// Returns what is here of some devices, in the spaces that are read here: what a removal keeps; and how many entries
    /// about documents that is.
    pub(crate) fn kept_of(
        &self,
        reader: &Reader,
        spaces: &[SpaceId],
        whose: impl Fn(DeviceId) -> bool,
    ) -> Result<(Cut, u64), Error> {
        let mut cut =
            Cut { spaces: spaces.iter().copied().filter(|space| !space.is_zero()).collect(), ..Cut::default() };
        let mut kept = 0;
        for space in spaces.iter().copied().chain([SpaceId::GOVERNANCE]) {
            let mut longest: BTreeMap<_, u64> = BTreeMap::new();
            for tip in reader.tips(space)?.into_iter().filter(|tip| whose(tip.chain.device)) {
                let (device, incarnation) = (tip.chain.device, tip.chain.incarnation);
                let Some((seq, id)) = self.last_counting(reader, &tip)? else { continue };
                cut.add(Place { space, device, incarnation, seq, id });
                let longest = longest.entry(tip.chain).or_default();
                *longest = seq.max(*longest);
            }
            if space != SpaceId::GOVERNANCE {
                kept += longest.values().sum::<u64>();
            }
        }
        let tips: usize = cut.tips.values().map(std::collections::BTreeSet::len).sum();
        if tips > TIPS_MAX {
            return Err(Error::limit("branches of one person", TIPS_MAX));
        }
        Ok((cut, kept))
    }

    /// Returns the last entry of a branch that no removal before this one cuts off.
    fn last_counting(&self, reader: &Reader, tip: &Tip) -> Result<Option<(u64, EntryId)>, Error> {
        if tip.chain.space == SpaceId::GOVERNANCE || !self.is_doubtful(&tip.chain) {
            return Ok(Some((tip.seq, tip.id)));
        }
        let run = reader.run(tip.id, 1, usize::MAX)?;
        let last = run.iter().rev().find(|stored| self.is_free(reader, &stored.entry));
        Ok(last.map(|stored| (stored.entry.header().seq, stored.entry.id())))
    }

    /// Returns the spaces that are read here.
    pub(crate) fn readable(&self) -> Vec<SpaceId> {
        let state = self.state();
        state.spaces.keys().copied().filter(|space| state.may(self.keys.member, Right::Read(*space))).collect()
    }

    /// Writes what removals owe to spaces that are read here: cuts, and new keys. At once where nobody who may is senior;
    /// else after a while, for the other is mostly first. Tells whether something was written.
    pub(crate) fn keep_spaces(&mut self, env: &mut Env, timed: bool) -> bool {
        let me = self.keys.member;
        let state = self.state();
        let writable = state.spaces.keys().copied().filter(|space| state.may(me, Right::Write(*space)));
        let owes = |space: &SpaceId| {
            state.rotation_owed(*space) || !state.owed_cuts(*space).is_empty() || self.lacks_somebody(*space)
        };
        let owing: Vec<SpaceId> = writable.filter(owes).collect();
        if owing.is_empty() {
            self.keep_due = None;
            return false;
        }
        let mut now: Vec<SpaceId> = owing.iter().copied().filter(|space| self.steward(*space) == Some(me)).collect();
        if timed && now.len() < owing.len() {
            let time = env.now();
            let due = *self.keep_due.get_or_insert_with(|| Timestamp(time.0 + patience(env)));
            if time >= due {
                self.keep_due = None;
                now = owing;
            }
        }
        !now.is_empty() && self.writing(env, |pen| now.iter().try_for_each(|space| pen.keep_space(*space))).is_ok()
    }

    /// Returns who does first what a space owes: the one who is in for longest.
    fn steward(&self, space: SpaceId) -> Option<MemberId> {
        let state = self.state();
        let writers = state.members.iter().filter(|(id, _)| state.may(**id, Right::Write(space)));
        writers.min_by_key(|(id, member)| (member.joined, **id)).map(|(id, _)| *id)
    }
}

impl Pen<'_> {
    fn keep_space(&mut self, space: SpaceId) -> Result<(), Error> {
        let owed: Vec<_> = self
            .engine
            .state()
            .owed_cuts(space)
            .iter()
            .map(|removal| (removal.by, removal.member, removal.device))
            .collect();
        for (by, member, device) in owed {
            let (cut, _) = self.engine.reading(|reader| {
                let whose = |other| match device {
                    Some(device) => other == device,
                    None => owner(self.engine.state(), other) == Some(member),
                };
                self.engine.kept_of(reader, &[space], whose)
            })?;
            let only = Cut { tips: cut.tips.into_iter().filter(|((of, _, _), _)| *of == space).collect(), ..cut };
            // Another's may stand already, or a rule of the community be against it: that is no fault here.
            self.govern(&governance::owed_cut(by, &only), &GovernanceContent::default())?;
        }
        self.rotate_if_owed(space)?;
        if self.engine.lacks_somebody(space) { self.rotate(space).map(drop) } else { Ok(()) }
    }
}
