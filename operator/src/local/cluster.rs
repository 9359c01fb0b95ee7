//! A whole cluster on one machine: API, listener, runner and operator, started and stopped together.

use super::api::{self, Access, Api, JournalError, ListenError, Listener};
use super::home::{Hold, Home, HomeError, replace};
use super::runner::{NODE, Runner, process};
use crate::kinds;
use crate::operator;
use crate::settings::Settings;
use k8s_openapi::api::core::v1::{Node, Pod};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The field manager of what local mode itself writes.
const MANAGER: &str = "synod-local";
/// Local mode has no endpoints elsewhere that must learn of an agent's end before it ends.
const ENDPOINTS_WAIT: Duration = Duration::from_millis(100);

/// Why the cluster did not start; nothing was changed if the directory or the port was refused.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The stored objects cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The API's port cannot be had.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The API refused what every cluster has.
    #[error(
        "the embedded API refused {what}: {error}; the data directory may be of another version: start a new one with --data"
    )]
    Refused {
        /// What was to be stored.
        what: String,
        /// Its answer.
        error: Box<kube::Error>,
    },
}

/// A running cluster.
pub struct Cluster {
    client: Client,
    address: SocketAddr,
    stop_operator: CancellationToken,
    stop_runner: CancellationToken,
    operator: JoinHandle<()>,
    runner: JoinHandle<()>,
    background: Vec<JoinHandle<()>>,
    _hold: Hold,
}

impl Cluster {
    /// Starts everything on a data directory; `listen` is the API's address, any free port of loopback if none.
    pub async fn start(home: &Home, listen: Option<SocketAddr>) -> Result<Self, StartError> {
        let hold = home.hold()?;
        let api = Api::open(api::Settings::durable(&home.journal()))?;
        let access: Access = match home.read("access.json") {
            Some(access) => access,
            None => {
                let access = Access::generate()?;
                home.write("access.json", &access)?;
                access
            }
        };
        let listener = bind(home, &api, &access, listen).await?;
        let address = listener.address();
        replace(&home.kubeconfig(), access.kubeconfig(address).as_bytes())?;

        let client = api.client("default");
        furnish(&client).await?;
        disclaim(&client, home).await?;
        let (stop_operator, stop_runner) = (CancellationToken::new(), CancellationToken::new());
        let background = vec![
            tokio::spawn(api.clone().collect()),
            tokio::spawn(listener.serve()),
        ];
        let runner = tokio::spawn(Runner::new(client.clone(), home).run(stop_runner.clone()));
        let settings = Settings {
            endpoints_wait: ENDPOINTS_WAIT,
            advertise_addresses: true,
            ..Settings::default()
        };
        let operated = operator::run(
            client.clone(),
            settings,
            kinds::all(),
            None,
            stop_operator.clone(),
        );
        let operator = tokio::spawn(async move {
            if let Err(error) = operated.await {
                tracing::error!(%error, "the operator ended");
            }
        });
        Ok(Self {
            client,
            address,
            stop_operator,
            stop_runner,
            operator,
            runner,
            background,
            _hold: hold,
        })
    }

    /// A client of the API, in process.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Where the API listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the operator first, so that it replaces nobody; then the agents; then the API.
    pub async fn stop(self) {
        self.stop_operator.cancel();
        let _ = self.operator.await;
        self.stop_runner.cancel();
        let _ = self.runner.await;
        self.background.iter().for_each(JoinHandle::abort);
    }
}

/// Listens where it was asked to; else where it listened before, so that open kubectl windows go on; else anywhere.
async fn bind(
    home: &Home,
    api: &Api,
    access: &Access,
    listen: Option<SocketAddr>,
) -> Result<Listener, StartError> {
    const FILE: &str = "listen.json";
    let listener = match (listen, home.read::<SocketAddr>(FILE)) {
        (None, Some(before)) => {
            match Listener::bind(api.clone(), access.clone(), Some(before)).await {
                Ok(listener) => listener,
                Err(_) => Listener::bind(api.clone(), access.clone(), None).await?,
            }
        }
        (listen, _) => Listener::bind(api.clone(), access.clone(), listen).await?,
    };
    home.write(FILE, &listener.address())?;
    Ok(listener)
}

