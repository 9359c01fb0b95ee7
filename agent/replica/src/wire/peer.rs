//! What drivers say to each other, and as bytes.

use bytes::Bytes;
use synod_paxos::{Change, ConfigId, Slot};

use crate::codec::{DecodeError, Reader, Writer, change, put_change, put_slot, slot};
use crate::{ChangeRefusal, Refusal};

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
    /// One founder to another, until all of them vote.
    Founder(Founder),
}

/// What founders tell each other before they vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Founder {
    /// The sender's disk.
    pub(crate) disk_id: u128,
    /// The receiver's disk, as the sender has durably noted it; 0 if it has not.
    pub(crate) noted: u128,
    /// How far the sender is.
    pub(crate) stage: FounderStage,
}

/// How far a founder is. Durable before it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FounderStage {
    /// Not every other founder has noted its disk.
    New,
    /// Every other founder has.
    Noted,
    /// It lost what it promised, if anything, and the group has not taken note: whom it voted with it cannot tell any more.
    Lost,
    /// It votes. It notes no other disks any more.
    Voting,
    /// It was taken in again after it had lost promises: it can vouch for nobody.
    Late,
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

/// Kinds below this are the core's.
pub(super) const FIRST_KIND: u8 = 64;
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
const FOUNDER: u8 = 74;

pub(super) fn put_peer(w: &mut Writer, peer: &Peer) {
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
        Peer::Founder(founder) => {
            w.u8(FOUNDER);
            w.u128_fixed(founder.disk_id);
            w.u128_fixed(founder.noted);
            w.u8(match founder.stage {
                FounderStage::New => 0,
                FounderStage::Noted => 1,
                FounderStage::Voting => 2,
                FounderStage::Late => 3,
                FounderStage::Lost => 4,
            });
        }
    }
}

pub(super) fn peer(kind: u8, r: &mut Reader) -> Result<Peer, DecodeError> {
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
        FOUNDER => Peer::Founder(Founder {
            disk_id: r.u128_fixed()?,
            noted: r.u128_fixed()?,
            stage: match r.u8()? {
                0 => FounderStage::New,
                1 => FounderStage::Noted,
                2 => FounderStage::Voting,
                3 => FounderStage::Late,
                4 => FounderStage::Lost,
                _ => return Err(DecodeError::Invalid("a founder's stage")),
            },
        }),
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
    "the voters that would remain are no live quorum",
    "a new member is no voter before it has caught up",
    "only a voter is demoted",
    "only a voter is swapped out",
    "no quorum could be met: the last voter stays, and quorums must fit",
    "the member is a voter already",
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
