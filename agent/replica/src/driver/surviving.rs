//! A survivor's way into a new group: what it has is written as that group's first snapshot, read back, and then decided for
//! (`recovery::survivor` has all the steps). Until then the disk is the group's of before, and the next start begins anew.

use synod_paxos::Now;

use super::Driver;
use crate::snapshot::{
    Header, LoadError, Loaded, Loading, Step, WRITING, Writing, Written, snapshot_file,
};
use crate::{
    Completion, Disk, DiskError, DiskOp, DiskState, Net, Quarantine, StateMachine, recovery,
};

/// Blocks that are read back in one go.
const BLOCKS_PER_STEP: usize = 4;

/// The new group's first snapshot, before it is decided for.
pub(super) enum Beginning<S: StateMachine> {
    Writing(Writing<S::Reader>),
    /// It is durable, and was written with this hash.
    ReadingBack(Box<Loading<S>>, u64),
}

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
        self.beginning = Some(Beginning::Writing(writing));
    }

    /// A disk operation of it has ended.
    pub(super) fn on_beginning_completion(&mut self, now: Now, completion: &Completion) -> bool {
        let Some(Beginning::Writing(writing)) = &mut self.beginning else {
            return false;
        };
        match writing.complete(completion, &mut self.disk) {
            Written::Unrelated => return false,
            Written::Pending => self.disk_state = DiskState::Fine,
            Written::Done { slot, hash } => {
                let (cluster, group) = (self.settings.cluster, self.settings.group);
                let empty = self.replicated.machine.empty();
                let loading = Loading::new(snapshot_file(slot), cluster, group, empty);
                self.beginning = Some(Beginning::ReadingBack(Box::new(loading), hash));
                // What is on the disk is gone on with; there need not be room for it twice.
                if let Some(opening) = &mut self.opening {
                    opening.veiled = None;
                }
            }
            Written::Failed(DiskError::Full) => {
                self.beginning = None;
                self.disk_state = DiskState::Full;
                self.script_retry_at = Some(now + self.settings.bounds.full_retry);
                // What is written gives its space back until then; nobody waits for that.
                self.disk.submit(DiskOp::Remove {
                    file: WRITING.to_owned(),
                });
            }
            Written::Failed(DiskError::NotFound) => self.give_up_beginning("a file vanished"),
            Written::Failed(DiskError::Failed(why)) => self.give_up_beginning(&why),
        }
        true
    }

    /// Reads it back, for a bounded time.
    pub(super) fn read_beginning_back(&mut self, now: Now) {
        let Some(Beginning::ReadingBack(mut loading, hash)) = self
            .beginning
            .take_if(|it| matches!(it, Beginning::ReadingBack(..)))
        else {
            return;
        };
        for _ in 0..BLOCKS_PER_STEP {
            match loading.step(&self.disk) {
                Ok(Step::More(more)) => loading = more,
                Ok(Step::Done(loaded)) if loaded.hash == hash => {
                    return self.decide_for_beginning(now, loaded);
                }
                Ok(Step::Done(_)) => {
                    return self.give_up_beginning("a snapshot reads back altered");
                }
                Err(LoadError::Damaged(why)) => return self.give_up_beginning(&why),
                Err(LoadError::Newer { .. }) => {
                    return self.give_up_beginning("a snapshot reads back as of a newer version");
                }
            }
        }
        self.beginning = Some(Beginning::ReadingBack(loading, hash));
        self.unfinished = true;
    }

    fn decide_for_beginning(&mut self, now: Now, loaded: Loaded<S>) {
        let seed = self.opening.take().map_or(0, |opening| opening.seed);
        let identity = self.identity.clone();
        match recovery::succeed(&self.settings, &self.disk, identity, loaded) {
            Ok(prepared) => self.open_anew(now, prepared, seed),
            Err(error) => self.give_up_beginning(&error.to_string()),
        }
    }

    /// Nothing was decided: a later start may be luckier.
    fn give_up_beginning(&mut self, why: &str) {
        self.beginning = None;
        self.quarantine(Quarantine::DiskFailed(why.to_owned()));
    }
}
