//! Rows come back as they were, whatever they name.

use super::*;
use crate::model::testing::Person;
use crate::model::{CommunityId, SpaceId, Timestamp};
use crate::store::Store;
use crate::wire::entry::GovernanceShape;

fn row(document: DocumentId, member: [u8; 32]) -> Row {
    Row {
        kind: "practice".into(),
        space: SpaceId::GOVERNANCE,
        handle: "purger-une-pompe".into(),
        title: "Purger une pompe".into(),
        language: Some("fr".into()),
        creator: MemberId(member),
        created: Timestamp(1_790_000_000_000),
        modified: Timestamp(1_790_000_000_500),
        contributors: vec![MemberId(member)],
        state: "draft".into(),
        withdrawn: false,
        heads: vec![document.into()],
        terms: vec![DocumentId(member), document],
        about: None,
        labels: vec![],
        origin: Some([3; 16]),
        facets: vec![("difficulty".into(), "beginner".into())],
        conflicts: vec![],
        line: [4; 32],
        newer: false,
        edits: 1,
    }
}

#[test]
fn rows_come_back_as_they_were() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut person = Person::new(1);
    let (first, _, _) = person.entry(None, &[], Timestamp(1), &GovernanceShape::default());
    let store = Store::create(&folder.path().join("store"), CommunityId(first.id().0)).expect("a store");
    let (second, _, _) =
        person.entry(Some(CommunityId(first.id().0)), &[first.id()], Timestamp(2), &GovernanceShape::default());
    let mut writer = store.write().expect("a writer");
    writer.put_entry(&first, None, None).expect("put");
    let number = writer.put_entry(&second, None, None).expect("put");
    let document = DocumentId::from(second.id());
    let usual = row(document, first.id().0);
    let bytes = usual.encode(&writer, document).expect("encodes");
    assert!(bytes.len() < 100 + usual.title.len(), "{} bytes", bytes.len());
    let odd = Row {
        kind: "of a newer version".into(),
        handle: "another".into(),
        title: String::new(),
        language: None,
        creator: MemberId([9; 32]),
        created: Timestamp(i64::MIN),
        modified: Timestamp(i64::MAX),
        contributors: vec![MemberId([8; 32]), MemberId(first.id().0)],
        state: String::new(),
        withdrawn: true,
        heads: vec![first.id(), document.into(), EntryId([7; 32])],
        terms: vec![],
        about: Some(DocumentId([6; 32])),
        labels: vec!["eau".into()],
        origin: None,
        facets: vec![("new".into(), "facet".into()), ("type".into(), String::new())],
        conflicts: vec!["title".into()],
        newer: true,
        edits: u32::MAX,
        ..usual.clone()
    };
    for row in [usual, odd] {
        let bytes = row.encode(&writer, document).expect("encodes");
        assert_eq!(Row::decode(&writer, number, &bytes).expect("reads"), Some(row));
        for end in 0..bytes.len() {
            let _ = Row::decode(&writer, number, &bytes[..end]).expect("reads");
        }
    }
    assert_eq!(Row::decode(&writer, number, b"no row").expect("reads"), None);
}
