//! Snapshots: the whole state in pieces of about a wanted size, and the way back.
//!
//! A snapshot holds the state as it physically is, versions included that reclamation has not got to, so that sizes and
//! quota decisions go on alike. The revision index and the leases' keys follow from it. A piece is a row of records, and
//! a record never spans pieces: the header, leases by id, versions by key and position, the end with the digest.

use std::sync::Arc;

use bytes::Bytes;
use synod_machine::Damaged;
use synod_machine::codec::{Reader, Writer};

use crate::command::{Alarm, AlarmKind, Limits};
use crate::history::History;
use crate::state::{Lease, State, lease_key};
use crate::version::{Revision, Version};
use crate::view::View;
use synod_tree::Edit;

/// The format that this build writes, and the only one it reads.
const FORMAT: u8 = 1;

mod tag {
    pub(super) const HEADER: u8 = 1;
    pub(super) const LEASE: u8 = 2;
    /// The oldest version of a key, with the key.
    pub(super) const KEY: u8 = 3;
    /// The next version of the same key.
    pub(super) const VERSION: u8 = 4;
    pub(super) const END: u8 = 5;
}

/// Where a reader stands.
enum Place {
    Header,
    /// Before the first lease whose tree key is at least this.
    Leases(Vec<u8>),
    /// Before version number `index` of the first key at or after `key`.
    Keys {
        key: Vec<u8>,
        index: usize,
    },
    End,
    Done,
}

/// Reads a pinned view in pieces.
pub struct SnapshotReader {
    view: View,
    place: Place,
}

impl SnapshotReader {
    pub(crate) const fn new(view: View) -> Self {
        Self {
            view,
            place: Place::Header,
        }
    }

    fn step(&self, out: &mut Writer, target: usize) -> Place {
        let state = &self.view.state;
        match &self.place {
            Place::Header => {
                header(out, state);
                Place::Leases(Vec::new())
            }
            Place::Leases(from) => {
                for lease in state.leases.range(from, None) {
                    if out.len() >= target {
                        return Place::Leases(lease_key(lease.id()).to_vec());
                    }
                    out.byte(tag::LEASE);
                    out.signed(lease.id());
                    out.signed(lease.ttl);
                    out.number(lease.granted);
                }
                Place::Keys {
                    key: Vec::new(),
                    index: 0,
                }
            }
            Place::Keys { key, index } => keys(out, state, key, *index, target),
            Place::End => {
                out.byte(tag::END);
                out.number(state.digest());
                Place::Done
            }
            Place::Done => Place::Done,
        }
    }
}

impl synod_machine::SnapshotReader for SnapshotReader {
    fn next(&mut self, target: usize) -> Option<Bytes> {
        let mut out = Writer::default();
        let target = target.max(1);
        while out.len() < target && !matches!(self.place, Place::Done) {
            self.place = self.step(&mut out, target);
        }
        Some(out.into_bytes()).filter(|piece| !piece.is_empty())
    }
}

fn header(out: &mut Writer, state: &State) {
    out.byte(tag::HEADER);
    out.byte(FORMAT);
    out.signed(state.revision);
    out.signed(state.compact_revision);
    out.signed(state.reclaimed.main);
    out.number(state.reclaimed.sub.into());
    out.number(state.limits.quota_bytes);
    out.signed(state.limits.lease_ttl_min_s);
    out.number(state.alarms.len() as u64);
    for alarm in &state.alarms {
        out.byte(alarm.kind as u8);
        out.number(alarm.member);
    }
}

fn keys(out: &mut Writer, state: &State, key: &[u8], mut index: usize, target: usize) -> Place {
    for history in state.keys.range(key, None) {
        for number in index..history.len() {
            if out.len() >= target {
                return Place::Keys {
                    key: history_key(history),
                    index: number,
                };
            }
            version(out, history, number);
        }
        index = 0;
    }
    Place::End
}

fn history_key(history: &History) -> Vec<u8> {
    history.latest().key().to_vec()
}

