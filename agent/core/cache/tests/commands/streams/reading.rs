use expect_test::expect;

use crate::play::play;

#[test]
fn xread_tells_what_comes_after() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 2-1 f 2
        "2-1"
        > xadd r 1-1 f 3
        "1-1"
        > xread streams s 0
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
              2) 1) "2-1"
                 2) 1) "f"
                    2) "2"
        > xread streams s 1
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
              2) 1) "2-1"
                 2) 1) "f"
                    2) "2"
        > xread count 1 streams s r 0 0
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
        2) 1) "r"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "3"
        > xread count 1 streams s r n 2 0 0
        1) 1) "s"
           2) 1) 1) "2-1"
                 2) 1) "f"
                    2) "2"
        2) 1) "r"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "3"
        > xread count 0 streams s 0
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
              2) 1) "2-1"
                 2) 1) "f"
                    2) "2"
        > xread count -1 streams s 0
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
              2) 1) "2-1"
                 2) 1) "f"
                    2) "2"
        > xread streams s 2-1
        (nil array)
        > xread streams s $
        (nil array)
        > xread streams n 0
        (nil array)
        > xread streams n $
        (nil array)
        > xdel s 2-1
        (integer) 1
        > xread streams s 1-1
        (nil array)
        > xread streams s r 0 0
        "s" => 1) 1) "1-1"
             2) 1) "f"
                2) "1"
        "r" => 1) 1) "1-1"
             2) 1) "f"
                2) "3"
        > xread streams s $
        (nil)
        > set t x
        OK
        > xread streams t 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xread streams s t 0 0
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xread streams s -
        (error) ERR Invalid stream ID specified as stream command argument
        > xread streams s x
        (error) ERR Invalid stream ID specified as stream command argument
        > xread streams s >
        (error) ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.
        > xread streams
        (error) ERR wrong number of arguments for 'xread' command
        > xread streams s
        (error) ERR wrong number of arguments for 'xread' command
        > xread count x streams s 0
        (error) ERR value is not an integer or out of range
        > xread count streams s 0
        (error) ERR value is not an integer or out of range
        > xread bad streams s 0
        (error) ERR syntax error
        > xread group g a streams s 0
        (error) ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.
        > xread noack streams s 0
        (error) ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.
        > xread block x streams s 0
        (error) ERR timeout is not an integer or out of range
        > xread block -1 streams s 0
        (error) ERR timeout is negative
        > xread s r 0
        (error) ERR syntax error
        > xread
        (error) ERR wrong number of arguments for 'xread' command
    "#]].assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xadd s 2-1 f 2
        xadd r 1-1 f 3
        xread streams s 0
        xread streams s 1
        xread count 1 streams s r 0 0
        xread count 1 streams s r n 2 0 0
        xread count 0 streams s 0
        xread count -1 streams s 0
        xread streams s 2-1
        xread streams s $
        xread streams n 0
        xread streams n $
        xdel s 2-1
        xread streams s 1-1
        3
        xread streams s r 0 0
        xread streams s $
        2
        set t x
        xread streams t 0
        xread streams s t 0 0
        xread streams s -
        xread streams s x
        xread streams s >
        xread streams
        xread streams s 
        xread count x streams s 0
        xread count streams s 0
        xread bad streams s 0
        xread group g a streams s 0
        xread noack streams s 0
        xread block x streams s 0
        xread block -1 streams s 0
        xread s r 0
        xread
    "#,
    ));
}

#[test]
fn xread_tells_the_last_one() {
    expect![[r#"
        > xread streams s +
        (nil array)
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 2-1 f 2
        "2-1"
        > xadd s 3-1 f 3
        "3-1"
        > xread streams s +
        1) 1) "s"
           2) 1) 1) "3-1"
                 2) 1) "f"
                    2) "3"
        > xread count 10 streams s s + 2-1
        1) 1) "s"
           2) 1) 1) "3-1"
                 2) 1) "f"
                    2) "3"
        2) 1) "s"
           2) 1) 1) "3-1"
                 2) 1) "f"
                    2) "3"
        > xdel s 3-1
        (integer) 1
        > xread streams s +
        1) 1) "s"
           2) 1) 1) "2-1"
                 2) 1) "f"
                    2) "2"
        > xtrim s maxlen 0
        (integer) 2
        > xread streams s +
        (nil array)
        > xread streams s $ r
        (error) ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.
        > xreadgroup group g a streams s
        (error) ERR wrong number of arguments for 'xreadgroup' command
        > xgroup create s g 0
        OK
        > xreadgroup group g a streams s +
        (error) ERR Invalid stream ID specified as stream command argument
    "#]].assert_eq(&play(
        r#"
        xread streams s +
        xadd s 1-1 f 1
        xadd s 2-1 f 2
        xadd s 3-1 f 3
        xread streams s +
        xread count 10 streams s s + 2-1
        xdel s 3-1
        xread streams s +
        xtrim s maxlen 0
        xread streams s +
        xread streams s $ r
        xreadgroup group g a streams s
        xgroup create s g 0
        xreadgroup group g a streams s +
    "#,
    ));
}

