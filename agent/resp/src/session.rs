//! What is known of a client, and how its commands are carried out.

mod telling;
mod waiting;

use std::sync::Arc;

use synod_cache::command::{Call, Error, Run, Spec, Traits, named};
use synod_cache::keys::{Keys, partition_of};
use synod_cache::reply::{Protocol, Reply};

use crate::Shared;
use crate::acl::{Account, Called};
use crate::answers::Answers;
use crate::client::{Buffers, Client};
use crate::front::{self, FrontCall};
use crate::listening::Listening;
use crate::memory::{Room, make_room};
use crate::part::{Part, Parts};
use crate::persistence;
use crate::scripting::{self, Attend, Later, reborrowed};
use crate::transaction::{Queued, Transaction, Watched};
use waiting::{Waited, Waiting};

/// A command with no more arguments needs no memory for them.
const ARGUMENTS: usize = 16;

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
    /// See [`crate::persistence`].
    pub(crate) kept: persistence::Session,
    /// The connection is to be closed when all is sent.
    pub(crate) ends: bool,
    /// What it is sent without asking, if anything.
    pub(crate) listening: Option<Box<Listening>>,
    /// It carries out nothing more until messages were read: its own, or too many.
    pub(crate) pauses: bool,
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
    /// When the command that is carried out began, in ticks of the clock of `counts`.
    pub(crate) began: u64,
    /// There was room when the command began that is carried out.
    pub(crate) has_room: bool,
    /// So many commands of a transaction are carried out just now.
    pub(crate) executed: Option<usize>,
}

