//! Payloads: what goes in comes out, bound to its header, within limits.

use proptest::prelude::*;

use super::*;
use crate::model::id::{EpochId, Timestamp};
use crate::model::testing::Seeded;

fn header(sealed: bool) -> Header {
    use crate::model::header::Kind;
    use crate::model::id::{CommunityId, DeviceId, EntryId, Incarnation, SpaceId};
    Header {
        community: Some(CommunityId([1; 32])),
        space: SpaceId([2; 16]),
        device: DeviceId([3; 32]),
        incarnation: Incarnation([4; 16]),
        seq: 1,
        prev: EntryId::ZERO,
        gov: vec![EntryId([7; 32])],
        time: Timestamp(9),
        kind: Kind::Edit,
        document: None,
        deps: vec![],
        epoch: if sealed { EpochId([14; 8]) } else { EpochId::CLEAR },
        dictionary: 0,
        shape_bytes: 0,
        content_bytes: 0,
        root: [0; 32],
    }
}

fn key() -> SpaceKey {
    SpaceKey::from_bytes([9; 32])
}

fn store(plain: &Plain, sealed: bool, seed: u64) -> (Header, Payload) {
    let mut header = header(sealed);
    let key = sealed.then(key);
    let payload = plain.store(&mut header, key.as_ref(), &mut Seeded::new(seed)).expect("it fits");
    (header, payload)
}

fn words() -> Plain {
    Plain { shape: b"a shape of some bytes".to_vec(), content: "les mots ".repeat(40).into_bytes() }
}

/// Makes a payload of stored bytes that somebody else chose, and a header that names it.
fn crafted(sealed: bool, dictionary: u8, packed: &[u8]) -> (Header, Payload) {
    let mut header = Header { dictionary, ..header(sealed) };
    let close = |part, content: Option<&[u8; 32]>| {
        let key = sealed.then(key);
        super::close(&header.encode_associated(), part, content, packed.to_vec(), key.as_ref(), &mut Seeded::new(1))
    };
    let content = close(Part::Content, None);
    let hash = (!content.is_empty()).then(|| part_hash(&content));
    let payload = Payload { shape: close(Part::Shape, hash.as_ref()), content: Content::Stored(content) };
    let Content::Stored(content) = &payload.content else { unreachable!("just stored") };
    header.shape_bytes = u32::try_from(payload.shape.len()).expect("small");
    header.content_bytes = u32::try_from(content.len()).expect("small");
    header.root = payload.root();
    assert!(payload.fits(&header));
    (header, payload)
}

proptest! {
    #[test]
    fn round_trips(
        shape in proptest::collection::vec(any::<u8>(), 0..400),
        word in proptest::collection::vec(any::<u8>(), 0..60),
        times in 0..40_usize,
        sealed: bool,
    ) {
        let plain = Plain { shape, content: word.repeat(times) };
        let (header, payload) = store(&plain, sealed, 5);
        let key = key();
        prop_assert!(payload.fits(&header));
        prop_assert_eq!(Header::decode(&header.encode()), Ok(header.clone()));
        prop_assert_eq!(&payload.open_shape(&header, Some(&key)).expect("shape"), &plain.shape);
        prop_assert_eq!(&payload.open_content(&header, Some(&key)).expect("content"), &plain.content);
        let both = plain.shape.len() + plain.content.len();
        let stored = (header.shape_bytes + header.content_bytes) as usize;
        prop_assert!(stored <= both + SALT_BYTES + 2 * 16, "compression never costs");
    }

    #[test]
    fn any_stored_bytes_are_read_or_refused(packed in proptest::collection::vec(any::<u8>(), 0..200), sealed: bool) {
        for dictionary in 0..3 {
            let (header, payload) = crafted(sealed, dictionary, &packed);
            let _ = payload.open_shape(&header, Some(&key()));
            let _ = payload.open_content(&header, Some(&key()));
        }
        let payload = Payload { shape: packed.clone(), content: Content::Stored(packed) };
        let _ = payload.open_shape(&header(sealed), Some(&key()));
    }

    #[test]
    fn damaged_frames_are_read_or_refused(at in any::<prop::sample::Index>(), bit in 0..8_u32, cut: bool) {
        let mut packed = compress(&words().content);
        let at = at.index(packed.len());
        if cut {
            packed.truncate(at);
        } else {
            packed[at] ^= 1_u8 << bit;
        }
        let (header, payload) = crafted(false, 1, &packed);
        if let Ok(content) = payload.open_content(&header, None) {
            prop_assert!(content.len() <= PART_GROWTH_MAX * (packed.len() + SALT_BYTES));
        }
    }
}

