//! The chart in a real API server: installed, upgraded from an older one, brought back to it, uninstalled, installed again,
//! taken over by another release, and removed with all it left, as README says; and the operator that acts there with the
//! rights that the chart gives it, and no more.
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
use crate::{Failure, HOME, Tools, output, repository};

/// The operator, as its account is called.
const OPERATOR: User = User {
    name: "system:serviceaccount:synod-system:synod-operator",
    group: "",
};
const TEAM: &str = "team-a";
const WATCHED: &str = "watchNamespaces={team-a,team-b}";
/// A field that the older chart's definition lacks.
const NEW_FIELD: &str = "hibernated";
const DEFINITION: &str = "consensusgroups.synod.dev";
/// Which chart made the Deployments.
const CHARTS: &str = r"jsonpath={.items[*].metadata.labels.helm\.sh/chart}";
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

pub(super) fn at_a_real_api(tools: &Tools, programs: &Programs) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let cluster = runtime.block_on(Cluster::start(programs))?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let older = tools.helm.with(older_chart(&tools.helm, folder.path())?)?;

    cluster.goes_back(&tools.helm, &older)?;
    cluster.admits_the_operators_pod()?;
    cluster.serves(tools, folder.path())?;
    cluster.protects()?;
    cluster.follows_the_values(&tools.helm)?;
    cluster.is_left_and_taken_over(&tools.helm)?;
    cluster.is_cleared()
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
        Ok(!self.get(&["crd", DEFINITION, "-o", &path])?.is_empty())
    }

    /// From an older chart to the new one, back in two ways, and to the new one again; a group is there all the time.
    fn goes_back(&self, newer: &Helm, older: &Helm) -> Result<(), Failure> {
        let (admin, watched) = (&self.admin, Values::set(&[WATCHED]));
        older.change(admin, &["install"], &watched)?;
        ensure(!self.has_field()?, || {
            "the older definition is as the new one".to_owned()
        })?;
        self.apply(&json!({
            "apiVersion": "synod.dev/v1alpha1",
            "kind": "ConsensusGroup",
            "metadata": {"name": "kept", "namespace": TEAM},
            "spec": {"paused": true},
        }))?;
        newer.change(admin, &["upgrade"], &watched)?;
        ensure(self.has_field()?, || {
            "the definition was not upgraded".to_owned()
        })?;
        let set = format!("{{\"spec\":{{\"{NEW_FIELD}\":true}}}}");
        let patch = [
            "patch",
            "cg",
            "kept",
            "-n",
            TEAM,
            "--type=merge",
            "-p",
            &set,
        ];
        self.until(&patch, |_| self.field_of_the_group(), "true")?;

        // The way that README tells.
        let kept = Values::set(&[WATCHED, "crds.install=false"]);
        older.change(admin, &["upgrade"], &kept)?;
        self.expect(&["deployments", "-o", CHARTS], "synod-0.0.9")?;
        ensure(self.has_field()?, || {
            "the older chart brought its definition".to_owned()
        })?;
        let touch = ["annotate", "cg", "kept", "-n", TEAM, "a=b", "--overwrite"];
        self.kubectl(&touch)?;
        ensure(self.field_of_the_group()? == "true", || {
            format!("{NEW_FIELD} was lost though the definition stayed")
        })?;

        // The way that README warns of.
        newer.change(admin, &["upgrade"], &watched)?;
        newer.revert(admin, &["rollback", "1"])?;
        self.expect(&["deployments", "-o", CHARTS], "synod-0.0.9")?;
        ensure(!self.has_field()?, || {
            "README warns of a rollback for nothing: the definition stayed".to_owned()
        })?;
        self.until(&touch, |_| self.field_of_the_group(), "")?;
        newer.change(admin, &["upgrade"], &watched)?;
        self.until(&touch, |_| self.field_of_the_group(), "false")?;
        let away = ["delete", "cg", "kept", "-n", TEAM];
        self.kubectl(&away).map(drop)
    }

    fn field_of_the_group(&self) -> Result<String, Failure> {
        let path = format!("jsonpath={{.spec.{NEW_FIELD}}}");
        self.get(&["cg", "kept", "-n", TEAM, "-o", &path])
    }

    /// Repeats a command until what is read then is as expected: the server takes up a definition after a while.
    fn until(
        &self,
        command: &[&str],
        read: impl Fn(&Self) -> Result<String, Failure>,
        expected: &str,
    ) -> Result<(), Failure> {
        let begin = Instant::now();
        loop {
            let done = self.kubectl(command);
            let found = read(self)?;
            if found == expected {
                return Ok(());
            }
            ensure(begin.elapsed() < WAIT_MAX, || {
                format!("{command:?}: {found}, not {expected}; {done:?}")
            })?;
            std::thread::sleep(PAUSE);
        }
    }

    fn follows_the_values(&self, helm: &Helm) -> Result<(), Failure> {
        let replicas = ["deployments", "-o", "jsonpath={.items[*].spec.replicas}"];
        let fewer = Values::set(&[WATCHED, "replicas=1", "metrics.service.enabled=false"]);
        helm.change(&self.admin, &["upgrade"], &fewer)?;
        self.expect(&replicas, "1")?;
        self.expect(&["services", "-o", "name"], "")?;
        helm.revert(&self.admin, &["rollback"])?;
        self.expect(&replicas, "2")
    }

    /// What is kept is taken over by the same release, and by another one if that is said.
    fn is_left_and_taken_over(&self, helm: &Helm) -> Result<(), Failure> {
        let (admin, watched) = (&self.admin, Values::set(&[WATCHED]));
        helm.revert(admin, &["uninstall"])?;
        for made in MADE {
            let left = self.get(&[made, "--ignore-not-found", "-o", "name"])?;
            ensure(left.is_empty(), || format!("{made} stayed"))?;
        }
        // Not even on the way out.
        let going = "jsonpath={.metadata.name} {.metadata.deletionTimestamp}";
        self.expect(&["crd", DEFINITION, "-o", going], DEFINITION)?;
        self.expect(&["cg", "config", "-n", TEAM, "-o", going], "config")?;
        self.protects()?;
        helm.change(admin, &["install"], &watched)?;
        self.expect(
            &["deployments", "-o", "name"],
            "deployment.apps/synod-operator",
        )?;
        helm.revert(admin, &["uninstall"])?;

        let other = helm.named("other", "team-b")?;
        let refused = other.change(admin, &["install"], &watched);
        ensure(
            refused
                .as_ref()
                .is_err_and(|said| said.contains("invalid ownership metadata")),
            || format!("another release was expected to be refused: {refused:?}"),
        )?;
        other.change(admin, &["install", "--take-ownership"], &watched)?;
        let owner = r"jsonpath={.metadata.annotations.meta\.helm\.sh/release-name}";
        self.expect(&["crd", DEFINITION, "-o", owner], "other")?;
        self.protects()?;
        other.revert(admin, &["uninstall"])
    }

    /// README's lines for what is left, in its order. Claims and Secrets have no controller here that made any of them go.
    fn is_cleared(&self) -> Result<(), Failure> {
        let readme = repository::file("README.md")?;
        let lines = readme.lines().filter_map(|line| {
            let words = line.split('#').next().unwrap_or_default();
            words.strip_prefix("kubectl delete ").map(str::trim)
        });
        let lines: Vec<Vec<&str>> = lines.map(|line| line.split(' ').collect()).collect();
        let [groups, definition, policy, claims, authority] = lines.as_slice() else {
            return Err(format!("five lines were expected, not {lines:?}"));
        };
        let delete = |words: &[&str]| self.kubectl(&[&["delete"], words].concat());
        let refused = delete(groups);
        ensure(refused.is_err(), || {
            format!("a protected group was deleted: {refused:?}")
        })?;
        // The policy is not asked.
        delete(definition)?;
        for words in [policy, authority] {
            delete(words)?;
        }
        self.expect(
            &[
                "secrets",
                "-n",
                TEAM,
                "-l",
                "synod.dev/authority",
                "-o",
                "name",
            ],
            "",
        )?;
        // A claim is held while a pod uses it, and no kubelet ends the pods here.
        delete(&[claims.as_slice(), &["--wait=false"]].concat())?;
        for left in ["crd", "validatingadmissionpolicy"] {
            self.expect(&[left, "-o", "name"], "")?;
        }
        let each = |field: &str| {
            let path = format!("jsonpath={{.items[*].metadata.{field}}}");
            let found = self.get(&["pvc", "-n", TEAM, "-o", &path])?;
            Ok::<_, Failure>(found.split_whitespace().count())
        };
        let (there, going) = (each("name")?, each("deletionTimestamp")?);
        ensure(there == going, || {
            format!("{there} claims are there, {going} are being deleted")
        })
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
    fn serves(&self, tools: &Tools, home: &Path) -> Result<(), Failure> {
        let text = self.get(&[
            "deployment",
            "synod-operator",
            "-o",
            "jsonpath={.spec.template.spec.containers[0].args}",
        ])?;
        let arguments: Vec<String> =
            serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let mut synod = Command::new(tools.programs.join("synod"));
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
