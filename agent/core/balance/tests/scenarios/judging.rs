//! Health, ejection, panic, and who sticks to whom.

use std::sync::Arc;
use std::time::Duration;

use synod_balance::sticky::Token;
use synod_balance::view::Standing;
use synod_balance::{
    Algorithm, Asked, Balancer, Condition, Endpoint, Group, Moment, Notice, Outcome, Settings,
    health, outlier,
};

use super::{ask, by, counts, endpoints, group, name};

fn at(seconds: u64) -> Moment {
    Moment::from_millis(seconds * 1_000)
}

fn names(group: &Group) -> Vec<Arc<str>> {
    let usable = group.view().usable();
    usable.map(|it| Arc::clone(it.name())).collect()
}

/// Every second for so long: all who are due are probed; those that `is_good` says no of, fail.
fn probe(group: &mut Group, seconds: std::ops::Range<u64>, is_good: impl Fn(&str) -> bool) {
    for second in seconds {
        for backend in group.probes(at(second)) {
            group.probed(&backend, is_good(backend.name()), at(second));
        }
    }
}

fn probed() -> Settings {
    Settings {
        health: Some(health::Settings::default()),
        panic_percent: 50,
        ..by(Algorithm::RoundRobin)
    }
}

pub(super) fn probes_take_out_and_in() {
    let mut group = group(probed(), &[1; 4]);
    probe(&mut group, 0..10, |_| true);
    let backend = Arc::clone(group.view().usable().next().expect("four"));
    for failures in 1..=3 {
        assert_eq!(names(&group).len(), 4, "after {} failures", failures - 1);
        group.probed(&backend, false, at(10));
    }
    assert_eq!(names(&group).len(), 3, "three failures in a row");
    group.probed(&backend, true, at(11));
    assert_eq!(names(&group).len(), 3, "one success");
    group.probed(&backend, true, at(12));
    assert_eq!(names(&group).len(), 4);
}

pub(super) fn panic_asks_all() {
    let mut group = group(probed(), &[1; 5]);
    probe(&mut group, 0..20, |name| name < "b03");
    assert_eq!(group.view().standing(), Standing::Normal);
    assert_eq!(names(&group).len(), 3);
    probe(&mut group, 20..60, |name| name < "b02");
    assert_eq!(group.view().standing(), Standing::Panic);
    assert_eq!(names(&group).len(), 5, "two of five are less than half");
    probe(&mut group, 60..100, |_| true);
    assert_eq!(group.view().standing(), Standing::Normal);
}

fn judged() -> Settings {
    Settings {
        outlier: Some(outlier::Settings::default()),
        ..by(Algorithm::RoundRobin)
    }
}

/// So many requests in turn at a moment; these names fail.
fn requests(balancer: &mut Balancer, count: usize, now: Moment, fails: &[&str]) -> Notice {
    let mut last = Notice::Nothing;
    for _ in 0..count {
        let ticket = ask(balancer, now);
        let is_bad = fails.contains(&&**ticket.backend().name());
        let outcome = if is_bad {
            Outcome::Failure
        } else {
            Outcome::Success
        };
        let end = now.after(Duration::from_millis(10));
        if balancer.finish(ticket, outcome, end) == Notice::Suspect {
            last = Notice::Suspect;
        }
    }
    last
}

pub(super) fn failures_in_a_row_eject() {
    let mut group = group(judged(), &[1; 4]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 1);
    assert_eq!(
        requests(&mut balancer, 16, at(1), &["b02"]),
        Notice::Nothing
    );
    assert!(group.tick(at(1)).is_none());
    assert_eq!(
        requests(&mut balancer, 4, at(1), &["b02"]),
        Notice::Suspect,
        "the fifth"
    );
    balancer.update(group.tick(at(1)).expect("a view without it"));
    assert!(group.is_ejected("b02"));
    assert_eq!(names(&group).len(), 3);
    assert_eq!(counts(&mut balancer, 30, at(1)).len(), 3);
}

/// Where all fail, the one who decides is told of each row once, not of each failure.
pub(super) fn a_row_is_told_once() {
    let group = group(judged(), &[1; 2]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 1);
    let told = (0..200).filter(|_| {
        let notice = requests(&mut balancer, 1, at(1), &["b00", "b01"]);
        notice == Notice::Suspect
    });
    assert_eq!(told.count(), 2, "one for each backend");
}

/// Of TCP nothing is known but whether connections are taken: five refusals in a week are no row.
pub(super) fn a_taken_connection_ends_a_row() {
    let mut group = group(judged(), &[1; 2]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 1);
    for _ in 0..20 {
        let ticket = ask(&mut balancer, at(1));
        assert_eq!(
            balancer.finish(ticket, Outcome::Refused, at(1)),
            Notice::Nothing
        );
        for _ in 0..2 {
            let ticket = ask(&mut balancer, at(1));
            ticket.taken();
            balancer.finish(ticket, Outcome::Cancelled, at(1));
        }
    }
    assert!(group.tick(at(1)).is_none());
}

