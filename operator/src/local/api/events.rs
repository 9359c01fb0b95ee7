//! Events have two forms, `v1` and `events.k8s.io/v1`, and one store: what is written in one is read in both.
//!
//! They are kept in the older form, which `kubectl describe` asks for; recorders of today write the newer one.

use serde_json::{Value, json};

/// Fields that the newer form calls differently: (older, newer).
const RENAMED: &[(&str, &str)] = &[
    ("message", "note"),
    ("involvedObject", "regarding"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// Whether these are events in the newer form.
pub(super) fn is_newer(group: &str, plural: &str) -> bool {
    group == "events.k8s.io" && plural == "events"
}

/// An event, or a merge patch of one, from the newer form to the one that is kept.
pub(super) fn to_older(event: &mut Value) {
    rename(event, |(older, newer)| (newer, older));
    if event.get("apiVersion").is_some() {
        event["apiVersion"] = json!("v1");
    }
}

/// An answer about events, in the newer form: an event, a list of them, or anything else, which stays as it is.
pub(super) fn to_newer(answer: &mut Value) {
    if let Some(Value::Array(items)) = answer.get_mut("items") {
        items.iter_mut().for_each(to_newer_fields);
    }
    match answer["kind"].as_str() {
        Some("Event") => to_newer_fields(answer),
        Some("EventList") => {}
        _ => return,
    }
    answer["apiVersion"] = json!("events.k8s.io/v1");
}

fn to_newer_fields(event: &mut Value) {
    rename(event, |pair| pair);
}

fn rename(
    event: &mut Value,
    way: impl Fn((&'static str, &'static str)) -> (&'static str, &'static str),
) {
    let Value::Object(fields) = event else {
        return;
    };
    for pair in RENAMED {
        let (from, to) = way(*pair);
        if let Some(value) = fields.remove(from) {
            fields.insert(to.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let newer = json!({"apiVersion": "events.k8s.io/v1", "kind": "Event", "note": "n", "regarding": {"name": "x"},
            "reportingController": "c", "reason": "r"});
        let mut event = newer.clone();
        to_older(&mut event);
        assert_eq!(
            event,
            json!({"apiVersion": "v1", "kind": "Event", "message": "n", "involvedObject": {"name": "x"},
                "reportingComponent": "c", "reason": "r"})
        );
        to_newer(&mut event);
        assert_eq!(event, newer);
    }
}
