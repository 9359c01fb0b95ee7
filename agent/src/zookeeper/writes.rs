//! Requests that go through the log.

use synod_jute::records::{
    Create2Response, CreateRequest, CreateResponse, CreateTtlRequest, MultiOp, MultiResponse,
    OpResult,
};
use synod_jute::{ErrorCode, OpCode, Reply, Request, RequestHeader, Response, Text};
use synod_znode::{Answer, Done, MultiFailure, Op, Outcome, Write};

use super::connection::Connection;
use super::errors::code;
use super::records;

/// What is owed for a request that is on its way.
pub(super) struct Owed {
    header: RequestHeader,
    opcode: OpCode,
    /// Of a transaction: each operation as the server takes it.
    ops: Vec<OpCode>,
}

/// Whether a request goes through the log.
pub(super) fn is_write(request: &Request) -> bool {
    match request {
        Request::Create(_)
        | Request::Create2(_)
        | Request::CreateContainer(_)
        | Request::CreateTtl(_)
        | Request::Delete(_)
        | Request::SetData(_)
        | Request::SetAcl(_)
        | Request::Check(_) => true,
        // One of reads is no transaction, and is refused where reads are answered.
        Request::Multi(multi) => multi.ops.iter().all(can_be_done),
        _ => false,
    }
}

/// Whether a transaction may have this operation: no reads, and no time to live where there is none to be read.
fn can_be_done(op: &MultiOp) -> bool {
    let timed = op.effective() == OpCode::CreateTtl && op.opcode() != OpCode::CreateTtl;
    !op.reads() && !timed
}

/// What a write asks of the store, and what is owed for it; `None` for what is no write.
pub(super) fn write_of(header: RequestHeader, request: Request) -> Option<(Owed, Write)> {
    let opcode = request.opcode();
    let mut ops = Vec::new();
    let write = match request {
        Request::Create(create) | Request::Create2(create) | Request::CreateContainer(create) => {
            Write::One(creation(create))
        }
        Request::CreateTtl(create) => Write::One(timed_creation(create)),
        Request::Delete(delete) => Write::One(Op::Delete {
            path: text(&delete.path),
            version: delete.version,
        }),
        Request::SetData(set) => Write::One(Op::SetData {
            path: text(&set.path),
            data: set.data,
            version: set.version,
        }),
        Request::SetAcl(set) => Write::One(Op::SetAcl {
            path: text(&set.path),
            acl: records::acl(set.acl),
            version: set.version,
        }),
        Request::Check(check) => Write::One(Op::Check {
            path: text(&check.path),
            version: check.version,
        }),
        Request::Multi(multi) => {
            ops = multi.ops.iter().map(MultiOp::effective).collect();
            Write::Multi(multi.ops.into_iter().filter_map(op).collect())
        }
        _ => return None,
    };
    Some((
        Owed {
            header,
            opcode,
            ops,
        },
        write,
    ))
}

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
