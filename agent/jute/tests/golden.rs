//! Records against the bytes that ZooKeeper's own Java classes write for them, in both directions.

use std::collections::BTreeMap;
use std::fmt::Debug;

use bytes::{Bytes, BytesMut};
use synod_jute::records::*;
use synod_jute::wire::{Reader, Wire};
use synod_jute::{
    AddWatchMode, CreateMode, ErrorCode, EventType, KeeperState, OpCode, ReplyHeader, Request,
    RequestHeader, Response, SessionId, Text, WatcherEvent, WatcherType, Xid, Zxid,
};

/// What `Records.java` printed; how to print it again stands there.
const RECORDS: &str = include_str!("golden/records.txt");

/// The bytes that are not yet compared.
struct Golden(BTreeMap<&'static str, Bytes>);

impl Golden {
    fn read() -> Self {
        let pair = |line: &'static str| {
            let (name, hex) = line.split_once(' ').unwrap();
            let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            (name, (0..hex.len()).step_by(2).map(byte).collect())
        };
        let records = RECORDS.lines().filter(|line| !line.starts_with('#'));
        Self(records.map(pair).collect())
    }

    fn take(&mut self, name: &str) -> Bytes {
        self.0.remove(name).unwrap_or_else(|| panic!("no {name}"))
    }

    /// Holds one record to its bytes, written and read.
    fn check<T: Wire + PartialEq + Debug>(&mut self, name: &str, value: &T) {
        let bytes = self.take(name);
        let mut written = BytesMut::new();
        value.write(&mut written);
        assert_eq!(written, bytes, "{name} as written");
        let mut input = Reader::new(bytes);
        assert_eq!(&input.read::<T>("a record").unwrap(), value, "{name}");
        assert_eq!(input.remaining(), 0, "{name}: bytes that were not read");
    }

    /// The same of a request's body.
    fn request(&mut self, name: &str, request: &Request) {
        let bytes = self.take(name);
        let mut written = BytesMut::new();
        request.write(&mut written);
        assert_eq!(written, bytes, "{name} as written");
        let read = Request::read(request.opcode(), &mut Reader::new(bytes));
        assert_eq!(&read.unwrap(), request, "{name}");
    }

    /// The same of what follows a reply's header.
    fn response(&mut self, name: &str, opcode: OpCode, response: &Response) {
        let bytes = self.take(name);
        let mut written = BytesMut::new();
        response.write(&mut written);
        assert_eq!(written, bytes, "{name} as written");
        let read = Response::read(opcode, ErrorCode::Ok, &mut Reader::new(bytes));
        assert_eq!(&read.unwrap(), response, "{name}");
    }
}

fn data() -> Option<Bytes> {
    Some(Bytes::from_static(&[0, 1, 0xff]))
}

fn acl() -> Vec<Acl> {
    vec![Acl::open(), Acl::new(5, "digest", "u:h=")]
}

fn texts(texts: &[&str]) -> Vec<Text> {
    texts.iter().map(|text| Text::from(*text)).collect()
}

fn paths() -> Vec<Text> {
    texts(&["/a", "/b/\u{e9}", ""])
}

fn stat() -> Stat {
    Stat {
        czxid: Zxid(1),
        mzxid: Zxid(2),
        ctime_ms: 3,
        mtime_ms: 4,
        version: 5,
        cversion: 6,
        aversion: 7,
        ephemeral_owner: SessionId(8),
        data_length: 9,
        num_children: 10,
        pzxid: Zxid(11),
    }
}

fn path() -> Text {
    Text::from("/a")
}

fn create(path: &str, flags: i32) -> CreateRequest {
    CreateRequest {
        path: path.into(),
        data: data(),
        acl: Some(acl()),
        flags,
    }
}

fn create_ttl(path: &str, ttl_ms: i64) -> CreateTtlRequest {
    CreateTtlRequest {
        path: path.into(),
        data: data(),
        acl: Some(acl()),
        flags: 5,
        ttl_ms,
    }
}

