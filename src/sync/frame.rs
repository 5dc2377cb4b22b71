//! Frames: a message and its packing, within limits.

use crate::wire::Message;
use crate::wire::sync as wire;

/// Most bytes of a frame, packed and unpacked: bounds what a peer can make us hold.
pub const FRAME_BYTES_MAX: usize = 1 << 20;
/// Most times that a frame may grow when unpacked.
const GROWTH_MAX: usize = 32;
/// Shorter messages hardly ever shrink.
const PACK_FROM: usize = 96;
/// Level 3: headers shrink by a third at 300 MB/s; higher levels gain little on ids and hashes.
const ZSTD_LEVEL: i32 = 3;

const PLAIN: u8 = 0;
const PACKED: u8 = 1;

/// Bytes that are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a frame")]
pub(crate) struct NotAFrame;

/// Packs a message; `heard` is how many frames came so far.
///
/// # Panics
///
/// When the message is larger than a frame: whoever makes messages keeps them far below.
pub(crate) fn encode(heard: u32, body: wire::frame::Body) -> Vec<u8> {
    let message = wire::Frame { heard, body: Some(body) };
    let length = message.encoded_len();
    assert!(length < FRAME_BYTES_MAX, "a message of {length} bytes doesn't fit a frame");
    let mut plain = Vec::with_capacity(1 + length);
    plain.push(PLAIN);
    message.encode(&mut plain).expect("a vector grows");
    if length < PACK_FROM {
        return plain;
    }
    let mut packed = vec![PACKED];
    packed.extend(zstd::bulk::compress(&plain[1..], ZSTD_LEVEL).expect("compression into memory"));
    let bounded = length <= GROWTH_MAX * (packed.len() - 1);
    if packed.len() < plain.len() && bounded { packed } else { plain }
}

/// Unpacks a frame: how many frames the peer had heard, and what it says.
pub(crate) fn decode(frame: &[u8]) -> Result<(u32, wire::frame::Body), NotAFrame> {
    if frame.len() > FRAME_BYTES_MAX {
        return Err(NotAFrame);
    }
    let (packing, rest) = frame.split_first().ok_or(NotAFrame)?;
    let message = match *packing {
        PLAIN => wire::Frame::decode(rest),
        PACKED => {
            let most = FRAME_BYTES_MAX.min(GROWTH_MAX * rest.len());
            let plain = zstd::bulk::decompress(rest, most).map_err(|_| NotAFrame)?;
            wire::Frame::decode(plain.as_slice())
        }
        _ => return Err(NotAFrame),
    };
    let frame = message.map_err(|_| NotAFrame)?;
    Ok((frame.heard, frame.body.ok_or(NotAFrame)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_round_trip_packed_and_plain() {
        let small = wire::frame::Body::Done(wire::Done { round: 3 });
        assert_eq!(encode(7, small.clone())[0], PLAIN);
        assert_eq!(decode(&encode(7, small.clone())), Ok((7, small)));
        let words: Vec<u8> = (0..4000_u32).map(|n| (n / 7 % 251) as u8).collect();
        let payloads = vec![wire::Stored { shape: words, ..Default::default() }];
        let large = wire::frame::Body::Batch(wire::Batch { number: 1, payloads, more: false });
        assert_eq!(encode(0, large.clone())[0], PACKED);
        assert_eq!(decode(&encode(0, large.clone())), Ok((0, large)));
    }

    /// As long as a frame may be, and as much as it may grow; and one byte more.
    #[test]
    fn limits_hold_to_the_byte() {
        let padded = |bytes: usize| {
            // A field that nobody knows, of so many bytes.
            let mut message =
                wire::Frame { heard: 0, body: Some(wire::frame::Body::Present(wire::Present {})) }.encode_to_vec();
            message.extend([0xa2, 0x06]);
            let rest = bytes - message.len() - 3;
            message.extend([rest as u8 | 0x80, (rest >> 7) as u8 | 0x80, (rest >> 14) as u8]);
            message.resize(bytes, 0);
            message
        };
        for (bytes, fits) in [(FRAME_BYTES_MAX - 1, true), (FRAME_BYTES_MAX, false)] {
            assert_eq!(decode(&[&[PLAIN][..], &padded(bytes)].concat()).is_ok(), fits, "{bytes}");
        }
        let packed = |plain: &[u8]| [vec![PACKED], zstd::bulk::compress(plain, 3).expect("compresses")].concat();
        let most = (100..1 << 20).find(|bytes| *bytes > GROWTH_MAX * (packed(&padded(*bytes)).len() - 1));
        let most = most.expect("zeros grow");
        assert!(decode(&packed(&padded(most - 1))).is_ok() && decode(&packed(&padded(most))).is_err());
    }

    #[test]
    fn what_would_grow_too_much_is_sent_plain_and_refused_packed() {
        let zeros = vec![wire::Stored { shape: vec![0; 500_000], ..Default::default() }];
        let body = wire::frame::Body::Batch(wire::Batch { number: 1, payloads: zeros, more: false });
        let frame = encode(0, body.clone());
        assert_eq!(frame[0], PLAIN);
        let mut bomb = vec![PACKED];
        bomb.extend(zstd::bulk::compress(&frame[1..], 3).expect("compresses"));
        assert!(bomb.len() < 1000);
        assert_eq!(decode(&bomb), Err(NotAFrame));
        assert_eq!(decode(&[]), Err(NotAFrame));
        assert_eq!(decode(&[2, 0]), Err(NotAFrame));
        assert_eq!(decode(&[PLAIN]), Err(NotAFrame), "no body");
        assert_eq!(decode(&vec![0; FRAME_BYTES_MAX + 1]), Err(NotAFrame));
    }
}
