//! What is known of a client, and how its commands are carried out.

use std::sync::Arc;

use synod_cache::command::{Call, Empty, Error, Run, Spec, Traits, Wait, named};
use synod_cache::keys::{Keys, partition_of};
use synod_cache::partition::DatabaseKey;
use synod_cache::reply::{Protocol, Reply};

use crate::Shared;
use crate::acl::{Account, Called};
use crate::answers::Answers;
use crate::client::{Activity, Buffers, Client};
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
    /// It as others see it.
    pub(crate) client: Arc<Client>,
    /// The user that it is.
    pub(crate) account: Arc<Account>,
    /// It has said who it is, or did not have to when it came.
    pub(crate) is_known: bool,
    /// What it called last.
    pub(crate) called: Option<Called>,
    pub(crate) answers: Answers,
    /// It is not to be closed when memory runs out.
    pub(crate) is_kept: bool,
    /// Keys that it uses are not taken for used.
    pub(crate) touches_nothing: bool,
    /// A command is to be carried out when a pause is over.
    pub(crate) is_paused: bool,
    pub(crate) buffers: Buffers,
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    Out,
    /// It is to be tried again when a pause is over.
    NotYet,
}

impl Session {
    pub(crate) fn new(client: Arc<Client>, shared: &Shared) -> Self {
        let account = Arc::clone(shared.accounts.default_one());
        let is_known = account.user().is_free();
        Self {
            id: client.id,
            worker: client.worker,
            reply: Reply::new(Protocol::Resp2),
            database: 0,
            transaction: None,
            watched: Vec::new(),
            waiting: None,
            ends: false,
            client,
            account,
            is_known,
            called: None,
            answers: Answers::All,
            is_kept: false,
            touches_nothing: false,
            is_paused: false,
            buffers: Buffers::default(),
        }
    }

    /// Tells others what it did.
    pub(crate) fn note(&self, now: i64) {
        let queued = self.transaction.as_ref();
        self.client.known().activity = Activity {
            at: now,
            called: self.called,
            database: self.database,
            protocol: self.reply.protocol(),
            queued: queued.map(|transaction| transaction.queue.len()),
            waits: self.waiting.is_some() || self.is_paused,
            ends: self.ends,
            is_kept: self.is_kept,
            touches_nothing: self.touches_nothing,
            buffers: self.buffers,
            ..Activity::default()
        };
    }

    /// Carries a command out and encodes its reply.
    pub(crate) fn command<'a>(
        &mut self,
        shared: &Shared,
        now: i64,
        arguments: impl ExactSizeIterator<Item = &'a [u8]>,
    ) -> Carried {
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
        let called = match self.check(shared, now, args) {
            Err(error) => {
                self.refuse(shared, &error, args);
                return Carried::Out;
            }
            Ok(called) => called,
        };
        self.is_paused = !shared.pause.is_over() && self.has_to_pause(shared, now, called.spec);
        if self.is_paused {
            return Carried::NotYet;
        }
        let before = self.reply.bytes().len();
        if self.transaction.is_some() && !is_at_once(called) {
            self.queue(called.spec, args);
        } else {
            self.run(shared, now, called.spec, args);
        }
        if self.answers != Answers::All {
            self.answered(before);
        }
        Carried::Out
    }

    /// The command, or its subcommand, if it can be carried out at all.
    fn check(&mut self, shared: &Shared, now: i64, args: &[&[u8]]) -> Result<Called, Error> {
        let command = named(args[0]).ok_or_else(|| front::unknown(args))?;
        let spec = command.called_by(args)?;
        let called = Called { command, spec };
        self.called = Some(called);
        if !self.may_all() {
            self.permit(shared, now, called, args)?;
        }
        if self.transaction.is_some() && spec.flags.has(Traits::NO_MULTI) {
            return Err(Error::text("ERR Command not allowed inside a transaction"));
        }
        Ok(called)
    }

    /// Answers that a command is not carried out. A transaction that it was to be part of is none.
    fn refuse(&mut self, shared: &Shared, error: &Error, args: &[&[u8]]) {
        let before = self.reply.bytes().len();
        if args[0].eq_ignore_ascii_case(b"exec") {
            self.transaction = None;
            self.unwatch(shared);
            let error = error.to_string();
            let why = error.strip_prefix("ERR ").unwrap_or(&error);
            let text = format!("EXECABORT Transaction discarded because of: {why}");
            self.reply.error(&text);
        } else {
            if let Some(transaction) = &mut self.transaction {
                transaction.failed = true;
            }
            self.reply.error(&error.to_string());
        }
        if self.answers != Answers::All {
            self.answered(before);
        }
    }

    /// Whether a command is not to be carried out for now.
    fn has_to_pause(&self, shared: &Shared, now: i64, spec: &Spec) -> bool {
        let writes =
            |spec: &Spec| spec.flags.has(Traits::WRITE) || spec.flags.has(Traits::MAY_REPLICATE);
        let queue = self.transaction.iter().flat_map(|it| &it.queue);
        let mut queued = queue.filter(|_| spec.name == "exec");
        shared
            .pause
            .holds(writes(spec) || queued.any(|it| writes(it.spec)), now)
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
            if !waiting.turn.give_up() {
                // Somebody ended it, and says so.
                return;
            }
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
        let may_read_any = self.may_read_any(spec, args);
        let is_quiet = self.is_quiet(spec);
        if is_quiet {
            set_quiet(parts, true);
        }
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
            call.may_read_any = may_read_any;
            call.run(spec);
            call.wait
        };
        if is_quiet {
            set_quiet(parts, false);
        }
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

    /// Whether keys that this uses are not taken for used.
    pub(crate) fn is_quiet(&self, spec: &Spec) -> bool {
        self.touches_nothing && spec.name != "touch"
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
        self.client.known().turn = Some(Arc::clone(&waiting.turn));
        self.waiting = Some(waiting);
    }

    /// Whether it carries nothing out for now.
    pub(crate) const fn stands(&self) -> bool {
        self.waiting.is_some() || self.is_paused
    }

    /// Somebody ended what it waits for: it is answered that there is nothing, or that this is an error.
    pub(crate) fn unblocked(&mut self, shared: &Shared, fails: bool) {
        let Some(empty) = self.waiting.as_ref().map(|waiting| waiting.empty) else {
            return;
        };
        self.stop_waiting(shared);
        if fails {
            let text = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
            self.reply.error(text);
        } else {
            empty.answer(&mut self.reply);
        }
    }

    /// Ends what it waits for, without an answer.
    pub(crate) fn stop_waiting(&mut self, shared: &Shared) {
        if let Some(waiting) = self.waiting.take() {
            waiting.turn.end();
            self.client.known().turn = None;
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

/// Whether keys that are used from now on are not taken for used.
fn set_quiet(parts: &mut [(usize, &mut Part)], is_quiet: bool) {
    for (_, part) in parts {
        part.partition.set_quiet(is_quiet);
    }
}

/// Whether a command is carried out where others are queued.
fn is_at_once(called: Called) -> bool {
    matches!(
        called.command.name,
        "discard" | "exec" | "multi" | "quit" | "reset" | "watch"
    )
}

/// All partitions, in their order.
pub(crate) fn all(shared: &Shared) -> Vec<std::sync::MutexGuard<'_, Part>> {
    shared.parts.iter().map(lock).collect()
}
