//! The reference: a store so naive that it is plainly right. It keeps the whole map of every revision, and the list of
//! everything that happened.

#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod steps;
pub(crate) mod world;

use std::collections::BTreeMap;

use bytes::Bytes;
use synod_kv::{
    Command, Compare, CompareResult, CompareTarget, End, Error, EventKind, FenceToken, KeyRange,
    KeyValue, Op, OpResponse, Put, Range, Reply, SortOrder, SortTarget, Txn, TxnResponse,
};

/// A key with its value and metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kv {
    pub(crate) key: Bytes,
    pub(crate) value: Bytes,
    pub(crate) create: i64,
    pub(crate) modified: i64,
    pub(crate) version: i64,
    pub(crate) lease: i64,
}

impl From<&KeyValue> for Kv {
    fn from(kv: &KeyValue) -> Self {
        assert_eq!(kv.key(), kv.key_ref());
        assert_eq!(kv.value(), kv.value_ref());
        Self {
            key: kv.key(),
            value: kv.value(),
            create: kv.create_revision(),
            modified: kv.mod_revision(),
            version: kv.version(),
            lease: kv.lease(),
        }
    }
}

type Map = BTreeMap<Bytes, Kv>;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Happened {
    pub(crate) revision: i64,
    pub(crate) kind: EventKind,
    pub(crate) kv: Kv,
}

/// An answer of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Refused(Error),
    Range {
        kvs: Vec<Kv>,
        more: bool,
        count: i64,
        revision: i64,
    },
    Put {
        prev: Option<Kv>,
        revision: i64,
    },
    Deleted {
        count: i64,
        prev: Vec<Kv>,
        revision: i64,
    },
    Txn {
        succeeded: bool,
        answers: Vec<Self>,
    },
    Granted {
        id: i64,
        ttl: i64,
    },
    Revoked {
        deleted: i64,
    },
    Other,
}

pub(crate) struct Model {
    /// The map after each revision.
    pub(crate) maps: Vec<Map>,
    /// The map now, within a transaction too.
    pub(crate) now: Map,
    pub(crate) happened: Vec<Happened>,
    pub(crate) compacted: i64,
    /// Time to live and slot of the grant.
    pub(crate) leases: BTreeMap<i64, (i64, u64)>,
    /// Whether fences are kept.
    pub(crate) fences: bool,
}

impl Model {
    pub(crate) fn new() -> Self {
        Self {
            maps: vec![Map::new(), Map::new()],
            now: Map::new(),
            happened: Vec::new(),
            compacted: -1,
            leases: BTreeMap::new(),
            fences: false,
        }
    }

    pub(crate) fn revision(&self) -> i64 {
        self.maps.len() as i64 - 1
    }

    fn header(&self) -> i64 {
        let dirty = self
            .happened
            .last()
            .is_some_and(|last| last.revision > self.revision());
        self.revision() + i64::from(dirty)
    }

    fn end(&mut self) {
        if self.header() > self.revision() {
            self.maps.push(self.now.clone());
        }
    }

    fn selected(map: &Map, range: &KeyRange) -> Vec<Kv> {
        map.values()
            .filter(|kv| range.contains(&kv.key))
            .cloned()
            .collect()
    }

