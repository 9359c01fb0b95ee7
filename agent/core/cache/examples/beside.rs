//! Plays a script of `tests/commands/play.rs` at a running Redis and here, and tells where the replies differ:
//!
//!     redis-server --port 7777 --save '' &
//!     cargo run -p synod-cache --example beside -- 127.0.0.1:7777 script.txt
//!
//! All keys of that Redis are removed first.

#[path = "../tests/commands/play.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod play;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(address), Some(file)) = (args.next(), args.next()) else {
        eprintln!("usage: beside ADDRESS FILE");
        std::process::exit(2);
    };
    let script = std::fs::read_to_string(file).expect("a script");
    let ours = play::play(&script);
    let theirs = Redis::connect(&address).play(&script);
    let ours: Vec<_> = ours.split("\n> ").collect();
    let theirs: Vec<_> = theirs.split("\n> ").collect();
    let pairs = ours.iter().zip(&theirs);
    let differ: Vec<_> = pairs.filter(|(ours, theirs)| ours != theirs).collect();
    for (ours, theirs) in differ.iter().take(DIFFERENCES_SHOWN_MAX) {
        println!("ours:\n> {ours}\ntheirs:\n> {theirs}\n");
    }
    println!("{} of {} replies differ", differ.len(), ours.len());
    if !differ.is_empty() || ours.len() != theirs.len() {
        std::process::exit(1);
    }
}

const DIFFERENCES_SHOWN_MAX: usize = 10;

/// A connection for commands, and another one for what subscribers are told.
struct Redis {
    address: String,
    stream: TcpStream,
    subscriber: Option<TcpStream>,
}

impl Redis {
    fn connect(address: &str) -> Self {
        let mut redis = Self {
            address: address.to_owned(),
            stream: connect(address),
            subscriber: None,
        };
        redis.ask("FLUSHALL");
        redis
    }

    fn ask(&mut self, line: &str) -> Vec<u8> {
        ask(&mut self.stream, &play::words(line))
    }

    fn play(mut self, script: &str) -> String {
        let mut told = String::new();
        let lines = script.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty()) {
            match line {
                "2" | "3" => drop(self.ask(&format!("HELLO {line}"))),
                "notices" => self.subscribe("EA"),
                "all notices" => self.subscribe("EAmn"),
                _ => {
                    told += &format!("> {line}\n");
                    if let Some(database) = line.strip_prefix("db ") {
                        self.ask(&format!("SELECT {database}"));
                    } else if let Some(policy) = line.strip_prefix("policy ") {
                        self.ask(&format!("CONFIG SET maxmemory-policy {policy}"));
                    } else if let Some(passed) = line.strip_prefix('+') {
                        let passed = passed.parse().expect("milliseconds");
                        std::thread::sleep(Duration::from_millis(passed));
                    } else {
                        let reply = self.ask(line);
                        told += &play::shown(&mut reply.as_slice(), "");
                        told += &self.notices();
                    }
                }
            }
        }
        told
    }

    fn subscribe(&mut self, events: &str) {
        self.ask(&format!("CONFIG SET notify-keyspace-events {events}"));
        let mut subscriber = connect(&self.address);
        for line in [
            "PSUBSCRIBE __keyevent@0__:*",
            "SUBSCRIBE __keyevent@0__:end",
        ] {
            ask(&mut subscriber, &play::words(line));
        }
        self.subscriber = Some(subscriber);
    }

    /// What was told of the last command.
    fn notices(&mut self) -> String {
        if self.subscriber.is_none() {
            return String::new();
        }
        self.ask("PUBLISH __keyevent@0__:end -");
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"__keyevent@0__:end\r\n$1\r\n-\r\n")
            || bytes.windows(5).filter(|it| it == b":end\r").count() < 2
        {
            let stream = self.subscriber.as_mut().expect("it is there");
            more(stream, &mut bytes);
        }
        let mut told = String::new();
        let lines = bytes.split(|byte| *byte == b'\n');
        let mut words = lines.filter(|line| !matches!(line.first(), None | Some(b'*' | b'$')));
        while let Some(kind) = words.next() {
            let pattern = if kind == b"pmessage\r" { 1 } else { 0 };
            let (Some(channel), Some(key)) = (words.nth(pattern), words.next()) else {
                break;
            };
            let text = |word: &[u8]| word.escape_ascii().to_string().replace("\\r", "");
            let channel = text(channel);
            let event = channel.trim_start_matches("__keyevent@0__:");
            if event != "end" {
                told += &format!("* {event} {}\n", text(key));
            }
        }
        told
    }
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a Redis");
    stream.set_nodelay(true).expect("no delay");
    let time_out = Some(Duration::from_secs(60));
    stream.set_read_timeout(time_out).expect("a time-out");
    stream
}

fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) {
    let mut buffer = [0; 65536];
    match stream.read(&mut buffer) {
        Ok(0) => panic!("it hung up"),
        Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        Err(error) => panic!("{error}, after {}", bytes.escape_ascii()),
    }
}

/// Asks and reads a whole reply.
fn ask(stream: &mut TcpStream, words: &[Vec<u8>]) -> Vec<u8> {
    let mut request = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        request.extend(format!("${}\r\n", word.len()).bytes());
        request.extend(word);
        request.extend(b"\r\n");
    }
    stream.write_all(&request).expect("it listens");
    let mut reply = Vec::new();
    while !is_whole(&reply) {
        more(stream, &mut reply);
    }
    reply
}

fn is_whole(reply: &[u8]) -> bool {
    let (mut at, mut left) = (0, 1_i64);
    while left > 0 {
        let Some(end) = reply[at..].windows(2).position(|it| it == b"\r\n") else {
            return false;
        };
        let (kind, text) = (
            reply[at],
            String::from_utf8_lossy(&reply[at + 1..at + end]).into_owned(),
        );
        at += end + 2;
        left -= 1;
        let count = text.parse::<i64>().unwrap_or(0).max(0);
        match kind {
            b'$' | b'=' if text != "-1" => at += count as usize + 2,
            b'*' | b'~' | b'>' => left += count,
            b'%' => left += 2 * count,
            _ => {}
        }
        if at > reply.len() {
            return false;
        }
    }
    true
}
