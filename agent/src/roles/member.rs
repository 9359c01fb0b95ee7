//! A member of a replicated group, whatever it serves: what is started, in which order, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use synod_agent_api::AgentConfig;
use synod_paxos::Node;
use synod_replica::{Driver, Phase};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, oneshot};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::announce::announce;
use super::grounds::{Addresses, Grounds, Keys};
use super::{StartError, settings};
use crate::admin::{self, Further, Guard, Health, Machine, admin_routes, hand_over, health_routes};
use crate::clock;
use crate::config::Environment;
use crate::disk::{DataDirectory, RealDisk};
use crate::engine::{self, Engine, Facts, Feeds};
use crate::etcd;
use crate::metrics::Metrics;
use crate::net::{NetSettings, RealNet, Resolver};
use crate::tls::TlsAccept;

/// What a member is to its clients.
pub trait Role: 'static {
    /// What is replicated.
    type Machine: Machine;
    /// What it opens before the member takes part in its group.
    type Opened: Send + 'static;

    /// An empty one, as the configuration has it.
    fn machine(config: &AgentConfig) -> Self::Machine;

    /// Checks what it needs besides, before anything is changed.
    ///
    /// # Errors
    /// If something cannot be used.
    fn check(config: &AgentConfig) -> Result<(), StartError> {
        let _ = config;
        Ok(())
    }

    /// Opens what it has on disk besides, once the data directory is locked. It may take long: health is told meanwhile.
    ///
    /// # Errors
    /// If something cannot be used.
    fn open(config: &AgentConfig) -> Result<Self::Opened, StartError>;

    /// Serves clients until it is told to stop, and shows its metrics beside the others.
    ///
    /// # Errors
    /// If it cannot go on: the process ends then.
    fn serve(
        serving: Serving<Self::Machine, Self::Opened>,
    ) -> impl Future<Output = Result<(), StartError>> + Send + 'static;
}

/// What a front end is given.
pub struct Serving<S: Machine, O = ()> {
    /// The configuration.
    pub config: Arc<AgentConfig>,
    /// What was opened.
    pub opened: O,
    /// The way into the engine.
    pub engine: Engine<S>,
    /// Where its metrics are shown.
    pub health: Arc<Health<S>>,
    /// What it adds to the admin API.
    pub further: Arc<Further>,
    /// Where it listens.
    pub listener: TcpListener,
    /// With which certificates.
    pub accept: TlsAccept,
    /// Where clients come in plain text besides.
    pub plain: Option<TcpListener>,
    /// Ends it.
    pub stop: CancellationToken,
}

/// A running member.
pub struct Agent<R: Role> {
    config: Arc<AgentConfig>,
    engine: Engine<R::Machine>,
    addresses: Addresses,
    tasks: Tasks,
    /// Told why clients cannot be served any more.
    failure: Mutex<oneshot::Receiver<StartError>>,
}

/// What runs for an agent, and how it is ended.
#[derive(Default)]
struct Tasks {
    /// Ends the front end and the connections of clients.
    stop_front: CancellationToken,
    front: TaskTracker,
    /// Ends everything else.
    stop: CancellationToken,
    rest: TaskTracker,
}

impl<R: Role> Agent<R> {
    /// Checks what can be checked without changing anything: that certificates can be used.
    ///
    /// # Errors
    /// If they cannot.
    pub fn check(config: &AgentConfig) -> Result<(), StartError> {
        R::check(config)?;
        Keys::load(config).map(drop)
    }

    /// Starts a member. Returns when it listens; it takes part as soon as its peers do.
    ///
    /// # Errors
    /// If an address, the data directory or a certificate cannot be used. Nothing is changed then, and what was taken is free
    /// again.
    pub async fn start(
        config: Arc<AgentConfig>,
        environment: &Environment,
    ) -> Result<Self, StartError> {
        let tasks = Tasks::default();
        // Whoever does not wait for the end of this leaves nothing that runs.
        let unfinished = tasks.stop.clone().drop_guard();
        let (fails, failure) = oneshot::channel();
        match Self::start_tasks(&config, environment, &tasks, fails).await {
            Ok((engine, addresses)) => {
                unfinished.disarm();
                Ok(Self {
                    config,
                    engine,
                    addresses,
                    tasks,
                    failure: Mutex::new(failure),
                })
            }
            Err(error) => {
                tasks.end().await;
                Err(error)
            }
        }
    }

