use expect_test::expect;

use crate::play::play;

#[test]
fn xadd_makes_a_stream_or_not() {
    expect![[r#"
        > xadd s 1-1 f v
        "1-1"
        > xadd s 1-1 f v
        (error) ERR The ID specified in XADD is equal or smaller than the target stream top item
        > xadd s 1-0 f v
        (error) ERR The ID specified in XADD is equal or smaller than the target stream top item
        > xadd s 1-* f v
        "1-2"
        > xadd s 2 f v g w
        "2-0"
        > xadd s 2-* f v
        "2-1"
        > xadd s 3-* f v
        "3-0"
        > xadd n nomkstream 1-1 f v
        (nil)
        > xlen n
        (integer) 0
        > xadd s nomkstream 4-1 f v
        "4-1"
        > xlen s
        (integer) 6
        > xrange s - +
        1) 1) "1-1"
           2) 1) "f"
              2) "v"
        2) 1) "1-2"
           2) 1) "f"
              2) "v"
        3) 1) "2-0"
           2) 1) "f"
              2) "v"
              3) "g"
              4) "w"
        4) 1) "2-1"
           2) 1) "f"
              2) "v"
        5) 1) "3-0"
           2) 1) "f"
              2) "v"
        6) 1) "4-1"
           2) 1) "f"
              2) "v"
        > set t x
        OK
        > xadd t 1-1 f v
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xadd t nomkstream 1-1 f v
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xlen t
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f v
        xadd s 1-1 f v
        xadd s 1-0 f v
        xadd s 1-* f v
        xadd s 2 f v g w
        xadd s 2-* f v
        xadd s 3-* f v
        xadd n nomkstream 1-1 f v
        xlen n
        xadd s nomkstream 4-1 f v
        xlen s
        xrange s - +
        set t x
        xadd t 1-1 f v
        xadd t nomkstream 1-1 f v
        xlen t
    "#,
    ));
}

