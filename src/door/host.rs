//! The host: joins the engine, the network and the local socket while a node serves, and for the length of one sync.
//!
//! The engine lives on one thread, behind a bounded queue; libp2p lives on another, in a runtime of its own. What passes
//! between them is values: requests with a place for their answer, events of the network, and frames.

mod channels;
mod sync;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::net::{self, Address, Config, Event, LinkId, Listen, Net, PeerId, SendError};
use super::socket::Listener;
use crate::model::CommunityId;
use crate::node::{Action, Call, Error, Node, Reply, Request, Serving};
use channels::Carried;
use sync::Syncs;

/// Most events and requests that wait for the engine.
const QUEUE: usize = 64;
/// Bytes, and frames, that one transaction takes in: what came while the one before was written. A quarter of what a
/// session has on its way, so that the peer goes on sending meanwhile.
const GROUP_BYTES: usize = 2 << 20;
const GROUP_FRAMES: usize = 64;
/// How often sessions hear that time passes.
const TICK: Duration = Duration::from_secs(1);
/// How long the engine is idle before it feeds the search index.
const IDLE: Duration = Duration::from_millis(400);
/// How often time is looked at while somebody waits for a sync.
const GLANCE: Duration = Duration::from_millis(50);
/// How long a peer that is no member of anything here is left alone.
const AVOID: Duration = Duration::from_secs(60);

/// How a host serves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen.
    pub listen: Listen,
    /// The port; 0 = the one kept in the profile, or a free one.
    pub port: u16,
    /// Look for peers on the local network, and be found there.
    pub mdns: bool,
    /// Answer on the local socket.
    pub socket: bool,
    /// One exchange and no more: nothing of the profile changes, and sessions end when both hold the same.
    pub single: bool,
}

/// Called while long work goes on: (done, total).
pub type Progress = Box<dyn FnMut(u64, u64) + Send>;
/// Called when documents changed: the community, and the ids of the documents.
pub type Watcher = Box<dyn FnMut(CommunityId, &[String]) + Send>;

enum Job {
    Call(Call, Progress, SyncSender<Result<Reply, Error>>),
    /// What happened in the network that was started as number so-and-so.
    Net(u64, Event),
    Watch(Watcher),
    End,
}

/// A handle on a running host.
pub struct Host {
    jobs: SyncSender<Job>,
    engine: Option<JoinHandle<Node>>,
    listener: Option<Listener>,
    addresses: Vec<String>,
    port: u16,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("port", &self.port).finish_non_exhaustive()
    }
}

/// The network's thread, with the runtime in it.
struct Network {
    net: Net,
    runtime: tokio::runtime::Handle,
    thread: Option<JoinHandle<()>>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    number: u64,
}

impl Host {
    /// Starts to serve the communities of a node.
    ///
    /// # Errors
    ///
    /// When the port can't be listened on, or the socket can't be made. The node is lost then: open it again.
    pub fn start(mut node: Node, options: &Options) -> Result<Host, Error> {
        let seed = node.transport_seed()?;
        let mut profile = node.home().profile()?;
        let serves = !options.single;
        let port = if options.port != 0 { options.port } else { profile.port };
        let mut config = if options.listen == Listen::Nowhere { Config::single(*seed) } else { Config::new(*seed) };
        config.listen = options.listen;
        config.mdns = options.mdns;
        config.port = if serves { port } else { 0 };
        let (jobs, queue) = sync_channel(QUEUE);
        let network = start_network(config.clone(), jobs.clone(), 0).map_err(|why| Error::cannot_listen(port, why))?;
        let addresses: Vec<String> = network.net.addresses().iter().map(ToString::to_string).collect();
        let port = network.net.port();
        if serves {
            profile.port = port;
            profile.addresses.clone_from(&addresses);
            node.home().set_profile(&profile)?;
            node.set_serving(Some(Serving { addresses: addresses.clone(), port, linked: Vec::new() }));
        }
        let socket = node.home().socket();
        let engine = Engine::new(node, network, serves, (config, jobs.clone()));
        let engine = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || engine.run(&queue))
            .map_err(Error::internal)?;
        let mut host = Host { jobs, engine: Some(engine), listener: None, addresses, port };
        if options.socket {
            let jobs = host.jobs.clone();
            let serve = move |call, progress: &mut dyn FnMut(u64, u64)| relay(&jobs, call, progress);
            host.listener =
                Some(Listener::start(&socket, Arc::new(serve)).map_err(|error| Error::file(socket.display(), error))?);
        }
        Ok(host)
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    ///
    /// What went wrong, and whose move it is.
    pub fn call(&self, call: Call, progress: &mut dyn FnMut(u64, u64)) -> Result<Reply, Error> {
        relay(&self.jobs, call, progress)
    }

