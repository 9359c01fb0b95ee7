//! A client that writes words and reads what comes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than anything takes.
const NEVER: Duration = Duration::from_secs(60);

/// What is spoken over: a socket, or TLS over one.
pub(crate) trait Wire: Read + Write + Send {}
impl<T: Read + Write + Send> Wire for T {}

pub(crate) struct Client(BufReader<Box<dyn Wire>>);

impl Client {
    pub(crate) fn connect(at: SocketAddr) -> Self {
        Self::over(Box::new(socket(at)))
    }

    pub(crate) fn over(wire: Box<dyn Wire>) -> Self {
        Self(BufReader::new(wire))
    }

    /// The answer to a call, without the ends of its lines: of a text what it is, `nil` where there is none, else as it came.
    pub(crate) fn call(&mut self, words: &[&str]) -> String {
        self.try_call(words).unwrap()
    }

    pub(crate) fn try_call(&mut self, words: &[&str]) -> io::Result<String> {
        self.send(&command(words))?;
        self.answer()
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)?;
        self.0.get_mut().flush()
    }

    pub(crate) fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        let Some(length) = line.strip_prefix('$') else {
            return Ok(line.to_owned());
        };
        let Ok(length) = length.parse::<usize>() else {
            return Ok("nil".to_owned());
        };
        let mut text = vec![0; length + 2];
        self.0.read_exact(&mut text)?;
        text.truncate(length);
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

pub(crate) fn socket(at: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(at).unwrap();
    socket.set_read_timeout(Some(NEVER)).unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

pub(crate) fn command(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n{word}\r\n", word.len()).bytes());
    }
    bytes
}
