//! The task that owns the swarm: it alone opens, closes and decides; everyone else sends it words.
//!
//! ```text
//! Net ── Command ──> driver ── libp2p swarm
//!  links ── ended ──>  │
//!  plans ───────────>  └── outbox ──> Events
//! ```
//!
//! It never waits for the holder: events that find no room stay in the outbox, and a full outbox stops the polling of
//! the swarm until there is room. `dials` holds what leads to connections, `links` what becomes of them.

mod dials;
mod links;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::StreamExt;
use libp2p::core::transport::ListenerId;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::{ConnectionId, SwarmEvent};
use libp2p::{Multiaddr, Swarm, mdns};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use self::dials::Attempt;
use self::links::{Connection, Seat};
use super::address::{Address, PeerId, Target};
use super::book::Book;
use super::config::{Config, Listen};
use super::event::{DialId, Event, EventSender, LinkId};
use super::link::{LinkEnded, Outgoing, Port};
use super::plan::Plan;
use super::swarm::{self, Behaviours, BehavioursEvent};

/// Events that wait for room in the channel before the swarm is no longer polled.
const OUTBOX: usize = 256;

/// How long discovery stays off after a flood.
const FLOOD_PAUSE: Duration = Duration::from_secs(30);

/// How long the sockets get to close at the end.
const CLOSING: Duration = Duration::from_secs(3);

/// What the holder asks for.
pub(super) enum Command {
    Dial(DialId, Target),
    Known(Vec<(PeerId, Vec<Address>)>),
    Avoid(PeerId, Duration),
    Recheck,
    Shutdown(oneshot::Sender<()>),
}

/// What the handles, the links and the driver share.
pub(super) struct Shared {
    pub(super) here: PeerId,
    pub(super) port: u16,
    pub(super) ports: Mutex<BTreeMap<LinkId, Port>>,
    pub(super) addresses: Mutex<BTreeSet<Address>>,
    /// Throw-away keys of probes under way.
    pub(super) watched: Mutex<BTreeMap<PeerId, Arc<Notify>>>,
}

/// Locks a table; whoever panicked with it held left no half-made change behind.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Both ends of a channel whose senders are bounded by what the driver itself started.
type Channel<T> = (mpsc::UnboundedSender<T>, mpsc::UnboundedReceiver<T>);

/// The driver; `run` is its life.
pub(super) struct Driver {
    swarm: Swarm<Behaviours>,
    config: Config,
    shared: Arc<Shared>,
    commands: mpsc::UnboundedReceiver<Command>,
    events: EventSender,
    receiving: Arc<Semaphore>,
    outbox: VecDeque<Event>,
    book: Book,
    seats: BTreeMap<libp2p::PeerId, Seat>,
    connections: BTreeMap<ConnectionId, Connection>,
    attempts: BTreeMap<u64, Attempt>,
    dials: BTreeMap<ConnectionId, (u64, Vec<Address>)>,
    counter: u64,
    listened: Vec<(ListenerId, Multiaddr)>,
    unwanted: BTreeMap<libp2p::PeerId, Instant>,
    discover_again: Option<Instant>,
    ended: Channel<LinkEnded>,
    plans: Channel<(u64, Plan)>,
}

/// Why the driver stopped.
enum Stop {
    Asked(oneshot::Sender<()>),
    Abandoned,
}

impl Driver {
    pub(super) fn new(
        config: Config,
        swarm: Swarm<Behaviours>,
        shared: Arc<Shared>,
        commands: mpsc::UnboundedReceiver<Command>,
        events: EventSender,
    ) -> Self {
        let book = Book::new(*swarm.local_peer_id(), config.limits.clone(), config.pace.clone());
        Self {
            swarm,
            shared,
            commands,
            events,
            receiving: Arc::new(Semaphore::new(config.limits.receiving_bytes)),
            outbox: VecDeque::new(),
            book,
            seats: BTreeMap::new(),
            connections: BTreeMap::new(),
            attempts: BTreeMap::new(),
            dials: BTreeMap::new(),
            counter: 0,
            listened: Vec::new(),
            unwanted: BTreeMap::new(),
            discover_again: None,
            ended: mpsc::unbounded_channel(),
            plans: mpsc::unbounded_channel(),
            config,
        }
    }

