//! One pod's life: volumes, process, probes, restarts, end. One task per pod, and only that task touches its process.
//!
//! ```text
//! waiting for volumes -> running -> (exited -> back-off -> running)* -> stopped -> object removed
//! ```
//!
//! A worker that is dropped (the controller ends or dies) leaves the process running; the next controller's worker
//! finds it by its record.

use super::probe::{Health, Probes};
use super::process::{self, Exit, Process, Program};
use super::program;
use super::volumes::{self, Sources};
use crate::local::home::Home;
use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod};
use kube::api::{Api, DeleteParams, Patch, PatchParams, Preconditions};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The pause before the first restart; it doubles up to [`BACKOFF_MAX`].
const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// A process that ran this long starts over with the first pause.
const BACKOFF_RESET: Duration = Duration::from_secs(10);
/// How often the length of the log is looked at.
const LOG_LOOK: Duration = Duration::from_secs(5);
/// The pause after the API refused a write that must succeed.
const RETRY: Duration = Duration::from_millis(200);

/// What all workers share.
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) home: Home,
    pub(super) sources: Sources,
    /// The agent's executable.
    pub(super) agent: PathBuf,
}

/// The task of one pod.
pub(super) struct Worker {
    shared: Arc<Shared>,
    /// The pod as stored; none when its object is gone.
    pod: watch::Receiver<Option<Arc<Pod>>>,
    /// Changes when a claim, Secret or ConfigMap changed.
    sources_changed: watch::Receiver<u64>,
    /// True when the controller stops everything.
    stopping: watch::Receiver<bool>,
    uid: String,
    namespace: String,
    name: String,
    directory: PathBuf,
    restarts: i32,
    told: Value,
}

/// Why a running process was left.
enum Left {
    Exited(Exit),
    Unhealthy,
    Asked,
}

/// What the worker says of its container.
enum Told<'a> {
    Waiting {
        reason: &'a str,
        message: String,
    },
    Running {
        ready: bool,
        since: &'a str,
        pid: u32,
    },
    Ended {
        exit: Exit,
        phase: &'a str,
    },
}

impl Worker {
    pub(super) fn new(
        shared: Arc<Shared>,
        pod: watch::Receiver<Option<Arc<Pod>>>,
        sources_changed: watch::Receiver<u64>,
        stopping: watch::Receiver<bool>,
        first: &Pod,
    ) -> Self {
        let uid = first.uid().unwrap_or_default();
        let statuses = first
            .status
            .as_ref()
            .and_then(|status| status.container_statuses.as_ref());
        Self {
            directory: shared.home.pod(&uid),
            shared,
            pod,
            sources_changed,
            stopping,
            namespace: first.namespace().unwrap_or_default(),
            name: first.name_any(),
            restarts: statuses
                .and_then(|list| list.first())
                .map_or(0, |status| status.restart_count),
            uid,
            told: Value::Null,
        }
    }

    /// Lives the pod's life. Ends when the pod's object is gone or the controller stops.
    pub(super) async fn run(mut self) {
        let mut process = Process::adopt(&self.record(), &self.root());
        let mut backoff = BACKOFF_MIN;
        loop {
            if self.must_end() {
                return self.end(process).await;
            }
            let Some(pod) = self.current() else {
                return self.end(process).await;
            };
            let mut running = match process.take() {
                Some(running) => running,
                None => match self.start(&pod).await {
                    Some(started) => started,
                    None => continue,
                },
            };
            let since = Instant::now();
            let left = self.supervise(&pod, &mut running).await;
            let exit = match left {
                Left::Asked => {
                    process = Some(running);
                    continue;
                }
                Left::Unhealthy => running.stop(grace(&pod)).await,
                Left::Exited(exit) => exit,
            };
            if self.finished(&pod, exit).await {
                return self.idle().await;
            }
            backoff = if since.elapsed() > BACKOFF_RESET {
                BACKOFF_MIN
            } else {
                backoff
            };
            self.pause(&pod, exit, backoff).await;
            backoff = (backoff * 2).min(BACKOFF_MAX);
        }
    }

    fn record(&self) -> PathBuf {
        self.directory.join("process.json")
    }

