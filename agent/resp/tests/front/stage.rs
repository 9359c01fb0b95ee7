//! Plays scripts of several clients, and tells all that each of them was sent.
//!
//! A line is `a> command`, or several commands with ` ; ` in between, which are sent at once. With `a! command` nothing is read of a
//! until there is a line for it again, and what is next waits until it was called; `a?` sends nothing. `$b` in a command is the number of client b.
//!
//! After each line everybody has got what there was for him, without any waiting: `PING` is answered behind it.
//!
//! With `BESIDE=127.0.0.1:7802` scripts are played at a Redis there, to see whether it tells the same.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::client::start;

/// With so many connections each thread has some, almost for sure.
const MARKS: usize = 12;

/// Plays a script and tells it, with what was sent to whom.
pub(crate) fn play(script: &str) -> String {
    if let Ok(address) = std::env::var("BESIDE") {
        return Stage::at(address.parse().expect("an address")).play(script);
    }
    let mut told = None;
    for partitions in [1, 8] {
        let server = start(partitions);
        let new = Stage::at(server.address()).play(script);
        server.stop();
        let before = told.get_or_insert_with(|| new.clone());
        assert_eq!(*before, new, "several partitions answer otherwise");
    }
    told.expect("it was played")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Answers,
    /// `PING` would be queued.
    Queues,
    /// It waits for something, or hung up.
    Silent,
}

struct Client {
    stream: BufReader<TcpStream>,
    state: State,
    id: String,
}

struct Stage {
    address: SocketAddr,
    clients: BTreeMap<String, Client>,
    /// Looks what becomes of the others.
    looks: Client,
    /// So many that each thread has some: what was posted to a thread is done when it has answered them twice.
    marks: Vec<Client>,
    pings: usize,
    told: String,
}

impl Stage {
    fn at(address: SocketAddr) -> Self {
        let mut stage = Self {
            address,
            clients: BTreeMap::new(),
            looks: Client::at(address),
            marks: (0..MARKS).map(|_| Client::at(address)).collect(),
            pings: 0,
            told: String::new(),
        };
        for line in ["flushall", "config set notify-keyspace-events "] {
            let mut client = Client::at(address);
            client.send(line);
            client.value().expect("an answer");
        }
        stage.told.clear();
        stage
    }

    fn play(mut self, script: &str) -> String {
        let lines = script.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty()) {
            self.told += &format!("{line}\n");
            let (name, rest) = line.split_at(1);
            let address = self.address;
            let new = || Client::at(address);
            self.clients.entry(name.to_owned()).or_insert_with(new);
            let (how, commands) = rest.split_at(1);
            let commands = self.with_numbers(commands.trim());
            self.line(name, how, &commands);
            // Some things are told by two threads, one after the other.
            for _ in 0..3 {
                self.pass();
                let names: Vec<_> = self.clients.keys().cloned().collect();
                for name in names {
                    self.sync(&name);
                }
            }
        }
        self.told
    }

    fn with_numbers(&self, commands: &str) -> String {
        let mut commands = commands.to_owned();
        for (name, client) in &self.clients {
            commands = commands.replace(&format!("${name}"), &client.id);
        }
        commands
    }

    fn line(&mut self, name: &str, how: &str, commands: &str) {
        let client = self.clients.get_mut(name).expect("it is there");
        for command in commands.split(" ; ").filter(|it| !it.is_empty()) {
            client.send(command);
            match command {
                "multi" => client.state = State::Queues,
                "exec" | "discard" => client.state = State::Answers,
                _ => {}
            }
        }
        match (how, client.state) {
            ("!", _) => {
                client.state = State::Silent;
                let id = client.id.clone();
                let command = commands.split(' ').next().unwrap_or_default();
                self.until_called(&id, command);
            }
            (_, State::Queues) => {
                let value = client.value().expect("an answer");
                self.tell(name, &value);
            }
            _ => {
                client.state = State::Answers;
                self.sync(name);
            }
        }
    }

    /// All threads have done what they were told to.
    fn pass(&mut self) {
        for _ in 0..2 {
            for mark in &mut self.marks {
                mark.send("ping sync-mark");
                mark.value().expect("an answer");
            }
        }
    }

    /// Goes on when a client has called a command, and waits if it has to.
    fn until_called(&mut self, id: &str, command: &str) {
        let since = Instant::now();
        loop {
            self.looks.send(&format!("client list id {id}"));
            let line = self.looks.value().expect("a line");
            if line.contains(&format!(" cmd={command} ")) {
                return;
            }
            assert!(since.elapsed() < Duration::from_secs(20), "{line}");
        }
    }

    /// Reads all that a client was sent.
    fn sync(&mut self, name: &str) {
        let client = self.clients.get_mut(name).expect("it is there");
        if client.state != State::Answers {
            return;
        }
        self.pings += 1;
        let text = format!("sync-{}", self.pings);
        client.send(&format!("ping {text}"));
        loop {
            let client = self.clients.get_mut(name).expect("it is there");
            match client.value() {
                None => {
                    client.state = State::Silent;
                    self.tell(name, "(closed)");
                    return;
                }
                Some(value) if value == text || value == format!("[pong {text}]") => return,
                // Those who see all commands see those that are only sent to look.
                Some(value) if value.contains("sync-") => {}
                Some(value) if value.contains(r#""client" "list""#) => {}
                Some(value) => self.tell(name, &value),
            }
        }
    }

    fn tell(&mut self, name: &str, value: &str) {
        let mut value = value.to_owned();
        if value.contains("server redis version") {
            value = "(hello)".to_owned();
        }
        if value.contains("redirect") || value.contains("redir-broken") {
            for (name, client) in &self.clients {
                value = value.replace(&format!(":{}", client.id), &format!("${name}"));
            }
        }
        self.told += &format!("    {name} {value}\n");
    }
}

