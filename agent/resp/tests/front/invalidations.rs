//! Clients that keep copies of what they read.

use expect_test::{Expect, expect};

use crate::client::{Client, start};
use crate::stage::play;

fn check(script: &str, told: Expect) {
    told.assert_eq(&play(script));
}

#[test]
fn who_read_a_key_is_told_once_that_it_changed() {
    check(
        "
        a> client tracking on
        a> get k
        b> set k 1
        a> client trackinginfo
        a> hello 3
        a> get k
        b> set k 2
        b> set k 3
        a> get k ; set k 4 ; get k
        a> multi
        a> get k
        a> set k 5
        a> get k
        a> exec
        a> mget x y
        b> mset x 1 y 2
        a> lrange l 0 -1
        c! blpop l 0
        b> rpush l x
        c?
        a> set k 6
        a> client trackinginfo
        a> client getredir
        a> client tracking off
        b> set k 7
        a> client trackinginfo
        a> client getredir
        ",
        expect![[r#""#]],
    );
}

#[test]
fn keys_that_commands_name_anywhere_are_known() {
    check(
        "
        a> hello 3
        a> client tracking on
        a> zunion 2 z1 z2
        b> zadd z2 1 m
        b> zadd z1 1 m
        a> xread count 1 streams s t 0 0
        b> xadd t 1-1 f v
        b> xadd s 1-1 f v
        a> object encoding k
        b> set k v
        a> sort_ro l by w_*
        b> rpush l 1
        a> keys *
        b> set k w
        a> getset k x
        b> set k y
        ",
        expect![[r#""#]],
    );
}

#[test]
fn emptied_databases_make_all_copies_worthless() {
    check(
        "
        a> hello 3
        a> client tracking on
        b> set k 1
        a> get k
        b> flushall
        b> set k 1
        b> flushdb
        b> flushdb
        a> flushall ; ping
        a> client tracking off
        b> flushall
        ",
        expect![[r#""#]],
    );
}

#[test]
fn expired_keys_are_told() {
    check(
        "
        a> hello 3
        a> client tracking on
        b> set k 1
        a> get k
        b> pexpire k 10000
        a> get k
        b> expire k -1
        ",
        expect![[r#""#]],
    );
    let server = start(8);
    let (mut reads, mut writes) = (Client::of(&server), Client::of(&server));
    reads.ask("hello 3");
    reads.ask("client tracking on");
    writes.ask("set k 1 px 20");
    reads.ask("get k");
    // Nobody asks for it again.
    assert_eq!(reads.answer(), ">2 $10 invalidate *1 $1 k");
    server.stop();
}

#[test]
fn clients_say_what_they_keep() {
    check(
        "
        a> hello 3
        a> client tracking on optin
        a> get k
        b> set k 1
        a> client caching yes ; get k ; get j
        b> mset k 1 j 1
        a> client caching yes ; client trackinginfo ; get k
        b> set k 1
        a> client caching yes ; nothing ; get k
        b> set k 1
        a> client caching yes ; multi ; get k ; get j ; exec
        b> mset j 1 k 2
        a> client caching no
        a> client caching maybe
        a> client tracking off
        a> client tracking on optout noloop
        a> get k
        a> set k 3
        b> set k 4
        a> get k
        b> set k 4
        a> client caching no ; client trackinginfo ; get k
        b> set k 5
        a> client caching yes
        ",
        expect![[r#""#]],
    );
}

#[test]
fn clients_follow_all_keys_that_begin_somehow() {
    check(
        "
        a> hello 3
        a> client tracking on bcast prefix a prefix b
        a> client tracking on bcast prefix ac
        a> client trackinginfo
        b> set a1 1
        b> mset a2 1 b1 2 c 3 a1 1
        a> set a1 1
        b> flushall
        a> client tracking on bcast prefix d
        b> set d 1
        a> client tracking off
        b> set a1 1
        a> client tracking on bcast noloop
        a> set a1 1
        b> set a1 1
        a> client trackinginfo
        ",
        expect![[r#""#]],
    );
}

#[test]
fn another_client_is_told_instead() {
    check(
        "
        b> subscribe __redis__:invalidate
        a> client tracking on redirect $b
        a> client getredir
        a> client trackinginfo
        a> get k
        c> set k 1
        c> flushall
        c> hello 3
        b> unsubscribe
        a> get k
        c> set k 1
        b> subscribe x
        a> get k
        c> set k 1
        a> client tracking on redirect $c
        a> get k
        c> set k 2
        d> hello 3
        d> client tracking on redirect $c
        d> get k
        b> unsubscribe
        c> set k 1
        ",
        expect![[r#""#]],
    );
}

#[test]
fn options_are_checked() {
    check(
        "
        a> client tracking on bcast optin
        a> client tracking on optin optout
        a> client tracking on prefix a
        a> client tracking on bcast prefix a prefix ab
        a> client tracking on redirect 9999999
        a> client tracking on redirect x
        a> client tracking on redirect
        a> client tracking maybe
        a> client tracking on nothing
        a> client tracking
        a> client caching
        a> client caching yes
        a> client tracking on
        a> client tracking on bcast
        a> client tracking on optin
        a> client tracking on optout
        a> client tracking off
        a> client tracking off
        ",
        expect![[r#""#]],
    );
}

#[test]
fn one_whose_substitute_is_gone_is_told_so() {
    let server = start(8);
    let (mut reads, mut writes) = (Client::of(&server), Client::of(&server));
    let mut other = Client::of(&server);
    let id = other.ask("client id");
    let id = &id[1..];
    reads.ask("hello 3");
    assert_eq!(
        reads.ask(&format!("client tracking on redirect {id}")),
        "+OK"
    );
    drop(other);
    // Until the server knows it.
    let redirects = format!("client tracking on redirect {id}");
    while writes.ask(&redirects) == "+OK" {}
    writes.ask("client tracking off");
    reads.ask("get k");
    writes.ask("set k 1");
    let length = id.len();
    assert!(length > 0);
    assert_eq!(
        reads.answer(),
        format!(">2 $21 tracking-redir-broken :{id}")
    );
    assert!(reads.ask("client trackinginfo").contains("broken_redirect"));
    server.stop();
}

#[test]
fn too_many_keys_are_given_up_by_telling_so() {
    let server = start(8);
    let (mut reads, mut writes) = (Client::of(&server), Client::of(&server));
    reads.ask("hello 3");
    reads.ask("client tracking on");
    writes.ask("config set tracking-table-max-keys 10");
    let mut told = 0;
    for key in 0..100 {
        reads.send(&format!("get k{key}"));
        let answer = reads.settled();
        told += answer.matches("invalidate").count();
    }
    assert_eq!(told, 90, "all but ten were given up");
    for key in 0..100 {
        writes.ask(&format!("set k{key} 1"));
    }
    let answer = reads.settled();
    assert_eq!(answer.matches("invalidate").count(), 10);
    server.stop();
}
