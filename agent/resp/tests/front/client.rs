//! A server, and a client of it.

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
pub(crate) struct Client(TcpStream);

impl Client {
    pub(crate) fn of(server: &Server) -> Self {
        Self::at(server.address())
    }

    pub(crate) fn at(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        let time_out = Some(Duration::from_secs(60));
        stream.set_read_timeout(time_out).expect("a time-out");
        Self(stream)
    }

    pub(crate) fn send(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
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
