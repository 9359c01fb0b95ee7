//! The checkers notice deliberate mistakes. All of them on demand: `cargo xtask sim --mutations all`; here the table is
//! held against the code, and a few are hunted.

#[cfg(not(feature = "mutations"))]
#[test]
fn mistakes_are_noticed() {
    println!("not run: needs --features mutations");
}

#[cfg(feature = "mutations")]
mod hunted {
    use synod_sim::mutation;
    use synod_sim::run::run;

    /// One row of the table: name, checker, seed.
    fn rows() -> Vec<(String, String, u64)> {
        let table = include_str!("../MUTATIONS.md");
        let rows = table.lines().filter(|line| line.starts_with("| `"));
        rows.map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (
                cells[1].trim_matches('`').to_owned(),
                cells[3].to_owned(),
                cells[4].parse().expect("a seed"),
            )
        })
        .collect()
    }

    #[test]
    fn the_table_names_every_mistake() {
        let rows = rows();
        for mutation in mutation::all() {
            let found = rows.iter().any(|(name, ..)| name == mutation.name);
            assert!(
                found,
                "{} is not in MUTATIONS.md: run cargo xtask sim --mutations all",
                mutation.name
            );
        }
        assert_eq!(
            rows.len(),
            mutation::all().len(),
            "MUTATIONS.md names mistakes that are gone"
        );
    }

    /// The seeds of the table still catch their mistakes, and pass without them.
    #[test]
    fn a_few_mistakes_are_noticed() {
        for (name, checker, seed) in rows().iter().step_by(12) {
            mutation::switch(Some(name)).expect("this build makes mistakes");
            let wrong = run(*seed).violation.map(|(violation, _)| violation.checker);
            mutation::switch(None).expect("none is always possible");
            assert_eq!(wrong, Some(checker.as_str()), "{name} with seed {seed}");
            let right = run(*seed).violation;
            assert!(right.is_none(), "seed {seed} without a mistake: {right:?}");
        }
    }
}
