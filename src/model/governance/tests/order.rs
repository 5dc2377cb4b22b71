//! The same set gives the same answers: in any order, twice, from within a larger set, and by the second evaluator.

use super::naive::{Firm, Naive};
use super::*;

/// Writes at random: people who know a part of what there is each, and try what they may and what they may not.
struct Chaos {
    world: World,
    views: Vec<Governance>,
    invitations: Vec<(EntryId, [u8; 32])>,
    random: Seeded,
}

impl Chaos {
    fn acts(seed: u64, people: usize, count: usize) -> Vec<Act> {
        let world = World::new(people as u64);
        let views = (0..people).map(|_| world.governance()).collect();
        let mut chaos = Chaos { world, views, invitations: Vec::new(), random: Seeded::new(seed) };
        while chaos.world.acts.len() < count {
            chaos.step();
        }
        chaos.world.acts
    }

    fn step(&mut self) {
        let mut person = self.random.below(self.views.len());
        if self.random.below(5) == 0 {
            person = 0;
        }
        if self.random.below(3) == 0 {
            self.learn(person);
            return;
        }
        if self.random.below(12) == 0 {
            self.world.people[person].reborn(self.world.acts.len() as u64);
            // A copy of the device knows nothing of what the device did.
            let known =
                self.world.acts.iter().filter(|act| act.device != self.world.device(person) || act.past.is_empty());
            self.views[person] = gather(&known.cloned().collect::<Vec<_>>());
        }
        let heads = self.views[person].heads();
        let id = match self.random.below(8) {
            0 => self.world.act(person, &heads, &join()),
            1 if self.random.below(3) == 0 => self.world.act(person, &heads, &GovernanceShape { act: None }),
            1 | 2 => self.invite(person, &heads),
            3..=5 => self.enter(person, &heads),
            6 => self.seat(person, &heads),
            _ => match self.some_invitation(person) {
                Some((id, _)) if self.random.below(3) == 0 => self.world.act(person, &heads, &close(id)),
                _ => return,
            },
        };
        let act = self.world.acts.last().expect("just written").clone();
        assert_eq!((act.id, self.views[person].insert(act)), (id, vec![id]));
    }

    fn learn(&mut self, person: usize) {
        let share = [1, 1, 2, 4][self.random.below(4)];
        for act in &self.world.acts {
            if self.random.below(share) == 0 {
                self.views[person].insert(act.clone());
            }
        }
    }

    /// Picks an invitation, mostly one that the person knows.
    fn some_invitation(&mut self, person: usize) -> Option<(EntryId, [u8; 32])> {
        let any = self.random.below(12) == 0;
        let known = |id| matches!(self.views[person].verdict(id), Some(Verdict::Counted | Verdict::Masked(_)));
        let some: Vec<_> = self.invitations.iter().copied().filter(|&(id, _)| any || known(id)).collect();
        (!some.is_empty()).then(|| some[self.random.below(some.len())])
    }

    fn invite(&mut self, person: usize, heads: &[EntryId]) -> EntryId {
        let role = [Role::Animator, Role::Animator, Role::Member, Role::Founder][self.random.below(4)];
        let expires = Timestamp(self.world.time + [20, 1_000][self.random.below(2)]);
        let uses = 1 + u32::try_from(self.random.below(2)).expect("0 or 1");
        let terms = InviteTerms { role, uses, expires, confirm: self.random.below(10) == 0 };
        let invitation = self.world.invite_on(person, heads, terms);
        self.invitations.push(invitation);
        invitation.0
    }

    fn enter(&mut self, person: usize, heads: &[EntryId]) -> EntryId {
        match self.some_invitation(person) {
            Some(invitation) => self.world.enter(person, heads, invitation),
            None => self.world.act(person, heads, &join()),
        }
    }

