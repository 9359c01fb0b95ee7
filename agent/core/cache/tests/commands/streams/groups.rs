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