    /// Polls the swarm until it listens on TCP and QUIC, so that a net knows its addresses when it is handed out.
    pub(super) async fn begin(&mut self) {
        let listening = async {
            while self.config.listen != Listen::Nowhere && !self.listens_on_both() {
                let event = self.swarm.select_next_some().await;
                self.on_swarm(event);
            }
        };
        let _ = timeout(CLOSING, listening).await;
    }

    fn listens_on_both(&self) -> bool {
        let addresses = lock(&self.shared.addresses);
        addresses.iter().any(Address::is_quic) && addresses.iter().any(|address| !address.is_quic())
    }

    /// Works until the holder asks for the end, or is gone.
    pub(super) async fn run(mut self) {
        let stop = self.work().await;
        self.finish().await;
        let (listen, port) = (self.config.listen, self.shared.port);
        let reply = match stop {
            Stop::Asked(reply) => Some(reply),
            Stop::Abandoned => None,
        };
        drop(self);
        if listen != Listen::Nowhere {
            // QUIC keeps its socket until the other sides have had time to hear of the end.
            let freed = async {
                while !swarm::is_free(listen, port) {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            let _ = timeout(CLOSING, freed).await;
        }
        if let Some(reply) = reply {
            let _ = reply.send(());
        }
    }

    async fn work(&mut self) -> Stop {
        loop {
            self.on_time(Instant::now());
            let wake = self.wake();
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(Command::Shutdown(reply)) => return Stop::Asked(reply),
                    Some(command) => self.on_command(command),
                    None => return Stop::Abandoned,
                },
                Some(ended) = self.ended.1.recv() => self.on_link_ended(ended),
                Some((attempt, plan)) = self.plans.1.recv() => self.on_plan(attempt, plan),
                room = self.events.clone().reserve_owned(), if !self.outbox.is_empty() => match (room, self.outbox.pop_front()) {
                    (Ok(room), Some(event)) => drop(room.send((event, None))),
                    (Ok(_), None) => {}
                    (Err(_), _) => return Stop::Abandoned,
                },
                () = self.events.closed(), if self.outbox.is_empty() => return Stop::Abandoned,
                event = self.swarm.select_next_some(), if self.outbox.len() < OUTBOX => self.on_swarm(event),
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {}
            }
        }
    }

    /// Returns when something is due by the clock.
    fn wake(&self) -> Option<Instant> {
        let attempts = self.attempts.values().filter_map(Attempt::wake).min();
        let wanted = self.unwanted.values().min().copied();
        let doubts = self.seats.values().filter_map(Seat::wake).min();
        [self.book.next(), attempts, wanted, doubts, self.discover_again].into_iter().flatten().min()
    }

    fn on_time(&mut self, now: Instant) {
        self.dial_from_book(now);
        self.advance_late_attempts(now);
        self.dial_doubtful(now);
        while let Some(peer) = self.unwanted.iter().find(|(_, until)| **until <= now).map(|(peer, _)| *peer) {
            self.unwanted.remove(&peer);
            self.swarm.behaviour_mut().sync.want(peer, true);
        }
        if self.discover_again.is_some_and(|at| at <= now) {
            self.discover_again = None;
            if let Err(error) = swarm::rediscover(&mut self.swarm, &self.listened) {
                tracing::debug!(%error, "discovery can't start again");
                self.discover_again = Some(now + FLOOD_PAUSE);
            }
        }
    }

    fn on_command(&mut self, command: Command) {
        let now = Instant::now();
        match command {
            Command::Dial(dial, target) => self.dial(Some(dial), None, target),
            Command::Known(peers) => {
                self.book.set_known(peers.into_iter().map(|(peer, places)| (peer.0, places)).collect(), now);
            }
            Command::Avoid(peer, how_long) => {
                if self.unwanted.len() < self.config.limits.discovered * 4 {
                    self.unwanted.insert(peer.0, now + how_long);
                    self.swarm.behaviour_mut().sync.want(peer.0, false);
                }
                self.book.avoid(peer.0, now + how_long);
                self.close_seat(peer.0, "the peer is not wanted for now");
            }
            Command::Recheck => {
                self.network_changed(now);
            }
            Command::Shutdown(_) => {}
        }
    }

    fn tell(&mut self, event: Event) {
        self.outbox.push_back(event);
    }

