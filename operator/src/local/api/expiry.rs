//! Events are kept for an hour after they were written last, as Kubernetes does unless told otherwise: they tell what
//! happened lately, and a journal must not grow with them.

use super::State;
use super::refusal::Refusal;
use super::store::Key;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

const KEPT: SignedDuration = SignedDuration::from_hours(1);

impl State {
    /// Removes the events that are too old at `now`.
    pub(super) fn expire_events(&mut self, now: Timestamp) -> Result<(), Refusal> {
        let old: Vec<Key> = self
            .store
            .all()
            .filter(|(key, event)| is_event(key) && is_old(event, now))
            .map(|(key, _)| key.clone())
            .collect();
        old.into_iter().try_for_each(|key| self.remove(key))
    }
}

fn is_event(key: &Key) -> bool {
    matches!(key.resource.as_str(), "events" | "events.events.k8s.io")
}

/// Whether all times that the event carries are long past; one without any is kept.
fn is_old(event: &Value, now: Timestamp) -> bool {
    let times = [
        &event["metadata"]["creationTimestamp"],
        &event["lastTimestamp"],
        &event["series"]["lastObservedTime"],
    ];
    let newest = times
        .iter()
        .filter_map(|time| time.as_str()?.parse::<Timestamp>().ok())
        .max();
    newest.is_some_and(|newest| now.duration_since(newest) > KEPT)
}

#[cfg(test)]
mod tests {
    use super::super::{Api, Environment, Settings};
    use super::*;
    use k8s_openapi::api::core::v1::{ConfigMap, Event};
    use kube::api::{ListParams, PostParams};
    use serde_json::json;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// A clock that stands at a minute until it is set.
    #[derive(Default)]
    struct Minute(AtomicI64);

    impl Environment for Minute {
        fn now(&self) -> Timestamp {
            let minute = self.0.load(Ordering::SeqCst);
            Timestamp::from_second(1_800_000_000 + 60 * minute).expect("a time")
        }

        fn uid(&self) -> uuid::Uuid {
            uuid::Uuid::new_v4()
        }
    }

    #[tokio::test]
    async fn events_go_after_an_hour_and_nothing_else_does() {
        let clock = Arc::new(Minute::default());
        let api = Api::open(Settings {
            environment: clock.clone(),
            ..Settings::volatile()
        })
        .expect("an API");
        let client = api.client("default");
        let events: kube::Api<Event> = kube::Api::default_namespaced(client.clone());
        let maps: kube::Api<ConfigMap> = kube::Api::default_namespaced(client);
        let parameters = PostParams::default();
        for (minute, name) in [(0, "first"), (50, "second")] {
            clock.0.store(minute, Ordering::SeqCst);
            let mut event = Event::default();
            event.metadata.name = Some(name.into());
            event.involved_object.namespace = Some("default".into());
            events.create(&parameters, &event).await.expect("created");
            let mut map = ConfigMap::default();
            map.metadata.name = Some(name.into());
            maps.create(&parameters, &map).await.expect("created");
        }
        clock.0.store(70, Ordering::SeqCst);
        api.collect_once().expect("collected");
        let left = events.list(&ListParams::default()).await.expect("events");
        let left: Vec<_> = left.into_iter().map(|e| e.metadata.name).collect();
        assert_eq!(left, [Some("second".to_owned())]);
        let maps = maps.list(&ListParams::default()).await.expect("maps");
        assert_eq!(maps.items.len(), 2);
    }

    #[test]
    fn what_was_written_within_the_hour_is_kept() {
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().expect("a time");
        let made = json!({ "creationTimestamp": "2026-01-01T10:00:00Z" });
        for (event, old) in [
            (json!({ "metadata": made }), true),
            (
                json!({ "metadata": made, "lastTimestamp": "2026-01-01T10:30:00Z" }),
                true,
            ),
            (
                json!({ "metadata": made, "lastTimestamp": "2026-01-01T11:30:00Z" }),
                false,
            ),
            (
                json!({ "metadata": made, "series": { "lastObservedTime": "2026-01-01T11:30:00.000001Z" } }),
                false,
            ),
            (
                json!({ "metadata": { "creationTimestamp": "2026-01-01T11:30:00Z" } }),
                false,
            ),
            (json!({ "metadata": {} }), false),
        ] {
            assert_eq!(is_old(&event, now), old, "{event}");
        }
        let key = |resource: &str| Key {
            resource: resource.into(),
            namespace: "ns".into(),
            name: "a".into(),
        };
        assert!(is_event(&key("events")) && is_event(&key("events.events.k8s.io")));
        assert!(!is_event(&key("pods")));
    }
}
