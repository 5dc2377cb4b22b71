//! Cases worked out by hand. Persons: F the founder, then A, B, C in the order of admission; acts have small numbers.

use super::*;

const F: u8 = 0;
const A: u8 = 1;
const B: u8 = 2;
const C: u8 = 3;

fn id(number: u8) -> Id {
    [number; 32]
}

fn ids(numbers: &[u8]) -> Cut {
    numbers.iter().map(|&number| id(number)).collect()
}

fn first_device(person: u8) -> u8 {
    person * DEVICES
}

fn revoke(person: u8, cut: &[u8]) -> Deed {
    Deed::Revoke { person, cut: ids(cut), signers: BTreeSet::new() }
}

fn revoke_signed(person: u8, signers: &[u8]) -> Deed {
    Deed::Revoke { person, cut: Cut::new(), signers: signers.iter().copied().collect() }
}

fn grant(person: u8, role: Role, cut: &[u8]) -> Deed {
    Deed::Grant { person, role, cut: ids(cut) }
}

fn admit(person: u8, role: Role) -> Deed {
    Deed::Admit { device: first_device(person), role }
}

fn checkpoint(signers: &[u8]) -> Deed {
    Deed::Checkpoint { signers: signers.iter().copied().collect() }
}

#[derive(Default)]
struct Story {
    case: Case,
}

impl Story {
    /// Act 1 founds, acts 2 and on admit A, B, C with these roles.
    fn new(roles: &[Role]) -> Story {
        let mut story = Story::default();
        story.act(1, F, &[], Deed::Found);
        for (person, &role) in (1..).zip(roles) {
            story.act(person + 1, F, &[person], admit(person, role));
        }
        story
    }

    fn act(&mut self, number: u8, person: u8, after: &[u8], deed: Deed) {
        self.act_on(number, first_device(person), after, deed);
    }

    /// The act follows the newest one of its device in its past; writing twice after one act is a fork.
    fn act_on(&mut self, number: u8, device: u8, after: &[u8], deed: Deed) {
        let mut past = ids(after);
        for act in self.case.acts.iter().rev() {
            if past.contains(&act.id) {
                past.extend(act.prev.iter().chain(&act.deps));
            }
        }
        let prev = self.case.acts.iter().rfind(|act| act.device == device && past.contains(&act.id));
        let prev = prev.map(|act| act.id);
        self.case.acts.push(Act { id: id(number), device, incarnation: 0, prev, deps: ids(after), deed });
    }

    fn verdicts(&self) -> Verdicts {
        evaluate(&self.case)
    }

    /// Checks these fates; acts that are not named must be valid.
    #[track_caller]
    fn check(&self, not_valid: &[(u8, Fate)]) -> Verdicts {
        let verdicts = self.verdicts();
        let expected = self.case.acts.iter().map(|act| act.id);
        let mut expected: BTreeMap<Id, Fate> = expected.map(|id| (id, Fate::Valid)).collect();
        expected.extend(not_valid.iter().map(|&(number, fate)| (id(number), fate)));
        let show =
            |fates: &BTreeMap<Id, Fate>| -> Vec<(u8, Fate)> { fates.iter().map(|(id, &it)| (id[0], it)).collect() };
        assert_eq!(show(&verdicts.fates), show(&expected));
        verdicts
    }
}

impl Verdicts {
    fn role(&self, person: u8) -> Option<Role> {
        self.people.get(&person).map(|standing| standing.role)
    }
}

use Role::{Animator, Expert, Founder, Member, Observer};

#[test]
fn in_a_duel_the_senior_wins() {
    let mut story = Story::new(&[Animator, Animator, Animator]);
    story.act(10, B, &[4], revoke(A, &[]));
    story.act(20, A, &[4], revoke(B, &[]));
    let verdicts = story.check(&[(10, Fate::Hit)]);
    assert_eq!((verdicts.role(A), verdicts.role(B)), (Some(Animator), None));
}

#[test]
fn of_a_circle_of_three_the_senior_survives_and_the_one_aimed_at_it_is_void() {
    let mut story = Story::new(&[Animator, Animator, Animator]);
    story.act(10, A, &[4], revoke(B, &[]));
    story.act(11, B, &[4], revoke(C, &[]));
    story.act(12, C, &[4], revoke(A, &[]));
    let verdicts = story.check(&[(11, Fate::Hit), (12, Fate::Outranked)]);
    assert_eq!((verdicts.role(A), verdicts.role(B), verdicts.role(C)), (Some(Animator), None, Some(Animator)));
}

