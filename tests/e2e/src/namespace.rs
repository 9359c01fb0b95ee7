//! A namespace of a scenario's own, with the restricted pod security standard enforced, and a pod in it that has etcdctl and the
//! client that counts.

use std::process::Command;
use std::time::Duration;

use serde_json::json;
use synod_bed::process::output;

use crate::{Failure, Stage};

/// The pod from which clients connect.
const CLIENT: &str = "client";
/// Where the connection Secret of a group is in it, under what the names of the group's objects begin with.
const CERTIFICATES: &str = "/connections";

/// Pulls, volumes and starts take as long at most.
const START_MAX: Duration = Duration::from_secs(120);

/// A namespace.
pub struct Namespace<'a> {
    /// What there is to test with.
    pub stage: &'a Stage,
    /// Its name.
    pub name: String,
}

impl<'a> Namespace<'a> {
    /// Makes one; what an earlier run left in it is removed before.
    ///
    /// # Errors
    /// When the API server refuses.
    pub fn create(stage: &'a Stage, name: &str) -> Result<Self, Failure> {
        let cluster = &stage.cluster;
        stage.nodes_are_well()?;
        cluster.ask([
            "delete",
            "namespace",
            name,
            "--ignore-not-found",
            "--wait=true",
            "--timeout=180s",
        ])?;
        stage.restricted(name)?;
        Ok(Self {
            stage,
            name: name.to_owned(),
        })
    }

    /// Removes it with everything in it, in the background.
    ///
    /// # Errors
    /// When the API server refuses.
    pub fn delete(&self) -> Result<(), Failure> {
        let delete = ["delete", "namespace", &self.name, "--wait=false"];
        self.stage.cluster.ask(delete).map(drop)
    }

