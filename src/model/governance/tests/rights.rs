//! Roles, removals, circles, keys and quarantine: what acts do to the state that a node asks.

use super::*;
use crate::model::governance::Branches;
use crate::model::id::Incarnation;
use crate::model::sign::Signing;

const COUNTED: Option<Verdict> = Some(Verdict::Counted);

fn member(world: &World, person: usize) -> MemberId {
    world.governance().state().device(world.device(person)).expect("a member")
}

/// A founder, two animators, two members; and the last head.
fn community() -> (World, EntryId) {
    let mut world = World::new(7);
    let mut head = world.root();
    for (person, role) in [(1, Role::Animator), (2, Role::Animator), (3, Role::Member), (4, Role::Member)] {
        head = world.settle(person, &[head], role);
    }
    (world, head)
}

fn cut_of(spaces: &[SpaceId], tips: &[Place]) -> Cut {
    let mut cut = Cut { spaces: spaces.iter().copied().collect(), ..Cut::default() };
    tips.iter().for_each(|&tip| cut.add(tip));
    cut
}

#[test]
fn a_grant_changes_the_role_and_the_lowest_of_several_counts() {
    let (mut world, head) = community();
    let expert = member(&world, 3);
    let topics = [crate::model::DocumentId([8; 32])].into();
    let by_member = world.act(4, &[head], &grant(expert, Role::Expert, &topics, None));
    let one = world.act(1, &[head], &grant(expert, Role::Expert, &topics, None));
    let other = world.act(2, &[head], &grant(expert, Role::Animator, &BTreeSet::new(), None));
    let lowering_without_cut = world.act(0, &[one], &grant(expert, Role::Member, &BTreeSet::new(), None));
    let governance = world.governance();
    let counts = [by_member, one, other, lowering_without_cut].map(|id| governance.verdict(id) == COUNTED);
    assert_eq!(counts, [false, true, true, false]);
    let state = governance.state();
    assert_eq!((state.members[&expert].role, &state.members[&expert].topics), (Role::Expert, &topics));
    let founder = world.act(1, &[one, other], &grant(expert, Role::Founder, &BTreeSet::new(), None));
    let resigned = world.act(3, &[one, other], &resign(Role::Observer));
    let governance = world.governance();
    assert_eq!([founder, resigned].map(|id| governance.verdict(id) == COUNTED), [false, true]);
    assert_eq!(governance.state().members[&expert].role, Role::Observer);
}

#[test]
fn who_may_invite_is_a_rule() {
    let (mut world, head) = community();
    let settings = Settings { inviters: Role::Member, validations: 2 };
    let before = world.invite(3, &[head], Role::Member, 1).0;
    let ruled = world.act(1, &[head], &rule(settings));
    let after = world.invite(3, &[ruled], Role::Observer, 1).0;
    let animator = world.invite(3, &[ruled], Role::Animator, 1).0;
    let governance = world.governance();
    assert_eq!([before, after, animator].map(|id| governance.verdict(id) == COUNTED), [false, true, false]);
    let state = governance.state();
    assert_eq!(state.settings, settings);
    assert!(state.may(member(&world, 4), Right::Invite(Role::Member)));
    assert!(!state.may(member(&world, 4), Right::Invite(Role::Animator)));
    // At the same time somebody says the contrary: the careful value of each counts.
    world.act(2, &[head], &rule(Settings { inviters: Role::Animator, validations: 5 }));
    let careful = Settings { inviters: Role::Animator, validations: 5 };
    assert_eq!(world.governance().state().settings, careful);
}

#[test]
fn a_removed_member_has_no_right_and_may_come_again_as_another() {
    let (mut world, head) = community();
    let gone = member(&world, 3);
    let open = world.invite(3, &[head], Role::Member, 1).0;
    let removed = world.act(1, &[head], &revoke(gone, &Cut::default()));
    let late = world.act(3, &[head], &leave());
    let governance = world.governance();
    let state = governance.state();
    assert_eq!(state.members[&gone].status, Status::Revoked);
    assert_eq!(state.members[&gone].ended, Some(removed));
    assert_eq!(governance.verdict(open), Some(Verdict::Void(crate::model::verdict::Breach::Right)));
    assert_eq!(governance.reason(late), Some(Reason::Removed(removed)));
    assert_eq!(state.spaces_of(world.device(3)), []);
    let invitation = world.invite(0, &[removed], Role::Member, 1);
    let again = world.enter(3, &[invitation.0], invitation);
    let governance = world.governance();
    assert_eq!(governance.state().device(world.device(3)), Some(again.into()));
    assert_eq!(status(&governance, again), COUNTS);
    assert!(!governance.state().spaces_of(world.device(3)).is_empty());
}

