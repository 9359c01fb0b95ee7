//! What is around every command in the log: who asked, when, under which rules.
//!
//! Layout: format version (1 byte), kind (1 byte), the leader's time (8 bytes, fixed so that a leader can stamp what was
//! forwarded), then origin incarnation (8 bytes), sequence, floor, feature level, user, auth revision, fencing token,
//! trace id, and the command to the end. The layout is fixed from the first release; fields not used yet are empty.

use bytes::{Bytes, BytesMut};
use synod_paxos::Slot;

use crate::codec::{DecodeError, Reader, Writer, put_slot, slot};

/// The newest version of the envelope.
pub(crate) const VERSION: u8 = 1;

const TIME: std::ops::Range<usize> = 2..10;

/// Who asked for a command: a process, and a number that the process gave it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Drawn at random by each process; 0 is nobody (a leader's own commands), which is never deduplicated.
    pub(crate) incarnation: u64,
    /// Grows by one with each command of the incarnation, from 1.
    pub(crate) sequence: u64,
    /// The lowest sequence whose answer the origin still waits for.
    pub(crate) floor: u64,
}

/// A command as it is in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) origin: Origin,
    /// The leader's wall clock when it proposed the command, in milliseconds since 1970.
    pub(crate) time_ms: u64,
    /// The feature level the origin acted under.
    pub(crate) level: u32,
    /// Who is asking; empty while there is no authentication.
    pub(crate) user: Bytes,
    /// The revision of the permissions that the front end checked.
    pub(crate) auth_revision: u64,
    /// The fencing token that the command is bound to; empty for none.
    pub(crate) fence: Bytes,
    /// For tracing; empty for none.
    pub(crate) trace: Bytes,
    pub(crate) carried: Carried,
}

/// What an envelope carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    /// A command for the machine.
    Machine(Bytes),
    /// A command for the driver.
    Control(Control),
}

impl Default for Carried {
    fn default() -> Self {
        Self::Machine(Bytes::new())
    }
}

/// Commands for the replicated part of the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// Raises the feature level; never lowers it.
    RaiseLevel { level: u32 },
    /// The leader's state after `slot` had this digest: compare.
    Check { slot: Slot, digest: u64 },
}

impl Envelope {
    pub(crate) fn encode(&self) -> Bytes {
        let command = match &self.carried {
            Carried::Machine(command) => command.len(),
            Carried::Control(_) => 16,
        };
        let mut w = Writer::with_capacity(48 + command);
        w.u8(VERSION);
        w.u8(match self.carried {
            Carried::Machine(_) => 0,
            Carried::Control(_) => 1,
        });
        w.u64_fixed(self.time_ms);
        w.u64_fixed(self.origin.incarnation);
        w.varint(self.origin.sequence);
        w.varint(self.origin.floor);
        w.varint(u64::from(self.level));
        w.bytes(&self.user);
        w.varint(self.auth_revision);
        w.bytes(&self.fence);
        w.bytes(&self.trace);
        match &self.carried {
            Carried::Machine(command) => w.raw(command),
            Carried::Control(Control::RaiseLevel { level }) => {
                w.u8(1);
                w.varint(u64::from(*level));
            }
            Carried::Control(Control::Check { slot, digest }) => {
                w.u8(2);
                put_slot(&mut w, *slot);
                w.u64_fixed(*digest);
            }
        }
        w.whole()
    }

    pub(crate) fn decode(bytes: &Bytes) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes.clone());
        let version = r.u8()?;
        if version > VERSION {
            return Err(DecodeError::Newer {
                found: u32::from(version),
                known: u32::from(VERSION),
            });
        }
        if version == 0 {
            return Err(DecodeError::Invalid("an envelope's version"));
        }
        let kind = r.u8()?;
        let mut envelope = Self {
            time_ms: r.u64_fixed()?,
            origin: Origin {
                incarnation: r.u64_fixed()?,
                sequence: r.varint()?,
                floor: r.varint()?,
            },
            level: r.varint_u32()?,
            user: r.bytes()?,
            auth_revision: r.varint()?,
            fence: r.bytes()?,
            trace: r.bytes()?,
            carried: Carried::default(),
        };
        envelope.carried = match kind {
            0 => Carried::Machine(r.rest()),
            1 => Carried::Control(control(&mut r)?),
            _ => return Err(DecodeError::Invalid("an envelope's kind")),
        };
        Ok(envelope)
    }
}

fn control(r: &mut Reader) -> Result<Control, DecodeError> {
    let control = match r.u8()? {
        1 => Control::RaiseLevel {
            level: r.varint_u32()?,
        },
        2 => Control::Check {
            slot: slot(r)?,
            digest: r.u64_fixed()?,
        },
        _ => return Err(DecodeError::Invalid("a control command's kind")),
    };
    r.end()?;
    Ok(control)
}

/// A forwarded command with the leader's time in it.
pub(crate) fn stamped(forwarded: &Bytes, time_ms: u64) -> Bytes {
    let mut bytes = BytesMut::from(&forwarded[..]);
    if let Some(time) = bytes.get_mut(TIME) {
        time.copy_from_slice(&time_ms.to_le_bytes());
    }
    bytes.freeze()
}

/// The origin of an encoded command, without decoding the rest; `None` if it is none.
pub(crate) fn origin(bytes: &Bytes) -> Option<Origin> {
    let mut r = Reader::new(bytes.clone());
    r.raw(TIME.end).ok()?;
    Some(Origin {
        incarnation: r.u64_fixed().ok()?,
        sequence: r.varint().ok()?,
        floor: r.varint().ok()?,
    })
}
