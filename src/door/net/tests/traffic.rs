//! What links carry, and how much of it waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::*;

#[tokio::test]
async fn a_thousand_frames_keep_their_order() {
    for quic in [false, true] {
        let ((here, a), (mut there, _there)) = pair(config(1), config(2), quic).await;
        let sending = async {
            for n in 0..1_000_u32 {
                here.send(a, n.to_le_bytes().repeat(1 + (n as usize * 7) % 200)).await;
            }
        };
        let receiving = async {
            for n in 0..1_000_u32 {
                assert_eq!(there.frame().await, n.to_le_bytes().repeat(1 + (n as usize * 7) % 200));
            }
        };
        tokio::join!(sending, receiving);
    }
}

#[tokio::test]
async fn large_frames_wait_for_a_slow_receiver_and_then_all_arrive() {
    for quic in [false, true] {
        let mut second = config(2);
        second.limits.receiving_bytes = 4 << 20;
        let ((mut here, a), (mut there, _)) = pair(config(1), second, quic).await;
        let frame = |n: u8| vec![n; 1 << 20];
        let mut sent = 0_u8;
        let mut refused = None;
        // Nobody receives over there. What fits goes; `Writable` says when to go on; in the end nothing moves.
        let full = async {
            loop {
                match here.net.try_send(a, frame(sent)) {
                    Ok(()) => sent += 1,
                    Err(SendError::Full(back)) => {
                        refused = Some(back);
                        let writable = here.until(|event| matches!(event, Event::Writable { .. }).then_some(()));
                        if timeout(Duration::from_secs(2), writable).await.is_err() {
                            return;
                        }
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        };
        full.await;
        assert_eq!(refused, Some(frame(sent)));
        assert!((2..60).contains(&sent), "{sent} MiB on the way to one who takes nothing, quic: {quic}");
        let rest = async {
            for n in sent..sent + 20 {
                here.send(a, frame(n)).await;
            }
        };
        let receiving = async {
            for n in 0..sent + 20 {
                assert!(there.frame().await == frame(n), "frame {n}");
            }
        };
        tokio::join!(rest, receiving);
    }
}

#[tokio::test]
async fn frames_of_a_wrong_size_are_not_taken_here() {
    let ((here, a), _there) = pair(config(1), config(2), false).await;
    for bytes in [0, Limits::default().frame_bytes + 1] {
        assert!(matches!(here.net.try_send(a, vec![0; bytes]), Err(SendError::Size { bytes: b }) if b == bytes));
    }
    assert!(here.net.try_send(a, vec![0; Limits::default().frame_bytes]).is_ok());
    assert!(matches!(here.net.try_send(LinkId(999), vec![0]), Err(SendError::Gone)));
}

/// Passes TCP through and counts; stops passing while `open` is false.
async fn proxy(to: std::net::SocketAddr, open: watch::Receiver<bool>) -> (std::net::SocketAddr, [Arc<AtomicU64>; 2]) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let counts = [Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0))];
    let [up, down] = counts.clone();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let (near, far) = (near.into_split(), TcpStream::connect(to).await.unwrap().into_split());
            tokio::spawn(pump(near.0, far.1, up.clone(), open.clone()));
            tokio::spawn(pump(far.0, near.1, down.clone(), open.clone()));
        }
    });
    (at, counts)
}

async fn pump(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    count: Arc<AtomicU64>,
    mut open: watch::Receiver<bool>,
) {
    let mut buffer = [0; 16 << 10];
    while let Ok(n @ 1..) = from.read(&mut buffer).await {
        count.fetch_add(n as u64, Ordering::Relaxed);
        if open.wait_for(|open| *open).await.is_err() || to.write_all(&buffer[..n]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_single_exchange_costs_little_more_than_its_frames() {
    let mut there = Node::start(config(1)).await;
    let mut here = Node::start(Config::single([2; 32])).await;
    let (_open, opened) = watch::channel(true);
    let (at, [up, down]) = proxy(there.place(false).socket().unwrap(), opened).await;
    here.net.dial(Address::tcp(at).into());
    let link = here.opened().await;
    here.send(link, vec![1; 300]).await;
    assert_eq!(there.frame().await.len(), 300);
    let back = there.net.peer_id();
    assert_ne!(back, here.net.peer_id());
    there.send(LinkId(1), vec![2; 300]).await;
    assert_eq!(here.frame().await.len(), 300);
    here.net.close(link, "done");
    let traffic = here.until(|event| match event {
        Event::Closed { traffic, .. } => Some(traffic),
        _ => None,
    });
    assert_eq!(traffic.await, Traffic { sent: 304, received: 304 });
    here.net.shutdown().await;
    let (up, down) = (up.load(Ordering::Relaxed), down.load(Ordering::Relaxed));
    println!("single exchange: {up} bytes up, {down} down");
    assert!(up + down < 2_500, "{up} up, {down} down for 600 bytes of frames");
}

#[tokio::test]
async fn a_link_that_falls_silent_is_given_up_and_a_beating_one_is_not() {
    let there = Node::start(Config { pace: quick(), ..config(1) }).await;
    let mut here = Node::start(Config { pace: quick(), ..config(2) }).await;
    let (open, opened) = watch::channel(true);
    let (at, [up, down]) = proxy(there.place(false).socket().unwrap(), opened).await;
    here.net.dial(Address::tcp(at).into());
    let link = here.opened().await;
    // Beats alone move some bytes and keep the link; they stop at the proxy then.
    let before = up.load(Ordering::Relaxed) + down.load(Ordering::Relaxed);
    let beating = async {
        while up.load(Ordering::Relaxed) + down.load(Ordering::Relaxed) < before + 2_000 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = beating => {}
        reason = here.closed() => panic!("a beating link ended: {reason}"),
    }
    open.send(false).unwrap();
    assert_eq!(here.closed().await, Ended::Silent);
    assert!(matches!(here.net.try_send(link, vec![1]), Err(SendError::Gone)));
}

#[tokio::test]
async fn a_link_that_gives_no_sign_when_asked_is_dialled_anew() {
    let mut there = Node::start(config(1)).await;
    let mut here = Node::start(config(2)).await;
    let (open, opened) = watch::channel(true);
    let (at, _) = proxy(there.place(false).socket().unwrap(), opened).await;
    here.net.dial(Address::tcp(at).into());
    let first = here.opened().await;
    there.opened().await;
    here.net.set_peers(vec![(there.net.peer_id(), vec![there.place(false)])]);
    // The beat that was asked for comes back, so the link stays.
    here.net.recheck();
    let answered = async {
        while here.net.traffic(first).is_some_and(|traffic| traffic.received == 0) {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, answered).await.expect("the beat comes");
    assert!(here.net.traffic(first).is_some());
    open.send(false).unwrap();
    here.net.recheck();
    assert_eq!(here.closed().await, Ended::Silent);
    let second = here.opened().await;
    assert_eq!(there.closed().await, Ended::Replaced);
    let back = there.opened().await;
    here.send(second, b"again").await;
    there.send(back, b"welcome").await;
    assert_eq!((there.frame().await, here.frame().await), (b"again".to_vec(), b"welcome".to_vec()));
}

fn quick() -> Pace {
    Pace { beat: Duration::from_millis(20), silence: Duration::from_secs(2), ..Pace::default() }
}
