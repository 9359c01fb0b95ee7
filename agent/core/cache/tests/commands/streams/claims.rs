use expect_test::expect;

use crate::play::play;

#[test]
fn xpending_takes_intervals() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 2-1 f 2
        "2-1"
        > xadd s 3-1 f 3
        "3-1"
        > xgroup create s g 0
        OK
        > xpending s g
        1) (integer) 0
        2) (nil)
        3) (nil)
        4) (nil array)
        > xpending s g - + 10
        (empty array)
        > xreadgroup group g a count 2 streams s >
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
              2) 1) "2-1"
                 2) 1) "f"
                    2) "2"
        > xreadgroup group g b streams s >
        1) 1) "s"
           2) 1) 1) "3-1"
                 2) 1) "f"
                    2) "3"
        > xpending s g
        1) (integer) 3
        2) "1-1"
        3) "3-1"
        4) 1) 1) "a"
              2) "2"
           2) 1) "b"
              2) "1"
        > xpending s g - + 10
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        3) 1) "3-1"
           2) "b"
           3) (integer) 0
           4) (integer) 1
        > xpending s g - + 10 a
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s g - + 10 nobody
        (empty array)
        > xpending s g (1-1 + 10
        1) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "3-1"
           2) "b"
           3) (integer) 0
           4) (integer) 1
        > xpending s g - (3-1 10
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s g 2 2 10
        1) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s g + - 10
        (empty array)
        > xpending s g - + 1
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s g - + 0
        (empty array)
        > xpending s g - + -1
        (empty array)
        > xpending s g idle 100000 - + 10
        (empty array)
        > xpending s g IDLE 0 - + 10 a
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s g idle 0 - +
        (error) ERR syntax error
        > xpending s g idle x - + 10
        (error) ERR value is not an integer or out of range
        > xpending s g - + x
        (error) ERR value is not an integer or out of range
        > xpending s g - x 10
        (error) ERR Invalid stream ID specified as stream command argument
        > xpending s g x + 10
        (error) ERR Invalid stream ID specified as stream command argument
        > xpending s g -
        (error) ERR syntax error
        > xpending s g - +
        (error) ERR syntax error
        > xpending s g - + 10 a b c
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s g - + 10 a b
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s x
        (error) NOGROUP No such key 's' or consumer group 'x'
        > xpending n g
        (error) NOGROUP No such key 'n' or consumer group 'g'
        > xpending n g x + 10
        (error) ERR Invalid stream ID specified as stream command argument
        > set t x
        OK
        > xpending t g
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xpending s
        (error) ERR wrong number of arguments for 'xpending' command
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xadd s 2-1 f 2
        xadd s 3-1 f 3
        xgroup create s g 0
        xpending s g
        xpending s g - + 10
        xreadgroup group g a count 2 streams s >
        xreadgroup group g b streams s >
        xpending s g
        xpending s g - + 10
        xpending s g - + 10 a
        xpending s g - + 10 nobody
        xpending s g (1-1 + 10
        xpending s g - (3-1 10
        xpending s g 2 2 10
        xpending s g + - 10
        xpending s g - + 1
        xpending s g - + 0
        xpending s g - + -1
        xpending s g idle 100000 - + 10
        xpending s g IDLE 0 - + 10 a
        xpending s g idle 0 - +
        xpending s g idle x - + 10
        xpending s g - + x
        xpending s g - x 10
        xpending s g x + 10
        xpending s g -
        xpending s g - +
        xpending s g - + 10 a b c
        xpending s g - + 10 a b
        xpending s x
        xpending n g
        xpending n g x + 10
        set t x
        xpending t g
        xpending s
    "#,
    ));
}

