//! What commands do to the keys, in a form that does the same everywhere.
//!
//! A replica, and whoever replays the log, applies effects and runs no command: times are absolute, random choices are made, and
//! what expired or was evicted is a removal like any other.

use crate::keyspace::{Header, Kind};
use crate::partition::{DATABASES, Note};
use crate::wire::{Corrupt, Reader, Writer};

/// One change of one key, or of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect<'a> {
    /// A string is under the key, whatever was there.
    Put {
        key: &'a [u8],
        expiry: Option<i64>,
        /// As which encoding it is shown, see [`crate::string`].
        shown: u8,
        value: &'a [u8],
    },
    /// Bytes of a string, of an empty one if there is none, give way to others, behind zeros if it ends before `start`.
    Splice {
        key: &'a [u8],
        start: usize,
        removed: usize,
        with: &'a [u8],
    },
    Remove {
        key: &'a [u8],
    },
    Expire {
        key: &'a [u8],
        expiry: Option<i64>,
    },
    /// All keys of the database are removed.
    Flush,
    /// The keys of the database are those of the other one from now on, and the other way round.
    Swap {
        other: usize,
    },
    /// The value of a key, with its expiry, is under another one, of a database, whatever was there; the first one goes, or keeps it.
    Carry {
        key: &'a [u8],
        to: (usize, &'a [u8]),
        keeps: bool,
    },
    /// A value of any kind is under the key, whatever was there: see [`crate::whole`].
    Whole {
        key: &'a [u8],
        expiry: Option<i64>,
        value: &'a [u8],
    },
    /// A value of the same kind as the one under the key, which is there: its elements come to those, behind them if they have an
    /// order of their own. Snapshots write large collections so.
    More {
        key: &'a [u8],
        value: &'a [u8],
    },
    /// This is noted of a string, instead of what was.
    Note {
        key: &'a [u8],
        note: Note,
    },
    /// Libraries of functions, in place of those that were.
    Functions {
        payload: &'a [u8],
    },
    /// A change of a collection of this kind follows.
    Of {
        kind: Kind,
        key: &'a [u8],
    },
}

const PUT: u8 = 1;
const SPLICE: u8 = 2;
const REMOVE: u8 = 3;
const EXPIRE: u8 = 4;
const FLUSH: u8 = 5;
const SWAP: u8 = 6;
const MOVE: u8 = 7;
const COPY: u8 = 8;
const WHOLE: u8 = 9;
const MORE: u8 = 10;
const NOTE: u8 = 11;
const FUNCTIONS: u8 = 12;
const LIST: u8 = 16;
const SET: u8 = 17;
const SORTED_SET: u8 = 18;
const HASH: u8 = 19;
const STREAM: u8 = 20;

impl<'a> Effect<'a> {
    /// Writes [`Self::Put`] of a value in parts.
    pub(crate) fn put(
        out: &mut Vec<u8>,
        database: usize,
        key: &[u8],
        header: &Header,
        parts: &[&[u8]],
    ) {
        let mut out = start(out, PUT, database);
        out.bytes(key);
        out.byte(header.shown);
        write_expiry(&mut out, header.expiry);
        out.size(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| out.0.extend_from_slice(part));
    }

    pub(crate) fn write(&self, database: usize, out: &mut Vec<u8>) {
        match *self {
            Self::Put {
                key,
                expiry,
                shown,
                value,
            } => {
                let header = Header {
                    expiry,
                    shown,
                    ..Header::new(Kind::String)
                };
                Self::put(out, database, key, &header, &[value]);
            }
            Self::Splice {
                key,
                start: from,
                removed,
                with,
            } => {
                let mut out = start(out, SPLICE, database);
                out.bytes(key);
                out.size(from);
                out.size(removed);
                out.bytes(with);
            }
            Self::Remove { key } => start(out, REMOVE, database).bytes(key),
            Self::Expire { key, expiry } => {
                let mut out = start(out, EXPIRE, database);
                out.bytes(key);
                write_expiry(&mut out, expiry);
            }
            Self::Flush => drop(start(out, FLUSH, database)),
            Self::Swap { other } => start(out, SWAP, database).byte(other as u8),
            Self::Carry { key, to, keeps } => {
                let mut out = start(out, if keeps { COPY } else { MOVE }, database);
                out.bytes(key);
                out.byte(to.0 as u8);
                out.bytes(to.1);
            }
            Self::Whole { key, expiry, value } => {
                let mut out = start(out, WHOLE, database);
                out.bytes(key);
                write_expiry(&mut out, expiry);
                out.bytes(value);
            }
            Self::More { key, value } => {
                let mut out = start(out, MORE, database);
                out.bytes(key);
                out.bytes(value);
            }
            Self::Note { key, note } => {
                let mut out = start(out, NOTE, database);
                out.bytes(key);
                write_note(&mut out, &note);
            }
            Self::Functions { payload } => start(out, FUNCTIONS, database).bytes(payload),
            Self::Of { kind, key } => {
                let op = match kind {
                    Kind::String => unreachable!("a string is no collection"),
                    Kind::List => LIST,
                    Kind::Set => SET,
                    Kind::SortedSet => SORTED_SET,
                    Kind::Hash => HASH,
                    Kind::Stream => STREAM,
                };
                start(out, op, database).bytes(key);
            }
        }
    }

