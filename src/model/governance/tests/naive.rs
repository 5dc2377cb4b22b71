//! A second evaluator, written from the rule alone: slow, recursive, and without a line in common with the first.
//!
//! In the past of an act stand other acts; what its author may is decided among those alone. A person has a seat if a
//! valid seat names them. Without one they count if their admission came in time, every close of the invitation has it in
//! its past, it is among the first that are free (witnessed first, then by id), and whoever invited them counts.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::sign::AdmissionProof;
use crate::model::verdict::{Breach, Mask};

type Ids = BTreeSet<EntryId>;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Firm {
    Seat,
    Counts,
    Waits,
}

/// All acts, and the pasts and answers already worked out.
#[derive(Default)]
pub(super) struct Naive {
    acts: BTreeMap<EntryId, Act>,
    pasts: BTreeMap<EntryId, Ids>,
    answers: BTreeMap<EntryId, Verdict>,
    /// Who did a valid act, and how they stood in its past; an entrance is its own.
    authors: BTreeMap<EntryId, (EntryId, Firm)>,
}

impl Naive {
    /// Takes acts, each after its past.
    pub(super) fn new(acts: &[Act]) -> Naive {
        let mut naive = Naive::default();
        for act in acts {
            let mut past: Ids = act.past.iter().copied().collect();
            act.past.iter().for_each(|id| past.extend(&naive.pasts[id]));
            naive.pasts.insert(act.id, past);
            naive.acts.insert(act.id, act.clone());
            let answer = naive.own_past(act.id);
            naive.answers.insert(act.id, answer);
            if answer == Verdict::Counted {
                let author = match act.deed {
                    Deed::Found(_) | Deed::Admission(_) => (act.id, Firm::Waits),
                    _ => naive.person(&naive.pasts[&act.id], act.device).expect("a valid act has an author"),
                };
                naive.authors.insert(act.id, author);
            }
        }
        naive
    }

    /// Returns verdict and firmness of everything in a set that holds the past of each.
    pub(super) fn verdicts(&self, set: &Ids) -> BTreeMap<EntryId, Verdict> {
        set.iter().map(|&id| (id, self.verdict(set, id))).collect()
    }

    fn verdict(&self, set: &Ids, id: EntryId) -> Verdict {
        if self.answers[&id] != Verdict::Counted {
            return self.answers[&id];
        }
        let person = self.authors[&id].0;
        if self.firm(set, person) == Firm::Waits { Verdict::Masked(Mask::Pending) } else { Verdict::Counted }
    }

    fn valid<'a>(&'a self, set: &'a Ids) -> impl Iterator<Item = &'a Act> {
        set.iter().filter(|id| self.answers.get(id) == Some(&Verdict::Counted)).map(|id| &self.acts[id])
    }

    fn person(&self, set: &Ids, device: DeviceId) -> Option<(EntryId, Firm)> {
        self.valid(set)
            .filter(|act| act.device == device && matches!(act.deed, Deed::Found(_) | Deed::Admission(_)))
            .map(|act| (act.id, self.firm(set, act.id)))
            .min_by_key(|&(id, firm)| (firm, id))
    }

    pub(super) fn firm(&self, set: &Ids, person: EntryId) -> Firm {
        let Deed::Admission(admission) = &self.acts[&person].deed else { return Firm::Seat };
        let seats = |act: &Act| matches!(&act.deed, Deed::Seat { admissions, .. } if admissions.contains(&person));
        if self.valid(set).any(seats) {
            return Firm::Seat;
        }
        let inviter = self.authors[&admission.invitation].0;
        let counts = self.first(set, admission.invitation).contains(&person) && self.firm(set, inviter) != Firm::Waits;
        if counts { Firm::Counts } else { Firm::Waits }
    }

    fn first(&self, set: &Ids, invitation: EntryId) -> Vec<EntryId> {
        let Deed::Invite(invite) = &self.acts[&invitation].deed else { panic!("an invitation") };
        if invite.confirm {
            return Vec::new();
        }
        let all: Vec<&Act> = self
            .valid(set)
            .filter(|act| matches!(&act.deed, Deed::Admission(admission) if admission.invitation == invitation))
            .collect();
        let seated = |act: &&Act| {
            self.valid(set)
                .any(|seat| matches!(&seat.deed, Deed::Seat { admissions, .. } if admissions.contains(&act.id)))
        };
        let seen = |act: &&Act| {
            self.valid(set)
                .filter(|close| matches!(close.deed, Deed::Close { invitation: closed } if closed == invitation))
                .all(|close| self.pasts[&close.id].contains(&act.id))
        };
        let witnessed = |id: EntryId| {
            self.valid(set).any(|act| {
                let (author, firm) = self.authors[&act.id];
                self.pasts[&act.id].contains(&id) && author != id && firm == Firm::Seat
            })
        };
        let free = (invite.uses as usize).saturating_sub(all.iter().copied().filter(seated).count());
        let mut candidates: Vec<EntryId> = all
            .into_iter()
            .filter(|act| !seated(act) && act.time <= invite.expires && seen(act))
            .map(|act| act.id)
            .collect();
        candidates.sort_by_key(|&id| (!witnessed(id), id));
        candidates.truncate(free);
        candidates
    }

    fn own_past(&self, id: EntryId) -> Verdict {
        let right = |right| if right { Verdict::Counted } else { Verdict::Void(Breach::Right) };
        let act = &self.acts[&id];
        let past = &self.pasts[&id];
        let invitation = |id: &EntryId| match self.valid(past).find(|act| act.id == *id).map(|act| &act.deed) {
            Some(Deed::Invite(invite)) => Some(invite),
            _ => None,
        };
        let author = self.person(past, act.device);
        match &act.deed {
            Deed::Malformed => return Verdict::Void(Breach::Shape),
            Deed::Found(_) => return Verdict::Counted,
            Deed::Admission(admission) => {
                let proof = AdmissionProof {
                    community: act.community,
                    invitation: admission.invitation,
                    device: act.device,
                    agreement: admission.agreement,
                };
                let shown = invitation(&admission.invitation)
                    .is_some_and(|invite| proof.verify(invite.signing, &admission.signature));
                return right(shown && author.is_none_or(|(_, firm)| firm == Firm::Waits));
            }
            _ => {}
        }
        let Some((person, firm)) = author else { return right(false) };
        if firm == Firm::Waits {
            return Verdict::Masked(Mask::Pending);
        }
        let role = match &self.acts[&person].deed {
            Deed::Admission(admission) => match &self.acts[&admission.invitation].deed {
                Deed::Invite(invite) => invite.role,
                _ => panic!("an invitation"),
            },
            _ => Role::Founder,
        };
        let governs = firm == Firm::Seat && [Role::Founder, Role::Animator].contains(&role);
        right(match &act.deed {
            Deed::Invite(invite) => match role {
                Role::Founder => true,
                Role::Animator => invite.role != Role::Founder,
                _ => false,
            },
            Deed::Close { invitation: id } => invitation(id).is_some() && (governs || self.authors[id].0 == person),
            Deed::Seat { invitation: id, admissions } => {
                let entered = |admission: &EntryId| {
                    self.valid(past).any(|act| {
                        act.id == *admission
                            && matches!(&act.deed, Deed::Admission(admission) if admission.invitation == *id)
                    }) && self.firm(past, *admission) != Firm::Waits
                };
                governs && invitation(id).is_some() && admissions.iter().all(entered)
            }
            _ => true,
        })
    }
}