    /// Calls `watcher` from the engine's thread whenever documents changed.
    pub fn watch(&self, watcher: Watcher) {
        let _ = self.jobs.send(Job::Watch(watcher));
    }

    /// Returns where the host listens, each address with its peer id.
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// Returns the port; 0 when it doesn't listen.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits until somebody asks the node to stop.
    pub fn wait(mut self) {
        self.join();
    }

    /// Stops, and gives the node back.
    pub fn stop(mut self) -> Option<Node> {
        let _ = self.jobs.send(Job::End);
        self.join()
    }

    fn join(&mut self) -> Option<Node> {
        let node = self.engine.take().and_then(|engine| engine.join().ok());
        self.listener = None;
        node
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if self.engine.is_some() {
            let _ = self.jobs.send(Job::End);
            self.join();
        }
    }
}

fn relay(jobs: &SyncSender<Job>, call: Call, progress: &mut dyn FnMut(u64, u64)) -> Result<Reply, Error> {
    // A job that is dropped unanswered was never begun.
    let gone = Error::stopping;
    let (answer, answered) = sync_channel(1);
    let (steps, heard) = std::sync::mpsc::channel();
    let forward: Progress = Box::new(move |done, total| {
        let _ = steps.send((done, total));
    });
    jobs.send(Job::Call(call, forward, answer)).map_err(|_| gone())?;
    // Ends when the engine drops its end of the progress.
    for (done, total) in heard {
        progress(done, total);
    }
    answered.recv().map_err(|_| gone())?
}

fn start_network(config: Config, jobs: SyncSender<Job>, number: u64) -> Result<Network, String> {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (started, start) = sync_channel(1);
    let thread = std::thread::Builder::new()
        .name("network".to_owned())
        .spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(started.send(Err(error.to_string()))),
            };
            runtime.block_on(async move {
                let (net, mut events) = match net::start(config).await {
                    Ok(started) => started,
                    Err(error) => return drop(started.send(Err(error.to_string()))),
                };
                let _ = started.send(Ok((net.clone(), tokio::runtime::Handle::current())));
                // The queue of the engine is bounded and blocks: a thread of its own stands between.
                let forward = tokio::task::spawn_blocking(move || {
                    while let Some(event) = events.blocking_recv() {
                        if jobs.send(Job::Net(number, event)).is_err() {
                            break;
                        }
                    }
                });
                let _ = stopped.await;
                net.shutdown().await;
                drop(net);
                drop(forward);
            });
            runtime.shutdown_timeout(Duration::from_secs(1));
        })
        .map_err(|error| error.to_string())?;
    let (net, runtime) = start.recv().map_err(|error| error.to_string())??;
    Ok(Network { net, runtime, thread: Some(thread), stop: Some(stop), number })
}

impl Network {
    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The engine's thread.
struct Engine {
    node: Node,
    network: Network,
    /// What the network is started with, when it must be started anew.
    again: (Config, SyncSender<Job>),
    serves: bool,
    links: BTreeMap<LinkId, Carried>,
    syncs: Syncs,
    watchers: Vec<Watcher>,
    unfed: bool,
}

impl Engine {
    fn new(node: Node, network: Network, serves: bool, again: (Config, SyncSender<Job>)) -> Engine {
        Engine {
            node,
            network,
            again,
            serves,
            links: BTreeMap::new(),
            syncs: Syncs::default(),
            watchers: Vec::new(),
            unfed: true,
        }
    }

