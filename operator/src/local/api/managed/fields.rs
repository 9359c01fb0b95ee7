//! Sets of field paths, in the form of `FieldsV1`.
//!
//! A path element is kept as `FieldsV1` writes it: `f:NAME` for a field, `k:{...}` for a list entry by its keys, `v:...`
//! for a member of a set. A set is a tree; a node says whether it is itself in the set.

use super::lists::{ListKind, Topology};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A set of paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldSet {
    nodes: BTreeMap<String, Node>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    owned: bool,
    below: FieldSet,
}

/// What differs between two objects.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Added or modified.
    pub(super) changed: FieldSet,
    pub(super) removed: FieldSet,
}

/// The element of a field.
pub(super) fn field(name: &str) -> String {
    format!("f:{name}")
}

/// The element of a list entry.
pub(super) fn keyed(entry: &Value, keys: &[String]) -> String {
    let keys: BTreeMap<&String, Value> = keys
        .iter()
        .map(|key| {
            // The one key with a default in the types served here.
            let default = if key == "protocol" {
                json!("TCP")
            } else {
                Value::Null
            };
            (key, entry.get(key).cloned().unwrap_or(default))
        })
        .collect();
    format!("k:{}", json!(keys))
}

/// The element of a set's member.
pub(super) fn member(value: &Value) -> String {
    format!("v:{value}")
}

impl FieldSet {
    /// Reads `fieldsV1`; what is not in its form is left out.
    pub(super) fn from_json(json: &Value) -> Self {
        let mut set = Self::default();
        for (element, below) in json.as_object().into_iter().flatten() {
            if element == "." {
                continue;
            }
            let leaf = below.as_object().is_none_or(Map::is_empty);
            let owned = leaf || below.get(".").is_some();
            set.nodes.insert(
                element.clone(),
                Node {
                    owned,
                    below: Self::from_json(below),
                },
            );
        }
        set
    }

    /// Writes `fieldsV1`.
    pub(super) fn to_json(&self) -> Value {
        let mut json = Map::new();
        for (element, node) in &self.nodes {
            let mut below = node.below.to_json();
            if node.owned && !node.below.is_empty() {
                below["."] = json!({});
            }
            json.insert(element.clone(), below);
        }
        Value::Object(json)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(super) fn insert(&mut self, path: &[String]) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let node = self.nodes.entry(first.clone()).or_default();
        if rest.is_empty() {
            node.owned = true
        } else {
            node.below.insert(rest)
        }
    }

    fn node(&self, path: &[String]) -> Option<&Node> {
        let (first, rest) = path.split_first()?;
        let node = self.nodes.get(first)?;
        if rest.is_empty() {
            Some(node)
        } else {
            node.below.node(rest)
        }
    }

    /// Whether the path itself is in the set.
    pub(super) fn is_owned(&self, path: &[String]) -> bool {
        self.node(path).is_some_and(|node| node.owned)
    }

    /// Whether the path or anything below it is in the set.
    pub(super) fn reaches(&self, path: &[String]) -> bool {
        self.node(path).is_some()
    }

    /// Takes a path and all below it out of the set.
    pub(super) fn remove(&mut self, path: &[String]) {
        self.edit(path, &|node| *node = Node::default());
    }

    /// Takes a path, but nothing below it, out of the set.
    pub(super) fn disown(&mut self, path: &[String]) {
        self.edit(path, &|node| node.owned = false);
    }

    fn edit(&mut self, path: &[String], edit: &dyn Fn(&mut Node)) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let Some(node) = self.nodes.get_mut(first) else {
            return;
        };
        if rest.is_empty() {
            edit(node)
        } else {
            node.below.edit(rest, edit)
        }
        if !node.owned && node.below.is_empty() {
            self.nodes.remove(first);
        }
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let mut set = self.clone();
        for (element, node) in &other.nodes {
            let mine = set.nodes.entry(element.clone()).or_default();
            mine.owned |= node.owned;
            mine.below = mine.below.union(&node.below);
        }
        set
    }

    /// The paths of this set that are not in the other.
    pub(super) fn minus(&self, other: &Self) -> Self {
        self.combine(other, |mine, others| mine && !others)
    }

    /// The paths of both sets.
    pub(super) fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |mine, others| mine && others)
    }

    fn combine(&self, other: &Self, keep: fn(bool, bool) -> bool) -> Self {
        let nothing = Node::default();
        let mut set = Self::default();
        for (element, mine) in &self.nodes {
            let others = other.nodes.get(element).unwrap_or(&nothing);
            let node = Node {
                owned: keep(mine.owned, others.owned),
                below: mine.below.combine(&others.below, keep),
            };
            if node.owned || !node.below.is_empty() {
                set.nodes.insert(element.clone(), node);
            }
        }
        set
    }

    /// All paths of the set, parents before what is below them.
    pub(super) fn paths(&self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        self.collect(&mut Vec::new(), &mut paths);
        paths
    }

    fn collect(&self, at: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
        for (element, node) in &self.nodes {
            at.push(element.clone());
            if node.owned {
                paths.push(at.clone());
            }
            node.below.collect(at, paths);
            at.pop();
        }
    }

    /// All paths of the set in the words of the API: `.spec.containers[name="a"].image`.
    pub(super) fn leaves(&self) -> Vec<String> {
        self.paths()
            .iter()
            .map(|path| path.iter().map(|element| shown(element)).collect())
            .collect()
    }
}