fn headers(golden: &mut Golden) {
    let password = Some(Bytes::from_static(&[0; 16]));
    let mut connect = ConnectRequest {
        protocol_version: 0,
        last_zxid_seen: Zxid(7),
        timeout_ms: 30_000,
        session_id: SessionId(0),
        password: password.clone(),
        read_only: None,
    };
    golden.check("ConnectRequest", &connect);
    connect.session_id = SessionId(9);
    connect.password = data();
    connect.read_only = Some(true);
    golden.check("ConnectRequest.readOnly", &connect);
    golden.check(
        "ConnectRequest.null",
        &ConnectRequest {
            protocol_version: 1,
            last_zxid_seen: Zxid(-1),
            timeout_ms: -2,
            session_id: SessionId(-3),
            password: None,
            read_only: Some(false),
        },
    );
    let response = ConnectResponse {
        protocol_version: 0,
        timeout_ms: 4000,
        session_id: SessionId(0x1_0000_0000),
        password,
        read_only: None,
    };
    golden.check("ConnectResponse", &response);
    golden.check(
        "ConnectResponse.readOnly",
        &ConnectResponse::refused(Some(false)),
    );
    for (name, xid, opcode) in [
        ("RequestHeader", Xid(5), OpCode::Multi),
        (
            "RequestHeader.special",
            Xid::SET_WATCHES,
            OpCode::SetWatches,
        ),
    ] {
        let opcode = opcode.number();
        golden.check(name, &RequestHeader { xid, opcode });
    }
    for (name, xid, zxid, error) in [
        ("ReplyHeader", 5, 0x12_3456_7890, ErrorCode::Ok),
        ("ReplyHeader.error", -1, -1, ErrorCode::ThrottledOp),
    ] {
        let (xid, zxid) = (Xid(xid), Zxid(zxid));
        golden.check(name, &ReplyHeader { xid, zxid, error });
    }
    for (name, kind, state, path) in [
        (
            "WatcherEvent",
            EventType::NodeChildrenChanged,
            KeeperState::SyncConnected,
            "/a",
        ),
        (
            "WatcherEvent.none",
            EventType::None,
            KeeperState::Expired,
            "",
        ),
    ] {
        let path = path.into();
        golden.check(name, &WatcherEvent { kind, state, path });
    }
}

fn nodes(golden: &mut Golden) {
    golden.request("CreateRequest", &Request::Create(create("/a", 3)));
    golden.request(
        "CreateRequest.empty",
        &Request::CreateContainer(CreateRequest {
            path: "".into(),
            data: Some(Bytes::new()),
            acl: Some(Vec::new()),
            flags: -1,
        }),
    );
    golden.request(
        "CreateRequest.null",
        &Request::Create2(CreateRequest {
            path: path(),
            data: None,
            acl: None,
            flags: 0,
        }),
    );
    golden.request(
        "CreateTTLRequest",
        &Request::CreateTtl(create_ttl("/a", 1 << 39)),
    );
    golden.response(
        "CreateResponse",
        OpCode::Create,
        &Response::Create(CreateResponse {
            path: "/a0000000001".into(),
        }),
    );
    golden.response(
        "Create2Response",
        OpCode::CreateTtl,
        &Response::Create2(Create2Response {
            path: path(),
            stat: stat(),
        }),
    );
    golden.request(
        "DeleteRequest",
        &Request::Delete(DeleteRequest {
            path: path(),
            version: -1,
        }),
    );
    golden.request(
        "CheckVersionRequest",
        &Request::Check(CheckVersionRequest {
            path: path(),
            version: 3,
        }),
    );
    for (name, data, version) in [
        ("SetDataRequest", data(), 2),
        ("SetDataRequest.null", None, -1),
    ] {
        let path = path();
        let set = SetDataRequest {
            path,
            data,
            version,
        };
        golden.request(name, &Request::SetData(set));
    }
    golden.response("SetDataResponse", OpCode::SetData, &Response::Stat(stat()));
    golden.request(
        "SetACLRequest",
        &Request::SetAcl(SetAclRequest {
            path: path(),
            acl: Some(acl()),
            version: 4,
        }),
    );
    golden.response("SetACLResponse", OpCode::SetAcl, &Response::Stat(stat()));
    golden.request(
        "ReconfigRequest",
        &Request::Reconfig(ReconfigRequest {
            joining_servers: Some("server.4=h:1:2;3".into()),
            leaving_servers: Some("1,2".into()),
            new_members: None,
            cur_config_id: -1,
        }),
    );
    golden.request(
        "ReconfigRequest.members",
        &Request::Reconfig(ReconfigRequest {
            joining_servers: None,
            leaving_servers: None,
            new_members: Some("server.1=h:1:2;3".into()),
            cur_config_id: 256,
        }),
    );
}

