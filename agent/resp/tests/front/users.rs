//! What users may do, and what they are told if they may not.

use expect_test::{Expect, expect};

use crate::client::start;
use crate::script::{Reader, play, without_times};

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
fn users_are_set_and_shown() {
    let script = r#"
        a: acl setuser x
        a: acl list
        a: acl getuser x
        a: acl getuser nobody
        a: acl setuser x %~a
        a: acl setuser x ~a ~*
        a: acl setuser x ~b
        a: acl setuser x +client|id|x
        a: acl setuser x +select|
        a: acl setuser x +foo
        a: acl setuser x -@foo
        a: acl setuser x -select|0
        a: acl setuser x +select|0
        a: acl setuser x #12
        a: acl setuser x <foo
        a: acl setuser x (
        a: acl setuser x on "( on"
        a: acl setuser x "(~a +get )"
        a: acl setuser x (%R~a &c +get -@all +@read )
        a: acl setuser x (~a +foo )
        a: acl setuser x on >p reset +foo
        a: acl list
        a: acl getuser x
        a: acl setuser x clearselectors resetkeys &foo* &foo* &bar
        a: acl setuser x &*
        a: acl setuser x &foo
        a: acl setuser x >pw >pw2 >pw on
        a: acl getuser x
        a: acl setuser x reset %RW~foo %R~bar %W~bar %R~baz
        a: hello 3
        a: acl getuser x
        a: acl setuser "x y"
        a: acl setuser
        a: acl users
        a: acl deluser default
        a: acl deluser x default
        a: acl deluser x y
        a: acl users
        a: acl whoami
    "#;
    check(
        script,
        expect![[r#"
        a: acl setuser x
          +OK
        a: acl list
          ["user default on nopass sanitize-payload ~* &* +@all", "user x off sanitize-payload resetchannels -@all"]
        a: acl getuser x
          ["flags", ["off", "sanitize-payload"], "passwords", [], "commands", "-@all", "keys", "", "channels", "", "selectors", []]
        a: acl getuser nobody
          nil
        a: acl setuser x %~a
          -ERR Error in ACL SETUSER modifier '%~a': Syntax error
        a: acl setuser x ~a ~*
          +OK
        a: acl setuser x ~b
          -ERR Error in ACL SETUSER modifier '~b': Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns
        a: acl setuser x +client|id|x
          -ERR Error in ACL SETUSER modifier '+client|id|x': Allowing first-arg of a subcommand is not supported
        a: acl setuser x +select|
          -ERR Error in ACL SETUSER modifier '+select|': Syntax error
        a: acl setuser x +foo
          -ERR Error in ACL SETUSER modifier '+foo': Unknown command or category name in ACL
        a: acl setuser x -@foo
          -ERR Error in ACL SETUSER modifier '-@foo': Unknown command or category name in ACL
        a: acl setuser x -select|0
          -ERR Error in ACL SETUSER modifier '-select|0': Unknown command or category name in ACL
        a: acl setuser x +select|0
          +OK
        a: acl setuser x #12
          -ERR Error in ACL SETUSER modifier '#12': The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters
        a: acl setuser x <foo
          -ERR Error in ACL SETUSER modifier '<foo': The password you are trying to remove from the user does not exist
        a: acl setuser x (
          -ERR Unmatched parenthesis in acl selector starting at '('.
        a: acl setuser x on "( on"
          -ERR Unmatched parenthesis in acl selector starting at '( on'.
        a: acl setuser x "(~a +get )"
          +OK
        a: acl setuser x (%R~a &c +get -@all +@read )
          +OK
        a: acl setuser x (~a +foo )
          -ERR Error in ACL SETUSER modifier '(~a +foo )': Unknown command or category name in ACL
        a: acl setuser x on >p reset +foo
          -ERR Error in ACL SETUSER modifier '+foo': Unknown command or category name in ACL
        a: acl list
          ["user default on nopass sanitize-payload ~* &* +@all", "user x off sanitize-payload ~* resetchannels -@all +select|0 (~a resetchannels -@all +get) (%R~a resetchannels &c -@all +@read)"]
        a: acl getuser x
          ["flags", ["off", "sanitize-payload"], "passwords", [], "commands", "-@all +select|0", "keys", "~*", "channels", "", "selectors", [["commands", "-@all +get", "keys", "~a", "channels", ""], ["commands", "-@all +@read", "keys", "%R~a", "channels", "&c"]]]
        a: acl setuser x clearselectors resetkeys &foo* &foo* &bar
          +OK
        a: acl setuser x &*
          +OK
        a: acl setuser x &foo
          -ERR Error in ACL SETUSER modifier '&foo': Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels
        a: acl setuser x >pw >pw2 >pw on
          +OK
        a: acl getuser x
          ["flags", ["on", "sanitize-payload"], "passwords", ["30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4", "93915a0a4bf8f634cb1856494dd4304472ad46b9827f541f76b6761c49cc55b0"], "commands", "-@all +select|0", "keys", "", "channels", "&*", "selectors", []]
        a: acl setuser x reset %RW~foo %R~bar %W~bar %R~baz
          +OK
        a: hello 3
          {"server", "redis", "version", "7.2.4", "proto", :3, "id", :1, "mode", "standalone", "role", "master", "modules", []}
        a: acl getuser x
          {"flags", ~["off", "sanitize-payload"], "passwords", [], "commands", "-@all", "keys", "~foo ~bar %R~baz", "channels", "", "selectors", []}
        a: acl setuser "x y"
          -ERR Usernames can't contain spaces or null characters
        a: acl setuser
          -ERR wrong number of arguments for 'acl|setuser' command
        a: acl users
          ["default", "x"]
        a: acl deluser default
          -ERR The 'default' user cannot be removed
        a: acl deluser x default
          -ERR The 'default' user cannot be removed
        a: acl deluser x y
          :1
        a: acl users
          ["default"]
        a: acl whoami
          "default"
    "#]],
    );
}

#[test]
fn what_is_asked_of_all_is_answered() {
    let script = r#"
        a: acl cat
        a: acl cat foo
        a: acl cat HyperLogLog
        a: acl cat a b
        a: acl genpass 0
        a: acl genpass 4097
        a: acl genpass x
        a: acl genpass 1 2
        a: acl log x
        a: acl log -1
        a: acl log 1 2
        a: acl foo
        a: acl
        a: acl save
        a: acl load
        a: acl list 1
        a: acl help
        a: acl setuser q on nopass ~a %R~b %W~c +@all &* -flushall
        a: acl dryrun q
        a: acl dryrun nobody get a
        a: acl dryrun q foo
        a: acl dryrun q get
        a: acl dryrun q client foo
        a: acl dryrun q get a
        a: acl dryrun q set b 1
        a: acl dryrun q set c 1
        a: acl dryrun q set c 1 get
        a: acl dryrun q copy b c
        a: acl dryrun q copy c b
        a: acl dryrun q strlen d
        a: acl dryrun q flushall
        a: acl dryrun q client id
    "#;
    check(
        script,
        expect![[r#"
            a: acl cat
              ["keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting"]
            a: acl cat foo
              -ERR Unknown category 'foo'
            a: acl cat HyperLogLog
              ["pfadd", "pfcount", "pfdebug", "pfmerge", "pfselftest"]
            a: acl cat a b
              -ERR unknown subcommand or wrong number of arguments for 'cat'. Try ACL HELP.
            a: acl genpass 0
              -ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
            a: acl genpass 4097
              -ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
            a: acl genpass x
              -ERR value is not an integer or out of range
            a: acl genpass 1 2
              -ERR unknown subcommand or wrong number of arguments for 'genpass'. Try ACL HELP.
            a: acl log x
              -ERR value is not an integer or out of range
            a: acl log -1
              []
            a: acl log 1 2
              -ERR unknown subcommand or wrong number of arguments for 'log'. Try ACL HELP.
            a: acl foo
              -ERR unknown subcommand 'foo'. Try ACL HELP.
            a: acl
              -ERR wrong number of arguments for 'acl' command
            a: acl save
              -ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.
            a: acl load
              -ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.
            a: acl list 1
              -ERR wrong number of arguments for 'acl|list' command
            a: acl help
              [+ACL <subcommand> [<arg> [value] [opt] ...]. Subcommands are:, +CAT [<category>], +    The commands of a category; all categories, if none, +    is named., +DELUSER <username> [<username> ...], +    Removes users, and closes whoever is one of them., +DRYRUN <username> <command> [<arg> ...], +    Whether a user may call this, which is not called., +GETUSER <username>, +    What is known of a user., +GENPASS [<bits>], +    A password that nobody guesses, of 256 bits,, +    or of as many as are said., +LIST, +    All users, each with its rules., +LOAD, +    Takes the users from a file, which there is not., +LOG [<count> | RESET], +    What was denied of late; or forgets it., +SAVE, +    Writes the users to a file, which there is not., +SETUSER <username> <attribute> [<attribute> ...], +    Changes the rules of a user, or of a new one., +USERS, +    The names of all users., +WHOAMI, +    The name of the user that the client is., +HELP, +    Prints this help.]
            a: acl setuser q on nopass ~a %R~b %W~c +@all &* -flushall
              +OK
            a: acl dryrun q
              -ERR wrong number of arguments for 'acl|dryrun' command
            a: acl dryrun nobody get a
              -ERR User 'nobody' not found
            a: acl dryrun q foo
              -ERR Command 'foo' not found
            a: acl dryrun q get
              -ERR wrong number of arguments for 'get' command
            a: acl dryrun q client foo
              -ERR Command 'client' not found
            a: acl dryrun q get a
              +OK
            a: acl dryrun q set b 1
              "User q has no permissions to access the \'b\' key"
            a: acl dryrun q set c 1
              +OK
            a: acl dryrun q set c 1 get
              "User q has no permissions to access the \'c\' key"
            a: acl dryrun q copy b c
              +OK
            a: acl dryrun q copy c b
              "User q has no permissions to access the \'c\' key"
            a: acl dryrun q strlen d
              "User q has no permissions to access the \'d\' key"
            a: acl dryrun q flushall
              "User q has no permissions to run the \'flushall\' command"
            a: acl dryrun q client id
              +OK
        "#]],
    );
}

#[test]
fn passwords_that_are_made_are_random() {
    let server = start(1);
    let mut client = Reader::of(&server);
    let (one, other) = (client.ask("acl genpass"), client.ask("acl genpass"));
    assert_eq!(one.len(), 64 + 2);
    assert_ne!(one, other);
    assert_eq!(client.ask("acl genpass 5").len(), 2 + 2);
    assert_eq!(client.ask("acl genpass 4096").len(), 1024 + 2);
    server.stop();
}

#[test]
fn what_is_not_allowed_is_denied_and_logged() {
    let script = r#"
        a: acl setuser y on >p ~k* +get +auth +@connection
        b: auth y q
        b: auth y p
        b: acl whoami
        b: get k1
        b: get j
        b: get j
        b: set k1 v
        b: set
        b: foo
        b: ping
        b: hello
        b: multi
        a: acl setuser y +multi +exec +set
        b: multi
        b: get j
        b: set k 1
        b: exec
        b: multi
        b: set k 2
        b: get k
        a: acl setuser y -get
        b: exec
        b: multi
        b: set k 3
        a: acl setuser y resetkeys
        b: exec
        b: multi
        a: acl setuser y -exec
        b: exec
        a: acl log 3
        a: acl log reset
        a: acl log
        a: get k
    "#;
    let server = start(3);
    let told = without_times(&play(&server, script));
    expect![[r#"
        a: acl setuser y on >p ~k* +get +auth +@connection
          +OK
        b: auth y q
          -WRONGPASS invalid username-password pair or user is disabled.
        b: auth y p
          +OK
        b: acl whoami
          -NOPERM User y has no permissions to run the 'acl|whoami' command
        b: get k1
          nil
        b: get j
          -NOPERM No permissions to access a key
        b: get j
          -NOPERM No permissions to access a key
        b: set k1 v
          -NOPERM User y has no permissions to run the 'set' command
        b: set
          -ERR wrong number of arguments for 'set' command
        b: foo
          -ERR unknown command 'foo', with args beginning with:
        b: ping
          +PONG
        b: hello
          ["server", "redis", "version", "7.2.4", "proto", :2, "id", :2, "mode", "standalone", "role", "master", "modules", []]
        b: multi
          -NOPERM User y has no permissions to run the 'multi' command
        a: acl setuser y +multi +exec +set
          +OK
        b: multi
          +OK
        b: get j
          -NOPERM No permissions to access a key
        b: set k 1
          +QUEUED
        b: exec
          -EXECABORT Transaction discarded because of previous errors.
        b: multi
          +OK
        b: set k 2
          +QUEUED
        b: get k
          +QUEUED
        a: acl setuser y -get
          +OK
        b: exec
          [+OK, -NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to execute the command or subcommand]
        b: multi
          +OK
        b: set k 3
          +QUEUED
        a: acl setuser y resetkeys
          +OK
        b: exec
          [-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to touch the specified keys]
        b: multi
          +OK
        a: acl setuser y -exec
          +OK
        b: exec
          -EXECABORT Transaction discarded because of: NOPERM User y has no permissions to run the 'exec' command
        a: acl log 3
          [["count", :1, "reason", "command", "context", "multi", "object", "exec", "username", "y", "age-seconds", _, "client-info", "id=_ addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=x db=0 sub=0 psub=0 ssub=0 multi=0 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=exec user=y redir=-1 resp=2 lib-name= lib-ver=", "entry-id", _, "timestamp-created", _, "timestamp-last-updated", _], ["count", :1, "reason", "key", "context", "multi", "object", "k", "username", "y", "age-seconds", _, "client-info", "id=_ addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=x db=0 sub=0 psub=0 ssub=0 multi=1 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=exec user=y redir=-1 resp=2 lib-name= lib-ver=", "entry-id", _, "timestamp-created", _, "timestamp-last-updated", _], ["count", :1, "reason", "command", "context", "multi", "object", "get", "username", "y", "age-seconds", _, "client-info", "id=_ addr=_ laddr=_ fd=_ name= age=_ idle=_ flags=x db=0 sub=0 psub=0 ssub=0 multi=2 qbuf=_ qbuf-free=_ argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=_ oll=0 omem=0 tot-mem=_ events=r cmd=exec user=y redir=-1 resp=2 lib-name= lib-ver=", "entry-id", _, "timestamp-created", _, "timestamp-last-updated", _]]
        a: acl log reset
          +OK
        a: acl log
          []
        a: get k
          "2"
    "#]].assert_eq(&told);
    server.stop();
}

/// Who listens to nothing else stays.
#[test]
fn who_may_not_hear_a_channel_any_more_is_closed() {
    let script = r#"
        a: acl setuser w on nopass +@all ~* &x* &y
        b: auth w x
        b: subscribe x1
        c: auth w x
        c: psubscribe x*
        d: auth w x
        d: ssubscribe y
        e: auth w x
        e: subscribe y
        a: acl setuser w &z
        b: ping
        a: acl setuser w resetchannels &y
        b: ?
        c: ?
        d: ping
        e: ping
        f: auth w x
        f: hello 3
        f: subscribe y
        f: acl setuser w resetchannels
        f: ?
        d: ?
        e: ?
    "#;
    check(
        script,
        expect![[r#"
        a: acl setuser w on nopass +@all ~* &x* &y
          +OK
        b: auth w x
          +OK
        b: subscribe x1
          ["subscribe", "x1", :1]
        c: auth w x
          +OK
        c: psubscribe x*
          ["psubscribe", "x*", :1]
        d: auth w x
          +OK
        d: ssubscribe y
          ["ssubscribe", "y", :1]
        e: auth w x
          +OK
        e: subscribe y
          ["subscribe", "y", :1]
        a: acl setuser w &z
          +OK
        b: ping
          ["pong", ""]
        a: acl setuser w resetchannels &y
          +OK
        b: ?
          closed
        c: ?
          closed
        d: ping
          ["pong", ""]
        e: ping
          ["pong", ""]
        f: auth w x
          +OK
        f: hello 3
          {"server", "redis", "version", "7.2.4", "proto", :3, "id", :6, "mode", "standalone", "role", "master", "modules", []}
        f: subscribe y
          >["subscribe", "y", :1]
        f: acl setuser w resetchannels
          +OK
        f: ?
          closed
        d: ?
          closed
        e: ?
          closed
    "#]],
    );
}

#[test]
fn users_that_are_removed_are_gone() {
    let script = r#"
        a: acl setuser w on nopass +@all ~*
        b: auth w x
        c: auth w x
        c: !blpop q 0
        c: until flags=b
        a: acl deluser w nobody
        b: ?
        c: ?
        a: acl setuser w on nopass +@all ~*
        d: auth w x
        d: acl deluser w
        d: ?
        a: acl users
        a: acl setuser w on nopass +@all ~*
        e: auth w x
        a: acl setuser w off
        e: ping
        e: reset
        e: auth w x
    "#;
    check(
        script,
        expect![[r#"
        a: acl setuser w on nopass +@all ~*
          +OK
        b: auth w x
          +OK
        c: auth w x
          +OK
        c: !blpop q 0
        a: acl deluser w nobody
          :1
        b: ?
          closed
        c: ?
          closed
        a: acl setuser w on nopass +@all ~*
          +OK
        d: auth w x
          +OK
        d: acl deluser w
          :1
        d: ?
          closed
        a: acl users
          ["default"]
        a: acl setuser w on nopass +@all ~*
          +OK
        e: auth w x
          +OK
        a: acl setuser w off
          +OK
        e: ping
          +PONG
        e: reset
          +RESET
        e: auth w x
          -WRONGPASS invalid username-password pair or user is disabled.
    "#]],
    );
}

#[test]
fn sorting_does_not_read_what_may_not_be_read() {
    let script = r#"
        a: rpush l 2 1
        a: set w1 9
        a: acl setuser s on nopass +sort +sort_ro +auth +multi +exec %RW~l*
        b: auth s x
        b: sort l
        b: sort l by w
        b: sort l by w*
        b: sort l get #
        b: sort l foo get #
        b: sort_ro l by w* foo
        b: sort k
        b: multi
        b: sort l get w*
        b: exec
        a: acl setuser s %R~*
        b: sort l by w* get w*
        a: acl setuser s resetkeys %RW~l* (+sort %R~*)
        b: sort l by w* get w*
    "#;
    check(
        script,
        expect![[r#"
        a: rpush l 2 1
          :2
        a: set w1 9
          +OK
        a: acl setuser s on nopass +sort +sort_ro +auth +multi +exec %RW~l*
          +OK
        b: auth s x
          +OK
        b: sort l
          ["1", "2"]
        b: sort l by w
          ["2", "1"]
        b: sort l by w*
          -ERR BY option of SORT denied due to insufficient ACL permissions.
        b: sort l get #
          -ERR GET option of SORT denied due to insufficient ACL permissions.
        b: sort l foo get #
          -ERR syntax error
        b: sort_ro l by w* foo
          -ERR BY option of SORT denied due to insufficient ACL permissions.
        b: sort k
          -NOPERM No permissions to access a key
        b: multi
          +OK
        b: sort l get w*
          +QUEUED
        b: exec
          [-ERR GET option of SORT denied due to insufficient ACL permissions.]
        a: acl setuser s %R~*
          +OK
        b: sort l by w* get w*
          [nil, "9"]
        a: acl setuser s resetkeys %RW~l* (+sort %R~*)
          +OK
        b: sort l by w* get w*
          [nil, "9"]
    "#]],
    );
}

/// Rules that change hold at once, whichever thread changes them.
#[test]
fn rules_change_for_those_who_are_there() {
    let server = start(4);
    let mut admin = Reader::of(&server);
    admin.ask("acl setuser u on nopass ~* &* +@all");
    let mut clients: Vec<_> = (0..8).map(|_| Reader::of(&server)).collect();
    for client in &mut clients {
        assert_eq!(client.ask("auth u x"), "+OK");
        assert_eq!(client.ask("set a 1"), "+OK");
    }
    for round in 0..20 {
        let allows = round % 2 == 1;
        let sign = if allows { "+" } else { "-" };
        assert_eq!(admin.ask(&format!("acl setuser u {sign}set")), "+OK");
        for client in &mut clients {
            let reply = client.ask("set a 1");
            assert_eq!(reply == "+OK", allows, "{reply}");
        }
    }
    server.stop();
}
