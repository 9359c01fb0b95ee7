//! Bytes that go from socket to socket inside the kernel: splice(2), through a pipe.
//!
//! For bulk it saves both copies; for a few bytes it costs a call more. So a direction begins with plain reads, and goes over to a pipe
//! when those were full several times in a row.

use std::io;
use std::os::fd::OwnedFd;

use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};

use crate::mutation::mutated;
use crate::socket::{Got, Socket};

/// What a pipe holds, if the system allows it.
const PIPE_BYTES: usize = 256 * 1024;

/// A pipe between two sockets, and what is in it.
#[derive(Debug)]
pub(crate) struct Pipe {
    read: OwnedFd,
    write: OwnedFd,
    held: usize,
}

impl Pipe {
    /// None if the system has none to give: then bytes are copied, as before.
    pub(crate) fn new() -> Option<Self> {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).ok()?;
        // With less it is slower, and nothing else.
        let _ = fcntl_setpipe_size(&write, PIPE_BYTES);
        Some(Self {
            read,
            write,
            held: 0,
        })
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Takes what a socket has.
    pub(crate) fn take(&mut self, from: &mut Socket) -> io::Result<Got> {
        if !from.is_readable() {
            return from.read(&mut []);
        }
        match moved(from.stream(), &self.write, PIPE_BYTES)? {
            Some(0) => {
                from.ended();
                Ok(Got::End)
            }
            Some(bytes) => {
                if !mutated("pipe-loses") {
                    self.held += bytes;
                }
                Ok(Got::Bytes(bytes))
            }
            None => {
                // Of an empty pipe that can only be the socket's word.
                from.exhausted(true);
                Ok(Got::Nothing)
            }
        }
    }

    /// Gives a socket what it takes; true if it took some.
    pub(crate) fn give(&mut self, to: &mut Socket) -> io::Result<bool> {
        let before = self.held;
        while self.held > 0 && to.is_writable() {
            match moved(&self.read, to.stream(), self.held)? {
                Some(0) => return Err(io::ErrorKind::WriteZero.into()),
                Some(bytes) => self.held -= bytes,
                None => to.exhausted(false),
            }
        }
        Ok(self.held < before)
    }
}

fn moved(
    from: &impl std::os::fd::AsFd,
    to: &impl std::os::fd::AsFd,
    bytes: usize,
) -> io::Result<Option<usize>> {
    loop {
        match splice(
            from,
            None,
            to,
            None,
            bytes,
            SpliceFlags::MOVE | SpliceFlags::NONBLOCK,
        ) {
            Ok(bytes) => return Ok(Some(bytes)),
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
}
