//! How a client outside reaches a group: addresses, and certificates where TLS is on.

use super::Failure;
use super::kinds;
use crate::kinds::{Profile, profiles};
use crate::local::runner::NODE;
use crate::names;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Api, DynamicObject, ListParams};
use kube::{Client, ResourceExt};
use synod_agent_api::Kind as AgentKind;

/// What a client needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    /// Of every member that has an address, as clients of its kind are told: `https://host:port`, `host:port`.
    pub(crate) endpoints: Vec<String>,
    /// PEM; none without TLS.
    pub(crate) tls: Option<Certificates>,
    /// What clients show besides, if their kind has one.
    pub(crate) password: Option<Password>,
    /// Whether the endpoints are only reached from inside of the cluster.
    pub(crate) inside_only: bool,
}

/// A password, which no log is told.
#[derive(Clone)]
pub(crate) struct Password(pub(crate) String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
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

/// The object of `KIND/NAME`, which is of one of these kinds; with no word, the only one of them in the namespace.
pub(crate) async fn object(
    client: &Client,
    word: Option<&str>,
    among: &[&'static Profile],
) -> Result<DynamicObject, Failure> {
    let named: Vec<_> = among.iter().map(|profile| profile.name()).collect();
    let named = named.join(" or ");
    if let Some(word) = word {
        let (kind, name) = kinds::split(word)?;
        let kind = kinds::find(client, kind).await?;
        if !is_among(&kind, among) {
            return Err(Failure::new(format!(
                "{word} is no {named}, which is needed here; for example cg/config"
            )));
        }
        return Ok(kind
            .api(client, Some(client.default_namespace()))
            .get(name)
            .await?);
    }
    let mut all = all(client, Some(client.default_namespace()), among).await?;
    match all.len() {
        1 => Ok(all.remove(0)),
        0 => Err(Failure::new(format!(
            "there is no {named} in the namespace; make one with `synod apply -f FILE`"
        ))),
        _ => {
            let names: Vec<_> = all.iter().map(called).collect();
            Err(Failure::new(format!(
                "there are several; choose one: {}",
                names.join(", ")
            )))
        }
    }
}

fn is_among(kind: &kinds::Kind, among: &[&'static Profile]) -> bool {
    let name = &kind.resource.kind;
    among.iter().any(|profile| profile.name() == name)
}

/// All objects of these kinds.
pub(crate) async fn all(
    client: &Client,
    namespace: Option<&str>,
    among: &[&'static Profile],
) -> Result<Vec<DynamicObject>, Failure> {
    let mut all = Vec::new();
    for kind in kinds::ours(client).await? {
        if is_among(&kind, among) {
            let list = kind
                .api(client, namespace)
                .list(&ListParams::default())
                .await?;
            all.extend(list.items);
        }
    }
    Ok(all)
}

/// How clients reach objects of a replicated kind.
pub(crate) fn profile_of(kind: AgentKind) -> &'static Profile {
    let mut all = profiles().into_iter();
    let found = all.find(|profile| profile.kind == kind);
    found.expect("it is one of the kinds")
}

/// How clients reach objects of this one's kind.
pub(crate) fn profile(group: &DynamicObject) -> Option<&'static Profile> {
    let kind = &group.types.as_ref()?.kind;
    profiles()
        .into_iter()
        .find(|profile| profile.name() == kind)
}

/// The object as people call it: `cg/config`.
pub(crate) fn called(group: &DynamicObject) -> String {
    let name = group.name_any();
    profile(group).map_or_else(|| name.clone(), |profile| profile.called(&name))
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
    Some(profile(group)?.endpoint(address(pod)?, is_tls(group)))
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
            "no member of {} has an address yet; see `synod status {}`",
            group.name_any(),
            called(group)
        )));
    }
    let missing = || {
        Failure::new(format!(
            "the connection Secret of {} is not there yet; try again shortly",
            group.name_any()
        ))
    };
    let mut tls = None;
    if is_tls(group) {
        tls = Some(Certificates {
            authority: text("ca.crt").ok_or_else(missing)?,
            certificate: text("tls.crt").ok_or_else(missing)?,
            key: text("tls.key").ok_or_else(missing)?,
        });
    }
    let password = profile(group).and_then(|profile| profile.variables.password);
    let password = match password {
        Some(_) => Some(Password(text(names::PASSWORD).ok_or_else(missing)?)),
        None => None,
    };
    Ok(Access {
        endpoints,
        tls,
        password,
        inside_only: !local,
    })
}

async fn connection(client: &Client, group: &DynamicObject) -> Result<Option<Secret>, Failure> {
    let named = group.data["status"]["connectionSecret"]
        .as_str()
        .map(ToOwned::to_owned);
    let made = || {
        let short = profile(group)?.short;
        Some(crate::names::Names::new(&group.name_any(), short).connection())
    };
    let Some(name) = named.or_else(made) else {
        return Ok(None);
    };
    let secrets: Api<Secret> =
        Api::namespaced(client.clone(), &group.namespace().unwrap_or_default());
    Ok(secrets.get_opt(&name).await?)
}