    /// The next one, and the database that it is for.
    pub(crate) fn read(from: &mut Reader<'a>) -> Result<(usize, Self), Corrupt> {
        let op = from.byte()?;
        let database = read_database(from)?;
        if op == FLUSH {
            return Ok((database, Self::Flush));
        }
        if op == SWAP {
            let other = read_database(from)?;
            return Ok((database, Self::Swap { other }));
        }
        let key = from.bytes()?;
        let of = |kind| Ok(Self::Of { kind, key });
        let effect = match op {
            PUT => Ok(Self::Put {
                key,
                shown: from.byte()?,
                expiry: read_expiry(from)?,
                value: from.bytes()?,
            }),
            SPLICE => Ok(Self::Splice {
                key,
                start: from.size()?,
                removed: from.size()?,
                with: from.bytes()?,
            }),
            REMOVE => Ok(Self::Remove { key }),
            EXPIRE => Ok(Self::Expire {
                key,
                expiry: read_expiry(from)?,
            }),
            MOVE | COPY => Ok(Self::Carry {
                key,
                to: (read_database(from)?, from.bytes()?),
                keeps: op == COPY,
            }),
            WHOLE => Ok(Self::Whole {
                key,
                expiry: read_expiry(from)?,
                value: from.bytes()?,
            }),
            MORE => Ok(Self::More {
                key,
                value: from.bytes()?,
            }),
            NOTE => Ok(Self::Note {
                key,
                note: read_note(from)?,
            }),
            FUNCTIONS => Ok(Self::Functions { payload: key }),
            LIST => of(Kind::List),
            SET => of(Kind::Set),
            SORTED_SET => of(Kind::SortedSet),
            HASH => of(Kind::Hash),
            STREAM => of(Kind::Stream),
            _ => Err(Corrupt),
        };
        Ok((database, effect?))
    }
}

fn start(out: &mut Vec<u8>, op: u8, database: usize) -> Writer<'_> {
    let mut out = Writer(out);
    out.byte(op);
    out.byte(database as u8);
    out
}

fn read_database(from: &mut Reader<'_>) -> Result<usize, Corrupt> {
    let database = usize::from(from.byte()?);
    (database < DATABASES).then_some(database).ok_or(Corrupt)
}

fn write_expiry(out: &mut Writer<'_>, expiry: Option<i64>) {
    out.byte(u8::from(expiry.is_some()));
    if let Some(at) = expiry {
        out.signed(at);
    }
}

fn read_expiry(from: &mut Reader<'_>) -> Result<Option<i64>, Corrupt> {
    match from.byte()? {
        0 => Ok(None),
        1 => from.signed().map(Some),
        _ => Err(Corrupt),
    }
}

fn write_note(out: &mut Writer<'_>, note: &Note) {
    let Note {
        flags,
        cas,
        is_stale,
        is_won,
        was_read,
    } = *note;
    out.number(flags.into());
    out.number(cas);
    out.byte(u8::from(is_stale) | u8::from(is_won) << 1 | u8::from(was_read) << 2);
}

fn read_note(from: &mut Reader<'_>) -> Result<Note, Corrupt> {
    let flags = u32::try_from(from.number()?).map_err(|_| Corrupt)?;
    let cas = from.number()?;
    let bits = from.byte()?;
    if bits > 0b111 {
        return Err(Corrupt);
    }
    Ok(Note {
        flags,
        cas,
        is_stale: bits & 1 != 0,
        is_won: bits & 2 != 0,
        was_read: bits & 4 != 0,
    })
}
