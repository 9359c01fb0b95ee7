use expect_test::expect;

use crate::play::play;

#[test]
fn xgroup_makes_and_removes() {
    expect![[r#"
        > xgroup create s g $
        (error) ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
        > xgroup create s g $ mkstream
        OK
        > xgroup create s g $
        (error) BUSYGROUP Consumer Group name already exists
        > xgroup create s g 0 mkstream
        (error) BUSYGROUP Consumer Group name already exists
        > xgroup create s h x
        (error) ERR Invalid stream ID specified as stream command argument
        > xgroup create s h -
        (error) ERR Invalid stream ID specified as stream command argument
        > xgroup create s h 0 bad
        (error) ERR unknown subcommand or wrong number of arguments for 'create'. Try XGROUP HELP.
        > xgroup create s h 0 entriesread
        (error) ERR unknown subcommand or wrong number of arguments for 'create'. Try XGROUP HELP.
        > xgroup create s h 0 entriesread x
        (error) ERR value is not an integer or out of range
        > xgroup create s h 0 entriesread -2
        (error) ERR value for ENTRIESREAD must be positive or -1
        > xgroup create s h 5-5 ENTRIESREAD 7 MKSTREAM
        OK
        > xgroup create s i 0 mkstream entriesread 1 mkstream
        (error) ERR unknown subcommand or wrong number of arguments for 'create'. Try XGROUP HELP.
        > xgroup create n i x mkstream
        (error) ERR Invalid stream ID specified as stream command argument
        > xlen n
        (integer) 0
        > xinfo groups s
        1) 1) "name"
           2) "g"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "0-0"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 0
        2) 1) "name"
           2) "h"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "5-5"
           9) "entries-read"
           10) (integer) 7
           11) "lag"
           12) (integer) 0
        > xgroup createconsumer s g a
        (integer) 1
        > xgroup createconsumer s g a
        (integer) 0
        > xgroup createconsumer s x a
        (error) NOGROUP No such consumer group 'x' for key name 's'
        > xgroup createconsumer n g a
        (error) ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
        > xgroup delconsumer s g a
        (integer) 0
        > xgroup delconsumer s g a
        (integer) 0
        > xgroup delconsumer s x a
        (error) NOGROUP No such consumer group 'x' for key name 's'
        > xgroup delconsumer n g a
        (error) ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
        > xgroup setid s g 4-4
        OK
        > xgroup setid s g + entriesread 5
        OK
        > xgroup setid s g $ entriesread -1
        OK
        > xgroup setid s g x
        (error) ERR Invalid stream ID specified as stream command argument
        > xgroup setid s x $
        (error) NOGROUP No such consumer group 'x' for key name 's'
        > xgroup setid n g $
        (error) ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
        > xgroup setid s g 1 mkstream
        (error) ERR unknown subcommand or wrong number of arguments for 'setid'. Try XGROUP HELP.
        > xgroup setid s g 1 entriesread 1 entriesread 1
        (error) ERR unknown subcommand or wrong number of arguments for 'setid'. Try XGROUP HELP.
        > xgroup destroy s h
        (integer) 1
        > xgroup destroy s h
        (integer) 0
        > xgroup destroy n h
        (error) ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
        > xinfo groups s
        1) 1) "name"
           2) "g"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "0-0"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 0
        > set t x
        OK
        > xgroup create t g $
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xgroup create t g $ mkstream
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xgroup setid t g $
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xgroup destroy t g
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xgroup createconsumer t g a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xgroup delconsumer t g a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]].assert_eq(&play(
        r#"
        xgroup create s g $
        xgroup create s g $ mkstream
        xgroup create s g $
        xgroup create s g 0 mkstream
        xgroup create s h x
        xgroup create s h -
        xgroup create s h 0 bad
        xgroup create s h 0 entriesread
        xgroup create s h 0 entriesread x
        xgroup create s h 0 entriesread -2
        xgroup create s h 5-5 ENTRIESREAD 7 MKSTREAM
        xgroup create s i 0 mkstream entriesread 1 mkstream
        xgroup create n i x mkstream
        xlen n
        xinfo groups s
        xgroup createconsumer s g a
        xgroup createconsumer s g a
        xgroup createconsumer s x a
        xgroup createconsumer n g a
        xgroup delconsumer s g a
        xgroup delconsumer s g a
        xgroup delconsumer s x a
        xgroup delconsumer n g a
        xgroup setid s g 4-4
        xgroup setid s g + entriesread 5
        xgroup setid s g $ entriesread -1
        xgroup setid s g x
        xgroup setid s x $
        xgroup setid n g $
        xgroup setid s g 1 mkstream
        xgroup setid s g 1 entriesread 1 entriesread 1
        xgroup destroy s h
        xgroup destroy s h
        xgroup destroy n h
        xinfo groups s
        set t x
        xgroup create t g $
        xgroup create t g $ mkstream
        xgroup setid t g $
        xgroup destroy t g
        xgroup createconsumer t g a
        xgroup delconsumer t g a
    "#,
    ));
}

