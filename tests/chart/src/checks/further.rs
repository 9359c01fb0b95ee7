//! What the values add to the chart's own: labels, variables, relabelings, and what they take away: alerts.

use std::path::Path;

use serde_json::{Value, json};

use super::{ensure, metrics};
use crate::helm::Values;
use crate::{Failure, Tools, repository};

pub(super) fn is_put_in(tools: &Tools) -> Result<(), Failure> {
    let of = |name: &str| Values {
        files: vec![repository::root().join(Path::new("tests/chart/values").join(name))],
        set: Vec::new(),
    };
    let placed = tools.helm.template(&of("placed.yaml"))?;
    for object in &placed.objects {
        let metadata = &object.0["metadata"];
        let kept = metadata["annotations"]["helm.sh/resource-policy"] == "keep";
        let labelled = metadata["labels"]["example.com/team"] == "storage";
        ensure(kept || labelled, || {
            format!("{} has no common label", object.shown())
        })?;
    }
    let pod = placed.operator()?;
    let variables = pod
        .containers
        .iter()
        .flat_map(|one| one.env.iter().flatten());
    let names: Vec<_> = variables.map(|one| one.name.as_str()).collect();
    ensure(
        names == ["POD_NAMESPACE", "POD_NAME", "HTTPS_PROXY"],
        || format!("the variables are {names:?}"),
    )?;

    let monitoring = tools.helm.template(&of("monitoring.yaml"))?;
    for (kind, endpoints) in [
        ("ServiceMonitor", "endpoints"),
        ("PodMonitor", "podMetricsEndpoints"),
    ] {
        let monitor = monitoring.of(kind).next().ok_or(kind)?;
        let endpoint = &monitor.0["spec"][endpoints][0];
        let last = endpoint["relabelings"]
            .as_array()
            .and_then(|all| all.last());
        ensure(
            last == Some(&json!({"action": "labeldrop", "regex": "pod_ip"}))
                && endpoint["scrapeTimeout"] == "10s",
            || format!("{kind}: {endpoint}"),
        )?;
    }
    let rule = monitoring.of("PrometheusRule").next().ok_or("no rule")?;
    let groups = rule.0["spec"]["groups"].as_array().into_iter().flatten();
    let rules = groups.flat_map(|group| group["rules"].as_array().into_iter().flatten());
    let names: Vec<&Value> = rules.map(|rule| &rule["alert"]).collect();
    let all = metrics::alerts(tools)?;
    let left: Vec<&Value> = all
        .iter()
        .map(|rule| &rule["alert"])
        .filter(|name| *name != "SynodObjectTakesLong")
        .collect();
    ensure(names == left && left.len() + 1 == all.len(), || {
        format!("the alerts are {names:?}")
    })
}
