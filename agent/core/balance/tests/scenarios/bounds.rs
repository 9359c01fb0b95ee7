//! Limits, budgets and rates.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use synod_balance::budget::{self, Budget};
use synod_balance::circuit::Limits;
use synod_balance::limiter::{CellRate, KeyedLimiter, Rate, TokenBucket};
use synod_balance::{Algorithm, Asked, Balancer, Moment, Refusal, Settings, Tried};

use super::{ask, by, group};

const NOW: Moment = Moment::ZERO;

fn limited(limits: Limits) -> Settings {
    Settings {
        limits,
        ..by(Algorithm::PowerOfTwo)
    }
}

pub(super) fn limits_are_exact() {
    let limits = Limits {
        requests_max: 5,
        backend_requests_max: 2,
        backend_connections_max: 1,
        pending_max: 1,
    };
    let asked = Asked::default();
    // Two backends: four, then they are full; three: five, then the group is.
    for (backends, room, refusal) in [
        (2, 4, Refusal::BackendsFull),
        (3, 5, Refusal::TooManyRequests),
    ] {
        let group = group(limited(limits), &vec![1; backends]);
        let mut balancer = Balancer::new(Arc::clone(group.view()), 1);
        let mut held = (0..room)
            .map(|_| ask(&mut balancer, NOW))
            .collect::<Vec<_>>();
        assert_eq!(balancer.choose(&asked, NOW).err(), Some(refusal));
        held.pop();
        drop(balancer.choose(&asked, NOW).expect("there is room again"));
        let backend = group.view().usable().next().expect("one");
        let connected = backend.connect(&limits).expect("the first");
        assert_eq!(
            backend.connect(&limits).err(),
            Some(Refusal::TooManyConnections)
        );
        drop(connected);
        assert!(backend.connect(&limits).is_ok());
        let waits = group.view().totals().wait(&limits).expect("the first");
        assert_eq!(
            group.view().totals().wait(&limits).err(),
            Some(Refusal::TooManyPending)
        );
        drop(waits);
    }
}

pub(super) fn limits_hold_for_threads() {
    let limits = Limits {
        requests_max: 40,
        backend_requests_max: 10,
        ..Limits::NONE
    };
    let group = group(limited(limits), &[1; 5]);
    let (view, most) = (group.view(), AtomicU32::new(0));
    thread::scope(|scope| {
        for seed in 0..3 {
            let most = &most;
            scope.spawn(move || {
                let mut balancer = Balancer::new(Arc::clone(view), seed);
                let mut held = Vec::new();
                for step in 0..4_000 {
                    held.extend(balancer.choose(&Asked::default(), NOW).ok());
                    if step % 3 == 0 && !held.is_empty() {
                        drop(held.swap_remove(step % held.len()));
                    }
                    for backend in view.usable() {
                        // A count that is about to be given back may be seen above the limit, one for each thread.
                        most.fetch_max(backend.requests(), Ordering::Relaxed);
                    }
                }
                assert!(held.len() <= 40);
            });
        }
    });
    assert!(most.load(Ordering::Relaxed) <= 13);
    assert_eq!(view.totals().requests(), 0);
    assert!(view.usable().all(|it| it.requests() == 0));
}

pub(super) fn a_dropped_ticket_is_counted_back() {
    let group = group(by(Algorithm::Random), &[1; 3]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 1);
    drop((0..9).map(|_| ask(&mut balancer, NOW)).collect::<Vec<_>>());
    assert_eq!(group.view().totals().requests(), 0);
    assert!(group.view().usable().all(|it| it.requests() == 0));
}

pub(super) fn the_tried_are_not_chosen() {
    for algorithm in super::properties::algorithms() {
        let group = group(by(algorithm.clone()), &[1, 2, 3, 4, 5]);
        let mut balancer = Balancer::new(Arc::clone(group.view()), 1);
        let mut asked = Asked {
            hash: Some(3),
            ..Asked::default()
        };
        for _ in 0..5 {
            let ticket = balancer.choose(&asked, NOW).expect("one is left");
            assert!(
                !asked.tried.contains(ticket.backend().id()),
                "{algorithm:?}"
            );
            assert!(asked.tried.add(ticket.backend().id()));
        }
        assert_eq!(balancer.choose(&asked, NOW).err(), Some(Refusal::NoneLeft));
    }
    assert!(!Tried::default().contains(synod_balance::BackendId(1)));
}

pub(super) fn retries_are_a_part() {
    let settings = budget::Settings {
        ratio: 0.2,
        per_second: 1,
    };
    let budget = Budget::new(settings);
    let at = Moment::from_millis(5_000);
    (0..1_000).for_each(|_| budget.request(at));
    let given = (0..1_000).filter(|_| budget.retry(at).is_ok()).count();
    assert_eq!(given, 210, "a fifth, and one for each of ten seconds");
    // After ten seconds both are forgotten, and the seldom may retry.
    let later = at.after(Duration::from_secs(10));
    let given = (0..1_000).filter(|_| budget.retry(later).is_ok()).count();
    assert_eq!(given, 10);
}

pub(super) fn rates_are_kept() {
    let rate = Rate {
        per_second: 100.0,
        burst: 10,
    };
    let begin = Moment::from_millis(60_000);
    let mut bucket = TokenBucket::new(rate, begin);
    let cells = CellRate::default();
    let mut passed = [0; 2];
    let mut now = begin;
    // Ten times too much for two seconds; then a long pause, and again at one moment.
    for _ in 0..2_000 {
        passed[0] += u32::from(bucket.take(now).is_ok());
        passed[1] += u32::from(cells.take(rate, now).is_ok());
        now = now.after(Duration::from_millis(1));
    }
    assert!(passed.iter().all(|it| it.abs_diff(209) <= 1), "{passed:?}");
    now = now.after(Duration::from_secs(3_600));
    let burst = (0..100).filter(|_| cells.take(rate, now).is_ok()).count();
    assert_eq!(burst, 10, "an hour of silence saves up one burst");
    let burst = (0..100).filter(|_| bucket.take(now).is_ok()).count();
    assert_eq!(burst, 10);
    let refusal = Refusal::RateLimited {
        retry_after: Duration::from_millis(10),
    };
    assert_eq!(cells.take(rate, now), Err(refusal));
    assert!(
        cells
            .take(rate, now.after(Duration::from_millis(10)))
            .is_ok()
    );
}

pub(super) fn rates_are_kept_by_threads() {
    let rate = Rate {
        per_second: 1.0,
        burst: 1_000,
    };
    let (cells, passed) = (CellRate::default(), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let now = Moment::from_millis(60_000);
                let own = (0..1_000).filter(|_| cells.take(rate, now).is_ok()).count();
                passed.fetch_add(own as u32, Ordering::Relaxed);
            });
        }
    });
    assert_eq!(passed.into_inner(), 1_000);
}

pub(super) fn keys_have_their_own_rate() {
    let rate = Rate {
        per_second: 1.0,
        burst: 2,
    };
    let limiter = KeyedLimiter::new(rate, 4_096, 99);
    let now = Moment::from_millis(60_000);
    let passed = (0..100).filter(|key| {
        let passed = (0..5).filter(|_| limiter.take(*key, now).is_ok()).count();
        passed == 2
    });
    // Some share a cell: of a hundred in 4,096 cells, one or two.
    assert!(passed.count() >= 92);
}
