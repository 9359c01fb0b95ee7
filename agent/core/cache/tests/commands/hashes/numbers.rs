//! Values that are numbers.

use expect_test::expect;

use crate::play::play;

#[test]
fn sums() {
    expect![[r#"
        > hincrby h f 5
        (integer) 5
        > hincrby h f -7
        (integer) -2
        > hget h f
        "-2"
        > hincrby h f 9223372036854775807
        (integer) 9223372036854775805
        > hincrby h f 9223372036854775807
        (error) ERR increment or decrement would overflow
        > hset h big 9223372036854775807 small -9223372036854775808 text x empty "" point 1.5 spaces " 1"
        (integer) 6
        > hincrby h big 1
        (error) ERR increment or decrement would overflow
        > hincrby h small -1
        (error) ERR increment or decrement would overflow
        > hincrby h big -1
        (integer) 9223372036854775806
        > hincrby h text 1
        (error) ERR hash value is not an integer
        > hincrby h empty 1
        (error) ERR hash value is not an integer
        > hincrby h point 1
        (error) ERR hash value is not an integer
        > hincrby h spaces 1
        (error) ERR hash value is not an integer
        > hincrby h f x
        (error) ERR value is not an integer or out of range
        > hincrby h f 1.5
        (error) ERR value is not an integer or out of range
        > hincrby h f 9223372036854775808
        (error) ERR value is not an integer or out of range
        > hincrby h f ""
        (error) ERR value is not an integer or out of range
        > hincrby h f
        (error) ERR wrong number of arguments for 'hincrby' command
        > hincrby x f x
        (error) ERR value is not an integer or out of range
        > hlen x
        (integer) 0
        > set s 1
        OK
        > hincrby s f 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hincrby s f x
        (error) ERR value is not an integer or out of range
        > hincrbyfloat h p 10.5
        "10.5"
        > hincrbyfloat h p 0.1
        "10.6"
        > hincrbyfloat h p -5
        "5.6"
        > hincrbyfloat h p 1.0e3
        "1005.59999999999999998"
        > hincrbyfloat h p 0.2
        "1005.79999999999999999"
        > hget h p
        "1005.79999999999999999"
        > hincrbyfloat h third 0.1
        "0.1"
        > hincrbyfloat h third 0.2
        "0.3"
        > hincrbyfloat h tiny 1e-17
        "0.00000000000000001"
        > hincrbyfloat h tiny 1e-18
        "0.00000000000000001"
        > hincrbyfloat h text 1
        (error) ERR hash value is not a float
        > hincrbyfloat h empty 1
        (error) ERR hash value is not a float
        > hincrbyfloat h spaces 1
        (error) ERR hash value is not a float
        > hincrbyfloat h point 0x10
        "17.5"
        > hincrbyfloat h p x
        (error) ERR value is not a valid float
        > hincrbyfloat h p ""
        (error) ERR value is not a valid float
        > hincrbyfloat h p " 1"
        (error) ERR value is not a valid float
        > hincrbyfloat h p inf
        (error) ERR value is NaN or Infinity
        > hincrbyfloat h p -inf
        (error) ERR value is NaN or Infinity
        > hincrbyfloat h p nan
        (error) ERR value is not a valid float
        > hincrbyfloat h f 1
        "9223372036854775806"
        > hincrbyfloat h f -1e19
        "-776627963145224194"
        > hset h inf inf
        (integer) 1
        > hincrbyfloat h inf 1
        (error) ERR increment would produce NaN or Infinity
        > hincrbyfloat h
        (error) ERR wrong number of arguments for 'hincrbyfloat' command
        > hincrbyfloat s f 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hincrbyfloat s f x
        (error) ERR value is not a valid float
        > hincrbyfloat s f inf
        (error) ERR value is NaN or Infinity
        > hincrby h f2 1
        (integer) 1
        > hincrbyfloat h f2 0.5
        "1.5"
        > hincrbyfloat new f x
        (error) ERR value is not a valid float
        > hlen new
        (integer) 0
    "#]].assert_eq(&play(
        r#"
        hincrby h f 5
        hincrby h f -7
        hget h f
        hincrby h f 9223372036854775807
        hincrby h f 9223372036854775807
        hset h big 9223372036854775807 small -9223372036854775808 text x empty "" point 1.5 spaces " 1"
        hincrby h big 1
        hincrby h small -1
        hincrby h big -1
        hincrby h text 1
        hincrby h empty 1
        hincrby h point 1
        hincrby h spaces 1
        hincrby h f x
        hincrby h f 1.5
        hincrby h f 9223372036854775808
        hincrby h f ""
        hincrby h f
        hincrby x f x
        hlen x
        set s 1
        hincrby s f 1
        hincrby s f x
        hincrbyfloat h p 10.5
        hincrbyfloat h p 0.1
        hincrbyfloat h p -5
        hincrbyfloat h p 1.0e3
        hincrbyfloat h p 0.2
        hget h p
        hincrbyfloat h third 0.1
        hincrbyfloat h third 0.2
        hincrbyfloat h tiny 1e-17
        hincrbyfloat h tiny 1e-18
        hincrbyfloat h text 1
        hincrbyfloat h empty 1
        hincrbyfloat h spaces 1
        hincrbyfloat h point 0x10
        hincrbyfloat h p x
        hincrbyfloat h p ""
        hincrbyfloat h p " 1"
        hincrbyfloat h p inf
        hincrbyfloat h p -inf
        hincrbyfloat h p nan
        hincrbyfloat h f 1
        hincrbyfloat h f -1e19
        hset h inf inf
        hincrbyfloat h inf 1
        hincrbyfloat h
        hincrbyfloat s f 1
        hincrbyfloat s f x
        hincrbyfloat s f inf
        3
        hincrby h f2 1
        hincrbyfloat h f2 0.5
        2
        hincrbyfloat new f x
        hlen new
    "#,
    ));
}
