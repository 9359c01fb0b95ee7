//! What is known of a client, and how its commands are carried out.

use std::sync::Arc;

use synod_cache::command::{Call, Empty, Error, Run, Spec, Traits, Wait, named};
use synod_cache::keys::{Keys, partition_of};
use synod_cache::partition::DatabaseKey;
use synod_cache::reply::{Protocol, Reply};

use crate::Shared;
use crate::front::{self, FrontCall};
use crate::part::{Part, Waiter, lock};
use crate::transaction::{Queued, Transaction, Watched};
use crate::turn::Turn;

/// A command with no more arguments needs no memory for them.
const ARGUMENTS: usize = 16;

/// What a client waits for.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) empty: Empty,
    pub(crate) spec: &'static Spec,
    pub(crate) args: Arc<[Box<[u8]>]>,
    /// When it waits no more, in Unix milliseconds.
    pub(crate) until: Option<i64>,
    pub(crate) turn: Arc<Turn>,
    places: Vec<(usize, DatabaseKey)>,
}

/// What is known of a command that has waited, and is carried out again.
#[derive(Clone, Copy, Debug)]
struct Waited {
    /// When it waits no more, in Unix milliseconds.
    until: Option<i64>,
}

/// A client.
pub(crate) struct Session {
    pub(crate) id: u64,
    /// Of which thread it is.
    pub(crate) worker: usize,
    pub(crate) reply: Reply,
    pub(crate) database: usize,
    pub(crate) transaction: Option<Transaction>,
    pub(crate) watched: Vec<Watched>,
    pub(crate) waiting: Option<Waiting>,
    /// The connection is to be closed when all is sent.
    pub(crate) ends: bool,
}

impl Session {
    pub(crate) fn new(id: u64, worker: usize) -> Self {
        Self {
            id,
            worker,
            reply: Reply::new(Protocol::Resp2),
            database: 0,
            transaction: None,
            watched: Vec::new(),
            waiting: None,
            ends: false,
        }
    }

