//! Values of all kinds go whole, with all that is noted of them.

use expect_test::expect;
use synod_cache::command::{Call, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::Reply;

use crate::play::{play, words};

#[test]
fn all_kinds_go_to_other_keys() {
    expect![[r#"
        > sadd ints 3 1 2
        (integer) 3
        > object encoding ints
        "intset"
        > copy ints ints2
        (integer) 1
        > sadd ints2 4
        (integer) 1
        > smembers ints2
        1) "1"
        2) "2"
        3) "3"
        4) "4"
        > smembers ints
        1) "1"
        2) "2"
        3) "3"
        > rename ints ints3
        OK
        > object encoding ints3
        "intset"
        > dump ints3
        "\x0b\x0e\x02\x00\x00\x00\x03\x00\x00\x00\x01\x00\x02\x00\x03\x00\n\x00\xa5\x02\\\xe2mnM\x1b"
        > copy ints3 ints db 1
        (integer) 1
        > copy ints3 ints db 1
        (integer) 0
        > db 1
        > smembers ints
        1) "1"
        2) "2"
        3) "3"
        > move ints 0
        (integer) 1
        > db 0
        > smembers ints
        1) "1"
        2) "2"
        3) "3"
        > sadd one word
        (integer) 1
        > copy one one2
        (integer) 1
        > sadd one2 other
        (integer) 1
        > smembers one
        1) "word"
        > scard one2
        (integer) 2
        > rename one2 one3
        OK
        > sismember one3 other
        (integer) 1
        > dump one
        "\x02\x01\x04word\n\x00y\xc2\xed\xa6\xbb\xfa\x0b\xc9"
        > sadd many 1
        (integer) 1
        > sadd many xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        (integer) 1
        > object encoding many
        "hashtable"
        > srem many 1
        (integer) 1
        > rename many many2
        OK
        > object encoding many2
        "hashtable"
        > dump many2
        "\x02\x01\xc3\t@I\x01xx\xe0<\x00\x01xx\n\x00\xca\xa7G\xe4\xbd\x95\x1ck"
        > rpush list a b 1 -2 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        (integer) 5
        > copy list list2
        (integer) 1
        > lpush list2 first
        (integer) 6
        > lrange list2 0 -1
        1) "first"
        2) "a"
        3) "b"
        4) "1"
        5) "-2"
        6) "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        > lrange list 0 -1
        1) "a"
        2) "b"
        3) "1"
        4) "-2"
        5) "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        > rename list list3
        OK
        > lrange list3 0 -1
        1) "a"
        2) "b"
        3) "1"
        4) "-2"
        5) "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        > dump list3
        "\x12\x01\x02\xc3\x1b@a\x13a\x00\x00\x00\x05\x00\x81a\x02\x81b\x02\x01\x01\xdf\xfe\x02\xe0Lx\xe0B\x00\x01N\xff\n\x00\xfc\xf1K\x99\"\x17\xf1&"
        > expire list3 100
        (integer) 1
        > copy list3 list4
        (integer) 1
        > ttl list4
        (integer) 100
        > move list4 1
        (integer) 1
        > db 1
        > lrange list4 0 1
        1) "a"
        2) "b"
        > db 0
        > zadd z 1 a 2.5 b -inf c
        (integer) 3
        > object encoding z
        "listpack"
        > copy z z2
        (integer) 1
        > zincrby z2 10 c
        "-inf"
        > zrange z2 0 -1 withscores
        1) "c"
        2) "-inf"
        3) "a"
        4) "1"
        5) "b"
        6) "2.5"
        > zrange z 0 -1 withscores
        1) "c"
        2) "-inf"
        3) "a"
        4) "1"
        5) "b"
        6) "2.5"
        > rename z z3
        OK
        > object encoding z3
        "listpack"
        > dump z3
        "\x11\x1d\x1d\x00\x00\x00\x06\x00\x81c\x02\x84-inf\x05\x81a\x02\x01\x01\x81b\x02\x832.5\x04\xff\n\x009\x923\x9b\xe1\x1f2="
        > zadd zl 1 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 2 b
        (integer) 2
        > zrem zl xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        (integer) 1
        > copy zl zl2
        (integer) 1
        > object encoding zl2
        "skiplist"
        > dump zl2
        "\x05\x01\x01b\x00\x00\x00\x00\x00\x00\x00@\n\x00\xbdtw1\xeb\xe69V"
        > xadd x 1-1 f v
        "1-1"
        > xadd x 1-2 f w g x
        "1-2"
        > xadd x 2-0 f v
        "2-0"
        > xdel x 1-2
        (integer) 1
        > xgroup create x group 0
        OK
        > xreadgroup group alice count 1 streams x >
        (error) ERR syntax error
        > copy x x2
        (integer) 1
        > xadd x2 3-0 f v
        "3-0"
        > xlen x
        (integer) 2
        > xlen x2
        (integer) 3
        > xpending x2 group - + 10
        (empty array)
        > rename x2 x3
        OK
        > xrange x3 - +
        1) 1) "1-1"
           2) 1) "f"
              2) "v"
        2) 1) "2-0"
           2) 1) "f"
              2) "v"
        3) 1) "3-0"
           2) 1) "f"
              2) "v"
        > xinfo groups x3
        1) 1) "name"
           2) "group"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "0-0"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (nil)
        > object encoding x3
        "stream"
        > set s 12
        OK
        > append s 3
        (integer) 3
        > object encoding s
        "raw"
        > copy s s2
        (integer) 1
        > object encoding s2
        "raw"
        > rename s2 s3
        OK
        > object encoding s3
        "raw"
        > get s3
        "123"
        > append new 12
        (integer) 2
        > object encoding new
        "int"
        > copy new new2
        (integer) 1
        > object encoding new2
        "int"
        > incrbyfloat f 1.5
        "1.5"
        > incrbyfloat f 1.5
        "3"
        > object encoding f
        "embstr"
        > copy f f2
        (integer) 1
        > object encoding f2
        "embstr"
        > dump f2
        "\x00\xc0\x03\n\x001\x9a\xf0r\xd1\x85l?"
    "#]]
    .assert_eq(&play(
        r#"
        sadd ints 3 1 2
        object encoding ints
        copy ints ints2
        sadd ints2 4
        smembers ints2
        smembers ints
        rename ints ints3
        object encoding ints3
        dump ints3
        copy ints3 ints db 1
        copy ints3 ints db 1
        db 1
        smembers ints
        move ints 0
        db 0
        smembers ints
        sadd one word
        copy one one2
        sadd one2 other
        smembers one
        scard one2
        rename one2 one3
        sismember one3 other
        dump one
        sadd many 1
        sadd many xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        object encoding many
        srem many 1
        rename many many2
        object encoding many2
        dump many2
        rpush list a b 1 -2 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        copy list list2
        lpush list2 first
        lrange list2 0 -1
        lrange list 0 -1
        rename list list3
        lrange list3 0 -1
        dump list3
        expire list3 100
        copy list3 list4
        ttl list4
        move list4 1
        db 1
        lrange list4 0 1
        db 0
        zadd z 1 a 2.5 b -inf c
        object encoding z
        copy z z2
        zincrby z2 10 c
        zrange z2 0 -1 withscores
        zrange z 0 -1 withscores
        rename z z3
        object encoding z3
        dump z3
        zadd zl 1 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 2 b
        zrem zl xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        copy zl zl2
        object encoding zl2
        dump zl2
        xadd x 1-1 f v
        xadd x 1-2 f w g x
        xadd x 2-0 f v
        xdel x 1-2
        xgroup create x group 0
        xreadgroup group alice count 1 streams x >
        copy x x2
        xadd x2 3-0 f v
        xlen x
        xlen x2
        xpending x2 group - + 10 
        rename x2 x3
        xrange x3 - +
        xinfo groups x3
        object encoding x3
        set s 12
        append s 3
        object encoding s
        copy s s2
        object encoding s2
        rename s2 s3
        object encoding s3
        get s3
        append new 12
        object encoding new
        copy new new2
        object encoding new2
        incrbyfloat f 1.5
        incrbyfloat f 1.5
        object encoding f
        copy f f2
        object encoding f2
        dump f2
    "#,
    ));
}

