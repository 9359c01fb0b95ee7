//! What waits to be sent to a client: what is being sent, and what was encoded since.

use std::io::{self, IoSlice, Write};

use synod_cache::reply::Reply;

/// So many pieces are written at once.
const PIECES: usize = 64;

/// What is being sent. It stays as it is until all of it was.
#[derive(Debug, Default)]
pub(crate) struct Output {
    current: Reply,
    /// How much of it was sent.
    sent: usize,
}

impl Output {
    /// How many bytes wait, beside those that were encoded since.
    pub(crate) const fn length(&self) -> usize {
        self.current.length() - self.sent
    }

    /// Writes what there is, and what was encoded since; whether all was written.
    pub(crate) fn write(&mut self, reply: &mut Reply, to: &mut impl Write) -> io::Result<bool> {
        if !self.finish(to)? {
            return Ok(false);
        }
        // The most is small, and goes at once, so its memory is used again.
        let mut sent = 0;
        let is_done = write_from(reply, &mut sent, to)?;
        if is_done {
            reply.clear();
        } else {
            (self.current, self.sent) = (reply.take(), sent);
        }
        Ok(is_done)
    }

    fn finish(&mut self, to: &mut impl Write) -> io::Result<bool> {
        if self.current.is_empty() {
            return Ok(true);
        }
        let is_done = write_from(&self.current, &mut self.sent, to)?;
        if is_done {
            *self = Self::default();
        }
        Ok(is_done)
    }
}

/// Writes what was not sent of a reply; whether all of it is sent now.
fn write_from(reply: &Reply, sent: &mut usize, to: &mut impl Write) -> io::Result<bool> {
    while *sent < reply.length() {
        let written = if reply.shared().is_empty() {
            to.write(&reply.bytes()[*sent..])
        } else {
            write_pieces(reply, *sent, to)
        };
        match written {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => *sent += written,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Writes some of a reply that shares some of its bytes, from what was sent on, without copying them.
fn write_pieces(reply: &Reply, sent: usize, to: &mut impl Write) -> io::Result<usize> {
    let mut slices = [IoSlice::new(&[]); PIECES];
    let (mut count, mut skipped) = (0, sent);
    for piece in pieces(reply) {
        if skipped >= piece.len() {
            skipped -= piece.len();
            continue;
        }
        slices[count] = IoSlice::new(&piece[skipped..]);
        skipped = 0;
        count += 1;
        if count == PIECES {
            break;
        }
    }
    to.write_vectored(&slices[..count])
}

/// What a reply is made of, in order.
fn pieces(reply: &Reply) -> impl Iterator<Item = &[u8]> {
    let (bytes, shared) = (reply.bytes(), reply.shared());
    let mut from = 0;
    let pieces = shared.iter().flat_map(move |shared| {
        let own = &bytes[from..shared.at];
        from = shared.at;
        [own, &shared.of[shared.range.clone()]]
    });
    let last = shared.last().map_or(0, |shared| shared.at);
    pieces.chain([&bytes[last..]])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Takes so many bytes, and is full then.
    struct Narrow {
        taken: Vec<u8>,
        room: usize,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let count = bytes.len().min(self.room);
            self.taken.extend_from_slice(&bytes[..count]);
            self.room -= count;
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn all_is_sent_in_order_whatever_is_taken_at_once() {
        for room in [1, 2, 3, 7, 100, 10_000] {
            let (mut output, mut reply) = (Output::default(), Reply::default());
            let mut narrow = Narrow {
                taken: Vec::new(),
                room: 0,
            };
            let shared = Arc::new(b"shared".to_vec());
            let mut expected = Vec::new();
            for round in 0..100 {
                reply.integer(round);
                if round % 3 > 0 {
                    reply.bulk_shared(&shared, 1..4);
                }
                expected.extend(format!(":{round}\r\n").bytes());
                if round % 3 > 0 {
                    expected.extend(b"$3\r\nhar\r\n");
                }
                narrow.room = room;
                output.write(&mut reply, &mut narrow).expect("it writes");
                let waits = output.length() + reply.length();
                assert_eq!(narrow.taken.len() + waits, expected.len(), "{room}");
            }
            while output.length() + reply.length() > 0 {
                narrow.room = room;
                output.write(&mut reply, &mut narrow).expect("it writes");
            }
            assert_eq!(narrow.taken, expected, "{room}");
        }
    }

    #[test]
    fn many_shared_pieces_are_all_sent() {
        let (mut output, mut reply) = (Output::default(), Reply::default());
        let shared = Arc::new(b"shared".to_vec());
        (0..200).for_each(|_| reply.bulk_shared(&shared, 0..6));
        let expected = reply.to_vec();
        let mut narrow = Narrow {
            taken: Vec::new(),
            room: usize::MAX,
        };
        assert!(output.write(&mut reply, &mut narrow).expect("it writes"));
        assert_eq!(narrow.taken, expected);
    }
}
