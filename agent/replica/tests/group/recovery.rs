//! What a member makes of a disk, by what is wrong with it.

use std::collections::BTreeMap;

use synod_paxos::{Node, RoleName, Slot};
use synod_replica::{ClusterUid, Disk as _, OpenError, Phase, Quarantine, StartMode};

use crate::disk::{MemoryDisk, altered};
use crate::world::{Answer, CLUSTER, World, initial};

/// What became of a member that was started with a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    /// It votes; its log ends here.
    Whole(Slot),
    Amnesiac,
    /// It waits for the group to be told of its disk.
    Joins,
    /// It waits for the other founders.
    Founds,
    Quarantined,
    Refused(OpenError),
}

/// Starts member 1 of `voters` with a copy of `disk`, alone.
fn fate(disk: &MemoryDisk, voters: u64, start: StartMode) -> (Fate, World) {
    let _ = voters;
    let mut world = World::new();
    world.disks.insert(Node(1), disk.copy());
    if let Err(error) = world.start(Node(1), start) {
        return (Fate::Refused(error), world);
    }
    world.run(1);
    let status = world.members[&Node(1)].status();
    let fate = match (&status.phase, &status.core) {
        (Phase::Running, Some(_)) if status.amnesiac => Fate::Amnesiac,
        (Phase::Running, Some(core)) if core.role == RoleName::Amnesiac => Fate::Joins,
        (Phase::Running, Some(core)) if core.role == RoleName::Founder => Fate::Founds,
        (Phase::Running, Some(core)) => Fate::Whole(core.last),
        (Phase::Quarantined(Quarantine::Damaged(_)), _) => Fate::Quarantined,
        (phase, _) => panic!("unexpected phase {phase:?}"),
    };
    (fate, world)
}

fn resumed(disk: &MemoryDisk) -> Fate {
    fate(disk, 3, StartMode::Resume).0
}

fn last_segment(disk: &MemoryDisk) -> String {
    let names = disk.names();
    names
        .into_iter()
        .rfind(|name| name.starts_with("wal-"))
        .unwrap()
}

/// The disk of member 1 of three, when it was idle and one commit later; and the bytes of that commit.
struct Images {
    last: Slot,
    before: MemoryDisk,
    after: MemoryDisk,
    file: String,
    region: std::ops::Range<usize>,
}

fn images() -> Images {
    let mut world = World::group(3);
    for i in 0..12 {
        let long = "x".repeat(i * 37);
        assert!(matches!(
            world.put(Node(1), &format!("{i} {long}")),
            Answer::Applied(Ok(_))
        ));
    }
    world.run(60);
    let before = world.disks[&Node(1)].copy();
    let leader = world.leader().unwrap();
    let last = world.members[&Node(1)].status().core.unwrap().last;
    // Without a zero byte in it, and longer than a few sectors.
    world.propose(leader, &"0123456789".repeat(160));
    while world.members[&Node(1)].status().core.unwrap().last == last {
        world.run(1);
    }
    let after = world.disks[&Node(1)].copy();
    let file = last_segment(&after);
    let (old, new) = (before.bytes(&file), after.bytes(&file));
    let differs = |at: &usize| old[*at] != new[*at];
    let first = (0..new.len()).find(differs).unwrap();
    let end = (0..new.len()).rev().find(differs).unwrap() + 1;
    Images {
        last,
        before,
        after,
        file,
        region: first..end,
    }
}

