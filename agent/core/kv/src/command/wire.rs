//! The bytes of a command: a format byte, a tag byte, and the tag's fields. Numbers are LEB128, signed ones zigzagged;
//! byte strings have their length before them. Decoding takes any bytes, copies no key and no value, and allocates no
//! more than the input is long.

use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use synod_machine::UnknownCommand;
use synod_machine::codec::{Reader, Writer};
use synod_paxos::{Ballot, Node};

use super::{
    Alarm, AlarmKind, Command, Compare, CompareResult, CompareTarget, DeleteRange, Limits, Op, Put,
    Range, SortOrder, SortTarget, TXN_DEPTH_MAX, Txn,
};
use crate::key_range::{End, KeyRange};

/// The format that this build writes, and the only one it reads.
const FORMAT: u8 = 1;

mod tag {
    pub(super) const PUT: u8 = 1;
    pub(super) const DELETE_RANGE: u8 = 2;
    pub(super) const TXN: u8 = 3;
    pub(super) const COMPACT: u8 = 4;
    pub(super) const LEASE_GRANT: u8 = 5;
    pub(super) const LEASE_REVOKE: u8 = 6;
    pub(super) const LEASE_EXPIRE: u8 = 7;
    pub(super) const ALARM_ACTIVATE: u8 = 8;
    pub(super) const ALARM_DEACTIVATE: u8 = 9;
    pub(super) const CONFIGURE: u8 = 10;
    pub(super) const RECLAIM: u8 = 11;
    /// Only within transactions.
    pub(super) const RANGE: u8 = 12;
}

impl Command {
    /// The command's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = CommandWriter::default();
        out.byte(FORMAT);
        match self {
            Self::Put(put) => {
                out.reserve_exact(put.key.len() + put.value.len() + 24);
                out.put(put);
            }
            Self::DeleteRange(delete) => out.delete_range(delete),
            Self::Txn(txn) => out.txn(txn),
            Self::Compact { revision } => out.tagged(tag::COMPACT, &[*revision]),
            Self::LeaseGrant { id, ttl } => out.tagged(tag::LEASE_GRANT, &[*id, *ttl]),
            Self::LeaseRevoke { id } => out.tagged(tag::LEASE_REVOKE, &[*id]),
            Self::LeaseExpire {
                id,
                granted,
                ballot,
            } => {
                out.tagged(tag::LEASE_EXPIRE, &[*id]);
                out.number(*granted);
                out.number(ballot.round);
                out.number(ballot.node.0);
            }
            Self::AlarmActivate(alarm) => out.alarm(tag::ALARM_ACTIVATE, *alarm),
            Self::AlarmDeactivate(alarm) => out.alarm(tag::ALARM_DEACTIVATE, *alarm),
            Self::Configure(limits) => {
                out.byte(tag::CONFIGURE);
                out.number(limits.quota_bytes);
                out.signed(limits.lease_ttl_min_s);
            }
            Self::Reclaim => out.byte(tag::RECLAIM),
        }
        out.0.into_bytes()
    }

    /// Reads a command; keys and values share `bytes`.
    ///
    /// # Errors
    /// If this build does not know the format or the tag, or the bytes are not what the tag says. Never panics.
    pub fn decode(bytes: &Bytes) -> Result<Self, UnknownCommand> {
        let mut input = CommandReader(Reader::new(bytes.clone()));
        input
            .command()
            .ok_or_else(|| UnknownCommand::of_bytes(bytes, FORMAT))
    }
}

/// Writes commands.
#[derive(Default)]
struct CommandWriter(Writer);

impl Deref for CommandWriter {
    type Target = Writer;

    fn deref(&self) -> &Writer {
        &self.0
    }
}

impl DerefMut for CommandWriter {
    fn deref_mut(&mut self) -> &mut Writer {
        &mut self.0
    }
}

impl CommandWriter {
    fn tagged(&mut self, tag: u8, numbers: &[i64]) {
        self.byte(tag);
        for number in numbers {
            self.signed(*number);
        }
    }

