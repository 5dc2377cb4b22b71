//! What a net is started with: key, port, reach, limits and times.

use std::time::Duration;

/// Where a net listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// On every interface, IPv4 and IPv6.
    Everywhere,
    /// On the loopback addresses only.
    Loopback,
    /// Not at all: it only dials. TCP is then tried before QUIC, whose handshake alone costs 20 KB.
    Nowhere,
}

/// What a net is started with.
#[derive(Clone)]
pub struct Config {
    /// Seed of the Ed25519 transport key (not the device key).
    pub transport_seed: [u8; 32],
    /// The port for TCP and QUIC alike; 0 picks one that is free for both.
    pub port: u16,
    /// Where to listen.
    pub listen: Listen,
    /// Whether to look for peers on the local network, and be found there.
    pub mdns: bool,
    /// The limits.
    pub limits: Limits,
    /// The times.
    pub pace: Pace,
}

impl Config {
    /// Returns the usual settings for a key: everywhere, a free port, mDNS.
    pub fn new(transport_seed: [u8; 32]) -> Self {
        Self {
            transport_seed,
            port: 0,
            listen: Listen::Everywhere,
            mdns: true,
            limits: Limits::default(),
            pace: Pace::default(),
        }
    }

    /// Returns the settings of a single exchange: dial only, no mDNS.
    pub fn single(transport_seed: [u8; 32]) -> Self {
        Self { listen: Listen::Nowhere, mdns: false, ..Self::new(transport_seed) }
    }
}

/// The limits of a net. Reached, they refuse or close; nothing grows past them.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections in all (a link costs up to 0.5 MB and a file descriptor).
    pub connections: u32,
    /// Connections that others dialled; the rest stays free for our own dials, so that strangers can't shut us in.
    pub connections_in: u32,
    /// Connections of one peer (a crossing dial and both transports meet for a moment).
    pub connections_per_peer: u32,
    /// Inbound connections in their handshake, in all (each costs CPU before anyone is known).
    pub negotiating: u32,
    /// Inbound connections in their handshake from one IP address.
    pub negotiating_per_ip: u32,
    /// Streams on one connection; one is used.
    pub streams: usize,
    /// Bytes of one frame: a compressed frame is at most 1 MiB, and its envelope.
    pub frame_bytes: usize,
    /// Bytes of frames that wait in one link to be sent.
    pub sending_bytes: usize,
    /// Bytes of frames that wait for the receiver of events, all links together.
    pub receiving_bytes: usize,
    /// Peers found by mDNS that are remembered.
    pub discovered: usize,
    /// Addresses remembered for one peer.
    pub addresses_per_peer: usize,
    /// Dials under way that the net began by itself.
    pub dials: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            connections_in: 56,
            connections_per_peer: 4,
            negotiating: 32,
            negotiating_per_ip: 8,
            streams: 16,
            frame_bytes: (1 << 20) + (64 << 10),
            sending_bytes: 2 << 20,
            receiving_bytes: 16 << 20,
            discovered: 256,
            addresses_per_peer: 8,
            dials: 16,
        }
    }
}

/// The times of a net.
#[derive(Debug, Clone)]
pub struct Pace {
    /// How long a handshake may take, in and out.
    pub handshake: Duration,
    /// How long a connection without a link is kept.
    pub unused: Duration,
    /// After how long without an answer the next address of a target is tried beside the last.
    pub stagger: Duration,
    /// How long the dialler holds its opening back so that it travels with the first frame.
    pub opening: Duration,
    /// After how long of silence a link sends an empty frame.
    pub beat: Duration,
    /// After how long of silence from the other side a link is given up.
    pub silence: Duration,
    /// How long a link has to answer when the network changed, before its peer is dialled anew.
    pub doubt: Duration,
    /// How long a frame may wait for the other side to take one more byte.
    pub stall: Duration,
    /// How long a closing link waits for the other side to close too.
    pub farewell: Duration,
    /// How long the peer with the higher id leaves the dialling to the other, which may not have heard of it (mDNS tells
    /// once), or may hold it for linked still.
    pub courtesy: Duration,
    /// Two links that begin within this time are taken for dials that crossed.
    pub crossing: Duration,
    /// The first pause before a dial is repeated; it doubles.
    pub retry_min: Duration,
    /// The longest pause before a dial is repeated.
    pub retry_max: Duration,
    /// A link that lasted this long proves its peer worth redialling at once.
    pub steady: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            handshake: seconds(10),
            unused: seconds(10),
            stagger: Duration::from_millis(1_500),
            opening: Duration::from_millis(50),
            beat: seconds(15),
            silence: seconds(45),
            doubt: seconds(1),
            stall: seconds(120),
            farewell: seconds(2),
            courtesy: Duration::from_millis(500),
            crossing: seconds(2),
            retry_min: seconds(1),
            retry_max: seconds(60),
            steady: seconds(30),
        }
    }
}
