//! Frames between members: the envelope that says who speaks to whom in which cluster, and what is said.
//!
//! Layout: format version (1 byte), cluster UID (16 bytes), sender, receiver, kind (1 byte), then the kind's fields.
//! Decoding is total; a frame of another cluster, of a newer version, for another member or of another sender than the
//! transport authenticated is refused. Frames carry no checksum: the transport does not alter them unnoticed.

mod paxos;
mod peer;

use bytes::Bytes;
use synod_paxos::{ConfigId, Message, Node};

use crate::ClusterUid;
use crate::codec::{DecodeError, Reader, Writer};
pub(crate) use peer::{Founder, FounderStage, Peer, SnapshotAnswer, SnapshotName};

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
        Said::Paxos(message) => paxos::put_message(&mut w, message),
        Said::Driver(peer) => peer::put_peer(&mut w, peer),
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
    let said = if kind < peer::FIRST_KIND {
        let config = ConfigId(r.varint()?);
        let body = paxos::body(kind, &mut r)?;
        Said::Paxos(Message { from, config, body })
    } else {
        Said::Driver(peer::peer(kind, &mut r)?)
    };
    r.end()?;
    Ok(said)
}

/// The message of the Paxos core that a frame carries, if it carries one: for those who watch the wire (the simulator
/// checks that nobody contradicts a promise). Checks nothing about who it is from or for.
#[must_use]
pub fn overhear(frame: &Bytes) -> Option<Message> {
    let mut r = Reader::new(frame.clone());
    let version = r.u8().ok()?;
    r.uid().ok()?;
    let (from, _) = (Node(r.varint().ok()?), r.varint().ok()?);
    let kind = r.u8().ok()?;
    if version != VERSION || kind >= peer::FIRST_KIND {
        return None;
    }
    let config = ConfigId(r.varint().ok()?);
    let body = paxos::body(kind, &mut r).ok()?;
    Some(Message { from, config, body })
}
