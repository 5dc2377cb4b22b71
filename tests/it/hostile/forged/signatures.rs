//! Signatures that are none, and headers that nobody may sign.

use repertoire::model::entry::id_of;
use repertoire::model::{CommunityId, EntryId, Header, Incarnation, Kind, SpaceId, Timestamp};
use repertoire::wire::sync::{Run, Stored};

use super::super::hand::Hand;
use super::super::tamper::{beside, entries, run};
use super::{Row, Sent, Stage};
use repertoire::model::{Content, Verdict};

/// The order of the group: a signature and it, added, is a second form of the signature where that is not looked at.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// An honest entry whose run is changed on its way.
fn altered(hand: &mut Hand, change: impl FnOnce(&mut Run, &Hand)) -> Sent {
    let id = hand.honest();
    let (entry, signature, _) = hand.line.pop().expect("just written");
    let mut run = run(entry.header(), &signature.0);
    change(&mut run, hand);
    said(entry.header().space, run).never(id)
}

/// A header that is signed as it stands.
fn signed(hand: &Hand, header: &Header) -> Sent {
    let id = id_of(&header.encode());
    said(header.space, run(header, &hand.signing.entry(id).0)).never(id)
}

fn said(space: SpaceId, run: Run) -> Sent {
    Sent::lines(Vec::new()).by(beside(vec![entries(space, vec![run])])).strikes(1)
}

fn edit(stage: &Stage, hand: &Hand) -> Header {
    hand.header(Kind::Edit, Some(hand.document), &[stage.document])
}

fn ids(count: usize) -> Vec<EntryId> {
    (1..=count).map(|n| EntryId(std::array::from_fn(|at| n.to_be_bytes().get(at).copied().unwrap_or(0)))).collect()
}

pub(super) const TABLE: &[Row] = &[
    ("an honest entry, said by hand", |stage, hand| {
        let id = hand.honest();
        let (entry, signature, payload) = hand.line.pop().expect("just written");
        let mut run = run(entry.header(), &signature.0);
        let Content::Stored(content) = payload.content else { panic!("nothing is erased here") };
        run.payloads = vec![Stored { shape: payload.shape, content, ..Stored::default() }];
        said(stage.space(), run).strikes(0).is(id, Verdict::Counted)
    }),
    ("a flipped bit in a signature", |_, hand| altered(hand, |run, _| run.signature[9] ^= 1)),
    ("a signature of zeros", |_, hand| altered(hand, |run, _| run.signature = vec![0; 64])),
    ("a signature by another key", |stage, hand| {
        altered(hand, |run, hand| {
            let other = stage.hand(1).stranger(8).signing;
            run.signature = other.entry(hand.place.1).0.to_vec();
        })
    }),
    ("the signature of another entry", |_, hand| {
        altered(hand, |run, hand| run.signature = hand.signing.entry(EntryId([5; 32])).0.to_vec())
    }),
    ("a signature made for another purpose", |_, hand| {
        altered(hand, |run, hand| run.signature = hand.signing.session(&hand.place.1.0).0.to_vec())
    }),
    ("a second form of a right signature", |_, hand| {
        altered(hand, |run, _| {
            let mut carry = 0;
            for (byte, add) in run.signature[32..].iter_mut().zip(ORDER) {
                let sum = u16::from(*byte) + u16::from(add) + carry;
                *byte = sum.to_le_bytes()[0];
                carry = sum >> 8;
            }
        })
    }),
    ("a key and a signature of small order", |_, hand| {
        altered(hand, |run, _| {
            run.device = vec![0; 32];
            run.device[0] = 1;
            run.signature = vec![0; 64];
            run.signature[0] = 1;
        })
    }),
    ("a signature that is cut", |_, hand| altered(hand, |run, _| _ = run.signature.pop()).blamed()),
    ("a flipped bit in what is signed", |_, hand| {
        altered(hand, |run, _| {
            let last = run.rows.len() - 1;
            run.rows[last] ^= 1;
        })
    }),
    ("an entry in the life of another device", |_, hand| altered(hand, |run, _| run.incarnation = vec![9; 16])),
    ("an entry in the chain of the founder", |stage, hand| {
        altered(hand, |run, _| {
            run.device = stage.founder.device().0.to_vec();
            run.incarnation = stage.founder.incarnation.0.to_vec();
        })
    }),
    ("an entry said in another space", |stage, hand| {
        let id = hand.honest();
        let (entry, signature, _) = hand.line.pop().expect("just written");
        said(stage.liar.spaces[1].0, run(entry.header(), &signature.0)).never(id)
    }),
    ("an entry of another community", |stage, hand| {
        signed(hand, &Header { community: Some(CommunityId([7; 32])), ..edit(stage, hand) })
    }),
    ("an edit that founds a community", |stage, hand| signed(hand, &Header { community: None, ..edit(stage, hand) })),
    ("a second founding", |stage, _| {
        let hand = stage.hand(1).governing();
        signed(&hand, &Header { community: None, ..hand.header(Kind::Governance, None, &[]) })
    }),
    ("deps that descend", |stage, hand| {
        let deps = ids(3).into_iter().rev().collect();
        signed(hand, &Header { deps, ..edit(stage, hand) })
    }),
    ("one dep twice", |stage, hand| signed(hand, &Header { deps: vec![stage.document; 2], ..edit(stage, hand) })),
    ("257 deps", |stage, hand| signed(hand, &Header { deps: ids(257), ..edit(stage, hand) }).blamed()),
    ("heads of governance that descend", |stage, hand| {
        let gov = ids(3).into_iter().rev().collect();
        signed(hand, &Header { gov, ..edit(stage, hand) })
    }),
    ("nine heads of governance", |stage, hand| signed(hand, &Header { gov: ids(9), ..edit(stage, hand) }).blamed()),
    ("a second place without a first", |stage, hand| {
        signed(hand, &Header { seq: 2, prev: EntryId::ZERO, ..edit(stage, hand) })
    }),
    ("a place of number zero", |stage, hand| signed(hand, &Header { seq: 0, ..edit(stage, hand) }).blamed()),
    ("an act outside the governance log", |stage, hand| {
        signed(hand, &Header { kind: Kind::Governance, gov: Vec::new(), document: None, ..edit(stage, hand) })
    }),
    ("an edit inside the governance log", |stage, hand| {
        signed(hand, &Header { space: SpaceId::GOVERNANCE, ..edit(stage, hand) })
    }),
    ("a payload of one byte more than an entry takes", |stage, hand| {
        let header = Header { shape_bytes: 1, content_bytes: 64 << 10, time: Timestamp(1), ..edit(stage, hand) };
        signed(hand, &Header { incarnation: Incarnation([3; 16]), ..header })
    }),
];
