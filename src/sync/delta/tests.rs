use proptest::prelude::*;

use super::*;
use crate::model::id::{DeviceId, Incarnation, SpaceId};
use crate::model::sign::Signing;

const COMMUNITY: CommunityId = CommunityId([9; 32]);

/// One of few ids, so that they come again.
fn id() -> impl Strategy<Value = EntryId> {
    (0..20_u8).prop_map(|n| EntryId([n; 32]))
}

fn ids(most: usize) -> impl Strategy<Value = Vec<EntryId>> {
    prop::collection::btree_set(id(), 0..most).prop_map(|ids| ids.into_iter().collect())
}

prop_compose! {
    fn header()(
        gov in ids(8),
        time in any::<i64>(),
        kind in 2..9_u8,
        document in prop::option::of(id()),
        deps in ids(12),
        epoch in 0..3_u8,
        dictionary in 0..3_u8,
        shape_bytes in 0..30_000_u32,
        content_bytes in 0..30_000_u32,
        root in any::<[u8; 32]>(),
    ) -> Header {
        let kind = Kind::from_code(kind);
        let document = match kind {
            Kind::Mark => Some(document.unwrap_or(EntryId([7; 32]))),
            Kind::Erase | Kind::Receipt => None,
            _ => document,
        };
        let deps = if kind == Kind::Edit && document.is_none() { Vec::new() } else { deps };
        Header {
            community: Some(COMMUNITY),
            space: SpaceId([3; 16]),
            device: DeviceId::ZERO,
            incarnation: Incarnation([4; 16]),
            seq: 0,
            prev: EntryId::ZERO,
            gov,
            time: Timestamp(time),
            kind,
            document: document.map(DocumentId::from),
            deps,
            epoch: EpochId([epoch; 8]),
            dictionary,
            shape_bytes,
            content_bytes,
            root,
        }
    }
}

fn chained(headers: Vec<Header>, first: u64) -> Vec<Entry> {
    let key = Signing::from_seed(&[1; 32]);
    let mut prev = if first == 1 { EntryId::ZERO } else { EntryId([0xee; 32]) };
    let mut entries = Vec::new();
    for (index, header) in headers.into_iter().enumerate() {
        let header = Header { device: key.public(), seq: first + index as u64, prev, ..header };
        let (entry, _) = Entry::sign(header, &key);
        prev = entry.id();
        entries.push(entry);
    }
    entries
}

fn place(entries: &[Entry], continued: Option<EntryId>) -> Place {
    let header = entries[0].header();
    Place { community: COMMUNITY, chain: header.chain(), first: header.seq, continued }
}

proptest! {
    #[test]
    fn rows_give_back_the_same_bytes(
        headers in prop::collection::vec(header(), 1..20),
        first in prop_oneof![Just(1_u64), 2..1_000_000_u64],
        cut in 0..20_usize,
    ) {
        let entries = chained(headers, first);
        let (mut sending, mut receiving) = (Table::sending(), Table::receiving());
        // Twice, the second time in two pieces: the tables go along.
        for cut in [0, cut.min(entries.len() - 1)] {
            let (head, tail) = entries.split_at(cut);
            let mut got = Vec::new();
            let mut before = None;
            for piece in [head, tail].into_iter().filter(|piece| !piece.is_empty()) {
                let rows = encode(piece, before.is_some(), &mut sending);
                let rebuilt = decode(&rows, &place(piece, before), &mut receiving).expect("rows");
                before = rebuilt.last().map(|(id, _)| *id);
                got.extend(rebuilt);
            }
            let expected: Vec<_> = entries.iter().map(|entry| (entry.id(), entry.bytes().to_vec())).collect();
            prop_assert_eq!(got, expected);
        }
    }

    #[test]
    fn hostile_rows_never_panic(
        headers in prop::collection::vec(header(), 1..4),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 0..6),
        end in any::<prop::sample::Index>(),
        first in prop_oneof![Just(0_u64), Just(1), Just(u64::MAX), Just(u64::MAX - 1)],
    ) {
        let entries = chained(headers, 1);
        let mut rows = encode(&entries, false, &mut Table::sending());
        for (index, bit) in flips {
            let at = index.index(rows.len());
            rows[at] ^= 1 << bit;
        }
        rows.truncate(end.index(rows.len()) + 1);
        let place = Place { first, ..place(&entries, None) };
        if let Ok(rebuilt) = decode(&rows, &place, &mut Table::receiving()) {
            prop_assert!(!rebuilt.is_empty() && rebuilt.len() <= RUN_MAX);
        }
    }
}

#[test]
fn the_table_forgets_the_oldest_alike_at_both_ends() {
    let (mut sending, mut receiving) = (Table::sending(), Table::receiving());
    let id = |n: u32| {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&n.to_le_bytes());
        EntryId(bytes)
    };
    let mut literal = 0;
    for n in 0..200_000_u32 {
        // Mostly new ids, now and then one from 10 to 100,000 steps ago.
        let wanted = if n % 5 == 0 { id(n.saturating_sub(10 + n % 100_000)) } else { id(n) };
        let mut bytes = Vec::new();
        sending.write(wanted, &mut bytes);
        literal += usize::from(bytes.len() > 32);
        let mut reader = Reader { rest: &bytes };
        assert_eq!(receiving.read(&mut reader), Ok(wanted));
        assert!(reader.rest.is_empty());
    }
    assert!(sending.ids == receiving.ids && sending.ids.len() == TABLE_MAX);
    assert!(sending.numbers.expect("the sender's").len() <= TABLE_MAX);
    assert!(literal < 195_000);
}

#[test]
fn the_usual_row_is_short() {
    let mut header = Header {
        community: Some(COMMUNITY),
        space: SpaceId([3; 16]),
        device: DeviceId::ZERO,
        incarnation: Incarnation([4; 16]),
        seq: 0,
        prev: EntryId::ZERO,
        gov: vec![EntryId([1; 32])],
        time: Timestamp(1_700_000_000_000),
        kind: Kind::Edit,
        document: None,
        deps: Vec::new(),
        epoch: EpochId([5; 8]),
        dictionary: 1,
        shape_bytes: 300,
        content_bytes: 1_200,
        root: [8; 32],
    };
    let first = header.clone();
    header.time.0 += 3_000;
    let entries = chained(vec![first, header], 1);
    let mut table = Table::sending();
    let one = encode(&entries[..1], false, &mut table).len();
    let two = encode(&entries, false, &mut Table::sending()).len();
    assert!(two - one <= 42, "{} bytes a row, {one} the first", two - one);
}
