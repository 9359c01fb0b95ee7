//! What is measured of each command.

use std::time::Duration;

use synod_cache::command::{Spec, Traits};

use crate::Shared;
use crate::config::Id;
use crate::counts::clock;
use crate::session::Session;

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
    pub(crate) fn measure(&mut self, shared: &Shared, spec: &Spec, args: &[&[u8]], reply: usize) {
        let now = clock::ticks();
        let ticks = now.saturating_sub(self.began);
        self.began = now;
        let failed = self.reply.bytes().get(reply) == Some(&b'-');
        let tracks = shared.config.is_set(TRACKING);
        shared.counts[self.worker].called(spec.number, ticks, failed, tracks);
        if failed {
            self.count_error(shared, reply);
        }
        if shared.slow.is_slow(ticks) {
            self.note_slow(shared, spec, args, ticks);
        }
    }

    /// A command was not carried out; the error that was answered begins there.
    pub(crate) fn measure_rejected(&mut self, shared: &Shared, spec: Option<&Spec>, reply: usize) {
        if let Some(spec) = spec {
            shared.counts[self.worker].rejected(spec.number);
        }
        self.count_error(shared, reply);
    }

    #[cold]
    fn count_error(&self, shared: &Shared, reply: usize) {
        let line = self.reply.bytes().get(reply..).unwrap_or_default();
        shared.counts[self.worker].error(line);
    }

    #[cold]
    fn note_slow(&self, shared: &Shared, spec: &Spec, args: &[&[u8]], ticks: u64) {
        let is_fast = spec.flags.has(Traits::FAST);
        let event = if is_fast { "fast-command" } else { "command" };
        let took = Duration::from_nanos(clock::nanoseconds(ticks));
        shared.latency.note(event, took);
        if !spec.flags.has(Traits::SKIP_SLOWLOG) {
            let at = self.now / 1000;
            shared.slow.note(ticks, at, args, self.who());
        }
    }

    /// The address and the name of the client, as far as they are known.
    fn who(&self) -> (String, Vec<u8>) {
        let address = self.address.map(|address| address.to_string());
        (address.unwrap_or_default(), Vec::new())
    }
}
