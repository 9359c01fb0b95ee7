//! The kinds of Kubernetes objects that the operator makes.

mod strip;

use std::fmt;

use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret, Service};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::ApiResource;
use serde_json::Value;

/// An object that belongs to one of ours.
#[derive(Clone, Debug, PartialEq)]
pub enum Child {
    /// A member's process.
    Pod(Box<Pod>),
    /// A member's volume.
    Claim(Box<PersistentVolumeClaim>),
    /// Names and addresses.
    Service(Box<Service>),
    /// Certificates, keys, connection data.
    Secret(Box<Secret>),
    /// Configuration.
    ConfigMap(Box<ConfigMap>),
    /// How many pods may be evicted.
    Budget(Box<PodDisruptionBudget>),
}

/// The kind of a [`Child`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChildKind {
    /// Pod.
    Pod,
    /// PersistentVolumeClaim.
    Claim,
    /// Service.
    Service,
    /// Secret.
    Secret,
    /// ConfigMap.
    ConfigMap,
    /// PodDisruptionBudget.
    Budget,
}

impl ChildKind {
    /// How the API names it.
    #[must_use]
    pub fn resource(self) -> ApiResource {
        match self {
            Self::Pod => ApiResource::erase::<Pod>(&()),
            Self::Claim => ApiResource::erase::<PersistentVolumeClaim>(&()),
            Self::Service => ApiResource::erase::<Service>(&()),
            Self::Secret => ApiResource::erase::<Secret>(&()),
            Self::ConfigMap => ApiResource::erase::<ConfigMap>(&()),
            Self::Budget => ApiResource::erase::<PodDisruptionBudget>(&()),
        }
    }
}

impl fmt::Display for ChildKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resource().kind)
    }
}

impl Child {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> ChildKind {
        match self {
            Self::Pod(_) => ChildKind::Pod,
            Self::Claim(_) => ChildKind::Claim,
            Self::Service(_) => ChildKind::Service,
            Self::Secret(_) => ChildKind::Secret,
            Self::ConfigMap(_) => ChildKind::ConfigMap,
            Self::Budget(_) => ChildKind::Budget,
        }
    }

    /// Its metadata.
    #[must_use]
    pub const fn meta(&self) -> &ObjectMeta {
        match self {
            Self::Pod(o) => &o.metadata,
            Self::Claim(o) => &o.metadata,
            Self::Service(o) => &o.metadata,
            Self::Secret(o) => &o.metadata,
            Self::ConfigMap(o) => &o.metadata,
            Self::Budget(o) => &o.metadata,
        }
    }

    /// Its metadata, to be changed.
    pub const fn meta_mut(&mut self) -> &mut ObjectMeta {
        match self {
            Self::Pod(o) => &mut o.metadata,
            Self::Claim(o) => &mut o.metadata,
            Self::Service(o) => &mut o.metadata,
            Self::Secret(o) => &mut o.metadata,
            Self::ConfigMap(o) => &mut o.metadata,
            Self::Budget(o) => &mut o.metadata,
        }
    }

    /// Its name; empty if it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.meta().name.as_deref().unwrap_or_default()
    }

    /// The object as the API wants it, with `apiVersion` and `kind`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let value = match self {
            Self::Pod(o) => serde_json::to_value(o),
            Self::Claim(o) => serde_json::to_value(o),
            Self::Service(o) => serde_json::to_value(o),
            Self::Secret(o) => serde_json::to_value(o),
            Self::ConfigMap(o) => serde_json::to_value(o),
            Self::Budget(o) => serde_json::to_value(o),
        };
        // These types have string keys only, so encoding cannot fail.
        value.unwrap_or(Value::Null)
    }

    /// The same as JSON text.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let text = match self {
            Self::Pod(o) => serde_json::to_vec(o),
            Self::Claim(o) => serde_json::to_vec(o),
            Self::Service(o) => serde_json::to_vec(o),
            Self::Secret(o) => serde_json::to_vec(o),
            Self::ConfigMap(o) => serde_json::to_vec(o),
            Self::Budget(o) => serde_json::to_vec(o),
        };
        text.expect("these types have string keys only")
    }

    /// Whether `self`, as it is in the API, already has every field of `wanted`. What the API fills in by itself, and
    /// what others have added, is not looked at. Either may be stripped.
    #[must_use]
    pub fn satisfies(&self, wanted: &Self) -> bool {
        let json = |child: &Self| {
            let mut child = child.clone();
            child.digest_texts();
            child.to_json()
        };
        covers(&json(self), &json(wanted))
    }
}

/// Whether `found` has everything that `wanted` has; lists must be equally long.
fn covers(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|f| covers(f, value)) || empty(value)),
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(f, w)| covers(f, w))
        }
        _ => found == wanted,
    }
}

/// The API drops empty maps and lists.
fn empty(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Null => true,
        _ => false,
    }
}

macro_rules! from {
    ($($variant:ident($type:ty)),* $(,)?) => {
        $(impl From<$type> for Child {
            fn from(object: $type) -> Self {
                Self::$variant(Box::new(object))
            }
        })*
    };
}

from!(
    Pod(Pod),
    Claim(PersistentVolumeClaim),
    Service(Service),
    Secret(Secret),
    ConfigMap(ConfigMap),
    Budget(PodDisruptionBudget),
);
