//! `synod crds`: the definitions of the kinds, for `kubectl apply`.

use super::Failure;

/// Print the CustomResourceDefinitions: `synod crds | kubectl apply --server-side -f -`
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<(), Failure> {
    let manifests: Vec<String> = synod_crds::manifests()
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    show!("{}", manifests.join("---\n"));
    Ok(())
}
