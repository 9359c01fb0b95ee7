//! What threads tell each other.

use std::sync::{Arc, Mutex, PoisonError};

use mio::Waker;

/// Something for a connection of another thread.
#[derive(Debug)]
pub(crate) enum Message {
    /// What a client waited for is answered with this.
    Answer { client: u64, bytes: Vec<u8> },
    /// What a client waits for may be there now.
    TryAgain { client: u64 },
    /// A client is to be closed.
    Close { client: u64 },
    /// A client waits no more, and is answered that there is nothing, or that this is an error.
    Unblock { client: u64, fails: bool },
}

impl Message {
    /// For whom it is.
    pub(crate) const fn client(&self) -> u64 {
        match self {
            Self::Answer { client, .. }
            | Self::TryAgain { client }
            | Self::Close { client }
            | Self::Unblock { client, .. } => *client,
        }
    }
}

/// A thread's messages, and how it is woken.
pub(crate) struct Mailbox {
    messages: Mutex<Vec<Message>>,
    waker: Arc<Waker>,
}

impl Mailbox {
    pub(crate) const fn new(waker: Arc<Waker>) -> Self {
        Self {
            messages: Mutex::new(Vec::new()),
            waker,
        }
    }

    /// Puts a message in; whoever has read the ones before is woken.
    pub(crate) fn post(&self, message: Message) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push(message);
        if messages.len() == 1 {
            self.wake();
        }
    }

    /// Takes all out.
    pub(crate) fn take(&self) -> Vec<Message> {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *messages)
    }

    pub(crate) fn wake(&self) {
        // It fails only when there is no thread to be woken any more.
        drop(self.waker.wake());
    }
}
