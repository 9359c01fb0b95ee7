//! What a script can reach: whoever runs it.

use std::borrow::Cow;

use scoped_tls_hkt::{ReborrowMut, scoped_thread_local};
use synod_cache::reply::{Protocol, Reply};

/// Of what importance a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For those who look for mistakes.
    Debug,
    /// Rarely of use.
    Verbose,
    /// What one wants to know.
    Notice,
    /// What is wrong.
    Warning,
}

/// Why a script ends that was not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Somebody said so: what the script's client is told, the code first.
    Killed(&'static str),
}

/// Who runs a script.
pub trait Host {
    /// Carries a command out, of at least one argument, and encodes one reply.
    ///
    /// # Errors
    /// If it is not even begun: why, the code first.
    fn call(&mut self, args: &[&[u8]], reply: &mut Reply) -> Result<(), Cow<'static, str>>;

    /// Whether the client may call this; `None` if there is no such command.
    fn may(&mut self, args: &[&[u8]]) -> Option<bool>;

    /// Writes to the log.
    fn log(&mut self, level: Level, text: &[u8]);

    /// Asked every some ten thousand steps: whether the script ends here.
    fn ends(&mut self) -> Option<Ends>;
}

/// What belongs to the script that this thread runs.
pub(crate) struct Current<'a> {
    pub(crate) host: &'a mut (dyn Host + 'a),
    pub(crate) room: &'a mut Room,
    /// It was told to end, and must not catch that.
    pub(crate) ends: &'a mut Option<Ends>,
}

/// What is used by one call after another.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// The arguments of a command, one behind another.
    pub(crate) bytes: Vec<u8>,
    /// Up to where each goes.
    pub(crate) limits: Vec<usize>,
    /// What was answered, in the protocol that the script asked for.
    pub(crate) reply: Reply,
}

impl Room {
    pub(crate) fn clear(&mut self, protocol: Protocol) {
        self.bytes.clear();
        self.limits.clear();
        self.reply.clear();
        self.reply.set_protocol(protocol);
    }
}

impl<'b> ReborrowMut<'b> for Current<'_> {
    type Result = Current<'b>;

    fn reborrow_mut(&'b mut self) -> Self::Result {
        Current {
            host: &mut *self.host,
            room: &mut *self.room,
            ends: &mut *self.ends,
        }
    }
}

scoped_thread_local!(static mut CURRENT: for<'a> Current<'a>);

/// Runs something that can reach this host.
pub(crate) fn with_host<R>(current: Current<'_>, work: impl FnOnce() -> R) -> R {
    CURRENT.set(current, work)
}

/// Does something with the host of the script that this thread runs, if it runs one.
pub(crate) fn host<R>(work: impl FnOnce(&mut Current<'_>) -> R) -> Option<R> {
    CURRENT
        .is_set()
        .then(|| CURRENT.with(|mut current| work(&mut current)))
}
