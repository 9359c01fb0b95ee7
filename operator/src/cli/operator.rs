//! `synod operator`: the operator in a cluster.

use super::Failure;
use super::connection::Connection;
use crate::election::{self, Times};
use crate::kinds;
use crate::logging::{self, LogFormat};
use crate::settings::Settings;
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

const EXAMPLES: &str = "\
Examples:
  synod operator                               all namespaces; in a pod, by its service account
  synod operator --watch team-a,team-b         these namespaces only
  synod operator --leader-election off --listen 127.0.0.1:8080
                                               alone, from a terminal

Several replicas may run: one acts, by a Lease, the others wait. Killing any of them at any time
is safe, and so is a second one that acts by mistake: all it asks for carries what it rests on.

Plain HTTP on --listen:
  /healthz    200 while the process runs; independent of the API
  /readyz     200 once all that is to be watched is known; of a replica that waits, once the API
              has answered it
  /metrics    OpenMetrics text for Prometheus

Its account must be allowed to:
  get, list, watch, create, patch, delete   pods, persistentvolumeclaims, secrets, configmaps,
                                            poddisruptionbudgets
  get, list, watch, create, patch           services
  get, list, watch                          consensusgroups, lockservices, cacheclusters
  update                                    consensusgroups/status, lockservices/status,
                                            cacheclusters/status
  get, list, watch                          nodes; without it what is on nodes that are gone for
                                            good is left to the cluster
  create, patch                             events
  get, create, update                       leases, in the lease's namespace; get and update only
                                            the one of its name
operator/permissions.yaml in the sources says the same as a ClusterRole and a Role.";

/// Run the operator (in a cluster; `synod local` runs it for you)
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Watch only these namespaces, comma separated or given more than once [default: all]
    #[arg(
        long,
        value_name = "NAMESPACE",
        env = "SYNOD_NAMESPACES",
        value_delimiter = ',',
        value_parser = namespace
    )]
    watch: Vec<String>,
    /// The agent's image for objects that name none [default: the one of this operator's version]
    #[arg(long, env = "SYNOD_AGENT_IMAGE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    image: Option<String>,
    /// How many objects are looked at together; each by one look at a time
    #[arg(long, default_value_t = 10, value_name = "NUMBER", value_parser = reconciles_max)]
    reconciles_max: usize,
    /// Where health and metrics are served, plain
    #[arg(long, default_value = "0.0.0.0:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// What log lines look like [default: json, on a terminal text]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// What is logged: error, warn, info, debug or trace, also by module (info,synod_operator=debug)
    #[arg(long = "log", env = "RUST_LOG", default_value = "info", value_name = "FILTER", value_parser = filter)]
    log_filter: String,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    election: Election,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Leader election")]
struct Election {
    /// Whether only the replica that holds the lease acts; off only if there is no other
    #[arg(long, default_value = "on", env = "SYNOD_LEADER_ELECTION", value_name = "on|off", value_parser = switch, action = clap::ArgAction::Set)]
    leader_election: bool,
    /// The Lease's name
    #[arg(long, default_value = "synod-operator", value_name = "NAME", value_parser = lease_name)]
    lease_name: String,
    /// The Lease's namespace [default: the pod's, else the context's]
    #[arg(long, env = "POD_NAMESPACE", value_name = "NAMESPACE", value_parser = namespace)]
    lease_namespace: Option<String>,
    /// This replica's name; every replica has its own [default: the pod's, else made up]
    #[arg(long, env = "POD_NAME", value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    identity: Option<String>,
    /// Others take over when the lease was not renewed for this long
    #[arg(long, default_value = "15s", value_name = "TIME", value_parser = time)]
    lease_duration: Duration,
    /// A replica that could not renew for this long acts no more
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = time)]
    renew_deadline: Duration,
    /// How often it is tried to get the lease, or to renew it
    #[arg(long, default_value = "2s", value_name = "TIME", value_parser = time)]
    retry_period: Duration,
}

impl Election {
    fn times(&self) -> Result<Times, Failure> {
        let times = Times {
            lease: self.lease_duration,
            renew: self.renew_deadline,
            retry: self.retry_period,
        };
        times.check().map_err(|why| {
            Failure::new(format!(
                "--lease-duration, --renew-deadline, --retry-period: {why}"
            ))
        })?;
        Ok(times)
    }

