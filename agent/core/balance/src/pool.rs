//! Those among whom an algorithm chooses: all, or the near ones, or the others.

use std::sync::Arc;

use crate::algorithm::{Algorithm, Table};
use crate::{Backend, Moment};

/// One who may be chosen.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) backend: Arc<Backend>,
    /// In thousandths, slow start counted in; above 0.
    pub(crate) weight: u32,
    /// As configured.
    pub(crate) base: u32,
}

impl Member {
    /// True while its part still grows.
    pub(crate) const fn is_starting(&self) -> bool {
        self.weight < self.base * crate::slow_start::WHOLE
    }
}

/// Who may be chosen, by name, and what the algorithm made of them.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) members: Box<[Member]>,
    pub(crate) table: Table,
}

impl Pool {
    pub(crate) fn new(members: Vec<Member>, algorithm: &Algorithm, now: Moment) -> Self {
        let members = members.into_boxed_slice();
        let table = Table::compile(algorithm, &members, now);
        Self { members, table }
    }

    pub(crate) fn weight(members: &[Member]) -> u64 {
        members.iter().map(|member| u64::from(member.weight)).sum()
    }
}
