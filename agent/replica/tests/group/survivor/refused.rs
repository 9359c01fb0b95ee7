//! What a group is recovered from, and what it is not: the decision table.

use synod_paxos::Node;
use synod_replica::{ClusterUid, OpenError, Phase, Quarantine, StartMode};

use super::{
    NEXT, ONE, RECOVER, add, configuration, die_after, loss, loss_with, recovered, refused,
};
use crate::disk::{MemoryDisk, altered};
use crate::world::{CLUSTER, World};

#[test]
fn an_empty_disk_is_refused() {
    assert_eq!(
        refused(&MemoryDisk::default(), RECOVER),
        OpenError::NothingToRecover
    );
    // Formatting that was cut short: a log without an identity.
    let disk = MemoryDisk::default();
    die_after(&disk, 5, None);
    assert!(!disk.names().is_empty() && !disk.names().contains(&"identity".to_owned()));
    assert_eq!(refused(&disk, RECOVER), OpenError::NothingToRecover);
}

#[test]
fn a_disk_of_another_group_or_member_is_refused() {
    let disk = loss().disk;
    let other = ClusterUid([9; 16]);
    let not_former = OpenError::NotFormer {
        found: CLUSTER,
        former: other,
        wanted: NEXT,
    };
    let start = StartMode::Recover { former: other };
    assert_eq!(refused(&disk, start), not_former);
    let mut world = World::new();
    world.clusters.insert(Node(2), NEXT);
    world.disks.insert(Node(2), disk.copy());
    let foreign = OpenError::ForeignMember {
        found: ONE,
        wanted: Node(2),
    };
    assert_eq!(world.start(Node(2), RECOVER), Err(foreign));
    let same = StartMode::Recover { former: NEXT };
    assert!(matches!(refused(&disk, same), OpenError::BadStart(_)));
}

fn why(error: OpenError) -> String {
    match error {
        OpenError::Unrecoverable(why) => why,
        other => panic!("refused otherwise: {other}"),
    }
}

/// The disk, with another word about what it is.
fn standing(disk: &MemoryDisk, code: u8) -> MemoryDisk {
    altered(disk, "identity", |data| {
        // Magic, version, cluster, node, disk, group.
        data[8 + 4 + 16 + 8 + 16 + 4] = code;
        let end = data.len() - 4;
        let sum = crc32c::crc32c(&data[..end]).to_le_bytes();
        data[end..].copy_from_slice(&sum);
    })
}

#[test]
fn a_disk_that_may_lack_promises_is_refused() {
    let disk = loss().disk;
    for (code, word) in [
        (1, "had lost what it promised"),
        (2, "was given up"),
        (3, "had not met the others"),
        (4, "had not met the others"),
        (5, "did not vote yet"),
        (6, "is not finished"),
    ] {
        let why = why(refused(&standing(&disk, code), RECOVER));
        assert!(why.contains(word), "{code}: {why}");
    }
}

/// A newcomer, and a member that lost its disk, vote before that is noted on their disks.
#[test]
fn a_disk_that_the_group_took_note_of_is_whole() {
    let mut world = World::group(3);
    let leader = world.leader().unwrap();
    add(&mut world, leader, Node(4), CLUSTER);
    let voter = configuration(&world, leader).is_voter(Node(4));
    assert!(voter, "it was promoted");
    for code in [0, 1, 5] {
        let mut next = World::later();
        next.clusters.insert(Node(4), NEXT);
        let disk = standing(&world.disks[&Node(4)], code);
        next.disks.insert(Node(4), disk);
        next.start(Node(4), RECOVER).unwrap();
        next.run(3_000);
        assert!(next.members[&Node(4)].status().leads, "{code}");
        assert_eq!(configuration(&next, Node(4)).highest, Node(4));
    }
}

#[test]
fn a_damaged_disk_is_refused() {
    let loss = loss_with(|world| world.bounds.segment_bytes = 1 << 10);
    let disk = &loss.disk;
    let names = disk.names();
    let logs: Vec<&String> = names
        .iter()
        .filter(|name| name.starts_with("wal-"))
        .collect();
    assert!(logs.len() > 1, "{names:?}");
    let rotten = altered(disk, logs[0], |data| data[200] ^= 0x40);
    assert!(why(refused(&rotten, RECOVER)).contains("is damaged though it had been synced"));
    let rotten = altered(disk, "identity", |data| data[20] ^= 0x40);
    assert_eq!(
        why(refused(&rotten, RECOVER)),
        "the identity file is damaged"
    );
    for missing in [&"identity".to_owned(), logs[0]] {
        let copy = disk.copy();
        copy.remove(missing);
        why(refused(&copy, RECOVER));
    }
}

#[test]
fn a_rotten_snapshot_is_done_without_if_the_log_reaches_back() {
    let loss = loss_with(|world| {
        world.bounds.snapshot_log_bytes = 1 << 10;
        world.bounds.segment_bytes = 1 << 10;
    });
    let names = loss.disk.names();
    let snapshots: Vec<&String> = names
        .iter()
        .filter(|name| name.starts_with("snap"))
        .collect();
    assert_eq!(snapshots.len(), 2, "{names:?}");
    let newest = altered(&loss.disk, snapshots[1], |data| data[60] ^= 2);
    loss.check(&recovered(&newest.copy(), RECOVER), "the newest rotted");
    let both = altered(&newest, snapshots[0], |data| data[60] ^= 2);
    why(refused(&both, RECOVER));
}

#[test]
fn a_log_that_this_build_cannot_apply_is_refused() {
    let mut world = World::group(1);
    world.put(ONE, "known");
    world.propose(ONE, "? unknown");
    world.run(1_000);
    let phase = world.members[&ONE].status().phase;
    assert!(
        matches!(phase, Phase::Quarantined(Quarantine::UnknownCommand(_))),
        "{phase:?}"
    );
    let error = refused(&world.disks[&ONE].copy(), RECOVER);
    assert_eq!(error, OpenError::UnknownCommand("a question".to_owned()));
}
