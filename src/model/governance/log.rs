//! The acts known, each after its past, with what is asked of them often.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::act::{Act, Deed};
use super::bits::Bits;
use super::contest;
use super::judge::{Judged, judge};
use super::mutant::{Mutant, is_planted};
use crate::model::id::{CommunityId, DeviceId, EntryId, MemberId, SpaceId};
use crate::model::verdict::Verdict;

/// A place in the log.
pub(super) type At = usize;

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) act: Act,
    /// All acts before it.
    pub(super) past: Bits,
    /// How many they are.
    pub(super) past_len: usize,
    /// Length of the longest way from the founding: where it stands, whatever else is known.
    pub(super) depth: u64,
    /// Candidates of its past that are void there.
    pub(super) lost: Arc<Bits>,
    /// What it is in its own past: that never changes.
    pub(super) judged: Judged,
    /// Candidates at the same time that it voids if it stands, and those that void it.
    pub(super) voids: Vec<At>,
    pub(super) voided_by: Vec<At>,
    /// Checkpoints at the same time after which its author has no right to it.
    pub(super) outdated_by: Vec<At>,
}

/// Candidates under what they are asked for by.
type Lists<K> = BTreeMap<K, Vec<At>>;

/// Acts in an order in which each stands after its past. Which of the possible orders depends on arrival: nothing that
/// leaves this module may.
#[derive(Debug, Clone)]
pub(super) struct Log {
    pub(super) community: CommunityId,
    nodes: Vec<Node>,
    places: BTreeMap<EntryId, At>,
    heads: BTreeSet<EntryId>,
    /// Acts whose author was seated in their own past.
    witnesses: Vec<At>,
    /// What is void in pasts of several heads.
    lost: HashMap<Bits, Arc<Bits>>,
    /// Candidates of which everything below speaks.
    pub(super) index: Index,
}

/// Candidates by what they are about. People are named by their entrance.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// What brought a device in: foundings and admissions.
    pub(super) entrances: Lists<DeviceId>,
    /// Additions of a device, by the device and by the person.
    pub(super) additions: Lists<DeviceId>,
    pub(super) devices: Lists<At>,
    pub(super) drops: Lists<DeviceId>,
    /// Of an invitation.
    pub(super) admissions: Lists<At>,
    pub(super) closes: Lists<At>,
    /// What gives an admission its seat.
    pub(super) seats: Lists<At>,
    /// What changes somebody's role.
    pub(super) changes: Lists<At>,
    /// What takes somebody out.
    pub(super) ends: Lists<At>,
    /// Those who may once have governed.
    pub(super) governors: BTreeSet<At>,
    /// What somebody did.
    pub(super) by: Lists<At>,
    /// Acts that void what somebody does at the same time.
    pub(super) aimed: Lists<At>,
    pub(super) checkpoints: Vec<At>,
    pub(super) recovers: Vec<At>,
    pub(super) vetoes: Lists<At>,
    pub(super) rules: Vec<At>,
    /// The act that ends the community.
    pub(super) finals: Vec<At>,
    /// Creations, additions and removals of a circle.
    pub(super) circles: Lists<SpaceId>,
    pub(super) owed: Lists<At>,
    pub(super) nonces: Lists<[u8; 16]>,
}

impl Index {
    pub(super) fn of<'a, K: Ord>(lists: &'a Lists<K>, key: &K) -> &'a [At] {
        lists.get(key).map_or(&[], Vec::as_slice)
    }
}

impl Log {
    pub(super) fn new(community: CommunityId) -> Log {
        Log {
            community,
            nodes: Vec::new(),
            places: BTreeMap::new(),
            heads: BTreeSet::new(),
            witnesses: Vec::new(),
            lost: HashMap::new(),
            index: Index::default(),
        }
    }

    pub(super) fn has_nonce(&self, nonce: &[u8; 16]) -> bool {
        self.index.nonces.contains_key(nonce)
    }

    /// Appends an act whose past is known, and judges it there.
    pub(super) fn push(&mut self, act: Act) {
        let mut past = Bits::default();
        let mut depth = 0;
        for id in &act.past {
            let at = self.places[id];
            past.unite(&self.nodes[at].past);
            past.insert(at);
            depth = depth.max(self.nodes[at].depth + 1);
            self.heads.remove(id);
        }
        let past_len = past.len();
        let lost = Arc::new(contest::lost(self, &past));
        if !self.has_one_head(&past, past_len) {
            self.lost.insert(past.clone(), Arc::clone(&lost));
        }
        let judged = judge(self, &act, &past, &lost);
        let at = self.nodes.len();
        self.heads.insert(act.id);
        self.places.insert(act.id, at);
        let (voids, voided_by, outdated_by) = (Vec::new(), Vec::new(), Vec::new());
        self.nodes.push(Node { act, past, past_len, depth, lost, judged, voids, voided_by, outdated_by });
        if self.nodes[at].judged.verdict == Verdict::Counted {
            self.note(at);
            self.note_outdated(at);
        }
    }

