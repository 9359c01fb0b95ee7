//! A server, and a client of it.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use synod_resp::{Server, Settings, Setup};

/// A server with two threads on a free port.
pub(crate) fn start(partitions: usize) -> Server {
    start_with(Settings {
        partitions,
        ..Settings::default()
    })
}

/// A server with two threads on a free port, and set up so.
pub(crate) fn start_with(settings: Settings) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let settings = Settings {
        threads: 2,
        ..settings
    };
    Server::start(listener, &settings).expect("it starts")
}

/// A server with two threads on a free port, and with this set.
pub(crate) fn start_both(partitions: usize, setup: Setup) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let settings = Settings {
        threads: 2,
        partitions,
        ..Settings::default()
    };
    Server::start_with(listener, &settings, setup).expect("it starts")
}

/// A server with one thread, and with this set.
pub(crate) fn start_set(config: &[(&str, &str)]) -> Server {
    start_setup(Setup {
        config: config
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect(),
        ..Setup::default()
    })
}

pub(crate) fn start_setup(setup: Setup) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    Server::start_with(listener, &Settings::default(), setup).expect("it starts")
}

/// A client that knows no more of the protocol than how a command is written.
pub(crate) struct Client(TcpStream, VecDeque<u8>);

impl Client {
    pub(crate) fn of(server: &Server) -> Self {
        Self::at(server.address())
    }

    pub(crate) fn at(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        let time_out = Some(Duration::from_secs(60));
        stream.set_read_timeout(time_out).expect("a time-out");
        Self(stream, VecDeque::new())
    }

    pub(crate) fn send(&mut self, line: &str) {
        self.send_words(&line.split(' ').collect::<Vec<_>>());
    }

    /// As [`Self::send`], of words in which there may be spaces.
    pub(crate) fn send_words(&mut self, words: &[&str]) {
        let mut text = format!("*{}\r\n", words.len());
        for word in words {
            text += &format!("${}\r\n{word}\r\n", word.len());
        }
        self.0.write_all(text.as_bytes()).expect("it is read");
    }

    /// Sends what it is given.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("it is read");
    }

    /// What was answered, which is all that came; lines are parted by spaces.
    pub(crate) fn answer(&mut self) -> String {
        assert!(self.1.is_empty(), "lines are left");
        let mut bytes = [0; 4096];
        let read = self.0.read(&mut bytes).expect("an answer");
        let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
        text.trim_end().replace("\r\n", " ")
    }

    /// What was answered; nothing, if the server is gone.
    pub(crate) fn try_ask(&mut self, line: &str) -> Option<String> {
        let words: Vec<_> = line.split(' ').collect();
        let mut text = format!("*{}\r\n", words.len());
        for word in words {
            text += &format!("${}\r\n{word}\r\n", word.len());
        }
        self.0.write_all(text.as_bytes()).ok()?;
        let mut bytes = [0; 4096];
        let read = self.0.read(&mut bytes).ok().filter(|read| *read > 0)?;
        Some(String::from_utf8_lossy(&bytes[..read]).into_owned())
    }

    /// So many lines of what came.
    pub(crate) fn read_lines(&mut self, count: usize) -> Vec<String> {
        let mut lines = Vec::with_capacity(count);
        let mut line = Vec::new();
        while lines.len() < count {
            let left = &self.1;
            let end = left.iter().position(|byte| *byte == b'\n');
            line.extend(self.1.drain(..end.map_or(left.len(), |end| end + 1)));
            if end.is_some() {
                let text = String::from_utf8_lossy(&line);
                lines.push(text.trim_end_matches("\r\n").to_owned());
                line.clear();
            } else {
                let mut bytes = vec![0; 65536];
                let read = self.0.read(&mut bytes).expect("a line");
                assert!(read > 0, "it hung up");
                self.1.extend(&bytes[..read]);
            }
        }
        lines
    }

    /// All that came until now: whatever was to be sent, is sent before the answer of a last command.
    pub(crate) fn settled(&mut self) -> String {
        let mut lines = Vec::new();
        for _ in 0..3 {
            self.send("ping settled");
            while lines.last().is_none_or(|line| line != "settled") {
                lines.extend(self.read_lines(1));
            }
            lines.pop();
        }
        lines.join(" ")
    }

    /// Whether the server hung up, which is known when something is sent to it.
    pub(crate) fn has_hung_up(&mut self) -> bool {
        self.0.set_nonblocking(true).expect("a socket");
        let is_sent = (0..2).all(|_| self.0.write_all(b"\r\n").is_ok());
        self.0.set_nonblocking(false).expect("a socket");
        !is_sent
    }

    /// Nothing more comes, and the connection is closed.
    pub(crate) fn is_closed(&mut self) {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).expect("its end");
        assert!(bytes.is_empty(), "{}", bytes.escape_ascii());
    }

    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.answer()
    }

    /// As [`Self::ask`], for an answer that may be long: all of it is read, however many pieces it comes in.
    pub(crate) fn ask_for_all(&mut self, line: &str) -> String {
        self.send(line);
        let mut all = Vec::new();
        while !is_whole(&all) {
            let mut bytes = [0; 65536];
            let read = self.0.read(&mut bytes).expect("an answer");
            assert!(read > 0, "it hung up");
            all.extend_from_slice(&bytes[..read]);
        }
        let text = String::from_utf8_lossy(&all).into_owned();
        text.trim_end().replace("\r\n", " ")
    }
}

/// Whether this is a whole reply.
fn is_whole(reply: &[u8]) -> bool {
    let (mut at, mut left) = (0, 1_i64);
    while left > 0 {
        let Some(end) = reply[at.min(reply.len())..]
            .windows(2)
            .position(|it| it == b"\r\n")
        else {
            return false;
        };
        let text = String::from_utf8_lossy(&reply[at + 1..at + end]).into_owned();
        let count = text.parse::<i64>().unwrap_or(0).max(0);
        let kind = reply[at];
        at += end + 2;
        left -= 1;
        match kind {
            b'$' | b'=' if text != "-1" => at += count as usize + 2,
            b'*' | b'~' | b'>' => left += count,
            b'%' => left += 2 * count,
            _ => {}
        }
    }
    at <= reply.len()
}
