//! A survivor's way into a new group: what it has is written as that group's first snapshot, read back, and then decided for
//! (`recovery::survivor` has all the steps). Until then the disk is the group's of before, and the next start begins anew.

use synod_paxos::Now;

use super::Driver;
use crate::snapshot::{Header, WRITING, Writing, Written};
use crate::{
    Completion, Disk, DiskError, DiskOp, DiskState, Net, Quarantine, StateMachine, recovery,
};

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    /// Nothing is left of earlier attempts: writes what the new group begins with.
    pub(super) fn write_beginning(&mut self) {
        let Some(opening) = &self.opening else { return };
        let Some((machine, shared)) = &opening.veiled else {
            return;
        };
        let header = Header {
            cluster: self.settings.cluster,
            group: self.settings.group,
            base: opening.base.clone(),
        };
        let piece_bytes = self.settings.bounds.snapshot_piece_bytes;
        let (shared, reader) = (shared.encode(), machine.snapshot());
        let writing = Writing::start(&header, shared, reader, piece_bytes, &mut self.disk);
        self.beginning = Some(writing);
    }

    /// A disk operation of it has ended.
    pub(super) fn on_beginning_completion(&mut self, now: Now, completion: &Completion) -> bool {
        let Some(writing) = &mut self.beginning else {
            return false;
        };
        match writing.complete(completion, &mut self.disk) {
            Written::Unrelated => return false,
            Written::Pending => {}
            Written::Done { slot, hash } => {
                self.beginning = None;
                self.disk_state = DiskState::Fine;
                let empty = self.replicated.machine.empty();
                let identity = self.identity.clone();
                let written = (slot, hash);
                match recovery::succeed(&self.settings, &self.disk, empty, identity, written) {
                    Ok(prepared) => {
                        let seed = self.opening.take().map_or(0, |opening| opening.seed);
                        self.open_anew(now, prepared, seed);
                    }
                    Err(why) => self.quarantine(Quarantine::DiskFailed(why)),
                }
            }
            Written::Failed(DiskError::Full | DiskError::NotFound) => {
                self.beginning = None;
                self.disk_state = DiskState::Full;
                self.script_retry_at = Some(now + self.settings.bounds.full_retry);
                // What is written gives its space back until then; nobody waits for that.
                self.disk.submit(DiskOp::Remove {
                    file: WRITING.to_owned(),
                });
            }
            Written::Failed(DiskError::Failed(why)) => {
                self.beginning = None;
                self.quarantine(Quarantine::DiskFailed(why));
            }
        }
        true
    }
}
