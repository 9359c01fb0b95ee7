use expect_test::expect;

use crate::play::play;

#[test]
fn xinfo_shows_a_stream() {
    expect![[r#"
        > xinfo stream s
        (error) ERR no such key
        > xinfo groups s
        (error) ERR no such key
        > xinfo consumers s g
        (error) ERR no such key
        > xadd s 1-1 f 1
        "1-1"
        > xadd s 2-1 f 2 g 3
        "2-1"
        > xinfo stream s
        1) "length"
        2) (integer) 2
        3) "radix-tree-keys"
        4) (integer) 1
        5) "radix-tree-nodes"
        6) (integer) 2
        7) "last-generated-id"
        8) "2-1"
        9) "max-deleted-entry-id"
        10) "0-0"
        11) "entries-added"
        12) (integer) 2
        13) "recorded-first-entry-id"
        14) "1-1"
        15) "groups"
        16) (integer) 0
        17) "first-entry"
        18) 1) "1-1"
            2) 1) "f"
               2) "1"
        19) "last-entry"
        20) 1) "2-1"
            2) 1) "f"
               2) "2"
               3) "g"
               4) "3"
        > xinfo groups s
        (empty array)
        > xinfo consumers s g
        (error) NOGROUP No such consumer group 'g' for key name 's'
        > xinfo stream s full
        1) "length"
        2) (integer) 2
        3) "radix-tree-keys"
        4) (integer) 1
        5) "radix-tree-nodes"
        6) (integer) 2
        7) "last-generated-id"
        8) "2-1"
        9) "max-deleted-entry-id"
        10) "0-0"
        11) "entries-added"
        12) (integer) 2
        13) "recorded-first-entry-id"
        14) "1-1"
        15) "entries"
        16) 1) 1) "1-1"
               2) 1) "f"
                  2) "1"
            2) 1) "2-1"
               2) 1) "f"
                  2) "2"
                  3) "g"
                  4) "3"
        17) "groups"
        18) (empty array)
        > xgroup create s g 0
        OK
        > xgroup createconsumer s g idle
        (integer) 1
        > +5
        > xreadgroup group g a count 1 streams s >
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
        > +10
        > xreadgroup group g b streams s >
        1) 1) "s"
           2) 1) 1) "2-1"
                 2) 1) "f"
                    2) "2"
                    3) "g"
                    4) "3"
        > +20
        > xreadgroup group g b streams s 0
        1) 1) "s"
           2) 1) 1) "2-1"
                 2) 1) "f"
                    2) "2"
                    3) "g"
                    4) "3"
        > +100
        > xinfo consumers s g
        1) 1) "name"
           2) "a"
           3) "pending"
           4) (integer) 1
           5) "idle"
           6) (integer) 130
           7) "inactive"
           8) (integer) 130
        2) 1) "name"
           2) "b"
           3) "pending"
           4) (integer) 1
           5) "idle"
           6) (integer) 100
           7) "inactive"
           8) (integer) 120
        3) 1) "name"
           2) "idle"
           3) "pending"
           4) (integer) 0
           5) "idle"
           6) (integer) 135
           7) "inactive"
           8) (integer) -1
        > xinfo stream s full
        1) "length"
        2) (integer) 2
        3) "radix-tree-keys"
        4) (integer) 1
        5) "radix-tree-nodes"
        6) (integer) 2
        7) "last-generated-id"
        8) "2-1"
        9) "max-deleted-entry-id"
        10) "0-0"
        11) "entries-added"
        12) (integer) 2
        13) "recorded-first-entry-id"
        14) "1-1"
        15) "entries"
        16) 1) 1) "1-1"
               2) 1) "f"
                  2) "1"
            2) 1) "2-1"
               2) 1) "f"
                  2) "2"
                  3) "g"
                  4) "3"
        17) "groups"
        18) 1) 1) "name"
               2) "g"
               3) "last-delivered-id"
               4) "2-1"
               5) "entries-read"
               6) (integer) 2
               7) "lag"
               8) (integer) 0
               9) "pel-count"
               10) (integer) 2
               11) "pending"
               12) 1) 1) "1-1"
                      2) "a"
                      3) (integer) 1767225600005
                      4) (integer) 1
                   2) 1) "2-1"
                      2) "b"
                      3) (integer) 1767225600035
                      4) (integer) 2
               13) "consumers"
               14) 1) 1) "name"
                      2) "a"
                      3) "seen-time"
                      4) (integer) 1767225600005
                      5) "active-time"
                      6) (integer) 1767225600005
                      7) "pel-count"
                      8) (integer) 1
                      9) "pending"
                      10) 1) 1) "1-1"
                             2) (integer) 1767225600005
                             3) (integer) 1
                   2) 1) "name"
                      2) "b"
                      3) "seen-time"
                      4) (integer) 1767225600035
                      5) "active-time"
                      6) (integer) 1767225600015
                      7) "pel-count"
                      8) (integer) 1
                      9) "pending"
                      10) 1) 1) "2-1"
                             2) (integer) 1767225600035
                             3) (integer) 2
                   3) 1) "name"
                      2) "idle"
                      3) "seen-time"
                      4) (integer) 1767225600000
                      5) "active-time"
                      6) (integer) -1
                      7) "pel-count"
                      8) (integer) 0
                      9) "pending"
                      10) (empty array)
        > xinfo stream s full count 1
        1) "length"
        2) (integer) 2
        3) "radix-tree-keys"
        4) (integer) 1
        5) "radix-tree-nodes"
        6) (integer) 2
        7) "last-generated-id"
        8) "2-1"
        9) "max-deleted-entry-id"
        10) "0-0"
        11) "entries-added"
        12) (integer) 2
        13) "recorded-first-entry-id"
        14) "1-1"
        15) "entries"
        16) 1) 1) "1-1"
               2) 1) "f"
                  2) "1"
        17) "groups"
        18) 1) 1) "name"
               2) "g"
               3) "last-delivered-id"
               4) "2-1"
               5) "entries-read"
               6) (integer) 2
               7) "lag"
               8) (integer) 0
               9) "pel-count"
               10) (integer) 2
               11) "pending"
               12) 1) 1) "1-1"
                      2) "a"
                      3) (integer) 1767225600005
                      4) (integer) 1
               13) "consumers"
               14) 1) 1) "name"
                      2) "a"
                      3) "seen-time"
                      4) (integer) 1767225600005
                      5) "active-time"
                      6) (integer) 1767225600005
                      7) "pel-count"
                      8) (integer) 1
                      9) "pending"
                      10) 1) 1) "1-1"
                             2) (integer) 1767225600005
                             3) (integer) 1
                   2) 1) "name"
                      2) "b"
                      3) "seen-time"
                      4) (integer) 1767225600035
                      5) "active-time"
                      6) (integer) 1767225600015
                      7) "pel-count"
                      8) (integer) 1
                      9) "pending"
                      10) 1) 1) "2-1"
                             2) (integer) 1767225600035
                             3) (integer) 2
                   3) 1) "name"
                      2) "idle"
                      3) "seen-time"
                      4) (integer) 1767225600000
                      5) "active-time"
                      6) (integer) -1
                      7) "pel-count"
                      8) (integer) 0
                      9) "pending"
                      10) (empty array)
        > xinfo stream s full count 0
        1) "length"
        2) (integer) 2
        3) "radix-tree-keys"
        4) (integer) 1
        5) "radix-tree-nodes"
        6) (integer) 2
        7) "last-generated-id"
        8) "2-1"
        9) "max-deleted-entry-id"
        10) "0-0"
        11) "entries-added"
        12) (integer) 2
        13) "recorded-first-entry-id"
        14) "1-1"
        15) "entries"
        16) 1) 1) "1-1"
               2) 1) "f"
                  2) "1"
            2) 1) "2-1"
               2) 1) "f"
                  2) "2"
                  3) "g"
                  4) "3"
        17) "groups"
        18) 1) 1) "name"
               2) "g"
               3) "last-delivered-id"
               4) "2-1"
               5) "entries-read"
               6) (integer) 2
               7) "lag"
               8) (integer) 0
               9) "pel-count"
               10) (integer) 2
               11) "pending"
               12) 1) 1) "1-1"
                      2) "a"
                      3) (integer) 1767225600005
                      4) (integer) 1
                   2) 1) "2-1"
                      2) "b"
                      3) (integer) 1767225600035
                      4) (integer) 2
               13) "consumers"
               14) 1) 1) "name"
                      2) "a"
                      3) "seen-time"
                      4) (integer) 1767225600005
                      5) "active-time"
                      6) (integer) 1767225600005
                      7) "pel-count"
                      8) (integer) 1
                      9) "pending"
                      10) 1) 1) "1-1"
                             2) (integer) 1767225600005
                             3) (integer) 1
                   2) 1) "name"
                      2) "b"
                      3) "seen-time"
                      4) (integer) 1767225600035
                      5) "active-time"
                      6) (integer) 1767225600015
                      7) "pel-count"
                      8) (integer) 1
                      9) "pending"
                      10) 1) 1) "2-1"
                             2) (integer) 1767225600035
                             3) (integer) 2
                   3) 1) "name"
                      2) "idle"
                      3) "seen-time"
                      4) (integer) 1767225600000
                      5) "active-time"
                      6) (integer) -1
                      7) "pel-count"
                      8) (integer) 0
                      9) "pending"
                      10) (empty array)
        > xinfo stream s full count -1
        1) "length"
        2) (integer) 2
        3) "radix-tree-keys"
        4) (integer) 1
        5) "radix-tree-nodes"
        6) (integer) 2
        7) "last-generated-id"
        8) "2-1"
        9) "max-deleted-entry-id"
        10) "0-0"
        11) "entries-added"
        12) (integer) 2
        13) "recorded-first-entry-id"
        14) "1-1"
        15) "entries"
        16) 1) 1) "1-1"
               2) 1) "f"
                  2) "1"
            2) 1) "2-1"
               2) 1) "f"
                  2) "2"
                  3) "g"
                  4) "3"
        17) "groups"
        18) 1) 1) "name"
               2) "g"
               3) "last-delivered-id"
               4) "2-1"
               5) "entries-read"
               6) (integer) 2
               7) "lag"
               8) (integer) 0
               9) "pel-count"
               10) (integer) 2
               11) "pending"
               12) 1) 1) "1-1"
                      2) "a"
                      3) (integer) 1767225600005
                      4) (integer) 1
                   2) 1) "2-1"
                      2) "b"
                      3) (integer) 1767225600035
                      4) (integer) 2
               13) "consumers"
               14) 1) 1) "name"
                      2) "a"
                      3) "seen-time"
                      4) (integer) 1767225600005
                      5) "active-time"
                      6) (integer) 1767225600005
                      7) "pel-count"
                      8) (integer) 1
                      9) "pending"
                      10) 1) 1) "1-1"
                             2) (integer) 1767225600005
                             3) (integer) 1
                   2) 1) "name"
                      2) "b"
                      3) "seen-time"
                      4) (integer) 1767225600035
                      5) "active-time"
                      6) (integer) 1767225600015
                      7) "pel-count"
                      8) (integer) 1
                      9) "pending"
                      10) 1) 1) "2-1"
                             2) (integer) 1767225600035
                             3) (integer) 2
                   3) 1) "name"
                      2) "idle"
                      3) "seen-time"
                      4) (integer) 1767225600000
                      5) "active-time"
                      6) (integer) -1
                      7) "pel-count"
                      8) (integer) 0
                      9) "pending"
                      10) (empty array)
        > xinfo stream s full count x
        (error) ERR value is not an integer or out of range
        > xinfo stream s full count
        (error) ERR unknown subcommand or wrong number of arguments for 'stream'. Try XINFO HELP.
        > xinfo stream s full bad 1
        (error) ERR unknown subcommand or wrong number of arguments for 'stream'. Try XINFO HELP.
        > xinfo stream s bad
        (error) ERR unknown subcommand or wrong number of arguments for 'stream'. Try XINFO HELP.
        > xinfo stream s
        "length" => (integer) 2
        "radix-tree-keys" => (integer) 1
        "radix-tree-nodes" => (integer) 2
        "last-generated-id" => "2-1"
        "max-deleted-entry-id" => "0-0"
        "entries-added" => (integer) 2
        "recorded-first-entry-id" => "1-1"
        "groups" => (integer) 1
        "first-entry" => 1) "1-1"
          2) 1) "f"
             2) "1"
        "last-entry" => 1) "2-1"
          2) 1) "f"
             2) "2"
             3) "g"
             4) "3"
        > xinfo stream s full count 1
        "length" => (integer) 2
        "radix-tree-keys" => (integer) 1
        "radix-tree-nodes" => (integer) 2
        "last-generated-id" => "2-1"
        "max-deleted-entry-id" => "0-0"
        "entries-added" => (integer) 2
        "recorded-first-entry-id" => "1-1"
        "entries" => 1) 1) "1-1"
             2) 1) "f"
                2) "1"
        "groups" => 1) "name" => "g"
             "last-delivered-id" => "2-1"
             "entries-read" => (integer) 2
             "lag" => (integer) 0
             "pel-count" => (integer) 2
             "pending" => 1) 1) "1-1"
                  2) "a"
                  3) (integer) 1767225600005
                  4) (integer) 1
             "consumers" => 1) "name" => "a"
                  "seen-time" => (integer) 1767225600005
                  "active-time" => (integer) 1767225600005
                  "pel-count" => (integer) 1
                  "pending" => 1) 1) "1-1"
                       2) (integer) 1767225600005
                       3) (integer) 1
               2) "name" => "b"
                  "seen-time" => (integer) 1767225600035
                  "active-time" => (integer) 1767225600015
                  "pel-count" => (integer) 1
                  "pending" => 1) 1) "2-1"
                       2) (integer) 1767225600035
                       3) (integer) 2
               3) "name" => "idle"
                  "seen-time" => (integer) 1767225600000
                  "active-time" => (integer) -1
                  "pel-count" => (integer) 0
                  "pending" => (empty array)
        > xinfo groups s
        1) "name" => "g"
           "consumers" => (integer) 3
           "pending" => (integer) 2
           "last-delivered-id" => "2-1"
           "entries-read" => (integer) 2
           "lag" => (integer) 0
        > xinfo consumers s g
        1) "name" => "a"
           "pending" => (integer) 1
           "idle" => (integer) 130
           "inactive" => (integer) 130
        2) "name" => "b"
           "pending" => (integer) 1
           "idle" => (integer) 100
           "inactive" => (integer) 120
        3) "name" => "idle"
           "pending" => (integer) 0
           "idle" => (integer) 135
           "inactive" => (integer) -1
        > xtrim s maxlen 0
        (integer) 2
        > xinfo stream s
        "length" => (integer) 0
        "radix-tree-keys" => (integer) 0
        "radix-tree-nodes" => (integer) 1
        "last-generated-id" => "2-1"
        "max-deleted-entry-id" => "0-0"
        "entries-added" => (integer) 2
        "recorded-first-entry-id" => "0-0"
        "groups" => (integer) 1
        "first-entry" => (nil)
        "last-entry" => (nil)
        > set t x
        OK
        > xinfo stream t
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xinfo groups t
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > xinfo consumers t g
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
    "#]]
    .assert_eq(&play(
        r#"
        xinfo stream s
        xinfo groups s
        xinfo consumers s g
        xadd s 1-1 f 1
        xadd s 2-1 f 2 g 3
        xinfo stream s
        xinfo groups s
        xinfo consumers s g
        xinfo stream s full
        xgroup create s g 0
        xgroup createconsumer s g idle
        +5
        xreadgroup group g a count 1 streams s >
        +10
        xreadgroup group g b streams s >
        +20
        xreadgroup group g b streams s 0
        +100
        xinfo consumers s g
        xinfo stream s full
        xinfo stream s full count 1
        xinfo stream s full count 0
        xinfo stream s full count -1
        xinfo stream s full count x
        xinfo stream s full count
        xinfo stream s full bad 1
        xinfo stream s bad
        3
        xinfo stream s
        xinfo stream s full count 1
        xinfo groups s
        xinfo consumers s g
        xtrim s maxlen 0
        xinfo stream s
        set t x
        xinfo stream t
        xinfo groups t
        xinfo consumers t g
    "#,
    ));
}

