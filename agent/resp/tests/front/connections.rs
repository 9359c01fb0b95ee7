//! What a client says of itself and of its connection: `HELLO`, `AUTH`, `SELECT` and the like.

use expect_test::expect;
use proptest::prelude::*;
use synod_resp::{Password, Server, Settings};

use crate::client::{start, start_with};
use crate::script::{Reader, play, without_times};

fn check(server: &Server, script: &str, expected: expect_test::Expect) {
    expected.assert_eq(&without_times(&play(server, script)));
}

fn with_password(words: &str) -> Server {
    start_with(Settings {
        password: Some(Password::of(words.as_bytes())),
        ..Settings::default()
    })
}

#[test]
fn clients_greet() {
    let server = start(1);
    let script = r#"
        a: hello
        a: hello 4
        a: hello 1
        a: hello x
        a: hello 2 foo
        a: hello 3 auth a
        a: hello 3 auth a b
        a: hello 3 setname
        a: hello 3 setname "x\ny"
        a: client getname
        a: hello 3 auth default x setname foo
        a: client getname
        a: hello
        a: hello 2 setname z setname y
        a: client getname
        a: client setname ""
        a: client getname
        a: client setname "a b"
        a: client setinfo lib-name redis-py
        a: client setinfo LIB-VER 5.0.1
        a: client setinfo lib-ver "5 0"
        a: client setinfo lib foo
        a: client info
        a: reset
        a: client info
    "#;
    check(
        &server,
        script,
        expect![[r#"
            a: hello
              ["server", "redis", "version", "7.2.4", "proto", :2, "id", :1, "mode", "standalone", "role", "master", "modules", []]
            a: hello 4
              -NOPROTO unsupported protocol version
            a: hello 1
              -NOPROTO unsupported protocol version
            a: hello x
              -ERR Protocol version is not an integer or out of range
            a: hello 2 foo
              -ERR Syntax error in HELLO option 'foo'
            a: hello 3 auth a
              -ERR Syntax error in HELLO option 'auth'
            a: hello 3 auth a b
              -WRONGPASS invalid username-password pair or user is disabled.
            a: hello 3 setname
              -ERR Syntax error in HELLO option 'setname'
            a: hello 3 setname "x\ny"
              -ERR Client names cannot contain spaces, newlines or special characters.
            a: client getname
              nil
            a: hello 3 auth default x setname foo
              {"server", "redis", "version", "7.2.4", "proto", :3, "id", :1, "mode", "standalone", "role", "master", "modules", []}
            a: client getname
              "foo"
            a: hello
              {"server", "redis", "version", "7.2.4", "proto", :3, "id", :1, "mode", "standalone", "role", "master", "modules", []}
            a: hello 2 setname z setname y
              ["server", "redis", "version", "7.2.4", "proto", :2, "id", :1, "mode", "standalone", "role", "master", "modules", []]
            a: client getname
              "y"
            a: client setname ""
              +OK
            a: client getname
              nil
            a: client setname "a b"
              -ERR Client names cannot contain spaces, newlines or special characters.
            a: client setinfo lib-name redis-py
              +OK
            a: client setinfo LIB-VER 5.0.1
              +OK
            a: client setinfo lib-ver "5 0"
              -ERR lib-ver cannot contain spaces, newlines or special characters.
            a: client setinfo lib foo
              -ERR Unrecognized option 'lib'
            a: client info
              "id=_ addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=client|info user=default redir=-1 resp=2 lib-name=redis-py lib-ver=5.0.1\n"
            a: reset
              +RESET
            a: client info
              "id=_ addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=client|info user=default redir=-1 resp=2 lib-name=redis-py lib-ver=5.0.1\n"
        "#]],
    );
    server.stop();
}

#[test]
fn what_is_simple_is_answered() {
    let server = start(1);
    let script = r#"
        a: echo
        a: echo hi
        a: ping
        a: ping a
        a: ping a b
        a: select 3
        a: set k 1
        a: get k
        a: select 0
        a: get k
        a: select 16
        a: select -1
        a: select x
        a: select 99999999999
        a: select 99999999999999999999
        a: multi
        a: set k 2
        a: reset
        a: exec
        a: get k
        a: exec foo
        a: multi
        a: exec foo
        a: exec
        a: multi
        a: hello 3
        a: hello 2
        a: select 5
        a: exec
        a: client info
        a: multi
        a: quit foo
        a: ping
    "#;
    check(
        &server,
        script,
        expect![[r#"
            a: echo
              -ERR wrong number of arguments for 'echo' command
            a: echo hi
              "hi"
            a: ping
              +PONG
            a: ping a
              "a"
            a: ping a b
              -ERR wrong number of arguments for 'ping' command
            a: select 3
              +OK
            a: set k 1
              +OK
            a: get k
              "1"
            a: select 0
              +OK
            a: get k
              nil
            a: select 16
              -ERR DB index is out of range
            a: select -1
              -ERR DB index is out of range
            a: select x
              -ERR value is not an integer or out of range
            a: select 99999999999
              -ERR value is out of range, value must between -2147483648 and 2147483647
            a: select 99999999999999999999
              -ERR value is not an integer or out of range
            a: multi
              +OK
            a: set k 2
              +QUEUED
            a: reset
              +RESET
            a: exec
              -ERR EXEC without MULTI
            a: get k
              nil
            a: exec foo
              -EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
            a: multi
              +OK
            a: exec foo
              -EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
            a: exec
              -ERR EXEC without MULTI
            a: multi
              +OK
            a: hello 3
              +QUEUED
            a: hello 2
              +QUEUED
            a: select 5
              +QUEUED
            a: exec
              [{"server", "redis", "version", "7.2.4", "proto", :3, "id", :1, "mode", "standalone", "role", "master", "modules", []}, ["server", "redis", "version", "7.2.4", "proto", :2, "id", :1, "mode", "standalone", "role", "master", "modules", []], +OK]
            a: client info
              "id=_ addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=N db=5 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=client|info user=default redir=-1 resp=2 lib-name= lib-ver=\n"
            a: multi
              +OK
            a: quit foo
              +OK
            a: ping
              closed
        "#]],
    );
    server.stop();
}

#[test]
fn nothing_is_done_before_the_password() {
    let server = with_password("secret");
    let script = r#"
        a: ping
        a: foo
        a: get
        a: multi
        a: client id
        a: hello 3
        a: hello 3 auth default nope
        a: auth nope
        a: auth default nope
        a: auth nobody secret
        a: auth
        a: auth a b c
        a: reset
        a: hello 2 auth default secret setname a
        a: ping
        a: client getname
        a: client info
        a: reset
        a: ping
        a: auth secret
        a: ping
        a: acl log 1
        a: acl list
        b: quit
        b: ping
        c: auth secret
        c: acl setuser default nopass
        d: ping
        d: auth secret
        d: auth default whatever
    "#;
    check(
        &server,
        script,
        expect![[r#"
            a: ping
              -NOAUTH Authentication required.
            a: foo
              -ERR unknown command 'foo', with args beginning with:
            a: get
              -ERR wrong number of arguments for 'get' command
            a: multi
              -NOAUTH Authentication required.
            a: client id
              -NOAUTH Authentication required.
            a: hello 3
              -NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
            a: hello 3 auth default nope
              -WRONGPASS invalid username-password pair or user is disabled.
            a: auth nope
              -WRONGPASS invalid username-password pair or user is disabled.
            a: auth default nope
              -WRONGPASS invalid username-password pair or user is disabled.
            a: auth nobody secret
              -WRONGPASS invalid username-password pair or user is disabled.
            a: auth
              -ERR wrong number of arguments for 'auth' command
            a: auth a b c
              -ERR syntax error
            a: reset
              +RESET
            a: hello 2 auth default secret setname a
              ["server", "redis", "version", "7.2.4", "proto", :2, "id", :1, "mode", "standalone", "role", "master", "modules", []]
            a: ping
              +PONG
            a: client getname
              "a"
            a: client info
              "id=_ addr=_ laddr=_ fd=_ name=a age=_ idle=_ flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=client|info user=default redir=-1 resp=2 lib-name= lib-ver=\n"
            a: reset
              +RESET
            a: ping
              -NOAUTH Authentication required.
            a: auth secret
              +OK
            a: ping
              +PONG
            a: acl log 1
              [["count", :1, "reason", "auth", "context", "toplevel", "object", "auth", "username", "nobody", "age-seconds", _, "client-info", "id=_ addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=auth user=default redir=-1 resp=2 lib-name= lib-ver=", "entry-id", _, "timestamp-created", _, "timestamp-last-updated", _]]
            a: acl list
              ["user default on sanitize-payload #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~* &* +@all"]
            b: quit
              +OK
            b: ping
              closed
            c: auth secret
              +OK
            c: acl setuser default nopass
              +OK
            d: ping
              +PONG
            d: auth secret
              -ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
            d: auth default whatever
              +OK
        "#]],
    );
    server.stop();
}

#[test]
fn those_who_are_not_known_send_little() {
    let server = with_password("secret");
    let long = "x".repeat(16_385) + "\r\n";
    for (sent, error, rest, known_error) in [
        (
            "*11\r\n",
            "-ERR Protocol error: unauthenticated multibulk length",
            ":1\r\n",
            "-ERR Protocol error: expected '$', got ':'",
        ),
        (
            "*1\r\n$16385\r\n",
            "-ERR Protocol error: unauthenticated bulk length",
            long.as_str(),
            "-ERR unknown command",
        ),
    ] {
        let mut client = Reader::of(&server);
        client.raw(sent.as_bytes());
        assert_eq!(client.reply(), error);
        assert_eq!(client.reply(), "closed");
        let mut client = Reader::of(&server);
        assert_eq!(client.ask("auth secret"), "+OK");
        client.raw(sent.as_bytes());
        client.raw(rest.as_bytes());
        let reply = client.reply();
        assert!(reply.starts_with(known_error), "{reply:.100}");
    }
    server.stop();
}

#[test]
fn settings_do_not_tell_the_password() {
    let settings = Settings {
        password: Some(Password::of(b"secret")),
        ..Settings::default()
    };
    let shown = format!("{settings:?}");
    assert!(shown.contains("Password") && !shown.contains("secret"));
    assert!(!shown.contains("2bb80d537b1da3e3"), "its hash: {shown}");
}

/// What is not carried out since there is too much to be sent is carried out when it was sent, though nothing more comes.
#[test]
fn a_pipeline_with_long_answers_is_carried_out_to_its_end() {
    const COMMANDS: usize = 100;
    let server = start(4);
    let mut client = Reader::of(&server);
    let long = "x".repeat(60);
    client.ask(&format!("rpush l{}", format!(" {long}").repeat(1000)));
    let command = "*4\r\n$6\r\nlrange\r\n$1\r\nl\r\n$1\r\n0\r\n$2\r\n-1\r\n";
    client.raw(command.repeat(COMMANDS).as_bytes());
    for _ in 0..COMMANDS {
        assert_eq!(client.reply().matches(&long).count(), 1000);
    }
    server.stop();
}

/// Words that are said to `HELLO` and `CLIENT KILL`, and some that are not.
fn word() -> impl Strategy<Value = Vec<u8>> {
    const KNOWN: &[&str] = &[
        "2",
        "3",
        "auth",
        "setname",
        "default",
        "id",
        "type",
        "normal",
        "pubsub",
        "user",
        "addr",
        "laddr",
        "skipme",
        "yes",
        "no",
        "1",
        "-1",
        "127.0.0.1:1",
        "",
    ];
    prop_oneof![
        3 => proptest::sample::select(KNOWN).prop_map(|word| word.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..10),
    ]
}

#[test]
fn whatever_is_said_is_answered() {
    let server = start(2);
    let mut asks = Reader::of(&server);
    let command = prop_oneof![
        Just(vec![b"hello".to_vec()]),
        Just(vec![b"client".to_vec(), b"kill".to_vec()]),
        Just(vec![b"client".to_vec(), b"list".to_vec()]),
        Just(vec![b"client".to_vec(), b"setname".to_vec()]),
        Just(vec![
            b"acl".to_vec(),
            b"dryrun".to_vec(),
            b"default".to_vec()
        ]),
        Just(vec![b"acl".to_vec(), b"setuser".to_vec(), b"u".to_vec()]),
        Just(vec![b"auth".to_vec()]),
    ];
    let said = (command, proptest::collection::vec(word(), 0..6));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(300));
    let done = runner.run(&said, |(mut command, words)| {
        command.extend(words);
        let mut client = Reader::of(&server);
        client.send(&command);
        prop_assert!(client.reply() != "closed", "it is answered");
        Ok(())
    });
    done.expect("all are answered");
    // It may have been closed by one of them.
    if asks.ask("ping") == "closed" {
        asks = Reader::of(&server);
        assert_eq!(asks.ask("ping"), "+PONG");
    }
    server.stop();
}
