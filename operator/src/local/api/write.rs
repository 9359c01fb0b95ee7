//! POST, PUT, PATCH: how an object comes to be stored.
//!
//! Every write goes the same way: what the client may not set is put back; unknown fields are found; defaults filled in;
//! the whole is validated; ownership is noted; a write that changes nothing stores nothing.

mod checks;

use super::built_in;
use super::managed::{self, Writer};
use super::names;
use super::object;
use super::patch;
use super::refusal::{Cause, Refusal};
use super::resource::{Resource, Shape};
use super::schema;
use super::service::{Answer, Context};
use super::{Environment, State};
use checks::{
    cannot_handle, check_applied_type, check_name, check_type, check_uid, check_version,
    not_declared,
};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// Metadata that only the server sets.
const SERVER_METADATA: &[&str] = &[
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
    "generateName",
];

impl State {
    pub(super) fn create(
        &mut self,
        context: &mut Context,
        environment: &dyn Environment,
        mut new: Value,
    ) -> Result<Answer, Refusal> {
        check_type(&context.resource, &new)?;
        self.place(context, &mut new, environment)?;
        if !object::text(&new, "resourceVersion").is_empty() {
            return Err(Refusal::unexplained(
                "resourceVersion should not be set on objects to be created",
            ));
        }
        let stored = self.insert(context, environment, new, true)?;
        Ok(Answer::Document(
            StatusCode::CREATED,
            context.view.one(&context.resource, &stored),
        ))
    }