impl Client {
    fn at(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        let time_out = Some(Duration::from_secs(20));
        stream.set_read_timeout(time_out).expect("a time-out");
        stream.set_nodelay(true).expect("no delay");
        let mut client = Self {
            stream: BufReader::new(stream),
            state: State::Answers,
            id: String::new(),
        };
        client.send("client id");
        let id = client.value().expect("a number");
        client.id = id.trim_start_matches(':').to_owned();
        client
    }

    fn send(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        let mut text = format!("*{}\r\n", words.len());
        for word in words {
            text += &format!("${}\r\n{word}\r\n", word.len());
        }
        // It may have been closed.
        drop(self.stream.get_mut().write_all(text.as_bytes()));
    }

    /// The next reply, or what else was sent; nothing if it was closed.
    fn value(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(1..) => {}
            Ok(0) => return None,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
            Err(error) => panic!("{error}"),
        }
        let line = line.trim_end_matches(['\r', '\n']);
        let (kind, text) = line.split_at(1);
        Some(match (kind, text) {
            ("_", _) => "nil".to_owned(),
            ("$" | "*", "-1") => format!("nil{}", if kind == "*" { " array" } else { "" }),
            ("$", _) => {
                let mut bytes = vec![0; text.parse::<usize>().expect("a length") + 2];
                self.stream.read_exact(&mut bytes).expect("a string");
                String::from_utf8_lossy(&bytes[..bytes.len() - 2]).into_owned()
            }
            ("*", _) => self.values("[", text.parse().expect("a length"), "]"),
            (">", _) => self.values(">[", text.parse().expect("a length"), "]"),
            ("~", _) => self.values("~[", text.parse().expect("a length"), "]"),
            ("%", _) => self.values("{", 2 * text.parse::<usize>().expect("a length"), "}"),
            ("+", _) if text.contains(" [") => without_time(text),
            _ => line.to_owned(),
        })
    }

    fn values(&mut self, open: &str, count: usize, close: &str) -> String {
        let values = (0..count).map(|_| self.value().expect("one more"));
        let values: Vec<_> = values.collect();
        format!("{open}{}{close}", values.join(" "))
    }
}

/// A line of `MONITOR`, without what is another one each time.
fn without_time(line: &str) -> String {
    let (time, rest) = line.split_once(" [").expect("it is looked for");
    let (seconds, micros) = time.split_once('.').expect("a point");
    assert!(
        seconds.parse::<u64>().is_ok_and(|it| it > 1_700_000_000),
        "{line}"
    );
    assert_eq!(micros.len(), 6, "{line}");
    let (from, command) = rest.split_once("] ").expect("a bracket");
    let (database, address) = from.split_once(' ').expect("a space");
    let address = if address == "lua" { "lua" } else { "address" };
    format!("+time [{database} {address}] {command}")
}
