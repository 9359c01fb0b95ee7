//! Frames: a length of four bytes, and as many bytes as it says.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::wire::length;

/// The longest frame that ZooKeeper takes unless told otherwise (`jute.maxbuffer`), in bytes after the length.
pub const FRAME_BYTES_MAX: usize = 0xf_ffff;

/// Splits a stream into frames.
#[derive(Debug, Clone, Copy)]
pub struct Frames {
    bytes_max: usize,
}

impl Default for Frames {
    fn default() -> Self {
        Self::new(FRAME_BYTES_MAX)
    }
}

/// A length that no frame may have. ZooKeeper closes the connection without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {length} bytes, and at most {bytes_max} are taken")]
pub struct FrameError {
    /// The length that was read; negative ones are wrong too.
    pub length: i32,
    /// The bound.
    pub bytes_max: usize,
}

impl Frames {
    /// With a bound on a frame's length in bytes, the four of the length not counted.
    #[must_use]
    pub const fn new(bytes_max: usize) -> Self {
        Self { bytes_max }
    }

    /// Takes the next frame off `input`, without its length; `None` while it is not all there. Room for the rest of a
    /// frame whose length has come is reserved, which is bounded as the frame is.
    ///
    /// # Errors
    /// As soon as the length is there, if it is not allowed; `input` is left as it is.
    pub fn split(&self, input: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
        let Some(head) = input.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = i32::from_be_bytes(*head);
        let bytes = usize::try_from(length)
            .ok()
            .filter(|bytes| *bytes <= self.bytes_max)
            .ok_or(FrameError {
                length,
                bytes_max: self.bytes_max,
            })?;
        if input.len() < 4 + bytes {
            input.reserve(4 + bytes - input.len());
            return Ok(None);
        }
        input.advance(4);
        Ok(Some(input.split_to(bytes).freeze()))
    }
}

/// Appends a frame to `out`: what `write` writes, with its length before it.
pub fn framed(out: &mut BytesMut, write: impl FnOnce(&mut BytesMut)) {
    let begin = out.len();
    out.put_i32(0);
    write(out);
    let length = length(out.len() - begin - 4);
    out[begin..begin + 4].copy_from_slice(&length.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_off_as_they_come() {
        let mut stream = BytesMut::new();
        framed(&mut stream, |out| out.put_slice(b"one"));
        framed(&mut stream, |_| {});
        framed(&mut stream, |out| out.put_slice(b"three"));
        let (mut input, mut frames) = (BytesMut::new(), Vec::new());
        for byte in stream {
            input.put_u8(byte);
            frames.extend(Frames::default().split(&mut input).unwrap());
        }
        assert_eq!(frames, ["one", "", "three"]);
        assert!(input.is_empty());
    }

    #[test]
    fn lengths_that_are_not_allowed() {
        for (length, allowed) in [(-1, false), (i32::MIN, false), (17, false), (16, true)] {
            let mut input = BytesMut::from(&i32::to_be_bytes(length)[..]);
            let split = Frames::new(16).split(&mut input);
            assert_eq!(split.is_ok(), allowed, "{length}");
            assert_eq!(input.len(), 4);
        }
    }
}
