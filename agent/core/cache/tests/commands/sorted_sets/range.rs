//! Elements between ranks, scores and members.

use expect_test::expect;

use crate::play::play;

#[test]
fn zrange_by_rank() {
    expect![[r#"
        > zadd z 1 a 2 b 3 c 4 d 5 e
        (integer) 5
        > zrange z 0 -1
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        5) "e"
        > zrange z 1 2 withscores
        1) "b"
        2) "2"
        3) "c"
        4) "3"
        > zrange z -2 -1
        1) "d"
        2) "e"
        > zrange z -100 100
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        5) "e"
        > zrange z 3 1
        (empty array)
        > zrange z 5 9
        (empty array)
        > zrange z 4 4
        1) "e"
        > zrange z -1 -3
        (empty array)
        > zrange z -9 -6
        (empty array)
        > zrange z 0 1 rev
        1) "e"
        2) "d"
        > zrange z -2 -1 rev withscores
        1) "b"
        2) "2"
        3) "a"
        4) "1"
        > zrevrange z 0 1
        1) "e"
        2) "d"
        > zrevrange z 0 -1 withscores
        1) "e"
        2) "5"
        3) "d"
        4) "4"
        5) "c"
        6) "3"
        7) "b"
        8) "2"
        9) "a"
        10) "1"
        > zrevrange z -2 1
        (empty array)
        > zrevrange z 3 3
        1) "b"
        > zrange z 9223372036854775807 -9223372036854775808
        (empty array)
        > zrange z -9223372036854775808 9223372036854775807
        1) "a"
        2) "b"
        3) "c"
        4) "d"
        5) "e"
        > zrange z 0 1 limit 0 1
        (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
        > zrange z 0 1 limit 0 -1
        1) "a"
        2) "b"
        > zrange z 0 1 limit 0
        (error) ERR syntax error
        > zrange z x 1
        (error) ERR value is not an integer or out of range
        > zrange z 0 x
        (error) ERR value is not an integer or out of range
        > zrange z 0 1 x
        (error) ERR syntax error
        > zrange z 0 1 rev rev
        (error) ERR syntax error
        > zrange z 0 1 byscore bylex
        (error) ERR syntax error
        > zrange z 0 1 withscores withscores
        1) "a"
        2) "1"
        3) "b"
        4) "2"
        > zrange z 0 1 limit x 1
        (error) ERR value is not an integer or out of range
        > zrange z 0 1 limit 0 x
        (error) ERR value is not an integer or out of range
        > zrange z 0
        (error) ERR wrong number of arguments for 'zrange' command
        > zrevrange z 0 1 rev
        (error) ERR syntax error
        > zrevrange z 0 1 byscore
        (error) ERR syntax error
        > zrevrange z 0 1 limit 0 1
        (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
        > zrange none 0 -1
        (empty array)
        > zrange none 0 -1 withscores
        (empty array)
        > set s 1
        OK
        > zrange s 0 -1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zrange s x -1
        (error) ERR value is not an integer or out of range
        > zrevrange s 0 -1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zrange z 0 1 withscores
        1) 1) "a"
           2) (double) 1
        2) 1) "b"
           2) (double) 2
        > zrange z 0 1
        1) "a"
        2) "b"
        > zrange none 0 1 withscores
        (empty array)
        > zrevrange z 0 1 withscores
        1) 1) "e"
           2) (double) 5
        2) 1) "d"
           2) (double) 4
    "#]].assert_eq(&play(
        r#"
        zadd z 1 a 2 b 3 c 4 d 5 e
        zrange z 0 -1
        zrange z 1 2 withscores
        zrange z -2 -1
        zrange z -100 100
        zrange z 3 1
        zrange z 5 9
        zrange z 4 4
        zrange z -1 -3
        zrange z -9 -6
        zrange z 0 1 rev
        zrange z -2 -1 rev withscores
        zrevrange z 0 1
        zrevrange z 0 -1 withscores
        zrevrange z -2 1
        zrevrange z 3 3
        zrange z 9223372036854775807 -9223372036854775808
        zrange z -9223372036854775808 9223372036854775807
        zrange z 0 1 limit 0 1
        zrange z 0 1 limit 0 -1
        zrange z 0 1 limit 0
        zrange z x 1
        zrange z 0 x
        zrange z 0 1 x
        zrange z 0 1 rev rev
        zrange z 0 1 byscore bylex
        zrange z 0 1 withscores withscores
        zrange z 0 1 limit x 1
        zrange z 0 1 limit 0 x
        zrange z 0
        zrevrange z 0 1 rev
        zrevrange z 0 1 byscore
        zrevrange z 0 1 limit 0 1
        zrange none 0 -1
        zrange none 0 -1 withscores
        set s 1
        zrange s 0 -1
        zrange s x -1
        zrevrange s 0 -1
        3
        zrange z 0 1 withscores
        zrange z 0 1
        zrange none 0 1 withscores
        zrevrange z 0 1 withscores
    "#,
    ));
}

