//! What is told of the incarnation, and to whom.

use super::*;

/// By its name it can be read, and it is nowhere else: a ZooKeeper has none.
pub(super) fn the_incarnation_is_read_by_those_who_ask_for_it() {
    let mut bench = bench();
    assert_eq!(bench.data(INCARNATION_PATH), "00000000000f4240");
    let stat = bench.store.exists(INCARNATION_PATH).expect("it is there");
    assert_eq!((stat.version, stat.data_length), (0, 16));
    assert_eq!((stat.czxid, stat.ctime), (Zxid(0), 1_000_000));
    let nobody = |path| bench.store.children(path, &[]).expect("readable");
    assert_eq!(nobody(INCARNATION_PATH).0, Vec::<&str>::new());
    assert_eq!(nobody("/zookeeper").0, ["config", "quota"]);
    let count = |path| bench.store.below(path, &[]).expect("readable").count();
    assert_eq!((count("/zookeeper"), count(INCARNATION_PATH)), (2, 0));
    let (acl, _) = bench.store.acl(INCARNATION_PATH, &[]).expect("readable");
    assert_eq!(acl[0].permissions, Permissions::READ);
    // A client that connects anew watches it as before.
    let mut hub = Hub::new(&mut bench.store);
    let watches = SetAgain {
        data: &[INCARNATION_PATH],
        child: &[INCARNATION_PATH],
        ..SetAgain::default()
    };
    let missed = hub.set_again(&bench.store, ConnectionId(1), Zxid(0), &watches);
    assert_eq!(missed, Ok(vec![]));
    // It is the first half of a token, and stays in another group.
    bench
        .create(1, "/lock-", CreateMode::EphemeralSequential)
        .expect("created");
    let token = bench.store.lock("/").holders[0].token.expect("a token");
    let digits = format!("{}{:016x}", bench.data(INCARNATION_PATH), token.czxid.0);
    assert_eq!(token.to_string(), digits);
    bench.store.renew(&Stamp {
        slot: Slot(99),
        ballot: ballot(3),
        newest: ballot(3),
        time_ms: 2_000_000,
        level: 1,
    });
    assert_eq!(bench.data(INCARNATION_PATH), "00000000000f4240");
}

pub(super) fn nobody_else_has_the_incarnations_name() {
    let path = || INCARNATION_PATH.to_owned();
    let ops = || {
        let acl = vec![Acl {
            permissions: Permissions::ALL,
            id: Id::anyone(),
        }];
        [
            create(INCARNATION_PATH, CreateMode::Persistent),
            Op::SetData {
                path: path(),
                data: Some(b"0".to_vec().into()),
                version: -1,
            },
            Op::SetAcl {
                path: path(),
                acl,
                version: -1,
            },
            Op::Check {
                path: path(),
                version: 1,
            },
            Op::Check {
                path: path(),
                version: 0,
            },
            Op::Delete {
                path: path(),
                version: -1,
            },
        ]
    };
    let told = |level| {
        let mut bench = bench();
        bench.level = level;
        let told = ops().map(|op| bench.one(1, op).err());
        assert_eq!(bench.data(INCARNATION_PATH), "00000000000f4240");
        told
    };
    let refused = [
        Some(Error::NodeExists),
        Some(Error::NoAuth),
        Some(Error::NoAuth),
        Some(Error::BadVersion),
        None,
        Some(Error::BadArguments),
    ];
    assert_eq!(told(INCARNATION_LEVEL), refused);
    // Before that level it is a name like others, and what is made of it is not seen.
    let before = [None, None, None, None, Some(Error::BadVersion), None];
    assert_eq!(told(INCARNATION_LEVEL - 1), before);
}
