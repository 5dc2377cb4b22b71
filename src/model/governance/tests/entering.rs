//! Invitations, admissions, seats and closes: who is in.

use super::*;
use crate::model::seal::{Agreement, invitation_agreement_seed};
use crate::model::verdict::{Breach, Mask};
use crate::wire::entry::{self as wire, governance_shape};

const VOID: Option<Verdict> = Some(Verdict::Void(Breach::Right));
const MASKED: Option<Verdict> = Some(Verdict::Masked(Mask::Pending));
const COUNTED: Option<Verdict> = Some(Verdict::Counted);

#[test]
fn founder_has_keys_and_rights() {
    let world = World::new(1);
    let governance = world.governance();
    let state = governance.state();
    let founder = state.device(world.device(0)).expect("the founder");
    assert_eq!(founder, MemberId::from(world.root()));
    let commons = state.commons().expect("commons");
    let vitrine = state.vitrine().expect("vitrine");
    assert!(state.may(founder, Right::Govern) && state.may(founder, Right::Write(commons)));
    let mut spaces = vec![commons, vitrine];
    spaces.sort();
    assert_eq!(state.spaces_of(world.device(0)), [vec![SpaceId::GOVERNANCE], spaces].concat());
    assert_eq!(state.keys_for(&world.people[0].agreement), world.keys);
    assert_eq!(state.current_epoch(commons), Some(EpochId::of(world.root())));
    assert!(!governance.state_at(&[]).expect("nothing").may(founder, Right::Govern));
}

#[test]
fn newcomer_enters_with_nobody_awake() {
    let mut world = World::new(2);
    let invitation = world.invite(0, &[world.root()], Role::Member, 1);
    let entered = world.enter(1, &[invitation.0], invitation);
    let governance = world.governance();
    let state = governance.state();
    assert_eq!(governance.verdict(entered), COUNTED);
    assert_eq!(status(&governance, entered), COUNTS);
    assert_eq!(state.members[&entered.into()].invited_by, world.root().into());
    let commons = state.commons().expect("commons");
    assert!(state.may(entered.into(), Right::Write(commons)));
    assert!(!state.may(entered.into(), Right::Govern));
    assert_eq!(open_invitation(state, invitation.0, &invitation.1).expect("keys"), world.keys);
    assert!(open_invitation(state, invitation.0, &[9; 32]).is_err());
    let before = governance.state_at(&[invitation.0]).expect("known");
    assert_eq!(before.device(world.device(1)), None);
    assert_eq!(before.spaces_of(world.device(1)), []);
}

#[test]
fn roles_read_write_and_carry() {
    let mut world = World::new(4);
    let mut head = world.root();
    for (person, role) in [(1, Role::Relay), (2, Role::Observer), (3, Role::Member)] {
        head = world.settle(person, &[head], role);
    }
    let governance = world.governance();
    let state = governance.state();
    let (commons, vitrine) = (state.commons().expect("commons"), state.vitrine().expect("vitrine"));
    let rights = |person: usize| {
        let member = state.device(world.device(person)).expect("a member");
        [
            Right::Read(commons),
            Right::Write(commons),
            Right::Read(vitrine),
            Right::Write(vitrine),
            Right::Carry(commons),
        ]
        .map(|right| state.may(member, right))
    };
    assert_eq!(rights(1), [false, false, false, false, true]);
    assert_eq!(rights(2), [false, false, true, false, false]);
    assert_eq!(rights(3), [true; 5]);
    let other = SpaceId([3; 16]);
    assert!(
        !state.may(world.root().into(), Right::Carry(other)) && !state.may(world.root().into(), Right::Read(other))
    );
    assert_eq!(state.spaces_of(world.device(1)).len(), 3);
    assert_eq!(state.spaces_of(world.device(2)), [SpaceId::GOVERNANCE, vitrine]);
}

