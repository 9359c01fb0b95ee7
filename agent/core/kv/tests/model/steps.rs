//! What a run consists of, and how runs are made up.

use bytes::Bytes;
use proptest::prelude::*;
use synod_kv::{
    Compare, CompareResult, CompareTarget, DeleteRange, End, KeyRange, Op, Put, Range, SortOrder,
    SortTarget, Txn,
};

/// One step. Numbers that mean a revision are counted back from the newest, so that most make sense.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Put(Put),
    /// As many puts of few keys that a compaction after it has work for many commands.
    Burst(Vec<Put>),
    Delete(DeleteRange),
    Txn(Txn),
    Compact {
        back: i64,
    },
    Grant {
        id: i64,
        ttl: i64,
    },
    Revoke {
        id: i64,
    },
    /// An expiry as a leader of an older (or the newest) ballot would have proposed it.
    Expire {
        id: i64,
        newest: bool,
    },
    Reclaim,
    /// The feature level that fences begin with is in force from here on.
    Raise,
    Read {
        request: Range,
        back: Option<i64>,
    },
    /// The store is replaced by one restored from its snapshot.
    Restore {
        piece: usize,
    },
    Watch {
        range: KeyRange,
        back: Option<i64>,
        no_put: bool,
        no_delete: bool,
        prev_kv: bool,
        fragment: bool,
        prompt: bool,
    },
    Applied,
    Drain {
        watch: usize,
        bytes_max: usize,
    },
    Cancel {
        watch: usize,
    },
    Lead,
    Follow,
    Time {
        ms: u64,
    },
    KeepAlive {
        id: i64,
    },
}

fn key() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        (0u8..6).prop_map(|n| Bytes::from(vec![b'a' + n])),
        (0u8..3, 0u8..3).prop_map(|(a, b)| Bytes::from(vec![b'a' + a, b'a' + b])),
    ]
}

fn value() -> impl Strategy<Value = Bytes> {
    (0u8..5, 0usize..4).prop_map(|(n, len)| Bytes::from(vec![b'0' + n; len]))
}

fn fence() -> impl Strategy<Value = Bytes> {
    prop::sample::select(vec!["synod.dev/fence/a", "synod.dev/fence/b"]).prop_map(Bytes::from)
}

fn token() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        8 => (0u128..6).prop_map(|n| Bytes::copy_from_slice(&n.to_be_bytes())),
        1 => value(),
    ]
}

pub(crate) fn key_range() -> impl Strategy<Value = KeyRange> {
    prop_oneof![
        1 => fence().prop_map(KeyRange::point),
        1 => prop::sample::select(vec!["synod", "synod.dev/fence", "synod.dev/fence/"])
            .prop_map(|prefix| KeyRange::prefix(prefix.into())),
        3 => key().prop_map(KeyRange::point),
        3 => (key(), key()).prop_map(|(start, end)| KeyRange { start, end: End::Before(end) }),
        1 => key().prop_map(|start| KeyRange { start, end: End::Unbounded }),
        1 => key().prop_map(KeyRange::prefix),
        1 => Just(KeyRange::all()),
    ]
}

fn lease() -> impl Strategy<Value = i64> {
    prop_oneof![3 => Just(0), 2 => 1i64..4]
}

pub(crate) fn put() -> impl Strategy<Value = Put> {
    let pair = prop_oneof![5 => (key(), value()), 1 => (fence(), token())];
    (
        pair,
        lease(),
        any::<bool>(),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.1),
    )
        .prop_map(
            |((key, value), lease, prev_kv, ignore_value, ignore_lease)| Put {
                key,
                value: if ignore_value { Bytes::new() } else { value },
                lease: if ignore_lease { 0 } else { lease },
                prev_kv,
                ignore_value,
                ignore_lease,
            },
        )
}

fn delete() -> impl Strategy<Value = DeleteRange> {
    (key_range(), any::<bool>()).prop_map(|(range, prev_kv)| DeleteRange { range, prev_kv })
}

