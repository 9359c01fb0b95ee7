//! The chart's versions are the workspace's: the image's tag comes from them. The image is built by the Rust that the
//! workspace asks for, and an operator without the chart takes the same image.

use serde_json::Value;

use synod_operator::settings::Settings;

use super::ensure;
use crate::helm::Values;
use crate::{Failure, Tools, repository};

pub(super) fn agree(tools: &Tools) -> Result<(), Failure> {
    let chart: Value =
        serde_yaml::from_str(&tools.helm.file("Chart.yaml")?).map_err(|e| e.to_string())?;
    for name in ["version", "appVersion"] {
        ensure(chart[name] == env!("CARGO_PKG_VERSION"), || {
            format!(
                "{name} is {}, the workspace's {}",
                chart[name],
                env!("CARGO_PKG_VERSION")
            )
        })?;
    }
    let dockerfile = repository::file("charts/image/Dockerfile")?;
    let builder = format!("ARG BUILDER=rust:{}-", env!("CARGO_PKG_RUST_VERSION"));
    ensure(dockerfile.contains(&builder), || {
        format!("the Dockerfile has no {builder}")
    })?;
    let wanted = format!("--image={}", Settings::default().image);
    let container = tools
        .helm
        .template(&Values::default())?
        .operator()?
        .containers;
    let mut arguments = container.iter().flat_map(|one| one.args.iter().flatten());
    ensure(arguments.any(|word| *word == wanted), || {
        format!("the chart does not say {wanted}")
    })
}
