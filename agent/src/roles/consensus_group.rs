//! A member of a ConsensusGroup: what is started, in which order, and how it ends.
//!
//! Listeners, certificates and the directory's lock come before anything is written, so that what is refused changes
//! nothing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use synod_agent_api::{AgentConfig, InitialMember, Start};
use synod_kv::{Limits, Store};
use synod_paxos::{Configuration, Member, MemberRole, Node, Span, Timing};
use synod_replica::{Bounds, ClusterUid, Driver, MemberContext, Settings, StartMode};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::StartError;
use crate::admin::{self, Guard, Health, admin_routes, hand_over, health_routes};
use crate::clock;
use crate::config::Environment;
use crate::disk::{DataDirectory, RealDisk};
use crate::engine::{self, Engine, Facts, Feeds};
use crate::etcd::{self, Front};
use crate::listen::listen;
use crate::metrics::Metrics;
use crate::net::{NetSettings, RealNet, Resolver};
use crate::tls::{Certificates, Sources, TlsAccept};

/// The highest feature level this build knows.
const LEVEL_MAX: u32 = 1;

/// The replicated group within the process's log.
const GROUP: u32 = 1;

/// Bytes of a command around what the client sent.
const COMMAND_OVERHEAD_BYTES: u64 = 512 << 10;

/// Where a started agent listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Clients.
    pub client: SocketAddr,
    /// Peers.
    pub peer: SocketAddr,
    /// The admin API.
    pub admin: SocketAddr,
    /// Health and metrics.
    pub health: SocketAddr,
}

/// A running member.
pub struct Agent {
    config: Arc<AgentConfig>,
    engine: Engine<Store>,
    addresses: Addresses,
    /// Ends the front end and the connections of clients.
    clients: CancellationToken,
    /// Ends everything else.
    stop: CancellationToken,
    /// The front end's task.
    front: TaskTracker,
    /// All other tasks.
    rest: TaskTracker,
}

struct Listeners {
    client: TcpListener,
    peer: TcpListener,
    admin: TcpListener,
    health: TcpListener,
}

/// Certificates of both kinds.
struct Keys {
    peer: Option<Arc<Certificates>>,
    client: Option<Arc<Certificates>>,
}

impl Agent {
    /// Checks what can be checked without changing anything: that certificates can be used.
    ///
    /// # Errors
    /// If they cannot.
    pub fn check(config: &AgentConfig) -> Result<(), StartError> {
        Keys::load(config).map(drop)
    }

    /// Starts a member. Returns when it listens; it takes part as soon as its peers do.
    ///
    /// # Errors
    /// If an address, the data directory or a certificate cannot be used. Nothing is changed then.
    pub async fn start(
        config: Arc<AgentConfig>,
        environment: &Environment,
    ) -> Result<Self, StartError> {
        let keys = Keys::load(&config)?;
        let listeners = Listeners::open(&config).await?;
        let addresses = listeners.addresses();
        let directory = DataDirectory::open(&config.data_dir)?;
        let metrics = Arc::new(Metrics::new());
        let health = Arc::new(Health::<Store>::new(Arc::clone(&metrics)));
        let (stop, clients) = (CancellationToken::new(), CancellationToken::new());
        let (front, rest) = (TaskTracker::new(), TaskTracker::new());
        rest.spawn(admin::serve(
            listeners.health,
            TlsAccept::new(None),
            Guard::Open,
            health_routes(Arc::clone(&health)),
            stop.clone(),
        ));
        let (feeds, lanes) = engine::feeds();
        let net = start_net(
            &config,
            environment,
            &keys,
            &metrics,
            listeners.peer,
            &feeds,
            &rest,
        )?;
        let disk = start_disk(directory, &metrics, &feeds)?;
        let driver = open(&config, disk, net).await?;
        let facts = Facts {
            config: Arc::clone(&config),
            etcd_member_id: etcd::ids::member_id(config.cluster_uid, config.number),
            level_max: LEVEL_MAX,
            certificates: keys.peer.clone(),
            generation: Facts::first_generation(),
        };
        let requests_max = config.limits.requests_max as usize;
        let (turning, engine) = engine::start(driver, lanes, facts, requests_max);
        rest.spawn(turning.run(stop.clone()));
        rest.spawn(admin::serve(
            listeners.admin,
            TlsAccept::new(keys.peer.clone()),
            guard(&config, &keys),
            admin_routes(engine.clone()),
            stop.clone(),
        ));
        keys.keep_fresh(&engine, &rest, &stop);
        serve_clients(
            &config,
            &engine,
            listeners.client,
            TlsAccept::new(keys.client.clone()),
            &front,
            &clients,
            &health,
        );
        tracing::info!(
            member = config.name,
            number = config.number,
            cluster = %config.cluster_uid,
            client = %addresses.client,
            peer = %addresses.peer,
            "started"
        );
        Ok(Self {
            config,
            engine,
            addresses,
            clients,
            stop,
            front,
            rest,
        })
    }