#[test]
fn help_tells_how_they_are_called() {
    expect![[r#"
        > xgroup help
        1) XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        2) CREATE <key> <groupname> <id|$> [option]
        3)     Make a group that reads what comes after this entry. Options are:
        4)     * MKSTREAM
        5)       Make an empty stream first if there is none.
        6)     * ENTRIESREAD entries_read
        7)       How many entries there were up to that one.
        8) CREATECONSUMER <key> <groupname> <consumer>
        9)     Make a consumer of the group.
        10) DELCONSUMER <key> <groupname> <consumer>
        11)     Remove a consumer, and all that is pending for it.
        12) DESTROY <key> <groupname>
        13)     Remove a group.
        14) SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]
        15)     Let the group go on with what comes after this entry.
        16) HELP
        17)     Print this.
        > XINFO HELP
        1) XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        2) CONSUMERS <key> <groupname>
        3)     The consumers of the group.
        4) GROUPS <key>
        5)     The groups of the stream.
        6) STREAM <key> [FULL [COUNT <count>]]
        7)     What is known of the stream, or all that is in it.
        8) HELP
        9)     Print this.
    "#]]
    .assert_eq(&play(
        r#"
        xgroup help
        XINFO HELP
    "#,
    ));
}

#[test]
fn consumers_are_seen_and_active() {
    expect![[r#"
        > xadd s 1-1 f 1
        "1-1"
        > xgroup create s g 0
        OK
        > xreadgroup group g a streams s 0
        1) 1) "s"
           2) (empty array)
        > +10
        > xreadgroup group g a streams s >
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
        > +10
        > xreadgroup group g a streams s >
        (nil array)
        > +10
        > xclaim s g b 1000 1-1
        (empty array)
        > +10
        > xclaim s g c 0 1-1
        1) 1) "1-1"
           2) 1) "f"
              2) "1"
        > +10
        > xautoclaim s g d 1000 0
        1) "0-0"
        2) (empty array)
        3) (empty array)
        > +10
        > xautoclaim s g e 0 0 justid
        1) "0-0"
        2) 1) "1-1"
        3) (empty array)
        > +10
        > xreadgroup group g f noack streams s >
        (nil array)
        > xinfo consumers s g
        1) 1) "name"
           2) "a"
           3) "pending"
           4) (integer) 0
           5) "idle"
           6) (integer) 50
           7) "inactive"
           8) (integer) 60
        2) 1) "name"
           2) "b"
           3) "pending"
           4) (integer) 0
           5) "idle"
           6) (integer) 40
           7) "inactive"
           8) (integer) -1
        3) 1) "name"
           2) "c"
           3) "pending"
           4) (integer) 0
           5) "idle"
           6) (integer) 30
           7) "inactive"
           8) (integer) 30
        4) 1) "name"
           2) "d"
           3) "pending"
           4) (integer) 0
           5) "idle"
           6) (integer) 20
           7) "inactive"
           8) (integer) -1
        5) 1) "name"
           2) "e"
           3) "pending"
           4) (integer) 1
           5) "idle"
           6) (integer) 10
           7) "inactive"
           8) (integer) 10
        6) 1) "name"
           2) "f"
           3) "pending"
           4) (integer) 0
           5) "idle"
           6) (integer) 0
           7) "inactive"
           8) (integer) -1
        > xpending s g - + 10
        1) 1) "1-1"
           2) "e"
           3) (integer) 10
           4) (integer) 2
        > xpending s g idle 10 - + 10
        1) 1) "1-1"
           2) "e"
           3) (integer) 10
           4) (integer) 2
        > xpending s g idle 11 - + 10
        (empty array)
        > xclaim s g a 0 1-1 idle 5
        1) 1) "1-1"
           2) 1) "f"
              2) "1"
        > xpending s g - + 10
        1) 1) "1-1"
           2) "a"
           3) (integer) 5
           4) (integer) 3
        > xclaim s g a 0 1-1 time 1767225600001
        1) 1) "1-1"
           2) 1) "f"
              2) "1"
        > xpending s g - + 10
        1) 1) "1-1"
           2) "a"
           3) (integer) 69
           4) (integer) 4
        > xclaim s g a 6 1-1 justid
        1) "1-1"
    "#]]
    .assert_eq(&play(
        r#"
        xadd s 1-1 f 1
        xgroup create s g 0
        xreadgroup group g a streams s 0
        +10
        xreadgroup group g a streams s >
        +10
        xreadgroup group g a streams s >
        +10
        xclaim s g b 1000 1-1
        +10
        xclaim s g c 0 1-1
        +10
        xautoclaim s g d 1000 0
        +10
        xautoclaim s g e 0 0 justid
        +10
        xreadgroup group g f noack streams s >
        xinfo consumers s g
        xpending s g - + 10
        xpending s g idle 10 - + 10
        xpending s g idle 11 - + 10
        xclaim s g a 0 1-1 idle 5
        xpending s g - + 10
        xclaim s g a 0 1-1 time 1767225600001
        xpending s g - + 10
        xclaim s g a 6 1-1 justid
    "#,
    ));
}

