//! What a client sent and was not carried out yet.

use std::io::{self, Read as _};

use mio::net::TcpStream;

use super::READ_BYTES;

/// What a client sent and was not carried out yet.
#[derive(Default)]
pub(super) struct Input {
    bytes: Vec<u8>,
    /// Up to where it was carried out.
    begin: usize,
    /// Up to where something was read.
    end: usize,
}

impl Input {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.begin..self.end]
    }

    /// How much more there is room for.
    pub(super) fn room(&self) -> usize {
        self.bytes.len() - self.end
    }

    pub(super) fn done(&mut self, bytes: usize) {
        self.begin += bytes;
        if self.begin == self.end {
            (self.begin, self.end) = (0, 0);
        }
    }

    /// Reads what there is, at most as much as there is room for; there is room for so many bytes in all at least.
    pub(super) fn read(&mut self, stream: &mut TcpStream, needed: usize) -> io::Result<usize> {
        if self.begin > 0 {
            self.bytes.copy_within(self.begin..self.end, 0);
            (self.begin, self.end) = (0, self.end - self.begin);
        }
        let room = needed.max(self.end + READ_BYTES);
        if self.bytes.len() < room {
            self.bytes.resize(room, 0);
        }
        let read = stream.read(&mut self.bytes[self.end..])?;
        self.end += read;
        Ok(read)
    }
}
