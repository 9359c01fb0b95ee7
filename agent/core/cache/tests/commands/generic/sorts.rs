use expect_test::expect;

use crate::play::play;

#[test]
fn sort_of_nothing() {
    expect![[r#"
        > sort x
        (empty array)
        > sort x by nosort get # limit 0 10
        (empty array)
        > sort x limit 1
        (error) ERR syntax error
        > sort x limit x 1
        (error) ERR value is not an integer or out of range
        > sort x limit 1 x
        (error) ERR value is not an integer or out of range
        > sort x limit 1 9223372036854775807
        (empty array)
        > sort x foo
        (error) ERR syntax error
        > sort x by
        (error) ERR syntax error
        > sort x get
        (error) ERR syntax error
        > sort x store
        (error) ERR syntax error
        > sort_ro x store y
        (error) ERR syntax error
        > sort_ro x
        (empty array)
        > sort
        (error) ERR wrong number of arguments for 'sort' command
        > sort_ro
        (error) ERR wrong number of arguments for 'sort_ro' command
        > set s 1
        OK
        > sort s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sort s foo
        (error) ERR syntax error
        > sort_ro s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sort s limit x 1
        (error) ERR value is not an integer or out of range
        > set y 1
        OK
        > sort x store y
        (integer) 0
        > exists y
        (integer) 0
        > sort x store y
        (integer) 0
        > sort x by # get * alpha desc asc limit -1 -1
        (empty array)
        > sort x
        (empty array)
    "#]]
    .assert_eq(&play(
        r#"
        sort x
        sort x by nosort get # limit 0 10
        sort x limit 1
        sort x limit x 1
        sort x limit 1 x
        sort x limit 1 9223372036854775807
        sort x foo
        sort x by
        sort x get
        sort x store
        sort_ro x store y
        sort_ro x
        sort
        sort_ro
        set s 1
        sort s
        sort s foo
        sort_ro s
        sort s limit x 1
        set y 1
        sort x store y
        exists y
        sort x store y
        sort x by # get * alpha desc asc limit -1 -1
        3
        sort x
        2
    "#,
    ));
}

#[test]
fn sets_and_sorted_sets_and_lists_are_sorted() {
    expect![[r#"
        > sadd s 100 3 5000000000 20
        (integer) 4
        > sort s
        1) "3"
        2) "20"
        3) "100"
        4) "5000000000"
        > sort s desc
        1) "5000000000"
        2) "100"
        3) "20"
        4) "3"
        > sort s alpha
        1) "100"
        2) "20"
        3) "3"
        4) "5000000000"
        > sort s by nosort store l
        (integer) 4
        > lrange l 0 -1
        1) "100"
        2) "20"
        3) "3"
        4) "5000000000"
        > sort s by nosort desc store l
        (integer) 4
        > lrange l 0 -1
        1) "5000000000"
        2) "3"
        3) "20"
        4) "100"
        > sort s by nosort limit 1 2 store l
        (integer) 2
        > lrange l 0 -1
        1) "20"
        2) "3"
        > sadd one word
        (integer) 1
        > sort one
        (error) ERR One or more scores can't be converted into double
        > sort one alpha get # get x
        1) "word"
        2) (nil)
        > zadd z 3 b 2 a 1 c
        (integer) 3
        > sort z alpha desc
        1) "c"
        2) "b"
        3) "a"
        > sort z by nosort
        1) "c"
        2) "a"
        3) "b"
        > sort z by nosort desc
        1) "b"
        2) "a"
        3) "c"
        > sort z by nosort desc limit 0 2
        1) "b"
        2) "a"
        > sort z by nosort limit 1 1
        1) "a"
        > rpush n 3 1 2
        (integer) 3
        > sort n by nosort
        1) "3"
        2) "1"
        3) "2"
        > sort n by nosort desc store l
        (integer) 3
        > lrange l 0 -1
        1) "2"
        2) "1"
        3) "3"
        > sort n limit 1 1
        1) "2"
        > sort_ro n desc
        1) "3"
        2) "2"
        3) "1"
        > hset h f v
        (integer) 1
        > sort h
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
        r#"
        sadd s 100 3 5000000000 20
        sort s
        sort s desc
        sort s alpha
        sort s by nosort store l
        lrange l 0 -1
        sort s by nosort desc store l
        lrange l 0 -1
        sort s by nosort limit 1 2 store l
        lrange l 0 -1
        sadd one word
        sort one
        sort one alpha get # get x
        zadd z 3 b 2 a 1 c
        sort z alpha desc
        sort z by nosort
        sort z by nosort desc
        sort z by nosort desc limit 0 2
        sort z by nosort limit 1 1
        rpush n 3 1 2
        sort n by nosort
        sort n by nosort desc store l
        lrange l 0 -1
        sort n limit 1 1
        sort_ro n desc
        hset h f v
        sort h
    "#,
    ));
}
