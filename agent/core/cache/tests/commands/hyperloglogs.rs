use expect_test::expect;

use crate::play::play;

#[test]
fn strings_are_counted_once() {
    expect![[r#"
        > pfadd a x y z
        (integer) 1
        > pfadd a x
        (integer) 0
        > get a
        "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80a\x84\x80X\xcd\x88E\xa0\x84\x08"
        > pfcount a
        (integer) 3
        > get a
        "HYLL\x01\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00a\x84\x80X\xcd\x88E\xa0\x84\x08"
        > pfadd a y z
        (integer) 0
        > pfadd a w
        (integer) 1
        > get a
        "HYLL\x01\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x80PG\x84Q;\x80X\xcd\x88E\xa0\x84\x08"
        > pfcount a
        (integer) 4
        > pfadd b
        (integer) 1
        > pfadd b
        (integer) 0
        > pfcount b
        (integer) 0
        > get b
        "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"
        > pfcount x
        (integer) 0
        > pfcount a b x
        (integer) 4
        > pfadd c 1 2 3 x
        (integer) 1
        > pfcount a c
        (integer) 7
        > pfmerge d a c
        OK
        > pfcount d
        (integer) 7
        > get d
        "HYLL\x01\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00PG\x84M\x1d\x80D\x1c\x80IV\x80Ou\x88A\xb5\x8cC\xe9\x84\x08"
        > pfmerge d
        OK
        > pfmerge e
        OK
        > get e
        "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff"
        > pfmerge e x
        OK
        > set t x
        OK
        > pfadd t 1
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > pfcount t
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > pfcount a t
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > pfmerge t a
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > pfmerge a t
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > set t ""
        OK
        > pfcount t
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > set t "HYLL\x02aaaaaaaaaaaaaaaaa"
        OK
        > pfcount t
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > set t "HYLL\x00aaaaaaaaaaaaaaaaa"
        OK
        > pfcount t
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > set t "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xfe"
        OK
        > pfcount t
        (error) INVALIDOBJ Corrupted HLL object detected
        > pfcount a t
        (error) INVALIDOBJ Corrupted HLL object detected
        > pfmerge a t
        (error) INVALIDOBJ Corrupted HLL object detected
        > pfmerge t a
        (error) INVALIDOBJ Corrupted HLL object detected
        > pfadd t a b
        (integer) 1
        > hset h f v
        (integer) 1
        > pfadd h 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > pfcount h
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > pfmerge h a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > pfadd
        (error) ERR wrong number of arguments for 'pfadd' command
        > pfcount
        (error) ERR wrong number of arguments for 'pfcount' command
        > pfmerge
        (error) ERR wrong number of arguments for 'pfmerge' command
        > pfselftest
        OK
        > pfselftest 1
        (error) ERR wrong number of arguments for 'pfselftest' command
    "#]].assert_eq(&play(
        r#"
        pfadd a x y z
        pfadd a x
        get a
        pfcount a
        get a
        pfadd a y z
        pfadd a w
        get a
        pfcount a
        pfadd b
        pfadd b
        pfcount b
        get b
        pfcount x
        pfcount a b x
        pfadd c 1 2 3 x
        pfcount a c
        pfmerge d a c
        pfcount d
        get d
        pfmerge d
        pfmerge e
        get e
        pfmerge e x
        set t x
        pfadd t 1
        pfcount t
        pfcount a t
        pfmerge t a
        pfmerge a t
        set t ""
        pfcount t
        set t "HYLL\x02aaaaaaaaaaaaaaaaa"
        pfcount t
        set t "HYLL\x00aaaaaaaaaaaaaaaaa"
        pfcount t
        set t "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xfe"
        pfcount t
        pfcount a t
        pfmerge a t
        pfmerge t a
        pfadd t a b
        hset h f v
        pfadd h 1
        pfcount h
        pfmerge h a
        pfadd
        pfcount
        pfmerge
        pfselftest
        pfselftest 1
    "#,
    ));
}

#[test]
fn it_expires_like_any_string() {
    expect![[r#"
        > set t "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff" px 100
        OK
        > pfadd t x
        (integer) 1
        > pfcount t
        (integer) 1
        > +101
        > pfcount t
        (integer) 0
        > pfadd t x
        (integer) 1
        > pfcount t
        (integer) 1
    "#]]
    .assert_eq(&play(
        r#"
        set t "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff" px 100
        pfadd t x
        pfcount t
        +101
        pfcount t
        pfadd t x
        pfcount t
    "#,
    ));
}

#[test]
fn insides_are_shown() {
    expect![[r#"
        > pfadd a x y z
        (integer) 1
        > pfdebug decode a
        "Z:8581 v:1,1 Z:6350 v:3,1 Z:1441 v:2,1 z:9"
        > pfdebug encoding a
        sparse
        > pfdebug todense a
        (integer) 1
        > pfdebug todense a
        (integer) 0
        > pfdebug encoding a
        dense
        > pfdebug decode a
        (error) ERR HLL encoding is not sparse
        > strlen a
        (integer) 12304
        > pfcount a
        (integer) 3
        > pfadd a w x
        (integer) 1
        > pfcount a
        (integer) 4
        > pfadd b w v
        (integer) 1
        > pfmerge b a
        OK
        > pfdebug encoding b
        dense
        > pfcount b
        (integer) 5
        > pfdebug nope a
        (error) ERR Unknown PFDEBUG subcommand 'nope'
        > pfdebug decode x
        (error) ERR The specified key does not exist
        > pfdebug decode
        (error) ERR wrong number of arguments for 'pfdebug' command
        > pfdebug decode a b
        (error) ERR wrong number of arguments for 'pfdebug' command
        > set t x
        OK
        > pfdebug decode t
        (error) WRONGTYPE Key is not a valid HyperLogLog string value.
        > hset h f v
        (integer) 1
        > pfdebug decode h
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
        r#"
        pfadd a x y z
        pfdebug decode a
        pfdebug encoding a
        pfdebug todense a
        pfdebug todense a
        pfdebug encoding a
        pfdebug decode a
        strlen a
        pfcount a
        pfadd a w x
        pfcount a
        pfadd b w v
        pfmerge b a
        pfdebug encoding b
        pfcount b
        pfdebug nope a
        pfdebug decode x
        pfdebug decode
        pfdebug decode a b
        set t x
        pfdebug decode t
        hset h f v
        pfdebug decode h
    "#,
    ));
}

#[test]
fn counting_is_told_of() {
    expect![[r#"
        > pfadd a x
        (integer) 1
        * pfadd a
        > pfadd a x
        (integer) 0
        > pfcount a
        (integer) 1
        > pfmerge b a
        OK
        * pfadd b
        > pfdebug todense a
        (integer) 1
    "#]]
    .assert_eq(&play(
        r#"
        notices
        pfadd a x
        pfadd a x
        pfcount a
        pfmerge b a
        pfdebug todense a
    "#,
    ));
}
