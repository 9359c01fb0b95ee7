//! The loads.

use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use synod_conformance::Failure;
use synod_conformance::zookeeper::connection::{Connection, Session};
use synod_jute::records::{Acl, CreateRequest, DeleteRequest, ReadRequest, SetDataRequest};
use synod_jute::{ErrorCode, Request, Response, Text};
use tokio::task::LocalSet;
use tokio::time::timeout;

use super::ensemble::Ensemble;

use crate::comparison::Measured;

/// Bytes of a value.
const VALUE_BYTES: usize = 256;
/// Nothing takes so long; a load that does is stuck.
const STUCK: Duration = Duration::from_secs(120);
/// How long a session may be silent: longer than any load.
const SILENCE_MAX: Duration = Duration::from_secs(40);
/// So much of a load is done before it is measured, once more: virtual machines compile what they do often.
const WARM_UP: usize = 3;

/// What each client does, over and over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Writes its own node.
    Set,
    /// Reads its own node.
    Get,
    /// Creates and deletes a node; counted as two operations.
    CreateDelete,
    /// Takes and releases a lock that nobody else wants.
    OwnLock,
    /// Takes and releases a lock that all want.
    OneLock,
}

/// A load.
pub(super) struct Load {
    pub(super) name: &'static str,
    work: Work,
    clients: usize,
    /// Rounds of each client, and of a quick run.
    times: [usize; 2],
}

const fn load(name: &'static str, work: Work, clients: usize, times: [usize; 2]) -> Load {
    Load {
        name,
        work,
        clients,
        times,
    }
}

/// All of them.
pub(super) const LOADS: [Load; 8] = [
    load("set, 1 client", Work::Set, 1, [3_000, 50]),
    load("set, 100 clients", Work::Set, 100, [300, 5]),
    load("get, 100 clients", Work::Get, 100, [1_000, 10]),
    load(
        "create and delete, 100 clients",
        Work::CreateDelete,
        100,
        [100, 3],
    ),
    load("lock of its own, 1 client", Work::OwnLock, 1, [1_000, 20]),
    load("lock of its own, 50 clients", Work::OwnLock, 50, [100, 3]),
    load(
        "lock of its own, 1000 clients",
        Work::OwnLock,
        1_000,
        [5, 1],
    ),
    load("one lock, 100 contenders", Work::OneLock, 100, [20, 2]),
];

impl Work {
    /// Operations of one round.
    const fn operations(self) -> usize {
        match self {
            Self::CreateDelete => 2,
            Self::Set | Self::Get | Self::OwnLock | Self::OneLock => 1,
        }
    }
}

/// Runs a load, after a warm-up.
pub(super) fn run(ensemble: &Ensemble, load: &Load, quick: bool) -> Result<Measured, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let done = LocalSet::new().block_on(&runtime, async {
        timeout(STUCK, measure(ensemble, load, quick)).await
    });
    done.map_err(|_| format!("{} is stuck", load.name))?
}

