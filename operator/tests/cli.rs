//! The command line with bad input: one message with place and cure, a non-zero exit, nothing changed.

use std::path::Path;
use std::process::{Command, Output};

fn synod(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_synod"))
        .args(arguments)
        .current_dir(home)
        .env("HOME", home)
        .env_remove("KUBECONFIG")
        // Any executable will do: nothing here gets as far as starting an agent.
        .env("SYNOD_AGENT", "/bin/sh")
        .output()
        .unwrap()
}

fn file(home: &Path, name: &str, content: &str) {
    std::fs::write(home.join(name), content).unwrap();
}

fn group(spec: &str) -> String {
    format!(
        "apiVersion: synod.dev/v1alpha1\nkind: ConsensusGroup\nmetadata:\n  name: config\nspec:\n{spec}"
    )
}

/// Runs the command in a fresh home with `g.yaml` and checks that it fails, says all of `said`, and leaves nothing.
fn refused(yaml: &str, arguments: &[&str], said: &[&str]) {
    let home = tempfile::tempdir().unwrap();
    file(home.path(), "g.yaml", yaml);
    let output = synod(home.path(), arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{arguments:?} succeeded");
    for part in said {
        assert!(
            message.contains(part),
            "{arguments:?} said {message:?}, not {part:?}"
        );
    }
    let left: Vec<_> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["g.yaml"], "{arguments:?} changed something");
}

#[test]
fn files_are_refused_with_line_and_cure() {
    let local: &[&str] = &["local", "-f", "g.yaml", "--data", "d"];
    refused(
        &group("  memers: 3\n"),
        local,
        &["g.yaml:6", "spec.memers", "members", "nothing was changed"],
    );
    refused(
        &group("  members: 4\n"),
        local,
        &["g.yaml:6", "spec.members"],
    );
    refused(
        &group("  members: three\n"),
        local,
        &["g.yaml:6", "spec.members"],
    );
    refused("not: [yaml", local, &["g.yaml:"]);
    refused(
        "",
        &["local", "-f", "other.yaml", "--data", "d"],
        &["other.yaml does not exist"],
    );
    refused(
        &group("  memers: 3\n"),
        &["apply", "-f", "g.yaml"],
        &["g.yaml:6"],
    );
    refused(
        &group("  members: 3\n"),
        &["apply", "-f", "g.yaml", "--data", "d"],
        &["d is no data directory", "synod local"],
    );
    refused(
        "",
        &["get", "cg", "--kubeconfig", "none"],
        &["none does not exist"],
    );
    refused(
        "",
        &["local", "down", "--data", "d"],
        &["d is no data directory"],
    );
}

#[test]
fn a_directory_of_something_else_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("d")).unwrap();
    file(home.path(), "d/thesis.txt", "dear");
    for arguments in [
        &["local", "--data", "d"][..],
        &["local", "down", "--data", "d", "--purge"],
    ] {
        let output = synod(home.path(), arguments);
        assert!(!output.status.success());
        let left: Vec<_> = std::fs::read_dir(home.path().join("d"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["thesis.txt"]);
    }
}

#[test]
fn a_taken_port_is_named() {
    let home = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = synod(home.path(), &["local", "--data", "d", "--listen", &address]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(
        message.contains(&address) && message.contains("--listen"),
        "{message}"
    );
    assert!(!home.path().join("d").exists());
}

#[test]
fn a_missing_agent_is_named() {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_synod"))
        .args(["local", "--data", "d"])
        .current_dir(home.path())
        .env("HOME", home.path())
        .env("SYNOD_AGENT", "/nowhere/synod-agent")
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(
        message.contains("/nowhere/synod-agent") && message.contains("SYNOD_AGENT"),
        "{message}"
    );
    assert!(!home.path().join("d").exists());
}

#[test]
fn files_are_checked_without_an_api() {
    let home = tempfile::tempdir().unwrap();
    file(home.path(), "g.yaml", &group("  members: 3\n"));
    assert!(
        synod(home.path(), &["apply", "--check", "-f", "g.yaml"])
            .status
            .success()
    );
    let help = synod(home.path(), &["--help"]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    for command in [
        "local", "apply", "get", "status", "delete", "env", "kv", "rotate", "operator", "crds",
        "version",
    ] {
        assert!(
            text.contains(&format!("  {command} ")),
            "{command} is in the help:\n{text}"
        );
    }
}

/// What is wrong with the operator's flags is said before anything is begun.
#[test]
fn the_operators_flags_are_checked() {
    for (arguments, said) in [
        (&["--watch", "Team_A"][..], &["--watch", "lower case"][..]),
        (&["--watch", "a,b,a"], &["--watch", "a is given twice"]),
        (
            &["--reconciles-max", "0"],
            &["--reconciles-max", "1 to 1000"],
        ),
        (
            &["--reconciles-max", "many"],
            &["--reconciles-max", "1 to 1000"],
        ),
        (
            &["--leader-election", "maybe"],
            &["--leader-election", "on or off"],
        ),
        (
            &["--lease-duration", "15"],
            &["--lease-duration", "15s or 1m"],
        ),
        (
            &["--renew-deadline", "20s"],
            &["--renew-deadline", "before others take over"],
        ),
        (
            &["--retry-period", "10s"],
            &["--retry-period", "shorter retry"],
        ),
        (&["--lease-name", "-"], &["--lease-name", "letter or digit"]),
        (&["--identity", ""], &["--identity"]),
        (&["--listen", "8080"], &["--listen"]),
        (&["--log-format", "xml"], &["--log-format", "json", "text"]),
        (&["--log", "loud=very=much"], &["--log", "info"]),
        (&["--kubeconfig", "none"], &["none does not exist"]),
    ] {
        let all = [&["operator"], arguments].concat();
        refused("", &all, said);
    }
}

#[test]
fn how_long_clients_are_given_is_checked() {
    for length in ["soon", "15"] {
        let arguments = ["rotate", "--overlap", length];
        refused("", &arguments, &["--overlap", "90s, 30m or 1h"]);
    }
    let arguments = ["rotate", "--overlap=-1h"];
    refused("", &arguments, &["--overlap", "negative"]);
    refused("", &["rotate"], &["no API is known", "synod local"]);
}

#[test]
fn the_operators_help_teaches() {
    let home = tempfile::tempdir().unwrap();
    let help = synod(home.path(), &["operator", "--help"]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    for part in [
        "--watch team-a,team-b",
        "--leader-election",
        "--lease-duration",
        "[default: 15s]",
        "/healthz",
        "/readyz",
        "/metrics",
        "--log-format",
        "--reconciles-max",
        "SYNOD_NAMESPACES",
        "POD_NAME",
    ] {
        assert!(text.contains(part), "{part} is in the help:\n{text}");
    }
}

#[test]
fn the_operators_port_that_is_taken_is_named() {
    let home = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let kubeconfig = "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\nusers: [{name: u, user: {}}]\n";
    file(home.path(), "k.yaml", kubeconfig);
    let output = synod(
        home.path(),
        &["operator", "--kubeconfig", "k.yaml", "--listen", &address],
    );
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(message.contains(&address), "{message}");
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    let first: serde_json::Value = serde_json::from_str(log.lines().next().expect("a line"))
        .expect("JSON, as it is no terminal");
    assert_eq!(first["action"], "start", "{log}");
}
