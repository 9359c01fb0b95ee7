//! From what people call a kind (`cg`, `consensusgroup`, `pods`) to where the API has it.

use super::Failure;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::APIResource;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject};

/// Groups that are looked through, ours first.
const GROUPS: &[&str] = &[
    "synod.dev/v1alpha1",
    "v1",
    "policy/v1",
    "apps/v1",
    "coordination.k8s.io/v1",
    "apiextensions.k8s.io/v1",
];

/// A kind as the API serves it.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) resource: ApiResource,
    pub(crate) singular: String,
    pub(crate) namespaced: bool,
}

impl Kind {
    fn new(group_version: &str, served: &APIResource) -> Self {
        let (group, version) = group_version.split_once('/').unwrap_or(("", group_version));
        let resource = ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version: group_version.to_owned(),
            kind: served.kind.clone(),
            plural: served.name.clone(),
        };
        let singular = if served.singular_name.is_empty() {
            served.kind.to_lowercase()
        } else {
            served.singular_name.clone()
        };
        Self {
            resource,
            singular,
            namespaced: served.namespaced,
        }
    }

    /// The kind with its group, as commands print it: `consensusgroup.synod.dev`.
    pub(crate) fn shown(&self) -> String {
        match self.resource.group.as_str() {
            "" => self.singular.clone(),
            group => format!("{}.{group}", self.singular),
        }
    }

    /// The objects of this kind; all namespaces if none is given.
    pub(crate) fn api(&self, client: &Client, namespace: Option<&str>) -> Api<DynamicObject> {
        match (self.namespaced, namespace) {
            (true, Some(namespace)) => {
                Api::namespaced_with(client.clone(), namespace, &self.resource)
            }
            _ => Api::all_with(client.clone(), &self.resource),
        }
    }

    /// The path of the collection, or of one object.
    pub(crate) fn path(&self, namespace: Option<&str>, name: Option<&str>) -> String {
        let root = if self.resource.group.is_empty() {
            "/api/v1".to_owned()
        } else {
            format!("/apis/{}", self.resource.api_version)
        };
        let space = namespace
            .filter(|_| self.namespaced)
            .map(|namespace| format!("/namespaces/{namespace}"))
            .unwrap_or_default();
        let name = name.map(|name| format!("/{name}")).unwrap_or_default();
        format!("{root}{space}/{}{name}", self.resource.plural)
    }
}

/// The kind that `word` means.
pub(crate) async fn find(client: &Client, word: &str) -> Result<Kind, Failure> {
    let wanted = word.to_lowercase();
    let mut known = Vec::new();
    for group_version in GROUPS {
        for served in served(client, group_version).await? {
            let short = served.short_names.clone().unwrap_or_default();
            let kind = Kind::new(group_version, &served);
            let qualified = format!("{}.{}", served.name, kind.resource.group);
            let names = [&served.name, &kind.singular, &qualified];
            if names.iter().any(|name| **name == wanted)
                || short.contains(&wanted)
                || served.kind.to_lowercase() == wanted
            {
                return Ok(kind);
            }
            let short = short
                .first()
                .map(|short| format!(" ({short})"))
                .unwrap_or_default();
            known.push(format!("{}{short}", served.name));
        }
    }
    Err(Failure::new(format!(
        "there is no kind {word:?}; known are: {}",
        known.join(", ")
    )))
}

/// All kinds of synod.dev.
pub(crate) async fn ours(client: &Client) -> Result<Vec<Kind>, Failure> {
    let served = served(client, GROUPS[0]).await?;
    Ok(served
        .iter()
        .map(|served| Kind::new(GROUPS[0], served))
        .collect())
}

async fn served(client: &Client, group_version: &str) -> Result<Vec<APIResource>, Failure> {
    let list = match group_version {
        "v1" => client.list_core_api_resources("v1").await,
        other => client.list_api_group_resources(other).await,
    };
    match list {
        Ok(list) => Ok(list
            .resources
            .into_iter()
            .filter(|served| !served.name.contains('/'))
            .collect()),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Splits `KIND/NAME`.
pub(crate) fn split(word: &str) -> Result<(&str, &str), Failure> {
    match word.split_once('/') {
        Some((kind, name)) if !kind.is_empty() && !name.is_empty() => Ok((kind, name)),
        _ => Err(Failure::new(format!(
            "{word:?} is not KIND/NAME; for example cg/config"
        ))),
    }
}
