//! How two nodes bring each other up to date, as a plain state machine.
//!
//! A [`Session`] takes inputs and gives outputs. It has no clock, no randomness, no sockets and no threads: time comes as
//! an argument, what is held stands behind the trait [`Replica`], and frames go in and out as bytes. What travels is
//! specified in `proto/sync.proto`.
//!
//! ```text
//!   door                              Session                          Replica (the engine)
//!    frame came  ── Input::Frame ────▶  proof, devices                   find, member_of, sign_session
//!                                       frontiers ───── compare ──────▶  frontier, holds, id_at
//!                                       runs rebuilt and verified ─────▶ accept_run
//!    frame to send ◀─ Output::Send ──   pieces of at most 256 KiB ◀───── branch, payload
//!    buffer empty ── Input::Writable ▶
//!                 ◀─ Output::Finished   both ends hold the same ───────▶ remember
//! ```
//!
//! What whoever drives it must do:
//!
//! - carry whole frames in order, each at most [`FRAME_BYTES_MAX`] long;
//! - give [`Input::Writable`] whenever all frames handed out have left its buffer, so that a peer that doesn't read
//!   stalls itself alone and costs one piece of memory;
//! - give [`Input::Tick`] about once a second;
//! - give [`Input::LocalChange`] after every commit that may concern the session, its own among them: what another
//!   session brought in is passed on that way too;
//! - make durable what the replica accepted before the outputs of the same call leave;
//! - close the stream at [`Output::Close`], and not before.
//!
//! Invariants: nothing that depends on a community leaves before the peer proved that it holds its secret; nothing of a
//! space leaves for a device that may not read it; no entry reaches the replica unverified; a session is complete only
//! when this side has itself compared equal frontiers, and the other's end mark came. Everything is idempotent:
//! a session may be cut anywhere, and two may bring the same.

pub(crate) mod bundle;
mod delta;
mod frame;
mod frontier;
mod proof;
mod replica;
mod session;
mod stored;

#[cfg(test)]
mod tests;

pub use frame::FRAME_BYTES_MAX;
pub use frontier::{CHAIN_TIPS_MAX, Digest, Fallen, Frontier, TIPS_MAX, Tip};
pub use replica::{Accepted, AcceptedPayload, Held, Missing, Pending, Portion, Replica, Room, Unavailable, Wanted};
pub use session::Session;

use crate::model::id::{CommunityId, DeviceId, MemberId, SpaceId};

/// How a session is set up.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The transport identity that this node has proved to the peer: the bytes of its PeerId, at most 255.
    pub local_peer: Vec<u8>,
    /// The one that the peer has proved.
    pub remote_peer: Vec<u8>,
    /// Stay after the first end mark, and carry what is written later. It stays only if both ends want it.
    pub keep_open: bool,
    /// None, but in tests of the tests.
    pub faults: Faults,
}

/// Faults that can be planted, so that a simulator can show that it would notice them. All off by default; nothing but
/// tests of the tests sets one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Takes a stream that ends without an end mark for a complete session.
    pub ignore_end_mark: bool,
    /// Believes the other's end mark without having compared frontiers.
    pub trust_end_mark: bool,
    /// Leaves one tip out of every frontier, digests included.
    pub frontier_without_one_tip: bool,
    /// Leaves missing payloads out of frontiers and never asks for any.
    pub skip_payload_check: bool,
    /// Never looks for a common entry of a forked chain.
    pub no_probe: bool,
    /// Takes payloads that came along without comparing them with their headers.
    pub unchecked_payloads: bool,
    /// Ends after the first round, whatever was learnt in it.
    pub one_round: bool,
}

/// What happens to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The stream is open.
    Opened,
    /// A whole frame came.
    Frame(Vec<u8>),
    /// All frames handed out have left the buffer.
    Writable,
    /// Time passed.
    Tick,
    /// The replica has, or may have, something new that did not come through this session.
    LocalChange,
    /// The stream ended.
    Closed,
}

/// What a session wants done, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send this frame.
    Send(Vec<u8>),
    /// Something moved; to be shown.
    Progress(Progress),
    /// The peer has proved its device.
    Learned {
        /// The community that both hold.
        community: CommunityId,
        /// The peer's device; it may be our own (a copy of this node).
        device: DeviceId,
        /// Whose it is; none when it is not in the roster (yet).
        member: Option<MemberId>,
    },
    /// An end mark was reached: once in each session, or several times when it stays open.
    Finished(Report),
    /// Close the stream. Nothing comes after it.
    Close(CloseReason),
}

/// How far a session is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Entries received so far that were new.
    pub received: u64,
    /// Entries that the peer has announced, as far as it has.
    pub expected: u64,
    /// Entries sent so far.
    pub sent: u64,
    /// Entries that this side has announced.
    pub owed: u64,
    /// Payloads received so far that were new.
    pub payloads: u64,
    /// Stored bytes of the payloads asked for and not yet here.
    pub payload_bytes_open: u64,
}

/// What a session came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// The peer, if it proved itself.
    pub device: Option<DeviceId>,
    /// Digests of the frontiers that both ends hold, when complete.
    pub agreed: Vec<(SpaceId, Digest)>,
    /// Entries received that were new.
    pub entries_received: u64,
    /// Entries sent.
    pub entries_sent: u64,
    /// Payloads received that were new.
    pub payloads_received: u64,
    /// Payloads sent.
    pub payloads_sent: u64,
    /// Runs and payloads refused by the replica.
    pub refused: u64,
    /// Bytes of all frames received.
    pub bytes_in: u64,
    /// Bytes of all frames sent.
    pub bytes_out: u64,
    /// Of these, bytes of the handshake, in and out.
    pub bytes_handshake: u64,
    /// Times that the peer answered, counted from the first frontiers sent.
    pub round_trips: u32,
    /// Times that the peer sent what it could have known to be wrong.
    pub strikes: u32,
    /// Spaces of which the peer announced less, at the beginning, than both held when a session was last complete: it was
    /// restored from an older copy, or holds something back.
    pub fallen: Vec<(SpaceId, Fallen)>,
    /// Why this side waits, where the peer said so.
    pub pending: Option<Pending>,
    /// The session stays open after this.
    pub stays: bool,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Equal frontiers in all spaces that both may read, and no payload missing that the other has.
    Complete,
    /// It ended in order, and something was left out.
    Partial(PartialReason),
    /// It did not end in order.
    Failed(CloseReason),
}

/// Why a session is not complete although it ended in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartialReason {
    /// A limit was reached for now, here or there.
    Busy,
    /// Entries were refused, here or there.
    Refused,
    /// The frontiers differ, and nothing moves any more.
    Different,
}

/// Why a stream is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The session is over, in order.
    Ended,
    /// The peer closed the stream, or it broke.
    Cut,
    /// The peer has not proved to hold a community that is held here, or its device.
    Stranger,
    /// The peer is not, or no longer, in the roster, or we are not in its.
    NotMember,
    /// Our admission is known to the peer and waits for somebody who governs.
    Pending,
    /// The peer and we have no protocol version in common.
    Version,
    /// The peer broke a rule of the protocol, or sent too much that it could have known to be wrong.
    Malformed,
    /// The peer says that we broke one.
    Blamed,
    /// Nothing came for too long.
    Silence,
    /// Our own store fails.
    Unavailable,
    /// The peer ends the session at its own wish, or because its store fails.
    Stopped,
}
