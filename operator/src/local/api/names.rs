//! What names, labels and annotations may look like (RFC 1123 as Kubernetes reads it).

use super::refusal::Cause;
use serde_json::Value;

const NAME_CHARACTERS_MAX: usize = 253;
const LABEL_CHARACTERS_MAX: usize = 63;
const ANNOTATIONS_BYTES_MAX: usize = 256 * 1024;

const SUBDOMAIN_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
     '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
     '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/// Whether `text` is one label of a domain name.
pub(crate) fn is_dns_label(text: &str) -> bool {
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let edge = |c: Option<&u8>| c.is_some_and(|c| *c != b'-');
    let bytes = text.as_bytes();
    text.len() <= LABEL_CHARACTERS_MAX
        && bytes.iter().all(|c| inner(*c))
        && edge(bytes.first())
        && edge(bytes.last())
}

/// Whether `text` is a domain name.
pub(crate) fn is_dns_subdomain(text: &str) -> bool {
    // Unlike a label, a part of a subdomain has no bound of its own in Kubernetes; only the whole has.
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= NAME_CHARACTERS_MAX && text.split('.').all(part)
}

/// Checks the name, labels, annotations, finalizers and owners of an object about to be stored.
pub(crate) fn check_metadata(object: &Value, label_name: bool, causes: &mut Vec<Cause>) {
    let metadata = &object["metadata"];
    let name = metadata["name"].as_str().unwrap_or_default();
    let good = if label_name {
        is_dns_label(name)
    } else {
        is_dns_subdomain(name)
    };
    if !good {
        let why = if label_name && name.contains('.') {
            "must not contain dots"
        } else {
            SUBDOMAIN_RULE
        };
        causes.push(Cause::invalid("metadata.name", &metadata["name"], why));
    }
    check_labels(&metadata["labels"], causes);
    check_annotations(&metadata["annotations"], causes);
    check_owners(&metadata["ownerReferences"], causes);
}

fn check_owners(owners: &Value, causes: &mut Vec<Cause>) {
    let owners = owners.as_array().map(Vec::as_slice).unwrap_or_default();
    for (index, owner) in owners.iter().enumerate() {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if owner[field].as_str().unwrap_or_default().is_empty() {
                let path = format!("metadata.ownerReferences[{index}].{field}");
                causes.push(Cause::required_because(&path, "must not be empty"));
            }
        }
    }
    let mut controllers = owners.iter().filter(|owner| owner["controller"] == true);
    if let (Some(one), Some(other)) = (controllers.next(), controllers.next()) {
        let shown = |owner: &Value| {
            let text = |field: &str| owner[field].as_str().unwrap_or_default().to_owned();
            format!("{}/{}", text("kind"), text("name"))
        };
        let why = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {} and {}",
            shown(one),
            shown(other)
        );
        causes.push(Cause::invalid(
            "metadata.ownerReferences",
            &Value::from(owners),
            &why,
        ));
    }
}

/// Finalizers of built-in types are qualified names, or Kubernetes' own.
pub(crate) fn check_finalizers(object: &Value, causes: &mut Vec<Cause>) {
    let finalizers = super::object::finalizers(object);
    for (index, finalizer) in finalizers.into_iter().enumerate() {
        let own = ["kubernetes", "orphan", "foregroundDeletion"].contains(&finalizer);
        let qualified = finalizer.contains('/') && is_qualified(finalizer);
        if !own && !qualified {
            let path = format!("metadata.finalizers[{index}]");
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            causes.push(Cause::invalid(&path, &Value::from(finalizer), why));
        }
    }
}

fn check_labels(labels: &Value, causes: &mut Vec<Cause>) {
    for (key, value) in labels.as_object().into_iter().flatten() {
        if !is_qualified(key) {
            causes.push(Cause::invalid(
                "metadata.labels",
                &Value::from(key.as_str()),
                "name part must be a qualified name",
            ));
        }
        let Some(text) = value.as_str() else {
            causes.push(Cause::invalid("metadata.labels", value, "must be a string"));
            continue;
        };
        if !text.is_empty() && !is_name_part(text) {
            causes.push(Cause::invalid("metadata.labels", value, "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"));
        }
    }
}

fn check_annotations(annotations: &Value, causes: &mut Vec<Cause>) {
    let mut bytes = 0;
    for (key, value) in annotations.as_object().into_iter().flatten() {
        bytes += key.len() + value.as_str().map_or(0, str::len);
        if !is_qualified(&key.to_lowercase()) {
            causes.push(Cause::invalid(
                "metadata.annotations",
                &Value::from(key.as_str()),
                "name part must be a qualified name",
            ));
        }
        if !value.is_string() {
            causes.push(Cause::invalid(
                "metadata.annotations",
                value,
                "must be a string",
            ));
        }
    }
    if bytes > ANNOTATIONS_BYTES_MAX {
        let message = format!("Too long: may not be more than {ANNOTATIONS_BYTES_MAX} bytes");
        causes.push(Cause::new(
            "FieldValueTooLong",
            "metadata.annotations",
            message,
        ));
    }
}

/// Whether `key` is `[domain/]name`.
pub(crate) fn is_qualified(key: &str) -> bool {
    match key.split_once('/') {
        Some((domain, name)) => is_dns_subdomain(domain) && is_name_part(name),
        None => is_name_part(key),
    }
}

fn is_name_part(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= LABEL_CHARACTERS_MAX
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && edge(text.chars().next())
        && edge(text.chars().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let table = [
            ("a", true),
            ("a-b.c", true),
            ("A", false),
            ("-a", false),
            ("a.", false),
            ("", false),
            ("a_b", false),
        ];
        for (name, good) in table {
            assert_eq!(is_dns_subdomain(name), good, "{name:?}");
        }
        assert!(!is_dns_label("a.b"));
        assert!(is_qualified("synod.dev/Member_1"));
        assert!(!is_qualified("synod.dev/"));
    }
}
