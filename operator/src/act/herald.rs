//! How events reach the API: one task, a bounded queue before it, and at most so many for one object in a minute.
//!
//! Telling never waits and never fails for whoever tells: what cannot be written is counted and dropped. An event that
//! repeats is counted up on the one that is there, with the newest words. They are written as `v1` Events, which the API
//! shows as `events.k8s.io/v1` too: that is what `kubectl describe` reads.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event as Written, EventSource, ObjectReference};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::{ApiResource, DynamicObject, ObjectMeta};
use kube::{Api, Client};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::events::Event;
use crate::metrics::Metrics;
use crate::names::{Key, MANAGER};

/// An event that repeats within this time is one that repeats.
const SAME_WITHIN: Duration = Duration::from_secs(600);
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
        let scribe = Scribe {
            client,
            instance,
            told: HashMap::new(),
        };
        let task = tokio::spawn(scribe.write_all(receiver, metrics.clone()));
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

/// What makes two events one that repeats: about the same object, of the same weight, reason and action.
type Same = (String, bool, &'static str, String);

/// An event that was written.
struct Series {
    name: String,
    count: i32,
    last: Instant,
}

/// Writes what is told, one after the other.
struct Scribe {
    client: Client,
    instance: Option<String>,
    told: HashMap<Same, Series>,
}

impl Scribe {
    async fn write_all(mut self, mut all: mpsc::Receiver<Told>, metrics: Arc<Metrics>) {
        let mut minutes = Minutes::default();
        while let Some(Told { key, about, event }) = all.recv().await {
            let now = Instant::now();
            if !minutes.admit(&key, now) {
                metrics.told("dropped");
                continue;
            }
            let written = self.write(about, event, now).await;
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

    async fn write(
        &mut self,
        about: ObjectReference,
        event: Event,
        now: Instant,
    ) -> Result<(), kube::Error> {
        self.told
            .retain(|_, series| now.duration_since(series.last) < SAME_WITHIN);
        let namespace = about.namespace.as_deref().unwrap_or("default");
        let api: Api<Written> = Api::namespaced(self.client.clone(), namespace);
        let same: Same = (
            about.uid.clone().unwrap_or_default(),
            event.warning,
            event.reason,
            event.action.clone(),
        );
        if let Some(series) = self.told.get_mut(&same) {
            let counted_up = json!({
                "count": series.count.saturating_add(1),
                "lastTimestamp": Time(Timestamp::now()),
                "message": event.note,
            });
            let parameters = PatchParams::default();
            match api
                .patch(&series.name, &parameters, &Patch::Merge(counted_up))
                .await
            {
                Ok(_) => {
                    (series.count, series.last) = (series.count.saturating_add(1), now);
                    return Ok(());
                }
                // The API keeps events for a while only: it is told anew.
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(error) => return Err(error),
            }
        }
        let written = self.written(about, event);
        let name = written.metadata.name.clone().unwrap_or_default();
        api.create(&PostParams::default(), &written).await?;
        let series = Series {
            name,
            count: 1,
            last: now,
        };
        self.told.insert(same, series);
        Ok(())
    }

    /// A new event, as the API wants it.
    fn written(&self, about: ObjectReference, event: Event) -> Written {
        let now = Timestamp::now();
        let object = about.name.as_deref().unwrap_or_default();
        Written {
            metadata: ObjectMeta {
                name: Some(format!("{object}.{:x}", now.as_nanosecond())),
                namespace: about.namespace.clone(),
                ..ObjectMeta::default()
            },
            involved_object: about,
            type_: Some(if event.warning { "Warning" } else { "Normal" }.to_owned()),
            reason: Some(event.reason.to_owned()),
            action: Some(event.action),
            message: Some(event.note),
            count: Some(1),
            first_timestamp: Some(Time(now)),
            last_timestamp: Some(Time(now)),
            source: Some(EventSource {
                component: Some(MANAGER.to_owned()),
                host: None,
            }),
            reporting_component: Some(MANAGER.to_owned()),
            reporting_instance: Some(self.instance.clone().unwrap_or_else(|| MANAGER.to_owned())),
            ..Written::default()
        }
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
