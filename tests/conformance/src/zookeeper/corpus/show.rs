//! Replies in words, for who reads the corpus; the bytes beside them are what decides.

use bytes::Bytes;
use synod_jute::records::{Acl, ConnectResponse, GetDataResponse, OpResult, Stat};
use synod_jute::wire::Wire;
use synod_jute::{ErrorCode, OpCode, Reply, Response, Text};

use super::symbols::Symbols;

/// Longer data are shown by their length; in bytes.
const DATA_BYTES_MAX: usize = 60;

/// The answer to a connect request.
pub(super) fn connected(frame: &Bytes, symbols: &Symbols) -> String {
    match ConnectResponse::decode(frame) {
        Err(error) => format!("no connect response: {error}"),
        Ok(response) => {
            let read_only = match response.read_only {
                None => "",
                Some(false) => ", takes writes",
                Some(true) => ", only reads",
            };
            let session = symbols.owner(response.session_id);
            format!("session {session}, {} ms{read_only}", response.timeout_ms)
        }
    }
}

/// A reply or an event.
pub(super) fn reply(opcode: Option<OpCode>, frame: &Bytes, symbols: &Symbols) -> String {
    let reply = match Reply::decode(frame, |_| opcode) {
        Ok(reply) => reply,
        Err(error) => return format!("no reply: {error}"),
    };
    let header = reply.header;
    if let Response::Event(event) = reply.response {
        return format!("event {:?} {:?}", event.kind, event.path);
    }
    let zxid = symbols.zxid(header.zxid);
    let answer = response(&reply.response, symbols);
    let line = format!("{} {zxid} {} {answer}", header.xid, header.error);
    line.trim_end().to_owned()
}

fn response(response: &Response, symbols: &Symbols) -> String {
    match response {
        Response::None | Response::Event(_) => String::new(),
        Response::Create(body) => format!("{:?}", body.path),
        Response::Create2(body) => format!("{:?} {}", body.path, stat(&body.stat, symbols)),
        Response::Stat(body) => stat(body, symbols),
        Response::Data(body) => of_data(body, symbols),
        Response::Acl(body) => format!("{} {}", acls(&body.acl), stat(&body.stat, symbols)),
        Response::Children(body) => format!("{:?}", body.children),
        Response::Children2(body) => {
            format!("{:?} {}", body.children, stat(&body.stat, symbols))
        }
        Response::ChildrenNumber(number) => number.to_string(),
        Response::Ephemerals(body) => format!("{:?}", body.ephemerals),
        Response::Sync(body) => body.path.as_ref().map_or("~".to_owned(), quoted),
        Response::Multi(body) => {
            let results = body.results.iter().map(|one| result(one, symbols));
            format!("[{}]", results.collect::<Vec<_>>().join("; "))
        }
        Response::AddWatch(body) => body.error.to_string(),
        Response::WhoAmI(body) => {
            let info = body.client_info.iter();
            let info = info.map(|info| format!("{}:{}", info.scheme, info.user));
            info.collect::<Vec<_>>().join(" ")
        }
        Response::Sasl(body) => data(body.token.as_ref()),
    }
}

fn result(result: &OpResult, symbols: &Symbols) -> String {
    match result {
        OpResult::Create(body) => format!("create {:?}", body.path),
        OpResult::Create2(body) => {
            format!("create2 {:?} {}", body.path, stat(&body.stat, symbols))
        }
        OpResult::Delete => "delete".to_owned(),
        OpResult::SetData(body) => format!("setData {}", stat(body, symbols)),
        OpResult::Check => "check".to_owned(),
        OpResult::GetChildren(body) => format!("getChildren {:?}", body.children),
        OpResult::GetData(body) => format!("getData {}", of_data(body, symbols)),
        OpResult::Error(ErrorCode::Ok) => "error OK".to_owned(),
        OpResult::Error(error) => error.to_string(),
    }
}

fn of_data(body: &GetDataResponse, symbols: &Symbols) -> String {
    format!("{} {}", data(body.data.as_ref()), stat(&body.stat, symbols))
}

fn quoted(text: &Text) -> String {
    format!("{text:?}")
}

fn data(data: Option<&Bytes>) -> String {
    match data {
        None => "~".to_owned(),
        Some(data) if data.len() > DATA_BYTES_MAX => format!("{} bytes", data.len()),
        Some(data) => format!("\"{}\"", data.escape_ascii()),
    }
}

fn acls(acls: &[Acl]) -> String {
    let acl = |acl: &Acl| {
        let scheme = acl.id.scheme.as_ref().map_or("~", |scheme| scheme);
        format!("{}:{scheme}:{}", permissions(acl.permissions), acl.id.id)
    };
    acls.iter().map(acl).collect::<Vec<_>>().join("&")
}

/// As scripts write them: letters, and a number where there is no letter for all bits.
fn permissions(bits: i32) -> String {
    if !(0..32).contains(&bits) {
        return bits.to_string();
    }
    let letters = [(4, 'c'), (8, 'd'), (1, 'r'), (2, 'w'), (16, 'a')];
    letters
        .iter()
        .filter(|(bit, _)| bits & bit != 0)
        .map(|(_, letter)| *letter)
        .collect()
}

/// A stat: creation, modification, children (each with its time), versions, and what else there is.
fn stat(stat: &Stat, symbols: &Symbols) -> String {
    let zxid = |zxid| symbols.zxid(zxid);
    format!(
        "(c={}@{} m={}@{} p={} v={}/{}/{} owner={} {} bytes, {} children)",
        zxid(stat.czxid),
        symbols.time(stat.czxid, stat.ctime_ms),
        zxid(stat.mzxid),
        symbols.time(stat.mzxid, stat.mtime_ms),
        zxid(stat.pzxid),
        stat.version,
        stat.cversion,
        stat.aversion,
        symbols.owner(stat.ephemeral_owner),
        stat.data_length,
        stat.num_children,
    )
}
