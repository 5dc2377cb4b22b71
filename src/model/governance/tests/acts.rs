//! Acts on the wire: what is written is read back, in one form alone.

use super::*;
use crate::model::governance::act::Deed;
use crate::model::id::{DocumentId, Incarnation};
use crate::model::sign::{DeviceProof, Signing};
use crate::wire::Message;
use crate::wire::entry::{self as wire, governance_shape::Act as Wire};

/// Reads a shape as an act of a device in this community.
fn read(world: &mut World, person: usize, shape: &GovernanceShape) -> Act {
    let heads = [world.root()];
    let community = Some(world.community);
    world.people[person].act(community, &heads, Timestamp(1), shape)
}

fn member_of(world: &World, person: usize) -> MemberId {
    world.governance().state().device(world.device(person)).expect("a member")
}

fn cut() -> Cut {
    let place = |space: u8, device: u8, seq: u64| Place {
        space: SpaceId([space; 16]),
        device: DeviceId([device; 32]),
        incarnation: Incarnation([1; 16]),
        seq,
        id: EntryId([device; 32]),
    };
    let mut cut = Cut { spaces: [SpaceId([9; 16])].into(), ..Cut::default() };
    [place(2, 3, 4), place(2, 3, 5), place(1, 7, 1), place(0, 7, 1)].into_iter().for_each(|place| cut.add(place));
    cut
}

/// One shape of every act that is not about entering.
fn shapes(world: &World) -> Vec<GovernanceShape> {
    let mut random = Seeded::new(3);
    let key = SpaceKey::generate(&mut random);
    let (root, member) = (world.root(), MemberId([4; 32]));
    let space = SpaceId([5; 16]);
    let to = [world.people[0].agreement.public()];
    let entries: BTreeSet<EntryId> = [EntryId([1; 32]), EntryId([2; 32])].into();
    let people: BTreeSet<MemberId> = [member, MemberId([5; 32])].into();
    let keys = [(EpochId([1; 8]), key.clone()), (EpochId([2; 8]), key.clone())];
    let given: Vec<_> = keys.iter().map(|(epoch, key)| (space, *epoch, key.clone())).collect();
    let new = &world.people[1];
    let agreement = new.agreement.public();
    let proof = DeviceProof { community: world.community, member, device: new.device(), agreement };
    let topics = [DocumentId([1; 32]), DocumentId([2; 32])].into();
    let choice = Place { space, device: DeviceId([1; 32]), incarnation: Incarnation([2; 16]), seq: 3, id: root };
    let owed = Cut { spaces: [space].into(), ..Cut::default() };
    let mut proposal = Proposal::new(world.community, &checkpoint(), &mut random);
    world.people.iter().for_each(|person| proposal.sign(&person.signing));
    vec![
        grant(member, Role::Expert, &topics, None),
        grant(member, Role::Member, &BTreeSet::new(), Some(&cut())),
        resign(Role::Observer),
        leave(),
        revoke(member, &cut()),
        device_add(&proof, new.device(), &new.signing.device(&proof), &given, &mut random),
        device_drop(member, new.device(), &cut()),
        rotate(space, &key, &to, &keys, &mut random),
        checkpoint(),
        recover(&people),
        veto(root),
        confirm(root),
        rule(Settings { inviters: Role::Member, validations: 3 }),
        circle_create(space, &people, true, (&key, &to), &mut random),
        circle_add(space, member, (&keys, &to), &mut random),
        circle_remove(space, member, &cut()),
        admit(&entries, &entries, (&given, &to), &mut random),
        dismiss(&entries, &BTreeSet::new()),
        resolve(&choice, &Cut::default()),
        owed_cut(root, &owed),
        end(),
        proposal.shape(),
    ]
}

#[test]
fn every_act_is_read_back() {
    let mut world = World::new(2);
    let mut seen = BTreeSet::new();
    for shape in shapes(&world) {
        let act = read(&mut world, 0, &shape);
        assert!(!matches!(act.deed, Deed::Malformed | Deed::Unknown), "{shape:?}");
        seen.insert(shape.encode_to_vec()[0]);
        match (&shape.act, &act.deed) {
            (Some(Wire::Revoke(_)), Deed::Revoke { cut: read, .. }) => assert_eq!(**read, cut()),
            (Some(Wire::Cosigned(_)), Deed::Checkpoint) => {
                let keys = act.cosigned.expect("co-signed").keys;
                assert_eq!(keys, [world.device(0), world.device(1)].into());
            }
            _ => {}
        }
    }
    // A tag has two bytes from number 16 on.
    assert!(seen.len() >= 15);
}