#[test]
fn an_invitation_of_somebody_removed_admits_nobody_any_more() {
    let (mut world, head) = community();
    let invitation = world.invite(1, &[head], Role::Member, 3);
    let seated = world.enter(5, &[invitation.0], invitation);
    let head = world.act(0, &[seated], &seat(invitation.0, &[seated]));
    let removed = world.act(0, &[head], &revoke(member(&world, 1), &Cut::default()));
    let late = world.enter(6, &[invitation.0], invitation);
    let governance = world.governance();
    assert_eq!([seated, late].map(|id| status(&governance, id)), [SEATED, WAITS]);
    assert!(governance.state().invitations[&invitation.0].suspended);
    let admitted =
        world.act(0, &[removed, late], &admit(&[late].into(), &BTreeSet::new(), (&[], &[]), &mut Seeded::new(1)));
    let governance = world.governance();
    assert_eq!((governance.verdict(admitted), status(&governance, late)), (COUNTED, SEATED));
}

#[test]
fn a_nonce_serves_once() {
    let (mut world, head) = community();
    let gone = member(&world, 3);
    let mut proposal = Proposal::new(world.community, &revoke(gone, &Cut::default()), &mut Seeded::new(5));
    proposal.sign(&world.people[1].signing);
    let first = world.act(0, &[head], &proposal.shape());
    let invitation = world.invite(0, &[first], Role::Member, 1);
    let again = world.enter(3, &[invitation.0], invitation);
    let beside = world.act(2, &[head], &proposal.shape());
    let replayed = world.act(2, &[again], &proposal.shape());
    let governance = world.governance();
    assert_eq!([first, replayed, beside].map(|id| governance.verdict(id) == COUNTED), [true, false, true]);
}

#[test]
fn the_printed_key_recovers_where_few_are_left() {
    let printed = Signing::from_seed(&[77; 32]);
    let founder = Person::new(100);
    let recoveries = Recoveries { community: Some(printed.public()), person: None };
    let founding = found(&founder.agreement.public(), &SECRET, recoveries, &mut Seeded::new(1));
    let mut world = World::new(2);
    world.people[0] = founder;
    let act = world.people[0].act(None, &[], Timestamp(0), &founding.shape);
    world.keys.clear();
    (world.community, world.acts) = (act.community, vec![act]);
    let head = world.settle(1, &[world.root()], Role::Member);
    let named = [member(&world, 1)].into();
    let mut proposal = Proposal::new(world.community, &recover(&named), &mut Seeded::new(1));
    let without = world.act(1, &[head], &proposal.shape());
    proposal.sign(&printed);
    let with = world.act(1, &[head], &proposal.shape());
    let governance = world.governance();
    assert_eq!([without, with].map(|id| governance.verdict(id) == COUNTED), [false, true]);
    assert_eq!(governance.state().members[&member(&world, 1)].role, Role::Animator);
}

/// Opens a space's keys for a person.
fn keys(governance: &Governance, world: &World, person: usize, space: SpaceId) -> BTreeSet<EpochId> {
    let keys = governance.state().keys_for(&world.people[person].agreement);
    keys.into_iter().filter(|(of, ..)| *of == space).map(|(_, epoch, _)| epoch).collect()
}

/// Writes a rotation of a space to all who may have its key.
fn rotate_for(world: &mut World, person: usize, heads: &[EntryId], space: SpaceId) -> EntryId {
    let governance = world.governance();
    let state = governance.state_at(heads).expect("known");
    let mut random = Seeded::new(world.acts.len() as u64);
    let key = SpaceKey::generate(&mut random);
    let own = state.keys_for(&world.people[person].agreement);
    let own = own.into_iter().filter(|(of, ..)| *of == space).map(|(_, epoch, key)| (epoch, key));
    let earlier: Vec<_> = own
        .chain(world.keys.iter().filter(|(of, ..)| *of == space).map(|(_, epoch, key)| (*epoch, key.clone())))
        .collect();
    let tips = state.epoch_tips(space);
    let mut wrapped: Vec<_> = earlier.into_iter().filter(|(epoch, _)| tips.contains(epoch)).collect();
    wrapped.dedup_by_key(|(epoch, _)| *epoch);
    world.act(person, heads, &rotate(space, &key, &state.recipients(space), &wrapped, &mut random))
}

