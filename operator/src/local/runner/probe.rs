//! HTTP probes of a container, as the kubelet makes them, but promptly: in local mode somebody is watching.

use k8s_openapi::api::core::v1::{Container, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// How often readiness is asked for until it is first reached, and again after it was lost.
const EAGER: Duration = Duration::from_millis(50);
/// Local probes are cheap: none waits longer than this for its next turn.
const PERIOD_MAX: Duration = Duration::from_secs(1);

/// What probes have found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Health {
    pub(super) ready: bool,
    pub(super) live: bool,
}

/// One HTTP GET that says yes with a code below 400.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Get {
    address: SocketAddrV4,
    path: String,
    timeout: Duration,
    failures_max: u32,
}

/// Probes of one container; stop when this is dropped.
pub(super) struct Probes {
    health: watch::Receiver<Health>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Drop for Probes {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

impl Probes {
    /// Begins to probe. A container without a readiness probe is ready at once; `was_ready` is believed until a probe
    /// says otherwise.
    pub(super) fn start(container: &Container, address: Ipv4Addr, was_ready: bool) -> Self {
        let readiness = container
            .readiness_probe
            .as_ref()
            .and_then(|probe| get(container, probe, address));
        let liveness = container.liveness_probe.as_ref().and_then(|probe| {
            let period = Duration::from_secs(
                probe
                    .period_seconds
                    .unwrap_or(10)
                    .max(1)
                    .unsigned_abs()
                    .into(),
            );
            Some((get(container, probe, address)?, period))
        });
        let (sender, health) = watch::channel(Health {
            ready: was_ready || readiness.is_none(),
            live: true,
        });
        let mut tasks = Vec::new();
        if let Some(get) = readiness {
            tasks.push(tokio::spawn(watch_readiness(get, sender.clone())));
        }
        if let Some((get, period)) = liveness {
            tasks.push(tokio::spawn(watch_liveness(get, period, sender)));
        }
        Self { health, tasks }
    }

    /// What is known now.
    pub(super) fn health(&self) -> Health {
        *self.health.borrow()
    }

    /// Waits for the next change.
    pub(super) async fn changed(&mut self) {
        if self.health.changed().await.is_err() {
            // Nothing is probed: nothing will change.
            std::future::pending::<()>().await;
        }
    }
}

async fn watch_readiness(get: Get, health: watch::Sender<Health>) {
    let mut failures = 0;
    loop {
        let good = get.succeeds().await;
        failures = if good { 0 } else { failures + 1 };
        let was = health.borrow().ready;
        let ready = good || (was && failures < get.failures_max);
        health.send_if_modified(|health| std::mem::replace(&mut health.ready, ready) != ready);
        tokio::time::sleep(if good { PERIOD_MAX } else { EAGER }).await;
    }
}

async fn watch_liveness(get: Get, period: Duration, health: watch::Sender<Health>) {
    let mut failures = 0;
    loop {
        tokio::time::sleep(period).await;
        failures = if get.succeeds().await {
            0
        } else {
            failures + 1
        };
        if failures >= get.failures_max {
            health.send_if_modified(|health| std::mem::replace(&mut health.live, false));
        }
    }
}

fn get(container: &Container, probe: &Probe, address: Ipv4Addr) -> Option<Get> {
    let action = probe.http_get.as_ref()?;
    let port = match &action.port {
        IntOrString::Int(port) => u16::try_from(*port).ok()?,
        IntOrString::String(name) => port_of(container, name)?,
    };
    Some(Get {
        address: SocketAddrV4::new(address, port),
        path: action.path.clone().unwrap_or_else(|| "/".to_owned()),
        timeout: Duration::from_secs(
            probe
                .timeout_seconds
                .unwrap_or(1)
                .max(1)
                .unsigned_abs()
                .into(),
        ),
        failures_max: probe.failure_threshold.unwrap_or(3).max(1).unsigned_abs(),
    })
}

/// The number of a container's port.
pub(super) fn port_of(container: &Container, name: &str) -> Option<u16> {
    let ports = container.ports.as_deref().unwrap_or_default();
    let port = ports
        .iter()
        .find(|port| port.name.as_deref() == Some(name))?;
    u16::try_from(port.container_port).ok()
}

impl Get {
    async fn succeeds(&self) -> bool {
        tokio::time::timeout(self.timeout, self.code())
            .await
            .is_ok_and(|code| code.is_ok_and(|code| (200..400).contains(&code)))
    }

    async fn code(&self) -> std::io::Result<u16> {
        let mut stream = TcpStream::connect(self.address).await?;
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: synod-local-probe\r\nConnection: close\r\n\r\n",
            self.path, self.address
        );
        stream.write_all(request.as_bytes()).await?;
        // "HTTP/1.1 200": the rest says nothing that a probe wants to know.
        let mut head = [0; 12];
        stream.read_exact(&mut head).await?;
        let code = std::str::from_utf8(&head[9..])
            .ok()
            .and_then(|code| code.parse().ok());
        code.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidData))
    }
}