    fn seat(&mut self, person: usize, heads: &[EntryId]) -> EntryId {
        let state = self.views[person].state();
        let open: Vec<(EntryId, EntryId)> = state
            .members
            .iter()
            .filter(|(_, member)| !member.seated)
            .filter_map(|(&id, member)| Some((member.invitation?, id.into())))
            .collect();
        match open.len() {
            0 => self.world.act(person, heads, &join()),
            count => {
                let (invitation, admission) = open[self.random.below(count)];
                self.world.act(person, heads, &seat(invitation, &[admission]))
            }
        }
    }
}

fn verdicts(governance: &Governance, acts: &[Act]) -> BTreeMap<EntryId, Verdict> {
    acts.iter().map(|act| (act.id, governance.verdict(act.id).expect("known"))).collect()
}

/// Inserts in this order, some twice.
fn shuffled(acts: &[Act], order: &[usize], random: &mut Seeded) -> Governance {
    let mut governance = Governance::new(acts[0].clone()).expect("a founding");
    for &at in order {
        governance.insert(acts[at].clone());
        governance.insert(acts[random.below(at + 1)].clone());
        let _ = governance.state();
    }
    assert_eq!(governance.waiting(), 0);
    governance
}

fn same(left: &Governance, right: &Governance, acts: &[Act]) {
    assert_eq!(left.state(), right.state());
    assert_eq!(left.heads(), right.heads());
    assert_eq!(verdicts(left, acts), verdicts(right, acts));
}

fn permutations(items: &mut Vec<usize>, from: usize, check: &mut dyn FnMut(&[usize])) {
    if from == items.len() {
        check(items);
    }
    for at in from..items.len() {
        items.swap(from, at);
        permutations(items, from + 1, check);
        items.swap(from, at);
    }
}

#[test]
fn all_orders_of_small_sets_agree() {
    for seed in 0..12 {
        let acts = Chaos::acts(seed, 4, 6);
        let expected = gather(&acts);
        let mut random = Seeded::new(seed);
        let mut items: Vec<usize> = (1..acts.len()).collect();
        permutations(&mut items, 0, &mut |order| same(&shuffled(&acts, order, &mut random), &expected, &acts));
    }
}

#[test]
fn random_orders_of_larger_sets_agree() {
    for seed in 0..30 {
        let acts = Chaos::acts(seed, 6, 70);
        let expected = gather(&acts);
        let mut random = Seeded::new(seed);
        for _ in 0..4 {
            let mut order: Vec<usize> = (1..acts.len()).collect();
            random.shuffle(&mut order);
            same(&shuffled(&acts, &order, &mut random), &expected, &acts);
        }
    }
}

#[test]
fn both_evaluators_agree() {
    let mut seen = BTreeMap::new();
    for seed in 0..120 {
        let acts = Chaos::acts(1_000 + seed, 6, 60);
        let governance = gather(&acts);
        let naive = Naive::new(&acts);
        let all = acts.iter().map(|act| act.id).collect();
        assert_eq!(verdicts(&governance, &acts), naive.verdicts(&all), "seed {seed}");
        for (&id, member) in &governance.state().members {
            let firm = match (member.status, member.seated) {
                (_, true) => Firm::Seat,
                (Status::Active, false) => Firm::Counts,
                _ => Firm::Waits,
            };
            assert_eq!(firm, naive.firm(&all, id.into()), "seed {seed}");
            *seen.entry(firm).or_insert(0) += 1;
        }
    }
    // The histories are worth something: every standing occurs often.
    assert!(seen.len() == 3 && seen.values().all(|&count| count > 100), "{seen:?}");
}