#[test]
fn a_removal_owes_a_rotation_and_the_removed_reads_nothing_later() {
    let (mut world, head) = community();
    let governance = world.governance();
    let commons = governance.state().commons().expect("commons");
    let first = EpochId::of(world.root());
    assert!(!governance.state().rotation_owed(commons));
    let removed = world.act(1, &[head], &revoke(member(&world, 3), &Cut::default()));
    let governance = world.governance();
    assert!(governance.state().rotation_owed(commons));
    assert_eq!(governance.state().current_epoch(commons), Some(first));
    assert!(!governance.state().recipients(commons).contains(&world.people[3].agreement.public()));
    // Two rotate at once, one of them without knowing of the removal.
    let blind = rotate_for(&mut world, 2, &[head], commons);
    let clean = rotate_for(&mut world, 0, &[removed], commons);
    let governance = world.governance();
    let state = governance.state();
    assert!(!state.rotation_owed(commons));
    assert_eq!(state.current_epoch(commons), Some(EpochId::of(clean)));
    assert!(!state.spaces[&commons].epochs[&EpochId::of(blind)].clean);
    assert!(keys(&governance, &world, 4, commons).is_superset(&[first, EpochId::of(clean), EpochId::of(blind)].into()));
    assert!(!keys(&governance, &world, 3, commons).contains(&EpochId::of(clean)));
    // A newcomer reads the past by the keys under the new one.
    let next = rotate_for(&mut world, 0, &[clean, blind], commons);
    let governance = world.governance();
    assert_eq!(governance.state().epoch_tips(commons), [EpochId::of(next)]);
    assert_eq!(keys(&governance, &world, 1, commons).len(), 4);
}

#[test]
fn a_recalled_invitation_owes_a_rotation_and_an_open_one_gets_new_keys() {
    let (mut world, head) = community();
    let commons = world.governance().state().commons().expect("commons");
    let open = world.invite(0, &[head], Role::Member, 2);
    let rotated = rotate_for(&mut world, 0, &[open.0], commons);
    let governance = world.governance();
    let opened = open_invitation(governance.state(), open.0, &open.1).expect("keys");
    assert!(opened.iter().any(|(space, epoch, _)| (*space, *epoch) == (commons, EpochId::of(rotated))));
    let recalled = world.act(0, &[rotated], &close(open.0));
    let governance = world.governance();
    assert!(governance.state().rotation_owed(commons));
    let clean = rotate_for(&mut world, 1, &[recalled], commons);
    let governance = world.governance();
    assert!(!governance.state().rotation_owed(commons));
    let opened = open_invitation(governance.state(), open.0, &open.1).expect("keys");
    assert!(opened.iter().all(|(_, epoch, _)| *epoch != EpochId::of(clean)));
}