#[test]
fn shapes_cut_short_or_lengthened_are_read_without_a_panic() {
    let mut world = World::new(2);
    for shape in shapes(&world) {
        let bytes = shape.encode_to_vec();
        for at in 0..bytes.len().min(400) {
            for altered in [bytes[..at].to_vec(), [&bytes[..at], &[bytes[at] ^ 1], &bytes[at + 1..]].concat()] {
                if let Ok(shape) = GovernanceShape::decode(altered.as_slice())
                    && shape.encoded_len() < 60_000
                {
                    let _ = Deed::read(world.community, &shape);
                }
            }
        }
    }
    let _ = read(&mut world, 0, &leave());
}

/// Alters a shape and tells whether it is malformed since.
fn refused(world: &World, at: usize, alter: impl FnOnce(&mut Wire)) -> bool {
    let mut shape = shapes(world)[at].clone();
    alter(shape.act.as_mut().expect("an act"));
    let act = match &shape.act {
        Some(Wire::Cosigned(cosigned)) => super::deed::cosigned(world.community, cosigned).0,
        _ => Deed::read(world.community, &shape),
    };
    act == Deed::Malformed
}

macro_rules! altered {
    ($world:expr, $at:expr, $kind:ident, |$act:ident| $alter:expr) => {
        assert!(
            refused($world, $at, |act| {
                let Wire::$kind($act) = act else { panic!("another act stands there") };
                $alter;
            }),
            stringify!($alter)
        )
    };
}

#[test]
fn there_is_one_form() {
    let world = &World::new(2);
    assert!((0..shapes(world).len()).all(|at| !refused(world, at, |_| {})));
    altered!(world, 0, Grant, |act| act.topics.swap(0, 1));
    altered!(world, 0, Grant, |act| act.topics[1] = act.topics[0].clone());
    altered!(world, 0, Grant, |act| act.role = 0);
    altered!(world, 0, Grant, |act| act.role = wire::Role::Member.into());
    altered!(world, 0, Grant, |act| act.topics = (0..65).map(|at| vec![at; 32]).collect());
    altered!(world, 4, Revoke, |act| act.cut = None);
    altered!(world, 4, Revoke, |act| act.cut.as_mut().unwrap().spaces.swap(0, 1));
    altered!(world, 4, Revoke, |act| act.cut.as_mut().unwrap().spaces.insert(0, vec![0; 16]));
    altered!(world, 4, Revoke, |act| act.cut.as_mut().unwrap().tips.swap(0, 1));
    altered!(world, 4, Revoke, |act| act.cut.as_mut().unwrap().tips[1].space = vec![0; 16]);
    altered!(world, 4, Revoke, |act| act.cut.as_mut().unwrap().tips[0].seq = 0);
    altered!(world, 4, Revoke, |act| act.cut.as_mut().unwrap().spaces.truncate(1));
    altered!(world, 5, DeviceAdd, |act| act.signature[3] ^= 1);
    altered!(world, 5, DeviceAdd, |act| act.agreement[3] ^= 1);
    altered!(world, 5, DeviceAdd, |act| act.keys.swap(0, 1));
    altered!(world, 7, Rotate, |act| act.key.as_mut().unwrap().space = vec![0; 16]);
    altered!(world, 9, Recover, |act| act.animators.clear());
    altered!(world, 9, Recover, |act| act.animators.swap(0, 1));
    altered!(world, 12, Rule, |act| act.validations = 0);
    altered!(world, 12, Rule, |act| act.inviters = wire::Role::Relay.into());
    altered!(world, 13, CircleCreate, |act| act.key.as_mut().unwrap().space[0] ^= 1);
    altered!(world, 14, CircleAdd, |act| act.keys[0].space[0] ^= 1);
    altered!(world, 16, Admit, |act| act.entries.swap(0, 1));
    altered!(world, 18, Resolve, |act| act.seq = 0);
    altered!(world, 18, Resolve, |act| act.cut.as_mut().unwrap().tips.push(wire::Tip::default()));
    altered!(world, 19, OwedCut, |act| act.cut.as_mut().unwrap().spaces.push(vec![6; 16]));
    altered!(world, 21, Cosigned, |act| act.body = Vec::new());
    altered!(world, 21, Cosigned, |act| act.nonce[0] ^= 1);
    altered!(world, 21, Cosigned, |act| act.nonce.truncate(15));
    altered!(world, 21, Cosigned, |act| act.signatures.swap(0, 1));
    altered!(world, 21, Cosigned, |act| act.signatures[1].signature[0] ^= 1);
    altered!(world, 21, Cosigned, |act| act.body = shapes(world)[21].encode_to_vec());
}

