use expect_test::expect;

use crate::play::play;

#[test]
fn push_and_pop() {
    expect![[r#"
        > rpush l a b c
        (integer) 3
        > lpush l d e
        (integer) 5
        > lrange l 0 -1
        1) "e"
        2) "d"
        3) "a"
        4) "b"
        5) "c"
        > llen l
        (integer) 5
        > lpop l
        "e"
        > rpop l
        "c"
        > lpop l 0
        (empty array)
        > lpop l 2
        1) "d"
        2) "a"
        > lrange l 0 -1
        1) "b"
        > rpop l 10
        1) "b"
        > llen l
        (integer) 0
        > lpop l
        (nil)
        > rpop l
        (nil)
        > lpop l 1
        (nil array)
        > rpop l 0
        (nil array)
        > lpop l
        (nil)
        > lpop l 1
        (nil)
        > rpush l a b c d
        (integer) 4
        > rpop l 3
        1) "d"
        2) "c"
        3) "b"
        > lpop l -1
        (error) ERR value is out of range, must be positive
        > lpop l x
        (error) ERR value is out of range, must be positive
        > rpop l 9223372036854775808
        (error) ERR value is out of range, must be positive
        > rpop missing -1
        (error) ERR value is out of range, must be positive
        > lpop l 9223372036854775807
        1) "a"
        > rpush l "" "\xff\r\n" -1 007 9223372036854775807 1.5
        (integer) 6
        > lrange l 0 -1
        1) ""
        2) "\xff\r\n"
        3) "-1"
        4) "007"
        5) "9223372036854775807"
        6) "1.5"
        > lpop l 6
        1) ""
        2) "\xff\r\n"
        3) "-1"
        4) "007"
        5) "9223372036854775807"
        6) "1.5"
        > rpush l
        (error) ERR wrong number of arguments for 'rpush' command
        > lpush l
        (error) ERR wrong number of arguments for 'lpush' command
        > rpush
        (error) ERR wrong number of arguments for 'rpush' command
        > lpop
        (error) ERR wrong number of arguments for 'lpop' command
        > lpop l 1 2
        (error) ERR wrong number of arguments for 'lpop' command
        > rpop l 1 2
        (error) ERR wrong number of arguments for 'rpop' command
        > lpop s 1 2
        (error) ERR wrong number of arguments for 'lpop' command
        > llen
        (error) ERR wrong number of arguments for 'llen' command
        > llen l m
        (error) ERR wrong number of arguments for 'llen' command
        > set s 1
        OK
        > rpush s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lpush s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > llen s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lpop s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > rpop s 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lpop s x
        (error) ERR value is out of range, must be positive
        > lpop s 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
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
    expect![[r#"
        > rpushx l a
        (integer) 0
        > lpushx l a b
        (integer) 0
        > llen l
        (integer) 0
        > rpush l a
        (integer) 1
        > rpushx l b c
        (integer) 3
        > lpushx l d e
        (integer) 5
        > lrange l 0 -1
        1) "e"
        2) "d"
        3) "a"
        4) "b"
        5) "c"
        > rpushx l
        (error) ERR wrong number of arguments for 'rpushx' command
        > lpushx l
        (error) ERR wrong number of arguments for 'lpushx' command
        > set s 1
        OK
        > rpushx s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lpushx s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
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
    expect![[r#"
        > lmpop 2 a b left
        (nil array)
        > rpush b 1 2 3 4 5 6
        (integer) 6
        > lmpop 2 a b left
        1) "b"
        2) 1) "1"
        > lmpop 2 a b RIGHT count 2
        1) "b"
        2) 1) "6"
           2) "5"
        > lmpop 1 a left count 2
        (nil array)
        > lmpop 1 b left count 10
        1) "b"
        2) 1) "2"
           2) "3"
           3) "4"
        > lmpop 1 b left
        (nil)
        > lmpop 0 b left
        (error) ERR numkeys should be greater than 0
        > lmpop -1 b left
        (error) ERR numkeys should be greater than 0
        > lmpop x b left
        (error) ERR numkeys should be greater than 0
        > lmpop 1.5 b left
        (error) ERR numkeys should be greater than 0
        > lmpop 2 b left
        (error) ERR syntax error
        > lmpop 1 b
        (error) ERR wrong number of arguments for 'lmpop' command
        > lmpop 1 b up
        (error) ERR syntax error
        > lmpop 1 b left count 0
        (error) ERR count should be greater than 0
        > lmpop 1 b left count -1
        (error) ERR count should be greater than 0
        > lmpop 1 b left count x
        (error) ERR count should be greater than 0
        > lmpop 1 b left count
        (error) ERR syntax error
        > lmpop 1 b left count 1 count 1
        (error) ERR syntax error
        > lmpop 1 b left count 1 x
        (error) ERR syntax error
        > lmpop 1 b left x 1
        (error) ERR syntax error
        > lmpop 3 b left count 1
        (error) ERR syntax error
        > set s 1
        OK
        > lmpop 1 s left
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > rpush b 1
        (integer) 1
        > lmpop 2 s b left
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lmpop 2 b s left
        1) "b"
        2) 1) "1"
        > lmpop 2 b s left
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lmpop 1 s up
        (error) ERR syntax error
    "#]]
    .assert_eq(&play(
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
    expect![[r#"
        > rpush l a b c
        (integer) 3
        * rpush l
        > lpush l d
        (integer) 4
        * lpush l
        > rpushx l e
        (integer) 5
        * rpush l
        > lpushx x e
        (integer) 0
        > lpushx l f
        (integer) 6
        * lpush l
        > lpop l
        "f"
        * lpop l
        > rpop l 2
        1) "e"
        2) "c"
        * rpop l
        > lpop l 0
        (empty array)
        > lmpop 1 l right
        1) "l"
        2) 1) "b"
        * rpop l
        > rpop l 5
        1) "a"
        2) "d"
        * rpop l
        * del l
        > lpop l
        (nil)
        > lpop l 1
        (nil array)
        > rpush l a
        (integer) 1
        * rpush l
        > lmpop 2 x l left count 7
        1) "l"
        2) 1) "a"
        * lpop l
        * del l
        > rpush l a
        (integer) 1
        * rpush l
        > lpop l
        "a"
        * lpop l
        * del l
    "#]]
    .assert_eq(&play(
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