pub(super) fn failing_more_than_others_ejects() {
    let mut group = group(judged(), &[1; 6]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 1);
    // Never five in a row, but every second one.
    for _ in 0..100 {
        requests(&mut balancer, 6, at(2), &["b01"]);
        requests(&mut balancer, 6, at(2), &[]);
    }
    group.tick(at(3)).expect("a view");
    assert!(group.is_ejected("b01"));
    assert_eq!(names(&group).len(), 5);
}

pub(super) fn not_everybody_is_ejected() {
    let all = [
        "b00", "b01", "b02", "b03", "b04", "b05", "b06", "b07", "b08", "b09",
    ];
    for (backends, left) in [(10, 7), (2, 1), (1, 1), (3, 2)] {
        let mut group = group(judged(), &vec![1; backends]);
        let mut balancer = Balancer::new(Arc::clone(group.view()), 1);
        for second in 1..5 {
            requests(&mut balancer, 100, at(second), &all);
            if let Some(view) = group.tick(at(second)) {
                balancer.update(view);
            }
        }
        assert_eq!(names(&group).len(), left, "of {backends}");
    }
}

pub(super) fn ejections_grow() {
    let mut group = group(judged(), &[1; 4]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 1);
    let mut away = Vec::new();
    let mut since = None;
    for second in 0..400 {
        let fails: &[&str] = if second < 150 { &["b02"] } else { &[] };
        requests(&mut balancer, 20, at(second), fails);
        if let Some(view) = group.tick(at(second)) {
            balancer.update(view);
        }
        match (group.is_ejected("b02"), since) {
            (true, None) => since = Some(second),
            (false, Some(from)) => {
                away.push(second - from);
                since = None;
            }
            _ => {}
        }
    }
    assert_eq!(away, [30, 60, 120]);
    // It has been well since: the next time is a first one again.
    for second in 400..800 {
        requests(&mut balancer, 20, at(second), &[]);
        group.tick(at(second));
    }
    requests(&mut balancer, 20, at(800), &["b02"]);
    balancer.update(group.tick(at(800)).expect("out"));
    assert!(group.is_ejected("b02") && group.tick(at(831)).is_some());
    assert!(!group.is_ejected("b02"));
}

fn asks(balancer: &mut Balancer, token: Token) -> Option<Arc<str>> {
    let asked = Asked {
        token: Some(token),
        ..Asked::default()
    };
    let ticket = balancer.choose(&asked, at(1)).ok()?;
    Some(Arc::clone(ticket.backend().name()))
}

pub(super) fn sticky_outlives_readiness() {
    let mut group = group(by(Algorithm::Random), &[1; 3]);
    let token = Token::of("b01", 0);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 1);
    let with = |condition| {
        let mut all = endpoints(&[1; 3]);
        all[1].condition = condition;
        all
    };
    for _ in 0..20 {
        assert_eq!(asks(&mut balancer, token).as_deref(), Some("b01"));
    }
    balancer.update(group.endpoints(with(Condition::Terminating), at(1)));
    for _ in 0..20 {
        assert_eq!(
            asks(&mut balancer, token).as_deref(),
            Some("b01"),
            "it still serves"
        );
    }
    assert!(
        !counts(&mut balancer, 100, at(1)).contains_key("b01"),
        "new ones go elsewhere"
    );
    balancer.update(group.endpoints(with(Condition::Unready), at(1)));
    assert_ne!(asks(&mut balancer, token).as_deref(), Some("b01"));
    // Once all are terminating, they serve.
    let all = |number| Endpoint {
        condition: Condition::Terminating,
        ..Endpoint::new(&name(number))
    };
    let view = group.endpoints((0..3).map(all).collect(), at(1));
    assert_eq!(view.standing(), Standing::Terminating);
    balancer.update(view);
    assert_eq!(counts(&mut balancer, 200, at(1)).len(), 3);
}

/// New sessions go by weight; those that exist stay, whatever the weights become.
pub(super) fn sticky_respects_weights() {
    let mut group = group(by(Algorithm::Random), &[9, 1]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 1);
    let homes = (0..10_000).map(|_| super::chosen(&mut balancer, at(1)));
    let homes = homes.collect::<Vec<_>>();
    let canary = homes.iter().filter(|it| ***it == *name(1)).count();
    assert!(canary.abs_diff(1_000) < 100, "{canary}");
    balancer.update(group.endpoints(endpoints(&[1, 0]), at(1)));
    for home in homes {
        let found = asks(&mut balancer, Token::of(&home, 0));
        assert_eq!(found, Some(home));
    }
    assert_eq!(counts(&mut balancer, 100, at(1)).len(), 1);
}
