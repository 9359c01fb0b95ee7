//! A client's socket, with or without TLS, as one type: reads and writes never block.
//!
//! By TLS the handshake is done by the first reads. What a write takes is encrypted at once, and may be here still when it returns:
//! [`Stream::wants_write`] says so, and [`Stream::send_on`] goes on.

use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

use mio::event::Source;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustls::{ServerConfig, ServerConnection};

/// The socket.
pub(crate) enum Stream {
    /// In plain text.
    Plain(TcpStream),
    /// By TLS.
    Tls(Box<rustls::StreamOwned<ServerConnection, TcpStream>>),
}

impl Stream {
    /// Of a connection that was accepted; with a configuration it is by TLS.
    pub(crate) fn new(socket: TcpStream, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        let Some(config) = tls else {
            return Ok(Self::Plain(socket));
        };
        let session = ServerConnection::new(config).map_err(io::Error::other)?;
        let stream = rustls::StreamOwned::new(session, socket);
        Ok(Self::Tls(Box::new(stream)))
    }

    /// Whether a read that gave less than was asked for shows that the socket has no more.
    pub(crate) const fn is_empty_after_less(&self) -> bool {
        // A record of TLS ends anywhere, and another one may be decrypted already.
        matches!(self, Self::Plain(_))
    }

    /// Whether something waits to be written that no caller knows of: a part of a handshake, or encrypted bytes.
    pub(crate) fn wants_write(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(tls) => tls.conn.wants_write(),
        }
    }

    /// Sends what waits, as far as the socket takes it.
    pub(crate) fn send_on(&mut self) -> io::Result<()> {
        let Self::Tls(tls) = self else { return Ok(()) };
        while tls.conn.wants_write() {
            match tls.conn.write_tls(&mut tls.sock) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Says that nothing follows, if that can be said at once.
    pub(crate) fn part(&mut self) {
        if let Self::Tls(tls) = self {
            tls.conn.send_close_notify();
            drop(self.send_on());
        }
    }

    fn socket(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(tls) => &mut tls.sock,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write_vectored(slices),
            Self::Tls(tls) => tls.write_vectored(slices),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}

impl Source for Stream {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        self.socket().register(registry, token, interest)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        self.socket().reregister(registry, token, interest)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.socket().deregister(registry)
    }
}
