use expect_test::expect;

use crate::play::play;

#[test]
fn set_and_index() {
    expect![[r#"
        > rpush l a b c
        (integer) 3
        > lindex l 0
        "a"
        > lindex l 2
        "c"
        > lindex l 3
        (nil)
        > lindex l -1
        "c"
        > lindex l -3
        "a"
        > lindex l -4
        (nil)
        > lindex l -9223372036854775808
        (nil)
        > lindex l 9223372036854775807
        (nil)
        > lindex l x
        (error) ERR value is not an integer or out of range
        > lindex l 1.0
        (error) ERR value is not an integer or out of range
        > lindex x x
        (nil)
        > lindex l 3
        (nil)
        > lindex x 0
        (nil)
        > lset l 0 A
        OK
        > lset l -1 "a longer one"
        OK
        > lset l 1 ""
        OK
        > lrange l 0 -1
        1) "A"
        2) ""
        3) "a longer one"
        > lset l 3 x
        (error) ERR index out of range
        > lset l -4 x
        (error) ERR index out of range
        > lset l x x
        (error) ERR value is not an integer or out of range
        > lset l -9223372036854775808 x
        (error) ERR index out of range
        > lset x 0 a
        (error) ERR no such key
        > lset x x a
        (error) ERR no such key
        > lset l 0
        (error) ERR wrong number of arguments for 'lset' command
        > lindex l
        (error) ERR wrong number of arguments for 'lindex' command
        > lindex l 0 0
        (error) ERR wrong number of arguments for 'lindex' command
        > set s 1
        OK
        > lindex s 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lindex s x
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lset s 0 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lset s x a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lset l 0 b
        OK
        * lset l
        > lset l 5 b
        (error) ERR index out of range
    "#]]
    .assert_eq(&play(
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
    expect![[r#"
        > linsert l before a b
        (integer) 0
        > rpush l a b a
        (integer) 3
        > linsert l before a 1
        (integer) 4
        > linsert l AFTER a 2
        (integer) 5
        > linsert l after b 3
        (integer) 6
        > linsert l before x 4
        (integer) -1
        > lrange l 0 -1
        1) "1"
        2) "a"
        3) "2"
        4) "b"
        5) "3"
        6) "a"
        > linsert l beside a 1
        (error) ERR syntax error
        > linsert x beside a 1
        (error) ERR syntax error
        > linsert l before a
        (error) ERR wrong number of arguments for 'linsert' command
        > linsert l before a b c
        (error) ERR wrong number of arguments for 'linsert' command
        > set s 1
        OK
        > linsert s before a b
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > linsert s beside a b
        (error) ERR syntax error
        > linsert l before a 5
        (integer) 7
        * linsert l
        > linsert l before z 5
        (integer) -1
        > linsert x before z 5
        (integer) 0
    "#]]
    .assert_eq(&play(
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
    expect![[r#"
        > lrem l 0 a
        (integer) 0
        > rpush l a b a c a d a
        (integer) 7
        > lrem l 1 a
        (integer) 1
        > lrange l 0 -1
        1) "b"
        2) "a"
        3) "c"
        4) "a"
        5) "d"
        6) "a"
        > lrem l -1 a
        (integer) 1
        > lrange l 0 -1
        1) "b"
        2) "a"
        3) "c"
        4) "a"
        5) "d"
        > lrem l 0 x
        (integer) 0
        > lrem l -5 a
        (integer) 2
        > lrange l 0 -1
        1) "b"
        2) "c"
        3) "d"
        > rpush l b b b
        (integer) 6
        > lrem l 0 b
        (integer) 4
        > lrange l 0 -1
        1) "c"
        2) "d"
        > lrem l 2 c
        (integer) 1
        > lrem l x c
        (error) ERR value is not an integer or out of range
        > lrem l 1.5 c
        (error) ERR value is not an integer or out of range
        > lrem x x c
        (error) ERR value is not an integer or out of range
        > lrem l 9223372036854775807 d
        (integer) 1
        > llen l
        (integer) 0
        > rpush l a
        (integer) 1
        > lrem l -9223372036854775807 a
        (integer) 1
        > lrem l 0
        (error) ERR wrong number of arguments for 'lrem' command
        > lrem l 0 a b
        (error) ERR wrong number of arguments for 'lrem' command
        > set s 1
        OK
        > lrem s 0 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lrem s x a
        (error) ERR value is not an integer or out of range
        > rpush l a b a
        (integer) 3
        * rpush l
        > lrem l 1 a
        (integer) 1
        * lrem l
        > lrem l 0 x
        (integer) 0
        > lrem l 0 a
        (integer) 1
        * lrem l
        > lrem l 0 b
        (integer) 1
        * lrem l
        * del l
    "#]]
    .assert_eq(&play(
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
    expect![[r#"
        > rpush l a b c 1 2 3 c c
        (integer) 8
        > lpos l c
        (integer) 2
        > lpos l x
        (nil)
        > lpos l 2
        (integer) 4
        > lpos l c rank 2
        (integer) 6
        > lpos l c rank -1
        (integer) 7
        > lpos l c rank -3
        (integer) 2
        > lpos l c rank 4
        (nil)
        > lpos l c rank -4
        (nil)
        > lpos l c count 2
        1) (integer) 2
        2) (integer) 6
        > lpos l c count 0
        1) (integer) 2
        2) (integer) 6
        3) (integer) 7
        > lpos l c COUNT 0 RANK 2
        1) (integer) 6
        2) (integer) 7
        > lpos l c count 2 rank -1
        1) (integer) 7
        2) (integer) 6
        > lpos l c count 0 rank -2
        1) (integer) 6
        2) (integer) 2
        > lpos l x count 0
        (empty array)
        > lpos l c maxlen 2
        (nil)
        > lpos l c maxlen 3
        (integer) 2
        > lpos l c maxlen 0
        (integer) 2
        > lpos l c count 0 maxlen 7
        1) (integer) 2
        2) (integer) 6
        > lpos l c count 0 maxlen 1 rank -1
        1) (integer) 7
        > lpos l c rank -2 maxlen 2
        (integer) 6
        > lpos l c rank 9223372036854775807
        (nil)
        > lpos l c rank -9223372036854775807
        (nil)
        > lpos l c rank -9223372036854775808
        (error) ERR value is out of range, must between -9223372036854775807 and 9223372036854775807
        > lpos l c rank 0
        (error) ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list
        > lpos l c rank x
        (error) ERR value is not an integer or out of range
        > lpos l c count -1
        (error) ERR COUNT can't be negative
        > lpos l c count x
        (error) ERR COUNT can't be negative
        > lpos l c maxlen -1
        (error) ERR MAXLEN can't be negative
        > lpos l c maxlen x
        (error) ERR MAXLEN can't be negative
        > lpos l c rank
        (error) ERR syntax error
        > lpos l c count
        (error) ERR syntax error
        > lpos l c x 1
        (error) ERR syntax error
        > lpos l c rank 1 x
        (error) ERR syntax error
        > lpos l c rank 2 rank 1
        (integer) 2
        > lpos x c
        (nil)
        > lpos x c count 0
        (empty array)
        > lpos x c rank 0
        (error) ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list
        > lpos l x
        (nil)
        > lpos x c
        (nil)
        > lpos x c count 1
        (empty array)
        > lpos l
        (error) ERR wrong number of arguments for 'lpos' command
        > set s 1
        OK
        > lpos s c
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > lpos s c rank 0
        (error) ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list
    "#]].assert_eq(&play(
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