    pub(crate) fn range(&self, request: &Range) -> Answer {
        let base = self.revision();
        if request.revision > base {
            return Answer::Refused(Error::FutureRevision);
        }
        if request.revision > 0 && request.revision < self.compacted {
            return Answer::Refused(Error::Compacted);
        }
        let map = if request.revision <= 0 {
            &self.now
        } else {
            &self.maps[request.revision as usize]
        };
        let mut kvs = Self::selected(map, &request.range);
        let count = kvs.len() as i64;
        let revision = self.header();
        if request.count_only {
            return Answer::Range {
                kvs: vec![],
                more: false,
                count,
                revision,
            };
        }
        let filtered = [
            request.mod_revision_min,
            request.mod_revision_max,
            request.create_revision_min,
            request.create_revision_max,
        ];
        if request.limit > 0 && request.order == SortOrder::None && filtered == [0; 4] {
            kvs.truncate(request.limit as usize + 1);
        }
        kvs.retain(|kv| {
            (request.mod_revision_min == 0 || kv.modified >= request.mod_revision_min)
                && (request.mod_revision_max == 0 || kv.modified <= request.mod_revision_max)
                && (request.create_revision_min == 0 || kv.create >= request.create_revision_min)
                && (request.create_revision_max == 0 || kv.create <= request.create_revision_max)
        });
        let rank = |kv: &Kv| match request.target {
            SortTarget::Key => (0, kv.key.clone()),
            SortTarget::Version => (kv.version, Bytes::new()),
            SortTarget::Create => (kv.create, Bytes::new()),
            SortTarget::Mod => (kv.modified, Bytes::new()),
            SortTarget::Value => (0, kv.value.clone()),
        };
        if request.order == SortOrder::Descend {
            kvs.sort_by_key(|kv| std::cmp::Reverse(rank(kv)));
        } else {
            kvs.sort_by_key(rank);
        }
        let more = request.limit > 0 && kvs.len() as i64 > request.limit;
        if request.limit > 0 {
            kvs.truncate(request.limit as usize);
        }
        if request.keys_only {
            kvs.iter_mut().for_each(|kv| kv.value = Bytes::new());
        }
        Answer::Range {
            kvs,
            more,
            count,
            revision,
        }
    }

    fn put(&mut self, put: &Put) -> Answer {
        let before = self.now.get(&put.key).cloned();
        let revision = self.revision() + 1;
        let kv = Kv {
            key: put.key.clone(),
            value: before
                .as_ref()
                .filter(|_| put.ignore_value)
                .map_or(put.value.clone(), |kv| kv.value.clone()),
            create: before.as_ref().map_or(revision, |kv| kv.create),
            modified: revision,
            version: before.as_ref().map_or(0, |kv| kv.version) + 1,
            lease: before
                .as_ref()
                .filter(|_| put.ignore_lease)
                .map_or(put.lease, |kv| kv.lease),
        };
        self.now.insert(put.key.clone(), kv.clone());
        self.happened.push(Happened {
            revision,
            kind: EventKind::Put,
            kv,
        });
        Answer::Put {
            prev: before.filter(|_| put.prev_kv),
            revision,
        }
    }

    fn check_put(&self, put: &Put) -> Result<(), Error> {
        if (put.ignore_value || put.ignore_lease) && !self.now.contains_key(&put.key) {
            return Err(Error::KeyNotFound);
        }
        if put.lease != 0 && !self.leases.contains_key(&put.lease) {
            return Err(Error::LeaseNotFound);
        }
        self.check_fence(put)
    }

    fn check_fence(&self, put: &Put) -> Result<(), Error> {
        if !self.fences || !put.key.starts_with(b"synod.dev/fence/") {
            return Ok(());
        }
        let held = self.now.get(&put.key);
        let lease = if put.ignore_lease {
            held.map_or(0, |kv| kv.lease)
        } else {
            put.lease
        };
        let value = if put.ignore_value {
            held.map_or(Bytes::new(), |kv| kv.value.clone())
        } else {
            put.value.clone()
        };
        if lease != 0 {
            return Err(Error::FenceLeased);
        }
        if value.len() != 16 {
            return Err(Error::FenceLength { found: value.len() });
        }
        match held {
            Some(held) if held.value.len() == 16 && value < held.value => Err(Error::FenceOlder {
                token: FenceToken(value[..].try_into().expect("16 bytes")),
                held: FenceToken(held.value[..].try_into().expect("16 bytes")),
            }),
            _ => Ok(()),
        }
    }

