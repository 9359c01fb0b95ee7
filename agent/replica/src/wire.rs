//! Frames between members: the envelope that says who speaks to whom in which cluster, and what is said.
//!
//! Layout: format version (1 byte), cluster UID (16 bytes), sender, receiver, kind (1 byte), then the kind's fields.
//! Decoding is total; a frame of another cluster, of a newer version, for another member or of another sender than the
//! transport authenticated is refused. Frames carry no checksum: the transport does not alter them unnoticed.

use bytes::Bytes;
use synod_paxos::{Ballot, Body, Change, ConfigId, Message, Node, Slot};

use crate::codec::{
    DecodeError, Reader, Writer, ballot, change, entries, put_ballot, put_change, put_entries,
    put_slot, slot,
};
use crate::{ChangeRefusal, ClusterUid, Refusal};

/// The newest version of the frame format.
pub(crate) const VERSION: u8 = 1;

/// What a frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A message of the Paxos core.
    Paxos(Message),
    /// A message between drivers.
    Driver(Peer),
}

/// Identifies one snapshot file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SnapshotName {
    /// Everything through this slot is in it.
    pub(crate) slot: Slot,
    /// Hash of the file's bytes.
    pub(crate) hash: u64,
}

/// What drivers say to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Said when a connection stands and when a leader is new: what this build can do.
    Hello {
        /// The highest feature level the sender knows.
        level_max: u32,
    },
    /// Commands in their envelopes, to be proposed by the receiver, who is believed to lead.
    Forward { commands: Vec<Bytes> },
    /// The receiver of these commands does not lead, or takes no more: try again.
    ForwardRefused {
        incarnation: u64,
        sequences: Vec<u64>,
    },
    /// Requests for the leader's soft state.
    Soft { batch: u64, requests: Vec<Bytes> },
    /// Answers to them, one for each; `None` if the receiver does not lead.
    SoftReply {
        batch: u64,
        answers: Option<Vec<Bytes>>,
    },
    /// A configuration change asked for at another member.
    Change {
        request: u64,
        expected: Option<ConfigId>,
        change: Change,
    },
    /// Answer to it: the slot and id it was proposed with.
    ChangeReply {
        request: u64,
        result: Result<(Slot, ConfigId), ChangeRefusal>,
    },
    /// A snapshot for the receiver, who says from which byte on it wants it.
    SnapshotOffer { name: SnapshotName, length: u64 },
    /// Bytes of a snapshot file from `offset` on.
    SnapshotPiece {
        name: SnapshotName,
        offset: u64,
        bytes: Bytes,
    },
    /// What the receiver has and wants.
    SnapshotAnswer {
        name: SnapshotName,
        answer: SnapshotAnswer,
    },
}

/// How far a snapshot has come at its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SnapshotAnswer {
    /// Bytes before this offset are there; send from it on.
    Next(u64),
    /// It is durable and installed, or not needed.
    Done,
    /// It cannot be taken: damaged, or no space.
    Refused,
}

/// Why a frame was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameError {
    Malformed,
    Foreign,
    Newer,
    Misaddressed,
}

impl From<DecodeError> for FrameError {
    fn from(_: DecodeError) -> Self {
        Self::Malformed
    }
}

/// Encodes a frame as parts that are sent one after the other; large commands are shared, not copied.
pub(crate) fn encode(cluster: &ClusterUid, from: Node, to: Node, said: &Said) -> Vec<Bytes> {
    let mut w = Writer::with_capacity(128);
    w.u8(VERSION);
    w.raw(&cluster.0);
    w.varint(from.0);
    w.varint(to.0);
    match said {
        Said::Paxos(message) => put_message(&mut w, message),
        Said::Driver(peer) => put_peer(&mut w, peer),
    }
    w.parts()
}

/// Decodes a frame that arrived at `me` over a connection on which the transport authenticated `peer`.
pub(crate) fn decode(
    cluster: &ClusterUid,
    me: Node,
    peer: Node,
    frame: Bytes,
) -> Result<Said, FrameError> {
    let mut r = Reader::new(frame);
    match r.u8()? {
        0 => return Err(FrameError::Malformed),
        VERSION => {}
        _ => return Err(FrameError::Newer),
    }
    if r.uid()? != cluster.0 {
        return Err(FrameError::Foreign);
    }
    let (from, to) = (Node(r.varint()?), Node(r.varint()?));
    if from != peer || to != me || from == to {
        return Err(FrameError::Misaddressed);
    }
    let kind = r.u8()?;
    let said = if kind < FIRST_PEER_KIND {
        let config = ConfigId(r.varint()?);
        let body = body(kind, &mut r)?;
        Said::Paxos(Message { from, config, body })
    } else {
        Said::Driver(self::peer(kind, &mut r)?)
    };
    r.end()?;
    Ok(said)
}

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
const FIRST_PEER_KIND: u8 = 64;
const HELLO: u8 = 64;
const FORWARD: u8 = 65;
const FORWARD_REFUSED: u8 = 66;
const SOFT: u8 = 67;
const SOFT_REPLY: u8 = 68;
const CHANGE: u8 = 69;
const CHANGE_REPLY: u8 = 70;
const SNAPSHOT_OFFER: u8 = 71;
const SNAPSHOT_PIECE: u8 = 72;
const SNAPSHOT_ANSWER: u8 = 73;

