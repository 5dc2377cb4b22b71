//! What removals do to entries of documents, and settled forks: beyond their cuts is quarantine.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Governance;
use super::act::Deed;
use super::cut::{Cut, CutChain, Place};
use super::log::{At, Index, Log};
use super::state::{Resolution, State};
use super::view::View;
use crate::model::id::{DeviceId, EntryId, MemberId, SpaceId};

/// A removal that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The act.
    pub by: EntryId,
    /// Who is removed, or demoted to a role that doesn't write, or loses a device.
    pub member: MemberId,
    /// The one device, where it is not the member.
    pub device: Option<DeviceId>,
    /// The one space, where it is not the whole community.
    pub space: Option<SpaceId>,
    /// What still counts.
    pub cut: Arc<Cut>,
    /// What still counts in spaces that the removal's author did not hold, by the acts that say so.
    pub owed: BTreeMap<EntryId, Arc<Cut>>,
}

/// Whether an entry is kept out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quarantine {
    /// It is beyond no cut.
    Free,
    /// It is beyond the cut of this removal, and of all others that speak of its space; or on a branch that doesn't count
    /// since this act settled the fork.
    Beyond(EntryId),
    /// It is beyond a cut, and an animator let it in.
    Adopted,
    /// It is beyond a cut of this removal, and an animator took it off the list.
    Dismissed(EntryId),
}

impl Removal {
    fn concerns(&self, member: MemberId, place: &Place) -> bool {
        self.member == member
            && self.device.is_none_or(|device| device == place.device)
            && self.space.is_none_or(|space| space == place.space)
    }

    /// Returns the cuts that speak of a space.
    fn cuts(&self, space: SpaceId) -> impl Iterator<Item = &Cut> {
        std::iter::once(&self.cut).chain(self.owed.values()).map(|cut| &**cut).filter(move |cut| cut.names(space))
    }
}

impl State {
    /// Lists the removals that say nothing yet of a space in which the removed could write: somebody who holds it says
    /// so, in an owed cut.
    pub fn owed_cuts(&self, space: SpaceId) -> Vec<&Removal> {
        let silent = |removal: &&Removal| {
            removal.space.is_none_or(|other| other == space) && removal.cuts(space).next().is_none()
        };
        self.removals.iter().filter(silent).collect()
    }
}

/// What is known of the branches of the chain in which an entry stands.
#[derive(Clone, Copy)]
pub struct Branches<'a> {
    /// Tells whether a tip has the entry in its chain; true where the tip is not here.
    pub on: &'a dyn Fn(EntryId) -> bool,
    /// Tells whether the entry has another, at this place before it, in its chain.
    pub after: &'a dyn Fn(u64, EntryId) -> bool,
}

impl Resolution {
    /// Tells whether an entry of the chain counts: it is on the branch that goes on, or no later than what counts of the
    /// others.
    pub fn keeps(&self, place: &Place, branches: &Branches<'_>) -> bool {
        let (seq, id) = self.choice;
        let chosen = match place.seq.cmp(&seq) {
            Ordering::Less => (branches.on)(id),
            Ordering::Equal => place.id == id,
            Ordering::Greater => (branches.after)(seq, id),
        };
        chosen || self.cut.keeps(*place, branches.on)
    }
}

impl State {
    /// Returns how the fork was settled that this entry is left out by: of several at the same time each keeps what it
    /// names. None where the chain has no settled fork, or the entry counts.
    fn unchosen(&self, place: &Place, branches: &Branches<'_>) -> Option<EntryId> {
        let settled = self.resolved.get(&(place.space, place.device, place.incarnation))?;
        let kept = settled.iter().any(|one| one.keeps(place, branches));
        settled.first().filter(|_| !kept).map(|one| one.by)
    }
}

impl Governance {
    /// Tells whether an entry of a document is beyond the cuts of removals that its author had not seen, or on a branch
    /// of a settled fork that doesn't count. `gov` are its heads of governance. None if one of the heads is unknown.
    pub fn quarantine(&self, place: &Place, gov: &[EntryId], branches: &Branches<'_>) -> Option<Quarantine> {
        let state = self.state();
        let past = self.state_at(gov)?;
        let Some(member) = past.device(place.device) else { return Some(Quarantine::Free) };
        let seen = |removal: &Removal| gov.iter().any(|&head| head == removal.by || self.in_past(removal.by, head));
        let unseen = || state.removals.iter().filter(|removal| removal.concerns(member, place) && !seen(removal));
        // Who removed later knew of the earlier cut, and decided anew.
        let replaced = |removal: &Removal| unseen().any(|later| self.in_past(removal.by, later.by));
        let concerned = || unseen().filter(|removal| !replaced(removal));
        let by = concerned().find(|removal| removal.cuts(place.space).next().is_some()).map(|removal| removal.by);
        let kept = concerned().flat_map(|removal| removal.cuts(place.space)).any(|cut| cut.keeps(*place, branches.on));
        Some(match by.filter(|_| !kept).or_else(|| state.unchosen(place, branches)) {
            None => Quarantine::Free,
            Some(_) if state.adopted.contains(&place.id) => Quarantine::Adopted,
            Some(by) if state.dismissed.contains(&place.id) => Quarantine::Dismissed(by),
            Some(by) => Quarantine::Beyond(by),
        })
    }
}

/// Folds removals and settled forks.
pub(super) fn fold(state: &mut State, view: &View<'_>, log: &Log, counting: &[At]) {
    let mut resolves: Vec<At> = Vec::new();
    for &at in counting {
        let deed = &log.node(at).act.deed;
        let (member, device, space, cut) = match deed {
            Deed::Revoke { member, cut } => (member, None, None, cut),
            Deed::Grant { member, role, cut: Some(cut), .. } if !role.writes() => (member, None, None, cut),
            Deed::DeviceDrop { member, device, cut } => (member, Some(*device), None, cut),
            Deed::CircleRemove { space, member, cut } => (member, None, Some(*space), cut),
            Deed::Resolve(_) => {
                resolves.push(at);
                continue;
            }
            _ => continue,
        };
        let owed = Index::of(&log.index.owed, &at).iter().filter(|&&other| view.live(other));
        let owed = owed.filter_map(|&other| match &log.node(other).act.deed {
            Deed::OwedCut { cut, .. } => Some((log.id(other), Arc::clone(cut))),
            _ => None,
        });
        let (by, member, cut, owed) = (log.id(at), *member, Arc::clone(cut), owed.collect());
        state.removals.push(Removal { by, member, device, space, cut, owed });
    }
    state.removals.sort_by_key(|removal| removal.by);
    let mut forks: BTreeMap<CutChain, Vec<(At, Resolution)>> = BTreeMap::new();
    for at in resolves {
        let Deed::Resolve(resolve) = &log.node(at).act.deed else { continue };
        let resolution = Resolution { by: log.id(at), choice: (resolve.seq, resolve.hash), cut: resolve.cut.clone() };
        forks.entry((resolve.space, resolve.device, resolve.incarnation)).or_default().push((at, resolution));
    }
    for (chain, all) in forks {
        // Who settled the same fork later knew of it, and decided anew.
        let latest = |at: At| !all.iter().any(|(later, _)| log.node(*later).past.has(at));
        let mut kept: Vec<Resolution> =
            all.iter().filter(|(at, _)| latest(*at)).map(|(_, resolution)| resolution.clone()).collect();
        kept.sort_by_key(|resolution| resolution.by);
        state.resolved.insert(chain, kept);
    }
}
