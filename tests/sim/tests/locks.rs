//! A LockService in a few worlds in every test run; thousands on demand: `cargo xtask sim --locks --seeds 10000`.

#[cfg(feature = "mutations")]
mod table;

use synod_sim::run::{Run, run_locks};

fn check(run: &Run) {
    if let Some((violation, trace)) = &run.violation {
        panic!("seed {}: {violation}\n{}", run.seed, trace.join("\n"));
    }
}

#[test]
fn a_few_seeds_hold() {
    for seed in 1..=3 {
        check(&run_locks(seed));
    }
}

#[test]
fn a_seed_is_a_world() {
    let (first, second) = (run_locks(4), run_locks(4));
    check(&first);
    assert_eq!((first.hash, first.steps), (second.hash, second.steps));
    assert!(first.counts(), "it did little: {first:?}");
    let facts: Vec<_> = first
        .facts
        .iter()
        .filter(|(_, count)| *count == 0)
        .collect();
    assert!(facts.len() < 3, "nothing of {facts:?} happened");
}

#[cfg(not(feature = "mutations"))]
#[test]
fn mistakes_are_noticed() {
    println!("not run: needs --features mutations");
}

#[cfg(feature = "mutations")]
mod hunted {
    use super::{run_locks, table};
    use synod_sim::mutation;

    /// Within so many seeds each mistake must be caught.
    const SEEDS_MAX: u64 = 2_000;

    fn rows() -> Vec<table::Row> {
        table::rows(include_str!("../LOCK_MUTATIONS.md"))
    }

    #[test]
    fn the_table_names_every_mistake() {
        table::names_all(
            &rows(),
            &mutation::of_locks(),
            "LOCK_MUTATIONS.md",
            "cargo xtask sim --locks --mutations all",
        );
        for (name, checker, seed) in rows() {
            let caught = !checker.is_empty() && !checker.contains("nothing");
            let soon = seed.is_some_and(|seed| seed <= SEEDS_MAX);
            assert!(caught && soon, "{name}: {checker}, seed {seed:?}");
        }
    }

    /// The seeds of the table still catch their mistakes, and pass without them.
    #[test]
    fn a_few_mistakes_are_noticed() {
        for (name, checker, seed) in rows().iter().step_by(5) {
            let seed = seed.expect("it was caught");
            mutation::switch(Some(name)).expect("this build makes mistakes");
            let wrong = run_locks(seed)
                .violation
                .map(|(violation, _)| violation.checker);
            mutation::switch(None).expect("none is always possible");
            assert_eq!(wrong, Some(checker.as_str()), "{name} with seed {seed}");
            let right = run_locks(seed).violation;
            assert!(right.is_none(), "seed {seed} without a mistake: {right:?}");
        }
    }
}
