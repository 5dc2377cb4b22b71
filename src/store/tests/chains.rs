//! Chains, forks, limits, frontiers.

use super::fixture::{Author, Made, SPACE, store};
use crate::model::{EntryId, Kind, Verdict};
use crate::store::{INCARNATIONS_MAX, Number, Put, PutPayload, StoreError, TIPS_MAX, VerdictClass, Writer};

fn put(writer: &mut Writer, made: &Made) -> Number {
    writer.put_entry(&made.entry, Some(made.signature), Some(&made.payload)).expect("put")
}

fn write(writer: &mut Writer, author: &mut Author, texts: &[&str]) -> Vec<Made> {
    let made: Vec<_> = texts.iter().map(|text| author.write(text)).collect();
    for made in &made {
        put(writer, made);
    }
    made
}

fn tips(writer: &Writer) -> Vec<(u64, EntryId)> {
    writer.tips(SPACE).expect("tips").into_iter().map(|tip| (tip.seq, tip.id)).collect()
}

#[test]
fn a_chain_has_one_tip_until_it_forks() {
    let store = store();
    let mut writer = store.write().expect("writer");
    let mut ann = Author::new(1);
    let trunk = write(&mut writer, &mut ann, &["1", "2", "3"]);
    let mut copy = ann.copy();
    let first = write(&mut writer, &mut ann, &["4", "5", "6"]);
    assert_eq!(tips(&writer), [(6, first[2].id())]);
    assert_eq!(writer.forks(SPACE).expect("forks"), []);
    let second = write(&mut writer, &mut copy, &["4'", "5'"]);
    assert_eq!(tips(&writer), [(5, second[1].id()), (6, first[2].id())]);
    let forks = writer.forks(SPACE).expect("forks");
    let mut proof = [first[0].id(), second[0].id()];
    proof.sort_unstable();
    assert_eq!((forks.len(), forks[0].seq, &forks[0].ids[..]), (1, 4, &proof[..]));
    let chain = forks[0].chain;
    assert_eq!(writer.chains(SPACE).expect("chains"), [chain]);
    assert_eq!(writer.entries_at(chain, 2).expect("read").len(), 1);
    assert_eq!(writer.entries_at(chain, 5).expect("read").len(), 2);
    assert_eq!(writer.entries_at(chain, 6).expect("read").len(), 1);
    let expected = [&trunk[0], &trunk[1], &trunk[2], &second[0], &second[1]];
    let run = writer.run(second[1].id(), 1, 99).expect("run");
    assert_eq!(run.iter().map(|stored| stored.entry.id()).collect::<Vec<_>>(), expected.map(Made::id));
    let run = writer.run(first[1].id(), 3, 99).expect("from the middle of a branch");
    assert_eq!(run.iter().map(|stored| stored.entry.header().seq).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(writer.run(second[1].id(), 2, 3).expect("run").len(), 3);
    assert_eq!(writer.branch(second[1].id(), 6, 9).expect("beyond the tip"), []);
    for (tip, made) in [(&second[1], &trunk[1]), (&first[2], &first[0]), (&second[1], &second[0])] {
        assert_eq!(writer.id_at(tip.id(), made.seq()).expect("read"), Some(made.id()));
    }
    assert_eq!(writer.id_at(second[1].id(), 6).expect("read"), None);
    assert_eq!(writer.id_at(second[1].id(), 0).expect("read"), None);
    assert!(matches!(writer.id_at(EntryId([1; 32]), 1), Err(StoreError::Absent(_))));
}

#[test]
fn a_fork_of_a_fork_finds_its_way_down() {
    let store = store();
    let mut writer = store.write().expect("writer");
    let mut ann = Author::new(1);
    let mut restored = ann.copy();
    let trunk = write(&mut writer, &mut ann, &["a", "b", "c", "d"]);
    let mut bob = restored.copy();
    let root = write(&mut writer, &mut restored, &["A", "B"]);
    let mut third = restored.copy();
    write(&mut writer, &mut restored, &["C"]);
    let leaf = write(&mut writer, &mut third, &["C'", "D'"]);
    let other = write(&mut writer, &mut bob, &["a''"]);
    let run = writer.run(leaf[1].id(), 1, 99).expect("run");
    let expected = [&root[0], &root[1], &leaf[0], &leaf[1]].map(Made::id);
    assert_eq!(run.iter().map(|stored| stored.entry.id()).collect::<Vec<_>>(), expected);
    assert_eq!(writer.id_at(leaf[1].id(), 1).expect("read"), Some(root[0].id()));
    assert_eq!(writer.id_at(trunk[3].id(), 1).expect("read"), Some(trunk[0].id()));
    assert_eq!(writer.id_at(other[0].id(), 1).expect("read"), Some(other[0].id()));
    let forks = writer.forks(SPACE).expect("forks");
    assert_eq!(forks.iter().map(|fork| (fork.seq, fork.ids.len())).collect::<Vec<_>>(), [(1, 3), (3, 3)]);
    assert_eq!(writer.tips(SPACE).expect("tips").len(), 4);
}

#[test]
fn any_part_of_any_branch_is_the_same_as_the_walk_back() {
    let store = store();
    let mut writer = store.write().expect("writer");
    let mut authors = vec![Author::new(1), Author::new(2)];
    let mut made: Vec<Made> = Vec::new();
    let mut dice = 12_345_u64;
    // Runs of any length, interleaved, now and then from a copy of an author.
    while made.len() < 400 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (dice >> 40) as usize % authors.len();
        if (dice >> 33).is_multiple_of(16) && authors.len() < 12 {
            let copy = authors[at].copy();
            authors.push(copy);
        }
        for _ in 0..(dice >> 50) % 9 {
            let next = authors[at].write(&made.len().to_string());
            put(&mut writer, &next);
            made.push(next);
        }
    }
    writer.commit().expect("commit");
    let reader = store.read().expect("reader");
    assert!(reader.forks(SPACE).expect("forks").len() > 3);
    for made_tip in made.iter().step_by(11) {
        let mut walk = vec![made_tip];
        while let Some(before) = made.iter().find(|before| before.id() == walk[0].entry.header().prev) {
            walk.insert(0, before);
        }
        for (from, limit) in [(1, usize::MAX), (3, 4), (made_tip.seq() / 2 + 1, 7), (made_tip.seq(), 1), (1, 0)] {
            let run = reader.run(made_tip.id(), from, limit).expect("run");
            let expected = walk.iter().filter(|made| made.seq() >= from).take(limit).map(|made| made.id());
            assert!(run.iter().map(|stored| stored.entry.id()).eq(expected), "from {from}, at most {limit}");
        }
        for made in &walk {
            assert_eq!(reader.id_at(made_tip.id(), made.seq()).expect("read"), Some(made.id()));
            let there = reader.entries_at(made.entry.header().chain(), made.seq()).expect("read");
            let same = made.entry.header().chain();
            assert!(there.contains(&reader.number(made.id()).expect("read").expect("here")));
            assert!(there.iter().all(|number| {
                let stored = reader.entry_at(*number).expect("read").expect("here");
                stored.entry.header().seq == made.seq() && stored.entry.header().chain() == same
            }));
        }
    }
}

