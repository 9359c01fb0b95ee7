//! A partition with those who wait for its keys.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use synod_cache::command::{Call, Spec};
use synod_cache::keys::Keys;
use synod_cache::partition::{DatabaseKey, Partition};
use synod_cache::reply::{Protocol, Reply};

use crate::mailbox::{Mailbox, Message};

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
    /// It was answered, or waits no more.
    pub(crate) is_over: Arc<AtomicBool>,
}

/// A partition, and who waits for which of its keys, in the order in which they came.
pub(crate) struct Part {
    pub(crate) partition: Partition,
    waiters: HashMap<DatabaseKey, VecDeque<Waiter>>,
}

impl Part {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            partition: Partition::new(seed),
            waiters: HashMap::new(),
        }
    }

    /// From now on it waits for a key.
    pub(crate) fn wait(&mut self, key: DatabaseKey, waiter: Waiter) {
        self.partition.set_told_of_changes(true);
        self.waiters.entry(key).or_default().push_back(waiter);
    }

    /// Those who are over are forgotten.
    pub(crate) fn forget(&mut self, key: &DatabaseKey) {
        if let Some(waiters) = self.waiters.get_mut(key) {
            waiters.retain(|waiter| !waiter.is_over.load(Ordering::Acquire));
            if waiters.is_empty() {
                self.waiters.remove(key);
            }
        }
        if self.waiters.is_empty() {
            self.partition.set_told_of_changes(false);
        }
    }

    /// Answers those who wait for what was changed, the first first, before anybody else comes to it.
    pub(crate) fn serve(&mut self, mailboxes: &[Mailbox]) {
        loop {
            let mut changed = self.partition.take_changed();
            let databases = self.partition.take_changed_databases();
            let awaited = self.waiters.keys();
            changed.extend(awaited.filter(|key| databases.contains(&key.0)).cloned());
            if changed.is_empty() {
                return;
            }
            for key in changed {
                self.serve_key(&key, mailboxes);
            }
        }
    }

    fn serve_key(&mut self, key: &DatabaseKey, mailboxes: &[Mailbox]) {
        let Some(waiters) = self.waiters.get_mut(key) else {
            return;
        };
        for waiter in std::mem::take(waiters) {
            if waiter.is_over.load(Ordering::Acquire) {
                continue;
            }
            if !waiter.is_whole {
                let client = waiter.client;
                mailboxes[waiter.worker].post(Message::TryAgain { client });
            } else if let Some(bytes) = self.again(&waiter) {
                let client = waiter.client;
                waiter.is_over.store(true, Ordering::Release);
                mailboxes[waiter.worker].post(Message::Answer { client, bytes });
                continue;
            }
            self.waiters
                .entry(key.clone())
                .or_default()
                .push_back(waiter);
        }
        self.forget(key);
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

/// Takes a part. Who panicked with it left it as it was between two changes.
pub(crate) fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}
