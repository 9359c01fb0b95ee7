//! The types of objects that the API serves: one table for those of Kubernetes, and whatever the stored
//! CustomResourceDefinitions add.
//!
//! A type built in is known by its Rust type (decoding it finds wrong and unknown fields); a custom one by its schema.

use super::schema::Rules;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{
    ConfigMap, Endpoints, Event, Namespace, Node, PersistentVolumeClaim, Pod, Secret, Service,
    ServiceAccount,
};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::sync::Arc;

/// Decodes and encodes an object of a built-in type: what comes back has only fields that the type knows.
pub(crate) type Decode = fn(&Value) -> Result<Value, String>;

/// The JSON schema of a built-in type.
pub(crate) type Describe = fn(&mut schemars::SchemaGenerator) -> schemars::Schema;

/// How objects of a type are checked.
#[derive(Clone)]
pub(crate) enum Shape {
    /// By the Rust type that Kubernetes' API gives.
    Known(Decode, Describe),
    /// By the structural schema of a CustomResourceDefinition.
    Custom(Arc<Value>, Arc<Rules>),
}

/// Where the scale subresource finds its numbers (paths without the leading dot).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScalePaths {
    pub(crate) spec: String,
    pub(crate) status: String,
    pub(crate) selector: Option<String>,
}

/// A column of `kubectl get`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) path: String,
    pub(crate) priority: i64,
    pub(crate) description: String,
}

/// One type of objects.
#[derive(Clone)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: String,
    /// Version within the group.
    pub version: String,
    /// Kind in `CamelCase`.
    pub kind: String,
    /// Name in paths.
    pub plural: String,
    /// Name for one object, lower case.
    pub singular: String,
    /// Abbreviations that kubectl takes.
    pub short_names: Vec<String>,
    /// Collective names that kubectl takes (`synod`).
    pub categories: Vec<String>,
    /// Whether objects live in namespaces.
    pub namespaced: bool,
    /// Whether `/status` is written apart from the rest.
    pub status: bool,
    /// Whether `metadata.generation` counts changes of the spec.
    pub generation: bool,
    pub(crate) scale: Option<ScalePaths>,
    pub(crate) columns: Vec<Column>,
    pub(crate) shape: Shape,
}

