//! Whatever happens to a group, in whatever order: the rules hold, and nothing panics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use synod_balance::algorithm::{maglev, ring};
use synod_balance::sticky::Token;
use synod_balance::view::Standing;
use synod_balance::{
    Algorithm, Asked, Balancer, Condition, Endpoint, Group, Locality, Moment, Outcome, Settings,
    SlowStart, Ticket, health, outlier,
};

use super::name;

/// All algorithms.
pub(super) fn algorithms() -> Vec<Algorithm> {
    vec![
        Algorithm::Random,
        Algorithm::RoundRobin,
        Algorithm::Weighted,
        Algorithm::LeastConnections,
        Algorithm::LeastLoad,
        Algorithm::PowerOfTwo,
        Algorithm::RingHash(ring::Settings::default()),
        Algorithm::RingHash(ring::Settings {
            points: 3,
            bound: Some(1.1),
        }),
        Algorithm::Maglev(maglev::Settings::new(251).expect("a prime")),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Endpoints(Vec<(u32, u8, bool)>),
    Choose(Option<u64>, Option<u8>),
    Finish(usize, u8),
    Probe(bool),
    Pass(u64),
    Update,
}

fn step() -> impl Strategy<Value = Step> {
    let endpoint = (0..5_u32, 0..6_u8, any::<bool>());
    let token = prop::option::of(0..8_u8);
    prop_oneof![
        1 => prop::collection::vec(endpoint, 0..8).prop_map(Step::Endpoints),
        10 => (prop::option::of(any::<u64>()), token).prop_map(|(hash, token)| Step::Choose(hash, token)),
        8 => (any::<usize>(), 0..6_u8).prop_map(|(which, how)| Step::Finish(which, how)),
        2 => prop::bool::weighted(0.4).prop_map(Step::Probe),
        2 => (0..20_000_u64).prop_map(Step::Pass),
        2 => Just(Step::Update),
    ]
}

fn settings(algorithm: Algorithm, flags: u8) -> Settings {
    Settings {
        algorithm,
        locality: (flags & 1 != 0).then(|| Locality {
            zone: Arc::from("near"),
            share: 0.5,
            headroom: 1.0,
        }),
        slow_start: (flags & 2 != 0).then_some(SlowStart {
            window: Duration::from_secs(10),
            least: 0.1,
        }),
        health: (flags & 4 != 0).then(health::Settings::default),
        outlier: (flags & 8 != 0).then(|| outlier::Settings {
            answers_min: 5,
            ..outlier::Settings::default()
        }),
        panic_percent: if flags & 16 == 0 { 0 } else { 50 },
        ..Settings::default()
    }
}

/// A group, a balancer that lags behind it, and what is to be true of both.
struct World {
    group: Group,
    balancer: Balancer,
    held: Vec<Ticket>,
    endpoints: BTreeMap<Arc<str>, Endpoint>,
    now: Moment,
}

impl World {
    fn new(settings: Settings) -> Self {
        let group = Group::new(settings, 3, Moment::ZERO);
        let balancer = Balancer::new(Arc::clone(group.view()), 4);
        Self {
            group,
            balancer,
            held: Vec::new(),
            endpoints: BTreeMap::new(),
            now: Moment::from_millis(1),
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Endpoints(list) => {
                let list = list
                    .iter()
                    .enumerate()
                    .map(|(number, it)| endpoint(number, it));
                let list = list.collect::<Vec<_>>();
                self.endpoints = list
                    .iter()
                    .map(|it| (Arc::clone(&it.name), it.clone()))
                    .collect();
                let view = self.group.endpoints(list, self.now);
                self.balancer.update(view);
            }
            Step::Choose(hash, token) => self.choose(*hash, *token),
            Step::Finish(which, how) if !self.held.is_empty() => {
                let ticket = self.held.swap_remove(which % self.held.len());
                let outcome = [
                    Outcome::Success,
                    Outcome::Failure,
                    Outcome::Refused,
                    Outcome::Cancelled,
                ];
                self.balancer
                    .finish(ticket, outcome[usize::from(*how) % 4], self.now);
            }
            Step::Finish(..) => {}
            Step::Probe(is_good) => {
                for backend in self.group.probes(self.now) {
                    self.group.probed(&backend, *is_good, self.now);
                }
            }
            Step::Pass(millis) => {
                self.now = self.now.after(Duration::from_millis(*millis));
                self.group.tick(self.now);
            }
            Step::Update => self.balancer.update(Arc::clone(self.group.view())),
        }
        self.check_view();
        let held = self.held.len() as u32;
        assert_eq!(
            self.balancer.view().totals().requests(),
            held,
            "each is counted once"
        );
    }

    fn choose(&mut self, hash: Option<u64>, token: Option<u8>) {
        let asked = Asked {
            hash,
            token: token.map(|number| Token::of(&name(usize::from(number)), 0)),
            ..Asked::default()
        };
        let view = Arc::clone(self.balancer.view());
        let is_usable = |id| view.usable().any(|it| it.id() == id);
        match self.balancer.choose(&asked, self.now) {
            Ok(ticket) => {
                let backend = ticket.backend();
                let is_stuck = asked.token.and_then(|it| view.stuck_to(it));
                let is_stuck = is_stuck.is_some_and(|it| it.id() == backend.id());
                assert!(is_stuck || is_usable(backend.id()), "{}", backend.name());
                self.held.push(ticket);
            }
            Err(refusal) => assert!(view.usable().count() == 0, "{refusal}"),
        }
    }

    /// Who may be chosen is ready, and healthy and not ejected unless there is panic.
    fn check_view(&self) {
        let view = self.group.view();
        for backend in view.usable() {
            let name = backend.name();
            let condition = self.endpoints[name].condition;
            let is_bad = self.group.is_ejected(name)
                || self.group.verdict(name) == Some(health::Verdict::Unhealthy);
            match view.standing() {
                Standing::Normal => assert!(condition == Condition::Ready && !is_bad, "{name}"),
                Standing::Panic => assert_eq!(condition, Condition::Ready),
                Standing::Terminating => assert_eq!(condition, Condition::Terminating),
                Standing::Empty => panic!("{name} is in an empty view"),
            }
            assert!(self.endpoints[name].weight > 0);
        }
    }
}

fn endpoint(number: usize, (weight, condition, is_near): &(u32, u8, bool)) -> Endpoint {
    Endpoint {
        name: Arc::from(name(number)),
        weight: *weight,
        zone: Some(Arc::from(if *is_near { "near" } else { "far" })),
        condition: match condition {
            0 => Condition::Unready,
            1 => Condition::Terminating,
            _ => Condition::Ready,
        },
    }
}

pub(super) fn rules_hold() {
    let config = Config {
        cases: 100,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let algorithm = prop::sample::select(algorithms());
    let runs = (algorithm, 0..32_u8, prop::collection::vec(step(), 1..150));
    let result = runner.run(&runs, |(algorithm, flags, steps)| {
        let mut world = World::new(settings(algorithm, flags));
        steps.iter().for_each(|step| world.step(step));
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
