//! The acts known, each after its past, with what is asked of them often.

use std::collections::{BTreeMap, BTreeSet};

use super::act::{Act, Deed};
use super::bits::Bits;
use super::judge::{Judged, judge};
use crate::model::id::{CommunityId, DeviceId, EntryId};
use crate::model::verdict::Verdict;

/// A place in the log.
pub(super) type At = usize;

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) act: Act,
    /// All acts before it.
    pub(super) past: Bits,
    /// What it is in its own past: that never changes.
    pub(super) judged: Judged,
}

/// Acts in an order in which each stands after its past. Which of the possible orders depends on arrival: nothing that
/// leaves this module may.
#[derive(Debug, Clone)]
pub(super) struct Log {
    pub(super) community: CommunityId,
    nodes: Vec<Node>,
    places: BTreeMap<EntryId, At>,
    heads: BTreeSet<EntryId>,
    /// Candidates that brought a device in, by device.
    entrances: BTreeMap<DeviceId, Vec<At>>,
    /// Candidate admissions of an invitation.
    admissions: BTreeMap<At, Vec<At>>,
    /// Candidate seats that name an admission.
    seats: BTreeMap<At, Vec<At>>,
    /// Candidate closes of an invitation.
    closes: BTreeMap<At, Vec<At>>,
    /// Acts whose author was seated in their own past.
    witnesses: Vec<At>,
}

impl Log {
    pub(super) fn new(community: CommunityId) -> Log {
        Log {
            community,
            nodes: Vec::new(),
            places: BTreeMap::new(),
            heads: BTreeSet::new(),
            entrances: BTreeMap::new(),
            admissions: BTreeMap::new(),
            seats: BTreeMap::new(),
            closes: BTreeMap::new(),
            witnesses: Vec::new(),
        }
    }

    /// Appends an act whose past is known, and judges it there.
    pub(super) fn push(&mut self, act: Act) {
        let mut past = Bits::default();
        for id in &act.past {
            let at = self.places[id];
            past.unite(&self.nodes[at].past);
            past.insert(at);
            self.heads.remove(id);
        }
        let judged = judge(self, &act, &past);
        let at = self.nodes.len();
        self.heads.insert(act.id);
        self.places.insert(act.id, at);
        self.nodes.push(Node { act, past, judged });
        if judged.verdict == Verdict::Counted {
            self.note(at);
        }
    }

    fn note(&mut self, at: At) {
        let Node { act, judged, .. } = &self.nodes[at];
        if judged.seated {
            self.witnesses.push(at);
        }
        match &act.deed {
            Deed::Found(_) => self.entrances.entry(act.device).or_default().push(at),
            Deed::Admission(admission) => {
                let invitation = self.places[&admission.invitation];
                self.entrances.entry(act.device).or_default().push(at);
                self.admissions.entry(invitation).or_default().push(at);
            }
            Deed::Seat { admissions, .. } => {
                for id in admissions {
                    self.seats.entry(self.places[id]).or_default().push(at);
                }
            }
            Deed::Close { invitation } => self.closes.entry(self.places[invitation]).or_default().push(at),
            Deed::Invite(_) | Deed::Join | Deed::Unknown | Deed::Malformed => {}
        }
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, at: At) -> &Node {
        &self.nodes[at]
    }

    pub(super) fn id(&self, at: At) -> EntryId {
        self.nodes[at].act.id
    }

    pub(super) fn place(&self, id: EntryId) -> Option<At> {
        self.places.get(&id).copied()
    }

    pub(super) fn heads(&self) -> &BTreeSet<EntryId> {
        &self.heads
    }

    pub(super) fn entrances(&self, device: DeviceId) -> &[At] {
        self.entrances.get(&device).map_or(&[], Vec::as_slice)
    }

    pub(super) fn admissions(&self, invitation: At) -> &[At] {
        self.admissions.get(&invitation).map_or(&[], Vec::as_slice)
    }

    pub(super) fn seats(&self, admission: At) -> &[At] {
        self.seats.get(&admission).map_or(&[], Vec::as_slice)
    }

    pub(super) fn closes(&self, invitation: At) -> &[At] {
        self.closes.get(&invitation).map_or(&[], Vec::as_slice)
    }

    pub(super) fn witnesses(&self) -> &[At] {
        &self.witnesses
    }

    /// Returns these acts and all before them; none if one is unknown.
    pub(super) fn closure(&self, heads: &[EntryId]) -> Option<Bits> {
        let mut set = Bits::default();
        for &head in heads {
            let at = self.place(head)?;
            set.unite(&self.nodes[at].past);
            set.insert(at);
        }
        Some(set)
    }
}
