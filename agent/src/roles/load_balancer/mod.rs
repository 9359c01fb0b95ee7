//! The role of a LoadBalancer's proxy: the sockets of `synod_proxy`, its file, its health, its log.
//!
//! Nothing in it is kept but the last configuration that was applied. It needs no peers and no operator: the file is read again when
//! it changes, and what cannot be applied changes nothing.

mod config;
mod kept;
mod watch;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use synod_proxy::access::Entry;
use synod_proxy::{Proxy, Settings};
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use xxhash_rust::xxh3::xxh3_64;

pub use config::{BalancerConfig, BalancerConfigError, BalancerKind, is_balancer, read};

use super::StartError;
use crate::admin::{self, Guard};
use crate::config::Environment;
use crate::listen::listen;
use crate::tls::TlsAccept;

/// A running proxy.
pub struct LoadBalancer {
    config: BalancerConfig,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

/// What the proxy and those who look after it have in common.
struct Shared {
    /// None once it has been told to end.
    proxy: Mutex<Option<Proxy>>,
    is_draining: CancellationToken,
}

impl Shared {
    fn proxy(&self) -> MutexGuard<'_, Option<Proxy>> {
        self.proxy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LoadBalancer {
    /// Starts a proxy by the configuration that `text` (of the file at `path`) makes; by the last one that was applied, where that
    /// is of no use.
    ///
    /// # Errors
    /// If neither can be used, or an address cannot be listened on.
    pub async fn start(
        path: PathBuf,
        text: String,
        environment: Environment,
    ) -> Result<Self, StartError> {
        let parsed = BalancerConfig::parse(&path, &text, &environment);
        let config = match parsed {
            Ok(config) => config,
            Err(error) => kept::instead_of(&text, &environment, error)?,
        };
        let health = listen("health", config.health).await?;
        let (proxy, config) = begin(config)?;
        let shared = Arc::new(Shared {
            proxy: Mutex::new(Some(proxy)),
            is_draining: CancellationToken::new(),
        });
        let stop = CancellationToken::new();
        let (plain, routes) = (TlsAccept::new(None), routes(Arc::clone(&shared)));
        tokio::spawn(admin::serve(
            health,
            plain,
            Guard::Open,
            routes,
            stop.clone(),
        ));
        let watch = watch::Watch {
            path,
            text,
            environment,
            config: config.clone(),
        };
        let (watched, stopped) = (Arc::clone(&shared), stop.clone());
        tokio::spawn(async move {
            stopped.run_until_cancelled(watch.run(watched)).await;
        });
        Ok(Self {
            config,
            shared,
            stop,
        })
    }

    /// Waits until the proxy cannot go on.
    pub async fn failed(&self) -> StartError {
        loop {
            sleep(Duration::from_secs(1)).await;
            let is_alive = self.shared.proxy().as_ref().is_none_or(Proxy::is_alive);
            if !is_alive {
                return StartError::Ended("an event loop of the proxy");
            }
        }
    }

    /// Stops in good order: unready, endpoints waited for, connections let go when they have their answers.
    pub async fn drain(self) {
        self.shared.is_draining.cancel();
        let drain = &self.config.drain;
        sleep(Duration::from_millis(drain.endpoints_wait_ms)).await;
        let (shared, time) = (self.shared, Duration::from_millis(drain.timeout_ms));
        let proxy = shared.proxy().take();
        // A thread that panicked has ended, too.
        let _ = spawn_blocking(move || proxy.map(|it| it.drain(time))).await;
        self.stop.cancel();
    }
}

fn begin(config: BalancerConfig) -> Result<(Proxy, BalancerConfig), StartError> {
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    let settings = Settings {
        threads: if config.threads == 0 {
            cores()
        } else {
            config.threads
        },
        seed: getrandom::u64().map_err(StartError::Entropy)?,
        secret: xxh3_64(config.name.as_bytes()),
        logs_access: config.access_log,
    };
    let mut proxy = Proxy::start(config.proxy.clone(), &settings)?;
    if let Some(entries) = proxy.take_access_log() {
        let builder = thread::Builder::new().name("access-log".to_owned());
        builder
            .spawn(move || write(&entries))
            .map_err(StartError::Thread)?;
    }
    kept::keep(&config);
    for (listener, address) in proxy.addresses() {
        tracing::info!(listener, %address, "listening");
    }
    Ok((proxy, config))
}

/// Writes entries as they come, several at once where they come faster.
fn write(entries: &Receiver<Entry>) {
    let mut lines = String::new();
    while let Ok(first) = entries.recv() {
        lines.clear();
        for entry in std::iter::once(first).chain(entries.try_iter().take(255)) {
            lines.push_str(&entry.to_json());
            lines.push('\n');
        }
        // Whoever read it is gone: requests are served nevertheless.
        let _ = std::io::stdout().write_all(lines.as_bytes());
    }
}

fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/healthz", get(live))
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(shared)
}

/// Alive: all threads run.
async fn live(State(shared): State<Arc<Shared>>) -> (StatusCode, &'static str) {
    match shared.proxy().as_ref().is_none_or(Proxy::is_alive) {
        true => (StatusCode::OK, "ok\n"),
        false => (StatusCode::INTERNAL_SERVER_ERROR, "a thread has ended\n"),
    }
}

/// Ready: it serves, and does not drain.
async fn ready(State(shared): State<Arc<Shared>>) -> (StatusCode, &'static str) {
    match shared.is_draining.is_cancelled() {
        false => (StatusCode::OK, "ok\n"),
        true => (StatusCode::SERVICE_UNAVAILABLE, "it drains\n"),
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let text = spawn_blocking(move || {
        let proxy = shared.proxy();
        let text = |it: &Proxy| synod_proxy::metrics::text(&it.totals(), &it.told());
        proxy.as_ref().map(text).unwrap_or_default()
    });
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text.await.unwrap_or_default(),
    )
}
