//! A home that was copied while it was closed, and written to in both places.

use repertoire::node::{Reply, Request};

use super::world::World;
use super::{acts, run};

#[test]
fn a_copied_home_loses_nothing_and_is_reported() {
    for seed in 0..3 {
        let mut world = World::new(seed, None);
        world.invite(0);
        world.join();
        world.session(0, 1);
        let copy = world.copy_place(1);
        for at in [1, copy, 1, copy] {
            assert!(world.try_ask(at, acts::practice()).is_some(), "{at} writes");
        }
        run::heal(&mut world).expect("quiet");
        for at in [0, 1, copy] {
            let Some(Reply::Status(status)) = world.try_ask(at, Request::Status) else { panic!("no status") };
            let forks = &status[0].forks;
            assert!(!forks.is_empty() && forks.iter().all(|fork| fork.seq > 0), "{at} reports {forks:?}");
        }
        // What both write next stands on chains of their own.
        let count = |world: &World| -> usize {
            let held = world.node(0).frontiers(world.community).expect("held");
            held.iter().map(|(_, frontier)| frontier.tip_count()).sum()
        };
        let before = count(&world);
        for at in [1, copy] {
            assert!(world.try_ask(at, acts::practice()).is_some(), "{at} writes again");
        }
        run::heal(&mut world).expect("quiet again");
        assert_eq!(count(&world), before + 2, "two fresh incarnations");
        run::check(&mut world).expect("all hold and show the same");
    }
}
