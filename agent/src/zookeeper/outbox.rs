//! What is to be sent on a connection. Filled in the engine's loop, emptied by the connection's task.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::BytesMut;

use super::budget::Purse;
use crate::mutation::mutated;

/// A connection that has so much unsent takes no more requests.
const FULL_BYTES: usize = 1 << 20;
/// One that has so much unsent, of events, is closed: its client does not read.
const OVERFULL_BYTES: usize = 32 << 20;
/// A buffer that grew beyond this is given back once it is empty.
const KEEP_BYTES: usize = 16 << 10;

#[derive(Default)]
struct State {
    unsent: BytesMut,
    /// What is behind an answer that is still worked out beside the loop.
    behind: Option<BytesMut>,
    /// After what is unsent the connection ends.
    last: bool,
    /// It ends now.
    cut: bool,
    /// Somebody has more to put once all is sent.
    paused: bool,
    waker: Option<Waker>,
}

impl State {
    fn bytes(&self) -> usize {
        self.unsent.len() + self.behind.as_ref().map_or(0, BytesMut::len)
    }

    /// Nothing is held back any more.
    fn catch_up(&mut self) {
        if let Some(behind) = self.behind.take() {
            self.unsent.unsplit(behind);
        }
    }
}

/// The outbox.
pub(super) struct Outbox {
    state: Mutex<State>,
    frames: AtomicU64,
    purse: Arc<Purse>,
}

/// What the task is to do.
pub(super) enum Outgoing {
    /// Send this, and say what was sent with [`Outbox::sent`].
    Send(BytesMut),
    /// All is sent: who paused may go on.
    Resume,
    /// End the connection.
    End,
}

