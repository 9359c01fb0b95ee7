//! What is published of what was done to keys.

use expect_test::{Expect, expect};

use crate::stage::play;

fn check(script: &str, told: Expect) {
    told.assert_eq(&play(script));
}

#[test]
fn what_is_done_to_keys_is_published() {
    check(
        "
        b> config set notify-keyspace-events KEA
        a> psubscribe __key*
        b> set k 1
        b> incr k
        b> lpush l a b
        b> mset d 1 c 2 b 3 a 4
        b> rename k l
        b> rename l k
        b> del l k nothing
        b> get nothing
        b> config set notify-keyspace-events Kl
        b> rpush l c
        b> del l
        b> config set notify-keyspace-events El
        b> rpush l c
        b> config set notify-keyspace-events A
        b> rpush l c
        b> config set notify-keyspace-events KEmn
        b> get l
        b> get nothing
        b> mget one l two
        b> set new 1
        b> set new 2
        b> copy new newer
        b> config set notify-keyspace-events nothing
        b> config set notify-keyspace-events ?
        ",
        expect![[r#""#]],
    );
}

#[test]
fn what_a_transaction_does_is_published_in_its_order() {
    check(
        "
        b> config set notify-keyspace-events EA
        a> psubscribe *
        b> multi
        b> set d 1
        b> set c 1
        b> set b 1
        b> rename b a
        b> publish own x
        b> del d c
        b> exec
        ",
        expect![[r#""#]],
    );
}

#[test]
fn what_others_wait_for_is_published_when_they_get_it() {
    check(
        "
        b> config set notify-keyspace-events EA
        a> psubscribe *
        c! blpop l 0
        b> rpush l a b
        c?
        c! blpop l m 0
        b> rpush m a
        c?
        ",
        expect![[r#""#]],
    );
}

#[test]
fn own_changes_are_told_behind_the_reply() {
    check(
        "
        a> hello 3
        a> config set notify-keyspace-events KA
        a> subscribe __keyspace@0__:k
        a> set k 1 ; get k ; del k ; get k
        ",
        expect![[r#""#]],
    );
}