#[test]
fn sealed_parts_are_bound_to_their_header_and_place() {
    let (header, payload) = store(&words(), true, 1);
    let Content::Stored(content) = payload.content.clone() else { panic!("stored") };
    assert!(matches!(payload.open_shape(&header, None), Err(PartError::NoKey)));
    let other = SpaceKey::from_bytes([8; 32]);
    assert!(matches!(payload.open_shape(&header, Some(&other)), Err(PartError::Seal(_))));
    let swapped = Payload { shape: content, content: Content::Stored(payload.shape.clone()) };
    assert!(matches!(swapped.open_shape(&header, Some(&key())), Err(PartError::Seal(_))));
    assert!(matches!(swapped.open_content(&header, Some(&key())), Err(PartError::Seal(_))));
    let altered = [
        Header { time: Timestamp(10), ..header.clone() },
        Header { seq: 2, ..header.clone() },
        Header { space: crate::model::SpaceId([9; 16]), ..header.clone() },
        Header { community: Some(crate::model::CommunityId([9; 32])), ..header.clone() },
        Header { device: crate::model::DeviceId([9; 32]), ..header.clone() },
        Header { epoch: EpochId([9; 8]), ..header.clone() },
        Header { dictionary: 1 - header.dictionary, ..header.clone() },
    ];
    for altered in altered {
        assert!(matches!(payload.open_shape(&altered, Some(&key())), Err(PartError::Seal(_))));
        assert!(matches!(payload.open_content(&altered, Some(&key())), Err(PartError::Seal(_))));
    }
}

#[test]
fn no_two_parts_are_sealed_alike() {
    // The same words at the same place of a chain: what a copied device might write.
    let (header, first) = store(&words(), true, 1);
    let (_, second) = store(&words(), true, 2);
    assert_ne!(first.shape, second.shape);
    assert_ne!(first.content, second.content);
    // The shape is opened by the hash of its content: beside another content it is not the same.
    let mixed = Payload { content: second.content, ..first };
    assert!(matches!(mixed.open_shape(&header, Some(&key())), Err(PartError::Seal(_))));
    // Without content the shape brings randomness of its own.
    let bare = Plain { content: Vec::new(), ..words() };
    let stored = [1, 2].map(|seed| store(&bare, true, seed));
    assert_ne!(stored[0].1.shape, stored[1].1.shape);
    for (header, payload) in stored {
        assert_eq!(payload.open_shape(&header, Some(&key())).expect("shape"), bare.shape);
    }
    // Nonces of the two parts never agree, even over the same random bytes.
    assert_ne!(nonce(Part::Shape, None, &[7; 16]), nonce(Part::Content, None, &[7; 16]));
}

#[test]
fn payload_fits_one_header() {
    let (header, payload) = store(&words(), false, 1);
    let Content::Stored(content) = payload.content.clone() else { panic!("stored") };
    assert!(payload.fits(&header));
    let mut longer = content.clone();
    longer.push(0);
    let mut shape = payload.shape.clone();
    shape[20] ^= 1;
    assert!(!Payload { content: Content::Stored(longer), ..payload.clone() }.fits(&header));
    assert!(!Payload { shape, ..payload.clone() }.fits(&header));
    assert!(!Payload { shape: content, content: Content::Stored(payload.shape.clone()) }.fits(&header));
    assert!(!payload.fits(&Header { shape_bytes: header.shape_bytes - 1, ..header.clone() }));
    // The random beginning makes the same words another payload.
    assert!(!store(&words(), false, 2).1.fits(&header));
}

