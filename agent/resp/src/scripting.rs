//! What threads share about scripts: the interpreters, what is known of the one that takes long, and what waits until it is over.
//!
//! A script has all partitions, so whoever needs one waits for it. When it has run for longer than clients are to wait, it is *busy*:
//! who waits is told so, and so is who comes, but for those who want to end it. No thread is kept for scripts: one runs on the thread of
//! its client, which looks after its other connections now and then once it is busy (see [`Attend`]). A thread of their own would
//! cost every script two switches of threads, which is more than most of them take.
//!
//! Partitions are taken before the interpreters.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use synod_cache::command::Error;
use synod_cache::partition::DatabaseKey;
use synod_script::{Functions, Scripts};

use crate::Shared;
use crate::config::{self, Changes, Config, Id};
use crate::mailbox::Message;
use crate::part::{Part, Parts};
use crate::persistence::Held;

/// After so many milliseconds a script is busy.
const THRESHOLD: Id = Id::of("busy-reply-threshold");
/// Whoever waits for a partition looks so often whether a script is busy.
const LOOK: Duration = Duration::from_millis(10);

/// It can be killed.
const CLEAN: u8 = 0;
/// It wrote something, and cannot be killed any more.
const WROTE: u8 = 1;
const KILLED: u8 = 2;

/// Serves the other connections of a thread.
pub(crate) trait Attend {
    /// Does what there is to be done just now.
    fn attend(&mut self);
}

/// The same one, for a while.
pub(crate) fn reborrowed<'a>(
    attendant: &'a mut Option<&mut dyn Attend>,
) -> Option<&'a mut dyn Attend> {
    match attendant {
        Some(attendant) => Some(&mut **attendant),
        None => None,
    }
}

/// A script is busy, and nothing else can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy {
    is_function: bool,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.is_function {
            "FUNCTION"
        } else {
            "SCRIPT"
        };
        write!(
            f,
            "BUSY Redis is busy running a script. You can only call {of} KILL or SHUTDOWN NOSAVE."
        )
    }
}

impl Busy {
    /// Whether it is a function.
    pub(crate) const fn is_function(self) -> bool {
        self.is_function
    }
}

impl From<Busy> for Error {
    fn from(busy: Busy) -> Self {
        Self::Other(busy.to_string().into())
    }
}

/// What is to be done with partitions when the script that has them is over.
#[derive(Debug)]
pub(crate) enum Later {
    /// Nobody waits for this key any more.
    Forget(usize, DatabaseKey),
    /// Somebody less watches this key.
    Unwatch(usize, DatabaseKey),
    /// This client of this thread tries again.
    TryAgain(usize, u64),
    /// Partitions are told what was set.
    Apply(Changes),
}

/// Lua, twice: functions do not see what scripts see.
#[derive(Default)]
pub(crate) struct Engine {
    scripts: Option<Scripts>,
    functions: Option<Functions>,
}

impl Engine {
    pub(crate) fn scripts(&mut self) -> Result<&mut Scripts, Error> {
        if self.scripts.is_none() {
            self.scripts = Some(Scripts::new().map_err(no_memory)?);
        }
        Ok(self.scripts.as_mut().expect("it was put there"))
    }

    pub(crate) fn functions(&mut self) -> Result<&mut Functions, Error> {
        if self.functions.is_none() {
            self.functions = Some(Functions::new().map_err(no_memory)?);
        }
        Ok(self.functions.as_mut().expect("it was put there"))
    }

    /// From now on no script is known.
    pub(crate) fn forget_scripts(&mut self) {
        self.scripts = None;
    }

    /// From now on there are no functions.
    pub(crate) fn forget_functions(&mut self) {
        self.functions = None;
    }
}

fn no_memory(error: impl std::fmt::Display) -> Error {
    Error::Other(format!("ERR Lua could not be started: {error}").into())
}

/// What is known of a script that takes long.
#[derive(Debug)]
pub(crate) struct About {
    /// As a function is called, or the digits of a script.
    pub(crate) name: Vec<u8>,
    pub(crate) command: Vec<Box<[u8]>>,
    pub(crate) since: Instant,
}

/// See above.
pub(crate) struct Scripting {
    engine: Mutex<Engine>,
    is_busy: AtomicBool,
    is_function: AtomicBool,
    state: AtomicU8,
    about: Mutex<Option<About>>,
    threshold_ms: AtomicI64,
    /// Grows whenever connections are attended to.
    attended: AtomicU64,
    has_later: AtomicBool,
    later: Mutex<Vec<Later>>,
    /// How many libraries and functions there are, for those who cannot look.
    counts: [AtomicUsize; 2],
}

impl Default for Scripting {
    fn default() -> Self {
        Self {
            engine: Mutex::default(),
            is_busy: AtomicBool::new(false),
            is_function: AtomicBool::new(false),
            state: AtomicU8::new(CLEAN),
            about: Mutex::default(),
            threshold_ms: AtomicI64::new(0),
            attended: AtomicU64::new(0),
            has_later: AtomicBool::new(false),
            later: Mutex::default(),
            counts: Default::default(),
        }
    }
}

impl Scripting {
    /// Whether a script has run for longer than clients are to wait.
    #[inline]
    pub(crate) fn is_busy(&self) -> bool {
        self.is_busy.load(Ordering::Relaxed)
    }

    /// What clients are told then.
    #[cold]
    pub(crate) fn busy(&self) -> Error {
        self.busy_now().into()
    }

    fn busy_now(&self) -> Busy {
        Busy {
            is_function: self.is_function.load(Ordering::Acquire),
        }
    }

