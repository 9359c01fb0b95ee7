use expect_test::expect;

use crate::play::play;

/// What is asked of lists that are there is answered as by the commands that do not wait.
#[test]
fn what_is_there_is_not_waited_for() {
    expect![[r#"
        > rpush l a b c d e f g h i j
        (integer) 10
        > blpop l 0
        1) "l"
        2) "a"
        > brpop x l y 1.5
        1) "l"
        2) "j"
        > blmpop 0 2 x l left
        1) "l"
        2) 1) "b"
        > blmpop 0.01 1 l right count 2
        1) "l"
        2) 1) "i"
           2) "h"
        > blmove l m left right 0
        "c"
        > brpoplpush l m 1
        "g"
        > lrange l 0 -1
        1) "d"
        2) "e"
        3) "f"
        > lrange m 0 -1
        1) "g"
        2) "c"
        > set s 1
        OK
        > blpop s 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > brpop s l 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > brpop x s l 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > blpop l s 0
        1) "l"
        2) "d"
        > blmpop 0 2 s l left
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > blmove s m left left 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > blmove l s left left 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > brpoplpush s m 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > brpoplpush l s 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > blpop l 0
        1) "l"
        2) "e"
        > rpush l a
        (integer) 2
        > blpop l 0
        1) "l"
        2) "f"
    "#]]
    .assert_eq(&play(
        r#"
        rpush l a b c d e f g h i j
        blpop l 0
        brpop x l y 1.5
        blmpop 0 2 x l left
        blmpop 0.01 1 l right count 2
        blmove l m left right 0
        brpoplpush l m 1
        lrange l 0 -1
        lrange m 0 -1
        set s 1
        blpop s 0
        brpop s l 0
        brpop x s l 0
        blpop l s 0
        blmpop 0 2 s l left
        blmove s m left left 0
        blmove l s left left 0
        brpoplpush s m 0
        brpoplpush l s 0
        blpop l 0
        3
        rpush l a
        blpop l 0
    "#,
    ));
}

#[test]
fn what_is_asked_wrongly() {
    expect![[r#"
        > rpush l a
        (integer) 1
        > set s 1
        OK
        > blpop l -1
        (error) ERR timeout is negative
        > blpop l -0.5
        (error) ERR timeout is negative
        > blpop l x
        (error) ERR timeout is not a float or out of range
        > blpop l ""
        (error) ERR timeout is not a float or out of range
        > blpop l 1x
        (error) ERR timeout is not a float or out of range
        > blpop l 1e400
        (error) ERR timeout is out of range
        > blpop l -1e400
        (error) ERR timeout is negative
        > blpop l 1e5000
        (error) ERR timeout is not a float or out of range
        > blpop l nan
        (error) ERR timeout is not a float or out of range
        > blpop l 1e3x
        (error) ERR timeout is not a float or out of range
        > blpop s -1
        (error) ERR timeout is negative
        > blpop l 9223372036854775807
        (error) ERR timeout is out of range
        > blpop l 9223372036854775
        (error) ERR timeout is out of range
        > blpop l 1e20
        (error) ERR timeout is out of range
        > brpop l -1
        (error) ERR timeout is negative
        > brpop l x
        (error) ERR timeout is not a float or out of range
        > blmove l m left right -1
        (error) ERR timeout is negative
        > blmove l m up right -1
        (error) ERR syntax error
        > blmove l m left up x
        (error) ERR syntax error
        > blmove s m left right x
        (error) ERR timeout is not a float or out of range
        > brpoplpush l m x
        (error) ERR timeout is not a float or out of range
        > brpoplpush s m -1
        (error) ERR timeout is negative
        > blmpop x 1 l left
        (error) ERR timeout is not a float or out of range
        > blmpop -1 1 l left
        (error) ERR timeout is negative
        > blmpop -1 0 l left
        (error) ERR numkeys should be greater than 0
        > blmpop x 1 l up
        (error) ERR syntax error
        > blmpop x 1 l left count 0
        (error) ERR count should be greater than 0
        > blmpop x 1 l left count
        (error) ERR syntax error
        > blmpop 0 2 l left
        (error) ERR syntax error
        > blmpop 0 1 l left count 1 count 1
        (error) ERR syntax error
        > blpop l
        (error) ERR wrong number of arguments for 'blpop' command
        > blpop 0
        (error) ERR wrong number of arguments for 'blpop' command
        > brpop
        (error) ERR wrong number of arguments for 'brpop' command
        > blmove l m left right
        (error) ERR wrong number of arguments for 'blmove' command
        > brpoplpush l m
        (error) ERR wrong number of arguments for 'brpoplpush' command
        > blmpop 0 1 l
        (error) ERR wrong number of arguments for 'blmpop' command
        > lrange l 0 -1
        1) "a"
        > blpop l -0
        1) "l"
        2) "a"
    "#]]
    .assert_eq(&play(
        r#"
        rpush l a
        set s 1
        blpop l -1
        blpop l -0.5
        blpop l x
        blpop l ""
        blpop l 1x
        blpop l 1e400
        blpop l -1e400
        blpop l 1e5000
        blpop l nan
        blpop l 1e3x
        blpop s -1
        blpop l 9223372036854775807
        blpop l 9223372036854775
        blpop l 1e20
        brpop l -1
        brpop l x
        blmove l m left right -1
        blmove l m up right -1
        blmove l m left up x
        blmove s m left right x
        brpoplpush l m x
        brpoplpush s m -1
        blmpop x 1 l left
        blmpop -1 1 l left
        blmpop -1 0 l left
        blmpop x 1 l up
        blmpop x 1 l left count 0
        blmpop x 1 l left count
        blmpop 0 2 l left
        blmpop 0 1 l left count 1 count 1
        blpop l
        blpop 0
        brpop
        blmove l m left right
        brpoplpush l m
        blmpop 0 1 l
        lrange l 0 -1
        blpop l -0
    "#,
    ));
}

