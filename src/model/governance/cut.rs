//! Cuts: what still counts of who is removed.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::id::{DeviceId, EntryId, Incarnation, SpaceId};
use crate::wire::entry as wire;

/// Most tips that a cut names: more don't fit an entry.
pub const TIPS_MAX: usize = 512;

/// A chain, as cuts name it.
pub type CutChain = (SpaceId, DeviceId, Incarnation);

/// What still counts of a person or device that is removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cut {
    /// The spaces of which it speaks, beside the governance log, of which it always does.
    pub spaces: BTreeSet<SpaceId>,
    /// The last entries that count, as (seq, id), by chain.
    pub tips: BTreeMap<CutChain, BTreeSet<(u64, EntryId)>>,
}

/// Where an entry stands among those of its author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The space.
    pub space: SpaceId,
    /// The author's device.
    pub device: DeviceId,
    /// The life of the device.
    pub incarnation: Incarnation,
    /// The place in the chain.
    pub seq: u64,
    /// The entry.
    pub id: EntryId,
}

impl Place {
    /// Returns where a header's entry stands.
    pub fn of(entry: &crate::model::Entry) -> Place {
        let header = entry.header();
        Place {
            space: header.space,
            device: header.device,
            incarnation: header.incarnation,
            seq: header.seq,
            id: entry.id(),
        }
    }
}

impl Cut {
    /// Tells whether it speaks of a space.
    pub fn names(&self, space: SpaceId) -> bool {
        space == SpaceId::GOVERNANCE || self.spaces.contains(&space)
    }

    /// Adds a tip, and its space.
    pub fn add(&mut self, place: Place) {
        if place.space != SpaceId::GOVERNANCE {
            self.spaces.insert(place.space);
        }
        let chain = (place.space, place.device, place.incarnation);
        self.tips.entry(chain).or_default().insert((place.seq, place.id));
    }

    /// Tells whether an entry is no later than a tip of its chain. `on_branch` is asked, for an entry before a tip,
    /// whether the tip has it in its chain: true where the tip is not here.
    pub fn keeps(&self, place: Place, on_branch: &dyn Fn(EntryId) -> bool) -> bool {
        let chain = (place.space, place.device, place.incarnation);
        let tips = self.tips.get(&chain).into_iter().flatten();
        tips.into_iter().any(|&(seq, tip)| tip == place.id || place.seq < seq && on_branch(tip))
    }

    /// Reads a cut.
    pub(super) fn read(cut: &wire::Cut) -> Option<Cut> {
        let spaces: Vec<SpaceId> = cut.spaces.iter().map(|id| SpaceId::from_slice(id)).collect::<Option<_>>()?;
        let ascending = spaces.is_sorted_by(|one, next| one < next) && spaces.first().is_none_or(|id| !id.is_zero());
        if !ascending || cut.tips.len() > TIPS_MAX {
            return None;
        }
        let mut read = Cut { spaces: spaces.into_iter().collect(), tips: BTreeMap::new() };
        let mut last = None;
        for tip in &cut.tips {
            let place = Place {
                space: SpaceId::from_slice(&tip.space)?,
                device: DeviceId::from_slice(&tip.device)?,
                incarnation: Incarnation::from_slice(&tip.incarnation)?,
                seq: tip.seq,
                id: EntryId::from_slice(&tip.hash)?,
            };
            let order = Some((place.space, place.device, place.incarnation, place.seq, place.id));
            if order <= last || place.seq == 0 || !read.names(place.space) {
                return None;
            }
            last = order;
            read.add(place);
        }
        Some(read)
    }

    /// Returns it as it is written.
    pub(super) fn to_wire(&self) -> wire::Cut {
        let tips = self.tips.iter().flat_map(|(&(space, device, incarnation), tips)| {
            tips.iter().map(move |&(seq, id)| wire::Tip {
                space: space.0.to_vec(),
                device: device.0.to_vec(),
                incarnation: incarnation.0.to_vec(),
                seq,
                hash: id.0.to_vec(),
            })
        });
        wire::Cut { spaces: self.spaces.iter().map(|id| id.0.to_vec()).collect(), tips: tips.collect() }
    }
}
