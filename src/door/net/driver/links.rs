//! Connections and links: each peer has one seat, and at most one link sits in it.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use libp2p::Stream;
use libp2p::core::ConnectedPoint;
use libp2p::swarm::ConnectionId;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::Instant;

use super::super::address::{Address, PeerId, Target};
use super::super::event::{Answer, DialId, Ended, Event, LinkId, Tried};
use super::super::link::{Counts, Link, LinkEnded, Outgoing, Port, Standing, replaces};
use super::super::stream::{Streamed, ip_of};
use super::{Driver, lock};

/// An established connection.
pub(super) struct Connection {
    peer: libp2p::PeerId,
    address: Address,
    /// Our own address of it: when its interface goes, so does the connection.
    local: Option<IpAddr>,
}

/// The one place that a peer has.
pub(super) struct Seat {
    connection: ConnectionId,
    link: LinkId,
    standing: Standing,
    /// Dials of the holder that wait for this link.
    dials: Vec<DialId>,
    /// Resolves when the link that sat here before has reported its end.
    after: Option<oneshot::Receiver<()>>,
    running: Option<Running>,
    doubt: Option<Doubt>,
}

/// A link that was asked whether it still lives.
struct Doubt {
    /// What had been read then; anything more is an answer.
    received: u64,
    /// When the peer is dialled anew; `None` once it is.
    until: Option<Instant>,
}

/// The task of a link, as the driver holds it.
struct Running {
    halt: Option<oneshot::Sender<Ended>>,
    done: oneshot::Receiver<()>,
    counts: Arc<Counts>,
}

impl Running {
    fn end(&mut self, reason: Ended) {
        if let Some(halt) = self.halt.take() {
            let _ = halt.send(reason);
        }
    }
}

impl Seat {
    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Returns when an unanswered question becomes a dial.
    pub(super) fn wake(&self) -> Option<Instant> {
        self.doubt.as_ref()?.until
    }

    fn received(&self) -> u64 {
        self.running.as_ref().map_or(0, |running| running.counts.traffic().received)
    }

    /// Tells whether a question was not answered in time, nor since.
    fn is_doubtful(&self) -> bool {
        self.doubt.as_ref().is_some_and(|doubt| doubt.until.is_none() && doubt.received == self.received())
    }
}

impl Driver {
    pub(super) fn on_established(
        &mut self,
        peer: libp2p::PeerId,
        connection: ConnectionId,
        endpoint: &ConnectedPoint,
        now: Instant,
    ) {
        let address = Address(endpoint.get_remote_address().clone()).bare();
        // QUIC doesn't say which of our addresses a connection came to.
        let local = match endpoint {
            ConnectedPoint::Listener { local_addr, .. } => ip_of(local_addr).filter(|ip| !ip.is_unspecified()),
            ConnectedPoint::Dialer { .. } => None,
        };
        let local = local.or_else(|| address.socket().and_then(source_of));
        self.connections.insert(connection, Connection { peer, address, local });
        if endpoint.is_listener() {
            if self.is_probe(peer) {
                self.swarm.close_connection(connection);
            }
            return;
        }
        let mut dials: Vec<_> = self.arrived(connection, now).into_iter().collect();
        let mut after = None;
        if self.seats.get(&peer).is_some_and(Seat::is_doubtful) {
            let (old, done) = self.unseat(peer, Ended::Silent);
            dials.extend(old);
            after = done;
        }
        if let Some(seat) = self.seats.get_mut(&peer) {
            // Two dials of ours met, or the peer was faster: one link is enough.
            if seat.is_running() {
                let link = seat.link;
                self.outbox.extend(dials.into_iter().map(|dial| Event::Joined { dial, link }));
            } else {
                seat.dials.extend(dials);
            }
            self.swarm.close_connection(connection);
            return;
        }
        let link = LinkId(self.next_number());
        let standing = Standing { dialled_here: true, since: now };
        self.seats.insert(peer, Seat { connection, link, standing, dials, after, running: None, doubt: None });
        self.swarm.behaviour_mut().sync.open(peer, connection);
    }

