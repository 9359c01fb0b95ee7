//! Fields that expire. No Redis was at hand that knows of them: replies and notices are as its pages and its source say (see
//! `src/hash/time.rs`).

use expect_test::expect;

use crate::play::play;

#[test]
fn fields_expire() {
    expect![[r#"
        > hset h f 1 g 2 i 3
        (integer) 3
        > httl h fields 2 f x
        1) (integer) -1
        2) (integer) -2
        > hexpire h 10 fields 2 f x
        1) (integer) 1
        2) (integer) -2
        > httl h fields 4 f g i x
        1) (integer) 10
        2) (integer) -1
        3) (integer) -1
        4) (integer) -2
        > hpttl h fields 2 f g
        1) (integer) 10000
        2) (integer) -1
        > hexpiretime h fields 2 f g
        1) (integer) 1767225610
        2) (integer) -1
        > hpexpiretime h fields 2 f g
        1) (integer) 1767225610000
        2) (integer) -1
        > +1500
        > httl h fields 1 f
        1) (integer) 9
        > hpttl h fields 1 f
        1) (integer) 8500
        > hpexpire h 700 fields 1 g
        1) (integer) 1
        > +700
        > hget h g
        "2"
        > hlen h
        (integer) 3
        > +1
        > hget h g
        (nil)
        > hlen h
        (integer) 2
        > hgetall h
        1) "f"
        2) "1"
        3) "i"
        4) "3"
        > hexists h g
        (integer) 0
        > hstrlen h g
        (integer) 0
        > hmget h f g i
        1) "1"
        2) (nil)
        3) "3"
        > hkeys h
        1) "f"
        2) "i"
        > hvals h
        1) "1"
        2) "3"
        > httl h fields 1 g
        1) (integer) -2
        > hscan h 0
        1) "0"
        2) 1) "f"
           2) "1"
           3) "i"
           4) "3"
        > hrandfield h 5
        1) "f"
        2) "i"
        > hset h g 4
        (integer) 1
        > httl h fields 1 g
        1) (integer) -1
        > hincrby h f 5
        (integer) 6
        > hincrbyfloat h f 0.5
        "6.5"
        > hpttl h fields 1 f
        1) (integer) 7799
        > hset h f 7
        (integer) 0
        > httl h fields 1 f
        1) (integer) -1
        > hexpire h 10 nx fields 2 f g
        1) (integer) 1
        2) (integer) 1
        > hexpire h 20 nx fields 2 f g
        1) (integer) 0
        2) (integer) 0
        > hexpire h 20 xx fields 2 f i
        1) (integer) 1
        2) (integer) 0
        > hexpire h 10 gt fields 2 f i
        1) (integer) 0
        2) (integer) 0
        > hexpire h 30 GT FIELDS 2 f i
        1) (integer) 1
        2) (integer) 0
        > hexpire h 40 lt fields 2 f i
        1) (integer) 0
        2) (integer) 1
        > hexpire h 5 LT fields 1 f
        1) (integer) 1
        > httl h fields 3 f g i
        1) (integer) 5
        2) (integer) 10
        3) (integer) 40
        > hpersist h fields 3 f g x
        1) (integer) 1
        2) (integer) 1
        3) (integer) -2
        > hpersist h fields 2 f i
        1) (integer) -1
        2) (integer) 1
        > httl h fields 3 f g i
        1) (integer) -1
        2) (integer) -1
        3) (integer) -1
        > hexpireat h 1767225700 fields 1 f
        1) (integer) 1
        > hpexpireat h 1767225700001 fields 1 g
        1) (integer) 1
        > hexpiretime h fields 2 f g
        1) (integer) 1767225700
        2) (integer) 1767225701
        > hpexpiretime h fields 2 f g
        1) (integer) 1767225700000
        2) (integer) 1767225700001
        > hexpireat h 1 fields 1 f
        1) (integer) 2
        > hpexpireat h 0 fields 2 g x
        1) (integer) 2
        2) (integer) -2
        > hexpire h 0 fields 1 i
        1) (integer) 2
        > hlen h
        (integer) 0
        > hpexpire h 1 fields 1 i
        1) (integer) -2
        > +2
        > hgetall h
        (empty array)
        > hexpire h 10 fields 1 f
        1) (integer) -2
        > httl h fields 1 f
        1) (integer) -2
        > hpersist h fields 1 f
        1) (integer) -2
        > hsetnx h f 1
        (integer) 1
        > hpexpire h 5 fields 1 f
        1) (integer) 1
        > +6
        > hsetnx h f 2
        (integer) 1
        > hget h f
        "2"
        > hpexpire h 5 fields 1 f
        1) (integer) 1
        > +6
        > hincrby h f 3
        (integer) 3
        > httl h fields 1 f
        1) (integer) -1
        > hpexpire h 5 fields 1 f
        1) (integer) 1
        > +6
        > hdel h f
        (integer) 0
        > set s 1
        OK
        > hexpire s 10 fields 1 f
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hexpire s x fields 1 f
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > httl s fields 1 f
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hpersist s fields 1 f
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
        r#"
        hset h f 1 g 2 i 3
        httl h fields 2 f x
        hexpire h 10 fields 2 f x
        httl h fields 4 f g i x
        hpttl h fields 2 f g
        hexpiretime h fields 2 f g
        hpexpiretime h fields 2 f g
        +1500
        httl h fields 1 f
        hpttl h fields 1 f
        hpexpire h 700 fields 1 g
        +700
        hget h g
        hlen h
        +1
        hget h g
        hlen h
        hgetall h
        hexists h g
        hstrlen h g
        hmget h f g i
        hkeys h
        hvals h
        httl h fields 1 g
        hscan h 0
        hrandfield h 5
        hset h g 4
        httl h fields 1 g
        hincrby h f 5
        hincrbyfloat h f 0.5
        hpttl h fields 1 f
        hset h f 7
        httl h fields 1 f
        hexpire h 10 nx fields 2 f g
        hexpire h 20 nx fields 2 f g
        hexpire h 20 xx fields 2 f i
        hexpire h 10 gt fields 2 f i
        hexpire h 30 GT FIELDS 2 f i
        hexpire h 40 lt fields 2 f i
        hexpire h 5 LT fields 1 f
        httl h fields 3 f g i
        hpersist h fields 3 f g x
        hpersist h fields 2 f i
        httl h fields 3 f g i
        hexpireat h 1767225700 fields 1 f
        hpexpireat h 1767225700001 fields 1 g
        hexpiretime h fields 2 f g
        hpexpiretime h fields 2 f g
        hexpireat h 1 fields 1 f
        hpexpireat h 0 fields 2 g x
        hexpire h 0 fields 1 i
        hlen h
        hpexpire h 1 fields 1 i
        +2
        hgetall h
        hexpire h 10 fields 1 f
        httl h fields 1 f
        hpersist h fields 1 f
        hsetnx h f 1
        hpexpire h 5 fields 1 f
        +6
        hsetnx h f 2
        hget h f
        hpexpire h 5 fields 1 f
        +6
        hincrby h f 3
        httl h fields 1 f
        hpexpire h 5 fields 1 f
        +6
        hdel h f
        set s 1
        hexpire s 10 fields 1 f
        hexpire s x fields 1 f
        httl s fields 1 f
        hpersist s fields 1 f
    "#,
    ));
}