#[test]
fn an_idle_disk_is_whole() {
    let images = images();
    assert_eq!(resumed(&images.before), Fate::Whole(images.last));
    assert_eq!(resumed(&images.after), Fate::Whole(images.last.next()));
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_off() {
    let images = images();
    for at in images.region.clone() {
        let zeroed = altered(&images.after, &images.file, |data| data[at..].fill(0));
        assert_eq!(
            resumed(&zeroed),
            Fate::Whole(images.last),
            "zeros from {at}"
        );
        let cut = altered(&images.after, &images.file, |data| data.truncate(at));
        assert_eq!(resumed(&cut), Fate::Whole(images.last), "cut at {at}");
    }
}

#[test]
fn a_tail_that_lacks_any_sector_is_cut_off() {
    let images = images();
    let end = images.region.end;
    let sectors = images.region.start.next_multiple_of(512)..end;
    for at in sectors.step_by(512) {
        let lost = altered(&images.after, &images.file, |data| {
            data[at..(at + 512).min(end)].fill(0);
        });
        assert_eq!(resumed(&lost), Fate::Whole(images.last), "sector at {at}");
    }
}

#[test]
fn a_torn_tail_stays_cut_off() {
    let images = images();
    let at = images.region.start + 700;
    let torn = altered(&images.after, &images.file, |data| data[at..].fill(0));
    let (found, mut world) = fate(&torn, 3, StartMode::Resume);
    assert_eq!(found, Fate::Whole(images.last));
    for _ in 0..3 {
        world.crash(Node(1));
        let (found, next) = fate(&world.disks[&Node(1)], 3, StartMode::Resume);
        assert_eq!(found, Fate::Whole(images.last));
        world = next;
    }
}

#[test]
fn rot_in_anything_durable_is_damage() {
    let images = images();
    let segments: Vec<String> = images
        .after
        .names()
        .into_iter()
        .filter(|name| name.starts_with("wal-"))
        .collect();
    for file in segments {
        let data = images.after.bytes(&file);
        let used = if file == images.file {
            images.region.end
        } else {
            data.len()
        };
        for at in (0..used).step_by(3) {
            let rotten = altered(&images.after, &file, |data| data[at] ^= 0x40);
            let found = resumed(&rotten);
            // What follows the last commit of a finished segment was never used.
            let unused = file != images.file && matches!(found, Fate::Whole(_));
            if unused {
                assert!(data[at..].iter().all(|byte| *byte == 0), "{file} at {at}");
            } else {
                assert_eq!(found, Fate::Amnesiac, "{file} at {at}");
            }
        }
    }
}

#[test]
fn rot_beyond_the_end_is_nothing() {
    let images = images();
    let length = images.after.bytes(&images.file).len();
    for at in (images.region.end..length).step_by(7) {
        let rotten = altered(&images.after, &images.file, |data| data[at] ^= 0x40);
        assert_eq!(resumed(&rotten), Fate::Whole(images.last.next()), "at {at}");
    }
}

#[test]
fn a_missing_segment_is_damage() {
    let mut world = World::group(3);
    for i in 0..40 {
        world.put(Node(1), &format!("{i} {}", "y".repeat(700)));
    }
    let disk = world.disks[&Node(1)].copy();
    let names: Vec<String> = disk
        .names()
        .into_iter()
        .filter(|n| n.starts_with("wal-"))
        .collect();
    assert!(names.len() > 3, "{names:?}");
    for missing in &names[..names.len() - 1] {
        let copy = disk.copy();
        copy.remove(missing);
        assert_eq!(resumed(&copy), Fate::Amnesiac, "{missing}");
    }
}

#[test]
fn a_rotten_identity_is_damage() {
    let images = images();
    for at in 0..images.after.bytes("identity").len() {
        let rotten = altered(&images.after, "identity", |data| data[at] ^= 0x10);
        assert_eq!(resumed(&rotten), Fate::Amnesiac, "at {at}");
    }
    images.after.remove("identity");
    let start = StartMode::Bootstrap {
        initial: initial(3),
    };
    assert_eq!(fate(&images.after, 3, start).0, Fate::Amnesiac);
}

#[test]
fn a_damaged_only_voter_changes_nothing_and_says_so() {
    let mut world = World::group(1);
    for i in 0..5 {
        world.put(Node(1), &format!("line {i}"));
    }
    let disk = &world.disks[&Node(1)];
    let damaged = altered(disk, "wal-0000000000000001", |data| data[200] ^= 1);
    for start in [
        StartMode::Resume,
        StartMode::Bootstrap {
            initial: initial(1),
        },
    ] {
        let (found, world) = fate(&damaged, 1, start);
        assert_eq!(found, Fate::Quarantined);
        assert_eq!(contents(&world.disks[&Node(1)]), contents(&damaged));
    }
}

fn contents(disk: &MemoryDisk) -> BTreeMap<String, Vec<u8>> {
    disk.names()
        .into_iter()
        .map(|name| (name.clone(), disk.bytes(&name)))
        .collect()
}

#[test]
fn a_foreign_disk_is_refused_and_stays_as_it_is() {
    let world = World::group(1);
    let disk = world.disks[&Node(1)].copy();
    let before = contents(&disk);
    let mut other = World::new();
    other.disks.insert(Node(2), disk.clone());
    assert_eq!(
        other.start(Node(2), StartMode::Resume),
        Err(OpenError::ForeignMember {
            found: Node(1),
            wanted: Node(2)
        })
    );
    let mut settings = other.settings(
        Node(1),
        StartMode::Bootstrap {
            initial: initial(1),
        },
    );
    settings.cluster = ClusterUid([9; 16]);
    let error = other.open(settings, disk.clone()).err();
    let wanted = ClusterUid([9; 16]);
    assert_eq!(
        error,
        Some(OpenError::ForeignCluster {
            found: CLUSTER,
            wanted
        })
    );
    assert_eq!(contents(&disk), before);
    assert_eq!(disk.list().unwrap().len(), before.len());
}

#[test]
fn a_newer_log_or_identity_is_refused() {
    let world = World::group(1);
    let disk = world.disks[&Node(1)].copy();
    let newer = altered(&disk, "wal-0000000000000001", |data| {
        data[8] = 99;
        let sum = crc32c::crc32c(&data[..72]).to_le_bytes();
        data[72..76].copy_from_slice(&sum);
    });
    assert!(matches!(
        resumed(&newer),
        Fate::Refused(OpenError::Newer { found: 99, .. })
    ));
    let newer = altered(&disk, "identity", |data| {
        data[8] = 99;
        let end = data.len() - 4;
        let sum = crc32c::crc32c(&data[..end]).to_le_bytes();
        data[end..].copy_from_slice(&sum);
    });
    assert!(matches!(
        resumed(&newer),
        Fate::Refused(OpenError::Newer { found: 99, .. })
    ));
}

/// Starts member 1 and lets the disk carry out only so many operations before the process dies.
fn die_after(disk: &MemoryDisk, operations: usize, start: &StartMode) -> bool {
    let mut world = World::new();
    world.disks.insert(Node(1), disk.clone());
    world.start(Node(1), start.clone()).unwrap();
    let member = world.members.get_mut(&Node(1)).unwrap();
    let mut done = 0;
    while done < operations
        && let Some(completion) = disk.work()
    {
        member.handle(world.now, synod_replica::Event::Disk(completion));
        done += 1;
    }
    disk.crash();
    done == operations
}

#[test]
fn formatting_that_was_cut_short_is_done_again() {
    let bootstrap = StartMode::Bootstrap {
        initial: initial(3),
    };
    for operations in 0.. {
        let disk = MemoryDisk::default();
        let short = die_after(&disk, operations, &bootstrap);
        assert_eq!(
            fate(&disk, 3, bootstrap.clone()).0,
            Fate::Founds,
            "{operations}"
        );
        if !short {
            break;
        }
    }
}

/// Recovery writes the last group commit anew, in a segment of its own; until that is whole, the old one counts.
#[test]
fn a_start_that_was_cut_short_anywhere_loses_nothing() {
    let images = images();
    for operations in 0.. {
        let disk = images.after.copy();
        let short = die_after(&disk, operations, &StartMode::Resume);
        assert_eq!(
            resumed(&disk),
            Fate::Whole(images.last.next()),
            "{operations}"
        );
        if !short {
            break;
        }
    }
    let whole = images.after.copy();
    die_after(&whole, usize::MAX, &StartMode::Resume);
    let created = last_segment(&whole);
    let bytes = whole.bytes(&created);
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for sector in (0..end).step_by(512) {
        for keep in [true, false] {
            let torn = images.after.copy();
            let mut data = vec![0; bytes.len()];
            let span = sector..(sector + 512).min(end);
            if keep {
                data[span.clone()].copy_from_slice(&bytes[span]);
            } else {
                data[..end].copy_from_slice(&bytes[..end]);
                data[span].fill(0);
            }
            torn.put(&created, data);
            let what = format!("sector {sector}, kept: {keep}");
            assert_eq!(resumed(&torn), Fate::Whole(images.last.next()), "{what}");
        }
    }
}

#[test]
fn setting_a_damaged_disk_aside_is_done_again_when_cut_short() {
    let images = images();
    let damaged = altered(&images.after, &images.file, |data| data[300] ^= 1);
    let bootstrap = StartMode::Bootstrap {
        initial: initial(3),
    };
    for operations in 0.. {
        let disk = damaged.copy();
        let short = die_after(&disk, operations, &bootstrap);
        assert_eq!(
            fate(&disk, 3, bootstrap.clone()).0,
            Fate::Amnesiac,
            "{operations}"
        );
        if !short {
            break;
        }
    }
}

#[test]
fn an_empty_disk_that_ought_not_to_be_is_amnesiac() {
    let disk = MemoryDisk::default();
    assert_eq!(resumed(&disk), Fate::Amnesiac);
    assert_eq!(fate(&disk, 3, StartMode::Join).0, Fate::Joins);
}

#[test]
fn a_damaged_newest_snapshot_falls_back_to_the_one_before() {
    let mut world = World::new();
    world.bounds.snapshot_log_bytes = 4 << 10;
    world.bootstrap(1);
    world.run(3_000);
    for i in 0..300 {
        world.put(Node(1), &format!("line {i}"));
    }
    let disk = world.disks[&Node(1)].copy();
    let snapshots: Vec<String> = disk
        .names()
        .into_iter()
        .filter(|n| n.starts_with("snapshot-"))
        .collect();
    assert_eq!(snapshots.len(), 2);
    let whole = resumed(&disk);
    let newest = &snapshots[1];
    for at in (0..disk.bytes(newest).len()).step_by(101) {
        let rotten = altered(&disk, newest, |data| data[at] ^= 2);
        let (found, mut world) = fate(&rotten, 1, StartMode::Resume);
        assert_eq!(found, whole, "at {at}");
        world.run(3_000);
        assert_eq!(world.lines(Node(1)).len(), 300);
    }
    let rotten = altered(&disk, newest, |data| data[50] ^= 2);
    let rotten = altered(&rotten, &snapshots[0], |data| data[50] ^= 2);
    assert_eq!(resumed(&rotten), Fate::Quarantined);
}

/// The bytes of a failed sync stay readable, and a later sync of the same file succeeds without having written them.
#[test]
fn what_a_failed_sync_left_readable_is_written_anew() {
    let mut world = World::group(3);
    let node = Node(1);
    for i in 0..5 {
        world.put(node, &format!("line {i}"));
        world.run(100);
        world.disks[&node].0.borrow_mut().broken = true;
        world.propose(node, &format!("not synced {i}"));
        world.run(200);
        let phase = world.members[&node].status().phase;
        assert!(matches!(phase, Phase::Quarantined(_)), "{phase:?}");
        world.disks[&node].0.borrow_mut().broken = false;
        world.kill(node);
        world.start(node, StartMode::Resume).unwrap();
        world.run(5_000);
        world.crash(node);
        world.start(node, StartMode::Resume).unwrap();
        world.run(5_000);
        let status = world.members[&node].status();
        assert_eq!(status.phase, Phase::Running);
        assert!(!status.amnesiac, "round {i}");
    }
}

#[test]
fn a_full_disk_delays_the_start() {
    let mut world = World::new();
    world.bootstrap(1);
    world.crash(Node(1));
    world.disks[&Node(1)].0.borrow_mut().full = true;
    world
        .start(
            Node(1),
            StartMode::Bootstrap {
                initial: initial(1),
            },
        )
        .unwrap();
    world.run(3_000);
    assert_eq!(world.members[&Node(1)].status().phase, Phase::Opening);
    world.disks[&Node(1)].0.borrow_mut().full = false;
    world.run(5_000);
    assert_eq!(world.put(Node(1), "a"), Answer::Applied(Ok(1)));
}
