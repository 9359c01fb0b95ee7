//! Nodes: what is told of them, and which go by themselves.

use super::*;

pub(super) fn containers_and_old_nodes_are_reaped() {
    let mut bench = bench();
    bench.store.lead(at(0), ballot(1));
    for (path, mode) in [
        ("/fresh", CreateMode::Container),
        ("/used", CreateMode::Container),
        ("/used/child", CreateMode::Persistent),
        ("/short", CreateMode::PersistentWithTtl(20_000)),
        ("/long", CreateMode::PersistentWithTtl(90_000)),
    ] {
        bench.create(1, path, mode).expect("created");
    }
    bench
        .one(
            1,
            Op::Delete {
                path: "/used/child".into(),
                version: -1,
            },
        )
        .expect("deleted");
    bench.lead_through(0, 15);
    assert!(!bench.has("/used") && bench.has("/fresh") && bench.has("/short"));
    bench.time_ms += 30_000;
    bench.apply(&Command::Reap {
        paths: vec![
            "/long".into(),
            "/none".into(),
            "/".into(),
            "/zookeeper".into(),
        ],
    });
    bench.lead_through(16, 45);
    assert!(
        !bench.has("/short") && bench.has("/long"),
        "one is old enough"
    );
}

pub(super) fn digests_are_hidden() {
    let mut bench = bench();
    let acl = vec![
        Acl {
            permissions: Permissions::READ,
            id: Id::anyone(),
        },
        Acl {
            permissions: Permissions::ALL,
            id: Id::new("digest", "u1:h"),
        },
    ];
    let op = Op::Create {
        path: "/a".into(),
        data: None,
        acl: acl.clone(),
        flags: 0,
        ttl_ms: 0,
    };
    bench.one(1, op).expect("created");
    let seen = |ids: &[Id]| bench.store.acl("/a", ids).expect("readable").0;
    assert_eq!(seen(&[Id::new("digest", "u1:h")]), acl);
    assert_eq!(seen(&[])[1].id, Id::new("digest", "u1:x"));
    assert_eq!(
        bench.one(
            2,
            Op::Delete {
                path: "/a".into(),
                version: -1
            }
        ),
        Ok(Done::Deleted)
    );
}

pub(super) fn a_large_value_stays() {
    let mut bench = bench();
    bench
        .create(1, "/a", CreateMode::Persistent)
        .expect("created");
    for len in [1_024, 1_025, 100_000, 3, 5_000] {
        bench.set("/a", &vec![len as u8; len]).expect("written");
        bench
            .create(1, "/a/n-", CreateMode::PersistentSequential)
            .expect("created");
        let (data, stat) = bench.store.data("/a", &[]).expect("a node");
        assert_eq!(
            (data.map(<[u8]>::len), stat.data_length),
            (Some(len), len as i32)
        );
    }
}

pub(super) fn members_are_told() {
    let text = "server.1=a:2888:3888:participant;0.0.0.0:2181\nversion=100000000";
    let mut bench = Bench::new(Settings {
        members: Some(text.into()),
        ..Settings::default()
    });
    bench.store.lead(at(0), ballot(1));
    bench.lead_at(at(0));
    let told = |bench: &Bench| {
        let stat = bench
            .store
            .exists("/zookeeper/config")
            .expect("it is always there");
        (bench.data("/zookeeper/config"), stat.version, stat.mzxid)
    };
    assert_eq!(
        told(&bench),
        (text.to_owned(), 0, Zxid(0)),
        "from the start"
    );
    assert_eq!(bench.lead_at(at(5)), 0, "once is enough");
    bench
        .store
        .set_members("server.2=b:1:1:participant;\nversion=2".into());
    bench.lead_at(at(10));
    let (_, version, mzxid) = told(&bench);
    assert_eq!(
        (version, mzxid),
        (1, bench.store.zxid()),
        "what changes is a change"
    );
    let denied = bench.one(
        1,
        Op::SetData {
            path: "/zookeeper/config".into(),
            data: None,
            version: -1,
        },
    );
    assert_eq!(denied, Err(Error::NoAuth));
}

/// However long it takes, and whatever is written meanwhile.
pub(super) fn a_count_is_of_one_moment() {
    let mut bench = bench();
    for path in ["/a", "/a/b", "/a/b/c", "/d"] {
        let created = bench.create(1, path, CreateMode::Persistent);
        created.expect("created");
    }
    let before = bench.store.below("/a", &[]).expect("readable");
    for number in 0..1_000 {
        let created = bench.create(1, &format!("/a/{number}"), CreateMode::Persistent);
        created.expect("created");
    }
    let after = bench.store.below("/a", &[]).expect("readable");
    assert_eq!((before.count(), after.count()), (2, 1_002));
    assert_eq!(
        bench.store.below("/d", &[]).map(|below| below.count()),
        Ok(0)
    );
    assert_eq!(bench.store.below("/e", &[]).err(), Some(Error::NoNode));
}
