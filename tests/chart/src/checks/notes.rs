//! What the notes say can be done: their objects are ones that the API takes and that use what the operator makes.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Pod, PodSpec};
use synod_agent_api::ports::CLIENT;
use synod_operator::names::Names;

use super::{ensure, restricted};
use crate::helm::Values;
use crate::rendered::Rendered;
use crate::{Failure, Tools, repository};

pub(super) fn can_be_followed(tools: &Tools) -> Result<(), Failure> {
    for (set, namespace) in [
        ("replicas=2", "default"),
        ("watchNamespaces={team-a}", "team-a"),
    ] {
        let notes = tools.helm.notes(&Values::set(&[set]))?;
        let [group, pod] = manifests(&notes)[..] else {
            return Err(format!("a group and a pod were expected in:\n{notes}"));
        };
        let objects =
            synod_crds::parse(group, "the notes").map_err(|errors| format!("{errors:?}"))?;
        ensure(objects.len() == 1, || "one group was expected".to_owned())?;
        let name = name(group)?;
        // README's group, which may be there already, is another one.
        ensure(name != quickstart()?, || format!("{name} is there already"))?;
        client(pod, &name)?;
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

/// What README does in a cluster names what there is: files, the image's version, the group and what is made for it.
pub(super) fn readme_can_be_followed(_: &Tools) -> Result<(), Failure> {
    let readme = repository::file("README.md")?;
    let section = readme.split("## In a cluster\n").nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let commands = section.split("```").skip(1).step_by(2);
    let commands: Vec<_> = commands.flat_map(str::lines).collect();
    ensure(commands.len() > 12, || format!("only {commands:?}"))?;
    let names = Names::new(&quickstart()?, "cg");
    let group = format!("cg/{}", quickstart()?);
    let version = env!("CARGO_PKG_VERSION");
    for word in commands.iter().flat_map(|line| line.split(' ')) {
        let is_path = ["charts/", "crds/"].iter().any(|top| word.starts_with(top));
        ensure(!is_path || repository::root().join(word).exists(), || {
            format!("there is no file {word}")
        })?;
        for (begins, is) in [
            ("synod.dev/synod:", format!("synod.dev/synod:{version}")),
            ("cg/", group.clone()),
            ("config-", names.pod(1)),
            ("http://", format!("http://{}:{CLIENT}", names.base())),
        ] {
            ensure(!word.starts_with(begins) || word == is, || {
                format!("{word} is not {is}")
            })?;
        }
    }
    Ok(())
}

/// The name of the group that README begins with.
fn quickstart() -> Result<String, Failure> {
    name(&repository::file("crds/examples/quickstart.yaml")?)
}

fn name(manifest: &str) -> Result<String, Failure> {
    let objects = Rendered::parse(manifest.to_owned())?.objects;
    let name = objects.first().map(|object| object.name().to_owned());
    name.ok_or_else(|| format!("no object: {manifest}"))
}

/// What stands between the marks of here-documents.
fn manifests(notes: &str) -> Vec<&str> {
    let parts = notes.split("<<EOF\n").skip(1);
    parts
        .filter_map(|part| part.split_once("\nEOF").map(|(text, _)| text))
        .collect()
}

/// A pod that reaches the group by what its connection Secret holds.
fn client(text: &str, group: &str) -> Result<(), Failure> {
    let objects = Rendered::parse(text.to_owned())?.objects;
    let [object] = objects.as_slice() else {
        return Err("one pod was expected".to_owned());
    };
    object.is_known()?;
    let pod: Pod = object.decoded()?;
    let spec = pod.spec.unwrap_or_default();
    restricted::is_restricted(&spec)?;
    let used = secrets(&spec);
    let connection = Names::new(group, "cg").connection();
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
