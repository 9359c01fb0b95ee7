//! What clients can know of each other, and do to each other: `CLIENT`.

use std::time::{Duration, Instant};

use expect_test::{Expect, expect};

use crate::client::start;
use crate::script::{Reader, play, until};

fn check(script: &str, expected: Expect) {
    let told = [1, 5].map(|partitions| {
        let server = start(partitions);
        let told = play(&server, script);
        server.stop();
        told
    });
    assert_eq!(told[0], told[1], "whatever the partitions");
    expected.assert_eq(&told[0]);
}

#[test]
fn clients_are_listed() {
    let script = r#"
        a: client list
        b: client setname bee
        b: client setinfo lib-name lib
        c: hello 3 setname see
        c: select 7
        c: multi
        c: set a 1
        d: !blpop q 0
        d: until flags=b
        a: client list
        c: exec
        c: client list type normal
        a: client list type pubsub
        a: client list type replica
        a: client list type foo
        a: client list type normal x
        a: client list foo
        a: client list id
        a: client list id 99999 x
        a: client list id 99999 -1
        a: client no-evict on
        a: client no-touch on
        a: client info
        a: client no-evict off
        a: client no-touch off
        a: client no-evict foo
        a: client no-touch foo
        a: client info
        a: client foo
        a: client
        a: client info x
        a: client help
    "#;
    check(
        script,
        expect![[r#"
            a: client list
              "id=_ addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=client|list user=default redir=-1 resp=2 lib-name= lib-ver=\n"
            b: client setname bee
              +OK
            b: client setinfo lib-name lib
              +OK
            c: hello 3 setname see
              {"server", "redis", "version", "7.2.4", "proto", :3, "id", :3, "mode", "standalone", "role", "master", "modules", []}
            c: select 7
              +OK
            c: multi
              +OK
            c: set a 1
              +QUEUED
            d: !blpop q 0
            a: client list
              "id=_ addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=client|list user=default redir=-1 resp=2 lib-name= lib-ver=\n id=_ addr=_ laddr=_ fd=_ name=bee age=_ idle=_ flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=client|setinfo user=default redir=-1 resp=2 lib-name=lib lib-ver=\n id=_ addr=_ laddr=_ fd=_ name=see age=_ idle=_ flags=x db=7 sub=0 psub=0 ssub=0 multi=1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=set user=default redir=-1 resp=3 lib-name= lib-ver=\n id=_ addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=b db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=blpop user=default redir=-1 resp=2 lib-name= lib-ver=\n"
            c: exec
              [+OK]
            c: client list type normal
              "txt:id=1 addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=client|list user=default redir=-1 resp=2 lib-name= lib-ver=\n id=_ addr=_ laddr=_ fd=_ name=bee age=_ idle=_ flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=client|setinfo user=default redir=-1 resp=2 lib-name=lib lib-ver=\n id=_ addr=_ laddr=_ fd=_ name=see age=_ idle=_ flags=N db=7 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=client|list user=default redir=-1 resp=3 lib-name= lib-ver=\n id=_ addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=b db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=blpop user=default redir=-1 resp=2 lib-name= lib-ver=\n"
            a: client list type pubsub
              ""
            a: client list type replica
              ""
            a: client list type foo
              -ERR Unknown client type 'foo'
            a: client list type normal x
              -ERR syntax error
            a: client list foo
              -ERR syntax error
            a: client list id
              -ERR syntax error
            a: client list id 99999 x
              -ERR Invalid client ID
            a: client list id 99999 -1
              ""
            a: client no-evict on
              +OK
            a: client no-touch on
              +OK
            a: client info
              "id=_ addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=eT db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=client|info user=default redir=-1 resp=2 lib-name= lib-ver=\n"
            a: client no-evict off
              +OK
            a: client no-touch off
              +OK
            a: client no-evict foo
              -ERR syntax error
            a: client no-touch foo
              -ERR syntax error
            a: client info
              "id=_ addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=client|info user=default redir=-1 resp=2 lib-name= lib-ver=\n"
            a: client foo
              -ERR unknown subcommand 'foo'. Try CLIENT HELP.
            a: client
              -ERR wrong number of arguments for 'client' command
            a: client info x
              -ERR wrong number of arguments for 'client|info' command
            a: client help
              [+CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:, +CACHING (YES|NO), +    Whether copies are kept of what the next command reads, of those who said OPTIN or OPTOUT., +GETREDIR, +    Which client is told of changes instead, by its number., +GETNAME, +    The name of the connection., +ID, +    The number of the connection., +INFO, +    What LIST tells of the connection., +KILL <ip:port>, +    Closes the connection from there., +KILL <option> <value> [<option> <value> [...]], +    Closes all connections for which all of that is so:, +    * ADDR (<ip:port>|<unixsocket>:0), +      it comes from there;, +    * LADDR (<ip:port>|<unixsocket>:0), +      it came to this address;, +    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB), +      it is of this type;, +    * USER <username>, +      it is this user;, +    * SKIPME (YES|NO), +      it is not the one that says so, which stays unless it says NO., +LIST [options ...], +    Tells of all connections, or of those, +    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB), +      of this type., +UNPAUSE, +    Has those go on that PAUSE holds up., +PAUSE <timeout> [WRITE|ALL], +    Carries out nothing, or nothing that writes, for so many milliseconds., +REPLY (ON|OFF|SKIP), +    Whether commands are answered, or the next one is not., +SETNAME <name>, +    Names the connection., +SETINFO <option> <value>, +    Tells what the client is made with:, +    * LIB-NAME: a library,, +    * LIB-VER: its version., +UNBLOCK <clientid> [TIMEOUT|ERROR], +    Has a client wait no longer., +TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]], +         [OPTIN] [OPTOUT] [NOLOOP], +    Whether the client is told of changes of what it keeps copies of, and how., +TRACKINGINFO, +    What TRACKING was told., +NO-EVICT (ON|OFF), +    Whether the connection stays when memory runs out., +NO-TOUCH (ON|OFF), +    Whether keys that the client uses are not taken for used., +HELP, +    Prints this help.]
        "#]],
    );
}