    /// After so many milliseconds a script is busy; never, if 0.
    pub(crate) fn threshold_ms(&self) -> i64 {
        self.threshold_ms.load(Ordering::Relaxed)
    }

    /// Takes what is set.
    pub(crate) fn set(&self, config: &Config) {
        let threshold_ms = config.number(THRESHOLD);
        self.threshold_ms.store(threshold_ms, Ordering::Relaxed);
    }

    /// Takes the interpreters.
    pub(crate) fn engine(&self) -> Result<MutexGuard<'_, Engine>, Busy> {
        taken(&self.engine, self)
    }

    /// From now on a script is busy, which has written, or not.
    pub(crate) fn begin(&self, is_function: bool, has_written: bool, about: About) {
        self.is_function.store(is_function, Ordering::Release);
        let state = if has_written { WROTE } else { CLEAN };
        self.state.store(state, Ordering::Release);
        *self.about.lock() = Some(about);
        self.is_busy.store(true, Ordering::Release);
    }

    /// It is over.
    pub(crate) fn end(&self) {
        self.is_busy.store(false, Ordering::Release);
        *self.about.lock() = None;
    }

    /// The busy script writes; whether it may: it may be killed.
    pub(crate) fn writes(&self) -> bool {
        self.goes_to(WROTE)
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.state.load(Ordering::Acquire) == KILLED
    }

    fn goes_to(&self, state: u8) -> bool {
        let gone = self
            .state
            .compare_exchange(CLEAN, state, Ordering::AcqRel, Ordering::Acquire);
        gone.is_ok() || gone == Err(state)
    }

    /// Kills the script, or function, that runs. One that is not busy is waited for.
    pub(crate) fn kill(&self, is_function: bool) -> Result<(), Error> {
        if self.engine().is_ok() {
            let text = "NOTBUSY No scripts in execution right now.";
            return Err(Error::Other(text.into()));
        }
        let busy = self.busy_now();
        if self.state.load(Ordering::Acquire) == WROTE {
            return Err(UNKILLABLE);
        }
        if busy.is_function != is_function {
            return Err(busy.into());
        }
        if self.goes_to(KILLED) {
            Ok(())
        } else {
            Err(UNKILLABLE)
        }
    }

    /// Does something with what is known of the busy script.
    pub(crate) fn with_about<R>(&self, work: impl FnOnce(Option<&About>) -> R) -> R {
        work(self.about.lock().as_ref())
    }

    /// How often connections were attended to.
    pub(crate) fn attended(&self) -> u64 {
        self.attended.load(Ordering::Relaxed)
    }

    /// They are, once more.
    pub(crate) fn attends(&self) {
        self.attended.fetch_add(1, Ordering::Relaxed);
    }

    /// How many libraries and functions there are.
    pub(crate) fn counts(&self) -> [usize; 2] {
        [0, 1].map(|index| self.counts[index].load(Ordering::Relaxed))
    }

    /// So many there are.
    pub(crate) fn set_counts(&self, counts: [usize; 2]) {
        for (own, count) in self.counts.iter().zip(counts) {
            own.store(count, Ordering::Relaxed);
        }
    }

    /// Does something when the script is over.
    pub(crate) fn later(&self, later: Later) {
        self.later.lock().push(later);
        self.has_later.store(true, Ordering::Release);
    }

    /// Does what waited for a script that is over.
    #[inline]
    pub(crate) fn settle(&self, shared: &Shared) {
        if self.has_later.load(Ordering::Relaxed) && !self.is_busy() {
            self.settle_all(shared);
        }
    }

    #[cold]
    fn settle_all(&self, shared: &Shared) {
        self.has_later.store(false, Ordering::Release);
        let all = std::mem::take(&mut *self.later.lock());
        for later in all {
            match &later {
                Later::Forget(index, key) => match part(shared, *index) {
                    Ok(mut part) => part.forget(key),
                    Err(_) => self.later(later),
                },
                Later::Unwatch(index, key) => match part(shared, *index) {
                    Ok(mut part) => part.partition.unwatch(key),
                    Err(_) => self.later(later),
                },
                Later::Apply(changes) => config::apply(shared, &mut Parts::Free(shared), *changes),
                Later::TryAgain(worker, client) => {
                    let client = *client;
                    shared.mailboxes[*worker].post(Message::TryAgain { client });
                }
            }
        }
    }
}

const UNKILLABLE: Error = Error::Other(std::borrow::Cow::Borrowed(
    "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.",
));

/// Takes a part, unless a script has it that is busy.
#[inline]
pub(crate) fn part(shared: &Shared, index: usize) -> Result<MutexGuard<'_, Part>, Busy> {
    taken(&shared.parts[index], &shared.scripting)
}

/// Takes all parts, in their order, unless a script has them that is busy.
/// What is done to them is kept, all or nothing.
pub(crate) fn all(shared: &Shared) -> Result<Held<'_>, Busy> {
    let parts = shared.parts.iter();
    let parts = parts.map(|part| taken(part, &shared.scripting));
    Ok(Held::new(parts.collect::<Result<_, _>>()?, shared))
}

#[inline]
fn taken<'a, T>(of: &'a Mutex<T>, scripting: &Scripting) -> Result<MutexGuard<'a, T>, Busy> {
    match of.try_lock() {
        Some(taken) => Ok(taken),
        None => waited(of, scripting),
    }
}

#[cold]
fn waited<'a, T>(of: &'a Mutex<T>, scripting: &Scripting) -> Result<MutexGuard<'a, T>, Busy> {
    loop {
        if scripting.is_busy() {
            return Err(scripting.busy_now());
        }
        if let Some(taken) = of.try_lock_for(LOOK) {
            return Ok(taken);
        }
    }
}
