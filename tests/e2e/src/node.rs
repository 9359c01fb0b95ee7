//! Harm to nodes and to processes on them, which only a bed's cluster allows.

use std::time::Duration;

use synod_bed::process::{output, run};
use synod_bed::{Bed, Fault};

use crate::scenarios::OUT_OF_SERVICE;
use crate::{Failure, Group, Stage};

/// A node is Ready and without taints so soon after it was mended.
const WELL_MAX: Duration = Duration::from_secs(120);

impl Stage {
    fn bed(&self) -> Result<&Bed, Failure> {
        self.cluster
            .bed()
            .ok_or_else(|| "only a bed's nodes can be harmed".to_owned())
    }

    /// Lets something happen to a node.
    ///
    /// # Errors
    /// When it cannot.
    pub fn harm(&self, node: &str, fault: &Fault) -> Result<(), Failure> {
        println!("  {node}: {fault:?}");
        self.bed()?.inject(node, fault)
    }

    /// Waits until pods can go to every node of a bed: one that was harmed a moment ago is kept free of them for a while.
    ///
    /// # Errors
    /// When they cannot in time.
    pub fn nodes_are_well(&self) -> Result<(), Failure> {
        if self.cluster.bed().is_none() {
            return Ok(());
        }
        self.cluster.wait("all nodes are well", WELL_MAX, || {
            let nodes = self.cluster.get(["nodes"])?;
            let items = nodes["items"].as_array().into_iter().flatten();
            let harmed = items.filter(|node| !node["spec"]["taints"].is_null());
            let names: Vec<_> = harmed
                .map(|node| node["metadata"]["name"].to_string())
                .collect();
            if names.is_empty() {
                Ok(Some(()))
            } else {
                Err(format!("{} has taints", names.join(", ")))
            }
        })
    }

    /// Has all pods evicted from a node that can be, and lets no more come, within so long.
    ///
    /// # Errors
    /// When some stay, which a budget may be the reason for.
    pub fn drain(&self, node: &str, timeout: &str) -> Result<(), Failure> {
        let timeout = format!("--timeout={timeout}");
        let words = [
            "drain",
            node,
            "--ignore-daemonsets",
            "--delete-emptydir-data",
            &timeout,
        ];
        self.cluster.ask(words).map(drop)
    }

    /// Undoes whatever was left of harm when something failed. A node that was not harmed so refuses, which is no matter.
    pub fn heal(&self) {
        let Some(bed) = self.cluster.bed() else {
            return;
        };
        for node in bed.nodes().unwrap_or_default() {
            for cure in [Fault::Unpause, Fault::Start, Fault::Mend] {
                let _ = bed.inject(&node, &cure);
            }
            let _ = self.cluster.ask(["uncordon", &node]);
            let taint = format!("{OUT_OF_SERVICE}-");
            let _ = self.cluster.ask(["taint", "nodes", &node, &taint]);
        }
    }

    /// Kills the member's process with SIGKILL; its container and pod stay, and start another one.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill_process(&self, group: &Group<'_>, pod: &str) -> Result<(), Failure> {
        let (bed, node) = (self.bed()?, group.node_of(pod)?);
        let crictl = |words: &[&str]| output(bed.on_node(&node, "crictl").args(words));
        let name = format!("io.kubernetes.pod.name={pod}");
        let namespace = format!("io.kubernetes.pod.namespace={}", group.namespace().name);
        let found = crictl(&["ps", "--quiet", "--label", &name, "--label", &namespace])?;
        let id = found
            .lines()
            .next()
            .ok_or_else(|| format!("no container of {pod} runs"))?;
        let template = "{{.info.pid}}";
        let pid = crictl(&[
            "inspect",
            "--output",
            "go-template",
            "--template",
            template,
            id,
        ])?;
        run(bed.on_node(&node, "kill").args(["-9", &pid]))
    }

    /// The worker on which the leader is, after leadership was handed to a member on a worker if need be.
    ///
    /// # Errors
    /// When all members are on the first node, or leadership does not go over.
    pub fn worker_that_leads(&self, group: &Group<'_>) -> Result<String, Failure> {
        let first = self.first_node()?;
        let node = group.node_of(&group.leader()?)?;
        if node != first {
            return Ok(node);
        }
        let pods = group.pods()?;
        let on_worker = pods.iter().find(|pod| {
            pod["spec"]["nodeName"]
                .as_str()
                .is_some_and(|node| node != first)
        });
        let pod = on_worker.ok_or("all members are on the first node")?;
        group.hand_over(pod["metadata"]["name"].as_str().unwrap_or_default())?;
        Ok(pod["spec"]["nodeName"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }
}
