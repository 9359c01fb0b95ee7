//! A partition with those who wait for its keys.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use synod_cache::command::{Call, Spec};
use synod_cache::keys::Keys;
use synod_cache::partition::{DatabaseKey, Partition};
use synod_cache::reply::{Protocol, Reply};

use crate::mailbox::{Mailbox, Message};
use crate::turn::Turn;

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
            waiters.retain(|waiter| !waiter.turn.is_over());
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
            if self.still_waits(&waiter, mailboxes) {
                let waiters = self.waiters.entry(key.clone()).or_default();
                waiters.push_back(waiter);
            }
        }
        self.forget(key);
    }

    /// Answers a waiter, or has it try again; whether it waits after that.
    fn still_waits(&mut self, waiter: &Waiter, mailboxes: &[Mailbox]) -> bool {
        let (client, turn) = (waiter.client, &waiter.turn);
        if !waiter.is_whole {
            let waits = !turn.is_over();
            if waits {
                mailboxes[waiter.worker].post(Message::TryAgain { client });
            }
            return waits;
        }
        if !turn.take() {
            return false;
        }
        let Some(bytes) = self.again(waiter) else {
            return turn.give_back();
        };
        turn.end();
        mailboxes[waiter.worker].post(Message::Answer { client, bytes });
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

/// Takes a part, however long that takes: a script may have it. What a client asks for takes it with [`crate::scripting::part`].
/// Who panicked with it left it as it was between two changes.
#[allow(dead_code, reason = "for what must have it")]
pub(crate) fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock()
}
