//! Processes, pods and nodes that fail under load.

use std::time::Duration;

use synod_bed::{Direction, Fault};

use crate::group::longest_gap;
use crate::scenarios::{PAUSE_MAX, demand, under_load};
use crate::{Failure, Stage};

/// How often a leader is killed.
const KILLS: usize = 15;
/// How often a process is: each time its kubelet waits longer before it starts another one.
const PROCESS_KILLS: usize = 5;
/// How long a harm lasts: longer than it takes the cluster to find a node dead.
const HARM: Duration = Duration::from_secs(60);
/// The taint that says that a node will not come back by itself.
pub(crate) const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";
/// The next write after a leader's death comes sooner.
const FAILOVER_WATCHED: Duration = Duration::from_secs(5);

/// The pod's process gets no time to end well.
pub(super) fn leader_is_killed(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "kill-leader", |group, workload| {
        for _ in 0..KILLS {
            let leader = group.leader()?;
            let before = group.life(&leader)?;
            group.kubectl(&[
                "delete",
                "pod",
                &leader,
                "--grace-period=0",
                "--force",
                "--wait=false",
            ])?;
            stage.measured(
                "failover, pod killed",
                longest_gap(workload, FAILOVER_WATCHED)?,
            );
            group.is_back(&leader, &before)?;
        }
        Ok(())
    })
}

/// The container and the pod stay.
pub(super) fn process_is_killed(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "kill-process", |group, workload| {
        for _ in 0..PROCESS_KILLS {
            let leader = group.leader()?;
            let before = group.life(&leader)?;
            stage.kill_process(group, &leader)?;
            stage.measured("failover, kill -9 of the process", workload.gap()?);
            group.is_back(&leader, &before)?;
        }
        Ok(())
    })
}

/// Pods that are evicted one after the other while the budget allows it.
pub(super) fn drained(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "drain", |group, workload| {
        let node = stage.worker_of(group)?;
        let drain = [
            "drain",
            &node,
            "--ignore-daemonsets",
            "--delete-emptydir-data",
            "--timeout=120s",
        ];
        stage.cluster.ask(drain)?;
        let gap = longest_gap(workload, FAILOVER_WATCHED)?;
        let pods = group.pods()?;
        let left = pods
            .iter()
            .filter(|pod| pod["spec"]["nodeName"] == node.as_str())
            .count();
        stage.cluster.ask(["uncordon", &node])?;
        demand(left == 0, || format!("{left} pods are left on {node}"))?;
        demand(gap < PAUSE_MAX, || format!("no write for {gap:?}"))
    })
}

/// The others go on; with its power its member is back.
pub(super) fn node_is_killed(stage: &Stage) -> Result<(), Failure> {
    harmed(stage, "node-killed", &[Fault::Kill], &[Fault::Start])
}

/// Somebody says that it will not come back by itself: its pods are given up at once. It comes back all the same.
pub(super) fn node_is_out_of_service(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "node-retired", |group, workload| {
        let node = stage.worker_of(group)?;
        let pods = group.pods()?;
        let on_it = pods
            .iter()
            .find(|pod| pod["spec"]["nodeName"] == node.as_str());
        let pod = on_it
            .and_then(|pod| pod["metadata"]["name"].as_str())
            .ok_or("no pod is on it")?;
        let before = group.pod_uids()?.remove(pod);
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
    harmed(stage, "node-paused", &[Fault::Pause], &[Fault::Unpause])
}

/// Whoever leads without being heard, or without hearing, leads no more.
pub(super) fn node_is_cut(stage: &Stage) -> Result<(), Failure> {
    let cut = |direction| Fault::Cut {
        direction,
        peers: Vec::new(),
    };
    for direction in [Direction::Both, Direction::In, Direction::Out] {
        harmed(stage, "node-cut", &[cut(direction)], &[Fault::Mend])?;
    }
    Ok(())
}

/// A slow or lossy leader serves slowly, and loses nothing.
pub(super) fn node_is_slow(stage: &Stage) -> Result<(), Failure> {
    for fault in [Fault::Slow(300), Fault::Lossy(20)] {
        harmed(stage, "node-slow", &[fault], &[Fault::Mend])?;
    }
    Ok(())
}

/// Something happens to a node with a member, the leader's if it can be, for a minute.
fn harmed(stage: &Stage, name: &str, harm: &[Fault], mend: &[Fault]) -> Result<(), Failure> {
    under_load(stage, name, |group, workload| {
        let node = stage.worker_of(group)?;
        let all = |faults: &[Fault]| faults.iter().try_for_each(|fault| stage.harm(&node, fault));
        let done = all(harm).and_then(|()| longest_gap(workload, HARM));
        all(mend)?;
        stage.measured("longest pause, a node harmed", done?);
        Ok(())
    })
}

/// All but the first are stopped, and started in another order, so that they swap addresses.
pub(super) fn addresses_change(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "addresses", |_, _| {
        let first = stage.first_node()?;
        let nodes = stage.cluster.get(["nodes"])?;
        let addresses = || {
            let jsonpath =
                "jsonpath={.items[*].status.addresses[?(@.type==\"InternalIP\")].address}";
            stage.cluster.ask(["get", "nodes", "--output", jsonpath])
        };
        let before = addresses()?;
        let items = nodes["items"].as_array().into_iter().flatten();
        let names = items.filter_map(|node| node["metadata"]["name"].as_str());
        let workers: Vec<_> = names.filter(|name| *name != first).collect();
        for node in &workers {
            stage.harm(node, &Fault::Kill)?;
        }
        for node in workers.iter().rev() {
            stage.harm(node, &Fault::Start)?;
        }
        stage.cluster.wait(
            "the nodes have other addresses",
            Duration::from_secs(120),
            || Ok((addresses()? != before).then_some(())),
        )
    })
}