impl Resource {
    /// `plural.group`, or `plural` in the core group.
    pub fn qualified(&self) -> String {
        match self.group.as_str() {
            "" => self.plural.clone(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// `group/version`, or `version` in the core group.
    pub fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// The kind of a list of these.
    pub fn list_kind(&self) -> String {
        format!("{}List", self.kind)
    }

    /// What an object without anything has: of built-in types, fields that are never absent. Nobody owns these by
    /// creating an object.
    pub(crate) fn blank(&self) -> Value {
        let known = matches!(self.shape, Shape::Known(..));
        match self.plural.as_str() {
            _ if !known => json!({}),
            "pods" => json!({"spec": {"containers": []}, "status": {}}),
            "persistentvolumeclaims" => json!({"spec": {"resources": {}}}),
            "nodes" => json!({"spec": {}, "status": {}}),
            "services" | "namespaces" | "leases" | "poddisruptionbudgets" => json!({"spec": {}}),
            "deployments" => {
                json!({"spec": {"strategy": {}, "template": {"metadata": {}, "spec": {"containers": []}}}})
            }
            "events" => json!({"involvedObject": {}, "source": {}}),
            "endpointslices" => json!({"endpoints": [], "addressType": ""}),
            _ => json!({}),
        }
    }

    pub(crate) fn is_core(&self, plural: &str) -> bool {
        self.group.is_empty() && self.plural == plural
    }
}

fn decode<T: Serialize + DeserializeOwned>(object: &Value) -> Result<Value, String> {
    let typed: T = T::deserialize(object).map_err(|e| e.to_string())?;
    serde_json::to_value(&typed).map_err(|e| e.to_string())
}

/// How a built-in type is decoded and described.
const fn known<T: Serialize + DeserializeOwned + JsonSchema>() -> (Decode, Describe) {
    (decode::<T>, |generator| generator.subschema_for::<T>())
}

struct Row {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
    flags: &'static [Flag],
    decode: Decode,
    describe: Describe,
}

#[derive(PartialEq)]
enum Flag {
    Namespaced,
    Status,
    Generation,
}

use Flag::{Generation, Namespaced, Status};

/// The types of Kubernetes that the operator and the runner use.
const BUILT_IN: &[Row] = &[
    row(
        "",
        "v1",
        "Namespace",
        "namespaces",
        &["ns"],
        &[Status],
        known::<Namespace>(),
    ),
    row(
        "",
        "v1",
        "Node",
        "nodes",
        &["no"],
        &[Status],
        known::<Node>(),
    ),
    row(
        "",
        "v1",
        "Pod",
        "pods",
        &["po"],
        &[Namespaced, Status, Generation],
        known::<Pod>(),
    ),
    row(
        "",
        "v1",
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        &["pvc"],
        &[Namespaced, Status],
        known::<PersistentVolumeClaim>(),
    ),
    row(
        "",
        "v1",
        "Service",
        "services",
        &["svc"],
        &[Namespaced, Status],
        known::<Service>(),
    ),
    row(
        "",
        "v1",
        "Endpoints",
        "endpoints",
        &["ep"],
        &[Namespaced],
        known::<Endpoints>(),
    ),
    row(
        "",
        "v1",
        "Secret",
        "secrets",
        &[],
        &[Namespaced],
        known::<Secret>(),
    ),
    row(
        "",
        "v1",
        "ConfigMap",
        "configmaps",
        &["cm"],
        &[Namespaced],
        known::<ConfigMap>(),
    ),
    row(
        "",
        "v1",
        "ServiceAccount",
        "serviceaccounts",
        &["sa"],
        &[Namespaced],
        known::<ServiceAccount>(),
    ),
    row(
        "",
        "v1",
        "Event",
        "events",
        &["ev"],
        &[Namespaced],
        known::<Event>(),
    ),
    row(
        "events.k8s.io",
        "v1",
        "Event",
        "events",
        &["ev"],
        &[Namespaced],
        known::<k8s_openapi::api::events::v1::Event>(),
    ),
    row(
        "apps",
        "v1",
        "Deployment",
        "deployments",
        &["deploy"],
        &[Namespaced, Status, Generation],
        known::<Deployment>(),
    ),
    row(
        "coordination.k8s.io",
        "v1",
        "Lease",
        "leases",
        &[],
        &[Namespaced],
        known::<Lease>(),
    ),
    row(
        "discovery.k8s.io",
        "v1",
        "EndpointSlice",
        "endpointslices",
        &[],
        &[Namespaced, Generation],
        known::<EndpointSlice>(),
    ),
    row(
        "policy",
        "v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        &["pdb"],
        &[Namespaced, Status, Generation],
        known::<PodDisruptionBudget>(),
    ),
    row(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        &["crd", "crds"],
        &[Status, Generation],
        known::<CustomResourceDefinition>(),
    ),
];

#[allow(clippy::too_many_arguments, reason = "a row of a table")]
const fn row(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
    flags: &'static [Flag],
    (decode, describe): (Decode, Describe),
) -> Row {
    Row {
        group,
        version,
        kind,
        plural,
        short,
        flags,
        decode,
        describe,
    }
}

/// The built-in types, in the order of discovery.
pub(crate) fn built_in() -> Vec<Resource> {
    BUILT_IN.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Resource {
    let scale = (row.kind == "Deployment").then(|| ScalePaths {
        spec: "spec.replicas".to_owned(),
        status: "status.replicas".to_owned(),
        selector: Some("spec.selector".to_owned()),
    });
    Resource {
        group: row.group.to_owned(),
        version: row.version.to_owned(),
        kind: row.kind.to_owned(),
        plural: row.plural.to_owned(),
        singular: row.kind.to_lowercase(),
        short_names: row.short.iter().map(ToString::to_string).collect(),
        categories: match row.plural {
            "pods" | "services" | "deployments" => vec!["all".to_owned()],
            "customresourcedefinitions" => vec!["api-extensions".to_owned()],
            _ => Vec::new(),
        },
        namespaced: row.flags.contains(&Namespaced),
        status: row.flags.contains(&Status),
        generation: row.flags.contains(&Generation),
        scale,
        columns: Vec::new(),
        shape: Shape::Known(row.decode, row.describe),
    }
}

/// The types that a stored CustomResourceDefinition adds: one for each served version.
pub(crate) fn from_definition(definition: &Value) -> Vec<Resource> {
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| {
        super::object::strings(value)
            .into_iter()
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>()
    };
    let versions = spec["versions"].as_array().into_iter().flatten();
    versions
        .filter(|version| version["served"].as_bool().unwrap_or(false))
        .map(|version| Resource {
            group: text(&spec["group"]),
            version: text(&version["name"]),
            kind: text(&spec["names"]["kind"]),
            plural: text(&spec["names"]["plural"]),
            singular: text(&spec["names"]["singular"]),
            short_names: texts(&spec["names"]["shortNames"]),
            categories: texts(&spec["names"]["categories"]),
            namespaced: spec["scope"] == "Namespaced",
            status: version["subresources"]["status"].is_object(),
            generation: true,
            scale: scale_paths(&version["subresources"]["scale"]),
            columns: columns(&version["additionalPrinterColumns"]),
            shape: custom(&version["schema"]["openAPIV3Schema"]),
        })
        .collect()
}

fn custom(schema: &Value) -> Shape {
    Shape::Custom(Arc::new(schema.clone()), Arc::new(Rules::compiled(schema)))
}

fn scale_paths(scale: &Value) -> Option<ScalePaths> {
    let path = |field: &str| Some(scale[field].as_str()?.trim_start_matches('.').to_owned());
    Some(ScalePaths {
        spec: path("specReplicasPath")?,
        status: path("statusReplicasPath")?,
        selector: path("labelSelectorPath"),
    })
}

fn columns(list: &Value) -> Vec<Column> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let columns = list.as_array().into_iter().flatten();
    columns
        .map(|column| Column {
            name: text(&column["name"]),
            kind: text(&column["type"]),
            path: text(&column["jsonPath"]),
            priority: column["priority"].as_i64().unwrap_or(0),
            description: text(&column["description"]),
        })
        .collect()
}
