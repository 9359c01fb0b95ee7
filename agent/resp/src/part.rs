//! A partition with those who wait for its keys.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::{Mutex, MutexGuard};
use synod_cache::command::{Call, Spec};
use synod_cache::keys::Keys;
use synod_cache::partition::{DatabaseKey, Partition};
use synod_cache::reply::{Protocol, Reply};

use crate::interests::Interests;
use crate::mailbox::Message;
use crate::publication;
use crate::scripting::{self, Busy};
use crate::tracked::{Entry, Reader, Tracked};
use crate::turn::Turn;
use crate::{Settings, Shared};

/// No client has this number.
pub(crate) const NOBODY: u64 = 0;
/// So many keys are given up at most when one comes, if there are too many.
const GIVEN_UP_AT_ONCE: usize = 8;

/// A client that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiter {
    pub(crate) client: u64,
    pub(crate) worker: usize,
    pub(crate) spec: &'static Spec,
    pub(crate) args: Arc<[Box<[u8]>]>,
    pub(crate) database: usize,
    pub(crate) protocol: Protocol,
    /// All keys of the command are in this partition: whoever has it can answer.
    pub(crate) is_whole: bool,
    pub(crate) turn: Arc<Turn>,
    /// It keeps copies of what the command reads.
    pub(crate) remembers: bool,
}

/// A partition, who waits for which of its keys, in the order in which they came, and who keeps copies of which.
pub(crate) struct Part {
    pub(crate) partition: Partition,
    waiters: HashMap<DatabaseKey, VecDeque<Waiter>>,
    /// Keys that were changed since those who wait for them were served.
    changed: Vec<DatabaseKey>,
    tracked: Tracked,
    interests: Interests,
    /// How much memory it takes, as it told the sum of all.
    pub(crate) told_bytes: usize,
}

/// Empty parts, of which nothing is kept.
pub(crate) fn unkept(settings: &Settings) -> Vec<Mutex<Part>> {
    let seeds = (0..settings.partitions as u64).map(|number| settings.seed.wrapping_add(number));
    let parts = seeds.map(|seed| {
        let mut partition = Partition::new(seed);
        partition.set_recording(false);
        Mutex::new(Part::new(partition))
    });
    parts.collect()
}

impl Part {
    pub(crate) fn new(partition: Partition) -> Self {
        Self {
            partition,
            waiters: HashMap::new(),
            changed: Vec::new(),
            tracked: Tracked::default(),
            interests: Interests::default(),
            told_bytes: 0,
        }
    }

    /// Something is done now, and told to those who want to know it by now. To be called whenever the part was taken.
    #[inline]
    pub(crate) fn begin(&mut self, shared: &Shared, now: i64) {
        self.partition.set_now(now);
        let interests = shared.interests();
        if self.interests != interests {
            self.adopt(interests, shared);
        }
    }

    #[cold]
    fn adopt(&mut self, interests: Interests, shared: &Shared) {
        self.interests = interests;
        self.partition.set_notified(interests.events().told());
        self.settle();
        if !interests.follows() {
            self.forget_readers(shared);
        }
    }

    /// It is told of changes if anybody wants to know of any.
    fn settle(&mut self) {
        let is_awaited = !self.waiters.is_empty();
        let told = is_awaited || self.interests.follows();
        self.partition.set_told_of_changes(told);
    }

    /// From now on it waits for a key.
    pub(crate) fn wait(&mut self, key: DatabaseKey, waiter: Waiter) {
        self.waiters.entry(key).or_default().push_back(waiter);
        self.settle();
    }

    /// Those who are over are forgotten.
    pub(crate) fn forget(&mut self, key: &DatabaseKey) {
        if let Some(waiters) = self.waiters.get_mut(key) {
            waiters.retain(|waiter| !waiter.turn.is_over());
            if waiters.is_empty() {
                self.waiters.remove(key);
            }
        }
        self.settle();
    }

