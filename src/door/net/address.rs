//! Names of machines and of places on a network: [`PeerId`], [`Address`] and what a person types, [`Target`].
//!
//! The libp2p types stay inside; other floors see text and bytes.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use libp2p::Multiaddr;
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;

/// The public name of a transport key: who is at the other end of a connection.
///
/// It says nothing about the person or the device key behind it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub(super) libp2p::PeerId);

impl PeerId {
    /// Returns the name of the transport key that grows from `seed`.
    pub fn of_seed(seed: &[u8; 32]) -> Self {
        Self(keypair(seed).public().to_peer_id())
    }

    /// Returns the bytes that proofs are computed over (38 for an Ed25519 key).
    pub fn to_bytes(self) -> Vec<u8> {
        self.0.to_bytes()
    }

    /// Reads what [`PeerId::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// If the bytes are no peer id.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AddressError> {
        libp2p::PeerId::from_bytes(bytes).map(Self).map_err(|_| AddressError::Peer)
    }
}

/// Builds the transport key of a seed.
pub(super) fn keypair(seed: &[u8; 32]) -> Keypair {
    Keypair::ed25519_from_bytes(*seed).expect("32 bytes are an Ed25519 seed")
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for PeerId {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        text.parse().map(Self).map_err(|_| AddressError::Peer)
    }
}

/// A place on a network as a multiaddress, such as `/ip4/192.0.2.7/tcp/4001`, with or without `/p2p/PEER` at its end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub(super) Multiaddr);

impl Address {
    /// Builds the TCP address of a socket.
    pub fn tcp(socket: SocketAddr) -> Self {
        Self(Multiaddr::from(socket.ip()).with(Protocol::Tcp(socket.port())))
    }

    /// Builds the QUIC address of a socket.
    pub fn quic(socket: SocketAddr) -> Self {
        Self(Multiaddr::from(socket.ip()).with(Protocol::Udp(socket.port())).with(Protocol::QuicV1))
    }

    /// Returns the peer that the address ends in, if it names one.
    pub fn peer(&self) -> Option<PeerId> {
        match self.0.iter().last() {
            Some(Protocol::P2p(peer)) => Some(PeerId(peer)),
            _ => None,
        }
    }

    /// Returns the address without a peer at its end.
    #[must_use]
    pub fn bare(&self) -> Self {
        let mut address = self.0.clone();
        if let Some(Protocol::P2p(_)) = address.iter().last() {
            address.pop();
        }
        Self(address)
    }

    /// Returns the address with this peer at its end.
    #[must_use]
    pub fn with_peer(&self, peer: PeerId) -> Self {
        Self(self.bare().0.with(Protocol::P2p(peer.0)))
    }

    /// Returns the IP address and port, if it starts with them.
    pub fn socket(&self) -> Option<SocketAddr> {
        let mut parts = self.0.iter();
        let ip = match parts.next()? {
            Protocol::Ip4(ip) => IpAddr::V4(ip),
            Protocol::Ip6(ip) => IpAddr::V6(ip),
            _ => return None,
        };
        match parts.next()? {
            Protocol::Tcp(port) | Protocol::Udp(port) => Some(SocketAddr::new(ip, port)),
            _ => None,
        }
    }

    /// Tells whether it is a QUIC address.
    pub fn is_quic(&self) -> bool {
        self.0.iter().any(|part| part == Protocol::QuicV1)
    }

    /// Tells whether it leads to this same machine.
    pub fn is_loopback(&self) -> bool {
        self.socket().is_some_and(|socket| socket.ip().is_loopback())
    }

    /// Tells whether this program can dial it: `IP or name / tcp / port` or `IP or name / udp / port / quic-v1`.
    pub fn is_dialable(&self) -> bool {
        let bare = self.bare();
        let parts: Vec<_> = bare.0.iter().collect();
        match parts.as_slice() {
            [host, Protocol::Tcp(port)] | [host, Protocol::Udp(port), Protocol::QuicV1] => {
                *port != 0 && is_host(host) && !is_nowhere(host)
            }
            _ => false,
        }
    }

    /// Returns the host name that has to be looked up, with the port, if it starts with a name.
    pub(super) fn name(&self) -> Option<(String, u16)> {
        let mut parts = self.0.iter();
        let name = match parts.next()? {
            Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => name.into_owned(),
            _ => return None,
        };
        match parts.next()? {
            Protocol::Tcp(port) | Protocol::Udp(port) => Some((name, port)),
            _ => None,
        }
    }

    /// Puts an IP address where the host name stands; `None` if the name asks for the other family.
    pub(super) fn resolved(&self, ip: IpAddr) -> Option<Self> {
        let mut parts = self.0.iter();
        match (parts.next()?, ip) {
            (Protocol::Dns4(_), IpAddr::V6(_)) | (Protocol::Dns6(_), IpAddr::V4(_)) => None,
            _ => Some(Self(parts.fold(Multiaddr::from(ip), Multiaddr::with))),
        }
    }
}

