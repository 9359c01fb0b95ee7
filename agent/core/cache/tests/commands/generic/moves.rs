use expect_test::expect;

use crate::play::play;

#[test]
fn values_go_to_other_keys_and_databases() {
    expect![[r#"
        > set a 1 ex 1000
        OK
        > rename a b
        OK
        > ttl b
        (integer) 1000
        > get b
        "1"
        > exists a
        (integer) 0
        > rename a b
        (error) ERR no such key
        > rename x x
        (error) ERR no such key
        > rename b b
        OK
        > get b
        "1"
        > hset h f v g w
        (integer) 2
        > rename h b
        OK
        > get b
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hgetall b
        1) "f"
        2) "v"
        3) "g"
        4) "w"
        > ttl b
        (integer) -1
        > renamenx b b
        (integer) 0
        > renamenx x b
        (error) ERR no such key
        > set a 1
        OK
        > renamenx a b
        (integer) 0
        > renamenx b c
        (integer) 1
        > hgetall c
        1) "f"
        2) "v"
        3) "g"
        4) "w"
        > rename a
        (error) ERR wrong number of arguments for 'rename' command
        > renamenx a b c
        (error) ERR wrong number of arguments for 'renamenx' command
        > copy c d
        (integer) 1
        > copy c d
        (integer) 0
        > copy a d replace
        (integer) 1
        > get d
        "1"
        > copy a a
        (error) ERR source and destination objects are the same
        > copy x a
        (integer) 0
        > copy x x
        (error) ERR source and destination objects are the same
        > copy a e db 1
        (integer) 1
        > copy a a db 1
        (integer) 1
        > copy a a db 1
        (integer) 0
        > copy a a db 1 replace
        (integer) 1
        > copy a a db 0
        (error) ERR source and destination objects are the same
        > copy a b db 16
        (error) ERR DB index is out of range
        > copy a b db x
        (error) ERR value is not an integer or out of range
        > copy a b db -1
        (error) ERR DB index is out of range
        > copy a b db
        (error) ERR syntax error
        > copy a b foo
        (error) ERR syntax error
        > copy a b db 99999999999
        (error) ERR value is out of range, value must between -2147483648 and 2147483647
        > copy a
        (error) ERR wrong number of arguments for 'copy' command
        > expire a 1000
        (integer) 1
        > copy a f
        (integer) 1
        > ttl f
        (integer) 1000
        > db 1
        > get e
        "1"
        > get a
        "1"
        > set z zz ex 500
        OK
        > hset y f v
        (integer) 1
        > db 0
        > move a 1
        (integer) 0
        > move x 1
        (integer) 0
        > move a 0
        (error) ERR source and destination objects are the same
        > move a x
        (error) ERR value is not an integer or out of range
        > move a 16
        (error) ERR DB index is out of range
        > move a -1
        (error) ERR DB index is out of range
        > move a 99999999999
        (error) ERR value is out of range, value must between -2147483648 and 2147483647
        > move a
        (error) ERR wrong number of arguments for 'move' command
        > move f 1
        (integer) 1
        > move f 1
        (integer) 0
        > exists f
        (integer) 0
        > db 1
        > get f
        "1"
        > ttl f
        (integer) 1000
        > move z 0
        (integer) 1
        > move y 0
        (integer) 1
        > exists z y
        (integer) 0
        > db 0
        > get z
        "zz"
        > ttl z
        (integer) 500
        > hgetall y
        1) "f"
        2) "v"
        > swapdb 0 1
        OK
        > get f
        "1"
        > get z
        (nil)
        > db 1
        > get z
        "zz"
        > swapdb 1 1
        OK
        > swapdb 1 x
        (error) ERR invalid second DB index
        > swapdb x 1
        (error) ERR invalid first DB index
        > swapdb 1 16
        (error) ERR DB index is out of range
        > swapdb 16 1
        (error) ERR DB index is out of range
        > swapdb -1 1
        (error) ERR DB index is out of range
        > swapdb 99999999999 1
        (error) ERR invalid first DB index
        > swapdb 1
        (error) ERR wrong number of arguments for 'swapdb' command
        > dbsize
        (integer) 5
        > flushdb foo
        (error) ERR syntax error
        > flushdb async sync
        (error) ERR syntax error
        > dbsize
        (integer) 5
        > flushdb
        OK
        > dbsize
        (integer) 0
        > flushdb async
        OK
        > db 0
        > dbsize
        (integer) 3
        > db 1
        > set a 1
        OK
        > flushall bar
        (error) ERR syntax error
        > flushall sync
        OK
        > dbsize
        (integer) 0
        > db 0
        > dbsize
        (integer) 0
        > flushall
        OK
        > flushall async
        OK
    "#]]
    .assert_eq(&play(
        r#"
        set a 1 ex 1000
        rename a b
        ttl b
        get b
        exists a
        rename a b
        rename x x
        rename b b
        get b
        hset h f v g w
        rename h b
        get b
        hgetall b
        ttl b
        renamenx b b
        renamenx x b
        set a 1
        renamenx a b
        renamenx b c
        hgetall c
        rename a
        renamenx a b c
        copy c d
        copy c d
        copy a d replace
        get d
        copy a a
        copy x a
        copy x x
        copy a e db 1
        copy a a db 1
        copy a a db 1
        copy a a db 1 replace
        copy a a db 0
        copy a b db 16
        copy a b db x
        copy a b db -1
        copy a b db
        copy a b foo
        copy a b db 99999999999
        copy a
        expire a 1000
        copy a f
        ttl f
        db 1
        get e
        get a
        set z zz ex 500
        hset y f v
        db 0
        move a 1
        move x 1
        move a 0
        move a x
        move a 16
        move a -1
        move a 99999999999
        move a
        move f 1
        move f 1
        exists f
        db 1
        get f
        ttl f
        move z 0
        move y 0
        exists z y
        db 0
        get z
        ttl z
        hgetall y
        swapdb 0 1
        get f
        get z
        db 1
        get z
        swapdb 1 1
        swapdb 1 x
        swapdb x 1
        swapdb 1 16
        swapdb 16 1
        swapdb -1 1
        swapdb 99999999999 1
        swapdb 1
        dbsize
        flushdb foo
        flushdb async sync
        dbsize
        flushdb
        dbsize
        flushdb async
        db 0
        dbsize
        db 1
        set a 1
        flushall bar
        flushall sync
        dbsize
        db 0
        dbsize
        flushall
        flushall async
    "#,
    ));
}

