//! Requests that go through the log.

use synod_jute::records::{
    Create2Response, CreateRequest, CreateResponse, CreateTtlRequest, MultiOp, MultiRequest,
    MultiResponse, OpResult,
};
use synod_jute::{
    Answer as Refused, ErrorCode, OpCode, Refusal, Reply, Request, RequestHeader, Response, Text,
};
use synod_znode::{Answer, Done, MULTI_OPS_MAX, MultiFailure, Op, Outcome, Write};

use super::connection::Connection;
use super::errors::code;
use super::records;

/// What came in a frame.
pub(super) type Asked = Result<(RequestHeader, Request), Refusal>;

/// What is owed for a request that is on its way.
pub(super) struct Owed {
    header: RequestHeader,
    opcode: OpCode,
    /// Of a transaction: each operation as the server takes it.
    ops: Vec<OpCode>,
    /// Of what is refused whatever the state is.
    refused: ErrorCode,
}

impl Owed {
    /// The request's header.
    pub(super) const fn header(&self) -> RequestHeader {
        self.header
    }
}

/// Whether a request goes through the log: what it is refused with has a zxid of its own.
pub(super) fn is_write(asked: &Asked) -> bool {
    match asked {
        Ok((_, request)) => matches!(
            request,
            Request::Create(_)
                | Request::Create2(_)
                | Request::CreateContainer(_)
                | Request::CreateTtl(_)
                | Request::Delete(_)
                | Request::SetData(_)
                | Request::SetAcl(_)
                | Request::Check(_)
                | Request::Multi(_)
                | Request::Reconfig(_)
                | Request::DeleteContainer
        ),
        Err(refusal) => matches!(refusal.answer(), Refused::ReplyToWrite(_)),
    }
}

/// Whether a transaction has operations that it may have, and no more than a command takes.
fn can_be_done(multi: &MultiRequest) -> bool {
    multi.ops.len() <= MULTI_OPS_MAX && multi.ops.iter().all(is_transactional)
}

/// Whether a transaction may have this operation: no reads, and no time to live where there is none to be read.
fn is_transactional(op: &MultiOp) -> bool {
    let timed = op.effective() == OpCode::CreateTtl && op.opcode() != OpCode::CreateTtl;
    !op.reads() && !timed
}

/// What a write asks of the store, and what is owed for it; `None` for what is no write.
pub(super) fn write_of(asked: Asked) -> Option<(Owed, Write)> {
    let (header, request) = match asked {
        Ok(asked) => asked,
        Err(refusal) => return unreadable(&refusal),
    };
    let mut owed = Owed {
        header,
        opcode: request.opcode(),
        ops: Vec::new(),
        refused: ErrorCode::Ok,
    };
    let write = match request {
        Request::Multi(multi) if can_be_done(&multi) => {
            owed.ops = multi.ops.iter().map(MultiOp::effective).collect();
            Write::Multi(multi.ops.into_iter().filter_map(op).collect())
        }
        Request::Multi(_) => owed.refuse(ErrorCode::MarshallingError),
        // Members come and go by the operator alone.
        Request::Reconfig(_) => owed.refuse(ErrorCode::ReconfigDisabled),
        Request::DeleteContainer => owed.refuse(ErrorCode::BadArguments),
        request => Write::One(single(request)?),
    };
    Some((owed, write))
}

impl Owed {
    fn refuse(&mut self, error: ErrorCode) -> Write {
        self.refused = error;
        Write::Refused
    }
}

fn unreadable(refusal: &Refusal) -> Option<(Owed, Write)> {
    let (Refusal::Body { header, opcode, .. }, Refused::ReplyToWrite(error)) =
        (refusal, refusal.answer())
    else {
        return None;
    };
    let owed = Owed {
        header: *header,
        opcode: *opcode,
        ops: Vec::new(),
        refused: error,
    };
    Some((owed, Write::Refused))
}

/// A request of one operation.
fn single(request: Request) -> Option<Op> {
    Some(match request {
        Request::Create(mut create) | Request::Create2(mut create) => {
            // Flags of a container alone make none: its kind of request does. What would be deleted some day by itself, and
            // is not in ZooKeeper, is worse than what stays.
            if create.flags == CONTAINER {
                create.flags = PERSISTENT;
            }
            creation(create)
        }
        Request::CreateContainer(mut create) => {
            // Its kind says what it is, and the flags whether it gets a number; one that gets it stays.
            create.flags = match create.flags {
                0 | 1 | CONTAINER => CONTAINER,
                2 | 3 => SEQUENTIAL,
                _ => NO_MODE,
            };
            creation(create)
        }
        Request::CreateTtl(mut create) => {
            if !matches!(create.flags, 5 | 6) {
                create.flags = NO_MODE;
            }
            timed_creation(create)
        }
        Request::Delete(delete) => op(MultiOp::Delete(delete))?,
        Request::SetData(set) => op(MultiOp::SetData(set))?,
        Request::Check(check) => op(MultiOp::Check(check))?,
        Request::SetAcl(set) => Op::SetAcl {
            path: text(&set.path),
            acl: records::acl(set.acl),
            version: set.version,
        },
        _ => return None,
    })
}

/// Flags of creation, as on the wire.
const PERSISTENT: i32 = 0;
const SEQUENTIAL: i32 = 2;
const CONTAINER: i32 = 4;
/// A number that stands for no mode.
const NO_MODE: i32 = -1;

