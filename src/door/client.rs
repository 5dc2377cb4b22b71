//! The client: asks the home's owner, or becomes it.
//!
//! Who gets the home's lock opens the stores and answers for itself; who doesn't talks to the owner's socket; if there is
//! none, it tries again for a while and then says which process is in the way.

use std::path::Path;
use std::time::{Duration, Instant};

use super::host::{Host, Options as Serve};
use super::net::Listen;
use super::socket::Connection;
use crate::node::env::Env;
use crate::node::home::{Home, LockError};
use crate::node::{Call, Error, Node, Reply, Request};

/// How long to try for the lock or the socket.
const PATIENCE: Duration = Duration::from_secs(5);
/// The shortest pause between two tries; the process id makes pauses differ.
const PAUSE_MIN: Duration = Duration::from_millis(5);

/// Asks the owner of a home, whoever that is.
pub struct Client {
    home: Home,
    side: Side,
}

enum Side {
    /// This process owns the home.
    Owner(Option<Box<Node>>),
    /// A running node does.
    Remote(Connection),
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_owner() { "Client(owner)" } else { "Client(remote)" })
    }
}

impl Client {
    /// Opens a home. `runtime` is a folder for sockets whose path in the home would be too long.
    ///
    /// # Errors
    ///
    /// `busy` when another process owns the home and doesn't answer; else why a store can't be opened.
    pub fn open(root: &Path, runtime: &Path) -> Result<Client, Error> {
        let home = Home::new(root, runtime);
        let side = take_side(&home)?;
        Ok(Client { home, side })
    }

    /// Waits until the home is free.
    fn wait_until_free(&self) {
        let start = Instant::now();
        while start.elapsed() < PATIENCE && matches!(self.home.lock(), Err(LockError::Held(_))) {
            std::thread::park_timeout(PAUSE_MIN);
        }
    }
    /// Tells whether this process owns the home, so that no node runs.
    pub fn is_owner(&self) -> bool {
        matches!(self.side, Side::Owner(_))
    }

    /// Asks; `progress` hears (done, total) during long work.
    ///
    /// # Errors
    ///
    /// What went wrong, and whose move it is.
    pub fn call(&mut self, call: Call, progress: &mut dyn FnMut(u64, u64)) -> Result<Reply, Error> {
        match &mut self.side {
            Side::Remote(connection) => {
                let stop = matches!(call.request, Request::Stop);
                match connection.call(&call, progress) {
                    Ok(reply) if stop => {
                        self.wait_until_free();
                        Ok(reply)
                    }
                    Err(error) if error.code == "stopping" && !stop => {
                        self.side = take_side(&self.home)?;
                        self.call(call, progress)
                    }
                    other => other,
                }
            }
            Side::Owner(slot) => {
                let gone = || Error::internal("the home was handed over");
                if matches!(call.request, Request::Stop) {
                    return Err(Error::not_serving());
                }
                if let Request::Sync { target } = &call.request {
                    let node = *slot.take().ok_or_else(gone)?;
                    let (result, node) = sync_once(node, target.is_none(), call.clone(), progress);
                    *slot = node.map(Box::new);
                    return result;
                }
                slot.as_mut().ok_or_else(gone)?.call(call, progress)
            }
        }
    }

    /// Hands the node over to be served; none when another process owns the home.
    pub fn into_node(self) -> Option<Node> {
        match self.side {
            Side::Owner(node) => node.map(|node| *node),
            Side::Remote(_) => None,
        }
    }
}

/// Takes the lock, or connects to who has it.
fn take_side(home: &Home) -> Result<Side, Error> {
    let start = Instant::now();
    let mut pause = PAUSE_MIN + Duration::from_millis(u64::from(std::process::id() % 7));
    loop {
        let held = match home.lock() {
            Ok(lock) => {
                let node = Node::open(home.clone(), lock, Env::default())?;
                return Ok(Side::Owner(Some(Box::new(node))));
            }
            Err(LockError::Failed(error)) => return Err(error),
            Err(LockError::Held(pid)) => pid,
        };
        if let Ok(connection) = Connection::open(&home.socket()) {
            return Ok(Side::Remote(connection));
        }
        if start.elapsed() > PATIENCE {
            return Err(Error::busy(held.map_or_else(|| "?".to_owned(), |pid| pid.to_string())));
        }
        std::thread::park_timeout(pause);
        pause = (pause * 2).min(Duration::from_millis(200));
    }
}

/// Syncs without a running node: a host for the length of one request.
fn sync_once(
    node: Node,
    everybody: bool,
    call: Call,
    progress: &mut dyn FnMut(u64, u64),
) -> (Result<Reply, Error>, Option<Node>) {
    let listen = if everybody { Listen::Everywhere } else { Listen::Nowhere };
    let options = Serve { listen, port: 0, mdns: everybody, socket: false, single: true };
    match Host::start(node, &options) {
        Ok(host) => {
            let result = host.call(call, progress);
            (result, host.stop())
        }
        Err(error) => (Err(error), None),
    }
}
