use expect_test::expect;

use crate::play::play;

#[test]
fn xreadgroup_delivers_and_tells_again() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 2-1 f 2
        "2-1"
        > xadd s 3-1 f 3
        "3-1"
        > xgroup create s g 0
        OK
        > xreadgroup group g a count 1 streams s >
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
        > xreadgroup group g b streams s >
        1) 1) "s"
           2) 1) 1) "2-1"
                 2) 1) "f"
                    2) "2"
              2) 1) "3-1"
                 2) 1) "f"
                    2) "3"
        > xreadgroup group g b streams s >
        (nil array)
        > xreadgroup group g a streams s 0
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
        > xreadgroup group g b streams s 2-1
        1) 1) "s"
           2) 1) 1) "3-1"
                 2) 1) "f"
                    2) "3"
        > xreadgroup group g b streams s 3-1
        1) 1) "s"
           2) (empty array)
        > xreadgroup group g new streams s 0
        1) 1) "s"
           2) (empty array)
        > xreadgroup group g b count 1 streams s 0
        1) 1) "s"
           2) 1) 1) "2-1"
                 2) 1) "f"
                    2) "2"
        > xdel s 2-1
        (integer) 1
        > xreadgroup group g b streams s 0
        1) 1) "s"
           2) 1) 1) "2-1"
                 2) (nil array)
              2) 1) "3-1"
                 2) 1) "f"
                    2) "3"
        > xpending s g
        1) (integer) 3
        2) "1-1"
        3) "3-1"
        4) 1) 1) "a"
              2) "1"
           2) 1) "b"
              2) "2"
        > xpending s g - + 10
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 2
        2) 1) "2-1"
           2) "b"
           3) (integer) 0
           4) (integer) 2
        3) 1) "3-1"
           2) "b"
           3) (integer) 0
           4) (integer) 3
        > xack s g 2-1 2-1 9-9
        (integer) 1
        > xack s g 1-1 x
        (error) ERR Invalid stream ID specified as stream command argument
        > xack s x 1-1 x
        (integer) 0
        > xack n g 1-1
        (integer) 0
        > xack s g 1-1
        (integer) 1
        > xpending s g
        1) (integer) 1
        2) "3-1"
        3) "3-1"
        4) 1) 1) "b"
              2) "1"
        > xreadgroup group g a noack streams s >
        (nil array)
        > xadd s 4-1 f 4
        "4-1"
        > xreadgroup group g a noack streams s >
        1) 1) "s"
           2) 1) 1) "4-1"
                 2) 1) "f"
                    2) "4"
        > xpending s g
        1) (integer) 1
        2) "3-1"
        3) "3-1"
        4) 1) 1) "b"
              2) "1"
        > xinfo groups s
        1) 1) "name"
           2) "g"
           3) "consumers"
           4) (integer) 3
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "4-1"
           9) "entries-read"
           10) (integer) 4
           11) "lag"
           12) (integer) 0
        > xgroup delconsumer s g b
        (integer) 1
        > xpending s g
        1) (integer) 0
        2) (nil)
        3) (nil)
        4) (nil array)
        > xadd s 5-1 f 5
        "5-1"
        > xreadgroup group g a streams s >
        "s" => 1) 1) "5-1"
             2) 1) "f"
                2) "5"
        > xreadgroup group g a streams s >
        (nil)
        > xreadgroup group g a streams s 0
        "s" => 1) 1) "5-1"
             2) 1) "f"
                2) "5"
        > xpending s g
        1) (integer) 1
        2) "5-1"
        3) "5-1"
        4) 1) 1) "a"
              2) "1"
        > xack s g 5-1
        (integer) 1
        > xpending s g
        1) (integer) 0
        2) (nil)
        3) (nil)
        4) (nil)
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xadd s 2-1 f 2
        xadd s 3-1 f 3
        xgroup create s g 0
        xreadgroup group g a count 1 streams s >
        xreadgroup group g b streams s >
        xreadgroup group g b streams s >
        xreadgroup group g a streams s 0
        xreadgroup group g b streams s 2-1
        xreadgroup group g b streams s 3-1
        xreadgroup group g new streams s 0
        xreadgroup group g b count 1 streams s 0
        xdel s 2-1
        xreadgroup group g b streams s 0
        xpending s g
        xpending s g - + 10
        xack s g 2-1 2-1 9-9
        xack s g 1-1 x
        xack s x 1-1 x
        xack n g 1-1
        xack s g 1-1
        xpending s g
        xreadgroup group g a noack streams s >
        xadd s 4-1 f 4
        xreadgroup group g a noack streams s >
        xpending s g
        xinfo groups s
        xgroup delconsumer s g b
        xpending s g
        3
        xadd s 5-1 f 5
        xreadgroup group g a streams s >
        xreadgroup group g a streams s >
        xreadgroup group g a streams s 0
        xpending s g
        xack s g 5-1
        xpending s g
    "#,
    ));
}

#[test]
fn xreadgroup_takes_its_arguments_as_redis_does() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xadd r 1-1 f 1
        "1-1"
        > xgroup create s g 0
        OK
        > xgroup create r g $
        OK
        > set t x
        OK
        > xreadgroup group g a streams s r > >
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
        > xreadgroup group g a streams s r 0 0
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
        2) 1) "r"
           2) (empty array)
        > xreadgroup group g a streams s n > >
        (error) NOGROUP No such key 'n' or consumer group 'g' in XREADGROUP with GROUP option
        > xreadgroup group x a streams s >
        (error) NOGROUP No such key 's' or consumer group 'x' in XREADGROUP with GROUP option
        > xreadgroup group g a streams t >
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xreadgroup group g a streams s $
        (error) ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.
        > xreadgroup group g a streams s x
        (error) ERR Invalid stream ID specified as stream command argument
        > xreadgroup group g a streams s -
        (error) ERR Invalid stream ID specified as stream command argument
        > xreadgroup group g a count x streams s >
        (error) ERR value is not an integer or out of range
        > xreadgroup group g a count -1 streams s 0
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
        > xreadgroup group g a bad streams s >
        (error) ERR syntax error
        > xreadgroup group g a noack noack streams
        (error) ERR syntax error
        > xreadgroup count 1 noack streams s >
        (error) ERR Missing GROUP option for XREADGROUP
        > xreadgroup streams group g a s > > >
        (error) ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified.
        > xreadgroup group g a s
        (error) ERR wrong number of arguments for 'xreadgroup' command
        > xreadgroup group g a block x streams s >
        (error) ERR timeout is not an integer or out of range
        > xreadgroup group g a block -1 streams s >
        (error) ERR timeout is negative
        > xack t g 1-1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xack s g
        (error) ERR wrong number of arguments for 'xack' command
    "#]].assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xadd r 1-1 f 1
        xgroup create s g 0
        xgroup create r g $
        set t x
        xreadgroup group g a streams s r > >
        xreadgroup group g a streams s r 0 0
        xreadgroup group g a streams s n > >
        xreadgroup group x a streams s >
        xreadgroup group g a streams t >
        xreadgroup group g a streams s $
        xreadgroup group g a streams s x
        xreadgroup group g a streams s -
        xreadgroup group g a count x streams s >
        xreadgroup group g a count -1 streams s 0
        xreadgroup group g a bad streams s >
        xreadgroup group g a noack noack streams
        xreadgroup count 1 noack streams s >
        xreadgroup streams group g a s > > >
        xreadgroup group g a s
        xreadgroup group g a block x streams s >
        xreadgroup group g a block -1 streams s >
        xack t g 1-1
        xack s g
    "#,
    ));
}
