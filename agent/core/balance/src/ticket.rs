//! A request that was given to a backend.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::mutation::mutated;
use crate::{Backend, Moment};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered, and not by an error of the backend's.
    Success,
    /// An error of the backend's: a 5xx, a reset, no answer in time.
    Failure,
    /// It did not take the connection.
    Refused,
    /// The client went, or nothing was sent: that says nothing of the backend.
    Cancelled,
}

/// What is to be done after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Nothing.
    Nothing,
    /// The backend failed so often in a row that its group is to be told now ([`crate::Group::tick`]), not in a while.
    Suspect,
}

/// A request under way at a backend. It is counted there until this is ended or dropped, once.
#[must_use]
#[derive(Debug)]
pub struct Ticket {
    backend: Arc<Backend>,
    pub(crate) place: Place,
    started: Moment,
    answered: Option<Moment>,
    suspect_after: u32,
}

/// Where in which view the backend is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) version: u64,
    pub(crate) far: bool,
    /// In its pool; none for one who was stuck to and is in no pool.
    pub(crate) member: Option<u32>,
}

impl Ticket {
    /// A ticket for one who was counted already.
    pub(crate) const fn new(
        backend: Arc<Backend>,
        place: Place,
        started: Moment,
        suspect_after: u32,
    ) -> Self {
        Self {
            backend,
            place,
            started,
            answered: None,
            suspect_after,
        }
    }

    /// Who has it.
    #[must_use]
    pub const fn backend(&self) -> &Arc<Backend> {
        &self.backend
    }

    /// The request goes there only now: until now it came from the client, which says nothing of how quick the backend is.
    pub fn asked(&mut self, now: Moment) {
        if self.answered.is_none() {
            self.started = now;
        }
    }

    /// The backend took the connection, and all that is known of such a request is that: a row of refusals ends here.
    pub fn taken(&self) {
        if !mutated("row-goes-on") {
            self.backend.window.forget_row();
        }
    }

    /// The answer begins. What follows is as quick as the client reads it.
    pub fn answered(&mut self, now: Moment) {
        if !mutated("latency-of-clients") {
            self.answered.get_or_insert(now);
        }
    }

    /// Ends it: how it went becomes part of the backend's figures. The latency is the time since it was given, or [`Self::asked`],
    /// until it was [`Self::answered`], or now.
    pub fn finish(self, outcome: Outcome, now: Moment) -> Notice {
        let latency = self.answered.unwrap_or(now).since(self.started);
        let backend = &self.backend;
        match outcome {
            Outcome::Cancelled => Notice::Nothing,
            Outcome::Success => {
                backend.latency.record(latency, now);
                backend.window.succeeded(latency);
                Notice::Nothing
            }
            Outcome::Failure | Outcome::Refused => {
                backend
                    .latency
                    .record(penalized(backend, latency, now), now);
                let row = backend.window.failed();
                // Said once in a row: where all fail, the one who is told must not drown in it. Its next tick sees the row.
                let is_row = row == self.suspect_after || mutated("suspect-always");
                if self.suspect_after > 0 && is_row {
                    return Notice::Suspect;
                }
                Notice::Nothing
            }
        }
    }
}

/// The longest that a failure counts as.
const PENALTY_MAX: Duration = Duration::from_secs(10);

/// A failure is often quicker than an answer. Counted as it is, it would draw everybody to the one who fails; so it counts as
/// twice as slow as what the backend has been.
fn penalized(backend: &Backend, latency: Duration, now: Moment) -> Duration {
    let known = backend.latency_nanos(now).unwrap_or(0.0);
    let doubled = Duration::from_nanos((2.0 * known) as u64).min(PENALTY_MAX);
    latency.max(doubled).max(Duration::from_millis(1))
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if mutated("drop-leaks") {
            return;
        }
        self.backend.requests.fetch_sub(1, Ordering::Relaxed);
        self.backend.totals.end();
    }
}
