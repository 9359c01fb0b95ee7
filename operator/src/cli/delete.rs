//! `synod delete`: removes an object, and by its owner references what belongs to it.

use super::Failure;
use super::connection::Connection;
use super::kinds;
use kube::ResourceExt;
use kube::api::{DeleteParams, Preconditions};
use std::time::Duration;

/// How long the command waits for the object to go.
const WAIT_MAX: Duration = Duration::from_secs(120);

const EXAMPLES: &str = "\
Examples:
  synod delete cg/config             its data goes or stays as spec.storage.retention says
  synod delete cg/config --no-wait   return at once";

/// Delete an object
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// KIND/NAME, for example cg/config
    object: String,
    /// Do not wait until it is gone
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let (word, name) = kinds::split(&arguments.object)?;
    let client = arguments.connection.client().await?;
    let kind = kinds::find(&client, word).await?;
    let api = kind.api(&client, Some(client.default_namespace()));
    let found = api.get(name).await?;
    let only = Preconditions {
        uid: found.uid(),
        resource_version: None,
    };
    api.delete(name, &DeleteParams::background().preconditions(only))
        .await?;
    let shown = format!("{}/{name}", kind.shown());
    let until = tokio::time::Instant::now() + WAIT_MAX;
    while !arguments.no_wait {
        match api.get_opt(name).await? {
            Some(left) if left.uid() == found.uid() && tokio::time::Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Some(left) if left.uid() == found.uid() => {
                return Err(Failure::new(format!(
                    "{shown} is being deleted and not gone after {} s; it waits for: {}",
                    WAIT_MAX.as_secs(),
                    left.finalizers().join(", ")
                )));
            }
            _ => break,
        }
    }
    println!("{shown} deleted");
    Ok(())
}
