//! The protobuf form of a few built-in kinds: `kubectl create` sends it, and nothing else.
//!
//! A body is the mark `k8s\0` and a message that names the type and holds the object's own message. The fields are those
//! that Kubernetes' API publishes for each type. What is not in the tables below is refused, never dropped.

use base64::Engine as _;
use serde_json::{Map, Value, json};

/// What every body in this form begins with.
const MARK: &[u8] = b"k8s\0";

/// How a field is written, and what becomes of it.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Bytes,
    Bool,
    Int,
    /// Seconds since 1970 in a message of their own.
    Time,
    One(Message),
    /// Repeated.
    Texts,
    Many(Message),
    /// Repeated entries of key and value.
    TextMap,
    BytesMap,
}

/// The fields of a message: number, name in JSON, kind.
type Message = &'static [(u64, &'static str, Kind)];

const OWNER: Message = &[
    (1, "kind", Kind::Text),
    (3, "name", Kind::Text),
    (4, "uid", Kind::Text),
    (5, "apiVersion", Kind::Text),
    (6, "controller", Kind::Bool),
    (7, "blockOwnerDeletion", Kind::Bool),
];

const METADATA: Message = &[
    (1, "name", Kind::Text),
    (2, "generateName", Kind::Text),
    (3, "namespace", Kind::Text),
    (4, "selfLink", Kind::Text),
    (5, "uid", Kind::Text),
    (6, "resourceVersion", Kind::Text),
    (7, "generation", Kind::Int),
    (8, "creationTimestamp", Kind::Time),
    (9, "deletionTimestamp", Kind::Time),
    (10, "deletionGracePeriodSeconds", Kind::Int),
    (11, "labels", Kind::TextMap),
    (12, "annotations", Kind::TextMap),
    (13, "ownerReferences", Kind::Many(OWNER)),
    (14, "finalizers", Kind::Texts),
];

const CONFIG_MAP: Message = &[
    (1, "metadata", Kind::One(METADATA)),
    (2, "data", Kind::TextMap),
    (3, "binaryData", Kind::BytesMap),
    (4, "immutable", Kind::Bool),
];

const SECRET: Message = &[
    (1, "metadata", Kind::One(METADATA)),
    (2, "data", Kind::BytesMap),
    (3, "type", Kind::Text),
    (4, "stringData", Kind::TextMap),
    (5, "immutable", Kind::Bool),
];

const NAMESPACE: Message = &[
    (1, "metadata", Kind::One(METADATA)),
    (2, "spec", Kind::One(&[(1, "finalizers", Kind::Texts)])),
    (3, "status", Kind::One(&[(1, "phase", Kind::Text)])),
];

const SERVICE_ACCOUNT: Message = &[
    (1, "metadata", Kind::One(METADATA)),
    (4, "automountServiceAccountToken", Kind::Bool),
];

const DELETE_OPTIONS: Message = &[
    (1, "gracePeriodSeconds", Kind::Int),
    (
        2,
        "preconditions",
        Kind::One(&[(1, "uid", Kind::Text), (2, "resourceVersion", Kind::Text)]),
    ),
    (3, "orphanDependents", Kind::Bool),
    (4, "propagationPolicy", Kind::Text),
    (5, "dryRun", Kind::Texts),
];

/// The types that are read, by `apiVersion` and `kind`.
const TYPES: &[(&str, &str, Message)] = &[
    ("v1", "ConfigMap", CONFIG_MAP),
    ("v1", "Secret", SECRET),
    ("v1", "Namespace", NAMESPACE),
    ("v1", "ServiceAccount", SERVICE_ACCOUNT),
    ("v1", "DeleteOptions", DELETE_OPTIONS),
];

const ENVELOPE: Message = &[
    (
        1,
        "type",
        Kind::One(&[(1, "apiVersion", Kind::Text), (2, "kind", Kind::Text)]),
    ),
    (2, "raw", Kind::Bytes),
    (3, "contentEncoding", Kind::Text),
    (4, "contentType", Kind::Text),
];

/// The object of a body; none if the body or its type is not of those above.
pub(super) fn decoded(body: &[u8]) -> Option<Value> {
    let envelope = message(body.strip_prefix(MARK)?, ENVELOPE)?;
    let (version, kind) = (&envelope["type"]["apiVersion"], &envelope["type"]["kind"]);
    let (.., fields) = TYPES.iter().find(|(v, k, _)| version == v && kind == k)?;
    let raw = envelope["raw"].as_str().unwrap_or_default();
    let raw = base64::engine::general_purpose::STANDARD.decode(raw).ok()?;
    let mut object = message(&raw, fields)?;
    object["apiVersion"] = version.clone();
    object["kind"] = kind.clone();
    Some(object)
}

