//! Plays a script of commands.

use synod_cache::command::{Call, Error, named};
use synod_cache::keys::Keys;
use synod_cache::partition::Partition;
use synod_cache::reply::{Protocol, Reply};

/// The time at which scripts begin: 2026-01-01.
const BEGIN: i64 = 1_767_225_600_000;

/// Plays a script and tells it with the replies, as `redis-cli` shows them.
///
/// A line is a command; its arguments are words, or in double quotes with `\xff`, `\r`, `\n`, `\"` and `\\`. Lines that begin with
/// `+` let so many milliseconds pass; `3` and `2` alone change the protocol.
pub(crate) fn play(script: &str) -> String {
    let told = play_at(1, script);
    let several = play_at(5, script);
    assert_eq!(told, several, "several partitions answer otherwise");
    told
}

fn play_at(partitions: u64, script: &str) -> String {
    let mut primaries: Vec<_> = (1..=partitions).map(Partition::new).collect();
    let mut replicas: Vec<_> = (101..=100 + partitions).map(Partition::new).collect();
    replicas
        .iter_mut()
        .for_each(|replica| replica.set_primary(false));
    let (mut now, mut protocol, mut told) = (BEGIN, Protocol::Resp2, String::new());
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        match line {
            "2" => protocol = Protocol::Resp2,
            "3" => protocol = Protocol::Resp3,
            _ => {
                told += &format!("> {line}\n");
                if let Some(passed) = line.strip_prefix('+') {
                    now += passed.parse::<i64>().expect("milliseconds");
                } else {
                    primaries
                        .iter_mut()
                        .for_each(|primary| primary.set_now(now));
                    let reply = command(&mut primaries, &words(line), protocol);
                    told += &shown(&mut reply.as_slice(), "");
                }
            }
        }
        for (primary, replica) in primaries.iter_mut().zip(&mut replicas) {
            replica
                .apply(&primary.take_effects())
                .expect("effects are read as they are written");
            assert_eq!(primary.contents(), replica.contents(), "after {line}");
        }
    }
    told
}

fn command(partitions: &mut [Partition], words: &[Vec<u8>], protocol: Protocol) -> Vec<u8> {
    let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let mut reply = Reply::new(protocol);
    let spec = named(args[0])
        .unwrap_or_else(|| panic!("no command {:?}", String::from_utf8_lossy(args[0])));
    if !spec.takes(args.len()) {
        reply.error(&Error::Arity(spec.name).to_string());
        return reply.to_vec();
    }
    let mut all: Vec<_> = partitions.iter_mut().collect();
    let mut call = Call {
        args: &args,
        keys: Keys::new(&mut all, 0),
        reply: &mut reply,
    };
    call.run(spec);
    reply.to_vec()
}

fn words(line: &str) -> Vec<Vec<u8>> {
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
fn shown(reply: &mut &[u8], indent: &str) -> String {
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
