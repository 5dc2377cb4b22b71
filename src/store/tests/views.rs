//! Views, changes, waiting entries, small tables.

use super::fixture::{Author, store};
use crate::model::{DocumentId, EntryId, EpochId};
use crate::store::{Number, StoreError, View, Want, Writer};

fn documents(writer: &mut Writer, count: usize) -> Vec<DocumentId> {
    let mut ann = Author::new(1);
    let made = (0..count).map(|index| ann.write(&index.to_string()));
    made.map(|made| {
        writer.put_entry(&made.entry, None, None).expect("put");
        made.id().into()
    })
    .collect()
}

#[test]
fn view_rows_are_found_by_prefix() {
    let store = store();
    let mut writer = store.write().expect("writer");
    for key in ["a", "ab", "abc", "abd", "b"] {
        writer.put_view(View::Origin, key.as_bytes(), key.as_bytes()).expect("put");
    }
    let found = |writer: &Writer, prefix: &str, after: Option<&str>, limit| -> Vec<String> {
        let rows = writer.view_rows(View::Origin, prefix.as_bytes(), after.map(str::as_bytes), limit).expect("rows");
        rows.into_iter().map(|(key, _)| String::from_utf8(key).expect("text")).collect()
    };
    assert_eq!(found(&writer, "ab", None, 9), ["ab", "abc", "abd"]);
    assert_eq!(found(&writer, "ab", Some("ab"), 1), ["abc"]);
    assert_eq!(found(&writer, "ab", Some("a"), 9), ["ab", "abc", "abd"]);
    assert_eq!(found(&writer, "", Some("abd"), 9), ["b"]);
    assert_eq!(found(&writer, "ab", None, 0), Vec::<String>::new());
    assert_eq!(writer.view(View::Origin, b"abc").expect("read"), Some(b"abc".to_vec()));
    assert_eq!(writer.view(View::Handle, b"abc").expect("read"), None, "views are apart");
    assert!(writer.remove_view(View::Origin, b"abc").expect("remove"));
    assert!(!writer.remove_view(View::Origin, b"abc").expect("remove"));
    assert_eq!(writer.view_count(View::Origin).expect("count"), 4);
}

#[test]
fn document_rows_are_found_by_id_and_prefix() {
    let store = store();
    let mut writer = store.write().expect("writer");
    let documents = documents(&mut writer, 20);
    for document in &documents[..10] {
        writer.put_document_row(*document, &document.0[..3]).expect("put");
    }
    assert_eq!(writer.document_row(documents[3]).expect("read"), Some(documents[3].0[..3].to_vec()));
    assert_eq!(writer.document_row(documents[13]).expect("read"), None);
    let prefix = &documents[4].0[..2];
    assert_eq!(writer.documents_by_prefix(prefix, 9).expect("read"), [(documents[4], Number(5))]);
    assert_eq!(writer.documents_by_prefix(&documents[14].0, 9).expect("read"), [], "an entry without a row");
    let rows = writer.document_rows(Number(4), 3).expect("rows");
    let expected = [(Number(4), documents[3]), (Number(5), documents[4]), (Number(6), documents[5])];
    assert_eq!(rows.into_iter().map(|(number, id, _)| (number, id)).collect::<Vec<_>>(), expected);
    assert_eq!(writer.document_count().expect("count"), 10);
    assert_eq!(writer.remove_document_row(documents[0]).expect("remove"), Some(1), "once a transaction");
    assert_eq!(writer.remove_document_row(documents[0]).expect("remove"), None);
    let unknown = DocumentId([1; 32]);
    assert!(matches!(writer.put_document_row(unknown, b""), Err(StoreError::Absent(_))));
    writer.commit().expect("a refusal leaves the transaction as it was");
}