    /// Compares the act with the checkpoints at the same time; if it is one itself, those acts with it. What is before
    /// them was compared earlier, so that each answer rests on answers that are here.
    fn note_outdated(&mut self, at: At) {
        let apart =
            |one: At, other: At| one != other && !self.nodes[one].past.has(other) && !self.nodes[other].past.has(one);
        let candidate = |at: At| self.nodes[at].judged.verdict == Verdict::Counted;
        let checkpoint = matches!(self.nodes[at].act.deed, Deed::Checkpoint);
        let pairs: Vec<(At, At)> = if checkpoint {
            let others = (0..at).filter(|&other| candidate(other) && apart(at, other));
            others.map(|other| (other, at)).collect()
        } else {
            let checkpoints = self.index.checkpoints.iter().copied().filter(|&other| apart(at, other));
            checkpoints.map(|checkpoint| (at, checkpoint)).collect()
        };
        for (act, checkpoint) in pairs {
            if !matches!(self.nodes[act].act.deed, Deed::Checkpoint) && contest::is_outdated(self, act, checkpoint) {
                self.nodes[act].outdated_by.push(checkpoint);
            }
        }
    }

    fn note(&mut self, at: At) {
        let Node { act, judged, .. } = &self.nodes[at];
        let person = judged.person.expect("a candidate has an author");
        let (deed, device, nonce) = (act.deed.clone(), act.device, act.cosigned.as_ref().map(|signed| signed.nonce));
        if judged.seated {
            self.witnesses.push(at);
        }
        if let Some(nonce) = nonce {
            self.index.nonces.entry(nonce).or_default().push(at);
        }
        self.index.by.entry(person).or_default().push(at);
        self.note_entering(at, device, &deed);
        self.note_rights(at, person, &deed);
        self.note_voiding(at, person, &deed);
    }

    fn note_entering(&mut self, at: At, device: DeviceId, deed: &Deed) {
        let place = |id: &EntryId| self.places[id];
        let index = &mut self.index;
        match deed {
            Deed::Found(_) => {
                index.entrances.entry(device).or_default().push(at);
                index.governors.insert(at);
            }
            Deed::Admission(admission) => {
                let invitation = place(&admission.invitation);
                if super::judge::entrance_role(&self.nodes, &self.places, at).governs() {
                    index.governors.insert(at);
                }
                index.entrances.entry(device).or_default().push(at);
                index.admissions.entry(invitation).or_default().push(at);
            }
            Deed::Seat { admissions, .. } => {
                for id in admissions {
                    index.seats.entry(place(id)).or_default().push(at);
                }
            }
            Deed::Admit(admit) => {
                for id in &admit.admissions {
                    index.seats.entry(place(id)).or_default().push(at);
                }
            }
            Deed::Close { invitation } => index.closes.entry(place(invitation)).or_default().push(at),
            Deed::DeviceAdd(add) => {
                index.additions.entry(add.device).or_default().push(at);
                index.devices.entry(place(&add.member.into())).or_default().push(at);
            }
            Deed::DeviceDrop { device, .. } => index.drops.entry(*device).or_default().push(at),
            _ => {}
        }
    }

    fn note_rights(&mut self, at: At, person: At, deed: &Deed) {
        let place = |id: &MemberId| self.places[&EntryId::from(*id)];
        let index = &mut self.index;
        match deed {
            Deed::Grant { member, role, .. } => {
                let member = place(member);
                index.changes.entry(member).or_default().push(at);
                index.seats.entry(member).or_default().push(at);
                if role.governs() {
                    index.governors.insert(member);
                }
            }
            Deed::Resign { .. } => index.changes.entry(person).or_default().push(at),
            Deed::Leave => index.ends.entry(person).or_default().push(at),
            Deed::Revoke { member, .. } => index.ends.entry(place(member)).or_default().push(at),
            Deed::Checkpoint => index.checkpoints.push(at),
            Deed::Recover { .. } | Deed::Confirm { .. } => {
                let recover = match deed {
                    Deed::Confirm { recover } => self.places[recover],
                    _ => at,
                };
                if recover == at {
                    index.recovers.push(at);
                }
                let Deed::Recover { animators } = &self.nodes[recover].act.deed else { return };
                for member in animators {
                    let member = place(member);
                    index.changes.entry(member).or_default().push(at);
                    index.governors.insert(member);
                }
            }
            Deed::Veto { recover } => index.vetoes.entry(self.places[recover]).or_default().push(at),
            Deed::Rule(_) => index.rules.push(at),
            Deed::End => index.finals.push(at),
            Deed::CircleCreate(create) => index.circles.entry(create.space).or_default().push(at),
            Deed::CircleAdd(add) => index.circles.entry(add.space).or_default().push(at),
            Deed::CircleRemove { space, .. } => index.circles.entry(*space).or_default().push(at),
            Deed::OwedCut { removal, .. } => index.owed.entry(self.places[removal]).or_default().push(at),
            _ => {}
        }
    }

