use expect_test::expect;

use crate::play::play;

#[test]
fn ranges() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        lrange l 0 -1
        rpush l a b c d
        lrange l 0 -1
        lrange l 1 2
        lrange l -2 -1
        lrange l -100 1
        lrange l 2 100
        lrange l 2 1
        lrange l 4 10
        lrange l -1 -2
        lrange l -9223372036854775808 9223372036854775807
        lrange l 9223372036854775807 -9223372036854775808
        lrange l 0 -5
        lrange l x 0
        lrange l 0 x
        lrange x 0 x
        lrange l 0
        lrange l 0 1 2
        3
        lrange l 1 0
        lrange x 0 -1
        2
        set s 1
        lrange s 0 -1
        lrange s x y
    "#,
    ));
}

#[test]
fn trim() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        ltrim l 0 -1
        rpush l a b c d e f
        ltrim l 0 -1
        lrange l 0 -1
        ltrim l 1 -2
        lrange l 0 -1
        ltrim l -100 2
        lrange l 0 -1
        ltrim l 1 100
        lrange l 0 -1
        ltrim l x 0
        ltrim l 0 x
        ltrim x 0 x
        ltrim l 0
        ltrim l 5 10
        llen l
        rpush l a b
        ltrim l 1 0
        llen l
        rpush l a b
        ltrim l -9223372036854775808 -9223372036854775808
        llen l
        set s 1
        ltrim s 0 0
        ltrim s x 0
        notices
        rpush l a b c
        ltrim l 0 -1
        ltrim l 1 1
        ltrim l 1 1
        ltrim l 1 1
    "#,
    ));
}
