use expect_test::expect;

use crate::play::play;

#[test]
fn single_bits() {
    expect![[r#"
        > setbit a 7 1
        (integer) 0
        > getbit a 7
        (integer) 1
        > getbit a 6
        (integer) 0
        > getbit a 100000
        (integer) 0
        > setbit a 7 0
        (integer) 1
        > get a
        "\x00"
        > setbit a 20 0
        (integer) 0
        > get a
        "\x00\x00\x00"
        > setbit a 9 1
        (integer) 0
        > setbit a 9 1
        (integer) 1
        > get a
        "\x00@\x00"
        > setbit a 4294967296 1
        (error) ERR bit offset is not an integer or out of range
        > setbit a -1 1
        (error) ERR bit offset is not an integer or out of range
        > setbit a x 1
        (error) ERR bit offset is not an integer or out of range
        > setbit a 1 2
        (error) ERR bit is not an integer or out of range
        > setbit a 1 x
        (error) ERR bit is not an integer or out of range
        > setbit a 4294967296 2
        (error) ERR bit offset is not an integer or out of range
        > getbit a 4294967296
        (error) ERR bit offset is not an integer or out of range
        > getbit a -1
        (error) ERR bit offset is not an integer or out of range
        > getbit x 1
        (integer) 0
        > set n 1
        OK
        > setbit n 6 1
        (integer) 0
        > incr n
        (integer) 4
        > hset h f v
        (integer) 1
        > setbit h 1 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > getbit h 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set raw 12
        OK
        > setbit raw 0 0
        (integer) 0
        > object encoding raw
        "raw"
        > set raw 12
        OK
        > bitfield raw set u1 0 0
        1) (integer) 0
        > object encoding raw
        "raw"
        > set raw 12
        OK
        > bitfield raw get u1 0
        1) (integer) 0
        > object encoding raw
        "int"
        > setbit a 1
        (error) ERR wrong number of arguments for 'setbit' command
        > getbit a
        (error) ERR wrong number of arguments for 'getbit' command
        > set t a px 100
        OK
        > setbit t 6 1
        (integer) 0
        > +101
        > get t
        (nil)
    "#]]
    .assert_eq(&play(
        r#"
        setbit a 7 1
        getbit a 7
        getbit a 6
        getbit a 100000
        setbit a 7 0
        get a
        setbit a 20 0
        get a
        setbit a 9 1
        setbit a 9 1
        get a
        setbit a 4294967296 1
        setbit a -1 1
        setbit a x 1
        setbit a 1 2
        setbit a 1 x
        setbit a 4294967296 2
        getbit a 4294967296
        getbit a -1
        getbit x 1
        set n 1
        setbit n 6 1
        incr n
        hset h f v
        setbit h 1 1
        getbit h 1
        set raw 12
        setbit raw 0 0
        object encoding raw
        set raw 12
        bitfield raw set u1 0 0
        object encoding raw
        set raw 12
        bitfield raw get u1 0
        object encoding raw
        setbit a 1
        getbit a
        set t a px 100
        setbit t 6 1
        +101
        get t
    "#,
    ));
}

