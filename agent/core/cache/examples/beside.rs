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
    let mut stream = TcpStream::connect(address).expect("a Redis");
    stream
        .set_read_timeout(Some(Duration::from_secs(2)))
        .expect("a time-out");
    ask(&mut stream, &[b"FLUSHALL".to_vec()]);
    let mut theirs = String::new();
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        match line {
            "2" | "3" => drop(ask(
                &mut stream,
                &[b"HELLO".to_vec(), line.as_bytes().to_vec()],
            )),
            "notices" => {}
            _ => {
                theirs += &format!("> {line}\n");
                if let Some(database) = line.strip_prefix("db ") {
                    ask(&mut stream, &[b"SELECT".to_vec(), database.into()]);
                } else if let Some(policy) = line.strip_prefix("policy ") {
                    let set = ["CONFIG", "SET", "maxmemory-policy", policy];
                    ask(&mut stream, &set.map(|word| word.as_bytes().to_vec()));
                } else if let Some(passed) = line.strip_prefix('+') {
                    let passed = passed.parse().expect("milliseconds");
                    std::thread::sleep(Duration::from_millis(passed));
                } else {
                    let reply = ask(&mut stream, &play::words(line));
                    theirs += &play::shown(&mut reply.as_slice(), "");
                }
            }
        }
    }
    let ours: Vec<_> = ours.lines().collect();
    let theirs: Vec<_> = theirs.lines().collect();
    let differ = ours
        .iter()
        .zip(&theirs)
        .position(|(ours, theirs)| ours != theirs);
    match differ {
        None if ours.len() == theirs.len() => println!("{} lines are the same", ours.len()),
        at => {
            let at = at.unwrap_or(ours.len().min(theirs.len()));
            let shown = |lines: &[&str]| {
                lines[at.saturating_sub(6).min(lines.len())..(at + 6).min(lines.len())].join("\n")
            };
            println!("ours:\n{}\n\ntheirs:\n{}", shown(&ours), shown(&theirs));
            std::process::exit(1);
        }
    }
}

/// Asks and reads a whole reply: a second of silence ends one that is not understood.
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
        let mut buffer = [0; 65536];
        match stream.read(&mut buffer) {
            Ok(0) => panic!("it hung up"),
            Ok(count) => reply.extend_from_slice(&buffer[..count]),
            Err(error) => panic!("{error}, after {}", reply.escape_ascii()),
        }
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
