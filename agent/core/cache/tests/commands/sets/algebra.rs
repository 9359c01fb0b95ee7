//! What is made of several sets.

use expect_test::expect;

use crate::play::play;

#[test]
fn sets_are_combined() {
    expect![[r#"
        > sadd a 1 2 3 4 5
        (integer) 5
        > sadd b 2 4 6
        (integer) 3
        > sadd c 4 5 6 7
        (integer) 4
        > sinter a b
        1) "2"
        2) "4"
        > sinter a b c
        1) "4"
        > sinter a
        1) "1"
        2) "2"
        3) "3"
        4) "4"
        5) "5"
        > sinter a x
        (empty array)
        > sinter a a
        1) "1"
        2) "2"
        3) "3"
        4) "4"
        5) "5"
        > sinter x
        (empty array)
        > sinter
        (error) ERR wrong number of arguments for 'sinter' command
        > sunion a b c
        1) "1"
        2) "2"
        3) "3"
        4) "4"
        5) "5"
        6) "6"
        7) "7"
        > sunion a x
        1) "1"
        2) "2"
        3) "3"
        4) "4"
        5) "5"
        > sunion x y
        (empty array)
        > sunion
        (error) ERR wrong number of arguments for 'sunion' command
        > sdiff a b
        1) "1"
        2) "3"
        3) "5"
        > sdiff a b c
        1) "1"
        2) "3"
        > sdiff a x
        1) "1"
        2) "2"
        3) "3"
        4) "4"
        5) "5"
        > sdiff x a
        (empty array)
        > sdiff a a
        (empty array)
        > sdiff a
        1) "1"
        2) "2"
        3) "3"
        4) "4"
        5) "5"
        > sdiff
        (error) ERR wrong number of arguments for 'sdiff' command
        > sinter a b
        1~ "2"
        2~ "4"
        > sunion b c
        1~ "2"
        2~ "4"
        3~ "5"
        4~ "6"
        5~ "7"
        > sdiff a b
        1~ "1"
        2~ "3"
        3~ "5"
        > sinter x
        (empty ~)
        > sintercard 2 a b
        (integer) 2
        > sintercard 3 a b c
        (integer) 1
        > sintercard 1 a limit 3
        (integer) 3
        > sintercard 1 a limit 0
        (integer) 5
        > sintercard 1 a LIMIT 9
        (integer) 5
        > sintercard 2 a x
        (integer) 0
        > sintercard 2 a
        (error) ERR Number of keys can't be greater than number of args
        > sintercard 0 a
        (error) ERR numkeys should be greater than 0
        > sintercard -1 a
        (error) ERR numkeys should be greater than 0
        > sintercard x a
        (error) ERR numkeys should be greater than 0
        > sintercard 9223372036854775808 a
        (error) ERR numkeys should be greater than 0
        > sintercard 1 a limit
        (error) ERR syntax error
        > sintercard 1 a limit x
        (error) ERR LIMIT can't be negative
        > sintercard 1 a limit -1
        (error) ERR LIMIT can't be negative
        > sintercard 1 a limit 1 limit 2
        (integer) 2
        > sintercard 1 a b
        (error) ERR syntax error
        > sintercard 1
        (error) ERR wrong number of arguments for 'sintercard' command
        > sintercard
        (error) ERR wrong number of arguments for 'sintercard' command
        > set str v
        OK
        > sinter a str
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sinter x str
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sinter str x
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sunion a str
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sdiff a str
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sdiff x str
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sintercard 2 x str
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sinterstore d a b
        (integer) 2
        > smembers d
        1) "2"
        2) "4"
        > sunionstore d a b c
        (integer) 7
        > smembers d
        1) "1"
        2) "2"
        3) "3"
        4) "4"
        5) "5"
        6) "6"
        7) "7"
        > sdiffstore d a b
        (integer) 3
        > smembers d
        1) "1"
        2) "3"
        3) "5"
        > sinterstore d a x
        (integer) 0
        > smembers d
        (empty array)
        > sdiffstore d x a
        (integer) 0
        > sunionstore d x y
        (integer) 0
        > sunionstore a a b
        (integer) 6
        > smembers a
        1) "1"
        2) "2"
        3) "3"
        4) "4"
        5) "5"
        6) "6"
        > sdiffstore a b a
        (integer) 0
        > smembers a
        (empty array)
        > sinterstore str b c
        (integer) 2
        > smembers str
        1) "4"
        2) "6"
        > set str v
        OK
        > sunionstore str x
        (integer) 0
        > get str
        (nil)
        > set str v
        OK
        > sinterstore d b str
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sunionstore d str b
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sdiffstore d b str
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sdiffstore d x str
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sinterstore d
        (error) ERR wrong number of arguments for 'sinterstore' command
        > sunionstore d
        (error) ERR wrong number of arguments for 'sunionstore' command
        > sdiffstore d
        (error) ERR wrong number of arguments for 'sdiffstore' command
        > sadd one 1
        (integer) 1
        > sadd big 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20
        (integer) 20
        > sdiff big one b c
        1) "3"
        2) "8"
        3) "9"
        4) "10"
        5) "11"
        6) "12"
        7) "13"
        8) "14"
        9) "15"
        10) "16"
        11) "17"
        12) "18"
        13) "19"
        14) "20"
        > sdiff one big
        (empty array)
        > sdiff big big
        (empty array)
        > sdiff one one one one one one one one
        (empty array)
        > sdiff big one one one one one one one
        1) "2"
        2) "3"
        3) "4"
        4) "5"
        5) "6"
        6) "7"
        7) "8"
        8) "9"
        9) "10"
        10) "11"
        11) "12"
        12) "13"
        13) "14"
        14) "15"
        15) "16"
        16) "17"
        17) "18"
        18) "19"
        19) "20"
    "#]]
    .assert_eq(&play(
        r#"
        sadd a 1 2 3 4 5
        sadd b 2 4 6
        sadd c 4 5 6 7
        sinter a b
        sinter a b c
        sinter a
        sinter a x
        sinter a a
        sinter x
        sinter
        sunion a b c
        sunion a x
        sunion x y
        sunion
        sdiff a b
        sdiff a b c
        sdiff a x
        sdiff x a
        sdiff a a
        sdiff a
        sdiff
        3
        sinter a b
        sunion b c
        sdiff a b
        sinter x
        2
        sintercard 2 a b
        sintercard 3 a b c
        sintercard 1 a limit 3
        sintercard 1 a limit 0
        sintercard 1 a LIMIT 9
        sintercard 2 a x
        sintercard 2 a
        sintercard 0 a
        sintercard -1 a
        sintercard x a
        sintercard 9223372036854775808 a
        sintercard 1 a limit
        sintercard 1 a limit x
        sintercard 1 a limit -1
        sintercard 1 a limit 1 limit 2
        sintercard 1 a b
        sintercard 1
        sintercard
        set str v
        sinter a str
        sinter x str
        sinter str x
        sunion a str
        sdiff a str
        sdiff x str
        sintercard 2 x str
        sinterstore d a b
        smembers d
        sunionstore d a b c
        smembers d
        sdiffstore d a b
        smembers d
        sinterstore d a x
        smembers d
        sdiffstore d x a
        sunionstore d x y
        sunionstore a a b
        smembers a
        sdiffstore a b a
        smembers a
        sinterstore str b c
        smembers str
        set str v
        sunionstore str x
        get str
        set str v
        sinterstore d b str
        sunionstore d str b
        sdiffstore d b str
        sdiffstore d x str
        sinterstore d
        sunionstore d
        sdiffstore d
        sadd one 1
        sadd big 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20
        sdiff big one b c
        sdiff one big
        sdiff big big
        sdiff one one one one one one one one
        sdiff big one one one one one one one
    "#,
    ));
}
