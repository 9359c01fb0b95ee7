//! WATCH: a stream of changes as JSON lines.
//!
//! A watch keeps only a position in the history. One that falls behind the history gets `410 Expired` and ends: the
//! client lists again. So a slow reader costs no memory.

use super::read::parse_version;
use super::refusal::Refusal;
use super::resource::Resource;
use super::selector::Selector;
use super::service::{ApiBody, Context};
use super::store::Change;
use super::table::View;
use super::{Api, State, events};
use bytes::Bytes;
use http::{Response, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A watch that names no end is ended after this long; clients resume it.
const WATCH_LONGEST: Duration = Duration::from_secs(3600);

/// One running watch.
pub(super) struct Watch {
    api: Api,
    resource: Arc<Resource>,
    namespace: String,
    name: Option<String>,
    selector: Selector,
    view: View,
    newer_events: bool,
    /// Whether a table was told: only the first says what the columns are.
    table_told: std::cell::Cell<bool>,
    position: u64,
    lines: VecDeque<Bytes>,
    bookmark_at: Option<Instant>,
    ends_at: Instant,
    ended: bool,
}

impl Api {
    /// Begins a watch; called under the state's lock, so that no change falls between list and watch.
    pub(super) fn watch(&self, state: &State, context: &Context) -> Result<Watch, Refusal> {
        let query = &context.query;
        query.check_versions()?;
        let asked = parse_version(&query.resource_version)
            .map_err(|refusal| Refusal::unexplained(refusal.message))?;
        let newest = state.store.revision();
        if asked > newest {
            return Err(Refusal::too_new(asked, newest));
        }
        let timeout = query
            .timeout_seconds
            .map_or(WATCH_LONGEST, Duration::from_secs);
        let bookmarks = query
            .bookmarks
            .then(|| Instant::now() + self.inner.settings.bookmark_every);
        let selector = Selector::parse(&query.label_selector, &query.field_selector)?;
        selector.check(&context.resource)?;
        let mut watch = Watch {
            api: self.clone(),
            resource: Arc::clone(&context.resource),
            namespace: context.target.namespace.clone(),
            name: context.target.name.clone(),
            selector,
            view: context.view,
            newer_events: context.newer_events,
            table_told: std::cell::Cell::new(false),
            position: asked,
            lines: VecDeque::new(),
            bookmark_at: bookmarks,
            ends_at: Instant::now() + timeout,
            ended: false,
        };
        if asked == 0 || query.send_initial_events {
            watch.tell_present(state);
            if query.send_initial_events {
                watch.tell_bookmark(true);
            }
        }
        Ok(watch)
    }
}

impl Watch {
    /// The watch as an answer that streams.
    pub(super) fn into_response(self) -> Response<ApiBody> {
        let lines = futures::stream::unfold(self, |mut watch| async move {
            let line = watch.next().await?;
            Some((Ok::<_, Infallible>(Frame::data(line)), watch))
        });
        let mut response = Response::new(StreamBody::new(lines).boxed_unsync());
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static("application/json"),
        );
        response
    }

    /// The next line; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Some(line);
            }
            if self.ended {
                return None;
            }
            self.catch_up();
            if self.lines.is_empty() && !self.ended {
                self.wait().await;
            }
        }
    }

    async fn wait(&mut self) {
        let bookmark_at = self.bookmark_at.unwrap_or(self.ends_at);
        let inner = Arc::clone(&self.api.inner);
        let changed = inner.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let missed = self.api.revision() != self.position;
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(self.ends_at) => self.ended = true,
            () = tokio::time::sleep_until(bookmark_at), if self.bookmark_at.is_some() => {
                self.tell_bookmark(false);
                self.bookmark_at = Some(Instant::now() + self.api.inner.settings.bookmark_every);
            }
            () = std::future::ready(()), if missed => {}
            () = changed => {}
        }
    }

    fn is_mine(&self, namespace: &str, name: &str) -> bool {
        (self.namespace.is_empty() || self.namespace == namespace)
            && self.name.as_deref().is_none_or(|mine| mine == name)
    }

    fn tell_present(&mut self, state: &State) {
        let resource = self.resource.qualified();
        for (key, object) in state.store.of(&resource, &self.namespace) {
            if self.is_mine(&key.namespace, &key.name) && self.selector.matches(object) {
                let line = self.line("ADDED", object);
                self.lines.push_back(line);
            }
        }
        self.position = state.store.revision();
    }

    fn catch_up(&mut self) {
        let api = self.api.clone();
        let state = api.state();
        match state.store.since(self.position) {
            Ok(changes) => {
                let qualified = self.resource.qualified();
                let mine = changes.filter(|c| {
                    c.key.resource == qualified && self.is_mine(&c.key.namespace, &c.key.name)
                });
                let lines: Vec<_> = mine.filter_map(|change| self.told(change)).collect();
                self.lines.extend(lines);
            }
            Err(oldest) => {
                let event = json!({"type": "ERROR", "object": Refusal::expired(self.position, oldest).status()});
                self.lines.push_back(line_of(&event));
                self.ended = true;
            }
        }
        self.position = state.store.revision();
    }

    /// A change as this watch sees it: an object that leaves the selector is deleted, one that enters it is added.
    fn told(&self, change: &Change) -> Option<Bytes> {
        let matching = |object: &Option<Arc<Value>>| {
            object
                .clone()
                .filter(|object| self.selector.matches(object))
        };
        match (matching(&change.before), matching(&change.after)) {
            (None, Some(after)) => Some(self.line("ADDED", &after)),
            (Some(_), Some(after)) => Some(self.line("MODIFIED", &after)),
            (Some(before), None) => {
                // What is told is the last state the watcher saw, at the revision at which it went.
                let mut last = Value::clone(&before);
                last["metadata"]["resourceVersion"] = json!(change.revision.to_string());
                Some(self.line("DELETED", &last))
            }
            (None, None) => None,
        }
    }

    fn tell_bookmark(&mut self, initial_events_end: bool) {
        let mut object = json!({
            "apiVersion": self.resource.api_version(), "kind": self.resource.kind,
            "metadata": {"resourceVersion": self.position.to_string()},
        });
        if initial_events_end {
            object["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        self.lines
            .push_back(line_of(&json!({"type": "BOOKMARK", "object": object})));
    }

    fn line(&self, kind: &str, object: &Value) -> Bytes {
        let mut shown = self.view.one(&self.resource, object);
        if matches!(self.view, View::Table(_)) && self.table_told.replace(true) {
            shown["columnDefinitions"] = Value::Null;
        }
        if self.newer_events {
            events::to_newer(&mut shown);
        }
        line_of(&json!({"type": kind, "object": shown}))
    }
}

fn line_of(event: &Value) -> Bytes {
    Bytes::from(format!("{event}\n"))
}