fn reads(golden: &mut Golden) {
    let read = |watch| ReadRequest {
        path: path(),
        watch,
    };
    golden.request("ExistsRequest", &Request::Exists(read(true)));
    golden.response("ExistsResponse", OpCode::Exists, &Response::Stat(stat()));
    golden.request("GetDataRequest", &Request::GetData(read(false)));
    for (name, data) in [
        ("GetDataResponse", data()),
        ("GetDataResponse.null", None),
        ("GetDataResponse.empty", Some(Bytes::new())),
    ] {
        let stat = stat();
        let response = Response::Data(GetDataResponse { data, stat });
        golden.response(name, OpCode::GetData, &response);
    }
    golden.request(
        "GetACLRequest",
        &Request::GetAcl(PathRequest { path: path() }),
    );
    let (acl, stat) = (acl(), stat());
    let response = Response::Acl(GetAclResponse { acl, stat });
    golden.response("GetACLResponse", OpCode::GetAcl, &response);
    golden.request("GetChildrenRequest", &Request::GetChildren(read(true)));
    for (name, children) in [
        ("GetChildrenResponse", paths()),
        ("GetChildrenResponse.empty", Vec::new()),
    ] {
        let response = Response::Children(GetChildrenResponse { children });
        golden.response(name, OpCode::GetChildren, &response);
    }
    golden.request("GetChildren2Request", &Request::GetChildren2(read(true)));
    let children = paths();
    let response = Response::Children2(GetChildren2Response { children, stat });
    golden.response("GetChildren2Response", OpCode::GetChildren2, &response);
    golden.request(
        "GetAllChildrenNumberRequest",
        &Request::GetAllChildrenNumber(PathRequest { path: path() }),
    );
    golden.response(
        "GetAllChildrenNumberResponse",
        OpCode::GetAllChildrenNumber,
        &Response::ChildrenNumber(42),
    );
    for (name, prefix) in [
        ("GetEphemeralsRequest", Some(path())),
        ("GetEphemeralsRequest.null", None),
    ] {
        golden.request(
            name,
            &Request::GetEphemerals(GetEphemeralsRequest { prefix }),
        );
    }
    let ephemerals = paths();
    golden.response(
        "GetEphemeralsResponse",
        OpCode::GetEphemerals,
        &Response::Ephemerals(GetEphemeralsResponse { ephemerals }),
    );
    for (name, path) in [("SyncRequest", Some(path())), ("SyncRequest.null", None)] {
        golden.request(name, &Request::Sync(SyncRequest { path }));
    }
    let response = Response::Sync(SyncResponse { path: Some(path()) });
    golden.response("SyncResponse", OpCode::Sync, &response);
}

fn watches(golden: &mut Golden) {
    golden.request(
        "AddWatchRequest",
        &Request::AddWatch(AddWatchRequest {
            path: path(),
            mode: AddWatchMode::PersistentRecursive,
        }),
    );
    let error = ErrorCode::Ok;
    let response = Response::AddWatch(AddWatchResponse { error });
    golden.response("ErrorResponse", OpCode::AddWatch, &response);
    let watches = |kind| WatchesRequest { path: path(), kind };
    golden.request(
        "CheckWatchesRequest",
        &Request::CheckWatches(watches(WatcherType::Data)),
    );
    golden.request(
        "RemoveWatchesRequest",
        &Request::RemoveWatches(watches(WatcherType::Any)),
    );
    golden.request(
        "SetWatches",
        &Request::SetWatches(SetWatchesRequest {
            relative_zxid: Zxid(77),
            data_watches: paths(),
            exist_watches: Vec::new(),
            child_watches: texts(&["/c"]),
        }),
    );
    golden.request(
        "SetWatches2",
        &Request::SetWatches2(SetWatches2Request {
            relative_zxid: Zxid(77),
            data_watches: paths(),
            exist_watches: Vec::new(),
            child_watches: texts(&["/c"]),
            persistent_watches: Vec::new(),
            persistent_recursive_watches: texts(&["/d"]),
        }),
    );
}

fn credentials(golden: &mut Golden) {
    for (name, scheme, auth) in [
        (
            "AuthPacket",
            Some("digest".into()),
            Some(Bytes::from_static(b"u:p")),
        ),
        ("AuthPacket.null", None, None),
    ] {
        let kind = 0;
        golden.request(name, &Request::Auth(AuthRequest { kind, scheme, auth }));
    }
    let token = data();
    golden.request("GetSASLRequest", &Request::Sasl(SaslRequest { token }));
    for (name, token) in [("SetSASLResponse", data()), ("SetSASLResponse.null", None)] {
        golden.response(name, OpCode::Sasl, &Response::Sasl(SaslResponse { token }));
    }
    let info = |scheme: &str, user: &str| ClientInfo {
        scheme: scheme.into(),
        user: user.into(),
    };
    let client_info = vec![info("ip", "127.0.0.1"), info("digest", "u")];
    golden.response(
        "WhoAmIResponse",
        OpCode::WhoAmI,
        &Response::WhoAmI(WhoAmIResponse { client_info }),
    );
}

