//! The control side of a group of backends: told what happens, it says who may be chosen.

mod compile;
mod judge;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::circuit::{Limits, Totals};
use crate::health::{self, Health};
use crate::outlier;
use crate::{Algorithm, Backend, BackendId, Draws, Endpoint, Locality, Moment, SlowStart, View};

/// Rules of a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// How one is chosen.
    pub algorithm: Algorithm,
    /// How much there may be at once.
    pub limits: Limits,
    /// Near ones first.
    pub locality: Option<Locality>,
    /// New ones slowly.
    pub slow_start: Option<SlowStart>,
    /// Probes.
    pub health: Option<health::Settings>,
    /// Ejection by what comes of requests.
    pub outlier: Option<outlier::Settings>,
    /// Below this percentage of usable ones among the ready, all ready ones may be chosen. 50 is usual; 0 is never.
    pub panic_percent: u32,
    /// What tokens of sticky sessions are hashed with.
    pub secret: u64,
}

/// How often views follow parts that grow, or loads that are reported.
const FOLLOWS: Duration = Duration::from_millis(250);

/// A backend, as the group knows it.
#[derive(Debug)]
struct Record {
    backend: Arc<Backend>,
    endpoint: Endpoint,
    health: Option<Health>,
    /// When its part began to grow.
    began: Option<Moment>,
    ejection: Ejection,
}

/// Whether and how often one was ejected.
#[derive(Clone, Copy, Debug, Default)]
struct Ejection {
    /// Until when it is.
    until: Option<Moment>,
    /// Until when it is judged by fewer answers, after it came back.
    probation: Option<Moment>,
    /// How often lately.
    times: u32,
}

/// A group of backends. One owner tells it what happens; each answer that is not `None` is a view for all [`crate::Balancer`]s.
#[derive(Debug)]
pub struct Group {
    settings: Settings,
    records: BTreeMap<Arc<str>, Record>,
    draws: Draws,
    totals: Arc<Totals>,
    view: Arc<View>,
    next_id: u64,
    /// When the current interval of figures ends.
    interval_end: Moment,
    /// When the view was compiled.
    compiled: Moment,
    /// How often one was ejected.
    ejections: u64,
}

impl Group {
    /// A group without backends.
    #[must_use]
    pub fn new(settings: Settings, seed: u64, now: Moment) -> Self {
        let totals = Arc::new(Totals::default());
        let view = compile::empty(&settings, &totals);
        let interval = settings.outlier.as_ref().map(|it| it.interval);
        Self {
            settings,
            records: BTreeMap::new(),
            draws: Draws::new(seed),
            totals,
            view: Arc::new(view),
            next_id: 1,
            interval_end: now.after(interval.unwrap_or_default()),
            compiled: now,
            ejections: 0,
        }
    }

    /// How many backends there are, usable or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// True without any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// How often one was ejected.
    #[must_use]
    pub const fn ejections(&self) -> u64 {
        self.ejections
    }

    /// Who may be chosen now.
    #[must_use]
    pub const fn view(&self) -> &Arc<View> {
        &self.view
    }

    /// The rules.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Goes by other rules from now on. Figures, health and ejections stay.
    pub fn configure(&mut self, settings: Settings, now: Moment) -> Arc<View> {
        self.settings = settings;
        for record in self.records.values_mut() {
            if self.settings.outlier.is_none() {
                record.ejection = Ejection::default();
            }
            record.health = match (&self.settings.health, record.health.take()) {
                (None, _) => None,
                (Some(_), Some(health)) => Some(health),
                (Some(rules), None) => Some(Health::new(rules, now, &mut self.draws)),
            };
        }
        self.compile(now)
    }

