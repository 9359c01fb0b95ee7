//! `synod local`: a cluster on this machine.

use super::connection::{self, Connection};
use super::endpoints;
use super::follow::{Follower, View};
use super::get::aligned;
use super::{Failure, apply};
use crate::kinds::{Profile, profiles};
use crate::local::api::ListenError;
use crate::local::cluster::{Cluster, stop_agents};
use crate::local::home::Home;
use crate::local::log_file::LogFile;
use crate::logging::{self, LogFormat};
use clap::Subcommand;
use kube::api::DynamicObject;
use kube::{Client, ResourceExt};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use synod_agent_api::Kind as AgentKind;
use synod_crds::Object;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// What is run when no file is named.
const QUICKSTART: &str = include_str!("../../../crds/examples/quickstart.yaml");
/// How often the cluster is looked at until all is ready, and after.
const LOOK_EAGER: Duration = Duration::from_millis(50);
const LOOK_CALM: Duration = Duration::from_millis(500);
/// `--detach` gives up waiting after this time; what runs goes on.
const READY_MAX: Duration = Duration::from_secs(120);
/// A detached controller answers in this time or did not start.
const START_MAX: Duration = Duration::from_secs(20);
/// An agent that does not end in this time is killed.
const STOP_MAX: Duration = Duration::from_secs(40);

const EXAMPLES: &str = "\
Examples:
  synod local                                    three members that store keys; Ctrl-C stops them
  synod local                                    again: goes on with the same data
  synod local -f group.yaml --data ./data        your own file, kept in ./data
  synod local -f group.yaml --detach             returns when Ready
  synod local down                               stops it and keeps the data
  synod local down --data ./data --purge         stops it and removes the data
  synod local --listen 127.0.0.1:7443            and: KUBECONFIG=~/.synod/local/kubeconfig kubectl get pods

Every member is a process with a loopback address of its own. On macOS these have to be made first, and a message says
which: sudo ifconfig lo0 alias ADDRESS. The agent is `synod-agent` beside `synod`, or $SYNOD_AGENT.";

/// Run a cluster on this machine: an embedded Kubernetes API, the operator, and every pod as a process
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    up: Up,
}

#[derive(clap::Args)]
struct Up {
    /// Objects to apply; - is standard input [default: a three-member ConsensusGroup, in a new directory]
    #[arg(short, long, value_name = "FILE")]
    file: Vec<PathBuf>,
    /// Where everything is kept; the same directory resumes [default: ~/.synod/local]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Return when all is Ready and leave it running
    #[arg(long)]
    detach: bool,
    /// Where the API listens, for kubectl [default: a free port of 127.0.0.1]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Be the controller that --detach leaves behind
    #[arg(long, hide = true)]
    controller: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Stop a local cluster: operator, agents and API
    Down {
        /// Its directory [default: the one used last]
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Remove all of its data too
        #[arg(long)]
        purge: bool,
    },
    /// Say whether a local cluster runs, and where
    Status {
        /// Its directory [default: the one used last]
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Some(Command::Down { data, purge }) => down(data, purge).await,
        Some(Command::Status { data }) => status(data).await,
        None => up(arguments.up).await,
    }
}

fn existing(data: Option<PathBuf>) -> Result<Home, Failure> {
    let path = data
        .or_else(connection::last_used)
        .unwrap_or_else(Home::default_path);
    Ok(Home::existing(&path)?)
}

async fn up(up: Up) -> Result<(), Failure> {
    let began = Instant::now();
    let path = up.data.clone().unwrap_or_else(Home::default_path);
    if up.controller {
        return be_controller(&path, up.listen).await;
    }
    // Everything that can be refused is looked at before anything is made.
    let fresh = Home::existing(&path).is_err();
    let objects = match (up.file.is_empty(), fresh) {
        (false, _) => apply::read_all(&up.file)?,
        (true, true) => parse_quickstart()?,
        (true, false) => Vec::new(),
    };
    Home::check(&path)?;
    check_agent()?;
    check_port(up.listen)?;
    let home = Home::make(&path)?;
    connection::remember(home.path());
    let presented = Presentation {
        home: home.clone(),
        objects,
        began,
        data: up.data.clone(),
    };
    if up.detach {
        return presented.detached(up.listen).await;
    }
    presented.attached(up.listen).await
}

fn parse_quickstart() -> Result<Vec<Object>, Failure> {
    synod_crds::parse(QUICKSTART, "quickstart.yaml").map_err(|errors| {
        Failure::new(
            errors
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n"),
        )
    })
}

/// Agents that cannot be started are told before anything is changed.
fn check_agent() -> Result<(), Failure> {
    let agent = crate::local::runner::program::agent();
    let found = if agent.components().count() > 1 {
        agent.is_file()
    } else {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&paths).any(|directory| directory.join(&agent).is_file())
    };
    if found {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} is not there; put synod-agent beside synod, or set SYNOD_AGENT to its path (from source: cargo build -p synod-agent)",
        agent.display()
    )))
}

