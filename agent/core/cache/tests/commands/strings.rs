use expect_test::expect;

use crate::play::play;

#[test]
fn set_and_get() {
    expect![[r#"
        > get a
        (nil)
        > set a 1
        OK
        > get a
        "1"
        > set a "\xff\r\n" px 100
        OK
        > get a
        "\xff\r\n"
        > +99
        > get a
        "\xff\r\n"
        > +1
        > get a
        (nil)
        > set a 1 xx
        (nil)
        > set a 1 nx ex 1
        OK
        > set a 2 nx
        (nil)
        > set a 3 keepttl get
        "1"
        > +1000
        > get a
        (nil)
        > set a 1 ex 0
        (error) ERR invalid expire time in 'set' command
        > set a 1 ex 1 px 1
        (error) ERR syntax error
        > set a 1 ex x
        (error) ERR value is not an integer or out of range
        > set a 1 ex 9223372036854775807
        (error) ERR invalid expire time in 'set' command
        > set a 1 nx xx
        (error) ERR syntax error
        > set a 1 keepttl ex 1
        (error) ERR syntax error
        > set a
        (error) ERR wrong number of arguments for 'set' command
        > hset h f v
        (integer) 1
        > get h
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set h 1 get
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set h 1
        OK
        > get h
        "1"
    "#]]
    .assert_eq(&play(
        r#"
        get a
        set a 1
        get a
        set a "\xff\r\n" px 100
        get a
        +99
        get a
        +1
        get a
        set a 1 xx
        set a 1 nx ex 1
        set a 2 nx
        set a 3 keepttl get
        +1000
        get a
        set a 1 ex 0
        set a 1 ex 1 px 1
        set a 1 ex x
        set a 1 ex 9223372036854775807
        set a 1 nx xx
        set a 1 keepttl ex 1
        set a
        hset h f v
        get h
        set h 1 get
        set h 1
        get h
    "#,
    ));
}

#[test]
fn set_takes_conditions() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        set a 1 ex 10 ex 20
        set a 1 xx xx
        set a 2 ifeq 2
        set a 2 ifeq 1
        set a 3 ifeq 2 get
        set a 4 ifeq 2 get
        get a
        set a 4 ifeq 3 ex 0
        set a 4 ifeq 3 nx
        set a 4 nx ifeq 3
        set a 4 ifeq 3 ifeq 3
        set a 4 ifeq
        set b 1 ifeq 1
        set b 1 ifeq 1 get
        set b 1 ifeq ""
        hset h f v
        set h 1 ifeq 1
        set h 1 ifeq 1 get
        set h 1 nx get
        set h 1 xx get
        set h 1 nx
        set c 1 get
        set c 2 get nx
        set c 2 get xx
        get c
        set d 1 exat 1
        get d
        set d 1 pxat 1 get
        get d
        set d 1 persist
        delifeq a 2
        delifeq a 3
        delifeq a 3
        delifeq h 3
        delifeq a
        get a
    "#,
    ));
}

#[test]
fn append_makes_longer() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        append a 1
        append a 2
        append a ""
        append b ""
        append b x
        incr a
        append a z
        get a
        strlen a
        strlen x
        append a
        hset h f v
        append h x
        strlen h
        set t x px 100
        append t y
        +100
        get t
        append t z
    "#,
    ));
}

#[test]
fn numbers_are_counted() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        incr a
        incrby a 41
        decr a
        decrby a 1
        get a
        incrby a -41
        decrby a -9223372036854775807
        incr a
        incr b
        incrby b 9223372036854775807
        decrby a -9223372036854775808
        decrby c -9223372036854775807
        incrby c 1
        decrby d 9223372036854775807
        decr d
        decr d
        get d
        incrby a x
        incrby a 1.0
        incrby a ""
        decrby a x
        set s " 1"
        incr s
        set s 01
        incr s
        set s ""
        incr s
        hset h f v
        incr h
        decrby h 1
        incr
        incrby a
        set t 1 px 100
        incr t
        +50
        get t
        +60
        get t
    "#,
    ));
}

#[test]
fn fractions_are_added() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        set a 10.50
        incrbyfloat a 0.1
        incrbyfloat a -5
        incrbyfloat a 5.0e3
        incrbyfloat a -0
        incrbyfloat b 3.0e3
        incrbyfloat c 0.1
        incrbyfloat c 0.2
        incrbyfloat d 1e-17
        incrbyfloat d 5e-18
        incrbyfloat d -2e-17
        incrbyfloat e 100000000000000000000000.1
        incrbyfloat e -1
        incrbyfloat f 1e4931
        incrbyfloat g 0x1.8p1
        incrbyfloat g .5
        incrbyfloat g 5.
        incrbyfloat g inf
        incrbyfloat g -Infinity
        incrbyfloat g nan
        incrbyfloat g ""
        incrbyfloat g " 1"
        incrbyfloat g "1 "
        incrbyfloat g 1e
        incrbyfloat g 1e5000
        incrbyfloat g 1e-5000
        incrbyfloat g x
        get g
        set s x
        incrbyfloat s 1
        set s inf
        incrbyfloat s 1
        set big 1.1e4932
        incrbyfloat big 1.1e4932
        hset h f v
        incrbyfloat h 1
        incrbyfloat h
        3
        incrbyfloat c 1
        2
        set t 1 px 100
        incrbyfloat t 1
        +100
        get t
    "#,
    ));
}

