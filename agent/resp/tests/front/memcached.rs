//! Clients of memcached on their own port, beside those of Redis.
//!
//! The scripts of `memcached/` are what memcached 1.6.18 answers, word for word: with `MEMCACHED=127.0.0.1:11211` they are played at
//! one that runs there instead, of which all items are removed.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use synod_resp::{Password, Server, Settings};

use crate::client::{Client, start};

#[test]
fn text_commands_are_answered_as_memcached_answers_them() {
    check(include_str!("memcached/text.txt"));
}

#[test]
fn meta_commands_are_answered_as_memcached_answers_them() {
    check(include_str!("memcached/meta.txt"));
}

/// What is ours alone, or of later versions.
#[test]
fn what_the_protocol_leaves_open() {
    check_ours(include_str!("memcached/ours.txt"));
}

#[test]
fn what_is_too_large_is_refused() {
    let (server, mut items) = both();
    items.ask("set big 0 0 1\r\nx");
    let size = 1024 * 1024;
    items.ask(&format!("set big 0 0 {size}\r\n{}", "x".repeat(size)));
    assert_eq!(items.last, "SERVER_ERROR object too large for cache\r\n");
    assert_eq!(items.ask("get big"), "END\r\n", "nothing old is left");
    let size = size - 100;
    let value = "x".repeat(size);
    assert_eq!(
        items.ask(&format!("set big 0 0 {size}\r\n{value}")),
        "STORED\r\n"
    );
    let answer = items.ask("get big");
    assert_eq!(answer, format!("VALUE big 0 {size}\r\n{value}\r\nEND\r\n"));
    assert_eq!(
        items.ask("append big 0 0 50\r\n01234567890123456789012345678901234567890123456789"),
        "SERVER_ERROR object too large for cache\r\n"
    );
    items.stream.write_all(&[b'x'; 5000]).expect("it is read");
    let mut rest = Vec::new();
    assert!(matches!(
        items.stream.read_to_end(&mut rest),
        Ok(0) | Err(_)
    ));
    server.stop();
}

#[test]
fn redis_sees_strings() {
    let (server, mut items) = both();
    let mut redis = Client::of(&server);
    items.ask("set a 7 100 1\r\n1");
    assert_eq!(redis.ask("get a"), "$1 1");
    assert_ne!(redis.ask("ttl a"), ":-1");
    assert_eq!(redis.ask("incr a"), ":2");
    assert_eq!(
        items.ask("get a"),
        "VALUE a 0 1\r\n2\r\nEND\r\n",
        "it is another string"
    );
    items.ask("set a 7 0 1\r\n1");
    redis.ask("append a 2");
    assert_eq!(
        items.ask("get a"),
        "VALUE a 7 2\r\n12\r\nEND\r\n",
        "it is the same, but longer"
    );
    redis.ask("expire a 100");
    assert_eq!(items.ask("mg a f t"), "HD f7 t100\r\n");
    redis.ask("rpush l x");
    assert_eq!(items.ask("get l"), "END\r\n");
    assert_eq!(items.ask("add l 0 0 1\r\nx"), "NOT_STORED\r\n");
    assert_eq!(
        items.ask("incr l 1"),
        "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n"
    );
    assert_eq!(items.ask("set l 0 0 1\r\nx"), "STORED\r\n");
    assert_eq!(redis.ask("get l"), "$1 x");
    redis.ask("select 1");
    assert_eq!(redis.ask("get l"), "$-1");
    server.stop();
}

#[test]
fn each_change_has_a_number_whoever_makes_it() {
    let (server, mut items) = both();
    let mut redis = Client::of(&server);
    let cas = |items: &mut Items| -> u64 {
        let answer = items.ask("mg a c");
        let number = answer.trim_end().strip_prefix("HD c");
        number.expect("it has one").parse().expect("a number")
    };
    redis.ask("set a 1");
    let mut last = cas(&mut items);
    assert_eq!(cas(&mut items), last, "it is kept");
    for change in ["set a 1", "append a 1", "setrange a 0 5", "incr a"] {
        redis.ask(change);
        let next = cas(&mut items);
        assert!(next > last, "{change}");
        let stale = format!("cas a 0 0 1 {last}\r\nx");
        assert_eq!(items.ask(&stale), "EXISTS\r\n", "{change}");
        last = next;
    }
    let current = format!("cas a 0 0 1 {last}\r\nx");
    assert_eq!(items.ask(&current), "STORED\r\n");
    assert_eq!(redis.ask("get a"), "$1 x");
    redis.ask("watch a");
    items.ask("set a 0 0 1\r\ny");
    redis.ask("multi");
    redis.ask("get a");
    assert_eq!(redis.ask("exec"), "*-1", "who watches it is told, too");
    server.stop();
}

