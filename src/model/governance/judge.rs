//! The first step of evaluation: is the act right in its own past?
//!
//! Only the acts in its past are looked at, so that the answer never changes, whatever else arrives.

use super::act::{Act, Admission, Deed};
use super::bits::Bits;
use super::log::{At, Log};
use super::role::Role;
use super::view::{Standing, View};
use crate::model::sign::AdmissionProof;
use crate::model::verdict::{Breach, Mask, Verdict};

/// What an act is in its own past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judged {
    /// `Counted` makes it a candidate.
    pub(super) verdict: Verdict,
    /// Entrance of the author; an entrance is its own.
    pub(super) person: Option<At>,
    /// The author had a seat.
    pub(super) seated: bool,
}

const RIGHT: Verdict = Verdict::Void(Breach::Right);

/// Judges an act that is about to be appended to the log.
pub(super) fn judge(log: &Log, act: &Act, past: &Bits) -> Judged {
    let nobody = |verdict| Judged { verdict, person: None, seated: false };
    let own = |verdict| Judged { verdict, person: Some(log.len()), seated: false };
    let place = log.len() == 0 && act.past.is_empty() || log.len() > 0 && !act.past.is_empty();
    let chained = act.prev.and_then(|prev| log.place(prev)).is_none_or(|at| log.node(at).act.device == act.device);
    if !place || !chained {
        return nobody(Verdict::Void(Breach::Place));
    }
    let view = View::new(log, past);
    match &act.deed {
        Deed::Malformed => return nobody(Verdict::Void(Breach::Shape)),
        Deed::Found(_) if log.len() == 0 => return Judged { seated: true, ..own(Verdict::Counted) },
        Deed::Found(_) => return nobody(Verdict::Void(Breach::Place)),
        Deed::Admission(admission) => {
            return if admits(&view, log, act, admission) { own(Verdict::Counted) } else { nobody(RIGHT) };
        }
        _ => {}
    }
    match view.person(act.device) {
        None => nobody(RIGHT),
        Some((person, Standing::Pending)) => Judged { person: Some(person), ..nobody(Verdict::Masked(Mask::Pending)) },
        Some((person, standing)) => {
            let seated = standing == Standing::Seated;
            let verdict = if may(&view, log, act, person, seated) { Verdict::Counted } else { RIGHT };
            Judged { verdict, person: Some(person), seated }
        }
    }
}

/// Tells whether an admission shows that its device holds the secret of an invitation in its past.
fn admits(view: &View<'_>, log: &Log, act: &Act, admission: &Admission) -> bool {
    let Some(invite) = log.place(admission.invitation).and_then(|at| view.invitation(at)) else { return false };
    let newcomer = view.person(act.device).is_none_or(|(_, standing)| standing == Standing::Pending);
    let proof = AdmissionProof {
        community: log.community,
        invitation: admission.invitation,
        device: act.device,
        agreement: admission.agreement,
    };
    newcomer && proof.verify(invite.signing, &admission.signature)
}

/// Tells whether somebody who is in may do this.
fn may(view: &View<'_>, log: &Log, act: &Act, person: At, seated: bool) -> bool {
    let role = role(log, person);
    let invitation = |id| log.place(id).filter(|&at| view.invitation(at).is_some());
    match &act.deed {
        Deed::Join | Deed::Unknown => true,
        Deed::Invite(invite) => role.invites(invite.role),
        Deed::Close { invitation: id } => {
            invitation(*id).is_some_and(|at| seated && role.governs() || view.author(at) == person)
        }
        Deed::Seat { invitation: id, admissions } => {
            let Some(at) = invitation(*id).filter(|_| seated && role.governs()) else { return false };
            let counting = view.counting(at);
            admissions.iter().all(|&admission| log.place(admission).is_some_and(|at| counting.contains(&at)))
        }
        Deed::Found(_) | Deed::Admission(_) | Deed::Malformed => false,
    }
}

/// Returns the role that an entrance gives.
pub(super) fn role(log: &Log, entrance: At) -> Role {
    match &log.node(entrance).act.deed {
        Deed::Admission(admission) => {
            let invitation = log.place(admission.invitation).map(|at| &log.node(at).act.deed);
            let Some(Deed::Invite(invite)) = invitation else {
                unreachable!("a candidate admission has an invitation")
            };
            invite.role
        }
        _ => Role::Founder,
    }
}
