//! Libraries of functions, as `FUNCTION DUMP` tells them, kept in one of a server's partitions as its keys are. Whoever runs functions
//! puts them here, and finds them here; nothing else is known of them.

use std::sync::Arc;

use super::Partition;
use crate::effect::Effect;

impl Partition {
    /// What was put here last; nothing, if nothing was.
    #[must_use]
    pub const fn functions(&self) -> &Arc<[u8]> {
        &self.functions
    }

    /// Puts libraries here, in place of what was.
    pub fn set_functions(&mut self, payload: &[u8]) {
        if *self.functions == *payload {
            return;
        }
        self.functions = payload.into();
        self.effects.note(0, &Effect::Functions { payload });
    }
}
