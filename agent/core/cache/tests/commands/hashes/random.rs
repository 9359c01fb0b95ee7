//! Random fields.

use expect_test::expect;

use crate::play::play;

#[test]
fn random_fields() {
    expect![[r#"
        > hset h f 1
        (integer) 1
        > hrandfield h
        "f"
        > hrandfield h 3
        1) "f"
        > hrandfield h -2
        1) "f"
        2) "f"
        > hrandfield h 0
        (empty array)
        > hrandfield h 3 withvalues
        1) "f"
        2) "1"
        > hrandfield h -2 WITHVALUES
        1) "f"
        2) "1"
        3) "f"
        4) "1"
        > hrandfield x
        (nil)
        > hrandfield x 1
        (empty array)
        > hrandfield x 1 withvalues
        (empty array)
        > hrandfield h x
        (error) ERR value is not an integer or out of range
        > hrandfield h 1 bogus
        (error) ERR syntax error
        > hrandfield h 1 withvalues 2
        (error) ERR syntax error
        > hrandfield h -9223372036854775808
        (error) ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        > hrandfield h 9223372036854775807
        1) "f"
        > hrandfield h 9223372036854775807 withvalues
        (error) ERR value is out of range
        > hrandfield h -9223372036854775807 withvalues
        (error) ERR value is out of range
        > hrandfield h x bogus
        (error) ERR value is not an integer or out of range
        > hrandfield
        (error) ERR wrong number of arguments for 'hrandfield' command
        > hset h g 2
        (integer) 1
        > hrandfield h 2
        1) "f"
        2) "g"
        > hrandfield h 5 withvalues
        1) "f"
        2) "1"
        3) "g"
        4) "2"
        > hrandfield h 5
        1) "f"
        2) "g"
        > hrandfield h 5 withvalues
        1) 1) "f"
           2) "1"
        2) 1) "g"
           2) "2"
        > hrandfield h 0 withvalues
        (empty array)
        > hrandfield x 5 withvalues
        (empty array)
        > hrandfield x
        (nil)
        > set s 1
        OK
        > hrandfield s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hrandfield s 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hrandfield s x
        (error) ERR value is not an integer or out of range
    "#]].assert_eq(&play(
        r#"
        hset h f 1
        hrandfield h
        hrandfield h 3
        hrandfield h -2
        hrandfield h 0
        hrandfield h 3 withvalues
        hrandfield h -2 WITHVALUES
        hrandfield x
        hrandfield x 1
        hrandfield x 1 withvalues
        hrandfield h x
        hrandfield h 1 bogus
        hrandfield h 1 withvalues 2
        hrandfield h -9223372036854775808
        hrandfield h 9223372036854775807
        hrandfield h 9223372036854775807 withvalues
        hrandfield h -9223372036854775807 withvalues
        hrandfield h x bogus
        hrandfield
        hset h g 2
        hrandfield h 2
        hrandfield h 5 withvalues
        3
        hrandfield h 5
        hrandfield h 5 withvalues
        hrandfield h 0 withvalues
        hrandfield x 5 withvalues
        hrandfield x
        2
        set s 1
        hrandfield s
        hrandfield s 1
        hrandfield s x
    "#,
    ));
}
