//! `synod apply`: makes objects as a file says.

use super::Failure;
use super::connection::Connection;
use super::kinds::{self, Kind};
use kube::api::{DynamicObject, Patch, PatchParams, ValidationDirective};
use kube::{Client, ResourceExt};
use std::io::Read;
use std::path::{Path, PathBuf};
use synod_crds::Object;

/// The field manager of what people apply.
const MANAGER: &str = "synod";

const EXAMPLES: &str = "\
Examples:
  synod apply -f group.yaml          create, or change to what the file says
  synod apply -f group.yaml --check  only say what is wrong with it
  cat *.yaml | synod apply -f -";

/// Create objects, or change them to what a file says
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A file of one or more objects in YAML; - is standard input; may be given more than once
    #[arg(short, long, value_name = "FILE", required = true)]
    file: Vec<PathBuf>,
    /// Only check the file; talk to no API and change nothing
    #[arg(long)]
    check: bool,
    /// Take over fields that others have set
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let objects = read_all(&arguments.file)?;
    if arguments.check {
        say!(
            "{} objects are as they should be; nothing was applied",
            objects.len()
        );
        return Ok(());
    }
    let client = arguments.connection.client().await?;
    for (object, outcome) in apply(&client, &objects, arguments.force).await? {
        say!("{object} {outcome}");
    }
    Ok(())
}

/// Reads and checks files; nothing is taken from any of them if one is wrong.
pub(crate) fn read_all(files: &[PathBuf]) -> Result<Vec<Object>, Failure> {
    let mut objects = Vec::new();
    let mut wrong = Vec::new();
    for file in files {
        let (name, text) = read(file)?;
        match synod_crds::parse(&text, &name) {
            Ok(parsed) => objects.extend(parsed),
            Err(errors) => wrong.extend(errors.iter().map(ToString::to_string)),
        }
    }
    match wrong.is_empty() {
        true => Ok(objects),
        false => Err(Failure::new(format!(
            "{}\nnothing was changed",
            wrong.join("\n")
        ))),
    }
}

fn read(file: &Path) -> Result<(String, String), Failure> {
    let name = file.display().to_string();
    let bad = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::new(format!(
            "{name} does not exist; give a file of objects in YAML with -f"
        )),
        _ => Failure::new(format!("{name}: {error}")),
    };
    let mut text = String::new();
    let bound = synod_crds::FILE_BYTES_MAX as u64;
    let mut source: Box<dyn Read> = match name.as_str() {
        "-" => Box::new(std::io::stdin()),
        _ => Box::new(std::fs::File::open(file).map_err(bad)?),
    };
    source
        .by_ref()
        .take(bound + 1)
        .read_to_string(&mut text)
        .map_err(bad)?;
    if text.len() as u64 > bound {
        return Err(Failure::new(format!(
            "{name} is longer than {bound} bytes; split it"
        )));
    }
    Ok((name, text))
}

/// Applies objects in order and says what became of each.
pub(crate) async fn apply(
    client: &Client,
    objects: &[Object],
    force: bool,
) -> Result<Vec<(String, &'static str)>, Failure> {
    let mut outcomes = Vec::new();
    for object in objects {
        let kind = kinds::find(client, &object.kind).await?;
        outcomes.push((
            format!("{}/{}", kind.shown(), object.name),
            apply_one(client, &kind, object, force).await?,
        ));
    }
    Ok(outcomes)
}

async fn apply_one(
    client: &Client,
    kind: &Kind,
    object: &Object,
    force: bool,
) -> Result<&'static str, Failure> {
    let namespace = object
        .namespace
        .clone()
        .unwrap_or_else(|| client.default_namespace().to_owned());
    let api = kind.api(client, Some(&namespace));
    let before = api
        .get_opt(&object.name)
        .await?
        .and_then(|object| object.resource_version());
    let mut params = PatchParams {
        field_validation: Some(ValidationDirective::Strict),
        ..PatchParams::apply(MANAGER)
    };
    params.force = force;
    let desired: DynamicObject = serde_json::from_value(object.value.clone())?;
    let applied = api
        .patch(&object.name, &params, &Patch::Apply(&desired))
        .await
        .map_err(|error| match error {
            kube::Error::Api(status)
                if status.code == 409 && status.message.contains("conflict") =>
            {
                Failure::new(format!(
                    "{}/{}: {}; `--force` takes these fields over",
                    kind.shown(),
                    object.name,
                    status.message
                ))
            }
            other => Failure::from(other),
        })?;
    Ok(match before {
        None => "created",
        Some(before) if Some(&before) == applied.resource_version().as_ref() => "unchanged",
        Some(_) => "configured",
    })
}
