//! Commands that took long.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::{Config, Id};
use crate::counts::clock;
use crate::secrets::{REDACTED, is_secret};

/// More arguments are not remembered.
const ARGUMENTS_MAX: usize = 32;
/// More of an argument is not remembered.
const ARGUMENT_BYTES_MAX: usize = 128;

/// A command that took long.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) number: i64,
    /// In seconds since the Unix epoch.
    pub(crate) at: i64,
    pub(crate) microseconds: u64,
    pub(crate) args: Vec<Vec<u8>>,
    pub(crate) address: String,
    pub(crate) name: Vec<u8>,
}

/// The last of them, the newest first.
pub(crate) struct SlowLog {
    /// From so many ticks on a command is looked at: it belongs here, or to the latencies.
    least_ticks: AtomicU64,
    /// From so many ticks on it belongs here.
    ticks: AtomicU64,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    entries: VecDeque<Entry>,
    most: usize,
    next: i64,
}

const SLOWER: Id = Id::of("slowlog-log-slower-than");
const MOST: Id = Id::of("slowlog-max-len");
const LATENCY: Id = Id::of("latency-monitor-threshold");

impl SlowLog {
    pub(crate) fn new() -> Self {
        Self {
            least_ticks: AtomicU64::new(u64::MAX),
            ticks: AtomicU64::new(u64::MAX),
            entries: Mutex::default(),
        }
    }

    /// Takes what is set.
    pub(crate) fn settle(&self, config: &Config) {
        let ticks = |microseconds: i64| match u64::try_from(microseconds) {
            Ok(microseconds) => clock::ticks_of(microseconds.saturating_mul(1000)),
            Err(_) => u64::MAX,
        };
        let slow = ticks(config.number(SLOWER));
        let latency = match config.number(LATENCY) {
            0 => u64::MAX,
            milliseconds => ticks(milliseconds.saturating_mul(1000)),
        };
        self.ticks.store(slow, Ordering::Relaxed);
        self.least_ticks.store(slow.min(latency), Ordering::Relaxed);
        let mut entries = self.lock();
        entries.most = config.size(MOST);
        let most = entries.most;
        entries.entries.truncate(most);
    }

    /// Whether a command that took so long is to be looked at.
    #[inline]
    pub(crate) fn is_slow(&self, ticks: u64) -> bool {
        ticks >= self.least_ticks.load(Ordering::Relaxed)
    }

    /// Remembers a command, if it took long enough for that.
    pub(crate) fn note(&self, ticks: u64, at: i64, args: &[&[u8]], who: (String, Vec<u8>)) {
        if ticks < self.ticks.load(Ordering::Relaxed) {
            return;
        }
        let mut entries = self.lock();
        let number = entries.next;
        entries.next += 1;
        entries.entries.push_front(Entry {
            number,
            at,
            microseconds: clock::nanoseconds(ticks) / 1000,
            args: shortened(args),
            address: who.0,
            name: who.1,
        });
        let most = entries.most;
        entries.entries.truncate(most);
    }

    /// The newest so many of them.
    pub(crate) fn newest(&self, most: usize) -> Vec<Entry> {
        self.lock().entries.iter().take(most).cloned().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().entries.len()
    }

    pub(crate) fn reset(&self) {
        self.lock().entries.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Arguments as they are remembered.
fn shortened(args: &[&[u8]]) -> Vec<Vec<u8>> {
    let is_long = args.len() > ARGUMENTS_MAX;
    let kept = if is_long {
        ARGUMENTS_MAX - 1
    } else {
        args.len()
    };
    let short = |argument: &&[u8]| {
        if argument.len() <= ARGUMENT_BYTES_MAX {
            return argument.to_vec();
        }
        let (kept, rest) = argument.split_at(ARGUMENT_BYTES_MAX);
        let more = format!("... ({} more bytes)", rest.len());
        [kept, more.as_bytes()].concat()
    };
    let shown = |(index, argument): (usize, &&[u8])| {
        if is_secret(args, index) {
            return REDACTED.to_vec();
        }
        short(argument)
    };
    let mut shortened: Vec<_> = args[..kept].iter().enumerate().map(shown).collect();
    if is_long {
        let more = args.len() - kept;
        shortened.push(format!("... ({more} more arguments)").into_bytes());
    }
    shortened
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `SLOWLOG GET` of redis-server 7.0 shows them.
    #[test]
    fn passwords_are_not_remembered() {
        for (words, shown) in [
            ("AUTH p", "AUTH (redacted)"),
            (
                "acl setuser a on >p",
                "acl setuser (redacted) (redacted) (redacted)",
            ),
            ("acl getuser a", "acl getuser (redacted)"),
            ("acl list a", "acl list a"),
            (
                "config set maxclients 7 REQUIREPASS p",
                "config set maxclients 7 REQUIREPASS (redacted)",
            ),
            ("config get requirepass x", "config get requirepass x"),
            ("config", "config"),
            ("set auth x", "set auth x"),
        ] {
            let args: Vec<_> = words.split(' ').map(str::as_bytes).collect();
            let told = shortened(&args).join(&b' ');
            assert_eq!(String::from_utf8_lossy(&told), shown);
        }
    }

    #[test]
    fn what_is_long_is_shortened() {
        let long = [b'x'; 130];
        let told = shortened(&[b"a", &long]);
        assert!(told[1].ends_with(b"xx... (2 more bytes)"));
        assert_eq!(told[1].len(), 128 + 18);
        let many = vec![b"a".as_slice(); 33];
        let told = shortened(&many);
        assert_eq!(told.len(), 32);
        assert_eq!(told[31], b"... (2 more arguments)");
    }
}
