//! A simulated disk: a page cache over a medium.
//!
//! Operations take time and are carried out in order, one after the other. A completed write is in the page cache; what
//! was not synced survives a crash sector by sector, all, some or none of it, in any order. Names survive from
//! `SyncDirectory` on. Beyond crashes the medium can rot, be full, fail to sync, be slow, or be lost.

mod inode;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use bytes::Bytes;
use synod_replica::{Completion, Disk, DiskError, DiskOp, DiskTicket};

use crate::clock::{Instant, MS};
use crate::random::Random;
use inode::Inode;

/// After this time of silence a log has written down that its last sync was one.
const PROVEN_AFTER: Instant = 1_000 * MS;

/// How a disk behaves.
#[derive(Clone, Debug)]
pub struct DiskProfile {
    /// Mean time of a sync in nanoseconds.
    pub sync_mean: u64,
    /// Mean time of any other operation in nanoseconds.
    pub op_mean: u64,
    /// In how many of a thousand operations the disk stalls.
    pub stall_per_mille: u64,
    /// Mean length of a stall in nanoseconds.
    pub stall_mean: u64,
}

impl DiskProfile {
    /// A disk of a quiet day.
    pub const QUICK: Self = Self {
        sync_mean: MS / 2,
        op_mean: MS / 50,
        stall_per_mille: 0,
        stall_mean: 0,
    };
}

/// A change of the directory that has not been synced.
#[derive(Clone, Debug)]
enum Naming {
    Link(String, u64),
    Rename(String, String),
    Unlink(String),
}

impl Naming {
    fn apply(self, names: &mut BTreeMap<String, u64>) {
        match self {
            Self::Link(name, inode) => {
                names.insert(name, inode);
            }
            Self::Rename(from, to) => {
                if let Some(inode) = names.remove(&from) {
                    names.insert(to, inode);
                }
            }
            Self::Unlink(name) => {
                names.remove(&name);
            }
        }
    }
}

/// An operation on its way.
#[derive(Debug)]
struct Queued {
    ticket: DiskTicket,
    op: DiskOp,
    done_at: Instant,
}

/// Counts of what was done to a disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskCounts {
    /// Writes that a crash lost or tore.
    pub lost_writes: u64,
    /// Operations refused for lack of space.
    pub full: u64,
    /// Syncs that failed.
    pub failed_syncs: u64,
    /// Bytes whose bits were flipped.
    pub rotten_bytes: u64,
    /// Stalls.
    pub stalls: u64,
}

/// The medium and cache of one node; outlives its processes.
#[derive(Debug)]
pub struct Medium {
    inodes: BTreeMap<u64, Inode>,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    naming: Vec<Naming>,
    queue: VecDeque<Queued>,
    last_ticket: u64,
    last_inode: u64,
    busy_until: Instant,
    clock: Instant,
    random: Random,
    /// How it behaves from now on.
    pub profile: DiskProfile,
    /// True while no space is left.
    pub full: bool,
    /// How many of the next syncs fail.
    pub failing_syncs: u32,
    /// What was done to it.
    pub counts: DiskCounts,
}

/// A handle to a medium, for the driver and the world.
#[derive(Clone, Debug)]
pub struct SimDisk(Rc<RefCell<Medium>>);

impl SimDisk {
    /// An empty disk.
    #[must_use]
    pub fn new(random: Random, profile: DiskProfile) -> Self {
        Self(Rc::new(RefCell::new(Medium {
            inodes: BTreeMap::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            naming: Vec::new(),
            queue: VecDeque::new(),
            last_ticket: 0,
            last_inode: 0,
            busy_until: 0,
            clock: 0,
            random,
            profile,
            full: false,
            failing_syncs: 0,
            counts: DiskCounts::default(),
        })))
    }

    /// Tells the disk what time it is, before the driver runs.
    pub fn at(&self, now: Instant) {
        self.0.borrow_mut().clock = now;
    }

    /// When the next operation completes.
    #[must_use]
    pub fn next_completion(&self) -> Option<Instant> {
        self.0.borrow().queue.front().map(|queued| queued.done_at)
    }

    /// When the last operation completes that is on its way.
    #[must_use]
    pub fn last_completion(&self) -> Option<Instant> {
        self.0.borrow().queue.back().map(|queued| queued.done_at)
    }

    /// Carries out the operations that complete by `now`, at most `max` of them.
    pub fn complete(&self, now: Instant, max: usize) -> Vec<Completion> {
        let mut medium = self.0.borrow_mut();
        let mut done = Vec::new();
        while done.len() < max
            && medium
                .queue
                .front()
                .is_some_and(|queued| queued.done_at <= now)
        {
            let Some(queued) = medium.queue.pop_front() else {
                break;
            };
            let result = medium.perform(queued.op);
            done.push(Completion {
                ticket: queued.ticket,
                result,
            });
        }
        done
    }

