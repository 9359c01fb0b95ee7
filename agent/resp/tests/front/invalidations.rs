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
        a> mget {x}1 {x}2
        b> mset {x}1 1 {x}2 2
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
        expect![[r#"
            a> client tracking on
                a +OK
            a> get k
                a nil
            b> set k 1
                b +OK
            a> client trackinginfo
                a [flags [on] redirect :0 prefixes []]
            a> hello 3
                a (hello)
            a> get k
                a 1
            b> set k 2
                b +OK
                a >[invalidate [k]]
            b> set k 3
                b +OK
            a> get k ; set k 4 ; get k
                a 3
                a +OK
                a >[invalidate [k]]
                a 4
            a> multi
                a +OK
            a> get k
                a +QUEUED
            a> set k 5
                a +QUEUED
            a> get k
                a +QUEUED
            a> exec
                a [4 +OK 5]
                a >[invalidate [k]]
            a> mget {x}1 {x}2
                a [nil nil]
            b> mset {x}1 1 {x}2 2
                b +OK
                a >[invalidate [{x}1]]
                a >[invalidate [{x}2]]
            a> lrange l 0 -1
                a []
            c! blpop l 0
            b> rpush l x
                b :1
                a >[invalidate [l]]
            c?
                c [l x]
            a> set k 6
                a +OK
                a >[invalidate [k]]
            a> client trackinginfo
                a {flags ~[on] redirect :0 prefixes []}
            a> client getredir
                a :0
            a> client tracking off
                a +OK
            b> set k 7
                b +OK
            a> client trackinginfo
                a {flags ~[off] redirect :-1 prefixes []}
            a> client getredir
                a :-1
        "#]],
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
        a> dbsize
        b> set k w
        a> getset k x
        b> set k y
        ",
        expect![[r#"
            a> hello 3
                a (hello)
            a> client tracking on
                a +OK
            a> zunion 2 z1 z2
                a []
            b> zadd z2 1 m
                b :1
                a >[invalidate [z2]]
            b> zadd z1 1 m
                b :1
                a >[invalidate [z1]]
            a> xread count 1 streams s t 0 0
                a nil
            b> xadd t 1-1 f v
                b 1-1
                a >[invalidate [t]]
            b> xadd s 1-1 f v
                b 1-1
                a >[invalidate [s]]
            a> object encoding k
                a nil
            b> set k v
                b +OK
                a >[invalidate [k]]
            a> sort_ro l by w_*
                a []
            b> rpush l 1
                b :1
                a >[invalidate [l]]
            a> dbsize
                a :6
            b> set k w
                b +OK
            a> getset k x
                a w
            b> set k y
                b +OK
        "#]],
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
        expect![[r#"
            a> hello 3
                a (hello)
            a> client tracking on
                a +OK
            b> set k 1
                b +OK
            a> get k
                a 1
            b> flushall
                b +OK
                a >[invalidate nil]
            b> set k 1
                b +OK
            b> flushdb
                b +OK
                a >[invalidate nil]
            b> flushdb
                b +OK
                a >[invalidate nil]
            a> flushall ; ping
                a +OK
                a >[invalidate nil]
                a +PONG
            a> client tracking off
                a +OK
            b> flushall
                b +OK
        "#]],
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
        expect![[r#"
            a> hello 3
                a (hello)
            a> client tracking on
                a +OK
            b> set k 1
                b +OK
            a> get k
                a 1
            b> pexpire k 10000
                b :1
                a >[invalidate [k]]
            a> get k
                a 1
            b> expire k -1
                b :1
                a >[invalidate [k]]
        "#]],
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
        a> client caching yes ; get k ; get {k}j
        b> mset k 1 {k}j 1
        a> client caching yes ; client trackinginfo ; get k
        b> set k 1
        a> client caching yes ; nothing ; get k
        b> set k 1
        a> client caching yes ; multi ; get k ; get {k}j ; exec
        b> mset {k}j 1 k 2
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
        expect![[r#"
            a> hello 3
                a (hello)
            a> client tracking on optin
                a +OK
            a> get k
                a nil
            b> set k 1
                b +OK
            a> client caching yes ; get k ; get {k}j
                a +OK
                a 1
                a nil
            b> mset k 1 {k}j 1
                b +OK
                a >[invalidate [k]]
            a> client caching yes ; client trackinginfo ; get k
                a +OK
                a {flags ~[on optin caching-yes] redirect :0 prefixes []}
                a 1
            b> set k 1
                b +OK
                a >[invalidate [k]]
            a> client caching yes ; nothing ; get k
                a +OK
                a -ERR unknown command 'nothing', with args beginning with: 
                a 1
            b> set k 1
                b +OK
            a> client caching yes ; multi ; get k ; get {k}j ; exec
                a +OK
                a +OK
                a +QUEUED
                a +QUEUED
                a [1 1]
            b> mset {k}j 1 k 2
                b +OK
                a >[invalidate [{k}j]]
                a >[invalidate [k]]
            a> client caching no
                a -ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.
            a> client caching maybe
                a -ERR syntax error
            a> client tracking off
                a +OK
            a> client tracking on optout noloop
                a +OK
            a> get k
                a 2
            a> set k 3
                a +OK
            b> set k 4
                b +OK
            a> get k
                a 4
            b> set k 4
                b +OK
                a >[invalidate [k]]
            a> client caching no ; client trackinginfo ; get k
                a +OK
                a {flags ~[on optout caching-no noloop] redirect :0 prefixes []}
                a 4
            b> set k 5
                b +OK
            a> client caching yes
                a -ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.
        "#]],
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
        expect![[r#"
            a> hello 3
                a (hello)
            a> client tracking on bcast prefix a prefix b
                a +OK
            a> client tracking on bcast prefix ac
                a -ERR Prefix 'ac' overlaps with an existing prefix 'a'. Prefixes for a single client must not overlap.
            a> client trackinginfo
                a {flags ~[on bcast] redirect :0 prefixes [a b]}
            b> set a1 1
                b +OK
                a >[invalidate [a1]]
            b> mset a2 1 b1 2 c 3 a1 1
                b +OK
                a >[invalidate [a1 a2]]
                a >[invalidate [b1]]
            a> set a1 1
                a +OK
                a >[invalidate [a1]]
            b> flushall
                b +OK
                a >[invalidate nil]
            a> client tracking on bcast prefix d
                a +OK
            b> set d 1
                b +OK
                a >[invalidate [d]]
            a> client tracking off
                a +OK
            b> set a1 1
                b +OK
            a> client tracking on bcast noloop
                a +OK
            a> set a1 1
                a +OK
            b> set a1 1
                b +OK
                a >[invalidate [a1]]
            a> client trackinginfo
                a {flags ~[on bcast noloop] redirect :0 prefixes []}
        "#]],
    );
}

#[test]
fn another_client_is_told_instead() {
    check(
        "
        b> subscribe __redis__:invalidate
        a> client tracking on redirect $b
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
        expect![[r#"
            b> subscribe __redis__:invalidate
                b [subscribe __redis__:invalidate :1]
            a> client tracking on redirect $b
                a +OK
            a> client trackinginfo
                a [flags [on] redirect $b prefixes []]
            a> get k
                a nil
            c> set k 1
                c +OK
                b [message __redis__:invalidate [k]]
            c> flushall
                c +OK
                b [message __redis__:invalidate nil]
            c> hello 3
                c (hello)
            b> unsubscribe
                b [unsubscribe __redis__:invalidate :0]
            a> get k
                a nil
            c> set k 1
                c +OK
            b> subscribe x
                b [subscribe x :1]
            a> get k
                a 1
            c> set k 1
                c +OK
                b [message __redis__:invalidate [k]]
            a> client tracking on redirect $c
                a +OK
            a> get k
                a 1
            c> set k 2
                c +OK
                c >[invalidate [k]]
            d> hello 3
                d (hello)
            d> client tracking on redirect $c
                d +OK
            d> get k
                d 2
            b> unsubscribe
                b [unsubscribe x :0]
            c> set k 1
                c +OK
                c >[invalidate [k]]
        "#]],
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
        expect![[r#"
            a> client tracking on bcast optin
                a -ERR OPTIN and OPTOUT are not compatible with BCAST
            a> client tracking on optin optout
                a -ERR You can't specify both OPTIN mode and OPTOUT mode
            a> client tracking on prefix a
                a -ERR PREFIX option requires BCAST mode to be enabled
            a> client tracking on bcast prefix a prefix ab
                a -ERR Prefix 'a' overlaps with another provided prefix 'ab'. Prefixes for a single client must not overlap.
            a> client tracking on redirect 9999999
                a -ERR The client ID you want redirect to does not exist
            a> client tracking on redirect x
                a -ERR value is not an integer or out of range
            a> client tracking on redirect
                a -ERR syntax error
            a> client tracking maybe
                a -ERR syntax error
            a> client tracking on nothing
                a -ERR syntax error
            a> client tracking
                a -ERR wrong number of arguments for 'client|tracking' command
            a> client caching
                a -ERR wrong number of arguments for 'client|caching' command
            a> client caching yes
                a -ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled
            a> client tracking on
                a +OK
            a> client tracking on bcast
                a -ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.
            a> client tracking on optin
                a +OK
            a> client tracking on optout
                a -ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.
            a> client tracking off
                a +OK
            a> client tracking off
                a +OK
        "#]],
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
