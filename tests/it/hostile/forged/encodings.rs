//! Bytes that say the same otherwise, say nothing, or say more than there is.

use repertoire::model::verdict::Breach;
use repertoire::model::{Content, EpochId, Kind, Payload, Verdict};
use repertoire::sync::{CloseReason, Outcome};
use repertoire::wire::Message;
use repertoire::wire::sync::{Done, Frame, frame::Body};

use super::super::hand::{Hand, insert, shape, text};
use super::super::tamper::{Tamper, each, each_encoding, each_run, instead, pack};
use super::{Row, Sent};

const COUNTED: Verdict = Verdict::Counted;
const SHAPE: Verdict = Verdict::Void(Breach::Shape);

/// An honest entry, said otherwise.
fn told(hand: &mut Hand, tamper: Tamper) -> Sent {
    hand.honest();
    Sent::all(hand, COUNTED).by(tamper)
}

/// An honest entry in a message that breaks a rule.
fn broken(hand: &mut Hand, tamper: Tamper) -> Sent {
    let id = hand.honest();
    Sent::of(hand).by(tamper).blamed().never(id)
}

/// An honest entry, and a frame that is none instead of the third.
fn no_frame(hand: &mut Hand, words: Vec<u8>) -> Sent {
    broken(hand, instead(3, words))
}

/// Groups in groups, which no message of ours has.
fn nested(depth: usize) -> Vec<u8> {
    // Field 100, begin and end of a group.
    [[0xa3, 0x06].repeat(depth), [0xa4, 0x06].repeat(depth)].concat()
}

fn honest_shape() -> Vec<u8> {
    shape(vec![insert(None, 3)]).encode_to_vec()
}

/// An edit whose shape is these bytes.
fn shaped(hand: &mut Hand, bytes: Vec<u8>, verdict: Verdict) -> Sent {
    let root = hand.document.into();
    hand.raw(&[root], bytes, text("oui").encode_to_vec());
    Sent::all(hand, verdict)
}

/// What grows to 64 MiB, as a stored part holds it.
fn bomb() -> Vec<u8> {
    zstd::bulk::compress(&vec![0; 64 << 20], 3).expect("compresses")
}

