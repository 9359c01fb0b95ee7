//! The first bytes of a connection: a four-letter word, or the client's wish for a session.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use synod_jute::records::{ConnectRequest, ConnectResponse};
use synod_jute::wire::Wire as _;
use synod_jute::{FourLetterWord, Frames};
use synod_replica::Refusal;
use synod_znode::{Command, Id, Password, Response, SessionId, Store};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::connection::{Connection, Held, Task};
use super::{Front, desk, read_only, words};
use crate::entropy;
use crate::tls::Stream;

/// Time for the first words of a client.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest frame with which a client connects.
const CONNECT_BYTES_MAX: usize = 1 << 10;
/// Sessions that are tried before a new one is given up.
const TRIES_MAX: usize = 3;

/// Serves a connection until it ends.
pub(super) async fn serve(front: &Arc<Front>, mut stream: Stream) -> io::Result<()> {
    let mut peer = stream.tcp().peer_addr()?;
    peer.set_ip(peer.ip().to_canonical());
    let mut input = BytesMut::new();
    let first = timeout(PATIENCE, read_first(&mut stream, &mut input));
    let Some(first) = front.stop().run_until_cancelled(first).await else {
        return Ok(());
    };
    let first = first.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let request = match first {
        First::Word(word) => {
            let answer = words::answer(front, word).await;
            stream.write_all(answer.as_bytes()).await?;
            return stream.shutdown().await;
        }
        First::Connect(request) => request,
    };
    let mut ids = vec![Id::new("ip", peer.ip().to_string())];
    ids.extend(stream.subject().map(|subject| Id::new("x509", subject)));
    let purse = front.budget.purse();
    let (id, is_secure) = (front.connection_id(), stream.is_secure());
    let connection = Arc::new(Connection::new(id, peer, is_secure, ids, purse));
    let ended = converse(front, &connection, &request, stream, input).await;
    connection.outbox.cut();
    front.leave(&connection);
    ended
}

/// From the session on, until the connection ends.
async fn converse(
    front: &Arc<Front>,
    connection: &Arc<Connection>,
    request: &ConnectRequest,
    stream: Stream,
    input: BytesMut,
) -> io::Result<()> {
    if read_only::serves(front, request) {
        read_only::begin(front, connection, request).await?;
    } else {
        attach(front, connection, request).await?;
    }
    // For as long as somebody is here decisions are heard of at once: who waits for a lock waits for no more than that.
    let _guest = front.engine.welcome();
    Task::new(Arc::clone(front), Arc::clone(connection), stream, input)
        .run()
        .await
}

enum First {
    Word(FourLetterWord),
    Connect(ConnectRequest),
}

