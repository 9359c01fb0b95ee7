//! Scripts that several clients play at a server, and what each of them is answered.
//!
//! A line is `name: command`, and its reply is read; with `!` before the command it is not, and of `name: ?` it is read alone.
//! `name: until flags=b` asks `CLIENT LIST` until that is in the line of this client.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use synod_cache::request::words;
use synod_resp::Server;

/// What is not the same in each run is shown as `_`.
const CHANGING: &[&str] = &[
    "id=",
    "addr=",
    "laddr=",
    "fd=",
    "age=",
    "idle=",
    "qbuf=",
    "qbuf-free=",
    "obl=",
    "tot-mem=",
];

/// A client that reads whole replies.
pub(crate) struct Reader {
    stream: BufReader<TcpStream>,
}

impl Reader {
    pub(crate) fn of(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).expect("it listens");
        let time_out = Some(Duration::from_secs(10));
        stream.set_read_timeout(time_out).expect("a time-out");
        stream.set_nodelay(true).expect("no delay");
        let stream = BufReader::new(stream);
        Self { stream }
    }

    /// As `CLIENT LIST` shows it.
    pub(crate) fn address(&self) -> String {
        let own = self.stream.get_ref().local_addr();
        format!("addr={} ", own.expect("an address"))
    }

    /// Sends a command. It may be closed already.
    pub(crate) fn send<W: AsRef<[u8]>>(&mut self, words: &[W]) {
        let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            let word = word.as_ref();
            bytes.extend(format!("${}\r\n", word.len()).bytes());
            bytes.extend_from_slice(word);
            bytes.extend_from_slice(b"\r\n");
        }
        let _ = self.stream.get_mut().write_all(&bytes);
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let _ = self.stream.get_mut().write_all(bytes);
    }

    /// The same connection, for another thread.
    pub(crate) fn other_end(&self) -> Self {
        let stream = self.stream.get_ref().try_clone();
        let stream = BufReader::new(stream.expect("a second handle"));
        Self { stream }
    }

    pub(crate) fn say(&mut self, line: &str) {
        let words = words(line.as_bytes()).expect("words");
        self.send(&words);
    }

    /// Ends the connection; the server has forgotten it then.
    fn quit(mut self) {
        self.say("quit");
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).expect("its end");
    }

    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.say(line);
        self.reply()
    }

    /// The next reply, in one line.
    pub(crate) fn reply(&mut self) -> String {
        self.read().unwrap_or_else(|| "closed".to_owned())
    }

    fn read(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) if is_late(&error) => panic!("it is not answered in time"),
            Err(_) => return None,
        }
        let line = line.trim_end();
        let (kind, text) = line.split_at(1);
        let length = text.parse::<i64>().ok();
        Some(match (kind, length) {
            ("$" | "*", Some(-1)) | ("_", _) => "nil".to_owned(),
            ("$" | "=", Some(length)) => {
                let mut bytes = vec![0; usize::try_from(length).expect("a length") + 2];
                self.stream.read_exact(&mut bytes).ok()?;
                bytes.truncate(bytes.len() - 2);
                format!("\"{}\"", String::from_utf8_lossy(&bytes).escape_debug())
            }
            ("*", Some(count)) => format!("[{}]", self.several(count)?),
            (">", Some(count)) => format!(">[{}]", self.several(count)?),
            ("~", Some(count)) => format!("~[{}]", self.several(count)?),
            ("%", Some(count)) => format!("{{{}}}", self.several(2 * count)?),
            _ => line.to_owned(),
        })
    }

    fn several(&mut self, count: i64) -> Option<String> {
        let replies = (0..count).map(|_| self.read());
        Some(replies.collect::<Option<Vec<_>>>()?.join(", "))
    }
}

/// A connection that is closed is told otherwise.
fn is_late(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Plays a script; each line with its reply.
pub(crate) fn play(server: &Server, script: &str) -> String {
    let mut clients: BTreeMap<&str, Reader> = BTreeMap::new();
    let mut told = String::new();
    for line in script.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let (name, command) = line.split_once(": ").expect("a name and a command");
        if let Some(text) = command.strip_prefix("until ") {
            let address = clients.get(name).expect("it is there").address();
            until(server, &address, text);
            continue;
        }
        let client = clients.entry(name).or_insert_with(|| Reader::of(server));
        if let Some(command) = command.strip_prefix('!') {
            client.say(command);
            told += &format!("{line}\n");
            continue;
        }
        let reply = match command {
            "?" => client.reply(),
            _ => client.ask(command),
        };
        told += &format!("{line}\n  {}\n", masked(&reply));
    }
    told
}

/// Waits until a client is shown with a word.
pub(crate) fn until(server: &Server, client: &str, text: &str) {
    let (mut asks, since) = (Reader::of(server), Instant::now());
    loop {
        let all = asks.ask("client list");
        let mut lines = all.trim_matches('"').split("\\n");
        let line = lines.find(|line| line.contains(&format!(" {client}")));
        if line.is_some_and(|line| line.split(' ').any(|word| word == text)) {
            return asks.quit();
        }
        assert!(since.elapsed() < Duration::from_secs(10), "{client}: {all}");
    }
}

fn masked(reply: &str) -> String {
    let mut shown = String::new();
    let reply = reply.replace("\\nid=", "\\n id=");
    for word in reply.split_inclusive(' ') {
        let key = CHANGING
            .iter()
            .find(|key| word.trim_start_matches('"').starts_with(**key));
        let quote = if word.starts_with('"') { "\"" } else { "" };
        match key {
            Some(key) if word.ends_with(' ') => shown += &format!("{quote}{key}_ "),
            _ => shown += word,
        }
    }
    shown
}

/// Times of entries of `ACL LOG`, and their numbers, are shown as `_`.
pub(crate) fn without_times(text: &str) -> String {
    let mut shown = text.to_owned();
    for field in [
        "age-seconds",
        "entry-id",
        "timestamp-created",
        "timestamp-last-updated",
    ] {
        let key = format!("\"{field}\", ");
        let parts: Vec<_> = shown.split(&key).collect();
        let rest = parts[1..].iter().map(|part| {
            let end = part.find([',', ']']).unwrap_or(part.len());
            format!("{key}_{}", &part[end..])
        });
        shown = parts[0].to_owned() + &rest.collect::<String>();
    }
    shown
}
