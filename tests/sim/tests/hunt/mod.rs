//! What the tables of mistakes in the simulator's worlds are held to.

use synod_sim::mutation;
use synod_sim::run::Run;

use super::table::Row;

/// Within so many seeds each mistake must be caught.
const SEEDS_MAX: u64 = 2_000;

/// Every mistake was caught, with few seeds.
pub(crate) fn all_are_caught(rows: &[Row]) {
    for (name, checker, seed) in rows {
        let caught = !checker.is_empty() && !checker.contains("nothing");
        let soon = seed.is_some_and(|seed| seed <= SEEDS_MAX);
        assert!(caught && soon, "{name}: {checker}, seed {seed:?}");
    }
}

/// The seeds of every `step`th row still catch their mistakes, and pass without them.
pub(crate) fn still_catch(rows: &[Row], step: usize, run: fn(u64) -> Run) {
    for (name, checker, seed) in rows.iter().step_by(step) {
        let seed = seed.expect("it was caught");
        mutation::switch(Some(name)).expect("this build makes mistakes");
        let wrong = run(seed).violation.map(|(violation, _)| violation.checker);
        mutation::switch(None).expect("none is always possible");
        assert_eq!(wrong, Some(checker.as_str()), "{name} with seed {seed}");
        let right = run(seed).violation;
        assert!(right.is_none(), "seed {seed} without a mistake: {right:?}");
    }
}
