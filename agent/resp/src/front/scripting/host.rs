//! What scripts can reach: commands, carried out on partitions that are held for all of a script.

use std::borrow::Cow;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use synod_cache::command::{Call, Error, Run, Spec, Traits, named};
use synod_cache::keys::{Keys, partition_of};
use synod_cache::reply::Reply;
use synod_script::{Ends, Host, Level};

use super::FrontCall;
use crate::Shared;
use crate::acl::{Called, Context};
use crate::counts::clock;
use crate::monitor;
use crate::part::{Part, Parts};
use crate::persistence;
use crate::scripting::{About, Attend, reborrowed};
use crate::session::{NO_ROOM, Session};

/// What runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Runs<'a> {
    pub(super) name: &'a [u8],
    pub(super) is_function: bool,
    pub(super) is_read_only: bool,
    /// It says that it may be run when memory is full.
    pub(super) allows_oom: bool,
}

type Refused = Cow<'static, str>;

struct Script<'a> {
    session: &'a mut Session,
    shared: &'a Shared,
    now: i64,
    parts: Vec<&'a mut Part>,
    attendant: Option<&'a mut dyn Attend>,
    runs: Runs<'a>,
    command: &'a [&'a [u8]],
    since: Instant,
    threshold: Option<Duration>,
    has_written: bool,
    is_busy: bool,
}

/// Runs a script, or a function, for a client: all that it does is one change, at one time. What it selects is selected for it alone.
pub(super) fn run_with(
    call: &mut FrontCall<'_>,
    parts: Vec<&mut Part>,
    runs: &Runs<'_>,
    work: impl FnOnce(&mut dyn Host, &mut Reply),
) {
    let scripting = &call.shared.scripting;
    let threshold = u64::try_from(scripting.threshold_ms()).unwrap_or(0);
    let database = call.session.database;
    // While it runs, its own replies take their place.
    let mut reply = std::mem::take(&mut call.session.reply);
    let mut script = Script {
        session: &mut *call.session,
        shared: call.shared,
        now: call.now,
        parts,
        attendant: reborrowed(&mut call.attendant),
        runs: *runs,
        command: call.args,
        since: Instant::now(),
        threshold: (threshold > 0).then(|| Duration::from_millis(threshold)),
        has_written: false,
        is_busy: false,
    };
    let is_quiet = script.session.touches_nothing;
    script.set_quiet(is_quiet);
    work(&mut script, &mut reply);
    script.set_quiet(false);
    if script.is_busy {
        scripting.end();
    }
    call.session.reply = reply;
    call.session.database = database;
}

impl Script<'_> {
    /// The command that these arguments call, if it may be called.
    fn find(&mut self, args: &[&[u8]]) -> Result<&'static Spec, Refused> {
        let unknown = "ERR Unknown Redis command called from script";
        let command = named(args[0]).ok_or(unknown)?;
        let spec = command.called_by(args).map_err(|error| match error {
            Error::Subcommand { .. } => unknown,
            _ => "ERR Wrong number of args calling Redis command from script",
        })?;
        if spec.flags.has(Traits::NOSCRIPT) {
            return Err("ERR This Redis command is not allowed from script".into());
        }
        if !self.session.may_all() {
            self.permit(Called { command, spec }, args)?;
        }
        let writes = spec.flags.has(Traits::WRITE) || spec.flags.has(Traits::MAY_REPLICATE);
        if self.runs.is_read_only && writes {
            return Err("ERR Write commands are not allowed from read-only scripts.".into());
        }
        self.may_take(spec)?;
        if matches!(spec.name, "xread" | "xreadgroup") && waits(args) {
            let name = String::from_utf8_lossy(args[0]);
            let text = format!("ERR {name} command is not allowed with BLOCK option from scripts");
            return Err(text.into());
        }
        if spec.flags.has(Traits::WRITE) && !self.has_written {
            self.has_written = true;
            if self.is_busy && !self.shared.scripting.writes() {
                return Err(self.killed().into());
            }
        }
        Ok(spec)
    }

    /// Whether there was room for what a command takes when the script began, or is not needed, and whether the disk takes it. What
    /// has begun to write goes on.
    fn may_take(&self, spec: &Spec) -> Result<(), Refused> {
        let has_room = self.session.has_room || self.has_written || self.runs.allows_oom;
        if !has_room && spec.flags.has(Traits::DENYOOM) {
            return Err(NO_ROOM.to_string().into());
        }
        match persistence::refuses(self.shared, spec) {
            Some(why) => Err(why.into()),
            None => Ok(()),
        }
    }

    #[cold]
    fn permit(&self, called: Called, args: &[&[u8]]) -> Result<(), Refused> {
        let (shared, now) = (self.shared, self.now);
        let allowed = self.session.allow(shared, now, Context::Lua, called, args);
        allowed.map_err(|denied| {
            let refusal = self.session.refusal(denied, called).to_string();
            let why = refusal.strip_prefix("NOPERM ").unwrap_or(&refusal);
            format!("ERR ACL failure in script: {why}").into()
        })
    }

    const fn killed(&self) -> &'static str {
        if self.runs.is_function {
            "ERR Script killed by user with FUNCTION KILL."
        } else {
            "ERR Script killed by user with SCRIPT KILL."
        }
    }

    /// Whether keys that it uses are not taken for used.
    fn set_quiet(&mut self, is_quiet: bool) {
        let parts = self.parts.iter_mut();
        parts.for_each(|part| part.partition.set_quiet(is_quiet));
    }

    /// From now on it is known that it takes long.
    fn begin_busy(&mut self) {
        self.is_busy = true;
        let command = self.command.iter().map(|argument| Box::from(*argument));
        let about = About {
            name: self.runs.name.to_vec(),
            command: command.collect(),
            since: self.since,
        };
        let scripting = &self.shared.scripting;
        scripting.begin(self.runs.is_function, self.has_written, about);
    }

    /// Carries out a command that may be.
    fn carry_out(&mut self, spec: &'static Spec, args: &[&[u8]], reply: &mut Reply) {
        if !matches!(spec.run, Run::Keys(_)) {
            std::mem::swap(&mut self.session.reply, reply);
            let call = FrontCall {
                session: &mut *self.session,
                shared: self.shared,
                now: self.now,
                spec,
                args,
                parts: Parts::Held(self.parts.iter_mut().map(|part| &mut **part).collect()),
                attendant: None,
            };
            call.run();
            std::mem::swap(&mut self.session.reply, reply);
            return;
        }
        if let Some(key) = spec.only_key(args) {
            let index = partition_of(key, self.parts.len());
            let mut one = [(index, &mut *self.parts[index])];
            carry_out(self.session, self.shared, spec, args, &mut one, reply);
        } else {
            let parts = self.parts.iter_mut().map(|part| &mut **part);
            let mut all: Vec<_> = parts.enumerate().collect();
            carry_out(self.session, self.shared, spec, args, &mut all, reply);
        }
    }
}