#[test]
fn who_waits_is_served_in_turn() {
    expect![[r#"
        > blpop l 0
        (waits)
        > brpop x l 0
        (waits)
        > blpop y l 0
        (waits)
        > rpush l a b
        (integer) 2
        * rpush l
        < 1) "l"
        < 2) "a"
        * lpop l
        < 1) "l"
        < 2) "b"
        * rpop l
        * del l
        > rpush l c d
        (integer) 2
        * rpush l
        < 1) "l"
        < 2) "c"
        * lpop l
        > lrange l 0 -1
        1) "d"
        > blmpop 0 2 x y left count 2
        (waits)
        > rpush y 1 2 3
        (integer) 3
        * rpush y
        < 1) "y"
        < 2) 1) "1"
        <    2) "2"
        * lpop y
        > lrange y 0 -1
        1) "3"
        > blmpop 0 1 z right count 10
        (waits)
        > lpush z 1 2 3
        (integer) 3
        * lpush z
        < 1) "z"
        < 2) 1) "1"
        <    2) "2"
        <    3) "3"
        * rpop z
        * del z
        > llen z
        (integer) 0
    "#]]
    .assert_eq(&play(
        r#"
        notices
        blpop l 0
        brpop x l 0
        blpop y l 0
        rpush l a b
        rpush l c d
        lrange l 0 -1
        blmpop 0 2 x y left count 2
        rpush y 1 2 3
        lrange y 0 -1
        3
        blmpop 0 1 z right count 10
        2
        lpush z 1 2 3
        llen z
    "#,
    ));
}

/// It is the first of its keys that has elements which it is served, not the first that had.
#[test]
fn the_order_of_keys_counts() {
    expect![[r#"
        > blpop a b c 0
        (waits)
        > rpush c 1
        (integer) 1
        < 1) "c"
        < 2) "1"
        > blpop a b c 0
        (waits)
        > rpush b 2
        (integer) 1
        < 1) "b"
        < 2) "2"
        > rpush a 3
        (integer) 1
        > rpush b 4
        (integer) 1
        > blpop c b a 0
        1) "b"
        2) "4"
        > lrange b 0 -1
        (empty array)
    "#]]
    .assert_eq(&play(
        r#"
        blpop a b c 0
        rpush c 1
        blpop a b c 0
        rpush b 2
        rpush a 3
        rpush b 4
        blpop c b a 0
        lrange b 0 -1
    "#,
    ));
}