    pub(super) fn on_streamed(&mut self, streamed: Streamed, now: Instant) {
        match streamed {
            Streamed::Open { peer, connection, stream, dialler: true } => {
                if self.seats.get(&peer).is_some_and(|seat| seat.connection == connection && !seat.is_running()) {
                    self.start_link(peer, stream, now);
                } else {
                    self.swarm.close_connection(connection);
                }
            }
            Streamed::Open { peer, connection, stream, dialler: false } => {
                self.on_inbound(peer, connection, stream, now)
            }
            Streamed::NotSpoken { connection } => {
                if let Some(peer) = self.connections.get(&connection).map(|c| c.peer) {
                    self.vacate(peer, connection, &Answer::Handshake(Ended::NotSpoken.to_string()), now);
                }
                self.swarm.close_connection(connection);
            }
        }
    }

    fn on_inbound(&mut self, peer: libp2p::PeerId, connection: ConnectionId, stream: Box<Stream>, now: Instant) {
        let here = *self.swarm.local_peer_id();
        let mut after = None;
        let mut dials = Vec::new();
        if let Some(seat) = self.seats.get(&peer) {
            if !replaces(&here, &peer, seat.standing, now, self.config.pace.crossing) {
                self.swarm.close_connection(connection);
                return;
            }
            (dials, after) = self.unseat(peer, Ended::Replaced);
        }
        let link = LinkId(self.next_number());
        let standing = Standing { dialled_here: false, since: now };
        self.seats.insert(peer, Seat { connection, link, standing, dials, after, running: None, doubt: None });
        self.start_link(peer, stream, now);
    }

    /// Ends the link of a peer so that another takes its place, and returns what that one inherits.
    fn unseat(&mut self, peer: libp2p::PeerId, reason: Ended) -> (Vec<DialId>, Option<oneshot::Receiver<()>>) {
        let Some(old) = self.seats.remove(&peer) else { return (Vec::new(), None) };
        lock(&self.shared.ports).remove(&old.link);
        self.swarm.close_connection(old.connection);
        let after = match old.running {
            Some(mut running) => {
                running.end(reason);
                Some(running.done)
            }
            None => old.after,
        };
        (old.dials, after)
    }

    /// Asks every link for a sign of life: our network changed, and what ran over it may be cut without a word.
    pub(super) fn doubt_links(&mut self, now: Instant) {
        let until = Some(now + self.config.pace.doubt);
        let ports = lock(&self.shared.ports);
        for seat in self.seats.values_mut() {
            if let (Some(port), true) = (ports.get(&seat.link), seat.is_running()) {
                seat.doubt = Some(Doubt { received: seat.received(), until });
                let _ = port.frames.send(Outgoing::Ask);
            }
        }
    }

    /// Dials anew the peers whose links gave no sign; a link that is up again by then stays.
    pub(super) fn dial_doubtful(&mut self, now: Instant) {
        let mut doubtful = Vec::new();
        for (peer, seat) in &mut self.seats {
            if seat.wake().is_some_and(|until| until <= now) {
                if let Some(doubt) = &mut seat.doubt {
                    doubt.until = None;
                }
                if seat.is_doubtful() {
                    doubtful.push((*peer, seat.connection, seat.standing.dialled_here));
                } else {
                    seat.doubt = None;
                }
            }
        }
        for (peer, connection, dialled_here) in doubtful {
            let mut places = self.book.places_of(peer);
            if dialled_here {
                places.extend(self.connections.get(&connection).map(|c| c.address.clone()));
            }
            if !places.is_empty() {
                let places = places.iter().map(|place| place.with_peer(PeerId(peer))).collect();
                self.dial(None, None, Target::Places(places));
            }
        }
    }

