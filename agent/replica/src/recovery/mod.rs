//! What a disk holds and what is to be done with it before the member takes part: the decision table of starting.
//!
//! | disk | start | what is done |
//! |---|---|---|
//! | of another cluster or member, or of a newer format | any | refused; nothing is changed |
//! | empty, or formatting was cut short | bootstrap | formatted; a founder: votes once the others have noted its disk |
//! | empty, or formatting was cut short | join | formatted; votes once the group was told of its disk |
//! | empty | resume | formatted; amnesiac: votes only after the group was told of the loss |
//! | formatted and whole | any | newest valid snapshot, then the log |
//! | formatted, damaged; a founder that never voted | any | formatted anew, as an empty one |
//! | formatted, damaged; other voters exist | any | set aside, formatted anew; amnesiac |
//! | formatted, damaged; the only voter | any | quarantined; nothing is changed, until another voter is heard of |
//! | empty, or formatting was cut short | recover | refused: there is nothing to recover |
//! | of the group of before, whole | recover | made the beginning of this group (`survivor` has the steps) |
//! | of the group of before, anything else | recover | refused; nothing is changed |
//! | of this group, its recovery not finished | any | what the group of before left is removed |
//! | of this group otherwise | recover | as `resume` |
//!
//! Reading is done here; changes are returned as a [`Script`] that the driver carries out before it takes part. Each row is
//! idempotent: a crash while it is carried out leads back to it.

mod formatting;
mod resuming;
mod succession;
mod survivor;

use bytes::Bytes;
use synod_paxos::{Base, ConfigId, Node, Slot};

use crate::identity::{self, DiskStanding, Identity};
use crate::mutation::mutated;
use crate::replicated::Shared;
use crate::script::Script;
use crate::snapshot::snapshot_slot;
use crate::wal::{
    HeaderFault, ReadLog, SegmentHeader, read_log, segment_file, segment_numbers, unreadable,
};
use crate::{DecodeError, Disk, DiskError, OpenError, Settings, StartMode, StateMachine};
use formatting::{ASIDE, Formatting};
pub(crate) use formatting::{owner, remove_aside};
use resuming::resume;
pub(crate) use succession::succeed;
pub(crate) use survivor::Survivor;

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
    /// With what the group of before left on the disk, once it is the new group's ([`succeed`]).
    Survivor(Box<Survivor<S>>),
    /// With that, as soon as the rest of what was decided is done.
    Successor(Box<Recovered<S>>),
    /// Not at all, unless others are heard of that have a vote since: `alone` is the configuration in which only this
    /// member has one.
    Quarantined {
        machine: S,
        why: String,
        alone: ConfigId,
    },
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
}

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
    let found = read_identity(disk, &files)?;
    let fresh = Formatting {
        settings,
        files: &files,
        disk_id,
    };
    if let StartMode::Recover { former } = settings.start
        && !is_of(settings.cluster, disk, &found)?
    {
        return survivor::read(settings, former, &files, disk, machine, found);
    }
    check_identity(settings, &found)?;
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
        FoundIdentity::Whole(found) if found.standing == DiskStanding::Recovering => {
            succession::finish(&fresh, disk, machine, found)
        }
        FoundIdentity::Whole(found) => resume(&fresh, disk, machine, found),
    }
}

/// A member that was quarantined as the only voter has heard of another, so its log had lost the end, too: what it holds
/// is set aside, and it learns from the others.
///
/// # Errors
/// If the disk cannot be read.
pub(crate) fn give_up<S>(
    settings: &Settings,
    disk: &impl Disk,
    machine: S,
    disk_id: u128,
) -> Result<Prepared<S>, OpenError> {
    let files = disk.list().map_err(|error| unreadable(".", &error))?;
    let fresh = Formatting {
        settings,
        files: &files,
        disk_id,
    };
    Ok(fresh.give_up(machine))
}

fn check_start(settings: &Settings) -> Result<(), OpenError> {
    let initial = match &settings.start {
        StartMode::Bootstrap { initial } => initial,
        StartMode::Recover { former } if *former == settings.cluster => {
            return Err(OpenError::BadStart(
                "a recovered group needs a cluster UID of its own, not that of the group of before",
            ));
        }
        StartMode::Join | StartMode::Resume | StartMode::Recover { .. } => return Ok(()),
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

fn read_identity<D: Disk>(disk: &D, files: &[String]) -> Result<FoundIdentity, OpenError> {
    if !files.iter().any(|file| file == identity::FILE) {
        return Ok(FoundIdentity::None);
    }
    let bytes = read_file(disk, identity::FILE)?;
    match Identity::decode(&bytes) {
        Ok(found) => Ok(FoundIdentity::Whole(found)),
        Err(DecodeError::Newer { found, known }) => Err(OpenError::Newer {
            file: identity::FILE.to_owned(),
            found,
            known,
        }),
        Err(_) => Ok(FoundIdentity::Damaged),
    }
}

fn check_identity(settings: &Settings, found: &FoundIdentity) -> Result<(), OpenError> {
    match found {
        FoundIdentity::Whole(found) => check_owner(settings, found.cluster, found.node),
        FoundIdentity::None | FoundIdentity::Damaged => Ok(()),
    }
}

/// True if the disk is the cluster's: by its identity, or by its log if that cannot be read.
fn is_of<D: Disk>(
    cluster: crate::ClusterUid,
    disk: &D,
    found: &FoundIdentity,
) -> Result<bool, OpenError> {
    if let FoundIdentity::Whole(found) = found {
        return Ok(found.cluster == cluster);
    }
    for number in segment_numbers(disk)? {
        let bytes = read_file(disk, &segment_file(number))?;
        if SegmentHeader::decode(&bytes).is_ok_and(|header| header.owner.cluster == cluster) {
            return Ok(true);
        }
    }
    Ok(false)
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
                used |= number != 1 || log.unproven.is_some() || log.damage.is_some();
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
