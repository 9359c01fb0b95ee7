//! Fields come, go, and are asked for.

use expect_test::expect;

use crate::play::play;

#[test]
fn fields() {
    expect![[r#"
        > hset h f 1 g 22 "" e
        (integer) 3
        > hmset h f 3 i 4
        OK
        > hmset h f
        (error) ERR wrong number of arguments for 'hmset' command
        > hmset h f 1 g
        (error) ERR wrong number of arguments for 'hmset' command
        > hsetnx h f 9
        (integer) 0
        > hsetnx h n 9
        (integer) 1
        > hsetnx new f 1
        (integer) 1
        > hsetnx h f
        (error) ERR wrong number of arguments for 'hsetnx' command
        > hget h n
        "9"
        > hmget h f x g f
        1) "3"
        2) (nil)
        3) "22"
        4) "3"
        > hmget x f g
        1) (nil)
        2) (nil)
        > hmget h
        (error) ERR wrong number of arguments for 'hmget' command
        > hlen h
        (integer) 5
        > hlen x
        (integer) 0
        > hlen h h
        (error) ERR wrong number of arguments for 'hlen' command
        > hexists h f
        (integer) 1
        > hexists h x
        (integer) 0
        > hexists x f
        (integer) 0
        > hexists h
        (error) ERR wrong number of arguments for 'hexists' command
        > hstrlen h g
        (integer) 2
        > hstrlen h x
        (integer) 0
        > hstrlen x f
        (integer) 0
        > hstrlen h
        (error) ERR wrong number of arguments for 'hstrlen' command
        > hkeys h
        1) "f"
        2) "g"
        3) ""
        4) "i"
        5) "n"
        > hkeys x
        (empty array)
        > hvals h
        1) "3"
        2) "22"
        3) "e"
        4) "4"
        5) "9"
        > hvals x
        (empty array)
        > hkeys h x
        (error) ERR wrong number of arguments for 'hkeys' command
        > hvals
        (error) ERR wrong number of arguments for 'hvals' command
        > hdel h f x ""
        (integer) 2
        > hdel x f
        (integer) 0
        > hdel h
        (error) ERR wrong number of arguments for 'hdel' command
        > hkeys h
        1) "g"
        2) "i"
        3) "n"
        > hvals h
        1) "22"
        2) "4"
        3) "9"
        > hkeys x
        (empty array)
        > hmget h f n
        1) (nil)
        2) "9"
        > hgetall h
        "g" => "22"
        "i" => "4"
        "n" => "9"
        > set s 1
        OK
        > hmset s f 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hsetnx s f 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hmget s f
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hlen s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hexists s f
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hstrlen s f
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hkeys s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hvals s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hdel s f
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hset h "\xff\r\n" "\x00"
        (integer) 1
        > hget h "\xff\r\n"
        "\x00"
        > hstrlen h "\xff\r\n"
        (integer) 1
    "#]]
    .assert_eq(&play(
        r#"
        hset h f 1 g 22 "" e
        hmset h f 3 i 4
        hmset h f
        hmset h f 1 g
        hsetnx h f 9
        hsetnx h n 9
        hsetnx new f 1
        hsetnx h f
        hget h n
        hmget h f x g f
        hmget x f g
        hmget h
        hlen h
        hlen x
        hlen h h
        hexists h f
        hexists h x
        hexists x f
        hexists h
        hstrlen h g
        hstrlen h x
        hstrlen x f
        hstrlen h
        hkeys h
        hkeys x
        hvals h
        hvals x
        hkeys h x
        hvals
        hdel h f x ""
        hdel x f
        hdel h
        3
        hkeys h
        hvals h
        hkeys x
        hmget h f n
        hgetall h
        2
        set s 1
        hmset s f 1
        hsetnx s f 1
        hmget s f
        hlen s
        hexists s f
        hstrlen s f
        hkeys s
        hvals s
        hdel s f
        hset h "\xff\r\n" "\x00"
        hget h "\xff\r\n"
        hstrlen h "\xff\r\n"
    "#,
    ));
}
