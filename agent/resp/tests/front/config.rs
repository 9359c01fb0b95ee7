//! Settings are those of Redis, and all are set or none.

use crate::client::{Client, start, start_set};

/// What is answered to these one after another; redis-server 7.0.15 answers the same.
const TALK: &[(&str, &str)] = &[
    ("config get maxmemory", "*2 $9 maxmemory $1 0"),
    ("config get MaxMemory", "*2 $9 MaxMemory $1 0"),
    (
        "config get maxmemory maxmemory nosuch maxm[ae]mory",
        "*2 $9 maxmemory $1 0",
    ),
    ("config get nosuch", "*0"),
    ("config set maxmemory 100mb", "+OK"),
    ("config get maxmemory", "*2 $9 maxmemory $9 104857600"),
    (
        "config set maxmemory 1gx",
        "-ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value",
    ),
    (
        "config set maxmemory 0 timeout x",
        "-ERR CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer",
    ),
    ("config get maxmemory", "*2 $9 maxmemory $9 104857600"),
    (
        "config set timeout -1",
        "-ERR CONFIG SET failed (possibly related to argument 'timeout') - argument must be between 0 and 2147483647 inclusive",
    ),
    (
        "config set nosuch 1",
        "-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'",
    ),
    (
        "config set maxmemory 0 nosuch 1",
        "-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'",
    ),
    (
        "config set maxmemory 1 maxmemory 2",
        "-ERR CONFIG SET failed (possibly related to argument 'maxmemory') - duplicate parameter",
    ),
    (
        "config set databases 5 maxmemory 1",
        "-ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config",
    ),
    (
        "config set dir /tmp",
        "-ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config",
    ),
    (
        "config set maxmemory",
        "-ERR wrong number of arguments for 'config|set' command",
    ),
    ("config set maxmemory 1 timeout", "-ERR syntax error"),
    (
        "config get",
        "-ERR wrong number of arguments for 'config|get' command",
    ),
    (
        "config rewrite",
        "-ERR The server is running without a config file",
    ),
    (
        "config set appendfsync sometimes",
        "-ERR CONFIG SET failed (possibly related to argument 'appendfsync') - argument(s) must be one of the following: everysec, \
         always, no",
    ),
    (
        "config set activedefrag 1",
        "-ERR CONFIG SET failed (possibly related to argument 'activedefrag') - argument must be 'yes' or 'no'",
    ),
    ("config set hash-max-ziplist-entries 7", "+OK"),
    (
        "config get hash-max-listpack-entries",
        "*2 $25 hash-max-listpack-entries $1 7",
    ),
    ("config set hz 1000", "+OK"),
    ("config get hz", "*2 $2 hz $3 500"),
    ("config set notify-keyspace-events KEA", "+OK"),
    (
        "config get notify-keyspace-events",
        "*2 $22 notify-keyspace-events $3 AKE",
    ),
    (
        "config foo",
        "-ERR unknown subcommand 'foo'. Try CONFIG HELP.",
    ),
];

#[test]
fn settings_are_those_of_redis() {
    let server = start(4);
    let mut client = Client::of(&server);
    for (command, answer) in TALK {
        assert_eq!(client.ask(command), *answer, "{command}");
    }
    server.stop();
}

#[test]
fn all_that_tools_ask_for_is_there() {
    let server = start(1);
    let mut client = Client::of(&server);
    client.ask("hello 3");
    let all = client.ask_for_all("config get *");
    for name in [
        "save",
        "appendonly",
        "databases",
        "maxclients",
        "slaveof",
        "bind",
    ] {
        assert!(all.contains(&format!(" {name} ")), "{name}");
    }
    assert!(all.starts_with('%'), "a map: {all:.20}");
    let address = server.address().port().to_string();
    assert_eq!(
        client.ask("config get port"),
        format!("%1 $4 port ${} {address}", address.len())
    );
    server.stop();
}

#[test]
fn what_is_set_is_heeded() {
    let server = start(4);
    let mut client = Client::of(&server);
    client.ask("config set hash-max-listpack-entries 1 set-max-intset-entries 1");
    client.ask("hset h a 1 b 2");
    assert_eq!(client.ask("object encoding h"), "$9 hashtable");
    client.ask("sadd s 1 2");
    assert_eq!(client.ask("object encoding s"), "$8 listpack");
    client.ask("config set maxmemory-policy allkeys-lfu");
    client.ask("set a 1");
    assert!(client.ask("object freq a").starts_with(':'));
    client.ask("config set requirepass secret");
    let mut other = Client::of(&server);
    assert_eq!(other.ask("get a"), "-NOAUTH Authentication required.");
    assert_eq!(other.ask("auth secret"), "+OK");
    assert_eq!(other.ask("config set requirepass  "), "-ERR syntax error");
    other.ask("config set proto-max-bulk-len 1mb");
    other.write(b"*3\r\n$3\r\nset\r\n$1\r\na\r\n$2097152\r\n");
    assert_eq!(other.answer(), "-ERR Protocol error: invalid bulk length");
    server.stop();
}

#[test]
fn what_is_fixed_is_set_at_the_beginning() {
    let server = start_set(&[("maxmemory", "5mb"), ("enable-debug-command", "yes")]);
    let mut client = Client::of(&server);
    assert_eq!(
        client.ask("config get maxmemory"),
        "*2 $9 maxmemory $7 5242880"
    );
    assert_eq!(client.ask("debug sleep 0"), "+OK");
    server.stop();
}

#[test]
fn no_more_clients_are_taken_than_may_be() {
    let server = start_set(&[("maxclients", "2")]);
    let (mut one, mut two) = (Client::of(&server), Client::of(&server));
    assert_eq!(
        (one.ask("ping"), two.ask("ping")),
        ("+PONG".into(), "+PONG".into())
    );
    let mut three = Client::of(&server);
    assert_eq!(three.answer(), "-ERR max number of clients reached");
    assert!(
        one.ask_for_all("info stats")
            .contains("rejected_connections:1 ")
    );
    server.stop();
}
