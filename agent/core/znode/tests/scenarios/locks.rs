//! Locks, as people see them.

use super::*;

pub(super) fn locks_are_told() {
    let mut bench = bench();
    bench
        .create(1, "/l", CreateMode::Persistent)
        .expect("created");
    assert!(bench.store.locks("/", 10).is_empty());
    bench
        .create(2, "/l/b-lock-", CreateMode::EphemeralSequential)
        .expect("created");
    let first = bench.store.zxid();
    bench
        .create(1, "/l/a-lock-", CreateMode::EphemeralSequential)
        .expect("created");
    bench
        .create(1, "/l/other", CreateMode::Ephemeral)
        .expect("created");
    let lock = bench.store.lock("/l");
    assert_eq!(lock.holders.len(), 1);
    assert_eq!(lock.holders[0].session, id(2));
    let token = lock.holders[0]
        .token
        .expect("an exclusive holder has a token");
    assert_eq!((token.czxid, token.incarnation), (first, 1_000_000));
    assert_eq!(lock.waiters.len(), 1);
    assert!(lock.released.is_none());
    bench.time_ms += 500;
    bench.apply(&Command::CloseSession { by: bench.by(2) });
    let lock = bench.store.lock("/l");
    assert_eq!(
        (lock.holders[0].session, lock.held_since_ms),
        (id(1), Some(1_000_500))
    );
    assert!(
        lock.holders[0].token > Some(token),
        "tokens grow with the order of holders"
    );
    assert_eq!(lock.released.expect("a release").session, id(2));
    // A waiter that leaves releases nothing; the last holder leaves an unlocked lock.
    bench.attach(2, true);
    bench
        .create(2, "/l/c-lock-", CreateMode::EphemeralSequential)
        .expect("created");
    bench.apply(&Command::CloseSession { by: bench.by(2) });
    assert_eq!(
        bench.store.lock("/l").released.map(|release| release.at_ms),
        Some(1_000_500)
    );
    bench.time_ms += 500;
    bench.apply(&Command::CloseSession { by: bench.by(1) });
    let locks = bench.store.locks("/", 10);
    assert!(locks[0].holders.is_empty() && locks[0].waiters.is_empty());
    assert_eq!(
        locks[0]
            .released
            .as_ref()
            .map(|release| (release.session, release.at_ms)),
        Some((id(1), 1_001_000))
    );
    assert!(bench.store.locks("/other", 10).is_empty());
}

pub(super) fn locks_are_told_page_by_page() {
    let mut bench = bench();
    for path in ["/l", "/l/a", "/l/b", "/l/c", "/l-other", "/m"] {
        bench
            .create(1, path, CreateMode::Persistent)
            .expect("created");
    }
    // One that was released, one that is contended, one that both happened to; two elsewhere.
    for (session, path) in [
        (2, "/l/a"),
        (2, "/l/c"),
        (1, "/l/b"),
        (1, "/l/b"),
        (1, "/l/b"),
        (1, "/l/c"),
        (1, "/l-other"),
        (1, "/m"),
    ] {
        bench
            .create(
                session,
                &format!("{path}/x-lock-"),
                CreateMode::EphemeralSequential,
            )
            .expect("created");
    }
    bench.apply(&Command::CloseSession { by: bench.by(2) });
    let pages = |path: &str, max, contenders_max| {
        let (mut pages, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = bench
                .store
                .lock_page(path, after.as_deref(), max, contenders_max);
            let shown = page.locks.iter().map(|lock| {
                let (holders, waiters) = (&lock.holders, &lock.waiters);
                let told = (holders.len(), waiters.len());
                assert!(told <= (lock.holder_count, lock.waiter_count));
                format!("{} {told:?} of {}", lock.path, lock.waiter_count)
            });
            pages.push(shown.collect::<Vec<_>>());
            match page.next {
                Some(next) => after = Some(next),
                None => return pages.into_iter().filter(|page| !page.is_empty()).collect(),
            }
        }
    };
    let all: Vec<Vec<String>> = pages("/l", 10, 100);
    let of_l = ["/l/a (0, 0) of 0", "/l/b (1, 2) of 2", "/l/c (1, 0) of 0"];
    assert_eq!(all, [of_l.to_vec()]);
    let one_by_one: Vec<Vec<String>> = pages("/l", 1, 100);
    assert_eq!(one_by_one.concat(), of_l);
    assert_eq!(one_by_one.len(), 3);
    let bounded: Vec<Vec<String>> = pages("/l", 10, 2);
    assert_eq!(
        bounded,
        [
            vec!["/l/a (0, 0) of 0", "/l/b (1, 1) of 2"],
            vec!["/l/c (1, 0) of 0"]
        ]
    );
    let everything: Vec<Vec<String>> = pages("/", 2, 100);
    assert_eq!(everything.concat().len(), 5);
    assert_eq!(pages("/m", 3, 3).concat().len(), 1);
    assert_eq!(pages("no path", 3, 3).len(), 0);
}

/// What clients call their nodes is theirs to choose, and a page is one answer.
pub(super) fn pages_of_long_names_stay_small() {
    let mut bench = bench();
    let hidden = format!("/{}", "h".repeat(5_000));
    let locks = [
        (hidden.as_str(), 1, 1),
        ("/a", 30, 3_000),
        ("/b", 30, 3_000),
        ("/c", 1, 70_000),
    ];
    for (path, contenders, length) in locks {
        bench
            .create(1, path, CreateMode::Persistent)
            .expect("created");
        let name = format!("{path}/{}-lock-", "n".repeat(length));
        for _ in 0..contenders {
            bench
                .create(1, &name, CreateMode::EphemeralSequential)
                .expect("created");
        }
    }
    let page = |after| {
        let page = bench.store.lock_page("/", after, 10, 100);
        let shown = page.locks.iter().map(|lock| {
            assert!(lock.held_since_ms.is_some(), "{} is held", lock.path);
            let told = lock.holders.len() + lock.waiters.len();
            let all = lock.holder_count + lock.waiter_count;
            format!("{} {told} of {all}", lock.path)
        });
        (shown.collect::<Vec<_>>(), page.next)
    };
    let (first, next) = page(None);
    assert_eq!(first, ["/a 21 of 30", "/b 21 of 30"]);
    let (last, next) = page(next.as_deref());
    assert_eq!((last, next), (vec!["/c 0 of 1".to_owned()], None));
}