    /// Notes whom the act voids among those before it in the log, and by whom it is voided: they are at the same time
    /// exactly if they are not in its past.
    fn note_voiding(&mut self, at: At, person: At, deed: &Deed) {
        let past = &self.nodes[at].past;
        let past = if is_planted(Mutant::CutIgnored) { &Bits::default() } else { past };
        let (mut voids, mut voided_by) = (Vec::new(), Vec::new());
        if let Some(target) = self.target(deed) {
            let others = Index::of(&self.index.by, &target).iter().copied();
            voids = others.filter(|&other| other != at && !past.has(other) && self.is_aimed(at, other)).collect();
            self.index.aimed.entry(target).or_default().push(at);
        }
        for &other in Index::of(&self.index.aimed, &person) {
            if other != at && !past.has(other) && self.is_aimed(other, at) {
                voided_by.push(other);
            }
        }
        voids.iter().for_each(|&other| self.nodes[other].voided_by.push(at));
        voided_by.iter().for_each(|&other| self.nodes[other].voids.push(at));
        (self.nodes[at].voids, self.nodes[at].voided_by) = (voids, voided_by);
    }

    /// Returns the person whose acts at the same time the act voids.
    fn target(&self, deed: &Deed) -> Option<At> {
        let member = match deed {
            Deed::Revoke { member, .. } | Deed::DeviceDrop { member, .. } | Deed::CircleRemove { member, .. } => member,
            Deed::Grant { member, cut: Some(_), .. } => member,
            _ => return None,
        };
        self.place((*member).into())
    }

    /// Tells whether an act, by the person that a removal takes out, is of those that it takes out.
    fn is_aimed(&self, removal: At, at: At) -> bool {
        let act = &self.nodes[at].act;
        if matches!(act.deed, Deed::Checkpoint | Deed::Found(_) | Deed::Admission(_)) {
            return matches!(act.deed, Deed::Checkpoint) && is_planted(Mutant::CheckpointRemoved);
        }
        match &self.nodes[removal].act.deed {
            Deed::DeviceDrop { device, .. } => {
                let vouched =
                    matches!(&act.deed, Deed::DeviceAdd(add) if add.signer == *device && add.device == act.device);
                act.device == *device || vouched || is_planted(Mutant::DropVoidsPerson)
            }
            Deed::CircleRemove { space, .. } => match &act.deed {
                Deed::CircleAdd(add) => add.space == *space,
                Deed::CircleRemove { space: other, .. } => other == space,
                Deed::Rotate(rotate) => rotate.space == *space,
                _ => false,
            },
            Deed::Grant { role, .. } => self.nodes[at].judged.needed < *role || is_planted(Mutant::DemotionVoidsAll),
            _ => true,
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

    /// Returns the entrance of a member.
    pub(super) fn entrance(&self, member: MemberId) -> Option<At> {
        let at = self.place(member.into())?;
        let node = &self.nodes[at];
        let enters = matches!(node.act.deed, Deed::Found(_) | Deed::Admission(_));
        (enters && node.judged.verdict == Verdict::Counted).then_some(at)
    }

    /// Returns the role that an entrance gives.
    pub(super) fn entrance_role(&self, entrance: At) -> super::Role {
        super::judge::entrance_role(&self.nodes, &self.places, entrance)
    }

    pub(super) fn heads(&self) -> &BTreeSet<EntryId> {
        &self.heads
    }

    pub(super) fn witnesses(&self) -> &[At] {
        &self.witnesses
    }

    /// Tells whether one act of a set that holds the past of each has all others in its past.
    pub(super) fn has_one_head(&self, set: &Bits, len: usize) -> bool {
        set.last().is_some_and(|last| self.nodes[last].past_len + 1 == len)
    }

    /// Returns what is void in a set of several heads, if it is the past of some act.
    pub(super) fn known_lost(&self, set: &Bits) -> Option<&Bits> {
        self.lost.get(set).map(|lost| &**lost)
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
