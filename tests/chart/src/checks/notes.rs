//! What the notes and README say can be done: their objects are ones that the API takes, and their commands name what the
//! operator makes.

use synod_agent_api::ports::CLIENT;
use synod_operator::names::Names;

use super::ensure;
use crate::helm::Values;
use crate::rendered::Rendered;
use crate::{Failure, HOME, Tools, repository};

/// The first put is in README within so many lines to copy.
const LINES_TO_PUT_MAX: usize = 10;

pub(super) fn can_be_followed(tools: &Tools) -> Result<(), Failure> {
    for (set, namespace) in [
        ("replicas=2", "default"),
        ("watchNamespaces={team-a}", "team-a"),
    ] {
        let notes = tools.helm.notes(&Values::set(&[set]))?;
        let [group] = manifests(&notes)[..] else {
            return Err(format!("a group was expected in:\n{notes}"));
        };
        synod_crds::parse(group, "the notes").map_err(|errors| format!("{errors:?}"))?;
        let name = plain(group)?;
        // README's group, which may be there already, is another one.
        ensure(name != quickstart()?, || format!("{name} is there already"))?;
        let connection = Names::new(&name, "cg").connection();
        ensure(notes.contains(&format!("Secret {connection}.")), || {
            format!("{connection} is not named in:\n{notes}")
        })?;
        let commands = notes.lines().filter(|line| line.starts_with("kubectl"));
        let commands: Vec<_> = commands.collect();
        ensure(commands.len() >= 6, || "too few commands".to_owned())?;
        for line in &commands {
            ensure(line.contains(&format!(" -n {namespace} ")), || {
                format!("not in namespace {namespace}: {line}")
            })?;
        }
        name_what_there_is(&commands, &name)?;
        let warns = notes.contains("cluster-admin");
        ensure(warns == (namespace == "default"), || {
            format!("{set}: the warning of the operator's rights is there: {warns}")
        })?;
    }
    Ok(())
}

/// What README does in a cluster names what there is: files, the image's version, the group and what is made for it.
pub(super) fn readme_can_be_followed(_: &Tools) -> Result<(), Failure> {
    let readme = repository::file("README.md")?;
    let section = readme.split("## In a cluster\n").nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let commands = section.split("```").skip(1).step_by(2);
    let commands = commands.flat_map(|block| block.lines().skip(1));
    let commands: Vec<_> = commands.collect();
    ensure(commands.len() > 12, || format!("only {commands:?}"))?;
    name_what_there_is(&commands, &quickstart()?)?;
    let version = env!("CARGO_PKG_VERSION");
    for word in commands.iter().flat_map(|line| line.split(' ')) {
        let is_path = ["charts/", "crds/"].iter().any(|top| word.starts_with(top));
        ensure(!is_path || repository::root().join(word).exists(), || {
            format!("there is no file {word}")
        })?;
        let is_image = word.starts_with("synod.dev/synod:");
        ensure(
            !is_image || word == format!("synod.dev/synod:{version}"),
            || format!("{word} is not of version {version}"),
        )?;
    }
    come_to_a_put(&commands)
}

/// Few lines lead to a first put, in a cluster that enforces pod security on the operator before it is installed.
fn come_to_a_put(commands: &[&str]) -> Result<(), Failure> {
    let at = |begins: &str| commands.iter().position(|line| line.starts_with(begins));
    let put = commands.iter().position(|line| line.contains(" put "));
    ensure(put.is_some_and(|put| put < LINES_TO_PUT_MAX), || {
        format!("the first put is line {put:?} of {commands:?}")
    })?;
    let label =
        format!("kubectl label namespace {HOME} pod-security.kubernetes.io/enforce=restricted");
    ensure(at(&label).is_some() && at(&label) < at("helm "), || {
        format!("{label} does not come before the installation")
    })
}

/// Commands name a group, its members' pods, and where it is reached, as it is called.
fn name_what_there_is(commands: &[&str], group: &str) -> Result<(), Failure> {
    let names = Names::new(group, "cg");
    for word in commands.iter().flat_map(|line| line.split(' ')) {
        for (begins, is) in [
            ("cg/", format!("cg/{group}")),
            (&format!("{group}-"), names.pod(1)),
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
    plain(&repository::file("crds/examples/quickstart.yaml")?)
}

/// The name of a group without TLS, as `synod kv --endpoints` needs it.
fn plain(manifest: &str) -> Result<String, Failure> {
    let objects = Rendered::parse(manifest.to_owned())?.objects;
    let [object] = objects.as_slice() else {
        return Err(format!("one object was expected: {manifest}"));
    };
    let mode = &object.0["spec"]["tls"]["mode"];
    ensure(mode == "Disabled", || format!("tls.mode is {mode}"))?;
    Ok(object.name().to_owned())
}

/// What stands between the marks of here-documents.
fn manifests(notes: &str) -> Vec<&str> {
    let parts = notes.split("<<EOF\n").skip(1);
    parts
        .filter_map(|part| part.split_once("\nEOF").map(|(text, _)| text))
        .collect()
}
