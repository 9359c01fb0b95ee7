//! What a recovered group is: what the survivor had, nobody of before, and others by the ordinary way.

use bytes::Bytes;
use synod_paxos::{Change, Member, MemberRole, Node};
use synod_replica::{ChangeRefusal, ClusterUid, MemberContext, OpenError, StartMode};

use super::{
    Loss, NEXT, ONE, RECOVER, add, configuration, context, loss, next_world, recovered, work,
};
use crate::disk::{MemoryDisk, altered};
use crate::ledger::RENEWED;
use crate::world::{Answer, CLUSTER, World};

#[test]
fn what_a_survivor_has_becomes_the_next_group() {
    let loss = loss();
    let disk = loss.disk.copy();
    let mut world = recovered(&disk, RECOVER);
    loss.check(&world, "recovered");
    let lines = loss.lines().len();
    assert_eq!(world.put(ONE, "goes on"), Answer::Applied(Ok(lines + 1)));
    // It may be said at every start, and need not be.
    for start in [RECOVER, StartMode::Resume, StartMode::Join, RECOVER] {
        world.crash(ONE);
        world.start(ONE, start).unwrap();
        world.run(3_000);
        assert_eq!(world.lines(ONE).len(), lines + 1);
        assert_eq!(configuration(&world, ONE).id.0, 2);
    }
    let files = disk.names();
    assert_eq!(
        files.iter().filter(|f| f.starts_with("snapshot-")).count(),
        1,
        "{files:?}"
    );
    assert!(!files.iter().any(|f| f.ends_with(".tmp")), "{files:?}");
    // The group of before has it no more.
    let mut before = World::new();
    before.disks.insert(ONE, disk);
    let error = before.start(ONE, StartMode::Resume).unwrap_err();
    let foreign = OpenError::ForeignCluster {
        found: NEXT,
        wanted: CLUSTER,
    };
    assert_eq!(error, foreign);
}

#[test]
fn what_the_settings_say_of_the_member_counts_and_the_rest_is_kept() {
    let loss = loss();
    let mut world = next_world(&loss.disk.copy());
    let mut settings = world.settings(ONE, RECOVER);
    settings.context = MemberContext {
        peer_address: "elsewhere:2380".into(),
        ..MemberContext::default()
    };
    let disk = world.disks[&ONE].clone();
    let member = world.open(settings, disk).unwrap();
    world.members.insert(ONE, member);
    world.run(3_000);
    let own = context(&configuration(&world, ONE).members[&ONE]);
    assert_eq!(
        (own.name.as_str(), own.peer_address.as_str()),
        ("m-1", "elsewhere:2380")
    );
}

/// Members of before come back at each step, emptied or whole, even with a quorum of their own.
#[test]
fn members_of_before_have_no_say_in_the_next_group_and_hear_nothing_of_it() {
    for operations in [0, 2, 5, 8, 12, 16, 20, 30] {
        for emptied in [[true, true], [true, false], [false, false]] {
            let Loss {
                mut world, decided, ..
            } = loss();
            for node in [1, 2, 3].map(Node) {
                world.kill(node);
            }
            world.clusters.insert(ONE, NEXT);
            world.start(ONE, RECOVER).unwrap();
            work(&mut world, operations);
            for (node, emptied) in [2, 3].map(Node).into_iter().zip(emptied) {
                if emptied {
                    world.disks.insert(node, MemoryDisk::default());
                }
                world.start(node, StartMode::Resume).unwrap();
            }
            world.run(8_000);
            let what = format!("after {operations}, emptied: {emptied:?}");
            let answer = world.put(ONE, "of the next");
            assert!(
                matches!(answer, Answer::Applied(Ok(_))),
                "{what}: {answer:?}"
            );
            world.run(3_000);
            let status = world.members[&ONE].status();
            assert!(status.counters.frames_foreign > 0, "{what}");
            assert!(
                configuration(&world, ONE).members.keys().eq([&ONE]),
                "{what}"
            );
            for node in [2, 3].map(Node) {
                let lines = world.lines(node);
                assert!(!lines.contains(&"of the next".to_owned()), "{what}: {node}");
                let leader = world.members[&node]
                    .status()
                    .core
                    .and_then(|core| core.leader);
                assert_ne!(leader, Some(ONE), "{what}: {node}");
                // Two whole ones are the group of before, whatever anybody thought of them.
                assert_eq!(
                    leader.is_some(),
                    emptied == [false, false],
                    "{what}: {node}"
                );
                assert!(emptied[0] || lines.starts_with(&decided), "{what}: {node}");
            }
        }
    }
}

