//! Every object is one that the API takes, is there once, and stands where it may.

use std::collections::BTreeSet;

use super::{Case, ensure};
use crate::{Bed, Failure, HOME, RELEASE};

/// Kinds that stand in no namespace.
const CLUSTER_WIDE: [&str; 5] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];

pub(super) fn are_known_and_placed(_: &Bed, case: &Case) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for object in &case.rendered.objects {
        let shown = object.shown();
        object.is_known()?;
        ensure(seen.insert(shown.clone()), || {
            format!("{shown} is there twice")
        })?;
        ensure(
            !object.name().is_empty() && object.name().len() <= 63,
            || format!("{shown} has no good name"),
        )?;
        let placed = if CLUSTER_WIDE.contains(&object.kind()) {
            object.namespace().is_empty()
        } else {
            // Whatever else is in another namespace is for those that the values name.
            object.namespace() == HOME || object.namespace().starts_with("team-")
        };
        ensure(placed, || format!("{shown} is in the wrong namespace"))?;
        let labels = &object.0["metadata"]["labels"];
        let kept = object.0["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep";
        ensure(
            kept || labels["app.kubernetes.io/instance"] == RELEASE,
            || format!("{shown} does not say whose it is"),
        )?;
    }
    ensure(seen.len() >= 5, || format!("only {} objects", seen.len()))
}
