//! What a net tells its holder: [`Event`], and the receiver that bounds how much of it waits.

use std::fmt;

use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::address::{Address, PeerId};

/// Names a link for the life of a [`Net`](super::Net); never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// Names a dial that the holder asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialId(pub u64);

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The net now listens here.
    Listening {
        /// The address, with our peer at its end.
        address: Address,
    },
    /// The net no longer listens here: an interface went away.
    Expired {
        /// The address, with our peer at its end.
        address: Address,
    },
    /// A link is open. A peer has at most one at a time.
    ///
    /// On the dialling side this comes before the other side has answered anything.
    Opened {
        /// The link.
        link: LinkId,
        /// Who is at the other end, proved by the transport.
        peer: PeerId,
        /// Whether this side dialled.
        dialler: bool,
        /// Where the other side is, or is seen from.
        address: Address,
        /// The dial that led here, if the holder asked for one.
        dial: Option<DialId>,
    },
    /// A frame arrived.
    Frame {
        /// The link.
        link: LinkId,
        /// The bytes; never empty.
        bytes: Vec<u8>,
    },
    /// A link that had no room takes frames again.
    Writable {
        /// The link.
        link: LinkId,
    },
    /// A link is gone; no event of it follows.
    Closed {
        /// The link.
        link: LinkId,
        /// Why.
        reason: Ended,
        /// What its stream carried.
        traffic: Traffic,
    },
    /// mDNS found a peer, or further addresses of one.
    Discovered {
        /// Who it says it is; not yet proved.
        peer: PeerId,
        /// All addresses known from mDNS.
        addresses: Vec<Address>,
    },
    /// A dial led to a peer that has a link already.
    Joined {
        /// The dial.
        dial: DialId,
        /// The link.
        link: LinkId,
    },
    /// A dial ended without a link.
    DialFailed {
        /// The dial, if the holder asked for it; else the net dialled by itself and goes on trying.
        dial: Option<DialId>,
        /// Who was expected, where known.
        peer: Option<PeerId>,
        /// What each address answered, in the order of the answers.
        tried: Vec<Tried>,
    },
    /// A dial met our own transport key: at one of our own addresses, or else at a copy of this profile or an address
    /// of ours that we don't know; [`Net::probe`](super::Net::probe) tells which.
    DialledOwnKey {
        /// The dial, if the holder asked for it.
        dial: Option<DialId>,
        /// Where.
        address: Address,
        /// Whether it is an address that this net listens on.
        own: bool,
    },
}

/// Bytes of a link's stream, before encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Bytes written.
    pub sent: u64,
    /// Bytes read.
    pub received: u64,
}

/// One address of a dial and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The address, or the `host:port` that was looked up.
    pub address: String,
    /// What happened.
    pub answer: Answer,
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.answer)
    }
}

/// What an address answered to a dial.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Answer {
    /// The machine is there, and no program listens on that port.
    #[error("nothing listens there")]
    Refused,
    /// Nothing came back in time.
    #[error("no answer")]
    TimedOut,
    /// There is no way to that network from here.
    #[error("no route to it")]
    Unreachable,
    /// The host name has no address.
    #[error("the name is not known: {0}")]
    Unknown(String),
    /// Somebody else answered.
    #[error("another peer answers there: {found}")]
    WrongPeer {
        /// Who.
        found: PeerId,
    },
    /// Our own transport key answered.
    #[error("this profile itself answers there")]
    OwnKey,
    /// Something answered that doesn't speak our transport.
    #[error("what answers there is no repertoire: {0}")]
    Handshake(String),
    /// The connection ended before a link was open.
    #[error("it closed the connection at once")]
    ClosedAtOnce,
    /// Our own limits or refusals.
    #[error("not dialled: {0}")]
    NotDialled(String),
    /// An address of another kind.
    #[error("only TCP and QUIC addresses can be dialled")]
    Undialable,
    /// Anything else, as the system says it.
    #[error("{0}")]
    Other(String),
}

/// Why a link ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// The holder closed it, with these words.
    #[error("closed here: {0}")]
    Here(String),
    /// The other side closed it, or went away.
    #[error("closed by the other side")]
    There,
    /// The connection broke.
    #[error("connection lost: {0}")]
    Lost(String),
    /// The other side doesn't speak this protocol.
    #[error("the other side doesn't speak this version of the protocol")]
    NotSpoken,
    /// The other side announced a frame over the limit.
    #[error("the other side announced a frame of {bytes} bytes")]
    Oversize {
        /// The length announced.
        bytes: u64,
    },
    /// The other side was silent for too long.
    #[error("nothing heard for too long")]
    Silent,
    /// The other side took nothing for too long.
    #[error("the other side takes nothing")]
    Stalled,
    /// The peer opened a newer link.
    #[error("the peer opened a newer link")]
    Replaced,
    /// The network interface that carried it went away.
    #[error("the network interface went away")]
    Interface,
    /// The net shuts down.
    #[error("shutting down")]
    Shutdown,
}

/// The sending side: what waits holds its share of the memory until it is received.
pub(super) type EventSender = mpsc::Sender<(Event, Option<OwnedSemaphorePermit>)>;

/// Receives the events of a net, in order; a slow receiver stops the reading from links.
#[derive(Debug)]
pub struct Events(pub(super) mpsc::Receiver<(Event, Option<OwnedSemaphorePermit>)>);

impl Events {
    /// Waits for the next event; `None` after the net has shut down.
    pub async fn recv(&mut self) -> Option<Event> {
        self.0.recv().await.map(|(event, _)| event)
    }

    /// Returns an event if one waits.
    pub fn try_recv(&mut self) -> Option<Event> {
        self.0.try_recv().ok().map(|(event, _)| event)
    }

    /// Waits for the next event on a thread without a runtime.
    pub fn blocking_recv(&mut self) -> Option<Event> {
        self.0.blocking_recv().map(|(event, _)| event)
    }
}