#[test]
fn xadd_takes_its_arguments_as_redis_does() {
    expect![[r#"
        > xadd
        (error) ERR wrong number of arguments for 'xadd' command
        > xadd s
        (error) ERR wrong number of arguments for 'xadd' command
        > xadd s 1-1
        (error) ERR wrong number of arguments for 'xadd' command
        > xadd s 1-1 f
        (error) ERR wrong number of arguments for 'xadd' command
        > xadd s 1-1 f v g
        (error) ERR wrong number of arguments for 'xadd' command
        > xadd s nomkstream f v
        (error) ERR Invalid stream ID specified as stream command argument
        > xadd s 0-0 f v
        (error) ERR The ID specified in XADD must be greater than 0-0
        > xadd s 0 f v
        (error) ERR The ID specified in XADD must be greater than 0-0
        > xadd s - f v
        (error) ERR Invalid stream ID specified as stream command argument
        > xadd s + f v
        (error) ERR Invalid stream ID specified as stream command argument
        > xadd s x f v
        (error) ERR Invalid stream ID specified as stream command argument
        > xadd s 1-x f v
        (error) ERR Invalid stream ID specified as stream command argument
        > xadd s 1-1-1 f v
        (error) ERR Invalid stream ID specified as stream command argument
        > xadd s -1 f v
        (error) ERR Invalid stream ID specified as stream command argument
        > xadd s 18446744073709551616-0 f v
        (error) ERR Invalid stream ID specified as stream command argument
        > xadd s * f
        (error) ERR wrong number of arguments for 'xadd' command
        > xadd s maxlen 1 1-1
        (error) ERR wrong number of arguments for 'xadd' command
        > xadd s maxlen x 1-1 f v
        (error) ERR value is not an integer or out of range
        > xadd s maxlen -1 1-1 f v
        (error) ERR The MAXLEN argument must be >= 0.
        > xadd s maxlen ~ -1 1-1 f v
        (error) ERR The MAXLEN argument must be >= 0.
        > xadd s minid x 1-1 f v
        (error) ERR Invalid stream ID specified as stream command argument
        > xadd s minid - 1-1 f v
        (error) ERR Invalid stream ID specified as stream command argument
        > xadd s maxlen 1 minid 1 1-1 f v
        (error) ERR syntax error, MAXLEN and MINID options at the same time are not compatible
        > xadd s minid 1 maxlen 1 1-1 f v
        (error) ERR syntax error, MAXLEN and MINID options at the same time are not compatible
        > xadd s limit 1 1-1 f v
        (error) ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
        > xadd s limit 0 1-1 f v
        (error) ERR syntax error, LIMIT cannot be used without the special ~ option
        > xadd s maxlen 1 limit 1 1-1 f v
        (error) ERR syntax error, LIMIT cannot be used without the special ~ option
        > xadd s maxlen = 1 limit 0 1-1 f v
        (error) ERR syntax error, LIMIT cannot be used without the special ~ option
        > xadd s maxlen ~ 1 limit -1 1-1 f v
        (error) ERR The LIMIT argument must be >= 0.
        > xadd s maxlen ~ 1 limit x 1-1 f v
        (error) ERR value is not an integer or out of range
        > xlen s
        (integer) 0
        > xadd s 18446744073709551615-18446744073709551614 f v
        "18446744073709551615-18446744073709551614"
        > xadd s 18446744073709551615-* f v
        "18446744073709551615-18446744073709551615"
        > xadd s 18446744073709551615-* f v
        (error) ERR The stream has exhausted the last possible ID, unable to add more items
        > xadd s * f v
        (error) ERR The stream has exhausted the last possible ID, unable to add more items
        > xadd z 0-* f v
        "0-1"
        > xadd z 5-18446744073709551615 f v
        "5-18446744073709551615"
        > xadd z 5-* f v
        (error) ERR The ID specified in XADD is equal or smaller than the target stream top item
        > xadd z "" v
        (error) ERR wrong number of arguments for 'xadd' command
        > xadd z 6-1 "" ""
        "6-1"
        > xrange z - +
        1) 1) "0-1"
           2) 1) "f"
              2) "v"
        2) 1) "5-18446744073709551615"
           2) 1) "f"
              2) "v"
        3) 1) "6-1"
           2) 1) ""
              2) ""
    "#]]
    .assert_eq(&play(
        r#"
        xadd
        xadd s
        xadd s 1-1
        xadd s 1-1 f
        xadd s 1-1 f v g
        xadd s nomkstream f v
        xadd s 0-0 f v
        xadd s 0 f v
        xadd s - f v
        xadd s + f v
        xadd s x f v
        xadd s 1-x f v
        xadd s 1-1-1 f v
        xadd s -1 f v
        xadd s 18446744073709551616-0 f v
        xadd s * f
        xadd s maxlen 1 1-1
        xadd s maxlen x 1-1 f v
        xadd s maxlen -1 1-1 f v
        xadd s maxlen ~ -1 1-1 f v
        xadd s minid x 1-1 f v
        xadd s minid - 1-1 f v
        xadd s maxlen 1 minid 1 1-1 f v
        xadd s minid 1 maxlen 1 1-1 f v
        xadd s limit 1 1-1 f v
        xadd s limit 0 1-1 f v
        xadd s maxlen 1 limit 1 1-1 f v
        xadd s maxlen = 1 limit 0 1-1 f v
        xadd s maxlen ~ 1 limit -1 1-1 f v
        xadd s maxlen ~ 1 limit x 1-1 f v
        xlen s
        xadd s 18446744073709551615-18446744073709551614 f v
        xadd s 18446744073709551615-* f v
        xadd s 18446744073709551615-* f v
        xadd s * f v
        xadd z 0-* f v
        xadd z 5-18446744073709551615 f v
        xadd z 5-* f v
        xadd z "" v
        xadd z 6-1 "" ""
        xrange z - +
    "#,
    ));
}

