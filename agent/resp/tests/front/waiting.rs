//! Clients that wait are answered in time, whatever happens to their keys meanwhile.

use std::time::{Duration, Instant};

use crate::client::{Client, start};

/// With one partition whoever changes a key answers who waits for it; with several the thread of the one who waits does.
const PARTITIONS: [usize; 2] = [1, 8];

/// Until somebody waits.
fn settle(other: &mut Client) {
    let since = Instant::now();
    while !other
        .ask_for_all("info clients")
        .contains("blocked_clients:1")
    {
        assert!(since.elapsed() < Duration::from_secs(10), "nobody waits");
    }
}

#[test]
fn subcommands_are_found() {
    let server = start(8);
    let mut client = Client::of(&server);
    client.ask("set a 12");
    assert_eq!(client.ask("object encoding a"), "$3 int");
    assert_eq!(
        client.ask("object foo a"),
        "-ERR unknown subcommand 'foo'. Try OBJECT HELP."
    );
    assert_eq!(
        client.ask("object encoding"),
        "-ERR wrong number of arguments for 'object|encoding' command"
    );
    server.stop();
}

#[test]
fn databases_that_change_places_bring_what_is_waited_for() {
    for partitions in PARTITIONS {
        let server = start(partitions);
        let (mut waits, mut other) = (Client::of(&server), Client::of(&server));
        for (keys, answer) in [("k", "*2 $1 k $1 x"), ("i j k", "*2 $1 k $1 x")] {
            other.ask("rpush t x");
            other.ask("move t 1");
            waits.send(&format!("blpop {keys} 0"));
            settle(&mut other);
            other.ask("swapdb 0 1");
            other.ask("renamenx t k");
            assert_eq!(waits.answer(), answer);
            other.ask("rpush k x");
            other.ask("move k 1");
            waits.send(&format!("blpop {keys} 0"));
            settle(&mut other);
            other.ask("swapdb 0 1");
            assert_eq!(waits.answer(), answer, "nothing but the databases changed");
        }
        server.stop();
    }
}

#[test]
fn nobody_waits_longer_because_something_changes() {
    for partitions in PARTITIONS {
        let server = start(partitions);
        let (mut waits, mut other) = (Client::of(&server), Client::of(&server));
        for keys in ["a", "a b c d"] {
            let since = Instant::now();
            waits.send(&format!("blpop {keys} 0.5"));
            settle(&mut other);
            while since.elapsed() < Duration::from_millis(400) {
                other.ask("set a 1");
                other.ask("del a");
            }
            assert_eq!(waits.answer(), "*-1");
            let waited = since.elapsed();
            assert!(waited >= Duration::from_millis(490), "{waited:?}");
            assert!(waited < Duration::from_secs(5), "{waited:?}");
        }
        server.stop();
    }
}

#[test]
fn something_else_under_a_key_is_as_good_as_nothing() {
    for partitions in PARTITIONS {
        let server = start(partitions);
        let (mut waits, mut other) = (Client::of(&server), Client::of(&server));
        for (command, nothing) in [
            ("blpop a 0.3", "*-1"),
            ("blpop a b c 0.3", "*-1"),
            ("xread block 300 streams a 0", "*-1"),
            ("xread block 300 streams a b c 0 0 0", "*-1"),
        ] {
            waits.send(command);
            settle(&mut other);
            other.ask("set a 1");
            assert_eq!(waits.answer(), nothing, "{command}");
            assert!(waits.ask(command).starts_with("-WRONGTYPE"), "{command}");
            other.ask("del a");
        }
        server.stop();
    }
}

#[test]
fn each_element_goes_to_one_client() {
    const CLIENTS: usize = 20;
    for partitions in PARTITIONS {
        let server = start(partitions);
        let mut other = Client::of(&server);
        let mut clients: Vec<_> = (0..CLIENTS).map(|_| Client::of(&server)).collect();
        let (mut pushed, mut answered) = (0, 0);
        for round in 0..20 {
            // Some are answered when they are about to give up.
            clients
                .iter_mut()
                .for_each(|client| client.send("blpop a 0.03"));
            std::thread::sleep(Duration::from_millis(20 + round));
            for _ in 0..CLIENTS / 2 {
                other.ask("rpush a x");
                pushed += 1;
            }
            let answers = clients.iter_mut().map(Client::answer);
            answered += answers.filter(|answer| answer == "*2 $1 a $1 x").count();
            let left = other.ask("llen a");
            let left: usize = left[1..].parse().expect("a number");
            assert_eq!(answered + left, pushed);
        }
        server.stop();
    }
}

#[test]
fn all_who_call_at_once_are_taken() {
    let server = start(1);
    let mut clients: Vec<_> = (0..300).map(|_| Client::of(&server)).collect();
    clients.iter_mut().for_each(|client| client.send("ping"));
    for client in &mut clients {
        assert_eq!(client.answer(), "+PONG");
    }
    server.stop();
}
