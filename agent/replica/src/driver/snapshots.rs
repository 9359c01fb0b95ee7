//! When snapshots are written, to whom they are sent, and how a received one becomes the state.

use std::collections::VecDeque;

use bytes::Bytes;
use synod_paxos::{Node, Now, Slot, Span};

use super::Driver;
use super::opening::Opening;
use crate::mutation::mutated;
use crate::settings::Settings;
use crate::snapshot::{
    Header, Loaded, Pace, Received, Receiver, Sender, Sent, Writing, Written, snapshot_file,
};
use crate::wire::{Peer, SnapshotAnswer, SnapshotName};
use crate::{
    Completion, Disk, DiskError, DiskOp, DiskState, Net, Output, Quarantine, Refusal, StateMachine,
    Ticket,
};

/// Snapshots kept on disk: if the newest is damaged, the log still reaches back to the one before.
const KEPT: usize = 2;

/// How many bytes of applied entries the core still holds, in steps.
#[derive(Debug, Default)]
struct Retained {
    /// Slots, and the bytes applied through each since the start.
    marks: VecDeque<(Slot, u64)>,
    applied: u64,
}

impl Retained {
    /// Bytes between two marks.
    const STEP_BYTES: u64 = 64 << 10;

    fn push(&mut self, slot: Slot, bytes: u64) {
        self.applied += bytes;
        let last = self.marks.back().map_or(0, |(_, bytes)| *bytes);
        if self.applied - last >= Self::STEP_BYTES {
            self.marks.push_back((slot, self.applied));
        }
    }

    /// The last mark that may be forgotten if `keep` bytes are to stay.
    fn surplus(&mut self, keep: u64) -> Option<Slot> {
        let mut through = None;
        while let Some((slot, bytes)) = self.marks.front()
            && self.applied - bytes > keep
        {
            through = Some(*slot);
            self.marks.pop_front();
        }
        through
    }
}

/// All about snapshots.
pub(super) struct Snapshots<S: StateMachine> {
    /// Durable ones, oldest first.
    kept: Vec<Slot>,
    /// The newest one's hash.
    hash: u64,
    writing: Option<Writing<S::Reader>>,
    /// Bytes applied since the last snapshot began.
    since: u64,
    /// A member refused the newest snapshot: it may have rotted, so it is written anew before it is sent again.
    suspect: bool,
    /// Length of the newest snapshot, in bytes; 0 while unknown.
    length: u64,
    retained: Retained,
    /// Who waits for the next snapshot, and until when; in order of time.
    tickets: VecDeque<(Ticket, Now)>,
    /// After a failure, when to try again.
    retry_at: Option<Now>,
    sender: Sender,
    receiver: Receiver<S>,
}

impl<S: StateMachine> Snapshots<S> {
    pub(super) fn new(settings: &Settings, opening: &Opening<S>) -> Self {
        let patience = Span(settings.timing.election.0.saturating_mul(4));
        Self {
            kept: opening.snapshots.clone(),
            hash: opening.snapshot_hash,
            writing: None,
            since: 0,
            suspect: false,
            length: 0,
            retained: Retained::default(),
            tickets: VecDeque::new(),
            retry_at: None,
            sender: Sender::default(),
            receiver: Receiver::new(settings.cluster, settings.group, patience),
        }
    }

    /// The slot of the newest durable snapshot.
    pub(super) fn newest(&self) -> Slot {
        self.kept.last().copied().unwrap_or_default()
    }

    pub(super) fn note_applied(&mut self, slot: Slot, bytes: u64) {
        self.since += bytes;
        self.retained.push(slot, bytes);
    }

    pub(super) fn want(&mut self, node: Node) {
        self.sender.want(node);
    }

    pub(super) fn leader_changed(&mut self, leads: bool) {
        if !leads {
            self.sender.clear();
        }
    }

    /// The log is needed only after this slot: the snapshot before the newest holds the rest.
    pub(super) fn log_needed_after(&self) -> Option<Slot> {
        let before = self.kept.len().checked_sub(KEPT)?;
        self.kept.get(before).copied()
    }

    pub(super) fn next_deadline(&self) -> Option<Now> {
        let expiry = self.tickets.front().map(|(_, deadline)| *deadline);
        [self.sender.next_deadline(), self.retry_at, expiry]
            .into_iter()
            .flatten()
            .min()
    }

