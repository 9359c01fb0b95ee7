//! Whose turn it is to answer a client that waits: that of whoever changes what it waits for, or, when it has waited for long
//! enough, that of its own thread. Exactly one of them answers.

use std::sync::atomic::{AtomicU8, Ordering};

const WAITS: u8 = 0;
/// Somebody carries its command out again, and may answer it.
const TAKEN: u8 = 1;
/// It is answered, or waits no more.
const OVER: u8 = 2;

/// Starts as the turn of whoever comes first.
#[derive(Debug, Default)]
pub(crate) struct Turn(AtomicU8);

impl Turn {
    pub(crate) fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire) == OVER
    }

    /// Takes it, to answer if there is something to answer; whether it could be had.
    pub(crate) fn take(&self) -> bool {
        self.goes(WAITS, TAKEN)
    }

    /// Gives back what was taken; whether the client still waits.
    pub(crate) fn give_back(&self) -> bool {
        self.goes(TAKEN, WAITS)
    }

    /// The client waits no more, unless somebody is about to answer it; whether that is so.
    pub(crate) fn give_up(&self) -> bool {
        self.goes(WAITS, OVER)
    }

    /// The client waits no more.
    pub(crate) fn end(&self) {
        self.0.store(OVER, Ordering::Release);
    }

    fn goes(&self, from: u8, to: u8) -> bool {
        let gone = self
            .0
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
        gone.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answers() {
        let turn = Turn::default();
        assert!(turn.take());
        assert!(!turn.give_up(), "it may be answered just now");
        assert!(turn.give_back());
        assert!(turn.give_up());
        assert!(!turn.take(), "it was answered that there is nothing");
        let turn = Turn::default();
        assert!(turn.take());
        turn.end();
        assert!(!turn.give_back(), "its client went meanwhile");
        assert!(turn.is_over());
    }
}
