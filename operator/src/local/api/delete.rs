//! DELETE, and the pod subresources `binding` and `eviction`.
//!
//! Deletion has three holds: preconditions refuse it, finalizers keep the object until their owners let go, and a pod on
//! a node stays until its runner has stopped it.

use super::object;
use super::refusal::{Cause, Refusal};
use super::resource::Resource;
use super::route;
use super::selector::Selector;
use super::service::{Answer, Context};
use super::store::Key;
use super::{Environment, State, time_text};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// Holds an owner until its dependents are gone.
pub(super) const FOREGROUND: &str = "foregroundDeletion";
/// Holds an owner until its dependents have been let go.
pub(super) const ORPHAN: &str = "orphan";

/// The options of a deletion, from body and query.
struct Options {
    uid: Option<String>,
    version: Option<String>,
    propagation: Option<String>,
    grace_seconds: Option<u64>,
    dry_run: bool,
}

impl Options {
    fn parse(context: &Context, body: &[u8]) -> Result<Self, Refusal> {
        let body: Value = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(body)
                .map_err(|e| Refusal::bad_request(format!("the options are not JSON: {e}")))?
        };
        if let Some(other) = body["kind"]
            .as_str()
            .filter(|kind| *kind != "DeleteOptions")
        {
            return Err(Refusal::bad_request(format!(
                "the options are of kind {other:?}, not DeleteOptions"
            )));
        }
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        let rehearsal = body["dryRun"]
            .as_array()
            .and_then(|list| list.first())
            .and_then(Value::as_str)
            .unwrap_or_default();
        route::check_rehearsal("DeleteOptions", rehearsal)?;
        let propagation =
            text(&body["propagationPolicy"]).or_else(|| context.query.propagation_policy.clone());
        check_propagation(propagation.as_deref())?;
        Ok(Self {
            uid: text(&body["preconditions"]["uid"]),
            version: text(&body["preconditions"]["resourceVersion"]),
            propagation,
            grace_seconds: body["gracePeriodSeconds"]
                .as_u64()
                .or(context.query.grace_period_seconds),
            dry_run: context.query.is_rehearsal() || rehearsal == "All",
        })
    }
}

fn check_propagation(policy: Option<&str>) -> Result<(), Refusal> {
    let known = ["Foreground", "Background", "Orphan"];
    match policy {
        Some(policy) if !known.contains(&policy) => {
            // The API server lists the absence of a policy as one more.
            let supported = ["Foreground", "Background", "Orphan", "nil"];
            let cause = Cause::unsupported("propagationPolicy", &json!(policy), &supported);
            Err(Refusal::invalid_option("DeleteOptions", &cause))
        }
        _ => Ok(()),
    }
}

/// Namespaces that every cluster has.
const LASTING_NAMESPACES: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Types whose deletion is answered with the last of the object instead of a status.
const TOLD_WHOLE: [&str; 4] = [
    "pods",
    "services",
    "serviceaccounts",
    "persistentvolumeclaims",
];

impl State {
    pub(super) fn delete(
        &mut self,
        context: &Context,
        environment: &dyn Environment,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let options = Options::parse(context, body)?;
        let object = self.stored(context)?;
        let name = object::name(&object);
        if context.resource.is_core("namespaces") && LASTING_NAMESPACES.contains(&name) {
            let why = "this namespace may not be deleted";
            return Err(Refusal::forbidden(&context.resource, name, why));
        }
        let (gone, object) = self.delete_one(
            &context.resource,
            context.key(object::name(&object)),
            &object,
            &options,
            environment,
        )?;
        let whole = context.resource.group.is_empty()
            && TOLD_WHOLE.contains(&context.resource.plural.as_str());
        if !gone || whole {
            return Ok(Answer::Document(
                StatusCode::OK,
                context.view.one(&context.resource, &object),
            ));
        }
        let mut details = json!({"name": object::name(&object), "kind": context.resource.plural, "uid": object::uid(&object)});
        if !context.resource.group.is_empty() {
            details["group"] = json!(context.resource.group);
        }
        let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
        Ok(Answer::Document(StatusCode::OK, status))
    }

