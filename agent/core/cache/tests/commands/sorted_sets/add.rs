//! Scores that are given, changed and asked for.

use expect_test::expect;

use crate::play::play;

#[test]
fn zadd_and_its_rules() {
    expect![[r#"
        > zadd z 1 a 2 b
        (integer) 2
        > zadd z 1 a 3 b 4 c
        (integer) 1
        > zadd z ch 2 a 3 b 5 d
        (integer) 2
        > zadd z nx 9 a 6 e
        (integer) 1
        > zadd z xx 9 a 9 f
        (integer) 0
        > zadd z xx ch 10 a 9 f
        (integer) 1
        > zadd z gt ch 5 a 7 e 1 g
        (integer) 2
        > zadd z lt ch 5 a 7 e 9 h
        (integer) 2
        > zadd z gt xx 100 a 1 i
        (integer) 0
        > zrange z 0 -1 withscores
        1) "g"
        2) "1"
        3) "b"
        4) "3"
        5) "c"
        6) "4"
        7) "d"
        8) "5"
        9) "e"
        10) "7"
        11) "h"
        12) "9"
        13) "a"
        14) "100"
        > zadd z nx xx 1 a
        (error) ERR XX and NX options at the same time are not compatible
        > zadd z gt lt 1 a
        (error) ERR GT, LT, and/or NX options at the same time are not compatible
        > zadd z nx gt 1 a
        (error) ERR GT, LT, and/or NX options at the same time are not compatible
        > zadd z nx lt 1 a
        (error) ERR GT, LT, and/or NX options at the same time are not compatible
        > zadd z incr 1 a 2 b
        (error) ERR INCR option supports a single increment-element pair
        > zadd z incr 1.5 a
        "101.5"
        > zadd z incr nx 1 a
        (nil)
        > zadd z incr nx 1 new
        "1"
        > zadd z incr xx 1 nothing
        (nil)
        > zadd z incr gt -1 a
        (nil)
        > zadd z incr lt -1 a
        "100.5"
        > zadd z incr inf a
        "inf"
        > zadd z incr -inf a
        (error) ERR resulting score is not a number (NaN)
        > zadd z xx incr 1 b
        "4"
        > zadd z incr 0.5 b
        (double) 4.5
        > zadd z incr xx 1 nothing
        (nil)
        > zadd z ch 1 b
        (integer) 1
        > zadd z
        (error) ERR wrong number of arguments for 'zadd' command
        > zadd z 1
        (error) ERR wrong number of arguments for 'zadd' command
        > zadd z 1 a 2
        (error) ERR syntax error
        > zadd z x a
        (error) ERR value is not a valid float
        > zadd z 1 a x b
        (error) ERR value is not a valid float
        > zadd z nan a
        (error) ERR value is not a valid float
        > zadd z incr nan a
        (error) ERR value is not a valid float
        > zadd z " 1" a
        (error) ERR value is not a valid float
        > zadd z "" a
        (error) ERR value is not a valid float
        > zadd z 1e400 a
        (error) ERR value is not a valid float
        > zadd z 0x10 hex
        (integer) 1
        > zscore z hex
        "16"
        > zadd z nx
        (error) ERR wrong number of arguments for 'zadd' command
        > zadd z nx ch
        (error) ERR syntax error
        > zadd none xx 1 a
        (integer) 0
        > zcard none
        (integer) 0
        > zadd none xx incr 1 a
        (nil)
        > set s 1
        OK
        > zadd s 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zadd s xx 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zadd s x a
        (error) ERR value is not a valid float
        > zadd z 0 zero -0 minus
        (integer) 2
        > zscore z minus
        "0"
        > zadd z -0 zero
        (integer) 0
        > zscore z zero
        "0"
        > zrange z 0 2 withscores
        1) "minus"
        2) "0"
        3) "zero"
        4) "0"
        5) "b"
        6) "1"
        > zadd z 1 ""
        (integer) 1
        > zscore z ""
        "1"
        > zadd z +inf p -inf m
        (integer) 2
        > zscore z p
        "inf"
        > zscore z m
        "-inf"
    "#]]
    .assert_eq(&play(
        r#"
        zadd z 1 a 2 b
        zadd z 1 a 3 b 4 c
        zadd z ch 2 a 3 b 5 d
        zadd z nx 9 a 6 e
        zadd z xx 9 a 9 f
        zadd z xx ch 10 a 9 f
        zadd z gt ch 5 a 7 e 1 g
        zadd z lt ch 5 a 7 e 9 h
        zadd z gt xx 100 a 1 i
        zrange z 0 -1 withscores
        zadd z nx xx 1 a
        zadd z gt lt 1 a
        zadd z nx gt 1 a
        zadd z nx lt 1 a
        zadd z incr 1 a 2 b
        zadd z incr 1.5 a
        zadd z incr nx 1 a
        zadd z incr nx 1 new
        zadd z incr xx 1 nothing
        zadd z incr gt -1 a
        zadd z incr lt -1 a
        zadd z incr inf a
        zadd z incr -inf a
        zadd z xx incr 1 b
        3
        zadd z incr 0.5 b
        zadd z incr xx 1 nothing
        zadd z ch 1 b
        2
        zadd z
        zadd z 1
        zadd z 1 a 2
        zadd z x a
        zadd z 1 a x b
        zadd z nan a
        zadd z incr nan a
        zadd z " 1" a
        zadd z "" a
        zadd z 1e400 a
        zadd z 0x10 hex
        zscore z hex
        zadd z nx
        zadd z nx ch
        zadd none xx 1 a
        zcard none
        zadd none xx incr 1 a
        set s 1
        zadd s 1 a
        zadd s xx 1 a
        zadd s x a
        zadd z 0 zero -0 minus
        zscore z minus
        zadd z -0 zero
        zscore z zero
        zrange z 0 2 withscores
        zadd z 1 ""
        zscore z ""
        zadd z +inf p -inf m
        zscore z p
        zscore z m
    "#,
    ));
}