#[test]
fn a_senior_removal_that_waits_for_an_innocent_entry_still_wins() {
    let mut story = Story::new(&[Animator, Animator, Member]);
    story.act(10, B, &[4], revoke(A, &[]));
    story.act(20, C, &[4], Deed::Join);
    story.act(21, C, &[20], Deed::Join);
    story.act(22, A, &[21], revoke(B, &[]));
    story.check(&[(10, Fate::Hit)]);
}

#[test]
fn the_last_animator_stays() {
    let mut story = Story::new(&[Member]);
    story.act(10, F, &[2], Deed::Leave);
    let verdicts = story.check(&[(10, Fate::Floor)]);
    assert_eq!(verdicts.role(F), Some(Founder));

    let mut story = Story::new(&[Member]);
    story.act(10, F, &[2], Deed::Close);
    assert!(story.check(&[]).closed);
}

#[test]
fn of_the_last_two_who_resign_at_once_the_junior_stays_for_good() {
    let mut story = Story::new(&[Animator, Member]);
    story.act(10, F, &[3], Deed::Resign);
    story.act(11, A, &[3], Deed::Resign);
    let verdicts = story.check(&[(11, Fate::Floor)]);
    assert_eq!((verdicts.role(F), verdicts.role(A)), (Some(Member), Some(Animator)));
    // An animator named later does not let the junior go after all.
    story.act(12, A, &[10, 11], grant(B, Animator, &[]));
    assert_eq!(story.check(&[(11, Fate::Floor)]).role(A), Some(Animator));
}

#[test]
fn what_a_demoted_one_grants_is_void_and_what_a_member_may_do_stands() {
    let mut story = Story::new(&[Animator, Member]);
    story.act(10, F, &[3], grant(A, Member, &[]));
    story.act(11, A, &[3], grant(B, Animator, &[]));
    story.act(12, B, &[11], admit(C, Member));
    story.act(13, A, &[11], Deed::DeviceAdd { device: first_device(A) + 1 });
    let verdicts = story.check(&[(11, Fate::Hit), (12, Fate::Unsupported)]);
    assert_eq!((verdicts.role(A), verdicts.role(B), verdicts.role(C)), (Some(Member), Some(Member), None));
    assert_eq!(verdicts.people[&A].devices.len(), 2);
    assert!(verdicts.cuts.is_empty());
}

#[test]
fn what_the_expelled_back_dates_is_void_and_what_the_removal_saw_stands() {
    let mut story = Story::new(&[Animator, Member]);
    story.act(10, A, &[3], grant(B, Expert, &[]));
    story.act(11, A, &[10], Deed::Join);
    story.act(20, F, &[10], revoke(A, &[10]));
    story.act(21, A, &[3], grant(B, Observer, &[]));
    story.act(22, A, &[20], Deed::Join);
    let verdicts = story.check(&[(11, Fate::Hit), (21, Fate::Hit), (22, Fate::NoRight)]);
    assert_eq!(verdicts.role(B), Some(Expert));
    assert_eq!(verdicts.cuts, BTreeMap::from([(first_device(A), ids(&[10]))]));
}

#[test]
fn several_removals_each_void_what_they_did_not_see_and_content_keeps_the_union() {
    let mut story = Story::new(&[Animator, Animator, Member]);
    story.act(10, B, &[4], Deed::Join);
    story.act(11, B, &[10], Deed::Join);
    story.act(20, F, &[11], revoke(B, &[11]));
    story.act(21, A, &[10], revoke(B, &[10]));
    let verdicts = story.check(&[(11, Fate::Hit)]);
    assert_eq!(verdicts.cuts, BTreeMap::from([(first_device(B), ids(&[10, 11]))]));
}

#[test]
fn re_adding_needs_the_removal_in_its_past() {
    let mut story = Story::new(&[Animator, Member]);
    story.act(10, F, &[3], revoke(B, &[]));
    story.act(20, A, &[10], admit(B, Expert));
    story.act(21, F, &[10], Deed::Join);
    assert_eq!(story.check(&[]).role(B), Some(Expert));
    // A second removal, concurrent with the return.
    let mut story = Story::new(&[Animator, Member]);
    story.act(10, F, &[3], revoke(B, &[]));
    story.act(11, A, &[3], revoke(B, &[]));
    story.act(20, F, &[10], admit(B, Member));
    assert_eq!(story.check(&[]).role(B), None);
}