/// What redis-server 7.0 has not: fields that expire, and small sets of words in one string.
#[test]
fn what_is_newer_goes_to_other_keys() {
    expect![[r#"
        > hset h f 1 g 2
        (integer) 2
        > hexpire h 10 fields 1 f
        1) (integer) 1
        > object encoding h
        "listpackex"
        > copy h h2
        (integer) 1
        > httl h2 fields 2 f g
        1) (integer) 10
        2) (integer) -1
        > object encoding h2
        "listpackex"
        > rename h2 h3
        OK
        > httl h3 fields 2 f g
        1) (integer) 10
        2) (integer) -1
        > copy h3 h db 1
        (integer) 1
        > move h3 1
        (integer) 1
        > db 1
        > hpttl h fields 2 f g
        1) (integer) 10000
        2) (integer) -1
        > hpttl h3 fields 2 f g
        1) (integer) 10000
        2) (integer) -1
        > +10000
        > hget h f
        "1"
        > hgetall h3
        1) "f"
        2) "1"
        3) "g"
        4) "2"
        > +1
        > hgetall h
        1) "g"
        2) "2"
        > hgetall h3
        1) "g"
        2) "2"
        > db 0
        > hgetall h
        1) "g"
        2) "2"
        > exists h
        (integer) 1
        > sadd set 1 word
        (integer) 2
        > object encoding set
        "listpack"
        > copy set set2
        (integer) 1
        > object encoding set2
        "listpack"
        > rename set2 set3
        OK
        > object encoding set3
        "listpack"
        > sadd set3 2 3 4
        (integer) 3
        > smembers set3
        1) "1"
        2) "word"
        3) "2"
        4) "3"
        5) "4"
    "#]]
    .assert_eq(&play(
        r#"
        hset h f 1 g 2
        hexpire h 10 fields 1 f
        object encoding h
        copy h h2
        httl h2 fields 2 f g
        object encoding h2
        rename h2 h3
        httl h3 fields 2 f g
        copy h3 h db 1
        move h3 1
        db 1
        hpttl h fields 2 f g
        hpttl h3 fields 2 f g
        +10000
        hget h f
        hgetall h3
        +1
        hgetall h
        hgetall h3
        db 0
        hgetall h
        exists h
        sadd set 1 word
        object encoding set
        copy set set2
        object encoding set2
        rename set2 set3
        object encoding set3
        sadd set3 2 3 4
        smembers set3
    "#,
    ));
}

