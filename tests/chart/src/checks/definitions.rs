//! The definitions and the policy are the repository's, byte by byte, but for the annotation that keeps them.

use super::ensure;
use crate::helm::Values;
use crate::{Failure, Tools, repository};

const KEEP: &str = "  annotations:\n    helm.sh/resource-policy: keep\n";

pub(super) fn are_the_repositorys(tools: &Tools) -> Result<(), Failure> {
    let text = tools.helm.template(&Values::default())?.text;
    let policy = repository::file("crds/policies/deletion-protection.yaml")?;
    let policies = policy.split("\n---\n").map(str::to_owned);
    let definitions = synod_crds::manifests().into_iter().map(|(_, yaml)| yaml);
    for expected in definitions.chain(policies) {
        let (before, after) = expected
            .split_once("metadata:\n")
            .ok_or("a definition without metadata")?;
        let kept = format!("{before}metadata:\n{KEEP}{}", after.trim_end());
        ensure(text.contains(&format!("\n{kept}\n")), || {
            format!("not rendered as it is in the repository:\n{before}")
        })?;
    }
    Ok(())
}

pub(super) fn can_be_left_away(tools: &Tools) -> Result<(), Failure> {
    let off = Values::set(&["crds.install=false", "deletionProtection.install=false"]);
    let rendered = tools.helm.template(&off)?;
    let left = rendered
        .objects
        .iter()
        .find(|object| object.0["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep");
    ensure(left.is_none(), || {
        format!(
            "{} is there",
            left.map(crate::rendered::Object::shown).unwrap_or_default()
        )
    })
}
