use expect_test::expect;

use crate::play::play;

#[test]
fn move_one() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        lmove a b left right
        rpush a 1 2 3 4
        lmove a b left right
        lmove a b RIGHT left
        lmove a b left left
        lmove a b right right
        lrange a 0 -1
        lrange b 0 -1
        lmove a b left left
        3
        lmove a b left left
        2
        lmove b b left right
        lmove b b right left
        lmove b b left left
        lmove b b right right
        lrange b 0 -1
        lmove b a up left
        lmove b a left up
        lmove x a left up
        lmove b a left
        lmove b a left right x
        set s 1
        lmove s a left left
        lmove b s left left
        lmove x s left left
        lmove s x up left
        lrange b 0 -1
        rpush c only
        lmove c c left right
        lrange c 0 -1
    "#,
    ));
}

#[test]
fn pop_and_push() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        rpoplpush a b
        rpush a 1 2 3
        rpoplpush a b
        rpoplpush a b
        lrange b 0 -1
        rpoplpush b b
        lrange b 0 -1
        rpoplpush a b
        rpoplpush a b
        rpoplpush a
        rpoplpush a b c
        set s 1
        rpoplpush s b
        rpoplpush b s
        rpoplpush x s
        3
        rpoplpush x b
    "#,
    ));
}

#[test]
fn moves_are_told() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        notices
        rpush {t}a 1 2
        lmove {t}a {t}b left right
        rpoplpush {t}a {t}b
        rpoplpush {t}b {t}b
        lmove {t}b {t}b left left
        lmove {t}x {t}b left left
        blmove {t}b {t}c left left 0
        brpoplpush {t}b {t}c 0
    "#,
    ));
}
