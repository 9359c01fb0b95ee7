//! The version before, this one, and back.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use synod_conformance::workload::Workload;

use crate::group::longest_gap;
use crate::helm::RELEASE;
use crate::scenarios::{PAUSE_MAX, demand, small, under_load_of};
use crate::{Failure, Group, Stage};

/// Pods are made anew and come up within.
const START_MAX: Duration = Duration::from_secs(120);
/// How long each member of a group of two versions leads.
const LEADS: Duration = Duration::from_secs(5);

/// The operator goes from version to version. No pod of a group is made anew by that, and no definition.
pub(super) fn and_back(stage: &Stage) -> Result<(), Failure> {
    let before = stage.before.as_ref().ok_or("no version before")?;
    let image = &stage.images.synod;
    let mut wanted = small(3);
    wanted["image"] = json!(image);
    under_load_of(stage, "upgrade", &wanted, |group, workload| {
        let made = uids(group)?;
        stage.with_other_roles(|| {
            stage.install(&before.chart, &before.image)?;
            acts(group, &before.image)?;
            stage.install(&stage.chart, image)?;
            acts(group, image)?;
            stage.helm(&["rollback", RELEASE, "--wait"])?;
            acts(group, &before.image)?;
            stage.install(&stage.chart, image)?;
            acts(group, image)
        })?;
        workload.gap()?;
        is_as_before(group, &made)
    })
}

/// Without the chart members serve on, and everything of theirs stays; the next operator takes them as they are.
pub(super) fn taken_away(stage: &Stage) -> Result<(), Failure> {
    let image = &stage.images.synod;
    let mut wanted = small(3);
    wanted["image"] = json!(image);
    under_load_of(stage, "uninstall", &wanted, |group, workload| {
        let made = uids(group)?;
        stage.helm(&["uninstall", RELEASE, "--wait"])?;
        let minute = Duration::from_secs(60);
        stage.cluster.wait("the operator is gone", minute, || {
            Ok(stage.operators()?.is_empty().then_some(()))
        })?;
        group.hand_over(&follower(group)?)?;
        let gap = longest_gap(workload, LEADS)?;
        stage.install(&stage.chart, image)?;
        acts(group, image)?;
        demand(gap < PAUSE_MAX, || format!("no write for {gap:?}"))?;
        is_as_before(group, &made)
    })
}

/// The uids of the group's pods, and that of the definition of groups.
type Uids = (BTreeMap<String, String>, Value);

fn uids(group: &Group<'_>) -> Result<Uids, Failure> {
    let name = ["customresourcedefinition", "consensusgroups.synod.dev"];
    let definition = group.namespace().stage.cluster.get(name)?;
    Ok((group.pod_uids()?, definition["metadata"]["uid"].clone()))
}

fn is_as_before(group: &Group<'_>, before: &Uids) -> Result<(), Failure> {
    let (pods, definition) = uids(group)?;
    demand(pods == before.0, || "a pod was made anew".into())?;
    demand(definition == before.1, || {
        "the definition was made anew".into()
    })
}

/// Waits until the operator of this image, and no other, has acted on a change that asks for nothing.
fn acts(group: &Group<'_>, image: &str) -> Result<(), Failure> {
    group.namespace().stage.operator_is_of(image)?;
    let policy = match group.object()?["spec"]["upgradePolicy"].as_str() {
        Some("Automatic") => "Manual",
        _ => "Automatic",
    };
    group.patch(&json!({ "upgradePolicy": policy }))?;
    group.ready().map(drop)
}

/// A member that does not lead.
fn follower(group: &Group<'_>) -> Result<String, Failure> {
    let leader = group.leader()?;
    let pods = group.pod_uids()?;
    let follower = pods.into_keys().find(|pod| *pod != leader);
    follower.ok_or_else(|| "nobody follows".to_owned())
}

