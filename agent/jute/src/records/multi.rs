//! Several operations in one request: transactions and multiRead.
//!
//! On the wire every operation and every result has a `MultiHeader` before it: its kind (an operation's number, or -1 for
//! an error), whether it is the end, and an error code. In requests the code is -1; in results it is 0 or the error.

use bytes::BytesMut;

use super::{
    CheckVersionRequest, Create2Response, CreateRequest, CreateResponse, CreateTtlRequest,
    DeleteRequest, GetChildrenResponse, GetDataResponse, ReadRequest, SetDataRequest, Stat,
};
use crate::declare::record;
use crate::wire::{Reader, Wire};
use crate::{DecodeError, ErrorCode, OpCode, Why};

record! {
    struct Header {
        pub kind: i32,
        pub done: bool,
        pub error: i32,
    }
}

/// The kind of a result that is an error, and of the header at the end.
const NONE: i32 = -1;

/// Writes the header before an operation or result.
fn header(kind: i32, error: i32, out: &mut BytesMut) {
    let done = false;
    Header { kind, done, error }.write(out);
}

/// Writes the header at the end.
fn end(out: &mut BytesMut) {
    Header {
        kind: NONE,
        done: true,
        error: NONE,
    }
    .write(out);
}

/// Reads up to the header at the end.
fn read_all<T>(
    input: &mut Reader,
    mut one: impl FnMut(&Header, &mut Reader) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let mut all = Vec::new();
    loop {
        let header = Header::read(input, "MultiHeader")?;
        if header.done {
            return Ok(all);
        }
        all.push(one(&header, input)?);
    }
}

/// The error of a kind that stands for nothing here; the header was read just now.
fn unknown<T>(header: &Header, input: &Reader) -> Result<T, DecodeError> {
    Err(input.error(
        "MultiHeader.kind",
        Header::BYTES_MIN,
        Why::Unknown(header.kind),
    ))
}

/// One operation of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MultiOp {
    /// See [`MultiOp::effective`] for what the server makes of creations.
    Create(CreateRequest),
    /// The same on the wire.
    Create2(CreateRequest),
    /// The same on the wire.
    CreateContainer(CreateRequest),
    /// With a time to live.
    CreateTtl(CreateTtlRequest),
    /// Deletes.
    Delete(DeleteRequest),
    /// Sets data.
    SetData(SetDataRequest),
    /// Compares a version.
    Check(CheckVersionRequest),
    /// Reads names of children.
    GetChildren(ReadRequest),
    /// Reads data.
    GetData(ReadRequest),
}

impl MultiOp {
    /// The operation's kind on the wire.
    #[must_use]
    pub const fn opcode(&self) -> OpCode {
        match self {
            Self::Create(_) => OpCode::Create,
            Self::Create2(_) => OpCode::Create2,
            Self::CreateContainer(_) => OpCode::CreateContainer,
            Self::CreateTtl(_) => OpCode::CreateTtl,
            Self::Delete(_) => OpCode::Delete,
            Self::SetData(_) => OpCode::SetData,
            Self::Check(_) => OpCode::Check,
            Self::GetChildren(_) => OpCode::GetChildren,
            Self::GetData(_) => OpCode::GetData,
        }
    }

    /// What ZooKeeper does: among creations it goes by the flags, not by the kind. Flags 4 make a container, 5 and 6 a node
    /// with a time to live, all others (numbers that are no mode, too, until BADARGUMENTS stops them) a plain creation
    /// whose result has no stat. A create2 within a transaction is a create in 3.8.0, and a create2 in later releases.
    ///
    /// Flags 5 and 6 under another kind than createTTL make ZooKeeper answer the whole request with MARSHALLINGERROR, for
    /// there is no time to live to be read.
    #[must_use]
    pub const fn effective(&self) -> OpCode {
        let flags = match self {
            Self::Create(create) | Self::Create2(create) | Self::CreateContainer(create) => {
                create.flags
            }
            Self::CreateTtl(create) => create.flags,
            other => return other.opcode(),
        };
        match flags {
            4 => OpCode::CreateContainer,
            5 | 6 => OpCode::CreateTtl,
            _ => OpCode::Create,
        }
    }

    /// Whether it only reads.
    #[must_use]
    pub const fn reads(&self) -> bool {
        matches!(self, Self::GetChildren(_) | Self::GetData(_))
    }

    fn read(header: &Header, input: &mut Reader) -> Result<Self, DecodeError> {
        Ok(match OpCode::of_number(header.kind) {
            Some(OpCode::Create) => Self::Create(input.read("")?),
            Some(OpCode::Create2) => Self::Create2(input.read("")?),
            Some(OpCode::CreateContainer) => Self::CreateContainer(input.read("")?),
            Some(OpCode::CreateTtl) => Self::CreateTtl(input.read("")?),
            Some(OpCode::Delete) => Self::Delete(input.read("")?),
            Some(OpCode::SetData) => Self::SetData(input.read("")?),
            Some(OpCode::Check) => Self::Check(input.read("")?),
            Some(OpCode::GetChildren) => Self::GetChildren(input.read("")?),
            Some(OpCode::GetData) => Self::GetData(input.read("")?),
            _ => return unknown(header, input),
        })
    }

