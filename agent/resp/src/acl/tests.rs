//! Rules: what they come to, and that nothing that one can say breaks them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use synod_cache::command::all;

use super::called::Called;
use super::error::RuleError;
use super::selector::Denied;
use super::user::{User, whole_rules};

fn user(rules: &str) -> User {
    let mut user = User::new();
    let rules: Vec<&[u8]> = rules.split_whitespace().map(str::as_bytes).collect();
    for rule in whole_rules(&rules).expect("all are closed") {
        let shown = String::from_utf8_lossy(&rule).into_owned();
        user.follow(&rule)
            .unwrap_or_else(|error| panic!("{shown}: {error}"));
    }
    user
}

fn check(user: &User, call: &str) -> Result<(), Denied> {
    let args: Vec<&[u8]> = call.split(' ').map(str::as_bytes).collect();
    let called = Called::by_args(&args).expect("a command");
    user.check(called, &args)
}

/// All commands and subcommands.
fn every() -> impl Iterator<Item = Called> {
    all().flat_map(|command| {
        let specs = std::iter::once(command).chain(command.subcommands);
        specs.map(move |spec| Called { command, spec })
    })
}

/// The full names of what a user may call, whatever the keys.
fn allowed(user: &User) -> BTreeSet<String> {
    let name = |called: &Called| called.full_name();
    let may = every().filter(|called| {
        let args = [called.command.name.as_bytes(), called.spec.name.as_bytes()];
        user.root().commands.allow(*called, &args)
    });
    may.map(|called| name(&called)).collect()
}

#[test]
fn users_are_shown_as_rules() {
    for (rules, shown) in [
        ("", "off sanitize-payload resetchannels -@all"),
        (
            "on nopass ~a &b +get -get +@read",
            "on nopass sanitize-payload ~a resetchannels &b -@all -get +@read",
        ),
        ("+@all ~* &* on", "on sanitize-payload ~* &* +@all"),
        (
            "%R~a %W~a %RW~b %r~c %w~d allchannels skip-sanitize-payload",
            "off skip-sanitize-payload ~a ~b %R~c %W~d &* -@all",
        ),
        (
            "allcommands -client +CLIENT|ID -client|kill -client +select|0 +Select|1",
            "off sanitize-payload resetchannels +@all -client +select|0 +select|1",
        ),
        (
            "+get (~a +get) ( %R~b allchannels +@all )",
            "off sanitize-payload resetchannels -@all +get (~a resetchannels -@all +get) (%R~b &* +@all)",
        ),
        (
            "~a +get (+set ~b) clearselectors resetkeys",
            "off sanitize-payload resetchannels -@all +get",
        ),
        (
            "on ~a +get (+set ~b) >p reset",
            "off sanitize-payload resetchannels -@all",
        ),
        (
            "on >a >a >b <a",
            "on sanitize-payload #3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d resetchannels -@all",
        ),
    ] {
        assert_eq!(user(rules).to_string(), shown, "{rules}");
    }
}

#[test]
fn rules_that_say_nothing_are_refused() {
    for (before, rule, error) in [
        ("", "foo", RuleError::Syntax),
        ("", "%~a", RuleError::Syntax),
        ("", "%RR~a", RuleError::Syntax),
        ("", "%X~a", RuleError::Syntax),
        ("", "%", RuleError::Syntax),
        ("", "~a b", RuleError::Syntax),
        ("", "&a\0b", RuleError::Syntax),
        ("~*", "~a", RuleError::AllKeys),
        ("allkeys", "%R~a", RuleError::AllKeys),
        ("&*", "&a", RuleError::AllChannels),
        ("", "+foo", RuleError::Unknown),
        ("", "-foo", RuleError::Unknown),
        ("", "+", RuleError::Unknown),
        ("", "+@foo", RuleError::Unknown),
        ("", "-@", RuleError::Unknown),
        ("", "-select|0", RuleError::Unknown),
        ("", "+client|foo", RuleError::Unknown),
        ("", "+client|id|x", RuleError::FirstArgument),
        ("", "+client|", RuleError::Syntax),
        ("", "+select|", RuleError::Syntax),
        ("", "+select|a b", RuleError::Syntax),
        ("", "#12", RuleError::Hash),
        ("", "!12", RuleError::Hash),
        (">a", "<b", RuleError::NoSuchPassword),
        ("", "(+foo)", RuleError::Unknown),
        ("", "(on)", RuleError::Syntax),
        ("", "(\"+get)", RuleError::Syntax),
    ] {
        let mut user = user(before);
        assert_eq!(user.follow(rule.as_bytes()), Err(error), "{before} {rule}");
    }
    assert_eq!(whole_rules(&[b"on", b"(~a", b"+get"]), Err(1));
}

