//! Unions, intersections and differences.

use expect_test::expect;

use crate::play::play;

#[test]
fn zunion_zinter_zdiff() {
    expect![[r#"
        > zadd x 1 a 2 b 3 c
        (integer) 3
        > zadd y 10 b 20 c 30 d
        (integer) 3
        > zunion 2 x y
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        > zunion 2 x y withscores
        1) "a"
        2) "1"
        3) "b"
        4) "12"
        5) "c"
        6) "23"
        7) "d"
        8) "30"
        > zunion 2 x y weights 2 0.5 withscores
        1) "a"
        2) "2"
        3) "b"
        4) "9"
        5) "d"
        6) "15"
        7) "c"
        8) "16"
        > zunion 2 x y aggregate min withscores
        1) "a"
        2) "1"
        3) "b"
        4) "2"
        5) "c"
        6) "3"
        7) "d"
        8) "30"
        > zunion 2 x y aggregate max withscores
        1) "a"
        2) "1"
        3) "b"
        4) "10"
        5) "c"
        6) "20"
        7) "d"
        8) "30"
        > zunion 2 x y weights 1 -1 aggregate max withscores
        1) "d"
        2) "-30"
        3) "a"
        4) "1"
        5) "b"
        6) "2"
        7) "c"
        8) "3"
        > zunion 3 x y none withscores
        1) "a"
        2) "1"
        3) "b"
        4) "12"
        5) "c"
        6) "23"
        7) "d"
        8) "30"
        > zunion 2 x x withscores
        1) "a"
        2) "2"
        3) "b"
        4) "4"
        5) "c"
        6) "6"
        > zinter 2 x y withscores
        1) "b"
        2) "12"
        3) "c"
        4) "23"
        > zinter 2 x y weights 2 3 withscores
        1) "b"
        2) "34"
        3) "c"
        4) "66"
        > zinter 2 x y aggregate min withscores
        1) "b"
        2) "2"
        3) "c"
        4) "3"
        > zinter 2 x y aggregate max
        1) "b"
        2) "c"
        > zinter 2 x none
        (empty array)
        > zinter 2 x x withscores
        1) "a"
        2) "2"
        3) "b"
        4) "4"
        5) "c"
        6) "6"
        > zinter 1 x
        1) "a"
        2) "b"
        3) "c"
        > zdiff 2 x y withscores
        1) "a"
        2) "1"
        > zdiff 2 y x
        1) "d"
        > zdiff 1 x
        1) "a"
        2) "b"
        3) "c"
        > zdiff 2 none x
        (empty array)
        > zdiff 2 x x
        (empty array)
        > zdiff 3 x none y withscores
        1) "a"
        2) "1"
        > zintercard 2 x y
        (integer) 2
        > zintercard 2 x y limit 1
        (integer) 1
        > zintercard 2 x y limit 0
        (integer) 2
        > zintercard 2 x y limit 9
        (integer) 2
        > zintercard 2 x none
        (integer) 0
        > zintercard 2 x y limit -1
        (error) ERR LIMIT can't be negative
        > zintercard 2 x y limit x
        (error) ERR LIMIT can't be negative
        > zintercard 2 x y limit
        (error) ERR syntax error
        > zintercard 2 x y withscores
        (error) ERR syntax error
        > zunionstore u 2 x y
        (integer) 4
        > zrange u 0 -1 withscores
        1) "a"
        2) "1"
        3) "b"
        4) "12"
        5) "c"
        6) "23"
        7) "d"
        8) "30"
        > zunionstore u 2 x y weights 2 3 aggregate min
        (integer) 4
        > zrange u 0 -1 withscores
        1) "a"
        2) "2"
        3) "b"
        4) "4"
        5) "c"
        6) "6"
        7) "d"
        8) "90"
        > zinterstore u 2 x y
        (integer) 2
        > zrange u 0 -1 withscores
        1) "b"
        2) "12"
        3) "c"
        4) "23"
        > zdiffstore u 2 x y
        (integer) 1
        > zrange u 0 -1 withscores
        1) "a"
        2) "1"
        > zdiffstore u 2 x x
        (integer) 0
        > zcard u
        (integer) 0
        > zunionstore x 2 x y
        (integer) 4
        > zrange x 0 -1 withscores
        1) "a"
        2) "1"
        3) "b"
        4) "12"
        5) "c"
        6) "23"
        7) "d"
        8) "30"
        > zunion 2 x y withscores
        1) 1) "a"
           2) (double) 1
        2) 1) "b"
           2) (double) 22
        3) 1) "c"
           2) (double) 43
        4) 1) "d"
           2) (double) 60
        > zunion 2 x y
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        > zinter 2 x y withscores
        1) 1) "b"
           2) (double) 22
        2) 1) "c"
           2) (double) 43
        3) 1) "d"
           2) (double) 60
        > zdiff 2 x y withscores
        1) 1) "a"
           2) (double) 1
    "#]]
    .assert_eq(&play(
        r#"
        zadd x 1 a 2 b 3 c
        zadd y 10 b 20 c 30 d
        zunion 2 x y
        zunion 2 x y withscores
        zunion 2 x y weights 2 0.5 withscores
        zunion 2 x y aggregate min withscores
        zunion 2 x y aggregate max withscores
        zunion 2 x y weights 1 -1 aggregate max withscores
        zunion 3 x y none withscores
        zunion 2 x x withscores
        zinter 2 x y withscores
        zinter 2 x y weights 2 3 withscores
        zinter 2 x y aggregate min withscores
        zinter 2 x y aggregate max
        zinter 2 x none
        zinter 2 x x withscores
        zinter 1 x
        zdiff 2 x y withscores
        zdiff 2 y x
        zdiff 1 x
        zdiff 2 none x
        zdiff 2 x x
        zdiff 3 x none y withscores
        zintercard 2 x y
        zintercard 2 x y limit 1
        zintercard 2 x y limit 0
        zintercard 2 x y limit 9
        zintercard 2 x none
        zintercard 2 x y limit -1
        zintercard 2 x y limit x
        zintercard 2 x y limit
        zintercard 2 x y withscores
        zunionstore u 2 x y
        zrange u 0 -1 withscores
        zunionstore u 2 x y weights 2 3 aggregate min
        zrange u 0 -1 withscores
        zinterstore u 2 x y
        zrange u 0 -1 withscores
        zdiffstore u 2 x y
        zrange u 0 -1 withscores
        zdiffstore u 2 x x
        zcard u
        zunionstore x 2 x y
        zrange x 0 -1 withscores
        3
        zunion 2 x y withscores
        zunion 2 x y
        zinter 2 x y withscores
        zdiff 2 x y withscores
    "#,
    ));
}