#[test]
fn circles_are_their_members_alone() {
    let (mut world, head) = community();
    let space = SpaceId([0x77; 16]);
    let people: BTreeSet<MemberId> = [3, 4].map(|person| member(&world, person)).into();
    let key = SpaceKey::from_bytes([5; 32]);
    let to = [3, 4].map(|person| world.people[person].agreement.public());
    let shape = circle_create(space, &people, true, (&key, &to), &mut Seeded::new(1));
    let foreign = world.act(1, &[head], &shape);
    let created = world.act(3, &[head], &shape);
    let governance = world.governance();
    assert_eq!([foreign, created].map(|id| governance.verdict(id) == COUNTED), [false, true]);
    let state = governance.state();
    let (one, other, animator) = (member(&world, 3), member(&world, 4), member(&world, 1));
    assert_eq!((&state.spaces[&space].members, state.spaces[&space].creator), (&people, Some(one)));
    assert!(state.may(other, Right::Write(space)) && !state.may(animator, Right::Read(space)));
    assert!(!state.spaces_of(world.device(1)).contains(&space) && state.spaces_of(world.device(4)).contains(&space));
    assert_eq!(keys(&governance, &world, 4, space), [EpochId::of(created)].into());
    let copies = [(EpochId::of(created), key)];
    let to = [world.people[1].agreement.public()];
    let outside = world.act(1, &[created], &circle_add(space, animator, (&copies, &to), &mut Seeded::new(2)));
    let inside = world.act(4, &[created], &circle_add(space, animator, (&copies, &to), &mut Seeded::new(2)));
    let governance = world.governance();
    assert_eq!([outside, inside].map(|id| governance.verdict(id) == COUNTED), [false, true]);
    assert_eq!(keys(&governance, &world, 1, space), [EpochId::of(created)].into());
    // Removed by the creator while somebody adds them again: removed, with what they did there meanwhile.
    let removed = world.act(3, &[inside], &circle_remove(space, other, &Cut::default()));
    let again = world.act(1, &[inside], &circle_add(space, other, (&[], &[]), &mut Seeded::new(3)));
    let meanwhile = world.act(4, &[inside], &circle_add(space, member(&world, 2), (&[], &[]), &mut Seeded::new(3)));
    let governance = world.governance();
    assert_eq!([removed, again, meanwhile].map(|id| governance.verdict(id) == COUNTED), [true, true, false]);
    let state = governance.state();
    assert_eq!(state.spaces[&space].members, [one, animator].into());
    assert!(state.rotation_owed(space) && !state.rotation_owed(state.commons().expect("commons")));
}

#[test]
fn beyond_a_cut_is_quarantine_until_somebody_admits() {
    let (mut world, head) = community();
    let commons = world.governance().state().commons().expect("commons");
    let vitrine = world.governance().state().vitrine().expect("vitrine");
    let gone = member(&world, 3);
    let device = world.device(3);
    let place = |space, seq: u8| Place {
        space,
        device,
        incarnation: Incarnation([1; 16]),
        seq: seq.into(),
        id: EntryId([seq; 32]),
    };
    let (kept, late) = (place(commons, 4), place(commons, 5));
    let other_space = place(vitrine, 9);
    let branch = Place { id: EntryId([99; 32]), ..place(commons, 2) };
    let on_branch = |tip: EntryId| tip == EntryId([4; 32]);
    let one = world.act(1, &[head], &revoke(gone, &cut_of(&[commons], &[kept])));
    let after = |_, _| false;
    let branches = Branches { on: &on_branch, after: &after };
    let check = |world: &World, place: &Place, gov: &[EntryId]| {
        world.governance().quarantine(place, gov, &branches).expect("known heads")
    };
    assert_eq!(check(&world, &kept, &[head]), Quarantine::Free);
    assert_eq!(check(&world, &place(commons, 3), &[head]), Quarantine::Free);
    assert_eq!(check(&world, &late, &[head]), Quarantine::Beyond(one));
    assert_eq!(check(&world, &other_space, &[head]), Quarantine::Free);
    let elsewhere = |_: EntryId| false;
    assert_eq!(
        world.governance().quarantine(&branch, &[head], &Branches { on: &elsewhere, after: &after }),
        Some(Quarantine::Beyond(one))
    );
    assert_eq!(world.governance().quarantine(&late, &[EntryId([1; 32])], &branches), None);
    // Who holds the other space says what counts there.
    assert_eq!(world.governance().state().owed_cuts(vitrine).len(), 1);
    assert!(world.governance().state().owed_cuts(commons).is_empty());
    let owed = world.act(2, &[one], &owed_cut(one, &cut_of(&[vitrine], &[])));
    let again = world.act(4, &[owed], &owed_cut(one, &cut_of(&[vitrine], &[other_space])));
    assert_eq!([owed, again].map(|id| world.governance().verdict(id) == COUNTED), [true, false]);
    assert_eq!(check(&world, &other_space, &[head]), Quarantine::Beyond(one));
    // Another removal at the same time kept more: the union counts.
    world.act(0, &[head], &revoke(gone, &cut_of(&[commons, vitrine], &[late])));
    assert_eq!(check(&world, &late, &[head]), Quarantine::Free);
    let later = place(commons, 6);
    assert!(matches!(check(&world, &later, &[head]), Quarantine::Beyond(_)));
    let heads = world.governance().heads();
    let dismissed = world.act(1, &heads, &dismiss(&BTreeSet::new(), &[later.id].into()));
    assert!(matches!(check(&world, &later, &[head]), Quarantine::Dismissed(_)));
    world.act(1, &[dismissed], &admit(&BTreeSet::new(), &[later.id].into(), (&[], &[]), &mut Seeded::new(1)));
    assert_eq!(check(&world, &later, &[head]), Quarantine::Adopted);
}

