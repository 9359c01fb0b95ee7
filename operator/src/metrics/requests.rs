//! Counts the requests to the Kubernetes API, by verb and class of the answer.

use std::sync::Arc;

use http::{Method, Request, StatusCode};
use kube::Client;
use kube::client::Body;

use super::Metrics;

/// A client whose requests are counted; everything else is `client`'s own.
#[must_use]
pub fn counted(client: Client, metrics: Arc<Metrics>) -> Client {
    let namespace = client.default_namespace().to_owned();
    let service = tower::service_fn(move |request: Request<Body>| {
        let (client, metrics) = (client.clone(), metrics.clone());
        async move {
            let verb = verb(request.method(), request.uri());
            let answer = client.send(request).await;
            metrics.requested(
                verb,
                class(answer.as_ref().ok().map(http::Response::status)),
            );
            answer
        }
    });
    Client::new(service, namespace)
}

fn class(status: Option<StatusCode>) -> &'static str {
    match status.map(|status| status.as_u16() / 100) {
        Some(1) => "1xx",
        Some(2) => "2xx",
        Some(3) => "3xx",
        Some(4) => "4xx",
        Some(5) => "5xx",
        _ => "none",
    }
}

/// Kubernetes' own word for what is asked.
fn verb(method: &Method, uri: &http::Uri) -> &'static str {
    let watches = |query: &str| {
        query
            .split('&')
            .any(|part| matches!(part, "watch=true" | "watch=1"))
    };
    match *method {
        Method::GET if uri.query().is_some_and(watches) => "watch",
        Method::GET if names_one(uri.path()) => "get",
        Method::GET => "list",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if names_one(uri.path()) => "delete",
        Method::DELETE => "deletecollection",
        _ => "other",
    }
}

/// Whether a path names one object, and not all of a type.
fn names_one(path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    // The group, if it has one, and the version.
    let before = if parts.next() == Some("apis") { 2 } else { 1 };
    let rest: Vec<_> = parts.skip(before).collect();
    match rest.as_slice() {
        ["namespaces", _, below @ ..] if !below.is_empty() => below.len() > 1,
        of_all => of_all.len() > 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_those_of_kubernetes() {
        for (method, path, expected) in [
            (Method::GET, "/api/v1/pods?&labelSelector=a%3Db", "list"),
            (
                Method::GET,
                "/api/v1/pods?&watch=true&timeoutSeconds=290",
                "watch",
            ),
            (Method::GET, "/api/v1/namespaces/ns/pods", "list"),
            (Method::GET, "/api/v1/namespaces/ns/pods/a", "get"),
            (Method::GET, "/api/v1/namespaces/ns", "get"),
            (Method::GET, "/api/v1/namespaces", "list"),
            (
                Method::GET,
                "/apis/synod.dev/v1alpha1/consensusgroups",
                "list",
            ),
            (
                Method::GET,
                "/apis/coordination.k8s.io/v1/namespaces/ns/leases/a",
                "get",
            ),
            (
                Method::PUT,
                "/apis/synod.dev/v1alpha1/namespaces/ns/consensusgroups/a/status",
                "update",
            ),
            (Method::POST, "/api/v1/namespaces/ns/pods", "create"),
            (Method::PATCH, "/api/v1/namespaces/ns/pods/a", "patch"),
            (Method::DELETE, "/api/v1/namespaces/ns/pods/a", "delete"),
            (
                Method::DELETE,
                "/api/v1/namespaces/ns/pods",
                "deletecollection",
            ),
            (Method::HEAD, "/api/v1/namespaces/ns/pods", "other"),
        ] {
            let uri = path.parse().expect("a path");
            assert_eq!(verb(&method, &uri), expected, "{method} {path}");
        }
        assert_eq!(class(Some(StatusCode::CONFLICT)), "4xx");
        assert_eq!(class(None), "none");
    }
}
