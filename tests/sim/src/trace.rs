//! What happened, in order: a hash over all of it, by which two runs are compared, and the last few hundred lines for
//! people.

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;
use synod_paxos::{Body, Node};

use crate::clock::Instant;
use crate::profile::Fault;

/// Lines kept.
const KEPT: usize = 400;

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum What {
    /// A process began.
    Start {
        /// Counts the machine's processes.
        incarnation: u64,
    },
    /// A process ended.
    Die {
        /// Whether the machine lost power.
        power: bool,
        /// Writes lost or torn.
        lost: u64,
    },
    /// A frame arrived.
    Frame {
        /// The sender.
        from: Node,
        /// What it says is told in words when somebody asks.
        frame: Bytes,
    },
    /// The network told of a connection.
    Link {
        /// The other end.
        peer: Node,
        /// Whether it stands.
        up: bool,
    },
    /// A disk operation completed.
    Disk {
        /// Whether it failed.
        failed: bool,
    },
    /// A time was reached.
    Wake,
    /// A client asked something.
    Ask {
        /// The operation.
        operation: usize,
    },
    /// A client was answered.
    Answer {
        /// The operation.
        operation: usize,
        /// The point in the log.
        slot: u64,
    },
    /// A client was refused, or gave up.
    Refusal {
        /// The operation.
        operation: usize,
    },
    /// A fault was made.
    Fault(Fault),
    /// Something that is rare enough for words.
    Note(String),
}

/// The trace of a run.
#[derive(Debug, Default)]
pub struct Trace {
    hash: u64,
    lines: VecDeque<(Instant, Node, What)>,
    /// Things that happened.
    pub steps: u64,
    /// Whether every line is printed as it comes.
    pub loud: bool,
}

impl Trace {
    /// Adds a line; `content` goes into the hash only.
    pub fn add(&mut self, at: Instant, node: Node, what: What, content: u64) {
        self.steps += 1;
        for part in [at, node.0, content] {
            self.hash = (self.hash ^ part)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(29);
        }
        if self.loud {
            println!("{}", Line(&(at, node, what.clone())));
        }
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back((at, node, what));
    }

    /// Equal for equal runs.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The last `count` lines.
    #[must_use]
    pub fn tail(&self, count: usize) -> Vec<String> {
        let skip = self.lines.len().saturating_sub(count);
        self.lines
            .iter()
            .skip(skip)
            .map(|line| Line(line).to_string())
            .collect()
    }
}

struct Line<'a>(&'a (Instant, Node, What));

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, node, what) = self.0;
        write!(f, "{:>12.6} s {node:>3} ", *at as f64 / 1e9)?;
        match what {
            What::Start { incarnation } => write!(f, "starts (process {incarnation})"),
            What::Die { power: true, lost } => {
                write!(f, "loses power ({lost} writes lost or torn)")
            }
            What::Die { .. } => write!(f, "is killed"),
            What::Frame { from, frame } => write!(f, "gets {} from {from}", words(frame)),
            What::Link { peer, up: true } => write!(f, "is connected to {peer}"),
            What::Link { peer, .. } => write!(f, "lost the connection to {peer}"),
            What::Disk { failed: false } => write!(f, "disk done"),
            What::Disk { .. } => write!(f, "disk failed"),
            What::Wake => write!(f, "wakes"),
            What::Ask { operation } => write!(f, "is asked for op {operation}"),
            What::Answer { operation, slot } => write!(f, "answers op {operation} at s{slot}"),
            What::Refusal { operation } => write!(f, "refuses op {operation}"),
            What::Fault(fault) => write!(f, "-- fault: {fault:?}"),
            What::Note(words) => write!(f, "-- {words}"),
        }
    }
}

/// A frame in a few words.
fn words(frame: &Bytes) -> String {
    let Some(message) = synod_replica::overhear(frame) else {
        return format!("{} B", frame.len());
    };
    let config = message.config.0;
    match message.body {
        Body::Sync {
            ballot,
            from,
            entries,
            decided,
        } => {
            format!(
                "c{config} Sync {ballot} from {from} +{} decided {decided}",
                entries.len()
            )
        }
        Body::Accept {
            ballot,
            from,
            entries,
            decided,
        } => {
            format!(
                "c{config} Accept {ballot} from {from} +{} decided {decided}",
                entries.len()
            )
        }
        Body::Learn {
            ballot,
            from,
            entries,
            decided,
        } => {
            format!(
                "c{config} Learn {ballot} from {from} +{} decided {decided}",
                entries.len()
            )
        }
        Body::Promise {
            ballot,
            accepted,
            decided,
            last,
            suffix,
        } => {
            let suffix = suffix.len();
            format!(
                "c{config} Promise {ballot} accepted {accepted} last {last} decided {decided} +{suffix}"
            )
        }
        body => format!("c{config} {body:?}"),
    }
}
