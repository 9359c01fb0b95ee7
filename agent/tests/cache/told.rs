//! What the agent tells of itself.

use crate::process::{Agent, ask};

/// The value of a series.
fn value(text: &str, name: &str) -> Option<f64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(name));
    lines.next()?.trim().parse().ok()
}

#[test]
fn what_is_counted_is_told_beside_the_rest() {
    let mut agent = Agent::new("persistent: true, memory_bytes_max: 16777216, threads: 2");
    agent.start();
    let mut client = agent.client();
    for words in [
        ["SET", "a", "1"].as_slice(),
        &["GET", "a"],
        &["GET", "b"],
        &["NO"],
    ] {
        client.call(words);
    }
    let text = ask(agent.health, "/metrics").unwrap();
    for (name, expected) in [
        ("synod_cache_keys ", 1.0),
        ("synod_cache_hits_total ", 1.0),
        ("synod_cache_misses_total ", 1.0),
        ("synod_cache_errors_total ", 1.0),
        ("synod_cache_clients ", 1.0),
        ("synod_cache_memory_max_bytes ", 16_777_216.0),
        ("synod_cache_log_failed ", 0.0),
    ] {
        assert_eq!(value(&text, name), Some(expected), "{name}in {text}");
    }
    assert!(value(&text, "synod_cache_memory_bytes ").is_some_and(|bytes| bytes > 0.0));
    assert!(value(&text, "synod_cache_commands_total ").is_some_and(|calls| calls >= 4.0));
    // Those of the member that it is.
    assert!(text.contains("synod_log_commits"), "{text}");
}

#[test]
fn settings_are_what_the_configuration_says() {
    let cache = "eviction: volatile-lru, memory_bytes_max: 1048576, fsync: always, threads: 1";
    let mut agent = Agent::new(cache);
    agent.start();
    let mut client = agent.client();
    for (name, expected) in [
        ("maxmemory", "1048576"),
        ("maxmemory-policy", "volatile-lru"),
        ("appendonly", "yes"),
        ("appendfsync", "always"),
    ] {
        assert_eq!(client.call(&["CONFIG", "GET", name]), "*2");
        let told = [client.answer().unwrap(), client.answer().unwrap()];
        assert_eq!(told, [name, expected]);
    }
}
