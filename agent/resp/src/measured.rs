//! What is measured of each command.

use std::time::Duration;

use synod_cache::command::{Spec, Traits, named};

use crate::Shared;
use crate::config::Id;
use crate::counts::clock;
use crate::session::Session;
use crate::transaction::Queued;

const TRACKING: Id = Id::of("latency-tracking");

impl Session {
    /// From now on it counts how long the next command takes.
    #[inline]
    pub(crate) fn begin_to_measure(&mut self, shared: &Shared) {
        shared.counts[self.worker].reset_if(&shared.resets);
        self.began = clock::ticks();
    }

    /// A command was carried out, whose reply begins there. The next one begins now.
    #[inline]
    pub(crate) fn measure(
        &mut self,
        shared: &Shared,
        now: i64,
        spec: &Spec,
        args: &[&[u8]],
        reply: usize,
    ) {
        let ended = clock::ticks();
        let ticks = ended.saturating_sub(self.began);
        self.began = ended;
        let failed = self.reply.bytes().get(reply) == Some(&b'-');
        let tracks = shared.config.is_set(TRACKING);
        shared.counts[self.worker].called(spec.number, ticks, failed, tracks);
        if failed {
            self.count_error(shared, reply);
        }
        if shared.slow.is_slow(ticks) {
            self.note_slow(shared, now, spec, args, ticks);
        }
    }

    /// As [`Self::measure`], of a command of a transaction.
    pub(crate) fn measure_queued(
        &mut self,
        shared: &Shared,
        now: i64,
        queued: &Queued,
        reply: usize,
    ) {
        let args: Vec<&[u8]> = queued.args.iter().map(|argument| &**argument).collect();
        self.measure(shared, now, queued.spec, &args, reply);
    }

    /// As [`Self::measure`], of a command of a script: when it began, and whether it failed. Its error is counted when the script tells it.
    #[inline]
    pub(crate) fn measure_scripted(
        &self,
        shared: &Shared,
        now: i64,
        spec: &Spec,
        args: &[&[u8]],
        (began, failed): (u64, bool),
    ) {
        let ticks = clock::ticks().saturating_sub(began);
        let tracks = shared.config.is_set(TRACKING);
        shared.counts[self.worker].called(spec.number, ticks, failed, tracks);
        if shared.slow.is_slow(ticks) {
            self.note_slow(shared, now, spec, args, ticks);
        }
    }

    /// A command was not carried out; the error that was answered begins there.
    #[cold]
    pub(crate) fn measure_refused(&mut self, shared: &Shared, args: &[&[u8]], reply: usize) {
        if let Some(command) = named(args[0]) {
            let called = command.called_by(args).unwrap_or(command);
            shared.counts[self.worker].rejected(called.number);
        }
        self.count_error(shared, reply);
    }

    #[cold]
    fn count_error(&self, shared: &Shared, reply: usize) {
        let line = self.reply.bytes().get(reply..).unwrap_or_default();
        shared.counts[self.worker].error(line);
    }

    #[cold]
    fn note_slow(&self, shared: &Shared, now: i64, spec: &Spec, args: &[&[u8]], ticks: u64) {
        let is_fast = spec.flags.has(Traits::FAST);
        let event = if is_fast { "fast-command" } else { "command" };
        let took = Duration::from_nanos(clock::nanoseconds(ticks));
        shared.latency.note(event, took);
        if !spec.flags.has(Traits::SKIP_SLOWLOG) {
            shared.slow.note(ticks, now / 1000, args, self.who());
        }
    }

    /// The address and the name of the client.
    fn who(&self) -> (String, Vec<u8>) {
        let name = self.client.known().name.to_vec();
        (self.client.place.peer.clone(), name)
    }
}