#[test]
fn xadd_trims() {
    expect![[r#"
        > xadd s 1-1 f v
        "1-1"
        > xadd s 2-1 f v
        "2-1"
        > xadd s 3-1 f v
        "3-1"
        > xadd s maxlen 2 4-1 f v
        "4-1"
        > xrange s - +
        1) 1) "3-1"
           2) 1) "f"
              2) "v"
        2) 1) "4-1"
           2) 1) "f"
              2) "v"
        > xadd s MAXLEN = 2 5-1 f v
        "5-1"
        > xadd s minid 5 6-1 f v
        "6-1"
        > xadd s maxlen ~ 1 7-1 f v
        "7-1"
        > xadd s minid ~ 7 8-1 f v
        "8-1"
        > xadd s maxlen ~ 1 limit 10 9-1 f v
        "9-1"
        > xlen s
        (integer) 5
        > xadd s maxlen 0 10-1 f v
        "10-1"
        > xlen s
        (integer) 0
        > xinfo groups s
        (empty array)
        > xadd s 10-1 f v
        (error) ERR The ID specified in XADD is equal or smaller than the target stream top item
        > xadd s 11-1 f v
        "11-1"
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f v
        xadd s 2-1 f v
        xadd s 3-1 f v
        xadd s maxlen 2 4-1 f v
        xrange s - +
        xadd s MAXLEN = 2 5-1 f v
        xadd s minid 5 6-1 f v
        xadd s maxlen ~ 1 7-1 f v
        xadd s minid ~ 7 8-1 f v
        xadd s maxlen ~ 1 limit 10 9-1 f v
        xlen s
        xadd s maxlen 0 10-1 f v
        xlen s
        xinfo groups s
        xadd s 10-1 f v
        xadd s 11-1 f v
    "#,
    ));
}

#[test]
fn xtrim_takes_whole_nodes_or_not() {
    expect![[r#"
        > xtrim s maxlen 1
        (integer) 0
        > xtrim s maxlen
        (error) ERR wrong number of arguments for 'xtrim' command
        > xtrim s maxlen ~
        (error) ERR value is not an integer or out of range
        > xtrim s bad 1
        (error) ERR syntax error
        > xtrim s limit 1
        (error) ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
        > xtrim s limit 1 maxlen ~ 1
        (integer) 0
        > xtrim s maxlen 1 limit 1
        (error) ERR syntax error, LIMIT cannot be used without the special ~ option
        > xtrim s maxlen 1 maxlen 2
        (error) ERR syntax error, MAXLEN and MINID options at the same time are not compatible
        > xtrim s nomkstream maxlen 1
        (error) ERR syntax error
        > set t x
        OK
        > xtrim t maxlen 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xadd s 1-1 f v
        "1-1"
        > xadd s 1-2 f v
        "1-2"
        > xadd s 2-1 f v
        "2-1"
        > xadd s 3-1 f v
        "3-1"
        > xtrim s maxlen ~ 1
        (integer) 0
        > xtrim s maxlen ~ 0
        (integer) 4
        > xlen s
        (integer) 0
        > xadd s 4-1 f v
        "4-1"
        > xadd s 4-2 f v
        "4-2"
        > xadd s 5-1 f v
        "5-1"
        > xadd s 6-1 f v
        "6-1"
        > xtrim s minid ~ 5
        (integer) 0
        > xtrim s minid = 4-2
        (integer) 1
        > xtrim s minid 5
        (integer) 1
        > xtrim s minid 100
        (integer) 2
        > xlen s
        (integer) 0
        > xadd s 7-1 f v
        "7-1"
        > xadd s 8-1 f v
        "8-1"
        > xadd s 9-1 f v
        "9-1"
        > xdel s 9-1
        (integer) 1
        > xtrim s minid ~ 9
        (integer) 0
        > xtrim s maxlen = 1
        (integer) 1
        > xtrim s maxlen 9223372036854775807
        (integer) 0
        > xrange s - +
        1) 1) "8-1"
           2) 1) "f"
              2) "v"
    "#]]
    .assert_eq(&play(
        r#"
        xtrim s maxlen 1
        xtrim s maxlen
        xtrim s maxlen ~
        xtrim s bad 1
        xtrim s limit 1
        xtrim s limit 1 maxlen ~ 1
        xtrim s maxlen 1 limit 1
        xtrim s maxlen 1 maxlen 2
        xtrim s nomkstream maxlen 1
        set t x
        xtrim t maxlen 1
        xadd s 1-1 f v
        xadd s 1-2 f v
        xadd s 2-1 f v
        xadd s 3-1 f v
        xtrim s maxlen ~ 1
        xtrim s maxlen ~ 0
        xlen s
        xadd s 4-1 f v
        xadd s 4-2 f v
        xadd s 5-1 f v
        xadd s 6-1 f v
        xtrim s minid ~ 5
        xtrim s minid = 4-2
        xtrim s minid 5
        xtrim s minid 100
        xlen s
        xadd s 7-1 f v
        xadd s 8-1 f v
        xadd s 9-1 f v
        xdel s 9-1
        xtrim s minid ~ 9
        xtrim s maxlen = 1
        xtrim s maxlen 9223372036854775807
        xrange s - +
    "#,
    ));
}

