//! The names of pods and services in the form of /etc/hosts: what the cluster's DNS is elsewhere.

use crate::local::home::{self, Home};
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::ResourceExt;
use std::fmt::Write;
use std::sync::Arc;

/// The content of the hosts file.
pub(super) fn text(pods: &[Arc<Pod>], services: &[Arc<Service>]) -> String {
    let mut lines = vec!["127.0.0.1 localhost".to_owned()];
    for pod in pods {
        let (Some(address), Some(spec)) = (
            pod.status
                .as_ref()
                .and_then(|status| status.pod_ip.as_ref()),
            &pod.spec,
        ) else {
            continue;
        };
        let host = spec.hostname.clone().unwrap_or_else(|| pod.name_any());
        let mut line = address.clone();
        if let Some(domain) = &spec.subdomain {
            names(
                &mut line,
                &format!("{host}.{domain}"),
                &pod.namespace().unwrap_or_default(),
            );
        }
        let _ = write!(line, " {}", pod.name_any());
        lines.push(line);
    }
    for service in services {
        let address = service
            .spec
            .as_ref()
            .and_then(|spec| spec.cluster_ip.as_ref())
            .filter(|ip| !matches!(ip.as_str(), "" | "None"));
        if let Some(address) = address {
            let mut line = address.clone();
            names(
                &mut line,
                &service.name_any(),
                &service.namespace().unwrap_or_default(),
            );
            lines.push(line);
        }
    }
    lines.sort();
    lines.join("\n") + "\n"
}

/// The names that a resolver's search list would find, longest first.
fn names(line: &mut String, name: &str, namespace: &str) {
    for suffix in [".svc.cluster.local", ".svc", ""] {
        let _ = write!(line, " {name}.{namespace}{suffix}");
    }
    let _ = write!(line, " {name}");
}

/// Writes the file if it changed; `written` is what it holds.
pub(super) fn write(
    home: &Home,
    text: String,
    written: &mut String,
) -> Result<(), home::HomeError> {
    if *written != text {
        home::replace(&home.hosts(), text.as_bytes())?;
        *written = text;
    }
    Ok(())
}
