//! One seed from beginning to end: an object is made, edited and harmed; then faults stop and it must become what it
//! says; then nothing may be written any more, and nothing that was acknowledged may be missing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use futures::FutureExt;

use super::stage::Stage;
use super::story::Story;
use super::subject::{Kept, plays_locks};
use crate::Violation;
use crate::clock::{Instant, SECOND};
use crate::keys::Keys;
use crate::locks::Locks;

/// A seed that did less does not count: operations of clients acknowledged, pods started, edits of the user.
const OPERATIONS_MIN: u64 = 200;
const STARTS_MIN: u64 = 5;
const EDITS_MIN: u64 = 2;

/// What became of a run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Its seed.
    pub seed: u64,
    /// Simulated time in nanoseconds, the last quiet hours not counted.
    pub time: Instant,
    /// Operations that clients were answered.
    pub operations: u64,
    /// Leaders that began in the groups.
    pub elections: u64,
    /// What was done by users, operators and the world, by kind.
    pub done: BTreeMap<&'static str, u64>,
    /// What went wrong, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Equal for equal runs.
    pub hash: u64,
    /// What was broken, and what happened before.
    pub violation: Option<(Violation, Vec<String>)>,
}

impl Run {
    /// Whether it did enough to count.
    #[must_use]
    pub fn counts(&self) -> bool {
        let done = |what: &str| self.done.get(what).copied().unwrap_or(0);
        self.violation.is_none()
            && self.operations >= OPERATIONS_MIN
            && done("processes started") >= STARTS_MIN
            && done("edits") >= EDITS_MIN
    }
}

/// Runs a seed.
#[must_use]
pub fn run(seed: u64) -> Run {
    play(seed, false, false)
}

/// Runs a seed and prints every line of its story as it comes.
#[must_use]
pub fn run_loudly(seed: u64) -> Run {
    play(seed, true, false)
}

/// Runs a seed in which the group loses its quorum for good, and the user names the member to go on with.
#[must_use]
pub fn run_bereft(seed: u64) -> Run {
    play(seed, false, true)
}

fn play(seed: u64, loud: bool, bereft: bool) -> Run {
    match plays_locks(seed) {
        true => play_with::<Locks>(seed, loud, bereft),
        false => play_with::<Keys>(seed, loud, bereft),
    }
}

fn play_with<S: Kept>(seed: u64, loud: bool, bereft: bool) -> Run {
    crate::run::listen_to_panics();
    let story = Rc::new(RefCell::new(Story::new(loud)));
    let summary = Rc::new(RefCell::new(Run::default()));
    let (told, kept) = (story.clone(), summary.clone());
    let result = catch_unwind(AssertUnwindSafe(|| {
        // The jitter of the watches' pauses comes from here.
        fastrand::seed(seed);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let mut stage = Stage::<S>::set(seed, told).await;
            let result = match bereft {
                false => AssertUnwindSafe(life(&mut stage)).catch_unwind().await,
                true => {
                    AssertUnwindSafe(bereft_life(&mut stage))
                        .catch_unwind()
                        .await
                }
            };
            *kept.borrow_mut() = stage.summary();
            if let Err(panic) = result {
                std::panic::resume_unwind(panic);
            }
        });
    }));
    let mut run = summary.borrow().clone();
    run.seed = seed;
    run.violation = result.err().map(|panic| {
        let place = crate::run::place_of_panic();
        let violation = Violation::from_panic(panic.as_ref(), place);
        (violation, story.borrow().tail(60))
    });
    run.hash ^= story.borrow().hash();
    run
}

/// The life of a stage.
async fn life<S: Kept>(stage: &mut Stage<S>) {
    stage.begin().await;
    stage.chaos().await;
    stage.heal().await;
    stage.converge().await;
    stage.rest().await;
    stage.compare();
    stage.lose_everything().await;
}

/// The life of a stage whose group loses its quorum for good.
async fn bereft_life<S: Kept>(stage: &mut Stage<S>) {
    stage.begin().await;
    stage.heal().await;
    stage.resize_to(3).await;
    stage.converge().await;
    stage.lose_quorum().await;
    stage.converge().await;
    stage.rest().await;
    stage.compare();
}

/// A span of simulated time.
pub(super) const fn seconds(count: u64) -> Duration {
    Duration::from_nanos(count * SECOND)
}