#[test]
fn calls_are_allowed_by_the_rules() {
    let denied_command = Err(Denied::Command);
    for (rules, call, verdict) in [
        ("+get ~a*", "get a1", Ok(())),
        ("+get ~a*", "get b", Err(Denied::Key(1))),
        ("+get ~a*", "set a 1", denied_command),
        ("+@read ~a*", "mget a1 a2 b", Err(Denied::Key(3))),
        ("+@all %R~a %W~b", "copy a b", Ok(())),
        ("+@all %R~a %W~b", "copy b a", Err(Denied::Key(1))),
        ("+@all %W~a", "set a 1", Ok(())),
        ("+@all %W~a", "set a 1 get", Err(Denied::Key(1))),
        ("+@all %W~a", "set a 1 ifeq 2", Err(Denied::Key(1))),
        ("+@all %R~a", "bitfield a get u8 0", Ok(())),
        ("+@all %R~a", "bitfield a set u8 0 1", Err(Denied::Key(1))),
        (
            "+@all ~a",
            "georadius a 1 2 3 m store a store b",
            Err(Denied::Key(9)),
        ),
        ("+@all ~a", "sort a store a store b", Err(Denied::Key(5))),
        ("+@all ~a", "eval_is_no_key_of_ping", Ok(())),
        ("+client|id", "client id", Ok(())),
        ("+client|id", "client info", denied_command),
        ("+client -client|id", "client info", Ok(())),
        ("+client -client|id", "client id", denied_command),
        ("+select|0", "select 0", Ok(())),
        ("+select|0", "select 1", denied_command),
        ("+select|0 -select", "select 0", denied_command),
        ("", "auth a b", Ok(())),
        ("", "ping", denied_command),
        // What one selector has another one does not lend it.
        ("+get ~a (+set ~b)", "set a 1", Err(Denied::Key(1))),
        ("+get ~a (+set ~b)", "get b", Err(Denied::Key(1))),
        ("+get ~a (+set ~b)", "set b 1", Ok(())),
        ("+mget ~a (+mget ~a ~b)", "mget a b c", Err(Denied::Key(3))),
    ] {
        let call = call.replace("eval_is_no_key_of_ping", "ping");
        assert_eq!(check(&user(rules), &call), verdict, "{rules}: {call}");
    }
}

#[test]
fn channels_are_allowed_by_their_patterns() {
    let user = user("&a* &b (+get &c)");
    for (channel, is_pattern, may) in [
        ("a1", false, true),
        ("b", false, true),
        ("c", false, true),
        ("d", false, false),
        ("a*", true, true),
        ("a1", true, false),
        ("b", true, true),
    ] {
        let told = user.may_hear(channel.as_bytes(), is_pattern);
        assert_eq!(told, may, "{channel} {is_pattern}");
    }
    assert!(User::default_one().may_hear(b"whatever", true));
}