    /// A client read a key, and keeps a copy. If there are too many keys, any other one is given up: whoever read it is told so.
    pub(crate) fn remember(&mut self, key: &[u8], reader: Reader, shared: &Shared) {
        let following = &shared.following;
        let (is_new_key, is_new_reader) = self.tracked.add(key, reader);
        following
            .keys
            .fetch_add(is_new_key.into(), Ordering::Relaxed);
        following
            .readers
            .fetch_add(is_new_reader.into(), Ordering::Relaxed);
        if !is_new_reader || !following.is_too_much() {
            return;
        }
        for _ in 0..GIVEN_UP_AT_ONCE {
            let random = RandomState::new().hash_one(key);
            let entry = self.tracked.take_any(random);
            if let Some(entry) = entry {
                Self::invalidate(entry, shared, NOBODY);
            }
            if !following.is_too_much() {
                return;
            }
        }
    }

    fn invalidate(entry: Entry, shared: &Shared, by: u64) {
        let following = &shared.following;
        following.keys.fetch_sub(1, Ordering::Relaxed);
        let readers = entry.readers.count();
        following.readers.fetch_sub(readers, Ordering::Relaxed);
        let of_threads = entry.readers.of_threads(shared.mailboxes.len());
        for (mailbox, clients) in shared.mailboxes.iter().zip(of_threads) {
            if !clients.is_empty() {
                let key = Arc::clone(&entry.key);
                mailbox.post(Message::Invalidated { key, clients, by });
            }
        }
    }

    fn forget_readers(&mut self, shared: &Shared) {
        let (keys, readers) = std::mem::take(&mut self.tracked).counts();
        shared.following.keys.fetch_sub(keys, Ordering::Relaxed);
        shared
            .following
            .readers
            .fetch_sub(readers, Ordering::Relaxed);
    }

    /// Those who keep copies are told what was changed, and by whom, if they read it; those who follow all that begins somehow are to
    /// be told of these keys. Those who wait are not served yet.
    fn tell_changes(
        &mut self,
        databases: &[u8],
        shared: &Shared,
        by: u64,
        keys: &mut Vec<Arc<[u8]>>,
    ) {
        let changed = self.partition.take_changed();
        if self.interests.follows() && !changed.is_empty() {
            for (_, key) in &changed {
                if let Some(entry) = self.tracked.take(key) {
                    Self::invalidate(entry, shared, by);
                }
            }
            keys.extend(changed.iter().map(|(_, key)| Arc::from(&**key)));
        }
        if !self.waiters.is_empty() {
            self.changed.extend(changed);
            let awaited = self.waiters.keys();
            let awaited = awaited.filter(|key| databases.contains(&key.0));
            self.changed.extend(awaited.cloned());
        }
    }

    /// Answers those who wait for what was changed, the first first, before anybody else comes to it.
    pub(crate) fn serve(&mut self, shared: &Shared) {
        while !self.changed.is_empty() {
            for key in std::mem::take(&mut self.changed) {
                self.serve_key(&key, shared);
            }
        }
    }

    fn serve_key(&mut self, key: &DatabaseKey, shared: &Shared) {
        let Some(waiters) = self.waiters.get_mut(key) else {
            return;
        };
        for waiter in std::mem::take(waiters) {
            if self.still_waits(&waiter, shared) {
                let waiters = self.waiters.entry(key.clone()).or_default();
                waiters.push_back(waiter);
            }
        }
        self.forget(key);
    }

    /// Answers a waiter, or has it try again; whether it waits after that.
    fn still_waits(&mut self, waiter: &Waiter, shared: &Shared) -> bool {
        let (client, turn) = (waiter.client, &waiter.turn);
        let mailbox = &shared.mailboxes[waiter.worker];
        if !waiter.is_whole {
            let waits = !turn.is_over();
            if waits {
                mailbox.post(Message::TryAgain { client });
            }
            return waits;
        }
        if !turn.take() {
            return false;
        }
        let answer = self.again(waiter);
        tell([&mut *self].into_iter(), shared, client);
        let Some(bytes) = answer else {
            return turn.give_back();
        };
        if waiter.remembers {
            let args: Vec<&[u8]> = waiter.args.iter().map(|argument| &**argument).collect();
            for key in waiter.spec.keys_of(&args) {
                self.remember(args[key.index], (waiter.worker, client), shared);
            }
        }
        turn.end();
        mailbox.post(Message::Answer { client, bytes });
        false
    }

