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

/// Whatever makes a key tells that it is new before it tells what was done to it, and whoever reads what is not there tells that.
#[test]
fn new_keys_and_keys_that_are_not_there_are_told() {
    expect![[r#"
        > get a
        (nil)
        * keymiss a
        > set a 1
        OK
        * new a
        * set a
        > set a 2
        OK
        * set a
        > getset b 1
        (nil)
        * keymiss b
        * new b
        * set b
        > set c 1 get
        (nil)
        * keymiss c
        * new c
        * set c
        > set c 1 px 10
        OK
        * set c
        * expire c
        > +20
        > set c 2
        OK
        * expired c
        * new c
        * set c
        > mget a x b y
        1) "2"
        2) (nil)
        3) "1"
        4) (nil)
        * keymiss x
        * keymiss y
        > exists a x
        (integer) 1
        * keymiss x
        > ttl x
        (integer) -2
        * keymiss x
        > type x
        none
        * keymiss x
        > object encoding x
        (nil)
        > touch x
        (integer) 0
        * keymiss x
        > dump x
        (nil)
        * keymiss x
        > strlen x
        (integer) 0
        * keymiss x
        > incr d
        (integer) 1
        * new d
        * incrby d
        > append e f
        (integer) 1
        * new e
        * append e
        > setrange f 1 g
        (integer) 2
        * new f
        * setrange f
        > setbit g 1 1
        (integer) 0
        * new g
        * setbit g
        > bitfield h get u8 0
        1) (integer) 0
        * keymiss h
        > bitfield h set u8 0 1
        1) (integer) 0
        * new h
        * setbit h
        > bitop and i x a
        (integer) 1
        * keymiss x
        * new i
        * set i
        > getdel x
        (nil)
        * keymiss x
        > getex x
        (nil)
        * keymiss x
        > copy x y
        (integer) 0
        * keymiss x
        > copy a j
        (integer) 1
        * new j
        * copy_to j
        > copy a j replace
        (integer) 1
        * new j
        * copy_to j
        > rename j k
        OK
        * new k
        * rename_from j
        * rename_to k
        > renamenx k l
        (integer) 1
        * new l
        * rename_from k
        * rename_to l
        > move l 1
        (integer) 1
        * new l
        * move_from l
        * move_to l
        > db 1
        > move l 0
        (integer) 1
        * new l
        * move_from l
        * move_to l
        > db 0
        > del l x
        (integer) 1
        * del l
        > hget m f
        (nil)
        * keymiss m
        > hset m f v
        (integer) 1
        * new m
        * hset m
        > hset m f w
        (integer) 0
        * hset m
        > hdel m f
        (integer) 1
        * hdel m
        * del m
        > lpush n a b
        (integer) 2
        * new n
        * lpush n
        > lmove n o left right
        "b"
        * new o
        * rpush o
        * lpop n
        > lpop x
        (nil)
        > blpop x n 0
        1) "n"
        2) "a"
        * lpop n
        * del n
        > lrange x 0 -1
        (empty array)
        * keymiss x
        > sadd p a
        (integer) 1
        * new p
        * sadd p
        > smove p q a
        (integer) 1
        * srem p
        * del p
        * new q
        * sadd q
        > sinterstore r p q
        (integer) 0
        * keymiss p
        > sunionstore r q x
        (integer) 1
        * keymiss x
        * new r
        * sunionstore r
        > sunionstore r q
        (integer) 1
        * sunionstore r
        > sinter q x
        (empty array)
        * keymiss x
        > spop x
        (nil)
        > zadd s 1 a
        (integer) 1
        * new s
        * zadd s
        > zadd x xx 1 a
        (integer) 0
        > zunionstore t 2 s x
        (integer) 1
        * keymiss x
        * new t
        * zunionstore t
        > zunionstore t 1 s
        (integer) 1
        * zunionstore t
        > zunion 2 x s
        1) "a"
        * keymiss x
        > zrangestore u x 0 -1
        (integer) 0
        * keymiss x
        > zrangestore u s 0 -1
        (integer) 1
        * new u
        * zrangestore u
        > zrandmember x 2
        (empty array)
        * keymiss x
        > geosearchstore v x fromlonlat 1 1 byradius 1 m
        (integer) 0
        * keymiss x
        > pfadd w a
        (integer) 1
        * new w
        * pfadd w
        > pfmerge z w x
        OK
        * keymiss z
        * keymiss x
        * new z
        * pfadd z
        > pfcount x
        (integer) 0
        * keymiss x
        > xadd sa 1-1 f v
        "1-1"
        * new sa
        * xadd sa
        > xread streams x 0
        (nil array)
        * keymiss x
        * keymiss x
        > xreadgroup group g c streams x >
        (error) NOGROUP No such key 'x' or consumer group 'g' in XREADGROUP with GROUP option
        * keymiss x
        > xgroup create sb g 0 mkstream
        OK
        * new sb
        * xgroup-create sb
        > xack x g 1-1
        (integer) 0
        * keymiss x
        > xlen x
        (integer) 0
        * keymiss x
        > sort x
        (empty array)
        * keymiss x
        > sort n store sc
        (integer) 0
        * keymiss n
        > sort x store sc
        (integer) 0
        * keymiss x
        > sort_ro x
        (empty array)
        * keymiss x
        > expire x 10
        (integer) 0
        > persist x
        (integer) 0
        > restore sd 0 x
        (error) ERR DUMP payload version or checksum are wrong
    "#]]
    .assert_eq(&play(
        "
        all notices
        get a
        set a 1
        set a 2
        getset b 1
        set c 1 get
        set c 1 px 10
        +20
        set c 2
        mget a x b y
        exists a x
        ttl x
        type x
        object encoding x
        touch x
        dump x
        strlen x
        incr d
        append e f
        setrange f 1 g
        setbit g 1 1
        bitfield h get u8 0
        bitfield h set u8 0 1
        bitop and i x a
        getdel x
        getex x
        copy x y
        copy a j
        copy a j replace
        rename j k
        renamenx k l
        move l 1
        db 1
        move l 0
        db 0
        del l x
        hget m f
        hset m f v
        hset m f w
        hdel m f
        lpush n a b
        lmove n o left right
        lpop x
        blpop x n 0
        lrange x 0 -1
        sadd p a
        smove p q a
        sinterstore r p q
        sunionstore r q x
        sunionstore r q
        sinter q x
        spop x
        zadd s 1 a
        zadd x xx 1 a
        zunionstore t 2 s x
        zunionstore t 1 s
        zunion 2 x s
        zrangestore u x 0 -1
        zrangestore u s 0 -1
        zrandmember x 2
        geosearchstore v x fromlonlat 1 1 byradius 1 m
        pfadd w a
        pfmerge z w x
        pfcount x
        xadd sa 1-1 f v
        xread streams x 0
        xreadgroup group g c streams x >
        xgroup create sb g 0 mkstream
        xack x g 1-1
        xlen x
        sort x
        sort n store sc
        sort x store sc
        sort_ro x
        expire x 10
        persist x
        restore sd 0 x
        ",
    ));
}
