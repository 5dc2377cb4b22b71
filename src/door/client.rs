//! The client: asks the home's owner, or becomes it.
//!
//! Who gets the home's lock opens the stores and answers for itself; who doesn't talks to the owner's socket; if there is
//! none, it tries again for a while and then says which process is in the way.

use std::path::Path;
use std::time::{Duration, Instant};

use super::host::{Host, Options as Serve};
use super::net::Listen;
use super::socket::Connection;
use crate::model::Timestamp;
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
        Client::open_home(Home::new(root, runtime))
    }

    /// Opens a home that may be sealed under a passphrase.
    ///
    /// # Errors
    ///
    /// As [`Client::open`], and when the passphrase is absent or another.
    pub fn open_home(home: Home) -> Result<Client, Error> {
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
        let start = Instant::now();
        while let Side::Remote(connection) = &mut self.side {
            let stop = matches!(call.request, Request::Stop);
            let result = connection.call(&call, progress);
            match &result {
                Ok(_) if stop => self.wait_until_free(),
                // It did nothing of what was asked, or what was asked changes nothing: another may answer.
                Err(error) if !stop && start.elapsed() < PATIENCE && may_ask_again(error, &call.request) => {
                    std::thread::park_timeout(first_pause());
                    self.side = take_side(&self.home)?;
                    continue;
                }
                _ => {}
            }
            return result;
        }
        match &mut self.side {
            Side::Remote(_) => Err(Error::internal("the owner of the home went away")),
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

/// Tells whether a failed request may be asked again, since it changed nothing.
fn may_ask_again(error: &Error, request: &Request) -> bool {
    error.code == "stopping" || (error.code == "node_gone" && request.reads())
}

/// A short pause that differs between processes.
fn first_pause() -> Duration {
    PAUSE_MIN + Duration::from_millis(u64::from(std::process::id() % 7))
}

/// Takes the lock, or connects to who has it.
fn take_side(home: &Home) -> Result<Side, Error> {
    let start = Instant::now();
    let mut pause = first_pause();
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
    mut node: Node,
    everybody: bool,
    call: Call,
    progress: &mut dyn FnMut(u64, u64),
) -> (Result<Reply, Error>, Option<Node>) {
    let listen = if everybody { Listen::Everywhere } else { Listen::Nowhere };
    node.set_clock(call.now.map(Timestamp));
    let options = Serve { listen, port: 0, mdns: everybody, socket: false, single: true };
    match Host::start(node, &options) {
        Ok(host) => {
            let result = host.call(call, progress);
            (result, host.stop())
        }
        Err(error) => (Err(error), None),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::sync::Arc;

    use super::*;
    use crate::door::socket::Listener;

    #[test]
    fn who_meets_a_dying_node_asks_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::new(folder.path(), folder.path());
        let _lock = home.lock().expect("free");
        let path = home.socket();
        let dying = UnixListener::bind(&path).expect("bound");
        let node = std::thread::spawn(move || {
            // The first is let in and never answered; then a new node takes over.
            drop(dying.accept().expect("a client"));
            drop(dying);
            Listener::start(&path, Arc::new(|_, _| Ok(Reply::Peers(Vec::new())))).expect("listening")
        });
        let mut client = Client::open(folder.path(), folder.path()).expect("a client");
        let call = Call { community: None, now: None, request: Request::Peers };
        let reply = client.call(call, &mut |_, _| {});
        assert!(matches!(reply, Ok(Reply::Peers(_))), "{reply:?}");
        drop(node.join().expect("it served"));
    }

    #[test]
    fn what_may_have_been_done_is_not_asked_again() {
        let gone = Error::node_gone("closed");
        assert!(may_ask_again(&gone, &Request::Members));
        assert!(!may_ask_again(&gone, &Request::Rebuild));
        assert!(may_ask_again(&Error::stopping(), &Request::Rebuild));
        assert!(!may_ask_again(&Error::no_document("x"), &Request::Members));
    }
}