#[test]
fn xdel_leaves_gaps() {
    expect![[r#"
        > xdel s 1-1
        (integer) 0
        > xdel s
        (error) ERR wrong number of arguments for 'xdel' command
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 2-1 f 2
        "2-1"
        > xadd s 3-1 f 3
        "3-1"
        > xadd s 4-1 f 4
        "4-1"
        > xdel s 2-1 2-1 9-9
        (integer) 1
        > xdel s 3-1 x
        (error) ERR Invalid stream ID specified as stream command argument
        > xdel s 3
        (integer) 0
        > xdel s 3-1
        (integer) 1
        > xrange s - +
        1) 1) "1-1"
           2) 1) "f"
              2) "1"
        2) 1) "4-1"
           2) 1) "f"
              2) "4"
        > xrevrange s + -
        1) 1) "4-1"
           2) 1) "f"
              2) "4"
        2) 1) "1-1"
           2) 1) "f"
              2) "1"
        > xinfo stream s
        1) "length"
        2) (integer) 2
        3) "radix-tree-keys"
        4) (integer) 1
        5) "radix-tree-nodes"
        6) (integer) 2
        7) "last-generated-id"
        8) "4-1"
        9) "max-deleted-entry-id"
        10) "3-1"
        11) "entries-added"
        12) (integer) 4
        13) "recorded-first-entry-id"
        14) "1-1"
        15) "groups"
        16) (integer) 0
        17) "first-entry"
        18) 1) "1-1"
            2) 1) "f"
               2) "1"
        19) "last-entry"
        20) 1) "4-1"
            2) 1) "f"
               2) "4"
        > xdel s 1-1
        (integer) 1
        > xinfo stream s
        1) "length"
        2) (integer) 1
        3) "radix-tree-keys"
        4) (integer) 1
        5) "radix-tree-nodes"
        6) (integer) 2
        7) "last-generated-id"
        8) "4-1"
        9) "max-deleted-entry-id"
        10) "3-1"
        11) "entries-added"
        12) (integer) 4
        13) "recorded-first-entry-id"
        14) "4-1"
        15) "groups"
        16) (integer) 0
        17) "first-entry"
        18) 1) "4-1"
            2) 1) "f"
               2) "4"
        19) "last-entry"
        20) 1) "4-1"
            2) 1) "f"
               2) "4"
        > xdel s 4-1
        (integer) 1
        > xinfo stream s
        1) "length"
        2) (integer) 0
        3) "radix-tree-keys"
        4) (integer) 0
        5) "radix-tree-nodes"
        6) (integer) 1
        7) "last-generated-id"
        8) "4-1"
        9) "max-deleted-entry-id"
        10) "4-1"
        11) "entries-added"
        12) (integer) 4
        13) "recorded-first-entry-id"
        14) "0-0"
        15) "groups"
        16) (integer) 0
        17) "first-entry"
        18) (nil)
        19) "last-entry"
        20) (nil)
        > xlen s
        (integer) 0
        > xadd s 4-1 f v
        (error) ERR The ID specified in XADD is equal or smaller than the target stream top item
        > xadd s 5-1 f v
        "5-1"
        > set t x
        OK
        > xdel t 1-1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xlen nothing
        (integer) 0
        > xlen
        (error) ERR wrong number of arguments for 'xlen' command
    "#]]
    .assert_eq(&play(
        r#"
        xdel s 1-1
        xdel s
        xadd s 1-1 f 1
        xadd s 2-1 f 2
        xadd s 3-1 f 3
        xadd s 4-1 f 4
        xdel s 2-1 2-1 9-9
        xdel s 3-1 x
        xdel s 3
        xdel s 3-1
        xrange s - +
        xrevrange s + -
        xinfo stream s
        xdel s 1-1
        xinfo stream s
        xdel s 4-1
        xinfo stream s
        xlen s
        xadd s 4-1 f v
        xadd s 5-1 f v
        set t x
        xdel t 1-1
        xlen nothing
        xlen
    "#,
    ));
}

