//! `synod env`: what etcdctl has to know, as lines for a shell.

use super::Failure;
use super::connection::Connection;
use super::endpoints::{self, Access, Certificates};
use crate::local::home::{Home, replace};
use kube::ResourceExt;
use kube::api::DynamicObject;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  eval \"$(synod env cg/config)\"     then: etcdctl put hello world
  synod env                         of the only group there is";

/// Print what etcdctl has to know about a group, for the shell to evaluate
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// KIND/NAME [default: the only ConsensusGroup]
    object: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let client = arguments.connection.client().await?;
    let group = endpoints::object(&client, arguments.object.as_deref()).await?;
    let access = endpoints::access(&client, &group).await?;
    if access.inside_only {
        eprintln!(
            "# these endpoints are reached from inside of the cluster only; use `kubectl port-forward` from outside"
        );
    }
    say!("export ETCDCTL_ENDPOINTS={}", access.endpoints.join(","));
    match &access.tls {
        Some(certificates) => {
            let directory = keep(&arguments.connection, &group, certificates)?;
            for (variable, file) in [
                ("ETCDCTL_CACERT", "ca.crt"),
                ("ETCDCTL_CERT", "tls.crt"),
                ("ETCDCTL_KEY", "tls.key"),
            ] {
                say!("export {variable}={}", quoted(&directory.join(file)));
            }
        }
        None => say!("unset ETCDCTL_CACERT ETCDCTL_CERT ETCDCTL_KEY"),
    }
    let Access {
        endpoints: _,
        tls: _,
        inside_only: _,
    } = access;
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
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}
