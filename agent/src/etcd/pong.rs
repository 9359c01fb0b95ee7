//! Answers to HTTP/2 pings, a little later.
//!
//! grpc-go's clients estimate the bandwidth by a ping after each response, so a client that waits for its answers sends
//! one ping for each call, and its answer wakes the client once more. While a ping is unanswered no other is sent:
//! answers that wait for a few milliseconds save both sides most of them. Nobody waits for these answers; a client that asks
//! whether the member lives has seconds of patience.
//!
//! Knows of HTTP/2 only what such an answer looks like (RFC 9113, section 6.7), and only holds one that is written by
//! itself: what leaves together with other frames is let pass.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

const PONG_BYTES: usize = 17;
/// Length 8, type PING, flag ACK, stream 0.
const PONG_HEADER: [u8; 9] = [0, 0, 8, 6, 1, 0, 0, 0, 0];

/// A connection whose answers to pings wait.
pub(super) struct PongsLater<IO> {
    io: IO,
    held: Option<Held>,
    delay: Duration,
    /// Kept for the next one.
    alarm: Pin<Box<Sleep>>,
}

/// An answer that waits, or is being written.
struct Held {
    frame: [u8; PONG_BYTES],
    written: usize,
}

impl<IO> PongsLater<IO> {
    /// Answers wait for `delay`.
    pub(super) fn new(io: IO, delay: Duration) -> Self {
        Self {
            io,
            held: None,
            delay,
            alarm: Box::pin(sleep(Duration::ZERO)),
        }
    }
}

impl<IO: AsyncWrite + Unpin> PongsLater<IO> {
    /// Takes `bytes` if they are an answer to a ping and nothing else.
    fn hold(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> bool {
        let Ok(frame) = <[u8; PONG_BYTES]>::try_from(bytes) else {
            return false;
        };
        if self.held.is_some() || !frame.starts_with(&PONG_HEADER) {
            return false;
        }
        self.held = Some(Held { frame, written: 0 });
        self.alarm.as_mut().reset(Instant::now() + self.delay);
        // It wakes the connection's task, which then reads.
        let _ = self.alarm.as_mut().poll(cx);
        true
    }

    /// Writes what is held. Ready when nothing is.
    fn release(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(held) = &mut self.held {
            let left = &held.frame[held.written..];
            match ready!(Pin::new(&mut self.io).poll_write(cx, left))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => held.written += written,
            }
            if held.written == PONG_BYTES {
                self.held = None;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Before other bytes leave: an answer that has begun to leave must be whole, and only one is held.
    fn make_way(&mut self, cx: &mut Context<'_>, pong: bool) -> Poll<io::Result<()>> {
        match &self.held {
            Some(held) if held.written > 0 || pong => self.release(cx),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Writes what was held for long enough.
    fn release_due(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.held.is_none() {
            return Poll::Ready(Ok(()));
        }
        ready!(self.alarm.as_mut().poll(cx));
        ready!(self.release(cx))?;
        Pin::new(&mut self.io).poll_flush(cx)
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for PongsLater<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(Err(error)) = self.release_due(cx) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for PongsLater<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.make_way(cx, bytes.starts_with(&PONG_HEADER)))?;
        if self.hold(cx, bytes) {
            return Poll::Ready(Ok(PONG_BYTES));
        }
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.iter().find(|slice| !slice.is_empty());
        let first: &[u8] = first.map_or(&[], |slice| slice);
        ready!(self.make_way(cx, first.starts_with(&PONG_HEADER)))?;
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        if total == first.len() && self.hold(cx, first) {
            return Poll::Ready(Ok(PONG_BYTES));
        }
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.release(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex, split};

    use super::*;

    fn pong(mark: u8) -> Vec<u8> {
        let mut frame = PONG_HEADER.to_vec();
        frame.extend([mark; 8]);
        frame
    }

    /// What arrives of `writes` while no held answer is due, and what once the connection is shut down.
    async fn check(writes: &[Vec<u8>], at_once: &[Vec<u8>], late: &[Vec<u8>]) {
        let (ours, mut theirs) = duplex(1 << 10);
        let mut connection = PongsLater::new(ours, Duration::from_secs(3600));
        for bytes in writes {
            connection.write_all(bytes).await.expect("open");
        }
        let mut arrived = vec![0; at_once.concat().len()];
        theirs.read_exact(&mut arrived).await.expect("open");
        assert_eq!(arrived, at_once.concat());
        connection.shutdown().await.expect("open");
        let mut rest = Vec::new();
        theirs.read_to_end(&mut rest).await.expect("ends");
        assert_eq!(rest, late.concat());
    }

    #[tokio::test]
    async fn an_answer_by_itself_waits_and_others_go_past_it() {
        let words = b"words".to_vec();
        check(&[pong(1), words.clone()], &[words], &[pong(1)]).await;
    }

    #[tokio::test]
    async fn a_second_answer_sends_the_first_away() {
        check(&[pong(1), pong(2)], &[pong(1)], &[pong(2)]).await;
    }

    #[tokio::test]
    async fn other_frames_of_that_length_do_not_wait() {
        let mut ping = pong(1);
        ping[4] = 0;
        check(&[ping.clone()], &[ping], &[]).await;
    }

    #[tokio::test]
    async fn an_answer_leaves_by_itself_when_it_is_due() {
        let (ours, mut theirs) = duplex(1 << 10);
        let (mut read, mut write) = split(PongsLater::new(ours, Duration::from_millis(1)));
        write.write_all(&pong(1)).await.expect("open");
        let mut arrived = [0; PONG_BYTES];
        tokio::select! {
            _ = read.read_u8() => panic!("nothing was sent"),
            read = theirs.read_exact(&mut arrived) => assert_eq!(read.expect("open"), PONG_BYTES),
        }
        assert_eq!(arrived.to_vec(), pong(1));
    }
}
