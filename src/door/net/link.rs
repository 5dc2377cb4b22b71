//! A link: the task that carries frames over one stream, and the rule by which two links of one peer become one.
//!
//! ```text
//! holder ── Port: frames, at most `sending_bytes` ──> writer ──> stream
//! holder <── Events: at most `receiving_bytes` ────── reader <── stream
//! ```
//!
//! One task owns both directions, and it alone reports `Opened`, `Frame` and `Closed`, so that they come in order. A
//! reader that finds no room for its frame doesn't read on: the other side's writes then wait.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures::{AsyncReadExt, AsyncWriteExt, FutureExt};
use libp2p::Stream;
use libp2p::swarm::ConnectionId;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

use super::config::Pace;
use super::event::{Ended, Event, EventSender, LinkId, Traffic};
use super::frame::{self, FrameError, Read};

/// Small frames that wait together are written together, up to this many bytes.
const BATCH: usize = 32 << 10;

/// What the holder sends through a link.
pub(super) enum Outgoing {
    Frame(Vec<u8>, OwnedSemaphorePermit),
    /// Asks the other side for a beat.
    Ask,
    Close(String),
}

/// The holder's end of a link.
#[derive(Clone)]
pub(super) struct Port {
    pub(super) frames: mpsc::UnboundedSender<Outgoing>,
    pub(super) room: Arc<Semaphore>,
    /// Set while somebody wants to hear of room.
    pub(super) wanted: Arc<AtomicBool>,
    pub(super) counts: Arc<Counts>,
}

/// What the task of a link tells the driver at its end.
#[derive(Debug)]
pub(super) struct LinkEnded {
    pub(super) link: LinkId,
    pub(super) connection: ConnectionId,
    pub(super) reason: Ended,
}

/// Everything that the task of a link needs beside its stream.
pub(super) struct Link {
    pub(super) id: LinkId,
    pub(super) connection: ConnectionId,
    pub(super) dialler: bool,
    pub(super) opened: Event,
    pub(super) pace: Pace,
    pub(super) frame_bytes: usize,
    pub(super) events: EventSender,
    pub(super) receiving: Arc<Semaphore>,
    pub(super) outgoing: mpsc::UnboundedReceiver<Outgoing>,
    pub(super) wanted: Arc<AtomicBool>,
    pub(super) counts: Arc<Counts>,
    /// Ends the link at once.
    pub(super) halt: oneshot::Receiver<Ended>,
    /// The link that this one replaces reports its end first.
    pub(super) after: Option<oneshot::Receiver<()>>,
    pub(super) ended: mpsc::UnboundedSender<LinkEnded>,
}

impl Link {
    /// Carries frames until either side closes.
    ///
    /// Returns when the holder has been told of the end; `done` is dropped then.
    pub(super) async fn run(mut self, stream: Box<Stream>, done: oneshot::Sender<()>) {
        let mut opened = false;
        let counts = self.counts.clone();
        let mut halt = std::mem::replace(&mut self.halt, oneshot::channel().1);
        let (id, connection) = (self.id, self.connection);
        let (events, ended) = (self.events.clone(), self.ended.clone());
        let reason = tokio::select! {
            biased;
            halted = &mut halt => halted.unwrap_or(Ended::Shutdown),
            // A fault in a stream's code must not leave a peer with a seat and no link.
            reason = AssertUnwindSafe(self.carry(stream, &mut opened, &counts)).catch_unwind() => {
                reason.unwrap_or_else(|_| Ended::Lost("a fault in this program".into()))
            }
        };
        // The driver frees the connection whether or not the holder has ears for the end.
        let _ = ended.send(LinkEnded { link: id, connection, reason: reason.clone() });
        if opened {
            let _ = events.send((Event::Closed { link: id, reason, traffic: counts.traffic() }, None)).await;
        }
        drop(done);
    }

    async fn carry(mut self, stream: Box<Stream>, opened: &mut bool, counts: &Counts) -> Ended {
        if let Some(after) = self.after.take() {
            let _ = after.await;
        }
        let announce = std::mem::replace(&mut self.opened, Event::Writable { link: self.id });
        if self.events.send((announce, None)).await.is_err() {
            return Ended::Shutdown;
        }
        *opened = true;
        let (mut reading, mut writing) = stream.split();
        let (begun, begin) = oneshot::channel();
        let asked = Arc::new(Notify::new());
        let reader = Reader {
            id: self.id,
            events: self.events.clone(),
            receiving: self.receiving.clone(),
            frame_bytes: self.frame_bytes,
            silence: self.pace.silence,
            asked: asked.clone(),
        };
        // Reading a stream that we opened sends its opening alone; so the first frame goes first.
        let hold = self.dialler;
        let mut reader = pin!(async {
            if hold {
                let _ = begin.await;
            }
            reader.run(&mut reading, counts).await
        });
        let farewell = self.pace.farewell;
        let reason = {
            let mut writer = pin!(self.write(&mut writing, begun, &asked, counts));
            tokio::select! {
                reason = &mut reader => reason,
                reason = &mut writer => {
                    if matches!(reason, Ended::Here(_)) {
                        let _ = timeout(farewell, &mut reader).await;
                    }
                    reason
                }
            }
        };
        // After an error a stream that was still being negotiated panics at the next touch.
        if reason == Ended::There {
            let _ = timeout(farewell, writing.close()).await;
        }
        reason
    }

