//! Streams: entries in listpacks, each with the fields of its first entry, and groups.

mod packed;

use std::collections::HashMap;

use super::error::{Error, Wrong};
use super::input::Input;
use super::kind;
use super::output::Output;
use super::value::{Consumer, Group, Pending, Stream, StreamId};

/// What stands for a number of entries that is not known.
const UNKNOWN: u64 = u64::MAX;
/// Of this version on it is written when consumers were active.
const VERSION_WITH_ACTIVE: u16 = 11;

/// A stream of this type.
pub(super) fn read<'a>(input: &mut Input<'a>, kind: u8) -> Result<Stream<'a>, Error> {
    let mut stream = Stream::default();
    for _ in 0..input.count()? {
        packed::read(input, &mut stream.entries)?;
    }
    stream.added = input.number()?;
    stream.last = id(input)?;
    if stream
        .entries
        .last()
        .is_some_and(|last| last.id > stream.last)
    {
        return input.wrong(Wrong::Packed);
    }
    // How many were ever added is not known of old ones, but how many there are.
    if kind != kind::STREAM {
        let _first = id(input)?;
        stream.deleted = id(input)?;
        stream.added = input.number()?;
    }
    stream.groups = input.all(|input| group(input, kind))?;
    Ok(stream)
}

fn id(input: &mut Input<'_>) -> Result<StreamId, Error> {
    Ok(StreamId {
        milliseconds: input.number()?,
        sequence: input.number()?,
    })
}

/// An id in sixteen bytes, in whose order ids are.
fn raw_id(input: &mut Input<'_>) -> Result<StreamId, Error> {
    input.fixed().map(StreamId::from_bytes)
}

impl StreamId {
    pub(super) const fn from_bytes(bytes: [u8; 16]) -> Self {
        let whole = u128::from_be_bytes(bytes);
        Self {
            milliseconds: (whole >> 64) as u64,
            sequence: whole as u64,
        }
    }

    pub(super) fn to_bytes(self) -> [u8; 16] {
        (u128::from(self.milliseconds) << 64 | u128::from(self.sequence)).to_be_bytes()
    }
}

fn group<'a>(input: &mut Input<'a>, kind: u8) -> Result<Group<'a>, Error> {
    let name = input.string()?;
    let last = id(input)?;
    let entries_read = if kind == kind::STREAM {
        None
    } else {
        Some(input.number()?).filter(|count| *count != UNKNOWN)
    };
    let offset = input.offset();
    let mut pending = input.all(|input| {
        Ok(Pending {
            id: raw_id(input)?,
            consumer: usize::MAX,
            delivered_at: input.fixed().map(i64::from_le_bytes)?,
            deliveries: input.number()?,
        })
    })?;
    let places: HashMap<_, _> = pending
        .iter()
        .enumerate()
        .map(|(place, one)| (one.id, place))
        .collect();
    let mut consumers = Vec::new();
    for number in 0..input.count()? {
        let (consumer, own) = consumer(input, kind)?;
        for id in own {
            match places.get(&id).map(|place| &mut pending[*place]) {
                Some(one) if one.consumer == usize::MAX => one.consumer = number,
                _ => return input.wrong(Wrong::Pending),
            }
        }
        consumers.push(consumer);
    }
    if pending.iter().any(|one| one.consumer == usize::MAX) {
        return Err(Error {
            offset,
            wrong: Wrong::Pending,
        });
    }
    Ok(Group {
        name,
        last,
        entries_read,
        pending,
        consumers,
    })
}

fn consumer<'a>(input: &mut Input<'a>, kind: u8) -> Result<(Consumer<'a>, Vec<StreamId>), Error> {
    let name = input.string()?;
    let seen_at = input.fixed().map(i64::from_le_bytes)?;
    let active_at = if kind == kind::STREAM_3 {
        input.fixed().map(i64::from_le_bytes)?
    } else {
        seen_at
    };
    let own = input.all(raw_id)?;
    let consumer = Consumer {
        name,
        seen_at,
        active_at,
    };
    Ok((consumer, own))
}

/// Writes type and body of a stream for readers of this version.
pub(super) fn write(stream: &Stream<'_>, version: u16, out: &mut Output<'_>) {
    let with_active = version >= VERSION_WITH_ACTIVE;
    out.push(if with_active {
        kind::STREAM_3
    } else {
        kind::STREAM_2
    });
    packed::write(&stream.entries, out);
    out.number(stream.entries.len() as u64);
    let first = stream.entries.first().map(|entry| entry.id);
    write_id(out, stream.last);
    write_id(out, first.unwrap_or_default());
    write_id(out, stream.deleted);
    out.number(stream.added);
    out.number(stream.groups.len() as u64);
    for group in &stream.groups {
        write_group(group, with_active, out);
    }
}

fn write_id(out: &mut Output<'_>, id: StreamId) {
    out.number(id.milliseconds);
    out.number(id.sequence);
}

fn write_group(group: &Group<'_>, with_active: bool, out: &mut Output<'_>) {
    out.string(&group.name);
    write_id(out, group.last);
    out.number(group.entries_read.unwrap_or(UNKNOWN));
    out.number(group.pending.len() as u64);
    let mut own = vec![Vec::new(); group.consumers.len()];
    for one in &group.pending {
        out.extend_from_slice(&one.id.to_bytes());
        out.extend_from_slice(&one.delivered_at.to_le_bytes());
        out.number(one.deliveries);
        own[one.consumer].push(one.id);
    }
    out.number(group.consumers.len() as u64);
    for (consumer, own) in group.consumers.iter().zip(own) {
        out.string(&consumer.name);
        out.extend_from_slice(&consumer.seen_at.to_le_bytes());
        if with_active {
            out.extend_from_slice(&consumer.active_at.to_le_bytes());
        }
        out.number(own.len() as u64);
        for id in own {
            out.extend_from_slice(&id.to_bytes());
        }
    }
}
