//! What can be done to a stream, with all ids, times and counts.

use std::borrow::Cow;

use super::id::Id;
use crate::wire::{Corrupt, Reader, Writer};

/// What can be done to a stream. Each makes the stream if there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StreamChange<'a> {
    /// There is a stream.
    Make,
    /// An entry comes. `fields` are names and values.
    Add { id: Id, fields: Cow<'a, [&'a [u8]]> },
    /// Entries go.
    Remove { ids: Cow<'a, [Id]> },
    /// So many entries go, the first ones.
    Trim { count: u64 },
    /// The id of the last entry, how many there were, and the greatest id of those that were removed are these.
    Set { last: Id, added: u64, removed: Id },
    /// A change of this group.
    Group {
        name: &'a [u8],
        change: GroupChange<'a>,
    },
}

/// What can be done to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GroupChange<'a> {
    /// There is one, up to whose last delivered entry there were so many; as in Redis, -1 stands for nobody knows.
    Set { last: Id, read: Option<i64> },
    /// It goes.
    Remove,
    /// This consumer asked for something, and was given something or not.
    Touch {
        consumer: &'a [u8],
        at: i64,
        is_active: bool,
    },
    /// The consumer goes.
    RemoveConsumer { consumer: &'a [u8] },
    /// These entries were delivered to the consumer, each for so many times.
    Deliver {
        consumer: &'a [u8],
        at: i64,
        entries: Cow<'a, [(Id, i64)]>,
    },
    /// These entries are pending no more.
    Acknowledge { ids: Cow<'a, [Id]> },
}

const MAKE: u8 = 1;
const ADD: u8 = 2;
const REMOVE: u8 = 3;
const TRIM: u8 = 4;
const SET: u8 = 5;
const GROUP_SET: u8 = 16;
const GROUP_REMOVE: u8 = 17;
const TOUCH: u8 = 18;
const REMOVE_CONSUMER: u8 = 19;
const DELIVER: u8 = 20;
const ACKNOWLEDGE: u8 = 21;

impl<'a> StreamChange<'a> {
    /// A change of a group.
    pub(crate) const fn of(name: &'a [u8], change: GroupChange<'a>) -> Self {
        Self::Group { name, change }
    }

    pub(super) fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Make => out.byte(MAKE),
            Self::Add { id, fields } => {
                out.byte(ADD);
                write_id(*id, out);
                out.size(fields.len());
                fields.iter().for_each(|part| out.bytes(part));
            }
            Self::Remove { ids } => {
                out.byte(REMOVE);
                write_ids(ids, out);
            }
            Self::Trim { count } => {
                out.byte(TRIM);
                out.number(*count);
            }
            Self::Set {
                last,
                added,
                removed,
            } => {
                out.byte(SET);
                write_id(*last, out);
                out.number(*added);
                write_id(*removed, out);
            }
            Self::Group { name, change } => change.write(name, out),
        }
    }

    pub(super) fn read(from: &mut Reader<'a>) -> Result<Self, Corrupt> {
        Ok(match from.byte()? {
            MAKE => Self::Make,
            ADD => Self::Add {
                id: read_id(from)?,
                fields: read_fields(from)?,
            },
            REMOVE => Self::Remove {
                ids: read_ids(from)?,
            },
            TRIM => Self::Trim {
                count: from.number()?,
            },
            SET => Self::Set {
                last: read_id(from)?,
                added: from.number()?,
                removed: read_id(from)?,
            },
            op => Self::Group {
                name: from.bytes()?,
                change: GroupChange::read(op, from)?,
            },
        })
    }
}

impl<'a> GroupChange<'a> {
    fn write(&self, group: &[u8], out: &mut Writer<'_>) {
        out.byte(match self {
            Self::Set { .. } => GROUP_SET,
            Self::Remove => GROUP_REMOVE,
            Self::Touch { .. } => TOUCH,
            Self::RemoveConsumer { .. } => REMOVE_CONSUMER,
            Self::Deliver { .. } => DELIVER,
            Self::Acknowledge { .. } => ACKNOWLEDGE,
        });
        out.bytes(group);
        match self {
            Self::Set { last, read } => {
                write_id(*last, out);
                out.signed(read.unwrap_or(-1));
            }
            Self::Remove => {}
            Self::Touch {
                consumer,
                at,
                is_active,
            } => {
                out.bytes(consumer);
                out.signed(*at);
                out.byte(u8::from(*is_active));
            }
            Self::RemoveConsumer { consumer } => out.bytes(consumer),
            Self::Deliver {
                consumer,
                at,
                entries,
            } => {
                out.bytes(consumer);
                out.signed(*at);
                out.size(entries.len());
                for (id, count) in entries.iter() {
                    write_id(*id, out);
                    out.signed(*count);
                }
            }
            Self::Acknowledge { ids } => write_ids(ids, out),
        }
    }

    fn read(op: u8, from: &mut Reader<'a>) -> Result<Self, Corrupt> {
        Ok(match op {
            GROUP_SET => Self::Set {
                last: read_id(from)?,
                read: Some(from.signed()?),
            },
            GROUP_REMOVE => Self::Remove,
            TOUCH => Self::Touch {
                consumer: from.bytes()?,
                at: from.signed()?,
                is_active: from.byte()? == 1,
            },
            REMOVE_CONSUMER => Self::RemoveConsumer {
                consumer: from.bytes()?,
            },
            DELIVER => Self::Deliver {
                consumer: from.bytes()?,
                at: from.signed()?,
                entries: read_all(from, |from| Ok((read_id(from)?, from.signed()?)))?,
            },
            ACKNOWLEDGE => Self::Acknowledge {
                ids: read_ids(from)?,
            },
            _ => return Err(Corrupt),
        })
    }
}

fn write_id(id: Id, out: &mut Writer<'_>) {
    out.number(id.milliseconds());
    out.number(id.sequence());
}

fn read_id(from: &mut Reader<'_>) -> Result<Id, Corrupt> {
    Ok(Id::new(from.number()?, from.number()?))
}

fn write_ids(ids: &[Id], out: &mut Writer<'_>) {
    out.size(ids.len());
    ids.iter().for_each(|id| write_id(*id, out));
}

fn read_ids<'a>(from: &mut Reader<'a>) -> Result<Cow<'a, [Id]>, Corrupt> {
    read_all(from, read_id)
}

fn read_fields<'a>(from: &mut Reader<'a>) -> Result<Cow<'a, [&'a [u8]]>, Corrupt> {
    let fields = read_all(from, Reader::bytes)?;
    if fields.len() % 2 == 1 {
        return Err(Corrupt);
    }
    Ok(fields)
}

/// As many as are said to follow.
fn read_all<'a, T: Clone>(
    from: &mut Reader<'a>,
    read: impl Fn(&mut Reader<'a>) -> Result<T, Corrupt>,
) -> Result<Cow<'a, [T]>, Corrupt> {
    let count = from.size()?;
    let all: Result<Vec<_>, _> = (0..count).map(|_| read(from)).collect();
    Ok(Cow::Owned(all?))
}
