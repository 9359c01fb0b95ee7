//! Plays a script of commands.

use synod_cache::command::{Call, Error, Wait, named};
use synod_cache::keys::Keys;
use synod_cache::notice::Class;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};
use synod_cache::{Policy, Settings};

/// The time at which scripts begin: 2026-01-01.
const BEGIN: i64 = 1_767_225_600_000;

/// Plays a script and tells it with the replies, as `redis-cli` shows them.
///
/// A line is a command; its arguments are words, or in double quotes with `\xff`, `\r`, `\n`, `\"` and `\\`. Other lines are:
///
/// - `+100`: so many milliseconds pass;
/// - `2`, `3`: from now on in this protocol;
/// - `! blpop a 0`: this command may not wait, as in a transaction;
/// - `db 1`: from now on in this database;
/// - `policy allkeys-lfu`: from now on keys are evicted by this policy;
/// - `notices`: from now on what subscribers are told of keys is told, too, behind a `*`; after `all notices` with those of new keys,
///   and of keys that are not there.
///
/// A command that waits is told as `(waits)`, and its reply behind a `<` when it comes.
pub(crate) fn play(script: &str) -> String {
    let told = Stage::new(1).play(script);
    let several = Stage::new(5).play(script);
    assert_eq!(told, several, "several partitions answer otherwise");
    told
}

/// Plays a script once, at several partitions: what it tells may be random.
pub(crate) fn play_once(script: &str) -> String {
    Stage::new(5).play(script)
}

struct Waiting {
    words: Vec<Vec<u8>>,
    protocol: Protocol,
    wait: Wait,
    until: Option<i64>,
}

struct Stage {
    primaries: Vec<Partition>,
    replicas: Vec<Partition>,
    now: i64,
    protocol: Protocol,
    database: usize,
    waiting: Vec<Waiting>,
    told: String,
}

impl Stage {
    fn new(partitions: u64) -> Self {
        let mut primaries: Vec<_> = (1..=partitions).map(Partition::new).collect();
        let mut replicas: Vec<_> = (101..=100 + partitions).map(Partition::new).collect();
        primaries
            .iter_mut()
            .for_each(|primary| primary.set_told_of_changes(true));
        replicas
            .iter_mut()
            .for_each(|replica| replica.set_primary(false));
        Self {
            primaries,
            replicas,
            now: BEGIN,
            protocol: Protocol::Resp2,
            database: 0,
            waiting: Vec::new(),
            told: String::new(),
        }
    }

    fn play(mut self, script: &str) -> String {
        let lines = script.lines().map(str::trim);
        let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        // In long scripts a look now and then is enough.
        let look_every = lines.len() / 200 + 1;
        for (index, line) in lines.iter().copied().enumerate() {
            self.line(line);
            let looks = index % look_every == 0 || index + 1 == lines.len();
            for (primary, replica) in self.primaries.iter_mut().zip(&mut self.replicas) {
                let effects = primary.take_effects();
                replica
                    .apply(&effects)
                    .expect("effects are read as they are written");
                if looks {
                    assert_eq!(primary.contents(), replica.contents(), "after {line}");
                }
            }
        }
        self.told
    }

    fn line(&mut self, line: &str) {
        match line {
            "2" => self.protocol = Protocol::Resp2,
            "3" => self.protocol = Protocol::Resp3,
            "notices" => self.notified(Class::ALL),
            "all notices" => self.notified(Class::ALL | Class::MISS | Class::NEW),
            _ => {
                self.told += &format!("> {line}\n");
                if let Some(database) = line.strip_prefix("db ") {
                    self.database = database.parse().expect("a database");
                } else if let Some(policy) = line.strip_prefix("policy ") {
                    let policy = Policy::named(policy.as_bytes()).expect("a policy");
                    for primary in &mut self.primaries {
                        primary.set_settings(Settings {
                            policy,
                            ..Settings::default()
                        });
                    }
                } else if let Some(passed) = line.strip_prefix('+') {
                    self.now += passed.parse::<i64>().expect("milliseconds");
                    self.give_up();
                } else {
                    self.command(words(line), "", None);
                    self.go_on();
                }
            }
        }
    }

    fn notified(&mut self, notified: Class) {
        let primaries = self.primaries.iter_mut();
        primaries.for_each(|primary| primary.set_notified(notified));
    }

    /// Carries a command out, again if it has waited, which it does no longer than until then.
    fn command(&mut self, words: Vec<Vec<u8>>, mark: &str, waited: Option<Option<i64>>) {
        let mut args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let may_wait = args.first() != Some(&b"!".as_slice());
        args.drain(..usize::from(!may_wait));
        let mut reply = Reply::new(self.protocol);
        let spec = named(args[0]);
        let spec =
            spec.unwrap_or_else(|| panic!("no command {:?}", args[0].escape_ascii().to_string()));
        let mut wait = None;
        if spec.takes(args.len()) {
            self.primaries
                .iter_mut()
                .for_each(|primary| primary.set_now(self.now));
            let mut all: Vec<_> = self.primaries.iter_mut().collect();
            let mut call = Call::new(&args, Keys::new(&mut all, self.database), &mut reply);
            (call.may_wait, call.has_waited) = (may_wait, waited.is_some());
            call.run(spec);
            wait = call.wait;
        } else {
            reply.error(&Error::Arity(spec.name).to_string());
        }
        match wait {
            None => self.tell(&reply, mark),
            Some(wait) => {
                if mark.is_empty() {
                    self.told += "(waits)\n";
                }
                let again = wait.again.as_ref();
                let again = again.map(|again| again.iter().map(|word| word.to_vec()).collect());
                self.waiting.push(Waiting {
                    words: again.unwrap_or(words),
                    protocol: self.protocol,
                    until: waited
                        .unwrap_or_else(|| wait.at_most.map(|most| self.now + most as i64)),
                    wait,
                });
            }
        }
        let notices = self.primaries.iter_mut().flat_map(Partition::take_notices);
        let mut notices: Vec<_> = notices.collect();
        notices.sort_by_key(|notice| notice.order);
        for notice in notices {
            self.told += &format!("* {} {}\n", notice.event, notice.key.escape_ascii());
        }
    }