#[test]
fn subcommands_are_called_as_in_redis() {
    expect![[r#"
        > xgroup
        (error) ERR wrong number of arguments for 'xgroup' command
        > xgroup nothing
        (error) ERR unknown subcommand 'nothing'. Try XGROUP HELP.
        > XGroup Nothing with arguments
        (error) ERR unknown subcommand 'Nothing'. Try XGROUP HELP.
        > xgroup create
        (error) ERR wrong number of arguments for 'xgroup|create' command
        > xgroup CREATE s g
        (error) ERR wrong number of arguments for 'xgroup|create' command
        > xgroup setid s g
        (error) ERR wrong number of arguments for 'xgroup|setid' command
        > xgroup destroy s
        (error) ERR wrong number of arguments for 'xgroup|destroy' command
        > xgroup destroy s g h
        (error) ERR wrong number of arguments for 'xgroup|destroy' command
        > xgroup createconsumer s g
        (error) ERR wrong number of arguments for 'xgroup|createconsumer' command
        > xgroup delconsumer s g a b
        (error) ERR wrong number of arguments for 'xgroup|delconsumer' command
        > xgroup help me
        (error) ERR wrong number of arguments for 'xgroup|help' command
        > xinfo
        (error) ERR wrong number of arguments for 'xinfo' command
        > xinfo nothing
        (error) ERR unknown subcommand 'nothing'. Try XINFO HELP.
        > xinfo stream
        (error) ERR wrong number of arguments for 'xinfo|stream' command
        > xinfo groups
        (error) ERR wrong number of arguments for 'xinfo|groups' command
        > xinfo groups s g
        (error) ERR wrong number of arguments for 'xinfo|groups' command
        > xinfo consumers s
        (error) ERR wrong number of arguments for 'xinfo|consumers' command
        > XGROUP CREATE s g $ MKSTREAM
        OK
        > xInfo Groups s
        1) 1) "name"
           2) "g"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "0-0"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 0
    "#]]
    .assert_eq(&play(
        r#"
        xgroup
        xgroup nothing
        XGroup Nothing with arguments
        xgroup create
        xgroup CREATE s g
        xgroup setid s g
        xgroup destroy s
        xgroup destroy s g h
        xgroup createconsumer s g
        xgroup delconsumer s g a b
        xgroup help me
        xinfo
        xinfo nothing
        xinfo stream
        xinfo groups
        xinfo groups s g
        xinfo consumers s
        XGROUP CREATE s g $ MKSTREAM
        xInfo Groups s
    "#,
    ));
}

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

