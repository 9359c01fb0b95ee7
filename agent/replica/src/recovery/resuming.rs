//! Reading a formatted disk: the newest snapshot that is whole, and the log after it.

use std::collections::BTreeMap;

use synod_paxos::{Base, Configuration, Payload, Record, Slot};

use super::formatting::{Formatting, NewSegment, owner, push_segment};
use super::{Prepared, Recovered, Start};
use crate::identity::Identity;
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
    match examine(fresh, disk, &machine, identity.disk_id)? {
        Examined::Whole(log, found) => Ok(prepared(fresh, identity, log, found)),
        Examined::Damaged(log, why) => {
            let configurations = configurations(&log.records, fresh.settings.group);
            fresh.after_damage(disk, machine, Some(identity), configurations, &why)
        }
    }
}

/// What a formatted disk holds.
pub(super) enum Examined<S> {
    /// All that was durable.
    Whole(ReadLog, Found<S>),
    /// Less; why, and what could be read of the log.
    Damaged(ReadLog, String),
}

/// Reads the log and the newest snapshot that it goes on from.
pub(super) fn examine<S: StateMachine, D: Disk>(
    fresh: &Formatting<'_>,
    disk: &D,
    machine: &S,
    disk_id: u128,
) -> Result<Examined<S>, OpenError> {
    let settings = fresh.settings;
    let log = read_log(disk, &owner(settings, disk_id))?;
    let mut damages: Vec<String> = log.damage.iter().cloned().collect();
    if !log.exists {
        damages.push("there is no log".to_owned());
    }
    if damages.is_empty() {
        match newest_whole(fresh, disk, machine, &log, &mut damages)? {
            Some(found) => return Ok(Examined::Whole(log, found)),
            None if reaches(&log.records, settings.group, Slot(0)) => {
                let found = Found {
                    machine: machine.empty(),
                    shared: Shared::new(),
                    base: Base::default(),
                    snapshots: Vec::new(),
                    hash: 0,
                };
                return Ok(Examined::Whole(log, found));
            }
            None => damages.push("the log does not reach back to its first slot".to_owned()),
        }
    }
    Ok(Examined::Damaged(log, damages.join("; ")))
}

/// A state that the log goes on from.
pub(super) struct Found<S> {
    pub(super) machine: S,
    pub(super) shared: Shared,
    pub(super) base: Base,
    /// Snapshots up to the one that was loaded, oldest first.
    snapshots: Vec<Slot>,
    hash: u64,
}

/// The newest snapshot that is whole and that the log reaches back to; notes what is wrong with the others.
fn newest_whole<S: StateMachine, D: Disk>(
    fresh: &Formatting<'_>,
    disk: &D,
    machine: &S,
    log: &ReadLog,
    damages: &mut Vec<String>,
) -> Result<Option<Found<S>>, OpenError> {
    let settings = fresh.settings;
    let mut snapshots = snapshot_slots(fresh.files);
    while let Some(slot) = snapshots.last().copied() {
        match load(settings, disk, slot, machine.empty()) {
            Ok(loaded) if reaches(&log.records, settings.group, slot) => {
                return Ok(Some(Found {
                    machine: loaded.machine,
                    shared: loaded.shared,
                    base: loaded.base,
                    snapshots,
                    hash: loaded.hash,
                }));
            }
            Ok(_) => {
                let file = snapshot_file(slot);
                damages.push(format!("the log does not reach back to {file}"));
            }
            Err(LoadError::Newer { found, known }) => {
                let file = snapshot_file(slot);
                return Err(OpenError::Newer { file, found, known });
            }
            Err(LoadError::Damaged(why)) => damages.push(why),
        }
        snapshots.pop();
    }
    Ok(None)
}

pub(super) fn snapshot_slots(files: &[String]) -> Vec<Slot> {
    let mut slots: Vec<Slot> = files
        .iter()
        .filter_map(|file| snapshot_slot(file))
        .collect();
    slots.sort_unstable();
    slots
}

/// Begins a new segment with what is not proven to be durable; then removes what is of no use any more.
fn prepared<S>(
    fresh: &Formatting<'_>,
    identity: Identity,
    log: ReadLog,
    found: Found<S>,
) -> Prepared<S> {
    let settings = fresh.settings;
    let mut script = Script::default();
    for file in fresh.files.iter().filter(|file| file.ends_with(".tmp")) {
        script.push(DiskOp::Remove { file: file.clone() });
    }
    let segment = NewSegment {
        number: log.next_segment,
        first_batch: log.next_batch,
        body: log.unproven.as_ref().map(|unproven| unproven.body.clone()),
    };
    push_segment(settings, identity.disk_id, segment, &mut script);
    // The newest first, each durably gone before the next: a segment whose creation was cut short is told from a damaged
    // one by the whole ones before it.
    for file in log.superseded.iter().rev() {
        script.push(DiskOp::Remove { file: file.clone() });
        script.push(DiskOp::SyncDirectory);
    }
    let unusable = snapshot_slots(fresh.files)
        .into_iter()
        .filter(|slot| !found.snapshots.contains(slot));
    for slot in unusable {
        script.push(DiskOp::Remove {
            file: snapshot_file(slot),
        });
    }
    if let Some(last) = log.segments.last() {
        // Gives back what was reserved; what is cut off does not count, so it may also stay.
        script.push(DiskOp::Truncate {
            file: segment_file(last.number),
            length: last.length,
        });
    }
    script.push(DiskOp::SyncDirectory);
    Prepared {
        identity,
        script,
        start: Start::Recovered(Box::new(Recovered {
            machine: found.machine,
            shared: found.shared,
            base: found.base,
            log,
            snapshots: found.snapshots,
            snapshot_hash: found.hash,
        })),
    }
}

/// Reads a snapshot to its end.
pub(super) fn load<S: StateMachine, D: Disk>(
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
