//! Streams as wholes.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use super::Unfit;
use crate::rdb::{self, StreamId};
use crate::stream::{Contents, Group, GroupChange, Id, StreamChange};

pub(super) fn value(stream: &Contents) -> rdb::Stream<'_> {
    rdb::Stream {
        entries: entries(stream).collect(),
        groups: stream.groups().map(group).collect(),
        ..head(stream)
    }
}

/// A stream without its entries and groups.
pub(super) fn head(stream: &Contents) -> rdb::Stream<'static> {
    rdb::Stream {
        entries: Vec::new(),
        last: outer(stream.last()),
        deleted: outer(stream.removed()),
        added: stream.added(),
        groups: Vec::new(),
    }
}

/// Its entries.
pub(super) fn entries(stream: &Contents) -> impl Iterator<Item = rdb::StreamEntry<'_>> {
    let mut names: Arc<[_]> = Arc::default();
    stream.entries().range(Id::MIN, Id::MAX).map(move |entry| {
        if !names
            .iter()
            .map(|it: &rdb::Bytes<'_>| &**it)
            .eq(entry.fields().map(|it| it.0))
        {
            names = entry.fields().map(|it| it.0.into()).collect();
        }
        rdb::StreamEntry {
            id: outer(entry.id),
            names: Arc::clone(&names),
            values: entry.fields().map(|it| it.1.into()).collect(),
        }
    })
}

/// A group as it is.
pub(super) fn group(group: &Group) -> rdb::Group<'_> {
    let consumers: Vec<_> = group.consumers().collect();
    let place = |name: &[u8]| {
        let place = consumers.binary_search_by(|consumer| (*consumer.name).cmp(name));
        place.expect("who has entries is a consumer")
    };
    let pending = group.pending_from(Id::MIN).map(|one| rdb::Pending {
        id: outer(one.id),
        consumer: place(&one.consumer),
        delivered_at: one.at,
        deliveries: one.count.cast_unsigned(),
    });
    rdb::Group {
        name: group.name().into(),
        last: outer(group.last),
        entries_read: group.read.map(i64::cast_unsigned),
        pending: pending.collect(),
        consumers: consumers
            .iter()
            .map(|consumer| rdb::Consumer {
                name: Cow::Borrowed(&consumer.name),
                seen_at: consumer.seen,
                active_at: consumer.active.unwrap_or(-1),
            })
            .collect(),
    }
}

/// A stream in several: its entries, some at a time, then what else is known of it, then each of its groups.
pub(super) fn parts<'a, E>(
    stream: &'a Contents,
    bytes_max: usize,
    mut give: impl FnMut(rdb::Stream<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let weigh = |entry: &rdb::StreamEntry<'_>| {
        let parts = entry.names.iter().chain(&entry.values);
        parts.map(|it| it.len() + size_of::<u64>()).sum()
    };
    super::in_parts(entries(stream), weigh, bytes_max, |entries| {
        // Ids grow, so the last one is that of the stream only when all are there.
        let last = entries.last().map(|entry| entry.id).unwrap_or_default();
        give(rdb::Stream {
            entries,
            last,
            ..head(stream)
        })
    })?;
    give(head(stream))?;
    let mut groups = stream.groups().map(group);
    groups.try_for_each(|group| {
        give(rdb::Stream {
            groups: vec![group],
            ..head(stream)
        })
    })
}

/// The changes that make a stream, or add to one what comes behind it.
pub(super) fn changes<'a>(
    stream: &'a rdb::Stream<'_>,
) -> Result<impl Iterator<Item = StreamChange<'a>>, Unfit> {
    let names: HashSet<_> = stream.groups.iter().map(|group| &group.name).collect();
    if names.len() < stream.groups.len() {
        return Err(Unfit);
    }
    let adds = stream.entries.iter().map(|entry| {
        let pairs = entry.names.iter().zip(&entry.values);
        let fields = pairs.flat_map(|(name, value)| [&**name, &**value]);
        StreamChange::Add {
            id: inner(entry.id),
            fields: Cow::Owned(fields.collect()),
        }
    });
    let set = StreamChange::Set {
        last: inner(stream.last),
        added: stream.added,
        removed: inner(stream.deleted),
    };
    let groups = stream.groups.iter().flat_map(|group| {
        let changes = group_changes(group);
        changes.map(|change| StreamChange::of(&group.name, change))
    });
    let changes = std::iter::once(StreamChange::Make).chain(adds);
    Ok(changes.chain([set]).chain(groups))
}

fn group_changes<'a>(group: &'a rdb::Group<'_>) -> impl Iterator<Item = GroupChange<'a>> {
    let set = GroupChange::Set {
        last: inner(group.last),
        read: group.entries_read.map(u64::cast_signed),
    };
    let touches = group.consumers.iter().flat_map(|consumer| {
        let touch = |at, is_active| GroupChange::Touch {
            consumer: &consumer.name,
            at,
            is_active,
        };
        let active = (consumer.active_at >= 0).then(|| touch(consumer.active_at, true));
        active.into_iter().chain([touch(consumer.seen_at, false)])
    });
    let delivers = group.pending.iter().map(|one| GroupChange::Deliver {
        consumer: &group.consumers[one.consumer].name,
        at: one.delivered_at,
        entries: Cow::Owned(vec![(inner(one.id), one.deliveries.cast_signed())]),
    });
    [set].into_iter().chain(touches).chain(delivers)
}

const fn inner(id: StreamId) -> Id {
    Id::new(id.milliseconds, id.sequence)
}

const fn outer(id: Id) -> StreamId {
    StreamId {
        milliseconds: id.milliseconds(),
        sequence: id.sequence(),
    }
}