#[test]
fn a_settled_fork_has_its_choice() {
    let (mut world, head) = community();
    let commons = world.governance().state().commons().expect("commons");
    let choice = Place {
        space: commons,
        device: world.device(3),
        incarnation: Incarnation([1; 16]),
        seq: 7,
        id: EntryId([7; 32]),
    };
    let by_other = world.act(4, &[head], &resolve(&choice, &Cut::default()));
    let own = world.act(3, &[head], &resolve(&choice, &Cut::default()));
    let governance = world.governance();
    assert_eq!([by_other, own].map(|id| governance.verdict(id) == COUNTED), [false, true]);
    let chain = (commons, world.device(3), Incarnation([1; 16]));
    assert_eq!(governance.state().resolved[&chain][0].choice, (7, EntryId([7; 32])));
}

/// Two branches from place 6 on: 7 to 9 of `n`, and of `100 + n`.
#[test]
fn of_a_settled_fork_counts_what_each_at_the_same_time_keeps() {
    let (mut world, head) = community();
    let commons = world.governance().state().commons().expect("commons");
    let (device, incarnation) = (world.device(3), Incarnation([1; 16]));
    let place = |seq: u64, id: u8| Place { space: commons, device, incarnation, seq, id: EntryId([id; 32]) };
    let other = Place { incarnation: Incarnation([2; 16]), ..place(3, 3) };
    let chain = |of: EntryId| if of.0[0] > 100 { 100 } else { 0 };
    let check = |world: &World, place: &Place| {
        let on = |tip: EntryId| place.seq < 7 || chain(tip) == chain(place.id);
        let after = |_, id: EntryId| chain(id) == chain(place.id);
        world.governance().quarantine(place, &[head], &Branches { on: &on, after: &after }).expect("known heads")
    };
    let (one, two) = (place(8, 8), place(8, 108));
    assert_eq!(check(&world, &two), Quarantine::Free);
    let by = world.act(3, &[head], &resolve(&one, &Cut::default()));
    for (which, free) in [(place(5, 5), true), (place(7, 7), true), (place(9, 9), true), (two, false)] {
        assert_eq!(check(&world, &which) == Quarantine::Free, free, "{which:?}");
    }
    assert_eq!(check(&world, &two), Quarantine::Beyond(by));
    // Somebody settles another fork later: nothing of this one changes.
    let heads = world.governance().heads();
    let elsewhere = world.act(1, &heads, &resolve(&other, &Cut::default()));
    assert_eq!(check(&world, &two), Quarantine::Beyond(by), "the fork is settled still");
    // At the same time an animator kept some of the second branch.
    world.act(2, &[head], &resolve(&one, &cut_of(&[commons], &[place(7, 107)])));
    assert_eq!(check(&world, &place(7, 107)), Quarantine::Free);
    assert!(matches!(check(&world, &two), Quarantine::Beyond(_)));
    // Who knows all that and chooses the second branch decides anew.
    let heads = [world.governance().heads(), vec![elsewhere]].concat();
    world.act(1, &heads, &resolve(&two, &Cut::default()));
    assert_eq!([check(&world, &one) == Quarantine::Free, check(&world, &two) == Quarantine::Free], [false, true]);
}

#[test]
fn nothing_comes_after_the_end() {
    let (mut world, head) = community();
    let animator = world.act(1, &[head], &end());
    let beside = world.act(2, &[head], &join());
    let ended = world.act(0, &[animator], &end());
    let after = world.act(0, &[ended], &join());
    let governance = world.governance();
    let counts = [animator, beside, ended, after].map(|id| governance.verdict(id) == COUNTED);
    assert_eq!(counts, [false, true, true, false]);
    let state = governance.state();
    let founder = MemberId::from(world.root());
    let commons = state.commons().expect("commons");
    assert_eq!(state.ended, Some(ended));
    assert!(!state.may(founder, Right::Govern) && !state.may(founder, Right::Write(commons)));
    assert!(state.may(founder, Right::Read(commons)));
}
