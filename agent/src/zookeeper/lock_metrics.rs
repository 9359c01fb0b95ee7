//! Metrics of single locks, for those that the configuration names: a label for every lock there is would be as many series as
//! clients make up names.

use std::fmt::Write as _;

use synod_znode::Lock;

/// One row of the table below.
type Row = (&'static str, &'static str, fn(&Lock, u64) -> u64);

const ROWS: [Row; 4] = [
    ("held", "Whether somebody holds it.", |lock, _| {
        u64::from(lock.holder_count > 0)
    }),
    (
        "held_seconds",
        "For how long it is held.",
        |lock, now_ms| seconds(lock.held_since_ms, now_ms),
    ),
    ("waiters", "How many wait for it.", |lock, _| {
        lock.waiter_count as u64
    }),
    (
        "wait_seconds",
        "For how long the next to hold it has waited.",
        |lock, now_ms| seconds(lock.waiters.first().map(|next| next.since_ms), now_ms),
    ),
];

/// In Prometheus' text format; nothing without locks.
pub(super) fn text(locks: &[Lock], now_ms: u64) -> String {
    let mut text = String::new();
    for (name, help, value) in ROWS.iter().filter(|_| !locks.is_empty()) {
        let name = format!("synod_zookeeper_lock_{name}");
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for lock in locks {
            let path = escaped(&lock.path);
            let _ = writeln!(text, "{name}{{lock=\"{path}\"}} {}", value(lock, now_ms));
        }
    }
    text
}

fn seconds(since_ms: Option<u64>, now_ms: u64) -> u64 {
    since_ms.map_or(0, |since_ms| now_ms.saturating_sub(since_ms) / 1_000)
}

fn escaped(label: &str) -> String {
    let escaped = label.replace('\\', "\\\\").replace('"', "\\\"");
    escaped.replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use synod_znode::{Contender, Mode, SessionId};

    use super::*;

    #[test]
    fn locks_as_series() {
        let contender = |since_ms| Contender {
            name: "lock-0000000000".to_owned(),
            session: SessionId(1),
            mode: Mode::Exclusive,
            since_ms,
            token: None,
        };
        let free = Lock {
            path: "/a\"b".to_owned(),
            holders: Vec::new(),
            holder_count: 0,
            held_since_ms: None,
            waiters: Vec::new(),
            waiter_count: 0,
            released: None,
        };
        let held = Lock {
            path: "/locks/a".to_owned(),
            holders: vec![contender(1_000)],
            holder_count: 1,
            held_since_ms: Some(3_000),
            waiters: vec![contender(4_000)],
            waiter_count: 7,
            released: None,
        };
        expect![[r##"
            # HELP synod_zookeeper_lock_held Whether somebody holds it.
            # TYPE synod_zookeeper_lock_held gauge
            synod_zookeeper_lock_held{lock="/locks/a"} 1
            synod_zookeeper_lock_held{lock="/a\"b"} 0
            # HELP synod_zookeeper_lock_held_seconds For how long it is held.
            # TYPE synod_zookeeper_lock_held_seconds gauge
            synod_zookeeper_lock_held_seconds{lock="/locks/a"} 7
            synod_zookeeper_lock_held_seconds{lock="/a\"b"} 0
            # HELP synod_zookeeper_lock_waiters How many wait for it.
            # TYPE synod_zookeeper_lock_waiters gauge
            synod_zookeeper_lock_waiters{lock="/locks/a"} 7
            synod_zookeeper_lock_waiters{lock="/a\"b"} 0
            # HELP synod_zookeeper_lock_wait_seconds For how long the next to hold it has waited.
            # TYPE synod_zookeeper_lock_wait_seconds gauge
            synod_zookeeper_lock_wait_seconds{lock="/locks/a"} 6
            synod_zookeeper_lock_wait_seconds{lock="/a\"b"} 0
        "##]]
        .assert_eq(&text(&[held, free], 10_000));
        assert_eq!(text(&[], 1), "");
    }
}