fn shown(element: &str) -> String {
    match element.split_at_checked(2) {
        Some(("f:", name)) => format!(".{name}"),
        Some(("k:", keys)) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let keys: Vec<_> = keys
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            format!("[{}]", keys.join(","))
        }
        Some(("v:", value)) => format!("[={value}]"),
        _ => element.to_owned(),
    }
}

/// The paths that applying `config` owns.
pub(super) fn owned_by(config: &Value, topology: &Topology<'_>) -> FieldSet {
    let mut set = FieldSet::default();
    own(config, topology, &mut Vec::new(), &mut set);
    set
}

fn own(value: &Value, topology: &Topology<'_>, at: &mut Vec<String>, set: &mut FieldSet) {
    match value {
        Value::Object(fields) if !fields.is_empty() && !topology.is_atomic_map() => {
            for (name, value) in fields {
                at.push(field(name));
                if !topology.declares(name) {
                    set.insert(at);
                }
                own(value, &topology.field(name), at, set);
                at.pop();
            }
        }
        Value::Array(items) if !items.is_empty() => match topology.list(items) {
            ListKind::Atomic => set.insert(at),
            ListKind::Set => items
                .iter()
                .for_each(|item| set.insert(&[at.as_slice(), &[member(item)]].concat())),
            ListKind::Keyed(keys) => {
                for item in items {
                    at.push(keyed(item, &keys));
                    set.insert(at);
                    own(item, &topology.entry(), at, set);
                    at.pop();
                }
            }
        },
        _ => set.insert(at),
    }
}

/// What a write changed.
pub(super) fn compare(old: &Value, new: &Value, topology: &Topology<'_>) -> Difference {
    let mut difference = Difference::default();
    differ(
        Some(old),
        Some(new),
        topology,
        &mut Vec::new(),
        &mut difference,
    );
    difference
}

fn differ(
    old: Option<&Value>,
    new: Option<&Value>,
    topology: &Topology<'_>,
    at: &mut Vec<String>,
    out: &mut Difference,
) {
    if old == new {
        return;
    }
    if !at.is_empty() {
        match (old, new) {
            (None, _) => out.changed.insert(at),
            (_, None) => out.removed.insert(at),
            _ => {}
        }
    }
    let object = |value: Option<&Value>| value.is_none_or(Value::is_object);
    let array = |value: Option<&Value>| value.is_none_or(Value::is_array);
    if object(old) && object(new) && !topology.is_atomic_map() {
        differ_fields(old, new, topology, at, out);
    } else if array(old) && array(new) {
        differ_entries(old, new, topology, at, out);
    } else if old.is_some() && new.is_some() {
        out.changed.insert(at);
    }
}

fn differ_fields(
    old: Option<&Value>,
    new: Option<&Value>,
    topology: &Topology<'_>,
    at: &mut Vec<String>,
    out: &mut Difference,
) {
    let names = |value: Option<&Value>| {
        value
            .and_then(Value::as_object)
            .map(|m| m.keys().cloned().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let mut all = names(old);
    all.extend(names(new));
    all.sort();
    all.dedup();
    for name in all {
        at.push(field(&name));
        differ(
            old.and_then(|o| o.get(&name)),
            new.and_then(|n| n.get(&name)),
            &topology.field(&name),
            at,
            out,
        );
        at.pop();
    }
}

fn differ_entries(
    old: Option<&Value>,
    new: Option<&Value>,
    topology: &Topology<'_>,
    at: &mut Vec<String>,
    out: &mut Difference,
) {
    let empty = Vec::new();
    let items = |value: Option<&'_ Value>| value.and_then(Value::as_array).cloned();
    let (old, new) = (
        items(old).unwrap_or_else(|| empty.clone()),
        items(new).unwrap_or(empty),
    );
    let sample = if new.is_empty() { &old } else { &new };
    let by_element =
        |items: &[Value], element: &dyn Fn(&Value) -> String| -> BTreeMap<String, Value> {
            items
                .iter()
                .map(|item| (element(item), item.clone()))
                .collect()
        };
    let (old, new) = match topology.list(sample) {
        ListKind::Atomic => {
            if old != new && !new.is_empty() {
                out.changed.insert(at);
            }
            return;
        }
        ListKind::Set => (by_element(&old, &member), by_element(&new, &member)),
        ListKind::Keyed(keys) => {
            let element = |item: &Value| keyed(item, &keys);
            (by_element(&old, &element), by_element(&new, &element))
        }
    };
    let mut all: Vec<_> = old.keys().chain(new.keys()).cloned().collect();
    all.sort();
    all.dedup();
    for element in all {
        at.push(element.clone());
        differ(
            old.get(&element),
            new.get(&element),
            &topology.entry(),
            at,
            out,
        );
        at.pop();
    }
}