/// Stores what every cluster has: the definitions of our kinds, and the node.
async fn furnish(client: &Client) -> Result<(), StartError> {
    let definitions: kube::Api<CustomResourceDefinition> = kube::Api::all(client.clone());
    for definition in synod_crds::definitions() {
        let name = definition.name_any();
        let refused = |error: kube::Error| StartError::Refused {
            what: format!("the definition {name}"),
            error: Box::new(error),
        };
        let params = PatchParams::apply(MANAGER).force();
        definitions
            .patch(&name, &params, &Patch::Apply(&definition))
            .await
            .map_err(refused)?;
    }
    let nodes: kube::Api<Node> = kube::Api::all(client.clone());
    let refused = |error: kube::Error| StartError::Refused {
        what: format!("the node {NODE}"),
        error: Box::new(error),
    };
    if nodes.get_opt(NODE).await.map_err(refused)?.is_none() {
        let node = Node {
            metadata: kube::api::ObjectMeta {
                name: Some(NODE.to_owned()),
                ..Default::default()
            },
            ..Default::default()
        };
        nodes
            .create(&PostParams::default(), &node)
            .await
            .map_err(refused)?;
        let status = json!({"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "Local"}],
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}]}});
        nodes
            .patch_status(NODE, &PatchParams::default(), &Patch::Merge(status))
            .await
            .map_err(refused)?;
    }
    Ok(())
}

/// Takes back the readiness of pods whose process is gone: what is stored is of before.
async fn disclaim(client: &Client, home: &Home) -> Result<(), StartError> {
    let all: kube::Api<Pod> = kube::Api::all(client.clone());
    let refused = |error: kube::Error| StartError::Refused {
        what: "the state of pods".to_owned(),
        error: Box::new(error),
    };
    for pod in all
        .list(&ListParams::default())
        .await
        .map_err(refused)?
        .items
    {
        let file = format!("pods/{}/process.json", pod.uid().unwrap_or_default());
        if home
            .read::<process::Record>(&file)
            .is_some_and(|record| record.is_alive())
        {
            continue;
        }
        let mut conditions = pod
            .status
            .as_ref()
            .and_then(|status| status.conditions.clone())
            .unwrap_or_default();
        for condition in conditions
            .iter_mut()
            .filter(|c| matches!(c.type_.as_str(), "Ready" | "ContainersReady"))
        {
            condition.status = "False".to_owned();
        }
        let pods: kube::Api<Pod> =
            kube::Api::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
        let patch = json!({"status": {"conditions": conditions}});
        pods.patch_status(
            &pod.name_any(),
            &PatchParams::default(),
            &Patch::Merge(patch),
        )
        .await
        .map_err(refused)?;
    }
    Ok(())
}

/// Stops the agents of a data directory whose controller does not run. Returns how many there were.
pub async fn stop_agents(home: &Home, grace: Duration) -> usize {
    let mut records = Vec::new();
    for pod in std::fs::read_dir(home.pods())
        .into_iter()
        .flatten()
        .flatten()
    {
        if let Some(name) = pod.file_name().to_str() {
            let file = format!("pods/{name}/process.json");
            records.extend(
                home.read::<process::Record>(&file)
                    .filter(|record| record.is_alive()),
            );
        }
    }
    records
        .iter()
        .for_each(|record| record.signal(rustix::process::Signal::TERM));
    let patience = tokio::time::Instant::now() + grace;
    while records.iter().any(process::Record::is_alive) && tokio::time::Instant::now() < patience {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    records
        .iter()
        .for_each(|record| record.signal(rustix::process::Signal::KILL));
    records.len()
}