#[test]
fn what_is_known_of_how_far_a_group_read() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 2-1 f 2
        "2-1"
        > xadd s 3-1 f 3
        "3-1"
        > xadd s 4-1 f 4
        "4-1"
        > xgroup create s all 0
        OK
        > xgroup create s last $
        OK
        > xgroup create s middle 2-1
        OK
        > xgroup create s said 2-1 entriesread 2
        OK
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "0-0"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 4
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "4-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "2-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (nil)
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "2-1"
           9) "entries-read"
           10) (integer) 2
           11) "lag"
           12) (integer) 2
        > xreadgroup group all a count 1 streams s >
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
        > xreadgroup group middle a count 1 streams s >
        1) 1) "s"
           2) 1) 1) "3-1"
                 2) 1) "f"
                    2) "3"
        > xreadgroup group said a count 1 streams s >
        1) 1) "s"
           2) 1) 1) "3-1"
                 2) 1) "f"
                    2) "3"
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "1-1"
           9) "entries-read"
           10) (integer) 1
           11) "lag"
           12) (integer) 3
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "4-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (nil)
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 3
           11) "lag"
           12) (integer) 1
        > xdel s 3-1
        (integer) 1
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "1-1"
           9) "entries-read"
           10) (integer) 1
           11) "lag"
           12) (nil)
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "4-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (nil)
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 3
           11) "lag"
           12) (nil)
        > xreadgroup group all a count 1 streams s >
        1) 1) "s"
           2) 1) 1) "2-1"
                 2) 1) "f"
                    2) "2"
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 2
           7) "last-delivered-id"
           8) "2-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (nil)
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "4-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (nil)
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 3
           11) "lag"
           12) (nil)
        > xadd s 5-1 f 5
        "5-1"
        > xtrim s maxlen 1
        (integer) 3
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 2
           7) "last-delivered-id"
           8) "2-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 1
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "4-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 1
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 1
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 3
           11) "lag"
           12) (integer) 2
        > xreadgroup group middle a streams s >
        1) 1) "s"
           2) 1) 1) "5-1"
                 2) 1) "f"
                    2) "5"
        > xreadgroup group last a streams s >
        1) 1) "s"
           2) 1) 1) "5-1"
                 2) 1) "f"
                    2) "5"
        > xreadgroup group all a streams s >
        1) 1) "s"
           2) 1) 1) "5-1"
                 2) 1) "f"
                    2) "5"
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 3
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 2
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 3
           11) "lag"
           12) (integer) 2
        > xtrim s maxlen 0
        (integer) 1
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 3
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 2
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 3
           11) "lag"
           12) (integer) 2
        > xgroup setid s all 0
        OK
        > xgroup setid s said 9-9
        OK
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 3
           7) "last-delivered-id"
           8) "0-0"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 0
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 2
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "9-9"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (nil)
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xadd s 2-1 f 2
        xadd s 3-1 f 3
        xadd s 4-1 f 4
        xgroup create s all 0
        xgroup create s last $
        xgroup create s middle 2-1
        xgroup create s said 2-1 entriesread 2
        xinfo groups s
        xreadgroup group all a count 1 streams s >
        xreadgroup group middle a count 1 streams s >
        xreadgroup group said a count 1 streams s >
        xinfo groups s
        xdel s 3-1
        xinfo groups s
        xreadgroup group all a count 1 streams s >
        xinfo groups s
        xadd s 5-1 f 5
        xtrim s maxlen 1
        xinfo groups s
        xreadgroup group middle a streams s >
        xreadgroup group last a streams s >
        xreadgroup group all a streams s >
        xinfo groups s
        xtrim s maxlen 0
        xinfo groups s
        xgroup setid s all 0
        xgroup setid s said 9-9
        xinfo groups s
    "#,
    ));
}

