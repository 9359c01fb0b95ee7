//! Processes, pods and nodes that fail under load.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Value, json};
use synod_bed::{Direction, Fault};

use crate::group::{is_running, longest_gap};
use crate::scenarios::{PAUSE_MAX, demand, under_load};
use crate::stage::{NODE_HARMED, POD_KILLED, PROCESS_KILLED};
use crate::{Failure, Group, Stage};

/// How often a leader is killed, in either way.
const KILLS: usize = 15;
/// How long a harm lasts: longer than it takes the cluster to find a node dead.
const HARM: Duration = Duration::from_secs(60);
/// The taint that says that a node will not come back by itself.
pub(crate) const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";
/// The next write after a leader's death comes sooner.
const FAILOVER_WATCHED: Duration = Duration::from_secs(5);

/// Its kubelet gives the process a second to hand over, even so.
pub(super) fn leader_is_killed(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "kill-leader", |group, workload| {
        for _ in 0..KILLS {
            let leader = group.leader()?;
            let before = group.life(&leader)?;
            group.delete_by_force(&leader)?;
            stage.measured(POD_KILLED, longest_gap(workload, FAILOVER_WATCHED)?);
            group.is_back(&leader, &before)?;
        }
        Ok(())
    })
}

/// The container and the pod stay. Afterwards the pod is deleted, since a kubelet waits longer each time before it starts
/// the container of a pod again.
pub(super) fn process_is_killed(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "kill-process", |group, workload| {
        for _ in 0..KILLS {
            let leader = group.leader()?;
            let before = group.life(&leader)?;
            stage.kill_process(group, &leader)?;
            stage.measured(PROCESS_KILLED, longest_gap(workload, FAILOVER_WATCHED)?);
            group.is_back(&leader, &before)?;
            let again = group.life(&leader)?;
            group.kubectl(&["delete", "pod", &leader, "--wait=false"])?;
            group.is_back(&leader, &again)?;
        }
        Ok(())
    })
}

/// Pods that are evicted one after the other while the budget allows it.
pub(super) fn drained(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "drain", |group, workload| {
        let node = stage.worker_that_leads(group)?;
        stage.drain(&node, "120s")?;
        let gap = longest_gap(workload, FAILOVER_WATCHED)?;
        let pods = group.pods()?;
        let here = |pod: &&Value| pod["spec"]["nodeName"] == node.as_str();
        let left = pods.iter().filter(here).count();
        // Its volume is on that node, so its member is away until the node takes pods again.
        let other = pods.iter().find(|pod| is_running(pod));
        let evicted = other.map(|pod| evict(group, pod));
        stage.cluster.ask(["uncordon", &node])?;
        demand(left == 0, || format!("{left} pods are left on {node}"))?;
        let refused = |it: &Result<String, Failure>| {
            it.as_ref()
                .is_err_and(|why| why.contains("disruption budget"))
        };
        demand(evicted.as_ref().is_some_and(refused), || {
            format!("a second member was not kept from eviction: {evicted:?}")
        })?;
        demand(gap < PAUSE_MAX, || format!("no write for {gap:?}"))
    })
}

