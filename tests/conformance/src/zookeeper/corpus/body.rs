//! What is within a reply: vectors that have no order, and stats.

use bytes::Bytes;
use synod_jute::records::{Acl, ClientInfo, Stat};
use synod_jute::wire::{Reader, Wire};
use synod_jute::{DecodeError, ErrorCode, OpCode, ReplyHeader, Text};

/// A reply's bytes with what has no order sorted, and where its stats are.
pub(super) struct Body {
    pub(super) frame: Bytes,
    /// Their offsets.
    pub(super) stats: Vec<usize>,
}

/// Walks through a reply.
struct Walk {
    input: Reader,
    bytes: Vec<u8>,
    stats: Vec<usize>,
}

/// Sorts what has no order in a reply, and finds its stats.
pub(super) fn body(
    opcode: Option<OpCode>,
    frame: &Bytes,
    unordered: bool,
) -> Result<Body, DecodeError> {
    let mut walk = Walk {
        input: Reader::new(frame.clone()),
        bytes: frame.to_vec(),
        stats: Vec::new(),
    };
    let header: ReplyHeader = walk.input.read("header")?;
    if let Some(opcode) = opcode.filter(|_| header.error == ErrorCode::Ok) {
        walk.response(opcode, unordered)?;
    }
    Ok(Body {
        frame: walk.bytes.into(),
        stats: walk.stats,
    })
}

impl Walk {
    fn response(&mut self, opcode: OpCode, unordered: bool) -> Result<(), DecodeError> {
        match opcode {
            OpCode::Exists | OpCode::SetData | OpCode::SetAcl => self.stat(),
            OpCode::Create2 | OpCode::CreateContainer | OpCode::CreateTtl => {
                self.input.read::<Text>("path")?;
                self.stat()
            }
            OpCode::GetData => {
                self.input.read::<Option<Bytes>>("data")?;
                self.stat()
            }
            OpCode::GetAcl => {
                self.vector::<Acl>(unordered)?;
                self.stat()
            }
            OpCode::GetChildren | OpCode::GetEphemerals => self.vector::<Text>(true),
            OpCode::GetChildren2 => {
                self.vector::<Text>(true)?;
                self.stat()
            }
            OpCode::WhoAmI => self.vector::<ClientInfo>(true),
            OpCode::Multi | OpCode::MultiRead => self.results(),
            _ => Ok(()),
        }
    }

    fn stat(&mut self) -> Result<(), DecodeError> {
        self.stats.push(self.input.offset());
        self.input.read::<Stat>("stat").map(drop)
    }

    /// A vector, whose elements are sorted by their bytes if they have no order.
    fn vector<T: Wire>(&mut self, sort: bool) -> Result<(), DecodeError> {
        let count: i32 = self.input.read("count")?;
        let (begin, mut elements) = (self.input.offset(), Vec::new());
        for _ in 0..count {
            let start = self.input.offset();
            self.input.read::<T>("element")?;
            elements.push(self.bytes[start..self.input.offset()].to_vec());
        }
        if sort {
            elements.sort();
            let sorted = elements.concat();
            self.bytes[begin..begin + sorted.len()].copy_from_slice(&sorted);
        }
        Ok(())
    }

    fn results(&mut self) -> Result<(), DecodeError> {
        loop {
            let kind: i32 = self.input.read("kind")?;
            let done: bool = self.input.read("done")?;
            self.input.read::<i32>("error")?;
            if done {
                return Ok(());
            }
            match OpCode::of_number(kind) {
                Some(OpCode::Create) => self.input.read::<Text>("path").map(drop)?,
                Some(opcode) => self.response(opcode, false)?,
                None => self.input.read::<i32>("error").map(drop)?,
            }
        }
    }
}