/// Nothing may go to make room.
pub(crate) const NO_ROOM: Error =
    Error::text("OOM command not allowed when used memory > 'maxmemory'.");

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    Out,
    /// It is to be tried again when a pause is over.
    NotYet,
    /// It is to be tried again by who attends to others meanwhile: it may take long.
    Alone,
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
            kept: persistence::Session::default(),
            ends: false,
            listening: None,
            pauses: false,
            client,
            account,
            is_known,
            called: None,
            answers: Answers::All,
            is_kept: false,
            touches_nothing: false,
            is_paused: false,
            buffers: Buffers::default(),
            began: 0,
            has_room: true,
            executed: None,
        }
    }

    /// Has fetched what will be needed of these keys.
    pub(crate) fn announce<'a>(&self, shared: &Shared, keys: impl Iterator<Item = &'a [u8]>) {
        for key in keys {
            // Whoever has it may have changed it all by then.
            if let Some(part) = shared.parts[partition_of(key, shared.parts.len())].try_lock() {
                part.partition.announce(self.database, key);
            }
        }
    }

    /// Carries a command out and encodes its reply.
    pub(crate) fn command<'a>(
        &mut self,
        shared: &Shared,
        now: i64,
        arguments: impl ExactSizeIterator<Item = &'a [u8]>,
        attendant: Option<&mut dyn Attend>,
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
                if self.listening.is_some() {
                    self.forget_caching(args[0]);
                }
                return Carried::Out;
            }
            Ok(called) => called,
        };
        self.is_paused = !shared.pause.is_over() && self.has_to_pause(shared, now, called.spec);
        if self.is_paused {
            return Carried::NotYet;
        }
        self.has_room = make_room(shared, now) == Room::Is;
        if !self.has_room && self.needs_room(called) {
            self.refuse(shared, &NO_ROOM, args);
            return Carried::Out;
        }
        if persistence::may_refuse(shared)
            && let Some(why) = persistence::refuses(shared, self.what_writes(called))
        {
            self.refuse(shared, &Error::Other(why.into()), args);
            return Carried::Out;
        }
        let before = self.reply.bytes().len();
        if self.transaction.is_some() && !is_at_once(called) {
            self.queue(called.spec, args);
        } else if attendant.is_none() && self.may_take_long(called.spec) {
            return Carried::Alone;
        } else {
            self.run(shared, now, called.spec, args, attendant);
            self.measure(shared, now, called.spec, args, before);
        }
        if self.answers != Answers::All {
            // What comes as messages do is no answer.
            let is_told = self.listening.is_some() && called.spec.name.ends_with("subscribe");
            self.answered(if is_told {
                self.reply.bytes().len()
            } else {
                before
            });
        }
        if self.listening.is_some() {
            self.forget_caching(args[0]);
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
        if shared.scripting.is_busy() && !spec.flags.has(Traits::ALLOW_BUSY) {
            return Err(shared.scripting.busy());
        }
        if self.listening.is_some() {
            self.confined(called)?;
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
        self.measure_refused(shared, args, before);
        if self.answers != Answers::All {
            self.answered(before);
        }
    }

    /// Whether a command may take memory, or what it is queued with.
    fn needs_room(&self, called: Called) -> bool {
        let takes = |spec: &Spec| spec.flags.has(Traits::DENYOOM);
        match &self.transaction {
            None => takes(called.spec),
            Some(transaction) if called.spec.name == "exec" => {
                transaction.queue.iter().any(|queued| takes(queued.spec))
            }
            Some(_) => !is_at_once(called) || takes(called.spec),
        }
    }

    /// What is looked at for whether it writes: of a transaction, what is queued.
    #[cold]
    fn what_writes(&self, called: Called) -> &'static Spec {
        let queue = self.transaction.iter().flat_map(|it| &it.queue);
        let queue = queue.filter(|_| called.spec.name == "exec");
        let mut writing = queue.filter(|queued| queued.spec.flags.has(Traits::WRITE));
        writing.next().map_or(called.spec, |queued| queued.spec)
    }

    fn queue(&mut self, spec: &'static Spec, args: &[&[u8]]) {
        let args = args.iter().map(|argument| Box::from(*argument)).collect();
        let queue = &mut self.transaction.get_or_insert_default().queue;
        queue.push(Queued { spec, args });
        self.reply.simple("QUEUED");
    }

    /// Whether it runs scripts.
    fn may_take_long(&self, spec: &Spec) -> bool {
        if matches!(spec.run, Run::Keys(_)) {
            return false;
        }
        let queue = self.transaction.iter().flat_map(|it| &it.queue);
        let mut queued = queue.filter(|_| spec.name == "exec");
        front::runs_scripts(spec) || queued.any(|it| front::runs_scripts(it.spec))
    }

    fn run(
        &mut self,
        shared: &Shared,
        now: i64,
        spec: &'static Spec,
        args: &[&[u8]],
        mut attendant: Option<&mut dyn Attend>,
    ) {
        match spec.run {
            Run::Keys(_) => self.on_keys(shared, now, spec, args, None),
            _ => {
                let call = FrontCall {
                    session: self,
                    shared,
                    now,
                    spec,
                    args,
                    parts: Parts::Free(shared),
                    attendant: reborrowed(&mut attendant),
                };
                call.run();
                self.show(shared, spec, args);
            }
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
            let mut part = match scripting::part(shared, index) {
                Ok(part) => part,
                Err(busy) => return self.reply.error(&busy.to_string()),
            };
            self.kept.shows(index);
            self.on_parts(shared, now, spec, args, waited, &mut [(index, &mut part)]);
        } else {
            let mut guards = match scripting::all(shared) {
                Ok(guards) => guards,
                Err(busy) => return self.reply.error(&busy.to_string()),
            };
            self.kept.shows_all();
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
            for (_, part) in parts.iter_mut() {
                part.begin(shared, now);
            }
            let (mut one, mut several): ([_; 1], Vec<_>);
            let partitions = if let [(_, part)] = parts {
                one = [&mut part.partition];
                one.as_mut_slice()
            } else {
                let parts = parts.iter_mut();
                several = parts.map(|(_, part)| &mut part.partition).collect();
                several.as_mut_slice()
            };
            let keys = Keys::new(partitions, self.database);
            let mut call = Call::new(args, keys, &mut self.reply);
            call.has_waited = waited.is_some();
            call.may_read_any = may_read_any;
            call.run(spec);
            call.wait
        };
        if is_quiet {
            set_quiet(parts, false);
        }
        if waited.is_none() {
            self.show(shared, spec, args);
        }
        self.tell(shared, spec, args, parts);
        for (_, part) in parts.iter_mut() {
            part.serve(shared);
            if shared.memory.is_bound() {
                shared.memory.told(part);
            }
        }
        if let Some(wait) = wait {
            let at_most = wait
                .at_most
                .map(|most| i64::try_from(most).unwrap_or(i64::MAX));
            let until = match waited {
                Some(waited) => waited.until,
                None => at_most.map(|most| now.saturating_add(most)),
            };
            shared.counts[self.worker].waits.add(1);
            self.wait(shared.parts.len(), until, spec, args, wait, parts);
        }
    }

    /// What it watches it watches no more.
    pub(crate) fn unwatch(&mut self, shared: &Shared) {
        for watched in self.watched.drain(..) {
            match scripting::part(shared, watched.part) {
                Ok(mut part) => part.partition.unwatch(&watched.key),
                Err(_) => {
                    let unwatch = Later::Unwatch(watched.part, watched.key);
                    shared.scripting.later(unwatch);
                }
            }
        }
    }
}

/// Whether keys that are used from now on are not taken for used.
pub(crate) fn set_quiet(parts: &mut [(usize, &mut Part)], is_quiet: bool) {
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