#[test]
fn xrange_takes_intervals() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 1-2 f 2 g 3
        "1-2"
        > xadd s 2-1 g 4
        "2-1"
        > xadd s 3-5 f 5
        "3-5"
        > xrange s - +
        1) 1) "1-1"
           2) 1) "f"
              2) "1"
        2) 1) "1-2"
           2) 1) "f"
              2) "2"
              3) "g"
              4) "3"
        3) 1) "2-1"
           2) 1) "g"
              2) "4"
        4) 1) "3-5"
           2) 1) "f"
              2) "5"
        > xrange s 1 1
        1) 1) "1-1"
           2) 1) "f"
              2) "1"
        2) 1) "1-2"
           2) 1) "f"
              2) "2"
              3) "g"
              4) "3"
        > xrange s 1-2 2
        1) 1) "1-2"
           2) 1) "f"
              2) "2"
              3) "g"
              4) "3"
        2) 1) "2-1"
           2) 1) "g"
              2) "4"
        > xrange s (1-1 (3-5
        1) 1) "1-2"
           2) 1) "f"
              2) "2"
              3) "g"
              4) "3"
        2) 1) "2-1"
           2) 1) "g"
              2) "4"
        > xrange s (1-1 (2
        1) 1) "1-2"
           2) 1) "f"
              2) "2"
              3) "g"
              4) "3"
        2) 1) "2-1"
           2) 1) "g"
              2) "4"
        > xrange s 2 +
        1) 1) "2-1"
           2) 1) "g"
              2) "4"
        2) 1) "3-5"
           2) 1) "f"
              2) "5"
        > xrange s + -
        (empty array)
        > xrange s 4 +
        (empty array)
        > xrange s - + count 2
        1) 1) "1-1"
           2) 1) "f"
              2) "1"
        2) 1) "1-2"
           2) 1) "f"
              2) "2"
              3) "g"
              4) "3"
        > xrange s - + count 0
        (nil array)
        > xrange s - + count -1
        (nil array)
        > xrange s - + count 1 COUNT 3
        1) 1) "1-1"
           2) 1) "f"
              2) "1"
        2) 1) "1-2"
           2) 1) "f"
              2) "2"
              3) "g"
              4) "3"
        3) 1) "2-1"
           2) 1) "g"
              2) "4"
        > xrange s - + count
        (error) ERR syntax error
        > xrange s - + count x
        (error) ERR value is not an integer or out of range
        > xrange s - + bad 1
        (error) ERR syntax error
        > xrange s x +
        (error) ERR Invalid stream ID specified as stream command argument
        > xrange s - x
        (error) ERR Invalid stream ID specified as stream command argument
        > xrange s (- +
        (error) ERR Invalid stream ID specified as stream command argument
        > xrange s - (+
        (error) ERR Invalid stream ID specified as stream command argument
        > xrange s ( +
        (error) ERR Invalid stream ID specified as stream command argument
        > xrange s (18446744073709551615-18446744073709551615 +
        (error) ERR invalid start ID for the interval
        > xrange s - (0-0
        (error) ERR invalid end ID for the interval
        > xrevrange s + -
        1) 1) "3-5"
           2) 1) "f"
              2) "5"
        2) 1) "2-1"
           2) 1) "g"
              2) "4"
        3) 1) "1-2"
           2) 1) "f"
              2) "2"
              3) "g"
              4) "3"
        4) 1) "1-1"
           2) 1) "f"
              2) "1"
        > xrevrange s + - count 1
        1) 1) "3-5"
           2) 1) "f"
              2) "5"
        > xrevrange s (3-5 (1-1
        1) 1) "2-1"
           2) 1) "g"
              2) "4"
        2) 1) "1-2"
           2) 1) "f"
              2) "2"
              3) "g"
              4) "3"
        > xrevrange s 2 1-2
        1) 1) "2-1"
           2) 1) "g"
              2) "4"
        2) 1) "1-2"
           2) 1) "f"
              2) "2"
              3) "g"
              4) "3"
        > xrevrange s - +
        (empty array)
        > xrevrange s x -
        (error) ERR Invalid stream ID specified as stream command argument
        > xrevrange s (0 -
        (empty array)
        > xrange n - +
        (empty array)
        > xrange n - + count 0
        (empty array)
        > xrange n - x
        (error) ERR Invalid stream ID specified as stream command argument
        > xrange s - + count 0
        (nil)
        > xrange s 3 3
        1) 1) "3-5"
           2) 1) "f"
              2) "5"
        > xrange n - +
        (empty array)
        > set t x
        OK
        > xrange t - +
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xrange t - x
        (error) ERR Invalid stream ID specified as stream command argument
        > xrevrange t + -
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xrange s -
        (error) ERR wrong number of arguments for 'xrange' command
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xadd s 1-2 f 2 g 3
        xadd s 2-1 g 4
        xadd s 3-5 f 5
        xrange s - +
        xrange s 1 1
        xrange s 1-2 2
        xrange s (1-1 (3-5
        xrange s (1-1 (2
        xrange s 2 +
        xrange s + -
        xrange s 4 +
        xrange s - + count 2
        xrange s - + count 0
        xrange s - + count -1
        xrange s - + count 1 COUNT 3
        xrange s - + count
        xrange s - + count x
        xrange s - + bad 1
        xrange s x +
        xrange s - x
        xrange s (- +
        xrange s - (+
        xrange s ( +
        xrange s (18446744073709551615-18446744073709551615 +
        xrange s - (0-0
        xrevrange s + -
        xrevrange s + - count 1
        xrevrange s (3-5 (1-1
        xrevrange s 2 1-2
        xrevrange s - +
        xrevrange s x -
        xrevrange s (0 -
        xrange n - +
        xrange n - + count 0
        xrange n - x
        3
        xrange s - + count 0
        xrange s 3 3
        xrange n - +
        set t x
        xrange t - +
        xrange t - x
        xrevrange t + -
        xrange s -
    "#,
    ));
}

#[test]
fn xsetid_sets_what_is_known() {
    expect![[r#"
        > xsetid s 1-1
        (error) ERR no such key
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 5-1 f 2
        "5-1"
        > xsetid s 4-1
        (error) ERR The ID specified in XSETID is smaller than the target stream top item
        > xsetid s 6-1
        OK
        > xadd s 6-1 f 3
        (error) ERR The ID specified in XADD is equal or smaller than the target stream top item
        > xinfo stream s
        1) "length"
        2) (integer) 2
        3) "radix-tree-keys"
        4) (integer) 1
        5) "radix-tree-nodes"
        6) (integer) 2
        7) "last-generated-id"
        8) "6-1"
        9) "max-deleted-entry-id"
        10) "0-0"
        11) "entries-added"
        12) (integer) 2
        13) "recorded-first-entry-id"
        14) "1-1"
        15) "groups"
        16) (integer) 0
        17) "first-entry"
        18) 1) "1-1"
            2) 1) "f"
               2) "1"
        19) "last-entry"
        20) 1) "5-1"
            2) 1) "f"
               2) "2"
        > xsetid s 7-1 entriesadded 1
        (error) ERR The entries_added specified in XSETID is smaller than the target stream length
        > xsetid s 7-1 entriesadded -1
        (error) ERR entries_added must be positive
        > xsetid s 7-1 entriesadded x
        (error) ERR value is not an integer or out of range
        > xsetid s 7-1 entriesadded 10 maxdeletedid 8-1
        (error) ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id
        > xsetid s 7-1 entriesadded 10 maxdeletedid 3-1
        OK
        > xsetid s 7-1 maxdeletedid x
        (error) ERR Invalid stream ID specified as stream command argument
        > xsetid s 7-1 maxdeletedid 0-0
        OK
        > xsetid s 7-1 bad
        (error) ERR syntax error
        > xsetid s 7-1 bad 1
        (error) ERR syntax error
        > xsetid s x
        (error) ERR Invalid stream ID specified as stream command argument
        > xsetid s -
        (error) ERR Invalid stream ID specified as stream command argument
        > xsetid s
        (error) ERR wrong number of arguments for 'xsetid' command
        > xinfo stream s
        1) "length"
        2) (integer) 2
        3) "radix-tree-keys"
        4) (integer) 1
        5) "radix-tree-nodes"
        6) (integer) 2
        7) "last-generated-id"
        8) "7-1"
        9) "max-deleted-entry-id"
        10) "3-1"
        11) "entries-added"
        12) (integer) 10
        13) "recorded-first-entry-id"
        14) "1-1"
        15) "groups"
        16) (integer) 0
        17) "first-entry"
        18) 1) "1-1"
            2) 1) "f"
               2) "1"
        19) "last-entry"
        20) 1) "5-1"
            2) 1) "f"
               2) "2"
        > set t x
        OK
        > xsetid t 1-1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
        r#"
        xsetid s 1-1
        xadd s 1-1 f 1
        xadd s 5-1 f 2
        xsetid s 4-1
        xsetid s 6-1
        xadd s 6-1 f 3
        xinfo stream s
        xsetid s 7-1 entriesadded 1
        xsetid s 7-1 entriesadded -1
        xsetid s 7-1 entriesadded x
        xsetid s 7-1 entriesadded 10 maxdeletedid 8-1
        xsetid s 7-1 entriesadded 10 maxdeletedid 3-1
        xsetid s 7-1 maxdeletedid x
        xsetid s 7-1 maxdeletedid 0-0
        xsetid s 7-1 bad
        xsetid s 7-1 bad 1
        xsetid s x
        xsetid s -
        xsetid s
        xinfo stream s
        set t x
        xsetid t 1-1
    "#,
    ));
}

#[test]
fn notices_of_entries() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        * xadd s
        > xadd s maxlen 1 2-1 f 2
        "2-1"
        * xadd s
        * xtrim s
        > xadd s maxlen ~ 1 3-1 f 2
        "3-1"
        * xadd s
        > xadd s 3-1 f 2
        (error) ERR The ID specified in XADD is equal or smaller than the target stream top item
        > xtrim s maxlen 1
        (integer) 1
        * xtrim s
        > xtrim s maxlen 1
        (integer) 0
        > xdel s 1-1
        (integer) 0
        > xdel s 3-1
        (integer) 1
        * xdel s
        > xsetid s 9-1
        OK
        * xsetid s
    "#]]
    .assert_eq(&play(
        r#"
        notices
        xadd s 1-1 f 1
        xadd s maxlen 1 2-1 f 2
        xadd s maxlen ~ 1 3-1 f 2
        xadd s 3-1 f 2
        xtrim s maxlen 1
        xtrim s maxlen 1
        xdel s 1-1
        xdel s 3-1
        xsetid s 9-1
    "#,
    ));
}
