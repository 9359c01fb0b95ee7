//! Receiving a snapshot: written to a file of its own, synced, read back with every sum checked, renamed; only then is it
//! told to be installed. Anything that fails before leaves the member as it was.

use bytes::Bytes;
use synod_paxos::{Node, Now, Span};

use super::RECEIVING;
use super::format::{LoadError, Loaded, Loading, Step, snapshot_file};
use crate::mutation::mutated;
use crate::script::{self, Script};
use crate::wire::{SnapshotAnswer, SnapshotName};
use crate::{ClusterUid, Completion, Disk, DiskError, DiskOp, StateMachine};

/// Blocks of a received snapshot that are read back in one go.
const BLOCKS_PER_STEP: usize = 4;

enum Stage<S> {
    /// Pieces arrive. `written` of `received` bytes are on disk.
    Pieces { received: u64, written: u64 },
    /// All are written and being synced.
    Syncing,
    /// Read back, a few blocks at a time.
    Verifying(Option<Box<Loading<S>>>),
    /// Renamed and made durable.
    Renaming(Option<Box<Loaded<S>>>),
}

struct Reception<S> {
    from: Node,
    name: SnapshotName,
    length: u64,
    stage: Stage<S>,
    script: Script,
    heard: Now,
}

/// What happened to a reception.
pub(crate) enum Received<S> {
    /// Nothing that concerns it.
    Unrelated,
    /// It goes on; `Some` is to be said to its sender.
    Pending(Option<(Node, SnapshotName, SnapshotAnswer)>),
    /// It is durable and verified: to be installed.
    Done(Node, SnapshotName, Box<Loaded<S>>),
    /// It cannot be taken; why, and the answer.
    Failed(Option<DiskError>, (Node, SnapshotName, SnapshotAnswer)),
}

/// The one snapshot that is being received, if any.
///
/// Bound: one at a time. Another is taken instead when this one has been silent for `patience`, or when its sender
/// offers a newer one.
pub(crate) struct Receiver<S> {
    cluster: ClusterUid,
    group: u32,
    patience: Span,
    current: Option<Reception<S>>,
}

impl<S: StateMachine> Receiver<S> {
    pub(crate) fn new(cluster: ClusterUid, group: u32, patience: Span) -> Self {
        Self {
            cluster,
            group,
            patience,
            current: None,
        }
    }

    /// A member offers a snapshot that is wanted.
    pub(crate) fn offered<D: Disk>(
        &mut self,
        now: Now,
        from: Node,
        name: SnapshotName,
        length: u64,
        disk: &mut D,
    ) -> Option<SnapshotAnswer> {
        if let Some(current) = &mut self.current {
            if current.name == name && current.from == from {
                current.heard = now;
                return match current.stage {
                    Stage::Pieces { received, .. } => Some(SnapshotAnswer::Next(received)),
                    _ => Some(SnapshotAnswer::Next(current.length)),
                };
            }
            let verifying = !matches!(current.stage, Stage::Pieces { .. });
            let silent = now - current.heard >= self.patience;
            let newer = current.from == from && name.slot > current.name.slot;
            if verifying || current.script.is_busy() || !(silent || newer) {
                return None;
            }
        }
        let mut script = Script::default();
        script.push(DiskOp::Create {
            file: RECEIVING.to_owned(),
            preallocate: 0,
        });
        script.go(disk);
        self.current = Some(Reception {
            from,
            name,
            length,
            stage: Stage::Pieces {
                received: 0,
                written: 0,
            },
            script,
            heard: now,
        });
        Some(SnapshotAnswer::Next(0))
    }

    /// Bytes of a snapshot arrived. The answer says from where to go on.
    pub(crate) fn piece<D: Disk>(
        &mut self,
        now: Now,
        from: Node,
        name: SnapshotName,
        offset: u64,
        bytes: Bytes,
        disk: &mut D,
    ) -> Option<SnapshotAnswer> {
        let current = self.current.as_mut()?;
        if current.name != name || current.from != from {
            return None;
        }
        current.heard = now;
        let Stage::Pieces { received, .. } = &mut current.stage else {
            return None;
        };
        let end = offset.saturating_add(bytes.len() as u64);
        if offset != *received || end > current.length || bytes.is_empty() {
            return Some(SnapshotAnswer::Next(*received));
        }
        *received = end;
        current.script.push(DiskOp::Write {
            file: RECEIVING.to_owned(),
            offset,
            parts: vec![bytes],
        });
        current.script.go(disk);
        None
    }