#[test]
fn the_next_group_grows_with_new_numbers_only() {
    let loss = loss();
    let disk = loss.disk.copy();
    let mut world = recovered(&disk, RECOVER);
    let member = Member {
        role: MemberRole::Joining,
        context: Bytes::new(),
    };
    let node = Node(3);
    let refused = world.change(ONE, Change::Add { node, member });
    assert_eq!(refused, Answer::Changed(Err(ChangeRefusal::NumberTaken)));
    for number in [4, 5] {
        add(&mut world, ONE, Node(number), NEXT);
    }
    world.crash(ONE);
    world.run(5_000);
    let answer = world.put(Node(4), "without the survivor");
    assert!(matches!(answer, Answer::Applied(Ok(_))), "{answer:?}");
    world.start(ONE, RECOVER).unwrap();
    world.run(5_000);
    for node in [1, 4, 5].map(Node) {
        let lines = world.lines(node);
        assert!(lines.starts_with(&loss.lines()), "{node}");
        assert_eq!(
            lines.last().map(String::as_str),
            Some("without the survivor"),
            "{node}"
        );
    }
    // Now that others have a vote, a loss is a loss, whatever the settings still say.
    world.crash(ONE);
    let rotten = altered(&world.disks[&ONE], "identity", |data| data[20] ^= 1);
    world.disks.insert(ONE, rotten);
    world.start(ONE, RECOVER).unwrap();
    world.run(10_000);
    assert!(
        !world.members[&ONE].status().amnesiac,
        "it was taken in again"
    );
    assert!(configuration(&world, Node(4)).is_voter(ONE));
    assert_eq!(world.lines(ONE), world.lines(Node(4)));
}

#[test]
fn a_recovered_group_can_be_recovered_again() {
    let loss = loss();
    let mut world = recovered(&loss.disk.copy(), RECOVER);
    add(&mut world, ONE, Node(4), NEXT);
    add(&mut world, ONE, Node(5), NEXT);
    let answer = world.put(Node(5), "of the second group");
    assert!(matches!(answer, Answer::Applied(Ok(_))));
    world.run(1_000);
    let (lines, id) = (world.lines(Node(5)), configuration(&world, Node(5)).id);
    for node in [1, 4, 5].map(Node) {
        world.crash(node);
    }
    let third = ClusterUid([10; 16]);
    let mut after = World::later();
    after.clusters.insert(Node(5), third);
    after.disks.insert(Node(5), world.disks[&Node(5)].copy());
    after
        .start(Node(5), StartMode::Recover { former: NEXT })
        .unwrap();
    after.run(3_000);
    // That the last one is decided was not written down yet.
    let mut expected = lines;
    expected.insert(expected.len() - 1, RENEWED.to_owned());
    assert_eq!(after.lines(Node(5)), expected);
    let last = configuration(&after, Node(5));
    assert_eq!((last.id.0, last.highest), (id.0 + 1, Node(5)));
    assert!(matches!(
        after.put(Node(5), "third"),
        Answer::Applied(Ok(_))
    ));
    // The group before the last is not what the disk is of.
    let mut wrong = World::new();
    wrong.clusters.insert(Node(4), third);
    wrong.disks.insert(Node(4), world.disks[&Node(4)].copy());
    let error = wrong.start(Node(4), RECOVER);
    assert!(
        matches!(error, Err(OpenError::NotFormer { found: NEXT, .. })),
        "{error:?}"
    );
}