impl Outbox {
    /// An empty one.
    pub(super) fn new(purse: Arc<Purse>) -> Self {
        Self {
            state: Mutex::default(),
            frames: AtomicU64::new(0),
            purse,
        }
    }

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
        wake(self.with(|state| {
            let before = state.bytes();
            if !state.last && (before > OVERFULL_BYTES || self.purse.is_short_for(before)) {
                self.cut_off(state);
            }
            self.append(state, write);
            state.waker.take()
        }));
    }

    /// What is put from here on, of later changes, is sent behind an answer that is worked out beside the loop: whoever saw a change
    /// is told of no state before it.
    pub(super) fn hold(&self) {
        if !mutated("agent.outbox.nothing_held") {
            self.with(|state| state.behind = Some(BytesMut::new()));
        }
    }

    /// Appends that answer, and what is behind it.
    pub(super) fn put_held(&self, write: impl FnOnce(&mut BytesMut)) {
        wake(self.with(|state| {
            let behind = state.behind.take();
            self.append(state, write);
            state.behind = behind;
            state.catch_up();
            state.waker.take()
        }));
    }

    fn append(&self, state: &mut State, write: impl FnOnce(&mut BytesMut)) {
        if state.last || state.cut {
            return;
        }
        let before = state.bytes();
        write(state.behind.as_mut().unwrap_or(&mut state.unsent));
        self.purse.take(state.bytes() - before);
        self.frames.fetch_add(1, Ordering::Relaxed);
    }

    fn cut_off(&self, state: &mut State) {
        state.cut = true;
        self.purse.give(state.bytes());
        state.unsent = BytesMut::new();
        state.behind = None;
    }

    /// So many bytes of what was taken are sent, or never will be.
    pub(super) fn sent(&self, bytes: usize) {
        self.purse.give(bytes);
    }

    /// Whether so much is unsent that who can wait does: the connection's task resumes him once all is sent.
    pub(super) fn pauses(&self) -> bool {
        self.with(|state| {
            let unsent = state.bytes();
            let full = unsent > FULL_BYTES || self.purse.is_short_for(unsent);
            state.paused |= full && !state.cut;
            state.paused
        })
    }

    /// What was appended is the last. An answer that is still worked out is not given.
    pub(super) fn end(&self) {
        wake(self.with(|state| {
            state.last = true;
            state.catch_up();
            state.waker.take()
        }));
    }

    /// Ends at once, unsent or not.
    pub(super) fn cut(&self) {
        wake(self.with(|state| {
            self.cut_off(state);
            state.waker.take()
        }));
    }

    /// Whether the connection is to end.
    pub(super) fn is_ending(&self) -> bool {
        self.with(|state| state.last || state.cut)
    }

    /// Whether no requests are to be taken in.
    pub(super) fn is_full(&self) -> bool {
        self.with(|state| state.bytes() > FULL_BYTES)
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
            if std::mem::take(&mut state.paused) {
                return Poll::Ready(Outgoing::Resume);
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
    use crate::zookeeper::budget::Budget;

    fn outbox(budget: &Arc<Budget>) -> Outbox {
        Outbox::new(Arc::new(budget.purse()))
    }

    #[test]
    fn what_comes_after_the_last_is_not_sent() {
        let outbox = outbox(&Budget::new(u64::MAX));
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

    /// What a client would read of an outbox.
    fn sent(outbox: &Outbox) -> Option<BytesMut> {
        let cx = Context::from_waker(Waker::noop());
        match outbox.poll_take(&cx, &mut BytesMut::new()) {
            Poll::Ready(Outgoing::Send(sent)) => Some(sent),
            _ => None,
        }
    }

    #[test]
    fn an_answer_that_takes_its_time_comes_before_what_happened_meanwhile() {
        let budget = Budget::new(u64::MAX);
        let outbox = outbox(&budget);
        let put = |what: &'static str| outbox.put(|out| out.extend_from_slice(what.as_bytes()));
        put("before ");
        outbox.hold();
        put("event ");
        assert_eq!(sent(&outbox).as_deref(), Some(&b"before "[..]));
        assert_eq!(sent(&outbox), None);
        outbox.put_held(|out| out.extend_from_slice(b"answer "));
        put("behind");
        let all = sent(&outbox).expect("they are sent");
        assert_eq!(all, b"answer event behind"[..]);
        assert_eq!(budget.used(), 7 + all.len() as u64);
        // At the end the answer is not waited for.
        outbox.hold();
        put("event");
        outbox.end();
        outbox.put_held(|out| out.extend_from_slice(b"answer"));
        assert_eq!(sent(&outbox).as_deref(), Some(&b"event"[..]));
        outbox.hold();
        outbox.cut();
        assert_eq!(
            budget.used(),
            7 + all.len() as u64 + 5,
            "what is sent is given back elsewhere"
        );
    }

    #[test]
    fn a_client_that_does_not_read_is_cut_off() {
        let outbox = outbox(&Budget::new(u64::MAX));
        outbox.put(|out| out.resize(FULL_BYTES + 1, 0));
        assert!(outbox.is_full() && !outbox.is_ending());
        outbox.put(|out| out.resize(OVERFULL_BYTES + 1, 0));
        assert!(!outbox.is_ending(), "one frame may be large");
        outbox.put(|out| out.extend_from_slice(b"more"));
        assert!(outbox.is_ending());
    }

    #[test]
    fn who_pauses_is_resumed_once_all_is_sent() {
        let budget = Budget::new(u64::MAX);
        let outbox = outbox(&budget);
        let cx = Context::from_waker(Waker::noop());
        let mut spare = BytesMut::new();
        outbox.put(|out| out.resize(FULL_BYTES, 0));
        assert!(!outbox.pauses());
        outbox.put(|out| out.extend_from_slice(b"1"));
        assert!(outbox.pauses());
        let Poll::Ready(Outgoing::Send(sent)) = outbox.poll_take(&cx, &mut spare) else {
            panic!("there is something to send");
        };
        assert_eq!(budget.used(), sent.len() as u64, "it is not sent yet");
        outbox.sent(sent.len());
        assert_eq!(budget.used(), 0);
        let resumed = outbox.poll_take(&cx, &mut spare);
        assert!(matches!(resumed, Poll::Ready(Outgoing::Resume)));
        assert!(outbox.poll_take(&cx, &mut spare).is_pending());
    }

    #[test]
    fn where_memory_is_short_a_client_that_does_not_read_goes_first() {
        let budget = Budget::new(40_000);
        let (idle, greedy) = (outbox(&budget), outbox(&budget));
        let event = |out: &mut BytesMut| out.resize(out.len() + 10_000, 0);
        idle.put(event);
        for _ in 0..4 {
            greedy.put(event);
        }
        assert!(greedy.pauses() && !idle.pauses());
        greedy.put(event);
        assert!(greedy.is_ending() && !idle.is_ending());
        assert_eq!(budget.used(), 10_000, "what it had is given back");
    }
}
