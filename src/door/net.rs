//! Links between nodes over libp2p: TCP and QUIC, mDNS, one stream of frames for each peer.
//!
//! What the frames mean is not known here. A [`Net`] dials, listens and finds peers, keeps those linked that its holder
//! names, and hands over frames in order, with back-pressure both ways. Who a peer is, is proved by the transport; what
//! it may do is for the holder to decide.
//!
//! ```text
//! holder ── dial, send, close, set_peers ──> Net ──> driver (task) ──> libp2p swarm
//! holder <── Events (bounded) ─────────────────────── link (task for each) ──> one stream
//! ```
//!
//! A peer has at most one link at a time, whoever dialled, and every link reports `Opened`, then `Frame`s, then
//! `Closed`. A net runs on the tokio runtime that starts it, and ends with [`Net::shutdown`], or when its events or all
//! its handles are dropped.

mod address;
mod answer;
mod book;
mod config;
mod driver;
mod event;
mod frame;
mod link;
mod plan;
mod probe;
mod stream;
mod swarm;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

pub use self::address::{Address, AddressError, PeerId, Target};
pub use self::config::{Config, Limits, Listen, Pace};
pub use self::event::{Answer, DialId, Ended, Event, Events, LinkId, Traffic, Tried};
pub use self::probe::Probe;
pub use self::swarm::NetError;

use self::driver::{Command, Driver, Shared, lock};
use self::link::{Outgoing, Port};

/// Events that wait for the holder; beyond, reading stops.
const EVENTS: usize = 64;

/// Starts a net on the current tokio runtime; when it returns, the net listens and [`Net::addresses`] is filled.
///
/// # Errors
///
/// If the port is taken or the system refuses sockets.
///
/// # Panics
///
/// Outside a tokio runtime with I/O and time.
pub async fn start(config: Config) -> Result<(Net, Events), NetError> {
    let (swarm, port) = swarm::build(&config)?;
    let shared = Arc::new(Shared {
        here: PeerId(*swarm.local_peer_id()),
        port,
        ports: Mutex::new(BTreeMap::new()),
        addresses: Mutex::new(BTreeSet::new()),
        watched: Mutex::new(BTreeMap::new()),
    });
    let (commands, asked) = mpsc::unbounded_channel();
    let (events, received) = mpsc::channel(EVENTS);
    let net = Net {
        shared: shared.clone(),
        commands,
        dials: Arc::new(AtomicU64::new(0)),
        frame_bytes: config.limits.frame_bytes,
        handshake: config.pace.handshake,
    };
    let mut driver = Driver::new(config, swarm, shared, asked, events);
    driver.begin().await;
    tokio::spawn(driver.run());
    Ok((net, Events(received)))
}

/// A handle on a running net; clones lead to the same one.
#[derive(Clone)]
pub struct Net {
    shared: Arc<Shared>,
    commands: mpsc::UnboundedSender<Command>,
    dials: Arc<AtomicU64>,
    frame_bytes: usize,
    handshake: Duration,
}

/// Why a frame was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The link is closed.
    #[error("the link is closed")]
    Gone,
    /// The frame is empty or over the limit.
    #[error("a frame of {bytes} bytes can't be sent")]
    Size {
        /// Its length.
        bytes: usize,
    },
    /// As much waits as may; [`Event::Writable`] tells when there is room again.
    #[error("the link is full")]
    Full(Vec<u8>),
}

impl Net {
    /// Returns the name of our own transport key.
    pub fn peer_id(&self) -> PeerId {
        self.shared.here
    }

    /// Returns the port of TCP and QUIC; 0 if the net doesn't listen.
    pub fn port(&self) -> u16 {
        self.shared.port
    }

    /// Returns where the net listens, loopback included, each address with our peer at its end.
    pub fn addresses(&self) -> Vec<Address> {
        lock(&self.shared.addresses).iter().map(|address| address.with_peer(self.shared.here)).collect()
    }

    /// Dials once; `Opened`, `Joined` or `DialFailed` with the same id follows.
    pub fn dial(&self, target: Target) -> DialId {
        let dial = DialId(self.dials.fetch_add(1, Ordering::Relaxed));
        let _ = self.commands.send(Command::Dial(dial, target));
        dial
    }

