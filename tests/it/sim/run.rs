//! One seed: chaos, then calm, then what must be true.

use std::panic::{AssertUnwindSafe, catch_unwind};

use repertoire::node::{Call, Node, Reply, Request};

use super::faults::Fault;
use super::world::{Failure, Figures, World};

/// Rounds of syncing after which all must hold the same.
const ROUNDS_MAX: usize = 12;
/// Steps of the chaos.
const STEPS: usize = 90;

/// Runs a seed, and says what was found wrong.
pub(super) fn run(seed: u64, fault: Option<Fault>) -> Result<Figures, Failure> {
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new(seed, fault);
        chaos(&mut world)?;
        heal(&mut world)?;
        check(&mut world)?;
        Ok(world.figures)
    }));
    caught.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default())
    })
}

fn sound(world: &mut World) -> Result<(), Failure> {
    world.failure.take().map_or(Ok(()), Err)
}

fn chaos(world: &mut World) -> Result<(), Failure> {
    let people = 3 + world.dice.below(4);
    while world.settled().len() < people {
        world.invite(0);
        world.join();
        sound(world)?;
    }
    let most = people + 4;
    for _ in 0..STEPS {
        world.figures.steps += 1;
        match world.dice.below(60) {
            0..14 => world.write(),
            14 => {
                let at = random_place(world);
                world.invite(at);
            }
            15 if world.places.len() < most => world.join(),
            16 => {
                let at = random_place(world);
                world.restart(at);
            }
            17 | 18 => {
                let at = random_place(world);
                world.crash(at);
            }
            19 if world.places.len() < most && world.dice.once_in(3) => {
                let at = random_place(world);
                world.copy_place(at);
            }
            _ => world.disturb(),
        }
        sound(world)?;
    }
    compare_with_log(world)
}

/// In the middle of it all, views are what the log says.
fn compare_with_log(world: &mut World) -> Result<(), Failure> {
    let at = random_place(world);
    let shown = lines(world.node_mut(at))?;
    let made = lines(&mut world.reference(at))?;
    same(at, &shown, &format!("a rebuilt copy of {at}"), &made)
}

/// Compares what two nodes show.
fn same(at: usize, one: &[String], name: &str, two: &[String]) -> Result<(), Failure> {
    for (one, two) in one.iter().zip(two) {
        if one != two {
            return Err(format!("{at} and {name} show different things:\n  {one}\n  {two}"));
        }
    }
    if one.len() != two.len() {
        return Err(format!("{at} and {name} show {} and {} lines", one.len(), two.len()));
    }
    Ok(())
}

/// Returns the canonical lines of everything that a node shows.
fn lines(node: &mut Node) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for space in ["governance", "commons", "vitrine"] {
        let request = Request::ExportCanonical { space: Some(space.to_owned()), after: None, limit: usize::MAX };
        match node.call(Call { community: None, now: None, request }, &mut |_, _| {}) {
            Ok(Reply::Lines(page)) => lines.extend(page.items),
            other => return Err(format!("{space} is exported as {other:?}")),
        }
    }
    // Canonical lines have all concurrent values; which of them is shown is said here.
    match node.call(Call { community: None, now: None, request: Request::Conflicts { id: None } }, &mut |_, _| {}) {
        Ok(Reply::Conflicts(conflicts)) => lines.extend(conflicts.iter().map(|conflict| format!("{conflict:?}"))),
        other => return Err(format!("conflicts are listed as {other:?}")),
    }
    Ok(lines)
}

fn random_place(world: &mut World) -> usize {
    let settled = world.settled();
    *world.dice.pick(&settled).expect("the founder is there")
}

