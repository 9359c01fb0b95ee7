//! The chart, installed and changed as users do it.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use synod_bed::process::output;

use crate::{Failure, Stage};

/// The release, and the namespace of the operator.
pub(crate) const RELEASE: &str = "synod";
/// The namespace of the operator.
pub(crate) const SYSTEM: &str = "synod-system";
/// Selects its pods.
const OPERATORS: &str = "--selector=app.kubernetes.io/component=operator";
/// How a pod is deleted without waiting for its kubelet. One that is gone already is as good.
pub(crate) const BY_FORCE: [&str; 4] = [
    "--grace-period=0",
    "--force",
    "--wait=false",
    "--ignore-not-found",
];

impl Stage {
    /// Installs the chart, or upgrades to it, and waits until the operator runs.
    ///
    /// # Errors
    /// With what helm says.
    pub fn install(&self, chart: &Path, image: &str) -> Result<(), Failure> {
        let (name, tag) = image.rsplit_once(':').ok_or("the image has no tag")?;
        let (registry, repository) = name.rsplit_once('/').ok_or("the image has no registry")?;
        self.restricted(SYSTEM)?;
        let mut helm = self.cluster.command(&self.helm);
        helm.args(["upgrade", "--install", RELEASE]).arg(chart);
        helm.args(["--namespace", SYSTEM, "--wait", "--timeout", "3m"]);
        helm.args(["--set", &format!("image.registry={registry}")]);
        helm.args(["--set", &format!("image.repository={repository}")]);
        helm.args(["--set-string", &format!("image.tag={tag}")]);
        output(&mut helm).map(drop)
    }

    /// Waits until all pods of the operator are of an image, and those of another one are gone.
    ///
    /// # Errors
    /// When they are not in time.
    pub fn operator_is_of(&self, image: &str) -> Result<(), Failure> {
        self.operator_is_ready()?;
        let minute = Duration::from_secs(60);
        self.cluster
            .wait("the operator of before is gone", minute, || {
                let pods = self.operators()?;
                let of_it = |pod: &Value| pod["spec"]["containers"][0]["image"] == image;
                Ok(pods.iter().all(of_it).then_some(()))
            })
    }

    /// Any call of helm about the release.
    ///
    /// # Errors
    /// With what helm says.
    pub fn helm(&self, words: &[&str]) -> Result<String, Failure> {
        let mut helm = self.cluster.command(&self.helm);
        output(helm.args(words).args(["--namespace", SYSTEM]))
    }

    /// Deletes all pods of the operator by force.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub fn kill_operator(&self) -> Result<(), Failure> {
        let words = ["delete", "pods", "--namespace", SYSTEM, OPERATORS];
        self.cluster
            .ask(words.into_iter().chain(BY_FORCE))
            .map(drop)
    }

    /// The operator's pods.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub fn operators(&self) -> Result<Vec<Value>, Failure> {
        let list = self
            .cluster
            .get(["pods", "--namespace", SYSTEM, OPERATORS])?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    /// Sees to it that the operator that leads is not on this node: what is to be seen of it there would be another one's first.
    ///
    /// # Errors
    /// When it does not come to lead elsewhere in time.
    pub fn operator_leads_elsewhere(&self, node: &str) -> Result<(), Failure> {
        let lease = ["lease", "synod-operator", "--namespace", SYSTEM];
        self.cluster.wait(
            "the operator leads elsewhere",
            Duration::from_secs(120),
            || {
                let lease = self.cluster.get(lease)?;
                let holder = lease["spec"]["holderIdentity"].as_str().unwrap_or_default();
                let all = self.operators()?;
                let leads = all.iter().find(|pod| pod["metadata"]["name"] == holder);
                let at = leads.and_then(|pod| pod["spec"]["nodeName"].as_str());
                if at == Some(node) {
                    self.cluster
                        .ask(["delete", "pod", holder, "--namespace", SYSTEM])?;
                }
                Ok(at.filter(|at| *at != node).map(drop))
            },
        )
    }

    /// Waits until as many of the operator's pods are ready as were asked for.
    ///
    /// # Errors
    /// When they are not in time.
    pub fn operator_is_ready(&self) -> Result<(), Failure> {
        self.cluster
            .wait("the operator is ready", Duration::from_secs(120), || {
                let list = self.cluster.get(["deployments", "--namespace", SYSTEM])?;
                let items = list["items"].as_array().cloned().unwrap_or_default();
                let ready = |it: &Value| it["status"]["readyReplicas"] == it["spec"]["replicas"];
                Ok((!items.is_empty() && items.iter().all(ready)).then_some(()))
            })
    }
}
