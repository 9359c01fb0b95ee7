//! Clients that do not read what they are sent are closed at a bound, and nobody else feels it.

use std::time::{Duration, Instant};

use synod_resp::Server;

use crate::client::{Client, start};

/// Does something until a client is closed.
fn until_closed(client: &mut Client, mut work: impl FnMut()) {
    let since = Instant::now();
    while !client.has_hung_up() {
        assert!(
            since.elapsed() < Duration::from_secs(60),
            "it is still there"
        );
        (0..20).for_each(|_| work());
    }
}

/// Sets how much may wait to be sent.
fn limit(client: &mut Client, limit: &str) {
    client.send_words(&["config", "set", "client-output-buffer-limit", limit]);
    assert_eq!(client.answer(), "+OK");
}

fn publish(server: &Server) -> impl FnMut() + use<> {
    let mut publisher = Client::of(server);
    let message = format!("publish x {}", "m".repeat(200_000));
    move || {
        publisher.ask(&message);
    }
}

#[test]
fn a_subscriber_that_never_reads_is_closed() {
    let server = start(1);
    let (mut reads, mut never_reads) = (Client::of(&server), Client::of(&server));
    limit(&mut never_reads, "pubsub 4mb 0 0");
    for client in [&mut reads, &mut never_reads] {
        client.ask("subscribe x");
    }
    let mut publish = publish(&server);
    until_closed(&mut never_reads, || {
        publish();
        reads.read_lines(7);
    });
    let mut other = Client::of(&server);
    assert_eq!(other.ask("pubsub numsub x"), "*2 $1 x :1");
    server.stop();
}

#[test]
fn one_that_has_too_much_for_too_long_is_closed() {
    let server = start(1);
    let mut never_reads = Client::of(&server);
    limit(&mut never_reads, "pubsub 0 100kb 1");
    never_reads.ask("subscribe x");
    let mut publish = publish(&server);
    // What the system keeps for it does not count.
    let since = Instant::now();
    (0..200).for_each(|_| publish());
    until_closed(&mut never_reads, || {
        std::thread::sleep(Duration::from_millis(5))
    });
    assert!(since.elapsed() >= Duration::from_secs(1), "too early");
    server.stop();
}

#[test]
fn a_monitor_that_never_reads_is_closed() {
    let server = start(1);
    let mut monitor = Client::of(&server);
    limit(&mut monitor, "pubsub 4mb 0 0");
    monitor.ask("monitor");
    let mut publish = publish(&server);
    until_closed(&mut monitor, &mut publish);
    server.stop();
}

#[test]
fn one_that_keeps_copies_and_never_reads_is_closed() {
    let server = start(8);
    let (mut follows, mut writes) = (Client::of(&server), Client::of(&server));
    limit(&mut follows, "pubsub 1mb 0 0");
    follows.ask("hello 3");
    follows.ask("client tracking on bcast");
    let key = "k".repeat(50_000);
    until_closed(&mut follows, || {
        writes.ask(&format!("set {key} 1"));
    });
    server.stop();
}

#[test]
fn one_that_does_not_read_its_replies_is_answered_no_more() {
    let server = start(1);
    let (mut asks, mut other) = (Client::of(&server), Client::of(&server));
    other.ask(&format!("set k {}", "v".repeat(1_000_000)));
    // Without a limit it has to read before more is carried out.
    for _ in 0..30 {
        asks.send("get k");
    }
    asks.send("incr done");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(other.ask("get done"), "$-1");
    for _ in 0..30 {
        asks.read_lines(2);
    }
    assert_eq!(asks.read_lines(1), [":1"]);
    server.stop();
}

#[test]
fn one_with_a_limit_that_does_not_read_its_replies_is_closed() {
    let server = start(1);
    let (mut asks, mut other) = (Client::of(&server), Client::of(&server));
    limit(&mut other, "normal 1mb 0 0");
    // More than the system keeps for it.
    other.ask(&format!("set k {}", "v".repeat(30_000_000)));
    asks.send("get k");
    until_closed(&mut asks, || std::thread::sleep(Duration::from_millis(5)));
    assert_eq!(other.ask("strlen k"), ":30000000");
    server.stop();
}

/// A message to many is kept once for all of them.
#[test]
fn many_subscribers_get_all_messages() {
    const SUBSCRIBERS: usize = 1_000;
    let server = start(1);
    let mut subscribers: Vec<_> = (0..SUBSCRIBERS).map(|_| Client::of(&server)).collect();
    for subscriber in &mut subscribers {
        subscriber.send("subscribe x");
    }
    for subscriber in &mut subscribers {
        subscriber.read_lines(6);
    }
    let mut publisher = Client::of(&server);
    for round in 0..5 {
        let answer = publisher.ask(&format!("publish x {round}"));
        assert_eq!(answer, format!(":{SUBSCRIBERS}"));
    }
    for subscriber in &mut subscribers {
        let lines = subscriber.read_lines(35);
        let messages: Vec<_> = lines.chunks(7).map(|lines| lines[6].as_str()).collect();
        assert_eq!(messages, ["0", "1", "2", "3", "4"]);
    }
    server.stop();
}
