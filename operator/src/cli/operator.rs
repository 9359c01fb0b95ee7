//! `synod operator`: the operator in a cluster.

use super::Failure;
use super::connection::Connection;
use crate::settings::Settings;
use std::net::SocketAddr;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Run the operator (in a cluster; `synod local` runs it for you)
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Watch only these namespaces; may be given more than once [default: all]
    #[arg(
        long,
        value_name = "NAMESPACE",
        env = "SYNOD_NAMESPACES",
        value_delimiter = ','
    )]
    watch: Vec<String>,
    /// The agent's image for objects that name none
    #[arg(long, env = "SYNOD_AGENT_IMAGE")]
    image: Option<String>,
    /// Where health and metrics are served
    #[arg(long, default_value = "0.0.0.0:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .init();
    let client = arguments.connection.client().await?;
    let defaults = Settings::default();
    let settings = Settings {
        namespaces: arguments.watch,
        image: arguments.image.unwrap_or(defaults.image.clone()),
        listen: Some(arguments.listen),
        ..defaults
    };
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        super::local::asked_to_stop().await;
        stop.cancel();
    });
    crate::operator::run(client, settings, None, shutdown)
        .await
        .map_err(|error| Failure::new(error.to_string()))
}
