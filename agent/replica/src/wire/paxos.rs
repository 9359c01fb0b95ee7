//! Messages of the Paxos core as bytes.

use synod_paxos::{Ballot, Body, Message, Slot};

use crate::codec::{
    DecodeError, Reader, Writer, ballot, entries, put_ballot, put_entries, put_slot, slot,
};

const CANVASS: u8 = 1;
const CANVASS_REPLY: u8 = 2;
const PREPARE: u8 = 3;
const PROMISE: u8 = 4;
const REJECT: u8 = 5;
const SYNC: u8 = 6;
const ACCEPT: u8 = 7;
const ACCEPTED: u8 = 8;
const LEARN: u8 = 9;
const FETCH: u8 = 10;
const HEARTBEAT: u8 = 11;
const HEARTBEAT_ACK: u8 = 12;
const READ_INDEX: u8 = 13;
const READ_INDEX_REPLY: u8 = 14;
const TAKE_OVER: u8 = 15;
const AMNESIA: u8 = 16;
const APPLICATION: u8 = 17;

pub(super) fn put_message(w: &mut Writer, message: &Message) {
    let head = |w: &mut Writer, kind: u8| {
        w.u8(kind);
        w.varint(message.config.0);
    };
    match &message.body {
        Body::Canvass { ballot, transfer } => {
            head(w, CANVASS);
            put_ballot(w, *ballot);
            w.bool(*transfer);
        }
        Body::CanvassReply {
            ballot,
            granted,
            promised,
        } => {
            head(w, CANVASS_REPLY);
            put_ballot(w, *ballot);
            w.bool(*granted);
            put_ballot(w, *promised);
        }
        Body::Prepare {
            ballot,
            accepted,
            last,
            transfer,
        } => {
            head(w, PREPARE);
            put_ballot(w, *ballot);
            put_ballot(w, *accepted);
            put_slot(w, *last);
            w.bool(*transfer);
        }
        Body::Promise {
            ballot,
            accepted,
            decided,
            last,
            suffix,
        } => {
            head(w, PROMISE);
            put_ballot(w, *ballot);
            put_ballot(w, *accepted);
            put_slot(w, *decided);
            put_slot(w, *last);
            put_entries(w, suffix);
        }
        Body::Reject {
            ballot,
            promised,
            decided,
        } => {
            head(w, REJECT);
            put_ballot(w, *ballot);
            put_ballot(w, *promised);
            put_slot(w, *decided);
        }
        Body::Sync {
            ballot,
            from,
            entries,
            decided,
        } => {
            head(w, SYNC);
            put_log(w, *ballot, *from, entries, *decided);
        }
        Body::Accept {
            ballot,
            from,
            entries,
            decided,
        } => {
            head(w, ACCEPT);
            put_log(w, *ballot, *from, entries, *decided);
        }
        Body::Accepted {
            ballot,
            last,
            decided,
            gap,
            attended,
        } => {
            head(w, ACCEPTED);
            put_ballot(w, *ballot);
            put_slot(w, *last);
            put_slot(w, *decided);
            w.bool(*gap);
            w.bool(*attended);
        }
        Body::Learn {
            ballot,
            from,
            entries,
            decided,
        } => {
            head(w, LEARN);
            put_log(w, *ballot, *from, entries, *decided);
        }
        Body::Fetch { ballot, after } => {
            head(w, FETCH);
            put_ballot(w, *ballot);
            put_slot(w, *after);
        }
        Body::Heartbeat {
            ballot,
            decided,
            round,
            lease,
        } => {
            head(w, HEARTBEAT);
            put_ballot(w, *ballot);
            put_slot(w, *decided);
            w.varint(*round);
            w.varint(*lease);
        }
        Body::HeartbeatAck {
            ballot,
            round,
            last,
            decided,
            leased,
        } => {
            head(w, HEARTBEAT_ACK);
            put_ballot(w, *ballot);
            w.varint(*round);
            put_slot(w, *last);
            put_slot(w, *decided);
            w.bool(*leased);
        }
        Body::ReadIndex { batch } => {
            head(w, READ_INDEX);
            w.varint(*batch);
        }
        Body::ReadIndexReply { batch, slot } => {
            head(w, READ_INDEX_REPLY);
            w.varint(*batch);
            w.bool(slot.is_some());
            put_slot(w, slot.unwrap_or_default());
        }
        Body::TakeOver { ballot } => {
            head(w, TAKE_OVER);
            put_ballot(w, *ballot);
        }
        Body::Amnesia { context, decided } => {
            head(w, AMNESIA);
            w.bytes(context);
            put_slot(w, *decided);
        }
        Body::Application(bytes) => {
            head(w, APPLICATION);
            w.bytes(bytes);
        }
    }
}

