//! What a new act of governance changes: the verdicts of entries, and the keys that are here.

use crate::model::governance::{Cut, CutChain, Removal, Status};
use crate::model::seal::{Agreement, invitation_agreement_seed};
use crate::model::{Chain, DeviceId, EntryId, Kind, SpaceId};

use super::super::error::Error;
use super::{Engine, owner, rows};

impl Engine {
    /// Settles again what was held, for it may count now, and what may not count any more. `fresh` says that keys came,
    /// without which nothing that waits for a key needs to be looked at.
    pub(super) fn touch_governed(&mut self, fresh: bool) -> Result<(), Error> {
        let reader = self.writer.as_ref().expect("a transaction was begun");
        let held = rows::held(reader)?.into_iter().filter(|(_, held)| fresh || !held.waits_for_keys_alone());
        let mut touched: Vec<_> = held.map(|(document, _)| document).collect();
        for space in reader.spaces()?.into_iter().filter(|space| *space != SpaceId::GOVERNANCE) {
            for tip in reader.tips(space)? {
                let Some(from) = self.doubtful_from(&tip.chain, reader.tips_of(tip.chain)?.len()) else { continue };
                let run = reader.run(tip.id, from, usize::MAX)?;
                let about = run.iter().filter(|stored| matches!(stored.entry.header().kind, Kind::Edit | Kind::Mark));
                touched.extend(about.map(|stored| stored.entry.document()));
            }
        }
        self.touched.extend(touched);
        Ok(())
    }

    /// Returns the first place of a chain where entries may count otherwise since governance changed; none where all of
    /// them count as their author does. A chain with several tips is looked at whole: a cut keeps one branch.
    fn doubtful_from(&self, chain: &Chain, tips: usize) -> Option<u64> {
        let state = self.state();
        let member = owner(state, chain.device).and_then(|id| Some((id, state.members.get(&id)?)));
        let firm = |status| matches!(status, Status::Active | Status::Left | Status::Revoked);
        let Some((id, _)) = member.filter(|(_, member)| firm(member.status)) else { return Some(1) };
        if state.resolved.contains_key(&chain_name(chain)) {
            return Some(1);
        }
        let here = |removal: &&Removal| {
            removal.member == id
                && removal.device.is_none_or(|device| device == chain.device)
                && removal.space.is_none_or(|space| space == chain.space)
        };
        let kept = |removal: &Removal| {
            let cuts = std::iter::once(&removal.cut).chain(removal.owed.values()).filter(|cut| cut.names(chain.space));
            cuts.map(|cut| last_kept(cut, &chain_name(chain), tips)).min()
        };
        state.removals.iter().filter(here).filter_map(kept).min().map(|last| last + 1)
    }

    /// Tells whether somebody who was removed, or a device that was dropped, wrote with this key.
    pub(crate) fn is_removed(&self, device: DeviceId) -> bool {
        let state = self.state();
        let member = owner(state, device);
        state
            .removals
            .iter()
            .any(|removal| Some(removal.member) == member && removal.device.is_none_or(|dropped| dropped == device))
    }

    /// Tells whether entries of a chain may be kept out though their author may write: somebody was removed, or a fork of
    /// it was settled.
    pub(crate) fn is_doubtful(&self, chain: &Chain) -> bool {
        self.is_removed(chain.device) || self.state().resolved.contains_key(&chain_name(chain))
    }

    /// Tells whether an act that stands settled a fork.
    pub(crate) fn settles_fork(&self, act: EntryId) -> bool {
        self.state().resolved.values().flatten().any(|one| one.by == act)
    }

    /// Tells the store the verdict of every act: one that is new may change that of any other.
    pub(super) fn set_act_verdicts(&mut self) -> Result<(), Error> {
        let writer = self.writer.as_mut().expect("a transaction was begun");
        Ok(writer.set_verdicts(self.governance.verdicts())?)
    }

    /// Opens the copies of keys that were sealed to this device, or to the invitation that brought it, and the earlier
    /// keys under them; tells whether there were any.
    pub(super) fn open_new_keys(&mut self) -> bool {
        let state = self.governance.state();
        let mut keys = self.keys.spaces.clone();
        let mut given = state.keys_for(&self.keys.agreement);
        if let Some(secret) = &self.keys.invitation {
            given.extend(state.keys_for(&Agreement::from_seed(&invitation_agreement_seed(secret))));
        }
        for (space, epoch, key) in given {
            if !keys.iter().any(|(of, known, _)| (*of, *known) == (space, epoch)) {
                keys.push((space, epoch, key));
            }
        }
        let keys = state.with_earlier(keys);
        if keys.len() == self.keys.spaces.len() {
            return false;
        }
        self.keys.spaces = keys;
        // A copy can be opened again at any time: a failure here loses nothing.
        let _ = self.keys.save(&self.folder.join("keys.json"));
        true
    }
}

/// Returns the name of a chain in cuts.
pub(crate) fn chain_name(chain: &Chain) -> CutChain {
    (chain.space, chain.device, chain.incarnation)
}

/// Returns the last place of a chain that a cut surely keeps; 0 where it forks.
fn last_kept(cut: &Cut, chain: &CutChain, tips: usize) -> u64 {
    match cut.tips.get(chain) {
        Some(kept) if kept.len() == 1 && tips == 1 => kept.first().map_or(0, |(seq, _)| *seq),
        _ => 0,
    }
}
