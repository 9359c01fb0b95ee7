//! Bytes that must stay as they are: a disk or a peer of the first release understands them.

use std::collections::BTreeMap;

use bytes::Bytes;
use expect_test::{Expect, expect};
use synod_paxos::{
    Ballot, Body, ConfigId, Configuration, Entry, Message, Node, Payload, Record, Slot,
};

use crate::codec::Writer;
use crate::envelope::{Carried, Control, Envelope, Origin};
use crate::identity::{DiskStanding, Identity};
use crate::wal::format::put_record;
use crate::wal::{Owner, SegmentHeader};
use crate::wire::{self, Founder, FounderStage, Peer, Said};
use crate::{ClusterUid, MemberContext};

fn hex(parts: &[Bytes]) -> String {
    let mut text = String::new();
    for (index, byte) in parts.concat().iter().enumerate() {
        if index > 0 && index % 16 == 0 {
            text.push('\n');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

fn check(parts: &[Bytes], expected: &Expect) {
    expected.assert_eq(&hex(parts));
}

const BALLOT: Ballot = Ballot {
    round: 300,
    node: Node(2),
};

fn entry() -> Entry {
    Entry {
        ballot: BALLOT,
        payload: Payload::Command(Bytes::from_static(b"put")),
    }
}

#[test]
fn an_accept_frame() {
    let said = Said::Paxos(Message {
        from: Node(1),
        config: ConfigId(3),
        body: Body::Accept {
            ballot: BALLOT,
            from: Slot(7),
            entries: vec![entry()],
            decided: Slot(6),
        },
    });
    let frame = wire::encode(&ClusterUid([0xAB; 16]), Node(1), Node(2), &said);
    check(
        &frame,
        &expect![[r#"
        01ababababababababababababababab
        ab01020703ac0202070601ac02020103
        707574"#]],
    );
}

#[test]
fn a_forward_frame() {
    let commands = vec![Bytes::from_static(b"one"), Bytes::from_static(b"two")];
    let said = Said::Driver(Peer::Forward { commands });
    let frame = wire::encode(&ClusterUid([0xAB; 16]), Node(3), Node(1), &said);
    check(
        &frame,
        &expect![[r#"
        01ababababababababababababababab
        ab03014102036f6e650374776f"#]],
    );
}

#[test]
fn a_founder_frame() {
    let said = Said::Driver(Peer::Founder(Founder {
        disk_id: 0x0102_0304,
        noted: 0x0506,
        stage: FounderStage::Noted,
    }));
    let frame = wire::encode(&ClusterUid([0xAB; 16]), Node(3), Node(1), &said);
    check(
        &frame,
        &expect![[r#"
        01ababababababababababababababab
        ab03014a040302010000000000000000
        00000000060500000000000000000000
        0000000001"#]],
    );
}

#[test]
fn an_identity() {
    let identity = Identity {
        cluster: ClusterUid([0xAB; 16]),
        node: Node(1),
        group: 1,
        disk_id: 0x0102_0304,
        standing: DiskStanding::Noted,
        initial: Some(Configuration::initial(BTreeMap::new())),
        founders: [(Node(2), 0x0506)].into(),
    };
    check(
        &[identity.encode()],
        &expect![[r#"
        53594e4f4449534b02000000abababab
        abababababababababababab01000000
        00000000040302010000000000000000
        00000000010000000401010000000102
        06050000000000000000000000000000
        579a23ea"#]],
    );
}

#[test]
fn envelopes() {
    let envelope = Envelope {
        origin: Origin {
            incarnation: 0x1122_3344_5566_7788,
            sequence: 200,
            floor: 199,
        },
        time_ms: 1_700_000_000_000,
        level: 1,
        user: Bytes::from_static(b"root"),
        auth_revision: 5,
        fence: Bytes::from_static(b"f"),
        trace: Bytes::from_static(b"t"),
        carried: Carried::Machine(Bytes::from_static(b"command")),
    };
    check(
        &[envelope.encode()],
        &expect![[r#"
        01000068e5cf8b010000887766554433
        2211c801c7010104726f6f7405016601
        74636f6d6d616e64"#]],
    );
    let control = Envelope {
        carried: Carried::Control(Control::Check {
            slot: Slot(1_024),
            digest: 9,
        }),
        ..Envelope::default()
    };
    check(
        &[control.encode()],
        &expect![[r#"
        01010000000000000000000000000000
        00000000000000000002800809000000
        00000000"#]],
    );
}

#[test]
fn a_segment_header_and_a_record() {
    let header = SegmentHeader {
        owner: Owner {
            cluster: ClusterUid([0xAB; 16]),
            node: Node(1),
            disk_id: 0x0102_0304,
        },
        segment: 2,
        first_batch: 10,
    };
    check(
        &[header.encode()],
        &expect![[r#"
        53594e4f4457414c0100000000000000
        abababababababababababababababab
        01000000000000000403020100000000
        00000000000000000200000000000000
        0a000000000000004a742148ad4e615e"#]],
    );
    let mut w = Writer::default();
    let record = Record::Append {
        ballot: BALLOT,
        from: Slot(7),
        entries: vec![entry()],
        decided: Slot(6),
    };
    put_record(&mut w, 1, &record);
    check(&w.parts(), &expect!["0103ac0202070601ac02020103707574"]);
}

#[test]
fn a_context() {
    let context = MemberContext {
        name: "m-1".to_owned(),
        peer_address: "m-1.peer:2380".to_owned(),
        client_urls: vec!["https://m-1:2379".to_owned()],
        peer_urls: Vec::new(),
        disk_id: 7,
    };
    check(
        &[context.encode()],
        &expect![[r#"
        01036d2d310d6d2d312e706565723a32
        333830011068747470733a2f2f6d2d31
        3a323337390007000000000000000000
        000000000000"#]],
    );
}
