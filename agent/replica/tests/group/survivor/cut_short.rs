//! Recoveries that do not get to their end at once: crashes, deaths, full and failing disks, rot.

use synod_replica::{DiskState, OpenError, Phase, Quarantine, StartMode};

use super::{
    ONE, RECOVER, contents, die_after, is_of_before, loss, loss_with, next_world, recovered, work,
};
use crate::disk::{MemoryDisk, altered};

#[test]
fn a_recovery_that_was_cut_short_anywhere_begins_anew_or_is_finished() {
    let loss = loss_with(|world| world.bounds.snapshot_log_bytes = 1 << 10);
    let mut decided_after = None;
    for operations in 0.. {
        let disk = loss.disk.copy();
        let short = die_after(&disk, operations, Some(&RECOVER));
        let what = format!("cut short after {operations}");
        if is_of_before(&disk, &loss) {
            assert_eq!(decided_after, None, "{what}: it was decided before");
            let foreign = next_world(&disk.copy()).start(ONE, StartMode::Resume);
            assert!(
                matches!(foreign, Err(OpenError::ForeignCluster { .. })),
                "{what}"
            );
        } else {
            decided_after.get_or_insert(operations);
            loss.check(&recovered(&disk.copy(), StartMode::Resume), &what);
        }
        // Cut short again, wherever it is then.
        for again in [1, 3, 6, 9, 14] {
            let disk = disk.copy();
            die_after(&disk, again, Some(&RECOVER));
            loss.check(
                &recovered(&disk, RECOVER),
                &format!("{what}, then after {again}"),
            );
        }
        loss.check(&recovered(&disk, RECOVER), &what);
        if !short {
            break;
        }
    }
    assert!(
        decided_after.is_some_and(|after| after > 5),
        "{decided_after:?}"
    );
}

/// What was written and not synced stays readable: the process died, the machine lives on, and dies later.
#[test]
fn a_recovery_whose_process_died_anywhere_begins_anew_or_is_finished() {
    let loss = loss();
    for operations in 0..60 {
        let disk = loss.disk.copy();
        let mut world = next_world(&disk);
        world.start(ONE, RECOVER).unwrap();
        work(&mut world, operations);
        world.kill(ONE);
        world.start(ONE, RECOVER).unwrap();
        work(&mut world, operations / 2);
        world.crash(ONE);
        loss.check(&recovered(&disk, RECOVER), &format!("{operations}"));
    }
}

#[test]
fn a_full_disk_delays_the_recovery() {
    let loss = loss();
    for operations in 0..40 {
        let disk = loss.disk.copy();
        let mut world = next_world(&disk);
        world.start(ONE, RECOVER).unwrap();
        work(&mut world, operations);
        disk.0.borrow_mut().full = true;
        world.run(5_000);
        let status = world.members[&ONE].status();
        if status.phase == Phase::Recovering {
            assert_eq!(status.disk, DiskState::Full);
            // The next attempt may find less: nobody is shown what this one found.
            assert_eq!((world.lines(ONE).len(), status.applied.0), (0, 0));
            assert!(
                !disk.names().contains(&"snapshot.tmp".to_owned()),
                "space is given back"
            );
        }
        disk.0.borrow_mut().full = false;
        world.run(5_000);
        loss.check(&world, &format!("full after {operations}"));
        assert_eq!(world.members[&ONE].status().disk, DiskState::Fine);
    }
}

#[test]
fn a_failing_disk_ends_the_attempt_and_decides_nothing() {
    let loss = loss();
    let disk = loss.disk.copy();
    disk.0.borrow_mut().broken = true;
    let world = recovered(&disk, RECOVER);
    let phase = world.members[&ONE].status().phase;
    assert!(
        matches!(phase, Phase::Quarantined(Quarantine::DiskFailed(_))),
        "{phase:?}"
    );
    disk.0.borrow_mut().broken = false;
    disk.crash();
    assert!(is_of_before(&disk, &loss));
    loss.check(&recovered(&disk, RECOVER), "after the failure");
}

/// A snapshot that does not read back as it was written is not decided for.
#[test]
fn a_beginning_that_rots_at_once_is_noticed() {
    let loss = loss();
    let disk = loss.disk.copy();
    let mut world = next_world(&disk);
    world.start(ONE, RECOVER).unwrap();
    let name = |disk: &MemoryDisk| {
        let names = disk.names().into_iter();
        names.filter(|name| name.starts_with("snapshot-")).max()
    };
    while name(&disk).is_none() {
        work(&mut world, 1);
    }
    let file = name(&disk).unwrap();
    let mut data = disk.bytes(&file);
    data[40] ^= 1;
    disk.put(&file, data);
    world.run(3_000);
    let phase = world.members[&ONE].status().phase;
    assert!(
        matches!(phase, Phase::Quarantined(Quarantine::DiskFailed(_))),
        "{phase:?}"
    );
    world.crash(ONE);
    assert!(is_of_before(&disk, &loss));
    loss.check(&recovered(&disk, RECOVER), "after the rot");
}

/// Nobody else has what a group of one holds: whatever rots, nothing is thrown away.
#[test]
fn damage_to_the_only_member_of_a_recovered_group_is_quarantined() {
    let loss = loss();
    let disk = loss.disk.copy();
    recovered(&disk, RECOVER);
    disk.crash();
    let snapshot = disk
        .names()
        .into_iter()
        .find(|name| name.starts_with("snap"));
    let files = [
        snapshot.unwrap(),
        "wal-0000000000000001".to_owned(),
        "identity".to_owned(),
    ];
    for (file, at) in files.iter().zip([70, 30, 20]) {
        for start in [RECOVER, StartMode::Resume] {
            let rotten = altered(&disk, file, |data| data[at] ^= 4);
            let before = contents(&rotten);
            let world = recovered(&rotten, start);
            let phase = world.members[&ONE].status().phase;
            assert!(matches!(phase, Phase::Quarantined(_)), "{file}: {phase:?}");
            assert_eq!(contents(&rotten), before);
        }
    }
    // Between the decision and the end, too.
    for operations in 0.. {
        let disk = loss.disk.copy();
        let short = die_after(&disk, operations, Some(&RECOVER));
        if !is_of_before(&disk, &loss) {
            let newest = disk
                .names()
                .into_iter()
                .filter(|name| name.starts_with("snap"))
                .max();
            let rotten = altered(&disk, &newest.unwrap(), |data| data[70] ^= 4);
            let world = recovered(&rotten, RECOVER);
            let phase = world.members[&ONE].status().phase;
            assert!(
                matches!(phase, Phase::Quarantined(_)),
                "{operations}: {phase:?}"
            );
        }
        if !short {
            break;
        }
    }
}
