use expect_test::expect;

use crate::play::play;

#[test]
fn strings_are_counted_once() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        pfadd a x y z
        pfadd a x
        get a
        pfcount a
        get a
        pfadd a y z
        pfadd a w
        get a
        pfcount a
        pfadd b
        pfadd b
        pfcount b
        get b
        pfcount x
        pfcount a b x
        pfadd c 1 2 3 x
        pfcount a c
        pfmerge d a c
        pfcount d
        get d
        pfmerge d
        pfmerge e
        get e
        pfmerge e x
        set t x
        pfadd t 1
        pfcount t
        pfcount a t
        pfmerge t a
        pfmerge a t
        set t ""
        pfcount t
        set t "HYLL\x02aaaaaaaaaaaaaaaaa"
        pfcount t
        set t "HYLL\x00aaaaaaaaaaaaaaaaa"
        pfcount t
        set t "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xfe"
        pfcount t
        pfcount a t
        pfmerge a t
        pfmerge t a
        pfadd t a b
        hset h f v
        pfadd h 1
        pfcount h
        pfmerge h a
        pfadd
        pfcount
        pfmerge
        pfselftest
        pfselftest 1
    "#,
    ));
}

#[test]
fn it_expires_like_any_string() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        set t "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff" px 100
        pfadd t x
        pfcount t
        +100
        pfcount t
        pfadd t x
        pfcount t
    "#,
    ));
}

#[test]
fn insides_are_shown() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        pfadd a x y z
        pfdebug decode a
        pfdebug encoding a
        pfdebug todense a
        pfdebug todense a
        pfdebug encoding a
        pfdebug decode a
        strlen a
        pfcount a
        pfadd a w x
        pfcount a
        pfadd b w v
        pfmerge b a
        pfdebug encoding b
        pfcount b
        pfdebug nope a
        pfdebug decode x
        pfdebug decode
        pfdebug decode a b
        set t x
        pfdebug decode t
        hset h f v
        pfdebug decode h
    "#,
    ));
}

#[test]
fn counting_is_told_of() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        notices
        pfadd a x
        pfadd a x
        pfcount a
        pfmerge b a
        pfdebug todense a
    "#,
    ));
}