async fn measure(ensemble: &Ensemble, load: &Load, quick: bool) -> Result<Measured, Failure> {
    let place = format!("/bench-{}", load.name.replace([' ', ','], "-"));
    let mut clients = Vec::new();
    for index in 0..load.clients {
        let addresses = ensemble.addresses();
        let mut client = connect(&addresses[index % addresses.len()]).await?;
        if index == 0 {
            client.must(&create(&place, 0)).await?;
        }
        clients.push(client);
    }
    let times = load.times[usize::from(quick)];
    let (mut clients, _) = all(clients, load, &place, times.div_ceil(WARM_UP)).await?;
    let before = ensemble.cpu_ticks();
    let start = Instant::now();
    let mut taken;
    (clients, taken) = all(clients, load, &place, times).await?;
    let seconds = start.elapsed().as_secs_f64();
    let ticks = ensemble.cpu_ticks() - before;
    drop(clients);
    let operations = (taken.len() * load.work.operations()) as f64;
    taken.sort_unstable();
    let at = |share: f64| taken[((taken.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    Ok(Measured {
        rate: operations / seconds,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        cpu_us: ticks as f64 * 10_000.0 / operations,
    })
}

async fn connect(address: &str) -> Result<Connection, Failure> {
    let opened = Connection::open(address, SILENCE_MAX, &Session::wanted()).await?;
    opened.ok_or_else(|| format!("{address} gives no session"))
}

/// Has all clients work at once; gives them back, with the time that each round took.
async fn all(
    clients: Vec<Connection>,
    load: &Load,
    place: &str,
    times: usize,
) -> Result<(Vec<Connection>, Vec<Duration>), Failure> {
    let place: Rc<str> = place.into();
    let work = load.work;
    let tasks: Vec<_> = clients
        .into_iter()
        .enumerate()
        .map(|(index, client)| {
            let place = Rc::clone(&place);
            tokio::task::spawn_local(one(client, work, place, index, times))
        })
        .collect();
    let (mut clients, mut taken) = (Vec::new(), Vec::new());
    for task in tasks {
        let (client, rounds) = task.await.map_err(|error| error.to_string())??;
        clients.push(client);
        taken.extend(rounds);
    }
    Ok((clients, taken))
}

async fn one(
    mut client: Connection,
    work: Work,
    place: Rc<str>,
    index: usize,
    times: usize,
) -> Result<(Connection, Vec<Duration>), Failure> {
    let own = format!("{place}/{index}");
    // It is there after the warm-up.
    client.call(&create(&own, 0)).await?;
    let mut taken = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        match work {
            Work::Set => drop(client.must(&set(&own)).await?),
            Work::Get => drop(client.must(&Request::GetData(read(&own, false))).await?),
            Work::CreateDelete => {
                let child = format!("{own}/child");
                client.must(&create(&child, 0)).await?;
                client.must(&delete(&child)).await?;
            }
            Work::OwnLock => lock(&mut client, &own).await?,
            Work::OneLock => lock(&mut client, &place).await?,
        }
        taken.push(start.elapsed());
    }
    Ok((client, taken))
}

/// Takes a lock and releases it, as the recipes do: each waits for the one before it.
async fn lock(client: &mut Connection, parent: &str) -> Result<(), Failure> {
    let made = client.must(&create(&format!("{parent}/lock-"), 3)).await?;
    let Response::Create(made) = made else {
        return Err("create was answered by something else".to_owned());
    };
    let own = made.path.as_str();
    let own_name = own.rsplit('/').next().unwrap_or(own).to_owned();
    loop {
        let children = client
            .must(&Request::GetChildren(read(parent, false)))
            .await?;
        let Response::Children(children) = children else {
            return Err("getChildren was answered by something else".to_owned());
        };
        let names = children.children.iter().map(Text::as_str);
        let before = names
            .filter(|name| name.starts_with("lock-") && *name < own_name.as_str())
            .max();
        let Some(before) = before else { break };
        let before = format!("{parent}/{before}");
        let (there, _) = client.call(&Request::Exists(read(&before, true))).await?;
        if there == ErrorCode::Ok {
            client.heard(&before).await?;
        }
    }
    client.must(&delete(own)).await.map(drop)
}

pub(super) fn create(path: &str, flags: i32) -> Request {
    Request::Create(CreateRequest {
        path: path.into(),
        data: Some(Bytes::from_static(&[7; VALUE_BYTES])),
        acl: Some(vec![Acl::open()]),
        flags,
    })
}

fn delete(path: &str) -> Request {
    Request::Delete(DeleteRequest {
        path: path.into(),
        version: -1,
    })
}

fn set(path: &str) -> Request {
    Request::SetData(SetDataRequest {
        path: path.into(),
        data: Some(Bytes::from_static(&[8; VALUE_BYTES])),
        version: -1,
    })
}

fn read(path: &str, watch: bool) -> ReadRequest {
    ReadRequest {
        path: path.into(),
        watch,
    }
}
