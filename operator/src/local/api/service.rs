//! From an HTTP request to an answer: route, verb, representation.

use super::managed::Writer;
use super::refusal::{Cause, Refusal};
use super::resource::{Resource, Shape};
use super::route::{self, Path, Query, Target};
use super::store::Key;
use super::table::View;
use super::watch::Watch;
use super::{Api, State, discovery, duplicates, events, patch, protobuf};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;

/// The longest request body; the API server's own bound.
const BODY_BYTES_MAX: usize = 3 * 1024 * 1024;

/// The form in which kubectl creates Kubernetes' own kinds.
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// The body of an answer: one document, or the stream of a watch.
pub type ApiBody = UnsyncBoxBody<Bytes, Infallible>;

/// What a verb works with.
pub(super) struct Context {
    pub(super) resource: Arc<Resource>,
    pub(super) target: Target,
    pub(super) query: Query,
    pub(super) writer: Writer,
    pub(super) view: View,
    /// Fields that were ignored; told to the client as warnings.
    pub(super) warnings: Vec<String>,
    /// Fields that the body has twice.
    pub(super) twice: Vec<String>,
    /// Whether the write is a patch.
    pub(super) patching: bool,
    /// Whether the client speaks of events in their newer form.
    pub(super) newer_events: bool,
}

impl Context {
    /// Where the object of this name is.
    pub(super) fn key(&self, name: &str) -> Key {
        Key {
            resource: self.resource.qualified(),
            namespace: self.target.namespace.clone(),
            name: name.to_owned(),
        }
    }

    /// The name in the path.
    pub(super) fn name(&self) -> Result<&str, Refusal> {
        self.target
            .name
            .as_deref()
            .ok_or_else(Refusal::method_not_allowed)
    }

    pub(super) fn subresource(&self) -> &str {
        self.target.subresource.as_deref().unwrap_or_default()
    }
}

/// What a verb answers.
pub(super) enum Answer {
    Document(StatusCode, Value),
    Text(&'static str),
    Watch(Box<Watch>),
}

impl Api {
    /// Serves one request. Never fails: refusals are answers.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<ApiBody>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let media = content_type(&head.headers);
        if let Err(refusal) = check_media(&head.method, &media) {
            return refused(&refusal);
        }
        let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
            return refused(&Refusal::too_large(BODY_BYTES_MAX));
        };
        let mut body = body.to_bytes();
        if media == PROTOBUF {
            let Some(object) = protobuf::decoded(&body) else {
                return refused(&unknown_media());
            };
            body = object.to_string().into();
        }
        let serve = || {
            self.serve(
                &head.method,
                head.uri.path(),
                head.uri.query().unwrap_or_default(),
                &head.headers,
                &body,
            )
        };
        if self.inner.settings.journal.is_some() && head.method != Method::GET {
            blocking(serve)
        } else {
            serve()
        }
    }

    fn serve(
        &self,
        method: &Method,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Response<ApiBody> {
        let mut warnings = Vec::new();
        match self.answer(method, path, query, headers, body, &mut warnings) {
            Ok(Answer::Document(code, document)) => {
                with_warnings(document_response(code, &document), &warnings)
            }
            Ok(Answer::Text(text)) => text_response(StatusCode::OK, text),
            Ok(Answer::Watch(watch)) => watch.into_response(),
            Err(refusal) => refused(&refusal),
        }
    }

    fn answer(
        &self,
        method: &Method,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        body: &[u8],
        warnings: &mut Vec<String>,
    ) -> Result<Answer, Refusal> {
        let mut target = match route::parse(path)? {
            Path::Objects(target) => target,
            other => return discovery::answer(&self.state().types, &other),
        };
        let newer_events = events::is_newer(&target.group, &target.plural);
        if newer_events {
            target.group.clear();
        }
        let mut state = self.state();
        let resource = state.resource(&target.group, &target.version, &target.plural)?;
        if !resource.namespaced && !target.namespace.is_empty() {
            return Err(Refusal::no_such_path());
        }
        let query = Query::parse(query)?;
        check_options(method, headers, &query)?;
        let writer = Writer {
            manager: manager(&query, headers),
            subresource: target.subresource.clone().unwrap_or_default(),
            now: self.now_text(),
        };
        let view = View::negotiated(headers, &query.include_object);
        let mut context = Context {
            resource,
            target,
            query,
            writer,
            view,
            warnings: Vec::new(),
            twice: duplicates::found(body),
            patching: false,
            newer_events,
        };
        let older = newer_events.then(|| older_event(body)).flatten();
        let body = older.as_deref().unwrap_or(body);
        let mut answer = self.verb(&mut state, &mut context, method, headers, body);
        if let (true, Ok(Answer::Document(_, document))) = (newer_events, &mut answer) {
            events::to_newer(document);
        }
        self.announce();
        *warnings = context.warnings;
        answer
    }

    fn verb(
        &self,
        state: &mut State,
        context: &mut Context,
        method: &Method,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let environment = &*self.inner.settings.environment;
        let named = context.target.name.is_some();
        let sub = context.subresource();
        if matches!(sub, "status" if !context.resource.status)
            || matches!(sub, "scale" if context.resource.scale.is_none())
        {
            return Err(no_subresource(context));
        }
        match (method.as_str(), sub) {
            ("GET", _) if context.query.watch => {
                Ok(Answer::Watch(Box::new(self.watch(state, context)?)))
            }
            ("GET", "") if !named => state.list(context),
            ("GET", "" | "status") => state.get(context),
            ("GET", "scale") => state.get_scale(context),
            ("POST", "") if !named => state.create(context, environment, decode_body(body)?),
            ("POST", "binding") => state.bind(context, decode_body(body)?),
            ("POST", "eviction") => state.evict(context, environment),
            ("PUT", "" | "status") if named => state.replace(context, decode_body(body)?),
            ("PUT", "scale") => state.replace_scale(context, decode_body(body)?),
            ("PATCH", sub @ ("" | "status" | "scale")) if named => {
                let kind = content_type(headers);
                match (kind.as_str(), sub) {
                    (patch::APPLY, "" | "status") => {
                        state.apply(context, environment, decode_body(body)?)
                    }
                    (_, "scale") => state.patch_scale(context, &kind, body),
                    _ => state.patch(context, &kind, body),
                }
            }
            ("DELETE", "") if named => state.delete(context, environment, body),
            ("DELETE", "") => state.delete_collection(context, environment, body),
            (_, "" | "status" | "scale" | "binding" | "eviction") => {
                Err(Refusal::method_not_allowed())
            }
            _ => Err(no_subresource(context)),
        }
    }
}

