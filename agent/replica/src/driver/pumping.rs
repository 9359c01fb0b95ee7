//! The duties of a `Ready`, in their order: what may leave at once, what is written, what leaves when it is durable.

use std::collections::VecDeque;

use synod_paxos::{Body, Now, Outbound, Ready, Record, Span};

use super::{Driver, Running};
use crate::mutation::mutated;
use crate::wal::Progress;
use crate::wire::{self, Peer, Said};
use crate::{Completion, Disk, DiskState, Net, Quarantine, StateMachine};

/// What nobody waits for is written after so many times what a decision may wait to be told, at the latest.
const LEISURE: u64 = 4;

/// `Ready`s whose records, or those before them, are not durable yet.
#[derive(Debug, Default)]
pub(super) struct Unsynced {
    queue: VecDeque<Held>,
}

#[derive(Debug)]
struct Held {
    number: u64,
    /// True if it had records of its own.
    recorded: bool,
    send: Vec<Outbound>,
}

impl Unsynced {
    /// Everything through `Ready` number `through` is durable: gives what may leave, and the last `Ready` that is done.
    fn release(&mut self, through: u64) -> (Vec<Outbound>, u64) {
        let (mut send, mut last) = (Vec::new(), through);
        while let Some(held) = self.queue.front_mut()
            && (held.number <= through || !held.recorded)
        {
            last = last.max(held.number);
            send.append(&mut held.send);
            self.queue.pop_front();
        }
        (send, last)
    }
}

impl Running {
    /// Whether somebody waits for records to be durable. Nobody does for entries that came with their decision: a quorum has them
    /// without this member, and the leader learns in time how far it is. What it must learn at once is whether clients are here.
    fn is_waited_for(&mut self, persist: &[Record], send: &[Outbound]) -> bool {
        let is_decided = |record: &Record| match record {
            Record::Append {
                from,
                entries,
                decided,
                ..
            } => from.0 + entries.len() as u64 <= decided.0 + 1,
            _ => false,
        };
        let is_news = |outbound: &Outbound| match outbound.message.body {
            Body::Accepted { attended, gap, .. } => gap || attended != self.attendance_told,
            _ => true,
        };
        let waited_for = send.iter().any(is_news) || !persist.iter().all(is_decided);
        if let Some(attended) = send.iter().rev().find_map(|it| match it.message.body {
            Body::Accepted { attended, .. } => Some(attended),
            _ => None,
        }) {
            self.attendance_told = attended;
        }
        waited_for
    }
}

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    /// Takes out everything that the core wants done. True if there was something.
    pub(super) fn pump(&mut self, now: Now) -> bool {
        let mut pumped = false;
        while let Some(running) = &mut self.running
            && let Some(ready) = running.core.ready()
        {
            pumped = true;
            self.carry_out(now, ready);
        }
        pumped
    }

    fn carry_out(&mut self, now: Now, ready: Ready) {
        let Ready {
            number,
            persist,
            send_now,
            send_after_persist,
            decided: _,
            reads,
            needs_snapshot,
            application: _,
        } = ready;
        self.send_all(send_now);
        for read in reads {
            self.on_read_done(read);
        }
        for node in needs_snapshot {
            self.snapshots.want(node);
        }
        let Some(running) = &mut self.running else {
            return;
        };
        let recorded = !persist.is_empty();
        let group = self.settings.group;
        if running.is_waited_for(&persist, &send_after_persist) {
            running.wal.append(group, &persist, number);
        } else if recorded {
            let until = now + Span(self.settings.timing.decide_delay.0 * LEISURE);
            (running.wal).append_at_leisure(group, &persist, number, until);
        }
        let early = mutated("replica-send-before-persist");
        if early || (!recorded && running.unsynced.queue.is_empty()) {
            self.send_all(send_after_persist);
        } else {
            running.unsynced.queue.push_back(Held {
                number,
                recorded,
                send: send_after_persist,
            });
        }
        if mutated("replica-persisted-too-early")
            && let Some(running) = &mut self.running
        {
            running.core.persisted(now, number);
        }
    }

    fn send_all(&mut self, messages: Vec<Outbound>) {
        for Outbound { to, message } in messages {
            let said = Said::Paxos(message);
            let parts = wire::encode(&self.settings.cluster, self.settings.node, to, &said);
            self.counters.frames_sent += 1;
            self.net.send(to, parts);
        }
    }

    pub(super) fn send_peer(&mut self, to: synod_paxos::Node, peer: Peer) {
        let said = Said::Driver(peer);
        let parts = wire::encode(&self.settings.cluster, self.settings.node, to, &said);
        self.counters.frames_sent += 1;
        self.net.send(to, parts);
    }

    /// Lets the log write what has gathered.
    pub(super) fn write_log(&mut self, now: Now) {
        if let Some(running) = &mut self.running {
            let pending = running.wal.pending_bytes();
            if running.wal.write(now, &mut self.disk) {
                self.counters.commits += 1;
                self.counters.log_bytes += pending as u64;
            }
        }
    }

    /// A disk operation has ended.
    pub(super) fn on_completion(&mut self, now: Now, completion: &Completion) {
        // A completion that is nobody's belongs to a removal that nobody waits for.
        let _ = self.on_log_completion(now, completion)
            || self.on_script(now, completion)
            || self.on_beginning_completion(now, completion)
            || self.on_snapshot_completion(now, completion);
    }

    fn on_log_completion(&mut self, now: Now, completion: &Completion) -> bool {
        let retry = self.settings.bounds.full_retry;
        let Some(running) = &mut self.running else {
            return false;
        };
        match running.wal.complete(now, completion, retry, &mut self.disk) {
            Progress::Unrelated => return false,
            Progress::Pending => {}
            Progress::Durable(through) => {
                self.disk_state = DiskState::Fine;
                let (send, last) = running.unsynced.release(through);
                running.core.persisted(now, last);
                self.send_all(send);
            }
            Progress::Full => {
                self.disk_state = DiskState::Full;
                running.core.step_down(now);
            }
            Progress::Failed(why) => self.quarantine(Quarantine::DiskFailed(why)),
        }
        true
    }

    /// Deletes log segments that two snapshots cover. Only when nothing the core has recorded waits to be written, so
    /// that what is written anew follows what it is about.
    pub(super) fn forget_log(&mut self, now: Now) {
        self.pump(now);
        let Some(through) = self.snapshots.log_needed_after() else {
            return;
        };
        let Some(running) = &mut self.running else {
            return;
        };
        if running.wal.can_forget(through) {
            let durable = running.core.durable_records();
            running.wal.forget(self.settings.group, through, &durable);
        }
    }
}
