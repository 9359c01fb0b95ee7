//! What is written is read back, and nothing that comes makes a decoder panic.

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use synod_jute::records::*;
use synod_jute::wire::Wire;
use synod_jute::{
    AddWatchMode, Answer, ErrorCode, EventType, Frames, KeeperState, OpCode, Refusal, Reply,
    Request, Response, SessionId, Text, WatcherEvent, WatcherType, Xid, Zxid,
};

fn text() -> impl Strategy<Value = Text> {
    "[/a-z0-9.\u{0}\u{e9}\u{4e2d}]{0,12}".prop_map(Text::from)
}

fn texts() -> impl Strategy<Value = Vec<Text>> {
    vec(text(), 0..4)
}

fn data() -> impl Strategy<Value = Option<Bytes>> {
    option::of(vec(any::<u8>(), 0..24).prop_map(Bytes::from))
}

fn acls() -> impl Strategy<Value = Vec<Acl>> {
    let acl = (any::<i32>(), option::of(text()), text()).prop_map(|(permissions, scheme, id)| {
        let id = Id { scheme, id };
        Acl { permissions, id }
    });
    vec(acl, 0..3)
}

fn stat() -> impl Strategy<Value = Stat> {
    (any::<[i64; 6]>(), any::<[i32; 5]>()).prop_map(|(long, int)| Stat {
        czxid: Zxid(long[0]),
        mzxid: Zxid(long[1]),
        ctime_ms: long[2],
        mtime_ms: long[3],
        version: int[0],
        cversion: int[1],
        aversion: int[2],
        ephemeral_owner: SessionId(long[4]),
        data_length: int[3],
        num_children: int[4],
        pzxid: Zxid(long[5]),
    })
}

fn create() -> impl Strategy<Value = CreateRequest> {
    (text(), data(), option::of(acls()), -1..8).prop_map(|(path, data, acl, flags)| CreateRequest {
        path,
        data,
        acl,
        flags,
    })
}

fn create_ttl() -> impl Strategy<Value = CreateTtlRequest> {
    (create(), any::<i64>()).prop_map(|(create, ttl_ms)| CreateTtlRequest {
        path: create.path,
        data: create.data,
        acl: create.acl,
        flags: create.flags,
        ttl_ms,
    })
}

fn read() -> impl Strategy<Value = ReadRequest> {
    (text(), any::<bool>()).prop_map(|(path, watch)| ReadRequest { path, watch })
}

fn versioned() -> impl Strategy<Value = (Text, i32)> {
    (text(), any::<i32>())
}

fn set_data() -> impl Strategy<Value = SetDataRequest> {
    (versioned(), data()).prop_map(|((path, version), data)| SetDataRequest {
        path,
        data,
        version,
    })
}

fn delete() -> impl Strategy<Value = DeleteRequest> {
    versioned().prop_map(|(path, version)| DeleteRequest { path, version })
}

fn check() -> impl Strategy<Value = CheckVersionRequest> {
    versioned().prop_map(|(path, version)| CheckVersionRequest { path, version })
}

fn multi() -> impl Strategy<Value = MultiRequest> {
    let write = prop_oneof![
        create().prop_map(MultiOp::Create),
        create().prop_map(MultiOp::Create2),
        create().prop_map(MultiOp::CreateContainer),
        create_ttl().prop_map(MultiOp::CreateTtl),
        delete().prop_map(MultiOp::Delete),
        set_data().prop_map(MultiOp::SetData),
        check().prop_map(MultiOp::Check),
    ];
    let read = prop_oneof![
        read().prop_map(MultiOp::GetChildren),
        read().prop_map(MultiOp::GetData),
    ];
    prop_oneof![vec(write, 0..5), vec(read, 0..5)].prop_map(|ops| MultiRequest { ops })
}

fn of_nodes() -> impl Strategy<Value = Request> {
    let set_acl = (versioned(), option::of(acls()))
        .prop_map(|((path, version), acl)| Request::SetAcl(SetAclRequest { path, acl, version }));
    let reconfig = (vec(option::of(text()), 3), any::<i64>()).prop_map(|(servers, id)| {
        Request::Reconfig(ReconfigRequest {
            joining_servers: servers[0].clone(),
            leaving_servers: servers[1].clone(),
            new_members: servers[2].clone(),
            cur_config_id: id,
        })
    });
    prop_oneof![
        create().prop_map(Request::Create),
        create().prop_map(Request::Create2),
        create().prop_map(Request::CreateContainer),
        create_ttl().prop_map(Request::CreateTtl),
        delete().prop_map(Request::Delete),
        check().prop_map(Request::Check),
        set_data().prop_map(Request::SetData),
        multi().prop_map(Request::Multi),
        multi().prop_map(Request::MultiRead),
        set_acl,
        reconfig,
    ]
}