#[test]
fn forged_admissions_are_void() {
    let mut world = World::new(4);
    let invitation = world.invite(0, &[world.root()], Role::Member, 9);
    let other = world.invite(0, &[invitation.0], Role::Animator, 9);
    let good = world.proof(1, invitation.0);
    let forged = [
        (AdmissionProof { device: world.device(2), ..good }, invitation.1),
        (AdmissionProof { agreement: [1; 32], ..good }, invitation.1),
        (AdmissionProof { community: CommunityId([1; 32]), ..good }, invitation.1),
        (AdmissionProof { invitation: other.0, ..good }, invitation.1),
        (good, other.1),
    ];
    for (proof, secret) in forged {
        let mut shape = admission(&proof, None, &secret);
        let Some(governance_shape::Act::Admission(wire)) = &mut shape.act else { panic!("an admission") };
        wire.agreement = good.agreement.to_vec();
        let id = world.act(1, &[other.0], &shape);
        let governance = world.governance();
        assert_eq!(governance.verdict(id), VOID);
        assert_eq!(governance.state().device(world.device(1)), None);
    }
    // The invitation is not in the past of this one.
    let early = world.enter(2, &[world.root()], invitation);
    assert_eq!(world.governance().verdict(early), VOID);
    let right = world.enter(3, &[invitation.0], invitation);
    assert_eq!(world.governance().verdict(right), COUNTED);
}

#[test]
fn strangers_and_members_without_the_right_change_nothing() {
    let mut world = World::new(4);
    let animator = world.settle(1, &[world.root()], Role::Animator);
    let member = world.settle(2, &[animator], Role::Member);
    let invitation = world.invite(0, &[member], Role::Member, 2);
    let entered = world.enter(3, &[invitation.0], invitation);
    let mut stranger = Person::new(999);
    let heads = [entered];
    let foreign = stranger.act(Some(world.community), &heads, LATE, &join());
    let void = [
        world.act(2, &heads, &seat(invitation.0, &[entered])),
        world.act(2, &heads, &close(invitation.0)),
        world.invite(2, &heads, Role::Relay, 1).0,
        world.invite(1, &heads, Role::Founder, 1).0,
        world.act(1, &heads, &seat(invitation.0, &[member])),
        world.act(1, &heads, &seat(member, &[entered])),
        foreign.id,
    ];
    let before = world.governance().state().members.len();
    world.acts.push(foreign);
    let governance = world.governance();
    assert!(void.iter().all(|&id| governance.verdict(id) == VOID));
    assert_eq!(governance.state().members.len(), before);
    assert_eq!(governance.state().invitations.len(), 3);
    assert!(!governance.state().invitations[&invitation.0].closed);
    let allowed = [world.invite(1, &heads, Role::Animator, 1).0, world.invite(0, &heads, Role::Founder, 1).0];
    assert!(allowed.iter().all(|&id| world.governance().verdict(id) == COUNTED));
}

#[test]
fn without_a_seat_witnessed_ones_come_first_then_small_ids() {
    let mut world = World::new(5);
    let member = world.settle(1, &[world.root()], Role::Member);
    let invitation = world.invite(0, &[member], Role::Member, 1);
    let mut entered: Vec<EntryId> = (2..5).map(|person| world.enter(person, &[invitation.0], invitation)).collect();
    let order = |world: &World, entered: &[EntryId]| -> Vec<_> {
        let governance = world.governance();
        entered.iter().map(|&id| status(&governance, id)).collect()
    };
    entered.sort();
    assert_eq!(order(&world, &entered), [COUNTS, WAITS, WAITS]);
    // Newcomers bear no witness for one another, nor for themselves.
    for person in 2..5 {
        world.act(person, &entered, &join());
    }
    assert_eq!(order(&world, &entered), [COUNTS, WAITS, WAITS]);
    world.act(1, &[entered[2]], &join());
    assert_eq!(order(&world, &entered), [WAITS, WAITS, COUNTS]);
    assert_eq!(world.governance().verdict(entered[0]), MASKED);
    world.act(0, &[entered[0]], &seat(invitation.0, &[entered[0]]));
    assert_eq!(order(&world, &entered), [SEATED, WAITS, WAITS]);
}

#[test]
fn valid_seats_stand_though_they_are_too_many_together() {
    let mut world = World::new(5);
    let animator = world.settle(1, &[world.root()], Role::Animator);
    let invitation = world.invite(0, &[animator], Role::Member, 1);
    let first = world.enter(2, &[invitation.0], invitation);
    let second = world.enter(3, &[invitation.0], invitation);
    let third = world.enter(4, &[invitation.0], invitation);
    world.act(0, &[first], &seat(invitation.0, &[first]));
    world.act(1, &[second], &seat(invitation.0, &[second]));
    // A seat in whose past all seats are given already is void.
    let heads = world.governance().heads();
    let late = world.act(0, &heads, &seat(invitation.0, &[third]));
    let governance = world.governance();
    assert_eq!(governance.verdict(late), VOID);
    assert_eq!([first, second, third].map(|id| status(&governance, id)), [SEATED, SEATED, WAITS]);
    assert_eq!(governance.state().invitations[&invitation.0].seats.len(), 2);
}

