//! How links come and go.

use std::collections::BTreeSet;

use tokio::net::{TcpListener, UdpSocket};

use super::*;

#[tokio::test]
async fn a_link_opens_and_carries_frames_both_ways_over_tcp_and_quic() {
    for quic in [false, true] {
        let ((mut here, a), (mut there, b)) = pair(config(1), config(2), quic).await;
        here.send(a, b"hello").await;
        there.send(b, b"good day").await;
        assert_eq!(there.frame().await, b"hello");
        assert_eq!(here.frame().await, b"good day");
        here.send(a, b"last words").await;
        here.net.close(a, "done");
        assert_eq!(there.frame().await, b"last words");
        assert_eq!(there.closed().await, Ended::There, "quic: {quic}");
        assert_eq!(here.closed().await, Ended::Here("done".into()));
        assert!(matches!(here.net.send(a, vec![1]).await, Err(SendError::Gone)));
        here.net.shutdown().await;
        there.net.shutdown().await;
    }
}

#[tokio::test]
async fn the_host_and_port_that_people_type_lead_there() {
    let mut there = Node::start(config(1)).await;
    let mut here = Node::start(Config::single([2; 32])).await;
    let dial = here.net.dial(there.host());
    let opened = here.until(|event| matches!(event, Event::Opened { .. }).then_some(event)).await;
    let Event::Opened { link, peer, dialler, address, dial: led } = opened else { unreachable!("just matched") };
    assert_eq!((peer, dialler, led), (there.net.peer_id(), true, Some(dial)));
    assert_eq!(address, there.place(false).bare(), "TCP comes first");
    assert!(here.net.addresses().is_empty() && here.net.port() == 0);
    let event = there.until(|event| matches!(event, Event::Opened { .. }).then_some(event)).await;
    assert!(matches!(event, Event::Opened { peer, dialler: false, dial: None, .. } if peer == here.net.peer_id()));
    let again = here.net.dial(there.place(true).into());
    let joined = here.until(|event| match event {
        Event::Joined { dial, link } => Some((dial, link)),
        Event::Opened { .. } => panic!("a second link to one peer"),
        _ => None,
    });
    assert_eq!(joined.await, (again, link));
}

#[tokio::test]
async fn dials_from_both_sides_at_once_end_with_one_link() {
    for round in 0..20 {
        let mut a = Node::start(config(1)).await;
        let mut b = Node::start(config(2)).await;
        a.net.dial(b.place(round % 4 == 1).into());
        b.net.dial(a.place(round % 4 == 3).into());
        settle(&mut a, &mut b).await;
        a.net.shutdown().await;
        b.net.shutdown().await;
    }
}

/// Waits until both nodes hear each other over one link, and checks that it stays the only one.
async fn settle(a: &mut Node, b: &mut Node) {
    let (mut at_a, mut at_b) = (Side::default(), Side::default());
    while !(at_a.settled && at_b.settled) {
        tokio::select! {
            event = a.next() => at_a.on(&a.net, event).await,
            event = b.next() => at_b.on(&b.net, event).await,
        }
    }
    // Whatever was still under way would now end in a second link or the end of this one.
    for n in 0..20_u8 {
        a.send(at_a.link(), vec![b'#', n]).await;
        let echo = b.until(|event| at_b.quiet(event)).await;
        b.send(at_b.link(), echo.clone()).await;
        assert_eq!(a.until(|event| at_a.quiet(event)).await, [b'#', n]);
    }
}

#[derive(Default)]
struct Side {
    open: BTreeSet<LinkId>,
    settled: bool,
}

impl Side {
    fn link(&self) -> LinkId {
        *self.open.first().expect("a link is open")
    }

    async fn on(&mut self, net: &Net, event: Event) {
        match event {
            Event::Opened { link, .. } => {
                assert!(self.open.insert(link) && self.open.len() == 1, "two links to one peer at one time");
                self.settled = false;
                let _ = net.send(link, b"are you there".to_vec()).await;
            }
            Event::Closed { link, .. } => {
                assert!(self.open.remove(&link));
                self.settled = false;
            }
            Event::Frame { link, bytes } if bytes == b"are you there" => {
                assert!(self.open.contains(&link));
                let _ = net.send(link, b"here".to_vec()).await;
            }
            Event::Frame { link, .. } => self.settled = self.open.contains(&link),
            _ => {}
        }
    }

    fn quiet(&self, event: Event) -> Option<Vec<u8>> {
        match event {
            Event::Frame { bytes, .. } if bytes.first() == Some(&b'#') => Some(bytes),
            Event::Opened { .. } | Event::Closed { .. } => panic!("not settled: {event:?}"),
            _ => None,
        }
    }
}

fn restless(seed: u8) -> Config {
    let mut config = config(seed);
    config.pace.retry_min = Duration::from_millis(50);
    config.pace.retry_max = Duration::from_millis(200);
    config.pace.courtesy = Duration::from_millis(50);
    config
}

#[tokio::test]
async fn a_known_peer_that_restarts_on_its_port_is_linked_again() {
    for quic in [false, true] {
        let mut here = Node::start(restless(1)).await;
        let mut there = Node::start(restless(2)).await;
        let port = there.net.port();
        here.net.set_peers(vec![(there.net.peer_id(), vec![there.place(quic)])]);
        for _ in 0..3 {
            let link = again(&mut here).await;
            there.opened().await;
            there.net.shutdown().await;
            assert_eq!(here.closed().await, Ended::There);
            assert!(matches!(here.net.try_send(link, vec![1]), Err(SendError::Gone)));
            there = Node::start(Config { port, ..restless(2) }).await;
            assert_eq!(there.net.port(), port);
        }
        again(&mut here).await;
    }
}

