//! Disk operations that belong together, carried out one after the other: the next is submitted when the last has
//! succeeded, so a failure leaves the rest undone.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::{Completion, Disk, DiskError, DiskOp, DiskTicket};

/// A row of operations.
#[derive(Debug, Default)]
pub(crate) struct Script {
    ops: VecDeque<DiskOp>,
    ticket: Option<DiskTicket>,
}

/// What a completion meant for a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It was not the script's.
    Unrelated,
    /// More is to come.
    Pending,
    /// All operations have succeeded.
    Done,
    /// The operation failed; it is still the first of the rest.
    Failed(DiskError),
}

impl Script {
    pub(crate) fn push(&mut self, op: DiskOp) {
        self.ops.push_back(op);
    }

    /// True if operations are left or under way.
    pub(crate) fn is_busy(&self) -> bool {
        !self.ops.is_empty()
    }

    /// Replaces a file as a whole: after a crash it is the old one or the new one.
    pub(crate) fn replace(&mut self, file: &str, temporary: &str, bytes: Bytes) {
        self.push(DiskOp::Create {
            file: temporary.to_owned(),
            preallocate: 0,
        });
        self.push(DiskOp::Write {
            file: temporary.to_owned(),
            offset: 0,
            parts: vec![bytes],
        });
        self.push(DiskOp::Sync {
            file: temporary.to_owned(),
        });
        self.push(DiskOp::Rename {
            from: temporary.to_owned(),
            to: file.to_owned(),
        });
        self.push(DiskOp::SyncDirectory);
    }

    /// Submits the first of the operations that are left. True if there was one, or one is under way.
    pub(crate) fn go<D: Disk>(&mut self, disk: &mut D) -> bool {
        if self.ticket.is_none()
            && let Some(op) = self.ops.front()
        {
            self.ticket = Some(disk.submit(op.clone()));
        }
        self.ticket.is_some()
    }

    pub(crate) fn complete<D: Disk>(&mut self, completion: &Completion, disk: &mut D) -> Step {
        if self.ticket != Some(completion.ticket) {
            return Step::Unrelated;
        }
        self.ticket = None;
        let harmless = matches!(self.ops.front(), Some(DiskOp::Remove { .. }));
        match &completion.result {
            Err(DiskError::NotFound) if harmless => {}
            Err(error) => return Step::Failed(error.clone()),
            Ok(()) => {}
        }
        self.ops.pop_front();
        if self.go(disk) {
            Step::Pending
        } else {
            Step::Done
        }
    }
}
