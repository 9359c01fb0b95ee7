//! Certificates that are replaced, and Secrets that somebody deleted.

use std::time::Duration;

use crate::scenarios::{demand, under_load};
use crate::{Failure, Stage};

/// A rotation waits for kubelets, which write new Secrets into volumes within a minute or two.
const ROTATION_MAX: Duration = Duration::from_secs(420);

/// Another authority, without a pause; then all certificates are made again.
pub(super) fn rotated(stage: &Stage) -> Result<(), Failure> {
    under_load(stage, "certificates", |group, workload| {
        let before = group.pod_uids()?;
        let authority = || -> Result<String, Failure> {
            let secret = group.namespace().get(&["secret", "synod-ca"])?;
            Ok(secret["data"]["ca.crt"]
                .as_str()
                .unwrap_or_default()
                .to_owned())
        };
        let old = authority()?;
        group.rotate()?;
        stage.cluster.wait(
            "another authority signs, and the old one is gone",
            ROTATION_MAX,
            || {
                let secret = group.namespace().get(&["secret", "synod-ca"])?;
                let data = &secret["data"];
                let settled = data["next.crt"].is_null() && data["old.crt"].is_null();
                Ok((settled && authority()? != old).then_some(()))
            },
        )?;
        group.ready()?;
        workload.gap()?;
        group.kubectl(&[
            "delete",
            "secret",
            "config-cg-connection",
            "config-cg-tls-1",
            "config-cg-tls-2",
        ])?;
        stage.cluster.wait(
            "the Secrets are there again",
            Duration::from_secs(60),
            || {
                let names = [
                    "secret",
                    "config-cg-connection",
                    "config-cg-tls-1",
                    "config-cg-tls-2",
                ];
                group.namespace().get(&names).map(Some)
            },
        )?;
        demand(group.pod_uids()? == before, || "a pod was made anew".into())
    })
}
