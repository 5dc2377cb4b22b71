//! What a hostile member, or who carries its entries, may hand to an engine: each has one answer, and what is shown
//! stays as it was.

use super::community::{Bag, Community};
use super::forger::Forger;
use super::limits::{give, root, verdict};
use crate::model::sign::Signing;
use crate::model::verdict::Verdict;
use crate::model::{EntryId, Timestamp};
use crate::store::Number;
use crate::sync::Accepted;

/// How often the same entry comes.
const REPEATS: usize = 300;

/// How many entries an engine holds.
fn held(community: &Community) -> Number {
    let engine = &community.places[0].node.engines.0[&community.id];
    engine.reading(|reader| Ok(reader.last_number()?)).expect("it reads")
}

#[test]
fn each_entry_of_the_table_gets_its_answer() {
    let mut community = Community::found(31);
    let (id, root) = (community.id, root(&community));
    let mut bag = Bag::new();
    let mut table: Vec<(&str, EntryId, Accepted)> = Vec::new();
    let mut forger = Forger::new(&community, 1, 1);
    let first = forger.honest(&mut bag, &[root]);
    let second = forger.honest(&mut bag, &[root]);
    table.push(("a gap in a chain", second, Accepted::NeedsEarlier));
    table.push(("the start of a chain", first, Accepted::Held { new: 1 }));
    table.push(("what follows it", second, Accepted::Held { new: 1 }));
    table.push(("an old entry again", first, Accepted::Held { new: 0 }));
    // A chain that goes on from another life of the device, and one that jumps.
    let mut other = Forger::new(&community, 1, 2);
    other.place = (1, first);
    let broken = other.honest(&mut bag, &[root]);
    table.push(("a chain that goes on from another", broken, Accepted::Refused));
    other.place = (7, second);
    let jump = other.honest(&mut bag, &[root]);
    table.push(("a chain that jumps", jump, Accepted::Refused));
    let mut stranger = Forger::new(&community, 1, 3);
    stranger.keys.signing = Signing::from_seed(&[7; 32]);
    let unknown = stranger.honest(&mut bag, &[root]);
    table.push(("the entry of a stranger", unknown, Accepted::Refused));
    let mut foreign = Forger::new(&community, 1, 4);
    foreign.keys.community.0[0] ^= 1;
    let replayed = foreign.honest(&mut bag, &[root]);
    table.push(("the entry of another community", replayed, Accepted::Refused));
    for (what, entry, answer) in table {
        assert_eq!(give(&mut community.places[0].node, id, &bag, entry), answer, "{what}");
        let refused = !matches!(answer, Accepted::Held { .. });
        assert_eq!(verdict(&community.places[0].node, id, entry), (!refused).then_some(Verdict::Counted), "{what}");
    }
    let before = held(&community);
    for _ in 0..REPEATS {
        assert_eq!(give(&mut community.places[0].node, id, &bag, second), Accepted::Held { new: 0 });
    }
    assert_eq!(held(&community), before, "what comes again is not kept again");
}

#[test]
fn clocks_at_both_ends_of_time_change_no_verdict() {
    let mut community = Community::found(32);
    let (id, root) = (community.id, root(&community));
    for (seed, time) in [(1, i64::MIN), (2, i64::MAX), (3, 0), (4, -1_000_000_000_000_000), (5, 1_000_000_000_000_000)]
    {
        let mut bag = Bag::new();
        let mut forger = Forger::new(&community, 1, seed);
        forger.time = Timestamp(time);
        let edit = forger.honest(&mut bag, &[root]);
        assert_eq!(give(&mut community.places[0].node, id, &bag, edit), Accepted::Held { new: 1 });
        assert_eq!(verdict(&community.places[0].node, id, edit), Some(Verdict::Counted), "{time}");
    }
    let node = &mut community.places[0].node;
    for request in [
        super::super::Request::Show { id: root.to_string() },
        super::super::Request::History { id: root.to_string() },
        super::super::Request::ExportCanonical { space: None, after: None, limit: usize::MAX },
    ] {
        assert!(super::community::ask(node, request).is_ok());
    }
}

/// Who hands on what others forged is to blame for nothing: every meeting here counts strikes.
#[test]
fn forged_entries_are_handed_on_and_nobody_is_blamed() {
    let mut community = Community::found(33);
    let id = community.id;
    let (mut bag, mut expected) = (community.bag(), Vec::new());
    let elsewhere: EntryId = community.documents[1].parse().expect("an id");
    let mut forger = Forger::new(&community, 1, 1);
    forger.anchors(&mut bag, &mut expected);
    forger.misfits(&mut bag, &mut expected);
    forger.places(&mut bag, &mut expected, elsewhere);
    forger.parts(&mut bag, &mut expected);
    let mut line: Vec<EntryId> = bag
        .iter()
        .filter(|(_, (entry, ..))| entry.header().incarnation == forger.incarnation)
        .map(|(id, _)| *id)
        .collect();
    line.sort_by_key(|id| bag[id].0.header().seq);
    for entry in line {
        assert_eq!(give(&mut community.places[0].node, id, &bag, entry), Accepted::Held { new: 1 });
    }
    // From hand to hand.
    for (to, from) in [(2, 0), (1, 2)] {
        community.meet(to, from);
        for (what, entry, must) in &expected {
            assert_eq!(verdict(&community.places[to].node, id, *entry), Some(*must), "{what} at {to}");
        }
    }
}
