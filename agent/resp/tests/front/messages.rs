//! Messages between clients.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};

use crate::client::{Client, start};
use crate::stage::play;

fn check(script: &str, told: Expect) {
    told.assert_eq(&play(script));
}

#[test]
fn who_subscribed_is_sent_messages() {
    check(
        "
        a> subscribe x
        a> subscribe x y x
        b> publish x hello
        b> publish z nobody
        a> psubscribe ?
        b> publish x twice
        b> publish z once
        c> psubscribe ? [x-z]
        b> publish y several
        a> unsubscribe x
        a> unsubscribe nothing
        b> publish x pattern
        a> punsubscribe ?
        a> unsubscribe
        a> unsubscribe
        a> punsubscribe
        a> sunsubscribe
        b> publish y others
        ",
        expect![[r#""#]],
    );
}

#[test]
fn channels_of_shards_are_others() {
    check(
        "
        a> ssubscribe x z
        a> subscribe x
        a> psubscribe *
        b> publish x 1
        b> spublish x 2
        b> spublish y 3
        b> pubsub shardchannels
        b> pubsub channels
        b> pubsub shardnumsub x y
        b> pubsub numsub x y
        a> sunsubscribe x
        b> spublish x 4
        a> sunsubscribe
        a> get k
        ",
        expect![[r#""#]],
    );
}

#[test]
fn who_subscribed_may_do_little_in_the_older_protocol() {
    check(
        "
        a> subscribe x
        a> get k
        a> client id
        a> object encoding k
        a> pubsub numpat
        a> multi
        a> ping
        a> ping hello
        a> ping too many
        a> nothing
        a> get
        a> exec
        a> discard
        a> unsubscribe x
        a> get k
        a> ping
        b> ssubscribe s
        b> get k
        b> sunsubscribe
        b> get k
        ",
        expect![[r#""#]],
    );
}

#[test]
fn who_subscribed_may_do_all_in_the_newer_protocol() {
    check(
        "
        a> hello 3
        a> subscribe x
        a> get k
        a> ping
        a> set k 1 ; publish x own ; get k ; publish x again
        a> psubscribe x*
        b> publish x other
        a> unsubscribe
        a> punsubscribe x*
        a> punsubscribe
        a> unsubscribe
        ",
        expect![[r#""#]],
    );
}

#[test]
fn in_transactions_messages_come_after_all_replies() {
    check(
        "
        a> multi
        a> subscribe x
        a> get k
        a> publish x early
        a> unsubscribe nothing
        a> exec
        a> get k
        b> hello 3
        b> subscribe x
        b> multi
        b> publish x 1
        b> get k
        b> publish x 2
        b> exec
        ",
        expect![[r#""#]],
    );
}

#[test]
fn what_there_is_is_told() {
    check(
        "
        a> subscribe one two
        b> subscribe one
        b> psubscribe o* t*
        c> psubscribe o*
        d> pubsub channels t*
        d> pubsub channels x*
        d> pubsub numsub
        d> pubsub numsub one two three
        d> pubsub numpat
        d> pubsub shardchannels
        d> pubsub shardnumsub
        d> pubsub numpat x
        d> pubsub channels a b
        d> pubsub nothing
        d> pubsub
        d> publish x
        d> subscribe
        d> multi
        d> pubsub numpat
        d> exec
        a> unsubscribe one two
        d> pubsub numsub one two
        ",
        expect![[r#""#]],
    );
}

/// Messages of each of several publishers come to each subscriber in the order in which they were published, whatever threads they are
/// of, and whoever pipelines.
#[test]
fn messages_come_in_order() {
    const MESSAGES: usize = 500;
    let server = start(1);
    let mut subscribers: Vec<_> = (0..4).map(|_| Client::of(&server)).collect();
    for subscriber in &mut subscribers {
        subscriber.ask("subscribe x");
    }
    std::thread::scope(|scope| {
        for publisher in 0..3 {
            let mut client = Client::of(&server);
            scope.spawn(move || {
                for message in 0..MESSAGES {
                    client.send(&format!("publish x {publisher}-{message}"));
                    if message % 50 == 49 {
                        client.read_lines(50);
                    }
                }
            });
        }
        for subscriber in &mut subscribers {
            scope.spawn(move || {
                let mut next = BTreeMap::new();
                for _ in 0..3 * MESSAGES {
                    let message = subscriber.read_lines(7).pop().expect("a message");
                    let (publisher, number) = message.split_once('-').expect("its number");
                    let number: usize = number.parse().expect("a number");
                    let expected = next.entry(publisher.to_owned()).or_insert(0);
                    assert_eq!(number, *expected, "of {publisher}");
                    *expected += 1;
                }
            });
        }
    });
    server.stop();
}

/// Whoever was answered that he subscribed gets all that is published from then on, and nothing that was published before.
#[test]
fn subscriptions_hold_from_when_they_are_answered() {
    let server = start(1);
    let (mut other, mut keeps) = (Client::of(&server), Client::of(&server));
    keeps.ask("subscribe x");
    for round in 0..500 {
        let mut subscriber = Client::of(&server);
        assert_eq!(other.ask(&format!("publish x before-{round}")), ":1");
        subscriber.ask("subscribe x");
        assert_eq!(other.ask(&format!("publish x after-{round}")), ":2");
        let told = subscriber.read_lines(7);
        assert_eq!(told[6], format!("after-{round}"));
        subscriber.send("unsubscribe x");
        subscriber.read_lines(6);
    }
    server.stop();
}

#[test]
fn who_hangs_up_is_no_subscriber_any_more() {
    let server = start(1);
    let mut other = Client::of(&server);
    for _ in 0..20 {
        let mut gone = Client::of(&server);
        gone.ask("subscribe x");
        gone.ask("psubscribe x*");
        drop(gone);
    }
    let since = std::time::Instant::now();
    while other.ask("publish x 1") != ":0" {
        assert!(since.elapsed().as_secs() < 10, "some are still there");
    }
    assert_eq!(other.ask("pubsub numpat"), ":0");
    assert_eq!(other.ask("pubsub channels"), "*0");
    server.stop();
}
