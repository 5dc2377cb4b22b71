//! Runs: one signature vouches for what stands before it in its chain, and for nothing else.

use super::*;
use crate::model::header::Kind;
use crate::model::id::{DeviceId, EpochId, Incarnation, SpaceId, Timestamp};
use crate::model::testing::Seeded;

fn key(seed: u64) -> Signing {
    Signing::from_seed(&Seeded::new(seed).array())
}

fn header(device: DeviceId, seq: u64, prev: EntryId) -> Header {
    Header {
        community: Some(CommunityId([1; 32])),
        space: SpaceId([2; 16]),
        device,
        incarnation: Incarnation([4; 16]),
        seq,
        prev,
        gov: vec![EntryId([7; 32])],
        time: Timestamp(9),
        kind: Kind::Edit,
        document: None,
        deps: vec![],
        epoch: EpochId([14; 8]),
        dictionary: 0,
        shape_bytes: 0,
        content_bytes: 0,
        root: [0; 32],
    }
}

/// A chain of entries from `seq` 1, with the signature of each.
fn chain(key: &Signing, count: u64) -> Vec<(Entry, Signature)> {
    let mut prev = EntryId::ZERO;
    let next = |seq| {
        let (entry, signature) = Entry::sign(header(key.public(), seq, prev), key);
        prev = entry.id();
        (entry, signature)
    };
    (1..=count).map(next).collect()
}

fn run(entries: &[(Entry, Signature)]) -> Signed {
    let signature = entries.last().expect("some").1;
    Signed::new(entries.iter().map(|(entry, _)| entry.bytes().to_vec()).collect(), signature)
}

#[test]
fn last_signature_vouches_for_the_run() {
    let chain = chain(&key(1), 5);
    for (from, to) in [(0, 5), (0, 1), (2, 5), (4, 5)] {
        let (entries, signature) = run(&chain[from..to]).verify().expect("a run");
        assert_eq!(entries, chain[from..to].iter().map(|(entry, _)| entry.clone()).collect::<Vec<_>>());
        assert_eq!(signature, chain[to - 1].1);
    }
    let entry = &chain[0].0;
    assert_eq!((entry.document(), entry.community()), (entry.id().into(), CommunityId([1; 32])));
    assert_eq!(id_of(entry.bytes()), entry.id());
}

#[test]
fn gaps_and_branches_are_no_run() {
    let key = key(1);
    let chain = chain(&key, 4);
    let refused = |picked: &[usize]| {
        let picked: Vec<_> = picked.iter().map(|&at| chain[at].clone()).collect();
        assert_eq!(run(&picked).verify(), Err(RunError::Chain));
    };
    refused(&[0, 2]);
    refused(&[1, 0]);
    refused(&[0, 0]);
    refused(&[0, 1, 3]);
    let follow = |change: &dyn Fn(&mut Header), by: &Signing| {
        let mut next = header(by.public(), 5, chain[3].0.id());
        change(&mut next);
        let next = Entry::sign(next, by);
        run(&[chain[3].clone(), next]).verify().map(|_| ())
    };
    assert_eq!(follow(&|_| {}, &key), Ok(()));
    assert_eq!(follow(&|next| next.prev = chain[2].0.id(), &key), Err(RunError::Chain));
    assert_eq!(follow(&|next| next.seq = 6, &key), Err(RunError::Chain));
    assert_eq!(follow(&|next| next.space = SpaceId([9; 16]), &key), Err(RunError::Chain));
    assert_eq!(follow(&|next| next.incarnation = Incarnation([9; 16]), &key), Err(RunError::Chain));
    assert_eq!(follow(&|next| next.community = Some(CommunityId([9; 32])), &key), Err(RunError::Chain));
    assert_eq!(follow(&|_| {}, &self::key(2)), Err(RunError::Chain));
}

/// The founding entry is of the community that its own id names.
#[test]
fn founding_entry_starts_a_run() {
    let key = key(1);
    let governance = |seq, prev, community| Header {
        community,
        space: SpaceId::GOVERNANCE,
        gov: vec![],
        kind: Kind::Governance,
        epoch: EpochId::CLEAR,
        ..header(key.public(), seq, prev)
    };
    let founding = Entry::sign(governance(1, EntryId::ZERO, None), &key);
    let id = founding.0.id();
    assert_eq!(founding.0.community(), id.into());
    let next = |community| Entry::sign(governance(2, id, Some(community)), &key);
    assert!(run(&[founding.clone(), next(id.into())]).verify().is_ok());
    assert_eq!(run(&[founding, next(CommunityId([9; 32]))]).verify(), Err(RunError::Chain));
}

#[test]
fn wrong_signatures_and_altered_headers_show_nothing() {
    let chain = chain(&key(1), 3);
    let bytes = |at: usize| chain[at].0.bytes().to_vec();
    let verify = |headers, signature| Signed::new(headers, signature).verify();
    assert_eq!(verify(vec![bytes(0), bytes(1)], chain[2].1), Err(RunError::Signature));
    assert_eq!(verify(vec![bytes(0), bytes(1)], chain[0].1), Err(RunError::Signature));
    let foreign = self::key(2).entry(chain[1].0.id());
    assert_eq!(verify(vec![bytes(0), bytes(1)], foreign), Err(RunError::Signature));
    for at in 0..bytes(1).len() {
        for altered in 0..2 {
            let mut headers = vec![bytes(0), bytes(1), bytes(2)];
            headers[altered][at] ^= 1;
            assert!(verify(headers, chain[2].1).is_err(), "byte {at} of header {altered}");
        }
    }
    assert!(matches!(verify(vec![vec![]], chain[0].1), Err(RunError::Header(_))));
    assert!(matches!(verify(vec![vec![1; HEADER_BYTES_MAX + 1]], chain[0].1), Err(RunError::Header(_))));
}

#[test]
fn runs_have_a_length() {
    let chain = chain(&key(1), RUN_MAX as u64 + 1);
    assert_eq!(run(&chain[..RUN_MAX]).verify().expect("a run").0.len(), RUN_MAX);
    assert_eq!(run(&chain).verify(), Err(RunError::Length));
    assert_eq!(Signed::new(Vec::new(), chain[0].1).verify(), Err(RunError::Length));
}

#[test]
fn chain_ends_at_the_last_number() {
    let key = key(1);
    let last = Entry::sign(header(key.public(), u64::MAX, EntryId([6; 32])), &key);
    let after = Entry::sign(header(key.public(), 2, last.0.id()), &key);
    assert_eq!(run(&[last, after]).verify(), Err(RunError::Chain));
}

#[test]
fn store_gives_back_what_was_verified() {
    let (entry, _) = chain(&key(1), 1).remove(0);
    let bytes: Box<[u8]> = entry.bytes().into();
    assert_eq!(Entry::from_store(entry.id(), bytes.clone()), Ok(entry.clone()));
    assert_eq!(Entry::from_store(EntryId([1; 32]), bytes.clone()), Err(RunError::Id));
    assert!(Entry::from_store(entry.id(), bytes[1..].into()).is_err());
}