#[test]
fn close_keeps_what_it_saw() {
    let mut world = World::new(5);
    let animator = world.settle(1, &[world.root()], Role::Animator);
    let invitation = world.invite(0, &[animator], Role::Member, 9);
    let seen = world.enter(2, &[invitation.0], invitation);
    let unseen = world.enter(3, &[invitation.0], invitation);
    let seated = world.enter(4, &[invitation.0], invitation);
    world.act(0, &[seen], &close(invitation.0));
    world.act(1, &[seated], &seat(invitation.0, &[seated]));
    let governance = world.governance();
    assert!(governance.state().invitations[&invitation.0].closed);
    assert_eq!([seen, unseen, seated].map(|id| status(&governance, id)), [COUNTS, WAITS, SEATED]);
    // A seat for what the close did not see, by somebody who knows of the close, is void.
    let heads = governance.heads();
    let late = world.act(1, &heads, &seat(invitation.0, &[unseen]));
    assert_eq!(world.governance().verdict(late), VOID);
}

#[test]
fn expiry_compares_claimed_times() {
    let mut world = World::new(4);
    let terms = InviteTerms { role: Role::Member, uses: 3, expires: Timestamp(10), confirm: false };
    let invitation = world.invite_on(0, &[world.root()], terms);
    world.time = 9;
    let on_time = world.enter(1, &[invitation.0], invitation);
    let late = world.enter(2, &[invitation.0], invitation);
    world.time = -5;
    let early = world.enter(3, &[invitation.0], invitation);
    let governance = world.governance();
    assert_eq!([on_time, late, early].map(|id| status(&governance, id)), [COUNTS, WAITS, COUNTS]);
}

#[test]
fn invitation_to_be_confirmed_admits_nobody_and_gives_no_key() {
    let mut world = World::new(2);
    let terms = InviteTerms { role: Role::Member, uses: 1, expires: LATE, confirm: true };
    let invitation = world.invite_on(0, &[world.root()], terms);
    let entered = world.enter(1, &[invitation.0], invitation);
    let seated = world.act(0, &[entered], &seat(invitation.0, &[entered]));
    let governance = world.governance();
    assert_eq!(status(&governance, entered), WAITS);
    assert_eq!(governance.verdict(seated), VOID);
    assert_eq!(open_invitation(governance.state(), invitation.0, &invitation.1).expect("no key"), []);
    assert_eq!(governance.state().spaces_of(world.device(1)), []);
}

/// What is said to those who wait, and to those who decide.
#[test]
fn who_waits_is_told_why() {
    let mut world = World::new(9);
    let root = world.root();
    let used = world.invite(0, &[root], Role::Member, 1);
    let first = world.enter(1, &[used.0], used);
    let seated = world.act(0, &[first], &seat(used.0, &[first]));
    let second = world.enter(2, &[used.0], used);
    let terms = |confirm, expires| InviteTerms { role: Role::Member, uses: 2, expires, confirm };
    let confirm = world.invite_on(0, &[seated], terms(true, LATE));
    let to_confirm = world.enter(3, &[confirm.0], confirm);
    let short = world.invite_on(0, &[confirm.0], terms(false, Timestamp(i64::MIN + 1)));
    let late = world.enter(4, &[short.0], short);
    let recalled = world.invite(0, &[short.0], Role::Member, 5);
    let closed = world.act(0, &[recalled.0], &close(recalled.0));
    let unseen = world.enter(5, &[recalled.0], recalled);
    let leaked = world.invite(0, &[closed], Role::Animator, 1);
    let honest = world.enter(6, &[leaked.0], leaked);
    world.act(0, &[honest], &seat(leaked.0, &[honest]));
    let thief = world.enter(7, &[leaked.0], leaked);
    let own = world.invite(7, &[thief], Role::Member, 5);
    let friend = world.enter(8, &[own.0], own);
    let governance = world.governance();
    let state = governance.state();
    let said = [first, second, to_confirm, late, unseen, thief, friend].map(|id| state.pending(id.into()));
    let nobody = Vec::new;
    assert_eq!(
        said,
        [
            None,
            Some((PendingWhy::Used, vec![first.into()])),
            Some((PendingWhy::Confirm, nobody())),
            Some((PendingWhy::Expired, nobody())),
            Some((PendingWhy::Closed, nobody())),
            Some((PendingWhy::Used, vec![honest.into()])),
            Some((PendingWhy::Inviter, nobody())),
        ]
    );
}

