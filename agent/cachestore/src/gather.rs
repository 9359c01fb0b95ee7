//! What is to be written to the log next.

use std::collections::VecDeque;

use crate::mutation::mutated;
use crate::record::{self, Part};

/// A group commit is not longer, but for its last record.
const COMMIT_BYTES_MAX: usize = 8 << 20;

/// Records that wait for the log, and the numbers that the next ones have.
///
/// Whoever appends a partition's effects has the partition, so that its records are in the order of its changes.
///
/// Invariants: 1. `appended` is how many bytes of records were ever appended; 2. no body but the last is shorter than
/// `COMMIT_BYTES_MAX`.
#[derive(Debug)]
pub struct Gather {
    bodies: VecDeque<Body>,
    appended: u64,
    /// The last number of each partition.
    sequences: Vec<u64>,
    transaction: u64,
    epoch: u64,
    /// How often a new segment was asked for.
    cuts: u64,
}

#[derive(Debug)]
struct Body {
    bytes: Vec<u8>,
    through: u64,
}

/// What is written as one group commit.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Its records; nothing, if there are none.
    pub(crate) body: Option<Vec<u8>>,
    /// The place that the log has come to with them.
    pub(crate) through: u64,
    /// How often a new segment was asked for up to now.
    pub(crate) cuts: u64,
}

impl Gather {
    /// After a log in which each partition has come to these numbers.
    pub(crate) fn new(sequences: Vec<u64>, transaction: u64, epoch: u64) -> Self {
        Self {
            bodies: VecDeque::new(),
            appended: 0,
            sequences,
            transaction,
            epoch,
            cuts: 0,
        }
    }

    /// Appends effects of a partition; the place of the log where they end.
    ///
    /// # Panics
    /// If there is no such partition.
    pub fn append(&mut self, partition: u32, effects: &[u8]) -> u64 {
        let part = self.part(partition, effects);
        self.put(|body| record::put_one(body, part))
    }

    /// Appends effects of several partitions, which are replayed all or none; the place of the log where they end.
    ///
    /// # Panics
    /// If there is no such partition.
    pub fn append_together(&mut self, parts: &[(u32, &[u8])]) -> u64 {
        if let [(partition, effects)] = parts {
            return self.append(*partition, effects);
        }
        if mutated("cachestore-transaction-in-pieces") {
            for (partition, effects) in parts {
                self.append(*partition, effects);
                self.end_body();
            }
            return self.appended;
        }
        let parts: Vec<_> = parts
            .iter()
            .map(|(partition, effects)| self.part(*partition, effects))
            .collect();
        self.transaction += 1;
        let transaction = self.transaction;
        self.put(|body| record::put_transaction(body, transaction, &parts))
    }

    /// The number of the last effects of a partition.
    ///
    /// # Panics
    /// If there is no such partition.
    #[must_use]
    pub fn sequence(&self, partition: u32) -> u64 {
        self.sequences[partition as usize]
    }

    /// The place of the log where all ends that was appended.
    #[must_use]
    pub const fn appended(&self) -> u64 {
        self.appended
    }

    /// The last number of a transaction, and the epoch.
    #[must_use]
    pub const fn numbers(&self) -> (u64, u64) {
        (self.transaction, self.epoch)
    }

    /// Asks for a new segment: what is appended from now on is in it or behind it. What tells that it was begun.
    pub const fn cut(&mut self) -> u64 {
        self.cuts += 1;
        self.cuts
    }

    /// Whether something waits to be written.
    #[must_use]
    pub fn waits(&self) -> bool {
        !self.bodies.is_empty()
    }

    /// Whether a new segment is asked for by one who has begun so many.
    #[must_use]
    pub const fn waits_for_cut(&self, cuts: u64) -> bool {
        self.cuts > cuts
    }

    /// What is to be written next.
    pub fn take(&mut self) -> Gathered {
        let body = self.bodies.pop_front();
        Gathered {
            through: body.as_ref().map_or(self.appended, |body| body.through),
            body: body.map(|body| body.bytes),
            cuts: self.cuts,
        }
    }

    fn part<'a>(&mut self, partition: u32, effects: &'a [u8]) -> Part<'a> {
        let sequence = &mut self.sequences[partition as usize];
        *sequence += 1;
        Part {
            partition,
            sequence: *sequence,
            effects,
        }
    }

    fn put(&mut self, put: impl FnOnce(&mut Vec<u8>)) -> u64 {
        let is_full = |body: &Body| body.bytes.len() >= COMMIT_BYTES_MAX;
        if self.bodies.back().is_none_or(is_full) {
            self.end_body();
        }
        let body = self.bodies.back_mut().expect("one was begun");
        let before = body.bytes.len();
        put(&mut body.bytes);
        self.appended += (body.bytes.len() - before) as u64;
        body.through = self.appended;
        self.appended
    }

    fn end_body(&mut self) {
        let mut bytes = Vec::new();
        record::begin(&mut bytes, self.epoch);
        let through = self.appended;
        self.bodies.push_back(Body { bytes, through });
    }
}
