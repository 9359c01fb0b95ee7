//! A client that says what it is told, byte by byte, and reads answers.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// A message that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) line: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn status(&self) -> u16 {
        let word = self.line.split(' ').nth(1);
        word.and_then(|it| it.parse().ok()).unwrap_or(0)
    }

    /// The values of this header, with commas between them.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let named = self
            .fields
            .iter()
            .filter(|it| it.0.eq_ignore_ascii_case(name));
        let values = named.map(|it| it.1.clone()).collect::<Vec<_>>();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

thread_local! {
    static PATIENCE: Cell<Duration> = const { Cell::new(Duration::from_secs(60)) };
}

/// For so long something is waited for, in this thread.
pub(crate) fn patience() -> Duration {
    PATIENCE.get()
}

/// Deliberate mistakes are known to be found: what they let us wait for in vain is not waited for long.
#[cfg(feature = "mutations")]
pub(crate) fn be_patient_for(time: Duration) {
    PATIENCE.set(time);
}

/// What bytes go through.
pub(crate) trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

/// A connection.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    /// The last read said that it ended, not that it broke.
    has_ended: bool,
    /// The connection below.
    raw: TcpStream,
    bytes: Vec<u8>,
}

impl Wire {
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).expect("a connection"))
    }

    pub(crate) fn over(stream: TcpStream) -> Self {
        Self::inside(stream, |it| Box::new(it))
    }

    /// What is said goes by way of this.
    pub(crate) fn inside(
        stream: TcpStream,
        wrap: impl FnOnce(TcpStream) -> Box<dyn Stream>,
    ) -> Self {
        stream
            .set_read_timeout(Some(patience()))
            .expect("a time-out");
        stream.set_nodelay(true).expect("no delay");
        let raw = stream.try_clone().expect("another handle");
        Self {
            stream: wrap(stream),
            has_ended: false,
            raw,
            bytes: Vec::new(),
        }
    }

    pub(crate) fn say(&mut self, text: impl AsRef<[u8]>) {
        // The other side may have closed; what it said counts.
        let _ = self.stream.write_all(text.as_ref());
    }

    pub(crate) fn end(&self) {
        let _ = self.raw.shutdown(Shutdown::Write);
    }

    /// Is gone without a farewell, and with all that it had to say.
    pub(crate) fn reset(self) {
        let socket = socket2::SockRef::from(&self.raw);
        socket.set_linger(Some(Duration::ZERO)).expect("it is set");
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.raw.local_addr().expect("an address")
    }

    /// True if it ended, and did not break.
    pub(crate) const fn was_bidden_farewell(&self) -> bool {
        self.has_ended
    }

    fn more(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => {
                self.has_ended = true;
                false
            }
            Err(_) => false,
            Ok(read) => {
                self.bytes.extend_from_slice(&buffer[..read]);
                true
            }
        }
    }

    /// So many bytes, or fewer if it ends.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.bytes.len() < count && self.more() {}
        let count = count.min(self.bytes.len());
        self.bytes.drain(..count).collect()
    }

    /// Everything until it ends.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        while self.more() {}
        std::mem::take(&mut self.bytes)
    }

    pub(crate) fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.bytes.windows(2).position(|it| it == b"\r\n") {
                let line = self.bytes.drain(..end + 2).collect::<Vec<_>>();
                return Some(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            if !self.more() {
                return None;
            }
        }
    }

    /// A head; nothing if it ends before one.
    pub(crate) fn head(&mut self) -> Option<Message> {
        let mut message = Message {
            line: self.line()?,
            ..Message::default()
        };
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Some(message);
            }
            let (name, value) = line.split_once(": ").expect("a header");
            message.fields.push((name.to_owned(), value.to_owned()));
        }
    }

    /// The body that follows this head.
    pub(crate) fn body(&mut self, message: &mut Message, is_request: bool) {
        if message.field("transfer-encoding").is_some() {
            while let Some(size) = self.line() {
                let size = usize::from_str_radix(&size, 16).expect("a size");
                let chunk = self.bytes(size);
                message.body.extend(chunk);
                self.line();
                if size == 0 {
                    break;
                }
            }
        } else if let Some(length) = message.field("content-length") {
            message.body = self.bytes(length.parse().expect("a number"));
        } else if !is_request {
            message.body = self.rest();
        }
    }

    pub(crate) fn answer(&mut self) -> Option<Message> {
        let mut message = self.head()?;
        self.body(&mut message, false);
        Some(message)
    }

    /// Asks, and reads the answer.
    pub(crate) fn ask(&mut self, request: &str) -> Message {
        self.say(request);
        self.answer()
            .unwrap_or_else(|| panic!("no answer to {request:?}"))
    }

    pub(crate) fn get(&mut self, path: &str) -> Message {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"))
    }
}

/// One GET over a connection of its own.
pub(crate) fn get(address: SocketAddr, path: &str) -> Message {
    Wire::to(address).get(path)
}