/// Whoever got hold of a leaked file must not make themselves firm by it.
#[test]
fn leaked_invitation_of_an_animator_confirms_nobody() {
    let mut world = World::new(6);
    let invitation = world.invite(0, &[world.root()], Role::Animator, 1);
    let honest = world.enter(1, &[invitation.0], invitation);
    world.act(0, &[honest], &join());
    let thief = world.enter(2, &[invitation.0], invitation);
    let own_seat = world.act(2, &[thief], &seat(invitation.0, &[thief]));
    let accomplice = world.invite(2, &[thief], Role::Animator, 5);
    let sybil = world.enter(3, &[accomplice.0], accomplice);
    let sybil_seat = world.act(3, &[sybil], &seat(invitation.0, &[thief]));
    let witness = world.act(3, &[sybil], &join());
    let closed = world.act(3, &[sybil], &close(invitation.0));
    let governance = world.governance();
    assert_eq!([honest, thief, sybil].map(|id| status(&governance, id)), [COUNTS, WAITS, WAITS]);
    assert_eq!([own_seat, sybil_seat, closed].map(|id| governance.verdict(id)), [VOID; 3]);
    assert_eq!([accomplice.0, witness].map(|id| governance.verdict(id)), [MASKED; 2]);
    assert!(governance.state().invitations[&accomplice.0].suspended);
    assert!(!governance.state().invitations[&invitation.0].closed);
    // In the thief's own past it was not so.
    let private = governance.state_at(&[sybil]).expect("known");
    assert_eq!(private.members[&sybil.into()].status, Status::Active);
}

#[test]
fn device_enters_once_and_may_try_again_while_it_waits() {
    let mut world = World::new(3);
    let first = world.invite(0, &[world.root()], Role::Member, 1);
    let second = world.invite(0, &[first.0], Role::Member, 1);
    let entered = world.enter(1, &[second.0], first);
    let again = world.enter(1, &[entered], second);
    assert_eq!(world.governance().verdict(again), VOID);
    world.act(0, &[entered], &seat(first.0, &[entered]));
    let surplus = world.enter(2, &world.governance().heads(), first);
    assert_eq!(status(&world.governance(), surplus), WAITS);
    let retry = world.enter(2, &[surplus], second);
    let governance = world.governance();
    assert_eq!(status(&governance, retry), COUNTS);
    assert_eq!(governance.state().device(world.device(2)), Some(retry.into()));
}

/// A copied device enters twice at once: it is the member with a seat, then the one with the smaller id.
#[test]
fn device_that_entered_twice_at_once_is_one_member() {
    let mut world = World::new(2);
    let first = world.invite(0, &[world.root()], Role::Animator, 2);
    let second = world.invite(0, &[first.0], Role::Animator, 2);
    let one = world.enter(1, &[second.0], first);
    world.people[1].reborn(9);
    let other = world.enter(1, &[second.0], second);
    let (small, large) = (one.min(other), one.max(other));
    let member = |world: &World| {
        let mut backwards = world.acts.clone();
        backwards[1..].reverse();
        let governances = [world.governance(), gather(&backwards)];
        let members = governances.map(|governance| governance.state().device(world.device(1)));
        assert_eq!(members[0], members[1]);
        members[0].expect("a member")
    };
    assert_eq!(member(&world), small.into());
    // What it does is done by that member, whichever entrance arrived first.
    let by = world.invite(1, &[one, other], Role::Member, 1).0;
    for order in [[0, 1, 2, 3, 4, 5], [0, 1, 2, 4, 3, 5]] {
        let acts: Vec<Act> = order.iter().map(|&at| world.acts[at].clone()).collect();
        assert_eq!(gather(&acts).state().invitations[&by].by, small.into());
    }
    let invitation = if large == one { first.0 } else { second.0 };
    world.act(0, &[large], &seat(invitation, &[large]));
    assert_eq!(member(&world), large.into());
}

