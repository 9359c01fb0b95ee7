//! The chart in a real API server: installed, upgraded from an older one, rolled back, uninstalled, installed again; and
//! the operator that acts there with the rights that the chart gives it, and no more.
//!
//! No node is there, so no pod runs. Whether it works is for tests with nodes to say; here it is whether it is admitted.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};
use synod_cluster::audit::{self, Reader};
use synod_cluster::servers::{ADMIN, Programs, Real, User};

use super::ensure;
use crate::helm::{Helm, Values};
use crate::running::{Operator, PAUSE, WAIT_MAX};
use crate::{Bed, Failure, HOME, output};

/// The operator, as its account is called.
const OPERATOR: User = User {
    name: "system:serviceaccount:synod-system:synod-operator",
    group: "",
};
const TEAM: &str = "team-a";
const WATCHED: &str = "watchNamespaces={team-a,team-b}";
/// A field that the older chart's definition lacks.
const NEW_FIELD: &str = "hibernated";
/// What nobody but the chart makes in the operator's namespace.
const MADE: [&str; 6] = [
    "deployments",
    "serviceaccounts/synod-operator",
    "roles",
    "services",
    "poddisruptionbudgets",
    "networkpolicies",
];

struct Cluster {
    real: Real,
    kubectl: PathBuf,
    admin: PathBuf,
    operator: PathBuf,
}

pub(super) fn at_a_real_api(bed: &Bed) -> Result<(), Failure> {
    let programs = bed.kubernetes.as_ref().ok_or("no kube-apiserver")?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let cluster = runtime.block_on(Cluster::start(programs))?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let older = bed.helm.with(older_chart(&bed.helm, folder.path())?)?;
    let (admin, watched) = (&cluster.admin, Values::set(&[WATCHED]));

    older.change(admin, "install", &watched)?;
    ensure(!cluster.has_field()?, || {
        "the older definition is as the new one".to_owned()
    })?;
    bed.helm.change(admin, "upgrade", &watched)?;
    ensure(cluster.has_field()?, || {
        "the definition was not upgraded".to_owned()
    })?;
    cluster.admits_the_operators_pod()?;
    cluster.serves(bed, folder.path())?;
    cluster.protects()?;

    let fewer = Values::set(&[WATCHED, "replicas=1", "metrics.service.enabled=false"]);
    bed.helm.change(admin, "upgrade", &fewer)?;
    cluster.expect(
        &["deployments", "-o", "jsonpath={.items[*].spec.replicas}"],
        "1",
    )?;
    cluster.expect(&["services", "-o", "name"], "")?;
    bed.helm.revert(admin, "rollback")?;
    cluster.expect(
        &["deployments", "-o", "jsonpath={.items[*].spec.replicas}"],
        "2",
    )?;

    bed.helm.revert(admin, "uninstall")?;
    for made in MADE {
        ensure(
            cluster
                .get(&[made, "--ignore-not-found", "-o", "name"])?
                .is_empty(),
            || format!("{made} stayed"),
        )?;
    }
    // Not even on the way out.
    let going = "jsonpath={.metadata.name} {.metadata.deletionTimestamp}";
    let definition = ["crd", "consensusgroups.synod.dev", "-o", going];
    cluster.expect(&definition, "consensusgroups.synod.dev")?;
    cluster.expect(&["cg", "config", "-n", TEAM, "-o", going], "config")?;
    cluster.protects()?;
    // The same release finds what it left, and takes it over.
    bed.helm.change(admin, "install", &watched)?;
    cluster.expect(
        &["deployments", "-o", "name"],
        "deployment.apps/synod-operator",
    )
}

/// A copy of the chart with a version of its own, whose definition lacks a field.
fn older_chart(helm: &Helm, folder: &Path) -> Result<PathBuf, Failure> {
    let copy = folder.join("synod");
    output(Command::new("cp").arg("-r").arg(helm.chart()).arg(&copy))?;
    let change = |path: &str, by: fn(&str) -> String| {
        let path = copy.join(path);
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let changed = by(&text);
        ensure(changed != text, || {
            format!("{} has changed", path.display())
        })?;
        std::fs::write(&path, changed).map_err(|error| error.to_string())
    };
    change("Chart.yaml", |text| {
        text.replace("version: 0.1.0", "version: 0.0.9")
    })?;
    change("files/crds/consensusgroups.synod.dev.yaml", without_field)?;
    Ok(copy)
}

