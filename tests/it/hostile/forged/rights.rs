//! Acts and entries of people who may not write them, or not any more.

use std::collections::BTreeSet;

use repertoire::model::governance::{self, Cut, Place, Proposal, Role, Settings, TIPS_MAX, USES_MAX};
use repertoire::model::sign::DeviceProof;
use repertoire::model::verdict::{Breach, Mask, Need};
use repertoire::model::{EntryId, Incarnation, Verdict};
use repertoire::wire::Message;
use repertoire::wire::entry::governance_shape::Act;
use repertoire::wire::entry::{Admit, Cosigned, GovernanceShape, Join};

use super::super::hand::Hand;
use super::super::program::Line;
use super::{End, Row, Sent, Stage};

const COUNTED: Verdict = Verdict::Counted;
const RIGHT: Verdict = Verdict::Void(Breach::Right);
const LOST: Verdict = Verdict::Void(Breach::Lost);
const SHAPE: Verdict = Verdict::Void(Breach::Shape);
const PENDING: Verdict = Verdict::Masked(Mask::Pending);
const CUT: Verdict = Verdict::Masked(Mask::Cut);
/// When invitations end.
const LATE: i64 = 1 << 50;
/// Concurrent heads of the governance log.
const HEADS: usize = 200;

/// Somebody whom the liar let in.
struct Puppet {
    hand: Hand,
    /// What made it a member.
    entered: EntryId,
    /// What gave it its seat, and has all of that in its past.
    seat: EntryId,
}

/// The liar's own acts, and people let in by them.
struct Cast {
    liar: Hand,
    people: Vec<Puppet>,
}

impl Cast {
    fn new(stage: &Stage, roles: &[Role]) -> Cast {
        let mut cast = Cast { liar: stage.hand(1).governing(), people: Vec::new() };
        let mut heads = stage.heads.clone();
        for role in roles {
            let number = cast.people.len() as u64 + 2;
            let seed = (stage.seed / 16 + number * 40).to_le_bytes()[0];
            let mut hand = stage.hand(number).governing().stranger(seed);
            let invitation = cast.liar.invite(&heads, *role, 1, LATE);
            let entered = hand.enter(&[invitation.0], invitation);
            let seat = cast.liar.act(&[entered], &governance::seat(invitation.0, &[entered]));
            cast.people.push(Puppet { hand, entered, seat });
            heads = vec![seat];
        }
        cast
    }

    /// What all of them have seen.
    fn all(&self) -> Vec<EntryId> {
        vec![self.liar.place.1]
    }

    fn sent(self, more: Vec<Line>) -> Sent {
        let people = self.people.into_iter().map(|puppet| puppet.hand.line);
        Sent::lines([self.liar.line].into_iter().chain(people).chain(more).collect())
    }
}

/// One act of somebody of this role.
fn act(stage: &Stage, role: Role, shape: impl FnOnce(&Stage, &Puppet) -> GovernanceShape, verdict: Verdict) -> Sent {
    let mut cast = Cast::new(stage, &[role]);
    let shape = shape(stage, &cast.people[0]);
    let puppet = &mut cast.people[0];
    let id = puppet.hand.act(&[puppet.seat], &shape);
    let entered = puppet.entered;
    cast.sent(Vec::new()).is(entered, COUNTED).is(id, verdict)
}

/// An edit by somebody of this role.
fn words(stage: &Stage, role: Role, verdict: Verdict) -> Sent {
    let cast = Cast::new(stage, &[role]);
    let mut hand = writing(stage, &cast.people[0]);
    let id = hand.honest();
    cast.sent(vec![hand.line]).is(id, verdict)
}

/// The puppet's life in the commons, having seen how it came in.
fn writing(stage: &Stage, puppet: &Puppet) -> Hand {
    let mut hand = stage.hand(9);
    hand.signing = repertoire::model::sign::Signing::from_seed(&puppet.hand.signing.seed());
    hand.gov = vec![puppet.seat];
    hand
}

fn founder(stage: &Stage) -> EntryId {
    stage.founder.community.into()
}

/// A cut of the commons that keeps nothing.
fn nothing_kept(stage: &Stage) -> Cut {
    Cut { spaces: BTreeSet::from([stage.space()]), ..Cut::default() }
}

