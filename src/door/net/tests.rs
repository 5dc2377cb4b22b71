//! Nets that talk to each other on the loopback address.

mod hostile;
mod linking;
mod traffic;

use std::time::Duration;

use tokio::time::timeout;

use super::*;

/// Nothing here takes this long; whatever does has failed.
const LONG: Duration = Duration::from_secs(30);

pub(super) struct Node {
    pub(super) net: Net,
    pub(super) events: Events,
}

/// Returns the settings of a node that listens on the loopback address.
pub(super) fn config(seed: u8) -> Config {
    Config { listen: Listen::Loopback, mdns: false, ..Config::new([seed; 32]) }
}

impl Node {
    pub(super) async fn start(config: Config) -> Self {
        let (net, events) = start(config).await.expect("the loopback address can be listened on");
        Self { net, events }
    }

    pub(super) async fn next(&mut self) -> Event {
        timeout(LONG, self.events.recv()).await.expect("an event comes in time").expect("the net runs")
    }

    /// Returns what `pick` takes from the first event that it takes anything from.
    pub(super) async fn until<T>(&mut self, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            if let Some(found) = pick(self.next().await) {
                return found;
            }
        }
    }

    pub(super) async fn opened(&mut self) -> LinkId {
        self.until(|event| match event {
            Event::Opened { link, .. } => Some(link),
            Event::DialFailed { tried, .. } => panic!("dial failed: {tried:?}"),
            _ => None,
        })
        .await
    }

    pub(super) async fn frame(&mut self) -> Vec<u8> {
        self.until(|event| match event {
            Event::Frame { bytes, .. } => Some(bytes),
            Event::Closed { reason, .. } => panic!("closed instead: {reason}"),
            _ => None,
        })
        .await
    }

    pub(super) async fn closed(&mut self) -> Ended {
        self.until(|event| match event {
            Event::Closed { reason, .. } => Some(reason),
            _ => None,
        })
        .await
    }

    pub(super) async fn failed(&mut self) -> Vec<Tried> {
        self.until(|event| match event {
            Event::DialFailed { tried, .. } => Some(tried),
            Event::Opened { .. } => panic!("a link opened"),
            _ => None,
        })
        .await
    }

    pub(super) async fn send(&self, link: LinkId, frame: impl Into<Vec<u8>>) {
        timeout(LONG, self.net.send(link, frame.into())).await.expect("room comes in time").expect("the link takes it");
    }

    /// Returns an IPv4 address of one transport that leads here.
    pub(super) fn place(&self, quic: bool) -> Address {
        let v4 = |address: &Address| address.socket().is_some_and(|socket| socket.is_ipv4());
        self.net.addresses().into_iter().find(|a| a.is_quic() == quic && v4(a)).expect("it listens on both")
    }

    pub(super) fn host(&self) -> Target {
        format!("127.0.0.1:{}", self.net.port()).parse().expect("an address")
    }
}

/// Returns two nodes with a link that the first dialled.
pub(super) async fn pair(first: Config, second: Config, quic: bool) -> ((Node, LinkId), (Node, LinkId)) {
    let mut there = Node::start(second).await;
    let mut here = Node::start(first).await;
    here.net.dial(there.place(quic).into());
    let (a, b) = tokio::join!(here.opened(), there.opened());
    ((here, a), (there, b))
}