#[test]
fn an_entry_without_the_one_before_is_refused() {
    let store = store();
    let mut writer = store.write().expect("writer");
    let (mut ann, mut bob) = (Author::new(1), Author::new(2));
    let [one, two] = [ann.write("1"), ann.write("2")];
    let refused = writer.put_entry(&two.entry, None, None);
    assert!(matches!(refused, Err(StoreError::Gap { id, prev }) if (id, prev) == (two.id(), one.id())));
    put(&mut writer, &one);
    bob.write("1");
    let crossed = bob.write_with("2", |header| header.prev = one.id());
    assert!(matches!(writer.put_entry(&crossed.entry, None, None), Err(StoreError::Unlinked(_))));
    let skipped = ann.copy().write_with("3", |header| header.prev = one.id());
    assert!(matches!(writer.put_entry(&skipped.entry, None, None), Err(StoreError::Unlinked(_))));
    put(&mut writer, &two);
    assert_eq!(tips(&writer), [(2, two.id())]);
    writer.commit().expect("refusals leave the transaction as it was");
}

#[test]
fn tips_and_incarnations_have_limits() {
    let store = store();
    let mut writer = store.write().expect("writer");
    let ann = Author::new(1);
    let mut made: Vec<_> = (0..=TIPS_MAX).map(|index| ann.copy().write(&index.to_string())).collect();
    let beyond = made.pop().expect("one too many");
    for made in &made {
        put(&mut writer, made);
    }
    let chain = beyond.entry.header().chain();
    let refused = writer.put_entry(&beyond.entry, None, None);
    assert!(matches!(refused, Err(StoreError::TipsBusy(of)) if of == chain));
    assert!(!writer.has(beyond.id()).expect("read"));
    assert_eq!(writer.forks(SPACE).expect("forks")[0].ids.len(), TIPS_MAX, "the proof is kept");

    for incarnation in 0..INCARNATIONS_MAX as u8 {
        put(&mut writer, &Author::with_incarnation(2, incarnation).write("new life"));
    }
    let beyond = Author::with_incarnation(2, 200).write("one too many");
    let refused = writer.put_entry(&beyond.entry, None, None);
    assert!(matches!(refused, Err(StoreError::IncarnationsBusy(of)) if of == beyond.entry.header().device));
    let mut elsewhere = Author::with_incarnation(2, 3);
    put(&mut writer, &elsewhere.write_with("another space", |header| header.space.0[0] = 99));
    assert_eq!(writer.spaces().expect("spaces").len(), 2);
    writer.commit().expect("refusals leave the transaction as it was");
}