    /// Gives a new object its namespace and name.
    fn place(
        &self,
        context: &Context,
        new: &mut Value,
        environment: &dyn Environment,
    ) -> Result<(), Refusal> {
        let namespace = context.target.namespace.as_str();
        let given = object::namespace(new).to_owned();
        if context.resource.namespaced {
            if namespace.is_empty() {
                return Err(Refusal::method_not_allowed());
            }
            if !given.is_empty() && given != namespace {
                return Err(Refusal::bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request",
                ));
            }
            object::metadata_mut(new).insert("namespace".to_owned(), json!(namespace));
        } else {
            object::metadata_mut(new).remove("namespace");
        }
        let prefix = object::text(new, "generateName").to_owned();
        if object::name(new).is_empty() && !prefix.is_empty() {
            let suffix = environment.uid().simple().to_string();
            object::metadata_mut(new).insert(
                "name".to_owned(),
                json!(format!("{prefix}{}", &suffix[..5])),
            );
        }
        if object::name(new).is_empty() {
            let causes = [Cause::required_because(
                "metadata.name",
                "name or generateName is required",
            )];
            return Err(Refusal::invalid(&context.resource, "", &causes));
        }
        Ok(())
    }

    /// Stores a new object; `note_owner` is false where server-side apply has noted ownership already.
    fn insert(
        &mut self,
        context: &mut Context,
        environment: &dyn Environment,
        mut new: Value,
        note_owner: bool,
    ) -> Result<Arc<Value>, Refusal> {
        let resource = Arc::clone(&context.resource);
        let name = object::name(&new).to_owned();
        self.check_namespace(context, &name)?;
        for field in [
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "selfLink",
            "resourceVersion",
        ] {
            object::metadata_mut(&mut new).remove(field);
        }
        if resource.status {
            remove_field(&mut new, "status");
        }
        let metadata = object::metadata_mut(&mut new);
        metadata.insert("uid".to_owned(), json!(environment.uid().to_string()));
        metadata.insert("creationTimestamp".to_owned(), json!(context.writer.now));
        if resource.generation {
            metadata.insert("generation".to_owned(), json!(1));
        }
        let mut new = self.admitted(context, new)?;
        self.validate(&resource, &new, None)?;
        match self.store.get(&context.key(&name)) {
            Some(old) if object::deleting(old) => {
                return Err(Refusal::still_deleting(&resource, &name));
            }
            Some(_) => return Err(Refusal::already_exists(&resource, &name)),
            None => {}
        }
        // What the server adds by itself belongs to nobody, so it comes after the writer has got what is his.
        if note_owner {
            managed::after_update(&resource, None, &mut new, &context.writer);
        }
        built_in::on_create(&resource, &mut new);
        if context.query.is_rehearsal() {
            return Ok(Arc::new(new));
        }
        self.put(context.key(&name), new)
    }

    fn check_namespace(&self, context: &Context, object: &str) -> Result<(), Refusal> {
        if !context.resource.namespaced {
            return Ok(());
        }
        let namespaces = self.resource("", "v1", "namespaces")?;
        let name = context.target.namespace.as_str();
        let key = super::Key {
            resource: "namespaces".to_owned(),
            namespace: String::new(),
            name: name.to_owned(),
        };
        match self.store.get(&key) {
            None => Err(Refusal::not_found(&namespaces, name)),
            Some(namespace) if object::deleting(namespace) => {
                Err(Refusal::namespace_goes(&context.resource, object, name))
            }
            Some(_) => Ok(()),
        }
    }

    pub(super) fn replace(&mut self, context: &mut Context, new: Value) -> Result<Answer, Refusal> {
        check_type(&context.resource, &new)?;
        let old = self.stored(context)?;
        let name = object::name(&new);
        if !name.is_empty() && name != object::name(&old) {
            return Err(Refusal::bad_request(format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                object::name(&old)
            )));
        }
        let unversioned = object::text(&new, "resourceVersion").is_empty();
        if unversioned && matches!(context.resource.shape, Shape::Custom(..)) {
            let causes = [Cause::invalid(
                "metadata.resourceVersion",
                &json!(0),
                "must be specified for an update",
            )];
            let name = object::name(&old);
            return Err(Refusal::invalid_of_type(
                &context.resource,
                name,
                &causes[0],
            ));
        }
        let uid = object::uid(&new);
        if !uid.is_empty() && uid != object::uid(&old) {
            return Err(Refusal::other_uid(&context.resource, &old, uid));
        }
        let stored = self.update(context, &old, new, true)?;
        Ok(Answer::Document(
            StatusCode::OK,
            context.view.one(&context.resource, &stored),
        ))
    }

    pub(super) fn patch(
        &mut self,
        context: &mut Context,
        kind: &str,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let old = self.stored(context)?;
        let new = patch::patched(&context.resource, kind, &old, body)?;
        check_name(&old, &new)?;
        context.patching = true;
        let stored = self.update(context, &old, new, true)?;
        Ok(Answer::Document(
            StatusCode::OK,
            context.view.one(&context.resource, &stored),
        ))
    }

    pub(super) fn apply(
        &mut self,
        context: &mut Context,
        environment: &dyn Environment,
        mut config: Value,
    ) -> Result<Answer, Refusal> {
        let resource = Arc::clone(&context.resource);
        if context.query.field_manager.is_none() {
            let cause = Cause::required_because("fieldManager", "is required for apply patch");
            return Err(Refusal::invalid_option("PatchOptions", &cause));
        }
        check_applied_type(&resource, &config)?;
        if config["metadata"].get("managedFields").is_some() {
            return Err(Refusal::bad_request("metadata.managedFields must be nil"));
        }
        let name = context.name()?.to_owned();
        let given = object::name(&config).to_owned();
        object::metadata_mut(&mut config).insert("name".to_owned(), json!(name));
        // Fields that the type does not know are refused or dropped before anyone owns them.
        let config = self.pruned_config(context, config)?;
        context.patching = true;
        let live = self.store.get(&context.key(&name)).cloned();
        let base = live.as_deref().cloned().unwrap_or_else(|| json!({}));
        let merged = managed::apply(
            &resource,
            &base,
            &config,
            &context.writer,
            context.query.force,
        )?;
        let mut merged = merged;
        if context.writer.manager == "kubectl" {
            note_last_applied(&mut merged, &config);
        }
        if !given.is_empty() && given != name {
            return Err(Refusal::bad_request(format!(
                "the name of the object ({given}) does not match the name on the URL ({name})"
            )));
        }
        let (code, stored) = match live {
            Some(old) => (StatusCode::OK, self.update(context, &old, merged, false)?),
            None if context.subresource().is_empty() => {
                if !object::text(&config, "uid").is_empty() {
                    let why = format!(
                        "uid mismatch: the provided object specified uid {}, and no existing object was found",
                        object::uid(&config)
                    );
                    return Err(Refusal::conflict(&resource, &name, &why));
                }
                let mut new = merged;
                self.place(context, &mut new, environment)?;
                (
                    StatusCode::CREATED,
                    self.insert(context, environment, new, false)?,
                )
            }
            None => return Err(Refusal::not_found(&resource, &name)),
        };
        Ok(Answer::Document(code, context.view.one(&resource, &stored)))
    }

    /// Stores a changed object; `note_owner` is false where server-side apply has noted ownership already.
    pub(super) fn update(
        &mut self,
        context: &mut Context,
        old: &Arc<Value>,
        mut new: Value,
        note_owner: bool,
    ) -> Result<Arc<Value>, Refusal> {
        let resource = Arc::clone(&context.resource);
        let name = object::name(old).to_owned();
        check_version(&resource, old, &new)?;
        // A write through a custom type's status looks at nothing of the metadata but the version.
        let blind =
            context.subresource() == "status" && matches!(resource.shape, Shape::Custom(..));
        if context.patching && !blind {
            check_uid(&resource, old, &new)?;
        }
        for field in ["name", "namespace", "resourceVersion"]
            .iter()
            .chain(SERVER_METADATA)
        {
            object::copy_metadata(&mut new, old, field);
        }
        let mut new = self.admitted(context, new)?;
        keep_other_half(&resource, context.subresource(), old, &mut new);
        if resource.generation && differs_in_spec(old, &new) {
            let next = old["metadata"]["generation"].as_i64().unwrap_or(0) + 1;
            object::metadata_mut(&mut new).insert("generation".to_owned(), json!(next));
        }
        built_in::on_update(&resource, old, &mut new);
        self.validate(&resource, &new, Some(old))?;
        if note_owner {
            let writer: &Writer = &context.writer;
            managed::after_update(&resource, Some(old), &mut new, writer);
        }
        if object::substance(old) == object::substance(&new) {
            return Ok(Arc::clone(old));
        }
        if context.query.is_rehearsal() {
            return Ok(Arc::new(new));
        }
        let graceful = new["metadata"]["deletionGracePeriodSeconds"]
            .as_i64()
            .unwrap_or(0)
            > 0;
        if object::deleting(&new)
            && object::finalizers(&new).is_empty()
            && !graceful
            && !resource.is_core("namespaces")
        {
            self.remove(context.key(&name))?;
            return Ok(Arc::new(new));
        }
        self.put(context.key(&name), new)
    }

    /// The object with unknown fields dropped and defaults filled in.
    fn admitted(&self, context: &mut Context, new: Value) -> Result<Value, Refusal> {
        let mut new = self.pruned(context, new)?;
        match &context.resource.shape {
            Shape::Custom(schema, _) => schema::fill_defaults(schema, &mut new),
            Shape::Known(..) => built_in::fill_defaults(&context.resource, &mut new),
        }
        new["apiVersion"] = json!(context.resource.api_version());
        new["kind"] = json!(context.resource.kind);
        object::whole_numbers(&mut new);
        Ok(new)
    }

    /// The same for a configuration to apply. What its type does not know cannot be owned, so it is refused whatever the
    /// client asked for.
    fn pruned_config(&self, context: &mut Context, config: Value) -> Result<Value, Refusal> {
        let resource = &context.resource;
        let unknown = match &resource.shape {
            Shape::Known(decode, _) => {
                let known = decode(&config).map_err(|e| cannot_handle(resource, &e))?;
                built_in::lost(&config, &known)
            }
            Shape::Custom(schema, _) => schema::prune(schema, &mut config.clone(), ""),
        };
        if !unknown.is_empty() {
            return Err(not_declared(resource, &config, &unknown));
        }
        self.pruned(context, config)
    }

    /// The object without fields that its type does not know; refuses or notes them as the client asked.
    fn pruned(&self, context: &mut Context, mut new: Value) -> Result<Value, Refusal> {
        let resource = &context.resource;
        let unknown = match &resource.shape {
            Shape::Custom(schema, _) => {
                let mut unknown = schema::prune(schema, &mut new, "");
                let lost = built_in::known_metadata(&mut new);
                unknown.extend(lost.map_err(|e| cannot_handle(resource, &e))?);
                unknown
            }
            Shape::Known(decode, _) => {
                let known = decode(&new).map_err(|e| cannot_handle(resource, &e))?;
                let unknown = built_in::lost(&new, &known);
                new = known;
                unknown
            }
        };
        let twice = context
            .twice
            .iter()
            .map(|field| format!("duplicate field \"{field}\""));
        let unknown = unknown
            .iter()
            .map(|field| format!("unknown field \"{field}\""));
        let told: Vec<_> = twice.chain(unknown).collect();
        match context.query.field_validation.as_str() {
            _ if told.is_empty() => {}
            "Strict" => {
                let why = format!("strict decoding error: {}", told.join(", "));
                return Err(if context.patching {
                    Refusal::invalid_patch(&new.to_string(), &why)
                } else {
                    cannot_handle(resource, &why)
                });
            }
            "Ignore" => {}
            _ => told
                .into_iter()
                .filter(|w| !context.warnings.contains(w))
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|w| context.warnings.push(w)),
        }
        Ok(new)
    }

    fn validate(
        &self,
        resource: &Resource,
        new: &Value,
        old: Option<&Value>,
    ) -> Result<(), Refusal> {
        let mut causes = Vec::new();
        names::check_metadata(
            new,
            resource.is_core("services") || resource.is_core("namespaces"),
            &mut causes,
        );
        if let Some(old) = old.filter(|old| object::deleting(old)) {
            let known = object::finalizers(old);
            let late = object::finalizers(new)
                .into_iter()
                .filter(|f| !known.contains(f));
            let late: Vec<_> = late.map(|finalizer| format!("{finalizer:?}")).collect();
            if !late.is_empty() {
                let why = format!(
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                    late.join(", ")
                );
                causes.push(Cause::forbidden("metadata.finalizers", &why));
            }
        }
        match &resource.shape {
            Shape::Custom(schema, rules) => {
                schema::check(schema, new, "", &mut causes);
                if causes.iter().any(Cause::blocks_rules) {
                    causes.push(schema::rules_skipped());
                } else {
                    rules.check(new, old, &mut causes);
                }
            }
            Shape::Known(..) => {
                names::check_finalizers(new, &mut causes);
                built_in::check(resource, new, old, &mut causes);
            }
        }
        if causes.is_empty() {
            Ok(())
        } else {
            Err(Refusal::invalid(resource, object::name(new), &causes))
        }
    }
}

