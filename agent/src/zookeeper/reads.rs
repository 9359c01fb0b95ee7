//! Requests that the store answers as it is.

use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use synod_jute::records::{
    ClientInfo, GetAclResponse, GetChildrenResponse, GetDataResponse, GetEphemeralsResponse,
    MultiOp, MultiResponse, OpResult, ReadRequest, WhoAmIResponse,
};
use synod_jute::wire::Wire as _;
use synod_jute::{ErrorCode, Reply, ReplyHeader, Request, RequestHeader, Response, Text, framed};
use synod_znode::{Below, Error, Id, Stat, Store, WatchMode};

use super::connection::Connection;
use super::desk::Desk;
use super::errors::code;
use super::{Front, records, refusals, watches};

/// What is answered: a reply, or nothing but its error.
pub(super) type Answered = Result<Response, ErrorCode>;

/// Bytes of the results of one multiRead. ZooKeeper has no bound but its heap.
const MULTI_READ_BYTES_MAX: usize = 16 << 20;

/// Answers a request in the loop.
pub(super) fn answer(
    front: &Front,
    desk: &mut Desk,
    store: &Store,
    connection: &Arc<Connection>,
    header: RequestHeader,
    request: Request,
) {
    let answered = match request {
        Request::GetData(read) => return data(desk, store, connection, header, &read),
        Request::Exists(read) => exists(desk, store, connection, &read),
        Request::GetChildren(read) => {
            return children(desk, store, connection, header, &read, false);
        }
        Request::GetChildren2(read) => {
            return children(desk, store, connection, header, &read, true);
        }
        Request::GetAcl(read) => acl(store, connection, &read.path),
        Request::GetEphemerals(read) => Ok(ephemerals(store, connection, read.prefix.as_deref())),
        Request::MultiRead(multi) => {
            match multi_read(store, connection, &multi.ops) {
                Some(response) => Ok(response),
                // It can be read, and yet is answered as what cannot.
                None => return refusals::refuse_without_results(connection, store, header.xid),
            }
        }
        Request::WhoAmI => Ok(who(connection)),
        Request::AddWatch(add) => watches::add(desk, connection, &add),
        Request::CheckWatches(which) => watches::check(desk, connection, &which),
        Request::RemoveWatches(which) => watches::remove(desk, connection, &which),
        Request::SetWatches(set) => watches::set_again(desk, store, connection, &set.into()),
        Request::SetWatches2(set) => watches::set_again(desk, store, connection, &set),
        Request::Auth(auth) => return front.credentials.auth(connection, header, &auth),
        Request::Sasl(sasl) => return front.credentials.sasl(connection, header, &sasl),
        Request::CreateSession => Err(ErrorCode::BadArguments),
        // Taken elsewhere: see `pipeline` and `writes`.
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
        | Request::GetAllChildrenNumber(_)
        | Request::DeleteContainer
        | Request::Sync(_)
        | Request::Ping
        | Request::CloseSession => Err(ErrorCode::SystemError),
    };
    let zxid = records::zxid(store.zxid());
    let reply = match answered {
        Ok(response) => Reply::ok(header.xid, zxid, response),
        Err(error) => Reply::failed(header.xid, zxid, error),
    };
    connection.outbox.put(|out| reply.encode(out));
}

/// Writes a reply's frame without making its parts first.
fn frame(
    connection: &Connection,
    header: RequestHeader,
    store: &Store,
    error: ErrorCode,
    body: impl FnOnce(&mut BytesMut),
) {
    let header = ReplyHeader {
        xid: header.xid,
        zxid: records::zxid(store.zxid()),
        error,
    };
    connection.outbox.put(|out| {
        framed(out, |out| {
            header.write(out);
            body(out);
        });
    });
}

fn data(
    desk: &mut Desk,
    store: &Store,
    connection: &Connection,
    header: RequestHeader,
    read: &ReadRequest,
) {
    match store.data(&read.path, &connection.ids()) {
        Ok((data, stat)) => {
            if let Err(error) = watches::set(desk, connection, read, WatchMode::Data) {
                return frame(connection, header, store, error, |_| ());
            }
            frame(connection, header, store, ErrorCode::Ok, |out| {
                put_data(out, data);
                records::stat(&stat).write(out);
            });
        }
        Err(error) => frame(connection, header, store, code(error), |_| ()),
    }
}

fn put_data(out: &mut BytesMut, data: Option<&[u8]>) {
    match data {
        None => out.put_i32(-1),
        Some(data) => {
            out.put_i32(data.len() as i32);
            out.put_slice(data);
        }
    }
}

fn exists(desk: &mut Desk, store: &Store, connection: &Connection, read: &ReadRequest) -> Answered {
    watches::set(desk, connection, read, WatchMode::Data)?;
    store
        .exists(&read.path)
        .map(|stat| Response::Stat(records::stat(&stat)))
        .map_err(code)
}