#[test]
fn xpending_takes_intervals() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 2-1 f 2
        "2-1"
        > xadd s 3-1 f 3
        "3-1"
        > xgroup create s g 0
        OK
        > xpending s g
        1) (integer) 0
        2) (nil)
        3) (nil)
        4) (nil array)
        > xpending s g - + 10
        (empty array)
        > xreadgroup group g a count 2 streams s >
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
              2) 1) "2-1"
                 2) 1) "f"
                    2) "2"
        > xreadgroup group g b streams s >
        1) 1) "s"
           2) 1) 1) "3-1"
                 2) 1) "f"
                    2) "3"
        > xpending s g
        1) (integer) 3
        2) "1-1"
        3) "3-1"
        4) 1) 1) "a"
              2) "2"
           2) 1) "b"
              2) "1"
        > xpending s g - + 10
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        3) 1) "3-1"
           2) "b"
           3) (integer) 0
           4) (integer) 1
        > xpending s g - + 10 a
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s g - + 10 nobody
        (empty array)
        > xpending s g (1-1 + 10
        1) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "3-1"
           2) "b"
           3) (integer) 0
           4) (integer) 1
        > xpending s g - (3-1 10
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s g 2 2 10
        1) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s g + - 10
        (empty array)
        > xpending s g - + 1
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s g - + 0
        (empty array)
        > xpending s g - + -1
        (empty array)
        > xpending s g idle 100000 - + 10
        (empty array)
        > xpending s g IDLE 0 - + 10 a
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s g idle 0 - +
        (error) ERR syntax error
        > xpending s g idle x - + 10
        (error) ERR value is not an integer or out of range
        > xpending s g - + x
        (error) ERR value is not an integer or out of range
        > xpending s g - x 10
        (error) ERR Invalid stream ID specified as stream command argument
        > xpending s g x + 10
        (error) ERR Invalid stream ID specified as stream command argument
        > xpending s g -
        (error) ERR syntax error
        > xpending s g - +
        (error) ERR syntax error
        > xpending s g - + 10 a b c
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s g - + 10 a b
        1) 1) "1-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        > xpending s x
        (error) NOGROUP No such key 's' or consumer group 'x'
        > xpending n g
        (error) NOGROUP No such key 'n' or consumer group 'g'
        > xpending n g x + 10
        (error) ERR Invalid stream ID specified as stream command argument
        > set t x
        OK
        > xpending t g
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xpending s
        (error) ERR wrong number of arguments for 'xpending' command
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xadd s 2-1 f 2
        xadd s 3-1 f 3
        xgroup create s g 0
        xpending s g
        xpending s g - + 10
        xreadgroup group g a count 2 streams s >
        xreadgroup group g b streams s >
        xpending s g
        xpending s g - + 10
        xpending s g - + 10 a
        xpending s g - + 10 nobody
        xpending s g (1-1 + 10
        xpending s g - (3-1 10
        xpending s g 2 2 10
        xpending s g + - 10
        xpending s g - + 1
        xpending s g - + 0
        xpending s g - + -1
        xpending s g idle 100000 - + 10
        xpending s g IDLE 0 - + 10 a
        xpending s g idle 0 - +
        xpending s g idle x - + 10
        xpending s g - + x
        xpending s g - x 10
        xpending s g x + 10
        xpending s g -
        xpending s g - +
        xpending s g - + 10 a b c
        xpending s g - + 10 a b
        xpending s x
        xpending n g
        xpending n g x + 10
        set t x
        xpending t g
        xpending s
    "#,
    ));
}