    /// `None` if there is to be none.
    fn settings(self, times: Times, namespace: &str) -> Option<election::Settings> {
        self.leader_election.then(|| election::Settings {
            namespace: self
                .lease_namespace
                .filter(|namespace| !namespace.is_empty())
                .unwrap_or_else(|| namespace.to_owned()),
            name: self.lease_name,
            identity: self.identity.unwrap_or_else(made_up),
            times,
        })
    }
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let namespaces = chosen(arguments.watch)?;
    let times = arguments.election.times()?;
    let client = arguments.connection.client().await?;
    let election = arguments
        .election
        .settings(times, client.default_namespace());
    let terminal = std::io::stdout().is_terminal();
    let standard = if terminal {
        LogFormat::Text
    } else {
        LogFormat::Json
    };
    let format = arguments.log_format.unwrap_or(standard);
    logging::start(
        format,
        EnvFilter::new(arguments.log_filter),
        terminal,
        std::io::stdout,
    );
    logging::log_panics();
    let defaults = Settings::default();
    let settings = Settings {
        namespaces,
        image: arguments.image.unwrap_or(defaults.image.clone()),
        listen: Some(arguments.listen),
        reconciles_max: arguments.reconciles_max,
        ..defaults
    };
    tracing::info!(
        namespaces = ?settings.namespaces,
        listen = %arguments.listen,
        identity = election.as_ref().map(|election| election.identity.as_str()),
        version = env!("CARGO_PKG_VERSION"),
        action = "start",
        "the operator starts"
    );
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        super::local::asked_to_stop().await;
        stop.cancel();
    });
    crate::operator::run(client, settings, kinds::all(), election, shutdown)
        .await
        .map_err(|error| Failure::new(error.to_string()))
}

/// The namespaces to watch; a variable that is set and empty chooses all, as if it were not set.
fn chosen(all: Vec<String>) -> Result<Vec<String>, Failure> {
    let named: Vec<_> = all.into_iter().filter(|name| !name.is_empty()).collect();
    let mut seen = BTreeSet::new();
    match named.iter().find(|name| !seen.insert(name.as_str())) {
        Some(twice) => Err(Failure::new(format!(
            "--watch: namespace {twice} is given twice; name each once"
        ))),
        None => Ok(named),
    }
}

/// A name for a replica that was given none and is in no pod: nobody else has it.
fn made_up() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = Some(host.trim()).filter(|host| !host.is_empty());
    let chance = uuid::Uuid::new_v4().simple().to_string();
    format!("{}_{}", host.unwrap_or("synod-operator"), &chance[..8])
}

fn namespace(text: &str) -> Result<String, String> {
    if text.is_empty() || is_name(text, 63, false) {
        return Ok(text.to_owned());
    }
    Err("a namespace's name has lower case letters, digits and '-', begins and ends with a letter or digit, and has at most 63 of them; for all namespaces leave --watch away".into())
}

fn lease_name(text: &str) -> Result<String, String> {
    if is_name(text, 253, true) {
        return Ok(text.to_owned());
    }
    Err("a lease's name has lower case letters, digits, '-' and '.', and begins and ends with a letter or digit".into())
}

fn is_name(text: &str, bytes_max: usize, dots: bool) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inside = |byte: u8| plain(byte) || byte == b'-' || dots && byte == b'.';
    let bytes = text.as_bytes();
    bytes.len() <= bytes_max
        && bytes.iter().all(|byte| inside(*byte))
        && bytes.first().is_some_and(|byte| plain(*byte))
        && bytes.last().is_some_and(|byte| plain(*byte))
}

fn reconciles_max(text: &str) -> Result<usize, String> {
    const MOST: usize = 1000;
    match text.parse() {
        Ok(number) if (1..=MOST).contains(&number) => Ok(number),
        _ => Err(format!("a number from 1 to {MOST} is needed")),
    }
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err("say on or off".into()),
    }
}

/// Whole seconds, as `15s` or `1m`.
fn time(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is a whole number with its unit, such as 15s or 1m".to_owned();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match unit {
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        _ => Err(wrong()),
    }
}

fn filter(text: &str) -> Result<String, String> {
    let text = if text.is_empty() { "info" } else { text };
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!(
            "{error}; write for example info, or info,synod_operator=debug"
        )),
    }
}
