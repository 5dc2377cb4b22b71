//! What a node does by itself, so that nobody has to be awake.
//!
//! Duties end: once those that are due were written and exchanged among all nodes, none is due any more, until something
//! new arrives or time passes an expiry. Each takes away its own cause for everybody who sees it: a seat and a close for
//! good, a witness likewise. Heads are joined without being asked only by the author of the smallest one, or nodes that
//! act at the same moment would do so for ever.

use super::log::Log;
use super::role::Role;
use super::state::{Invitation, State, Status};
use super::view::View;
use super::{Bits, Governance};
use crate::model::header::GOV_MAX;
use crate::model::id::{DeviceId, EntryId, MemberId, Timestamp};

/// A governance entry that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Duty {
    /// Give seats to admissions of an invitation.
    Seat {
        /// The invitation.
        invitation: EntryId,
        /// Those who have none yet.
        admissions: Vec<EntryId>,
    },
    /// Close an invitation: its seats are given, or it expired.
    Close {
        /// The invitation.
        invitation: EntryId,
    },
    /// Bear witness, or join heads.
    Join,
}

impl Governance {
    /// Returns what the node of a device has to write now, in this order, each after the one before.
    ///
    /// Witness is due to all at once: a node that waits a random while before it writes a `Join`, and asks again, will
    /// mostly find that another was first.
    pub fn duties(&self, device: DeviceId, now: Timestamp) -> Vec<Duty> {
        let state = self.state();
        let Some(id) = state.device(device) else { return Vec::new() };
        let member = &state.members[&id];
        if member.status != Status::Active || member.role == Role::Relay || state.ended.is_some() {
            return Vec::new();
        }
        let mut duties = Vec::new();
        if member.seated && member.role.governs() {
            for (&invitation, details) in &state.invitations {
                duties.extend(about(state, invitation, details, now));
            }
        }
        let witness = || member.seated && self.lacks_witness(state, id);
        if duties.is_empty() && (self.joins_heads(device) || witness()) {
            duties.push(Duty::Join);
        }
        duties
    }

    /// Tells whether a writer has to join heads before a header can name all it saw.
    pub fn must_join(&self) -> bool {
        self.log().heads().len() > GOV_MAX
    }

    fn joins_heads(&self, device: DeviceId) -> bool {
        let smallest = self.log().heads().first().and_then(|&id| self.log().place(id));
        self.must_join() && smallest.is_some_and(|at| self.log().node(at).act.device == device)
    }

    /// Tells whether an admission is here that might count, has no seat, and that nobody else's act has in its past.
    fn lacks_witness(&self, state: &State, me: MemberId) -> bool {
        let log: &Log = self.log();
        let all = Bits::all(log.len());
        let view = View::new(log, &all);
        let open = state.invitations.iter().filter(|(_, invitation)| !invitation.suspended);
        open.filter_map(|(&id, _)| log.place(id))
            .flat_map(|at| view.eligible(at))
            .any(|at| MemberId::from(log.id(at)) != me && !view.is_witnessed(at))
    }
}

/// Returns what somebody who governs has to do about one invitation.
fn about(state: &State, id: EntryId, invitation: &Invitation, now: Timestamp) -> Vec<Duty> {
    if invitation.suspended {
        return Vec::new();
    }
    let provisional = state.members.iter().filter(|(_, member)| member.status == Status::Active && !member.seated);
    let admissions: Vec<EntryId> =
        provisional.filter(|(_, member)| member.invitation == Some(id)).map(|(&member, _)| member.into()).collect();
    let used = invitation.seats.len() + admissions.len() >= invitation.uses as usize;
    let seat = (!admissions.is_empty()).then_some(Duty::Seat { invitation: id, admissions });
    let close = (!invitation.closed && (used || now > invitation.expires)).then_some(Duty::Close { invitation: id });
    seat.into_iter().chain(close).collect()
}