#[test]
fn clients_are_found_by_their_numbers() {
    let server = start(1);
    let (mut one, mut other) = (Reader::of(&server), Reader::of(&server));
    let id = one.ask("client id")[1..].to_owned();
    let line = other.ask(&format!("client list id 0 {id}"));
    assert!(line.starts_with(&format!("\"id={id} ")), "{line}");
    assert_eq!(line.matches("id=").count(), 1);
    assert!(line.contains(&one.address()), "{line}");
    drop(one);
    let since = Instant::now();
    while other.ask(&format!("client list id {id}")) != "\"\"" {
        assert!(since.elapsed() < Duration::from_secs(10), "it is gone");
    }
    server.stop();
}

#[test]
fn clients_are_closed() {
    let server = start(5);
    let mut admin = Reader::of(&server);
    for (filter, told) in [
        ("id {id}", ":1"),
        ("ID {id} ADDR {addr}", ":1"),
        ("addr {addr}", ":1"),
        ("{addr}", "+OK"),
        ("type normal", ":1"),
        ("user default", ":1"),
        ("laddr {laddr}", ":1"),
        (
            "laddr {laddr} user default type normal id {id} addr {addr} skipme yes",
            ":1",
        ),
    ] {
        let mut one = Reader::of(&server);
        let id = one.ask("client id")[1..].to_owned();
        let address = one.address().trim_end().replace("addr=", "");
        let filter = filter
            .replace("{id}", &id)
            .replace("{laddr}", &server.address().to_string())
            .replace("{addr}", &address);
        assert_eq!(
            admin.ask(&format!("client kill {filter}")),
            told,
            "{filter}"
        );
        let left = admin.ask("client list");
        assert_eq!(left.matches(" addr=").count(), 1, "{left}");
        assert_eq!(one.reply(), "closed", "{filter}");
        assert_eq!(admin.ask("ping"), "+PONG");
    }
    let own = admin.ask("client id")[1..].to_owned();
    assert_eq!(admin.ask(&format!("client kill id {own}")), ":0");
    let kill = format!("client kill id {own} skipme no");
    assert_eq!(admin.ask(&kill), ":1");
    assert_eq!(admin.reply(), "closed");
    let mut admin = Reader::of(&server);
    let address = admin.address().trim_end().replace("addr=", "");
    assert_eq!(admin.ask(&format!("client kill {address}")), "+OK");
    assert_eq!(admin.reply(), "closed");
    server.stop();
}

