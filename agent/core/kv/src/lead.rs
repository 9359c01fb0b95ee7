//! What a leader proposes by itself: expiries, its limits, compactions, and reclamation while nothing else happens.

use synod_paxos::{Ballot, Now, Span};

use crate::command::{Command, LEASE_TTL_MAX_S, Limits};
use crate::lessor::Lessor;
use crate::retention::{Compactor, Retention};
use crate::store::Store;

/// A proposal of limits is repeated after this time if they are still not in force.
const CONFIGURE_AGAIN: Span = Span::from_millis(1_000);

/// Pending reclamation is pushed on this often.
const RECLAIM_AGAIN: Span = Span::from_millis(50);

/// The leader's soft state.
pub(crate) struct Lead {
    ballot: Ballot,
    pub(crate) lessor: Lessor,
    compactor: Compactor,
    configure_at: Now,
    reclaim_at: Now,
}

impl Lead {
    pub(crate) fn new(
        now: Now,
        ballot: Ballot,
        leases: impl Iterator<Item = (i64, i64)>,
        retention: Retention,
    ) -> Self {
        Self {
            ballot,
            lessor: Lessor::new(now, leases),
            compactor: Compactor::new(retention, now),
            configure_at: now,
            reclaim_at: now,
        }
    }
}

impl Store {
    /// What the leader wants proposed now, at most `max` commands.
    pub(crate) fn proposals(&mut self, now: Now, max: usize) -> Vec<Command> {
        let (wanted, reclaimable) = (self.wanted_limits(), self.reclaimable());
        let Some(lead) = &mut self.lead else {
            return Vec::new();
        };
        let mut commands = Vec::new();
        for id in lead.lessor.expire(now, max) {
            if let Some(lease) = self.state.lease(id) {
                commands.push(Command::LeaseExpire {
                    id,
                    granted: lease.granted,
                    ballot: lead.ballot,
                });
            }
        }
        if let Some(limits) = wanted.filter(|_| lead.configure_at <= now) {
            lead.configure_at = now + CONFIGURE_AGAIN;
            commands.push(Command::Configure(limits));
        }
        let compaction = lead.compactor.due(now, self.state.revision);
        if let Some(revision) =
            compaction.filter(|revision| *revision > self.state.compact_revision)
        {
            commands.push(Command::Compact { revision });
        }
        if reclaimable && lead.reclaim_at <= now {
            lead.reclaim_at = now + RECLAIM_AGAIN;
            commands.push(Command::Reclaim);
        }
        commands.truncate(max);
        commands
    }

    /// When [`Store::proposals`] has something to propose.
    pub(crate) fn next_proposal(&self) -> Option<Now> {
        let lead = self.lead.as_ref()?;
        let configure = self.wanted_limits().map(|_| lead.configure_at);
        let reclaim = Some(lead.reclaim_at).filter(|_| self.reclaimable());
        [
            lead.lessor.next(),
            configure,
            lead.compactor.next(),
            reclaim,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The limits to propose, if others are in force.
    fn wanted_limits(&self) -> Option<Limits> {
        let limits = self.settings.limits;
        let lease_ttl_min_s = limits.lease_ttl_min_s.clamp(1, LEASE_TTL_MAX_S);
        Some(Limits {
            lease_ttl_min_s,
            ..limits
        })
        .filter(|wanted| *wanted != self.state.limits)
    }
}
