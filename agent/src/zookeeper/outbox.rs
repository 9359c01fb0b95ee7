//! What is to be sent on a connection. Filled in the engine's loop, emptied by the connection's task.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::BytesMut;

/// A connection that has so much unsent takes no more requests.
const FULL_BYTES: usize = 1 << 20;
/// One that has so much unsent, of events, is closed: its client does not read.
const OVERFULL_BYTES: usize = 32 << 20;
/// A buffer that grew beyond this is given back once it is empty.
const KEEP_BYTES: usize = 16 << 10;

#[derive(Default)]
struct State {
    unsent: BytesMut,
    /// After what is unsent the connection ends.
    last: bool,
    /// It ends now.
    cut: bool,
    waker: Option<Waker>,
}

/// The outbox.
#[derive(Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
    frames: AtomicU64,
}

/// What the task is to do.
pub(super) enum Outgoing {
    /// Send this.
    Send(BytesMut),
    /// End the connection.
    End,
}

impl Outbox {
    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        // Nothing that holds the lock can panic half-way.
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        f(&mut state)
    }

    /// Frames that were taken.
    pub(super) fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Appends a frame. Nothing is taken after the last one.
    pub(super) fn put(&self, write: impl FnOnce(&mut BytesMut)) {
        let waker = self.with(|state| {
            if state.last || state.cut {
                return None;
            }
            write(&mut state.unsent);
            self.frames.fetch_add(1, Ordering::Relaxed);
            if state.unsent.len() > OVERFULL_BYTES {
                state.cut = true;
                state.unsent = BytesMut::new();
            }
            state.waker.take()
        });
        wake(waker);
    }

    /// What was appended is the last.
    pub(super) fn end(&self) {
        wake(self.with(|state| {
            state.last = true;
            state.waker.take()
        }));
    }

    /// Ends at once, unsent or not.
    pub(super) fn cut(&self) {
        wake(self.with(|state| {
            state.cut = true;
            state.unsent = BytesMut::new();
            state.waker.take()
        }));
    }

    /// Whether the connection is to end.
    pub(super) fn is_ending(&self) -> bool {
        self.with(|state| state.last || state.cut)
    }

    /// Whether no requests are to be taken in.
    pub(super) fn is_full(&self) -> bool {
        self.with(|state| state.unsent.len() > FULL_BYTES)
    }

    /// Whether the connection ends at once, whatever it has unsent; else its task is woken when something is put, or it ends.
    pub(super) fn poll_cut(&self, cx: &Context<'_>) -> bool {
        self.with(|state| {
            state.waker = Some(cx.waker().clone());
            state.cut
        })
    }

    /// Takes what is unsent. `spare` is an empty buffer in exchange.
    pub(super) fn poll_take(&self, cx: &Context<'_>, spare: &mut BytesMut) -> Poll<Outgoing> {
        self.with(|state| {
            if state.cut {
                return Poll::Ready(Outgoing::End);
            }
            if !state.unsent.is_empty() {
                if spare.capacity() > KEEP_BYTES {
                    *spare = BytesMut::new();
                }
                let unsent = std::mem::replace(&mut state.unsent, std::mem::take(spare));
                return Poll::Ready(Outgoing::Send(unsent));
            }
            if state.last {
                return Poll::Ready(Outgoing::End);
            }
            state.waker = Some(cx.waker().clone());
            Poll::Pending
        })
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_after_the_last_is_not_sent() {
        let outbox = Outbox::default();
        let cx = Context::from_waker(Waker::noop());
        let mut spare = BytesMut::new();
        assert!(outbox.poll_take(&cx, &mut spare).is_pending());
        outbox.put(|out| out.extend_from_slice(b"one"));
        outbox.end();
        outbox.put(|out| out.extend_from_slice(b"two"));
        let Poll::Ready(Outgoing::Send(sent)) = outbox.poll_take(&cx, &mut spare) else {
            panic!("there is something to send");
        };
        assert_eq!(sent, b"one"[..]);
        assert!(matches!(
            outbox.poll_take(&cx, &mut spare),
            Poll::Ready(Outgoing::End)
        ));
    }

    #[test]
    fn a_client_that_does_not_read_is_cut_off() {
        let outbox = Outbox::default();
        outbox.put(|out| out.resize(FULL_BYTES + 1, 0));
        assert!(outbox.is_full() && !outbox.is_ending());
        outbox.put(|out| out.resize(OVERFULL_BYTES + 1, 0));
        assert!(outbox.is_ending());
    }
}