/// A port that is taken is told before anything is made; the one that listens later takes it again.
fn check_port(listen: Option<SocketAddr>) -> Result<(), Failure> {
    let Some(address) = listen else {
        return Ok(());
    };
    match std::net::TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::new(
            ListenError::Bind { address, error }.to_string(),
        )),
    }
}

struct Presentation {
    home: Home,
    objects: Vec<Object>,
    began: Instant,
    data: Option<PathBuf>,
}

impl Presentation {
    async fn attached(self, listen: Option<SocketAddr>) -> Result<(), Failure> {
        log_to(&self.home)?;
        let cluster = Cluster::start(&self.home, listen)
            .await
            .map_err(|error| Failure::new(error.to_string()))?;
        let mut stop = std::pin::pin!(asked_to_stop());
        say!(
            "API on https://{} (kubeconfig {}), logs in {}",
            cluster.address(),
            self.home.kubeconfig().display(),
            self.home.logs().display()
        );
        let outcome = tokio::select! {
            () = &mut stop => Ok(()),
            ended = self.present_and_follow(cluster.client()) => ended,
        };
        say!(
            "stopping the agents; their data stays in {}",
            self.home.path().display()
        );
        tokio::select! {
            () = cluster.stop() => {}
            () = asked_to_stop() => say!("not waiting; `synod local down{}` stops what is left", self.flag()),
        }
        outcome
    }

    async fn present_and_follow(&self, client: Client) -> Result<(), Failure> {
        let mut follower = self.make_ready(&client).await?;
        self.print_endpoints(&client).await?;
        say!("\nCtrl-C stops everything; the data stays. What happens:");
        loop {
            follower.look().await?;
            tokio::time::sleep(LOOK_CALM).await;
        }
    }

    /// Applies the objects and waits until everything there is is Ready.
    async fn make_ready(&self, client: &Client) -> Result<Follower, Failure> {
        for (object, outcome) in apply::apply(client, &self.objects, true).await? {
            say!("{object} {outcome}");
        }
        let mut follower = Follower::new(client, self.began).await?;
        follower.until(LOOK_EAGER, View::is_ready).await?;
        say!("Ready in {:.1} s", self.began.elapsed().as_secs_f64());
        Ok(follower)
    }

    async fn detached(self, listen: Option<SocketAddr>) -> Result<(), Failure> {
        if let Some(record) = self.home.controller() {
            return Err(Failure::new(format!(
                "a cluster already runs on {} (pid {}); change it with `synod apply -f FILE{}`, or stop it with `synod local down{}`",
                self.home.path().display(),
                record.pid(),
                self.flag(),
                self.flag()
            )));
        }
        let mut child = self.start_controller(listen)?;
        let connection = Connection {
            data: Some(self.home.path().to_owned()),
            ..Connection::default()
        };
        let client = self.wait_for_api(&connection, &mut child).await?;
        match tokio::time::timeout(READY_MAX, self.make_ready(&client)).await {
            Ok(ready) => drop(ready?),
            Err(_) => {
                return Err(Failure::new(format!(
                    "not Ready after {} s, and left running; see `synod status{}`, the logs below {}, and `synod local down{}`",
                    READY_MAX.as_secs(),
                    self.flag(),
                    self.home.path().display(),
                    self.flag()
                )));
            }
        }
        self.print_endpoints(&client).await?;
        say!(
            "\nIt goes on in the background (pid {}); stop it with: synod local down{}",
            child.id(),
            self.flag()
        );
        Ok(())
    }

