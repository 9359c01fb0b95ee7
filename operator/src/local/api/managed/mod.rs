//! Who owns which field: managed fields, server-side apply, and what ordinary writes do to ownership.
//!
//! The rules are those of Kubernetes' server-side apply: a manager that applies owns exactly the fields it applied; an
//! ordinary write owns what it changed; a field that two managers want with different values is a conflict unless
//! forced; a field that its last owner no longer applies is removed.

mod fields;
mod lists;
mod merge;

pub(crate) use lists::{ListKind, Topology};

use super::object;
use super::refusal::Refusal;
use super::resource::Resource;
use fields::FieldSet;
use serde_json::{Value, json};

/// Who writes, and how.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    /// The field manager's name.
    pub(crate) manager: String,
    /// Subresource written through; empty for the object itself.
    pub(crate) subresource: String,
    /// Time of the request, RFC 3339.
    pub(crate) now: String,
}

/// One entry of `metadata.managedFields`.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    manager: String,
    apply: bool,
    api_version: String,
    subresource: String,
    time: String,
    fields: FieldSet,
}

impl Entry {
    fn is(&self, writer: &Writer, apply: bool, api_version: &str) -> bool {
        self.manager == writer.manager
            && self.apply == apply
            && self.subresource == writer.subresource
            && self.api_version == api_version
    }

    fn from_json(json: &Value) -> Self {
        let text = |field: &str| json[field].as_str().unwrap_or_default().to_owned();
        Self {
            manager: text("manager"),
            apply: json["operation"] == "Apply",
            api_version: text("apiVersion"),
            subresource: text("subresource"),
            time: text("time"),
            fields: FieldSet::from_json(&json["fieldsV1"]),
        }
    }

    fn to_json(&self) -> Value {
        let mut entry = json!({
            "manager": self.manager,
            "operation": if self.apply { "Apply" } else { "Update" },
            "apiVersion": self.api_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": self.fields.to_json(),
        });
        if !self.time.is_empty() {
            entry["time"] = json!(self.time);
        }
        if !self.subresource.is_empty() {
            entry["subresource"] = json!(self.subresource);
        }
        entry
    }
}