#[test]
fn a_quorum_of_the_others_outranks_the_founder() {
    let mut story = Story::new(&[Animator, Animator]);
    story.act(10, F, &[3], revoke(A, &[]));
    story.act(20, A, &[3], revoke_signed(F, &[B]));
    let verdicts = story.check(&[(10, Fate::Hit)]);
    assert_eq!((verdicts.role(F), verdicts.role(A)), (None, Some(Animator)));
    // Signed by one of two others it is no quorum, and who is no animator does not count.
    let mut story = Story::new(&[Animator, Animator, Member]);
    story.act(10, F, &[4], revoke(A, &[]));
    story.act(20, A, &[4], revoke_signed(F, &[C]));
    story.check(&[(20, Fate::Hit)]);
}

#[test]
fn who_was_expelled_in_a_closed_epoch_does_not_win_by_back_dating() {
    let mut story = Story::new(&[Animator, Animator]);
    story.act(10, B, &[3], revoke(A, &[]));
    story.act(11, B, &[10], checkpoint(&[F]));
    // A is senior to B, and would win without the checkpoint.
    story.act(20, A, &[3], revoke(B, &[]));
    story.check(&[(20, Fate::LostAtCheckpoint)]);
    story.case.acts.retain(|act| act.id != id(11));
    story.check(&[(10, Fate::Hit)]);
}

#[test]
fn a_checkpoint_shields_its_epoch_and_not_what_is_beside_it() {
    let mut story = Story::new(&[Animator, Animator, Member]);
    story.act(10, B, &[4], grant(C, Expert, &[]));
    story.act(11, B, &[10], checkpoint(&[F]));
    story.act(12, B, &[10], Deed::Join);
    story.act(20, A, &[4], revoke(B, &[]));
    let verdicts = story.check(&[(12, Fate::Hit)]);
    assert_eq!((verdicts.role(B), verdicts.role(C)), (None, Some(Expert)));
}

#[test]
fn of_two_checkpoints_the_one_with_more_signers_then_the_smaller_id_stands() {
    let mut story = Story::new(&[Animator, Animator]);
    story.act(10, A, &[3], checkpoint(&[B]));
    story.act(11, F, &[3], checkpoint(&[A, B]));
    story.act(12, B, &[3], checkpoint(&[A]));
    story.act(13, B, &[3], checkpoint(&[C]));
    story.check(&[(10, Fate::OtherCheckpoint), (12, Fate::OtherCheckpoint), (13, Fate::NoRight)]);
    story.case.acts.retain(|act| act.id != id(11));
    story.check(&[(12, Fate::OtherCheckpoint), (13, Fate::NoRight)]);
}

fn recover(animators: &[u8], signers: &[u8], printed_key: bool) -> Deed {
    Deed::Recover {
        animators: animators.iter().copied().collect(),
        signers: signers.iter().copied().collect(),
        printed_key,
    }
}

#[test]
fn members_recover_an_animator_vetoes_and_the_members_confirm() {
    let mut story = Story::new(&[Member, Member, Member]);
    story.act(9, A, &[4], recover(&[A], &[B], false));
    story.act(10, A, &[4], recover(&[A], &[B, C], false));
    story.act(11, A, &[10], grant(B, Expert, &[]));
    let verdicts = story.check(&[(9, Fate::NoRight)]);
    assert_eq!((verdicts.role(A), verdicts.role(B)), (Some(Animator), Some(Expert)));
    // Who rose by the recovery can't remove who vetoes it.
    story.act(12, A, &[10], revoke(F, &[]));
    story.act(13, F, &[10], Deed::Veto { of: id(10) });
    let void = [(9, Fate::NoRight), (10, Fate::Vetoed), (11, Fate::Unsupported), (12, Fate::Unsupported)];
    assert_eq!(story.check(&void).role(A), Some(Member));
    // A confirm without the quorum, then one with it.
    let confirm =
        |signers: &[u8]| Deed::Confirm { of: id(10), signers: signers.iter().copied().collect(), printed_key: false };
    story.act(14, B, &[13], confirm(&[C]));
    story.act(15, B, &[13], confirm(&[A, C]));
    let verdicts = story.check(&[&void[..], &[(14, Fate::NoRight)]].concat());
    assert_eq!((verdicts.role(A), verdicts.role(B), verdicts.role(F)), (Some(Animator), Some(Member), Some(Founder)));
}

