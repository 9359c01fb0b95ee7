//! Making a disk ready: formatting an empty one, setting a damaged one aside.

use std::collections::BTreeMap;

use bytes::Bytes;
use synod_paxos::Configuration;

use super::resuming::newest_configuration;
use super::{Prepared, Start};
use crate::identity::{self, DiskStanding, Identity};
use crate::mutation::mutated;
use crate::script::Script;
use crate::snapshot::snapshot_slot;
use crate::wal::framing::{Place, encode_batch};
use crate::wal::{Owner, SEGMENT_HEADER, SegmentHeader, segment_file};
use crate::{Disk, DiskOp, OpenError, Settings, StartMode, StateMachine};

/// The first bytes of files that were set aside after damage.
pub(super) const ASIDE: &str = "damaged-";

/// Makes a disk ready for use.
pub(super) struct Formatting<'a> {
    pub(super) settings: &'a Settings,
    pub(super) files: &'a [String],
    pub(super) disk_id: u128,
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
            founders: BTreeMap::new(),
        }
    }

    /// Formats an empty disk as the start mode says.
    pub(super) fn empty<S>(&self, machine: S) -> Prepared<S> {
        let (standing, initial) = match &self.settings.start {
            StartMode::Bootstrap { initial } => (founder(initial), Some(initial.clone())),
            StartMode::Join if mutated("replica-join-disk-is-trusted") => {
                (DiskStanding::Whole, None)
            }
            StartMode::Join => (DiskStanding::Joining, None),
            StartMode::Resume if mutated("replica-resume-empty-votes") => {
                (DiskStanding::Whole, None)
            }
            // A member of a recovered group whose disk is damaged has lost its promises like any other.
            StartMode::Resume | StartMode::Recover { .. } => (DiskStanding::Amnesiac, None),
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
        let segment = NewSegment {
            number: 1,
            first_batch: 1,
            body: None,
        };
        push_segment(self.settings, self.disk_id, segment, script);
        script.replace(identity::FILE, identity::TEMPORARY, identity.encode());
    }

    /// Sets a damaged disk aside and formats it anew, if somebody else has the data; `configurations` are those found on
    /// it, oldest first.
    pub(super) fn after_damage<S: StateMachine, D: Disk>(
        &self,
        disk: &D,
        machine: S,
        found: Option<Identity>,
        configurations: Vec<Configuration>,
        why: &str,
    ) -> Result<Prepared<S>, OpenError> {
        let settings = self.settings;
        let voted = |found: &Identity| {
            !matches!(found.standing, DiskStanding::Founding | DiskStanding::Noted)
        };
        if found.as_ref().is_some_and(|found| !voted(found)) {
            return Ok(self.empty(machine));
        }
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
        if let Some(alone) = latest.filter(|latest| latest.voters().eq([settings.node])) {
            return Ok(Prepared {
                identity: found.unwrap_or_else(|| self.identity(DiskStanding::Amnesiac, None)),
                script: Script::default(),
                start: Start::Quarantined {
                    machine,
                    why: why.to_owned(),
                    alone: alone.id,
                },
            });
        }
        Ok(self.give_up(machine))
    }

    /// Sets everything aside and formats the disk anew, for a member that lost its promises.
    pub(super) fn give_up<S>(&self, machine: S) -> Prepared<S> {
        let identity = self.identity(DiskStanding::Amnesiac, None);
        let mut script = Script::default();
        let lost = self.identity(DiskStanding::Lost, None);
        script.replace(identity::FILE, identity::TEMPORARY, lost.encode());
        for file in self.files {
            set_aside(file, self.files, &mut script);
        }
        script.push(DiskOp::SyncDirectory);
        self.format(&mut script, &identity);
        Prepared {
            identity,
            script,
            start: Start::Fresh { machine },
        }
    }
}

/// A founder's new disk: whether another one voted before it, the other founders must tell. An only one has nobody to ask.
fn founder(initial: &Configuration) -> DiskStanding {
    if initial.members.len() == 1 || mutated("replica-bootstrap-disk-is-trusted") {
        DiskStanding::Whole
    } else {
        DiskStanding::Founding
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
pub(super) fn is_ours(file: &str) -> bool {
    is_data(file) || file.ends_with(".tmp") || file == identity::FILE
}

/// What removes the files that were set aside, once they are of no use any more.
pub(crate) fn remove_aside(files: &[String], script: &mut Script) {
    for file in files.iter().filter(|file| file.starts_with(ASIDE)) {
        script.push(DiskOp::Remove { file: file.clone() });
    }
}

/// A segment to be begun.
pub(super) struct NewSegment {
    pub(super) number: u64,
    pub(super) first_batch: u64,
    /// The body of its first batch, if it begins with one.
    pub(super) body: Option<Bytes>,
}

pub(super) fn push_segment(
    settings: &Settings,
    disk_id: u128,
    segment: NewSegment,
    script: &mut Script,
) {
    let NewSegment {
        number,
        first_batch,
        body,
    } = segment;
    let file = segment_file(number);
    let header = SegmentHeader {
        owner: owner(settings, disk_id),
        segment: number,
        first_batch,
    };
    let mut parts = vec![header.encode()];
    if let Some(body) = body {
        let place = Place {
            disk_id,
            segment: number,
            offset: SEGMENT_HEADER as u64,
        };
        parts.extend(encode_batch(
            place,
            first_batch,
            first_batch - 1,
            vec![body],
        ));
    }
    let bytes: usize = parts.iter().map(Bytes::len).sum();
    script.push(DiskOp::Create {
        file: file.clone(),
        preallocate: settings.bounds.segment_bytes.max(bytes as u64),
    });
    script.push(DiskOp::Write {
        file: file.clone(),
        offset: 0,
        parts,
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
