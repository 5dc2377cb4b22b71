//! What a session needs of whoever holds the entries.
//!
//! The engine implements [`Replica`] over its store, the tests over maps in memory. Everything that `accept_*` takes must
//! show in the very next [`Replica::frontier`]; whoever drives the session makes it durable before the session's outputs
//! leave, because they claim it. One input of a session takes at most one frame, so one transaction an input is enough.

use super::frontier::Frontier;
use crate::model::governance::PendingWhy;
use crate::model::id::{CommunityId, DeviceId, EntryId, MemberId, SpaceId, Timestamp};
use crate::model::sign::Signature;
use crate::model::{Chain, Entry, Payload, shortened};
use crate::wire::sync as wire;

/// The replica can't answer: its store fails. The session ends as failed.
#[derive(Debug, thiserror::Error)]
#[error("the local store is not available")]
pub struct Unavailable(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A verified run, with the payloads that came along, one for each entry.
#[derive(Debug, Clone)]
pub struct Portion {
    /// Consecutive entries of one chain.
    pub entries: Vec<Entry>,
    /// Of the last one's device over it.
    pub signature: Signature,
    /// As many as entries.
    pub payloads: Vec<Option<Payload>>,
}

/// Most names of those who used an invitation before.
const USED_BY_MAX: usize = 3;
/// Most bytes of such a name.
const NAME_BYTES_MAX: usize = 200;

/// Why an admission waits: said by who holds it to the one who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Why.
    pub why: PendingWhy,
    /// Names of those who used the invitation before, as the peer says.
    pub used_by: Vec<String>,
}

impl Pending {
    /// Reads what a peer says; an unknown reason is that somebody has to decide.
    pub(super) fn read(wire: &wire::Pending) -> Pending {
        let why = match wire.why() {
            wire::pending::Why::Used => PendingWhy::Used,
            wire::pending::Why::Expired => PendingWhy::Expired,
            wire::pending::Why::Closed => PendingWhy::Closed,
            wire::pending::Why::Inviter => PendingWhy::Inviter,
            wire::pending::Why::Confirm | wire::pending::Why::Unspecified => PendingWhy::Confirm,
        };
        Pending { why, used_by: wire.used_by.iter().take(USED_BY_MAX).map(|name| short(name)).collect() }
    }

    /// Writes it, within its limits.
    pub(super) fn to_wire(&self) -> wire::Pending {
        let why = match self.why {
            PendingWhy::Used => wire::pending::Why::Used,
            PendingWhy::Expired => wire::pending::Why::Expired,
            PendingWhy::Closed => wire::pending::Why::Closed,
            PendingWhy::Confirm => wire::pending::Why::Confirm,
            PendingWhy::Inviter => wire::pending::Why::Inviter,
        };
        let used_by = self.used_by.iter().take(USED_BY_MAX).map(|name| short(name)).collect();
        wire::Pending { why: why.into(), used_by }
    }
}

fn short(name: &str) -> String {
    shortened(name, NAME_BYTES_MAX).to_owned()
}

/// An entry as the replica holds it.
#[derive(Debug, Clone)]
pub struct Held {
    /// The entry.
    pub entry: Entry,
    /// Its own signature, where the replica has one: at the end of each run that it took.
    pub signature: Option<Signature>,
}

/// A payload that the replica lacks and wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// The chain of its entry.
    pub chain: Chain,
    /// A tip of ours from which the way down leads through the entry.
    pub tip: EntryId,
    /// The entry's place.
    pub seq: u64,
    /// The entry.
    pub id: EntryId,
    /// Stored bytes, as the header says.
    pub bytes: u64,
}

/// How much may be asked for at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Most payloads.
    pub payloads: usize,
    /// Stored bytes with which it is enough; the last one may pass them.
    pub bytes: u64,
}

/// What came of a look at what is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Missing payloads that are offered.
    pub found: Vec<Missing>,
    /// The last one looked at, below which to go on; none at the end.
    pub last: Option<Missing>,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// All of it is held now; so many entries are new.
    Held {
        /// Entries that were not held before.
        new: usize,
    },
    /// The entry before the first one is not held: nothing was taken.
    NeedsEarlier,
    /// It will never be taken: a fork too many, a stranger's, another community's.
    Refused,
    /// A limit is reached for now.
    Busy,
}

/// What became of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptedPayload {
    /// It is held now.
    Held {
        /// It was not held before.
        new: bool,
    },
    /// It is not the one that the entry's header names.
    Misfit,
    /// It is not wanted: the entry is not held, or content is left out that we don't know to be erased.
    Unwanted,
    /// A limit is reached for now.
    Busy,
}

/// What a node holds, as a session sees it.
pub trait Replica {
    /// Returns the secret of a community that is held here.
    fn secret(&self, community: CommunityId) -> Option<[u8; 32]>;

    /// Returns the community whose secret fits, trying all of them.
    fn find(&self, fits: &mut dyn FnMut(&[u8; 32]) -> bool) -> Option<CommunityId>;

    /// Returns this node's device in the community.
    fn device(&self, community: CommunityId) -> DeviceId;

    /// Signs the proof of that device, as [`crate::model::sign::Signing::session`] does.
    fn sign_session(&self, community: CommunityId, bound: &[u8]) -> Signature;

