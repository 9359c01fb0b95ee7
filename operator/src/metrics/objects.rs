//! What is told of each object: its state, and how many members it has and should have.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;

use crate::kinds::Facts;
use crate::names::Key;
use crate::reasons;

/// The objects that there are. Their series are made from this when they are asked for, so none can be left over.
#[derive(Debug, Default)]
pub(super) struct Objects {
    facts: Mutex<BTreeMap<Key, Facts>>,
}

impl Objects {
    fn facts(&self) -> MutexGuard<'_, BTreeMap<Key, Facts>> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, key: &Key, facts: &Facts) {
        let mut all = self.facts();
        if all.get(key) != Some(facts) {
            all.insert(key.clone(), facts.clone());
        }
    }

    pub(super) fn forget(&self, key: &Key) {
        self.facts().remove(key);
    }

    pub(super) fn clear(&self) {
        self.facts().clear();
    }
}

impl Collector for Objects {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let all = self.facts();
        let mut states = encoder.encode_descriptor(
            "synod_object_state",
            "The state of an object: 1 for the one it is in, 0 for the others.",
            None,
            MetricType::Gauge,
        )?;
        for (key, facts) in &*all {
            let unlisted = !reasons::STATES.contains(&facts.state.as_str());
            let listed = reasons::STATES.iter().copied();
            for state in listed.chain(unlisted.then_some(facts.state.as_str())) {
                let labels: [_; 4] = labels(key, ("state", state));
                states
                    .encode_family(&labels)?
                    .encode_gauge(&i64::from(state == facts.state))?;
            }
        }
        type Count = fn(&Facts) -> i64;
        let counts: [(&str, &str, Count); 2] = [
            (
                "synod_object_members_wanted",
                "How many members an object should have.",
                |facts| facts.wanted,
            ),
            (
                "synod_object_members_ready",
                "How many members of an object serve.",
                |facts| facts.ready,
            ),
        ];
        for (name, help, count) in counts {
            let mut members = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (key, facts) in &*all {
                let [kind, namespace, name, _] = labels(key, ("", ""));
                members
                    .encode_family(&[kind, namespace, name])?
                    .encode_gauge(&count(facts))?;
            }
        }
        Ok(())
    }
}

/// The labels that name an object, and one more.
fn labels<'a>(key: &'a Key, more: (&'a str, &'a str)) -> [(&'a str, &'a str); 4] {
    [
        ("kind", &key.kind),
        ("namespace", &key.namespace),
        ("name", &key.name),
        more,
    ]
}