    /// Changes the disk's behaviour or reads its counts.
    pub fn with<T>(&self, act: impl FnOnce(&mut Medium) -> T) -> T {
        act(&mut self.0.borrow_mut())
    }

    /// The process died. With `power` the machine did too: the page cache is lost. What was queued may have begun.
    /// Returns how many writes were lost or torn.
    pub fn crash(&self, power: bool) -> u64 {
        self.0.borrow_mut().crash(power)
    }

    /// The disk is replaced by an empty one.
    pub fn wipe(&self) {
        let mut medium = self.0.borrow_mut();
        medium.inodes.clear();
        medium.names.clear();
        medium.durable_names.clear();
        medium.naming.clear();
        medium.queue.clear();
    }

    /// Flips bits of a file, but not of what was synced just now to a log: damage there cannot be told from a torn write.
    /// Returns the file's name and the offset, or nothing if there is nothing to rot.
    /// Only files whose names begin with `prefix` rot.
    pub fn rot(&self, prefix: &str) -> Option<(String, u64)> {
        self.0.borrow_mut().rot(prefix)
    }
}

impl Medium {
    fn inode(&mut self, file: &str) -> Result<&mut Inode, DiskError> {
        let number = *self.names.get(file).ok_or(DiskError::NotFound)?;
        self.inodes.get_mut(&number).ok_or(DiskError::NotFound)
    }

    fn name(&mut self, change: Naming) {
        change.clone().apply(&mut self.names);
        self.naming.push(change);
    }

    fn perform(&mut self, op: DiskOp) -> Result<(), DiskError> {
        match op {
            DiskOp::Create { file, preallocate } => self.create(file, preallocate),
            DiskOp::Write {
                file,
                offset,
                parts,
            } => {
                let full = self.full;
                let end = offset + parts.iter().map(|p| p.len() as u64).sum::<u64>();
                let inode = self.inode(&file)?;
                // Space that was reserved is there.
                if full && end > inode.length {
                    self.counts.full += 1;
                    return Err(DiskError::Full);
                }
                inode.write(offset as usize, &parts);
                Ok(())
            }
            DiskOp::Sync { file } => {
                if self.failing_syncs > 0 {
                    self.failing_syncs -= 1;
                    self.counts.failed_syncs += 1;
                    return self.fail_sync(&file);
                }
                let now = self.clock;
                self.inode(&file)?.sync(now);
                Ok(())
            }
            DiskOp::Truncate { file, length } => {
                self.inode(&file)?.set_length(length);
                Ok(())
            }
            DiskOp::Rename { from, to } => {
                if !self.names.contains_key(&from) {
                    return Err(DiskError::NotFound);
                }
                self.name(Naming::Rename(from, to));
                Ok(())
            }
            DiskOp::Remove { file } => {
                if self.names.contains_key(&file) {
                    self.name(Naming::Unlink(file));
                }
                Ok(())
            }
            DiskOp::SyncDirectory => {
                self.naming.clear();
                self.durable_names = self.names.clone();
                self.forget_unnamed();
                Ok(())
            }
        }
    }

    fn create(&mut self, file: String, preallocate: u64) -> Result<(), DiskError> {
        if self.full {
            self.counts.full += 1;
            return Err(DiskError::Full);
        }
        if let Ok(inode) = self.inode(&file) {
            inode.set_length(0);
            inode.set_length(preallocate);
            return Ok(());
        }
        self.last_inode += 1;
        let number = self.last_inode;
        let mut inode = Inode::default();
        inode.set_length(preallocate);
        self.inodes.insert(number, inode);
        self.name(Naming::Link(file, number));
        Ok(())
    }

    /// A failed sync drops the dirty pages of the file, as Linux does: the cache goes on showing what the medium may
    /// not hold.
    fn fail_sync(&mut self, file: &str) -> Result<(), DiskError> {
        let mut random = self.random.fork();
        let inode = self.inode(file)?;
        let (cached, length) = (inode.cached.clone(), inode.length);
        inode.crash(&mut random, &mut 0);
        inode.cached = cached;
        inode.length = length;
        Err(DiskError::Failed("sync: input/output error".into()))
    }

