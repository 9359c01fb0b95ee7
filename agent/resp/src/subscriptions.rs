//! How many of which thread subscribed to what: whoever publishes has to know no more. Who they are is known to their threads alone
//! (see `audience`), so nobody holds anything of all threads while a message goes to many.
//!
//! Locks are taken in this order: partitions, the patterns or the channels of one place, mailboxes. None of these is held for longer
//! than it takes to count, and to post a message to each thread.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard};

use synod_cache::glob;

use crate::mailbox::{Mailbox, Message};
use crate::publication::{Kind, Publication};

/// Channels are in so many places, so that few have to wait for each other.
const PLACES: usize = 64;

/// A name with how many of each thread subscribed to it.
type Counts = HashMap<Arc<[u8]>, Box<[u32]>>;

/// All channels of a kind.
struct Channels {
    places: Vec<Mutex<Counts>>,
    hasher: RandomState,
}

impl Channels {
    fn new() -> Self {
        Self {
            places: (0..PLACES).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    fn place(&self, name: &[u8]) -> MutexGuard<'_, Counts> {
        let place = self.hasher.hash_one(name) as usize % PLACES;
        self.held(place)
    }

    fn held(&self, place: usize) -> MutexGuard<'_, Counts> {
        let place = &self.places[place];
        place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of a pattern, or all.
    fn names(&self, pattern: Option<&[u8]>) -> Vec<Arc<[u8]>> {
        let is_wanted = |name: &&Arc<[u8]>| pattern.is_none_or(|it| glob::matches(it, name));
        let mut names = Vec::new();
        for place in 0..PLACES {
            names.extend(self.held(place).keys().filter(is_wanted).cloned());
        }
        names
    }
}

/// What clients subscribed to.
pub(crate) struct Subscriptions {
    threads: usize,
    channels: Channels,
    shards: Channels,
    patterns: RwLock<Counts>,
    /// How many subscriptions of each thread there are.
    of_threads: Vec<AtomicUsize>,
    has_patterns: AtomicUsize,
}

impl Subscriptions {
    /// None, of so many threads.
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            threads,
            channels: Channels::new(),
            shards: Channels::new(),
            patterns: RwLock::default(),
            of_threads: (0..threads).map(|_| AtomicUsize::new(0)).collect(),
            has_patterns: AtomicUsize::new(0),
        }
    }

    fn changed_patterns(&self) -> RwLockWriteGuard<'_, Counts> {
        let patterns = self.patterns.write();
        patterns.unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a subscription of a thread: the name, to be kept, and the number of the first message of the thread that may be for it.
    pub(crate) fn add(
        &self,
        kind: Kind,
        name: &[u8],
        thread: usize,
        mailboxes: &[Mailbox],
    ) -> (Arc<[u8]>, u64) {
        self.of_threads[thread].fetch_add(1, Ordering::AcqRel);
        let count = |counts: &mut Counts| {
            let name = match counts.get_key_value(name) {
                Some((name, _)) => Arc::clone(name),
                None => Arc::from(name),
            };
            let new = || vec![0; self.threads].into();
            counts.entry(Arc::clone(&name)).or_insert_with(new)[thread] += 1;
            (name, mailboxes[thread].next())
        };
        match kind {
            Kind::Channel => count(&mut self.channels.place(name)),
            Kind::Shard => count(&mut self.shards.place(name)),
            Kind::Pattern => {
                self.has_patterns.fetch_add(1, Ordering::AcqRel);
                count(&mut self.changed_patterns())
            }
        }
    }

    /// Removes one that was added.
    pub(crate) fn remove(&self, kind: Kind, name: &[u8], thread: usize) {
        let forget = |counts: &mut Counts| {
            if let Some(of_threads) = counts.get_mut(name) {
                of_threads[thread] -= 1;
                if of_threads.iter().all(|count| *count == 0) {
                    counts.remove(name);
                }
            }
        };
        match kind {
            Kind::Channel => forget(&mut self.channels.place(name)),
            Kind::Shard => forget(&mut self.shards.place(name)),
            Kind::Pattern => {
                forget(&mut self.changed_patterns());
                self.has_patterns.fetch_sub(1, Ordering::AcqRel);
            }
        }
        self.of_threads[thread].fetch_sub(1, Ordering::AcqRel);
    }

    /// Sends a message to all who subscribed to its channel, or to a pattern of it; how many get it, counted for each subscription.
    ///
    /// Messages of one channel come in the same order to all, since it is held until they are posted.
    pub(crate) fn publish(&self, publication: Publication, mailboxes: &[Mailbox]) -> usize {
        let channels = match publication.is_of_shard {
            true => &self.shards,
            false => &self.channels,
        };
        let place = channels.place(&publication.channel);
        let mut receivers = match place.get(&*publication.channel) {
            Some(counts) => counts.to_vec(),
            None => Vec::new(),
        };
        if !publication.is_of_shard && self.has_patterns.load(Ordering::Acquire) > 0 {
            self.count_patterns(&publication.channel, &mut receivers);
        }
        let count = receivers.iter().map(|count| *count as usize).sum();
        if count > 0 {
            let all: Arc<[Publication]> = Arc::new([publication]);
            let pairs = mailboxes.iter().zip(&receivers);
            for (mailbox, _) in pairs.filter(|(_, count)| **count > 0) {
                mailbox.post(Message::Published(Arc::clone(&all)));
            }
        }
        count
    }

    fn count_patterns(&self, channel: &[u8], receivers: &mut Vec<u32>) {
        receivers.resize(self.threads, 0);
        let patterns = self.patterns.read().unwrap_or_else(PoisonError::into_inner);
        for (pattern, counts) in &*patterns {
            if glob::matches(pattern, channel) {
                let pairs = receivers.iter_mut().zip(counts);
                pairs.for_each(|(receivers, count)| *receivers += count);
            }
        }
    }

    /// Sends what was done to keys to all threads where somebody subscribed to something. Nobody asks how many get it, so who does
    /// is found there, and no partition is held for it.
    pub(crate) fn tell(&self, all: Vec<Publication>, mailboxes: &[Mailbox]) {
        let all: Arc<[Publication]> = all.into();
        for (mailbox, count) in mailboxes.iter().zip(&self.of_threads) {
            if count.load(Ordering::Acquire) > 0 {
                mailbox.post(Message::Published(Arc::clone(&all)));
            }
        }
    }

    /// Channels that somebody is in, all or those of a pattern.
    pub(crate) fn names(&self, kind: Kind, pattern: Option<&[u8]>) -> Vec<Arc<[u8]>> {
        match kind {
            Kind::Shard => self.shards.names(pattern),
            Kind::Channel | Kind::Pattern => self.channels.names(pattern),
        }
    }

    /// How many channels there are that somebody is in.
    pub(crate) fn channel_count(&self, kind: Kind) -> usize {
        let channels = match kind {
            Kind::Shard => &self.shards,
            Kind::Channel | Kind::Pattern => &self.channels,
        };
        (0..PLACES).map(|place| channels.held(place).len()).sum()
    }

    /// How many are in a channel.
    pub(crate) fn count(&self, kind: Kind, name: &[u8]) -> usize {
        let channels = match kind {
            Kind::Shard => &self.shards,
            Kind::Channel | Kind::Pattern => &self.channels,
        };
        let place = channels.place(name);
        let counts = place.get(name).map_or(&[][..], |counts| counts);
        counts.iter().map(|count| *count as usize).sum()
    }

    /// How many different patterns there are.
    pub(crate) fn pattern_count(&self) -> usize {
        let patterns = self.patterns.read();
        patterns.unwrap_or_else(PoisonError::into_inner).len()
    }
}