pub(crate) fn range() -> impl Strategy<Value = Range> {
    let order = prop_oneof![2 => Just(SortOrder::None), 1 => Just(SortOrder::Ascend), 1 => Just(SortOrder::Descend)];
    let target = prop::sample::select(vec![
        SortTarget::Key,
        SortTarget::Version,
        SortTarget::Create,
        SortTarget::Mod,
        SortTarget::Value,
    ]);
    let filter = || prop_oneof![4 => Just(0i64), 1 => 1i64..20];
    (
        (
            key_range(),
            prop_oneof![2 => Just(0i64), 2 => 1i64..4],
            order,
            target,
        ),
        (prop::bool::weighted(0.2), prop::bool::weighted(0.2)),
        (filter(), filter(), filter(), filter()),
    )
        .prop_map(
            |((range, limit, order, target), (keys_only, count_only), filters)| Range {
                limit,
                order,
                target,
                keys_only,
                count_only,
                mod_revision_min: filters.0,
                mod_revision_max: filters.1,
                create_revision_min: filters.2,
                create_revision_max: filters.3,
                ..Range::new(range)
            },
        )
}

fn compare() -> impl Strategy<Value = Compare> {
    let result = prop::sample::select(vec![
        CompareResult::Equal,
        CompareResult::Greater,
        CompareResult::Less,
        CompareResult::NotEqual,
    ]);
    let target = prop_oneof![
        (0i64..4).prop_map(CompareTarget::Version),
        (0i64..20).prop_map(CompareTarget::Create),
        (0i64..20).prop_map(CompareTarget::Mod),
        value().prop_map(CompareTarget::Value),
        (0i64..4).prop_map(CompareTarget::Lease),
    ];
    (key_range(), result, target).prop_map(|(range, result, target)| Compare {
        range,
        result,
        target,
    })
}

pub(crate) fn txn() -> impl Strategy<Value = Txn> {
    let op = prop_oneof![
        4 => put().prop_map(Op::Put),
        2 => delete().prop_map(Op::DeleteRange),
        2 => range().prop_map(Op::Range),
    ];
    let flat = (
        prop::collection::vec(compare(), 0..2),
        prop::collection::vec(op.clone(), 0..4),
        prop::collection::vec(op.clone(), 0..4),
    )
        .prop_map(|(compare, success, failure)| Txn {
            compare,
            success,
            failure,
        });
    flat.prop_recursive(2, 8, 3, move |inner| {
        let op = prop_oneof![2 => op.clone(), 1 => inner.prop_map(Op::Txn)];
        (
            prop::collection::vec(compare(), 0..2),
            prop::collection::vec(op.clone(), 0..3),
            prop::collection::vec(op, 0..3),
        )
            .prop_map(|(compare, success, failure)| Txn {
                compare,
                success,
                failure,
            })
    })
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let back = || prop_oneof![Just(None), (-2i64..12).prop_map(Some)];
    let flag = || prop::bool::weighted(0.2);
    prop_oneof![
        12 => put().prop_map(Step::Put),
        1 => prop::collection::vec(put(), 60..200).prop_map(Step::Burst),
        4 => delete().prop_map(Step::Delete),
        5 => txn().prop_map(Step::Txn),
        2 => (-1i64..6).prop_map(|back| Step::Compact { back }),
        3 => (1i64..4, 0i64..8).prop_map(|(id, ttl)| Step::Grant { id, ttl }),
        1 => (1i64..4).prop_map(|id| Step::Revoke { id }),
        1 => (1i64..4, any::<bool>()).prop_map(|(id, newest)| Step::Expire { id, newest }),
        1 => Just(Step::Reclaim),
        1 => Just(Step::Raise),
        6 => (range(), back()).prop_map(|(request, back)| Step::Read { request, back }),
        1 => (1usize..300).prop_map(|piece| Step::Restore { piece }),
        4 => (key_range(), back(), flag(), flag(), any::<bool>(), flag(), any::<bool>()).prop_map(
            |(range, back, no_put, no_delete, prev_kv, fragment, prompt)| Step::Watch {
                range, back, no_put, no_delete, prev_kv, fragment, prompt,
            }
        ),
        5 => Just(Step::Applied),
        5 => (any::<usize>(), 0usize..12).prop_map(|(watch, bytes_max)| Step::Drain { watch, bytes_max }),
        1 => any::<usize>().prop_map(|watch| Step::Cancel { watch }),
        1 => Just(Step::Lead),
        1 => Just(Step::Follow),
        3 => (0u64..3_000).prop_map(|ms| Step::Time { ms }),
        2 => (1i64..4).prop_map(|id| Step::KeepAlive { id }),
    ]
}
