//! Random members.

use expect_test::expect;

use crate::play::play;

#[test]
fn random_members() {
    expect![[r#"
        > sadd s m
        (integer) 1
        > srandmember s
        "m"
        > srandmember s 5
        1) "m"
        > srandmember s -3
        1) "m"
        2) "m"
        3) "m"
        > srandmember s 0
        (empty array)
        > srandmember s 1
        1) "m"
        > srandmember x
        (nil)
        > srandmember x 3
        (empty array)
        > srandmember x -3
        (empty array)
        > srandmember s 1 2
        (error) ERR syntax error
        > srandmember s a
        (error) ERR value is not an integer or out of range
        > srandmember s 9223372036854775807
        1) "m"
        > srandmember s -9223372036854775808
        (error) ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        > srandmember s 9223372036854775808
        (error) ERR value is not an integer or out of range
        > spop s
        "m"
        > spop s
        (nil)
        > spop s 2
        (empty array)
        > sadd i 3 2 1
        (integer) 3
        > srandmember i 3
        1) "1"
        2) "2"
        3) "3"
        > srandmember i 100
        1) "1"
        2) "2"
        3) "3"
        > spop i 0
        (empty array)
        > spop i -1
        (error) ERR value is out of range, must be positive
        > spop i a
        (error) ERR value is out of range, must be positive
        > spop i 1 2
        (error) ERR syntax error
        > spop i 100
        1) "1"
        2) "2"
        3) "3"
        > spop i 100
        (empty array)
        > sadd s m
        (integer) 1
        > srandmember s 5
        1) "m"
        > srandmember s -2
        1) "m"
        2) "m"
        > srandmember x 3
        (empty array)
        > srandmember x
        (nil)
        > spop s 0
        (empty ~)
        > spop s 7
        1~ "m"
        > spop x 7
        (empty ~)
        > spop x
        (nil)
        > set str v
        OK
        > spop str
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > spop str 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > spop str -1
        (error) ERR value is out of range, must be positive
        > spop str 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > srandmember str
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > srandmember str 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > srandmember str x
        (error) ERR value is not an integer or out of range
        > srandmember
        (error) ERR wrong number of arguments for 'srandmember' command
        > spop
        (error) ERR wrong number of arguments for 'spop' command
    "#]].assert_eq(&play(
        r#"
        sadd s m
        srandmember s
        srandmember s 5
        srandmember s -3
        srandmember s 0
        srandmember s 1
        srandmember x
        srandmember x 3
        srandmember x -3
        srandmember s 1 2
        srandmember s a
        srandmember s 9223372036854775807
        srandmember s -9223372036854775808
        srandmember s 9223372036854775808
        spop s
        spop s
        spop s 2
        sadd i 3 2 1
        srandmember i 3
        srandmember i 100
        spop i 0
        spop i -1
        spop i a
        spop i 1 2
        spop i 100
        spop i 100
        sadd s m
        3
        srandmember s 5
        srandmember s -2
        srandmember x 3
        srandmember x
        spop s 0
        spop s 7
        spop x 7
        spop x
        2
        set str v
        spop str
        spop str 0
        spop str -1
        spop str 1
        srandmember str
        srandmember str 1
        srandmember str x
        srandmember
        spop
    "#,
    ));
}