#[test]
fn infinities_and_none() {
    expect![[r#"
        > zadd p inf a
        (integer) 1
        > zadd m -inf a
        (integer) 1
        > zadd o 1 a
        (integer) 1
        > zunion 2 p m withscores
        1) "a"
        2) "0"
        > zinter 2 p m withscores
        1) "a"
        2) "0"
        > zunion 2 p m aggregate min withscores
        1) "a"
        2) "-inf"
        > zunion 1 p weights 0 withscores
        1) "a"
        2) "0"
        > zinter 1 p weights 0 withscores
        1) "a"
        2) "0"
        > zinter 2 p o weights 0 1 withscores
        1) "a"
        2) "1"
        > zinter 2 o p weights 1 0 aggregate min withscores
        1) "a"
        2) "1"
        > zinter 2 o p weights 1 0 aggregate max withscores
        1) "a"
        2) "1"
        > zinter 2 o p weights 1 0 withscores
        1) "a"
        2) "0"
        > zunion 2 o p weights 1 0 aggregate max withscores
        1) "a"
        2) "1"
        > zunion 2 p m weights 1 -1 withscores
        1) "a"
        2) "inf"
        > zunion 1 o weights inf withscores
        1) "a"
        2) "inf"
    "#]]
    .assert_eq(&play(
        r#"
        zadd p inf a
        zadd m -inf a
        zadd o 1 a
        zunion 2 p m withscores
        zinter 2 p m withscores
        zunion 2 p m aggregate min withscores
        zunion 1 p weights 0 withscores
        zinter 1 p weights 0 withscores
        zinter 2 p o weights 0 1 withscores
        zinter 2 o p weights 1 0 aggregate min withscores
        zinter 2 o p weights 1 0 aggregate max withscores
        zinter 2 o p weights 1 0 withscores
        zunion 2 o p weights 1 0 aggregate max withscores
        zunion 2 p m weights 1 -1 withscores
        zunion 1 o weights inf withscores
    "#,
    ));
}