    fn write(&self, out: &mut BytesMut) {
        header(self.opcode().number(), NONE, out);
        match self {
            Self::Create(body) | Self::Create2(body) | Self::CreateContainer(body) => {
                body.write(out);
            }
            Self::CreateTtl(body) => body.write(out),
            Self::Delete(body) => body.write(out),
            Self::SetData(body) => body.write(out),
            Self::Check(body) => body.write(out),
            Self::GetChildren(body) | Self::GetData(body) => body.write(out),
        }
    }
}

/// Of multi and multiRead. One with reads and writes is an error of decoding.
///
/// A multi of reads, and a multiRead of writes, can be read but not done: MARSHALLINGERROR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiRequest {
    /// The operations, in their order; maybe none.
    pub ops: Vec<MultiOp>,
}

impl Wire for MultiRequest {
    const BYTES_MIN: usize = Header::BYTES_MIN;

    fn read(input: &mut Reader, _: &'static str) -> Result<Self, DecodeError> {
        let mut reads = None;
        let ops = read_all(input, |header, input| {
            let op = MultiOp::read(header, input)?;
            if *reads.get_or_insert(op.reads()) == op.reads() {
                Ok(op)
            } else {
                Err(input.error("MultiRequest", 0, Why::Mixed))
            }
        })?;
        Ok(Self { ops })
    }

    fn write(&self, out: &mut BytesMut) {
        for op in &self.ops {
            op.write(out);
        }
        end(out);
    }
}

/// The result of one operation of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpResult {
    /// Of a plain creation.
    Create(CreateResponse),
    /// Of the creation of a container or of a node with a time to live; both are written as create2.
    Create2(Create2Response),
    /// Of delete.
    Delete,
    /// Of setData.
    SetData(Stat),
    /// Of check.
    Check,
    /// Of getChildren.
    GetChildren(GetChildrenResponse),
    /// Of getData.
    GetData(GetDataResponse),
    /// In a transaction that failed every result is one: OK before the operation that failed, its error, and
    /// RUNTIMEINCONSISTENCY after it. In a multiRead each stands for itself.
    Error(ErrorCode),
}

impl OpResult {
    fn read(header: &Header, input: &mut Reader) -> Result<Self, DecodeError> {
        if header.kind == NONE {
            return Ok(Self::Error(input.read("ErrorResponse.err")?));
        }
        Ok(match OpCode::of_number(header.kind) {
            Some(OpCode::Create) => Self::Create(input.read("")?),
            Some(OpCode::Create2) => Self::Create2(input.read("")?),
            Some(OpCode::Delete) => Self::Delete,
            Some(OpCode::SetData) => Self::SetData(input.read("")?),
            Some(OpCode::Check) => Self::Check,
            Some(OpCode::GetChildren) => Self::GetChildren(input.read("")?),
            Some(OpCode::GetData) => Self::GetData(input.read("")?),
            _ => return unknown(header, input),
        })
    }

    fn write(&self, out: &mut BytesMut) {
        let mut header = |opcode: OpCode| header(opcode.number(), 0, out);
        match self {
            Self::Create(_) => header(OpCode::Create),
            Self::Create2(_) => header(OpCode::Create2),
            Self::Delete => header(OpCode::Delete),
            Self::SetData(_) => header(OpCode::SetData),
            Self::Check => header(OpCode::Check),
            Self::GetChildren(_) => header(OpCode::GetChildren),
            Self::GetData(_) => header(OpCode::GetData),
            Self::Error(error) => self::header(NONE, error.number(), out),
        }
        match self {
            Self::Create(body) => body.write(out),
            Self::Create2(body) => body.write(out),
            Self::Delete | Self::Check => {}
            Self::SetData(stat) => stat.write(out),
            Self::GetChildren(body) => body.write(out),
            Self::GetData(body) => body.write(out),
            Self::Error(error) => error.write(out),
        }
    }
}

/// To multi and multiRead. The reply's header says OK even if the transaction failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiResponse {
    /// A result for each operation.
    pub results: Vec<OpResult>,
}

impl Wire for MultiResponse {
    const BYTES_MIN: usize = Header::BYTES_MIN;

    fn read(input: &mut Reader, _: &'static str) -> Result<Self, DecodeError> {
        let results = read_all(input, OpResult::read)?;
        Ok(Self { results })
    }

    fn write(&self, out: &mut BytesMut) {
        for result in &self.results {
            result.write(out);
        }
        end(out);
    }
}
