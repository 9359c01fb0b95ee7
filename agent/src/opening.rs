//! Connections whose client must begin in time.
//!
//! A server of both HTTP/1.1 and HTTP/2 reads until it can tell which of them is spoken, and none of its time-outs runs
//! yet: a client that says nothing, or the beginning of HTTP/2's preface (RFC 9113, section 3.4), would be waited for
//! without end. Here reading fails after a bounded time for as long as that is all that has come; from then on the
//! protocol's own time-outs hold.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// What a client of HTTP/2 says first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection whose client must say in time which protocol it speaks.
pub(crate) struct Opening<IO> {
    io: IO,
    /// `None` once the protocol is known.
    waiting: Option<Waiting>,
}

struct Waiting {
    /// Bytes of the preface that have come.
    matched: usize,
    deadline: Pin<Box<Sleep>>,
}

impl Waiting {
    /// Takes in what was read, nothing at the end of the stream; whether the protocol is still unknown.
    fn goes_on(&mut self, read: &[u8]) -> bool {
        let left = &PREFACE[self.matched..];
        self.matched += read.len();
        !read.is_empty() && read.len() < left.len() && left.starts_with(read)
    }
}

impl<IO> Opening<IO> {
    /// The client has `patience` from now on.
    pub(crate) fn new(io: IO, patience: Duration) -> Self {
        let waiting = Waiting {
            matched: 0,
            deadline: Box::pin(sleep(patience)),
        };
        Self {
            io,
            waiting: Some(waiting),
        }
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Opening<IO> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = Pin::new(&mut this.io).poll_read(cx, buf);
        let Some(waiting) = &mut this.waiting else {
            return read;
        };
        if read.is_pending() {
            let late = |()| Err(io::ErrorKind::TimedOut.into());
            return waiting.deadline.as_mut().poll(cx).map(late);
        }
        if !waiting.goes_on(&buf.filled()[before..]) {
            this.waiting = None;
        }
        read
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Opening<IO> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    async fn hear(
        server: &mut (impl AsyncRead + Unpin),
        client: &mut (impl AsyncWrite + Unpin),
        word: &[u8],
    ) {
        client.write_all(word).await.unwrap();
        let mut heard = vec![0; word.len()];
        server.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, word);
    }

    #[tokio::test]
    async fn only_who_has_not_begun_is_sent_away() {
        let table: [(&[&[u8]], bool); 8] = [
            (&[], true),
            (&[b"P"], true),
            (&[b"PRI ", b"* HTTP/2.0\r\n\r\nSM\r\n\r"], true),
            (&[b"PRI ", b"* HTTP/2.0\r\n\r\nSM\r\n\r\n"], false),
            (&[PREFACE], false),
            (&[b"P", b"OST / "], false),
            (&[b"G"], false),
            (&[&[22, 3, 1]], false),
        ];
        for (words, sent_away) in table {
            let (mut client, server) = tokio::io::duplex(1024);
            let mut server = Opening::new(server, SHORT);
            for word in words {
                hear(&mut server, &mut client, word).await;
            }
            let later = async {
                sleep(2 * SHORT).await;
                client.write_all(b"more").await.unwrap();
            };
            let mut more = [0; 4];
            let (read, ()) = tokio::join!(server.read_exact(&mut more), later);
            let read = read.map_err(|error| error.kind());
            let expected = if sent_away {
                Err(io::ErrorKind::TimedOut)
            } else {
                Ok(4)
            };
            assert_eq!(read, expected, "{words:?}");
        }
    }
}
