//! Claims: bound to directories at once, kept while a pod mounts them.

use super::volumes;
use super::worker::Shared;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;
use std::sync::Arc;

/// Does what is due for one claim.
pub(super) async fn follow(shared: &Shared, claim: &PersistentVolumeClaim, pods: &[Arc<Pod>]) {
    let phase = claim
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    let outcome = if claim.metadata.deletion_timestamp.is_some() {
        let_go(shared, claim, pods).await
    } else if phase != Some("Bound") || capacity(claim) != requested(claim) {
        bind(shared, claim).await
    } else {
        Ok(())
    };
    if let Err(error) = outcome {
        tracing::warn!(claim = claim.name_any(), %error, "the claim is not handled yet");
    }
}

/// Binds a claim to its directory.
async fn bind(
    shared: &Shared,
    claim: &PersistentVolumeClaim,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let directory = volumes::claim_directory(&shared.home.volumes(), claim);
    std::fs::create_dir_all(&directory)?;
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(
        shared.client.clone(),
        &claim.namespace().unwrap_or_default(),
    );
    let volume = format!("pvc-{}", claim.uid().unwrap_or_default());
    if claim
        .spec
        .as_ref()
        .is_some_and(|spec| spec.volume_name.is_none())
    {
        let patch = json!({"metadata": {"uid": claim.uid()}, "spec": {"volumeName": volume}});
        claims
            .patch(
                &claim.name_any(),
                &PatchParams::default(),
                &Patch::Merge(patch),
            )
            .await?;
    }
    let modes = claim
        .spec
        .as_ref()
        .and_then(|spec| spec.access_modes.clone());
    // A directory has no size: what is asked for is there at once, growth too.
    let status =
        json!({"phase": "Bound", "accessModes": modes, "capacity": {"storage": requested(claim)}});
    let patch = json!({"metadata": {"uid": claim.uid()}, "status": status});
    claims
        .patch_status(
            &claim.name_any(),
            &PatchParams::default(),
            &Patch::Merge(patch),
        )
        .await?;
    Ok(())
}

/// Takes the finalizer off a claim that is being deleted, once no pod mounts it.
async fn let_go(
    shared: &Shared,
    claim: &PersistentVolumeClaim,
    pods: &[Arc<Pod>],
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    const PROTECTION: &str = "kubernetes.io/pvc-protection";
    let mounts = |pod: &Arc<Pod>| {
        let volumes = pod
            .spec
            .iter()
            .flat_map(|spec| spec.volumes.iter().flatten());
        let mut claims = volumes.filter_map(|volume| volume.persistent_volume_claim.as_ref());
        pod.namespace() == claim.namespace()
            && claims.any(|mount| mount.claim_name == claim.name_any())
    };
    if pods.iter().any(mounts)
        || !claim
            .finalizers()
            .iter()
            .any(|finalizer| finalizer == PROTECTION)
    {
        return Ok(());
    }
    let rest: Vec<_> = claim
        .finalizers()
        .iter()
        .filter(|finalizer| *finalizer != PROTECTION)
        .collect();
    let patch = json!({"metadata": {"uid": claim.uid(), "finalizers": rest}});
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(
        shared.client.clone(),
        &claim.namespace().unwrap_or_default(),
    );
    claims
        .patch(
            &claim.name_any(),
            &PatchParams::default(),
            &Patch::Merge(patch),
        )
        .await?;
    Ok(())
}

fn requested(claim: &PersistentVolumeClaim) -> Option<&str> {
    let requests = claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?;
    requests.get("storage").map(|quantity| quantity.0.as_str())
}

fn capacity(claim: &PersistentVolumeClaim) -> Option<&str> {
    let capacity = claim.status.as_ref()?.capacity.as_ref()?;
    capacity.get("storage").map(|quantity| quantity.0.as_str())
}