fn text(text: &Text) -> String {
    text.as_str().to_owned()
}

fn creation(create: CreateRequest) -> Op {
    Op::Create {
        path: text(&create.path),
        data: create.data,
        acl: records::acl(create.acl),
        flags: create.flags,
        // There is none: modes that want one are refused.
        ttl_ms: -1,
    }
}

fn timed_creation(create: CreateTtlRequest) -> Op {
    Op::Create {
        path: text(&create.path),
        data: create.data,
        acl: records::acl(create.acl),
        flags: create.flags,
        ttl_ms: create.ttl_ms,
    }
}

fn op(op: MultiOp) -> Option<Op> {
    Some(match op {
        MultiOp::Create(create) | MultiOp::Create2(create) | MultiOp::CreateContainer(create) => {
            creation(create)
        }
        MultiOp::CreateTtl(create) => timed_creation(create),
        MultiOp::Delete(delete) => Op::Delete {
            path: text(&delete.path),
            version: delete.version,
        },
        MultiOp::SetData(set) => Op::SetData {
            path: text(&set.path),
            data: set.data,
            version: set.version,
        },
        MultiOp::Check(check) => Op::Check {
            path: text(&check.path),
            version: check.version,
        },
        MultiOp::GetChildren(_) | MultiOp::GetData(_) => return None,
    })
}

/// Puts the answer to a write into the outbox.
pub(super) fn answer(connection: &Connection, owed: Owed, answer: Answer) {
    let (xid, zxid) = (owed.header.xid, records::zxid(answer.zxid));
    let reply = match answer.outcome {
        Outcome::One(Ok(done)) => match response(owed.opcode, done) {
            Some(response) => Reply::ok(xid, zxid, response),
            // ZooKeeper never answers a check that succeeds.
            None => return,
        },
        Outcome::One(Err(error)) => Reply::failed(xid, zxid, code(error)),
        Outcome::Void => Reply::failed(xid, zxid, owed.refused),
        Outcome::Multi(done) => Reply::ok(xid, zxid, Response::Multi(results(&owed.ops, done))),
        Outcome::Refused(synod_znode::Error::SessionMoved) => return connection.outbox.end(),
        Outcome::Refused(error) => {
            let reply = Reply::failed(xid, zxid, code(error));
            connection.outbox.put(|out| reply.encode(out));
            return connection.outbox.end();
        }
    };
    connection.outbox.put(|out| reply.encode(out));
}

fn response(opcode: OpCode, done: Done) -> Option<Response> {
    Some(match done {
        Done::Created { path, stat } => match opcode {
            OpCode::Create => Response::Create(CreateResponse { path: path.into() }),
            _ => Response::Create2(Create2Response {
                path: path.into(),
                stat: records::stat(&stat),
            }),
        },
        Done::Set { stat } => Response::Stat(records::stat(&stat)),
        Done::Deleted => Response::None,
        Done::Checked => return None,
    })
}

fn results(ops: &[OpCode], done: Result<Vec<Done>, MultiFailure>) -> MultiResponse {
    let results = match done {
        Ok(done) => ops
            .iter()
            .zip(done)
            .map(|(opcode, done)| result(*opcode, done))
            .collect(),
        Err(failure) => (0..ops.len())
            .map(|index| OpResult::Error(failed(index, failure)))
            .collect(),
    };
    MultiResponse { results }
}

/// Of a transaction that failed: each operation's error.
fn failed(index: usize, failure: MultiFailure) -> ErrorCode {
    match index.cmp(&failure.index) {
        std::cmp::Ordering::Less => ErrorCode::Ok,
        std::cmp::Ordering::Equal => code(failure.error),
        std::cmp::Ordering::Greater => ErrorCode::RuntimeInconsistency,
    }
}

fn result(opcode: OpCode, done: Done) -> OpResult {
    match done {
        Done::Created { path, .. } if opcode == OpCode::Create => {
            OpResult::Create(CreateResponse { path: path.into() })
        }
        Done::Created { path, stat } => OpResult::Create2(Create2Response {
            path: path.into(),
            stat: records::stat(&stat),
        }),
        Done::Deleted => OpResult::Delete,
        Done::Set { stat } => OpResult::SetData(records::stat(&stat)),
        Done::Checked => OpResult::Check,
    }
}

#[cfg(test)]
mod tests {
    use synod_jute::records::CheckVersionRequest;
    use synod_jute::{OpCode, Xid};

    use super::*;

    fn multi(count: usize) -> Write {
        let check = MultiOp::Check(CheckVersionRequest {
            path: "/".into(),
            version: -1,
        });
        let request = Request::Multi(MultiRequest {
            ops: vec![check; count],
        });
        let header = RequestHeader {
            xid: Xid(1),
            opcode: OpCode::Multi.number(),
        };
        let (_, write) = write_of(Ok((header, request))).expect("a transaction is a write");
        write
    }

    #[test]
    fn what_no_member_could_read_is_not_proposed() {
        for (count, refused) in [
            (0, false),
            (MULTI_OPS_MAX, false),
            (MULTI_OPS_MAX + 1, true),
        ] {
            let is_refused = matches!(multi(count), Write::Refused);
            assert_eq!(is_refused, refused, "{count} operations");
        }
    }
}
