//! How events reach the API: one task, a bounded queue before it, and at most so many for one object in a minute.
//!
//! Telling never waits and never fails for whoever tells: what cannot be written is counted and dropped.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::core::{ApiResource, DynamicObject};
use kube::runtime::events::{Event as Written, EventType, Recorder, Reporter};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::events::Event;
use crate::metrics::Metrics;
use crate::names::{Key, MANAGER};

/// Events that wait to be written; more are dropped.
const WAITING_MAX: usize = 256;
/// Events for one object in one minute; more are dropped. Seven members that are made at once are told in full.
const PER_MINUTE_MAX: u32 = 40;
const MINUTE: Duration = Duration::from_secs(60);

/// Takes events to be written.
#[derive(Clone)]
pub struct Herald {
    sender: mpsc::Sender<Told>,
    metrics: Arc<Metrics>,
}

struct Told {
    key: Key,
    about: ObjectReference,
    event: Event,
}

impl Herald {
    /// Starts the task that writes; it ends when all clones of the herald are gone and what waits is written.
    #[must_use]
    pub fn start(
        client: Client,
        instance: Option<String>,
        metrics: Arc<Metrics>,
    ) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let reporter = Reporter {
            controller: MANAGER.into(),
            instance,
        };
        let recorder = Recorder::new(client, reporter);
        let task = tokio::spawn(write_all(recorder, receiver, metrics.clone()));
        (Self { sender, metrics }, task)
    }

    /// Tells something about an object, some time soon.
    pub fn tell(&self, key: &Key, resource: &ApiResource, object: &DynamicObject, event: Event) {
        let about = ObjectReference {
            api_version: Some(resource.api_version.clone()),
            kind: Some(resource.kind.clone()),
            namespace: object.metadata.namespace.clone(),
            name: object.metadata.name.clone(),
            uid: object.metadata.uid.clone(),
            ..ObjectReference::default()
        };
        let told = Told {
            key: key.clone(),
            about,
            event,
        };
        if self.sender.try_send(told).is_err() {
            self.metrics.told("dropped");
        }
    }
}

async fn write_all(recorder: Recorder, mut all: mpsc::Receiver<Told>, metrics: Arc<Metrics>) {
    let mut minutes = Minutes::default();
    while let Some(Told { key, about, event }) = all.recv().await {
        if !minutes.admit(&key, Instant::now()) {
            metrics.told("dropped");
            continue;
        }
        let written = recorder.publish(&written(event), &about).await;
        metrics.told(if written.is_ok() { "written" } else { "failed" });
        if let Err(error) = written {
            let Key {
                kind,
                namespace,
                name,
            } = &key;
            tracing::debug!(kind, namespace, name, %error, "an event was not written");
        }
    }
}

fn written(event: Event) -> Written {
    Written {
        type_: if event.warning {
            EventType::Warning
        } else {
            EventType::Normal
        },
        reason: event.reason.to_owned(),
        note: Some(event.note),
        action: event.action,
        secondary: None,
    }
}

/// How many events each object had in its current minute.
#[derive(Default)]
struct Minutes(HashMap<Key, (Instant, u32)>);

impl Minutes {
    /// Whether one more may be written for `key` at `now`; counts it if so.
    fn admit(&mut self, key: &Key, now: Instant) -> bool {
        self.0
            .retain(|_, (began, _)| now.duration_since(*began) < MINUTE);
        let (_, count) = self.0.entry(key.clone()).or_insert((now, 0));
        *count += 1;
        *count <= PER_MINUTE_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key {
            kind: "K".into(),
            namespace: "ns".into(),
            name: name.into(),
        }
    }

    #[test]
    fn each_object_has_so_many_in_a_minute() {
        let (mut minutes, now) = (Minutes::default(), Instant::now());
        let admitted = (0..PER_MINUTE_MAX + 5).filter(|_| minutes.admit(&key("a"), now));
        assert_eq!(admitted.count(), PER_MINUTE_MAX as usize);
        assert!(minutes.admit(&key("b"), now), "another has its own");
        assert!(!minutes.admit(&key("a"), now + MINUTE / 2));
        assert!(minutes.admit(&key("a"), now + MINUTE), "a new minute");
        assert_eq!(minutes.0.len(), 1, "what is over is forgotten");
    }
}
