//! Whatever the bytes: commands, soft messages and snapshots decode to what was encoded, or to an error.

mod model;

use bytes::Bytes;
use model::steps::txn;
use proptest::prelude::*;
use synod_kv::{Alarm, AlarmKind, Command, Limits, Op, Put, Settings, Store, TXN_DEPTH_MAX, Txn};
use synod_machine::{SnapshotReader, Stamp, StateMachine};
use synod_paxos::{Ballot, Node, Slot};

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn apply(store: &mut Store, slot: u64, command: &Command) {
    let ballot = Ballot::default();
    let stamp = Stamp {
        slot: Slot(slot),
        ballot,
        newest: ballot,
        time_ms: 0,
        level: 0,
    };
    store
        .apply(&stamp, &command.encode())
        .expect("a known command");
}

/// A store with a bit of everything.
fn furnished() -> Store {
    let mut store = Store::new(Settings::default());
    apply(&mut store, 1, &Command::LeaseGrant { id: -5, ttl: 10 });
    apply(
        &mut store,
        2,
        &Command::AlarmActivate(Alarm {
            member: 7,
            kind: AlarmKind::NoSpace,
        }),
    );
    apply(
        &mut store,
        3,
        &Command::AlarmDeactivate(Alarm {
            member: 7,
            kind: AlarmKind::NoSpace,
        }),
    );
    for number in 0u8..40 {
        let put = Put {
            key: vec![b'k', number % 9].into(),
            value: vec![number; 20].into(),
            ..Put::default()
        };
        apply(&mut store, 4 + u64::from(number), &Command::Put(put));
    }
    apply(&mut store, 60, &Command::Compact { revision: 20 });
    apply(
        &mut store,
        61,
        &Command::AlarmActivate(Alarm {
            member: 7,
            kind: AlarmKind::NoSpace,
        }),
    );
    store
}

fn pieces(store: &Store, target: usize) -> Vec<Bytes> {
    let mut reader = store.snapshot();
    std::iter::from_fn(|| reader.next(target)).collect()
}

fn restore(pieces: &[Bytes]) -> Option<Store> {
    let mut store = Store::new(Settings::default());
    pieces
        .iter()
        .try_for_each(|piece| store.restore(piece))
        .ok()?;
    store.restored().ok()?;
    Some(store)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_decode_or_not(bytes in prop::collection::vec(any::<u8>(), 0..200), known in any::<bool>()) {
        let mut bytes = bytes;
        if known && bytes.len() > 1 {
            bytes[0] = 1;
            bytes[1] %= 14;
        }
        let bytes = Bytes::from(bytes);
        if let Ok(command) = Command::decode(&bytes) {
            prop_assert_eq!(Command::decode(&command.encode()), Ok(command));
        }
        let _ = Store::decode_soft(&bytes);
        let _ = Store::decode_soft_response(&bytes);
        prop_assert!(restore(&[bytes]).is_none());
    }

    #[test]
    fn transactions_round_trip(txn in txn(), at in any::<prop::sample::Index>(), flip in 1u8..) {
        let command = Command::Txn(txn);
        let bytes = command.encode();
        prop_assert_eq!(Command::decode(&bytes), Ok(command));
        let mut damaged = bytes.to_vec();
        damaged[at.index(bytes.len())] ^= flip;
        let _ = Command::decode(&damaged.into());
        prop_assert!(Command::decode(&bytes.slice(..at.index(bytes.len()))).is_err());
    }

    #[test]
    fn a_damaged_snapshot_is_refused(target in 1usize..400, at in any::<prop::sample::Index>(), flip in 1u8..) {
        let store = furnished();
        let pieces = pieces(&store, target);
        let whole = restore(&pieces).expect("it was not damaged");
        prop_assert_eq!(whole.digest(), store.digest());
        let mut damaged = pieces.clone();
        let piece = at.index(damaged.len());
        let mut bytes = damaged[piece].to_vec();
        let byte = at.index(bytes.len());
        bytes[byte] ^= flip;
        damaged[piece] = bytes.into();
        prop_assert!(restore(&damaged).is_none(), "a flipped bit goes unnoticed");
        let mut missing = pieces.clone();
        missing.remove(piece);
        prop_assert!(restore(&missing).is_none(), "a missing piece goes unnoticed");
        let mut twice = pieces.clone();
        twice.insert(piece, pieces[piece].clone());
        prop_assert!(restore(&twice).is_none(), "a repeated piece goes unnoticed");
    }
}

#[test]
fn other_commands_round_trip() {
    for command in [
        Command::Compact { revision: i64::MAX },
        Command::LeaseGrant {
            id: i64::MIN,
            ttl: -1,
        },
        Command::LeaseRevoke { id: 3 },
        Command::LeaseExpire {
            id: 3,
            granted: u64::MAX,
            ballot: Ballot {
                round: 4,
                node: Node(9),
            },
        },
        Command::AlarmActivate(Alarm {
            member: u64::MAX,
            kind: AlarmKind::Corrupt,
        }),
        Command::AlarmDeactivate(Alarm {
            member: 0,
            kind: AlarmKind::NoSpace,
        }),
        Command::Configure(Limits {
            quota_bytes: 1 << 40,
            lease_ttl_min_s: 60,
        }),
        Command::Reclaim,
    ] {
        let bytes = command.encode();
        assert_eq!(Command::decode(&bytes), Ok(command));
        let longer = [bytes.as_ref(), &[0]].concat();
        assert!(
            Command::decode(&longer.into()).is_err(),
            "bytes after the end"
        );
    }
}

#[test]
fn keys_and_values_share_the_message() {
    let put = Put {
        key: "a key".into(),
        value: vec![7; 1_000].into(),
        ..Put::default()
    };
    let bytes = Command::Put(put).encode();
    let Ok(Command::Put(put)) = Command::decode(&bytes) else {
        panic!("a put")
    };
    let message = bytes.as_ptr_range();
    assert!(message.contains(&put.key.as_ptr()) && message.contains(&put.value.as_ptr()));
}

#[test]
fn nesting_is_bounded() {
    let nest = |depth: usize| {
        (1..depth).fold(Txn::default(), |inner, _| Txn {
            success: vec![Op::Txn(inner)],
            ..Txn::default()
        })
    };
    let deepest = nest(TXN_DEPTH_MAX);
    assert_eq!(deepest.check(1_000), Ok(()));
    assert!(Command::decode(&Command::Txn(deepest.clone()).encode()).is_ok());
    apply(
        &mut Store::new(Settings::default()),
        1,
        &Command::Txn(deepest),
    );
    let deeper = nest(TXN_DEPTH_MAX + 1);
    assert_eq!(deeper.check(1_000), Err(synod_kv::Error::TooDeep));
    assert!(Command::decode(&Command::Txn(deeper).encode()).is_err());
}

#[test]
fn unknown_commands_halt() {
    let mut store = Store::new(Settings::default());
    let ballot = Ballot::default();
    let stamp = Stamp {
        slot: Slot(1),
        ballot,
        newest: ballot,
        time_ms: 0,
        level: 0,
    };
    let before = store.digest();
    for bytes in [&[][..], &[1], &[1, 200], &[2, 11], &[1, 12, 0]] {
        assert!(store.apply(&stamp, &Bytes::copy_from_slice(bytes)).is_err());
    }
    assert_eq!(store.digest(), before);
}
