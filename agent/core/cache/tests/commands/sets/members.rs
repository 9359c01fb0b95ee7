//! Members come, go, and are asked for.

use expect_test::expect;

use crate::play::play;

#[test]
fn members() {
    expect![[r#"
        > sadd s 3 1 2 2
        (integer) 3
        > sadd s 1
        (integer) 0
        > sadd s 5 1
        (integer) 1
        > sadd s
        (error) ERR wrong number of arguments for 'sadd' command
        > sadd
        (error) ERR wrong number of arguments for 'sadd' command
        > scard s
        (integer) 4
        > scard x
        (integer) 0
        > scard
        (error) ERR wrong number of arguments for 'scard' command
        > smembers s
        1) "1"
        2) "2"
        3) "3"
        4) "5"
        > smembers x
        (empty array)
        > smembers s s
        (error) ERR wrong number of arguments for 'smembers' command
        > sismember s 2
        (integer) 1
        > sismember s 4
        (integer) 0
        > sismember x 4
        (integer) 0
        > sismember s
        (error) ERR wrong number of arguments for 'sismember' command
        > smismember s 1 9 5
        1) (integer) 1
        2) (integer) 0
        3) (integer) 1
        > smismember x 1 2
        1) (integer) 0
        2) (integer) 0
        > smismember s
        (error) ERR wrong number of arguments for 'smismember' command
        > srem s 9
        (integer) 0
        > srem s 9 1 1
        (integer) 1
        > srem x 1
        (integer) 0
        > srem s
        (error) ERR wrong number of arguments for 'srem' command
        > smembers s
        1~ "2"
        2~ "3"
        3~ "5"
        > smembers x
        (empty ~)
        > smismember s 2 1
        1) (integer) 1
        2) (integer) 0
        > srem s 2 3 5
        (integer) 3
        > smembers s
        (empty array)
        > sadd w ""
        (integer) 1
        > sadd w ""
        (integer) 0
        > sadd w "\xff\r\n"
        (integer) 1
        > sismember w "\xff\r\n"
        (integer) 1
        > srem w ""
        (integer) 1
        > smembers w
        1) "\xff\r\n"
        > sadd n 9223372036854775807 -9223372036854775808 0
        (integer) 3
        > sadd n 9223372036854775808
        (integer) 1
        > scard n
        (integer) 4
        > sadd i 100 20 3 -1
        (integer) 4
        > smembers i
        1) "-1"
        2) "3"
        3) "20"
        4) "100"
        > sadd i x
        (integer) 1
        > sismember i 100
        (integer) 1
        > scard i
        (integer) 5
        > set str v
        OK
        > sadd str 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > srem str 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > scard str
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > smembers str
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sismember str 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > smismember str 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > get str
        "v"
        > sadd e 1
        (integer) 1
        > srem e 1
        (integer) 1
        > sadd e a
        (integer) 1
        > smembers e
        1) "a"
    "#]]
    .assert_eq(&play(
        r#"
        sadd s 3 1 2 2
        sadd s 1
        sadd s 5 1
        sadd s
        sadd
        scard s
        scard x
        scard
        smembers s
        smembers x
        smembers s s
        sismember s 2
        sismember s 4
        sismember x 4
        sismember s
        smismember s 1 9 5
        smismember x 1 2
        smismember s
        srem s 9
        srem s 9 1 1
        srem x 1
        srem s
        3
        smembers s
        smembers x
        smismember s 2 1
        2
        srem s 2 3 5
        smembers s
        sadd w ""
        sadd w ""
        sadd w "\xff\r\n"
        sismember w "\xff\r\n"
        srem w ""
        smembers w
        sadd n 9223372036854775807 -9223372036854775808 0
        sadd n 9223372036854775808
        scard n
        sadd i 100 20 3 -1
        smembers i
        sadd i x
        sismember i 100
        scard i
        set str v
        sadd str 1
        srem str 1
        scard str
        smembers str
        sismember str 1
        smismember str 1
        get str
        sadd e 1
        srem e 1
        sadd e a
        smembers e
    "#,
    ));
}

#[test]
fn a_member_moves() {
    expect![[r#"
        > sadd a 1 2 3
        (integer) 3
        > sadd b 3 4
        (integer) 2
        > smove a b 1
        (integer) 1
        > smembers a
        1) "2"
        2) "3"
        > smembers b
        1) "1"
        2) "3"
        3) "4"
        > smove a b 9
        (integer) 0
        > smove a b 3
        (integer) 1
        > smembers a
        1) "2"
        > smembers b
        1) "1"
        2) "3"
        3) "4"
        > smove a a 2
        (integer) 1
        > smove a a 7
        (integer) 0
        > smove a c 2
        (integer) 1
        > smembers a
        (empty array)
        > smembers c
        1) "2"
        > smove a c 2
        (integer) 0
        > set str v
        OK
        > smove str c 2
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > smove c str 2
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > smove x str 2
        (integer) 0
        > smove c str 77
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > smove c
        (error) ERR wrong number of arguments for 'smove' command
        > smove c d 2 3
        (error) ERR wrong number of arguments for 'smove' command
        > smembers c
        1) "2"
    "#]]
    .assert_eq(&play(
        r#"
        sadd a 1 2 3
        sadd b 3 4
        smove a b 1
        smembers a
        smembers b
        smove a b 9
        smove a b 3
        smembers a
        smembers b
        smove a a 2
        smove a a 7
        smove a c 2
        smembers a
        smembers c
        smove a c 2
        set str v
        smove str c 2
        smove c str 2
        smove x str 2
        smove c str 77
        smove c
        smove c d 2 3
        smembers c
    "#,
    ));
}
