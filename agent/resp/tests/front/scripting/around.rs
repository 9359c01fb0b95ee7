//! Scripts, and what else a server does: it counts, writes a log, and keeps functions.

use std::sync::{Arc, Mutex};

use synod_resp::{Level, Setup};

use crate::client::{Client, start, start_setup};

#[test]
fn commands_of_scripts_are_counted() {
    let server = start(5);
    let mut client = Client::of(&server);
    client.ask("eval return(redis.call('set','a',1)) 0");
    client.ask("eval redis.call('get','a')redis.pcall('lpush','a',1) 0");
    client.ask("eval return(redis.call('lpush','a',1)) 0");
    let told = client.ask_for_all("info commandstats");
    for (name, counted) in [
        ("set", "calls=1"),
        ("get", "calls=1"),
        ("lpush", "calls=2"),
        ("eval", "calls=3"),
    ] {
        let shown = format!("cmdstat_{name}:{counted},");
        assert!(told.contains(&shown), "{shown} in {told}");
    }
    let told = client.ask_for_all("info errorstats");
    assert!(told.contains("errorstat_WRONGTYPE:count=1"), "{told}");
    server.stop();
}

#[test]
fn scripts_write_to_the_log() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&log);
    let server = start_setup(Setup {
        on_log: Some(Box::new(move |level, text| {
            let mut log = own.lock().expect("nobody panics");
            log.push((level, text.to_owned()));
        })),
        ..Setup::default()
    });
    let mut client = Client::of(&server);
    for line in [
        "eval redis.log(redis.LOG_WARNING,'two\\nlines',1) 0",
        "eval redis.log(redis.LOG_VERBOSE,'not-told') 0",
        "config set loglevel debug",
        "eval redis.log(redis.LOG_DEBUG,string.rep('x',2000)) 0",
        "config set loglevel nothing",
        "eval redis.log(redis.LOG_WARNING,'not-told') 0",
    ] {
        let told = client.ask(line);
        assert!(["$-1", "+OK"].contains(&&*told), "{line}: {told}");
    }
    let told = log.lock().expect("nobody panics").clone();
    let expected = [
        (Level::Warning, "two lines 1".to_owned()),
        (Level::Debug, "x".repeat(1024)),
    ];
    assert_eq!(told, expected);
    server.stop();
}