#[test]
fn what_is_refused() {
    expect![[r#"
        > hset h f 1
        (integer) 1
        > hexpire h 10 fields 1
        (error) ERR wrong number of arguments for 'hexpire' command
        > hexpire h 10 fields 2 f
        (error) ERR The `numfields` parameter must match the number of arguments
        > hexpire h 10 fields 1 f g
        (error) ERR The `numfields` parameter must match the number of arguments
        > hexpire h 10 fields 0 f
        (error) ERR Parameter `numFields` should be greater than 0
        > hexpire h 10 fields -1 f
        (error) ERR Parameter `numFields` should be greater than 0
        > hexpire h 10 fields x f
        (error) ERR Parameter `numFields` should be greater than 0
        > hexpire h 10 field 1 f
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > hexpire h 10 1 f f
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > hexpire h 10 nx xx fields 1 f
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > hexpire h 10 bogus fields 1 f
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > hexpire h x fields 1 f
        (error) ERR value is not an integer or out of range
        > hexpire h -1 fields 1 f
        (error) ERR invalid expire time, must be >= 0
        > hexpire h 1.5 fields 1 f
        (error) ERR value is not an integer or out of range
        > hexpire h 70368744177 fields 1 f
        (error) ERR invalid expire time in 'hexpire' command
        > hexpire h 70368744178 fields 1 f
        (error) ERR invalid expire time in 'hexpire' command
        > hexpire h 68601518577 fields 1 f
        1) (integer) 1
        > hexpire h 9223372036854775807 fields 1 f
        (error) ERR invalid expire time in 'hexpire' command
        > hpexpire h 70368744177663 fields 1 f
        (error) ERR invalid expire time in 'hpexpire' command
        > hpexpire h 68601518577663 fields 1 f
        1) (integer) 1
        > hexpireat h 70368744177 fields 1 f
        1) (integer) 1
        > hexpireat h 70368744178 fields 1 f
        (error) ERR invalid expire time in 'hexpireat' command
        > hpexpireat h 70368744177663 fields 1 f
        1) (integer) 1
        > hpexpireat h 70368744177664 fields 1 f
        (error) ERR invalid expire time in 'hpexpireat' command
        > hpexpiretime h fields 1 f
        1) (integer) 70368744177663
        > httl h fields 0 f
        (error) ERR Number of fields must be a positive integer
        > httl h fields x f
        (error) ERR Number of fields must be a positive integer
        > httl h fields 2 f
        (error) ERR The `numfields` parameter must match the number of arguments
        > httl h bogus 1 f
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > httl h fields 1
        (error) ERR wrong number of arguments for 'httl' command
        > hpersist h fields 0 f
        (error) ERR Number of fields must be a positive integer
        > hpersist h fields 2 f
        (error) ERR The `numfields` parameter must match the number of arguments
        > hpersist h bogus 1 f
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > hpersist h fields 1
        (error) ERR wrong number of arguments for 'hpersist' command
        > httl x fields 2 f g
        1) (integer) -2
        2) (integer) -2
        > hexpire x 10 fields 2 f g
        1) (integer) -2
        2) (integer) -2
        > hexpire x 10 fields 3 f g
        (error) ERR The `numfields` parameter must match the number of arguments
        > hpersist x fields 2 f g
        1) (integer) -2
        2) (integer) -2
        > hexpire h 10 fields 2 f g
        1) (integer) 1
        2) (integer) -2
        > httl h fields 2 f g
        1) (integer) 10
        2) (integer) -2
    "#]]
    .assert_eq(&play(
        r#"
        hset h f 1
        hexpire h 10 fields 1
        hexpire h 10 fields 2 f
        hexpire h 10 fields 1 f g
        hexpire h 10 fields 0 f
        hexpire h 10 fields -1 f
        hexpire h 10 fields x f
        hexpire h 10 field 1 f
        hexpire h 10 1 f f
        hexpire h 10 nx xx fields 1 f
        hexpire h 10 bogus fields 1 f
        hexpire h x fields 1 f
        hexpire h -1 fields 1 f
        hexpire h 1.5 fields 1 f
        hexpire h 70368744177 fields 1 f
        hexpire h 70368744178 fields 1 f
        hexpire h 68601518577 fields 1 f
        hexpire h 9223372036854775807 fields 1 f
        hpexpire h 70368744177663 fields 1 f
        hpexpire h 68601518577663 fields 1 f
        hexpireat h 70368744177 fields 1 f
        hexpireat h 70368744178 fields 1 f
        hpexpireat h 70368744177663 fields 1 f
        hpexpireat h 70368744177664 fields 1 f
        hpexpiretime h fields 1 f
        httl h fields 0 f
        httl h fields x f
        httl h fields 2 f
        httl h bogus 1 f
        httl h fields 1
        hpersist h fields 0 f
        hpersist h fields 2 f
        hpersist h bogus 1 f
        hpersist h fields 1
        httl x fields 2 f g
        hexpire x 10 fields 2 f g
        hexpire x 10 fields 3 f g
        hpersist x fields 2 f g
        3
        hexpire h 10 fields 2 f g
        httl h fields 2 f g
    "#,
    ));
}

