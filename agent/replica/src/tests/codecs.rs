//! Every encoding gives back what it was given, and any bytes at all give a value or an error.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use synod_paxos::{
    Ballot, Body, Change, ConfigId, Configuration, Entry, Member, MemberRole, Message, Node,
    Payload, Quorums, Record, Slot,
};

use crate::envelope::{Carried, Control, Envelope, Origin};
use crate::identity::{DiskStanding, Identity};
use crate::wal::format::{put_record, records};
use crate::wal::framing::{Place, decode_header, encode_batch};
use crate::wire::{
    self, Founder, FounderStage, FrameError, Peer, Said, SnapshotAnswer, SnapshotName,
};
use crate::{ChangeRefusal, ClusterUid, MemberContext, Refusal};

const CLUSTER: ClusterUid = ClusterUid([3; 16]);
const ME: Node = Node(2);
const PEER: Node = Node(1);

fn bytes() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..40),
        1 => prop::collection::vec(any::<u8>(), 4_000..5_000),
    ]
    .prop_map(Bytes::from)
}

fn slot() -> impl Strategy<Value = Slot> {
    (0..u64::MAX / 2).prop_map(Slot)
}

fn ballot() -> impl Strategy<Value = Ballot> {
    (0..u64::MAX / 2, any::<u64>()).prop_map(|(round, node)| Ballot {
        round,
        node: Node(node),
    })
}

fn member() -> impl Strategy<Value = Member> {
    let role = prop_oneof![
        Just(MemberRole::Voter),
        Just(MemberRole::Joining),
        Just(MemberRole::Learner)
    ];
    (role, bytes()).prop_map(|(role, context)| Member { role, context })
}

fn configuration() -> impl Strategy<Value = Configuration> {
    let quorums = prop_oneof![
        Just(Quorums::Majority),
        any::<(u32, u32)>().prop_map(|(prepare, accept)| Quorums::Flexible { prepare, accept })
    ];
    let members = prop::collection::btree_map(any::<u64>().prop_map(Node), member(), 0..4);
    (any::<u64>(), members, quorums, any::<u64>()).prop_map(|(id, members, quorums, highest)| {
        Configuration {
            id: ConfigId(id),
            members,
            quorums,
            highest: Node(highest),
        }
    })
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let payload = prop_oneof![
        Just(Payload::Noop),
        bytes().prop_map(Payload::Command),
        configuration().prop_map(Payload::Configuration)
    ];
    let entry = (ballot(), payload).prop_map(|(ballot, payload)| Entry { ballot, payload });
    prop::collection::vec(entry, 0..4)
}

fn change() -> impl Strategy<Value = Change> {
    let node = || any::<u64>().prop_map(Node);
    prop_oneof![
        (node(), member()).prop_map(|(node, member)| Change::Add { node, member }),
        node().prop_map(|node| Change::Promote { node }),
        (node(), bytes()).prop_map(|(node, context)| Change::Demote { node, context }),
        node().prop_map(|node| Change::Remove { node }),
        (node(), node()).prop_map(|(out, into)| Change::Swap { out, into }),
        (node(), bytes()).prop_map(|(node, context)| Change::Update { node, context }),
    ]
}

fn log_body() -> impl Strategy<Value = Body> {
    let from = (1..u64::MAX / 2).prop_map(Slot);
    (0..3, ballot(), from, entries(), slot()).prop_map(|(kind, ballot, from, entries, decided)| {
        match kind {
            0 => Body::Sync {
                ballot,
                from,
                entries,
                decided,
            },
            1 => Body::Accept {
                ballot,
                from,
                entries,
                decided,
            },
            _ => Body::Learn {
                ballot,
                from,
                entries,
                decided,
            },
        }
    })
}

fn body() -> impl Strategy<Value = Body> {
    let numbers = (
        ballot(),
        ballot(),
        slot(),
        slot(),
        any::<u64>(),
        any::<bool>(),
    );
    let small = (0..13, numbers, bytes(), entries()).prop_map(
        |(kind, (ballot, second, first, last, number, flag), bytes, suffix)| match kind {
            0 => Body::Canvass {
                ballot,
                transfer: flag,
            },
            1 => Body::CanvassReply {
                ballot,
                granted: flag,
                promised: second,
            },
            2 => Body::Prepare {
                ballot,
                accepted: second,
                last,
                transfer: flag,
            },
            3 => Body::Promise {
                ballot,
                accepted: second,
                decided: first,
                last,
                suffix,
            },
            4 => Body::Reject {
                ballot,
                promised: second,
                decided: first,
            },
            5 => Body::Accepted {
                ballot,
                last,
                decided: first,
                gap: flag,
                attended: !flag,
            },
            6 => Body::Fetch {
                ballot,
                after: first,
            },
            7 => Body::Heartbeat {
                ballot,
                decided: first,
                round: number,
                lease: number,
            },
            8 => Body::HeartbeatAck {
                ballot,
                round: number,
                last,
                decided: first,
                leased: flag,
            },
            9 => Body::ReadIndex { batch: number },
            10 => Body::ReadIndexReply {
                batch: number,
                slot: flag.then_some(first),
            },
            11 => Body::TakeOver { ballot },
            _ => Body::Amnesia {
                context: bytes,
                decided: first,
            },
        },
    );
    prop_oneof![3 => small, 2 => log_body(), 1 => bytes().prop_map(Body::Application)]
}