    /// Replaces the table of peers that the net keeps linked, dialling again and again where needed.
    ///
    /// What mDNS finds is dialled too.
    pub fn set_peers(&self, peers: Vec<(PeerId, Vec<Address>)>) {
        let _ = self.commands.send(Command::Known(peers));
    }

    /// Closes a peer's link, and neither dials it nor takes connections from it for a while.
    pub fn avoid(&self, peer: PeerId, how_long: Duration) {
        let _ = self.commands.send(Command::Avoid(peer, how_long));
    }

    /// Doubts every link and dials everyone that is due: for a holder who knows that the network changed, such as after
    /// a machine slept. Changes of interfaces are seen without it.
    pub fn recheck(&self) {
        let _ = self.commands.send(Command::Recheck);
    }

    /// Returns what a link's stream has carried so far.
    pub fn traffic(&self, link: LinkId) -> Option<Traffic> {
        lock(&self.shared.ports).get(&link).map(|port| port.counts.traffic())
    }

    /// Sends a frame, waiting for room.
    ///
    /// Two holders that both only send and never receive would wait for each other for ever: receive beside it.
    ///
    /// # Errors
    ///
    /// If the link is closed, or the frame is empty or over the limit.
    pub async fn send(&self, link: LinkId, frame: Vec<u8>) -> Result<(), SendError> {
        let share = self.share(&frame)?;
        let port = self.port_of(link)?;
        let room = port.room.clone().acquire_many_owned(share);
        let room = tokio::select! {
            room = room => room.map_err(|_| SendError::Gone)?,
            () = port.frames.closed() => return Err(SendError::Gone),
        };
        push(&port, frame, room)
    }

    /// Sends a frame if there is room for it.
    ///
    /// # Errors
    ///
    /// As [`Net::send`]; and `Full` with the frame, after which one [`Event::Writable`] follows.
    pub fn try_send(&self, link: LinkId, frame: Vec<u8>) -> Result<(), SendError> {
        let share = self.share(&frame)?;
        let port = self.port_of(link)?;
        if let Ok(room) = port.room.clone().try_acquire_many_owned(share) {
            return push(&port, frame, room);
        }
        port.wanted.store(true, Ordering::Release);
        // Room may have come between the look and the wish.
        match port.room.clone().try_acquire_many_owned(share) {
            Ok(room) => push(&port, frame, room),
            Err(_) => Err(SendError::Full(frame)),
        }
    }

    /// Closes a link after what waits in it is sent. The words stand in `Closed`; the other side doesn't get them.
    pub fn close(&self, link: LinkId, words: impl Into<String>) {
        if let Ok(port) = self.port_of(link) {
            let _ = port.frames.send(Outgoing::Close(words.into()));
        }
    }

    /// Dials an address that answered with our own key once more, with the throw-away key of `seed`.
    ///
    /// `seed` is fresh randomness. The dial carries nothing and closes at once.
    pub async fn probe(&self, address: &Address, seed: [u8; 32]) -> Probe {
        probe::probe(&self.shared, address, &seed, self.handshake).await
    }

    /// Sends what waits, closes every link, and returns when the port is free again.
    pub async fn shutdown(&self) {
        let (done, is_done) = oneshot::channel();
        if self.commands.send(Command::Shutdown(done)).is_ok() {
            let _ = is_done.await;
        }
    }

    fn share(&self, frame: &[u8]) -> Result<u32, SendError> {
        let bytes = frame.len();
        if bytes == 0 || bytes > self.frame_bytes {
            return Err(SendError::Size { bytes });
        }
        u32::try_from(bytes).map_err(|_| SendError::Size { bytes })
    }

    fn port_of(&self, link: LinkId) -> Result<Port, SendError> {
        lock(&self.shared.ports).get(&link).cloned().ok_or(SendError::Gone)
    }
}

fn push(port: &Port, frame: Vec<u8>, room: OwnedSemaphorePermit) -> Result<(), SendError> {
    port.frames.send(Outgoing::Frame(frame, room)).map_err(|_| SendError::Gone)
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net").field("peer", &self.shared.here).field("port", &self.shared.port).finish_non_exhaustive()
    }
}