    fn start_link(&mut self, peer: libp2p::PeerId, stream: Box<Stream>, now: Instant) {
        let Some(seat) = self.seats.get_mut(&peer) else { return };
        let Some(connection) = self.connections.get(&seat.connection) else { return };
        let mut dials = std::mem::take(&mut seat.dials).into_iter();
        let (frames, outgoing) = mpsc::unbounded_channel();
        let wanted = Arc::new(AtomicBool::new(false));
        let counts = Arc::new(Counts::default());
        let (halt, halted) = oneshot::channel();
        let (done, is_done) = oneshot::channel();
        let (id, dialler) = (seat.link, seat.standing.dialled_here);
        seat.running = Some(Running { halt: Some(halt), done: is_done, counts: counts.clone() });
        let link = Link {
            id,
            connection: seat.connection,
            dialler,
            opened: Event::Opened {
                link: id,
                peer: PeerId(peer),
                dialler,
                address: connection.address.clone(),
                dial: dials.next(),
            },
            pace: self.config.pace.clone(),
            frame_bytes: self.config.limits.frame_bytes,
            events: self.events.clone(),
            receiving: self.receiving.clone(),
            outgoing,
            wanted: wanted.clone(),
            counts: counts.clone(),
            halt: halted,
            after: seat.after.take(),
            ended: self.ended.0.clone(),
        };
        let room = Arc::new(Semaphore::new(self.config.limits.sending_bytes));
        lock(&self.shared.ports).insert(id, Port { frames, room, wanted, counts });
        self.book.linked(peer, now);
        self.outbox.extend(dials.map(|dial| Event::Joined { dial, link: id }));
        tokio::spawn(link.run(stream, done));
    }

    pub(super) fn on_link_ended(&mut self, ended: LinkEnded) {
        tracing::debug!(link = ended.link.0, reason = %ended.reason, "link ended");
        lock(&self.shared.ports).remove(&ended.link);
        self.swarm.close_connection(ended.connection);
        let held = self.seats.iter().find(|(_, seat)| seat.link == ended.link).map(|(peer, _)| *peer);
        if let Some(peer) = held {
            self.seats.remove(&peer);
            self.book.unlinked(peer, ended.reason == Ended::Interface, Instant::now());
        }
    }

    pub(super) fn on_connection_closed(&mut self, peer: libp2p::PeerId, connection: ConnectionId, now: Instant) {
        self.vacate(peer, connection, &Answer::ClosedAtOnce, now);
        self.connections.remove(&connection);
    }

    /// Frees a seat whose link never began; a running link ends by itself when it has read what still came.
    fn vacate(&mut self, peer: libp2p::PeerId, connection: ConnectionId, answer: &Answer, now: Instant) {
        if !self.seats.get(&peer).is_some_and(|seat| seat.connection == connection && !seat.is_running()) {
            return;
        }
        let Some(seat) = self.seats.remove(&peer) else { return };
        self.book.linked(peer, now);
        self.book.unlinked(peer, false, now);
        let address = self.connections.get(&connection).map(|c| c.address.to_string()).unwrap_or_default();
        for dial in seat.dials {
            let tried = vec![Tried { address: address.clone(), answer: answer.clone() }];
            self.tell(Event::DialFailed { dial: Some(dial), peer: Some(PeerId(peer)), tried });
        }
    }

    /// Closes a peer's link as the holder would.
    pub(super) fn close_seat(&mut self, peer: libp2p::PeerId, words: &str) {
        if let Some(port) = self.seats.get(&peer).and_then(|seat| lock(&self.shared.ports).get(&seat.link).cloned()) {
            let _ = port.frames.send(Outgoing::Close(words.into()));
        }
    }

    /// Ends at once what ran over an address that is gone, instead of waiting for its silence.
    pub(super) fn interface_gone(&mut self, ip: IpAddr) {
        let gone = self.connections.iter().filter(|(_, connection)| connection.local == Some(ip));
        let gone: Vec<_> = gone.map(|(id, connection)| (*id, connection.peer)).collect();
        for (connection, peer) in gone {
            if let Some(seat) = self.seats.get_mut(&peer)
                && seat.connection == connection
                && let Some(running) = &mut seat.running
            {
                running.end(Ended::Interface);
            }
            self.swarm.close_connection(connection);
        }
    }

    /// Tells whether a peer is the throw-away key of a probe of ours, and tells the probe.
    pub(super) fn is_probe(&mut self, peer: libp2p::PeerId) -> bool {
        let watched = lock(&self.shared.watched);
        let probe = watched.get(&PeerId(peer));
        if let Some(seen) = probe {
            seen.notify_one();
        }
        probe.is_some()
    }
}

/// Asks the system which of our addresses leads there; nothing is sent.
fn source_of(remote: SocketAddr) -> Option<IpAddr> {
    let any = match remote {
        SocketAddr::V4(_) => SocketAddr::from(([0; 4], 0)),
        SocketAddr::V6(_) => SocketAddr::from(([0; 16], 0)),
    };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(remote).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
