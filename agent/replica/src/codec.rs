//! Bytes and the words of the protocol: one encoding, shared by frames, log records and snapshots.
//!
//! Numbers are LEB128 variable-length unless a layout says fixed (then little-endian). Decoding is total: any bytes
//! give a value or an error, and nothing is allocated beyond what the bytes at hand can hold.

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};
use synod_paxos::{
    Ballot, Change, ConfigId, Configuration, Entry, Member, MemberRole, Node, Payload, Quorums,
    Slot,
};

/// Why bytes did not decode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end too early.
    #[error("the bytes end too early")]
    Short,
    /// A value is not one the format knows.
    #[error("{0} is not valid")]
    Invalid(&'static str),
    /// Bytes are left over.
    #[error("bytes are left over")]
    Trailing,
    /// A format version above what this build knows.
    #[error(
        "format version {found} is newer than {known}, the newest this build knows: run a newer agent"
    )]
    Newer {
        /// The version found.
        found: u32,
        /// The newest known.
        known: u32,
    },
}

/// Command bytes from this size on are shared with the entry instead of being copied.
const SHARE_BYTES_MIN: usize = 4 << 10;

/// Collects an encoding as parts: small values are copied into one buffer, large ones are shared.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    parts: Vec<Bytes>,
    buffer: BytesMut,
    length: usize,
}

impl Writer {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            parts: Vec::new(),
            buffer: BytesMut::with_capacity(capacity),
            length: 0,
        }
    }

    /// Bytes written so far.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.buffer.put_u8(value);
        self.length += 1;
    }

    pub(crate) fn u32_fixed(&mut self, value: u32) {
        self.buffer.put_u32_le(value);
        self.length += 4;
    }

    pub(crate) fn u64_fixed(&mut self, value: u64) {
        self.buffer.put_u64_le(value);
        self.length += 8;
    }

    pub(crate) fn u128_fixed(&mut self, value: u128) {
        self.buffer.put_u128_le(value);
        self.length += 16;
    }

    pub(crate) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.u8((value as u8) | 0x80);
            value >>= 7;
        }
        self.u8(value as u8);
    }

    pub(crate) fn bool(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    /// Raw bytes without their length.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.buffer.put_slice(bytes);
        self.length += bytes.len();
    }

    /// Raw bytes without their length, shared if large.
    pub(crate) fn share(&mut self, bytes: &Bytes) {
        if bytes.len() < SHARE_BYTES_MIN {
            self.raw(bytes);
        } else {
            if !self.buffer.is_empty() {
                self.parts.push(self.buffer.split().freeze());
            }
            self.length += bytes.len();
            self.parts.push(bytes.clone());
        }
    }

    /// Length and bytes.
    pub(crate) fn bytes(&mut self, bytes: &Bytes) {
        self.varint(bytes.len() as u64);
        self.share(bytes);
    }

    /// Length and UTF-8 bytes.
    pub(crate) fn str(&mut self, text: &str) {
        self.varint(text.len() as u64);
        self.raw(text.as_bytes());
    }

    pub(crate) fn parts(mut self) -> Vec<Bytes> {
        if !self.buffer.is_empty() {
            self.parts.push(self.buffer.freeze());
        }
        self.parts
    }

    /// All in one piece; copies if there are several.
    pub(crate) fn whole(self) -> Bytes {
        let length = self.length;
        let mut parts = self.parts();
        if parts.len() == 1 {
            return parts.swap_remove(0);
        }
        let mut all = BytesMut::with_capacity(length);
        for part in parts {
            all.put_slice(&part);
        }
        all.freeze()
    }
}

/// Reads an encoding; slices share the input's memory.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    bytes: Bytes,
}

