//! The chart of before, this one, and back.

use crate::scenarios::{demand, under_load};
use crate::{Failure, Stage};

/// No pod is made anew by another operator, and definitions stay.
pub(super) fn and_back(stage: &Stage) -> Result<(), Failure> {
    let before = stage.chart_before.clone().ok_or("no chart of before")?;
    under_load(stage, "upgrade", |group, workload| {
        let pods = group.pod_uids()?;
        stage.install(&before)?;
        stage.install(&stage.chart)?;
        stage.helm(&["rollback", crate::helm::RELEASE, "--wait"])?;
        stage.install(&stage.chart)?;
        stage.operator_is_ready()?;
        group.ready()?;
        workload.gap()?;
        demand(group.pod_uids()? == pods, || "a pod was made anew".into())
    })
}
