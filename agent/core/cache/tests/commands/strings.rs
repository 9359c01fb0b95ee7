use expect_test::expect;

use crate::play::play;

#[test]
fn set_and_get() {
    expect![[r#"
        > get a
        (nil)
        > set a 1
        OK
        > get a
        "1"
        > set a "\xff\r\n" px 100
        OK
        > get a
        "\xff\r\n"
        > +99
        > get a
        "\xff\r\n"
        > +1
        > get a
        (nil)
        > set a 1 xx
        (nil)
        > set a 1 nx ex 1
        OK
        > set a 2 nx
        (nil)
        > set a 3 keepttl get
        "1"
        > +1000
        > get a
        (nil)
        > set a 1 ex 0
        (error) ERR invalid expire time in 'set' command
        > set a 1 ex 1 px 1
        (error) ERR syntax error
        > set a 1 ex x
        (error) ERR value is not an integer or out of range
        > set a 1 ex 9223372036854775807
        (error) ERR invalid expire time in 'set' command
        > set a 1 nx xx
        (error) ERR syntax error
        > set a 1 keepttl ex 1
        (error) ERR syntax error
        > set a
        (error) ERR wrong number of arguments for 'set' command
        > hset h f v
        (integer) 1
        > get h
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set h 1 get
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set h 1
        OK
        > get h
        "1"
    "#]]
    .assert_eq(&play(
        r#"
        get a
        set a 1
        get a
        set a "\xff\r\n" px 100
        get a
        +99
        get a
        +1
        get a
        set a 1 xx
        set a 1 nx ex 1
        set a 2 nx
        set a 3 keepttl get
        +1000
        get a
        set a 1 ex 0
        set a 1 ex 1 px 1
        set a 1 ex x
        set a 1 ex 9223372036854775807
        set a 1 nx xx
        set a 1 keepttl ex 1
        set a
        hset h f v
        get h
        set h 1 get
        set h 1
        get h
    "#,
    ));
}
