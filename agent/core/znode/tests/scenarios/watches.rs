//! Watches: what they miss, who hears, and how many there may be.

use synod_znode::{WatchBounds, WatchesFull};

use super::*;

pub(super) fn watches_set_again_hear_what_they_missed() {
    let mut bench = bench();
    for path in ["/same", "/written", "/parent", "/quiet"] {
        bench
            .create(1, path, CreateMode::Persistent)
            .expect("created");
    }
    let seen = bench.store.zxid();
    bench.set("/written", b"x").expect("written");
    bench
        .create(1, "/parent/new", CreateMode::Persistent)
        .expect("created");
    let mut hub = Hub::new(&mut bench.store);
    let watches = SetAgain {
        data: &["/same", "/written", "/gone"],
        exist: &["/parent/new", "/never"],
        child: &["/parent", "/quiet", "/gone"],
        persistent: &["/same"],
        persistent_recursive: &["/quiet"],
    };
    let me = ConnectionId(1);
    let told = |notices: Vec<Notice>| -> Vec<String> {
        let event = |notice| match notice {
            Notice::Event { kind, path, .. } => format!("{kind:?} {path}"),
            Notice::Over { .. } => "over".into(),
        };
        notices.into_iter().map(event).collect()
    };
    let missed = told(
        hub.set_again(&bench.store, me, seen, &watches)
            .expect("no bounds"),
    );
    assert_eq!(
        missed,
        [
            "DataChanged /written",
            "Deleted /gone",
            "Created /parent/new",
            "ChildrenChanged /parent",
            "Deleted /gone"
        ]
    );
    hub.invariants();
    // What was set is set, and tells once or more.
    bench.set("/same", b"y").expect("written");
    bench.set("/same", b"z").expect("written");
    bench
        .create(1, "/quiet/child", CreateMode::Persistent)
        .expect("created");
    let mut notices = Vec::new();
    let until = bench.store.zxid();
    hub.advance(&mut bench.store, until, |notice| notices.push(notice));
    let expected = [
        "DataChanged /same",
        "DataChanged /same",
        "Created /quiet/child",
        "ChildrenChanged /quiet",
    ];
    assert_eq!(told(notices), expected);
    assert!(
        hub.watches(me, "/same", &[WatchMode::Persistent])
            && !hub.watches(me, "/same", &[WatchMode::Data])
    );
    hub.leave(id(1), me);
    assert_eq!(hub.counts(), Default::default());
}

/// Beyond a bound no watch is set, and what is removed, fires or goes with its connection makes room.
pub(super) fn watches_keep_to_their_bounds() {
    let mut bench = bench();
    let bounds = WatchBounds {
        connection_bytes_max: 1_000,
        bytes_max: 2_500,
    };
    let mut hub = Hub::bounded(&mut bench.store, bounds);
    let paths: Vec<_> = (0..100).map(|number| format!("/{number}")).collect();
    let fill = |hub: &mut Hub, connection, why| {
        let watch = |path: &String| hub.watch(ConnectionId(connection), path, WatchMode::Data);
        let (set, refused): (Vec<_>, Vec<_>) = paths.iter().map(watch).partition(Result::is_ok);
        assert!(refused.iter().all(|refusal| *refusal == Err(why)));
        hub.invariants();
        set.len()
    };
    let (own, all) = (WatchesFull::Connection, WatchesFull::Member);
    assert_eq!(fill(&mut hub, 1, own), 3);
    assert_eq!(
        fill(&mut hub, 1, own),
        3,
        "what is set already takes nothing"
    );
    assert_eq!(fill(&mut hub, 2, own), 3);
    assert_eq!(fill(&mut hub, 3, own), 3);
    assert_eq!(fill(&mut hub, 4, all), 0);
    assert!(hub.unwatch(ConnectionId(1), "/0", &[WatchMode::Data]));
    assert_eq!(fill(&mut hub, 4, all), 1);
    let created = bench.create(1, "/0", CreateMode::Persistent);
    created.expect("created");
    let until = bench.store.zxid();
    hub.advance(&mut bench.store, until, |_| ());
    assert_eq!(fill(&mut hub, 4, own), 3);
    for connection in 1..=4 {
        hub.leave(id(1), ConnectionId(connection));
    }
    assert_eq!(hub.counts(), Default::default());
    let (me, seen, gone) = (ConnectionId(5), bench.store.zxid(), ["/0"; 1]);
    let exist: Vec<_> = paths[1..].iter().map(String::as_str).collect();
    let watches = SetAgain {
        data: &gone,
        exist: &exist,
        ..SetAgain::default()
    };
    let set = hub.set_again(&bench.store, me, seen, &watches);
    assert_eq!(set.err(), Some(own));
}

const SECRET: &str = "/secret";

fn only(user: &str) -> Vec<Acl> {
    vec![Acl {
        permissions: Permissions::ALL,
        id: Id::new("digest", user),
    }]
}

fn create_for(path: &str, user: &str) -> Op {
    Op::Create {
        path: path.to_owned(),
        data: None,
        acl: only(user),
        flags: 0,
        ttl_ms: 0,
    }
}

/// Of a node its readers, as they are when it changes; of its children those who may list them.
pub(super) fn only_readers_hear() {
    let mut bench = bench();
    let mut hub = Hub::new(&mut bench.store);
    let user = |name: &str| [Id::new("digest", name)];
    let mut heard = |bench: &mut Bench| {
        let until = bench.store.zxid();
        let mut who = Vec::new();
        hub.advance(&mut bench.store, until, |notice| {
            if let Notice::Event {
                kind,
                path,
                readers,
                ..
            } = notice
            {
                let may = [&user("u1:h"), &user("u2:h")].map(|ids| readers.include(ids));
                assert_eq!(readers.are_all(), path.as_ref() == "/");
                who.push((format!("{kind:?} {path}"), may));
            }
        });
        for (path, mode) in [
            (SECRET, WatchMode::Data),
            (SECRET, WatchMode::Child),
            ("/", WatchMode::Child),
        ] {
            hub.watch(ConnectionId(1), path, mode).expect("no bounds");
        }
        who
    };
    assert!(heard(&mut bench).is_empty());
    let mut step = |op: Op| {
        bench.one(1, op).expect("allowed");
        heard(&mut bench)
    };
    let event = |told: &str, may| (told.to_owned(), may);
    let first = [true, false];
    assert_eq!(
        step(create_for(SECRET, "u1:h")),
        [
            event("Created /secret", first),
            event("ChildrenChanged /", [true, true])
        ]
    );
    assert_eq!(
        step(create_for("/secret/a", "u2:h")),
        [event("ChildrenChanged /secret", first)]
    );
    let delete = |path: &str| Op::Delete {
        path: path.to_owned(),
        version: -1,
    };
    assert_eq!(
        step(delete("/secret/a")),
        [event("ChildrenChanged /secret", first)]
    );
    assert_eq!(
        step(Op::SetData {
            path: SECRET.to_owned(),
            data: None,
            version: -1
        }),
        [event("DataChanged /secret", first)]
    );
    let shared = Op::SetAcl {
        path: SECRET.to_owned(),
        acl: only("u2:h"),
        version: -1,
    };
    assert!(step(shared).is_empty());
    assert_eq!(
        step(delete(SECRET)),
        [
            event("Deleted /secret", [false, true]),
            event("ChildrenChanged /", [true, true])
        ]
    );
}