fn put_log(
    w: &mut Writer,
    ballot: Ballot,
    from: Slot,
    entries: &[synod_paxos::Entry],
    decided: Slot,
) {
    put_ballot(w, ballot);
    put_slot(w, from);
    put_slot(w, decided);
    put_entries(w, entries);
}

type LogPart = (Ballot, Slot, Slot, Vec<synod_paxos::Entry>);

/// Ballot, first slot, decided slot, entries. The first slot is at least 1.
fn log(r: &mut Reader) -> Result<LogPart, DecodeError> {
    let (ballot, from, decided) = (ballot(r)?, slot(r)?, slot(r)?);
    if from.0 == 0 {
        return Err(DecodeError::Invalid("entries from slot 0 on"));
    }
    Ok((ballot, from, decided, entries(r)?))
}

pub(super) fn body(kind: u8, r: &mut Reader) -> Result<Body, DecodeError> {
    Ok(match kind {
        CANVASS => Body::Canvass {
            ballot: ballot(r)?,
            transfer: r.bool()?,
        },
        CANVASS_REPLY => Body::CanvassReply {
            ballot: ballot(r)?,
            granted: r.bool()?,
            promised: ballot(r)?,
        },
        PREPARE => Body::Prepare {
            ballot: ballot(r)?,
            accepted: ballot(r)?,
            last: slot(r)?,
            transfer: r.bool()?,
        },
        PROMISE => Body::Promise {
            ballot: ballot(r)?,
            accepted: ballot(r)?,
            decided: slot(r)?,
            last: slot(r)?,
            suffix: entries(r)?,
        },
        REJECT => Body::Reject {
            ballot: ballot(r)?,
            promised: ballot(r)?,
            decided: slot(r)?,
        },
        SYNC => {
            let (ballot, from, decided, entries) = log(r)?;
            Body::Sync {
                ballot,
                from,
                entries,
                decided,
            }
        }
        ACCEPT => {
            let (ballot, from, decided, entries) = log(r)?;
            Body::Accept {
                ballot,
                from,
                entries,
                decided,
            }
        }
        ACCEPTED => Body::Accepted {
            ballot: ballot(r)?,
            last: slot(r)?,
            decided: slot(r)?,
            gap: r.bool()?,
            attended: r.bool()?,
        },
        LEARN => {
            let (ballot, from, decided, entries) = log(r)?;
            Body::Learn {
                ballot,
                from,
                entries,
                decided,
            }
        }
        FETCH => Body::Fetch {
            ballot: ballot(r)?,
            after: slot(r)?,
        },
        HEARTBEAT => Body::Heartbeat {
            ballot: ballot(r)?,
            decided: slot(r)?,
            round: r.varint()?,
            lease: r.varint()?,
        },
        HEARTBEAT_ACK => Body::HeartbeatAck {
            ballot: ballot(r)?,
            round: r.varint()?,
            last: slot(r)?,
            decided: slot(r)?,
            leased: r.bool()?,
        },
        READ_INDEX => Body::ReadIndex { batch: r.varint()? },
        READ_INDEX_REPLY => {
            let batch = r.varint()?;
            let known = r.bool()?;
            let slot = slot(r)?;
            Body::ReadIndexReply {
                batch,
                slot: known.then_some(slot),
            }
        }
        TAKE_OVER => Body::TakeOver { ballot: ballot(r)? },
        AMNESIA => Body::Amnesia {
            context: r.bytes()?,
            decided: slot(r)?,
        },
        APPLICATION => Body::Application(r.bytes()?),
        _ => return Err(DecodeError::Invalid("a message's kind")),
    })
}
