//! A body on its way through: counted or taken apart, so that its end is known.

use std::io::Write as _;

use super::Bad;

/// What is still to come of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// Nothing.
    Done,
    /// So many bytes, at least one.
    Length(u64),
    Chunked(Chunks),
    /// Whatever comes until the sender closes.
    UntilClose,
}

impl Body {
    pub(crate) const fn of_length(length: u64) -> Self {
        match length {
            0 => Self::Done,
            length => Self::Length(length),
        }
    }

    pub(crate) fn chunked() -> Self {
        Self::Chunked(Chunks::default())
    }

    pub(crate) fn is_done(&self) -> bool {
        *self == Self::Done
    }

    /// How many of so many bytes may be sent on as they are; none for chunks, which [`Self::relay`] takes apart.
    pub(crate) fn plain(&self, bytes: usize) -> usize {
        match self {
            Self::Length(left) => bytes.min(usize::try_from(*left).unwrap_or(usize::MAX)),
            Self::UntilClose => bytes,
            Self::Done | Self::Chunked(_) => 0,
        }
    }

    /// So many were sent on as they are.
    pub(crate) fn passed(&mut self, bytes: usize) {
        if let Self::Length(left) = self {
            *left = left.saturating_sub(bytes as u64);
            if *left == 0 {
                *self = Self::Done;
            }
        }
    }

    /// Puts what there is of the body to `out`, as it is to be sent on; how many bytes of the input were of it.
    pub(crate) fn relay(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<usize, Bad> {
        if let Self::Chunked(chunks) = self {
            let used = chunks.relay(input, out)?;
            if chunks.state == State::End {
                *self = Self::Done;
            }
            return Ok(used);
        }
        let bytes = self.plain(input.len());
        out.extend_from_slice(&input[..bytes]);
        self.passed(bytes);
        Ok(bytes)
    }
}

/// A line with a chunk's size, extensions included, is at most so long; so are all trailers together.
const LINE_BYTES_MAX: u32 = 256;
const TRAILER_BYTES_MAX: u32 = 8 * 1024;

/// A chunked body that is taken apart and put together anew (RFC 9112, section 7.1).
///
/// Sizes are written anew, so extensions do not go on and no two readings of them can differ. Trailers are checked and discarded, as
/// section 7.1.2 allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chunks {
    state: State,
    /// Of the chunk: its size while that is read, what is left of it then.
    size: u64,
    digits: u32,
    /// Bytes of the line, or of the trailers.
    bytes: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// At the beginning of a line behind the last chunk.
    Trailer,
    TrailerLine,
    TrailerLf,
    EndLf,
    End,
}

