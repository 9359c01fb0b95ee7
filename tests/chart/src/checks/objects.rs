//! Every object is one that the API takes, is there once, and stands where it may.

use std::collections::BTreeSet;

use super::{Case, ensure};
use crate::helm::Values;
use crate::rendered::{Object, Rendered};
use crate::{Failure, HOME, RELEASE, Tools, repository};

/// Kinds that stand in no namespace.
const CLUSTER_WIDE: [&str; 5] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];

pub(super) fn are_known_and_placed(_: &Tools, case: &Case) -> Result<(), Failure> {
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

/// A second release, with the values that are meant for one, makes nothing that the first one has.
pub(super) fn of_two_releases_are_others(tools: &Tools) -> Result<(), Failure> {
    let of = |name: &str| Values {
        files: vec![repository::root().join(format!("tests/chart/values/{name}.yaml"))],
        set: Vec::new(),
    };
    let shown = |rendered: Rendered| -> BTreeSet<String> {
        rendered.objects.iter().map(Object::shown).collect()
    };
    let first = shown(tools.helm.template(&of("namespaces"))?);
    let second = tools.helm.named("second", "synod-second")?;
    let second = shown(second.template(&of("second"))?);
    let both: Vec<_> = first.intersection(&second).collect();
    ensure(both.is_empty() && second.len() > 5, || {
        format!("both releases have {both:?}")
    })
}
