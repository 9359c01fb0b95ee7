//! Each deliberate mistake is found by the random runs or by a scenario, and none is found without it.
#![cfg(feature = "mutations")]

mod model;
#[path = "scenarios/mod.rs"]
mod scenarios;

use std::panic::{AssertUnwindSafe, catch_unwind};

use model::World;
use model::steps::{Step, step};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use synod_znode::mutation;

/// Runs that a mistake must be found within.
const RUNS: usize = 200;

fn runs() -> Vec<Vec<Step>> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = prop::collection::vec(step(), 40..120);
    (0..RUNS)
        .map(|_| strategy.new_tree(&mut runner).expect("a run").current())
        .collect()
}

/// By whom a mistake is found.
fn found_by(runs: &[Vec<Step>]) -> Option<String> {
    let panics = |run: &dyn Fn()| catch_unwind(AssertUnwindSafe(run)).is_err();
    let scenario = scenarios::ALL.iter().find(|(_, run)| panics(run));
    let random = || {
        runs.iter()
            .position(|steps| panics(&|| World::new().run(steps)))
    };
    scenario
        .map(|(name, _)| (*name).to_owned())
        .or_else(|| random().map(|run| format!("run {run}")))
}

#[test]
fn every_mistake_is_found() {
    let runs = runs();
    assert_eq!(found_by(&runs), None, "without a mistake nothing is found");
    std::panic::set_hook(Box::new(|_| ()));
    let mut missed = Vec::new();
    for (name, breaks) in mutation::ALL {
        synod_mutation::switch(Some(name));
        match found_by(&runs) {
            Some(by) => println!("{name}: {by}"),
            None => missed.push(format!("{name}: {breaks}")),
        }
    }
    let _ = std::panic::take_hook();
    assert!(missed.is_empty(), "not found: {missed:#?}");
}
