//! One encoding of each header, and nothing else is one.

use proptest::collection::btree_set;
use proptest::prelude::*;

use super::*;

/// Any header that the rules allow.
pub(crate) fn any_header() -> impl Strategy<Value = Header> {
    let ids = |most| btree_set(any::<[u8; 32]>(), 0..=most).prop_map(|ids| ids.into_iter().map(EntryId).collect());
    let chain = (any::<[u8; 32]>(), any::<[u8; 16]>(), any::<[u8; 16]>(), 1_u64.., any::<[u8; 32]>());
    let what = (any::<u8>(), any::<Option<[u8; 32]>>(), any::<[u8; 32]>(), any::<[u8; 8]>(), any::<i64>());
    let sizes = (any::<u8>(), 0..=32 * 1024_u32, 0..=32 * 1024_u32, any::<[u8; 32]>());
    let lists: (BoxedStrategy<Vec<EntryId>>, BoxedStrategy<Vec<EntryId>>) = (ids(GOV_MAX).boxed(), ids(20).boxed());
    (chain, what, sizes, lists).prop_map(|(chain, what, sizes, (gov, deps))| {
        let (device, incarnation, space, seq, prev) = chain;
        let (kind, document, community, epoch, time) = what;
        let (dictionary, shape_bytes, content_bytes, root) = sizes;
        let header = Header {
            community: Some(CommunityId(community)),
            space: SpaceId(space),
            device: DeviceId(device),
            incarnation: Incarnation(incarnation),
            seq,
            prev: EntryId(prev),
            gov,
            time: Timestamp(time),
            kind: Kind::from_code(kind % 8),
            document: document.map(DocumentId),
            deps,
            epoch: EpochId(epoch),
            dictionary,
            shape_bytes,
            content_bytes,
            root,
        };
        lawful(header)
    })
}

/// Bends a header to the rules between its fields.
fn lawful(mut header: Header) -> Header {
    if header.seq == 1 {
        header.prev = EntryId::ZERO;
    }
    match header.kind {
        Kind::Governance => {
            header.space = SpaceId::GOVERNANCE;
            header.gov.clear();
            header.epoch = EpochId::CLEAR;
            header.document = None;
            if header.seq == 1 && header.deps.is_empty() {
                header.community = None;
            }
        }
        Kind::Edit if header.document.is_none() => header.deps.clear(),
        Kind::Mark => header.document = header.document.or(Some(DocumentId([1; 32]))),
        Kind::Erase | Kind::Receipt => header.document = None,
        Kind::Edit | Kind::Unknown(_) => {}
    }
    header
}

/// A header of each part present, of a fixed length.
fn full() -> Header {
    Header {
        community: Some(CommunityId([1; 32])),
        space: SpaceId([2; 16]),
        device: DeviceId([3; 32]),
        incarnation: Incarnation([4; 16]),
        seq: 5,
        prev: EntryId([6; 32]),
        gov: vec![EntryId([7; 32]), EntryId([8; 32])],
        time: Timestamp(-9),
        kind: Kind::Edit,
        document: Some(DocumentId([10; 32])),
        deps: vec![EntryId([11; 32]), EntryId([12; 32]), EntryId([13; 32])],
        epoch: EpochId([14; 8]),
        dictionary: 1,
        shape_bytes: 15,
        content_bytes: 16,
        root: [17; 32],
    }
}

fn founding() -> Header {
    Header {
        community: None,
        space: SpaceId::GOVERNANCE,
        seq: 1,
        prev: EntryId::ZERO,
        gov: vec![],
        kind: Kind::Governance,
        document: None,
        deps: vec![],
        epoch: EpochId::CLEAR,
        ..full()
    }
}

/// Decoding gives this, or refuses.
fn canonical(bytes: &[u8]) -> Option<Header> {
    let header = Header::decode(bytes).ok()?;
    assert_eq!(header.encode(), bytes, "there is one encoding of a header");
    Some(header)
}

proptest! {
    #[test]
    fn round_trips(header in any_header()) {
        let bytes = header.encode();
        prop_assert!(bytes.len() <= HEADER_BYTES_MAX);
        prop_assert_eq!(Header::decode(&bytes), Ok(header.clone()));
        prop_assert!(bytes.starts_with(&header.encode_associated()));
        prop_assert_eq!(bytes.len(), header.encode_associated().len() + 40);
    }

    #[test]
    fn one_bit_makes_another_header_or_none(header in any_header(), bit in any::<prop::sample::Index>()) {
        let mut bytes = header.encode();
        let bit = bit.index(8 * bytes.len());
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(canonical(&bytes), Some(header));
    }

    #[test]
    fn random_bytes_are_refused_or_canonical(mut bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        canonical(&bytes);
        // Near misses too: a right beginning.
        let right = full().encode();
        let kept = bytes.len().min(100);
        bytes[..kept].copy_from_slice(&right[..kept]);
        canonical(&bytes);
    }

    #[test]
    fn spliced_headers_are_refused_or_canonical(
        one in any_header(), other in any_header(), at in any::<prop::sample::Index>(), from in any::<prop::sample::Index>(),
    ) {
        let (one, other) = (one.encode(), other.encode());
        canonical(&[&one[..at.index(one.len())], &other[from.index(other.len())..]].concat());
    }
}