pub(super) const TABLE: &[Row] = &[
    ("a message with a field that nobody knows", |_, hand| {
        told(hand, each_encoding(|_, bytes| [bytes, &[0xc0, 0x0c, 0x01]].concat()))
    }),
    ("a message with one field twice", |_, hand| {
        told(hand, each_encoding(|_, bytes| [&[0x08, 0x07], bytes, &[0x08, 0x01]].concat()))
    }),
    ("a message with padded numbers", |_, hand| {
        told(hand, each_encoding(|_, bytes| [bytes, &[0x88, 0x00, 0x81, 0x80, 0x00]].concat()))
    }),
    ("a message with its fields in another order", |_, hand| {
        let turned = |_: &_, bytes: &[u8]| {
            let mut message = Frame::decode(bytes).expect("our own message");
            message.heard = 0;
            [message.encode_to_vec(), vec![0x08, 0x02]].concat()
        };
        told(hand, each_encoding(turned))
    }),
    ("rows with a padded number", |_, hand| {
        let pad = |run: &mut repertoire::wire::sync::Run| {
            // The last two numbers before the root are the lengths, of which these are of one or two bytes.
            let at = run.rows.len() - 33;
            run.rows[at] |= 0x80;
            run.rows.insert(at + 1, 0);
        };
        told(hand, each_run(pad))
    }),
    ("rows with a flag that nobody knows", |_, hand| broken(hand, each_run(|run| run.rows[0] |= 0x40))),
    ("rows that are cut", |_, hand| broken(hand, each_run(|run| _ = run.rows.pop()))),
    ("rows and one byte", |_, hand| broken(hand, each_run(|run| run.rows.push(0)))),
    ("a row with a length of 2^63", |_, hand| {
        let long = |run: &mut repertoire::wire::sync::Run| {
            let at = run.rows.len() - 33;
            run.rows.splice(at..=at, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]);
        };
        broken(hand, each_run(long))
    }),
    ("a run of the last place there is, and one more", |_, hand| {
        broken(
            hand,
            each_run(|run| {
                run.first = u64::MAX;
                run.rows = [vec![0; 33], run.rows.clone(), run.rows.clone()].concat();
            }),
        )
    }),
    ("a message with a length of 2^63", |_, hand| {
        let mut length = vec![0, 0x12];
        length.extend([0x80; 8]);
        length.extend([0x80, 0x01]);
        no_frame(hand, length)
    }),
    ("a message of groups, 10,000 deep", |_, hand| no_frame(hand, [vec![0], nested(10_000)].concat())),
    ("a message that grows to 64 MiB", |_, hand| no_frame(hand, [vec![1], bomb()].concat())),
    ("a message that claims 2^62 bytes", |_, hand| {
        let claim = [&[0x28, 0xb5, 0x2f, 0xfd, 0xe0][..], &(1_u64 << 62).to_le_bytes(), &[1, 0, 0]].concat();
        no_frame(hand, [vec![1], claim].concat())
    }),
    ("random bytes", |_, hand| no_frame(hand, (0..200_u8).map(|n| n.wrapping_mul(7) | 3).collect())),
    ("a packing that nobody knows", |_, hand| no_frame(hand, vec![2, 0])),
    ("a frame of 10 MB", |_, hand| {
        let done = pack(&Frame { heard: 0, body: Some(Body::Done(Done { round: 1 })) });
        let ten = [done, vec![0; 10_000_000]].concat();
        no_frame(hand, ten).ends(Outcome::Failed(CloseReason::Cut)).strikes(0)
    }),
    ("a version to come", |_, hand| {
        let version = each(|body| {
            if let Body::Hello(hello) = body {
                (hello.lowest, hello.highest) = (9, 9);
            }
        });
        broken(hand, version).ends(Outcome::Failed(CloseReason::Version)).strikes(0)
    }),
    ("a shape with a field that nobody knows", |_, hand| {
        shaped(hand, [honest_shape(), vec![0xa0, 0x06, 0x81, 0x80, 0x00]].concat(), COUNTED)
    }),
    ("a shape that is none", |_, hand| shaped(hand, vec![0xff; 40], SHAPE)),
    ("a shape with a length of 2^63", |_, hand| shaped(hand, [&[0x0a][..], &[0x80; 9], &[0x01]].concat(), SHAPE)),
    ("a shape of groups, 10,000 deep", |_, hand| shaped(hand, nested(10_000), SHAPE)),
    ("a content of groups, 10,000 deep", |_, hand| {
        let root = hand.document.into();
        hand.raw(&[root], honest_shape(), nested(10_000));
        Sent::all(hand, COUNTED)
    }),
    ("a content that is none", |_, hand| {
        let root = hand.document.into();
        hand.raw(&[root], honest_shape(), vec![0xff; 40]);
        Sent::all(hand, COUNTED)
    }),
    ("words in clear that grow to 64 MiB", |stage, hand| {
        let part = [&[7; 16][..], &bomb()[4..]].concat();
        let payload = Payload { shape: part.clone(), content: Content::Stored(part) };
        let mut header = hand.header(Kind::Edit, Some(hand.document), &[stage.document]);
        (header.epoch, header.dictionary) = (EpochId::CLEAR, 1);
        hand.stored(header, payload);
        Sent::all(hand, SHAPE)
    }),
    ("an act that grows to 64 MiB", |stage, _| {
        let mut hand = stage.hand(1).governing();
        let shape = [&[7; 16][..], &bomb()[4..]].concat();
        let mut header = hand.header(Kind::Governance, None, &stage.heads);
        header.dictionary = 1;
        hand.stored(header, Payload { shape, content: Content::Stored(Vec::new()) });
        Sent::all(&mut hand, SHAPE)
    }),
    ("an act that is none", |stage, _| {
        let mut hand = stage.hand(1).governing();
        hand.act_of(&stage.heads, vec![0xff; 40]);
        Sent::all(&mut hand, SHAPE)
    }),
    ("an act of groups, 10,000 deep", |stage, _| {
        let mut hand = stage.hand(1).governing();
        hand.act_of(&stage.heads, nested(10_000));
        Sent::all(&mut hand, SHAPE)
    }),
    ("a packing of payloads that nobody knows", |stage, hand| {
        let mut header = hand.header(Kind::Edit, Some(hand.document), &[stage.document]);
        header.dictionary = 9;
        hand.stored(header, Payload { shape: vec![1; 60], content: Content::Stored(vec![2; 60]) });
        Sent::all(hand, SHAPE)
    }),
    ("words under another key", |_, hand| {
        hand.key = Some(repertoire::model::seal::SpaceKey::from_bytes([9; 32]));
        hand.honest();
        Sent::all(hand, SHAPE)
    }),
];
