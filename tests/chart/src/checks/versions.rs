//! The chart's versions are the workspace's: the image's tag comes from them.

use serde_json::Value;

use super::ensure;
use crate::{Bed, Failure};

pub(super) fn agree(bed: &Bed) -> Result<(), Failure> {
    let chart: Value =
        serde_yaml::from_str(&bed.helm.file("Chart.yaml")?).map_err(|e| e.to_string())?;
    for name in ["version", "appVersion"] {
        ensure(chart[name] == env!("CARGO_PKG_VERSION"), || {
            format!(
                "{name} is {}, the workspace's {}",
                chart[name],
                env!("CARGO_PKG_VERSION")
            )
        })?;
    }
    Ok(())
}