/// The annotation by which kubectl applies at the client follows what it applies at the server, so that a user can go
/// back; nobody gets to own it by that.
fn note_last_applied(object: &mut Value, config: &Value) {
    const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
    let annotation = &mut object["metadata"]["annotations"];
    if annotation.get(LAST_APPLIED).is_none() {
        if annotation.is_null() {
            object::metadata_mut(object).remove("annotations");
        }
        return;
    }
    annotation[LAST_APPLIED] = json!(format!("{config}\n"));
}

/// A write through `/status` changes only the status, any other write everything but it.
fn keep_other_half(resource: &Resource, subresource: &str, old: &Value, new: &mut Value) {
    if !resource.status {
        return;
    }
    if subresource != "status" {
        object::copy_field(new, old, "status");
        return;
    }
    let status = new.get("status").cloned();
    let managed = new["metadata"].get("managedFields").cloned();
    *new = old.clone();
    match status {
        Some(status) => new["status"] = status,
        None => remove_field(new, "status"),
    }
    match managed {
        Some(managed) => new["metadata"]["managedFields"] = managed,
        None => drop(object::metadata_mut(new).remove("managedFields")),
    }
}

fn remove_field(object: &mut Value, field: &str) {
    if let Value::Object(fields) = object {
        fields.remove(field);
    }
}

fn differs_in_spec(old: &Value, new: &Value) -> bool {
    let fields = |object: &Value| {
        let mut fields = object.as_object().cloned().unwrap_or_default();
        for field in ["metadata", "status", "apiVersion", "kind"] {
            fields.remove(field);
        }
        fields
    };
    fields(old) != fields(new)
}