    pub(super) fn delete_collection(
        &mut self,
        context: &Context,
        environment: &dyn Environment,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let options = Options::parse(context, body)?;
        let selector =
            Selector::parse(&context.query.label_selector, &context.query.field_selector)?;
        selector.check(&context.resource)?;
        let doomed: Vec<_> = self
            .store
            .of(&context.resource.qualified(), &context.target.namespace)
            .filter(|(_, object)| selector.matches(object))
            .map(|(key, object)| (key.clone(), Arc::clone(object)))
            .collect();
        let metadata = json!({"resourceVersion": self.store.revision().to_string()});
        for (key, object) in &doomed {
            self.delete_one(
                &context.resource,
                key.clone(),
                object,
                &options,
                environment,
            )?;
        }
        let objects: Vec<_> = doomed.into_iter().map(|(_, object)| object).collect();
        Ok(Answer::Document(
            StatusCode::OK,
            context.view.list(&context.resource, &objects, metadata),
        ))
    }

    /// Deletes or marks one object; says whether it is gone, and how it is or was.
    fn delete_one(
        &mut self,
        resource: &Resource,
        key: Key,
        object: &Arc<Value>,
        options: &Options,
        environment: &dyn Environment,
    ) -> Result<(bool, Arc<Value>), Refusal> {
        check_preconditions(resource, object, options)?;
        let mut next = Value::clone(object);
        set_propagation(&mut next, options.propagation.as_deref());
        let grace = grace_seconds(resource, object, options);
        let held = !object::finalizers(&next).is_empty() || resource.is_core("namespaces");
        if grace == 0 && !held {
            if !options.dry_run {
                self.remove(key)?;
            }
            let mut last = Value::clone(object);
            if object::deleting(object) {
                object::metadata_mut(&mut last)
                    .insert("deletionGracePeriodSeconds".to_owned(), json!(0));
            }
            return Ok((true, Arc::new(last)));
        }
        mark(resource, &mut next, grace, environment);
        if options.dry_run || object::substance(&next) == object::substance(object) {
            return Ok((false, Arc::new(next)));
        }
        Ok((false, self.put(key, next)?))
    }

    /// Deletes in the background, for the collector: no options, and gone is gone.
    pub(super) fn delete_in_background(
        &mut self,
        resource: &Resource,
        key: Key,
        environment: &dyn Environment,
        foreground: bool,
    ) -> Result<(), Refusal> {
        let Some(object) = self.store.get(&key).cloned() else {
            return Ok(());
        };
        let policy = if foreground {
            "Foreground"
        } else {
            "Background"
        };
        let options = Options {
            uid: Some(object::uid(&object).to_owned()),
            version: None,
            propagation: Some(policy.to_owned()),
            grace_seconds: None,
            dry_run: false,
        };
        self.delete_one(resource, key, &object, &options, environment)
            .map(drop)
    }

    /// `pods/binding`: puts a pod on a node.
    pub(super) fn bind(
        &mut self,
        context: &mut Context,
        binding: Value,
    ) -> Result<Answer, Refusal> {
        let pod = self.stored(context)?;
        let name = object::name(&pod).to_owned();
        if !context.resource.is_core("pods") {
            return Err(Refusal::no_such_path());
        }
        if pod["spec"]["nodeName"]
            .as_str()
            .is_some_and(|node| !node.is_empty())
        {
            let why = format!(
                "pod {name} is already assigned to node {}",
                pod["spec"]["nodeName"]
            );
            return Err(Refusal::conflict_of_binding(&name, &why));
        }
        let mut next = Value::clone(&pod);
        next["spec"]["nodeName"] = binding["target"]["name"].clone();
        let condition = json!({"type": "PodScheduled", "status": "True", "lastProbeTime": null,
            "lastTransitionTime": context.writer.now});
        match &mut next["status"]["conditions"] {
            Value::Array(conditions) => conditions.push(condition),
            none => *none = json!([condition]),
        }
        self.put(context.key(&name), next)?;
        let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
            "code": StatusCode::CREATED.as_u16()});
        Ok(Answer::Document(StatusCode::CREATED, status))
    }

    /// `pods/eviction`: deletes a pod unless a disruption budget says no.
    pub(super) fn evict(
        &mut self,
        context: &Context,
        environment: &dyn Environment,
    ) -> Result<Answer, Refusal> {
        if !context.resource.is_core("pods") {
            return Err(Refusal::no_such_path());
        }
        let pod = self.stored(context)?;
        let budgets: Vec<_> = self
            .store
            .of("poddisruptionbudgets.policy", &context.target.namespace)
            .collect();
        for (key, budget) in budgets {
            let wanted = budget["spec"]["selector"]["matchLabels"].as_object();
            let covers = wanted.is_some_and(|labels| {
                labels
                    .iter()
                    .all(|(k, v)| object::label(&pod, k) == v.as_str())
            });
            if covers && budget["status"]["disruptionsAllowed"].as_i64().unwrap_or(0) <= 0 {
                let why = "Cannot evict pod as it would violate the pod's disruption budget.";
                return Err(Refusal::too_many_requests(why, &key.name));
            }
        }
        self.delete(context, environment, &[])
    }
}

