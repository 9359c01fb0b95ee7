//! How a client outside reaches a group: addresses, and certificates where TLS is on.

use super::Failure;
use super::kinds;
use crate::local::runner::NODE;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Api, DynamicObject, ListParams};
use kube::{Client, ResourceExt};
use synod_agent_api::ports;

/// What a client needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    /// `http://host:port` or `https://host:port` of every member that has an address.
    pub(crate) endpoints: Vec<String>,
    /// PEM; none without TLS.
    pub(crate) tls: Option<Certificates>,
    /// Whether the endpoints are only reached from inside of the cluster.
    pub(crate) inside_only: bool,
}

/// PEM texts of the connection Secret.
#[derive(Clone)]
pub(crate) struct Certificates {
    pub(crate) authority: String,
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificates(..)")
    }
}

/// The object of `KIND/NAME`; with no word, the only ConsensusGroup of the namespace.
pub(crate) async fn object(client: &Client, word: Option<&str>) -> Result<DynamicObject, Failure> {
    if let Some(word) = word {
        let (kind, name) = kinds::split(word)?;
        let kind = kinds::find(client, kind).await?;
        if kind.resource.kind != "ConsensusGroup" {
            return Err(Failure::new(format!(
                "{word}: only a ConsensusGroup has endpoints of its own; for example cg/config"
            )));
        }
        return Ok(kind
            .api(client, Some(client.default_namespace()))
            .get(name)
            .await?);
    }
    let kind = kinds::find(client, "consensusgroups").await?;
    let mut all = kind
        .api(client, Some(client.default_namespace()))
        .list(&ListParams::default())
        .await?
        .items;
    match all.len() {
        1 => Ok(all.remove(0)),
        0 => Err(Failure::new(
            "there is no ConsensusGroup in the namespace; make one with `synod apply -f FILE`",
        )),
        _ => {
            let names: Vec<_> = all
                .iter()
                .map(|object| format!("cg/{}", object.name_any()))
                .collect();
            Err(Failure::new(format!(
                "there are several groups; choose one: {}",
                names.join(", ")
            )))
        }
    }
}

/// The pods of a group, in the order of their members' numbers.
pub(crate) async fn pods(client: &Client, group: &DynamicObject) -> Result<Vec<Pod>, Failure> {
    let namespace = group.namespace().unwrap_or_default();
    let kind = group
        .types
        .as_ref()
        .map(|types| types.kind.clone())
        .unwrap_or_default();
    let labels = format!(
        "{}={kind},{}={}",
        crate::names::LABEL_KIND,
        crate::names::LABEL_NAME,
        group.name_any()
    );
    let api: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    let mut pods = api
        .list(&ListParams::default().labels(&labels))
        .await?
        .items;
    pods.sort_by_key(number);
    Ok(pods)
}

/// A pod's member number.
pub(crate) fn number(pod: &Pod) -> u64 {
    pod.labels()
        .get(crate::names::LABEL_MEMBER)
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// A pod's address.
pub(crate) fn address(pod: &Pod) -> Option<&str> {
    pod.status.as_ref()?.pod_ip.as_deref()
}

/// Whether clients of the group use TLS.
pub(crate) fn is_tls(group: &DynamicObject) -> bool {
    group.data["spec"]["tls"]["mode"].as_str().unwrap_or("Auto") != "Disabled"
}

/// Where a member serves clients.
pub(crate) fn endpoint(group: &DynamicObject, pod: &Pod) -> Option<String> {
    let scheme = if is_tls(group) { "https" } else { "http" };
    Some(format!("{scheme}://{}:{}", address(pod)?, ports::CLIENT))
}

/// How a group is reached from here.
pub(crate) async fn access(client: &Client, group: &DynamicObject) -> Result<Access, Failure> {
    let pods = pods(client, group).await?;
    let local = pods
        .iter()
        .all(|pod| pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()) == Some(NODE));
    let secret = connection(client, group).await?;
    let text = |name: &str| {
        let data = secret.as_ref()?.data.as_ref()?;
        Some(String::from_utf8_lossy(&data.get(name)?.0).into_owned())
    };
    let endpoints: Vec<String> = if local {
        pods.iter().filter_map(|pod| endpoint(group, pod)).collect()
    } else {
        text("endpoints")
            .unwrap_or_default()
            .split(',')
            .filter(|part| !part.is_empty())
            .map(ToOwned::to_owned)
            .collect()
    };
    if endpoints.is_empty() {
        return Err(Failure::new(format!(
            "no member of {} has an address yet; see `synod status cg/{}`",
            group.name_any(),
            group.name_any()
        )));
    }
    let mut tls = None;
    if is_tls(group) {
        let missing = || {
            Failure::new(format!(
                "the connection Secret of {} is not there yet; try again shortly",
                group.name_any()
            ))
        };
        tls = Some(Certificates {
            authority: text("ca.crt").ok_or_else(missing)?,
            certificate: text("tls.crt").ok_or_else(missing)?,
            key: text("tls.key").ok_or_else(missing)?,
        });
    }
    Ok(Access {
        endpoints,
        tls,
        inside_only: !local,
    })
}

async fn connection(client: &Client, group: &DynamicObject) -> Result<Option<Secret>, Failure> {
    let named = group.data["status"]["connectionSecret"]
        .as_str()
        .map(ToOwned::to_owned);
    let name =
        named.unwrap_or_else(|| crate::names::Names::new(&group.name_any(), "cg").connection());
    let secrets: Api<Secret> =
        Api::namespaced(client.clone(), &group.namespace().unwrap_or_default());
    Ok(secrets.get_opt(&name).await?)
}
