//! The operator over real groups, a few seeds in every test run; thousands on demand: `cargo xtask sim --operator`.

#[cfg(feature = "mutations")]
mod table;

use synod_sim::operator::{Run, run, run_bereft};

fn check(run: &Run) {
    if let Some((violation, story)) = &run.violation {
        panic!("seed {}: {violation}\n{}", run.seed, story.join("\n"));
    }
}

#[test]
fn a_seed_of_each_kind_holds_and_does_something() {
    let table = [
        (3, "ConsensusGroup", "watched changes"),
        (16, "LockService", "turns of locks"),
    ];
    for (seed, kind, work) in table {
        let run = run(seed);
        check(&run);
        assert!(run.counts(), "seed {seed} did little: {run:?}");
        for what in [kind, work] {
            let count = run.done.get(what).copied();
            assert!(count >= Some(1), "seed {seed}, {what}: {run:?}");
        }
    }
}

#[test]
fn a_group_goes_on_with_what_one_of_three_machines_has() {
    // The last one is about a LockService.
    for seed in [1, 2, 3, 7] {
        let run = run_bereft(seed);
        check(&run);
        let recovered = run.done.get("clusters begun").copied();
        assert!(recovered >= Some(2), "seed {seed}: {run:?}");
    }
}

#[test]
fn equal_seeds_give_equal_runs() {
    let (one, other) = (run(3), run(3));
    check(&one);
    assert_eq!((one.hash, one.time), (other.hash, other.time));
}

#[cfg(not(feature = "mutations"))]
#[test]
fn mistakes_of_the_operator_are_noticed() {
    println!("not run: needs --features mutations");
}

#[cfg(feature = "mutations")]
mod hunted {
    use super::run;
    use super::table;
    use synod_sim::operator::mutation;

    fn rows() -> Vec<table::Row> {
        table::rows(include_str!("../OPERATOR_MUTATIONS.md"))
    }

    #[test]
    fn the_table_names_every_mistake() {
        table::names_all(
            &rows(),
            &mutation::all(),
            "OPERATOR_MUTATIONS.md",
            "cargo xtask sim --operator --mutations all",
        );
    }

    #[test]
    fn a_few_mistakes_are_noticed() {
        for name in ["write-the-status-each-time", "roll-past-a-broken-pod"] {
            let rows = rows();
            let row = rows.iter().find(|(row, ..)| row == name);
            let (_, checker, seed) = row.expect("it is in the table");
            let seed = seed.expect("it was caught");
            mutation::switch(Some(name)).expect("this build makes mistakes");
            let wrong = run(seed).violation.map(|(violation, _)| violation.checker);
            mutation::switch(None).expect("none is always possible");
            assert_eq!(wrong, Some(checker.as_str()), "{name} with seed {seed}");
        }
    }
}
