//! Which lists and maps are merged by entry and which are one value.
//!
//! Custom types say so in their schema. For Kubernetes' own types, and for metadata, a table by field name does: within
//! the types this API serves, one name means one thing.

use crate::local::api::object;
use crate::local::api::resource::{Resource, Shape};
use serde_json::Value;

/// How a list is merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListKind {
    /// As one value.
    Atomic,
    /// As a set of scalars.
    Set,
    /// By entry, told apart by these fields.
    Keyed(Vec<String>),
}

/// A place in the type of an object.
#[derive(Clone)]
pub(crate) enum Topology<'a> {
    /// Somewhere in a known type, below the field of this name.
    Known(String),
    /// At this schema; true at the root of the object.
    Custom(&'a Value, bool),
}

const KEYED: &[(&str, &[&str])] = &[
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("volumes", &["name"]),
    ("env", &["name"]),
    ("imagePullSecrets", &["name"]),
    ("secrets", &["name"]),
    ("schedulingGates", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("volumeDevices", &["devicePath"]),
    ("ports", &["containerPort", "port", "protocol"]),
    ("conditions", &["type"]),
    ("hostAliases", &["ip"]),
    ("podIPs", &["ip"]),
    ("hostIPs", &["ip"]),
    ("ownerReferences", &["uid"]),
    (
        "topologySpreadConstraints",
        &["topologyKey", "whenUnsatisfiable"],
    ),
];

const ATOMIC_MAPS: &[&str] = &[
    "selector",
    "nodeSelector",
    "labelSelector",
    "fieldRef",
    "resourceFieldRef",
    "configMapKeyRef",
    "secretKeyRef",
    "secretRef",
    "configMapRef",
    "involvedObject",
    "regarding",
    "ownerReferences",
    "imagePullSecrets",
    "matchLabels",
];

const OPEN_MAPS: &[&str] = &[
    "labels",
    "annotations",
    "data",
    "binaryData",
    "stringData",
    "limits",
    "requests",
    "capacity",
    "allocatable",
    "allocatedResources",
];

impl<'a> Topology<'a> {
    /// The root of a type.
    pub(crate) fn of(resource: &'a Resource) -> Self {
        match &resource.shape {
            Shape::Known(..) => Topology::Known(String::new()),
            Shape::Custom(schema, _) => Topology::Custom(schema, true),
        }
    }

    /// The place of a field.
    pub(crate) fn field(&self, name: &str) -> Self {
        match self {
            Topology::Custom(_, true) if name == "metadata" => {
                Topology::Known("metadata".to_owned())
            }
            Topology::Custom(schema, _) => match schema["properties"].get(name) {
                Some(child) => Topology::Custom(child, false),
                None => Topology::Custom(&schema["additionalProperties"], false),
            },
            // At the root of an EndpointSlice: one value, unlike the ports of containers and Services.
            Topology::Known(parent) if parent.is_empty() && name == "ports" => {
                Topology::Known("addressPorts".to_owned())
            }
            Topology::Known(_) => Topology::Known(name.to_owned()),
        }
    }

    /// The place of a list's entries.
    pub(crate) fn entry(&self) -> Self {
        match self {
            Topology::Custom(schema, _) => Topology::Custom(&schema["items"], false),
            known => known.clone(),
        }
    }

    /// How the list at this place is merged; `list` shows which of the possible keys its entries use.
    pub(crate) fn list(&self, list: &[Value]) -> ListKind {
        match self {
            Topology::Custom(schema, _) => match schema["x-kubernetes-list-type"].as_str() {
                Some("set") => ListKind::Set,
                Some("map") => {
                    let keys = object::strings(&schema["x-kubernetes-list-map-keys"]);
                    ListKind::Keyed(keys.into_iter().map(ToOwned::to_owned).collect())
                }
                _ => ListKind::Atomic,
            },
            Topology::Known(name) if name == "finalizers" => ListKind::Set,
            Topology::Known(name) => known_list(name, list),
        }
    }

    /// Whether the map at this place is one value.
    pub(crate) fn is_atomic_map(&self) -> bool {
        match self {
            Topology::Custom(schema, _) => schema["x-kubernetes-map-type"] == "atomic",
            Topology::Known(name) => ATOMIC_MAPS.contains(&name.as_str()),
        }
    }

    /// Whether `name` is a declared field here, rather than the key of an open map.
    pub(crate) fn declares(&self, name: &str) -> bool {
        match self {
            Topology::Custom(_, true) if matches!(name, "metadata" | "apiVersion" | "kind") => true,
            Topology::Custom(schema, _) => schema["properties"].get(name).is_some(),
            Topology::Known(map) => !OPEN_MAPS.contains(&map.as_str()),
        }
    }
}

fn known_list(name: &str, list: &[Value]) -> ListKind {
    let Some((_, keys)) = KEYED.iter().find(|(field, _)| *field == name) else {
        return ListKind::Atomic;
    };
    // "ports" is keyed by containerPort in containers and by port in Services.
    let service = list.iter().any(|entry| entry.get("port").is_some());
    let used = keys.iter().filter(|key| match **key {
        "containerPort" => !service,
        "port" => service,
        _ => true,
    });
    ListKind::Keyed(used.map(ToString::to_string).collect())
}
