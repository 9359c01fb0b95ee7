//! What subscribers are told of sets.

use expect_test::expect;

use crate::play::play;

#[test]
fn notices() {
    expect![[r#"
        > sadd {k}s 1 2 3
        (integer) 3
        * sadd {k}s
        > sadd {k}s 1
        (integer) 0
        > srem {k}s 9
        (integer) 0
        > srem {k}s 1 2
        (integer) 2
        * srem {k}s
        > srem {k}s 3
        (integer) 1
        * srem {k}s
        * del {k}s
        > sadd {k}s 1 2
        (integer) 2
        * sadd {k}s
        > smove {k}s {k}t 1
        (integer) 1
        * srem {k}s
        * sadd {k}t
        > smove {k}s {k}t 9
        (integer) 0
        > smove {k}s {k}t 2
        (integer) 1
        * srem {k}s
        * del {k}s
        * sadd {k}t
        > sadd {k}s 1
        (integer) 1
        * sadd {k}s
        > smove {k}s {k}t 1
        (integer) 1
        * srem {k}s
        * del {k}s
        > sadd {k}s 7
        (integer) 1
        * sadd {k}s
        > spop {k}s
        "7"
        * spop {k}s
        * del {k}s
        > spop {k}t 5
        1) "1"
        2) "2"
        * spop {k}t
        * del {k}t
        > spop {k}t 5
        (empty array)
        > spop {k}x
        (nil)
        > sadd {k}a 1 2
        (integer) 2
        * sadd {k}a
        > sadd {k}b 2 3
        (integer) 2
        * sadd {k}b
        > sinterstore {k}d {k}a {k}b
        (integer) 1
        * sinterstore {k}d
        > sunionstore {k}d {k}a {k}b
        (integer) 3
        * sunionstore {k}d
        > sdiffstore {k}d {k}a {k}b
        (integer) 1
        * sdiffstore {k}d
        > sdiffstore {k}d {k}a {k}a
        (integer) 0
        * del {k}d
        > sdiffstore {k}d {k}a {k}a
        (integer) 0
        > sinterstore {k}d {k}a {k}x
        (integer) 0
        > set {k}str 1
        OK
        * set {k}str
        > sunionstore {k}str {k}a
        (integer) 2
        * sunionstore {k}str
    "#]]
    .assert_eq(&play(
        r#"
        notices
        sadd {k}s 1 2 3
        sadd {k}s 1
        srem {k}s 9
        srem {k}s 1 2
        srem {k}s 3
        sadd {k}s 1 2
        smove {k}s {k}t 1
        smove {k}s {k}t 9
        smove {k}s {k}t 2
        sadd {k}s 1
        smove {k}s {k}t 1
        sadd {k}s 7
        spop {k}s
        spop {k}t 5
        spop {k}t 5
        spop {k}x
        sadd {k}a 1 2
        sadd {k}b 2 3
        sinterstore {k}d {k}a {k}b
        sunionstore {k}d {k}a {k}b
        sdiffstore {k}d {k}a {k}b
        sdiffstore {k}d {k}a {k}a
        sdiffstore {k}d {k}a {k}a
        sinterstore {k}d {k}a {k}x
        set {k}str 1
        sunionstore {k}str {k}a
    "#,
    ));
}
