//! A kind whose definition may be missing: somebody keeps the definitions by hand, or went back to older ones.
//!
//! Without its definition there can be no objects of a kind, so that it is missing is an answer like a full list of none, and
//! nobody waits for it. That is said once, until the definition is there; no right to read definitions is needed. Should an API
//! server say so wrongly, as one might that has just begun, then what is known of the objects is forgotten, they are left alone,
//! and are looked at like new ones later.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, Stream};
use kube::core::ApiResource;
use kube::runtime::watcher::{self, Error, Event};

use super::Item;
use super::feeds::Feed;
use crate::mutation::mutated;

/// How often it is looked for a definition that is missing.
const AGAIN: Duration = Duration::from_secs(15);

/// The definition of a kind, as all watches of its objects find it.
pub(super) struct Definition {
    kind: ApiResource,
    missing: AtomicBool,
}

impl Definition {
    pub(super) fn of(kind: &ApiResource) -> Arc<Self> {
        Arc::new(Self {
            kind: kind.clone(),
            missing: AtomicBool::new(false),
        })
    }

    pub(super) const fn kind(&self) -> &ApiResource {
        &self.kind
    }

    /// What `watched` delivers, which is made anew after the definition was missing for it.
    pub(super) fn tolerate(self: Arc<Self>, watched: impl Fn() -> Feed + Send + 'static) -> Feed {
        stream::repeat_with(watched)
            .flat_map(move |feed| self.clone().until_missing(feed))
            .boxed()
    }

    /// What one watch delivers until the definition is missing for it; then there are no objects, and after a pause it ends.
    fn until_missing(
        self: Arc<Self>,
        feed: Feed,
    ) -> impl Stream<Item = watcher::Result<Event<Item>>> {
        let there = feed.scan(self, |definition, event| {
            std::future::ready(definition.passed(event))
        });
        let none = stream::iter([Ok(Event::Init), Ok(Event::InitDone)]);
        let pause = stream::once(tokio::time::sleep(AGAIN));
        there
            .chain(none)
            .chain(pause.filter_map(|()| std::future::ready(None)))
    }

    /// The event, unless it says that there is no definition.
    fn passed(&self, event: watcher::Result<Event<Item>>) -> Option<watcher::Result<Event<Item>>> {
        match &event {
            Err(error) if is_missing(error) => {
                self.lost();
                return None;
            }
            Ok(Event::InitDone) => self.found(),
            _ => {}
        }
        Some(event)
    }

    fn lost(&self) {
        if !self.missing.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                kind = self.kind.kind,
                definition = self.name(),
                "the API server has no definition of this kind: there are no objects of it, and all other kinds are looked after. \
                 To have it, install the operator's own definitions: synod crds | kubectl apply --server-side -f - (the chart's: \
                 crds.install=true). It is looked for every {AGAIN:?}"
            );
        }
    }

    fn found(&self) {
        if self.missing.swap(false, Ordering::Relaxed) {
            tracing::info!(
                kind = self.kind.kind,
                definition = self.name(),
                "the definition of this kind is there: its objects are looked after"
            );
        }
    }

    fn name(&self) -> String {
        format!("{}.{}", self.kind.plural, self.kind.group)
    }
}

/// Lists and watches are answered with 404 only if the API knows no such kind; a namespace that is missing has no objects.
fn is_missing(error: &Error) -> bool {
    if mutated("wait-for-every-definition") {
        return false;
    }
    match error {
        Error::InitialListFailed(kube::Error::Api(status))
        | Error::WatchStartFailed(kube::Error::Api(status)) => status.code == 404,
        _ => false,
    }
}
