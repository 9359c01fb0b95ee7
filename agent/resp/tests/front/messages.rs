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
        expect![[r#"
            a> subscribe x
                a [subscribe x :1]
            a> subscribe x y x
                a [subscribe x :1]
                a [subscribe y :2]
                a [subscribe x :2]
            b> publish x hello
                b :1
                a [message x hello]
            b> publish z nobody
                b :0
            a> psubscribe ?
                a [psubscribe ? :3]
            b> publish x twice
                b :2
                a [message x twice]
                a [pmessage ? x twice]
            b> publish z once
                b :1
                a [pmessage ? z once]
            c> psubscribe ? [x-z]
                c [psubscribe ? :1]
                c [psubscribe [x-z] :2]
            b> publish y several
                b :4
                a [message y several]
                a [pmessage ? y several]
                c [pmessage ? y several]
                c [pmessage [x-z] y several]
            a> unsubscribe x
                a [unsubscribe x :2]
            a> unsubscribe nothing
                a [unsubscribe nothing :2]
            b> publish x pattern
                b :3
                a [pmessage ? x pattern]
                c [pmessage ? x pattern]
                c [pmessage [x-z] x pattern]
            a> punsubscribe ?
                a [punsubscribe ? :1]
            a> unsubscribe
                a [unsubscribe y :0]
            a> unsubscribe
                a [unsubscribe nil :0]
            a> punsubscribe
                a [punsubscribe nil :0]
            a> sunsubscribe
                a [sunsubscribe nil :0]
            b> publish y others
                b :2
                c [pmessage ? y others]
                c [pmessage [x-z] y others]
        "#]],
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
        b> pubsub shardchannels x*
        b> pubsub channels
        b> pubsub shardnumsub x y
        b> pubsub numsub x y
        a> sunsubscribe x
        b> spublish x 4
        a> sunsubscribe
        a> get k
        ",
        expect![[r#"
            a> ssubscribe x z
                a [ssubscribe x :1]
                a [ssubscribe z :2]
            a> subscribe x
                a [subscribe x :1]
            a> psubscribe *
                a [psubscribe * :2]
            b> publish x 1
                b :2
                a [message x 1]
                a [pmessage * x 1]
            b> spublish x 2
                b :1
                a [smessage x 2]
            b> spublish y 3
                b :0
            b> pubsub shardchannels x*
                b [x]
            b> pubsub channels
                b [x]
            b> pubsub shardnumsub x y
                b [x :1 y :0]
            b> pubsub numsub x y
                b [x :1 y :0]
            a> sunsubscribe x
                a [sunsubscribe x :1]
            b> spublish x 4
                b :0
            a> sunsubscribe
                a [sunsubscribe z :0]
            a> get k
                a -ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
        "#]],
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
        expect![[r#"
            a> subscribe x
                a [subscribe x :1]
            a> get k
                a -ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
            a> client id
                a -ERR Can't execute 'client|id': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
            a> object encoding k
                a -ERR Can't execute 'object|encoding': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
            a> pubsub numpat
                a -ERR Can't execute 'pubsub|numpat': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
            a> multi
                a -ERR Can't execute 'multi': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
            a> ping
                a [pong ]
            a> ping hello
                a [pong hello]
            a> ping too many
                a -ERR wrong number of arguments for 'ping' command
            a> nothing
                a -ERR unknown command 'nothing', with args beginning with: 
            a> get
                a -ERR wrong number of arguments for 'get' command
            a> exec
                a -EXECABORT Transaction discarded because of: Can't execute 'exec': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
            a> discard
                a -ERR Can't execute 'discard': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
            a> unsubscribe x
                a [unsubscribe x :0]
            a> get k
                a nil
            a> ping
                a +PONG
            b> ssubscribe s
                b [ssubscribe s :1]
            b> get k
                b -ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
            b> sunsubscribe
                b [sunsubscribe s :0]
            b> get k
                b nil
        "#]],
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
        expect![[r#"
            a> hello 3
                a (hello)
            a> subscribe x
                a >[subscribe x :1]
            a> get k
                a nil
            a> ping
                a +PONG
            a> set k 1 ; publish x own ; get k ; publish x again
                a +OK
                a :1
                a >[message x own]
                a 1
                a :1
                a >[message x again]
            a> psubscribe x*
                a >[psubscribe x* :2]
            b> publish x other
                b :2
                a >[message x other]
                a >[pmessage x* x other]
            a> unsubscribe
                a >[unsubscribe x :1]
            a> punsubscribe x*
                a >[punsubscribe x* :0]
            a> punsubscribe
                a >[punsubscribe nil :0]
            a> unsubscribe
                a >[unsubscribe nil :0]
        "#]],
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
        expect![[r#"
            a> multi
                a +OK
            a> subscribe x
                a +QUEUED
            a> get k
                a +QUEUED
            a> publish x early
                a +QUEUED
            a> unsubscribe nothing
                a +QUEUED
            a> exec
                a [[subscribe x :1] nil :1 [unsubscribe nothing :1]]
                a [message x early]
            a> get k
                a -ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
            b> hello 3
                b (hello)
            b> subscribe x
                b >[subscribe x :1]
            b> multi
                b +OK
            b> publish x 1
                b +QUEUED
            b> get k
                b +QUEUED
            b> publish x 2
                b +QUEUED
            b> exec
                b [:2 nil :2]
                b >[message x 1]
                b >[message x 2]
                a [message x 1]
                a [message x 2]
        "#]],
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
        expect![[r#"
            a> subscribe one two
                a [subscribe one :1]
                a [subscribe two :2]
            b> subscribe one
                b [subscribe one :1]
            b> psubscribe o* t*
                b [psubscribe o* :2]
                b [psubscribe t* :3]
            c> psubscribe o*
                c [psubscribe o* :1]
            d> pubsub channels t*
                d [two]
            d> pubsub channels x*
                d []
            d> pubsub numsub
                d []
            d> pubsub numsub one two three
                d [one :2 two :1 three :0]
            d> pubsub numpat
                d :2
            d> pubsub shardchannels
                d []
            d> pubsub shardnumsub
                d []
            d> pubsub numpat x
                d -ERR wrong number of arguments for 'pubsub|numpat' command
            d> pubsub channels a b
                d -ERR unknown subcommand or wrong number of arguments for 'channels'. Try PUBSUB HELP.
            d> pubsub nothing
                d -ERR unknown subcommand 'nothing'. Try PUBSUB HELP.
            d> pubsub
                d -ERR wrong number of arguments for 'pubsub' command
            d> publish x
                d -ERR wrong number of arguments for 'publish' command
            d> subscribe
                d -ERR wrong number of arguments for 'subscribe' command
            d> multi
                d +OK
            d> pubsub numpat
                d +QUEUED
            d> exec
                d [:2]
            a> unsubscribe one two
                a [unsubscribe one :1]
                a [unsubscribe two :0]
            d> pubsub numsub one two
                d [one :1 two :0]
        "#]],
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
