//! Every metric and every label in alerts and dashboard is one that operator or members show.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use synod_operator::kinds::Facts;
use synod_operator::metrics::Metrics;
use synod_operator::names::Key;

use super::ensure;
use crate::exposition::{Series, series};
use crate::helm::Values;
use crate::promql::{Named, named};
use crate::running::Operator;
use crate::{Failure, Tools};

/// What Prometheus, the ServiceMonitor and the PodMonitor put on series.
const OF_TARGETS: [&str; 9] = [
    "job",
    "instance",
    "namespace",
    "pod",
    "container",
    "endpoint",
    "service",
    "group",
    "member",
];

pub(super) fn exist(tools: &Tools) -> Result<(), Failure> {
    let shown = shown(tools)?;
    let expressions = expressions(tools)?;
    ensure(expressions.len() > 40, || "too few expressions".to_owned())?;
    for (place, expression) in &expressions {
        let named = named(expression);
        ensure(!named.metrics.is_empty(), || format!("{place}: no metric"))?;
        every(&shown, &named).map_err(|why| format!("{place}: {why}\n{expression}"))?;
    }
    Ok(())
}

fn every(shown: &Series, named: &Named) -> Result<(), Failure> {
    let mut labels: BTreeSet<&str> = OF_TARGETS.into();
    for (metric, asked) in &named.metrics {
        let found = shown
            .get(metric)
            .ok_or_else(|| format!("nothing shows {metric}"))?;
        let own: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        for label in asked {
            let is_there = own.contains(&label.as_str()) || OF_TARGETS.contains(&label.as_str());
            ensure(is_there, || format!("{metric} has no label {label}"))?;
        }
        labels.extend(own);
    }
    for label in &named.grouping {
        ensure(labels.contains(&label.as_str()), || {
            format!("there is no label {label} to group by")
        })?;
    }
    Ok(())
}

/// All series: those of real members and of a real operator, and what the operator shows when things go wrong.
fn shown(tools: &Tools) -> Result<Series, Failure> {
    let mut all = series(&troubled());
    let mut add = |text: &str| {
        for (name, labels) in series(text) {
            all.entry(name).or_default().extend(labels);
        }
    };
    let local = tools.local()?;
    for pod in local.pods()? {
        add(&local.refusing(&pod)?);
    }
    let pod = tools.helm.template(&Values::default())?.operator()?;
    let arguments = pod.containers.first().and_then(|one| one.args.clone());
    let operator = Operator::start(local, &arguments.unwrap_or_default(), "two")?;
    add(&operator.wait(
        "/metrics",
        &["synod_object_state{", "synod_operator_api_requests_total{"],
    )?);
    operator.stop()?;
    Ok(all)
}

/// What the operator shows of looks that failed, of acts and of events.
fn troubled() -> String {
    let (metrics, kind) = (Metrics::default(), "ConsensusGroup");
    metrics.reconciled(kind, "failed", Duration::from_millis(1));
    metrics.reconcile_failed(kind, "panic");
    metrics.acted("create", "ok");
    metrics.told("dropped");
    let key = Key {
        kind: kind.to_owned(),
        namespace: "a".to_owned(),
        name: "b".to_owned(),
    };
    metrics.object(&key, &Facts::default());
    metrics.text()
}

/// All expressions of alerts and dashboard, with their places.
pub(super) fn expressions(tools: &Tools) -> Result<Vec<(String, String)>, Failure> {
    let mut all = of_dashboard(tools)?;
    let alerts = alerts(tools)?;
    for rule in &alerts {
        let name = rule["alert"].as_str().unwrap_or_default();
        let expression = rule["expr"]
            .as_str()
            .ok_or("an alert without an expression")?;
        all.push((name.to_owned(), expression.to_owned()));
    }
    Ok(all)
}

/// The alerts, one after the other.
pub(super) fn alerts(tools: &Tools) -> Result<Vec<Value>, Failure> {
    let file: Value =
        serde_yaml::from_str(&tools.helm.file("files/alerts.yaml")?).map_err(|e| e.to_string())?;
    let groups = file["groups"].as_array().into_iter().flatten();
    let rules = groups.flat_map(|group| group["rules"].as_array().into_iter().flatten());
    Ok(rules.cloned().collect())
}

/// Those of the dashboard, variables too.
pub(super) fn of_dashboard(tools: &Tools) -> Result<Vec<(String, String)>, Failure> {
    let text = tools.helm.file("files/dashboards/synod.json")?;
    let dashboard: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let mut all = Vec::new();
    for panel in dashboard["panels"].as_array().into_iter().flatten() {
        let title = panel["title"].as_str().unwrap_or_default();
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expression = target["expr"]
                .as_str()
                .ok_or("a target without an expression")?;
            all.push((title.to_owned(), expression.to_owned()));
        }
    }
    for variable in dashboard["templating"]["list"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let Some(query) = variable["definition"].as_str() else {
            continue;
        };
        // label_values(SELECTOR, LABEL): the label is one to group by.
        let inner = query
            .strip_prefix("label_values(")
            .and_then(|rest| rest.strip_suffix(')'));
        let (selector, label) = inner
            .and_then(|inner| inner.rsplit_once(','))
            .ok_or(query)?;
        let name = variable["name"].as_str().unwrap_or_default();
        all.push((
            format!("${name}"),
            format!("count by ({label}) ({selector})"),
        ));
    }
    Ok(all)
}
