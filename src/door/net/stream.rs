//! The libp2p behaviour that opens the one stream of a link, on the connection that it is told.
//!
//! The dialler of a connection opens the stream, the other side takes one and refuses the rest. The behaviour hands the
//! streams out and knows nothing of what runs over them. It also counts handshakes under way for each IP address, and
//! turns away peers that the holder of the net wants to hear nothing from.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::net::IpAddr;
use std::task::{Context, Poll};

use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::core::{Endpoint, Multiaddr};
use libp2p::swarm::handler::{
    ConnectionEvent, ConnectionHandler, ConnectionHandlerEvent, FullyNegotiatedInbound, FullyNegotiatedOutbound,
    StreamUpgradeError, SubstreamProtocol,
};
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler, Stream, StreamProtocol, THandler,
    THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{PeerId, multiaddr};

/// The protocol of the stream; its version changes with what the frames mean.
pub(super) const PROTOCOL: StreamProtocol = StreamProtocol::new("/repertoire/sync/1");

/// What the behaviour reports.
#[derive(Debug)]
pub(super) enum Streamed {
    /// A stream is open.
    Open { peer: PeerId, connection: ConnectionId, stream: Box<Stream>, dialler: bool },
    /// The other side doesn't take the stream that we asked for.
    NotSpoken { connection: ConnectionId },
}

/// Why a connection is turned away.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(super) enum Refusal {
    #[error("too many handshakes from one address")]
    Crowd,
    #[error("a peer that is not wanted for now")]
    Unwanted,
}

/// Opens and takes the streams.
pub(super) struct Behaviour {
    negotiating_per_ip: u32,
    negotiating: BTreeMap<ConnectionId, IpAddr>,
    per_ip: BTreeMap<IpAddr, u32>,
    unwanted: BTreeSet<PeerId>,
    actions: VecDeque<ToSwarm<Streamed, ()>>,
}

impl Behaviour {
    pub(super) fn new(negotiating_per_ip: u32) -> Self {
        Self {
            negotiating_per_ip,
            negotiating: BTreeMap::new(),
            per_ip: BTreeMap::new(),
            unwanted: BTreeSet::new(),
            actions: VecDeque::new(),
        }
    }

    /// Opens the stream on this connection, which we dialled.
    pub(super) fn open(&mut self, peer: PeerId, connection: ConnectionId) {
        let handler = NotifyHandler::One(connection);
        self.actions.push_back(ToSwarm::NotifyHandler { peer_id: peer, handler, event: () });
    }

    /// Turns a peer away from now on, or takes it again.
    pub(super) fn want(&mut self, peer: PeerId, wanted: bool) {
        if wanted {
            self.unwanted.remove(&peer);
        } else {
            self.unwanted.insert(peer);
        }
    }

    fn gate(&mut self, connection: ConnectionId, peer: PeerId) -> Result<(), ConnectionDenied> {
        self.settled(connection);
        if self.unwanted.contains(&peer) { Err(ConnectionDenied::new(Refusal::Unwanted)) } else { Ok(()) }
    }

    /// A handshake is over, well or badly.
    fn settled(&mut self, connection: ConnectionId) {
        let Some(ip) = self.negotiating.remove(&connection) else { return };
        if let Some(count) = self.per_ip.get_mut(&ip) {
            *count -= 1;
            if *count == 0 {
                self.per_ip.remove(&ip);
            }
        }
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Streamed;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let Some(ip) = ip_of(remote) else { return Ok(()) };
        let count = self.per_ip.entry(ip).or_default();
        if *count >= self.negotiating_per_ip {
            return Err(ConnectionDenied::new(Refusal::Crowd));
        }
        *count += 1;
        self.negotiating.insert(connection, ip);
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.gate(connection, peer)?;
        Ok(Handler::new(false))
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.gate(connection, peer)?;
        Ok(Handler::new(true))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        if let FromSwarm::ListenFailure(failure) = event {
            self.settled(failure.connection_id);
        }
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, event: THandlerOutEvent<Self>) {
        let streamed = match event {
            Handled::Open { stream, dialler } => Streamed::Open { peer, connection, stream, dialler },
            Handled::NotSpoken => Streamed::NotSpoken { connection },
        };
        self.actions.push_back(ToSwarm::GenerateEvent(streamed));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Streamed, THandlerInEvent<Self>>> {
        self.actions.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// Returns the IP address that a multiaddress starts with.
pub(super) fn ip_of(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next()? {
        multiaddr::Protocol::Ip4(ip) => Some(ip.into()),
        multiaddr::Protocol::Ip6(ip) => Some(ip.into()),
        _ => None,
    }
}

/// What a handler tells the behaviour.
#[derive(Debug)]
pub(super) enum Handled {
    Open { stream: Box<Stream>, dialler: bool },
    NotSpoken,
}

/// Looks after one connection.
pub(super) struct Handler {
    dialler: bool,
    taken: bool,
    out: VecDeque<ConnectionHandlerEvent<ReadyUpgrade<StreamProtocol>, (), Handled>>,
}

impl Handler {
    fn new(dialler: bool) -> Self {
        Self { dialler, taken: false, out: VecDeque::new() }
    }

    fn report(&mut self, handled: Handled) {
        self.out.push_back(ConnectionHandlerEvent::NotifyBehaviour(handled));
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = ();
    type ToBehaviour = Handled;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), ())
    }

    fn on_behaviour_event(&mut self, (): ()) {
        if self.dialler && !self.taken {
            self.taken = true;
            let protocol = SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), ());
            self.out.push_back(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Handled>> {
        self.out.pop_front().map_or(Poll::Pending, Poll::Ready)
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol>) {
        match event {
            // A second stream, or one against the direction of the dial, is dropped: the other side sees a reset.
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol: stream, .. })
                if !self.dialler && !self.taken =>
            {
                self.taken = true;
                self.report(Handled::Open { stream: Box::new(stream), dialler: false });
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol: stream, .. }) => {
                self.report(Handled::Open { stream: Box::new(stream), dialler: true });
            }
            ConnectionEvent::DialUpgradeError(failure) => {
                let _: StreamUpgradeError<Infallible> = failure.error;
                self.report(Handled::NotSpoken);
            }
            _ => {}
        }
    }
}