    /// Starts the pod of clients, where the connection Secrets of these groups are mounted, each given as `NAME-cg` or so. It is on
    /// the first node, which is never harmed.
    ///
    /// # Errors
    /// When it does not run.
    pub fn start_client(&self, groups: &[&str]) -> Result<(), Failure> {
        let mounts = groups.iter().map(|group| {
            json!({ "name": group, "mountPath": format!("{CERTIFICATES}/{group}"), "readOnly": true })
        });
        let volumes = groups.iter().map(|group| {
            let secret = json!({ "secretName": format!("{group}-connection") });
            json!({ "name": group, "secret": secret })
        });
        let security = json!({
            "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] }, "readOnlyRootFilesystem": true,
        });
        let container = json!({
            "name": CLIENT, "image": self.stage.images.client, "imagePullPolicy": "IfNotPresent",
            "command": ["sleep", "infinity"], "securityContext": security,
            "volumeMounts": mounts.collect::<Vec<_>>(),
        });
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": CLIENT },
            "spec": {
                "nodeName": self.stage.first_node()?,
                "terminationGracePeriodSeconds": 0,
                "securityContext": {
                    "runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": { "type": "RuntimeDefault" },
                },
                "containers": [container],
                "volumes": volumes.collect::<Vec<_>>(),
            },
        });
        let delete = [
            "delete",
            "pod",
            CLIENT,
            "--namespace",
            &self.name,
            "--ignore-not-found",
        ];
        self.stage.cluster.ask(delete)?;
        self.stage.cluster.apply(&self.name, &pod.to_string())?;
        self.stage
            .cluster
            .wait("the pod of clients runs", START_MAX, || {
                let pod = self.get(&["pod", CLIENT])?;
                Ok((pod["status"]["phase"] == "Running").then_some(()))
            })
    }

    /// A command in the pod of clients, with its standard input connected.
    pub fn in_client(&self, words: &[&str]) -> Command {
        let exec = ["exec", "--stdin", "--namespace", &self.name, CLIENT, "--"];
        self.stage
            .cluster
            .kubectl(exec.into_iter().chain(words.iter().copied()))
    }

    /// What etcdctl prints in the pod of clients, given a group's connection Secret as users have it.
    ///
    /// # Errors
    /// When it fails.
    pub fn etcdctl(&self, group: &str, words: &[&str]) -> Result<String, Failure> {
        self.etcdctl_at(&self.endpoints(&format!("{group}-cg"))?, group, words)
    }

    /// The same with other endpoints than those of the group.
    ///
    /// # Errors
    /// When it fails.
    pub fn etcdctl_at(
        &self,
        endpoints: &str,
        group: &str,
        words: &[&str],
    ) -> Result<String, Failure> {
        let folder = certificates(&format!("{group}-cg"));
        let files = ["cacert=ca.crt", "cert=tls.crt", "key=tls.key"].map(|file| {
            let (option, name) = file.split_once('=').unwrap_or((file, ""));
            format!("--{option}={folder}/{name}")
        });
        let endpoints = format!("--endpoints={endpoints}");
        let mut all = vec!["etcdctl", &endpoints];
        all.extend(files.iter().map(String::as_str));
        all.extend(words);
        output(&mut self.in_client(&all))
    }

    /// The client that counts, as a command; see [`synod_conformance::workload`].
    pub fn workload(&self, group: &str, endpoints: &str) -> Command {
        let folder = certificates(group);
        self.in_client(&[
            "workload",
            "-endpoints",
            endpoints,
            "-certificates",
            &folder,
        ])
    }

    /// Clients that pass a lock of a LockService on and write to a ConsensusGroup; see [`synod_conformance::fencing::passed_on`].
    /// They connect by the Service of each.
    ///
    /// # Errors
    /// When a connection Secret is not there.
    pub fn holders(&self, locks: &str, store: &str) -> Result<Command, Failure> {
        let [locks_at, store_at] = [self.endpoints(locks)?, self.endpoints(store)?];
        Ok(self.in_client(&[
            "holders",
            "-locks",
            &locks_at,
            "-locks-certificates",
            &certificates(locks),
            "-store",
            &store_at,
            "-store-certificates",
            &certificates(store),
        ]))
    }

    /// The client that counts what a CacheCluster acknowledges, by its Service and with its password.
    ///
    /// # Errors
    /// When the connection Secret is not there.
    pub fn keeper(&self, cache: &str) -> Result<Command, Failure> {
        let endpoint = self.endpoints(cache)?;
        let connection = certificates(cache);
        let place = ["-endpoint", &endpoint, "-connection", &connection];
        Ok(self.in_client(&[&["keeper"], place.as_slice()].concat()))
    }

    /// What a connection Secret tells.
    fn endpoints(&self, base: &str) -> Result<String, Failure> {
        let secret = self.get(&["secret", &format!("{base}-connection")])?;
        decoded(&secret["data"]["endpoints"])
    }

    /// An object or a list, as JSON.
    ///
    /// # Errors
    /// When it is not there.
    pub fn get(&self, words: &[&str]) -> Result<serde_json::Value, Failure> {
        let namespaced = ["--namespace", &self.name];
        self.stage
            .cluster
            .get(words.iter().copied().chain(namespaced))
    }

    /// A call of kubectl in the namespace.
    ///
    /// # Errors
    /// When it fails.
    pub fn kubectl(&self, words: &[&str]) -> Result<String, Failure> {
        let namespaced = ["--namespace", &self.name];
        self.stage
            .cluster
            .ask(words.iter().copied().chain(namespaced))
    }
}

impl Stage {
    /// Makes a namespace, if it is not there, that takes pods of the restricted security standard only.
    ///
    /// # Errors
    /// When the API server refuses.
    pub(crate) fn restricted(&self, name: &str) -> Result<(), Failure> {
        let labels = json!({ "pod-security.kubernetes.io/enforce": "restricted" });
        let metadata = json!({ "name": name, "labels": labels });
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": metadata });
        self.cluster.apply(name, &namespace.to_string()).map(drop)
    }
}

/// Where a group's connection Secret is in the pod of clients.
fn certificates(base: &str) -> String {
    format!("{CERTIFICATES}/{base}")
}

/// A Secret's value.
fn decoded(value: &serde_json::Value) -> Result<String, Failure> {
    use base64::Engine as _;
    let text = value.as_str().ok_or("the Secret lacks the key")?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text);
    let bytes = bytes.map_err(|error| format!("no base64: {error}"))?;
    String::from_utf8(bytes).map_err(|error| format!("no text: {error}"))
}
