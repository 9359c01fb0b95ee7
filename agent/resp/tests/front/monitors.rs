//! Clients that see all commands.

use expect_test::{Expect, expect};

use crate::stage::play;

fn check(script: &str, told: Expect) {
    told.assert_eq(&play(script));
}

#[test]
fn all_commands_are_shown() {
    check(
        "
        m> monitor
        a> set k \"v
        a> get k
        a> lpush k 1
        a> nothing
        a> get
        a> config get maxmemory
        a> publish x y
        a> subscribe x
        a> get k
        a> unsubscribe
        a> client id
        a> object help foo
        ",
        expect![[r#""#]],
    );
}

#[test]
fn transactions_are_shown_when_they_are_carried_out() {
    check(
        "
        m> monitor
        a> multi
        a> set k 1
        a> publish x y
        a> exec
        a> multi
        a> get k
        a> discard
        ",
        expect![[r#""#]],
    );
}

#[test]
fn who_waits_is_shown_once() {
    check(
        "
        m> monitor
        a! blpop l 0
        b> rpush l x
        a?
        a! blpop l k 0
        b> rpush l x
        a?
        ",
        expect![[r#""#]],
    );
}

#[test]
fn who_sees_all_may_not_touch_keys() {
    check(
        "
        m> monitor
        m> monitor
        m> get k
        m> set k 1
        m> publish x y
        m> subscribe x
        m> unsubscribe
        m> get k
        a> multi
        a> monitor
        a> exec
        ",
        expect![[r#""#]],
    );
}