#[test]
fn values_with_expiries() {
    expect![[r#"
        > hset h f 1 g 2
        (integer) 2
        > hgetex h fields 3 f g x
        1) "1"
        2) "2"
        3) (nil)
        > httl h fields 2 f g
        1) (integer) -1
        2) (integer) -1
        > hgetex h ex 10 fields 2 f x
        1) "1"
        2) (nil)
        > hpttl h fields 2 f g
        1) (integer) 10000
        2) (integer) -1
        > hgetex h px 500 fields 1 g
        1) "2"
        > hpttl h fields 2 f g
        1) (integer) 10000
        2) (integer) 500
        > hgetex h persist fields 2 f x
        1) "1"
        2) (nil)
        > httl h fields 2 f g
        1) (integer) -1
        2) (integer) 1
        > hgetex h exat 1767225700 fields 1 f
        1) "1"
        > hgetex h PXAT 1767225700500 FIELDS 1 g
        1) "2"
        > hpexpiretime h fields 2 f g
        1) (integer) 1767225700000
        2) (integer) 1767225700500
        > hgetex h ex 0 fields 1 f
        1) "1"
        > hlen h
        (integer) 1
        > hgetex h pxat 5 fields 2 g f
        1) "2"
        2) (nil)
        > hgetall h
        (empty array)
        > hgetex x fields 2 f g
        1) (nil)
        2) (nil)
        > hgetex x ex 10 fields 1 f
        1) (nil)
        > hset h f 1
        (integer) 1
        > hgetex h ex fields 1 f
        (error) ERR value is not an integer or out of range
        > hgetex h ex -1 fields 1 f
        (error) ERR invalid expire time, must be >= 0
        > hgetex h ex x fields 1 f
        (error) ERR value is not an integer or out of range
        > hgetex h ex 70368744178 fields 1 f
        (error) ERR invalid expire time in 'hgetex' command
        > hgetex h ex 10 persist fields 1 f
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > hgetex h ex 10 px 10 fields 1 f
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > hgetex h bogus fields 1 f
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > hgetex h fields 0 f
        (error) ERR Number of fields must be a positive integer
        > hgetex h fields 2 f
        (error) ERR The `numfields` parameter must match the number of arguments
        > hgetex h fields 1
        (error) ERR wrong number of arguments for 'hgetex' command
        > hgetex h ex 10 fields
        (error) ERR wrong number of arguments for 'hgetex' command
        > hgetdel h fields 2 f x
        1) "1"
        2) (nil)
        > hgetdel h fields 1 f
        1) (nil)
        > hset h f 1 g 2 i 3
        (integer) 3
        > hgetdel h fields 3 f g f
        1) "1"
        2) "2"
        3) (nil)
        > hgetall h
        1) "i"
        2) "3"
        > hgetdel h fields 2 f
        (error) ERR The `numfields` parameter must match the number of arguments
        > hgetdel h fields 0 f
        (error) ERR Number of fields must be a positive integer
        > hgetdel h fields x f
        (error) ERR Number of fields must be a positive integer
        > hgetdel h bogus 1 f
        (error) ERR Mandatory argument FIELDS is missing or not at the right position
        > hgetdel h fields 1
        (error) ERR wrong number of arguments for 'hgetdel' command
        > hgetdel x fields 2 f g
        1) (nil)
        2) (nil)
        > hsetex h fields 2 f 1 g 2
        (integer) 1
        > hsetex h ex 10 fields 1 f 3
        (integer) 1
        > httl h fields 2 f g
        1) (integer) 10
        2) (integer) -1
        > hsetex h keepttl fields 2 f 4 g 5
        (integer) 1
        > httl h fields 2 f g
        1) (integer) 10
        2) (integer) -1
        > hsetex h fields 1 f 5
        (integer) 1
        > httl h fields 1 f
        1) (integer) -1
        > hsetex h fnx fields 2 f 6 new 7
        (integer) 0
        > hsetex h FXX FIELDS 2 f 6 new 7
        (integer) 0
        > hsetex h fxx px 700 fields 2 f 6 g 7
        (integer) 1
        > hsetex h fnx exat 1767225700 fields 1 new 7
        (integer) 1
        > hpexpiretime h fields 3 f g new
        1) (integer) 1767225600700
        2) (integer) 1767225600700
        3) (integer) 1767225700000
        > +701
        > hsetex h fnx pxat 1767225700001 fields 2 f 1 g 2
        (integer) 1
        > hgetall h
        1) "i"
        2) "3"
        3) "new"
        4) "7"
        5) "f"
        6) "1"
        7) "g"
        8) "2"
        > hsetex h ex 0 fields 2 f 9 k 9
        (integer) 1
        > hgetall h
        1) "i"
        2) "3"
        3) "new"
        4) "7"
        5) "g"
        6) "2"
        > hsetex gone pxat 5 fields 1 f 1
        (integer) 1
        > hgetall gone
        (empty array)
        > hsetex gone fxx fields 1 f 1
        (integer) 0
        > hsetex gone fnx fields 1 f 1
        (integer) 1
        > hsetex h fields 1 f
        (error) ERR wrong number of arguments for 'hsetex' command
        > hsetex h fields 2 f 1
        (error) ERR wrong number of arguments for 'hsetex' command
        > hsetex h fields 1 f 1 g
        (error) ERR wrong number of arguments for 'hsetex' command
        > hsetex h fields 1 f 1 g 2
        (error) ERR wrong number of arguments for 'hsetex' command
        > hsetex h fields 0 f 1
        (error) ERR invalid number of fields
        > hsetex h fields x f 1
        (error) ERR invalid number of fields
        > hsetex h fields 2147483648 f 1
        (error) ERR invalid number of fields
        > hsetex h fnx fxx fields 1 f 1
        (error) ERR Only one of FXX or FNX arguments can be specified
        > hsetex h ex 10 keepttl fields 1 f 1
        (error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
        > hsetex h keepttl px 10 fields 1 f 1
        (error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
        > hsetex h ex 10 px 10 fields 1 f 1
        (error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
        > hsetex h ex x fields 1 f 1
        (error) ERR value is not an integer or out of range
        > hsetex h ex -1 fields 1 f 1
        (error) ERR invalid expire time, must be >= 0
        > hsetex h px 70368744177664 fields 1 f 1
        (error) ERR invalid expire time in 'hsetex' command
        > hsetex h bogus 10 fields 1 f 1
        (error) ERR unknown argument: bogus
        > hsetex h fnx keepttl ex 10
        (error) ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
        > hsetex h fnx keepttl fnx keepttl
        (error) ERR Only one of FXX or FNX arguments can be specified
        > hsetex h fnx keepttl pxat
        (error) ERR wrong number of arguments for 'hsetex' command
        > hsetex h fnx fxx keepttl pxat
        (error) ERR Only one of FXX or FNX arguments can be specified
        > set s 1
        OK
        > hgetex s fields 1 f
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hgetex s bogus 1 f
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hgetdel s fields 1 f
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hgetdel s bogus 1 f
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hsetex s fields 1 f 1
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > hsetex s bogus fields 1 f 1
        (error) ERR unknown argument: bogus
        > hgetex h fields 2 new zz
        1) "7"
        2) (nil)
        > hgetdel h fields 2 new zz
        1) "7"
        2) (nil)
        > hsetex h fields 1 f 1
        (integer) 1
    "#]]
    .assert_eq(&play(
        r#"
        hset h f 1 g 2
        hgetex h fields 3 f g x
        httl h fields 2 f g
        hgetex h ex 10 fields 2 f x
        hpttl h fields 2 f g
        hgetex h px 500 fields 1 g
        hpttl h fields 2 f g
        hgetex h persist fields 2 f x
        httl h fields 2 f g
        hgetex h exat 1767225700 fields 1 f
        hgetex h PXAT 1767225700500 FIELDS 1 g
        hpexpiretime h fields 2 f g
        hgetex h ex 0 fields 1 f
        hlen h
        hgetex h pxat 5 fields 2 g f
        hgetall h
        hgetex x fields 2 f g
        hgetex x ex 10 fields 1 f
        hset h f 1
        hgetex h ex fields 1 f
        hgetex h ex -1 fields 1 f
        hgetex h ex x fields 1 f
        hgetex h ex 70368744178 fields 1 f
        hgetex h ex 10 persist fields 1 f
        hgetex h ex 10 px 10 fields 1 f
        hgetex h bogus fields 1 f
        hgetex h fields 0 f
        hgetex h fields 2 f
        hgetex h fields 1
        hgetex h ex 10 fields
        hgetdel h fields 2 f x
        hgetdel h fields 1 f
        hset h f 1 g 2 i 3
        hgetdel h fields 3 f g f
        hgetall h
        hgetdel h fields 2 f
        hgetdel h fields 0 f
        hgetdel h fields x f
        hgetdel h bogus 1 f
        hgetdel h fields 1
        hgetdel x fields 2 f g
        hsetex h fields 2 f 1 g 2
        hsetex h ex 10 fields 1 f 3
        httl h fields 2 f g
        hsetex h keepttl fields 2 f 4 g 5
        httl h fields 2 f g
        hsetex h fields 1 f 5
        httl h fields 1 f
        hsetex h fnx fields 2 f 6 new 7
        hsetex h FXX FIELDS 2 f 6 new 7
        hsetex h fxx px 700 fields 2 f 6 g 7
        hsetex h fnx exat 1767225700 fields 1 new 7
        hpexpiretime h fields 3 f g new
        +701
        hsetex h fnx pxat 1767225700001 fields 2 f 1 g 2
        hgetall h
        hsetex h ex 0 fields 2 f 9 k 9
        hgetall h
        hsetex gone pxat 5 fields 1 f 1
        hgetall gone
        hsetex gone fxx fields 1 f 1
        hsetex gone fnx fields 1 f 1
        hsetex h fields 1 f
        hsetex h fields 2 f 1
        hsetex h fields 1 f 1 g
        hsetex h fields 1 f 1 g 2
        hsetex h fields 0 f 1
        hsetex h fields x f 1
        hsetex h fields 2147483648 f 1
        hsetex h fnx fxx fields 1 f 1
        hsetex h ex 10 keepttl fields 1 f 1
        hsetex h keepttl px 10 fields 1 f 1
        hsetex h ex 10 px 10 fields 1 f 1
        hsetex h ex x fields 1 f 1
        hsetex h ex -1 fields 1 f 1
        hsetex h px 70368744177664 fields 1 f 1
        hsetex h bogus 10 fields 1 f 1
        hsetex h fnx keepttl ex 10
        hsetex h fnx keepttl fnx keepttl
        hsetex h fnx keepttl pxat
        hsetex h fnx fxx keepttl pxat
        set s 1
        hgetex s fields 1 f
        hgetex s bogus 1 f
        hgetdel s fields 1 f
        hgetdel s bogus 1 f
        hsetex s fields 1 f 1
        hsetex s bogus fields 1 f 1
        3
        hgetex h fields 2 new zz
        hgetdel h fields 2 new zz
        hsetex h fields 1 f 1
    "#,
    ));
}