/// As many as there may be, and one more.
#[test]
fn lists_and_numbers_have_their_limits() {
    let world = &World::new(2);
    let ids =
        |count: usize| -> Vec<Vec<u8>> { (0..count).map(|n| [&n.to_be_bytes()[..], &[1; 24]].concat()).collect() };
    let body = shapes(world)[9].encode_to_vec();
    let cosigned = |count: usize| {
        let mut proposal =
            Proposal::new(world.community, &GovernanceShape::decode(&*body).unwrap(), &mut Seeded::new(1));
        (0..count as u64).for_each(|seed| proposal.sign(&Person::new(1_000 + seed).signing));
        proposal.shape().act
    };
    for over in [0, 1] {
        let beyond = over == 1;
        let topics = |wire: &mut Wire| match wire {
            Wire::Grant(act) => act.topics = ids(TOPICS_MAX + over),
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(world, 0, topics), beyond);
        let animators = |wire: &mut Wire| match wire {
            Wire::Recover(act) => act.animators = ids(RECOVERED_MAX + over),
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(world, 9, animators), beyond);
        let validations = |wire: &mut Wire| match wire {
            Wire::Rule(act) => act.validations = VALIDATIONS_MAX + over as u32,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(world, 12, validations), beyond);
        assert_eq!(refused(world, 21, |wire| *wire = cosigned(COSIGNERS_MAX + over).unwrap()), beyond);
    }
}

#[test]
fn proposals_collect_signatures() {
    let world = World::new(3);
    let shape = revoke(MemberId([1; 32]), &Cut::default());
    let mut proposal = Proposal::new(world.community, &shape, &mut Seeded::new(1));
    assert_eq!(proposal.act(), Some(shape));
    proposal.sign(&world.people[2].signing);
    let mut handed = Proposal::read(world.community, &proposal.shape()).expect("a proposal");
    handed.sign(&world.people[1].signing);
    handed.sign(&world.people[1].signing);
    assert_eq!(handed.signers().count(), 2);
    let stranger = Signing::from_seed(&[9; 32]);
    let foreign = handed.signers().next().expect("a signer");
    let other = Proposal::new(world.community, &leave(), &mut Seeded::new(2));
    let mut signed = other.clone();
    signed.sign(&stranger);
    let Some(Wire::Cosigned(cosigned)) = signed.shape().act else { panic!("co-signed") };
    let signature = crate::model::sign::Signature::from_slice(&cosigned.signatures[0].signature).expect("64 bytes");
    assert!(!handed.add(stranger.public(), signature) && !handed.add(foreign, signature));
    assert!(Proposal::read(CommunityId([1; 32]), &handed.shape()).is_none());
    assert!(Proposal::read(world.community, &leave()).is_none());
}

#[test]
fn devices_come_by_either_side_and_never_back() {
    // Who governs may drop devices of others, and among their own no older one either.
    [Role::Member, Role::Animator].into_iter().for_each(devices_come_and_go);
}

fn devices_come_and_go(role: Role) {
    let mut world = World::new(4);
    let head = world.settle(1, &[world.root()], role);
    let member = member_of(&world, 1);
    let proof = |world: &World, person: usize| DeviceProof {
        community: world.community,
        member,
        device: world.device(person),
        agreement: world.people[person].agreement.public(),
    };
    // Person 2 stands for a second device of the member, 3 for a third.
    let second = proof(&world, 2);
    let signature = world.people[2].signing.device(&second);
    let shape = device_add(&second, second.device, &signature, &[], &mut Seeded::new(1));
    let stolen = world.act(0, &[head], &shape);
    let added = world.act(1, &[head], &shape);
    let third = proof(&world, 3);
    let signature = world.people[2].signing.device(&third);
    let shape = device_add(&third, second.device, &signature, &[], &mut Seeded::new(1));
    let early = world.act(3, &[head], &shape);
    let later = world.act(3, &[added], &shape);
    let governance = world.governance();
    let counts = |id| governance.verdict(id) == Some(Verdict::Counted);
    assert_eq!([stolen, added, early, later].map(counts), [false, true, false, true]);
    let state = governance.state();
    assert!([1, 2, 3].iter().all(|&person| state.device(world.device(person)) == Some(member)));
    assert_eq!(state.members[&member].devices.len(), 3);
    // The youngest drops no older one, an older one drops it, and what the dropped one vouches for falls.
    let heads = governance.heads();
    let young = world.act(3, &heads, &device_drop(member, world.device(1), &Cut::default()));
    let dropped = world.act(1, &heads, &device_drop(member, world.device(2), &Cut::default()));
    let gone = world.act(2, &heads, &join());
    let back = {
        let signature = world.people[2].signing.device(&second);
        world.act(1, &[dropped], &device_add(&second, second.device, &signature, &[], &mut Seeded::new(1)))
    };
    let governance = world.governance();
    let counts = |id| governance.verdict(id) == Some(Verdict::Counted);
    assert_eq!([young, dropped, gone, back].map(counts), [false, true, false, false]);
    assert_eq!(governance.reason(gone), Some(Reason::Removed(dropped)));
    let state = governance.state();
    assert_eq!((state.device(world.device(2)), state.spaces_of(world.device(2))), (None, vec![]));
    assert_eq!(state.device(world.device(3)), Some(member));
}
