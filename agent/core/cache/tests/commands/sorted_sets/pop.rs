//! Elements that are removed from an end, or waited for.

use expect_test::expect;

use crate::play::play;

#[test]
fn zpop() {
    expect![[r#"
        > zadd z 1 a 2 b 3 c 4 d 5 e 6 f
        (integer) 6
        > zpopmin z
        1) "a"
        2) "1"
        > zpopmax z
        1) "f"
        2) "6"
        > zpopmin z 2
        1) "b"
        2) "2"
        3) "c"
        4) "3"
        > zpopmax z 0
        (empty array)
        > zpopmin none
        (empty array)
        > zpopmin none 2
        (empty array)
        > zpopmin none 0
        (empty array)
        > zpopmin z -1
        (error) ERR value is out of range, must be positive
        > zpopmin z x
        (error) ERR value is out of range, must be positive
        > zpopmin z 1 2
        (error) ERR syntax error
        > zpopmin
        (error) ERR wrong number of arguments for 'zpopmin' command
        > set s 1
        OK
        > zpopmin s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zpopmin s 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zpopmin s -1
        (error) ERR value is out of range, must be positive
        > zpopmin z
        1) "d"
        2) (double) 4
        > zpopmax z 1
        1) 1) "e"
           2) (double) 5
        > zpopmax none
        (empty array)
        > zadd z 1 a 2 b
        (integer) 2
        > zpopmax z 9
        1) 1) "b"
           2) (double) 2
        2) 1) "a"
           2) (double) 1
        > zcard z
        (integer) 0
        > zadd z 1 a 2 b
        (integer) 2
        > zpopmin z 0
        (empty array)
        > zpopmin z 9223372036854775807
        1) "a"
        2) "1"
        3) "b"
        4) "2"
    "#]]
    .assert_eq(&play(
        r#"
        zadd z 1 a 2 b 3 c 4 d 5 e 6 f
        zpopmin z
        zpopmax z
        zpopmin z 2
        zpopmax z 0
        zpopmin none
        zpopmin none 2
        zpopmin none 0
        zpopmin z -1
        zpopmin z x
        zpopmin z 1 2
        zpopmin
        set s 1
        zpopmin s
        zpopmin s 0
        zpopmin s -1
        3
        zpopmin z
        zpopmax z 1
        zpopmax none
        zadd z 1 a 2 b
        zpopmax z 9
        zcard z
        zadd z 1 a 2 b
        zpopmin z 0
        2
        zpopmin z 9223372036854775807
    "#,
    ));
}

#[test]
fn zmpop() {
    expect![[r#"
        > zadd z 1 a 2 b 3 c
        (integer) 3
        > zadd y 1 x 2 y
        (integer) 2
        > zmpop 2 none z min
        1) "z"
        2) 1) 1) "a"
              2) "1"
        > zmpop 2 z y max count 5
        1) "z"
        2) 1) 1) "c"
              2) "3"
           2) 1) "b"
              2) "2"
        > zmpop 2 z y max count 1
        1) "y"
        2) 1) 1) "y"
              2) "2"
        > zmpop 1 none min
        (nil array)
        > zmpop 1 none min count 3
        (nil array)
        > zmpop 0 z min
        (error) ERR numkeys should be greater than 0
        > zmpop -1 z min
        (error) ERR numkeys should be greater than 0
        > zmpop x z min
        (error) ERR numkeys should be greater than 0
        > zmpop 2 z min
        (error) ERR syntax error
        > zmpop 1 z x
        (error) ERR syntax error
        > zmpop 1 z min count 0
        (error) ERR count should be greater than 0
        > zmpop 1 z min count -1
        (error) ERR count should be greater than 0
        > zmpop 1 z min count x
        (error) ERR count should be greater than 0
        > zmpop 1 z min count
        (error) ERR syntax error
        > zmpop 1 z min count 1 count 1
        (error) ERR syntax error
        > zmpop 1 z min x
        (error) ERR syntax error
        > zmpop 1 z
        (error) ERR wrong number of arguments for 'zmpop' command
        > zmpop 3 z y min
        (error) ERR syntax error
        > set s 1
        OK
        > zmpop 2 none s min
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zmpop 2 y s min
        1) "y"
        2) 1) 1) "x"
              2) "1"
        > zmpop 2 s y min
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zadd z 1 a 2 b
        (integer) 2
        > zmpop 1 z min count 2
        1) "z"
        2) 1) 1) "a"
              2) (double) 1
           2) 1) "b"
              2) (double) 2
        > zmpop 1 none min
        (nil)
    "#]]
    .assert_eq(&play(
        r#"
        zadd z 1 a 2 b 3 c
        zadd y 1 x 2 y
        zmpop 2 none z min
        zmpop 2 z y max count 5
        zmpop 2 z y max count 1
        zmpop 1 none min
        zmpop 1 none min count 3
        zmpop 0 z min
        zmpop -1 z min
        zmpop x z min
        zmpop 2 z min
        zmpop 1 z x
        zmpop 1 z min count 0
        zmpop 1 z min count -1
        zmpop 1 z min count x
        zmpop 1 z min count
        zmpop 1 z min count 1 count 1
        zmpop 1 z min x
        zmpop 1 z
        zmpop 3 z y min
        set s 1
        zmpop 2 none s min
        zmpop 2 y s min
        zmpop 2 s y min
        3
        zadd z 1 a 2 b
        zmpop 1 z min count 2
        zmpop 1 none min
    "#,
    ));
}

