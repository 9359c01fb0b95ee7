//! A few worlds in every test run; thousands on demand: `cargo xtask sim --seeds 10000`.

use synod_sim::run::run;
use synod_sim::scenarios;

fn check(run: &synod_sim::run::Run, what: &str) {
    if let Some((violation, trace)) = &run.violation {
        panic!(
            "{what}, seed {}: {violation}\n{}",
            run.seed,
            trace.join("\n")
        );
    }
}

#[test]
fn a_few_seeds_hold() {
    for seed in 1..=3 {
        check(&run(seed), "a random world");
    }
}

#[test]
fn a_seed_is_a_world() {
    for seed in [5, 6] {
        let (first, second) = (run(seed), run(seed));
        assert_eq!(
            (first.hash, first.steps),
            (second.hash, second.steps),
            "seed {seed} ran in two ways"
        );
        assert!(first.steps > 10_000, "seed {seed} did little: {first:?}");
    }
    assert_ne!(run(5).hash, run(6).hash);
}

#[test]
fn what_went_wrong_elsewhere_does_not_here() {
    for scenario in scenarios::ALL {
        check(&scenarios::run(scenario, 1), scenario.name);
    }
}