fn ask(partition: &mut Partition, args: &[&[u8]]) -> Vec<u8> {
    let mut reply = Reply::default();
    let spec = named(args[0]).expect("a command");
    Call::new(args, Keys::new(&mut [partition], 0), &mut reply).run(spec);
    let bytes = reply.to_vec();
    assert_ne!(bytes[0], b'-', "{}", bytes.escape_ascii());
    bytes
}

/// What `DUMP` answers `RESTORE` makes again, shown as it was, at a primary and at a replica.
#[test]
fn what_is_dumped_is_restored() {
    let numbered = |command: &str, count: usize, each: fn(usize) -> String| {
        let words: Vec<_> = (0..count).map(each).collect();
        format!("{command} {}", words.join(" "))
    };
    let pairs = |number| format!("{number} value-{number}");
    for script in [
        "set k 12",
        "set k word",
        "hset k f v g w",
        "hset k f v g w\nhexpire k 10 fields 1 f",
        &(numbered("hset k", 600, pairs) + "\nhexpire k 10 fields 2 5 7\nhexpire k 20 fields 1 9"),
        &numbered("hset k", 600, pairs),
        "sadd k 3 2 1",
        "sadd k a b 1",
        &numbered("sadd k", 600, |number| number.to_string()),
        &numbered("sadd k", 600, |number| format!("member-{number}")),
        "rpush k a 1 b",
        &numbered("rpush k", 3000, |number| format!("element-{number}")),
        "zadd k 1 a -inf b 2.5 c",
        &numbered("zadd k", 600, |number| {
            format!("{number}.5 member-{number}")
        }),
        "xadd k 1-1 f v\nxadd k 1-2 f v g w\nxdel k 1-1\nxgroup create k all 0\nxreadgroup group all alice streams k >",
        "xgroup create k all 0 mkstream",
    ] {
        let (mut primary, mut replica) = (Partition::new(1), Partition::new(2));
        for line in script.lines() {
            let words = words(line);
            let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            ask(&mut primary, &args);
        }
        let before = primary.contents();
        let reply = ask(&mut primary, &[b"dump", b"k"]);
        let begin = reply
            .iter()
            .position(|byte| *byte == b'\n')
            .expect("a length")
            + 1;
        let dumped = &reply[begin..reply.len() - 2];
        ask(&mut primary, &[b"restore", b"k", b"0", dumped, b"replace"]);
        let name = &script[..script.len().min(60)];
        assert_eq!(primary.contents(), before, "{name}");
        let effects = primary.take_effects();
        replica.apply(&effects).expect("they are whole");
        assert_eq!(replica.contents(), before, "{name}");
    }
}
