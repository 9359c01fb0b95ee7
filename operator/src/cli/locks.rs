//! `synod locks`: the locks of a LockService, who holds them and who waits, as its agents tell them.
//!
//! One agent tells the locks, page by page; where a client is only the agent knows that its session is attached to, so all are
//! asked.

mod table;

use super::connection::Connection;
use super::{Failure, endpoints};
use crate::agents::{AgentError, MutualTls, Target, ask_plainly};
use crate::authority::{self, Authority};
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Api, DynamicObject};
use kube::{Client, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;
use synod_agent_api::{
    Identity, Kind, LockStatus, LocksResponse, SESSIONS_MAX, SessionsResponse, paths,
};

/// How long an agent may take to answer before another one is asked.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Locks that are asked for at a time.
const PAGE: usize = 100;

/// How often `--watch` looks.
const WATCH_EVERY: Duration = Duration::from_secs(2);

const EXAMPLES: &str = "\
Examples:
  synod locks                      the only LockService there is
  synod locks /jobs                its locks at or below /jobs
  synod locks locks /jobs          locks at or below /jobs
  synod locks locks --waiters      with everybody who waits, in order
  synod locks locks -o json        everything, for programs";

/// List locks: free, locked (by whom, since when, with which fencing token) or unlocked; and who waits
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The LockService [default: the only one]
    name: Option<String>,
    /// Only locks at or below this path
    path: Option<String>,
    /// Show everybody who waits, in order
    #[arg(long)]
    waiters: bool,
    /// Look again every two seconds until Ctrl-C
    #[arg(short, long)]
    watch: bool,
    /// How to show them
    #[arg(short, long, value_enum)]
    output: Option<Output>,
    /// Ask the admin listeners at these addresses instead (HOST:PORT of each member, without TLS), comma-separated
    #[arg(long, value_name = "ADDRESSES", value_delimiter = ',')]
    agents: Vec<SocketAddr>,
    #[command(flatten)]
    connection: Connection,
}

