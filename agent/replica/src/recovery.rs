//! What a disk holds and what is to be done with it before the member takes part: the decision table of starting.
//!
//! | disk | start | what is done |
//! |---|---|---|
//! | of another cluster or member, or of a newer format | any | refused; nothing is changed |
//! | empty, or formatting was cut short | bootstrap | formatted; a founder |
//! | empty, or formatting was cut short | join | formatted; waits for a leader |
//! | empty | resume | formatted; amnesiac: votes only after the group was told of the loss |
//! | formatted and whole | any | newest valid snapshot, then the log |
//! | formatted, damaged; other voters exist | any | set aside, formatted anew; amnesiac |
//! | formatted, damaged; the only voter | any | quarantined; nothing is changed |
//!
//! Reading is done here; changes are returned as a [`Script`] that the driver carries out before it takes part. Each row is
//! idempotent: a crash while it is carried out leads back to it.

use std::collections::BTreeMap;

use bytes::Bytes;
use synod_paxos::{Base, Configuration, Node, Payload, Record, Slot};

use crate::identity::{self, DiskStanding, Identity};
use crate::mutation::mutated;
use crate::replicated::Shared;
use crate::script::Script;
use crate::snapshot::{LoadError, Loaded, Loading, Step, snapshot_file, snapshot_slot};
use crate::wal::{
    HeaderFault, Owner, ReadLog, SegmentHeader, read_log, segment_file, segment_numbers, unreadable,
};
use crate::{DecodeError, Disk, DiskError, DiskOp, OpenError, Settings, StartMode, StateMachine};

/// What a member begins with, once its script is carried out.
pub(crate) struct Prepared<S> {
    pub(crate) identity: Identity,
    pub(crate) script: Script,
    pub(crate) start: Start<S>,
}

/// How the replica begins.
pub(crate) enum Start<S> {
    /// With a disk that has just been formatted.
    Fresh { machine: S },
    /// With what was on the disk.
    Recovered(Box<Recovered<S>>),
    /// Not at all.
    Quarantined { machine: S, why: String },
}

/// What was on the disk.
pub(crate) struct Recovered<S> {
    pub(crate) machine: S,
    pub(crate) shared: Shared,
    pub(crate) base: Base,
    pub(crate) log: ReadLog,
    /// Durable snapshots, oldest first, with the hash of the newest.
    pub(crate) snapshots: Vec<Slot>,
    pub(crate) snapshot_hash: u64,
    /// The segment that the script creates.
    pub(crate) segment: u64,
}

/// The first bytes of files that were set aside after damage.
const ASIDE: &str = "damaged-";

/// Reads the disk and decides.
///
/// # Errors
/// If the disk belongs to somebody else, is of a newer format, or cannot be read. Nothing was changed.
pub(crate) fn prepare<S: StateMachine, D: Disk>(
    settings: &Settings,
    disk: &D,
    machine: S,
    disk_id: u128,
) -> Result<Prepared<S>, OpenError> {
    check_start(settings)?;
    let files = disk.list().map_err(|error| unreadable(".", &error))?;
    let found = read_identity(settings, disk, &files)?;
    let fresh = Formatting {
        settings,
        files: &files,
        disk_id,
    };
    match found {
        FoundIdentity::None if !is_used(settings, disk, &files)? => Ok(fresh.empty(machine)),
        FoundIdentity::None => {
            let why = "the identity file is missing".to_owned();
            fresh.after_damage(disk, machine, None, Vec::new(), &why)
        }
        FoundIdentity::Damaged => {
            let why = "the identity file is damaged".to_owned();
            fresh.after_damage(disk, machine, None, Vec::new(), &why)
        }
        FoundIdentity::Whole(_)
            if mutated("replica-bootstrap-over-formatted")
                && matches!(settings.start, StartMode::Bootstrap { .. }) =>
        {
            Ok(fresh.empty(machine))
        }
        FoundIdentity::Whole(found) if found.standing == DiskStanding::Lost => {
            let why = "the state was given up".to_owned();
            fresh.after_damage(disk, machine, Some(found), Vec::new(), &why)
        }
        FoundIdentity::Whole(found) => resume(&fresh, disk, machine, found),
    }
}

