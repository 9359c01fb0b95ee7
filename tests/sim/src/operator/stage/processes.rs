//! The operator's processes: started, killed, deposed, replaced.

use std::sync::Arc;

use synod_operator::controller::Controller;
use synod_operator::kinds;
use synod_operator::metrics::Metrics;
use synod_operator::settings::Settings;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Stage;
use crate::clock::{Instant, MS};
use crate::operator::bell::Bell;
use crate::operator::line::{Line, lock};
use crate::operator::reach::Agents;
use crate::operator::subject::Kept;

/// One process of the operator.
pub(in crate::operator) struct Process {
    pub(in crate::operator) number: usize,
    pub(in crate::operator) stop: CancellationToken,
    pub(in crate::operator) breaks: Arc<Bell>,
    /// When it is told to stop, if it acts beside another one.
    pub(in crate::operator) ends: Option<Instant>,
    task: JoinHandle<()>,
    metrics: Arc<Metrics>,
}

impl<S: Kept> Stage<S> {
    /// Starts an operator, now and then of a newer release. Its number.
    pub(in crate::operator) fn start_operator(&mut self) -> usize {
        let started = self.done.get("operators started").copied().unwrap_or(0);
        // Those that come later bring another default image; what began with the first keeps it.
        if started > 0 {
            self.default_image = format!("agent:default-{}", 1 + started / 2);
        }
        self.start_operator_again()
    }

    /// Starts an operator of the release that ran last. Its number.
    pub(in crate::operator) fn start_operator_again(&mut self) -> usize {
        let number = lock(&self.desk).weather.len();
        let breaks = Arc::new(Bell::default());
        let line = Line::open(
            number,
            self.direct.api.clone(),
            self.desk.clone(),
            self.clock,
            breaks.clone(),
        );
        let reach = Agents {
            operator: number,
            shared: self.wire.clone(),
            clock: self.clock,
        };
        let (stop, metrics) = (CancellationToken::new(), Arc::new(Metrics::default()));
        let clock = self.clock;
        let controller = Controller::new(
            line.client(),
            Settings {
                image: self.default_image.clone(),
                ..Settings::default()
            },
            kinds::all(),
            Arc::new(reach),
            metrics.clone(),
        )
        .clocked(Arc::new(move || clock.wall()));
        let task = tokio::spawn(controller.run(stop.clone()));
        self.operators.push(Process {
            number,
            stop,
            breaks,
            ends: None,
            task,
            metrics,
        });
        self.did("operators started");
        self.tell(&format!("operator {number} starts"));
        number
    }

    /// An operator dies where it stands.
    pub(in crate::operator) fn kill_operator(&mut self, index: usize) {
        let process = self.operators.remove(index);
        lock(&self.desk).weather[process.number].dead = true;
        process.task.abort();
        self.check_panics(&process);
        self.tell(&format!("operator {} dies", process.number));
    }

    /// An operator is told to stop, as one that lost its lease.
    pub(in crate::operator) fn stop_operator(&mut self, index: usize) {
        let process = self.operators.remove(index);
        lock(&self.desk).weather[process.number].stopped = true;
        process.stop.cancel();
        self.check_panics(&process);
        self.tell(&format!("operator {} is told to stop", process.number));
    }

    fn check_panics(&self, process: &Process) {
        let text = process.metrics.text();
        let panicked = text
            .lines()
            .any(|line| line.contains("\"panic\"") && !line.ends_with(" 0"));
        crate::demand!(
            "operator's mistakes",
            !panicked,
            "a look of operator {} panicked",
            process.number
        );
    }

    /// Checks those that still run.
    pub(in crate::operator) fn check_all_panics(&self) {
        for process in &self.operators {
            self.check_panics(process);
        }
    }

    pub(super) fn replace_operators(&mut self, now: Instant) {
        let dead = |process: &Process| lock(&self.desk).weather[process.number].dead;
        if let Some(index) = self.operators.iter().position(dead) {
            self.kill_operator(index);
            if self.operators.iter().all(|process| process.ends.is_some()) {
                let span = self.random.below(6_000 * MS);
                self.restart_at.get_or_insert(now + span);
            }
        }
        let over = |process: &Process| process.ends.is_some_and(|ends| ends <= now);
        if let Some(index) = self.operators.iter().position(over) {
            self.stop_operator(index);
        }
        if self.restart_at.is_some_and(|at| at <= now) {
            self.restart_at = None;
            self.start_operator();
        }
    }
}
