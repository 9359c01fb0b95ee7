//! A disk as a page cache over a medium. What was not synced survives the loss of power sector by sector, all, some or none of it.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use bytes::Bytes;
use synod_replica::{Completion, Disk, DiskError, DiskOp, DiskTicket};

use crate::filling::Numbers;

const SECTOR: usize = 512;

#[derive(Clone, Debug, Default)]
struct Inode {
    cached: Vec<u8>,
    medium: Vec<u8>,
    /// Which sectors differ, perhaps.
    dirty: std::collections::BTreeSet<usize>,
}

#[derive(Debug, Default)]
struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    /// Directories as they were after each change that was not synced.
    changes: Vec<BTreeMap<String, usize>>,
    queue: VecDeque<(DiskTicket, DiskOp)>,
    tickets: u64,
    pub(crate) full: bool,
}

/// A handle to the disk, which outlives who uses it.
#[derive(Clone, Debug, Default)]
pub(crate) struct SimDisk(Rc<RefCell<State>>);

impl SimDisk {
    /// Carries out the next operation.
    pub(crate) fn step(&self) -> Option<Completion> {
        let mut state = self.0.borrow_mut();
        let (ticket, op) = state.queue.pop_front()?;
        let result = state.perform(op);
        Some(Completion { ticket, result })
    }

    /// Alters a file behind everybody's back.
    pub(crate) fn alter(&self, file: &str, alter: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.0.borrow_mut();
        let inode = state.inode(file).expect("it is there");
        alter(&mut inode.cached);
        inode.medium = inode.cached.clone();
    }

    /// A file is gone, and nobody did it.
    pub(crate) fn remove(&self, file: &str) {
        let mut state = self.0.borrow_mut();
        state.names.remove(file);
        state.durable_names.remove(file);
    }

    /// A disk of its own with the same files.
    pub(crate) fn copy(&self) -> Self {
        let state = self.0.borrow();
        let copy = State {
            inodes: state.inodes.clone(),
            names: state.names.clone(),
            durable_names: state.durable_names.clone(),
            ..State::default()
        };
        Self(Rc::new(RefCell::new(copy)))
    }

    /// From now on there is no space, or there is.
    pub(crate) fn set_full(&self, full: bool) {
        self.0.borrow_mut().full = full;
    }

    /// The process dies, and with `power` the machine; of what is on its way some is done. Whether something was lost.
    pub(crate) fn crash(&self, power: bool, numbers: &mut Numbers) -> bool {
        let mut state = self.0.borrow_mut();
        let begun = numbers.below(state.queue.len() as u64 + 1) as usize;
        let queue = std::mem::take(&mut state.queue);
        for (_, op) in queue.into_iter().take(begun) {
            // A sync that nobody heard of may as well not have been one.
            let is_sync = matches!(op, DiskOp::Sync { .. } | DiskOp::SyncDirectory);
            if !is_sync || numbers.below(2) == 0 {
                drop(state.perform(op));
            }
        }
        if !power {
            return false;
        }
        let kept = numbers.below(state.changes.len() as u64 + 1) as usize;
        if let Some(names) = kept.checked_sub(1).map(|at| state.changes[at].clone()) {
            state.durable_names = names;
        }
        state.changes.clear();
        state.names = state.durable_names.clone();
        let mut lost = false;
        for inode in &mut state.inodes {
            lost |= inode.crash(numbers);
        }
        lost
    }
}

impl Inode {
    fn crash(&mut self, numbers: &mut Numbers) -> bool {
        let fate = numbers.below(4);
        let length = self.cached.len().max(self.medium.len());
        self.medium.resize(length, 0);
        self.cached.resize(length, 0);
        let dirty = std::mem::take(&mut self.dirty);
        let until = numbers.below(dirty.len() as u64 + 1) as usize;
        let mut lost = false;
        for (index, sector) in dirty.into_iter().enumerate() {
            let survives = match fate {
                0 => true,
                1 => false,
                2 => index < until,
                _ => numbers.below(2) == 0,
            };
            let range = sector * SECTOR..((sector + 1) * SECTOR).min(length);
            if survives {
                self.medium[range.clone()].copy_from_slice(&self.cached[range]);
            } else {
                lost = true;
            }
        }
        self.cached = self.medium.clone();
        lost
    }
}

impl State {
    fn inode(&mut self, file: &str) -> Result<&mut Inode, DiskError> {
        let number = *self.names.get(file).ok_or(DiskError::NotFound)?;
        Ok(&mut self.inodes[number])
    }

    fn renamed(&mut self) {
        self.changes.push(self.names.clone());
    }

    fn perform(&mut self, op: DiskOp) -> Result<(), DiskError> {
        match op {
            DiskOp::Create { file, preallocate } => {
                if self.full {
                    return Err(DiskError::Full);
                }
                let zeros = vec![0; preallocate as usize];
                self.inodes.push(Inode {
                    medium: zeros.clone(),
                    cached: zeros,
                    ..Inode::default()
                });
                self.names.insert(file, self.inodes.len() - 1);
                self.renamed();
            }
            DiskOp::Write {
                file,
                offset,
                parts,
            } => {
                let full = self.full;
                let inode = self.inode(&file)?;
                let (bytes, at) = (parts.concat(), offset as usize);
                let end = at + bytes.len();
                if full && end > inode.cached.len() {
                    return Err(DiskError::Full);
                }
                let length = inode.cached.len().max(end);
                inode.cached.resize(length, 0);
                inode.cached[at..end].copy_from_slice(&bytes);
                inode.dirty.extend(at / SECTOR..end.div_ceil(SECTOR));
            }
            DiskOp::Sync { file } => {
                let inode = self.inode(&file)?;
                inode.medium = inode.cached.clone();
                inode.dirty.clear();
            }
            DiskOp::Truncate { file, length } => {
                self.inode(&file)?.cached.truncate(length as usize);
            }
            DiskOp::Rename { from, to } => {
                let number = self.names.remove(&from).ok_or(DiskError::NotFound)?;
                self.names.insert(to, number);
                self.renamed();
            }
            DiskOp::Remove { file } => {
                self.names.remove(&file);
                self.renamed();
            }
            DiskOp::SyncDirectory => {
                self.durable_names = self.names.clone();
                self.changes.clear();
            }
        }
        Ok(())
    }
}

impl Disk for SimDisk {
    fn submit(&mut self, op: DiskOp) -> DiskTicket {
        let mut state = self.0.borrow_mut();
        state.tickets += 1;
        let ticket = DiskTicket(state.tickets);
        state.queue.push_back((ticket, op));
        ticket
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        Ok(self.0.borrow().names.keys().cloned().collect())
    }

    fn length(&self, file: &str) -> Result<u64, DiskError> {
        let mut state = self.0.borrow_mut();
        Ok(state.inode(file)?.cached.len() as u64)
    }

    fn read(&self, file: &str, offset: u64, length: usize) -> Result<Bytes, DiskError> {
        let mut state = self.0.borrow_mut();
        let cached = &state.inode(file)?.cached;
        let from = (offset as usize).min(cached.len());
        let to = from.saturating_add(length).min(cached.len());
        Ok(Bytes::copy_from_slice(&cached[from..to]))
    }
}
