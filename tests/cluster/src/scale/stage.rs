//! The cluster that the operator is measured in: servers, definitions, roles, nodes, namespaces, objects.

use std::time::{Duration, Instant};

use futures::StreamExt;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, ResourceExt};
use serde::Deserialize;
use serde_json::{Value, json};
use synod_crds::ConsensusGroup;
use tokio::task::JoinHandle;

use super::Plan;
use super::agents::Fleet;
use super::kubelet::Kubelet;
use crate::servers::{Real, User};
use crate::{Failure, audit};

/// Who the operator is to the API.
pub const OPERATOR: User = User {
    name: "synod-operator",
    group: "",
};
/// The namespace of the operator's Lease.
pub const HOME: &str = "synod-system";
/// What it may do: the one place where that is written.
const PERMISSIONS: &str = include_str!("../../../../operator/permissions.yaml");
/// Of all kinds: the operator looks at nothing before it knows of all that it watches.
const DEFINITIONS: [&str; 3] = [
    include_str!("../../../../crds/consensusgroups.synod.dev.yaml"),
    include_str!("../../../../crds/lockservices.synod.dev.yaml"),
    include_str!("../../../../crds/cacheclusters.synod.dev.yaml"),
];
/// Namespaces that the objects are spread over.
const NAMESPACES: usize = 10;
/// The longest that one edit of one object may take.
const EDIT_MAX: Duration = Duration::from_secs(120);
/// Objects created at a time.
const CREATES: usize = 16;

/// The cluster.
pub struct Stage {
    /// The API.
    pub real: Real,
    client: Client,
    kubelet: JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.kubelet.abort();
    }
}

/// How many members object number `index` has: every fifth is a single one.
const fn members(index: usize) -> u32 {
    if index % 5 == 4 { 1 } else { 3 }
}

/// How many members `objects` have together.
#[must_use]
pub fn members_of(objects: usize) -> u32 {
    (0..objects).map(members).sum()
}

fn namespace(index: usize) -> String {
    format!("team-{}", index % NAMESPACES)
}

impl Stage {
    /// Starts it all.
    ///
    /// # Errors
    /// When something does not start, or is refused.
    pub async fn set(plan: &Plan) -> Result<Self, Failure> {
        let policy = audit::policy(&[OPERATOR.name], plan.record.is_some());
        let real =
            Real::start_with(&plan.etcd, &plan.apiserver, &[OPERATOR], Some(&policy)).await?;
        let client = crate::client::kube_client(&real.kubeconfig).await?;
        let kubelet = Kubelet::new(client.clone(), Fleet::new());
        kubelet.register().await?;
        let stage = Self {
            client,
            kubelet: tokio::spawn(kubelet.run()),
            real,
        };
        for definition in DEFINITIONS {
            stage.apply(definition, None).await?;
        }
        for name in (0..NAMESPACES).map(namespace).chain([HOME.to_owned()]) {
            let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            stage.apply_one(&body, None).await?;
        }
        stage.apply(PERMISSIONS, Some(HOME)).await?;
        for kind in ["ClusterRole", "Role"] {
            stage.apply_one(&binding(kind), Some(HOME)).await?;
        }
        Ok(stage)
    }

    async fn apply(&self, yaml: &str, namespace: Option<&str>) -> Result<(), Failure> {
        for document in serde_yaml::Deserializer::from_str(yaml) {
            let body = Value::deserialize(document).map_err(|e| e.to_string())?;
            self.apply_one(&body, namespace).await?;
        }
        Ok(())
    }

