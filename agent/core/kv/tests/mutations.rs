//! Each deliberate mistake is found by the random runs or by a scenario here, and none is found without it.
#![cfg(feature = "mutations")]

mod model;

use std::panic::{AssertUnwindSafe, catch_unwind};

use model::steps::{Step, step};
use model::world::World;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use synod_kv::{Command, Error, Limits, Put, Settings, Store, mutation};
use synod_machine::{Stamp, StateMachine};
use synod_paxos::{Ballot, Slot};

/// Runs that a mistake must be found within.
const RUNS: usize = 300;

fn runs() -> Vec<Vec<Step>> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = prop::collection::vec(step(), 60..160);
    (0..RUNS)
        .map(|_| strategy.new_tree(&mut runner).expect("a run").current())
        .collect()
}

fn stamp(slot: u64) -> Stamp {
    let ballot = Ballot::default();
    Stamp {
        slot: Slot(slot),
        ballot,
        newest: ballot,
        time_ms: 0,
        level: 0,
    }
}

/// A store with little room stays within its quota.
fn quota() {
    let mut store = Store::new(Settings::default());
    let mut slot = 0;
    let mut apply = |command: Command| {
        slot += 1;
        store
            .apply(&stamp(slot), &command.encode())
            .expect("known")
            .result
    };
    apply(Command::Configure(Limits {
        quota_bytes: 1_000,
        lease_ttl_min_s: 2,
    }))
    .expect("configured");
    let put = Put {
        key: "k".into(),
        value: vec![0; 400].into(),
        ..Put::default()
    };
    apply(Command::Put(put.clone())).expect("there is room");
    assert_eq!(apply(Command::Put(put)), Err(Error::NoSpace));
}

/// A state that goes on in another group leaves the revisions behind that clients may know.
fn renewal() {
    let mut store = Store::new(Settings::default());
    let before = store.revision();
    store.renew(&stamp(1));
    assert!(store.revision() > before + 1_000);
    assert_eq!(store.compact_revision(), store.revision());
}

fn found(runs: &[Vec<Step>]) -> Option<usize> {
    if catch_unwind(quota).is_err() || catch_unwind(renewal).is_err() {
        return Some(0);
    }
    (0..runs.len())
        .find(|index| catch_unwind(AssertUnwindSafe(|| World::run(&runs[*index]))).is_err())
}

#[test]
fn every_mistake_is_found() {
    let runs = runs();
    synod_mutation::switch(None);
    assert_eq!(found(&runs), None, "a run fails without a mistake");
    std::panic::set_hook(Box::new(|_| {}));
    let mut table = Vec::new();
    for (name, _) in mutation::ALL {
        synod_mutation::switch(Some(name));
        table.push((*name, found(&runs)));
        synod_mutation::switch(None);
    }
    let _ = std::panic::take_hook();
    for (name, run) in &table {
        println!("{name:32} {run:?}");
    }
    let missed: Vec<_> = table.iter().filter(|(_, run)| run.is_none()).collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
}
