//! Clients that keep copies of what they read, and are told when a key was changed: what each of them asked for, and what all
//! threads know of them together.
//!
//! <https://redis.io/docs/latest/develop/reference/client-side-caching/>

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use synod_cache::command::{Spec, Traits};

use crate::Shared;
use crate::listening::Change;
use crate::mailbox::{Mailbox, Message};
use crate::per_thread::PerThread;
use crate::session::Session;

/// Of which keys a client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// What it reads.
    Reads,
    /// What it reads right after it said so.
    OptIn,
    /// What it reads, unless it has just said otherwise.
    OptOut,
    /// All that begin with one of these, which do not overlap.
    Broadcast(BTreeSet<Arc<[u8]>>),
}

/// What a client asked for that keeps copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tracking {
    pub(crate) mode: Mode,
    /// Not of what it changes itself.
    pub(crate) no_loop: bool,
    /// The client that is told instead.
    pub(crate) redirect: Option<u64>,
    /// That one is gone.
    pub(crate) is_broken: bool,
    /// It said of the next command that it does what is not usual.
    pub(crate) is_caching: bool,
}

impl Tracking {
    /// Whether it keeps copies of what the command reads that is carried out.
    pub(crate) const fn remembers(&self) -> bool {
        match self.mode {
            Mode::Reads => true,
            Mode::OptIn => self.is_caching,
            Mode::OptOut => !self.is_caching,
            Mode::Broadcast(_) => false,
        }
    }

    pub(crate) const fn prefixes(&self) -> Option<&BTreeSet<Arc<[u8]>>> {
        match &self.mode {
            Mode::Broadcast(prefixes) => Some(prefixes),
            _ => None,
        }
    }
}

/// Which keys are followed that begin somehow, and by how many clients of each thread.
type Prefixes = HashMap<Arc<[u8]>, Box<[u32]>>;

/// What threads know together of clients that keep copies. The keys that these read are with the partitions (see `tracked`).
#[derive(Debug)]
pub(crate) struct Following {
    threads: usize,
    pub(crate) clients: PerThread,
    prefixes: RwLock<Prefixes>,
    broadcasts: AtomicUsize,
    /// How many keys are known to be read, in all partitions.
    pub(crate) keys: AtomicUsize,
    /// How many clients read them, counted for each key.
    pub(crate) readers: AtomicUsize,
    /// How many keys may be known; any number, if 0.
    keys_max: AtomicUsize,
}

/// As many clients may be known for each key, if they are spread evenly.
const READERS_PER_KEY: usize = 16;
const KEYS_MAX: usize = 1_000_000;

