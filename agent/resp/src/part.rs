//! A partition with those who wait for its keys.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use synod_cache::command::{Call, Spec};
use synod_cache::keys::Keys;
use synod_cache::partition::{DatabaseKey, Partition};
use synod_cache::reply::{Protocol, Reply};

use crate::mailbox::{Mailbox, Message};
use crate::scripting::{self, Busy};
use crate::turn::Turn;
use crate::{Settings, Shared};

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
            told_bytes: 0,
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
    #[inline]
    pub(crate) fn serve(&mut self, mailboxes: &[Mailbox]) {
        if self.partition.has_changed() {
            self.serve_changed(mailboxes);
        }
    }

    fn serve_changed(&mut self, mailboxes: &[Mailbox]) {
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