#[test]
fn keys_that_the_community_did_not_agree_on_are_not_taken() {
    let mut world = World::new(1);
    let right = world.keys.clone();
    world.keys[1].2 = SpaceKey::from_bytes([1; 32]);
    let invitation = world.invite(0, &[world.root()], Role::Member, 1);
    world.keys = right.clone();
    world.keys[0].1 = EpochId([1; 8]);
    let other = world.invite(0, &[world.root()], Role::Member, 1);
    let governance = world.governance();
    let state = governance.state();
    assert!(open_invitation(state, invitation.0, &invitation.1).is_err());
    assert!(open_invitation(state, other.0, &other.1).is_err());
    let agreement = Agreement::from_seed(&invitation_agreement_seed(&invitation.1));
    assert!(state.keys_for(&agreement) == right[..1]);
}

#[test]
fn what_is_not_known_is_kept_without_effect() {
    let mut world = World::new(2);
    let newer = world.act(0, &[world.root()], &GovernanceShape { act: None });
    let mut wire = wire::Invite { role: 99, uses: 1, ..wire::Invite::default() };
    let newer_role = world.act(0, &[newer], &shape(wire.clone()));
    wire.role = 0;
    let broken = world.act(0, &[newer_role], &shape(wire));
    let stranger = world.act(1, &[broken], &GovernanceShape { act: None });
    let governance = world.governance();
    assert_eq!([newer, newer_role].map(|id| governance.verdict(id)), [COUNTED; 2]);
    assert_eq!(governance.verdict(broken), Some(Verdict::Void(Breach::Shape)));
    assert_eq!(governance.verdict(stranger), VOID);
    assert_eq!(governance.state().newer, BTreeSet::from([newer, newer_role]));
    assert_eq!(governance.heads(), [stranger]);
}

fn shape(invite: wire::Invite) -> GovernanceShape {
    GovernanceShape { act: Some(governance_shape::Act::Invite(invite)) }
}

#[test]
fn acts_of_other_places_have_none() {
    let mut world = World::new(2);
    let other = World::new(2);
    let mut governance = world.governance();
    assert_eq!(governance.insert(other.acts[0].clone()), []);
    let root = world.root();
    let mut foreign = world.people[0].act(Some(CommunityId([3; 32])), &[root], LATE, &join());
    assert_eq!(governance.insert(foreign.clone()), []);
    assert_eq!(governance.verdict(foreign.id), None);
    // Its own chain leads to somebody else's entry.
    foreign.community = world.community;
    foreign.prev = Some(world.root());
    foreign.device = world.device(1);
    assert_eq!(governance.insert(foreign.clone()), [foreign.id]);
    assert_eq!(governance.verdict(foreign.id), Some(Verdict::Void(Breach::Place)));
    assert!(Governance::new(foreign).is_err());
}

/// A carrier holds entries of others, leaves, and sees to its devices: nothing else that it signs counts.
#[test]
fn carrier_signs_nothing_that_counts() {
    let mut world = World::new(3);
    let head = world.settle(1, &[world.root()], Role::Relay);
    let invitation = world.invite(0, &[head], Role::Member, 1);
    let entered = world.enter(2, &[invitation.0], invitation);
    let member = world.governance().state().device(world.device(1)).expect("the carrier");
    let none = BTreeSet::new();
    let shapes = [
        join(),
        GovernanceShape { act: None },
        seat(invitation.0, &[entered]),
        close(invitation.0),
        revoke(entered.into(), &Cut::default()),
        grant(entered.into(), Role::Expert, &none, None),
        resign(Role::Relay),
        checkpoint(),
        recover(&[member].into()),
        rule(Settings::default()),
        admit(&[entered].into(), &BTreeSet::new(), (&[], &[]), &mut Seeded::new(1)),
        end(),
    ];
    let void: Vec<EntryId> = shapes.iter().map(|shape| world.act(1, &[entered], shape)).collect();
    let invited = world.invite(1, &[entered], Role::Relay, 1).0;
    let governance = world.governance();
    assert!(void.iter().chain([&invited]).all(|&id| governance.verdict(id) == VOID));
    assert_eq!(status(&governance, entered), COUNTS);
    assert_eq!(governance.duties(world.device(1), LATE), []);
    let left = world.act(1, &[entered], &leave());
    assert_eq!(world.governance().verdict(left), COUNTED);
}