fn is_host(part: &Protocol<'_>) -> bool {
    matches!(part, Protocol::Ip4(_) | Protocol::Ip6(_) | Protocol::Dns(_) | Protocol::Dns4(_) | Protocol::Dns6(_))
}

fn is_nowhere(part: &Protocol<'_>) -> bool {
    match part {
        Protocol::Ip4(ip) => ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast(),
        Protocol::Ip6(ip) => ip.is_unspecified() || ip.is_multicast(),
        _ => false,
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        text.parse().map(Self).map_err(|_| AddressError::Form { text: text.into() })
    }
}

/// What to dial: places, or a host and port as a person types them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One or more multiaddresses of one machine; a peer at the end of one of them must be who answers.
    Places(Vec<Address>),
    /// A host name or IP address and a port: TCP is tried first, then QUIC.
    Host {
        /// The name or IP address, without brackets.
        host: String,
        /// The port, the same for TCP and QUIC.
        port: u16,
    },
}

impl Target {
    /// Returns the peer that is expected there, if an address names one.
    pub fn peer(&self) -> Option<PeerId> {
        match self {
            Self::Places(places) => places.iter().find_map(Address::peer),
            Self::Host { .. } => None,
        }
    }
}

impl From<Address> for Target {
    fn from(address: Address) -> Self {
        Self::Places(vec![address])
    }
}

impl FromStr for Target {
    type Err = AddressError;

    /// Reads a multiaddress (it starts with `/`), `host:port`, `ip:port` or `[ip6]:port`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError::Form { text: text.into() };
        if text.starts_with('/') {
            let address: Address = text.parse()?;
            return if address.is_dialable() { Ok(address.into()) } else { Err(AddressError::Undialable { address }) };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port: u16 = port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?;
        let host = match host.strip_prefix('[').map(|rest| rest.strip_suffix(']')) {
            Some(Some(inner)) if inner.parse::<std::net::Ipv6Addr>().is_ok() => inner,
            None if !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_')) => {
                host
            }
            _ => return Err(wrong()),
        };
        Ok(Self::Host { host: host.into(), port })
    }
}

/// Why a text is no address or peer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Neither a multiaddress nor `host:port`.
    #[error("`{text}` is no address: write `host:port`, or `/ip4/…/tcp/…`")]
    Form {
        /// What was read.
        text: String,
    },
    /// A multiaddress of a kind that this program doesn't dial.
    #[error("`{address}` can't be dialled: only TCP and QUIC addresses can")]
    Undialable {
        /// The address.
        address: Address,
    },
    /// Bytes or text that are no peer id.
    #[error("no peer id")]
    Peer,
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "12D3KooWD3bfmNbuuuVCYwkjnFt3ukm3qaB3hDED3peHHXawvRAi";

    fn target(text: &str) -> Result<Target, AddressError> {
        text.parse()
    }

    #[test]
    fn what_people_type_is_read() {
        let host = |host: &str, port| Ok(Target::Host { host: host.into(), port });
        assert_eq!(target("127.0.0.1:4001"), host("127.0.0.1", 4001));
        assert_eq!(target("laptop.local:9"), host("laptop.local", 9));
        assert_eq!(target("[::1]:4001"), host("::1", 4001));
        assert!(matches!(target("/ip4/127.0.0.1/tcp/1"), Ok(Target::Places(places)) if places.len() == 1));
        assert!(target("/dns4/example.org/udp/1/quic-v1").is_ok());
        assert_eq!(target(&format!("/ip4/10.0.0.1/tcp/5/p2p/{PEER}")).unwrap().peer().unwrap().to_string(), PEER);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            ":1",
            "host",
            "host:",
            "host:0",
            "host:70000",
            "::1:5",
            "[::1]",
            "[x]:1",
            "a b:1",
            "/ip4/1.2.3.4",
            "/ip4/1.2.3.4/tcp/0",
            "/ip4/0.0.0.0/tcp/1",
            "/ip4/1.2.3.4/udp/1",
            "/ip4/1.2.3.4/tcp/1/ws",
            "/memory/1",
        ] {
            assert!(target(text).is_err(), "{text}");
        }
    }

    #[test]
    fn peers_survive_text_and_bytes() {
        let peer = PeerId::of_seed(&[7; 32]);
        assert_eq!(peer.to_string().parse(), Ok(peer));
        assert_eq!(PeerId::from_bytes(&peer.to_bytes()), Ok(peer));
        assert_eq!(PeerId::from_bytes(b"no"), Err(AddressError::Peer));
        let address: Address = "/ip4/10.0.0.1/tcp/5".parse().unwrap();
        assert_eq!(address.with_peer(peer).peer(), Some(peer));
        assert_eq!(address.with_peer(peer).bare(), address);
    }
}