    /// These are the backends now. Who was there stays who it was; of two with one name the first counts.
    pub fn endpoints(&mut self, endpoints: Vec<Endpoint>, now: Moment) -> Arc<View> {
        let mut before = std::mem::take(&mut self.records);
        // Where all are new, no part of one grows beside the others'.
        let are_all_new = before.is_empty();
        for endpoint in endpoints {
            if self.records.contains_key(&endpoint.name) {
                continue;
            }
            let record = match before.remove(&endpoint.name) {
                Some(record) => record.with(endpoint, now),
                None => self.record(endpoint, (!are_all_new).then_some(now), now),
            };
            let name = Arc::clone(&record.endpoint.name);
            self.records.insert(name, record);
        }
        self.compile(now)
    }

    fn record(&mut self, endpoint: Endpoint, began: Option<Moment>, now: Moment) -> Record {
        let id = BackendId(self.next_id);
        self.next_id += 1;
        let name = Arc::clone(&endpoint.name);
        let rules = self.settings.health.as_ref();
        Record {
            backend: Arc::new(Backend::new(id, name, Arc::clone(&self.totals))),
            endpoint,
            health: rules.map(|rules| Health::new(rules, now, &mut self.draws)),
            began,
            ejection: Ejection::default(),
        }
    }

    /// Those to be probed now; each result is to be told by [`Self::probed`].
    pub fn probes(&mut self, now: Moment) -> Vec<Arc<Backend>> {
        let due = self.records.values_mut().filter_map(|record| {
            let is_due = record.health.as_mut().is_some_and(|it| it.begin(now));
            is_due.then(|| Arc::clone(&record.backend))
        });
        due.collect()
    }

    /// A probe's result. One for who is gone meanwhile is nothing.
    pub fn probed(&mut self, backend: &Backend, is_good: bool, now: Moment) -> Option<Arc<View>> {
        let rules = self.settings.health.as_ref()?;
        let record = self.records.get_mut(backend.name())?;
        let health = record.health.as_mut()?;
        let was = health.verdict();
        if record.backend.id() != backend.id() || !health.end(is_good, rules, now, &mut self.draws)
        {
            return None;
        }
        if was == health::Verdict::Unhealthy {
            record.began = Some(now);
        }
        Some(self.compile(now))
    }

    /// What a backend's probes say; none if it is not there or not probed.
    #[must_use]
    pub fn verdict(&self, name: &str) -> Option<health::Verdict> {
        let health = self.records.get(name)?.health.as_ref()?;
        Some(health.verdict())
    }

    /// True if this one is ejected.
    #[must_use]
    pub fn is_ejected(&self, name: &str) -> bool {
        let record = self.records.get(name);
        record.is_some_and(|it| it.ejection.until.is_some())
    }

    /// Time passed: who was away comes back, who fails or is slow goes, parts grow. To be called some times a second, and at once
    /// when a [`crate::Notice::Suspect`] says so.
    pub fn tick(&mut self, now: Moment) -> Option<Arc<View>> {
        let changed = self.release(now) | self.judge(now);
        let follows = self.follows() && now.since(self.compiled) >= FOLLOWS;
        (changed || follows).then(|| self.compile(now))
    }

    fn compile(&mut self, now: Moment) -> Arc<View> {
        let version = self.view.version + 1;
        self.view = Arc::new(compile::view(
            &self.settings,
            &self.records,
            &self.totals,
            version,
            now,
        ));
        self.compiled = now;
        Arc::clone(&self.view)
    }

    /// True if the view would be another one just because time passed.
    fn follows(&self) -> bool {
        let algorithm = &self.settings.algorithm;
        *algorithm == Algorithm::LeastLoad
            || (self.settings.slow_start.is_some()
                && !algorithm.is_by_hash()
                && self.records.values().any(|record| record.began.is_some()))
    }
}

impl Record {
    /// The same backend with another description.
    fn with(mut self, endpoint: Endpoint, now: Moment) -> Self {
        use crate::Condition::Ready;
        if endpoint.condition == Ready && self.endpoint.condition != Ready {
            self.began = Some(now);
        }
        self.endpoint = endpoint;
        self
    }
}