#[test]
fn what_cannot_be_closed_is_told() {
    let script = r#"
        a: client kill
        a: client kill foo
        a: client kill id 0
        a: client kill id x
        a: client kill id -1
        a: client kill type foo
        a: client kill user nobody
        a: client kill skipme maybe
        a: client kill id 1 id
        a: client kill foo bar
        a: client kill id 999999
        a: client kill type master
        a: client kill type pubsub user default laddr 1.2.3.4:5 addr x skipme no id 5
    "#;
    check(
        script,
        expect![[r#"
        a: client kill
          -ERR wrong number of arguments for 'client|kill' command
        a: client kill foo
          -ERR No such client
        a: client kill id 0
          -ERR client-id should be greater than 0
        a: client kill id x
          -ERR client-id should be greater than 0
        a: client kill id -1
          -ERR client-id should be greater than 0
        a: client kill type foo
          -ERR Unknown client type 'foo'
        a: client kill user nobody
          -ERR No such user 'nobody'
        a: client kill skipme maybe
          -ERR syntax error
        a: client kill id 1 id
          -ERR syntax error
        a: client kill foo bar
          -ERR syntax error
        a: client kill id 999999
          :0
        a: client kill type master
          :0
        a: client kill type pubsub user default laddr 1.2.3.4:5 addr x skipme no id 5
          :0
    "#]],
    );
}

#[test]
fn clients_that_wait_are_unblocked() {
    for partitions in [1, 5] {
        let server = start(partitions);
        let mut admin = Reader::of(&server);
        for (waits, reason, told) in [
            ("blpop a 0", "", "nil"),
            ("blpop a b c 100", " timeout", "nil"),
            ("blmove a b left left 0", " TIMEOUT", "nil"),
            (
                "blpop a 0",
                " error",
                "-UNBLOCKED client unblocked via CLIENT UNBLOCK",
            ),
            (
                "bzpopmin a b 0",
                " ERROR",
                "-UNBLOCKED client unblocked via CLIENT UNBLOCK",
            ),
            ("xread block 0 streams a b 0 0", "", "nil"),
        ] {
            let mut one = Reader::of(&server);
            let id = one.ask("client id")[1..].to_owned();
            let unblock = format!("client unblock {id}{reason}");
            assert_eq!(admin.ask(&unblock), ":0", "it does not wait yet");
            one.say(waits);
            until(&server, &one.address(), "flags=b");
            assert_eq!(admin.ask(&unblock), ":1", "{waits}");
            assert_eq!(admin.ask(&unblock), ":0", "it does not wait any more");
            assert_eq!(one.reply(), told, "{waits}");
            assert_eq!(one.ask("ping"), "+PONG");
            assert_eq!(admin.ask("rpush a x"), ":1", "nobody waits for it");
            admin.ask("del a");
        }
        for (ask, told) in [
            (
                "client unblock x",
                "-ERR value is not an integer or out of range",
            ),
            ("client unblock 99999", ":0"),
            ("client unblock -1", ":0"),
            (
                "client unblock 1 foo",
                "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR",
            ),
            (
                "client unblock 1 timeout x",
                "-ERR unknown subcommand or wrong number of arguments for 'unblock'. Try CLIENT HELP.",
            ),
        ] {
            assert_eq!(admin.ask(ask), told, "{ask}");
        }
        server.stop();
    }
}

/// Each wait ends once, by whom ever: by an element, or by `CLIENT UNBLOCK`, or in time.
#[test]
fn a_wait_ends_once() {
    for partitions in [1, 5] {
        let server = start(partitions);
        let (mut admin, mut pushes) = (Reader::of(&server), Reader::of(&server));
        let mut one = Reader::of(&server);
        let id = one.ask("client id")[1..].to_owned();
        let (mut pushed, mut popped) = (0, 0);
        for round in 0..300 {
            one.say(["blpop a 0.01", "blpop a b c 0.01"][round % 2]);
            admin.say(&format!("client unblock {id}"));
            pushes.say("rpush a x");
            pushed += 1;
            let is_unblocked = admin.reply() == ":1";
            pushes.reply();
            let reply = one.reply();
            assert!(
                reply == "nil" || !is_unblocked,
                "it was told to wait no more"
            );
            popped += usize::from(reply == r#"["a", "x"]"#);
            assert!(reply == "nil" || reply == r#"["a", "x"]"#, "{reply}");
            assert_eq!(one.ask("echo 1"), "\"1\"", "nothing else was answered");
        }
        let left = admin.ask("llen a");
        assert_eq!(left, format!(":{}", pushed - popped));
        server.stop();
    }
}

#[test]
fn clients_are_answered_as_they_wish() {
    let script = r#"
        c: !client reply skip
        c: !ping
        c: echo 1
        c: !client reply off
        c: !echo 2
        c: !foo
        c: !client reply skip
        c: !echo 3
        c: client reply on
        c: echo 4
        c: !client reply skip
        c: !client reply skip
        c: !echo 5
        c: echo 6
        c: !client reply skip
        c: !blpop q 0.01
        c: echo 7
        c: !client reply off
        c: reset
        c: client reply foo
        c: client reply
        c: multi
        c: echo 1
        c: exec
    "#;
    check(
        script,
        expect![[r#"
        c: !client reply skip
        c: !ping
        c: echo 1
          "1"
        c: !client reply off
        c: !echo 2
        c: !foo
        c: !client reply skip
        c: !echo 3
        c: client reply on
          +OK
        c: echo 4
          "4"
        c: !client reply skip
        c: !client reply skip
        c: !echo 5
        c: echo 6
          "6"
        c: !client reply skip
        c: !blpop q 0.01
        c: echo 7
          "7"
        c: !client reply off
        c: reset
          +RESET
        c: client reply foo
          -ERR syntax error
        c: client reply
          -ERR wrong number of arguments for 'client|reply' command
        c: multi
          +OK
        c: echo 1
          +QUEUED
        c: exec
          ["1"]
    "#]],
    );
}

#[test]
fn clients_pause() {
    let server = start(5);
    let (mut one, mut other) = (Reader::of(&server), Reader::of(&server));
    assert_eq!(one.ask("client pause 1000000 write"), "+OK");
    assert_eq!(one.ask("get a"), "nil");
    let error = one.ask("set a");
    let told = "-ERR wrong number of arguments for 'set' command";
    assert_eq!(error, told, "what cannot be carried out need not wait");
    one.say("set a 1");
    one.say("set a 2");
    until(&server, &one.address(), "flags=b");
    assert_eq!(other.ask("get a"), "nil");
    assert_eq!(other.ask("multi"), "+OK");
    assert_eq!(other.ask("get a"), "+QUEUED");
    assert_eq!(other.ask("exec"), "[nil]", "it does not write");
    assert_eq!(other.ask("client unpause"), "+OK");
    assert_eq!(one.reply(), "+OK");
    assert_eq!(one.reply(), "+OK");
    assert_eq!(other.ask("get a"), "\"2\"");
    server.stop();
}

#[test]
fn a_pause_ends_when_somebody_says_so() {
    let server = start(5);
    let (mut one, mut other) = (Reader::of(&server), Reader::of(&server));
    other.ask("multi");
    other.ask("set a 1");
    assert_eq!(one.ask("client pause 100000 write"), "+OK");
    other.say("exec");
    until(&server, &other.address(), "flags=xb");
    assert_eq!(one.ask("client unpause"), "+OK");
    assert_eq!(other.reply(), "[+OK]");
    let since = Instant::now();
    assert_eq!(one.ask("client pause 200 all"), "+OK");
    assert_eq!(other.ask("get a"), "\"1\"", "that waited, too");
    assert!(since.elapsed() >= Duration::from_millis(200));
    for (ask, told) in [
        (
            "client pause",
            "-ERR wrong number of arguments for 'client|pause' command",
        ),
        (
            "client pause x",
            "-ERR timeout is not an integer or out of range",
        ),
        ("client pause -1", "-ERR timeout is negative"),
        (
            "client pause 9223372036854775807",
            "-ERR timeout is out of range",
        ),
        (
            "client pause 1 foo",
            "-ERR CLIENT PAUSE mode must be WRITE or ALL",
        ),
        (
            "client pause 1 all x",
            "-ERR unknown subcommand or wrong number of arguments for 'pause'. Try CLIENT HELP.",
        ),
    ] {
        assert_eq!(one.ask(ask), told, "{ask}");
    }
    server.stop();
}

/// Who sends much while it waits is read no further, and carried out when it does not wait any more.
#[test]
fn those_who_wait_are_not_read_for_ever() {
    const COMMANDS: usize = 400;
    let server = start(5);
    let (mut one, mut other) = (Reader::of(&server), Reader::of(&server));
    one.say("blpop a 0");
    until(&server, &one.address(), "flags=b");
    let long = "x".repeat(30_000);
    let script = format!("*2\r\n$4\r\necho\r\n$30000\r\n{long}\r\n").repeat(COMMANDS);
    let mut sends = one.other_end();
    let sender = std::thread::spawn(move || sends.raw(script.as_bytes()));
    let mut kept = vec![0];
    // Until no more is read.
    while kept.len() < 10
        || kept[kept.len() - 10..]
            .iter()
            .any(|it| *it != kept[kept.len() - 1])
    {
        std::thread::sleep(Duration::from_millis(20));
        let shown = other.ask("client list");
        let bytes = shown
            .split(' ')
            .filter_map(|word| word.strip_prefix("qbuf="));
        let most = bytes
            .map(|bytes| bytes.parse::<usize>().expect("a number"))
            .max();
        kept.push(most.expect("some"));
    }
    let most = kept[kept.len() - 1];
    assert!(most > 512 * 1024, "{most}");
    assert!(most < 2 * 1024 * 1024, "{most}");
    other.ask("rpush a x");
    assert_eq!(one.reply(), r#"["a", "x"]"#);
    for _ in 0..COMMANDS {
        assert_eq!(one.reply().len(), long.len() + 2);
    }
    sender.join().expect("it is sent");
    server.stop();
}
