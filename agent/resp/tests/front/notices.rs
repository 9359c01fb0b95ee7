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
        expect![[r#"
            b> config set notify-keyspace-events KEA
                b +OK
            a> psubscribe __key*
                a [psubscribe __key* :1]
            b> set k 1
                b +OK
                a [pmessage __key* __keyspace@0__:k set]
                a [pmessage __key* __keyevent@0__:set k]
            b> incr k
                b :2
                a [pmessage __key* __keyspace@0__:k incrby]
                a [pmessage __key* __keyevent@0__:incrby k]
            b> lpush l a b
                b :2
                a [pmessage __key* __keyspace@0__:l lpush]
                a [pmessage __key* __keyevent@0__:lpush l]
            b> mset d 1 c 2 b 3 a 4
                b +OK
                a [pmessage __key* __keyspace@0__:d set]
                a [pmessage __key* __keyevent@0__:set d]
                a [pmessage __key* __keyspace@0__:c set]
                a [pmessage __key* __keyevent@0__:set c]
                a [pmessage __key* __keyspace@0__:b set]
                a [pmessage __key* __keyevent@0__:set b]
                a [pmessage __key* __keyspace@0__:a set]
                a [pmessage __key* __keyevent@0__:set a]
            b> rename k l
                b +OK
                a [pmessage __key* __keyspace@0__:k rename_from]
                a [pmessage __key* __keyevent@0__:rename_from k]
                a [pmessage __key* __keyspace@0__:l rename_to]
                a [pmessage __key* __keyevent@0__:rename_to l]
            b> rename l k
                b +OK
                a [pmessage __key* __keyspace@0__:l rename_from]
                a [pmessage __key* __keyevent@0__:rename_from l]
                a [pmessage __key* __keyspace@0__:k rename_to]
                a [pmessage __key* __keyevent@0__:rename_to k]
            b> del l k nothing
                b :1
                a [pmessage __key* __keyspace@0__:k del]
                a [pmessage __key* __keyevent@0__:del k]
            b> get nothing
                b nil
            b> config set notify-keyspace-events Kl
                b +OK
            b> rpush l c
                b :1
                a [pmessage __key* __keyspace@0__:l rpush]
            b> del l
                b :1
            b> config set notify-keyspace-events El
                b +OK
            b> rpush l c
                b :1
                a [pmessage __key* __keyevent@0__:rpush l]
            b> config set notify-keyspace-events A
                b +OK
            b> rpush l c
                b :2
            b> config set notify-keyspace-events KEmn
                b +OK
            b> get l
                b -WRONGTYPE Operation against a key holding the wrong kind of value
            b> get nothing
                b nil
                a [pmessage __key* __keyspace@0__:nothing keymiss]
                a [pmessage __key* __keyevent@0__:keymiss nothing]
            b> mget one l two
                b [nil nil nil]
                a [pmessage __key* __keyspace@0__:one keymiss]
                a [pmessage __key* __keyevent@0__:keymiss one]
                a [pmessage __key* __keyspace@0__:two keymiss]
                a [pmessage __key* __keyevent@0__:keymiss two]
            b> set new 1
                b +OK
                a [pmessage __key* __keyspace@0__:new new]
                a [pmessage __key* __keyevent@0__:new new]
            b> set new 2
                b +OK
            b> copy new newer
                b :1
                a [pmessage __key* __keyspace@0__:newer new]
                a [pmessage __key* __keyevent@0__:new newer]
            b> config set notify-keyspace-events nothing
                b -ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid event class character. Use 'Ag$lshzxeKEtmdn'.
            b> config set notify-keyspace-events ?
                b -ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid event class character. Use 'Ag$lshzxeKEtmdn'.
        "#]],
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
        expect![[r#"
            b> config set notify-keyspace-events EA
                b +OK
            a> psubscribe *
                a [psubscribe * :1]
            b> multi
                b +OK
            b> set d 1
                b +QUEUED
            b> set c 1
                b +QUEUED
            b> set b 1
                b +QUEUED
            b> rename b a
                b +QUEUED
            b> publish own x
                b +QUEUED
            b> del d c
                b +QUEUED
            b> exec
                b [+OK +OK +OK +OK :1 :2]
                a [pmessage * __keyevent@0__:set d]
                a [pmessage * __keyevent@0__:set c]
                a [pmessage * __keyevent@0__:set b]
                a [pmessage * __keyevent@0__:rename_from b]
                a [pmessage * __keyevent@0__:rename_to a]
                a [pmessage * own x]
                a [pmessage * __keyevent@0__:del d]
                a [pmessage * __keyevent@0__:del c]
        "#]],
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
        expect![[r#"
            b> config set notify-keyspace-events EA
                b +OK
            a> psubscribe *
                a [psubscribe * :1]
            c! blpop l 0
            b> rpush l a b
                b :2
                a [pmessage * __keyevent@0__:rpush l]
                a [pmessage * __keyevent@0__:lpop l]
            c?
                c [l a]
            c! blpop l m 0
                a [pmessage * __keyevent@0__:lpop l]
                a [pmessage * __keyevent@0__:del l]
            b> rpush m a
                b :1
                a [pmessage * __keyevent@0__:rpush m]
            c?
                c [l b]
        "#]],
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
        expect![[r#"
            a> hello 3
                a (hello)
            a> config set notify-keyspace-events KA
                a +OK
            a> subscribe __keyspace@0__:k
                a >[subscribe __keyspace@0__:k :1]
            a> set k 1 ; get k ; del k ; get k
                a +OK
                a >[message __keyspace@0__:k set]
                a 1
                a :1
                a >[message __keyspace@0__:k del]
                a nil
        "#]],
    );
}