fn children(
    desk: &mut Desk,
    store: &Store,
    connection: &Connection,
    header: RequestHeader,
    read: &ReadRequest,
    with_stat: bool,
) {
    match store.children(&read.path, &connection.ids()) {
        Ok((names, stat)) => {
            if let Err(error) = watches::set(desk, connection, read, WatchMode::Child) {
                return frame(connection, header, store, error, |_| ());
            }
            frame(connection, header, store, ErrorCode::Ok, |out| {
                out.put_i32(names.len() as i32);
                for name in names {
                    put_data(out, Some(name.as_bytes()));
                }
                if with_stat {
                    records::stat(&stat).write(out);
                }
            });
        }
        Err(error) => frame(connection, header, store, code(error), |_| ()),
    }
}

fn acl(store: &Store, connection: &Connection, path: &str) -> Answered {
    let (list, stat) = store.acl(path, &connection.ids()).map_err(code)?;
    Ok(Response::Acl(GetAclResponse {
        acl: records::wire_acl(list),
        stat: records::stat(&stat),
    }))
}

impl Front {
    /// `getAllChildrenNumber`: what is below a node now is counted beside the loop, which goes on; what the client asked behind it
    /// waits, and so does what it is to hear of later changes.
    pub(super) fn count(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        store: &Store,
        header: RequestHeader,
        path: &str,
    ) {
        let zxid = records::zxid(store.zxid());
        let below = store.below(path, &connection.ids());
        let (front, at) = (Arc::clone(self), Arc::clone(connection));
        connection.outbox.hold();
        self.aside.run(Box::new(move || {
            let count = |below: Below| i32::try_from(below.count()).unwrap_or(i32::MAX);
            let reply = match below.map(count) {
                Ok(count) => Reply::ok(header.xid, zxid, Response::ChildrenNumber(count)),
                Err(error) => Reply::failed(header.xid, zxid, code(error)),
            };
            at.outbox.put_held(|out| reply.encode(out));
            front.resume(&at);
        }));
    }
}

fn ephemerals(store: &Store, connection: &Connection, prefix: Option<&str>) -> Response {
    // What Java trims does not count where all are asked for; otherwise a prefix is taken as it is.
    let is_all = |prefix: &str| matches!(prefix.trim_matches(|c| c <= ' '), "" | "/");
    let prefix = prefix.filter(|prefix| !is_all(prefix)).unwrap_or("/");
    let paths = store.ephemerals(connection.held().session, prefix);
    Response::Ephemerals(GetEphemeralsResponse {
        ephemerals: paths.map(Text::from).collect(),
    })
}

/// Each read stands for itself; `None` if there is another thing than reads.
fn multi_read(store: &Store, connection: &Connection, ops: &[MultiOp]) -> Option<Response> {
    let ids = connection.ids();
    let (mut results, mut bytes) = (Vec::new(), 0);
    for op in ops {
        let result = read_op(store, &ids, op)?;
        bytes += size(&result);
        if bytes > MULTI_READ_BYTES_MAX {
            return None;
        }
        results.push(result);
    }
    Some(Response::Multi(MultiResponse { results }))
}

/// About the bytes of a result.
fn size(result: &OpResult) -> usize {
    const FIELDS: usize = 100;
    FIELDS
        + match result {
            OpResult::GetData(got) => got.data.as_ref().map_or(0, Bytes::len),
            OpResult::GetChildren(got) => got.children.iter().map(|name| name.len() + 32).sum(),
            _ => 0,
        }
}

fn read_op(store: &Store, ids: &[Id], op: &MultiOp) -> Option<OpResult> {
    let result = match op {
        MultiOp::GetData(read) => store
            .data(&read.path, ids)
            .map(|(data, stat)| got_data(data, &stat)),
        MultiOp::GetChildren(read) => store
            .children(&read.path, ids)
            .map(|(names, _)| got_children(&names)),
        _ => return None,
    };
    Some(result.unwrap_or_else(|error: Error| OpResult::Error(code(error))))
}

fn got_data(data: Option<&[u8]>, stat: &Stat) -> OpResult {
    OpResult::GetData(GetDataResponse {
        data: data.map(Bytes::copy_from_slice),
        stat: records::stat(stat),
    })
}

fn got_children(names: &[&str]) -> OpResult {
    OpResult::GetChildren(GetChildrenResponse {
        children: names.iter().map(|name| Text::from(*name)).collect(),
    })
}

fn who(connection: &Connection) -> Response {
    let info = |id: Id| {
        let user = match id.scheme.as_str() {
            "digest" => id.id.split(':').next().unwrap_or_default().to_owned(),
            _ => id.id,
        };
        ClientInfo {
            scheme: id.scheme.into(),
            user: user.into(),
        }
    };
    let mut ids = connection.ids();
    ids.sort_unstable();
    Response::WhoAmI(WhoAmIResponse {
        client_info: ids.into_iter().map(info).collect(),
    })
}