#[test]
fn options_that_are_wrong() {
    expect![[r#"
        > zadd x 1 a
        (integer) 1
        > set s 1
        OK
        > zunion 0 x
        (error) ERR at least 1 input key is needed for 'zunion' command
        > zunion -1 x
        (error) ERR at least 1 input key is needed for 'zunion' command
        > zunion x x
        (error) ERR value is not an integer or out of range
        > zunion 2 x
        (error) ERR syntax error
        > zunion 1 x x
        (error) ERR syntax error
        > zunion 1 x weights
        (error) ERR syntax error
        > zunion 1 x weights x
        (error) ERR weight value is not a float
        > zunion 1 x weights nan
        (error) ERR weight value is not a float
        > zunion 1 x weights 1 2
        (error) ERR syntax error
        > zunion 1 x aggregate
        (error) ERR syntax error
        > zunion 1 x aggregate x
        (error) ERR syntax error
        > zunion 1 x aggregate sum weights 2 withscores
        1) "a"
        2) "2"
        > zunion 1 x weights 2 weights 3 withscores
        1) "a"
        2) "3"
        > zunion 1 s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zunion 2 s
        (error) ERR syntax error
        > zunion 2 x s x
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zunion 2 x s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zunion 0 s
        (error) ERR at least 1 input key is needed for 'zunion' command
        > zinter 0 x
        (error) ERR at least 1 input key is needed for 'zinter' command
        > zinter 1 s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zdiff 0 x
        (error) ERR at least 1 input key is needed for 'zdiff' command
        > zdiff 1 x weights 1
        (error) ERR syntax error
        > zdiff 1 x aggregate sum
        (error) ERR syntax error
        > zdiff 1 x withscores withscores
        1) "a"
        2) "1"
        > zdiff 1 s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zintercard 0 x
        (error) ERR at least 1 input key is needed for 'zintercard' command
        > zintercard 1 s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zintercard 1 x weights 1
        (error) ERR syntax error
        > zunionstore u 0 x
        (error) ERR at least 1 input key is needed for 'zunionstore' command
        > zunionstore u 1 x withscores
        (error) ERR syntax error
        > zinterstore u 0 x
        (error) ERR at least 1 input key is needed for 'zinterstore' command
        > zdiffstore u 0 x
        (error) ERR at least 1 input key is needed for 'zdiffstore' command
        > zdiffstore u 1 x weights 1
        (error) ERR syntax error
        > zunionstore u 1 s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zunionstore s 1 x
        (integer) 1
        > zcard s
        (integer) 1
        > zunionstore s 1 none
        (integer) 0
        > zcard s
        (integer) 0
        > zunion 1
        (error) ERR wrong number of arguments for 'zunion' command
        > zunionstore u 1
        (error) ERR wrong number of arguments for 'zunionstore' command
        > zunion 9223372036854775807 x
        (error) ERR syntax error
    "#]]
    .assert_eq(&play(
        r#"
        zadd x 1 a
        set s 1
        zunion 0 x
        zunion -1 x
        zunion x x
        zunion 2 x
        zunion 1 x x
        zunion 1 x weights
        zunion 1 x weights x
        zunion 1 x weights nan
        zunion 1 x weights 1 2
        zunion 1 x aggregate
        zunion 1 x aggregate x
        zunion 1 x aggregate sum weights 2 withscores
        zunion 1 x weights 2 weights 3 withscores
        zunion 1 s
        zunion 2 s
        zunion 2 x s x
        zunion 2 x s
        zunion 0 s
        zinter 0 x
        zinter 1 s
        zdiff 0 x
        zdiff 1 x weights 1
        zdiff 1 x aggregate sum
        zdiff 1 x withscores withscores
        zdiff 1 s
        zintercard 0 x
        zintercard 1 s
        zintercard 1 x weights 1
        zunionstore u 0 x
        zunionstore u 1 x withscores
        zinterstore u 0 x
        zdiffstore u 0 x
        zdiffstore u 1 x weights 1
        zunionstore u 1 s
        zunionstore s 1 x
        zcard s
        zunionstore s 1 none
        zcard s
        zunion 1
        zunionstore u 1
        zunion 9223372036854775807 x
    "#,
    ));
}