    /// Returns whose device it is, if it is in the roster now.
    fn member_of(&self, community: CommunityId, device: DeviceId) -> Option<MemberId>;

    /// Returns why the admission of a device waits; none where it does not.
    fn pending(&self, community: CommunityId, device: DeviceId) -> Option<Pending>;

    /// Returns the spaces held here that the device may read now, the governance log first; none for a stranger.
    fn spaces_for(&self, community: CommunityId, device: DeviceId) -> Vec<SpaceId>;

    /// Notes that a device sent so many times what it could have known to be wrong.
    fn blame(&mut self, _community: CommunityId, _device: DeviceId, _times: u32, _now: Timestamp) {}

    /// Tells whether a device did that too often of late: nobody talks to it for a while.
    fn barred(&self, _community: CommunityId, _device: DeviceId, _now: Timestamp) -> bool {
        false
    }

    /// Returns the governance entries that show a stranger that this device is a member, each after its past: its
    /// admission, and what others may lack to judge it. More than 256 KiB are not sent.
    ///
    /// # Errors
    ///
    /// When the store fails; so in all methods below.
    fn introduction(&self, community: CommunityId) -> Result<Vec<Portion>, Unavailable>;

    /// Returns the frontier of a space as it is now.
    fn frontier(&self, community: CommunityId, space: SpaceId) -> Result<Frontier, Unavailable>;

    /// Returns the frontier on which the last complete session with the device ended.
    fn recall(&self, community: CommunityId, device: DeviceId, space: SpaceId)
    -> Result<Option<Frontier>, Unavailable>;

    /// Keeps the frontier on which a session with the device was complete. Forgetting it later only costs bytes.
    fn remember(
        &mut self,
        community: CommunityId,
        device: DeviceId,
        space: SpaceId,
        agreed: &Frontier,
    ) -> Result<(), Unavailable>;

    /// Counts the calls of [`Replica::remember`] for the community since the program began: what a peer announced before
    /// another session with it agreed on more is old, not less. Where it stays 0 there is one session at a time.
    fn agreements(&self, _community: CommunityId) -> u64 {
        0
    }

    /// Tells whether this entry of the chain is held, on any branch, with all before it.
    fn holds(&self, community: CommunityId, chain: &Chain, seq: u64, id: EntryId) -> Result<bool, Unavailable>;

    /// Returns the entry at a place on the way down from a held entry of the chain (that place included).
    fn id_at(
        &self,
        community: CommunityId,
        chain: &Chain,
        tip: EntryId,
        seq: u64,
    ) -> Result<Option<EntryId>, Unavailable>;

    /// Returns at most `most` entries that follow seq `after` on the way up to `tip`, ascending.
    fn branch(
        &self,
        community: CommunityId,
        chain: &Chain,
        tip: EntryId,
        after: u64,
        most: usize,
    ) -> Result<Vec<Held>, Unavailable>;

    /// Returns the stored payload of an entry, if it is held.
    fn payload(&self, community: CommunityId, id: EntryId) -> Result<Option<Payload>, Unavailable>;

    /// Returns the stored payloads of the entries from place `first` to `last` on the way down from a held entry of the
    /// chain, in this order, none where it is not held; fewer of them, but one at least, when they have so many bytes.
    fn payloads(
        &self,
        community: CommunityId,
        chain: &Chain,
        tip: EntryId,
        places: (u64, u64),
        bytes: usize,
    ) -> Result<Vec<Option<Payload>>, Unavailable> {
        let (first, last) = places;
        let mut payloads = Vec::new();
        let mut sum = 0;
        for seq in first..=last {
            let id = self.id_at(community, chain, tip, seq)?;
            let payload = id.map_or(Ok(None), |id| self.payload(community, id))?;
            sum += payload.as_ref().map_or(0, Payload::stored_bytes);
            payloads.push(payload);
            if sum >= bytes {
                break;
            }
        }
        Ok(payloads)
    }

    /// Takes a run of `space`. Idempotent. Payloads fit their headers; those not wanted are dropped silently.
    fn accept_run(&mut self, community: CommunityId, portion: Portion) -> Result<Accepted, Unavailable>;

    /// Takes payloads of entries held, each if it fits the header; tells of each, in order, what became of it. Idempotent.
    fn accept_payloads(
        &mut self,
        community: CommunityId,
        payloads: Vec<(EntryId, Payload)>,
    ) -> Result<Vec<AcceptedPayload>, Unavailable>;

    /// Takes one payload, as [`Replica::accept_payloads`] does.
    fn accept_payload(
        &mut self,
        community: CommunityId,
        id: EntryId,
        payload: Payload,
    ) -> Result<AcceptedPayload, Unavailable> {
        let accepted = self.accept_payloads(community, vec![(id, payload)])?;
        Ok(accepted.first().copied().unwrap_or(AcceptedPayload::Unwanted))
    }

    /// Looks through the missing payloads of a space, in an order of its own in which the newest of a branch come first,
    /// for those of which `offered` says yes, until the room is used; from the beginning, or below the one that the look
    /// before ended at.
    fn wanted(
        &self,
        community: CommunityId,
        space: SpaceId,
        after: Option<&Missing>,
        room: Room,
        offered: &mut dyn FnMut(&Missing) -> Result<bool, Unavailable>,
    ) -> Result<Wanted, Unavailable>;
}