#[test]
fn changes_number_what_the_index_has_to_see() {
    let store = store();
    let mut writer = store.write().expect("writer");
    let documents = documents(&mut writer, 3);
    assert_eq!(writer.change_count().expect("count"), 0);
    let changes: Vec<_> = documents.iter().map(|id| writer.put_document_row(*id, b"row").expect("put")).collect();
    assert_eq!(changes, [1, 2, 3]);
    assert_eq!(writer.touch_document(documents[0]).expect("touch"), 1, "one a document and transaction");
    writer.commit().expect("commit");

    let mut writer = store.write().expect("writer");
    assert_eq!(writer.touch_document(documents[0]).expect("touch"), 4);
    assert_eq!(writer.put_document_row(documents[0], b"new").expect("put"), 4);
    assert_eq!(writer.remove_document_row(documents[1]).expect("remove"), Some(5));
    let since = |writer: &Writer, after| writer.changes_since(after, 99).expect("changes");
    assert_eq!(since(&writer, 0), [(3, documents[2]), (4, documents[0]), (5, documents[1])]);
    assert_eq!(since(&writer, 4), [(5, documents[1])]);
    assert_eq!(writer.changes_since(0, 1).expect("changes"), [(3, documents[2])]);
    assert_eq!(since(&writer, u64::MAX), []);
    assert_eq!(writer.change_of(documents[1]).expect("read"), Some(5));
    writer.commit().expect("commit");

    let mut writer = store.write().expect("writer");
    writer.put_view(View::Kind, b"k", b"v").expect("put");
    writer.clear_views().expect("clear");
    assert_eq!(writer.change_count().expect("count"), 5, "they count on");
    assert_eq!((since(&writer, 0), writer.document_count().expect("count")), (vec![], 0));
    assert_eq!(writer.view_count(View::Kind).expect("count"), 0);
    assert_eq!(writer.put_document_row(documents[2], b"again").expect("put"), 6);
    assert_eq!(since(&writer, 5), [(6, documents[2])]);
    writer.commit().expect("commit");
    assert_eq!(store.read().expect("reader").change_count().expect("count"), 6);
}

#[test]
fn what_waits_is_woken_by_what_it_waits_for() {
    let store = store();
    let mut writer = store.write().expect("writer");
    let wants = [
        Want::Entry(EntryId([1; 32])),
        Want::Payload(EntryId([1; 32])),
        Want::Key(EpochId([1; 8])),
        Want::Parts(EntryId([1; 32])),
    ];
    for want in wants {
        writer.wait_for(want, Number(5)).expect("wait");
        writer.wait_for(want, Number(2)).expect("wait");
        writer.wait_for(want, Number(5)).expect("the same again");
    }
    writer.wait_for(Want::Entry(EntryId([2; 32])), Number(5)).expect("wait");
    assert_eq!(writer.waiting_count().expect("count"), 9);
    assert_eq!(writer.waiting_for(wants[0]).expect("read"), [Number(2), Number(5)]);
    for want in wants {
        assert_eq!(writer.take_waiting(want).expect("take"), [Number(2), Number(5)]);
        assert_eq!(writer.take_waiting(want).expect("take"), []);
    }
    assert_eq!(writer.waiting(9).expect("read"), [(Want::Entry(EntryId([2; 32])), Number(5))]);
    assert!(writer.stop_waiting(Want::Entry(EntryId([2; 32])), Number(5)).expect("stop"));
    assert_eq!(writer.stats().expect("stats").waiting, 0);
}

#[test]
fn small_tables_keep_their_bytes() {
    let store = store();
    let mut writer = store.write().expect("writer");
    writer.put_meta("secret commitment", b"1").expect("put");
    writer.put_local(b"draft 1", b"text").expect("put");
    writer.put_local(b"draft 2", b"text").expect("put");
    writer.put_local(b"other", b"text").expect("put");
    writer.clear_views().expect("clear");
    writer.commit().expect("commit");
    let mut writer = store.write().expect("writer");
    assert_eq!(writer.meta("secret commitment").expect("read"), Some(b"1".to_vec()));
    assert_eq!(writer.meta("nothing").expect("read"), None);
    assert_eq!(writer.local_rows(b"draft ", None, 9).expect("rows").len(), 2);
    assert!(writer.remove_local(b"draft 1").expect("remove"));
    assert_eq!(writer.local(b"draft 1").expect("read"), None);
}
