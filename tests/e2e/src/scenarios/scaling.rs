//! More and fewer members.

use serde_json::json;

use crate::scenarios::{demand, under_load};
use crate::{Failure, Stage};

/// Up and down again, under load.
pub(super) fn scaled(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "scale", |group, workload| {
        for members in [5, 3] {
            group.patch(&json!({ "members": members }))?;
            group.ready()?;
            let pods = group.pods()?.len();
            demand(pods == members, || {
                format!("{pods} pods of {members} members")
            })?;
            workload.endpoints(&group.endpoints()?)?;
        }
        // Whom it removed it removed with their volumes.
        let claims = group.claims()?;
        demand(claims.len() == 3, || format!("claims {claims:?}"))
    })
}