impl Following {
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            threads,
            clients: PerThread::new(threads),
            prefixes: RwLock::default(),
            broadcasts: AtomicUsize::new(0),
            keys: AtomicUsize::new(0),
            readers: AtomicUsize::new(0),
            keys_max: AtomicUsize::new(KEYS_MAX),
        }
    }

    /// `tracking-table-max-keys`.
    pub(crate) fn keys_max(&self) -> usize {
        self.keys_max.load(Ordering::Relaxed)
    }

    /// Sets `tracking-table-max-keys`: what is too much goes when more comes.
    pub(crate) fn set_keys_max(&self, keys_max: usize) {
        self.keys_max.store(keys_max, Ordering::Relaxed);
    }

    /// How many keys are known to be read, how many clients read them, and how many prefixes are followed.
    pub(crate) fn counts(&self) -> [usize; 3] {
        let prefixes = self.prefixes.read();
        let prefixes = prefixes.unwrap_or_else(PoisonError::into_inner).len();
        let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
        [count(&self.keys), count(&self.readers), prefixes]
    }

    /// Whether more is known than may be.
    pub(crate) fn is_too_much(&self) -> bool {
        let most = self.keys_max();
        most > 0
            && (self.keys.load(Ordering::Relaxed) > most
                || self.readers.load(Ordering::Relaxed) > most.saturating_mul(READERS_PER_KEY))
    }

    /// A client of a thread follows keys that begin so, or does not any more.
    fn follow(&self, prefix: &Arc<[u8]>, thread: usize, follows: bool) {
        let prefixes = self.prefixes.write();
        let mut prefixes = prefixes.unwrap_or_else(PoisonError::into_inner);
        let counts = prefixes.entry(Arc::clone(prefix));
        let counts = counts.or_insert_with(|| vec![0; self.threads].into());
        if follows {
            counts[thread] += 1;
            self.broadcasts.fetch_add(1, Ordering::AcqRel);
        } else {
            counts[thread] -= 1;
            if counts.iter().all(|count| *count == 0) {
                prefixes.remove(prefix);
            }
            self.broadcasts.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Keys were changed by a client, or by nobody: the threads are told where somebody follows one of them.
    pub(crate) fn broadcast(&self, keys: &[Arc<[u8]>], by: u64, mailboxes: &[Mailbox]) {
        if self.broadcasts.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut of_threads = vec![Vec::new(); self.threads];
        let prefixes = self.prefixes.read().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            let mut wanted = vec![false; self.threads];
            for (prefix, counts) in &*prefixes {
                if key.starts_with(prefix) {
                    let pairs = wanted.iter_mut().zip(counts);
                    pairs.for_each(|(wanted, count)| *wanted |= *count > 0);
                }
            }
            let pairs = of_threads.iter_mut().zip(wanted);
            for (keys, _) in pairs.filter(|(_, wanted)| *wanted) {
                keys.push(Arc::clone(key));
            }
        }
        drop(prefixes);
        for (mailbox, keys) in mailboxes.iter().zip(of_threads) {
            if !keys.is_empty() {
                let keys = keys.into();
                mailbox.post(Message::Changed { keys, by });
            }
        }
    }

    /// Databases were emptied: whoever keeps copies is told.
    pub(crate) fn flush(&self, mailboxes: &[Mailbox]) {
        for mailbox in self.clients.among(mailboxes) {
            mailbox.post(Message::Flushed);
        }
    }
}

impl Session {
    pub(crate) fn tracking(&self) -> Option<&Tracking> {
        self.listening.as_ref()?.tracking.as_ref()
    }

    /// From now on it keeps copies in that way, or none any more.
    pub(crate) fn set_tracking(&mut self, tracking: Option<Tracking>, shared: &Shared) {
        let worker = self.worker;
        let listening = self.listening();
        let before = std::mem::replace(&mut listening.tracking, tracking);
        let (was_on, is_on) = (before.is_some(), listening.tracking.is_some());
        if was_on != is_on {
            listening.changes.push(Change::Tracks(is_on));
            shared.set_followed(worker, is_on);
        }
        let none = BTreeSet::new();
        let old = before.as_ref().and_then(Tracking::prefixes);
        let new = listening.tracking.as_ref().and_then(Tracking::prefixes);
        let (old, new) = (old.unwrap_or(&none), new.unwrap_or(&none));
        let ended = old.difference(new).map(|prefix| (prefix, false));
        let begun = new.difference(old).map(|prefix| (prefix, true));
        for (prefix, follows) in ended.chain(begun) {
            shared.following.follow(prefix, worker, follows);
            let prefix = Arc::clone(prefix);
            listening.changes.push(Change::Follows { prefix, follows });
        }
    }

    /// Whether it is to be noted which keys the command reads that was carried out.
    #[inline]
    pub(crate) fn remembers(&self, spec: &Spec) -> bool {
        self.listening.is_some() && self.remembers_reads_of(spec)
    }

    #[cold]
    fn remembers_reads_of(&self, spec: &Spec) -> bool {
        spec.flags.has(Traits::READONLY) && self.tracking().is_some_and(Tracking::remembers)
    }

    /// What it said of the next command holds no longer, unless it speaks about itself, or a transaction goes on.
    pub(crate) fn forget_caching(&mut self, command: &[u8]) {
        let is_about_itself = command.eq_ignore_ascii_case(b"client");
        if self.transaction.is_none() && !is_about_itself {
            let tracking = self.listening.as_mut();
            if let Some(tracking) = tracking.and_then(|it| it.tracking.as_mut()) {
                tracking.is_caching = false;
            }
        }
    }
}
