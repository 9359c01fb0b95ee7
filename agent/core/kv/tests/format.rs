//! The bytes of format 1, kept: logs and snapshots written by this version must be read by every later one. If this test
//! fails, the format was changed: give it a new number or a new tag instead.

mod script;

use bytes::Bytes;
use expect_test::{Expect, expect};
use script::Script;
use synod_kv::{
    Alarm, AlarmKind, Command, Compare, CompareResult, CompareTarget, DeleteRange, KeyRange,
    Limits, Op, Put, Range, SortOrder, SortTarget, Store, Txn,
};
use synod_machine::{SnapshotReader, StateMachine};
use synod_paxos::{Ballot, Node};

fn hex(bytes: &[u8]) -> String {
    let rows: Vec<String> = bytes
        .chunks(32)
        .map(|row| row.iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    rows.join("\n") + "\n"
}

fn check(command: &Command, expected: &Expect) {
    let bytes = command.encode();
    assert_eq!(Command::decode(&bytes).as_ref(), Ok(command));
    expected.assert_eq(&hex(&bytes));
}

fn put() -> Put {
    Put {
        key: "key".into(),
        value: "value".into(),
        lease: -300,
        prev_kv: true,
        ..Put::default()
    }
}

#[test]
fn commands() {
    check(
        &Command::Put(put()),
        &expect![[r#"
        010101d704036b65790576616c7565
    "#]],
    );
    let delete = DeleteRange {
        range: KeyRange::prefix("ab".into()),
        prev_kv: true,
    };
    check(
        &Command::DeleteRange(delete.clone()),
        &expect![[r#"
        01020102616202026163
    "#]],
    );
    check(
        &Command::Compact {
            revision: 1_000_000,
        },
        &expect![[r#"
            010480897a
        "#]],
    );
    check(
        &Command::LeaseGrant { id: 7, ttl: 60 },
        &expect![[r#"
        01050e78
    "#]],
    );
    check(
        &Command::LeaseRevoke { id: i64::MAX },
        &expect![[r#"
        0106feffffffffffffffff01
    "#]],
    );
    let ballot = Ballot {
        round: 9,
        node: Node(3),
    };
    check(
        &Command::LeaseExpire {
            id: 7,
            granted: 200,
            ballot,
        },
        &expect![[r#"
            01070ec8010903
        "#]],
    );
    let alarm = Alarm {
        member: 5,
        kind: AlarmKind::Corrupt,
    };
    check(
        &Command::AlarmActivate(alarm),
        &expect![[r#"
        01080105
    "#]],
    );
    check(
        &Command::AlarmDeactivate(alarm),
        &expect![[r#"
        01090105
    "#]],
    );
    check(
        &Command::Configure(Limits {
            quota_bytes: 1 << 33,
            lease_ttl_min_s: 5,
        }),
        &expect![[r#"
            010a80808080200a
        "#]],
    );
    check(
        &Command::Reclaim,
        &expect![[r#"
        010b
    "#]],
    );
    let compare = |result, target| Compare {
        range: KeyRange::point("k".into()),
        result,
        target,
    };
    let range = Range {
        limit: 3,
        revision: 4,
        order: SortOrder::Descend,
        target: SortTarget::Value,
        keys_only: true,
        mod_revision_min: 5,
        create_revision_max: 6,
        ..Range::new(KeyRange::all())
    };
    let txn = Txn {
        compare: vec![
            compare(CompareResult::Equal, CompareTarget::Version(1)),
            compare(CompareResult::Greater, CompareTarget::Create(2)),
            compare(CompareResult::Less, CompareTarget::Mod(3)),
            compare(CompareResult::NotEqual, CompareTarget::Value("v".into())),
            compare(CompareResult::Equal, CompareTarget::Lease(4)),
        ],
        success: vec![Op::Put(put()), Op::Range(range)],
        failure: vec![Op::DeleteRange(delete), Op::Txn(Txn::default())],
    };
    check(
        &Command::Txn(txn),
        &expect![[r#"
        010305000002016b00010104016b00020206016b0003030176016b0000040801
        6b00020101d704036b65790576616c75650c01020406080a00000c0100010202
        010261620202616303000000
    "#]],
    );
}

#[test]
fn snapshot() {
    let mut script = Script::new();
    script.run(
        "grant 7 100
         put a 1 lease=7
         put a 2
         put b 1
         compact 3
         del b
         raise 5 nospace",
    );
    let mut reader = script.store.snapshot();
    let bytes = reader.next(usize::MAX).expect("one piece");
    assert_eq!(reader.next(usize::MAX), None);
    expect![[r#"
        01010a060601808080800804010005020ec80101030161060004040001320301
        6208000802000131040a000000000005f1eba1e7b88ab4a713
    "#]]
    .assert_eq(&hex(&bytes));
    expect!["134ed0538ce875f1"].assert_eq(&format!("{:016x}", script.store.digest()));
    restores(&script.store, &bytes);
}

fn restores(store: &Store, bytes: &Bytes) {
    let mut restored = store.empty();
    restored.restore(bytes).expect("it decodes");
    restored.restored().expect("it is whole");
    assert_eq!(restored.digest(), store.digest());
}
