//! `synod status`: one object on one screen.

use super::connection::Connection;
use super::get::aligned;
use super::{Failure, endpoints};
use crate::agents::{MutualTls, Reach, Target};
use futures::future::join_all;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Api, DynamicObject};
use kube::{Client, ResourceExt};
use serde_json::Value;
use std::time::Duration;
use synod_agent_api::{Identity, Kind, Status};

/// How long an agent may take to answer before the screen is shown without it.
const ANSWER_MAX: Duration = Duration::from_secs(2);

const EXAMPLES: &str = "\
Examples:
  synod status              the only group there is
  synod status cg/config";

/// Show one object on one screen: members, leader, lag, versions, what is being done and waited for
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// KIND/NAME [default: the only ConsensusGroup]
    object: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let client = arguments.connection.client().await?;
    let group = endpoints::object(&client, arguments.object.as_deref()).await?;
    let pods = endpoints::pods(&client, &group).await?;
    let told = ask_agents(&client, &group, &pods).await;
    show!("{}", screen(&group, &pods, &told));
    Ok(())
}

/// What each pod's agent says of itself, or why it says nothing.
async fn ask_agents(
    client: &Client,
    group: &DynamicObject,
    pods: &[Pod],
) -> Vec<Result<Status, String>> {
    let reach = MutualTls::new();
    let namespace = group.namespace().unwrap_or_default();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), &namespace);
    let authority = secrets
        .get_opt(crate::names::AUTHORITY)
        .await
        .ok()
        .flatten()
        .and_then(|secret| {
            let data = secret.data?;
            let text = |name: &str| Some(String::from_utf8_lossy(&data.get(name)?.0).into_owned());
            Some((text("ca.crt")?, text("ca.key")?))
        });
    let Some((certificate, key)) = authority else {
        return pods
            .iter()
            .map(|_| Err("the authority's Secret is not readable".to_owned()))
            .collect();
    };
    reach.trust(&namespace, &certificate, &key);
    let answers = pods.iter().map(|pod| {
        let target = target(group, pod);
        let asked = target.map(|target| reach.status(target, None));
        async move {
            let Some(asked) = asked else {
                return Err("it has no address yet".to_owned());
            };
            match tokio::time::timeout(ANSWER_MAX, asked).await {
                Ok(answer) => answer.map_err(|error| error.to_string()),
                Err(_) => Err(format!("no answer in {} s", ANSWER_MAX.as_secs())),
            }
        }
    });
    join_all(answers).await
}

fn target(group: &DynamicObject, pod: &Pod) -> Option<Target> {
    Some(Target {
        identity: Identity {
            cluster: group.data["status"]["clusterUid"].as_str()?.parse().ok()?,
            kind: Kind::ConsensusGroup,
            name: group.name_any(),
            number: endpoints::number(pod),
        },
        address: endpoints::address(pod)?.parse().ok()?,
        namespace: group.namespace()?,
        pod_uid: pod.uid()?,
    })
}

fn screen(group: &DynamicObject, pods: &[Pod], told: &[Result<Status, String>]) -> String {
    let status = &group.data["status"];
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let kind = group
        .types
        .as_ref()
        .map_or_else(String::new, |types| types.kind.clone());
    let mut lines = format!(
        "{kind} {}/{}: {}\n\n",
        group.namespace().unwrap_or_default(),
        group.name_any(),
        text(&status["state"])
    );
    let members = status["group"].as_array().cloned().unwrap_or_default();
    let facts = [
        (
            "members",
            format!(
                "{} ready of {} voting, {} wanted",
                status["readyMembers"].as_i64().unwrap_or(0),
                status["members"].as_i64().unwrap_or(0),
                group.data["spec"]["members"]
            ),
        ),
        ("leader", text(&status["leader"])),
        ("cluster", text(&status["clusterUid"])),
        (
            "configuration",
            status["configuration"]
                .as_i64()
                .map_or_else(|| "-".to_owned(), |id| id.to_string()),
        ),
        ("version", text(&status["version"])),
        (
            "generation",
            format!(
                "{} (acted on: {})",
                group.metadata.generation.unwrap_or(0),
                status["observedGeneration"].as_i64().unwrap_or(0)
            ),
        ),
    ];
    let facts: Vec<Vec<String>> = facts
        .iter()
        .map(|(name, fact)| vec![format!("{name}:"), fact.clone()])
        .collect();
    lines.push_str(&aligned(&facts));
    lines.push('\n');
    lines.push_str(&aligned(&member_rows(group, pods, told, &members)));
    lines.push('\n');
    lines.push_str(&conditions(status));
    lines
}

fn member_rows(
    group: &DynamicObject,
    pods: &[Pod],
    told: &[Result<Status, String>],
    members: &[Value],
) -> Vec<Vec<String>> {
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
