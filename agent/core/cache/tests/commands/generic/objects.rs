use expect_test::expect;

use crate::play::play;

#[test]
fn object_and_what_it_tells() {
    expect![[r#"
        > object
        (error) ERR wrong number of arguments for 'object' command
        > object help
        1) OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        2) ENCODING <key>
        3)     Return the kind of internal representation used in order to store the value
        4)     associated with a <key>.
        5) FREQ <key>
        6)     Return the access frequency index of the <key>. The returned integer is
        7)     proportional to the logarithm of the recent access frequency of the key.
        8) IDLETIME <key>
        9)     Return the idle time of the <key>, that is the approximated number of
        10)     seconds elapsed since the last access to the key.
        11) REFCOUNT <key>
        12)     Return the number of references of the value associated with the specified
        13)     <key>.
        14) HELP
        15)     Prints this help.
        > object foo
        (error) ERR unknown subcommand 'foo'. Try OBJECT HELP.
        > object foo a
        (error) ERR unknown subcommand 'foo'. Try OBJECT HELP.
        > object encoding
        (error) ERR wrong number of arguments for 'object|encoding' command
        > object encoding a b
        (error) ERR wrong number of arguments for 'object|encoding' command
        > object encoding a
        (nil)
        > object freq a
        (nil)
        > object idletime a
        (nil)
        > object refcount a
        (nil)
        > set a 1
        OK
        > object encoding a
        "int"
        > object refcount a
        (integer) 2147483647
        > set a 10000
        OK
        > object refcount a
        (integer) 1
        > set a 9999
        OK
        > object refcount a
        (integer) 2147483647
        > set a -1
        OK
        > object refcount a
        (integer) 1
        > set a 01
        OK
        > object encoding a
        "embstr"
        > object refcount a
        (integer) 1
        > set a 12345678901234567890123456789012345678901234
        OK
        > object encoding a
        "embstr"
        > set a 123456789012345678901234567890123456789012345
        OK
        > object encoding a
        "raw"
        > set a 9223372036854775807
        OK
        > object encoding a
        "int"
        > set a 9223372036854775808
        OK
        > object encoding a
        "embstr"
        > hset h f v
        (integer) 1
        > object encoding h
        "listpack"
        > object refcount h
        (integer) 1
        > hset h f 12345678901234567890123456789012345678901234567890123456789012345
        (integer) 0
        > object encoding h
        "hashtable"
        > hset h f v
        (integer) 0
        > object encoding h
        "hashtable"
        > rename h i
        OK
        > object encoding i
        "hashtable"
        > copy i j
        (integer) 1
        > object encoding j
        "hashtable"
        > object freq a
        (error) ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
        > object idletime a
        (integer) 0
        > OBJECT ENCODING a
        "embstr"
        > object Encoding a
        "embstr"
        > policy allkeys-lfu
        > object idletime a
        (error) ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
        > object freq a
        (integer) 0
        > set b word
        OK
        > object freq b
        (integer) 5
        > policy noeviction
        > del a b i j
        (integer) 4
    "#]]
    .assert_eq(&play(
        r#"
        object
        object help
        object foo
        object foo a
        object encoding
        object encoding a b
        object encoding a
        object freq a
        object idletime a
        object refcount a
        set a 1
        object encoding a
        object refcount a
        set a 10000
        object refcount a
        set a 9999
        object refcount a
        set a -1
        object refcount a
        set a 01
        object encoding a
        object refcount a
        set a 12345678901234567890123456789012345678901234
        object encoding a
        set a 123456789012345678901234567890123456789012345
        object encoding a
        set a 9223372036854775807
        object encoding a
        set a 9223372036854775808
        object encoding a
        hset h f v
        object encoding h
        object refcount h
        hset h f 12345678901234567890123456789012345678901234567890123456789012345
        object encoding h
        hset h f v
        object encoding h
        rename h i
        object encoding i
        copy i j
        object encoding j
        object freq a
        object idletime a
        OBJECT ENCODING a
        object Encoding a
        policy allkeys-lfu
        object idletime a
        object freq a
        set b word
        object freq b
        policy noeviction
        del a b i j
    "#,
    ));
}
