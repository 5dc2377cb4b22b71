//! Stores of other formats, and files that are no stores.

use std::path::Path;

use super::fixture::{Author, COMMUNITY};
use crate::store::tables::FORMAT;
use crate::store::{FORMAT_NUMBER, Store, StoreError};

/// Makes the store in a file one of a newer program.
fn renew(path: &Path) {
    set_format(path, FORMAT_NUMBER + 6);
}

fn set_format(path: &Path, number: u32) {
    let database = redb::Database::open(path).expect("open");
    let mut transaction = database.begin_write().expect("write");
    transaction.set_quick_repair(true);
    transaction.open_table(FORMAT).expect("table").insert("format", number).expect("insert");
    transaction.commit().expect("commit");
}

fn check_refused(path: &Path) {
    let before = std::fs::read(path).expect("read");
    let error = Store::open(path).expect_err("refused");
    let known = FORMAT_NUMBER;
    assert!(matches!(error, StoreError::Newer { found, known: mine } if (found, mine) == (known + 6, known)));
    assert!(error.to_string().contains("install a newer version"), "{error}");
    assert!(std::fs::read(path).expect("read") == before, "nothing was written");
}

#[test]
fn a_newer_store_is_refused_in_words_without_writing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    drop(Store::create(&path, COMMUNITY).expect("create"));
    renew(&path);
    check_refused(&path);
}

#[test]
fn an_older_store_is_refused_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    drop(Store::create(&path, COMMUNITY).expect("create"));
    set_format(&path, FORMAT_NUMBER - 1);
    assert!(matches!(Store::open(&path), Err(StoreError::Older { found }) if found == FORMAT_NUMBER - 1));
}

#[test]
fn a_newer_store_is_refused_without_writing_after_a_crash_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    drop(Store::create(&path, COMMUNITY).expect("create"));
    renew(&path);
    // A copy of the file while it is open is what a kill leaves.
    let crashed = folder.path().join("crashed");
    let database = redb::Database::open(&path).expect("open");
    std::fs::copy(&path, &crashed).expect("copy");
    drop(database);
    check_refused(&crashed);
    let error = redb::Builder::new().open_read_only(&crashed).map(drop).expect_err("it needs a repair");
    assert!(matches!(error, redb::DatabaseError::RepairAborted));
}

#[test]
fn a_crashed_store_opens_with_all_that_was_committed() {
    let folder = tempfile::tempdir().expect("a folder");
    let [path, crashed] = ["store", "crashed"].map(|name| folder.path().join(name));
    let store = Store::create(&path, COMMUNITY).expect("create");
    let made = Author::new(1).write("kept");
    let mut writer = store.write().expect("writer");
    writer.put_entry(&made.entry, None, Some(&made.payload)).expect("put");
    writer.commit().expect("commit");
    std::fs::copy(&path, &crashed).expect("copy");
    let store = Store::open(&crashed).expect("open");
    assert!(store.read().expect("reader").has(made.id()).expect("read"));
}

#[test]
fn looking_writes_nothing_until_something_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    drop(Store::create(&path, COMMUNITY).expect("create"));
    let bytes = || std::fs::read(&path).expect("read");
    let before = bytes();
    let mut ann = Author::new(1);
    let made = [ann.write("first"), ann.write("second")];
    {
        let store = Store::open(&path).expect("open");
        assert!(!store.read().expect("reader").has(made[0].id()).expect("read"));
        assert!(bytes() == before, "while it is open");
    }
    assert!(bytes() == before, "after it was closed");
    let store = Store::open(&path).expect("open");
    let old = store.read().expect("reader");
    for made in &made {
        let mut writer = store.write().expect("writer");
        writer.put_entry(&made.entry, None, Some(&made.payload)).expect("put");
        writer.commit().expect("commit");
        assert!(store.read().expect("reader").has(made.id()).expect("read"));
    }
    drop(old);
    drop(store);
    assert!(Store::open(&path).expect("open").read().expect("reader").has(made[1].id()).expect("read"));
}

#[test]
fn what_is_no_store_is_refused_without_writing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    for bytes in [&b""[..], b"no store", &[0; 100_000]] {
        std::fs::write(&path, bytes).expect("write");
        assert!(Store::open(&path).is_err());
        assert_eq!(std::fs::read(&path).expect("read"), bytes);
    }
    std::fs::remove_file(&path).expect("remove");
    // A database of another program.
    drop(redb::Database::create(&path).expect("create"));
    let before = std::fs::read(&path).expect("read");
    assert!(matches!(Store::open(&path), Err(StoreError::Foreign)));
    assert!(std::fs::read(&path).expect("read") == before);
}