fn version(out: &mut Writer, history: &History, number: usize) {
    let version = history.get(number).expect("the number is below the length");
    if number == 0 {
        out.byte(tag::KEY);
        out.bytes(version.key());
    } else {
        out.byte(tag::VERSION);
    }
    out.signed(version.at.main);
    out.number(version.at.sub.into());
    out.signed(version.create);
    out.signed(version.version);
    out.signed(version.lease);
    out.bytes(version.value());
}

/// A state being put together from pieces.
pub(crate) struct Restore {
    state: State,
    headed: bool,
    key: Bytes,
    digest: Option<u64>,
}

impl Default for Restore {
    fn default() -> Self {
        Self {
            state: State::new(),
            headed: false,
            key: Bytes::new(),
            digest: None,
        }
    }
}

impl Restore {
    pub(crate) fn piece(&mut self, piece: &Bytes) -> Result<(), Damaged> {
        let mut input = Reader::new(piece.clone());
        while !input.is_empty() {
            self.record(&mut input).ok_or_else(|| {
                let key = self.key.escape_ascii();
                Damaged(format!(
                    "a record of a snapshot does not decode, after key {key}"
                ))
            })?;
        }
        Ok(())
    }

    fn record(&mut self, input: &mut Reader) -> Option<()> {
        let tag = input.byte()?;
        if self.headed == (tag == tag::HEADER) || self.digest.is_some() {
            return None;
        }
        match tag {
            tag::HEADER => self.header(input),
            tag::LEASE => {
                let lease = Lease::new(input.signed()?, input.signed()?, input.number()?);
                let new = self.state.lease(lease.id()).is_none();
                new.then(|| self.state.insert_lease(lease))
            }
            tag::KEY => {
                let key = input.bytes().filter(|key| *key > self.key)?;
                let version = decode_version(input, &key)?;
                self.key = key;
                self.state.tally.add(&version);
                self.state.keys.insert(History::new(Arc::new(version)));
                Some(())
            }
            tag::VERSION => {
                let version = decode_version(input, &self.key)?;
                self.push(version)
            }
            tag::END => {
                self.digest = Some(input.number()?);
                Some(())
            }
            _ => None,
        }
    }

    fn header(&mut self, input: &mut Reader) -> Option<()> {
        if input.byte()? != FORMAT {
            return None;
        }
        self.state.revision = input.signed()?;
        self.state.compact_revision = input.signed()?;
        self.state.reclaimed = position(input)?;
        self.state.limits = Limits {
            quota_bytes: input.number()?,
            lease_ttl_min_s: input.signed()?,
        };
        for _ in 0..input.count()? {
            let kind = match input.byte()? {
                0 => AlarmKind::NoSpace,
                1 => AlarmKind::Corrupt,
                _ => return None,
            };
            self.state.alarms.insert(Alarm {
                kind,
                member: input.number()?,
            });
        }
        self.headed = true;
        Some(())
    }

    fn push(&mut self, version: Version) -> Option<()> {
        let State { keys, tally, .. } = &mut self.state;
        let history = keys.get(&self.key)?;
        let last = history.latest();
        if last.at >= version.at || (last.is_tombstone() && version.is_tombstone()) {
            return None;
        }
        tally.add(&version);
        keys.edit(&self.key, |history| {
            if let Some(history) = history {
                history.push(Arc::new(version));
            }
            (Edit::Keep, ())
        });
        Some(())
    }

    pub(crate) fn finish(self) -> Result<State, Damaged> {
        let expected = self
            .digest
            .ok_or_else(|| Damaged("the snapshot has no end".into()))?;
        Damaged::unless_same_digest(self.state.digest(), expected)?;
        Ok(self.state)
    }
}

fn position(input: &mut Reader) -> Option<Revision> {
    Some(Revision {
        main: input.signed()?,
        sub: input.small()?,
    })
}

fn decode_version(input: &mut Reader, key: &[u8]) -> Option<Version> {
    let at = position(input)?;
    let (create, version, lease) = (input.signed()?, input.signed()?, input.signed()?);
    let value = input.bytes()?;
    let tombstone = version == 0 && create == 0 && lease == 0 && value.is_empty();
    let alive = version >= 1 && 1 <= create && create <= at.main;
    (tombstone || alive).then(|| Version::new(key, &value, at, create, version, lease))
}