fn peer() -> impl Strategy<Value = Peer> {
    let list = || prop::collection::vec(bytes(), 0..4);
    let name = || (slot(), any::<u64>()).prop_map(|(slot, hash)| SnapshotName { slot, hash });
    let answer = prop_oneof![
        any::<u64>().prop_map(SnapshotAnswer::Next),
        Just(SnapshotAnswer::Done),
        Just(SnapshotAnswer::Refused)
    ];
    let result = prop_oneof![
        (slot(), any::<u64>()).prop_map(|(slot, id)| Ok((slot, ConfigId(id)))),
        any::<u64>().prop_map(|id| Err(ChangeRefusal::Conflict {
            current: ConfigId(id)
        })),
        Just(Err(ChangeRefusal::Busy)),
        Just(Err(ChangeRefusal::UnknownMember)),
        Just(Err(ChangeRefusal::NumberTaken)),
        Just(Err(ChangeRefusal::NotCaughtUp)),
        Just(Err(ChangeRefusal::NotAllowed("only a voter is demoted"))),
        Just(Err(ChangeRefusal::Refused(Refusal::Overloaded))),
    ];
    let sequences = prop::collection::vec(any::<u64>(), 0..4);
    let expected = prop::option::of(any::<u64>().prop_map(ConfigId));
    prop_oneof![
        any::<u32>().prop_map(|level_max| Peer::Hello { level_max }),
        list().prop_map(|commands| Peer::Forward { commands }),
        (any::<u64>(), sequences).prop_map(|(incarnation, sequences)| Peer::ForwardRefused {
            incarnation,
            sequences
        }),
        (any::<u64>(), list()).prop_map(|(batch, requests)| Peer::Soft { batch, requests }),
        (any::<u64>(), prop::option::of(list()))
            .prop_map(|(batch, answers)| Peer::SoftReply { batch, answers }),
        (any::<u64>(), expected, change()).prop_map(|(request, expected, change)| Peer::Change {
            request,
            expected,
            change
        }),
        (any::<u64>(), result).prop_map(|(request, result)| Peer::ChangeReply { request, result }),
        (name(), any::<u64>()).prop_map(|(name, length)| Peer::SnapshotOffer { name, length }),
        (name(), any::<u64>(), bytes()).prop_map(|(name, offset, bytes)| Peer::SnapshotPiece {
            name,
            offset,
            bytes
        }),
        (name(), answer).prop_map(|(name, answer)| Peer::SnapshotAnswer { name, answer }),
        founder().prop_map(Peer::Founder),
    ]
}

fn founder() -> impl Strategy<Value = Founder> {
    let stages = [
        FounderStage::New,
        FounderStage::Noted,
        FounderStage::Lost,
        FounderStage::Voting,
        FounderStage::Late,
    ];
    let stage = prop::sample::select(stages.to_vec());
    (any::<u128>(), any::<u128>(), stage).prop_map(|(disk_id, noted, stage)| Founder {
        disk_id,
        noted,
        stage,
    })
}

fn said() -> impl Strategy<Value = Said> {
    let message = (any::<u64>(), body()).prop_map(|(config, body)| {
        Said::Paxos(Message {
            from: PEER,
            config: ConfigId(config),
            body,
        })
    });
    prop_oneof![message, peer().prop_map(Said::Driver)]
}

fn frame(said: &Said) -> Bytes {
    wire::encode(&CLUSTER, PEER, ME, said).concat().into()
}

fn envelope() -> impl Strategy<Value = Envelope> {
    let control = prop_oneof![
        any::<u32>().prop_map(|level| Control::RaiseLevel { level }),
        (slot(), any::<u64>()).prop_map(|(slot, digest)| Control::Check { slot, digest })
    ];
    let carried = prop_oneof![
        bytes().prop_map(Carried::Machine),
        control.prop_map(Carried::Control)
    ];
    let origin = any::<(u64, u64, u64)>().prop_map(|(incarnation, sequence, floor)| Origin {
        incarnation,
        sequence,
        floor,
    });
    let words = (bytes(), bytes(), bytes());
    (origin, any::<(u64, u32, u64)>(), words, carried).prop_map(
        |(origin, (time_ms, level, auth_revision), (user, fence, trace), carried)| Envelope {
            origin,
            time_ms,
            level,
            user,
            auth_revision,
            fence,
            trace,
            carried,
        },
    )
}