fn check_start(settings: &Settings) -> Result<(), OpenError> {
    let StartMode::Bootstrap { initial } = &settings.start else {
        return Ok(());
    };
    if !initial.is_sound() || initial.id.0 != 1 {
        return Err(OpenError::BadStart(
            "the initial configuration is unsound: it needs voters, quorums that fit them, and id 1",
        ));
    }
    if !initial.members.contains_key(&settings.node) {
        return Err(OpenError::BadStart(
            "this member is not in the initial configuration: start it with `join`",
        ));
    }
    Ok(())
}

enum FoundIdentity {
    None,
    Damaged,
    Whole(Identity),
}

fn read_identity<D: Disk>(
    settings: &Settings,
    disk: &D,
    files: &[String],
) -> Result<FoundIdentity, OpenError> {
    if !files.iter().any(|file| file == identity::FILE) {
        return Ok(FoundIdentity::None);
    }
    let bytes = read_file(disk, identity::FILE)?;
    match Identity::decode(&bytes) {
        Ok(found) => {
            check_owner(settings, found.cluster, found.node)?;
            Ok(FoundIdentity::Whole(found))
        }
        Err(DecodeError::Newer { found, known }) => Err(OpenError::Newer {
            file: identity::FILE.to_owned(),
            found,
            known,
        }),
        Err(_) => Ok(FoundIdentity::Damaged),
    }
}

fn check_owner(
    settings: &Settings,
    cluster: crate::ClusterUid,
    node: Node,
) -> Result<(), OpenError> {
    if cluster != settings.cluster {
        return Err(OpenError::ForeignCluster {
            found: cluster,
            wanted: settings.cluster,
        });
    }
    if node != settings.node {
        return Err(OpenError::ForeignMember {
            found: node,
            wanted: settings.node,
        });
    }
    Ok(())
}

fn read_file<D: Disk>(disk: &D, file: &str) -> Result<Bytes, OpenError> {
    let read = || -> Result<Bytes, DiskError> {
        let length = disk.length(file)?;
        disk.read(file, 0, usize::try_from(length).unwrap_or(usize::MAX))
    };
    read().map_err(|error| unreadable(file, &error))
}

/// True if a disk without an identity was in use: formatting leaves a first segment without batches at most.
fn is_used<D: Disk>(settings: &Settings, disk: &D, files: &[String]) -> Result<bool, OpenError> {
    let mut used = files
        .iter()
        .any(|file| snapshot_slot(file).is_some() || file.starts_with(ASIDE));
    for number in segment_numbers(disk)? {
        let bytes = read_file(disk, &segment_file(number))?;
        match SegmentHeader::decode(&bytes) {
            Ok(header) => {
                check_owner(settings, header.owner.cluster, header.owner.node)?;
                let log = read_log(disk, &header.owner)?;
                used |= number != 1 || log.next_batch != 1 || log.damage.is_some();
            }
            Err(HeaderFault::Missing) => used |= number != 1,
            Err(HeaderFault::Damaged) => used = true,
            Err(HeaderFault::Newer(found)) => {
                return Err(OpenError::Newer {
                    file: segment_file(number),
                    found,
                    known: 1,
                });
            }
        }
    }
    Ok(used)
}

/// Makes a disk ready for use.
struct Formatting<'a> {
    settings: &'a Settings,
    files: &'a [String],
    disk_id: u128,
}

