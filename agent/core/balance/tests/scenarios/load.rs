//! Algorithms under load: a fleet in simulated time, one of whom is slow.

mod fleet;

use std::sync::Arc;
use std::time::Duration;

use synod_balance::{Algorithm, Balancer, Moment, Outcome, Settings, SlowStart, outlier};

use super::{ask, by, group, name};
use fleet::Fleet;

/// The bars below are the issue's. Service times are exponential, so tails are long without any slow one.
fn slow_one(settings: Settings, threads: usize) -> Fleet {
    Fleet::run(settings, &[10.0, 10.0, 10.0, 10.0, 100.0], threads)
}

fn healthy(settings: Settings) -> Fleet {
    Fleet::run(settings, &[10.0; 5], 2)
}

pub(super) fn p2c_avoids_a_slow_one() {
    let in_turn = slow_one(by(Algorithm::RoundRobin), 2);
    let by_two = slow_one(by(Algorithm::PowerOfTwo), 2);
    println!(
        "p99: in turn {:.1} ms, by two {:.1} ms",
        in_turn.p99(),
        by_two.p99()
    );
    assert!(
        by_two.p99() <= in_turn.p99() / 3.0,
        "{} {}",
        by_two.p99(),
        in_turn.p99()
    );
}

pub(super) fn threads_share_what_they_know() {
    let (one, four) = (
        slow_one(by(Algorithm::PowerOfTwo), 1),
        slow_one(by(Algorithm::PowerOfTwo), 4),
    );
    println!(
        "p99: one thread {:.1} ms, four {:.1} ms",
        one.p99(),
        four.p99()
    );
    assert!(
        four.p99() <= one.p99() * 1.1,
        "{} {}",
        four.p99(),
        one.p99()
    );
    assert!(four.part_of_last() < 0.01, "{}", four.part_of_last());
}

pub(super) fn ejection_heals_the_tail() {
    let with = |algorithm| Settings {
        outlier: Some(outlier::Settings::default()),
        slow_start: Some(SlowStart {
            window: Duration::from_secs(10),
            least: 0.1,
        }),
        ..by(algorithm)
    };
    for algorithm in [Algorithm::RoundRobin, Algorithm::PowerOfTwo] {
        let norm = healthy(by(algorithm.clone()));
        let healed = slow_one(with(algorithm.clone()), 2);
        println!(
            "p99, {algorithm:?}: healthy {:.1} ms, healed {:.1} ms",
            norm.p99(),
            healed.p99()
        );
        assert!(
            healed.p99() <= 1.2 * norm.p99(),
            "{algorithm:?}: {} {}",
            healed.p99(),
            norm.p99()
        );
    }
}

/// n balls into n bins: the fullest has ln ln n / ln 2 + O(1) with two choices, ln n / ln ln n with one (Azar and others, 1994).
pub(super) fn p2c_keeps_queues_short() {
    let backends = 1_000;
    let most = |algorithm| {
        let group = group(by(algorithm), &vec![1; backends]);
        let mut balancer = Balancer::new(Arc::clone(group.view()), 5);
        let held = (0..backends).map(|_| ask(&mut balancer, Moment::ZERO));
        let held = held.collect::<Vec<_>>();
        let most = group.view().usable().map(|it| it.requests()).max();
        drop(held);
        most.expect("some")
    };
    let (one, two) = (most(Algorithm::Random), most(Algorithm::PowerOfTwo));
    assert!(one >= 5, "by one choice {one}");
    assert!(two <= 4, "by two choices {two}");
}

/// After one slow answer others come first, at once.
pub(super) fn a_peak_counts_at_once() {
    let group = group(by(Algorithm::PowerOfTwo), &[1; 2]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 5);
    let mut now = Moment::from_millis(1_000);
    for _ in 0..200 {
        let ticket = ask(&mut balancer, now);
        now = now.after(Duration::from_millis(10));
        balancer.finish(ticket, Outcome::Success, now);
    }
    let ticket = ask(&mut balancer, now);
    let slow = Arc::clone(ticket.backend().name());
    now = now.after(Duration::from_millis(200));
    balancer.finish(ticket, Outcome::Success, now);
    for _ in 0..50 {
        let ticket = ask(&mut balancer, now);
        assert_ne!(*ticket.backend().name(), slow);
        now = now.after(Duration::from_millis(10));
        balancer.finish(ticket, Outcome::Success, now);
    }
}

/// Two backends, one of whom was slow just now, and who it is.
fn one_was_slow(now: Moment) -> (Balancer, Arc<str>) {
    let group = group(by(Algorithm::PowerOfTwo), &[1; 2]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 5);
    let (one, other) = (ask(&mut balancer, now), ask(&mut balancer, now));
    let slow = Arc::clone(other.backend().name());
    balancer.finish(one, Outcome::Success, now.after(Duration::from_millis(10)));
    let end = now.after(Duration::from_millis(200));
    balancer.finish(other, Outcome::Success, end);
    (balancer, slow)
}

/// Threads read the clock once a turn. To one whose turn is long, others' samples come from later: they count all the same.
pub(super) fn a_thread_that_is_behind_sees_who_is_slow() {
    let now = Moment::from_millis(1_000_000);
    let (mut balancer, slow) = one_was_slow(now);
    for behind in [0, 2, 20, 150] {
        for _ in 0..20 {
            let name = super::chosen(&mut balancer, Moment::from_millis(1_000_200 - behind));
            assert_ne!(name, slow, "{behind} ms behind");
        }
    }
}

/// What counts is from the request's end to the answer's beginning. A client takes its time for both, and that is its own affair.
pub(super) fn slow_clients_make_nobody_slow() {
    let group = group(by(Algorithm::PowerOfTwo), &[1]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 5);
    let at = |millis: u64| Moment::from_millis(1_000_000 + millis);
    let mut ticket = ask(&mut balancer, at(0));
    let backend = Arc::clone(ticket.backend());
    ticket.asked(at(5_000));
    ticket.answered(at(5_010));
    balancer.finish(ticket, Outcome::Success, at(60_000));
    let latency = backend.latency_nanos(at(60_000)).expect("a sample");
    assert!((latency - 1e7).abs() < 1e5, "{latency}");
}

/// A backend that answers 500 in a tenth of the time is not the quickest one.
pub(super) fn a_quick_failure_draws_nobody() {
    let group = group(by(Algorithm::PowerOfTwo), &[1; 4]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 5);
    let mut now = Moment::from_millis(1_000);
    let mut failed = 0;
    for _ in 0..2_000 {
        let ticket = ask(&mut balancer, now);
        let is_bad = **ticket.backend().name() == *name(3);
        now = now.after(Duration::from_millis(if is_bad { 1 } else { 10 }));
        let outcome = if is_bad {
            Outcome::Failure
        } else {
            Outcome::Success
        };
        failed += u32::from(is_bad);
        balancer.finish(ticket, outcome, now);
    }
    assert!(failed < 40, "{failed} of 2,000");
}
