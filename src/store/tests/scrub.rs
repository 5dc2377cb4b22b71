//! What was erased is in the file no longer once it was written anew.

use std::path::Path;

use super::fixture::*;
use crate::store::{Store, View};

const WORD: &str = "quetzalcoatlus";

fn count(path: &Path) -> usize {
    let bytes = std::fs::read(path).expect("a file");
    bytes.windows(WORD.len()).filter(|window| *window == WORD.as_bytes()).count()
}

#[test]
fn nothing_erased_is_in_the_file_after_a_scrub_and_everything_else_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.redb");
    let store = Store::create(&path, COMMUNITY).expect("a store");
    let mut ann = Author::new(1);
    let made: Vec<_> =
        (0..200).map(|at| ann.write(&format!("entry {at} says {WORD} {}", "x".repeat(at * 7)))).collect();
    // Over several transactions, so that pages are freed and come again.
    for (at, part) in made.chunks(20).enumerate() {
        let mut writer = store.write().expect("writer");
        for made in part {
            writer.put_entry(&made.entry, None, Some(&made.payload)).expect("put");
            writer.put_document_row(made.id().into(), WORD.as_bytes()).expect("a row");
        }
        writer.put_view(View::Handle, format!("{WORD} {at}").as_bytes(), b"").expect("put");
        writer.commit().expect("commit");
    }
    let kept = &made[7];
    let mut writer = store.write().expect("writer");
    for made in made.iter().filter(|made| made.id() != kept.id()) {
        assert!(writer.erase_content(made.id()).expect("erased"));
        writer.put_document_row(made.id().into(), b"gone").expect("a row");
    }
    for at in 0..10 {
        assert!(writer.remove_view(View::Handle, format!("{WORD} {at}").as_bytes()).expect("removed"));
    }
    writer.commit().expect("commit");
    drop(store);
    assert!(count(&path) > 20, "the database keeps what was erased: {}", count(&path));
    let mut store = Store::open(&path).expect("opened");
    let before = store.read().expect("reader");
    let all = |reader: &crate::store::Reader| {
        let entries = reader.entries_from(crate::store::Number(0), usize::MAX).expect("read");
        let payloads: Vec<_> = entries.iter().map(|one| reader.payload_at(one.number).expect("read")).collect();
        let rows = reader.document_rows(crate::store::Number(0), usize::MAX).expect("read");
        let frontier = reader.frontier(SPACE).expect("read");
        (entries.iter().map(|one| one.entry.id()).collect::<Vec<_>>(), payloads, rows, frontier.tips, frontier.missing)
    };
    let expected = all(&before);
    assert!(before.owes_scrub().expect("read"));
    drop(before);
    let open = store.write().expect("writer");
    assert!(matches!(store.scrub(), Err(crate::store::StoreError::Writing)));
    drop(open);
    store.scrub().expect("scrubbed");
    // The one that stays: in its payload and in its row, and nowhere else.
    assert_eq!(count(&path), 2);
    let after = store.read().expect("reader");
    assert!(!after.owes_scrub().expect("read"));
    assert_eq!(all(&after), expected);
    drop(after);
    // It can be written, and opened again.
    let mut writer = store.write().expect("writer");
    let next = ann.write("one more");
    writer.put_entry(&next.entry, None, Some(&next.payload)).expect("put");
    writer.commit().expect("commit");
    drop(store);
    let store = Store::open(&path).expect("opened");
    assert!(store.read().expect("reader").has(next.id()).expect("read"));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "no file is left over");
}

#[test]
fn an_erasure_is_remembered_until_the_file_is_written_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.redb");
    let store = Store::create(&path, COMMUNITY).expect("a store");
    let made = Author::new(1).write(WORD);
    let mut writer = store.write().expect("writer");
    writer.put_entry(&made.entry, None, Some(&made.payload)).expect("put");
    writer.commit().expect("commit");
    assert!(!store.read().expect("reader").owes_scrub().expect("read"));
    let mut writer = store.write().expect("writer");
    writer.erase_content(made.id()).expect("erased");
    drop(writer);
    assert!(!store.read().expect("reader").owes_scrub().expect("read"), "it came to nothing");
    let mut writer = store.write().expect("writer");
    writer.erase_content(made.id()).expect("erased");
    writer.commit().expect("commit");
    drop(store);
    // A crash: what was begun stands beside it.
    std::fs::write(folder.path().join("store.redb.new"), WORD).expect("written");
    let mut store = Store::open(&path).expect("opened");
    assert!(store.read().expect("reader").owes_scrub().expect("read"));
    store.scrub().expect("scrubbed");
    assert_eq!(count(&path), 0);
    assert!(!folder.path().join("store.redb.new").exists());
}
