//! The operator, started as its pods would be, answers the probes, holds the lease that is named, and stops in time.

use std::time::Duration;

use k8s_openapi::api::core::v1::Probe;
use synod_operator::metrics::REASONS;

use super::ensure;
use crate::helm::Values;
use crate::running::{NAMESPACE, Operator};
use crate::{Failure, Tools};

pub(super) fn as_deployed(tools: &Tools) -> Result<(), Failure> {
    let pod = tools.helm.template(&Values::default())?.operator()?;
    let container = pod.containers.first().ok_or("no container")?;
    let arguments = container.args.clone().unwrap_or_default();
    let local = tools.local()?;
    let operator = Operator::start(local, &arguments, "one")?;
    for probe in [&container.readiness_probe, &container.liveness_probe] {
        operator.wait(&path(probe.as_ref())?, &[])?;
    }
    let metrics = operator.wait("/metrics", &["synod_operator_leader 1"])?;
    // An alert on an increase sees none in a series that begins with the first failure.
    for kind in synod_crds::definitions() {
        for reason in REASONS {
            let kind = &kind.spec.names.kind;
            let series = format!("errors_total{{kind=\"{kind}\",reason=\"{reason}\"}} 0\n");
            ensure(metrics.contains(&series), || {
                format!("no {series} in {metrics}")
            })?;
        }
    }
    let lease = arguments
        .iter()
        .find_map(|word| word.strip_prefix("--lease-name="));
    let held = local.get(&["leases", lease.unwrap_or_default(), "-n", NAMESPACE])?;
    ensure(held.contains("holderIdentity: one"), || {
        format!("the lease is not held by the pod's name: {held}")
    })?;
    let (status, time) = operator.stop()?;
    ensure(status.success(), || format!("it ended with {status}"))?;
    let grace = u64::try_from(pod.termination_grace_period_seconds.unwrap_or(0));
    let grace = Duration::from_secs(grace.unwrap_or(0));
    ensure(time < grace, || {
        format!("it took {time:?} to end, {grace:?} are granted")
    })
}

fn path(probe: Option<&Probe>) -> Result<String, Failure> {
    let get = probe.and_then(|probe| probe.http_get.as_ref());
    get.and_then(|get| get.path.clone())
        .ok_or_else(|| "a probe without a path".to_owned())
}
