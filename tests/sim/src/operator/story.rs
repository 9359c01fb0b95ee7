//! What happened on the API's and the cluster's side, in order: a hash over all of it, and the last lines for people.

use std::collections::VecDeque;

use crate::clock::Instant;

/// Lines kept.
const KEPT: usize = 400;

/// The story of a run.
pub(super) struct Story {
    hash: u64,
    lines: VecDeque<String>,
    loud: bool,
}

impl Story {
    pub(super) const fn new(loud: bool) -> Self {
        Self {
            hash: 0,
            lines: VecDeque::new(),
            loud,
        }
    }

    /// Adds a line.
    pub(super) fn add(&mut self, at: Instant, words: &str) {
        for byte in at.to_le_bytes().iter().chain(words.as_bytes()) {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let line = format!("{:>9.3} s  {words}", at as f64 / 1e9);
        if self.loud {
            println!("{line}");
        }
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    /// The last `count` lines.
    pub(super) fn tail(&self, count: usize) -> Vec<String> {
        let skip = self.lines.len().saturating_sub(count);
        self.lines.iter().skip(skip).cloned().collect()
    }
}
