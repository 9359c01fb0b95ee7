//! Volumes that grow.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scenarios::{demand, small, under_load_of};
use crate::{Failure, Stage};

/// In place: no pod is made anew.
pub(super) fn grown(stage: &Stage) -> Result<(), Failure> {
    let classes = stage.cluster.get(["storageclasses"])?;
    let items = classes["items"].as_array().into_iter().flatten();
    let mut grows = items.filter(|class| class["allowVolumeExpansion"] == true);
    let class = grows.next().map(|class| class["metadata"]["name"].clone());
    let class = class.ok_or("no class of growing volumes")?;
    let mut spec = small(3);
    spec["storage"]["className"] = class;
    under_load_of(stage, "grow", &spec, |group, _| {
        let before = group.pod_uids()?;
        group.patch(&json!({ "storage": { "size": "512Mi" } }))?;
        let is_larger = |claim: &Value| claim["status"]["capacity"]["storage"] == "512Mi";
        stage
            .cluster
            .wait("all volumes are larger", Duration::from_secs(240), || {
                let list = group.namespace().get(&["persistentvolumeclaims"])?;
                let items = list["items"].as_array().cloned().unwrap_or_default();
                Ok((items.len() == 3 && items.iter().all(is_larger)).then_some(()))
            })?;
        demand(group.pod_uids()? == before, || "a pod was made anew".into())
    })
}
