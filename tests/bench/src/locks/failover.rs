//! From a kill -9 of the leader to the next acknowledged write, while clients write without pause and keep their sessions.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use synod_conformance::zookeeper::connection::{Connection, Session};
use synod_conformance::zookeeper::words;
use synod_conformance::{Failure, eventually_within};
use synod_jute::records::{ReadRequest, SetDataRequest};
use synod_jute::{ErrorCode, Request, Response};
use tokio::task::LocalSet;
use tokio::time::{sleep, timeout};

use super::ensemble::Ensemble;
use super::load::create;

/// Clients that write.
pub(super) const CLIENTS: usize = 10;
/// How long a session may be silent: less than what an ensemble may take to serve again would lose it.
pub(super) const SESSION: Duration = Duration::from_secs(20);
/// A member that does not answer for so long is left for the next one.
const SILENCE_MAX: Duration = Duration::from_secs(2);
/// Between two attempts to reach a member.
const PAUSE: Duration = Duration::from_millis(5);
/// All writes, for a while, before a kill and after the first acknowledgement.
const QUIET: Duration = Duration::from_millis(500);
/// An ensemble that takes longer is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the clients and whoever kills tell each other.
#[derive(Default)]
struct Board {
    ends: Cell<bool>,
    /// When it was killed, and the time to the first acknowledgement of what was asked later.
    killed: Cell<Option<Instant>>,
    gap: Cell<Option<Duration>>,
    failure: RefCell<Option<Failure>>,
}

impl Board {
    fn acknowledged(&self, begun: Instant) {
        if let Some(killed) = self.killed.get()
            && begun >= killed
            && self.gap.get().is_none()
        {
            self.gap.set(Some(killed.elapsed()));
        }
    }
}

/// Kills the leader so often; the time to the next acknowledged write of each. Nothing acknowledged may be lost.
pub(super) fn run(ensemble: &mut Ensemble, kills: usize) -> Result<Vec<Duration>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    LocalSet::new().block_on(&runtime, play(ensemble, kills))
}

async fn play(ensemble: &mut Ensemble, kills: usize) -> Result<Vec<Duration>, Failure> {
    let addresses: Rc<[String]> = ensemble.addresses().into();
    let board = Rc::new(Board::default());
    let client =
        |number| tokio::task::spawn_local(write(Rc::clone(&addresses), Rc::clone(&board), number));
    let clients: Vec<_> = (0..CLIENTS).map(client).collect();
    let mut gaps = Vec::new();
    for _ in 0..kills {
        sleep(QUIET).await;
        gaps.push(kill(ensemble, &board).await?);
        sleep(QUIET).await;
        if let Some(failure) = board.failure.borrow_mut().take() {
            return Err(failure);
        }
    }
    board.ends.set(true);
    for client in clients {
        client.await.map_err(|error| error.to_string())??;
    }
    Ok(gaps)
}

/// Kills the leader, waits until writes are acknowledged again, and has it come back.
async fn kill(ensemble: &mut Ensemble, board: &Board) -> Result<Duration, Failure> {
    let leads = |address: &String| words::mode(address).is_ok_and(|mode| mode == "leader");
    let leader = ensemble.addresses().iter().position(leads);
    let leader = leader.ok_or("nobody leads")?;
    board.gap.set(None);
    ensemble.kill(leader);
    board.killed.set(Some(Instant::now()));
    let waited = timeout(PATIENCE, async {
        loop {
            if let Some(gap) = board.gap.get() {
                return gap;
            }
            sleep(PAUSE).await;
        }
    });
    let gap = waited.await.map_err(|_| "no write for a minute")?;
    board.killed.set(None);
    ensemble.restart(leader)?;
    let address = ensemble.addresses()[leader].clone();
    // Looking waits for an answer; the clients go on meanwhile.
    let serves = move || eventually_within(PATIENCE, || words::mode(&address));
    let served = tokio::task::spawn_blocking(serves).await;
    served.map_err(|error| error.to_string())??;
    Ok(gap)
}

/// Writes numbers without pause, at the next member when one goes; the last acknowledged one, or a later one, is there at the end.
async fn write(addresses: Rc<[String]>, board: Rc<Board>, number: usize) -> Result<(), Failure> {
    let done = write_all(&addresses, &board, number).await;
    if let Err(failure) = &done {
        *board.failure.borrow_mut() = Some(failure.clone());
    }
    done
}

async fn write_all(addresses: &[String], board: &Board, number: usize) -> Result<(), Failure> {
    let path = format!("/failover-{number}");
    let mut session = Session::wanted();
    let (mut value, mut acknowledged) = (0_u64, 0);
    for attempt in number.. {
        let address = &addresses[attempt % addresses.len()];
        let opened = timeout(SILENCE_MAX, Connection::open(address, SESSION, &session)).await;
        let mut connection = match opened {
            Ok(Ok(Some(connection))) => connection,
            Ok(Ok(None)) => return Err(format!("client {number} lost its session")),
            Ok(Err(_)) | Err(_) => {
                sleep(PAUSE).await;
                continue;
            }
        };
        // It is there already, unless it is the first time.
        if !matches!(
            timeout(SILENCE_MAX, connection.call(&create(&path, 0))).await,
            Ok(Ok(_))
        ) {
            session = connection.leave();
            continue;
        }
        while !board.ends.get() {
            value += 1;
            let begun = Instant::now();
            if !put(&mut connection, &path, value).await? {
                break;
            }
            acknowledged = value;
            board.acknowledged(begun);
        }
        if board.ends.get()
            && let Some(found) = found(&mut connection, &path).await?
        {
            let is_kept = found >= acknowledged;
            return is_kept.then_some(()).ok_or_else(|| {
                format!("client {number} wrote {acknowledged}, and {found} was there at the end")
            });
        }
        session = connection.leave();
    }
    unreachable!("there is always another attempt")
}

/// Whether it was acknowledged; if not, the connection is of no use any more.
async fn put(connection: &mut Connection, path: &str, value: u64) -> Result<bool, Failure> {
    let set = Request::SetData(SetDataRequest {
        path: path.into(),
        data: Some(value.to_be_bytes().to_vec().into()),
        version: -1,
    });
    match timeout(SILENCE_MAX, connection.call(&set)).await {
        Ok(Ok((ErrorCode::Ok, _))) => Ok(true),
        Ok(Ok((error, _))) => Err(format!("a write was answered {error}")),
        Ok(Err(_)) | Err(_) => Ok(false),
    }
}

/// The number that is there, after everything acknowledged has come to this member.
async fn found(connection: &mut Connection, path: &str) -> Result<Option<u64>, Failure> {
    let sync = Request::Sync(synod_jute::records::SyncRequest {
        path: Some(path.into()),
    });
    let read = Request::GetData(ReadRequest {
        path: path.into(),
        watch: false,
    });
    let asked = timeout(SILENCE_MAX, connection.call_all(&[sync, read])).await;
    let Ok(Ok(answers)) = asked else {
        return Ok(None);
    };
    match answers.into_iter().next_back() {
        Some((ErrorCode::Ok, Response::Data(data))) => {
            let bytes = data.data.unwrap_or_default();
            let bytes = bytes.as_ref().try_into();
            bytes
                .map(|it| Some(u64::from_be_bytes(it)))
                .map_err(|_| "no number is there".to_owned())
        }
        answer => Err(format!("the last read was answered {answer:?}")),
    }
}
