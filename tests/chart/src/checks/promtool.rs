//! Prometheus' own tool on alerts and dashboard: all is well-formed, and each alert fires when it should and not before.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{ensure, metrics};
use crate::helm::Values;
use crate::{Failure, HOME, RELEASE, Tools, output, repository};

type Check = fn(&Tools, &Path) -> Result<(), Failure>;

/// Those that need the tool.
pub(super) const ALL: &[(&str, Check)] = &[
    ("alerts/well-formed", alerts_are_well_formed),
    ("alerts/fire", alerts_fire),
    ("dashboard/well-formed", dashboard_is_well_formed),
];

/// The series and the alerts that they cause.
const TESTS: &str = "tests/chart/alerts.yaml";

fn alerts_are_well_formed(tools: &Tools, promtool: &Path) -> Result<(), Failure> {
    let file = tools.helm.chart().join("files/alerts.yaml");
    let mut check = Command::new(promtool);
    output(
        check
            .args(["check", "rules", "--lint=all", "--lint-fatal"])
            .arg(&file),
    )?;
    // What the cluster gets is that file, but that the operator is missed only where it is known how it is scraped.
    let text = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let missed = " or absent(synod_operator_leader)";
    ensure(text.matches(missed).count() == 1, || {
        format!("one `{missed}` was expected")
    })?;
    let job = format!("namespace=\"{HOME}\", job=\"{RELEASE}-operator-metrics\"");
    let here = format!(" or absent(synod_operator_leader{{{job}}})");
    for (scraped, put) in [(true, here.as_str()), (false, "")] {
        let rendered = tools.helm.template(&Values::set(&[
            "metrics.prometheusRule.enabled=true",
            &format!("metrics.serviceMonitor.enabled={scraped}"),
        ]))?;
        let rule = rendered.of("PrometheusRule").next();
        let spec = rule.map(|rule| rule.0["spec"].clone());
        let expected: Value =
            serde_yaml::from_str(&text.replace(missed, put)).map_err(|error| error.to_string())?;
        ensure(spec.as_ref() == Some(&expected), || {
            format!("the PrometheusRule is not files/alerts.yaml with `{put}`")
        })?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let file = folder.path().join("rule.yaml");
        std::fs::write(&file, expected.to_string()).map_err(|error| error.to_string())?;
        output(Command::new(promtool).args(["check", "rules"]).arg(&file))?;
    }
    Ok(())
}

fn alerts_fire(tools: &Tools, promtool: &Path) -> Result<(), Failure> {
    let tests: Value =
        serde_yaml::from_str(&repository::file(TESTS)?).map_err(|e| e.to_string())?;
    let groups = tests["tests"].as_array().into_iter().flatten();
    let cases: Vec<_> = groups
        .flat_map(|group| group["alert_rule_test"].as_array().into_iter().flatten())
        .collect();
    for alert in metrics::alerts(tools)? {
        let fires = |expected: bool| {
            cases.iter().any(|case| {
                let alerts = case["exp_alerts"].as_array();
                case["alertname"] == alert["alert"]
                    && alerts.is_some_and(|alerts| !alerts.is_empty()) == expected
            })
        };
        for (expected, what) in [(true, "fires"), (false, "does not")] {
            ensure(fires(expected), || {
                format!("{TESTS} has no case in which {} {what}", alert["alert"])
            })?;
        }
    }
    let mut test = Command::new(promtool);
    let file = repository::root().join(TESTS);
    output(test.args(["test", "rules"]).arg(file)).map(drop)
}

/// Each expression as a recording rule, with Grafana's variables put in.
fn dashboard_is_well_formed(tools: &Tools, promtool: &Path) -> Result<(), Failure> {
    let rules: Vec<_> = metrics::of_dashboard(tools)?
        .into_iter()
        .enumerate()
        .map(|(number, (_, expression))| {
            let expression = expression
                .replace("$__rate_interval", "5m")
                .replace("$namespace", ".*")
                .replace("$group", ".*");
            json!({"record": format!("expression_{number}"), "expr": expression})
        })
        .collect();
    let text = json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string();
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("dashboard.yaml");
    std::fs::write(&file, text).map_err(|error| error.to_string())?;
    output(Command::new(promtool).args(["check", "rules"]).arg(&file))?;
    // The sidecar gets the file as it is.
    let on = Values::set(&["metrics.dashboard.enabled=true"]);
    let rendered = tools.helm.template(&on)?;
    let map = rendered.of("ConfigMap").next();
    let text = map.and_then(|map| map.0["data"]["synod.json"].as_str());
    ensure(
        text == Some(&tools.helm.file("files/dashboards/synod.json")?),
        || "the ConfigMap does not hold files/dashboards/synod.json".to_owned(),
    )
}
