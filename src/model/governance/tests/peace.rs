//! Duties end.

use super::*;

/// Nodes that hold governance each for itself, exchange it pairwise and do what is due.
struct Nodes {
    world: World,
    nodes: Vec<(usize, Governance)>,
    random: Seeded,
}

impl Nodes {
    fn new(world: World, people: &[usize], seed: u64) -> Nodes {
        let nodes = people.iter().map(|&person| (person, world.governance())).collect();
        Nodes { world, nodes, random: Seeded::new(seed) }
    }

    fn exchange(&mut self, from: usize, to: usize) {
        let missing: Vec<Act> = self
            .world
            .acts
            .iter()
            .filter(|act| self.nodes[from].1.verdict(act.id).is_some() && self.nodes[to].1.verdict(act.id).is_none())
            .cloned()
            .collect();
        missing.into_iter().for_each(|act| drop(self.nodes[to].1.insert(act)));
    }

    /// Lets one node do what is due; returns how much that was.
    fn work(&mut self, node: usize, now: Timestamp) -> usize {
        let person = self.nodes[node].0;
        let duties = self.nodes[node].1.duties(self.world.device(person), now);
        for duty in &duties {
            let shape = match duty {
                Duty::Seat { invitation, admissions } => seat(*invitation, admissions),
                Duty::Close { invitation } => close(*invitation),
                Duty::Join => join(),
            };
            let heads = self.nodes[node].1.heads();
            let id = self.world.act(person, &heads, &shape);
            let act = self.world.acts.last().expect("just written").clone();
            self.nodes[node].1.insert(act);
            assert_eq!(self.nodes[node].1.verdict(id), Some(Verdict::Counted), "what is due is right");
        }
        duties.len()
    }

    /// Works and exchanges at random, then in full rounds where all work at the same moment, until nothing is due.
    fn settle(&mut self, now: Timestamp) {
        for _ in 0..20 {
            let (one, other) = (self.random.below(self.nodes.len()), self.random.below(self.nodes.len()));
            self.exchange(one, other);
            if self.random.below(2) == 0 {
                self.work(other, now);
            }
        }
        for round in 0.. {
            assert!(round < 8, "duties don't end");
            for one in 0..self.nodes.len() {
                for other in 0..self.nodes.len() {
                    self.exchange(one, other);
                }
            }
            if (0..self.nodes.len()).map(|node| self.work(node, now)).sum::<usize>() == 0 {
                break;
            }
        }
        let states: Vec<&State> = self.nodes.iter().map(|(_, governance)| governance.state()).collect();
        assert!(states.windows(2).all(|pair| pair[0] == pair[1]));
    }
}

/// Four settled people (two govern beside the founder), an invitation for `uses` and newcomers who used it.
fn gathering(uses: u32, newcomers: usize) -> (World, EntryId, Vec<EntryId>) {
    let mut world = World::new(4 + newcomers as u64);
    let mut head = world.root();
    for (person, role) in [(1, Role::Animator), (2, Role::Animator), (3, Role::Member)] {
        head = world.settle(person, &[head], role);
    }
    let invitation = world.invite(1, &[head], Role::Member, uses);
    let entered = (4..4 + newcomers).map(|person| world.enter(person, &[invitation.0], invitation)).collect();
    (world, invitation.0, entered)
}

#[test]
fn duties_end_and_everybody_has_a_seat() {
    for seed in 0..40 {
        let (mut world, invitation, entered) = gathering(5, 3);
        // Each newcomer's act is known to one node alone at first.
        let acts = world.acts.split_off(world.acts.len() - 3);
        let mut nodes = Nodes::new(world, &[0, 1, 2, 3, 4, 5, 6], seed);
        for act in acts {
            let node = nodes.random.below(7);
            nodes.nodes[node].1.insert(act.clone());
            nodes.world.acts.push(act);
        }
        nodes.settle(Timestamp(0));
        let governance = &nodes.nodes[0].1;
        assert!(entered.iter().all(|&id| status(governance, id) == SEATED), "seed {seed}");
        assert!(!governance.state().invitations[&invitation].closed);
        // Later, at expiry, somebody closes it, and that is all.
        nodes.settle(Timestamp(LATE.0 + 1));
        let invitations = &nodes.nodes[0].1.state().invitations;
        assert!(invitations.values().all(|invitation| invitation.closed));
    }
}

#[test]
fn surplus_waits_when_those_who_govern_meet_it_together() {
    for seed in 0..20 {
        let (world, invitation, entered) = gathering(2, 4);
        let mut nodes = Nodes::new(world, &[0, 1, 2, 3], seed);
        nodes.settle(Timestamp(0));
        let governance = &nodes.nodes[0].1;
        let seated = entered.iter().filter(|&&id| status(governance, id) == SEATED).count();
        assert_eq!(seated, 2, "all saw the same admissions, and chose the same two");
        assert!(entered.iter().all(|&id| status(governance, id) != COUNTS));
        assert!(governance.state().invitations[&invitation].closed);
    }
}

#[test]
fn two_who_seat_different_people_at_once_both_stand() {
    let (mut world, invitation, entered) = gathering(1, 2);
    let acts = world.acts.split_off(world.acts.len() - 2);
    let mut nodes = Nodes::new(world, &[1, 2], 1);
    for (node, act) in acts.into_iter().enumerate() {
        nodes.nodes[node].1.insert(act.clone());
        nodes.world.acts.push(act);
    }
    assert_eq!(nodes.work(0, Timestamp(0)), 2 + 3, "a seat and a close, and closes of the three used up before");
    assert_eq!(nodes.work(1, Timestamp(0)), 2 + 3);
    nodes.settle(Timestamp(0));
    let governance = &nodes.nodes[0].1;
    assert!(entered.iter().all(|&id| status(governance, id) == SEATED));
    assert_eq!(governance.state().invitations[&invitation].seats.len(), 2);
}

#[test]
fn member_bears_witness_once() {
    let (world, _, entered) = gathering(1, 2);
    let mut nodes = Nodes::new(world, &[3], 1);
    let device = nodes.world.device(3);
    assert_eq!(nodes.nodes[0].1.duties(device, Timestamp(0)), [Duty::Join]);
    // Who has no seat bears no witness, and would try for ever.
    assert!((4..6).all(|person| nodes.nodes[0].1.duties(nodes.world.device(person), Timestamp(0)).is_empty()));
    nodes.settle(Timestamp(0));
    let governance = &nodes.nodes[0].1;
    assert_eq!(governance.duties(device, LATE), []);
    assert_eq!(governance.heads().len(), 1);
    // Newcomers and those who wait have nothing to do.
    for (person, _) in (4..).zip(&entered) {
        assert_eq!(governance.duties(nodes.world.device(person), LATE), []);
    }
    assert_eq!(governance.duties(DeviceId([5; 32]), LATE), []);
}

#[test]
fn many_heads_are_joined_by_one() {
    let mut world = World::new(15);
    let mut head = world.root();
    for person in 1..14 {
        head = world.settle(person, &[head], Role::Member);
    }
    for person in 1..14 {
        world.act(person, &[head], &join());
    }
    let people: Vec<usize> = (1..14).collect();
    let mut nodes = Nodes::new(world, &people, 5);
    assert!(nodes.nodes[0].1.must_join());
    let before = nodes.world.acts.len();
    nodes.settle(Timestamp(0));
    assert_eq!(nodes.world.acts.len(), before + 1);
    assert_eq!(nodes.nodes[0].1.heads().len(), 1);
}
