use super::*;
use crate::model::id::{CommunityId, EpochId, Timestamp};
use crate::model::sign::Signing;
use crate::model::{Entry, Header, Kind};

/// Entries with so many payload bytes; those named are signed.
fn held(payloads: &[u32], signed: &[usize]) -> Vec<Held> {
    let key = Signing::from_seed(&[1; 32]);
    let mut prev = EntryId::ZERO;
    let mut all = Vec::new();
    for (index, bytes) in payloads.iter().enumerate() {
        let header = Header {
            community: Some(CommunityId([1; 32])),
            space: SpaceId([2; 16]),
            device: key.public(),
            incarnation: Incarnation([3; 16]),
            seq: index as u64 + 1,
            prev,
            gov: Vec::new(),
            time: Timestamp(0),
            kind: Kind::Edit,
            document: None,
            deps: Vec::new(),
            epoch: EpochId::CLEAR,
            dictionary: 0,
            shape_bytes: *bytes,
            content_bytes: 0,
            root: [0; 32],
        };
        let (entry, signature) = Entry::sign(header, &key);
        prev = entry.id();
        all.push(Held { entry, signature: signed.contains(&index).then_some(signature) });
    }
    all
}

fn check(held: &[Held], inline: bool, cut: usize, room: usize) -> Option<(usize, bool, bool)> {
    match choose(held, inline, cut, room) {
        Fit::Run(choice) => {
            assert!(choice.bytes <= room);
            Some((choice.entries, choice.signed, choice.payloads))
        }
        Fit::NextFrame | Fit::Nothing => None,
    }
}

#[test]
fn the_longest_signed_run_goes() {
    let all = held(&[100; 10], &[2, 5, 9]);
    assert_eq!(check(&all, false, 0, PIECE_BYTES), Some((10, true, false)));
    assert_eq!(check(&all, true, 0, PIECE_BYTES), Some((10, true, true)));
    let eight = RUN_BYTES + 8 * (header_bytes(&all[1]) + 116);
    assert_eq!(check(&all, true, 0, eight), Some((6, true, true)));
    assert_eq!(check(&all[..9], false, 0, PIECE_BYTES), Some((6, true, false)));
    assert_eq!(choose(&all, true, 0, 500), Fit::NextFrame);
    assert_eq!(choose(&all[..2], true, 0, PIECE_BYTES), Fit::Nothing);
    assert_eq!(choose(&[], true, 0, PIECE_BYTES), Fit::Nothing);
}

#[test]
fn payloads_too_large_for_a_frame_stay_behind() {
    let all = held(&[60_000; 6], &[5]);
    assert_eq!(check(&all, true, 0, PIECE_BYTES), Some((6, true, false)));
    let all = held(&[60_000; 6], &[1, 5]);
    assert_eq!(check(&all, true, 0, PIECE_BYTES), Some((2, true, true)));
}

#[test]
fn a_run_that_was_cut_goes_on_to_its_first_signature() {
    let all = held(&[100; 10], &[4, 9]);
    assert_eq!(check(&all, true, 50, PIECE_BYTES), Some((5, true, false)));
    assert_eq!(choose(&all, true, RUN_MAX - 3, PIECE_BYTES), Fit::Nothing);
}
