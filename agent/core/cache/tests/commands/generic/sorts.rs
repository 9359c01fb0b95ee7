use expect_test::expect;

use crate::play::play;

#[test]
fn sort_of_nothing() {
    expect![[r#"
        > sort x
        (empty array)
        > sort x by nosort get # limit 0 10
        (empty array)
        > sort x limit 1
        (error) ERR syntax error
        > sort x limit x 1
        (error) ERR value is not an integer or out of range
        > sort x limit 1 x
        (error) ERR value is not an integer or out of range
        > sort x limit 1 9223372036854775807
        (empty array)
        > sort x foo
        (error) ERR syntax error
        > sort x by
        (error) ERR syntax error
        > sort x get
        (error) ERR syntax error
        > sort x store
        (error) ERR syntax error
        > sort_ro x store y
        (error) ERR syntax error
        > sort_ro x
        (empty array)
        > sort
        (error) ERR wrong number of arguments for 'sort' command
        > sort_ro
        (error) ERR wrong number of arguments for 'sort_ro' command
        > set s 1
        OK
        > sort s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sort s foo
        (error) ERR syntax error
        > sort_ro s
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > sort s limit x 1
        (error) ERR value is not an integer or out of range
        > set y 1
        OK
        > sort x store y
        (integer) 0
        > exists y
        (integer) 0
        > sort x store y
        (integer) 0
        > sort x by # get * alpha desc asc limit -1 -1
        (empty array)
        > sort x
        (empty array)
    "#]]
    .assert_eq(&play(
        r#"
        sort x
        sort x by nosort get # limit 0 10
        sort x limit 1
        sort x limit x 1
        sort x limit 1 x
        sort x limit 1 9223372036854775807
        sort x foo
        sort x by
        sort x get
        sort x store
        sort_ro x store y
        sort_ro x
        sort
        sort_ro
        set s 1
        sort s
        sort s foo
        sort_ro s
        sort s limit x 1
        set y 1
        sort x store y
        exists y
        sort x store y
        sort x by # get * alpha desc asc limit -1 -1
        3
        sort x
        2
    "#,
    ));
}
