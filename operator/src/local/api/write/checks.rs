//! What a written object must agree with before anything is made of it: its type, and the name, uid and version that it is
//! for.

use super::super::object;
use super::super::refusal::{Cause, Refusal};
use super::super::resource::Resource;
use serde_json::{Value, json};

pub(super) fn cannot_handle(resource: &Resource, why: &str) -> Refusal {
    let (kind, version) = (&resource.kind, &resource.version);
    Refusal::bad_request(format!(
        "{kind} in version \"{version}\" cannot be handled as a {kind}: {why}"
    ))
}

/// A configuration to apply has fields that its type does not declare.
pub(super) fn not_declared(resource: &Resource, config: &Value, fields: &[String]) -> Refusal {
    let (namespace, name) = (object::namespace(config), object::name(config));
    let of = format!(
        "{namespace}/{name}; {}/{}, Kind={}",
        resource.group, resource.version, resource.kind
    );
    let listed = fields
        .iter()
        .map(|field| format!(".{field}: field not declared in schema"));
    let listed: Vec<_> = listed.collect();
    let why = match listed.as_slice() {
        [one] => one.clone(),
        many => format!("errors:\n  {}", many.join("\n  ")),
    };
    Refusal::unexplained(format!("failed to create typed patch object ({of}): {why}"))
}

pub(super) fn check_type(resource: &Resource, new: &Value) -> Result<(), Refusal> {
    if !new.is_object() {
        return Err(Refusal::bad_request("the body is not an object"));
    }
    let (version, kind) = (&new["apiVersion"], &new["kind"]);
    let wanted = (resource.api_version(), resource.kind.as_str());
    let good = |value: &Value, want: &str| value.is_null() || value == want;
    if good(version, &wanted.0) && good(kind, wanted.1) {
        return Ok(());
    }
    let shown = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Err(Refusal::bad_request(format!(
        "the API version in the data ({}, kind {}) does not match the expected API version ({}, kind {})",
        shown(version),
        shown(kind),
        wanted.0,
        wanted.1
    )))
}

/// The same for a configuration to apply.
pub(super) fn check_applied_type(resource: &Resource, config: &Value) -> Result<(), Refusal> {
    if !config.is_object() || check_type(resource, config).is_ok() {
        return check_type(resource, config);
    }
    let text = |field: &str| config[field].as_str().unwrap_or_default();
    let (group, version) = text("apiVersion")
        .split_once('/')
        .unwrap_or(("", text("apiVersion")));
    Err(Refusal::bad_request(format!(
        "invalid object type: {group}/{version}, Kind={}",
        text("kind")
    )))
}

/// An object keeps its name.
pub(super) fn check_name(old: &Value, new: &Value) -> Result<(), Refusal> {
    let (name, given) = (object::name(old), object::name(new));
    if given == name {
        return Ok(());
    }
    Err(Refusal::bad_request(format!(
        "the name of the object ({given}) does not match the name on the URL ({name})"
    )))
}

/// A patch cannot give an object another uid; so one that names the uid is only for that object.
pub(super) fn check_uid(resource: &Resource, old: &Value, new: &Value) -> Result<(), Refusal> {
    let uid = object::uid(new);
    if uid.is_empty() || uid == object::uid(old) {
        return Ok(());
    }
    let causes = [Cause::immutable("metadata.uid", &json!(uid))];
    Err(Refusal::invalid(resource, object::name(old), &causes))
}

/// A write that names a version is only for that.
pub(super) fn check_version(resource: &Resource, old: &Value, new: &Value) -> Result<(), Refusal> {
    let version = object::text(new, "resourceVersion");
    if !version.is_empty() && version != object::text(old, "resourceVersion") {
        return Err(Refusal::modified(resource, object::name(old)));
    }
    Ok(())
}
