//! A dial with a throw-away key, to learn whether an address that answers with our own key is ourselves or a copy.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use libp2p::swarm::SwarmEvent;
use libp2p::swarm::dial_opts::DialOpts;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::address::{Address, PeerId};
use super::answer;
use super::driver::{Shared, lock};
use super::event::{Answer, Tried};
use super::swarm::probing;

/// How long after the dialler the listener may see the connection.
const SEEN: Duration = Duration::from_secs(3);

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// Our own listener saw the throw-away key: the address is ours.
    Ourselves,
    /// Our key answers, and our listener saw nothing: another machine runs a copy of this profile.
    Copy,
    /// Somebody else answers there now.
    Other(PeerId),
    /// Nobody answers there now.
    Nobody(Answer),
}

/// Keeps a throw-away key watched for as long as the probe runs.
struct Watch<'a> {
    shared: &'a Shared,
    key: PeerId,
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        lock(&self.shared.watched).remove(&self.key);
    }
}

pub(super) async fn probe(shared: &Shared, address: &Address, seed: &[u8; 32], handshake: Duration) -> Probe {
    let seen = Arc::new(Notify::new());
    let key = PeerId::of_seed(seed);
    lock(&shared.watched).insert(key, seen.clone());
    let _watch = Watch { shared, key };
    let other = |words: String| Probe::Nobody(Answer::Other(words));
    let mut swarm = match probing(seed, handshake) {
        Ok(swarm) => swarm,
        Err(error) => return other(error.to_string()),
    };
    let place = address.bare();
    let first = |tried: Vec<Tried>| tried.into_iter().next().map_or(Answer::TimedOut, |tried| tried.answer);
    let opts = DialOpts::unknown_peer_id().address(place.0.clone()).allocate_new_port().build();
    if let Err(error) = swarm.dial(opts) {
        return Probe::Nobody(first(answer::answers(error, &[place])));
    }
    let answered = async {
        loop {
            match swarm.select_next_some().await {
                SwarmEvent::ConnectionEstablished { peer_id, .. } => return Ok(PeerId(peer_id)),
                SwarmEvent::OutgoingConnectionError { error, .. } => {
                    return Err(first(answer::answers(error, std::slice::from_ref(&place))));
                }
                _ => {}
            }
        }
    };
    match timeout(handshake + Duration::from_secs(1), answered).await {
        Err(_) => Probe::Nobody(Answer::TimedOut),
        Ok(Err(answer)) => Probe::Nobody(answer),
        Ok(Ok(peer)) if peer != shared.here => Probe::Other(peer),
        // The swarm is polled on, else the handshake of the other side might not end.
        Ok(Ok(_)) => tokio::select! {
            biased;
            () = seen.notified() => Probe::Ourselves,
            () = tokio::time::sleep(SEEN) => Probe::Copy,
            () = async { loop { swarm.select_next_some().await; } } => Probe::Copy,
        },
    }
}