    async fn write<W>(&mut self, stream: &mut W, begun: oneshot::Sender<()>, asked: &Notify, counts: &Counts) -> Ended
    where
        W: futures::AsyncWrite + Unpin,
    {
        let mut begun = Some(begun);
        let mut wait = if self.dialler { self.pace.opening } else { self.pace.beat };
        let mut batch = Vec::new();
        let mut closing = None;
        while closing.is_none() {
            batch.clear();
            let mut shares = Vec::new();
            let mut next = tokio::select! {
                outgoing = self.outgoing.recv() => match outgoing {
                    Some(outgoing) => Some(outgoing),
                    None => return Ended::Shutdown,
                },
                () = asked.notified() => {
                    frame::append(&mut batch, &[]);
                    None
                }
                () = sleep(wait) => {
                    frame::append(&mut batch, &[]);
                    None
                }
            };
            while let Some(outgoing) = next {
                match outgoing {
                    Outgoing::Frame(bytes, share) => {
                        frame::append(&mut batch, &bytes);
                        shares.push(share);
                    }
                    Outgoing::Ask => frame::append_ask(&mut batch),
                    Outgoing::Close(words) => {
                        closing = Some(words);
                        break;
                    }
                }
                next = if batch.len() < BATCH { self.outgoing.try_recv().ok() } else { None };
            }
            if let Err(error) = frame::write(stream, &batch, self.pace.stall).await {
                return ended(error, Ended::Stalled);
            }
            counts.sent.fetch_add(batch.len() as u64, Ordering::Relaxed);
            batch.shrink_to(BATCH);
            drop(shares);
            if let Some(begun) = begun.take() {
                let _ = begun.send(());
            }
            wait = self.pace.beat;
            if self.wanted.swap(false, Ordering::AcqRel) {
                let _ = self.events.send((Event::Writable { link: self.id }, None)).await;
            }
        }
        let _ = timeout(self.pace.farewell, stream.close()).await;
        Ended::Here(closing.unwrap_or_default())
    }
}

struct Reader {
    id: LinkId,
    events: EventSender,
    receiving: Arc<Semaphore>,
    frame_bytes: usize,
    silence: Duration,
    /// Tells the writer that the other side asked for a beat.
    asked: Arc<Notify>,
}

impl Reader {
    async fn run<R: futures::AsyncRead + Unpin>(self, stream: &mut R, counts: &Counts) -> Ended {
        let mut stream = futures::io::BufReader::with_capacity(8 << 10, stream);
        loop {
            let read = match frame::read(&mut stream, self.frame_bytes, self.silence).await {
                Ok(Read::End) => return Ended::There,
                Ok(read) => read,
                Err(error) => return ended(error, Ended::Silent),
            };
            counts.received.fetch_add(frame::HEAD as u64, Ordering::Relaxed);
            let bytes = match read {
                Read::Frame(bytes) => bytes,
                Read::Beat | Read::End => continue,
                Read::Ask => {
                    self.asked.notify_one();
                    continue;
                }
            };
            counts.received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            let share = u32::try_from(bytes.len()).expect("a frame is far below 4 GiB");
            let Ok(share) = self.receiving.clone().acquire_many_owned(share).await else { return Ended::Shutdown };
            if self.events.send((Event::Frame { link: self.id, bytes }, Some(share))).await.is_err() {
                return Ended::Shutdown;
            }
        }
    }
}

/// Bytes of a link's stream so far.
#[derive(Default)]
pub(super) struct Counts {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Counts {
    pub(super) fn traffic(&self) -> Traffic {
        Traffic { sent: self.sent.load(Ordering::Relaxed), received: self.received.load(Ordering::Relaxed) }
    }
}

fn ended(error: FrameError, idle: Ended) -> Ended {
    match error {
        FrameError::Oversize(bytes) => Ended::Oversize { bytes },
        FrameError::Idle => idle,
        // Only a negotiation that failed is an error of its own making here; the rest are errors of the connection.
        FrameError::Io(error) if error.kind() == std::io::ErrorKind::Other && is_negotiation(&error) => {
            Ended::NotSpoken
        }
        FrameError::Io(error) => Ended::Lost(error.to_string()),
    }
}

fn is_negotiation(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<libp2p::core::upgrade::NegotiationError>())
}

/// What arbitration knows of the link that a peer has already.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub(super) dialled_here: bool,
    pub(super) since: Instant,
}

/// Decides whether a stream that a peer opened takes the place of the link that it has.
///
/// A peer opens a stream only while it knows of no link with us. So either it lost the old one, or two dials crossed.
/// Of crossing ones the lower peer id decides, and it keeps what it saw first: the other side gives way at once.
pub(super) fn replaces<P: Ord>(here: &P, there: &P, standing: Standing, now: Instant, crossing: Duration) -> bool {
    let crossed = standing.dialled_here && now.duration_since(standing.since) < crossing;
    !(crossed && here < there)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_crossing_dials_both_sides_keep_the_same() {
        let now = Instant::now();
        let crossing = Duration::from_secs(2);
        let ours = Standing { dialled_here: true, since: now };
        let theirs = Standing { dialled_here: false, since: now };
        assert!(!replaces(&1, &2, ours, now, crossing), "the lower keeps its own");
        assert!(replaces(&2, &1, ours, now, crossing), "the higher gives way");
        assert!(replaces(&1, &2, ours, now + crossing, crossing), "an old link of ours was lost over there");
        assert!(replaces(&1, &2, theirs, now, crossing) && replaces(&2, &1, theirs, now, crossing));
    }
}