/// Waits for a link, however often the net has to dial.
async fn again(node: &mut Node) -> LinkId {
    node.until(|event| match event {
        Event::Opened { link, .. } => Some(link),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn known_peers_on_both_sides_make_one_link() {
    let mut here = Node::start(restless(1)).await;
    let mut there = Node::start(restless(2)).await;
    here.net.set_peers(vec![(there.net.peer_id(), vec![there.place(false), there.place(true)])]);
    there.net.set_peers(vec![(here.net.peer_id(), vec![here.place(false), here.place(true)])]);
    settle(&mut here, &mut there).await;
}

#[tokio::test]
async fn a_failed_dial_says_in_words_what_each_address_answered() {
    let there = Node::start(config(1)).await;
    let mut here = Node::start(config(2)).await;
    let somebody = PeerId::of_seed(&[9; 32]);
    here.net.dial(there.place(false).with_peer(somebody).into());
    let tried = here.failed().await;
    assert_eq!(tried.first().map(|tried| &tried.answer), Some(&Answer::WrongPeer { found: there.net.peer_id() }));
    assert!(tried[0].to_string().ends_with(&format!("another peer answers there: {}", there.net.peer_id())));

    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    here.net.dial(Address::tcp(free).into());
    let tried = here.failed().await;
    assert_eq!(
        tried.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [format!("/ip4/127.0.0.1/tcp/{}: nothing listens there", free.port())]
    );

    here.net.dial("no.such.name.invalid:7".parse().unwrap());
    assert!(matches!(here.failed().await.as_slice(), [tried] if matches!(tried.answer, Answer::Unknown(_))));
}

#[tokio::test]
async fn a_service_of_another_kind_and_a_dead_port_are_told_apart() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut here = Node::start(Config::single([2; 32])).await;
    here.net.dial(Address::tcp(other.local_addr().unwrap()).into());
    let serve = async {
        use tokio::io::AsyncWriteExt;
        let (mut socket, _) = other.accept().await.unwrap();
        socket.write_all(b"220 mail.example.org ESMTP\r\n").await.unwrap();
    };
    let (tried, ()) = tokio::join!(here.failed(), serve);
    assert!(matches!(tried.as_slice(), [tried] if matches!(tried.answer, Answer::Handshake(_))), "{tried:?}");

    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut config = Config::single([3; 32]);
    config.pace.handshake = Duration::from_millis(300);
    let mut here = Node::start(config).await;
    here.net.dial(Address::quic(silent.local_addr().unwrap()).into());
    assert!(matches!(here.failed().await.as_slice(), [tried] if tried.answer == Answer::TimedOut));
}

#[tokio::test]
async fn our_own_key_at_an_address_is_ourselves_or_a_copy() {
    let mut here = Node::start(config(1)).await;
    let copy = Node::start(config(1)).await;
    assert_eq!(here.net.peer_id(), copy.net.peer_id());
    for (place, is_own) in [(here.place(false), true), (copy.place(false), false), (copy.place(true), false)] {
        here.net.dial(place.bare().into());
        let (address, own) = here
            .until(|event| match event {
                Event::DialledOwnKey { address, own, .. } => Some((address, own)),
                _ => None,
            })
            .await;
        assert_eq!((address, own), (place.bare(), is_own));
        assert!(here.failed().await.iter().any(|tried| tried.answer == Answer::OwnKey));
        let found = here.net.probe(&place, [77; 32]).await;
        assert_eq!(found, if is_own { Probe::Ourselves } else { Probe::Copy });
    }
    assert_eq!(here.net.probe(&here.place(true), [78; 32]).await, Probe::Ourselves);
    let other = Node::start(config(3)).await;
    assert_eq!(here.net.probe(&other.place(false), [79; 32]).await, Probe::Other(other.net.peer_id()));
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(here.net.probe(&Address::tcp(gone), [80; 32]).await, Probe::Nobody(Answer::Refused));
}

#[tokio::test]
async fn a_shutdown_says_goodbye_and_frees_the_port() {
    for quic in [false, true] {
        let ((mut here, a), (mut there, _)) = pair(config(1), config(2), quic).await;
        let port = here.net.port();
        here.send(a, b"the end").await;
        here.net.shutdown().await;
        assert_eq!(there.frame().await, b"the end");
        assert_eq!(there.closed().await, Ended::There);
        assert_eq!(here.closed().await, Ended::Here("shutting down".into()));
        assert_eq!(timeout(LONG, here.events.recv()).await, Ok(None));
        TcpListener::bind(("127.0.0.1", port)).await.expect("TCP is free");
        UdpSocket::bind(("127.0.0.1", port)).await.expect("UDP is free");
        let again = Node::start(Config { port, ..config(1) }).await;
        assert_eq!(again.net.port(), port);
        let busy = start(Config { port, ..config(3) }).await;
        assert!(matches!(busy, Err(NetError::PortBusy { port: busy, .. }) if busy == port));
    }
}

#[tokio::test]
async fn a_peer_to_avoid_is_closed_and_turned_away() {
    let ((mut here, _), (mut there, _)) = pair(config(1), config(2), false).await;
    let (stranger, place) = (there.net.peer_id(), here.place(false));
    here.net.avoid(stranger, LONG);
    assert!(matches!(here.closed().await, Ended::Here(_)));
    there.closed().await;
    there.net.dial(place.into());
    // The dialler's side of the handshake ends first: it may see a link for a moment.
    there
        .until(|event| match event {
            Event::DialFailed { .. } | Event::Closed { .. } => Some(()),
            _ => None,
        })
        .await;
    assert!(here.events.try_recv().is_none(), "no link opened here");
}
