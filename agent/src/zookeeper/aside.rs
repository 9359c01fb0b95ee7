//! Work that takes its time, done beside the loop.

use std::sync::{Mutex, PoisonError};

/// Something to be done once.
pub(super) type Work = Box<dyn FnOnce() + Send>;

/// Where it is done: by the runtime's threads for what blocks.
#[derive(Default)]
pub(super) struct Aside {
    /// Where there is no runtime it waits here for whoever hands out the turns.
    waiting: Option<Mutex<Vec<Work>>>,
}

impl Aside {
    pub(super) fn run(&self, work: Work) {
        match &self.waiting {
            None => drop(tokio::task::spawn_blocking(work)),
            Some(waiting) => waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(work),
        }
    }
}

/// For `simulated`.
#[cfg(feature = "simulation")]
impl Aside {
    /// Without a runtime.
    pub(super) fn waiting() -> Self {
        let waiting = Some(Mutex::default());
        Self { waiting }
    }

    /// Does what waits, in the order in which it came.
    pub(super) fn catch_up(&self) {
        let Some(waiting) = &self.waiting else {
            return;
        };
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let all = std::mem::take(&mut *waiting);
        drop(waiting);
        all.into_iter().for_each(|work| work());
    }
}
