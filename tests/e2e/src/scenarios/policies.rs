//! The connections that nodes saw in all that was played before, held against what the chart's policies admit: everything was
//! admitted, and nothing is admitted that nobody needs. Nothing enforces policies in the bed.

use std::collections::BTreeSet;

use k8s_openapi::api::networking::v1::NetworkPolicy;
use serde::Deserialize as _;
use synod_bed::process::output;
use synod_chart::policy::{End, Flow, admits, unused};

use crate::flows::Recorded;
use crate::helm::{RELEASE, SYSTEM};
use crate::scenarios::demand;
use crate::{Failure, Stage};

/// What is needed only where something is otherwise than in the bed: the rule as [`unused`] names it.
const ELSEWHERE: [&str; 6] = [
    // Networks that look at policies before a Service's address is replaced.
    "synod-operator Egress TCP 443",
    // Clusters whose API server listens there.
    "synod-operator Egress TCP 8443",
    // Clusters that tell pods a name for the API server, and no address.
    "synod-operator Egress UDP 53",
    // Answers that are too long for UDP.
    "synod-operator Egress TCP 53",
    "synod-members Egress TCP 53",
    "synod-lock-members Egress TCP 53",
];

/// One pod of so many may have been gone before it was known who it was.
const KNOWN_MIN: usize = 20;

pub(super) fn admit_what_was_seen(stage: &Stage) -> Result<(), Failure> {
    let flows = stage.flows.as_ref().ok_or("nobody recorded connections")?;
    let Recorded {
        flows,
        known,
        strangers,
    } = flows.until_now();
    demand(!flows.is_empty(), || "no connection was seen".into())?;
    // A pod that was deleted before its kubelet had told its address.
    demand(strangers.len() * KNOWN_MIN <= known, || {
        format!(
            "{known} addresses of pods are known, but nobody knows who had these: {strangers:?}"
        )
    })?;
    let policies = policies(stage, &flows)?;
    let (intruders, flows): (BTreeSet<_>, BTreeSet<_>) = flows.into_iter().partition(is_intruder);
    demand(!intruders.is_empty(), || {
        "no connection from a namespace to another one's group was seen".into()
    })?;
    demand(
        intruders.iter().all(|flow| !admits(&policies, flow)),
        || format!("admitted, though it comes from another namespace: {intruders:#?}"),
    )?;
    let refused: Vec<_> = flows
        .iter()
        .filter(|flow| !admits(&policies, flow))
        .collect();
    let mut unused = unused(&policies, &flows);
    unused.retain(|rule| !ELSEWHERE.contains(&rule.as_str()));
    println!(
        "  {} kinds of connections, {} policies; {known} addresses of pods, {} of pods that were gone before anybody knew them",
        flows.len(),
        policies.len(),
        strangers.len()
    );
    demand(refused.is_empty() && unused.is_empty(), || {
        format!("seen and not admitted: {refused:#?}; admitted and never seen: {unused:?}")
    })
}

/// What the scenario `two` does with a stranger's certificate.
fn is_intruder(flow: &Flow) -> bool {
    let is_in =
        |end: &End, name: &str| matches!(end, End::Pod { namespace, .. } if namespace == name);
    is_in(&flow.from, "e2e-two-b") && is_in(&flow.to, "e2e-two-a")
}

/// Those of the chart, for all namespaces that had members.
fn policies(stage: &Stage, flows: &BTreeSet<Flow>) -> Result<Vec<NetworkPolicy>, Failure> {
    let namespace = |end: &End| match end {
        End::Pod { namespace, labels } if labels.contains_key("synod.dev/kind") => {
            Some(namespace.clone())
        }
        _ => None,
    };
    let of_members = flows
        .iter()
        .flat_map(|flow| [namespace(&flow.from), namespace(&flow.to)]);
    let namespaces: BTreeSet<String> = of_members.flatten().collect();
    let list: Vec<_> = namespaces.into_iter().collect();
    let mut template = stage.cluster.command(&stage.helm);
    template.args(["template", RELEASE]).arg(&stage.chart);
    template.args([
        "--namespace",
        SYSTEM,
        "--show-only",
        "templates/networkpolicies.yaml",
    ]);
    template.args([
        "--set",
        &format!("networkPolicy.agents.namespaces={{{}}}", list.join(",")),
    ]);
    let text = output(&mut template)?;
    let documents = serde_yaml::Deserializer::from_str(&text);
    let policies = documents
        .map(NetworkPolicy::deserialize)
        .collect::<Result<Vec<_>, _>>();
    policies.map_err(|error| format!("the chart's policies cannot be read: {error}"))
}