async fn read_first(stream: &mut Stream, input: &mut BytesMut) -> io::Result<First> {
    let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    while input.len() < 4 {
        if stream.read_buf(input).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let head = [input[0], input[1], input[2], input[3]];
    if let Some(word) = FourLetterWord::of_bytes(head) {
        return Ok(First::Word(word));
    }
    loop {
        let frame = Frames::new(CONNECT_BYTES_MAX).split(input);
        match frame.map_err(|error| invalid(error.to_string()))? {
            Some(frame) => {
                let request =
                    ConnectRequest::decode(&frame).map_err(|error| invalid(error.to_string()))?;
                return Ok(First::Connect(request));
            }
            None if stream.read_buf(input).await? == 0 => {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            None => {}
        }
    }
}

/// Gives the connection a session, or says that there is none.
pub(super) async fn attach(
    front: &Arc<Front>,
    connection: &Arc<Connection>,
    request: &ConnectRequest,
) -> io::Result<()> {
    let timeout_ms = u32::try_from(request.timeout_ms).unwrap_or(0);
    let member = front.number;
    if request.session_id.0 != 0 {
        let password = password_of(request);
        let id = SessionId(request.session_id.0);
        let command = Command::Attach {
            id,
            password,
            timeout_ms,
            member,
        };
        return decide(front, connection, request, id, password, &command)
            .await
            .map(drop);
    }
    for _ in 0..TRIES_MAX {
        let id = front.session_id();
        let mut password = [0; 16];
        entropy::fill(&mut password)?;
        let password = Password(password);
        let command = Command::CreateSession {
            id,
            password,
            timeout_ms,
            member,
        };
        if decide(front, connection, request, id, password, &command).await? {
            return Ok(());
        }
    }
    Err(io::Error::other("no session could be made"))
}

fn password_of(request: &ConnectRequest) -> Password {
    let password = request.password.as_deref().unwrap_or_default();
    Password(password.try_into().unwrap_or_default())
}

/// Has the session decided, and answers. False if a new session has an id that there is already.
async fn decide(
    front: &Arc<Front>,
    connection: &Arc<Connection>,
    request: &ConnectRequest,
    id: SessionId,
    password: Password,
    command: &Command,
) -> io::Result<bool> {
    let (told, heard) = tokio::sync::oneshot::channel();
    let (shared, at) = (Arc::clone(&front.desk), Arc::clone(connection));
    let (seen, with_byte) = (request.last_zxid_seen, request.read_only.is_some());
    let anew = request.session_id.0 == 0;
    let then = move |decided: Result<(&mut Store, Response), Refusal>| {
        let answered = match decided {
            Ok((
                store,
                Response::Attached {
                    attachment,
                    timeout_ms,
                },
            )) => {
                let held = Held {
                    session: id,
                    attachment,
                    timeout_ms,
                    read_only: false,
                };
                // A client that has seen what this service never did belongs to another one.
                let known = seen.0 <= store.zxid().0;
                if known {
                    begin(&shared, store, &at, held, password, with_byte);
                }
                if known {
                    Ok(true)
                } else {
                    Err("the client has seen a zxid of the future")
                }
            }
            Ok((_, Response::NotAttached(synod_znode::Error::SessionExpired))) if anew => Ok(false),
            Ok((_, Response::NotAttached(synod_znode::Error::SessionExpired))) => {
                expired(&at, with_byte);
                Err("the session has expired")
            }
            Ok(_) => Err("no room for a session"),
            Err(_) => Err("no leader decides"),
        };
        let _ = told.send(answered);
    };
    let full = |_| io::Error::other("too much is under way");
    front
        .engine
        .propose_then(command.encode(), Box::new(then))
        .map_err(full)?;
    match heard.await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(why)) if connection.outbox.is_ending() => {
            tracing::debug!(peer = %connection.peer, why, "a client is sent away");
            Ok(true)
        }
        Ok(Err(why)) => Err(io::Error::other(why)),
        Err(_) => Err(io::Error::other("the member stops")),
    }
}

/// The session is the connection's, and the client hears of it before anything else.
fn begin(
    shared: &desk::SharedDesk,
    store: &mut Store,
    connection: &Arc<Connection>,
    held: Held,
    password: Password,
    with_byte: bool,
) {
    let response = ConnectResponse {
        protocol_version: 0,
        timeout_ms: i32::try_from(held.timeout_ms).unwrap_or(i32::MAX),
        session_id: synod_jute::SessionId(held.session.0),
        password: Some(bytes::Bytes::copy_from_slice(&password.0)),
        read_only: with_byte.then_some(false),
    };
    let _ = connection.held.set(held);
    connection.outbox.put(|out| response.encode(out));
    desk::with(shared, store, |desk, _| desk.attach(connection, held));
}

/// There is no such session: the client makes a new one.
fn expired(connection: &Connection, with_byte: bool) {
    let response = ConnectResponse {
        protocol_version: 0,
        timeout_ms: 0,
        session_id: synod_jute::SessionId(0),
        password: Some(bytes::Bytes::from_static(&[0; 16])),
        read_only: with_byte.then_some(false),
    };
    connection.outbox.put(|out| response.encode(out));
    connection.outbox.end();
}