/// A definition without the field: its line, and those that are indented further.
fn without_field(text: &str) -> String {
    let (mut kept, mut inside) = (String::new(), None);
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if inside.is_some_and(|outer| indent <= outer) {
            inside = None;
        }
        if line.trim() == format!("{NEW_FIELD}:") {
            inside = Some(indent);
        }
        if inside.is_none() {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

impl Cluster {
    async fn start(programs: &Programs) -> Result<Self, Failure> {
        let policy = audit::policy(&[OPERATOR.name], false);
        let real = Real::start_with(
            &programs.peers.join("etcd"),
            &programs.kubernetes.join("kube-apiserver"),
            &[OPERATOR],
            Some(&policy),
        )
        .await?;
        let file = |user: User, name: &str| {
            let path = real.folder().join(name);
            std::fs::write(&path, real.kubeconfig_of(user))
                .map(|()| path)
                .map_err(|error| error.to_string())
        };
        let cluster = Self {
            admin: file(ADMIN, "admin.kubeconfig")?,
            operator: file(OPERATOR, "operator.kubeconfig")?,
            kubectl: programs.kubernetes.join("kubectl"),
            real,
        };
        for namespace in [HOME, TEAM, "team-b"] {
            cluster.apply(&json!({
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {
                    "name": namespace,
                    "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
                },
            }))?;
        }
        Ok(cluster)
    }

    fn kubectl(&self, arguments: &[&str]) -> Result<String, Failure> {
        let mut kubectl = Command::new(&self.kubectl);
        kubectl.arg("--kubeconfig").arg(&self.admin);
        output(kubectl.args(arguments).env("HOME", self.real.folder()))
    }

    /// `kubectl get` in the operator's namespace, if no other is named.
    fn get(&self, arguments: &[&str]) -> Result<String, Failure> {
        let text = self.kubectl(&[&["get", "-n", HOME], arguments].concat())?;
        Ok(text.trim().to_owned())
    }

    fn expect(&self, arguments: &[&str], expected: &str) -> Result<(), Failure> {
        let found = self.get(arguments)?;
        ensure(found == expected, || {
            format!("{arguments:?}: {found}, not {expected}")
        })
    }

    fn apply(&self, object: &Value) -> Result<(), Failure> {
        let file = self.real.folder().join("object.json");
        std::fs::write(&file, object.to_string()).map_err(|error| error.to_string())?;
        self.kubectl(&["apply", "-f", &file.display().to_string()])
            .map(drop)
    }

    fn has_field(&self) -> Result<bool, Failure> {
        let path = format!(
            "jsonpath={{.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.{NEW_FIELD}.type}}"
        );
        Ok(!self
            .get(&["crd", "consensusgroups.synod.dev", "-o", &path])?
            .is_empty())
    }

    /// A Deployment's pods are made by a controller that is not here.
    fn admits_the_operators_pod(&self) -> Result<(), Failure> {
        let text = self.get(&["deployment", "synod-operator", "-o", "json"])?;
        let deployment: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let template = &deployment["spec"]["template"];
        self.apply(&json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "operator", "namespace": HOME, "labels": template["metadata"]["labels"]},
            "spec": template["spec"],
        }))
    }

    /// The operator, as its pod is started and with its account, makes members of a group, and is refused nothing.
    fn serves(&self, bed: &Bed, home: &Path) -> Result<(), Failure> {
        let text = self.get(&[
            "deployment",
            "synod-operator",
            "-o",
            "jsonpath={.spec.template.spec.containers[0].args}",
        ])?;
        let arguments: Vec<String> =
            serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let mut synod = Command::new(bed.programs.join("synod"));
        synod.env("HOME", home).env_remove("KUBECONFIG");
        let operator = Operator::start_as(synod, &self.operator, &arguments, [HOME, "operator"])?;
        operator.wait("/readyz", &[])?;
        operator.wait("/metrics", &["synod_operator_leader 1"])?;
        self.apply(&json!({
            "apiVersion": "synod.dev/v1alpha1",
            "kind": "ConsensusGroup",
            "metadata": {"name": "config", "namespace": TEAM},
            "spec": {"deletionProtection": true},
        }))?;
        let begin = Instant::now();
        while self
            .kubectl(&["get", "pods", "-n", TEAM, "-o", "name"])?
            .lines()
            .count()
            < 3
        {
            ensure(begin.elapsed() < WAIT_MAX, || {
                "no members are made".to_owned()
            })?;
            std::thread::sleep(PAUSE);
        }
        operator.stop()?;
        let asked = Reader::new(&self.real.audit_log()).news()?;
        ensure(asked.len() > 20, || {
            format!("only {} requests", asked.len())
        })?;
        let refused = asked.iter().find(|one| one.response_status.code == 403);
        ensure(refused.is_none(), || format!("it was refused: {refused:?}"))
    }

    /// The policy keeps a protected object, as soon as the server knows of it.
    fn protects(&self) -> Result<(), Failure> {
        let delete = ["delete", "cg", "config", "-n", TEAM, "--dry-run=server"];
        let begin = Instant::now();
        loop {
            match self.kubectl(&delete) {
                Err(said) if said.contains("spec.deletionProtection is true") => return Ok(()),
                Err(said) => return Err(said),
                Ok(_) if begin.elapsed() > WAIT_MAX => {
                    return Err("a protected object can be deleted".to_owned());
                }
                Ok(_) => std::thread::sleep(PAUSE),
            }
        }
    }
}
