//! What happens in a local cluster, told line by line: pods and objects as they change state.

use super::Failure;
use super::kinds::{self, Kind};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DynamicObject, ListParams};
use kube::{Client, ResourceExt};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Looks at the cluster again and again and tells what changed.
pub(crate) struct Follower {
    client: Client,
    kinds: Vec<Kind>,
    began: Instant,
    told: BTreeMap<String, String>,
}

impl Follower {
    pub(crate) async fn new(client: &Client, began: Instant) -> Result<Self, Failure> {
        Ok(Self {
            client: client.clone(),
            kinds: kinds::ours(client).await?,
            began,
            told: BTreeMap::new(),
        })
    }

    /// Tells what changed since the last look; returns all there is.
    pub(crate) async fn look(&mut self) -> Result<View, Failure> {
        let mut now = BTreeMap::new();
        let pods: Api<Pod> = Api::all(self.client.clone());
        let pods = pods.list(&ListParams::default()).await?.items;
        for pod in &pods {
            now.insert(format!("pod {}", place(pod)), state_of_pod(pod));
        }
        let mut objects = Vec::new();
        for kind in &self.kinds {
            for object in kind
                .api(&self.client, None)
                .list(&ListParams::default())
                .await?
                .items
            {
                now.insert(
                    format!("{} {}", kind.resource.kind, place(&object)),
                    state_of_object(&object),
                );
                objects.push(object);
            }
        }
        self.tell(now);
        Ok(View { objects, pods })
    }

    fn tell(&mut self, now: BTreeMap<String, String>) {
        for (what, state) in &now {
            if self.told.get(what) != Some(state) {
                self.line(what, state);
            }
        }
        for what in self.told.keys().filter(|what| !now.contains_key(*what)) {
            self.line(what, "gone");
        }
        self.told = now;
    }

    fn line(&self, what: &str, state: &str) {
        say!(
            "{:>7.1} s  {what}: {state}",
            self.began.elapsed().as_secs_f64()
        );
    }

    /// Looks until `wanted` says yes of all objects.
    pub(crate) async fn until(
        &mut self,
        every: Duration,
        wanted: impl Fn(&View) -> bool,
    ) -> Result<(), Failure> {
        loop {
            if wanted(&self.look().await?) {
                return Ok(());
            }
            tokio::time::sleep(every).await;
        }
    }
}

/// The name, with the namespace unless it is the default one.
fn place(object: &impl ResourceExt) -> String {
    match object.namespace().as_deref() {
        None | Some("default") => object.name_any(),
        Some(namespace) => format!("{namespace}/{}", object.name_any()),
    }
}

fn state_of_pod(pod: &Pod) -> String {
    if pod.metadata.deletion_timestamp.is_some() {
        return "stopping".to_owned();
    }
    let status = pod.status.clone().unwrap_or_default();
    let address = status.pod_ip.unwrap_or_default();
    let container = status.container_statuses.and_then(|mut list| list.pop());
    let Some(container) = container else {
        return if address.is_empty() {
            "made".to_owned()
        } else {
            format!("at {address}")
        };
    };
    let state = container.state.unwrap_or_default();
    let restarts = if container.restart_count > 0 {
        format!(" (started again {} times)", container.restart_count)
    } else {
        String::new()
    };
    match (state.running, state.waiting, state.terminated) {
        (Some(_), ..) if container.ready => format!("ready at {address}{restarts}"),
        (Some(_), ..) => format!("running at {address}, not ready{restarts}"),
        (_, Some(waiting), _) => waiting
            .message
            .or(waiting.reason)
            .unwrap_or_else(|| "waiting".to_owned()),
        (.., Some(terminated)) => format!("ended with code {}", terminated.exit_code),
        _ => "waiting".to_owned(),
    }
}

fn state_of_object(object: &DynamicObject) -> String {
    if object.metadata.deletion_timestamp.is_some() {
        return "deleting".to_owned();
    }
    let status = &object.data["status"];
    let state = status["state"].as_str().unwrap_or("new");
    let ready = status["ready"]
        .as_str()
        .map(|ready| format!(", {ready} members ready"))
        .unwrap_or_default();
    let leader = status["leader"]
        .as_str()
        .map(|leader| format!(", led by {leader}"))
        .unwrap_or_default();
    let conditions = status["conditions"].as_array().into_iter().flatten();
    let mut troubles = conditions
        .filter(|c| c["type"] == "Degraded" && c["status"] == "True")
        .filter_map(|c| c["message"].as_str());
    let trouble = troubles
        .next()
        .map(|message| format!("; {}", message.split(';').next().unwrap_or_default()))
        .unwrap_or_default();
    format!("{state}{ready}{leader}{trouble}")
}

/// What there is at one moment.
pub(crate) struct View {
    objects: Vec<DynamicObject>,
    pods: Vec<Pod>,
}

impl View {
    /// Whether every object is as its newest spec says and every pod is ready. Both are asked: after a restart the
    /// stored status is of before, until the operator has looked.
    pub(crate) fn is_ready(&self) -> bool {
        self.objects.iter().all(is_ready) && self.pods.iter().all(pod_is_ready)
    }
}

fn is_ready(object: &DynamicObject) -> bool {
    let conditions = object.data["status"]["conditions"].as_array();
    let mut conditions = conditions.into_iter().flatten();
    let ready = conditions.find(|condition| condition["type"] == "Ready");
    ready.is_some_and(|condition| {
        condition["status"] == "True"
            && condition["observedGeneration"].as_i64() >= object.metadata.generation
    })
}

fn pod_is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_deref());
    let mut conditions = conditions.unwrap_or_default().iter();
    conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
