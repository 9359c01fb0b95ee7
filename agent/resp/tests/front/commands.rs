//! What clients ask `COMMAND`.

use crate::client::{Client, start};

/// What redis-server 7.0.15 answers as well, but for the arity of `COMMAND GETKEYS`, which is that of 7.2.
const TALK: &[(&str, &str)] = &[
    ("command getkeys get a", "*1 $1 a"),
    ("command getkeys mset a 1 b 2", "*2 $1 a $1 b"),
    (
        "command getkeysandflags set a b",
        "*1 *2 $1 a *2 +OW +update",
    ),
    (
        "command getkeysandflags zunionstore a 2 b c",
        "*3 *2 $1 a *2 +OW +update *2 $1 b *2 +RO +access *2 $1 c *2 +RO +access",
    ),
    ("command getkeys memory usage a", "*1 $1 a"),
    (
        "command getkeys nosuch a b",
        "-ERR Invalid command specified",
    ),
    (
        "command getkeys get a b",
        "-ERR Invalid number of arguments specified for command",
    ),
    (
        "command getkeys xread a b",
        "-ERR Invalid number of arguments specified for command",
    ),
    (
        "command getkeys zunionstore a x b",
        "-ERR Invalid arguments specified for command",
    ),
    (
        "command getkeys config get x",
        "-ERR The command has no key arguments",
    ),
    (
        "command getkeys memory foo x",
        "-ERR Invalid command specified",
    ),
    (
        "command getkeys ping",
        "-ERR The command has no key arguments",
    ),
    (
        "command info get|x nosuch get",
        "*3 $-1 $-1 *10 $3 get :2 *2 +readonly +fast :1 :1 :1 *3 +@read +@string +@fast *0 *1 *6 $5 flags *2 +RO +access $12 \
         begin_search *4 $4 type $5 index $4 spec *2 $5 index :1 $9 find_keys *4 $4 type $5 range $4 spec *6 $7 lastkey :0 $7 \
         keystep :1 $5 limit :0 *0",
    ),
    (
        "command info memory|usage",
        "*1 *10 $12 memory|usage :-3 *1 +readonly :2 :2 :1 *2 +@read +@slow *0 *1 *6 $5 flags *1 +RO $12 begin_search *4 $4 type $5 \
         index $4 spec *2 $5 index :2 $9 find_keys *4 $4 type $5 range $4 spec *6 $7 lastkey :0 $7 keystep :1 $5 limit :0 *0",
    ),
    ("command docs nosuch", "*0"),
    ("command list filterby module x", "*0"),
    ("command list filterby aclcat nosuch", "*0"),
    ("command list filterby pattern gets*", "*1 $6 getset"),
    (
        "command list filterby pattern config|ge*",
        "*1 $10 config|get",
    ),
    ("command list filterby foo x", "-ERR syntax error"),
    ("command list x", "-ERR syntax error"),
    (
        "command count x",
        "-ERR wrong number of arguments for 'command|count' command",
    ),
    (
        "command foo",
        "-ERR unknown subcommand 'foo'. Try COMMAND HELP.",
    ),
];

#[test]
fn commands_are_told_as_redis_tells_them() {
    let server = start(1);
    let mut client = Client::of(&server);
    for (command, answer) in TALK {
        assert_eq!(client.ask(command), *answer, "{command}");
    }
    server.stop();
}

#[test]
fn all_commands_are_told_in_both_protocols() {
    let server = start(1);
    let mut client = Client::of(&server);
    let count = client.ask("command count");
    let count = count.trim_start_matches(':').to_owned();
    for protocol in ["2", "3"] {
        client.ask_for_all(&format!("hello {protocol}"));
        let all = client.ask_for_all("command");
        assert!(all.starts_with(&format!("*{count} *10 ")), "{all:.40}");
        let docs = client.ask_for_all("command docs");
        let head = match protocol {
            "2" => format!("*{} $", 2 * count.parse::<usize>().expect("a number")),
            _ => format!("%{count} $"),
        };
        assert!(docs.starts_with(&head), "{docs:.40}");
        let list = client.ask_for_all("command list");
        assert!(list.starts_with(&format!("*{count} $")), "{list:.40}");
    }
    let docs = client.ask_for_all("command docs getset");
    assert!(docs.contains("$9 doc_flags ~1 +deprecated $16 deprecated_since $5 6.2.0"));
    let docs = client.ask_for_all("command docs memory");
    assert!(
        docs.contains("$11 subcommands %6 $13 memory|doctor %3 "),
        "{docs}"
    );
    server.stop();
}
