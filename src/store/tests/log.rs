//! Entries, payloads, signatures and verdicts.

use super::fixture::{Author, SPACE, payload, store};
use crate::model::payload::Content;
use crate::model::verdict::{Mask, Need};
use crate::model::{CommunityId, DocumentId, EntryId, EpochId, Kind, Verdict};
use crate::store::{Number, PayloadState, Put, Store, StoreError, Stored, VerdictClass};

#[test]
fn an_entry_comes_back_byte_for_byte() {
    let store = store();
    let (mut ann, mut bob) = (Author::new(1), Author::new(2));
    let made = [ann.write("one"), bob.write("two"), ann.write("three")];
    let document = DocumentId::from(made[0].id());
    let edit = bob.write_about(Kind::Edit, document, &[made[0].id(), EntryId([9; 32])], "four");
    let mark = ann.write_with("", |header| {
        header.kind = Kind::Mark;
        header.document = Some(DocumentId([8; 32]));
        header.gov = vec![made[1].id()];
        header.time.0 = i64::MIN;
        header.epoch = EpochId::CLEAR;
        header.dictionary = 0;
    });
    let made: Vec<_> = made.into_iter().chain([edit, mark]).collect();
    let mut writer = store.write().expect("writer");
    for made in &made {
        let number = writer.put_entry(&made.entry, Some(made.signature), Some(&made.payload)).expect("put");
        assert_eq!(writer.number(made.id()).expect("read"), Some(number), "a writer reads what it wrote");
    }
    writer.commit().expect("commit");
    let reader = store.read().expect("reader");
    for (index, made) in made.iter().enumerate() {
        let number = Number(index as u64 + 1);
        let expected = Stored {
            number,
            entry: made.entry.clone(),
            signature: Some(made.signature),
            verdict: None,
            payload: PayloadState::Stored,
        };
        assert_eq!(reader.entry(made.id()).expect("read").as_ref(), Some(&expected));
        assert_eq!(reader.entry_at(number).expect("read"), Some(expected));
        assert_eq!(reader.id(number).expect("read"), Some(made.id()));
        assert_eq!(reader.payload(made.id()).expect("read").as_ref(), Some(&made.payload));
    }
    assert_eq!(reader.entry(EntryId([1; 32])).expect("read"), None);
    assert!(!reader.has(EntryId([1; 32])).expect("read"));
    assert_eq!(reader.last_number().expect("read"), Number(5));
    assert_eq!(reader.entries_from(Number(2), 3).expect("read").len(), 3);
}

#[test]
fn unusual_headers_are_kept_as_they_are() {
    let store = store();
    let mut ann = Author::new(1);
    let made = [
        ann.write_with("of another community", |header| header.community = Some(CommunityId([1; 32]))),
        ann.write_with("of a newer kind", |header| header.kind = Kind::Unknown(77)),
        ann.write_with("of a newer dictionary", |header| header.dictionary = 9),
    ];
    let mut writer = store.write().expect("writer");
    for made in &made {
        writer.put_entry(&made.entry, None, None).expect("put");
        writer.set_verdict(made.id(), Verdict::Counted).expect("judge");
        let stored = writer.entry(made.id()).expect("read").expect("here");
        assert_eq!((stored.entry, stored.signature), (made.entry.clone(), None));
        assert!(writer.put_payload(made.id(), &made.payload).expect("put"));
    }
    let kinds: Vec<_> = writer.stats().expect("stats").entries.into_iter().collect();
    let counted = VerdictClass::Counted;
    assert_eq!(kinds, [((Kind::Edit, counted), 2), ((Kind::Unknown(77), counted), 1)]);
}

#[test]
fn what_is_here_gains_what_it_lacks() {
    let store = store();
    let made = Author::new(1).write("late");
    let id = made.id();
    let mut writer = store.write().expect("writer");
    let number = writer.put_entry(&made.entry, None, None).expect("put");
    assert_eq!(writer.payload(id).expect("read"), None);
    assert_eq!(writer.missing(SPACE).expect("read"), [(made.entry.header().chain(), vec![(1, 1)])]);
    let wrong = payload("wrong");
    assert!(matches!(writer.put_payload(id, &wrong), Err(StoreError::Unfit(of)) if of == id));
    let put = Put {
        entry: &made.entry,
        signature: Some(&made.signature),
        payload: Some(&made.payload),
        verdict: Some(Verdict::Counted),
    };
    assert_eq!(writer.put_entries([put, put]).expect("put again"), [number, number]);
    assert!(!writer.put_payload(id, &made.payload).expect("again"));
    writer.put_signature(id, &made.signature).expect("again");
    let stored = writer.entry(id).expect("read").expect("here");
    assert_eq!((stored.signature, stored.verdict), (Some(made.signature), Some(Verdict::Counted)));
    assert_eq!(writer.payload(id).expect("read"), Some(made.payload.clone()));
    assert_eq!(writer.missing(SPACE).expect("read"), []);
    writer.forget_payload(id).expect("forget");
    assert_eq!(writer.payload_at(number).expect("read"), None);
    assert_eq!(writer.missing_entries(SPACE, 9).expect("read"), [number]);
    assert!(matches!(writer.put_payload(EntryId([1; 32]), &made.payload), Err(StoreError::Absent(_))));
    writer.commit().expect("refusals leave the transaction as it was");
}

