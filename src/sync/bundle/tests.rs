use proptest::prelude::*;

use super::*;
use crate::model::id::{EpochId, Timestamp};
use crate::model::{Header, Kind};

const COMMUNITY: CommunityId = CommunityId([9; 32]);

fn signing() -> Signing {
    Signing::from_seed(&[1; 32])
}

fn head() -> Head {
    let (device, member) = (signing().public(), MemberId([2; 32]));
    Head { community: COMMUNITY, device, member, to: None, number: 0, after: 0, confirms: 0, time: -7 }
}

/// A run of edits without payloads.
fn run(count: u64) -> Vec<Held> {
    let (key, mut prev) = (signing(), EntryId::ZERO);
    let mut held = Vec::new();
    for seq in 1..=count {
        let header = Header {
            community: Some(COMMUNITY),
            space: SpaceId([3; 16]),
            device: key.public(),
            incarnation: Incarnation([4; 16]),
            seq,
            prev,
            gov: vec![EntryId([5; 32])],
            time: Timestamp(1_000 * seq as i64),
            kind: Kind::Edit,
            document: None,
            deps: Vec::new(),
            epoch: EpochId([6; 8]),
            dictionary: 0,
            shape_bytes: 40,
            content_bytes: 40,
            root: *blake3::hash(&seq.to_le_bytes()).as_bytes(),
        };
        let (entry, signature) = Entry::sign(header, &key);
        prev = entry.id();
        held.push(Held { entry, signature: (seq == count).then_some(signature) });
    }
    held
}

/// All records of a bundle.
fn bundle(count: u64) -> Vec<u8> {
    let mut writer = Writer::new();
    let mut frontier = Frontier::new();
    let held = run(count);
    if let Some(last) = held.last() {
        let header = last.entry.header();
        let tip = super::super::Tip { seq: header.seq, id: last.entry.id(), missing: vec![(1, header.seq)] };
        frontier.set(header.chain(), vec![tip]);
    }
    let mut bytes = writer.head(&head());
    bytes.extend(writer.frontiers(&[(SpaceId([3; 16]), frontier)]).concat());
    bytes.extend(writer.run(&held, vec![None; held.len()]).concat());
    bytes.extend(writer.tail(&signing()));
    bytes
}

/// Reads bytes in pieces of this length; returns how many entries came, if the bundle was whole.
fn read(bytes: &[u8], piece: usize) -> Result<usize, Malformed> {
    let mut reader = Reader::new();
    let (mut entries, mut said) = (0, None);
    for piece in bytes.chunks(piece) {
        for record in reader.take(piece)? {
            match record {
                Record::Head(found) => said = Some(found),
                Record::Portion(portion) => entries += portion.entries.len(),
                Record::Frontier(..) | Record::End => {}
            }
        }
    }
    if !reader.is_over() {
        return Err(Malformed);
    }
    assert_eq!(said, Some(head()));
    Ok(entries)
}

#[test]
fn what_is_written_is_read_in_any_pieces() {
    for count in [0, 1, 3, 256] {
        let bytes = bundle(count);
        for piece in [1, 7, 1_000, usize::MAX] {
            assert_eq!(read(&bytes, piece), Ok(usize::try_from(count).expect("small")), "{count} by {piece}");
        }
        assert_eq!(read(&bytes[..bytes.len() - 1], 100), Err(Malformed));
        assert_eq!(read(&[&bytes[..], &[0]].concat(), 100), Err(Malformed));
    }
}

#[test]
fn a_record_left_out_or_moved_is_noticed() {
    let bytes = bundle(3);
    let mut records = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = u32::from_le_bytes(*bytes[at..].first_chunk().expect("a length")) as usize;
        records.push(&bytes[at..at + 4 + length]);
        at += 4 + length;
    }
    assert_eq!(read(&records.concat(), 50), Ok(3));
    for left_out in 0..records.len() {
        let rest: Vec<&[u8]> =
            records.iter().enumerate().filter(|(index, _)| *index != left_out).map(|(_, record)| *record).collect();
        assert_eq!(read(&rest.concat(), 50), Err(Malformed), "without {left_out}");
    }
    for swapped in 1..records.len() {
        let mut other = records.clone();
        other.swap(swapped - 1, swapped);
        assert_eq!(read(&other.concat(), 50), Err(Malformed), "{swapped} before its turn");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in any::<Vec<u8>>(), piece in 1..40_usize) {
        let _ = read(&bytes, piece);
    }

    #[test]
    fn an_altered_bundle_is_refused(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = bundle(3);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert_eq!(read(&bytes, 64), Err(Malformed));
    }
}
