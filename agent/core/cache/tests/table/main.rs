//! The table of commands is that of Redis.

mod line;
mod page;

use std::collections::BTreeMap;

use line::line;
use synod_cache::command::{Spec, all};

/// All that redis-server 7.0.15 says of its commands; see `examples/commands.rs`.
const REDIS_7_0: &str = include_str!("redis-7.0.15.txt");
/// What came with 7.2, and what 7.2 says otherwise.
const REDIS_7_2: &str = include_str!("redis-7.2.txt");
/// Modules are no part of what is built here, and what they bring neither.
const APART: [&str; 1] = ["module"];

/// What is still to be built: one that is built may not be here, so the list can but shrink.
const NOT_BUILT: &[&str] = &[
    "asking",
    "cluster",
    "cluster|addslots",
    "cluster|addslotsrange",
    "cluster|bumpepoch",
    "cluster|count-failure-reports",
    "cluster|countkeysinslot",
    "cluster|delslots",
    "cluster|delslotsrange",
    "cluster|failover",
    "cluster|flushslots",
    "cluster|forget",
    "cluster|getkeysinslot",
    "cluster|help",
    "cluster|info",
    "cluster|keyslot",
    "cluster|links",
    "cluster|meet",
    "cluster|myid",
    "cluster|myshardid",
    "cluster|nodes",
    "cluster|replicas",
    "cluster|replicate",
    "cluster|reset",
    "cluster|saveconfig",
    "cluster|set-config-epoch",
    "cluster|setslot",
    "cluster|shards",
    "cluster|slaves",
    "cluster|slots",
    "migrate",
    "readonly",
    "readwrite",
    "restore-asking",
];

/// All commands and subcommands, by their whole names.
fn ours() -> BTreeMap<String, &'static Spec> {
    let mut ours = BTreeMap::new();
    for spec in all() {
        ours.insert(spec.name.to_owned(), spec);
        for sub in spec.subcommands {
            ours.insert(format!("{}|{}", spec.name, sub.name), sub);
        }
    }
    ours
}

/// The lines of Redis 7.2, by names.
fn theirs() -> BTreeMap<&'static str, &'static str> {
    let lines = REDIS_7_0.lines().chain(REDIS_7_2.lines());
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let named = lines.map(|line| (line.split(' ').next().unwrap_or_default(), line));
    named
        .filter(|(name, _)| !APART.contains(&name.split('|').next().unwrap_or_default()))
        .collect()
}

#[test]
fn commands_are_those_of_redis() {
    let ours = ours();
    let mut wrong = Vec::new();
    for (name, theirs) in theirs() {
        match ours.get(name) {
            None if NOT_BUILT.contains(&name) => {}
            None => wrong.push(format!("{name} is not there")),
            Some(_) if NOT_BUILT.contains(&name) => {
                wrong.push(format!("{name} is built, and listed as not built"));
            }
            Some(spec) => {
                let ours = line(name, spec);
                if ours != theirs {
                    wrong.push(format!("ours:   {ours}\ntheirs: {theirs}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn what_is_listed_as_not_built_is_a_command() {
    let theirs = theirs();
    let unknown: Vec<_> = NOT_BUILT
        .iter()
        .filter(|name| !theirs.contains_key(*name))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(NOT_BUILT.is_sorted(), "in order, so that merging is easy");
}

#[test]
fn each_command_says_what_it_does_and_since_when() {
    for (name, spec) in ours() {
        assert!(!spec.summary.is_empty(), "{name} has no summary");
        assert!(spec.summary.ends_with('.'), "{name}: no sentence");
        let parts = spec.since.split('.').map(str::parse::<u8>);
        assert_eq!(parts.filter(Result::is_ok).count(), 3, "{name}");
    }
}

#[test]
fn numbers_of_commands_are_all_different() {
    let mut numbers: Vec<_> = ours().values().map(|spec| spec.number).collect();
    numbers.sort_unstable();
    let all: Vec<_> = (0..synod_cache::command::count()).collect();
    assert_eq!(numbers, all);
}
