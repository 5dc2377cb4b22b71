//! What strangers may try; an honest peer is served meanwhile.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};

use super::*;

/// Connects from another address of this machine, as a stranger would come from another than a friend.
async fn stranger(to: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind("127.0.0.2:0".parse().ok()?).ok()?;
    timeout(LONG, socket.connect(to)).await.ok()?.ok()
}

/// Reads until the other side closes.
async fn drain(mut stream: TcpStream) {
    let mut buffer = [0; 1_024];
    while let Ok(Ok(1..)) = timeout(LONG, stream.read(&mut buffer)).await {}
}

async fn an_honest_peer_is_served(there: &mut Node, seed: u8) {
    let mut honest = Node::start(Config::single([seed; 32])).await;
    honest.net.dial(there.place(false).into());
    let link = honest.opened().await;
    honest.send(link, b"honest").await;
    assert_eq!(there.frame().await, b"honest");
    honest.net.shutdown().await;
    there.closed().await;
}

#[tokio::test]
async fn garbage_is_closed_and_harms_nobody() {
    let mut there = Node::start(config(1)).await;
    let at = there.place(false).socket().unwrap();
    let garbage: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        &[0; 4_096],
        &[0xff; 65_536],
        b"\x13/multistream/1.0.0\n\x07/noise\n\xff\xff",
        b"\x13/multistream/1.0.0\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"",
    ];
    for bytes in garbage {
        let mut stream = stranger(at).await.expect("it listens");
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        drain(stream).await;
    }
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for bytes in garbage.iter().filter(|bytes| bytes.len() < 60_000) {
        socket.send_to(bytes, at).await.unwrap();
    }
    an_honest_peer_is_served(&mut there, 2).await;
}

#[tokio::test]
async fn handshakes_that_never_end_are_few_and_dropped() {
    let mut settings = config(1);
    settings.pace.handshake = Duration::from_secs(3);
    let mut there = Node::start(settings).await;
    let at = there.place(false).socket().unwrap();
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = stranger(at).await.expect("it listens");
        let _ = stream.write_all(b"\x13/multi").await;
        slow.push(stream);
    }
    an_honest_peer_is_served(&mut there, 2).await;
    // Those over the limit are closed at once, the rest when their time is up.
    for stream in slow {
        drain(stream).await;
    }
    an_honest_peer_is_served(&mut there, 3).await;
}

#[tokio::test]
async fn links_of_strangers_are_bounded() {
    let mut settings = config(1);
    settings.limits.connections_in = 6;
    let mut there = Node::start(settings).await;
    let mut many = Vec::new();
    for seed in 10..26 {
        let node = Node::start(Config::single([seed; 32])).await;
        node.net.dial(there.place(false).into());
        many.push(node);
    }
    let mut open = 0_usize;
    let mut most = 0;
    let mut refused = 0;
    for node in &mut many {
        // Who is over the limit sees the connection end; who is within sends a frame that arrives.
        let link = node.until(|event| match event {
            Event::Opened { link, .. } => Some(Some(link)),
            Event::DialFailed { .. } => Some(None),
            _ => None,
        });
        match link.await {
            Some(link) => drop(node.net.try_send(link, vec![1])),
            None => refused += 1,
        }
    }
    let mut framed = 0;
    while framed < 6 {
        match there.next().await {
            Event::Opened { .. } => {
                open += 1;
                most = most.max(open);
            }
            Event::Closed { .. } => open -= 1,
            Event::Frame { .. } => framed += 1,
            _ => {}
        }
    }
    assert_eq!(most, 6, "{refused} refused");
    drop(many);
    for _ in 0..6 {
        there.closed().await;
    }
    an_honest_peer_is_served(&mut there, 3).await;
}

#[tokio::test]
async fn a_frame_over_the_limit_ends_the_link() {
    for quic in [false, true] {
        let mut loud = config(1);
        loud.limits.frame_bytes = 8 << 20;
        loud.limits.sending_bytes = 16 << 20;
        let ((mut here, a), (mut there, _)) = pair(loud, config(2), quic).await;
        here.send(a, vec![7; 4 << 20]).await;
        assert_eq!(there.closed().await, Ended::Oversize { bytes: 4 << 20 });
        assert!(!matches!(here.closed().await, Ended::Here(_)));
        an_honest_peer_is_served(&mut there, 3).await;
    }
}

#[tokio::test]
async fn a_stolen_name_without_its_key_leads_nowhere() {
    let there = Node::start(config(1)).await;
    let mut here = Node::start(config(2)).await;
    let stolen = PeerId::of_seed(&[3; 32]);
    here.net.set_peers(vec![(stolen, vec![there.place(false)])]);
    let tried = here.failed().await;
    assert!(matches!(tried.as_slice(), [tried] if tried.answer == Answer::WrongPeer { found: there.net.peer_id() }));
}