impl Formatting<'_> {
    fn identity(&self, standing: DiskStanding, initial: Option<Configuration>) -> Identity {
        Identity {
            cluster: self.settings.cluster,
            node: self.settings.node,
            group: self.settings.group,
            disk_id: self.disk_id,
            standing,
            initial,
        }
    }

    /// Formats an empty disk as the start mode says.
    fn empty<S>(&self, machine: S) -> Prepared<S> {
        let (standing, initial) = match &self.settings.start {
            StartMode::Bootstrap { initial } => (DiskStanding::Whole, Some(initial.clone())),
            StartMode::Join => (DiskStanding::Whole, None),
            StartMode::Resume if mutated("replica-resume-empty-votes") => {
                (DiskStanding::Whole, None)
            }
            StartMode::Resume => (DiskStanding::Amnesiac, None),
        };
        let mut script = Script::default();
        for file in self.files.iter().filter(|file| is_ours(file)) {
            script.push(DiskOp::Remove { file: file.clone() });
        }
        script.push(DiskOp::SyncDirectory);
        let identity = self.identity(standing, initial);
        self.format(&mut script, &identity);
        Prepared {
            identity,
            script,
            start: Start::Fresh { machine },
        }
    }

    /// The first segment, then the identity: whoever finds an identity finds a log.
    fn format(&self, script: &mut Script, identity: &Identity) {
        push_segment(self.settings, self.disk_id, 1, 1, script);
        script.replace(identity::FILE, identity::TEMPORARY, identity.encode());
    }

    /// Sets a damaged disk aside and formats it anew, if somebody else has the data; `configurations` are those found on
    /// it, oldest first.
    fn after_damage<S: StateMachine, D: Disk>(
        &self,
        disk: &D,
        machine: S,
        found: Option<Identity>,
        configurations: Vec<Configuration>,
        why: &str,
    ) -> Result<Prepared<S>, OpenError> {
        let settings = self.settings;
        let known = found.as_ref().and_then(|found| found.initial.clone());
        let latest = configurations
            .into_iter()
            .next_back()
            .or_else(|| newest_configuration(settings, disk, self.files, &machine))
            .or(known)
            .or_else(|| match &settings.start {
                StartMode::Bootstrap { initial } => Some(initial.clone()),
                _ => None,
            });
        let identity = self.identity(DiskStanding::Amnesiac, None);
        if latest.is_some_and(|latest| latest.voters().eq([settings.node])) {
            return Ok(Prepared {
                identity: found.unwrap_or(identity),
                script: Script::default(),
                start: Start::Quarantined {
                    machine,
                    why: why.to_owned(),
                },
            });
        }
        let mut script = Script::default();
        let lost = self.identity(DiskStanding::Lost, None);
        script.replace(identity::FILE, identity::TEMPORARY, lost.encode());
        for file in self.files {
            set_aside(file, self.files, &mut script);
        }
        script.push(DiskOp::SyncDirectory);
        self.format(&mut script, &identity);
        Ok(Prepared {
            identity,
            script,
            start: Start::Fresh { machine },
        })
    }
}

/// Renames a file of a damaged disk; one that was set aside before under that name stays.
fn set_aside(file: &str, files: &[String], script: &mut Script) {
    let data = is_data(file);
    let aside = format!("{ASIDE}{file}");
    if data && !files.contains(&aside) {
        script.push(DiskOp::Rename {
            from: file.to_owned(),
            to: aside,
        });
    } else if data || (file.ends_with(".tmp") && file != identity::TEMPORARY) {
        script.push(DiskOp::Remove {
            file: file.to_owned(),
        });
    }
}

fn is_data(file: &str) -> bool {
    crate::wal::segment_number(file).is_some() || snapshot_slot(file).is_some()
}

/// True if a file may be removed by formatting; a file system may keep some of its own beside it.
fn is_ours(file: &str) -> bool {
    is_data(file) || file.ends_with(".tmp") || file == identity::FILE
}

/// What removes the files that were set aside, once they are of no use any more.
pub(crate) fn remove_aside(files: &[String], script: &mut Script) {
    for file in files.iter().filter(|file| file.starts_with(ASIDE)) {
        script.push(DiskOp::Remove { file: file.clone() });
    }
}

fn push_segment(
    settings: &Settings,
    disk_id: u128,
    segment: u64,
    first_batch: u64,
    script: &mut Script,
) {
    let file = segment_file(segment);
    let header = SegmentHeader {
        owner: owner(settings, disk_id),
        segment,
        first_batch,
    };
    script.push(DiskOp::Create {
        file: file.clone(),
        preallocate: settings.bounds.segment_bytes,
    });
    script.push(DiskOp::Write {
        file: file.clone(),
        offset: 0,
        parts: vec![header.encode()],
    });
    script.push(DiskOp::Sync { file });
    script.push(DiskOp::SyncDirectory);
}

pub(crate) fn owner(settings: &Settings, disk_id: u128) -> Owner {
    Owner {
        cluster: settings.cluster,
        node: settings.node,
        disk_id,
    }
}

/// Reads a formatted disk.
fn resume<S: StateMachine, D: Disk>(
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
fn newest_configuration<S: StateMachine, D: Disk>(
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
