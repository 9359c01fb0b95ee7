//! Keeping members supplied: accepts in steady state; chosen entries, the unchosen suffix or a snapshot for those that lag.

use std::cmp::Reverse;

use bytes::Bytes;

use crate::progress::{Feed, Progress};
use crate::replica::Role;
use crate::{Ballot, Body, Change, MemberRole, Node, Now, Replica, Slot, Span};

impl Replica {
    /// What the leader knows of `node`; `None` if this replica does not lead or does not serve it.
    fn progress_of(&mut self, node: Node) -> Option<&mut Progress> {
        self.leading()?.progress.get_mut(&node)
    }

    /// A promise that came after the quorum was complete.
    pub(crate) fn on_late_promise(&mut self, from: Node, decided: Slot) {
        let Some(leading) = self.leading() else {
            return;
        };
        let clock = leading.clock;
        let progress = leading
            .progress
            .entry(from)
            .or_insert_with(|| Progress::new(clock));
        progress.heard = clock;
        let was_amnesiac = progress.amnesiac.take().is_some();
        if progress.feed == Feed::Unpromised || was_amnesiac {
            progress.feed = Feed::Lagging { fed: None };
            progress.decided = decided;
            self.feed(from);
        }
    }

    pub(crate) fn on_accepted(
        &mut self,
        now: Now,
        from: Node,
        ballot: Ballot,
        last: Slot,
        decided: Slot,
        gap: bool,
    ) {
        let heartbeat = self.settings.timing.heartbeat;
        let end = self.last();
        let Some(leading) = self.leading() else {
            return;
        };
        if leading.ballot != ballot {
            return;
        }
        leading.clock = leading.clock.max(now);
        let Some(progress) = leading.progress.get_mut(&from) else {
            return;
        };
        progress.heard = now;
        if progress.feed == Feed::Unpromised || progress.amnesiac.is_some() {
            return;
        }
        if last == Slot(0) {
            progress.decided = decided;
            progress.feed = Feed::Lagging { fed: None };
            return self.feed(from);
        }
        progress.accepted(now, last.min(end), decided);
        if gap {
            progress.resend(now, heartbeat);
        }
    }

    /// Sends a lagging member the next thing it needs: a snapshot, chosen entries, or the unchosen suffix.
    pub(crate) fn feed(&mut self, node: Node) {
        let (decided, last, base) = (self.decided(), self.last(), self.base().slot);
        let bytes = self.settings.bounds.message_bytes_max;
        let Some(leading) = self.leading() else {
            return;
        };
        let (ballot, clock) = (leading.ballot, leading.clock);
        let Some(progress) = leading.progress.get_mut(&node) else {
            return;
        };
        let after = progress.decided;
        if after < base {
            if progress.feed != Feed::Snapshot {
                progress.feed = Feed::Snapshot;
                self.out.needs_snapshot.push(node);
            }
            return;
        }
        let amnesiac = progress.amnesiac.is_some();
        let from = after.next();
        let limit = bytes.max(self.log().weight_from(decided.next()));
        if amnesiac || self.log().weight_from(from) > limit && after < decided {
            if let Some(progress) = self.progress_of(node) {
                progress.feed = Feed::Lagging { fed: Some(clock) };
            }
            let entries = self.log().range(from, decided, bytes);
            if !entries.is_empty() {
                self.send_now(
                    node,
                    Body::Learn {
                        ballot,
                        from,
                        entries,
                        decided,
                    },
                );
            }
        } else {
            let entries = self.log().range(from, last, usize::MAX);
            if let Some(progress) = self.progress_of(node) {
                progress.synced(clock, last, decided);
            }
            self.send_now(
                node,
                Body::Sync {
                    ballot,
                    from,
                    entries,
                    decided,
                },
            );
        }
    }

    /// The snapshot through `slot` that `node` needed arrived there.
    pub fn snapshot_sent(&mut self, node: Node, slot: Slot) {
        let Some(progress) = self.progress_of(node) else {
            return;
        };
        if progress.feed == Feed::Snapshot {
            progress.decided = progress.decided.max(slot);
            progress.feed = Feed::Lagging { fed: None };
            self.feed(node);
        }
    }

    /// The snapshot that `node` needed did not arrive; it is asked for again after a while.
    pub fn snapshot_failed(&mut self, node: Node) {
        let Some(leading) = self.leading() else {
            return;
        };
        let clock = leading.clock;
        if let Some(progress) = leading.progress.get_mut(&node)
            && progress.feed == Feed::Snapshot
        {
            progress.feed = Feed::Lagging { fed: Some(clock) };
        }
    }

    pub(crate) fn on_amnesia(&mut self, now: Now, from: Node, context: Bytes, decided: Slot) {
        let configured = self.log().latest_slot();
        let role = self
            .configuration()
            .members
            .get(&from)
            .map(|member| (member.role, member.context == context));
        let Some(leading) = self.leading() else {
            return;
        };
        leading.clock = leading.clock.max(now);
        let Some(progress) = leading.progress.get_mut(&from) else {
            return;
        };
        progress.lost(now, context.clone(), decided);
        if leading.pending.is_none() && !context.is_empty() {
            match role {
                Some((MemberRole::Voter, false)) => {
                    let _ = self.change(
                        now,
                        None,
                        Change::Demote {
                            node: from,
                            context,
                        },
                    );
                }
                // What it says of itself rests on what it knows: not before it knows the latest that was said of it.
                Some((_, false)) if decided >= configured => {
                    let _ = self.change(
                        now,
                        None,
                        Change::Update {
                            node: from,
                            context,
                        },
                    );
                }
                _ => {}
            }
        }
        self.feed(from);
    }

