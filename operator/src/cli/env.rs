//! `synod env`: what a client has to know, as lines for a shell.

use super::Failure;
use super::connection::Connection;
use super::endpoints::{self, Certificates};
use crate::kinds::profiles;
use crate::local::home::{Home, replace};
use kube::ResourceExt;
use kube::api::DynamicObject;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  eval \"$(synod env cg/config)\"     then: etcdctl put hello world
  eval \"$(synod env ls/locks)\"      then: zkCli.sh -server \"$ZOOKEEPER_CONNECT\"
  eval \"$(synod env cc/cache)\"      then: redis-cli -u \"$REDIS_URL\" set hello world
  synod env                         of the only object there is";

/// Print what a client has to know about an object, for the shell to evaluate
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// KIND/NAME [default: the only one there is]
    object: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let client = arguments.connection.client().await?;
    let group = endpoints::object(&client, arguments.object.as_deref(), &profiles()).await?;
    let access = endpoints::access(&client, &group).await?;
    if access.inside_only {
        eprintln!(
            "# these endpoints are reached from inside of the cluster only; use `kubectl port-forward` from outside"
        );
    }
    let Some(profile) = endpoints::profile(&group) else {
        return Err(Failure::new(
            "the API did not say of which kind the object is",
        ));
    };
    let variables = &profile.variables;
    say!(
        "export {}={}",
        variables.endpoints,
        access.endpoints.join(",")
    );
    if let Some((variable, password)) = variables.password.zip(access.password.as_ref()) {
        say!("export {variable}={}", in_quotes(&password.0));
    }
    let files = [
        (variables.authority, "ca.crt"),
        (variables.certificate, "tls.crt"),
        (variables.key, "tls.key"),
    ];
    match &access.tls {
        Some(certificates) => {
            let directory = keep(&arguments.connection, &group, certificates)?;
            for (variable, file) in files {
                say!("export {variable}={}", quoted(&directory.join(file)));
            }
        }
        None => say!("unset {}", files.map(|(variable, _)| variable).join(" ")),
    }
    Ok(())
}

/// Writes the certificates where only their owner can read them.
fn keep(
    connection: &Connection,
    group: &DynamicObject,
    certificates: &Certificates,
) -> Result<PathBuf, Failure> {
    let named = connection
        .data
        .clone()
        .and_then(|data| Home::existing(&data).ok());
    let base = named.map_or_else(
        || Home::default_path().with_file_name("clients"),
        |home| home.path().join("clients"),
    );
    let directory = base.join(format!(
        "{}_{}_{}",
        group.namespace().unwrap_or_default(),
        group.name_any(),
        group.uid().unwrap_or_default()
    ));
    std::fs::create_dir_all(&directory)
        .map_err(|error| Failure::new(format!("{}: {error}", directory.display())))?;
    for (file, text) in [
        ("ca.crt", &certificates.authority),
        ("tls.crt", &certificates.certificate),
        ("tls.key", &certificates.key),
    ] {
        replace(&directory.join(file), text.as_bytes())?;
    }
    Ok(directory)
}

fn quoted(path: &std::path::Path) -> String {
    in_quotes(&path.display().to_string())
}

/// As a shell takes it for one word, whatever is in it.
fn in_quotes(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