    async fn start_tasks(
        config: &Arc<AgentConfig>,
        environment: &Environment,
        tasks: &Tasks,
        fails: oneshot::Sender<StartError>,
    ) -> Result<(Engine<R::Machine>, Addresses), StartError> {
        R::check(config)?;
        let Grounds {
            keys,
            listeners,
            directory,
        } = Grounds::secure(config).await?;
        let addresses = listeners.addresses();
        let metrics = Arc::new(Metrics::new());
        let health = Arc::new(Health::new(Arc::clone(&metrics)));
        tasks.serve_health(listeners.health, &health);
        let opened = open_role::<R>(config).await?;
        let (feeds, lanes) = engine::feeds();
        let net = net_settings(config, environment, &keys, &metrics, tasks)?;
        let net = RealNet::start(net, listeners.peer, feeds.events.clone());
        let disk = start_disk(directory, &metrics, &feeds)?;
        let driver = open(config, R::machine(config), disk, net).await?;
        if driver.status().phase == Phase::Recovering {
            tracing::warn!(
                cluster = %config.cluster_uid,
                former = %config.former_cluster_uid.unwrap_or_default(),
                "a new group is being made of what the data directory has"
            );
        }
        let requests_max = config.limits.requests_max as usize;
        let (turning, engine) = engine::start(driver, lanes, facts(config, &keys), requests_max);
        tasks.rest.spawn(turning.run(tasks.stop.clone()));
        let further = Arc::new(Further::default());
        let routes = admin_routes(engine.clone(), Arc::clone(&further));
        tasks.serve_admin(listeners.admin, config, &keys, routes);
        tasks.keep_fresh(&keys, &engine);
        tasks.announce(config, &engine);
        let serving = R::serve(Serving {
            config: Arc::clone(config),
            opened,
            engine: engine.clone(),
            health,
            further,
            listener: listeners.client,
            plain: listeners.plain,
            accept: TlsAccept::new(keys.client),
            stop: tasks.stop_front.clone(),
        });
        tasks.front.spawn(async move {
            if let Err(error) = serving.await {
                // Whoever waits for it may be gone.
                let _ = fails.send(error);
            }
        });
        tracing::info!(
            member = config.name,
            number = config.number,
            cluster = %config.cluster_uid,
            client = %addresses.client,
            peer = %addresses.peer,
            "started"
        );
        Ok((engine, addresses))
    }

    /// The way into its engine.
    #[must_use]
    pub const fn engine(&self) -> &Engine<R::Machine> {
        &self.engine
    }

    /// Where it listens.
    #[must_use]
    pub const fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Waits until the member cannot go on: its loop ended by itself, or clients cannot be served any more.
    pub async fn failed(&self) -> StartError {
        let mut status = self.engine.watch_status();
        let ended = async { while status.changed().await.is_ok() {} };
        let mut failure = self.failure.lock().await;
        let failed = async {
            match (&mut *failure).await {
                Ok(error) => error,
                // It ended well.
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = ended => StartError::Ended("the replica's loop"),
            error = failed => error,
        }
    }

    /// Stops in good order: unready, leadership handed over, endpoints waited for, clients let go, answers given.
    pub async fn drain(self) {
        let drain = &self.config.drain;
        let leads = hand_over(&self.engine).await;
        tracing::info!(leads, "unready");
        sleep(Duration::from_millis(drain.endpoints_wait_ms)).await;
        let limit = Duration::from_millis(drain.timeout_ms);
        self.tasks.stop_front.cancel();
        self.tasks.front.close();
        let clients_gone = timeout(limit, self.tasks.front.wait()).await;
        let answers_given = timeout(limit, self.engine.drain()).await;
        if clients_gone.is_err() || answers_given.is_err() {
            tracing::warn!("not everything ended in time; it is cut off");
        }
        self.kill().await;
    }

    /// Stops at once, as a crash would, but waits until sockets and the data directory are free.
    pub async fn kill(self) {
        self.tasks.end().await;
    }
}

impl Tasks {
    /// Ends all at once and waits until sockets and the data directory are free.
    async fn end(&self) {
        self.stop_front.cancel();
        self.stop.cancel();
        self.rest.close();
        self.rest.wait().await;
    }

