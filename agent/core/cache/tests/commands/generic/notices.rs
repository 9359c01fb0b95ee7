use expect_test::expect;

use crate::play::play;

#[test]
fn what_is_told_to_subscribers() {
    expect![[r#"
        > set a 1
        OK
        * set a
        > set b 2
        OK
        * set b
        > hset h f v
        (integer) 1
        * hset h
        > rename a c
        OK
        * rename_from a
        * rename_to c
        > rename c b
        OK
        * rename_from c
        * rename_to b
        > renamenx b a
        (integer) 1
        * rename_from b
        * rename_to a
        > renamenx a h
        (integer) 0
        > rename a a
        OK
        > copy a d
        (integer) 1
        * copy_to d
        > copy a d
        (integer) 0
        > copy a d replace
        (integer) 1
        * copy_to d
        > copy a a db 1
        (integer) 1
        * copy_to a
        > move d 1
        (integer) 1
        * move_from d
        * move_to d
        > move h 2
        (integer) 1
        * move_from h
        * move_to h
        > db 2
        > rename h i
        OK
        * rename_from h
        * rename_to i
        > db 0
        > expire a 100
        (integer) 1
        * expire a
        > expire a 50 gt
        (integer) 0
        > persist a
        (integer) 1
        * persist a
        > persist a
        (integer) 0
        > expire a -1
        (integer) 1
        * del a
        > set a 1
        OK
        * set a
        > pexpireat a 1
        (integer) 1
        * del a
        > set a 1
        OK
        * set a
        > del a x a
        (integer) 1
        * del a
        > set a 1
        OK
        * set a
        > unlink a
        (integer) 1
        * del a
        > set a 1
        OK
        * set a
        > dump a
        "\x00\xc0\x01\n\x00&x\xe7\xb6\xd1\x01\x11\xfc"
        > restore v 0 "\x00\x01\x61\x06\x00\x29\x13\x87\x1b\x7a\x63\x41\x27"
        OK
        * restore v
        > restore v 1 "\x00\x01\x61\x06\x00\x29\x13\x87\x1b\x7a\x63\x41\x27" replace absttl
        OK
        * del v
        > restore v 1 "\x00\x01\x61\x06\x00\x29\x13\x87\x1b\x7a\x63\x41\x27" replace absttl
        OK
        > swapdb 0 1
        OK
        > set a 1
        OK
        * set a
        > sort x store a
        (integer) 0
        * del a
        > sort x store a
        (integer) 0
        > touch a
        (integer) 0
        > flushdb
        OK
        > flushall
        OK
        > set a 1
        OK
        * set a
        > pexpire a 10
        (integer) 1
        * expire a
        > +20
        > get a
        (nil)
        * expired a
    "#]]
    .assert_eq(&play(
        r#"
        notices
        set a 1
        set b 2
        hset h f v
        rename a c
        rename c b
        renamenx b a
        renamenx a h
        rename a a
        copy a d
        copy a d
        copy a d replace
        copy a a db 1
        move d 1
        move h 2
        db 2
        rename h i
        db 0
        expire a 100
        expire a 50 gt
        persist a
        persist a
        expire a -1
        set a 1
        pexpireat a 1
        set a 1
        del a x a
        set a 1
        unlink a
        set a 1
        dump a
        restore v 0 "\x00\x01\x61\x06\x00\x29\x13\x87\x1b\x7a\x63\x41\x27"
        restore v 1 "\x00\x01\x61\x06\x00\x29\x13\x87\x1b\x7a\x63\x41\x27" replace absttl
        restore v 1 "\x00\x01\x61\x06\x00\x29\x13\x87\x1b\x7a\x63\x41\x27" replace absttl
        swapdb 0 1
        set a 1
        sort x store a
        sort x store a
        touch a
        flushdb
        flushall
        set a 1
        pexpire a 10
        +20
        get a
    "#,
    ));
}