#[test]
fn notices() {
    expect![[r#"
        > hset h f 1 g 2
        (integer) 2
        * hset h
        > hsetnx h f 1
        (integer) 0
        > hsetnx h i 1
        (integer) 1
        * hset h
        > hmset h i 2
        OK
        * hset h
        > hincrby h i 2
        (integer) 4
        * hincrby h
        > hincrbyfloat h i 2
        "6"
        * hincrbyfloat h
        > hdel h x
        (integer) 0
        > hdel h f
        (integer) 1
        * hdel h
        > hdel h g i
        (integer) 2
        * hdel h
        * del h
        > hset h f 1 g 2 i 3
        (integer) 3
        * hset h
        > hexpire h 10 fields 1 x
        1) (integer) -2
        > hexpire h 10 fields 2 f x
        1) (integer) 1
        2) (integer) -2
        * hexpire h
        > hexpire h 10 nx fields 1 f
        1) (integer) 0
        > hexpire h 0 fields 1 f
        1) (integer) 2
        * hdel h
        > hpersist h fields 1 g
        1) (integer) -1
        > hpexpire h 5 fields 2 g i
        1) (integer) 1
        2) (integer) 1
        * hexpire h
        > hpersist h fields 1 g
        1) (integer) 1
        * hpersist h
        > +6
        > hlen h
        (integer) 1
        * hexpired h
        > hpexpire h 5 fields 1 g
        1) (integer) 1
        * hexpire h
        > +6
        > hget h g
        (nil)
        * hexpired h
        * del h
        > hsetex h ex 10 fields 1 f 1
        (integer) 1
        * hset h
        * hexpire h
        > hsetex h fields 1 f 1
        (integer) 1
        * hset h
        > hsetex h fxx fields 1 x 1
        (integer) 0
        > hsetex h keepttl fields 1 f 1
        (integer) 1
        * hset h
        > hsetex h ex 0 fields 1 f 1
        (integer) 1
        * hset h
        * hdel h
        * del h
        > hsetex h ex 0 fields 1 f 1
        (integer) 1
        * hset h
        * hdel h
        * del h
        > hset h f 1 g 2
        (integer) 2
        * hset h
        > hgetex h fields 1 f
        1) "1"
        > hgetex h ex 10 fields 1 f
        1) "1"
        * hexpire h
        > hgetex h persist fields 1 f
        1) "1"
        * hpersist h
        > hgetex h persist fields 1 f
        1) "1"
        > hgetex h ex 0 fields 1 f
        1) "1"
        * hdel h
        > hgetdel h fields 1 x
        1) (nil)
        > hgetdel h fields 1 g
        1) "2"
        * hdel h
        * del h
    "#]]
    .assert_eq(&play(
        r#"
        notices
        hset h f 1 g 2
        hsetnx h f 1
        hsetnx h i 1
        hmset h i 2
        hincrby h i 2
        hincrbyfloat h i 2
        hdel h x
        hdel h f
        hdel h g i
        hset h f 1 g 2 i 3
        hexpire h 10 fields 1 x
        hexpire h 10 fields 2 f x
        hexpire h 10 nx fields 1 f
        hexpire h 0 fields 1 f
        hpersist h fields 1 g
        hpexpire h 5 fields 2 g i
        hpersist h fields 1 g
        +6
        hlen h
        hpexpire h 5 fields 1 g
        +6
        hget h g
        hsetex h ex 10 fields 1 f 1
        hsetex h fields 1 f 1
        hsetex h fxx fields 1 x 1
        hsetex h keepttl fields 1 f 1
        hsetex h ex 0 fields 1 f 1
        hsetex h ex 0 fields 1 f 1
        hset h f 1 g 2
        hgetex h fields 1 f
        hgetex h ex 10 fields 1 f
        hgetex h persist fields 1 f
        hgetex h persist fields 1 f
        hgetex h ex 0 fields 1 f
        hgetdel h fields 1 x
        hgetdel h fields 1 g
    "#,
    ));
}
