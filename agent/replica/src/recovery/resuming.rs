//! Reading a formatted disk: the newest snapshot that is whole, and the log after it.

use std::collections::BTreeMap;

use synod_paxos::{Base, Configuration, Payload, Record, Slot};

use super::formatting::{Formatting, owner, push_segment};
use super::{Prepared, Recovered, Start};
use crate::identity::Identity;
use crate::mutation::mutated;
use crate::replicated::Shared;
use crate::script::Script;
use crate::snapshot::{LoadError, Loaded, Loading, Step, snapshot_file, snapshot_slot};
use crate::wal::{ReadLog, read_log, segment_file};
use crate::{Disk, DiskOp, OpenError, Settings, StateMachine};

/// Reads a formatted disk.
pub(super) fn resume<S: StateMachine, D: Disk>(
    fresh: &Formatting<'_>,
    disk: &D,
    machine: S,
    identity: Identity,
) -> Result<Prepared<S>, OpenError> {
    let settings = fresh.settings;
    let log = read_log(disk, &owner(settings, identity.disk_id))?;
    let mut damage = log.damage.clone();
    if damage.is_none() && log.segments.is_empty() {
        damage = Some("there is no log".to_owned());
    }
    if let Some(why) = damage {
        let configurations = configurations(&log.records, settings.group);
        return fresh.after_damage(disk, machine, Some(identity), configurations, &why);
    }
    let mut slots: Vec<Slot> = fresh
        .files
        .iter()
        .filter_map(|file| snapshot_slot(file))
        .collect();
    slots.sort_unstable();
    let mut script = Script::default();
    let mut damages = Vec::new();
    let mut snapshots = slots.clone();
    while let Some(slot) = snapshots.last().copied() {
        match load(settings, disk, slot, machine.empty()) {
            Ok(loaded) if reaches(&log.records, settings.group, loaded.base.slot) => {
                clean_up(fresh.files, &log, &mut script);
                let segment = log.next_segment();
                push_segment(
                    settings,
                    identity.disk_id,
                    segment,
                    log.next_batch,
                    &mut script,
                );
                return Ok(Prepared {
                    identity,
                    script,
                    start: Start::Recovered(Box::new(Recovered {
                        machine: loaded.machine,
                        shared: loaded.shared,
                        base: loaded.base,
                        log,
                        snapshots,
                        snapshot_hash: loaded.hash,
                        segment,
                    })),
                });
            }
            Ok(_) => damages.push(format!(
                "the log does not reach back to {}",
                snapshot_file(slot)
            )),
            Err(LoadError::Newer { found, known }) => {
                return Err(OpenError::Newer {
                    file: snapshot_file(slot),
                    found,
                    known,
                });
            }
            Err(LoadError::Damaged(why)) => {
                damages.push(why);
                script.push(DiskOp::Remove {
                    file: snapshot_file(slot),
                });
            }
        }
        snapshots.pop();
    }
    if !reaches(&log.records, settings.group, Slot(0)) {
        damages.push("the log does not reach back to its first slot".to_owned());
        let configurations = configurations(&log.records, settings.group);
        let why = damages.join("; ");
        return fresh.after_damage(disk, machine, Some(identity), configurations, &why);
    }
    clean_up(fresh.files, &log, &mut script);
    let segment = log.next_segment();
    push_segment(
        settings,
        identity.disk_id,
        segment,
        log.next_batch,
        &mut script,
    );
    Ok(Prepared {
        identity,
        script,
        start: Start::Recovered(Box::new(Recovered {
            machine,
            shared: Shared::new(),
            base: Base::default(),
            log,
            snapshots: Vec::new(),
            snapshot_hash: 0,
            segment,
        })),
    })
}

/// Cuts off what a crash left unfinished.
fn clean_up(files: &[String], log: &ReadLog, script: &mut Script) {
    for file in files.iter().filter(|file| file.ends_with(".tmp")) {
        script.push(DiskOp::Remove { file: file.clone() });
    }
    if let Some(number) = log.unfinished {
        script.push(DiskOp::Remove {
            file: segment_file(number),
        });
    }
    script.push(DiskOp::SyncDirectory);
    if mutated("replica-torn-tail-kept") {
        return;
    }
    if let Some(last) = log.segments.last() {
        let file = segment_file(last.number);
        script.push(DiskOp::Truncate {
            file: file.clone(),
            length: last.length,
        });
        script.push(DiskOp::Sync { file });
    }
}

/// Reads a snapshot to its end.
fn load<S: StateMachine, D: Disk>(
    settings: &Settings,
    disk: &D,
    slot: Slot,
    empty: S,
) -> Result<Loaded<S>, LoadError> {
    let file = snapshot_file(slot);
    let mut loading = Loading::new(file.clone(), settings.cluster, settings.group, empty);
    loop {
        match loading.step(disk)? {
            Step::More(more) => loading = *more,
            Step::Done(loaded) if loaded.shared.level > settings.level_max => {
                return Err(LoadError::Newer {
                    found: loaded.shared.level,
                    known: settings.level_max,
                });
            }
            Step::Done(loaded) if loaded.base.slot != slot => {
                return Err(LoadError::Damaged(format!("{file} is about another slot")));
            }
            Step::Done(loaded) => return Ok(loaded),
        }
    }
}

/// True if the records, replayed after `base`, leave no slot out.
fn reaches(records: &[(u32, Record)], group: u32, base: Slot) -> bool {
    let mut last = base;
    for (_, record) in records.iter().filter(|(of, _)| *of == group) {
        let (from, count, cuts) = match record {
            Record::Promise { .. } => continue,
            Record::Sync { from, entries, .. } => (*from, entries.len(), true),
            Record::Append { from, entries, .. } | Record::Learn { from, entries } => {
                (*from, entries.len(), false)
            }
        };
        if from > last.next() {
            return false;
        }
        let end = Slot((from.0 + count as u64).saturating_sub(1));
        last = if cuts { end.max(base) } else { last.max(end) };
    }
    true
}

/// The configurations that records hold, in order.
fn configurations(records: &[(u32, Record)], group: u32) -> Vec<Configuration> {
    let mut by_slot = BTreeMap::new();
    for (_, record) in records.iter().filter(|(of, _)| *of == group) {
        let (from, entries) = match record {
            Record::Promise { .. } => continue,
            Record::Sync { from, entries, .. }
            | Record::Append { from, entries, .. }
            | Record::Learn { from, entries } => (*from, entries),
        };
        for (slot, entry) in (from.0..).zip(entries) {
            if let Payload::Configuration(configuration) = &entry.payload {
                by_slot.insert(slot, configuration.clone());
            }
        }
    }
    by_slot.into_values().collect()
}

/// The configuration of the newest snapshot that is whole.
pub(super) fn newest_configuration<S: StateMachine, D: Disk>(
    settings: &Settings,
    disk: &D,
    files: &[String],
    machine: &S,
) -> Option<Configuration> {
    let mut slots: Vec<Slot> = files
        .iter()
        .filter_map(|file| snapshot_slot(file))
        .collect();
    slots.sort_unstable();
    slots.into_iter().rev().find_map(|slot| {
        let loaded = load(settings, disk, slot, machine.empty()).ok()?;
        Some(loaded.base.configuration)
    })
}