    fn start_controller(&self, listen: Option<SocketAddr>) -> Result<std::process::Child, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(format!("the controller cannot be started: {error}"))
        };
        let output = std::fs::File::create(self.output()).map_err(failed)?;
        let own = std::env::current_exe().map_err(failed)?;
        let mut command = std::process::Command::new(own);
        command
            .args(["local", "--controller", "--data"])
            .arg(self.home.path());
        if let Some(listen) = listen {
            command.args(["--listen", &listen.to_string()]);
        }
        let errors = output.try_clone().map_err(failed)?;
        command
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(failed)
    }

    fn output(&self) -> PathBuf {
        self.home.path().join("controller.out")
    }

    async fn wait_for_api(
        &self,
        connection: &Connection,
        child: &mut std::process::Child,
    ) -> Result<Client, Failure> {
        while self.began.elapsed() < START_MAX {
            if let Ok(Some(_)) = child.try_wait() {
                let said = std::fs::read_to_string(self.output()).unwrap_or_default();
                return Err(Failure::new(
                    said.trim().trim_start_matches("synod: ").to_owned(),
                ));
            }
            let ours = self
                .home
                .controller()
                .is_some_and(|record| record.pid() == child.id());
            if ours
                && let Ok(client) = connection.client().await
                && client.apiserver_version().await.is_ok()
                && super::kinds::ours(&client)
                    .await
                    .is_ok_and(|kinds| !kinds.is_empty())
            {
                return Ok(client);
            }
            tokio::time::sleep(LOOK_EAGER).await;
        }
        Err(Failure::new(format!(
            "the controller does not answer; see {}",
            self.output().display()
        )))
    }

    /// What a copied line needs so that it reaches this cluster: nothing while it is the one used last.
    fn flag(&self) -> String {
        // A kubeconfig in the environment goes before the directory used last.
        let elsewhere = std::env::var_os("KUBECONFIG").is_some_and(|value| !value.is_empty());
        match &self.data {
            Some(data) => format!(" --data {}", data.display()),
            None if elsewhere => format!(" --data {}", self.home.path().display()),
            None => String::new(),
        }
    }

    async fn print_endpoints(&self, client: &Client) -> Result<(), Failure> {
        let groups = endpoints::all(client, None, &profiles()).await?;
        let mut rows = vec![
            ["OBJECT", "MEMBER", "ENDPOINT", ""]
                .map(ToOwned::to_owned)
                .to_vec(),
        ];
        for group in &groups {
            rows.extend(endpoint_rows(client, group).await?);
        }
        say!("\n{}", aligned(&rows).trim_end());
        let mut shown = Vec::new();
        for group in &groups {
            // The first one of each kind is example enough.
            let profile = endpoints::profile(group);
            let Some(profile) = profile.filter(|profile| !shown.contains(&profile.short)) else {
                continue;
            };
            shown.push(profile.short);
            self.print_lines(client, group, profile).await?;
        }
        Ok(())
    }

    async fn print_lines(
        &self,
        client: &Client,
        group: &DynamicObject,
        profile: &Profile,
    ) -> Result<(), Failure> {
        say!("\nCopy and paste:");
        let access = endpoints::access(client, group).await?;
        let called = endpoints::called(group);
        if access.tls.is_some() || access.password.is_some() {
            say!("  eval \"$(synod env {called}{})\"", self.flag());
        } else {
            let endpoints = access.endpoints.join(",");
            say!("  export {}={endpoints}", profile.variables.endpoints);
        }
        for line in profile.first_lines[usize::from(access.tls.is_some())] {
            say!("  {line}");
        }
        if profile.kind == AgentKind::ConsensusGroup {
            say!(
                "  synod kv put hello world{0} && synod kv get hello{0}",
                self.flag()
            );
        }
        say!("  synod status {called}{}", self.flag());
        Ok(())
    }
}

async fn endpoint_rows(
    client: &Client,
    group: &DynamicObject,
) -> Result<Vec<Vec<String>>, Failure> {
    let leader = group.data["status"]["leader"].as_str().unwrap_or_default();
    let pods = endpoints::pods(client, group).await?;
    let rows = pods.iter().map(|pod| {
        let role = if pod.name_any() == leader {
            "leader"
        } else {
            ""
        };
        vec![
            endpoints::called(group),
            pod.name_any(),
            endpoints::endpoint(group, pod).unwrap_or_default(),
            role.to_owned(),
        ]
    });
    Ok(rows.collect())
}

/// The controller writes JSON lines to its log; the terminal is for people.
fn log_to(home: &Home) -> Result<(), Failure> {
    let path = home.controller_log();
    let file = LogFile::open(&path)
        .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    logging::start(LogFormat::Json, filter, false, move || file.clone());
    Ok(())
}

async fn be_controller(path: &Path, listen: Option<SocketAddr>) -> Result<(), Failure> {
    // A session of its own: the end of the terminal does not reach it.
    let _ = rustix::process::setsid();
    let home = Home::make(path)?;
    log_to(&home)?;
    let cluster = Cluster::start(&home, listen)
        .await
        .map_err(|error| Failure::new(error.to_string()))?;
    asked_to_stop().await;
    cluster.stop().await;
    Ok(())
}

/// Waits for Ctrl-C, SIGTERM or the end of the terminal.
pub(crate) async fn asked_to_stop() {
    let (Ok(mut terminate), Ok(mut hangup)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    ) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

async fn down(data: Option<PathBuf>, purge: bool) -> Result<(), Failure> {
    let home = existing(data)?;
    let shown = home.path().display().to_string();
    match home.controller() {
        Some(record) => {
            record.signal(rustix::process::Signal::TERM);
            let until = Instant::now() + STOP_MAX;
            while record.is_alive() && Instant::now() < until {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            if record.is_alive() {
                record.signal(rustix::process::Signal::KILL);
            }
            stop_agents(&home, Duration::ZERO).await;
            say!("stopped");
        }
        None => {
            let stopped = stop_agents(&home, STOP_MAX).await;
            say!("no controller ran on {shown}; {stopped} agents stopped");
        }
    }
    if purge {
        home.purge()?;
        say!("{shown} removed");
    } else {
        say!(
            "the data stays in {shown}; `synod local` goes on with it, `synod local down --purge` removes it"
        );
    }
    Ok(())
}

async fn status(data: Option<PathBuf>) -> Result<(), Failure> {
    let home = existing(data)?;
    let Some(record) = home.controller() else {
        say!("nothing runs on {}", home.path().display());
        return Ok(());
    };
    let connection = Connection {
        data: Some(home.path().to_owned()),
        ..Connection::default()
    };
    let client = connection.client().await?;
    say!(
        "runs on {} (pid {}), kubeconfig {}",
        home.path().display(),
        record.pid(),
        home.kubeconfig().display()
    );
    Follower::new(&client, Instant::now()).await?.look().await?;
    Ok(())
}
