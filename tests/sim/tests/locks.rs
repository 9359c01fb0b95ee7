//! A LockService in a few worlds in every test run; thousands on demand: `cargo xtask sim --locks --seeds 10000`.

#[cfg(feature = "mutations")]
mod hunt;
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
    use super::{hunt, run_locks, table};
    use synod_sim::mutation;

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
        hunt::all_are_caught(&rows());
    }

    /// The seeds of the table still catch their mistakes, and pass without them.
    #[test]
    fn a_few_mistakes_are_noticed() {
        hunt::still_catch(&rows(), 5, run_locks);
    }
}