/// People remove each other in a circle, each having seen the same; the first came in first.
fn circle(stage: &Stage, count: usize) -> Sent {
    let mut cast = Cast::new(stage, &vec![Role::Animator; count]);
    let heads = cast.all();
    let entered: Vec<EntryId> = cast.people.iter().map(|puppet| puppet.entered).collect();
    let acts: Vec<EntryId> =
        (0..count).map(|at| cast.people[at].hand.remove(&heads, entered[(at + 1) % count])).collect();
    cast.sent(Vec::new()).is(acts[0], COUNTED).each(acts[1..].to_vec(), End::Is(LOST))
}

/// Rows for a community that the founder alone governs.
pub(super) const ALONE: &[Row] = &[
    ("the last who governs leaves", |stage, _| {
        let mut thief = stage.thief(1).governing();
        thief.act(&stage.heads, &governance::leave());
        Sent::all(&mut thief, RIGHT)
    }),
    ("the last who governs gives the role up", |stage, _| {
        let mut thief = stage.thief(1).governing();
        thief.act(&stage.heads, &governance::resign(Role::Member));
        Sent::all(&mut thief, RIGHT)
    }),
    ("the last who governs removes themselves", |stage, _| {
        let mut thief = stage.thief(1).governing();
        thief.remove(&stage.heads, founder(stage));
        Sent::all(&mut thief, RIGHT)
    }),
    ("the last who governs drops their only device", |stage, _| {
        let mut thief = stage.thief(1).governing();
        let drop = governance::device_drop(founder(stage).into(), thief.device(), &Cut::default());
        thief.act(&stage.heads, &drop);
        Sent::all(&mut thief, RIGHT)
    }),
];