    fn root(&self) -> PathBuf {
        self.directory.join("root")
    }

    fn current(&self) -> Option<Arc<Pod>> {
        self.pod.borrow().clone()
    }

    /// Whether the pod is to be stopped: its object is being deleted or gone, or everything stops.
    fn must_end(&self) -> bool {
        let deleting = self
            .pod
            .borrow()
            .as_ref()
            .is_none_or(|pod| pod.metadata.deletion_timestamp.is_some());
        deleting || *self.stopping.borrow()
    }

    /// Waits until something that a decision rests on changed.
    async fn changed(&mut self) {
        let gone = tokio::select! {
            changed = self.pod.changed() => changed.is_err(),
            changed = self.sources_changed.changed() => changed.is_err(),
            changed = self.stopping.changed() => changed.is_err(),
        };
        if gone {
            // The controller is going down with this task.
            std::future::pending::<()>().await;
        }
    }

    /// Starts the process, or says what is missing and waits for a change.
    async fn start(&mut self, pod: &Pod) -> Option<Process> {
        let prepared = volumes::realise(pod, &self.directory, &self.shared.sources);
        let failure = match prepared
            .map_err(|error| error.to_string())
            .and_then(|()| self.program(pod))
        {
            Ok(program) => match Process::start(&program, &self.record()) {
                Ok(process) => {
                    self.link_log(&program.log);
                    return Some(process);
                }
                Err(error) => format!("cannot start {}: {error}", program.executable.display()),
            },
            Err(message) => message,
        };
        self.tell(
            pod,
            Told::Waiting {
                reason: "ContainerCreating",
                message: failure,
            },
        )
        .await;
        tokio::select! {
            () = self.changed() => {}
            // What is missing on disk tells nobody when it comes.
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
        None
    }

    /// Makes the log be found by the pod's name: `logs/NAMESPACE_NAME.log`. Only a convenience: it may fail.
    fn link_log(&self, log: &std::path::Path) {
        let link = self.log_link();
        let _ = std::fs::remove_file(&link);
        let _ = std::os::unix::fs::symlink(log, link);
    }

    fn log_link(&self) -> PathBuf {
        self.shared
            .home
            .logs()
            .join(format!("{}_{}.log", self.namespace, self.name))
    }

    fn program(&self, pod: &Pod) -> Result<Program, String> {
        let log = self.directory.join("agent.log");
        program::of(pod, &self.shared, &self.root(), log)
    }

    /// Watches a running process, keeps its files and status up to date, until there is something to do about it.
    async fn supervise(&mut self, pod: &Arc<Pod>, process: &mut Process) -> Left {
        let Some(container) = container(pod) else {
            // Refused by the API; nothing could be said of it.
            self.changed().await;
            return Left::Asked;
        };
        let address = address(pod).unwrap_or(Ipv4Addr::LOCALHOST);
        let pid = process.record().pid();
        // An adopted process goes on being what it was: a new controller alone changes nothing.
        let was_ready = told_of(pod, pid).is_some_and(|told| told.ready);
        let mut probes = Probes::start(container, address, was_ready);
        let since = since(pod, pid);
        loop {
            let Health { ready, live } = probes.health();
            if !live {
                return Left::Unhealthy;
            }
            self.tell(
                pod,
                Told::Running {
                    ready,
                    since: &since,
                    pid: process.record().pid(),
                },
            )
            .await;
            tokio::select! {
                exit = process.wait() => return Left::Exited(exit),
                () = probes.changed() => {}
                () = self.changed() => {
                    if self.must_end() {
                        return Left::Asked;
                    }
                    if let Err(error) = volumes::realise(pod, &self.directory, &self.shared.sources) {
                        tracing::debug!(pod = self.name, %error, "volumes are not refreshed");
                    }
                }
                () = tokio::time::sleep(LOG_LOOK) => process::bound_log(&self.directory.join("agent.log")),
            }
        }
    }

    /// Whether the process is not to be started again; tells the final phase.
    async fn finished(&mut self, pod: &Pod, exit: Exit) -> bool {
        let policy = pod
            .spec
            .as_ref()
            .and_then(|spec| spec.restart_policy.as_deref())
            .unwrap_or("Always");
        let phase = match (policy, exit.code) {
            ("Never" | "OnFailure", 0) => "Succeeded",
            ("Never", _) => "Failed",
            _ => return false,
        };
        self.tell(pod, Told::Ended { exit, phase }).await;
        true
    }

    /// Waits for the object to go; there is no process any more.
    async fn idle(mut self) {
        while !self.must_end() {
            self.changed().await;
        }
        self.end(None).await;
    }

    async fn pause(&mut self, pod: &Pod, exit: Exit, backoff: Duration) {
        self.restarts += 1;
        tracing::info!(
            pod = self.name,
            code = exit.code,
            restarts = self.restarts,
            "agent ended; it is started again"
        );
        let words = match exit.code {
            // It was asked, or made, to end: what it said last is no reason.
            0 | 129.. => None,
            _ => process::last_words(&self.directory.join("agent.log")),
        };
        let words = words.map(|words| format!(" ({words})")).unwrap_or_default();
        let (code, pause) = (exit.code, backoff.as_millis());
        let message = format!("ended with code {code}{words}; started again in {pause} ms");
        self.tell(
            pod,
            Told::Waiting {
                reason: "CrashLoopBackOff",
                message,
            },
        )
        .await;
        let until = tokio::time::Instant::now() + backoff;
        while !self.must_end() {
            tokio::select! {
                () = self.changed() => {}
                () = tokio::time::sleep_until(until) => return,
            }
        }
    }

    /// Stops the process; removes directory and object if the pod is being deleted.
    async fn end(mut self, process: Option<Process>) {
        let pod = self.current();
        let stopping = *self.stopping.borrow();
        if let Some(mut process) = process {
            let grace = pod.as_deref().map_or(Duration::ZERO, grace);
            let mut gone = self.pod.clone();
            let stopped = process.stop(grace);
            let forced = tokio::select! {
                _ = stopped => false,
                // Deleted by force: nobody waits any more.
                () = vanished(&mut gone), if pod.is_some() => true,
            };
            if forced {
                process.stop(Duration::ZERO).await;
            }
        }
        let deleting = pod
            .as_ref()
            .is_none_or(|pod| pod.metadata.deletion_timestamp.is_some());
        if deleting {
            let _ = std::fs::remove_dir_all(&self.directory);
            // Of a pod of the same name that runs already, the link is there and stays.
            if !self.log_link().exists() {
                let _ = std::fs::remove_file(self.log_link());
            }
            self.remove_object().await;
        } else if let Some(pod) = pod.filter(|_| stopping) {
            self.tell(
                &pod,
                Told::Waiting {
                    reason: "Stopped",
                    message: "synod local was stopped".to_owned(),
                },
            )
            .await;
        }
    }

    async fn remove_object(&mut self) {
        let pods: Api<Pod> = Api::namespaced(self.shared.client.clone(), &self.namespace);
        let only = Preconditions {
            uid: Some(self.uid.clone()),
            resource_version: None,
        };
        while self.current().is_some() {
            match pods
                .delete(
                    &self.name,
                    &DeleteParams::default()
                        .grace_period(0)
                        .preconditions(only.clone()),
                )
                .await
            {
                Ok(_) => return,
                // Gone, or another pod of this name.
                Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => return,
                Err(error) => {
                    tracing::warn!(pod = self.name, %error, "the pod's object is not removed yet")
                }
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Writes the pod's status if it says something new.
    async fn tell(&mut self, pod: &Pod, told: Told<'_>) {
        let status = self.status(pod, &told);
        if status == self.told {
            return;
        }
        let pods: Api<Pod> = Api::namespaced(self.shared.client.clone(), &self.namespace);
        let patch = json!({"metadata": {"uid": self.uid}, "status": status});
        match pods
            .patch_status(&self.name, &PatchParams::default(), &Patch::Merge(patch))
            .await
        {
            Ok(_) => self.told = status,
            Err(kube::Error::Api(refused)) if matches!(refused.code, 404 | 409) => {}
            Err(error) => {
                tracing::warn!(pod = self.name, %error, "the pod's status is not written")
            }
        }
    }

    fn status(&self, pod: &Pod, told: &Told<'_>) -> Value {
        let (phase, ready, state) = match told {
            Told::Waiting { reason, message } => {
                let phase = if self.restarts > 0 {
                    "Running"
                } else {
                    "Pending"
                };
                (
                    phase,
                    false,
                    json!({"waiting": {"reason": reason, "message": message}}),
                )
            }
            Told::Running { ready, since, .. } => {
                ("Running", *ready, json!({"running": {"startedAt": since}}))
            }
            Told::Ended { exit, phase } => (
                *phase,
                false,
                json!({"terminated": {"exitCode": exit.code, "reason": if exit.code == 0 { "Completed" } else { "Error" }}}),
            ),
        };
        let id = if let Told::Running { pid, .. } = told {
            json!(format!("process://{pid}"))
        } else {
            json!("")
        };
        let container = container(pod);
        let address = address(pod).map(|address| address.to_string());
        json!({
            "phase": phase,
            "podIP": address, "podIPs": address.as_ref().map(|ip| json!([{"ip": ip}])), "hostIP": "127.0.0.1",
            "conditions": [
                self.condition(pod, "PodScheduled", true), self.condition(pod, "Initialized", true),
                self.condition(pod, "ContainersReady", ready), self.condition(pod, "Ready", ready),
            ],
            "containerStatuses": [{
                "name": container.map(|c| c.name.clone()), "image": container.and_then(|c| c.image.clone()).unwrap_or_default(),
                "imageID": "", "containerID": id, "restartCount": self.restarts, "ready": ready,
                "started": matches!(told, Told::Running { .. }), "state": state,
            }],
        })
    }

    /// A condition; the time of its last change is kept while it does not change.
    fn condition(&self, pod: &Pod, kind: &str, is: bool) -> Value {
        let status = if is { "True" } else { "False" };
        let before = self.told["conditions"]
            .as_array()
            .and_then(|list| list.iter().find(|c| c["type"] == kind).cloned());
        let before = before.or_else(|| {
            let conditions = pod.status.as_ref()?.conditions.as_ref()?;
            serde_json::to_value(conditions.iter().find(|c| c.type_ == kind)?).ok()
        });
        let since = match before {
            Some(before)
                if before["status"] == status && before["lastTransitionTime"].is_string() =>
            {
                before["lastTransitionTime"].clone()
            }
            _ => json!(
                jiff::Timestamp::now()
                    .strftime("%Y-%m-%dT%H:%M:%SZ")
                    .to_string()
            ),
        };
        json!({"type": kind, "status": status, "lastTransitionTime": since})
    }
}

/// Waits until the pod's object is gone.
async fn vanished(pod: &mut watch::Receiver<Option<Arc<Pod>>>) {
    while pod.borrow_and_update().is_some() {
        if pod.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// What the stored status says of exactly this process.
fn told_of(pod: &Pod, pid: u32) -> Option<&ContainerStatus> {
    let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
    let id = format!("process://{pid}");
    statuses
        .first()
        .filter(|told| told.container_id.as_ref() == Some(&id))
}

/// When the process was started: as told before if it is the same, else now.
fn since(pod: &Pod, pid: u32) -> String {
    let told = told_of(pod, pid)
        .and_then(|told| told.state.as_ref()?.running.as_ref()?.started_at.as_ref());
    let time = told.map_or_else(jiff::Timestamp::now, |time| time.0);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The one container that local mode runs.
pub(super) fn container(pod: &Pod) -> Option<&Container> {
    pod.spec.as_ref()?.containers.first()
}

/// The pod's address.
pub(super) fn address(pod: &Pod) -> Option<Ipv4Addr> {
    pod.status.as_ref()?.pod_ip.as_ref()?.parse().ok()
}

fn grace(pod: &Pod) -> Duration {
    let own = pod
        .spec
        .as_ref()
        .and_then(|spec| spec.termination_grace_period_seconds);
    let seconds = pod
        .metadata
        .deletion_grace_period_seconds
        .or(own)
        .unwrap_or(30);
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}