    fn run(mut self, queue: &Receiver<Job>) -> Node {
        self.keep_linked();
        let mut ticked = Instant::now();
        let mut next = None;
        loop {
            let wait = match (self.is_syncing(), self.unfed && self.serves) {
                (true, _) => GLANCE,
                (false, true) => IDLE,
                (false, false) => TICK,
            };
            match next.take().map_or_else(|| queue.recv_timeout(wait), Ok) {
                Ok(Job::End) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Job::Call(call, progress, answer)) => {
                    if matches!(call.request, Request::Stop) {
                        let _ = answer.send(Ok(Reply::Done));
                        break;
                    }
                    self.call(call, progress, answer);
                }
                Ok(Job::Net(number, event)) if number == self.network.number => match event {
                    Event::Frame { link, bytes } => next = self.take_frames(link, bytes, queue),
                    event => self.event(event),
                },
                Ok(Job::Net(..)) => {}
                Ok(Job::Watch(watcher)) => self.watchers.push(watcher),
                Err(RecvTimeoutError::Timeout) if self.unfed && self.serves => self.feed(),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.is_syncing() {
                self.expire_syncs();
            }
            if ticked.elapsed() >= TICK {
                ticked = Instant::now();
                let actions = self.node.tick();
                self.perform(actions);
                self.close_idle();
            }
        }
        self.end()
    }

    fn end(mut self) -> Node {
        self.node.set_serving(None);
        self.network.end();
        self.node
    }

    /// Ends every link and starts the network again, under the transport key that the home has now.
    fn renew_network(&mut self) -> Result<(), Error> {
        for link in self.links.keys().copied().collect::<Vec<_>>() {
            for session in self.sessions(link) {
                drop(self.node.link_closed(session));
            }
        }
        self.links.clear();
        self.syncs.forget_links();
        let (config, jobs) = &mut self.again;
        config.transport_seed = *self.node.transport_seed()?;
        config.port = self.network.net.port();
        let (config, jobs, number) = (config.clone(), jobs.clone(), self.network.number + 1);
        let port = config.port;
        self.network.end();
        self.network = start_network(config, jobs, number).map_err(|why| Error::cannot_listen(port, why))?;
        if self.serves {
            let mut profile = self.node.home().profile()?;
            profile.addresses = self.network.net.addresses().iter().map(ToString::to_string).collect();
            self.node.home().set_profile(&profile)?;
            self.tell_linked();
            self.keep_linked();
        }
        Ok(())
    }

    /// What waits in the queue comes first; the index follows when there is nothing else to do.
    fn feed(&mut self) {
        self.unfed = false;
        if let Err(error) = self.node.feed_indexes() {
            tracing::warn!(%error, "the search index could not be fed");
        }
    }

    fn call(&mut self, call: Call, mut progress: Progress, answer: SyncSender<Result<Reply, Error>>) {
        if let Request::Sync { target } = &call.request {
            let (target, community) = (target.clone(), call.community.clone());
            self.begin_sync(target.as_deref(), community.as_deref(), progress, answer);
            return;
        }
        self.tell_linked();
        let before = self.node.communities();
        let result = self.node.call(call, &mut *progress);
        drop(progress);
        let _ = answer.send(result);
        let actions = self.node.take_pending();
        self.perform(actions);
        if self.node.communities() != before {
            // Who is linked already may be in the new one too.
            self.links.keys().copied().collect::<Vec<_>>().into_iter().for_each(|link| self.open_channels(link));
        }
        self.unfed = true;
    }

    fn tell_linked(&mut self) {
        if !self.serves {
            return;
        }
        let linked = self.links.values().map(|carried| carried.peer.to_string()).collect();
        let addresses = self.network.net.addresses().iter().map(ToString::to_string).collect();
        self.node.set_serving(Some(Serving { addresses, port: self.network.net.port(), linked }));
    }

