//! What others do to a client, and what they are told of it.

use synod_cache::command::{Spec, Traits};

use crate::Shared;
use crate::client::Activity;
use crate::front::runs_scripts;
use crate::session::Session;

impl Session {
    /// Tells others what it did.
    pub(crate) fn note(&self, now: i64) {
        let transaction = self.transaction.as_ref();
        let queued = transaction.map(|transaction| transaction.queue.len());
        self.client.known().activity = Activity {
            at: now,
            called: self.called,
            database: self.database,
            protocol: self.reply.protocol(),
            queued: queued.or(self.executed),
            waits: self.waiting.is_some() || self.is_paused,
            ends: self.ends,
            is_kept: self.is_kept,
            touches_nothing: self.touches_nothing,
            buffers: self.buffers,
            ..self.heard()
        };
    }

    /// Whether a command is not to be carried out for now.
    pub(crate) fn has_to_pause(&self, shared: &Shared, now: i64, spec: &Spec) -> bool {
        let writes = |spec: &Spec| {
            let flags = spec.flags;
            let may = runs_scripts(spec) && !flags.has(Traits::READONLY);
            flags.has(Traits::WRITE) || flags.has(Traits::MAY_REPLICATE) || may
        };
        let queue = self.transaction.iter().flat_map(|it| &it.queue);
        let mut queued = queue.filter(|_| spec.name == "exec");
        shared
            .pause
            .holds(writes(spec) || queued.any(|it| writes(it.spec)), now)
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

    /// Whether keys that this uses are not taken for used.
    pub(crate) fn is_quiet(&self, spec: &Spec) -> bool {
        self.touches_nothing && spec.name != "touch"
    }
}