#[test]
fn below_three_the_printed_key_recovers() {
    let mut story = Story::new(&[Member]);
    story.act(10, A, &[2], recover(&[A], &[F], false));
    story.act(11, A, &[2], recover(&[A], &[], true));
    assert_eq!(story.check(&[(10, Fate::NoRight)]).role(A), Some(Animator));
}

#[test]
fn a_younger_device_does_not_drop_an_older_one_without_the_recovery_key() {
    let (old, young) = (first_device(A), first_device(A) + 1);
    let drop = |device, recovery_key| Deed::DeviceDrop { device, cut: Cut::new(), recovery_key };
    let mut story = Story::new(&[Animator]);
    story.act(10, A, &[2], Deed::DeviceAdd { device: young });
    story.act_on(11, young, &[10], drop(old, false));
    story.act_on(12, young, &[10], Deed::Join);
    story.check(&[(11, Fate::NoRight)]);
    story.act_on(13, old, &[10], drop(young, false));
    assert_eq!(story.check(&[(11, Fate::NoRight), (12, Fate::Hit)]).people[&A].devices.len(), 1);
    let mut story = Story::new(&[Animator]);
    story.act(10, A, &[2], Deed::DeviceAdd { device: young });
    story.act_on(11, young, &[10], drop(old, true));
    story.act_on(12, old, &[10], Deed::Join);
    story.check(&[(12, Fate::Hit)]);
}

#[test]
fn a_grant_that_falls_takes_along_what_rests_on_it_alone() {
    let mut story = Story::new(&[Animator, Member, Member]);
    story.act(10, A, &[4], grant(B, Animator, &[]));
    story.act(11, F, &[4], grant(B, Animator, &[]));
    story.act(12, B, &[10], grant(C, Expert, &[]));
    story.act(13, B, &[10, 11], Deed::Admit { device: 16, role: Member });
    story.act(14, F, &[11], revoke(A, &[]));
    story.check(&[(10, Fate::Hit), (12, Fate::Unsupported)]);
}

#[test]
fn a_removal_whose_right_is_in_question_does_not_win_before_the_question_is_settled() {
    // F removes A before A's grant to B; B, by that grant, removes F.
    let mut story = Story::new(&[Animator, Member]);
    story.act(10, A, &[3], grant(B, Animator, &[]));
    story.act(11, B, &[10], revoke(F, &[]));
    story.act(20, F, &[3], revoke(A, &[]));
    let verdicts = story.check(&[(10, Fate::Hit), (11, Fate::Outranked)]);
    assert_eq!((verdicts.role(F), verdicts.role(A), verdicts.role(B)), (Some(Founder), None, Some(Member)));
    // The signature of a puppet makes no quorum against the removal that takes its grant away.
    let mut story = Story::new(&[Animator, Animator, Member]);
    story.act(10, A, &[4], grant(C, Animator, &[]));
    story.act(11, C, &[10], revoke_signed(F, &[A]));
    story.act(20, F, &[4], revoke(A, &[]));
    let verdicts = story.check(&[(10, Fate::Hit), (11, Fate::Outranked)]);
    assert_eq!((verdicts.role(F), verdicts.role(A)), (Some(Founder), None));
}

#[test]
fn a_removal_voided_by_a_later_senior_one_hits_nobody() {
    // P3 in its strong form does not hold: act 11 is void, until act 13, which stands upon it, appears.
    let mut story = Story::new(&[Animator, Animator, Animator]);
    story.act(10, A, &[4], revoke(B, &[]));
    story.act(11, B, &[4], grant(C, Expert, &[]));
    story.check(&[(11, Fate::Hit)]);
    story.act(13, F, &[11], revoke(A, &[]));
    let verdicts = story.check(&[(10, Fate::Hit)]);
    assert_eq!((verdicts.role(A), verdicts.role(B), verdicts.role(C)), (None, Some(Animator), Some(Expert)));
}

#[test]
fn what_lacks_its_past_is_pending_and_what_is_malformed_too() {
    let mut story = Story::new(&[Animator]);
    story.act(10, A, &[2, 99], Deed::Join);
    story.act(11, A, &[10], Deed::Join);
    story.act(12, F, &[2], Deed::Join);
    story.case.acts.last_mut().expect("an act").device = first_device(A);
    story.check(&[(10, Fate::Pending), (11, Fate::Pending), (12, Fate::Pending)]);
}