    /// Carries out again what somebody waits for; the reply, if there is one now.
    fn again(&mut self, waiter: &Waiter) -> Option<Vec<u8>> {
        let args: Vec<&[u8]> = waiter.args.iter().map(|argument| &**argument).collect();
        let mut reply = Reply::new(waiter.protocol);
        let mut partitions = [&mut self.partition];
        let keys = Keys::new(&mut partitions, waiter.database);
        let mut call = Call::new(&args, keys, &mut reply);
        call.has_waited = true;
        call.run(waiter.spec);
        call.wait.is_none().then(|| reply.to_vec())
    }
}

/// Tells all who want to know it what was done to these parts, and by whom; whether there was anything to tell.
///
/// Those who wait for keys are served after that, by [`Part::serve`]: of a transaction when all of it is done.
pub(crate) fn tell<'a>(
    parts: impl Iterator<Item = &'a mut Part>,
    shared: &Shared,
    by: u64,
) -> bool {
    let told = parts.filter(|part| !part.partition.has_no_news());
    let mut told: Vec<_> = told.collect();
    let Some(first) = told.first() else {
        return false;
    };
    let events = first.interests.events();
    let notices = told.iter_mut().map(|part| part.partition.take_notices());
    let mut notices: Vec<_> = notices.flatten().collect();
    if !notices.is_empty() {
        notices.sort_by_key(|notice| notice.order);
        let all = publication::of_notices(events, &notices);
        shared.subscriptions.tell(all, &shared.mailboxes);
    }
    let (mut is_flushed, mut keys) = (false, Vec::new());
    for part in told {
        let databases = part.partition.take_changed_databases();
        if part.partition.take_flushed() || !databases.is_empty() {
            is_flushed = true;
            part.forget_readers(shared);
        }
        part.tell_changes(&databases, shared, by, &mut keys);
    }
    if !keys.is_empty() {
        // At once, so that who reads them does not come in between.
        shared.following.broadcast(&keys, by, &shared.mailboxes);
    }
    if is_flushed {
        shared.following.flush(&shared.mailboxes);
    }
    true
}

/// All parts, for those who need no more than one of them at a time.
pub(crate) enum Parts<'a> {
    /// Nobody has them: each is taken when it is its turn.
    Free(&'a Shared),
    /// Whoever called has them all, in their order.
    Held(Vec<&'a mut Part>),
}

impl Parts<'_> {
    /// Does something with each, in their order; whether none was passed over, since a script has it that is busy.
    pub(crate) fn each(&mut self, mut work: impl FnMut(&mut Part)) -> bool {
        let mut are_all = true;
        match self {
            Self::Free(shared) => {
                for index in 0..shared.parts.len() {
                    match scripting::part(shared, index) {
                        Ok(mut part) => work(&mut part),
                        Err(_) => are_all = false,
                    }
                }
            }
            Self::Held(parts) => parts.iter_mut().for_each(|part| work(part)),
        }
        are_all
    }

    /// Does something with the first one.
    ///
    /// # Errors
    /// If a script has it that is busy.
    pub(crate) fn with_first<R>(&mut self, work: impl FnOnce(&mut Part) -> R) -> Result<R, Busy> {
        match self {
            Self::Free(shared) => scripting::part(shared, 0).map(|mut part| work(&mut part)),
            Self::Held(parts) => Ok(work(parts[0])),
        }
    }

    /// Carries out a command about keys of a database.
    ///
    /// # Errors
    /// If a script has them that is busy.
    pub(crate) fn run(
        &mut self,
        spec: &Spec,
        args: &[&[u8]],
        (database, now): (usize, i64),
        reply: &mut Reply,
    ) -> Result<(), Busy> {
        let mut free;
        let mut partitions: Vec<&mut Partition> = match self {
            Self::Free(shared) => {
                free = scripting::all(shared)?;
                free.iter_mut().map(|part| &mut part.partition).collect()
            }
            Self::Held(parts) => parts.iter_mut().map(|part| &mut part.partition).collect(),
        };
        partitions.iter_mut().for_each(|it| it.set_now(now));
        Call::new(args, Keys::new(&mut partitions, database), reply).run(spec);
        Ok(())
    }
}

/// Takes a part, however long that takes: a script may have it. What a client asks for takes it with [`crate::scripting::part`].
/// Who panicked with it left it as it was between two changes.
pub(crate) fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock()
}