#[test]
fn bits_are_counted() {
    expect![[r#"
        > set a foobar
        OK
        > bitcount a
        (integer) 26
        > bitcount a 0 0
        (integer) 4
        > bitcount a 1 1
        (integer) 6
        > bitcount a 0 -1
        (integer) 26
        > bitcount a -2 -1
        (integer) 7
        > bitcount a 5 30 BIT
        (integer) 17
        > bitcount a 5 30 byte
        (integer) 4
        > bitcount a -8 -1 bit
        (integer) 4
        > bitcount a 3 3 bit
        (integer) 0
        > bitcount a -100 -99
        (integer) 4
        > bitcount a -99 -100
        (integer) 0
        > bitcount a 3 1
        (integer) 0
        > bitcount a 0 100000 bit
        (integer) 26
        > bitcount a 0
        (error) ERR syntax error
        > bitcount a 0 1 x
        (error) ERR syntax error
        > bitcount a 0 1 bit x
        (error) ERR syntax error
        > bitcount a x 1
        (error) ERR value is not an integer or out of range
        > bitcount a 0 x
        (error) ERR value is not an integer or out of range
        > bitcount x
        (integer) 0
        > bitcount x 0 1
        (integer) 0
        > set e ""
        OK
        > bitcount e
        (integer) 0
        > bitcount e 0 -1 bit
        (integer) 0
        > hset h f v
        (integer) 1
        > bitcount h
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > bitcount
        (error) ERR wrong number of arguments for 'bitcount' command
    "#]]
    .assert_eq(&play(
        r#"
        set a foobar
        bitcount a
        bitcount a 0 0
        bitcount a 1 1
        bitcount a 0 -1
        bitcount a -2 -1
        bitcount a 5 30 BIT
        bitcount a 5 30 byte
        bitcount a -8 -1 bit
        bitcount a 3 3 bit
        bitcount a -100 -99
        bitcount a -99 -100
        bitcount a 3 1
        bitcount a 0 100000 bit
        bitcount a 0
        bitcount a 0 1 x
        bitcount a 0 1 bit x
        bitcount a x 1
        bitcount a 0 x
        bitcount x
        bitcount x 0 1
        set e ""
        bitcount e
        bitcount e 0 -1 bit
        hset h f v
        bitcount h
        bitcount
    "#,
    ));
}

#[test]
fn missing_keys_are_no_excuse() {
    expect![[r#"
        > bitcount x x 1
        (error) ERR value is not an integer or out of range
        > bitcount x 0 1 x
        (error) ERR syntax error
        > bitcount x 0
        (error) ERR syntax error
        > bitpos x 1 x
        (error) ERR value is not an integer or out of range
        > bitpos x 1 0 0 x
        (error) ERR syntax error
        > bitpos x 1 0 0 bit x
        (error) ERR syntax error
    "#]]
    .assert_eq(&play(
        r#"
        bitcount x x 1
        bitcount x 0 1 x
        bitcount x 0
        bitpos x 1 x
        bitpos x 1 0 0 x
        bitpos x 1 0 0 bit x
    "#,
    ));
}

#[test]
fn bits_are_found() {
    expect![[r#"
        > set a "\xff\xf0\x00"
        OK
        > bitpos a 0
        (integer) 12
        > bitpos a 1
        (integer) 0
        > bitpos a 0 2
        (integer) 16
        > bitpos a 1 2
        (integer) -1
        > bitpos a 1 2 -1 byte
        (integer) -1
        > bitpos a 1 7 15 bit
        (integer) 7
        > bitpos a 0 7 15 bit
        (integer) 12
        > bitpos a 0 0 10 bit
        (integer) -1
        > bitpos a 0 13 13 bit
        (integer) 13
        > bitpos a 1 -100 -1
        (integer) 0
        > bitpos a 0 -1 -3
        (integer) -1
        > bitpos a 0 -100 -200
        (integer) -1
        > bitpos a 1 5
        (integer) -1
        > set f "\xff\xff\xff"
        OK
        > bitpos f 0
        (integer) 24
        > bitpos f 0 0
        (integer) 24
        > bitpos f 0 1
        (integer) 24
        > bitpos f 0 0 -1
        (integer) -1
        > bitpos f 0 0 23 bit
        (integer) -1
        > bitpos f 0 5
        (integer) -1
        > bitpos f 1 3 5 bit
        (integer) 3
        > set z "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
        OK
        > bitpos z 1
        (integer) 95
        > bitpos z 1 0 94 bit
        (integer) -1
        > bitpos z 1 0 95 bit
        (integer) 95
        > bitpos z 0
        (integer) 0
        > bitpos x 0
        (integer) 0
        > bitpos x 1
        (integer) -1
        > bitpos x 0 5
        (integer) 0
        > set e ""
        OK
        > bitpos e 0
        (integer) -1
        > bitpos e 1
        (integer) -1
        > bitpos e 0 0
        (integer) -1
        > bitpos a 2
        (error) ERR The bit argument must be 1 or 0.
        > bitpos a x
        (error) ERR value is not an integer or out of range
        > bitpos a 1 x
        (error) ERR value is not an integer or out of range
        > bitpos a 1 0 x
        (error) ERR value is not an integer or out of range
        > bitpos a 1 0 1 x
        (error) ERR syntax error
        > bitpos a 1 x 1 bit x
        (error) ERR syntax error
        > bitpos a 1 0 1 bit x
        (error) ERR syntax error
        > hset h f v
        (integer) 1
        > bitpos h 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > bitpos a
        (error) ERR wrong number of arguments for 'bitpos' command
    "#]]
    .assert_eq(&play(
        r#"
        set a "\xff\xf0\x00"
        bitpos a 0
        bitpos a 1
        bitpos a 0 2
        bitpos a 1 2
        bitpos a 1 2 -1 byte
        bitpos a 1 7 15 bit
        bitpos a 0 7 15 bit
        bitpos a 0 0 10 bit
        bitpos a 0 13 13 bit
        bitpos a 1 -100 -1
        bitpos a 0 -1 -3
        bitpos a 0 -100 -200
        bitpos a 1 5
        set f "\xff\xff\xff"
        bitpos f 0
        bitpos f 0 0
        bitpos f 0 1
        bitpos f 0 0 -1
        bitpos f 0 0 23 bit
        bitpos f 0 5
        bitpos f 1 3 5 bit
        set z "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
        bitpos z 1
        bitpos z 1 0 94 bit
        bitpos z 1 0 95 bit
        bitpos z 0
        bitpos x 0
        bitpos x 1
        bitpos x 0 5
        set e ""
        bitpos e 0
        bitpos e 1
        bitpos e 0 0
        bitpos a 2
        bitpos a x
        bitpos a 1 x
        bitpos a 1 0 x
        bitpos a 1 0 1 x
        bitpos a 1 x 1 bit x
        bitpos a 1 0 1 bit x
        hset h f v
        bitpos h 1
        bitpos a
    "#,
    ));
}

#[test]
fn strings_are_combined() {
    expect![[r#"
        > mset a "\xf0\x0f\xff" b "\xff\x00" c ""
        OK
        > bitop and d a b
        (integer) 3
        > get d
        "\xf0\x00\x00"
        > bitop or d a b
        (integer) 3
        > get d
        "\xff\x0f\xff"
        > bitop XOR d a b
        (integer) 3
        > get d
        "\x0f\x0f\xff"
        > bitop not d a
        (integer) 3
        > get d
        "\x0f\xf0\x00"
        > bitop and d a x
        (integer) 3
        > get d
        "\x00\x00\x00"
        > bitop or d x a b
        (integer) 3
        > get d
        "\xff\x0f\xff"
        > bitop and d b a a
        (integer) 3
        > get d
        "\xf0\x00\x00"
        > bitop not d x
        (integer) 0
        > get d
        (nil)
        > bitop or d c x
        (integer) 0
        > get d
        (nil)
        > bitop or a a b
        (integer) 3
        > get a
        "\xff\x0f\xff"
        > bitop not d a b
        (error) ERR BITOP NOT must be called with a single source key.
        > bitop nope d a
        (error) ERR syntax error
        > bitop and d
        (error) ERR wrong number of arguments for 'bitop' command
        > hset h f v
        (integer) 1
        > bitop and d a h
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > bitop or h a
        (integer) 3
        > get h
        "\xff\x0f\xff"
        > set t x px 100
        OK
        > bitop or t a
        (integer) 3
        > +101
        > get t
        "\xff\x0f\xff"
    "#]]
    .assert_eq(&play(
        r#"
        mset a "\xf0\x0f\xff" b "\xff\x00" c ""
        bitop and d a b
        get d
        bitop or d a b
        get d
        bitop XOR d a b
        get d
        bitop not d a
        get d
        bitop and d a x
        get d
        bitop or d x a b
        get d
        bitop and d b a a
        get d
        bitop not d x
        get d
        bitop or d c x
        get d
        bitop or a a b
        get a
        bitop not d a b
        bitop nope d a
        bitop and d
        hset h f v
        bitop and d a h
        bitop or h a
        get h
        set t x px 100
        bitop or t a
        +101
        get t
    "#,
    ));
}

#[test]
fn fields_of_bits() {
    expect![[r#"
        > bitfield a set u8 0 255 get u8 0 get i8 0 get u4 4
        1) (integer) 0
        2) (integer) 255
        3) (integer) -1
        4) (integer) 15
        > bitfield a incrby u2 100 1 overflow sat incrby u2 102 1
        1) (integer) 1
        2) (integer) 1
        > bitfield a incrby u2 100 1 overflow sat incrby u2 102 1
        1) (integer) 2
        2) (integer) 2
        > bitfield a incrby u2 100 1 overflow sat incrby u2 102 1
        1) (integer) 3
        2) (integer) 3
        > bitfield a incrby u2 100 1 overflow sat incrby u2 102 1
        1) (integer) 0
        2) (integer) 3
        > bitfield a overflow fail incrby u2 102 1
        1) (nil)
        > bitfield a get u2 100 get u2 102 get u8 #1 get u8 #100000
        1) (integer) 0
        2) (integer) 3
        3) (integer) 0
        4) (integer) 0
        > get a
        "\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03"
        > bitfield b set i5 3 -17 get i5 3
        1) (integer) 0
        2) (integer) 15
        > bitfield b overflow sat set i5 3 -17 get i5 3 set i5 3 16 get i5 3
        1) (integer) 15
        2) (integer) -16
        3) (integer) -16
        4) (integer) 15
        > bitfield b overflow fail set i5 3 -17 get i5 3 set i5 3 16 set i5 3 7 get i5 3
        1) (nil)
        2) (integer) 15
        3) (nil)
        4) (integer) 15
        5) (integer) 7
        > bitfield b overflow sat set u5 3 -1 get u5 3 overflow wrap set u5 3 33 get u5 3 overflow fail set u5 3 -1 set u5 3 32
        1) (integer) 7
        2) (integer) 31
        3) (integer) 31
        4) (integer) 1
        5) (nil)
        6) (nil)
        > bitfield c set i64 1 9223372036854775807 incrby i64 1 1 get i64 1 get u63 2
        1) (integer) 0
        2) (integer) -9223372036854775808
        3) (integer) -9223372036854775808
        4) (integer) 0
        > bitfield c overflow sat incrby i64 1 -1 incrby i64 1 -9223372036854775808 overflow fail incrby i64 1 -1
        1) (integer) -9223372036854775808
        2) (integer) -9223372036854775808
        3) (nil)
        > bitfield c set u63 5 9223372036854775807 incrby u63 5 1 incrby u63 5 -1 overflow sat incrby u63 5 9223372036854775807
        1) (integer) 0
        2) (integer) 0
        3) (integer) 9223372036854775807
        4) (integer) 9223372036854775807
        > get c
        "G\xff\xff\xff\xff\xff\xff\xff\xf0"
        > bitfield d overflow fail incrby u1 0 2
        1) (nil)
        > get d
        "\x00"
        > bitfield e get u8 0
        1) (integer) 0
        > get e
        (nil)
        > bitfield e
        (empty array)
        > bitfield d overflow fail incrby u1 0 2
        1) (nil)
        > bitfield a get u64 0
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > bitfield a get i65 0
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > bitfield a get i0 0
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > bitfield a get x8 0
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > bitfield a get u 0
        (error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        > bitfield a get u8 -1
        (error) ERR bit offset is not an integer or out of range
        > bitfield a get u8 x
        (error) ERR bit offset is not an integer or out of range
        > bitfield a get u8 #x
        (error) ERR bit offset is not an integer or out of range
        > bitfield a get u8 4294967295
        1) (integer) 0
        > bitfield a get u8 4294967296
        (error) ERR bit offset is not an integer or out of range
        > bitfield a get u8 #536870912
        (error) ERR bit offset is not an integer or out of range
        > bitfield a get u8 #9223372036854775807
        (error) ERR bit offset is not an integer or out of range
        > bitfield a get u8
        (error) ERR syntax error
        > bitfield a set u8 0
        (error) ERR syntax error
        > bitfield a set u8 0 x
        (error) ERR value is not an integer or out of range
        > bitfield a overflow x
        (error) ERR Invalid OVERFLOW type specified
        > bitfield a overflow
        (error) ERR syntax error
        > bitfield a nope
        (error) ERR syntax error
        > bitfield_ro a get u8 0 get u8 8
        1) (integer) 255
        2) (integer) 0
        > bitfield_ro a set u8 0 1
        (error) ERR BITFIELD_RO only supports the GET subcommand
        > bitfield_ro a overflow fail get u8 0
        1) (integer) 255
        > bitfield_ro x get u8 0
        1) (integer) 0
        > bitfield_ro a
        (empty array)
        > bitfield_ro
        (error) ERR wrong number of arguments for 'bitfield_ro' command
        > hset h f v
        (integer) 1
        > bitfield h get u8 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > bitfield h set u8 0 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > bitfield_ro h get u8 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set t a px 100
        OK
        > bitfield t incrby u8 0 1
        1) (integer) 98
        > +101
        > get t
        (nil)
    "#]].assert_eq(&play(
        r#"
        bitfield a set u8 0 255 get u8 0 get i8 0 get u4 4
        bitfield a incrby u2 100 1 overflow sat incrby u2 102 1
        bitfield a incrby u2 100 1 overflow sat incrby u2 102 1
        bitfield a incrby u2 100 1 overflow sat incrby u2 102 1
        bitfield a incrby u2 100 1 overflow sat incrby u2 102 1
        bitfield a overflow fail incrby u2 102 1
        bitfield a get u2 100 get u2 102 get u8 #1 get u8 #100000
        get a
        bitfield b set i5 3 -17 get i5 3
        bitfield b overflow sat set i5 3 -17 get i5 3 set i5 3 16 get i5 3
        bitfield b overflow fail set i5 3 -17 get i5 3 set i5 3 16 set i5 3 7 get i5 3
        bitfield b overflow sat set u5 3 -1 get u5 3 overflow wrap set u5 3 33 get u5 3 overflow fail set u5 3 -1 set u5 3 32
        bitfield c set i64 1 9223372036854775807 incrby i64 1 1 get i64 1 get u63 2
        bitfield c overflow sat incrby i64 1 -1 incrby i64 1 -9223372036854775808 overflow fail incrby i64 1 -1
        bitfield c set u63 5 9223372036854775807 incrby u63 5 1 incrby u63 5 -1 overflow sat incrby u63 5 9223372036854775807
        get c
        bitfield d overflow fail incrby u1 0 2
        get d
        bitfield e get u8 0
        get e
        bitfield e
        3
        bitfield d overflow fail incrby u1 0 2
        2
        bitfield a get u64 0
        bitfield a get i65 0
        bitfield a get i0 0
        bitfield a get x8 0
        bitfield a get u 0
        bitfield a get u8 -1
        bitfield a get u8 x
        bitfield a get u8 #x
        bitfield a get u8 4294967295
        bitfield a get u8 4294967296
        bitfield a get u8 #536870912
        bitfield a get u8 #9223372036854775807
        bitfield a get u8
        bitfield a set u8 0
        bitfield a set u8 0 x
        bitfield a overflow x
        bitfield a overflow
        bitfield a nope
        bitfield_ro a get u8 0 get u8 8
        bitfield_ro a set u8 0 1
        bitfield_ro a overflow fail get u8 0
        bitfield_ro x get u8 0
        bitfield_ro a
        bitfield_ro
        hset h f v
        bitfield h get u8 0
        bitfield h set u8 0 1
        bitfield_ro h get u8 0
        set t a px 100
        bitfield t incrby u8 0 1
        +101
        get t
    "#,
    ));
}

#[test]
fn bits_are_told_of() {
    expect![[r#"
        > setbit a 1 1
        (integer) 0
        * setbit a
        > setbit a 1 1
        (integer) 1
        > setbit a 2 0
        (integer) 0
        > setbit a 9 0
        (integer) 0
        * setbit a
        > bitfield a get u8 0
        1) (integer) 64
        > bitfield a set u8 0 64
        1) (integer) 64
        > bitfield a set u8 0 65
        1) (integer) 64
        * setbit a
        > bitfield a set u8 16 0
        1) (integer) 0
        * setbit a
        > bitfield b overflow fail incrby u1 0 2
        1) (nil)
        > bitop or c a
        (integer) 3
        * set c
        > bitop or c x
        (integer) 0
        * del c
        > bitop or c x
        (integer) 0
    "#]]
    .assert_eq(&play(
        r#"
        notices
        setbit a 1 1
        setbit a 1 1
        setbit a 2 0
        setbit a 9 0
        bitfield a get u8 0
        bitfield a set u8 0 64
        bitfield a set u8 0 65
        bitfield a set u8 16 0
        bitfield b overflow fail incrby u1 0 2
        bitop or c a
        bitop or c x
        bitop or c x
    "#,
    ));
}