#[test]
fn erased_content_fits_and_is_not_missing() {
    for sealed in [false, true] {
        let (header, payload) = store(&words(), sealed, 1);
        let erased = payload.clone().erased();
        assert!(matches!(erased.content, Content::Erased(_)));
        assert!(erased.fits(&header));
        assert_eq!(erased.content_hash(), payload.content_hash());
        assert_eq!(erased.open_shape(&header, Some(&key())).expect("shape"), words().shape);
        assert!(matches!(erased.open_content(&header, Some(&key())), Err(PartError::Erased)));
        assert_eq!(erased.clone().erased(), erased);
        let other = Payload { content: Content::Erased([1; 32]), ..erased };
        assert!(!other.fits(&header));
    }
    // Nothing can't be erased, so that there is one form of it.
    let (header, payload) = store(&Plain { content: Vec::new(), ..words() }, false, 1);
    assert_eq!(payload.clone().erased(), payload);
    assert_eq!((header.content_bytes, payload.open_content(&header, None).expect("empty")), (0, vec![]));
    let hidden = Payload { content: Content::Erased(payload.content_hash()), ..payload };
    assert!(!hidden.fits(&header));
}

#[test]
fn bombs_are_refused() {
    let bomb = |bytes: usize| zstd::bulk::compress(&vec![0; bytes], 19).expect("compressed")[4..].to_vec();
    for packed in [
        bomb(PART_BYTES_MAX),
        bomb(64 << 20),
        // The claim of the frame's header is not believed: 2^62 bytes in an empty frame.
        [&[0xe0][..], &(1_u64 << 62).to_le_bytes(), &[1, 0, 0]].concat(),
        // Two frames.
        [&compress(b"some")[..], &ZSTD_MAGIC, &compress(b"words")].concat(),
    ] {
        assert!(packed.len() < 64 * 1024);
        let (header, payload) = crafted(false, 1, &packed);
        assert!(matches!(payload.open_content(&header, None), Err(PartError::Compression(_))));
    }
    let (header, payload) = crafted(false, 2, b"newer");
    assert!(matches!(payload.open_shape(&header, None), Err(PartError::Dictionary(2))));
}

#[test]
fn what_a_writer_stores_a_reader_opens() {
    // Text that compresses further than a reader lets it grow is stored as it is.
    let zeros = Plain { shape: vec![0; 100], content: vec![0; 60_000] };
    let (header, payload) = store(&zeros, false, 1);
    assert_eq!(header.dictionary, 0);
    assert_eq!(payload.open_content(&header, None).expect("zeros"), zeros.content);
    let large = Plain { shape: Vec::new(), content: Seeded::new(1).array::<70_000>().to_vec() };
    let error = large.store(&mut self::header(false), None, &mut Seeded::new(1)).expect_err("too large");
    assert_eq!(error.bytes, 70_016);
}

#[test]
fn parts_that_are_cut_short() {
    for sealed in [false, true] {
        let (mut header, payload) = store(&words(), sealed, 1);
        header.dictionary = 0;
        let short = Payload { shape: payload.shape[..10].to_vec(), ..payload.clone() };
        // In clear, and beside a content, nothing tells where the shape was to end; its root does.
        assert_eq!(short.open_shape(&header, Some(&key())).is_err(), sealed);
        assert!(!short.fits(&header));
        let short = Payload { content: Content::Stored(vec![1; 10]), ..payload };
        assert!(short.open_content(&header, Some(&key())).is_err());
    }
}
