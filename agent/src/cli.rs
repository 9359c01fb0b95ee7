//! The command line: configuration -> role -> drain. Prints one clear message and gives one exit code for what goes wrong.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use synod_agent_api::{AgentConfig, Kind};

use crate::config::{Environment, LoadError, load};
use crate::roles::{
    AnyAgent, BalancerConfig, CacheCluster, ConsensusGroup, LoadBalancer, LockService, Role,
    StartError, is_balancer, read_balancer,
};
use crate::{logging, shutdown};

const HELP: &str = "\
The configuration is YAML. A single member to try things with:

  cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee   # any UUID, the same for all members
  group: try                    # the group's name
  name: try-1                   # this member's name
  number: 1                     # this member's number, never used twice
  start: bootstrap              # bootstrap | join | resume: what an empty data directory means
  members:
  - {number: 1, name: try-1, peer_address: 'localhost:2380', client_urls: ['http://localhost:2379']}
  data_dir: /tmp/try-1
  tls:
    peer: {insecure: true}      # or cert, key and ca; insecure is for trying only
  log: {format: text}

Then:  etcdctl --endpoints localhost:2379 put hello world

A proxy that balances, to try:

  kind: LoadBalancer
  name: try
  health: 127.0.0.1:2382
  proxy:
    listeners: [{name: http, address: '127.0.0.1:8080'}]
    routes: [{name: all, to: [{backend: app}]}]
    backends: [{name: app, servers: [{address: '127.0.0.1:9001'}, {address: '127.0.0.1:9002'}]}]

Its file is read again when it changes; what is wrong in it is logged and changes nothing.

A majority of the members lost their data directories for good: a group can go on with what one
that is left has. What only the others knew is lost, so that is for you to decide. Stop all
members. In the configuration of one whose directory is whole set these, and start it alone:

  cluster_uid: 9c1e8a52-06f4-4d0e-8c37-2b5d1f0a7e11          # a new one, for this member only
  former_cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee   # the cluster_uid until now
  start: recover

A directory that will not do is left as it is, and the message says why: try another one's. The
member leads once it is ready, alone. Add others as to any group, with new numbers, empty
directories, `start: join` and the new cluster_uid; from then on the first one has `start: resume`
and no former_cluster_uid, too. Members of before are not listened to.

Environment:
  SYNOD_ROOT          directory under which absolute paths are taken
  SYNOD_BIND_ADDRESS  address that replaces 0.0.0.0 in listeners
  SYNOD_HOSTS_FILE    names looked up before the system's resolver is asked
  RUST_LOG            log filter, instead of the configured one

Exit codes:
  0  stopped as asked         3  an address cannot be listened on
  1  anything else            4  the data directory cannot be used (foreign, in use, unreadable)
  2  wrong configuration      5  certificates, users or passwords cannot be used

Signals: SIGTERM and SIGINT hand leadership over, drain and exit; a second one exits at once. Certificates are read again
by themselves when they change.";

/// A Synod agent: one member of a replicated group.
#[derive(Debug, Parser)]
#[command(name = "synod-agent", version, after_long_help = HELP, args_conflicts_with_subcommands = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Option<ConfigFile>,
}

#[derive(Debug, Args)]
struct ConfigFile {
    /// The configuration file (YAML); `--help` shows one
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read the configuration and the certificates, say what is wrong, change nothing
    Check(ConfigFile),
}

/// What ends the process other than well.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("{0}")]
    Log(String),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the runtime does not start: {0}")]
    Runtime(#[from] std::io::Error),
}