/// Larger than what is kept in the table, and shown as a hash table.
#[test]
fn a_large_hash_goes_whole() {
    let fields = |range: std::ops::Range<usize>| {
        let pairs = range.map(|field| format!("field-{field} {}", "v".repeat(field % 90 + 1)));
        pairs.collect::<Vec<_>>().join(" ")
    };
    let told = play(&format!(
        "hset a {}\nexpire a 1000\nrename a b\ncopy b c\nhset b only-b 1\nhset c field-3 changed\ncopy b d db 1\nmove b 2\n\
         rename c e\ncopy e f\ndel e\n\
         hget f field-3\nhget f only-b\nhget f field-299\nobject encoding f\nttl f\n\
         db 1\nhget d only-b\nhget d field-3\nobject encoding d\n\
         db 2\nhget b only-b\nhget b field-3\nttl b",
        fields(0..300)
    ));
    let found: Vec<_> = told
        .lines()
        .skip_while(|line| !line.starts_with("> hget f"))
        .filter(|line| !line.starts_with("> "))
        .collect();
    let long = format!("\"{}\"", "v".repeat(30));
    assert_eq!(
        found,
        [
            "\"changed\"",
            "(nil)",
            &long,
            "\"hashtable\"",
            "(integer) 1000",
            "\"1\"",
            "\"vvvv\"",
            "\"hashtable\"",
            "\"1\"",
            "\"vvvv\"",
            "(integer) 1000"
        ]
    );
}
