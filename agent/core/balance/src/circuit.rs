//! Circuit breaking: how much a group and each of its backends may have at once, and the refusals beyond it.
//!
//! Each count is taken first and looked at then, and given back if it is too high: so a bound is never passed, however many
//! threads come at once (some may be refused in a race for the last place).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::mutation::mutated;
use crate::{Backend, Refusal};

/// How much there may be at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests under way in the group.
    pub requests_max: u32,
    /// Requests that wait for a connection in the group.
    pub pending_max: u32,
    /// Requests under way at one backend.
    pub backend_requests_max: u32,
    /// Connections to one backend.
    pub backend_connections_max: u32,
}

impl Limits {
    /// No limit.
    pub const NONE: Self = Self {
        requests_max: u32::MAX,
        pending_max: u32::MAX,
        backend_requests_max: u32::MAX,
        backend_connections_max: u32::MAX,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_max: 65_536,
            pending_max: 4_096,
            backend_requests_max: 16_384,
            backend_connections_max: 4_096,
        }
    }
}

/// What a group has at once.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Totals {
    requests: AtomicU32,
    pending: AtomicU32,
}

impl Totals {
    /// Requests under way.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests that wait for a connection.
    #[must_use]
    pub fn pending(&self) -> u32 {
        self.pending.load(Ordering::Relaxed)
    }

    /// Counts one that waits, until what is given back is dropped.
    ///
    /// # Errors
    /// [`Refusal::TooManyPending`].
    pub fn wait(self: &Arc<Self>, limits: &Limits) -> Result<Pending, Refusal> {
        take(&self.pending, limits.pending_max, Refusal::TooManyPending)?;
        Ok(Pending(Arc::clone(self)))
    }

    pub(crate) fn begin(&self, limits: &Limits) -> Result<(), Refusal> {
        take(
            &self.requests,
            limits.requests_max,
            Refusal::TooManyRequests,
        )
    }

    pub(crate) fn end(&self) {
        self.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One that waits for a connection.
#[derive(Debug)]
pub struct Pending(Arc<Totals>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.pending.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection to a backend, counted until this is dropped.
#[derive(Debug)]
pub struct Connected(Arc<Backend>);

impl Connected {
    /// To whom.
    #[must_use]
    pub const fn backend(&self) -> &Arc<Backend> {
        &self.0
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Backend {
    /// Counts a connection that is about to be opened.
    ///
    /// # Errors
    /// [`Refusal::TooManyConnections`].
    pub fn connect(self: &Arc<Self>, limits: &Limits) -> Result<Connected, Refusal> {
        take(
            &self.connections,
            limits.backend_connections_max,
            Refusal::TooManyConnections,
        )?;
        Ok(Connected(Arc::clone(self)))
    }

    pub(crate) fn begin(&self, limits: &Limits) -> Result<(), Refusal> {
        take(
            &self.requests,
            limits.backend_requests_max,
            Refusal::BackendsFull,
        )
    }
}

fn take(count: &AtomicU32, most: u32, refusal: Refusal) -> Result<(), Refusal> {
    let before = count.fetch_add(1, Ordering::Relaxed);
    if before < most || (mutated("circuit-off-by-one") && before == most) {
        return Ok(());
    }
    count.fetch_sub(1, Ordering::Relaxed);
    Err(refusal)
}
