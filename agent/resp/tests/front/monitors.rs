//! Clients that see all commands.

use expect_test::{Expect, expect};

use crate::stage::play;

fn check(script: &str, told: Expect) {
    told.assert_eq(&play(script));
}

/// A script is shown before its commands, be it that it is not even run.
#[test]
fn scripts_are_shown_with_their_commands() {
    check(
        "
        m> monitor
        a> eval return(redis.call('set','k','v')) 0
        a> eval redis.call('publish','x','y')redis.call('nope') 0
        a> eval x a
        a> fcall nof 0
        a> multi
        a> eval return(redis.call('incr','n')) 0
        a> exec
        ",
        expect![[r#"
            m> monitor
                m +OK
            a> eval return(redis.call('set','k','v')) 0
                a +OK
                m +time [0 address] "client" "id"
                m +time [0 address] "eval" "return(redis.call('set','k','v'))" "0"
                m +time [0 lua] "set" "k" "v"
            a> eval redis.call('publish','x','y')redis.call('nope') 0
                a -ERR Unknown Redis command called from script script: 8aa10e06a443e0a40aecdaf2cfaaa83716a07702, on @user_script:1.
                m +time [0 address] "eval" "redis.call('publish','x','y')redis.call('nope')" "0"
                m +time [0 lua] "publish" "x" "y"
            a> eval x a
                a -ERR value is not an integer or out of range
                m +time [0 address] "eval" "x" "a"
            a> fcall nof 0
                a -ERR Function not found
                m +time [0 address] "fcall" "nof" "0"
            a> multi
                a +OK
                m +time [0 address] "multi"
            a> eval return(redis.call('incr','n')) 0
                a +QUEUED
            a> exec
                a [:1]
                m +time [0 address] "eval" "return(redis.call('incr','n'))" "0"
                m +time [0 lua] "incr" "n"
                m +time [0 address] "exec"
        "#]],
    );
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
        a> client getname
        a> object help foo
        ",
        expect![[r#"
            m> monitor
                m +OK
            a> set k "v
                a +OK
                m +time [0 address] "client" "id"
                m +time [0 address] "set" "k" "\"v"
            a> get k
                a "v
                m +time [0 address] "get" "k"
            a> lpush k 1
                a -WRONGTYPE Operation against a key holding the wrong kind of value
                m +time [0 address] "lpush" "k" "1"
            a> nothing
                a -ERR unknown command 'nothing', with args beginning with: 
            a> get
                a -ERR wrong number of arguments for 'get' command
            a> config get maxmemory
                a [maxmemory 0]
            a> publish x y
                a :0
                m +time [0 address] "publish" "x" "y"
            a> subscribe x
                a [subscribe x :1]
                m +time [0 address] "subscribe" "x"
            a> get k
                a -ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
            a> unsubscribe
                a [unsubscribe x :0]
                m +time [0 address] "unsubscribe"
            a> client getname
                a nil
                m +time [0 address] "client" "getname"
            a> object help foo
                a -ERR wrong number of arguments for 'object|help' command
        "#]],
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
        expect![[r#"
            m> monitor
                m +OK
            a> multi
                a +OK
                m +time [0 address] "client" "id"
                m +time [0 address] "multi"
            a> set k 1
                a +QUEUED
            a> publish x y
                a +QUEUED
            a> exec
                a [+OK :0]
                m +time [0 address] "set" "k" "1"
                m +time [0 address] "publish" "x" "y"
                m +time [0 address] "exec"
            a> multi
                a +OK
                m +time [0 address] "multi"
            a> get k
                a +QUEUED
            a> discard
                a +OK
                m +time [0 address] "discard"
        "#]],
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
        expect![[r#"
            m> monitor
                m +OK
            a! blpop l 0
                m +time [0 address] "client" "id"
                m +time [0 address] "blpop" "l" "0"
            b> rpush l x
                b :1
                m +time [0 address] "client" "id"
                m +time [0 address] "rpush" "l" "x"
            a?
                a [l x]
            a! blpop l k 0
                m +time [0 address] "blpop" "l" "k" "0"
            b> rpush l x
                b :1
                m +time [0 address] "rpush" "l" "x"
            a?
                a [l x]
        "#]],
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
        expect![[r#"
            m> monitor
                m +OK
            m> monitor
            m> get k
                m -ERR Replica can't interact with the keyspace
            m> set k 1
                m -ERR Replica can't interact with the keyspace
            m> publish x y
                m -ERR Replica can't interact with the keyspace
            m> subscribe x
                m [subscribe x :1]
                m +time [0 address] "subscribe" "x"
            m> unsubscribe
                m [unsubscribe x :0]
                m +time [0 address] "unsubscribe"
            m> get k
                m -ERR Replica can't interact with the keyspace
            a> multi
                a +OK
                m +time [0 address] "client" "id"
                m +time [0 address] "multi"
            a> monitor
                a +QUEUED
            a> exec
                a [-ERR MONITOR isn't allowed for DENY BLOCKING client]
                m +time [0 address] "exec"
        "#]],
    );
}
