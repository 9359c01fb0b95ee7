//! A backend is chosen, and a connection to it is found or made.

use std::time::Duration;

use synod_balance::Refusal;

use crate::core::{Core, Link, LinkError};
use crate::http::answer::Reason;
use crate::pool;
use crate::proxy_protocol;

use super::{Exchange, Failure, Peer};

/// A request that must not be sent twice goes only over a connection that was used so lately: servers close those that were not used
/// for some seconds, and a request that meets the closing is lost.
const FRESH: Duration = Duration::from_secs(1);

impl Exchange {
    pub(super) fn connect(&mut self, peer: &Peer, core: &mut Core) -> Result<(), Failure> {
        let chosen = match self.ticket.take() {
            Some(ticket) => Ok(ticket),
            None => core.choose(&self.group, &self.question.asked),
        };
        // Nobody is left: what the last one did says more than that.
        let refused = |refusal| self.last.unwrap_or(Reason::Refused(refusal));
        let ticket = chosen.map_err(|it| Failure::Reason(refused(it)))?;
        let reuse_within = match (self.stale, self.question.is_idempotent) {
            (0, true) => Some(pool::IDLE_MAX),
            (0, false) => Some(FRESH),
            _ => None,
        };
        // What may not be sent twice goes over a connection that is open at this moment, not as of the last event.
        let may_repeat = self.question.is_idempotent && self.body.is_done();
        let is_left = |it: &Link| !may_repeat && it.is_reused && !it.socket.is_quiet();
        let link = match core.link(&self.group, ticket.backend(), peer.session, reuse_within) {
            Ok(left) if is_left(&left) => {
                core.drop_link(left);
                core.link(&self.group, ticket.backend(), peer.session, None)
            }
            link => link,
        };
        self.ticket = Some(ticket);
        self.deadline = core.now.after(self.route.connect_time());
        match link {
            Ok(link) => {
                self.link = Some(link);
                self.preface(peer, core);
                Ok(())
            }
            Err(LinkError::Refused(refusal)) => self.full(refusal, core),
            Err(LinkError::Failed) => self.fail(Reason::Unconnected, core),
        }
    }

    /// A backend has as many connections as it may: another one is asked, which costs nobody anything.
    fn full(&mut self, refusal: Refusal, core: &mut Core) -> Result<(), Failure> {
        let backend = self.ticket.as_ref().map(|it| it.backend().id());
        self.abandon(core);
        let reason = *self.last.get_or_insert(Reason::Refused(refusal));
        match backend.is_some_and(|it| self.question.asked.tried.add(it)) {
            true => Ok(()),
            false => Err(Failure::Reason(reason)),
        }
    }

    fn preface(&mut self, peer: &Peer, core: &Core) {
        self.preface.clear();
        let version = core
            .groups
            .get(&self.group)
            .and_then(|it| it.proxy_protocol);
        if let Some(version) = version {
            proxy_protocol::write(&mut self.preface, version, peer.address, peer.local);
        }
    }

    /// True if there is a connection. Without one that is being made, another backend is to be chosen.
    pub(super) fn is_connected(&mut self, core: &mut Core) -> Result<bool, Failure> {
        let Some(link) = &mut self.link else {
            return Ok(false);
        };
        if link.is_made {
            return Ok(true);
        }
        match link.socket.is_connected() {
            Ok(true) => {
                link.is_made = true;
                self.deadline = self.idle_deadline(core.now);
                Ok(true)
            }
            Ok(false) => Ok(false),
            Err(_) => {
                self.fail(Reason::Unconnected, core)?;
                Ok(false)
            }
        }
    }
}