    fn delete(&mut self, range: &KeyRange) -> Vec<Kv> {
        let revision = self.revision() + 1;
        let mut gone = Self::selected(&self.now, range);
        let first = range.start.starts_with(b"synod.dev/fence");
        let last = match &range.end {
            End::Point => true,
            End::Before(end) => end.as_ref() <= b"synod.dev/fencf".as_slice(),
            End::Unbounded => false,
        };
        if self.fences && !(first && last) {
            gone.retain(|kv| !kv.key.starts_with(b"synod.dev/fence/"));
        }
        for kv in &gone {
            self.now.remove(&kv.key);
            let kv = Kv {
                key: kv.key.clone(),
                modified: revision,
                ..Kv::default()
            };
            self.happened.push(Happened {
                revision,
                kind: EventKind::Delete,
                kv,
            });
        }
        gone
    }

    fn holds(&self, compare: &Compare) -> bool {
        let check = |kv: &Kv| {
            let ordering = match &compare.target {
                CompareTarget::Version(number) => kv.version.cmp(number),
                CompareTarget::Create(number) => kv.create.cmp(number),
                CompareTarget::Mod(number) => kv.modified.cmp(number),
                CompareTarget::Value(value) => kv.value.cmp(value),
                CompareTarget::Lease(number) => kv.lease.cmp(number),
            };
            match compare.result {
                CompareResult::Equal => ordering.is_eq(),
                CompareResult::Greater => ordering.is_gt(),
                CompareResult::Less => ordering.is_lt(),
                CompareResult::NotEqual => ordering.is_ne(),
            }
        };
        let kvs = Self::selected(&self.now, &compare.range);
        if kvs.is_empty() {
            return !matches!(compare.target, CompareTarget::Value(_)) && check(&Kv::default());
        }
        kvs.iter().all(check)
    }

    /// The operations that will run, with nested transactions replaced by their branch.
    fn resolve(&self, txn: &Txn) -> (bool, Vec<Resolved>) {
        let succeeded = txn.compare.iter().all(|compare| self.holds(compare));
        let ops = if succeeded {
            &txn.success
        } else {
            &txn.failure
        };
        let resolved = ops
            .iter()
            .map(|op| match op {
                Op::Txn(txn) => {
                    let (succeeded, ops) = self.resolve(txn);
                    Resolved::Txn(succeeded, ops)
                }
                op => Resolved::Op(op.clone()),
            })
            .collect();
        (succeeded, resolved)
    }

    fn check(&self, ops: &[Resolved]) -> Result<(), Error> {
        for op in ops {
            match op {
                Resolved::Op(Op::Put(put)) => self.check_put(put)?,
                Resolved::Op(Op::Range(range)) => {
                    if let Answer::Refused(error) = self.range(range) {
                        return Err(error);
                    }
                }
                Resolved::Op(_) => {}
                Resolved::Txn(_, ops) => self.check(ops)?,
            }
        }
        Ok(())
    }

    fn run(&mut self, ops: &[Resolved]) -> Vec<Answer> {
        ops.iter()
            .map(|op| match op {
                Resolved::Op(Op::Put(put)) => self.put(put),
                Resolved::Op(Op::Range(range)) => self.range(range),
                Resolved::Op(Op::DeleteRange(delete)) => {
                    let gone = self.delete(&delete.range);
                    let prev = if delete.prev_kv { gone.clone() } else { vec![] };
                    Answer::Deleted {
                        count: gone.len() as i64,
                        prev,
                        revision: self.header(),
                    }
                }
                Resolved::Op(Op::Txn(_)) => unreachable!(),
                Resolved::Txn(succeeded, ops) => Answer::Txn {
                    succeeded: *succeeded,
                    answers: self.run(ops),
                },
            })
            .collect()
    }

    fn revoke(&mut self, id: i64) -> Answer {
        if self.leases.remove(&id).is_none() {
            return Answer::Refused(Error::LeaseNotFound);
        }
        let keys: Vec<_> = self
            .now
            .values()
            .filter(|kv| kv.lease == id)
            .map(|kv| kv.key.clone())
            .collect();
        for key in &keys {
            self.delete(&KeyRange::point(key.clone()));
        }
        self.end();
        Answer::Revoked {
            deleted: keys.len() as i64,
        }
    }

