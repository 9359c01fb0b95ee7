//! The state as a whole: its bounds, its clock, its snapshots, and how it goes on elsewhere.

use super::*;

pub(super) fn quotas_are_counted_and_enforced() {
    let mut bench = bench();
    bench.apply(&Command::Configure(Limits {
        enforce_quotas: true,
        ..Limits::default()
    }));
    for path in ["/q", "/q/a", "/zookeeper/quota/q"] {
        bench
            .create(1, path, CreateMode::Persistent)
            .expect("created");
    }
    let mut limit = |text: &str| {
        let data = Some(text.as_bytes().to_vec().into());
        let path = "/zookeeper/quota/q/zookeeper_limits".to_owned();
        bench
            .one(
                1,
                Op::Create {
                    path,
                    data,
                    acl: Acl::open(),
                    flags: 0,
                    ttl_ms: 0,
                },
            )
            .expect("created");
        bench
            .create(
                1,
                "/zookeeper/quota/q/zookeeper_stats",
                CreateMode::Persistent,
            )
            .expect("created");
    };
    limit("count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=3");
    let used = "/zookeeper/quota/q/zookeeper_stats";
    assert_eq!(bench.data(used), "count=2,bytes=0");
    bench.set("/q/a", b"12345").expect("within");
    bench
        .create(1, "/q/b", CreateMode::Persistent)
        .expect("within");
    assert_eq!(bench.data(used), "count=3,bytes=5");
    assert_eq!(
        bench.create(1, "/q/c", CreateMode::Persistent),
        Err(Error::QuotaExceeded)
    );
    assert_eq!(bench.set("/q/b", b"123456"), Err(Error::QuotaExceeded));
    bench.set("/q/b", b"12345").expect("within");
    let delete = |path: &str| Op::Delete {
        path: path.to_owned(),
        version: -1,
    };
    // A transaction that fails uses nothing.
    let failed = bench.write(1, Write::Multi(vec![delete("/q/b"), delete("/q/b")]));
    assert_eq!(
        failed,
        Outcome::Multi(Err(MultiFailure {
            index: 1,
            error: Error::NoNode
        }))
    );
    assert_eq!(bench.data(used), "count=3,bytes=10");
    bench.one(1, delete("/q/b")).expect("deleted");
    assert_eq!(bench.data(used), "count=2,bytes=5");
    bench
        .one(1, delete("/zookeeper/quota/q/zookeeper_limits"))
        .expect("deleted");
    bench
        .set("/q/a", &[1; 50])
        .expect("without limits nothing is refused");
}

pub(super) fn the_state_stays_within_its_bound() {
    let mut bench = bench();
    let bytes = bench.store.sizes().bytes;
    bench.apply(&Command::Configure(Limits {
        quota_bytes: bytes + 1_000,
        ..Limits::default()
    }));
    bench
        .create(1, "/a", CreateMode::Persistent)
        .expect("within");
    assert_eq!(bench.set("/a", &[1; 2_000]), Err(Error::QuotaExceeded));
    let mut made = 0;
    while bench
        .create(1, "/a/n-", CreateMode::PersistentSequential)
        .is_ok()
    {
        made += 1;
        assert!(made < 100, "the bound is reached");
    }
    assert!(bench.store.sizes().bytes <= bytes + 1_000);
    bench
        .set("/a", b"")
        .expect("what does not grow is not refused");
    let more = Command::CreateSession {
        id: id(3),
        password: Password([3; 16]),
        timeout_ms: 1,
        member: 1,
    };
    assert_eq!(
        bench.apply(&more),
        Response::NotAttached(Error::QuotaExceeded)
    );
}

pub(super) fn a_renewed_state_goes_on_above_everything() {
    let mut bench = bench();
    bench
        .create(1, "/lock-", CreateMode::EphemeralSequential)
        .expect("created");
    let before = bench.store.zxid();
    let old = bench.by(1);
    let stamp = Stamp {
        slot: Slot(99),
        ballot: ballot(3),
        newest: ballot(3),
        time_ms: 7,
        level: 0,
    };
    bench.store.renew(&stamp);
    bench.store.invariants_deep();
    assert!(
        bench.store.zxid().0 - before.0 >= 1 << 32,
        "no change of before comes again"
    );
    let token = |bench: &Bench| bench.store.lock("/").holders[0].token.expect("a token");
    let token_before = token(&bench);
    let write = Command::Write {
        by: old,
        writes: vec![Write::One(create("/a", CreateMode::Persistent))],
    };
    let Response::Answers(answers) = bench.apply(&write) else {
        panic!("answers")
    };
    assert_eq!(answers[0].outcome, Outcome::Refused(Error::SessionMoved));
    bench.attach(1, false);
    assert!(
        bench
            .create(1, "/lock-", CreateMode::EphemeralSequential)
            .is_ok()
            && bench.has("/lock-0000000000")
    );
    // One that only the lost members knew is among those of before, too.
    bench
        .one(
            1,
            Op::Delete {
                path: "/lock-0000000000".into(),
                version: -1,
            },
        )
        .expect("released");
    let lost = Token {
        czxid: Zxid(token_before.czxid.0 + 1_000_000),
        ..token_before
    };
    let token_after = token(&bench);
    assert_eq!(token_after.incarnation, token_before.incarnation);
    assert!(token_after > lost && token_after.to_bytes() > lost.to_bytes());
}

pub(super) fn a_damaged_snapshot_is_refused() {
    use synod_machine::SnapshotReader as _;
    let mut bench = bench();
    bench
        .create(1, "/a", CreateMode::Ephemeral)
        .expect("created");
    bench
        .create(1, "/b", CreateMode::Persistent)
        .expect("created");
    let piece = bench.store.snapshot().next(1 << 20).expect("a piece");
    let restore = |bytes: Vec<u8>| {
        let mut store = bench.store.empty();
        store.restore(&bytes.into()).and_then(|()| store.restored())
    };
    assert_eq!(restore(piece.to_vec()), Ok(()));
    for index in 0..piece.len() {
        let mut damaged = piece.to_vec();
        damaged[index] ^= 1;
        assert!(
            restore(damaged).is_err(),
            "a bit of byte {index} is another one"
        );
        assert!(
            restore(piece[..index].to_vec()).is_err(),
            "cut off at {index}"
        );
    }
    assert!(bench.store.empty().restored().is_err());
}

/// The driver keeps the clock going for machines that say that they go by it.
pub(super) fn the_replicated_clock_goes_on() {
    assert!(Store::new(Settings::default()).tells_time());
}