impl Host for Script<'_> {
    fn call(&mut self, args: &[&[u8]], reply: &mut Reply) -> Result<(), Refused> {
        let spec = self.find(args)?;
        let (before, began) = (reply.bytes().len(), clock::ticks());
        self.carry_out(spec, args, reply);
        if self.shared.monitors.are_any() && monitor::shows(spec) {
            monitor::show(self.shared, self.session.database, "lua", args);
            self.session.told_others(self.shared);
        }
        let failed = reply.bytes().get(before) == Some(&b'-');
        let (shared, now) = (self.shared, self.now);
        self.session
            .measure_scripted(shared, now, spec, args, (began, failed));
        Ok(())
    }

    fn may(&mut self, args: &[&[u8]]) -> Option<bool> {
        let called = Called::by_args(args)?;
        let user = self.session.account.user();
        Some(self.session.may_all() || user.check(called, args).is_ok())
    }

    fn log(&mut self, level: Level, text: &[u8]) {
        self.shared.about.log(&self.shared.config, level, text);
    }

    fn ends(&mut self) -> Option<Ends> {
        if self.shared.stops.load(Ordering::Acquire) {
            if let Some(persistence) = self
                .shared
                .persistence
                .as_ref()
                .filter(|_| self.has_written)
            {
                persistence.cut_short();
            }
            return Some(Ends::Killed(self.killed()));
        }
        if !self.is_busy {
            let threshold = self.threshold?;
            if self.since.elapsed() < threshold {
                return None;
            }
            self.begin_busy();
        }
        if let Some(attendant) = &mut self.attendant {
            self.shared.scripting.attends();
            attendant.attend();
        }
        let is_killed = self.shared.scripting.is_killed();
        is_killed.then(|| Ends::Killed(self.killed()))
    }
}

/// Whether who reads streams is ready to wait.
fn waits(args: &[&[u8]]) -> bool {
    let is = |word: &[u8], option: &str| word.eq_ignore_ascii_case(option.as_bytes());
    let mut options = args.iter().take_while(|word| !is(word, "streams"));
    options.any(|word| is(word, "block"))
}

/// Carries out a command about keys.
fn carry_out(
    session: &mut Session,
    shared: &Shared,
    spec: &'static Spec,
    args: &[&[u8]],
    parts: &mut [(usize, &mut Part)],
    reply: &mut Reply,
) {
    {
        let (mut one, mut several): ([_; 1], Vec<_>);
        let partitions = if let [(_, part)] = parts {
            one = [&mut part.partition];
            one.as_mut_slice()
        } else {
            let parts = parts.iter_mut();
            several = parts.map(|(_, part)| &mut part.partition).collect();
            several.as_mut_slice()
        };
        let keys = Keys::new(partitions, session.database);
        let mut call = Call::new(args, keys, reply);
        call.may_wait = false;
        call.may_read_any = session.may_read_any(spec, args);
        call.run(spec);
    }
    session.tell(shared, spec, args, parts);
}

/// What libraries can reach while they are loaded: nothing, and not for long.
pub(super) struct Loading {
    since: Instant,
    at_most: Duration,
}

impl Loading {
    /// For what was loaded in time once.
    pub(super) fn patient() -> Self {
        Self {
            at_most: Duration::MAX,
            ..Self::default()
        }
    }
}

/// A library is loaded within that, or not at all.
const LOADING_MAX: Duration = Duration::from_millis(500);

impl Default for Loading {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            at_most: LOADING_MAX,
        }
    }
}

impl Host for Loading {
    fn call(&mut self, _: &[&[u8]], _: &mut Reply) -> Result<(), Refused> {
        Err("ERR redis.call/pcall can only be called inside a script invocation".into())
    }

    fn may(&mut self, _: &[&[u8]]) -> Option<bool> {
        None
    }

    fn log(&mut self, _: Level, _: &[u8]) {}

    fn ends(&mut self) -> Option<Ends> {
        let is_over = self.since.elapsed() > self.at_most;
        is_over.then_some(Ends::Killed("ERR FUNCTION LOAD timeout"))
    }
}