    fn next_number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn on_swarm(&mut self, event: SwarmEvent<BehavioursEvent>) {
        let now = Instant::now();
        match event {
            SwarmEvent::Behaviour(BehavioursEvent::Sync(streamed)) => self.on_streamed(streamed, now),
            SwarmEvent::Behaviour(BehavioursEvent::Mdns(found)) => self.on_mdns(found, now),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_established(peer_id, connection_id, &endpoint, now);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, cause, .. } => {
                tracing::debug!(peer = %peer_id, ?cause, "connection closed");
                self.on_connection_closed(peer_id, connection_id, now);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                self.on_dial_error(connection_id, error, now);
            }
            SwarmEvent::IncomingConnectionError { peer_id, error, .. } => {
                tracing::debug!(%error, "inbound connection failed");
                if let Some(peer) = peer_id {
                    self.is_probe(peer);
                }
            }
            SwarmEvent::NewListenAddr { listener_id, address } => self.on_listening(listener_id, address, now),
            SwarmEvent::ExpiredListenAddr { listener_id, address } => self.on_expired(listener_id, &address),
            SwarmEvent::ListenerClosed { listener_id, addresses, .. } => {
                for address in addresses {
                    self.on_expired(listener_id, &address);
                }
            }
            SwarmEvent::ListenerError { error, .. } => tracing::debug!(%error, "listener"),
            _ => {}
        }
    }

    fn on_listening(&mut self, listener: ListenerId, address: Multiaddr, now: Instant) {
        let place = Address(address.clone());
        self.listened.push((listener, address));
        if lock(&self.shared.addresses).insert(place.clone()) {
            let here = self.shared.here;
            self.tell(Event::Listening { address: place.with_peer(here) });
        }
        if !place.is_loopback() {
            self.network_changed(now);
        }
    }

    fn network_changed(&mut self, now: Instant) {
        self.abandon_booked(now);
        self.book.wake(now);
        self.doubt_links(now);
    }

    fn on_expired(&mut self, listener: ListenerId, address: &Multiaddr) {
        self.listened.retain(|(l, a)| !(*l == listener && a == address));
        let place = Address(address.clone());
        if lock(&self.shared.addresses).remove(&place) {
            let here = self.shared.here;
            self.tell(Event::Expired { address: place.with_peer(here) });
        }
        if let Some(ip) = place.socket().map(|socket| socket.ip()) {
            self.interface_gone(ip);
        }
    }

    fn on_mdns(&mut self, event: mdns::Event, now: Instant) {
        let mut news = BTreeSet::new();
        match event {
            mdns::Event::Discovered(found) => {
                for (peer, address) in found {
                    if self.book.found(peer, Address(address).bare(), now) {
                        news.insert(peer);
                    }
                }
            }
            mdns::Event::Expired(lost) => {
                for (peer, address) in lost {
                    self.book.lost(peer, &Address(address).bare());
                }
            }
        }
        for peer in news {
            let addresses = self.book.found_of(peer);
            self.tell(Event::Discovered { peer: PeerId(peer), addresses });
        }
        // libp2p keeps all that it hears, and searches it from end to end: a flood would fill and slow this node.
        let heard = self.swarm.behaviour().mdns.as_ref().map_or(0, |mdns| mdns.discovered_nodes().len());
        if heard > self.config.limits.discovered * self.config.limits.addresses_per_peer {
            tracing::debug!(heard, "too much heard by discovery: off for a while");
            self.swarm.behaviour_mut().mdns = Toggle::from(None);
            self.discover_again = Some(now + FLOOD_PAUSE);
        }
    }

    /// Lets every link send what waits, then closes links, connections and listeners.
    async fn finish(&mut self) {
        for port in lock(&self.shared.ports).values() {
            let _ = port.frames.send(Outgoing::Close("shutting down".into()));
        }
        let patience = self.config.pace.farewell * 2;
        let links = async {
            while self.seats.values().any(Seat::is_running) {
                tokio::select! {
                    Some(ended) = self.ended.1.recv() => self.on_link_ended(ended),
                    event = self.swarm.select_next_some() => self.on_swarm(event),
                }
            }
        };
        let _ = timeout(patience, links).await;
        let mut listeners: Vec<_> = self.listened.iter().map(|(listener, _)| *listener).collect();
        listeners.dedup();
        for listener in listeners {
            self.swarm.remove_listener(listener);
        }
        for connection in self.connections.keys().copied().collect::<Vec<_>>() {
            self.swarm.close_connection(connection);
        }
        let closed = async {
            while !self.connections.is_empty() {
                let event = self.swarm.select_next_some().await;
                self.on_swarm(event);
            }
        };
        let _ = timeout(CLOSING, closed).await;
        lock(&self.shared.ports).clear();
        lock(&self.shared.addresses).clear();
    }
}
