//! `synod version`.

/// Print the version
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) {
    say!(
        "synod {} (API {})",
        env!("CARGO_PKG_VERSION"),
        synod_crds::API_VERSION
    );
}
