//! Partitions that are held together.

use std::ops::{Deref, DerefMut};

use parking_lot::MutexGuard;

use crate::Shared;
use crate::part::{Part, lock};

/// All partitions, in their order. What was done to them meanwhile goes to the log as one record before any is let go, so that it is
/// there wholly or not at all after a crash.
pub(crate) struct Held<'a> {
    parts: Vec<MutexGuard<'a, Part>>,
    shared: &'a Shared,
}

impl<'a> Held<'a> {
    pub(super) fn of(shared: &'a Shared) -> Self {
        Self::new(shared.parts.iter().map(lock).collect(), shared)
    }

    /// That somebody took, in their order.
    pub(crate) const fn new(parts: Vec<MutexGuard<'a, Part>>, shared: &'a Shared) -> Self {
        Self { parts, shared }
    }

    /// Takes what was done to them to the log.
    pub(crate) fn keep(&mut self) {
        let Some(persistence) = &self.shared.persistence else {
            return;
        };
        if persistence.is_cut_short() {
            let parts = self.parts.iter_mut();
            return parts.for_each(|part| part.partition.clear_effects());
        }
        let parts = self.parts.iter().enumerate();
        let with_effects = parts.filter_map(|(index, part)| {
            let effects = part.partition.effects();
            (!effects.is_empty()).then_some((index as u32, effects))
        });
        let with_effects: Vec<_> = with_effects.collect();
        if with_effects.is_empty() {
            return;
        }
        let place = persistence.journal.append_together(&with_effects);
        for (index, part) in self.parts.iter_mut().enumerate() {
            if !part.partition.effects().is_empty() {
                persistence.ends_at(index, place);
                part.partition.clear_effects();
            }
        }
    }
}

impl<'a> Deref for Held<'a> {
    type Target = Vec<MutexGuard<'a, Part>>;

    fn deref(&self) -> &Self::Target {
        &self.parts
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.parts
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.keep();
    }
}