    /// Carries a command out and encodes its reply.
    pub(crate) fn command<'a>(
        &mut self,
        shared: &Shared,
        now: i64,
        arguments: impl ExactSizeIterator<Item = &'a [u8]>,
    ) {
        let mut few: [&[u8]; ARGUMENTS] = [&[]; ARGUMENTS];
        let many: Vec<&[u8]>;
        let count = arguments.len();
        let args = if count <= ARGUMENTS {
            few.iter_mut()
                .zip(arguments)
                .for_each(|(place, argument)| *place = argument);
            &few[..count]
        } else {
            many = arguments.collect();
            &many
        };
        match self.check(args) {
            Err(error) if named(args[0]).is_some_and(|spec| spec.name == "exec") => {
                self.transaction = None;
                self.unwatch(shared);
                let text = error.to_string();
                let text = text.strip_prefix("ERR ").unwrap_or(&text);
                let text = format!("EXECABORT Transaction discarded because of: {text}");
                self.reply.error(&text);
            }
            Err(error) => {
                if let Some(transaction) = &mut self.transaction {
                    transaction.failed = true;
                }
                self.reply.error(&error.to_string());
            }
            Ok(spec) if self.transaction.is_some() && !spec.flags.has(Traits::NO_MULTI) => {
                self.queue(spec, args);
            }
            Ok(spec) => self.run(shared, now, spec, args),
        }
    }

    /// The command, or its subcommand, if it can be carried out at all.
    fn check(&self, args: &[&[u8]]) -> Result<&'static Spec, Error> {
        let spec = named(args[0]).ok_or_else(|| front::unknown(args))?;
        spec.called_by(args)
    }

    fn queue(&mut self, spec: &'static Spec, args: &[&[u8]]) {
        let args = args.iter().map(|argument| Box::from(*argument)).collect();
        let queue = &mut self.transaction.get_or_insert_default().queue;
        queue.push(Queued { spec, args });
        self.reply.simple("QUEUED");
    }

    fn run(&mut self, shared: &Shared, now: i64, spec: &'static Spec, args: &[&[u8]]) {
        match spec.run {
            Run::Keys(_) => self.on_keys(shared, now, spec, args, None),
            _ => {
                let call = FrontCall {
                    session: self,
                    shared,
                    now,
                    spec,
                    args,
                };
                call.run();
            }
        }
    }

    /// Carries out again what it waits for. It waits no longer than if nobody had looked.
    pub(crate) fn try_again(&mut self, shared: &Shared, now: i64) {
        if let Some(waiting) = &self.waiting {
            let waited = Waited {
                until: waiting.until,
            };
            let (spec, args) = (waiting.spec, Arc::clone(&waiting.args));
            self.stop_waiting(shared);
            let args: Vec<&[u8]> = args.iter().map(|argument| &**argument).collect();
            self.on_keys(shared, now, spec, &args, Some(waited));
        }
    }

    /// Carries out a command about keys, with the partitions that it needs; again, if it has waited.
    fn on_keys(
        &mut self,
        shared: &Shared,
        now: i64,
        spec: &'static Spec,
        args: &[&[u8]],
        waited: Option<Waited>,
    ) {
        let parts = &shared.parts;
        if let Some(key) = spec.only_key(args) {
            let index = partition_of(key, parts.len());
            let mut part = lock(&parts[index]);
            self.on_parts(shared, now, spec, args, waited, &mut [(index, &mut part)]);
        } else {
            let mut guards = all(shared);
            let mut parts: Vec<_> = guards
                .iter_mut()
                .map(|part| &mut **part)
                .enumerate()
                .collect();
            self.on_parts(shared, now, spec, args, waited, &mut parts);
        }
    }

    fn on_parts(
        &mut self,
        shared: &Shared,
        now: i64,
        spec: &'static Spec,
        args: &[&[u8]],
        waited: Option<Waited>,
        parts: &mut [(usize, &mut Part)],
    ) {
        let wait = {
            let mut partitions: Vec<_> = parts
                .iter_mut()
                .map(|(_, part)| &mut part.partition)
                .collect();
            for partition in &mut partitions {
                partition.set_now(now);
            }
            let keys = Keys::new(&mut partitions, self.database);
            let mut call = Call::new(args, keys, &mut self.reply);
            call.has_waited = waited.is_some();
            call.run(spec);
            call.wait
        };
        for (_, part) in parts.iter_mut() {
            part.serve(&shared.mailboxes);
        }
        if let Some(wait) = wait {
            let at_most = wait
                .at_most
                .map(|most| i64::try_from(most).unwrap_or(i64::MAX));
            let until = match waited {
                Some(waited) => waited.until,
                None => at_most.map(|most| now.saturating_add(most)),
            };
            self.wait(shared.parts.len(), until, spec, args, wait, parts);
        }
    }

    /// Waits at all partitions of the keys, which nobody else came to since the command looked.
    fn wait(
        &mut self,
        count: usize,
        until: Option<i64>,
        spec: &'static Spec,
        args: &[&[u8]],
        wait: Wait,
        parts: &mut [(usize, &mut Part)],
    ) {
        let args = match &wait.again {
            Some(again) => again.clone().into(),
            None => args.iter().map(|argument| Box::from(*argument)).collect(),
        };
        let place = |key: &[u8]| (partition_of(key, count), (self.database as u8, key.into()));
        let waiting = Waiting {
            until,
            turn: Arc::default(),
            spec,
            args,
            places: wait.keys.iter().map(|key| place(key)).collect(),
            empty: wait.empty,
        };
        for (index, key) in &waiting.places {
            let waiter = Waiter {
                client: self.id,
                worker: self.worker,
                spec,
                args: Arc::clone(&waiting.args),
                database: self.database,
                protocol: self.reply.protocol(),
                is_whole: parts.len() == 1,
                turn: Arc::clone(&waiting.turn),
            };
            let part = parts.iter_mut().find(|(number, _)| number == index);
            part.expect("it has the partitions of its keys")
                .1
                .wait(key.clone(), waiter);
        }
        self.waiting = Some(waiting);
    }

    /// Ends what it waits for, without an answer.
    pub(crate) fn stop_waiting(&mut self, shared: &Shared) {
        if let Some(waiting) = self.waiting.take() {
            waiting.turn.end();
            for (part, key) in &waiting.places {
                lock(&shared.parts[*part]).forget(key);
            }
        }
    }

    /// What it watches it watches no more.
    pub(crate) fn unwatch(&mut self, shared: &Shared) {
        for watched in self.watched.drain(..) {
            lock(&shared.parts[watched.part])
                .partition
                .unwatch(&watched.key);
        }
    }
}

/// All partitions, in their order.
pub(crate) fn all(shared: &Shared) -> Vec<std::sync::MutexGuard<'_, Part>> {
    shared.parts.iter().map(lock).collect()
}