fn check_preconditions(
    resource: &Resource,
    object: &Value,
    options: &Options,
) -> Result<(), Refusal> {
    let name = object::name(object);
    let refuse = |what: &str, pair: (&str, &str), hint: &str| {
        Err(Refusal::precondition(resource, name, what, pair, hint))
    };
    if let Some(uid) = options
        .uid
        .as_deref()
        .filter(|uid| *uid != object::uid(object))
    {
        return refuse(
            "UID",
            (uid, object::uid(object)),
            "deleted and then recreated",
        );
    }
    let found = object::text(object, "resourceVersion");
    if let Some(version) = options
        .version
        .as_deref()
        .filter(|version| *version != found)
    {
        return refuse("ResourceVersion", (version, found), "modified");
    }
    Ok(())
}

fn set_propagation(object: &mut Value, policy: Option<&str>) {
    let wanted = match policy {
        Some("Foreground") => Some(FOREGROUND),
        Some("Orphan") => Some(ORPHAN),
        Some("Background") => None,
        _ => return,
    };
    let mut finalizers: Vec<String> = object::finalizers(object)
        .into_iter()
        .filter(|f| *f != FOREGROUND && *f != ORPHAN)
        .map(ToOwned::to_owned)
        .collect();
    finalizers.extend(wanted.map(ToOwned::to_owned));
    set_finalizers(object, finalizers);
}

/// Sets the finalizers; an empty list is no list.
pub(super) fn set_finalizers(object: &mut Value, finalizers: Vec<String>) {
    let metadata = object::metadata_mut(object);
    if finalizers.is_empty() {
        metadata.remove("finalizers");
    } else {
        metadata.insert("finalizers".to_owned(), json!(finalizers));
    }
}

/// How long the object may stay: only a pod that runs on a node gets time.
fn grace_seconds(resource: &Resource, object: &Value, options: &Options) -> u64 {
    let placed = object["spec"]["nodeName"]
        .as_str()
        .is_some_and(|node| !node.is_empty());
    let finished = matches!(
        object["status"]["phase"].as_str(),
        Some("Succeeded" | "Failed")
    );
    if !resource.is_core("pods") || !placed || finished {
        return 0;
    }
    let own = object["spec"]["terminationGracePeriodSeconds"]
        .as_u64()
        .unwrap_or(30);
    let asked = options.grace_seconds.unwrap_or(own);
    // A second deletion can shorten the time and never lengthen it.
    match object["metadata"]["deletionGracePeriodSeconds"].as_u64() {
        Some(given) if object::deleting(object) => asked.min(given),
        _ => asked,
    }
}

fn mark(resource: &Resource, object: &mut Value, grace: u64, environment: &dyn Environment) {
    let deleting = object::deleting(object);
    let given = object["metadata"]["deletionGracePeriodSeconds"].as_u64();
    if deleting && given.unwrap_or(0) == grace {
        return;
    }
    let seconds = i64::try_from(grace).unwrap_or(i64::MAX);
    let end = environment
        .now()
        .saturating_add(jiff::SignedDuration::from_secs(seconds));
    let generation = object["metadata"]["generation"].as_i64();
    let metadata = object::metadata_mut(object);
    if let Ok(end) = end {
        metadata.insert("deletionTimestamp".to_owned(), json!(time_text(end)));
    }
    // A namespace goes when it is empty, not after a time.
    if !resource.is_core("namespaces") {
        metadata.insert("deletionGracePeriodSeconds".to_owned(), json!(grace));
    }
    if let (Some(generation), false) = (generation, deleting) {
        metadata.insert("generation".to_owned(), json!(generation + 1));
    }
    if resource.is_core("namespaces") {
        object["status"]["phase"] = json!("Terminating");
    }
}
