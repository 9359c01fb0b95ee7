//! Conditions, in the one form that all kinds share.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It cannot be told.
    Unknown,
}

/// One observed fact about an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What is stated: Ready, Progressing, Degraded, or one of the kind's own.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 64))]
    pub type_: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Why, in one word from a closed catalogue, for programs.
    #[schemars(length(min = 1, max = 64))]
    pub reason: String,
    /// Why, in a sentence, for people.
    #[schemars(length(max = 1024))]
    pub message: String,
    /// The metadata.generation that this was found for.
    pub observed_generation: i64,
    /// When the status last became what it is.
    pub last_transition_time: Time,
}

impl Condition {
    /// A condition of `type_`; [`merged`] gives it its time.
    #[must_use]
    pub fn new(type_: &str, holds: bool, reason: &str, message: impl Into<String>) -> Self {
        Self {
            type_: type_.to_owned(),
            status: if holds {
                ConditionStatus::True
            } else {
                ConditionStatus::False
            },
            reason: reason.to_owned(),
            message: message.into(),
            observed_generation: 0,
            last_transition_time: Time(Timestamp::UNIX_EPOCH),
        }
    }
}

/// `found` as it is to be written after `before`: a condition whose status did not change keeps its time, any other
/// gets `now`; each gets `generation`. The result equals `before` when nothing changed, so that it need not be written.
#[must_use]
pub fn merged(
    before: &[Condition],
    found: Vec<Condition>,
    generation: i64,
    now: Timestamp,
) -> Vec<Condition> {
    found
        .into_iter()
        .map(|mut condition| {
            let same = before
                .iter()
                .find(|b| b.type_ == condition.type_ && b.status == condition.status);
            condition.last_transition_time =
                same.map_or(Time(seconds(now)), |b| b.last_transition_time.clone());
            condition.observed_generation = generation;
            condition
        })
        .collect()
}

/// Kubernetes keeps times to the second.
fn seconds(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_only_with_the_status() {
        let at = |s| Timestamp::from_second(s).expect("in range");
        let first = merged(
            &[],
            vec![Condition::new("Ready", true, "A", "a")],
            1,
            at(10),
        );
        let second = merged(
            &first,
            vec![Condition::new("Ready", true, "B", "b")],
            2,
            at(20),
        );
        assert_eq!(second[0].last_transition_time, Time(at(10)));
        assert_eq!(second[0].observed_generation, 2);
        let third = merged(
            &second,
            vec![Condition::new("Ready", false, "B", "b")],
            2,
            at(30),
        );
        assert_eq!(third[0].last_transition_time, Time(at(30)));
        let again = merged(
            &third,
            vec![Condition::new("Ready", false, "B", "b")],
            2,
            at(40),
        );
        assert_eq!(again, third);
    }
}
