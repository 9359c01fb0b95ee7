//! Commands are in the categories that Redis has them in.

use std::collections::BTreeSet;

use synod_cache::command::{Categories, all};

/// What redis-server 7.0.15 answers to `ACL CAT category`, for each.
const TOLD: &str = include_str!("categories.txt");

/// Not a container yet.
const NOT_YET: &[&str] = &["config"];

/// Each command and subcommand, with its categories.
fn ours() -> Vec<(String, Categories)> {
    let mut ours = Vec::new();
    for command in all() {
        ours.push((command.name.to_owned(), command.all_categories()));
        let subcommands = command.subcommands.iter();
        ours.extend(subcommands.map(|it| {
            let name = format!("{}|{}", command.name, it.name);
            (name, it.all_categories())
        }));
    }
    ours
}

#[test]
fn categories_are_those_of_redis() {
    let told: Vec<(&str, BTreeSet<&str>)> = TOLD
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(category, commands)| (category, commands.split(' ').collect()))
        .collect();
    let known: BTreeSet<&str> = told.iter().flat_map(|(_, them)| them).copied().collect();
    let ours = ours();
    let ours = ours
        .iter()
        .filter(|(name, _)| known.contains(name.as_str()) && !NOT_YET.contains(&name.as_str()));
    let names: Vec<&str> = Categories::EACH.iter().map(|(_, name)| *name).collect();
    let told_names: Vec<String> = told.iter().map(|(name, _)| format!("@{name}")).collect();
    assert_eq!(names, told_names, "in their order");
    for (name, categories) in ours {
        let own: Vec<&str> = categories.names().collect();
        let them = told.iter().filter(|(_, them)| them.contains(name.as_str()));
        let theirs: Vec<String> = them.map(|(category, _)| format!("@{category}")).collect();
        assert_eq!(own, theirs, "{name}");
    }
}
