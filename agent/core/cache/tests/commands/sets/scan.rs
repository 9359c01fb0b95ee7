//! Walks over sets.

use expect_test::expect;

use crate::play::play;

#[test]
fn a_small_set_is_told_at_once() {
    expect![[r#"
        > sadd s 1 2 3 11 12 13
        (integer) 6
        > sscan s 0
        1) "0"
        2) 1) "1"
           2) "2"
           3) "3"
           4) "11"
           5) "12"
           6) "13"
        > sscan s 0 count 1
        1) "0"
        2) 1) "1"
           2) "2"
           3) "3"
           4) "11"
           5) "12"
           6) "13"
        > sscan s 0 match 1*
        1) "0"
        2) 1) "1"
           2) "11"
           3) "12"
           4) "13"
        > sscan s 0 match *
        1) "0"
        2) 1) "1"
           2) "2"
           3) "3"
           4) "11"
           5) "12"
           6) "13"
        > sscan s 0 match ?
        1) "0"
        2) 1) "1"
           2) "2"
           3) "3"
        > sscan s 0 match [1-2]?
        1) "0"
        2) 1) "11"
           2) "12"
           3) "13"
        > sscan s 0 match nothing count 100
        1) "0"
        2) (empty array)
        > sscan s 0 MATCH 1? COUNT 2
        1) "0"
        2) 1) "11"
           2) "12"
           3) "13"
        > sscan s 7
        1) "0"
        2) 1) "1"
           2) "2"
           3) "3"
           4) "11"
           5) "12"
           6) "13"
        > sscan s 0 count 0
        (error) ERR syntax error
        > sscan s 0 count -1
        (error) ERR syntax error
        > sscan s 0 count x
        (error) ERR value is not an integer or out of range
        > sscan s 0 count
        (error) ERR syntax error
        > sscan s 0 match
        (error) ERR syntax error
        > sscan s 0 type set
        (error) ERR syntax error
        > sscan s 0 bogus
        (error) ERR syntax error
        > sscan s x
        (error) ERR invalid cursor
        > sscan s -1
        1) "0"
        2) 1) "1"
           2) "2"
           3) "3"
           4) "11"
           5) "12"
           6) "13"
        > sscan s 1x
        (error) ERR invalid cursor
        > sscan s " 1"
        (error) ERR invalid cursor
        > sscan s 18446744073709551616
        (error) ERR invalid cursor
        > sscan x 0
        1) "0"
        2) (empty array)
        > sscan x 0 bogus
        1) "0"
        2) (empty array)
        > sscan x x
        (error) ERR invalid cursor
        > sscan s
        (error) ERR wrong number of arguments for 'sscan' command
        > set str v
        OK
        > sscan str 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sscan str x
        (error) ERR invalid cursor
        > sscan str 0 bogus
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sscan s 0 match 1?
        1) "0"
        2) 1) "11"
           2) "12"
           3) "13"
        > sscan x 0
        1) "0"
        2) (empty array)
        > sadd e ""
        (integer) 1
        > sscan e 0 match *
        1) "0"
        2) 1) ""
        > sscan e 0 match **
        1) "0"
        2) (empty array)
    "#]]
    .assert_eq(&play(
        r#"
        sadd s 1 2 3 11 12 13
        sscan s 0
        sscan s 0 count 1
        sscan s 0 match 1*
        sscan s 0 match *
        sscan s 0 match ?
        sscan s 0 match [1-2]?
        sscan s 0 match nothing count 100
        sscan s 0 MATCH 1? COUNT 2
        sscan s 7
        sscan s 0 count 0
        sscan s 0 count -1
        sscan s 0 count x
        sscan s 0 count
        sscan s 0 match
        sscan s 0 type set
        sscan s 0 bogus
        sscan s x
        sscan s -1
        sscan s 1x
        sscan s " 1"
        sscan s 18446744073709551616
        sscan x 0
        sscan x 0 bogus
        sscan x x
        sscan s
        set str v
        sscan str 0
        sscan str x
        sscan str 0 bogus
        3
        sscan s 0 match 1?
        sscan x 0
        sadd e ""
        sscan e 0 match *
        sscan e 0 match **
    "#,
    ));
}