fn of_reads() -> impl Strategy<Value = Request> {
    let path = || text().prop_map(|path| PathRequest { path });
    prop_oneof![
        read().prop_map(Request::Exists),
        read().prop_map(Request::GetData),
        read().prop_map(Request::GetChildren),
        read().prop_map(Request::GetChildren2),
        path().prop_map(Request::GetAcl),
        path().prop_map(Request::GetAllChildrenNumber),
        option::of(text()).prop_map(|path| Request::Sync(SyncRequest { path })),
        option::of(text())
            .prop_map(|prefix| Request::GetEphemerals(GetEphemeralsRequest { prefix })),
        select(vec![
            Request::Ping,
            Request::WhoAmI,
            Request::CloseSession,
            Request::CreateSession,
            Request::DeleteContainer,
        ]),
    ]
}

fn of_connections() -> impl Strategy<Value = Request> {
    let watches = || {
        let kind = select(WatcherType::ALL);
        (text(), kind).prop_map(|(path, kind)| WatchesRequest { path, kind })
    };
    let add = (text(), select(AddWatchMode::ALL))
        .prop_map(|(path, mode)| Request::AddWatch(AddWatchRequest { path, mode }));
    let set = (any::<i64>(), vec(texts(), 3)).prop_map(|(zxid, lists)| {
        Request::SetWatches(SetWatchesRequest {
            relative_zxid: Zxid(zxid),
            data_watches: lists[0].clone(),
            exist_watches: lists[1].clone(),
            child_watches: lists[2].clone(),
        })
    });
    let set2 = (any::<i64>(), vec(texts(), 5)).prop_map(|(zxid, lists)| {
        Request::SetWatches2(SetWatches2Request {
            relative_zxid: Zxid(zxid),
            data_watches: lists[0].clone(),
            exist_watches: lists[1].clone(),
            child_watches: lists[2].clone(),
            persistent_watches: lists[3].clone(),
            persistent_recursive_watches: lists[4].clone(),
        })
    });
    let auth = (any::<i32>(), option::of(text()), data())
        .prop_map(|(kind, scheme, auth)| Request::Auth(AuthRequest { kind, scheme, auth }));
    prop_oneof![
        watches().prop_map(Request::CheckWatches),
        watches().prop_map(Request::RemoveWatches),
        add,
        set,
        set2,
        auth,
        data().prop_map(|token| Request::Sasl(SaslRequest { token })),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![of_nodes(), of_reads(), of_connections()]
}

fn result() -> impl Strategy<Value = OpResult> {
    prop_oneof![
        text().prop_map(|path| OpResult::Create(CreateResponse { path })),
        (text(), stat()).prop_map(|(path, stat)| OpResult::Create2(Create2Response { path, stat })),
        Just(OpResult::Delete),
        stat().prop_map(OpResult::SetData),
        Just(OpResult::Check),
        texts().prop_map(|children| OpResult::GetChildren(GetChildrenResponse { children })),
        (data(), stat()).prop_map(|(data, stat)| OpResult::GetData(GetDataResponse { data, stat })),
        any::<i32>().prop_map(|number| OpResult::Error(ErrorCode::of_number(number))),
    ]
}

/// What answers an operation, with the operation.
fn response() -> impl Strategy<Value = (OpCode, Response)> {
    let info = (text(), text()).prop_map(|(scheme, user)| ClientInfo { scheme, user });
    prop_oneof![
        text().prop_map(|path| (OpCode::Create, Response::Create(CreateResponse { path }))),
        (text(), stat()).prop_map(|(path, stat)| {
            let body = Create2Response { path, stat };
            (OpCode::Create2, Response::Create2(body))
        }),
        stat().prop_map(|stat| (OpCode::Exists, Response::Stat(stat))),
        (data(), stat()).prop_map(|(data, stat)| {
            let body = GetDataResponse { data, stat };
            (OpCode::GetData, Response::Data(body))
        }),
        (acls(), stat()).prop_map(|(acl, stat)| {
            (OpCode::GetAcl, Response::Acl(GetAclResponse { acl, stat }))
        }),
        texts().prop_map(|children| {
            let body = GetChildrenResponse { children };
            (OpCode::GetChildren, Response::Children(body))
        }),
        (texts(), stat()).prop_map(|(children, stat)| {
            let body = GetChildren2Response { children, stat };
            (OpCode::GetChildren2, Response::Children2(body))
        }),
        any::<i32>().prop_map(|number| (
            OpCode::GetAllChildrenNumber,
            Response::ChildrenNumber(number)
        )),
        texts().prop_map(|ephemerals| {
            let body = GetEphemeralsResponse { ephemerals };
            (OpCode::GetEphemerals, Response::Ephemerals(body))
        }),
        option::of(text()).prop_map(|path| (OpCode::Sync, Response::Sync(SyncResponse { path }))),
        vec(result(), 0..5)
            .prop_map(|results| { (OpCode::Multi, Response::Multi(MultiResponse { results })) }),
        vec(info, 0..3).prop_map(|client_info| {
            (
                OpCode::WhoAmI,
                Response::WhoAmI(WhoAmIResponse { client_info }),
            )
        }),
        data().prop_map(|token| (OpCode::Sasl, Response::Sasl(SaslResponse { token }))),
        Just((OpCode::Delete, Response::None)),
    ]
}

fn event() -> impl Strategy<Value = Reply> {
    (select(EventType::ALL), select(KeeperState::ALL), text())
        .prop_map(|(kind, state, path)| Reply::event(WatcherEvent { kind, state, path }))
}

/// The one frame that was written.
fn frame(write: impl FnOnce(&mut BytesMut)) -> Bytes {
    let mut out = BytesMut::new();
    write(&mut out);
    let frame = Frames::default().split(&mut out).unwrap().unwrap();
    assert!(out.is_empty());
    frame
}

/// Decodes as everything that a frame could be.
fn decode_all(frame: &Bytes) {
    if let Err(refusal) = Request::decode(frame) {
        let closes = refusal.answer() == Answer::Close;
        assert!(closes || !matches!(refusal, Refusal::Header(_)));
    }
    drop(ConnectRequest::decode(frame));
    drop(ConnectResponse::decode(frame));
    for opcode in OpCode::ALL {
        drop(Reply::decode(frame, |_| Some(*opcode)));
    }
}

proptest! {
    #[test]
    fn requests_come_back(request in request(), xid in any::<i32>()) {
        let frame = frame(|out| request.encode(Xid(xid), out));
        let (header, decoded) = Request::decode(&frame).unwrap();
        prop_assert_eq!(header.xid, Xid(xid));
        prop_assert_eq!(header.opcode, request.opcode().number());
        prop_assert_eq!(decoded, request);
    }

    #[test]
    fn replies_come_back((opcode, response) in response(), xid in 0..i32::MAX, zxid in any::<i64>()) {
        let reply = Reply::ok(Xid(xid), Zxid(zxid), response);
        let frame = frame(|out| reply.encode(out));
        prop_assert_eq!(Reply::decode(&frame, |_| Some(opcode)).unwrap(), reply);
    }

    #[test]
    fn errors_and_events_come_back(error in 1..i32::MAX, event in event()) {
        let failed = Reply::failed(Xid(1), Zxid(2), ErrorCode::of_number(-error));
        for reply in [failed, event] {
            let frame = frame(|out| reply.encode(out));
            prop_assert_eq!(Reply::decode(&frame, |_| Some(OpCode::Create)).unwrap(), reply);
        }
    }

    /// A body that ends early is refused, at a place that is within it.
    #[test]
    fn requests_that_end_early(request in request(), cut in any::<prop::sample::Index>()) {
        let whole = frame(|out| request.encode(Xid(1), out));
        let cut = whole.slice(..cut.index(whole.len()));
        match Request::decode(&cut) {
            Ok((_, decoded)) => prop_assert_eq!(decoded, request),
            Err(Refusal::Header(why) | Refusal::Body { why, .. }) => {
                prop_assert!(why.offset <= cut.len());
            }
            Err(refusal) => prop_assert!(false, "{}", refusal),
        }
    }

    #[test]
    fn mutated_frames(
        request in request(),
        (_, response) in response(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let reply = Reply::ok(Xid(1), Zxid(2), response);
        for whole in [frame(|out| request.encode(Xid(1), out)), frame(|out| reply.encode(out))] {
            let mut bytes = whole.to_vec();
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            decode_all(&bytes.into());
        }
    }

    #[test]
    fn random_frames(bytes in vec(any::<u8>(), 0..200), opcode in select(OpCode::ALL)) {
        decode_all(&bytes.clone().into());
        let mut request = vec![0, 0, 0, 1];
        request.extend(opcode.number().to_be_bytes());
        request.extend(bytes);
        decode_all(&request.into());
    }
}