#[test]
fn zrange_by_score() {
    expect![[r#"
        > zadd z 1 a 2 b 2 bb 3 c 4 d 5 e
        (integer) 6
        > zrangebyscore z 2 4
        1) "b"
        2) "bb"
        3) "c"
        4) "d"
        > zrangebyscore z (2 4
        1) "c"
        2) "d"
        > zrangebyscore z 2 (4
        1) "b"
        2) "bb"
        3) "c"
        > zrangebyscore z (2 (3
        (empty array)
        > zrangebyscore z -inf +inf withscores
        1) "a"
        2) "1"
        3) "b"
        4) "2"
        5) "bb"
        6) "2"
        7) "c"
        8) "3"
        9) "d"
        10) "4"
        11) "e"
        12) "5"
        > zrangebyscore z -inf (inf limit 1 2
        1) "b"
        2) "bb"
        > zrangebyscore z (1 inf limit 1 2 withscores
        1) "bb"
        2) "2"
        3) "c"
        4) "3"
        > zrangebyscore z 0 9 limit -1 2
        (empty array)
        > zrangebyscore z 0 9 limit 0 0
        (empty array)
        > zrangebyscore z 0 9 limit 2 -1
        1) "bb"
        2) "c"
        3) "d"
        4) "e"
        > zrangebyscore z 0 9 limit 2 -9
        1) "bb"
        2) "c"
        3) "d"
        4) "e"
        > zrangebyscore z 0 9 limit 9 1
        (empty array)
        > zrangebyscore z 0 9 limit 9223372036854775807 9223372036854775807
        (empty array)
        > zrangebyscore z 4 2
        (empty array)
        > zrangebyscore z x 2
        (error) ERR min or max is not a float
        > zrangebyscore z 2 x
        (error) ERR min or max is not a float
        > zrangebyscore z (x 2
        (error) ERR min or max is not a float
        > zrangebyscore z nan 2
        (error) ERR min or max is not a float
        > zrangebyscore z "" ""
        (empty array)
        > zrangebyscore z ( 2
        1) "a"
        2) "b"
        3) "bb"
        > zrangebyscore z " 2" 3
        1) "b"
        2) "bb"
        3) "c"
        > zrangebyscore z "2 " 3
        (error) ERR min or max is not a float
        > zrangebyscore z 1e400 inf
        (empty array)
        > zrangebyscore z 0x2 3
        1) "b"
        2) "bb"
        3) "c"
        > zrangebyscore z 1 2 x
        (error) ERR syntax error
        > zrangebyscore z 1 2 limit 0
        (error) ERR syntax error
        > zrangebyscore z 1 2 rev
        (error) ERR syntax error
        > zrangebyscore z 1 2 byscore
        (error) ERR syntax error
        > zrevrangebyscore z 4 2
        1) "d"
        2) "c"
        3) "bb"
        4) "b"
        > zrevrangebyscore z (4 2 withscores
        1) "c"
        2) "3"
        3) "bb"
        4) "2"
        5) "b"
        6) "2"
        > zrevrangebyscore z +inf -inf limit 1 3
        1) "d"
        2) "c"
        3) "bb"
        > zrevrangebyscore z +inf -inf limit -1 3
        (empty array)
        > zrevrangebyscore z +inf -inf limit 4 9
        1) "b"
        2) "a"
        > zrevrangebyscore z 2 4
        (empty array)
        > zrange z 2 4 byscore
        1) "b"
        2) "bb"
        3) "c"
        4) "d"
        > zrange z 4 2 byscore rev
        1) "d"
        2) "c"
        3) "bb"
        4) "b"
        > zrange z (4 -inf byscore rev limit 1 2 withscores
        1) "bb"
        2) "2"
        3) "b"
        4) "2"
        > zrange z 2 4 byscore rev
        (empty array)
        > zcount z 2 4
        (integer) 4
        > zcount z (2 (4
        (integer) 1
        > zcount z -inf inf
        (integer) 6
        > zcount z 4 2
        (integer) 0
        > zcount z x 2
        (error) ERR min or max is not a float
        > zcount none 1 2
        (integer) 0
        > zcount none x 2
        (error) ERR min or max is not a float
        > set s 1
        OK
        > zcount s 1 2
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zcount s x 2
        (error) ERR min or max is not a float
        > zcount z 1
        (error) ERR wrong number of arguments for 'zcount' command
        > zrangebyscore s 1 2
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zrangebyscore none 1 2
        (empty array)
        > zrangebyscore none x 2
        (error) ERR min or max is not a float
        > zrangebyscore z 2 3 withscores
        1) 1) "b"
           2) (double) 2
        2) 1) "bb"
           2) (double) 2
        3) 1) "c"
           2) (double) 3
        > zrevrangebyscore z 3 2 withscores limit 0 1
        1) 1) "c"
           2) (double) 3
    "#]]
    .assert_eq(&play(
        r#"
        zadd z 1 a 2 b 2 bb 3 c 4 d 5 e
        zrangebyscore z 2 4
        zrangebyscore z (2 4
        zrangebyscore z 2 (4
        zrangebyscore z (2 (3
        zrangebyscore z -inf +inf withscores
        zrangebyscore z -inf (inf limit 1 2
        zrangebyscore z (1 inf limit 1 2 withscores
        zrangebyscore z 0 9 limit -1 2
        zrangebyscore z 0 9 limit 0 0
        zrangebyscore z 0 9 limit 2 -1
        zrangebyscore z 0 9 limit 2 -9
        zrangebyscore z 0 9 limit 9 1
        zrangebyscore z 0 9 limit 9223372036854775807 9223372036854775807
        zrangebyscore z 4 2
        zrangebyscore z x 2
        zrangebyscore z 2 x
        zrangebyscore z (x 2
        zrangebyscore z nan 2
        zrangebyscore z "" ""
        zrangebyscore z ( 2
        zrangebyscore z " 2" 3
        zrangebyscore z "2 " 3
        zrangebyscore z 1e400 inf
        zrangebyscore z 0x2 3
        zrangebyscore z 1 2 x
        zrangebyscore z 1 2 limit 0
        zrangebyscore z 1 2 rev
        zrangebyscore z 1 2 byscore
        zrevrangebyscore z 4 2
        zrevrangebyscore z (4 2 withscores
        zrevrangebyscore z +inf -inf limit 1 3
        zrevrangebyscore z +inf -inf limit -1 3
        zrevrangebyscore z +inf -inf limit 4 9
        zrevrangebyscore z 2 4
        zrange z 2 4 byscore
        zrange z 4 2 byscore rev
        zrange z (4 -inf byscore rev limit 1 2 withscores
        zrange z 2 4 byscore rev
        zcount z 2 4
        zcount z (2 (4
        zcount z -inf inf
        zcount z 4 2
        zcount z x 2
        zcount none 1 2
        zcount none x 2
        set s 1
        zcount s 1 2
        zcount s x 2
        zcount z 1
        zrangebyscore s 1 2
        zrangebyscore none 1 2
        zrangebyscore none x 2
        3
        zrangebyscore z 2 3 withscores
        zrevrangebyscore z 3 2 withscores limit 0 1
    "#,
    ));
}

#[test]
fn zrange_by_lex() {
    expect![[r#"
        > zadd z 0 a 0 b 0 ba 0 c 0 d 0 ""
        (integer) 6
        > zrangebylex z - +
        1) ""
        2) "a"
        3) "b"
        4) "ba"
        5) "c"
        6) "d"
        > zrangebylex z [b [c
        1) "b"
        2) "ba"
        3) "c"
        > zrangebylex z (b [c
        1) "ba"
        2) "c"
        > zrangebylex z (b (c
        1) "ba"
        > zrangebylex z - (c
        1) ""
        2) "a"
        3) "b"
        4) "ba"
        > zrangebylex z (c +
        1) "d"
        > zrangebylex z + -
        (empty array)
        > zrangebylex z - -
        (empty array)
        > zrangebylex z + +
        (empty array)
        > zrangebylex z [c [b
        (empty array)
        > zrangebylex z [b (b
        (empty array)
        > zrangebylex z [ [a
        1) ""
        2) "a"
        > zrangebylex z ( [a
        1) "a"
        > zrangebylex z - + limit 1 2
        1) "a"
        2) "b"
        > zrangebylex z - + limit -1 2
        (empty array)
        > zrangebylex z - + limit 4 -1
        1) "c"
        2) "d"
        > zrangebylex z - + withscores
        (error) ERR syntax error, WITHSCORES not supported in combination with BYLEX
        > zrangebylex z b c
        (error) ERR min or max not valid string range item
        > zrangebylex z [b c
        (error) ERR min or max not valid string range item
        > zrangebylex z -x +
        (error) ERR min or max not valid string range item
        > zrangebylex z - +x
        (error) ERR min or max not valid string range item
        > zrangebylex z "" +
        (error) ERR min or max not valid string range item
        > zrangebylex z - + x
        (error) ERR syntax error
        > zrevrangebylex z + -
        1) "d"
        2) "c"
        3) "ba"
        4) "b"
        5) "a"
        6) ""
        > zrevrangebylex z (c [b
        1) "ba"
        2) "b"
        > zrevrangebylex z [b (c
        (empty array)
        > zrevrangebylex z + - limit 1 2
        1) "c"
        2) "ba"
        > zrange z [b (d bylex
        1) "b"
        2) "ba"
        3) "c"
        > zrange z (d [b bylex rev
        1) "c"
        2) "ba"
        3) "b"
        > zrange z - + bylex withscores
        (error) ERR syntax error, WITHSCORES not supported in combination with BYLEX
        > zrange z 0 1 bylex
        (error) ERR min or max not valid string range item
        > zlexcount z - +
        (integer) 6
        > zlexcount z [b [c
        (integer) 3
        > zlexcount z (b [c
        (integer) 2
        > zlexcount z + -
        (integer) 0
        > zlexcount z b c
        (error) ERR min or max not valid string range item
        > zlexcount none - +
        (integer) 0
        > zlexcount none b c
        (error) ERR min or max not valid string range item
        > set s 1
        OK
        > zlexcount s - +
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zrangebylex s - +
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zrangebylex none - +
        (empty array)
        > zremrangebylex z [b [c
        (integer) 3
        > zrange z 0 -1
        1) ""
        2) "a"
        3) "d"
        > zremrangebylex z x y
        (error) ERR min or max not valid string range item
        > zremrangebylex none - +
        (integer) 0
        > zremrangebylex none x +
        (error) ERR min or max not valid string range item
        > zremrangebylex s - +
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zremrangebylex z - +
        (integer) 3
        > zcard z
        (integer) 0
    "#]]
    .assert_eq(&play(
        r#"
        zadd z 0 a 0 b 0 ba 0 c 0 d 0 ""
        zrangebylex z - +
        zrangebylex z [b [c
        zrangebylex z (b [c
        zrangebylex z (b (c
        zrangebylex z - (c
        zrangebylex z (c +
        zrangebylex z + -
        zrangebylex z - -
        zrangebylex z + +
        zrangebylex z [c [b
        zrangebylex z [b (b
        zrangebylex z [ [a
        zrangebylex z ( [a
        zrangebylex z - + limit 1 2
        zrangebylex z - + limit -1 2
        zrangebylex z - + limit 4 -1
        zrangebylex z - + withscores
        zrangebylex z b c
        zrangebylex z [b c
        zrangebylex z -x +
        zrangebylex z - +x
        zrangebylex z "" +
        zrangebylex z - + x
        zrevrangebylex z + -
        zrevrangebylex z (c [b
        zrevrangebylex z [b (c
        zrevrangebylex z + - limit 1 2
        zrange z [b (d bylex
        zrange z (d [b bylex rev
        zrange z - + bylex withscores
        zrange z 0 1 bylex
        zlexcount z - +
        zlexcount z [b [c
        zlexcount z (b [c
        zlexcount z + -
        zlexcount z b c
        zlexcount none - +
        zlexcount none b c
        set s 1
        zlexcount s - +
        zrangebylex s - +
        zrangebylex none - +
        zremrangebylex z [b [c
        zrange z 0 -1
        zremrangebylex z x y
        zremrangebylex none - +
        zremrangebylex none x +
        zremrangebylex s - +
        zremrangebylex z - +
        zcard z
    "#,
    ));
}

#[test]
fn zrangestore() {
    expect![[r#"
        > zadd z 1 a 2 b 3 c 4 d
        (integer) 4
        > zrangestore d z 1 2
        (integer) 2
        > zrange d 0 -1 withscores
        1) "b"
        2) "2"
        3) "c"
        4) "3"
        > zrangestore d z 0 1 rev
        (integer) 2
        > zrange d 0 -1 withscores
        1) "c"
        2) "3"
        3) "d"
        4) "4"
        > zrangestore d z 2 +inf byscore limit 1 1
        (integer) 1
        > zrange d 0 -1 withscores
        1) "c"
        2) "3"
        > zrangestore d z (c - bylex rev
        (integer) 2
        > zrange d 0 -1 withscores
        1) "a"
        2) "1"
        3) "b"
        4) "2"
        > zrangestore d z 9 10
        (integer) 0
        > zcard d
        (integer) 0
        > zrangestore z z 0 1
        (integer) 2
        > zrange z 0 -1
        1) "a"
        2) "b"
        > set d 1
        OK
        > zrangestore d none 0 1
        (integer) 0
        > zcard d
        (integer) 0
        > set d 1
        OK
        > zrangestore d z 0 0
        (integer) 1
        > zcard d
        (integer) 1
        > set s 1
        OK
        > zrangestore d s 0 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zcard d
        (integer) 1
        > zrangestore d z 0 1 withscores
        (error) ERR syntax error
        > zrangestore d z 0 1 limit 0 1
        (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
        > zrangestore d z x 1
        (error) ERR value is not an integer or out of range
        > zrangestore d z 0 1 byscore byscore
        (error) ERR syntax error
        > zrangestore d z 0
        (error) ERR wrong number of arguments for 'zrangestore' command
    "#]].assert_eq(&play(
        r#"
        zadd z 1 a 2 b 3 c 4 d
        zrangestore d z 1 2
        zrange d 0 -1 withscores
        zrangestore d z 0 1 rev
        zrange d 0 -1 withscores
        zrangestore d z 2 +inf byscore limit 1 1
        zrange d 0 -1 withscores
        zrangestore d z (c - bylex rev
        zrange d 0 -1 withscores
        zrangestore d z 9 10
        zcard d
        zrangestore z z 0 1
        zrange z 0 -1
        set d 1
        zrangestore d none 0 1
        zcard d
        set d 1
        zrangestore d z 0 0
        zcard d
        set s 1
        zrangestore d s 0 1
        zcard d
        zrangestore d z 0 1 withscores
        zrangestore d z 0 1 limit 0 1
        zrangestore d z x 1
        zrangestore d z 0 1 byscore byscore
        zrangestore d z 0
    "#,
    ));
}

#[test]
fn zrank() {
    expect![[r#"
        > zadd z 1 a 2 b 3 c
        (integer) 3
        > zrank z a
        (integer) 0
        > zrank z c
        (integer) 2
        > zrank z x
        (nil)
        > zrevrank z a
        (integer) 2
        > zrevrank z c
        (integer) 0
        > zrevrank z x
        (nil)
        > zrank none a
        (nil)
        > set s 1
        OK
        > zrank s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zrevrank s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
        r#"
        zadd z 1 a 2 b 3 c
        zrank z a
        zrank z c
        zrank z x
        zrevrank z a
        zrevrank z c
        zrevrank z x
        zrank none a
        set s 1
        zrank s a
        zrevrank s a
    "#,
    ));
}

#[test]
fn zrank_with_score() {
    expect![[r#"
        > zadd z 1 a 2.5 b 3 c
        (integer) 3
        > zrank z b withscore
        1) (integer) 1
        2) "2.5"
        > zrevrank z a WITHSCORE
        1) (integer) 2
        2) "1"
        > zrank z x withscore
        (nil array)
        > zrank none x withscore
        (nil array)
        > zrank z a x
        (error) ERR syntax error
        > zrank z a withscore x
        (error) ERR wrong number of arguments for 'zrank' command
        > zrank z
        (error) ERR wrong number of arguments for 'zrank' command
        > zrevrank z a withscores
        (error) ERR syntax error
        > set s 1
        OK
        > zrank s a withscore
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zrank s a x
        (error) ERR syntax error
        > zrank z b withscore
        1) (integer) 1
        2) (double) 2.5
        > zrank z x withscore
        (nil)
        > zrank z x
        (nil)
    "#]]
    .assert_eq(&play(
        r#"
        zadd z 1 a 2.5 b 3 c
        zrank z b withscore
        zrevrank z a WITHSCORE
        zrank z x withscore
        zrank none x withscore
        zrank z a x
        zrank z a withscore x
        zrank z
        zrevrank z a withscores
        set s 1
        zrank s a withscore
        zrank s a x
        3
        zrank z b withscore
        zrank z x withscore
        zrank z x
    "#,
    ));
}

#[test]
fn zremrange() {
    expect![[r#"
        > zadd z 1 a 2 b 3 c 4 d 5 e 6 f 7 g
        (integer) 7
        > zremrangebyrank z 0 0
        (integer) 1
        > zremrangebyrank z -1 -1
        (integer) 1
        > zremrangebyrank z 9 10
        (integer) 0
        > zremrangebyrank z 3 1
        (integer) 0
        > zremrangebyrank z x 1
        (error) ERR value is not an integer or out of range
        > zremrangebyrank z 1 x
        (error) ERR value is not an integer or out of range
        > zremrangebyrank none 0 1
        (integer) 0
        > zremrangebyrank none x 1
        (error) ERR value is not an integer or out of range
        > zrange z 0 -1
        1) "b"
        2) "c"
        3) "d"
        4) "e"
        5) "f"
        > zremrangebyscore z (2 3
        (integer) 1
        > zremrangebyscore z x 3
        (error) ERR min or max is not a float
        > zremrangebyscore z 4 2
        (integer) 0
        > zremrangebyscore none 1 2
        (integer) 0
        > zremrangebyscore none x 2
        (error) ERR min or max is not a float
        > zrange z 0 -1
        1) "b"
        2) "d"
        3) "e"
        4) "f"
        > set s 1
        OK
        > zremrangebyrank s 0 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zremrangebyscore s 0 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zremrangebyscore z -inf +inf
        (integer) 4
        > zcard z
        (integer) 0
        > zremrangebyrank z 0
        (error) ERR wrong number of arguments for 'zremrangebyrank' command
    "#]]
    .assert_eq(&play(
        r#"
        zadd z 1 a 2 b 3 c 4 d 5 e 6 f 7 g
        zremrangebyrank z 0 0
        zremrangebyrank z -1 -1
        zremrangebyrank z 9 10
        zremrangebyrank z 3 1
        zremrangebyrank z x 1
        zremrangebyrank z 1 x
        zremrangebyrank none 0 1
        zremrangebyrank none x 1
        zrange z 0 -1
        zremrangebyscore z (2 3
        zremrangebyscore z x 3
        zremrangebyscore z 4 2
        zremrangebyscore none 1 2
        zremrangebyscore none x 2
        zrange z 0 -1
        set s 1
        zremrangebyrank s 0 1
        zremrangebyscore s 0 1
        zremrangebyscore z -inf +inf
        zcard z
        zremrangebyrank z 0
    "#,
    ));
}
