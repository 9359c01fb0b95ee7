//! What an agent does not start with: one line that says what to do.

use crate::process::Agent;

#[track_caller]
fn refused(agent: &Agent, code: i32, words: &str) {
    let output = agent.command().output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{message}");
    let last = message.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("synod-agent: ") && last.contains(words),
        "{message}"
    );
}

#[test]
fn what_cannot_be_is_told() {
    let agent = Agent::new("eviction: lru");
    refused(
        &agent,
        2,
        "cache.eviction: \"lru\" is no policy; use one of noeviction, ",
    );
    let agent = Agent::new("persistent: false");
    std::fs::write(agent.file("password"), "\n").unwrap();
    refused(&agent, 5, "is empty; write a password into it");
    std::fs::remove_file(agent.file("password")).unwrap();
    refused(&agent, 5, "name a file that this user may read");
    assert!(!agent.file("data").exists());
}

#[test]
fn what_was_kept_for_another_cluster_is_left_alone() {
    let mut agent = Agent::new("persistent: true");
    agent.start();
    assert_eq!(agent.client().call(&["SET", "a", "1"]), "+OK");
    agent.stop();
    agent.reconfigure("5f2b8f6e", "5f2b8f6f");
    refused(&agent, 4, "data directory ");
    agent.reconfigure("5f2b8f6f", "5f2b8f6e");
    agent.start();
    assert_eq!(agent.client().call(&["GET", "a"]), "1");
}
