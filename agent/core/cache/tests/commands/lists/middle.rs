use expect_test::expect;

use crate::play::play;

#[test]
fn set_and_index() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        rpush l a b c
        lindex l 0
        lindex l 2
        lindex l 3
        lindex l -1
        lindex l -3
        lindex l -4
        lindex l -9223372036854775808
        lindex l 9223372036854775807
        lindex l x
        lindex l 1.0
        lindex x x
        3
        lindex l 3
        lindex x 0
        2
        lset l 0 A
        lset l -1 "a longer one"
        lset l 1 ""
        lrange l 0 -1
        lset l 3 x
        lset l -4 x
        lset l x x
        lset l -9223372036854775808 x
        lset x 0 a
        lset x x a
        lset l 0
        lindex l
        lindex l 0 0
        set s 1
        lindex s 0
        lindex s x
        lset s 0 a
        lset s x a
        notices
        lset l 0 b
        lset l 5 b
    "#,
    ));
}

#[test]
fn insert() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        linsert l before a b
        rpush l a b a
        linsert l before a 1
        linsert l AFTER a 2
        linsert l after b 3
        linsert l before x 4
        lrange l 0 -1
        linsert l beside a 1
        linsert x beside a 1
        linsert l before a
        linsert l before a b c
        set s 1
        linsert s before a b
        linsert s beside a b
        notices
        linsert l before a 5
        linsert l before z 5
        linsert x before z 5
    "#,
    ));
}

#[test]
fn remove() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        lrem l 0 a
        rpush l a b a c a d a
        lrem l 1 a
        lrange l 0 -1
        lrem l -1 a
        lrange l 0 -1
        lrem l 0 x
        lrem l -5 a
        lrange l 0 -1
        rpush l b b b
        lrem l 0 b
        lrange l 0 -1
        lrem l 2 c
        lrem l x c
        lrem l 1.5 c
        lrem x x c
        lrem l 9223372036854775807 d
        llen l
        rpush l a
        lrem l -9223372036854775807 a
        lrem l 0
        lrem l 0 a b
        set s 1
        lrem s 0 a
        lrem s x a
        notices
        rpush l a b a
        lrem l 1 a
        lrem l 0 x
        lrem l 0 a
        lrem l 0 b
    "#,
    ));
}

#[test]
fn positions() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        rpush l a b c 1 2 3 c c
        lpos l c
        lpos l x
        lpos l 2
        lpos l c rank 2
        lpos l c rank -1
        lpos l c rank -3
        lpos l c rank 4
        lpos l c rank -4
        lpos l c count 2
        lpos l c count 0
        lpos l c COUNT 0 RANK 2
        lpos l c count 2 rank -1
        lpos l c count 0 rank -2
        lpos l x count 0
        lpos l c maxlen 2
        lpos l c maxlen 3
        lpos l c maxlen 0
        lpos l c count 0 maxlen 7
        lpos l c count 0 maxlen 1 rank -1
        lpos l c rank -2 maxlen 2
        lpos l c rank 9223372036854775807
        lpos l c rank -9223372036854775807
        lpos l c rank -9223372036854775808
        lpos l c rank 0
        lpos l c rank x
        lpos l c count -1
        lpos l c count x
        lpos l c maxlen -1
        lpos l c maxlen x
        lpos l c rank
        lpos l c count
        lpos l c x 1
        lpos l c rank 1 x
        lpos l c rank 2 rank 1
        lpos x c
        lpos x c count 0
        lpos x c rank 0
        3
        lpos l x
        lpos x c
        lpos x c count 1
        2
        lpos l
        set s 1
        lpos s c
        lpos s c rank 0
    "#,
    ));
}
