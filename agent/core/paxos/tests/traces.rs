//! Golden traces: what is said and written, in order, in the situations that define the protocol.

mod group;

use expect_test::{Expect, expect};
use group::{Group, context};
use synod_paxos::*;

fn check(group: &Group, expected: &Expect) {
    expected.assert_eq(&group.trace);
}

/// Makes `node` stand now, as if its time-out had passed.
fn stand(group: &mut Group, node: u64) {
    group.now = group.now + Span::from_millis(3000);
    let now = group.now;
    group.replica(node).tick(now);
    group.pump(Node(node));
}

#[test]
fn a_founding_member_is_elected_and_decides() {
    let mut group = Group::new(&[1, 2, 3], 7, None);
    group.settle();
    stand(&mut group, 1);
    group.settle_aloud();
    group.note("-- propose");
    group.propose(Node(1), "x=1").expect("leads");
    group.settle_aloud();
    check(
        &group,
        &expect![[r#"
            n1 -> n2: canvass b1.1
            n1 -> n3: canvass b1.1
            n2 -> n1: canvass reply b1.1 true
            n1 writes promise b2.1
            n3 -> n1: canvass reply b1.1 true
            n1 -> n2: prepare b2.1, mine b0.0 s1
            n2 writes promise b2.1
            n1 -> n3: prepare b2.1, mine b0.0 s1
            n3 writes promise b2.1
            n2 -> n1: promise b2.1, mine b0.0 s1, decided s1, suffix []
            n1 writes sync b2.1 from s2 []
            n1 writes append b2.1 from s2 [noop]
            n3 -> n1: promise b2.1, mine b0.0 s1, decided s1, suffix []
            n1 -> n2: sync b2.1 from s2 [] decide s1
            n2 writes sync b2.1 from s2 []
            n1 -> n2: accept b2.1 from s2 [noop] decide s1
            n2 writes append b2.1 from s2 [noop]
            n1 -> n3: prepare b2.1, mine b2.1 s1
            n1 -> n3: sync b2.1 from s2 [noop] decide s1
            n3 writes sync b2.1 from s2 [noop]
            n2 -> n1: accepted b2.1 through s1 gap false
            n2 -> n1: accepted b2.1 through s2 gap false
            n3 -> n1: promise b2.1, mine b0.0 s1, decided s1, suffix []
            n3 -> n1: accepted b2.1 through s2 gap false
            n1 -> n2: accept b2.1 from s3 [] decide s2
            n1 -> n3: accept b2.1 from s3 [] decide s2
            -- propose
            n1 writes append b2.1 from s3 [x=1]
            n1 -> n2: accept b2.1 from s3 [x=1] decide s2
            n2 writes append b2.1 from s3 [x=1]
            n1 -> n3: accept b2.1 from s3 [x=1] decide s2
            n3 writes append b2.1 from s3 [x=1]
            n2 -> n1: accepted b2.1 through s3 gap false
            n3 -> n1: accepted b2.1 through s3 gap false
            n1 -> n2: accept b2.1 from s4 [] decide s3
            n1 -> n3: accept b2.1 from s4 [] decide s3
        "#]],
    );
}

#[test]
fn a_new_leader_adopts_what_may_have_been_chosen() {
    let mut group = Group::new(&[1, 2, 3], 7, None);
    group.settle();
    stand(&mut group, 1);
    group.settle();
    group.propose(Node(1), "maybe").expect("leads");
    group.wire.retain(|outbound| outbound.to == Node(2));
    group.deliver(0);
    group.sync(Node(2));
    group.crash(Node(1));
    group.wire.clear();
    stand(&mut group, 3);
    group.settle_aloud();
    check(
        &group,
        &expect![[r#"
            n3 -> n1: canvass b3.3
            n3 -> n2: canvass b3.3
            n2 -> n3: canvass reply b3.3 true
            n3 writes promise b4.3
            n3 -> n1: prepare b4.3, mine b2.1 s2
            n3 -> n2: prepare b4.3, mine b2.1 s2
            n2 writes promise b4.3
            n2 -> n3: promise b4.3, mine b2.1 s3, decided s2, suffix [maybe]
            n3 writes sync b4.3 from s3 [maybe]
            n3 writes append b4.3 from s4 [noop]
            n3 -> n2: sync b4.3 from s3 [maybe] decide s2
            n2 writes sync b4.3 from s3 [maybe]
            n3 -> n2: accept b4.3 from s4 [noop] decide s2
            n2 writes append b4.3 from s4 [noop]
            n3 -> n1: prepare b4.3, mine b4.3 s3
            n2 -> n3: accepted b4.3 through s3 gap false
            n2 -> n3: accepted b4.3 through s4 gap false
            n3 -> n2: accept b4.3 from s5 [] decide s3
            n3 -> n2: accept b4.3 from s5 [] decide s4
        "#]],
    );
}

#[test]
fn a_member_joins_and_is_promoted() {
    let mut group = Group::new(&[1], 7, None);
    group.settle();
    group.elect();
    let now = group.now;
    let member = Member {
        role: MemberRole::Joining,
        context: context("disk"),
    };
    group
        .replica(1)
        .change(
            now,
            Some(ConfigId(1)),
            Change::Add {
                node: Node(2),
                member,
            },
        )
        .expect("a legal step");
    group.join(Node(2));
    group.pump(Node(1));
    group.settle_aloud();
    check(
        &group,
        &expect![[r#"
            n1 writes append b1.1 from s3 [config 2 [(1, Voter), (2, Joining)]]
            n1 -> n2: prepare b1.1, mine b1.1 s3
            n1 writes append b1.1 from s4 []
            n2 writes promise b1.1
            n1 -> n2: prepare b1.1, mine b1.1 s3
            n2 -> n1: promise b1.1, mine b0.0 s0, decided s0, suffix []
            n2 -> n1: promise b1.1, mine b0.0 s0, decided s0, suffix []
            n1 -> n2: sync b1.1 from s1 [config 1 [(1, Voter)], noop, config 2 [(1, Voter), (2, Joining)]] decide s3
            n2 writes sync b1.1 from s1 [config 1 [(1, Voter)], noop, config 2 [(1, Voter), (2, Joining)]]
            n2 writes append b1.1 from s4 []
            n2 -> n1: accepted b1.1 through s3 gap false
            n1 -> n2: heartbeat b1.1 round 2 decide s3
            n2 -> n1: heartbeat ack b1.1 round 2 last s3
            n1 writes append b1.1 from s4 [config 3 [(1, Voter), (2, Voter)]]
            n1 -> n2: accept b1.1 from s4 [config 3 [(1, Voter), (2, Voter)]] decide s3
            n2 writes append b1.1 from s4 [config 3 [(1, Voter), (2, Voter)]]
            n2 -> n1: accepted b1.1 through s4 gap false
            n1 writes append b1.1 from s5 []
            n1 -> n2: accept b1.1 from s5 [] decide s4
            n2 writes append b1.1 from s5 []
        "#]],
    );
}

#[test]
fn a_linearizable_read_asks_a_quorum() {
    let mut group = Group::new(&[1, 2, 3], 7, None);
    group.settle();
    stand(&mut group, 1);
    group.settle();
    let now = group.now;
    group.replica(1).read(now, 42).expect("leads");
    group.replica(2).read(now, 43).expect("follows");
    group.pump(Node(1));
    group.pump(Node(2));
    group.settle_aloud();
    let answers = format!(
        "{:?} {:?}",
        group.members[&Node(1)].reads,
        group.members[&Node(2)].reads
    );
    group.note(&answers);
    check(
        &group,
        &expect![[r#"
            n1 -> n2: heartbeat b2.1 round 1 decide s2
            n1 -> n3: heartbeat b2.1 round 1 decide s2
            n2 -> n1: read index 66447228468885
            n2 -> n1: heartbeat ack b2.1 round 1 last s2
            n3 -> n1: heartbeat ack b2.1 round 1 last s2
            n1 -> n2: heartbeat b2.1 round 2 decide s2
            n1 -> n3: heartbeat b2.1 round 2 decide s2
            n2 -> n1: heartbeat ack b2.1 round 2 last s2
            n3 -> n1: heartbeat ack b2.1 round 2 last s2
            n1 -> n2: read index reply 66447228468885 Some(Slot(2))
            [ReadDone { ticket: 42, slot: Some(Slot(2)) }] [ReadDone { ticket: 43, slot: Some(Slot(2)) }]
        "#]],
    );
}

/// A group whose decisions may wait for 2 ms, its leader, and the others.
fn patient(attended: bool) -> (Group, Node, Vec<Node>) {
    let mut group = Group::new(&[1, 2, 3], 7, None);
    group.decide_delay = Span::from_millis(2);
    // Settings are read when a member starts.
    for node in [1, 2, 3] {
        group.crash(Node(node));
        group.restart(Node(node));
        group.replica(node).set_attended(attended);
    }
    group.settle();
    let leader = group.elect();
    group.tick(5);
    group.settle();
    let others = (1..=3).map(Node).filter(|node| *node != leader).collect();
    (group, leader, others)
}

#[test]
fn a_decision_rides_on_the_next_accept_unless_somebody_may_look() {
    let (mut group, leader, others) = patient(false);
    let known =
        |group: &mut Group| [others[0], others[1]].map(|node| group.replica(node.0).decided());
    let put = |group: &mut Group, word: &str| {
        let slot = group.propose(leader, word).expect("leads");
        group.settle();
        assert_eq!(group.replica(leader.0).decided(), slot);
        slot
    };
    let first = put(&mut group, "first");
    let before = Slot(first.0 - 1);
    assert_eq!(known(&mut group), [before, before], "nothing to ride on");
    let second = put(&mut group, "second");
    assert_eq!(
        known(&mut group),
        [first, before],
        "rode on the next, which nobody needs two of"
    );
    group.tick(2);
    group.settle();
    assert_eq!(known(&mut group), [second, second], "told after the delay");
    let third = group.propose(leader, "third").expect("leads");
    group.replica(leader.0).await_decision(others[0]);
    group.settle();
    assert_eq!(
        known(&mut group),
        [third, second],
        "told where it is awaited"
    );
    group.replica(others[1].0).set_attended(true);
    let fourth = put(&mut group, "fourth");
    group.tick(2);
    group.settle();
    assert_eq!(known(&mut group), [fourth, fourth], "told after the delay");
    let fifth = put(&mut group, "fifth");
    assert_eq!(known(&mut group), [fourth, fifth], "told where clients are");
}

#[test]
fn whoever_a_quorum_can_do_without_is_asked_later_and_stands_in_for_one_that_is_silent() {
    let (mut group, leader, others) = patient(false);
    let decided = |group: &mut Group| group.replica(leader.0).decided();
    group.crash(others[0]);
    let first = group.propose(leader, "first").expect("leads");
    group.settle();
    assert!(
        decided(&mut group) < first,
        "the other one is not asked yet"
    );
    group.tick(2);
    group.settle();
    assert_eq!(decided(&mut group), first, "it stands in");
    let second = group.propose(leader, "second").expect("leads");
    group.settle();
    assert_eq!(decided(&mut group), second, "it is asked first from now on");
}

#[test]
fn whoever_a_quorum_can_do_without_gets_an_entry_together_with_its_decision_if_clients_use_it() {
    let (mut group, leader, _) = patient(true);
    group.propose(leader, "one").expect("leads");
    group.settle_aloud();
    check(
        &group,
        &expect![[r#"
        n1 writes append b2.1 from s3 [one]
        n1 -> n2: accept b2.1 from s3 [one] decide s2
        n2 writes append b2.1 from s3 [one]
        n2 -> n1: accepted b2.1 through s3 gap false
        n1 -> n2: accept b2.1 from s4 [] decide s3
        n1 -> n3: accept b2.1 from s3 [one] decide s3
        n3 writes append b2.1 from s3 [one]
        n3 -> n1: accepted b2.1 through s3 gap false
    "#]],
    );
}

#[test]
fn membership_steps_that_are_refused() {
    let mut group = Group::new(&[1, 2, 3], 7, None);
    group.settle();
    let leader = group.elect();
    let member = |role| Member {
        role,
        context: context("disk"),
    };
    let table = [
        (
            Some(ConfigId(9)),
            Change::Remove { node: Node(1) },
            "Conflict { current: ConfigId(1) }",
        ),
        (
            None,
            Change::Add {
                node: Node(3),
                member: member(MemberRole::Learner),
            },
            "NumberTaken",
        ),
        (
            None,
            Change::Add {
                node: Node(4),
                member: member(MemberRole::Voter),
            },
            "NotAllowed(\"a new member is no voter before it has caught up\")",
        ),
        (None, Change::Remove { node: Node(8) }, "UnknownMember"),
        (None, Change::Promote { node: Node(8) }, "UnknownMember"),
    ];
    for (expected, change, refusal) in table {
        let now = group.now;
        let answer = group
            .replica(leader.0)
            .change(now, expected, change.clone());
        assert_eq!(format!("{:?}", answer.unwrap_err()), refusal, "{change:?}");
    }
    let (now, other) = (group.now, if leader == Node(1) { 2 } else { 1 });
    let answer = group
        .replica(other)
        .change(now, None, Change::Remove { node: leader });
    assert_eq!(answer.unwrap_err(), ChangeError::NotLeader);
}

#[test]
fn the_last_voter_stays() {
    let mut group = Group::new(&[1], 7, None);
    group.settle();
    group.elect();
    let now = group.now;
    let answer = group
        .replica(1)
        .change(now, None, Change::Remove { node: Node(1) });
    assert!(
        matches!(answer, Err(ChangeError::NotAllowed(_))),
        "{answer:?}"
    );
}

/// Were it proposed, the two that remain could never decide it, and nobody could rule it out.
#[test]
fn a_removal_waits_for_the_voters_that_would_remain() {
    let mut group = Group::new(&[1, 2, 3], 7, None);
    group.settle();
    let leader = group.elect();
    let others: Vec<Node> = [1, 2, 3]
        .map(Node)
        .into_iter()
        .filter(|n| *n != leader)
        .collect();
    let (lost, removed) = (others[0], others[1]);
    // It was heard of just now, and is counted as alive.
    group.crash(lost);
    let now = group.now;
    let change = Change::Remove { node: removed };
    let (slot, id) = group
        .replica(leader.0)
        .change(now, None, change)
        .expect("may be tried");
    group.pump(leader);
    group.settle();
    let refused = group.propose(leader, "too early").unwrap_err();
    assert_eq!(refused, ProposeError::Reconfiguring);
    for _ in 0..500 {
        group.tick(10);
        group.settle();
    }
    assert_eq!(group.chosen[&slot].payload, Payload::Noop);
    assert!(group.replica(leader.0).configuration().id < id);
    group.propose(leader, "goes on").expect("leads");
    group.settle();
    let decided = group.replica(leader.0).decided();
    assert_eq!(
        group.chosen[&decided].payload,
        Payload::Command(context("goes on"))
    );
}
