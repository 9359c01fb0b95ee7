//! The checkers notice deliberate mistakes. All of them on demand: `cargo xtask sim --mutations all`; here the table is
//! held against the code, and a few are hunted.

#[cfg(feature = "mutations")]
mod table;

#[cfg(not(feature = "mutations"))]
#[test]
fn mistakes_are_noticed() {
    println!("not run: needs --features mutations");
}

#[cfg(feature = "mutations")]
mod hunted {
    use super::table;
    use synod_sim::mutation;
    use synod_sim::run::run;

    /// Within so many seeds each mistake must be caught.
    const SEEDS_MAX: u64 = 2_000;

    fn rows() -> Vec<table::Row> {
        table::rows(include_str!("../MUTATIONS.md"))
    }

    #[test]
    fn the_table_names_every_mistake() {
        table::names_all(
            &rows(),
            &mutation::all(),
            "MUTATIONS.md",
            "cargo xtask sim --mutations all",
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
        for (name, checker, seed) in rows().iter().step_by(12) {
            let seed = seed.expect("it was caught");
            mutation::switch(Some(name)).expect("this build makes mistakes");
            let wrong = run(seed).violation.map(|(violation, _)| violation.checker);
            mutation::switch(None).expect("none is always possible");
            assert_eq!(wrong, Some(checker.as_str()), "{name} with seed {seed}");
            let right = run(seed).violation;
            assert!(right.is_none(), "seed {seed} without a mistake: {right:?}");
        }
    }
}