#[test]
fn zincrby_zscore_and_others() {
    expect![[r#"
        > zincrby z 1 a
        "1"
        > zincrby z 2.5 a
        "3.5"
        > zincrby z -10 a
        "-6.5"
        > zincrby z x a
        (error) ERR value is not a valid float
        > zincrby z nan a
        (error) ERR value is not a valid float
        > zincrby z inf a
        "inf"
        > zincrby z -inf a
        (error) ERR resulting score is not a number (NaN)
        > zincrby z nx a
        (error) ERR syntax error
        > zincrby z 1
        (error) ERR wrong number of arguments for 'zincrby' command
        > zincrby z 1 a b
        (error) ERR wrong number of arguments for 'zincrby' command
        > set s 1
        OK
        > zincrby s 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zincrby z 1 b
        (double) 1
        > zscore z b
        (double) 1
        > zscore z x
        (nil)
        > zmscore z a x b
        1) (double) inf
        2) (nil)
        3) (double) 1
        > zmscore none a b
        1) (nil)
        2) (nil)
        > zscore none a
        (nil)
        > zmscore z a x b
        1) "inf"
        2) (nil)
        3) "1"
        > zmscore none a b
        1) (nil)
        2) (nil)
        > zmscore z
        (error) ERR wrong number of arguments for 'zmscore' command
        > zmscore s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zscore s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zscore z
        (error) ERR wrong number of arguments for 'zscore' command
        > zcard z
        (integer) 2
        > zcard none
        (integer) 0
        > zcard s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zcard
        (error) ERR wrong number of arguments for 'zcard' command
        > zrem z x
        (integer) 0
        > zrem z a x a
        (integer) 1
        > zrem z b
        (integer) 1
        > zcard z
        (integer) 0
        > zrem none a
        (integer) 0
        > zrem s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > zrem z
        (error) ERR wrong number of arguments for 'zrem' command
    "#]]
    .assert_eq(&play(
        r#"
        zincrby z 1 a
        zincrby z 2.5 a
        zincrby z -10 a
        zincrby z x a
        zincrby z nan a
        zincrby z inf a
        zincrby z -inf a
        zincrby z nx a
        zincrby z 1
        zincrby z 1 a b
        set s 1
        zincrby s 1 a
        3
        zincrby z 1 b
        zscore z b
        zscore z x
        zmscore z a x b
        zmscore none a b
        zscore none a
        2
        zmscore z a x b
        zmscore none a b
        zmscore z
        zmscore s a
        zscore s a
        zscore z
        zcard z
        zcard none
        zcard s
        zcard
        zrem z x
        zrem z a x a
        zrem z b
        zcard z
        zrem none a
        zrem s a
        zrem z
    "#,
    ));
}