#[test]
fn bzpop_without_waiting() {
    expect![[r#"
        > zadd z 1 a 2 b 3 c 4 d
        (integer) 4
        > bzpopmin z 0
        1) "z"
        2) "a"
        3) "1"
        > bzpopmax none z 0
        1) "z"
        2) "d"
        3) "4"
        > set s 1
        OK
        > bzpopmin none s z 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > bzpopmin z s 0
        1) "z"
        2) "b"
        3) "2"
        > bzpopmin z x
        (error) ERR timeout is not a float or out of range
        > bzpopmin z -1
        (error) ERR timeout is negative
        > bzpopmin z inf
        (error) ERR timeout is out of range
        > bzpopmin z 1e300
        (error) ERR timeout is out of range
        > bzpopmin none 0.01
        (waits)
        > bzpopmin z
        (error) ERR wrong number of arguments for 'bzpopmin' command
        > bzmpop 0 2 none z max count 3
        1) "z"
        2) 1) 1) "c"
              2) "3"
        > bzmpop x 1 z min
        (error) ERR timeout is not a float or out of range
        > bzmpop -1 1 z min
        (error) ERR timeout is negative
        > bzmpop 0 0 z min
        (error) ERR numkeys should be greater than 0
        > bzmpop x 0 z min
        (error) ERR numkeys should be greater than 0
        > bzmpop 0 1 z x
        (error) ERR syntax error
        > bzmpop 0 1 z min count 0
        (error) ERR count should be greater than 0
        > bzmpop 0 1 s min
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zadd z 1.5 a 2 b
        (integer) 2
        > bzpopmin z 0
        1) "z"
        2) "a"
        3) (double) 1.5
        > bzmpop 0 1 z min
        1) "z"
        2) 1) 1) "b"
              2) (double) 2
    "#]]
    .assert_eq(&play(
        r#"
        zadd z 1 a 2 b 3 c 4 d
        bzpopmin z 0
        bzpopmax none z 0
        set s 1
        bzpopmin none s z 0
        bzpopmin z s 0
        bzpopmin z x
        bzpopmin z -1
        bzpopmin z inf
        bzpopmin z 1e300
        bzpopmin none 0.01
        bzpopmin z
        bzmpop 0 2 none z max count 3
        bzmpop x 1 z min
        bzmpop -1 1 z min
        bzmpop 0 0 z min
        bzmpop x 0 z min
        bzmpop 0 1 z x
        bzmpop 0 1 z min count 0
        bzmpop 0 1 s min
        3
        zadd z 1.5 a 2 b
        bzpopmin z 0
        bzmpop 0 1 z min
    "#,
    ));
}

#[test]
fn bzpop_waits() {
    expect![[r#"
        > bzpopmin a b 0
        (waits)
        > zadd b 1 x 2 y
        (integer) 2
        < 1) "b"
        < 2) "x"
        < 3) "1"
        > zcard b
        (integer) 1
        > bzpopmax b 0
        1) "b"
        2) "y"
        3) "2"
        > bzpopmax b 0
        (waits)
        > bzpopmin a 0.5
        (waits)
        > +499
        > +1
        < (nil array)
        > zadd a 1 x 2 y 3 z
        (integer) 3
        > zcard a
        (integer) 3
        > zrange a 0 -1
        1) "x"
        2) "y"
        3) "z"
        > bzmpop 1 2 c d min count 2
        (waits)
        > zadd d 1 x 2 y 3 z
        (integer) 3
        < 1) "d"
        < 2) 1) 1) "x"
        <       2) "1"
        <    2) 1) "y"
        <       2) "2"
        > zrange d 0 -1
        1) "z"
        > bzmpop 0.001 1 c max
        (waits)
        > +1
        < (nil array)
        > bzpopmin c 1
        (waits)
        > +1000
        < (nil)
        > bzpopmax c 0
        (waits)
        > geoadd c 13.361389 38.115556 Palermo
        (integer) 1
        < 1) "c"
        < 2) "Palermo"
        < 3) (double) 3479099956230698
        > bzpopmax c 0
        (waits)
        > zunionstore c 1 a
        (integer) 3
        < 1) "c"
        < 2) "z"
        < 3) (double) 3
        > bzpopmax c e 0
        1) "c"
        2) "y"
        3) (double) 2
        > zrangestore e a 0 -1
        (integer) 3
        > zadd a 1 r
        (integer) 1
    "#]]
    .assert_eq(&play(
        r#"
        bzpopmin a b 0
        zadd b 1 x 2 y
        zcard b
        bzpopmax b 0
        bzpopmax b 0
        bzpopmin a 0.5
        +499
        +1
        zadd a 1 x 2 y 3 z
        zcard a
        zrange a 0 -1
        bzmpop 1 2 c d min count 2
        zadd d 1 x 2 y 3 z
        zrange d 0 -1
        bzmpop 0.001 1 c max
        +1
        3
        bzpopmin c 1
        +1000
        bzpopmax c 0
        geoadd c 13.361389 38.115556 Palermo
        bzpopmax c 0
        zunionstore c 1 a
        bzpopmax c e 0
        zrangestore e a 0 -1
        zadd a 1 r
    "#,
    ));
}
