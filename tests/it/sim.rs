//! The simulator: nodes without a network, driven by a seed.
//!
//! Everything that happens follows from the seed: what is written, which frames arrive when, which wires break, which
//! disks fail. After the chaos all wires heal, and then all nodes must hold and show the same, and nothing that was
//! printed may be lost.
//!
//! `REPERTOIRE_SEED=N` runs that seed alone, `REPERTOIRE_SEEDS=N` so many.

mod acts;
mod dice;
mod disk;
mod faults;
mod forks;
mod run;
mod world;

/// Seeds of the short form.
const SEEDS: u64 = 40;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn nodes_come_to_the_same() {
    let seeds = match number("REPERTOIRE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("REPERTOIRE_SEEDS").unwrap_or(SEEDS),
    };
    let mut total = [0; 5];
    let mut failures = Vec::new();
    for seed in seeds.clone() {
        match run::run(seed, None) {
            Ok(figures) => {
                let of = [figures.steps, figures.frames, figures.complete, figures.crashes, figures.written];
                total.iter_mut().zip(of).for_each(|(sum, one)| *sum += one);
            }
            Err(failure) => failures.push(format!("REPERTOIRE_SEED={seed}: {failure}")),
        }
    }
    println!("{seeds:?}: steps, frames, complete, crashes, printed: {total:?}");
    assert!(failures.is_empty(), "{} of {seeds:?} fail:\n{}", failures.len(), failures.join("\n"));
}
