use expect_test::expect;

use crate::play::play;

#[test]
fn keys_expire() {
    expect![[r#"
        > set a 1
        OK
        > ttl a
        (integer) -1
        > pttl a
        (integer) -1
        > ttl x
        (integer) -2
        > pttl x
        (integer) -2
        > expiretime a
        (integer) -1
        > pexpiretime a
        (integer) -1
        > expiretime x
        (integer) -2
        > pexpiretime x
        (integer) -2
        > expire a 100
        (integer) 1
        > ttl a
        (integer) 100
        > expire a 10 nx
        (integer) 0
        > expire a 200 gt
        (integer) 1
        > ttl a
        (integer) 200
        > expire a 100 gt
        (integer) 0
        > expire a 199 gt
        (integer) 0
        > expire a 300 lt
        (integer) 0
        > expire a 150 lt
        (integer) 1
        > ttl a
        (integer) 150
        > expire a 160 xx
        (integer) 1
        > persist a
        (integer) 1
        > persist a
        (integer) 0
        > persist x
        (integer) 0
        > expire a 10 xx
        (integer) 0
        > expire a 10 gt
        (integer) 0
        > expire a 10 lt
        (integer) 1
        > ttl a
        (integer) 10
        > persist a
        (integer) 1
        > expire a 10 nx
        (integer) 1
        > persist a
        (integer) 1
        > expire a 10 NX NX
        (integer) 1
        > expire x 10
        (integer) 0
        > expire a x
        (error) ERR value is not an integer or out of range
        > expire a 1.5
        (error) ERR value is not an integer or out of range
        > expire a 1 foo
        (error) ERR Unsupported option foo
        > expire x 1 foo
        (error) ERR Unsupported option foo
        > expire a 1 nx xx
        (error) ERR NX and XX, GT or LT options at the same time are not compatible
        > expire a 1 nx gt
        (error) ERR NX and XX, GT or LT options at the same time are not compatible
        > expire a 1 nx lt
        (error) ERR NX and XX, GT or LT options at the same time are not compatible
        > expire a 1 gt lt
        (error) ERR GT and LT options at the same time are not compatible
        > expire a 1 xx gt lt
        (error) ERR GT and LT options at the same time are not compatible
        > expire a x nx xx
        (error) ERR NX and XX, GT or LT options at the same time are not compatible
        > expire a x bar
        (error) ERR Unsupported option bar
        > expire a 9223372036854775807
        (error) ERR invalid expire time in 'expire' command
        > expire a 9223372036854775
        (error) ERR invalid expire time in 'expire' command
        > expire a -9223372036854776
        (error) ERR invalid expire time in 'expire' command
        > expire a 9223372036854776
        (error) ERR invalid expire time in 'expire' command
        > expireat a 9223372036854776
        (error) ERR invalid expire time in 'expireat' command
        > expireat a -9223372036854776
        (error) ERR invalid expire time in 'expireat' command
        > pexpire a 9223372036854775807
        (error) ERR invalid expire time in 'pexpire' command
        > pexpire a -9223372036854775808 gt
        (integer) 0
        > expireat a 9223372036854775
        (integer) 1
        > expiretime a
        (integer) 9223372036854775
        > pexpiretime a
        (integer) 9223372036854775000
        > pexpireat a 9223372036854775807
        (integer) 1
        > expiretime a
        (integer) 9223372036854776
        > pexpiretime a
        (integer) 9223372036854775807
        > pexpireat a 4000000000499
        (integer) 1
        > expiretime a
        (integer) 4000000000
        > pexpireat a 4000000000500
        (integer) 1
        > expiretime a
        (integer) 4000000001
        > expireat a 4000000000 gt
        (integer) 0
        > expireat a 4000000001 gt
        (integer) 1
        > pexpiretime a
        (integer) 4000000001000
        > expireat a 1000 gt
        (integer) 0
        > expireat a 1000 lt
        (integer) 1
        > exists a
        (integer) 0
        > set a 1
        OK
        > expire a 0
        (integer) 1
        > exists a
        (integer) 0
        > set a 1
        OK
        > pexpire a -1 nx
        (integer) 1
        > exists a
        (integer) 0
        > set a 1
        OK
        > pexpireat a 1
        (integer) 1
        > exists a
        (integer) 0
        > set a 1
        OK
        > expireat a 0 xx
        (integer) 0
        > exists a
        (integer) 1
        > pexpire a 30
        (integer) 1
        > +60
        > exists a
        (integer) 0
        > get a
        (nil)
        > ttl a
        (integer) -2
        > expire a 10
        (integer) 0
        > persist a
        (integer) 0
        > hset h f v
        (integer) 1
        > pexpire h 30
        (integer) 1
        > pttl h x
        (error) ERR wrong number of arguments for 'pttl' command
        > expire h
        (error) ERR wrong number of arguments for 'expire' command
        > persist
        (error) ERR wrong number of arguments for 'persist' command
        > +60
        > hget h f
        (nil)
        > dbsize
        (integer) 0
        > expire a 10 "x\x00y"
        (error) ERR Unsupported option x
        > set a 1 px 100
        OK
        > set a 2
        OK
        > pttl a
        (integer) -1
        > set a 1 ex 1000
        OK
        > set a 2 keepttl
        OK
        > ttl a
        (integer) 1000
    "#]]
    .assert_eq(&play(
        r#"
        set a 1
        ttl a
        pttl a
        ttl x
        pttl x
        expiretime a
        pexpiretime a
        expiretime x
        pexpiretime x
        expire a 100
        ttl a
        expire a 10 nx
        expire a 200 gt
        ttl a
        expire a 100 gt
        expire a 199 gt
        expire a 300 lt
        expire a 150 lt
        ttl a
        expire a 160 xx
        persist a
        persist a
        persist x
        expire a 10 xx
        expire a 10 gt
        expire a 10 lt
        ttl a
        persist a
        expire a 10 nx
        persist a
        expire a 10 NX NX
        expire x 10
        expire a x
        expire a 1.5
        expire a 1 foo
        expire x 1 foo
        expire a 1 nx xx
        expire a 1 nx gt
        expire a 1 nx lt
        expire a 1 gt lt
        expire a 1 xx gt lt
        expire a x nx xx
        expire a x bar
        expire a 9223372036854775807
        expire a 9223372036854775
        expire a -9223372036854776
        expire a 9223372036854776
        expireat a 9223372036854776
        expireat a -9223372036854776
        pexpire a 9223372036854775807
        pexpire a -9223372036854775808 gt
        expireat a 9223372036854775
        expiretime a
        pexpiretime a
        pexpireat a 9223372036854775807
        expiretime a
        pexpiretime a
        pexpireat a 4000000000499
        expiretime a
        pexpireat a 4000000000500
        expiretime a
        expireat a 4000000000 gt
        expireat a 4000000001 gt
        pexpiretime a
        expireat a 1000 gt
        expireat a 1000 lt
        exists a
        set a 1
        expire a 0
        exists a
        set a 1
        pexpire a -1 nx
        exists a
        set a 1
        pexpireat a 1
        exists a
        set a 1
        expireat a 0 xx
        exists a
        pexpire a 30
        +60
        exists a
        get a
        ttl a
        expire a 10
        persist a
        hset h f v
        pexpire h 30
        pttl h x
        expire h
        persist
        +60
        hget h f
        dbsize
        expire a 10 "x\x00y"
        set a 1 px 100
        set a 2
        pttl a
        set a 1 ex 1000
        set a 2 keepttl
        ttl a
    "#,
    ));
}