#[test]
fn xclaim_moves_what_is_pending() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 2-1 f 2
        "2-1"
        > xadd s 3-1 f 3
        "3-1"
        > xgroup create s g 0
        OK
        > xreadgroup group g a count 2 streams s >
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
              2) 1) "2-1"
                 2) 1) "f"
                    2) "2"
        > xclaim s g b 0 1-1
        1) 1) "1-1"
           2) 1) "f"
              2) "1"
        > xclaim s g b 0 1-1 1-1 justid
        1) "1-1"
        2) "1-1"
        > xclaim s g b 1000000 2-1
        (empty array)
        > xclaim s g b 0 3-1
        (empty array)
        > xclaim s g b 0 3-1 force
        1) 1) "3-1"
           2) 1) "f"
              2) "3"
        > xclaim s g c 0 9-9 force
        (empty array)
        > xpending s g - + 10
        1) 1) "1-1"
           2) "b"
           3) (integer) 0
           4) (integer) 2
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        3) 1) "3-1"
           2) "b"
           3) (integer) 0
           4) (integer) 2
        > xclaim s g b 0 2-1 retrycount 7 justid
        1) "2-1"
        > xclaim s g b 0 2-1 idle 100 time 5 retrycount -1
        1) 1) "2-1"
           2) 1) "f"
              2) "2"
        > xclaim s g b 0 3-1 RetryCount 0
        1) 1) "3-1"
           2) 1) "f"
              2) "3"
        > xpending s g - + 10 b
        1) 1) "1-1"
           2) "b"
           3) (integer) 0
           4) (integer) 2
        2) 1) "2-1"
           2) "b"
           3) (integer) 1767225599995
           4) (integer) 8
        3) 1) "3-1"
           2) "b"
           3) (integer) 0
           4) (integer) 0
        > xdel s 1-1
        (integer) 1
        > xclaim s g c 0 1-1 2-1
        1) 1) "2-1"
           2) 1) "f"
              2) "2"
        > xpending s g
        1) (integer) 2
        2) "2-1"
        3) "3-1"
        4) 1) 1) "b"
              2) "1"
           2) 1) "c"
              2) "1"
        > xclaim s g b 0 2-1 lastid 3-1
        1) 1) "2-1"
           2) 1) "f"
              2) "2"
        > xinfo groups s
        1) 1) "name"
           2) "g"
           3) "consumers"
           4) (integer) 3
           5) "pending"
           6) (integer) 2
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 2
           11) "lag"
           12) (integer) 1
        > xclaim s g b 0 2-1 lastid 1-1
        1) 1) "2-1"
           2) 1) "f"
              2) "2"
        > xclaim s g b 0 2-1 lastid x
        (error) ERR Invalid stream ID specified as stream command argument
        > xclaim s g b 0 2-1 x
        (error) ERR Unrecognized XCLAIM option 'x'
        > xclaim s g b 0 2-1 idle
        (error) ERR Unrecognized XCLAIM option 'idle'
        > xclaim s g b 0 2-1 idle x
        (error) ERR Invalid IDLE option argument for XCLAIM
        > xclaim s g b 0 2-1 time x
        (error) ERR Invalid TIME option argument for XCLAIM
        > xclaim s g b 0 2-1 retrycount x
        (error) ERR Invalid RETRYCOUNT option argument for XCLAIM
        > xclaim s g b x 2-1
        (error) ERR Invalid min-idle-time argument for XCLAIM
        > xclaim s g b -1 2-1 justid
        1) "2-1"
        > xclaim s g b 0 force
        (empty array)
        > xclaim s x b 0 2-1
        (error) NOGROUP No such key 's' or consumer group 'x'
        > xclaim n g b x 2-1
        (error) NOGROUP No such key 'n' or consumer group 'g'
        > xclaim s g b 0
        (error) ERR wrong number of arguments for 'xclaim' command
        > set t x
        OK
        > xclaim t g b x 2-1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xadd s 2-1 f 2
        xadd s 3-1 f 3
        xgroup create s g 0
        xreadgroup group g a count 2 streams s >
        xclaim s g b 0 1-1
        xclaim s g b 0 1-1 1-1 justid
        xclaim s g b 1000000 2-1
        xclaim s g b 0 3-1
        xclaim s g b 0 3-1 force
        xclaim s g c 0 9-9 force
        xpending s g - + 10
        xclaim s g b 0 2-1 retrycount 7 justid
        xclaim s g b 0 2-1 idle 100 time 5 retrycount -1
        xclaim s g b 0 3-1 RetryCount 0
        xpending s g - + 10 b
        xdel s 1-1
        xclaim s g c 0 1-1 2-1
        xpending s g
        xclaim s g b 0 2-1 lastid 3-1
        xinfo groups s
        xclaim s g b 0 2-1 lastid 1-1
        xclaim s g b 0 2-1 lastid x
        xclaim s g b 0 2-1 x
        xclaim s g b 0 2-1 idle
        xclaim s g b 0 2-1 idle x
        xclaim s g b 0 2-1 time x
        xclaim s g b 0 2-1 retrycount x
        xclaim s g b x 2-1
        xclaim s g b -1 2-1 justid
        xclaim s g b 0 force
        xclaim s x b 0 2-1
        xclaim n g b x 2-1
        xclaim s g b 0
        set t x
        xclaim t g b x 2-1
    "#,
    ));
}