#[test]
fn erasing_keeps_the_hash_alone() {
    let store = store();
    let made = Author::new(1).write("a secret");
    let id = made.id();
    let mut writer = store.write().expect("writer");
    writer.put_entry(&made.entry, None, None).expect("put");
    assert!(!writer.erase_content(id).expect("nothing to erase"));
    writer.put_payload(id, &made.payload).expect("put");
    assert!(writer.erase_content(id).expect("erase"));
    assert!(!writer.erase_content(id).expect("erased already"));
    assert!(!writer.put_payload(id, &made.payload).expect("stays erased"));
    let stored = writer.entry(id).expect("read").expect("here");
    assert_eq!(stored.payload, PayloadState::Erased);
    let left = writer.payload(id).expect("read").expect("shape and hash");
    assert_eq!(left, made.payload.clone().erased());
    assert!(matches!(left.content, Content::Erased(_)));
    assert_eq!(writer.missing(SPACE).expect("read"), [], "an erased content is not missing");
}

#[test]
fn an_erased_payload_can_come_late() {
    let store = store();
    let made = Author::new(1).write("a secret");
    let mut writer = store.write().expect("writer");
    writer.put_entry(&made.entry, None, Some(&made.payload.clone().erased())).expect("put");
    assert_eq!(writer.entry(made.id()).expect("read").expect("here").payload, PayloadState::Erased);
}

#[test]
fn payloads_of_any_size_share_blocks() {
    let store = store();
    let mut ann = Author::new(1);
    let sizes = [0, 900, 16_000, 400, 60_000, 0, 5, 16_340, 16_380, 700, 8_000, 8_100, 90];
    let made: Vec<_> = sizes.iter().cycle().take(100).map(|size| ann.write(&"x".repeat(*size))).collect();
    let mut writer = store.write().expect("writer");
    for made in &made {
        writer.put_entry(&made.entry, None, None).expect("put");
    }
    let mut expected: Vec<_> = made.iter().map(|_| None).collect();
    // Payloads come, are erased and are forgotten in an order that meets every block, growing and not.
    for step in 0..400 {
        let at = step * 37 % made.len();
        let (id, payload) = (made[at].id(), &made[at].payload);
        match step % 9 {
            3 if writer.erase_content(id).expect("erase") => expected[at] = Some(payload.clone().erased()),
            5 => {
                writer.forget_payload(id).expect("forget");
                expected[at] = None;
            }
            _ if writer.put_payload(id, payload).expect("put") => expected[at] = Some(payload.clone()),
            _ => {}
        }
        if step % 50 == 49 {
            writer.commit().expect("commit");
            writer = store.write().expect("writer");
        }
        for (made, expected) in made.iter().zip(&expected).skip(step % 7).step_by(7) {
            assert_eq!(&writer.payload(made.id()).expect("read"), expected);
        }
    }
    writer.commit().expect("commit");
    let reader = store.read().expect("reader");
    assert!(expected.iter().any(Option::is_none) && expected.iter().any(Option::is_some));
    for (made, expected) in made.iter().zip(&expected) {
        assert_eq!(&reader.payload(made.id()).expect("read"), expected);
    }
}

