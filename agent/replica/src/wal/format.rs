//! Records of the driver's write-ahead log, in the bodies of `framing`'s batches: each group, kind, fields.

use bytes::Bytes;
use synod_paxos::{Record, Slot};

use crate::codec::{
    DecodeError, Reader, Writer, ballot, entries, put_ballot, put_entries, put_slot, slot,
};

const PROMISE: u8 = 1;
const SYNC: u8 = 2;
const APPEND: u8 = 3;
const LEARN: u8 = 4;

/// Appends a record to a batch's body.
pub(crate) fn put_record(w: &mut Writer, group: u32, record: &Record) {
    w.varint(u64::from(group));
    match record {
        Record::Promise { ballot } => {
            w.u8(PROMISE);
            put_ballot(w, *ballot);
        }
        Record::Sync {
            ballot,
            from,
            entries,
            decided,
        } => {
            w.u8(SYNC);
            put_ballot(w, *ballot);
            put_slot(w, *from);
            put_slot(w, *decided);
            put_entries(w, entries);
        }
        Record::Append {
            ballot,
            from,
            entries,
            decided,
        } => {
            w.u8(APPEND);
            put_ballot(w, *ballot);
            put_slot(w, *from);
            put_slot(w, *decided);
            put_entries(w, entries);
        }
        Record::Learn { from, entries } => {
            w.u8(LEARN);
            put_slot(w, *from);
            put_entries(w, entries);
        }
    }
}

/// Decodes the records of a body.
pub(crate) fn records(body: Bytes, into: &mut Vec<(u32, Record)>) -> Result<(), DecodeError> {
    let mut r = Reader::new(body);
    while r.remaining() > 0 {
        let group = r.varint_u32()?;
        let record = match r.u8()? {
            PROMISE => Record::Promise {
                ballot: ballot(&mut r)?,
            },
            kind @ (SYNC | APPEND) => {
                let (ballot, from, decided) = (ballot(&mut r)?, slot(&mut r)?, slot(&mut r)?);
                let entries = entries(&mut r)?;
                if kind == SYNC {
                    Record::Sync {
                        ballot,
                        from,
                        entries,
                        decided,
                    }
                } else {
                    Record::Append {
                        ballot,
                        from,
                        entries,
                        decided,
                    }
                }
            }
            LEARN => Record::Learn {
                from: slot(&mut r)?,
                entries: entries(&mut r)?,
            },
            _ => return Err(DecodeError::Invalid("a record's kind")),
        };
        into.push((group, record));
    }
    Ok(())
}

/// The last slot that a record says something about, 0 if none.
pub(crate) fn last_slot(record: &Record) -> Slot {
    match record {
        Record::Promise { .. } => Slot(0),
        Record::Sync { from, entries, .. }
        | Record::Append { from, entries, .. }
        | Record::Learn { from, entries } => {
            Slot((from.0 + entries.len() as u64).saturating_sub(1))
        }
    }
}
