//! `synod delete`: removes an object, and by its owner references what belongs to it.

use super::Failure;
use super::connection::Connection;
use super::kinds;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, DynamicObject, Preconditions};
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
    /// KIND/NAME, for example cg/config or ls/locks
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
    if found.data["spec"]["deletionProtection"] == true {
        return Err(Failure::new(format!(
            "{}/{name} has spec.deletionProtection: true; set it to false first",
            kind.shown()
        )));
    }
    let only = Preconditions {
        uid: found.uid(),
        resource_version: None,
    };
    api.delete(name, &DeleteParams::background().preconditions(only))
        .await?;
    let shown = format!("{}/{name}", kind.shown());
    if !arguments.no_wait {
        wait(&api, name, &found.uid(), &shown).await?;
    }
    say!("{shown} deleted");
    Ok(())
}

/// Waits until the object of this uid is gone.
async fn wait(
    api: &Api<DynamicObject>,
    name: &str,
    uid: &Option<String>,
    shown: &str,
) -> Result<(), Failure> {
    let until = tokio::time::Instant::now() + WAIT_MAX;
    loop {
        let Some(left) = api.get_opt(name).await?.filter(|left| left.uid() == *uid) else {
            return Ok(());
        };
        if tokio::time::Instant::now() > until {
            return Err(Failure::new(format!(
                "{shown} is being deleted and not gone after {} s; it waits for: {}",
                WAIT_MAX.as_secs(),
                left.finalizers().join(", ")
            )));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