#[test]
fn xclaim_moves_what_is_pending() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 2-1 f 2
        "2-1"
        > xadd s 3-1 f 3
        "3-1"
        > xgroup create s g 0
        OK
        > xreadgroup group g a count 2 streams s >
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
              2) 1) "2-1"
                 2) 1) "f"
                    2) "2"
        > xclaim s g b 0 1-1
        1) 1) "1-1"
           2) 1) "f"
              2) "1"
        > xclaim s g b 0 1-1 1-1 justid
        1) "1-1"
        2) "1-1"
        > xclaim s g b 1000000 2-1
        (empty array)
        > xclaim s g b 0 3-1
        (empty array)
        > xclaim s g b 0 3-1 force
        1) 1) "3-1"
           2) 1) "f"
              2) "3"
        > xclaim s g c 0 9-9 force
        (empty array)
        > xpending s g - + 10
        1) 1) "1-1"
           2) "b"
           3) (integer) 0
           4) (integer) 2
        2) 1) "2-1"
           2) "a"
           3) (integer) 0
           4) (integer) 1
        3) 1) "3-1"
           2) "b"
           3) (integer) 0
           4) (integer) 2
        > xclaim s g b 0 2-1 retrycount 7 justid
        1) "2-1"
        > xclaim s g b 0 2-1 idle 100 time 5 retrycount -1
        1) 1) "2-1"
           2) 1) "f"
              2) "2"
        > xclaim s g b 0 3-1 RetryCount 0
        1) 1) "3-1"
           2) 1) "f"
              2) "3"
        > xpending s g - + 10 b
        1) 1) "1-1"
           2) "b"
           3) (integer) 0
           4) (integer) 2
        2) 1) "2-1"
           2) "b"
           3) (integer) 1767225599995
           4) (integer) 8
        3) 1) "3-1"
           2) "b"
           3) (integer) 0
           4) (integer) 0
        > xdel s 1-1
        (integer) 1
        > xclaim s g c 0 1-1 2-1
        1) 1) "2-1"
           2) 1) "f"
              2) "2"
        > xpending s g
        1) (integer) 2
        2) "2-1"
        3) "3-1"
        4) 1) 1) "b"
              2) "1"
           2) 1) "c"
              2) "1"
        > xclaim s g b 0 2-1 lastid 3-1
        1) 1) "2-1"
           2) 1) "f"
              2) "2"
        > xinfo groups s
        1) 1) "name"
           2) "g"
           3) "consumers"
           4) (integer) 3
           5) "pending"
           6) (integer) 2
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 2
           11) "lag"
           12) (integer) 1
        > xclaim s g b 0 2-1 lastid 1-1
        1) 1) "2-1"
           2) 1) "f"
              2) "2"
        > xclaim s g b 0 2-1 lastid x
        (error) ERR Invalid stream ID specified as stream command argument
        > xclaim s g b 0 2-1 x
        (error) ERR Unrecognized XCLAIM option 'x'
        > xclaim s g b 0 2-1 idle
        (error) ERR Unrecognized XCLAIM option 'idle'
        > xclaim s g b 0 2-1 idle x
        (error) ERR Invalid IDLE option argument for XCLAIM
        > xclaim s g b 0 2-1 time x
        (error) ERR Invalid TIME option argument for XCLAIM
        > xclaim s g b 0 2-1 retrycount x
        (error) ERR Invalid RETRYCOUNT option argument for XCLAIM
        > xclaim s g b x 2-1
        (error) ERR Invalid min-idle-time argument for XCLAIM
        > xclaim s g b -1 2-1 justid
        1) "2-1"
        > xclaim s g b 0 force
        (empty array)
        > xclaim s x b 0 2-1
        (error) NOGROUP No such key 's' or consumer group 'x'
        > xclaim n g b x 2-1
        (error) NOGROUP No such key 'n' or consumer group 'g'
        > xclaim s g b 0
        (error) ERR wrong number of arguments for 'xclaim' command
        > set t x
        OK
        > xclaim t g b x 2-1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xadd s 2-1 f 2
        xadd s 3-1 f 3
        xgroup create s g 0
        xreadgroup group g a count 2 streams s >
        xclaim s g b 0 1-1
        xclaim s g b 0 1-1 1-1 justid
        xclaim s g b 1000000 2-1
        xclaim s g b 0 3-1
        xclaim s g b 0 3-1 force
        xclaim s g c 0 9-9 force
        xpending s g - + 10
        xclaim s g b 0 2-1 retrycount 7 justid
        xclaim s g b 0 2-1 idle 100 time 5 retrycount -1
        xclaim s g b 0 3-1 RetryCount 0
        xpending s g - + 10 b
        xdel s 1-1
        xclaim s g c 0 1-1 2-1
        xpending s g
        xclaim s g b 0 2-1 lastid 3-1
        xinfo groups s
        xclaim s g b 0 2-1 lastid 1-1
        xclaim s g b 0 2-1 lastid x
        xclaim s g b 0 2-1 x
        xclaim s g b 0 2-1 idle
        xclaim s g b 0 2-1 idle x
        xclaim s g b 0 2-1 time x
        xclaim s g b 0 2-1 retrycount x
        xclaim s g b x 2-1
        xclaim s g b -1 2-1 justid
        xclaim s g b 0 force
        xclaim s x b 0 2-1
        xclaim n g b x 2-1
        xclaim s g b 0
        set t x
        xclaim t g b x 2-1
    "#,
    ));
}

