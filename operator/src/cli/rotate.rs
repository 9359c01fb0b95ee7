//! `synod rotate`: asks for another certificate authority of a namespace. The operator does the rest.

use super::Failure;
use super::connection::Connection;
use crate::authority::{Authority, Phase};
use crate::names;
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  synod rotate                     clients are given an hour to follow each of two steps
  synod rotate --overlap 10m       ten minutes; also while a rotation is under way

First the next authority is made known: to all agents, and in every connection Secret. Once all agents
trust it and clients had the time to read their Secret again, certificates are issued anew by it. Once
these are in use, and clients had the time again, the old authority is not trusted any more. What is
waited for is told by `synod status`. Nothing restarts. The same without this command:
  kubectl annotate secret synod-ca --overwrite synod.dev/rotate=\"$(date)\"";

/// Replace the certificate authority of a namespace, without downtime
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// How long clients are given to follow each step [default: what was said last, else 1h]
    #[arg(long, value_name = "TIME", value_parser = overlap)]
    overlap: Option<SignedDuration>,
    #[command(flatten)]
    connection: Connection,
}

fn overlap(text: &str) -> Result<SignedDuration, String> {
    let length: SignedDuration = text
        .parse()
        .map_err(|_| "write a length of time such as 90s, 30m or 1h".to_owned())?;
    if length.is_negative() {
        return Err("it cannot be negative".to_owned());
    }
    Ok(length)
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let client = arguments.connection.client().await?;
    let namespace = client.default_namespace().to_owned();
    let secrets: Api<Secret> = Api::default_namespaced(client);
    let secret = secrets.get_opt(names::AUTHORITY).await?;
    let Some(authority) = secret.as_ref().and_then(Authority::of) else {
        return Err(Failure::new(format!(
            "namespace {namespace} has no certificate authority; the operator makes it with the first object, or choose another namespace with --namespace"
        )));
    };
    let under_way = authority.phase() != Phase::Settled;
    let mut notes = json!({});
    if let Some(length) = arguments.overlap {
        notes[names::OVERLAP] = json!(length.to_string());
    } else if under_way {
        return Err(Failure::new(format!(
            "the authority of namespace {namespace} is being replaced already; see `synod status`"
        )));
    }
    if !under_way {
        notes[names::ROTATE] = json!(jiff::Timestamp::now());
    }
    let patch = json!({ "metadata": { "annotations": notes } });
    secrets
        .patch(
            names::AUTHORITY,
            &PatchParams::default(),
            &Patch::Merge(patch),
        )
        .await?;
    if under_way {
        say!(
            "clients are given another time; the authority of namespace {namespace} is being replaced already"
        );
    } else {
        say!(
            "the authority of namespace {namespace} is to be replaced; `synod status` tells what is waited for"
        );
    }
    Ok(())
}