/// A custom type answers for its objects; a built-in one has no such path.
fn no_subresource(context: &Context) -> Refusal {
    match (&context.resource.shape, context.name()) {
        (Shape::Custom(..), Ok(name)) => Refusal::not_found(&context.resource, name),
        _ => Refusal::no_such_path(),
    }
}

/// The body in the form in which events are kept, if it is one that can be read.
fn older_event(body: &[u8]) -> Option<Vec<u8>> {
    let mut event: Value = serde_json::from_slice(body).ok()?;
    events::to_older(&mut event);
    Some(event.to_string().into_bytes())
}

/// Refuses bodies in a form that nothing here reads. A client that is told so sends JSON.
fn check_media(method: &Method, media: &str) -> Result<(), Refusal> {
    let read = matches!(
        media,
        "" | "application/json" | "application/yaml" | PROTOBUF
    );
    if read || *method == Method::PATCH || *method == Method::GET {
        return Ok(());
    }
    Err(unknown_media())
}

fn unknown_media() -> Refusal {
    Refusal::unsupported_media(&["application/json", "application/yaml", PROTOBUF])
}

/// Refuses options that the verb does not have.
fn check_options(method: &Method, headers: &HeaderMap, query: &Query) -> Result<(), Refusal> {
    match method.as_str() {
        "POST" => query.check_options("CreateOptions"),
        "PUT" => query.check_options("UpdateOptions"),
        "DELETE" => route::check_rehearsal("DeleteOptions", &query.dry_run),
        "PATCH" => {
            query.check_options("PatchOptions")?;
            if query.force && content_type(headers) != patch::APPLY {
                let cause = Cause::forbidden("force", "may not be specified for non-apply patch");
                return Err(Refusal::invalid_option("PatchOptions", &cause));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Runs what waits for the disk without holding up the other tasks of this thread, where the runtime can do that.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    let multi = Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if multi {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}

/// A body as JSON; YAML (of which JSON is a part) is taken too.
fn decode_body(body: &[u8]) -> Result<Value, Refusal> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    serde_yaml::from_slice(body)
        .map_err(|e| Refusal::bad_request(format!("the body is neither JSON nor YAML: {e}")))
}

fn content_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Who owns the fields a request writes: what it says, or the program that sent it.
fn manager(query: &Query, headers: &HeaderMap) -> String {
    if let Some(manager) = &query.field_manager {
        return manager.clone();
    }
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("unknown");
    agent.split('/').next().unwrap_or("unknown").to_owned()
}

pub(super) fn document_response(code: StatusCode, document: &Value) -> Response<ApiBody> {
    let mut response = Response::new(Full::new(Bytes::from(document.to_string())).boxed_unsync());
    *response.status_mut() = code;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    response
}

fn text_response(code: StatusCode, text: impl Into<Bytes>) -> Response<ApiBody> {
    let mut response = Response::new(Full::new(text.into()).boxed_unsync());
    *response.status_mut() = code;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

/// A refusal as an answer.
pub(super) fn refused(refusal: &Refusal) -> Response<ApiBody> {
    if let Some(text) = refusal.plain_text() {
        return text_response(refusal.code, text);
    }
    document_response(refusal.code, &refusal.status())
}

fn with_warnings(mut response: Response<ApiBody>, warnings: &[String]) -> Response<ApiBody> {
    for warning in warnings {
        let text = format!("299 - {}", json!(warning));
        if let Ok(value) = header::HeaderValue::from_str(&text) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    response
}