#[test]
fn all_is_removed_later() {
    let (server, mut items) = both();
    items.ask("set a 0 0 1\r\nx");
    assert_eq!(items.ask("flush_all 1"), "OK\r\n");
    assert_eq!(items.ask("get a"), "VALUE a 0 1\r\nx\r\nEND\r\n");
    let since = std::time::Instant::now();
    while items.ask("get a") != "END\r\n" {
        assert!(
            since.elapsed() < Duration::from_secs(10),
            "it is not removed"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    server.stop();
}

#[test]
fn clients_say_who_they_are() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let settings = Settings {
        password: Some(Password::of(b"secret")),
        ..Settings::default()
    };
    let server = Server::start(listener, &settings).expect("it starts");
    let mut items = Items::of(listen(&server));
    assert_eq!(items.ask_once("get a"), "CLIENT_ERROR unauthenticated\r\n");
    assert_eq!(
        items.ask_once("set x 0 0 13\r\ndefault wrong"),
        "CLIENT_ERROR authentication failure\r\n"
    );
    assert_eq!(items.ask_once("get a"), "CLIENT_ERROR unauthenticated\r\n");
    assert_eq!(
        items.ask_once("set x 0 0 14\r\ndefault secret"),
        "STORED\r\n"
    );
    assert_eq!(items.ask("get x"), "END\r\n", "that was no item");
    assert_eq!(items.ask("set a 0 0 1\r\nx"), "STORED\r\n");
    server.stop();
}

/// A server, and a client of memcached at it.
fn both() -> (Server, Items) {
    let server = start(5);
    let items = Items::of(listen(&server));
    (server, items)
}

fn listen(server: &Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    server.serve_memcached(&listener).expect("it listens");
    listener.local_addr().expect("it has one")
}

fn check(script: &str) {
    match std::env::var("MEMCACHED") {
        Ok(address) => play(script, address.parse().expect("an address")),
        Err(_) => check_ours(script),
    }
}

fn check_ours(script: &str) {
    for partitions in [1, 5] {
        let server = start(partitions);
        play(script, listen(&server));
        server.stop();
    }
}

/// Plays what is behind `>`, and compares the answers with the lines that follow. Numbers of changes are called `#1`, `#2` … in
/// the order in which they come.
fn play(script: &str, address: SocketAddr) {
    let mut items = Items::of(address);
    items.ask("flush_all");
    let mut told = String::new();
    for line in script.lines() {
        let Some(request) = line.strip_prefix("> ") else {
            if line.starts_with("# ") {
                told += &format!("{line}\n");
            }
            continue;
        };
        told += &format!("> {request}\n");
        let key = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let request = items.known(request);
        items.ask(&request);
        let answer = std::mem::take(&mut items.last);
        for line in answer.split_terminator("\r\n") {
            told += &format!("{}\n", items.shown(line, &key));
        }
    }
    assert!(told == script, "{}", differing(script, &told));
}

/// Where two texts begin to differ.
fn differing(expected: &str, told: &str) -> String {
    let mut lines = expected.lines().zip(told.lines()).enumerate();
    let first = lines.find(|(_, (expected, told))| expected != told);
    let at = first.map_or(0, |(at, _)| at);
    let shown = |text: &str| {
        let lines: Vec<_> = text.lines().skip(at.saturating_sub(3)).take(8).collect();
        lines.join("\n")
    };
    format!("expected:\n{}\n\ncame:\n{}", shown(expected), shown(told))
}

struct Items {
    stream: TcpStream,
    address: SocketAddr,
    /// What was answered last.
    last: String,
    /// Keys and numbers of their changes, and how those are called.
    numbers: BTreeMap<(String, u64), usize>,
}

impl Items {
    fn of(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        let time_out = Some(Duration::from_secs(10));
        stream.set_read_timeout(time_out).expect("a time-out");
        Self {
            stream,
            address,
            last: String::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// All that is answered to a request: what comes before the answer to the next one.
    fn ask(&mut self, request: &str) -> String {
        const NEXT: &str = "MN\r\n";
        self.send(&format!("{request}\r\nmn"));
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 65_536];
        while !bytes.ends_with(NEXT.as_bytes()) {
            match self.stream.read(&mut buffer) {
                Ok(0) | Err(_) => {
                    *self = Self {
                        numbers: std::mem::take(&mut self.numbers),
                        ..Self::of(self.address)
                    };
                    bytes.extend_from_slice(b"(closed)\r\nMN\r\n");
                }
                Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            }
        }
        bytes.truncate(bytes.len() - NEXT.len());
        self.last = bytes.iter().copied().map(char::from).collect();
        self.last.clone()
    }

    /// What is answered to a request, by a server that would not answer the next one.
    fn ask_once(&mut self, request: &str) -> String {
        self.send(request);
        let mut buffer = [0; 1024];
        let read = self.stream.read(&mut buffer).expect("an answer");
        String::from_utf8_lossy(&buffer[..read]).into_owned()
    }

    fn send(&mut self, request: &str) {
        let mut bytes = unescaped(request);
        bytes.extend_from_slice(b"\r\n");
        self.stream.write_all(&bytes).expect("it is read");
    }

    /// The request, with the numbers that are called by their places.
    fn known(&self, request: &str) -> String {
        let mut request = request.to_owned();
        for ((_, number), place) in &self.numbers {
            let end = format!("#{place}\\");
            request = request.replace(&end, &format!("{number}\\"));
            if let Some(begin) = request.strip_suffix(&format!("#{place}")) {
                request = format!("{begin}{number}");
            }
        }
        request
    }

    /// A line of an answer, with the number of a change called by its place.
    fn shown(&mut self, line: &str, key: &str) -> String {
        let mut words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        let first = words[0].clone();
        let key = if first == "VALUE" {
            words[1].clone()
        } else {
            key.to_owned()
        };
        let codes = ["HD", "VA", "EN", "NF", "EX", "NS"];
        for (index, word) in words.iter_mut().enumerate() {
            if index > 0 && codes.contains(&first.as_str()) {
                in_tens(word, "t");
                in_tens(word, "l");
            }
            let prefix = match first.as_str() {
                "VALUE" if index == 4 => "",
                "ME" => "cas=",
                code if codes.contains(&code) && index > 0 => "c",
                _ => continue,
            };
            let number = word.strip_prefix(prefix).and_then(|it| it.parse().ok());
            if let Some(number) = number {
                let next = self.numbers.len() + 1;
                let place = self.numbers.entry((key.clone(), number)).or_insert(next);
                *word = format!("{prefix}#{place}");
            }
        }
        if first == "ME" {
            // How large an item is is a matter of who keeps it, and some time may have passed.
            words.retain(|word| !word.starts_with("size=") && !word.starts_with("la="));
        }
        words
            .join(" ")
            .escape_default()
            .to_string()
            .replace("\\\"", "\"")
            .replace("\\'", "'")
    }
}

/// How many seconds are left, or passed, in tens: some more of them may have passed.
fn in_tens(word: &mut String, flag: &str) {
    let seconds = word
        .strip_prefix(flag)
        .and_then(|it| it.parse::<i64>().ok());
    if let Some(seconds) = seconds.filter(|seconds| *seconds > 0) {
        let rounded = if flag == "l" { seconds } else { seconds + 9 };
        *word = format!("{flag}{}", rounded / 10 * 10);
    }
}

/// With `\r`, `\n` and `\x00` for what they stand for.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        plain.push(match bytes.next() {
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            other => other.unwrap_or(b'\\'),
        });
    }
    plain
}
