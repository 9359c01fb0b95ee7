//! A client that sends many commands at once.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use synod_conformance::Failure;

/// A connection to a server.
pub(crate) struct Client {
    stream: TcpStream,
    replies: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(port: u16) -> Result<Self, Failure> {
        let connect = || {
            let stream = TcpStream::connect(("127.0.0.1", port))?;
            stream.set_nodelay(true)?;
            let replies = BufReader::new(stream.try_clone()?);
            Ok(Self { stream, replies })
        };
        connect().map_err(|error: std::io::Error| format!("cannot connect to {port}: {error}"))
    }

    /// Sends commands, and takes the lines that they are answered, so many each.
    pub(crate) fn send(
        &mut self,
        commands: &[Vec<Vec<u8>>],
        lines_each: usize,
    ) -> Result<(), Failure> {
        let mut request = Vec::new();
        for words in commands {
            request.extend(format!("*{}\r\n", words.len()).bytes());
            for word in words {
                request.extend(format!("${}\r\n", word.len()).bytes());
                request.extend_from_slice(word);
                request.extend_from_slice(b"\r\n");
            }
        }
        let written = self.stream.write_all(&request);
        written.map_err(|error| format!("cannot send: {error}"))?;
        for _ in 0..commands.len() * lines_each {
            self.line()?;
        }
        Ok(())
    }

    /// Which of these keys there are.
    pub(crate) fn found(&mut self, keys: &[Vec<u8>]) -> Result<Vec<bool>, Failure> {
        let get = |key: &Vec<u8>| vec![b"get".to_vec(), key.clone()];
        self.send(&keys.iter().map(get).collect::<Vec<_>>(), 0)?;
        let mut found = Vec::new();
        for _ in keys {
            found.push(self.line()? != "$-1");
            if found.last() == Some(&true) {
                self.line()?;
            }
        }
        Ok(found)
    }

    /// What a command of these words is answered: a line, or a string.
    pub(crate) fn ask(&mut self, command: &str) -> Result<String, Failure> {
        let sent = self.stream.write_all(format!("{command}\r\n").as_bytes());
        sent.map_err(|error| format!("cannot send: {error}"))?;
        let first = self.line()?;
        let Some(length) = first.strip_prefix('$') else {
            return Ok(first);
        };
        let length: usize = length.parse().map_err(|_| format!("{command}: {first}"))?;
        let mut text = String::new();
        while text.len() < length {
            text.push_str(&self.line()?);
            text.push_str("\r\n");
        }
        // The string's own end of line, unless that of its last line was it.
        if text.len() == length {
            self.line()?;
        }
        Ok(text)
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = Vec::new();
        match self.replies.read_until(b'\n', &mut line) {
            Ok(0) => Err("the server closed the connection".to_owned()),
            Err(error) => Err(format!("no answer: {error}")),
            Ok(_) if line.starts_with(b"-") => Err(String::from_utf8_lossy(&line).into_owned()),
            Ok(_) => Ok(String::from_utf8_lossy(&line).trim_end().to_owned()),
        }
    }
}
