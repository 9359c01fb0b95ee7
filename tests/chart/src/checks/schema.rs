//! The schema refuses what is misspelt or of the wrong form, in words that say where, and lists every value there is.

use serde_json::Value;

use super::ensure;
use crate::helm::Values;
use crate::{Failure, Tools};

/// What is given, and what must be said about it.
const WRONG: [(&str, &[&str]); 21] = [
    ("replica=3", &["replica", "not allowed"]),
    ("image.tagg=1", &["/image", "tagg", "not allowed"]),
    (
        "metrics.podmonitor.enabled=true",
        &["/metrics", "podmonitor"],
    ),
    (
        "networkPolicy.agents.client=x",
        &["/networkPolicy/agents", "client"],
    ),
    (
        "networkPolicy.agents.groups[0].name=a",
        &["/networkPolicy/agents/groups/0", "namespace"],
    ),
    (
        "networkPolicy.agents.groups[0].kind=Locks",
        &["/networkPolicy/agents/groups/0/kind", "LockService"],
    ),
    ("enabled=maybe", &["/enabled", "boolean"]),
    (
        "networkPolicy.agents.clients=null",
        &["/networkPolicy/agents", "missing", "clients"],
    ),
    (
        "commonLabels.app\\.kubernetes\\.io/name=a",
        &["invalid propertyName", "app.kubernetes.io/name"],
    ),
    ("replicas=two", &["/replicas", "integer"]),
    ("watchNamespaces=team-a", &["/watchNamespaces", "array"]),
    ("watchNamespaces={Team}", &["/watchNamespaces/0"]),
    ("watchNamespaces={a,a}", &["/watchNamespaces", "equal"]),
    (
        "leaderElection.leaseDuration=15",
        &["/leaderElection/leaseDuration", "string"],
    ),
    ("reconcilesMax=0", &["/reconcilesMax"]),
    ("image.digest=sha256:abc", &["/image/digest"]),
    ("log.format=yaml", &["/log/format", "json"]),
    (
        "networkPolicy.apiServer.ports={0}",
        &["/networkPolicy/apiServer/ports/0"],
    ),
    (
        "networkPolicy.apiServer.cidrs=10.0.0.0/24",
        &["/networkPolicy/apiServer/cidrs", "array"],
    ),
    (
        "networkPolicy.metricsFrom[0].pods=prometheus",
        &["/networkPolicy/metricsFrom/0", "pods", "not allowed"],
    ),
    (
        "networkPolicy.agents.clients[0].pods=client",
        &["/networkPolicy/agents/clients/0", "pods", "not allowed"],
    ),
];

/// Values that are wrong together, and what must be said about them.
const TOGETHER: [(&[&str], &str); 3] = [
    (
        &[
            "metrics.serviceMonitor.enabled=true",
            "metrics.service.enabled=false",
        ],
        "set metrics.service.enabled to true",
    ),
    (
        &[
            "metrics.prometheusRule.enabled=true",
            "metrics.prometheusRule.disabled={SynodObjectTakesLon}",
        ],
        "there is no alert SynodObjectTakesLon,",
    ),
    (
        &["serviceAccount.create=false"],
        "serviceAccount.name: name the account",
    ),
];

pub(super) fn refuses_typos(tools: &Tools) -> Result<(), Failure> {
    for (given, said) in WRONG {
        let Err(message) = tools.helm.template(&Values::set(&[given])) else {
            return Err(format!("{given} is taken"));
        };
        for word in said {
            ensure(message.contains(word), || {
                format!("{given}: no word of `{word}` in: {message}")
            })?;
        }
    }
    // What a schema cannot say of two values is said by templates.
    for (given, said) in TOGETHER {
        let message = tools.helm.template(&Values::set(given)).err();
        ensure(
            message
                .as_ref()
                .is_some_and(|message| message.contains(said)),
            || format!("{given:?}: {said} was expected, not {message:?}"),
        )?;
    }
    Ok(())
}

/// A parent chart hands them down; they are no values of this one.
const OF_PARENTS: [&str; 2] = ["global", "enabled"];

/// What a parent chart hands down is taken, and changes nothing.
pub(super) fn takes_what_parents_hand_down(tools: &Tools) -> Result<(), Failure> {
    let alone = tools.helm.template(&Values::default())?;
    let handed = Values::set(&["enabled=true", "global.imageRegistry=r"]);
    let below = tools.helm.template(&handed)?;
    ensure(below.text == alone.text, || {
        "a parent chart's values change what is rendered".to_owned()
    })
}

pub(super) fn lists_every_value(tools: &Tools) -> Result<(), Failure> {
    let values: Value =
        serde_yaml::from_str(&tools.helm.file("values.yaml")?).map_err(|e| e.to_string())?;
    let schema: Value =
        serde_json::from_str(&tools.helm.file("values.schema.json")?).map_err(|e| e.to_string())?;
    compare(&schema, &values, "")
}

/// The fields of `values` and those that `schema` lists are the same, and no others are allowed. What a schema lists no
/// fields of is free.
fn compare(schema: &Value, values: &Value, path: &str) -> Result<(), Failure> {
    let Some(listed) = schema["properties"].as_object() else {
        return Ok(());
    };
    ensure(schema["additionalProperties"] == false, || {
        format!("{path}: further fields are allowed")
    })?;
    let none = serde_json::Map::new();
    let there = values.as_object().unwrap_or(&none);
    for name in there.keys() {
        ensure(listed.contains_key(name), || {
            format!("{path}.{name} is not in the schema")
        })?;
    }
    for (name, schema) in listed {
        if path.is_empty() && OF_PARENTS.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{path}.{name}");
        let value = there
            .get(name)
            .ok_or_else(|| format!("{path} is not in values.yaml"))?;
        compare(schema, value, &path)?;
    }
    Ok(())
}