    /// Sends again what should have been answered by now.
    pub(crate) fn repeat_stuck(&mut self, now: Now, heartbeat: Span) {
        let Some(leading) = self.leading() else {
            return;
        };
        let mut hungry = Vec::new();
        for (node, progress) in &mut leading.progress {
            if progress.is_hungry(now, heartbeat) {
                hungry.push(*node);
            } else {
                progress.resend_if_stuck(now, heartbeat);
            }
        }
        for node in hungry {
            self.feed(node);
        }
    }

    /// Somebody waits at `node` for the decision of what is proposed so far: the core tells it without delay.
    pub fn await_decision(&mut self, node: Node) {
        self.await_slot(node, self.last());
    }

    /// Whether clients use this member (so it is at first). The leader is told with the next `Accepted`; from then on decisions
    /// wait for an `Accept` to ride on, at most `decide_delay`, if nobody is there to see them.
    pub const fn set_attended(&mut self, attended: bool) {
        self.attended = attended;
    }

    pub(crate) fn note_attended(&mut self, from: Node, attended: bool) {
        if let Some(progress) = self.progress_of(from) {
            progress.attended = attended;
        }
    }

    pub(crate) fn await_slot(&mut self, node: Node, slot: Slot) {
        if let Some(progress) = self.progress_of(node) {
            progress.awaited = progress.awaited.max(slot);
        }
    }

    /// Who need not be asked at once: the synchronised members that a quorum can do without for now. Whoever acknowledged most is
    /// asked, so one that is slow is spared as soon as another one was faster; of two that are as fast, the one that clients use.
    ///
    /// What a member is spared comes to it with the decision, in one message instead of two, if clients use it, and otherwise after
    /// `decide_delay`, so that it writes once for many entries. If nobody else has answered by then, it is asked in time to make up
    /// for it.
    fn spared(&self) -> Vec<Node> {
        let Role::Leading(leading) = &self.role else {
            return Vec::new();
        };
        let settled = self.log().latest_slot() <= self.decided()
            && leading.pending.is_none()
            && leading.transfer.is_none();
        if !settled {
            return Vec::new();
        }
        let (configuration, election) =
            (self.decided_configuration(), self.settings.timing.election);
        let mut members: Vec<_> = leading
            .progress
            .iter()
            .filter(|(_, it)| it.feed == Feed::Synced && it.is_live(leading.clock, election))
            .map(|(node, it)| {
                let learns_only = !configuration.is_voter(*node);
                (learns_only, Reverse(it.matched), !it.attended, *node)
            })
            .collect();
        members.sort_unstable();
        let own = usize::from(configuration.is_voter(self.node()));
        let needed = configuration.accept_quorum().saturating_sub(own);
        let voters = members
            .iter()
            .filter(|(learns_only, ..)| !learns_only)
            .count();
        if voters < needed {
            return Vec::new();
        }
        members.drain(..needed);
        members.into_iter().map(|(.., node)| node).collect()
    }

    /// Sends every synchronised member what it lacks, unless it is spared for now; an empty `Accept` tells what was decided, when that
    /// is awaited or no other has come to tell it for a while.
    pub(crate) fn send_accepts(&mut self) {
        let bytes = self.settings.bounds.message_bytes_max;
        let window = self.settings.bounds.inflight_slots_max;
        let delay = self.settings.timing.decide_delay;
        let (decided, last, first) = (self.decided(), self.last(), self.first());
        let due = match &self.role {
            Role::Leading(leading) => {
                delay == Span(0) || leading.tell_at.is_some_and(|at| at <= leading.clock)
            }
            _ => return,
        };
        let spared = if due { Vec::new() } else { self.spared() };
        let configured = self.log().latest_slot().min(decided);
        let Role::Leading(leading) = &mut self.role else {
            return;
        };
        let (ballot, clock) = (leading.ballot, leading.clock);
        let accept = |from, entries| Body::Accept {
            ballot,
            from,
            entries,
            decided,
        };
        let mut untold = false;
        let (mut sent, mut behind) = (Vec::new(), Vec::new());
        for (node, progress) in &mut leading.progress {
            let wants = progress.wants_decision(decided);
            let at_once = wants && progress.is_awaited(configured);
            if spared.contains(node) && !at_once {
                untold |= wants || progress.next_to_send(last, window).is_some();
                continue;
            }
            while let Some(from) = progress.next_to_send(last, window) {
                if from < first {
                    progress.feed = Feed::Lagging { fed: None };
                    behind.push(*node);
                    break;
                }
                let entries = self.acceptor.log.range(from, last, bytes);
                progress.sent(clock, &entries, decided);
                sent.push((*node, accept(from, entries)));
            }
            let wants = progress.wants_decision(decided);
            if wants && !due && !progress.is_awaited(configured) {
                untold = true;
            } else if wants {
                progress.sent(clock, &[], decided);
                sent.push((*node, accept(last.next(), Vec::new())));
            }
        }
        leading.tell_at = untold.then(|| leading.tell_at.unwrap_or(clock + delay));
        for (node, body) in sent {
            self.send_now(node, body);
        }
        for node in behind {
            self.feed(node);
        }
    }
}
