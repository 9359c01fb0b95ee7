//! The operator's pod keeps the restricted pod security standard, field by field, and a read-only root besides.

use k8s_openapi::api::core::v1::{Container, PodSpec};

use super::{Case, ensure};
use crate::{Failure, Tools};

pub(super) fn pods_are(_: &Tools, case: &Case) -> Result<(), Failure> {
    is_restricted(&case.rendered.operator()?)
}

/// Whether a pod may run in a namespace that enforces the standard.
///
/// # Errors
/// What is against it.
pub(super) fn is_restricted(pod: &PodSpec) -> Result<(), Failure> {
    let hosts = [pod.host_network, pod.host_pid, pod.host_ipc];
    ensure(!hosts.contains(&Some(true)), || {
        "the pod uses a namespace of the node".to_owned()
    })?;
    let security = pod.security_context.clone().unwrap_or_default();
    ensure(security.run_as_non_root == Some(true), || {
        "runAsNonRoot is not true".to_owned()
    })?;
    ensure(security.run_as_user.is_none_or(|user| user > 0), || {
        "runAsUser is root".to_owned()
    })?;
    let profile = security.seccomp_profile.map(|profile| profile.type_);
    ensure(profile.as_deref() == Some("RuntimeDefault"), || {
        "seccompProfile is not RuntimeDefault".to_owned()
    })?;
    ensure(security.sysctls.is_none(), || "sysctls are set".to_owned())?;
    for volume in pod.volumes.iter().flatten() {
        let admitted = volume.config_map.is_some()
            || volume.secret.is_some()
            || volume.projected.is_some()
            || volume.empty_dir.is_some()
            || volume.persistent_volume_claim.is_some();
        ensure(admitted, || {
            format!("volume {} is not admitted", volume.name)
        })?;
    }
    let further = pod.init_containers.iter().flatten();
    pod.containers.iter().chain(further).try_for_each(container)
}

fn container(container: &Container) -> Result<(), Failure> {
    let name = &container.name;
    let security = container.security_context.clone().unwrap_or_default();
    ensure(security.allow_privilege_escalation == Some(false), || {
        format!("{name}: allowPrivilegeEscalation is not false")
    })?;
    ensure(security.privileged != Some(true), || {
        format!("{name} is privileged")
    })?;
    let capabilities = security.capabilities.unwrap_or_default();
    let dropped = capabilities.drop.unwrap_or_default();
    ensure(dropped == ["ALL"] && capabilities.add.is_none(), || {
        format!("{name} keeps capabilities")
    })?;
    ensure(security.run_as_non_root != Some(false), || {
        format!("{name} may be root")
    })?;
    let ports = container.ports.iter().flatten();
    ensure(
        ports.into_iter().all(|port| port.host_port.is_none()),
        || format!("{name} takes a port of the node"),
    )
}