#[test]
fn xautoclaim_walks_what_is_pending() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 2-1 f 2
        "2-1"
        > xadd s 3-1 f 3
        "3-1"
        > xadd s 4-1 f 4
        "4-1"
        > xgroup create s g 0
        OK
        > xautoclaim s g b 0 -
        1) "0-0"
        2) (empty array)
        3) (empty array)
        > xreadgroup group g a streams s >
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
              2) 1) "2-1"
                 2) 1) "f"
                    2) "2"
              3) 1) "3-1"
                 2) 1) "f"
                    2) "3"
              4) 1) "4-1"
                 2) 1) "f"
                    2) "4"
        > xautoclaim s g b 0 - count 2
        1) "3-1"
        2) 1) 1) "1-1"
              2) 1) "f"
                 2) "1"
           2) 1) "2-1"
              2) 1) "f"
                 2) "2"
        3) (empty array)
        > xautoclaim s g b 0 3-1 justid
        1) "0-0"
        2) 1) "3-1"
           2) "4-1"
        3) (empty array)
        > xautoclaim s g b 0 (3-1 justid
        1) "0-0"
        2) 1) "4-1"
        3) (empty array)
        > xautoclaim s g b 1000000 - count 1
        1) "0-0"
        2) (empty array)
        3) (empty array)
        > xpending s g
        1) (integer) 4
        2) "1-1"
        3) "4-1"
        4) 1) 1) "b"
              2) "4"
        > xdel s 2-1
        (integer) 1
        > xautoclaim s g c 0 0 count 2 justid
        1) "3-1"
        2) 1) "1-1"
        3) 1) "2-1"
        > xpending s g
        1) (integer) 3
        2) "1-1"
        3) "4-1"
        4) 1) 1) "b"
              2) "2"
           2) 1) "c"
              2) "1"
        > xautoclaim s g c 0 0 COUNT 1
        1) "3-1"
        2) 1) 1) "1-1"
              2) 1) "f"
                 2) "1"
        3) (empty array)
        > xautoclaim s g c x 0
        (error) ERR Invalid min-idle-time argument for XAUTOCLAIM
        > xautoclaim s g c 0 x
        (error) ERR Invalid stream ID specified as stream command argument
        > xautoclaim s g c 0 (18446744073709551615-18446744073709551615
        (error) ERR invalid start ID for the interval
        > xautoclaim s g c -1 + count 1
        1) "0-0"
        2) (empty array)
        3) (empty array)
        > xautoclaim s g c 0 0 count 0
        (error) ERR COUNT must be > 0
        > xautoclaim s g c 0 0 count x
        (error) ERR COUNT must be > 0
        > xautoclaim s g c 0 0 count
        (error) ERR syntax error
        > xautoclaim s g c 0 0 bad
        (error) ERR syntax error
        > xautoclaim s x c 0 0
        (error) NOGROUP No such key 's' or consumer group 'x'
        > xautoclaim n g c 0 0
        (error) NOGROUP No such key 'n' or consumer group 'g'
        > xautoclaim s g c 0
        (error) ERR wrong number of arguments for 'xautoclaim' command
        > xautoclaim s g c 0 9 justid
        1) "0-0"
        2) (empty array)
        3) (empty array)
        > set t x
        OK
        > xautoclaim t g c 0 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xadd s 2-1 f 2
        xadd s 3-1 f 3
        xadd s 4-1 f 4
        xgroup create s g 0
        xautoclaim s g b 0 -
        xreadgroup group g a streams s >
        xautoclaim s g b 0 - count 2
        xautoclaim s g b 0 3-1 justid
        xautoclaim s g b 0 (3-1 justid
        xautoclaim s g b 1000000 - count 1
        xpending s g
        xdel s 2-1
        xautoclaim s g c 0 0 count 2 justid
        xpending s g
        xautoclaim s g c 0 0 COUNT 1
        xautoclaim s g c x 0
        xautoclaim s g c 0 x
        xautoclaim s g c 0 (18446744073709551615-18446744073709551615
        xautoclaim s g c -1 + count 1
        xautoclaim s g c 0 0 count 0
        xautoclaim s g c 0 0 count x
        xautoclaim s g c 0 0 count
        xautoclaim s g c 0 0 bad
        xautoclaim s x c 0 0
        xautoclaim n g c 0 0
        xautoclaim s g c 0
        3
        xautoclaim s g c 0 9 justid
        set t x
        xautoclaim t g c 0 0
    "#,
    ));
}
