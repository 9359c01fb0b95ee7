//! Round robin: one after the other, by name.
//!
//! A thread remembers whose turn was last, not a number: when the list changes, the turn passes to the next name, so that within a
//! round nobody who stays is left out or comes twice.

use crate::Draws;
use crate::mutation::mutated;
use crate::pool::Member;

/// Whose turn it is.
#[derive(Debug)]
pub(crate) struct Turn {
    next: usize,
    /// Nobody had a turn yet.
    is_fresh: bool,
}

impl Turn {
    /// The turn after this name; without one, threads begin at different places.
    pub(crate) fn new(members: &[Member], last: Option<&str>, draws: &mut Draws) -> Self {
        if mutated("round-robin-restart") {
            return Self {
                next: 0,
                is_fresh: true,
            };
        }
        let next = match last {
            Some(last) => members.partition_point(|it| &**it.backend.name() <= last),
            None => draws.below(members.len() as u32) as usize,
        };
        Self {
            next,
            is_fresh: last.is_none(),
        }
    }

    /// Whose turn was last among these.
    pub(crate) fn last<'a>(&self, members: &'a [Member]) -> Option<&'a str> {
        let count = members.len();
        (!self.is_fresh && count > 0).then(|| {
            &**members[(self.next % count + count - 1) % count]
                .backend
                .name()
        })
    }

    /// The next one. One that starts slowly is passed over as often as it lacks of its part; after a round somebody is taken.
    pub(crate) fn next(&mut self, members: &[Member], draws: &mut Draws) -> usize {
        self.is_fresh = false;
        let mut at = self.step(members.len());
        for _ in 0..members.len() {
            let member = &members[at];
            let whole = member.base * crate::slow_start::WHOLE;
            if !member.is_starting() || draws.below(whole) < member.weight {
                break;
            }
            at = self.step(members.len());
        }
        at
    }

    const fn step(&mut self, count: usize) -> usize {
        let at = if self.next < count { self.next } else { 0 };
        self.next = at + 1;
        at
    }
}
