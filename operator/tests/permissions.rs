//! What the operator may do is written once, `operator/permissions.yaml`; its help says the same in words.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;

const PERMISSIONS: &str = include_str!("../permissions.yaml");

#[derive(Deserialize)]
struct Role {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    resources: Vec<String>,
    verbs: BTreeSet<String>,
}

type Allowed = BTreeMap<String, BTreeSet<String>>;

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', ' ']).filter(|word| !word.is_empty())
}

/// The rows of the help: verbs, at least two blanks, resources; further lines of a row begin far to the right.
fn said(help: &str) -> Vec<(String, String)> {
    let rows = help
        .lines()
        .skip_while(|line| !line.contains("must be allowed to"))
        .skip(1)
        .take_while(|line| line.starts_with("  "));
    let mut said: Vec<(String, String)> = Vec::new();
    for row in rows {
        match row.trim().split_once("  ") {
            Some((verbs, resources)) => said.push((verbs.to_owned(), resources.to_owned())),
            None => {
                let last = &mut said.last_mut().expect("a first line has verbs").1;
                last.push(' ');
                last.push_str(row.trim());
            }
        }
    }
    said
}

#[test]
fn the_help_says_what_the_roles_allow() {
    let mut allowed = Allowed::new();
    for role in serde_yaml::Deserializer::from_str(PERMISSIONS) {
        for rule in Role::deserialize(role).expect("a role").rules {
            for resource in rule.resources {
                let verbs = allowed.entry(resource).or_default();
                verbs.extend(rule.verbs.iter().cloned());
            }
        }
    }
    let help = Command::new(env!("CARGO_BIN_EXE_synod"))
        .args(["operator", "--help"])
        .output()
        .expect("it runs");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let mut told = Allowed::new();
    for (verbs, resources) in said(&help) {
        let verbs: BTreeSet<_> = words(&verbs).map(str::to_owned).collect();
        // What follows a semicolon is why, not what.
        let named = resources.split(';').next().unwrap_or_default();
        for word in words(named).filter(|word| allowed.contains_key(*word)) {
            told.insert(word.to_owned(), verbs.clone());
        }
    }
    assert_eq!(told, allowed, "{help}");
}
