//! The screen of `synod status`: facts, what is being done and waited for, members, conditions. Pure.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::ResourceExt;
use kube::api::DynamicObject;
use serde_json::Value;
use synod_agent_api::Status;

use super::endpoints;
use super::get::aligned;
use crate::names::NOT_AFTER;
use crate::reasons;

/// What is shown.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// The object.
    pub(crate) group: &'a DynamicObject,
    /// Its pods, in the order of their members' numbers.
    pub(crate) pods: &'a [Pod],
    /// What each pod's agent says of itself, or why it says nothing.
    pub(crate) told: &'a [Result<Status, String>],
    /// Secrets that hold certificates of it.
    pub(crate) certificates: &'a [Secret],
}

/// The screen as text.
pub(crate) fn screen(seen: &Seen<'_>) -> String {
    let status = &seen.group.data["status"];
    let kind = seen.group.types.as_ref();
    let head = format!(
        "{} {}/{}: {}\n",
        kind.map_or("", |types| types.kind.as_str()),
        seen.group.namespace().unwrap_or_default(),
        seen.group.name_any(),
        text(&status["state"])
    );
    let parts = [
        head,
        aligned(&facts(seen)),
        aligned(&member_rows(seen)),
        conditions(status),
    ];
    parts.join("\n")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("-").to_owned()
}

fn facts(seen: &Seen<'_>) -> Vec<Vec<String>> {
    let (spec, status) = (&seen.group.data["spec"], &seen.group.data["status"]);
    let number = |value: &Value| {
        value
            .as_i64()
            .map_or_else(|| "-".to_owned(), |n| n.to_string())
    };
    // A shard of a cache is one agent, for now.
    let wanted = spec.get("members").or_else(|| spec.get("shards"));
    let members = format!(
        "{} ready of {} voting, {} wanted",
        number(&status["readyMembers"]),
        number(&status["members"]),
        number(wanted.unwrap_or(&Value::Null))
    );
    let generation = format!(
        "{} (acted on: {})",
        seen.group.metadata.generation.unwrap_or(0),
        number(&status["observedGeneration"])
    );
    let facts = [
        ("now", doing(status)),
        ("members", members),
        ("leader", text(&status["leader"])),
        ("cluster", text(&status["clusterUid"])),
        ("configuration", number(&status["configuration"])),
        ("version", text(&status["version"])),
        ("image", text(&status["image"])),
        ("certificates", certificates(seen.certificates)),
        ("generation", generation),
    ];
    let row = |(name, fact): &(&str, String)| vec![format!("{name}:"), fact.clone()];
    facts.iter().map(row).collect()
}

/// What is being done and what is waited for, in the operator's words.
fn doing(status: &Value) -> String {
    let all = status["conditions"].as_array();
    let find = |name: &str| {
        let is = |c: &&Value| c["type"] == name && c["status"] == "True";
        all.into_iter().flatten().find(is)
    };
    let busy = find(reasons::PROGRESSING)
        .or_else(|| find(reasons::DEGRADED))
        .or_else(|| find(reasons::AUTHORITY_ROTATION));
    busy.map_or_else(|| "nothing to be done".to_owned(), |c| text(&c["message"]))
}

/// Which certificate ends first, and when.
fn certificates(secrets: &[Secret]) -> String {
    let end = |secret: &Secret| {
        let end: Timestamp = secret.annotations().get(NOT_AFTER)?.parse().ok()?;
        Some((end, secret.name_any()))
    };
    let mut ends: Vec<_> = secrets.iter().filter_map(end).collect();
    ends.sort();
    match ends.first() {
        None => "-".to_owned(),
        Some((end, name)) => {
            let day = end.to_string();
            let day = day.get(..10).unwrap_or(&day);
            format!("{}, the first to end is {name} on {day}", ends.len())
        }
    }
}

