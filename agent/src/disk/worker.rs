//! Carries out disk operations, and knows how quick that is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use synod_disk::{DataDirectory, Files};
use synod_replica::{Completion, DiskError, DiskOp, DiskTicket};

use super::Completed;
use crate::metrics::DiskMetrics;

/// A sync that takes less costs about as much as waking a thread and being woken by it.
const QUICK: Duration = Duration::from_millis(1);

/// So many syncs in a row must have been quick before one is waited for.
const QUICK_SYNCS_MIN: u32 = 8;

/// An operation, and the ticket that its completion bears.
pub(super) type Operation = (DiskTicket, DiskOp);

pub(super) struct Worker {
    files: Files,
    metrics: DiskMetrics,
    completed: Completed,
    /// Results not told yet: told together, since a write is of no use to anyone before its sync.
    untold: Vec<Completion>,
    /// Syncs in a row that took less than [`QUICK`].
    quick_syncs: u32,
}

impl Worker {
    pub(super) fn new(
        directory: Arc<DataDirectory>,
        metrics: DiskMetrics,
        completed: Completed,
    ) -> Self {
        Self {
            files: Files::new(directory),
            metrics,
            completed,
            untold: Vec::new(),
            quick_syncs: 0,
        }
    }

    /// Carries out operations in their order and tells of each.
    pub(super) fn work(&mut self, operations: impl IntoIterator<Item = Operation>) {
        for (ticket, op) in operations {
            self.carry_out(ticket, &op);
        }
        self.tell();
    }

    /// Whether the last syncs were all so quick that one more may be waited for.
    pub(super) const fn is_quick(&self) -> bool {
        self.quick_syncs >= QUICK_SYNCS_MIN
    }

    fn carry_out(&mut self, ticket: DiskTicket, op: &DiskOp) {
        let result = self.perform(op);
        let ended = result.is_err() || matches!(op, DiskOp::Sync { .. } | DiskOp::SyncDirectory);
        self.untold.push(Completion { ticket, result });
        if ended {
            self.tell();
        }
    }

    fn tell(&mut self) {
        if !self.untold.is_empty() {
            (self.completed)(std::mem::take(&mut self.untold));
        }
    }

    fn perform(&mut self, op: &DiskOp) -> Result<(), DiskError> {
        let begun = Instant::now();
        let done = self.files.carry_out(op);
        if matches!(op, DiskOp::Sync { .. }) {
            let took = begun.elapsed();
            self.quick_syncs = if took < QUICK {
                self.quick_syncs.saturating_add(1)
            } else {
                0
            };
            self.metrics.fsync_seconds.observe(took.as_secs_f64());
        }
        done.map(|written| {
            self.metrics.written_bytes.inc_by(written);
        })
    }
}
