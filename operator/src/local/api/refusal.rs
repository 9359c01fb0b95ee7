//! How the embedded API says no: one error, with the status codes and reasons of the Kubernetes API
//! (`metav1.Status`), so that every client library recognises them.

mod cause;

pub use cause::Cause;

use super::resource::Resource;
use http::StatusCode;
use serde_json::{Value, json};

/// A refused request: HTTP code, reason, message and details as the Kubernetes API gives them.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// HTTP status code.
    pub code: StatusCode,
    /// The `reason` of the status, for example `NotFound`.
    pub reason: &'static str,
    /// The sentence for people.
    pub message: String,
    /// Null for a status without details.
    details: Value,
    /// Whether the answer is a line of text: what comes before any type is found.
    plain: bool,
}

impl Refusal {
    fn new(code: StatusCode, reason: &'static str, message: String, details: Value) -> Self {
        Self {
            code,
            reason,
            message,
            details,
            plain: false,
        }
    }

    /// 404: no object of that name.
    pub fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", resource.qualified());
        Self::new(
            StatusCode::NOT_FOUND,
            "NotFound",
            message,
            details(resource, name),
        )
    }

    /// 404: the resource type has no such subresource.
    pub fn no_such_path() -> Self {
        let message = "the server could not find the requested resource".to_owned();
        Self::new(StatusCode::NOT_FOUND, "NotFound", message, json!({}))
    }

    /// 404: no such path or resource type; a line of text, as the API server's router says it.
    pub fn unrouted() -> Self {
        let message = "404 page not found".to_owned();
        Self {
            plain: true,
            ..Self::new(StatusCode::NOT_FOUND, "NotFound", message, Value::Null)
        }
    }

    /// The line of text that is the answer, if it is no status.
    pub(crate) fn plain_text(&self) -> Option<String> {
        self.plain.then(|| format!("{}\n", self.message))
    }

    /// 409: a create met an object of that name.
    pub fn already_exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", resource.qualified());
        Self::new(
            StatusCode::CONFLICT,
            "AlreadyExists",
            message,
            details(resource, name),
        )
    }

    /// 409: a create met an object that is on its way out.
    pub fn still_deleting(resource: &Resource, name: &str) -> Self {
        let mut refusal = Self::already_exists(resource, name);
        refusal.message = format!("object is being deleted: {}", refusal.message);
        refusal
    }

    /// 409: a deletion's precondition does not hold. `hint` says what may have happened.
    pub fn precondition(
        resource: &Resource,
        name: &str,
        what: &str,
        (wanted, found): (&str, &str),
        hint: &str,
    ) -> Self {
        let kind = qualified_kind(resource);
        let message = format!(
            "Operation cannot be fulfilled on {kind} \"{name}\": the {what} in the precondition ({wanted}) does not match the \
             {what} in record ({found}). The object might have been {hint}"
        );
        let mut details = details(resource, name);
        details["kind"] = json!(resource.kind);
        Self::new(StatusCode::CONFLICT, "Conflict", message, details)
    }

    /// 409: a write named a version or uid that is not the stored one.
    pub fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": {why}",
            resource.qualified()
        );
        Self::new(
            StatusCode::CONFLICT,
            "Conflict",
            message,
            details(resource, name),
        )
    }

    /// 409 of a pod that is on a node already.
    pub fn conflict_of_binding(name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on pods/binding \"{name}\": {why}");
        let details = json!({"name": name, "kind": "pods/binding"});
        Self::new(StatusCode::CONFLICT, "Conflict", message, details)
    }

    /// 409 of a replacement that names another object's uid.
    pub fn other_uid(resource: &Resource, old: &Value, given: &str) -> Self {
        let found = super::object::uid(old);
        let why = format!(
            "Precondition failed: UID in precondition: {given}, UID in object meta: {found}"
        );
        Self::conflict(resource, super::object::name(old), &why)
    }

    /// 409 of a write whose `resourceVersion` is not the newest.
    pub fn modified(resource: &Resource, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(resource, name, why)
    }

    /// 409 of a server-side apply that would take fields from other managers: `(manager as named, field path)`.
    pub fn apply_conflict(conflicts: &[(String, String)]) -> Self {
        let causes: Vec<_> = conflicts
            .iter()
            .map(|(manager, field)| {
                let message = format!("conflict with {manager}");
                json!({"reason": "FieldManagerConflict", "message": message, "field": field})
            })
            .collect();
        let message = match conflicts {
            [(manager, field)] => {
                format!("Apply failed with 1 conflict: conflict with {manager}: {field}")
            }
            many => format!(
                "Apply failed with {} conflicts: {}",
                many.len(),
                by_manager(many)
            ),
        };
        Self::new(
            StatusCode::CONFLICT,
            "Conflict",
            message,
            json!({"causes": causes}),
        )
    }

    /// 422: the object breaks its schema or its rules.
    pub fn invalid(resource: &Resource, name: &str, causes: &[Cause]) -> Self {
        let listed = match causes {
            [one] => one.to_string(),
            many => format!(
                "[{}]",
                many.iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        let message = format!(
            "{} \"{name}\" is invalid: {listed}",
            qualified_kind(resource)
        );
        let mut details = details(resource, name);
        details["kind"] = json!(resource.kind);
        details["causes"] = causes.iter().map(Cause::to_json).collect();
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Invalid",
            message,
            details,
        )
    }

    /// The same, naming the type as paths do: the API server does so where no strategy of the type is asked.
    pub fn invalid_of_type(resource: &Resource, name: &str, cause: &Cause) -> Self {
        let message = format!("{} \"{name}\" is invalid: {cause}", resource.qualified());
        let mut details = details(resource, name);
        details["causes"] = json!([cause.to_json()]);
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Invalid",
            message,
            details,
        )
    }

    /// 422: an option of the request, like `dryRun`, is not allowed; `kind` is CreateOptions, ListOptions and so on.
    pub fn invalid_option(kind: &str, cause: &Cause) -> Self {
        let message = format!("{kind}.meta.k8s.io \"\" is invalid: {cause}");
        let details = json!({"group": "meta.k8s.io", "kind": kind, "causes": [cause.to_json()]});
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Invalid",
            message,
            details,
        )
    }

    /// 422: a patch makes what its type does not know, and the client asked to be told.
    pub fn invalid_patch(patched: &str, why: &str) -> Self {
        let cause = Cause::invalid("patch", &json!(patched), why);
        let message = format!(" \"\" is invalid: {cause}");
        let details = json!({"causes": [cause.to_json()]});
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Invalid",
            message,
            details,
        )
    }

    /// 422: a patch that cannot be carried out on this object.
    pub fn rejected_patch() -> Self {
        let message = "the server rejected our request due to an error in our request".to_owned();
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Invalid",
            message,
            json!({}),
        )
    }

    /// 500 where the API server has no word for the reason.
    pub fn unexplained(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "",
            message.into(),
            Value::Null,
        )
    }

    /// 400: the request itself cannot be understood.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            message.into(),
            Value::Null,
        )
    }

    /// 403: the namespace is on its way out and takes nothing new.
    pub fn namespace_goes(resource: &Resource, name: &str, namespace: &str) -> Self {
        let why = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        let mut refusal = Self::forbidden(resource, name, &why);
        let message = format!("namespace {namespace} is being terminated");
        refusal.details["causes"] = json!([{"reason": "NamespaceTerminating", "message": message, "field": "metadata.namespace"}]);
        refusal
    }

    /// 403: understood, and not allowed for this object.
    pub fn forbidden(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("{} \"{name}\" is forbidden: {why}", resource.qualified());
        Self::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            message,
            details(resource, name),
        )
    }

    /// 429: not now; a disruption budget is used up, for example.
    pub fn too_many_requests(why: &str, budget: &str) -> Self {
        let message =
            format!("The disruption budget {budget} is still being processed by the server.");
        let details = json!({"causes": [{"reason": "DisruptionBudget", "message": message}], "retryAfterSeconds": 10});
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequests",
            why.to_owned(),
            details,
        )
    }

    /// 401: no or wrong credentials.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "Unauthorized",
            "Unauthorized".to_owned(),
            Value::Null,
        )
    }

    /// 405: the resource knows no such verb.
    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource".to_owned();
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            message,
            json!({}),
        )
    }

    /// 410: the asked-for version is no longer known; list again.
    pub fn expired(asked: u64, oldest: u64) -> Self {
        let message = format!("too old resource version: {asked} ({oldest})");
        Self::new(StatusCode::GONE, "Expired", message, Value::Null)
    }

    /// 504: the asked-for version is from the future.
    pub fn too_new(asked: u64, newest: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {asked}, current: {newest}");
        let causes = json!({"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1});
        Self::new(StatusCode::GATEWAY_TIMEOUT, "Timeout", message, causes)
    }

    /// 413: the body is over the stated bound.
    pub fn too_large(bound_bytes: usize) -> Self {
        let message = format!("Request entity too large: limit is {bound_bytes}");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            message,
            Value::Null,
        )
    }

    /// 415: a patch of a kind that the resource does not take.
    pub fn unsupported_media(accepted: &[&str]) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UnsupportedMediaType",
            message,
            Value::Null,
        )
    }

    /// 415 of a patch that says no kind of patch at all.
    pub fn unsupported_patch() -> Self {
        let message = "415: Unsupported Media Type".to_owned();
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UnsupportedMediaType",
            message,
            json!({}),
        )
    }

    /// 500: the server could not keep its own promise (a failed disk write, for example).
    pub fn internal(message: impl std::fmt::Display) -> Self {
        let message = format!("Internal error occurred: {message}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            message,
            Value::Null,
        )
    }

    /// The refusal as a `metav1.Status`.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "code": self.code.as_u16(),
        });
        if !self.reason.is_empty() {
            status["reason"] = json!(self.reason);
        }
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        status
    }
}

fn details(resource: &Resource, name: &str) -> Value {
    let mut details = json!({"kind": resource.plural});
    if !name.is_empty() {
        details["name"] = json!(name);
    }
    if !resource.group.is_empty() {
        details["group"] = json!(resource.group);
    }
    details
}

/// `Kind`, or `Kind.group`.
fn qualified_kind(resource: &Resource) -> String {
    match resource.group.as_str() {
        "" => resource.kind.clone(),
        group => format!("{}.{group}", resource.kind),
    }
}

/// Conflicting fields listed below the manager that owns them.
fn by_manager(conflicts: &[(String, String)]) -> String {
    let mut managers: Vec<&String> = conflicts.iter().map(|(manager, _)| manager).collect();
    managers.dedup();
    let listed = managers.into_iter().map(|manager| {
        let fields = conflicts.iter().filter(|(of, _)| of == manager);
        let fields: String = fields.map(|(_, field)| format!("\n- {field}")).collect();
        format!("conflicts with {manager}:{fields}")
    });
    listed.collect::<Vec<_>>().join("\n")
}