fn multi(golden: &mut Golden) {
    let request = |ops| Request::Multi(MultiRequest { ops });
    golden.request("Multi.empty", &request(Vec::new()));
    golden.request(
        "Multi.writes",
        &request(vec![
            MultiOp::Create(create("/a", 0)),
            MultiOp::CreateContainer(create("/c", 4)),
            MultiOp::CreateTtl(create_ttl("/t", 1000)),
            MultiOp::SetData(SetDataRequest {
                path: path(),
                data: data(),
                version: 0,
            }),
            MultiOp::Check(CheckVersionRequest {
                path: path(),
                version: 1,
            }),
            MultiOp::Delete(DeleteRequest {
                path: path(),
                version: -1,
            }),
        ]),
    );
    let read = |path: &str| ReadRequest {
        path: path.into(),
        watch: false,
    };
    let ops = vec![
        MultiOp::GetChildren(read("/a")),
        MultiOp::GetData(read("/b")),
    ];
    golden.request("Multi.reads", &Request::MultiRead(MultiRequest { ops }));
    let response = |results| Response::Multi(MultiResponse { results });
    golden.response(
        "MultiResponse",
        OpCode::MultiRead,
        &response(vec![
            OpResult::Create(CreateResponse { path: path() }),
            OpResult::Create2(Create2Response {
                path: "/c".into(),
                stat: stat(),
            }),
            OpResult::SetData(stat()),
            OpResult::Check,
            OpResult::Delete,
            OpResult::GetChildren(GetChildrenResponse { children: paths() }),
            OpResult::GetData(GetDataResponse {
                data: data(),
                stat: stat(),
            }),
        ]),
    );
    let failed = [
        ErrorCode::Ok,
        ErrorCode::NodeExists,
        ErrorCode::RuntimeInconsistency,
    ];
    golden.response(
        "MultiResponse.failed",
        OpCode::Multi,
        &response(failed.map(OpResult::Error).to_vec()),
    );
    golden.response("MultiResponse.empty", OpCode::Multi, &response(Vec::new()));
}

#[test]
fn records_are_those_of_zookeeper() {
    let mut golden = Golden::read();
    headers(&mut golden);
    nodes(&mut golden);
    reads(&mut golden);
    watches(&mut golden);
    credentials(&mut golden);
    multi(&mut golden);
    let left: Vec<_> = golden.0.keys().collect();
    assert!(left.is_empty(), "not compared: {left:?}");
}

/// Names of one kind with their numbers, as Java has them.
fn numbers(kind: &str) -> BTreeMap<String, i32> {
    let pair = |line: &str| {
        let (name, number) = line.strip_prefix(kind)?.trim().split_once(' ')?;
        Some((name.to_owned(), number.parse().unwrap()))
    };
    RECORDS.lines().filter_map(pair).collect()
}

/// Names as Java writes constants, from names as Rust writes variants: without underscores and case.
fn plain(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

/// Java's names and numbers of one kind, against these.
fn check_numbers<T: Debug + Copy>(kind: &str, all: &[T], number: fn(T) -> i32) {
    let pair = |one: &T| (plain(&format!("{one:?}")), number(*one));
    let ours: BTreeMap<_, _> = all.iter().map(pair).collect();
    let java = numbers(kind)
        .into_iter()
        .map(|(name, number)| (plain(&name), number));
    assert_eq!(java.collect::<BTreeMap<_, _>>(), ours, "{kind}");
}

#[test]
fn numbers_are_those_of_zookeeper() {
    let named = ErrorCode::NAMED
        .iter()
        .map(|code| (code.name().to_owned(), code.number()));
    assert_eq!(numbers("#error"), named.collect());
    let mut opcodes = numbers("#opcode");
    // An event's header has no operation, and an error is none.
    assert_eq!(opcodes.remove("notification"), Some(0));
    assert_eq!(opcodes.remove("error"), Some(-1));
    let named = OpCode::ALL
        .iter()
        .map(|opcode| (opcode.name().to_owned(), opcode.number()));
    assert_eq!(opcodes, named.collect());
    check_numbers("#mode", CreateMode::ALL, CreateMode::number);
    check_numbers("#event", EventType::ALL, EventType::number);
    check_numbers("#state", KeeperState::ALL, KeeperState::number);
    check_numbers("#add", AddWatchMode::ALL, AddWatchMode::number);
    // What Java has here is 3.8's.
    let of_3_8 = &WatcherType::ALL[..3];
    check_numbers("#watcher", of_3_8, WatcherType::number);
}
