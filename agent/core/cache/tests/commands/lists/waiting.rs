use expect_test::expect;

use crate::play::play;

/// What is asked of lists that are there is answered as by the commands that do not wait.
#[test]
fn what_is_there_is_not_waited_for() {
    expect![[r#""#]].assert_eq(&play(
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
    expect![[r#""#]].assert_eq(&play(
        r#"
        rpush l a
        set s 1
        blpop l -1
        blpop l -0.5
        blpop l x
        blpop l ""
        blpop l 1x
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
    expect![[r#""#]].assert_eq(&play(
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
    expect![[r#""#]].assert_eq(&play(
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
    expect![[r#""#]].assert_eq(&play(
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
    expect![[r#""#]].assert_eq(&play(
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
    expect![[r#""#]].assert_eq(&play(
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
    expect![[r#""#]].assert_eq(&play(
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
    expect![[r#""#]].assert_eq(&play(
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
