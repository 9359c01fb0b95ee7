//! Announcing what runs now, how long that takes, and what is still to come.

use std::time::Instant;

use synod_bed::{Progress, Stage};

use crate::Failure;

/// One step of a plan: its name and how long it takes when nothing is built yet, on two cores.
pub(crate) struct Step {
    /// What it does, in a few words.
    pub(crate) name: &'static str,
    /// An estimate, like `5 min`; with warm caches it is seconds.
    pub(crate) cold: &'static str,
}

/// A plan that is being carried out in order.
pub(crate) struct Steps {
    plan: Vec<Step>,
    next: usize,
}

impl Steps {
    /// A plan of which nothing is done.
    pub(crate) fn new(plan: Vec<Step>) -> Self {
        Self { plan, next: 0 }
    }

    /// Announces the next step, carries it out, and says how long it took.
    pub(crate) fn run<T>(
        &mut self,
        work: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Some(step) = self.plan.get(self.next) else {
            return work();
        };
        self.next += 1;
        let rest: Vec<_> = self.plan[self.next..]
            .iter()
            .map(|step| step.name)
            .collect();
        let then = if rest.is_empty() {
            String::new()
        } else {
            format!("; still to come: {}", rest.join(", "))
        };
        eprintln!(
            "[{}/{}] {} (cold about {}{then})",
            self.next,
            self.plan.len(),
            step.name,
            step.cold
        );
        let start = Instant::now();
        let result = work();
        let verdict = if result.is_ok() { "done" } else { "FAILED" };
        eprintln!(
            "[{}/{}] {}: {verdict} in {:.1} s",
            self.next,
            self.plan.len(),
            step.name,
            start.elapsed().as_secs_f64()
        );
        result
    }
}

impl Progress for Steps {
    fn run<T>(&mut self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        Self::run(self, work)
    }

    fn say(&mut self, words: &str) {
        eprintln!("      {words}");
    }
}

impl From<Stage> for Step {
    fn from(stage: Stage) -> Self {
        Self {
            name: stage.name,
            cold: stage.cold,
        }
    }
}
