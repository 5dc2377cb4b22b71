//! Flipped bits: found out or harmless, never a panic.

use redb::StorageBackend;
use redb::backends::InMemoryBackend;

use super::fixture::{Author, COMMUNITY, Made, SPACE};
use crate::store::{Number, Put, Store, StoreError, View, Want};

const FLIPS: usize = 300;

fn image(made: &[Made]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let store = Store::create(&path, COMMUNITY).expect("create");
    for made in made.chunks(20) {
        let mut writer = store.write().expect("writer");
        for made in made {
            let number = writer.put_entry(&made.entry, Some(made.signature), Some(&made.payload)).expect("put");
            writer.put_document_row(made.id().into(), b"a row of some length").expect("put");
            writer.put_view(View::Handle, &made.id().0, b"value").expect("put");
            writer.wait_for(Want::Entry(made.id()), number).expect("wait");
        }
        writer.commit().expect("commit");
    }
    drop(store);
    std::fs::read(&path).expect("read")
}

fn backend(bytes: &[u8]) -> InMemoryBackend {
    let backend = InMemoryBackend::new();
    backend.set_len(bytes.len() as u64).expect("memory");
    backend.write(0, bytes).expect("memory");
    backend
}

/// Uses everything; returns the first error. What is given back is what was stored.
fn use_all(bytes: &[u8], made: &[Made], next: &Made) -> Result<(), StoreError> {
    let store = Store::open_with_backend(backend(bytes))?;
    let reader = store.read()?;
    let mut found = None;
    let mut keep = |result: Result<(), StoreError>| {
        if let Err(error) = result {
            found.get_or_insert(error);
        }
    };
    for made in made {
        keep(reader.entry(made.id()).map(|stored| {
            if let Some(stored) = stored {
                assert_eq!(stored.entry, made.entry);
            }
        }));
        keep(reader.payload(made.id()).map(|payload| assert!(payload.is_none_or(|here| here == made.payload))));
    }
    keep(reader.entries_from(Number(0), usize::MAX).map(drop));
    keep(reader.frontier(SPACE).map(drop));
    keep(reader.forks(SPACE).map(drop));
    keep(reader.run(made[made.len() - 1].id(), 1, usize::MAX).map(drop));
    keep(reader.documents_by_prefix(&[], usize::MAX).map(drop));
    keep(reader.document_rows(Number(0), usize::MAX).map(drop));
    keep(reader.changes_since(0, usize::MAX).map(drop));
    keep(reader.view_rows(View::Handle, &[], None, usize::MAX).map(drop));
    keep(reader.waiting(usize::MAX).map(drop));
    keep(reader.stats().map(drop));
    drop(reader);
    if let Some(error) = found {
        return Err(error);
    }
    let mut writer = store.write()?;
    writer.put_entries([Put { entry: &next.entry, signature: None, payload: Some(&next.payload), verdict: None }])?;
    writer.clear_views()?;
    writer.commit()
}

#[test]
fn a_flipped_bit_is_found_out_or_harmless() {
    let flips = std::env::var("REPERTOIRE_FLIPS").ok().map(|count| count.parse().expect("a number"));
    let mut ann = Author::new(1);
    let made: Vec<_> = (0..120).map(|index| ann.write(&format!("practice {index} ").repeat(40))).collect();
    let next = ann.write("the next");
    let bytes = image(&made);
    use_all(&bytes, &made, &next).expect("sound");
    // Only where something is written: the file grows in steps.
    let written: Vec<usize> =
        (0..bytes.len()).step_by(64).filter(|at| bytes[*at..].iter().take(64).any(|byte| *byte != 0)).collect();
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    let mut found_out = 0;
    for flip in 0..flips.unwrap_or(FLIPS) {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The first page, which tells where everything is, gets more than its share.
        let block = if flip % 10 == 0 {
            (dice >> 33) as usize % 5 * 64
        } else {
            written[(dice >> 33) as usize % written.len()]
        };
        let bit = (dice >> 20) as usize % 512;
        let mut damaged = bytes.clone();
        damaged[block + bit / 8] ^= 1 << (bit % 8);
        if use_all(&damaged, &made, &next).is_err() {
            found_out += 1;
        }
    }
    assert!(found_out > 50, "payloads and headers are checked: {found_out}");
}

#[test]
fn a_store_that_is_cut_short_is_no_panic() {
    let mut ann = Author::new(1);
    let made: Vec<_> = (0..20).map(|index| ann.write(&format!("practice {index} ").repeat(40))).collect();
    let next = ann.write("the next");
    let bytes = image(&made);
    for part in 0..16 {
        let _ = use_all(&bytes[..bytes.len() * part / 16], &made, &next);
    }
}
