//! TLS over a socket: bytes go by way of what encrypts and decrypts them.
//!
//! What is written counts as written once it is encrypted: then it waits here, a bounded amount, and goes with the next event. So who
//! closes looks at [`Socket::is_sending`] first.

use std::io::{self, Read, Write};

use crate::tls::Secure;

use super::{Got, Socket};

/// A socket's own bytes, as those who encrypt and decrypt take and give them.
struct Raw<'a>(&'a mut Socket);

impl Read for Raw<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read_raw(buffer)? {
            Got::Bytes(bytes) => Ok(bytes),
            Got::End => Ok(0),
            Got::Nothing => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Raw<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.is_writable() {
            true => match self.0.write_raw(bytes)? {
                0 => Err(io::ErrorKind::WouldBlock.into()),
                written => Ok(written),
            },
            false => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Socket {
    /// From now on TLS is spoken.
    pub(crate) fn speak(&mut self, secure: Secure) {
        self.secure = Some(Box::new(secure));
    }

    pub(crate) const fn is_secure(&self) -> bool {
        self.secure.is_some()
    }

    /// True if something that was written waits here.
    pub(crate) fn is_sending(&self) -> bool {
        self.secure.as_ref().is_some_and(|it| it.is_sending())
    }

    pub(super) fn has_plain(&self) -> bool {
        self.secure.as_ref().is_some_and(|it| it.has_plain())
    }

    /// True if what came over a connection that nobody uses is TLS's own affair, as a ticket for later connections is.
    pub(crate) fn stays_idle(&mut self) -> bool {
        self.is_secure() && matches!(self.read(&mut [0; 1]), Ok(Got::Nothing)) && !self.is_closing
    }

    /// What came, decrypted.
    pub(super) fn decrypted(&mut self, secure: &mut Secure, buffer: &mut [u8]) -> io::Result<Got> {
        loop {
            match secure.read(buffer) {
                Ok(0) => {
                    self.has_ended = true;
                    return Ok(Got::End);
                }
                Ok(bytes) => return Ok(Got::Bytes(bytes)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if !self.take_in(secure)? {
                return Ok(Got::Nothing);
            }
        }
    }

    /// Encrypts and writes.
    pub(super) fn encrypted(&mut self, secure: &mut Secure, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        while self.give_out(secure)? && written < bytes.len() {
            match secure.write(&bytes[written..])? {
                // Much waits for the end of the handshake.
                0 => break,
                more => written += more,
            }
        }
        Ok(written)
    }

    /// True if hands are shaken, or there is nobody to shake hands with.
    pub(super) fn have_shaken_hands(&mut self) -> io::Result<bool> {
        let Some(mut secure) = self.secure.take() else {
            return Ok(true);
        };
        let done = self.shake_hands(&mut secure);
        self.secure = Some(secure);
        done
    }

    fn shake_hands(&mut self, secure: &mut Secure) -> io::Result<bool> {
        self.give_out(secure)?;
        while secure.is_handshaking() {
            if self.has_ended {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if !self.take_in(secure)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes in what there is; false if there is nothing now.
    fn take_in(&mut self, secure: &mut Secure) -> io::Result<bool> {
        let taken = secure.take_in(&mut Raw(self));
        match taken {
            Ok(_) => {
                // Handshakes go on, and alerts are answered.
                self.give_out(secure)?;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => {
                // It is told what is wrong; if that cannot be, it is not.
                let _ = self.give_out(secure);
                Err(error)
            }
        }
    }

    /// Writes what waits, as far as there is room; true if nothing is left.
    pub(super) fn give_out(&mut self, secure: &mut Secure) -> io::Result<bool> {
        while secure.is_sending() {
            match secure.give_out(&mut Raw(self)) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        if self.is_ending {
            self.shut();
        }
        Ok(true)
    }

    /// There may be room again.
    pub(super) fn give_out_more(&mut self) {
        if !self.is_writable || !self.is_sending() {
            return;
        }
        if let Some(mut secure) = self.secure.take() {
            self.is_broken |= self.give_out(&mut secure).is_err();
            self.secure = Some(secure);
        }
    }
}
