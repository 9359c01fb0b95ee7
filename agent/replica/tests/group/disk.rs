//! A disk in memory that forgets what was not synced, and can be full, broken, slow or rotten on demand.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use bytes::Bytes;
use synod_replica::{Completion, Disk, DiskError, DiskOp, DiskTicket};

#[derive(Clone, Debug, Default)]
struct File {
    data: Vec<u8>,
    durable: Vec<u8>,
    /// Bytes changed since the last sync, failed or not: as Linux, a failed one forgets what it did not write.
    dirty: bool,
}

#[derive(Debug, Default)]
pub struct State {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    queue: VecDeque<(DiskTicket, DiskOp)>,
    tickets: u64,
    /// Writes fail for want of space.
    pub full: bool,
    /// Syncs fail.
    pub broken: bool,
    /// Nothing is carried out.
    pub stuck: bool,
    /// After so many more operations nothing is.
    pub left: Option<usize>,
}

/// Survives the driver that uses it.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk(pub Rc<RefCell<State>>);

impl MemoryDisk {
    /// Carries out the oldest operation.
    pub fn work(&self) -> Option<Completion> {
        let mut state = self.0.borrow_mut();
        if state.stuck || state.left == Some(0) {
            return None;
        }
        let (ticket, op) = state.queue.pop_front()?;
        state.left = state.left.map(|left| left - 1);
        let result = state.carry_out(op);
        Some(Completion { ticket, result })
    }

    /// The process dies, the machine lives: what was written stays readable.
    pub fn kill(&self) {
        self.0.borrow_mut().queue.clear();
    }

    /// The machine dies: what was not synced is gone, as is what was queued.
    pub fn crash(&self) {
        let mut state = self.0.borrow_mut();
        state.queue.clear();
        state.names = state.durable_names.clone();
        for file in &mut state.files {
            file.data = file.durable.clone();
        }
    }

    pub fn names(&self) -> Vec<String> {
        self.0.borrow().names.keys().cloned().collect()
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        let state = self.0.borrow();
        state.files[state.names[name]].data.clone()
    }

    /// Alters a file behind everybody's back.
    pub fn put(&self, name: &str, data: Vec<u8>) {
        let mut state = self.0.borrow_mut();
        let file = File {
            durable: data.clone(),
            data,
            dirty: false,
        };
        state.files.push(file);
        let index = state.files.len() - 1;
        state.names.insert(name.into(), index);
        state.durable_names.insert(name.into(), index);
    }

    pub fn remove(&self, name: &str) {
        let mut state = self.0.borrow_mut();
        state.names.remove(name);
        state.durable_names.remove(name);
    }

    /// A disk of its own with the same contents.
    pub fn copy(&self) -> Self {
        let copy = Self::default();
        for name in self.names() {
            copy.put(&name, self.bytes(&name));
        }
        copy
    }
}

impl State {
    fn carry_out(&mut self, op: DiskOp) -> Result<(), DiskError> {
        if self.full && matches!(op, DiskOp::Write { .. } | DiskOp::Create { .. }) {
            return Err(DiskError::Full);
        }
        match op {
            DiskOp::Create { file, preallocate } => {
                let data = vec![0; usize::try_from(preallocate).unwrap()];
                self.files.push(File {
                    data,
                    durable: Vec::new(),
                    dirty: true,
                });
                self.names.insert(file, self.files.len() - 1);
            }
            DiskOp::Write {
                file,
                offset,
                parts,
            } => {
                let file = self.file(&file)?;
                file.dirty = true;
                let data = &mut file.data;
                let mut at = usize::try_from(offset).unwrap();
                for part in parts {
                    data.resize(data.len().max(at + part.len()), 0);
                    data[at..at + part.len()].copy_from_slice(&part);
                    at += part.len();
                }
            }
            DiskOp::Sync { file } => {
                let broken = self.broken;
                let file = self.file(&file)?;
                let dirty = std::mem::take(&mut file.dirty);
                if broken {
                    return Err(DiskError::Failed("broken".into()));
                }
                if dirty {
                    file.durable = file.data.clone();
                }
            }
            DiskOp::Truncate { file, length } => {
                let file = self.file(&file)?;
                file.dirty = true;
                file.data.truncate(usize::try_from(length).unwrap());
            }
            DiskOp::Rename { from, to } => {
                let index = self.names.remove(&from).ok_or(DiskError::NotFound)?;
                self.names.insert(to, index);
            }
            DiskOp::Remove { file } => {
                self.names.remove(&file);
            }
            DiskOp::SyncDirectory => self.durable_names = self.names.clone(),
        }
        Ok(())
    }

    fn file(&mut self, name: &str) -> Result<&mut File, DiskError> {
        let index = *self.names.get(name).ok_or(DiskError::NotFound)?;
        Ok(&mut self.files[index])
    }
}

impl Disk for MemoryDisk {
    fn submit(&mut self, op: DiskOp) -> DiskTicket {
        let mut state = self.0.borrow_mut();
        state.tickets += 1;
        let ticket = DiskTicket(state.tickets);
        state.queue.push_back((ticket, op));
        ticket
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        Ok(self.names())
    }

    fn length(&self, file: &str) -> Result<u64, DiskError> {
        Ok(self.0.borrow_mut().file(file)?.data.len() as u64)
    }

    fn read(&self, file: &str, offset: u64, length: usize) -> Result<Bytes, DiskError> {
        let mut state = self.0.borrow_mut();
        let data = &state.file(file)?.data;
        let from = usize::try_from(offset).unwrap().min(data.len());
        let to = from.saturating_add(length).min(data.len());
        Ok(Bytes::copy_from_slice(&data[from..to]))
    }
}

/// A copy of which one file is altered.
pub fn altered(disk: &MemoryDisk, file: &str, alter: impl FnOnce(&mut Vec<u8>)) -> MemoryDisk {
    let copy = disk.copy();
    let mut data = copy.bytes(file);
    alter(&mut data);
    copy.put(file, data);
    copy
}