    /// Tells the net whom to keep linked: every peer remembered, while this node serves.
    fn keep_linked(&mut self) {
        if !self.serves {
            return;
        }
        let mut peers: BTreeMap<PeerId, Vec<Address>> = BTreeMap::new();
        for (peer, addresses, _) in self.node.known_peers().unwrap_or_default() {
            if let Ok(peer) = peer.parse::<PeerId>() {
                let parsed = addresses.iter().filter_map(|address| address.parse().ok());
                peers.entry(peer).or_default().extend(parsed);
            }
        }
        peers.remove(&self.network.net.peer_id());
        self.network.net.set_peers(peers.into_iter().collect());
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Opened { link, peer, dialler, address, dial } => {
                self.links.insert(link, Carried::new(peer, dialler, address));
                self.syncs.dialled(dial, link);
                if dialler {
                    self.open_channels(link);
                } else {
                    self.begin_session(link, 0, None);
                }
                self.expect(link);
            }
            Event::Frame { link, bytes } => self.frames(link, vec![bytes]),
            Event::Writable { link } => {
                let actions = self.send(link);
                self.perform(actions);
            }
            Event::Closed { link, reason, .. } => {
                for session in self.sessions(link) {
                    let actions = self.node.link_closed(session);
                    self.perform(actions);
                }
                self.avoid_stranger(link);
                self.links.remove(&link);
                self.link_gone(link, &reason.to_string());
            }
            Event::Joined { dial, link } => {
                self.syncs.dialled(Some(dial), link);
                self.open_channels(link);
                self.expect(link);
            }
            Event::DialFailed { dial, peer, tried } => self.dial_failed(dial, peer, &tried),
            Event::DialledOwnKey { dial, address, own } => self.own_key(dial, &address, own),
            Event::Listening { .. } | Event::Expired { .. } | Event::Discovered { .. } => {}
        }
    }

    /// Takes a frame in, with those of the same session that wait behind it; returns the job after them, if one was
    /// taken from the queue.
    fn take_frames(&mut self, link: LinkId, first: Vec<u8>, queue: &Receiver<Job>) -> Option<Job> {
        let mut bytes = first.len();
        let mut frames = vec![first];
        let next = loop {
            // A frame that ends its session stands alone.
            if bytes >= GROUP_BYTES || frames.len() >= GROUP_FRAMES || frames[0].len() < 2 {
                break None;
            }
            match queue.try_recv() {
                Ok(Job::Net(number, Event::Frame { link: same, bytes: frame }))
                    if same == link && number == self.network.number && frame.len() > 1 && frame[0] == frames[0][0] =>
                {
                    bytes += frame.len();
                    frames.push(frame);
                }
                other => break other.ok(),
            }
        };
        self.frames(link, frames);
        next
    }

    /// Does what a session asks for, and what it asks for next when all of it has left. All its frames are queued before
    /// one of them leaves: a link that has room makes the session say more, and that comes after what it has said already.
    fn perform(&mut self, mut actions: Vec<Action>) {
        while !actions.is_empty() {
            let mut others = Vec::new();
            let mut written = BTreeSet::new();
            for action in actions {
                match action {
                    Action::Send(session, frame) => {
                        let (link, channel) = channels::parts(session);
                        if let Some(carried) = self.links.get_mut(&link) {
                            let mut bytes = Vec::with_capacity(1 + frame.len());
                            bytes.push(channel);
                            bytes.extend(frame);
                            carried.frames.push_back(bytes);
                            written.insert(link);
                        }
                    }
                    other => others.push(other),
                }
            }
            actions = written.into_iter().flat_map(|link| self.send(link)).collect();
            for action in others {
                self.follow(action);
            }
        }
    }

    /// Does what a session asks for beside sending.
    fn follow(&mut self, action: Action) {
        match action {
            Action::Send(..) => {}
            Action::Close(session, why) => self.close_session(session, &why),
            Action::Finished(session, finished) => {
                if finished.complete {
                    self.keep_linked();
                }
                self.sync_finished(session, &finished);
            }
            Action::Changed(community, documents) => {
                self.unfed = true;
                for watcher in &mut self.watchers {
                    watcher(community, &documents);
                }
            }
        }
    }

    /// Hands frames to the net while it has room; asks the session for more when all are gone.
    fn send(&mut self, link: LinkId) -> Vec<Action> {
        loop {
            let Some(carried) = self.links.get_mut(&link) else { return Vec::new() };
            let Some(frame) = carried.frames.pop_front() else { break };
            match self.network.net.try_send(link, frame) {
                Ok(()) => {}
                Err(SendError::Full(frame)) => {
                    carried.frames.push_front(frame);
                    return Vec::new();
                }
                Err(_) => return Vec::new(),
            }
        }
        if let Some(why) = self.links.get_mut(&link).and_then(|carried| carried.closing.take()) {
            self.network.net.close(link, why);
            return Vec::new();
        }
        let sessions = self.sessions(link);
        sessions.into_iter().flat_map(|session| self.node.link_writable(session)).collect()
    }
}
