use expect_test::expect;

use crate::play::play;

#[test]
fn push_and_pop() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        rpush l a b c
        lpush l d e
        lrange l 0 -1
        llen l
        lpop l
        rpop l
        lpop l 0
        lpop l 2
        lrange l 0 -1
        rpop l 10
        llen l
        lpop l
        rpop l
        lpop l 1
        rpop l 0
        3
        lpop l
        lpop l 1
        2
        rpush l a b c d
        rpop l 3
        lpop l -1
        lpop l x
        rpop l 9223372036854775808
        rpop missing -1
        lpop l 9223372036854775807
        rpush l "" "\xff\r\n" -1 007 9223372036854775807 1.5
        lrange l 0 -1
        lpop l 6
        rpush l
        lpush l
        rpush
        lpop
        lpop l 1 2
        rpop l 1 2
        lpop s 1 2
        llen
        llen l m
        set s 1
        rpush s a
        lpush s a
        llen s
        lpop s
        rpop s 1
        lpop s x
        lpop s 0
    "#,
    ));
}

#[test]
fn push_only_what_is_there() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        rpushx l a
        lpushx l a b
        llen l
        rpush l a
        rpushx l b c
        lpushx l d e
        lrange l 0 -1
        rpushx l
        lpushx l
        set s 1
        rpushx s a
        lpushx s a
    "#,
    ));
}

#[test]
fn pop_of_several() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        lmpop 2 a b left
        rpush b 1 2 3 4 5 6
        lmpop 2 a b left
        lmpop 2 a b RIGHT count 2
        lmpop 1 a left count 2
        lmpop 1 b left count 10
        3
        lmpop 1 b left
        2
        lmpop 0 b left
        lmpop -1 b left
        lmpop x b left
        lmpop 1.5 b left
        lmpop 2 b left
        lmpop 1 b
        lmpop 1 b up
        lmpop 1 b left count 0
        lmpop 1 b left count -1
        lmpop 1 b left count x
        lmpop 1 b left count
        lmpop 1 b left count 1 count 1
        lmpop 1 b left count 1 x
        lmpop 1 b left x 1
        lmpop 3 b left count 1
        set s 1
        lmpop 1 s left
        rpush b 1
        lmpop 2 s b left
        lmpop 2 b s left
        lmpop 2 b s left
        lmpop 1 s up
    "#,
    ));
}

#[test]
fn ends_are_told() {
    expect![[r#""#]].assert_eq(&play(
        r#"
        notices
        rpush l a b c
        lpush l d
        rpushx l e
        lpushx x e
        lpushx l f
        lpop l
        rpop l 2
        lpop l 0
        lmpop 1 l right
        rpop l 5
        lpop l
        lpop l 1
        rpush l a
        lmpop 2 x l left count 7
        rpush l a
        lpop l
    "#,
    ));
}

#[test]
fn a_list_grows_and_shrinks() {
    let mut script = String::new();
    for number in 0..400 {
        let long = "x".repeat(number * 37 % 300);
        script += &format!("rpush l {number} {long}r-{number}\nlpush l {long}l-{number}\n");
    }
    script += "llen l\nlindex l 0\nlindex l -1\nlindex l 600\nlrange l 595 605\nlrange l -3 -1\n";
    script += "lpop l 500\nrpop l 699\nlrange l 0 -1\nrpop l\nllen l\n";
    let told = play(&script);
    let last: Vec<_> = told.lines().rev().take(4).collect();
    assert_eq!(last, ["(integer) 0", "> llen l", "\"50\"", "> rpop l"]);
}