impl Reader {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self { bytes }
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn end(&self) -> Result<(), DecodeError> {
        if self.bytes.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Trailing)
        }
    }

    pub(crate) fn rest(&mut self) -> Bytes {
        std::mem::take(&mut self.bytes)
    }

    pub(crate) fn raw(&mut self, length: usize) -> Result<Bytes, DecodeError> {
        if length > self.bytes.len() {
            return Err(DecodeError::Short);
        }
        Ok(self.bytes.split_to(length))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, _) = self
            .bytes
            .split_first_chunk::<N>()
            .ok_or(DecodeError::Short)?;
        let head = *head;
        bytes::Buf::advance(&mut self.bytes, N);
        Ok(head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u32_fixed(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64_fixed(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn u128_fixed(&mut self) -> Result<u128, DecodeError> {
        Ok(u128::from_le_bytes(self.array()?))
    }

    pub(crate) fn uid(&mut self) -> Result<[u8; 16], DecodeError> {
        self.array()
    }

    pub(crate) fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for (index, byte) in self.bytes.iter().take(10).enumerate() {
            let bits = u64::from(byte & 0x7f);
            if index == 9 && bits > 1 {
                return Err(DecodeError::Invalid("a number above 64 bits"));
            }
            value |= bits << (7 * index);
            if byte & 0x80 == 0 {
                bytes::Buf::advance(&mut self.bytes, index + 1);
                return Ok(value);
            }
        }
        if self.bytes.len() < 10 {
            Err(DecodeError::Short)
        } else {
            Err(DecodeError::Invalid("a number above 64 bits"))
        }
    }

    pub(crate) fn varint_u32(&mut self) -> Result<u32, DecodeError> {
        u32::try_from(self.varint()?).map_err(|_| DecodeError::Invalid("a number above 32 bits"))
    }

    /// A count of things that take at least `each` bytes: bounded by what is left, so it may be allocated for.
    pub(crate) fn count(&mut self, each: usize) -> Result<usize, DecodeError> {
        let count = usize::try_from(self.varint()?).map_err(|_| DecodeError::Short)?;
        if count.saturating_mul(each) > self.bytes.len() {
            return Err(DecodeError::Short);
        }
        Ok(count)
    }

    pub(crate) fn bool(&mut self) -> Result<bool, DecodeError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::Invalid("a truth value")),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<Bytes, DecodeError> {
        let length = self.count(1)?;
        self.raw(length)
    }

    pub(crate) fn str(&mut self) -> Result<String, DecodeError> {
        String::from_utf8(self.bytes()?.to_vec())
            .map_err(|_| DecodeError::Invalid("text that is no UTF-8"))
    }
}

pub(crate) fn put_slot(w: &mut Writer, slot: Slot) {
    w.varint(slot.0);
}

pub(crate) fn slot(r: &mut Reader) -> Result<Slot, DecodeError> {
    // Half the range is far more than a log can hold, and keeps arithmetic on slots from overflowing.
    let value = r.varint()?;
    if value > u64::MAX / 2 {
        return Err(DecodeError::Invalid("a slot"));
    }
    Ok(Slot(value))
}

pub(crate) fn put_ballot(w: &mut Writer, ballot: Ballot) {
    w.varint(ballot.round);
    w.varint(ballot.node.0);
}

pub(crate) fn ballot(r: &mut Reader) -> Result<Ballot, DecodeError> {
    let round = r.varint()?;
    if round > u64::MAX / 2 {
        return Err(DecodeError::Invalid("a ballot"));
    }
    Ok(Ballot {
        round,
        node: Node(r.varint()?),
    })
}

pub(crate) fn put_member(w: &mut Writer, member: &Member) {
    w.u8(match member.role {
        MemberRole::Voter => 0,
        MemberRole::Joining => 1,
        MemberRole::Learner => 2,
    });
    w.bytes(&member.context);
}

pub(crate) fn member(r: &mut Reader) -> Result<Member, DecodeError> {
    let role = match r.u8()? {
        0 => MemberRole::Voter,
        1 => MemberRole::Joining,
        2 => MemberRole::Learner,
        _ => return Err(DecodeError::Invalid("a member's role")),
    };
    Ok(Member {
        role,
        context: r.bytes()?,
    })
}

pub(crate) fn put_configuration(w: &mut Writer, configuration: &Configuration) {
    w.varint(configuration.id.0);
    match configuration.quorums {
        Quorums::Majority => w.u8(0),
        Quorums::Flexible { prepare, accept } => {
            w.u8(1);
            w.varint(u64::from(prepare));
            w.varint(u64::from(accept));
        }
    }
    w.varint(configuration.highest.0);
    w.varint(configuration.members.len() as u64);
    for (node, member) in &configuration.members {
        w.varint(node.0);
        put_member(w, member);
    }
}

