//! What happens to frames on their way out, and the link over which they go.

use std::time::Duration;

use repertoire::door::net::{self, Config, Event, Events, LinkId, Net, PeerId, Target};
use repertoire::model::{EntryId, Header, SpaceId, Timestamp};
use repertoire::sync::{Config as SessionConfig, Input, Outcome, Output, Session};
use repertoire::wire::Message;
use repertoire::wire::sync::frame::Body;
use repertoire::wire::sync::{Entries, Frame, Run};

use super::program::Program;

/// Nothing here takes this long; whatever does has failed.
const LONG: Duration = Duration::from_secs(60);

/// What changes a frame before it leaves, into none or several.
pub(crate) type Tamper = Box<dyn FnMut(Vec<u8>) -> Vec<Vec<u8>>>;

/// Says what the program says.
pub(crate) fn nothing() -> Tamper {
    Box::new(|frame| vec![frame])
}

/// Reads a frame as the protocol packs it.
pub(super) fn unpack(frame: &[u8]) -> Frame {
    let plain = match frame[0] {
        0 => frame[1..].to_vec(),
        _ => zstd::bulk::decompress(&frame[1..], 1 << 20).expect("our own frame"),
    };
    Frame::decode(plain.as_slice()).expect("our own frame")
}

pub(super) fn pack(frame: &Frame) -> Vec<u8> {
    [&[0][..], &frame.encode_to_vec()].concat()
}

/// Changes the message of each frame.
pub(super) fn each(mut change: impl FnMut(&mut Body) + 'static) -> Tamper {
    Box::new(move |frame| {
        let mut message = unpack(&frame);
        if let Some(body) = &mut message.body {
            change(body);
        }
        vec![pack(&message)]
    })
}

/// Changes each signed run.
pub(super) fn each_run(mut change: impl FnMut(&mut Run) + 'static) -> Tamper {
    each(move |body| {
        if let Body::Entries(entries) = body {
            entries.runs.iter_mut().filter(|run| !run.signature.is_empty()).for_each(&mut change);
        }
    })
}

/// Changes the bytes of each message that brings entries.
pub(super) fn each_encoding(mut change: impl FnMut(&Entries, &[u8]) -> Vec<u8> + 'static) -> Tamper {
    Box::new(move |frame| match unpack(&frame) {
        message @ Frame { body: Some(Body::Entries(_)), .. } => {
            let Some(Body::Entries(entries)) = &message.body else { unreachable!("just seen") };
            vec![[&[0][..], &change(entries, &message.encode_to_vec())].concat()]
        }
        _ => vec![frame],
    })
}

/// Says something else instead of the frame of this number.
pub(super) fn instead(number: usize, words: Vec<u8>) -> Tamper {
    let mut count = 0;
    Box::new(move |frame| {
        count += 1;
        vec![if count == number { words.clone() } else { frame }]
    })
}

/// Says these frames, too, after its first frontiers.
pub(super) fn beside(frames: Vec<Vec<u8>>) -> Tamper {
    let mut more = frames;
    Box::new(move |frame| match unpack(&frame).body {
        Some(Body::Frontiers(_)) => std::iter::once(frame).chain(std::mem::take(&mut more)).collect(),
        _ => vec![frame],
    })
}

/// Packs runs of one space into a frame.
pub(super) fn entries(space: SpaceId, runs: Vec<Run>) -> Vec<u8> {
    pack(&Frame { heard: 0, body: Some(Body::Entries(Entries { space: space.0.to_vec(), runs, total: 0 })) })
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Writes one header as a run of its own, whatever is wrong with it, with every id in full.
pub(super) fn run(header: &Header, signature: &[u8]) -> Run {
    let mut rows = Vec::new();
    let id = |id: EntryId, rows: &mut Vec<u8>| rows.extend([&[0][..], &id.0].concat());
    if header.seq > 1 {
        id(header.prev, &mut rows);
    }
    rows.push(u8::from(header.community.is_none()) | if header.document.is_some() { 2 } else { 0 });
    rows.push(header.kind.code());
    varint(((header.time.0 << 1) ^ (header.time.0 >> 63)).cast_unsigned(), &mut rows);
    rows.push(u8::try_from(header.gov.len()).expect("few"));
    header.gov.iter().for_each(|one| id(*one, &mut rows));
    header.document.iter().for_each(|one| id((*one).into(), &mut rows));
    varint(header.deps.len() as u64, &mut rows);
    header.deps.iter().for_each(|one| id(*one, &mut rows));
    rows.extend(header.epoch.0);
    rows.push(header.dictionary);
    varint(header.shape_bytes.into(), &mut rows);
    varint(header.content_bytes.into(), &mut rows);
    rows.extend(header.root);
    Run {
        device: header.device.0.to_vec(),
        incarnation: header.incarnation.0.to_vec(),
        first: header.seq,
        rows,
        signature: signature.to_vec(),
        payloads: Vec::new(),
    }
}

async fn next(events: &mut Events) -> Event {
    tokio::time::timeout(LONG, events.recv()).await.expect("in time").expect("the net runs")
}

/// Runs a program against a node until its session or its link ends.
pub(crate) async fn attack(port: u16, seed: [u8; 32], mut program: Program, mut tamper: Tamper) -> Outcome {
    let mut config = Config::single(seed);
    config.limits.frame_bytes = 16 << 20;
    config.limits.sending_bytes = 32 << 20;
    let (net, mut events) = net::start(config).await.expect("it starts");
    let target: Target = format!("127.0.0.1:{port}").parse().expect("an address");
    net.dial(target);
    let (link, peer) = loop {
        match next(&mut events).await {
            Event::Opened { link, peer, .. } => break (link, peer),
            Event::DialFailed { tried, .. } => panic!("no link: {tried:?}"),
            _ => {}
        }
    };
    let mut session = open(&net, &program, peer);
    let mut input = Input::Opened;
    let mut outcome = None;
    loop {
        let outputs = session.handle(input, &mut program, Timestamp(0));
        let mut sent = false;
        for output in outputs {
            match output {
                Output::Send(frame) => {
                    sent = true;
                    send(&net, link, tamper(frame)).await;
                }
                Output::Finished(report) => outcome = Some(report.outcome),
                Output::Close(_) => {
                    net.shutdown().await;
                    return outcome.expect("an end mark comes before the end");
                }
                _ => {}
            }
        }
        if sent {
            input = Input::Writable;
            continue;
        }
        input = loop {
            match next(&mut events).await {
                // What comes on the session's channel; a channel without words is at its end.
                Event::Frame { bytes, .. } if bytes.len() == 1 => break Input::Closed,
                Event::Frame { bytes, .. } => break Input::Frame(bytes[1..].to_vec()),
                Event::Closed { .. } => break Input::Closed,
                _ => {}
            }
        };
    }
}

fn open(net: &Net, program: &Program, peer: PeerId) -> Session {
    let config = SessionConfig {
        local_peer: net.peer_id().to_bytes(),
        remote_peer: peer.to_bytes(),
        ..SessionConfig::default()
    };
    Session::dial(program.community, config)
}

async fn send(net: &Net, link: LinkId, frames: Vec<Vec<u8>>) {
    for frame in frames {
        let bytes = [vec![0], frame].concat();
        // The node may have hung up already.
        let _ = tokio::time::timeout(LONG, net.send(link, bytes)).await.expect("in time");
    }
}
