//! Label and field selectors.

use super::object;
use super::refusal::Refusal;
use super::resource::{Resource, Shape};
use serde_json::Value;

/// Which objects of a collection are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    labels: Vec<Label>,
    fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Label {
    key: String,
    want: Want,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Want {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    path: String,
    value: String,
    equal: bool,
}

impl Selector {
    /// Parses both selectors of a request.
    pub(crate) fn parse(labels: &str, fields: &str) -> Result<Self, Refusal> {
        let labels = split(labels)
            .into_iter()
            .map(parse_label)
            .collect::<Result<_, _>>()?;
        let fields = split(fields)
            .into_iter()
            .map(parse_field)
            .collect::<Result<_, _>>()?;
        Ok(Self { labels, fields })
    }

    /// Whether nothing is selected: everything is meant.
    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Refuses fields that the type cannot be selected by.
    pub(crate) fn check(&self, resource: &Resource) -> Result<(), Refusal> {
        let known = selectable(resource);
        let unknown = self.fields.iter().find(|field| {
            !matches!(field.path.as_str(), "metadata.name" | "metadata.namespace")
                && !known.contains(&field.path.as_str())
        });
        match (unknown, &resource.shape) {
            (None, _) => Ok(()),
            (Some(field), Shape::Known(..)) if known.is_empty() => {
                Err(Refusal::bad_request(format!(
                    "\"{}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
                    field.path
                )))
            }
            (Some(field), _) => Err(Refusal::bad_request(format!(
                "field label not supported: {}",
                field.path
            ))),
        }
    }

    /// Whether `object` is meant.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.labels.iter().all(|label| label.matches(object))
            && self.fields.iter().all(|field| field.matches(object))
    }
}

/// The fields by which objects of a type can be selected, besides name and namespace.
fn selectable(resource: &Resource) -> &'static [&'static str] {
    if matches!(resource.shape, Shape::Custom(..)) {
        return &[];
    }
    match resource.plural.as_str() {
        "pods" => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        "nodes" => &["spec.unschedulable"],
        "namespaces" => &["status.phase"],
        "secrets" => &["type"],
        "services" => &["spec.clusterIP", "spec.type"],
        "events" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        _ => &[],
    }
}

impl Label {
    fn matches(&self, object: &Value) -> bool {
        let value = object::label(object, &self.key);
        match &self.want {
            Want::Exists => value.is_some(),
            Want::Absent => value.is_none(),
            Want::In(values) => value.is_some_and(|value| values.iter().any(|v| v == value)),
            // An object without the label matches, as in Kubernetes.
            Want::NotIn(values) => value.is_none_or(|value| values.iter().all(|v| v != value)),
        }
    }
}

impl Field {
    fn matches(&self, object: &Value) -> bool {
        let found = self
            .path
            .split('.')
            .try_fold(object, |at, part| at.get(part));
        let text = match found {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        (text == self.value) == self.equal
    }
}

/// Splits at commas that are outside parentheses.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

fn parse_label(text: &str) -> Result<Label, Refusal> {
    let label = |key: &str, want| {
        let key = key.trim();
        if !super::names::is_qualified(key) {
            return Err(Refusal::bad_request(format!(
                "unable to parse requirement: invalid label key {key:?}"
            )));
        }
        Ok(Label {
            key: key.to_owned(),
            want,
        })
    };
    if let Some((key, value)) = text.split_once("!=") {
        return label(key, Want::NotIn(vec![value.trim().to_owned()]));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return label(key, Want::In(vec![value.trim().to_owned()]));
    }
    if let Some((head, values)) = text.split_once('(') {
        let values = values.trim_end().trim_end_matches(')');
        let values = values
            .split(',')
            .map(|value| value.trim().to_owned())
            .collect();
        return match head.trim().rsplit_once(char::is_whitespace) {
            Some((key, "in")) => label(key, Want::In(values)),
            Some((key, "notin")) => label(key, Want::NotIn(values)),
            _ => Err(Refusal::bad_request(format!(
                "unable to parse requirement: {text:?}"
            ))),
        };
    }
    match text.strip_prefix('!') {
        Some(key) => label(key, Want::Absent),
        None => label(text, Want::Exists),
    }
}

fn parse_field(text: &str) -> Result<Field, Refusal> {
    let parts = text
        .split_once("!=")
        .map(|(path, value)| (path, value, false))
        .or_else(|| {
            text.split_once("==")
                .or_else(|| text.split_once('='))
                .map(|(path, value)| (path, value, true))
        });
    let Some((path, value, equal)) = parts else {
        return Err(Refusal::bad_request(format!(
            "invalid field selector: {text:?}; can't understand it"
        )));
    };
    Ok(Field {
        path: path.trim().to_owned(),
        value: value.trim().to_owned(),
        equal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors() {
        let object = json!({"metadata": {"name": "x", "labels": {"app": "a", "tier": "back"}}, "status": {"phase": "Running"}});
        let table = [
            ("app=a", "", true),
            ("app==a,tier=back", "", true),
            ("app!=a", "", false),
            ("other!=a", "", true),
            ("app", "", true),
            ("!app", "", false),
            ("!other", "", true),
            ("app in (a, b),tier notin (front)", "", true),
            ("app in (b)", "", false),
            ("", "metadata.name=x", true),
            ("", "metadata.name!=x", false),
            ("", "status.phase=Running,metadata.name=x", true),
            ("", "spec.nodeName=", true),
        ];
        for (labels, fields, want) in table {
            let selector = Selector::parse(labels, fields).unwrap();
            assert_eq!(selector.matches(&object), want, "{labels:?} {fields:?}");
        }
        assert!(Selector::parse("a b c", "").is_err());
        assert!(Selector::parse("", "metadata.name").is_err());
    }
}
