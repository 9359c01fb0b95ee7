//! Locks as rows of text. Pure.

use synod_agent_api::{LockContender, LockState, LockStatus};

use super::Seen;
use crate::cli::get::aligned;

/// All of them; with `waiters` a row for each that waits.
pub(super) fn table(seen: &Seen, waiters: bool) -> String {
    if seen.locks.is_empty() {
        return "no locks: nobody holds one, and nobody is known to have held one\n".to_owned();
    }
    let head = [
        "PATH", "STATE", "SINCE", "SESSION", "CLIENT", "TOKEN", "WAITING",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for lock in &seen.locks {
        rows.extend(rows_of(seen, lock, waiters));
    }
    aligned(&rows)
}

fn rows_of(seen: &Seen, lock: &LockStatus, waiters: bool) -> Vec<Vec<String>> {
    let state = match lock.state {
        LockState::Free => "free",
        LockState::Locked => "locked",
        LockState::Unlocked => "unlocked",
    };
    let since = lock.since_ms.map(|since| age(seen.now_ms, since));
    let waiting = lock.waiter_count.to_string();
    let holder = lock.holders.first();
    let mut first = vec![
        lock.path.clone(),
        state.to_owned(),
        since.unwrap_or_else(none),
    ];
    first.extend(match holder {
        Some(holder) => of_contender(seen, holder),
        None => [releaser(lock), none(), none()],
    });
    first.push(waiting);
    let mut rows = vec![first];
    let other = |what: &str, one: &LockContender| {
        let mut row = vec![
            String::new(),
            what.to_owned(),
            age(seen.now_ms, one.since_ms),
        ];
        row.extend(of_contender(seen, one));
        row.push(String::new());
        row
    };
    rows.extend(lock.holders.iter().skip(1).map(|one| other("  holds", one)));
    rows.extend(more(lock.holder_count, &lock.holders, "hold"));
    if waiters {
        rows.extend(lock.waiters.iter().map(|one| other("  waits", one)));
        rows.extend(more(lock.waiter_count, &lock.waiters, "wait"));
    }
    rows
}

/// Who released it, where nobody holds it.
fn releaser(lock: &LockStatus) -> String {
    let is_held = lock.state == LockState::Locked;
    let released_by = lock.released_by.clone().filter(|_| !is_held);
    released_by.unwrap_or_else(none)
}

fn none() -> String {
    "-".to_owned()
}

/// Those that are not told; an agent that tells more than it counts is believed.
fn more(count: usize, told: &[LockContender], what: &str) -> Option<Vec<String>> {
    let count = count.saturating_sub(told.len());
    (count > 0).then(|| vec![String::new(), format!("  {count} more {what}")])
}

fn of_contender(seen: &Seen, one: &LockContender) -> [String; 3] {
    let client = seen.clients.get(&one.session).cloned();
    let token = one.token.clone();
    [
        one.session.clone(),
        client.unwrap_or_else(none),
        token.unwrap_or_else(none),
    ]
}

/// How long ago, in the largest unit that says enough. The service's clock and the agent's may differ a little.
fn age(now_ms: u64, then_ms: u64) -> String {
    let seconds = now_ms.saturating_sub(then_ms) / 1_000;
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    fn seen() -> Seen {
        let contender = |session: &str, mode: &str, token: Option<&str>| json!({ "name": "x", "session": session, "mode": mode, "since_ms": 1_000, "token": token });
        let locks = json!([
            {
                "path": "/locks/a", "state": "locked", "since_ms": 61_000, "holder_count": 1, "waiter_count": 3,
                "holders": [contender("0x2", "exclusive", Some("0000000000000001000000000000000a"))],
                "waiters": [contender("0x3", "exclusive", Some("0000000000000001000000000000000b"))],
            },
            {
                "path": "/locks/b", "state": "unlocked", "since_ms": 1_000, "released_by": "0x2", "holder_count": 0,
                "waiter_count": 0, "holders": [], "waiters": [],
            },
            {
                "path": "/locks/shared", "state": "locked", "since_ms": 1_000, "holder_count": 2, "waiter_count": 0,
                "holders": [contender("0x2", "shared", None), contender("0x3", "shared", None)], "waiters": [],
            },
        ]);
        Seen {
            now_ms: 361_000,
            locks: serde_json::from_value(locks).expect("locks"),
            clients: [("0x2".to_owned(), "10.0.0.7:5123".to_owned())].into(),
        }
    }

    #[test]
    fn locks_as_rows() {
        expect![[r#"
            PATH            STATE           SINCE   SESSION   CLIENT          TOKEN                              WAITING
            /locks/a        locked          5m      0x2       10.0.0.7:5123   0000000000000001000000000000000a   3
                              waits         6m      0x3       -               0000000000000001000000000000000b
                              2 more wait
            /locks/b        unlocked        6m      0x2       -               -                                  0
            /locks/shared   locked          6m      0x2       10.0.0.7:5123   -                                  0
                              holds         6m      0x3       -               -
        "#]].assert_eq(&table(&seen(), true));
        let short = table(&seen(), false);
        assert!(!short.contains("waits"), "{short}");
    }

    #[test]
    fn counts_that_do_not_fit() {
        let mut seen = seen();
        seen.locks.truncate(1);
        seen.locks[0].waiter_count = 0;
        seen.locks[0].holders.clear();
        seen.locks[0].released_by = Some("0x9".to_owned());
        expect![[r#"
            PATH       STATE           SINCE   SESSION   CLIENT   TOKEN                              WAITING
            /locks/a   locked          5m      -         -        -                                  0
                         1 more hold
                         waits         6m      0x3       -        0000000000000001000000000000000b
        "#]]
        .assert_eq(&table(&seen, true));
    }

    #[test]
    fn no_locks() {
        let none = Seen {
            locks: Vec::new(),
            ..seen()
        };
        assert!(table(&none, false).starts_with("no locks"));
    }
}
