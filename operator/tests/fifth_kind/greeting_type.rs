//! `Greeting`: a card with a greeting on it.

// The schema derive repeats each type inside a function.
#![allow(unreachable_pub)]

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is wanted of a Greeting.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[kube(
    group = "synod.dev",
    version = "v1alpha1",
    kind = "Greeting",
    shortname = "gr",
    category = "synod",
    namespaced,
    status = "GreetingStatus",
    derive = "PartialEq"
)]
pub struct GreetingSpec {
    /// How the world is greeted.
    #[serde(default = "GreetingSpec::default_word")]
    pub word: String,
}

impl GreetingSpec {
    fn default_word() -> String {
        "hello".to_owned()
    }
}

/// What is known of a Greeting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GreetingStatus {
    /// The generation that this was found for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// What is going on, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Why, if something is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