#[test]
fn verdicts_are_kept_and_counted() {
    let store = store();
    let mut ann = Author::new(1);
    let made = [ann.write("one"), ann.write("two"), ann.write("three")];
    let mut writer = store.write().expect("writer");
    for made in &made {
        writer.put_entry(&made.entry, None, Some(&made.payload)).expect("put");
    }
    let verdicts = [Verdict::Counted, Verdict::Waiting(Need::Past), Verdict::Masked(Mask::Cut)];
    for (made, verdict) in made.iter().zip(verdicts) {
        assert!(writer.set_verdict(made.id(), verdict).expect("judge"));
        assert!(!writer.set_verdict(made.id(), verdict).expect("judge"), "nothing new");
    }
    writer.commit().expect("commit");
    let mut writer = store.write().expect("writer");
    assert!(writer.set_verdict(made[1].id(), Verdict::Counted).expect("judge"));
    let stats = writer.stats().expect("stats").entries;
    let expected = [((Kind::Edit, VerdictClass::Counted), 2), ((Kind::Edit, VerdictClass::Masked), 1)];
    assert_eq!(stats.into_iter().collect::<Vec<_>>(), expected);
    writer.commit().expect("commit");
    let reader = store.read().expect("reader");
    assert_eq!(reader.verdict(made[1].id()).expect("read"), Some(Verdict::Counted));
    assert_eq!(reader.verdict(made[2].id()).expect("read"), Some(Verdict::Masked(Mask::Cut)));
    assert_eq!(reader.stats().expect("stats").entries.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn the_entries_about_a_document_are_found() {
    let store = store();
    let (mut ann, mut bob) = (Author::new(1), Author::new(2));
    let created = ann.write("a practice");
    let document = DocumentId::from(created.id());
    let edit = bob.write_about(Kind::Edit, document, &[created.id()], "an edit");
    let mark = bob.write_about(Kind::Mark, document, &[created.id()], "a mark");
    let other = ann.write("another practice");
    let mut writer = store.write().expect("writer");
    // The edit is here before what it edits.
    for made in [&edit, &mark, &created, &other] {
        writer.put_entry(&made.entry, None, None).expect("put");
    }
    assert_eq!(writer.edits_of(document).expect("read"), [Number(1), Number(3)]);
    assert_eq!(writer.marks_of(document).expect("read"), [Number(2)]);
    assert_eq!(writer.edits_of(other.id().into()).expect("read"), [Number(4)]);
    assert_eq!(writer.about(edit.id().into()).expect("read"), [], "an edit of a document is none itself");
}

#[test]
fn ids_are_found_by_their_first_bytes() {
    let store = store();
    let mut ann = Author::new(1);
    let mut ids: Vec<_> = Vec::new();
    let mut writer = store.write().expect("writer");
    for index in 0..300 {
        let made = ann.write(&index.to_string());
        writer.put_entry(&made.entry, None, None).expect("put");
        ids.push(made.id());
    }
    ids.sort_unstable();
    let found = |prefix: &[u8]| -> Vec<EntryId> {
        writer.ids_by_prefix(prefix, 1_000).expect("read").into_iter().map(|(id, _)| id).collect()
    };
    assert_eq!(found(&[]), ids);
    assert_eq!(found(&ids[7].0), [ids[7]]);
    assert_eq!(found(&ids[7].0[..20]), [ids[7]]);
    let first = ids[9].0[0];
    let alike: Vec<_> = ids.iter().copied().filter(|id| id.0[0] == first).collect();
    assert_eq!(found(&[first]), alike);
    assert_eq!(writer.ids_by_prefix(&[], 2).expect("read").len(), 2);
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing() {
    let store = store();
    let made = Author::new(1).write("never");
    let mut writer = store.write().expect("writer");
    writer.put_entry(&made.entry, None, None).expect("put");
    assert!(matches!(store.write(), Err(StoreError::Writing)), "one at a time");
    drop(writer);
    assert!(!store.read().expect("reader").has(made.id()).expect("read"));
    let mut writer = store.write().expect("the next one");
    assert_eq!(writer.put_entry(&made.entry, None, None).expect("put"), Number(1));
}

#[test]
fn a_file_is_opened_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let made = Author::new(1).write("on disk");
    assert!(Store::open(&path).is_err(), "nothing there yet");
    {
        let store = Store::create(&path, super::fixture::COMMUNITY).expect("create");
        assert!(matches!(Store::create(&path, super::fixture::COMMUNITY), Err(StoreError::Exists(_))));
        assert!(matches!(Store::open(&path), Err(StoreError::Locked)));
        let mut writer = store.write().expect("writer");
        writer.put_entry(&made.entry, Some(made.signature), Some(&made.payload)).expect("put");
        writer.commit().expect("commit");
        assert!(store.disk_bytes().expect("a file") > 0);
    }
    let mut store = Store::open(&path).expect("open");
    assert_eq!(store.community(), super::fixture::COMMUNITY);
    assert_eq!(store.read().expect("reader").payload(made.id()).expect("read"), Some(made.payload));
    assert!(store.check().expect("sound"));
}