impl Failure {
    const fn exit_code(&self) -> u8 {
        match self {
            Self::Load(_) | Self::Log(_) => 2,
            Self::Start(error) => error.exit_code(),
            Self::Runtime(_) => 1,
        }
    }
}

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match (cli.command, cli.run) {
        (Some(Command::Check(file)), _) => check(&file),
        (None, Some(file)) => run(&file),
        (None, None) => unreachable!("clap asks for one of the two"),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("synod-agent: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

/// The file's path and text if it is a LoadBalancer's; nothing if another kind's reader is to read it.
fn balancer(file: &ConfigFile, environment: &Environment) -> Option<(PathBuf, String)> {
    let path = environment.rooted(&file.config);
    let text = read_balancer(&path).ok()?;
    is_balancer(&text).then_some((path, text))
}

fn check(file: &ConfigFile) -> Result<(), Failure> {
    let environment = Environment::of_process()?;
    if let Some((path, text)) = balancer(file, &environment) {
        let config = BalancerConfig::parse(&path, &text, &environment).map_err(StartError::from)?;
        println!("{}: proxy {}", file.config.display(), config.name);
        return Ok(());
    }
    let config = load(&file.config, &environment)?;
    match config.kind {
        Kind::ConsensusGroup => AnyAgent::<ConsensusGroup>::check(&config)?,
        Kind::LockService => AnyAgent::<LockService>::check(&config)?,
        Kind::CacheCluster => AnyAgent::<CacheCluster>::check(&config)?,
    }
    println!(
        "{}: member {} of {}",
        file.config.display(),
        config.name,
        config.cluster_uid
    );
    Ok(())
}

fn run(file: &ConfigFile) -> Result<(), Failure> {
    let environment = Environment::of_process()?;
    if let Some((path, text)) = balancer(file, &environment) {
        return run_balancer(path, text, environment);
    }
    let config = load(&file.config, &environment)?;
    logging::start(&config.log).map_err(Failure::Log)?;
    let runtime = runtime(&config)?;
    let ended = match config.kind {
        Kind::ConsensusGroup => runtime.block_on(serve::<ConsensusGroup>(config, &environment)),
        Kind::LockService => runtime.block_on(serve::<LockService>(config, &environment)),
        Kind::CacheCluster => runtime.block_on(serve::<CacheCluster>(config, &environment)),
    };
    // A recovery that a signal cut short may still be reading; nobody waits for it.
    runtime.shutdown_background();
    ended
}

/// Runs a proxy until a signal, or until it cannot go on.
fn run_balancer(path: PathBuf, text: String, environment: Environment) -> Result<(), Failure> {
    let parsed = BalancerConfig::parse(&path, &text, &environment);
    let log = parsed.map(|it| it.log).unwrap_or_default();
    logging::start(&log).map_err(Failure::Log)?;
    // Sockets have threads of their own: this is for health and signals.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut signals = shutdown::Signals::listen()?;
        let balancer = LoadBalancer::start(path, text, environment).await?;
        tokio::select! {
            signal = signals.next() => tracing::info!(signal, "stopping"),
            failed = balancer.failed() => return Err(failed.into()),
        }
        tokio::select! {
            () = balancer.drain() => tracing::info!("stopped"),
            signal = signals.next() => tracing::warn!(signal, "stopped at once"),
        }
        Ok(())
    })
}

/// Runs a member until a signal, or until it cannot go on.
async fn serve<R: Role>(config: AgentConfig, environment: &Environment) -> Result<(), Failure> {
    let mut signals = shutdown::Signals::listen()?;
    let agent = tokio::select! {
        started = AnyAgent::<R>::start(Arc::new(config), environment) => started?,
        signal = signals.next() => {
            tracing::info!(signal, "stopped before it had started");
            return Ok(());
        }
    };
    tokio::select! {
        signal = signals.next() => tracing::info!(signal, "stopping"),
        failed = agent.failed() => return Err(failed.into()),
    }
    tokio::select! {
        () = agent.drain() => tracing::info!("stopped"),
        signal = signals.next() => tracing::warn!(signal, "stopped at once"),
    }
    Ok(())
}

/// One thread carries everything unless more are configured: then no request crosses threads.
fn runtime(config: &AgentConfig) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = match config.runtime.workers {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    if config.runtime.workers > 1 {
        builder.worker_threads(config.runtime.workers as usize);
    }
    builder.enable_all().thread_name("agent").build()
}
