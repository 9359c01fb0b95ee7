//! Who hears of a change.

use super::*;

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
        hub.watch(ConnectionId(1), SECRET, WatchMode::Data);
        hub.watch(ConnectionId(1), SECRET, WatchMode::Child);
        hub.watch(ConnectionId(1), "/", WatchMode::Child);
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
