//! Why somebody waits: said to people, and deciding nothing.

use super::state::{Invitation, Member, State, Status};
use crate::model::id::MemberId;

/// Why an admission waits for somebody who governs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PendingWhy {
    /// All seats of the invitation are given.
    Used,
    /// It is claimed later than the invitation allows.
    Expired,
    /// The invitation was closed before it was heard of.
    Closed,
    /// The invitation says that somebody who governs confirms each admission.
    Confirm,
    /// Who invited waits too, or has lost the right.
    Inviter,
}

impl PendingWhy {
    /// Returns the stable name.
    pub fn name(self) -> &'static str {
        match self {
            PendingWhy::Used => "used",
            PendingWhy::Expired => "expired",
            PendingWhy::Closed => "closed",
            PendingWhy::Confirm => "confirm",
            PendingWhy::Inviter => "inviter",
        }
    }
}

impl State {
    /// Returns why somebody waits, and who used the invitation before them; none for who doesn't wait.
    pub fn pending(&self, id: MemberId) -> Option<(PendingWhy, Vec<MemberId>)> {
        let member = self.members.get(&id).filter(|member| member.status == Status::Pending)?;
        let invitation = member.invitation.and_then(|invitation| self.invitations.get(&invitation));
        let Some(invitation) = invitation else { return Some((PendingWhy::Inviter, Vec::new())) };
        let used_by = self.users(member, invitation, id);
        let why = match invitation {
            Invitation { confirm: true, .. } => PendingWhy::Confirm,
            _ if used_by.len() >= invitation.uses as usize => PendingWhy::Used,
            _ if member.joined > invitation.expires => PendingWhy::Expired,
            Invitation { suspended: true, .. } => PendingWhy::Inviter,
            _ => PendingWhy::Closed,
        };
        Some((why, if why == PendingWhy::Used { used_by } else { Vec::new() }))
    }

    /// Lists those who count by the same invitation.
    fn users(&self, member: &Member, invitation: &Invitation, but: MemberId) -> Vec<MemberId> {
        let same = |other: &Member| other.invitation == member.invitation && other.status != Status::Pending;
        let counting = self.members.iter().filter(|(id, other)| **id != but && same(other)).map(|(&id, _)| id);
        let mut users: Vec<MemberId> = invitation.seats.iter().copied().chain(counting).collect();
        users.sort_unstable();
        users.dedup();
        users
    }
}
