//! A server, and a client of it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use synod_resp::{Server, Settings};

/// A server with two threads on a free port.
pub(crate) fn start(partitions: usize) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let settings = Settings {
        threads: 2,
        partitions,
        ..Settings::default()
    };
    Server::start(listener, &settings).expect("it starts")
}

/// A client that knows no more of the protocol than how a command is written.
pub(crate) struct Client(TcpStream);

impl Client {
    pub(crate) fn of(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).expect("it listens");
        let time_out = Some(Duration::from_secs(10));
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

    /// What was answered, which is all that came; lines are parted by spaces.
    pub(crate) fn answer(&mut self) -> String {
        let mut bytes = [0; 4096];
        let read = self.0.read(&mut bytes).expect("an answer");
        let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
        text.trim_end().replace("\r\n", " ")
    }

    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.answer()
    }
}
