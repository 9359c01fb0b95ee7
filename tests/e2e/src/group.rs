//! A ConsensusGroup, a LockService or a CacheCluster in a namespace: members that keep something together.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use synod_conformance::workload::Workload;

use crate::helm::BY_FORCE;
use crate::stage::APPLY;
use crate::{Failure, Namespace};

/// No change of a group takes longer: members come one after the other, each with a volume.
const CHANGE_MAX: Duration = Duration::from_secs(240);

/// What members keep together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Keys.
    ConsensusGroup,
    /// Locks.
    LockService,
    /// Keys that may be in memory only, of one agent.
    CacheCluster,
}

impl Kind {
    /// As the API spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConsensusGroup => "ConsensusGroup",
            Self::LockService => "LockService",
            Self::CacheCluster => "CacheCluster",
        }
    }

    /// In names made from an object's.
    const fn short(self) -> &'static str {
        match self {
            Self::ConsensusGroup => "cg",
            Self::LockService => "ls",
            Self::CacheCluster => "cc",
        }
    }

    fn of(name: &str) -> Option<Self> {
        let mut all = [Self::ConsensusGroup, Self::LockService, Self::CacheCluster].into_iter();
        all.find(|kind| kind.name() == name)
    }
}

/// A group.
pub struct Group<'a> {
    namespace: &'a Namespace<'a>,
    kind: Kind,
    /// Its name.
    pub name: String,
}

impl<'a> Group<'a> {
    /// Creates a ConsensusGroup and waits until it is Ready. How long that took is in the report.
    ///
    /// # Errors
    /// When it is refused, or not Ready in time.
    pub fn create(namespace: &'a Namespace<'a>, name: &str, spec: &Value) -> Result<Self, Failure> {
        Self::create_of(namespace, Kind::ConsensusGroup, name, spec)
    }

