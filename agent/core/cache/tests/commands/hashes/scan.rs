//! Walks over hashes.

use expect_test::expect;

use crate::play::play;

#[test]
fn a_small_hash_is_told_at_once() {
    expect![[r#"
        > hset h f 1 g 2 ff 3
        (integer) 3
        > hscan h 0
        1) "0"
        2) 1) "f"
           2) "1"
           3) "g"
           4) "2"
           5) "ff"
           6) "3"
        > hscan h 0 match f*
        1) "0"
        2) 1) "f"
           2) "1"
           3) "ff"
           4) "3"
        > hscan h 0 match f* count 1
        1) "0"
        2) 1) "f"
           2) "1"
           3) "ff"
           4) "3"
        > hscan h 0 match x
        1) "0"
        2) (empty array)
        > hscan h 5 count 100
        1) "0"
        2) 1) "f"
           2) "1"
           3) "g"
           4) "2"
           5) "ff"
           6) "3"
        > hscan h 0 count 0
        (error) ERR syntax error
        > hscan h 0 count x
        (error) ERR value is not an integer or out of range
        > hscan h 0 type hash
        (error) ERR syntax error
        > hscan h 0 bogus
        (error) ERR syntax error
        > hscan h x
        (error) ERR invalid cursor
        > hscan x 0
        1) "0"
        2) (empty array)
        > hscan x 0 bogus
        1) "0"
        2) (empty array)
        > hscan x x
        (error) ERR invalid cursor
        > hscan h
        (error) ERR wrong number of arguments for 'hscan' command
        > set s 1
        OK
        > hscan s 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hscan s x
        (error) ERR invalid cursor
        > hscan h 0 match g
        1) "0"
        2) 1) "g"
           2) "2"
        > hscan x 0
        1) "0"
        2) (empty array)
    "#]]
    .assert_eq(&play(
        r#"
        hset h f 1 g 2 ff 3
        hscan h 0
        hscan h 0 match f*
        hscan h 0 match f* count 1
        hscan h 0 match x
        hscan h 5 count 100
        hscan h 0 count 0
        hscan h 0 count x
        hscan h 0 type hash
        hscan h 0 bogus
        hscan h x
        hscan x 0
        hscan x 0 bogus
        hscan x x
        hscan h
        set s 1
        hscan s 0
        hscan s x
        3
        hscan h 0 match g
        hscan x 0
    "#,
    ));
}
