//! Classes of requests: what is asked of which resource, with which parameters and preconditions, without names and
//! values that only say which object is meant. What is read alike, whatever the resource, is one class.
//!
//! The classes that the operator and kubectl send were recorded from a kube-apiserver's audit log into
//! `script/classes.yaml`; the script must play each of them. An audit log does not tell media types, so a class does not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::Failure;
use crate::audit::Asked;

/// Parameters whose value makes another request of it.
const VALUED: [&str; 6] = [
    "dryRun",
    "fieldValidation",
    "force",
    "resourceVersionMatch",
    "sendInitialEvents",
    "watch",
];
/// Parameters that say how long, not what.
const IGNORED: [&str; 2] = ["timeout", "timeoutSeconds"];
/// The file's name in the script's folder.
const FILE: &str = "classes.yaml";

/// The class of a request.
#[must_use]
pub fn class(asked: &Asked) -> String {
    let mut parts = vec![asked.verb.clone(), resource(asked)];
    if !asked.object_ref.resource.is_empty() {
        parts.extend(parameters(&asked.uri));
        parts.extend(
            asked
                .request_object
                .iter()
                .flat_map(|body| rests_on(&asked.verb, body)),
        );
    }
    parts.join(" ")
}

/// A resource that is written has rules of its own; reading differs only by who serves it.
fn resource(asked: &Asked) -> String {
    let group = asked.object_ref.api_group.as_str();
    let reads = matches!(asked.verb.as_str(), "get" | "list" | "watch");
    let custom = group.contains('.') && !group.ends_with(".k8s.io");
    let place = if asked.object_ref.namespace.is_empty() && asked.verb != "get" {
        " everywhere"
    } else {
        ""
    };
    match (asked.object_ref.resource.as_str(), reads) {
        ("", _) => asked.resource(),
        (_, true) if !asked.object_ref.subresource.is_empty() => asked.resource(),
        (_, true) if custom => format!("custom{place}"),
        (_, true) => format!("built-in{place}"),
        (_, false) if group.is_empty() => asked.resource(),
        (_, false) => format!("{}.{group}", asked.resource()),
    }
}

fn parameters(uri: &str) -> BTreeSet<String> {
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut found = BTreeSet::new();
    for pair in pairs {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if IGNORED.contains(&name) {
            continue;
        }
        found.insert(match name {
            _ if VALUED.contains(&name) => format!("{name}={value}"),
            "resourceVersion" if matches!(value, "" | "0") => format!("{name}={value}"),
            "labelSelector" | "fieldSelector" => format!("{name}:{}", selection(value)),
            _ => name.to_owned(),
        });
    }
    found
}

/// The form of a selector: that something exists, is equal to something, or is in a set.
fn selection(value: &str) -> &'static str {
    let value = value
        .replace("%3D", "=")
        .replace("%21", "!")
        .replace("+in+", " in ");
    match value {
        _ if value.contains(" in ") => "in",
        _ if value.contains("!=") => "unequal",
        _ if value.contains('=') => "equal",
        _ => "exists",
    }
}

/// What of a body makes the request be refused if things are not as its author thinks, and how it deletes.
fn rests_on(verb: &str, body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut note = |pointer: &str, valued: bool| {
        let Some(value) = body.pointer(pointer).filter(|value| !value.is_null()) else {
            return;
        };
        let name = pointer.trim_start_matches('/').replace('/', ".");
        found.push(match value.as_str() {
            Some(text) if valued => format!("{name}={text}"),
            _ if valued => format!("{name}={value}"),
            _ => name,
        });
    };
    match verb {
        "delete" | "deletecollection" => {
            note("/preconditions/uid", false);
            note("/preconditions/resourceVersion", false);
            note("/propagationPolicy", true);
            note("/gracePeriodSeconds", true);
        }
        "patch" | "update" => {
            note("/metadata/uid", false);
            note("/metadata/resourceVersion", false);
        }
        "create" => note("/metadata/generateName", false),
        _ => {}
    }
    found
}

/// Who sends which classes, as recorded.
pub type Recorded = BTreeMap<String, BTreeSet<String>>;

