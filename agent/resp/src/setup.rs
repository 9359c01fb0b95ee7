//! What a server is told when it begins, and what it tells of itself.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use synod_script::Level;

use crate::config::{Config, Id};
use crate::counts::Sum;
use crate::persistence::{self, Fsync, Kept};
use crate::{Settings, Shared};

/// How a client wants the server to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shutdown {
    /// Whether all is to be saved first, if that was said.
    pub saves: Option<bool>,
    /// Not to wait for replicas.
    pub at_once: bool,
    /// Whatever fails.
    pub is_forced: bool,
}

/// Ends the process, or says why not.
pub type OnShutdown = Box<dyn Fn(Shutdown) -> Result<(), String> + Send + Sync>;

/// Writes a line to the log.
pub type OnLog = Box<dyn Fn(Level, &str) + Send + Sync>;

/// What is set by name, as `CONFIG SET` names it, and by nobody later: what is fixed while the server runs among it.
#[derive(Default)]
pub struct Setup {
    /// Names and values.
    pub config: Vec<(String, String)>,
    /// What `SHUTDOWN` does; without it, it fails.
    pub on_shutdown: Option<OnShutdown>,
    /// Where scripts write to with `redis.log`; without it, to the error output.
    pub on_log: Option<OnLog>,
    /// What a data directory holds: keys in as many partitions as that has. What is done from now on is kept there.
    pub kept: Option<Kept>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Setup {
    /// `fsync`: when what is kept is synced, if something is.
    pub(crate) fn config(
        &self,
        address: SocketAddr,
        settings: &Settings,
        fsync: Option<Fsync>,
    ) -> io::Result<Config> {
        let config = Config::new();
        let own = [
            ("port", address.port().to_string()),
            ("bind", address.ip().to_string()),
            ("io-threads", settings.threads.min(128).to_string()),
        ];
        let own = own.into_iter().map(|(name, text)| (name.to_owned(), text));
        let fsync = fsync.map(|fsync| {
            let name = persistence::name_of(fsync);
            [("appendonly", "yes"), ("appendfsync", name)]
        });
        let fsync = fsync.into_iter().flatten();
        let fsync = fsync.map(|(name, text)| (name.to_owned(), text.to_owned()));
        for (name, text) in own.chain(fsync).chain(self.config.iter().cloned()) {
            config
                .set_first(&name, &text)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        }
        Ok(config)
    }
}

/// What a server is.
pub(crate) struct About {
    pub(crate) address: SocketAddr,
    pub(crate) threads: usize,
    /// Another one each time a server begins, and in two parts of the time: of the process, and of its data.
    pub(crate) run_id: String,
    pub(crate) replication_id: String,
    pub(crate) began: Instant,
    /// In seconds since the Unix epoch.
    pub(crate) began_at: i64,
    pub(crate) on_shutdown: Option<OnShutdown>,
    on_log: Option<OnLog>,
    pub(crate) rate: Rate,
    /// Whether what expired is removed before somebody meets it.
    expires: AtomicBool,
}

impl About {
    pub(crate) fn set_expiring(&self, expires: bool) {
        self.expires.store(expires, Ordering::Relaxed);
    }

    pub(crate) fn expires(&self) -> bool {
        self.expires.load(Ordering::Relaxed)
    }

    /// Writes a line to the log, if it is of as much importance as is set: what cannot be shown as it is not shown, nor more than is
    /// usual.
    pub(crate) fn log(&self, config: &Config, level: Level, text: &[u8]) {
        const LEVEL: Id = Id::of("loglevel");
        const BYTES_MAX: usize = 1024;
        let least = match &*config.text(LEVEL) {
            "debug" => Level::Debug,
            "verbose" => Level::Verbose,
            "notice" => Level::Notice,
            "warning" => Level::Warning,
            _ => return,
        };
        if level < least {
            return;
        }
        let text = String::from_utf8_lossy(&text[..text.len().min(BYTES_MAX)]);
        let line = text.replace(char::is_control, " ");
        match &self.on_log {
            Some(on_log) => on_log(level, &line),
            // Whether somebody reads it or not.
            None => drop(writeln!(io::stderr(), "script: {line}")),
        }
    }

    pub(crate) fn new(
        address: SocketAddr,
        settings: &Settings,
        (on_shutdown, on_log): (Option<OnShutdown>, Option<OnLog>),
    ) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            address,
            threads: settings.threads,
            run_id: id("run"),
            replication_id: id("replication"),
            began: Instant::now(),
            began_at: now.unwrap_or_default().as_secs().cast_signed(),
            on_shutdown,
            on_log,
            rate: Rate::default(),
            expires: AtomicBool::new(true),
        }
    }
}

/// How much is done in a second, of late.
#[derive(Default)]
pub(crate) struct Rate(Mutex<Rates>);

#[derive(Default)]
struct Rates {
    /// What was counted at which time.
    last: Option<(Instant, [u64; 3])>,
    /// Commands, bytes that came, bytes that went, in a second.
    now: [f64; 3],
}

/// How much of what was before a new rate leaves.
const OLD: f64 = 0.9;

impl Rate {
    /// Looks at what was counted.
    pub(crate) fn note(&self, shared: &Shared) {
        let sum = Sum::of(&shared.counts, &shared.resets);
        let counts = [
            sum.calls(),
            sum.sum(|it| &it.input_bytes),
            sum.sum(|it| &it.output_bytes),
        ];
        let mut rates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, before)) = rates.last {
            let seconds = at.elapsed().as_secs_f64().max(0.001);
            for (index, count) in counts.iter().enumerate() {
                let rate = count.saturating_sub(before[index]) as f64 / seconds;
                rates.now[index] = rates.now[index] * OLD + rate * (1.0 - OLD);
            }
        }
        rates.last = Some((Instant::now(), counts));
    }

    /// Commands, bytes that come and bytes that go, in a second.
    pub(crate) fn now(&self) -> [f64; 3] {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).now
    }
}

/// 40 hexadecimal digits that nobody else has.
fn id(of: &str) -> String {
    // Its keys are random.
    let state = RandomState::new();
    let mut digits: String = (0..3)
        .map(|part| format!("{:016x}", state.hash_one((of, part))))
        .collect();
    digits.truncate(40);
    digits
}
