//! The name that a client asks for in its first words, read and passed on: nothing is decrypted.

use rustls::server::Acceptor;

/// A client's first words are not longer.
const HELLO_BYTES_MAX: usize = 64 * 1024;

/// What a connection's first bytes say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    /// More is needed.
    Incomplete,
    /// This name, or none.
    For(Option<String>),
    /// It is no TLS.
    Wrong,
}

/// A hello that is coming.
pub(crate) struct Hello {
    acceptor: Acceptor,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Hello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a hello, {} bytes so far", self.bytes.len())
    }
}

impl Hello {
    pub(crate) fn new() -> Self {
        Self {
            acceptor: Acceptor::default(),
            bytes: Vec::new(),
        }
    }

    /// Takes what came.
    pub(crate) fn came(&mut self, more: &[u8]) -> Asks {
        self.bytes.extend_from_slice(more);
        if self.bytes.len() > HELLO_BYTES_MAX {
            return Asks::Wrong;
        }
        let mut rest = more;
        while !rest.is_empty() {
            match self.acceptor.read_tls(&mut rest) {
                Ok(0) | Err(_) => return Asks::Wrong,
                Ok(_) => {}
            }
            match self.acceptor.accept() {
                Ok(None) => {}
                Ok(Some(accepted)) => {
                    let hello = accepted.client_hello();
                    return Asks::For(hello.server_name().map(str::to_ascii_lowercase));
                }
                Err(_) => return Asks::Wrong,
            }
        }
        Asks::Incomplete
    }

    /// All that came, for who is to answer it.
    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}
