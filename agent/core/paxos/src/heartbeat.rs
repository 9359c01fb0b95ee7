//! Rounds of heartbeats: proof of life, confirmation of reads, leases, and what counts as a live quorum.

use crate::leader::highest_reached;
use crate::mutation::mutated;
use crate::progress::{Feed, Progress};
use crate::replica::Role;
use crate::{Ballot, Body, Configuration, Lease, Node, Now, Replica, Slot, Span};

impl Replica {
    pub(crate) fn on_heartbeat_ack(
        &mut self,
        now: Now,
        from: Node,
        ballot: Ballot,
        round: u64,
        (last, decided): (Slot, Slot),
        leased: bool,
    ) {
        let end = self.last();
        let Some(leading) = self.leading() else {
            return;
        };
        if leading.ballot != ballot {
            return;
        }
        leading.clock = leading.clock.max(now);
        if mutated("paxos-lease-from-receipt") {
            leading
                .rounds
                .iter_mut()
                .filter(|(sent, _)| *sent == round)
                .for_each(|(_, at)| *at = now);
        }
        let Some(progress) = leading.progress.get_mut(&from) else {
            return;
        };
        progress.heard = now;
        if progress.amnesiac.is_some() {
            return;
        }
        progress.round = progress.round.max(round);
        if leased {
            progress.leased = progress.leased.max(round);
        }
        if last > Slot(0) && progress.feed != Feed::Unpromised {
            progress.accepted(now, last.min(end), decided);
        }
    }

    pub(crate) fn tick_leading(&mut self, now: Now) {
        let (heartbeat, election) = (
            self.settings.timing.heartbeat,
            self.settings.timing.election,
        );
        let Some(leading) = self.leading() else {
            return;
        };
        leading.clock = leading.clock.max(now);
        if now < leading.beat_at {
            return;
        }
        leading.beat_at = now + heartbeat;
        if leading
            .transfer
            .is_some_and(|transfer| now >= transfer.until)
        {
            leading.transfer = None;
        }
        if now - leading.since >= election && !self.has_live_quorum(now) {
            return self.follow(now, None);
        }
        self.drop_pending(now);
        self.prepare_silent();
        self.begin_round();
        self.repeat_stuck(now, heartbeat);
    }

    /// True if an accept quorum was heard of within the election time-out.
    pub(crate) fn has_live_quorum(&self, now: Now) -> bool {
        self.counting()
            .iter()
            .all(|configuration| self.is_live_quorum(configuration, now))
    }

    /// True if enough voters of `configuration` were heard of within the election time-out.
    pub(crate) fn is_live_quorum(&self, configuration: &Configuration, now: Now) -> bool {
        let Role::Leading(leading) = &self.role else {
            return false;
        };
        let election = self.settings.timing.election;
        let live = configuration.voters().filter(|voter| {
            *voter == self.node()
                || leading
                    .progress
                    .get(voter)
                    .is_some_and(|p| p.is_live(now, election))
        });
        live.count() >= configuration.accept_quorum()
    }

    /// A heartbeat to everyone: proof of life, question of a read, request of a lease.
    pub(crate) fn begin_round(&mut self) {
        const ROUNDS_MAX: usize = 256;
        let decided = self.decided();
        let lease = self.settings.timing.lease.map_or(0, |lease| lease.length.0);
        let Some(leading) = self.leading() else {
            return;
        };
        leading.round += 1;
        leading.rounds.push_back((leading.round, leading.clock));
        if leading.rounds.len() > ROUNDS_MAX {
            leading.rounds.pop_front();
        }
        let (ballot, round) = (leading.ballot, leading.round);
        let lease = if leading.lease_revoked { 0 } else { lease };
        let told: Vec<Node> = leading
            .progress
            .iter()
            .filter(|(_, p)| p.feed != Feed::Unpromised || p.amnesiac.is_some())
            .map(|(node, _)| *node)
            .collect();
        for node in told {
            self.send_now(
                node,
                Body::Heartbeat {
                    ballot,
                    decided,
                    round,
                    lease,
                },
            );
        }
    }

    /// The highest value that a quorum of every counting configuration has reached.
    pub(crate) fn quorum_of(&self, own: u64, value: impl Fn(&Progress) -> u64) -> u64 {
        let reached = self
            .counting()
            .into_iter()
            .map(|configuration| self.quorum_in(configuration, own, &value));
        reached.min().unwrap_or(0)
    }

    /// The highest value that a quorum of `configuration` has reached.
    pub(crate) fn quorum_in(
        &self,
        configuration: &Configuration,
        own: u64,
        value: impl Fn(&Progress) -> u64,
    ) -> u64 {
        let values = self.values_in(configuration, own, value);
        highest_reached(values, configuration.accept_quorum())
    }

    /// A value of each voter of `configuration`: `own` of this replica, 0 of whom the leader knows nothing about.
    pub(crate) fn values_in(
        &self,
        configuration: &Configuration,
        own: u64,
        value: impl Fn(&Progress) -> u64,
    ) -> Vec<u64> {
        let Role::Leading(leading) = &self.role else {
            return Vec::new();
        };
        let voters = configuration.voters();
        let of = |voter| match voter {
            voter if voter == self.node() => own,
            voter => leading.progress.get(&voter).map_or(0, &value),
        };
        voters.map(of).collect()
    }

    /// Answers reads that a round has confirmed; begins the next round if one is wanted and none is under way.
    pub(crate) fn confirm_reads(&mut self) {
        let Role::Leading(leading) = &self.role else {
            return;
        };
        let (wanted, sent) = (leading.reads.wanted_round(), leading.round);
        let before = self.quorum_of(sent, |p| p.round);
        if wanted > sent && (before == sent || sent == 0) {
            self.begin_round();
        }
        let Role::Leading(leading) = &self.role else {
            return;
        };
        let confirmed = self.quorum_of(leading.round, |p| p.round);
        self.renew_lease();
        self.answer_confirmed(confirmed);
    }

    pub(crate) fn renew_lease(&mut self) {
        let Some(Lease { length, drift_ppm }) = self.settings.timing.lease else {
            return;
        };
        let Role::Leading(leading) = &self.role else {
            return;
        };
        let round = self.quorum_of(leading.round, |p| p.leased);
        let margin = length.0 / 1_000_000 * u64::from(drift_ppm);
        let margin = if mutated("paxos-lease-without-margin") {
            0
        } else {
            margin
        };
        let Some(leading) = self.leading() else {
            return;
        };
        if round >= leading.lease_from
            && let Some(sent_at) = leading.sent_at(round)
        {
            leading.lease_until = leading.lease_until.max(sent_at + Span(length.0 - margin));
        }
    }
}
