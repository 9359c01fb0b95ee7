//! What threads tell each other.
//!
//! Whoever posts never waits, since he may hold partitions: a full mailbox takes what is posted, but those who posted carry out no
//! more commands until it was read. So at most what the commands under way post is beyond the bound.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mio::Waker;

use crate::publication::Publication;

/// With so much in it a mailbox is full.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Something for connections of another thread.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    /// What a client waited for is answered with this.
    Answer { client: u64, bytes: Vec<u8> },
    /// What a client waits for may be there now.
    TryAgain { client: u64 },
    /// A client is to be closed.
    Close { client: u64 },
    /// A client waits no more, and is answered that there is nothing, or that this is an error.
    Unblock { client: u64, fails: bool },
    /// What its user may has changed: it is closed if it listens to what it may not.
    Judge { client: u64 },
    /// For all of the thread who subscribed to it.
    Published(Arc<[Publication]>),
    /// A key that these clients read was changed, by that one.
    Invalidated {
        key: Arc<[u8]>,
        clients: Vec<u64>,
        by: u64,
    },
    /// Keys were changed, by that client: for those who keep copies of all that begins somehow.
    Changed { keys: Arc<[Arc<[u8]>]>, by: u64 },
    /// No copy of a key is worth anything any more.
    Flushed,
    /// These keys, or all, of which another client has copies that asked to have it told to this one.
    Redirected {
        client: u64,
        keys: Option<Arc<[Arc<[u8]>]>>,
    },
    /// A command was carried out: for all of the thread who see all commands.
    Line(Arc<Vec<u8>>),
}

impl Message {
    /// About how many bytes it keeps.
    fn weight(&self) -> usize {
        const OWN: usize = 64;
        let more = match self {
            Self::TryAgain { .. }
            | Self::Close { .. }
            | Self::Judge { .. }
            | Self::Unblock { .. }
            | Self::Flushed => 0,
            Self::Answer { bytes, .. } => bytes.len(),
            Self::Published(all) => all.iter().map(Publication::weight).sum(),
            Self::Invalidated { key, clients, .. } => key.len() + 8 * clients.len(),
            Self::Changed { keys, .. } => keys.iter().map(|key| key.len() + OWN).sum(),
            Self::Redirected { keys, .. } => keys
                .iter()
                .flat_map(|keys| keys.iter())
                .map(|key| key.len() + OWN)
                .sum(),
            Self::Line(line) => line.len(),
        };
        OWN + more
    }
}

#[derive(Default)]
struct Contents {
    messages: Vec<Message>,
    bytes: usize,
}

/// A thread's messages, and how it is woken.
pub(crate) struct Mailbox {
    contents: Mutex<Contents>,
    /// How many were ever posted.
    posted: AtomicU64,
    /// How many of them were taken.
    taken: AtomicU64,
    is_full: AtomicBool,
    waker: Arc<Waker>,
}

impl Mailbox {
    pub(crate) const fn new(waker: Arc<Waker>) -> Self {
        Self {
            contents: Mutex::new(Contents {
                messages: Vec::new(),
                bytes: 0,
            }),
            posted: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            is_full: AtomicBool::new(false),
            waker,
        }
    }

    fn held(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message in; whoever has read the ones before is woken.
    pub(crate) fn post(&self, message: Message) {
        let mut contents = self.held();
        contents.bytes += message.weight();
        contents.messages.push(message);
        self.posted.fetch_add(1, Ordering::Release);
        if contents.bytes >= MESSAGE_BYTES_MAX {
            self.is_full.store(true, Ordering::Release);
        }
        if contents.messages.len() == 1 {
            self.wake();
        }
    }

    /// Takes all out, with the number of the first, and whether there was too much.
    pub(crate) fn take(&self) -> (u64, Vec<Message>, bool) {
        let mut contents = self.held();
        contents.bytes = 0;
        let messages = std::mem::take(&mut contents.messages);
        let posted = self.posted.load(Ordering::Acquire);
        let first = self.taken.swap(posted, Ordering::AcqRel);
        let was_full = self.is_full.swap(false, Ordering::AcqRel);
        (first, messages, was_full)
    }

    /// The number of the next message.
    pub(crate) fn next(&self) -> u64 {
        self.posted.load(Ordering::Acquire)
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.taken.load(Ordering::Acquire) == self.next()
    }

    /// Whether whoever posted is to wait before he posts more.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Acquire)
    }

    /// Who wakes the thread, for those who have nothing to say.
    pub(crate) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    pub(crate) fn wake(&self) {
        // It fails only when there is no thread to be woken any more.
        drop(self.waker.wake());
    }
}

/// Whether one of them is full.
pub(crate) fn are_full(mailboxes: &[Mailbox]) -> bool {
    mailboxes.iter().any(Mailbox::is_full)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox() -> Mailbox {
        let poll = mio::Poll::new().expect("an event loop");
        let waker = Waker::new(poll.registry(), mio::Token(0)).expect("a waker");
        Mailbox::new(Arc::new(waker))
    }

    #[test]
    fn messages_have_numbers() {
        let mailbox = mailbox();
        assert!(mailbox.is_empty());
        mailbox.post(Message::Flushed);
        mailbox.post(Message::TryAgain { client: 7 });
        assert!(!mailbox.is_empty());
        let (first, messages, _) = mailbox.take();
        assert_eq!((first, messages.len(), mailbox.next()), (0, 2, 2));
        assert!(mailbox.is_empty());
        mailbox.post(Message::Flushed);
        assert_eq!(mailbox.take().0, 2);
    }

    #[test]
    fn a_mailbox_is_full_until_it_is_read() {
        let mailbox = mailbox();
        let line = Arc::new(vec![0; MESSAGE_BYTES_MAX / 4]);
        for count in 1..=5 {
            mailbox.post(Message::Line(Arc::clone(&line)));
            assert_eq!(mailbox.is_full(), count >= 4, "{count}");
        }
        let (_, messages, was_full) = mailbox.take();
        assert_eq!((messages.len(), was_full), (5, true));
        assert!(!mailbox.is_full() && !mailbox.take().2);
    }
}
