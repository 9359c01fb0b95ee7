//! Pods put on the node, and addresses written to pods and Services.

use super::NODE;
use super::worker::Shared;
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// Why a write was not made.
pub(super) type PlacementError = Box<dyn std::error::Error + Send + Sync>;

/// Puts a pod on the node and gives it its address. Returns the pod's uid with the outcome.
pub(super) async fn of_pod(
    shared: Arc<Shared>,
    pod: Arc<Pod>,
    address: Ipv4Addr,
) -> (String, Result<(), PlacementError>) {
    (
        pod.uid().unwrap_or_default(),
        place(&shared, &pod, address).await,
    )
}

async fn place(shared: &Shared, pod: &Pod, address: Ipv4Addr) -> Result<(), PlacementError> {
    let (namespace, name) = (pod.namespace().unwrap_or_default(), pod.name_any());
    if pod
        .spec
        .as_ref()
        .is_none_or(|spec| spec.node_name.is_none())
    {
        let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": {"kind": "Node", "name": NODE}});
        let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/binding");
        let request = http::Request::post(path).body(serde_json::to_vec(&binding)?)?;
        shared.client.request::<serde_json::Value>(request).await?;
    }
    let now = jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let address = address.to_string();
    let status = json!({"phase": "Pending", "podIP": address, "podIPs": [{"ip": address}], "hostIP": "127.0.0.1", "startTime": now});
    let patch = json!({"metadata": {"uid": pod.uid()}, "status": status});
    let pods: Api<Pod> = Api::namespaced(shared.client.clone(), &namespace);
    pods.patch_status(&name, &PatchParams::default(), &Patch::Merge(patch))
        .await?;
    Ok(())
}

/// The ports of a Service that has to be given an address; none if it has one or wants none.
pub(super) fn wanted_ports(service: &Service) -> Option<Vec<u16>> {
    let spec = service.spec.as_ref()?;
    let given = spec.cluster_ip.as_deref().is_some_and(|ip| !ip.is_empty());
    if given
        || spec.type_.as_deref() == Some("ExternalName")
        || service.metadata.deletion_timestamp.is_some()
    {
        return None;
    }
    Some(
        spec.ports
            .iter()
            .flatten()
            .filter_map(|port| u16::try_from(port.port).ok())
            .collect(),
    )
}

/// Gives a Service its address. Returns the Service's uid with the outcome.
pub(super) async fn of_service(
    shared: Arc<Shared>,
    service: Arc<Service>,
    address: Ipv4Addr,
) -> (String, Result<(), PlacementError>) {
    let uid = service.uid().unwrap_or_default();
    let patch = json!({"metadata": {"uid": uid}, "spec": {"clusterIP": address.to_string(), "clusterIPs": [address.to_string()]}});
    let services: Api<Service> = Api::namespaced(
        shared.client.clone(),
        &service.namespace().unwrap_or_default(),
    );
    let patched = services
        .patch(
            &service.name_any(),
            &PatchParams::default(),
            &Patch::Merge(patch),
        )
        .await;
    (uid, patched.map(drop).map_err(Into::into))
}
