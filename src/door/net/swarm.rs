//! The libp2p swarm: transports, behaviours, and one port for TCP and QUIC.
//!
//! There is no `ping`: links send beats, which also tell whether the stream itself still moves. There is no `identify`:
//! addresses come from mDNS and from the replicated data, and what it would tell strangers is better left unsaid.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::core::transport::ListenerId;
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::{FromSwarm, NetworkBehaviour, behaviour::NewListenAddr, dummy};
use libp2p::{Multiaddr, Swarm, SwarmBuilder, mdns, noise, quic, tcp, yamux};

use super::address::{Address, keypair};
use super::config::{Config, Limits, Listen};
use super::stream;

/// How often a free port is looked for; another program may take one between the look and the use.
const PORT_TRIES: u32 = 16;

/// The behaviours of a net. Limits come first: who is over them reaches no other.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviours {
    limits: connection_limits::Behaviour,
    pub(super) sync: stream::Behaviour,
    pub(super) mdns: Toggle<mdns::tokio::Behaviour>,
}

/// Why a net can't start.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// Another program has the port, for TCP or for QUIC.
    #[error("port {port} is in use")]
    PortBusy {
        /// The port.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// No port is free for both TCP and QUIC.
    #[error("no free port found")]
    NoPort {
        /// What the system said to the last try.
        source: std::io::Error,
    },
    /// A socket or a watch over the interfaces can't be made.
    #[error("the network can't be used")]
    System {
        /// What the system says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl NetError {
    fn system(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::System { source: source.into() }
    }
}

/// Builds the swarm and listens; returns the port, 0 if it listens nowhere.
pub(super) fn build(config: &Config) -> Result<(Swarm<Behaviours>, u16), NetError> {
    let mut last = std::io::Error::other("no port tried");
    let tries = if config.port == 0 && config.listen != Listen::Nowhere { PORT_TRIES } else { 1 };
    for _ in 0..tries {
        let mut swarm = behaving(config)?;
        if config.listen == Listen::Nowhere {
            return Ok((swarm, 0));
        }
        match free_port(config.listen, config.port).and_then(|port| listen(&mut swarm, config.listen, port)) {
            Ok(port) => return Ok((swarm, port)),
            Err(error) => last = error,
        }
    }
    Err(if config.port == 0 {
        NetError::NoPort { source: last }
    } else if last.kind() == std::io::ErrorKind::AddrInUse {
        NetError::PortBusy { port: config.port, source: last }
    } else {
        NetError::system(last)
    })
}

fn behaving(config: &Config) -> Result<Swarm<Behaviours>, NetError> {
    let key = keypair(&config.transport_seed);
    let here = key.public().to_peer_id();
    let mdns = if config.mdns { Some(discovery(here).map_err(NetError::system)?) } else { None };
    let behaviours = Behaviours {
        limits: connection_limits::Behaviour::new(limits(&config.limits)),
        sync: stream::Behaviour::new(config.limits.negotiating_per_ip),
        mdns: Toggle::from(mdns),
    };
    let smart = config.listen != Listen::Nowhere;
    transports(key, behaviours, &config.limits, config.pace.handshake, config.pace.unused, smart)
}

/// Builds the swarm of a probe: it dials once with a throw-away key and carries nothing.
pub(super) fn probing(seed: &[u8; 32], handshake: Duration) -> Result<Swarm<dummy::Behaviour>, NetError> {
    transports(keypair(seed), dummy::Behaviour, &Limits::default(), handshake, handshake, false)
}

fn transports<B: NetworkBehaviour>(
    key: Keypair,
    behaviour: B,
    limits: &Limits,
    handshake: Duration,
    unused: Duration,
    smart: bool,
) -> Result<Swarm<B>, NetError> {
    let streams = limits.streams;
    let mux = || {
        let mut config = yamux::Config::default();
        config.set_max_num_streams(streams);
        config
    };
    let swarm = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, mux)
        .map_err(NetError::system)?
        .with_quic_config(|mut config: quic::Config| {
            config.handshake_timeout = handshake;
            config.max_idle_timeout = 30_000;
            config.keep_alive_interval = Duration::from_secs(10);
            config.max_concurrent_stream_limit = u32::try_from(streams).unwrap_or(u32::MAX);
            config
        })
        .with_behaviour(|_| behaviour)
        .map_err(NetError::system)?
        .with_swarm_config(|config| {
            let config = config
                .with_idle_connection_timeout(unused)
                .with_max_negotiating_inbound_streams(streams)
                .with_substream_upgrade_protocol_override(Version::V1Lazy);
            if smart { config.with_smart_dial() } else { config }
        })
        .with_connection_timeout(handshake)
        .build();
    Ok(swarm)
}

fn limits(limits: &Limits) -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_established(Some(limits.connections))
        .with_max_established_incoming(Some(limits.connections_in))
        .with_max_established_per_peer(Some(limits.connections_per_peer))
        .with_max_pending_incoming(Some(limits.negotiating))
}

fn discovery(here: libp2p::PeerId) -> std::io::Result<mdns::tokio::Behaviour> {
    mdns::tokio::Behaviour::new(mdns::Config::default(), here)
}

/// Starts mDNS afresh on a running swarm, which it tells of the addresses listened on.
pub(super) fn rediscover(swarm: &mut Swarm<Behaviours>, listened: &[(ListenerId, Multiaddr)]) -> std::io::Result<()> {
    let mut mdns = discovery(*swarm.local_peer_id())?;
    for (listener_id, addr) in listened {
        mdns.on_swarm_event(FromSwarm::NewListenAddr(NewListenAddr { listener_id: *listener_id, addr }));
    }
    swarm.behaviour_mut().mdns = Toggle::from(Some(mdns));
    Ok(())
}

fn hosts(listen: Listen) -> [std::net::IpAddr; 2] {
    use std::net::{IpAddr, Ipv6Addr};
    match listen {
        Listen::Everywhere => [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)],
        Listen::Loopback | Listen::Nowhere => [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)],
    }
}

/// Finds a port that nobody has, for TCP and UDP; libp2p itself would share a TCP port with another listener in silence.
fn free_port(listen: Listen, port: u16) -> std::io::Result<u16> {
    let host = hosts(listen)[0];
    let tcp = TcpListener::bind(SocketAddr::new(host, port))?;
    let port = tcp.local_addr()?.port();
    UdpSocket::bind(SocketAddr::new(host, port))?;
    Ok(port)
}

/// Tells whether the port of a net that ended can be had again.
pub(super) fn is_free(listen: Listen, port: u16) -> bool {
    free_port(listen, port).is_ok()
}

fn listen(swarm: &mut Swarm<Behaviours>, listen: Listen, port: u16) -> std::io::Result<u16> {
    let [v4, v6] = hosts(listen).map(|host| SocketAddr::new(host, port));
    for address in [Address::quic(v4), Address::tcp(v4)] {
        swarm.listen_on(address.0).map_err(unwrapped)?;
    }
    // A machine without IPv6 is no fault.
    for address in [Address::quic(v6), Address::tcp(v6)] {
        if let Err(error) = swarm.listen_on(address.0) {
            tracing::debug!(%error, "no listening on IPv6");
        }
    }
    Ok(port)
}

fn unwrapped(error: libp2p::TransportError<std::io::Error>) -> std::io::Error {
    match error {
        libp2p::TransportError::Other(error) => match super::answer::cause(&error) {
            Some(kind) => std::io::Error::new(kind, error),
            None => error,
        },
        other => std::io::Error::other(other),
    }
}