    fn key_range(&mut self, range: &KeyRange) {
        self.bytes(&range.start);
        match &range.end {
            End::Point => self.byte(0),
            End::Unbounded => self.byte(1),
            End::Before(end) => {
                self.byte(2);
                self.bytes(end);
            }
        }
    }

    fn put(&mut self, put: &Put) {
        self.byte(tag::PUT);
        self.byte(flags([put.prev_kv, put.ignore_value, put.ignore_lease]));
        self.signed(put.lease);
        self.bytes(&put.key);
        self.bytes(&put.value);
    }

    fn delete_range(&mut self, delete: &DeleteRange) {
        self.byte(tag::DELETE_RANGE);
        self.byte(flags([delete.prev_kv, false, false]));
        self.key_range(&delete.range);
    }

    fn range(&mut self, range: &Range) {
        self.byte(tag::RANGE);
        self.byte(flags([range.keys_only, range.count_only, false]));
        self.byte(range.order as u8);
        self.byte(range.target as u8);
        for number in [
            range.limit,
            range.revision,
            range.mod_revision_min,
            range.mod_revision_max,
            range.create_revision_min,
            range.create_revision_max,
        ] {
            self.signed(number);
        }
        self.key_range(&range.range);
    }

    fn txn(&mut self, txn: &Txn) {
        self.byte(tag::TXN);
        self.number(txn.compare.len() as u64);
        for compare in &txn.compare {
            self.compare(compare);
        }
        for ops in [&txn.success, &txn.failure] {
            self.number(ops.len() as u64);
            for op in ops {
                match op {
                    Op::Range(range) => self.range(range),
                    Op::Put(put) => self.put(put),
                    Op::DeleteRange(delete) => self.delete_range(delete),
                    Op::Txn(txn) => self.txn(txn),
                }
            }
        }
    }

    fn compare(&mut self, compare: &Compare) {
        self.byte(compare.result as u8);
        match &compare.target {
            CompareTarget::Version(number) => self.tagged(0, &[*number]),
            CompareTarget::Create(number) => self.tagged(1, &[*number]),
            CompareTarget::Mod(number) => self.tagged(2, &[*number]),
            CompareTarget::Value(value) => {
                self.byte(3);
                self.bytes(value);
            }
            CompareTarget::Lease(number) => self.tagged(4, &[*number]),
        }
        self.key_range(&compare.range);
    }

    fn alarm(&mut self, tag: u8, alarm: Alarm) {
        self.byte(tag);
        self.byte(alarm.kind as u8);
        self.number(alarm.member);
    }
}

fn flags(flags: [bool; 3]) -> u8 {
    u8::from(flags[0]) | u8::from(flags[1]) << 1 | u8::from(flags[2]) << 2
}

/// Reads commands.
struct CommandReader(Reader);

impl Deref for CommandReader {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl DerefMut for CommandReader {
    fn deref_mut(&mut self) -> &mut Reader {
        &mut self.0
    }
}

impl CommandReader {
    fn command(&mut self) -> Option<Command> {
        if self.byte()? != FORMAT {
            return None;
        }
        let command = match self.byte()? {
            tag::PUT => Command::Put(self.put()?),
            tag::DELETE_RANGE => Command::DeleteRange(self.delete_range()?),
            tag::TXN => Command::Txn(self.txn(TXN_DEPTH_MAX)?),
            tag::COMPACT => Command::Compact {
                revision: self.signed()?,
            },
            tag::LEASE_GRANT => Command::LeaseGrant {
                id: self.signed()?,
                ttl: self.signed()?,
            },
            tag::LEASE_REVOKE => Command::LeaseRevoke { id: self.signed()? },
            tag::LEASE_EXPIRE => Command::LeaseExpire {
                id: self.signed()?,
                granted: self.number()?,
                ballot: Ballot {
                    round: self.number()?,
                    node: Node(self.number()?),
                },
            },
            tag::ALARM_ACTIVATE => Command::AlarmActivate(self.alarm()?),
            tag::ALARM_DEACTIVATE => Command::AlarmDeactivate(self.alarm()?),
            tag::CONFIGURE => Command::Configure(Limits {
                quota_bytes: self.number()?,
                lease_ttl_min_s: self.signed()?,
            }),
            tag::RECLAIM => Command::Reclaim,
            _ => return None,
        };
        self.is_empty().then_some(command)
    }

