//! Random elements, and walks.

use expect_test::expect;

use crate::play::play;

#[test]
fn zrandmember() {
    expect![[r#"
        > zadd z 1.5 a
        (integer) 1
        > zrandmember z
        "a"
        > zrandmember z 1
        1) "a"
        > zrandmember z 5
        1) "a"
        > zrandmember z 5 withscores
        1) "a"
        2) "1.5"
        > zrandmember z -3
        1) "a"
        2) "a"
        3) "a"
        > zrandmember z -3 withscores
        1) "a"
        2) "1.5"
        3) "a"
        4) "1.5"
        5) "a"
        6) "1.5"
        > zrandmember z 0
        (empty array)
        > zrandmember z 0 withscores
        (empty array)
        > zrandmember none
        (nil)
        > zrandmember none 3
        (empty array)
        > zrandmember none -3 withscores
        (empty array)
        > zrandmember z x
        (error) ERR value is not an integer or out of range
        > zrandmember z 1 x
        (error) ERR syntax error
        > zrandmember z 1 withscores x
        (error) ERR syntax error
        > zrandmember z -9223372036854775808
        (error) ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        > zrandmember z -9223372036854775807 withscores
        (error) ERR value is out of range
        > zrandmember z 9223372036854775807 withscores
        (error) ERR value is out of range
        > zrandmember z 4611686018427387904 withscores
        (error) ERR value is out of range
        > zrandmember z 4611686018427387903 withscores
        1) "a"
        2) "1.5"
        > set s 1
        OK
        > zrandmember s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zrandmember s 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zrandmember s x
        (error) ERR value is not an integer or out of range
        > zrandmember s 1 x
        (error) ERR syntax error
        > zrandmember z
        "a"
        > zrandmember z 5 withscores
        1) 1) "a"
           2) (double) 1.5
        > zrandmember z -2 withscores
        1) 1) "a"
           2) (double) 1.5
        2) 1) "a"
           2) (double) 1.5
        > zrandmember z -2
        1) "a"
        2) "a"
        > zrandmember none
        (nil)
        > zrandmember none 2
        (empty array)
    "#]].assert_eq(&play(
        r#"
        zadd z 1.5 a
        zrandmember z
        zrandmember z 1
        zrandmember z 5
        zrandmember z 5 withscores
        zrandmember z -3
        zrandmember z -3 withscores
        zrandmember z 0
        zrandmember z 0 withscores
        zrandmember none
        zrandmember none 3
        zrandmember none -3 withscores
        zrandmember z x
        zrandmember z 1 x
        zrandmember z 1 withscores x
        zrandmember z -9223372036854775808
        zrandmember z -9223372036854775807 withscores
        zrandmember z 9223372036854775807 withscores
        zrandmember z 4611686018427387904 withscores
        zrandmember z 4611686018427387903 withscores
        set s 1
        zrandmember s
        zrandmember s 1
        zrandmember s x
        zrandmember s 1 x
        3
        zrandmember z
        zrandmember z 5 withscores
        zrandmember z -2 withscores
        zrandmember z -2
        zrandmember none
        zrandmember none 2
    "#,
    ));
}

#[test]
fn zscan_of_a_small_one() {
    expect![[r#"
        > zadd z 1 a 2.5 b 3 c
        (integer) 3
        > zscan z 0
        1) "0"
        2) 1) "a"
           2) "1"
           3) "b"
           4) "2.5"
           5) "c"
           6) "3"
        > zscan z 0 match a*
        1) "0"
        2) 1) "a"
           2) "1"
        > zscan z 0 match x*
        1) "0"
        2) (empty array)
        > zscan z 0 count 1
        1) "0"
        2) 1) "a"
           2) "1"
           3) "b"
           4) "2.5"
           5) "c"
           6) "3"
        > zscan z 0 count 1 match b
        1) "0"
        2) 1) "b"
           2) "2.5"
        > zscan z 7
        1) "0"
        2) 1) "a"
           2) "1"
           3) "b"
           4) "2.5"
           5) "c"
           6) "3"
        > zscan none 0
        1) "0"
        2) (empty array)
        > zscan none x
        (error) ERR invalid cursor
        > zscan none 0 x
        1) "0"
        2) (empty array)
        > zscan z x
        (error) ERR invalid cursor
        > zscan z -1
        1) "0"
        2) 1) "a"
           2) "1"
           3) "b"
           4) "2.5"
           5) "c"
           6) "3"
        > zscan z 0 count 0
        (error) ERR syntax error
        > zscan z 0 count -1
        (error) ERR syntax error
        > zscan z 0 count x
        (error) ERR value is not an integer or out of range
        > zscan z 0 count
        (error) ERR syntax error
        > zscan z 0 x 1
        (error) ERR syntax error
        > zscan z 0 match
        (error) ERR syntax error
        > zscan z
        (error) ERR wrong number of arguments for 'zscan' command
        > set s 1
        OK
        > zscan s 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zscan s x
        (error) ERR invalid cursor
        > zscan z 0
        1) "0"
        2) 1) "a"
           2) "1"
           3) "b"
           4) "2.5"
           5) "c"
           6) "3"
    "#]]
    .assert_eq(&play(
        r#"
        zadd z 1 a 2.5 b 3 c
        zscan z 0
        zscan z 0 match a*
        zscan z 0 match x*
        zscan z 0 count 1
        zscan z 0 count 1 match b
        zscan z 7
        zscan none 0
        zscan none x
        zscan none 0 x
        zscan z x
        zscan z -1
        zscan z 0 count 0
        zscan z 0 count -1
        zscan z 0 count x
        zscan z 0 count
        zscan z 0 x 1
        zscan z 0 match
        zscan z
        set s 1
        zscan s 0
        zscan s x
        3
        zscan z 0
    "#,
    ));
}