    /// The way into its engine.
    #[must_use]
    pub const fn engine(&self) -> &Engine<Store> {
        &self.engine
    }

    /// Where it listens.
    #[must_use]
    pub const fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Waits until the member cannot go on: its loop ended by itself.
    pub async fn failed(&self) -> StartError {
        let mut status = self.engine.watch_status();
        while status.changed().await.is_ok() {}
        StartError::Ended("the replica's loop")
    }

    /// Stops in good order: unready, leadership handed over, endpoints waited for, clients let go, answers given.
    pub async fn drain(self) {
        let drain = &self.config.drain;
        let leads = hand_over(&self.engine).await;
        tracing::info!(leads, "unready");
        sleep(Duration::from_millis(drain.endpoints_wait_ms)).await;
        let limit = Duration::from_millis(drain.timeout_ms);
        self.clients.cancel();
        self.front.close();
        let clients_gone = timeout(limit, self.front.wait()).await;
        let answers_given = timeout(limit, self.engine.drain()).await;
        if clients_gone.is_err() || answers_given.is_err() {
            tracing::warn!("not everything ended in time; it is cut off");
        }
        self.kill().await;
    }

    /// Stops at once, as a crash would, but waits until sockets and the data directory are free.
    pub async fn kill(self) {
        self.clients.cancel();
        self.stop.cancel();
        self.front.close();
        self.rest.close();
        self.rest.wait().await;
    }
}

impl Keys {
    fn load(config: &AgentConfig) -> Result<Self, StartError> {
        let load = |sources: Option<Sources>| sources.map(Certificates::load).transpose();
        Ok(Self {
            peer: load(Sources::of_peers(&config.tls.peer, config.identity()))?,
            client: load(Sources::of_clients(&config.tls.client))?,
        })
    }

    fn keep_fresh(&self, engine: &Engine<Store>, tasks: &TaskTracker, stop: &CancellationToken) {
        for certificates in [&self.peer, &self.client].into_iter().flatten() {
            let (certificates, engine) = (Arc::clone(certificates), engine.clone());
            let stop = stop.clone();
            tasks.spawn(async move {
                let fresh = certificates.keep_fresh(move || engine.refresh());
                stop.run_until_cancelled(fresh).await;
            });
        }
    }
}

impl Listeners {
    async fn open(config: &AgentConfig) -> Result<Self, StartError> {
        Ok(Self {
            client: listen("client", config.listen.client).await?,
            peer: listen("peer", config.listen.peer).await?,
            admin: listen("admin", config.listen.admin).await?,
            health: listen("health", config.listen.health).await?,
        })
    }

    fn addresses(&self) -> Addresses {
        let of = |listener: &TcpListener| listener.local_addr().expect("it listens");
        Addresses {
            client: of(&self.client),
            peer: of(&self.peer),
            admin: of(&self.admin),
            health: of(&self.health),
        }
    }
}

fn guard(config: &AgentConfig, keys: &Keys) -> Guard {
    match keys.peer {
        Some(_) => Guard::GroupAndOperator(config.cluster_uid),
        None => Guard::Open,
    }
}

fn start_net(
    config: &AgentConfig,
    environment: &Environment,
    keys: &Keys,
    metrics: &Metrics,
    listener: TcpListener,
    feeds: &Feeds,
    tasks: &TaskTracker,
) -> Result<RealNet, StartError> {
    let hints = config.members.iter();
    let settings = NetSettings {
        identity: config.identity(),
        tls: TlsAccept::new(keys.peer.clone()),
        resolver: Resolver::new(environment.hosts_file.clone()),
        hints: hints
            .map(|member| (Node(member.number), member.peer_address.clone()))
            .collect(),
        incarnation: getrandom::u64().map_err(StartError::Entropy)?,
        metrics: metrics.net.clone(),
        tasks: tasks.clone(),
    };
    Ok(RealNet::start(settings, listener, feeds.events.clone()))
}

fn start_disk(
    directory: DataDirectory,
    metrics: &Metrics,
    feeds: &Feeds,
) -> Result<RealDisk, StartError> {
    let completions = feeds.completions.clone();
    let completed = Box::new(move |completion| {
        // The loop may have ended before the disk.
        let _ = completions.send(completion);
    });
    RealDisk::start(directory, metrics.disk.clone(), completed).map_err(StartError::Thread)
}

/// Opens the driver on a thread of its own: recovery reads the whole log, and health must be answered meanwhile.
async fn open(
    config: &AgentConfig,
    disk: RealDisk,
    net: RealNet,
) -> Result<Driver<Store, RealDisk, RealNet>, StartError> {
    let settings = settings(config);
    let path = config.data_dir.clone();
    let seed = getrandom::u64().map_err(StartError::Entropy)?;
    let machine = machine(config);
    tokio::task::spawn_blocking(move || {
        Driver::open(settings, disk, net, machine, clock::now(), seed)
    })
    .await
    .expect("opening does not panic")
    .map_err(|source| StartError::Open { path, source })
}