#[test]
fn who_waits_for_too_long_is_told() {
    expect![[r#"
        > blpop l 0.1
        (waits)
        > brpop l 0.0001
        (waits)
        > +1
        < (nil array)
        > +98
        > +1
        < (nil array)
        > blmpop 0.05 1 l left
        (waits)
        > +50
        < (nil)
        > blmove l m left right 1
        (waits)
        > brpoplpush l m 1
        (waits)
        > +1000
        < (nil array)
        < (nil array)
        > blmove l m left right 1
        (waits)
        > +1000
        < (nil)
        > blpop l -0.0001
        (waits)
        > +100000000
        > rpush l a
        (integer) 1
        < 1) "l"
        < 2) "a"
    "#]]
    .assert_eq(&play(
        r#"
        blpop l 0.1
        brpop l 0.0001
        +1
        +98
        +1
        3
        blmpop 0.05 1 l left
        +50
        2
        blmove l m left right 1
        brpoplpush l m 1
        +1000
        3
        blmove l m left right 1
        +1000
        2
        blpop l -0.0001
        +100000000
        rpush l a
    "#,
    ));
}

/// Whoever is woken in vain waits no longer for that.
#[test]
fn time_goes_on_while_others_are_served() {
    expect![[r#"
        > blpop l 0
        (waits)
        > blpop l 1
        (waits)
        > +600
        > rpush l a
        (integer) 1
        < 1) "l"
        < 2) "a"
        > +399
        > +1
        < (nil array)
        > llen l
        (integer) 0
    "#]]
    .assert_eq(&play(
        r#"
        blpop l 0
        blpop l 1
        +600
        rpush l a
        +399
        +1
        llen l
    "#,
    ));
}

#[test]
fn moves_wait() {
    expect![[r#"
        > blmove {t}a {t}b left right 0
        (waits)
        > brpoplpush {t}b {t}c 0
        (waits)
        > rpush {t}a 1 2
        (integer) 2
        * rpush {t}a
        < "1"
        * rpush {t}b
        * lpop {t}a
        < "1"
        * lpush {t}c
        * rpop {t}b
        * del {t}b
        > lrange {t}a 0 -1
        1) "2"
        > lrange {t}b 0 -1
        (empty array)
        > lrange {t}c 0 -1
        1) "1"
        > blmove {t}x {t}x left right 0
        (waits)
        > rpush {t}x 1 2
        (integer) 2
        * rpush {t}x
        < "1"
        * rpush {t}x
        * lpop {t}x
        > lrange {t}x 0 -1
        1) "2"
        2) "1"
    "#]]
    .assert_eq(&play(
        r#"
        notices
        blmove {t}a {t}b left right 0
        brpoplpush {t}b {t}c 0
        rpush {t}a 1 2
        lrange {t}a 0 -1
        lrange {t}b 0 -1
        lrange {t}c 0 -1
        blmove {t}x {t}x left right 0
        rpush {t}x 1 2
        lrange {t}x 0 -1
    "#,
    ));
}

/// What waits for a list waits while something else is under its key, but fails if a list comes behind that.
#[test]
fn something_else_is_not_waited_for() {
    expect![[r#"
        > blpop a b 0
        (waits)
        > set a 1
        OK
        > hset b f v
        (integer) 1
        > hdel b f
        (integer) 1
        > rpush b 1
        (integer) 1
        < (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > llen b
        (integer) 1
        > blmove c a left left 0
        (waits)
        > rpush c 1
        (integer) 1
        < (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > llen c
        (integer) 1
        > brpop a c 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
        r#"
        blpop a b 0
        set a 1
        hset b f v
        hdel b f
        rpush b 1
        llen b
        blmove c a left left 0
        rpush c 1
        llen c
        brpop a c 0
    "#,
    ));
}

#[test]
fn who_may_not_wait_is_told_at_once() {
    expect![[r#"
        > ! blpop l 0
        (nil array)
        > ! brpop l 0
        (nil array)
        > ! blmpop 0 1 l left
        (nil array)
        > ! blmove l m left left 0
        (nil)
        > ! brpoplpush l m 0
        (nil)
        > ! blpop l 0
        (nil)
        > ! blmove l m left left 0
        (nil)
        > rpush l a
        (integer) 1
        > ! blpop l 0
        1) "l"
        2) "a"
    "#]]
    .assert_eq(&play(
        r#"
        ! blpop l 0
        ! brpop l 0
        ! blmpop 0 1 l left
        ! blmove l m left left 0
        ! brpoplpush l m 0
        3
        ! blpop l 0
        ! blmove l m left left 0
        rpush l a
        ! blpop l 0
    "#,
    ));
}