    /// The same of any kind.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn create_of(
        namespace: &'a Namespace<'a>,
        kind: Kind,
        name: &str,
        spec: &Value,
    ) -> Result<Self, Failure> {
        let start = Instant::now();
        let group = Self::named(namespace, kind, name);
        group.apply(spec)?;
        group.ready_since(start)?;
        Ok(group)
    }

    fn named(namespace: &'a Namespace<'a>, kind: Kind, name: &str) -> Self {
        Self {
            namespace,
            kind,
            name: name.to_owned(),
        }
    }

    fn ready_since(&self, start: Instant) -> Result<(), Failure> {
        self.ready()?;
        self.namespace.stage.measured(APPLY, start.elapsed());
        Ok(())
    }

    /// Creates a ConsensusGroup, and does not wait.
    ///
    /// # Errors
    /// When it is refused.
    pub fn unready(
        namespace: &'a Namespace<'a>,
        name: &str,
        spec: &Value,
    ) -> Result<Self, Failure> {
        let group = Self::named(namespace, Kind::ConsensusGroup, name);
        group.apply(spec)?;
        Ok(group)
    }

    /// The object of a file, as it is; waits until it is Ready.
    ///
    /// # Errors
    /// When it is refused, or not Ready in time.
    pub fn of_file(namespace: &'a Namespace<'a>, text: &str) -> Result<Self, Failure> {
        let object: Value =
            serde_yaml::from_str(text).map_err(|error| format!("no YAML: {error}"))?;
        let kind = object["kind"].as_str().and_then(Kind::of);
        let kind = kind.ok_or_else(|| format!("nothing is known of a {}", object["kind"]))?;
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let start = Instant::now();
        namespace.stage.cluster.apply(&namespace.name, text)?;
        let group = Self::named(namespace, kind, name);
        group.ready_since(start)?;
        Ok(group)
    }

    /// What the names of its objects begin with.
    #[must_use]
    pub fn base(&self) -> String {
        format!("{}-{}", self.name, self.kind.short())
    }

    /// Its namespace.
    #[must_use]
    pub const fn namespace(&self) -> &Namespace<'a> {
        self.namespace
    }

    /// Makes the object what it is to be.
    ///
    /// # Errors
    /// When it is refused.
    pub fn apply(&self, spec: &Value) -> Result<(), Failure> {
        let object = json!({
            "apiVersion": "synod.dev/v1alpha1", "kind": self.kind.name(),
            "metadata": { "name": self.name }, "spec": spec,
        });
        let cluster = &self.namespace.stage.cluster;
        cluster
            .apply(&self.namespace.name, &object.to_string())
            .map(drop)
    }

    /// Changes fields of the spec.
    ///
    /// # Errors
    /// When it is refused.
    pub fn patch(&self, spec: &Value) -> Result<(), Failure> {
        let patch = json!({ "spec": spec }).to_string();
        self.namespace
            .kubectl(&[
                "patch",
                self.kind.name(),
                &self.name,
                "--type=merge",
                "--patch",
                &patch,
            ])
            .map(drop)
    }

    /// The object.
    ///
    /// # Errors
    /// When it is not there.
    pub fn object(&self) -> Result<Value, Failure> {
        self.namespace.get(&[self.kind.name(), &self.name])
    }

    /// Waits until the group is as its spec says, by the operator's word and by that of the kubelets, which asked the members
    /// themselves: the operator may not have seen yet what happened a moment ago.
    ///
    /// # Errors
    /// When it is not in time, with the condition's message.
    pub fn ready(&self) -> Result<Value, Failure> {
        self.reaches("Ready", |object| {
            let spec = &object["spec"];
            let wanted = match self.kind {
                Kind::CacheCluster => spec["shards"].as_u64().unwrap_or(0),
                _ => spec["members"].as_u64().unwrap_or(0) + spec["learners"].as_u64().unwrap_or(0),
            };
            let ready = |pods: Vec<Value>| pods.iter().filter(|pod| is_ready(pod)).count() as u64;
            object["status"]["state"] == "Ready" && self.pods().map(ready) == Ok(wanted)
        })
    }

    /// Waits until the operator has acted on the spec and `test` holds.
    ///
    /// # Errors
    /// When it does not in time.
    pub fn reaches(
        &self,
        what: &str,
        mut test: impl FnMut(&Value) -> bool,
    ) -> Result<Value, Failure> {
        let what = format!("{} is {what}", self.name);
        self.namespace.stage.cluster.wait(&what, CHANGE_MAX, || {
            let object = self.object()?;
            let status = &object["status"];
            let seen = status["observedGeneration"] == object["metadata"]["generation"];
            if seen && test(&object) {
                return Ok(Some(object));
            }
            Err(format!(
                "{}: {}",
                status["state"], status["conditions"][0]["message"]
            ))
        })
    }

    /// The name of the pod that leads.
    ///
    /// # Errors
    /// When nobody leads for a minute.
    pub fn leader(&self) -> Result<String, Failure> {
        let cluster = &self.namespace.stage.cluster;
        cluster.wait("somebody leads", Duration::from_secs(60), || {
            let leader = self.object()?["status"]["leader"]
                .as_str()
                .map(str::to_owned);
            Ok(leader)
        })
    }

    /// Hands leadership to a member, from the pod of clients.
    ///
    /// # Errors
    /// When it does not lead in time.
    pub fn hand_over(&self, pod: &str) -> Result<(), Failure> {
        let endpoints = self.endpoints()?;
        let etcdctl = |words: &[&str]| self.namespace.etcdctl_at(&endpoints, &self.name, words);
        let list = etcdctl(&["member", "list", "--write-out=json"])?;
        let list: Value =
            serde_json::from_str(&list).map_err(|error| format!("no JSON: {error}"))?;
        let mut members = list["members"].as_array().into_iter().flatten();
        let id = members
            .find(|it| it["name"] == pod)
            .and_then(|it| it["ID"].as_u64());
        let id = format!("{:x}", id.ok_or_else(|| format!("{pod} is no member"))?);
        let what = format!("{pod} leads");
        self.namespace.stage.cluster.wait(&what, CHANGE_MAX, || {
            etcdctl(&["move-leader", &id]).map(Some)
        })?;
        Ok(())
    }

    /// Has another authority sign from now on, as `synod rotate --overlap 45s` does: the client that counts reads its Secret again
    /// within that.
    ///
    /// # Errors
    /// When the API server refuses.
    pub fn rotate(&self) -> Result<(), Failure> {
        let rotate = format!("synod.dev/rotate={}", Timestamp::now());
        let overlap = "synod.dev/rotation-overlap=45s";
        let words = [
            "annotate",
            "secret",
            "synod-ca",
            "--overwrite",
            &rotate,
            overlap,
        ];
        self.kubectl(&words).map(drop)
    }

    /// What selects its objects.
    fn selector(&self) -> String {
        let (kind, name) = (self.kind.name(), &self.name);
        format!("--selector=synod.dev/kind={kind},synod.dev/name={name}")
    }

    /// Its pods.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub fn pods(&self) -> Result<Vec<Value>, Failure> {
        let list = self.namespace.get(&["pods", &self.selector()])?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    /// Which pod of this name runs, and how often its container was started anew; none while it is not ready.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub fn life(&self, pod: &str) -> Result<Option<(String, u64)>, Failure> {
        let pods = self.pods()?;
        let named = pods.iter().find(|it| it["metadata"]["name"] == pod);
        Ok(named.and_then(|pod| {
            let container = &pod["status"]["containerStatuses"][0];
            let uid = pod["metadata"]["uid"].as_str()?.to_owned();
            (container["ready"] == true).then_some((uid, container["restartCount"].as_u64()?))
        }))
    }

    /// Waits until a member that was killed serves again, in another life than `before`, and all others do.
    ///
    /// # Errors
    /// When they do not in time.
    pub fn is_back(&self, pod: &str, before: &Option<(String, u64)>) -> Result<(), Failure> {
        let cluster = &self.namespace.stage.cluster;
        cluster.wait(&format!("{pod} is back"), CHANGE_MAX, || {
            let now = self.life(pod)?;
            Ok((now.is_some() && now != *before).then_some(()))
        })?;
        self.ready().map(drop)
    }

    /// How many of its pods run and are to stay.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub fn running(&self) -> Result<usize, Failure> {
        Ok(self.pods()?.iter().filter(|pod| is_running(pod)).count())
    }

    /// The uids of its pods, by name.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub fn pod_uids(&self) -> Result<BTreeMap<String, String>, Failure> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let meta = |pod: &Value| {
            (
                text(&pod["metadata"]["name"]),
                text(&pod["metadata"]["uid"]),
            )
        };
        Ok(self.pods()?.iter().map(meta).collect())
    }

    /// A call of kubectl in its namespace.
    ///
    /// # Errors
    /// When it fails.
    pub fn kubectl(&self, words: &[&str]) -> Result<String, Failure> {
        self.namespace.kubectl(words)
    }

    /// Deletes a pod without waiting for its kubelet.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub fn delete_by_force(&self, pod: &str) -> Result<(), Failure> {
        let words = [&["delete", "pod", pod], BY_FORCE.as_slice()];
        self.kubectl(&words.concat()).map(drop)
    }

    /// The node that a pod is on.
    ///
    /// # Errors
    /// When there is no such pod, or it is on no node.
    pub fn node_of(&self, pod: &str) -> Result<String, Failure> {
        let pod = self.namespace.get(&["pod", pod])?;
        let node = pod["spec"]["nodeName"].as_str().map(str::to_owned);
        node.ok_or_else(|| "the pod is on no node".to_owned())
    }

    /// The names of its claims.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub fn claims(&self) -> Result<BTreeSet<String>, Failure> {
        let list = self
            .namespace
            .get(&["persistentvolumeclaims", &self.selector()])?;
        let items = list["items"].as_array().into_iter().flatten();
        let names = items.filter_map(|claim| claim["metadata"]["name"].as_str());
        Ok(names.map(str::to_owned).collect())
    }

    /// Where clients reach its members, one by one.
    ///
    /// # Errors
    /// When the status does not tell.
    pub fn endpoints(&self) -> Result<String, Failure> {
        let object = self.object()?;
        let members = object["status"]["group"].as_array().into_iter().flatten();
        let all: Vec<_> = members
            .filter_map(|member| member["endpoint"].as_str())
            .collect();
        if all.is_empty() {
            return Err("the status tells no endpoint".to_owned());
        }
        Ok(all.join(","))
    }

    /// Starts the client that counts what is acknowledged.
    ///
    /// # Errors
    /// When nothing is acknowledged.
    pub fn workload(&self) -> Result<Workload, Failure> {
        self.namespace.start_client(&[&self.base()])?;
        let mut command = self.namespace.workload(&self.base(), &self.endpoints()?);
        Workload::run(&mut command)
    }

    /// Deletes the object and waits until it and its pods are gone.
    ///
    /// # Errors
    /// When they are not in time.
    pub fn delete(&self) -> Result<(), Failure> {
        self.namespace
            .kubectl(&["delete", self.kind.name(), &self.name, "--timeout=60s"])?;
        let cluster = &self.namespace.stage.cluster;
        cluster.wait("its pods are gone", CHANGE_MAX, || {
            Ok(self.pods()?.is_empty().then_some(()))
        })
    }
}

/// Whether the container of a pod runs, and it is to stay.
pub(crate) fn is_running(pod: &Value) -> bool {
    let container = &pod["status"]["containerStatuses"][0];
    container["state"]["running"].is_object() && pod["metadata"]["deletionTimestamp"].is_null()
}

/// Whether its kubelet finds that a pod serves, and it is to stay.
fn is_ready(pod: &Value) -> bool {
    let mut conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    pod["metadata"]["deletionTimestamp"].is_null()
        && conditions.any(|it| it["type"] == "Ready" && it["status"] == "True")
}

/// How long until a write is acknowledged, at most, during so long a time.
///
/// # Errors
/// When none is acknowledged any more.
pub(crate) fn longest_gap(workload: &mut Workload, during: Duration) -> Result<Duration, Failure> {
    let start = Instant::now();
    let mut longest = Duration::ZERO;
    while start.elapsed() < during {
        longest = longest.max(workload.gap()?);
    }
    Ok(longest)
}