    /// Applies a command; `newest` is whether an expiry comes from the newest leader.
    pub(crate) fn apply(&mut self, command: &Command, slot: u64, newest: bool) -> Answer {
        let answer = match command {
            // Alone, a put looks at its lease first; in a transaction, at the key.
            Command::Put(put) if put.lease != 0 && !self.leases.contains_key(&put.lease) => {
                Answer::Refused(Error::LeaseNotFound)
            }
            Command::Put(put) => match self.check_put(put) {
                Ok(()) => self.put(put),
                Err(error) => Answer::Refused(error),
            },
            Command::DeleteRange(delete) => self
                .run(&[Resolved::Op(Op::DeleteRange(delete.clone()))])
                .pop()
                .expect("one answer"),
            Command::Txn(txn) => {
                let (succeeded, ops) = self.resolve(txn);
                match self.check(&ops) {
                    Ok(()) => Answer::Txn {
                        succeeded,
                        answers: self.run(&ops),
                    },
                    Err(error) => Answer::Refused(error),
                }
            }
            Command::Compact { revision } => match *revision {
                revision if revision <= self.compacted => Answer::Refused(Error::Compacted),
                revision if revision > self.revision() => Answer::Refused(Error::FutureRevision),
                revision => {
                    self.compacted = revision;
                    Answer::Other
                }
            },
            Command::LeaseGrant { id, ttl } => {
                if self.leases.contains_key(id) {
                    Answer::Refused(Error::LeaseExists)
                } else {
                    let ttl = (*ttl).max(2);
                    self.leases.insert(*id, (ttl, slot));
                    Answer::Granted { id: *id, ttl }
                }
            }
            Command::LeaseRevoke { id } => self.revoke(*id),
            Command::LeaseExpire { id, granted, .. } => {
                if newest && self.leases.get(id).is_some_and(|lease| lease.1 == *granted) {
                    self.revoke(*id)
                } else {
                    Answer::Other
                }
            }
            _ => Answer::Other,
        };
        self.end();
        answer
    }
}

enum Resolved {
    Op(Op),
    Txn(bool, Vec<Self>),
}

impl From<&TxnResponse> for Answer {
    fn from(response: &TxnResponse) -> Self {
        Self::Txn {
            succeeded: response.succeeded,
            answers: response.responses.iter().map(Self::from).collect(),
        }
    }
}

impl From<&OpResponse> for Answer {
    fn from(response: &OpResponse) -> Self {
        match response {
            OpResponse::Range(range) => Self::from(range),
            OpResponse::Put(put) => Self::Put {
                prev: put.prev_kv.as_ref().map(Kv::from),
                revision: put.revision,
            },
            OpResponse::DeleteRange(deleted) => Self::Deleted {
                count: deleted.deleted,
                prev: deleted.prev_kvs.iter().map(Kv::from).collect(),
                revision: deleted.revision,
            },
            OpResponse::Txn(txn) => Self::from(txn),
        }
    }
}

impl From<&synod_kv::RangeResponse> for Answer {
    fn from(range: &synod_kv::RangeResponse) -> Self {
        Self::Range {
            kvs: range.kvs.iter().map(Kv::from).collect(),
            more: range.more,
            count: range.count,
            revision: range.revision,
        }
    }
}

impl From<&Result<Reply, Error>> for Answer {
    fn from(result: &Result<Reply, Error>) -> Self {
        match result {
            Err(error) => Self::Refused(*error),
            Ok(Reply::Put(put)) => Self::from(&OpResponse::Put(put.clone())),
            Ok(Reply::DeleteRange(deleted)) => {
                Self::from(&OpResponse::DeleteRange(deleted.clone()))
            }
            Ok(Reply::Txn(txn)) => Self::from(txn),
            Ok(Reply::LeaseGrant { id, ttl }) => Self::Granted { id: *id, ttl: *ttl },
            Ok(Reply::LeaseRevoke { deleted }) => Self::Revoked { deleted: *deleted },
            Ok(_) => Self::Other,
        }
    }
}