    fn flags(&mut self, known: u8) -> Option<[bool; 3]> {
        let byte = self.byte().filter(|byte| byte & !known == 0)?;
        Some([byte & 1 != 0, byte & 2 != 0, byte & 4 != 0])
    }

    fn key_range(&mut self) -> Option<KeyRange> {
        let start = self.bytes()?;
        let end = match self.byte()? {
            0 => End::Point,
            1 => End::Unbounded,
            2 => End::Before(self.bytes()?),
            _ => return None,
        };
        Some(KeyRange { start, end })
    }

    fn put(&mut self) -> Option<Put> {
        let [prev_kv, ignore_value, ignore_lease] = self.flags(7)?;
        let lease = self.signed()?;
        let key = self.bytes().filter(|key| !key.is_empty())?;
        Some(Put {
            key,
            value: self.bytes()?,
            lease,
            prev_kv,
            ignore_value,
            ignore_lease,
        })
    }

    fn delete_range(&mut self) -> Option<DeleteRange> {
        let [prev_kv, ..] = self.flags(1)?;
        Some(DeleteRange {
            range: self.key_range()?,
            prev_kv,
        })
    }

    fn range(&mut self) -> Option<Range> {
        let [keys_only, count_only, _] = self.flags(3)?;
        let order = match self.byte()? {
            0 => SortOrder::None,
            1 => SortOrder::Ascend,
            2 => SortOrder::Descend,
            _ => return None,
        };
        let target = match self.byte()? {
            0 => SortTarget::Key,
            1 => SortTarget::Version,
            2 => SortTarget::Create,
            3 => SortTarget::Mod,
            4 => SortTarget::Value,
            _ => return None,
        };
        Some(Range {
            limit: self.signed()?,
            revision: self.signed()?,
            mod_revision_min: self.signed()?,
            mod_revision_max: self.signed()?,
            create_revision_min: self.signed()?,
            create_revision_max: self.signed()?,
            range: self.key_range()?,
            order,
            target,
            keys_only,
            count_only,
        })
    }

    fn txn(&mut self, depth: usize) -> Option<Txn> {
        let depth = depth.checked_sub(1)?;
        let compare = (0..self.count()?)
            .map(|_| self.compare())
            .collect::<Option<_>>()?;
        let success = self.ops(depth)?;
        let failure = self.ops(depth)?;
        Some(Txn {
            compare,
            success,
            failure,
        })
    }

    fn ops(&mut self, depth: usize) -> Option<Vec<Op>> {
        let count = self.count()?;
        (0..count)
            .map(|_| match self.byte()? {
                tag::RANGE => self.range().map(Op::Range),
                tag::PUT => self.put().map(Op::Put),
                tag::DELETE_RANGE => self.delete_range().map(Op::DeleteRange),
                tag::TXN => self.txn(depth).map(Op::Txn),
                _ => None,
            })
            .collect()
    }

    fn compare(&mut self) -> Option<Compare> {
        let result = match self.byte()? {
            0 => CompareResult::Equal,
            1 => CompareResult::Greater,
            2 => CompareResult::Less,
            3 => CompareResult::NotEqual,
            _ => return None,
        };
        let target = match self.byte()? {
            0 => CompareTarget::Version(self.signed()?),
            1 => CompareTarget::Create(self.signed()?),
            2 => CompareTarget::Mod(self.signed()?),
            3 => CompareTarget::Value(self.bytes()?),
            4 => CompareTarget::Lease(self.signed()?),
            _ => return None,
        };
        Some(Compare {
            range: self.key_range()?,
            result,
            target,
        })
    }

    fn alarm(&mut self) -> Option<Alarm> {
        let kind = match self.byte()? {
            0 => AlarmKind::NoSpace,
            1 => AlarmKind::Corrupt,
            _ => return None,
        };
        Some(Alarm {
            kind,
            member: self.number()?,
        })
    }
}