fn entries_of(object: &Value) -> Vec<Entry> {
    object["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .map(Entry::from_json)
        .collect()
}

fn set_entries(object: &mut Value, mut entries: Vec<Entry>) {
    entries.retain(|entry| !entry.fields.is_empty());
    entries.sort_by(|a, b| (!a.apply, &a.time, &a.manager).cmp(&(!b.apply, &b.time, &b.manager)));
    let metadata = object::metadata_mut(object);
    if entries.is_empty() {
        metadata.remove("managedFields");
    } else {
        metadata.insert(
            "managedFields".to_owned(),
            entries.iter().map(Entry::to_json).collect(),
        );
    }
}

/// Fields that no manager owns, or that this way of writing cannot change.
fn strip(fields: &mut FieldSet, resource: &Resource, subresource: &str) {
    for field in ["apiVersion", "kind"] {
        fields.remove(&[fields::field(field)]);
    }
    let system = [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "managedFields",
        "selfLink",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ];
    for field in system {
        fields.remove(&[fields::field("metadata"), fields::field(field)]);
    }
    if fields.is_owned(&[fields::field("metadata")]) {
        fields.disown(&[fields::field("metadata")]);
    }
    if resource.status && subresource != "status" {
        fields.remove(&[fields::field("status")]);
    }
    if subresource == "status" {
        fields.remove(&[fields::field("spec")]);
    }
}

/// Writes into `new` who owns what after an ordinary write that turned `old` into it.
pub(crate) fn after_update(
    resource: &Resource,
    old: Option<&Value>,
    new: &mut Value,
    writer: &Writer,
) {
    // A client that sends a list of managed fields that is empty, or of one empty entry, takes all ownership away.
    let sent = new["metadata"]["managedFields"].as_array();
    if old.is_some() && sent.is_some_and(|sent| sent.is_empty() || sent[0] == json!({})) {
        object::metadata_mut(new).remove("managedFields");
        return;
    }
    let blank = resource.blank();
    let old = old.unwrap_or(&blank);
    let mut entries = entries_of(old);
    let topology = Topology::of(resource);
    let mut difference = fields::compare(&bare(old), &bare(new), &topology);
    strip(&mut difference.changed, resource, &writer.subresource);
    strip(&mut difference.removed, resource, &writer.subresource);
    let api_version = resource.api_version();
    for entry in &mut entries {
        entry.fields = entry.fields.minus(&difference.removed);
        if !entry.is(writer, false, &api_version) {
            entry.fields = entry.fields.minus(&difference.changed);
        }
    }
    if !difference.changed.is_empty() {
        own(&mut entries, writer, false, &api_version, |owned| {
            owned.union(&difference.changed)
        });
    }
    set_entries(new, entries);
}

fn own(
    entries: &mut Vec<Entry>,
    writer: &Writer,
    apply: bool,
    api_version: &str,
    with: impl Fn(&FieldSet) -> FieldSet,
) {
    let existing = entries
        .iter_mut()
        .find(|entry| entry.is(writer, apply, api_version));
    if let Some(entry) = existing {
        let fields = with(&entry.fields);
        if fields != entry.fields {
            entry.fields = fields;
            entry.time = time_of(writer);
        }
        return;
    }
    entries.push(Entry {
        manager: writer.manager.clone(),
        apply,
        api_version: api_version.to_owned(),
        subresource: writer.subresource.clone(),
        time: time_of(writer),
        fields: with(&FieldSet::default()),
    });
}

/// When a write happened, as its entry says it; writes through scale say nothing.
fn time_of(writer: &Writer) -> String {
    if writer.subresource == "scale" {
        String::new()
    } else {
        writer.now.clone()
    }
}

/// The object without its managed fields, which nobody owns.
fn bare(object: &Value) -> Value {
    let mut copy = object.clone();
    object::metadata_mut(&mut copy).remove("managedFields");
    copy
}

/// Server-side apply: merges `config` into `live` (empty for a new object) for `writer`.
pub(crate) fn apply(
    resource: &Resource,
    live: &Value,
    config: &Value,
    writer: &Writer,
    force: bool,
) -> Result<Value, Refusal> {
    let topology = Topology::of(resource);
    let api_version = resource.api_version();
    let mut applied = fields::owned_by(config, &topology);
    strip(&mut applied, resource, &writer.subresource);

    let mut entries = entries_of(live);
    if entries.is_empty() && live["metadata"]["uid"].is_string() {
        entries.push(before_first_apply(resource, live, writer));
    }
    let mut merged = merge::merged(&bare(live), config, &topology);
    let mut changed = fields::compare(&bare(live), &merged, &topology).changed;
    strip(&mut changed, resource, &writer.subresource);

    let mut conflicts = Vec::new();
    for entry in entries
        .iter_mut()
        .filter(|entry| !entry.is(writer, true, &api_version))
    {
        let taken = entry.fields.intersection(&changed).intersection(&applied);
        if taken.is_empty() {
            continue;
        }
        if force {
            entry.fields = entry.fields.minus(&taken);
        } else {
            conflicts.extend(
                taken
                    .leaves()
                    .into_iter()
                    .map(|path| (describe(entry), path)),
            );
        }
    }
    if !conflicts.is_empty() {
        return Err(Refusal::apply_conflict(&conflicts));
    }
    let before = entries
        .iter()
        .find(|entry| entry.is(writer, true, &api_version))
        .map(|entry| entry.fields.clone());
    if let Some(before) = before {
        let others: Vec<_> = entries
            .iter()
            .filter(|e| !e.is(writer, true, &api_version))
            .map(|e| &e.fields)
            .collect();
        merge::prune(&mut merged, &before.minus(&applied), &applied, &others);
    }
    own(&mut entries, writer, true, &api_version, |_| {
        applied.clone()
    });
    set_entries(&mut merged, entries);
    Ok(merged)
}

/// Whoever wrote a live object that nobody owns anything of.
fn before_first_apply(resource: &Resource, live: &Value, writer: &Writer) -> Entry {
    let mut fields =
        fields::compare(&resource.blank(), &bare(live), &Topology::of(resource)).changed;
    strip(&mut fields, resource, "");
    Entry {
        manager: "before-first-apply".to_owned(),
        apply: false,
        api_version: resource.api_version(),
        subresource: String::new(),
        time: writer.now.clone(),
        fields,
    }
}

/// The manager as a conflict names it.
fn describe(entry: &Entry) -> String {
    match (entry.apply, entry.subresource.as_str()) {
        (true, _) => format!("\"{}\"", entry.manager),
        (false, "") => format!("\"{}\" using {}", entry.manager, entry.api_version),
        (false, sub) => format!(
            "\"{}\" with subresource {sub} using {}",
            entry.manager, entry.api_version
        ),
    }
}