    /// Takes a completion in.
    pub(crate) fn complete<D: Disk>(
        &mut self,
        completion: &Completion,
        empty: impl FnOnce() -> S,
        disk: &mut D,
    ) -> Received<S> {
        let Some(mut current) = self.current.take() else {
            return Received::Unrelated;
        };
        match current.script.complete(completion, disk) {
            script::Step::Unrelated => {
                self.current = Some(current);
                return Received::Unrelated;
            }
            script::Step::Failed(error) => return self.fail(current, Some(error), disk),
            script::Step::Pending | script::Step::Done => {}
        }
        let (from, name) = (current.from, current.name);
        let idle = !current.script.is_busy();
        let mut answer = None;
        current.stage = match current.stage {
            Stage::Pieces { received, .. } if idle && received == current.length => {
                current.script.push(DiskOp::Sync {
                    file: RECEIVING.to_owned(),
                });
                current.script.go(disk);
                answer = Some(received);
                Stage::Syncing
            }
            Stage::Pieces { received, written } if idle => {
                // The file was created, or everything that came is written: ask for more.
                if received > written {
                    answer = Some(received);
                }
                Stage::Pieces {
                    received,
                    written: received,
                }
            }
            Stage::Syncing if idle => {
                let loading = Loading::new(RECEIVING.to_owned(), self.cluster, self.group, empty());
                Stage::Verifying(Some(Box::new(loading)))
            }
            Stage::Renaming(loaded) if idle => {
                let Some(loaded) = loaded else {
                    return Received::Unrelated;
                };
                return Received::Done(from, name, loaded);
            }
            stage => stage,
        };
        self.current = Some(current);
        Received::Pending(answer.map(|offset| (from, name, SnapshotAnswer::Next(offset))))
    }

    /// True if a received snapshot waits to be read back: [`Receiver::verify`] is to be called soon.
    pub(crate) fn is_verifying(&self) -> bool {
        self.current
            .as_ref()
            .is_some_and(|current| matches!(current.stage, Stage::Verifying(_)))
    }

    /// Reads a received snapshot on, for a bounded time.
    pub(crate) fn verify<D: Disk>(&mut self, level_max: u32, disk: &mut D) -> Received<S> {
        let Some(mut current) = self.current.take() else {
            return Received::Unrelated;
        };
        let Stage::Verifying(loading) = &mut current.stage else {
            self.current = Some(current);
            return Received::Unrelated;
        };
        let Some(mut loading) = loading.take() else {
            return Received::Unrelated;
        };
        for _ in 0..BLOCKS_PER_STEP {
            match loading.step(disk) {
                Ok(Step::More(more)) => loading = more,
                Ok(Step::Done(loaded)) if Self::fits(&current, &loaded, level_max) => {
                    self.rename(current, loaded, disk);
                    return Received::Pending(None);
                }
                Ok(Step::Done(_)) | Err(LoadError::Damaged(_) | LoadError::Newer { .. }) => {
                    return self.fail(current, None, disk);
                }
            }
        }
        current.stage = Stage::Verifying(Some(loading));
        self.current = Some(current);
        Received::Pending(None)
    }

    fn fits(current: &Reception<S>, loaded: &Loaded<S>, level_max: u32) -> bool {
        let same = loaded.base.slot == current.name.slot && loaded.hash == current.name.hash;
        loaded.shared.level <= level_max && (same || mutated("replica-unverified-snapshot"))
    }

    fn rename<D: Disk>(&mut self, mut current: Reception<S>, loaded: Loaded<S>, disk: &mut D) {
        current.script.push(DiskOp::Rename {
            from: RECEIVING.to_owned(),
            to: snapshot_file(loaded.base.slot),
        });
        current.script.push(DiskOp::SyncDirectory);
        current.script.go(disk);
        current.stage = Stage::Renaming(Some(Box::new(loaded)));
        self.current = Some(current);
    }

    fn fail<D: Disk>(
        &mut self,
        current: Reception<S>,
        error: Option<DiskError>,
        disk: &mut D,
    ) -> Received<S> {
        // Nobody waits for this: whatever it leaves behind is overwritten by the next reception.
        disk.submit(DiskOp::Remove {
            file: RECEIVING.to_owned(),
        });
        let answer = (current.from, current.name, SnapshotAnswer::Refused);
        Received::Failed(error, answer)
    }
}
