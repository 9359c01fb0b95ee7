//! Hashes.

mod expired;
mod expiry;
mod fields;
mod large;
mod numbers;
mod random;
mod scan;

use expect_test::expect;

use crate::play::play;

#[test]
fn hset_and_hget() {
    expect![[r#"
        > hset h f 1 g 2
        (integer) 2
        > hset h f 3 i 4
        (integer) 1
        > hset h f
        (error) ERR wrong number of arguments for 'hset' command
        > hset h f 1 g
        (error) ERR wrong number of arguments for 'hset' command
        > hget h f
        "3"
        > hget h x
        (nil)
        > hget x f
        (nil)
        > hgetall h
        1) "f"
        2) "3"
        3) "g"
        4) "2"
        5) "i"
        6) "4"
        > hgetall h
        "f" => "3"
        "g" => "2"
        "i" => "4"
        > hgetall x
        (empty map)
        > hdel h f x g
        (integer) 2
        > hdel h i
        (integer) 1
        > hdel h i
        (integer) 0
        > hgetall h
        (empty array)
        > set s 1
        OK
        > hset s f 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hget s f
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
        r#"
        hset h f 1 g 2
        hset h f 3 i 4
        hset h f
        hset h f 1 g
        hget h f
        hget h x
        hget x f
        hgetall h
        3
        hgetall h
        hgetall x
        2
        hdel h f x g
        hdel h i
        hdel h i
        hgetall h
        set s 1
        hset s f 1
        hget s f
    "#,
    ));
}

#[test]
fn a_hash_grows_and_shrinks() {
    let fields = |range: std::ops::Range<usize>| range.map(|field| format!("field-{field}"));
    let put: Vec<_> = fields(0..2000)
        .map(|field| format!("hset h {field} value-of-{field}"))
        .collect();
    let removed: Vec<_> = fields(0..1999)
        .map(|field| format!("hdel h {field}"))
        .collect();
    let told = play(&format!(
        "{}\nhget h field-77\n{}\nhgetall h\nhdel h field-1999\nhgetall h",
        put.join("\n"),
        removed.join("\n")
    ));
    let last: Vec<_> = told.lines().rev().take(6).collect();
    assert_eq!(
        last,
        [
            "(empty array)",
            "> hgetall h",
            "(integer) 1",
            "> hdel h field-1999",
            "2) \"value-of-field-1999\"",
            "1) \"field-1999\""
        ]
    );
    assert!(told.contains("> hget h field-77\n\"value-of-field-77\""));
}
