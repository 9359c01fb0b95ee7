//! What outlives the process, and what does not.

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::process::Agent;

/// How many write at once until the process dies.
const WRITERS: usize = 4;
/// How often it dies.
const DEATHS: usize = 3;

#[test]
fn nothing_that_was_acknowledged_is_lost_by_a_kill() {
    let mut agent = Agent::new("fsync: always");
    let acknowledged = Mutex::new(Vec::new());
    for death in 0..DEATHS {
        agent.start();
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let mut client = agent.client();
                let acknowledged = &acknowledged;
                scope.spawn(move || {
                    for number in 0.. {
                        let key = format!("{death}.{writer}.{number}");
                        match client.try_call(&["SET", &key, &key]) {
                            Ok(answer) => assert_eq!(answer, "+OK"),
                            Err(_) => return,
                        }
                        acknowledged.lock().unwrap().push(key);
                    }
                });
            }
            thread::sleep(Duration::from_millis(700));
            agent.kill();
        });
    }
    agent.start();
    let mut client = agent.client();
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(
        acknowledged.len() > DEATHS * WRITERS,
        "hardly anything was written"
    );
    for key in &acknowledged {
        assert_eq!(
            client.call(&["GET", key]),
            *key,
            "of {}",
            acknowledged.len()
        );
    }
}

#[test]
fn what_was_written_before_a_stop_is_there_after_it() {
    for fsync in ["every_second", "no"] {
        let mut agent = Agent::new(&format!("fsync: {fsync}"));
        agent.start();
        let mut client = agent.client();
        for number in 0..1_000 {
            let key = number.to_string();
            assert_eq!(client.call(&["SET", &key, &key]), "+OK");
        }
        agent.stop();
        agent.start();
        assert_eq!(agent.client().call(&["DBSIZE"]), ":1000", "{fsync}");
    }
}

#[test]
fn what_is_in_memory_only_is_gone_and_what_was_kept_before_does_not_come_again() {
    let mut agent = Agent::new("persistent: true");
    agent.start();
    assert_eq!(agent.client().call(&["SET", "kept", "1"]), "+OK");
    agent.stop();
    agent.reconfigure("persistent: true", "persistent: false");
    agent.start();
    let mut client = agent.client();
    assert_eq!(client.call(&["DBSIZE"]), ":0");
    assert_eq!(client.call(&["SET", "fleeting", "1"]), "+OK");
    assert!(!agent.file("data/cache").exists());
    agent.stop();
    agent.reconfigure("persistent: false", "persistent: true");
    agent.start();
    assert_eq!(agent.client().call(&["DBSIZE"]), ":0");
}