pub(super) const TABLE: &[Row] = &[
    ("a member removes the founder", |stage, _| {
        act(stage, Role::Member, |stage, _| governance::revoke(founder(stage).into(), &Cut::default()), RIGHT)
    }),
    ("a member makes themselves an animator", |stage, _| {
        let grant =
            |_: &Stage, me: &Puppet| governance::grant(me.entered.into(), Role::Animator, &BTreeSet::new(), None);
        act(stage, Role::Member, grant, RIGHT)
    }),
    ("a member lowers the founder", |stage, _| {
        let grant = |stage: &Stage, _: &Puppet| {
            governance::grant(founder(stage).into(), Role::Member, &BTreeSet::new(), Some(&Cut::default()))
        };
        act(stage, Role::Member, grant, RIGHT)
    }),
    ("a member invites an animator", |stage, _| {
        let mut cast = Cast::new(stage, &[Role::Member]);
        let seat = cast.people[0].seat;
        let invitation = cast.people[0].hand.invite(&[seat], Role::Animator, 9, LATE);
        let mut friend = stage.hand(8).governing().stranger(stage.seed.to_le_bytes()[0] ^ 0x55);
        let entered = friend.enter(&[invitation.0], invitation);
        cast.sent(vec![friend.line]).is(invitation.0, RIGHT).is(entered, RIGHT)
    }),
    ("a member changes the rules", |stage, _| {
        let settings = Settings { inviters: Role::Member, validations: 1 };
        act(stage, Role::Member, |_, _| governance::rule(settings), RIGHT)
    }),
    ("a member closes an epoch", |stage, _| act(stage, Role::Member, |_, _| governance::checkpoint(), RIGHT)),
    ("a member ends the community", |stage, _| act(stage, Role::Member, |_, _| governance::end(), RIGHT)),
    ("a member lets an entry in", |stage, _| {
        let admit = |stage: &Stage, _: &Puppet| {
            let entries = BTreeSet::from([stage.document]);
            governance::admit(&BTreeSet::new(), &entries, (&[], &[]), &mut stage.hand(7).random())
        };
        act(stage, Role::Member, admit, RIGHT)
    }),
    ("an expert closes an epoch", |stage, _| act(stage, Role::Expert, |_, _| governance::checkpoint(), RIGHT)),
    ("an animator closes an epoch alone", |stage, _| {
        act(stage, Role::Animator, |_, _| governance::checkpoint(), RIGHT)
    }),
    ("an animator ends the community alone", |stage, _| act(stage, Role::Animator, |_, _| governance::end(), RIGHT)),
    ("an animator names a founder", |stage, _| {
        let grant =
            |_: &Stage, me: &Puppet| governance::grant(me.entered.into(), Role::Founder, &BTreeSet::new(), None);
        act(stage, Role::Animator, grant, RIGHT)
    }),
    ("an animator recovers the community alone", |stage, _| {
        act(stage, Role::Animator, |_, me| governance::recover(&BTreeSet::from([me.entered.into()])), RIGHT)
    }),
    ("an animator gives the founder a device", |stage, _| {
        let add = |stage: &Stage, me: &Puppet| {
            let hand = stage.hand(7).stranger(0xee);
            let proof = DeviceProof {
                community: stage.liar.community,
                member: founder(stage).into(),
                device: hand.device(),
                agreement: hand.agreement.public(),
            };
            let signature = me.hand.signing.device(&proof);
            governance::device_add(&proof, me.hand.device(), &signature, &[], &mut stage.hand(7).random())
        };
        act(stage, Role::Animator, add, RIGHT)
    }),
    ("an observer bears witness", |stage, _| act(stage, Role::Observer, |_, _| governance::join(), COUNTED)),
    ("a carrier bears witness", |stage, _| act(stage, Role::Relay, |_, _| governance::join(), RIGHT)),
    ("a carrier removes somebody", |stage, _| {
        act(stage, Role::Relay, |stage, _| governance::revoke(founder(stage).into(), &Cut::default()), RIGHT)
    }),
    ("a member writes", |stage, _| words(stage, Role::Member, COUNTED)),
    ("an observer writes", |stage, _| words(stage, Role::Observer, RIGHT)),
    ("a carrier writes", |stage, _| words(stage, Role::Relay, RIGHT)),
    ("somebody removed writes on", |stage, _| {
        let mut cast = Cast::new(stage, &[Role::Member]);
        let (heads, entered) = (cast.all(), cast.people[0].entered);
        let removal = cast.liar.act(&heads, &governance::revoke(entered.into(), &nothing_kept(stage)));
        let mut hand = writing(stage, &cast.people[0]);
        hand.gov = vec![removal];
        let id = hand.honest();
        cast.sent(vec![hand.line]).is(removal, COUNTED).is(id, RIGHT)
    }),
    ("somebody removed writes with an old date", |stage, _| {
        let mut cast = Cast::new(stage, &[Role::Member]);
        let mut hand = writing(stage, &cast.people[0]);
        hand.time = i64::MIN;
        let kept = hand.honest();
        let mut cut = nothing_kept(stage);
        cut.add(Place::of(&hand.line[0].0));
        let (heads, entered) = (cast.all(), cast.people[0].entered);
        let removal = cast.liar.act(&heads, &governance::revoke(entered.into(), &cut));
        let late = hand.honest();
        let mut reborn = writing(stage, &cast.people[0]);
        reborn.incarnation = Incarnation([stage.seed.to_le_bytes()[0]; 16]);
        let anew = reborn.honest();
        let sent = cast.sent(vec![hand.line, reborn.line]);
        sent.is(removal, COUNTED).is(kept, COUNTED).is(late, CUT).is(anew, CUT)
    }),
    ("somebody dropped writes on by the lost device", |stage, _| {
        let mut cast = Cast::new(stage, &[Role::Member]);
        let (heads, entered) = (cast.all(), cast.people[0].entered);
        let device = cast.people[0].hand.device();
        let dropped = cast.liar.act(&heads, &governance::device_drop(entered.into(), device, &nothing_kept(stage)));
        let mut hand = writing(stage, &cast.people[0]);
        let behind = hand.honest();
        hand.gov = vec![dropped];
        let after = hand.honest();
        cast.sent(vec![hand.line]).is(dropped, COUNTED).is(behind, CUT).is(after, RIGHT)
    }),
    ("somebody removed governs on with an old date", |stage, _| {
        let mut cast = Cast::new(stage, &[Role::Animator, Role::Member]);
        let (heads, entered, target) = (cast.all(), cast.people[0].entered, cast.people[1].entered);
        let removal = cast.liar.remove(&heads, entered);
        let revenge = cast.people[0].hand.remove(&heads, target);
        let knowing = cast.people[0].hand.remove(&[removal], target);
        cast.sent(Vec::new()).is(removal, COUNTED).is(revenge, LOST).is(knowing, RIGHT)
    }),
    ("somebody lowered grants what they could", |stage, _| {
        let mut cast = Cast::new(stage, &[Role::Animator, Role::Member]);
        let (heads, entered, target) = (cast.all(), cast.people[0].entered, cast.people[1].entered);
        let lower = governance::grant(entered.into(), Role::Member, &BTreeSet::new(), Some(&nothing_kept(stage)));
        let lowered = cast.liar.act(&heads, &lower);
        let grant = governance::grant(target.into(), Role::Animator, &BTreeSet::new(), None);
        let granted = cast.people[0].hand.act(&heads, &grant);
        cast.sent(Vec::new()).is(lowered, COUNTED).is(granted, LOST)
    }),
    ("two animators remove each other", |stage, _| circle(stage, 2)),
    ("three animators remove each other in a circle", |stage, _| circle(stage, 3)),
    ("an animator and the founder remove each other", |stage, _| {
        let mut cast = Cast::new(stage, &[Role::Animator]);
        let (heads, entered) = (cast.all(), cast.people[0].entered);
        let removal = cast.people[0].hand.remove(&heads, founder(stage));
        let mut thief = stage.thief(5).governing();
        let answer = thief.remove(&heads, entered);
        cast.sent(vec![thief.line]).is(answer, COUNTED).is(removal, LOST)
    }),
    ("an animator removes themselves", |stage, _| {
        act(stage, Role::Animator, |_, me| governance::revoke(me.entered.into(), &Cut::default()), RIGHT)
    }),
    ("an invitation for one, used twice", |stage, _| {
        let mut liar = stage.hand(1).governing();
        let invitation = liar.invite(&stage.heads, Role::Member, 1, LATE);
        let [mut one, mut two] = people(stage);
        let first = one.enter(&[invitation.0], invitation);
        let seat = liar.act(&[first], &governance::seat(invitation.0, &[first]));
        let second = two.enter(&[invitation.0], invitation);
        Sent::lines(vec![liar.line, one.line, two.line]).is(seat, COUNTED).is(first, COUNTED).is(second, PENDING)
    }),
    ("an invitation after its last day", |stage, _| {
        let mut liar = stage.hand(1).governing();
        let invitation = liar.invite(&stage.heads, Role::Member, 1, 10);
        let [mut one, _] = people(stage);
        one.time = 11;
        let late = one.enter(&[invitation.0], invitation);
        let mut hand = stage.hand(9);
        hand.signing = repertoire::model::sign::Signing::from_seed(&one.signing.seed());
        hand.gov = vec![late];
        let words = hand.honest();
        Sent::lines(vec![liar.line, one.line, hand.line]).is(late, PENDING).is(words, RIGHT)
    }),
    ("an invitation that was recalled", |stage, _| {
        let mut liar = stage.hand(1).governing();
        let invitation = liar.invite(&stage.heads, Role::Member, 5, LATE);
        liar.act(&[invitation.0], &governance::close(invitation.0));
        let [mut one, _] = people(stage);
        let entered = one.enter(&[invitation.0], invitation);
        Sent::lines(vec![liar.line, one.line]).is(entered, PENDING)
    }),
    ("the proof of another newcomer", |stage, _| {
        let mut liar = stage.hand(1).governing();
        let invitation = liar.invite(&stage.heads, Role::Member, 5, LATE);
        let [one, mut two] = people(stage);
        let copied = governance::admission(&one.proof(invitation.0), None, &invitation.1);
        let id = two.act(&[invitation.0], &copied);
        Sent::lines(vec![liar.line, two.line]).is(id, RIGHT)
    }),
    ("a proof by the secret of another invitation", |stage, _| {
        let mut liar = stage.hand(1).governing();
        let one = liar.invite(&stage.heads, Role::Member, 5, LATE);
        let other = liar.invite(&stage.heads, Role::Animator, 5, LATE);
        let [mut newcomer, _] = people(stage);
        let entered = newcomer.enter(&[other.0], (other.0, one.1));
        Sent::lines(vec![liar.line, newcomer.line]).is(entered, RIGHT)
    }),
    ("an invitation that is not in the past", |stage, _| {
        let mut liar = stage.hand(1).governing();
        let invitation = liar.invite(&stage.heads, Role::Member, 5, LATE);
        let [mut newcomer, _] = people(stage);
        let entered = newcomer.enter(&stage.heads, invitation);
        Sent::lines(vec![liar.line, newcomer.line]).is(entered, RIGHT)
    }),
    ("a seat given twice, to the inviter", |stage, _| {
        let mut cast = Cast::new(stage, &[Role::Member]);
        let (heads, entered) = (cast.all(), cast.people[0].entered);
        let id = cast.liar.act(&heads, &governance::seat(entered, &[entered]));
        cast.sent(Vec::new()).is(id, RIGHT)
    }),
    ("an invitation for 1,001", |stage, _| {
        let mut liar = stage.hand(1).governing();
        let most = liar.invite(&stage.heads, Role::Observer, USES_MAX, LATE).0;
        let over = liar.invite(&stage.heads, Role::Observer, USES_MAX + 1, LATE).0;
        Sent::of(&mut liar).is(most, COUNTED).is(over, SHAPE)
    }),
    ("a cut of 513 tips", |stage, _| {
        let mut cast = Cast::new(stage, &[Role::Member, Role::Member]);
        let cut = |count: usize| {
            let mut cut = nothing_kept(stage);
            for n in 1..=count as u64 {
                let device = stage.liar.device();
                let id = EntryId([7; 32]);
                cut.add(Place { space: stage.space(), device, incarnation: Incarnation([1; 16]), seq: n, id });
            }
            cut
        };
        let (heads, one, two) = (cast.all(), cast.people[0].entered, cast.people[1].entered);
        let most = cast.liar.act(&heads, &governance::revoke(one.into(), &cut(TIPS_MAX)));
        let over = cast.liar.act(&[], &governance::revoke(two.into(), &cut(TIPS_MAX + 1)));
        cast.sent(Vec::new()).is(most, COUNTED).is(over, SHAPE)
    }),
    ("a list that descends", |stage, _| {
        let mut liar = stage.hand(1).governing();
        let entries = vec![vec![2; 32], vec![1; 32]];
        let admit = GovernanceShape { act: Some(Act::Admit(Admit { entries, ..Admit::default() })) };
        liar.act(&stage.heads, &admit);
        Sent::all(&mut liar, SHAPE)
    }),
    ("an act in an act in an act", |stage, _| {
        let mut liar = stage.hand(1).governing();
        let within = |body: Vec<u8>| {
            let cosigned = Cosigned { body, nonce: vec![1; 16], signatures: Vec::new() };
            GovernanceShape { act: Some(Act::Cosigned(cosigned)) }.encode_to_vec()
        };
        let join = GovernanceShape { act: Some(Act::Join(Join {})) }.encode_to_vec();
        liar.act_of(&stage.heads, within(within(join)));
        Sent::all(&mut liar, SHAPE)
    }),
    ("signatures of puppets that have left", |stage, _| {
        let mut cast = Cast::new(stage, &[Role::Animator, Role::Animator]);
        let (heads, one) = (cast.all(), cast.people[0].entered);
        let gone = cast.liar.remove(&heads, one);
        let body = governance::end();
        let mut proposal = Proposal::new(stage.liar.community, &body, &mut stage.hand(7).random());
        cast.people.iter().for_each(|puppet| proposal.sign(&puppet.hand.signing));
        let ended = cast.people[1].hand.act(&[gone], &proposal.shape());
        cast.sent(Vec::new()).is(gone, COUNTED).is(ended, RIGHT)
    }),
    ("an act after what never comes", |stage, _| {
        let mut liar = stage.hand(1).governing();
        liar.act(&[EntryId([3; 32])], &governance::join());
        Sent::all(&mut liar, Verdict::Waiting(Need::Past))
    }),
    ("an act that nobody knows", |stage, _| {
        let mut liar = stage.hand(1).governing();
        // Field 39, empty.
        liar.act_of(&stage.heads, vec![0xba, 0x02, 0x00]);
        Sent::all(&mut liar, COUNTED)
    }),
    ("two acts at one place", |stage, _| {
        let mut liar = stage.hand(1).governing();
        let first = liar.act(&stage.heads, &governance::join());
        let (place, before) = (liar.place, liar.line.clone());
        let one = liar.act(&[], &governance::join());
        let line = liar.branch(place);
        (liar.line, liar.time) = (before, 9);
        let two = liar.act(&[], &governance::join());
        let mut sent = Sent::lines(vec![line, liar.line]).each([first, one, two], End::Is(COUNTED));
        sent.forks = 1;
        sent
    }),
    ("200 acts that have not seen each other", |stage, _| {
        let mut liar = stage.hand(1).governing();
        let one = |n: usize| {
            let mut life = stage.hand(2).governing();
            life.incarnation = Incarnation([0x40 + (n / 16).to_le_bytes()[0]; 16]);
            life.time = i64::try_from(n).expect("few");
            life.act(&stage.heads, &governance::join());
            life.line
        };
        liar.line.clear();
        let lines: Vec<Line> = (0..HEADS).map(one).collect();
        let ids: Vec<EntryId> = lines.iter().map(|line| line[0].0.id()).collect();
        let mut sent = Sent::lines(lines).each(ids, End::Is(COUNTED));
        sent.forks = HEADS.div_ceil(16);
        sent
    }),
];

/// Two who are nobody yet.
fn people(stage: &Stage) -> [Hand; 2] {
    let seed = stage.seed.to_le_bytes()[0];
    [3, 4].map(|n| stage.hand(n).governing().stranger(seed.wrapping_add(n.to_le_bytes()[0].wrapping_mul(60))))
}
