use expect_test::expect;

use crate::play::play;

#[test]
fn move_one() {
    expect![[r#"
        > lmove a b left right
        (nil)
        > rpush a 1 2 3 4
        (integer) 4
        > lmove a b left right
        "1"
        > lmove a b RIGHT left
        "4"
        > lmove a b left left
        "2"
        > lmove a b right right
        "3"
        > lrange a 0 -1
        (empty array)
        > lrange b 0 -1
        1) "2"
        2) "4"
        3) "1"
        4) "3"
        > lmove a b left left
        (nil)
        > lmove a b left left
        (nil)
        > lmove b b left right
        "2"
        > lmove b b right left
        "2"
        > lmove b b left left
        "2"
        > lmove b b right right
        "3"
        > lrange b 0 -1
        1) "2"
        2) "4"
        3) "1"
        4) "3"
        > lmove b a up left
        (error) ERR syntax error
        > lmove b a left up
        (error) ERR syntax error
        > lmove x a left up
        (error) ERR syntax error
        > lmove b a left
        (error) ERR wrong number of arguments for 'lmove' command
        > lmove b a left right x
        (error) ERR wrong number of arguments for 'lmove' command
        > set s 1
        OK
        > lmove s a left left
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lmove b s left left
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lmove x s left left
        (nil)
        > lmove s x up left
        (error) ERR syntax error
        > lrange b 0 -1
        1) "2"
        2) "4"
        3) "1"
        4) "3"
        > rpush c only
        (integer) 1
        > lmove c c left right
        "only"
        > lrange c 0 -1
        1) "only"
    "#]]
    .assert_eq(&play(
        r#"
        lmove a b left right
        rpush a 1 2 3 4
        lmove a b left right
        lmove a b RIGHT left
        lmove a b left left
        lmove a b right right
        lrange a 0 -1
        lrange b 0 -1
        lmove a b left left
        3
        lmove a b left left
        2
        lmove b b left right
        lmove b b right left
        lmove b b left left
        lmove b b right right
        lrange b 0 -1
        lmove b a up left
        lmove b a left up
        lmove x a left up
        lmove b a left
        lmove b a left right x
        set s 1
        lmove s a left left
        lmove b s left left
        lmove x s left left
        lmove s x up left
        lrange b 0 -1
        rpush c only
        lmove c c left right
        lrange c 0 -1
    "#,
    ));
}

#[test]
fn pop_and_push() {
    expect![[r#"
        > rpoplpush a b
        (nil)
        > rpush a 1 2 3
        (integer) 3
        > rpoplpush a b
        "3"
        > rpoplpush a b
        "2"
        > lrange b 0 -1
        1) "2"
        2) "3"
        > rpoplpush b b
        "3"
        > lrange b 0 -1
        1) "3"
        2) "2"
        > rpoplpush a b
        "1"
        > rpoplpush a b
        (nil)
        > rpoplpush a
        (error) ERR wrong number of arguments for 'rpoplpush' command
        > rpoplpush a b c
        (error) ERR wrong number of arguments for 'rpoplpush' command
        > set s 1
        OK
        > rpoplpush s b
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > rpoplpush b s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > rpoplpush x s
        (nil)
        > rpoplpush x b
        (nil)
    "#]]
    .assert_eq(&play(
        r#"
        rpoplpush a b
        rpush a 1 2 3
        rpoplpush a b
        rpoplpush a b
        lrange b 0 -1
        rpoplpush b b
        lrange b 0 -1
        rpoplpush a b
        rpoplpush a b
        rpoplpush a
        rpoplpush a b c
        set s 1
        rpoplpush s b
        rpoplpush b s
        rpoplpush x s
        3
        rpoplpush x b
    "#,
    ));
}

#[test]
fn moves_are_told() {
    expect![[r#"
        > rpush {t}a 1 2
        (integer) 2
        * rpush {t}a
        > lmove {t}a {t}b left right
        "1"
        * rpush {t}b
        * lpop {t}a
        > rpoplpush {t}a {t}b
        "2"
        * lpush {t}b
        * rpop {t}a
        * del {t}a
        > rpoplpush {t}b {t}b
        "1"
        * lpush {t}b
        * rpop {t}b
        > lmove {t}b {t}b left left
        "1"
        * lpush {t}b
        * lpop {t}b
        > lmove {t}x {t}b left left
        (nil)
        > blmove {t}b {t}c left left 0
        "1"
        * lpush {t}c
        * lpop {t}b
        > brpoplpush {t}b {t}c 0
        "2"
        * lpush {t}c
        * rpop {t}b
        * del {t}b
    "#]]
    .assert_eq(&play(
        r#"
        notices
        rpush {t}a 1 2
        lmove {t}a {t}b left right
        rpoplpush {t}a {t}b
        rpoplpush {t}b {t}b
        lmove {t}b {t}b left left
        lmove {t}x {t}b left left
        blmove {t}b {t}c left left 0
        brpoplpush {t}b {t}c 0
    "#,
    ));
}
