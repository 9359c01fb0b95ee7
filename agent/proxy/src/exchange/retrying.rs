//! What went wrong, and whether it is tried again elsewhere.

use synod_balance::Outcome;

use crate::core::Core;
use crate::http::answer::Reason;
use crate::mutation::mutated;

use super::{Answer, Exchange, Failure, STALE_MAX};

impl Exchange {
    /// An attempt failed. It is tried again, or this is why not.
    ///
    /// A connection that was not taken brought nothing to the backend: that is tried again always. After anything else the backend may
    /// have acted on the request, so it must be one that may be done twice. Each attempt costs of the route's budget.
    pub(super) fn fail(&mut self, reason: Reason, core: &mut Core) -> Result<(), Failure> {
        let link = self.link.take();
        let is_stale = reason == Reason::Closed
            && self.received.is_empty()
            && link.as_ref().is_some_and(|it| it.is_reused);
        if let Some(link) = link {
            core.drop_link(link);
        }
        let backend = self.ticket.as_ref().map(|it| it.backend().id());
        if let Some(ticket) = self.ticket.take() {
            core.finish(&self.group, ticket, outcome(reason, is_stale));
        }
        if self.answer != Answer::Head {
            return Err(Failure::Broken);
        }
        if is_stale && self.may_repeat() && self.stale < STALE_MAX {
            self.stale += 1;
            self.rewind();
            return Ok(());
        }
        self.last = Some(reason);
        let is_fit = match reason {
            Reason::Unconnected | Reason::ConnectTimeOut => self.is_replayable,
            Reason::Closed | Reason::AnswerTimeOut => self.may_repeat(),
            _ => false,
        };
        if !is_fit || !self.spend(core) {
            return Err(Failure::Reason(reason));
        }
        if let Some(backend) = backend {
            self.question.asked.tried.add(backend);
        }
        self.rewind();
        Ok(())
    }

    /// An answer says that the backend failed. True if another one is asked instead.
    pub(super) fn turns_away(&mut self, status: u16, core: &mut Core) -> bool {
        if !matches!(status, 500 | 502 | 503 | 504) || !self.may_repeat() || self.attempts == 0 {
            return false;
        }
        let Some(backend) = self.ticket.as_ref().map(|it| it.backend().id()) else {
            return false;
        };
        self.question.asked.tried.add(backend);
        // Without another one this answer is the best there is, so the choice comes before the budget.
        let Ok(other) = core.choose(&self.group, &self.question.asked) else {
            return false;
        };
        if !self.spend(core) {
            core.finish(&self.group, other, Outcome::Cancelled);
            return false;
        }
        if let Some(ticket) = self.ticket.replace(other) {
            core.finish(&self.group, ticket, Outcome::Failure);
        }
        if let Some(link) = self.link.take() {
            core.drop_link(link);
        }
        self.rewind();
        true
    }

    fn may_repeat(&self) -> bool {
        (self.question.is_idempotent || mutated("post-repeated")) && self.is_replayable
    }

    fn spend(&mut self, core: &Core) -> bool {
        let is_granted = self.attempts > 0
            && (self.route.budget.retry(core.now).is_ok() || mutated("retries-free"));
        if is_granted {
            self.attempts -= 1;
            core.counts.retries.add(1);
        }
        is_granted
    }

    /// Everything is to be sent again.
    fn rewind(&mut self) {
        self.sent = 0;
        self.is_sent = false;
        self.is_cut = false;
        self.received.clear();
        self.seen = 0;
    }
}

const fn outcome(reason: Reason, is_stale: bool) -> Outcome {
    match reason {
        _ if is_stale => Outcome::Cancelled,
        Reason::Unconnected | Reason::ConnectTimeOut => Outcome::Refused,
        _ => Outcome::Failure,
    }
}