impl Chunks {
    fn relay(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<usize, Bad> {
        let mut at = 0;
        while at < input.len() && self.state != State::End {
            if self.state == State::Data {
                let left = usize::try_from(self.size).unwrap_or(usize::MAX);
                let bytes = left.min(input.len() - at);
                out.extend_from_slice(&input[at..at + bytes]);
                at += bytes;
                self.size -= bytes as u64;
                if self.size == 0 {
                    self.state = State::DataCr;
                }
                continue;
            }
            self.step(input[at], out)?;
            at += 1;
        }
        Ok(at)
    }

    fn step(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), Bad> {
        self.state = match (self.state, byte) {
            (State::Size, _) if byte.is_ascii_hexdigit() => self.digit(byte)?,
            (State::Size, b'\r') | (State::Extension, b'\r') if self.digits > 0 => State::SizeLf,
            (State::Size, b';' | b' ' | b'\t') if self.digits > 0 => self.more(State::Extension)?,
            (State::Extension, b'\t' | b' '..=b'~') => self.more(State::Extension)?,
            (State::SizeLf, b'\n') => self.begin(out),
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => {
                out.extend_from_slice(b"\r\n");
                *self = Self::default();
                State::Size
            }
            (State::Trailer, b'\r') => State::EndLf,
            (State::Trailer, _) if super::head::is_token(byte) => self.more(State::TrailerLine)?,
            (State::TrailerLine, b'\r') => State::TrailerLf,
            (State::TrailerLine, b'\t' | b' '..=b'~' | 0x80..) => self.more(State::TrailerLine)?,
            (State::TrailerLf, b'\n') => State::Trailer,
            (State::EndLf, b'\n') => {
                out.extend_from_slice(b"0\r\n\r\n");
                State::End
            }
            _ => return Err(Bad::Chunk),
        };
        Ok(())
    }

    fn digit(&mut self, byte: u8) -> Result<State, Bad> {
        let digit = (byte as char).to_digit(16).unwrap_or_default();
        self.digits += 1;
        if self.digits > 15 {
            return Err(Bad::Chunk);
        }
        self.size = self.size << 4 | u64::from(digit);
        Ok(State::Size)
    }

    /// One byte more of a line or of the trailers.
    fn more(&mut self, state: State) -> Result<State, Bad> {
        self.bytes += 1;
        let most = match state {
            State::TrailerLine => TRAILER_BYTES_MAX,
            _ => LINE_BYTES_MAX,
        };
        if self.bytes > most {
            Err(Bad::Chunk)
        } else {
            Ok(state)
        }
    }

    /// The size is known.
    fn begin(&mut self, out: &mut Vec<u8>) -> State {
        self.bytes = 0;
        if self.size == 0 {
            return State::Trailer;
        }
        // Writing to a vector does not fail.
        let _ = write!(out, "{:x}\r\n", self.size);
        State::Data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of chunks, whole and byte by byte; `None` if they are refused.
    fn relayed(input: &[u8]) -> Option<(String, usize)> {
        let whole = |step: usize| {
            let (mut body, mut out, mut at) = (Body::chunked(), Vec::new(), 0);
            while at < input.len() && !body.is_done() {
                let end = (at + step).min(input.len());
                at += body.relay(&input[at..end], &mut out).ok()?;
            }
            body.is_done()
                .then(|| (String::from_utf8_lossy(&out).into_owned(), at))
        };
        let (all, single) = (whole(input.len()), whole(1));
        assert_eq!(all, single, "in one piece and in many");
        all
    }

    fn check(input: &str, expected: Option<&str>) {
        let relayed = relayed(input.as_bytes()).map(|(out, _)| out);
        assert_eq!(relayed.as_deref(), expected, "{input:?}");
    }

    #[test]
    fn chunks_are_written_anew() {
        check("5\r\nhello\r\n0\r\n\r\n", Some("5\r\nhello\r\n0\r\n\r\n"));
        check(
            "0005;a=b;c=\"d\"\r\nhello\r\n0;x\r\n\r\n",
            Some("5\r\nhello\r\n0\r\n\r\n"),
        );
        check(
            "A\r\n0123456789\r\n0\r\nTrailer: value\r\nb: c\r\n\r\n",
            Some("a\r\n0123456789\r\n0\r\n\r\n"),
        );
        let (_, used) = relayed(b"1\r\nx\r\n0\r\n\r\nGET /").expect("a body");
        assert_eq!(used, 11, "what follows is not of it");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let refused = [
            "5\nhello\r\n0\r\n\r\n",
            "5\r\nhello\n0\r\n\r\n",
            "5\r\nhelloX\r\n0\r\n\r\n",
            "5;a=\nb\r\nhello\r\n0\r\n\r\n",
            "5;a\rb\r\nhello\r\n0\r\n\r\n",
            "+5\r\nhello\r\n0\r\n\r\n",
            "0x5\r\nhello\r\n0\r\n\r\n",
            " 5\r\nhello\r\n0\r\n\r\n",
            "\r\nhello\r\n0\r\n\r\n",
            "fffffffffffffffff\r\n",
            "5\r\nhello\r\n0\r\n folded\r\n\r\n",
            "5\r\nhello\r\n0\r\nname\n\r\n",
        ];
        refused.iter().for_each(|input| check(input, None));
        check(
            &format!("5;{}\r\nhello\r\n0\r\n\r\n", "a".repeat(300)),
            None,
        );
        check(&format!("0\r\n{}: b\r\n\r\n", "a".repeat(9_000)), None);
    }
}
