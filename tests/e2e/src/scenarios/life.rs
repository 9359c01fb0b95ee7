//! Groups that sleep, that are deleted and made again, and that lost most of their data.

use std::time::Duration;

use serde_json::{Value, json};

use crate::helm::BY_FORCE;
use crate::scenarios::{demand, small, under_load};
use crate::{Failure, Group, Namespace, Stage};

/// Long enough for an operator to do what it must not.
const NOTHING_FOR: Duration = Duration::from_secs(10);

/// While paused nothing is changed, and clients are served; while hibernated nothing runs, and the data is kept.
pub(super) fn sleeps(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "hibernate", |group, workload| {
        group.patch(&json!({ "paused": true, "members": 5 }))?;
        group.reaches("paused", |object| object["status"]["state"] == "Paused")?;
        std::thread::sleep(NOTHING_FOR);
        workload.gap()?;
        demand(group.pods()?.len() == 3, || {
            "it grew while it was paused".into()
        })?;
        group.patch(&json!({ "paused": false, "members": 3 }))?;
        group.ready()?;
        group.patch(&json!({ "hibernated": true }))?;
        group.reaches("hibernated", |object| {
            object["status"]["state"] == "Hibernated"
        })?;
        demand(group.pods()?.is_empty(), || "somebody runs".into())?;
        demand(group.claims()?.len() == 3, || {
            "not all claims are there".into()
        })?;
        group.patch(&json!({ "hibernated": false }))
    })
}

/// Kept data is there again; what was to go is gone.
pub(super) fn made_again(stage: &Stage) -> Result<(), Failure> {
    let namespace = Namespace::create(stage, "e2e-retention")?;
    for (policy, kept) in [("Retain", true), ("Delete", false)] {
        let mut wanted = small(3);
        wanted["storage"]["retention"]["whenDeleted"] = json!(policy);
        let name = policy.to_lowercase();
        let group = Group::create(&namespace, &name, &wanted)?;
        namespace.start_client(&[&format!("{name}-cg")])?;
        namespace.etcdctl(&name, &["put", "k", "v"])?;
        group.delete()?;
        stage
            .cluster
            .wait("claims are kept, or go", Duration::from_secs(60), || {
                Ok((group.claims()?.len() == if kept { 3 } else { 0 }).then_some(()))
            })?;
        let again = Group::create(&namespace, &name, &wanted)?;
        namespace.start_client(&[&format!("{name}-cg")])?;
        let got = namespace.etcdctl(&name, &["get", "--print-value-only", "k"])?;
        demand((got == "v") == kept, || format!("{policy}: got {got:?}"))?;
        again.delete()?;
    }
    protected(&namespace)?;
    namespace.delete()
}

/// A protected object is not deleted.
fn protected(namespace: &Namespace<'_>) -> Result<(), Failure> {
    let mut wanted = small(1);
    wanted["deletionProtection"] = json!(true);
    let group = Group::create(namespace, "protected", &wanted)?;
    let refused = namespace.kubectl(&["delete", "consensusgroup", "protected", "--wait=false"]);
    demand(refused.is_err(), || "a protected object was deleted".into())?;
    group.patch(&json!({ "deletionProtection": false }))?;
    group.delete()
}

/// The group goes on with what the third has, when a person says so, and not before.
pub(super) fn recovered(stage: &Stage) -> Result<(), Failure> {
    let namespace = Namespace::create(stage, "e2e-recovery")?;
    let group = Group::create(&namespace, "config", &small(3))?;
    namespace.start_client(&["config-cg"])?;
    namespace.etcdctl("config", &["put", "k", "v"])?;
    let object = group.object()?;
    let given_up = object["status"]["clusterUid"].clone();
    let leader = group.leader()?;
    let lost: Vec<_> = group.pods()?;
    let names = lost
        .iter()
        .filter_map(|pod| pod["metadata"]["name"].as_str());
    let lost: Vec<_> = names.filter(|name| *name != leader).collect();
    // All at once: one alone would be replaced.
    let claims: Vec<_> = lost.iter().map(|pod| format!("data-{pod}")).collect();
    let mut words = vec!["delete", "persistentvolumeclaims", "--wait=false"];
    words.extend(claims.iter().map(String::as_str));
    namespace.kubectl(&words)?;
    let words = [&["delete", "pods"], BY_FORCE.as_slice(), &lost];
    namespace.kubectl(&words.concat())?;
    let is_unavailable = |object: &Value| object["status"]["state"] == "Unavailable";
    group.reaches("without a quorum", is_unavailable)?;
    let from = leader
        .rsplit_once('-')
        .and_then(|(_, number)| number.parse::<u64>().ok());
    group.patch(&json!({ "recovery": { "from": from, "acceptDataLoss": given_up } }))?;
    group.reaches("recovered", |object| {
        object["status"]["clusterUid"] != given_up && object["status"]["state"] == "Ready"
    })?;
    namespace.start_client(&["config-cg"])?;
    let got = namespace.etcdctl("config", &["get", "--print-value-only", "k"])?;
    demand(got == "v", || format!("got {got:?}"))?;
    namespace.delete()
}
