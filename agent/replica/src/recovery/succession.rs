//! The steps of `survivor` that change the disk: what is removed before the new group's first snapshot is written, and what
//! decides for it and removes the old group's files once it is.

use bytes::Bytes;
use synod_paxos::{Base, Record};

use super::formatting::{Formatting, NewSegment, is_ours, push_segment};
use super::resuming::{load, snapshot_slots};
use super::{Prepared, Recovered, Start, remove_aside};
use crate::codec::Writer;
use crate::identity::{self, DiskStanding, Identity};
use crate::mutation::mutated;
use crate::script::Script;
use crate::snapshot::{LoadError, Loaded, snapshot_file, snapshot_slot};
use crate::wal::format::put_record;
use crate::wal::{ReadLog, Unproven, segment_number, unreadable};
use crate::{Disk, DiskOp, OpenError, Settings, StateMachine};

/// Removes what an earlier attempt left: nothing of the group of before is about a slot that high.
pub(super) fn leftovers(files: &[String], identity: &Identity, base: &Base) -> Script {
    let mut script = Script::default();
    let left = |file: &&String| {
        file.ends_with(".tmp") || snapshot_slot(file).is_some_and(|slot| slot >= base.slot)
    };
    for file in files.iter().filter(left) {
        script.push(DiskOp::Remove { file: file.clone() });
    }
    script.push(DiskOp::SyncDirectory);
    if mutated("replica-recovery-decides-early") {
        script.replace(identity::FILE, identity::TEMPORARY, identity.encode());
    }
    if mutated("replica-recovery-removes-early") {
        let logs = files.iter().filter(|file| segment_number(file).is_some());
        logs.for_each(|file| script.push(DiskOp::Remove { file: file.clone() }));
        script.push(DiskOp::SyncDirectory);
    }
    script
}

/// The survivor's snapshot is durable and was read back: what decides for it and removes the rest is the script.
///
/// # Errors
/// If the disk cannot be read. Nothing was decided.
pub(crate) fn succeed<S: StateMachine, D: Disk>(
    settings: &Settings,
    disk: &D,
    identity: Identity,
    loaded: Loaded<S>,
) -> Result<Prepared<S>, OpenError> {
    let files = disk.list().map_err(|error| unreadable(".", &error))?;
    Ok(decided(settings, &files, identity, loaded))
}

/// A recovery was decided on and is not finished: the rest of it.
///
/// # Errors
/// If the disk cannot be read.
pub(super) fn finish<S: StateMachine, D: Disk>(
    fresh: &Formatting<'_>,
    disk: &D,
    machine: S,
    identity: Identity,
) -> Result<Prepared<S>, OpenError> {
    let settings = fresh.settings;
    let mut whys = Vec::new();
    for slot in snapshot_slots(fresh.files).into_iter().rev() {
        match load(settings, disk, slot, machine.empty()) {
            Ok(loaded) => return Ok(decided(settings, fresh.files, identity, loaded)),
            Err(LoadError::Damaged(why)) => whys.push(why),
            Err(LoadError::Newer { found, known }) => {
                let file = snapshot_file(slot);
                return Err(OpenError::Newer { file, found, known });
            }
        }
    }
    let whys = whys.join("; ");
    let why = format!("the snapshot that the recovered group begins with is gone; {whys}");
    fresh.after_damage(disk, machine, Some(identity), Vec::new(), &why)
}

/// Everything from the decision on. Each step may be done again.
fn decided<S: StateMachine>(
    settings: &Settings,
    files: &[String],
    identity: Identity,
    loaded: Loaded<S>,
) -> Prepared<S> {
    let mut script = Script::default();
    script.replace(identity::FILE, identity::TEMPORARY, identity.encode());
    let kept = snapshot_file(loaded.base.slot);
    let of_before = |file: &&String| is_ours(file) && *file != identity::FILE && **file != kept;
    for file in files.iter().filter(of_before) {
        script.push(DiskOp::Remove { file: file.clone() });
    }
    remove_aside(files, &mut script);
    script.push(DiskOp::SyncDirectory);
    let log = first_log(settings, &identity, &loaded.base, &mut script);
    let identity = Identity {
        standing: DiskStanding::Whole,
        ..identity
    };
    script.replace(identity::FILE, identity::TEMPORARY, identity.encode());
    Prepared {
        identity,
        script,
        start: Start::Successor(Box::new(Recovered {
            machine: loaded.machine,
            shared: loaded.shared,
            snapshots: vec![loaded.base.slot],
            base: loaded.base,
            log,
            snapshot_hash: loaded.hash,
        })),
    }
}

/// The new group's log: it says that everything through the snapshot was accepted in the ballot of its last entry, and so
/// that a lost snapshot is missed.
fn first_log(
    settings: &Settings,
    identity: &Identity,
    base: &Base,
    script: &mut Script,
) -> ReadLog {
    let accepted = Record::Append {
        ballot: base.ballot,
        from: base.slot.next(),
        entries: Vec::new(),
        decided: base.slot,
    };
    let mut records = vec![(settings.group, accepted)];
    if mutated("replica-recovery-forgets-promise") {
        records.clear();
    }
    let body = encoded(&records);
    let segment = NewSegment {
        number: 1,
        first_batch: 1,
        body: Some(body.clone()),
    };
    push_segment(settings, identity.disk_id, segment, script);
    ReadLog {
        records,
        next_segment: 1,
        next_batch: 1,
        unproven: Some(Unproven {
            body,
            last_slot: base.slot,
        }),
        exists: true,
        ..ReadLog::default()
    }
}

fn encoded(records: &[(u32, Record)]) -> Bytes {
    let mut w = Writer::with_capacity(64);
    for (group, record) in records {
        put_record(&mut w, *group, record);
    }
    w.whole()
}