/// Lets everybody sync until nothing moves any more.
pub(super) fn heal(world: &mut World) -> Result<(), Failure> {
    world.calm();
    for _ in 0..ROUNDS_MAX {
        let mut order = world.settled();
        world.dice.shuffle(&mut order);
        let before: Vec<_> = order.iter().map(|at| world.places[*at].digests.clone()).collect();
        for pair in order.windows(2) {
            world.session(pair[0], pair[1]);
            sound(world)?;
        }
        for pair in order.windows(2).rev() {
            world.session(pair[1], pair[0]);
            sound(world)?;
        }
        for at in &order {
            // Long enough for whoever waits before a duty.
            world.tick(*at, 100_000);
            sound(world)?;
        }
        let after: Vec<_> = order.iter().map(|at| world.places[*at].digests.clone()).collect();
        let active = world.active();
        if before == after && active.iter().all(|at| world.places[*at].digests == world.places[0].digests) {
            return Ok(());
        }
    }
    let held = world.settled().into_iter().map(|at| format!("{at} {:?}", world.places[at].digests));
    Err(format!("no quiet after {ROUNDS_MAX} rounds:\n  {}", held.collect::<Vec<_>>().join("\n  ")))
}

pub(super) fn check(world: &mut World) -> Result<(), Failure> {
    // Who came too late, or by a door that others had gone through, is no member and holds nothing that counts.
    let settled = world.active();
    let first = views(world, settled[0])?;
    for at in &settled[1..] {
        let other = views(world, *at)?;
        same(settled[0], &first, &at.to_string(), &other)?;
    }
    for at in &settled {
        for (entry, by) in world.printed.iter().filter(|(_, by)| settled.contains(by)) {
            if world.node(*at).holds(world.community, *entry) != Ok(true) {
                return Err(format!("{entry}, printed by {by}, is not on {at}"));
            }
        }
    }
    nobody_went_back(world, &settled)?;
    let at = *world.dice.pick(&settled).expect("the founder is active");
    match world.try_ask(at, Request::Rebuild) {
        Some(Reply::Rebuilt(rebuilt)) if rebuilt.differed == 0 => {}
        other => return Err(format!("a rebuild of {at} came to {other:?}")),
    }
    if views(world, at)? != first {
        return Err(format!("{at} shows other things after a rebuild"));
    }
    sound(world)
}

/// No node is said to offer less than it held: crashes, lost frames and late news are no reason to. A copied home is one.
fn nobody_went_back(world: &mut World, settled: &[usize]) -> Result<(), Failure> {
    for at in settled.iter().filter(|_| world.figures.copies == 0).copied().collect::<Vec<_>>() {
        match world.try_ask(at, Request::Status) {
            Some(Reply::Status(status)) if status.iter().all(|status| status.fallen.is_empty()) => {}
            other => return Err(format!("{at} accuses somebody: {other:?}")),
        }
    }
    Ok(())
}

/// Returns what a node shows of everything, with its fingerprints.
fn views(world: &mut World, at: usize) -> Result<Vec<String>, Failure> {
    let mut lines = lines(world.node_mut(at))?;
    let Some(Reply::Checks(checks)) = world.try_ask(at, Request::Check { full: true }) else {
        return Err(format!("{at} can't check: {:?}", world.failure));
    };
    for check in checks {
        if !check.damage.is_empty() {
            return Err(format!("{at} finds damage: {:?}", check.damage));
        }
        if check.waiting > 0 {
            let waits = match world.try_ask(at, Request::Status) {
                Some(Reply::Status(status)) => format!("{:?}", status.first().map(|status| &status.waits)),
                _ => String::new(),
            };
            return Err(format!("{} entries of {} wait on {at}: {waits}", check.waiting, check.space));
        }
        lines.push(format!(
            "{} {} {} {} {}",
            check.space, check.entries, check.documents, check.quarantined, check.fingerprint
        ));
    }
    Ok(lines)
}

/// Two write one single value apart, and show the same of it when they met.
pub(super) fn meet(seed: u64, fault: Option<Fault>) -> Result<(), Failure> {
    let mut world = World::new(seed, fault);
    world.invite(0);
    world.join();
    let added = world.try_ask(0, super::acts::practice());
    let Some(Reply::Written(written)) = added else { return Err(format!("nothing added: {:?}", world.failure)) };
    world.session(0, 1);
    for (at, value) in [(0, "beginner"), (1, "advanced")] {
        world.try_ask(at, super::acts::difficulty(&written.id, value));
    }
    world.session(1, 0);
    sound(&mut world)?;
    let (one, two) = (lines(world.node_mut(0))?, lines(world.node_mut(1))?);
    same(0, &one, "1", &two)
}