fn message(bytes: &[u8], fields: Message) -> Option<Value> {
    let mut object = Map::new();
    let mut wire = Wire { bytes };
    while !wire.bytes.is_empty() {
        let (number, content) = wire.field()?;
        let (_, name, kind) = fields.iter().find(|(known, ..)| *known == number)?;
        put(&mut object, name, *kind, content)?;
    }
    Some(Value::Object(object))
}

fn put(
    object: &mut Map<String, Value>,
    name: &str,
    kind: Kind,
    content: Content<'_>,
) -> Option<()> {
    let value = single(kind, content)?;
    let entry = object.entry(name);
    match kind {
        Kind::Texts | Kind::Many(_) => entry
            .or_insert_with(|| json!([]))
            .as_array_mut()?
            .push(value),
        Kind::TextMap | Kind::BytesMap => {
            let map = entry.or_insert_with(|| json!({})).as_object_mut()?;
            let key = value["key"].as_str().unwrap_or_default().to_owned();
            map.insert(
                key,
                value.get("value").cloned().unwrap_or_else(|| json!("")),
            );
        }
        // Go writes fields that nobody set: a text without letters, a message without fields.
        Kind::Text if value == "" => {}
        Kind::Time if value.is_null() => {}
        _ => drop(entry.or_insert(value)),
    }
    Some(())
}

fn single(kind: Kind, content: Content<'_>) -> Option<Value> {
    const TEXT_ENTRY: Message = &[(1, "key", Kind::Text), (2, "value", Kind::Text)];
    const BYTES_ENTRY: Message = &[(1, "key", Kind::Text), (2, "value", Kind::Bytes)];
    const TIME: Message = &[(1, "seconds", Kind::Int), (2, "nanos", Kind::Int)];
    Some(match (kind, content) {
        (Kind::Text | Kind::Texts, Content::Bytes(bytes)) => {
            json!(std::str::from_utf8(bytes).ok()?)
        }
        (Kind::Bytes, Content::Bytes(bytes)) => {
            json!(base64::engine::general_purpose::STANDARD.encode(bytes))
        }
        (Kind::Bool, Content::Number(number)) => json!(number != 0),
        (Kind::Int, Content::Number(number)) => json!(number.cast_signed()),
        (Kind::Time, Content::Bytes(bytes)) => {
            let seconds = message(bytes, TIME)?.get("seconds").and_then(Value::as_i64);
            seconds.map_or(Value::Null, |seconds| {
                let time = jiff::Timestamp::from_second(seconds);
                time.map_or(Value::Null, |time| json!(super::time_text(time)))
            })
        }
        (Kind::One(fields) | Kind::Many(fields), Content::Bytes(bytes)) => message(bytes, fields)?,
        (Kind::TextMap, Content::Bytes(bytes)) => message(bytes, TEXT_ENTRY)?,
        (Kind::BytesMap, Content::Bytes(bytes)) => message(bytes, BYTES_ENTRY)?,
        _ => return None,
    })
}

/// What follows a field's tag.
enum Content<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The bytes of a message that are not read yet.
struct Wire<'a> {
    bytes: &'a [u8],
}

impl<'a> Wire<'a> {
    fn field(&mut self) -> Option<(u64, Content<'a>)> {
        let tag = self.number()?;
        let content = match tag & 7 {
            0 => Content::Number(self.number()?),
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                let (content, rest) = self.bytes.split_at_checked(length)?;
                self.bytes = rest;
                Content::Bytes(content)
            }
            _ => return None,
        };
        Some((tag >> 3, content))
    }

    /// A number of seven bits a byte, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).expect("short");
        [&[number << 3 | 2, length][..], content].concat()
    }

    fn body(version: &[u8], kind: &[u8], raw: &[u8]) -> Vec<u8> {
        let of = [field(1, version), field(2, kind)].concat();
        [MARK.to_vec(), field(1, &of), field(2, raw)].concat()
    }

    #[test]
    fn a_config_map() {
        let metadata = [field(1, b"m"), field(2, b""), field(8, b"")].concat();
        let data = [field(1, b"k"), field(2, b"v")].concat();
        let raw = [field(1, &metadata), field(2, &data), vec![4 << 3, 1]].concat();
        let wanted = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"k": "v"}, "immutable": true});
        assert_eq!(decoded(&body(b"v1", b"ConfigMap", &raw)), Some(wanted));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let table = [
            b"{}".to_vec(),
            body(b"apps/v1", b"Deployment", b""),
            body(b"v1", b"ConfigMap", &field(9, b"x")),
            body(b"v1", b"ConfigMap", &[2 << 3 | 2, 200, 1]),
        ];
        for bytes in table {
            assert_eq!(decoded(&bytes), None, "{bytes:?}");
        }
    }
}
