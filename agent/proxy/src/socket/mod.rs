//! A connection's socket, and what is known of it without asking the system.

mod tls;

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::time::Duration;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use crate::tls::Secure;

/// What a read gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Got {
    Bytes(usize),
    /// Nothing now.
    Nothing,
    /// The other side sends nothing more.
    End,
}

/// A socket that is registered once, for both directions, and tells by edges: so an event is remembered until the system says that
/// there is nothing more. A read that fills less than its buffer says so too, unless the other side closed: that saves a call for each
/// message (epoll(7), question 9).
///
/// What is read and written is what is meant: where TLS is spoken, it is encrypted and decrypted on the way (`socket/tls.rs`).
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    secure: Option<Box<Secure>>,
    /// Came already, and was read past this type.
    ahead: Vec<u8>,
    /// Nothing more is to be sent, once what waits is.
    is_ending: bool,
    pub(crate) token: Token,
    is_readable: bool,
    is_writable: bool,
    is_closing: bool,
    is_broken: bool,
    has_ended: bool,
}

impl Socket {
    pub(crate) fn new(
        mut stream: TcpStream,
        token: Token,
        registry: &Registry,
    ) -> io::Result<Self> {
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self {
            stream,
            secure: None,
            ahead: Vec::new(),
            is_ending: false,
            token,
            is_readable: false,
            is_writable: false,
            is_closing: false,
            is_broken: false,
            has_ended: false,
        })
    }

    /// Takes note of an event.
    pub(crate) fn told(&mut self, event: &Event) {
        self.is_readable |= event.is_readable() || event.is_read_closed() || event.is_error();
        self.is_writable |= event.is_writable() || event.is_write_closed() || event.is_error();
        self.is_closing |= event.is_read_closed() || event.is_error();
        self.is_broken |= event.is_error();
        self.give_out_more();
    }

    /// These bytes came, and are to be read again.
    pub(crate) fn unread(&mut self, bytes: Vec<u8>) {
        self.is_readable |= !bytes.is_empty();
        self.ahead = bytes;
    }

    /// True if the other side is gone for both directions: nothing can be told to it any more.
    pub(crate) const fn is_broken(&self) -> bool {
        self.is_broken
    }

    pub(crate) const fn is_readable(&self) -> bool {
        self.is_readable && !self.has_ended
    }

    /// True if it has something to say while nothing was asked: then it is of no use any more.
    pub(crate) fn is_spoiled(&self) -> bool {
        self.has_plain() || self.is_readable || self.is_closing || self.has_ended
    }

    /// True if nothing came and the other side is open, as the system knows it now; an event may be still to tell.
    pub(crate) fn is_quiet(&self) -> bool {
        let came = self.stream.peek(&mut [0]);
        came.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Whether a connection that is being made is made; an error if it is refused.
    pub(crate) fn is_connected(&mut self) -> io::Result<bool> {
        if !self.is_writable {
            return Ok(false);
        }
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => self.have_shaken_hands(),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Got> {
        match self.secure.take() {
            None => self.read_raw(buffer),
            Some(mut secure) => {
                let got = self.decrypted(&mut secure, buffer);
                self.secure = Some(secure);
                got
            }
        }
    }

    fn read_raw(&mut self, buffer: &mut [u8]) -> io::Result<Got> {
        if !self.ahead.is_empty() {
            let bytes = buffer.len().min(self.ahead.len());
            buffer[..bytes].copy_from_slice(&self.ahead[..bytes]);
            self.ahead.drain(..bytes);
            return Ok(Got::Bytes(bytes));
        }
        if !self.is_readable() {
            return Ok(if self.has_ended {
                Got::End
            } else {
                Got::Nothing
            });
        }
        loop {
            match self.stream.read(buffer) {
                Ok(0) => {
                    self.has_ended = true;
                    return Ok(Got::End);
                }
                Ok(bytes) => {
                    self.is_readable = bytes == buffer.len() || self.is_closing;
                    return Ok(Got::Bytes(bytes));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.is_readable = false;
                    return Ok(Got::Nothing);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes as much as there is room for.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.secure.take() {
            None => self.write_raw(bytes),
            Some(mut secure) => {
                let written = self.encrypted(&mut secure, bytes);
                self.secure = Some(secure);
                written
            }
        }
    }

    fn write_raw(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < bytes.len() {
            match self.stream.write(&bytes[written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.is_writable = false;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    /// True if a write may do something: the system has not said otherwise since.
    pub(crate) const fn is_writable(&self) -> bool {
        self.is_writable
    }

    /// Says that nothing more is sent, once all is that was.
    pub(crate) fn end(&mut self) {
        self.is_ending = true;
        match self.secure.take() {
            None => self.shut(),
            Some(mut secure) => {
                secure.end();
                // It may be gone already.
                let _ = self.give_out(&mut secure);
                self.secure = Some(secure);
            }
        }
    }

    /// The end of this is none: the other side must not take what it has for all.
    pub(crate) fn break_off(&mut self) {
        self.secure = None;
        // Without a farewell of TLS, and with a reset instead of an end.
        let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }

    fn shut(&self) {
        // It may be gone already.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    pub(crate) const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Noted by who moved bytes past this type: there is nothing to read, or to write, until the next event.
    pub(crate) const fn exhausted(&mut self, reads: bool) {
        if reads {
            self.is_readable = false;
        } else {
            self.is_writable = false;
        }
    }

    /// Noted by who read past this type: the other side has ended.
    pub(crate) const fn ended(&mut self) {
        self.has_ended = true;
    }
}

/// Bytes that wait to be sent.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pub(crate) bytes: Vec<u8>,
    sent: usize,
}

impl Outbox {
    pub(crate) const fn of(bytes: Vec<u8>) -> Self {
        Self { bytes, sent: 0 }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.sent == self.bytes.len()
    }

    /// Sends what it can; true if something went.
    pub(crate) fn flush(&mut self, socket: &mut Socket) -> io::Result<bool> {
        if self.is_empty() || !socket.is_writable() {
            return Ok(false);
        }
        let written = socket.write(&self.bytes[self.sent..])?;
        self.sent += written;
        if self.is_empty() {
            self.clear();
        }
        Ok(written > 0)
    }

    /// Sends these bytes at once if nothing waits before them; what does not go waits.
    pub(crate) fn pass(&mut self, bytes: &[u8], socket: &mut Socket) -> io::Result<()> {
        let written = match self.is_empty() && socket.is_writable() {
            true => socket.write(bytes)?,
            false => 0,
        };
        self.bytes.extend_from_slice(&bytes[written..]);
        Ok(())
    }

    /// Room is given back where there is much of it.
    pub(crate) fn clear(&mut self) {
        self.sent = 0;
        self.bytes.clear();
        if self.bytes.capacity() > KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        }
    }
}

/// A buffer that is not in use keeps so much at most.
pub(crate) const KEPT_BYTES_MAX: usize = 4 * 1024;
