//! Plays a text of commands and their replies.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use expect_test::expect_file;

use crate::client::start;

/// Plays the commands of a text, and compares what is answered with what is in it.
///
/// A command is what is behind a `> `; words are parted by spaces, and may be in backquotes, in which there may be all but those, or in
/// double quotes with `\n`, `\r`, `\"`, `\\` and `\xff`. What is answered is on the line behind it. Maps and sets are sorted.
pub(super) fn check(name: &str) {
    let path = format!(
        "{}/tests/front/scripting/{name}.txt",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).expect("a text");
    let told = match std::env::var("BESIDE") {
        Ok(address) => {
            let mut stream = TcpStream::connect(address).expect("a Redis");
            for line in ["flushall", "script flush", "function flush", "hello 2"] {
                let words = words(line).into_iter().collect();
                ask(&mut stream, &words);
            }
            play(stream, &text)
        }
        Err(_) => {
            let server = start(5);
            let stream = TcpStream::connect(server.address()).expect("it listens");
            let told = play(stream, &text);
            server.stop();
            told
        }
    };
    expect_file![path].assert_eq(&told);
}

fn play(mut stream: TcpStream, text: &str) -> String {
    let time_out = Some(Duration::from_secs(30));
    stream.set_read_timeout(time_out).expect("a time-out");
    let mut told = String::new();
    for command in commands(text) {
        told += &format!("> {command}\n");
        let reply = ask(&mut stream, &words(command));
        if command.starts_with("hello ") {
            // Who answers is of no interest.
            told += "hello\n";
            continue;
        }
        let mut rest = reply.as_slice();
        told += &format!("{}\n", shown(&mut rest));
    }
    told
}

/// What is behind each `> ` at the beginning of a line, up to the end of that line, or of a later one if it is in backquotes.
fn commands(text: &str) -> Vec<&str> {
    let mut commands = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("> ") {
        let is_begin = at == 0 || rest[..at].ends_with('\n');
        rest = &rest[at + 2..];
        if !is_begin {
            continue;
        }
        let mut is_quoted = false;
        let end = rest.find(|character| {
            is_quoted ^= character == '`';
            character == '\n' && !is_quoted
        });
        let (command, behind) = rest.split_at(end.unwrap_or(rest.len()));
        commands.push(command);
        rest = behind;
    }
    commands
}

fn words(command: &str) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut rest: VecDeque<u8> = command.bytes().collect();
    loop {
        while rest.front() == Some(&b' ') {
            rest.pop_front();
        }
        let mut word = Vec::new();
        match rest.pop_front() {
            None => return words,
            Some(b'`') => {
                while let Some(byte) = rest.pop_front().filter(|byte| *byte != b'`') {
                    word.push(byte);
                }
            }
            Some(b'"') => {
                while let Some(byte) = rest.pop_front().filter(|byte| *byte != b'"') {
                    word.push(if byte == b'\\' {
                        escaped(&mut rest)
                    } else {
                        byte
                    });
                }
            }
            Some(first) => {
                word.push(first);
                while let Some(byte) = rest.pop_front().filter(|byte| *byte != b' ') {
                    word.push(byte);
                }
            }
        }
        words.push(word);
    }
}

fn escaped(rest: &mut VecDeque<u8>) -> u8 {
    let mut next = || rest.pop_front().expect("something is escaped");
    match next() {
        b'n' => b'\n',
        b'r' => b'\r',
        b'x' => {
            let digits = [next(), next()].map(char::from);
            let digits: String = digits.iter().collect();
            u8::from_str_radix(&digits, 16).expect("two digits")
        }
        other => other,
    }
}

/// Asks and reads one reply.
pub(super) fn ask(stream: &mut TcpStream, words: &Vec<Vec<u8>>) -> Vec<u8> {
    let mut request = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        request.extend(format!("${}\r\n", word.len()).bytes());
        request.extend(word);
        request.extend(b"\r\n");
    }
    stream.write_all(&request).expect("it is read");
    let mut reply = Vec::new();
    let mut buffer = [0; 65536];
    while !is_whole(&reply) {
        let read = stream.read(&mut buffer).expect("an answer");
        assert_ne!(read, 0, "it hung up after {}", reply.escape_ascii());
        reply.extend_from_slice(&buffer[..read]);
    }
    reply
}

fn line(rest: &mut &[u8]) -> Option<(u8, String)> {
    let end = rest.windows(2).position(|it| it == b"\r\n")?;
    let line = &rest[..end];
    *rest = &rest[end + 2..];
    let text = line[1..].escape_ascii().to_string();
    Some((line[0], text.replace("\\'", "'").replace("\\\"", "\"")))
}

fn is_whole(reply: &[u8]) -> bool {
    let (mut rest, mut left) = (reply, 1_usize);
    while left > 0 {
        let Some((kind, text)) = line(&mut rest) else {
            return false;
        };
        left -= 1;
        let count = text.parse::<usize>().unwrap_or(0);
        match kind {
            b'$' | b'=' if text != "-1" => match rest.get(count + 2..) {
                Some(behind) => rest = behind,
                None => return false,
            },
            b'*' | b'~' | b'>' => left += count,
            b'%' => left += 2 * count,
            _ => {}
        }
    }
    true
}

fn shown(rest: &mut &[u8]) -> String {
    let Some((kind, text)) = line(rest) else {
        return "?".to_owned();
    };
    let count = text.parse::<usize>().unwrap_or(0);
    let mut several = |count| -> Vec<String> { (0..count).map(|_| shown(rest)).collect() };
    match kind {
        b'$' if text == "-1" => "nil".to_owned(),
        b'*' if text == "-1" => "no array".to_owned(),
        b'_' => "null".to_owned(),
        b'$' | b'=' => {
            let bytes = &rest[..count];
            *rest = &rest[count + 2..];
            let text = bytes.escape_ascii().to_string();
            let text = text.replace("\\'", "'").replace("\\\"", "\"");
            let mark = if kind == b'=' { "verbatim " } else { "" };
            format!("{mark}\"{text}\"")
        }
        b'*' => format!("[{}]", several(count).join(", ")),
        b'~' => {
            let mut all = several(count);
            all.sort();
            format!("set [{}]", all.join(", "))
        }
        b'%' => {
            let all = several(2 * count);
            let mut pairs: Vec<_> = all.chunks(2).map(|pair| pair.join(": ")).collect();
            pairs.sort();
            format!("{{{}}}", pairs.join(", "))
        }
        _ => format!("{}{text}", char::from(kind)),
    }
}
