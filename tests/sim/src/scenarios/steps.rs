//! What scenarios are made of: waiting for a leader, and operations that must succeed.

use bytes::Bytes;
use synod_paxos::Node;

use crate::clock::{Instant, MS, SECOND};
use crate::demand;
use crate::operation::{Operation, Outcome};
use crate::service::Service;
use crate::world::World;

pub(super) fn key(name: &str) -> Bytes {
    Bytes::copy_from_slice(name.as_bytes())
}

pub(super) fn put(name: &str, value: &str) -> Operation {
    Operation::Put {
        key: key(name),
        value: key(value),
        lease: 0,
    }
}

pub(super) fn read(name: &str) -> Operation {
    Operation::Range {
        from: key(name),
        to: key(&format!("{name}\0")),
        revision: 0,
        serializable: false,
    }
}

impl<S: Service> World<S> {
    /// Waits until somebody other than `not` leads.
    pub(crate) fn await_leader(&mut self, not: Option<Node>) -> Node {
        let limit = self.now + 30 * SECOND;
        loop {
            self.pass(20 * MS);
            if let Some(leader) = self
                .leader()
                .filter(|leader| Some(*leader) != not && self.hosts[leader].running(self.now))
            {
                return leader;
            }
            demand!("progress", self.now < limit, "nobody leads after 30 s");
        }
    }

    pub(crate) fn others(&self, node: Node) -> Vec<Node> {
        self.hosts
            .keys()
            .copied()
            .filter(|other| *other != node)
            .collect()
    }
}

impl World {
    /// Does an operation that must succeed, here or there, within a while.
    pub(super) fn must(&mut self, node: Node, operation: &Operation) -> Outcome {
        let limit = self.now + 30 * SECOND;
        loop {
            let operation = self.freshen(operation);
            if let Some(outcome) = self.perform(node, operation) {
                return outcome;
            }
            demand!(
                "progress",
                self.now < limit,
                "{node} does not answer for 30 s"
            );
        }
    }

    /// The same operation, with bytes that were not used before.
    fn freshen(&mut self, operation: &Operation) -> Operation {
        let id = self.ledger.borrow().operations.len();
        match operation.clone() {
            Operation::Put {
                key: name,
                value,
                lease,
            } => {
                let value = key(&format!("{}#{id}", String::from_utf8_lossy(&value)));
                Operation::Put {
                    key: name,
                    value,
                    lease,
                }
            }
            Operation::Delete { from, .. } => {
                let to = [from.as_ref(), b"\0", id.to_string().as_bytes()].concat();
                Operation::Delete {
                    from,
                    to: to.into(),
                }
            }
            Operation::Compact { mut revision } => {
                while !self.people.compactions.insert(revision) {
                    revision += 1;
                }
                Operation::Compact { revision }
            }
            other => other,
        }
    }

    pub(super) fn keep_alive_for(&mut self, node: Node, lease: i64, span: Instant) {
        let until = self.now + span;
        while self.now < until {
            self.perform(node, Operation::KeepAlive { lease });
            self.pass(300 * MS);
        }
    }
}
