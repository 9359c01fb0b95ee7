//! Frames from other members.

use bytes::Bytes;
use synod_paxos::{Body, ConfigId, Message, Node, Now};

use super::Driver;
use crate::wire::{self, FrameError, Peer, Said};
use crate::{Disk, Net, StateMachine};

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    pub(super) fn on_frame(&mut self, now: Now, from: Node, frame: Bytes) {
        let decoded = wire::decode(&self.settings.cluster, self.settings.node, from, frame);
        let said = match decoded {
            Ok(said) => said,
            Err(error) => return self.count_refused(error),
        };
        if self.running.is_none() {
            return self.on_frame_while_out(now, from, &said);
        }
        self.counters.frames_received += 1;
        match said {
            Said::Paxos(message) => {
                if message.config > ConfigId::FIRST {
                    self.hear_of_later_configuration();
                }
                let Some(running) = &mut self.running else {
                    return;
                };
                let pending = running.wal.pending_bytes();
                let behind = pending > self.settings.bounds.log_pending_bytes_max;
                if (behind || running.wal.is_full()) && needs_disk(&message) {
                    self.counters.frames_shed += 1;
                } else {
                    running.core.step(now, message);
                }
            }
            Said::Driver(peer) => self.on_peer(now, from, peer),
        }
    }

    fn count_refused(&mut self, error: FrameError) {
        match error {
            FrameError::Malformed => self.counters.frames_malformed += 1,
            FrameError::Foreign => self.counters.frames_foreign += 1,
            FrameError::Newer => self.counters.frames_newer += 1,
            FrameError::Misaddressed => self.counters.frames_misaddressed += 1,
        }
    }

    fn on_peer(&mut self, now: Now, from: Node, peer: Peer) {
        match peer {
            Peer::Hello { level_max } => self.on_hello(from, level_max),
            Peer::Forward { commands } => self.on_forward(from, commands),
            Peer::ForwardRefused {
                incarnation,
                sequences,
            } => self.on_forward_refused(now, incarnation, &sequences),
            Peer::Soft { batch, requests } => self.on_peer_soft(from, batch, &requests),
            Peer::SoftReply { batch, answers } => self.on_soft_reply(now, batch, answers),
            Peer::Change {
                request,
                expected,
                change,
            } => self.on_peer_change(now, from, request, expected, change),
            Peer::ChangeReply { request, result } => self.on_change_reply(request, result),
            Peer::SnapshotOffer { name, length } => {
                self.on_snapshot_offer(now, from, name, length);
            }
            Peer::SnapshotPiece {
                name,
                offset,
                bytes,
            } => self.on_snapshot_piece(now, from, name, offset, bytes),
            Peer::SnapshotAnswer { name, answer } => {
                self.on_snapshot_answer(now, from, name, answer);
            }
            Peer::Founder(founder) => self.on_founder(now, from, founder),
        }
    }

    /// A member says what it can do. Members that left are forgotten.
    fn on_hello(&mut self, from: Node, level_max: u32) {
        self.levels.insert(from, level_max);
        if let Some(running) = &self.running {
            let members = &running.core.configuration().members;
            self.levels
                .retain(|node, _| members.contains_key(node) || *node == from);
        }
    }

    /// Says what this member can do.
    pub(super) fn greet(&mut self, node: Node) {
        let level_max = self.settings.level_max;
        self.send_peer(node, Peer::Hello { level_max });
    }
}

/// True if taking the message in may make the log longer. Such a message is dropped while the disk cannot keep up; its
/// sender repeats it.
const fn needs_disk(message: &Message) -> bool {
    match &message.body {
        Body::Prepare { .. } | Body::Sync { .. } | Body::Learn { .. } | Body::Promise { .. } => {
            true
        }
        Body::Accept { entries, .. } => !entries.is_empty(),
        _ => false,
    }
}
