//! What the views find is what a look at every row finds, in an order that doesn't depend on that of arrival.

use super::*;
use crate::model::testing::{Person, Seeded};
use crate::model::{CommunityId, EntryId};
use crate::store::Store;
use crate::wire::entry::GovernanceShape;

const KINDS: [&str; 5] = ["practice", "post", "prac", "practices", "thread"];

/// Makes a store with entries that rows may belong to.
fn store(folder: &std::path::Path, entries: usize) -> (Store, Vec<DocumentId>) {
    let mut person = Person::new(1);
    let mut community = None;
    let mut store = None;
    let mut documents = Vec::new();
    for time in 0..entries {
        let heads: Vec<EntryId> = documents.last().map(|id: &DocumentId| EntryId(id.0)).into_iter().collect();
        let time = Timestamp(i64::try_from(time).expect("small"));
        let (entry, _, _) = person.entry(community, &heads, time, &GovernanceShape::default());
        let id = *community.get_or_insert(CommunityId(entry.id().0));
        let store = store.get_or_insert_with(|| Store::create(&folder.join("store"), id).expect("a store"));
        let mut writer = store.write().expect("a writer");
        writer.put_entry(&entry, None, None).expect("put");
        writer.commit().expect("commit");
        documents.push(entry.id().into());
    }
    (store.expect("one entry at least"), documents)
}

fn some_row(document: DocumentId, documents: &[DocumentId], random: &mut Seeded) -> Row {
    let time = Timestamp(1_790_000_000_000 + random.below(4) as i64);
    Row {
        kind: KINDS[random.below(KINDS.len())].into(),
        space: SpaceId::GOVERNANCE,
        handle: format!("handle-{}", random.below(4)),
        title: "Title".into(),
        language: None,
        creator: MemberId(documents[0].0),
        created: time,
        modified: Timestamp(time.0 + random.below(3) as i64),
        contributors: vec![MemberId(documents[0].0)],
        state: "draft".into(),
        withdrawn: false,
        heads: vec![document.into()],
        terms: vec![],
        about: Some(documents[random.below(3)]),
        labels: vec![],
        origin: Some([random.below(3) as u8; 16]),
        facets: vec![],
        conflicts: vec![],
        line: [0; 32],
        newer: false,
        edits: 1,
    }
}

#[test]
fn views_find_what_the_rows_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, documents) = store(folder.path(), 60);
    let mut random = Seeded::new(3);
    let mut known: BTreeMap<DocumentId, Row> = BTreeMap::new();
    for _ in 0..8 {
        let mut writer = store.write().expect("a writer");
        for _ in 0..25 {
            let document = documents[random.below(documents.len())];
            let after = (random.below(5) > 0).then(|| some_row(document, &documents, &mut random));
            replace(&mut writer, document, known.get(&document), after.as_ref()).expect("replace");
            match after {
                Some(row) => drop(known.insert(document, row)),
                None => drop(known.remove(&document)),
            }
        }
        writer.commit().expect("commit");
        check(&store.read().expect("a reader"), &known, &documents);
    }
}

fn check(reader: &Reader, known: &BTreeMap<DocumentId, Row>, documents: &[DocumentId]) {
    let mut all = BTreeMap::new();
    each(reader, |id, row| {
        all.insert(id, row);
        Ok(())
    })
    .expect("each");
    assert_eq!(all, *known);
    let of = |test: &dyn Fn(&Row) -> bool| -> Vec<DocumentId> {
        known.iter().filter(|(_, row)| test(row)).map(|(id, _)| *id).collect()
    };
    for kind in KINDS {
        assert_eq!(of_kind(reader, kind).expect("a kind"), of(&|row| row.kind == kind));
    }
    for number in 0..4 {
        let handle = format!("handle-{number}");
        assert_eq!(by_handle(reader, &handle).expect("a handle"), of(&|row| row.handle == handle));
        assert_eq!(has_handle(reader, &handle).expect("a handle"), known.values().any(|row| row.handle == handle));
        let origin = [number as u8; 16];
        assert_eq!(by_origin(reader, &origin).expect("an origin"), of(&|row| row.origin == Some(origin)));
    }
    assert!(!has_handle(reader, "handle").expect("no handle"));
    for parent in &documents[..3] {
        let mut expected = of(&|row| row.about == Some(*parent));
        expected.sort_by_key(|id| (known[id].created, *id));
        assert_eq!(children(reader, *parent).expect("children"), expected);
    }
    let listed = |kind: &str| kind != "prac";
    let mut expected = of(&|row| listed(&row.kind));
    expected.sort_by_key(|id| (std::cmp::Reverse(known[id].modified), *id));
    for limit in [1, 7, usize::MAX] {
        let mut found = Vec::new();
        let take = |id, row| {
            assert_eq!(known.get(&id), Some(&row));
            found.push(id);
            Ok(found.len() < limit)
        };
        latest(reader, listed, take).expect("the latest");
        assert_eq!(found, expected[..limit.min(expected.len())]);
    }
}
