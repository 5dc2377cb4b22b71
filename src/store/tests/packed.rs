//! Packed tables against an ordered map.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use redb::backends::InMemoryBackend;
use redb::{Database, ReadableDatabase, TableDefinition};

use crate::store::packed::{PACK_BYTES_MAX, Packed};
use crate::store::tables::{Source, Table};

const TABLE: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("packed");

#[derive(Debug, Clone)]
enum Step {
    Put(u64, usize),
    Remove(u64),
    Flush,
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly rows of a usual size; some that fill a block or more.
    let size = prop_oneof![6 => 0..300_usize, 2 => 1_500..4_500_usize];
    let key = prop_oneof![4 => 0..60_u64, 1 => Just(u64::MAX), 1 => any::<u64>()];
    prop_oneof![
        12 => (key.clone(), size).prop_map(|(key, size)| Step::Put(key, size)),
        4 => key.prop_map(Step::Remove),
        1 => Just(Step::Flush),
    ]
}

/// Checks that a table holds these rows, however it is asked.
fn same(packed: &Packed<'_>, expected: &BTreeMap<u64, Vec<u8>>) {
    for key in (0..64).chain([u64::MAX]) {
        let found = packed.get(key, |row| Ok(row.to_vec())).expect("get");
        assert_eq!(found.as_ref(), expected.get(&key), "row {key}");
    }
    assert_eq!(packed.last_key().expect("last"), expected.last_key_value().map(|(key, _)| *key));
    for from in [0, 17, u64::MAX] {
        let mut found = Vec::new();
        packed
            .scan(from, |key, row| {
                found.push((key, row.to_vec()));
                Ok(true)
            })
            .expect("scan");
        let wanted: Vec<_> = expected.range(from..).map(|(key, row)| (*key, row.clone())).collect();
        assert!(found == wanted, "rows from {from}: {:?}", found.iter().map(|(key, _)| key).collect::<Vec<_>>());
    }
    let mut seen = 0;
    let stop = |_, _: &[u8]| {
        seen += 1;
        Ok(seen < 2)
    };
    packed.scan(0, stop).expect("scan");
    assert_eq!(seen, expected.len().min(2));
}

proptest! {
    #[test]
    fn a_packed_table_is_an_ordered_map(steps in proptest::collection::vec(step(), 1..120)) {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).expect("create");
        let mut expected = BTreeMap::new();
        let transaction = database.begin_write().expect("write");
        let source = Source::Write(Some(Box::new(transaction)));
        let open = RefCell::new(None);
        for (index, step) in steps.into_iter().enumerate() {
            // Opened anew for each step, as the store does.
            let mut packed = Packed::new(&source, TABLE, &open);
            match step {
                Step::Put(key, size) => {
                    let row = vec![index as u8; size];
                    packed.put(key, &row).expect("put");
                    expected.insert(key, row);
                }
                Step::Remove(key) => {
                    let removed = packed.remove(key).expect("remove");
                    prop_assert_eq!(removed, expected.remove(&key).is_some());
                }
                Step::Flush => packed.flush().expect("flush"),
            }
            same(&packed, &expected);
        }
        Packed::new(&source, TABLE, &open).flush().expect("flush");
        let Source::Write(Some(transaction)) = source else { unreachable!("it writes") };
        transaction.commit().expect("commit");
        let source = Source::Read(database.begin_read().expect("read"));
        same(&Packed::new(&source, TABLE, &RefCell::new(None)), &expected);
        let Table::Read(_) = source.open(TABLE).expect("open") else { unreachable!("it reads") };
    }
}

#[test]
fn rows_written_in_order_fill_their_blocks() {
    let database = Database::builder().create_with_backend(InMemoryBackend::new()).expect("create");
    let source = Source::Write(Some(Box::new(database.begin_write().expect("write"))));
    let open = RefCell::new(None);
    for key in 1..=1_000 {
        Packed::new(&source, TABLE, &open).put(key, &[7; 100]).expect("put");
    }
    Packed::new(&source, TABLE, &open).flush().expect("flush");
    let mut sizes = sizes(&source);
    sizes.pop();
    assert!(sizes.iter().all(|size| (PACK_BYTES_MAX - 110..=PACK_BYTES_MAX).contains(size)), "{sizes:?}");
}

fn sizes(source: &Source) -> Vec<usize> {
    let mut sizes = Vec::new();
    source
        .open(TABLE)
        .expect("open")
        .scan(.., |_, bytes| {
            sizes.push(bytes.len());
            Ok(true)
        })
        .expect("scan");
    sizes
}

#[test]
fn rows_that_grow_as_foreseen_stay_in_their_blocks() {
    let database = Database::builder().create_with_backend(InMemoryBackend::new()).expect("create");
    let source = Source::Write(Some(Box::new(database.begin_write().expect("write"))));
    let open = RefCell::new(None);
    for key in 1..=1_000 {
        Packed::new(&source, TABLE, &open).put_leaving(key, &[7; 100], 6).expect("put");
    }
    Packed::new(&source, TABLE, &open).flush().expect("flush");
    let before = sizes(&source).len();
    for key in 1..=1_000 {
        Packed::new(&source, TABLE, &open).put(key, &[7; 106]).expect("put");
    }
    Packed::new(&source, TABLE, &open).flush().expect("flush");
    assert_eq!(sizes(&source).len(), before);
}