/// Asks for the eviction of a pod, as `kubectl drain` does.
fn evict(group: &Group<'_>, pod: &Value) -> Result<String, Failure> {
    let (namespace, name) = (&group.namespace().name, &pod["metadata"]["name"]);
    let metadata = json!({ "name": name, "namespace": namespace });
    let eviction = json!({ "apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata });
    let name = name.as_str().ok_or("the pod has no name")?;
    let place = format!("/api/v1/namespaces/{namespace}/pods/{name}/eviction");
    let cluster = &group.namespace().stage.cluster;
    cluster.fed(
        ["create", "--raw", &place, "-f", "-"],
        &eviction.to_string(),
    )
}

/// The others go on; with its power its member is back.
pub(super) fn node_is_killed(stage: &Stage) -> Result<(), Failure> {
    harmed(stage, "node-killed", &Fault::Kill, &Fault::Start)
}

/// Somebody says that it will not come back by itself: its pods are given up at once. It comes back all the same.
pub(super) fn node_is_out_of_service(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "node-retired", |group, workload| {
        let node = stage.worker_that_leads(group)?;
        let pods = group.pods()?;
        let on_it = pods
            .iter()
            .find(|pod| pod["spec"]["nodeName"] == node.as_str());
        let pod = on_it
            .and_then(|pod| pod["metadata"]["name"].as_str())
            .ok_or("no pod is on it")?;
        let before = group.pod_uids()?.remove(pod);
        // Who has to take over first comes after Kubernetes, which gives such pods up, too, but later.
        stage.operator_leads_elsewhere(&node)?;
        stage.harm(&node, &Fault::Kill)?;
        stage.cluster.ask([
            "taint",
            "nodes",
            &node,
            &format!("{OUT_OF_SERVICE}=e2e:NoExecute"),
        ])?;
        let given_up = stage.cluster.wait("its pod is given up", HARM, || {
            Ok((group.pod_uids()?.remove(pod) != before).then_some(()))
        });
        stage.harm(&node, &Fault::Start)?;
        stage
            .cluster
            .ask(["taint", "nodes", &node, &format!("{OUT_OF_SERVICE}-")])?;
        given_up?;
        workload.gap().map(drop)
    })
}

/// Nobody on it notices.
pub(super) fn node_is_paused(stage: &Stage) -> Result<(), Failure> {
    harmed(stage, "node-paused", &Fault::Pause, &Fault::Unpause)
}

/// Whoever leads without being heard, or without hearing, leads no more.
pub(super) fn node_is_cut(stage: &Stage) -> Result<(), Failure> {
    let cut = |direction| Fault::Cut {
        direction,
        peers: Vec::new(),
    };
    for direction in [Direction::Both, Direction::In, Direction::Out] {
        harmed(stage, "node-cut", &cut(direction), &Fault::Mend)?;
    }
    Ok(())
}

/// A slow or lossy leader serves slowly, or leads no more, and loses nothing.
pub(super) fn node_is_slow(stage: &Stage) -> Result<(), Failure> {
    for fault in [Fault::Slow(300), Fault::Lossy(20)] {
        harmed(stage, "node-slow", &fault, &Fault::Mend)?;
    }
    Ok(())
}

/// Something happens to the leader's node for a minute.
fn harmed(stage: &Stage, name: &str, harm: &Fault, mend: &Fault) -> Result<(), Failure> {
    under_load(stage, name, |group, workload| {
        let node = stage.worker_that_leads(group)?;
        let done = stage
            .harm(&node, harm)
            .and_then(|()| longest_gap(workload, HARM));
        stage.harm(&node, mend)?;
        let pause = done?;
        stage.measured(NODE_HARMED, pause);
        demand(pause < PAUSE_MAX, || format!("no write for {pause:?}"))
    })
}

/// Members come back elsewhere, and find each other.
pub(super) fn addresses_change(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "addresses", |_, _| {
        let before = swap_addresses(stage)?;
        let two_minutes = Duration::from_secs(120);
        stage
            .cluster
            .wait("the nodes have other addresses", two_minutes, || {
                let now = node_addresses(stage)?;
                let changed = |(node, address): (&String, &IpAddr)| now.get(node) != Some(address);
                Ok(before.iter().all(changed).then_some(()))
            })
    })
}

/// The workers are stopped, and started in the order in which an engine gives each the address of another one: the lowest
/// that is free goes to whoever asks first. Returns where they were.
pub(crate) fn swap_addresses(stage: &Stage) -> Result<BTreeMap<String, IpAddr>, Failure> {
    let mut before = node_addresses(stage)?;
    before.remove(&stage.first_node()?);
    let mut workers: Vec<_> = before.iter().collect();
    workers.sort_by_key(|(_, address)| std::cmp::Reverse(**address));
    for fault in [Fault::Kill, Fault::Start] {
        for (node, _) in &workers {
            stage.harm(node, &fault)?;
        }
    }
    Ok(before)
}

/// Where each node is.
fn node_addresses(stage: &Stage) -> Result<BTreeMap<String, IpAddr>, Failure> {
    let nodes = stage.cluster.get(["nodes"])?;
    let mut all = BTreeMap::new();
    for node in nodes["items"].as_array().into_iter().flatten() {
        let mut addresses = node["status"]["addresses"].as_array().into_iter().flatten();
        let internal = addresses.find(|it| it["type"] == "InternalIP");
        let address = internal.and_then(|it| it["address"].as_str()?.parse().ok());
        let name = node["metadata"]["name"].as_str().map(str::to_owned);
        all.extend(name.zip(address));
    }
    Ok(all)
}
