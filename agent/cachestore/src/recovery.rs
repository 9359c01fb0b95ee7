//! What a directory holds, made into partitions again.
//!
//! | directory | what is done |
//! |---|---|
//! | of another cluster or shard, or of a newer version | refused; nothing is changed |
//! | empty, or making it was cut short | made |
//! | whole, or cut short by a crash | the newest snapshot, then the log |
//! | damaged | refused; nothing is changed |
//!
//! Reading is done here; what is to be changed is returned as operations, to be carried out in their order, all of them, before
//! anything else. A crash meanwhile leads back here.

use bytes::Bytes;
use synod_cache::partition::Partition;
use synod_replica::framing::{
    Node, Owner, Place, SEGMENT_HEADER, SegmentHeader, batch_bytes, encode_batch, segment_file,
    segment_number,
};
use synod_replica::{ClusterUid, Disk, DiskOp};

use crate::gather::Gather;
use crate::identity::{self, Fault, Identity};
use crate::log::{Begin, Log};
use crate::mutation::mutated;
use crate::progress::Fsync;
use crate::reading::{ReadLog, read_log, read_whole, unreadable};
use crate::record::{self, BodyError, Part, Records};
use crate::snapshot::format::Footer;
use crate::snapshot::reading::read_snapshot;
use crate::snapshot::snapshot_number;

/// Whose directory it is to be, and how its log is kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The cluster.
    pub cluster: ClusterUid,
    /// Which of its shards.
    pub shard: u64,
    /// In how many partitions keys are kept, if the directory is made: it stays so.
    pub partitions: u32,
    /// By what a disk that is made is known: random.
    pub disk_id: u128,
    /// Of what all that is random in the partitions comes.
    pub seed: u64,
    /// What time it is, in Unix milliseconds.
    pub now: i64,
    /// How long a segment is.
    pub segment_bytes: u64,
    /// When what is written is synced.
    pub fsync: Fsync,
}

/// Why a directory is not opened. Nothing in it was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// A file cannot be read.
    #[error(
        "{file} cannot be read: {why}; see that the disk is whole and that this user may read it"
    )]
    Unreadable {
        /// The file.
        file: String,
        /// The system's words.
        why: String,
    },
    /// A file was written by a newer version.
    #[error(
        "{file} is of version {found}, and {known} is the newest that this build knows; run a newer one"
    )]
    Newer {
        /// The file.
        file: String,
        /// Its version.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// It is somebody else's.
    #[error(
        "the directory is that of cluster {cluster}, shard {shard}; give this one a directory of its own"
    )]
    Foreign {
        /// Of which cluster.
        cluster: ClusterUid,
        /// Of which shard.
        shard: u64,
    },
    /// What had been durable is damaged.
    #[error(
        "{file} is damaged: {what}. Nothing was changed. What it held is on the shard's replicas, or in a copy that was made of the \
         directory: put that in its place. To go on without it, empty the directory"
    )]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
}

/// What a directory held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Whether there was anything.
    pub is_new: bool,
    /// The number of the snapshot that was read.
    pub snapshot: Option<u64>,
    /// How many records of the log were read that do something.
    pub records: u64,
    /// How many bytes of the log were read.
    pub log_bytes: u64,
    /// Whether the log ended in the middle of a write, which is not in it.
    pub is_torn: bool,
}

impl Found {
    /// Whether nothing was ever kept there.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.snapshot.is_none() && self.records == 0
    }
}

/// A directory that can be used, once its operations are carried out.
#[derive(Debug)]
pub struct Opened {
    /// To be carried out in their order before anything else.
    pub ops: Vec<DiskOp>,
    /// What there is then.
    pub recovered: Recovered,
}

/// What there is to go on with.
#[derive(Debug)]
pub struct Recovered {
    /// Whose it is.
    pub owner: Owner,
    /// The keys. They note their effects.
    pub partitions: Vec<Partition>,
    /// What is written to the log next.
    pub gather: Gather,
    /// The log.
    pub log: Log,
    /// What was found.
    pub found: Found,
}