fn put_message(w: &mut Writer, message: &Message) {
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
        } => {
            head(w, ACCEPTED);
            put_ballot(w, *ballot);
            put_slot(w, *last);
            put_slot(w, *decided);
            w.bool(*gap);
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

fn body(kind: u8, r: &mut Reader) -> Result<Body, DecodeError> {
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

fn put_peer(w: &mut Writer, peer: &Peer) {
    match peer {
        Peer::Hello { level_max } => {
            w.u8(HELLO);
            w.varint(u64::from(*level_max));
        }
        Peer::Forward { commands } => {
            w.u8(FORWARD);
            put_list(w, commands);
        }
        Peer::ForwardRefused {
            incarnation,
            sequences,
        } => {
            w.u8(FORWARD_REFUSED);
            w.u64_fixed(*incarnation);
            w.varint(sequences.len() as u64);
            for sequence in sequences {
                w.varint(*sequence);
            }
        }
        Peer::Soft { batch, requests } => {
            w.u8(SOFT);
            w.varint(*batch);
            put_list(w, requests);
        }
        Peer::SoftReply { batch, answers } => {
            w.u8(SOFT_REPLY);
            w.varint(*batch);
            w.bool(answers.is_some());
            put_list(w, answers.as_deref().unwrap_or_default());
        }
        Peer::Change {
            request,
            expected,
            change,
        } => {
            w.u8(CHANGE);
            w.varint(*request);
            w.bool(expected.is_some());
            w.varint(expected.unwrap_or_default().0);
            put_change(w, change);
        }
        Peer::ChangeReply { request, result } => {
            w.u8(CHANGE_REPLY);
            w.varint(*request);
            put_change_result(w, result);
        }
        Peer::SnapshotOffer { name, length } => {
            w.u8(SNAPSHOT_OFFER);
            put_name(w, *name);
            w.varint(*length);
        }
        Peer::SnapshotPiece {
            name,
            offset,
            bytes,
        } => {
            w.u8(SNAPSHOT_PIECE);
            put_name(w, *name);
            w.varint(*offset);
            w.bytes(bytes);
        }
        Peer::SnapshotAnswer { name, answer } => {
            w.u8(SNAPSHOT_ANSWER);
            put_name(w, *name);
            match answer {
                SnapshotAnswer::Next(offset) => {
                    w.u8(0);
                    w.varint(*offset);
                }
                SnapshotAnswer::Done => w.u8(1),
                SnapshotAnswer::Refused => w.u8(2),
            }
        }
    }
}

fn peer(kind: u8, r: &mut Reader) -> Result<Peer, DecodeError> {
    Ok(match kind {
        HELLO => Peer::Hello {
            level_max: r.varint_u32()?,
        },
        FORWARD => Peer::Forward { commands: list(r)? },
        FORWARD_REFUSED => {
            let incarnation = r.u64_fixed()?;
            let count = r.count(1)?;
            let mut sequences = Vec::with_capacity(count);
            for _ in 0..count {
                sequences.push(r.varint()?);
            }
            Peer::ForwardRefused {
                incarnation,
                sequences,
            }
        }
        SOFT => Peer::Soft {
            batch: r.varint()?,
            requests: list(r)?,
        },
        SOFT_REPLY => {
            let batch = r.varint()?;
            let leads = r.bool()?;
            let answers = list(r)?;
            Peer::SoftReply {
                batch,
                answers: leads.then_some(answers),
            }
        }
        CHANGE => {
            let request = r.varint()?;
            let known = r.bool()?;
            let expected = ConfigId(r.varint()?);
            Peer::Change {
                request,
                expected: known.then_some(expected),
                change: change(r)?,
            }
        }
        CHANGE_REPLY => Peer::ChangeReply {
            request: r.varint()?,
            result: change_result(r)?,
        },
        SNAPSHOT_OFFER => Peer::SnapshotOffer {
            name: name(r)?,
            length: r.varint()?,
        },
        SNAPSHOT_PIECE => Peer::SnapshotPiece {
            name: name(r)?,
            offset: r.varint()?,
            bytes: r.bytes()?,
        },
        SNAPSHOT_ANSWER => Peer::SnapshotAnswer {
            name: name(r)?,
            answer: match r.u8()? {
                0 => SnapshotAnswer::Next(r.varint()?),
                1 => SnapshotAnswer::Done,
                2 => SnapshotAnswer::Refused,
                _ => return Err(DecodeError::Invalid("a snapshot's answer")),
            },
        },
        _ => return Err(DecodeError::Invalid("a message's kind")),
    })
}

fn put_name(w: &mut Writer, name: SnapshotName) {
    put_slot(w, name.slot);
    w.u64_fixed(name.hash);
}

fn name(r: &mut Reader) -> Result<SnapshotName, DecodeError> {
    Ok(SnapshotName {
        slot: slot(r)?,
        hash: r.u64_fixed()?,
    })
}

fn put_list(w: &mut Writer, list: &[Bytes]) {
    w.varint(list.len() as u64);
    for bytes in list {
        w.bytes(bytes);
    }
}

fn list(r: &mut Reader) -> Result<Vec<Bytes>, DecodeError> {
    // An item takes at least one byte here and thirty-two in memory: the count alone must not be believed.
    const BELIEVED_MAX: usize = 4_096;
    let count = r.count(1)?;
    let mut list = Vec::with_capacity(count.min(BELIEVED_MAX));
    for _ in 0..count {
        list.push(r.bytes()?);
    }
    Ok(list)
}

/// Words of `ChangeRefusal::NotAllowed` that cross the wire as their position here; others become the first.
pub(crate) const NOT_ALLOWED: &[&str] = &[
    "the leader does not allow this step",
    "the last voter cannot be removed",
    "a new member must be Joining or Learner",
    "the member is a voter already",
    "the member is no voter",
    "the context is too long",
];

fn put_change_result(w: &mut Writer, result: &Result<(Slot, ConfigId), ChangeRefusal>) {
    match result {
        Ok((slot, id)) => {
            w.u8(0);
            put_slot(w, *slot);
            w.varint(id.0);
        }
        Err(ChangeRefusal::Conflict { current }) => {
            w.u8(1);
            w.varint(current.0);
        }
        Err(ChangeRefusal::Busy) => w.u8(2),
        Err(ChangeRefusal::UnknownMember) => w.u8(3),
        Err(ChangeRefusal::NumberTaken) => w.u8(4),
        Err(ChangeRefusal::NotAllowed(words)) => {
            w.u8(5);
            let known = NOT_ALLOWED.iter().position(|known| known == words);
            w.varint(known.unwrap_or_default() as u64);
        }
        Err(ChangeRefusal::NotCaughtUp) => w.u8(6),
        Err(ChangeRefusal::Refused(refusal)) => {
            w.u8(7);
            w.u8(match refusal {
                Refusal::NoLeader => 0,
                Refusal::TimedOut => 1,
                Refusal::Overloaded => 2,
                Refusal::Stopped => 3,
                Refusal::TooLarge => 4,
                Refusal::LeaderChanged => 5,
            });
        }
    }
}

fn change_result(r: &mut Reader) -> Result<Result<(Slot, ConfigId), ChangeRefusal>, DecodeError> {
    Ok(match r.u8()? {
        0 => Ok((slot(r)?, ConfigId(r.varint()?))),
        1 => Err(ChangeRefusal::Conflict {
            current: ConfigId(r.varint()?),
        }),
        2 => Err(ChangeRefusal::Busy),
        3 => Err(ChangeRefusal::UnknownMember),
        4 => Err(ChangeRefusal::NumberTaken),
        5 => {
            let known = usize::try_from(r.varint()?).unwrap_or(usize::MAX);
            let words = NOT_ALLOWED.get(known).unwrap_or(&NOT_ALLOWED[0]);
            Err(ChangeRefusal::NotAllowed(words))
        }
        6 => Err(ChangeRefusal::NotCaughtUp),
        7 => Err(ChangeRefusal::Refused(match r.u8()? {
            0 => Refusal::NoLeader,
            1 => Refusal::TimedOut,
            2 => Refusal::Overloaded,
            3 => Refusal::Stopped,
            4 => Refusal::TooLarge,
            5 => Refusal::LeaderChanged,
            _ => return Err(DecodeError::Invalid("a refusal")),
        })),
        _ => return Err(DecodeError::Invalid("a change's outcome")),
    })
}
