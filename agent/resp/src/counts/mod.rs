//! What is counted of all that is done: each thread counts for itself, and who asks sums it up.

pub(crate) mod clock;
mod histogram;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

pub(crate) use histogram::Durations;
use histogram::Histogram;

/// Something that one thread counts, and all can read.
#[derive(Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Only the thread whose count it is does this, so that it costs no more than if it were nobody else's.
    #[inline]
    pub(crate) fn add(&self, more: u64) {
        let now = self.0.load(Ordering::Relaxed);
        self.0.store(now.wrapping_add(more), Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// What is counted of a command.
#[derive(Default)]
struct OfCommand {
    calls: Count,
    ticks: Count,
    rejected: Count,
    failed: Count,
    durations: Histogram,
}

/// More kinds of errors are not told apart.
const ERRORS_MAX: usize = 128;

/// The counts of one thread. No other thread's are near, so that none waits for what another one writes.
#[repr(align(128))]
pub(crate) struct Counts {
    commands: Box<[OnceLock<Box<OfCommand>>]>,
    errors: Mutex<BTreeMap<String, u64>>,
    pub(crate) error_replies: Count,
    pub(crate) connections: Count,
    pub(crate) refused: Count,
    pub(crate) input_bytes: Count,
    pub(crate) output_bytes: Count,
    /// Those that are open, which nobody resets: those that came, and those that went.
    pub(crate) came: Count,
    pub(crate) went: Count,
    /// Clients that wait: those that began to, and those that ended.
    pub(crate) waits: Count,
    pub(crate) waited: Count,
    /// Up to which of [`crate::Shared::resets`] this thread has reset its counts.
    resets: AtomicU64,
}

impl Counts {
    pub(crate) fn new() -> Self {
        let commands = synod_cache::command::count();
        Self {
            commands: (0..commands).map(|_| OnceLock::new()).collect(),
            errors: Mutex::default(),
            error_replies: Count::default(),
            connections: Count::default(),
            refused: Count::default(),
            input_bytes: Count::default(),
            output_bytes: Count::default(),
            came: Count::default(),
            went: Count::default(),
            waits: Count::default(),
            waited: Count::default(),
            resets: AtomicU64::new(0),
        }
    }

    /// A command was carried out.
    #[inline]
    pub(crate) fn called(&self, number: usize, ticks: u64, failed: bool, tracks: bool) {
        let command = self.command(number);
        command.calls.add(1);
        command.ticks.add(ticks);
        if failed {
            command.failed.add(1);
        }
        if tracks {
            command.durations.add(clock::nanoseconds(ticks));
        }
    }

    /// A command was not carried out.
    pub(crate) fn rejected(&self, number: usize) {
        self.command(number).rejected.add(1);
    }

    /// An error was answered; its first word says which.
    pub(crate) fn error(&self, line: &[u8]) {
        let Some(line) = line.strip_prefix(b"-") else {
            return;
        };
        self.error_replies.add(1);
        let end = line.iter().position(u8::is_ascii_whitespace);
        let word = &line[..end.unwrap_or(line.len())];
        let word = String::from_utf8_lossy(word).into_owned();
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        if errors.len() < ERRORS_MAX || errors.contains_key(&word) {
            *errors.entry(word).or_default() += 1;
        }
    }

    #[inline]
    fn command(&self, number: usize) -> &OfCommand {
        self.commands[number].get_or_init(Box::default)
    }

    /// Counts from 0 again, if that was asked for since this thread did it last.
    #[inline]
    pub(crate) fn reset_if(&self, resets: &AtomicU64) {
        let now = resets.load(Ordering::Relaxed);
        if self.resets.load(Ordering::Relaxed) != now {
            self.reset();
            self.resets.store(now, Ordering::Relaxed);
        }
    }

    fn reset(&self) {
        for command in self.commands.iter().filter_map(OnceLock::get) {
            for count in [
                &command.calls,
                &command.ticks,
                &command.rejected,
                &command.failed,
            ] {
                count.reset();
            }
            command.durations.reset();
        }
        for count in [
            &self.error_replies,
            &self.connections,
            &self.refused,
            &self.input_bytes,
            &self.output_bytes,
        ] {
            count.reset();
        }
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        errors.clear();
    }
}

/// What all threads counted of a command.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandSum {
    pub(crate) calls: u64,
    pub(crate) nanoseconds: u64,
    pub(crate) rejected: u64,
    pub(crate) failed: u64,
    pub(crate) durations: Durations,
}

/// What all threads counted.
pub(crate) struct Sum<'a> {
    threads: Vec<&'a Counts>,
    all: &'a [Counts],
}

impl<'a> Sum<'a> {
    /// Threads that have still to count from 0 again count for nothing.
    pub(crate) fn of(all: &'a [Counts], resets: &AtomicU64) -> Self {
        let now = resets.load(Ordering::Relaxed);
        let is_reset = |counts: &&Counts| counts.resets.load(Ordering::Relaxed) == now;
        Self {
            threads: all.iter().filter(is_reset).collect(),
            all,
        }
    }

    /// Of something that begins from 0 when it is asked to.
    pub(crate) fn sum(&self, count: impl Fn(&Counts) -> &Count) -> u64 {
        self.threads.iter().map(|counts| count(counts).now()).sum()
    }

    /// Of what came, less what went.
    pub(crate) fn left(
        &self,
        came: impl Fn(&Counts) -> &Count,
        went: impl Fn(&Counts) -> &Count,
    ) -> u64 {
        // What goes has come, but the two are not read at once.
        let left = |counts: &Counts| came(counts).now().saturating_sub(went(counts).now());
        self.all.iter().map(left).sum()
    }

    /// Of a command, if it was called.
    pub(crate) fn command(&self, number: usize) -> Option<CommandSum> {
        let mut sum = CommandSum::default();
        let of_threads = self.threads.iter();
        for command in of_threads.filter_map(|counts| counts.commands[number].get()) {
            sum.calls += command.calls.now();
            sum.nanoseconds += clock::nanoseconds(command.ticks.now());
            sum.rejected += command.rejected.now();
            sum.failed += command.failed.now();
            sum.durations.add(&command.durations);
        }
        (sum.calls + sum.rejected + sum.failed > 0).then_some(sum)
    }

    /// Of all commands.
    pub(crate) fn calls(&self) -> u64 {
        let commands = self.threads.iter().flat_map(|counts| &counts.commands);
        let called = commands.filter_map(OnceLock::get);
        called.map(|command| command.calls.now()).sum()
    }

    /// Errors, by their first words.
    pub(crate) fn errors(&self) -> BTreeMap<String, u64> {
        let mut sum = BTreeMap::new();
        for counts in &self.threads {
            let errors = counts.errors.lock().unwrap_or_else(PoisonError::into_inner);
            for (word, count) in &*errors {
                *sum.entry(word.clone()).or_default() += count;
            }
        }
        sum
    }
}
