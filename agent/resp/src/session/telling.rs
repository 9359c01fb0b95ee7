//! Others are told what a client does.

use synod_cache::command::Spec;
use synod_cache::keys::partition_of;

use super::Session;
use crate::Shared;
use crate::mailbox::are_full;
use crate::monitor;
use crate::part::{Part, tell};

impl Session {
    /// Something was told to others: if it is too much for them to read, it waits before it tells more.
    #[cold]
    pub(crate) fn told_others(&mut self, shared: &Shared) {
        self.pauses |= are_full(&shared.mailboxes);
    }

    /// Those who see all commands see this one, which was carried out.
    #[inline]
    pub(crate) fn show(&mut self, shared: &Shared, spec: &Spec, args: &[&[u8]]) {
        if shared.monitors.are_any() && monitor::shows(spec) {
            monitor::show(shared, self.database, &self.client.place.peer, args);
            self.told_others(shared);
        }
    }

    /// Tells others what a command did, and notes what it read.
    pub(crate) fn tell(
        &mut self,
        shared: &Shared,
        spec: &Spec,
        args: &[&[u8]],
        parts: &mut [(usize, &mut Part)],
    ) {
        let told = parts.iter_mut().map(|(_, part)| &mut **part);
        if tell(told, shared, self.id) {
            self.told_others(shared);
        }
        if self.remembers(spec) {
            for key in spec.keys_of(args) {
                let key = args[key.index];
                let index = partition_of(key, shared.parts.len());
                if let Some((_, part)) = parts.iter_mut().find(|(number, _)| *number == index) {
                    part.remember(key, (self.worker, self.id), shared);
                }
            }
        }
    }
}
