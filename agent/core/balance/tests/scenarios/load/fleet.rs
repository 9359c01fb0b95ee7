//! A fleet in simulated time: requests come by chance, backends answer in exponential times, threads choose.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use synod_balance::{Balancer, Draws, Moment, Outcome, Settings, Ticket};

use crate::scenarios::{ask, group, name};

/// In a second.
const REQUESTS_PER_SECOND: f64 = 1_000.0;
const SECONDS: u64 = 60;
/// How often the group is told of the time.
const TICK: Duration = Duration::from_millis(100);

/// What a run showed.
pub(super) struct Fleet {
    latencies: Vec<Duration>,
    last: usize,
}

struct Run {
    balancers: Vec<Balancer>,
    /// Answers to come, by time; the number is the place in `held`.
    answers: BinaryHeap<Reverse<(Moment, usize)>>,
    held: Vec<Option<(Ticket, usize, Moment)>>,
    means: Vec<f64>,
    draws: Draws,
    result: Fleet,
}

impl Fleet {
    /// Runs a minute with backends of these mean times in milliseconds, each able to work on any number of requests at once.
    pub(super) fn run(settings: Settings, means: &[f64], threads: usize) -> Self {
        let mut group = group(settings, &vec![1; means.len()]);
        let balancer = |seed| Balancer::new(Arc::clone(group.view()), seed);
        let mut run = Run {
            balancers: (0..threads as u64).map(balancer).collect(),
            answers: BinaryHeap::new(),
            held: Vec::new(),
            means: means.to_vec(),
            draws: Draws::new(11),
            result: Self {
                latencies: Vec::new(),
                last: 0,
            },
        };
        let (mut now, mut tick) = (Moment::from_millis(1_000), Moment::ZERO);
        let end = now.after(Duration::from_secs(SECONDS));
        while now < end {
            if now >= tick {
                tick = now.after(TICK);
                if let Some(view) = group.tick(now) {
                    let balancers = run.balancers.iter_mut();
                    balancers.for_each(|it| it.update(Arc::clone(&view)));
                }
            }
            run.ask(now);
            let gap = run.exponential(1_000.0 / REQUESTS_PER_SECOND);
            now = now.after(gap);
            run.answer_until(now);
        }
        run.result
    }

    /// In milliseconds.
    pub(super) fn p99(&self) -> f64 {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        sorted[sorted.len() * 99 / 100].as_secs_f64() * 1_000.0
    }

    /// The part of requests that the last backend was given.
    pub(super) fn part_of_last(&self) -> f64 {
        self.last as f64 / self.latencies.len() as f64
    }
}

impl Run {
    fn exponential(&mut self, mean_ms: f64) -> Duration {
        let time = -(1.0 - self.draws.unit()).ln() * mean_ms;
        Duration::from_secs_f64(time / 1_000.0)
    }

    fn ask(&mut self, now: Moment) {
        let thread = self.draws.below(self.balancers.len() as u32) as usize;
        let ticket = ask(&mut self.balancers[thread], now);
        let place = (0..self.means.len()).find(|it| *name(*it) == **ticket.backend().name());
        let place = place.expect("one of these");
        let time = self.exponential(self.means[place]);
        self.result.last += usize::from(place + 1 == self.means.len());
        self.result.latencies.push(time);
        self.answers
            .push(Reverse((now.after(time), self.held.len())));
        self.held.push(Some((ticket, thread, now)));
    }

    fn answer_until(&mut self, now: Moment) {
        while let Some(Reverse((at, number))) = self.answers.peek().copied() {
            if at > now {
                return;
            }
            self.answers.pop();
            let (ticket, thread, _) = self.held[number].take().expect("once");
            self.balancers[thread].finish(ticket, Outcome::Success, at);
        }
    }
}