/// Reads a directory.
///
/// # Errors
/// If it cannot be used. Nothing was changed.
pub fn open(disk: &impl Disk, settings: &Settings) -> Result<Opened, OpenError> {
    let files = disk.list().map_err(|error| unreadable(".", &error))?;
    let found = read_identity(disk, &files)?;
    let mut ops = Vec::new();
    let identity = found.unwrap_or_else(|| {
        let owner = Owner {
            cluster: settings.cluster,
            node: Node(settings.shard),
            disk_id: settings.disk_id,
        };
        let partitions = settings.partitions;
        Identity { owner, partitions }
    });
    let owner = identity.owner;
    if (owner.cluster, owner.node) != (settings.cluster, Node(settings.shard)) {
        let (cluster, shard) = (owner.cluster, owner.node.0);
        return Err(OpenError::Foreign { cluster, shard });
    }
    if found.is_none() {
        ops.extend(identity.write());
    }
    let mut state = State::new(settings, &identity);
    let snapshots: Vec<_> = files.iter().filter_map(|it| snapshot_number(it)).collect();
    let newest = snapshots.iter().copied().max();
    if let Some(number) = newest {
        state.footer = read_snapshot(disk, &owner, number, &mut state.partitions)?;
    }
    let from = newest.unwrap_or(0);
    let log = read_log(disk, &owner, from, |body| state.apply(body))?;
    state.check_begin(&log, newest, found.is_some())?;
    let begin = begin_log(&owner, &log, &state, settings, &mut ops)?;
    remove_leftovers(&files, newest, &log, &mut ops);
    let found = Found {
        is_new: found.is_none(),
        snapshot: newest,
        records: state.records,
        log_bytes: log.bytes,
        is_torn: log.is_torn,
    };
    state
        .partitions
        .iter_mut()
        .for_each(|it| it.set_recording(true));
    let recovered = Recovered {
        owner,
        partitions: state.partitions,
        gather: Gather::new(
            state.footer.sequences,
            state.footer.transaction,
            state.footer.epoch,
        ),
        log: Log::new(begin, settings.segment_bytes, settings.fsync),
        found,
    };
    Ok(Opened { ops, recovered })
}

/// What the directory says of itself; nothing, if it is empty.
fn read_identity(disk: &impl Disk, files: &[String]) -> Result<Option<Identity>, OpenError> {
    let file = identity::FILE.to_owned();
    if !files.contains(&file) {
        let is_used = |it: &&String| segment_number(it).is_some() || snapshot_number(it).is_some();
        return match files.iter().find(is_used) {
            None => Ok(None),
            Some(other) => Err(OpenError::Damaged {
                what: format!("it is missing, and there is {other}"),
                file,
            }),
        };
    }
    match Identity::decode(&read_whole(disk, &file)?) {
        Ok(identity) => Ok(Some(identity)),
        Err(Fault::Newer(found)) => Err(OpenError::Newer {
            file,
            found,
            known: 1,
        }),
        Err(Fault::Damaged) => Err(OpenError::Damaged {
            file,
            what: "its checksum is wrong".to_owned(),
        }),
    }
}

/// Partitions while they are made.
struct State {
    partitions: Vec<Partition>,
    /// What the last snapshot, and the log behind it, have come to.
    footer: Footer,
    records: u64,
}

impl State {
    fn new(settings: &Settings, identity: &Identity) -> Self {
        let count = u64::from(identity.partitions);
        let seeds = (0..count).map(|number| settings.seed.wrapping_add(number));
        let mut partitions: Vec<_> = seeds.map(Partition::new).collect();
        for partition in &mut partitions {
            partition.set_recording(false);
            partition.set_now(settings.now);
        }
        let footer = Footer {
            sequences: vec![0; partitions.len()],
            first_commit: 1,
            ..Footer::default()
        };
        Self {
            partitions,
            footer,
            records: 0,
        }
    }

    /// Applies what is new in the records of a group commit.
    fn apply(&mut self, body: &Bytes) -> Result<(), OpenError> {
        let damaged = |what: String| OpenError::Damaged {
            file: "the log".to_owned(),
            what,
        };
        let unread = |error: BodyError| match error {
            BodyError::Newer(found) => OpenError::Newer {
                file: "the log".to_owned(),
                found: found.into(),
                known: record::VERSION.into(),
            },
            BodyError::NoRecord => damaged(format!("a group commit {error}")),
        };
        for record in Records::of(body).map_err(unread)? {
            let record = record.map_err(unread)?;
            self.footer.epoch = self.footer.epoch.max(record.epoch);
            let transaction = record.transaction.unwrap_or(0);
            self.footer.transaction = self.footer.transaction.max(transaction);
            for part in &record.parts {
                self.apply_part(part).map_err(damaged)?;
            }
            self.records += u64::from(!record.parts.is_empty());
        }
        Ok(())
    }