pub(crate) fn configuration(r: &mut Reader) -> Result<Configuration, DecodeError> {
    let id = ConfigId(r.varint()?);
    let quorums = match r.u8()? {
        0 => Quorums::Majority,
        1 => Quorums::Flexible {
            prepare: r.varint_u32()?,
            accept: r.varint_u32()?,
        },
        _ => return Err(DecodeError::Invalid("a quorum rule")),
    };
    let highest = Node(r.varint()?);
    let count = r.count(3)?;
    let mut members = BTreeMap::new();
    for _ in 0..count {
        let node = Node(r.varint()?);
        if members.insert(node, member(r)?).is_some() {
            return Err(DecodeError::Invalid("a member that is there twice"));
        }
    }
    Ok(Configuration {
        id,
        members,
        quorums,
        highest,
    })
}

pub(crate) fn put_entry(w: &mut Writer, entry: &Entry) {
    put_ballot(w, entry.ballot);
    match &entry.payload {
        Payload::Noop => w.u8(0),
        Payload::Command(command) => {
            w.u8(1);
            w.bytes(command);
        }
        Payload::Configuration(configuration) => {
            w.u8(2);
            put_configuration(w, configuration);
        }
    }
}

pub(crate) fn entry(r: &mut Reader) -> Result<Entry, DecodeError> {
    let ballot = ballot(r)?;
    let payload = match r.u8()? {
        0 => Payload::Noop,
        // Copied: a slice would keep the whole frame or segment in memory for as long as the value lives.
        1 => Payload::Command(Bytes::copy_from_slice(&r.bytes()?)),
        2 => Payload::Configuration(configuration(r)?),
        _ => return Err(DecodeError::Invalid("an entry's kind")),
    };
    Ok(Entry { ballot, payload })
}

pub(crate) fn put_entries(w: &mut Writer, entries: &[Entry]) {
    w.varint(entries.len() as u64);
    for entry in entries {
        put_entry(w, entry);
    }
}

pub(crate) fn entries(r: &mut Reader) -> Result<Vec<Entry>, DecodeError> {
    // An entry takes at least three bytes, and some sixty in memory: the count alone must not be believed.
    const BELIEVED_MAX: usize = 4_096;
    let count = r.count(3)?;
    let mut entries = Vec::with_capacity(count.min(BELIEVED_MAX));
    for _ in 0..count {
        entries.push(entry(r)?);
    }
    Ok(entries)
}

pub(crate) fn put_change(w: &mut Writer, change: &Change) {
    match change {
        Change::Add { node, member } => {
            w.u8(0);
            w.varint(node.0);
            put_member(w, member);
        }
        Change::Promote { node } => {
            w.u8(1);
            w.varint(node.0);
        }
        Change::Demote { node, context } => {
            w.u8(2);
            w.varint(node.0);
            w.bytes(context);
        }
        Change::Remove { node } => {
            w.u8(3);
            w.varint(node.0);
        }
        Change::Swap { out, into } => {
            w.u8(4);
            w.varint(out.0);
            w.varint(into.0);
        }
        Change::Update { node, context } => {
            w.u8(5);
            w.varint(node.0);
            w.bytes(context);
        }
    }
}

pub(crate) fn change(r: &mut Reader) -> Result<Change, DecodeError> {
    let kind = r.u8()?;
    let node = Node(r.varint()?);
    Ok(match kind {
        0 => Change::Add {
            node,
            member: member(r)?,
        },
        1 => Change::Promote { node },
        2 => Change::Demote {
            node,
            context: r.bytes()?,
        },
        3 => Change::Remove { node },
        4 => Change::Swap {
            out: node,
            into: Node(r.varint()?),
        },
        5 => Change::Update {
            node,
            context: r.bytes()?,
        },
        _ => return Err(DecodeError::Invalid("a configuration change's kind")),
    })
}