#[test]
fn xread_waits() {
    expect![[r#"
        > xread block 100 streams s $
        (waits)
        > xadd r 1-1 f 1
        "1-1"
        > xadd s 1-1 f 1
        "1-1"
        < 1) 1) "s"
        <    2) 1) 1) "1-1"
        <          2) 1) "f"
        <             2) "1"
        > xread block 100 streams s 1
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
        > +50
        > xadd s 1-2 f 1
        "1-2"
        > xread block 100 streams s $
        (waits)
        > +100
        < (nil array)
        > xread block 0 count 1 streams s r $ $
        (waits)
        > xread block 0 streams s 0
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
              2) 1) "1-2"
                 2) 1) "f"
                    2) "1"
        > xread block 0 streams s $
        (waits)
        > xread block 10 streams s $
        (waits)
        > +10
        < (nil)
        > xadd s 3-1 f 1
        "3-1"
        < 1) 1) "s"
        <    2) 1) 1) "3-1"
        <          2) 1) "f"
        <             2) "1"
        < "s" => 1) 1) "3-1"
        <      2) 1) "f"
        <         2) "1"
        > xread block 0 streams s r $ 5
        (waits)
        > xdel s 3-1
        (integer) 1
        > xtrim s maxlen 0
        (integer) 2
        > xsetid s 9-1
        OK
        > xadd s 10-1 f 2
        "10-1"
        < 1) 1) "s"
        <    2) 1) 1) "10-1"
        <          2) 1) "f"
        <             2) "2"
        > xread block 9223372036854775807 streams s $
        (error) ERR timeout is out of range
        > xread block 9223372036854775808 streams s $
        (error) ERR timeout is not an integer or out of range
    "#]]
    .assert_eq(&play(
        r#"
        xread block 100 streams s $
        xadd r 1-1 f 1
        xadd s 1-1 f 1
        xread block 100 streams s 1
        +50
        xadd s 1-2 f 1
        xread block 100 streams s $
        +100
        xread block 0 count 1 streams s r $ $
        xread block 0 streams s 0
        3
        xread block 0 streams s $
        xread block 10 streams s $
        +10
        2
        xadd s 3-1 f 1
        xread block 0 streams s r $ 5
        xdel s 3-1
        xtrim s maxlen 0
        xsetid s 9-1
        xadd s 10-1 f 2
        xread block 9223372036854775807 streams s $
        xread block 9223372036854775808 streams s $
    "#,
    ));
}

#[test]
fn xread_waits_whatever_else_comes() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xread block 0 streams s $
        (waits)
        > xtrim s maxlen 0
        (integer) 1
        > set s x
        OK
        > hset r f v
        (integer) 1
        > xread block 0 streams r $
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xread block 0 streams q +
        (waits)
        > xadd q 1-1 f 1
        "1-1"
        < 1) 1) "q"
        <    2) 1) 1) "1-1"
        <          2) 1) "f"
        <             2) "1"
        > xadd q 2-1 f 1
        "2-1"
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xread block 0 streams s $
        xtrim s maxlen 0
        set s x
        hset r f v
        xread block 0 streams r $
        xread block 0 streams q +
        xadd q 1-1 f 1
        xadd q 2-1 f 1
    "#,
    ));
}

#[test]
fn xreadgroup_waits() {
    expect![[r#"
        > xgroup create s g $ mkstream
        OK
        > xreadgroup group g a block 100 streams s >
        (waits)
        > xreadgroup group g b block 100 count 1 noack streams s >
        (waits)
        > xadd s 1-1 f 1
        "1-1"
        < 1) 1) "s"
        <    2) 1) 1) "1-1"
        <          2) 1) "f"
        <             2) "1"
        > xadd s 2-1 f 1
        "2-1"
        < 1) 1) "s"
        <    2) 1) 1) "2-1"
        <          2) 1) "f"
        <             2) "1"
        > xpending s g
        1) (integer) 1
        2) "1-1"
        3) "1-1"
        4) 1) 1) "a"
              2) "1"
        > xreadgroup group g a block 100 streams s 0
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
        > xreadgroup group g a block 100 streams s >
        (waits)
        > +100
        < (nil array)
        > xinfo consumers s g
        1) 1) "name"
           2) "a"
           3) "pending"
           4) (integer) 1
           5) "idle"
           6) (integer) 100
           7) "inactive"
           8) (integer) 100
        2) 1) "name"
           2) "b"
           3) "pending"
           4) (integer) 0
           5) "idle"
           6) (integer) 100
           7) "inactive"
           8) (integer) -1
        > xreadgroup group g a block 0 streams s >
        (waits)
        > xgroup destroy s g
        (integer) 1
        < (error) NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option
        > xgroup create s g $
        OK
        > xreadgroup group g a block 0 streams s >
        (waits)
        > xgroup create s h $
        OK
        > xgroup destroy s h
        (integer) 1
        > set s x
        OK
        < (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > set s x
        OK
        > xgroup create r g $ mkstream
        OK
        > xreadgroup group g a block 0 streams r >
        (waits)
        > xadd r 1-1 f 1
        "1-1"
        < "r" => 1) 1) "1-1"
        <      2) 1) "f"
        <         2) "1"
        > xreadgroup group g a block 1 streams r >
        (waits)
        > +1
        < (nil)
    "#]]
    .assert_eq(&play(
        r#"
        xgroup create s g $ mkstream
        xreadgroup group g a block 100 streams s >
        xreadgroup group g b block 100 count 1 noack streams s >
        xadd s 1-1 f 1
        xadd s 2-1 f 1
        xpending s g
        xreadgroup group g a block 100 streams s 0
        xreadgroup group g a block 100 streams s >
        +100
        xinfo consumers s g
        xreadgroup group g a block 0 streams s >
        xgroup destroy s g
        xgroup create s g $
        xreadgroup group g a block 0 streams s >
        xgroup create s h $
        xgroup destroy s h
        set s x
        set s x
        xgroup create r g $ mkstream
        3
        xreadgroup group g a block 0 streams r >
        xadd r 1-1 f 1
        xreadgroup group g a block 1 streams r >
        +1
    "#,
    ));
}
