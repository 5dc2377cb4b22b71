//! Roles, and what each may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::id::SpaceId;
use crate::wire::entry as wire;

/// What a member is in a community. The first may most; `Relay` stands beside the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything an animator may, and names founders.
    Founder,
    /// Invites, seats, moderates, edits the charter.
    Animator,
    /// Writes, and validates in topics of their own.
    Expert,
    /// Reads and writes.
    Member,
    /// Reads what was published.
    Observer,
    /// Carries sealed entries and reads nothing.
    Relay,
}

/// A word that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no role of this name: there are founder, animator, expert, member, observer, relay")]
pub struct RoleError;

impl Role {
    /// All roles.
    pub const ALL: [Role; 6] = [Role::Founder, Role::Animator, Role::Expert, Role::Member, Role::Observer, Role::Relay];

    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Role::Founder => "founder",
            Role::Animator => "animator",
            Role::Expert => "expert",
            Role::Member => "member",
            Role::Observer => "observer",
            Role::Relay => "relay",
        }
    }

    /// Tells whether it seats, closes and moderates.
    pub fn governs(self) -> bool {
        matches!(self, Role::Founder | Role::Animator)
    }

    /// Tells whether it may invite people to `role`.
    pub fn invites(self, role: Role) -> bool {
        self == Role::Founder || self == Role::Animator && role != Role::Founder
    }

    /// Tells whether it may write.
    pub fn writes(self) -> bool {
        !matches!(self, Role::Observer | Role::Relay)
    }

    /// Returns the roles' number on the wire.
    pub(super) fn to_wire(self) -> i32 {
        let role = match self {
            Role::Founder => wire::Role::Founder,
            Role::Animator => wire::Role::Animator,
            Role::Expert => wire::Role::Expert,
            Role::Member => wire::Role::Member,
            Role::Observer => wire::Role::Observer,
            Role::Relay => wire::Role::Relay,
        };
        role.into()
    }

    pub(super) fn from_wire(number: i32) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.to_wire() == number)
    }

    /// Tells whether the number stands for a role that this program doesn't know yet.
    pub(super) fn is_newer(number: i32) -> bool {
        wire::Role::try_from(number).is_err()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(word: &str) -> Result<Role, RoleError> {
        Role::ALL.into_iter().find(|role| role.name() == word).ok_or(RoleError)
    }
}

/// Something that a member may do or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Hold and pass on the sealed entries of a space.
    Carry(SpaceId),
    /// Have the keys of a space.
    Read(SpaceId),
    /// Write entries in a space.
    Write(SpaceId),
    /// Invite somebody to this role.
    Invite(Role),
    /// Seat, close, settle; change what only those who govern may change.
    Govern,
}
