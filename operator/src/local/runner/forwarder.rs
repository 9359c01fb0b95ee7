//! Services: a loopback address each, and a TCP forwarder from it to the pods that are ready.
//!
//! Forwarders end with the controller; what must not is printed as the members' own endpoints.

use super::probe::port_of;
use super::worker::{address, container};
use k8s_openapi::api::core::v1::{Pod, Service, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::ResourceExt;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Connections that one port of a Service forwards at once; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 1024;
/// How long a pod may take to accept before the next one is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a client may go on talking after the pod has said its last word.
const LINGER: Duration = Duration::from_secs(2);

type Backends = Arc<Mutex<Vec<SocketAddrV4>>>;

/// All forwarders, by where they listen.
#[derive(Default)]
pub(super) struct Forwarders {
    running: BTreeMap<SocketAddrV4, Forwarder>,
}

struct Forwarder {
    backends: Backends,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Forwarders {
    /// Starts, updates and ends forwarders so that they are what Services and pods say.
    pub(super) fn follow(&mut self, services: &[Arc<Service>], pods: &[Arc<Pod>]) {
        let mut wanted = BTreeMap::new();
        for service in services {
            for (listen, port) in ports(service) {
                wanted.insert(listen, backends(service, port, pods));
            }
        }
        self.running.retain(|listen, _| wanted.contains_key(listen));
        for (listen, backends) in wanted {
            match self.running.get(&listen) {
                Some(running) => {
                    *running
                        .backends
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner) = backends
                }
                None => {
                    let backends = Arc::new(Mutex::new(backends));
                    let task = tokio::spawn(forward(listen, Arc::clone(&backends)));
                    self.running.insert(listen, Forwarder { backends, task });
                }
            }
        }
    }
}

fn ports(service: &Service) -> Vec<(SocketAddrV4, &ServicePort)> {
    let Some(spec) = &service.spec else {
        return Vec::new();
    };
    let Some(address) = spec
        .cluster_ip
        .as_ref()
        .and_then(|ip| ip.parse::<Ipv4Addr>().ok())
    else {
        return Vec::new();
    };
    let ports = spec.ports.iter().flatten();
    let tcp = ports.filter(|port| port.protocol.as_deref().unwrap_or("TCP") == "TCP");
    tcp.filter_map(|port| {
        Some((
            SocketAddrV4::new(address, u16::try_from(port.port).ok()?),
            port,
        ))
    })
    .collect()
}

fn backends(service: &Service, port: &ServicePort, pods: &[Arc<Pod>]) -> Vec<SocketAddrV4> {
    let Some(spec) = &service.spec else {
        return Vec::new();
    };
    let Some(selector) = spec
        .selector
        .as_ref()
        .filter(|selector| !selector.is_empty())
    else {
        return Vec::new();
    };
    let unready_too = spec.publish_not_ready_addresses == Some(true);
    let chosen = pods.iter().filter(|pod| {
        pod.namespace() == service.namespace()
            && selector
                .iter()
                .all(|(key, value)| pod.labels().get(key) == Some(value))
            && (unready_too || is_ready(pod))
    });
    chosen
        .filter_map(|pod| Some(SocketAddrV4::new(address(pod)?, target_port(pod, port)?)))
        .collect()
}

fn target_port(pod: &Pod, port: &ServicePort) -> Option<u16> {
    match &port.target_port {
        Some(IntOrString::String(name)) => port_of(container(pod)?, name),
        Some(IntOrString::Int(number)) => u16::try_from(*number).ok(),
        None => u16::try_from(port.port).ok(),
    }
}

/// Whether a pod takes connections: ready, and not on its way out.
pub(super) fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_deref())
        .unwrap_or_default();
    pod.metadata.deletion_timestamp.is_none()
        && conditions
            .iter()
            .any(|c| c.type_ == "Ready" && c.status == "True")
}

async fn forward(listen: SocketAddrV4, backends: Backends) {
    let listener = match TcpListener::bind(listen).await {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(%listen, %error, "a Service has no forwarder; connect to the members themselves");
            return;
        }
    };
    let next = Arc::new(AtomicUsize::new(0));
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    // Connections end with the forwarder: their Service is gone.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        while connections.try_join_next().is_some() {}
        let Ok((client, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let turn = next.fetch_add(1, Ordering::Relaxed);
        let candidates = backends
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        connections.spawn(async move {
            splice(client, &candidates, turn).await;
            drop(permit);
        });
    }
}

/// Connects to one of the candidates, beginning with whose turn it is, and copies both ways.
async fn splice(mut client: TcpStream, candidates: &[SocketAddrV4], turn: usize) {
    for offset in 0..candidates.len() {
        let candidate = candidates[(turn + offset) % candidates.len()];
        if let Ok(Ok(mut server)) = timeout(CONNECT_TIMEOUT, TcpStream::connect(candidate)).await {
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let _ = exchange(&mut client, &mut server).await;
            return;
        }
    }
}

/// Copies both ways. A client that has said all may wait for its answer as long as the pod lets it; one that only does
/// not hang up after the pod did is not waited for.
async fn exchange(client: &mut TcpStream, server: &mut TcpStream) -> io::Result<()> {
    let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
    let mut asked = pin!(pass(from_client, to_server));
    let mut answered = pin!(pass(from_server, to_client));
    tokio::select! {
        result = asked.as_mut() => {
            result?;
            answered.await
        }
        result = answered.as_mut() => {
            result?;
            timeout(LINGER, asked).await?
        }
    }
}

/// Passes on what comes, and that nothing more does.
async fn pass(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<()> {
    tokio::io::copy(&mut from, &mut to).await?;
    to.shutdown().await
}