/// Reads the recorded classes from the script's folder.
///
/// # Errors
/// When they cannot be read.
pub fn read(folder: &Path) -> Result<Recorded, Failure> {
    let path = folder.join(FILE);
    let cannot = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(&path).map_err(|e| cannot(&e))?;
    serde_yaml::from_str(&text).map_err(|e| cannot(&e))
}

/// Adds the classes that `who` asked to the recorded ones.
///
/// # Errors
/// When they cannot be read or written.
pub fn record(folder: &Path, who: &str, asked: &[Asked]) -> Result<usize, Failure> {
    let path = folder.join(FILE);
    let mut recorded = if path.is_file() {
        read(folder)?
    } else {
        Recorded::new()
    };
    let classes = recorded.entry(who.to_owned()).or_default();
    let before = classes.len();
    classes.extend(asked.iter().map(class));
    let added = classes.len() - before;
    let head = "# The classes of requests that the operator and kubectl send, recorded from a kube-apiserver's audit log by\n# `cargo xtask bench operator -- --record` and `cargo xtask apiserver -- --record`; each must be played by the script.\n";
    let text = serde_yaml::to_string(&recorded).map_err(|e| e.to_string())?;
    std::fs::write(&path, format!("{head}{text}"))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    Ok(added)
}

/// The recorded classes that were not played, with who sends them.
#[must_use]
pub fn missing(recorded: &Recorded, played: &[Asked]) -> Vec<(String, String)> {
    let played: BTreeSet<String> = played.iter().map(class).collect();
    let all = recorded
        .iter()
        .flat_map(|(who, classes)| classes.iter().map(move |class| (who, class)));
    all.filter(|(_, class)| !played.contains(*class))
        .map(|(who, class)| (who.clone(), class.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(verb: &str, uri: &str, object: Value, body: Value) -> Asked {
        let event = json!({"stage": "ResponseComplete", "verb": verb, "requestURI": uri, "user": {}, "objectRef": object, "requestObject": body});
        serde_json::from_value(event).expect("an event")
    }

    #[test]
    fn a_class_names_what_and_how_but_not_which() {
        let cases = [
            (
                asked(
                    "watch",
                    "/api/v1/pods?watch=true&timeoutSeconds=290&allowWatchBookmarks=true&labelSelector=synod.dev%2Fkind&resourceVersion=12",
                    json!({"resource": "pods"}),
                    Value::Null,
                ),
                "watch built-in everywhere allowWatchBookmarks labelSelector:exists resourceVersion watch=true",
            ),
            (
                asked(
                    "delete",
                    "/api/v1/namespaces/a/pods/b?",
                    json!({"resource": "pods", "name": "b"}),
                    json!({"preconditions": {"uid": "1"}, "propagationPolicy": "Background", "gracePeriodSeconds": 0}),
                ),
                "delete pods preconditions.uid propagationPolicy=Background gracePeriodSeconds=0",
            ),
            (
                asked(
                    "patch",
                    "/apis/synod.dev/v1alpha1/namespaces/a/consensusgroups/b/status?fieldManager=x&force=true",
                    json!({"resource": "consensusgroups", "subresource": "status", "apiGroup": "synod.dev"}),
                    json!({"metadata": {"uid": "1"}}),
                ),
                "patch consensusgroups/status.synod.dev fieldManager force=true metadata.uid",
            ),
            (
                asked("get", "/openapi/v3?x", json!({}), Value::Null),
                "get /openapi/v3",
            ),
            (
                asked(
                    "list",
                    "/apis/synod.dev/v1alpha1/namespaces/a/consensusgroups?limit=500",
                    json!({"resource": "consensusgroups", "apiGroup": "synod.dev", "namespace": "a"}),
                    Value::Null,
                ),
                "list custom limit",
            ),
        ];
        for (asked, expected) in cases {
            assert_eq!(class(&asked), expected);
        }
    }

    #[test]
    fn what_is_not_played_is_missed() {
        let get = asked(
            "get",
            "/api/v1/pods/a",
            json!({"resource": "pods"}),
            Value::Null,
        );
        let recorded: Recorded = [(
            "kubectl".to_owned(),
            ["get built-in".to_owned(), "list built-in limit".to_owned()].into(),
        )]
        .into();
        let missing = missing(&recorded, &[get]);
        assert_eq!(
            missing,
            [("kubectl".to_owned(), "list built-in limit".to_owned())]
        );
    }
}
