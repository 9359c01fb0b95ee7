//! The operator's process, and what it tells of itself.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use http::Uri;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use synod_conformance::process::Process;

use super::Plan;
use super::stage::{HOME, OPERATOR, Stage};
use crate::{Failure, servers};

/// A lease of a killed one runs out before, and a first list of everything comes.
const START_MAX: Duration = Duration::from_secs(600);
const TICKS_PER_SECOND: f64 = 100.0;

/// How it is started.
pub struct Operator {
    synod: PathBuf,
    kubeconfig: PathBuf,
    log: PathBuf,
    port: u16,
}

/// A started one; killed with this value, as `kill -9` does.
pub struct Running {
    process: Process,
    port: u16,
    /// From its start until it acted and knew everything.
    pub ready_after: Duration,
}

/// Resident memory, bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// All of it.
    pub resident: u64,
    /// What is no page of a file: its own data.
    pub own: u64,
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.1} MiB, {:.1} MiB of it its own",
            mebibytes(self.resident),
            mebibytes(self.own)
        )
    }
}

/// Bytes in MiB.
#[must_use]
pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

impl Operator {
    /// One that will use the stage's API as its own user.
    ///
    /// # Errors
    /// When its kubeconfig cannot be written.
    pub fn new(plan: &Plan, stage: &Stage) -> Result<Self, Failure> {
        let folder = stage.real.folder();
        let kubeconfig = folder.join("operator.kubeconfig");
        std::fs::write(&kubeconfig, stage.real.kubeconfig_of(OPERATOR))
            .map_err(|e| format!("cannot write the operator's kubeconfig: {e}"))?;
        let [port] = servers::free_ports()?;
        Ok(Self {
            synod: plan.synod.clone(),
            kubeconfig,
            log: folder.join("operator.log"),
            port,
        })
    }

    /// Starts it and waits until it acts and knows everything.
    ///
    /// # Errors
    /// When it does not.
    pub async fn start(&self) -> Result<Running, Failure> {
        let mut command = Command::new(&self.synod);
        command
            .args(["operator", "--lease-namespace", HOME, "--listen"])
            .arg(format!("127.0.0.1:{}", self.port))
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .env_remove("RUST_LOG");
        let began = Instant::now();
        let mut running = Running {
            process: Process::start("synod operator", &mut command, &self.log)?,
            port: self.port,
            ready_after: Duration::ZERO,
        };
        while !running.acts().await {
            if !running.process.is_running() || began.elapsed() > START_MAX {
                return Err(format!(
                    "the operator is not ready: {}",
                    running.process.log_tail()
                ));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        running.ready_after = began.elapsed();
        Ok(running)
    }
}

impl Running {
    async fn get(&self, path: &str) -> Result<(u16, String), Failure> {
        let cannot = |error: &dyn std::fmt::Display| format!("the operator's {path}: {error}");
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
        let uri: Uri = format!("http://127.0.0.1:{}{path}", self.port)
            .parse()
            .map_err(|e: http::uri::InvalidUri| cannot(&e))?;
        let answer = client.get(uri).await.map_err(|e| cannot(&e))?;
        let code = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(|e| cannot(&e))?;
        let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        Ok((code, text))
    }

    /// Whether it leads and has its first lists.
    async fn acts(&self) -> bool {
        let ready = matches!(self.get("/readyz").await, Ok((200, _)));
        let metrics = self.get("/metrics").await.unwrap_or_default().1;
        ready
            && metrics
                .lines()
                .any(|line| line == "synod_operator_leader 1")
    }

    /// Resident memory now.
    #[must_use]
    pub fn memory(&self) -> Memory {
        Memory {
            resident: self.process.resident_bytes(),
            own: self.of_status("RssAnon:"),
        }
    }

    /// The most resident memory it ever had, bytes.
    #[must_use]
    pub fn peak_bytes(&self) -> u64 {
        self.of_status("VmHWM:")
    }

    fn of_status(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or(0) * 1024
    }

    /// CPU time used, seconds.
    #[must_use]
    pub fn cpu(&self) -> f64 {
        self.process.cpu_ticks() as f64 / TICKS_PER_SECOND
    }

    /// How long its looks at objects took, by its own metrics.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn durations(&self) -> Result<Durations, Failure> {
        let (_, text) = self.get("/metrics").await?;
        Ok(Durations::of(&text))
    }
}

/// A histogram: upper bounds in seconds, and how many were at most as long.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Durations(Vec<(f64, f64)>);

impl Durations {
    fn of(metrics: &str) -> Self {
        let buckets = metrics.lines().filter_map(|line| {
            let rest = line.strip_prefix("synod_operator_reconcile_duration_seconds_bucket{")?;
            let (_, rest) = rest.split_once("le=\"")?;
            let (bound, rest) = rest.split_once('"')?;
            let count = rest.split_whitespace().nth(1)?.parse().ok()?;
            let bound = bound.replace("+Inf", "inf").parse().ok()?;
            Some((bound, count))
        });
        Self(buckets.collect())
    }

    /// How many looks there were.
    #[must_use]
    pub fn count(&self) -> f64 {
        self.0.last().map_or(0.0, |(_, count)| *count)
    }

    /// The time that this share of all looks did not exceed, in seconds, as even within its bucket.
    #[must_use]
    pub fn quantile(&self, share: f64) -> f64 {
        let wanted = self.count() * share;
        let (mut below, mut before) = (0.0, 0.0);
        for (bound, count) in &self.0 {
            if *count >= wanted && *count > before {
                let part = (wanted - before) / (count - before);
                return if bound.is_finite() {
                    below + (bound - below) * part
                } else {
                    below
                };
            }
            (below, before) = (*bound, *count);
        }
        f64::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::Durations;

    #[test]
    fn quantiles_are_read_from_the_metrics() {
        let line = |le: &str, count: u32| {
            format!(
                "synod_operator_reconcile_duration_seconds_bucket{{kind=\"ConsensusGroup\",le=\"{le}\"}} {count}\n"
            )
        };
        let text = [line("0.001", 50), line("0.002", 90), line("+Inf", 100)].concat();
        let durations = Durations::of(&text);
        assert_eq!(durations.count(), 100.0);
        assert_eq!(durations.quantile(0.5), 0.001);
        assert!((durations.quantile(0.7) - 0.0015).abs() < 1e-9);
        assert_eq!(durations.quantile(0.99), 0.002);
        assert!(Durations::of("").quantile(0.5).is_nan());
    }
}
