//! The operator dies.

use std::time::Duration;

use fastrand::Rng;
use serde_json::json;

use crate::scenarios::under_load;
use crate::{Failure, Stage};

/// How often it dies while a change is carried out.
const DEATHS: usize = 7;
/// A life of the operator is as long, in milliseconds: deaths meet it at different steps.
const LIFE_MS: std::ops::Range<u64> = 300..5500;

/// Whatever it was about to do, the next one goes on.
pub(super) fn dies(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "operator", |group, workload| {
        let mut rng = Rng::with_seed(stage.seed);
        let changes = [
            json!({ "members": 5 }),
            json!({ "image": stage.images.again }),
            json!({ "members": 3 }),
        ];
        for change in changes {
            group.patch(&change)?;
            for _ in 0..DEATHS {
                std::thread::sleep(Duration::from_millis(rng.u64(LIFE_MS)));
                stage.kill_operator()?;
            }
            stage.operator_is_ready()?;
            group.ready()?;
            workload.endpoints(&group.endpoints()?)?;
        }
        Ok(())
    })
}
