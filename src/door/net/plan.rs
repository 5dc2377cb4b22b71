//! From a target to dials: names are looked up, and the order is fixed.

use std::collections::VecDeque;

use super::address::{Address, PeerId, Target};
use super::event::{Answer, Tried};

/// Addresses of one name or target that are tried at most.
const ADDRESSES: usize = 16;

/// The dials that a target comes to, one step after the other; the addresses of a step are dialled together.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    pub(super) peer: Option<PeerId>,
    pub(super) steps: VecDeque<Vec<Address>>,
    /// What is already known to lead nowhere.
    pub(super) tried: Vec<Tried>,
}

/// Makes the plan. `together` dials all places of a known peer at once; else TCP goes first, one by one.
pub(super) async fn plan(target: Target, together: bool) -> Plan {
    let mut plan = Plan { peer: target.peer(), ..Plan::default() };
    let mut places = Vec::new();
    match target {
        Target::Host { host, port } => {
            let found = look_up(&host, port, &mut plan.tried).await;
            places.extend(found.iter().copied().map(Address::tcp));
            places.extend(found.into_iter().map(Address::quic));
        }
        Target::Places(addresses) => {
            for address in addresses.into_iter().take(ADDRESSES) {
                let address = address.bare();
                if !address.is_dialable() {
                    plan.tried.push(Tried { address: address.to_string(), answer: Answer::Undialable });
                } else if let Some((host, port)) = address.name() {
                    let found = look_up(&host, port, &mut plan.tried).await;
                    places.extend(found.into_iter().filter_map(|socket| address.resolved(socket.ip())));
                } else {
                    places.push(address);
                }
            }
        }
    }
    if together && plan.peer.is_some() && !places.is_empty() {
        plan.steps.push_back(places);
    } else {
        places.sort_by_key(Address::is_quic);
        plan.steps.extend(places.into_iter().map(|place| vec![place]));
    }
    plan
}

async fn look_up(host: &str, port: u16, tried: &mut Vec<Tried>) -> Vec<std::net::SocketAddr> {
    match tokio::net::lookup_host((host, port)).await {
        Ok(found) => {
            let found: Vec<_> = found.take(ADDRESSES).collect();
            if found.is_empty() {
                tried.push(unknown(host, port, "no address"));
            }
            found
        }
        Err(error) => {
            tried.push(unknown(host, port, &error.to_string()));
            Vec::new()
        }
    }
}

fn unknown(host: &str, port: u16, words: &str) -> Tried {
    Tried { address: format!("{host}:{port}"), answer: Answer::Unknown(words.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(plan: &Plan) -> Vec<Vec<String>> {
        plan.steps.iter().map(|step| step.iter().map(ToString::to_string).collect()).collect()
    }

    #[tokio::test]
    async fn tcp_comes_before_quic() {
        let plan = plan("127.0.0.1:7".parse().unwrap(), true).await;
        assert_eq!(steps(&plan), [["/ip4/127.0.0.1/tcp/7"], ["/ip4/127.0.0.1/udp/7/quic-v1"]]);
    }

    #[tokio::test]
    async fn places_of_a_known_peer_are_dialled_together() {
        let peer = PeerId::of_seed(&[1; 32]);
        let places: Vec<Address> = ["/ip4/10.0.0.1/udp/7/quic-v1", "/ip4/10.0.0.1/tcp/7"]
            .map(|text| text.parse::<Address>().unwrap().with_peer(peer))
            .into();
        let at_once = plan(Target::Places(places.clone()), true).await;
        assert_eq!((at_once.peer, at_once.steps.len()), (Some(peer), 1));
        let in_turn = plan(Target::Places(places), false).await;
        assert_eq!(steps(&in_turn), [["/ip4/10.0.0.1/tcp/7"], ["/ip4/10.0.0.1/udp/7/quic-v1"]]);
    }

    #[tokio::test]
    async fn what_leads_nowhere_is_said() {
        let places =
            vec!["/ip4/10.0.0.1/tcp/7/ws".parse().unwrap(), "/dns4/no.such.name.invalid/tcp/7".parse().unwrap()];
        let plan = plan(Target::Places(places), true).await;
        assert!(plan.steps.is_empty());
        assert!(
            matches!(plan.tried.as_slice(), [a, b] if a.answer == Answer::Undialable && matches!(b.answer, Answer::Unknown(_)))
        );
    }
}
