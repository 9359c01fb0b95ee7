use expect_test::expect;

use crate::play::play;

#[test]
fn what_is_known_of_how_far_a_group_read() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 2-1 f 2
        "2-1"
        > xadd s 3-1 f 3
        "3-1"
        > xadd s 4-1 f 4
        "4-1"
        > xgroup create s all 0
        OK
        > xgroup create s last $
        OK
        > xgroup create s middle 2-1
        OK
        > xgroup create s said 2-1 entriesread 2
        OK
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "0-0"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 4
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "4-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "2-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (nil)
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "2-1"
           9) "entries-read"
           10) (integer) 2
           11) "lag"
           12) (integer) 2
        > xreadgroup group all a count 1 streams s >
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
        > xreadgroup group middle a count 1 streams s >
        1) 1) "s"
           2) 1) 1) "3-1"
                 2) 1) "f"
                    2) "3"
        > xreadgroup group said a count 1 streams s >
        1) 1) "s"
           2) 1) 1) "3-1"
                 2) 1) "f"
                    2) "3"
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "1-1"
           9) "entries-read"
           10) (integer) 1
           11) "lag"
           12) (integer) 3
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "4-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (nil)
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 3
           11) "lag"
           12) (integer) 1
        > xdel s 3-1
        (integer) 1
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "1-1"
           9) "entries-read"
           10) (integer) 1
           11) "lag"
           12) (nil)
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "4-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (nil)
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 3
           11) "lag"
           12) (nil)
        > xreadgroup group all a count 1 streams s >
        1) 1) "s"
           2) 1) 1) "2-1"
                 2) 1) "f"
                    2) "2"
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 2
           7) "last-delivered-id"
           8) "2-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (nil)
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "4-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (nil)
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 3
           11) "lag"
           12) (nil)
        > xadd s 5-1 f 5
        "5-1"
        > xtrim s maxlen 1
        (integer) 3
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 2
           7) "last-delivered-id"
           8) "2-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 1
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 0
           5) "pending"
           6) (integer) 0
           7) "last-delivered-id"
           8) "4-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 1
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 1
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 3
           11) "lag"
           12) (integer) 2
        > xreadgroup group middle a streams s >
        1) 1) "s"
           2) 1) 1) "5-1"
                 2) 1) "f"
                    2) "5"
        > xreadgroup group last a streams s >
        1) 1) "s"
           2) 1) 1) "5-1"
                 2) 1) "f"
                    2) "5"
        > xreadgroup group all a streams s >
        1) 1) "s"
           2) 1) 1) "5-1"
                 2) 1) "f"
                    2) "5"
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 3
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 2
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 3
           11) "lag"
           12) (integer) 2
        > xtrim s maxlen 0
        (integer) 1
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 3
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 2
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "3-1"
           9) "entries-read"
           10) (integer) 3
           11) "lag"
           12) (integer) 2
        > xgroup setid s all 0
        OK
        > xgroup setid s said 9-9
        OK
        > xinfo groups s
        1) 1) "name"
           2) "all"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 3
           7) "last-delivered-id"
           8) "0-0"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (integer) 0
        2) 1) "name"
           2) "last"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        3) 1) "name"
           2) "middle"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 2
           7) "last-delivered-id"
           8) "5-1"
           9) "entries-read"
           10) (integer) 5
           11) "lag"
           12) (integer) 0
        4) 1) "name"
           2) "said"
           3) "consumers"
           4) (integer) 1
           5) "pending"
           6) (integer) 1
           7) "last-delivered-id"
           8) "9-9"
           9) "entries-read"
           10) (nil)
           11) "lag"
           12) (nil)
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xadd s 2-1 f 2
        xadd s 3-1 f 3
        xadd s 4-1 f 4
        xgroup create s all 0
        xgroup create s last $
        xgroup create s middle 2-1
        xgroup create s said 2-1 entriesread 2
        xinfo groups s
        xreadgroup group all a count 1 streams s >
        xreadgroup group middle a count 1 streams s >
        xreadgroup group said a count 1 streams s >
        xinfo groups s
        xdel s 3-1
        xinfo groups s
        xreadgroup group all a count 1 streams s >
        xinfo groups s
        xadd s 5-1 f 5
        xtrim s maxlen 1
        xinfo groups s
        xreadgroup group middle a streams s >
        xreadgroup group last a streams s >
        xreadgroup group all a streams s >
        xinfo groups s
        xtrim s maxlen 0
        xinfo groups s
        xgroup setid s all 0
        xgroup setid s said 9-9
        xinfo groups s
    "#,
    ));
}
