use expect_test::expect;

use crate::play::play;

#[test]
fn scan_and_its_options() {
    expect![[r#"
        > scan 0
        1) "0"
        2) (empty array)
        > set abc 1
        OK
        > scan 0
        1) "0"
        2) 1) "abc"
        > scan 0 match a*
        1) "0"
        2) 1) "abc"
        > scan 0 match b*
        1) "0"
        2) (empty array)
        > scan 0 type string
        1) "0"
        2) 1) "abc"
        > scan 0 type STRING
        1) "0"
        2) 1) "abc"
        > scan 0 type hash
        1) "0"
        2) (empty array)
        > scan 0 type nothing
        1) "0"
        2) (empty array)
        > scan 0 count 100000
        1) "0"
        2) 1) "abc"
        > scan 0 count 9223372036854775807 match * type string
        1) "0"
        2) 1) "abc"
        > scan 0 count 0
        (error) ERR syntax error
        > scan 0 count -1
        (error) ERR syntax error
        > scan 0 count x
        (error) ERR value is not an integer or out of range
        > scan 0 count 9999999999999999999
        (error) ERR value is not an integer or out of range
        > scan 0 match
        (error) ERR syntax error
        > scan 0 type
        (error) ERR syntax error
        > scan 0 foo bar
        (error) ERR syntax error
        > scan 0 foo
        (error) ERR syntax error
        > scan
        (error) ERR wrong number of arguments for 'scan' command
        > scan x
        (error) ERR invalid cursor
        > scan 0x
        (error) ERR invalid cursor
        > scan "0 "
        (error) ERR invalid cursor
        > scan " 0"
        (error) ERR invalid cursor
        > scan 18446744073709551616
        (error) ERR invalid cursor
        > scan 99999999999999999999999
        (error) ERR invalid cursor
        > pexpire abc 20
        (integer) 1
        > +50
        > scan 0
        1) "0"
        2) (empty array)
        > dbsize
        (integer) 0
        > hset h f v
        (integer) 1
        > scan 0 type hash
        1) "0"
        2) 1) "h"
        > scan 0
        1) "0"
        2) 1) "h"
    "#]]
    .assert_eq(&play(
        r#"
        scan 0
        set abc 1
        scan 0
        scan 0 match a*
        scan 0 match b*
        scan 0 type string
        scan 0 type STRING
        scan 0 type hash
        scan 0 type nothing
        scan 0 count 100000
        scan 0 count 9223372036854775807 match * type string
        scan 0 count 0
        scan 0 count -1
        scan 0 count x
        scan 0 count 9999999999999999999
        scan 0 match
        scan 0 type
        scan 0 foo bar
        scan 0 foo
        scan
        scan x
        scan 0x
        scan "0 "
        scan " 0"
        scan 18446744073709551616
        scan 99999999999999999999999
        pexpire abc 20
        +50
        scan 0
        dbsize
        hset h f v
        scan 0 type hash
        3
        scan 0
    "#,
    ));
}