#[test]
fn changes_of_sorted_sets_are_told() {
    expect![[r#"
        > zadd z 1 a 2 b 3 c 4 d 5 e 6 f 7 g 8 h
        (integer) 8
        * zadd z
        > zadd z 1 a
        (integer) 0
        > zadd z incr 1 a
        "2"
        * zincr z
        > zincrby z 1 a
        "3"
        * zincr z
        > zincrby z 0 a
        "3"
        > zadd z xx 1 x
        (integer) 0
        > zrem z x
        (integer) 0
        > zrem z h
        (integer) 1
        * zrem z
        > zpopmin z
        1) "b"
        2) "2"
        * zpopmin z
        > zpopmax z 2
        1) "g"
        2) "7"
        3) "f"
        4) "6"
        * zpopmax z
        > zmpop 1 z min
        1) "z"
        2) 1) 1) "a"
              2) "3"
        * zpopmin z
        > zremrangebyrank z 5 9
        (integer) 0
        > zremrangebyrank z 0 0
        (integer) 1
        * zremrangebyrank z
        > zremrangebyscore z -inf +inf
        (integer) 2
        * zremrangebyscore z
        * del z
        > zadd z 1 a
        (integer) 1
        * zadd z
        > zremrangebylex z - +
        (integer) 1
        * zremrangebylex z
        * del z
        > zadd z 1 a
        (integer) 1
        * zadd z
        > zrem z a
        (integer) 1
        * zrem z
        * del z
        > zadd z 1 a
        (integer) 1
        * zadd z
        > zpopmin z 5
        1) "a"
        2) "1"
        * zpopmin z
        * del z
        > zadd z 1 a 2 b
        (integer) 2
        * zadd z
        > zunionstore u 1 z
        (integer) 2
        * zunionstore u
        > zinterstore u 1 z
        (integer) 2
        * zinterstore u
        > zdiffstore u 1 z
        (integer) 2
        * zdiffstore u
        > zdiffstore u 2 z z
        (integer) 0
        * del u
        > zdiffstore u 2 z z
        (integer) 0
        > zrangestore u z 0 -1
        (integer) 2
        * zrangestore u
        > zrangestore u z 5 6
        (integer) 0
        * del u
        > zrangestore u z 5 6
        (integer) 0
        > geoadd g 13.361389 38.115556 Palermo
        (integer) 1
        * zadd g
        > geoadd g 13.361389 38.115556 Palermo
        (integer) 0
        > geosearchstore d g fromlonlat 13 38 byradius 100 km
        (integer) 1
        * geosearchstore d
        > geosearchstore d g fromlonlat 0 0 byradius 100 km
        (integer) 0
        * del d
        > georadius g 13 38 100 km store d
        (integer) 1
        * georadiusstore d
        > georadius g 0 0 100 km store d
        (integer) 0
        * del d
        > georadius none 0 0 100 km store d
        (integer) 0
    "#]]
    .assert_eq(&play(
        r#"
        notices
        zadd z 1 a 2 b 3 c 4 d 5 e 6 f 7 g 8 h
        zadd z 1 a
        zadd z incr 1 a
        zincrby z 1 a
        zincrby z 0 a
        zadd z xx 1 x
        zrem z x
        zrem z h
        zpopmin z
        zpopmax z 2
        zmpop 1 z min
        zremrangebyrank z 5 9
        zremrangebyrank z 0 0
        zremrangebyscore z -inf +inf
        zadd z 1 a
        zremrangebylex z - +
        zadd z 1 a
        zrem z a
        zadd z 1 a
        zpopmin z 5
        zadd z 1 a 2 b
        zunionstore u 1 z
        zinterstore u 1 z
        zdiffstore u 1 z
        zdiffstore u 2 z z
        zdiffstore u 2 z z
        zrangestore u z 0 -1
        zrangestore u z 5 6
        zrangestore u z 5 6
        geoadd g 13.361389 38.115556 Palermo
        geoadd g 13.361389 38.115556 Palermo
        geosearchstore d g fromlonlat 13 38 byradius 100 km
        geosearchstore d g fromlonlat 0 0 byradius 100 km
        georadius g 13 38 100 km store d
        georadius g 0 0 100 km store d
        georadius none 0 0 100 km store d
    "#,
    ));
}
