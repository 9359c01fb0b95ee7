//! Who may be chosen: an immutable table, replaced as a whole.

use std::sync::Arc;

use crate::algorithm::Algorithm;
use crate::circuit::{Limits, Totals};
use crate::pool::Pool;
use crate::sticky::Token;
use crate::{Backend, BackendId};

/// By which rule those who may be chosen were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Who is ready, healthy and not ejected.
    Normal,
    /// So few are healthy that all who are ready may be chosen, healthy or not: what all of them fail to do, few cannot do for them.
    Panic,
    /// Nobody is ready; who is terminating still serves.
    Terminating,
    /// Nobody.
    Empty,
}

/// Who may be chosen of a group, as its control side saw it last.
#[derive(Debug)]
pub struct View {
    pub(crate) version: u64,
    pub(crate) standing: Standing,
    pub(crate) algorithm: Algorithm,
    /// The near ones, or all; and the others, where zones count.
    pub(crate) pools: [Option<Pool>; 2],
    /// Of draws below 2³², those below this stay near.
    pub(crate) stays_below: u64,
    /// Those whom clients may stick to, by token.
    pub(crate) stuck: Box<[(Token, Arc<Backend>)]>,
    /// All who serve at all, by number.
    pub(crate) known: Box<[BackendId]>,
    pub(crate) limits: Limits,
    pub(crate) suspect_after: u32,
    pub(crate) totals: Arc<Totals>,
}

impl View {
    /// A view of a group that nobody is in, before its control side has said anything.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            version: 0,
            standing: Standing::Empty,
            algorithm: Algorithm::default(),
            pools: [None, None],
            stays_below: 0,
            stuck: Box::default(),
            known: Box::default(),
            limits: Limits::NONE,
            suspect_after: 0,
            totals: Arc::default(),
        }
    }

    /// True if this one is in the group at all, usable or not.
    #[must_use]
    pub fn names(&self, id: BackendId) -> bool {
        self.known.binary_search(&id).is_ok()
    }

    /// Rises with each view of a group.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// By which rule the usable ones were found.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// Those who may be chosen.
    pub fn usable(&self) -> impl Iterator<Item = &Arc<Backend>> {
        let pools = self.pools.iter().flatten();
        pools.flat_map(|pool| pool.members.iter().map(|member| &member.backend))
    }

    /// The limits in force.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What the group has at once.
    #[must_use]
    pub const fn totals(&self) -> &Arc<Totals> {
        &self.totals
    }

    /// Whom this token names, if it may still be used.
    #[must_use]
    pub fn stuck_to(&self, token: Token) -> Option<&Arc<Backend>> {
        let found = self.stuck.binary_search_by_key(&token, |(token, _)| *token);
        found.ok().map(|place| &self.stuck[place].1)
    }
}