fn member_rows(seen: &Seen<'_>) -> Vec<Vec<String>> {
    let Seen {
        group, pods, told, ..
    } = *seen;
    let members = group.data["status"]["group"].as_array();
    let members = members.map(Vec::as_slice).unwrap_or_default();
    let leader = told.iter().flatten().find(|status| status.leads());
    let head = [
        "MEMBER",
        "ROLE",
        "READY",
        "APPLIED",
        "LAG",
        "VERSION",
        "CERTIFICATE ENDS",
        "ENDPOINT",
        "NOTE",
    ];
    let mut rows = vec![head.map(ToOwned::to_owned).to_vec()];
    for (pod, told) in pods.iter().zip(told) {
        let number = endpoints::number(pod);
        let known = members
            .iter()
            .find(|member| member["number"].as_u64() == Some(number));
        let role = known
            .and_then(|member| member["role"].as_str())
            .unwrap_or("-");
        let endpoint = endpoints::endpoint(group, pod).unwrap_or_else(|| "-".to_owned());
        let note = known
            .and_then(|member| member["message"].as_str())
            .unwrap_or_default()
            .to_owned();
        rows.push(match told {
            Ok(status) => {
                let lag = leader.and_then(|leader| {
                    leader
                        .configuration
                        .members
                        .iter()
                        .find(|m| m.number == number)?
                        .lag
                });
                let note = status
                    .quarantined
                    .as_ref()
                    .map_or(status.not_ready_because.clone(), |q| {
                        format!("{}; {}", q.reason, q.cure)
                    });
                vec![
                    pod.name_any(),
                    format!("{:?}", status.role),
                    if status.ready { "yes" } else { "no" }.to_owned(),
                    status.applied.to_string(),
                    lag.map_or_else(|| "-".to_owned(), |lag| lag.to_string()),
                    status.version.clone(),
                    status
                        .certificate_not_after
                        .as_deref()
                        .map_or("-", |time| time.get(..10).unwrap_or(time))
                        .to_owned(),
                    endpoint,
                    note,
                ]
            }
            Err(why) => {
                let note = if note.is_empty() { why.clone() } else { note };
                let dash = || "-".to_owned();
                vec![
                    pod.name_any(),
                    role.to_owned(),
                    "no".to_owned(),
                    dash(),
                    dash(),
                    dash(),
                    dash(),
                    endpoint,
                    note,
                ]
            }
        });
    }
    rows
}

fn conditions(status: &Value) -> String {
    let mut rows = Vec::new();
    for condition in status["conditions"].as_array().into_iter().flatten() {
        let text = |field: &str| condition[field].as_str().unwrap_or_default().to_owned();
        rows.push(vec![
            format!("{}={}", text("type"), text("status")),
            text("reason"),
            text("message"),
        ]);
    }
    if rows.is_empty() {
        return "the operator has not looked at it yet\n".to_owned();
    }
    aligned(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    fn decoded<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).expect("an object")
    }

    #[test]
    fn one_screen_tells_what_is_done_and_waited_for() {
        let condition = |name: &str, status: &str, message: &str| json!({ "type": name, "status": status, "reason": "Rolling", "message": message });
        let group = decoded(json!({
            "apiVersion": "synod.dev/v1alpha1",
            "kind": "ConsensusGroup",
            "metadata": { "name": "config", "namespace": "ns", "generation": 4 },
            "spec": { "members": 3, "tls": { "mode": "Auto" } },
            "status": {
                "state": "Rolling", "members": 3, "readyMembers": 2, "leader": "config-cg-1", "configuration": 7,
                "clusterUid": "5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee", "version": "0.1.0", "image": "agent:2",
                "observedGeneration": 4,
                "group": [{ "number": 3, "role": "Voter", "ready": false, "message": "its agent does not answer yet" }],
                "conditions": [
                    condition("Ready", "False", "2 of 3"),
                    condition("Progressing", "True", "2 pods are of an outdated template; config-cg-3: its agent does not answer yet"),
                ],
            },
        }));
        let pod = json!({ "metadata": { "name": "config-cg-3", "labels": { "synod.dev/member": "3" } }, "status": { "podIP": "10.0.0.3" } });
        let secret = |name: &str, end: &str| {
            decoded(
                json!({ "metadata": { "name": name, "annotations": { "synod.dev/not-after": end } } }),
            )
        };
        let seen = Seen {
            group: &group,
            pods: &[decoded(pod)],
            told: &[Err("no answer in 2 s".to_owned())],
            certificates: &[
                secret("config-cg-tls-3", "2026-09-01T00:00:00Z"),
                secret("config-cg-tls-1", "2026-08-15T00:00:00Z"),
            ],
        };
        expect![[r#"
            ConsensusGroup ns/config: Rolling

            now:             2 pods are of an outdated template; config-cg-3: its agent does not answer yet
            members:         2 ready of 3 voting, 3 wanted
            leader:          config-cg-1
            cluster:         5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
            configuration:   7
            version:         0.1.0
            image:           agent:2
            certificates:    2, the first to end is config-cg-tls-1 on 2026-08-15
            generation:      4 (acted on: 4)

            MEMBER        ROLE    READY   APPLIED   LAG   VERSION   CERTIFICATE ENDS   ENDPOINT                NOTE
            config-cg-3   Voter   no      -         -     -         -                  https://10.0.0.3:2379   its agent does not answer yet

            Ready=False        Rolling   2 of 3
            Progressing=True   Rolling   2 pods are of an outdated template; config-cg-3: its agent does not answer yet
        "#]].assert_eq(&screen(&seen));
    }
}