#[test]
fn xautoclaim_walks_what_is_pending() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 2-1 f 2
        "2-1"
        > xadd s 3-1 f 3
        "3-1"
        > xadd s 4-1 f 4
        "4-1"
        > xgroup create s g 0
        OK
        > xautoclaim s g b 0 -
        1) "0-0"
        2) (empty array)
        3) (empty array)
        > xreadgroup group g a streams s >
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
              2) 1) "2-1"
                 2) 1) "f"
                    2) "2"
              3) 1) "3-1"
                 2) 1) "f"
                    2) "3"
              4) 1) "4-1"
                 2) 1) "f"
                    2) "4"
        > xautoclaim s g b 0 - count 2
        1) "3-1"
        2) 1) 1) "1-1"
              2) 1) "f"
                 2) "1"
           2) 1) "2-1"
              2) 1) "f"
                 2) "2"
        3) (empty array)
        > xautoclaim s g b 0 3-1 justid
        1) "0-0"
        2) 1) "3-1"
           2) "4-1"
        3) (empty array)
        > xautoclaim s g b 0 (3-1 justid
        1) "0-0"
        2) 1) "4-1"
        3) (empty array)
        > xautoclaim s g b 1000000 - count 1
        1) "0-0"
        2) (empty array)
        3) (empty array)
        > xpending s g
        1) (integer) 4
        2) "1-1"
        3) "4-1"
        4) 1) 1) "b"
              2) "4"
        > xdel s 2-1
        (integer) 1
        > xautoclaim s g c 0 0 count 2 justid
        1) "3-1"
        2) 1) "1-1"
        3) 1) "2-1"
        > xpending s g
        1) (integer) 3
        2) "1-1"
        3) "4-1"
        4) 1) 1) "b"
              2) "2"
           2) 1) "c"
              2) "1"
        > xautoclaim s g c 0 0 COUNT 1
        1) "3-1"
        2) 1) 1) "1-1"
              2) 1) "f"
                 2) "1"
        3) (empty array)
        > xautoclaim s g c x 0
        (error) ERR Invalid min-idle-time argument for XAUTOCLAIM
        > xautoclaim s g c 0 x
        (error) ERR Invalid stream ID specified as stream command argument
        > xautoclaim s g c 0 (18446744073709551615-18446744073709551615
        (error) ERR invalid start ID for the interval
        > xautoclaim s g c -1 + count 1
        1) "0-0"
        2) (empty array)
        3) (empty array)
        > xautoclaim s g c 0 0 count 0
        (error) ERR COUNT must be > 0
        > xautoclaim s g c 0 0 count x
        (error) ERR COUNT must be > 0
        > xautoclaim s g c 0 0 count
        (error) ERR syntax error
        > xautoclaim s g c 0 0 bad
        (error) ERR syntax error
        > xautoclaim s x c 0 0
        (error) NOGROUP No such key 's' or consumer group 'x'
        > xautoclaim n g c 0 0
        (error) NOGROUP No such key 'n' or consumer group 'g'
        > xautoclaim s g c 0
        (error) ERR wrong number of arguments for 'xautoclaim' command
        > xautoclaim s g c 0 9 justid
        1) "0-0"
        2) (empty array)
        3) (empty array)
        > set t x
        OK
        > xautoclaim t g c 0 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xadd s 2-1 f 2
        xadd s 3-1 f 3
        xadd s 4-1 f 4
        xgroup create s g 0
        xautoclaim s g b 0 -
        xreadgroup group g a streams s >
        xautoclaim s g b 0 - count 2
        xautoclaim s g b 0 3-1 justid
        xautoclaim s g b 0 (3-1 justid
        xautoclaim s g b 1000000 - count 1
        xpending s g
        xdel s 2-1
        xautoclaim s g c 0 0 count 2 justid
        xpending s g
        xautoclaim s g c 0 0 COUNT 1
        xautoclaim s g c x 0
        xautoclaim s g c 0 x
        xautoclaim s g c 0 (18446744073709551615-18446744073709551615
        xautoclaim s g c -1 + count 1
        xautoclaim s g c 0 0 count 0
        xautoclaim s g c 0 0 count x
        xautoclaim s g c 0 0 count
        xautoclaim s g c 0 0 bad
        xautoclaim s x c 0 0
        xautoclaim n g c 0 0
        xautoclaim s g c 0
        3
        xautoclaim s g c 0 9 justid
        set t x
        xautoclaim t g c 0 0
    "#,
    ));
}