    /// Applies one object; in `namespace`, if its kind has any.
    async fn apply_one(&self, body: &Value, namespace: Option<&str>) -> Result<(), Failure> {
        let object: DynamicObject =
            serde_json::from_value(body.clone()).map_err(|e| e.to_string())?;
        let types = object.types.clone().unwrap_or_default();
        let kind = GroupVersionKind::try_from(&types).map_err(|e| e.to_string())?;
        let resource = ApiResource::from_gvk(&kind);
        let namespace = namespace.filter(|_| matches!(types.kind.as_str(), "Role" | "RoleBinding"));
        let api: Api<DynamicObject> = match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        };
        let name = object.name_any();
        api.patch(
            &name,
            &PatchParams::apply("bench").force(),
            &Patch::Apply(body),
        )
        .await
        .map(|_| ())
        .map_err(|error| format!("{} {name}: {error}", types.kind))
    }

    /// What else happens to objects: more members, fewer, other pods, none, the end. The first one and the second.
    ///
    /// # Errors
    /// When one is not Ready again in time.
    pub async fn live(&self) -> Result<(), Failure> {
        for spec in [
            json!({"members": 5}),
            json!({"members": 3}),
            json!({"resources": {"requests": {"cpu": "200m"}}, "deletionProtection": true}),
            json!({"hibernated": true}),
            json!({"hibernated": false}),
        ] {
            let sleeps = spec["hibernated"] == true;
            let generation = self.edit(0, spec).await?;
            self.wait_for(0, generation, !sleeps).await?;
        }
        let groups = self.groups(1);
        let deleted = groups.delete("group-1", &DeleteParams::default()).await;
        deleted.map(|_| ()).map_err(|e| format!("group-1: {e}"))
    }

    fn groups(&self, index: usize) -> Api<DynamicObject> {
        let kind = ApiResource::erase::<ConsensusGroup>(&());
        Api::namespaced_with(self.client.clone(), &namespace(index), &kind)
    }

    async fn edit(&self, index: usize, spec: Value) -> Result<Option<i64>, Failure> {
        let patch = Patch::Merge(json!({ "spec": spec }));
        let name = format!("group-{index}");
        let edited = self
            .groups(index)
            .patch(&name, &PatchParams::default(), &patch)
            .await;
        let edited = edited.map_err(|e| format!("{name}: {e}"))?;
        Ok(edited.metadata.generation)
    }

    /// Waits until the operator has brought the object to this generation, Ready or not.
    async fn wait_for(
        &self,
        index: usize,
        generation: Option<i64>,
        ready: bool,
    ) -> Result<(), Failure> {
        let name = format!("group-{index}");
        let deadline = Instant::now() + EDIT_MAX;
        while Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let object = self.groups(index).get(&name).await;
            let object = object.map_err(|e| format!("{name}: {e}"))?;
            let seen = object.data.pointer("/status/observedGeneration");
            let current = seen.and_then(Value::as_i64) == generation;
            let progressing = condition(&object, "Progressing");
            if current && is_ready(&object) == ready && !progressing {
                return Ok(());
            }
        }
        Err(format!(
            "{name} does not come to rest at generation {generation:?}"
        ))
    }

    /// Creates the objects.
    ///
    /// # Errors
    /// When one is refused.
    pub async fn create(&self, objects: usize) -> Result<(), Failure> {
        let create = |index: usize| {
            let api: Api<ConsensusGroup> = Api::namespaced(self.client.clone(), &namespace(index));
            async move {
                let name = format!("group-{index}");
                let body = json!({
                    "apiVersion": "synod.dev/v1alpha1", "kind": "ConsensusGroup", "metadata": {"name": name},
                    "spec": {"members": members(index), "storage": {"size": "1Gi"}},
                });
                let body = serde_json::from_value(body).map_err(|e| e.to_string())?;
                api.create(&PostParams::default(), &body)
                    .await
                    .map(|_| ())
                    .map_err(|e| format!("{name}: {e}"))
            }
        };
        let mut all = futures::stream::iter(0..objects)
            .map(create)
            .buffer_unordered(CREATES);
        while let Some(created) = all.next().await {
            created?;
        }
        Ok(())
    }

    /// Waits until all objects are Ready.
    ///
    /// # Errors
    /// When they are not after `patience`.
    pub async fn wait_until_ready(
        &self,
        objects: usize,
        patience: Duration,
    ) -> Result<(), Failure> {
        let api: Api<DynamicObject> = Api::all_with(
            self.client.clone(),
            &ApiResource::erase::<ConsensusGroup>(&()),
        );
        let deadline = Instant::now() + patience;
        let mut told = Instant::now();
        loop {
            let all = api.list(&ListParams::default()).await;
            let all = all.map_err(|e| format!("objects cannot be listed: {e}"))?;
            let ready = all.iter().filter(|object| is_ready(object)).count();
            if ready == objects {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{ready} of {objects} objects are Ready"));
            }
            if told.elapsed() > Duration::from_secs(10) {
                told = Instant::now();
                eprintln!("{ready} of {objects} objects are Ready");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// The operator's ClusterRole or Role, given to it.
fn binding(kind: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": format!("{kind}Binding"), "metadata": {"name": "synod-operator"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": "synod-operator"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": OPERATOR.name}],
    })
}

fn is_ready(object: &DynamicObject) -> bool {
    condition(object, "Ready")
}

/// Whether a condition is there and true.
fn condition(object: &DynamicObject, kind: &str) -> bool {
    let conditions = object.data.pointer("/status/conditions");
    let mut conditions = conditions.and_then(Value::as_array).into_iter().flatten();
    conditions.any(|condition| condition["type"] == kind && condition["status"] == "True")
}