#[test]
fn one_proves_to_be_a_user_by_its_password() {
    let words = super::Password::of;
    let one = user("on >a >b");
    assert!(one.is_proved_by(&words(b"a")) && one.is_proved_by(&words(b"b")));
    assert!(!one.is_proved_by(&words(b"c")));
    assert!(!user("off >a").is_proved_by(&words(b"a")));
    assert!(!user("off nopass").is_proved_by(&words(b"a")));
    assert!(user("on nopass").is_proved_by(&words(b"a")));
    assert!(!user("on >a nopass resetpass").is_proved_by(&words(b"a")));
    assert!(!user("on").is_proved_by(&words(b"")));
}

/// What nobody looks at any further may really do all.
#[test]
fn those_who_may_all_may_all() {
    assert!(User::default_one().may_all());
    assert!(user("+@all ~* &*").may_all());
    assert!(user("(allcommands allkeys allchannels)").may_all());
    for rules in [
        "+@all ~*",
        "+@all &*",
        "~* &*",
        "+@all ~* &* -get",
        "+@all ~* &* -@read +@read",
        "+@all %RW~* &*",
        "+@all (~* &*)",
    ] {
        assert!(!user(rules).may_all(), "{rules}");
    }
}

/// A rule about commands, of those that are well formed.
fn command_rule() -> impl Strategy<Value = (bool, String)> {
    let names: Vec<String> = every().map(|called| called.full_name()).collect();
    let categories = super::categories().map(|(_, name)| format!("@{name}"));
    let all = categories.chain(["@all".to_owned()]).collect::<Vec<_>>();
    let of = prop_oneof![
        proptest::sample::select(names),
        proptest::sample::select(all)
    ];
    (any::<bool>(), of)
}

/// What a rule makes of a set of names.
fn follow_naively(may: &mut BTreeSet<String>, allows: bool, of: &str) {
    let mut set = |name: String| {
        if allows {
            may.insert(name);
        } else {
            may.remove(&name);
        }
    };
    let category = of.strip_prefix('@');
    for called in every() {
        let whole = Called {
            command: called.command,
            spec: called.command,
        };
        // What is about a command is about its subcommands.
        let is_meant = [called, whole].iter().any(|it| match category {
            Some("all") => true,
            Some(_) => it.spec.all_categories().names().any(|name| name == of),
            None => it.full_name() == of,
        });
        if is_meant {
            set(called.full_name());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_rule_breaks_anything(rules in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..12), 0..8)) {
        let rules: Vec<&[u8]> = rules.iter().map(Vec::as_slice).collect();
        let mut user = User::new();
        for rule in whole_rules(&rules).unwrap_or_default() {
            let _ = user.follow(&rule);
        }
        let _ = (user.to_string(), check(&user, "get a"));
    }

    #[test]
    fn no_rule_of_signs_breaks_anything(rules in proptest::collection::vec("[-+~%&<>#!()@|RWrw* a\\\\\"']{0,6}(get|@all|client|id|on)?[|)~]?", 0..8)) {
        let rules: Vec<&[u8]> = rules.iter().map(String::as_bytes).collect();
        let mut user = User::new();
        for rule in whole_rules(&rules).unwrap_or_default() {
            let _ = user.follow(&rule);
        }
        let shown = user.to_string();
        let again = self::user(&shown);
        prop_assert_eq!(again.to_string(), shown);
    }

    #[test]
    fn commands_are_those_of_a_naive_model(rules in proptest::collection::vec(command_rule(), 0..12)) {
        let mut user = User::new();
        let mut model = BTreeSet::new();
        for (allows, of) in &rules {
            let rule = format!("{}{of}", if *allows { '+' } else { '-' });
            user.follow(rule.as_bytes()).expect("it is well formed");
            follow_naively(&mut model, *allows, of);
        }
        prop_assert_eq!(allowed(&user), model.clone());
        // As it is shown, it comes to the same.
        let again = self::user(&user.to_string());
        prop_assert_eq!(again.to_string(), user.to_string());
        prop_assert_eq!(allowed(&again), model);
    }
}
