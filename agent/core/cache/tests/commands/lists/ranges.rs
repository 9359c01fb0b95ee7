use expect_test::expect;

use crate::play::play;

#[test]
fn ranges() {
    expect![[r#"
        > lrange l 0 -1
        (empty array)
        > rpush l a b c d
        (integer) 4
        > lrange l 0 -1
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        > lrange l 1 2
        1) "b"
        2) "c"
        > lrange l -2 -1
        1) "c"
        2) "d"
        > lrange l -100 1
        1) "a"
        2) "b"
        > lrange l 2 100
        1) "c"
        2) "d"
        > lrange l 2 1
        (empty array)
        > lrange l 4 10
        (empty array)
        > lrange l -1 -2
        (empty array)
        > lrange l -9223372036854775808 9223372036854775807
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        > lrange l 9223372036854775807 -9223372036854775808
        (empty array)
        > lrange l 0 -5
        (empty array)
        > lrange l x 0
        (error) ERR value is not an integer or out of range
        > lrange l 0 x
        (error) ERR value is not an integer or out of range
        > lrange x 0 x
        (error) ERR value is not an integer or out of range
        > lrange l 0
        (error) ERR wrong number of arguments for 'lrange' command
        > lrange l 0 1 2
        (error) ERR wrong number of arguments for 'lrange' command
        > lrange l 1 0
        (empty array)
        > lrange x 0 -1
        (empty array)
        > set s 1
        OK
        > lrange s 0 -1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lrange s x y
        (error) ERR value is not an integer or out of range
    "#]]
    .assert_eq(&play(
        r#"
        lrange l 0 -1
        rpush l a b c d
        lrange l 0 -1
        lrange l 1 2
        lrange l -2 -1
        lrange l -100 1
        lrange l 2 100
        lrange l 2 1
        lrange l 4 10
        lrange l -1 -2
        lrange l -9223372036854775808 9223372036854775807
        lrange l 9223372036854775807 -9223372036854775808
        lrange l 0 -5
        lrange l x 0
        lrange l 0 x
        lrange x 0 x
        lrange l 0
        lrange l 0 1 2
        3
        lrange l 1 0
        lrange x 0 -1
        2
        set s 1
        lrange s 0 -1
        lrange s x y
    "#,
    ));
}

#[test]
fn trim() {
    expect![[r#"
        > ltrim l 0 -1
        OK
        > rpush l a b c d e f
        (integer) 6
        > ltrim l 0 -1
        OK
        > lrange l 0 -1
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        5) "e"
        6) "f"
        > ltrim l 1 -2
        OK
        > lrange l 0 -1
        1) "b"
        2) "c"
        3) "d"
        4) "e"
        > ltrim l -100 2
        OK
        > lrange l 0 -1
        1) "b"
        2) "c"
        3) "d"
        > ltrim l 1 100
        OK
        > lrange l 0 -1
        1) "c"
        2) "d"
        > ltrim l x 0
        (error) ERR value is not an integer or out of range
        > ltrim l 0 x
        (error) ERR value is not an integer or out of range
        > ltrim x 0 x
        (error) ERR value is not an integer or out of range
        > ltrim l 0
        (error) ERR wrong number of arguments for 'ltrim' command
        > ltrim l 5 10
        OK
        > llen l
        (integer) 0
        > rpush l a b
        (integer) 2
        > ltrim l 1 0
        OK
        > llen l
        (integer) 0
        > rpush l a b
        (integer) 2
        > ltrim l -9223372036854775808 -9223372036854775808
        OK
        > llen l
        (integer) 0
        > set s 1
        OK
        > ltrim s 0 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > ltrim s x 0
        (error) ERR value is not an integer or out of range
        > rpush l a b c
        (integer) 3
        * rpush l
        > ltrim l 0 -1
        OK
        * ltrim l
        > ltrim l 1 1
        OK
        * ltrim l
        > ltrim l 1 1
        OK
        * ltrim l
        * del l
        > ltrim l 1 1
        OK
    "#]]
    .assert_eq(&play(
        r#"
        ltrim l 0 -1
        rpush l a b c d e f
        ltrim l 0 -1
        lrange l 0 -1
        ltrim l 1 -2
        lrange l 0 -1
        ltrim l -100 2
        lrange l 0 -1
        ltrim l 1 100
        lrange l 0 -1
        ltrim l x 0
        ltrim l 0 x
        ltrim x 0 x
        ltrim l 0
        ltrim l 5 10
        llen l
        rpush l a b
        ltrim l 1 0
        llen l
        rpush l a b
        ltrim l -9223372036854775808 -9223372036854775808
        llen l
        set s 1
        ltrim s 0 0
        ltrim s x 0
        notices
        rpush l a b c
        ltrim l 0 -1
        ltrim l 1 1
        ltrim l 1 1
        ltrim l 1 1
    "#,
    ));
}