#[test]
fn get_and_more() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        set a 1
        getdel a
        getdel a
        getset a 1
        getset a 2
        get a
        set b 1 px 100
        getset b 2
        +100
        get b
        getex b px 100
        +100
        get b
        set c 1
        getex c
        getex c ex 100 ex 200
        getex c ex 10 px 10
        getex c persist ex 10
        getex c ex 10 persist
        getex c ex
        getex c ex 0
        getex c ex x
        getex c px -1
        getex c keepttl
        getex c persist
        getex c pxat 1
        getex c
        getex c ex 0
        getex c exat 99999999999
        setex c 100 x
        getex c persist
        hset h f v
        getdel h
        getset h 1
        getex h
        getex h ex 0
        getdel
        getset a
        getex
    "#,
    ));
}

#[test]
fn several_keys() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        mset a 1 b 2 a 3
        mget a b c h a
        hset h f v
        mget h a
        mset h 1 i
        mset h 1
        get h
        msetnx a 1 x 2
        get x
        msetnx x 1 y 2 x 3
        mget x y
        msetnx x
        msetnx z 1 q
        setnx a 9
        setnx z 9
        get z
        mget
        3
        mget a none
    "#,
    ));
}

#[test]
fn strings_that_expire() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        setex a 1 x
        psetex b 500 y
        mget a b
        +500
        mget a b
        +500
        mget a b
        setex a 0 x
        setex a -1 x
        setex a x y
        setex a 9223372036854775807 x
        psetex a 0 x
        psetex a 9223372036854775807 x
        setex a 1
        psetex a 1
        hset h f v
        setex h 100 v
        get h
        setnx a 1
    "#,
    ));
}

#[test]
fn parts_are_read_and_written() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        setrange a 5 hello
        get a
        setrange a 0 HELLO
        get a
        setrange a 3 ""
        setrange b 3 ""
        get b
        setrange a 10 x
        setrange a 20 y
        get a
        setrange a -1 x
        setrange a x x
        setrange a 536870912 x
        setrange a 536870911 xx
        setrange a 9223372036854775807 x
        setrange a 9223372036854775808 x
        setrange b 536870912 x
        setrange b 536870912 ""
        set c "Hello World"
        getrange c 0 4
        getrange c -5 -1
        getrange c 0 -1
        getrange c 0 -100
        getrange c -100 -99
        getrange c -99 -100
        getrange c -1 -3
        getrange c 5 3
        getrange c 10 100
        getrange c 11 12
        getrange c 0 9223372036854775807
        getrange c -9223372036854775808 9223372036854775807
        getrange x 0 1
        getrange c x 1
        getrange c 0 x
        getrange c 0
        substr c 1 2
        substr c 1
        hset h f v
        getrange h 0 1
        setrange h 0 x
        setrange h 0 ""
        set t abc px 100
        setrange t 1 x
        +100
        get t
        setrange t 1 x
        get t
        set e ""
        getrange e 0 -1
    "#,
    ));
}

#[test]
fn common_subsequences() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        mset a ohmytext b mynewtext
        lcs a b
        lcs a b len
        lcs a b idx
        lcs a b idx minmatchlen 4
        lcs a b idx minmatchlen 4 withmatchlen
        lcs a b idx withmatchlen minmatchlen -1
        lcs a b withmatchlen
        lcs a b idx len
        lcs a b minmatchlen
        lcs a b minmatchlen x
        lcs a b x
        lcs a x
        lcs a x len
        lcs a x idx
        lcs x y idx withmatchlen
        lcs a a idx
        3
        lcs a b idx withmatchlen
        2
        mset c abcabcabc d cbacbacba
        lcs c d
        lcs c d idx withmatchlen
        lcs d c idx withmatchlen
        hset h f v
        lcs a h
        lcs h a x
        lcs a
    "#,
    ));
}

#[test]
fn strings_are_told_of() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        notices
        set a 1
        set a 1 ex 100 get
        set a 1 nx
        append a 2
        setrange a 1 x
        setrange a 1 ""
        getset a 5
        incr a
        decrby a 3
        incrbyfloat a 1.5
        getex a px 100000
        getex a persist
        getex a persist
        getex a pxat 1
        getex a persist
        setex a 100 x
        psetex a 100000 x
        setnx a x
        setnx b 1
        mset a 1 b 2
        msetnx a 1 c 2
        msetnx d 1 e 2
        getdel a
        getdel a
        incr d x
    "#,
    ));
}