#[test]
fn missing_payloads_are_ranges() {
    let store = store();
    let mut writer = store.write().expect("writer");
    let mut ann = Author::new(1);
    let made: Vec<_> = (1..=40).map(|index| ann.write(&index.to_string())).collect();
    let mut expected = std::collections::BTreeSet::new();
    for made in &made {
        let payload = (made.seq() % 7 == 0).then_some(&made.payload);
        writer.put_entry(&made.entry, None, payload).expect("put");
        if payload.is_none() {
            expected.insert(made.seq());
        }
    }
    // Payloads come and go in an order that splits and joins ranges everywhere.
    for step in 0..200_u64 {
        let made = &made[(step * 17 % 40) as usize];
        if step % 3 == 0 {
            writer.forget_payload(made.id()).expect("forget");
            expected.insert(made.seq());
        } else {
            writer.put_payload(made.id(), &made.payload).expect("put");
            expected.remove(&made.seq());
        }
        let mut missing = writer.missing(SPACE).expect("missing");
        let ranges = missing.pop().map(|(_, ranges)| ranges).unwrap_or_default();
        assert!(ranges.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0), "joined: {ranges:?}");
        let seqs: Vec<_> = ranges.iter().flat_map(|(from, to)| *from..=*to).collect();
        assert_eq!(seqs, expected.iter().copied().collect::<Vec<_>>());
    }
    let found = writer.missing_entries(SPACE, 1_000).expect("read");
    assert_eq!(found, expected.iter().rev().map(|seq| Number(*seq)).collect::<Vec<_>>());
    let frontier = writer.frontier(SPACE).expect("frontier");
    assert_eq!((frontier.tips.len(), frontier.missing.len()), (1, 1));
}

#[test]
fn missing_payloads_are_ranges_when_many_come_at_once() {
    let store = store();
    let mut writer = store.write().expect("writer");
    let mut ann = Author::new(1);
    let made: Vec<_> = (1..=60).map(|index| ann.write(&index.to_string())).collect();
    let mut expected = std::collections::BTreeSet::new();
    for run in made.chunks(13) {
        let has = |made: &Made| made.seq().is_multiple_of(5);
        let puts = run.iter().map(|made| Put {
            entry: &made.entry,
            signature: None,
            payload: has(made).then_some(&made.payload),
            verdict: None,
        });
        writer.put_entries(puts).expect("put");
        expected.extend(run.iter().filter(|made| !has(made)).map(Made::seq));
    }
    for step in 0..12_u64 {
        // Newest first, some twice, some there already, and in an order of their own.
        let mut some: Vec<&Made> = made.iter().filter(|made| (made.seq() * 7 + step) % 11 < 3).rev().collect();
        some.extend(made.iter().filter(|made| made.seq() % 20 == step));
        let verdict = Some(Verdict::Counted);
        let puts = some.iter().map(|made| PutPayload { id: made.id(), payload: &made.payload, verdict });
        let added = writer.put_payloads(puts).expect("put");
        for (made, added) in some.iter().zip(added) {
            assert_eq!(added, expected.remove(&made.seq()), "tells what was missing");
        }
        let mut missing = writer.missing(SPACE).expect("missing");
        let ranges = missing.pop().map(|(_, ranges)| ranges).unwrap_or_default();
        let seqs: Vec<_> = ranges.iter().flat_map(|(from, to)| *from..=*to).collect();
        assert_eq!(seqs, expected.iter().copied().collect::<Vec<_>>());
        let counted = writer.stats().expect("stats").entries.get(&(Kind::Edit, VerdictClass::Counted)).copied();
        let unjudged = made.iter().filter(|made| made.seq().is_multiple_of(5)).count() + expected.len();
        assert_eq!(counted.unwrap_or(0), 60 - unjudged as u64, "a verdict is set with the payload alone");
    }
    assert!(expected.is_empty());
    let stored = writer.entries(&[made[3].id(), EntryId([9; 32])]).expect("read");
    assert_eq!(stored[0].as_ref().map(|stored| stored.verdict), Some(Some(Verdict::Counted)));
    assert!(stored[1].is_none());
}