#[test]
fn every_truncation_and_bit_flip() {
    for header in [full(), founding()] {
        let bytes = header.encode();
        for length in 0..bytes.len() {
            assert!(Header::decode(&bytes[..length]).is_err(), "cut to {length}");
        }
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(canonical(&flipped), Some(header.clone()), "bit {bit}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(Header::decode(&longer), Err(HeaderError::Trailing(1)));
    }
}

fn refused(header: Header, expected: HeaderError) {
    assert_eq!(Header::decode(&header.encode()), Err(expected));
}

#[test]
fn layout_is_refused() {
    let bytes = full().encode();
    let with = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        Header::decode(&bytes)
    };
    assert_eq!(with(0, 0), Err(HeaderError::Version(0)));
    assert_eq!(with(0, 2), Err(HeaderError::Version(2)));
    assert_eq!(with(2, 0b111), Err(HeaderError::Flags(7)));
    let gov = 3 + 32 + 16 + 32 + 16 + 8 + 32;
    assert_eq!(bytes[gov], 2);
    assert_eq!(with(gov, 9), Err(HeaderError::List("gov heads")));
    let deps = gov + 1 + 64 + 8 + 32;
    assert_eq!(bytes[deps..deps + 2], [3, 0]);
    assert_eq!(with(deps + 1, 2), Err(HeaderError::List("deps")));
    let id = |byte| EntryId([byte; 32]);
    refused(Header { gov: vec![id(2), id(1)], ..full() }, HeaderError::List("gov heads"));
    refused(Header { deps: vec![id(1), id(1)], ..full() }, HeaderError::List("deps"));
}

#[test]
fn most_and_least_of_everything() {
    let ids = |count: usize| {
        let id = |number: usize| EntryId(std::array::from_fn(|at| number.to_be_bytes().get(at).copied().unwrap_or(0)));
        (1..=count).map(id).collect::<Vec<_>>()
    };
    let most = Header {
        gov: ids(GOV_MAX),
        deps: ids(DEPS_MAX),
        seq: u64::MAX,
        time: Timestamp(i64::MAX),
        shape_bytes: 64 * 1024,
        content_bytes: 0,
        ..full()
    };
    assert_eq!(most.encode().len(), HEADER_BYTES_MAX);
    assert_eq!(Header::decode(&most.encode()), Ok(most.clone()));
    refused(Header { deps: ids(DEPS_MAX + 1), ..full() }, HeaderError::List("deps"));
    refused(Header { gov: ids(GOV_MAX + 1), ..full() }, HeaderError::List("gov heads"));
    refused(Header { content_bytes: 1, ..most.clone() }, HeaderError::Size);
    refused(Header { shape_bytes: u32::MAX, content_bytes: u32::MAX, ..most }, HeaderError::Size);
    let least = Header { time: Timestamp(i64::MIN), shape_bytes: 0, content_bytes: 0, ..founding() };
    assert_eq!(Header::decode(&least.encode()), Ok(least));
}

#[test]
fn fields_fit_the_kind() {
    let document = full().document;
    refused(Header { seq: 0, ..full() }, HeaderError::Link);
    refused(Header { seq: 1, ..full() }, HeaderError::Link);
    refused(Header { prev: EntryId::ZERO, ..full() }, HeaderError::Link);
    refused(Header { community: None, ..full() }, HeaderError::Field("community"));
    refused(Header { community: full().community, ..founding() }, HeaderError::Field("community"));
    refused(Header { deps: full().deps, ..founding() }, HeaderError::Field("community"));
    refused(Header { gov: full().gov, ..founding() }, HeaderError::Field("gov"));
    refused(Header { epoch: full().epoch, ..founding() }, HeaderError::Field("epoch"));
    refused(Header { document, ..founding() }, HeaderError::Field("document"));
    refused(Header { space: full().space, ..founding() }, HeaderError::Field("space"));
    refused(Header { document: None, ..full() }, HeaderError::Field("deps"));
    for kind in [Kind::Edit, Kind::Mark, Kind::Erase, Kind::Receipt, Kind::Unknown(0), Kind::Unknown(200)] {
        refused(Header { kind, space: SpaceId::GOVERNANCE, ..full() }, HeaderError::Field("space"));
    }
    refused(Header { kind: Kind::Mark, document: None, ..full() }, HeaderError::Field("document"));
    refused(Header { kind: Kind::Erase, ..full() }, HeaderError::Field("document"));
    refused(Header { kind: Kind::Receipt, ..full() }, HeaderError::Field("document"));
}

#[test]
fn past_is_deps_and_for_governance_prev() {
    let governance = Header { community: full().community, deps: full().deps, seq: 5, prev: full().prev, ..founding() };
    assert_eq!(governance.past().collect::<Vec<_>>(), [full().deps, vec![full().prev]].concat());
    assert_eq!(full().past().collect::<Vec<_>>(), full().deps);
    assert_eq!(founding().past().count(), 0);
}

#[test]
fn kinds_round_trip() {
    assert!((0..=255).all(|code| Kind::from_code(code).code() == code));
}