#[test]
fn ids_are_made_of_the_time() {
    expect![[r#"
        > xadd s * f 1
        "1767225600000-0"
        > xadd s * f 2
        "1767225600000-1"
        > +5
        > xadd s * f 3
        "1767225600005-0"
        > xadd s 1767225600007 f 4
        "1767225600007-0"
        > xadd s * f 5
        "1767225600007-1"
        > +1
        > xadd s * f 6
        "1767225600007-2"
        > +1
        > xadd s * f 7
        "1767225600007-3"
    "#]]
    .assert_eq(&play(
        r#"
        xadd s * f 1
        xadd s * f 2
        +5
        xadd s * f 3
        xadd s 1767225600007 f 4
        xadd s * f 5
        +1
        xadd s * f 6
        +1
        xadd s * f 7
    "#,
    ));
}

#[test]
fn notices_of_groups() {
    expect![[r#"
        > xgroup create s g $ mkstream
        OK
        * xgroup-create s
        > xgroup create s g $
        (error) BUSYGROUP Consumer Group name already exists
        > xgroup createconsumer s g a
        (integer) 1
        * xgroup-createconsumer s
        > xgroup createconsumer s g a
        (integer) 0
        > xgroup setid s g 0
        OK
        * xgroup-setid s
        > xadd s 1-1 f 1
        "1-1"
        * xadd s
        > xreadgroup group g a streams s >
        1) 1) "s"
           2) 1) 1) "1-1"
                 2) 1) "f"
                    2) "1"
        > xreadgroup group g b streams s >
        (nil array)
        * xgroup-createconsumer s
        > xclaim s g c 0 1-1
        1) 1) "1-1"
           2) 1) "f"
              2) "1"
        * xgroup-createconsumer s
        > xautoclaim s g d 0 0
        1) "0-0"
        2) 1) 1) "1-1"
              2) 1) "f"
                 2) "1"
        3) (empty array)
        * xgroup-createconsumer s
        > xack s g 1-1
        (integer) 1
        > xgroup delconsumer s g a
        (integer) 0
        * xgroup-delconsumer s
        > xgroup delconsumer s g a
        (integer) 0
        > xgroup destroy s g
        (integer) 1
        * xgroup-destroy s
        > xgroup destroy s g
        (integer) 0
    "#]]
    .assert_eq(&play(
        r#"
        notices
        xgroup create s g $ mkstream
        xgroup create s g $
        xgroup createconsumer s g a
        xgroup createconsumer s g a
        xgroup setid s g 0
        xadd s 1-1 f 1
        xreadgroup group g a streams s >
        xreadgroup group g b streams s >
        xclaim s g c 0 1-1
        xautoclaim s g d 0 0
        xack s g 1-1
        xgroup delconsumer s g a
        xgroup delconsumer s g a
        xgroup destroy s g
        xgroup destroy s g
    "#,
    ));
}
