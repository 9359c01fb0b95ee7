//! What the notes say can be done: their objects are ones that the API takes and that use what the operator makes.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Pod, PodSpec};
use synod_operator::names::Names;

use super::{ensure, restricted};
use crate::helm::Values;
use crate::rendered::Rendered;
use crate::{Bed, Failure};

pub(super) fn can_be_followed(bed: &Bed) -> Result<(), Failure> {
    for (set, namespace) in [
        ("replicas=2", "default"),
        ("watchNamespaces={team-a}", "team-a"),
    ] {
        let notes = bed.helm.notes(&Values::set(&[set]))?;
        let [group, pod] = manifests(&notes)[..] else {
            return Err(format!("a group and a pod were expected in:\n{notes}"));
        };
        let objects =
            synod_crds::parse(group, "the notes").map_err(|errors| format!("{errors:?}"))?;
        ensure(objects.len() == 1, || "one group was expected".to_owned())?;
        client(pod)?;
        for line in notes.lines().filter(|line| line.starts_with("kubectl")) {
            ensure(line.contains(&format!(" -n {namespace} ")), || {
                format!("not in namespace {namespace}: {line}")
            })?;
        }
        let commands = notes.lines().filter(|line| line.starts_with("kubectl"));
        ensure(commands.count() >= 6, || "too few commands".to_owned())?;
    }
    Ok(())
}

/// What stands between the marks of here-documents.
fn manifests(notes: &str) -> Vec<&str> {
    let parts = notes.split("<<EOF\n").skip(1);
    parts
        .filter_map(|part| part.split_once("\nEOF").map(|(text, _)| text))
        .collect()
}

/// A pod that reaches the group by what its connection Secret holds.
fn client(text: &str) -> Result<(), Failure> {
    let objects = Rendered::parse(text.to_owned())?.objects;
    let [object] = objects.as_slice() else {
        return Err("one pod was expected".to_owned());
    };
    object.is_known()?;
    let pod: Pod = object.decoded()?;
    let spec = pod.spec.unwrap_or_default();
    restricted::is_restricted(&spec)?;
    let used = secrets(&spec);
    let connection = Names::new("config", "cg").connection();
    ensure(used == [connection.clone()].into(), || {
        format!("Secrets {used:?} are used, {connection} is there")
    })
}

fn secrets(spec: &PodSpec) -> BTreeSet<String> {
    let variables = spec
        .containers
        .iter()
        .flat_map(|one| one.env.iter().flatten());
    let keys = variables.filter_map(|one| one.value_from.as_ref()?.secret_key_ref.as_ref());
    let volumes = spec.volumes.iter().flatten();
    let mounted = volumes.filter_map(|one| one.secret.as_ref()?.secret_name.clone());
    keys.map(|key| key.name.clone()).chain(mounted).collect()
}
