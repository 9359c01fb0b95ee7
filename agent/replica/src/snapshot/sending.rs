//! Sending snapshots to members that lag behind the log: offered, then sent in pieces, a few ahead of the receiver's
//! acknowledgement; after a silence, again from what it acknowledged.

use std::collections::{BTreeMap, VecDeque};

use synod_paxos::{Node, Now, Span};

use super::snapshot_file;
use crate::Disk;
use crate::wire::{Peer, SnapshotAnswer, SnapshotName};

/// One snapshot on its way to one member.
#[derive(Debug)]
struct Transfer {
    name: SnapshotName,
    length: u64,
    /// Bytes that the receiver has, once it answered.
    acknowledged: Option<u64>,
    sent: u64,
    /// When to send again what was not acknowledged.
    repeat_at: Now,
    /// When to give up.
    give_up_at: Now,
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The member has it.
    Done(Node, SnapshotName),
    /// The member does not take it: it has no space, or what arrived does not check.
    Refused(Node, SnapshotName),
    /// The member is silent, or the file cannot be read.
    Failed(Node),
}

/// All transfers of this member.
///
/// Bound: `receivers_max` at a time; the rest waits in order, each member at most once.
#[derive(Debug, Default)]
pub(crate) struct Sender {
    transfers: BTreeMap<Node, Transfer>,
    waiting: VecDeque<Node>,
}

/// What a sender needs to know of its surroundings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) now: Now,
    pub(crate) repeat: Span,
    pub(crate) give_up: Span,
    pub(crate) piece_bytes: usize,
    pub(crate) pieces_max: usize,
    pub(crate) receivers_max: usize,
}

impl Sender {
    /// Notes that `node` needs a snapshot.
    pub(crate) fn want(&mut self, node: Node) {
        if !self.transfers.contains_key(&node) && !self.waiting.contains(&node) {
            self.waiting.push_back(node);
        }
    }

    /// True if somebody waits for a snapshot to be offered.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// True if the file of `name` is being sent.
    pub(crate) fn uses(&self, slot: synod_paxos::Slot) -> bool {
        self.transfers
            .values()
            .any(|transfer| transfer.name.slot == slot)
    }

    /// Drops everything: this member leads no more.
    pub(crate) fn clear(&mut self) {
        self.transfers.clear();
        self.waiting.clear();
    }

    /// Offers the newest snapshot to those who wait, as many as may be.
    pub(crate) fn offer(
        &mut self,
        pace: &Pace,
        name: SnapshotName,
        length: u64,
        out: &mut Vec<(Node, Peer)>,
    ) {
        while self.transfers.len() < pace.receivers_max
            && let Some(node) = self.waiting.pop_front()
        {
            let transfer = Transfer {
                name,
                length,
                acknowledged: None,
                sent: 0,
                repeat_at: pace.now + pace.repeat,
                give_up_at: pace.now + pace.give_up,
            };
            self.transfers.insert(node, transfer);
            out.push((node, Peer::SnapshotOffer { name, length }));
        }
    }

    /// Takes in what a receiver says.
    pub(crate) fn answered<D: Disk>(
        &mut self,
        pace: &Pace,
        from: Node,
        name: SnapshotName,
        answer: SnapshotAnswer,
        disk: &D,
        out: &mut Vec<(Node, Peer)>,
    ) -> Option<Sent> {
        let transfer = self.transfers.get_mut(&from)?;
        if transfer.name != name {
            return None;
        }
        match answer {
            SnapshotAnswer::Done => {
                self.transfers.remove(&from);
                Some(Sent::Done(from, name))
            }
            SnapshotAnswer::Refused => {
                self.transfers.remove(&from);
                Some(Sent::Refused(from, name))
            }
            SnapshotAnswer::Next(offset) if offset > transfer.length => None,
            SnapshotAnswer::Next(offset) => {
                if transfer.acknowledged.is_none_or(|known| known != offset) {
                    transfer.give_up_at = pace.now + pace.give_up;
                    transfer.repeat_at = pace.now + pace.repeat;
                }
                let first = transfer.acknowledged.is_none();
                transfer.acknowledged = Some(offset);
                if first || transfer.sent < offset {
                    transfer.sent = offset;
                }
                let readable = transfer.send(from, pace, disk, out);
                if readable {
                    return None;
                }
                self.transfers.remove(&from);
                Some(Sent::Failed(from))
            }
        }
    }

    /// Repeats what was not answered, and gives up on the silent.
    pub(crate) fn tick<D: Disk>(
        &mut self,
        pace: &Pace,
        disk: &D,
        out: &mut Vec<(Node, Peer)>,
    ) -> Vec<Sent> {
        let mut failed = Vec::new();
        for (node, transfer) in &mut self.transfers {
            if transfer.give_up_at <= pace.now {
                failed.push(*node);
            } else if transfer.repeat_at <= pace.now {
                transfer.repeat_at = pace.now + pace.repeat;
                if let Some(acknowledged) = transfer.acknowledged
                    && acknowledged < transfer.length
                {
                    transfer.sent = acknowledged;
                    if !transfer.send(*node, pace, disk, out) {
                        failed.push(*node);
                    }
                } else {
                    let (name, length) = (transfer.name, transfer.length);
                    out.push((*node, Peer::SnapshotOffer { name, length }));
                }
            }
        }
        for node in &failed {
            self.transfers.remove(node);
        }
        failed.into_iter().map(Sent::Failed).collect()
    }

    /// When [`Sender::tick`] wants to be called next.
    pub(crate) fn next_deadline(&self) -> Option<Now> {
        self.transfers
            .values()
            .map(|transfer| transfer.repeat_at.min(transfer.give_up_at))
            .min()
    }
}

impl Transfer {
    /// Sends as many pieces as may be under way. False if the file cannot be read.
    fn send<D: Disk>(
        &mut self,
        to: Node,
        pace: &Pace,
        disk: &D,
        out: &mut Vec<(Node, Peer)>,
    ) -> bool {
        let acknowledged = self.acknowledged.unwrap_or(0);
        let window = (pace.piece_bytes * pace.pieces_max) as u64;
        while self.sent < self.length && self.sent - acknowledged < window {
            let file = snapshot_file(self.name.slot);
            let Ok(bytes) = disk.read(&file, self.sent, pace.piece_bytes) else {
                return false;
            };
            if bytes.is_empty() {
                return false;
            }
            let offset = self.sent;
            self.sent += bytes.len() as u64;
            let name = self.name;
            out.push((
                to,
                Peer::SnapshotPiece {
                    name,
                    offset,
                    bytes,
                },
            ));
        }
        true
    }
}