    fn crash(&mut self, power: bool) -> u64 {
        let mut random = self.random.fork();
        let begun = random.below(self.queue.len() as u64 + 1) as usize;
        let before = self.counts.lost_writes;
        let queued: Vec<Queued> = self.queue.drain(..).collect();
        let unbegun = queued.iter().skip(begun);
        self.counts.lost_writes += unbegun
            .filter(|queued| matches!(queued.op, DiskOp::Write { .. }))
            .count() as u64;
        for queued in queued.into_iter().take(begun) {
            // A sync that nobody heard of may as well not have happened, and names too. One that would have failed is
            // left to the next process: the kernel keeps the error for whoever syncs next.
            let unheard = matches!(queued.op, DiskOp::Sync { .. } | DiskOp::SyncDirectory);
            let skip = unheard && (self.failing_syncs > 0 || random.chance(500));
            if !skip {
                let _ = self.perform(queued.op);
            }
        }
        self.busy_until = 0;
        if !power {
            return 0;
        }
        let survive = random.below(self.naming.len() as u64 + 1) as usize;
        for (index, change) in std::mem::take(&mut self.naming).into_iter().enumerate() {
            if index < survive {
                change.apply(&mut self.durable_names);
            }
        }
        self.names = self.durable_names.clone();
        let mut lost = 0;
        for inode in self.inodes.values_mut() {
            inode.crash(&mut random, &mut lost);
        }
        self.forget_unnamed();
        self.counts.lost_writes += lost;
        self.counts.lost_writes - before
    }

    fn forget_unnamed(&mut self) {
        let named: std::collections::BTreeSet<u64> = self
            .names
            .values()
            .chain(self.durable_names.values())
            .copied()
            .collect();
        self.inodes.retain(|number, _| named.contains(number));
    }

    fn rot(&mut self, prefix: &str) -> Option<(String, u64)> {
        let files: Vec<(String, u64)> = self
            .names
            .iter()
            .filter(|(name, _)| name.starts_with(prefix))
            .filter(|(_, number)| {
                self.inodes
                    .get(*number)
                    .is_some_and(|i| !i.cached.is_empty())
            })
            .map(|(name, number)| (name.clone(), *number))
            .collect();
        if files.is_empty() {
            return None;
        }
        let (name, number) = self.random.pick(&files).clone();
        let inode = self.inodes.get_mut(&number)?;
        // Preallocated zeros are not interesting: rot among the bytes up to the last one that is not zero.
        let used = inode.cached.iter().rposition(|byte| *byte != 0)? as u64 + 1;
        let offset = self.random.below(used);
        let now = self.clock;
        let fresh = |at: usize| {
            inode
                .fresh
                .iter()
                .any(|(span, since)| span.contains(&at) && now < since + PROVEN_AFTER)
        };
        // Identities and snapshots are whole or not there: they are renamed once they are synced.
        let is_torn_perhaps = name.starts_with("wal");
        if is_torn_perhaps && (fresh(offset as usize) || fresh(offset as usize + 31)) {
            return None;
        }
        let length = if self.random.chance(500) { 1 } else { 32 };
        for at in offset..(offset + length).min(used) {
            let flip = 1u8 << self.random.below(8);
            inode.cached[at as usize] ^= flip;
            if let Some(byte) = inode.medium.get_mut(at as usize) {
                *byte ^= flip;
            }
            self.counts.rotten_bytes += 1;
        }
        Some((name, offset))
    }

    fn duration(&mut self, op: &DiskOp) -> u64 {
        let mean = match op {
            DiskOp::Sync { .. } | DiskOp::SyncDirectory => self.profile.sync_mean,
            _ => self.profile.op_mean,
        };
        let mut time = 1 + self.random.around(mean);
        if self.random.chance(self.profile.stall_per_mille) {
            self.counts.stalls += 1;
            time += self.random.around(self.profile.stall_mean);
        }
        time
    }

    fn look(&self, file: &str) -> Result<&Inode, DiskError> {
        let number = self.names.get(file).ok_or(DiskError::NotFound)?;
        self.inodes.get(number).ok_or(DiskError::NotFound)
    }
}

impl Disk for SimDisk {
    fn submit(&mut self, op: DiskOp) -> DiskTicket {
        let mut medium = self.0.borrow_mut();
        medium.last_ticket += 1;
        let ticket = DiskTicket(medium.last_ticket);
        let time = medium.duration(&op);
        let done_at = medium.busy_until.max(medium.clock) + time;
        medium.busy_until = done_at;
        medium.queue.push_back(Queued {
            ticket,
            op,
            done_at,
        });
        ticket
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        Ok(self.0.borrow().names.keys().cloned().collect())
    }

    fn length(&self, file: &str) -> Result<u64, DiskError> {
        Ok(self.0.borrow().look(file)?.length)
    }

    fn read(&self, file: &str, offset: u64, length: usize) -> Result<Bytes, DiskError> {
        let medium = self.0.borrow();
        let inode = medium.look(file)?;
        let end = inode.length.min(offset.saturating_add(length as u64));
        if offset >= end {
            return Ok(Bytes::new());
        }
        let mut bytes = vec![0; (end - offset) as usize];
        let held = inode.cached.len() as u64;
        if offset < held {
            let upto = held.min(end);
            bytes[..(upto - offset) as usize]
                .copy_from_slice(&inode.cached[offset as usize..upto as usize]);
        }
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests;