/// Members of two versions in one group, each of which leads for a while. There is a way back until all are of the newer one: then
/// they decide what the version before does not know.
pub(super) fn two_at_once(stage: &Stage) -> Result<(), Failure> {
    let new = &stage.images.synod;
    let before = &stage.before.as_ref().ok_or("no version before")?.image;
    let mut wanted = small(3);
    wanted["image"] = json!(before);
    under_load_of(stage, "versions", &wanted, |group, workload| {
        for on in [before, new] {
            rolled_halfway(group, workload, new)?;
            rolled(group, on)?;
        }
        knows_too_little(group, workload, before)?;
        rolled(group, new)
    })
}

/// All members have this image in the end.
fn rolled(group: &Group<'_>, image: &str) -> Result<(), Failure> {
    group.patch(&json!({ "image": image, "paused": false }))?;
    group.ready()?;
    let all = of_image(group, image)?;
    demand(all == 3, || format!("{all} members run {image}"))
}

/// The first member of a version that does not know what was decided says so, and the others are left as they are and serve.
fn knows_too_little(
    group: &Group<'_>,
    workload: &mut Workload,
    image: &str,
) -> Result<(), Failure> {
    group.patch(&json!({ "image": image }))?;
    group.reaches("told to run newer agents", |object| {
        let mut conditions = object["status"]["conditions"]
            .as_array()
            .into_iter()
            .flatten();
        let degraded = conditions.find(|it| it["type"] == "Degraded" && it["status"] == "True");
        let message = degraded.and_then(|it| it["message"].as_str());
        message.is_some_and(|message| message.contains("run a newer agent"))
    })?;
    let gap = longest_gap(workload, LEADS)?;
    demand(gap < PAUSE_MAX, || format!("no write for {gap:?}"))?;
    let made_anew = of_image(group, image)?;
    demand(made_anew == 1, || {
        format!("{made_anew} members run what one of them cannot")
    })
}

/// Some members have the other image, and the operator is to leave it at that: everybody leads once.
fn rolled_halfway(group: &Group<'_>, workload: &mut Workload, image: &str) -> Result<(), Failure> {
    group.patch(&json!({ "image": image }))?;
    let cluster = &group.namespace().stage.cluster;
    cluster.wait("a member has the other image", START_MAX, || {
        Ok((of_image(group, image)? > 0).then_some(()))
    })?;
    cluster.wait("the roll is held", START_MAX, || held(group))?;
    let new = of_image(group, image)?;
    demand(new < 3, || {
        "all members were made anew before it was paused".into()
    })?;
    for member in group.pod_uids()?.keys() {
        group.hand_over(member)?;
        let gap = longest_gap(workload, LEADS)?;
        demand(gap < PAUSE_MAX, || {
            format!("{member} leads: no write for {gap:?}")
        })?;
    }
    println!("  {new} of 3 members with {image}: each led");
    Ok(())
}

/// Pauses the operator. If it was about to make a member anew, which nobody would finish, it is let go on until the member has its
/// new pod; then it is to be paused again.
fn held(group: &Group<'_>) -> Result<Option<()>, Failure> {
    let stays = |pod: &&Value| pod["metadata"]["deletionTimestamp"].is_null();
    let all_have_pods = || -> Result<Option<()>, Failure> {
        let pods = group.pods()?.iter().filter(stays).count();
        Ok((pods == 3).then_some(()))
    };
    group.patch(&json!({ "paused": true }))?;
    group.reaches("paused", |object| object["status"]["state"] == "Paused")?;
    if all_have_pods()?.is_some() {
        return Ok(Some(()));
    }
    group.patch(&json!({ "paused": false }))?;
    let cluster = &group.namespace().stage.cluster;
    cluster.wait("all members have pods", START_MAX, all_have_pods)?;
    Ok(None)
}

fn of_image(group: &Group<'_>, image: &str) -> Result<usize, Failure> {
    let pods = group.pods()?;
    let with = pods
        .iter()
        .filter(|pod| pod["spec"]["containers"][0]["image"] == image);
    Ok(with.count())
}