    /// True if there is more to do at once.
    pub(super) fn is_verifying(&self) -> bool {
        self.receiver.is_verifying()
    }
}

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    pub(super) fn on_snapshot(&mut self, now: Now, ticket: Ticket) {
        if self.running.is_none() {
            let result = Err(self.unavailable());
            self.outputs.push(Output::Snapshotted { ticket, result });
        } else if self.snapshots.tickets.len() >= self.settings.bounds.changes_max {
            let result = Err(Refusal::Overloaded);
            self.outputs.push(Output::Snapshotted { ticket, result });
        } else {
            let deadline = now + self.settings.bounds.request_timeout;
            self.snapshots.tickets.push_back((ticket, deadline));
        }
    }

    fn answer_snapshots(&mut self, result: Result<Slot, Refusal>) {
        for (ticket, _) in std::mem::take(&mut self.snapshots.tickets) {
            self.outputs.push(Output::Snapshotted { ticket, result });
        }
    }

    /// Refuses whoever has waited too long: the disk is slow or full. The snapshot may still be written.
    pub(super) fn tick_snapshots(&mut self, now: Now) {
        while let Some((ticket, deadline)) = self.snapshots.tickets.front().copied()
            && deadline <= now
        {
            self.snapshots.tickets.pop_front();
            let result = Err(Refusal::TimedOut);
            self.outputs.push(Output::Snapshotted { ticket, result });
        }
    }

    pub(super) fn refuse_snapshots(&mut self, refusal: Refusal) {
        self.answer_snapshots(Err(refusal));
    }

    fn pace(&self, now: Now) -> Pace {
        let bounds = &self.settings.bounds;
        Pace {
            now,
            repeat: self.settings.timing.election,
            give_up: Span(self.settings.timing.election.0.saturating_mul(10)),
            piece_bytes: bounds.snapshot_piece_bytes,
            pieces_max: bounds.snapshot_pieces_inflight_max,
            receivers_max: bounds.snapshot_receivers_max,
        }
    }

    /// Begins, offers, repeats and verifies what is due.
    pub(super) fn drive_snapshots(&mut self, now: Now) {
        self.begin_snapshot(now);
        self.offer_snapshot(now);
        let pace = self.pace(now);
        let mut frames = Vec::new();
        let ended = self.snapshots.sender.tick(&pace, &self.disk, &mut frames);
        self.send_frames(frames);
        for sent in ended {
            self.on_sent(sent);
        }
        if self.snapshots.is_verifying() {
            let level_max = self.settings.level_max;
            let received = self.snapshots.receiver.verify(level_max, &mut self.disk);
            self.on_received(now, received);
            self.unfinished = true;
        }
    }

    fn send_frames(&mut self, frames: Vec<(Node, Peer)>) {
        for (to, peer) in frames {
            self.send_peer(to, peer);
        }
    }

    /// True if a snapshot is wanted, and may be begun now.
    fn wants_snapshot(&mut self, now: Now) -> bool {
        let Some(running) = &self.running else {
            return false;
        };
        let snapshots = &mut self.snapshots;
        let base = running.core.base().slot;
        let unsuitable =
            snapshots.kept.is_empty() || snapshots.newest() < base || snapshots.suspect;
        let threshold = self
            .settings
            .bounds
            .snapshot_log_bytes
            .max(snapshots.length);
        let again = snapshots.retry_at.is_some_and(|at| at <= now);
        let wanted = again
            || snapshots.since >= threshold
            || !snapshots.tickets.is_empty()
            || (snapshots.sender.is_wanted() && unsuitable);
        if again && self.disk_state == DiskState::Full {
            snapshots.retry_at = Some(now + self.settings.bounds.full_retry);
        }
        let held_back = snapshots.writing.is_some()
            || snapshots.retry_at.is_some_and(|at| at > now)
            || self.disk_state == DiskState::Full;
        wanted && !held_back
    }

    fn begin_snapshot(&mut self, now: Now) {
        if !self.wants_snapshot(now) {
            return;
        }
        self.snapshots.retry_at = None;
        let applied = self.replicated.shared.applied;
        if applied == self.snapshots.newest() && !self.snapshots.suspect {
            return self.answer_snapshots(Ok(applied));
        }
        let Some(running) = &self.running else { return };
        let Some(base) = running.core.base_at(applied) else {
            return;
        };
        let header = Header {
            cluster: self.settings.cluster,
            group: self.settings.group,
            base,
        };
        let shared = self.replicated.shared.encode();
        let reader = self.replicated.machine.snapshot();
        let piece_bytes = self.settings.bounds.snapshot_piece_bytes;
        let writing = Writing::start(&header, shared, reader, piece_bytes, &mut self.disk);
        self.snapshots.writing = Some(writing);
        self.snapshots.since = 0;
    }

    fn offer_snapshot(&mut self, now: Now) {
        let Some(running) = &self.running else { return };
        let slot = self.snapshots.newest();
        let suitable =
            slot > Slot(0) && slot >= running.core.base().slot && !self.snapshots.suspect;
        if !suitable || !self.snapshots.sender.is_wanted() {
            return;
        }
        let Ok(length) = self.disk.length(&snapshot_file(slot)) else {
            return;
        };
        let name = SnapshotName {
            slot,
            hash: self.snapshots.hash,
        };
        let pace = self.pace(now);
        let mut frames = Vec::new();
        self.snapshots
            .sender
            .offer(&pace, name, length, &mut frames);
        self.send_frames(frames);
    }

    fn on_sent(&mut self, sent: Sent) {
        let Some(running) = &mut self.running else {
            return;
        };
        match sent {
            Sent::Done(node, name) => running.core.snapshot_sent(node, name.slot),
            Sent::Refused(node, name) => {
                running.core.snapshot_failed(node);
                self.snapshots.suspect |= name.slot == self.snapshots.newest();
            }
            Sent::Failed(node) => running.core.snapshot_failed(node),
        }
    }

    pub(super) fn on_snapshot_answer(
        &mut self,
        now: Now,
        from: Node,
        name: SnapshotName,
        answer: SnapshotAnswer,
    ) {
        let pace = self.pace(now);
        let mut frames = Vec::new();
        let sender = &mut self.snapshots.sender;
        let sent = sender.answered(&pace, from, name, answer, &self.disk, &mut frames);
        self.send_frames(frames);
        if let Some(sent) = sent {
            self.on_sent(sent);
        }
    }

    pub(super) fn on_snapshot_offer(
        &mut self,
        now: Now,
        from: Node,
        name: SnapshotName,
        length: u64,
    ) {
        let answer = if name.slot <= self.replicated.shared.applied {
            Some(SnapshotAnswer::Done)
        } else if self.disk_state == DiskState::Full {
            Some(SnapshotAnswer::Refused)
        } else {
            let receiver = &mut self.snapshots.receiver;
            receiver.offered(now, from, name, length, &mut self.disk)
        };
        if let Some(answer) = answer {
            self.send_peer(from, Peer::SnapshotAnswer { name, answer });
        }
    }

    pub(super) fn on_snapshot_piece(
        &mut self,
        now: Now,
        from: Node,
        name: SnapshotName,
        offset: u64,
        bytes: Bytes,
    ) {
        let receiver = &mut self.snapshots.receiver;
        let answer = receiver.piece(now, from, name, offset, bytes, &mut self.disk);
        if let Some(answer) = answer {
            self.send_peer(from, Peer::SnapshotAnswer { name, answer });
        }
    }

    /// A disk operation of a snapshot has ended.
    pub(super) fn on_snapshot_completion(&mut self, now: Now, completion: &Completion) -> bool {
        if self.running.is_none() {
            return false;
        }
        let written = match &mut self.snapshots.writing {
            Some(writing) => writing.complete(completion, &mut self.disk),
            None => Written::Unrelated,
        };
        match written {
            Written::Unrelated => {}
            Written::Pending => return true,
            Written::Done { slot, hash } => {
                self.on_written(slot, hash);
                return true;
            }
            Written::Failed(error) => {
                self.on_write_failed(now, error);
                return true;
            }
        }
        let machine = &self.replicated.machine;
        let receiver = &mut self.snapshots.receiver;
        let received = receiver.complete(completion, || machine.empty(), &mut self.disk);
        self.on_received(now, received)
    }

    fn on_written(&mut self, slot: Slot, hash: u64) {
        self.snapshots.writing = None;
        self.counters.snapshots += 1;
        if slot < self.snapshots.newest() {
            // A received one has overtaken it.
            return self.answer_snapshots(Ok(self.snapshots.newest()));
        }
        self.snapshots.suspect = false;
        if slot > self.snapshots.newest() {
            self.snapshots.kept.push(slot);
        }
        self.snapshots.hash = hash;
        self.snapshots.length = self.disk.length(&snapshot_file(slot)).unwrap_or(0);
        self.answer_snapshots(Ok(slot));
        self.remove_old_snapshots();
        let margin = self.settings.bounds.log_margin_slots;
        if let Some(running) = &mut self.running {
            running.core.compact(Slot(slot.0.saturating_sub(margin)));
        }
    }

    /// Drops entries from memory that only members far behind would need.
    pub(super) fn trim_memory(&mut self) {
        let keep = self
            .settings
            .bounds
            .log_memory_bytes
            .max(self.snapshots.length / 2);
        if let Some(through) = self.snapshots.retained.surplus(keep)
            && let Some(running) = &mut self.running
        {
            running.core.compact(through);
        }
    }

    fn remove_old_snapshots(&mut self) {
        while self.snapshots.kept.len() > KEPT
            && let Some(oldest) = self.snapshots.kept.first().copied()
            && !self.snapshots.sender.uses(oldest)
        {
            self.snapshots.kept.remove(0);
            // Nobody waits for it: what is left over is removed with the next one, or goes on being a valid snapshot.
            self.disk.submit(DiskOp::Remove {
                file: snapshot_file(oldest),
            });
        }
    }

    fn on_write_failed(&mut self, now: Now, error: DiskError) {
        self.snapshots.writing = None;
        self.counters.snapshots_failed += 1;
        match error {
            DiskError::Full | DiskError::NotFound => {
                let again = Span(self.settings.bounds.full_retry.0.saturating_mul(10));
                self.snapshots.retry_at = Some(now + again);
                self.disk.submit(DiskOp::Remove {
                    file: crate::snapshot::WRITING.to_owned(),
                });
                self.answer_snapshots(Err(Refusal::Overloaded));
            }
            DiskError::Failed(why) => self.quarantine(Quarantine::DiskFailed(why)),
        }
    }

    fn on_received(&mut self, now: Now, received: Received<S>) -> bool {
        match received {
            Received::Unrelated => return false,
            Received::Pending(None) => {}
            Received::Pending(Some((to, name, answer))) => {
                self.send_peer(to, Peer::SnapshotAnswer { name, answer });
            }
            Received::Done(to, name, loaded) => {
                self.install(now, *loaded);
                let answer = SnapshotAnswer::Done;
                self.send_peer(to, Peer::SnapshotAnswer { name, answer });
            }
            Received::Failed(Some(DiskError::Failed(why)), _) => {
                self.quarantine(Quarantine::DiskFailed(why));
            }
            Received::Failed(_, (to, name, answer)) => {
                self.send_peer(to, Peer::SnapshotAnswer { name, answer });
            }
        }
        true
    }

    /// A received snapshot is durable and verified: it becomes the state, unless the log was faster.
    fn install(&mut self, now: Now, loaded: Loaded<S>) {
        self.pump(now);
        let slot = loaded.base.slot;
        let Some(running) = &mut self.running else {
            return;
        };
        if slot > self.snapshots.newest() {
            self.snapshots.kept.push(slot);
            self.snapshots.hash = loaded.hash;
            self.snapshots.length = self.disk.length(&snapshot_file(slot)).unwrap_or(0);
        }
        if slot <= self.replicated.shared.applied {
            return self.remove_old_snapshots();
        }
        let before = self.replicated.shared.applied;
        self.replicated.machine = loaded.machine;
        self.replicated.shared = loaded.shared;
        running.core.install(now, loaded.base);
        if running.core.last() == slot {
            // What the log held is not about anything after the snapshot: it begins anew.
            let durable = running.core.durable_records();
            running.wal.restart(self.settings.group, &durable);
        }
        if mutated("replica-apply-again-after-install") {
            self.replicated.shared.applied = before;
        }
        self.counters.installs += 1;
        self.snapshots.since = 0;
        let answered = self
            .proposals
            .applied_elsewhere(&self.replicated.shared.origins);
        for ticket in answered {
            self.refuse_proposal(ticket, Refusal::TimedOut);
        }
        self.changes.applied(slot, None, &mut self.outputs);
        self.remove_old_snapshots();
        self.tell_peers();
    }
}
