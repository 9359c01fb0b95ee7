//! What a LockService's member reads of other members and of its disk: commands, soft requests and their answers, snapshots.
//!
//! Nothing panics; what was read is read again the same from what it is written as; a command leaves the state whole, whoever made
//! it; and a snapshot that is taken is a whole state.
//!
//! The first byte says what the rest is: pieces, each after two bytes of its length.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use synod_machine::{SnapshotReader as _, Stamp, StateMachine};
use synod_paxos::{Ballot, Node, Slot};
use synod_znode::{Command, Settings, Store};

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    match first % 3 {
        0 => commands(rest),
        1 => soft(rest),
        _ => snapshot(rest),
    }
});

/// What is left, cut in pieces.
fn pieces(mut rest: &[u8]) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (piece, after) = after.split_at(length);
        rest = after;
        Some(Bytes::copy_from_slice(piece))
    })
}

fn store() -> Store {
    Store::new(Settings::default())
}

fn commands(rest: &[u8]) {
    let mut store = store();
    let ballot = Ballot {
        round: 1,
        node: Node(1),
    };
    for (piece, slot) in pieces(rest).zip(1..) {
        let Ok(command) = Command::decode(&piece) else {
            continue;
        };
        let encoded = command.encode();
        let again = Command::decode(&encoded);
        assert_eq!(again, Ok(command));
        let stamp = Stamp {
            slot: Slot(slot),
            ballot,
            newest: ballot,
            time_ms: 1_700_000_000_000 + slot,
            level: u32::MAX,
        };
        let _ = store.apply(&stamp, &encoded);
        store.invariants_deep();
    }
}

fn soft(rest: &[u8]) {
    let bytes = Bytes::copy_from_slice(rest);
    if let Ok(touch) = Store::decode_soft(&bytes) {
        let again = Store::decode_soft(&Store::encode_soft(&touch));
        assert_eq!(again, Ok(touch));
    }
    if let Ok(touched) = Store::decode_soft_response(&bytes) {
        let again = Store::decode_soft_response(&Store::encode_soft_response(&touched));
        assert_eq!(again, Ok(touched));
    }
}

fn snapshot(rest: &[u8]) {
    let mut restored = store();
    if pieces(rest).all(|piece| restored.restore(&piece).is_ok()) && restored.restored().is_ok() {
        restored.invariants_deep();
        let mut again = store();
        let mut reader = restored.snapshot();
        while let Some(piece) = reader.next(64) {
            again.restore(&piece).expect("what was written");
        }
        again.restored().expect("what was written");
        assert_eq!(again.digest(), restored.digest());
    }
}