    fn serve_health<S: Machine>(&self, listener: TcpListener, health: &Arc<Health<S>>) {
        let routes = health_routes(Arc::clone(health));
        let plain = TlsAccept::new(None);
        let serving = admin::serve(listener, plain, Guard::Open, routes, self.stop.clone());
        self.rest.spawn(serving);
    }

    fn serve_admin(
        &self,
        listener: TcpListener,
        config: &AgentConfig,
        keys: &Keys,
        routes: Router,
    ) {
        let guard = match keys.peer {
            Some(_) => Guard::GroupAndOperator(config.cluster_uid),
            None => Guard::Open,
        };
        let accept = TlsAccept::new(keys.peer.clone());
        let serving = admin::serve(listener, accept, guard, routes, self.stop.clone());
        self.rest.spawn(serving);
    }

    fn announce<S: Machine>(&self, config: &Arc<AgentConfig>, engine: &Engine<S>) {
        let announcing = announce(Arc::clone(config), engine.clone());
        let stop = self.stop.clone();
        self.rest.spawn(async move {
            stop.run_until_cancelled(announcing).await;
        });
    }

    fn keep_fresh<S: Machine>(&self, keys: &Keys, engine: &Engine<S>) {
        for certificates in [&keys.peer, &keys.client].into_iter().flatten() {
            let (certificates, engine) = (Arc::clone(certificates), engine.clone());
            let stop = self.stop.clone();
            self.rest.spawn(async move {
                let fresh = certificates.keep_fresh(move || engine.refresh());
                stop.run_until_cancelled(fresh).await;
            });
        }
    }
}

fn facts(config: &Arc<AgentConfig>, keys: &Keys) -> Facts {
    Facts {
        config: Arc::clone(config),
        etcd_member_id: etcd::ids::member_id(config.cluster_uid, config.number),
        level_max: settings::LEVEL_MAX,
        certificates: keys.of_one_source(),
        generation: Facts::first_generation(),
    }
}

fn net_settings(
    config: &AgentConfig,
    environment: &Environment,
    keys: &Keys,
    metrics: &Metrics,
    tasks: &Tasks,
) -> Result<NetSettings, StartError> {
    let hints = config.members.iter();
    Ok(NetSettings {
        identity: config.identity(),
        tls: TlsAccept::new(keys.peer.clone()),
        resolver: Resolver::new(environment.hosts_file.clone()),
        hints: hints
            .map(|member| (Node(member.number), member.peer_address.clone()))
            .collect(),
        incarnation: getrandom::u64().map_err(StartError::Entropy)?,
        metrics: metrics.net.clone(),
        tasks: tasks.rest.clone(),
    })
}

fn start_disk(
    directory: DataDirectory,
    metrics: &Metrics,
    feeds: &Feeds,
) -> Result<RealDisk, StartError> {
    let completions = feeds.completions.clone();
    let completed = Box::new(move |completed| {
        // The loop may have ended before the disk.
        let _ = completions.send(completed);
    });
    RealDisk::start(directory, metrics.disk.clone(), completed).map_err(StartError::Thread)
}

/// On a thread of its own, too.
async fn open_role<R: Role>(config: &Arc<AgentConfig>) -> Result<R::Opened, StartError> {
    let config = Arc::clone(config);
    tokio::task::spawn_blocking(move || R::open(&config))
        .await
        .expect("opening does not panic")
}

/// Opens the driver on a thread of its own: recovery reads the whole log, and health must be answered meanwhile.
async fn open<S: Machine>(
    config: &AgentConfig,
    machine: S,
    disk: RealDisk,
    net: RealNet,
) -> Result<Driver<S, RealDisk, RealNet>, StartError> {
    let settings = settings::driver(config);
    let path = config.data_dir.clone();
    let seed = getrandom::u64().map_err(StartError::Entropy)?;
    tokio::task::spawn_blocking(move || {
        Driver::open(settings, disk, net, machine, clock::now(), seed)
    })
    .await
    .expect("opening does not panic")
    .map_err(|source| StartError::Open { path, source })
}
