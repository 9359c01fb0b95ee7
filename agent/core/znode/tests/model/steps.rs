//! Random steps over few paths, sessions and lists, so that they meet.

use bytes::Bytes;
use proptest::prelude::*;
use synod_znode::{Acl, CreateMode, Id, Op, Permissions, WatchMode, Write};

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Write {
        session: usize,
        writes: Vec<Write>,
    },
    Attach {
        session: usize,
        anew: bool,
    },
    Close {
        session: usize,
    },
    Watch {
        session: usize,
        path: String,
        mode: WatchMode,
    },
    Unwatch {
        session: usize,
        path: String,
        mode: WatchMode,
    },
}

const PATHS: [&str; 9] = [
    "/a",
    "/b",
    "/a/a",
    "/a/b",
    "/b/a",
    "/a/a/a",
    "/a/a/b",
    "/b/lock-",
    "/b/lock-0000000000",
];

fn path() -> impl Strategy<Value = String> {
    prop::sample::select(&PATHS[..]).prop_map(str::to_owned)
}

fn data() -> impl Strategy<Value = Option<Bytes>> {
    prop_oneof![
        1 => Just(None),
        3 => (0usize..9).prop_map(|len| Some(vec![7; len].into())),
        1 => (1_000usize..3_000).prop_map(|len| Some(vec![8; len].into())),
    ]
}

fn acl() -> impl Strategy<Value = Vec<Acl>> {
    let one = (
        0u32..32,
        prop::sample::select(&["world", "auth", "user1", "user2"][..]),
    )
        .prop_map(|(bits, who)| {
            let id = match who {
                "world" => Id::anyone(),
                "auth" => Id::new("auth", ""),
                user => Id::new("digest", format!("{user}:hash")),
            };
            Acl {
                permissions: Permissions(bits),
                id,
            }
        });
    prop_oneof![
        6 => Just(Acl::open()),
        1 => Just(vec![]),
        2 => one.prop_map(|acl| vec![acl]),
    ]
}

fn mode() -> impl Strategy<Value = CreateMode> {
    prop_oneof![
        4 => Just(CreateMode::Persistent),
        3 => Just(CreateMode::Ephemeral),
        2 => Just(CreateMode::PersistentSequential),
        3 => Just(CreateMode::EphemeralSequential),
        1 => Just(CreateMode::Container),
        1 => (1u64..99).prop_map(CreateMode::PersistentWithTtl),
    ]
}

fn version() -> impl Strategy<Value = i32> {
    prop_oneof![3 => Just(-1), 2 => 0i32..3]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (path(), data(), acl(), mode()).prop_map(|(path, data, acl, mode)| Op::Create { path, data, acl, flags: mode.flag().0, ttl_ms: mode.flag().1 as i64 }),
        4 => (path(), version()).prop_map(|(path, version)| Op::Delete { path, version }),
        3 => (path(), data(), version()).prop_map(|(path, data, version)| Op::SetData { path, data, version }),
        1 => (path(), acl(), version()).prop_map(|(path, acl, version)| Op::SetAcl { path, acl, version }),
        1 => (path(), version()).prop_map(|(path, version)| Op::Check { path, version }),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        4 => op().prop_map(Write::One),
        1 => prop::collection::vec(op(), 0..5).prop_map(Write::Multi),
        1 => Just(Write::Refused),
    ]
}

fn watch_mode() -> impl Strategy<Value = WatchMode> {
    prop::sample::select(
        &[
            WatchMode::Data,
            WatchMode::Child,
            WatchMode::Persistent,
            WatchMode::PersistentRecursive,
        ][..],
    )
}

/// One step.
pub(crate) fn step() -> impl Strategy<Value = Step> {
    let session = 0usize..3;
    prop_oneof![
        12 => (session.clone(), prop::collection::vec(write(), 1..4)).prop_map(|(session, writes)| Step::Write { session, writes }),
        3 => (session.clone(), any::<bool>()).prop_map(|(session, anew)| Step::Attach { session, anew }),
        1 => session.clone().prop_map(|session| Step::Close { session }),
        4 => (session.clone(), path(), watch_mode()).prop_map(|(session, path, mode)| Step::Watch { session, path, mode }),
        1 => (session, path(), watch_mode()).prop_map(|(session, path, mode)| Step::Unwatch { session, path, mode }),
    ]
}