    fn apply_part(&mut self, part: &Part<'_>) -> Result<(), String> {
        let index = part.partition as usize;
        let Some(last) = self.footer.sequences.get_mut(index) else {
            return Err(format!(
                "a record is about partition {index}, which there is not"
            ));
        };
        let is_again =
            mutated("cachestore-replays-what-the-snapshot-has") && part.sequence == *last;
        if part.sequence <= *last && !is_again {
            return Ok(());
        }
        if part.sequence != *last + 1 && !is_again {
            return Err(format!(
                "record {} of partition {index} is missing, {} is there",
                *last + 1,
                part.sequence
            ));
        }
        *last = part.sequence;
        let applied = self.partitions[index].apply(part.effects);
        applied.map_err(|_| format!("record {} of partition {index} does nothing", part.sequence))
    }

    /// Whether the log begins where the snapshot needs it.
    fn check_begin(
        &self,
        log: &ReadLog,
        snapshot: Option<u64>,
        was_made: bool,
    ) -> Result<(), OpenError> {
        let needed = self.footer.first_commit;
        let begins = log.first_commit.is_some_and(|first| first <= needed);
        // Making the directory may have been cut short.
        let is_begun = log.first_commit.is_some() || snapshot.is_some();
        if begins || !is_begun || !was_made {
            return Ok(());
        }
        Err(OpenError::Damaged {
            file: segment_file(snapshot.unwrap_or(1)),
            what: format!("group commit {needed} and what follows it are missing"),
        })
    }
}

/// A new segment, with what nothing proves to be durable as its first commit.
fn begin_log(
    owner: &Owner,
    log: &ReadLog,
    state: &State,
    settings: &Settings,
    ops: &mut Vec<DiskOp>,
) -> Result<Begin, OpenError> {
    let commit = (log.next_commit - log.unproven.len() as u64).max(1);
    let mut body = Vec::new();
    record::begin(&mut body, state.footer.epoch);
    for unproven in &log.unproven {
        let added = record::put_body(&mut body, unproven);
        added.expect("its records were read");
    }
    let (segment, length) = (log.next_segment, body.len());
    let header = SegmentHeader {
        owner: *owner,
        segment,
        first_batch: commit,
    };
    let place = Place {
        disk_id: owner.disk_id,
        segment,
        offset: SEGMENT_HEADER as u64,
    };
    let offset = (SEGMENT_HEADER + batch_bytes(length)) as u64;
    let file = segment_file(segment);
    let mut parts = vec![header.encode()];
    parts.extend(encode_batch(place, commit, commit - 1, vec![body.into()]));
    ops.push(DiskOp::Create {
        file: file.clone(),
        preallocate: settings.segment_bytes.max(offset),
    });
    ops.push(DiskOp::Write {
        file: file.clone(),
        offset: 0,
        parts,
    });
    ops.push(DiskOp::Sync { file });
    ops.push(DiskOp::SyncDirectory);
    Ok(Begin {
        owner: *owner,
        epoch: state.footer.epoch,
        segment,
        offset,
        commit,
    })
}

/// Removes what counts no more, newest first, once what stands for it is there.
fn remove_leftovers(files: &[String], snapshot: Option<u64>, log: &ReadLog, ops: &mut Vec<DiskOp>) {
    let mut superseded = log.superseded.clone();
    superseded.sort_unstable_by(|one, other| other.cmp(one));
    let segments = superseded.into_iter().map(segment_file);
    let is_old = |file: &&String| {
        let number = snapshot_number(file);
        number.is_some_and(|number| Some(number) < snapshot) || file.ends_with(".new")
    };
    let others = files.iter().filter(is_old).cloned();
    let removed: Vec<_> = segments.chain(others).collect();
    if !removed.is_empty() {
        let remove = |file| DiskOp::Remove { file };
        ops.extend(removed.into_iter().map(remove));
        ops.push(DiskOp::SyncDirectory);
    }
}
