use expect_test::expect;

use crate::play::play;

#[test]
fn keys_are_removed_and_looked_at() {
    expect![[r#"
        > set a 1
        OK
        > set b 2
        OK
        > exists a b c a
        (integer) 3
        > exists
        (error) ERR wrong number of arguments for 'exists' command
        > del a c a
        (integer) 1
        > del
        (error) ERR wrong number of arguments for 'del' command
        > unlink b b
        (integer) 1
        > unlink
        (error) ERR wrong number of arguments for 'unlink' command
        > set a 1
        OK
        > hset h f v
        (integer) 1
        > type a
        string
        > type h
        hash
        > type x
        none
        > type
        (error) ERR wrong number of arguments for 'type' command
        > touch a h x a
        (integer) 3
        > dbsize
        (integer) 2
        > dbsize x
        (error) ERR wrong number of arguments for 'dbsize' command
        > keys a*
        1) "a"
        > keys x*
        (empty array)
        > keys
        (error) ERR wrong number of arguments for 'keys' command
        > randomkey x
        (error) ERR wrong number of arguments for 'randomkey' command
        > del h
        (integer) 1
        > randomkey
        "a"
        > del a
        (integer) 1
        > append "" y
        (integer) 1
        > keys *
        1) ""
        > keys **
        (empty array)
        > scan 0 match *
        1) "0"
        2) 1) ""
        > del ""
        (integer) 1
        > randomkey
        (nil)
        > randomkey
        (nil)
        > touch
        (error) ERR wrong number of arguments for 'touch' command
    "#]]
    .assert_eq(&play(
        r#"
        set a 1
        set b 2
        exists a b c a
        exists
        del a c a
        del
        unlink b b
        unlink
        set a 1
        hset h f v
        type a
        type h
        type x
        type
        touch a h x a
        dbsize
        dbsize x
        keys a*
        keys x*
        keys
        randomkey x
        del h
        randomkey
        del a
        append "" y
        keys *
        keys **
        scan 0 match *
        del ""
        randomkey
        3
        randomkey
        touch
        2
    "#,
    ));
}