fn machine(config: &AgentConfig) -> Store {
    Store::new(synod_kv::Settings {
        limits: Limits {
            quota_bytes: config.limits.state_bytes_max,
            ..Limits::default()
        },
        ..synod_kv::Settings::default()
    })
}

fn settings(config: &AgentConfig) -> Settings {
    Settings {
        node: Node(config.number),
        cluster: ClusterUid(config.cluster_uid.0.to_be_bytes()),
        group: GROUP,
        context: own_context(config),
        start: match config.start {
            Start::Bootstrap => StartMode::Bootstrap {
                initial: initial(config),
            },
            Start::Join => StartMode::Join,
            Start::Resume => StartMode::Resume,
        },
        timing: timing(config),
        core: synod_paxos::Bounds::default(),
        wall_ms: clock::wall_ms(),
        level_max: LEVEL_MAX,
        bounds: Bounds {
            command_bytes_max: usize_of(config.limits.request_bytes_max + COMMAND_OVERHEAD_BYTES),
            segment_bytes: config.snapshot.segment_bytes,
            snapshot_log_bytes: config.snapshot.log_bytes,
            ..Bounds::default()
        },
    }
}

fn timing(config: &AgentConfig) -> Timing {
    let timing = &config.timing;
    Timing {
        heartbeat: Span::from_millis(timing.heartbeat_ms),
        election: Span::from_millis(timing.election_ms),
        lease: timing.lease.as_ref().map(|lease| synod_paxos::Lease {
            length: Span::from_millis(lease.length_ms),
            drift_ppm: lease.drift_ppm,
        }),
    }
}

fn usize_of(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// The first configuration: equal on all members, since it is made of `members` alone.
fn initial(config: &AgentConfig) -> Configuration {
    let members: BTreeMap<Node, Member> = config
        .members
        .iter()
        .map(|member| {
            let voter = Member {
                role: MemberRole::Voter,
                context: context(member, config).encode(),
            };
            (Node(member.number), voter)
        })
        .collect();
    Configuration::initial(members)
}

fn context(member: &InitialMember, config: &AgentConfig) -> MemberContext {
    let scheme = if config.tls.peer.insecure {
        "http"
    } else {
        "https"
    };
    MemberContext {
        name: member.name.clone(),
        peer_address: member.peer_address.clone(),
        client_urls: member.client_urls.clone(),
        peer_urls: match &member.peer_urls[..] {
            [] => vec![format!("{scheme}://{}", member.peer_address)],
            urls => urls.to_vec(),
        },
        disk_id: 0,
    }
}

/// What this member tells about itself when it lost its disk.
fn own_context(config: &AgentConfig) -> MemberContext {
    let listed = config.members.iter().find(|m| m.number == config.number);
    let listed = listed.map_or_else(MemberContext::default, |own| context(own, config));
    let or = |urls: &[String], listed: Vec<String>| match urls {
        [] => listed,
        urls => urls.to_vec(),
    };
    MemberContext {
        name: config.name.clone(),
        peer_address: config
            .advertise
            .peer_address
            .clone()
            .unwrap_or(listed.peer_address),
        client_urls: or(&config.advertise.client_urls, listed.client_urls),
        peer_urls: or(&config.advertise.peer_urls, listed.peer_urls),
        disk_id: 0,
    }
}

/// Serves clients until told to stop.
fn serve_clients(
    config: &AgentConfig,
    engine: &Engine<Store>,
    listener: TcpListener,
    accept: TlsAccept,
    tasks: &TaskTracker,
    stop: &CancellationToken,
    health: &Arc<Health<Store>>,
) {
    let settings = front_settings(config);
    let front = Arc::new(Front::new(engine.clone(), settings, stop.clone()));
    // Each shows the other's metrics; the front end must not keep the other alive.
    let others = Arc::downgrade(health);
    front.add_metrics(Box::new(move || {
        let others = others.clone();
        Box::pin(async move {
            match others.upgrade() {
                Some(health) => health.own_metrics().await,
                None => String::new(),
            }
        })
    }));
    let counted = Arc::clone(&front);
    health.opened(
        engine.clone(),
        Box::new(move || {
            let front = Arc::clone(&counted);
            Box::pin(async move { front.own_metrics().await })
        }),
    );
    tasks.spawn(etcd::serve(listener, accept, front));
}

fn front_settings(config: &AgentConfig) -> etcd::Settings {
    let limits = &config.limits;
    etcd::Settings {
        request_bytes_max: usize_of(limits.request_bytes_max),
        txn_ops_max: limits.txn_operations_max as usize,
        watch_progress_interval: Duration::from_millis(limits.watch_progress_interval_ms),
        no_leader_grace: 3 * Duration::from_millis(config.timing.election_ms),
    }
}