#[test]
fn state_at_heads_is_that_of_their_past_alone() {
    for seed in 0..20 {
        let acts = Chaos::acts(2_000 + seed, 6, 60);
        let governance = gather(&acts);
        let mut random = Seeded::new(seed);
        for _ in 0..20 {
            let heads = [acts[random.below(acts.len())].id, acts[random.below(acts.len())].id];
            let past: BTreeSet<EntryId> = governance.closure(&heads).expect("known").into_iter().collect();
            let some: Vec<Act> = acts.iter().filter(|act| past.contains(&act.id)).cloned().collect();
            let alone = gather(&some);
            assert_eq!(*governance.state_at(&heads).expect("known"), *alone.state());
            assert!(governance.state_at(&heads) == governance.state_at(&[heads[1], heads[0], heads[1]]));
            // What is void stays void, whatever else is known.
            for act in &some {
                let void = |governance: &Governance| matches!(governance.verdict(act.id), Some(Verdict::Void(_)));
                assert_eq!(void(&governance), void(&alone));
            }
        }
        assert!(governance.state_at(&[EntryId([1; 32])]).is_none());
    }
}

#[test]
fn every_right_comes_from_the_founder() {
    for seed in 0..60 {
        let acts = Chaos::acts(3_000 + seed, 6, 60);
        let governance = gather(&acts);
        let state = governance.state();
        for (&id, member) in state.members.iter().filter(|(_, member)| member.status == Status::Active) {
            let mut at = id;
            while let Some(invitation) = state.members[&at].invitation {
                let by = state.invitations[&invitation].by;
                assert!(governance.in_past(by.into(), invitation) && governance.in_past(invitation, at.into()));
                assert!(state.members[&by].role.invites(state.members[&at].role));
                assert!(member.seated || state.members[&by].status == Status::Active);
                at = by;
            }
            assert_eq!(EntryId::from(at), acts[0].id);
        }
        for (device, member) in state.devices() {
            assert_eq!(state.members[&member].devices[0].id, device);
        }
    }
}

#[test]
fn acts_wait_for_their_past_and_can_be_forgotten() {
    let acts = Chaos::acts(5, 4, 12);
    let mut governance = Governance::new(acts[0].clone()).expect("a founding");
    for act in acts[2..].iter().rev() {
        if governance.insert(act.clone()).is_empty() {
            assert_eq!(governance.verdict(act.id), Some(Verdict::Waiting(Need::Past)));
        }
    }
    assert!(governance.waiting() > 0);
    let forgotten = acts.iter().find(|act| governance.waiting.acts.contains_key(&act.id)).expect("one waits").clone();
    governance.forget(forgotten.id);
    assert_eq!(governance.verdict(forgotten.id), None);
    assert!(governance.state_at(&[forgotten.id]).is_none());
    assert!(!governance.missing().is_empty());
    governance.insert(acts[1].clone());
    governance.insert(forgotten);
    assert_eq!((governance.waiting(), governance.missing()), (0, vec![]));
    same(&governance, &gather(&acts), &acts);
}

/// Long chains and wide fans: no recursion, and nothing that grows with the square of it but bits.
#[test]
fn two_thousand_acts() {
    let mut world = World::new(3);
    let animator = world.settle(1, &[world.root()], Role::Animator);
    let invitation = world.invite(0, &[animator], Role::Member, 1_000);
    let mut heads = vec![invitation.0, invitation.0];
    while world.acts.len() < 2_000 {
        let at = world.acts.len() % 2;
        heads[at] = match world.acts.len() % 5 {
            0 => {
                let mut newcomer = Person::new(world.acts.len() as u64);
                let proof = AdmissionProof {
                    community: world.community,
                    invitation: invitation.0,
                    device: newcomer.device(),
                    agreement: newcomer.agreement.public(),
                };
                let shape = admission(&proof, None, &invitation.1);
                let act = newcomer.act(Some(world.community), &heads, Timestamp(5), &shape);
                world.acts.push(act);
                world.acts.last().expect("just written").id
            }
            1 => world.act(at, &heads[at..=at], &join()),
            _ => world.act(at, &heads.clone(), &join()),
        };
    }
    let governance = gather(&world.acts);
    let members = &governance.state().members;
    assert!(members.len() > 390 && members.values().all(|member| member.status == Status::Active));
    let mut backwards = Governance::new(world.acts[0].clone()).expect("a founding");
    world.acts.iter().rev().for_each(|act| drop(backwards.insert(act.clone())));
    assert_eq!(governance.state(), backwards.state());
}
