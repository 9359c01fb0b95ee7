//! One side of a connection with TLS, between a socket's bytes and what they mean. The socket moves the bytes.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};

use crate::mutation::mutated;

/// So much waits unencrypted for the end of a handshake, or encrypted for a slow socket.
const WAITING_BYTES_MAX: usize = 64 * 1024;

/// A connection's state.
pub(crate) struct Secure {
    connection: Connection,
    /// Bytes that were decrypted and not taken.
    plain: usize,
}

impl std::fmt::Debug for Secure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TLS, {} bytes decrypted", self.plain)
    }
}

impl Secure {
    pub(crate) fn server(config: Arc<ServerConfig>) -> Result<Self, rustls::Error> {
        Ok(Self::new(ServerConnection::new(config)?.into()))
    }

    pub(crate) fn client(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> Result<Self, rustls::Error> {
        Ok(Self::new(ClientConnection::new(config, name)?.into()))
    }

    fn new(mut connection: Connection) -> Self {
        connection.set_buffer_limit(Some(WAITING_BYTES_MAX));
        Self {
            connection,
            plain: 0,
        }
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// True if encrypted bytes wait for the socket.
    pub(crate) fn is_sending(&self) -> bool {
        self.connection.wants_write()
    }

    /// True if there is something that was decrypted and not taken.
    pub(crate) const fn has_plain(&self) -> bool {
        self.plain > 0
    }

    /// What the other side said; an error of the kind `WouldBlock` if more is to come in first. No bytes are the end that it
    /// announced: one that it did not is an error, since anybody on the way can cut a connection.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = match self.connection.reader().read(buffer) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && mutated("cut-is-end") => 0,
            read => read?,
        };
        self.plain = self.plain.saturating_sub(bytes);
        Ok(bytes)
    }

    /// Takes in what the socket has.
    pub(crate) fn take_in(&mut self, socket: &mut dyn Read) -> io::Result<usize> {
        let bytes = self.connection.read_tls(socket)?;
        let state = self.connection.process_new_packets();
        self.plain = state
            .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?
            .plaintext_bytes_to_read();
        Ok(bytes)
    }

    /// Takes what is to be said; fewer bytes, or none, if much waits already.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.connection.writer().write(bytes)
    }

    /// Gives the socket what waits for it.
    pub(crate) fn give_out(&mut self, socket: &mut dyn Write) -> io::Result<usize> {
        self.connection.write_tls(socket)
    }

    /// Says that nothing more is said.
    pub(crate) fn end(&mut self) {
        self.connection.send_close_notify();
    }
}
