//! `synod status`: one object on one screen.

use super::connection::Connection;
use super::screen::{Seen, screen};
use super::{Failure, endpoints};
use crate::agents::{MutualTls, Reach, Target};
use crate::authority::{self, Authority};
use crate::kinds::profiles;
use futures::future::join_all;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Api, DynamicObject, ListParams};
use kube::{Client, ResourceExt};
use std::time::Duration;
use synod_agent_api::{Identity, Status};

/// How long an agent may take to answer before the screen is shown without it.
const ANSWER_MAX: Duration = Duration::from_secs(2);

const EXAMPLES: &str = "\
Examples:
  synod status              the only object there is
  synod status cg/config
  synod status ls/locks";

/// Show one object on one screen: members, leader, lag, versions, what is being done and waited for
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// KIND/NAME [default: the only one there is]
    object: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let client = arguments.connection.client().await?;
    let group = endpoints::object(&client, arguments.object.as_deref(), &profiles()).await?;
    let pods = endpoints::pods(&client, &group).await?;
    let told = ask_agents(&client, &group, &pods).await;
    let certificates = certificates(&client, &group).await;
    let seen = Seen {
        group: &group,
        pods: &pods,
        told: &told,
        certificates: &certificates,
    };
    show!("{}", screen(&seen));
    Ok(())
}

/// Secrets with a certificate of the object's, as far as they may be read.
async fn certificates(client: &Client, group: &DynamicObject) -> Vec<Secret> {
    let namespace = group.namespace().unwrap_or_default();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), &namespace);
    let kind = endpoints::profile(group).map_or("", |profile| profile.name());
    let labels = format!(
        "{}={kind},{}={}",
        crate::names::LABEL_KIND,
        crate::names::LABEL_NAME,
        group.name_any()
    );
    let all = secrets.list(&ListParams::default().labels(&labels)).await;
    all.map(|all| all.items).unwrap_or_default()
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
    let secret = secrets.get_opt(crate::names::AUTHORITY).await;
    let secret = secret.ok().flatten();
    let trusted = secret.as_ref().and_then(|secret| {
        let (_, key) = authority::signer(secret)?;
        Some((Authority::of(secret)?.bundle().to_owned(), key))
    });
    let Some((certificates, key)) = trusted else {
        return pods
            .iter()
            .map(|_| Err("the authority's Secret is not readable".to_owned()))
            .collect();
    };
    reach.trust(&namespace, &certificates, &key);
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
            kind: endpoints::profile(group)?.kind,
            name: group.name_any(),
            number: endpoints::number(pod),
        },
        address: endpoints::address(pod)?.parse().ok()?,
        namespace: group.namespace()?,
        pod_uid: pod.uid()?,
    })
}
