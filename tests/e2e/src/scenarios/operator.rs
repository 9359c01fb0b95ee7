//! The operator dies.

use std::time::Duration;

use serde_json::json;

use crate::helm::SYSTEM;
use crate::scenarios::under_load;
use crate::{Failure, Stage};

/// A life of the operator is as long as one of these, in milliseconds, in turn: no two deaths meet the same step.
const LIVES_MS: [u64; 7] = [400, 1900, 700, 3100, 1200, 5300, 2300];

/// Whatever it was about to do, the next one goes on.
pub(super) fn dies(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "operator", |group, workload| {
        let mut lives = LIVES_MS.into_iter().cycle();
        let changes = [
            json!({ "members": 5 }),
            json!({ "image": stage.images.again }),
            json!({ "members": 3 }),
        ];
        for change in changes {
            group.patch(&change)?;
            for life in lives.by_ref().take(LIVES_MS.len()) {
                std::thread::sleep(Duration::from_millis(life));
                for pod in stage.operator_pods()? {
                    let delete = [
                        "delete",
                        "pod",
                        &pod,
                        "--namespace",
                        SYSTEM,
                        "--grace-period=0",
                        "--force",
                        "--wait=false",
                    ];
                    stage.cluster.ask(delete)?;
                }
            }
            stage.operator_is_ready()?;
            group.ready()?;
            workload.endpoints(&group.endpoints()?)?;
        }
        Ok(())
    })
}