impl Arguments {
    /// The service's name and the path. One word alone is a path if it begins as one, or if agents are named: then there is no
    /// service to name.
    fn words(&self) -> (Option<&str>, Option<&str>) {
        match (self.name.as_deref(), self.path.as_deref()) {
            (Some(path), None) if path.starts_with('/') || !self.agents.is_empty() => {
                (None, Some(path))
            }
            words => words,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// Everything, as JSON
    Json,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let (name, path) = arguments.words();
    let agents = match arguments.agents.as_slice() {
        [] => Agents::of_service(&arguments, name).await?,
        addresses => Agents::Plain(addresses.to_vec()),
    };
    loop {
        let seen = look(&agents, path).await?;
        if arguments.output == Some(Output::Json) {
            say!("{}", serde_json::to_string_pretty(&seen.json())?);
        } else {
            show!("{}", table::table(&seen, arguments.waiters));
        }
        if !arguments.watch {
            return Ok(());
        }
        tokio::time::sleep(WATCH_EVERY).await;
        say!("");
    }
}

/// What was told.
struct Seen {
    /// When the last page was made, in milliseconds since 1970.
    now_ms: u64,
    locks: Vec<LockStatus>,
    /// Address of each session's client, as far as somebody knows it.
    clients: BTreeMap<String, String>,
}

impl Seen {
    fn json(&self) -> serde_json::Value {
        json!({ "nowMs": self.now_ms, "locks": self.locks, "clients": self.clients })
    }
}

async fn look(agents: &Agents, path: Option<&str>) -> Result<Seen, Failure> {
    let mut seen = Seen {
        now_ms: 0,
        locks: Vec::new(),
        clients: BTreeMap::new(),
    };
    let mut after = None::<String>;
    loop {
        let mut query = format!("{}?max={PAGE}", paths::LOCKS);
        for (name, value) in [("path", path), ("after", after.as_deref())] {
            if let Some(value) = value {
                query += &format!("&{name}={}", super::get::encoded(value));
            }
        }
        let page: LocksResponse = agents.any(&query).await?;
        seen.now_ms = page.now_ms;
        seen.locks.extend(page.locks);
        // Pages go on in the order of the paths; whoever tells otherwise would be asked for ever.
        match page.next {
            Some(next) if after.as_ref().is_some_and(|after| *after >= next) => {
                return Err(Failure::new(format!("an agent tells {next} twice")));
            }
            Some(next) => after = Some(next),
            None => break,
        }
    }
    seen.clients = clients(agents, &seen.locks).await;
    Ok(seen)
}

/// Where the clients are. An agent that does not answer leaves those of its own out.
async fn clients(agents: &Agents, locks: &[LockStatus]) -> BTreeMap<String, String> {
    let all = locks
        .iter()
        .flat_map(|lock| lock.holders.iter().chain(&lock.waiters));
    let sessions: BTreeSet<&str> = all.map(|one| one.session.as_str()).collect();
    let sessions: Vec<&str> = sessions.into_iter().collect();
    let mut found = BTreeMap::new();
    for index in 0..agents.count() {
        for some in sessions.chunks(SESSIONS_MAX / 8) {
            let query = format!("{}?ids={}", paths::SESSIONS, some.join(","));
            // One that is silent once is not waited for again.
            let Ok(told) = agents.one::<SessionsResponse>(index, &query).await else {
                break;
            };
            let told = told.sessions.into_iter();
            found.extend(told.map(|one| (one.session, one.client)));
        }
    }
    found
}

/// The agents of a LockService.
enum Agents {
    /// As the operator reaches them.
    Trusted(MutualTls, Vec<Target>),
    /// At addresses, without TLS.
    Plain(Vec<SocketAddr>),
}

impl Agents {
    async fn of_service(arguments: &Arguments, name: Option<&str>) -> Result<Self, Failure> {
        let client = arguments.connection.client().await?;
        let service = service(&client, name).await?;
        let pods = endpoints::pods(&client, &service).await?;
        let targets: Vec<_> = pods
            .iter()
            .filter_map(|pod| target(&service, pod))
            .collect();
        let namespace = service.namespace().unwrap_or_default();
        let secrets: Api<Secret> = Api::namespaced(client, &namespace);
        let secret = secrets.get(crate::names::AUTHORITY).await?;
        let trusted = authority::signer(&secret).zip(Authority::of(&secret));
        let ((_, key), authority) = trusted.ok_or_else(|| {
            Failure::new(format!(
                "the Secret {} holds no authority that agents trust",
                crate::names::AUTHORITY
            ))
        })?;
        let reach = MutualTls::new();
        crate::agents::Reach::trust(&reach, &namespace, authority.bundle(), &key);
        Ok(Self::Trusted(reach, targets))
    }

    fn count(&self) -> usize {
        match self {
            Self::Trusted(_, targets) => targets.len(),
            Self::Plain(addresses) => addresses.len(),
        }
    }

    /// What one of them answers.
    async fn one<A: DeserializeOwned>(&self, index: usize, path: &str) -> Result<A, String> {
        let told = |answer: Result<A, AgentError>| answer.map_err(|error| error.to_string());
        let asked = async {
            match self {
                Self::Trusted(reach, targets) => told(reach.get(&targets[index], path).await),
                Self::Plain(addresses) => told(ask_plainly(addresses[index], path).await),
            }
        };
        let answer = tokio::time::timeout(ANSWER_MAX, asked).await;
        answer.unwrap_or_else(|_| Err(format!("no answer in {} s", ANSWER_MAX.as_secs())))
    }

    /// What the first that answers says.
    async fn any<A: DeserializeOwned>(&self, path: &str) -> Result<A, Failure> {
        let mut why = "no member has an address yet".to_owned();
        for index in 0..self.count() {
            match self.one(index, path).await {
                Ok(answer) => return Ok(answer),
                Err(error) => why = error,
            }
        }
        Err(Failure::new(format!("no agent tells its locks: {why}")))
    }
}

/// The LockService of that name (`ls/NAME` too), or the only one.
async fn service(client: &Client, name: Option<&str>) -> Result<DynamicObject, Failure> {
    let profile = endpoints::profile_of(Kind::LockService);
    let word = name.map(|name| match name.contains('/') {
        true => name.to_owned(),
        false => profile.called(name),
    });
    endpoints::object(client, word.as_deref(), &[profile]).await
}

fn target(service: &DynamicObject, pod: &Pod) -> Option<Target> {
    Some(Target {
        identity: Identity {
            cluster: service.data["status"]["clusterUid"]
                .as_str()?
                .parse()
                .ok()?,
            kind: Kind::LockService,
            name: service.name_any(),
            number: endpoints::number(pod),
        },
        address: endpoints::address(pod)?.parse().ok()?,
        namespace: service.namespace()?,
        pod_uid: pod.uid()?,
    })
}