proptest! {
    #[test]
    fn frames_come_back(said in said()) {
        prop_assert_eq!(wire::decode(&CLUSTER, ME, PEER, frame(&said)), Ok(said));
    }

    #[test]
    fn frames_cut_short_are_malformed(said in said(), cut in any::<prop::sample::Index>()) {
        let whole = frame(&said);
        let cut = whole.slice(..cut.index(whole.len()));
        prop_assert_eq!(wire::decode(&CLUSTER, ME, PEER, cut), Err(FrameError::Malformed));
    }

    #[test]
    fn altered_frames_do_no_harm(said in said(), at in any::<prop::sample::Index>(), bits in 1..=255u8) {
        let mut altered = frame(&said).to_vec();
        let at = at.index(altered.len());
        altered[at] ^= bits;
        let _ = wire::decode(&CLUSTER, ME, PEER, altered.into());
    }

    #[test]
    fn random_frames_do_no_harm(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut frame = vec![1];
        frame.extend(CLUSTER.0);
        frame.extend([1, 2]);
        frame.extend(tail);
        let _ = wire::decode(&CLUSTER, ME, PEER, frame.into());
    }

    #[test]
    fn envelopes_come_back(envelope in envelope()) {
        let encoded = envelope.encode();
        prop_assert_eq!(crate::envelope::origin(&encoded), Some(envelope.origin));
        let stamped = crate::envelope::stamped(&encoded, 77);
        prop_assert_eq!(
            Envelope::decode(&stamped),
            Ok(Envelope { time_ms: 77, ..envelope.clone() })
        );
        prop_assert_eq!(Envelope::decode(&encoded), Ok(envelope));
    }

    #[test]
    fn random_bytes_are_no_envelope(tail in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = Envelope::decode(&tail.clone().into());
        let _ = MemberContext::decode(&tail.clone().into());
        let _ = Identity::decode(&tail.clone().into());
        let _ = records(tail.clone().into(), &mut Vec::new());
        let _ = crate::replicated::Shared::decode(tail.into());
    }

    #[test]
    fn records_come_back(
        group in any::<u32>(),
        ballot in ballot(),
        from in 1..1_000_000u64,
        entries in entries(),
        decided in slot(),
    ) {
        let from = Slot(from);
        let written = vec![
            Record::Promise { ballot },
            Record::Sync { ballot, from, entries: entries.clone(), decided },
            Record::Append { ballot, from, entries: entries.clone(), decided },
            Record::Learn { from, entries },
        ];
        let mut w = crate::codec::Writer::default();
        for record in &written {
            put_record(&mut w, group, record);
        }
        let place = Place { disk_id: 5, segment: 6, offset: 7 };
        let body = w.parts();
        let batch: Bytes = encode_batch(place, 8, 7, body).concat().into();
        let header = decode_header(place, &batch).expect("a header");
        prop_assert_eq!((header.number, header.synced), (8, 7));
        prop_assert_eq!(decode_header(Place { offset: 15, ..place }, &batch), None);
        let body = crate::wal::framing::body(&header, &batch).expect("a body");
        let mut read = Vec::new();
        prop_assert_eq!(records(body, &mut read), Ok(()));
        let expected: Vec<_> = written.into_iter().map(|record| (group, record)).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn contexts_and_identities_come_back(
        name in ".{0,20}",
        urls in prop::collection::vec(".{0,20}", 0..3),
        disk_id in any::<u128>(),
        initial in prop::option::of(configuration()),
        standing in 0..7u8,
        founders in prop::collection::btree_map(any::<u64>().prop_map(Node), any::<u128>(), 0..4),
    ) {
        let context = MemberContext {
            peer_address: name.clone(),
            name,
            client_urls: urls.clone(),
            peer_urls: urls,
            disk_id,
        };
        prop_assert_eq!(MemberContext::decode(&context.encode()), Ok(context));
        let identity = Identity {
            cluster: CLUSTER,
            node: ME,
            group: 4,
            disk_id,
            standing: match standing {
                0 => DiskStanding::Whole,
                1 => DiskStanding::Amnesiac,
                2 => DiskStanding::Lost,
                3 => DiskStanding::Founding,
                4 => DiskStanding::Noted,
                5 => DiskStanding::Joining,
                _ => DiskStanding::Recovering,
            },
            initial,
            founders,
        };
        prop_assert_eq!(Identity::decode(&identity.encode()), Ok(identity));
    }
}

#[test]
fn frames_for_others_are_refused() {
    let said = Said::Driver(Peer::Hello { level_max: 1 });
    let frame = frame(&said);
    let other = ClusterUid([4; 16]);
    let cases: BTreeMap<&str, (ClusterUid, Node, Node, FrameError)> = [
        ("another cluster", (other, ME, PEER, FrameError::Foreign)),
        (
            "another member",
            (CLUSTER, Node(9), PEER, FrameError::Misaddressed),
        ),
        (
            "another sender",
            (CLUSTER, ME, Node(9), FrameError::Misaddressed),
        ),
    ]
    .into();
    for (what, (cluster, me, peer, error)) in cases {
        let decoded = wire::decode(&cluster, me, peer, frame.clone());
        assert_eq!(decoded, Err(error), "{what}");
    }
    let mut newer = frame.to_vec();
    newer[0] = 2;
    let decoded = wire::decode(&CLUSTER, ME, PEER, newer.into());
    assert_eq!(decoded, Err(FrameError::Newer));
}