    fn tell(&mut self, reply: &Reply, mark: &str) {
        let bytes = reply.to_vec();
        let mut rest = bytes.as_slice();
        self.told += &format!("{mark}{}", shown(&mut rest, mark));
        assert!(
            rest.is_empty(),
            "more than one reply: {}",
            bytes.escape_ascii()
        );
    }

    /// Those who wait for what was changed try again, in the order in which they came.
    fn go_on(&mut self) {
        loop {
            let changed = self.primaries.iter_mut().flat_map(Partition::take_changed);
            let changed: Vec<_> = changed.map(|(_, key)| key).collect();
            let mut is_any_database = false;
            for primary in &mut self.primaries {
                is_any_database |= !primary.take_changed_databases().is_empty();
            }
            let ready = |one: &Waiting| {
                is_any_database || one.wait.keys.iter().any(|key| changed.contains(key))
            };
            if !self.waiting.iter().any(ready) {
                return;
            }
            let protocol = self.protocol;
            for one in std::mem::take(&mut self.waiting) {
                if ready(&one) {
                    self.protocol = one.protocol;
                    self.command(one.words, "< ", Some(one.until));
                } else {
                    self.waiting.push(one);
                }
            }
            self.protocol = protocol;
        }
    }

    /// Those who have waited for long enough are answered.
    fn give_up(&mut self) {
        for one in std::mem::take(&mut self.waiting) {
            if one.until.is_some_and(|until| until <= self.now) {
                let mut reply = Reply::new(one.protocol);
                one.wait.empty.answer(&mut reply);
                self.tell(&reply, "< ");
            } else {
                self.waiting.push(one);
            }
        }
    }
}

pub(crate) fn words(line: &str) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut rest = line.bytes().peekable();
    loop {
        while rest.next_if_eq(&b' ').is_some() {}
        let mut word = Vec::new();
        match rest.peek() {
            None => return words,
            Some(b'"') => {
                rest.next();
                loop {
                    match rest.next().expect("a quote ends") {
                        b'"' => break,
                        b'\\' => word.push(match rest.next().expect("something is escaped") {
                            b'n' => b'\n',
                            b'r' => b'\r',
                            b'x' => {
                                let digits = [rest.next(), rest.next()]
                                    .map(|it| char::from(it.expect("two digits")));
                                let digits: String = digits.iter().collect();
                                u8::from_str_radix(&digits, 16).expect("hexadecimal digits")
                            }
                            other => other,
                        }),
                        byte => word.push(byte),
                    }
                }
            }
            Some(_) => {
                while let Some(byte) = rest.next_if(|byte| *byte != b' ') {
                    word.push(byte);
                }
            }
        }
        words.push(word);
    }
}

/// The next reply, in lines behind `indent`.
pub(crate) fn shown(reply: &mut &[u8], indent: &str) -> String {
    let line = line(reply);
    let (kind, text) = line.split_at(1);
    let elements = |reply: &mut &[u8], count: usize, open: &str| {
        if count == 0 {
            return format!("(empty {open})\n");
        }
        let mut told = String::new();
        for index in 1..=count {
            let number = format!("{index}{} ", if open == "array" { ")" } else { open });
            let within = format!("{indent}{}", " ".repeat(number.len()));
            let before = if index == 1 { "" } else { indent };
            told += &format!("{before}{number}{}", shown(reply, &within));
        }
        told
    };
    let count = || text.parse::<usize>().unwrap_or_else(|_| panic!("{line}"));
    match kind {
        "+" => format!("{text}\n"),
        "-" => format!("(error) {text}\n"),
        ":" => format!("(integer) {text}\n"),
        "," => format!("(double) {text}\n"),
        "#" => format!("({})\n", if text == "t" { "true" } else { "false" }),
        "_" => "(nil)\n".to_owned(),
        "$" if text == "-1" => "(nil)\n".to_owned(),
        "*" if text == "-1" => "(nil array)\n".to_owned(),
        "$" | "=" => {
            let (bytes, rest) = reply.split_at(count());
            *reply = rest.strip_prefix(b"\r\n").expect("a string ends");
            format!("\"{}\"\n", bytes.escape_ascii())
        }
        "*" => elements(reply, count(), "array"),
        "~" => elements(reply, count(), "~"),
        ">" => elements(reply, count(), ">"),
        "%" => {
            let mut told = String::new();
            for index in 0..count() {
                let before = if index == 0 { "" } else { indent };
                let key = shown(reply, indent);
                let within = format!("{indent}  ");
                told += &format!("{before}{} => {}", key.trim_end(), shown(reply, &within));
            }
            if told.is_empty() {
                "(empty map)\n".to_owned()
            } else {
                told
            }
        }
        _ => panic!("no reply begins with {line:?}"),
    }
}

fn line(reply: &mut &[u8]) -> String {
    let end = reply
        .windows(2)
        .position(|it| it == b"\r\n")
        .expect("a line ends");
    let line = String::from_utf8_lossy(&reply[..end]).into_owned();
    *reply = &reply[end + 2..];
    line
}
