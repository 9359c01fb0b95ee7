//! What helm rendered, as objects.

use k8s_openapi::api::admissionregistration::v1::{
    ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, PodSpec, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Failure;

/// All objects of a rendering, and its text.
#[derive(Debug)]
pub struct Rendered {
    /// As helm printed it.
    pub text: String,
    /// In helm's order.
    pub objects: Vec<Object>,
}

/// One object.
#[derive(Clone, Debug)]
pub struct Object(pub Value);

impl Rendered {
    /// Of YAML documents; empty ones are left out.
    ///
    /// # Errors
    /// When one is no YAML.
    pub fn parse(text: String) -> Result<Self, Failure> {
        let mut objects = Vec::new();
        for document in serde_yaml::Deserializer::from_str(&text) {
            let value = Value::deserialize(document)
                .map_err(|error| format!("object {} is no YAML: {error}", objects.len() + 1))?;
            if !value.is_null() {
                objects.push(Object(value));
            }
        }
        Ok(Self { text, objects })
    }

    /// Those of a kind.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Object> {
        self.objects
            .iter()
            .filter(move |object| object.kind() == kind)
    }

    /// Those of a kind, decoded.
    ///
    /// # Errors
    /// When one does not decode.
    pub fn decoded<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<T>, Failure> {
        self.of(kind).map(Object::decoded).collect()
    }

    /// The operator's pods, as the only Deployment makes them.
    ///
    /// # Errors
    /// When there is no Deployment, or another one.
    pub fn operator(&self) -> Result<PodSpec, Failure> {
        let mut all: Vec<Deployment> = self.decoded("Deployment")?;
        match (all.pop(), all.is_empty()) {
            (Some(one), true) => one.spec.and_then(|spec| spec.template.spec),
            _ => None,
        }
        .ok_or_else(|| "one Deployment with a pod was expected".to_owned())
    }
}

impl Object {
    fn text(&self, path: &str) -> &str {
        self.0
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text("/kind")
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// Its namespace, if it names one.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    /// `Kind namespace/name`.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{} {}/{}", self.kind(), self.namespace(), self.name())
    }

    /// As a type.
    ///
    /// # Errors
    /// When it does not decode.
    pub fn decoded<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_value(self.0.clone()).map_err(|error| format!("{}: {error}", self.shown()))
    }

    /// Whether the API has a place for every field, as far as the type is one of Kubernetes' own; the Prometheus
    /// operator's have no types here.
    ///
    /// # Errors
    /// When it has not.
    pub fn is_known(&self) -> Result<(), Failure> {
        let kind = format!("{} {}", self.text("/apiVersion"), self.kind());
        match kind.as_str() {
            "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy" => {
                self.is_whole::<ValidatingAdmissionPolicy>()
            }
            "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding" => {
                self.is_whole::<ValidatingAdmissionPolicyBinding>()
            }
            "apiextensions.k8s.io/v1 CustomResourceDefinition" => {
                self.is_whole::<CustomResourceDefinition>()
            }
            "apps/v1 Deployment" => self.is_whole::<Deployment>(),
            "networking.k8s.io/v1 NetworkPolicy" => self.is_whole::<NetworkPolicy>(),
            "policy/v1 PodDisruptionBudget" => self.is_whole::<PodDisruptionBudget>(),
            "rbac.authorization.k8s.io/v1 ClusterRole" => self.is_whole::<ClusterRole>(),
            "rbac.authorization.k8s.io/v1 ClusterRoleBinding" => {
                self.is_whole::<ClusterRoleBinding>()
            }
            "rbac.authorization.k8s.io/v1 Role" => self.is_whole::<Role>(),
            "rbac.authorization.k8s.io/v1 RoleBinding" => self.is_whole::<RoleBinding>(),
            "v1 ConfigMap" => self.is_whole::<ConfigMap>(),
            "v1 Service" => self.is_whole::<Service>(),
            "v1 ServiceAccount" => self.is_whole::<ServiceAccount>(),
            "monitoring.coreos.com/v1 PrometheusRule"
            | "monitoring.coreos.com/v1 ServiceMonitor"
            | "monitoring.coreos.com/v1 PodMonitor" => Ok(()),
            _ => Err(format!("{}: {kind} was not expected", self.shown())),
        }
    }

    /// Whether it is still the same after it was decoded and encoded: a field that the type lacks would be gone.
    fn is_whole<T: DeserializeOwned + Serialize>(&self) -> Result<(), Failure> {
        let again = serde_json::to_value(self.decoded::<T>()?)
            .map_err(|error| format!("{}: {error}", self.shown()))?;
        match first_difference(&self.0, &again, String::new()) {
            None => Ok(()),
            Some(path) => Err(format!("{}: {path} is no field of it", self.shown())),
        }
    }
}

/// The path of something in `one` that is not so in `other`.
fn first_difference(one: &Value, other: &Value, path: String) -> Option<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => one.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            match other.get(name) {
                Some(other) => first_difference(value, other, path),
                None => Some(path),
            }
        }),
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            pairs
                .into_iter()
                .find_map(|(i, (a, b))| first_difference(a, b, format!("{path}[{i}]")))
        }
        _ => (one != other).then_some(path),
    }
}

#[cfg(test)]
mod tests {
    use super::{Object, Rendered};

    #[test]
    fn a_field_that_the_api_does_not_know_is_found() {
        let of = |text: &str| Rendered::parse(text.to_owned()).unwrap().objects;
        let good = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: ClusterIP}\n";
        let bad = good.replace("type:", "typ:");
        let all = of(&format!("{good}---\n# nothing\n---\n{bad}"));
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].is_known(), Ok(()));
        let said = all.last().map(Object::is_known);
        assert_eq!(
            said,
            Some(Err("Service /a: .spec.typ is no field of it".to_owned()))
        );
    }
}
